/* How objects read at a glance: a sign, a word and an ink for each state, and what an operator calls things. One place,
 * so that every view says the same. Pure but for the clock. */
#ifndef TANA_LOOK_H
#define TANA_LOOK_H

#include "common/model.h"
#include "term/glyphs.h"
#include "term/palette.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How bad: what sorts first when one looks for what is wrong. */
enum look_rank { LOOK_EMPTY, LOOK_WELL, LOOK_OFF, LOOK_ACTIVE, LOOK_UNKNOWN, LOOK_WARN, LOOK_ALERT };

struct look {
	const char *sign;      /* one cell, static; "" for a blade that is well: its load is its sign */
	const char *word;
	enum ink ink;
	enum look_rank rank;
};

struct look look_vm(const struct vm *vm, enum tier t);
enum ink look_word_ink(enum ink ink);              /* of the word beside a sign of that ink: the sign shouts, the word need not */
enum look_rank look_vm_rank(const struct vm *vm); /* the same, where no sign and no word is wanted */
struct look look_blade(const struct blade *b, enum tier t);  /* of manager and host together; look_blade.c */
struct look look_job(const struct job *j, enum tier t);

/* An alert by its level and by whether somebody has it; a cleared one is LOOK_EMPTY. word: its level. look_alert.c */
struct look look_alarm(const struct alert *a, enum tier t);
bool look_alarm_is(const struct alert *a, const char *state);
enum ink look_alarm_ink(const struct alert *a);              /* of its sentence */
const char *look_alarm_text(const struct alert *a);          /* without the name with which it may begin; borrowed */
/* All of it: "flapping: its manager does not answer, 16 hosts behind it, with VMs of 6 customers". size >= 256 */
void look_alarm_says(char *out, size_t size, const struct alert *a);
/* Behind how much stands behind it: ", of 6 customers", "" where nobody counted them. size >= 96 */
void look_alarm_whose(char *out, size_t size, const struct alert *a);
/* "nobody", "tanaka, 8812", "muted until 06:00", "cleared 12 min ago". size >= 128 */
void look_alarm_holder(char *out, size_t size, const struct alert *a);
/* Worst first, new before acknowledged, the newest first; muted ones after them, cleared ones last. As strcmp, 0: equally. */
int look_alarm_order(const struct alert *a, const struct alert *b);
/* Clusters and volumes; look_cluster.c. quorum: "kept", "lost", "unknown"; loss: what is left when something is lost, as struct cluster has it. */
struct look look_cluster(const struct cluster *c, enum tier t);
struct look look_quorum(const char *quorum, enum tier t);
struct look look_loss(const char *loss, enum tier t);
const char *look_pattern(const char *pattern);              /* where its nodes stand, in words */
struct look look_volume(const struct volume *v, enum tier t);

enum look_rank look_rank(enum kind k, const void *o);        /* of any object that has one, else LOOK_WELL */
/* What is to be watched of a blade: "NIC flaps, until 2026-04-12 18:00 (tanaka)"; "" nothing. size >= 256 */
void look_watch(char *out, size_t size, const struct blade *b);
/* "06:00" when it is near, else "2026-04-12 06:00"; "" for 0. size >= 24 */
void look_clock(char *out, size_t size, int64_t t);

/* Sold memory in use, 0 to 1 and more: the provider sells 16 of a blade's 24 GB (facts: every grade's row). 0 when unknown. */
double look_load(const struct blade *b);
/* What the manager says of it: "on", "off", "was on". What no manager speaks for has the word "". */
struct look look_power(const struct blade *b, enum tier t);
struct look look_health(enum health h, enum tier t);
struct look look_manager(enum manager_state s, enum tier t);
/* Its alert, without the name with which most begin: it stands beside it. Borrowed; "" none. */
const char *look_alert(const struct blade *b);
/* Nobody has heard its host yet: that no VM of it is known does not mean that it has none. */
bool look_unheard(const struct blade *b);
/* The host does not answer though somebody expects it to. */
bool look_silent(const struct blade *b);
/* Manager and host contradict each other, or what one of them said is old: both are worth saying. */
bool look_contradicts(const struct blade *b);
/* Both facts and their age: "manager: on, now; host: silent for 14 min"; "" where only one of them speaks. size >= 96 */
void look_both(char *out, size_t size, const struct blade *b);
/* "4 min": how long ago, "" under 30 s; t 0: "". size >= 24 */
void look_age(char *out, size_t size, int64_t t);
/* The same for a duration that is under way: seconds from the first on. */
void look_elapsed(char *out, size_t size, int64_t t);
/* "2026-04-12 02:41"; "" for 0. size >= 24 */
void look_time(char *out, size_t size, int64_t t);
/* Times are said by this zone's rule ("JST-9", as the broker sends it) from now on; it needs no file. False: it is none. */
bool look_zone(const char *rule);

/* "job:7f3a21": "7f3a21"; what is no id comes back as it is. Borrowed from id. */
const char *look_id(const char *id);

const char *look_verb(const char *verb);        /* "power-off": "power off"; what is not known comes back as it is */
const char *look_verb_title(const char *verb);  /* "Power off" */
const char *look_verb_doing(const char *verb);  /* "powering off" */
/* What an audit record is about where it is no action that began or ended: "console-open" is "serial console opened". */
const char *look_record(json_t *record);

#endif

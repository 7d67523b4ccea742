/* The words of a preview: impact and warnings, what is to be typed, how a shell says it. Used by plan*.c alone. */
#ifndef TANA_PLAN_WORDS_H
#define TANA_PLAN_WORDS_H

#include "safety/cluster_left.h"
#include "safety/plan_snap.h"

/* object: id of the VM that it is about, "" the whole; fmt as for msg_make. e is copied. */
void plan_note_err(struct plan_notes *n, const char *object, const struct err *e);
void plan_note(struct plan_notes *n, const char *object, const char *id, const char *fmt, ...);
/* What becomes of a cluster's quorum. */
void plan_note_cluster(struct plan_notes *n, const char *cluster, const struct cluster_left *left);
json_t *plan_notes_json(const struct plan_notes *n, bool refusals); /* an array of MESSAGEs; new reference */
void plan_notes_free(struct plan_notes *n);                         /* what is inside */
/* Fills impact and warnings of a plan whose targets are made. look: of a snapshot verb with one target, NULL else. */
void plan_words(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms, const struct snap_look *look);
/* "acme 2, globex 1, no tenant 1": in the order of their first. Caller frees. */
char *plan_by_tenant(const char *const *tenants, size_t n);
/* "10 min", or "10 min - 1 h"; size >= 64. */
void plan_range(char *out, size_t size, int64_t least_ms, int64_t most_ms);
/* The same of what the targets are given to shut down. */
void plan_minutes(char *out, size_t size, const struct plan *p);
/* What the provider agreed with its customers, before they are hit: procedures and contacts, for operators. */
void plan_say_tenants(const struct plan_world *w, const struct actor *a, struct plan *p);
/* What is not known of earlier actions on this object. */
void plan_warn_unsettled(const struct plan_world *w, struct plan *p, const char *id);
/* The narrowest place that holds all targets and can be typed: blade, enclosure, rack, site; for a customer his account. */
char *plan_common_parent(const struct plan_world *w, const struct actor *a, const struct plan *p);
/* Six ASCII letters and digits that stand for this object; the same each time. */
char *plan_short_code(const char *id);

#endif

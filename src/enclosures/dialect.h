/* A dialect: how one vendor's enclosure managers are spoken to and understood, read from data/dialects/NAME.conf. A value:
 * nothing in it changes after it was read; shared by threads. Everything here is pure: text in, facts out. Sessions are
 * manager.c's. What can be written into such a file: man 5 tana-dialect. */
#ifndef TANA_DIALECT_H
#define TANA_DIALECT_H

#include "common/error.h"
#include "common/model.h"
#include "conf/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DIALECT_REPLY_MAX (256 * 1024)  /* bytes of one reply; more is an error */
#define DIALECT_BAY_MAX 16              /* bytes of a bay's name */

struct pattern;                         /* PCRE2, compiled, with bounded matching */

/* One thing to type, and what has to come before the next one. */
struct dialect_step {
	char *send;                     /* with {bay} in it, perhaps; without the end of line */
	struct pattern *until;          /* the end of what has come must match; NULL: any prompt of the session */
};
struct dialect_steps { struct dialect_step *list; size_t n; };

/* What a reply says in words. Looked for before any state is read. */
enum reply_means {
	REPLY_FAILED, REPLY_DENIED /* no right to do it */, REPLY_BUSY /* too many sessions, or something else is under way */,
	REPLY_EMPTY /* no blade in that bay */, REPLY_NO_BAY, REPLY_UNKNOWN_COMMAND, REPLY_STANDBY /* ask the other manager */,
	REPLY_ALREADY /* it is so already: no error for a verb; a later status tells */, REPLY_NOT_READY, REPLY_EXPIRED /* password */,
	REPLY_MEANS_COUNT
};
struct dialect_rule { struct pattern *match; enum reply_means means; };

enum dialect_mode { DIALECT_SHELL, DIALECT_EXEC };

struct dialect_session {
	enum dialect_mode mode;
	char *eol;                      /* what ends a line that is sent: "\r", "\n", "\r\n" */
	struct pattern *prompt;         /* at the end of what has come; any of the session's prompts */
	struct pattern *pager;          /* NULL none */
	char *pager_key;
	struct pattern *echo;           /* NULL: the command itself, as it was typed; else lines that are echo, taken out */
	struct dialect_steps enter, leave, home;  /* after the first prompt; before closing; back to the top after an error */
	int timeout_ms;                 /* for the first prompt, and of each step */
	int linger_ms;                  /* between leaving and closing */
	int sessions;                   /* that such a manager allows, 0 not known */
	bool pty;
};
/* A question that is typed back while a command runs, and its answer. */
struct dialect_confirm { struct pattern *match; char *answer; };

/* A question about the enclosure, or about one bay; its rows fill facts. */
enum ask_what { ASK_BAYS, ASK_BAY, ASK_ENCLOSURE, ASK_MANAGER, ASK_HEALTH };
struct dialect_ask {
	char *name;                     /* "list", "status", "info", ... as written */
	bool per_bay;                   /* asked for each bay in which a blade is; {bay} */
	bool status;                    /* this one tells a blade's power: asked again and again after a power verb */
	int every_s;                    /* how often */
	struct dialect_steps steps;
	struct dialect_rows *rows;      /* opaque */
};
struct dialect_verb {
	bool there;
	struct dialect_steps steps;
	struct pattern *accepted;       /* NULL: no error rule matched */
	int within_s;                   /* the power is expected to follow within */
};

struct dialect {
	char *name, *title, *file;
	bool single;                    /* manages one server: its bay is "1" */
	struct dialect_session session;
	struct dialect_rule *rules; size_t nrules;
	struct dialect_confirm *confirms; size_t nconfirms;
	struct dialect_ask *asks; size_t nasks;
	struct dialect_verb verbs[VERB_COUNT];
	struct shapes shapes;
	int status_ask;                 /* index of the ask by which one bay's power is read soon after a verb; -1: none */
	int role_ask;                   /* ... by which active and standby are told apart; -1: it has one manager alone */
	struct dialect_detect *detect;  /* opaque */
	struct dialect_words *words;    /* opaque: the device's words for ours */
};

/* What a manager told. Texts are cleaned and cut, "" not told. */
struct bay_facts {
	char bay[DIALECT_BAY_MAX + 1];
	char *name, *model, *serial, *firmware;
	enum power_state power; bool power_told;
	enum health health; bool health_told;
	int fitted;                     /* 1 a blade, 0 empty, -1 not told */
	int locate;                     /* 1 on, 0 off, -1 not told */
};
enum sensor_kind { SENSOR_POWER, SENSOR_FAN, SENSOR_TEMPERATURE, SENSOR_MANAGER, SENSOR_OTHER, SENSOR_KIND_COUNT };
struct sensor { enum sensor_kind kind; char *name, *value; enum health health; bool absent; };
enum manager_role { MANAGER_ROLE_UNKNOWN, MANAGER_ACTIVE, MANAGER_STANDBY };
struct metal {                          /* of one or several replies, merged */
	struct bay_facts *bays; size_t nbays;
	char *title, *model, *serial, *firmware;   /* of the enclosure, firmware of the manager */
	enum manager_role role;
	enum health health; bool health_told;
	struct sensor *sensors; size_t nsensors;
};
struct metal *metal_new(void);
void metal_free(struct metal *m);
struct bay_facts *metal_bay(struct metal *m, const char *bay); /* made when it is not there; NULL: no name of a bay, or too many */

/* ---- a set of them ---- */
struct dialects;
struct dialect_error { char *file; int line; struct err *err; };
struct dialect_errors { struct dialect_error *list; size_t n; };
void dialect_errors_free(struct dialect_errors *e);
/* Every NAME.conf of these folders, a later folder's over an earlier one's of the same name; a file with errors is left out and
 * its errors are in *e. Reads files: at start and reload. Not by two threads at once (libconfuse). */
struct dialects *dialects_read(const char *const *folders, size_t n, struct dialect_errors *e);
void dialects_free(struct dialects *d);
const struct dialect *dialects_find(const struct dialects *d, const char *name);
size_t dialects_count(const struct dialects *d);
const struct dialect *dialects_at(const struct dialects *d, size_t i);
/* One file; NULL with errors. */
struct dialect *dialect_read(const char *file, struct dialect_errors *e);
void dialect_free(struct dialect *d);
/* `tanad --check-dialect FILE [TRANSCRIPT]`: what is wrong with it, line by line, on out; of a transcript, what was understood.
 * 0 well, 1 not. */
int dialect_check(const char *file, const char *transcript, FILE *out);

/* ---- understanding; reply: bytes as they came, of any kind ---- */
/* Which of them greets so (the server's SSH version, banners, and all up to the first prompt). NULL: none, or two alike. */
const struct dialect *dialects_detect(const struct dialects *d, const char *greeting);
/* The prompt patterns of all of them, for a session whose dialect is not known yet: does it end with one? */
bool dialects_at_prompt(const struct dialects *d, const char *bytes, size_t n);
bool dialect_at_prompt(const struct dialect *d, const char *bytes, size_t n);
bool dialect_at_pager(const struct dialect *d, const char *bytes, size_t n);
const char *dialect_confirm(const struct dialect *d, const char *bytes, size_t n);  /* what to answer; NULL: no question */
bool pattern_ends(const struct pattern *p, const char *bytes, size_t n);            /* matches at the end of what came */
/* The reply alone: line ends made one "\n", escape sequences, pagers, echo of the command and prompts taken out, cleaned but for
 * its line ends. Caller frees. */
char *dialect_clean(const struct dialect *d, const char *sent, const char *bytes, size_t n);
/* Errors before states. NULL: none of the rules. Of ALREADY the class is ERR_STATE; see error ids manager.said.* in messages.def. */
struct err *dialect_judge(const struct dialect *d, const char *manager, const char *reply, enum reply_means *means);
/* Does a line of this clean reply say that the order was taken? Where the dialect knows no such words: silence is consent. */
bool dialect_accepts(const struct dialect_verb *v, const char *reply);
/* Reads a clean reply, of several steps all of them one after another; bay "" for questions about the whole. How many facts there were: 0 is a reply that was not understood. */
size_t dialect_understand(const struct dialect *d, const struct dialect_ask *a, const char *bay, const char *reply, struct metal *out);
/* "{bay}" filled in. Bay names are checked when the site file and replies are read. Caller frees. */
char *dialect_fill(const char *send, const char *bay);

#endif

/* The simulated enclosure: its state, which all connections (and a second manager) share, its faults, its dialects and
 * the terminal on which a dialect speaks. Written from what is known of the real devices; it knows nothing of how Tana
 * reads them. */
#ifndef TANA_SIM_H
#define TANA_SIM_H

#include "common/buf.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SIM_BAYS 64
#define SIM_FAULTS 32
#define SIM_CLIENTS 64
#define SIM_TEXTS 256
#define SIM_SENSORS 24
#define SIM_LINE 512

enum power { PW_OFF, PW_ON, PW_GOING_ON, PW_GOING_OFF };
enum health { HL_OK, HL_DEGRADED, HL_FAILED, HL_ABSENT };

/* What will be at a time (boot clock, ms): the power as the manager shows it, and whether the blade's host is there. */
struct step {
	int64_t at;
	uint8_t power, host;
};

struct bay {
	char slot[8];            /* "1", "16", "1A" */
	char name[64], model[64], serial[32];
	char path[256];          /* the file that stands for the blade's host; "" for none */
	bool present, locate, host;
	uint8_t power, health;
	int n_steps;
	struct step steps[4];
};

struct sensor {
	char name[16];           /* "fan-1", "ps-2", "temp-1" */
	uint8_t health;
};

enum fault_kind {
	F_SLOW, F_DRIBBLE, F_SPLIT, F_MUTE, F_MUTE_LOGIN, F_NO_STATUS, F_LATE_CLOSE, F_SESSIONS, F_STANDBY, F_POWER_LATE,
	F_POWER_FAIL, F_POWER_BACK, F_ALREADY, F_DENIED, F_DENIED_LOGIN, F_EMPTY, F_REBOOT_MID, F_LEGACY, F_KBDINT,
	F_NO_EXEC, F_NO_SHELL, F_PAGER, F_DOUBLE_EOL, F_EXPIRED, F_GARBAGE, F_NOISE, F_WRAP, F_COUNT
};

struct fault {
	uint8_t kind;
	long num;                /* its argument, 0 when none was given */
	char slot[8];            /* for this bay only; "" for all */
};

struct client {
	pid_t pid;               /* 0: free */
	bool logged_in;
};

struct text_count {
	char text[56];
	uint32_t count;
};

/* One manager of the enclosure. */
struct member {
	pid_t pid;
	int64_t away_until;      /* rebooting: no connection before that */
	int n_faults;
	struct fault faults[SIM_FAULTS];
	struct client clients[SIM_CLIENTS];
	uint32_t conns_all, conns_most, commands_all, refused;
	uint32_t second_count[60];
	int64_t second_of[60];
	int n_texts;
	struct text_count texts[SIM_TEXTS];
};

struct shared {
	uint32_t magic;
	pthread_mutex_t lock;
	int n_bays, n_sensors;
	int active;              /* which member is */
	int64_t started;
	char serial[32];
	struct bay bays[SIM_BAYS];
	struct sensor sensors[SIM_SENSORS];
	struct member members[2];
};

struct dialect;

/* What one process knows. */
struct sim {
	const struct dialect *d;
	struct shared *sh;
	struct member *me;
	int member;              /* 0 or 1: the place of this manager */
	int poke;                /* written to when a change of power is due later, so that the parent sees to it */
	int peer_fd;             /* of --peer's file, -1 */
	int off_ms, on_ms, soft_ms;
	char name[64], user[64], password[256];
	char *key_file, *host_key_file; /* owned, may be NULL */
};

/* --- state.c: the shared page and its bays --- */
enum ask { ASK_ON, ASK_SOFT, ASK_OFF, ASK_REBOOT, ASK_RESET, ASK_CYCLE };
enum said { SAID_OK, SAID_ALREADY, SAID_IS_OFF, SAID_EMPTY, SAID_DENIED };

/* False and a message on stderr when it cannot be. peer: NULL for a page of its own. Who is first fills the bays; nobody else
 * gets the page before sim_ready. */
bool sim_share(struct sim *s, const char *peer, bool standby, bool *first);
void sim_ready(struct sim *s);
void sim_lock(struct sim *s);
void sim_unlock(struct sim *s);
/* What is due by now comes to pass, files follow; milliseconds until the next change, -1 when none is under way. */
int sim_settle(struct sim *s);
int sim_find(struct sim *s, const char *slot);   /* bay's index, -1 when there is none; "01" is "1" */
/* A copy of the bay as it is now, with what faults make of it; present is false for an empty one. */
struct bay sim_bay(struct sim *s, int bay);
enum said sim_ask(struct sim *s, int bay, enum ask what);
void sim_locate(struct sim *s, int bay, bool on);
bool sim_is_active(struct sim *s);
void sim_reboot(struct sim *s, int ms);          /* this manager goes away; its parent ends the sessions */
enum health sim_sensor(struct sim *s, const char *kind, int n);
enum health sim_overall(struct sim *s);          /* the worst of all sensors and blades */
void sim_count_command(struct sim *s, const char *text);

void sim_copy(char *to, size_t size, const char *from); /* what fits of it */

/* --- place.c: what is in the bays at the start --- */
void sim_fill(struct sim *s, int bays, bool doubled, const char *serial);
bool sim_fill_from(struct sim *s, const char *file, const char *serial);

/* --- fault.c --- */
bool sim_fault(struct sim *s, enum fault_kind kind, int bay, struct fault *out_or_null); /* bay -1: none in question */
bool fault_add(struct sim *s, const char *text, char *why, size_t size);
bool fault_clear(struct sim *s, const char *name_or_null);
void fault_list(struct buf *b);                  /* their names, for --help */
void fault_json(struct sim *s, struct buf *b);

/* --- control.c --- */
void control_line(struct sim *s, char *line, struct buf *answer); /* one JSON or text line, with its newline */

/* --- server.c: the parent --- */
int server_run(struct sim *s, const char *addr, int port, const char *control, bool with_parent);

/* --- session.c: one connection, in a process of its own; never returns --- */
struct host_keys;
struct host_keys *session_keys(const char *file); /* NULL and a message on stderr */
void session_keys_free(struct host_keys *k);
void session_serve(struct sim *s, struct host_keys *keys, int fd) __attribute__((noreturn));

/* --- term.c: what a shell or an exec request talks to --- */
enum term_mode { T_LINE, T_SECRET, T_KEY, T_PAGER };

struct term {
	struct sim *s;
	void (*write)(void *arg, const char *data, size_t len);
	void *arg;
	bool pty, exec, script;  /* script: a mode without questions and pages */
	bool done, dead;         /* done: the session is over; dead: answers nothing any more */
	int status;              /* exit status */
	enum term_mode mode, after_pager;
	int state;               /* of the dialect's dialogue; 0 is its prompt. Negative ones are term.c's */
	int pick;                /* what the dialogue is about */
	int bay;                 /* the bay of this command, for faults told for one; -1 */
	char target[48];         /* IBM's env */
	char line[SIM_LINE];
	size_t len;
	bool was_cr, eat_eol;
	struct buf out;          /* this answer; "\n" ends a line */
	struct buf rest;         /* what the pager holds back */
};

/* s is borrowed until term_close; write and arg are set after it, by the caller. */
void term_open(struct term *t, struct sim *s);
void term_close(struct term *t);
void term_start(struct term *t);                 /* a shell: greeting and prompt */
void term_run(struct term *t, const char *command); /* an exec request */
void term_byte(struct term *t, char c);          /* one byte that was typed */
void say(struct term *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_sleep(int ms);                          /* this connection alone */

/* Splits in place at blanks; at most max words. */
int words(char *line, char **w, int max);
bool word_is(const char *w, const char *name);   /* without regard to case; NULL is no word */

/* --- the dialects --- */
enum refusal { REFUSE_TEXT, REFUSE_RESET };      /* the session over the limit: a text and the end, or a TCP reset */

struct dialect {
	const char *name, *title;
	const char *banner;          /* of SSH, behind "SSH-2.0-" */
	const char *device;          /* the manager's default name */
	const char *echo_eol;        /* what is echoed for Enter */
	const char *issue;           /* shown before the login, or NULL */
	bool cr_only;                /* Enter is CR; LF is nothing */
	bool own_echo;               /* echoes and ends lines with CRLF without a pty too */
	bool one_channel;            /* a connection carries one channel and no second */
	bool one_server;             /* a board of one server, no enclosure */
	bool slots_from_0;
	int bays, max_bays, fans, supplies;
	int sessions;                /* its limit, 0: none known */
	enum refusal refusal;
	const char *refusal_text;
	const char *noise;           /* what it writes into a session by itself */
	const char *model;           /* of its blades */
	void (*greet)(struct term *t);
	void (*prompt)(struct term *t);
	void (*line)(struct term *t, char *line);
	void (*key)(struct term *t, char c); /* menus that take single keys, or NULL */
	void (*exec)(struct term *t, char *line); /* NULL: it has no exec */
};

extern const struct dialect dialect_hp_oa, dialect_dell_cmc, dialect_dell_idrac, dialect_ibm_amm, dialect_ibm_cmm,
	dialect_hpe_ilo, dialect_hpe_moonshot, dialect_hitachi_svp, dialect_fujitsu_rsb;
extern const struct dialect *const dialects[];   /* NULL at the end */

#endif

/* tana as a command: the table of commands and options from which parsing, usage, help and completion are made, and what
 * the commands share. Called by main.c; one file a group of commands. */
#ifndef TANA_CLI_H
#define TANA_CLI_H

#include "client.h"
#include "mirror.h"

#include <stdio.h>

/* Exit status of every command. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_REFUSED = 3, CLI_UNREACHABLE = 4 };

/* Options, as bits of what a command takes. */
enum {
	OPT_SITE = 1 << 0, OPT_SOCKET = 1 << 1, OPT_WAIT = 1 << 2, OPT_HELP = 1 << 3, OPT_VERSION = 1 << 4,
	OPT_JSON = 1 << 5, OPT_PREVIEW = 1 << 6, OPT_YES = 1 << 7, OPT_CONFIRM = 1 << 8, OPT_REASON = 1 << 9,
	OPT_NO_WAIT = 1 << 10, OPT_SINCE = 1 << 11, OPT_NOTE = 1 << 12, OPT_DISK_ONLY = 1 << 13, OPT_QUIESCE = 1 << 14,
	OPT_CHARGE = 1 << 15, OPT_EXCEED = 1 << 16, OPT_CHILDREN = 1 << 17, OPT_OVERRIDE_PAIR = 1 << 18, OPT_UNTIL = 1 << 19,
	OPT_REF = 1 << 20, OPT_ANCHORS = 1 << 21, OPT_MONTH = 1 << 22, OPT_TENANT = 1 << 23, OPT_CSV = 1 << 24,
	OPT_VMS_FIRST = 1 << 25, OPT_CONSENT = 1 << 26, OPT_KIND = 1 << 27, OPT_FILTER = 1 << 28, OPT_WATCH = 1 << 29,
	OPT_TAKE = 1 << 30
};
#define OPT_BITS 31
#define OPT_EVERYWHERE (OPT_SITE | OPT_SOCKET | OPT_WAIT | OPT_HELP | OPT_VERSION)

struct option_row {
	unsigned bit;
	const char *name;      /* without the dashes */
	const char *value;     /* name of its value in the help, NULL: takes none */
	const char *help;
};
extern const struct option_row cli_options[];
extern const int cli_noptions;

/* Who may run a command: roles (the broker decides; this saves a try and makes the help), and whether it is there at all where
 * tana is all that a user has (jump.h). */
enum {
	MAY_OPERATOR = 1 << ROLE_OPERATOR, MAY_VIEWER = 1 << ROLE_VIEWER, MAY_CUSTOMER = 1 << ROLE_CUSTOMER, MAY_JUMP = 1 << 8,
	MAY_ACT = MAY_OPERATOR | MAY_CUSTOMER, MAY_ALL = MAY_ACT | MAY_VIEWER
};

struct cli;
struct command_row {
	const char *name;
	const char *args;      /* synopsis of its words */
	unsigned options;
	int min, max;          /* words it takes; max -1: any number */
	const char *words;     /* what completion offers as its first word, blanks between; "" nothing */
	const char *help;      /* one line */
	int (*run)(struct cli *c); /* exit status; NULL: no broker is needed, cli.c does it */
	unsigned may;          /* MAY_ bits */
};
extern const struct command_row cli_commands[];
extern const int cli_ncommands;
const struct command_row *cli_command(const char *name);
/* Whether there is such a thing where we run (a restricted tana has less). */
bool cli_option_is_here(const struct option_row *o);
bool cli_command_is_here(const struct command_row *c);

/* The command line, taken apart. Strings are argv's. */
struct cli_line {
	struct client_target target; /* uris is owned */
	unsigned given;        /* OPT_ bits */
	const char *values[OPT_BITS]; /* by the number of the option's bit */
	int wait_s;
	const struct command_row *command; /* NULL: the full-screen console */
	const char **words;    /* of the command; owned */
	int nwords;
	bool json;
};
/* Takes argv apart. Errors: ERR_USAGE; what was understood until then is set, so that --json still counts. */
struct err *cli_parse(int argc, char **argv, struct cli_line *line);
void cli_line_free(struct cli_line *line);
const char *cli_value(const struct cli_line *line, unsigned bit); /* NULL: not given */
/* Prints e as commands do ("tana: ..." on stderr; with --json an object on stdout), frees it, gives the exit status. */
int cli_error(const struct cli_line *line, struct err *e);
/* Runs line->command. */
int cli_run(const struct cli_line *line);
/* The broker is asked who we are: MAY_ of our role; MAY_ALL when it cannot be had. */
unsigned cli_my_role(const struct cli_line *line);

void cli_usage(FILE *f);                                /* the short form */
/* All, or one command; of the commands those that one of the roles in `may` (MAY_ bits) may run. */
void cli_help(FILE *f, const struct command_row *one, unsigned may);
void cli_completion(FILE *f);                           /* data/completions/tana.bash */

/* ---- for the commands themselves ---- */

struct cli {
	const struct cli_line *line;
	struct loop *loop;
	struct client *client;
	struct mirror *mirror;
	unsigned kinds;        /* that it subscribes to whenever it is ready */
	struct err *lost;      /* why there is no connection now; NULL: there is one */
	bool metal;            /* it is about blades or enclosures: their managers are waited for as well */
	size_t silent;         /* hosts that had not answered when cli_ask_object asked first */
	bool interrupted;      /* ^C or a termination signal */
	bool tty;              /* standard error is a terminal: progress is shown */
};

/* Waits until it is ready and subscribed to these kinds (0: to none). With a shared broker this process is in its sandbox from then
 * on: files are opened before. */
struct err *cli_connect(struct cli *c, unsigned kinds);
/* One request and its answer: *ret is the caller's. ERR_TIMEOUT after a minute, "cli.interrupted" after ^C. */
struct err *cli_request(struct cli *c, const char *name, json_t *args, json_t **ret);
/* One turn of the loop, at most ms. False: interrupted. */
bool cli_step(struct cli *c, int ms);
/* Until the mirror has all, and with a private broker until every host has been tried once, at most the deadline of
 * --wait; so also every manager where c->metal is set. What did not answer is said on stderr; *silent (or NULL) tells how many
 * may hold what nobody has heard of. */
struct err *cli_wait_hosts(struct cli *c, size_t *silent);
bool cli_is_metal(const char *word);                    /* "blade:a2-12", "enclosure:A2" */
/* The same for a command that names an object: "not found" becomes ERR_UNREACHABLE while hosts have not answered. */
struct err *cli_not_found(struct err *e, size_t silent);

/* Prints b and frees it. ERR_FAILED when standard output cannot take it. */
struct err *cli_print(struct buf *b);
struct err *cli_print_json(json_t *j);                  /* takes j over */
void cli_text(struct buf *b, const char *s);            /* cleaned again; NULL is "" */
void cli_json_text(struct buf *b, json_t *o, const char *key);
/* A text of o with what stands around it; nothing at all when there is none. */
void cli_put_if(struct buf *b, const char *before, json_t *o, const char *key, const char *after);
void cli_time(struct buf *b, int64_t at);               /* "2026-04-12 02:41", "-" for 0 */
void cli_time_zone(struct buf *b, int64_t at);          /* "2026-04-12 02:41 JST" */
void cli_took(struct buf *b, int64_t seconds);          /* "2 s", "3 min 10 s" */
void cli_say(const char *id, const char *fmt, ...);     /* a sentence of messages.def on stderr */
void cli_say_to(struct buf *b, const char *id, const char *fmt, ...);

/* A table with straight columns. Cells are added row by row, in the order of the headings. */
struct table;
struct table *table_new(const char *const *headings, const bool *right, int columns);
void table_cell(struct table *t, const char *text);     /* cleaned; "" becomes "-" but in the last column */
void table_print(struct table *t, struct buf *b);       /* frees t */

/* What the command acts on, as arguments of `plan`; the caller's. */
struct err *cli_targets(const struct cli_line *line, json_t **args);
/* Filter words as one text; the caller frees. */
char *cli_join(const char *const *words, int n);
enum viewer cli_viewer(const struct cli *c);            /* which fields this user is shown */

struct console_options;
bool cli_is_console(const struct cli_line *line);        /* tana console: main.c gives it the screen */
void cli_console_options(const struct cli_line *line, struct console_options *o); /* strings are line's */
int cli_console(struct cli *c);
int cli_list(struct cli *c);
int cli_show(struct cli *c);
int cli_act(struct cli *c);
int cli_refresh(struct cli *c);
/* One plan from preview to outcome, as every verb does it. args: of the plan request, taken over. Gives the exit status. */
int cli_act_on(struct cli *c, json_t *args);
/* Waits for the job as long as it makes sense and prints what became of it. Gives the exit status. */
int cli_outcome(struct cli *c, const char *id);
int cli_snapshot(struct cli *c);
int cli_limits(struct cli *c);
int cli_report(struct cli *c);
struct err *cli_verify(struct cli *c);                  /* tana audit verify */
/* The word at i as an object for a request, once hosts were tried; and the request, its "not found" told as cli_not_found does. */
struct err *cli_ask_object(struct cli *c, const char *request, json_t *args, json_t **ret);
void cli_print_limits(struct buf *b, json_t *limits);   /* a line each, of `snapshots` or `limits` */
int cli_audit(struct cli *c);
int cli_lease(struct cli *c);
void cli_record(struct buf *b, json_t *record);         /* one audit record as a line */

#endif

/* tana as a command: the table of commands and options from which parsing, usage, help and completion are made, and what
 * the commands share. Called by main.c; one file a group of commands. */
#ifndef TANA_CLI_H
#define TANA_CLI_H

#include "link/client.h"
#include "link/mirror.h"

#include <stdio.h>

/* Exit status of every command. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_REFUSED = 3, CLI_UNREACHABLE = 4 };

/* Options, as bits of what a command takes: more than an int has. */
typedef uint64_t opt_bits;
#define OPT(number) (UINT64_C(1) << (number))
#define OPT_SITE OPT(0)
#define OPT_SOCKET OPT(1)
#define OPT_WAIT OPT(2)
#define OPT_HELP OPT(3)
#define OPT_VERSION OPT(4)
#define OPT_JSON OPT(5)
#define OPT_PREVIEW OPT(6)
#define OPT_YES OPT(7)
#define OPT_CONFIRM OPT(8)
#define OPT_REASON OPT(9)
#define OPT_NO_WAIT OPT(10)
#define OPT_SINCE OPT(11)
#define OPT_NOTE OPT(12)
#define OPT_DISK_ONLY OPT(13)
#define OPT_QUIESCE OPT(14)
#define OPT_CHARGE OPT(15)
#define OPT_EXCEED OPT(16)
#define OPT_CHILDREN OPT(17)
#define OPT_OVERRIDE_PAIR OPT(18)
#define OPT_UNTIL OPT(19)
#define OPT_REF OPT(20)
#define OPT_ANCHORS OPT(21)
#define OPT_MONTH OPT(22)
#define OPT_TENANT OPT(23)
#define OPT_CSV OPT(24)
#define OPT_VMS_FIRST OPT(25)
#define OPT_CONSENT OPT(26)
#define OPT_KIND OPT(27)
#define OPT_FILTER OPT(28)
#define OPT_WATCH OPT(29)
#define OPT_TAKE OPT(30)
/* tana wall */
#define OPT_RACK OPT(31)
#define OPT_ANONYMOUS OPT(32)
#define OPT_BELL OPT(33)
#define OPT_PAGE OPT(34)
#define OPT_NO_CLOCK OPT(35)
/* what needs somebody */
#define OPT_FOLLOW OPT(40)
#define OPT_BY OPT(41)
#define OPT_VERB OPT(42)
#define OPT_ANYWAY OPT(43)
#define OPT_BITS 64
#define OPT_EVERYWHERE (OPT_SITE | OPT_SOCKET | OPT_WAIT | OPT_HELP | OPT_VERSION)

struct option_row {
	opt_bits bit;
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
	opt_bits options;
	int min, max;          /* words it takes; max -1: any number */
	const char *words;     /* what completion offers as its first word, blanks between; "" nothing */
	const char *help;      /* one line */
	int (*run)(struct cli *c); /* exit status; NULL: no broker is needed, cli.c does it */
	unsigned may;          /* MAY_ bits */
};
extern const struct command_row cli_commands[];
extern const int cli_ncommands;
const struct command_row *cli_command(const char *name);
const char *cli_command_meant(const char *word); /* what to type for a word that is none but means one; NULL: nothing that is known */
/* Whether there is such a thing where we run (a restricted tana has less). */
bool cli_option_is_here(const struct option_row *o);
bool cli_command_is_here(const struct command_row *c);

/* The command line, taken apart. Strings are argv's. */
struct cli_line {
	struct client_target target; /* uris is owned */
	opt_bits given;        /* OPT_ bits */
	const char *values[OPT_BITS]; /* by the number of the option's bit */
	int wait_s;
	const struct command_row *command; /* NULL: the full-screen console */
	const char **words;    /* of the command; owned */
	int nwords;
	const char **racks;    /* of --rack, which may stand more than once; owned */
	int nracks;
	bool json;
};
/* Takes argv apart. Errors: ERR_USAGE; what was understood until then is set, so that --json still counts. */
struct err *cli_parse(int argc, char **argv, struct cli_line *line);
void cli_line_free(struct cli_line *line);
const char *cli_value(const struct cli_line *line, opt_bits bit); /* NULL: not given */
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
	void (*heard)(struct cli *c, json_t *line); /* each line that is no answer, before the mirror; NULL none */
	void *heard_ctx;
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
/* A request about args.object, of a command that is about the metal too: a plain name that no VM has may be a blade's or an enclosure's. */
struct err *cli_request_metal(struct cli *c, const char *name, json_t *args, json_t **ret);
/* All three: connects, waits for the hosts, asks (as cli_request_metal where kinds have enclosures). args are taken over; silent as above. */
struct err *cli_ask_tried(struct cli *c, unsigned kinds, const char *name, json_t *args, json_t **ret, size_t *silent);

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
struct filter;
/* The words from `from` on as a filter; a mistake in it is shown in its place on stderr. The caller's. */
struct err *cli_filter(const struct cli_line *line, int from, enum kind k, struct filter **out);
void cli_first_words(struct cli *c, enum kind k);        /* what to do next, where there is nothing of this kind yet */
/* Filter words as one text; the caller frees. */
char *cli_join(const char *const *words, int n);
enum viewer cli_viewer(const struct cli *c);            /* which fields this user is shown */

struct console_options;
bool cli_is_console(const struct cli_line *line);        /* tana console: main.c gives it the screen */
void cli_console_options(const struct cli_line *line, struct console_options *o); /* strings are line's */
int cli_console(struct cli *c);
struct wall_options;
bool cli_is_wall(const struct cli_line *line);           /* tana wall: the same */
/* Strings are line's. ERR_USAGE. */
struct err *cli_wall_options(const struct cli_line *line, struct wall_options *o);
int cli_wall(struct cli *c);
int cli_list(struct cli *c);
bool cli_list_of_hosts(const char *word); /* does a silent host make this list thinner? of jobs, leases and notices none does */
int cli_show(struct cli *c);
int cli_what_if(struct cli *c);
int cli_find(struct cli *c);
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
/* "8h", "3d" ago, or a date as tables print it, in the user's zone; NULL: 0. ERR_USAGE. */
struct err *cli_since(const char *text, int64_t *at);
/* Audit records, newest last: pages back until there are max, or none is older than since. args: of the request, taken over. */
struct err *cli_records(struct cli *c, json_t *args, int64_t since, size_t max, json_t **all, bool *more);
int cli_alerts(struct cli *c);
int cli_note(struct cli *c);
int cli_events(struct cli *c);
int cli_handover(struct cli *c);
void cli_csv_text(struct buf *b, const char *s);        /* a cell of RFC 4180, quoted; never a formula */
int cli_lease(struct cli *c);
void cli_record(struct buf *b, json_t *record);         /* one audit record as a line */

#endif

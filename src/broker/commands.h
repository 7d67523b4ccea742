/* The one dispatch table: every request, who may make it, what arguments it takes, what answers it. Deny by default.
 * Called by peer_io.c. */
#ifndef TANA_COMMANDS_H
#define TANA_COMMANDS_H

#include "broker/peers.h"

enum arg_type { ARG_TEXT, ARG_INT, ARG_TEXTS /* array of texts */ };
struct arg {
	const char *name;       /* NULL ends the list */
	enum arg_type type;
	bool required;
	int64_t min, max;       /* of a number; of a text max is its bytes, 0 = 4096 */
};
#define COMMAND_ARGS 16
/* It begins what would have to be handed over, or would die with its connection: not while the broker is leaving. */
#define COMMAND_BEGINS (1u << 31)
struct command {
	const char *name;
	unsigned roles;         /* bits 1 << enum role that may; and COMMAND_BEGINS */
	struct arg args[COMMAND_ARGS];
	/* args: checked against the table, never NULL, borrowed. Must end the request now or later. */
	void (*fn)(struct request *q, json_t *args);
};
extern const struct command commands[];
extern const size_t ncommands;

/* The request of a line, with its arguments checked. Errors: malformed, unknown, denied, wrong arguments. */
struct err *commands_find(struct peer *p, json_t *line, const struct command **out);
void commands_run(const struct command *c, struct request *q, json_t *args);

/* Arguments as checked: "" or 0 when not given. Borrowed. */
const char *arg_text(json_t *args, const char *name);
int64_t arg_int(json_t *args, const char *name);

/* requests_act.c */
void do_plan(struct request *q, json_t *args);
void do_commit(struct request *q, json_t *args);
void do_actions(struct request *q, json_t *args);
void do_lease_break(struct request *q, json_t *args);
/* requests_look.c */
void do_hello(struct request *q, json_t *args);
void do_subscribe(struct request *q, json_t *args);
void do_show(struct request *q, json_t *args);
void do_refresh(struct request *q, json_t *args);
void do_audit(struct request *q, json_t *args);
void do_audit_verify(struct request *q, json_t *args);
void do_ping(struct request *q, json_t *args);
/* requests_snap.c */
void do_snapshots(struct request *q, json_t *args);
void do_snapshot_settle(struct request *q, json_t *args);
void do_report_snapshots(struct request *q, json_t *args);
/* requests_stream.c */
void do_stream_open(struct request *q, json_t *args);
void do_stream_data(struct request *q, json_t *args);
void do_stream_credit(struct request *q, json_t *args);
void do_stream_close(struct request *q, json_t *args);
/* requests_now.c */
void do_watch(struct request *q, json_t *args);
void do_screenshot(struct request *q, json_t *args);
/* requests_site.c */
void do_what_if(struct request *q, json_t *args);
void do_find(struct request *q, json_t *args);
/* requests_care.c */
void do_alert_set(struct request *q, json_t *args);
void do_note_set(struct request *q, json_t *args);
void do_events(struct request *q, json_t *args);
/* By what else than its object, and since when, an audit log is narrowed: for the staff alone. */
struct err *request_audit_by(struct request *q, json_t *args, struct store_query *query);
/* requests_limit.c */
void do_limits(struct request *q, json_t *args);
void do_limits_set(struct request *q, json_t *args);

/* What "targets", or "filter" with "kind", name for this actor: VMs or blades, all of one kind (requests_aim.c). */
struct aims {
	enum kind kind;             /* KIND_VM or KIND_BLADE */
	struct vm *vms[POLICY_TARGETS_MAX];
	struct blade *blades[POLICY_POWER_ON_MAX];
	size_t n;
};
struct err *request_aims(struct request *q, json_t *args, size_t max_blades, struct aims *out);
/* Is this verb something for that many of them? */
struct err *request_aims_fit(enum verb v, enum kind k, size_t n);
/* Is a temporary change on its way to the store? Its older row must not be dropped after it. */
bool limit_is_being_set(const char *object, const char *kind);
/* A tenant of the site file that this actor may know; NULL: ERR_NOTFOUND, the same for all that he may not. */
const struct site_tenant *request_tenant(struct request *q, const char *name, const char *word, struct err **e);
/* After a host was asked: is who asked still there, may he still, and does he still see this VM? Else the request was ended. */
struct vm *request_still(struct request *q, const char *vm_id);
/* Can this VM's host be asked for its snapshots now? */
bool request_can_ask(struct broker *b, const struct vm *vm);

#endif

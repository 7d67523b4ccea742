/* The table of requests, and the checks that come before any of them. */
#include "broker/commands.h"

#include "broker/consoles.h"
#include "common/base64.h"
#include "common/proto.h"
#include "safety/finder.h"

#include <string.h>

#define R(role) (1u << ROLE_##role)
#define ANYBODY (R(OPERATOR) | R(VIEWER) | R(CUSTOMER))
#define STAFF (R(OPERATOR) | R(VIEWER))
#define ACTORS (R(OPERATOR) | R(CUSTOMER))
/* hello alone is also for those who have no role: it tells them so. */
#define EVERYBODY (ANYBODY | R(NONE))
#define BEGINS COMMAND_BEGINS

const struct command commands[] = {
	{ "hello", EVERYBODY, { { "protocol", ARG_INT, true, 0, 1000000 }, { "features", ARG_TEXTS, false, 0, 0 },
		{ "origin", ARG_TEXT, false, 0, 200 }, { "read", ARG_TEXT, false, 0, 8 } }, do_hello },
	{ "subscribe", ANYBODY, { { "kinds", ARG_TEXTS, false, 0, 0 } }, do_subscribe },
	{ "plan", ACTORS | BEGINS, { { "verb", ARG_TEXT, true, 0, 32 }, { "targets", ARG_TEXTS, false, 0, 0 },
		{ "filter", ARG_TEXT, false, 0, 0 }, { "name", ARG_TEXT, false, 0, 64 }, { "note", ARG_TEXT, false, 0, 500 },
		{ "external", ARG_TEXT, false, 0, 8 }, { "quiesce", ARG_TEXT, false, 0, 8 }, { "charge", ARG_TEXT, false, 0, 16 },
		{ "exceed", ARG_TEXT, false, 0, 8 }, { "snapshot", ARG_TEXT, false, 0, 512 }, { "children", ARG_TEXT, false, 0, 8 },
		{ "override-pair", ARG_TEXT, false, 0, 8 }, { "kind", ARG_TEXT, false, 0, 16 }, { "vms-first", ARG_TEXT, false, 0, 8 },
		{ "consent", ARG_TEXT, false, 0, 8 } }, do_plan },
	{ "commit", ACTORS | BEGINS, { { "plan", ARG_TEXT, true, 0, 64 }, { "confirm", ARG_TEXT, false, 0, 512 },
		{ "reason", ARG_TEXT, false, 0, PLAN_REASON_MAX } }, do_commit },
	{ "actions", ACTORS, { { "targets", ARG_TEXTS, false, 0, 0 }, { "filter", ARG_TEXT, false, 0, 0 },
		{ "kind", ARG_TEXT, false, 0, 16 } }, do_actions },
	{ "show", ANYBODY, { { "object", ARG_TEXT, true, 0, 0 } }, do_show },
	{ "refresh", R(OPERATOR), { { "object", ARG_TEXT, true, 0, 0 } }, do_refresh },
	{ "audit", ANYBODY, { { "since", ARG_INT, false, 0, INT64_MAX }, { "object", ARG_TEXT, false, 0, 0 },
		{ "before", ARG_INT, false, 0, INT64_MAX }, { "limit", ARG_INT, false, 1, 1000 }, { "by", ARG_TEXT, false, 0, 256 },
		{ "tenant", ARG_TEXT, false, 0, 256 }, { "until", ARG_INT, false, 0, INT64_MAX }, { "verb", ARG_TEXT, false, 0, 32 },
		{ "what", ARG_TEXT, false, 0, 32 } }, do_audit },
	{ "alert-set", R(OPERATOR) | BEGINS, { { "object", ARG_TEXT, true, 0, 0 }, { "state", ARG_TEXT, true, 0, 16 },
		{ "until", ARG_TEXT, false, 0, 64 }, { "ticket", ARG_TEXT, false, 0, 200 }, { "note", ARG_TEXT, false, 0, 500 },
		{ "seen", ARG_TEXT, false, 0, 512 } }, do_alert_set },
	{ "note-set", R(OPERATOR) | BEGINS, { { "object", ARG_TEXT, true, 0, 0 }, { "text", ARG_TEXT, true, 0, 500 },
		{ "until", ARG_TEXT, false, 0, 64 }, { "seen", ARG_TEXT, false, 0, 500 } }, do_note_set },
	{ "events", R(OPERATOR) | R(VIEWER), { { "since", ARG_INT, false, 0, INT64_MAX }, { "after", ARG_INT, false, 0, INT64_MAX },
		{ "before", ARG_INT, false, 0, INT64_MAX }, { "object", ARG_TEXT, false, 0, 0 }, { "limit", ARG_INT, false, 1, 1000 } }, do_events },
	{ "lease-break", R(OPERATOR) | BEGINS, { { "object", ARG_TEXT, true, 0, 0 },
		{ "reason", ARG_TEXT, true, 0, PLAN_REASON_MAX } }, do_lease_break },
	{ "snapshots", ANYBODY, { { "object", ARG_TEXT, true, 0, 0 } }, do_snapshots },
	{ "limits", ANYBODY, { { "object", ARG_TEXT, false, 0, 0 } }, do_limits },
	{ "limits-set", R(OPERATOR) | BEGINS, { { "object", ARG_TEXT, true, 0, 0 }, { "kind", ARG_TEXT, true, 0, 16 },
		{ "limit", ARG_TEXT, true, 0, 64 }, { "until", ARG_TEXT, false, 0, 64 }, { "ref", ARG_TEXT, false, 0, 200 } },
		do_limits_set },
	{ "snapshot-settle", R(OPERATOR) | BEGINS, { { "object", ARG_TEXT, true, 0, 0 }, { "snapshot", ARG_TEXT, true, 0, 512 },
		{ "reason", ARG_TEXT, true, 0, PLAN_REASON_MAX } }, do_snapshot_settle },
	{ "audit-verify", R(OPERATOR), { { "anchors", ARG_TEXTS, false, 0, 0 } }, do_audit_verify },
	{ "report-snapshots", ACTORS, { { "month", ARG_TEXT, true, 0, 16 }, { "tenant", ARG_TEXT, false, 0, 256 },
		{ "after", ARG_TEXT, false, 0, 96 } }, do_report_snapshots },
	{ "stream-open", ACTORS | BEGINS, { { "object", ARG_TEXT, true, 0, 0 }, { "mode", ARG_TEXT, true, 0, 8 },
		{ "credit", ARG_INT, false, 0, CONSOLE_CREDIT_MAX }, { "take", ARG_TEXT, false, 0, 8 } }, do_stream_open },
	{ "stream-data", ACTORS, { { "stream", ARG_TEXT, true, 0, 32 },
		{ "data", ARG_TEXT, true, 0, BASE64_LEN(CONSOLE_TYPED_MAX) } }, do_stream_data },
	{ "stream-credit", ACTORS, { { "stream", ARG_TEXT, true, 0, 32 }, { "bytes", ARG_INT, true, 1, CONSOLE_CREDIT_MAX } },
		do_stream_credit },
	{ "stream-close", ACTORS, { { "stream", ARG_TEXT, true, 0, 32 } }, do_stream_close },
	{ "watch", ANYBODY, { { "ids", ARG_TEXTS, true, 0, 0 } }, do_watch },
	{ "screenshot", ACTORS, { { "object", ARG_TEXT, true, 0, 0 }, { "columns", ARG_INT, true, 1, 320 },
		{ "rows", ARG_INT, true, 1, 120 } }, do_screenshot },
	{ "what-if", STAFF, { { "object", ARG_TEXT, true, 0, 0 } }, do_what_if },
	{ "find", ANYBODY, { { "text", ARG_TEXT, true, 0, FINDER_TEXT_MAX }, { "limit", ARG_INT, false, 1, FINDER_MAX } }, do_find },
	{ "ping", ANYBODY, { { "typed", ARG_TEXT, false, 0, 8 } }, do_ping },
};
const size_t ncommands = sizeof commands / sizeof commands[0];

const char *arg_text(json_t *args, const char *name)
{
	const char *s = json_string_value(json_object_get(args, name));

	return s ? s : "";
}

int64_t arg_int(json_t *args, const char *name)
{
	return json_integer_value(json_object_get(args, name));
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ncommands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* ---- arguments ---- */

static const struct arg *arg_of(const struct command *c, const char *name)
{
	for (int i = 0; i < COMMAND_ARGS && c->args[i].name; i++)
		if (strcmp(c->args[i].name, name) == 0)
			return &c->args[i];
	return NULL;
}

static struct err *check_text(const struct command *c, const struct arg *a, json_t *value)
{
	size_t max = a->max ? (size_t)a->max : 4096;

	if (!json_is_string(value))
		return err_new(ERR_USAGE, "args.type", "{s:s, s:s, s:s}", "request", c->name, "name", a->name, "type", "a text");
	if (json_string_length(value) > max)
		return err_new(ERR_USAGE, "args.long", "{s:s, s:s, s:I}", "request", c->name, "name", a->name, "max", (json_int_t)max);
	return NULL;
}

static struct err *check_arg(const struct command *c, const struct arg *a, json_t *value)
{
	struct err *e = NULL;
	size_t i;
	json_t *one;

	switch (a->type) {
	case ARG_TEXT:
		return check_text(c, a, value);
	case ARG_INT:
		if (!json_is_integer(value))
			return err_new(ERR_USAGE, "args.type", "{s:s, s:s, s:s}", "request", c->name, "name", a->name, "type",
				"a whole number");
		if (json_integer_value(value) < a->min || json_integer_value(value) > a->max)
			return err_new(ERR_USAGE, "args.range", "{s:s, s:s, s:I, s:I}", "request", c->name, "name", a->name, "min",
				(json_int_t)a->min, "max", (json_int_t)a->max);
		return NULL;
	case ARG_TEXTS:
		if (!json_is_array(value))
			return err_new(ERR_USAGE, "args.type", "{s:s, s:s, s:s}", "request", c->name, "name", a->name, "type",
				"a list of texts");
		json_array_foreach(value, i, one)
			if (!e)
				e = check_text(c, a, one);
		return e;
	}
	return NULL;
}

static struct err *check_args(const struct command *c, json_t *args)
{
	const char *name;
	json_t *value;

	json_object_foreach(args, name, value) {
		const struct arg *a = arg_of(c, name);
		struct err *e = a ? check_arg(c, a, value) :
			err_new(ERR_USAGE, "args.unknown", "{s:s, s:s}", "request", c->name, "name", name);
		if (e)
			return e;
	}
	for (int i = 0; i < COMMAND_ARGS && c->args[i].name; i++)
		if (c->args[i].required && !json_object_get(args, c->args[i].name))
			return err_new(ERR_USAGE, "args.missing", "{s:s, s:s}", "request", c->name, "name", c->args[i].name);
	return NULL;
}

/* ---- the way in ---- */

static struct err *denied(struct peer *p, struct broker *b, const struct command *c)
{
	const struct actor *a = peer_actor(p);
	struct err *e = err_new(ERR_ROLE, "request.role", "{s:s, s:s}", "role", role_name(a->role), "request", c->name);

	broker_denied(b, a, c->name, NULL, NULL, e);
	return e;
}

struct err *commands_find(struct peer *p, json_t *line, const struct command **out)
{
	const char *name = json_string_value(json_object_get(line, "execute"));
	json_t *args = json_object_get(line, "arguments");

	if (!name || (args && !json_is_object(args)))
		return err_new(ERR_USAGE, "request.malformed", NULL);
	const struct command *c = find(name);
	if (!peer_said_hello(p) && (!c || c->fn != do_hello))
		return err_new(ERR_USAGE, "peer.hello", NULL);
	if (!c)
		return err_new(ERR_USAGE, "request.unknown", "{s:s}", "name", name);
	if (!(c->roles & (1u << peer_actor(p)->role)))
		return denied(p, peer_broker(p), c);
	struct err *e = args ? check_args(c, args) : NULL;
	if (!e && !args) {
		json_t *none = json_object();
		e = check_args(c, none);
		json_decref(none);
	}
	if (!e && c->roles & BEGINS && peer_broker(p)->leaving)
		e = err_new(ERR_UNREACHABLE, "broker.restarting", NULL);
	if (e)
		return e;
	*out = c;
	return NULL;
}

void commands_run(const struct command *c, struct request *q, json_t *args)
{
	json_t *checked = args ? json_incref(args) : json_object();

	c->fn(q, checked);
	json_decref(checked);
}

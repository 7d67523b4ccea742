/* tana snapshot: a VM's snapshots as a tree, and the verbs on them. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32 /* levels that are drawn as such */

struct err *cli_ask_object(struct cli *c, const char *request, json_t *args, json_t **ret)
{
	struct err *e = NULL;

	/* Once for all requests of a command: a private broker that is asked twice is not started twice. */
	if (!c->client) {
		e = cli_connect(c, 1u << KIND_BLADE);
		if (!e)
			e = cli_wait_hosts(c, &c->silent);
	}
	if (e) {
		json_decref(args);
		return e;
	}
	return cli_not_found(cli_request(c, request, args, ret), c->silent);
}

/* ---- list ---- */

static json_t *by_id(json_t *list, const char *id)
{
	size_t i;
	json_t *s;

	json_array_foreach (list, i, s)
		if (*id && strcmp(proto_text(s, "id"), id) == 0)
			return s;
	return NULL;
}

static int depth_of(json_t *list, json_t *snapshot)
{
	int depth = 0;

	for (json_t *s = snapshot; depth < DEPTH_MAX && (s = by_id(list, proto_text(s, "parent"))); depth++)
		;
	return depth;
}

static void name_cell(struct table *t, json_t *list, json_t *s)
{
	struct buf b = { 0 };

	for (int i = depth_of(list, s); i > 0; i--)
		buf_str(&b, "  ");
	buf_str(&b, json_is_true(json_object_get(s, "current")) ? "* " : "  ");
	cli_json_text(&b, s, "name");
	buf_append(&b, "", 1);
	table_cell(t, b.data);
	buf_free(&b);
}

static void time_cell(struct table *t, json_t *s)
{
	struct buf b = { 0 };

	cli_time(&b, json_integer_value(json_object_get(s, "created")));
	buf_append(&b, "", 1);
	table_cell(t, b.data);
	buf_free(&b);
}

static void size_cell(struct table *t, json_t *s)
{
	char size[32] = "";
	int64_t bytes = json_integer_value(json_object_get(s, "bytes"));

	if (bytes > 0)
		text_bytes_kib(size, sizeof size, (unsigned long long)bytes / 1024);
	table_cell(t, size);
}

static const char *kind_of(json_t *s)
{
	if (json_is_true(json_object_get(s, "external")))
		return json_is_true(json_object_get(s, "memory")) ? "memory+files" : "files";
	return json_is_true(json_object_get(s, "memory")) ? "memory" : "disks";
}

static void print_tree(struct buf *b, json_t *list)
{
	static const char *const headings[] = { N_("  NAME"), N_("TAKEN"), N_("KIND"), N_("SIZE"), N_("BY"), N_("CHARGED"), N_("STATE"), N_("NOTE") };
	static const bool right[] = { false, false, false, true, false, false, false, false };
	struct table *t = table_new(headings, right, 8);
	size_t i;
	json_t *s;

	json_array_foreach (list, i, s) {
		bool outside = json_is_true(json_object_get(s, "outside"));
		name_cell(t, list, s);
		time_cell(t, s);
		table_cell(t, kind_of(s));
		size_cell(t, s);
		table_cell(t, outside ? "outside" : proto_text(s, "by"));
		table_cell(t, outside ? "" : *proto_text(s, "charged") ? proto_text(s, "charged") : "provider");
		table_cell(t, proto_text(s, "state"));
		table_cell(t, proto_text(s, "note"));
	}
	table_print(t, b);
}

static struct err *list(struct cli *c)
{
	json_t *ret = NULL;

	struct err *e = cli_ask_object(c, "snapshots", json_pack("{s:s}", "object", c->line->words[1]), &ret);
	if (e)
		return e;
	if (c->line->json)
		return cli_print_json(ret);
	struct buf out = { 0 }, at = { 0 };
	json_t *snapshots = json_object_get(ret, "snapshots");
	if (!json_is_true(json_object_get(ret, "live"))) {
		cli_time(&at, json_integer_value(json_object_get(ret, "at")));
		buf_append(&at, "", 1);
		cli_say("cli.show.stale", "{s:s}", "seen", at.data);
		buf_free(&at);
	}
	cli_print_limits(&out, json_object_get(ret, "limits"));
	if (json_array_size(snapshots))
		print_tree(&out, snapshots);
	else
		cli_say("cli.snapshot.none", "{s:s}", "vm", c->line->words[1]);
	if (json_integer_value(json_object_get(ret, "more")) > 0)
		cli_say("cli.snapshot.more", "{s:s, s:I}", "vm", c->line->words[1], "count", json_integer_value(json_object_get(ret, "more")));
	json_decref(ret);
	return cli_print(&out);
}

/* ---- the verbs ---- */

/* Which words and options belong to which verb: others are an error, so that none is ignored. */
static const struct action {
	const char *word, *verb, *name_as;
	int min, max;
	opt_bits options;
} actions[] = {
	{ "list", NULL, NULL, 2, 2, OPT_JSON },
	{ "create", "snapshot-create", "name", 2, 3, OPT_NOTE | OPT_DISK_ONLY | OPT_QUIESCE | OPT_CHARGE | OPT_EXCEED },
	{ "revert", "snapshot-revert", "snapshot", 3, 3, OPT_OVERRIDE_PAIR },
	{ "delete", "snapshot-delete", "snapshot", 3, 3, OPT_CHILDREN },
	{ "settle", NULL, "snapshot", 3, 3, OPT_REASON | OPT_JSON },
};
#define OF_VERBS (OPT_JSON | OPT_PREVIEW | OPT_YES | OPT_CONFIRM | OPT_REASON | OPT_NO_WAIT)

static const struct {
	opt_bits bit;
	const char *as;
} flags[] = { { OPT_DISK_ONLY, "external" }, { OPT_QUIESCE, "quiesce" }, { OPT_EXCEED, "exceed" }, { OPT_CHILDREN, "children" },
	{ OPT_OVERRIDE_PAIR, "override-pair" } };

static struct err *find_action(const struct cli_line *line, const struct action **out)
{
	const struct action *a = NULL;

	for (size_t i = 0; i < sizeof actions / sizeof *actions && !a; i++)
		if (strcmp(actions[i].word, line->words[0]) == 0)
			a = &actions[i];
	if (!a || line->nwords < a->min || line->nwords > a->max)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", line->command->name, "args", line->command->args);
	opt_bits fits = a->options | OPT_EVERYWHERE | (a->verb ? OF_VERBS : 0);
	for (int i = 0; i < cli_noptions; i++)
		if (line->given & cli_options[i].bit & ~fits)
			return err_new(ERR_USAGE, "cli.option.not_here", "{s:s, s:s}", "option", cli_options[i].name, "command", a->word);
	*out = a;
	return NULL;
}

static json_t *verb_args(const struct cli_line *line, const struct action *a)
{
	json_t *args = json_pack("{s:s, s:[s]}", "verb", a->verb, "targets", line->words[1]);

	if (line->nwords == 3)
		json_object_set_new(args, a->name_as, json_string(line->words[2]));
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (line->given & flags[i].bit)
			json_object_set_new(args, flags[i].as, json_string("yes"));
	if (cli_value(line, OPT_NOTE))
		json_object_set_new(args, "note", json_string(cli_value(line, OPT_NOTE)));
	if (cli_value(line, OPT_CHARGE))
		json_object_set_new(args, "charge", json_string(cli_value(line, OPT_CHARGE)));
	return args;
}

static struct err *settle(struct cli *c)
{
	const char *reason = cli_value(c->line, OPT_REASON);
	json_t *ret = NULL;

	if (!reason || !*reason)
		return err_new(ERR_USAGE, "cli.settle.reason", NULL);
	struct err *e = cli_ask_object(c, "snapshot-settle", json_pack("{s:s, s:s, s:s}", "object", c->line->words[1], "snapshot",
		c->line->words[2], "reason", reason), &ret);
	if (!e && c->line->json)
		return cli_print_json(ret);
	json_decref(ret);
	if (!e)
		cli_say("cli.settled", "{s:s, s:s}", "name", c->line->words[2], "vm", c->line->words[1]);
	return e;
}

int cli_snapshot(struct cli *c)
{
	const struct action *a = NULL;
	struct err *e = find_action(c->line, &a);

	if (!e && a->verb)
		return cli_act_on(c, verb_args(c->line, a));
	if (!e)
		e = strcmp(a->word, "list") == 0 ? list(c) : settle(c);
	return e ? cli_error(c->line, e) : CLI_DONE;
}

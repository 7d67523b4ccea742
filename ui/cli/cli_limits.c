/* tana limits: what may be kept, taken and filled, what is used of it, and a change of it for a time. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/proto.h"
#include "words/look.h"

#include <stdlib.h>
#include <string.h>

/* ---- shown ---- */

static void put_until(struct buf *b, json_t *o)
{
	int64_t until = json_integer_value(json_object_get(o, "until"));
	struct buf at = { 0 };

	if (!until)
		return;
	cli_time_zone(&at, until);
	buf_append(&at, "", 1);
	buf_str(b, "; ");
	cli_say_to(b, "cli.limit.until", "{s:s}", "time", at.data);
	buf_free(&at);
	if (*proto_text(o, "ref")) {
		buf_str(b, ", ");
		cli_json_text(b, o, "ref");
	}
}

void cli_print_limits(struct buf *b, json_t *limits)
{
	size_t i;
	json_t *l;

	json_array_foreach (limits, i, l) {
		int64_t next = json_integer_value(json_object_get(l, "next"));
		bool full = json_is_true(json_object_get(l, "full"));
		buf_str(b, full ? "! " : "  ");
		cli_json_text(b, json_object_get(l, "words"), "text");
		if (full && next) {
			struct buf at = { 0 };
			cli_time_zone(&at, next);
			buf_append(&at, "", 1);
			buf_str(b, "; ");
			cli_say_to(b, "cli.limit.next", "{s:s}", "time", at.data);
			buf_free(&at);
		}
		put_until(b, l);
		buf_str(b, "\n");
	}
}

static void put_one(struct buf *b, json_t *o)
{
	json_t *limits = json_object_get(o, "limits");

	/* A day begins and a change ends as its tenant's clock says. */
	look_zone(proto_text(o, "tz"));
	cli_json_text(b, o, "name");
	/* A tenant's own line has itself as the tenant. */
	if (*proto_text(o, "tenant") && strcmp(proto_text(o, "tenant"), proto_text(o, "name")) != 0) {
		buf_str(b, " (");
		cli_json_text(b, o, "tenant");
		buf_str(b, ")");
	}
	buf_str(b, "\n");
	if (json_array_size(limits)) {
		cli_print_limits(b, limits);
	} else {
		buf_str(b, "  ");
		cli_say_to(b, strncmp(proto_text(o, "object"), "tenant:", 7) == 0 ? "cli.limit.none.tenant" : "cli.limit.none", NULL);
		buf_str(b, "\n");
	}
}

static struct err *print(struct cli *c, json_t *ret)
{
	json_t *tenants = json_object_get(ret, "tenants"), *t;
	struct buf out = { 0 };
	size_t i;

	if (c->line->json)
		return cli_print_json(json_incref(ret));
	if (!tenants)
		put_one(&out, ret);
	json_array_foreach (tenants, i, t)
		put_one(&out, t);
	return cli_print(&out);
}

static bool names_nothing(const struct err *e)
{
	return e && (strcmp(e->msg.id, "target.none") == 0 || strcmp(e->msg.id, "cli.perhaps") == 0);
}

/* A plain word is a VM's, or else a tenant's name. */
static struct err *ask_either(struct cli *c, const char *request, const char *word, json_t *args, json_t **ret)
{
	bool plain = !strchr(word, ':');
	struct err *e;

	json_object_set_new(args, "object", json_string(word));
	e = cli_ask_object(c, request, json_deep_copy(args), ret);
	if (plain && names_nothing(e)) {
		char *tenant = xasprintf("tenant:%s", word);
		json_object_set_new(args, "object", json_string(tenant));
		struct err *e2 = cli_request(c, request, json_deep_copy(args), ret);
		free(tenant);
		/* Of two answers "not found" the first speaks of what was typed. */
		if (names_nothing(e2)) {
			err_free(e2);
		} else {
			err_free(e);
			e = e2;
		}
	}
	json_decref(args);
	return e;
}

/* A limit that is the size of the disks is known only when the host was asked. */
static bool is_unmeasured(json_t *ret)
{
	size_t i;
	json_t *l;

	json_array_foreach (json_object_get(ret, "limits"), i, l)
		if (json_is_null(json_object_get(l, "max")))
			return true;
	return false;
}

static struct err *measure(struct cli *c, json_t **ret)
{
	json_t *snapshots = NULL, *again = NULL;
	const char *object = proto_text(*ret, "object");

	/* A host that is away keeps nothing back: what is known is shown. */
	err_free(cli_request(c, "snapshots", json_pack("{s:s}", "object", object), &snapshots));
	json_decref(snapshots);
	struct err *e = cli_request(c, "limits", json_pack("{s:s}", "object", object), &again);
	if (!e) {
		json_decref(*ret);
		*ret = again;
	}
	return e;
}

static struct err *show(struct cli *c)
{
	json_t *ret = NULL;
	struct err *e;

	if (c->line->given & (OPT_UNTIL | OPT_REF) || c->line->nwords > 1)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "limits", "args", c->line->command->args);
	if (c->line->nwords) {
		e = ask_either(c, "limits", c->line->words[0], json_object(), &ret);
		if (!e && is_unmeasured(ret))
			e = measure(c, &ret);
	} else {
		e = cli_connect(c, 0);
		if (!e)
			e = cli_request(c, "limits", json_object(), &ret);
		if (!e && !c->line->json && json_array_size(json_object_get(ret, "tenants")) == 0)
			cli_say("cli.limit.tenants", NULL);
	}
	if (!e)
		e = print(c, ret);
	json_decref(ret);
	return e;
}

/* ---- set ---- */

/* "kept=3": true, and where each half is. */
static bool setting(const char *word, char kind[16], const char **value)
{
	size_t n = strcspn(word, "=");

	if (word[n] != '=' || n == 0 || n >= 16)
		return false;
	memcpy(kind, word, n);
	kind[n] = '\0';
	*value = word + n + 1;
	return true;
}

static bool has(const struct cli_line *line, opt_bits bit)
{
	const char *value = cli_value(line, bit);

	return value && *value;
}

static struct err *check_set(const struct cli_line *line)
{
	const char *value;
	char kind[16];
	bool takes_back = true;

	if (line->nwords < 3)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "limits", "args", line->command->args);
	for (int i = 2; i < line->nwords; i++) {
		if (!setting(line->words[i], kind, &value))
			return err_new(ERR_USAGE, "cli.limit.setting", "{s:s}", "word", line->words[i]);
		takes_back &= !*value;
	}
	if (!takes_back && !(has(line, OPT_UNTIL) && has(line, OPT_REF)))
		return err_new(ERR_USAGE, "cli.limit.needs", NULL);
	return NULL;
}

static struct err *set(struct cli *c)
{
	const struct cli_line *line = c->line;
	struct err *e = check_set(line);
	json_t *ret = NULL;
	const char *value;
	char kind[16];

	/* Each is a change of its own: what was refused is said, what was done before it stands and is said too. */
	for (int i = 2; !e && i < line->nwords; i++) {
		setting(line->words[i], kind, &value);
		json_t *args = json_pack("{s:s, s:s}", "kind", kind, "limit", value);
		if (*value && cli_value(line, OPT_UNTIL))
			json_object_set_new(args, "until", json_string(cli_value(line, OPT_UNTIL)));
		if (cli_value(line, OPT_REF))
			json_object_set_new(args, "ref", json_string(cli_value(line, OPT_REF)));
		json_decref(ret);
		ret = NULL;
		e = ask_either(c, "limits-set", line->words[1], args, &ret);
		if (!e && !line->json)
			cli_say(*value ? "cli.limit.set" : "cli.limit.back", "{s:s, s:s, s:s}", "object", line->words[1], "kind", kind, "limit",
				value);
	}
	json_decref(ret);
	ret = NULL;
	if (!e)
		e = ask_either(c, "limits", line->words[1], json_object(), &ret);
	if (!e)
		e = print(c, ret);
	json_decref(ret);
	return e;
}

int cli_limits(struct cli *c)
{
	bool sets = c->line->nwords && strcmp(c->line->words[0], "set") == 0;
	struct err *e = sets ? set(c) : show(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}

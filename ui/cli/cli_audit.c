/* tana audit, and the line that one audit record makes (tana show prints history with it); tana lease break. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "tr.h"
#include "words/look.h"
#include "words/when.h"

#include <stdlib.h>
#include <string.h>

#define PAGE 500            /* records of one request */
#define NEWEST 100          /* shown without --since */
#define RECORDS_MAX 100000  /* with it */

/* ---- --since ---- */

struct err *cli_since(const char *text, int64_t *at)
{
	*at = 0;
	if (!text || when_read(text, clock_wall_s(), at))
		return NULL;
	return err_new(ERR_USAGE, "cli.since", "{s:s}", "value", text);
}

/* ---- records ---- */

static void put_objects(struct buf *b, json_t *objects)
{
	size_t i;
	json_t *o;

	json_array_foreach (objects, i, o) {
		buf_str(b, i ? ", " : "  ");
		cli_json_text(b, o, "name");
	}
}

static void put_outcome(struct buf *b, json_t *outcome)
{
	if (!*proto_text(outcome, "text"))
		return;
	buf_str(b, ": ");
	cli_json_text(b, outcome, "text");
}

void cli_record(struct buf *b, json_t *record)
{
	json_t *outcome = json_object_get(record, "outcome"), *detail = json_object_get(record, "detail");
	const char *job = json_string_value(json_object_get(record, "job"));

	cli_time(b, json_integer_value(json_object_get(record, "at")));
	buf_str(b, "  ");
	if (strncmp(proto_text(record, "what"), "console-", 8) == 0)
		cli_text(b, look_record(record));
	else
		cli_json_text(b, record, "what");
	cli_put_if(b, "  ", record, "verb", "");
	cli_put_if(b, "  ", record, "request", "");
	put_objects(b, json_object_get(record, "objects"));
	cli_put_if(b, _("  by "), record, "by", "");
	cli_put_if(b, _(" (claims "), record, "origin", _(")"));
	if (json_is_object(outcome))
		put_outcome(b, outcome);
	else if (json_is_string(json_object_get(detail, "snapshot")))
		cli_put_if(b, ": ", detail, "name", "");
	if (json_is_integer(json_object_get(record, "seconds"))) {
		buf_str(b, ", ");
		cli_took(b, json_integer_value(json_object_get(record, "seconds")));
	}
	if (job && *job) {
		buf_str(b, _(" (job "));
		cli_text(b, look_id(job));
		buf_str(b, _(")"));
	}
	cli_put_if(b, _("; reason: "), record, "reason", "");
	cli_put_if(b, _("; ref: "), detail, "ref", "");
	buf_str(b, "\n");
}

/* Pages back until there are enough or none is older; *all is newest last. */
static struct err *pages(struct cli *c, json_t *asked, int64_t since, size_t max, json_t **all, bool *more)
{
	int64_t before = 0;

	*all = json_array();
	*more = false;
	for (;;) {
		size_t left = max - json_array_size(*all);
		json_t *args = json_copy(asked), *ret;
		json_object_set_new(args, "limit", json_integer((json_int_t)(left < PAGE ? left : PAGE)));
		if (since)
			json_object_set_new(args, "since", json_integer(since));
		if (before)
			json_object_set_new(args, "before", json_integer(before));
		struct err *e = cli_request(c, "audit", args, &ret);
		if (e)
			return e;
		json_t *page = json_object_get(ret, "records");
		size_t n = json_array_size(page);
		int64_t first = n ? json_integer_value(json_object_get(json_array_get(page, 0), "seq")) : 0;
		json_t *joined = json_array();
		json_array_extend(joined, page);
		json_array_extend(joined, *all);
		json_decref(*all);
		json_decref(ret);
		*all = joined;
		/* A short page is not the last one: the broker leaves out what this user may not see. One that does not lead
		 * further back is, whatever a broker answers. */
		if (n == 0 || first <= 1 || (before && first >= before))
			return NULL;
		before = first;
		if (json_array_size(*all) >= max) {
			*more = true;
			return NULL;
		}
	}
}

struct err *cli_records(struct cli *c, json_t *asked, int64_t since, size_t max, json_t **all, bool *more)
{
	struct err *e = pages(c, asked, since, max, all, more);

	json_decref(asked);
	return e;
}

/* ---- as CSV (RFC 4180) ---- */

static void csv_names(struct buf *b, json_t *objects)
{
	struct buf names = { 0 };
	size_t i;
	json_t *o;

	json_array_foreach (objects, i, o)
		buf_printf(&names, "%s%s", i ? ", " : "", proto_text(o, "name"));
	buf_append(&names, "", 1);
	cli_csv_text(b, names.data);
	buf_free(&names);
}

static void print_csv(struct buf *b, json_t *records)
{
	static const char *const texts[] = { "by", "role", "tenant", "origin", "reason", "job" };
	size_t i;
	json_t *r;

	buf_str(b, "seq,at,what,verb,request,objects,by,role,tenant,origin,reason,job,ref,outcome\r\n");
	json_array_foreach (records, i, r) {
		buf_printf(b, "%lld,", (long long)json_integer_value(json_object_get(r, "seq")));
		cli_time(b, json_integer_value(json_object_get(r, "at")));
		for (const char *const *k = (const char *const[]){ "what", "verb", "request", NULL }; *k; k++) {
			buf_str(b, ",");
			cli_csv_text(b, proto_text(r, *k));
		}
		buf_str(b, ",");
		csv_names(b, json_object_get(r, "objects"));
		for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) {
			buf_str(b, ",");
			cli_csv_text(b, proto_text(r, texts[k]));
		}
		buf_str(b, ",");
		cli_csv_text(b, proto_text(json_object_get(r, "detail"), "ref"));
		buf_str(b, ",");
		cli_csv_text(b, proto_text(json_object_get(r, "outcome"), "text"));
		buf_str(b, "\r\n");
	}
}

/* By what it is narrowed, as arguments of the request. */
static struct err *narrowed(const struct cli *c, json_t **args)
{
	static const struct { opt_bits bit; const char *name; } texts[] = { { OPT_BY, "by" }, { OPT_TENANT, "tenant" }, { OPT_VERB, "verb" } };
	int64_t until;

	*args = json_object();
	if (c->line->nwords)
		json_object_set_new(*args, "object", json_string(c->line->words[0]));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (cli_value(c->line, texts[i].bit))
			json_object_set_new(*args, texts[i].name, json_string(cli_value(c->line, texts[i].bit)));
	struct err *e = cli_since(cli_value(c->line, OPT_UNTIL), &until);
	if (!e && until)
		json_object_set_new(*args, "until", json_integer(until));
	return e;
}

static struct err *audit(struct cli *c)
{
	json_t *args = NULL;
	const char *since_text = cli_value(c->line, OPT_SINCE);
	struct buf out = { 0 };
	int64_t since;
	json_t *records = NULL, *r;
	bool more = false;
	size_t i;

	struct err *e = cli_since(since_text, &since);
	if (!e)
		e = narrowed(c, &args);
	if (!e)
		e = cli_connect(c, 0);
	if (!e)
		e = cli_records(c, json_incref(args), since, since_text ? RECORDS_MAX : NEWEST, &records, &more);
	json_decref(args);
	if (!e && c->line->json) {
		e = cli_print_json(records);
		records = NULL;
	} else if (!e) {
		if (c->line->given & OPT_CSV)
			print_csv(&out, records);
		else
			json_array_foreach (records, i, r)
				cli_record(&out, r);
		e = cli_print(&out);
	}
	if (!e && more)
		cli_say("cli.audit.more", NULL);
	json_decref(records);
	return e;
}

int cli_audit(struct cli *c)
{
	/* An object of that name is vm:verify. */
	bool verify = c->line->nwords && strcmp(c->line->words[0], "verify") == 0;
	struct err *e;

	/* Whoever gave anchors must not take a list of records for an answer. */
	if (c->line->given & (verify ? OPT_SINCE | OPT_UNTIL | OPT_BY | OPT_TENANT | OPT_VERB | OPT_CSV : OPT_ANCHORS))
		e = err_new(ERR_USAGE, "cli.option.not_here", "{s:s, s:s}", "option", verify ? "since" : "anchors", "command",
			verify ? "audit verify" : "audit");
	else
		e = verify ? cli_verify(c) : audit(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}

/* ---- lease break ---- */

static struct err *lease_break(struct cli *c)
{
	const char *reason = cli_value(c->line, OPT_REASON);
	json_t *ret = NULL;
	size_t silent;

	if (strcmp(c->line->words[0], "break") != 0)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "lease", "args", c->line->command->args);
	if (!reason || !*reason)
		return err_new(ERR_USAGE, "cli.lease.reason", NULL);
	struct err *e = cli_ask_tried(c, 1u << KIND_BLADE, "lease-break", json_pack("{s:s, s:s}", "object", c->line->words[1], "reason", reason),
		&ret, &silent);
	if (!e && c->line->json)
		return cli_print_json(ret);
	json_decref(ret);
	if (!e)
		cli_say("cli.lease.broken", "{s:s}", "object", c->line->words[1]);
	return e;
}

int cli_lease(struct cli *c)
{
	struct err *e = lease_break(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}

/* tana audit, and the line that one audit record makes (tana show prints history with it); tana lease break. */
#include "cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 500            /* records of one request */
#define NEWEST 100          /* shown without --since */
#define RECORDS_MAX 100000  /* with it */

/* ---- --since ---- */

static bool since_ago(const char *text, int64_t *at)
{
	static const struct { char unit; int64_t seconds; } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };
	char *end;

	errno = 0;
	long long n = strtoll(text, &end, 10);
	if (end == text || n < 0 || n > 1000000 || errno || !end[0] || end[1])
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (units[i].unit != end[0])
			continue;
		*at = clock_wall_s() - n * units[i].seconds;
		return true;
	}
	return false;
}

/* As tables print times, in the user's own zone. */
static bool since_date(const char *text, int64_t *at)
{
	static const char *const formats[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);
		if (!end || *end)
			continue;
		struct tm asked = tm;
		time_t t = mktime(&tm);
		if (t == (time_t)-1 || tm.tm_mday != asked.tm_mday) /* 31 February */
			return false;
		*at = t;
		return true;
	}
	return false;
}

static struct err *since_read(const char *text, int64_t *at)
{
	*at = 0;
	if (!text || since_ago(text, at) || since_date(text, at))
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
	cli_put_if(b, "  by ", record, "by", "");
	cli_put_if(b, " (claims ", record, "origin", ")");
	if (json_is_object(outcome))
		put_outcome(b, outcome);
	else if (json_is_string(json_object_get(detail, "snapshot")))
		cli_put_if(b, ": ", detail, "name", "");
	if (json_is_integer(json_object_get(record, "seconds"))) {
		buf_str(b, ", ");
		cli_took(b, json_integer_value(json_object_get(record, "seconds")));
	}
	if (job && *job) {
		buf_str(b, " (job ");
		cli_text(b, look_id(job));
		buf_str(b, ")");
	}
	cli_put_if(b, "; reason: ", record, "reason", "");
	cli_put_if(b, "; ref: ", detail, "ref", "");
	buf_str(b, "\n");
}

/* Pages back until there are enough or none is older; *all is newest last. */
static struct err *fetch(struct cli *c, int64_t since, size_t max, json_t **all, bool *more)
{
	int64_t before = 0;

	*all = json_array();
	*more = false;
	for (;;) {
		size_t left = max - json_array_size(*all);
		json_t *args = json_pack("{s:i}", "limit", (int)(left < PAGE ? left : PAGE)), *ret;
		if (since)
			json_object_set_new(args, "since", json_integer(since));
		if (before)
			json_object_set_new(args, "before", json_integer(before));
		if (c->line->nwords)
			json_object_set_new(args, "object", json_string(c->line->words[0]));
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

static struct err *audit(struct cli *c)
{
	const char *since_text = cli_value(c->line, OPT_SINCE);
	struct buf out = { 0 };
	int64_t since;
	json_t *records = NULL, *r;
	bool more = false;
	size_t i;

	struct err *e = since_read(since_text, &since);
	if (!e)
		e = cli_connect(c, 0);
	if (!e)
		e = fetch(c, since, since_text ? RECORDS_MAX : NEWEST, &records, &more);
	if (!e && c->line->json) {
		e = cli_print_json(records);
		records = NULL;
	} else if (!e) {
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
	if (c->line->given & (verify ? OPT_SINCE : OPT_ANCHORS))
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
	struct err *e = cli_connect(c, 1u << KIND_BLADE);
	if (!e)
		e = cli_wait_hosts(c, &silent);
	if (!e)
		e = cli_not_found(cli_request(c, "lease-break",
			json_pack("{s:s, s:s}", "object", c->line->words[1], "reason", reason), &ret), silent);
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

/* tana handover: what happened since a time, for whoever comes next: alerts, jobs, blades under observation, protections, and what people
 * did. Put together from the same answers as the other commands. */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "tr.h"
#include "words/lang.h"
#include "words/look.h"
#include "words/told.h"

#include <stdlib.h>
#include <string.h>

#define SHIFT_S (8 * 3600)
#define RECORDS_MAX 2000

struct handover {
	struct cli *c;
	const struct registry *r;
	int64_t since;
	json_t *records;
	bool more;
};

/* ---- what is worth handing over ---- */

static bool is_told(const struct handover *h, enum kind k, const void *o)
{
	return k == KIND_ALERT ? told_alert(o, h->since) : k == KIND_JOB ? told_job(o, h->since) != TOLD_JOB_NOT : told_blade(o);
}

static bool is_protection(json_t *record)
{
	return told_deed(record) == TOLD_DEED_PROTECTED;
}

static bool is_deed(json_t *record)
{
	enum told_deed told = told_deed(record);

	return told == TOLD_DEED_DONE || told == TOLD_DEED_CHANGED;
}

/* ---- as JSON ---- */

static json_t *objects_json(const struct handover *h, enum kind k)
{
	json_t *list = json_array();

	for (uint32_t s = 0; s < registry_slots(h->r, k); s++) {
		const void *o = registry_at(h->r, k, s);
		struct buf b = { 0 };
		if (!o || !is_told(h, k, o))
			continue;
		object_write(&b, k, o, cli_viewer(h->c));
		json_t *one = json_loadb(b.data, b.len, 0, NULL);
		if (one)
			json_array_append_new(list, one);
		buf_free(&b);
	}
	return list;
}

static json_t *records_json(const struct handover *h, bool (*told)(json_t *record))
{
	json_t *list = json_array(), *r;
	size_t i;

	json_array_foreach (h->records, i, r)
		if (told(r))
			json_array_append(list, r);
	return list;
}

static struct err *print_json(const struct handover *h)
{
	return cli_print_json(json_pack("{s:I, s:b, s:o, s:o, s:o, s:o, s:o}", "since", (json_int_t)h->since, "more", h->more, "alerts",
		objects_json(h, KIND_ALERT), "jobs", objects_json(h, KIND_JOB), "watches", objects_json(h, KIND_BLADE), "protections",
		records_json(h, is_protection), "records", records_json(h, is_deed)));
}

/* ---- for people ---- */

static void put_alert(struct buf *b, const struct alert *a)
{
	char whose[96];

	cli_time(b, a->since);
	buf_str(b, "  ");
	cli_text(b, lang_said(a->text_id, a->text));
	if (a->behind)
		buf_printf(b, _(", %lld behind it"), (long long)a->behind);
	look_alarm_whose(whose, sizeof whose, a);
	buf_str(b, whose);
	if (*a->by) {
		buf_str(b, "  (");
		cli_text(b, a->by);
		buf_str(b, *a->ticket ? " " : "");
		cli_text(b, a->ticket);
		if (a->muted_until) {
			buf_str(b, _(" until "));
			cli_time(b, a->muted_until);
		}
		buf_str(b, ")");
	}
	if (a->cleared) {
		buf_str(b, _("; over since "));
		cli_time(b, a->cleared);
	}
}

static void put_job(struct buf *b, const struct job *j)
{
	cli_time(b, j->started);
	buf_str(b, "  ");
	cli_text(b, j->verb);
	buf_str(b, " ");
	cli_text(b, j->targets);
	buf_printf(b, " %s: ", job_state_name(j->state));
	cli_text(b, lang_said(j->text_id, j->text));
	buf_printf(b, " (%s, ", look_id(j->id));
	cli_text(b, j->by);
	buf_str(b, ")");
}

static void put_watch(struct buf *b, const struct blade *bl)
{
	cli_text(b, bl->name);
	buf_str(b, "  ");
	cli_text(b, bl->watch);
	buf_str(b, "  (");
	cli_text(b, bl->watch_by);
	if (bl->watch_until) {
		buf_str(b, _(" until "));
		cli_time(b, bl->watch_until);
	}
	buf_str(b, ")");
}

static void heading(struct buf *b, const char *text)
{
	buf_printf(b, "%s%s\n", b->len ? "\n" : "", text);
}

static void nothing(struct buf *b)
{
	buf_printf(b, "  %s\n", _("nothing"));
}

static void put_objects(struct buf *b, const struct handover *h, enum kind k, const char *title)
{
	size_t n = 0;

	heading(b, title);
	for (uint32_t s = 0; s < registry_slots(h->r, k); s++) {
		const void *o = registry_at(h->r, k, s);
		if (!o || !is_told(h, k, o))
			continue;
		n++;
		buf_str(b, "  ");
		if (k == KIND_ALERT)
			put_alert(b, o);
		else if (k == KIND_JOB)
			put_job(b, o);
		else
			put_watch(b, o);
		buf_str(b, "\n");
	}
	if (!n)
		nothing(b);
}

static void put_records(struct buf *b, const struct handover *h, bool (*told)(json_t *record), const char *title)
{
	size_t i, n = 0;
	json_t *r;

	heading(b, title);
	json_array_foreach (h->records, i, r) {
		if (!told(r))
			continue;
		n++;
		buf_str(b, "  ");
		cli_record(b, r);
	}
	if (!n)
		nothing(b);
}

static struct err *print_text(const struct handover *h)
{
	struct buf out = { 0 };

	put_objects(&out, h, KIND_ALERT, _("Alerts"));
	put_objects(&out, h, KIND_JOB, _("Jobs that are open or failed"));
	put_objects(&out, h, KIND_BLADE, _("Under observation"));
	put_records(&out, h, is_protection, _("Protections"));
	put_records(&out, h, is_deed, _("What people did"));
	return cli_print(&out);
}

/* ---- the command ---- */

static struct err *handover(struct cli *c, struct handover *h)
{
	json_t *ret = NULL;

	struct err *e = cli_since(cli_value(c->line, OPT_SINCE), &h->since);
	if (!h->since)
		h->since = clock_wall_s() - SHIFT_S;
	if (!e)
		e = cli_connect(c, 1u << KIND_SITE | 1u << KIND_ALERT | 1u << KIND_JOB | 1u << KIND_BLADE);
	if (!e)
		e = cli_wait_hosts(c, NULL);
	if (!e)
		e = cli_records(c, json_object(), h->since, RECORDS_MAX, &h->records, &h->more);
	/* What the last host's silence made is there with the next answer. */
	if (!e)
		e = cli_request(c, "ping", NULL, &ret);
	json_decref(ret);
	h->r = mirror_objects(c->mirror);
	if (!e)
		e = c->line->json ? print_json(h) : print_text(h);
	if (!e && h->more)
		cli_say("cli.audit.more", NULL);
	return e;
}

int cli_handover(struct cli *c)
{
	struct handover h = { .c = c };
	struct err *e = handover(c, &h);

	json_decref(h.records);
	return e ? cli_error(c->line, e) : CLI_DONE;
}

/* The audit log, newest first, a line for each record: paged with the request "audit", which the broker narrows by what the filter says. */
#include "app.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "dialogs/form.h"
#include "lists/records.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/view_audit.h"
#include "words/look.h"
#include "words/terms.h"
#include "words/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 100         /* records of one request */
#define SEARCH_MOST 10   /* pages that words look through before they ask to go on (End) */
#define ASK_MS 300       /* after the last key of a filter; after a change that may have been written down */

enum { CELL_TIME, CELL_BY, CELL_DOES, CELL_ON, CELL_OUTCOME };

struct audit {
	struct view view;
	struct records *records;
	uint64_t request;
	bool newer;              /* that asks for what came since */
	bool asked, all, failed;
	bool stale;              /* something changed that may be in the log by now */
	int searched;
	uint32_t filter_gen;
	struct terms filter;     /* as it was obeyed last */
	struct err *error;
	struct loop_timer *timer;
	struct registry_watch watch;
};

static struct audit *of(struct view *v)
{
	return (struct audit *)v;
}

static const char *const keys[] = {"object", "by", "tenant", "verb", "what", "since", "until", NULL};

/* ---- rows ---- */

void audit_does(json_t *r, char *out, size_t size)
{
	const char *what = proto_text(r, "what"), *verb = proto_text(r, "verb");

	if (strcmp(what, "begin") == 0)
		snprintf(out, size, "%.150s", look_verb(verb));
	else if (strcmp(what, "end") == 0)
		snprintf(out, size, _("%.140s: end"), *verb ? look_verb(verb) : _("job"));
	else if (*verb)
		snprintf(out, size, "%.80s: %.60s", look_record(r), look_verb(verb));
	else
		snprintf(out, size, "%.150s", look_record(r));
	text_mend(out);
}

void audit_objects(json_t *r, char *out, size_t size)
{
	json_t *o;
	size_t i, n = 0;

	out[0] = '\0';
	json_array_foreach (json_object_get(r, "objects"), i, o) {
		const char *name = proto_text(o, "name");

		if (n + 2 < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", *name ? name : proto_text(o, "id"));
	}
	text_mend(out);
}

enum ink audit_ink(json_t *r)
{
	const char *what = proto_text(r, "what"), *id = proto_text(json_object_get(r, "outcome"), "msg");

	return strcmp(what, "denied") == 0 || strcmp(what, "lease-break") == 0 || strcmp(what, "late") == 0 || strstr(id, "fail") || strstr(id, "unknown") ?
		INK_WARN : INK_NORMAL;
}

static struct record *row(json_t *r)
{
	json_t *first = json_array_get(json_object_get(r, "objects"), 0), *detail = json_object_get(r, "detail");
	struct record *rec = record_new(json_integer_value(json_object_get(r, "seq")), json_integer_value(json_object_get(r, "at")), proto_text(first, "id"),
		proto_text(first, "name"));
	const char *job = proto_text(r, "job"), *reason = *proto_text(r, "reason") ? proto_text(r, "reason") : proto_text(detail, "ref");
	char when[24], does[200], on[512], said[1200];
	struct msg outcome;
	size_t n = 0;

	look_time(when, sizeof when, rec->at);
	audit_does(r, does, sizeof does);
	audit_objects(r, on, sizeof on);
	said[0] = '\0';
	if (msg_from_json(&outcome, json_object_get(r, "outcome"))) {
		n = (size_t)snprintf(said, sizeof said, "%.600s", outcome.text);
		msg_free(&outcome);
	}
	if (*reason)
		n += (size_t)snprintf(said + n, sizeof said - n, "%s(%.400s)", n ? "  " : "", reason);
	if (*job)
		snprintf(said + n, sizeof said - n, _("%sjob %.24s"), n ? "  " : "", look_id(job));
	text_mend(said);
	record_cell(rec, CELL_TIME, when);
	record_cell(rec, CELL_BY, proto_text(r, "by"));
	record_cell(rec, CELL_DOES, does);
	record_cell(rec, CELL_ON, on);
	record_cell(rec, CELL_OUTCOME, said);
	rec->ink = audit_ink(r);
	rec->whole = json_dumps(r, JSON_COMPACT);
	return rec;
}

/* Keys are the broker's work, words ours. */
static bool match(void *ctx, struct record *r)
{
	struct audit *a = ctx;

	for (size_t i = 0; i < a->filter.n; i++)
		if (!*a->filter.all[i].key && record_has(r, a->filter.folded[i]) == a->filter.all[i].negate)
			return false;
	return true;
}

static const struct records_column columns[] = {
	{N_("TIME"), 16, 16, 0, INK_DIM},
	{N_("BY"), 4, 12, 0, INK_NORMAL},
	{N_("DID"), 9, 22, 0, INK_NORMAL},
	{N_("WITH"), 4, 24, 2, INK_NORMAL},
	{N_("OUTCOME"), 16, 0, 1, INK_DIM},
};
static const struct records_ops rows = {.columns = columns, .n = 5, .name = CELL_DOES, .newest_first = true, .match = match};

/* ---- asking ---- */

static json_t *arguments(struct audit *a)
{
	json_t *args = json_pack("{s:i}", "limit", PAGE);

	for (size_t i = 0; i < a->filter.n; i++) {
		const struct term *t = &a->filter.all[i];
		int64_t at;

		if (strcmp(t->key, "since") == 0 || strcmp(t->key, "until") == 0) {
			if (when_read(t->value, clock_wall_s(), &at))
				json_object_set_new(args, t->key, json_integer(at));
		} else if (*t->key) {
			json_object_set_new(args, t->key, json_string(t->value));
		}
	}
	return args;
}

static void on_records(void *ctx, struct err *err, json_t *ret)
{
	struct audit *a = ctx;
	json_t *list = json_object_get(ret, "records");
	int64_t oldest = records_oldest(a->records), newest = records_newest(a->records);
	size_t n = json_array_size(list);

	a->request = 0;
	a->failed = err != NULL;
	if (err) {
		err_free(a->error);
		a->error = err;
		app_draw(a->view.app);
		return;
	}
	if (a->newer) {
		if (n == PAGE && json_integer_value(json_object_get(json_array_get(list, 0), "seq")) > newest + 1 && newest > 0)
			records_clear(a->records); /* more came than a page has: from here on anew */
		for (size_t i = 0; i < n; i++)
			if (json_integer_value(json_object_get(json_array_get(list, i), "seq")) > records_newest(a->records))
				records_add(a->records, row(json_array_get(list, i)), true);
	} else {
		for (size_t i = n; i-- > 0;)
			if (!oldest || json_integer_value(json_object_get(json_array_get(list, i), "seq")) < oldest)
				records_add(a->records, row(json_array_get(list, i)), false);
		a->all = n < PAGE;
	}
	app_draw_data(a->view.app);
}

static void ask(struct audit *a, bool newer)
{
	int64_t oldest = records_oldest(a->records);
	json_t *args;

	if (a->request || client_state(a->view.app->client) != CLIENT_READY)
		return;
	args = arguments(a);
	if (!newer && oldest > 0)
		json_object_set_new(args, "before", json_integer(oldest));
	a->asked = true;
	a->newer = newer;
	a->stale = a->stale && !newer;
	a->searched += !newer;
	a->request = app_request(a->view.app, "audit", args, on_records, a);
}

static void anew(struct audit *a)
{
	app_forget(a->view.app, a->request);
	a->request = 0;
	records_clear(a->records);
	a->all = a->failed = a->stale = false;
	a->searched = 0;
	err_free(a->error);
	a->error = NULL;
	ask(a, false);
}

static bool is_shown(const struct audit *a)
{
	return a->view.app->stack[0] == &a->view && a->view.app->depth == 1;
}

static void on_timer(void *ctx)
{
	struct audit *a = ctx;

	if (!a->asked)
		anew(a);
	else if (a->stale && is_shown(a))
		ask(a, true);
	if (is_shown(a))
		app_draw(a->view.app);
}

/* What people do is told by jobs, leases and alerts: the log has it then. */
static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct audit *a = ctx;

	if (k != KIND_JOB && k != KIND_LEASE && k != KIND_ALERT)
		return;
	a->stale = true;
	if (is_shown(a) && !loop_timer_pending(a->timer))
		loop_timer_set(a->timer, ASK_MS);
}

static bool same_keys(const struct audit *a, const struct term *t, size_t n)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a->filter.n && !*a->filter.all[i].key)
			i++;
		while (j < n && !*t[j].key)
			j++;
		if (i == a->filter.n || j == n)
			return i == a->filter.n && j == n;
		if (strcmp(a->filter.all[i].key, t[j].key) != 0 || strcmp(a->filter.all[i].value, t[j].value) != 0)
			return false;
		i++;
		j++;
	}
}

static struct err *check(const struct term *t, size_t n)
{
	int64_t at;

	for (size_t i = 0; i < n; i++) {
		if (*t[i].key && t[i].negate)
			return terms_bad(&t[i], "audit.negate");
		if ((strcmp(t[i].key, "since") == 0 || strcmp(t[i].key, "until") == 0) && !when_read(t[i].value, clock_wall_s(), &at))
			return terms_bad(&t[i], "audit.time");
	}
	return NULL;
}

static void take_filter(struct audit *a)
{
	struct term terms[TERMS_MOST];
	struct err *e;
	size_t n;
	bool same;

	if (a->filter_gen == a->view.app->filter_gen)
		return;
	a->filter_gen = a->view.app->filter_gen;
	e = terms_read(a->view.app->filter, keys, terms, &n);
	if (!e)
		e = check(terms, n);
	err_free(a->error);
	a->error = e;
	if (e)
		return; /* half typed: the last good one stays */
	same = same_keys(a, terms, n);
	terms_take(&a->filter, terms, n);
	a->searched = 0;
	records_sift(a->records);
	if (same)
		return;
	a->asked = false; /* when nothing was typed for a moment */
	loop_timer_set(a->timer, ASK_MS);
}

static bool has_words(const struct audit *a)
{
	for (size_t i = 0; i < a->filter.n; i++)
		if (!*a->filter.all[i].key)
			return true;
	return false;
}

/* ---- drawing ---- */

/* What gives the same for a spreadsheet. */
static void command_line(struct audit *a, char *out, size_t size)
{
	snprintf(out, size, "tana audit");
	form_word(out, size, terms_value(a->filter.all, a->filter.n, "object"));
	if (!*terms_value(a->filter.all, a->filter.n, "object"))
		snprintf(out, size, "tana audit");
	for (size_t i = 1; keys[i]; i++) {
		const char *value = terms_value(a->filter.all, a->filter.n, keys[i]);

		if (!*value)
			continue;
		snprintf(out + strlen(out), size - strlen(out), " --%s", keys[i]);
		form_word(out, size, value);
	}
}

static void same(struct view *v, char *out, size_t size)
{
	char line[512];

	command_line(of(v), line, sizeof line);
	snprintf(out, size, "%s", line + strlen("tana"));
}

static void draw(struct view *v, struct box b)
{
	struct audit *a = of(v);
	bool foot = b.h >= 10;

	take_filter(a);
	if (!a->asked && !loop_timer_pending(a->timer))
		anew(a);
	records_draw(a->records, (struct box){b.y, b.x, b.h - 2 * foot, b.w}, a->request || !a->asked ? _("Asking the broker.") :
		a->filter.n > 0 ? _("Nothing that was looked through matches. F clears the filter.") : _("Nothing is written there yet."));
	if (foot) {
		char line[504], csv[512];

		command_line(a, line, sizeof line);
		text_mend(line);
		snprintf(csv, sizeof csv, "%s --csv", line);
		screen_clip(b);
		screen_text(b.y + b.h - 1, b.x + 2, b.w - 2, INK_DIM, csv);
	}
	if (a->asked && !a->all && !a->failed && records_ending(a->records) && (!has_words(a) || a->searched < SEARCH_MOST))
		ask(a, false);
	else if (a->stale && !loop_timer_pending(a->timer))
		loop_timer_set(a->timer, ASK_MS);
}

static void info(struct view *v, struct pen *p)
{
	struct audit *a = of(v);
	size_t n = records_count(a->records);
	char count[64];

	if (a->error && !app_typing(v->app)) {
		pen_text(p, INK_WARN, a->error->msg.text);
		return;
	}
	snprintf(count, sizeof count, P_(_("%zu record"), _("%zu records"), n), n);
	records_info(a->records, p, count);
	if (a->request)
		pen_piece(p, INK_DIM, "%s", _("asking the broker"));
	else if (n >= RECORDS_MOST)
		pen_piece(p, INK_DIM, "%s", _("no more are kept here: narrow it, or use the command below"));
	else if (!a->all && n > 0)
		pen_piece(p, INK_DIM, "%s", _("older ones follow"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("audit log"));
}

/* ---- keys ---- */

static bool command(struct view *v, enum command c)
{
	struct audit *a = of(v);
	struct record *r = records_at(a->records);

	if (c == CMD_END)
		a->searched = 0;
	if (records_command(a->records, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		if (r)
			app_push(v->app, view_record_new(v->app, r->whole));
		return true;
	case CMD_REFRESH:
		anew(a);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	if (c == CMD_OPEN)
		return records_at(of(v)->records) != NULL;
	return c != CMD_FILTER_CLEAR || *v->app->filter;
}

static struct records *shown(struct view *v)
{
	return of(v)->records;
}

static void retold(struct view *v)
{
	anew(of(v));
}

static void broker(struct view *v, enum client_state now)
{
	of(v)->failed = false;
	of(v)->stale = true;
}

static void closed(struct view *v)
{
	struct audit *a = of(v);

	app_forget(v->app, a->request);
	registry_unwatch(v->app->objects, &a->watch);
	loop_timer_free(a->timer);
	records_free(a->records);
	terms_clear(&a->filter);
	err_free(a->error);
	free(a);
}

static const struct view_ops ops = {
	.name = "audit", .where = WHERE_RECORDS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.records = shown, .same = same, .filter_keys = keys, .retold = retold, .broker = broker, .closed = closed,
};

static void gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	on_changed(ctx, k, slot, o);
}

struct view *view_audit_new(struct app *a)
{
	struct audit *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->filter_gen = a->filter_gen - 1;
	v->records = records_new(a, &rows, v);
	v->timer = loop_timer_new(a->loop, on_timer, v);
	v->watch = (struct registry_watch){.ctx = v, .changed = on_changed, .gone = gone};
	registry_watch(a->objects, &v->watch);
	return &v->view;
}

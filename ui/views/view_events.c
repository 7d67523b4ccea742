/* What happened on the site, newest first, live; paged back with the request "events". */
#include "app.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "lists/records.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "words/look.h"
#include "words/terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE 200         /* events of one request */
#define HEARD 200        /* as many as the mirror keeps */
#define SEARCH_MOST 10   /* pages that a filter looks through before it asks to go on (End) */

enum { CELL_TIME, CELL_NAME, CELL_KIND, CELL_WHAT };

struct events {
	struct view view;
	struct records *records;
	uint64_t heard;          /* of the mirror's happenings, taken in */
	uint64_t request;
	bool asked, all;         /* all: the broker has no older ones */
	bool failed;
	int searched;            /* pages since the filter changed */
	uint32_t filter_gen;
	struct terms filter;     /* as it was obeyed last */
	struct err *error;
	int day;                 /* as times were written */
};

static struct events *of(struct view *v)
{
	return (struct events *)v;
}

/* ---- rows ---- */

static const char *kind_word(enum kind k)
{
	static const char *const words[KIND_COUNT] = {
		[KIND_SITE] = N_("site"), [KIND_RACK] = N_("rack"), [KIND_ENCLOSURE] = N_("enclosure"), [KIND_BLADE] = N_("blade"), [KIND_VM] = N_("VM"),
		[KIND_JOB] = N_("job"), [KIND_ALERT] = N_("alert"), [KIND_CLUSTER] = N_("cluster"), [KIND_VOLUME] = N_("volume"),
	};

	return words[k] ? _(words[k]) : "";
}

static int day_of(int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	return localtime_r(&t, &tm) ? tm.tm_year * 366 + tm.tm_yday : 0;
}

/* Of today the second, of other days the minute. */
static void time_text(char *out, size_t size, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (day_of(at) != day_of(clock_wall_s()))
		look_time(out, size, at);
	else if (localtime_r(&t, &tm))
		strftime(out, size, "%H:%M:%S", &tm);
}

/* What is worth a second look; the sentence says what it is. */
static enum ink ink_of(const char *id)
{
	static const char *const wrong[] = {"silent", "crash", "fail", "alert", "lost", "unknown", "overdue"};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (strstr(id, wrong[i]) && !strstr(id, "clear"))
			return INK_WARN;
	return INK_NORMAL;
}

/* Most sentences begin with whom they are about, and that stands beside them. */
static const char *without_name(const char *text, const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || strncmp(text, name, n) != 0)
		return text;
	return strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static struct record *row(int64_t seq, int64_t at, enum kind k, const char *object, const char *name, const struct msg *what)
{
	struct record *rec = record_new(seq, at, object, name);
	char when[24] = "";

	time_text(when, sizeof when, at);
	record_cell(rec, CELL_TIME, when);
	record_cell(rec, CELL_NAME, name);
	record_cell(rec, CELL_KIND, kind_word(k));
	record_cell(rec, CELL_WHAT, without_name(what->text, name));
	rec->kind = k;
	rec->ink = ink_of(what->id ? what->id : "");
	return rec;
}

static bool match(void *ctx, struct record *r)
{
	struct events *e = ctx;

	for (size_t i = 0; i < e->filter.n; i++) {
		const struct term *t = &e->filter.all[i];
		bool yes;

		if (strcmp(t->key, "kind") == 0) {
			yes = text_glob(e->filter.folded[i], kind_name(r->kind));
		} else if (strcmp(t->key, "name") == 0) {
			char *name = text_fold(r->name);

			yes = text_glob(e->filter.folded[i], name);
			free(name);
		} else {
			yes = record_has(r, e->filter.folded[i]);
		}
		if (yes == t->negate)
			return false;
	}
	return true;
}

static const struct records_column columns[] = {
	{N_("TIME"), 8, 16, 0, INK_DIM},
	{N_("OBJECT"), 8, 24, 0, INK_NORMAL},
	{N_("KIND"), 5, 12, 5, INK_DIM},
	{N_("WHAT"), 20, 0, 0, INK_NORMAL},
};
static const struct records_ops rows = {.columns = columns, .n = 4, .name = CELL_NAME, .newest_first = true, .match = match};

/* ---- asking ---- */

static void ask_older(struct events *e);

static void on_events(void *ctx, struct err *err, json_t *ret)
{
	struct events *e = ctx;
	json_t *list = json_object_get(ret, "events");
	int64_t oldest = records_oldest(e->records);

	e->request = 0;
	e->failed = err != NULL;
	if (err) {
		app_say_error(e->view.app, err);
		err_free(err);
		return;
	}
	for (size_t i = json_array_size(list); i-- > 0;) {
		json_t *o = json_array_get(list, i);
		const char *kind = proto_text(o, "kind");
		int64_t seq = json_integer_value(json_object_get(o, "seq"));
		enum kind k = KIND_SITE;
		struct msg what;

		if ((oldest && seq >= oldest) || !msg_from_json(&what, json_object_get(o, "what")))
			continue;
		kind_from_name(kind, &k);
		records_add(e->records, row(seq, json_integer_value(json_object_get(o, "at")), k, proto_text(o, "object"), proto_text(o, "name"), &what), false);
		oldest = seq;
		msg_free(&what);
	}
	e->all = json_array_size(list) < PAGE;
	app_draw_data(e->view.app);
}

static void ask_older(struct events *e)
{
	int64_t oldest = records_oldest(e->records);
	json_t *args;

	if (e->request || e->all || e->failed || client_state(e->view.app->client) != CLIENT_READY)
		return;
	args = json_pack("{s:i}", "limit", PAGE);
	if (oldest > 0)
		json_object_set_new(args, "before", json_integer(oldest));
	e->asked = true;
	e->searched++;
	e->request = app_request(e->view.app, "events", args, on_events, e);
}

/* Takes in what the mirror has heard since. */
static void take_news(struct events *e)
{
	const struct happened *news[HEARD];
	uint64_t heard = mirror_heard(e->view.app->mirror), fresh = heard - e->heard;
	size_t n;

	if (fresh == 0)
		return;
	e->heard = heard;
	if (fresh > HEARD) { /* more than it keeps: from here on anew */
		records_clear(e->records);
		e->all = false;
	}
	n = mirror_happened(e->view.app->mirror, news, fresh < HEARD ? (size_t)fresh : HEARD);
	for (size_t i = n; i-- > 0;) {
		/* Later, and yet with a smaller number: the broker has begun to count anew. */
		if (news[i]->seq && news[i]->seq <= records_newest(e->records) && news[i]->at > records_newest_at(e->records)) {
			records_clear(e->records);
			e->all = false;
		}
		if (!news[i]->seq || news[i]->seq > records_newest(e->records))
			records_add(e->records, row(news[i]->seq, news[i]->at, news[i]->kind, news[i]->object, news[i]->name, &news[i]->what), true);
	}
}

static const char *const keys[] = {"kind", "name", NULL};

static void take_filter(struct events *e)
{
	struct app *a = e->view.app;
	struct err *err;
	struct term terms[TERMS_MOST];
	size_t n;

	if (e->filter_gen == a->filter_gen)
		return;
	e->filter_gen = a->filter_gen;
	err = terms_read(a->filter, keys, terms, &n);
	err_free(e->error);
	e->error = err;
	if (err)
		return; /* half typed: the last good one stays */
	terms_take(&e->filter, terms, n);
	e->searched = 0;
	records_sift(e->records);
}

/* At midnight yesterday's seconds become dates. */
static void take_day(struct events *e)
{
	int today = day_of(clock_wall_s());

	if (e->day == today)
		return;
	if (e->day) {
		records_clear(e->records);
		e->heard = 0;
		e->all = false;
	}
	e->day = today;
}

/* ---- the view ---- */

static void draw(struct view *v, struct box b)
{
	struct events *e = of(v);

	take_day(e);
	take_filter(e);
	take_news(e);
	records_draw(e->records, b, e->request || !e->asked ? _("Asking the broker.") : e->filter.n > 0 ? _("Nothing that was looked through matches. F clears the filter.") :
		_("Nothing has happened yet."));
	if (!e->asked || (records_ending(e->records) && (e->filter.n == 0 || e->searched < SEARCH_MOST)))
		ask_older(e);
}

static void info(struct view *v, struct pen *p)
{
	struct events *e = of(v);
	size_t n = records_count(e->records);
	char count[64];

	if (e->error && !app_typing(v->app)) {
		pen_text(p, INK_WARN, e->error->msg.text);
		return;
	}
	snprintf(count, sizeof count, P_(_("%zu event"), _("%zu events"), n), n);
	records_info(e->records, p, count);
	if (e->request)
		pen_piece(p, INK_DIM, "%s", _("asking for older ones"));
	else if (n >= RECORDS_MOST)
		pen_piece(p, INK_DIM, "%s", _("no more are kept here: tana events has the rest"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("events"));
}

static bool command(struct view *v, enum command c)
{
	struct events *e = of(v);
	struct record *r = records_at(e->records);

	if (c == CMD_END)
		e->searched = 0;
	if (c == CMD_DOWN || c == CMD_PAGE_DOWN || c == CMD_END)
		e->failed = false;
	if (records_command(e->records, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		if (r)
			rows_open_id(v->app, r->object, r->name);
		return true;
	case CMD_REFRESH:
		records_clear(e->records);
		e->heard = 0;
		e->all = e->failed = false;
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	const struct record *r = records_at(of(v)->records);

	if (c == CMD_OPEN)
		return r && *r->object;
	return c != CMD_FILTER_CLEAR || *v->app->filter;
}

static struct records *shown(struct view *v)
{
	return of(v)->records;
}

static void same(struct view *v, char *out, size_t size)
{
	snprintf(out, size, " events");
}

/* Its sentences are in another language: all of them anew. */
static void retold(struct view *v)
{
	command(v, CMD_REFRESH);
}

static void broker(struct view *v, enum client_state now)
{
	of(v)->failed = false;
}

static void closed(struct view *v)
{
	struct events *e = of(v);

	app_forget(v->app, e->request);
	records_free(e->records);
	terms_clear(&e->filter);
	err_free(e->error);
	free(e);
}

static const struct view_ops ops = {
	.name = "events", .where = WHERE_RECORDS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.records = shown, .same = same, .filter_keys = keys, .retold = retold, .broker = broker, .closed = closed,
};

struct view *view_events_new(struct app *a)
{
	struct events *e = xcalloc(1, sizeof *e);

	e->view.ops = &ops;
	e->view.app = a;
	e->filter_gen = a->filter_gen - 1;
	e->records = records_new(a, &rows, e);
	return &e->view;
}

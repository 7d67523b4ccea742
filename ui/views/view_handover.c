/* What whoever takes over must know: alerts, jobs, blades under observation, protections, limits, and what people did since a time. Alerts,
 * jobs and notes come from the mirror, the rest from the audit log. Its lines are made in handover_lines.c. */
#include "app.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/handover.h"
#include "words/look.h"
#include "words/terms.h"
#include "words/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 1000        /* audit records of one request */
#define PAGES 10         /* at most */
#define AGAIN_MS 1000    /* changes come together */
#define ASK_MS 10000     /* the log is asked again so often at most */

static const int steps[] = {1, 2, 4, 8, 12, 24, 48, 72, 168, 336};
#define STEP_FIRST 3

struct handover {
	struct view view;
	struct records *records;
	struct handover_page page;
	size_t step;
	int64_t typed;           /* since when, of the filter; 0 none */
	struct deeds deeds, coming; /* coming: while pages come */
	int pages;
	uint64_t request;
	bool asked;
	bool dirty;              /* something changed; it is built anew in a moment */
	bool stale;              /* ... and the log may say more */
	int64_t asked_at;        /* boot ms */
	bool built;
	uint32_t filter_gen;
	struct terms filter;     /* as it was obeyed last */
	struct err *error;
	struct loop_timer *again;
	struct registry_watch watch;
};

static struct handover *of(struct view *v)
{
	return (struct handover *)v;
}

/* ---- rows ---- */

static const struct records_column columns[] = {
	{N_("TIME"), 5, 16, 0, INK_DIM},
	{N_("OBJECT"), 8, 24, 0, INK_NORMAL},
	{N_("WHAT"), 20, 0, 0, INK_NORMAL},
	{N_("WHO"), 4, 24, 2, INK_DIM},
};

static bool match(void *ctx, struct record *r)
{
	struct handover *h = ctx;

	for (size_t i = 0; i < h->filter.n; i++)
		if (!*h->filter.all[i].key && (r->heading || record_has(r, h->filter.folded[i]) == h->filter.all[i].negate))
			return false;
	return true;
}

static const struct records_ops rows = {.columns = columns, .n = 4, .name = HANDOVER_NAME, .headless = true, .match = match};

static void build(struct handover *h)
{
	size_t at = records_where(h->records);

	h->page.app = h->view.app;
	h->page.records = h->records;
	h->page.deeds = &h->deeds;
	h->page.since = h->typed ? h->typed : clock_wall_s() - steps[h->step] * 3600;
	handover_build(&h->page);
	records_go(h->records, at);
	h->built = true;
}

/* ---- asking ---- */

static void ask(struct handover *h, int64_t before);

static void on_audit(void *ctx, struct err *e, json_t *ret)
{
	struct handover *h = ctx;
	json_t *list = json_object_get(ret, "records");

	h->request = 0;
	app_draw_data(h->view.app);
	h->built = false;
	if (e) {
		err_free(h->page.refused);
		h->page.refused = e;
		return;
	}
	deeds_read(&h->coming, list);
	if (json_array_size(list) == PAGE && ++h->pages < PAGES) {
		ask(h, json_integer_value(json_object_get(json_array_get(list, 0), "seq")));
		return;
	}
	h->page.cut = json_array_size(list) == PAGE;
	deeds_clear(&h->deeds);
	h->deeds = h->coming;
	memset(&h->coming, 0, sizeof h->coming);
	deeds_sort(&h->deeds);
	h->page.told = true;
}

static void ask(struct handover *h, int64_t before)
{
	json_t *args = json_pack("{s:I, s:i}", "since", (json_int_t)(h->typed ? h->typed : clock_wall_s() - steps[h->step] * 3600), "limit", PAGE);

	if (before)
		json_object_set_new(args, "before", json_integer(before));
	h->request = app_request(h->view.app, "audit", args, on_audit, h);
}

/* Since another time, or asked for: all of it. */
static void anew(struct handover *h)
{
	app_forget(h->view.app, h->request);
	h->request = 0;
	deeds_clear(&h->coming);
	err_free(h->page.refused);
	h->page.refused = NULL;
	h->pages = 0;
	h->asked = true;
	h->stale = false;
	h->asked_at = clock_boot_ms();
	h->built = false;
	ask(h, 0);
}

static void on_again(void *ctx)
{
	struct handover *h = ctx;

	h->dirty = h->built = false;
	h->stale = true;
	if (h->view.app->stack[0] == &h->view)
		app_draw(h->view.app);
}

/* The log has what people did by now. */
static void ask_again(struct handover *h)
{
	int64_t left = h->asked_at + ASK_MS - clock_boot_ms();

	if (left > 0 && !loop_timer_pending(h->again))
		loop_timer_set(h->again, left);
	else if (left <= 0 && !h->request)
		anew(h);
}

static bool is_watched(const struct handover *h, uint32_t slot, const struct blade *b)
{
	for (size_t i = 0; i < h->page.nwatched; i++)
		if (h->page.watched[i] == slot)
			return true; /* or was, a moment ago */
	return *b->watch;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct handover *h = ctx;

	if (h->dirty || !(k == KIND_ALERT || k == KIND_JOB || (k == KIND_BLADE && is_watched(h, slot, o))))
		return;
	h->dirty = true;
	loop_timer_set(h->again, AGAIN_MS);
}

static const char *const keys[] = {"since", NULL};

static void take_filter(struct handover *h)
{
	struct app *a = h->view.app;
	struct term terms[TERMS_MOST];
	int64_t since = 0;
	const char *text;
	struct err *e;
	size_t n;

	if (h->filter_gen == a->filter_gen)
		return;
	h->filter_gen = a->filter_gen;
	e = terms_read(a->filter, keys, terms, &n);
	text = e ? "" : terms_value(terms, n, "since");
	for (size_t i = 0; !e && i < n; i++)
		if (*terms[i].key && (terms[i].negate || !when_read(text, clock_wall_s(), &since)))
			e = terms_bad(&terms[i], "audit.time");
	err_free(h->error);
	h->error = e;
	if (e)
		return; /* half typed: the last good one stays */
	terms_take(&h->filter, terms, n);
	if (since != h->typed) {
		h->typed = since;
		anew(h);
	}
	records_sift(h->records);
}

/* ---- the view ---- */

/* Words behind "tana". */
static void same(struct view *v, char *out, size_t size)
{
	struct handover *h = of(v);

	if (h->typed)
		snprintf(out, size, " handover --since %.40s", terms_value(h->filter.all, h->filter.n, "since"));
	else
		snprintf(out, size, " handover --since %dh", steps[h->step]);
}

static void draw(struct view *v, struct box b)
{
	struct handover *h = of(v);
	bool foot = b.h >= 10;
	char command[96] = "tana";

	take_filter(h);
	if (!h->asked && client_state(v->app->client) == CLIENT_READY)
		anew(h);
	else if (h->stale && client_state(v->app->client) == CLIENT_READY)
		ask_again(h);
	if (!h->built)
		build(h);
	records_draw(h->records, (struct box){b.y, b.x, b.h - 2 * foot, b.w}, _("Nothing matches. F clears the filter."));
	if (!foot)
		return;
	same(v, command + 4, sizeof command - 4);
	screen_clip(b);
	screen_text(b.y + b.h - 1, b.x + 2, b.w - 2, INK_DIM, command);
}

static void info(struct view *v, struct pen *p)
{
	struct handover *h = of(v);
	char when[24], where[48];

	if (h->error && !app_typing(v->app)) {
		pen_text(p, INK_WARN, h->error->msg.text);
		return;
	}
	look_time(when, sizeof when, h->page.since);
	pen_piece(p, INK_BOLD, _("since %s"), when);
	if (!h->typed && steps[h->step] < 48)
		pen_piece(p, INK_DIM, P_(_("%d hour"), _("%d hours"), steps[h->step]), steps[h->step]);
	else if (!h->typed)
		pen_piece(p, INK_DIM, _("%d days"), steps[h->step] / 24);
	records_position(h->records, where, sizeof where);
	if (*where)
		pen_piece(p, INK_DIM, _("lines %s of %zu"), where, records_shown(h->records));
	if (h->request)
		pen_piece(p, INK_DIM, "%s", _("asking the broker"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("handover"));
}

static void step(struct handover *h, int by)
{
	size_t most = sizeof steps / sizeof steps[0] - 1;

	if ((by < 0 && h->step == 0) || (by > 0 && h->step == most))
		return;
	h->step += (size_t)by;
	anew(h);
}

static bool command(struct view *v, enum command c)
{
	struct handover *h = of(v);
	struct record *r = records_at(h->records);

	if (records_command(h->records, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		if (r)
			rows_open_id(v->app, r->object, r->name);
		return true;
	case CMD_ZOOM_IN:
	case CMD_ZOOM_OUT:
		step(h, c == CMD_ZOOM_IN ? 1 : -1);
		return true;
	case CMD_REFRESH:
		anew(h);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	const struct record *r = records_at(of(v)->records);

	switch (c) {
	case CMD_OPEN:
		return r && *r->object;
	case CMD_ZOOM_IN:
	case CMD_ZOOM_OUT:
		return !of(v)->typed;
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	default:
		return true;
	}
}

static struct records *shown(struct view *v)
{
	return of(v)->records;
}

static void retold(struct view *v)
{
	anew(of(v));
}

static void closed(struct view *v)
{
	struct handover *h = of(v);

	app_forget(v->app, h->request);
	registry_unwatch(v->app->objects, &h->watch);
	loop_timer_free(h->again);
	records_free(h->records);
	deeds_clear(&h->deeds);
	deeds_clear(&h->coming);
	terms_clear(&h->filter);
	err_free(h->error);
	err_free(h->page.refused);
	free(h);
}

static const struct view_ops ops = {
	.name = "handover", .where = WHERE_RECORDS | WHERE_HANDOVER, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.records = shown, .same = same, .filter_keys = keys, .retold = retold, .closed = closed,
};

struct view *view_handover_new(struct app *a)
{
	struct handover *h = xcalloc(1, sizeof *h);

	h->view.ops = &ops;
	h->view.app = a;
	h->step = STEP_FIRST;
	h->filter_gen = a->filter_gen - 1;
	h->records = records_new(a, &rows, h);
	h->again = loop_timer_new(a->loop, on_again, h);
	h->watch = (struct registry_watch){.ctx = h, .changed = on_changed, .gone = on_changed};
	registry_watch(a->objects, &h->watch);
	return &h->view;
}

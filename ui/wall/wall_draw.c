/* The wall's picture: the heart-beat and the clock, big numbers, the worst thing in large letters, what else is wrong, the racks, what is
 * new. What does not fit gives way from the bottom; the first line and the worst thing never do. Called by wall.c. */
#include "wall/wall_inside.h"

#include "common/clock.h"
#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHIFT_MS 3600000        /* one cell each hour, against burn-in */
#define SHIFT_LEAST_H 20
#define SHIFT_LEAST_W 60
#define NEWS_MOST 40
#define LARGE_MOST 3           /* things in large letters */
#define LARGE_H 8              /* rows of each but the first */
#define LEGEND_LEAST_W 150
#define BESIDE_LEAST_W 60       /* columns that few racks leave free at their right */

/* ---- where ---- */

static int size_of(struct box b)
{
	return b.h >= 54 && b.w >= 150 ? 2 : b.h >= 22 ? 1 : 0;
}

/* The whole screen but for a margin in which the picture walks round, a cell each hour. */
static struct box area(const struct wall *w)
{
	struct box b = screen_whole();
	int64_t hour = (clock_boot_ms() - w->started) / SHIFT_MS;

	if (b.h < SHIFT_LEAST_H || b.w < SHIFT_LEAST_W)
		return b;
	return (struct box){hour % 4 >= 2, hour % 4 == 1 || hour % 4 == 2, b.h - 1, b.w - 1};
}

enum date { TIME_S, DATE_M, DATE_S };

/* "14:03:22", "2026-04-12 14:03", "2026-04-12 14:03:22"; "" for 0. */
static void date_words(char *out, size_t size, int64_t t, enum date d)
{
	time_t when = (time_t)t;
	struct tm tm;

	out[0] = '\0';
	if (t <= 0 || !localtime_r(&when, &tm))
		return;
	if (d == TIME_S)
		strftime(out, size, "%H:%M:%S", &tm);
	else if (d == DATE_M)
		strftime(out, size, "%Y-%m-%d %H:%M", &tm);
	else
		strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
}

/* ---- the first line ---- */

static const char *turning(void)
{
	static const char *const full[] = {"◐", "◓", "◑", "◒"}, *const plain[] = {"|", "/", "-", "\\"};
	int64_t s = clock_wall_s();

	return screen_tier() == TIER_FULL ? full[s % 4] : plain[s % 4];
}

/* Cells that are kept for it. */
static int pulse_room(const struct wall *w, struct box b)
{
	int room = w->o->clock ? b.w >= 70 ? 50 : 30 : 28;

	return room < b.w ? room : b.w;
}

/* What is at its right end, in fixed places: a second changes a few cells of it. */
static void draw_pulse(struct wall *w, struct box b)
{
	char live[48], page[32] = "", clock[48] = "";
	bool lost = w->waiting != 0;
	int64_t age = (clock_boot_ms() - client_heard_ms(w->app.client)) / 1000;
	int width, x;

	if (w->o->clock)
		date_words(clock, sizeof clock, clock_wall_s(), b.w >= 70 ? DATE_S : TIME_S);
	if (lost) {
		lang_age(page, sizeof page, clock_wall_s() - w->waiting);
		snprintf(live, sizeof live, *page ? _(" no broker for %s ") : _(" no broker "), page);
		page[0] = '\0';
	} else if (w->o->clock) {
		snprintf(live, sizeof live, _("live %lld s ago"), (long long)(age < 0 ? 0 : age > 99 ? 99 : age));
	} else {
		snprintf(live, sizeof live, "%s", _("live"));
	}
	if (w->pages > 1)
		snprintf(page, sizeof page, _("page %d/%d"), w->page + 1, w->pages);
	width = text_width(live) + (*page ? text_width(page) + 2 : 0) + (*clock ? text_width(clock) + 3 : 0);
	x = b.x + b.w - width - 1;
	if (x < b.x)
		x = b.x;
	if (pulse_room(w, b) > width)
		screen_fill(b.y, b.x + b.w - pulse_room(w, b), pulse_room(w, b) - width - 1, INK_NORMAL); /* it was wider before */
	screen_text(b.y, x, text_width(live), lost ? INK_ALERT : INK_NORMAL, live);
	x += text_width(live) + 2;
	if (*page) {
		screen_text(b.y, x, text_width(page), INK_NORMAL, page);
		x += text_width(page) + 2;
	}
	if (*clock) {
		screen_text(b.y, x, text_width(clock), INK_NORMAL, clock);
		screen_text(b.y, x + text_width(clock) + 1, 1, INK_NORMAL, turning());
	}
}

static void draw_top(struct wall *w, struct box b)
{
	const struct site *site = mirror_site(w->app.mirror);
	void *rack;
	struct pen p = {b.y, b.x + 1, b.x + b.w - pulse_room(w, b) - 1};

	pen_text(&p, INK_ACCENT, _("tana wall"));
	pen_skip(&p, 2);
	if (site)
		pen_text(&p, INK_SITE, site->name);
	for (int i = 0; i < w->o->nracks; i++) {
		pen_skip(&p, i ? 1 : 2);
		if (!w->synced_once || registry_named(w->app.objects, KIND_RACK, w->o->racks[i], &rack, 1) > 0)
			pen_f(&p, INK_DIM, i ? "%s" : _("rack %s"), w->o->racks[i]);
		else
			pen_f(&p, INK_ALERT_TEXT, _("no rack %s"), w->o->racks[i]);
	}
	draw_pulse(w, b);
}

/* ---- what is wrong ---- */

static void draw_trouble(struct wall *w, const struct wall_trouble *t, int y, struct box b, int name)
{
	struct pen p = {y, b.x + 1, b.x + b.w};
	char age[24];

	look_age(age, sizeof age, t->since);
	screen_right(y, p.x, 7, t->ink, age);
	screen_text(y, p.x + 9, name, t->ink, t->name);
	p.x += 9 + name + 2;
	pen_text(&p, t->ink, t->text);
	if (*t->more && p.end - p.x > 12) {
		pen_skip(&p, 2);
		pen_text(&p, t->taken ? INK_BOLD : INK_DIM, t->more);
	}
}

static void draw_troubles(struct wall *w, struct box b, const struct wall_trouble *list, size_t n)
{
	int name = 8;

	screen_clip(b);
	for (size_t i = 0; i < n; i++) {
		int width = text_width(list[i].name);

		name = width > name ? width : name;
	}
	name = name > b.w / 4 ? b.w / 4 : name;
	for (size_t i = 0; i < n && (int)i < b.h; i++)
		draw_trouble(w, &list[i], b.y + (int)i, b, name);
}

/* The worst thing, or that there is none, or that nobody knows. */
static void draw_state(struct wall *w, struct box head, struct box below, const struct wall_trouble *worst, const struct wall_trouble *list, size_t n)
{
	char when[48], line[384];

	if (w->waiting) {
		date_words(when, sizeof when, w->waiting, DATE_S);
		wall_say(head, w->synced_once ? INK_ALERT : INK_WARN, w->synced_once ? _("no broker") : _("waiting"), w->synced_once ? "!" : "?");
		snprintf(line, sizeof line, w->synced_once ? _("Since %s: %s.") : _("For the broker, since %s: %s."), when, w->why);
		text_mend(line);
		screen_clip(below);
		screen_text(below.y, below.x + 2, below.w - 3, INK_BOLD, line);
		if (w->synced_once)
			screen_text(below.y + 1, below.x + 2, below.w - 3, INK_DIM, _("What stands here is as of then."));
		return;
	}
	if (!mirror_synced(w->app.mirror)) {
		wall_say(head, INK_DIM, _("reading"), "...");
		return;
	}
	if (worst) {
		wall_headline(head, worst->taken ? INK_BOLD : worst->hurts ? INK_ALERT : INK_WARN, worst->name, worst->state);
		draw_troubles(w, below, list, n);
		return;
	}
	wall_say(head, INK_GOOD, _("all well"), "OK");
	date_words(when, sizeof when, w->well, DATE_M);
	snprintf(line, sizeof line, _("since %s"), when);
	screen_clip(below);
	screen_text(below.y, below.x + (below.w - text_width(line)) / 2, text_width(line), INK_DIM, line);
}

/* ---- the racks and the news ---- */

static void mark_changes(struct wall *w)
{
	struct racks *r = &w->racks;
	struct metal *m = w->app.metal;

	screen_clip(r->area);
	for (int i = 0; i < r->layout.ncells; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		const struct metal_rack *rack = metal_rack(m, c->rack);
		int first = c->enclosure >= 0 ? c->enclosure : rack->first, last = c->enclosure >= 0 ? c->enclosure : rack->first + rack->n - 1;
		bool signs = r->layout.form == RACK_BLOCKS || r->layout.form == RACK_LINES, any = false;

		for (int e = first; e <= last; e++) {
			const struct metal_enclosure *in = metal_enclosure(m, e);

			for (int b = c->bay >= 0 ? c->bay : 0; b < (c->bay >= 0 ? c->bay + 1 : in->bays); b++) {
				int row = 0, column = b;

				if (in->blade[b] == METAL_NONE || !wall_count_lately(w->count, in->blade[b]))
					continue;
				if (r->layout.form == RACK_BLOCKS)
					metal_spot(in, b, &row, &column);
				if (signs)
					screen_underline(r->area.y + c->y + row, r->area.x + c->x + column, 1);
				any = true;
			}
		}
		if (any && !signs)
			screen_underline(r->area.y + c->y, r->area.x + c->x, c->w);
	}
}

static int draw_racks(struct wall *w, struct box b)
{
	struct racks *r = &w->racks;

	if (b.h < 1)
		return 0;
	r->area = b;
	racks_lay_out(r, b.h, b.w);
	r->cell = -1;
	racks_draw_floor(r);
	mark_changes(w);
	if (r->layout.hidden > 0) {
		char more[64];

		snprintf(more, sizeof more, P_(_(" %d rack more "), _(" %d racks more "), r->layout.hidden), r->layout.hidden);
		screen_text(b.y + b.h - 1, b.x + b.w - text_width(more), text_width(more), INK_WARN, more);
	}
	return r->layout.h < b.h ? r->layout.h : b.h;
}

static void draw_news(struct wall *w, struct box b)
{
	struct wall_news news[NEWS_MOST];
	size_t n;
	char when[16];

	if (b.h < 2 || b.w < 24)
		return;
	n = wall_news(w, news, (size_t)(b.h - 1 < NEWS_MOST ? b.h - 1 : NEWS_MOST));
	screen_clip(b);
	if (n > 0)
		screen_text(b.y, b.x + 1, b.w - 1, INK_BOLD, _("newest"));
	for (size_t i = 0; i < n; i++) {
		struct pen p = {b.y + 1 + (int)i, b.x + 1, b.x + b.w};

		date_words(when, sizeof when, news[i].at, TIME_S);
		pen_text(&p, INK_DIM, when);
		pen_skip(&p, 2);
		if (*news[i].name) {
			pen_text(&p, INK_NORMAL, news[i].name);
			pen_skip(&p, 2);
		}
		pen_text(&p, INK_DIM, news[i].text);
	}
}

/* ---- all of it ---- */

static struct box take(struct box *rest, int h)
{
	struct box b = *rest;

	h = h > rest->h ? rest->h : h;
	b.h = h < 0 ? 0 : h;
	rest->y += b.h;
	rest->h -= b.h;
	return b;
}

/* Of so many rows, those of the floor; the others are the news', where they find no room beside it. */
static int floor_rows(int h)
{
	return h - (h >= 22 ? h / 4 : h >= 16 ? 4 : 0);
}

/* On a large screen with few racks, what else hurts and is nobody's stands in large letters, too, as far as racks and news lose nothing by
 * it. h: rows below the first of them. */
static int large_ones(struct wall *w, int h, int cols, const struct wall_trouble *worst, int n)
{
	int large = 1;

	if (n < 2)
		return 1;
	racks_lay_out(&w->racks, floor_rows(h), cols);
	if (cols - w->racks.layout.w < BESIDE_LEAST_W)
		return 1;
	while (large < n && worst[large].hurts && !worst[large].taken && h - large * LARGE_H >= 14 &&
		floor_rows(h - large * LARGE_H) >= w->racks.layout.h && h - large * LARGE_H - 3 >= w->racks.layout.h)
		large++;
	return large;
}

static void draw_floor_and_news(struct wall *w, struct box b)
{
	int used;
	struct box floor = {b.y, b.x, floor_rows(b.h), b.w}, news;
	bool legend = b.w >= LEGEND_LEAST_W && b.h >= 14;

	used = draw_racks(w, floor);
	if (b.w - w->racks.layout.w >= BESIDE_LEAST_W)
		news = (struct box){b.y, b.x + w->racks.layout.w + 3, b.h - (legend ? 3 : 0), b.w - w->racks.layout.w - 3};
	else
		news = (struct box){b.y + used + 1, b.x, b.h - used - 1 - (legend ? 3 : 0), b.w};
	if (legend && used <= b.h - 3)
		racks_draw_legend(&w->racks, b.y + b.h - 2, b.x + b.w - 76, b.x + b.w);
	draw_news(w, news);
}

void wall_draw(struct wall *w)
{
	struct box b = area(w), rest = b, head, below;
	struct wall_trouble worst[LARGE_MOST], list[WALL_DETAILS];
	size_t alerts, warnings, total = wall_troubles(w, worst, 0, LARGE_MOST, &alerts, &warnings), n, from;
	int size = size_of(b), large = 1;
	enum big digits = size == 2 ? BIG_COUNTS : BIG_DIGITS;

	w->open = total && worst[0].hurts && !worst[0].taken; /* what nobody has taken comes first */
	w->pages = total ? (int)((total + WALL_DETAILS - 1) / WALL_DETAILS) : 1;
	w->page = w->waiting ? 0 : w->page % w->pages;
	from = (size_t)w->page * WALL_DETAILS;
	n = wall_troubles(w, list, from, WALL_DETAILS, &alerts, &warnings);
	n = n > from ? n - from : 0;
	n = n > WALL_DETAILS ? WALL_DETAILS : n;
	if (mirror_synced(w->app.mirror) && !w->waiting)
		w->well = total ? 0 : w->well ? w->well : clock_wall_s();
	screen_begin();
	draw_top(w, take(&rest, 1));
	if (b.h >= 30)
		take(&rest, 1);
	if (!w->synced_once) {
		struct box all = rest;

		head = take(&all, all.h * 2 / 3);
		draw_state(w, head, all, NULL, NULL, 0);
		screen_end(-1, -1);
		return;
	}
	if (size > 0)
		wall_numbers(w, take(&rest, big_rows(digits, screen_tier()) + 1), digits, alerts, warnings);
	else
		wall_numbers_line(w, take(&rest, rest.h > 2), alerts, warnings);
	take(&rest, size == 2 ? 2 : b.h >= 30);
	head = take(&rest, size == 2 ? 9 : size == 1 ? b.h >= 30 && screen_tier() == TIER_ASCII ? 7 : b.h >= 30 ? 5 : 4 : 1);
	if (size == 2 && total && !w->waiting && mirror_synced(w->app.mirror))
		large = large_ones(w, rest.h - WALL_DETAILS - 2, b.w, worst, total < LARGE_MOST ? (int)total : LARGE_MOST);
	for (int i = 1; i < large; i++)
		wall_headline(take(&rest, LARGE_H), INK_ALERT_TEXT, worst[i].name, worst[i].state);
	take(&rest, b.h >= 30);
	below = take(&rest, b.h >= 16 ? WALL_DETAILS : b.h >= 8);
	take(&rest, b.h >= 16);
	draw_state(w, head, below, total ? worst : NULL, list, n);
	draw_floor_and_news(w, rest);
	screen_end(-1, -1);
}

void wall_draw_second(struct wall *w)
{
	struct box b = area(w);

	screen_clip((struct box){b.y, b.x, 1, b.w});
	draw_pulse(w, b);
	screen_end(-1, -1);
}

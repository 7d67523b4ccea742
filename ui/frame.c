/* The frame (frame.h). Line 1 says where one is and whether what one sees is live; line 2 what is wrong; the line above
 * the last what was said and what is under way; the last one the keys. */
#include "frame.h"

#include "common/clock.h"
#include "common/text.h"
#include "settings/prefs.h"
#include "tr.h"
#include "words/lang.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct box frame_inside(int rows, int cols)
{
	int top = rows >= 12 ? 3 : rows >= 6 ? 2 : rows >= 3 ? 1 : 0;
	int bottom = rows >= 8 ? 2 : rows >= 4 ? 1 : 0;

	return (struct box){top, 0, rows - top - bottom, cols};
}

/* ---- line 1 ---- */

/* Its part of the way; "" it has none. */
static void crumb_of(struct view *v, char *out, size_t size)
{
	out[0] = '\0';
	if (v->ops->crumb)
		v->ops->crumb(v, out, size);
}

static void crumbs(struct app *a, struct pen *p)
{
	const struct site *site = mirror_site(a->mirror);
	char sep[16], name[256];
	int first = 0, last = 0;

	pen_text(p, INK_BAR_ACCENT, " tana ");
	if (site && *site->name) {
		screen_site_colour(site->colour);
		pen_f(p, *site->colour ? INK_SITE : INK_BAR_BOLD, *site->colour ? " %s " : " %s", site->name);
	}
	snprintf(sep, sizeof sep, " %s ", glyph_text(GLYPH_CRUMB, screen_tier()));
	/* When there is no room for the whole way, its beginning goes. A dialog is no step of it. */
	for (int i = 0; i < a->depth; i++) {
		crumb_of(a->stack[i], name, sizeof name);
		last = *name ? i : last;
	}
	for (int width = 1000; first < last && width > p->end - p->x; first += width > p->end - p->x) {
		width = 0;
		for (int i = first; i <= last; i++) {
			crumb_of(a->stack[i], name, sizeof name);
			width += *name ? text_width(name) + text_width(sep) : 0;
		}
	}
	for (int i = first; i <= last; i++) {
		const char *shown = name, *rest;

		crumb_of(a->stack[i], name, sizeof name);
		if (!*name)
			continue;
		pen_text(p, INK_BAR_DIM, sep);
		while (i == last && text_width(shown) > p->end - p->x && (rest = strstr(shown, sep))) /* the metal that it stands in */
			shown = rest + strlen(sep);
		pen_text(p, i == a->depth - 1 ? INK_BAR_BOLD : INK_BAR, shown);
	}
}

struct part {
	char text[64];
	enum ink ink;
};

/* What stands at the right, most important last. Returns how many. */
static int right_parts(struct app *a, struct part *parts)
{
	const struct site *site = mirror_site(a->mirror);
	time_t now = (time_t)clock_wall_s();
	const char *dot = glyph_text(GLYPH_DOT, screen_tier());
	struct tm tm;
	int n = 0;

	if (*app_user(a)) {
		const struct client_user *u = app_client_user(a);

		snprintf(parts[n].text, sizeof parts[n].text, "%.40s %s", app_user(a), u && u->role ? _(u->role) : "");
		parts[n++].ink = INK_BAR_DIM;
	}
	if (app_lost(a)) {
		char age[32];

		lang_age(age, sizeof age, mirror_age_s(a->mirror));
		if (client_state(a->client) == CLIENT_ENDED)
			snprintf(parts[n].text, sizeof parts[n].text, "%s", _(" broker gone "));
		else if (client_restarting(a->client))
			snprintf(parts[n].text, sizeof parts[n].text, "%s", _(" broker is restarting, reconnecting "));
		else if (!*app_user(a)) /* it was never met */
			snprintf(parts[n].text, sizeof parts[n].text, "%s", _(" no broker, trying again "));
		else
			snprintf(parts[n].text, sizeof parts[n].text, _(" broker lost%s%s, trying again "), *age ? " " : "", age);
		parts[n++].ink = INK_BAR_ALERT;
	} else if (!mirror_synced(a->mirror)) {
		snprintf(parts[n].text, sizeof parts[n].text, "%s", client_state(a->client) == CLIENT_READY ? _("reading the site") : _("connecting"));
		parts[n++].ink = INK_BAR_ACCENT;
	} else if (site && site->hosts > 0 && !app_is_customer(a)) {
		snprintf(parts[n].text, sizeof parts[n].text, _("%s %lld/%lld hosts"), dot, (long long)site->hosts_live, (long long)site->hosts);
		parts[n++].ink = site->hosts_live < site->hosts ? INK_BAR_BOLD : INK_BAR;
	} else {
		snprintf(parts[n].text, sizeof parts[n].text, _("%s live"), dot);
		parts[n++].ink = INK_BAR;
	}
	if (prefs_clock() && localtime_r(&now, &tm)) {
		strftime(parts[n].text, sizeof parts[n].text, "%H:%M %Z", &tm);
		parts[n++].ink = INK_BAR;
	}
	return n;
}

static void draw_top(struct app *a, int cols)
{
	struct part parts[4];
	int n = right_parts(a, parts), width = 0, first = 0;
	struct pen p;

	screen_fill(0, 0, cols, INK_BAR);
	for (int i = 0; i < n; i++)
		width += text_width(parts[i].text) + 2;
	while (first < n && width > cols - 12) {
		/* The alarm stays longest. */
		int drop = parts[n - 1].ink == INK_BAR && first == n - 2 && parts[n - 2].ink == INK_BAR_ALERT ? n - 1 : first;

		width -= text_width(parts[drop].text) + 2;
		if (drop == n - 1)
			n--;
		else
			first++;
	}
	p = (struct pen){0, 0, cols - width - (first < n ? 1 : 0)};
	crumbs(a, &p);
	p = (struct pen){0, cols - width + 1, cols};
	for (int i = first; i < n; i++) {
		pen_text(&p, parts[i].ink, parts[i].text);
		pen_skip(&p, 2);
	}
}

/* ---- line 2 ---- */

static void draw_info(struct app *a, int cols, int rows, struct filter_line *typing, int *cursor_y, int *cursor_x)
{
	struct pen p = {1, 1, cols};
	struct view *v = NULL;
	unsigned filters = WHERE_RACKS | WHERE_ROWS | WHERE_RECORDS;

	for (int i = a->depth - 1; i >= 0 && !v; i--)
		if (a->stack[i]->ops->info && !a->stack[i]->ops->overlay)
			v = a->stack[i];
	if (typing) {
		p.x = filter_line_draw(typing, 1, cols, rows, cursor_y, cursor_x);
	} else if (*a->filter && v && v->ops->where & filters) {
		pen_text(&p, INK_DIM, _("filter "));
		pen_text(&p, INK_BOLD, a->filter);
		pen_skip(&p, 2);
	}
	if (v)
		v->ops->info(v, &p);
	/* Lists tell of their own; elsewhere what is marked is not forgotten either. */
	if (v && !(v->ops->where & (WHERE_ROWS | WHERE_TEXT)) && marks_count(a->marks) > 0)
		pen_piece(&p, INK_ACCENT, P_(_("%zu VM marked"), _("%zu VMs marked"), marks_count(a->marks)), marks_count(a->marks));
	if (v && !(v->ops->where & (WHERE_ROWS | WHERE_TEXT)) && marks_count(a->blade_marks) > 0)
		pen_piece(&p, INK_ACCENT, P_(_("%zu blade marked"), _("%zu blades marked"), marks_count(a->blade_marks)), marks_count(a->blade_marks));
}

/* ---- the line above the last ---- */

static void draw_job(struct app *a, struct pen *p)
{
	const struct job *jobs[64], *j;
	size_t n = tally_jobs(a->tally, jobs, 64);
	struct look l;
	char since[32];

	if (n == 0)
		return;
	j = jobs[n <= 64 ? n - 1 : 63]; /* the newest: it is what was asked for last */
	l = look_job(j, screen_tier());
	look_elapsed(since, sizeof since, j->started);
	pen_f(p, l.ink, _("job %s"), look_id(j->id));
	pen_skip(p, 2);
	pen_f(p, l.ink, "%s %.60s", look_verb(j->verb), j->targets);
	if (*j->by)
		pen_f(p, l.ink, _(" by %s"), j->by);
	pen_skip(p, 2);
	if (j->count > 1) {
		int all = 20, done = (int)(j->done * all / j->count);

		for (int i = 0; i < all; i++)
			pen_glyph(p, INK_ACTIVE, i < done ? GLYPH_BAR : GLYPH_BAR_REST);
		pen_f(p, l.ink, _("  %lld of %lld"), (long long)j->done, (long long)j->count);
		pen_skip(p, 2);
	}
	pen_text(p, l.ink, l.word);
	pen_skip(p, 2);
	pen_text(p, INK_DIM, since);
	if (n > 1) {
		pen_skip(p, 2);
		pen_f(p, INK_DIM, _("and %zu more"), n - 1);
	}
}

/* Over all else, on however small a screen: it is the last minute. */
static void draw_leaving(struct app *a, int y, int cols)
{
	struct pen p = {y, cols > 40, cols};
	int left = app_idle_left(a);

	if (left < 0)
		return;
	screen_fill(y, 0, cols, INK_NORMAL);
	pen_f(&p, INK_WARN, _("signing out in %d s: any key stays"), left);
}

/* Alerts that nobody has taken: in a whole sentence where the line is free, else in short at its right end, where there is room behind `used`. */
static void draw_alerts(struct app *a, int y, int cols, int used)
{
	const struct tally_counts *c = tally_counts(a->tally);
	enum ink ink = c->alerts_hurt > 0 ? INK_ALERT_TEXT : INK_WARN;
	bool here = app_top(a)->ops->where & WHERE_ALERTS; /* they are what one looks at */
	struct pen p = {y, 1, cols};
	char text[160];

	if (c->alerts_new == 0 || here || app_is_customer(a))
		return;
	if (used <= 1) {
		pen_f(&p, ink, P_(_("%zu alert that nobody has taken. A shows it."), _("%zu alerts that nobody has taken. A shows them."), c->alerts_new), c->alerts_new);
		return;
	}
	snprintf(text, sizeof text, P_(_("%zu new alert: A"), _("%zu new alerts: A"), c->alerts_new), c->alerts_new);
	p.x = cols - text_width(text) - 1;
	if (p.x >= used + 2)
		pen_text(&p, ink, text);
}

static void draw_said(struct app *a, int y, int cols)
{
	struct pen p = {y, 1, cols};
	enum ink ink;
	const char *said = app_said(a, &ink);

	if (said && *said) {
		pen_text(&p, ink, said);
		pen_skip(&p, 3);
	}
	draw_job(a, &p);
	draw_alerts(a, y, cols, p.x);
}

/* ---- keys ---- */

static int by_rank(const void *a, const void *b)
{
	const struct binding *x = *(const struct binding *const *)a, *y = *(const struct binding *const *)b;

	return x->rank != y->rank ? x->rank - y->rank : x < y ? -1 : x > y;
}

/* Who cannot read this language finds the other one by its own name. */
static const char *label_of(const struct binding *b)
{
	return b->command == CMD_LANGUAGE ? lang_name(strcmp(lang_now(), "ja") == 0 ? "en" : "ja") : _(b->label);
}

/* Where keys stand in the last line, for the mouse. */
static struct { const struct binding *key; int from, to; } spans[64];
static size_t nspans;

const struct binding *frame_key_at(int x)
{
	for (size_t i = 0; i < nspans; i++)
		if (x >= spans[i].from && x < spans[i].to)
			return spans[i].key;
	return NULL;
}

/* "Enter open" */
static void pen_key(struct pen *p, const struct binding *b)
{
	int from = p->x;
	char key[16];

	keymap_first(b, key, sizeof key);
	pen_text(p, INK_BAR_BOLD, key);
	pen_skip(p, 1);
	pen_text(p, INK_BAR, label_of(b));
	if (nspans < sizeof spans / sizeof spans[0]) {
		spans[nspans].key = b;
		spans[nspans].from = from;
		spans[nspans++].to = p->x;
	}
}

static int key_width(const struct binding *b)
{
	char key[16];

	keymap_first(b, key, sizeof key);
	return text_width(key) + 1 + text_width(label_of(b));
}

/* The keys of the filter line while one types there: no other works then. */
static void draw_typing_keys(const struct filter_line *typing, int y, int cols)
{
	const struct binding *rows[16];
	struct pen p = {y, 1, cols};
	size_t n = 0;

	nspans = 0;
	screen_fill(y, 0, cols, INK_BAR);
	for (size_t i = 0; i < keymap_rows && n < 16 && !typing->naming; i++) /* of a name's keys the line below it tells */
		if (keymap[i].where & WHERE_FILTER)
			rows[n++] = &keymap[i];
	qsort(rows, n, sizeof *rows, by_rank);
	for (size_t i = 0; i < n && p.x + key_width(rows[i]) <= cols; i++) {
		pen_key(&p, rows[i]);
		pen_skip(&p, 2);
	}
	nspans = 0; /* a click ends no typing */
}

static void draw_keys(struct app *a, int y, int cols)
{
	struct view *v = app_top(a);
	const struct binding *rows[64], *help = NULL;
	size_t n = 0;
	struct pen p = {y, 1, cols};

	nspans = 0;
	screen_fill(y, 0, cols, INK_BAR);
	for (size_t i = 0; i < keymap_rows && n < 64; i++) {
		if (!keymap[i].label || !(keymap[i].where & v->ops->where) || !app_can(a, v, keymap[i].command))
			continue;
		if (keymap[i].command == CMD_BACK && a->depth == 1)
			continue; /* nothing to go back to */
		if (keymap[i].command == CMD_MARK && v->ops->where & WHERE_SERVERS)
			continue; /* he has a few servers: Help has it */
		if (keymap[i].command == CMD_HELP)
			help = &keymap[i];
		else
			rows[n++] = &keymap[i];
	}
	if (help)
		p.end = cols - key_width(help) - 2;
	qsort(rows, n, sizeof *rows, by_rank);
	for (size_t i = 0; i < n; i++) {
		if (p.x + key_width(rows[i]) > p.end)
			continue; /* a shorter one may fit */
		pen_key(&p, rows[i]);
		pen_skip(&p, 2);
	}
	if (help) {
		p = (struct pen){y, cols > key_width(help) + 1 ? cols - key_width(help) - 1 : 0, cols};
		pen_key(&p, help);
	}
}

void frame_draw(struct app *a, struct filter_line *typing, int *cursor_y, int *cursor_x)
{
	int rows = screen_rows(), cols = screen_cols();
	struct box in = frame_inside(rows, cols);

	screen_clip(screen_whole());
	if (in.y >= 1)
		draw_top(a, cols);
	if (in.y >= 2)
		draw_info(a, cols, in.y >= 3, typing, cursor_y, cursor_x);
	if (rows - in.y - in.h >= 2)
		draw_said(a, rows - 2, cols);
	if (rows - in.y - in.h >= 1)
		typing ? draw_typing_keys(typing, rows - 1, cols) : draw_keys(a, rows - 1, cols);
	draw_leaving(a, rows - in.y - in.h >= 2 ? rows - 2 : rows - 1, cols);
}

/* The lines of "what if": the broker's answer as sentences and small tables, and their drawing (what_if_inside.h). */
#include "views/what_if_inside.h"

#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2
#define LEFT 2

/* Which cells are numbers, and stand to the right. */
static const bool to_the_right[WHAT_IF_SECTIONS][WHAT_IF_CELLS] = {
	[WHAT_IF_TENANTS] = {false, true, true, false}, [WHAT_IF_VOLUMES] = {false, true, false, false},
};

/* ---- making ---- */

void what_if_clear(struct what_if *w)
{
	for (size_t i = 0; i < w->nrows; i++)
		for (int c = 0; c < WHAT_IF_CELLS; c++)
			free(w->rows[i].cells[c]);
	free(w->rows);
	w->rows = NULL;
	w->nrows = w->room = 0;
}

static struct what_if_row *add(struct what_if *w, enum what_if_section s, enum ink ink, const char *name)
{
	struct what_if_row *r;

	if (w->nrows == w->room) {
		w->room = w->room ? w->room * 2 : 32;
		w->rows = xrealloc(w->rows, w->room * sizeof *w->rows);
	}
	r = &w->rows[w->nrows++];
	*r = (struct what_if_row){.section = s, .ink = ink};
	snprintf(r->name, sizeof r->name, "%s", name);
	return r;
}

static void set(struct what_if *w, struct what_if_row *r, int cell, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void set(struct what_if *w, struct what_if_row *r, int cell, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	int width;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	text_mend(text);
	r->cells[cell] = text_shown_dup(text);
	width = text_width(r->cells[cell]);
	if (width > w->widths[r->section][cell])
		w->widths[r->section][cell] = width;
}

static void heading(struct what_if *w, const char *text)
{
	add(w, WHAT_IF_AIR, INK_NORMAL, "");
	set(w, add(w, WHAT_IF_AIR, INK_BOLD, ""), 0, "%s", text);
}

/* A sentence in as many rows as it takes; the first one has its sign. */
static void add_words(struct what_if *w, const char *sign, enum ink ink, const char *text, int width)
{
	char *clean = text_shown_dup(text);
	const char *s = clean;

	do {
		size_t next, n = wrap_line(s, width - LEFT - 3 > 8 ? width - LEFT - 3 : 8, &next);
		struct what_if_row *r = add(w, s == clean ? WHAT_IF_WORDS : WHAT_IF_AIR, ink, "");

		set(w, r, 0, "%s", s == clean ? sign : "");
		set(w, r, 1, "%.*s", (int)n, s);
		s += next;
	} while (*s);
	free(clean);
}

/* What the tables below say in numbers. */
static bool is_tabled(const char *id)
{
	static const char *const prefixes[] = {"warn.pair.", "cluster.", "what-if.room"};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(id, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void words(struct what_if *w, int width)
{
	size_t i;
	json_t *j;

	/* What warns comes first. */
	for (int warns = 1; warns >= 0; warns--)
		json_array_foreach (json_object_get(w->answer, "impact"), i, j) {
			const char *id = proto_text(j, "msg");
			bool warn = strncmp(id, "warn.", 5) == 0;
			struct msg m;

			if (is_tabled(id) || warn != warns || !msg_from_json(&m, j))
				continue;
			add_words(w, warn ? "!" : "", warn ? INK_WARN : INK_NORMAL, m.text, width);
			msg_free(&m);
		}
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

static void tenants(struct what_if *w)
{
	json_t *list = json_object_get(w->answer, "tenants"), *j;
	struct what_if_row *r;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	heading(w, _("Customers"));
	r = add(w, WHAT_IF_TENANTS, INK_DIM, "");
	set(w, r, 0, "%s", _("TENANT"));
	set(w, r, 1, "%s", _("VMS"));
	set(w, r, 2, "%s", _("RUN"));
	set(w, r, 3, "%s", _("CONTACT"));
	json_array_foreach (list, i, j) {
		const char *name = proto_text(j, "name");

		r = add(w, WHAT_IF_TENANTS, number(j, "running") > 0 ? INK_NORMAL : INK_DIM, name);
		set(w, r, 0, "%s", *name ? name : _("no tenant"));
		set(w, r, 1, "%lld", number(j, "vms"));
		set(w, r, 2, "%lld", number(j, "running"));
		set(w, r, 3, "%s", proto_text(j, "contact"));
	}
}

static void clusters(struct what_if *w)
{
	json_t *list = json_object_get(w->answer, "clusters"), *j;
	size_t i;

	if (json_array_size(list) > 0)
		heading(w, _("Clusters"));
	json_array_foreach (list, i, j) {
		struct look l = look_loss(proto_text(j, "quorum"), screen_tier());
		bool fits = json_is_true(json_object_get(j, "fits"));
		struct what_if_row *r = add(w, WHAT_IF_CLUSTERS, !fits && l.rank <= LOOK_WELL ? INK_WARN : l.rank <= LOOK_WELL ? INK_NORMAL : l.ink, proto_text(j, "name"));

		set(w, r, 0, "%s", proto_text(j, "name"));
		set(w, r, 1, _("quorum %s"), l.word);
		if (number(j, "unknown") > 0)
			set(w, r, 2, _("votes %lld -> %lld, %lld ?, %lld needed"), number(j, "votes_before"), number(j, "votes_after"), number(j, "unknown"), number(j, "needed"));
		else
			set(w, r, 2, _("votes %lld -> %lld, %lld needed"), number(j, "votes_before"), number(j, "votes_after"), number(j, "needed"));
		set(w, r, 3, fits ? _("needs %.0f of %.0f GiB") : _("needs %.0f of %.0f GiB: no room"), (double)number(j, "mem_needed_kib") / (1024 * 1024),
			(double)number(j, "mem_left_kib") / (1024 * 1024));
	}
}

static void pairs(struct what_if *w)
{
	json_t *list = json_object_get(w->answer, "pairs"), *j;
	size_t i;

	if (json_array_size(list) > 0)
		heading(w, _("Pairs"));
	for (int both = 1; both >= 0; both--)
		json_array_foreach (list, i, j) {
			const char *other = proto_text(j, "other");
			struct what_if_row *r;

			if (json_is_true(json_object_get(j, "both")) != both)
				continue;
			r = add(w, WHAT_IF_PAIRS, both ? INK_WARN : strcmp(other, "runs") == 0 || !*other ? INK_NORMAL : INK_UNKNOWN, proto_text(j, "a"));
			set(w, r, 0, "%s / %s", proto_text(j, "a"), proto_text(j, "b"));
			set(w, r, 1, "%s", both ? _("both halves end") : strcmp(other, "off") == 0 ? _("the other half is off") : strcmp(other, "unknown") == 0 ?
				_("nobody knows how the other half is") : _("the other half stays"));
		}
}

static void volumes(struct what_if *w)
{
	json_t *list = json_object_get(w->answer, "volumes"), *j;
	size_t i;

	if (json_array_size(list) > 0)
		heading(w, _("Volumes that these VMs have open"));
	json_array_foreach (list, i, j) {
		struct what_if_row *r = add(w, WHAT_IF_VOLUMES, INK_NORMAL, proto_text(j, "name"));

		set(w, r, 0, "%s", proto_text(j, "name"));
		set(w, r, 1, P_(_("%lld VM"), _("%lld VMs"), number(j, "vms")), number(j, "vms"));
	}
}

static void make(struct what_if *w, int width)
{
	const struct what_if_scope *s = &w->scopes[w->at];

	what_if_clear(w);
	memset(w->widths, 0, sizeof w->widths);
	w->made = width;
	if (w->answer) {
		words(w, width);
		clusters(w);
		tenants(w);
		pairs(w);
		volumes(w);
		add(w, WHAT_IF_AIR, INK_NORMAL, "");
		set(w, add(w, WHAT_IF_AIR, INK_DIM, ""), 0, "tana what-if %s:%s", kind_name(s->kind), s->name);
	}
	if (w->row >= w->nrows)
		w->row = w->nrows > 0 ? w->nrows - 1 : 0;
	while (w->row > 0 && w->rows[w->row].section == WHAT_IF_AIR)
		w->row--;
}

/* ---- drawing ---- */

static void draw_scopes(struct what_if *w, struct box b)
{
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	char text[400];

	for (int i = 0; i < w->nscopes; i++) {
		const struct what_if_scope *s = &w->scopes[i];
		bool here = i == w->at;

		snprintf(text, sizeof text, s->kind == KIND_RACK ? _("rack %s") : s->kind == KIND_ENCLOSURE ? _("enclosure %s") : s->kind == KIND_BLADE ? _("blade %s") :
			s->kind == KIND_CLUSTER ? _("cluster %s") : s->kind == KIND_VOLUME ? _("volume %s") : _("VM %s"), s->name);
		pen_text(&p, INK_ACCENT, here ? "[" : " ");
		pen_text(&p, here ? INK_BOLD : INK_DIM, text);
		pen_text(&p, INK_ACCENT, here ? "]" : " ");
		pen_skip(&p, 2);
	}
}

static void draw_row(const struct what_if *w, size_t i, struct box b, int y)
{
	const struct what_if_row *r = &w->rows[i];
	bool here = i == w->row && r->section != WHAT_IF_AIR;
	int x = b.x + LEFT, end = b.x + b.w;

	if (here)
		screen_text(y, b.x, 1, INK_ACCENT, ">");
	for (int c = 0; c < WHAT_IF_CELLS; c++) {
		int width = w->widths[r->section][c], most = c == 0 && r->section != WHAT_IF_AIR ? b.w / 2 : end - x;
		enum ink ink = r->ink;

		width = width > most || r->section == WHAT_IF_AIR ? most : width;
		if (r->section == WHAT_IF_WORDS || (r->section == WHAT_IF_AIR && r->cells[1])) {
			/* a sign, and the sentence behind it */
			width = c == 0 ? 1 : end - x;
		}
		if (width <= 0 || !r->cells[c]) {
			x += width > 0 ? width + GAP : 0;
			continue;
		}
		if (c == 0 && here && *r->name) {
			screen_fill(y, x - 1, width + 2, INK_CURSOR);
			ink = palette_selected(ink);
		} else if (c == 3 && r->section == WHAT_IF_TENANTS) {
			ink = INK_DIM;
		}
		(to_the_right[r->section][c] ? screen_right : screen_text)(y, x, width, ink, r->cells[c]);
		x += width + (r->section == WHAT_IF_WORDS || r->section == WHAT_IF_AIR ? 1 : GAP);
	}
}

void what_if_draw(struct what_if *w, struct box b)
{
	screen_clip(b);
	if (b.h < 1 || b.w < 1)
		return;
	draw_scopes(w, b);
	if (w->made != b.w)
		make(w, b.w);
	w->area = (struct box){b.y + 2, b.x, b.h - 2, b.w};
	w->page = w->area.h > 0 ? (size_t)w->area.h : 0;
	if (*w->error || !w->answer) {
		screen_text(w->area.y, b.x + LEFT, b.w - LEFT, *w->error ? INK_WARN : INK_DIM, *w->error ? w->error : _("Asking the broker."));
		return;
	}
	/* What stands above the first line that one can stand on, and below the last one, is brought along. */
	if (w->row < w->top)
		w->top = w->row;
	if (w->page > 0 && w->row + 1 >= w->nrows - (w->nrows > 2 ? 2 : 0) && w->nrows > w->page)
		w->top = w->nrows - w->page;
	else if (w->page > 0 && w->row >= w->top + w->page)
		w->top = w->row - w->page + 1;
	if (w->row < w->page && w->top > 0 && w->row + 1 < w->page && w->nrows <= w->page)
		w->top = 0;
	for (size_t i = w->top; i < w->nrows && i - w->top < w->page; i++)
		draw_row(w, i, w->area, w->area.y + (int)(i - w->top));
	if (w->top > 0)
		screen_glyph(w->area.y, b.x + b.w - 1, INK_DIM, GLYPH_UP);
	if (w->top + w->page < w->nrows)
		screen_glyph(w->area.y + (int)w->page - 1, b.x + b.w - 1, INK_DIM, GLYPH_DOWN);
}

/* Drawing a VM's snapshots (vm_snaps.h). */
#include "views/vm_snaps.h"

#include "common/text.h"
#include "term/screen.h"
#include "tr.h"
#include "words/look.h"
#include "words/wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDE 100          /* columns from which every column has its place */
#define GAP 2
#define NAME_LEAST 14      /* what follows it gives way to so much of a name */
#define ENDLESS 10000

/* What is not kept for sure. */
struct mood { const char *sign, *word; enum ink ink; };

static struct mood mood_of(const struct app *a, const struct snap *row)
{
	const struct job *j = *row->job ? registry_find(a->objects, KIND_JOB, row->job) : NULL;

	/* The job is told at once, the list is asked for after it: a job that is done is believed. */
	if (row->kept || (j && (j->state == JOB_DONE || j->state == JOB_ACCEPTED)))
		return (struct mood){NULL, "", INK_NORMAL};
	if (j && j->state == JOB_FAILED)
		return (struct mood){"x", look_job(j, TIER_ASCII).word, INK_ALERT_TEXT};
	if (j && j->state != JOB_UNKNOWN && job_state_is_open(j->state))
		return (struct mood){"~", _("being taken"), INK_ACTIVE};
	return (struct mood){"?", _("not known yet"), INK_UNKNOWN};
}

/* ---- columns ---- */

#define DATE 16

struct widths { int name, date, age, kind, size, by, state; bool brief; }; /* 0: it has no column */

/* "" when it is not known; a column of nothing takes no room. */
static void size_text(const struct snap *row, char *out, size_t size)
{
	if (row->bytes >= 1024)
		text_bytes_kib(out, size, (unsigned long long)row->bytes / 1024);
	else
		out[0] = '\0';
}

static int most(int have, const char *text, int limit)
{
	int w = text_width(text);

	w = w > limit ? limit : w;
	return w > have ? w : have;
}

static int with_gap(int w)
{
	return w ? w + GAP : 0;
}

static struct widths widths_of(const struct vm_snaps *s, int width)
{
	struct widths w = {.brief = width < WIDE, .date = DATE, .age = width < WIDE ? 0 : 6};
	int left;

	for (size_t i = 0; i < s->live.now.n; i++) {
		const struct snap *row = &s->live.now.list[i];
		int name = row->level * 2 + 2 + text_width(row->name); /* the tree stands before it */
		char size[32];

		size_text(row, size, sizeof size);
		w.name = name > w.name ? name : w.name;
		w.kind = most(w.kind, snaps_kind(row, w.brief), 26);
		w.size = most(w.size, size, 10);
		w.by = most(w.by, snaps_by(row), w.brief ? 10 : 16);
		w.state = most(w.state, mood_of(s->live.app, row).word, 16);
	}
	if (w.brief && w.state > w.size) { /* what is not there yet has no size: one place serves both */
		w.size = w.state;
		w.state = 0;
	}
	left = width - 2 - with_gap(w.date) - with_gap(w.age) - with_gap(w.kind) - with_gap(w.size) - with_gap(w.by) - with_gap(w.state);
	{ /* what goes first when there is no room for names */
		int *const least[] = {&w.kind, &w.by, &w.age, &w.size, &w.state, &w.date};

		for (size_t i = 0; i < sizeof least / sizeof *least && left < NAME_LEAST && left < w.name; i++) {
			left += with_gap(*least[i]);
			*least[i] = 0;
		}
	}
	if (w.name > left)
		w.name = left > 0 ? left : 0;
	return w;
}

static void draw_row(const struct vm_snaps *s, size_t i, int y, struct box b, const struct widths *w)
{
	const struct snap *row = &s->live.now.list[i];
	struct mood mood = mood_of(s->live.app, row);
	bool here = s->at && strcmp(s->at, row->id) == 0;
	enum ink name = row->current ? INK_BOLD : mood.ink;
	char text[SNAPS_LEVELS * 8 + 8];
	int x = b.x + 2, tree;

	snaps_tree(text, sizeof text, row, screen_tier());
	tree = text_width(text);
	screen_text(y, b.x, 1, here ? INK_ACCENT : INK_NORMAL, here ? ">" : " ");
	screen_text(y, x, tree < w->name ? tree : w->name, INK_LINE, text);
	if (tree + 2 < w->name) {
		screen_text(y, x + tree, 1, mood.sign ? mood.ink : row->current ? INK_BOLD : INK_DIM, mood.sign ? mood.sign : glyph_text(row->current ? GLYPH_NODE_NOW : GLYPH_NODE, screen_tier()));
		screen_text(y, x + tree + 2, w->name - tree - 2, here ? palette_selected(name) : name, row->name);
	}
	x += w->name + GAP;
	if (w->date) {
		look_time(text, sizeof text, row->created);
		screen_text(y, x, w->date, INK_NORMAL, *text ? text : "-");
		x += w->date + GAP;
	}
	if (w->age) {
		look_age(text, sizeof text, row->created);
		screen_right(y, x, w->age, INK_DIM, text);
		x += w->age + GAP;
	}
	if (w->kind) {
		screen_text(y, x, w->kind, INK_DIM, snaps_kind(row, w->brief));
		x += w->kind + GAP;
	}
	if (w->size) {
		size_text(row, text, sizeof text);
		if (*mood.word && !w->state)
			screen_right(y, x, w->size, mood.ink, mood.word);
		else
			screen_right(y, x, w->size, INK_NORMAL, text);
		x += w->size + GAP;
	}
	if (w->by) {
		screen_text(y, x, w->by, row->outside ? INK_DIM : INK_NORMAL, snaps_by(row));
		x += w->by + GAP;
	}
	if (w->state)
		screen_text(y, x, w->state, mood.ink, mood.word);
}

/* "as of 3 min ago" where it is not as of now. */
static enum ink age_note(const struct vm_snaps *s, char *out, size_t size)
{
	const struct snaps *now = &s->live.now;
	char age[32];

	out[0] = '\0';
	if (!now->answer)
		return INK_DIM;
	look_age(age, sizeof age, now->at);
	if (!now->live)
		snprintf(out, size, *age ? _("as last known, %s ago") : _("as last known"), age);
	else if (*age)
		snprintf(out, size, _("as of %s ago"), age);
	return !now->live || app_lost(s->live.app) || *s->live.error ? INK_UNKNOWN : INK_DIM;
}

void vm_snaps_note(const struct vm_snaps *s, char *out, size_t size)
{
	age_note(s, out, size);
	if (!*out && s->live.now.answer)
		snprintf(out, size, "%s", s->live.error);
}

static void draw_heading(const struct vm_snaps *s, struct box b)
{
	struct pen p = {b.y, b.x, b.x + b.w};
	char note[64];
	enum ink ink = age_note(s, note, sizeof note);

	screen_text(b.y, b.x, b.w, INK_NORMAL, "");
	pen_text(&p, INK_BOLD, _("Snapshots"));
	pen_skip(&p, 2);
	if (*note)
		pen_piece(&p, ink, "%s", note);
	if (s->live.now.answer && s->live.error[0])
		pen_text(&p, INK_WARN, s->live.error);
}

/* ---- limits ---- */

#define BAR_WIDE 20
#define BAR_NARROW 10
#define BAR_FROM 56       /* columns from which there is room for one before the words */

static void draw_bar(int y, int x, int cells, double part, enum ink ink)
{
	int n = (int)(part * cells + 0.5);

	if (n == 0 && part > 0)
		n = 1;
	for (int i = 0; i < cells; i++)
		screen_glyph(y, x + i, i < n ? ink : INK_LINE, i < n ? GLYPH_BAR : GLYPH_BAR_REST);
}

/* A line each: in words, and in a pane as a bar too, where it is known how much of it is used. */
static int draw_limits(const struct vm_snaps *s, struct box b, bool bars)
{
	int bar = !bars || b.w < BAR_FROM ? 0 : b.w < WIDE ? BAR_NARROW : BAR_WIDE, y = b.y;

	for (size_t i = 0; i < s->limits.n; i++) {
		const struct line *l = &s->limits.list[i];
		int in = bar ? 2 + bar + 2 : 3;

		screen_text(y, b.x, 1, l->ink, l->head);
		if (bar && i < VM_SNAPS_BARS && s->used[i] >= 0)
			draw_bar(y, b.x + 2, bar, s->used[i], l->ink == INK_WARN ? INK_WARN : INK_LOAD);
		y += wrap_draw(y, b.x + in, b.w - in, ENDLESS, l->ink, l->text, false);
	}
	return y - b.y;
}

/* Why none can be taken here at all, when that is so. */
static void nothing_here(const struct vm_snaps *s, char *out, size_t size)
{
	char external[256];

	snaps_why_not(&s->live.now, "create", out, size);
	snaps_why_not(&s->live.now, "external", external, sizeof external);
	if (!*out || !*external)
		snprintf(out, size, "%s", s->live.now.n == 0 ? _("None is kept.") : "");
}

int vm_snaps_draw(struct vm_snaps *s, struct box b, bool head)
{
	const struct snaps *now = &s->live.now;
	int h = head;
	char text[512];

	if (head)
		draw_heading(s, b);
	if (!now->answer) {
		screen_text(b.y + h, b.x, b.w, s->live.answered ? INK_WARN : INK_DIM, s->live.answered ? s->live.error : _("Asking its host."));
		s->rows_y = b.y + h + 1;
		return h + 1;
	}
	h += draw_limits(s, (struct box){b.y + h, b.x, ENDLESS, b.w}, !head);
	h += !head && s->limits.n > 0 && now->n > 0; /* in a pane of its own there is room for a blank row */
	nothing_here(s, text, sizeof text);
	if (*text) {
		screen_text(b.y + h, b.x, b.w, INK_DIM, text);
		h++;
	}
	s->rows_y = b.y + h;
	if (now->n > 0) {
		struct widths w = widths_of(s, b.w);

		for (size_t i = 0; i < now->n; i++)
			if (s->rows_y + (int)i >= 0 && s->rows_y + (int)i < screen_rows())
				draw_row(s, i, s->rows_y + (int)i, b, &w);
		h += (int)now->n;
	}
	if (now->hidden > 0) {
		snprintf(text, sizeof text, _("and %zu more"), now->hidden);
		screen_text(b.y + h, b.x + 2, b.w - 2, INK_DIM, text);
		h++;
	}
	return h;
}

/* ---- the cursor ---- */

int vm_snaps_row(const struct vm_snaps *s)
{
	size_t row = s->at ? snaps_find(&s->live.now, s->at) : s->live.now.n;

	return row < s->live.now.n ? (int)row : -1;
}

static void put(struct vm_snaps *s, int row)
{
	char *id = row >= 0 ? xstrdup(s->live.now.list[row].id) : NULL;

	free(s->at);
	s->at = id;
}

bool vm_snaps_move(struct vm_snaps *s, int by)
{
	int row = vm_snaps_row(s), to = row + by;

	if (by > 0 && to >= (int)s->live.now.n)
		return false;
	if (by < 0 && row < 0)
		return false;
	put(s, to);
	return to >= 0;
}

void vm_snaps_menu(struct vm_snaps *s, const struct vm *vm)
{
	if (s->at && vm_snaps_row(s) >= 0)
		app_push(s->live.app, dialog_snapshot_menu_new(s->live.app, vm, s->live.now.answer, s->at));
}

/* ---- life ---- */

static void told(void *ctx)
{
	struct vm_snaps *s = ctx;

	lines_clear(&s->limits);
	s->limits.heads = HEADS_INK;
	snaps_limits(json_object_get(s->live.now.answer, "limits"), &s->limits);
	snaps_limits_used(json_object_get(s->live.now.answer, "limits"), s->used, VM_SNAPS_BARS);
	if (s->at && vm_snaps_row(s) < 0) /* it is gone */
		put(s, -1);
}

void vm_snaps_open(struct vm_snaps *s, struct app *a, const char *vm_id)
{
	memset(s, 0, sizeof *s);
	snaps_live_open(&s->live, a, vm_id, told, s);
}

void vm_snaps_close(struct vm_snaps *s)
{
	snaps_live_close(&s->live);
	lines_clear(&s->limits);
	free(s->at);
}

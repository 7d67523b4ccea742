/* Drawing a list: which columns fit, their heads, the rows on the screen (list_inside.h). */
#include "lists/list_inside.h"

#include "common/text.h"
#include "link/stats.h"
#include "lists/first.h"
#include "tr.h"
#include "words/wrap.h"

#include <stdio.h>
#include <string.h>

#define GAP 2          /* between columns */
#define ROOM_NOTE 8    /* what is left over must be this much, else the column goes */

/* Hosts that were named on the command line stand in no rack that anybody knows. */
static bool is_of_no_place(const struct list *l, const struct column *c)
{
	return l->kind == KIND_BLADE && !l->chosen && app_of_uris(l->app) &&
		(strcmp(c->title, "RACK") == 0 || strcmp(c->title, "ENCL") == 0 || strcmp(c->title, "BAY") == 0);
}

/* What is left over, to the column that is for it, and past its most to the last one. */
static void take_rest(const struct list *l, int *cells, int rest, int more)
{
	int last = rest, give;

	for (int at = 0; at < l->nshown; at++)
		last = cells[l->shown[at]] > 0 ? l->shown[at] : last;
	give = last == rest || cells[rest] + more <= COLUMN_REST_MOST ? more : cells[rest] < COLUMN_REST_MOST ? COLUMN_REST_MOST - cells[rest] : 0;
	cells[rest] += give;
	if (!l->columns->list[last].right)
		cells[last] += more - give;
}

/* Before a column goes that one wants always (a state), the widest of the others gives up what is missing. False: none has as much. */
static bool squeeze(const struct list *l, int *cells, int *total, int width)
{
	const struct columns *c = l->columns;
	int widest = 0;

	for (int i = 1; i < c->n && !l->chosen; i++)
		if (c->list[i].rank == 0 && cells[i] - c->list[i].min > (widest ? cells[widest] - c->list[widest].min : 0))
			widest = i;
	if (widest == 0 || cells[widest] - c->list[widest].min < *total - width)
		return false;
	cells[widest] -= *total - width;
	*total = width;
	return true;
}

void list_lay_out(const struct list *l, int width, int *cells)
{
	const struct columns *c = l->columns;
	int total = LIST_LEFT - GAP, rest = -1;

	memset(cells, 0, (size_t)c->n * sizeof *cells);
	for (int at = 0; at < l->nshown; at++) {
		int i = l->shown[at];
		const struct column *col = &c->list[i];
		bool empty = !l->chosen && col->max > col->min && l->seen[i] == 0 && l->seen[0] > 0;

		cells[i] = col->max == 0 ? (col->rank == 0 ? col->min : ROOM_NOTE) : l->seen[i] > col->min ? l->seen[i] : col->min;
		if (cells[i] < text_width(_(col->title))) /* a title has another width in another language */
			cells[i] = text_width(_(col->title));
		if ((l->constant[i] && i != l->sort) || (empty && i > 0) || (l->blade && col->field && strcmp(col->field, "blade") == 0) ||
			(l->within_field && col->field && strcmp(col->field, l->within_field) == 0) || is_of_no_place(l, col))
			cells[i] = 0;
		if (cells[i] > 0)
			total += cells[i] + GAP;
		if (col->max == 0)
			rest = i;
	}
	while (total > width) {
		int worst = 0;

		for (int at = 1; at < l->nshown; at++) {
			int i = l->shown[at];

			/* What the user put in an order goes from its end. */
			if (cells[i] > 0 && i != l->sort && (cells[worst] == 0 || worst == 0 || l->chosen || c->list[i].rank >= c->list[worst].rank))
				worst = i;
		}
		if (worst == 0 || (c->list[worst].rank <= 1 && squeeze(l, cells, &total, width)))
			break;
		total -= cells[worst] + GAP;
		cells[worst] = 0;
	}
	if (total > width && rest >= 0 && c->list[rest].rank == 0 && cells[rest] - (total - width) >= ROOM_NOTE) {
		cells[rest] -= total - width;
		total = width;
	}
	if (total > width) { /* the name alone, and the column that sorts */
		cells[l->sort] = l->sort ? 0 : cells[0];
		cells[0] = width - LIST_LEFT > 0 ? width - LIST_LEFT : 0;
	} else if (rest >= 0 && cells[rest] > 0) {
		take_rest(l, cells, rest, width - total);
	}
}

static void draw_head(struct list *l, int y, const struct box *b, const int *cells)
{
	int x = b->x + LIST_LEFT;

	screen_fill(y, b->x, b->w, INK_HEAD);
	memset(l->right, 0, sizeof l->right);
	for (int at = 0; at < l->nshown; at++) {
		int i = l->shown[at];
		const struct column *col = &l->columns->list[i];
		char title[64];
		bool room;

		if (cells[i] == 0)
			continue;
		/* The arrow stands behind the title; before it where numbers stand to the right. */
		room = text_width(_(col->title)) + 2 <= cells[i] + (col->right ? 0 : GAP - 1);
		if (i != l->sort)
			snprintf(title, sizeof title, "%s", _(col->title));
		else if (col->right)
			snprintf(title, sizeof title, "%s%s%s", glyph_text(l->reverse ? GLYPH_DOWN : GLYPH_UP, screen_tier()), room ? " " : "", _(col->title));
		else
			snprintf(title, sizeof title, "%s%s%s", _(col->title), room ? " " : "", glyph_text(l->reverse ? GLYPH_DOWN : GLYPH_UP, screen_tier()));
		if (col->right)
			screen_right(y, x - 1, cells[i] + 1, INK_HEAD, title);
		else
			screen_text(y, x, cells[i] + (cells[i] + x + 1 < b->x + b->w ? 1 : 0), INK_HEAD, title);
		l->left[i] = x;
		l->right[i] = x + cells[i] + 1;
		x += cells[i] + GAP;
	}
}

static void draw_row(const struct list *l, int y, const struct box *b, const int *cells, uint32_t slot)
{
	const void *o = registry_at(l->app->objects, l->kind, slot);
	/* The cursor lights the name and not the whole row: what hurts keeps its colour, and a step sends little. */
	bool here = slot == l->cursor, marked = list_marks(l) && marks_has(list_marks(l), slot);
	struct cell c;
	int x = b->x + LIST_LEFT;

#define PAINT(ink) (here ? palette_selected(ink) : (ink))
	if (here)
		screen_fill(y, b->x, LIST_LEFT + cells[0] + 1, INK_CURSOR);
	screen_text(y, b->x, 1, PAINT(INK_ACCENT), marked ? "*" : here ? ">" : " ");
	l->columns->sign(o, &c, screen_tier());
	screen_text(y, b->x + 1, 1, PAINT(c.ink), c.text);
	for (int at = 0; at < l->nshown; at++) {
		int i = l->shown[at];

		if (cells[i] == 0)
			continue;
		l->columns->list[i].cell(o, &c, screen_tier());
		if (i == 0 && marked && c.ink == INK_NORMAL)
			c.ink = INK_BOLD;
		if (*c.text)
			(l->columns->list[i].right ? screen_right : screen_text)(y, x, cells[i], i == 0 ? PAINT(c.ink) : c.ink, c.text);
		x += cells[i] + GAP;
	}
#undef PAINT
}

/* The VMs of a blade whose host was not heard. */
static bool is_unknown(const struct list *l)
{
	void *o;

	return registry_named(l->app->objects, KIND_BLADE, l->blade, &o, 1) == 1 && ((struct blade *)o)->host != HOST_NONE && ((struct blade *)o)->host != HOST_UP;
}

void list_draw(struct list *l, struct box b)
{
	int cells[COLUMNS_MOST];
	size_t n, most;
	uint32_t s;
	bool now = false; /* some column tells what they do now */

	list_settle(l);
	screen_clip(b);
	if (b.h < 1 || b.w < 1)
		return;
	list_lay_out(l, b.w, cells);
	if (b.h > 2)
		draw_head(l, b.y, &b, cells);
	l->rows = (struct box){b.h > 2 ? b.y + 1 : b.y, b.x, b.h > 2 ? b.h - 1 : b.h, b.w};
	l->page = (size_t)l->rows.h;
	l->name_end = b.x + LIST_LEFT + cells[0] + 1;
	n = order_count(l->order);
	if (n == 0) {
		const char *say = list_total(l) > 0 ? l->columns->none_match : l->columns->empty;
		struct box first = {l->rows.y + (l->rows.h > 2), b.x + LIST_LEFT, l->rows.h - (l->rows.h > 2), b.w - LIST_LEFT - 1};

		if (list_total(l) == 0 && l->blade && is_unknown(l)) /* what nobody told is not none */
			say = N_("Its host does not answer: its VMs are not known.");
		if (list_total(l) == 0 && !l->blade && (l->kind == KIND_VM || l->kind == KIND_BLADE) && first_draw(l->app, first))
			return;
		if (first.w > 0 && first.h > 0)
			wrap_draw(first.y, first.x, first.w, first.h, INK_DIM, _(say), false);
		return;
	}
	most = n > l->page ? n - l->page : 0;
	if (l->rank < l->top)
		l->top = l->rank;
	if (l->rank >= l->top + l->page)
		l->top = l->rank - l->page + 1;
	if (l->top > most)
		l->top = most;
	for (int i = 0; i < l->columns->n; i++)
		now |= cells[i] > 0 && column_is_now(&l->columns->list[i]);
	s = order_at(l->order, l->top);
	for (int i = 0; i < l->rows.h && s != ORDER_NONE; i++, s = order_next(l->order, s)) {
		if (now)
			stats_want(((struct object *)registry_at(l->app->objects, l->kind, s))->id);
		draw_row(l, l->rows.y + i, &b, cells, s);
	}
}

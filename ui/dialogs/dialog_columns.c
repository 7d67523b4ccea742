/* The columns of a list: which, in which order, sorted by which. Every key counts at once, in the list that stays visible beside it; there is
 * nothing to be confirmed. Opened by C in a list and by Setup. */
#include "app.h"
#include "common/text.h"
#include "frame.h"
#include "lists/list.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 36

struct dialog_columns {
	struct view view;
	struct list *list;         /* of the view below, or of one that Setup had made */
	int order[COLUMNS_MOST];   /* all of them, shown or not */
	bool on[COLUMNS_MOST];
	int at, top;
	struct box rows;           /* where they stood in the last picture */
};

static struct dialog_columns *of(struct view *v)
{
	return (struct dialog_columns *)v;
}

static int count(const struct dialog_columns *d)
{
	return list_columns(d->list)->n;
}

/* As the list has them; what is not shown stands behind. */
static void take(struct dialog_columns *d)
{
	bool usual, there[COLUMNS_MOST] = {false};
	int n = list_chosen(d->list, d->order, &usual);

	for (int i = 0; i < n; i++)
		there[d->order[i]] = d->on[d->order[i]] = true;
	for (int i = 0; i < count(d); i++)
		if (!there[i]) {
			d->on[i] = false;
			d->order[n++] = i;
		}
}

static void give(struct dialog_columns *d)
{
	int shown[COLUMNS_MOST], n = 0;

	for (int i = 0; i < count(d); i++)
		if (d->on[d->order[i]])
			shown[n++] = d->order[i];
	list_choose(d->list, shown, n);
}

/* ---- drawing ---- */

static void draw_row(const struct dialog_columns *d, int y, struct box b, int i)
{
	int column = d->order[i];
	bool here = i == d->at, reverse;
	const struct column *c = &list_columns(d->list)->list[column];
	enum ink ink = here ? INK_CURSOR : d->on[column] ? INK_NORMAL : INK_DIM;
	struct pen p = {y, b.x + 2, b.x + b.w - 2};

	if (here)
		screen_fill(y, b.x + 1, b.w - 2, INK_CURSOR);
	screen_text(y, b.x + 1, 1, ink, here ? ">" : " ");
	pen_f(&p, ink, "%s %s", d->on[column] ? "[x]" : "[ ]", _(c->title));
	if (list_sorted_by(d->list, &reverse) == column) {
		pen_skip(&p, 1);
		pen_glyph(&p, here ? INK_CURSOR_BOLD : INK_ACCENT, reverse ? GLYPH_DOWN : GLYPH_UP);
	}
	if (column == 0 && p.x + 2 + text_width(_("always first")) <= p.end)
		screen_right(y, p.x, p.end - p.x, here ? INK_CURSOR : INK_DIM, _("always first"));
}

static void draw(struct view *v, struct box area)
{
	struct dialog_columns *d = of(v);
	int n = count(d), shown = 0;
	char right[32];
	struct box b;

	for (int i = 0; i < n; i++)
		shown += d->on[i];
	b.w = area.w < WIDTH ? area.w : WIDTH;
	b.h = n + 2 < area.h ? n + 2 : area.h;
	b.x = area.x + area.w - b.w;
	b.y = area.y;
	snprintf(right, sizeof right, _("%d of %d"), shown, n);
	screen_clip(area);
	screen_box(b, INK_LINE, INK_BOLD, _("Columns"), right);
	d->rows = (struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2};
	if (d->rows.h < 1)
		return;
	if (d->at < d->top)
		d->top = d->at;
	if (d->at >= d->top + d->rows.h)
		d->top = d->at - d->rows.h + 1;
	for (int i = 0; i < d->rows.h && d->top + i < n; i++)
		draw_row(d, d->rows.y + i, b, d->top + i);
	/* Borders say that there is more. */
	if (d->top > 0)
		screen_glyph(b.y, b.x + b.w - 2, INK_ACCENT, GLYPH_UP);
	if (d->top + d->rows.h < n)
		screen_glyph(b.y + b.h - 1, b.x + b.w - 2, INK_ACCENT, GLYPH_DOWN);
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("columns"));
}

/* ---- keys ---- */

static void go(struct dialog_columns *d, int to)
{
	d->at = to < 0 ? 0 : to >= count(d) ? count(d) - 1 : to;
}

static void toggle(struct dialog_columns *d)
{
	int column = d->order[d->at];

	if (column == 0) {
		app_say(d->view.app, INK_DIM, "%s", _("The first column says what the row is: it always stands there."));
		return;
	}
	d->on[column] = !d->on[column];
	give(d);
}

static void move(struct dialog_columns *d, int by)
{
	int to = d->at + by, column = d->order[d->at];

	if (column == 0 || to < 1 || to >= count(d))
		return;
	d->order[d->at] = d->order[to];
	d->order[to] = column;
	d->at = to;
	give(d);
}

static void sort(struct dialog_columns *d, bool turn)
{
	bool reverse;
	int by = list_sorted_by(d->list, &reverse), column = d->order[d->at];

	if (turn)
		list_sort_by(d->list, by, !reverse);
	else if (!list_columns(d->list)->list[column].compare)
		app_say(d->view.app, INK_DIM, "%s", _("What VMs do now is known of those on the screen alone: nothing is sorted by it."));
	else
		list_sort_by(d->list, column, column == by ? !reverse : list_columns(d->list)->list[column].down);
}

static void usual(struct dialog_columns *d)
{
	const struct columns *c = list_columns(d->list);

	list_choose(d->list, NULL, 0);
	list_sort_by(d->list, c->sort, c->list[c->sort].down);
	list_shown(d->list); /* takes it in */
	take(d);
}

static bool command(struct view *v, enum command c)
{
	struct dialog_columns *d = of(v);

	switch (c) {
	case CMD_UP:
		go(d, d->at - 1);
		return true;
	case CMD_DOWN:
		go(d, d->at + 1);
		return true;
	case CMD_PAGE_UP:
		go(d, d->at - d->rows.h);
		return true;
	case CMD_PAGE_DOWN:
		go(d, d->at + d->rows.h);
		return true;
	case CMD_HOME:
		go(d, 0);
		return true;
	case CMD_END:
		go(d, count(d) - 1);
		return true;
	case CMD_MARK:
		toggle(d);
		return true;
	case CMD_EARLIER:
		move(d, -1);
		return true;
	case CMD_LATER:
		move(d, 1);
		return true;
	case CMD_SORT:
		sort(d, false);
		return true;
	case CMD_SORT_REVERSE:
		sort(d, true);
		return true;
	case CMD_USUAL:
		usual(d);
		return true;
	default:
		return false;
	}
}

static enum click click(struct view *v, int y, int x)
{
	struct dialog_columns *d = of(v);
	int i = d->top + y - d->rows.y;

	if (y < d->rows.y || y >= d->rows.y + d->rows.h || x < d->rows.x || x >= d->rows.x + d->rows.w || i >= count(d))
		return CLICK_NONE;
	d->at = i;
	if (x < d->rows.x + 5) /* the box */
		toggle(d);
	return CLICK_DONE;
}

static void closed(struct view *v)
{
	free(v);
}

static const struct view_ops ops = {
	.name = "columns", .where = WHERE_COLUMNS, .overlay = true, .draw = draw, .crumb = crumb, .command = command, .click = click, .closed = closed,
};

struct view *dialog_columns_new(struct app *a, struct list *l)
{
	struct dialog_columns *d = xcalloc(1, sizeof *d);

	d->view.ops = &ops;
	d->view.app = a;
	d->list = l;
	list_shown(l); /* takes in what another list of the sort has chosen meanwhile */
	take(d);
	return &d->view;
}

/* What keys do in a list: moving, sorting, marking (list.h). */
#include "lists/list_inside.h"

#include "tr.h"
#include "words/look.h"

static void go_to(struct list *l, size_t rank)
{
	size_t n = order_count(l->order);

	if (n == 0)
		return;
	l->rank = rank < n ? rank : n - 1;
	l->cursor = order_at(l->order, l->rank);
	l->moved = true;
}

static bool is_wrong(const struct list *l, uint32_t slot)
{
	const void *o = registry_at(l->app->objects, l->kind, slot);

	return look_rank(l->kind, o) >= LOOK_UNKNOWN;
}

static void go_wrong(struct list *l, bool back)
{
	uint32_t s = l->cursor;

	while (s != ORDER_NONE) {
		s = back ? order_previous(l->order, s) : order_next(l->order, s);
		if (s != ORDER_NONE && is_wrong(l, s)) {
			go_to(l, order_rank(l->order, s));
			return;
		}
	}
	app_say(l->app, INK_DIM, "%s", back ? _("Nothing wrong above.") : _("Nothing wrong below."));
}

static void sort_by(struct list *l, int column, bool reverse)
{
	if (!l->columns->list[column].compare) {
		app_say(l->app, INK_DIM, "%s", _("What VMs do now is known of those on the screen alone: nothing is sorted by it."));
		return;
	}
	list_sort_by(l, column, reverse);
	app_say(l->app, INK_DIM, _("sorted by %s%s"), _(l->columns->list[column].title), reverse ? _(", from the last") : "");
}

static void sort_next(struct list *l)
{
	int cells[COLUMNS_MOST], now = -1;

	list_lay_out(l, l->rows.w, cells);
	for (int i = 0; i < l->nshown; i++)
		if (l->shown[i] == l->sort)
			now = i;
	for (int i = 1; i <= l->nshown; i++) {
		int next = l->shown[(now + i) % l->nshown];

		if (cells[next] > 0 && l->columns->list[next].compare) {
			sort_by(l, next, l->columns->list[next].down);
			return;
		}
	}
}

enum click list_click(struct list *l, int y, int x)
{
	size_t rank;

	list_settle(l);
	for (int i = 0; y == l->rows.y - 1 && i < l->columns->n; i++)
		if (l->right[i] > 0 && x >= l->left[i] && x < l->right[i]) {
			sort_by(l, i, i == l->sort ? !l->reverse : l->columns->list[i].down);
			return CLICK_DONE;
		}
	rank = l->top + (size_t)(y - l->rows.y);
	if (y < l->rows.y || y >= l->rows.y + l->rows.h || x < l->rows.x || x >= l->rows.x + l->rows.w || rank >= order_count(l->order))
		return CLICK_NONE;
	if (rank == l->rank)
		return CLICK_AGAIN;
	go_to(l, rank);
	return CLICK_MOVED;
}

static void mark(struct list *l)
{
	struct marks *m = list_marks(l);

	if (!m || l->cursor == ORDER_NONE)
		return;
	marks_set(m, l->cursor, !marks_has(m, l->cursor));
	go_to(l, l->rank + 1);
}

static void mark_all(struct list *l)
{
	struct marks *m = list_marks(l);
	bool all = true;

	if (!m)
		return;
	for (uint32_t s = order_at(l->order, 0); s != ORDER_NONE && all; s = order_next(l->order, s))
		all = marks_has(m, s);
	for (uint32_t s = order_at(l->order, 0); s != ORDER_NONE; s = order_next(l->order, s))
		marks_set(m, s, !all);
}

static void mark_others(struct list *l)
{
	struct marks *m = list_marks(l);

	for (uint32_t s = order_at(l->order, 0); m && s != ORDER_NONE; s = order_next(l->order, s))
		marks_set(m, s, !marks_has(m, s));
}

bool list_command(struct list *l, enum command c)
{
	size_t page = l->page > 1 ? l->page - 1 : 1;

	list_settle(l);
	switch (c) {
	case CMD_UP:
		go_to(l, l->rank > 0 ? l->rank - 1 : 0);
		break;
	case CMD_DOWN:
		go_to(l, l->rank + 1);
		break;
	case CMD_PAGE_UP:
		l->top = l->top > page ? l->top - page : 0;
		go_to(l, l->rank > page ? l->rank - page : 0);
		break;
	case CMD_PAGE_DOWN:
		if (l->top + l->page < order_count(l->order))
			l->top += page;
		go_to(l, l->rank + page);
		break;
	case CMD_HOME:
		go_to(l, 0);
		break;
	case CMD_END:
		go_to(l, SIZE_MAX);
		break;
	case CMD_NEXT_TROUBLE:
		go_wrong(l, false);
		break;
	case CMD_PREVIOUS_TROUBLE:
		go_wrong(l, true);
		break;
	case CMD_MARK:
		mark(l);
		break;
	case CMD_MARK_ALL:
		mark_all(l);
		break;
	case CMD_MARK_OTHERS:
		mark_others(l);
		break;
	case CMD_SORT:
		sort_next(l);
		break;
	case CMD_SORT_REVERSE:
		sort_by(l, l->sort, !l->reverse);
		break;
	default:
		return false;
	}
	return true;
}

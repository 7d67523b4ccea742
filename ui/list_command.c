/* What keys do in a list: moving, sorting, marking (list.h). */
#include "list_inside.h"

#include "look.h"
#include "tr.h"

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
	enum look_rank r = l->kind == KIND_VM ? look_vm(o, TIER_ASCII).rank : l->kind == KIND_BLADE ? look_blade(o, TIER_ASCII).rank :
		look_job(o, TIER_ASCII).rank;

	return r >= LOOK_UNKNOWN;
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
	l->sort = column;
	l->reverse = reverse;
	l->all = true;
	app_say(l->app, INK_DIM, _("sorted by %s%s"), _(l->columns->list[column].title), reverse ? _(", from the last") : "");
}

static void sort_next(struct list *l)
{
	int cells[COLUMNS_MOST];

	list_lay_out(l, l->rows.w, cells);
	for (int i = 1; i <= l->columns->n; i++) {
		int next = (l->sort + i) % l->columns->n;

		if (cells[next] > 0) {
			sort_by(l, next, l->columns->list[next].down);
			return;
		}
	}
}

static void mark(struct list *l)
{
	if (l->kind != KIND_VM || l->cursor == ORDER_NONE)
		return;
	marks_set(l->app->marks, l->cursor, !marks_has(l->app->marks, l->cursor));
	go_to(l, l->rank + 1);
}

static void mark_all(struct list *l)
{
	bool all = true;

	if (l->kind != KIND_VM)
		return;
	for (uint32_t s = order_at(l->order, 0); s != ORDER_NONE && all; s = order_next(l->order, s))
		all = marks_has(l->app->marks, s);
	for (uint32_t s = order_at(l->order, 0); s != ORDER_NONE; s = order_next(l->order, s))
		marks_set(l->app->marks, s, !all);
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

/* Tree: rack, enclosure, blade, VM, opened and closed in place. What stands where is in tree_fleet.c, the rows are drawn in tree_draw.c; here
 * are the cursor and the commands. */
#include "map/tree_inside.h"

#include "lists/view_rows.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tree_view *of(struct view *v)
{
	return (struct tree_view *)v;
}

/* ---- the cursor ---- */

static void set_cursor(struct tree_view *v, uint32_t node, size_t row)
{
	const struct object *o;

	v->cursor = node;
	v->row = row;
	if (node == TREE_NONE) {
		intern_free(v->id);
		v->id = NULL;
		return;
	}
	o = tree_fleet_object(v->fleet, node, &v->kind);
	if (v->id != o->id)
		intern_set(&v->id, o->id);
}

/* Makes the tree and the cursor true. In a branch that was closed over it, the cursor stands on that branch. */
static struct tree *settle(struct tree_view *v)
{
	struct tree *t;
	const void *o;
	uint32_t node = TREE_NONE;
	size_t n, row = SIZE_MAX;

	tree_fleet_settle(v->fleet);
	t = tree_fleet_tree(v->fleet);
	n = tree_rows(t);
	if (n == 0) {
		set_cursor(v, TREE_NONE, 0);
		v->top = 0;
		return t;
	}
	o = v->id && v->moved ? registry_find(v->view.app->objects, v->kind, v->id) : NULL;
	if (o)
		node = tree_fleet_node(v->fleet, v->kind, o);
	while (node != TREE_NONE && (row = tree_row(t, node)) == SIZE_MAX)
		node = tree_parent(t, node);
	if (node == TREE_NONE) {
		row = v->moved ? v->row : 0;
		row = row < n ? row : n - 1;
		node = tree_at(t, row);
	} else if (row != v->row) {
		/* Rows came or went above: the eye keeps its place on the screen. */
		size_t above = v->row > v->top ? v->row - v->top : 0;

		v->top = row > above ? row - above : 0;
	}
	set_cursor(v, node, row);
	return t;
}

static void go_to(struct tree_view *v, size_t row)
{
	const struct tree *t = tree_fleet_tree(v->fleet);
	size_t n = tree_rows(t);

	if (n == 0)
		return;
	row = row < n ? row : n - 1;
	v->moved = true;
	set_cursor(v, tree_at(t, row), row);
}

static void go_node(struct tree_view *v, uint32_t node)
{
	size_t row = tree_row(tree_fleet_tree(v->fleet), node);

	if (row != SIZE_MAX)
		go_to(v, row);
}

/* ---- drawing ---- */

/* At the start as much is open as the screen holds: of a small site all that stands in its racks. */
static void open_what_fits(struct tree_view *v, int h)
{
	struct tree *t = tree_fleet_tree(v->fleet);
	size_t racks = 0, in = 0;

	v->opened = true;
	for (uint32_t at = tree_first(t, TREE_NONE); at != TREE_NONE; at = tree_after(t, at)) {
		racks++;
		for (uint32_t c = tree_first(t, at); c != TREE_NONE && in < 1000; c = tree_after(t, c))
			in++;
	}
	if (racks + in > (size_t)(h > 1 ? h - 1 : 0))
		return;
	for (uint32_t at = tree_first(t, TREE_NONE); at != TREE_NONE; at = tree_after(t, at))
		if (tree_first(t, at) != TREE_NONE)
			tree_fold(t, at, true);
}

static void draw(struct view *v, struct box b)
{
	screen_clip(b);
	if (b.h < 1 || b.w < 1)
		return;
	if (!of(v)->opened && mirror_synced(v->app->mirror) && !*v->app->filter)
		open_what_fits(of(v), b.h);
	settle(of(v));
	tree_draw(of(v), b);
}

static void info(struct view *v, struct pen *p)
{
	struct tree_view *tv = of(v);
	const struct tree *t = settle(tv);
	const struct err *e = tree_fleet_error(tv->fleet);
	size_t n = tree_rows(t), page = (size_t)(tv->rows.h > 0 ? tv->rows.h : 0), marked = marks_count(v->app->marks) + marks_count(v->app->blade_marks);

	if (e) {
		pen_text(p, INK_WARN, e->msg.text);
		return;
	}
	if (*v->app->filter) {
		pen_f(p, INK_NORMAL, P_(_("%zu matches"), _("%zu match"), tree_hits(t)), tree_hits(t));
		pen_skip(p, 2);
	}
	if (n > page) {
		pen_f(p, INK_DIM, _("lines %zu-%zu of %zu"), tv->top + 1, tv->top + page, n);
		pen_skip(p, 2);
	}
	if (marked > 0) {
		pen_f(p, INK_ACCENT, _("%zu marked"), marked);
		pen_skip(p, 2);
	}
	if (!*v->app->filter) {
		rows_vm_counts(p, tally_counts(v->app->tally));
		rows_wrong_blades(p, tally_counts(v->app->tally));
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("tree"));
}

/* ---- commands ---- */

static void unfold(struct tree_view *v)
{
	struct tree *t = tree_fleet_tree(v->fleet);

	if (tree_first(t, v->cursor) == TREE_NONE)
		return;
	if (tree_is_open(t, v->cursor))
		go_to(v, v->row + 1);
	else
		tree_fold(t, v->cursor, true);
	v->moved = true;
}

static void fold(struct tree_view *v)
{
	struct tree *t = tree_fleet_tree(v->fleet);

	if (tree_first(t, v->cursor) != TREE_NONE && tree_is_open(t, v->cursor))
		tree_fold(t, v->cursor, false);
	else if (tree_parent(t, v->cursor) != TREE_NONE)
		go_node(v, tree_parent(t, v->cursor));
	v->moved = true;
}

static void go_wrong(struct tree_view *v, bool back)
{
	struct tree *t = tree_fleet_tree(v->fleet);
	uint32_t node = tree_wrong(t, v->cursor, back);

	/* In a closed branch too: it opens. */
	if (node == TREE_NONE) {
		app_say(v->view.app, INK_DIM, "%s", back ? _("Nothing wrong above.") : _("Nothing wrong below."));
		return;
	}
	tree_reveal(t, node);
	go_node(v, node);
}

/* All that are there, of the kind that the cursor stands on: VMs or blades. how: 0 and 1 set their marks, -1 only counts those without. */
static size_t mark_in(struct tree_view *v, uint32_t node, enum kind of_kind, int how)
{
	struct tree *t = tree_fleet_tree(v->fleet);
	struct marks *m = app_marks(v->view.app, of_kind);
	size_t unmarked = 0;
	enum kind k;

	if (node != TREE_NONE) {
		const void *o = tree_fleet_object(v->fleet, node, &k);
		uint32_t slot = registry_slot(v->view.app->objects, k, o);

		if (!tree_is_there(t, node))
			return 0;
		if (k == of_kind) {
			if (how >= 0)
				marks_set(m, slot, how);
			return !marks_has(m, slot);
		}
	}
	for (uint32_t c = tree_first(t, node); c != TREE_NONE; c = tree_after(t, c))
		unmarked += mark_in(v, c, of_kind, how);
	return unmarked;
}

static void mark(struct tree_view *v, bool all)
{
	uint32_t node = all ? TREE_NONE : v->cursor;

	if (!app_marks(v->view.app, v->kind)) {
		app_say(v->view.app, INK_DIM, "%s", _("Blades and VMs can be marked."));
		return;
	}
	mark_in(v, node, v->kind, mark_in(v, node, v->kind, -1) > 0);
	if (!all)
		go_to(v, v->row + 1);
}

static const struct blade *blade_of(struct tree_view *v)
{
	struct tree *t = tree_fleet_tree(v->fleet);
	enum kind k;

	for (uint32_t n = v->cursor; n != TREE_NONE; n = tree_parent(t, n)) {
		void *o = tree_fleet_object(v->fleet, n, &k);

		if (k == KIND_BLADE)
			return o;
	}
	return NULL;
}

static const char *named(const void *o, enum kind k)
{
	return k == KIND_VM ? ((const struct vm *)o)->name : k == KIND_BLADE ? ((const struct blade *)o)->name :
		k == KIND_ENCLOSURE ? ((const struct enclosure *)o)->name : ((const struct rack *)o)->name;
}

static bool move(struct tree_view *v, enum command c)
{
	size_t page = v->rows.h > 1 ? (size_t)v->rows.h - 1 : 1;

	switch (c) {
	case CMD_UP:
		go_to(v, v->row > 0 ? v->row - 1 : 0);
		return true;
	case CMD_DOWN:
		go_to(v, v->row + 1);
		return true;
	case CMD_PAGE_UP:
		v->top = v->top > page ? v->top - page : 0;
		go_to(v, v->row > page ? v->row - page : 0);
		return true;
	case CMD_PAGE_DOWN:
		v->top += page;
		go_to(v, v->row + page);
		return true;
	case CMD_HOME:
		go_to(v, 0);
		return true;
	case CMD_END:
		go_to(v, SIZE_MAX);
		return true;
	case CMD_RIGHT:
		unfold(v);
		return true;
	case CMD_LEFT:
		fold(v);
		return true;
	case CMD_NEXT_TROUBLE:
	case CMD_PREVIOUS_TROUBLE:
		go_wrong(v, c == CMD_PREVIOUS_TROUBLE);
		return true;
	case CMD_MARK:
		mark(v, false);
		return true;
	case CMD_MARK_ALL:
		mark(v, true);
		return true;
	default:
		return false;
	}
}

static bool command(struct view *view, enum command c)
{
	struct tree_view *v = of(view);
	struct app *a = view->app;
	struct object *o;
	enum kind k;

	settle(v);
	if (v->cursor == TREE_NONE)
		return false;
	if (move(v, c))
		return true;
	o = tree_fleet_object(v->fleet, v->cursor, &k);
	switch (c) {
	case CMD_OPEN:
		rows_open(a, k, o);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
		if (k == KIND_BLADE)
			rows_act_blades(a, c, (struct blade *)o);
		else if (k == KIND_VM)
			rows_act(a, c, (struct vm *)o);
		return true;
	case CMD_SNAPSHOT:
	case CMD_PROTECT:
		rows_act(a, c, k == KIND_VM ? (struct vm *)o : NULL);
		return true;
	case CMD_CONSOLE:
		rows_console(a, k == KIND_VM ? (struct vm *)o : NULL);
		return true;
	case CMD_SCREEN:
		rows_screen(a, k == KIND_VM ? (struct vm *)o : NULL);
		return true;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		rows_act_blade(a, c == CMD_BLADE_POWER ? CMD_POWER : CMD_ACTIONS, blade_of(v));
		return true;
	case CMD_ENCLOSURE:
		if (k == KIND_ENCLOSURE)
			rows_open(a, k, o);
		else
			rows_enclosure(a, blade_of(v));
		return true;
	case CMD_NOTE:
		rows_note(a, blade_of(v));
		return true;
	case CMD_HISTORY:
		rows_history(a, o->id, named(o, k));
		return true;
	case CMD_REFRESH:
		if (k == KIND_ENCLOSURE)
			rows_refresh_manager(a, o->id, named(o, k));
		else if (k == KIND_BLADE)
			rows_refresh_blade(a, (struct blade *)o);
		else
			rows_refresh(a, o->id, named(o, k));
		return true;
	default:
		return false;
	}
}

static bool can(struct view *view, enum command c)
{
	struct tree_view *v = of(view);
	bool any, act = app_may_act(view->app);
	enum kind k = KIND_SITE;

	settle(v);
	any = v->cursor != TREE_NONE;
	if (any)
		tree_fleet_object(v->fleet, v->cursor, &k);
	switch (c) {
	case CMD_SORT:
	case CMD_SORT_REVERSE:
	case CMD_COLUMNS:
		return false;
	case CMD_ACTIONS:
	case CMD_POWER:
		return act && (k == KIND_VM || k == KIND_BLADE);
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_SCREEN:
	case CMD_PROTECT:
		return act && k == KIND_VM;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
	case CMD_NOTE:
		return act && any && blade_of(v);
	case CMD_ENCLOSURE:
		return k == KIND_ENCLOSURE || (any && blade_of(v));
	case CMD_REFRESH:
		return any && k != KIND_RACK;
	case CMD_OPEN:
	case CMD_HISTORY:
	case CMD_MARK:
	case CMD_MARK_ALL:
	case CMD_LEFT:
	case CMD_RIGHT:
	case CMD_WHAT_IF:
		return any;
	case CMD_FILTER_CLEAR:
		return *view->app->filter;
	case CMD_TREE:
		return false;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	settle(of(v));
	if (of(v)->cursor == TREE_NONE)
		return false;
	*o = tree_fleet_object(of(v)->fleet, of(v)->cursor, k);
	return *o != NULL;
}

static bool spot(struct view *view, struct box *out)
{
	const struct tree_view *v = of(view);

	if (v->cursor == TREE_NONE || v->row < v->top || v->row >= v->top + (size_t)v->rows.h)
		return false;
	*out = (struct box){v->rows.y + (int)(v->row - v->top), v->rows.x, 1, v->name_end - v->rows.x};
	return true;
}

/* On the sign of a branch a click folds it. */
static enum click click(struct view *view, int y, int x)
{
	struct tree_view *v = of(view);
	struct tree *t = settle(v);
	size_t row = v->top + (size_t)(y - v->rows.y), was = v->row;
	uint32_t node;
	int at;

	if (y < v->rows.y || y >= v->rows.y + v->rows.h || row >= tree_rows(t))
		return CLICK_NONE;
	node = tree_at(t, row);
	at = v->rows.x + 3 + tree_depth(t, node) * 2;
	go_to(v, row);
	if (x >= at - 1 && x <= at + 1 && tree_first(t, node) != TREE_NONE) {
		tree_fold(t, node, !tree_is_open(t, node));
		return CLICK_DONE;
	}
	return row == was ? CLICK_AGAIN : CLICK_MOVED;
}

static void closed(struct view *v)
{
	tree_fleet_free(of(v)->fleet);
	intern_free(of(v)->id);
	free(v);
}

static const struct view_ops ops = {
	.name = "tree", .where = WHERE_LIST | WHERE_TREE, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .click = click, .closed = closed,
};

struct view *view_tree_new(struct app *a)
{
	struct tree_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->cursor = TREE_NONE;
	v->fleet = tree_fleet_new(a);
	return &v->view;
}

/* The rows of the Tree view: a sign, a name behind its branch, and what is summed up in it (tree_inside.h). */
#include "map/tree_inside.h"

#include "common/text.h"
#include "lists/first.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

#define LEFT 3          /* mark, sign, blank */
#define GAP 2
#define NAME_LEAST 24
#define NAME_MOST 34
#define NOTE_LEAST 12

enum { NAME, STATE, RUNNING, VMS, LOAD, WRONG, NOTE, COLUMNS };
static const struct { const char *title; int width; bool right; int rank; } columns[COLUMNS] = {
	[NAME] = {N_("NAME"), NAME_LEAST, false, 0},
	[STATE] = {N_("STATE"), 13, false, 2},
	[RUNNING] = {N_("RUN"), 5, true, 3},
	[VMS] = {N_("VMS"), 5, true, 5},
	[LOAD] = {N_("LOAD %"), 6, true, 4},
	[WRONG] = {N_("INSIDE"), 13, false, 1}, /* what is wrong in it, as long as it is closed */
	[NOTE] = {N_("NOTE"), NOTE_LEAST, false, 6},
};

static void lay_out(int width, int *cells)
{
	int total = LEFT - GAP, rest;

	for (int i = 0; i < COLUMNS; i++) {
		int title = text_width(_(columns[i].title));

		cells[i] = columns[i].width > title ? columns[i].width : title;
		total += cells[i] + GAP;
	}
	for (int rank = COLUMNS; rank > 0 && total > width; rank--)
		for (int i = 0; i < COLUMNS; i++)
			if (columns[i].rank == rank && total > width) {
				total -= cells[i] + GAP;
				cells[i] = 0;
			}
	rest = width - total;
	if (rest < 0) {
		cells[NAME] = width > LEFT ? width - LEFT : 0;
		return;
	}
	if (cells[NOTE] == 0 || rest < NAME_MOST - cells[NAME]) {
		int more = cells[NOTE] == 0 ? rest : rest / 2;

		cells[NAME] += more;
		rest -= more;
	} else {
		rest -= NAME_MOST - cells[NAME];
		cells[NAME] = NAME_MOST;
	}
	if (cells[NOTE] > 0)
		cells[NOTE] += rest;
}

static void draw_head(int y, struct box b, const int *cells)
{
	int x = b.x + LEFT;

	screen_fill(y, b.x, b.w, INK_HEAD);
	for (int i = 0; i < COLUMNS; i++) {
		if (cells[i] == 0)
			continue;
		(columns[i].right ? screen_right : screen_text)(y, x, cells[i], INK_HEAD, _(columns[i].title));
		x += cells[i] + GAP;
	}
}

/* ---- one row ---- */

/* What stands in a row, of whatever kind. */
struct row {
	enum kind kind;
	const void *o;
	bool branch, open, marked;
	struct look look;             /* of the thing itself */
	enum look_rank worst;         /* in it, while it is closed */
	uint32_t ranked[LOOK_ALERT + 1];
};

static void read_row(const struct tree_view *v, uint32_t node, struct row *r)
{
	const struct tree *t = tree_fleet_tree(v->fleet);

	r->o = tree_fleet_object(v->fleet, node, &r->kind);
	r->branch = tree_first(t, node) != TREE_NONE;
	r->open = r->branch && tree_is_open(t, node);
	r->look = tree_fleet_look(v->fleet, node);
	r->worst = LOOK_EMPTY;
	r->marked = app_marks(v->view.app, r->kind) && marks_has(app_marks(v->view.app, r->kind), registry_slot(v->view.app->objects, r->kind, r->o));
	for (int i = 0; i <= LOOK_ALERT; i++) {
		r->ranked[i] = tree_ranked(t, node, i);
		if (!r->open && r->ranked[i] > 0 && i >= LOOK_UNKNOWN)
			r->worst = (enum look_rank)i;
	}
}

static const char *sign_of(const struct row *r, enum ink *ink)
{
	if (r->worst > r->look.rank) {
		*ink = r->worst == LOOK_ALERT ? INK_ALERT : r->worst == LOOK_WARN ? INK_WARN : INK_UNKNOWN;
		return r->worst == LOOK_UNKNOWN ? "?" : "!";
	}
	*ink = *r->look.sign ? r->look.ink : INK_GOOD;
	return *r->look.sign ? r->look.sign : glyph_text(GLYPH_DOT, screen_tier());
}

static void name_of(const struct row *r, char *out, size_t size)
{
	const struct blade *b = r->o;

	switch (r->kind) {
	case KIND_RACK:
		snprintf(out, size, _("rack %s"), ((const struct rack *)r->o)->name);
		break;
	case KIND_ENCLOSURE:
		snprintf(out, size, "%s", ((const struct enclosure *)r->o)->name);
		break;
	case KIND_BLADE:
		if (*b->name)
			snprintf(out, size, "%s", b->name);
		else
			snprintf(out, size, _("(bay %s)"), b->bay);
		break;
	default:
		snprintf(out, size, "%s", ((const struct vm *)r->o)->name);
		break;
	}
}

static void note_of(const struct row *r, struct pen *p)
{
	const struct enclosure *e = r->o;
	const struct blade *b = r->o;
	const struct vm *vm = r->o;

	switch (r->kind) {
	case KIND_ENCLOSURE:
		if (*e->wrong)
			pen_text(p, INK_WARN, lang_said(NULL, e->wrong));
		else if (*e->alert)
			pen_text(p, INK_WARN, lang_said(e->alert_id, e->alert));
		else if (r->look.rank >= LOOK_UNKNOWN && *e->manager_why)
			pen_text(p, INK_DIM, lang_said(e->manager_why_id, e->manager_why));
		else
			pen_text(p, INK_DIM, *e->title ? e->title : e->dialect);
		break;
	case KIND_BLADE:
		if (*b->doing)
			pen_f(p, INK_ACTIVE, _("in use by %.40s"), *b->by ? b->by : "?");
		else if (*b->alert)
			pen_text(p, INK_WARN, look_alert(b));
		else if (*b->watch)
			pen_f(p, INK_WARN, _("watched: %s"), b->watch);
		else if (*b->why && r->look.rank != LOOK_OFF)
			pen_text(p, INK_DIM, lang_said(b->why_id, b->why));
		else if (*b->owner)
			pen_f(p, INK_DIM, _("owner %.50s"), b->owner);
		else
			pen_text(p, INK_DIM, b->cluster);
		break;
	case KIND_VM:
		if (*vm->doing)
			pen_f(p, INK_ACTIVE, _("in use by %.40s"), *vm->by ? vm->by : "?");
		else if (*vm->alert)
			pen_text(p, INK_WARN, lang_said(NULL, vm->alert));
		else
			pen_f(p, INK_DIM, "%s%s%s%s%s", vm->tenant, *vm->tenant ? "  " : "", vm->grade, *vm->grade ? "  " : "", vm->guest);
		break;
	default:
		break;
	}
}

static void draw_numbers(const struct tree_view *v, uint32_t node, int y, int x, const int *cells)
{
	const struct tree *t = tree_fleet_tree(v->fleet);
	int64_t vms = tree_weight(t, node, FLEET_VMS), used = tree_weight(t, node, FLEET_USED_KIB), mem = tree_weight(t, node, FLEET_MEM_KIB);
	double load = mem > 0 ? (double)used * 3 / 2 / (double)mem : 0;
	char text[32];

	for (int i = RUNNING; i <= LOAD; i++) {
		if (cells[i] == 0)
			continue;
		text[0] = '\0';
		if (i == LOAD && load > 0)
			snprintf(text, sizeof text, "%s%4d", glyph_load(load, screen_tier()), load < 99 ? (int)(load * 100 + 0.5) : 9900);
		else if (i < LOAD && vms > 0)
			snprintf(text, sizeof text, "%lld", (long long)(i == VMS ? vms : tree_weight(t, node, FLEET_RUNNING)));
		if (*text)
			screen_right(y, x, cells[i], i == LOAD ? INK_LOAD : i == VMS ? INK_DIM : INK_NORMAL, text);
		x += cells[i] + GAP;
	}
}

static void draw_wrong(const struct row *r, int y, int x, int width)
{
	static const struct { enum look_rank rank; enum ink ink; const char *sign; } kinds[] = {
		{LOOK_ALERT, INK_ALERT_TEXT, "!"}, {LOOK_WARN, INK_WARN, "w"}, {LOOK_UNKNOWN, INK_UNKNOWN, "?"}};
	struct pen p = {y, x, x + width};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && r->worst != LOOK_EMPTY; i++)
		if (r->ranked[kinds[i].rank] > 0)
			pen_piece(&p, kinds[i].ink, "%s %u", kinds[i].sign, r->ranked[kinds[i].rank]);
}

static void draw_row(const struct tree_view *v, int y, struct box b, const int *cells, uint32_t node)
{
	int depth = tree_depth(tree_fleet_tree(v->fleet), node) * 2, x = b.x + LEFT, end = b.x + LEFT + cells[NAME];
	bool here = node == v->cursor;
	char name[300];
	struct row r;
	enum ink ink;
	const char *sign;

	read_row(v, node, &r);
#define PAINT(ink) (here ? palette_selected(ink) : (ink))
	if (here)
		screen_fill(y, b.x, LEFT + cells[NAME] + 1, INK_CURSOR);
	sign = sign_of(&r, &ink);
	screen_text(y, b.x, 1, PAINT(INK_ACCENT), r.marked ? "*" : here ? ">" : " ");
	screen_text(y, b.x + 1, 1, PAINT(ink), sign);
	depth = depth < cells[NAME] - 8 ? depth : cells[NAME] > 8 ? cells[NAME] - 8 : 0;
	if (r.branch && x + depth < end)
		screen_text(y, x + depth, 1, PAINT(INK_DIM), glyph_text(r.open ? GLYPH_UNFOLDED : GLYPH_FOLDED, screen_tier()));
	name_of(&r, name, sizeof name);
	if (x + depth + 2 < end)
		screen_text(y, x + depth + 2, end - x - depth - 2, PAINT(r.look.rank >= LOOK_WARN || r.kind == KIND_RACK || r.marked ? INK_BOLD : r.look.rank == LOOK_EMPTY && r.kind == KIND_BLADE ? INK_DIM : INK_NORMAL), name);
#undef PAINT
	x = end + GAP;
	if (cells[STATE] > 0) {
		screen_text(y, x, cells[STATE], look_word_ink(r.look.ink), r.kind == KIND_ENCLOSURE && r.look.rank <= LOOK_WELL ? "" : r.look.word);
		x += cells[STATE] + GAP;
	}
	/* What has no numbers of VMs has its words there. */
	if (x < b.x + b.w && (r.kind == KIND_VM || (cells[NOTE] == 0 && r.kind == KIND_BLADE && ((const struct blade *)r.o)->vms == 0))) {
		struct pen p = {y, x, b.x + b.w};

		note_of(&r, &p);
		return;
	}
	draw_numbers(v, node, y, x, cells);
	for (int i = RUNNING; i <= LOAD; i++)
		x += cells[i] > 0 ? cells[i] + GAP : 0;
	if (cells[WRONG] > 0) {
		draw_wrong(&r, y, x, cells[WRONG] + 1);
		x += cells[WRONG] + GAP;
	}
	if (cells[NOTE] > 0) {
		struct pen p = {y, x, x + cells[NOTE]};

		note_of(&r, &p);
	}
}

void tree_draw(struct tree_view *v, struct box b)
{
	const struct tree *t = tree_fleet_tree(v->fleet);
	size_t n = tree_rows(t), page, most;
	int cells[COLUMNS];

	lay_out(b.w, cells);
	if (b.h > 2)
		draw_head(b.y, b, cells);
	v->rows = (struct box){b.h > 2 ? b.y + 1 : b.y, b.x, b.h > 2 ? b.h - 1 : b.h, b.w};
	v->name_end = b.x + LEFT + cells[NAME] + 1;
	page = (size_t)v->rows.h;
	if (n == 0) {
		struct box first = {v->rows.y + (v->rows.h > 2), b.x + LEFT, v->rows.h - (v->rows.h > 2), b.w - LEFT - 1};
		const char *say = *v->view.app->filter ? _("Nothing matches the filter. F clears it.") : mirror_synced(v->view.app->mirror) ? _("This site has no racks yet.") : _("Reading the site.");

		if (mirror_synced(v->view.app->mirror) || !first_draw(v->view.app, first))
			screen_text(first.y, first.x, b.w - LEFT, INK_DIM, say);
		return;
	}
	most = n > page ? n - page : 0;
	if (v->row < v->top)
		v->top = v->row;
	if (v->row >= v->top + page)
		v->top = v->row - page + 1;
	if (v->top > most)
		v->top = most;
	for (size_t i = 0; i < page && v->top + i < n; i++)
		draw_row(v, v->rows.y + (int)i, b, cells, tree_at(t, v->top + i));
}

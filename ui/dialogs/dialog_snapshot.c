/* The form of a new snapshot: its name and note, what it is to hold, and for operators whom it counts for, with the limits
 * above it, so that one sees them before one tries. What it asks for goes to the usual preview (dialog_action.c), which comes
 * back here when it is left. */
#include "app.h"
#include "common/text.h"
#include "dialogs/dialog_inside.h"
#include "term/screen.h"
#include "tr.h"
#include "views/snaps_live.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 64   /* as the broker takes them */
#define NOTE_MAX_BYTES 500
#define FIELD_WIDTH 40
#define REASON_ROWS 3

enum row { ROW_NAME, ROW_NOTE, ROW_HOLDS, ROW_QUIESCE, ROW_CHARGE, ROW_GO, ROW_CANCEL, ROW_COUNT };

struct form {
	struct view view;
	istr vm;
	char title[128];
	struct snaps_live live;
	struct lines words;        /* limits, and why nothing can be taken */
	struct input name, note;
	bool external, quiesce, charge;
	enum row at;
	size_t top;                /* of the words */
};

static struct form *of(struct view *v)
{
	return (struct form *)v;
}

static const struct vm *vm_of(const struct form *f)
{
	return registry_find(f->view.app->objects, KIND_VM, f->vm);
}

/* ---- what can be chosen ---- */

static bool shown(const struct form *f, enum row r)
{
	const struct vm *vm = vm_of(f);

	switch (r) {
	case ROW_QUIESCE: /* it goes with the disks alone, of a guest that runs */
		return f->external && vm && vm_state_is_active(vm->state);
	case ROW_CHARGE:
		return vm && *vm->tenant && !app_is_customer(f->view.app);
	default:
		return true;
	}
}

/* Why the row cannot be changed or chosen, "" when it can. */
static void why_not(const struct form *f, enum row r, char *out, size_t size)
{
	char create[512], external[512];

	out[0] = '\0';
	snaps_why_not(&f->live.now, "create", create, sizeof create);
	snaps_why_not(&f->live.now, "external", external, sizeof external);
	if (r == ROW_HOLDS)
		snprintf(out, size, "%s", *external ? external : create);
	else if (r == ROW_QUIESCE)
		snaps_why_not(&f->live.now, "quiesce", out, size);
	else if (r == ROW_GO && !vm_of(f))
		snprintf(out, size, "%s", _("This VM is no longer there."));
	else if (r == ROW_GO && *create && *external)
		snprintf(out, size, "%s", create);
	else if (r == ROW_GO && app_is_customer(f->view.app)) /* an operator may exceed it, or not charge it to the tenant */
		snaps_full(json_object_get(f->live.now.answer, "limits"), out, size);
}

static void move(struct form *f, int by)
{
	do
		f->at = (enum row)(((int)f->at + by + ROW_COUNT) % ROW_COUNT);
	while (!shown(f, f->at));
}

static void told(void *ctx)
{
	struct form *f = ctx;
	char create[512], external[512], quiesce[512];

	snaps_why_not(&f->live.now, "create", create, sizeof create);
	snaps_why_not(&f->live.now, "external", external, sizeof external);
	snaps_why_not(&f->live.now, "quiesce", quiesce, sizeof quiesce);
	if (*external)
		f->external = false;
	else if (*create)
		f->external = true;
	if (*quiesce)
		f->quiesce = false;
	if (!shown(f, f->at))
		move(f, 1);
	lines_clear(&f->words);
	f->words.heads = HEADS_INK;
	if (*f->live.error)
		lines_add(&f->words, INK_WARN, "!", "%s", f->live.error);
	if (!f->live.now.answer)
		return;
	snaps_limits(json_object_get(f->live.now.answer, "limits"), &f->words);
	if (f->words.n == 0)
		lines_add(&f->words, INK_DIM, "", "%s", _("No limit is set for it."));
	if (!f->live.now.live)
		lines_add(&f->words, INK_WARN, "!", "%s", _("Its host does not answer: this is what was last known."));
	if (*create && *external)
		lines_add(&f->words, INK_WARN, "!", "%s", create);
}

/* ---- drawing ---- */

static const char *label_of(enum row r)
{
	static const char *const labels[ROW_COUNT] = {N_("Name:"), N_("Note:"), N_("Holds:"), N_("Guest frozen:"), N_("Counts for:"),
		N_("Show what it does"), N_("Cancel, change nothing")};

	return _(labels[r]);
}

static void value_of(const struct form *f, enum row r, char *out, size_t size)
{
	const struct vm *vm = vm_of(f);
	bool runs = vm && vm_state_is_active(vm->state);

	out[0] = '\0';
	if (r == ROW_HOLDS)
		snprintf(out, size, "%s", f->external ? _("the disks alone, in files of its own") : runs ? _("disks and memory") : _("disks"));
	else if (r == ROW_QUIESCE)
		snprintf(out, size, "%s", f->quiesce ? _("yes, its agent stills the file systems") : _("no"));
	else if (r == ROW_CHARGE && f->charge)
		snprintf(out, size, _("tenant %s"), vm ? vm->tenant : "?");
	else if (r == ROW_CHARGE)
		snprintf(out, size, "%s", _("the provider"));
}

/* Rows that are shown above this one. */
static int shown_before(const struct form *f, enum row end)
{
	int n = 0;

	for (int r = 0; r < (int)end; r++)
		n += shown(f, (enum row)r);
	return n;
}

/* The longest reason of a row, so that nothing moves when the cursor does. */
static int reason_height(const struct form *f, int width)
{
	int most = 0;

	for (int r = ROW_HOLDS; r <= ROW_GO; r++) {
		char why[512];
		int h;

		why_not(f, (enum row)r, why, sizeof why);
		h = shown(f, (enum row)r) ? dialog_text(-1, 0, width - 6, REASON_ROWS, INK_DIM, why) : 0;
		most = h > most ? h : most;
	}
	return most;
}

static int height(struct view *v, int width)
{
	struct form *f = of(v);
	int words = f->words.n ? lines_height(&f->words, width - 6) : 1, reason = reason_height(f, width);

	return 2 + words + 1 + shown_before(f, ROW_COUNT) + (reason ? reason + 1 : 0);
}

static void draw_row(struct form *f, enum row r, int y, struct box b, int fields)
{
	bool here = r == f->at;
	struct pen p = {y, b.x + 2, b.x + b.w - 2};
	struct input *in = r == ROW_NAME ? &f->name : r == ROW_NOTE ? &f->note : NULL;
	char why[512], value[256];
	enum ink ink;

	why_not(f, r, why, sizeof why);
	value_of(f, r, value, sizeof value);
	ink = *why && r == ROW_GO ? INK_DIM : INK_NORMAL;
	if (here && !in)
		ink = *why ? INK_CURSOR : INK_CURSOR_BOLD;
	pen_f(&p, ink, "%s %s", here ? ">" : " ", label_of(r));
	if (in) {
		int x, width;

		p.x = fields;
		width = p.end - p.x > FIELD_WIDTH ? FIELD_WIDTH : p.end - p.x;
		if (width > 4)
			input_draw(in, y, p.x, width, INK_FIELD, &x);
		if (width > 4 && here) {
			f->view.cursor_y = y;
			f->view.cursor_x = x;
		}
		p.x += width + 1;
		if (r == ROW_NAME && f->name.len == 0)
			pen_piece(&p, INK_DIM, "%s", _("empty: its time"));
	} else if (*value) {
		if (here)
			pen_text(&p, ink, " ");
		p.x = fields;
		pen_text(&p, INK_NORMAL, value);
		pen_skip(&p, 2);
		if (here)
			pen_piece(&p, INK_DIM, "%s", *why ? _("nothing else can be had") : _("Enter changes it"));
	} else if (here) {
		pen_text(&p, ink, " ");
	}
}

static void draw(struct view *v, struct box area)
{
	struct form *f = of(v);
	struct box b;
	char title[192], why[512];
	int y, all, room, rows = shown_before(f, ROW_COUNT), reason, fields = 0, first;

	if (app_top(v->app) != v) /* its preview stands in its place */
		return;
	b = dialog_place(v, height);
	dialog_air(b);
	snprintf(title, sizeof title, _("New snapshot of %s"), f->title);
	screen_box(b, INK_ACCENT, INK_BOLD, title, "");
	all = f->words.n ? lines_height(&f->words, b.w - 6) : 1;
	reason = reason_height(f, b.w);
	if (b.h - 2 - rows - (reason ? reason + 1 : 0) < 1)
		reason = 0;
	room = b.h - 2 - rows - (reason ? reason + 1 : 0) - 1;
	y = b.y + 1;
	if (room > 0 && f->words.n == 0)
		screen_text(y, b.x + 3, b.w - 6, INK_DIM, _("Asking its host what the limits leave."));
	if (room > 0 && f->words.n > 0) {
		if (all <= room || f->top >= f->words.n)
			f->top = 0;
		lines_draw(&f->words, f->top, (struct box){y, b.x + 3, room < all ? room : all, b.w - 6});
		if (all > room)
			dialog_more(b);
	}
	y += room > 0 ? (room < all ? room : all) + 1 : 0;
	for (int r = 0; r <= ROW_CHARGE; r++)
		if (shown(f, (enum row)r))
			fields = text_width(label_of((enum row)r)) > fields ? text_width(label_of((enum row)r)) : fields;
	fields += b.x + 2 + 2 + 1;
	first = dialog_first(shown_before(f, f->at), rows, b.y + b.h - 1 - y);
	for (int r = 0; r < ROW_COUNT && y < b.y + b.h - 1; r++)
		if (shown(f, (enum row)r) && first-- <= 0)
			draw_row(f, (enum row)r, y++, b, fields);
	why_not(f, f->at, why, sizeof why);
	if (reason > 0)
		dialog_text(y + 1, b.x + 4, b.w - 6, reason, INK_WARN, why);
}

/* ---- keys ---- */

static void preview(struct form *f)
{
	const struct vm *vm = vm_of(f);
	json_t *args;
	char why[512];

	why_not(f, ROW_GO, why, sizeof why);
	if (!vm || *why)
		return;
	args = json_object();
	if (f->name.len > 0)
		json_object_set_new(args, "name", json_string(f->name.text));
	if (f->note.len > 0)
		json_object_set_new(args, "note", json_string(f->note.text));
	if (f->external)
		json_object_set_new(args, "external", json_string("yes"));
	if (shown(f, ROW_QUIESCE) && f->quiesce)
		json_object_set_new(args, "quiesce", json_string("yes"));
	if (shown(f, ROW_CHARGE) && f->charge)
		json_object_set_new(args, "charge", json_string("tenant"));
	app_push(f->view.app, dialog_plan_new(f->view.app, vm, verb_name(VERB_SNAP_CREATE), args, 1));
}

static void change(struct form *f)
{
	char why[512];

	why_not(f, f->at, why, sizeof why);
	if (*why)
		return;
	if (f->at == ROW_HOLDS)
		f->external = !f->external;
	else if (f->at == ROW_QUIESCE)
		f->quiesce = !f->quiesce;
	else if (f->at == ROW_CHARGE)
		f->charge = !f->charge;
}

static bool text(struct view *v, const struct key *k)
{
	struct form *f = of(v);
	struct input *in = f->at == ROW_NAME ? &f->name : f->at == ROW_NOTE ? &f->note : NULL;

	if (in)
		return input_key(in, k) != INPUT_NOT_MINE;
	if (f->at >= ROW_HOLDS && f->at <= ROW_CHARGE && !(k->mods & (K_ALT | K_PASTED)) && (k->code == ' ' || k->code == K_LEFT || k->code == K_RIGHT)) {
		change(f);
		return true;
	}
	return k->mods & K_PASTED;
}

static bool command(struct view *v, enum command c)
{
	struct form *f = of(v);

	switch (c) {
	case CMD_UP:
	case CMD_BACKTAB:
		move(f, -1);
		return true;
	case CMD_DOWN:
	case CMD_TAB:
		move(f, 1);
		return true;
	case CMD_PAGE_DOWN:
		f->top++;
		return true;
	case CMD_PAGE_UP:
		f->top -= f->top > 0;
		return true;
	case CMD_OPEN:
		if (f->at == ROW_NAME || f->at == ROW_NOTE)
			move(f, 1);
		else if (f->at == ROW_GO)
			preview(f);
		else if (f->at == ROW_CANCEL)
			app_back(v->app);
		else
			change(f);
		return true;
	case CMD_ESCAPE:
	case CMD_CANCEL:
		app_back(v->app);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	return c != CMD_YES;
}

static void closed(struct view *v)
{
	struct form *f = of(v);

	snaps_live_close(&f->live);
	lines_clear(&f->words);
	intern_free(f->vm);
	free(f);
}

static const struct view_ops ops = {
	.name = "new snapshot", .where = WHERE_DIALOG, .overlay = true, .draw = draw, .text = text, .command = command,
	.can = can, .closed = closed,
};

struct view *dialog_snapshot_new(struct app *a, const struct vm *vm)
{
	struct form *f = xcalloc(1, sizeof *f);

	f->view.ops = &ops;
	f->view.app = a;
	f->vm = intern(vm->id);
	snprintf(f->title, sizeof f->title, "%s", vm->name);
	f->name.max = NAME_MAX_BYTES;
	f->note.max = NOTE_MAX_BYTES;
	snaps_live_open(&f->live, a, vm->id, told, f);
	return &f->view;
}

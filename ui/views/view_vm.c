/* One VM: what it does now, its snapshots, what it is made of, and what was done with it, on one page that scrolls. Details and history
 * are asked of the broker when the view opens, and again when the VM changes; what stands where is vm_page.c's. */
#include "app.h"
#include "common/proto.h"
#include "common/text.h"
#include "frame.h"
#include "lists/view_rows.h"
#include "term/screen.h"
#include "tr.h"
#include "views/vm_inside.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000   /* after a change: a job changes its VM several times */

static struct vm_view *of(struct view *v)
{
	return (struct vm_view *)v;
}

const struct vm *vm_view_vm(struct vm_view *v)
{
	return registry_find(v->view.app->objects, KIND_VM, v->id);
}

/* ---- asking ---- */

static void read_detail(struct vm_view *v, json_t *detail)
{
	struct facts *f = &v->made;
	json_t *error = json_object_get(detail, "error"), *j;
	size_t i;

	f->n = 0;
	v->error[0] = '\0';
	if (error) {
		struct err *e = proto_error_read(error);

		snprintf(v->error, sizeof v->error, "%s", e->msg.text);
		err_free(e);
		return;
	}
	json_array_foreach (json_object_get(detail, "disks"), i, j) {
		char label[40], size[32] = "";
		int64_t bytes = json_integer_value(json_object_get(j, "bytes"));

		snprintf(label, sizeof label, "%.32s", proto_text(j, "target"));
		if (bytes > 0)
			text_bytes_kib(size, sizeof size, (unsigned long long)bytes / 1024);
		facts_add(f, _("disk"), INK_NORMAL, "%s  %s%s%s%s%s%s", label, size, *size ? "  " : "", proto_text(j, "format"), *proto_text(j, "format") ? "  " : "",
			proto_text(j, "source"), json_is_true(json_object_get(j, "shared")) ? _("  shared") : "");
	}
	json_array_foreach (json_object_get(detail, "nics"), i, j)
		facts_add(f, _("nic"), INK_NORMAL, "%s  %s  %s", proto_text(j, "mac"), proto_text(j, "model"), proto_text(j, "network"));
	facts_add(f, _("guest"), INK_NORMAL, "%s", proto_text(detail, "guest"));
	facts_add(f, _("machine"), INK_NORMAL, "%s", proto_text(detail, "machine"));
	if (json_object_get(detail, "autostart"))
		facts_add(f, _("autostart"), INK_NORMAL, "%s", json_is_true(json_object_get(detail, "autostart")) ? _("yes") : _("no"));
}

static void on_show(void *ctx, const struct err *e, json_t *ret)
{
	struct vm_view *v = ctx;

	if (e) {
		snprintf(v->error, sizeof v->error, "%s", e->msg.text);
	} else {
		read_detail(v, json_object_get(ret, "detail"));
		lines_clear(&v->history);
		lines_history(&v->history, json_object_get(ret, "history"), app_is_customer(v->view.app));
	}
}

/* ---- drawing ---- */

/* Moves the page so that the cursor's row is seen, with what stands above the first one if there is room for it. */
static void follow(struct vm_view *v, struct box b)
{
	int row = vm_snaps_row(&v->snaps), y = v->snaps.rows_y + row, above = row == 0 ? (int)v->snaps.limits.n + 1 : 1;

	if (row < 0)
		return;
	if (y - above < b.y)
		v->top -= b.y - (y - above);
	if (y >= b.y + b.h)
		v->top += y - (b.y + b.h) + 1;
}

static void draw(struct view *v, struct box b)
{
	struct vm_view *vv = of(v);
	int was = vv->top;

	screen_clip(b);
	view_show_first(&vv->show);
	vv->rows = vm_page(vv, b.y - vv->top, b);
	vv->fits = b.h;
	if (vv->follow)
		follow(vv, b);
	vv->follow = false;
	if (vv->top > vv->rows - b.h)
		vv->top = vv->rows - b.h;
	if (vv->top < 0)
		vv->top = 0;
	if (vv->top != was)
		vm_page(vv, b.y - vv->top, b);
	if (vv->top > 0)
		screen_glyph(b.y, b.x + b.w - 1, INK_DIM, GLYPH_UP);
	if (vv->rows - vv->top > b.h)
		screen_glyph(b.y + b.h - 1, b.x + b.w - 1, INK_DIM, GLYPH_DOWN);
}

static void info(struct view *v, struct pen *p)
{
	const struct vm *vm = vm_view_vm(of(v));
	const struct job *j;
	struct look l;
	char age[32];

	pen_text(p, INK_BOLD, vm ? vm->name : of(v)->name);
	pen_skip(p, 2);
	if (!vm) {
		pen_text(p, INK_WARN, _("gone"));
		return;
	}
	l = look_vm(vm, screen_tier());
	if (vm->live && *vm->doing && (j = registry_find(v->app->objects, KIND_JOB, vm->job)))
		look_elapsed(age, sizeof age, j->started);
	else
		look_age(age, sizeof age, vm->live ? vm->since : vm->seen);
	pen_f(p, l.ink, l.ink == INK_ALERT ? " %s%s%s " : "%s%s%s", l.word, *age ? " " : "", age);
	if (*vm->doing && *vm->by)
		pen_f(p, l.ink, _(" by %s"), vm->by);
	pen_skip(p, 2);
	if (*vm->tenant)
		pen_f(p, INK_DIM, _("tenant %s  "), vm->tenant);
	if (*vm->grade)
		pen_f(p, INK_DIM, "%s  ", vm->grade);
	if (*vm->blade)
		pen_f(p, INK_DIM, _("on %s  "), vm->blade);
	if (vm->protect)
		pen_text(p, INK_MAINT, _("protected"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	const struct vm *vm = vm_view_vm(of(v));

	snprintf(out, size, "%s", vm ? vm->name : of(v)->name);
}

/* The row of the cursor is on the screen: what it points at is what keys mean. */
static bool on_snapshot(const struct vm_view *v)
{
	struct box in = frame_inside(screen_rows(), screen_cols());
	int row = vm_snaps_row(&v->snaps), y = v->snaps.rows_y + row;

	return row >= 0 && y >= in.y && y < in.y + in.h;
}

static void walk(struct vm_view *v, int by)
{
	int row = vm_snaps_row(&v->snaps);

	/* From the tree's end on, and where the page was turned away from its cursor, the page moves. */
	if ((row < 0 || on_snapshot(v)) && vm_snaps_move(&v->snaps, by))
		v->follow = true;
	else if (row < 0 || by > 0 || !on_snapshot(v))
		v->top += by;
	if (v->top < 0)
		v->top = 0;
}

static void act(struct vm_view *v, enum command c)
{
	const struct vm *vm = vm_view_vm(v);
	const char *ids[1] = {vm ? vm->id : ""};

	if (!vm)
		return;
	if (c == CMD_SNAPSHOT)
		app_push(v->view.app, dialog_snapshot_new(v->view.app, vm));
	else if (c != CMD_PROTECT && on_snapshot(v))
		vm_snaps_menu(&v->snaps, vm);
	else if (c != CMD_OPEN)
		app_push(v->view.app, dialog_action_new(v->view.app, ids, 1, vm->name, c == CMD_ACTIONS ? 0 : c == CMD_POWER ? 1 : 2));
}

static bool command(struct view *v, enum command c)
{
	struct vm_view *vv = of(v);
	int page_rows = vv->fits > 2 ? vv->fits - 1 : 1;

	switch (c) {
	case CMD_UP:
	case CMD_DOWN:
		walk(vv, c == CMD_UP ? -1 : 1);
		return true;
	case CMD_PAGE_UP:
		vv->top = vv->top > page_rows ? vv->top - page_rows : 0;
		return true;
	case CMD_PAGE_DOWN:
		vv->top += page_rows;
		return true;
	case CMD_HOME:
		vv->top = 0;
		return true;
	case CMD_END:
		vv->top = vv->rows;
		return true;
	case CMD_OPEN:
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_PROTECT:
	case CMD_SNAPSHOT:
		act(vv, c);
		return true;
	case CMD_CONSOLE:
		rows_console(v->app, vm_view_vm(vv));
		return true;
	case CMD_SCREEN:
		rows_screen(v->app, vm_view_vm(vv));
		return true;
	case CMD_HISTORY:
		rows_history(v->app, vv->id, vv->name);
		return true;
	case CMD_REFRESH:
		if (!app_is_customer(v->app))
			rows_refresh(v->app, vv->id, vv->name);
		snaps_live_ask(&vv->snaps.live);
		view_show_ask(&vv->show);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	switch (c) {
	case CMD_OPEN:
		return vm_view_vm(of(v)) && on_snapshot(of(v));
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_SCREEN:
	case CMD_PROTECT:
		return vm_view_vm(of(v)) && app_may_act(v->app);
	case CMD_REFRESH:
		return vm_view_vm(of(v)) != NULL;
	case CMD_FILTER_CLEAR:
		return false;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	*k = KIND_VM;
	*o = registry_find(v->app->objects, KIND_VM, of(v)->id);
	return *o != NULL;
}

/* The snapshot, else line 2 says what is being acted on. */
static bool spot(struct view *v, struct box *out)
{
	struct vm_view *vv = of(v);

	if (on_snapshot(vv))
		*out = (struct box){vv->snaps.rows_y + vm_snaps_row(&vv->snaps), 0, 1, screen_cols()};
	else
		*out = (struct box){1, 0, 1, screen_cols()};
	return true;
}

/* What was made of the host's answer has labels in the other language. */
static void retold(struct view *v)
{
	snaps_live_ask(&of(v)->snaps.live);
	view_show_ask(&of(v)->show);
}

static void closed(struct view *v)
{
	struct vm_view *vv = of(v);

	view_show_close(&vv->show);
	vm_snaps_close(&vv->snaps);
	lines_clear(&vv->history);
	intern_free(vv->id);
	intern_free(vv->name);
	free(vv);
}

static const struct view_ops ops = {
	.name = "vm", .where = WHERE_VM, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .retold = retold, .closed = closed,
};

struct view *view_vm_new(struct app *a, const struct vm *vm)
{
	struct vm_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(vm->id);
	v->name = intern(vm->name);
	view_show_open(&v->show, a, KIND_VM, v->id, AGAIN_MS, on_show, v);
	vm_snaps_open(&v->snaps, a, vm->id);
	return &v->view;
}

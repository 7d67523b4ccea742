/* One VM: its state, what it is made of, and what was done with it. Details and history are asked of the broker when the
 * view opens, and again when the VM changes. */
#include "app.h"
#include "common/proto.h"
#include "common/text.h"
#include "facts.h"
#include "lines.h"
#include "look.h"
#include "screen.h"
#include "tr.h"
#include "view_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000   /* after a change: a job changes its VM several times */
#define WIDE 100        /* columns from which two things stand side by side */
#define LABEL 11

struct vm_view {
	struct view view;
	istr id, name;
	uint64_t request;
	bool asked, answered;
	struct facts made;      /* disks, NICs, machine */
	struct lines history;
	size_t top;             /* of the history */
	size_t fits;            /* lines of it that were drawn */
	char error[256];        /* why the host does not tell, "" */
	struct loop_timer *again;
	struct registry_watch watch;
};

static struct vm_view *of(struct view *v)
{
	return (struct vm_view *)v;
}

static const struct vm *vm_of(struct vm_view *v)
{
	return registry_find(v->view.app->objects, KIND_VM, v->id);
}

/* ---- asking ---- */

static const char *string_in(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

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

		snprintf(label, sizeof label, "%.32s", string_in(j, "target"));
		if (bytes > 0)
			text_bytes_kib(size, sizeof size, (unsigned long long)bytes / 1024);
		facts_add(f, _("disk"), INK_NORMAL, "%s  %s%s%s%s%s%s", label, size, *size ? "  " : "", string_in(j, "format"), *string_in(j, "format") ? "  " : "",
			string_in(j, "source"), json_is_true(json_object_get(j, "shared")) ? _("  shared") : "");
	}
	json_array_foreach (json_object_get(detail, "nics"), i, j)
		facts_add(f, _("nic"), INK_NORMAL, "%s  %s  %s", string_in(j, "mac"), string_in(j, "model"), string_in(j, "network"));
	facts_add(f, _("guest"), INK_NORMAL, "%s", string_in(detail, "guest"));
	facts_add(f, _("machine"), INK_NORMAL, "%s", string_in(detail, "machine"));
	if (json_object_get(detail, "autostart"))
		facts_add(f, _("autostart"), INK_NORMAL, "%s", json_is_true(json_object_get(detail, "autostart")) ? _("yes") : _("no"));
}

static void on_show(void *ctx, struct err *e, json_t *ret)
{
	struct vm_view *v = ctx;

	v->request = 0;
	v->answered = true;
	if (e) {
		snprintf(v->error, sizeof v->error, "%s", e->msg.text);
	} else {
		read_detail(v, json_object_get(ret, "detail"));
		lines_clear(&v->history);
		lines_history(&v->history, json_object_get(ret, "history"));
	}
	err_free(e);
	app_draw_data(v->view.app);
}

static void ask(void *ctx)
{
	struct vm_view *v = ctx;

	if (v->request) { /* one at a time: the next follows */
		loop_timer_set(v->again, AGAIN_MS);
		return;
	}
	v->asked = true;
	v->request = app_request(v->view.app, "show", json_pack("{s:s}", "object", v->id), on_show, v);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct vm_view *v = ctx;

	if (k == KIND_VM && strcmp(((struct object *)o)->id, v->id) == 0 && !loop_timer_pending(v->again))
		loop_timer_set(v->again, AGAIN_MS);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
}

/* ---- drawing ---- */

/* A heading and what stands under it; returns the lines used, 0 when nothing fits. */
static int section(const char *title, const struct facts *f, const char *instead, enum ink ink, struct box b)
{
	int used;

	if (b.h < 2)
		return 0;
	screen_text(b.y, b.x, b.w, INK_BOLD, title);
	b.y++;
	b.h--;
	if (*instead) {
		struct lines one = {0};
		size_t next;
		int y = b.y;

		lines_add(&one, ink, "", "%s", instead);
		lines_draw(&one, 0, b);
		for (const char *s = one.list[0].text; *s && y < b.y + b.h; s += next, y++)
			facts_wrap(s, b.w, &next);
		lines_clear(&one);
		return 1 + y - b.y;
	}
	used = facts_draw(f, b, LABEL);
	return 1 + used;
}

static void draw(struct view *v, struct box b)
{
	struct vm_view *vv = of(v);
	const struct vm *vm = vm_of(vv);
	const char *instead = !vv->answered ? _("Asking its host.") : vv->error;
	enum ink ink = vv->answered ? INK_WARN : INK_DIM;
	struct facts now = {.n = 0};
	int used, left;

	screen_clip(b);
	if (!vv->asked)
		ask(vv);
	if (vm) {
		facts_vm(&now, vm, screen_tier());
		facts_add(&now, _("uuid"), INK_DIM, "%s", vm->uuid);
	}
	b.x++;
	b.w--;
	if (b.w >= WIDE) {
		int half = b.w / 2 - 2, right;

		used = section(_("Now"), &now, vm ? "" : _("This VM is no longer there."), INK_WARN, (struct box){b.y, b.x, b.h, half});
		right = section(_("Made of"), &vv->made, instead, ink, (struct box){b.y, b.x + half + 4, b.h, half});
		used = right > used ? right : used;
	} else {
		int most = b.h - 5 > 4 ? b.h - 5 : b.h;  /* so much is left for the history */

		used = section(_("Now"), &now, vm ? "" : _("This VM is no longer there."), INK_WARN, (struct box){b.y, b.x, most, b.w});
		used += used < most;
		used += section(_("Made of"), &vv->made, instead, ink, (struct box){b.y + used, b.x, most - used, b.w});
	}
	left = b.h - used - 1;
	vv->fits = 0;
	if (left < 2)
		return;
	b.y += used + 1;
	screen_text(b.y, b.x, b.w, INK_BOLD, _("History"));
	if (vv->history.n == 0) {
		screen_text(b.y + 1, b.x, b.w, INK_DIM, vv->answered ? _("Nothing was done with it from here yet.") : "");
		return;
	}
	if (vv->top >= vv->history.n)
		vv->top = vv->history.n - 1;
	vv->fits = lines_draw(&vv->history, vv->top, (struct box){b.y + 1, b.x, left - 1, b.w});
}

static void info(struct view *v, struct pen *p)
{
	const struct vm *vm = vm_of(of(v));
	struct look l;
	char age[32];

	pen_text(p, INK_BOLD, vm ? vm->name : of(v)->name);
	pen_skip(p, 2);
	if (!vm) {
		pen_text(p, INK_WARN, _("gone"));
		return;
	}
	l = look_vm(vm, screen_tier());
	look_age(age, sizeof age, vm->live ? vm->since : vm->seen);
	pen_f(p, l.ink, l.ink == INK_ALERT ? " %s%s%s " : "%s%s%s", l.word, *age ? " " : "", age);
	pen_skip(p, 2);
	if (*vm->tenant)
		pen_f(p, INK_DIM, _("tenant %s  "), vm->tenant);
	if (*vm->grade)
		pen_f(p, INK_DIM, "%s  ", vm->grade);
	if (*vm->blade)
		pen_f(p, INK_DIM, _("on %s  "), vm->blade);
	if (vm->protect)
		pen_text(p, INK_MAINT, _("protected  "));
	if (*vm->doing)
		pen_f(p, INK_ACTIVE, _("in use by %s"), *vm->by ? vm->by : "?");
}

static void crumb(struct view *v, char *out, size_t size)
{
	const struct vm *vm = vm_of(of(v));

	snprintf(out, size, "%s", vm ? vm->name : of(v)->name);
}

static bool command(struct view *v, enum command c)
{
	struct vm_view *vv = of(v);
	const struct vm *vm = vm_of(vv);
	size_t page = vv->fits > 1 ? vv->fits - 1 : 1, most = vv->history.n > vv->fits ? vv->history.n - vv->fits : 0;

	switch (c) {
	case CMD_UP:
		vv->top -= vv->top > 0;
		return true;
	case CMD_DOWN:
		vv->top += vv->top < most;
		return true;
	case CMD_PAGE_UP:
		vv->top = vv->top > page ? vv->top - page : 0;
		return true;
	case CMD_PAGE_DOWN:
		vv->top = vv->top + page < most ? vv->top + page : most;
		return true;
	case CMD_HOME:
		vv->top = 0;
		return true;
	case CMD_END:
		vv->top = most;
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_PROTECT:
		if (vm) {
			const char *ids[1] = {vm->id};

			app_push(v->app, dialog_action_new(v->app, ids, 1, vm->name, c == CMD_ACTIONS ? 0 : c == CMD_POWER ? 1 : 2));
		}
		return true;
	case CMD_HISTORY:
		rows_history(v->app, vv->id, vv->name);
		return true;
	case CMD_REFRESH:
		rows_refresh(v->app, vv->id, vv->name);
		ask(vv);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	switch (c) {
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_PROTECT:
		return vm_of(of(v)) && app_may_act(v->app);
	case CMD_REFRESH:
		return vm_of(of(v)) && !app_is_customer(v->app);
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

/* Line 2 says what is being acted on. */
static bool spot(struct view *v, struct box *out)
{
	*out = (struct box){1, 0, 1, screen_cols()};
	return true;
}

static void closed(struct view *v)
{
	struct vm_view *vv = of(v);

	app_forget(v->app, vv->request);
	registry_unwatch(v->app->objects, &vv->watch);
	loop_timer_free(vv->again);
	lines_clear(&vv->history);
	intern_free(vv->id);
	intern_free(vv->name);
	free(vv);
}

static const struct view_ops ops = {
	.name = "vm", .where = WHERE_VM, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .closed = closed,
};

struct view *view_vm_new(struct app *a, const struct vm *vm)
{
	struct vm_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(vm->id);
	v->name = intern(vm->name);
	v->again = loop_timer_new(a->loop, ask, v);
	v->watch = (struct registry_watch){.ctx = v, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &v->watch);
	return &v->view;
}

/* Shared by views with rows (view_rows.h). */
#include "view_rows.h"

#include "tr.h"

#include <stdio.h>

#define ACT_MOST 64  /* marked ones that are sent to the broker; it refuses far fewer */

void rows_act(struct app *a, enum command c, const struct vm *vm)
{
	const char *ids[ACT_MOST];
	size_t n = marks_ids(a->marks, ids, ACT_MOST);
	char title[128];
	int only = c == CMD_ACTIONS ? 0 : c == CMD_POWER ? 1 : 2;
	struct view *v;

	if (n > ACT_MOST) {
		app_say(a, INK_WARN, _("%zu are marked; at most %d can be acted on at once"), n, ACT_MOST);
		return;
	}
	if (n > 1 && c == CMD_SNAPSHOT) {
		app_say(a, INK_WARN, _("%zu are marked; a snapshot is of one at a time"), n);
		return;
	}
	if (n == 1)
		vm = registry_find(a->objects, KIND_VM, ids[0]);
	if (n <= 1) {
		if (!vm)
			return;
		if (c == CMD_SNAPSHOT) {
			app_push(a, dialog_snapshot_new(a, vm));
			return;
		}
		ids[0] = vm->id;
		n = 1;
		snprintf(title, sizeof title, "%.120s", vm->name);
	} else {
		snprintf(title, sizeof title, _("%zu marked VMs"), n);
	}
	v = dialog_action_new(a, ids, n, title, only);
	if (v)
		app_push(a, v);
}

void rows_open(struct app *a, enum kind k, const void *o)
{
	if (!o)
		return;
	if (k == KIND_VM)
		app_push(a, view_vm_new(a, o));
	else if (k == KIND_BLADE)
		app_push(a, view_blade_new(a, o));
	else if (k == KIND_JOB)
		app_push(a, view_job_new(a, o));
}

void rows_history(struct app *a, const char *id, const char *name)
{
	app_push(a, view_history_new(a, id, name));
}

static void on_refresh(void *ctx, struct err *e, json_t *ret)
{
	if (e)
		app_say_error(ctx, e);
	err_free(e);
}

void rows_refresh(struct app *a, const char *id, const char *name)
{
	app_say(a, INK_DIM, _("asking the host of %s"), name);
	app_request(a, "refresh", json_pack("{s:s}", "object", id), on_refresh, a);
}

void rows_info(struct app *a, struct list *l, struct pen *p, const char *one, const char *many)
{
	const struct err *e = list_filter_error(l);
	size_t shown = list_shown(l), total = list_total(l), marked = marks_count(a->marks), unseen;
	char where[32];

	if (e) {
		pen_text(p, INK_WARN, e->msg.text);
		return;
	}
	if (shown < total)
		pen_f(p, INK_NORMAL, _("%zu of "), shown);
	pen_f(p, INK_NORMAL, "%zu %s", total, P_(one, many, total));
	pen_skip(p, 2);
	list_position(l, where, sizeof where);
	if (*where) {
		pen_text(p, INK_DIM, where);
		pen_skip(p, 2);
	}
	if (marked > 0) {
		pen_f(p, INK_ACCENT, _("%zu marked"), marked);
		unseen = list_marked_unseen(l);
		if (unseen > 0)
			pen_f(p, INK_WARN, _(", %zu of them not in this list"), unseen);
		pen_skip(p, 2);
	}
}

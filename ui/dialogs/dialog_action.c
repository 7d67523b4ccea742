/* Acting on VMs and blades: what can be done (dialog_menu.c), what it would do and, when that was confirmed, the order to do it
 * (dialog_plan.c); here are its keys and its life. Nothing decides here whether something may be done: the broker does,
 * twice. */
#include "dialogs/dialog_inside.h"

#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAN_MS 300    /* after a target changed */

static struct dialog *of(struct view *v)
{
	return (struct dialog *)v;
}

struct choice *dialog_line(struct dialog *d, enum line_kind kind, const char *verb)
{
	struct choice *c = &d->lines[d->nlines < DIALOG_LINES ? d->nlines++ : DIALOG_LINES - 1];

	json_decref(c->args);
	*c = (struct choice){.kind = kind, .ok = true};
	snprintf(c->verb, sizeof c->verb, "%s", verb);
	return c;
}

void dialog_lines_clear(struct dialog *d)
{
	for (int i = 0; i < DIALOG_LINES; i++) {
		json_decref(d->lines[i].args);
		d->lines[i].args = NULL;
	}
	d->nlines = 0;
}

void dialog_notice(struct dialog *d, enum ink ink, const char *text)
{
	snprintf(d->notice, sizeof d->notice, "%s", text);
	d->notice_ink = ink;
}

bool dialog_gone(const struct dialog *d)
{
	return d->kind == KIND_VM && d->nids == 1 && !registry_find(d->view.app->objects, KIND_VM, d->ids[0]);
}

/* The broker knows a VM that is gone by no name. */
const char *dialog_error(const struct dialog *d, const struct err *e)
{
	return e->class == ERR_NOTFOUND && dialog_gone(d) ? _("This VM is no longer there.") : e->msg.text;
}

bool dialog_lacks_reason(const struct dialog *d)
{
	return d->preview.reason && d->reason.text[strspn(d->reason.text, " ")] == '\0';
}

/* ---- keys ---- */

static struct input *field_at(struct dialog *d)
{
	if (d->state != STATE_PREVIEW || d->at < 0 || d->at >= d->nlines)
		return NULL;
	if (d->lines[d->at].kind == LINE_REASON)
		return &d->reason;
	return d->lines[d->at].kind == LINE_CONFIRM && d->preview.kind == CONFIRM_TEXT ? &d->typed : NULL;
}

static bool text(struct view *v, const struct key *k)
{
	struct dialog *d = of(v);
	struct input *in = field_at(d);
	bool printable = k->code >= ' ' && k->code < K_SPECIAL && !(k->mods & K_ALT);

	/* Where a name is asked for, typing is typing it, wherever the cursor stands. */
	if (!in && printable && d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_TEXT && !(k->mods & K_PASTED)) {
		d->at = d->nlines - 1;
		in = &d->typed;
	}
	if (in) {
		in->ascii = in == &d->typed;
		if (input_key(in, k) != INPUT_NOT_MINE) {
			d->notice[0] = '\0';
			return true;
		}
		return false;
	}
	if (printable && !(k->mods & K_PASTED))
		dialog_typed(d);
	return k->mods & K_PASTED;
}

static void move(struct dialog *d, int by)
{
	if (d->nlines > 0 && (d->state == STATE_MENU || d->state == STATE_PREVIEW))
		d->at = (d->at + by + d->nlines) % d->nlines;
	d->moved = false;
	d->notice[0] = '\0';
}

static void close_or_back(struct dialog *d)
{
	struct app *a = d->view.app;

	if (d->state == STATE_COMMITTING)
		app_say(a, INK_WARN, "%s", _("It was asked for already: Jobs shows what becomes of it."));
	if (d->state == STATE_PREVIEW && d->show_targets) {
		d->show_targets = false;
		d->top = 0;
		app_draw(a);
		return;
	}
	if (d->menu && (d->state == STATE_PREVIEW || d->state == STATE_PLANNING)) {
		app_forget(a, d->request);
		d->request = 0;
		loop_timer_clear(d->replan);
		json_decref(d->args);
		d->args = NULL;
		d->menu(d);
		app_draw(a);
		return;
	}
	app_back(a);
}

static bool is_snapshot(const char *verb)
{
	enum verb v;

	return verb_from_name(verb, &v) && verb_is_snapshot(v);
}

static void plan_choice(struct dialog *d, const struct choice *c)
{
	char verb[32];

	snprintf(verb, sizeof verb, "%s", c->verb);
	json_decref(d->args);
	d->args = c->args ? json_copy(c->args) : NULL;
	dialog_plan(d, verb);
}

/* From the actions of a VM: a new snapshot is a form, the others are chosen where the snapshots stand. Frees d. */
static void go_to_snapshots(struct dialog *d, bool new)
{
	struct app *a = d->view.app;
	const struct vm *vm = d->nids == 1 ? registry_find(a->objects, KIND_VM, d->ids[0]) : NULL;

	if (!vm) {
		dialog_notice(d, INK_WARN, _("Snapshots are of one VM."));
		return;
	}
	app_back(a);
	if (new) {
		app_push(a, dialog_snapshot_new(a, vm));
		return;
	}
	if (app_top(a)->ops->where != WHERE_VM)
		app_push(a, view_vm_new(a, vm));
	app_say(a, INK_NORMAL, _("The arrows walk the snapshots; Enter tells what can be done with one."));
}

/* From a snapshot's menu to that of its VM. Frees d. */
static void go_to_vm(struct dialog *d)
{
	struct app *a = d->view.app;
	const struct vm *vm = registry_find(a->objects, KIND_VM, d->ids[0]);
	const char *ids[1] = {vm ? vm->id : ""};

	app_back(a);
	if (vm)
		app_push(a, dialog_action_new(a, ids, 1, vm->name, 0));
}

static void choose(struct dialog *d)
{
	struct choice *c;

	if ((d->state != STATE_MENU && d->state != STATE_PREVIEW) || d->at < 0 || d->at >= d->nlines)
		return;
	c = &d->lines[d->at];
	/* The cursor stood elsewhere when the finger began to move: closing it now would look as if it had been done. */
	if (d->state == STATE_PREVIEW && d->at == 0 && d->moved && dialog_unread(d))
		return;
	switch (c->kind) {
	case LINE_CANCEL:
		app_back(d->view.app);
		break;
	case LINE_VERB:
		if (!c->ok && c->can > 0) /* for some of them: the preview says for which not, and why */
			plan_choice(d, c);
		else if (!c->ok)
			dialog_notice(d, INK_WARN, *c->why ? c->why : _("This cannot be done now."));
		else if (is_snapshot(c->verb) && !d->snap)
			go_to_snapshots(d, strcmp(c->verb, verb_name(VERB_SNAP_CREATE)) == 0);
		else
			plan_choice(d, c);
		break;
	case LINE_DETAILS:
		dialog_details(d);
		break;
	case LINE_VM:
		go_to_vm(d);
		break;
	case LINE_SET:
		dialog_plan_with(d, c->set);
		break;
	case LINE_TARGETS:
		d->show_targets = !d->show_targets;
		d->top = 0;
		break;
	case LINE_LEAVE:
		dialog_leave_out(d);
		break;
	case LINE_GENTLER:
		dialog_other_verb(d, c);
		break;
	case LINE_REASON:
		move(d, 1);
		break;
	case LINE_CONFIRM:
		dialog_confirm(d);
		break;
	}
}

static bool command(struct view *v, enum command c)
{
	struct dialog *d = of(v);

	switch (c) {
	case CMD_UP:
	case CMD_BACKTAB:
		move(d, -1);
		return true;
	case CMD_DOWN:
	case CMD_TAB:
		move(d, 1);
		return true;
	case CMD_PAGE_DOWN:
		d->top++;
		return true;
	case CMD_PAGE_UP:
		d->top -= d->top > 0;
		return true;
	case CMD_OPEN:
		choose(d);
		return true;
	case CMD_YES:
		if (d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_YES)
			dialog_commit(d);
		return true;
	case CMD_ESCAPE:
	case CMD_CANCEL:
		close_or_back(d);
		return true;
	default:
		return false;
	}
}

/* ---- life ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct dialog *d = ctx;
	bool of_snapshot = d->state == STATE_MENU && d->snap; /* whose lines depend on what the VM is doing */

	for (size_t i = 0; k == d->kind && (d->state == STATE_PREVIEW || of_snapshot) && i < d->nids; i++)
		if (strcmp(((struct object *)o)->id, d->ids[i]) == 0 && !d->request)
			loop_timer_set(d->replan, REPLAN_MS);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	on_changed(ctx, k, slot, o);
}

static bool can(struct view *v, enum command c)
{
	struct dialog *d = of(v);

	return c != CMD_YES || (d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_YES);
}

static void closed(struct view *v)
{
	struct dialog *d = of(v);

	app_forget(v->app, d->request);
	registry_unwatch(v->app->objects, &d->watch);
	loop_timer_free(d->replan);
	preview_clear(&d->preview);
	dialog_lines_clear(d);
	snaps_clear(&d->snaps);
	json_decref(d->args);
	for (size_t i = 0; i < d->nids; i++)
		free(d->ids[i]);
	free(d->ids);
	free(d->snap);
	free(d);
}

static const struct view_ops ops = {
	.name = "action", .where = WHERE_DIALOG, .overlay = true, .draw = dialog_draw, .text = text, .command = command,
	.can = can, .closed = closed,
};

static struct dialog *new(struct app *a, const char *const *ids, size_t n, const char *title)
{
	struct dialog *d = xcalloc(1, sizeof *d);

	d->view.ops = &ops;
	d->view.app = a;
	d->kind = KIND_VM;
	d->nids = d->all = n;
	d->ids = xcalloc(n, sizeof *d->ids);
	for (size_t i = 0; i < n; i++)
		d->ids[i] = xstrdup(ids[i]);
	snprintf(d->title, sizeof d->title, "%s", title);
	d->reason.max = REASON_MAX;
	d->replan = loop_timer_new(a->loop, dialog_replan, d);
	d->watch = (struct registry_watch){.ctx = d, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &d->watch);
	return d;
}

struct view *dialog_action_new(struct app *a, const char *const *ids, size_t n, const char *title, int only)
{
	struct dialog *d = new(a, ids, n, title);
	const struct vm *vm = n == 1 ? registry_find(a->objects, KIND_VM, ids[0]) : NULL;

	d->only = only;
	if (only == 2 && vm) {
		dialog_plan(d, verb_name(vm->protect ? VERB_UNPROTECT : VERB_PROTECT));
	} else {
		d->menu = dialog_menu_actions;
		d->menu(d);
	}
	return &d->view;
}

struct view *dialog_blade_new(struct app *a, const struct blade *b, int only)
{
	const char *ids[1] = {b->id};
	char title[160];

	snprintf(title, sizeof title, _("blade %.140s"), b->name);
	return dialog_blades_new(a, ids, 1, title, only);
}

struct view *dialog_blades_new(struct app *a, const char *const *ids, size_t n, const char *title, int only)
{
	struct dialog *d = new(a, ids, n, title);

	d->kind = KIND_BLADE;
	d->only = only;
	d->menu = dialog_menu_actions;
	d->menu(d);
	return &d->view;
}

struct view *dialog_plan_new(struct app *a, const struct vm *vm, const char *verb, json_t *args, int below)
{
	const char *ids[1] = {vm->id};
	struct dialog *d = new(a, ids, 1, vm->name);

	d->args = args;
	d->below = below;
	dialog_plan(d, verb);
	return &d->view;
}

struct view *dialog_snapshot_menu_new(struct app *a, const struct vm *vm, json_t *answer, const char *id)
{
	const char *ids[1] = {vm->id};
	struct dialog *d = new(a, ids, 1, vm->name);

	snaps_read(&d->snaps, answer);
	d->snap = xstrdup(id);
	d->menu = dialog_menu_snapshot;
	d->menu(d);
	return &d->view;
}

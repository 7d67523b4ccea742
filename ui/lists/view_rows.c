/* Shared by views with rows (view_rows.h). */
#include "lists/view_rows.h"

#include "guest/console.h"

#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACT_MOST 64  /* marked ones that are sent to the broker; it refuses far fewer */

struct named { const char *id, *name; };

static int by_name(const void *a, const void *b)
{
	return strverscmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* As one reads them, and as the same command line is written twice. */
static void put_in_order(struct app *a, enum kind k, const char **ids, size_t n)
{
	struct named named[ACT_MOST];

	for (size_t i = 0; i < n; i++) {
		const void *o = registry_find(a->objects, k, ids[i]);

		named[i].id = ids[i];
		named[i].name = k == KIND_BLADE ? ((const struct blade *)o)->name : ((const struct vm *)o)->name;
	}
	qsort(named, n, sizeof *named, by_name);
	for (size_t i = 0; i < n; i++)
		ids[i] = named[i].id;
}

/* Several marked ones are acted on in one plan. False: there are not several. */
static bool act_on_marks(struct app *a, enum kind k, int only)
{
	const char *ids[ACT_MOST];
	size_t n = marks_ids(app_marks(a, k), ids, ACT_MOST);
	char title[128];
	struct view *v;

	if (n < 2)
		return false;
	if (n > ACT_MOST) {
		app_say(a, INK_WARN, _("%zu marked, at most %d at once. u unmarks all; * marks what a filter leaves."), n, ACT_MOST);
		return true;
	}
	put_in_order(a, k, ids, n);
	snprintf(title, sizeof title, k == KIND_BLADE ? _("%zu marked blades") : _("%zu marked VMs"), n);
	v = k == KIND_BLADE ? dialog_blades_new(a, ids, n, title, only) : dialog_action_new(a, ids, n, title, only);
	if (v)
		app_push(a, v);
	return true;
}

/* The one that is marked, where one is. */
static const void *marked_one(struct app *a, enum kind k, const void *otherwise)
{
	const char *ids[1];

	return marks_ids(app_marks(a, k), ids, 1) == 1 ? registry_find(a->objects, k, ids[0]) : otherwise;
}

void rows_act_blades(struct app *a, enum command c, const struct blade *b)
{
	if (!act_on_marks(a, KIND_BLADE, c == CMD_POWER))
		rows_act_blade(a, c, marked_one(a, KIND_BLADE, b));
}

void rows_act(struct app *a, enum command c, const struct vm *vm)
{
	int only = c == CMD_ACTIONS ? 0 : c == CMD_POWER ? 1 : 2;
	size_t marked = marks_count(a->marks);
	struct view *v;

	if (c == CMD_SNAPSHOT && marked > 1) {
		app_say(a, INK_WARN, _("%zu are marked; a snapshot is of one at a time"), marked);
		return;
	}
	if (c != CMD_SNAPSHOT && act_on_marks(a, KIND_VM, only))
		return;
	vm = marked_one(a, KIND_VM, vm);
	if (!vm)
		return;
	v = c == CMD_SNAPSHOT ? dialog_snapshot_new(a, vm) : dialog_action_new(a, (const char *const[]){vm->id}, 1, vm->name, only);
	if (v)
		app_push(a, v);
}

void rows_act_blade(struct app *a, enum command c, const struct blade *b)
{
	if (b && !*b->name)
		app_say(a, INK_DIM, _("The site file names no blade in bay %s of %s."), b->bay, b->enclosure);
	else if (b)
		app_push(a, dialog_blade_new(a, b, c == CMD_POWER));
}

void rows_enclosure(struct app *a, const struct blade *b)
{
	void *e;

	if (!b)
		return;
	if (registry_named(a->objects, KIND_ENCLOSURE, b->enclosure, &e, 1) == 1)
		app_push(a, view_enclosure_new(a, e, (int)b->place));
	else
		app_say(a, INK_WARN, _("%s stands in no enclosure."), b->name);
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
	else if (k == KIND_ENCLOSURE)
		app_push(a, view_enclosure_new(a, o, 0));
	else if (k == KIND_RACK)
		app_push(a, view_racks_new(a, ((const struct rack *)o)->name));
	else if (k == KIND_CLUSTER)
		app_push(a, view_cluster_new(a, o));
	else if (k == KIND_VOLUME)
		app_push(a, view_volume_new(a, o));
}

void rows_open_id(struct app *a, const char *id, const char *name)
{
	char prefix[16];
	size_t n = strcspn(id, ":");
	enum kind k;
	void *o;

	snprintf(prefix, sizeof prefix, "%.*s", n < sizeof prefix ? (int)n : 0, id);
	if (!kind_from_name(prefix, &k))
		return;
	if (k == KIND_SITE) { /* all of it */
		app_tab(a, TAB_RACKS);
		return;
	}
	o = registry_find(a->objects, k, id);
	if (o)
		rows_open(a, k, o);
	else
		app_say(a, INK_DIM, _("%s is no longer there."), name);
}

void rows_note(struct app *a, const struct blade *b)
{
	if (b && *b->name && app_may_act(a))
		app_push(a, dialog_note_new(a, b));
}

void rows_history(struct app *a, const char *id, const char *name)
{
	app_push(a, view_history_new(a, id, name));
}

void rows_console(struct app *a, const struct vm *vm)
{
	if (vm)
		app_push(a, view_console_new(a, &(struct console_options){.object = vm->id, .name = vm->name}));
}

void rows_screen(struct app *a, const struct vm *vm)
{
	if (vm)
		app_push(a, view_screen_new(a, vm));
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

void rows_refresh_manager(struct app *a, const char *id, const char *name)
{
	app_say(a, INK_DIM, _("asking the manager of %s"), name);
	app_request(a, "refresh", json_pack("{s:s}", "object", id), on_refresh, a);
}

void rows_refresh_blade(struct app *a, const struct blade *b)
{
	app_say(a, INK_DIM, _("asking %s"), b->name);
	app_request(a, "refresh", json_pack("{s:s}", "object", b->id), on_refresh, a);
}

/* A whole sentence of each kind: other languages count servers with another word than jobs. */
static void draw_count(const struct list *l, struct pen *p, size_t shown, size_t total)
{
#define COUNT(one, many, some) (shown < total ? pen_f(p, INK_NORMAL, some, shown, total) : pen_f(p, INK_NORMAL, P_(one, many, total), total))
	switch (list_kind(l)) {
	case KIND_VM:
		if (list_columns(l) == &columns_server)
			COUNT(_("%zu server"), _("%zu servers"), _("%zu of %zu servers"));
		else
			COUNT(_("%zu VM"), _("%zu VMs"), _("%zu of %zu VMs"));
		break;
	case KIND_BLADE:
		COUNT(_("%zu blade"), _("%zu blades"), _("%zu of %zu blades"));
		break;
	case KIND_CLUSTER:
		COUNT(_("%zu cluster"), _("%zu clusters"), _("%zu of %zu clusters"));
		break;
	case KIND_VOLUME:
		COUNT(_("%zu volume"), _("%zu volumes"), _("%zu of %zu volumes"));
		break;
	case KIND_ALERT:
		COUNT(_("%zu alert"), _("%zu alerts"), _("%zu of %zu alerts"));
		break;
	default:
		COUNT(_("%zu job"), _("%zu jobs"), _("%zu of %zu jobs"));
		break;
	}
#undef COUNT
}

void rows_info(struct app *a, struct list *l, struct pen *p)
{
	const struct err *e = list_filter_error(l);
	size_t shown = list_shown(l), total = list_total(l), marked = list_marked(l), unseen;
	char where[32];

	if (e && !app_typing(a)) {
		pen_text(p, INK_WARN, e->msg.text);
		return;
	}
	if (e) /* why is said where it is typed; what is listed is what was obeyed last */
		pen_piece(p, INK_WARN, "%s", _("not obeyed"));
	draw_count(l, p, shown, total);
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

void rows_vm_counts(struct pen *p, const struct tally_counts *c)
{
	size_t unknown = c->vm[LOOK_UNKNOWN];

	pen_piece(p, INK_GOOD, _("%zu running"), c->vms_running);
	pen_piece(p, INK_DIM, _("%zu off"), c->vms_off);
	if (c->vm[LOOK_ALERT] > 0)
		pen_piece(p, INK_ALERT, P_(_(" %zu alert "), _(" %zu alerts "), c->vm[LOOK_ALERT]), c->vm[LOOK_ALERT]);
	if (c->vm[LOOK_WARN] > 0)
		pen_piece(p, INK_WARN, _("! %zu to look at"), c->vm[LOOK_WARN]);
	if (unknown > 0)
		pen_piece(p, INK_UNKNOWN, _("? %zu not known"), unknown);
}

void rows_wrong_blades(struct pen *p, const struct tally_counts *c)
{
	size_t silent = c->blade[LOOK_ALERT] - c->blades_down, managers = c->managers_wrong;

	if (silent > 0)
		pen_piece(p, INK_ALERT, P_(_(" %zu host silent "), _(" %zu hosts silent "), silent), silent);
	if (c->blades_down > 0)
		pen_piece(p, INK_ALERT, P_(_(" %zu blade down "), _(" %zu blades down "), c->blades_down), c->blades_down);
	if (managers > 0)
		pen_piece(p, INK_WARN, P_(_("! %zu manager not there"), _("! %zu managers not there"), managers), managers);
	if (c->blade[LOOK_UNKNOWN] > 0)
		pen_piece(p, INK_UNKNOWN, P_(_("? %zu host not known"), _("? %zu hosts not known"), c->blade[LOOK_UNKNOWN]), c->blade[LOOK_UNKNOWN]);
	if (c->blade[LOOK_WARN] > 0)
		pen_piece(p, INK_WARN, P_(_("! %zu blade alert"), _("! %zu blade alerts"), c->blade[LOOK_WARN]), c->blade[LOOK_WARN]);
}

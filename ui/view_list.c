/* The lists over the whole site: VMs, blades, jobs. One view, a row of the table below for each. */
#include "app.h"
#include "columns.h"
#include "list.h"
#include "tr.h"
#include "view_rows.h"

#include <stdio.h>
#include <stdlib.h>

struct list_view {
	struct view view;
	struct list *list;
	enum kind kind;
};

static struct list_view *of(struct view *v)
{
	return (struct list_view *)v;
}

static void draw(struct view *v, struct box b)
{
	list_draw(of(v)->list, b);
}

static void blade_counts(struct app *a, struct pen *p)
{
	const struct tally_counts *c = tally_counts(a->tally);

	pen_piece(p, INK_GOOD, _("%zu live"), c->blades_live);
	if (c->blades_off > 0)
		pen_piece(p, INK_DIM, _("%zu off"), c->blades_off);
	rows_wrong_blades(p, c);
}

static void info(struct view *v, struct pen *p)
{
	struct app *a = v->app;

	switch (of(v)->kind) {
	case KIND_VM:
		rows_info(a, of(v)->list, p, _("VM"), _("VMs"));
		if (list_shown(of(v)->list) == list_total(of(v)->list))
			rows_vm_counts(p, tally_counts(a->tally));
		break;
	case KIND_BLADE:
		rows_info(a, of(v)->list, p, _("blade"), _("blades"));
		if (list_shown(of(v)->list) == list_total(of(v)->list))
			blade_counts(a, p);
		break;
	default:
		rows_info(a, of(v)->list, p, _("job"), _("jobs"));
		if (tally_counts(a->tally)->jobs_open > 0)
			pen_piece(p, INK_ACTIVE, _("%zu under way"), tally_counts(a->tally)->jobs_open);
		break;
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	enum kind k = of(v)->kind;

	snprintf(out, size, "%s", k == KIND_VM ? _("VMs") : k == KIND_BLADE ? _("blades") : _("jobs"));
}

static const char *name_of(enum kind k, const void *o)
{
	return k == KIND_VM ? ((const struct vm *)o)->name : ((const struct blade *)o)->name;
}

/* The blade under the cursor, or on which the VM is that is under it. */
static const struct blade *blade_under(const struct list_view *l)
{
	void *o = list_object(l->list), *b = NULL;

	if (!o || l->kind == KIND_BLADE)
		return o;
	return l->kind == KIND_VM && registry_named(l->view.app->objects, KIND_BLADE, ((struct vm *)o)->blade, &b, 1) == 1 ? b : NULL;
}

static bool command(struct view *v, enum command c)
{
	struct list_view *l = of(v);
	struct object *o = list_object(l->list);

	if (list_command(l->list, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		rows_open(v->app, l->kind, o);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_SNAPSHOT:
	case CMD_PROTECT:
		if (l->kind == KIND_BLADE)
			rows_act_blade(v->app, c, (struct blade *)o);
		else
			rows_act(v->app, c, (struct vm *)o);
		return true;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		rows_act_blade(v->app, c == CMD_BLADE_POWER ? CMD_POWER : CMD_ACTIONS, blade_under(l));
		return true;
	case CMD_ENCLOSURE:
		rows_enclosure(v->app, (struct blade *)o);
		return true;
	case CMD_CONSOLE:
		rows_console(v->app, l->kind == KIND_VM ? (struct vm *)o : NULL);
		return true;
	case CMD_HISTORY:
		if (o)
			rows_history(v->app, o->id, name_of(l->kind, o));
		return true;
	case CMD_REFRESH:
		if (o)
			rows_refresh(v->app, o->id, name_of(l->kind, o));
		return true;
	case CMD_ESCAPE: /* on the first view there is no level to leave but the filter */
		if (*v->app->filter && v->app->depth == 1) {
			app_filter_set(v->app, "");
			return true;
		}
		return false;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	enum kind k = of(v)->kind;
	bool any = list_object(of(v)->list) != NULL;

	switch (c) {
	case CMD_MARK:
	case CMD_MARK_ALL:
		return k == KIND_VM && any;
	case CMD_ACTIONS:
	case CMD_POWER:
		return k != KIND_JOB && any && app_may_act(v->app);
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_PROTECT:
		return k == KIND_VM && any && app_may_act(v->app);
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		return k != KIND_JOB && blade_under(of(v)) && app_may_act(v->app) && !app_is_customer(v->app);
	case CMD_ENCLOSURE:
		return k == KIND_BLADE && any;
	case CMD_OPEN:
	case CMD_HISTORY:
		return any;
	case CMD_REFRESH:
		return any && !app_is_customer(v->app);
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	case CMD_JOBS:
		return k != KIND_JOB;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	*k = of(v)->kind;
	*o = list_object(of(v)->list);
	return *o != NULL;
}

static bool spot(struct view *v, struct box *out)
{
	return list_spot(of(v)->list, out);
}

static void retold(struct view *v)
{
	list_retell(of(v)->list);
}

static void closed(struct view *v)
{
	list_free(of(v)->list);
	free(v);
}

#define OPS(bit) {.name = "list", .where = bit, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can, \
	.object = object, .spot = spot, .retold = retold, .closed = closed}
static const struct view_ops list_ops = OPS(WHERE_LIST), job_ops = OPS(WHERE_JOBS);

static struct view *make(struct app *a, enum kind k, const struct columns *c)
{
	struct list_view *l = xcalloc(1, sizeof *l);

	l->view.ops = k == KIND_JOB ? &job_ops : &list_ops;
	l->view.app = a;
	l->kind = k;
	l->list = list_new(a, k, c, NULL);
	return &l->view;
}

struct view *view_vms_new(struct app *a)
{
	return make(a, KIND_VM, &columns_vm);
}

struct view *view_blades_new(struct app *a)
{
	return make(a, KIND_BLADE, &columns_blade);
}

struct view *view_jobs_new(struct app *a)
{
	return make(a, KIND_JOB, &columns_job);
}

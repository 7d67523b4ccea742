/* The lists over the whole site: VMs, blades, jobs, clusters, volumes; and those below a head (view_list.h). */
#include "app.h"
#include "dialogs/form.h"
#include "lists/columns.h"
#include "lists/list.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/view_list.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct list_view {
	struct view view;
	struct list *list;
	enum kind kind;
	const struct list_head *head; /* NULL: the list alone */
	void *ctx;
	char within[300];
};

static struct list_view *of(struct view *v)
{
	return (struct list_view *)v;
}

static void draw(struct view *v, struct box b)
{
	struct list_view *l = of(v);
	int used = 0;

	if (l->head) {
		screen_clip(b);
		used = l->head->draw(l->ctx, (struct box){b.y, b.x, b.h * 3 / 5, b.w}, list_object(l->list));
		used += used > 0 && used < b.h * 3 / 5;
	}
	list_draw(l->list, (struct box){b.y + used, b.x, b.h - used, b.w});
}

static void blade_counts(struct app *a, struct pen *p)
{
	const struct tally_counts *c = tally_counts(a->tally);

	pen_piece(p, INK_GOOD, _("%zu live"), c->blades_live);
	if (c->blades_off > 0)
		pen_piece(p, INK_DIM, _("%zu off"), c->blades_off);
	rows_wrong_blades(p, c);
}

/* There are few of them, so that they are counted for the picture. */
static void wrong_ones(struct app *a, struct pen *p, enum kind k)
{
	size_t hurt = 0, warn = 0;

	for (uint32_t s = 0, n = registry_slots(a->objects, k); s < n; s++) {
		const void *o = registry_at(a->objects, k, s);
		enum look_rank r = o ? look_rank(k, o) : LOOK_WELL;

		hurt += r == LOOK_ALERT;
		warn += r == LOOK_WARN;
	}
	if (hurt > 0 && k == KIND_CLUSTER)
		pen_piece(p, INK_ALERT, _(" %zu without quorum "), hurt);
	else if (hurt > 0)
		pen_piece(p, INK_ALERT, _(" %zu nearly full "), hurt);
	if (warn > 0)
		pen_piece(p, INK_WARN, _("! %zu to look at"), warn);
}

static void info(struct view *v, struct pen *p)
{
	struct app *a = v->app;
	bool all = !of(v)->head && list_shown(of(v)->list) == list_total(of(v)->list);

	if (of(v)->head)
		of(v)->head->info(of(v)->ctx, p);
	rows_info(a, of(v)->list, p);
	switch (of(v)->kind) {
	case KIND_VM:
		if (all)
			rows_vm_counts(p, tally_counts(a->tally));
		break;
	case KIND_BLADE:
		if (all)
			blade_counts(a, p);
		break;
	case KIND_CLUSTER:
		wrong_ones(a, p, KIND_CLUSTER);
		break;
	case KIND_VOLUME:
		wrong_ones(a, p, KIND_VOLUME);
		break;
	default:
		if (tally_counts(a->tally)->jobs_open > 0)
			pen_piece(p, INK_ACTIVE, _("%zu under way"), tally_counts(a->tally)->jobs_open);
		break;
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	enum kind k = of(v)->kind;

	if (of(v)->head)
		of(v)->head->crumb(of(v)->ctx, out, size);
	else
		snprintf(out, size, "%s", k == KIND_VM ? _("VMs") : k == KIND_BLADE ? _("blades") : k == KIND_CLUSTER ? _("clusters") : k == KIND_VOLUME ? _("volumes") : _("jobs"));
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
			rows_act_blades(v->app, c, (struct blade *)o);
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
	case CMD_SCREEN:
		rows_screen(v->app, l->kind == KIND_VM ? (struct vm *)o : NULL);
		return true;
	case CMD_NOTE:
		rows_note(v->app, blade_under(l));
		return true;
	case CMD_HISTORY:
		if (o)
			rows_history(v->app, o->id, name_of(l->kind, o));
		return true;
	case CMD_REFRESH:
		if (o)
			rows_refresh(v->app, o->id, name_of(l->kind, o));
		return true;
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
	case CMD_MARK_OTHERS:
		return (k == KIND_VM || k == KIND_BLADE) && any;
	case CMD_ACTIONS:
	case CMD_POWER:
		return (k == KIND_VM || k == KIND_BLADE) && any && app_may_act(v->app);
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_SCREEN:
	case CMD_PROTECT:
		return k == KIND_VM && any && app_may_act(v->app);
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
	case CMD_NOTE:
		return k != KIND_JOB && blade_under(of(v)) && app_may_act(v->app) && !app_is_customer(v->app);
	case CMD_ENCLOSURE:
		return k == KIND_BLADE && any;
	case CMD_OPEN:
		return any;
	case CMD_HISTORY:
		return any && k != KIND_CLUSTER && k != KIND_VOLUME;
	case CMD_WHAT_IF:
		return any && k != KIND_JOB;
	case CMD_REFRESH:
		return any && k != KIND_CLUSTER && k != KIND_VOLUME && !app_is_customer(v->app);
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	case CMD_JOBS:
		return k != KIND_JOB;
	default:
		return true;
	}
}

static struct list *shown_list(struct view *v)
{
	return of(v)->list;
}

static void retold(struct view *v)
{
	list_retell(of(v)->list);
	if (of(v)->head && of(v)->head->retold)
		of(v)->head->retold(of(v)->ctx);
}

static void closed(struct view *v)
{
	list_free(of(v)->list);
	if (of(v)->head)
		of(v)->head->closed(of(v)->ctx);
	free(v);
}

static void same(struct view *v, char *out, size_t size)
{
	form_word(out, size, "list");
	form_word(out, size, of(v)->kind == KIND_VM ? "vms" : "blades");
	form_word(out, size, of(v)->within);
}

#define OPS(bit, ...) {.name = "list", .where = bit, __VA_ARGS__ .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can, \
	.list = shown_list, .retold = retold, .closed = closed}
static const struct view_ops list_ops = OPS(WHERE_LIST, ), job_ops = OPS(WHERE_JOBS, ), head_ops = OPS(WHERE_LIST, .same = same,);

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

struct view *view_clusters_new(struct app *a)
{
	return make(a, KIND_CLUSTER, &columns_cluster);
}

struct view *view_volumes_new(struct app *a)
{
	return make(a, KIND_VOLUME, &columns_volume);
}

struct view *view_list_of(struct app *a, enum kind k, const struct columns *c, const char *field, const char *value, const struct list_head *head, void *ctx)
{
	struct view *v = make(a, k, c);

	snprintf(of(v)->within, sizeof of(v)->within, strpbrk(value, " *?!") ? "%s:\"%.250s\"" : "%s:%.250s", field, value);
	list_within(of(v)->list, of(v)->within, field);
	v->ops = &head_ops;
	of(v)->head = head;
	of(v)->ctx = ctx;
	return v;
}

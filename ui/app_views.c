/* Which views there are: the stack, the tabs at its bottom, the filter that all of them share (app.h). Called by keys, by views and
 * by what the broker says of its user. */
#include "app_inside.h"

#include "lists/list.h"
#include "lists/records.h"
#include "tr.h"
#include "words/lang.h"

#include <stdio.h>
#include <string.h>

/* ---- one ---- */

static struct list *list_of(struct view *v)
{
	return v->ops->list ? v->ops->list(v) : NULL;
}

bool view_object(struct view *v, enum kind *k, void **o)
{
	struct list *l;

	if (v->ops->object)
		return v->ops->object(v, k, o);
	l = list_of(v);
	if (!l)
		return false;
	*k = list_kind(l);
	*o = list_object(l);
	return *o != NULL;
}

bool view_spot(struct view *v, struct box *out)
{
	struct list *l;

	if (v->ops->spot)
		return v->ops->spot(v, out);
	if (v->ops->records)
		return records_spot(v->ops->records(v), out);
	l = list_of(v);
	return l && list_spot(l, out);
}

void view_retold(struct view *v)
{
	struct list *l = list_of(v);

	if (v->ops->retold)
		v->ops->retold(v);
	else if (l)
		list_retell(l);
}

/* ---- the stack ---- */

struct view *app_top(struct app *a)
{
	return a->stack[a->depth - 1];
}

bool app_push(struct app *a, struct view *v)
{
	if (a->depth == APP_DEPTH) {
		v->ops->closed(v);
		app_say(a, INK_WARN, "%s", _("Too many views are open; Backspace goes back."));
		return false;
	}
	a->stack[a->depth++] = v;
	app_draw(a);
	return true;
}

bool app_can(struct app *a, struct view *v, enum command c)
{
	if (c == CMD_UNMARK)
		return marks_count(a->marks) + marks_count(a->blade_marks) > 0;
	return !(app_is_customer(a) && keymap_is_staffs(c)) && (!v->ops->can || v->ops->can(v, c));
}

void app_back(struct app *a)
{
	struct view *v = app_top(a);

	if (a->depth == 1)
		return;
	a->depth--;
	v->ops->closed(v);
	app_draw(a);
	if (app_alone(a) && a->depth == 1)
		loop_stop(a->loop);
}

void app_views_close(struct inner *in)
{
	while (in->app.depth > 1)
		app_back(&in->app);
	for (int t = 0; t < TAB_COUNT; t++)
		if (in->app.tabs[t])
			in->app.tabs[t]->ops->closed(in->app.tabs[t]);
}

/* ---- tabs ---- */

static struct view *racks_new(struct app *a)
{
	return view_racks_new(a, NULL);
}

static struct view *vms_new(struct app *a)
{
	return app_is_customer(a) ? view_servers_new(a) : view_vms_new(a);
}

/* Who has it among his views; the rest is never made for him. */
static const struct { struct view *(*make)(struct app *); bool customers; } tabs[TAB_COUNT] = {
	[TAB_RACKS] = {racks_new, false}, [TAB_VMS] = {vms_new, true}, [TAB_BLADES] = {view_blades_new, false}, [TAB_JOBS] = {view_jobs_new, true},
	[TAB_ALERTS] = {view_alerts_new, false}, [TAB_EVENTS] = {view_events_new, false}, [TAB_AUDIT] = {view_audit_new, false}, [TAB_HANDOVER] = {view_handover_new, false}, [TAB_TREE] = {view_tree_new, false}, [TAB_CLUSTERS] = {view_clusters_new, false}, [TAB_VOLUMES] = {view_volumes_new, false},
};

static bool has_tab(const struct app *a, enum tab t)
{
	return tabs[t].make && (tabs[t].customers || !app_is_customer(a));
}

struct view *app_tab_view(struct app *a, enum tab t)
{
	if (!has_tab(a, t))
		return NULL;
	if (!a->tabs[t])
		a->tabs[t] = tabs[t].make(a);
	return a->tabs[t];
}

void app_tab(struct app *a, enum tab t)
{
	if (!tabs[t].make)
		return;
	while (a->depth > 1)
		app_back(a);
	if (!a->tabs[t])
		a->tabs[t] = tabs[t].make(a);
	a->tab = t;
	a->stack[0] = a->tabs[t];
	a->depth = 1;
	app_draw(a);
}

void app_number(struct inner *in, uint32_t digit)
{
	enum tab t = (enum tab)((digit - '0' + 9) % 10);

	in->chosen = true;
	if (has_tab(&in->app, t))
		app_tab(&in->app, t);
}

void app_next_tab(struct app *a, int by)
{
	enum tab t = a->tab;

	inner_of(a)->chosen = true;
	do
		t = (enum tab)(((int)t + by + TAB_COUNT) % TAB_COUNT);
	while (!has_tab(a, t));
	app_tab(a, t);
}

void app_take_role(struct inner *in)
{
	struct app *a = &in->app;
	bool customer = app_is_customer(a);
	struct view *vms = a->tabs[TAB_VMS];

	if (customer == in->customer)
		return;
	in->customer = customer;
	while (a->depth > 1)
		app_back(a);
	a->tabs[TAB_VMS] = NULL;
	app_tab(a, customer ? TAB_VMS : TAB_RACKS);
	if (vms)
		vms->ops->closed(vms);
}

/* ---- what all of them share ---- */

void app_filter_set(struct app *a, const char *text)
{
	if (strcmp(a->filter, text) == 0)
		return;
	snprintf(a->filter, sizeof a->filter, "%s", text);
	a->filter_gen++;
	app_draw(a);
}

bool app_typing(const struct app *a)
{
	return inner_of(a)->filter.typing;
}

struct marks *app_marks(const struct app *a, enum kind k)
{
	return k == KIND_VM ? a->marks : k == KIND_BLADE ? a->blade_marks : NULL;
}

void app_switch_language(struct app *a)
{
	bool help = view_help_is(app_top(a));

	if (!lang_switch()) {
		app_say(a, INK_WARN, "%s", _("This terminal cannot show the other language: it needs UTF-8."));
		return;
	}
	if (help) /* made anew: its name is in the other language too */
		app_back(a);
	for (int i = 1; i < a->depth; i++)
		view_retold(a->stack[i]);
	for (int t = 0; t < TAB_COUNT; t++)
		if (a->tabs[t])
			view_retold(a->tabs[t]);
	if (help)
		app_push(a, view_help_new(a));
	app_say(a, INK_DIM, "%s", lang_name(lang_now()));
}

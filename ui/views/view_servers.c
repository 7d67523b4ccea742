/* "My servers": what a customer sees first. The provider's notices, his VMs as a plain list, and whom to ask. Made by app_views.c as
 * the tab of VMs when the broker says that its user is a customer. */
#include "app.h"
#include "common/text.h"
#include "lists/columns.h"
#include "lists/list.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/notices.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_LEAST 5   /* rows that notices leave to the list: its head and four servers */

struct servers_view {
	struct view view;
	struct list *list;
};

static struct servers_view *of(struct view *v)
{
	return (struct servers_view *)v;
}

/* ---- whom to ask ---- */

static const char *support_of(const struct app *a)
{
	const struct client_user *u = app_client_user(a);

	return u && u->support ? u->support : "";
}

/* The job that a question is most likely about: the one that was started last. NULL: there is none. */
static const struct job *newest_job(const struct registry *r)
{
	const struct job *newest = NULL;
	uint32_t slots = registry_slots(r, KIND_JOB);

	for (uint32_t s = 0; s < slots; s++) {
		const struct job *j = registry_at(r, KIND_JOB, s);

		if (j && (!newest || j->started > newest->started))
			newest = j;
	}
	return newest;
}

/* The address whole, and what to quote in as many words as there is room for beside it. */
static void draw_support(struct app *a, int y, struct box b)
{
	const struct job *j = newest_job(a->objects);
	const char *whom = *support_of(a) ? support_of(a) : _("ask your provider"), *id = j ? look_id(j->id) : NULL;
	char quote[192] = "", brief[64] = "";
	int room;
	struct pen p = {y, b.x + LIST_LEFT, b.x + b.w};

	pen_text(&p, INK_DIM, _("Questions: "));
	if (!id) {
		pen_text(&p, INK_NORMAL, whom);
		return;
	}
	snprintf(quote, sizeof quote, _(" - quote job %s"), id);
	snprintf(brief, sizeof brief, _("job %s"), id);
	room = p.end - p.x - text_width(whom);
	if (text_width(quote) < room) {
		pen_text(&p, INK_NORMAL, whom);
		pen_text(&p, INK_NORMAL, quote);
	} else if (text_width(brief) + 2 < room) {
		pen_text(&p, INK_NORMAL, whom);
		pen_skip(&p, 2);
		pen_text(&p, INK_NORMAL, brief);
	} else { /* the job is what changes; the address was seen before */
		pen_text(&p, INK_NORMAL, brief);
		pen_skip(&p, 2);
		pen_text(&p, INK_NORMAL, whom);
	}
}

static void draw_none(struct app *a, struct box b)
{
	const char *whom = support_of(a);
	struct pen p = {b.y + (b.h > 2), b.x + LIST_LEFT, b.x + b.w};

	if (!mirror_synced(a->mirror) && !app_lost(a))
		return; /* line 1 says that it is being read */
	pen_text(&p, INK_NORMAL, _("No servers are assigned to you."));
	p = (struct pen){p.y + 1, b.x + LIST_LEFT, b.x + b.w};
	if (*whom)
		pen_f(&p, INK_NORMAL, _("Ask %s."), whom);
	else
		pen_text(&p, INK_NORMAL, _("Ask your provider."));
}

/* ---- drawing ---- */

static void draw(struct view *v, struct box b)
{
	struct box list = b, top = b;
	bool none = list_total(of(v)->list) == 0; /* then whom to ask stands in their place */
	int below = none ? 0 : b.h >= 10 ? 2 : b.h >= 6 ? 1 : 0, used; /* a blank line before whom to ask, where there is room */

	screen_clip(b);
	list.h -= below;
	/* Half of what is there, and never so much that no server is seen. */
	top.h = list.h / 2 < list.h - LIST_LEAST ? list.h / 2 : list.h - LIST_LEAST;
	if (top.h < 1 && list.h >= 3)
		top.h = 1;
	used = notices_draw(v->app, top);
	if (used > 0 && list.h - used > LIST_LEAST)
		used++;
	list.y += used;
	list.h -= used;
	if (none)
		draw_none(v->app, list);
	else
		list_draw(of(v)->list, list);
	screen_clip(b);
	if (below > 0)
		draw_support(v->app, b.y + b.h - 1, b);
}

static void info(struct view *v, struct pen *p)
{
	struct list *l = of(v)->list;

	rows_info(v->app, l, p);
	if (list_shown(l) == list_total(l) && list_total(l) > 0)
		rows_vm_counts(p, tally_counts(v->app->tally));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("My servers"));
}

/* ---- keys ---- */

static bool command(struct view *v, enum command c)
{
	struct app *a = v->app;
	struct vm *vm;

	if (list_command(of(v)->list, c))
		return true;
	vm = list_object(of(v)->list);
	switch (c) {
	case CMD_OPEN:
		rows_open(a, KIND_VM, vm);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_SNAPSHOT:
		rows_act(a, c, vm);
		return true;
	case CMD_CONSOLE:
		rows_console(a, vm);
		return true;
	case CMD_SCREEN:
		rows_screen(a, vm);
		return true;
	case CMD_HISTORY:
		if (vm)
			rows_history(a, vm->id, vm->name);
		return true;
	case CMD_NOTICES:
		app_push(a, view_notices_new(a));
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	struct app *a = v->app;
	bool any = list_object(of(v)->list) != NULL;
	const struct notice *one;

	switch (c) {
	case CMD_OPEN:
	case CMD_HISTORY:
	case CMD_MARK:
	case CMD_MARK_ALL:
	case CMD_MARK_OTHERS:
	case CMD_NEXT_TROUBLE:
	case CMD_PREVIOUS_TROUBLE:
		return any;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_SCREEN:
		return any && app_may_act(a);
	case CMD_NOTICES:
		return notices_now(a->objects, &one, 1) > 0;
	case CMD_FILTER_CLEAR:
		return *a->filter;
	case CMD_PROTECT: /* the provider's */
	case CMD_REFRESH:
	case CMD_ENCLOSURE:
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		return false;
	default:
		return true;
	}
}

static struct list *shown_list(struct view *v)
{
	return of(v)->list;
}

static void closed(struct view *v)
{
	list_free(of(v)->list);
	free(v);
}

static const struct view_ops ops = {
	.name = "servers", .where = WHERE_LIST | WHERE_SERVERS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.list = shown_list, .closed = closed,
};

struct view *view_servers_new(struct app *a)
{
	struct servers_view *s = xcalloc(1, sizeof *s);

	s->view.ops = &ops;
	s->view.app = a;
	s->list = list_new(a, KIND_VM, &columns_server, NULL);
	return &s->view;
}

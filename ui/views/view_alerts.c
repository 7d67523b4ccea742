/* The alerts of the site: what is wrong, one line for each cause, and who has it. A list of objects; what can be done with one is asked
 * by dialog_alert.c. */
#include "app.h"
#include "dialogs/form.h"
#include "lists/columns.h"
#include "lists/list.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct alerts {
	struct view view;
	struct list *list;
};

static struct alerts *of(struct view *v)
{
	return (struct alerts *)v;
}

static void draw(struct view *v, struct box b)
{
	list_draw(of(v)->list, b);
}

static void info(struct view *v, struct pen *p)
{
	const struct tally_counts *c = tally_counts(v->app->tally);

	rows_info(v->app, of(v)->list, p);
	if (list_filter_error(of(v)->list))
		return;
	if (c->alerts_new > 0)
		pen_piece(p, c->alerts_hurt > 0 ? INK_ALERT_TEXT : INK_WARN, P_(_("%zu that nobody has taken"), _("%zu that nobody has taken"), c->alerts_new), c->alerts_new);
	else if (list_total(of(v)->list) > 0)
		pen_piece(p, INK_DIM, "%s", _("somebody has each of them"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("alerts"));
}

static bool command(struct view *v, enum command c)
{
	struct alert *a = list_object(of(v)->list);

	if (list_command(of(v)->list, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		if (a)
			rows_open_id(v->app, a->object, a->name);
		return true;
	case CMD_ACTIONS:
		if (a)
			app_push(v->app, dialog_alert_new(v->app, a));
		return true;
	case CMD_HISTORY:
		if (a && *a->object)
			rows_history(v->app, a->object, a->name);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	const struct alert *a = list_object(of(v)->list);

	switch (c) {
	case CMD_OPEN:
	case CMD_HISTORY:
	case CMD_WHAT_IF:
		return a && *a->object;
	case CMD_ACTIONS:
		return a && app_may_act(v->app);
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	case CMD_ALERTS:
		return v->app->depth > 1;
	default:
		return true;
	}
}

static struct list *shown_list(struct view *v)
{
	return of(v)->list;
}

static void same(struct view *v, char *out, size_t size)
{
	snprintf(out, size, " alerts");
	if (*v->app->filter)
		form_word(out, size, v->app->filter);
}

static void closed(struct view *v)
{
	list_free(of(v)->list);
	free(v);
}

static const struct view_ops ops = {
	.name = "alerts", .where = WHERE_ALERTS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.list = shown_list, .same = same, .closed = closed,
};

struct view *view_alerts_new(struct app *a)
{
	struct alerts *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->list = list_new(a, KIND_ALERT, &columns_alert, NULL);
	return &v->view;
}

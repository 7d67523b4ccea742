/* What if this dies: who is hit when a VM, a blade, an enclosure, a rack, a cluster or a volume is lost. It asks the broker and changes
 * nothing; Left and Right ask about less and about more. Opened by w from everywhere. */
#include "views/what_if_inside.h"

#include "dialogs/form.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/view_list.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_S 5     /* it is asked anew while it is looked at */

static struct what_if *of(struct view *v)
{
	return (struct what_if *)v;
}

/* ---- asking ---- */

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct what_if *w = ctx;

	w->request = 0;
	w->asked = clock_boot_ms();
	w->error[0] = '\0';
	if (e) {
		snprintf(w->error, sizeof w->error, "%s", e->msg.text);
	} else {
		json_decref(w->answer);
		w->answer = json_incref(ret);
	}
	err_free(e);
	w->made = -1;
	app_draw_data(w->view.app);
}

static void ask(struct what_if *w)
{
	app_forget(w->view.app, w->request);
	w->request = app_request(w->view.app, "what-if", json_pack("{s:s}", "object", w->scopes[w->at].id), on_answer, w);
}

static void tick(struct view *v)
{
	struct what_if *w = of(v);

	if (!w->request && clock_boot_ms() - w->asked >= AGAIN_S * 1000)
		ask(w);
}

/* ---- what it may be about: the thing, and what that stands in ---- */

static void add_scope(struct what_if *w, enum kind k, const void *o, const char *name)
{
	struct what_if_scope *s = &w->scopes[w->nscopes];

	if (w->nscopes == WHAT_IF_SCOPES)
		return;
	s->kind = k;
	snprintf(s->id, sizeof s->id, "%s", ((const struct object *)o)->id);
	snprintf(s->name, sizeof s->name, "%s", name);
	w->nscopes++;
}

static void add_named(struct what_if *w, enum kind k, const char *name)
{
	void *o;

	if (*name && registry_named(w->view.app->objects, k, name, &o, 1) == 1)
		add_scope(w, k, o, name);
}

static void add_scopes(struct what_if *w, enum kind k, const void *o)
{
	struct registry *r = w->view.app->objects;
	const struct blade *b = NULL;
	void *on;

	switch (k) {
	case KIND_VM:
		add_scope(w, k, o, ((const struct vm *)o)->name);
		if (registry_named(r, KIND_BLADE, ((const struct vm *)o)->blade, &on, 1) == 1) {
			b = on;
			add_scope(w, KIND_BLADE, b, b->name);
		}
		break;
	case KIND_BLADE:
		b = o;
		add_scope(w, k, o, b->name);
		break;
	case KIND_ENCLOSURE:
		add_scope(w, k, o, ((const struct enclosure *)o)->name);
		add_named(w, KIND_RACK, ((const struct enclosure *)o)->rack);
		break;
	case KIND_RACK:
		add_scope(w, k, o, ((const struct rack *)o)->name);
		break;
	case KIND_CLUSTER:
		add_scope(w, k, o, ((const struct cluster *)o)->name);
		break;
	default:
		add_scope(w, k, o, ((const struct volume *)o)->name);
		break;
	}
	if (b) {
		add_named(w, KIND_ENCLOSURE, b->enclosure);
		add_named(w, KIND_RACK, b->rack);
	}
}

static void go_scope(struct what_if *w, int by)
{
	int at = w->at + by;

	if (at < 0 || at >= w->nscopes)
		return;
	w->at = at;
	w->row = w->top = 0;
	json_decref(w->answer);
	w->answer = NULL;
	w->error[0] = '\0';
	w->made = -1;
	ask(w);
}

/* ---- opening a line ---- */

static int no_head(void *ctx, struct box b, const void *under)
{
	return 0;
}

static void no_info(void *ctx, struct pen *p)
{
}

static void crumb_of_tenant(void *ctx, char *out, size_t size)
{
	snprintf(out, size, "%s", (const char *)ctx);
}

static void open_tenant(struct app *a, const char *name)
{
	static const struct list_head head = {.draw = no_head, .info = no_info, .crumb = crumb_of_tenant, .closed = free};

	app_push(a, view_list_of(a, KIND_VM, &columns_vm, "tenant", name, &head, xstrdup(name)));
}

static void open_row(struct what_if *w)
{
	struct app *a = w->view.app;
	const struct what_if_row *r = w->row < w->nrows ? &w->rows[w->row] : NULL;
	char id[300];
	void *o;

	if (!r || !*r->name)
		return;
	if (r->section == WHAT_IF_TENANTS) {
		open_tenant(a, r->name);
	} else if (r->section == WHAT_IF_PAIRS) {
		if (registry_named(a->objects, KIND_VM, r->name, &o, 1) >= 1)
			rows_open(a, KIND_VM, o);
	} else {
		snprintf(id, sizeof id, "%s:%s", kind_name(r->section == WHAT_IF_CLUSTERS ? KIND_CLUSTER : KIND_VOLUME), r->name);
		rows_open_id(a, id, r->name);
	}
}

/* ---- commands ---- */

static bool may_stand(const struct what_if *w, size_t row)
{
	return w->rows[row].section != WHAT_IF_AIR;
}

/* Blank lines and headings are passed over; at an end the rest is still brought into sight. */
static void step(struct what_if *w, int by)
{
	size_t row = w->row;

	while (by < 0 ? row > 0 : row + 1 < w->nrows) {
		row = by < 0 ? row - 1 : row + 1;
		if (may_stand(w, row)) {
			w->row = row;
			return;
		}
	}
	if (by < 0)
		w->top = 0;
}

static bool command(struct view *v, enum command c)
{
	struct what_if *w = of(v);

	switch (c) {
	case CMD_UP:
	case CMD_DOWN:
		step(w, c == CMD_UP ? -1 : 1);
		return true;
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
		for (size_t i = 1; i < w->page || i < 2; i++)
			step(w, c == CMD_PAGE_UP ? -1 : 1);
		return true;
	case CMD_HOME:
	case CMD_END:
		for (size_t i = 0; i < w->nrows; i++)
			step(w, c == CMD_HOME ? -1 : 1);
		return true;
	case CMD_LEFT:
	case CMD_RIGHT:
		go_scope(w, c == CMD_LEFT ? -1 : 1);
		return true;
	case CMD_OPEN:
		open_row(w);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	struct what_if *w = of(v);

	switch (c) {
	case CMD_LEFT:
		return w->at > 0;
	case CMD_RIGHT:
		return w->at + 1 < w->nscopes;
	case CMD_OPEN:
		return w->row < w->nrows && *w->rows[w->row].name;
	case CMD_FILTER:
	case CMD_FILTER_CLEAR:
	case CMD_LANGUAGE:
		return false;
	default:
		return true;
	}
}

static enum click click(struct view *v, int y, int x)
{
	struct what_if *w = of(v);
	size_t row = w->top + (size_t)(y - w->area.y), was = w->row;

	if (y < w->area.y || y >= w->area.y + w->area.h || row >= w->nrows || !may_stand(w, row))
		return CLICK_NONE;
	w->row = row;
	return row == was ? CLICK_AGAIN : CLICK_MOVED;
}

/* The one that was asked about, for w and e of views below and for dialogs. */
static bool object(struct view *v, enum kind *k, void **o)
{
	struct what_if *w = of(v);

	*k = w->scopes[w->at].kind;
	*o = registry_find(v->app->objects, *k, w->scopes[w->at].id);
	return *o != NULL;
}

static void info(struct view *v, struct pen *p)
{
	struct what_if *w = of(v);
	long long vms, running, unknown;

	pen_f(p, INK_BOLD, _("if %s is lost"), w->scopes[w->at].name);
	pen_skip(p, 2);
	if (!w->answer)
		return;
	vms = json_integer_value(json_object_get(w->answer, "vms"));
	running = json_integer_value(json_object_get(w->answer, "running"));
	unknown = json_integer_value(json_object_get(w->answer, "unknown"));
	pen_piece(p, INK_NORMAL, P_(_("%lld VM"), _("%lld VMs"), vms), vms);
	pen_piece(p, running > 0 ? INK_WARN : INK_GOOD, _("%lld running"), running);
	if (unknown > 0)
		pen_piece(p, INK_UNKNOWN, _("? %lld not known"), unknown);
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", _("what if"));
}

static void same(struct view *v, char *out, size_t size)
{
	const struct what_if_scope *s = &of(v)->scopes[of(v)->at];
	char target[320];

	snprintf(target, sizeof target, "%s:%s", kind_name(s->kind), s->name);
	form_word(out, size, "what-if");
	form_word(out, size, target);
}

static void draw(struct view *v, struct box b)
{
	what_if_draw(of(v), b);
}

static void retold(struct view *v)
{
	of(v)->made = -1;
	ask(of(v)); /* a sentence of the broker that was kept is said again */
}

static void closed(struct view *v)
{
	struct what_if *w = of(v);

	app_forget(v->app, w->request);
	what_if_clear(w);
	json_decref(w->answer);
	free(w);
}

static const struct view_ops ops = {
	.name = "what-if", .where = WHERE_TEXT | WHERE_WHAT_IF, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .tick = tick, .click = click, .same = same, .retold = retold, .closed = closed,
};

struct view *view_what_if_new(struct app *a, enum kind k, const void *o)
{
	struct what_if *w = xcalloc(1, sizeof *w);

	w->view.ops = &ops;
	w->view.app = a;
	w->made = -1;
	add_scopes(w, k, o);
	ask(w);
	return &w->view;
}

bool view_what_if_takes(enum kind k)
{
	return k == KIND_VM || k == KIND_BLADE || k == KIND_ENCLOSURE || k == KIND_RACK || k == KIND_CLUSTER || k == KIND_VOLUME;
}

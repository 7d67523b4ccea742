/* One blade: what is known of it, and its VMs in a list. Keys mean the VM under the cursor; the blade itself has its own. */
#include "app.h"
#include "dialogs/form.h"
#include "lists/columns.h"
#include "lists/first.h"
#include "lists/list.h"
#include "lists/view_rows.h"
#include "map/metal_detail.h"
#include "term/screen.h"
#include "tr.h"
#include "views/view_show.h"
#include "words/facts.h"
#include "words/lines.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 5000    /* what still fits changes with every VM */
#define LABEL 10
#define WIDE 110         /* cells from which the facts stand beside the VMs */
#define FACTS_LEAST 46   /* cells that they have there */
#define FACTS_MOST 72
#define ALERTS_MOST 4    /* rows; Alerts has all of them */

struct blade_view {
	struct view view;
	istr id, name;
	struct list *list;
	char room[192];          /* what still fits by grade, "" not known */
	struct lines told;       /* of its own manager */
	struct lines history;    /* newest first */
	const struct alert *alerts[ALERTS_MOST]; /* that stand about it, worst first; until they change */
	int nalerts, behind;     /* behind: that there are beside these */
	bool looked;             /* for alerts, since one changed */
	struct registry_watch watch;
	struct view_show show;
};

static struct blade_view *of(struct view *v)
{
	return (struct blade_view *)v;
}

static const struct blade *blade_of(struct blade_view *v)
{
	return registry_find(v->view.app->objects, KIND_BLADE, v->id);
}

/* ---- asking ---- */

/* Free room by grade, and what a manager of its own tells: not part of the object. */
static void on_show(void *ctx, const struct err *e, json_t *ret)
{
	struct blade_view *v = ctx;

	if (!e) {
		lines_clear(&v->told);
		metal_detail_lines(&v->told, json_object_get(ret, "detail"), screen_tier());
		metal_detail_room(v->room, sizeof v->room, json_object_get(ret, "detail"));
		lines_clear(&v->history);
		lines_history(&v->history, json_object_get(ret, "history"), app_is_customer(v->view.app));
	}
}

/* ---- alerts ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct blade_view *v = ctx;

	v->looked &= k != KIND_ALERT;
}

static void look_for_alerts(struct blade_view *v)
{
	struct registry *r = v->view.app->objects;

	if (v->looked)
		return;
	v->looked = true;
	v->nalerts = v->behind = 0;
	for (uint32_t s = 0, n = registry_slots(r, KIND_ALERT); s < n; s++) {
		const struct alert *a = registry_at(r, KIND_ALERT, s);
		int at = v->nalerts;

		if (!a || strcmp(a->object, v->id) != 0 || look_alarm_is(a, "cleared"))
			continue;
		while (at > 0 && look_alarm_order(a, v->alerts[at - 1]) < 0)
			at--;
		v->behind += v->nalerts == ALERTS_MOST;
		if (at == ALERTS_MOST)
			continue;
		v->nalerts += v->nalerts < ALERTS_MOST;
		memmove(v->alerts + at + 1, v->alerts + at, (size_t)(v->nalerts - 1 - at) * sizeof *v->alerts);
		v->alerts[at] = a;
	}
}

/* What its broker calls alerts, each with who has it. The blade's own sentence is one of them. */
static void add_alerts(struct blade_view *v, const struct blade *b, struct facts *f)
{
	look_for_alerts(v);
	for (int i = 0; i < v->nalerts; i++) {
		const struct alert *a = v->alerts[i];
		char holder[128];

		look_alarm_holder(holder, sizeof holder, a);
		facts_add(f, i == 0 ? _("alerts") : "", look_alarm_ink(a), "%s: %s%s", look_alarm_text(a), look_alarm_is(a, "new") ? _("nobody has it yet") : holder,
			i == v->nalerts - 1 && v->behind > 0 ? _("; A shows the others") : "");
	}
}

/* "K1, keeps its quorum: 6 sure, 1 unknown, 5 needed" */
static void add_cluster(struct blade_view *v, const struct blade *b, struct facts *f)
{
	char id[300];
	const struct cluster *c;
	struct look l;

	snprintf(id, sizeof id, "cluster:%.280s", b->cluster);
	c = *b->cluster ? registry_find(v->view.app->objects, KIND_CLUSTER, id) : NULL;
	if (!c) {
		facts_add(f, _("cluster"), INK_NORMAL, "%s", b->cluster);
		return;
	}
	l = look_quorum(c->quorum, screen_tier());
	facts_add(f, _("cluster"), l.rank >= LOOK_UNKNOWN ? l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink : INK_NORMAL, _("%s, quorum %s: %lld sure, %lld unknown, %lld needed"),
		b->cluster, l.word, (long long)c->sure, (long long)c->unknown, (long long)c->needed);
}

static void add_watch(const struct blade *b, struct facts *f)
{
	char until[24];

	if (!*b->watch)
		return;
	look_time(until, sizeof until, b->watch_until);
	facts_add(f, _("watch"), INK_MAINT, *until ? _("%s (%s, until %s)") : _("%s (%s)"), b->watch, *b->watch_by ? b->watch_by : "?", until);
}

/* ---- drawing ---- */

/* All that is known of it, in the order in which it is looked for. */
static void all_facts(struct blade_view *v, const struct blade *b, struct facts *f)
{
	struct facts all;
	bool placed = !*v->room, watched = false;
	char hint[300];

	facts_blade(&all, b, screen_tier());
	f->n = 0;
	add_alerts(v, b, f);
	for (int i = 0; i < all.n; i++) {
		/* Behind what is wrong, with the lines that belong to it. */
		if (!watched && *all.list[i].label && strcmp(all.list[i].label, _("alert")) != 0) {
			add_watch(b, f);
			watched = true;
		}
		if (strcmp(all.list[i].label, _("cluster")) == 0) {
			add_cluster(v, b, f);
			continue;
		}
		if (strcmp(all.list[i].label, _("watch")) == 0)
			continue;
		if (strcmp(all.list[i].label, _("why")) == 0 && first_hint(b, hint, sizeof hint) && f->n < FACTS_MAX) {
			f->list[f->n++] = all.list[i];
			facts_add(f, _("type"), INK_BOLD, "%s", hint);
			continue;
		}
		if (v->nalerts > 0 && strcmp(all.list[i].label, _("alert")) == 0 && strcmp(all.list[i].value, look_alert(b)) == 0)
			continue;
		if (!placed && strcmp(all.list[i].label, _("serial")) == 0) {
			facts_add(f, _("room"), b->host == HOST_UP ? INK_NORMAL : INK_DIM, "%s", v->room);
			placed = true;
		}
		if (f->n >= FACTS_MAX)
			continue;
		f->list[f->n++] = all.list[i];
		if (v->nalerts > 0 && strcmp(all.list[i].label, _("alert")) == 0) /* it belongs to those above */
			f->list[f->n - 1].label = "";
	}
	if (!watched)
		add_watch(b, f);
	if (!placed)
		facts_add(f, _("room"), INK_NORMAL, "%s", v->room);
	for (size_t i = 0; i < v->told.n; i++)
		facts_add(f, *v->told.list[i].head == ' ' ? "" : v->told.list[i].head, v->told.list[i].ink, "%s", v->told.list[i].text);
}

/* Facts beside each other where there is room; the list has the rest, and never less than half. */
static int draw_facts(struct blade_view *v, const struct blade *b, struct box in)
{
	int most = in.h / 2, ways = in.w >= 100 ? 2 : 1, width = in.w / ways - 3, used = 0, first = 0, whole;
	struct facts f;

	if (most < 1)
		return 0;
	all_facts(v, b, &f);
	whole = facts_height(&f, width, LABEL);
	if (ways == 2 && (whole + 1) / 2 + 1 < most)
		most = (whole + 1) / 2 + 1;
	for (int i = 0; i < ways && first < f.n; i++) {
		struct facts part = {.n = 0};
		int lines;

		while (first < f.n) {
			part.list[part.n++] = f.list[first];
			if (facts_height(&part, width, LABEL) > most) {
				part.n--;
				break;
			}
			first++;
		}
		lines = facts_draw(&part, (struct box){in.y, in.x + 1 + i * (width + 3), most, width}, LABEL);
		used = lines > used ? lines : used;
	}
	return used;
}

/* Beside the VMs: all facts, and below them what was done with it last. */
static void draw_beside(struct blade_view *v, const struct blade *b, struct box in)
{
	struct facts f;
	int used, left;

	all_facts(v, b, &f);
	used = facts_draw(&f, in, LABEL);
	left = in.h - used - 2;
	if (left < 1)
		return;
	screen_text(in.y + used + 1, in.x, in.w, INK_BOLD, _("Newest history"));
	if (v->history.n == 0)
		screen_text(in.y + used + 2, in.x, in.w, INK_DIM, v->show.answered ? _("Nothing was done with it from here yet.") : _("Asking the broker."));
	else
		lines_draw(&v->history, 0, (struct box){in.y + used + 2, in.x, left, in.w});
}

static void draw(struct view *v, struct box b)
{
	const struct blade *blade = blade_of(of(v));
	int used = 0;

	screen_clip(b);
	view_show_first(&of(v)->show);
	if (blade && b.w >= WIDE) {
		int right = b.w * 2 / 5;

		right = right < FACTS_LEAST ? FACTS_LEAST : right > FACTS_MOST ? FACTS_MOST : right;
		list_draw(of(v)->list, (struct box){b.y, b.x, b.h, b.w - right - 2});
		screen_clip(b);
		draw_beside(of(v), blade, (struct box){b.y, b.x + b.w - right, b.h, right - 1});
		return;
	}
	if (!blade)
		screen_text(b.y, b.x + 1, b.w - 1, INK_WARN, _("This blade is no longer in the site file."));
	else
		used = draw_facts(of(v), blade, b);
	used += used > 0 || !blade;
	list_draw(of(v)->list, (struct box){b.y + used, b.x, b.h - used, b.w});
}

static void info(struct view *v, struct pen *p)
{
	const struct blade *b = blade_of(of(v));

	if (b) {
		struct look l = look_blade(b, screen_tier());
		char age[32];

		look_age(age, sizeof age, b->host == HOST_UP || *b->doing ? 0 : l.rank == LOOK_OFF ? b->power_since : b->seen);
		pen_text(p, INK_BOLD, b->name);
		pen_skip(p, 2);
		pen_f(p, l.ink, l.ink == INK_ALERT ? " %s%s%s " : "%s%s%s", l.word, *age ? " " : "", age);
		if (*b->doing && *b->by)
			pen_f(p, l.ink, _(" by %s"), b->by);
		pen_skip(p, 2);
		if (!app_of_uris(v->app)) {
			pen_f(p, INK_DIM, _("rack %s  %s  bay %s"), b->rack, b->enclosure, b->bay);
			pen_skip(p, 2);
		}
	}
	if (b && look_unheard(b))
		pen_text(p, INK_DIM, _("VMs not known"));
	else
		rows_info(v->app, of(v)->list, p);
}

static void crumb(struct view *v, char *out, size_t size)
{
	const struct blade *b = blade_of(of(v));

	/* The way to it through the metal. */
	if (b && *b->rack && *b->enclosure && !app_of_uris(v->app))
		snprintf(out, size, _("rack %s %s %s %s %s"), b->rack, glyph_text(GLYPH_CRUMB, screen_tier()), b->enclosure, glyph_text(GLYPH_CRUMB, screen_tier()), b->name);
	else
		snprintf(out, size, "%s", of(v)->name);
}

static bool command(struct view *v, enum command c)
{
	struct blade_view *bv = of(v);
	struct vm *vm = list_object(bv->list);

	if (list_command(bv->list, c))
		return true;
	switch (c) {
	case CMD_OPEN:
		rows_open(v->app, KIND_VM, vm);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
		if (vm) /* the blade itself has keys of its own, but where no VM is, it is meant */
			rows_act(v->app, c, vm);
		else
			rows_act_blade(v->app, c, blade_of(bv));
		return true;
	case CMD_SNAPSHOT:
	case CMD_PROTECT:
		rows_act(v->app, c, vm);
		return true;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		rows_act_blade(v->app, c == CMD_BLADE_POWER ? CMD_POWER : CMD_ACTIONS, blade_of(bv));
		return true;
	case CMD_ENCLOSURE:
		rows_enclosure(v->app, blade_of(bv));
		return true;
	case CMD_CONSOLE:
		rows_console(v->app, vm);
		return true;
	case CMD_SCREEN:
		rows_screen(v->app, vm);
		return true;
	case CMD_NOTE:
		rows_note(v->app, blade_of(bv));
		return true;
	case CMD_HISTORY:
		rows_history(v->app, bv->id, bv->name);
		return true;
	case CMD_WHAT_IF: /* where no VM is under the cursor, the blade is meant */
		if (vm || !blade_of(bv))
			return false;
		app_push(v->app, view_what_if_new(v->app, KIND_BLADE, blade_of(bv)));
		return true;
	case CMD_REFRESH:
		rows_refresh(v->app, bv->id, bv->name);
		view_show_ask(&bv->show);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	bool any = list_object(of(v)->list) != NULL;

	switch (c) {
	case CMD_OPEN:
	case CMD_MARK:
	case CMD_MARK_ALL:
	case CMD_MARK_OTHERS:
		return any;
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_SCREEN:
	case CMD_PROTECT:
		return any && app_may_act(v->app);
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
	case CMD_NOTE:
		return blade_of(of(v)) && app_may_act(v->app);
	case CMD_ENCLOSURE:
		return blade_of(of(v)) && *blade_of(of(v))->enclosure;
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
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
	registry_unwatch(v->app->objects, &of(v)->watch);
	view_show_close(&of(v)->show);
	lines_clear(&of(v)->told);
	lines_clear(&of(v)->history);
	list_free(of(v)->list);
	intern_free(of(v)->id);
	intern_free(of(v)->name);
	free(v);
}

static void same(struct view *v, char *out, size_t size)
{
	form_show(out, size, KIND_BLADE, of(v)->name);
}

static const struct view_ops ops = {
	.name = "blade", .where = WHERE_BLADE, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.list = shown_list, .same = same, .closed = closed,
};

struct view *view_blade_new(struct app *a, const struct blade *b)
{
	struct blade_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(b->id);
	v->name = intern(b->name);
	v->list = list_new(a, KIND_VM, &columns_vm, b->name);
	v->watch = (struct registry_watch){.ctx = v, .changed = on_changed, .gone = on_changed};
	registry_watch(a->objects, &v->watch);
	view_show_open(&v->show, a, KIND_BLADE, v->id, AGAIN_MS, on_show, v);
	return &v->view;
}

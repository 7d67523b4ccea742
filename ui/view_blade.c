/* One blade: what is known of it, and its VMs in a list. Keys mean the VM under the cursor; the blade itself has its own. */
#include "app.h"
#include "columns.h"
#include "facts.h"
#include "lines.h"
#include "list.h"
#include "look.h"
#include "metal_detail.h"
#include "screen.h"
#include "tr.h"
#include "view_rows.h"
#include "view_show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 5000    /* what still fits changes with every VM */
#define LABEL 10

struct blade_view {
	struct view view;
	istr id, name;
	struct list *list;
	char room[192];          /* what still fits by grade, "" not known */
	struct lines told;       /* of its own manager */
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
	}
}

/* ---- drawing ---- */

/* All that is known of it, in the order in which it is looked for. */
static void all_facts(struct blade_view *v, const struct blade *b, struct facts *f)
{
	struct facts all;
	bool placed = !*v->room;

	facts_blade(&all, b, screen_tier());
	f->n = 0;
	for (int i = 0; i < all.n; i++) {
		if (!placed && strcmp(all.list[i].label, _("serial")) == 0) {
			facts_add(f, _("room"), b->host == HOST_UP ? INK_NORMAL : INK_DIM, "%s", v->room);
			placed = true;
		}
		if (f->n < FACTS_MAX)
			f->list[f->n++] = all.list[i];
	}
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

static void draw(struct view *v, struct box b)
{
	const struct blade *blade = blade_of(of(v));
	int used = 0;

	screen_clip(b);
	view_show_first(&of(v)->show);
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
		pen_f(p, INK_DIM, _("rack %s  %s  bay %s"), b->rack, b->enclosure, b->bay);
		pen_skip(p, 2);
	}
	rows_info(v->app, of(v)->list, p, _("VM"), _("VMs"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	const struct blade *b = blade_of(of(v));

	/* The way to it through the metal. */
	if (b && *b->rack && *b->enclosure)
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
	case CMD_HISTORY:
		rows_history(v->app, bv->id, bv->name);
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
		return any;
	case CMD_SNAPSHOT:
	case CMD_CONSOLE:
	case CMD_PROTECT:
		return any && app_may_act(v->app);
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		return blade_of(of(v)) && app_may_act(v->app);
	case CMD_ENCLOSURE:
		return blade_of(of(v)) && *blade_of(of(v))->enclosure;
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	*k = KIND_VM;
	*o = list_object(of(v)->list);
	return *o != NULL;
}

static bool spot(struct view *v, struct box *out)
{
	return list_spot(of(v)->list, out);
}

static void closed(struct view *v)
{
	view_show_close(&of(v)->show);
	lines_clear(&of(v)->told);
	list_free(of(v)->list);
	intern_free(of(v)->id);
	intern_free(of(v)->name);
	free(v);
}

static const struct view_ops ops = {
	.name = "blade", .where = WHERE_BLADE, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .closed = closed,
};

struct view *view_blade_new(struct app *a, const struct blade *b)
{
	struct blade_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(b->id);
	v->name = intern(b->name);
	v->list = list_new(a, KIND_VM, &columns_vm, b->name);
	view_show_open(&v->show, a, KIND_BLADE, v->id, AGAIN_MS, on_show, v);
	return &v->view;
}

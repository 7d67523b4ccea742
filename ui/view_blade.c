/* One blade: what is known of it, and its VMs in a list. */
#include "app.h"
#include "columns.h"
#include "facts.h"
#include "list.h"
#include "look.h"
#include "screen.h"
#include "tr.h"
#include "view_rows.h"

#include <stdio.h>
#include <stdlib.h>

struct blade_view {
	struct view view;
	istr id, name;
	struct list *list;
};

static struct blade_view *of(struct view *v)
{
	return (struct blade_view *)v;
}

static const struct blade *blade_of(struct blade_view *v)
{
	return registry_find(v->view.app->objects, KIND_BLADE, v->id);
}

/* Facts beside each other where there is room, at most a third of the height; the list has the rest. */
static int draw_facts(const struct blade *b, struct box in)
{
	int most = in.h / 3, ways = in.w >= 100 ? 2 : 1, width = in.w / ways - 3, used = 0, first = 0;
	struct facts f;

	facts_blade(&f, b, screen_tier());
	if (most < 1)
		return 0;
	for (int i = 0; i < ways && first < f.n; i++) {
		struct facts part = {.n = 0};
		int lines;

		while (first < f.n) {
			part.list[part.n++] = f.list[first];
			if (facts_height(&part, width, 10) > most || (ways == 2 && i == 0 && part.n > (f.n + 1) / 2)) {
				part.n--;
				break;
			}
			first++;
		}
		lines = facts_draw(&part, (struct box){in.y, in.x + 1 + i * (width + 3), most, width}, 10);
		used = lines > used ? lines : used;
	}
	return used;
}

static void draw(struct view *v, struct box b)
{
	const struct blade *blade = blade_of(of(v));
	int used = 0;

	screen_clip(b);
	if (!blade)
		screen_text(b.y, b.x + 1, b.w - 1, INK_WARN, _("This blade is no longer in the site file."));
	else
		used = draw_facts(blade, b);
	used += used > 0 || !blade;
	list_draw(of(v)->list, (struct box){b.y + used, b.x, b.h - used, b.w});
}

static void info(struct view *v, struct pen *p)
{
	const struct blade *b = blade_of(of(v));

	if (b) {
		struct look l = look_blade(b, screen_tier());
		char age[32];

		look_age(age, sizeof age, b->host == HOST_UP ? 0 : b->seen);
		pen_text(p, INK_BOLD, b->name);
		pen_skip(p, 2);
		pen_f(p, l.ink, l.ink == INK_ALERT ? " %s%s%s " : "%s%s%s", l.word, *age ? " " : "", age);
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
	case CMD_SNAPSHOT:
	case CMD_PROTECT:
		rows_act(v->app, c, vm);
		return true;
	case CMD_HISTORY:
		rows_history(v->app, bv->id, bv->name);
		return true;
	case CMD_REFRESH:
		rows_refresh(v->app, bv->id, bv->name);
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
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_SNAPSHOT:
	case CMD_PROTECT:
		return any && app_may_act(v->app);
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
	return &v->view;
}

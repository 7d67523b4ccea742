/* One enclosure: its front with a card for each bay, as the metal has them, and what its managers tell of themselves, of power
 * supplies, fans and temperatures. Those are asked of the broker when the view opens and when the enclosure changes. */
#include "app.h"
#include "dialogs/form.h"
#include "lists/view_rows.h"
#include "map/enclosure_front.h"
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

#define AGAIN_MS 1000
#define BESIDE_FROM 110  /* columns from which the manager stands beside the front */
#define BESIDE 40
#define LABEL 10

struct enclosure_view {
	struct view view;
	istr id, name;
	int at, top;             /* bay under the cursor; first row of cards that is shown */
	size_t scrolled;         /* of what the managers tell */
	struct front_shape shape;
	struct box front;        /* as it was drawn last */
	struct lines told;
	char error[256];
	struct view_show show;
};

static struct enclosure_view *of(struct view *v)
{
	return (struct enclosure_view *)v;
}

static const struct enclosure *enclosure_of(struct enclosure_view *v)
{
	return registry_find(v->view.app->objects, KIND_ENCLOSURE, v->id);
}

static const struct metal_enclosure *metal_of(struct enclosure_view *v)
{
	struct metal *m = v->view.app->metal;

	for (int i = 0, n = metal_enclosures(m); i < n; i++)
		if (strcmp(metal_enclosure(m, i)->name, v->name) == 0)
			return metal_enclosure(m, i);
	return NULL;
}

static const struct blade *blade_of(struct enclosure_view *v)
{
	const struct metal_enclosure *e = metal_of(v);

	return e && v->at < e->bays && e->blade[v->at] != METAL_NONE ? registry_at(v->view.app->objects, KIND_BLADE, e->blade[v->at]) : NULL;
}

/* ---- asking ---- */

static void on_show(void *ctx, const struct err *e, json_t *ret)
{
	struct enclosure_view *v = ctx;

	snprintf(v->error, sizeof v->error, "%s", e ? e->msg.text : "");
	if (!e) {
		lines_clear(&v->told);
		metal_detail_lines(&v->told, json_object_get(ret, "detail"), screen_tier());
	}
}

/* ---- drawing ---- */

/* What its managers told, with its age where none of them answers. */
static void draw_parts(struct enclosure_view *v, const struct enclosure *e, struct box b)
{
	char age[24];

	screen_clip(b);
	look_age(age, sizeof age, e->manager_seen);
	if (e->manager != MANAGER_UP && b.h > 1) {
		struct pen p = {b.y, b.x, b.x + b.w};

		pen_f(&p, INK_UNKNOWN, *age ? _("as last heard, %s ago") : _("as last heard"), age);
		b.y++;
		b.h--;
	}
	if (v->scrolled >= v->told.n)
		v->scrolled = v->told.n - 1;
	if (lines_height(&v->told, b.w) <= b.h)
		v->scrolled = 0;
	if (lines_height(&v->told, b.w) > b.h && b.h > 2)
		screen_text(b.y + --b.h, b.x, b.w, INK_DIM, _("PgDn shows more"));
	lines_draw(&v->told, v->scrolled, b);
}

/* What is known of the enclosure, and below it what its managers told. */
static void draw_told(struct enclosure_view *v, const struct enclosure *e, struct box b, bool heading)
{
	struct facts f;
	int used;

	screen_clip(b);
	facts_enclosure(&f, e, screen_tier(), v->told.n > 0);
	if (heading) {
		screen_text(b.y, b.x, b.w, INK_BOLD, _("Enclosure"));
		b.y++;
		b.h--;
	}
	used = facts_draw(&f, b, LABEL);
	b.y += used + 1;
	b.h -= used + 1;
	if (b.h < 1 || e->manager == MANAGER_NONE)
		return;
	if (*v->error) {
		screen_text(b.y, b.x, b.w, INK_WARN, v->error);
		return;
	}
	if (v->told.n == 0) {
		screen_text(b.y, b.x, b.w, INK_DIM, v->show.answered ? _("Its manager has told nothing of its parts.") : _("Asking the broker."));
		return;
	}
	draw_parts(v, e, b);
}

/* The same in two columns below the front: facts at the left, parts at the right. */
static void draw_below(struct enclosure_view *v, const struct enclosure *e, struct box b)
{
	int half = b.w / 2 - 1;
	struct facts f;

	if (b.h < 1)
		return;
	screen_clip(b);
	facts_enclosure(&f, e, screen_tier(), v->told.n > 0);
	facts_draw(&f, (struct box){b.y, b.x + 1, b.h, v->told.n ? half - 1 : b.w - 2}, LABEL);
	if (v->told.n == 0)
		return;
	draw_parts(v, e, (struct box){b.y, b.x + half + 2, b.h, half});
}

static void draw_blade(struct enclosure_view *v, struct box b)
{
	const struct blade *blade = blade_of(v);
	struct facts f;
	char title[64];

	screen_clip(b);
	if (b.h < 3)
		return;
	if (blade) {
		int rows;

		snprintf(title, sizeof title, _("bay %.20s"), blade->bay);
		facts_blade(&f, blade, screen_tier());
		rows = facts_height(&f, b.w - 4, LABEL) + 2;
		b.h = rows < b.h ? rows : b.h;
		screen_box(b, INK_LINE, INK_BOLD, blade->name, title);
		screen_clip((struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2});
		facts_draw(&f, (struct box){b.y + 1, b.x + 2, b.h - 2, b.w - 4}, LABEL);
		return;
	}
	snprintf(title, sizeof title, _("bay %d"), v->at + 1);
	b.h = 3;
	screen_box(b, INK_LINE, INK_BOLD, title, NULL);
	screen_clip((struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2});
	screen_text(b.y + 1, b.x + 2, b.w - 4, INK_DIM, _("The site file names no blade here."));
}

/* One line about the blade under the cursor. */
static void draw_strip(struct enclosure_view *v, struct box b)
{
	const struct blade *blade = blade_of(v);
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	struct look l;
	char both[128];

	screen_clip(b);
	if (!blade) {
		pen_f(&p, INK_DIM, _("bay %d: the site file names no blade here"), v->at + 1);
		return;
	}
	l = look_blade(blade, screen_tier());
	look_both(both, sizeof both, blade);
	pen_text(&p, INK_BOLD, blade->name);
	pen_skip(&p, 2);
	pen_f(&p, l.ink, l.ink == INK_ALERT ? " %s " : "%s", l.word);
	pen_skip(&p, 2);
	if (*both && look_contradicts(blade))
		pen_text(&p, INK_NORMAL, both);
	else if (look_unheard(blade))
		pen_text(&p, INK_DIM, _("VMs not known"));
	else
		pen_f(&p, INK_DIM, P_(_("%lld VM, %lld running  %s  %s"), _("%lld VMs, %lld running  %s  %s"), blade->vms), (long long)blade->vms, (long long)blade->running,
			*blade->serial ? blade->serial : blade->bay_serial, *blade->model ? blade->model : blade->bay_model);
}

static void follow(struct enclosure_view *v, const struct metal_enclosure *m)
{
	int row, column;

	front_shape_spot(&v->shape, m, v->at, &row, &column);
	if (row < v->top)
		v->top = row;
	if (row >= v->top + v->shape.shown)
		v->top = row - v->shape.shown + 1;
	if (v->top > v->shape.rows - v->shape.shown)
		v->top = v->shape.rows - v->shape.shown;
	if (v->top < 0)
		v->top = 0;
}

static void draw(struct view *v, struct box b)
{
	struct enclosure_view *ev = of(v);
	const struct enclosure *e = enclosure_of(ev);
	const struct metal_enclosure *m = metal_of(ev);
	bool beside = b.w >= BESIDE_FROM;
	int w = beside ? b.w - BESIDE - 2 : b.w, most = beside ? b.h - 8 : b.h >= 16 ? b.h - 8 : b.h - 1, h;
	char right[64];

	screen_clip(b);
	if (!e || !m) {
		screen_text(b.y, b.x + 1, b.w - 1, INK_WARN, _("This enclosure is no longer in the site file."));
		return;
	}
	view_show_first(&ev->show);
	if (ev->at >= m->bays)
		ev->at = m->bays - 1;
	front_shape_make(&ev->shape, m, most, w);
	follow(ev, m);
	h = front_shape_height(&ev->shape);
	if (ev->shape.metal && ev->shape.columns * ev->shape.w + 3 < w)
		w = ev->shape.columns * ev->shape.w + 3;
	snprintf(right, sizeof right, _("rack %.40s"), e->rack);
	ev->front = (struct box){b.y, b.x, h, w};
	front_draw(&ev->shape, m, v->app->objects, ev->front, ev->top, ev->at, right);
	if (beside) {
		draw_told(ev, e, (struct box){b.y, b.x + w + 2, b.h, b.w - w - 3}, true);
		draw_blade(ev, (struct box){b.y + h + 1, b.x, b.h - h - 1, w});
		return;
	}
	if (b.h - h >= 3)
		draw_below(ev, e, (struct box){b.y + h, b.x, b.h - h - 2, b.w});
	if (b.h > h)
		draw_strip(ev, (struct box){b.y + b.h - 1, b.x, 1, b.w});
}

static void info(struct view *v, struct pen *p)
{
	const struct enclosure *e = enclosure_of(of(v));
	const struct metal_enclosure *m = metal_of(of(v));
	struct look l, worst = {.rank = LOOK_EMPTY};
	size_t blades = 0, live = 0, off = 0, wrong = 0;
	int64_t vms = 0;
	char age[24];

	if (!e || !m)
		return;
	for (int i = 0; i < m->bays; i++) {
		const struct blade *b = m->blade[i] == METAL_NONE ? NULL : registry_at(v->app->objects, KIND_BLADE, m->blade[i]);

		if (!b)
			continue;
		l = look_blade(b, screen_tier());
		blades++;
		live += b->host == HOST_UP;
		off += l.rank == LOOK_OFF;
		wrong += l.rank >= LOOK_UNKNOWN;
		vms += b->host == HOST_UP ? b->running : 0;
		worst = l.rank > worst.rank ? l : worst;
	}
	pen_text(p, INK_BOLD, e->name);
	pen_skip(p, 2);
	l = look_manager(e->manager, screen_tier());
	if (*l.word) {
		look_age(age, sizeof age, e->manager == MANAGER_UP ? 0 : e->manager_seen);
		pen_piece(p, l.ink, l.ink == INK_ALERT ? _(" manager %s%s%s ") : _("manager %s%s%s"), l.word, *age ? " " : "", age);
	}
	pen_piece(p, INK_DIM, P_(_("%zu blade"), _("%zu blades"), blades), blades);
	pen_piece(p, INK_GOOD, _("%zu live"), live);
	if (off > 0)
		pen_piece(p, INK_DIM, _("%zu off or spare"), off);
	pen_piece(p, INK_DIM, P_(_("%lld VM runs"), _("%lld VMs run"), vms), (long long)vms);
	if (wrong > 0)
		pen_piece(p, worst.ink == INK_ALERT ? INK_ALERT_TEXT : worst.ink, _("%zu not well"), wrong);
}

static void crumb(struct view *v, char *out, size_t size)
{
	const struct enclosure *e = enclosure_of(of(v));

	if (e && *e->rack)
		snprintf(out, size, _("rack %s %s %s"), e->rack, glyph_text(GLYPH_CRUMB, screen_tier()), e->name);
	else
		snprintf(out, size, "%s", of(v)->name);
}

/* ---- commands ---- */

static void step(struct enclosure_view *v, int dy, int dx)
{
	const struct metal_enclosure *m = metal_of(v);

	if (m && v->shape.w > 0)
		v->at = front_shape_step(&v->shape, m, v->at, dy, dx);
}

static void go_wrong(struct enclosure_view *v, int by)
{
	const struct metal_enclosure *m = metal_of(v);

	for (int i = 1; m && i <= m->bays; i++) {
		int at = (v->at + by * i % m->bays + m->bays) % m->bays;
		const struct blade *b = m->blade[at] == METAL_NONE ? NULL : registry_at(v->view.app->objects, KIND_BLADE, m->blade[at]);

		if (b && look_blade(b, TIER_ASCII).rank >= LOOK_UNKNOWN) {
			v->at = at;
			return;
		}
	}
	app_say(v->view.app, INK_DIM, "%s", _("Nothing is wrong here."));
}

static bool command(struct view *v, enum command c)
{
	struct enclosure_view *ev = of(v);
	const struct metal_enclosure *m = metal_of(ev);
	const struct blade *b = blade_of(ev);

	switch (c) {
	case CMD_UP:
	case CMD_DOWN:
		step(ev, c == CMD_UP ? -1 : 1, 0);
		return true;
	case CMD_LEFT:
	case CMD_RIGHT:
		step(ev, 0, c == CMD_LEFT ? -1 : 1);
		return true;
	case CMD_PAGE_UP:
		ev->scrolled -= ev->scrolled > 0;
		return true;
	case CMD_PAGE_DOWN:
		ev->scrolled++;
		return true;
	case CMD_HOME:
	case CMD_END:
		ev->at = c == CMD_HOME || !m ? 0 : m->bays - 1;
		return true;
	case CMD_NEXT_TROUBLE:
	case CMD_PREVIOUS_TROUBLE:
		go_wrong(ev, c == CMD_NEXT_TROUBLE ? 1 : -1);
		return true;
	case CMD_OPEN:
		rows_open(v->app, KIND_BLADE, b);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
		rows_act_blade(v->app, c, b);
		return true;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		rows_act_blade(v->app, c == CMD_BLADE_POWER ? CMD_POWER : CMD_ACTIONS, b);
		return true;
	case CMD_NOTE:
		rows_note(v->app, b);
		return true;
	case CMD_HISTORY:
		if (b)
			rows_history(v->app, b->id, b->name);
		else
			rows_history(v->app, ev->id, ev->name);
		return true;
	case CMD_ZOOM_OUT:
		app_back(v->app);
		return true;
	case CMD_WHAT_IF: /* of an empty bay: what is lost with all of it */
		if (b || !enclosure_of(ev))
			return false;
		app_push(v->app, view_what_if_new(v->app, KIND_ENCLOSURE, enclosure_of(ev)));
		return true;
	case CMD_REFRESH:
		rows_refresh_manager(v->app, ev->id, ev->name);
		view_show_ask(&ev->show);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	switch (c) {
	case CMD_OPEN:
		return blade_of(of(v)) != NULL;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
	case CMD_NOTE:
		return blade_of(of(v)) && app_may_act(v->app);
	case CMD_REFRESH:
		return enclosure_of(of(v)) && app_may_act(v->app);
	case CMD_FILTER_CLEAR:
		return false;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	*k = KIND_BLADE;
	*o = (void *)(uintptr_t)blade_of(of(v));
	return *o != NULL;
}

static bool spot(struct view *v, struct box *out)
{
	const struct metal_enclosure *m = metal_of(of(v));

	if (!m || !front_spot(&of(v)->shape, m, of(v)->front, of(v)->top, of(v)->at, out))
		return false;
	out->w++;
	return true;
}

static enum click click(struct view *v, int y, int x)
{
	struct enclosure_view *ev = of(v);
	const struct metal_enclosure *m = metal_of(ev);
	struct box b;

	for (int i = 0; m && i < m->bays; i++)
		if (front_spot(&ev->shape, m, ev->front, ev->top, i, &b) && y >= b.y && y < b.y + b.h && x >= b.x && x < b.x + b.w) {
			if (i == ev->at)
				return CLICK_AGAIN;
			ev->at = i;
			return CLICK_MOVED;
		}
	return CLICK_NONE;
}

static void closed(struct view *v)
{
	struct enclosure_view *ev = of(v);

	view_show_close(&ev->show);
	lines_clear(&ev->told);
	intern_free(ev->id);
	intern_free(ev->name);
	free(ev);
}

static void same(struct view *v, char *out, size_t size)
{
	form_show(out, size, KIND_ENCLOSURE, of(v)->name);
}

static const struct view_ops ops = {
	.name = "enclosure", .where = WHERE_ENCLOSURE, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .click = click, .same = same, .closed = closed,
};

struct view *view_enclosure_new(struct app *a, const struct enclosure *e, int bay)
{
	struct enclosure_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(e->id);
	v->name = intern(e->name);
	v->at = bay > 0 ? bay : 0;
	view_show_open(&v->show, a, KIND_ENCLOSURE, v->id, AGAIN_MS, on_show, v);
	return &v->view;
}

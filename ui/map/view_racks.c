/* Racks: the metal as it stands, with what runs on it and what is wrong with it. Places come from rack_layout.c, the
 * drawing is in racks_cells.c and racks_words.c; here are the cursor and the commands. */
#include "map/racks_inside.h"

#include "lists/view_rows.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PANE_FROM 110     /* columns from which a pane stands at the right */
#define PANE_LEAST 43
#define PANE_MOST 66
#define THIRD_LEAST 40    /* columns of a third column */

static struct racks *racks_of(struct view *v)
{
	return (struct racks *)v;
}

/* ---- the cursor ---- */

/* The cursor has stood still for a moment: now its VMs are worth the bytes. */
static void on_rest(void *ctx)
{
	struct racks *r = ctx;
	const struct blade *b = racks_blade(r, racks_cell(r));

	intern_set(&r->resting, b ? b->id : "");
	app_draw(r->view.app);
}

static void remember(struct racks *r)
{
	const struct rack_cell *c = racks_cell(r);
	struct metal *m = r->view.app->metal;

	if (!c)
		return;
	intern_set(&r->at_rack, metal_rack(m, c->rack)->name);
	if (c->enclosure >= 0)
		intern_set(&r->at_enclosure, metal_enclosure(m, c->enclosure)->name);
	if (c->bay >= 0)
		r->at_bay = c->bay;
	if (loop_timer_pending(r->rest))
		loop_timer_set(r->rest, RACKS_REST_MS);
}

/* Finds the remembered place in a new layout. */
static void find_cell(struct racks *r)
{
	struct metal *m = r->view.app->metal;
	int best = r->layout.ncells > 0 ? 0 : -1, best_points = -1;

	for (int i = 0; i < r->layout.ncells; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		int points = 0;

		if (r->at_rack && strcmp(metal_rack(m, c->rack)->name, r->at_rack) == 0)
			points = 1;
		if (points && c->enclosure >= 0 && r->at_enclosure && strcmp(metal_enclosure(m, c->enclosure)->name, r->at_enclosure) == 0)
			points = c->bay == r->at_bay || c->bay < 0 ? 3 : 2;
		if (points > best_points) {
			best = i;
			best_points = points;
		}
	}
	r->cell = best;
}

/* ---- layout ---- */

static void lay_out(struct racks *r, int h, int w)
{
	if (racks_lay_out(r, h, w))
		find_cell(r);
}

/* ---- drawing ---- */

/* Beside whole bays there is room for a pane, and for what is wrong and new: below the racks, or in a column of its own. */
static void draw_beside(struct racks *r, struct box b)
{
	int left = r->layout.w + 2, rest = b.w - left, third = rest - PANE_MOST - 2 >= THIRD_LEAST ? rest - PANE_MOST - 2 : 0;
	int below = r->layout.h + 1, wrong;

	racks_draw_pane(r, (struct box){b.y, b.x + left, b.h, third ? PANE_MOST : rest});
	if (third > 0) {
		struct box c = {b.y, b.x + b.w - third, b.h, third};

		wrong = racks_draw_alerts(r, (struct box){c.y, c.x, b.h / 2, c.w}, true);
		racks_draw_news(r, (struct box){c.y + wrong + (wrong > 0), c.x, c.h - wrong - 1, c.w});
	} else {
		racks_draw_news(r, (struct box){b.y + below, b.x, b.h - below - 3, left - 2});
	}
	if (b.h > below + 1 && r->layout.ncells > 0)
		racks_draw_legend(r, b.y + b.h - 2, b.x, b.x + left - 1);
}

static void draw(struct view *v, struct box b)
{
	struct racks *r = racks_of(v);
	bool beside = b.w >= PANE_FROM;
	int strip = b.h >= 12 ? 3 : b.h >= 6 ? 2 : b.h >= 4 ? 1 : 0;
	int below;

	racks_take_filter(r);
	if (beside) {
		lay_out(r, b.h, b.w - PANE_LEAST - 2);
		beside = r->layout.form == RACK_BAYS;
	}
	if (!beside)
		lay_out(r, b.h - strip, b.w);
	r->area = (struct box){b.y, b.x, beside ? b.h : b.h - strip, beside ? b.w - PANE_LEAST - 2 : b.w};
	racks_draw_floor(r);
	below = b.y + r->layout.h;
	if (beside) {
		draw_beside(r, b);
		return;
	}
	if (strip == 0)
		return;
	if (r->layout.form == RACK_BAYS) {
		racks_draw_strip(r, (struct box){b.y + b.h - (strip > 2 ? 2 : strip), b.x, strip > 2 ? 2 : strip, b.w});
		return;
	}
	racks_draw_strip(r, (struct box){below + (strip > 2), b.x, 1, b.w});
	racks_draw_alerts(r, (struct box){below + 3, b.x, b.y + b.h - below - 3, b.w}, false);
}

/* ---- line 2 ---- */

static void info(struct view *v, struct pen *p)
{
	struct racks *r = racks_of(v);
	struct app *a = v->app;
	const struct tally_counts *c = tally_counts(a->tally);
	const struct site *site = mirror_site(a->mirror);
	size_t vms = c->vm[LOOK_WARN], hurt = c->vm[LOOK_ALERT];

	if (r->filter.error) {
		pen_text(p, INK_WARN, r->filter.error->msg.text);
		return;
	}
	if (r->layout.hidden > 0)
		pen_piece(p, INK_WARN, P_(_("%d rack has no room here"), _("%d racks have no room here"), r->layout.hidden), r->layout.hidden);
	if (racks_is_filtered(r)) {
		size_t found = 0, blades = 0;

		for (int i = 0, n = metal_racks(a->metal); i < n; i++) {
			struct racks_sum s;

			racks_sum_cell(r, &s, &(struct rack_cell){.rack = i, .enclosure = -1, .bay = -1});
			found += (size_t)s.found;
			blades += (size_t)s.hits;
		}
		pen_f(p, INK_NORMAL, P_(_("%zu VM on "), _("%zu VMs on "), found), found);
		pen_f(p, INK_NORMAL, P_(_("%zu blade"), _("%zu blades"), blades), blades);
		pen_skip(p, 2);
	} else if (site) {
		bool room = p->end - p->x >= 100;

		if (room)
			pen_f(p, INK_DIM, P_(_("%lld rack "), _("%lld racks "), site->racks), (long long)site->racks);
		if (room)
			pen_f(p, INK_DIM, P_(_("%lld enclosure "), _("%lld enclosures "), site->enclosures), (long long)site->enclosures);
		pen_f(p, INK_DIM, P_(_("%lld blade"), _("%lld blades"), site->blades), (long long)site->blades);
		pen_skip(p, 2);
		pen_f(p, INK_DIM, P_(_("%lld VM "), _("%lld VMs "), site->vms), (long long)site->vms);
		pen_f(p, INK_GOOD, _("%lld running"), (long long)site->vms_running);
		pen_skip(p, 2);
	}
	rows_wrong_blades(p, c);
	if (hurt > 0) /* the hosts' alarm is the louder one */
		pen_piece(p, INK_ALERT_TEXT, P_(_("! %zu VM alert"), _("! %zu VM alerts"), hurt), hurt);
	if (vms > 0)
		pen_piece(p, INK_WARN, P_(_("! %zu VM to look at"), _("! %zu VMs to look at"), vms), vms);
}

static void crumb(struct view *v, char *out, size_t size)
{
	struct racks *r = racks_of(v);

	if (r->only)
		snprintf(out, size, _("rack %s"), r->only);
	else /* deeper views say where in the metal they are */
		snprintf(out, size, "%s", v->app->depth > 1 && app_top(v->app)->ops->where == WHERE_TEXT ? _("racks") : app_top(v->app) == v ? _("racks") : "");
}

/* ---- commands ---- */

static void step(struct racks *r, int dy, int dx)
{
	r->cell = rack_layout_step(&r->layout, r->cell, dy, dx);
	remember(r);
}

static bool is_wrong(struct racks *r, const struct rack_cell *c)
{
	struct racks_sum s;

	if (c->bay < 0) {
		racks_sum_cell(r, &s, c);
	} else {
		memset(&s, 0, sizeof s);
		racks_sum_blade(r, &s, racks_slot(r, c));
	}
	return racks_is_filtered(r) ? s.matched > 0 : s.blades > 0 && s.worst.rank >= LOOK_UNKNOWN;
}

/* The next place, in the order of the metal, that is wrong, or that matches the filter; goes round. */
static void go_wrong(struct racks *r, int by)
{
	int n = r->layout.ncells;

	for (int i = 1; i <= n; i++) {
		int at = (r->cell + i * by % n + n) % n;

		if (is_wrong(r, &r->layout.cells[at])) {
			r->cell = at;
			remember(r);
			return;
		}
	}
	app_say(r->view.app, INK_DIM, "%s", racks_is_filtered(r) ? _("Nothing matches.") : _("Nothing is wrong here."));
}

/* Zoomed in, the cursor stands on what is worst there. */
static void start_at(struct racks *in, const struct rack_cell *c)
{
	struct metal *m = in->view.app->metal;
	const struct metal_rack *rack = metal_rack(m, c->rack);
	enum look_rank worst = LOOK_EMPTY;

	for (int e = rack->first; e < rack->first + rack->n; e++) {
		const struct metal_enclosure *en = metal_enclosure(m, e);

		for (int b = 0; (c->enclosure < 0 || e == c->enclosure) && b < en->bays; b++) {
			const struct blade *blade = en->blade[b] == METAL_NONE ? NULL : registry_at(in->view.app->objects, KIND_BLADE, en->blade[b]);
			enum look_rank rank = blade ? look_blade(blade, TIER_ASCII).rank : LOOK_EMPTY;

			if (in->at_enclosure && (rank <= worst || rank < LOOK_UNKNOWN))
				continue;
			worst = rank;
			intern_set(&in->at_enclosure, en->name);
			in->at_bay = b;
		}
	}
}

static const struct enclosure *enclosure_at(struct racks *r, const struct rack_cell *c)
{
	void *e;

	if (!c || c->enclosure < 0 || registry_named(r->view.app->objects, KIND_ENCLOSURE, metal_enclosure(r->view.app->metal, c->enclosure)->name, &e, 1) != 1)
		return NULL;
	return e;
}

static void open_enclosure(struct racks *r)
{
	const struct rack_cell *c = racks_cell(r);
	const struct enclosure *e = enclosure_at(r, c);

	if (e)
		app_push(r->view.app, view_enclosure_new(r->view.app, e, c->bay));
}

static void open_cell(struct racks *r)
{
	const struct rack_cell *c = racks_cell(r);
	struct app *a = r->view.app;
	const struct blade *b = racks_blade(r, c);

	if (b) {
		app_push(a, view_blade_new(a, b));
	} else if (c && c->enclosure >= 0 && (c->bay >= 0 || r->only)) {
		open_enclosure(r);
	} else if (c && c->bay < 0 && !r->only) {
		struct view *in = view_racks_new(a, metal_rack(a->metal, c->rack)->name);

		start_at(racks_of(in), c);
		app_push(a, in);
	}
}

/* One step closer or farther: the forms that fit, then the rack under the cursor, then its enclosure with its cards. */
static void zoom(struct racks *r, int by)
{
	bool back = by > 0 && r->only, other = !back && racks_zoom(r, by); /* cells are others from here on */
	const struct rack_cell *c = racks_cell(r);

	if (other)
		find_cell(r);
	else if (back)
		app_back(r->view.app);
	else if (by > 0)
		app_say(r->view.app, INK_DIM, "%s", _("Smaller is nothing: a rack is one sign already."));
	else if (c && (c->bay >= 0 || r->only))
		open_enclosure(r);
	else
		open_cell(r);
}

/* Of the blade, or of all that the cell stands for: its enclosure, its rack. */
static void what_if(struct racks *r)
{
	const struct rack_cell *c = racks_cell(r);
	const struct blade *b = racks_blade(r, c);
	const struct enclosure *e = enclosure_at(r, c);
	struct app *a = r->view.app;
	void *rack;

	if (b && *b->name)
		app_push(a, view_what_if_new(a, KIND_BLADE, b));
	else if (e)
		app_push(a, view_what_if_new(a, KIND_ENCLOSURE, e));
	else if (c && registry_named(a->objects, KIND_RACK, metal_rack(a->metal, c->rack)->name, &rack, 1) == 1)
		app_push(a, view_what_if_new(a, KIND_RACK, rack));
}

static void ask_now(struct racks *r)
{
	const struct blade *b = racks_blade(r, racks_cell(r));

	if (b)
		rows_refresh_blade(r->view.app, b);
}

static bool command(struct view *v, enum command c)
{
	struct racks *r = racks_of(v);
	const struct blade *b;

	switch (c) {
	case CMD_UP:
		step(r, -1, 0);
		return true;
	case CMD_DOWN:
		step(r, 1, 0);
		return true;
	case CMD_LEFT:
		step(r, 0, -1);
		return true;
	case CMD_RIGHT:
		step(r, 0, 1);
		return true;
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
		for (int i = 0; i < 4; i++)
			step(r, c == CMD_PAGE_UP ? -1 : 1, 0);
		return true;
	case CMD_HOME:
	case CMD_END:
		r->cell = c == CMD_HOME ? (r->layout.ncells > 0 ? 0 : -1) : r->layout.ncells - 1;
		remember(r);
		return true;
	case CMD_NEXT_TROUBLE:
	case CMD_PREVIOUS_TROUBLE:
		if (r->layout.ncells > 0)
			go_wrong(r, c == CMD_NEXT_TROUBLE ? 1 : -1);
		return true;
	case CMD_OPEN:
		open_cell(r);
		return true;
	case CMD_ENCLOSURE:
		open_enclosure(r);
		return true;
	case CMD_ZOOM_IN:
	case CMD_ZOOM_OUT:
		zoom(r, c == CMD_ZOOM_IN ? -1 : 1);
		return true;
	case CMD_ACTIONS:
	case CMD_POWER:
		rows_act_blade(v->app, c, racks_blade(r, racks_cell(r)));
		return true;
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
		rows_act_blade(v->app, c == CMD_BLADE_POWER ? CMD_POWER : CMD_ACTIONS, racks_blade(r, racks_cell(r)));
		return true;
	case CMD_NOTE:
		rows_note(v->app, racks_blade(r, racks_cell(r)));
		return true;
	case CMD_HISTORY:
		b = racks_blade(r, racks_cell(r));
		if (b)
			app_push(v->app, view_history_new(v->app, b->id, b->name));
		return true;
	case CMD_WHAT_IF:
		what_if(r);
		return true;
	case CMD_REFRESH:
		ask_now(r);
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	struct racks *r = racks_of(v);

	switch (c) {
	case CMD_FILTER_CLEAR:
		return *v->app->filter;
	case CMD_ENCLOSURE:
		return enclosure_at(r, racks_cell(r)) != NULL;
	case CMD_ACTIONS:
	case CMD_POWER:
	case CMD_BLADE_ACTIONS:
	case CMD_BLADE_POWER:
	case CMD_NOTE:
		return racks_blade(r, racks_cell(r)) && app_may_act(v->app);
	case CMD_HISTORY:
	case CMD_REFRESH:
		return racks_blade(r, racks_cell(r)) != NULL;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	struct racks *r = racks_of(v);

	*k = KIND_BLADE;
	*o = (void *)(uintptr_t)racks_blade(r, racks_cell(r));
	return *o != NULL;
}

static bool spot(struct view *v, struct box *out)
{
	struct racks *r = racks_of(v);
	const struct rack_cell *c = racks_cell(r);

	if (c)
		*out = (struct box){r->area.y + c->y, r->area.x + c->x - 1, racks_cell_height(r, c), c->w + 2};
	return c != NULL;
}

static enum click click(struct view *v, int y, int x)
{
	struct racks *r = racks_of(v);

	y -= r->area.y;
	x -= r->area.x;
	for (int i = 0; i < r->layout.ncells; i++) {
		const struct rack_cell *c = &r->layout.cells[i];

		if (y < c->y || y >= c->y + racks_cell_height(r, c) || x < c->x || x >= c->x + c->w)
			continue;
		if (i == r->cell)
			return CLICK_AGAIN;
		r->cell = i;
		remember(r);
		return CLICK_MOVED;
	}
	return CLICK_NONE;
}

static void closed(struct view *v)
{
	struct racks *r = racks_of(v);

	racks_close(r);
	loop_timer_free(r->rest);
	intern_free(r->resting);
	intern_free(r->only);
	intern_free(r->at_rack);
	intern_free(r->at_enclosure);
	free(r);
}

static const struct view_ops ops = {
	.name = "racks", .where = WHERE_RACKS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .click = click, .closed = closed,
};

struct view *view_racks_new(struct app *a, const char *rack)
{
	struct racks *r = xcalloc(1, sizeof *r);

	r->view.ops = &ops;
	r->only = rack ? intern(rack) : NULL;
	r->at_rack = rack ? intern(rack) : NULL;
	r->rest = loop_timer_new(a->loop, on_rest, r);
	racks_open(r, a);
	return &r->view;
}

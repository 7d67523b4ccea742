/* Drawing the floor: bays, enclosures and racks in whatever form fits (racks_inside.h). */
#include "map/racks_inside.h"

#include "lists/first.h"

#include "common/text.h"
#include "tr.h"

#include <stdio.h>
#include <string.h>

static void draw_bay(struct racks *r, int y, int x, const struct rack_cell *c)
{
	uint32_t slot = racks_slot(r, c);
	const struct blade *b = racks_blade(r, c);
	char count[16], text[24];
	struct look l;
	int n;

	if (!b)
		return;
	l = look_blade(b, screen_tier());
	n = (int)(b->running > 9999 ? 9999 : b->running);
	if (racks_is_filtered(r)) {
		n = racks_matches(r, slot, b);
		if (n == 0 && l.rank < LOOK_ALERT) {
			screen_text(y, x, c->w, INK_LINE, glyph_text(GLYPH_OFF, screen_tier()));
			return;
		}
	}
	snprintf(count, sizeof count, "%*d", c->w - 1, n);
	if (l.rank == LOOK_EMPTY || l.rank == LOOK_OFF || ((l.rank == LOOK_ACTIVE || l.rank == LOOK_UNKNOWN) && b->vms == 0))
		count[0] = '\0';
	else if (look_unheard(b))
		snprintf(count, sizeof count, "%*s", c->w - 1, "");
	if (*l.sign) {
		snprintf(text, sizeof text, "%s%s", l.sign, count);
		screen_text(y, x, c->w, l.ink, text);
		return;
	}
	screen_text(y, x, 1, INK_LOAD, glyph_load(look_load(b), screen_tier()));
	screen_text(y, x + 1, c->w - 1, racks_is_filtered(r) ? INK_ACCENT : n == 0 ? INK_DIM : INK_NORMAL, count);
}

static void draw_sum(struct racks *r, int y, int x, const struct rack_cell *c)
{
	struct racks_sum s;
	char text[24];

	racks_sum_cell(r, &s, c);
	if (s.blades == 0)
		return;
	if (racks_is_filtered(r) && s.worst.rank < LOOK_ALERT) {
		snprintf(text, sizeof text, " %*d", c->w - 1, s.matched);
		screen_text(y, x, c->w, s.matched ? INK_ACCENT : INK_LINE, s.matched ? text : glyph_text(GLYPH_OFF, screen_tier()));
	} else if (*s.worst.sign && (s.worst.rank >= LOOK_ACTIVE || s.well == 0)) { /* a spare one among those that are well is nothing to see */
		snprintf(text, sizeof text, c->w > 1 ? "%s%*d" : "%s", s.worst.sign, c->w - 1, s.count);
		screen_text(y, x, c->w, s.worst.ink, text);
	} else {
		double load = s.mem > 0 ? (double)s.used * 3 / 2 / (double)s.mem : 0;

		screen_text(y, x, 1, INK_LOAD, c->w > 1 ? glyph_load(load, screen_tier()) : glyph_load_alone(load, screen_tier()));
		snprintf(text, sizeof text, "%*d", c->w - 1, s.well);
		if (c->w > 1)
			screen_text(y, x + 1, c->w - 1, INK_NORMAL, text);
	}
}

/* A sign for each bay of an enclosure. */
static void draw_signs(struct racks *r, int y, int x, const struct rack_cell *c)
{
	const struct metal_enclosure *e = metal_enclosure(r->view.app->metal, c->enclosure);

	for (int i = 0; i < e->bays; i++) {
		int row = 0, column = i;
		const struct blade *b = e->blade[i] == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, e->blade[i]);
		struct look l;

		if (!b)
			continue;
		if (r->layout.form == RACK_BLOCKS)
			metal_spot(e, i, &row, &column);
		l = look_blade(b, screen_tier());
		if (racks_is_filtered(r) && l.rank < LOOK_ALERT && racks_matches(r, e->blade[i], b) == 0)
			screen_text(y + row, x + column, 1, INK_LINE, glyph_text(GLYPH_OFF, screen_tier()));
		else if (*l.sign)
			screen_text(y + row, x + column, 1, l.ink, l.sign);
		else
			/* Without colour a sea of blocks would drown what stands out only by being reversed: digits then. */
			screen_text(y + row, x + column, 1, racks_is_filtered(r) ? INK_ACCENT : INK_LOAD_MANY,
				glyph_load_alone(look_load(b), screen_mono() ? TIER_ASCII : screen_tier()));
	}
}

int racks_cell_height(struct racks *r, const struct rack_cell *c)
{
	return r->layout.form == RACK_BLOCKS && c->enclosure >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->rows : 1;
}

/* The blanks where the cursor's brackets may stand have the ink of the blocks beside them: a cursor that moves on costs fewer bytes
 * then. Before all else is drawn: something may stand there. */
static void draw_gaps(struct racks *r)
{
	for (int i = 0; i < r->layout.ncells; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		int y = r->area.y + c->y, x = r->area.x + c->x;

		for (int row = 0; row < racks_cell_height(r, c); row++) {
			screen_text(y + row, x - 1, 1, INK_LOAD_MANY, " ");
			screen_text(y + row, x + c->w, 1, INK_LOAD_MANY, " ");
		}
	}
}

static void draw_cursor(struct racks *r)
{
	const struct rack_cell *c = racks_cell(r);

	if (!c || r->layout.form == RACK_DOTS) {
		/* No room beside a dot: the terminal's own cursor stands on it. */
		if (c) {
			r->view.cursor_y = r->area.y + c->y;
			r->view.cursor_x = r->area.x + c->x;
		}
		return;
	}
	for (int i = 0; i < racks_cell_height(r, c); i++) {
		screen_text(r->area.y + c->y + i, r->area.x + c->x - 1, 1, INK_ACCENT, "[");
		screen_text(r->area.y + c->y + i, r->area.x + c->x + c->w, 1, INK_ACCENT, "]");
	}
}

/* Its name, and how its manager is. Where all is well that is one quiet word; else what is wrong, by name. */
static void draw_enclosure_title(struct racks *r, int y, int x, const struct rack_title *t)
{
	const char *name = metal_enclosure(r->view.app->metal, t->enclosure)->name;
	struct pen p = {y, x, x + t->w};
	const struct enclosure *e;
	struct look m;
	char age[24];
	void *o;

	pen_text(&p, INK_BOLD, name);
	pen_skip(&p, 2);
	if (registry_named(r->view.app->objects, KIND_ENCLOSURE, name, &o, 1) != 1)
		return;
	e = o;
	m = look_manager(e->manager, screen_tier());
	if (m.rank > LOOK_WELL) {
		look_age(age, sizeof age, e->manager_seen);
		pen_f(&p, m.ink == INK_ALERT ? INK_ALERT_TEXT : m.ink, _("manager %s%s%s"), m.word, *age ? " " : "", age);
	} else if (e->health == HEALTH_WARNING || e->health == HEALTH_FAILED) {
		struct look h = look_health(e->health, screen_tier());

		pen_f(&p, h.ink == INK_ALERT ? INK_ALERT_TEXT : h.ink, "! %s", *e->wrong ? lang_said(NULL, e->wrong) : h.word);
	} else if (*e->alert) {
		pen_f(&p, INK_WARN, "! %s", lang_said(e->alert_id, e->alert));
	} else if (*m.word) {
		pen_f(&p, INK_DIM, "%s%s%s", e->dialect, *e->dialect ? " " : "", m.word);
	}
}

static void draw_titles(struct racks *r)
{
	struct metal *m = r->view.app->metal;
	const struct rack_cell *at = racks_cell(r);
	char text[64];

	for (int i = 0; i < r->layout.nframes; i++) {
		const struct metal_rack *in = metal_rack(m, r->layout.frames[i].rack);
		struct box b = r->layout.frames[i].at;

		b.y += r->area.y;
		b.x += r->area.x;
		snprintf(text, sizeof text, _("Rack %.40s"), in->name);
		{
			char right[32];

			snprintf(right, sizeof right, P_(_("%d blade"), _("%d blades"), in->blades), in->blades);
			screen_box(b, INK_LINE, INK_BOLD, text, right);
		}
	}
	for (int i = 0; i < r->layout.ntitles; i++) {
		const struct rack_title *t = &r->layout.titles[i];
		int y = r->area.y + t->y, x = r->area.x + t->x;

		if (t->enclosure < 0) {
			struct rack_cell whole = {.rack = t->rack, .enclosure = -1, .bay = -1};
			struct racks_sum s;

			racks_sum_cell(r, &s, &whole);
			screen_text(y, x, t->w, s.worst.rank >= LOOK_WARN || (at && at->rack == t->rack && r->layout.form == RACK_DOTS) ? INK_BOLD : INK_DIM, metal_rack(m, t->rack)->name);
			continue;
		}
		draw_enclosure_title(r, y, x, t);
	}
}

/* Bays have their place as their name, but for those with two blades in one slot ("1A"): there an empty one has none that we know. */
static bool is_numbered(struct racks *r, int enclosure)
{
	const struct metal_enclosure *e = metal_enclosure(r->view.app->metal, enclosure);
	char text[16];

	for (int i = 0; i < e->bays; i++) {
		const struct blade *b = e->blade[i] == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, e->blade[i]);

		snprintf(text, sizeof text, "%d", i + 1);
		if (b && *b->bay && strcmp(b->bay, text) != 0)
			return false;
	}
	return true;
}

static void draw_labels(struct racks *r)
{
	char text[16];
	int enclosure = -1;
	bool numbered = true;

	for (int i = 0; i < r->layout.ncells && r->layout.labels; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		const struct blade *b = racks_blade(r, c);

		if (c->enclosure != enclosure)
			numbered = is_numbered(r, enclosure = c->enclosure);
		snprintf(text, sizeof text, "%.0d", numbered ? c->bay + 1 : 0);
		screen_right(r->area.y + c->y - 1, r->area.x + c->x, c->w, INK_DIM, b && *b->bay ? b->bay : text);
	}
}

void racks_draw_floor(struct racks *r)
{
	screen_clip(r->area);
	if (r->layout.ncells == 0) {
		if (first_draw(r->view.app, (struct box){r->area.y, r->area.x + 1, r->area.h, r->area.w - 2}))
			return;
		screen_text(r->area.y, r->area.x + 1, r->area.w - 1, INK_DIM, mirror_synced(r->view.app->mirror) ? _("This site has no racks yet.") : _("Reading the site."));
		return;
	}
	if (r->layout.form == RACK_BLOCKS || r->layout.form == RACK_LINES)
		draw_gaps(r);
	draw_titles(r);
	if (r->layout.form == RACK_BAYS)
		draw_labels(r);
	for (int i = 0; i < r->layout.ncells; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		int y = r->area.y + c->y, x = r->area.x + c->x;

		if (r->layout.form == RACK_BAYS)
			draw_bay(r, y, x, c);
		else if (r->layout.form == RACK_BLOCKS || r->layout.form == RACK_LINES)
			draw_signs(r, y, x, c);
		else
			draw_sum(r, y, x, c);
	}
	draw_cursor(r);
}

/* Racks: the metal as it stands, with what runs on it and what is wrong with it. Places come from rack_layout.c. */
#include "common/clock.h"
#include "common/filter.h"
#include "common/text.h"
#include "app.h"
#include "facts.h"
#include "look.h"
#include "rack_layout.h"
#include "screen.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PANE_FROM 110     /* columns from which a pane stands at the right */
#define PANE_LEAST 43
#define PANE_MOST 66
#define THIRD_LEAST 40    /* columns of a third column */
#define NOT_COUNTED (-1)
#define REST_MS 150       /* after so long without a step the pane lists the VMs */
#define FACTS_ROOM 9      /* lines of facts in the pane: the list of VMs begins at the same line for every blade */

struct racks {
	struct view view;
	istr only;                 /* the rack that was zoomed into, NULL: all */
	struct rack_layout layout;
	struct box area;           /* where the layout was drawn */
	uint32_t version;          /* of the metal it was made from */
	int made_h, made_w, made_most;
	enum tier made_tier;

	/* The cursor: what it stands on, by names, since indexes move. */
	istr at_rack, at_enclosure;
	int at_bay;
	int cell;                  /* index in the layout, -1 none */

	struct registry_watch watch;
	struct filter *by_blade, *by_vm;
	struct err *filter_error;
	uint32_t filter_gen;
	int *matches;              /* by slot of the blade: VMs that match, NOT_COUNTED */
	size_t nmatches;
	istr resting;              /* id of the blade whose VMs the pane lists */
	struct loop_timer *rest;
	int64_t most;              /* greatest count of running VMs ever seen */
};

static struct racks *racks_of(struct view *v)
{
	return (struct racks *)v;
}

/* ---- the filter: where is what matches? ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct racks *r = ctx;
	void *blade;

	if (k == KIND_BLADE) {
		const struct blade *b = o;

		if (b->running > r->most)
			r->most = b->running;
		if (slot < r->nmatches)
			r->matches[slot] = NOT_COUNTED;
	} else if (k == KIND_VM && r->by_vm && registry_named(r->view.app->objects, KIND_BLADE, ((struct vm *)o)->blade, &blade, 1) == 1) {
		slot = registry_slot(r->view.app->objects, KIND_BLADE, blade);
		if (slot < r->nmatches)
			r->matches[slot] = NOT_COUNTED;
	}
}

static void take_filter(struct racks *r)
{
	struct app *a = r->view.app;
	struct err *e = NULL, *e2 = NULL;
	struct filter *by_blade = NULL, *by_vm = NULL;

	if (r->filter_gen == a->filter_gen)
		return;
	r->filter_gen = a->filter_gen;
	if (*a->filter) {
		e = filter_new(KIND_BLADE, a->filter, &by_blade);
		e2 = filter_new(KIND_VM, a->filter, &by_vm);
	}
	err_free(r->filter_error);
	r->filter_error = NULL;
	if (e && e2) { /* half typed: the last good one stays */
		r->filter_error = e2;
		err_free(e);
		return;
	}
	err_free(e);
	err_free(e2);
	filter_free(r->by_blade);
	filter_free(r->by_vm);
	r->by_blade = by_blade;
	r->by_vm = by_vm;
	for (size_t i = 0; i < r->nmatches; i++)
		r->matches[i] = NOT_COUNTED;
}

static bool is_filtered(const struct racks *r)
{
	return r->by_blade || r->by_vm;
}

/* VMs on this blade that match; the blade itself matching counts all of them. */
static int matches(struct racks *r, uint32_t slot, const struct blade *b)
{
	struct vm *const *vms;
	size_t n;
	int count = 0;

	if (slot >= r->nmatches) {
		size_t size = slot + 64;

		r->matches = xrealloc(r->matches, size * sizeof *r->matches);
		for (size_t i = r->nmatches; i < size; i++)
			r->matches[i] = NOT_COUNTED;
		r->nmatches = size;
	}
	if (r->matches[slot] != NOT_COUNTED)
		return r->matches[slot];
	vms = registry_vms_on(r->view.app->objects, b->name, &n);
	if (r->by_blade && filter_match(r->by_blade, b))
		count = n > 0 ? (int)n : 1;
	else if (r->by_vm)
		for (size_t i = 0; i < n; i++)
			count += filter_match(r->by_vm, vms[i]);
	r->matches[slot] = count;
	return count;
}

/* ---- the cursor ---- */

static const struct rack_cell *cell_of(const struct racks *r)
{
	return r->cell >= 0 && r->cell < r->layout.ncells ? &r->layout.cells[r->cell] : NULL;
}

static uint32_t slot_in(struct racks *r, const struct rack_cell *c)
{
	return c && c->bay >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->blade[c->bay] : METAL_NONE;
}

static const struct blade *blade_at(struct racks *r, const struct rack_cell *c)
{
	uint32_t slot = slot_in(r, c);

	return slot == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, slot);
}

/* The cursor has stood still for a moment: now its VMs are worth the bytes. */
static void on_rest(void *ctx)
{
	struct racks *r = ctx;
	const struct blade *b = blade_at(r, cell_of(r));

	intern_set(&r->resting, b ? b->id : "");
	app_draw(r->view.app);
}

static void remember(struct racks *r)
{
	const struct rack_cell *c = cell_of(r);
	struct metal *m = r->view.app->metal;

	if (!c)
		return;
	intern_set(&r->at_rack, metal_rack(m, c->rack)->name);
	if (c->enclosure >= 0)
		intern_set(&r->at_enclosure, metal_enclosure(m, c->enclosure)->name);
	if (c->bay >= 0)
		r->at_bay = c->bay;
	if (loop_timer_pending(r->rest))
		loop_timer_set(r->rest, REST_MS);
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

static int only_index(struct racks *r)
{
	struct metal *m = r->view.app->metal;

	for (int i = 0, n = metal_racks(m); r->only && i < n; i++)
		if (strcmp(metal_rack(m, i)->name, r->only) == 0)
			return i;
	return -1;
}

static void lay_out(struct racks *r, int h, int w)
{
	struct metal *m = r->view.app->metal;
	int most = r->most > 9999 ? 9999 : (int)r->most;

	if (r->version == metal_version(m) && r->made_h == h && r->made_w == w && r->made_most == most && r->made_tier == screen_tier())
		return;
	rack_layout_make(&r->layout, m, only_index(r), h, w, most);
	r->version = metal_version(m);
	r->made_h = h;
	r->made_w = w;
	r->made_most = most;
	r->made_tier = screen_tier();
	find_cell(r);
}

/* ---- drawing cells ---- */

static void draw_bay(struct racks *r, int y, int x, const struct rack_cell *c)
{
	uint32_t slot = slot_in(r, c);
	const struct blade *b = blade_at(r, c);
	char count[16], text[24];
	struct look l;
	int n;

	if (!b)
		return;
	l = look_blade(b, screen_tier());
	n = (int)(b->running > 9999 ? 9999 : b->running);
	if (is_filtered(r)) {
		n = matches(r, slot, b);
		if (n == 0 && l.rank < LOOK_ALERT) {
			screen_text(y, x, c->w, INK_LINE, glyph_text(GLYPH_OFF, screen_tier()));
			return;
		}
	}
	snprintf(count, sizeof count, "%*d", c->w - 1, n);
	if (l.rank == LOOK_EMPTY || l.rank == LOOK_OFF || (l.rank == LOOK_ACTIVE && b->vms == 0))
		count[0] = '\0';
	if (*l.sign) {
		snprintf(text, sizeof text, "%s%s", l.sign, count);
		screen_text(y, x, c->w, l.ink, text);
		return;
	}
	screen_text(y, x, 1, INK_LOAD, glyph_load(look_load(b), screen_tier()));
	screen_text(y, x + 1, c->w - 1, is_filtered(r) ? INK_ACCENT : n == 0 ? INK_DIM : INK_NORMAL, count);
}

/* The worst of some bays, what it is and how often; the load of those that are well. */
struct sum {
	struct look worst;
	int count, well, blades;
	int64_t used, mem;
	int matched;
};

static void sum_blade(struct racks *r, struct sum *s, uint32_t slot)
{
	const struct blade *b = slot == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, slot);
	struct look l;

	if (!b)
		return;
	l = look_blade(b, screen_tier());
	s->blades++;
	if (l.rank == LOOK_WELL) {
		s->well++;
		s->used += b->used_kib;
		s->mem += b->mem_kib;
	}
	if (s->blades == 1 || l.rank > s->worst.rank) {
		s->worst = l;
		s->count = 0;
	}
	s->count += l.rank == s->worst.rank;
	if (is_filtered(r))
		s->matched += matches(r, slot, b);
}

static void sum_enclosure(struct racks *r, struct sum *s, int enclosure)
{
	const struct metal_enclosure *e = metal_enclosure(r->view.app->metal, enclosure);

	for (int i = 0; i < e->bays; i++)
		sum_blade(r, s, e->blade[i]);
}

static void sum_cell(struct racks *r, struct sum *s, const struct rack_cell *c)
{
	const struct metal_rack *in = metal_rack(r->view.app->metal, c->rack);

	memset(s, 0, sizeof *s);
	if (c->enclosure >= 0) {
		sum_enclosure(r, s, c->enclosure);
		return;
	}
	for (int i = 0; i < in->n; i++)
		sum_enclosure(r, s, in->first + i);
}

static void draw_sum(struct racks *r, int y, int x, const struct rack_cell *c)
{
	struct sum s;
	char text[24];

	sum_cell(r, &s, c);
	if (s.blades == 0)
		return;
	if (is_filtered(r) && s.worst.rank < LOOK_ALERT) {
		snprintf(text, sizeof text, " %*d", c->w - 1, s.matched);
		screen_text(y, x, c->w, s.matched ? INK_ACCENT : INK_LINE, s.matched ? text : glyph_text(GLYPH_OFF, screen_tier()));
	} else if (*s.worst.sign) {
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
	int columns = r->layout.form == RACK_BLOCKS ? e->columns : e->bays;

	for (int i = 0; i < e->bays; i++) {
		const struct blade *b = e->blade[i] == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, e->blade[i]);
		struct look l;

		if (!b)
			continue;
		l = look_blade(b, screen_tier());
		if (is_filtered(r) && l.rank < LOOK_ALERT && matches(r, e->blade[i], b) == 0)
			screen_text(y + i / columns, x + i % columns, 1, INK_LINE, glyph_text(GLYPH_OFF, screen_tier()));
		else if (*l.sign)
			screen_text(y + i / columns, x + i % columns, 1, l.ink, l.sign);
		else
			/* Without colour a sea of blocks would drown what stands out only by being reversed: digits then. */
			screen_text(y + i / columns, x + i % columns, 1, is_filtered(r) ? INK_ACCENT : INK_LOAD_MANY,
				glyph_load_alone(look_load(b), screen_mono() ? TIER_ASCII : screen_tier()));
	}
}

static int cell_height(struct racks *r, const struct rack_cell *c)
{
	return r->layout.form == RACK_BLOCKS && c->enclosure >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->rows : 1;
}

static void draw_cursor(struct racks *r)
{
	const struct rack_cell *c = cell_of(r);

	if (!c || r->layout.form == RACK_DOTS) {
		/* No room beside a dot: the terminal's own cursor stands on it. */
		if (c) {
			r->view.cursor_y = r->area.y + c->y;
			r->view.cursor_x = r->area.x + c->x;
		}
		return;
	}
	for (int i = 0; i < cell_height(r, c); i++) {
		screen_text(r->area.y + c->y + i, r->area.x + c->x - 1, 1, INK_ACCENT, "[");
		screen_text(r->area.y + c->y + i, r->area.x + c->x + c->w, 1, INK_ACCENT, "]");
	}
}

static void draw_titles(struct racks *r)
{
	struct metal *m = r->view.app->metal;
	const struct rack_cell *at = cell_of(r);
	char text[64];

	for (int i = 0; i < r->layout.nboxes; i++) {
		const struct metal_rack *in = metal_rack(m, only_index(r) >= 0 ? only_index(r) : i);
		struct box b = r->layout.boxes[i];

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
			struct sum s;

			sum_cell(r, &s, &whole);
			screen_text(y, x, t->w, s.worst.rank >= LOOK_WARN || (at && at->rack == t->rack) ? INK_BOLD : INK_DIM, metal_rack(m, t->rack)->name);
			continue;
		}
		screen_text(y, x, t->w, INK_BOLD, metal_enclosure(m, t->enclosure)->name);
	}
}

static void draw_labels(struct racks *r)
{
	char text[16];

	for (int i = 0; i < r->layout.ncells && r->layout.labels; i++) {
		const struct rack_cell *c = &r->layout.cells[i];
		const struct blade *b = blade_at(r, c);

		snprintf(text, sizeof text, "%d", c->bay + 1);
		screen_right(r->area.y + c->y - 1, r->area.x + c->x, c->w, INK_DIM, b && *b->bay ? b->bay : text);
	}
}

static void draw_floor(struct racks *r)
{
	screen_clip(r->area);
	if (r->layout.ncells == 0) {
		screen_text(r->area.y, r->area.x + 1, r->area.w - 1, INK_DIM, mirror_synced(r->view.app->mirror) ? _("This site has no racks yet.") : _("Reading the site."));
		return;
	}
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

/* ---- what is under the cursor, in words ---- */

static int by_rank_then_name(const void *a, const void *b)
{
	const struct vm *x = *(struct vm *const *)a, *y = *(struct vm *const *)b;
	int rx = (int)look_vm(x, TIER_ASCII).rank, ry = (int)look_vm(y, TIER_ASCII).rank;

	/* What is wrong first; what is off last. */
	rx = rx == LOOK_OFF ? -1 : rx;
	ry = ry == LOOK_OFF ? -1 : ry;
	return rx != ry ? ry - rx : text_natural_cmp(x->name, y->name);
}

static void vms_words(const struct blade *b, char *out, size_t size)
{
	if (b->vms == 0)
		snprintf(out, size, "%s", _("no VMs"));
	else if (b->host == HOST_UP)
		snprintf(out, size, P_(_("%lld VM, %lld running"), _("%lld VMs, %lld running"), b->vms), (long long)b->vms, (long long)b->running);
	else
		snprintf(out, size, P_(_("%lld VM, %lld last seen running"), _("%lld VMs, %lld last seen running"), b->vms), (long long)b->vms, (long long)b->running);
}

static void draw_vms(struct racks *r, struct box b, const struct blade *blade)
{
	size_t n, most;
	struct vm *const *vms = registry_vms_on(r->view.app->objects, blade->name, &n);
	struct vm **sorted;
	char words[96], title[384];
	int name;

	if (b.h < 2)
		return;
	vms_words(blade, words, sizeof words);
	snprintf(title, sizeof title, "%s: %s", blade->name, words);
	screen_text(b.y, b.x, b.w, INK_BOLD, title);
	sorted = xmalloc((n + 1) * sizeof *sorted);
	for (size_t i = 0; i < n; i++)
		sorted[i] = vms[i];
	qsort(sorted, n, sizeof *sorted, by_rank_then_name);
	most = n > (size_t)b.h - 1 ? (size_t)b.h - 2 : n;
	name = b.w - 2 - 18 < 12 ? b.w - 2 : b.w - 2 - 18;
	name = name > 28 ? 28 : name;
	for (size_t i = 0; i < most; i++) {
		const struct vm *vm = sorted[i];
		struct look l = look_vm(vm, screen_tier());
		struct pen p = {b.y + 1 + (int)i, b.x + 2 + name + 1, b.x + b.w};

		screen_text(p.y, b.x, 1, l.ink, l.sign);
		screen_text(p.y, b.x + 2, name, l.rank == LOOK_OFF ? INK_DIM : INK_NORMAL, vm->name);
		if (p.end - p.x >= 10) {
			screen_text(p.y, p.x, 10, INK_DIM, vm->tenant);
			pen_skip(&p, 11);
			pen_text(&p, INK_DIM, vm->grade);
			if (l.rank != LOOK_WELL && p.end - p.x > 8) {
				pen_skip(&p, 2);
				pen_text(&p, l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink, l.word);
			}
		}
	}
	if (most < n) {
		char more[48];

		snprintf(more, sizeof more, _("%zu more"), n - most);
		screen_text(b.y + 1 + (int)most, b.x + 2, b.w - 2, INK_DIM, more);
	}
	free(sorted);
}

static void place_words(const struct blade *b, char *out, size_t size)
{
	snprintf(out, size, _("rack %.30s  %.30s  bay %.10s"), b->rack, b->enclosure, b->bay);
}

static void draw_pane(struct racks *r, struct box b)
{
	const struct rack_cell *c = cell_of(r);
	const struct blade *blade = blade_at(r, c);
	const struct blade *resting;
	struct facts f;
	char place[96], title[64];
	int used;

	screen_clip(b);
	if (!blade) {
		if (c && c->bay >= 0) {
			snprintf(title, sizeof title, _("bay %d"), c->bay + 1);
			screen_box(b, INK_LINE, INK_BOLD, title, metal_enclosure(r->view.app->metal, c->enclosure)->name);
			screen_text(b.y + 2, b.x + 2, b.w - 4, INK_DIM, _("The site file names no blade here."));
		}
		return;
	}
	place_words(blade, place, sizeof place);
	screen_box(b, INK_LINE, INK_BOLD, blade->name, place);
	screen_clip((struct box){b.y + 1, b.x + 1, b.h - 2, b.w - 2});
	facts_blade(&f, blade, screen_tier());
	facts_draw(&f, (struct box){b.y + 2, b.x + 2, b.h - 4, b.w - 4}, 11);
	used = FACTS_ROOM < b.h - 6 ? FACTS_ROOM : f.n;
	resting = r->resting ? registry_find(r->view.app->objects, KIND_BLADE, r->resting) : NULL;
	if (resting)
		draw_vms(r, (struct box){b.y + 3 + used, b.x + 2, b.h - 4 - used, b.w - 4}, resting);
	if (resting != blade && !loop_timer_pending(r->rest))
		loop_timer_set(r->rest, resting ? REST_MS : 0);
}

/* "a2-13  no answer 4 min": name and state, the state loud when it must be. */
static void pen_state(struct pen *p, const struct blade *b)
{
	struct look l = look_blade(b, screen_tier());
	char age[32];
	int start = p->x;

	look_age(age, sizeof age, b->seen);
	pen_text(p, INK_BOLD, b->name);
	p->x = p->x < start + 12 ? start + 12 : p->x + 2;
	if (l.ink == INK_ALERT)
		pen_f(p, l.ink, " %s%s%s ", l.word, *age ? " " : "", age);
	else
		pen_f(p, l.ink, "%s%s%s", l.word, *age ? " " : "", age);
	pen_skip(p, 2);
}

/* Two lines at the bottom. */
static void draw_strip(struct racks *r, struct box b)
{
	const struct rack_cell *c = cell_of(r);
	const struct blade *blade = blade_at(r, c);
	struct pen p = {b.y, b.x + 1, b.x + b.w};
	char words[96];

	screen_clip(b);
	if (!c || b.h < 1)
		return;
	if (c->bay < 0) { /* an enclosure or a rack */
		struct sum s;
		const char *name = c->enclosure >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->name : "";

		sum_cell(r, &s, c);
		pen_f(&p, INK_BOLD, _("rack %s"), metal_rack(r->view.app->metal, c->rack)->name);
		if (*name)
			pen_f(&p, INK_BOLD, "  %s", name);
		pen_skip(&p, 2);
		pen_f(&p, INK_NORMAL, _("%d blades, %d live"), s.blades, s.well);
		if (s.worst.rank >= LOOK_UNKNOWN) {
			pen_skip(&p, 2);
			pen_f(&p, s.worst.ink, s.worst.ink == INK_ALERT ? " %d %s " : "%d %s", s.count, s.worst.word);
		}
		return;
	}
	if (!blade) {
		pen_f(&p, INK_DIM, _("rack %s  %s  bay %d: the site file names no blade here"), metal_rack(r->view.app->metal, c->rack)->name,
			metal_enclosure(r->view.app->metal, c->enclosure)->name, c->bay + 1);
		return;
	}
	/* In fixed columns: from blade to blade only what differs is sent. */
	pen_state(&p, blade);
	p.x = p.x < b.x + 34 ? b.x + 34 : p.x;
	vms_words(blade, words, sizeof words);
	pen_text(&p, INK_NORMAL, words);
	p.x = p.x < b.x + 56 ? b.x + 56 : p.x + 2;
	place_words(blade, words, sizeof words);
	pen_text(&p, INK_DIM, words);
	if (b.h < 2)
		return;
	p = (struct pen){b.y + 1, b.x + 1, b.x + b.w};
	if (*blade->alert || *blade->why) {
		pen_text(&p, *blade->alert ? INK_WARN : INK_NORMAL, *blade->alert ? blade->alert : blade->why);
		return;
	}
	if (look_load(blade) > 0)
		pen_f(&p, INK_DIM, _("%.3g of %.3g GiB sold"), (double)blade->used_kib / 1048576, (double)blade->mem_kib * 2 / 3 / 1048576);
	for (int i = 0; i < 4; i++) {
		const char *more[] = {blade->serial, blade->cluster, blade->model, blade->version};
		static const int at[] = {20, 34, 42, 63};

		p.x = p.x < b.x + at[i] ? b.x + at[i] : p.x + 2;
		pen_text(&p, INK_DIM, more[i]);
	}
}

/* ---- what fills the room below ---- */

/* What is not well, worst first; returns the lines used. */
static int draw_troubles(struct racks *r, struct box b, bool heading)
{
	const struct blade *list[64];
	size_t n = tally_troubles(r->view.app->tally, list, 64), lines;

	screen_clip(b);
	if (b.h < 2 || n == 0)
		return 0;
	if (heading) {
		screen_text(b.y, b.x + 1, b.w - 1, INK_BOLD, _("not well"));
		b.y++;
		b.h--;
	}
	lines = n < (size_t)b.h ? n : (size_t)b.h;
	for (size_t i = 0; i < lines; i++) {
		struct look l;
		struct pen p = {b.y + (int)i, b.x + 1, b.x + b.w};
		enum ink ink;
		char age[32];

		if ((i + 1 == lines && n > lines) || i == 64) {
			pen_f(&p, INK_DIM, _("%zu more"), n - i);
			return (int)i + 1 + heading;
		}
		l = look_blade(list[i], screen_tier());
		ink = l.ink == INK_ALERT ? INK_ALERT_TEXT : l.ink;
		look_age(age, sizeof age, list[i]->seen);
		screen_right(p.y, p.x, 6, ink, age);
		screen_text(p.y, p.x + 8, 14, ink, list[i]->name);
		screen_text(p.y, p.x + 24, 10, ink, l.word);
		p.x += 36;
		if (p.end - p.x >= 12)
			pen_text(&p, INK_DIM, *list[i]->alert ? list[i]->alert : list[i]->why);
	}
	return (int)lines + heading;
}

static void draw_news(struct racks *r, struct box b)
{
	const struct happened *news[32];
	size_t n = mirror_happened(r->view.app->mirror, news, 32);

	screen_clip(b);
	if (b.h < 3 || n == 0)
		return;
	screen_text(b.y, b.x + 1, b.w - 1, INK_BOLD, _("newest"));
	for (size_t i = 0; i < n && (int)i < b.h - 1; i++) {
		struct pen p = {b.y + 1 + (int)i, b.x + 1, b.x + b.w};
		time_t t = (time_t)news[i]->at;
		char when[16] = "";
		struct tm tm;

		if (localtime_r(&t, &tm))
			strftime(when, sizeof when, "%H:%M:%S", &tm);
		pen_text(&p, INK_DIM, when);
		pen_skip(&p, 2);
		screen_text(p.y, p.x, 16, INK_NORMAL, news[i]->name);
		pen_skip(&p, 18);
		pen_text(&p, INK_DIM, news[i]->what.text);
	}
}

/* What does not fit as a whole is left out. */
static void pen_sign(struct pen *p, enum ink ink, const char *sign, const char *means)
{
	if (p->x + text_width(sign) + 1 + text_width(means) > p->end)
		return;
	pen_text(p, ink, sign);
	pen_skip(p, 1);
	pen_text(p, INK_DIM, means);
	pen_skip(p, 3);
}

static void draw_legend(struct racks *r, int y, int x, int end)
{
	struct pen p = {y, x + 1, end};
	enum tier t = screen_tier();

	screen_clip((struct box){y, x, 1, end - x});
	for (int i = 1; i <= 8; i += t == TIER_FULL ? 1 : 2)
		pen_text(&p, INK_LOAD, glyph_load(i / 8.0, t));
	pen_text(&p, INK_DIM, _(" load, VMs running"));
	pen_skip(&p, 3);
	pen_sign(&p, INK_ALERT, "?", _("no answer"));
	pen_sign(&p, INK_WARN, "!", _("alert"));
	pen_sign(&p, INK_UNKNOWN, "?", _("not known"));
	pen_sign(&p, INK_ACTIVE, "~", _("connecting"));
	pen_sign(&p, INK_DIM, "-", _("no host"));
}

/* Beside whole bays there is room for a pane, and for what is wrong and new: below the racks, or in a column of its own. */
static void draw_beside(struct racks *r, struct box b)
{
	int left = r->layout.w + 2, rest = b.w - left, third = rest - PANE_MOST - 2 >= THIRD_LEAST ? rest - PANE_MOST - 2 : 0;
	int below = r->layout.h + 1, wrong;

	draw_pane(r, (struct box){b.y, b.x + left, b.h, third ? PANE_MOST : rest});
	if (third > 0) {
		struct box c = {b.y, b.x + b.w - third, b.h, third};

		wrong = draw_troubles(r, (struct box){c.y, c.x, b.h / 2, c.w}, true);
		draw_news(r, (struct box){c.y + wrong + (wrong > 0), c.x, c.h - wrong - 1, c.w});
	} else {
		draw_news(r, (struct box){b.y + below, b.x, b.h - below - 2, left - 2});
	}
	if (b.h > below && r->layout.ncells > 0)
		draw_legend(r, b.y + b.h - 1, b.x, b.x + left - 1);
}

static void draw(struct view *v, struct box b)
{
	struct racks *r = racks_of(v);
	bool beside = b.w >= PANE_FROM;
	int strip = b.h >= 12 ? 3 : b.h >= 6 ? 2 : b.h >= 4 ? 1 : 0;
	int below;

	take_filter(r);
	if (beside) {
		lay_out(r, b.h, b.w - PANE_LEAST - 2);
		beside = r->layout.form == RACK_BAYS;
	}
	if (!beside)
		lay_out(r, b.h - strip, b.w);
	r->area = (struct box){b.y, b.x, beside ? b.h : b.h - strip, beside ? b.w - PANE_LEAST - 2 : b.w};
	draw_floor(r);
	below = b.y + r->layout.h;
	if (beside) {
		draw_beside(r, b);
		return;
	}
	if (strip == 0)
		return;
	if (r->layout.form == RACK_BAYS) {
		draw_strip(r, (struct box){b.y + b.h - (strip > 2 ? 2 : strip), b.x, strip > 2 ? 2 : strip, b.w});
		return;
	}
	draw_strip(r, (struct box){below + (strip > 2), b.x, 1, b.w});
	draw_troubles(r, (struct box){below + 3, b.x, b.y + b.h - below - 3, b.w}, false);
}

/* ---- line 2 ---- */

static void info(struct view *v, struct pen *p)
{
	struct racks *r = racks_of(v);
	struct app *a = v->app;
	const struct tally_counts *c = tally_counts(a->tally);
	const struct site *site = mirror_site(a->mirror);
	size_t silent = c->blade[LOOK_ALERT], unknown = c->blade[LOOK_UNKNOWN], warned = c->blade[LOOK_WARN], vms = c->vm[LOOK_WARN],
		hurt = c->vm[LOOK_ALERT];

	if (r->filter_error) {
		pen_text(p, INK_WARN, r->filter_error->msg.text);
		return;
	}
	if (is_filtered(r)) {
		size_t found = 0, blades = 0;

		for (int i = 0, n = metal_enclosures(a->metal); i < n; i++) {
			const struct metal_enclosure *e = metal_enclosure(a->metal, i);

			for (int j = 0; j < e->bays; j++) {
				const struct blade *b = e->blade[j] == METAL_NONE ? NULL : registry_at(a->objects, KIND_BLADE, e->blade[j]);
				int n_here = b ? matches(r, e->blade[j], b) : 0;

				found += (size_t)n_here;
				blades += n_here > 0;
			}
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
	if (silent > 0)
		pen_piece(p, INK_ALERT, P_(_(" %zu host no answer "), _(" %zu hosts no answer "), silent), silent);
	if (unknown > 0)
		pen_piece(p, INK_UNKNOWN, P_(_("? %zu host not known"), _("? %zu hosts not known"), unknown), unknown);
	if (warned > 0)
		pen_piece(p, INK_WARN, P_(_("! %zu blade alert"), _("! %zu blade alerts"), warned), warned);
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
	struct sum s;

	if (c->bay < 0) {
		sum_cell(r, &s, c);
	} else {
		memset(&s, 0, sizeof s);
		sum_blade(r, &s, slot_in(r, c));
	}
	return is_filtered(r) ? s.matched > 0 : s.blades > 0 && s.worst.rank >= LOOK_UNKNOWN;
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
	app_say(r->view.app, INK_DIM, "%s", is_filtered(r) ? _("Nothing matches.") : _("Nothing is wrong here."));
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

static void open_cell(struct racks *r)
{
	const struct rack_cell *c = cell_of(r);
	struct app *a = r->view.app;
	const struct blade *b = blade_at(r, c);

	if (b) {
		app_push(a, view_blade_new(a, b));
	} else if (c && c->bay < 0 && !r->only) {
		struct view *in = view_racks_new(a, metal_rack(a->metal, c->rack)->name);

		start_at(racks_of(in), c);
		app_push(a, in);
	}
}

static void on_refresh(void *ctx, struct err *e, json_t *ret)
{
	struct app *a = ctx;

	if (e)
		app_say_error(a, e);
	err_free(e);
}

static void ask_now(struct racks *r)
{
	const struct blade *b = blade_at(r, cell_of(r));
	struct app *a = r->view.app;

	if (!b)
		return;
	app_say(a, INK_DIM, _("asking %s"), b->name);
	app_request(a, "refresh", json_pack("{s:s}", "object", b->id), on_refresh, a);
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
	case CMD_HISTORY:
		b = blade_at(r, cell_of(r));
		if (b)
			app_push(v->app, view_history_new(v->app, b->id, b->name));
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
	case CMD_HISTORY:
	case CMD_REFRESH:
		return blade_at(r, cell_of(r)) != NULL;
	default:
		return true;
	}
}

static bool object(struct view *v, enum kind *k, void **o)
{
	struct racks *r = racks_of(v);

	*k = KIND_BLADE;
	*o = (void *)(uintptr_t)blade_at(r, cell_of(r));
	return *o != NULL;
}

static bool spot(struct view *v, struct box *out)
{
	struct racks *r = racks_of(v);
	const struct rack_cell *c = cell_of(r);

	if (c)
		*out = (struct box){r->area.y + c->y, r->area.x + c->x - 1, cell_height(r, c), c->w + 2};
	return c != NULL;
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct racks *r = ctx;

	if (k == KIND_BLADE && slot < r->nmatches)
		r->matches[slot] = NOT_COUNTED;
}

static void closed(struct view *v)
{
	struct racks *r = racks_of(v);

	registry_unwatch(v->app->objects, &r->watch);
	rack_layout_free(&r->layout);
	filter_free(r->by_blade);
	filter_free(r->by_vm);
	err_free(r->filter_error);
	loop_timer_free(r->rest);
	intern_free(r->resting);
	intern_free(r->only);
	intern_free(r->at_rack);
	intern_free(r->at_enclosure);
	free(r->matches);
	free(r);
}

static const struct view_ops ops = {
	.name = "racks", .where = WHERE_RACKS, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .spot = spot, .closed = closed,
};

struct view *view_racks_new(struct app *a, const char *rack)
{
	struct racks *r = xcalloc(1, sizeof *r);

	r->view.ops = &ops;
	r->view.app = a;
	r->only = rack ? intern(rack) : NULL;
	r->at_rack = rack ? intern(rack) : NULL;
	r->cell = -1;
	r->rest = loop_timer_new(a->loop, on_rest, r);
	r->filter_gen = a->filter_gen - 1;
	for (uint32_t s = 0, n = registry_slots(a->objects, KIND_BLADE); s < n; s++) {
		const struct blade *b = registry_at(a->objects, KIND_BLADE, s);

		if (b && b->running > r->most)
			r->most = b->running;
	}
	r->watch = (struct registry_watch){.ctx = r, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &r->watch);
	return &r->view;
}

/* What stands in the racks, what of it matches the filter, and how it is (racks_inside.h). */
#include "map/racks_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- places ---- */

const struct rack_cell *racks_cell(const struct racks *r)
{
	return r->cell >= 0 && r->cell < r->layout.ncells ? &r->layout.cells[r->cell] : NULL;
}

uint32_t racks_slot(struct racks *r, const struct rack_cell *c)
{
	return c && c->bay >= 0 ? metal_enclosure(r->view.app->metal, c->enclosure)->blade[c->bay] : METAL_NONE;
}

const struct blade *racks_blade(struct racks *r, const struct rack_cell *c)
{
	uint32_t slot = racks_slot(r, c);

	return slot == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, slot);
}

/* ---- what must be counted anew ---- */

/* Its enclosure's sum is. */
static void forget_sum(struct racks *r, uint32_t slot)
{
	r->states++;
	if (slot < r->nwhere && r->where[slot] >= 0 && r->where[slot] < r->nsums)
		r->sums[r->where[slot]].blades = -1;
}

static void forget_sums(struct racks *r)
{
	r->states++;
	for (int i = 0; i < r->nsums; i++)
		r->sums[i].blades = -1;
}

/* The metal was built anew, or signs are others: whose enclosure is where? */
static void make_sums(struct racks *r)
{
	struct metal *m = r->view.app->metal;
	uint32_t version = metal_version(m), slots = registry_slots(r->view.app->objects, KIND_BLADE);

	if (r->sums && r->sums_version == version && r->sums_tier == screen_tier())
		return;
	r->sums_version = version;
	r->sums_tier = screen_tier();
	r->nsums = metal_enclosures(m);
	r->sums = xrealloc(r->sums, ((size_t)r->nsums + 1) * sizeof *r->sums);
	r->nwhere = slots;
	r->where = xrealloc(r->where, ((size_t)slots + 1) * sizeof *r->where);
	memset(r->where, 0xff, (size_t)slots * sizeof *r->where);
	for (int e = 0; e < r->nsums; e++) {
		const struct metal_enclosure *in = metal_enclosure(m, e);

		for (int b = 0; b < in->bays; b++)
			if (in->blade[b] < slots)
				r->where[in->blade[b]] = e;
	}
	forget_sums(r);
}

/* ---- the filter: where is what matches? ---- */

void racks_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct racks *r = ctx;
	void *blade;

	if (k == KIND_BLADE) {
		const struct blade *b = o;

		if (b->running > r->most)
			r->most = b->running;
		if (slot < r->nmatches)
			r->matches[slot] = RACKS_NOT_COUNTED;
		forget_sum(r, slot);
	} else if (k == KIND_VM && r->filter.by_vm && registry_named(r->view.app->objects, KIND_BLADE, ((struct vm *)o)->blade, &blade, 1) == 1) {
		slot = registry_slot(r->view.app->objects, KIND_BLADE, blade);
		if (slot < r->nmatches)
			r->matches[slot] = RACKS_NOT_COUNTED;
		forget_sum(r, slot);
	}
}

void racks_take_filter(struct racks *r)
{
	if (!site_filter_take(&r->filter, r->view.app))
		return;
	for (size_t i = 0; i < r->nmatches; i++)
		r->matches[i] = RACKS_NOT_COUNTED;
	forget_sums(r);
}

bool racks_is_filtered(const struct racks *r)
{
	return site_filter_is_on(&r->filter);
}

/* VMs on this blade that match; the blade itself matching counts all of them. */
int racks_matches(struct racks *r, uint32_t slot, const struct blade *b)
{
	struct vm *const *vms;
	size_t n;
	int count = 0;

	if (slot >= r->nmatches) {
		size_t size = slot + 64;

		r->matches = xrealloc(r->matches, size * sizeof *r->matches);
		for (size_t i = r->nmatches; i < size; i++)
			r->matches[i] = RACKS_NOT_COUNTED;
		r->nmatches = size;
	}
	if (r->matches[slot] != RACKS_NOT_COUNTED)
		return r->matches[slot];
	vms = registry_vms_on(r->view.app->objects, b->name, &n);
	if (r->filter.by_blade && filter_match(r->filter.by_blade, b))
		count = n > 0 ? (int)n : 1;
	else if (r->filter.by_vm)
		for (size_t i = 0; i < n; i++)
			count += filter_match(r->filter.by_vm, vms[i]);
	r->matches[slot] = count;
	return count;
}

void racks_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct racks *r = ctx;

	if (k == KIND_BLADE && slot < r->nmatches)
		r->matches[slot] = RACKS_NOT_COUNTED;
	if (k == KIND_BLADE)
		forget_sum(r, slot);
}

void racks_open(struct racks *r, struct app *a)
{
	r->view.app = a;
	r->cell = -1;
	r->filter.gen = a->filter_gen - 1;
	for (uint32_t s = 0, n = registry_slots(a->objects, KIND_BLADE); s < n; s++) {
		const struct blade *b = registry_at(a->objects, KIND_BLADE, s);

		if (b && b->running > r->most)
			r->most = b->running;
	}
	r->watch = (struct registry_watch){.ctx = r, .changed = racks_changed, .gone = racks_gone};
	registry_watch(a->objects, &r->watch);
}

void racks_close(struct racks *r)
{
	registry_unwatch(r->view.app->objects, &r->watch);
	rack_layout_free(&r->layout);
	site_filter_clear(&r->filter);
	free(r->matches);
	free(r->sums);
	free(r->where);
}

/* ---- sums ---- */

void racks_sum_blade(struct racks *r, struct racks_sum *s, uint32_t slot)
{
	const struct blade *b = slot == METAL_NONE ? NULL : registry_at(r->view.app->objects, KIND_BLADE, slot);
	struct look l;

	if (!b)
		return;
	l = look_blade(b, screen_tier());
	s->blades++;
	s->live += b->host == HOST_UP;
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
	if (racks_is_filtered(r)) {
		int n = racks_matches(r, slot, b);

		s->matched += n;
		s->hits += n > 0;
		s->found += b->vms > 0 ? n : 0;
	}
}

/* A sum is kept until a blade of it changes: a picture counts no fleet. */
static const struct racks_sum *sum_of(struct racks *r, int enclosure)
{
	const struct metal_enclosure *e = metal_enclosure(r->view.app->metal, enclosure);
	struct racks_sum *s = &r->sums[enclosure];

	if (s->blades >= 0)
		return s;
	memset(s, 0, sizeof *s);
	for (int i = 0; i < e->bays; i++)
		racks_sum_blade(r, s, e->blade[i]);
	return s;
}

static void add_sum(struct racks_sum *s, const struct racks_sum *more)
{
	if (more->blades == 0)
		return;
	if (s->blades == 0 || more->worst.rank > s->worst.rank) {
		s->worst = more->worst;
		s->count = 0;
	}
	s->count += more->worst.rank == s->worst.rank ? more->count : 0;
	s->blades += more->blades;
	s->well += more->well;
	s->live += more->live;
	s->used += more->used;
	s->mem += more->mem;
	s->matched += more->matched;
	s->hits += more->hits;
	s->found += more->found;
}

void racks_sum_cell(struct racks *r, struct racks_sum *s, const struct rack_cell *c)
{
	const struct metal_rack *in = metal_rack(r->view.app->metal, c->rack);

	memset(s, 0, sizeof *s);
	make_sums(r);
	if (c->enclosure >= 0) {
		*s = *sum_of(r, c->enclosure);
		return;
	}
	for (int i = 0; i < in->n; i++)
		add_sum(s, sum_of(r, in->first + i));
}

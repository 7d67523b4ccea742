/* The floor plan (metal.h). Blades change often and move seldom: each slot remembers where its blade stood, and only when
 * that differs the plan is built anew, at the next question. */
#include "map/metal.h"

#include <stdlib.h>
#include <string.h>

struct place {
	const char *enclosure;  /* interned: compared, never read */
	int64_t place;
};

/* What of an enclosure the plan is made of: it changes far less often than what its manager tells. */
struct front {
	const char *name, *rack; /* interned: compared, never read */
	int64_t order, rows, columns, bays;
	bool by_column;
};

struct metal {
	struct registry *objects;
	struct registry_watch watch;
	bool stale;
	uint32_t version;
	struct metal_rack *racks;
	struct metal_enclosure *enclosures;
	int nracks, nenclosures;
	struct place *places;   /* by slot of the blade */
	size_t nplaces;
	struct front *fronts;   /* by slot of the enclosure */
	size_t nfronts;
};

static bool same_front(const struct front *a, const struct front *b)
{
	return a->name == b->name && a->rack == b->rack && a->order == b->order && a->rows == b->rows && a->columns == b->columns &&
		a->bays == b->bays && a->by_column == b->by_column;
}

static void take_front(struct metal *m, uint32_t slot, const struct enclosure *e)
{
	struct front is = {e->name, e->rack, e->order, e->rows, e->columns, e->bays, e->by_column};

	if (slot >= m->nfronts) {
		size_t n = slot + slot / 2 + 64;

		m->fronts = xrealloc(m->fronts, n * sizeof *m->fronts);
		memset(m->fronts + m->nfronts, 0, (n - m->nfronts) * sizeof *m->fronts);
		m->nfronts = n;
	}
	if (same_front(&m->fronts[slot], &is))
		return;
	m->fronts[slot] = is;
	m->stale = true;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct metal *m = ctx;
	const struct blade *b = o;

	if (k == KIND_RACK)
		m->stale = true;
	if (k == KIND_ENCLOSURE)
		take_front(m, slot, o);
	if (k != KIND_BLADE)
		return;
	if (slot >= m->nplaces) {
		size_t n = slot + slot / 2 + 64;

		m->places = xrealloc(m->places, n * sizeof *m->places);
		memset(m->places + m->nplaces, 0, (n - m->nplaces) * sizeof *m->places);
		m->nplaces = n;
	}
	if (m->places[slot].enclosure != b->enclosure || m->places[slot].place != b->place) {
		m->places[slot] = (struct place){b->enclosure, b->place};
		m->stale = true;
	}
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct metal *m = ctx;

	if (k == KIND_BLADE && slot < m->nplaces)
		m->places[slot].enclosure = NULL;
	if (k == KIND_ENCLOSURE && slot < m->nfronts)
		m->fronts[slot].name = NULL;
	if (k == KIND_RACK || k == KIND_ENCLOSURE || k == KIND_BLADE)
		m->stale = true;
}

struct metal *metal_new(struct registry *r)
{
	struct metal *m = xcalloc(1, sizeof *m);

	m->objects = r;
	m->stale = true;
	for (uint32_t i = 0, n = registry_slots(r, KIND_BLADE); i < n; i++)
		if (registry_at(r, KIND_BLADE, i))
			on_changed(m, KIND_BLADE, i, registry_at(r, KIND_BLADE, i));
	for (uint32_t i = 0, n = registry_slots(r, KIND_ENCLOSURE); i < n; i++)
		if (registry_at(r, KIND_ENCLOSURE, i))
			on_changed(m, KIND_ENCLOSURE, i, registry_at(r, KIND_ENCLOSURE, i));
	m->watch = (struct registry_watch){.ctx = m, .changed = on_changed, .gone = on_gone};
	registry_watch(r, &m->watch);
	return m;
}

static void clear(struct metal *m)
{
	for (int i = 0; i < m->nenclosures; i++)
		free(m->enclosures[i].blade);
	free(m->enclosures);
	free(m->racks);
	m->enclosures = NULL;
	m->racks = NULL;
	m->nenclosures = m->nracks = 0;
}

void metal_free(struct metal *m)
{
	if (!m)
		return;
	registry_unwatch(m->objects, &m->watch);
	clear(m);
	free(m->places);
	free(m->fronts);
	free(m);
}

/* ---- building ---- */

static int by_order_rack(const void *a, const void *b)
{
	const struct rack *x = *(struct rack *const *)a, *y = *(struct rack *const *)b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->id, y->id);
}

static int by_order_enclosure(const void *a, const void *b)
{
	const struct enclosure *x = *(struct enclosure *const *)a, *y = *(struct enclosure *const *)b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->id, y->id);
}

/* All objects of a kind, sorted; the caller frees the array. */
static void **sorted(struct registry *r, enum kind k, int (*cmp)(const void *, const void *), size_t *n)
{
	uint32_t slots = registry_slots(r, k);
	void **all = xmalloc((slots + 1) * sizeof *all);

	*n = 0;
	for (uint32_t s = 0; s < slots; s++)
		if (registry_at(r, k, s))
			all[(*n)++] = registry_at(r, k, s);
	qsort(all, *n, sizeof *all, cmp);
	return all;
}

static struct metal_enclosure *add_enclosure(struct metal *m, const char *name, int rack, int64_t rows, int64_t columns, int64_t bays, bool by_column)
{
	struct metal_enclosure *e = &m->enclosures[m->nenclosures++];

	bays = bays < 1 ? 1 : bays > METAL_BAYS_MAX ? METAL_BAYS_MAX : bays;
	columns = columns < 1 ? (bays < 8 ? bays : 8) : columns > bays ? bays : columns;
	if (by_column && rows > 0 && rows <= bays)
		columns = (bays + rows - 1) / rows;
	else
		rows = (bays + columns - 1) / columns;
	*e = (struct metal_enclosure){.name = name, .rack = rack, .rows = (int)rows, .columns = (int)columns, .bays = (int)bays, .by_column = by_column};
	e->blade = xmalloc((size_t)bays * sizeof *e->blade);
	for (int64_t i = 0; i < bays; i++)
		e->blade[i] = METAL_NONE;
	m->racks[rack].n++;
	return e;
}

static void build(struct metal *m)
{
	size_t nracks, nenclosures, loose = 0;
	struct rack **racks = (struct rack **)sorted(m->objects, KIND_RACK, by_order_rack, &nracks);
	struct enclosure **enclosures = (struct enclosure **)sorted(m->objects, KIND_ENCLOSURE, by_order_enclosure, &nenclosures);
	uint32_t slots = registry_slots(m->objects, KIND_BLADE);
	uint32_t *left = xmalloc((slots + 1) * sizeof *left);

	clear(m);
	m->racks = xcalloc(nracks + 1, sizeof *m->racks);
	m->enclosures = xcalloc(nenclosures + 1, sizeof *m->enclosures);
	for (size_t r = 0; r < nracks; r++) {
		m->racks[m->nracks] = (struct metal_rack){.name = racks[r]->name, .first = m->nenclosures};
		for (size_t e = 0; e < nenclosures; e++)
			if (enclosures[e]->rack == racks[r]->name)
				add_enclosure(m, enclosures[e]->name, m->nracks, enclosures[e]->rows, enclosures[e]->columns, enclosures[e]->bays,
					enclosures[e]->by_column);
		if (m->racks[m->nracks].n > 0)
			m->nracks++;
	}
	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *b = registry_at(m->objects, KIND_BLADE, s);
		bool placed = false;

		for (int e = 0; b && e < m->nenclosures && !placed; e++) {
			struct metal_enclosure *in = &m->enclosures[e];

			if (in->name != b->enclosure || b->place < 0 || b->place >= in->bays || in->blade[b->place] != METAL_NONE)
				continue;
			in->blade[b->place] = s;
			m->racks[in->rack].blades++;
			placed = true;
		}
		if (b && !placed)
			left[loose++] = s;
	}
	/* What stands nowhere that we know still is to be seen. */
	if (loose > 0) {
		struct metal_enclosure *e;

		m->racks[m->nracks] = (struct metal_rack){.name = "-", .first = m->nenclosures, .blades = (int)loose};
		e = add_enclosure(m, "-", m->nracks++, 0, 8, (int64_t)loose, false);
		for (int i = 0; i < e->bays; i++)
			e->blade[i] = left[i];
	}
	free(left);
	free(racks);
	free(enclosures);
	m->stale = false;
	m->version++;
}

static void make_ready(struct metal *m)
{
	if (m->stale)
		build(m);
}

int metal_racks(struct metal *m)
{
	make_ready(m);
	return m->nracks;
}

const struct metal_rack *metal_rack(struct metal *m, int i)
{
	return &m->racks[i];
}

int metal_enclosures(struct metal *m)
{
	make_ready(m);
	return m->nenclosures;
}

const struct metal_enclosure *metal_enclosure(struct metal *m, int i)
{
	return &m->enclosures[i];
}

void metal_spot(const struct metal_enclosure *e, int bay, int *row, int *column)
{
	*row = e->by_column ? bay % e->rows : bay / e->columns;
	*column = e->by_column ? bay / e->rows : bay % e->columns;
}

uint32_t metal_version(struct metal *m)
{
	make_ready(m);
	return m->version;
}

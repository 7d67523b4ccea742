/* Counting for the wall (wall_count.h): each slot remembers what it was counted as. */
#include "wall/wall_count.h"

#include "common/clock.h"
#include "wall/wall_ring.h"
#include "words/look.h"

#include <stdlib.h>
#include <string.h>

struct was {
	bool there;
	bool host, live, asked;
	int64_t running, off;
	signed char state;      /* LOOK_ rank that was seen last, but for "connecting"; -1 none yet */
	int64_t changed;        /* boot ms, 0 never */
};

struct wall_count {
	struct registry *objects;
	struct registry_watch watch;
	const char *const *racks;
	int nracks;
	bool held, known;       /* known: all has come once */
	struct wall_counts counts;
	struct was *blades;     /* by slot */
	size_t nblades;
	bool *hurt;             /* alerts by slot: told once */
	size_t nhurt;
};

bool wall_count_shows(const struct wall_count *c, const char *rack)
{
	for (int i = 0; i < c->nracks; i++)
		if (strcmp(c->racks[i], rack) == 0)
			return true;
	return c->nracks == 0;
}

static void add(struct wall_counts *n, const struct was *w, int by)
{
	if (!w->there)
		return;
	n->hosts += w->host ? by : 0;
	n->live += w->live ? by : 0;
	n->asked += w->asked ? by : 0;
	n->running += by * w->running;
	n->off += by * w->off;
}

static struct was *blade_at(struct wall_count *c, uint32_t slot)
{
	if (slot >= c->nblades) {
		size_t n = slot + slot / 2 + 64;

		c->blades = xrealloc(c->blades, n * sizeof *c->blades);
		memset(c->blades + c->nblades, 0, (n - c->nblades) * sizeof *c->blades);
		for (size_t i = c->nblades; i < n; i++)
			c->blades[i].state = -1;
		c->nblades = n;
	}
	return &c->blades[slot];
}

static void take_blade(struct wall_count *c, uint32_t slot, const struct blade *b)
{
	struct was *w = blade_at(c, slot), is = *w;
	enum look_rank rank = look_blade(b, TIER_ASCII).rank;

	is.there = wall_count_shows(c, b->rack);
	is.host = b->host != HOST_NONE;
	is.live = b->host == HOST_UP;
	is.asked = (b->host == HOST_DOWN || b->host == HOST_CONNECTING) && !*b->why;
	is.running = is.live ? b->running : 0;
	is.off = is.live && b->vms > b->running ? b->vms - b->running : 0;
	if (rank != LOOK_ACTIVE) { /* on its way somewhere: where it arrives is the news */
		if (c->known && is.state >= 0 && is.state != (signed char)rank)
			is.changed = clock_boot_ms();
		is.state = (signed char)rank;
	}
	add(&c->counts, w, -1);
	add(&c->counts, &is, 1);
	*w = is;
}

static void take_alert(struct wall_count *c, uint32_t slot, const struct alert *a)
{
	bool hurts = look_alarm(a, TIER_ASCII).rank == LOOK_ALERT && wall_count_shows(c, a->rack);

	if (slot >= c->nhurt) {
		size_t n = slot + slot / 2 + 64;

		c->hurt = xrealloc(c->hurt, n * sizeof *c->hurt);
		memset(c->hurt + c->nhurt, 0, (n - c->nhurt) * sizeof *c->hurt);
		c->nhurt = n;
	}
	if (hurts && !c->hurt[slot] && c->known)
		c->counts.came++;
	c->hurt[slot] = hurts;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct wall_count *c = ctx;

	if (k == KIND_BLADE && !c->held)
		take_blade(c, slot, o);
	else if (k == KIND_ALERT)
		take_alert(c, slot, o);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct wall_count *c = ctx;

	if (k == KIND_ALERT && slot < c->nhurt)
		c->hurt[slot] = false;
	if (k != KIND_BLADE || slot >= c->nblades)
		return;
	add(&c->counts, &c->blades[slot], -1);
	c->blades[slot] = (struct was){.state = -1};
}

struct wall_count *wall_count_new(struct registry *r, const char *const *racks, int n)
{
	struct wall_count *c = xcalloc(1, sizeof *c);

	c->objects = r;
	c->racks = racks;
	c->nracks = n;
	c->watch = (struct registry_watch){.ctx = c, .changed = on_changed, .gone = on_gone};
	registry_watch(r, &c->watch);
	return c;
}

void wall_count_free(struct wall_count *c)
{
	if (!c)
		return;
	registry_unwatch(c->objects, &c->watch);
	free(c->blades);
	free(c->hurt);
	free(c);
}

const struct wall_counts *wall_counts(const struct wall_count *c)
{
	return &c->counts;
}

void wall_count_hold(struct wall_count *c)
{
	c->held = true;
}

void wall_count_synced(struct wall_count *c)
{
	c->held = false;
	for (uint32_t s = 0, n = registry_slots(c->objects, KIND_BLADE); s < n; s++) {
		const struct blade *b = registry_at(c->objects, KIND_BLADE, s);

		if (b)
			take_blade(c, s, b);
	}
	c->known = true;
}

bool wall_count_lately(const struct wall_count *c, uint32_t slot)
{
	return slot < c->nblades && c->blades[slot].changed && clock_boot_ms() - c->blades[slot].changed < WALL_LATELY_MS;
}

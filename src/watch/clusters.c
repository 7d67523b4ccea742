/* Keeps the objects of clusters: an index from a cluster to its nodes, and the marks of those that are to be worked out. */
#include "watch/clusters.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/index.h"
#include "safety/cluster_left.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 250  /* memory and counts are worked out at most so often; votes at once */
#define AT_ONCE 64    /* in one turn of the loop */
#define NOBODY UINT32_MAX

struct group {
	istr name;
	struct cluster *object;          /* the registry's */
	int quorum;                      /* votes needed as written, 0 majority */
	uint32_t nodes[CLUSTER_NODES_MAX]; /* slots of blades */
	size_t n;
	bool dirty;
};
struct member { uint32_t group /* NOBODY none */; enum vote vote; };
struct clusters {
	struct registry *r;
	const struct site_model *site;
	struct registry_watch watch;
	struct loop_timer *timer;
	int64_t worked;                  /* boot ms */
	struct group *groups; size_t n;
	struct index names;              /* -> place in groups */
	uint32_t *dirty; size_t ndirty;
	struct member *of; uint32_t nof; /* by the blade's slot */
	bool starting;                   /* all are worked out in a moment */
};

/* ---- marks ---- */

static void mark(struct clusters *c, uint32_t group)
{
	if (group == NOBODY || c->groups[group].dirty)
		return;
	c->groups[group].dirty = true;
	c->dirty[c->ndirty++] = group;
	if (loop_timer_pending(c->timer))
		return;
	int64_t wait = c->worked + EVERY_MS - clock_boot_ms();
	loop_timer_set(c->timer, wait > 0 ? wait : 0);
}

static void leave(struct group *g, uint32_t slot)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->nodes[i] == slot) {
			g->nodes[i] = g->nodes[--g->n];
			return;
		}
}

static void work_out(struct clusters *c, struct group *g);

/* A vote is told with the blade itself; all else may wait for its turn. */
static void at_once(struct clusters *c, uint32_t group)
{
	if (group != NOBODY && !c->starting)
		work_out(c, &c->groups[group]);
}

/* This blade votes there from now on, so. */
static void belongs(struct clusters *c, uint32_t slot, uint32_t group, enum vote vote)
{
	if (slot >= c->nof) {
		uint32_t n = slot + 1 > 2 * c->nof ? slot + 1 : 2 * c->nof;
		c->of = xrealloc(c->of, n * sizeof *c->of);
		for (uint32_t i = c->nof; i < n; i++)
			c->of[i] = (struct member){ NOBODY, VOTE_UNKNOWN };
		c->nof = n;
	}
	struct member was = c->of[slot];
	mark(c, was.group);
	mark(c, group);
	c->of[slot].vote = vote;
	if (was.group == group) {
		if (was.vote != vote)
			at_once(c, group);
		return;
	}
	if (was.group != NOBODY)
		leave(&c->groups[was.group], slot);
	c->of[slot].group = NOBODY;
	if (group != NOBODY && c->groups[group].n < CLUSTER_NODES_MAX) {
		c->groups[group].nodes[c->groups[group].n++] = slot;
		c->of[slot].group = group;
	}
	at_once(c, was.group);
	at_once(c, group);
}

static uint32_t group_of(const struct clusters *c, const struct blade *b)
{
	return b->cluster[0] && !b->spare ? index_get(&c->names, b->cluster) : NOBODY;
}

_Static_assert(NOBODY == INDEX_NONE, "what the index has not is nobody");

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct clusters *c = ctx;
	void *blade;

	if (k == KIND_BLADE)
		belongs(c, slot, group_of(c, object), quorum_vote(object));
	/* Where it was before, the blade's own numbers moved. */
	else if (k == KIND_VM && c->n && registry_named(c->r, KIND_BLADE, ((const struct vm *)object)->blade, &blade, 1))
		mark(c, group_of(c, blade));
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct clusters *c = ctx;

	if (k == KIND_BLADE)
		belongs(c, slot, NOBODY, VOTE_DOWN);
	else if (k == KIND_CLUSTER)
		for (size_t i = 0; i < c->n; i++)
			if (c->groups[i].object == object)
				c->groups[i].object = NULL;
}

/* ---- working out ---- */

static bool same(const struct cluster *a, const struct cluster *b)
{
	for (int i = 0; i < models[KIND_CLUSTER].nfields; i++) {
		const struct field *f = &models[KIND_CLUSTER].fields[i];
		const char *x = (const char *)a + f->offset, *y = (const char *)b + f->offset;
		if (f->offset == offsetof(struct object, gen))
			continue;
		if (f->type == FIELD_STR ? *(const istr *)(const void *)x != *(const istr *)(const void *)y : field_int(f, a) != field_int(f, b))
			return false;
	}
	return true;
}

static void work_out(struct clusters *c, struct group *g)
{
	struct node nodes[CLUSTER_NODES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct blade *b = registry_at(c->r, KIND_BLADE, g->nodes[i]);
		if (b)
			nodes[n++] = cluster_node(c->r, b, (int64_t)c->site->reserve_kib);
	}
	if (!g->object)
		return;
	struct cluster *was = object_new(KIND_CLUSTER);
	object_copy(KIND_CLUSTER, was, g->object);
	cluster_fill(g->object, nodes, n, g->quorum);
	bool moved = !same(was, g->object);
	object_free(KIND_CLUSTER, was);
	if (moved)
		registry_changed(c->r, KIND_CLUSTER, g->object, false);
}

static void some(struct clusters *c, size_t most)
{
	size_t n = c->ndirty < most ? c->ndirty : most;

	for (size_t i = 0; i < n; i++) {
		c->groups[c->dirty[i]].dirty = false;
		work_out(c, &c->groups[c->dirty[i]]);
	}
	c->ndirty -= n;
	memmove(c->dirty, c->dirty + n, c->ndirty * sizeof *c->dirty);
	c->worked = clock_boot_ms();
	if (c->ndirty)
		loop_timer_set(c->timer, 0);
}

static void on_time(void *ctx)
{
	some(ctx, AT_ONCE);
}

void clusters_now(struct clusters *c)
{
	some(c, SIZE_MAX);
}

/* ---- the site ---- */

static void forget(struct clusters *c)
{
	for (size_t i = 0; i < c->n; i++)
		intern_free(c->groups[i].name);
	free(c->groups);
	free(c->dirty);
	free(c->of);
	index_free(&c->names);
	c->names = (struct index){ 0 };
	c->groups = NULL;
	c->dirty = NULL;
	c->of = NULL;
	c->n = c->ndirty = 0;
	c->nof = 0;
}

static bool is_named(const struct clusters *c, const char *name)
{
	istr known = intern_find(name);

	return known && index_get(&c->names, known) != INDEX_NONE;
}

static struct cluster *object_named(struct clusters *c, const char *name)
{
	char *id = xasprintf("cluster:%s", name);
	struct cluster *o = registry_find(c->r, KIND_CLUSTER, id);

	if (!o) {
		o = object_new(KIND_CLUSTER);
		intern_set(&o->id, id);
		intern_set(&o->name, name);
		intern_set(&o->quorum, "unknown");
		intern_set(&o->pattern, "other");
		registry_add(c->r, KIND_CLUSTER, o);
	}
	free(id);
	return o;
}

void clusters_site(struct clusters *c, const struct site_model *m)
{
	forget(c);
	c->starting = true;
	c->site = m;
	c->n = m->nclusters;
	c->groups = xcalloc(c->n ? c->n : 1, sizeof *c->groups);
	c->dirty = xcalloc(2 * c->n + 1, sizeof *c->dirty); /* one that is told just now may be marked once more */
	for (size_t i = 0; i < c->n; i++) {
		c->groups[i] = (struct group){ .name = intern(m->clusters[i].name), .quorum = m->clusters[i].quorum };
		index_put(&c->names, c->groups[i].name, (uint32_t)i);
	}
	for (uint32_t s = 0; s < registry_slots(c->r, KIND_CLUSTER); s++) {
		struct cluster *o = registry_at(c->r, KIND_CLUSTER, s);
		if (o && !is_named(c, o->name))
			registry_remove(c->r, KIND_CLUSTER, o);
	}
	for (size_t i = 0; i < c->n; i++) {
		c->groups[i].object = object_named(c, c->groups[i].name);
		mark(c, (uint32_t)i);
	}
	for (uint32_t s = 0; s < registry_slots(c->r, KIND_BLADE); s++) {
		const struct blade *b = registry_at(c->r, KIND_BLADE, s);
		if (b)
			belongs(c, s, group_of(c, b), quorum_vote(b));
	}
	c->starting = false;
}

struct clusters *clusters_new(struct loop *l, struct registry *r)
{
	struct clusters *c = xcalloc(1, sizeof *c);

	c->r = r;
	c->worked = clock_boot_ms() - EVERY_MS;
	c->timer = loop_timer_new(l, on_time, c);
	c->watch = (struct registry_watch){ .ctx = c, .changed = on_changed, .gone = on_gone };
	registry_watch(r, &c->watch);
	return c;
}

void clusters_free(struct clusters *c)
{
	if (!c)
		return;
	registry_unwatch(c->r, &c->watch);
	loop_timer_free(c->timer);
	forget(c);
	free(c);
}

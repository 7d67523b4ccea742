/* The workings: votes and memory with some nodes gone, and which blade, enclosure or rack is the worst to lose. */
#include "safety/cluster_left.h"

#include "common/text.h"
#include "safety/plan.h"

#include <string.h>

/* ---- the nodes ---- */

struct node cluster_node(const struct registry *r, const struct blade *b, int64_t reserve_kib)
{
	struct node node = { .blade = b, .mem_kib = b->mem_kib > reserve_kib ? b->mem_kib - reserve_kib : 0 };
	size_t n;
	struct vm *const *vms = registry_vms_on(r, b->name, &n);

	for (size_t i = 0; i < n; i++)
		if (plan_may_run(b, vms[i])) {
			node.used_kib += vms[i]->mem_kib;
			node.unsized |= vms[i]->mem_kib <= 0;
		}
	return node;
}

size_t cluster_nodes(const struct registry *r, istr cluster, int64_t reserve_kib, struct node *out)
{
	size_t n = 0;

	for (uint32_t s = 0; s < registry_slots(r, KIND_BLADE) && n < CLUSTER_NODES_MAX; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		if (b && b->cluster == cluster && !b->spare)
			out[n++] = cluster_node(r, b, reserve_kib);
	}
	return n;
}

/* ---- a loss ---- */

void cluster_left(struct cluster_left *out, const struct node *nodes, size_t n, int configured,
	bool (*lost)(const void *ctx, const struct blade *b), const void *ctx)
{
	bool unsized = false;

	*out = (struct cluster_left){ .need_kib = 0 };
	for (size_t i = 0; i < n; i++) {
		enum vote v = quorum_vote(nodes[i].blade);
		bool gone = lost(ctx, nodes[i].blade);
		quorum_count(&out->before, v);
		quorum_count(&out->after, gone ? VOTE_DOWN : v);
		unsized |= gone && nodes[i].unsized;
		if (gone)
			out->need_kib += nodes[i].used_kib;
		else if (v == VOTE_SURE && !nodes[i].unsized && nodes[i].mem_kib > nodes[i].used_kib)
			out->left_kib += nodes[i].mem_kib - nodes[i].used_kib;
	}
	quorum_need(&out->before, configured);
	quorum_need(&out->after, configured);
	out->change = quorum_change(&out->before, &out->after);
	out->fits = !unsized && out->need_kib <= out->left_kib; /* what is not known to fit does not */
}

const char *cluster_quorum_name(const struct quorum *q)
{
	if (q->sure >= q->needed)
		return "kept";
	return q->sure + q->unknown >= q->needed ? "unknown" : "lost";
}

const char *cluster_left_name(const struct cluster_left *l)
{
	if (l->change == QUORUM_KEPT)
		return l->fits ? "kept" : "memory";
	return cluster_quorum_name(&l->after);
}

/* ---- the worst loss ---- */

enum level { LEVEL_BLADE, LEVEL_ENCLOSURE, LEVEL_RACK, LEVEL_COUNT };

static istr place_of(const struct blade *b, enum level l)
{
	return l == LEVEL_BLADE ? b->name : l == LEVEL_ENCLOSURE ? b->enclosure : b->rack;
}

struct loss { enum level level; istr place; };

static bool stands_there(const void *ctx, const struct blade *b)
{
	const struct loss *l = ctx;

	return place_of(b, l->level) == l->place;
}

static int rank(const struct cluster_left *l)
{
	const char *name = cluster_left_name(l);

	return !strcmp(name, "kept") ? 0 : !strcmp(name, "memory") ? 1 : !strcmp(name, "unknown") ? 2 : 3;
}

/* The same order each time, so that nothing flickers between equals. */
static bool is_worse(const struct cluster_left *a, istr place_a, const struct cluster_left *b, istr place_b)
{
	int64_t short_a = a->need_kib - a->left_kib, short_b = b->need_kib - b->left_kib;

	if (rank(a) != rank(b))
		return rank(a) > rank(b);
	if (a->after.sure != b->after.sure)
		return a->after.sure < b->after.sure;
	if (short_a != short_b)
		return short_a > short_b;
	return text_natural_cmp(place_a, place_b) < 0;
}

static void worst(const struct node *nodes, size_t n, int configured, enum level level, istr *word, istr *which)
{
	struct cluster_left at, most;
	istr place = NULL;

	for (size_t i = 0; i < n; i++) {
		struct loss loss = { level, place_of(nodes[i].blade, level) };
		bool earlier = !loss.place[0];
		for (size_t j = 0; j < i && !earlier; j++)
			earlier = place_of(nodes[j].blade, level) == loss.place;
		if (earlier)
			continue;
		cluster_left(&at, nodes, n, configured, stands_there, &loss);
		if (!place || is_worse(&at, loss.place, &most, place)) {
			most = at;
			place = loss.place;
		}
	}
	intern_set(word, place ? cluster_left_name(&most) : "");
	intern_set(which, place ? place : "");
}

/* ---- the object ---- */

const char *cluster_pattern(const struct node *nodes, size_t n)
{
	istr racks[CLUSTER_NODES_MAX], enclosures[CLUSTER_NODES_MAX];
	size_t nracks = 0, nenclosures = 0, in_first = 0;

	for (size_t i = 0; i < n && i < CLUSTER_NODES_MAX; i++) {
		const struct blade *b = nodes[i].blade;
		size_t r = 0, e = 0;
		if (!b->enclosure[0])
			return "other";
		while (r < nracks && racks[r] != b->rack)
			r++;
		if (r == nracks)
			racks[nracks++] = b->rack;
		while (e < nenclosures && enclosures[e] != b->enclosure)
			e++;
		if (e < nenclosures)
			continue;
		enclosures[nenclosures++] = b->enclosure;
		in_first += r == 0;
	}
	if (nenclosures == 1)
		return "one-enclosure";
	if (nracks == 1)
		return "one-rack";
	if (nracks == 2 && nenclosures == 2)
		return "two-racks";
	return nracks == 2 && nenclosures == 4 && in_first == 2 ? "four-enclosures" : "other";
}

static bool nothing(const void *ctx, const struct blade *b)
{
	return false;
}

void cluster_fill(struct cluster *o, const struct node *nodes, size_t n, int configured)
{
	struct cluster_left now;

	cluster_left(&now, nodes, n, configured, nothing, NULL);
	o->nodes = (int64_t)n;
	o->sure = now.before.sure;
	o->unknown = now.before.unknown;
	o->needed = now.before.needed;
	/* One without nodes has nothing to lose. */
	intern_set(&o->quorum, n ? cluster_quorum_name(&now.before) : "unknown");
	intern_set(&o->pattern, n ? cluster_pattern(nodes, n) : "other");
	o->mem_kib = o->used_kib = o->vms = o->running = 0;
	for (size_t i = 0; i < n; i++) {
		o->vms += nodes[i].blade->vms;
		o->running += nodes[i].blade->running;
		if (quorum_vote(nodes[i].blade) != VOTE_SURE)
			continue;
		o->mem_kib += nodes[i].mem_kib;
		o->used_kib += nodes[i].used_kib;
	}
	worst(nodes, n, configured, LEVEL_BLADE, &o->blade_lost, &o->blade_worst);
	worst(nodes, n, configured, LEVEL_ENCLOSURE, &o->enclosure_lost, &o->enclosure_worst);
	worst(nodes, n, configured, LEVEL_RACK, &o->rack_lost, &o->rack_worst);
}

/* Where everything is in the tree, and how it is (tree_fleet.h). A change moves, ranks and matches the one node that it is about, and those
 * that hang from it where they have to be looked at anew: the VMs of one blade. */
#include "map/tree_fleet.h"

#include "common/text.h"
#include "map/site_filter.h"
#include "term/screen.h"
#include "words/look.h"

#include <stdlib.h>
#include <string.h>

#define KEY(kind, slot) ((uint32_t)(kind) << 27 | (slot))
#define KEY_KIND(key) ((enum kind)((key) >> 27))
#define KEY_SLOT(key) ((key) & ((1u << 27) - 1))

static const enum kind kinds[] = {KIND_RACK, KIND_ENCLOSURE, KIND_BLADE, KIND_VM}; /* from the outermost */

struct tree_fleet {
	struct app *app;
	struct registry *objects;
	struct registry_watch watch;
	struct tree *tree;
	struct { uint32_t *node; size_t room; size_t lost; } of[KIND_COUNT]; /* nodes by slot; lost: how many have no place */
	struct site_filter filter;
	bool bulk;               /* all of it is built: nothing hangs from anything yet that would have to be looked at */
};

static bool is_ours(enum kind k)
{
	return k == KIND_RACK || k == KIND_ENCLOSURE || k == KIND_BLADE || k == KIND_VM;
}

static uint32_t node_of(const struct tree_fleet *f, enum kind k, uint32_t slot)
{
	return slot < f->of[k].room ? f->of[k].node[slot] : TREE_NONE;
}

uint32_t tree_fleet_node(const struct tree_fleet *f, enum kind k, const void *object)
{
	uint32_t slot = is_ours(k) ? registry_slot(f->objects, k, object) : UINT32_MAX;

	return slot == UINT32_MAX ? TREE_NONE : node_of(f, k, slot);
}

void *tree_fleet_object(const struct tree_fleet *f, uint32_t node, enum kind *k)
{
	uint32_t key = tree_key(f->tree, node);

	*k = KEY_KIND(key);
	return registry_at(f->objects, *k, KEY_SLOT(key));
}

/* ---- order and places ---- */

static int compare_int(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare(void *ctx, uint32_t a, uint32_t b)
{
	const struct tree_fleet *f = ctx;
	const void *x = registry_at(f->objects, KEY_KIND(a), KEY_SLOT(a)), *y = registry_at(f->objects, KEY_KIND(b), KEY_SLOT(b));
	int c = 0;

	/* What stands deeper in the metal comes first where both are in one branch: what has no place is at the end. */
	if (KEY_KIND(a) != KEY_KIND(b))
		return KEY_KIND(a) < KEY_KIND(b) ? -1 : 1;
	switch (KEY_KIND(a)) {
	case KIND_RACK:
		c = compare_int(((const struct rack *)x)->order, ((const struct rack *)y)->order);
		break;
	case KIND_ENCLOSURE:
		c = compare_int(((const struct enclosure *)x)->order, ((const struct enclosure *)y)->order);
		break;
	case KIND_BLADE:
		c = compare_int(((const struct blade *)x)->place, ((const struct blade *)y)->place);
		if (c == 0)
			c = text_natural_cmp(((const struct blade *)x)->name, ((const struct blade *)y)->name);
		break;
	default:
		c = text_natural_cmp(((const struct vm *)x)->name, ((const struct vm *)y)->name);
		break;
	}
	return c != 0 ? c : a < b ? -1 : a > b;
}

static uint32_t named(const struct tree_fleet *f, enum kind k, const char *name)
{
	void *o;

	return *name && registry_named(f->objects, k, name, &o, 1) == 1 ? tree_fleet_node(f, k, o) : TREE_NONE;
}

static uint32_t place_of(const struct tree_fleet *f, enum kind k, const void *o)
{
	uint32_t in = TREE_NONE;

	if (k == KIND_VM)
		return named(f, KIND_BLADE, ((const struct vm *)o)->blade);
	if (k == KIND_BLADE && (in = named(f, KIND_ENCLOSURE, ((const struct blade *)o)->enclosure)) == TREE_NONE)
		in = named(f, KIND_RACK, ((const struct blade *)o)->rack);
	else if (k == KIND_ENCLOSURE)
		in = named(f, KIND_RACK, ((const struct enclosure *)o)->rack);
	return in;
}

/* ---- how it is ---- */

static struct look look_enclosure(const struct enclosure *e, enum tier t)
{
	struct look m = look_manager(e->manager, t), h = look_health(e->health, t);

	if (m.rank < LOOK_UNKNOWN && (e->health == HEALTH_WARNING || e->health == HEALTH_FAILED))
		return h;
	if (m.rank < LOOK_WARN && *e->alert)
		return (struct look){"!", m.word, INK_WARN, LOOK_WARN};
	return m;
}

static struct look look_of(enum kind k, const void *o, enum tier t)
{
	switch (k) {
	case KIND_VM:
		return look_vm(o, t);
	case KIND_BLADE:
		return look_blade(o, t);
	case KIND_ENCLOSURE:
		return look_enclosure(o, t);
	default:
		return (struct look){"", "", INK_DIM, LOOK_WELL};
	}
}

struct look tree_fleet_look(const struct tree_fleet *f, uint32_t node)
{
	enum kind k;
	const void *o = tree_fleet_object(f, node, &k);

	return look_of(k, o, screen_tier());
}

/* What is not known of VMs because nobody answers for their blade is that blade's alarm, and not sixteen more. */
static int rank_of(const struct tree_fleet *f, enum kind k, const void *o, uint32_t in)
{
	enum look_rank r = look_of(k, o, TIER_ASCII).rank;
	enum kind above;

	if (k == KIND_VM && r == LOOK_UNKNOWN && in != TREE_NONE && look_blade(tree_fleet_object(f, in, &above), TIER_ASCII).rank >= LOOK_UNKNOWN)
		return LOOK_WELL;
	return r < LOOK_UNKNOWN ? LOOK_WELL : (int)r;
}

/* A blade that matches brings its VMs along; what a VM matches by itself opens its branch. */
static enum tree_match match_of(const struct tree_fleet *f, enum kind k, const void *o, uint32_t in)
{
	if (k == KIND_VM && f->filter.by_vm && filter_match(f->filter.by_vm, o))
		return TREE_HIT;
	if (k == KIND_VM && in != TREE_NONE && tree_matched(f->tree, in) == TREE_HIT)
		return TREE_WITHIN;
	return k == KIND_BLADE && f->filter.by_blade && filter_match(f->filter.by_blade, o) ? TREE_HIT : TREE_MISS;
}

static bool is_narrow(const struct tree_fleet *f)
{
	return site_filter_is_on(&f->filter);
}

static void look_anew(struct tree_fleet *f, enum kind k, const void *o, uint32_t node)
{
	uint32_t in = tree_parent(f->tree, node);

	tree_rank(f->tree, node, rank_of(f, k, o, in));
	if (is_narrow(f))
		tree_match(f->tree, node, match_of(f, k, o, in));
}

/* ---- changes ---- */

static void settle_place(struct tree_fleet *f, enum kind k, const void *o, uint32_t node)
{
	uint32_t in = place_of(f, k, o), was = tree_parent(f->tree, node);

	if (in != was) {
		f->of[k].lost += (in == TREE_NONE) - (size_t)(was == TREE_NONE);
		tree_move(f->tree, node, in);
	} else if (!tree_stands(f->tree, node)) {
		tree_move(f->tree, node, in);
	}
}

/* A branch has come: what named it before it was there. */
static void adopt(struct tree_fleet *f, enum kind k, const void *o, uint32_t node)
{
	struct vm *const *vms;
	size_t n;

	if (k == KIND_BLADE) {
		vms = registry_vms_on(f->objects, ((const struct blade *)o)->name, &n);
		for (size_t i = 0; i < n && f->of[KIND_VM].lost > 0; i++) {
			uint32_t vm = tree_fleet_node(f, KIND_VM, vms[i]);

			if (vm != TREE_NONE)
				settle_place(f, KIND_VM, vms[i], vm);
		}
		return;
	}
	if (k == KIND_VM || f->of[KIND_BLADE].lost + (k == KIND_RACK ? f->of[KIND_ENCLOSURE].lost : 0) == 0)
		return;
	for (uint32_t at = tree_first(f->tree, TREE_NONE), next; at != TREE_NONE; at = next) {
		enum kind c;
		void *child = tree_fleet_object(f, at, &c);

		next = tree_after(f->tree, at);
		if (c != KIND_VM && c != KIND_RACK && place_of(f, c, child) == node)
			settle_place(f, c, child, at);
	}
}

static void set_node(struct tree_fleet *f, enum kind k, uint32_t slot, uint32_t node)
{
	if (slot >= f->of[k].room) {
		size_t room = slot + slot / 2 + 64;

		f->of[k].node = xrealloc(f->of[k].node, room * sizeof *f->of[k].node);
		memset(f->of[k].node + f->of[k].room, 0xff, (room - f->of[k].room) * sizeof *f->of[k].node);
		f->of[k].room = room;
	}
	f->of[k].node[slot] = node;
}

static void look_at_vms(struct tree_fleet *f, const struct blade *b)
{
	size_t n;
	struct vm *const *vms = registry_vms_on(f->objects, b->name, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t node = tree_fleet_node(f, KIND_VM, vms[i]);

		if (node != TREE_NONE)
			look_anew(f, KIND_VM, vms[i], node);
	}
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct tree_fleet *f = ctx;
	uint32_t node;
	bool is_new;

	if (!is_ours(k))
		return;
	node = node_of(f, k, slot);
	is_new = node == TREE_NONE;
	if (is_new) {
		uint32_t in = place_of(f, k, o);

		set_node(f, k, slot, node = tree_add(f->tree, in, KEY(k, slot)));
		f->of[k].lost += in == TREE_NONE;
	} else {
		settle_place(f, k, o, node);
	}
	look_anew(f, k, o, node);
	if (k == KIND_BLADE) {
		const struct blade *b = o;

		/* Load counts where somebody tells it now. */
		tree_weigh(f->tree, node, (const int64_t[TREE_WEIGHTS]){[FLEET_VMS] = b->vms, [FLEET_RUNNING] = b->running,
			[FLEET_USED_KIB] = b->host == HOST_UP ? b->used_kib : 0, [FLEET_MEM_KIB] = b->host == HOST_UP ? b->mem_kib : 0});
	}
	if (f->bulk)
		return;
	if (is_new)
		adopt(f, k, o, node);
	if (k == KIND_BLADE)
		look_at_vms(f, o);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct tree_fleet *f = ctx;
	uint32_t node, child;

	if (!is_ours(k) || (node = node_of(f, k, slot)) == TREE_NONE)
		return;
	while ((child = tree_first(f->tree, node)) != TREE_NONE) {
		enum kind c;
		const void *left = tree_fleet_object(f, child, &c);

		f->of[c].lost++;
		tree_move(f->tree, child, TREE_NONE);
		look_anew(f, c, left, child);
	}
	f->of[k].lost -= tree_parent(f->tree, node) == TREE_NONE;
	tree_remove(f->tree, node);
	f->of[k].node[slot] = TREE_NONE;
}

/* ---- the filter ---- */

static void match_all(struct tree_fleet *f)
{
	tree_begin(f->tree);
	tree_narrow(f->tree, is_narrow(f));
	for (size_t i = 2; is_narrow(f) && i < sizeof kinds / sizeof *kinds; i++)
		for (uint32_t s = 0; s < f->of[kinds[i]].room; s++)
			if (f->of[kinds[i]].node[s] != TREE_NONE) {
				uint32_t node = f->of[kinds[i]].node[s];

				tree_match(f->tree, node, match_of(f, kinds[i], registry_at(f->objects, kinds[i], s), tree_parent(f->tree, node)));
			}
	tree_end(f->tree);
}

void tree_fleet_settle(struct tree_fleet *f)
{
	if (site_filter_take(&f->filter, f->app))
		match_all(f);
}

const struct err *tree_fleet_error(const struct tree_fleet *f)
{
	return f->filter.error;
}

/* ---- life ---- */

struct tree *tree_fleet_tree(struct tree_fleet *f)
{
	return f->tree;
}

struct tree_fleet *tree_fleet_new(struct app *a)
{
	struct tree_fleet *f = xcalloc(1, sizeof *f);

	f->app = a;
	f->objects = a->objects;
	f->filter.gen = a->filter_gen - 1;
	f->tree = tree_new(compare, f, LOOK_UNKNOWN);
	tree_begin(f->tree);
	f->bulk = true;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (uint32_t s = 0, n = registry_slots(f->objects, kinds[i]); s < n; s++)
			if (registry_at(f->objects, kinds[i], s))
				on_changed(f, kinds[i], s, registry_at(f->objects, kinds[i], s));
	f->bulk = false;
	tree_end(f->tree);
	f->watch = (struct registry_watch){.ctx = f, .changed = on_changed, .gone = on_gone};
	registry_watch(f->objects, &f->watch);
	return f;
}

void tree_fleet_free(struct tree_fleet *f)
{
	registry_unwatch(f->objects, &f->watch);
	for (int k = 0; k < KIND_COUNT; k++)
		free(f->of[k].node);
	tree_free(f->tree);
	site_filter_clear(&f->filter);
	free(f);
}

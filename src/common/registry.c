/* The registry: slots of each kind, indexes by id, name, UUID and blade, and watchers. Called by fleet, safety and the
 * broker (the live fleet) and by the console's mirror. index.c and slot_index.c hold the hashes of interned pointers it stands on. */
#include "common/registry.h"
#include "common/index.h"
#include "common/slot_index.h"

#include <stdlib.h>
#include <string.h>

struct link { uint32_t prev, next; };

/* What a slot is indexed by. The slot keeps references of its own, so that an index never follows an object's field that
 * somebody changed; registry_changed brings them together again. */
struct slot {
	void *object;          /* NULL: free */
	istr id, name, uuid, blade;
	struct link by_name, by_uuid;
	union {
		uint32_t on_blade;   /* place in the blade's array */
		uint32_t next_free;  /* of one that is free */
	};
	bool leaving;
};

/* The VMs of one blade, and their slots in the same order. */
struct group { struct vm **vms; uint32_t *slots, n, size; };

struct table {
	struct slot *slots;
	uint32_t nslots, size, first_free;
	size_t count;
	const struct field *name;  /* NULL: this kind has none */
	struct slot_index ids, names, uuids;
};

struct registry {
	struct table tables[KIND_COUNT];
	struct index blades;       /* blade's name -> place in groups */
	struct group *groups;      /* each may be empty, none is ever given back: there are as many as blades */
	uint32_t ngroups, groups_size;
	const struct registry_watch **watches; /* NULL: unwatched while others were being told */
	size_t nwatches, watches_size;
	int telling;
};

#define NONE INDEX_NONE
_Static_assert(INDEX_NONE == SLOT_NONE, "nothing is nothing");

/* What slots are chained by: the index of the first of each key, the key and the links, in their structs. */
struct chain { size_t index, key, link; };
static const struct chain by_name = {offsetof(struct table, names), offsetof(struct slot, name), offsetof(struct slot, by_name)};
static const struct chain by_uuid = {offsetof(struct table, uuids), offsetof(struct slot, uuid), offsetof(struct slot, by_uuid)};

static struct slot_keys keys(const struct table *t, size_t at)
{
	return (struct slot_keys){t->slots, sizeof *t->slots, at};
}

static uint32_t slot_of(const struct table *t, istr id)
{
	return slot_index_get(&t->ids, keys(t, offsetof(struct slot, id)), id);
}

/* The first slot of this key. */
static uint32_t first_of(const struct table *t, const struct chain *c, istr key)
{
	return slot_index_get((const struct slot_index *)(const void *)((const char *)t + c->index), keys(t, c->key), key);
}

static istr field_str(const struct field *f, const void *o)
{
	return *(const istr *)(const void *)((const char *)o + f->offset);
}

static void hold(istr *slot, istr s)
{
	istr old = *slot;

	*slot = intern_ref(s);
	intern_free(old);
}

struct registry *registry_new(void)
{
	struct registry *r = xcalloc(1, sizeof *r);

	for (int k = 0; k < KIND_COUNT; k++) {
		r->tables[k].first_free = NONE;
		r->tables[k].name = field_find((enum kind)k, "name");
	}
	return r;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	for (int k = 0; k < KIND_COUNT; k++) {
		struct table *t = &r->tables[k];
		for (uint32_t i = 0; i < t->nslots; i++) {
			struct slot *s = &t->slots[i];
			if (!s->object)
				continue;
			object_free((enum kind)k, s->object);
			intern_free(s->id);
			intern_free(s->name);
			intern_free(s->uuid);
			intern_free(s->blade);
		}
		slot_index_free(&t->ids);
		slot_index_free(&t->names);
		slot_index_free(&t->uuids);
		free(t->slots);
	}
	for (uint32_t i = 0; i < r->blades.size; i++)
		intern_free(r->blades.cells[i].key); /* a group holds its blade's name */
	index_free(&r->blades);
	for (uint32_t i = 0; i < r->ngroups; i++) {
		free(r->groups[i].vms);
		free(r->groups[i].slots);
	}
	free(r->groups);
	free(r->watches);
	free(r);
}

/* ---- looking up ---- */

uint32_t registry_slots(const struct registry *r, enum kind k)
{
	return r->tables[k].nslots;
}

size_t registry_count(const struct registry *r, enum kind k)
{
	return r->tables[k].count;
}

void *registry_at(const struct registry *r, enum kind k, uint32_t slot)
{
	return slot < r->tables[k].nslots ? r->tables[k].slots[slot].object : NULL;
}

static uint32_t slot_of_id(const struct registry *r, enum kind k, const char *id)
{
	istr key = id ? intern_find(id) : NULL;

	return key ? slot_of(&r->tables[k], key) : NONE;
}

void *registry_find(const struct registry *r, enum kind k, const char *id)
{
	return registry_at(r, k, slot_of_id(r, k, id));
}

uint32_t registry_slot(const struct registry *r, enum kind k, const void *object)
{
	const struct table *t = &r->tables[k];
	uint32_t slot = slot_of(t, ((const struct object *)object)->id);

	return slot != NONE && t->slots[slot].object == object ? slot : NONE;
}

size_t registry_named(const struct registry *r, enum kind k, const char *name, void **out, size_t max)
{
	const struct table *t = &r->tables[k];
	istr key = name && *name ? intern_find(name) : NULL;
	size_t n = 0;

	if (!key)
		return 0;
	for (uint32_t i = first_of(t, &by_name, key); i != NONE; i = t->slots[i].by_name.next) {
		if (n < max)
			out[n] = t->slots[i].object;
		n++;
	}
	return n;
}

struct vm *registry_vm_uuid(const struct registry *r, const char *uuid)
{
	const struct table *t = &r->tables[KIND_VM];
	istr key = uuid && *uuid ? intern_find(uuid) : NULL;
	uint32_t slot = key ? first_of(t, &by_uuid, key) : NONE;

	return slot == NONE ? NULL : t->slots[slot].object;
}

struct vm *const *registry_vms_on(const struct registry *r, const char *blade, size_t *n)
{
	istr key = blade && *blade ? intern_find(blade) : NULL;
	uint32_t group = key ? index_get(&r->blades, key) : NONE;

	*n = group == NONE ? 0 : r->groups[group].n;
	return *n ? r->groups[group].vms : NULL;
}

/* ---- keeping the indexes ---- */

static struct link *link_of(struct table *t, const struct chain *c, uint32_t i)
{
	return (struct link *)(void *)((char *)&t->slots[i] + c->link);
}

static struct slot_index *index_of(struct table *t, const struct chain *c)
{
	return (struct slot_index *)(void *)((char *)t + c->index);
}

static istr key_of(const struct table *t, const struct chain *c, uint32_t i)
{
	return *(const istr *)(const void *)((const char *)&t->slots[i] + c->key);
}

/* Slots of one key are chained, the newest first. Called while slot i has the key. */
static void chain_add(struct table *t, const struct chain *c, uint32_t i)
{
	istr key = key_of(t, c, i);

	if (!*key)
		return;
	uint32_t first = first_of(t, c, key);
	*link_of(t, c, i) = (struct link){NONE, first};
	if (first != NONE)
		link_of(t, c, first)->prev = i;
	slot_index_put(index_of(t, c), keys(t, c->key), i);
}

static void chain_drop(struct table *t, const struct chain *c, uint32_t i)
{
	struct link l = *link_of(t, c, i);
	istr key = key_of(t, c, i);

	if (!*key)
		return;
	if (l.next != NONE)
		link_of(t, c, l.next)->prev = l.prev;
	if (l.prev != NONE)
		link_of(t, c, l.prev)->next = l.next;
	else if (l.next != NONE)
		slot_index_put(index_of(t, c), keys(t, c->key), l.next);
	else
		slot_index_drop(index_of(t, c), keys(t, c->key), key);
}

static struct group *group_of(struct registry *r, istr blade)
{
	uint32_t g = index_get(&r->blades, blade);

	if (g != NONE)
		return &r->groups[g];
	if (r->ngroups == r->groups_size) {
		r->groups_size = r->groups_size ? r->groups_size * 2 : 64;
		r->groups = xrealloc(r->groups, r->groups_size * sizeof *r->groups);
	}
	r->groups[r->ngroups] = (struct group){0};
	index_put(&r->blades, intern_ref(blade), r->ngroups);
	return &r->groups[r->ngroups++];
}

static void group_add(struct registry *r, istr blade, uint32_t i)
{
	struct slot *s = &r->tables[KIND_VM].slots[i];

	if (!*blade)
		return;
	struct group *g = group_of(r, blade);
	if (g->n == g->size) {
		g->size = g->size ? g->size * 2 : 8;
		g->vms = xrealloc(g->vms, g->size * sizeof(struct vm *));
		g->slots = xrealloc(g->slots, g->size * sizeof *g->slots);
	}
	s->on_blade = g->n;
	g->vms[g->n] = s->object;
	g->slots[g->n++] = i;
}

static void group_drop(struct registry *r, istr blade, uint32_t i)
{
	struct slot *slots = r->tables[KIND_VM].slots;

	if (!*blade)
		return;
	struct group *g = group_of(r, blade);
	uint32_t at = slots[i].on_blade, last = --g->n;
	g->vms[at] = g->vms[last];
	g->slots[at] = g->slots[last];
	slots[g->slots[at]].on_blade = at;
}

/* Brings the indexes of slot i in line with its object. */
static void reindex(struct registry *r, enum kind k, uint32_t i)
{
	struct table *t = &r->tables[k];
	struct slot *s = &t->slots[i];

	if (t->name && field_str(t->name, s->object) != s->name) {
		chain_drop(t, &by_name, i);
		hold(&s->name, field_str(t->name, s->object));
		chain_add(t, &by_name, i);
	}
	if (k != KIND_VM)
		return;
	const struct vm *vm = s->object;
	if (vm->uuid != s->uuid) {
		chain_drop(t, &by_uuid, i);
		hold(&s->uuid, vm->uuid);
		chain_add(t, &by_uuid, i);
	}
	if (vm->blade != s->blade) {
		group_drop(r, s->blade, i);
		hold(&s->blade, vm->blade);
		group_add(r, s->blade, i);
	}
}

static void unindex(struct registry *r, enum kind k, uint32_t i)
{
	struct table *t = &r->tables[k];
	struct slot *s = &t->slots[i];

	slot_index_drop(&t->ids, keys(t, offsetof(struct slot, id)), s->id);
	chain_drop(t, &by_name, i);
	if (k == KIND_VM) {
		chain_drop(t, &by_uuid, i);
		group_drop(r, s->blade, i);
	}
	intern_free(s->id);
	intern_free(s->name);
	intern_free(s->uuid);
	intern_free(s->blade);
}

/* ---- watchers ---- */

void registry_watch(struct registry *r, const struct registry_watch *w)
{
	if (r->nwatches == r->watches_size) {
		r->watches_size = r->watches_size ? r->watches_size * 2 : 8;
		r->watches = xrealloc(r->watches, r->watches_size * sizeof(struct registry_watch *));
	}
	r->watches[r->nwatches++] = w;
}

static void sweep_watches(struct registry *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nwatches; i++) {
		if (r->watches[i])
			r->watches[n++] = r->watches[i];
	}
	r->nwatches = n;
}

void registry_unwatch(struct registry *r, const struct registry_watch *w)
{
	for (size_t i = 0; i < r->nwatches; i++) {
		if (r->watches[i] == w)
			r->watches[i] = NULL;
	}
	if (!r->telling)
		sweep_watches(r);
}

static void tell(struct registry *r, enum kind k, uint32_t slot, void *object, bool gone)
{
	size_t n = r->nwatches; /* who starts to watch meanwhile is told of later things only */

	r->telling++;
	/* one of them may remove the object: the others have been told then */
	for (size_t i = 0; i < n && r->tables[k].slots[slot].object == object; i++) {
		const struct registry_watch *w = r->watches[i];
		if (w && gone && w->gone)
			w->gone(w->ctx, k, slot, object);
		else if (w && !gone && w->changed)
			w->changed(w->ctx, k, slot, object);
	}
	if (!--r->telling)
		sweep_watches(r);
}

/* ---- changing ---- */

static uint32_t take_slot(struct table *t)
{
	uint32_t i = t->first_free;

	if (i != NONE) {
		t->first_free = t->slots[i].next_free;
		return i;
	}
	if (t->nslots == t->size) {
		t->size = t->size ? t->size * 2 : 64;
		t->slots = xrealloc(t->slots, t->size * sizeof *t->slots);
	}
	return t->nslots++;
}

uint32_t registry_add(struct registry *r, enum kind k, void *object)
{
	struct table *t = &r->tables[k];
	istr id = ((struct object *)object)->id;
	uint32_t old = slot_of(t, id);

	if (old != NONE) /* two of one id cannot be told apart: the newer one stands */
		registry_remove(r, k, t->slots[old].object);
	uint32_t i = take_slot(t);
	t->slots[i] = (struct slot){.object = object, .id = intern_ref(id), .name = intern(""), .uuid = intern(""),
		.blade = intern("")};
	t->count++;
	slot_index_put(&t->ids, keys(t, offsetof(struct slot, id)), i);
	reindex(r, k, i);
	tell(r, k, i, object, false);
	return i;
}

void registry_remove(struct registry *r, enum kind k, void *object)
{
	struct table *t = &r->tables[k];
	uint32_t i = registry_slot(r, k, object);

	if (i == NONE || t->slots[i].leaving)
		return;
	t->slots[i].leaving = true;
	tell(r, k, i, object, true);
	unindex(r, k, i);
	t->slots[i] = (struct slot){.next_free = t->first_free};
	t->first_free = i;
	t->count--;
	object_free(k, object);
}

void registry_changed(struct registry *r, enum kind k, void *object, bool gen)
{
	uint32_t i = registry_slot(r, k, object);

	if (i == NONE)
		return;
	if (gen)
		((struct object *)object)->gen++;
	reindex(r, k, i);
	if (!r->tables[k].slots[i].leaving)
		tell(r, k, i, object, false);
}

void registry_rename(struct registry *r, enum kind k, void *object, const char *name)
{
	const struct field *f = r->tables[k].name;

	if (!f)
		return;
	intern_set((istr *)(void *)((char *)object + f->offset), name);
	registry_changed(r, k, object, true);
}

void registry_move_vm(struct registry *r, struct vm *vm, const char *blade)
{
	intern_set(&vm->blade, blade);
	registry_changed(r, KIND_VM, vm, true);
}

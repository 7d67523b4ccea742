/* The registry: slots of each kind, what they are found by, and watchers. Called by fleet, safety and the broker (the live fleet) and
 * by the console's mirror. index.c, slot_index.c and lookup.c hold the hashes of interned pointers it stands on. */
#include "common/registry.h"
#include "common/index.h"
#include "common/lookup.h"

#include <stdlib.h>
#include <string.h>

struct slot {
	void *object;          /* NULL: free */
	union {
		uint32_t group;      /* a VM's: the blade that it is counted to, NONE: no blade */
		uint32_t next_free;  /* of one that is free */
	};
	uint32_t on_blade : 31; /* place in the blade's array */
	uint32_t leaving : 1;
};

/* The VMs of one blade. */
struct group { istr blade; struct vm **vms; uint32_t n, size; };

/* What a field finds. Made when somebody asks for the first time, since a console never asks by a VM's UUID and hardly by its name;
 * from then on kept. It has the texts as they were told last: registry_changed brings it up to date. */
struct finder { const struct field *field /* NULL: this kind has none */; bool made; struct lookup lookup; };

struct table {
	struct slot *slots;
	uint32_t nslots, size, first_free;
	size_t count;
	struct slot_index ids;
	struct finder names, uuids;
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
_Static_assert(offsetof(struct object, id) == 0, "the ids' index reads what a slot points to");

static struct slot_keys ids(const struct table *t)
{
	return (struct slot_keys){.rows = t->slots, .size = sizeof *t->slots, .at = offsetof(struct slot, object), .pointed = true};
}

static uint32_t slot_of(const struct table *t, istr id)
{
	return slot_index_get(&t->ids, ids(t), id);
}

static istr field_str(const struct field *f, const void *o)
{
	return *(const istr *)(const void *)((const char *)o + f->offset);
}

struct registry *registry_new(void)
{
	struct registry *r = xcalloc(1, sizeof *r);

	for (int k = 0; k < KIND_COUNT; k++) {
		r->tables[k].first_free = NONE;
		r->tables[k].names.field = field_find((enum kind)k, "name");
	}
	r->tables[KIND_VM].uuids.field = field_find(KIND_VM, "uuid");
	return r;
}

void registry_free(struct registry *r)
{
	if (!r)
		return;
	for (int k = 0; k < KIND_COUNT; k++) {
		struct table *t = &r->tables[k];
		for (uint32_t i = 0; i < t->nslots; i++) {
			if (t->slots[i].object)
				object_free((enum kind)k, t->slots[i].object);
		}
		slot_index_free(&t->ids);
		lookup_free(&t->names.lookup);
		lookup_free(&t->uuids.lookup);
		free(t->slots);
	}
	index_free(&r->blades);
	for (uint32_t i = 0; i < r->ngroups; i++) {
		intern_free(r->groups[i].blade);
		free(r->groups[i].vms);
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

/* First slot whose object has this text in the finder's field. */
static uint32_t first_of(const struct table *t, const struct finder *finder, const char *text)
{
	struct finder *f = (struct finder *)(uintptr_t)finder; /* who only looks makes it, too */
	istr key = f->field && text && *text ? intern_find(text) : NULL;

	if (!key)
		return NONE;
	for (uint32_t i = 0; !f->made && i < t->nslots; i++) {
		if (t->slots[i].object)
			lookup_set(&f->lookup, i, field_str(f->field, t->slots[i].object));
	}
	f->made = true;
	return lookup_first(&f->lookup, key);
}

size_t registry_named(const struct registry *r, enum kind k, const char *name, void **out, size_t max)
{
	const struct table *t = &r->tables[k];
	size_t n = 0;

	for (uint32_t i = first_of(t, &t->names, name); i != NONE; i = lookup_next(&t->names.lookup, i)) {
		if (n < max)
			out[n] = t->slots[i].object;
		n++;
	}
	return n;
}

struct vm *registry_vm_uuid(const struct registry *r, const char *uuid)
{
	const struct table *t = &r->tables[KIND_VM];
	uint32_t slot = first_of(t, &t->uuids, uuid);

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

static uint32_t group_of(struct registry *r, istr blade)
{
	uint32_t g = *blade ? index_get(&r->blades, blade) : NONE;

	if (g != NONE || !*blade)
		return g;
	if (r->ngroups == r->groups_size) {
		r->groups_size = r->groups_size ? r->groups_size * 2 : 64;
		r->groups = xrealloc(r->groups, r->groups_size * sizeof *r->groups);
	}
	r->groups[r->ngroups] = (struct group){.blade = intern_ref(blade)};
	index_put(&r->blades, blade, r->ngroups);
	return r->ngroups++;
}

static void group_add(struct registry *r, istr blade, struct slot *s)
{
	s->group = group_of(r, blade);
	if (s->group == NONE)
		return;
	struct group *g = &r->groups[s->group];
	if (g->n == g->size) {
		g->size = g->size ? g->size * 2 : 8;
		g->vms = xrealloc(g->vms, g->size * sizeof(struct vm *));
	}
	s->on_blade = g->n & (UINT32_MAX >> 1);
	g->vms[g->n++] = s->object;
}

static void group_drop(struct registry *r, struct slot *s)
{
	if (s->group == NONE)
		return;
	struct group *g = &r->groups[s->group];
	struct vm *last = g->vms[--g->n];

	g->vms[s->on_blade] = last;
	r->tables[KIND_VM].slots[registry_slot(r, KIND_VM, last)].on_blade = s->on_blade;
	s->group = NONE;
}

static void find_by(struct finder *f, uint32_t slot, istr text)
{
	if (f->made)
		lookup_set(&f->lookup, slot, text);
}

/* Brings what finds slot i in line with its object. */
static void reindex(struct registry *r, enum kind k, uint32_t i)
{
	struct table *t = &r->tables[k];
	struct slot *s = &t->slots[i];

	if (t->names.field)
		find_by(&t->names, i, field_str(t->names.field, s->object));
	if (k != KIND_VM)
		return;
	const struct vm *vm = s->object;
	find_by(&t->uuids, i, vm->uuid);
	if (vm->blade != (s->group == NONE ? intern("") : r->groups[s->group].blade)) {
		group_drop(r, s);
		group_add(r, vm->blade, s);
	}
}

static void unindex(struct registry *r, enum kind k, uint32_t i)
{
	struct table *t = &r->tables[k];

	find_by(&t->names, i, NULL);
	find_by(&t->uuids, i, NULL);
	group_drop(r, &t->slots[i]);
	slot_index_drop(&t->ids, ids(t), ((struct object *)t->slots[i].object)->id);
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
	t->slots[i] = (struct slot){.object = object, .group = NONE};
	t->count++;
	slot_index_put(&t->ids, ids(t), i);
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
	t->slots[i].leaving = 1;
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
	const struct field *f = r->tables[k].names.field;

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

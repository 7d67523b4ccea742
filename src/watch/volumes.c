/* Keeps the objects of volumes: what each VM adds to which, and the marks of those that are to be told. */
#include "watch/volumes.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MS 1000
#define NAMES_MAX 16 /* volumes of one VM that count */
#define NAME_MAX_BYTES 64

struct row { istr name; const struct site_volume *from; struct volume *object; int64_t vms, promised_kib; bool dirty; };
/* What a VM added when it was looked at last: taken back by the same. */
struct added { istr volumes, tenant, name; int64_t promise_kib; };
struct volumes {
	struct registry *r;
	const struct site_model *site;
	struct registry_watch watch;
	struct loop_timer *timer;
	int64_t worked;           /* boot ms */
	struct row *rows; size_t n;
	struct index names;       /* -> place in rows */
	struct added *added; uint32_t nadded; /* by the VM's slot */
	size_t lying;             /* VMs of which it is known on what they lie */
	bool known;               /* as the objects were told */
};

/* ---- pure ---- */

void volumes_each(const char *list, void (*fn)(void *ctx, const char *name), void *ctx)
{
	char names[NAMES_MAX][NAME_MAX_BYTES + 1];
	size_t n = 0;

	while (*list && n < NAMES_MAX) {
		size_t len;
		list += strspn(list, ", ");
		len = strcspn(list, ",");
		size_t cut = len;
		while (cut && list[cut - 1] == ' ')
			cut--;
		if (cut && cut <= NAME_MAX_BYTES) {
			bool earlier = false;
			memcpy(names[n], list, cut);
			names[n][cut] = '\0';
			for (size_t i = 0; i < n; i++)
				earlier |= !strcmp(names[i], names[n]);
			if (!earlier)
				fn(ctx, names[n++]);
		}
		list += len;
	}
}

static int64_t fits(const struct site_model *m, int64_t size, int64_t vms, int64_t max, int64_t promised)
{
	int64_t each = (int64_t)(m->vm_disk_kib + m->vm_config_kib + m->vm_snaps_kib);
	int64_t more = max > vms ? max - vms : 0, room = size > promised ? size - promised : 0;

	return each && room / each < more ? room / each : more;
}

bool volume_fill(struct volume *o, const struct site_model *m, const struct site_volume *from, int64_t vms, int64_t promised_kib, bool known)
{
	int64_t size = (int64_t)from->size_kib, max = site_volume_max(m, from);
	bool moved = strcmp(o->cluster, from->cluster) != 0;

	if (moved)
		intern_set(&o->cluster, from->cluster);
	moved |= int_change(&o->size_kib, size);
	moved |= int_change(&o->vms, vms);
	moved |= int_change(&o->vms_max, max);
	moved |= int_change(&o->promised_kib, promised_kib);
	moved |= int_change(&o->fits, known ? fits(m, size, vms, max, promised_kib) : -1);
	moved |= int_change(&o->overcommit, size ? promised_kib * 100 / size : 0);
	return moved;
}

/* ---- what a VM adds ---- */

struct change { struct volumes *v; int64_t vms, kib; };

static void mark(struct volumes *v, struct row *row)
{
	row->dirty = true;
	if (loop_timer_pending(v->timer))
		return;
	int64_t wait = v->worked + EVERY_MS - clock_boot_ms();
	loop_timer_set(v->timer, wait > 0 ? wait : 0);
}

static void add_to(void *ctx, const char *name)
{
	struct change *c = ctx;
	istr known = intern_find(name);
	uint32_t i = known ? index_get(&c->v->names, known) : INDEX_NONE;

	if (i == INDEX_NONE)
		return;
	c->v->rows[i].vms += c->vms;
	c->v->rows[i].promised_kib += c->kib;
	mark(c->v, &c->v->rows[i]);
}

/* While hosts have told of no VM on what it lies, an empty volume is no news: they are asked slowly. */
static bool is_known(const struct volumes *v)
{
	return v->lying > 0;
}

static void review(struct volumes *v)
{
	bool known = is_known(v);

	for (size_t i = 0; known != v->known && i < v->n; i++)
		mark(v, &v->rows[i]);
	v->known = known;
}

static void take_back(struct volumes *v, struct added *a)
{
	struct change c = { v, -1, -a->promise_kib };

	if (!a->volumes)
		return;
	volumes_each(a->volumes, add_to, &c);
	v->lying--;
	intern_free(a->volumes);
	intern_free(a->tenant);
	intern_free(a->name);
	*a = (struct added){ NULL, NULL, NULL, 0 };
}

static void look_at(struct volumes *v, uint32_t slot, const struct vm *vm)
{
	if (slot >= v->nadded) {
		if (!vm->volumes[0])
			return;
		uint32_t n = slot + 1 > 2 * v->nadded ? slot + 1 : 2 * v->nadded;
		v->added = xrealloc(v->added, n * sizeof *v->added);
		memset(v->added + v->nadded, 0, (n - v->nadded) * sizeof *v->added);
		v->nadded = n;
	}
	struct added *a = &v->added[slot];
	if (a->volumes ? a->volumes == vm->volumes && a->tenant == vm->tenant && a->name == vm->name : !vm->volumes[0])
		return;
	take_back(v, a);
	if (!vm->volumes[0])
		return;
	*a = (struct added){ intern_ref(vm->volumes), intern_ref(vm->tenant), intern_ref(vm->name),
		(int64_t)site_promise_kib(v->site, vm->name, vm->tenant) };
	struct change c = { v, 1, a->promise_kib };
	v->lying++;
	volumes_each(a->volumes, add_to, &c);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct volumes *v = ctx;

	if (k != KIND_VM || !v->n)
		return;
	look_at(v, slot, object);
	review(v);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct volumes *v = ctx;

	if (k == KIND_VM && slot < v->nadded) {
		take_back(v, &v->added[slot]);
		review(v);
	} else if (k == KIND_VOLUME)
		for (size_t i = 0; i < v->n; i++)
			if (v->rows[i].object == object)
				v->rows[i].object = NULL;
}

static void on_time(void *ctx)
{
	struct volumes *v = ctx;

	v->worked = clock_boot_ms();
	for (size_t i = 0; i < v->n; i++) {
		struct row *row = &v->rows[i];
		if (!row->dirty)
			continue;
		row->dirty = false;
		if (row->object && volume_fill(row->object, v->site, row->from, row->vms, row->promised_kib, is_known(v)))
			registry_changed(v->r, KIND_VOLUME, row->object, false);
	}
}

/* ---- the site ---- */

static void forget(struct volumes *v)
{
	for (uint32_t i = 0; i < v->nadded; i++)
		if (v->added[i].volumes) {
			intern_free(v->added[i].volumes);
			intern_free(v->added[i].tenant);
			intern_free(v->added[i].name);
		}
	for (size_t i = 0; i < v->n; i++)
		intern_free(v->rows[i].name);
	free(v->added);
	free(v->rows);
	index_free(&v->names);
	v->added = NULL;
	v->rows = NULL;
	v->names = (struct index){ 0 };
	v->nadded = 0;
	v->n = v->lying = 0;
}

static bool is_named(const struct volumes *v, const char *name)
{
	istr known = intern_find(name);

	return known && index_get(&v->names, known) != INDEX_NONE;
}

static struct volume *object_of(struct volumes *v, const struct row *row)
{
	char *id = xasprintf("volume:%s", row->name);
	struct volume *o = registry_find(v->r, KIND_VOLUME, id);

	if (!o) {
		o = object_new(KIND_VOLUME);
		intern_set(&o->id, id);
		intern_set(&o->name, row->name);
		volume_fill(o, v->site, row->from, 0, 0, false);
		registry_add(v->r, KIND_VOLUME, o);
	}
	free(id);
	return o;
}

void volumes_site(struct volumes *v, const struct site_model *m)
{
	forget(v);
	v->site = m;
	v->n = m->nvolumes;
	v->rows = xcalloc(v->n ? v->n : 1, sizeof *v->rows);
	for (size_t i = 0; i < v->n; i++) {
		v->rows[i] = (struct row){ .name = intern(m->volumes[i].name), .from = &m->volumes[i] };
		index_put(&v->names, v->rows[i].name, (uint32_t)i);
	}
	for (uint32_t s = 0; s < registry_slots(v->r, KIND_VOLUME); s++) {
		struct volume *o = registry_at(v->r, KIND_VOLUME, s);
		if (o && !is_named(v, o->name))
			registry_remove(v->r, KIND_VOLUME, o);
	}
	for (size_t i = 0; i < v->n; i++) {
		v->rows[i].object = object_of(v, &v->rows[i]);
		mark(v, &v->rows[i]);
	}
	for (uint32_t s = 0; v->n && s < registry_slots(v->r, KIND_VM); s++) {
		const struct vm *vm = registry_at(v->r, KIND_VM, s);
		if (vm)
			look_at(v, s, vm);
	}
	v->known = is_known(v);
}

struct volumes *volumes_new(struct loop *l, struct registry *r)
{
	struct volumes *v = xcalloc(1, sizeof *v);

	v->r = r;
	v->worked = clock_boot_ms() - EVERY_MS;
	v->timer = loop_timer_new(l, on_time, v);
	v->watch = (struct registry_watch){ .ctx = v, .changed = on_changed, .gone = on_gone };
	registry_watch(r, &v->watch);
	return v;
}

void volumes_free(struct volumes *v)
{
	if (!v)
		return;
	registry_unwatch(v->r, &v->watch);
	loop_timer_free(v->timer);
	forget(v);
	free(v);
}

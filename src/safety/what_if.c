/* The workings of what-if: first which blades and VMs are lost, then what that costs whom. */
#include "safety/what_if.h"

#include "common/clock.h"
#include "common/index.h"
#include "common/text.h"
#include "safety/pair_half.h"
#include "safety/plan_words.h"
#include "watch/volumes.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGES_MAX 20      /* of one kind of them */

/* One VM that stands there. */
struct hit { const struct vm *vm; bool ends, live; /* ends: it runs, or may */ };
struct loss {
	const struct plan_world *w;
	const struct actor *a;
	enum kind kind;
	const void *object;
	const struct blade **blades; size_t nblades, blades_size;
	struct hit *hits; size_t n, size;
	struct index places;     /* a VM's id -> place in hits */
	struct index lost;       /* a blade's id -> 1 */
	struct plan_notes notes;
};

/* ---- what is lost ---- */

static void add_vm(struct loss *l, const struct vm *vm, const struct blade *b)
{
	if (index_get(&l->places, vm->id) != INDEX_NONE)
		return;
	if (l->n == l->size) {
		l->size = l->size ? l->size * 2 : 64;
		l->hits = xrealloc(l->hits, l->size * sizeof *l->hits);
	}
	bool runs = vm_state_is_active(vm->state) || vm->state == VM_UNKNOWN;
	index_put(&l->places, vm->id, (uint32_t)l->n);
	l->hits[l->n++] = (struct hit){ vm, b ? plan_may_run(b, vm) : runs, vm->live && vm->state != VM_UNKNOWN && (!b || b->host == HOST_UP) };
}

static void add_blade(struct loss *l, const struct blade *b)
{
	size_t n;
	struct vm *const *vms = registry_vms_on(l->w->objects, b->name, &n);

	if (!b->name[0] || index_get(&l->lost, b->id) != INDEX_NONE)
		return;
	if (l->nblades == l->blades_size) {
		l->blades_size = l->blades_size ? l->blades_size * 2 : 32;
		l->blades = xrealloc(l->blades, l->blades_size * sizeof *l->blades);
	}
	index_put(&l->lost, b->id, 1);
	l->blades[l->nblades++] = b;
	for (size_t i = 0; i < n; i++)
		add_vm(l, vms[i], b);
}

static const struct blade *blade_of(const struct loss *l, const struct vm *vm)
{
	void *found;

	return registry_named(l->w->objects, KIND_BLADE, vm->blade, &found, 1) ? found : NULL;
}

static void add_blades(struct loss *l, istr enclosure, istr rack, istr cluster)
{
	for (uint32_t s = 0; s < registry_slots(l->w->objects, KIND_BLADE); s++) {
		const struct blade *b = registry_at(l->w->objects, KIND_BLADE, s);
		if (b && ((enclosure && b->enclosure == enclosure) || (rack && b->rack == rack) || (cluster && b->cluster == cluster && !b->spare)))
			add_blade(l, b);
	}
}

struct wanted { const char *name; bool has; };

static void is_it(void *ctx, const char *name)
{
	struct wanted *w = ctx;

	w->has |= !strcmp(name, w->name);
}

static bool lies_on(const struct vm *vm, const char *volume)
{
	struct wanted w = { volume, false };

	volumes_each(vm->volumes, is_it, &w);
	return w.has;
}

static void add_volume(struct loss *l, const char *name)
{
	istr last = NULL; /* few texts, many VMs: equal ones are the same pointer */
	bool has = false;

	for (uint32_t s = 0; s < registry_slots(l->w->objects, KIND_VM); s++) {
		const struct vm *vm = registry_at(l->w->objects, KIND_VM, s);
		if (!vm || !vm->volumes[0])
			continue;
		if (vm->volumes != last)
			has = lies_on(vm, name);
		last = vm->volumes;
		if (has)
			add_vm(l, vm, blade_of(l, vm));
	}
}

static bool gather(struct loss *l)
{
	const struct vm *vm = l->object;

	switch (l->kind) {
	case KIND_BLADE:
		add_blade(l, l->object);
		return true;
	case KIND_ENCLOSURE:
		add_blades(l, ((const struct enclosure *)l->object)->name, NULL, NULL);
		return true;
	case KIND_RACK:
		add_blades(l, NULL, ((const struct rack *)l->object)->name, NULL);
		return true;
	case KIND_CLUSTER:
		add_blades(l, NULL, NULL, ((const struct cluster *)l->object)->name);
		return true;
	case KIND_VOLUME:
		add_volume(l, ((const struct volume *)l->object)->name);
		return true;
	case KIND_VM:
		add_vm(l, vm, blade_of(l, vm));
		return true;
	default:
		return false;
	}
}

/* ---- whose it is ---- */

struct owner { istr name; int64_t vms, running; };

static int by_harm(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	if (x->running != y->running)
		return x->running > y->running ? -1 : 1;
	if (x->vms != y->vms)
		return x->vms > y->vms ? -1 : 1;
	return text_natural_cmp(x->name, y->name);
}

static const struct site_tenant *tenant_of(const struct loss *l, const char *name)
{
	for (size_t i = 0; l->w->site && i < l->w->site->ntenants; i++)
		if (strcmp(l->w->site->tenants[i].name, name) == 0)
			return &l->w->site->tenants[i];
	return NULL;
}

static json_t *tenants(struct loss *l)
{
	struct owner *list = xcalloc(l->n + 1, sizeof *list);
	struct index names = { 0 };
	json_t *out = json_array();
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		istr name = l->hits[i].vm->tenant;
		uint32_t at = index_get(&names, name);
		if (at == INDEX_NONE) {
			at = (uint32_t)n++;
			list[at].name = name;
			index_put(&names, name, at);
		}
		list[at].vms++;
		list[at].running += l->hits[i].ends;
	}
	qsort(list, n, sizeof *list, by_harm);
	for (size_t i = 0; i < n && i < WHAT_IF_ROWS_MAX; i++) {
		const struct site_tenant *t = l->a->role == ROLE_OPERATOR ? tenant_of(l, list[i].name) : NULL;
		json_array_append_new(out, json_pack("{s:s, s:I, s:I, s:s}", "name", list[i].name, "vms", (json_int_t)list[i].vms, "running",
			(json_int_t)list[i].running, "contact", t && t->contact ? t->contact : ""));
		if (t && list[i].running && t->procedure && t->procedure[0])
			plan_note(&l->notes, "", "tenant.procedure", "{s:s, s:s}", "tenant", t->name, "procedure", t->procedure);
	}
	index_free(&names);
	free(list);
	return out;
}

/* ---- VMs ---- */

/* live: those that are seen to run; else those that may. NULL: there are none. *seen: when these were seen last, the longest ago. */
static char *whose(const struct loss *l, bool live, size_t *count, int64_t *seen)
{
	const char **names = xcalloc(l->n + 1, sizeof *names);

	*count = 0;
	*seen = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct hit *h = &l->hits[i];
		if (!h->ends || h->live != live)
			continue;
		if (h->vm->seen && (!*seen || h->vm->seen < *seen))
			*seen = h->vm->seen;
		names[(*count)++] = h->vm->tenant;
	}
	char *words = *count ? plan_by_tenant(names, *count) : NULL;
	free(names);
	return words;
}

static void say_vms(struct loss *l)
{
	size_t live, silent;
	int64_t seen;
	char age[24], *words = whose(l, true, &live, &seen);
	bool there = l->kind != KIND_VM && l->kind != KIND_VOLUME;

	if (words)
		plan_note(&l->notes, "", there ? "impact.blade.vms" : l->kind == KIND_VM ? "what-if.vm" : "what-if.volume", "{s:I, s:s, s:s}", "count",
			(json_int_t)live, "whose", words, "name", l->kind == KIND_VM ? ((const struct vm *)l->object)->name : "");
	free(words);
	words = whose(l, false, &silent, &seen);
	policy_age(age, sizeof age, seen ? clock_wall_s() - seen : 0);
	if (words)
		plan_note(&l->notes, "", seen ? "impact.blade.vms.silent" : "impact.blade.vms.never", "{s:I, s:s, s:s, s:I}", "count",
			(json_int_t)silent, "whose", words, "age", age, "seen", (json_int_t)seen);
	free(words);
	size_t hostless = 0;
	for (size_t i = 0; i < l->nblades; i++)
		if (l->blades[i]->host == HOST_NONE && !l->blades[i]->spare && hostless++ < MESSAGES_MAX)
			plan_note(&l->notes, l->blades[i]->id, "impact.blade.hostless", "{s:s}", "name", l->blades[i]->name);
	if (!live && !silent && !hostless)
		plan_note(&l->notes, "", there ? "impact.blade.none" : l->kind == KIND_VM ? "what-if.vm.off" : "what-if.volume.none", "{s:s}", "name",
			l->kind == KIND_VM ? ((const struct vm *)l->object)->name : "");
}

/* ---- pairs ---- */

static bool ends_too(const void *ctx, const struct vm *half)
{
	const struct loss *l = ctx;
	uint32_t at = index_get(&l->places, half->id);

	return at != INDEX_NONE && l->hits[at].ends;
}

static json_t *pairs(struct loss *l)
{
	static const char *const goes_on[] = { [HALF_ENDS] = "ends", [HALF_RUNS] = "runs", [HALF_OFF] = "off", [HALF_UNSURE] = "unknown" };
	static const char *const ids[] = { [HALF_ENDS] = "warn.pair.both", [HALF_OFF] = "warn.pair.half", [HALF_UNSURE] = "warn.pair.unknown" };
	json_t *out = json_array();
	size_t said = 0;

	for (size_t i = 0; i < l->n && json_array_size(out) < WHAT_IF_ROWS_MAX; i++) {
		const struct vm *vm = l->hits[i].vm, *half;
		if (!l->hits[i].ends)
			continue;
		enum half_fate fate = pair_half(l->w->objects, vm, ends_too, l, &half);
		if (fate == HALF_NONE || (fate == HALF_ENDS && index_get(&l->places, half->id) < i))
			continue;
		json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:s}", "a", vm->name, "b", vm->pair, "both", fate == HALF_ENDS, "other",
			goes_on[fate]));
		if (fate != HALF_RUNS && said++ < MESSAGES_MAX)
			plan_note(&l->notes, vm->id, ids[fate], "{s:s, s:s}", "name", vm->name, "half", vm->pair);
	}
	return out;
}

/* ---- clusters ---- */

static bool is_lost(const void *ctx, const struct blade *b)
{
	const struct loss *l = ctx;

	return index_get(&l->lost, b->id) != INDEX_NONE;
}

static void say_memory(struct loss *l, const char *cluster, const struct cluster_left *left)
{
	char need[32], room[32];

	if (left->change != QUORUM_KEPT || !left->need_kib)
		return;
	text_bytes_kib(need, sizeof need, (unsigned long long)left->need_kib);
	text_bytes_kib(room, sizeof room, (unsigned long long)left->left_kib);
	plan_note(&l->notes, "", left->fits ? "what-if.room" : "what-if.room.short", "{s:s, s:s, s:s}", "cluster", cluster, "need", need, "room",
		room);
}

static json_t *cluster_json(struct loss *l, istr cluster)
{
	const struct site_model *m = l->w->site;
	struct node nodes[CLUSTER_NODES_MAX];
	size_t n = cluster_nodes(l->w->objects, cluster, m ? (int64_t)m->reserve_kib : 0, nodes);
	struct cluster_left left;

	cluster_left(&left, nodes, n, m ? site_quorum_of(m, cluster) : 0, is_lost, l);
	plan_note_cluster(&l->notes, cluster, &left);
	say_memory(l, cluster, &left);
	const char *quorum = left.change == QUORUM_KEPT ? "kept" : cluster_quorum_name(&left.after);
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:s, s:I, s:I, s:b}", "name", cluster, "votes_before", (int)left.before.sure,
		"votes_after", (int)left.after.sure, "unknown", (int)left.after.unknown, "needed", (int)left.after.needed, "quorum", quorum,
		"mem_needed_kib", (json_int_t)left.need_kib, "mem_left_kib", (json_int_t)left.left_kib, "fits", left.fits);
}

static json_t *clusters(struct loss *l)
{
	struct index said = { 0 };
	json_t *out = json_array();

	for (size_t i = 0; i < l->nblades && json_array_size(out) < WHAT_IF_ROWS_MAX; i++) {
		istr name = l->blades[i]->cluster;
		if (!name[0] || l->blades[i]->spare || index_get(&said, name) != INDEX_NONE)
			continue;
		index_put(&said, name, 1);
		json_array_append_new(out, cluster_json(l, name));
	}
	index_free(&said);
	return out;
}

/* ---- volumes ---- */

static void count_volume(void *ctx, const char *name)
{
	json_t *counts = ctx, *was = json_object_get(counts, name);

	if (was || json_object_size(counts) < WHAT_IF_ROWS_MAX)
		json_object_set_new(counts, name, json_integer(json_integer_value(was) + 1));
}

static int by_volume(const void *a, const void *b)
{
	return text_natural_cmp(*(const char *const *)a, *(const char *const *)b);
}

/* Of the VMs that end, on what they lie: what must be reached from elsewhere for them to go on. */
static json_t *volumes(struct loss *l)
{
	json_t *counts = json_object(), *out = json_array(), *n;
	const char *name, **names;
	size_t i = 0;

	for (size_t k = 0; k < l->n; k++)
		if (l->hits[k].ends)
			volumes_each(l->hits[k].vm->volumes, count_volume, counts);
	names = xcalloc(json_object_size(counts) + 1, sizeof *names);
	json_object_foreach (counts, name, n)
		names[i++] = name;
	qsort(names, i, sizeof *names, by_volume);
	for (size_t k = 0; k < i; k++)
		json_array_append_new(out, json_pack("{s:s, s:O}", "name", names[k], "vms", json_object_get(counts, names[k])));
	free(names);
	json_decref(counts);
	return out;
}

/* ---- all of it ---- */

static int by_name(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int order = text_natural_cmp(x->vm->name, y->vm->name);

	return order ? order : strcmp(x->vm->id, y->vm->id);
}

/* The same words each time: what a registry has in no order is told in one. */
static void sort(struct loss *l)
{
	if (!l->n)
		return;
	qsort(l->hits, l->n, sizeof *l->hits, by_name);
	for (size_t i = 0; i < l->n; i++)
		index_put(&l->places, l->hits[i].vm->id, (uint32_t)i);
}

static json_t *answer(struct loss *l)
{
	int64_t running = 0, unknown = 0;
	const struct field *name = field_find(l->kind, "name");

	for (size_t i = 0; i < l->n; i++) {
		running += l->hits[i].ends && l->hits[i].live;
		unknown += l->hits[i].ends && !l->hits[i].live;
	}
	say_vms(l);
	json_t *c = clusters(l), *p = pairs(l), *t = tenants(l), *v = volumes(l);
	json_t *out = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "object", ((const struct object *)l->object)->id,
		"name", *(const istr *)(const void *)((const char *)l->object + name->offset), "kind", kind_name(l->kind), "vms", (json_int_t)l->n,
		"running", (json_int_t)running, "unknown", (json_int_t)unknown, "tenants", t, "pairs", p, "clusters", c, "volumes", v, "impact",
		plan_notes_json(&l->notes, false));
	return out;
}

struct err *what_if(const struct plan_world *w, const struct actor *a, enum kind k, const void *object, json_t **out)
{
	struct loss l = { .w = w, .a = a, .kind = k, .object = object };
	bool known = gather(&l);

	if (known) {
		sort(&l);
		*out = answer(&l);
	}
	plan_notes_free(&l.notes);
	index_free(&l.places);
	index_free(&l.lost);
	free(l.blades);
	free(l.hits);
	return known ? NULL : err_new(ERR_USAGE, "what-if.kind", "{s:s}", "kind", kind_name(k));
}

/* The registry against a naive model under random operations, and what watchers are told. */
#include "common/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vm *make_vm(int id, const char *name, const char *uuid, const char *blade)
{
	struct vm *vm = object_new(KIND_VM);
	char text[32];

	snprintf(text, sizeof text, "vm:%016d", id);
	intern_set(&vm->id, text);
	intern_set(&vm->name, name);
	intern_set(&vm->uuid, uuid);
	intern_set(&vm->blade, blade);
	return vm;
}

static void finds_by_everything(void **state)
{
	struct registry *r = registry_new();
	struct vm *a = make_vm(1, "db", "u1", "a1"), *b = make_vm(2, "db", "u2", "a1"), *c = make_vm(3, "web", "", "");
	void *out[4];
	size_t n;

	uint32_t sa = registry_add(r, KIND_VM, a), sb = registry_add(r, KIND_VM, b);
	registry_add(r, KIND_VM, c);
	assert_int_equal(registry_count(r, KIND_VM), 3);
	assert_int_equal(registry_slots(r, KIND_VM), 3);
	assert_ptr_equal(registry_at(r, KIND_VM, sa), a);
	assert_null(registry_at(r, KIND_VM, 99));
	assert_int_equal(registry_slot(r, KIND_VM, b), sb);
	assert_ptr_equal(registry_find(r, KIND_VM, "vm:0000000000000002"), b);
	assert_null(registry_find(r, KIND_VM, "vm:none"));
	assert_null(registry_find(r, KIND_VM, ""));
	assert_null(registry_find(r, KIND_VM, NULL));
	assert_null(registry_find(r, KIND_BLADE, "vm:0000000000000002"));
	assert_int_equal(registry_named(r, KIND_VM, "db", out, 1), 2);
	assert_ptr_equal(out[0], b);
	assert_int_equal(registry_named(r, KIND_VM, "none", out, 4), 0);
	assert_ptr_equal(registry_vm_uuid(r, "u1"), a);
	assert_null(registry_vm_uuid(r, ""));
	registry_vms_on(r, "a1", &n);
	assert_int_equal(n, 2);
	registry_vms_on(r, "", &n);
	assert_int_equal(n, 0);
	registry_rename(r, KIND_VM, a, "web");
	assert_int_equal(registry_named(r, KIND_VM, "web", out, 4), 2);
	assert_int_equal(registry_named(r, KIND_VM, "db", out, 4), 1);
	registry_move_vm(r, a, "a2");
	assert_ptr_equal(registry_vms_on(r, "a2", &n)[0], a);
	assert_int_equal(a->gen, 2);
	registry_remove(r, KIND_VM, a);
	assert_null(registry_at(r, KIND_VM, sa));
	assert_int_equal(registry_add(r, KIND_VM, make_vm(4, "x", "", "")), sa);
	/* set by hand, told by registry_changed */
	intern_set(&b->name, "renamed");
	intern_set(&b->uuid, "u9");
	intern_set(&b->blade, "a7");
	registry_changed(r, KIND_VM, b, false);
	assert_int_equal(b->gen, 0);
	assert_int_equal(registry_named(r, KIND_VM, "renamed", out, 4), 1);
	assert_int_equal(registry_named(r, KIND_VM, "db", out, 4), 0);
	assert_ptr_equal(registry_vm_uuid(r, "u9"), b);
	assert_null(registry_vm_uuid(r, "u2"));
	assert_ptr_equal(registry_vms_on(r, "a7", &n)[0], b);
	registry_vms_on(r, "a1", &n);
	assert_int_equal(n, 0);
	/* the newer one of an id stands */
	struct vm *again = make_vm(2, "again", "u9", "a7");
	registry_add(r, KIND_VM, again);
	assert_ptr_equal(registry_find(r, KIND_VM, "vm:0000000000000002"), again);
	assert_int_equal(registry_count(r, KIND_VM), 3);
	registry_free(r);
	assert_int_equal(intern_bytes(), 0);
}

/* ---- watchers ---- */

struct spy {
	struct registry_watch w;
	struct registry *r;
	int changed, gone;
	bool remove_on_change, unwatch_on_change;
	struct spy *other;
};

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct spy *s = ctx;

	s->changed++;
	assert_ptr_equal(registry_at(s->r, k, slot), object);
	if (s->unwatch_on_change) {
		registry_unwatch(s->r, &s->w);
		if (s->other)
			registry_unwatch(s->r, &s->other->w);
	}
	if (s->remove_on_change)
		registry_remove(s->r, k, object);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct spy *s = ctx;

	s->gone++;
	assert_true(strlen(((struct object *)object)->id) > 0);
	assert_ptr_equal(registry_find(s->r, k, ((struct object *)object)->id), object);
	registry_remove(s->r, k, object);        /* already leaving: nothing happens */
	registry_changed(s->r, k, object, true); /* nobody is told of it any more */
}

static void spy_on(struct spy *s, struct registry *r)
{
	*s = (struct spy){.w = {s, on_changed, on_gone}, .r = r};
	registry_watch(r, &s->w);
}

static void watchers_are_told(void **state)
{
	struct registry *r = registry_new();
	struct spy a, b, c;

	spy_on(&a, r);
	spy_on(&b, r);
	struct vm *vm = make_vm(1, "x", "u", "b");
	registry_add(r, KIND_VM, vm);
	assert_int_equal(a.changed, 1);
	registry_changed(r, KIND_VM, vm, true);
	assert_int_equal(a.changed, 2);
	assert_int_equal(vm->gen, 1);
	registry_remove(r, KIND_VM, vm);
	assert_int_equal(a.changed, 2);
	assert_int_equal(a.gone, 1);
	assert_int_equal(b.gone, 1);
	/* one that removes the object while it is told: the next is told of the end alone */
	a.remove_on_change = true;
	registry_add(r, KIND_VM, make_vm(2, "x", "u", "b"));
	assert_int_equal(a.changed, 3);
	assert_int_equal(b.changed, 2);
	assert_int_equal(b.gone, 2);
	assert_int_equal(registry_count(r, KIND_VM), 0);
	/* one that stops watching, for itself and another */
	spy_on(&c, r);
	a.remove_on_change = false;
	a.unwatch_on_change = true;
	a.other = &b;
	registry_add(r, KIND_VM, make_vm(3, "x", "u", "b"));
	assert_int_equal(b.changed, 2);
	assert_int_equal(c.changed, 1);
	registry_changed(r, KIND_VM, registry_find(r, KIND_VM, "vm:0000000000000003"), false);
	assert_int_equal(a.changed, 4);
	assert_int_equal(c.changed, 2);
	registry_unwatch(r, &c.w);
	registry_unwatch(r, &c.w);
	registry_free(r);
}

/* ---- against a naive model ---- */

enum { OBJECTS = 300, BLADES = 20, NAMES = 40, UUIDS = 400 };

struct naive { struct vm *vm; uint32_t slot; int name, uuid, blade; };

static struct naive naive[OBJECTS];
static char texts[3][UUIDS][24];

static void make_texts(void)
{
	for (int i = 1; i < UUIDS; i++) { /* the first stays empty */
		snprintf(texts[0][i], 24, "name%d", i);
		snprintf(texts[1][i], 24, "uuid%d", i);
		snprintf(texts[2][i], 24, "blade%d", i);
	}
}

static void compare(struct registry *r)
{
	size_t count = 0;

	for (int i = 0; i < OBJECTS; i++) {
		char id[32];
		snprintf(id, sizeof id, "vm:%016d", i);
		assert_ptr_equal(registry_find(r, KIND_VM, id), naive[i].vm);
		if (!naive[i].vm)
			continue;
		count++;
		assert_int_equal(registry_slot(r, KIND_VM, naive[i].vm), naive[i].slot);
		assert_ptr_equal(registry_at(r, KIND_VM, naive[i].slot), naive[i].vm);
	}
	assert_int_equal(registry_count(r, KIND_VM), count);
	for (int n = 1; n < NAMES; n++) {
		void *out[OBJECTS];
		size_t want = 0, got = registry_named(r, KIND_VM, texts[0][n], out, OBJECTS);
		for (int i = 0; i < OBJECTS; i++) {
			bool in = false;
			if (!naive[i].vm || naive[i].name != n)
				continue;
			want++;
			for (size_t j = 0; j < got; j++)
				in |= out[j] == naive[i].vm;
			assert_true(in);
		}
		assert_int_equal(got, want);
	}
	for (int u = 1; u < UUIDS; u++) {
		struct vm *got = registry_vm_uuid(r, texts[1][u]);
		bool any = false, same = false;
		for (int i = 0; i < OBJECTS; i++) {
			any |= naive[i].vm && naive[i].uuid == u;
			same |= naive[i].vm && naive[i].uuid == u && naive[i].vm == got;
		}
		assert_int_equal(any, got != NULL);
		assert_int_equal(any, same);
	}
	for (int b = 1; b < BLADES; b++) {
		size_t n, want = 0;
		struct vm *const *vms = registry_vms_on(r, texts[2][b], &n);
		for (int i = 0; i < OBJECTS; i++) {
			bool in = false;
			if (!naive[i].vm || naive[i].blade != b)
				continue;
			want++;
			for (size_t j = 0; j < n; j++)
				in |= vms[j] == naive[i].vm;
			assert_true(in);
		}
		assert_int_equal(n, want);
	}
}

static void random_operations(void **state)
{
	struct registry *r = registry_new();
	unsigned seed = 23;
	char id[32];

	make_texts();
	for (int round = 0; round < 60000; round++) {
		int i = rand_r(&seed) % OBJECTS, name = rand_r(&seed) % NAMES, uuid = rand_r(&seed) % UUIDS,
			blade = rand_r(&seed) % BLADES;
		struct naive *n = &naive[i];
		if (!n->vm) {
			*n = (struct naive){make_vm(i, texts[0][name], texts[1][uuid], texts[2][blade]), 0, name, uuid, blade};
			n->slot = registry_add(r, KIND_VM, n->vm);
			continue;
		}
		switch (rand_r(&seed) % 5) {
		case 0:
			registry_remove(r, KIND_VM, n->vm);
			n->vm = NULL;
			break;
		case 1:
			registry_rename(r, KIND_VM, n->vm, texts[0][name]);
			n->name = name;
			break;
		case 2:
			registry_move_vm(r, n->vm, texts[2][blade]);
			n->blade = blade;
			break;
		case 3:
			intern_set(&n->vm->uuid, texts[1][uuid]);
			intern_set(&n->vm->name, texts[0][name]);
			intern_set(&n->vm->blade, texts[2][blade]);
			registry_changed(r, KIND_VM, n->vm, false);
			n->uuid = uuid;
			n->name = name;
			n->blade = blade;
			break;
		default: /* changed behind the registry's back, then removed: its indexes must not care */
			intern_set(&n->vm->blade, texts[2][blade]);
			intern_set(&n->vm->name, texts[0][name]);
			registry_remove(r, KIND_VM, n->vm);
			n->vm = NULL;
		}
		if (round % 500 == 0)
			compare(r);
	}
	compare(r);
	for (int i = 0; i < OBJECTS; i++) {
		snprintf(id, sizeof id, "vm:%016d", i);
		void *vm = registry_find(r, KIND_VM, id);
		if (vm)
			registry_remove(r, KIND_VM, vm);
	}
	assert_int_equal(registry_count(r, KIND_VM), 0);
	registry_free(r);
	assert_int_equal(intern_bytes(), 0);
}

static void all_kinds(void **state)
{
	struct registry *r = registry_new();

	for (int k = 0; k < KIND_COUNT; k++) {
		struct object *o = object_new((enum kind)k);
		void *out;
		char id[32];
		snprintf(id, sizeof id, "%s:x", kind_name((enum kind)k));
		intern_set(&o->id, id);
		registry_add(r, (enum kind)k, o);
		registry_rename(r, (enum kind)k, o, "x");
		assert_int_equal(registry_named(r, (enum kind)k, "x", &out, 1), k != KIND_JOB);
		assert_ptr_equal(registry_find(r, (enum kind)k, id), o);
		if (k % 2)
			registry_remove(r, (enum kind)k, o);
	}
	registry_free(r);
	registry_free(NULL);
	assert_int_equal(intern_bytes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_by_everything), cmocka_unit_test(watchers_are_told),
		cmocka_unit_test(random_operations),   cmocka_unit_test(all_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

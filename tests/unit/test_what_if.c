/* What would be hit: of each kind of object, by the same counting as previews of blades. */
#include "test_plan_blade_help.h"

#include "safety/what_if.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct actor viewer = { .role = ROLE_VIEWER, .user = "wall", .origin = "", .tenant = "" };

static void *add(enum kind k, const char *id, const char *name)
{
	struct object *o = object_new(k);

	intern_set(&o->id, id);
	intern_set((istr *)(void *)((char *)o + field_find(k, "name")->offset), name);
	registry_add(reg, k, o);
	return o;
}

static json_t *ask(const struct actor *a, enum kind k, const void *o)
{
	json_t *answer = NULL;
	struct err *e = what_if(&world, a, k, o, &answer);

	if (e)
		fail_msg("%s", e->msg.text);
	return answer;
}

static json_int_t number(json_t *o, const char *key)
{
	json_t *n = json_object_get(o, key);

	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

static json_t *row(json_t *answer, const char *list, size_t i)
{
	json_t *o = json_array_get(json_object_get(answer, list), i);

	if (!o)
		fail_msg("no %s %zu in %s", list, i, json_dumps(answer, 0));
	return o;
}

static const char *text(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	assert_non_null(s);
	return s;
}

static const char *said(json_t *answer, const char *id)
{
	size_t i;
	json_t *m;

	json_array_foreach (json_object_get(answer, "impact"), i, m)
		if (strcmp(text(m, "msg"), id) == 0)
			return text(m, "text");
	return NULL;
}

static void test_blade(void **state)
{
	metal_site.reserve_kib = 8 << 20;
	b12->mem_kib = b13->mem_kib = b01->mem_kib = 24 << 20;
	json_t *j = ask(&operator, KIND_BLADE, b12);
	assert_string_equal(text(j, "object"), "blade:a2-12");
	assert_string_equal(text(j, "name"), "a2-12");
	assert_string_equal(text(j, "kind"), "blade");
	assert_int_equal(number(j, "vms"), 4);
	assert_int_equal(number(j, "running"), 3);
	assert_int_equal(number(j, "unknown"), 0);
	assert_int_equal(json_array_size(json_object_get(j, "tenants")), 3);
	json_t *acme = row(j, "tenants", 1); /* one of each runs; acme has one more that is off */
	for (size_t i = 0; i < 3; i++)
		acme = strcmp(text(row(j, "tenants", i), "name"), "acme") == 0 ? row(j, "tenants", i) : acme;
	assert_int_equal(number(acme, "vms"), 2);
	assert_int_equal(number(acme, "running"), 1);
	assert_string_equal(text(acme, "contact"), "noc@acme.example");
	assert_non_null(strstr(said(j, "tenant.procedure"), "call first"));
	assert_non_null(strstr(said(j, "impact.blade.vms"), "3 VMs run there"));
	/* The other half runs on, on a2-13. */
	json_t *pair = row(j, "pairs", 0);
	assert_string_equal(text(pair, "a"), "db01a");
	assert_string_equal(text(pair, "b"), "db01b");
	assert_string_equal(text(pair, "other"), "runs");
	assert_true(json_is_false(json_object_get(pair, "both")));
	assert_null(said(j, "warn.pair.both"));
	json_t *k1 = row(j, "clusters", 0);
	assert_string_equal(text(k1, "name"), "K1");
	assert_int_equal(number(k1, "votes_before"), 3);
	assert_int_equal(number(k1, "votes_after"), 2);
	assert_int_equal(number(k1, "unknown"), 0);
	assert_int_equal(number(k1, "needed"), 2);
	assert_string_equal(text(k1, "quorum"), "kept");
	assert_int_equal(number(k1, "mem_needed_kib"), 6 << 20);
	assert_int_equal(number(k1, "mem_left_kib"), 28 << 20); /* twice 16, less what runs there */
	assert_true(json_is_true(json_object_get(k1, "fits")));
	assert_string_equal(said(j, "cluster.keeps"), "cluster K1 keeps its quorum: 2 sure, 0 unknown, 2 needed (3 sure now)");
	assert_non_null(said(j, "what-if.room"));
	json_decref(j);
	/* The same, to the word, as the preview of its power-off has it. */
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	j = ask(&operator, KIND_BLADE, b12);
	assert_string_equal(said(j, "cluster.keeps"), note(&p->impact, "cluster.keeps"));
	assert_string_equal(said(j, "impact.blade.vms"), note(&p->impact, "impact.blade.vms"));
	json_decref(j);
	plan_free(p);
	/* No room: both others are full. */
	vm_of(2)->mem_kib = vm_of(4)->mem_kib = 15 << 20;
	j = ask(&operator, KIND_BLADE, b12);
	assert_true(json_is_false(json_object_get(row(j, "clusters", 0), "fits")));
	assert_non_null(strstr(said(j, "what-if.room.short"), "need 6 GiB"));
	json_decref(j);
	/* A wall is told whose they are, not whom to call. */
	j = ask(&viewer, KIND_BLADE, b12);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(text(row(j, "tenants", i), "contact"), "");
	assert_null(said(j, "tenant.procedure"));
	json_decref(j);
}

static void test_enclosure_and_rack(void **state)
{
	void *a2 = add(KIND_ENCLOSURE, "enclosure:A2", "A2"), *a = add(KIND_RACK, "rack:A", "A"), *c = add(KIND_RACK, "rack:C", "C");
	json_t *j = ask(&operator, KIND_ENCLOSURE, a2), *rack = ask(&operator, KIND_RACK, a);

	assert_int_equal(number(j, "vms"), 5);
	assert_int_equal(number(j, "running"), 4);
	assert_true(json_is_true(json_object_get(row(j, "pairs", 0), "both")));
	assert_int_equal(json_array_size(json_object_get(j, "pairs")), 1); /* both of them, told once */
	assert_string_equal(said(j, "warn.pair.both"), "db01a and db01b, the two halves of a pair, both end");
	assert_string_equal(text(row(j, "clusters", 0), "quorum"), "lost");
	assert_non_null(said(j, "cluster.loses"));
	json_t *impact = json_object_get(j, "impact");
	assert_true(json_equal(impact, json_object_get(rack, "impact")));
	json_decref(j);
	json_decref(rack);
	j = ask(&operator, KIND_RACK, c);
	assert_int_equal(number(j, "vms"), 0);
	assert_non_null(said(j, "impact.blade.none"));
	json_decref(j);
}

/* Unknown is told apart, and nobody is told that a quorum is lost or kept where nobody knows. */
static void test_unknown(void **state)
{
	b13->host = HOST_BACKOFF;
	vm_of(2)->live = false;
	vm_of(2)->seen = 1795222333 - 240;
	json_t *j = ask(&operator, KIND_BLADE, b13);
	assert_int_equal(number(j, "running"), 0);
	assert_int_equal(number(j, "unknown"), 1);
	assert_non_null(strstr(said(j, "impact.blade.vms.silent"), "4 min"));
	json_decref(j);
	j = ask(&operator, KIND_BLADE, b12);
	assert_string_equal(text(row(j, "clusters", 0), "quorum"), "unknown");
	assert_int_equal(number(row(j, "clusters", 0), "unknown"), 1);
	assert_non_null(said(j, "cluster.may-lose"));
	assert_string_equal(text(row(j, "pairs", 0), "other"), "unknown");
	assert_non_null(said(j, "warn.pair.unknown"));
	json_decref(j);
	vm_of(2)->live = true;
	vm_of(2)->state = VM_OFF;
	b13->host = HOST_UP;
	j = ask(&operator, KIND_BLADE, b12);
	assert_string_equal(text(row(j, "pairs", 0), "other"), "off");
	assert_non_null(said(j, "warn.pair.half"));
	json_decref(j);
}

static void test_vm_volume_cluster(void **state)
{
	void *volume = add(KIND_VOLUME, "volume:v1", "v1"), *k1 = add(KIND_CLUSTER, "cluster:K1", "K1"), *job = add(KIND_ALERT, "alert:1", "x");
	json_t *out = NULL;

	intern_set(&vm_of(1)->volumes, "v0,v1");
	intern_set(&vm_of(3)->volumes, "v1");   /* is off */
	intern_set(&vm_of(4)->volumes, "v1, v2");
	intern_set(&vm_of(6)->volumes, "v11");
	json_t *j = ask(&operator, KIND_VOLUME, volume);
	assert_int_equal(number(j, "vms"), 3);
	assert_int_equal(number(j, "running"), 2);
	assert_int_equal(json_array_size(json_object_get(j, "volumes")), 3);
	assert_string_equal(text(row(j, "volumes", 1), "name"), "v1");
	assert_int_equal(number(row(j, "volumes", 1), "vms"), 2);
	assert_int_equal(json_array_size(json_object_get(j, "clusters")), 0); /* blades stay */
	assert_non_null(strstr(said(j, "what-if.volume"), "2 VMs run"));
	json_decref(j);
	j = ask(&operator, KIND_VM, vm_of(1));
	assert_int_equal(number(j, "vms"), 1);
	assert_non_null(strstr(said(j, "what-if.vm"), "db01a runs"));
	assert_string_equal(text(row(j, "pairs", 0), "other"), "runs");
	json_decref(j);
	j = ask(&operator, KIND_VM, vm_of(3));
	assert_int_equal(number(j, "running"), 0);
	assert_non_null(said(j, "what-if.vm.off"));
	json_decref(j);
	j = ask(&operator, KIND_CLUSTER, k1);
	assert_int_equal(number(j, "vms"), 6);
	assert_int_equal(number(row(j, "clusters", 0), "votes_after"), 0);
	json_decref(j);
	struct err *e = what_if(&world, &operator, KIND_ALERT, job, &out);
	assert_string_equal(e->msg.id, "what-if.kind");
	assert_null(out);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = { B(test_blade), B(test_enclosure_and_rack), B(test_unknown), B(test_vm_volume_cluster) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

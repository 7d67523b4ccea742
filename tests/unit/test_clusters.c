/* What is left of a cluster: the provider's four patterns, each with its worst blade, enclosure and rack lost, votes and memory; and
 * the objects of clusters and volumes, which follow what changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/clock.h"
#include "safety/cluster_left.h"
#include "watch/clusters.h"
#include "watch/volumes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB (INT64_C(1) << 20)

static struct registry *reg;
static int vms;

static struct blade *add_blade(const char *name, const char *enclosure, const char *rack, const char *cluster)
{
	struct blade *b = object_new(KIND_BLADE);
	char *id = xasprintf("blade:%s", name);

	intern_set(&b->id, id);
	intern_set(&b->name, name);
	intern_set(&b->enclosure, enclosure);
	intern_set(&b->rack, rack);
	intern_set(&b->cluster, cluster);
	b->host = HOST_UP;
	b->mem_kib = 24 * GIB;
	free(id);
	registry_add(reg, KIND_BLADE, b);
	return b;
}

static struct vm *add_vm(const char *blade, int64_t gib, enum vm_state s)
{
	struct vm *vm = object_new(KIND_VM);
	char *id = xasprintf("vm:%016x", ++vms), *name = xasprintf("vm%d", vms);

	intern_set(&vm->id, id);
	intern_set(&vm->name, name);
	intern_set(&vm->blade, blade);
	vm->state = s;
	vm->live = true;
	vm->mem_kib = gib * GIB;
	free(id);
	free(name);
	registry_add(reg, KIND_VM, vm);
	return vm;
}

static int setup(void **state)
{
	clock_fake(1000000, 1795222333);
	reg = registry_new();
	vms = 0;
	return 0;
}

static int teardown(void **state)
{
	registry_free(reg);
	clock_real();
	return 0;
}

/* nodes: "A1:4 B1:4": so many blades in that enclosure, whose rack is its first letter. each: GiB that run on each blade. */
static void make(const char *nodes, int64_t each)
{
	char enclosure[3], rack[2];
	int count;

	for (; sscanf(nodes, " %2[A-Z0-9]:%d", enclosure, &count) == 2; nodes += strcspn(nodes, ":") + 2) {
		for (int i = 0; i < count; i++) {
			char *name = xasprintf("%s-%02d", enclosure, i + 1);
			snprintf(rack, sizeof rack, "%.1s", enclosure);
			add_blade(name, enclosure, rack, "K");
			if (each)
				add_vm(name, each, VM_RUNNING);
			free(name);
		}
	}
}

static struct cluster *filled(int quorum)
{
	struct cluster *c = object_new(KIND_CLUSTER);
	struct node nodes[CLUSTER_NODES_MAX];
	istr k = intern("K");
	size_t n = cluster_nodes(reg, k, 8 * GIB, nodes);

	cluster_fill(c, nodes, n, quorum);
	intern_free(k);
	return c;
}

/* Sold is 16 GiB of each blade. */
static const struct pattern { const char *nodes; int64_t each; int quorum; const char *pattern, *want; } patterns[] = {
	{ "A1:8", 8, 0, "one-enclosure", "5 kept, kept A1-01, lost A1, lost A" },
	{ "A1:8", 15, 0, "one-enclosure", "5 kept, memory A1-01, lost A1, lost A" },
	{ "A1:4 A2:4", 8, 0, "one-rack", "5 kept, kept A1-01, lost A1, lost A" },
	{ "A1:4 A2:4", 8, 4, "one-rack", "4 kept, kept A1-01, kept A1, lost A" },   /* a witness is the further vote */
	{ "A1:4 A2:4", 9, 4, "one-rack", "4 kept, kept A1-01, memory A1, lost A" },
	{ "A1:5 A2:4", 8, 0, "one-rack", "5 kept, kept A1-01, lost A1, lost A" },
	{ "A1:4 B1:4", 8, 5, "two-racks", "5 kept, kept A1-01, lost A1, lost A" },
	{ "A1:4 B1:4", 8, 4, "two-racks", "4 kept, kept A1-01, kept A1, kept A" },
	{ "A1:4 B1:4", 16, 4, "two-racks", "4 kept, memory A1-01, memory A1, memory A" },
	{ "A1:2 B1:5", 4, 0, "two-racks", "4 kept, kept A1-01, lost B1, lost B" },
	{ "A1:2 A2:2 B1:2 B2:2", 8, 0, "four-enclosures", "5 kept, kept A1-01, kept A1, lost A" },
	{ "A1:2 A2:2 B1:2 B2:2", 8, 4, "four-enclosures", "4 kept, kept A1-01, kept A1, kept A" },
	{ "A1:4 A2:4 B1:4 B2:4", 12, 8, "four-enclosures", "8 kept, kept A1-01, kept A1, memory A" },
	{ "A1:2 A2:2 A3:2 B1:2", 1, 0, "other", "5 kept, kept A1-01, kept A1, lost A" },
	{ "A1:2 B1:2 C1:2", 1, 0, "other", "4 kept, kept A1-01, kept A1, kept A" },
	{ "A1:1", 1, 0, "one-enclosure", "1 kept, lost A1-01, lost A1, lost A" },
};

static void test_patterns(void **state)
{
	for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
		const struct pattern *p = &patterns[i];
		if (i)
			setup(NULL);
		make(p->nodes, p->each);
		struct cluster *c = filled(p->quorum);
		char *got = xasprintf("%d %s, %s %s, %s %s, %s %s", (int)c->needed, c->quorum, c->blade_lost, c->blade_worst, c->enclosure_lost,
			c->enclosure_worst, c->rack_lost, c->rack_worst);
		if (strcmp(got, p->want) != 0 || strcmp(c->pattern, p->pattern) != 0)
			fail_msg("%s with %d GiB: %s, %s; wanted %s, %s", p->nodes, (int)p->each, c->pattern, got, p->pattern, p->want);
		free(got);
		object_free(KIND_CLUSTER, c);
		if (i + 1 < sizeof patterns / sizeof *patterns)
			teardown(NULL);
	}
}

/* Unknown is neither there nor gone. */
static void test_unknown(void **state)
{
	make("A1:4 B1:4", 8);
	struct blade *a = registry_find(reg, KIND_BLADE, "blade:A1-01"), *b = registry_find(reg, KIND_BLADE, "blade:B1-01");
	a->host = HOST_BACKOFF;
	struct cluster *c = filled(5);
	assert_int_equal(c->sure, 7);
	assert_int_equal(c->unknown, 1);
	assert_string_equal(c->quorum, "kept");
	assert_string_equal(c->blade_lost, "kept");
	assert_string_equal(c->enclosure_lost, "lost"); /* B1: three sure, one unknown, five needed */
	assert_string_equal(c->enclosure_worst, "B1");
	assert_int_equal(c->mem_kib, 7 * 16 * GIB);
	assert_int_equal(c->used_kib, 7 * 8 * GIB);
	object_free(KIND_CLUSTER, c);
	for (int i = 1; i <= 4; i++) {
		char id[24];
		snprintf(id, sizeof id, "blade:A1-%02d", i);
		((struct blade *)registry_find(reg, KIND_BLADE, id))->host = HOST_BACKOFF;
	}
	c = filled(5);
	assert_string_equal(c->quorum, "unknown");
	assert_string_equal(c->blade_lost, "unknown");
	object_free(KIND_CLUSTER, c);
	/* Off, as its manager says: that is known. Nothing of it must find room elsewhere. */
	b->host = HOST_BACKOFF;
	b->manager = MANAGER_UP;
	b->power_live = true;
	b->power = POWER_OFF;
	c = filled(5);
	assert_int_equal(c->sure, 3);
	assert_int_equal(c->unknown, 4);
	assert_string_equal(c->quorum, "unknown");
	assert_string_equal(c->rack_lost, "lost");
	object_free(KIND_CLUSTER, c);
	c = filled(8);
	assert_string_equal(c->quorum, "lost");
	object_free(KIND_CLUSTER, c);
}

static void test_spare_and_none(void **state)
{
	make("A1:3", 0);
	((struct blade *)registry_find(reg, KIND_BLADE, "blade:A1-03"))->spare = true;
	struct cluster *c = filled(0);
	assert_int_equal(c->nodes, 2);
	assert_int_equal(c->needed, 2);
	assert_string_equal(c->blade_lost, "lost");
	object_free(KIND_CLUSTER, c);
	registry_free(reg);
	reg = registry_new();
	c = filled(0);
	assert_int_equal(c->nodes, 0);
	assert_string_equal(c->quorum, "unknown");
	assert_string_equal(c->rack_lost, "");
	object_free(KIND_CLUSTER, c);
}

/* ---- objects that follow ---- */

static char *paths[] = { (char *)"/v" };
static struct site_cluster site_clusters[] = { { (char *)"K", 0 }, { (char *)"L", 0 } };
static struct site_volume site_volumes[] = { { (char *)"v1", (char *)"K", 300 * GIB, paths, 1, 0 }, { (char *)"v2", (char *)"", 100 * GIB, paths, 1, 0 } };
static struct site_sizing sizings[] = { { (char *)"300 GiB", 300 * GIB, 4 } };

static struct site_model model(void)
{
	return (struct site_model){ .clusters = site_clusters, .nclusters = 2, .volumes = site_volumes, .nvolumes = 2, .sizings = sizings,
		.nsizings = 1, .reserve_kib = 8 * GIB, .vm_disk_kib = 30 * GIB, .vm_config_kib = 12 * GIB, .vm_snaps_kib = 30 * GIB };
}

static int told;
static void count_changes(void *ctx, enum kind k, uint32_t slot, void *object)
{
	told += k == *(enum kind *)ctx;
}

/* The loop's timers are real: until what is wanted is there. */
static void until(struct loop *l, const int64_t *number, int64_t want)
{
	for (int i = 0; i < 3000 && *number != want; i++)
		loop_step(l, 20);
	assert_int_equal(*number, want);
}

static void test_clusters_follow(void **state)
{
	struct site_model m = model();
	enum kind kind = KIND_CLUSTER;
	struct registry_watch watch = { .ctx = &kind, .changed = count_changes };

	clock_real();
	struct loop *l = loop_new();
	struct clusters *c = clusters_new(l, reg);
	make("A1:3", 8);
	clusters_site(c, &m);
	struct cluster *k = registry_find(reg, KIND_CLUSTER, "cluster:K"), *other = registry_find(reg, KIND_CLUSTER, "cluster:L");
	assert_non_null(other);
	until(l, &k->sure, 3);
	assert_int_equal(k->used_kib, 3 * 8 * GIB);
	/* A blade that nobody hears of any more, a new VM, a blade of the other cluster. */
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:A1-02");
	b->host = HOST_BACKOFF;
	registry_changed(reg, KIND_BLADE, b, false);
	until(l, &k->unknown, 1);
	add_vm("A1-01", 2, VM_RUNNING);
	until(l, &k->used_kib, 18 * GIB);
	intern_set(&b->cluster, "L");
	registry_changed(reg, KIND_BLADE, b, true);
	until(l, &k->nodes, 2);
	until(l, &other->nodes, 1);
	registry_remove(reg, KIND_BLADE, b);
	until(l, &other->nodes, 0);
	/* What changes nothing of it is not told. */
	told = 0;
	registry_watch(reg, &watch);
	b = registry_find(reg, KIND_BLADE, "blade:A1-01");
	registry_changed(reg, KIND_BLADE, b, false);
	for (int i = 0; i < 60; i++)
		loop_step(l, 20);
	assert_int_equal(told, 0);
	registry_unwatch(reg, &watch);
	/* A reload: one is gone, the other needs another count. */
	m.nclusters = 1;
	site_clusters[0].quorum = 2;
	clusters_site(c, &m);
	assert_null(registry_find(reg, KIND_CLUSTER, "cluster:L"));
	assert_ptr_equal(registry_find(reg, KIND_CLUSTER, "cluster:K"), k);
	site_clusters[0].quorum = 3;
	clusters_site(c, &m);
	until(l, &k->needed, 3);
	site_clusters[0].quorum = 0;
	clusters_free(c);
	loop_free(l);
}

static void lie_on(struct vm *vm, const char *volumes)
{
	intern_set(&vm->volumes, volumes);
	registry_changed(reg, KIND_VM, vm, false);
}

static void test_volumes_follow(void **state)
{
	struct site_model m = model();

	clock_real();
	struct loop *l = loop_new();
	struct volumes *v = volumes_new(l, reg);
	struct vm *list[6];
	for (int i = 0; i < 6; i++)
		list[i] = add_vm("A1-01", 1, VM_RUNNING);
	volumes_site(v, &m);
	struct volume *one = registry_find(reg, KIND_VOLUME, "volume:v1"), *two = registry_find(reg, KIND_VOLUME, "volume:v2");
	until(l, &one->fits, -1); /* of no VM is it known on what it lies */
	lie_on(list[0], "v1");
	until(l, &two->fits, 1);
	until(l, &one->vms, 1);
	assert_int_equal(one->vms_max, 4);
	assert_int_equal(one->fits, 3);
	assert_int_equal(one->promised_kib, 72 * GIB);
	assert_int_equal(one->overcommit, 24);
	assert_string_equal(one->cluster, "K");
	assert_int_equal(two->vms_max, 1);
	lie_on(list[0], "v1"); /* nothing new */
	lie_on(list[1], "v1, v2");
	lie_on(list[2], "v2,v2,v9");
	until(l, &two->vms, 2);
	assert_int_equal(one->vms, 2);
	assert_int_equal(two->fits, 0);
	assert_int_equal(two->overcommit, 144);
	for (int i = 2; i < 6; i++)
		lie_on(list[i], "v1");
	until(l, &one->vms, 6);
	assert_int_equal(two->vms, 1);
	assert_int_equal(one->fits, 0);
	assert_int_equal(one->overcommit, 144);
	lie_on(list[1], "");
	registry_remove(reg, KIND_VM, list[5]);
	until(l, &one->vms, 4);
	until(l, &two->vms, 0);
	assert_int_equal(two->promised_kib, 0);
	/* A reload: other numbers of the same VMs, and one volume less. */
	m.vm_disk_kib = 58 * GIB;
	m.nvolumes = 1;
	volumes_site(v, &m);
	assert_null(registry_find(reg, KIND_VOLUME, "volume:v2"));
	until(l, &one->promised_kib, 400 * GIB);
	assert_int_equal(one->vms, 4);
	volumes_free(v);
	loop_free(l);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_patterns), T(test_unknown), T(test_spare_and_none), T(test_clusters_follow),
		T(test_volumes_follow) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

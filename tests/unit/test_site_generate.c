/* A made site is right, is the same each time, and libvirt's test driver takes its nodes as they stand. */
#include "test_site_help.h"
#include "site/generate.h"
#include "common/buf.h"
#include "common/clock.h"
#include "patience.h"

#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* clang-format off */
#define SIZE(r, e, b, v, d, u, n) {.racks = r, .enclosures = e, .bays = b, .vms = v, .dead = d, .uri_format = u, .name = n}
/* clang-format on */

static char *folder(const char *name)
{
	char *path = test_path(name);

	assert_int_equal(mkdir(path, 0700), 0);
	return path;
}

static struct site_model *made(const char *name, const struct generate *g)
{
	char *dir = folder(name), *file = xasprintf("%s/site.conf", name);
	struct err *e = generate_site(dir, g);

	if (e)
		fail_msg("%s", e->msg.text);
	struct site_model *m = test_read(file);
	free(dir);
	free(file);
	return m;
}

static char *slurp(const char *name)
{
	char *path = test_path(name);
	FILE *f = fopen(path, "r");
	struct buf b = {0};
	char data[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(data, 1, sizeof data, f)) > 0)
		buf_append(&b, data, n);
	fclose(f);
	buf_append(&b, "", 1);
	free(path);
	return b.data;
}

struct count {
	int vms, off, owned[3], nobody, grades[5];
};

static void count_vms(const struct site_model *m, const char *uri, struct count *c)
{
	virConnectPtr conn = virConnectOpen(uri);
	virDomainPtr *list;
	virDomainInfo info;
	char uuid[VIR_UUID_STRING_BUFLEN];

	assert_non_null(conn);
	int n = virConnectListAllDomains(conn, &list, 0);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		assert_int_equal(virDomainGetInfo(list[i], &info), 0);
		assert_int_equal(virDomainGetUUIDString(list[i], uuid), 0);
		assert_int_equal(strncmp(uuid, "7a6e6100-", 9), 0);
		c->vms++;
		c->off += info.state == VIR_DOMAIN_SHUTOFF;
		int owner = site_owner(m, virDomainGetName(list[i]), uuid, NULL, NULL);
		assert_in_range(owner + 1, 0, 3);
		if (owner < 0)
			c->nobody++;
		else
			c->owned[owner]++;
		int grade = site_grade_of(m, info.nrVirtCpu, info.maxMem);
		assert_in_range(grade, 0, 4);
		c->grades[grade]++;
		virDomainFree(list[i]);
	}
	free(list);
	virNodeInfo node;
	assert_int_equal(virNodeGetInfo(conn, &node), 0);
	assert_int_equal(node.cpus, 8);
	assert_int_equal(node.memory, 24 << 20);
	virConnectClose(conn);
}

static void test_demo(void **state)
{
	struct site_model *m = made("demo", &generate_demo);
	struct count c = {0};
	int dead = 0, spare = 0, k1 = 0;

	assert_int_equal(m->nracks, 2);
	assert_int_equal(m->nenclosures, 4);
	assert_int_equal(m->nblades, 64);
	assert_int_equal(m->ntenants, 3);
	assert_int_equal(m->ngrades, 5);
	assert_int_equal(m->reserve_kib, 8 << 20);
	for (size_t i = 0; i < m->nblades; i++) {
		const struct site_blade *b = &m->blades[i];
		spare += b->spare;
		k1 += !strcmp(b->cluster, "K1");
		if (!strncmp(b->uri, "qemu+ssh://root@127.0.", 22))
			dead++;
		else if (!b->spare)
			count_vms(m, b->uri, &c);
	}
	assert_int_equal(dead, 1);
	assert_int_equal(spare, 1);
	assert_int_equal(k1, 8);
	assert_int_equal(m->nclusters, 4); /* the provider's four patterns */
	assert_int_equal(m->nvolumes, 25);
	assert_string_equal(site_volume_of(m, "/srv/volumes/k1-vol-02/x.qcow2", "K1")->name, "k1-vol-02");
	char *node = slurp("demo/nodes/1.xml");
	assert_non_null(strstr(node, "<source file='/srv/volumes/k1-vol-01/"));
	free(node);
	print_message("%d VMs, %d off, acme %d, globex %d, hooli %d, nobody's %d\n", c.vms, c.off, c.owned[0],
		c.owned[1], c.owned[2], c.nobody);
	assert_in_range(c.vms, 650, 760);
	assert_in_range(c.off, 30, 100);
	assert_in_range(c.nobody, 20, 120);
	for (int i = 0; i < 3; i++)
		assert_in_range(c.owned[i], 80, 400);
	for (int i = 0; i < 5; i++)
		assert_true(c.grades[i] > 0);
	site_free(m);
}

/* A VM's snapshots, each as "name<parent " and a star for the current one, in any order; each can be gone back to. */
static void snapshots(const char *uri, const char *vm, int count, const char *const *want)
{
	virConnectPtr conn = virConnectOpen(uri);
	virDomainPtr d = virDomainLookupByName(conn, vm);
	virDomainSnapshotPtr *list = NULL, parent;
	char got[256] = "";

	assert_non_null(d);
	assert_int_equal(virDomainListAllSnapshots(d, &list, 0), count);
	for (int i = 0; i < count; i++) {
		char *xml = virDomainSnapshotGetXMLDesc(list[i], 0);
		size_t at = strlen(got);
		assert_non_null(strstr(xml, "<creationTime>17"));
		assert_non_null(strstr(xml, "<disk name='vda' snapshot='internal'/>"));
		parent = strstr(xml, "<parent>") ? virDomainSnapshotGetParent(list[i], 0) : NULL;
		snprintf(got + at, sizeof got - at, "%s%s<%s ", virDomainSnapshotGetName(list[i]),
			virDomainSnapshotIsCurrent(list[i], 0) == 1 ? "*" : "",
			parent ? virDomainSnapshotGetName(parent) : "");
		if (parent)
			virDomainSnapshotFree(parent);
		free(xml);
	}
	for (int i = 0; i < count; i++) {
		if (!strstr(got, want[i]))
			fail_msg("%s: no %s in %s", vm, want[i], got);
		assert_int_equal(virDomainRevertToSnapshot(list[i], 0), 0);
		assert_int_equal(virDomainSnapshotIsCurrent(list[i], 0), 1);
	}
	for (int i = 0; i < count; i++)
		virDomainSnapshotFree(list[i]);
	free(list);
	virDomainFree(d);
	virConnectClose(conn);
}

static void test_demo_snapshots(void **state)
{
	struct site_model *m = made("snapshots", &generate_demo);
	struct limits l = site_limits_of(m, "acme-db01a", "acme");

	snapshots(m->blades[0].uri, "acme-web01", 3,
		(const char *[]){"fresh-install< ", "php-8.2<fresh-install ", "tls-test*<fresh-install "});
	snapshots(m->blades[0].uri, "acme-db01a", 3,
		(const char *[]){"before-migration< ", "migrated<before-migration ", "index-rebuilt*<migrated "});
	snapshots(m->blades[0].uri, "globex-app02", 1, (const char *[]){"release-41*< "});
	snapshots(m->blades[0].uri, "globex-app01", 0, NULL);
	assert_int_equal(l.of[LIMIT_KEPT].max, 5);
	assert_int_equal(l.of[LIMIT_TAKEN].max, 4);
	assert_int_equal(l.of[LIMIT_TAKEN].period, PERIOD_DAY);
	assert_int_equal(l.of[LIMIT_SPACE].set, LIMIT_DISKS);
	assert_int_equal(site_limits_of(m, "acme-web01", "acme").of[LIMIT_KEPT].max, 3); /* full */
	assert_int_equal(m->tenants[1].limits.of[LIMIT_KEPT].max, 40);
	assert_string_equal(site_pair_of(m, "acme-db01a"), "acme-db01b");
	assert_string_equal(site_pair_of(m, "hooli-db03b"), "hooli-db03a");
	assert_string_equal(site_pair_of(m, "acme-web01"), "");
	assert_true(m->npairs > 20);
	site_free(m);
}

static void test_same(void **state)
{
	struct generate g = generate_demo;
	g.uri_format = "test+unix://%s?socket=/run/a_b.sock";
	struct site_model *a = made("one", &g);
	char *conf = slurp("one/site.conf"), *node = slurp("one/nodes/17.xml"), *again, *path = test_path("one");

	assert_null(generate_site(path, &g)); /* over itself */
	again = slurp("one/site.conf");
	assert_string_equal(conf, again);
	free(again);
	again = slurp("one/nodes/17.xml");
	assert_string_equal(node, again);
	free(again);
	char *want = xasprintf("test+unix://%s/one/nodes/17.xml?socket=/run/a_b.sock", test_dir());
	assert_string_equal(a->blades[16].uri, want);
	free(want);
	free(conf);
	free(node);
	free(path);
	site_free(a);
}

/* A folder whose name means something in URIs and in site files. */
static void test_odd_folder(void **state)
{
	struct generate g = generate_demo;
	g.racks = g.enclosures = 1;
	struct site_model *m = made("odd [1-2] {bay} \"%s #x'", &g);
	struct count c = {0};

	count_vms(m, m->blades[0].uri, &c);
	site_free(m);
}

static void test_sizes(void **state)
{
	const struct {
		int racks, enclosures, bays, vms, dead;
	} sizes[] = {{1, 1, 1, 0, 0}, {1, 1, 1, 1, 0}, {1, 1, 2, 3, 1}, {1, 2, 16, 16, 31}, {30, 2, 4, 1, 240 - 1},
		{1, 1, 128, 1, 3}, {63, 1, 16, 0, 200}};

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct generate g = SIZE(sizes[i].racks, sizes[i].enclosures, sizes[i].bays, sizes[i].vms, sizes[i].dead,
			"test://%s", "x");
		char *name = xasprintf("size%zu", i);
		struct site_model *m = made(name, &g);
		int dead = 0;
		assert_int_equal(m->nblades, g.racks * g.enclosures * g.bays);
		for (size_t k = 0; k < m->nblades; k++)
			dead += !strncmp(m->blades[k].uri, "qemu+ssh://root@127.0.", 22);
		assert_int_equal(dead, g.dead);
		site_free(m);
		free(name);
	}
}

static void test_refused(void **state)
{
	const struct generate bad[] = {SIZE(0, 1, 1, 0, 0, "test://%s", "x"), SIZE(701, 1, 1, 0, 0, "test://%s", "x"),
		SIZE(1, 0, 1, 0, 0, "test://%s", "x"), SIZE(1, 1, 129, 0, 0, "test://%s", "x"),
		SIZE(1, 1, 1, 1001, 0, "test://%s", "x"), SIZE(1, 1, 1, 0, 1, "test://%s", "x"),
		SIZE(700, 64, 128, 0, 0, "test://%s", "x"), SIZE(1, 1, 1, 0, 0, "test://", "x"),
		SIZE(1, 1, 1, 0, 0, "test://%s%s", "x"), SIZE(1, 1, 1, 0, 0, "test://%s", ""),
		SIZE(1, 1, 1, 0, 0, "test://%s", "a\"b")};
	char *dir = folder("refused"), *nodes = test_path("refused/nodes");

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err *e = generate_site(dir, &bad[i]);
		assert_non_null(e);
		assert_int_equal(e->class, ERR_USAGE);
		err_free(e);
	}
	assert_int_equal(access(nodes, F_OK), -1);
	struct err *e = generate_site("/nonexistent/folder", &generate_demo);
	assert_string_equal(e->msg.id, "os.error");
	err_free(e);
	free(dir);
	free(nodes);
}

/* 1,000 and 5,000 blades: the figures are for the log, the limits are wide for a busy machine. */
static void test_speed(void **state)
{
	for (int racks = 32; racks <= 160; racks += 128) {
		struct generate g = {.racks = racks, .enclosures = 2, .bays = 16, .vms = 1, .dead = 10, .uri_format = "test://%s",
			.name = "big"};
		char *dir = test_path("big"), *file = test_path("big/site.conf");
		struct site_errors errors;
		struct site_model *m;

		if (access(dir, F_OK))
			assert_int_equal(mkdir(dir, 0700), 0);
		assert_null(generate_site(dir, &g));
		int64_t from = clock_boot_ms();
		site_read(file, &m, &errors);
		int64_t ms = clock_boot_ms() - from;
		assert_non_null(m);
		print_message("%zu blades read in %d ms\n", m->nblades, (int)ms);
		assert_in_range(ms, 0, 5000 * patience());
		site_free(m);
		free(dir);
		free(file);
	}
}

static int teardown(void **state)
{
	test_dir_remove();
	return 0;
}

/* As the demonstration does it once its simulators listen. */
static void some_managers(void *ctx, const char *dir, struct generate_manager *list, size_t n)
{
	char *pw = xasprintf("%s/manager.pw", dir), *tab = xasprintf("%s/metal/4.tab", dir);

	assert_int_equal(n, *(size_t *)ctx);
	assert_int_equal(access(tab, R_OK), 0); /* bays are there before managers are asked for */
	FILE *f = fopen(pw, "w");
	assert_non_null(f);
	fputs("x\n", f);
	fclose(f);
	chmod(pw, 0600);
	for (size_t i = 0; i < n; i++) {
		if (i == 1)
			continue; /* its simulator did not begin */
		list[i].user = "demo";
		snprintf(list[i].address[list[i].naddresses++], sizeof list[i].address[0], "127.0.0.1:%zu", 40000 + i);
	}
	snprintf(list[0].address[list[0].naddresses++], sizeof list[0].address[0], "127.0.0.1:50000");
	free(pw);
	free(tab);
}

/* The demonstration's metal: as many places, but one bay is empty, one blade the customer's own, one off; names stay. */
static void test_metal(void **state)
{
	static const char *const dialects[] = {"hp-oa", "dell-cmc", "ibm-amm"};
	struct generate g = generate_demo;
	size_t n = 4;
	char *folder = test_path("dialects");

	assert_int_equal(mkdir(folder, 0700), 0);
	for (size_t i = 0; i < 3; i++) {
		char *name = xasprintf("dialects/%s.conf", dialects[i]),
		     *text = xasprintf("dialect %s { shape usual { rows = 2 columns = 8 bays = \"1-16\" } }\n", dialects[i]);
		test_write(name, text);
		free(name);
		free(text);
	}
	site_dialects_add(folder);
	free(folder);
	g.metal = true;
	g.managers = some_managers;
	g.ctx = &n;
	struct site_model *plain = made("plain", &generate_demo), *m = made("metal", &g);
	assert_int_equal(m->nblades, 63);
	assert_int_equal(m->nmanagers, 3);
	assert_int_equal(m->managers[0].naddresses, 2);
	assert_int_equal(m->enclosures[1].manager, -1);
	assert_string_equal(m->managers[m->enclosures[2].manager].dialect, "ibm-amm");
	size_t k = 0, owned = 0, spare = 0;
	for (size_t i = 0; i < plain->nblades; i++) {
		const struct site_blade *p = &plain->blades[i], *b = &m->blades[k];
		if (!strcmp(p->name, "b2-14"))
			continue;
		k++;
		assert_string_equal(p->name, b->name);
		assert_int_equal(p->bay, b->bay);
		assert_string_equal(p->cluster, b->cluster);
		owned += *b->owner != '\0';
		spare += b->spare;
		char *serial = xasprintf("\t%s\t%s\t", b->name, b->serial), *file = xasprintf("metal/metal/%d.tab", b->enclosure + 1),
		     *tab = slurp(file);
		assert_non_null(strstr(tab, serial));
		free(serial);
		free(file);
		free(tab);
	}
	assert_int_equal(k, 63);
	assert_int_equal(owned, 1);
	assert_int_equal(spare, 1);
	char *tab = slurp("metal/metal/2.tab"), *path = test_path("metal/nodes/30.xml"), *line = strstr(tab, "14\ta2-14\t");
	assert_non_null(line);
	assert_non_null(strstr(line, "\toff\t"));
	assert_int_equal(access(path, R_OK), 0); /* who switches it off is the simulator */
	free(tab);
	free(path);
	tab = slurp("metal/metal/4.tab");
	assert_non_null(strstr(tab, "14\t-\t-\t-\tabsent\t-\n"));
	free(tab);
	/* The VMs that stay are called as they are without metal. */
	char *a = slurp("plain/nodes/63.xml"), *b = slurp("metal/nodes/63.xml");
	assert_string_equal(a, b);
	free(a);
	free(b);
	site_free(plain);
	site_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_demo), cmocka_unit_test(test_metal), cmocka_unit_test(test_demo_snapshots), cmocka_unit_test(test_same),
		cmocka_unit_test(test_odd_folder), cmocka_unit_test(test_sizes), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_speed)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

/* Volumes and their sizing in a site file: what is right, what is wrong and on which line, and what is asked of them. */
#include "test_site_help.h"
#include "site/site_model.h"

#include <stdlib.h>
#include <string.h>

#define SITE "site t { }\n"
#define GIB (UINT64_C(1) << 20)

static void test_usual(void **state)
{
	static const struct { uint64_t gib; int vms; } wants[] = {{100, 1}, {144, 2}, {300, 4}, {320, 4}, {400, 5}, {499, 6}, {500, 6}, {600, 7},
		{1000, 12}, {1023, 13}, {1024, 13}, {2000, 26}, {2048, 27}, {4096, 55}};
	struct site_model *m = test_model(SITE);

	assert_int_equal(m->nvolumes, 0);
	assert_int_equal(m->nsizings, 4);
	assert_int_equal(m->vm_disk_kib, 30 * GIB);
	assert_int_equal(m->vm_config_kib, 12 * GIB);
	assert_int_equal(m->vm_snaps_kib, 30 * GIB);
	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
		struct site_volume v = {.size_kib = wants[i].gib * GIB};
		if (site_volume_max(m, &v) != wants[i].vms)
			fail_msg("%d GiB hold %d VMs and not %d", (int)wants[i].gib, site_volume_max(m, &v), wants[i].vms);
	}
	site_free(m);
}

static const char whole[] =
	SITE "sizing { disk = \"40 GiB\" configuration = \"10 GiB\" snapshots = \"50 GiB\" volumes = { \"500 GiB: 4\", \"1 TiB:9\" } }\n"
	"cluster K1 { }\ncluster K2 { }\n"
	"plan gold { snapshots { space = \"200 GiB\" } }\n"
	"tenant acme { vms = { \"acme-*\" } plan = gold }\n"
	"volume \"vol-[01-03]\" { size = \"1 TiB\" cluster = K1 path = \"/srv/{name}/\" }\n"
	"volume pool-a { size = \"500 GiB\" path = { pool_a, \"/dev/disk/by-path/lun-7\" } max = 2 }\n"
	"volume inner { size = \"500 GiB\" cluster = K1 path = \"/srv/vol-01/inner\" }\n"
	"volume same { size = \"500 GiB\" cluster = K2 path = \"/srv/vol-01\" }\n";

static void test_model_of(void **state)
{
	struct site_model *m = test_model(whole);

	assert_int_equal(m->nvolumes, 6);
	assert_string_equal(m->volumes[1].name, "vol-02");
	assert_string_equal(m->volumes[1].paths[0], "/srv/vol-02");
	assert_string_equal(m->volumes[1].cluster, "K1");
	assert_int_equal(m->volumes[1].size_kib, 1024 * GIB);
	assert_int_equal(m->volumes[3].npaths, 2);
	assert_int_equal(site_volume_max(m, &m->volumes[3]), 2);
	assert_int_equal(site_volume_max(m, &m->volumes[0]), 9);
	assert_int_equal(site_volume_max(m, site_volume_named(m, "same")), 4);
	assert_null(site_volume_named(m, "vol-04"));
	assert_int_equal(site_promise_kib(m, "globex-1", "globex"), 100 * GIB);
	assert_int_equal(site_promise_kib(m, "acme-1", "acme"), 250 * GIB);
	/* there and back again, and nothing is different */
	json_t *j = site_model_write(m), *diff;
	struct site_model *n = site_model_read(j);
	assert_non_null(n);
	diff = site_diff(m, n);
	assert_int_equal(json_object_size(diff), 0);
	json_decref(diff);
	assert_string_equal(site_volume_of(n, "/srv/vol-03/x.qcow2", "K1")->name, "vol-03");
	json_decref(j);
	site_free(n);
	n = test_model(SITE "cluster K1 { }\nvolume vol-01 { size = \"2 TiB\" cluster = K1 path = \"/srv/vol-01\" }\n");
	diff = site_diff(m, n);
	assert_int_equal(json_array_size(json_object_get(json_object_get(diff, "volumes"), "gone")), 5);
	assert_int_equal(json_array_size(json_object_get(json_object_get(diff, "volumes"), "changed")), 1);
	assert_non_null(json_object_get(diff, "sizings"));
	json_decref(diff);
	site_free(n);
	site_free(m);
}

static void test_volume_of(void **state)
{
	static const struct { const char *source, *cluster, *volume; } wants[] = {
		{"/srv/vol-01/a.qcow2", "K1", "vol-01"}, {"/srv/vol-01/a.qcow2", "K2", "same"}, {"/srv/vol-01/a.qcow2", "", NULL},
		{"/srv/vol-01/a.qcow2", NULL, NULL}, {"/srv/vol-01/inner/b/c.img", "K1", "inner"}, {"/srv/vol-01/inner2/c.img", "K1", "vol-01"},
		{"/srv/vol-011/a.qcow2", "K1", NULL}, {"/srv/vol-01", "K1", "vol-01"}, {"/srv/vol-01/", "K1", "vol-01"},
		{"/srv//vol-01/a", "K1", NULL}, {"pool_a/disk-3", "K1", "pool-a"}, {"pool_a", "", "pool-a"}, {"pool_ab/x", "", NULL},
		{"/dev/disk/by-path/lun-7", "K2", "pool-a"}, {"/dev/disk/by-path/lun-77", "K2", NULL}, {"", "K1", NULL}, {"/", "K1", NULL}};
	struct site_model *m = test_model(whole);
	char longest[2000];

	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
		const struct site_volume *v = site_volume_of(m, wants[i].source, wants[i].cluster);
		if (!v != !wants[i].volume || (v && strcmp(v->name, wants[i].volume) != 0))
			fail_msg("%s of %s is on %s", wants[i].source, wants[i].cluster ? wants[i].cluster : "-", v ? v->name : "none");
	}
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "/srv/vol-02/", 12);
	longest[sizeof longest - 1] = '\0';
	assert_string_equal(site_volume_of(m, longest, "K1")->name, "vol-02");
	site_free(m);
}

static void test_wrong(void **state)
{
	test_expect(SITE "volume v1 { size = \"1 TB\" path = \"/a\" }\n", "site.conf:2 site.value.size\n");
	test_expect(SITE "volume v1 {\n path = \"/a\" }\n", "site.conf:2 site.missing\n");
	test_expect(SITE "volume v1 {\n size = \"1 TiB\" }\n", "site.conf:2 site.missing\n");
	test_expect(SITE "volume v1 { size = \"1 TiB\"\n path = \"/\" }\n", "site.conf:3 site.volume.path\n");
	test_expect(SITE "volume v1 { size = \"1 TiB\"\n cluster = K9\n path = \"/a\"\n max = 0 }\n",
		"site.conf:3 site.unknown.ref\nsite.conf:5 site.value.number\n");
	test_expect(SITE "volume v1 { size = \"1 TiB\" path = \"/a\" }\nvolume v1 { size = \"1 TiB\" path = \"/b\" }\n", "site.conf:3 site.twice\n");
	test_expect(SITE "volume v1 { size = \"1 TiB\" path = \"/a\" }\ncluster K1 { }\n"
		"volume v2 { size = \"1 TiB\" cluster = K1\n path = \"/a/\" }\n", "site.conf:5 site.volume.two\n");
	test_expect(SITE "volume \"v[1-2]\" { size = \"1 TiB\" path = \"/a\" }\n", "site.conf:2 site.volume.two\n");
	test_expect(SITE "sizing { }\nsizing { }\n", "site.conf:3 site.twice.option\n");
	test_write("more.conf", "sizing { }\n");
	test_expect("include = \"more.conf\"\n" SITE "sizing { }\n", "more.conf:1 site.twice\n");
	test_expect(SITE "sizing {\n disk = much\n volumes = { \"1 TiB\",\n \"500 GiB:x\", \"0 GiB:3\" } }\n",
		"site.conf:3 site.value.size\nsite.conf:4 site.sizing.row\nsite.conf:5 site.value.number\nsite.conf:5 site.sizing.row\n");
	test_expect(SITE "sizing { volumes = { \"1 TiB: 13\",\n \"500 GiB: 6\",\n \"2 TiB: 12\" } }\n",
		"site.conf:3 site.sizing.order\nsite.conf:4 site.sizing.order\n");
	test_expect(SITE "sizing { disk = \"0 GiB\" configuration = \"0 K\" snapshots = \"0 G\" }\n", "site.conf:2 site.sizing.nothing\n");
}

static int teardown(void **state)
{
	test_dir_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_usual), cmocka_unit_test(test_model_of), cmocka_unit_test(test_volume_of),
		cmocka_unit_test(test_wrong)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

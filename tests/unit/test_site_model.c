/* What a right site file means, what is asked of it, and how two of them differ. */
#include "test_site_help.h"
#include "site/site_model.h"
#include "common/clock.h"
#include "patience.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE "site t { }\n"

static const struct site_blade *blade(const struct site_model *m, const char *name)
{
	for (size_t i = 0; i < m->nblades; i++)
		if (!strcmp(m->blades[i].name, name))
			return &m->blades[i];
	fail_msg("no blade %s", name);
	return NULL;
}

static void test_metal(void **state)
{
	char want[256];
	struct site_model *m = test_model(
		"site tokyo-1 { colour = red zone = \"Asia/Tokyo\" note = \"本番\" shutdown = \"15 min\" reserve = \"8 "
		"GiB\"\n"
		"	login { key = \"/etc/tana/key\" known-hosts = hosts } }\n"
		"rack \"[A-B]\" {\n"
		"	login { known-hosts = \"/rack/{rack}\" }\n"
		"	enclosure \"{rack}[1-2]\" { blade \"{enclosure}-[01-16]\" { host = "
		"\"qemu+ssh://tana@{name}.r{rack}.example/system\" } }\n"
		"}\n"
		"rack M {\n"
		"	enclosure M1 { rows = 2 columns = 2 bays = \"1A-2A, 1B-2B\" login { key = \"keys/m1\" }\n"
		"		blade \"m-[1-2]b\" { bay = \"1B-2B\" host = \"qemu+ssh://10.0.0.[101-102]/system\" "
		"serial = \"S[7-8]\" cluster = K1 }\n"
		"		blade m-1a { bay = \"1A\" owner = acme }\n"
		"	}\n"
		"	enclosure M2 { rows = 3 bays = \"1-7\" }\n"
		"}\n"
		"cluster K1 { quorum = 3 nodes = { \"A1-[01-02]\" } }\n"
		"tenant acme { }\n"
		"blade A1-03 { spare = yes }\n"
		"blade A1-04 { login { key = \"/own\" } serial = 'X\"4' }\n"
		"blade lone { host = \"qemu+ssh://lone/system\" }\n");

	assert_string_equal(m->name, "tokyo-1");
	assert_string_equal(m->colour, "red");
	assert_string_equal(m->zone, "Asia/Tokyo");
	assert_string_equal(m->note, "本番");
	assert_int_equal(m->shutdown_s, 900);
	assert_int_equal(m->reserve_kib, 8 << 20);
	snprintf(want, sizeof want, "%s/site.conf", test_dir());
	assert_string_equal(m->file, want);
	assert_int_equal(m->nracks, 3);
	assert_int_equal(m->nenclosures, 6);
	assert_int_equal(m->nblades, 64 + 3 + 1);
	assert_string_equal(m->enclosures[3].name, "B2");
	assert_int_equal(m->enclosures[3].rack, 1);
	assert_int_equal(m->enclosures[3].order, 1);
	assert_int_equal(m->enclosures[3].rows, 2);
	assert_int_equal(m->enclosures[3].columns, 8);
	assert_int_equal(m->enclosures[4].nbays, 4);
	assert_string_equal(m->enclosures[4].bays[2], "1B");
	assert_int_equal(m->enclosures[5].columns, 3);
	/* in the order of the metal; who stands nowhere comes last */
	assert_string_equal(m->blades[0].name, "A1-01");
	assert_string_equal(m->blades[17].name, "A2-02");
	assert_string_equal(m->blades[64].name, "m-1a");
	assert_string_equal(m->blades[67].name, "lone");
	assert_int_equal(m->blades[67].enclosure, -1);
	assert_int_equal(m->blades[67].bay, -1);
	const struct site_blade *x = blade(m, "B2-16");
	assert_int_equal(x->bay, 15);
	assert_string_equal(x->uri, "qemu+ssh://tana@B2-16.rB.example/system");
	assert_string_equal(x->key_file, "/etc/tana/key");
	assert_string_equal(x->known_hosts, "/rack/{rack}"); /* a path is a path */
	snprintf(want, sizeof want, "%s/keys/m1", test_dir());
	x = blade(m, "m-2b");
	assert_string_equal(x->key_file, want);
	snprintf(want, sizeof want, "%s/hosts", test_dir());
	assert_string_equal(x->known_hosts, want);
	assert_string_equal(x->uri, "qemu+ssh://10.0.0.102/system");
	assert_string_equal(x->serial, "S8");
	assert_string_equal(x->cluster, "K1");
	assert_int_equal(x->bay, 3);
	x = blade(m, "m-1a");
	assert_string_equal(x->owner, "acme");
	assert_string_equal(x->uri, "");
	x = blade(m, "A1-03");
	assert_true(x->spare);
	assert_string_equal(x->uri, "");
	assert_int_equal(x->bay, 2);
	x = blade(m, "A1-04");
	assert_string_equal(x->key_file, "/own");
	assert_string_equal(x->serial, "X\"4");
	assert_string_equal(blade(m, "A1-02")->cluster, "K1");
	assert_int_equal(m->clusters[0].quorum, 3);
	site_free(m);
}

/* Files are read against the one that names them, in the order in which they are named. */
static void test_include(void **state)
{
	char *sub = test_path("sub");
	char cmd[64];

	assert_true(!access(sub, F_OK) || !mkdir(sub, 0700));
	test_write("sub/a.conf", "include = \"b.conf\"\nrack A { enclosure A1 { blade \"a[1-16]\" { host = "
				 "\"qemu+ssh://{name}/system\" } } }\n");
	test_write("sub/b.conf", "rack B { }\nblade a3 { login { key = k } }\n");
	test_write("c.conf", "rack C { }\n");
	struct site_model *m = test_model("include = \"sub/a.conf\"\ninclude = 'c.conf'\nsite t { }\nrack Z { }\n");
	assert_int_equal(m->nracks, 4);
	assert_string_equal(m->racks[0].name, "Z");
	assert_string_equal(m->racks[1].name, "A");
	assert_string_equal(m->racks[2].name, "C");
	assert_string_equal(m->racks[3].name, "B");
	snprintf(cmd, sizeof cmd, "%s/sub/k", test_dir());
	assert_string_equal(blade(m, "a3")->key_file, cmd);
	site_free(m);
	free(sub);
	/* a path without a folder is one in the working folder */
	assert_int_equal(chdir(test_dir()), 0);
	struct site_errors errors;
	site_read("site.conf", &m, &errors);
	assert_non_null(m);
	assert_int_equal(m->nracks, 4);
	assert_true(m->file[0] == '/');
	site_free(m);
	assert_int_equal(chdir("/"), 0);
}

static struct site_model *people(void)
{
	return test_model(
		SITE "tenant acme { title = \"株式会社アクメ\" contact = c procedure = p zone = \"Asia/Tokyo\" state = "
		     "leaving shutdown = \"20 min\"\n"
		     "	vms = { \"acme-*\", \"uuid:7A6E6100-0004-4000-8000-000000000001\", \"db?\" } }\n"
		     "tenant globex { vms = \"globex-*\" }\n"
		     "grade V10 { vcpus = 2 memory = \"1 GiB\" per-blade = 16 }\n"
		     "grade V20 { vcpus = 4 memory = \"2 GiB\" shutdown = \"5 min\" }\n"
		     "role viewer { users = { sato } }\n"
		     "role operator { groups = { ops, staff } users = { suzuki } }\n"
		     "role customer { tenant = globex groups = { globex } users = { jo } }\n"
		     "role viewer { users = { wall } }\n"
		     "role customer { tenant = acme users = { mi } }\n"
		     "vm \"acme-db*\" { shutdown = \"1 h\" }\n"
		     "vm \"acme-*\" { shutdown = \"90 s\" }\n");
}

static void test_owner(void **state)
{
	struct site_model *m = people();
	int a = -7, b = -7;

	assert_string_equal(m->tenants[0].title, "株式会社アクメ");
	assert_int_equal(m->tenants[0].state, TENANT_LEAVING);
	assert_int_equal(m->tenants[1].state, TENANT_ACTIVE);
	assert_int_equal(site_owner(m, "acme-web01", "x", &a, &b), 0);
	assert_int_equal(site_owner(m, "globex-1", "", NULL, NULL), 1);
	assert_int_equal(site_owner(m, "ACME-web01", NULL, &a, &b), -1);
	assert_int_equal(site_owner(m, "dbx", NULL, &a, &b), 0);
	assert_int_equal(site_owner(m, "db受", NULL, &a, &b), 0);
	assert_int_equal(site_owner(m, "db10", NULL, &a, &b), -1);
	assert_int_equal(site_owner(m, "anything", "7a6e6100-0004-4000-8000-000000000001", &a, &b), 0);
	assert_int_equal(a, -7);
	/* by name one tenant's, by UUID another's */
	assert_int_equal(site_owner(m, "globex-1", "7a6e6100-0004-4000-8000-000000000001", &a, &b), -2);
	assert_int_equal(a, 0);
	assert_int_equal(b, 1);
	assert_int_equal(site_grade_of(m, 2, 1 << 20), 0);
	assert_int_equal(site_grade_of(m, 4, 2 << 20), 1);
	assert_int_equal(site_grade_of(m, 4, (2 << 20) + 1), -1);
	site_free(m);
}

static void test_shutdown(void **state)
{
	struct site_model *m = people();

	assert_int_equal(
		site_shutdown_s(m, "acme-db01", "acme", "V20", "Windows"), 3600); /* the VM's, first of the file */
	assert_int_equal(site_shutdown_s(m, "acme-web", "acme", "V20", ""), 90);
	assert_int_equal(site_shutdown_s(m, "x", "acme", "V20", ""), 300);  /* the grade's */
	assert_int_equal(site_shutdown_s(m, "x", "acme", "V10", ""), 1200); /* the tenant's */
	assert_int_equal(site_shutdown_s(m, "x", "globex", "V10", "Microsoft Windows Server 2019"), 3600);
	assert_int_equal(site_shutdown_s(m, "x", "", "", "win2k19"), 3600);
	assert_int_equal(site_shutdown_s(m, "x", NULL, NULL, "http://microsoft.com/win/2k19"), 3600);
	assert_int_equal(site_shutdown_s(m, "x", NULL, NULL, "Debian GNU/Linux"), 600);
	assert_int_equal(site_shutdown_s(m, "x", NULL, NULL, NULL), 600);
	site_free(m);
	m = test_model("site t { shutdown = \"2 h\" }\n");
	assert_int_equal(
		site_shutdown_s(m, "x", NULL, NULL, "win2k19"), 7200); /* never less than a guest that is no Windows */
	site_free(m);
}

/* Plans, what is over them, pairs. */
#define SOLD \
	SITE "plan basic { title = Basic snapshots { kept = 3 taken = \"4 per day\" } }\n" \
	     "plan gold { snapshots { kept = none taken = \"10 per month\" space = \"500 GiB\" } }\n" \
	     "plan bare { }\n" \
	     "tenant acme { vms = \"acme-*\" plan = basic zone = \"Asia/Tokyo\" snapshots { taken = \"2 per 7 d\" space = \"500 GiB\" } }\n" \
	     "tenant globex { vms = \"globex-*\" }\n" \
	     "vm \"acme-db*\" { shutdown = \"30 min\" }\n" \
	     "vm \"acme-db01*\" { plan = gold snapshots { kept = 5 } }\n" \
	     "vm \"*-db*\" { snapshots { taken = none } }\n" \
	     "vm \"*-free\" { snapshots { } }\n" \
	     "pair \"acme-db[01-20]\" { halves = { \"{name}a\", \"{name}b\" } }\n" \
	     "pair odd { halves = { \"受注\", \"在庫\" } }\n" \
	     "pair \"q[1-2]\" { halves = { \"x[7-8]\", \"{name}-y\" } }\n"

static void has(struct limits l, const char *kept, const char *taken, const char *space)
{
	const char *want[] = {kept, taken, space};
	char got[48];

	for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
		limit_text(got, sizeof got, (enum limit_kind)k, &l.of[k]);
		assert_string_equal(got, want[k]);
	}
}

static void test_limits(void **state)
{
	struct site_model *m = test_model(SOLD);

	assert_int_equal(m->nplans, 3);
	assert_string_equal(m->plans[0].title, "Basic");
	assert_string_equal(m->plans[1].title, "");
	has(m->plans[0].limits, "3", "4 per day", "disks");
	has(m->plans[2].limits, "none", "none", "disks"); /* what the provider contracts */
	assert_string_equal(m->tenants[0].plan, "basic");
	has(m->tenants[0].limits, "", "2 per 7 d", "500 GiB");
	assert_string_equal(m->tenants[1].plan, "");
	has(m->tenants[1].limits, "", "", "");
	assert_int_equal(m->nvms, 3); /* one speaks of shutdowns alone */
	assert_int_equal(m->nshutdowns, 1);
	has(site_limits_of(m, "acme-web", "acme"), "3", "4 per day", "disks");
	has(site_limits_of(m, "acme-db01a", "acme"), "5", "10 per month", "500 GiB"); /* its own plan, and over that */
	has(site_limits_of(m, "acme-db02a", "acme"), "3", "none", "disks");           /* the tenant's, and over that */
	has(site_limits_of(m, "globex-db1", "globex"), "", "none", "");
	has(site_limits_of(m, "globex-web", "globex"), "", "", "");
	has(site_limits_of(m, "acme-free", "acme"), "3", "4 per day", "disks");
	has(site_limits_of(m, "acme-web", ""), "", "", "");
	has(site_limits_of(m, "acme-web", NULL), "", "", "");
	has(site_limits_of(m, "acme-web", "nobody"), "", "", "");
	assert_int_equal(site_shutdown_s(m, "acme-db01a", "acme", "", ""), 1800);
	assert_string_equal(site_zone_of(m, "acme"), "Asia/Tokyo");
	assert_string_equal(site_zone_of(m, "globex"), "");
	assert_string_equal(site_zone_of(m, NULL), "");
	site_free(m);
	m = test_model("site t { zone = \"Europe/Berlin\" }\ntenant acme { zone = \"Asia/Tokyo\" }\ntenant globex { }\n");
	assert_string_equal(site_zone_of(m, "acme"), "Asia/Tokyo");
	assert_string_equal(site_zone_of(m, "globex"), "Europe/Berlin");
	assert_string_equal(site_zone_of(m, ""), "Europe/Berlin");
	site_free(m);
}

static void test_pairs(void **state)
{
	struct site_model *m = test_model(SOLD);

	for (int sorted = 1; sorted >= 0; sorted--) { /* a model that somebody made by hand has no halves */
		assert_int_equal(m->npairs, 23);
		assert_string_equal(m->pairs[19].name, "acme-db20");
		assert_string_equal(site_pair_of(m, "acme-db01a"), "acme-db01b");
		assert_string_equal(site_pair_of(m, "acme-db01b"), "acme-db01a");
		assert_string_equal(site_pair_of(m, "acme-db20b"), "acme-db20a");
		assert_string_equal(site_pair_of(m, "acme-db21b"), "");
		assert_string_equal(site_pair_of(m, "acme-db01"), "");
		assert_string_equal(site_pair_of(m, "在庫"), "受注");
		assert_string_equal(site_pair_of(m, "x8"), "q2-y");
		assert_string_equal(site_pair_of(m, "q1-y"), "x7");
		assert_string_equal(site_pair_of(m, ""), "");
		free(m->halves);
		m->halves = NULL;
	}
	site_free(m);
}

/* As many as a large site has: each is found, and no list is walked through for it. */
static void test_pairs_many(void **state)
{
	struct site_model *m = test_model(SITE "pair \"p[00001-10000]\" { halves = { \"{name}-a\", \"b-{name}\" } }\n");
	char name[32];
	int64_t from = clock_boot_ms();

	assert_int_equal(m->nhalves, 20000);
	for (int i = 1; i <= 10000; i++) {
		snprintf(name, sizeof name, "b-p%05d", i);
		const char *other = site_pair_of(m, name);
		snprintf(name, sizeof name, "p%05d-a", i);
		assert_string_equal(other, name);
		assert_int_equal(site_pair_of(m, name)[0], 'b');
	}
	assert_in_range(clock_boot_ms() - from, 0, 500 * patience());
	site_free(m);
}

static enum role role(const struct site_model *m, const char *user, const char *group, const char *want)
{
	const char *groups[] = {"users", group}, *tenant = "?";
	enum role r = site_role_of(m, user, groups, group ? 2 : 1, &tenant);

	assert_string_equal(tenant, want);
	return r;
}

static void test_roles(void **state)
{
	struct site_model *m = people();

	assert_int_equal(role(m, "sato", NULL, ""), ROLE_VIEWER);
	assert_int_equal(role(m, "sato", "ops", ""), ROLE_VIEWER); /* the order of the file */
	assert_int_equal(role(m, "suzuki", NULL, ""), ROLE_OPERATOR);
	assert_int_equal(role(m, "anybody", "staff", ""), ROLE_OPERATOR);
	assert_int_equal(role(m, "jo", NULL, "globex"), ROLE_CUSTOMER);
	assert_int_equal(role(m, "mi", NULL, "acme"), ROLE_CUSTOMER); /* a title that was there before */
	assert_int_equal(role(m, "wall", NULL, ""), ROLE_VIEWER);
	assert_int_equal(role(m, "jo", "ops", ""), ROLE_OPERATOR);
	assert_int_equal(role(m, "ops", NULL, ""), ROLE_NONE);    /* a group's name is no user's */
	assert_int_equal(role(m, "root", "root", ""), ROLE_NONE); /* nobody is an operator unsaid */
	assert_int_equal(role(m, "", NULL, ""), ROLE_NONE);
	assert_int_equal(role(m, NULL, NULL, ""), ROLE_NONE);
	assert_int_equal(site_role_of(m, "jo", NULL, 0, NULL), ROLE_CUSTOMER);
	site_free(m);
}

/* Rights of a person, how long he may rest, and how many consoles he may have; they come back from the reading child, and a change
 * of any is a difference. */
static void test_role_rights(void **state)
{
	static const char tenants[] = SITE "tenant acme { vms = { \"acme-*\" } }\n";
	char text[600];

	snprintf(text, sizeof text, "%srole customer { tenant = acme users = { jo, mi } right = none idle = \"1 h\" consoles = 3\n"
		"	vm \"acme-web*\" { right = full } vm \"acme-*\" { right = view } }\n"
		"role customer { tenant = acme users = { al } idle = none }\nrole customer { tenant = acme users = { bo } }\n"
		"role viewer { users = { wall } }\nrole operator { users = { sato } idle = \"15 min\" }\n", tenants);
	struct site_model *m = test_model(text);
	const struct site_role *jo = site_role_row(m, "jo", NULL, 0), *bo = site_role_row(m, "bo", NULL, 0);
	assert_int_equal(site_right_of(jo, "acme-web01"), RIGHT_FULL);
	assert_int_equal(site_right_of(jo, "acme-db01"), RIGHT_VIEW); /* the first that matches */
	assert_int_equal(site_right_of(jo, "other"), RIGHT_NONE);
	assert_int_equal(jo->idle_s, 3600);
	assert_int_equal(jo->consoles, 3);
	assert_true(site_role_same(jo, site_role_row(m, "mi", NULL, 0)));
	assert_false(site_role_same(jo, bo));
	assert_false(site_role_same(jo, NULL));
	assert_true(site_role_same(NULL, NULL));
	assert_int_equal(site_right_of(bo, "anything"), RIGHT_FULL);
	assert_int_equal(bo->idle_s, 900);
	assert_int_equal(bo->consoles, 0);
	assert_int_equal(site_role_row(m, "al", NULL, 0)->idle_s, 0);
	assert_int_equal(site_role_row(m, "wall", NULL, 0)->idle_s, 0);
	assert_int_equal(site_role_row(m, "sato", NULL, 0)->idle_s, 900);
	assert_null(site_role_row(m, "ox", NULL, 0));
	/* What a console may be told to run as is found in the differences of a reload. */
	static const char *const changed[] = { "right = view", "vm \"a\" { right = view }", "idle = none", "consoles = 2" };
	struct site_model *was = test_model(SITE "tenant acme { vms = { \"acme-*\" } }\nrole customer { tenant = acme users = { jo } }\n");
	for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
		snprintf(text, sizeof text, "%srole customer { tenant = acme users = { jo } %s }\n", tenants, changed[i]);
		struct site_model *is = test_model(text);
		json_t *d = site_diff(was, is);
		assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(d, "roles"), "changed"), 0)), "user:jo");
		json_decref(d);
		site_free(is);
	}
	site_free(was);
	site_free(m);
}

static void diff(const char *from, const char *to, const char *want)
{
	struct site_model *a = test_model(from), *b = test_model(to);
	json_t *d = site_diff(a, b);
	char *text = json_dumps(d, JSON_COMPACT);

	assert_string_equal(text, want);
	free(text);
	json_decref(d);
	site_free(a);
	site_free(b);
}

#define METAL "rack A { enclosure A1 { bays = \"1-4\" blade \"a[1-4]\" { host = \"qemu+ssh://{name}/system\" } } }\n"

static void test_diff(void **state)
{
	diff(SITE METAL, SITE METAL, "{}");
	/* another rack in front moves every index, and changes nothing */
	diff(SITE METAL, SITE "rack Z { enclosure Z1 { } }\n" METAL,
		"{\"racks\":{\"added\":[\"Z\"]},\"enclosures\":{\"added\":[\"Z1\"]}}");
	diff(SITE METAL, SITE METAL "blade a2 { serial = x }\nblade a3 { spare = on }\n",
		"{\"blades\":{\"changed\":[\"a2\",\"a3\"]}}");
	diff(SITE METAL,
		SITE "rack A { enclosure A1 { bays = \"1-4\" blade \"a[1-3]\" { bay = \"1-3\" host = "
		     "\"qemu+ssh://{name}/system\" } } }\n",
		"{\"blades\":{\"gone\":[\"a4\"]}}");
	diff(SITE METAL, SITE METAL "blade a1 { bay = 4 } blade a4 { bay = 1 }",
		"{\"blades\":{\"changed\":[\"a4\",\"a1\"]}}");
	diff(SITE METAL,
		SITE "rack A { enclosure A1 { bays = \"1-8\" blade \"a[1-4]\" { bay = \"1-4\" host = "
		     "\"qemu+ssh://{name}/system\" } } }\n",
		"{\"enclosures\":{\"changed\":[\"A1\"]}}");
	diff("site t { }\ntenant a { vms = { x, y } }\ngrade g { vcpus = 1 memory = \"1 GiB\" }\n",
		"site t { colour = red shutdown = \"1 h\" }\ntenant a { vms = { x, z } }\ngrade g { vcpus = 1 memory = "
		"\"2 GiB\" }\ncluster k { }\n",
		"{\"clusters\":{\"added\":[\"k\"]},\"tenants\":{\"changed\":[\"a\"]},\"grades\":{\"changed\":[\"g\"]},"
		"\"site\":{\"changed\":[\"colour\",\"shutdown_s\"]}}");
	diff(SITE "role operator { users = { a, b } }\nvm x { shutdown = \"1 h\" }\nvm y { shutdown = \"1 h\" }\n",
		SITE "role viewer { users = { b } }\nrole operator { groups = { a } }\nvm y { shutdown = \"1 h\" }\nvm "
		     "x { shutdown = \"1 h\" }\n",
		"{\"roles\":{\"changed\":[\"user:b\"],\"added\":[\"group:a\"],\"gone\":[\"user:a\"]},\"site\":{"
		"\"changed\":[\"shutdowns\"]}}");
	diff(SOLD, SOLD, "{}");
	diff(SITE "plan a { snapshots { kept = 3 } }\nplan b { }\ntenant t { plan = a }\ntenant u { }\npair p { halves = { a, b } }\n"
		  "vm x { plan = a }\nvm y { snapshots { kept = 1 } }\n",
		SITE "plan a { snapshots { kept = 4 } }\nplan c { }\ntenant t { plan = c }\ntenant u { snapshots { taken = \"1 per 24 h\" } }\n"
		     "pair p { halves = { a, c } }\npair q { halves = { d, e } }\nvm x { plan = a snapshots { space = \"1 GiB\" } }\n"
		     "vm y { snapshots { kept = 1 } }\n",
		"{\"tenants\":{\"changed\":[\"t\",\"u\"]},\"plans\":{\"changed\":[\"a\"],\"added\":[\"c\"],\"gone\":[\"b\"]},"
		"\"pairs\":{\"changed\":[\"p\"],\"added\":[\"q\"]},\"vms\":{\"changed\":[\"x\"]}}");
	/* each part of a limit */
	diff(SITE "tenant t { snapshots { taken = \"4 per day\" } }\n", SITE "tenant t { snapshots { taken = \"4 per month\" } }\n",
		"{\"tenants\":{\"changed\":[\"t\"]}}");
	diff(SITE "tenant t { snapshots { taken = \"4 per 2 h\" } }\n", SITE "tenant t { snapshots { taken = \"4 per 3 h\" } }\n",
		"{\"tenants\":{\"changed\":[\"t\"]}}");
	diff(SITE "tenant t { snapshots { kept = 0 } }\n", SITE "tenant t { snapshots { kept = none } }\n",
		"{\"tenants\":{\"changed\":[\"t\"]}}");
	/* the first that matches counts: order is meaning */
	diff(SITE "vm x { snapshots { kept = 1 } }\nvm y { snapshots { kept = 2 } }\n",
		SITE "vm y { snapshots { kept = 2 } }\nvm x { snapshots { kept = 1 } }\n", "{\"site\":{\"changed\":[\"vms\"]}}");
}

/* A limit that cannot be is no model. */
static void test_pipe_limits(void **state)
{
	static const char *const bad[] = {"[[5,0,0,0],[0,0,0,0],[0,0,0,0]]", "[[3,0,0,0],[0,0,0,0],[0,0,0,0]]",
		"[[2,-1,0,0],[0,0,0,0],[0,0,0,0]]", "[[2,100001,0,0],[0,0,0,0],[0,0,0,0]]", "[[0,0,0,0],[2,1,2,0],[0,0,0,0]]",
		"[[0,0,0,0],[2,1,2,59],[0,0,0,0]]", "[[0,0,0,0],[2,1,3,0],[0,0,0,0]]", "[[0,0,0,0],[2,1,0,60],[0,0,0,0]]",
		"[[0,0,0,0],[0,0,0,0]]", "[[0,0,0],[0,0,0,0],[0,0,0,0]]", "[[0,0,0,0,0],[0,0,0,0],[0,0,0,0]]", "[]", "null", "3",
		"[[-1,0,0,0],[0,0,0,0],[0,0,0,0]]", "[[2,1,-1,0],[0,0,0,0],[0,0,0,0]]", "[[2.5,1,0,0],[0,0,0,0],[0,0,0,0]]"};
	struct site_model *m = test_model(SOLD), *n;
	json_t *j = site_model_write(m), *plan = json_array_get(json_object_get(j, "plans"), 0);

	site_free(m);
	n = site_model_read(j);
	assert_non_null(n);
	assert_string_equal(site_pair_of(n, "acme-db07a"), "acme-db07b");
	site_free(n);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		json_array_set_new(plan, 2, json_loads(bad[i], JSON_DECODE_ANY, NULL));
		n = site_model_read(j);
		if (n)
			fail_msg("%s was read", bad[i]);
	}
	json_decref(j);
}

/* Through the pipe's form and back nothing is lost, and what is no model is refused. */
static void test_pipe(void **state)
{
	struct site_model *m = people(), *n;
	json_t *j = site_model_write(m), *d;

	n = site_model_read(j);
	assert_non_null(n);
	d = site_diff(m, n);
	assert_int_equal(json_object_size(d), 0);
	json_decref(d);
	site_free(n);
	site_free(m);
	json_array_append_new(
		json_object_get(j, "blades"), json_pack("[s,i,i,s,s,s,s,s,s,b]", "b", 3, 0, "", "", "", "", "", "", 0));
	assert_null(site_model_read(j)); /* an enclosure that is not there */
	json_object_set_new(j, "blades", json_array());
	n = site_model_read(j);
	assert_non_null(n);
	site_free(n);
	json_object_del(j, "zone");
	assert_null(site_model_read(j));
	assert_null(site_model_read(NULL));
	json_decref(j);
}

static void test_from_uris(void **state)
{
	const char *uris[] = {
		"qemu:///system", "qemu+ssh://root@h1/system", "qemu+ssh://root@h1:2222/system", "test:///default"};
	struct site_model *m = NULL;
	struct err *e = site_from_uris(uris, 4, &m);

	assert_null(e);
	assert_int_equal(m->nblades, 4);
	assert_string_equal(m->blades[0].name, "localhost");
	assert_string_equal(m->blades[1].name, "h1");
	assert_string_equal(m->blades[2].name, "h1-2");
	assert_string_equal(m->blades[3].name, "default");
	assert_int_equal(m->blades[3].bay, 3);
	assert_string_equal(m->enclosures[0].bays[3], "4");
	assert_string_equal(m->name, "hosts");
	json_t *j = site_model_write(m);
	struct site_model *n = site_model_read(j);
	assert_non_null(n);
	site_free(n);
	json_decref(j);
	site_free(m);
	e = site_from_uris(uris, 1, &m);
	assert_null(e);
	assert_string_equal(m->name, "localhost");
	site_free(m);
	const char *same[] = {"qemu:///system", "qemu+unix:///system"};
	e = site_from_uris(same, 2, &m);
	assert_string_equal(e->msg.id, "site.uris.twice");
	assert_null(m);
	err_free(e);
	const char *bad[] = {"nonsense"};
	e = site_from_uris(bad, 1, &m);
	assert_non_null(e);
	err_free(e);
	const char *dirty[] = {"qemu:///sys\x1btem"};
	e = site_from_uris(dirty, 1, &m);
	assert_string_equal(e->msg.id, "site.value.unclean");
	err_free(e);
	e = site_from_uris(bad, 0, &m);
	assert_string_equal(e->msg.id, "site.uris.count");
	err_free(e);
}

/* The example that is shipped is right. */
static void test_example(void **state)
{
	const char *src = getenv("TANA_SRC");
	char path[4096];
	struct site_model *m;
	struct site_errors errors;

	snprintf(path, sizeof path, "%s/data/dialects", src ? src : ".");
	site_dialects_add(path); /* a test does not stand where it was built */
	snprintf(path, sizeof path, "%s/data/sites/example.conf", src ? src : ".");
	site_read(path, &m, &errors);
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%d: %s\n", errors.list[i].file, errors.list[i].line, errors.list[i].err->msg.text);
	assert_non_null(m);
	assert_int_equal(m->nblades, 72);
	assert_string_equal(blade(m, "c1-3b")->uri, "qemu+ssh://tana@192.0.2.113/system");
	assert_string_equal(blade(m, "B2-16")->owner, "initech");
	assert_string_equal(blade(m, "B2-16")->uri, "");
	has(site_limits_of(m, "acme-web01", "acme"), "3", "4 per day", "disks");
	has(site_limits_of(m, "acme-db01a", "acme"), "5", "10 per month", "disks");
	assert_string_equal(site_pair_of(m, "acme-db07b"), "acme-db07a");
	site_free(m);
}

/* The rule at the end of a zone's file, and of nothing else. */
static void test_zone_rule(void **state)
{
	static const struct { const char *zone, *rule; } rows[] = {{"Asia/Tokyo", "JST-9"}, {"UTC", "UTC0"},
		{"Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3"}, {"Asia/Kathmandu", "<+0545>-5:45"}, {"", ""}, {"Asia", ""}, {"No/Where", ""},
		{"zone.tab", ""}, {"../../../etc/passwd", ""}, {"/etc/passwd", ""}};
	char got[64];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		site_zone_rule(rows[i].zone, got, sizeof got);
		assert_string_equal(got, rows[i].rule);
	}
}

static int teardown(void **state)
{
	test_dir_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_metal), cmocka_unit_test(test_include),
		cmocka_unit_test(test_owner), cmocka_unit_test(test_shutdown), cmocka_unit_test(test_limits), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pairs_many), cmocka_unit_test(test_pipe_limits), cmocka_unit_test(test_roles),
		cmocka_unit_test(test_role_rights),
		cmocka_unit_test(test_diff), cmocka_unit_test(test_pipe), cmocka_unit_test(test_from_uris), cmocka_unit_test(test_zone_rule),
		cmocka_unit_test(test_example)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

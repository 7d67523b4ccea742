/* Managers, shapes, start order of a site file: what they mean, and everything that is wrong with them, with its line. */
#include "test_site_help.h"
#include "site/site_check.h"
#include "site/site_model.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SITE "site t { dialects = dialects }\n"
#define SECRET "s3cret-Pass"

static const char acme[] = "dialect acme {\n"
			   "	shape usual { rows = 2 columns = 5 bays = \"1-10\" order = columns }\n"
			   "	shape double { rows = 2 columns = 2 bays = \"1A, 1B, 2A, 2B\" }\n"
			   "}\n";

static void secret(const char *name, mode_t mode)
{
	char *path = test_path(name);

	unlink(path);
	test_write(name, SECRET "\n");
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static int set_up(void **state)
{
	char *folder = test_path("dialects");

	assert_int_equal(mkdir(folder, 0700), 0);
	free(folder);
	test_write("dialects/acme.conf", acme);
	test_write("dialects/broken.conf", "dialect broken {\n	shape usual { rows = none }\n}\n");
	test_write("dialects/Not a dialect.conf", "");
	secret("oa.pw", 0600);
	secret("open.pw", 0644);
	return 0;
}

static int tear_down(void **state)
{
	test_dir_remove();
	return 0;
}

static const struct site_blade *blade(const struct site_model *m, const char *name)
{
	for (size_t i = 0; i < m->nblades; i++)
		if (!strcmp(m->blades[i].name, name))
			return &m->blades[i];
	fail_msg("no blade %s", name);
	return NULL;
}

static void test_manager(void **state)
{
	struct site_model *m = test_model(
		"site t { dialects = dialects login { key = \"/k\" known-hosts = \"/kh\" } start-order = { \"infra-*\", \"*-db*\" } stagger = \"3 s\" }\n"
		"rack A {\n"
		"	manager { dialect = acme user = tana password-file = oa.pw address = { \"oa-{enclosure}.{rack}.example\", \"[2001:db8::1]:2222\" } }\n"
		"	enclosure A1 { blade \"a1-[01-10]\" { host = \"qemu+ssh://{name}/system\" } }\n"
		"	enclosure A2 { manager { address = \"10.0.0.2:22\" user = root legacy = yes ciphers = \"aes128-cbc,3des-cbc\" poll = \"1 min\"\n"
		"		login { key = \"k2\" } } blade a2-01 { bay = 1 spare = yes } }\n"
		"}\n"
		"rack B { enclosure B1 { blade \"b1-[1-16]\" { spare = yes } } }\n"
		"tenant initech { }\n"
		"blade \"lone[1-3]\" { host = \"qemu+ssh://{name}/system\" manager { address = \"ilo-{name}.example\" user = Administrator } }\n"
		"blade lone2 { manager { user = other } }\n"
		"blade x1 { owner = initech manager { address = x1-mgmt user = u } }\n");
	const struct site_manager *a1 = &m->managers[m->enclosures[0].manager], *a2 = &m->managers[m->enclosures[1].manager];
	char want[256];

	assert_int_equal(m->nmanagers, 6);
	assert_int_equal(a1->enclosure, 0);
	assert_int_equal(a1->blade, -1);
	assert_string_equal(a1->dialect, "acme");
	assert_int_equal(a1->naddresses, 2);
	assert_string_equal(a1->addresses[0], "oa-A1.A.example");
	assert_string_equal(a1->addresses[1], "[2001:db8::1]:2222");
	assert_string_equal(a1->user, "tana");
	snprintf(want, sizeof want, "%s/oa.pw", test_dir());
	assert_string_equal(a1->password_file, want);
	assert_string_equal(a1->password, "");
	assert_string_equal(a1->known_hosts, "/kh");
	assert_string_equal(a1->key_file, ""); /* it has a password: no key is offered */
	assert_false(a1->legacy);
	assert_int_equal(a1->poll_s, 0);
	/* the innermost that says it */
	assert_string_equal(a2->dialect, "acme");
	assert_int_equal(a2->naddresses, 1);
	assert_string_equal(a2->user, "root");
	assert_string_equal(a2->password_file, want);
	assert_true(a2->legacy);
	assert_string_equal(a2->ciphers, "aes128-cbc,3des-cbc");
	assert_int_equal(a2->poll_s, 60);
	snprintf(want, sizeof want, "%s/k2", test_dir());
	assert_string_equal(a2->key_file, want);
	/* blades have their enclosure's, or their own; after sorting the indexes still lead to each other */
	assert_int_equal(blade(m, "a1-07")->manager, m->enclosures[0].manager);
	assert_int_equal(blade(m, "b1-3")->manager, -1);
	assert_int_equal(m->enclosures[2].manager, -1);
	for (size_t i = 0; i < m->nmanagers; i++)
		if (m->managers[i].blade >= 0)
			assert_int_equal(m->blades[m->managers[i].blade].manager, i);
	const struct site_manager *lone = &m->managers[blade(m, "lone2")->manager];
	assert_string_equal(lone->addresses[0], "ilo-lone2.example");
	assert_string_equal(lone->user, "other");
	assert_string_equal(lone->dialect, "");
	assert_string_equal(lone->key_file, "/k"); /* without a password, the site's */
	const struct site_blade *x1 = blade(m, "x1");
	assert_string_equal(x1->uri, "");
	assert_string_equal(m->managers[x1->manager].addresses[0], "x1-mgmt");
	/* who comes first */
	assert_int_equal(m->stagger_ms, 3000);
	assert_int_equal(site_start_rank(m, "infra-dns01"), 0);
	assert_int_equal(site_start_rank(m, "acme-db01"), 1);
	assert_int_equal(site_start_rank(m, "a1-07"), 2);
	assert_int_equal(m->nwarnings, 0);
	site_free(m);
	m = test_model("site t { }\n");
	assert_int_equal(m->stagger_ms, 2000);
	assert_int_equal(site_start_rank(m, "x"), 0);
	site_free(m);
}

static void shape_is(const char *enclosure, int rows, int columns, bool by_column, size_t nbays, const char *last)
{
	char *text = xasprintf(SITE "rack A { enclosure A1 { %s } }\n", enclosure);
	struct site_model *m = test_model(text);
	const struct site_enclosure *x = &m->enclosures[0];

	assert_int_equal(x->rows, rows);
	assert_int_equal(x->columns, columns);
	assert_int_equal(x->by_column, by_column);
	assert_int_equal(x->nbays, nbays);
	assert_string_equal(x->bays[nbays - 1], last);
	site_free(m);
	free(text);
}

#define ACME "manager { dialect = acme address = a user = u }"

static void test_shape(void **state)
{
	shape_is("", 2, 8, false, 16, "16");
	shape_is("order = columns", 2, 8, true, 16, "16");
	shape_is("manager { address = a user = u }", 2, 8, false, 16, "16");
	shape_is(ACME, 2, 5, true, 10, "10");
	shape_is(ACME " order = rows", 2, 5, false, 10, "10");
	shape_is(ACME " shape = double", 2, 2, false, 4, "2B");
	/* what is written wins */
	shape_is(ACME " bays = \"1-3\"", 1, 3, false, 3, "3");
	shape_is(ACME " bays = \"a-j\"", 2, 5, true, 10, "j");
	shape_is(ACME " rows = 5 columns = 2", 5, 2, false, 10, "10");
	shape_is(ACME " rows = 3 columns = 4", 3, 4, false, 12, "12");
	shape_is(ACME " rows = 1", 1, 10, false, 10, "10");
}

static void test_wrong(void **state)
{
	test_expect("site t {\n"                                                        /* 1 */
		    "	dialects = { dialects, nowhere }\n"                              /* 2 */
		    "	start-order = { \"a*\", \"\" }\n"                                /* 3 */
		    "	stagger = \"2 h\"\n"                                             /* 4 */
		    "}\n"
		    "rack A {\n"                                                         /* 6 */
		    "	enclosure A1 { manager { user = u } }\n"                         /* 7 no address */
		    "	enclosure A2 { manager { address = { a, b, c } user = u } }\n"   /* 8 three */
		    "	enclosure A3 { manager { address = \"a b\" } }\n"                /* 9 address, no user */
		    "	enclosure A4 { manager { address = \"h:99999\" user = u } }\n"   /* 10 */
		    "	enclosure A5 { manager { address = \"{name}\" user = u } }\n"    /* 11 no such hole here */
		    "	enclosure A6 { manager { address = h6 user = u dialect = zzz } }\n"    /* 12 */
		    "	enclosure A7 { manager { address = h7 user = u password = x password-file = oa.pw } }\n" /* 13 */
		    "	enclosure A8 { manager { address = h8 user = u } }\n"            /* 14 */
		    "\n"
		    "	enclosure B1 { manager { address = h8 user = u } }\n"            /* 16 twice */
		    "	enclosure B2 { manager { address = b2 user = u legacy = perhaps poll = 5 ciphers = \"a b\" } }\n" /* 17 */
		    "	enclosure B3 { shape = double }\n"                               /* 18 whose */
		    "	enclosure B4 { shape = triple manager { address = b4 user = u dialect = acme } }\n" /* 19 */
		    "	enclosure B5 { order = across }\n"                               /* 20 */
		    "	enclosure B6 { manager { address = b6 user = u dialect = \"../acme\" } }\n" /* 21 */
		    "	enclosure B7 { manager { address = b7 user = u credential = \"../x\" } }\n" /* 22 */
		    "	enclosure B8 { manager { address = b8 user = u credential = oa } }\n" /* 23 */
		    "	enclosure B9 { manager { address = b9 user = u dialect = zzz } }\n"    /* 24 said again, it is another line */
		    "	enclosure C1 { manager { address = c1 user = u password = \"\" } }\n"  /* 25 */
		    "	enclosure C2 { manager { adress = c2 } manager { } }\n"          /* 26 */
		    "}\n",
		"site.conf:2 site.dialects\n"
		"site.conf:3 site.start-order\n"
		"site.conf:4 site.stagger\n"
		"site.conf:7 site.manager.missing\n"
		"site.conf:8 site.manager.addresses\n"
		"site.conf:9 site.manager.address\n"
		"site.conf:9 site.manager.missing\n"
		"site.conf:10 site.manager.address\n"
		"site.conf:11 site.hole.unknown\n"
		"site.conf:12 site.dialect.unknown\n"
		"site.conf:13 site.manager.both\n"
		"site.conf:16 site.manager.twice\n"
		"site.conf:17 site.value.yes\n"
		"site.conf:17 site.value.duration\n"
		"site.conf:17 site.manager.ciphers\n"
		"site.conf:18 site.shape.dialect\n"
		"site.conf:19 site.shape.unknown\n"
		"site.conf:20 site.value.choice\n"
		"site.conf:21 site.dialect.unknown\n"
		"site.conf:22 site.manager.credential\n"
		"site.conf:23 site.manager.credential.none\n"
		"site.conf:24 site.dialect.unknown\n"
		"site.conf:25 site.manager.empty\n"
		"site.conf:26 site.unknown.like\n"
		"site.conf:26 site.twice.option\n"
		"site.conf:26 site.manager.missing\n");
}

/* One that others may read, and one that is not there: in whose words is the other room's. */
static void test_password_files(void **state)
{
	test_write("site.conf", SITE "rack A {\n"
				     "	enclosure A1 { manager { address = h1 user = u password-file = oa.pw } }\n"
				     "	enclosure A2 { manager { address = h2 user = u password-file = open.pw } }\n"
				     "	enclosure A3 { manager { address = h3 user = u\n"
				     "		password-file = none.pw } }\n"
				     "}\n");
	char *path = test_path("site.conf");
	struct site_model *m;
	struct site_errors errors;

	site_read(path, &m, &errors);
	assert_null(m);
	assert_int_equal(errors.n, 2);
	assert_int_equal(errors.list[0].line, 4);
	assert_int_equal(errors.list[1].line, 6);
	assert_non_null(strstr(errors.list[0].err->msg.text, "open.pw"));
	assert_null(strstr(errors.list[0].err->msg.text, SECRET));
	site_errors_free(&errors);
	free(path);
}

/* A rack's section serves many: what it says wrong is said once; and two enclosures cannot have one address. */
static void test_rack(void **state)
{
	test_expect(SITE "rack A {\n"
			 "	manager { address = \"oa\" user = u dialect = zzz poll = x }\n"
			 "	enclosure A1 { }\n"
			 "	enclosure \"A[2-4]\" { }\n"
			 "}\n",
		"site.conf:3 site.dialect.unknown\n"
		"site.conf:3 site.value.duration\n"
		"site.conf:3 site.manager.twice\n");
	char *said = test_sentences(SITE "rack A { enclosure A1 { manager { address = a user = u dialect = zzz } } }\n");
	assert_non_null(strstr(said, "dialect = zzz"));
	assert_non_null(strstr(said, "acme, broken"));
	assert_null(strstr(said, "Not a"));
	free(said);
}

static void test_credential(void **state)
{
	char want[256];

	setenv("CREDENTIALS_DIRECTORY", test_dir(), 1);
	struct site_model *m = test_model(SITE "rack A { enclosure A1 { manager { address = a user = u credential = \"oa.pw\" } } }\n");
	snprintf(want, sizeof want, "%s/oa.pw", test_dir());
	assert_string_equal(m->managers[0].password_file, want);
	site_free(m);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static char *check_says(const char *name, int *status)
{
	char *path = test_path(name), *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	*status = site_check_main(path, out);
	fclose(out);
	free(path);
	return text;
}

/* A password in clear works, is warned of with its line, and is never repeated; a dialect that is broken is a warning too. */
static void test_warnings(void **state)
{
	int status;
	struct site_model *m = test_model(SITE "rack A {\n"
					       "	manager { user = u password = \"" SECRET "\" address = \"oa-{enclosure}\" dialect = broken }\n"
					       "	enclosure \"A[1-3]\" { }\n"
					       "}\n");
	assert_int_equal(m->nmanagers, 3);
	assert_string_equal(m->managers[2].password, SECRET);
	assert_int_equal(m->nwarnings, 2);
	for (size_t i = 0; i < m->nwarnings; i++) {
		assert_non_null(strstr(m->warnings[i], "site.conf:3: "));
		assert_null(strstr(m->warnings[i], SECRET));
	}
	char *said = check_says("site.conf", &status);
	assert_int_equal(status, 0);
	assert_non_null(strstr(said, "warning: "));
	assert_non_null(strstr(said, "in clear"));
	assert_non_null(strstr(said, "3 managers"));
	assert_null(strstr(said, SECRET));
	free(said);
	site_free(m);
	test_write("site.conf", SITE "rack A { enclosure A1 { manager { password = \"" SECRET "\\x1b\" } } }\n");
	said = check_says("site.conf", &status);
	assert_int_equal(status, 2);
	assert_null(strstr(said, SECRET));
	free(said);
}

static json_t *diff(const char *from, const char *to)
{
	struct site_model *a = test_model(from), *b = test_model(to);
	json_t *d = site_diff(a, b);

	site_free(a);
	site_free(b);
	return d;
}

static void test_diff(void **state)
{
#define ONE(more) SITE "rack A { enclosure A1 { manager { address = a user = u " more " } blade a1 { bay = 1 spare = yes } } }\n"
	json_t *d = diff(ONE(""), ONE("password = \"" SECRET "\""));
	char *text = json_dumps(d, JSON_COMPACT);
	assert_string_equal(text, "{\"managers\":{\"changed\":[\"enclosure:A1\"]}}");
	free(text);
	json_decref(d);
	d = diff(ONE(""), SITE "rack A { enclosure A1 { bays = \"1-16\" blade a1 { bay = 1 spare = yes manager { address = b user = u } } } }\n");
	text = json_dumps(d, JSON_COMPACT);
	assert_string_equal(text, "{\"managers\":{\"added\":[\"blade:a1\"],\"gone\":[\"enclosure:A1\"]}}");
	free(text);
	json_decref(d);
	d = diff("site t { start-order = { a, b } }\n", "site t { start-order = { b, a } stagger = \"5 s\" }\n");
	text = json_dumps(d, JSON_COMPACT);
	assert_string_equal(text, "{\"site\":{\"changed\":[\"start_order\",\"stagger_ms\"]}}");
	free(text);
	json_decref(d);
	/* the same again, warnings and all */
	d = diff(ONE("password = x"), ONE("password = x"));
	assert_int_equal(json_object_size(d), 0);
	json_decref(d);
}

/* What came over the pipe wrong leads nowhere: it is no model. */
static void test_indexes(void **state)
{
	struct site_model *m = test_model(ONE(""));
	json_t *j = site_model_write(m);

	site_free(m);
	m = site_model_read(j);
	assert_non_null(m);
	assert_string_equal(m->managers[0].addresses[0], "a");
	assert_int_equal(m->blades[0].manager, 0);
	site_free(m);
	json_array_clear(json_object_get(j, "managers"));
	assert_null(site_model_read(j));
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manager),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_password_files),
		cmocka_unit_test(test_rack),
		cmocka_unit_test(test_credential),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_indexes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* The provider's notices: as the site file says them, right and wrong; the options of consoles beside them; whom a notice is for; and
 * when it comes and goes, by the site's clock. */
#include "test_site_help.h"

#include "broker/notices.h"
#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define TENANTS "tenant acme { }\ntenant acm { }\ntenant globex { }\n"
#define HOUR 3600
#define START INT64_C(1795100400) /* 2026-11-20 00:00 in Tokyo */

static void test_read_site(void **state)
{
	struct site_model *m = test_model("site t { zone = \"Asia/Tokyo\" support = \"help@p.example\" console-idle = \"20 min\" console-escape = \"^a\" consoles = 300 }\n" TENANTS
		"notice move { text = \"We move.\" text-ja = \"移転\" level = warning tenants = { acme, globex } from = \"2026-11-20\" until = \"2026-11-20 02:30\" }\n"
		"notice plain { text = x }\n");

	assert_string_equal(m->support, "help@p.example");
	assert_int_equal(m->console_idle_s, 1200);
	assert_string_equal(m->console_escape, "^A");
	assert_int_equal(m->consoles_max, 300);
	assert_int_equal(m->nnotices, 2);
	const struct site_notice *x = m->notices;
	assert_string_equal(x->text_ja, "移転");
	assert_true(x->warning);
	assert_int_equal(x->ntenants, 2);
	assert_string_equal(x->tenants[1], "globex");
	assert_string_equal(x->from, "2026-11-20 00:00");
	assert_string_equal(x->until, "2026-11-20 02:30");
	assert_false(x[1].warning);
	assert_int_equal(x[1].ntenants, 0);
	assert_string_equal(x[1].from, "");
	site_free(m);

	/* Nothing is said: and of a site that URIs made the same. */
	const char *uri = "test:///default";
	struct site_model *made;
	assert_null(site_from_uris(&uri, 1, &made));
	m = test_model("site t { console-idle = none }\n");
	assert_int_equal(m->console_idle_s, 0);
	assert_string_equal(m->console_escape, made->console_escape);
	assert_string_equal(made->console_escape, "^]");
	assert_int_equal(made->console_idle_s, 900);
	assert_string_equal(m->support, made->support);
	assert_int_equal(m->consoles_max, 0);
	site_free(m);
	site_free(made);
}

static void test_wrong(void **state)
{
	test_expect("site t {\n"                                                    /* 1 */
		    "	console-idle = 20\n"
		    "	console-escape = \"^C\"\n"
		    "	consoles = 0\n"
		    "}\n" TENANTS                                                   /* 6 to 8 */
		    "notice a { }\n"                                                /* 9 */
		    "notice b { text = x level = loud tenants = { acme,\n"          /* 10 */
		    "	initech } }\n"
		    "notice c { text = x from = \"2026-02-30\" until = \"tomorrow\" }\n" /* 12 */
		    "notice d { text = x from = \"2026-11-25\" until = \"2026-11-25 00:00\" }\n"
		    "notice d { text = y }\n"                                       /* 14 */
		    "notice e { text = x tenants = { } }\n",
		"site.conf:2 site.value.duration\n"
		"site.conf:3 site.console-escape\n"
		"site.conf:4 site.value.number\n"
		"site.conf:9 site.missing\n"
		"site.conf:10 site.value.choice\n"
		"site.conf:11 site.unknown.ref\n"
		"site.conf:12 site.notice.time\n"
		"site.conf:12 site.notice.time\n"
		"site.conf:13 site.notice.order\n"
		"site.conf:14 site.twice\n"
		"site.conf:15 site.notice.nobody\n");
	/* Each key that a terminal needs, and what is none. */
	static const char *const keys[] = {"^C", "^D", "^H", "^I", "^J", "^L", "^M", "^Q", "^S", "^Z", "^[", "^", "]", "^]]", "^@", "^?", "C-a", "^1"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char text[80];
		snprintf(text, sizeof text, "site t { console-escape = \"%s\" }\n", keys[i]);
		test_expect(text, "site.conf:1 site.console-escape\n");
	}
}

static void test_diff(void **state)
{
	struct site_model *m = test_model("site t { support = a }\nnotice x { text = a }\nnotice y { text = a }\n"),
			  *n = test_model("site t { support = b }\nnotice x { text = b }\nnotice z { text = a }\n");
	json_t *d = site_diff(m, n);
	char *text = json_dumps(d, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, "{\"notices\":{\"added\":[\"z\"],\"changed\":[\"x\"],\"gone\":[\"y\"]},\"site\":{\"changed\":[\"support\"]}}");
	free(text);
	json_decref(d);
	site_free(m);
	site_free(n);
}

static void test_for(void **state)
{
	static const struct { const char *tenants, *tenant; enum role role; bool is; } rows[] = {
		{"", "acme", ROLE_CUSTOMER, true}, {"acme", "acme", ROLE_CUSTOMER, true}, {"globex, acme", "acme", ROLE_CUSTOMER, true},
		{"globex, acme, hooli", "acme", ROLE_CUSTOMER, true}, {"globex", "acme", ROLE_CUSTOMER, false}, {"acme2", "acme", ROLE_CUSTOMER, false},
		{"the acme", "acme", ROLE_CUSTOMER, false}, {"acme", "acm", ROLE_CUSTOMER, false}, {"", "", ROLE_CUSTOMER, false},
		{"acme", "", ROLE_OPERATOR, true}, {"acme", "", ROLE_VIEWER, true}, {"", "acme", ROLE_NONE, false}};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct notice *n = object_new(KIND_NOTICE);
		struct actor a = {.role = rows[i].role, .user = "u", .origin = "", .tenant = rows[i].tenant};

		intern_set(&n->tenants, rows[i].tenants);
		if (notice_is_for(n, &a) != rows[i].is)
			fail_msg("[%s] for %s", rows[i].tenants, rows[i].tenant);
		object_free(KIND_NOTICE, n);
	}
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

static bool there(struct registry *r, const char *id)
{
	return registry_find(r, KIND_NOTICE, id) != NULL;
}

static void test_times(void **state)
{
	struct site_model *m = test_model("site t { zone = \"Asia/Tokyo\" }\n" TENANTS
		"notice a { text = \"one\" }\n"
		"notice b { text = \"two\" from = \"2026-11-20 01:00\" until = \"2026-11-20 02:00\" tenants = { acme, globex } level = warning }\n"
		"notice old { text = \"over\" until = \"2026-11-20\" }\n");
	struct site_model *n = test_model("site t { zone = \"Asia/Tokyo\" }\nnotice a { text = \"another\" }\n");
	struct loop *l = loop_new();
	struct registry *r = registry_new();
	int told = 0;

	clock_fake(1000, START);
	struct notices *x = notices_new(l, r, count, &told);
	notices_site(x, m);
	assert_int_equal(told, 1);
	assert_true(there(r, "notice:a"));
	assert_false(there(r, "notice:b"));
	assert_false(there(r, "notice:old")); /* its last moment was the one before */
	/* The timer looks; nothing is told while nothing changes. */
	clock_fake_advance(HOUR * 1000 - 1000);
	while (loop_step(l, 0))
		;
	assert_false(there(r, "notice:b"));
	assert_int_equal(told, 1);
	clock_fake_advance(1000);
	while (loop_step(l, 0))
		;
	assert_true(there(r, "notice:b"));
	assert_int_equal(told, 2);
	const struct notice *b = registry_find(r, KIND_NOTICE, "notice:b");
	assert_string_equal(b->tenants, "acme, globex");
	assert_string_equal(b->level, "warning");
	assert_int_equal(b->since, START + HOUR);
	assert_int_equal(b->until, START + 2 * HOUR);
	clock_fake_advance(HOUR * 1000);
	while (loop_step(l, 0))
		;
	assert_false(there(r, "notice:b"));
	assert_int_equal(told, 3);
	/* A reload: changed in place, the rest goes. */
	notices_site(x, n);
	assert_int_equal(told, 4);
	assert_string_equal(((struct notice *)registry_find(r, KIND_NOTICE, "notice:a"))->text, "another");
	assert_int_equal(registry_count(r, KIND_NOTICE), 1);
	notices_site(x, n);
	assert_int_equal(told, 4);
	notices_free(x);
	clock_real();
	registry_free(r);
	loop_free(l);
	site_free(m);
	site_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_site), cmocka_unit_test(test_wrong), cmocka_unit_test(test_diff), cmocka_unit_test(test_for),
		cmocka_unit_test(test_times),
	};

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	test_dir_remove();
	return failed;
}

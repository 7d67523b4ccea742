/* What is another's cannot be used by knowing its name: plans of others and of before, stream ids of others, credit beyond all numbers;
 * and what was begun under a role or a right that is gone. On the bed of test_rights.c, with consoles (consoled.c). */
#include "rights_bed.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *preview(struct talk *t, const char *verb, const char *server)
{
	return talk_get(t, "plan", "{s:s, s:[s]}", "verb", verb, "targets", server_id[server_of(server)]);
}

static void refused_as_unknown(struct talk *t, json_t *plan)
{
	const char *typed = field_of(json_object_get(plan, "confirm"), "text");

	talk_refused(t, "confirm", "plan.unknown", "commit", "{s:O, s:s}", "plan", json_object_get(plan, "plan"), "confirm",
		typed[0] ? typed : "yes");
}

static int began(struct talk *o, const char *server)
{
	json_t *r = talk_get(o, "audit", "{s:s}", "object", server_id[server_of(server)]), *one;
	size_t i;
	int n = 0;

	json_array_foreach(json_object_get(r, "records"), i, one)
		n += strcmp(field_of(one, "what"), "begin") == 0;
	json_decref(r);
	return n;
}

/* ---- plans ---- */

/* Every person, with the plan of every other that made one, and with his own in another connection of his. */
static void test_plans_of_others(void **state)
{
	static const char *const made_by[] = { "operator", "full", "other" }, *const of[] = { "globex-one", "acme-own", "globex-one" };
	struct talk *o = rights_hello(0);
	int before = began(o, "globex-one") + began(o, "acme-own"), cells = 0;

	for (int m = 0; m < 3; m++) {
		struct talk *maker = rights_hello(person_of(made_by[m]));
		json_t *p = preview(maker, "power-off", of[m]);
		for (int i = 0; i < PEOPLE; i++) {
			if (!verb_cells[i][0] || strcmp(people[i].name, "viewer") == 0)
				continue;
			struct talk *t = rights_hello(i);
			refused_as_unknown(t, p);
			talk_end(t);
			cells++;
		}
		struct talk *wall = rights_hello(person_of("viewer"));
		talk_refused(wall, "role", "request.role", "commit", "{s:O}", "plan", json_object_get(p, "plan"));
		talk_end(wall);
		/* He comes again: what he had made is gone with his connection. */
		talk_end(maker);
		maker = rights_hello(person_of(made_by[m]));
		refused_as_unknown(maker, p);
		json_decref(p);
		talk_end(maker);
	}
	assert_int_equal(began(o, "globex-one") + began(o, "acme-own"), before);
	assert_true(cells >= 3 * (PEOPLE - 2));
	talk_end(o);
}

/* Said over and over, in one breath and after its job's end: one job. Not even its refusals are tried again as something else. */
static void test_replayed(void **state)
{
	struct talk *t = rights_hello(person_of("full")), *o = rights_hello(0);
	int before = began(o, "acme-own"), ids[8];
	char *job = NULL;

	talk_subscribe(t);
	json_t *p = preview(t, "reboot", "acme-own");
	for (int i = 0; i < 8; i++)
		ids[i] = talk_start(t, "commit", json_pack("{s:O, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes"));
	for (int i = 0; i < 8; i++) {
		json_t *a = talk_answer(t, ids[i]);
		const char *is = field_of(json_object_get(a, "return"), "job");
		assert_true(is[0]);
		if (!job)
			job = xstrdup(is);
		assert_string_equal(is, job);
		json_decref(a);
	}
	talk_job(t, job);
	json_t *again = talk_get(t, "commit", "{s:O, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes");
	assert_string_equal(field_of(again, "job"), job);
	assert_int_equal(began(o, "acme-own"), before + 1);
	json_decref(again);
	json_decref(p);
	free(job);
	talk_end(t);
	talk_end(o);
}

/* ---- a role that is taken away ---- */

static void test_role_taken(void **state)
{
	int full = person_of("full");
	struct talk *t = rights_hello(full), *o = rights_hello(0);
	int before = began(o, "acme-own");

	/* To another tenant: what was his is unknown to him, plan and server. */
	json_t *p = preview(t, "reboot", "acme-own");
	rights_reload(full, "role customer { tenant = globex users = { bin } }");
	refused_as_unknown(t, p);
	talk_refused(t, "notfound", "target.none", "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", server_id[server_of("acme-own")]);
	json_decref(p);
	/* To a wall. */
	p = preview(t, "reboot", "globex-one");
	rights_reload(full, "role viewer { users = { bin } }");
	talk_refused(t, "role", "request.role", "commit", "{s:O, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes");
	json_decref(p);
	/* To nobody, with the commit on its way. */
	rights_reload(-1, NULL);
	p = preview(t, "reboot", "acme-own");
	rights_reload(full, "");
	talk_start(t, "commit", json_pack("{s:O, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes"));
	json_decref(p);
	bool told = false;
	while (talk_read(t, TALK_MS)) {
		assert_null(json_object_get(t->other, "return"));
		told |= strcmp(field_of(json_object_get(t->other, "error"), "msg"), "peer.role.lost") == 0;
	}
	assert_true(t->ended && told);
	assert_int_equal(began(o, "acme-own"), before);
	rights_reload(-1, NULL);
	talk_end(t);
	talk_end(o);
}

/* ---- streams ---- */

static char *open_it(struct talk *t, const char *server, const char *mode)
{
	json_t *r = talk_get(t, "stream-open", "{s:s, s:s, s:i}", "object", server_id[server_of(server)], "mode", mode, "credit", 0);
	char *name = xstrdup(field_of(r, "stream"));

	json_decref(r);
	return name;
}

static void no_such_stream(struct talk *t, const char *name)
{
	talk_refused(t, "state", "console.stream", "stream-data", "{s:s, s:s}", "stream", name, "data", "eA==");
	talk_refused(t, "state", "console.stream", "stream-credit", "{s:s, s:i}", "stream", name, "bytes", 1);
	talk_refused(t, "state", "console.stream", "stream-close", "{s:s}", "stream", name);
}

static void test_streams_of_others(void **state)
{
	static const char *const forged[] = { "s1", "s2", "s0", "s-1", "s4294967297", "S1", " s1", "s01", "1", "" };
	struct talk *o = rights_hello(0), *own = rights_hello(person_of("full"));
	char *its = open_it(o, "acme-own", "write"), *watched = open_it(own, "acme-own", "watch");

	/* Another's names mean nothing, whether one may see the server or not. */
	static const char *const who[] = { "full", "other", "operator" };
	for (int i = 0; i < 3; i++) {
		struct talk *t = rights_hello(person_of(who[i]));
		for (size_t k = 0; k < sizeof forged / sizeof forged[0]; k++)
			no_such_stream(t, forged[k]);
		talk_end(t);
	}
	/* Who watches does not type, whatever he says; and does not take the pen from the staff. */
	talk_refused(own, "lease", "console.watching", "stream-data", "{s:s, s:s}", "stream", watched, "data", "eA==");
	talk_refused(own, "lease", "console.held", "stream-open", "{s:s, s:s, s:s}", "object", server_id[server_of("acme-own")], "mode",
		"write", "take", "yes");
	/* It is there still, and its owner's. */
	json_decref(talk_get(o, "stream-data", "{s:s, s:s}", "stream", its, "data", "eA=="));
	json_decref(talk_get(o, "stream-close", "{s:s}", "stream", its));
	no_such_stream(o, its);
	talk_end(own);
	talk_end(o);
	free(its);
	free(watched);
}

static void test_credit(void **state)
{
	static const json_int_t wrong[] = { 0, -1, 262145, 2147483647, 2147483648, 4294967295, 4294967296, LLONG_MAX, LLONG_MIN };
	static const char *const no_numbers[] = { "9223372036854775808", "-9223372036854775809", "1e30", "1.0", "\"1\"", "true", "null", "[1]" };
	struct talk *t = rights_hello(person_of("full"));
	char *s = open_it(t, "acme-own", "write");

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		talk_refused(t, "usage", "args.range", "stream-credit", "{s:s, s:I}", "stream", s, "bytes", wrong[i]);
	json_decref(talk_get(t, "stream-credit", "{s:s, s:i}", "stream", s, "bytes", 262143));
	while (talk_read(t, 200)) /* what there is takes some of it */
		;
	talk_refused(t, "limit", "console.credit", "stream-credit", "{s:s, s:i}", "stream", s, "bytes", 262144);
	talk_end(t);
	free(s);
	/* Those that are no numbers of ours: refused, or the end of him who said it, and of nobody else. */
	for (size_t i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
		t = rights_hello(person_of("full"));
		char *line = xasprintf("{\"execute\":\"stream-credit\",\"arguments\":{\"stream\":\"s1\",\"bytes\":%s}}\n", no_numbers[i]);
		talk_send(t, line);
		assert_true(talk_read(t, TALK_MS));
		assert_string_equal(field_of(json_object_get(t->other, "error"), "class"), "usage");
		free(line);
		talk_end(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans_of_others), cmocka_unit_test(test_replayed), cmocka_unit_test(test_role_taken),
		cmocka_unit_test(test_streams_of_others), cmocka_unit_test(test_credit),
	};

	return cmocka_run_group_tests(tests, rights_start_consoles, rights_stop_consoles);
}

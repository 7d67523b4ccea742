/* Clusters and volumes in the stream, what-if and find over the socket: for an operator, a wall, a customer; and over a reload. */
#include "roles_bed.h"

#include <stdlib.h>
#include <string.h>

#define MORE \
	"cluster K1 { nodes = { \"a1-[01-02]\" } }\n" \
	"volume vol-1 { size = \"300 GiB\" cluster = K1 path = \"/srv/vol-1\" }\n"

static int sites_start(void **state)
{
	roles_start(state);
	daemon_append(&d, MORE);
	become(OPERATOR);
	return 0;
}

static json_int_t number(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static json_t *what_if(struct talk *t, const char *object)
{
	return talk_get(t, "what-if", "{s:s}", "object", object);
}

static void test_operator(void **state)
{
	struct talk *t = talk_hello(&d);

	talk_subscribe(t);
	talk_wait(t, "cluster:K1", "sure", "2");
	talk_wait(t, "cluster:K1", "vms", "16");
	json_t *k1 = json_object_get(t->objects, "cluster:K1");
	assert_string_equal(field_of(k1, "pattern"), "one-enclosure");
	assert_string_equal(field_of(k1, "quorum"), "kept");
	assert_string_equal(field_of(k1, "blade_lost"), "lost"); /* one of two is no majority */
	talk_wait(t, "volume:vol-1", "vms_max", "4");
	json_t *j = what_if(t, "blade:a1-01");
	assert_int_equal(number(j, "vms"), 8);
	assert_true(number(j, "running") > 0);
	assert_string_equal(field_of(json_array_get(json_object_get(j, "clusters"), 0), "quorum"), "lost");
	bool contact = false;
	size_t i;
	json_t *one;
	json_array_foreach(json_object_get(j, "tenants"), i, one)
		contact |= strcmp(field_of(one, "contact"), "noc@acme.example, +81 3 5550 0101") == 0;
	assert_true(contact);
	json_decref(j);
	j = what_if(t, "rack:A");
	assert_int_equal(number(j, "vms"), 16);
	json_decref(j);
	json_decref(what_if(t, "cluster:K1"));
	json_decref(what_if(t, "volume:vol-1"));
	json_decref(what_if(t, foreign));
	talk_refused(t, "notfound", "target.none", "what-if", "{s:s}", "object", "blade:zz");
	talk_refused(t, "usage", "what-if.kind", "what-if", "{s:s}", "object", "site");
	j = talk_get(t, "show", "{s:s}", "object", "cluster:K1");
	assert_int_equal(number(json_object_get(j, "object"), "nodes"), 2);
	json_decref(j);
	j = talk_get(t, "find", "{s:s, s:i}", "text", foreign_uuid, "limit", 5);
	one = json_array_get(json_object_get(j, "found"), 0);
	assert_string_equal(field_of(one, "id"), foreign);
	assert_string_equal(field_of(one, "name"), foreign_name);
	assert_string_equal(field_of(one, "by"), "uuid");
	assert_string_equal(field_of(one, "what"), foreign_uuid);
	assert_non_null(strstr(field_of(one, "place"), "rack A, A1, bay "));
	json_decref(j);
	j = talk_get(t, "find", "{s:s, s:i}", "text", "a", "limit", 3);
	assert_int_equal(json_array_size(json_object_get(j, "found")), 3);
	assert_string_equal(field_of(json_array_get(json_object_get(j, "found"), 0), "id"), "rack:A");
	assert_true(number(j, "more") > 0);
	json_decref(j);
	talk_refused(t, "usage", "args.range", "find", "{s:s, s:i}", "text", "a", "limit", 101);
	/* A host that goes is a vote that nobody knows of; a reload makes it another cluster. */
	daemon_append(&d, "cluster K2 { }\n");
	become(OPERATOR);
	talk_wait(t, "cluster:K2", "nodes", "0");
	talk_end(t);
}

static void test_viewer(void **state)
{
	become(VIEWER);
	struct talk *t = talk_hello(&d);
	json_t *j = what_if(t, "enclosure:A1"), *one;
	size_t i;

	json_array_foreach(json_object_get(j, "tenants"), i, one)
		assert_string_equal(field_of(one, "contact"), "");
	json_array_foreach(json_object_get(j, "impact"), i, one)
		assert_string_not_equal(field_of(one, "msg"), "tenant.procedure");
	json_decref(j);
	j = talk_get(t, "find", "{s:s}", "text", "between us"); /* a reason is for operators */
	assert_int_equal(json_array_size(json_object_get(j, "found")), 0);
	json_decref(j);
	talk_end(t);
}

static void test_customer(void **state)
{
	become(ACME);
	struct talk *t = talk_hello(&d);

	talk_subscribe(t);
	assert_null(json_object_get(t->objects, "cluster:K1"));
	assert_null(json_object_get(t->objects, "volume:vol-1"));
	talk_refused(t, "role", "request.role", "what-if", "{s:s}", "object", foreign);
	talk_refused(t, "notfound", "target.none", "show", "{s:s}", "object", "cluster:K1");
	static const char *const secrets[] = { "a1-01", "K1", "vol-1", "blade:a1-01" };
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets + 4; i++) {
		const char *text = i < 4 ? secrets[i] : i == 4 ? foreign : i == 5 ? foreign_name : i == 6 ? foreign_uuid : foreign_job;
		json_t *j = talk_get(t, "find", "{s:s}", "text", text);
		if (json_array_size(json_object_get(j, "found")) || number(j, "more"))
			fail_msg("a customer finds %s: %s", text, json_dumps(j, 0));
		json_decref(j);
	}
	json_t *j = talk_get(t, "find", "{s:s, s:i}", "text", "acme", "limit", 100), *one;
	size_t i;
	assert_true(json_array_size(json_object_get(j, "found")) > 1);
	json_array_foreach(json_object_get(j, "found"), i, one) {
		assert_string_equal(field_of(one, "kind"), "vm");
		assert_string_equal(field_of(one, "place"), "");
		assert_non_null(json_object_get(t->objects, field_of(one, "id")));
	}
	json_decref(j);
	talk_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_operator), cmocka_unit_test(test_viewer), cmocka_unit_test(test_customer) };

	return cmocka_run_group_tests(tests, sites_start, roles_stop);
}

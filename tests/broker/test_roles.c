/* Who sees and may what: viewers, strangers, groups, and a role that moves under a connection. */
#include "roles_bed.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_viewer(void **state)
{
	become(VIEWER);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	assert_non_null(json_object_get(t->objects, "blade:a1-01"));
	assert_null(json_object_get(json_object_get(t->objects, "blade:a1-01"), "uri"));
	assert_non_null(json_object_get(t->objects, foreign));
	talk_refused(t, "role", "request.role", "plan", "{s:s, s:[s]}", "verb", "power-on", "targets", foreign);
	talk_refused(t, "role", "request.role", "commit", "{s:s}", "plan", "p-0");
	talk_refused(t, "role", "request.role", "actions", "{s:[s]}", "targets", foreign);
	talk_refused(t, "role", "request.role", "lease-break", "{s:s, s:s}", "object", foreign, "reason", "x");
	talk_refused(t, "role", "request.role", "refresh", "{s:s}", "object", foreign);
	talk_refused(t, "role", "request.role", "limits-set", "{s:s, s:s, s:s}", "object", foreign, "kind", "kept", "limit", "9");
	talk_refused(t, "role", "request.role", "snapshot-settle", "{s:s, s:s, s:s}", "object", foreign, "snapshot", "x", "reason", "x");
	talk_refused(t, "role", "request.role", "audit-verify", NULL);
	talk_refused(t, "role", "request.role", "report-snapshots", "{s:s}", "month", "2026-03");
	json_t *r = talk_get(t, "audit", "{s:i}", "limit", 100), *one;
	size_t i;
	bool denied = false;
	json_array_foreach(json_object_get(r, "records"), i, one) {
		assert_null(json_object_get(one, "reason")); /* may speak of customers */
		denied |= strcmp(field_of(one, "what"), "denied") == 0 && strcmp(field_of(one, "request"), "plan") == 0;
	}
	assert_true(denied);
	json_decref(r);
	talk_end(t);
}

/* An operator's wall: the connection is a viewer's, also behind a reload that leaves him an operator; who is no staff gets none. */
static void test_read_only(void **state)
{
	become(OPERATOR);
	struct talk *t = talk_to(&d);
	json_t *hello = talk_get(t, "hello", "{s:i, s:[s], s:s}", "protocol", 1, "features", "batch", "read", "only");
	assert_string_equal(field_of(hello, "role"), "viewer");
	assert_int_equal(json_integer_value(json_object_get(hello, "idle_s")), 0);
	json_decref(hello);
	talk_subscribe(t);
	assert_non_null(json_object_get(t->objects, foreign));
	assert_null(json_object_get(json_object_get(t->objects, "blade:a1-01"), "uri"));
	talk_refused(t, "role", "request.role", "plan", "{s:s, s:[s]}", "verb", "power-on", "targets", foreign);
	become(ACME);
	while (talk_read(t, TALK_MS))
		;
	assert_true(t->ended);
	assert_string_equal(field_of(json_object_get(t->other, "error"), "msg"), "peer.role.lost");
	talk_end(t);
	t = talk_to(&d);
	talk_refused(t, "role", "peer.read_only", "hello", "{s:i, s:s}", "protocol", 1, "read", "only");
	talk_end(t);
	become(OPERATOR);
	t = talk_to(&d);
	talk_refused(t, "usage", "peer.read", "hello", "{s:i, s:s}", "protocol", 1, "read", "all");
	talk_end(t);
	t = talk_to(&d);
	json_decref(talk_get(t, "hello", "{s:i, s:s}", "protocol", 1, "read", "only"));
	become("# the same again\n" OPERATOR);
	talk_refused(t, "role", "request.role", "plan", "{s:s, s:[s]}", "verb", "power-on", "targets", foreign);
	talk_end(t);
}

static void test_nobody(void **state)
{
	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	become(NOBODY);
	/* Who was inside is told and ends; who knocks too. */
	while (talk_read(t, TALK_MS))
		;
	assert_true(t->ended);
	assert_string_equal(field_of(json_object_get(t->other, "error"), "msg"), "peer.role.lost");
	talk_end(t);
	t = talk_to(&d);
	talk_refused(t, "role", "peer.role", "hello", "{s:i}", "protocol", 1);
	while (talk_read(t, TALK_MS))
		;
	assert_true(t->ended);
	talk_end(t);
}

static void test_group(void **state)
{
	char lines[256];
	const struct group *g = getgrgid(getegid());

	assert_non_null(g);
	snprintf(lines, sizeof lines, "role viewer { groups = { \"%s\" } }\n", g->gr_name);
	become(lines);
	struct talk *t = talk_to(&d);
	json_t *me = talk_get(t, "hello", "{s:i}", "protocol", 1);
	assert_string_equal(field_of(me, "role"), "viewer");
	assert_string_equal(field_of(me, "user"), getenv("TEST_ME")); /* asked of the name service, beside the loop */
	json_decref(me);
	talk_end(t);
}

static void test_role_moves(void **state)
{
	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	size_t all = json_object_size(t->objects);
	json_t *p = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "power-on", "targets", foreign);
	become(ACME);
	while (t->synced < 2)
		assert_true(talk_read(t, TALK_MS));
	assert_int_equal(t->resets, 1);
	assert_true(json_object_size(t->objects) < all);
	assert_null(json_object_get(t->objects, foreign));
	/* Its previews died with its role. */
	talk_refused(t, "confirm", "plan.unknown", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
	talk_end(t);
}

#define ASKERS 6
#define ASKED 150 /* of each: as many as are answered without a rest */

/* What he asked for as an operator, and what is looked up while he becomes another, is not told to the other. */
static void test_asked_before(void **state)
{
	struct talk *t[ASKERS];

	become(OPERATOR);
	for (int i = 0; i < ASKERS; i++) {
		t[i] = talk_hello(&d);
		talk_subscribe(t[i]);
	}
	for (int n = 0; n < ASKED; n++)
		for (int i = 0; i < ASKERS; i++)
			talk_start(t[i], "audit-verify", NULL);
	become(ACME);
	for (int i = 0; i < ASKERS; i++) {
		int answers = 0;

		while (answers < ASKED || t[i]->resets == 0) {
			assert_true(talk_read(t[i], TALK_MS));
			if (!t[i]->other)
				continue;
			if (t[i]->resets > 0 && json_object_get(t[i]->other, "return"))
				fail_msg("told after he became another: %s", json_dumps(t[i]->other, 0));
			answers++;
			json_decref(t[i]->other);
			t[i]->other = NULL;
		}
		talk_end(t[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_viewer), cmocka_unit_test(test_read_only), cmocka_unit_test(test_nobody), cmocka_unit_test(test_group),
		cmocka_unit_test(test_role_moves), cmocka_unit_test(test_asked_before),
	};

	return cmocka_run_group_tests(tests, roles_start, roles_stop);
}

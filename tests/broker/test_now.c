/* What VMs do now, over the socket: who may watch what, when numbers come and when they end, and a guest's screen. */
#include "roles_bed.h"

#include "common/base64.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char own[64];

static json_t *row_of(struct talk *t, const char *id)
{
	for (int i = 0; !json_object_get(t->stats, id) || json_integer_value(json_array_get(json_object_get(t->stats, id), 1)) < 0; i++)
		if (i > 600 || !talk_read(t, TALK_MS))
			fail_msg("no numbers of %s", id);
	return json_object_get(t->stats, id);
}

/* Nothing more of it comes, for longer than the first answers take. */
static void silent(struct talk *t, const char *id)
{
	json_object_del(t->stats, id);
	while (talk_read(t, 2500))
		if (json_object_get(t->stats, id))
			fail_msg("numbers of %s", id);
}

static void test_operator(void **state)
{
	const char *id;
	json_t *o;

	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "tenant"), "acme") == 0 && strcmp(field_of(o, "state"), "running") == 0)
			snprintf(own, sizeof own, "%s", id);
	assert_true(own[0]);
	json_t *r = talk_get(t, "watch", "{s:[s, s]}", "ids", own, foreign); /* the second one is off */
	assert_int_equal(json_integer_value(json_object_get(r, "every_s")), 5);
	json_decref(r);
	json_t *row = row_of(t, own);
	assert_int_equal(json_array_size(row), 7);
	assert_in_range(json_integer_value(json_array_get(row, 1)), 1, 1000);
	assert_true(json_is_integer(json_array_get(row, 2)));
	assert_null(json_object_get(t->stats, foreign));
	json_decref(talk_get(t, "watch", "{s:[]}", "ids"));
	silent(t, own);
	talk_refused(t, "notfound", "target.none", "watch", "{s:[s]}", "ids", "vm:0000000000000000");
	talk_refused(t, "usage", "now.kind", "watch", "{s:[s]}", "ids", "blade:a1-01");
	json_t *many = json_array();
	for (int i = 0; i < 65; i++)
		json_array_append_new(many, json_string(own));
	talk_refused(t, "limit", "watch.many", "watch", "{s:o}", "ids", many);
	talk_end(t);
}

static void check_picture(struct talk *t, int columns, int rows)
{
	json_t *r = talk_get(t, "screenshot", "{s:s, s:i, s:i}", "object", own, "columns", columns, "rows", rows);
	int w = (int)json_integer_value(json_object_get(r, "w")), h = (int)json_integer_value(json_object_get(r, "h"));
	const char *text = field_of(r, "pixels");
	struct buf pixels = { 0 };

	assert_in_range(w, 1, columns);
	assert_in_range(h, 1, 2 * rows);
	assert_true(w == columns || h == 2 * rows);
	assert_true(base64_read(&pixels, text, strlen(text), (size_t)(w * h)));
	assert_int_equal(pixels.len, w * h);
	for (size_t i = 0; i < pixels.len; i++)
		assert_true((unsigned char)pixels.data[i] >= 16);
	assert_true(json_integer_value(json_object_get(r, "at")) > 0);
	buf_free(&pixels);
	json_decref(r);
}

static void test_screen(void **state)
{
	struct talk *t = talk_hello(&d);

	check_picture(t, 80, 24);
	check_picture(t, 1, 1);
	check_picture(t, 320, 120);
	talk_refused(t, "state", "screen.off", "screenshot", "{s:s, s:i, s:i}", "object", foreign, "columns", 80, "rows", 24);
	talk_refused(t, "usage", "now.kind", "screenshot", "{s:s, s:i, s:i}", "object", "blade:a1-01", "columns", 80, "rows", 24);
	talk_refused(t, "usage", "args.range", "screenshot", "{s:s, s:i, s:i}", "object", own, "columns", 321, "rows", 24);
	/* Several at once are answered by one picture, each in its size; the last one's asker has gone by then. */
	int one = talk_start(t, "screenshot", json_pack("{s:s, s:i, s:i}", "object", own, "columns", 10, "rows", 10));
	int two = talk_start(t, "screenshot", json_pack("{s:s, s:i, s:i}", "object", own, "columns", 20, "rows", 20));
	struct talk *gone = talk_hello(&d);
	talk_start(gone, "screenshot", json_pack("{s:s, s:i, s:i}", "object", own, "columns", 20, "rows", 20));
	talk_end(gone);
	json_t *b = talk_answer(t, two), *a = talk_answer(t, one);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(a, "return"), "w")), 10);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(b, "return"), "w")), 20);
	json_decref(a);
	json_decref(b);
	talk_end(t);
}

static void test_viewer(void **state)
{
	become(VIEWER);
	struct talk *t = talk_hello(&d);
	json_decref(talk_get(t, "watch", "{s:[s]}", "ids", own));
	row_of(t, own);
	talk_refused(t, "role", "request.role", "screenshot", "{s:s, s:i, s:i}", "object", own, "columns", 80, "rows", 24);
	talk_end(t);
}

static void test_customer(void **state)
{
	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	char *job = talk_act(t, "power-on", foreign);
	assert_string_equal(talk_job(t, job), "done");
	free(job);
	json_decref(talk_get(t, "watch", "{s:[s, s]}", "ids", own, foreign));
	row_of(t, own);
	row_of(t, foreign);

	/* He becomes another: what he watches and may not see any more is silent from then on. */
	become(ACME);
	json_decref(talk_get(t, "ping", NULL)); /* behind all that was told before */
	json_object_clear(t->stats);
	row_of(t, own); /* both are told on the same beat */
	talk_read(t, 300);
	assert_null(json_object_get(t->stats, foreign));
	talk_end(t);
	t = talk_hello(&d);
	same_answers(t, "watch", "{\"ids\":[\"@\"]}", foreign, "vm:0000000000000000");
	same_answers(t, "screenshot", "{\"object\":\"@\",\"columns\":8,\"rows\":4}", foreign, "vm:0000000000000000");
	json_decref(talk_get(t, "watch", "{s:[s]}", "ids", own));
	row_of(t, own);
	check_picture(t, 40, 12);

	/* With the right to look alone he has numbers, and no picture. */
	become("role customer { tenant = \"acme\" users = { \"%s\" } right = view }\n");
	json_object_del(t->stats, own);
	row_of(t, own);
	talk_refused(t, "role", "role.screen", "screenshot", "{s:s, s:i, s:i}", "object", own, "columns", 80, "rows", 24);
	talk_end(t);
}

#define SHOTS 4 /* that are under way at a time, at most */

/* VMs of a host that does not answer: they keep one place, and who looks at another host's has his picture. */
static void test_hung_host(void **state)
{
	char one[SHOTS][64], other[64] = "", holding[128];
	int of_one[SHOTS], n = 0;
	struct daemon two;
	const char *id;
	json_t *o;

	daemon_holds();
	daemon_site(&two, 2, 2 * SHOTS, 0);
	daemon_hold(&two, true);
	daemon_shared(&two, "--short-ms", "600000", NULL); /* nothing is given up here */
	struct talk *t = talk_hello(&two);
	talk_subscribe(t);
	talk_wait_live(t, 2, 4 * SHOTS);
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0 || strcmp(field_of(o, "state"), "running") != 0)
			continue;
		if (strcmp(field_of(o, "blade"), "a1-01") != 0)
			snprintf(other, sizeof other, "%s", id);
		else if (n < SHOTS)
			snprintf(one[n++], sizeof one[0], "%s", id);
	}
	assert_int_equal(n, SHOTS);
	assert_true(other[0]);
	for (int i = 0; i < SHOTS; i++)
		of_one[i] = talk_start(t, "screenshot", json_pack("{s:s, s:i, s:i}", "object", one[i], "columns", 10, "rows", 10));
	snprintf(holding, sizeof holding, "%s/holding", two.dir);
	for (int i = 0; i < TALK_MS / 10 && access(holding, F_OK) != 0; i++)
		usleep(10000);
	assert_int_equal(access(holding, F_OK), 0);
	json_decref(talk_get(t, "screenshot", "{s:s, s:i, s:i}", "object", other, "columns", 10, "rows", 10));
	daemon_hold(&two, false);
	for (int i = 0; i < SHOTS; i++) /* one after the other */
		json_decref(talk_answer(t, of_one[i]));
	talk_end(t);
	assert_int_equal(daemon_end(&two, SIGTERM), 0);
	daemon_remove(&two);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_operator), cmocka_unit_test(test_screen), cmocka_unit_test(test_viewer),
		cmocka_unit_test(test_customer), cmocka_unit_test(test_hung_host) };

	return cmocka_run_group_tests(tests, roles_start, roles_stop);
}

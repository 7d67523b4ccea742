/* What a role costs its user when he takes too much: each refusal is written down, connections and requests have their bounds, a
 * console at rest is signed out; and a refusal takes as long as an answer that there is nothing. On the bed of test_rights.c. */
#include "patience.h"
#include "rights_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- what is written down ---- */

static bool has_denial(json_t *records, int p, const char *request, const char *msg)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(records, "records"), i, one)
		if (strcmp(field_of(one, "what"), "denied") == 0 && strcmp(field_of(one, "request"), request) == 0 &&
			strcmp(field_of(json_object_get(one, "outcome"), "msg"), msg) == 0 && strcmp(field_of(one, "by"), people[p].user) == 0 &&
			(strcmp(request, "connect") == 0 || strcmp(field_of(one, "origin"), "ssh 192.0.2.7") == 0))
			return true;
	return false;
}

static void test_recorded(void **state)
{
	int p = person_of("view"), nobody = person_of("nobody");
	struct talk *o = rights_hello(0), *many[3];

	rights_reload(p, "role customer { tenant = acme users = { games } right = view consoles = 2 }");
	sleep(3); /* what was written down of him before lets some more through */
	for (int i = 0; i < 3; i++)
		many[i] = i < 2 ? rights_hello(p) : rights_connect(p);
	assert_string_equal(field_of(json_object_get(many[2]->other, "error"), "msg"), "peers.user");
	json_decref(talk_get(many[0], "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", server_id[0]));
	talk_refused(many[0], "notfound", "target.none", "show", "{s:s}", "object", server_id[server_of("globex-one")]);
	struct talk *n = rights_connect(nobody);
	talk_refused(n, "role", "peer.role", "hello", "{s:i, s:s}", "protocol", 1, "origin", "ssh 192.0.2.7");
	json_t *r = talk_get(o, "audit", "{s:i}", "limit", 200);
	assert_true(has_denial(r, p, "connect", "peers.user"));
	assert_true(has_denial(r, p, "plan", "right.verb"));
	assert_true(has_denial(r, p, "show", "target.none"));
	assert_true(has_denial(r, nobody, "hello", "peer.role"));
	/* Who was refused is nobody's business but the provider's. */
	struct talk *full = rights_hello(person_of("full"));
	json_t *own = talk_get(full, "audit", "{s:s}", "object", server_id[0]);
	char *text = json_dumps(own, 0);
	assert_null(strstr(text, "denied"));
	free(text);
	json_decref(own);
	talk_end(full);
	json_decref(r);
	for (int i = 0; i < 3; i++)
		talk_end(many[i]);
	talk_end(n);
	talk_end(o);
	rights_reload(-1, NULL);
}

/* ---- too much, and too little ---- */

/* One user with all his connections gets no more than a few of them would; another does not feel it. */
static void test_flood(void **state)
{
	struct talk *many[16], *other = rights_hello(person_of("other"));
	int p = person_of("leaving"), answers = 0;
	struct buf b = { 0 };

	for (int i = 0; i < 400; i++)
		buf_str(&b, "{\"execute\":\"ping\"}\n");
	buf_append(&b, "", 1);
	for (int i = 0; i < 16; i++)
		many[i] = rights_hello(p);
	int64_t from = now_ms(), worst = 0;
	for (int i = 0; i < 16; i++)
		talk_send(many[i], b.data);
	for (int i = 0; i < 100; i++) {
		int64_t at = now_ms();
		json_decref(talk_get(other, "ping", NULL));
		worst = now_ms() - at > worst ? now_ms() - at : worst;
	}
	while (now_ms() - from < 1000 || (answers < 20 && now_ms() - from < TALK_MS))
		for (int i = 0; i < 16; i++)
			answers += talk_read(many[i], 1);
	for (int i = 0; i < 16; i++)
		talk_end(many[i]);
	int64_t ms = now_ms() - from;
	printf("a flood of 6400 requests over 16 connections: %d answered, another's worst of 100 took %lld ms\n", answers,
		(long long)worst);
	/* 4 shares of 200 at once, and of 100 a second; generously. */
	assert_in_range(answers, 20, 800 + 4 * 100 * (ms / 1000 + 2));
	assert_in_range(worst, 0, 500 * patience());
	talk_end(other);
	buf_free(&b);
}

/* Sends these lines; *ms: how long the second was: until so many came, too. */
static int answers_of_a_second(struct talk *t, const struct buf *lines, int least, int64_t *ms)
{
	int64_t from = now_ms();
	int answers = 0;

	talk_send(t, lines->data);
	while (now_ms() - from < 1000 || (answers < least && now_ms() - from < TALK_MS))
		answers += talk_read(t, 20);
	*ms = now_ms() - from;
	return answers;
}

/* So many are answered in a second of many that were asked at once. */
static void weighs(struct talk *t, const char *line, int asked, int cost)
{
	struct buf b = { 0 };
	int64_t ms;

	for (int i = 0; i < asked; i++)
		buf_str(&b, line);
	buf_append(&b, "", 1);
	int answers = answers_of_a_second(t, &b, 1, &ms);
	/* 200 at once and 100 a second, of so much each. */
	if (answers < 1 || answers > 200 / cost + 2 + 100 * (ms + 100) / 1000 / cost)
		fail_msg("%d answers in %lld ms: %s", answers, (long long)ms, line);
	buf_free(&b);
}

/* Long answers, and what is written down for good, count for more; and nobody counts the records of others by trying numbers. */
static void test_heavy(void **state)
{
	struct talk *t = rights_hello(person_of("full"));
	struct buf b = { 0 };
	int64_t ms;

	talk_refused(t, "role", "args.role", "audit", "{s:s, s:i}", "object", server_id[0], "before", 5);
	talk_refused(t, "role", "args.role", "audit", "{s:s, s:s}", "object", server_id[0], "by", "root");
	talk_refused(t, "role", "args.role", "audit", "{s:s, s:s}", "object", server_id[0], "tenant", "acme");
	for (int i = 0; i < 16; i++)
		buf_printf(&b, "{\"execute\":\"audit\",\"arguments\":{\"object\":\"%s\",\"limit\":1000}}\n", server_id[0]);
	buf_append(&b, "", 1);
	int answers = answers_of_a_second(t, &b, 4, &ms);
	/* 200 at once and 100 a second, of 41 each. */
	assert_in_range(answers, 4, 5 + ms / 400 + 1);
	talk_end(t);
	/* What looks through the whole site, or the whole log. */
	t = rights_hello(person_of("full"));
	weighs(t, "{\"execute\":\"find\",\"arguments\":{\"text\":\"a\"}}\n", 200, 5);
	talk_end(t);
	t = rights_hello(person_of("viewer"));
	weighs(t, "{\"execute\":\"audit\",\"arguments\":{\"by\":\"nobody\",\"limit\":1}}\n", 60, 20);
	talk_end(t);
	buf_free(&b);
}

static void test_idle(void **state)
{
	int p = person_of("frozen");

	rights_reload(p, "role customer { tenant = ice users = { news } idle = \"1 s\" }");
	struct talk *t = rights_connect(p);
	int64_t from = now_ms();
	json_t *me = talk_get(t, "hello", "{s:i}", "protocol", 1);
	assert_string_equal(field_of(me, "idle_s"), "1");
	json_decref(me);
	/* A console that only shows that it lives is not used. */
	while (!t->ended && now_ms() - from < TALK_MS) {
		talk_send(t, "{\"execute\":\"ping\"}\n{\"execute\":\"watch\",\"arguments\":{\"ids\":[]}}\n");
		while (talk_read(t, 100) && !t->ended)
			if (json_object_get(t->other, "error"))
				assert_string_equal(field_of(json_object_get(t->other, "error"), "msg"), "peer.idle");
	}
	assert_true(t->ended);
	assert_in_range(now_ms() - from, 990, 4000 * patience());
	talk_end(t);
	rights_reload(-1, NULL);
}

/* ---- time ---- */

static int by_size(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A foreign server and none at all, asked for in turn. */
static void test_time(void **state)
{
	static int64_t took[2][1000];
	static const char *const who[] = { "none", "full", "other" };
	struct talk *t = NULL;

	for (int i = 0; i < 1000; i++) {
		if (i % 85 == 0) {
			if (t)
				talk_end(t);
			t = rights_hello(person_of(who[i / 85 % 3]));
		}
		for (int k = 0; k < 2; k++) {
			int64_t from = now_ns();
			json_decref(talk_ask(t, "show", "{s:s}", "object", k ? ABSENT_ID : server_id[server_of("ice-one")]));
			took[k][i] = now_ns() - from;
		}
	}
	talk_end(t);
	for (int k = 0; k < 2; k++)
		qsort(took[k], 1000, sizeof took[k][0], by_size);
	printf("2,000 questions: a foreign server %.1f us, none at all %.1f us (medians)\n", (double)took[0][500] / 1000,
		(double)took[1][500] / 1000);
	assert_in_range(took[0][500], 0, took[1][500] * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time), cmocka_unit_test(test_recorded), cmocka_unit_test(test_idle), cmocka_unit_test(test_flood),
		cmocka_unit_test(test_heavy),
	};

	/* Of a mutant, which its one test must find. */
	if (getenv("TANA_ONLY"))
		cmocka_set_test_filter(getenv("TANA_ONLY"));
	return cmocka_run_group_tests(tests, rights_start, rights_stop);
}

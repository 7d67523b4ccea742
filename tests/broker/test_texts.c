/* Hostile texts in whatever a peer may send and a person may write into the site file: the broker answers each, its diary stays one
 * clean line for each entry, and the audit log keeps them apart. */
#include "talk.h"

#include "../unit/hostile_texts.h"

#include "common/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct daemon d;
static size_t looked_at;

static int start(void **state)
{
	daemon_site(&d, 1, 2, 0);
	daemon_shared(&d, "--steady-ms", "1000", NULL);
	return 0;
}

static int stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

/* Every string in it may reach a terminal. */
static void all_clean(json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_string(j) && !text_is_clean(json_string_value(j)))
		fail_msg("not clean: %s", json_dumps(j, JSON_ENCODE_ANY | JSON_ENSURE_ASCII));
	looked_at += json_is_string(j);
	json_object_foreach(j, key, v)
		all_clean(v);
	json_array_foreach(j, i, v)
		all_clean(v);
}

/* One entry a line, each with the beginning that only the broker gives. */
static void diary_is_clean(const char *said, const char *begins)
{
	char *copy = strdup(said), *rest = copy;

	for (char *line; (line = strsep(&rest, "\n")) && *line; looked_at++) {
		if (!text_is_clean(line))
			fail_msg("in the diary: %s", line);
		if (strncmp(line, begins, strlen(begins)) != 0)
			fail_msg("an entry that is not the broker's: %s", line);
	}
	free(copy);
}

/* What asks with it, and as which argument. Each is answered; each answer is clean. */
static const struct { const char *request, *argument; } asking[] = {
	{"show", "object"}, {"refresh", "object"}, {"plan", "verb"}, {"snapshots", "object"}, {"limits", "object"}, {"audit", "object"}, {"report-snapshots", "month"},
	{"report-snapshots", "tenant"}, {"stream-open", "object"}, {"stream-close", "stream"}, {"commit", "plan"},
};

/* A peer has 100 requests a second: each text goes into one of these in turn, into all of them where there is time (TANA_LONG). */
static void test_requests(void **state)
{
	bool all = getenv("TANA_LONG") != NULL;
	const char *vm;
	struct talk *t = talk_hello(&d);

	talk_subscribe(t);
	talk_wait_live(t, 1, 2);
	const char *id;
	json_t *o;
	vm = NULL;
	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0)
			vm = id;
	assert_non_null(vm);
	char *target = strdup(vm);
	for (size_t i = 0; i < HOSTILE_TEXTS; i++) {
		const char *text = hostile_texts[i];
		json_t *valid = json_string(text), *answer;

		if (!valid)
			continue;
		json_decref(valid);
		for (size_t k = 0; k < sizeof asking / sizeof *asking; k++) {
			if (!all && k != i % (sizeof asking / sizeof *asking))
				continue;
			json_t *args = json_pack("{s:s}", asking[k].argument, text);
			if (strcmp(asking[k].request, "plan") == 0)
				json_object_set_new(args, "targets", json_pack("[s]", text));
			answer = talk_answer(t, talk_start(t, asking[k].request, args));
			all_clean(answer);
			json_decref(answer);
		}
		/* A request that nobody knows, by that name, with an argument of that name. */
		json_t *args = json_object();
		json_object_set_new(args, *text ? text : "x", json_true());
		answer = talk_answer(t, talk_start(t, text, args));
		all_clean(json_object_get(answer, "error"));
		json_decref(answer);
		answer = talk_ask(t, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", target, "kind", "kept", "limit", "3", "until", "+1 d", "ref", text);
		all_clean(answer);
		json_decref(answer);
		if (!all && i % 4)
			continue;
		answer = talk_ask(t, "plan", "{s:s, s:[s], s:s, s:s}", "verb", "snapshot-create", "targets", target, "name", text, "note", text);
		all_clean(answer);
		json_decref(answer);
		answer = talk_ask(t, "lease-break", "{s:s, s:s}", "object", target, "reason", text);
		all_clean(answer);
		json_decref(answer);
	}
	free(target);
	all_clean(t->objects);
	all_clean(t->happened);
	talk_end(t);
}

/* Bytes that are no text, and origins. What is no line of the protocol ends that connection, and says why in clean words. */
static void test_bytes(void **state)
{
	size_t told = 0;
	struct talk *t;

	for (size_t i = 0; i < HOSTILE_TEXTS; i++) {
		json_t *valid = json_string(hostile_texts[i]);
		char *line;

		t = talk_to(&d);
		if (valid) {
			json_t *answer = talk_ask(t, "hello", "{s:i, s:s}", "protocol", 1, "origin", hostile_texts[i]);
			all_clean(answer);
			if (json_object_get(answer, "return")) {
				told++;
				json_decref(talk_ask(t, "show", "{s:s}", "object", "vm:none"));
			}
			json_decref(answer);
		} else {
			assert_true(asprintf(&line, "{\"execute\":\"hello\",\"arguments\":{\"protocol\":1,\"origin\":\"%s\"}}\n", hostile_texts[i]) > 0);
			talk_send(t, line);
			free(line);
			assert_true(talk_read(t, TALK_MS));
			assert_non_null(json_object_get(t->other, "error"));
			all_clean(t->other);
			while (!t->ended && talk_read(t, TALK_MS))
				;
			assert_true(t->ended);
		}
		json_decref(valid);
		talk_end(t);
	}
	assert_true(told > 80);
	/* NUL in a string, and a lone surrogate. */
	static const char *const lines[] = {"{\"execute\":\"hello\",\"arguments\":{\"protocol\":1,\"origin\":\"a\\u0000b\"}}\n", "{\"execute\":\"hello\",\"arguments\":{\"protocol\":1,\"origin\":\"\\ud83d\"}}\n"};
	for (int i = 0; i < 2; i++) {
		t = talk_to(&d);
		talk_send(t, lines[i]);
		while (talk_read(t, TALK_MS) && !t->ended)
			;
		all_clean(t->other);
		assert_non_null(json_object_get(t->other, "error"));
		talk_end(t);
	}
}

static void test_kept(void **state)
{
	struct talk *t = talk_hello(&d);
	json_t *all = talk_get(t, "audit", "{s:i}", "limit", 1000), *verify, *r;
	json_t *refs = json_object();
	size_t i, limits = 0;

	all_clean(all);
	json_array_foreach(json_object_get(all, "records"), i, r) {
		const char *ref = json_string_value(json_object_get(json_object_get(r, "detail"), "ref"));
		if (strcmp(field_of(r, "what"), "limit") != 0)
			continue;
		limits++;
		/* No two of them became one, unless they are too long to be told apart. */
		if (ref && strlen(ref) < 190 && json_object_get(refs, ref))
			fail_msg("twice: %s", ref);
		json_object_set_new(refs, ref ? ref : "", json_true());
	}
	assert_true(limits > 60);
	json_decref(refs);
	json_decref(all);
	verify = talk_get(t, "audit-verify", NULL);
	assert_true(json_is_true(json_object_get(verify, "ok")));
	json_decref(verify);
	talk_end(t);
	char *said = daemon_said(&d);
	diary_is_clean(said, "tanad: ");
	free(said);
}

/* In the site file: what is wrong with it is said in clean lines, what is right in it is told to peers. */
static void test_site(void **state)
{
	struct daemon other;
	struct buf b = {0};
	char *said;

	daemon_site(&other, 1, 1, 0);
	for (size_t i = 0; i < HOSTILE_TEXTS; i++) {
		if (strpbrk(hostile_texts[i], "\"\\\n\r") || strlen(hostile_texts[i]) > 400)
			continue;
		buf_printf(&b, "notice \"n%zu%s\" { text = \"%s\" }\ntenant \"t%zu%s\" { title = \"%s\" contact = \"%s\" procedure = \"%s\" nothing%s = \"%s\" }\n", i, hostile_texts[i], hostile_texts[i], i,
			hostile_texts[i], hostile_texts[i], hostile_texts[i], hostile_texts[i], hostile_texts[i], hostile_texts[i]);
	}
	buf_append(&b, "", 1);
	daemon_append(&other, b.data);
	assert_int_not_equal(daemon_try(&other, &said, "--site", "/nonexistent\x1b[2J\xc2\x9b\n", "--socket", other.socket, NULL), 0);
	diary_is_clean(said, "");
	free(said);
	char *path = NULL;
	assert_true(asprintf(&path, "%s/site.conf", other.dir) > 0);
	assert_int_not_equal(daemon_try(&other, &said, "--site", path, "--socket", other.socket, NULL), 0);
	diary_is_clean(said, "");
	free(said);
	free(path);
	buf_free(&b);
	daemon_remove(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_bytes), cmocka_unit_test(test_kept), cmocka_unit_test(test_site),
	};
	int failed = cmocka_run_group_tests(tests, start, stop);

	printf("%zu texts, %zu strings looked at\n", HOSTILE_TEXTS, looked_at);
	return failed;
}

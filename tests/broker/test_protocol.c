/* The protocol as data/protocol.md says it, spoken with a real tanad: greeting, hello, lines that are wrong, the stream,
 * bounds, and who may start where. */
#include "talk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct daemon d;

static int start(void **state)
{
	daemon_site(&d, 2, 6, 0);
	daemon_shared(&d, "--steady-ms", "1000", NULL);
	return 0;
}

static int stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	assert_int_not_equal(access(d.socket, F_OK), 0);
	daemon_remove(&d);
	return 0;
}

static void test_greeting_and_hello(void **state)
{
	struct talk *t = talk_to(&d);
	json_t *tana = json_object_get(t->other, "tana");

	assert_string_equal(field_of(tana, "site"), "generated");
	assert_int_equal(json_integer_value(json_array_get(json_object_get(tana, "protocols"), 0)), 1);
	json_t *me = talk_get(t, "hello", "{s:i, s:[s], s:s}", "protocol", 1, "features", "batch", "origin", "ssh \033[2J192.0.2.7");
	assert_string_equal(field_of(me, "role"), "operator");
	assert_string_equal(field_of(me, "user"), getenv("TEST_ME"));
	assert_int_equal(json_integer_value(json_object_get(me, "uid")), geteuid());
	assert_string_equal(field_of(me, "private"), "false");
	assert_string_equal(field_of(me, "tenant"), "");
	json_decref(me);
	talk_refused(t, "usage", "peer.hello.again", "hello", "{s:i}", "protocol", 1);
	json_decref(talk_get(t, "ping", NULL));
	talk_end(t);
}

/* Sends a line to a new peer; the first answer must be this error. Then: has the broker ended it? */
static bool ends(const char *line, const char *id, bool hello)
{
	struct talk *t = hello ? talk_hello(&d) : talk_to(&d);

	talk_send(t, line);
	assert_true(talk_read(t, TALK_MS));
	json_t *error = json_object_get(t->other, "error");
	if (strcmp(field_of(error, "msg"), id) != 0)
		fail_msg("not %s but %s", id, json_dumps(t->other, 0));
	/* Whom it has not ended it answers. */
	talk_send(t, "{\"execute\":\"ping\",\"id\":\"still there\"}\n");
	while (talk_read(t, TALK_MS) && strcmp(field_of(t->other, "id"), "still there") != 0)
		;
	bool ended = t->ended;
	assert_true(ended || json_object_get(t->other, "return"));
	talk_end(t);
	return ended;
}

static void test_first_words(void **state)
{
	assert_true(ends("{\"execute\":\"ping\",\"id\":1}\n", "peer.hello", false));
	assert_true(ends("{\"execute\":\"no-such\",\"id\":1}\n", "peer.hello", false));
	assert_true(ends("{\"execute\":\"hello\",\"arguments\":{\"protocol\":99},\"id\":1}\n", "peer.version", false));
	assert_true(ends("GET / HTTP/1.0\r\n\r\n", "proto.json", false));
}

static void test_wrong_lines(void **state)
{
	struct buf big = { 0 };

	assert_true(ends("{\"execute\":\n", "proto.json", true));
	assert_true(ends("[1,2]\n", "proto.object", true));
	assert_true(ends("{\"execute\":\"ping\",\"execute\":\"ping\"}\n", "proto.json", true));
	assert_true(ends("{\"execute\":\"ping\",\"arguments\":{\"a\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}}\n", "proto.deep", true));
	for (int i = 0; i < 70 * 1024; i++)
		buf_str(&big, "x");
	buf_append(&big, "", 1);
	assert_true(ends(big.data, "proto.long", true)); /* without any newline */
	buf_free(&big);
	/* What is merely meaningless ends nothing. */
	assert_false(ends("{\"id\":1}\n", "request.malformed", true));
	assert_false(ends("{\"execute\":7,\"id\":1}\n", "request.malformed", true));
	assert_false(ends("{\"execute\":\"ping\",\"arguments\":[],\"id\":1}\n", "request.malformed", true));
	assert_false(ends("{\"execute\":\"drop-table\",\"id\":1}\n", "request.unknown", true));
}

static void test_arguments(void **state)
{
	struct talk *t = talk_hello(&d);

	talk_refused(t, "usage", "args.unknown", "ping", "{s:i}", "x", 1);
	talk_refused(t, "usage", "args.missing", "plan", "{s:[s]}", "targets", "x");
	talk_refused(t, "usage", "args.type", "plan", "{s:i, s:[s]}", "verb", 1, "targets", "x");
	talk_refused(t, "usage", "args.type", "plan", "{s:s, s:[i]}", "verb", "power-off", "targets", 7);
	talk_refused(t, "usage", "args.type", "plan", "{s:s, s:s}", "verb", "power-off", "targets", "x");
	talk_refused(t, "usage", "verb.unknown", "plan", "{s:s, s:[s]}", "verb", "explode", "targets", "x");
	talk_refused(t, "usage", "targets.none", "plan", "{s:s, s:[]}", "verb", "power-off", "targets");
	talk_refused(t, "usage", "targets.none", "plan", "{s:s}", "verb", "power-off");
	talk_refused(t, "usage", "targets.none", "plan", "{s:s, s:s}", "verb", "power-off", "filter", "  ");
	talk_refused(t, "usage", "args.targets", "plan", "{s:s, s:[s], s:s}", "verb", "power-off", "targets", "x", "filter", "y");
	talk_refused(t, "usage", "args.range", "audit", "{s:i}", "limit", 5000);
	talk_refused(t, "usage", "args.range", "audit", "{s:i}", "since", -1);
	talk_refused(t, "usage", "args.kind", "subscribe", "{s:[s]}", "kinds", "secrets");
	talk_refused(t, "notfound", "target.none", "show", "{s:s}", "object", "vm:ffffffffffffffff");
	talk_refused(t, "usage", "refresh.kind", "refresh", "{s:s}", "object", "site");
	talk_refused(t, "confirm", "plan.unknown", "commit", "{s:s}", "plan", "p-00");
	talk_refused(t, "confirm", "lease.reason", "lease-break", "{s:s, s:s}", "object", "x", "reason", " ");
	/* The id comes back as it was, whatever it is; without one there is none. */
	talk_send(t, "{\"execute\":\"ping\",\"id\":{\"a\":[1,\"\xc3\xa9\"]}}\n");
	assert_true(talk_read(t, TALK_MS));
	assert_string_equal(json_string_value(json_array_get(json_object_get(json_object_get(t->other, "id"), "a"), 1)), "\xc3\xa9");
	talk_send(t, "{\"execute\":\"ping\",\"colour\":\"of no meaning\"}\n");
	assert_true(talk_read(t, TALK_MS));
	assert_non_null(json_object_get(t->other, "return"));
	assert_null(json_object_get(t->other, "id"));
	talk_end(t);
}

static void test_stream(void **state)
{
	struct talk *t = talk_hello(&d);

	talk_subscribe(t);
	talk_wait_live(t, 2, 12);
	assert_string_equal(field_of(json_object_get(t->objects, "site"), "name"), "generated");
	json_t *blade = json_object_get(t->objects, "blade:a1-01");
	assert_string_equal(field_of(blade, "host"), "up"); /* talk_wait_live() waits for that too */
	assert_string_equal(field_of(blade, "enclosure"), "A1");
	assert_non_null(json_object_get(t->objects, "rack:A"));
	assert_non_null(json_object_get(t->objects, "enclosure:A1"));
	/* A second subscription starts over. */
	json_decref(talk_get(t, "subscribe", "{s:[s]}", "kinds", "rack"));
	while (t->synced < 2)
		assert_true(talk_read(t, TALK_MS));
	assert_int_equal(t->resets, 1);
	assert_int_equal(json_object_size(t->objects), 1);
	talk_end(t);
}

static void test_script(void **state)
{
	/* A script that says all it has to say, closes its side, and reads to the end. */
	struct talk *t = talk_to(&d);

	talk_send(t, "{\"execute\":\"hello\",\"arguments\":{\"protocol\":1},\"id\":1}\n"
		"{\"execute\":\"subscribe\",\"id\":2}\n"
		"{\"execute\":\"audit\",\"arguments\":{\"limit\":5},\"id\":3}\n");
	shutdown(t->fd, SHUT_WR);
	bool audit = false;
	while (talk_read(t, TALK_MS))
		audit |= t->other && json_integer_value(json_object_get(t->other, "id")) == 3;
	assert_true(t->ended);
	assert_true(audit);
	assert_int_equal(t->synced, 1);
	assert_true(json_object_size(t->objects) > 10);
	talk_end(t);
}

static void test_many_requests(void **state)
{
	/* Far more at once than it may: slower, but each is answered, in order, and the others do not wait. */
	struct talk *t = talk_hello(&d), *other = talk_hello(&d);
	int first = t->next_id + 1;

	for (int i = 0; i < 350; i++)
		talk_start(t, "ping", NULL);
	for (int i = 0; i < 20; i++)
		json_decref(talk_get(other, "ping", NULL));
	for (int i = 0; i < 350; i++)
		json_decref(talk_answer(t, first + i));
	talk_end(t);
	talk_end(other);
}

static void test_deaf_reader(void **state)
{
	/* It asks and never reads: the broker stops asking back, and serves the others. */
	struct talk *deaf = talk_hello(&d), *other = talk_hello(&d);

	for (int i = 0; i < 40; i++)
		talk_start(deaf, "audit", json_pack("{s:i}", "limit", 1000));
	for (int i = 0; i < 20; i++)
		json_decref(talk_get(other, "ping", NULL));
	talk_end(deaf);
	json_decref(talk_get(other, "ping", NULL));
	talk_end(other);
}

static void test_second_broker(void **state)
{
	char *said, site[300], state_dir[300], other[300];

	snprintf(site, sizeof site, "%s/site.conf", d.dir);
	snprintf(state_dir, sizeof state_dir, "%s/state", d.dir);
	snprintf(other, sizeof other, "%s/state2", d.dir);
	/* On the same state. */
	struct daemon second = d;
	snprintf(second.socket, sizeof second.socket, "%.60s/second.sock", d.dir);
	assert_int_not_equal(daemon_try(&d, &said, "--site", site, "--socket", second.socket, "--state", state_dir, NULL), 0);
	assert_true(strlen(said) > 10);
	free(said);
	/* On the same socket. */
	assert_int_not_equal(daemon_try(&d, &said, "--site", site, "--socket", d.socket, "--state", other, NULL), 0);
	assert_non_null(strstr(said, "another broker listens"));
	free(said);
	/* And the first one has not noticed. */
	struct talk *t = talk_hello(&d);
	talk_end(t);
}

static void test_stale_socket(void **state)
{
	struct daemon s;

	daemon_site(&s, 1, 1, 0);
	daemon_shared(&s, NULL);
	daemon_end(&s, SIGKILL);
	assert_int_equal(access(s.socket, F_OK), 0);
	daemon_shared(&s, NULL);
	talk_end(talk_hello(&s));
	assert_int_equal(daemon_end(&s, SIGTERM), 0);
	daemon_remove(&s);
}

/* Once the broker knows that others are gone. */
static struct talk *hello_with_room(struct daemon *s)
{
	for (int i = 0; i < TALK_MS / 20; i++) {
		struct talk *t = talk_to(s);
		json_t *answer = json_object_get(t->other, "error") ? NULL : talk_ask(t, "hello", "{s:i}", "protocol", 1);
		bool in = answer && json_object_get(answer, "return");

		json_decref(answer);
		if (in)
			return t;
		talk_end(t);
		usleep(20000);
	}
	fail_msg("no room for one more");
	return NULL;
}

static void test_peer_limits(void **state)
{
	struct talk *all[4];
	struct daemon s;

	daemon_site(&s, 1, 1, 0);
	daemon_shared(&s, "--peers-of-user", "3", NULL);
	for (int i = 0; i < 3; i++) /* the one that looked whether it listens goes */
		all[i] = hello_with_room(&s);
	all[3] = talk_to(&s);
	assert_string_equal(field_of(json_object_get(all[3]->other, "error"), "msg"), "peers.user");
	assert_false(talk_read(all[3], TALK_MS));
	assert_true(all[3]->ended);
	talk_end(all[0]);
	talk_end(all[3]);
	talk_end(hello_with_room(&s));
	talk_end(all[1]);
	talk_end(all[2]);
	daemon_end(&s, SIGTERM);
	daemon_remove(&s);
}

static void test_private(void **state)
{
	struct daemon p;
	char site[300], dir[300];

	daemon_site(&p, 1, 2, 0);
	snprintf(site, sizeof site, "%s/site.conf", p.dir);
	snprintf(dir, sizeof dir, "%s/state", p.dir);
	daemon_private(&p, "--site", site, "--state", dir, NULL);
	struct talk *t = talk_hello(&p);
	talk_subscribe(t);
	talk_wait_live(t, 1, 2);
	assert_true(field_of(json_object_get(t->objects, "site"), "note")[0] != '\0');
	talk_end(t);
	assert_int_equal(daemon_end(&p, 0), 0); /* its peer's end is its own */
	/* URIs need no file; nor is a role asked for. */
	char uri[400];
	snprintf(uri, sizeof uri, "test://%s/nodes/1.xml", p.dir);
	daemon_private(&p, "--state", dir, "--", uri, NULL);
	t = talk_hello(&p);
	talk_subscribe(t);
	talk_wait_live(t, 1, 2);
	json_t *plan = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "shutdown", "targets", "acme-web01");
	assert_non_null(strstr(field_of(plan, "command"), uri));
	json_decref(plan);
	talk_end(t);
	assert_int_equal(daemon_end(&p, 0), 0);
	daemon_remove(&p);
}

static void test_bad_start(void **state)
{
	struct daemon s;
	char *said, site[300];

	daemon_site(&s, 1, 1, 0);
	daemon_append(&s, "\nrack \"A\" { }\ncolour = 7\n");
	snprintf(site, sizeof site, "%s/site.conf", s.dir);
	assert_int_equal(daemon_try(&s, NULL, "--check", site, NULL), 2); /* what it prints is test_site's */
	assert_int_not_equal(daemon_try(&s, &said, "--site", site, "--socket", s.socket, "--state", s.dir, NULL), 0);
	assert_non_null(strstr(said, "site.conf:"));
	free(said);
	assert_int_equal(daemon_try(&s, NULL, "--no-such-option", NULL), 2);
	assert_int_equal(daemon_try(&s, NULL, "--demo", NULL), 2);
	daemon_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greeting_and_hello), cmocka_unit_test(test_first_words), cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_arguments), cmocka_unit_test(test_stream), cmocka_unit_test(test_script),
		cmocka_unit_test(test_many_requests), cmocka_unit_test(test_deaf_reader), cmocka_unit_test(test_second_broker),
		cmocka_unit_test(test_stale_socket), cmocka_unit_test(test_peer_limits), cmocka_unit_test(test_private),
		cmocka_unit_test(test_bad_start),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

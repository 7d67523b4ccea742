/* kill -9 of the broker in the middle of jobs: the next one settles each from what the hosts say, and forgets nothing. */
#include "talk.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 6
#define VMS 10

/* Every open job is settled, and nothing is in use any more. */
static void wait_settled(struct talk *t)
{
	for (;;) {
		int open = 0;
		const char *id;
		json_t *o;
		json_object_foreach(t->objects, id, o) {
			const char *kind = field_of(o, "kind"), *state = field_of(o, "state");
			if (strcmp(kind, "lease") == 0)
				open++;
			if (strcmp(kind, "job") == 0 && (strcmp(state, "unknown") == 0 || strcmp(state, "running") == 0 ||
				strcmp(state, "pending") == 0))
				open++;
			if (strcmp(kind, "vm") == 0 && field_of(o, "job")[0])
				open++;
		}
		if (!open)
			return;
		if (!talk_read(t, TALK_MS))
			fail_msg("%d are never settled", open);
	}
}

static void test_kill_in_mid_job(void **state)
{
	struct daemon d;

	daemon_site(&d, 1, VMS, 0);
	daemon_hold(&d, false);
	for (int round = 0; round < ROUNDS; round++) {
		daemon_shared(&d, "--steady-ms", "700", NULL);
		struct talk *t = talk_hello(&d);
		talk_subscribe(t);
		talk_wait_live(t, 1, VMS);
		wait_settled(t);
		/* All of them, so that the last ones wait their turn. A driver that forgets makes them run again in each round. */
		json_t *ids = json_array(), *o;
		const char *id;
		json_object_foreach(t->objects, id, o)
			if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "state"), "running") == 0)
				json_array_append_new(ids, json_string(id));
		/* Its hosts hold their answers in some rounds: that job is in the middle. What the others are is luck, and different each time. */
		bool hold = round % 3 == 0;
		daemon_hold(&d, hold);
		json_t *p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-off", "targets", ids);
		json_t *done = talk_get(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm",
			field_of(json_object_get(p, "confirm"), "text"));
		char *job = strdup(field_of(done, "job"));
		usleep((useconds_t)(round * 3000));
		assert_int_equal(daemon_end(&d, SIGKILL), 128 + SIGKILL);
		json_decref(done);
		json_decref(p);
		json_decref(ids);
		talk_end(t);
		daemon_hold(&d, false);

		daemon_shared(&d, "--steady-ms", "700", NULL);
		t = talk_hello(&d);
		talk_subscribe(t);
		json_t *found = json_object_get(t->objects, job);
		assert_non_null(found); /* what was answered is written */
		bool open = strcmp(field_of(found, "state"), "unknown") == 0;
		assert_true(open || !hold);
		talk_wait_live(t, 1, VMS);
		wait_settled(t);
		const char *ended = talk_job(t, job);
		assert_true(strcmp(ended, "done") == 0 || strcmp(ended, "failed") == 0 || strcmp(ended, "partly") == 0);
		/* One record before, one after; and the chain holds over all deaths. */
		json_t *r = talk_get(t, "audit", "{s:s}", "object", job), *one;
		size_t i, begun = 0, closed = 0;
		json_array_foreach(json_object_get(r, "records"), i, one) {
			begun += strcmp(field_of(one, "what"), "begin") == 0;
			closed += strcmp(field_of(one, "what"), "end") == 0;
		}
		assert_int_equal(begun, 1);
		assert_int_equal(closed, 1);
		json_decref(r);
		if (open) {
			json_t *shown = talk_get(t, "show", "{s:s}", "object", job), *target;
			json_array_foreach(json_object_get(json_object_get(shown, "detail"), "targets"), i, target) {
				const char *how = field_of(json_object_get(target, "outcome"), "msg");
				assert_true(strcmp(how, "job.no-effect") == 0 || strcmp(how, "job.seen.late") == 0 || strcmp(how, "job.seen") == 0);
			}
			json_decref(shown);
		}
		talk_end(t);
		assert_int_equal(daemon_end(&d, SIGTERM), 0);
		free(job);
	}
	daemon_remove(&d);
}

static void test_ids_stay(void **state)
{
	struct daemon d;
	char id[64];

	daemon_site(&d, 1, 3, 0);
	daemon_shared(&d, NULL);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, 1, 3);
	snprintf(id, sizeof id, "%s", talk_id(t, "acme-web01"));
	free(talk_act(t, "protect", id));
	talk_wait(t, id, "protect", "true");
	talk_end(t);
	daemon_end(&d, SIGKILL);
	daemon_shared(&d, NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, 1, 3);
	assert_string_equal(talk_id(t, "acme-web01"), id);
	assert_string_equal(field_of(talk_vm(t, "acme-web01"), "protect"), "true");
	talk_end(t);
	daemon_end(&d, SIGTERM);
	daemon_remove(&d);
}

/* Folders of the kind that brokers run in. */
static int run_folders(const char *base)
{
	struct dirent *entry;
	DIR *d = opendir(base);
	int n = 0;

	while (d && (entry = readdir(d)))
		n += strncmp(entry->d_name, "tana-run-", 9) == 0;
	closedir(d);
	return n;
}

static void test_nothing_is_left(void **state)
{
	struct daemon d;
	char base[] = "/tmp/tana-test-run-XXXXXX";

	assert_non_null(mkdtemp(base));
	setenv("XDG_RUNTIME_DIR", base, 1);
	daemon_site(&d, 1, 1, 0);
	daemon_private(&d, "--demo", NULL);
	struct talk *t = talk_hello(&d);
	assert_int_equal(run_folders(base), 1);
	daemon_end(&d, SIGKILL);
	talk_end(t);
	assert_int_equal(run_folders(base), 1); /* who is killed cannot tidy up */
	daemon_private(&d, "--demo", NULL);
	t = talk_hello(&d);
	assert_int_equal(run_folders(base), 1); /* the next one does */
	talk_end(t);
	assert_int_equal(daemon_end(&d, 0), 0);
	assert_int_equal(run_folders(base), 0);
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(rmdir(base), 0);
	daemon_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kill_in_mid_job), cmocka_unit_test(test_ids_stay),
		cmocka_unit_test(test_nothing_is_left) };

	daemon_holds();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

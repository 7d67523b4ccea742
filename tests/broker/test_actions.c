/* Preview and commit of every verb on a real tanad: what is refused, what is written, who comes second, what survives. */
#include "talk.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct daemon d;
static struct talk *t;
#define BLADES 2
#define VMS 14

static int start(void **state)
{
	daemon_site(&d, BLADES, VMS, 0);
	daemon_shared(&d, "--steady-ms", "1000", NULL);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, BLADES, BLADES * VMS);
	return 0;
}

static int stop(void **state)
{
	talk_end(t);
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

/* A VM in this state whose name can be typed. */
static json_t *some_vm(const char *wanted)
{
	const char *id;
	json_t *o;

	json_object_foreach(t->objects, id, o) {
		const char *name = field_of(o, "name");
		if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "state"), wanted) == 0 &&
			name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0')
			return o;
	}
	fail_msg("no VM is %s", wanted);
	return NULL;
}

static void act(const char *verb, const char *id, const char *ends, const char *vm_state)
{
	char *job = talk_act(t, verb, id);

	assert_string_equal(talk_job(t, job), ends);
	if (vm_state) /* an event of what was before may still be on its way, and the one of this behind it */
		talk_wait(t, id, "state", vm_state);
	assert_string_equal(field_of(json_object_get(t->objects, id), "job"), "");
	free(job);
}

static json_t *plan(const char *verb, const char *target)
{
	return talk_get(t, "plan", "{s:s, s:[s]}", "verb", verb, "targets", target);
}

static json_t *records(const char *object)
{
	return talk_get(t, "audit", "{s:s, s:i}", "object", object, "limit", 1000);
}

/* ---- the verbs ---- */

static void test_every_verb(void **state)
{
	char id[64];

	snprintf(id, sizeof id, "%s", field_of(some_vm("running"), "id"));
	act("shutdown", id, "done", "off");
	act("power-on", id, "done", "running");
	act("power-off", id, "done", "off");
	act("power-on", id, "done", "running");
	act("reboot", id, "accepted", "running"); /* the test driver shows no restart */
	act("reset", id, "accepted", "running");
	act("protect", id, "done", NULL);
	talk_wait(t, id, "protect", "true");
	json_t *p = plan("power-off", id);
	assert_string_equal(field_of(json_array_get(json_object_get(p, "refused"), 0), "msg"), "vm.protected");
	assert_string_equal(field_of(json_array_get(json_object_get(p, "refused"), 0), "class"), "protected");
	talk_refused(t, "protected", "vm.protected", "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", "x");
	json_decref(p);
	act("unprotect", id, "done", NULL);
	talk_wait(t, id, "protect", "false");

	/* Each with a record before and one after, and the refusal. */
	json_t *all = records(id), *list = json_object_get(all, "records"), *r;
	size_t i, begun = 0, ended = 0, denied = 0;
	json_array_foreach(list, i, r) {
		const char *what = field_of(r, "what");
		begun += strcmp(what, "begin") == 0;
		ended += strcmp(what, "end") == 0;
		denied += strcmp(what, "denied") == 0;
		assert_int_equal(json_integer_value(json_object_get(r, "uid")), geteuid());
		assert_true(field_of(r, "hash")[0] != '\0');
		if (strcmp(what, "begin") == 0) {
			assert_string_equal(field_of(r, "reason"), "a test");
			assert_string_equal(field_of(r, "origin"), "test");
			assert_true(strncmp(field_of(r, "plan"), "p-", 2) == 0);
		}
	}
	assert_int_equal(begun, 8);
	assert_int_equal(ended, 8);
	assert_int_equal(denied, 1);
	json_decref(all);
	talk_wait_happened(t, "event.power-off.by");
	talk_wait_happened(t, "event.shutdown.by");
	talk_wait_happened(t, "event.started.by");
	talk_wait_happened(t, "event.protect.by");
}

static void test_preview_touches_nothing(void **state)
{
	json_t *vm = some_vm("running");
	char id[64];

	snprintf(id, sizeof id, "%s", field_of(vm, "id"));
	json_t *before = talk_get(t, "show", "{s:s}", "object", id), *after, *p;
	/* What its host tells of it meanwhile is no doing of a preview's: that would be there each time. */
	for (int i = 0; ; i++) {
		p = plan("power-off", id);
		after = talk_get(t, "show", "{s:s}", "object", id);
		if (i == 10 || json_equal(json_object_get(before, "object"), json_object_get(after, "object")))
			break;
		json_decref(before);
		json_decref(p);
		before = after;
	}
	assert_true(json_equal(json_object_get(before, "object"), json_object_get(after, "object")));
	assert_true(json_equal(json_object_get(before, "history"), json_object_get(after, "history")));
	assert_int_equal(json_array_size(json_object_get(p, "refused")), 0);
	assert_true(json_array_size(json_object_get(p, "impact")) > 0);
	assert_string_equal(field_of(json_array_get(json_object_get(p, "gentler"), 0), "verb"), "shutdown");
	json_t *target = json_array_get(json_object_get(p, "targets"), 0);
	assert_string_equal(field_of(target, "id"), id);
	assert_string_equal(field_of(target, "ok"), "true");
	assert_true(strncmp(field_of(target, "place"), "rack A, A1, bay ", 16) == 0);
	json_decref(before);
	json_decref(after);
	json_decref(p);
}

static void test_confirmation(void **state)
{
	char id[64], name[64];
	json_t *vm = some_vm("running");

	snprintf(id, sizeof id, "%s", field_of(vm, "id"));
	snprintf(name, sizeof name, "%s", field_of(vm, "name"));
	json_t *p = plan("power-off", id);
	assert_string_equal(field_of(json_object_get(p, "confirm"), "kind"), "name");
	assert_string_equal(field_of(json_object_get(p, "confirm"), "text"), name);
	const char *plan_id = field_of(p, "plan");
	talk_refused(t, "confirm", "confirm.missing", "commit", "{s:s}", "plan", plan_id);
	talk_refused(t, "confirm", "confirm.wrong", "commit", "{s:s, s:s}", "plan", plan_id, "confirm", "yes");
	assert_string_equal(field_of(json_object_get(t->objects, id), "state"), "running");
	/* The plan lives on. */
	json_t *done = talk_get(t, "commit", "{s:s, s:s}", "plan", plan_id, "confirm", name);
	assert_string_equal(talk_job(t, field_of(done, "job")), "done");
	json_decref(done);
	json_decref(p);
	act("power-on", id, "done", "running");
	p = plan("shutdown", id);
	assert_string_equal(field_of(json_object_get(p, "confirm"), "kind"), "yes");
	talk_refused(t, "confirm", "confirm.missing", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
	/* A plan is its peer's alone. */
	struct talk *other = talk_hello(&d);
	p = plan("protect", id);
	talk_refused(other, "confirm", "plan.unknown", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
	talk_end(other);
}

/* One that is too old is said to be. */
static void test_expired(void **state)
{
	struct daemon s;

	daemon_site(&s, 1, 1, 0);
	daemon_shared(&s, "--plan-ms", "100", NULL);
	struct talk *o = talk_hello(&s);
	talk_subscribe(o);
	talk_wait_live(o, 1, 1);
	json_t *p = talk_get(o, "plan", "{s:s, s:[s]}", "verb", "protect", "targets", "acme-web01");
	usleep(300 * 1000);
	talk_refused(o, "confirm", "plan.expired", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
	talk_end(o);
	assert_int_equal(daemon_end(&s, SIGTERM), 0);
	daemon_remove(&s);
}

static void test_idempotent(void **state)
{
	char id[64];

	snprintf(id, sizeof id, "%s", field_of(some_vm("running"), "id"));
	json_t *p = plan("protect", id);
	json_t *args = json_pack("{s:s}", "plan", field_of(p, "plan"));
	/* Twice before the first answer, and once more after it. */
	int a = talk_start(t, "commit", json_incref(args)), b = talk_start(t, "commit", json_incref(args));
	json_t *first = talk_answer(t, a), *second = talk_answer(t, b), *third = talk_answer(t, talk_start(t, "commit", args));
	const char *job = field_of(json_object_get(first, "return"), "job");
	assert_true(strncmp(job, "job:", 4) == 0);
	assert_string_equal(field_of(json_object_get(second, "return"), "job"), job);
	assert_string_equal(field_of(json_object_get(third, "return"), "job"), job);
	talk_job(t, job);
	json_decref(first);
	json_decref(second);
	json_decref(third);
	json_decref(p);
	act("unprotect", id, "done", NULL);
}

static void test_changed_meanwhile(void **state)
{
	char id[64], name[64];
	json_t *vm = some_vm("running");

	snprintf(id, sizeof id, "%s", field_of(vm, "id"));
	snprintf(name, sizeof name, "%s", field_of(vm, "name"));
	json_t *p = plan("power-off", id);
	act("shutdown", id, "done", "off");
	talk_refused(t, "state", "state.off", "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", name);
	json_decref(p);
	p = plan("power-on", id);
	act("power-on", id, "done", "running");
	talk_refused(t, "state", "state.running", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
}

static void test_second_comer(void **state)
{
	/* Both have their preview, both commit while the broker sleeps: one of them acts, the other is told who. */
	struct talk *other = talk_hello(&d);
	char id[64], name[64];
	json_t *vm = some_vm("running");

	snprintf(id, sizeof id, "%s", field_of(vm, "id"));
	snprintf(name, sizeof name, "%s", field_of(vm, "name"));
	json_t *mine = plan("power-off", id);
	json_t *his = talk_get(other, "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", id);
	daemon_pause(&d);
	int a = talk_start(t, "commit", json_pack("{s:s, s:s}", "plan", field_of(mine, "plan"), "confirm", name));
	int b = talk_start(other, "commit", json_pack("{s:s, s:s}", "plan", field_of(his, "plan"), "confirm", name));
	kill(d.pid, SIGCONT);
	json_t *first = talk_answer(t, a), *second = talk_answer(other, b);
	bool i_won = json_object_get(first, "return") != NULL;
	json_t *lost = json_object_get(i_won ? second : first, "error");
	assert_non_null(json_object_get(i_won ? first : second, "return"));
	assert_string_equal(field_of(lost, "class"), "lease");
	assert_string_equal(field_of(lost, "msg"), "lease.held");
	assert_string_equal(field_of(json_object_get(lost, "args"), "by"), getenv("TEST_ME"));
	talk_job(t, field_of(json_object_get(i_won ? first : second, "return"), "job"));
	json_decref(first);
	json_decref(second);
	json_decref(mine);
	json_decref(his);
	talk_end(other);
	act("power-on", id, "done", "running");
}

static void test_several(void **state)
{
	json_t *ids = json_array(), *o;
	const char *id;

	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "state"), "running") == 0 &&
			strcmp(field_of(o, "blade"), "a1-01") == 0 && json_array_size(ids) < 10)
			json_array_append_new(ids, json_string(id));
	assert_int_equal(json_array_size(ids), 10);
	json_t *p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-off", "targets", ids);
	json_t *confirm = json_object_get(p, "confirm");
	assert_string_equal(field_of(confirm, "kind"), "count");
	assert_string_equal(field_of(confirm, "text"), "10 a1-01");
	json_t *done = talk_get(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", "10 a1-01");
	char *job = strdup(field_of(done, "job"));
	assert_string_equal(talk_job(t, job), "done");
	talk_wait(t, job, "done", "10");
	json_decref(done);
	json_t *shown = talk_get(t, "show", "{s:s}", "object", job);
	json_t *targets = json_object_get(json_object_get(shown, "detail"), "targets");
	assert_int_equal(json_array_size(targets), 10);
	assert_string_equal(field_of(json_array_get(targets, 9), "state"), "done");
	assert_string_equal(field_of(json_object_get(json_array_get(targets, 9), "outcome"), "msg"), "job.seen");
	assert_int_equal(json_array_size(json_object_get(shown, "history")), 2);
	json_decref(shown);
	json_decref(p);
	free(job);
	/* One more is too many, by words as by filter. */
	json_array_append_new(ids, json_string(field_of(some_vm("running"), "id")));
	talk_refused(t, "limit", "targets.too-many", "plan", "{s:s, s:O}", "verb", "power-on", "targets", ids);
	talk_refused(t, "limit", "targets.too-many", "plan", "{s:s, s:s}", "verb", "power-off", "filter", "blade:a1-*");
	talk_refused(t, "notfound", "targets.unmatched", "plan", "{s:s, s:s}", "verb", "power-off", "filter", "name:zzz");
	talk_refused(t, "usage", "target.kind", "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", "rack:A");
	json_t *no = plan("power-off", "blade:a1-01");
	assert_string_equal(field_of(json_array_get(json_object_get(no, "refused"), 0), "msg"), "blade.manager.none");
	json_decref(no);
	json_array_remove(ids, 10);
	p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-on", "targets", ids);
	done = talk_get(t, "commit", "{s:s}", "plan", field_of(p, "plan"));
	assert_string_equal(talk_job(t, field_of(done, "job")), "done");
	json_decref(done);
	json_decref(p);
	json_decref(ids);
}

static void test_actions_request(void **state)
{
	char id[64];

	snprintf(id, sizeof id, "%s", field_of(some_vm("running"), "id"));
	json_t *r = talk_get(t, "actions", "{s:[s]}", "targets", id), *one;
	size_t i, ok = 0;
	json_array_foreach(json_object_get(r, "actions"), i, one) {
		ok += json_is_true(json_object_get(one, "ok"));
		assert_true(json_is_true(json_object_get(one, "ok")) == json_is_null(json_object_get(one, "why")));
		if (strcmp(field_of(one, "verb"), "power-on") == 0)
			assert_string_equal(field_of(json_object_get(one, "why"), "msg"), "state.running");
	}
	assert_int_equal(i, 10);
	assert_true(ok >= 6); /* what asks for a snapshot says which one only in its preview */
	json_decref(r);
}

static void test_show_and_refresh(void **state)
{
	char id[64];

	snprintf(id, sizeof id, "%s", field_of(some_vm("running"), "id"));
	json_t *r = talk_get(t, "show", "{s:s}", "object", id);
	assert_true(json_is_array(json_object_get(json_object_get(r, "detail"), "disks")));
	assert_true(json_is_array(json_object_get(json_object_get(r, "detail"), "nics")));
	assert_string_equal(field_of(json_object_get(r, "object"), "id"), id);
	json_decref(r);
	r = talk_get(t, "show", "{s:s}", "object", "blade:a1-01");
	assert_string_equal(field_of(json_object_get(r, "object"), "driver"), "test");
	json_decref(r);
	json_decref(talk_get(t, "show", "{s:s}", "object", "rack:A"));
	json_decref(talk_get(t, "show", "{s:s}", "object", "enclosure:A1"));
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "blade:a1-01"));
	json_decref(talk_get(t, "refresh", "{s:s}", "object", id));
	/* Names, UUIDs and places are words for it too. */
	json_t *vm = json_object_get(t->objects, id);
	char *place = xasprintf("%s/%s", field_of(vm, "blade"), field_of(vm, "name"));
	json_decref(talk_get(t, "show", "{s:s}", "object", field_of(vm, "uuid")));
	json_decref(talk_get(t, "show", "{s:s}", "object", place));
	free(place);
	talk_refused(t, "notfound", "lease.none", "lease-break", "{s:s, s:s}", "object", id, "reason", "stuck");
}

static void test_audit_pages(void **state)
{
	json_t *r = talk_get(t, "audit", "{s:i}", "limit", 3), *list = json_object_get(r, "records");
	assert_int_equal(json_array_size(list), 3);
	int64_t first = json_integer_value(json_object_get(json_array_get(list, 0), "seq"));
	/* Newest last, chained, and on from there. */
	assert_string_equal(field_of(json_array_get(list, 1), "prev"), field_of(json_array_get(list, 0), "hash"));
	json_t *older = talk_get(t, "audit", "{s:i, s:I}", "limit", 3, "before", (json_int_t)first);
	json_t *last = json_array_get(json_object_get(older, "records"), 2);
	assert_int_equal(json_integer_value(json_object_get(last, "seq")), first - 1);
	assert_string_equal(field_of(json_array_get(list, 0), "prev"), field_of(last, "hash"));
	json_decref(older);
	json_decref(r);
	r = talk_get(t, "audit", "{s:I}", "since", (json_int_t)4102444800);
	assert_int_equal(json_array_size(json_object_get(r, "records")), 0);
	json_decref(r);
}

static void test_unreachable(void **state)
{
	struct daemon s;

	daemon_site(&s, 3, 4, 1);
	daemon_shared(&s, "--connect-ms", "500", NULL);
	struct talk *o = talk_hello(&s);
	talk_subscribe(o);
	talk_wait_live(o, 2, 8);
	json_t *b;
	const char *id, *dead = NULL;
	json_object_foreach(o->objects, id, b)
		if (strcmp(field_of(b, "kind"), "blade") == 0 && strcmp(field_of(b, "host"), "up") != 0)
			dead = id;
	assert_non_null(dead);
	while (!field_of(json_object_get(o->objects, dead), "why")[0])
		assert_true(talk_read(o, TALK_MS));
	talk_wait_happened(o, "event.silent");
	json_decref(talk_get(o, "refresh", "{s:s}", "object", dead));
	talk_end(o);
	daemon_end(&s, SIGTERM);
	daemon_remove(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verb), cmocka_unit_test(test_preview_touches_nothing), cmocka_unit_test(test_confirmation),
		cmocka_unit_test(test_expired), cmocka_unit_test(test_idempotent), cmocka_unit_test(test_changed_meanwhile), cmocka_unit_test(test_second_comer),
		cmocka_unit_test(test_several), cmocka_unit_test(test_actions_request), cmocka_unit_test(test_show_and_refresh),
		cmocka_unit_test(test_audit_pages), cmocka_unit_test(test_unreachable),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

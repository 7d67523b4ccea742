/* Blades on a real tanad, through a simulated manager: what is seen, what is refused, and what comes true. */
#include "blades_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *plan(const char *verb, const char *target)
{
	return talk_get(t, "plan", "{s:s, s:[s]}", "verb", verb, "targets", target);
}

static const char *refusal(json_t *p)
{
	return field_of(json_array_get(json_object_get(p, "refused"), 0), "msg");
}

static void act(const char *verb, const char *target, const char *ends)
{
	char *job = talk_act(t, verb, target);

	assert_string_equal(talk_job(t, job), ends);
	free(job);
}

static int running_on(const char *blade)
{
	const char *id;
	json_t *o;
	int n = 0;

	json_object_foreach(t->objects, id, o)
		n += strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "blade"), blade) == 0 &&
			strcmp(field_of(o, "state"), "running") == 0;
	return n;
}

static bool has_verb(json_t *answer, const char *verb)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "actions"), i, one)
		if (strcmp(field_of(one, "verb"), verb) == 0)
			return true;
	return false;
}

/* ---- */

static void test_seen(void **state)
{
	for (int i = 1; i <= BLADES; i++) {
		char id[32], serial[32];
		snprintf(id, sizeof id, "blade:a1-0%d", i);
		snprintf(serial, sizeof serial, "CZJ000%d", i);
		talk_wait(t, id, "power", "on");
		talk_wait(t, id, "bay_serial", serial);
		talk_wait(t, id, "fitted", "yes");
	}
	json_t *shown = talk_get(t, "show", "{s:s}", "object", "enclosure:A1"), *detail = json_object_get(shown, "detail");
	/* Fans and supplies are asked for after the blades. */
	for (int64_t until = now_ms() + TALK_MS; !json_array_size(json_object_get(detail, "sensors")) && now_ms() < until; usleep(50000)) {
		json_decref(shown);
		shown = talk_get(t, "show", "{s:s}", "object", "enclosure:A1");
		detail = json_object_get(shown, "detail");
	}
	assert_string_equal(field_of(detail, "dialect"), "hp-oa");
	assert_int_equal(json_array_size(json_object_get(detail, "managers")), 1);
	assert_true(json_integer_value(json_object_get(detail, "sessions")) >= 1);
	assert_true(json_array_size(json_object_get(detail, "sensors")) > 0);
	json_decref(shown);
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "blade:a1-02"));
	talk_refused(t, "usage", "refresh.kind", "refresh", "{s:s}", "object", "rack:A");
}

static void test_words(void **state)
{
	char vm[80];
	const char *id;
	json_t *o, *answer;

	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0)
			snprintf(vm, sizeof vm, "%s", id);
	talk_refused(t, "usage", "args.mixed", "plan", "{s:s, s:[s, s]}", "verb", "power-off", "targets", "blade:a1-01", vm);
	talk_refused(t, "usage", "args.kind.vm-blade", "actions", "{s:s, s:s}", "filter", "name:a1-01", "kind", "rack");
	talk_refused(t, "usage", "args.verb.kind", "plan", "{s:s, s:[s]}", "verb", "locate", "targets", vm);
	talk_refused(t, "usage", "args.verb.kind", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-delete", "targets", "blade:a1-01", "snapshot", "x");
	talk_refused(t, "usage", "args.of.blade", "plan", "{s:s, s:[s], s:s}", "verb", "shutdown", "targets", vm, "vms-first", "yes");
	talk_refused(t, "usage", "args.verb", "plan", "{s:s, s:[s], s:s}", "verb", "power-off", "targets", "blade:a1-01", "vms-first", "yes");
	talk_refused(t, "usage", "args.yes", "plan", "{s:s, s:[s], s:s}", "verb", "shutdown", "targets", "blade:a1-01", "vms-first", "no");
	talk_refused(t, "notfound", "target.none", "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", "blade:a1-99");
	answer = talk_get(t, "actions", "{s:s, s:s}", "filter", "name:a1-02", "kind", "blade");
	assert_true(has_verb(answer, "power-off"));
	assert_true(has_verb(answer, "locate"));
	assert_true(has_verb(answer, "pair"));
	assert_false(has_verb(answer, "snapshot-create"));
	assert_false(has_verb(answer, "protect"));
	json_decref(answer);
	answer = talk_get(t, "actions", "{s:[s]}", "targets", vm);
	assert_true(has_verb(answer, "protect"));
	assert_false(has_verb(answer, "locate"));
	json_decref(answer);
}

/* Neither host nor site file tells a serial: nothing is switched off on the manager's word alone, until an operator has looked. */
static void test_pair(void **state)
{
	json_t *p = plan("power-off", "blade:a1-01");

	assert_string_equal(field_of(p, "kind"), "blade");
	assert_string_equal(refusal(p), "blade.identity.unknown");
	assert_int_equal(json_array_size(json_object_get(p, "victims")), running_on("a1-01"));
	talk_refused(t, "state", "blade.identity.unknown", "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", "a1-01");
	json_decref(p);
	for (int i = 1; i <= BLADES; i++) {
		char id[32];
		snprintf(id, sizeof id, "blade:a1-0%d", i);
		act("pair", id, "done");
		talk_wait(t, id, "identity", "agrees");
	}
	/* Another blade was put there: no longer. */
	char said[256];
	sim_tell("serial 2 CZJ9999\n", said, sizeof said);
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
	talk_wait(t, "blade:a1-02", "identity", "differs");
	p = plan("power-off", "blade:a1-02");
	assert_string_equal(refusal(p), "blade.identity.differs");
	json_decref(p);
	sim_tell("serial 2 CZJ0002\n", said, sizeof said);
	json_decref(talk_get(t, "refresh", "{s:s}", "object", "enclosure:A1"));
	talk_wait(t, "blade:a1-02", "identity", "agrees");
}

static void test_off_and_on(void **state)
{
	json_t *p = plan("power-off", "blade:a1-01");

	assert_string_equal(refusal(p), "");
	assert_string_equal(field_of(json_object_get(p, "confirm"), "kind"), "name");
	assert_string_equal(field_of(json_object_get(p, "confirm"), "text"), "a1-01");
	json_decref(p);
	act("power-off", "blade:a1-01", "done");
	talk_wait(t, "blade:a1-01", "power", "off");
	talk_wait(t, "blade:a1-01", "job", "");
	talk_wait_happened(t, "event.blade.off.by");
	p = plan("power-off", "blade:a1-01");
	assert_string_equal(refusal(p), "blade.off");
	json_decref(p);
	act("power-on", "blade:a1-01", "done");
	talk_wait(t, "blade:a1-01", "power", "on");
	talk_wait(t, "blade:a1-01", "host", "up");
	talk_wait_happened(t, "event.blade.on.by");
	/* And what others do is news too. */
	char said[256];
	sim_tell("power 3 off\n", said, sizeof said);
	talk_wait(t, "blade:a1-03", "power", "off");
	talk_wait_happened(t, "event.blade.off");
	sim_tell("power 3 on\n", said, sizeof said);
	talk_wait(t, "blade:a1-03", "host", "up");
	json_t *all = talk_get(t, "audit", "{s:s}", "object", "blade:a1-01"), *list = json_object_get(all, "records"), *r;
	size_t i, begun = 0, ended = 0;
	json_array_foreach(list, i, r) {
		begun += strcmp(field_of(r, "what"), "begin") == 0;
		ended += strcmp(field_of(r, "what"), "end") == 0;
	}
	assert_int_equal(begun, 3); /* pair, off, on */
	assert_int_equal(ended, 3);
	json_decref(all);
}

static char *commit(json_t *p, const char *reason)
{
	json_t *answer = talk_get(t, "commit", "{s:s, s:s, s:s}", "plan", field_of(p, "plan"), "confirm",
		field_of(json_object_get(p, "confirm"), "kind")[0] == 'y' ? "yes" : field_of(json_object_get(p, "confirm"), "text"), "reason",
		reason);
	char *job = xstrdup(field_of(answer, "job"));

	json_decref(answer);
	return job;
}

static void test_vms_first(void **state)
{
	int were = running_on("a1-02");
	json_t *p = talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", "shutdown", "targets", "blade:a1-02", "vms-first", "yes");

	assert_true(were > 0);
	assert_string_equal(refusal(p), "");
	assert_int_equal(json_array_size(json_object_get(p, "steps")), were);
	char *job = commit(p, "a test");
	assert_string_equal(talk_job(t, job), "done");
	talk_wait(t, "blade:a1-02", "power", "off");
	assert_int_equal(running_on("a1-02"), 0);
	free(job);
	json_decref(p);
	act("power-on", "blade:a1-02", "done");
	talk_wait(t, "blade:a1-02", "host", "up");
}

static void test_consent(void **state)
{
	json_t *p = plan("power-off", "blade:a1-04");

	assert_string_not_equal(refusal(p), "");
	json_decref(p);
	p = talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", "power-off", "targets", "blade:a1-04", "consent", "yes");
	assert_string_equal(refusal(p), "");
	assert_string_equal(field_of(p, "reason"), "true");
	talk_refused(t, "confirm", "confirm.reason", "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", "a1-04");
	char *job = commit(p, "called them");
	assert_string_equal(talk_job(t, job), "done");
	talk_wait(t, "blade:a1-04", "power", "off");
	free(job);
	json_decref(p);
	p = talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", "power-on", "targets", "blade:a1-04", "consent", "yes");
	job = commit(p, "called them");
	assert_string_equal(talk_job(t, job), "done");
	free(job);
	json_decref(p);
}

/* A reload that does not touch it leaves a manager's session alone; one that takes the manager away ends it. */
static void test_reload(void **state)
{
	json_t *before = talk_get(t, "show", "{s:s}", "object", "enclosure:A1");

	daemon_append(&d, "grade \"VX\" { vcpus = 3  memory = \"3 GiB\" }\n");
	kill(d.pid, SIGHUP);
	for (int64_t until = now_ms() + TALK_MS; !talk_happened(t, "reload.done") && now_ms() < until;)
		talk_read(t, 200);
	talk_wait(t, "enclosure:A1", "manager", "up");
	json_t *after = talk_get(t, "show", "{s:s}", "object", "enclosure:A1");
	assert_true(json_equal(json_object_get(json_object_get(before, "detail"), "sessions"),
		json_object_get(json_object_get(after, "detail"), "sessions")));
	json_decref(before);
	json_decref(after);
}

static void test_roles(void **state)
{
	char line[200];

	snprintf(line, sizeof line, "role viewer { users = { \"%s\" } }\n", getenv("TEST_ME"));
	blades_become("viewer", line);
	struct talk *other = talk_hello(&d);
	talk_refused(other, "role", "request.role", "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", "blade:a1-01");
	talk_refused(other, "role", "request.role", "refresh", "{s:s}", "object", "enclosure:A1");
	json_t *shown = talk_get(other, "show", "{s:s}", "object", "enclosure:A1");
	assert_non_null(json_object_get(json_object_get(shown, "detail"), "managers"));
	json_decref(shown);
	talk_end(other);

	snprintf(line, sizeof line, "role customer { tenant = \"acme\" users = { \"%s\" } }\n", getenv("TEST_ME"));
	blades_become("customer", line);
	other = talk_hello(&d);
	talk_subscribe(other);
	assert_null(json_object_get(other->objects, "blade:a1-04")); /* not even the one that he drives */
	assert_null(json_object_get(other->objects, "enclosure:A1"));
	/* What is there, and what is not, answer the same. */
	talk_refused(other, "notfound", "target.none", "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", "blade:a1-04");
	talk_refused(other, "notfound", "target.none", "plan", "{s:s, s:[s]}", "verb", "power-off", "targets", "blade:nowhere");
	talk_refused(other, "notfound", "target.none", "plan", "{s:s, s:[s]}", "verb", "locate", "targets", "blade:a1-04");
	talk_refused(other, "notfound", "target.none", "actions", "{s:[s]}", "targets", "blade:a1-04");
	talk_refused(other, "notfound", "target.none", "show", "{s:s}", "object", "enclosure:A1");
	talk_refused(other, "notfound", "targets.unmatched", "plan", "{s:s, s:s, s:s}", "verb", "power-off", "filter", "name:a1-04", "kind",
		"blade");
	talk_refused(other, "role", "args.role", "plan", "{s:s, s:[s], s:s}", "verb", "shutdown", "targets", "blade:a1-04", "vms-first", "yes");
	talk_end(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_off_and_on),
		cmocka_unit_test(test_vms_first),
		cmocka_unit_test(test_consent),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, blades_start, blades_stop);
}

/* What a customer sees and may do: its own and nothing of others, not even that they are there. */
#include "roles_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_customer_stream(void **state)
{
	become(ACME);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	const char *id;
	json_t *o;
	int vms = 0;
	json_object_foreach(t->objects, id, o) {
		const char *kind = field_of(o, "kind");
		if (strcmp(kind, "vm") == 0) {
			vms++;
			assert_true(strncmp(field_of(o, "name"), "acme-", 5) == 0);
			assert_null(json_object_get(o, "blade"));
			assert_null(json_object_get(o, "tenant"));
		} else if (strcmp(kind, "site") == 0) {
			assert_null(json_object_get(o, "vms"));
			assert_null(json_object_get(o, "blades"));
		} else {
			fail_msg("a customer is shown the %s %s", kind, id);
		}
	}
	assert_true(vms > 0);
	/* Nothing that happened to others, nor where. */
	char *all = json_dumps(t->happened, 0);
	assert_null(strstr(all, foreign));
	assert_null(strstr(all, "a1-0"));
	free(all);
	talk_end(t);
}

static void test_customer_ids(void **state)
{
	become(ACME);
	struct talk *t = talk_hello(&d);
	static const char absent[] = "vm:00000000deadbeef";

	same_answer(t, "plan", "[]", foreign, absent);
	same_answer(t, "plan", "[]", foreign_name, "globex-none");
	same_answer(t, "plan", "[]", foreign_uuid, "00000000-1111-4222-8333-444444444444");
	same_answer(t, "plan", "[]", "blade:a1-01", "blade:zz-01");
	same_answer(t, "plan", "[]", "a1-01/acme-web01", "a1-09/acme-web01");
	same_answer(t, "show", "object", foreign, absent);
	same_answer(t, "show", "object", "blade:a1-01", "blade:zz-01");
	same_answer(t, "show", "object", "rack:A", "rack:Z");
	same_answer(t, "show", "object", foreign_job, "job:000000");
	same_answer(t, "show", "object", mixed_job, "job:000000");
	same_answer(t, "audit", "object", foreign, absent);
	same_answer(t, "audit", "object", foreign_job, "job:000000");
	same_answer(t, "actions", "filter", "blade:a1-01", "blade:zz-01");
	same_answer(t, "actions", "filter", foreign_name, "globex-none");
	same_answer(t, "actions", "filter", "tenant:globex", "tenant:initech");
	same_answer(t, "snapshots", "object", foreign, absent);
	same_answer(t, "snapshots", "object", foreign_name, "globex-none");
	same_answer(t, "snapshots", "object", "blade:a1-01", "blade:zz-01");
	same_answer(t, "limits", "object", foreign, absent);
	same_answer(t, "limits", "object", "tenant:globex", "tenant:nobody");
	static const char *const verbs[] = { "snapshot-create", "snapshot-revert", "snapshot-delete" };
	for (int i = 0; i < 3; i++) {
		char *form = xasprintf("{\"verb\":\"%s\",\"targets\":[\"@\"]%s}", verbs[i], i ? ",\"snapshot\":\"x\"" : "");
		same_answers(t, "plan", form, foreign, absent);
		same_answers(t, "plan", form, foreign_name, "globex-none");
		same_answers(t, "plan", form, "blade:a1-01", "blade:zz-01");
		free(form);
	}
	same_answers(t, "report-snapshots", "{\"month\":\"2026-03\",\"tenant\":\"@\"}", "globex", "nobody");
	same_answers(t, "limits-set", "{\"object\":\"@\",\"kind\":\"kept\",\"limit\":\"9\",\"until\":\"+1 h\"}", foreign, absent);
	same_answers(t, "limits-set", "{\"object\":\"@\",\"kind\":\"kept\",\"limit\":\"9\",\"until\":\"+1 h\"}", "tenant:globex", "tenant:nobody");
	same_answers(t, "snapshot-settle", "{\"object\":\"@\",\"snapshot\":\"x\",\"reason\":\"x\"}", foreign, absent);
	same_answers(t, "audit-verify", "{\"anchors\":[\"@\"]}", "1:0", "2:0");
	talk_refused(t, "role", "request.role", "limits-set", "{s:s, s:s, s:s}", "object", "tenant:acme", "kind", "kept", "limit", "9");
	talk_refused(t, "role", "request.role", "snapshot-settle", "{s:s, s:s, s:s}", "object", foreign, "snapshot", "x", "reason", "x");
	talk_refused(t, "role", "request.role", "audit-verify", NULL);
	talk_refused(t, "usage", "audit.object", "audit", NULL);
	talk_refused(t, "role", "request.role", "refresh", "{s:s}", "object", foreign);
	talk_refused(t, "role", "request.role", "lease-break", "{s:s, s:s}", "object", foreign, "reason", "mine");
	talk_end(t);
}

static void test_customer_acts(void **state)
{
	become(ACME);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	const char *id, *own = NULL;
	json_t *o;
	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0 && strcmp(field_of(o, "protect"), "false") == 0 &&
			strcmp(field_of(o, "state"), "running") == 0)
			own = id;
	assert_non_null(own);
	char *vm = strdup(own), *job = talk_act(t, "shutdown", vm);
	assert_string_equal(talk_job(t, job), "done");
	assert_string_equal(field_of(json_object_get(t->objects, job), "by"), getenv("TEST_ME"));
	free(job);
	job = talk_act(t, "power-on", vm);
	assert_string_equal(talk_job(t, job), "done");
	free(job);
	talk_wait(t, vm, "state", "running");
	json_t *r = talk_get(t, "show", "{s:s}", "object", vm);
	char *text = json_dumps(r, 0);
	assert_null(strstr(text, "a1-0"));
	assert_null(strstr(text, "\"source\""));
	assert_null(strstr(text, "\"hash\""));
	assert_true(json_array_size(json_object_get(r, "history")) >= 2);
	assert_string_equal(field_of(json_array_get(json_object_get(r, "history"), 0), "by"), getenv("TEST_ME"));
	free(text);
	json_decref(r);
	/* Protection is not his to give or take. */
	json_t *p = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "protect", "targets", vm);
	assert_string_equal(field_of(json_array_get(json_object_get(p, "refused"), 0), "class"), "role");
	talk_refused(t, "role", "role.verb", "commit", "{s:s}", "plan", field_of(p, "plan"));
	json_decref(p);
	r = talk_get(t, "actions", "{s:[s]}", "targets", vm);
	assert_int_equal(json_array_size(json_object_get(r, "actions")), 8);
	json_decref(r);
	free(vm);
	talk_end(t);
}

/* His VMs with this state (NULL: any) and protection, at most max of them. */
static json_t *own_vms(struct talk *t, const char *state, const char *protect, size_t max)
{
	json_t *list = json_array(), *o;
	const char *id;

	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "kind"), "vm") == 0 && (!state || strcmp(field_of(o, "state"), state) == 0) &&
			strcmp(field_of(o, "protect"), protect) == 0 && json_array_size(list) < max)
			json_array_append_new(list, json_string(id));
	return list;
}

/* Several of his own in one plan: what cannot be done for one is told of that one before anything starts, and then nothing is; what is
 * said and typed names no host; a stranger's among them is none at all; and no more at once than an operator may. */
static void test_customer_acts_on_several(void **state)
{
	become(ACME);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	json_t *two = own_vms(t, "running", "false", 2), *three = json_copy(two), *kept = own_vms(t, NULL, "true", 1), *one, *p;
	size_t i;
	assert_int_equal(json_array_size(two), 2);
	assert_int_equal(json_array_size(kept), 1);
	json_array_append(three, json_array_get(kept, 0));

	p = talk_get(t, "actions", "{s:O}", "targets", three);
	json_array_foreach(json_object_get(p, "actions"), i, one)
		if (strcmp(field_of(one, "verb"), "power-off") == 0)
			assert_int_equal(json_integer_value(json_object_get(one, "can")), 2);
	json_decref(p);
	p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-off", "targets", three);
	assert_int_equal(json_array_size(json_object_get(p, "targets")), 3);
	json_array_foreach(json_object_get(p, "targets"), i, one) {
		bool his = strcmp(field_of(one, "id"), json_string_value(json_array_get(kept, 0))) != 0;
		assert_true(json_is_true(json_object_get(one, "ok")) == his);
		assert_true(json_is_null(json_object_get(one, "why")) == his);
	}
	assert_int_equal(json_array_size(json_object_get(p, "refused")), 1);
	const char *why = field_of(json_array_get(json_object_get(p, "refused"), 0), "msg");
	json_t *answer = talk_ask(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", "3");
	assert_string_equal(field_of(json_object_get(answer, "error"), "msg"), why);
	json_decref(answer);
	json_decref(p);
	for (i = 0; i < 2; i++)
		assert_string_equal(field_of(json_object_get(t->objects, json_string_value(json_array_get(two, i))), "state"), "running");

	p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-off", "targets", two);
	char *text = json_dumps(p, 0);
	if (strstr(text, "a1-0") || strstr(text, "rack") || strstr(text, "blade:"))
		fail_msg("a customer reads where it runs: %s", text);
	free(text);
	assert_string_equal(field_of(json_object_get(p, "confirm"), "kind"), "count");
	assert_int_equal(strncmp(field_of(json_object_get(p, "confirm"), "text"), "2", 1), 0);
	answer = talk_get(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "confirm", field_of(json_object_get(p, "confirm"), "text"));
	assert_string_equal(talk_job(t, field_of(answer, "job")), "done");
	talk_wait(t, field_of(answer, "job"), "done", "2");
	json_decref(answer);
	json_decref(p);
	for (i = 0; i < 2; i++)
		talk_wait(t, json_string_value(json_array_get(two, i)), "state", "off");

	json_array_append_new(three, json_string(foreign));
	talk_refused(t, "notfound", "target.none", "plan", "{s:s, s:O}", "verb", "power-on", "targets", three);
	talk_refused(t, "notfound", "target.none", "actions", "{s:O}", "targets", three);
	json_t *many = own_vms(t, "running", "false", 10);
	if (json_array_size(many) == 10) { /* where he has so many */
		json_array_append(many, json_array_get(two, 0));
		talk_refused(t, "limit", "targets.too-many", "plan", "{s:s, s:O}", "verb", "reboot", "targets", many);
	}
	json_decref(many);
	p = talk_get(t, "plan", "{s:s, s:O}", "verb", "power-on", "targets", two);
	answer = talk_get(t, "commit", "{s:s}", "plan", field_of(p, "plan"));
	assert_string_equal(talk_job(t, field_of(answer, "job")), "done");
	json_decref(answer);
	json_decref(p);
	json_decref(two);
	json_decref(three);
	json_decref(kept);
	talk_end(t);
}

static void test_operators_words_stay(void **state)
{
	/* What an operator did to a customer's own is in its history: not who, not why, not with whom. */
	become(ACME);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	const char *id;
	json_t *o;
	bool found = false;
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "protect"), "true") != 0)
			continue;
		json_t *r = talk_get(t, "audit", "{s:s}", "object", id);
		char *text = json_dumps(r, 0);
		found = strstr(text, "\"protect\"") != NULL;
		assert_null(strstr(text, foreign));
		assert_null(strstr(text, "between us"));
		assert_null(strstr(text, "\"by\""));
		assert_null(strstr(text, mixed_job));
		free(text);
		json_decref(r);
		break;
	}
	assert_true(found);
	talk_end(t);
}

/* The rule by which the tenant's own are known, in the site file. */
static void rule(const char *from, const char *to)
{
	char command[512];
	int before = reloads();

	snprintf(command, sizeof command, "sed -i 's/vms = { \"%s\" }/vms = { \"%s\" }/' %s/site.conf", from, to, d.dir);
	assert_int_equal(system(command), 0);
	kill(d.pid, SIGHUP);
	for (int i = 0; reloads() == before; i++) {
		assert_true(i < TALK_MS / 20);
		usleep(20000);
	}
}

/* All that the customer reads about his server: nothing of it holds one of these words. */
static void silent_about(struct talk *t, const char *vm, const char *const *words)
{
	json_t *r = talk_get(t, "show", "{s:s}", "object", vm), *a = talk_get(t, "audit", "{s:s, s:i}", "object", vm, "limit", 1000);
	char *all[] = { json_dumps(r, 0), json_dumps(a, 0), json_dumps(t->objects, 0), json_dumps(t->happened, 0) };

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		for (const char *const *w = words; *w; w++)
			if (strstr(all[i], *w))
				fail_msg("a customer reads \"%s\": %s", *w, all[i]);
		free(all[i]);
	}
	json_decref(r);
	json_decref(a);
}

/* An alert at a customer's own server, what is done with it, and a note on the blade below it, are the provider's: in no object, no
 * record, no news of his, and no answer tells that there is one. */
static void test_care_is_the_providers(void **state)
{
	become(OPERATOR);
	struct talk *o = talk_hello(&d), *t;
	talk_subscribe(o);
	const char *id, *own = NULL, *alert = NULL;
	json_t *x;
	json_object_foreach(o->objects, id, x)
		if (strncmp(field_of(x, "name"), "acme-db", 7) == 0) /* few: those of many would be one line of their blade's */
			own = id;
	assert_non_null(own);
	char *vm = strdup(own), *blade = xasprintf("blade:%s", field_of(json_object_get(o->objects, own), "blade"));
	rule("acme-\\*", "acme-w*");
	while (!alert) {
		json_object_foreach(o->objects, id, x)
			if (strcmp(field_of(x, "kind"), "alert") == 0 && strcmp(field_of(x, "object"), vm) == 0)
				alert = id;
		if (!alert)
			assert_true(talk_read(o, TALK_MS));
	}
	char *wrong = strdup(alert);
	for (int i = 0; i < 2; i++) {
		char *job = talk_act(o, i ? "unprotect" : "protect", vm);
		talk_job(o, job);
		free(job);
	}
	json_decref(talk_get(o, "alert-set", "{s:s, s:s, s:s, s:s}", "object", vm, "state", "acknowledged", "ticket", "T-secret", "note", "n-secret"));
	json_decref(talk_get(o, "note-set", "{s:s, s:s}", "object", blade, "text", "w-secret"));
	json_t *r = talk_get(o, "audit", "{s:s, s:s}", "object", vm, "what", "alert");
	assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
	json_decref(r);

	become(ACME);
	t = talk_hello(&d);
	talk_subscribe(t);
	assert_null(json_object_get(t->objects, wrong));
	const char *const words[] = { "T-secret", "n-secret", "w-secret", "alert", "\"note\"", "matches none", NULL };
	silent_about(t, vm, words);
	same_answer(t, "show", "object", wrong, "alert:00000000");
	same_answer(t, "audit", "object", wrong, "alert:00000000");
	/* Nor does the place of what he is not told stand empty: he could count it. */
	for (int n = 1; n <= 2; n++) {
		r = talk_get(t, "audit", "{s:s, s:i}", "object", vm, "limit", n);
		assert_int_equal(json_array_size(json_object_get(r, "records")), n);
		json_decref(r);
	}
	const char *const sought[] = { "T-secret", wrong, blade };
	for (size_t i = 0; i < sizeof sought / sizeof sought[0]; i++) {
		r = talk_get(t, "find", "{s:s}", "text", sought[i]);
		assert_int_equal(json_array_size(json_object_get(r, "found")) + (size_t)json_integer_value(json_object_get(r, "more")), 0);
		json_decref(r);
	}
	same_answers(t, "alert-set", "{\"object\":\"@\",\"state\":\"new\"}", vm, "vm:00000000deadbeef");
	same_answers(t, "note-set", "{\"object\":\"@\",\"text\":\"x\"}", blade, "blade:zz-01");
	same_answers(t, "events", "{\"object\":\"@\"}", vm, "vm:00000000deadbeef");
	talk_refused(t, "role", "args.role", "audit", "{s:s, s:s}", "object", vm, "what", "alert");
	talk_refused(t, "role", "args.role", "audit", "{s:s, s:s}", "object", vm, "verb", "power-off");
	talk_refused(t, "role", "args.role", "audit", "{s:s, s:i}", "object", vm, "until", 1);
	talk_end(t);

	/* A wall sees that somebody has it, and neither ticket nor note of it. */
	become(VIEWER);
	t = talk_hello(&d);
	talk_subscribe(t);
	assert_string_equal(field_of(json_object_get(t->objects, wrong), "state"), "acknowledged");
	const char *const inner[] = { "T-secret", "n-secret", NULL };
	silent_about(t, vm, inner);
	json_t *found = talk_get(t, "find", "{s:s}", "text", "T-secret");
	assert_int_equal(json_array_size(json_object_get(found, "found")), 0);
	json_decref(found);
	r = talk_get(t, "audit", "{s:s}", "what", "alert");
	char *text = json_dumps(r, 0);
	assert_int_equal(json_array_size(json_object_get(r, "records")), 1);
	for (size_t i = 0; inner[i]; i++)
		assert_null(strstr(text, inner[i]));
	free(text);
	json_decref(r);
	r = talk_get(t, "events", "{s:s}", "object", vm);
	text = json_dumps(r, 0);
	assert_null(strstr(text, "T-secret"));
	assert_null(strstr(text, "n-secret"));
	free(text);
	json_decref(r);
	talk_end(t);
	rule("acme-w\\*", "acme-*");
	free(wrong);
	free(blade);
	free(vm);
	talk_end(o);
}

static void test_frozen(void **state)
{
	char lines[512];

	snprintf(lines, sizeof lines, ACME, getenv("TEST_ME"));
	become(ACME);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	/* In the site file the tenant's account is frozen. */
	char path[128], command[512];
	int before = reloads();
	snprintf(path, sizeof path, "%s/site.conf", d.dir);
	snprintf(command, sizeof command, "sed -i 's/^tenant \"acme\" {/&\\n\\tstate = \"frozen\"/' %s", path);
	assert_int_equal(system(command), 0);
	kill(d.pid, SIGHUP);
	for (int i = 0; reloads() == before; i++) {
		assert_true(i < TALK_MS / 20);
		usleep(20000);
	}
	const char *id;
	json_t *o;
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "kind"), "vm") != 0)
			continue;
		json_t *p = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", id);
		assert_string_equal(field_of(json_array_get(json_object_get(p, "refused"), 0), "msg"), "tenant.frozen");
		json_decref(p);
		break;
	}
	snprintf(command, sizeof command, "sed -i '/state = \"frozen\"/d' %s", path);
	assert_int_equal(system(command), 0);
	talk_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_customer_stream), cmocka_unit_test(test_customer_ids),
		cmocka_unit_test(test_customer_acts), cmocka_unit_test(test_customer_acts_on_several), cmocka_unit_test(test_operators_words_stay),
		cmocka_unit_test(test_care_is_the_providers), cmocka_unit_test(test_frozen),
	};

	return cmocka_run_group_tests(tests, roles_start, roles_stop);
}

/* Who sees and may what: one user, whom the site file makes operator, viewer, customer and nobody in turn by reloads; and
 * reloads themselves. */
#include "talk.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct daemon d;
static char foreign[64], foreign_name[64], foreign_uuid[64]; /* a VM of globex, as an operator saw it */
static char mixed_job[64], foreign_job[64];

#define OPERATOR "role operator { users = { \"%s\" } }\n"
#define VIEWER "role viewer { users = { \"%s\" } }\n"
#define ACME "role customer { tenant = \"acme\" users = { \"%s\" } }\n"
#define NOBODY "role operator { users = { \"daemon\" } }\n"

/* A count of reloads that were taken, as the log tells. */
static int reloads(void)
{
	char *said = daemon_said(&d);
	int n = 0;

	for (char *at = said; (at = strstr(at, "was read again")); at++)
		n++;
	free(said);
	return n;
}

static void become(const char *role)
{
	char lines[256];
	int before = reloads();

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(lines, sizeof lines, role, getenv("TEST_ME"));
#pragma GCC diagnostic pop
	daemon_roles(&d, lines);
	kill(d.pid, SIGHUP);
	for (int i = 0; reloads() == before; i++) {
		if (i > TALK_MS / 20)
			fail_msg("the site file was not read again: %s", daemon_said(&d));
		usleep(20000);
	}
}

static int start(void **state)
{
	daemon_site(&d, 2, 8, 0);
	daemon_shared(&d, "--steady-ms", "1000", NULL);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	talk_wait_live(t, 2, 16);
	const char *id, *acme = NULL;
	json_t *o;
	json_object_foreach(t->objects, id, o) {
		if (strcmp(field_of(o, "tenant"), "globex") == 0) {
			snprintf(foreign, sizeof foreign, "%s", id);
			snprintf(foreign_name, sizeof foreign_name, "%s", field_of(o, "name"));
			snprintf(foreign_uuid, sizeof foreign_uuid, "%s", field_of(o, "uuid"));
		} else if (strcmp(field_of(o, "tenant"), "acme") == 0) {
			acme = id;
		}
	}
	assert_true(foreign[0] && acme);
	/* Jobs of an operator: on one that is another's, and on both together. */
	char *job = talk_act(t, "power-off", foreign);
	snprintf(foreign_job, sizeof foreign_job, "%s", job);
	talk_job(t, job);
	free(job);
	json_t *p = talk_get(t, "plan", "{s:s, s:[s, s]}", "verb", "protect", "targets", foreign, acme);
	json_t *done = talk_get(t, "commit", "{s:s, s:s}", "plan", field_of(p, "plan"), "reason", "between us");
	snprintf(mixed_job, sizeof mixed_job, "%s", field_of(done, "job"));
	json_decref(done);
	json_decref(p);
	talk_end(t);
	return 0;
}

static int stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

/* ---- customers ---- */

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

/* Two words that a customer must not be able to tell apart: the answers are the same but for the word. form: the arguments as
 * JSON, with a @ where the word stands. */
static void same_answers(struct talk *t, const char *request, const char *form, const char *secret, const char *absent)
{
	char *text[2];

	for (int i = 0; i < 2; i++) {
		const char *word = i ? absent : secret, *at_word = strchr(form, '@');
		char *args_text = xasprintf("%.*s%s%s", (int)(at_word - form), form, word, at_word + 1);
		json_t *args = json_loads(args_text, 0, NULL);
		assert_non_null(args);
		json_t *answer = talk_answer(t, talk_start(t, request, args)), *value = json_object_get(answer, "return");
		free(args_text);
		/* A preview of his own has a number of its own, and a code to type where the name is not plain ASCII. */
		if (value && (json_object_del(value, "plan") != 0 || json_object_del(value, "confirm") != 0 ||
			json_object_del(value, "command") != 0 || json_array_size(json_object_get(value, "refused")) == 0))
			fail_msg("%s is no secret: %s", word, json_dumps(answer, 0));
		json_object_del(answer, "id");
		char *whole = json_dumps(answer, JSON_SORT_KEYS);
		/* The word itself is taken out. */
		struct buf b = { 0 };
		for (char *at = whole, *hit; ; at = hit + strlen(word)) {
			hit = strstr(at, word);
			buf_append(&b, at, hit ? (size_t)(hit - at) : strlen(at) + 1);
			if (!hit)
				break;
			buf_str(&b, "*");
		}
		text[i] = b.data;
		free(whole);
		json_decref(answer);
	}
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

static void same_answer(struct talk *t, const char *request, const char *argument, const char *secret, const char *absent)
{
	char *form = argument[0] == '[' ? xstrdup("{\"verb\":\"power-off\",\"targets\":[\"@\"]}") : xasprintf("{\"%s\":\"@\"}", argument);

	same_answers(t, request, form, secret, absent);
	free(form);
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
	free(talk_act(t, "power-on", vm));
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

/* ---- snapshots ---- */

static json_t *act_on(struct talk *t, const char *target, const char *verb, json_t *more)
{
	json_t *args = json_pack("{s:s, s:[s]}", "verb", verb, "targets", target);

	json_object_update(args, more);
	json_decref(more);
	json_t *answer = talk_answer(t, talk_start(t, "plan", args)), *plan = json_object_get(answer, "return");
	if (!plan)
		return answer;
	args = json_pack("{s:O, s:s, s:s}", "plan", json_object_get(plan, "plan"), "confirm", "yes", "reason", "a test");
	if (json_object_get(json_object_get(plan, "confirm"), "text"))
		json_object_set(args, "confirm", json_object_get(json_object_get(plan, "confirm"), "text"));
	json_t *done = talk_answer(t, talk_start(t, "commit", args));
	json_decref(answer);
	const char *job = field_of(json_object_get(done, "return"), "job");
	if (job[0])
		assert_string_equal(talk_job(t, job), "done");
	return done;
}

static json_t *snapshot_named(json_t *list, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(list, "snapshots"), i, one)
		if (strcmp(field_of(one, "name"), name) == 0)
			return one;
	return NULL;
}

static json_t *must(json_t *answer)
{
	if (!json_object_get(answer, "return"))
		fail_msg("%s", json_dumps(answer, 0));
	return answer;
}

static char acme_vm[64], secret_snap[64], secret_host_name[64];

static void test_snapshots_of_others(void **state)
{
	char month[16];
	time_t now = time(NULL);
	struct tm at;
	const char *id;
	json_t *o, *one;
	size_t i;

	gmtime_r(&now, &at);
	strftime(month, sizeof month, "%Y-%m", &at);
	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	json_object_foreach(t->objects, id, o)
		if (strcmp(field_of(o, "tenant"), "acme") == 0 && strcmp(field_of(o, "protect"), "false") == 0)
			snprintf(acme_vm, sizeof acme_vm, "%s", id);
	/* By the provider: on his own, and on another's. */
	json_decref(must(act_on(t, acme_vm, "snapshot-create", json_pack("{s:s, s:s}", "name", "theirs", "note", "for the audit"))));
	json_decref(must(act_on(t, foreign, "snapshot-create", json_pack("{s:s, s:s, s:s}", "name", "secret", "note", "globex only", "charge",
		"tenant"))));
	json_t *secrets = talk_get(t, "snapshots", "{s:s}", "object", foreign);
	snprintf(secret_snap, sizeof secret_snap, "%s", field_of(snapshot_named(secrets, "secret"), "id"));
	snprintf(secret_host_name, sizeof secret_host_name, "%s", field_of(snapshot_named(secrets, "secret"), "host_name"));
	json_decref(secrets);
	json_decref(talk_get(t, "limits-set", "{s:s, s:s, s:s, s:s, s:s}", "object", acme_vm, "kind", "kept", "limit", "4", "until", "+1 h", "ref",
		"T-99"));
	talk_end(t);

	become(ACME);
	t = talk_hello(&d);
	talk_subscribe(t);
	talk_refused(t, "role", "args.role", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", acme_vm, "exceed", "yes");
	talk_refused(t, "role", "args.role", "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", acme_vm, "charge",
		"provider");
	talk_refused(t, "role", "args.role", "plan", "{s:s, s:[s], s:s, s:s}", "verb", "snapshot-revert", "targets", acme_vm, "snapshot",
		"theirs", "override-pair", "yes");
	json_decref(must(act_on(t, acme_vm, "snapshot-create", json_pack("{s:s, s:s}", "name", "mine", "note", "my words"))));
	json_t *l = talk_get(t, "snapshots", "{s:s}", "object", acme_vm);
	json_t *mine = snapshot_named(l, "mine"), *theirs = snapshot_named(l, "theirs");
	assert_non_null(mine);
	assert_non_null(theirs);
	assert_string_equal(field_of(mine, "by"), getenv("TEST_ME"));
	assert_string_equal(field_of(mine, "charged"), "acme");
	assert_string_equal(field_of(mine, "note"), "my words");
	assert_string_equal(field_of(theirs, "by"), "provider");
	assert_string_equal(field_of(theirs, "charged"), "");
	json_decref(l);
	l = talk_get(t, "limits", "{s:s}", "object", acme_vm);
	char *text = json_dumps(l, 0);
	assert_null(strstr(text, "T-99"));
	one = json_array_get(json_object_get(l, "changes"), 0);
	assert_string_equal(field_of(one, "limit"), "4");
	assert_null(json_object_get(one, "by"));
	free(text);
	json_decref(l);
	l = talk_get(t, "limits", NULL);
	assert_int_equal(json_array_size(json_object_get(l, "tenants")), 1);
	assert_string_equal(field_of(json_array_get(json_object_get(l, "tenants"), 0), "name"), "acme");
	json_decref(l);
	json_decref(talk_get(t, "limits", "{s:s}", "object", "tenant:acme"));
	/* Another's snapshot is not there, wherever it is named. */
	static const char no_snap[] = "snap:00000000-1111-4222-8333-444444444444";
	for (int k = 0; k < 2; k++) {
		char *form = xasprintf("{\"verb\":\"snapshot-%s\",\"targets\":[\"%s\"],\"snapshot\":\"@\"}", k ? "delete" : "revert", acme_vm);
		same_answers(t, "plan", form, secret_snap, no_snap);
		same_answers(t, "plan", form, secret_host_name, "tana-00000000-1111-4222-8333-444444444444");
		same_answers(t, "plan", form, "secret", "nothing");
		free(form);
	}
	char *form = xasprintf("{\"month\":\"%s\",\"after\":\"@\"}", month);
	same_answers(t, "report-snapshots", form, secret_snap, no_snap);
	free(form);
	same_answer(t, "show", "object", secret_snap, no_snap);
	same_answer(t, "audit", "object", secret_snap, no_snap);
	same_answer(t, "snapshots", "object", secret_snap, no_snap);
	same_answer(t, "limits", "object", secret_snap, no_snap);
	l = talk_get(t, "report-snapshots", "{s:s}", "month", month);
	text = json_dumps(l, 0);
	assert_null(strstr(text, "secret"));
	assert_null(strstr(text, "globex"));
	assert_null(strstr(text, foreign));
	free(text);
	assert_int_equal(json_array_size(json_object_get(l, "rows")), 2);
	json_array_foreach(json_object_get(l, "rows"), i, one) {
		bool own = strcmp(field_of(one, "name"), "mine") == 0;
		assert_string_equal(field_of(one, "by"), own ? getenv("TEST_ME") : "provider");
		assert_string_equal(field_of(one, "role"), own ? "customer" : "provider");
	}
	json_decref(l);
	/* Its history tells of the limit, not of the ticket. */
	l = talk_get(t, "audit", "{s:s}", "object", acme_vm);
	text = json_dumps(l, 0);
	assert_non_null(strstr(text, "\"limit\""));
	assert_null(strstr(text, "T-99"));
	assert_null(strstr(text, "a1-0"));
	free(text);
	json_decref(l);
	json_decref(must(act_on(t, acme_vm, "snapshot-delete", json_pack("{s:s}", "snapshot", "mine"))));
	talk_end(t);

	become(VIEWER);
	t = talk_hello(&d);
	l = talk_get(t, "snapshots", "{s:s}", "object", foreign);
	assert_non_null(snapshot_named(l, "secret"));
	assert_null(json_object_get(snapshot_named(l, "secret"), "note"));
	json_decref(l);
	l = talk_get(t, "audit", "{s:s}", "object", acme_vm);
	text = json_dumps(l, 0);
	assert_non_null(strstr(text, "\"limit\""));
	assert_null(strstr(text, "T-99"));
	free(text);
	json_decref(l);
	l = talk_get(t, "limits", "{s:s}", "object", acme_vm);
	text = json_dumps(l, 0);
	assert_null(strstr(text, "T-99"));
	free(text);
	json_decref(l);
	talk_end(t);
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
	for (int i = 0; reloads() == before && i < 1000; i++)
		usleep(20000);
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

/* ---- viewers, strangers ---- */

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

/* ---- reload ---- */

static void test_reload(void **state)
{
	char text[512];

	become(OPERATOR);
	struct talk *t = talk_hello(&d);
	talk_subscribe(t);
	/* A bad file changes nothing. */
	daemon_append(&d, "\nblade 7 {\n");
	kill(d.pid, SIGHUP);
	while (!talk_happened(t, "reload.bad"))
		assert_true(talk_read(t, TALK_MS));
	json_decref(talk_get(t, "ping", NULL));
	assert_non_null(json_object_get(t->objects, "blade:a1-02"));
	daemon_roles(&d, NULL); /* cuts nothing of it off: */
	snprintf(text, sizeof text, "sed -i '/^blade 7 {/d' %s/site.conf", d.dir);
	assert_int_equal(system(text), 0);
	/* One more rack with a blade, and its VMs come. */
	snprintf(text, sizeof text, "sed 's/<uuid>7a6e6100-0000/<uuid>7a6e61ff-0000/' %s/nodes/1.xml > %s/nodes/9.xml", d.dir, d.dir);
	assert_int_equal(system(text), 0);
	snprintf(text, sizeof text, "\nrack \"B\" {\n enclosure \"B1\" {\n bays = \"1-2\"\n blade \"b1-01\" { bay = \"1\" host = "
		"\"test://%s/nodes/9.xml\" }\n }\n}\n", d.dir);
	daemon_append(&d, text);
	kill(d.pid, SIGHUP);
	talk_wait(t, "blade:b1-01", "host", "up");
	talk_wait(t, "blade:b1-01", "vms", "8");
	assert_non_null(json_object_get(t->objects, "rack:B"));
	/* And go again. */
	snprintf(text, sizeof text, "sed -i '/^rack \"B\" {/,$d' %s/site.conf", d.dir);
	assert_int_equal(system(text), 0);
	kill(d.pid, SIGHUP);
	while (json_object_get(t->objects, "blade:b1-01") || json_object_get(t->objects, "rack:B"))
		assert_true(talk_read(t, TALK_MS));
	json_t *r = talk_get(t, "audit", "{s:i}", "limit", 20), *one, *last = NULL;
	size_t i;
	json_array_foreach(json_object_get(r, "records"), i, one)
		if (strcmp(field_of(one, "what"), "reload") == 0)
			last = one;
	assert_non_null(last);
	assert_non_null(json_object_get(last, "detail"));
	json_decref(r);
	talk_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_customer_stream), cmocka_unit_test(test_customer_ids), cmocka_unit_test(test_customer_acts),
		cmocka_unit_test(test_operators_words_stay),
		cmocka_unit_test(test_snapshots_of_others), cmocka_unit_test(test_frozen), cmocka_unit_test(test_viewer),
		cmocka_unit_test(test_nobody), cmocka_unit_test(test_group), cmocka_unit_test(test_role_moves),
		cmocka_unit_test(test_reload),
	};
	return cmocka_run_group_tests(tests, start, stop);
}

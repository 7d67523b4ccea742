/* Who sees and may what with snapshots: the provider's, another's, and a customer's own. */
#include "roles_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	const char *id;
	json_t *o, *one;
	size_t i;

	month_of(time(NULL), 9, month);
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
	snprintf(secret_snap, sizeof secret_snap, "%s", field_of(in_list(secrets, "secret"), "id"));
	snprintf(secret_host_name, sizeof secret_host_name, "%s", field_of(in_list(secrets, "secret"), "host_name"));
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
	json_t *mine = in_list(l, "mine"), *theirs = in_list(l, "theirs");
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
	assert_non_null(in_list(l, "secret"));
	assert_null(json_object_get(in_list(l, "secret"), "note"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snapshots_of_others),
	};

	return cmocka_run_group_tests(tests, roles_start, roles_stop);
}

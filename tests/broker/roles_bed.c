/* The broker of the tests of roles, and who the user is. */
#include "roles_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct daemon d;
char foreign[64], foreign_name[64], foreign_uuid[64];
char mixed_job[64], foreign_job[64];

int reloads(void)
{
	char *said = daemon_said(&d);
	int n = 0;

	for (char *at = said; (at = strstr(at, "was read again")); at++)
		n++;
	free(said);
	return n;
}

void become(const char *role)
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

int roles_start(void **state)
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

int roles_stop(void **state)
{
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_remove(&d);
	return 0;
}

void same_answers(struct talk *t, const char *request, const char *form, const char *secret, const char *absent)
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

void same_answer(struct talk *t, const char *request, const char *argument, const char *secret, const char *absent)
{
	char *form = argument[0] == '[' ? xstrdup("{\"verb\":\"power-off\",\"targets\":[\"@\"]}") : xasprintf("{\"%s\":\"@\"}", argument);

	same_answers(t, request, form, secret, absent);
	free(form);
}

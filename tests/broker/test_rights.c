/* The table of rights, cell by cell, over the socket: role x verb x server x the way it is asked; every request about what one may
 * not know; what the stream shows; and a right that is taken away. The cells are in rights_table.h. */
#include "rights_bed.h"

#include "broker/commands.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int cells;

#define ABSENT_NAME "acme-none"

/* ---- verbs ---- */

static json_t *ask_text(struct talk *t, const char *name, const char *args)
{
	json_t *a = json_loads(args, 0, NULL);

	assert_non_null(a);
	return talk_answer(t, talk_start(t, name, a));
}

/* What an error or a refusal comes to in a cell; '\0': it is none of them. */
static char letter_of(const char *class, char may)
{
	if (!class[0])
		return may;
	return strcmp(class, "role") == 0 ? '.' : '!';
}

/* As `actions` offers it: what is not in the list is not offered. */
static char offered(json_t *actions, int verb)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(actions, "return"), "actions"), i, one) {
		if (strcmp(field_of(one, "verb"), verb_words[verb]) != 0)
			continue;
		if (json_is_true(json_object_get(one, "ok")))
			return verb_letters[verb];
		const char *msg = field_of(json_object_get(one, "why"), "msg");
		bool role = strncmp(msg, "role.", 5) == 0 || strncmp(msg, "right.", 6) == 0 || strncmp(msg, "tenant.", 7) == 0;
		return role ? '.' : '!';
	}
	return '.';
}

static void check(int p, int s, const char *way, int verb, char is, json_t *answer)
{
	const char *cell = verb_cells[p][s];
	char want = cell[0] == '#' || !cell[0] ? cell[0] : cell[verb < 0 ? 0 : verb];

	cells++;
	if (is == want)
		return;
	fail_msg("%s, %s, %s, %s: '%c' and not '%c': %s", people[p].name, servers[s], verb < 0 ? "all verbs" : verb_words[verb], way,
		is ? is : '0', want ? want : '0', answer ? json_dumps(answer, 0) : "");
}

static const char *error_class(json_t *answer)
{
	return field_of(json_object_get(answer, "error"), "class");
}

/* '#': not asked; '\0': unknown; else ' '. */
static char general(json_t *answer)
{
	const char *msg = field_of(json_object_get(answer, "error"), "msg");

	if (strcmp(msg, "request.role") == 0)
		return '#';
	return strcmp(error_class(answer), "notfound") == 0 ? '\0' : ' ';
}

static void check_plan(int p, int s, int v, struct talk *t, const char *way, const char *aim)
{
	bool snap = v == 6 || v == 7; /* one that is there must be named; none is: that is a state of things */
	char *args = xasprintf("{\"verb\":\"%s\",%s%s}", verb_words[v], aim, snap ? ",\"snapshot\":\"x\"" : "");
	json_t *answer = ask_text(t, "plan", args), *refused;
	char is = general(answer);

	if (is == ' ') {
		refused = json_array_get(json_object_get(json_object_get(answer, "return"), "refused"), 0);
		is = letter_of(field_of(refused, "class"), verb_letters[v]);
		if (snap && is == '!' && verb_cells[p][s][v] == verb_letters[v])
			is = verb_letters[v];
	}
	check(p, s, way, v, is, answer);
	json_decref(answer);
	free(args);
}

static void test_verbs(void **state)
{
	for (int p = 0; p < PEOPLE; p++) {
		struct talk *t = verb_cells[p][0] ? rights_hello(p) : NULL;
		for (int s = 0; s < SERVERS && t; s++) {
			char *aims[3] = { xasprintf("\"targets\":[\"%s\"]", server_id[s]), xasprintf("\"targets\":[\"%s\"]", servers[s]),
				xasprintf("\"filter\":\"name:%s\"", servers[s]) };
			static const char *const ways[] = { "plan by id", "plan by name", "plan by filter" };
			char *args = xasprintf("{%s}", aims[0]);
			json_t *a = ask_text(t, "actions", args);
			for (size_t v = 0; v < sizeof verb_words / sizeof verb_words[0]; v++) {
				check(p, s, "actions", (int)v, general(a) == ' ' ? offered(a, (int)v) : general(a), a);
				check_plan(p, s, (int)v, t, ways[0], aims[0]);
			}
			check_plan(p, s, 2, t, ways[1], aims[1]);
			check_plan(p, s, 2, t, ways[2], aims[2]);
			json_decref(a);
			free(args);
			for (int i = 0; i < 3; i++)
				free(aims[i]);
		}
		if (t)
			talk_end(t);
	}
}

/* The serial console goes with the right that snapshots go with; whoever has no right to it is told so before anything else. */
static void test_consoles(void **state)
{
	for (int p = 0; p < PEOPLE; p++) {
		struct talk *t = verb_cells[p][0] ? rights_hello(p) : NULL;
		for (int s = 0; s < SERVERS && t; s++) {
			static const char *const modes[] = { "write", "watch" };
			const char *cell = verb_cells[p][s];
			for (int m = 0; m < 2; m++) {
				json_t *a = talk_ask(t, "stream-open", "{s:s, s:s, s:i}", "object", server_id[s], "mode", modes[m], "credit", 1);
				const char *class = error_class(a), *want = !cell[0] ? "notfound" : cell[0] == '#' || (cell[5] != 'c' && cell[5] != '!') ?
					"role" : "";
				bool ok = want[0] ? strcmp(class, want) == 0 : strcmp(class, "role") != 0 && strcmp(class, "notfound") != 0;
				if (!ok)
					fail_msg("%s, the console of %s to %s: %s", people[p].name, servers[s], modes[m], json_dumps(a, 0));
				const char *stream = field_of(json_object_get(a, "return"), "stream");
				if (stream[0])
					json_decref(talk_ask(t, "stream-close", "{s:s}", "stream", stream));
				json_decref(a);
				cells++;
			}
		}
		if (t)
			talk_end(t);
	}
}

/* ---- requests ---- */

static void test_every_request_is_here(void **state)
{
	for (size_t i = 0; i < ncommands; i++) {
		bool known = false;
		for (int r = 0; r < REQUESTS; r++)
			known |= strcmp(requests[r].name, commands[i].name) == 0;
		if (!known)
			fail_msg("the request %s has no row in rights_table.h", commands[i].name);
	}
}

static bool is_command(const char *name)
{
	for (size_t i = 0; i < ncommands; i++)
		if (strcmp(commands[i].name, name) == 0)
			return true;
	return false;
}

static char *with_word(const char *form, const char *word)
{
	const char *at = strchr(form, '@');

	return at ? xasprintf("%.*s%s%s", (int)(at - form), form, word, at + 1) : xstrdup(form);
}

/* The answer as bytes, but for the word itself and what is new in every answer. */
static char *bytes(json_t *answer, const char *word)
{
	json_t *r = json_object_get(answer, "return");
	struct buf b = { 0 };

	json_object_del(answer, "id");
	json_object_del(r, "plan");
	char *whole = json_dumps(answer, JSON_SORT_KEYS);
	for (char *at = whole, *hit; ; at = hit + strlen(word)) {
		hit = strstr(at, word);
		buf_append(&b, at, hit ? (size_t)(hit - at) : strlen(at) + 1);
		if (!hit)
			break;
		buf_str(&b, "*");
	}
	free(whole);
	json_decref(answer);
	return b.data;
}

static void same(struct talk *t, int p, const struct request_row *r, const char *secret, const char *absent)
{
	char *args[2] = { with_word(r->form, secret), with_word(r->form, absent) }, *is[2];
	int id[2];

	for (int i = 0; i < 2; i++) /* both are under way at once */
		id[i] = talk_start(t, r->name, json_loads(args[i], 0, NULL));
	for (int i = 0; i < 2; i++)
		is[i] = bytes(talk_answer(t, id[i]), i ? absent : secret);
	cells++;
	if (strcmp(is[0], is[1]) != 0)
		fail_msg("%s can tell %s from %s by %s %s: %s %s", people[p].name, secret, absent, r->name, r->form, is[0], is[1]);
	for (int i = 0; i < 2; i++) {
		free(args[i]);
		free(is[i]);
	}
}

static void requests_of(int p)
{
	struct talk *t = rights_hello(p);
	int asked = 0;

	for (int r = 0; r < REQUESTS; r++) {
		if (!requests[r].form || !is_command(requests[r].name))
			continue;
		for (int s = 0; s < SERVERS + SECRETS; s++) {
			if (asked > 170) {
				/* Many connections of one user share some tokens; one of them alone is soon slow. */
				talk_end(t);
				t = rights_hello(p);
				asked = 0;
			}
			asked += 2;
			if (s >= SERVERS && strcmp(people[p].name, secrets[s - SERVERS].but) != 0)
				same(t, p, &requests[r], secrets[s - SERVERS].is, secrets[s - SERVERS].absent);
			else if (s < SERVERS && !sees(p, s)) {
				same(t, p, &requests[r], server_id[s], ABSENT_ID);
				if (s % 4 == 0) {
					same(t, p, &requests[r], servers[s], ABSENT_NAME);
					asked += 2;
				}
			}
		}
	}
	talk_end(t);
}

/* What one may not know answers as what is not there, for every request that takes a thing's name. */
static void test_unknown(void **state)
{
	for (int p = 2; p < PEOPLE; p++)
		if (verb_cells[p][0])
			requests_of(p);
}

/* Who may ask at all; and what he sees answers. */
static void test_requests(void **state)
{
	for (int p = 0; p < PEOPLE; p++) {
		struct talk *t = verb_cells[p][0] ? rights_hello(p) : NULL;
		char me = p == 0 ? 'o' : p == 1 ? 'v' : 'c';
		for (int r = 0; r < REQUESTS && t; r++) {
			if (!requests[r].who || !is_command(requests[r].name) || strcmp(requests[r].name, "subscribe") == 0)
				continue;
			int s = 0;
			while (s < SERVERS - 1 && !sees(p, s))
				s++;
			char *args = with_word(requests[r].form ? requests[r].form : "{}", server_id[s]);
			json_t *a = ask_text(t, requests[r].name, args);
			bool role = general(a) == '#', may = strchr(requests[r].who, me) != NULL;
			if (role == may)
				fail_msg("%s and %s: %s", people[p].name, requests[r].name, json_dumps(a, 0));
			bool looks = strcmp(requests[r].name, "show") == 0 || strcmp(requests[r].name, "audit") == 0 ||
				strcmp(requests[r].name, "snapshots") == 0;
			if (looks && sees(p, s) && !json_object_get(a, "return"))
				fail_msg("%s does not see %s: %s", people[p].name, servers[s], json_dumps(a, 0));
			cells++;
			json_decref(a);
			free(args);
		}
		if (t)
			talk_end(t);
	}
}

/* ---- the stream ---- */

static void test_stream(void **state)
{
	/* Something happened to each, and to all together. */
	struct talk *o = rights_hello(0);
	talk_subscribe(o);
	for (int s = 0; s < SERVERS; s++) {
		char *job = talk_act(o, "reboot", server_id[s]);
		if (s != server_of("acme-off"))
			assert_string_equal(talk_job(o, job), "accepted");
		free(job);
		s += s + 1 == server_of("acme-off");
	}
	for (int p = 0; p < PEOPLE; p++) {
		struct talk *t = verb_cells[p][0] ? rights_hello(p) : NULL;
		if (!t)
			continue;
		talk_subscribe(t);
		char *objects = json_dumps(t->objects, JSON_ENCODE_ANY), *news = json_dumps(t->happened, 0);
		for (int s = 0; s < SERVERS; s++) {
			json_t *vm = json_object_get(t->objects, server_id[s]);
			cells += 2;
			if ((vm != NULL) != sees(p, s))
				fail_msg("%s is %sshown %s", people[p].name, vm ? "" : "not ", servers[s]);
			/* Nowhere: not as a job's target, not as half of a pair, not in what happened. */
			if (!sees(p, s) && (strstr(objects, servers[s]) || strstr(objects, server_id[s]) || strstr(news, servers[s]) ||
				strstr(news, server_id[s])))
				fail_msg("%s can read of %s: %s %s", people[p].name, servers[s], objects, news);
		}
		if (!is_staff(p))
			assert_null(strstr(objects, "a1-01"));
		free(objects);
		free(news);
		talk_end(t);
	}
	talk_end(o);
}

/* ---- it moves ---- */

static void test_taken_away(void **state)
{
	int p = person_of("power"), own = server_of("acme-own");
	struct talk *t = rights_hello(p);

	talk_subscribe(t);
	json_t *plan = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", server_id[own]);
	rights_reload(p, "role customer { tenant = acme users = { sys } right = view }");
	/* What he sees is said anew, and what was begun is over. */
	while (t->synced < 2)
		assert_true(talk_read(t, TALK_MS));
	assert_int_equal(t->resets, 1);
	assert_non_null(json_object_get(t->objects, server_id[server_of("acme-db-a")]));
	rights_reload(p, "role customer { tenant = acme users = { sys } right = view vm \"acme-db*\" { right = none } }");
	while (t->synced < 3)
		assert_true(talk_read(t, TALK_MS));
	assert_non_null(json_object_get(t->objects, server_id[own]));
	assert_null(json_object_get(t->objects, server_id[server_of("acme-db-a")]));
	talk_refused(t, "confirm", "plan.unknown", "commit", "{s:s, s:s}", "plan", field_of(plan, "plan"), "confirm", "yes");
	json_decref(plan);
	plan = talk_get(t, "plan", "{s:s, s:[s]}", "verb", "reboot", "targets", server_id[own]);
	talk_refused(t, "role", "right.verb", "commit", "{s:s, s:s}", "plan", field_of(plan, "plan"), "confirm", "yes");
	json_decref(plan);
	rights_reload(-1, NULL);
	talk_end(t);
	cells += 5;
}

static char *take(struct talk *t, const char *server, const char *name)
{
	json_t *p = talk_get(t, "plan", "{s:s, s:[s], s:s}", "verb", "snapshot-create", "targets", server, "name", name);
	json_t *done = talk_get(t, "commit", "{s:O, s:s}", "plan", json_object_get(p, "plan"), "confirm", "yes");
	char *job = xstrdup(field_of(done, "job"));

	assert_string_equal(talk_job(t, job), "done");
	json_decref(done);
	json_decref(p);
	return job;
}

static char *month(void)
{
	static char text[16];

	month_of(time(NULL), 0, text);
	return text;
}

/* What one may not see is not in the report, in no history, and did not happen. */
static void test_snapshots(void **state)
{
	static const char *const who[] = { "full", "some", "other" };
	struct talk *talks[3];

	for (int i = 0; i < 3; i++) {
		talks[i] = rights_hello(person_of(who[i]));
		talk_subscribe(talks[i]);
	}
	free(take(talks[0], server_id[server_of("acme-db-b")], "of-the-hidden"));
	for (int i = 0; i < 3; i++) {
		struct talk *t = talks[i];
		json_t *r = talk_get(t, "report-snapshots", "{s:s}", "month", month());
		char *rows = json_dumps(r, 0), *news = json_dumps(t->happened, 0);
		while (i == 0 && !strstr(news, "of-the-hidden")) { /* what happened is told after the job that did it */
			assert_true(talk_read(t, TALK_MS));
			free(news);
			news = json_dumps(t->happened, 0);
		}
		cells += 2;
		if ((strstr(rows, "of-the-hidden") != NULL) != (i == 0) || (strstr(news, "of-the-hidden") != NULL) != (i == 0))
			fail_msg("%s: %s %s", who[i], rows, news);
		free(rows);
		free(news);
		json_decref(r);
		talk_end(t);
	}
	/* What was before somebody came is in his history alone: nothing is counted out to him. */
	struct talk *late = rights_hello(person_of("full"));
	talk_subscribe(late);
	assert_int_equal(json_array_size(late->happened), 0);
	talk_end(late);
}

/* ---- the command line ---- */

static char *listed(int p)
{
	char path[512], *argv[] = { (char *)"tana", (char *)"--socket", d.socket, (char *)"list", (char *)"vms", (char *)"--json", NULL };
	char *envp[] = { (char *)"HOME=/", (char *)"LANG=C.UTF-8", (char *)"ASAN_OPTIONS=detect_leaks=0", NULL };
	int out[2];
	struct buf b = { 0 };

	snprintf(path, sizeof path, "%s/tana", getenv("TANA_BUILD"));
	int program = open(path, O_RDONLY);
	if (program < 0 || pipe(out) != 0)
		fail_msg("no %s", path);
	pid_t pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		if (rights_become(p))
			fexecve(program, argv, envp);
		_exit(127);
	}
	close(out[1]);
	char chunk[4096];
	for (ssize_t n; (n = read(out[0], chunk, sizeof chunk)) > 0; )
		buf_append(&b, chunk, (size_t)n);
	buf_append(&b, "", 1);
	close(out[0]);
	close(program);
	int status;
	waitpid(pid, &status, 0);
	if (status != 0)
		fail_msg("tana list vms as %s ended with %x: %s", people[p].user, status, b.data);
	return b.data;
}

static void test_command_line(void **state)
{
	static const char *const who[] = { "operator", "viewer", "full", "some", "none" };

	for (size_t i = 0; i < sizeof who / sizeof who[0]; i++) {
		int p = person_of(who[i]);
		char *text = listed(p);
		for (int s = 0; s < SERVERS; s++) {
			cells++;
			if ((strstr(text, servers[s]) != NULL) != sees(p, s))
				fail_msg("%s and %s: %s", who[i], servers[s], text);
		}
		free(text);
	}
}

static void test_cells(void **state)
{
	printf("%d cells\n", cells);
}

/* Thousands of questions: as fast as it goes. */
static int start(void **state)
{
	rights_more[0] = "--rate";
	rights_more[1] = "1000";
	return rights_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_request_is_here), cmocka_unit_test(test_verbs), cmocka_unit_test(test_consoles),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_stream), cmocka_unit_test(test_taken_away), cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_command_line), cmocka_unit_test(test_cells),
	};

	/* Of a mutant, which its one test must find. */
	if (getenv("TANA_ONLY"))
		cmocka_set_test_filter(getenv("TANA_ONLY"));
	return cmocka_run_group_tests(tests, start, rights_stop);
}

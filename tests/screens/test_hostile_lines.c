/* What the commands print for people, spreadsheets and programs when every text is hostile: the same lines as with harmless ones,
 * nothing in them that a terminal obeys, valid JSON, CSV with as many fields. On the broker of peer_texts.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "peer_texts.h"
#include "raw.h"

#include "common/buf.h"
#include "common/text.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 4
#define ARGS_MAX 8

enum form { PLAIN, JSON, LINES /* of JSON */, CSV };
static const struct { enum form form; const char *args[ARGS_MAX]; } commands[] = {
	{PLAIN, {"list", "vms"}}, {PLAIN, {"list", "blades"}}, {PLAIN, {"list", "racks"}}, {PLAIN, {"list", "enclosures"}}, {PLAIN, {"list", "jobs"}}, {PLAIN, {"list", "leases"}},
	{PLAIN, {"list", "notices"}}, {PLAIN, {"show", "vm:1"}}, {PLAIN, {"show", "enclosure:E"}}, {PLAIN, {"show", "job:000002"}}, {PLAIN, {"audit"}}, {PLAIN, {"audit", "verify"}},
	{PLAIN, {"limits"}}, {PLAIN, {"limits", "vm:1"}}, {PLAIN, {"snapshot", "list", "vm:1"}}, {PLAIN, {"report", "snapshots", "--month", "2026-04"}}, {PLAIN, {"power-off", "vm:1", "--dry-run"}},
	{PLAIN, {"lease", "break", "vm:1", "--reason", "x\x1b[2Jy"}}, {PLAIN, {"show", "no\x1b[2J\xc2\x9bsuch\nthing"}}, {PLAIN, {"list", "vms", "name:\x1b]0;x\a\xff"}},
	{PLAIN, {"list", "alerts"}}, {PLAIN, {"list", "clusters"}}, {PLAIN, {"list", "volumes"}}, {PLAIN, {"alerts"}}, {PLAIN, {"alerts", "ack", "alert:1", "--ref", "T\x1b[2J", "--note", "\xc2\x9b"}},
	{PLAIN, {"show", "cluster:1"}}, {PLAIN, {"show", "volume:1"}}, {PLAIN, {"find", "x\x1b[2J"}}, {PLAIN, {"what-if", "blade:1"}}, {PLAIN, {"events"}}, {PLAIN, {"events", "no\x1b[2Jthing"}},
	{PLAIN, {"handover", "--since", "2026-11-01 00:00"}}, {PLAIN, {"note", "blade:1", "x\x1b[2J\xe2\x80\xae"}}, {PLAIN, {"list", "vms", "@\x1b[2J\xc2\x9b"}},
	{CSV, {"report", "snapshots", "--month", "2026-04", "--csv"}}, {CSV, {"audit", "--csv"}},
	{JSON, {"list", "alerts", "--json"}}, {JSON, {"list", "clusters", "--json"}}, {JSON, {"list", "volumes", "--json"}}, {JSON, {"find", "x", "--json"}}, {JSON, {"what-if", "blade:1", "--json"}},
	{JSON, {"handover", "--since", "2026-11-01 00:00", "--json"}}, {LINES, {"events", "--json"}},
	{JSON, {"list", "vms", "--json"}}, {JSON, {"list", "blades", "--json"}}, {JSON, {"list", "notices", "--json"}}, {JSON, {"show", "vm:1", "--json"}}, {JSON, {"audit", "--json"}},
	{JSON, {"limits", "--json"}}, {JSON, {"snapshot", "list", "vm:1", "--json"}}, {JSON, {"report", "snapshots", "--month", "2026-04", "--json"}},
};
static size_t outputs, bytes;

/* What a command says, with errors where it is for people; its status in *status. Caller frees. */
static char *printed(const char *sock, const char *const args[], bool errors, int *status)
{
	const char *argv[ARGS_MAX + 4] = {bed_tana, "--socket", sock};
	struct buf b = {0};
	char chunk[4096];
	int pipes[2];
	ssize_t n;
	pid_t pid;

	for (int i = 0; i < ARGS_MAX && args[i]; i++)
		argv[3 + i] = args[i];
	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		if (errors)
			dup2(pipes[1], 2);
		close(pipes[0]);
		close(pipes[1]);
		/* Where somebody says to come from. */
		setenv("SSH_CONNECTION", "\x1b[2J\xc2\x9b\xe2\x80\xae 1 2 3", 1);
		setenv("TERM", "\x1b]0;x\a", 1);
		setenv("LANG", "C.UTF-8", 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(pipes[1]);
	while ((n = read(pipes[0], chunk, sizeof chunk)) > 0)
		buf_append(&b, chunk, (size_t)n);
	close(pipes[0]);
	waitpid(pid, status, 0);
	bytes += b.len;
	outputs++;
	buf_append(&b, "", 1);
	return b.data;
}

static size_t lines_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

/* Fields of a line of CSV: RFC 4180, all that is said by somebody stands in quotes. */
static size_t fields_of(const char *s)
{
	size_t n = 1;
	bool quoted = false;

	for (; *s && (quoted || *s != '\n'); s++) {
		if (*s == '"')
			quoted = !quoted;
		n += *s == ',' && !quoted;
		/* No program takes what begins so for a formula. */
		if (s[0] == ',' && s[1] == '"' && !quoted && s[2] && strchr("=+-@", s[2]))
			return 0;
	}
	return quoted ? 0 : n;
}

/* The same things in the same places: what is a text is clean, and as long as the harmless one. */
static bool same_json(json_t *a, json_t *b)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_typeof(a) != json_typeof(b) || json_object_size(a) != json_object_size(b) || json_array_size(a) != json_array_size(b))
		return false;
	if (json_is_string(a))
		return text_is_clean(json_string_value(b)) && strlen(json_string_value(a)) == strlen(json_string_value(b));
	json_object_foreach (a, key, v)
		if (!json_object_get(b, key) || !same_json(v, json_object_get(b, key)))
			return false;
	json_array_foreach (a, i, v)
		if (!same_json(v, json_array_get(b, i)))
			return false;
	return true;
}

/* A line each is a list of what its lines are; none is no answer. NULL: it is no JSON. */
static json_t *parsed(enum form form, const char *text)
{
	json_t *list = form == LINES ? json_array() : NULL;

	if (!list)
		return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	while (*text) {
		size_t n = strcspn(text, "\n");
		if (json_array_append_new(list, json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL)) != 0)
			break;
		text += n + (text[n] == '\n');
	}
	if (!*text && json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}

static const char *wrong(enum form form, const char *harmless, const char *hostile)
{
	struct raw raw = {.drawing = true};

	for (const char *s = hostile; form == PLAIN && *s; s++)
		if (*s == '\r' || *s == '\b')
			return "a control";
	raw_take(&raw, hostile, strlen(hostile));
	if (*raw.bad || raw.sequences || raw.need)
		return "bytes that a terminal obeys";
	if (form == JSON || form == LINES) {
		json_t *a = parsed(form, harmless), *b = parsed(form, hostile);
		bool same = a && b && same_json(a, b);

		json_decref(a);
		json_decref(b);
		return same ? NULL : "other JSON";
	}
	if (lines_of(harmless) != lines_of(hostile))
		return "another number of lines";
	for (const char *s = hostile; form == CSV && *s; s = strchr(s, '\n') + 1)
		if (fields_of(s) != fields_of(harmless))
			return "CSV with other fields";
	return NULL;
}

static void test_commands(void **state)
{
	unsigned turns = getenv("TANA_LONG") ? (unsigned)texts_valid() : TURNS, failures = 0;
	struct texts_order order = {.role = "operator"};
	char sock[96];
	int control, status[2];
	pid_t pid;

	snprintf(sock, sizeof sock, "%s/texts", bed_dir);
	pid = texts_start(sock, &control);
	for (unsigned turn = 0; turn < turns; turn++)
		for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
			char *said[2];

			for (int hostile = 0; hostile < 2; hostile++) {
				order.hostile = hostile;
				order.turn = turn * 29 % (unsigned)texts_valid();
				texts_tell(control, &order);
				said[hostile] = printed(sock, commands[i].args, commands[i].form == PLAIN, &status[hostile]);
			}
			const char *what = status[0] != status[1] ? "another status" : wrong(commands[i].form, said[0], said[1]);
			if (getenv("TEXTS_SHOW"))
				fprintf(stderr, "---- %s %s: %d\n%.3000s", commands[i].args[0], commands[i].args[1] ? commands[i].args[1] : "", status[1], said[1]);
			if (what) {
				fprintf(stderr, "%s %s, turn %u: %s\nharmless:\n%.2000s\nhostile:\n%.2000s\n", commands[i].args[0], commands[i].args[1] ? commands[i].args[1] : "", turn, what, said[0],
					said[1]);
				failures++;
			}
			free(said[0]);
			free(said[1]);
		}
	close(control);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("%zu texts, %zu commands, %u turns: %zu outputs, %zu bytes\n", texts_valid(), sizeof commands / sizeof *commands, turns, outputs, bytes);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, bed_set_up_alone, bed_tear_down);
}

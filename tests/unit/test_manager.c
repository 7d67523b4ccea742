/* src/enclosures/manager.c, manager_open.c and exchange.c against a link that says what it is told to, when it is told to: the
 * timing of prompts, echoes and alerts that no simulator can be asked for. Real sessions: tests/real/enclosures.sh. */
#include "common/clock.h"
#include "enclosures/manager.h"
#include "ssh/ssh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* When the line is typed, these come, each so long after it; "\0" hangs up. */
struct turn {
	const char *typed;
	struct { int ms; const char *text; } says[6];
};

static const struct turn *turns;
static struct { int64_t at; const char *text; size_t off; } queue[64];
static size_t nqueue;
static char typed[4096];               /* all that was typed, lines ended by "|" */
static bool hung_up, refuse_second;
static int links, opened;

struct ssh_link { int number; };

static void play(const char *what)
{
	if (!turns || !turns->typed || strcmp(turns->typed, what))
		return;
	int64_t now = clock_boot_ms();
	for (size_t i = 0; i < 6 && turns->says[i].text; i++) {
		assert_true(nqueue < 64);
		queue[nqueue].at = now + turns->says[i].ms;
		queue[nqueue].off = 0;
		queue[nqueue++].text = turns->says[i].text;
	}
	turns++;
}

struct ssh_link *ssh_link_new(void)
{
	struct ssh_link *l = calloc(1, sizeof *l);

	l->number = ++links;
	return l;
}

void ssh_link_free(struct ssh_link *l) { free(l); }

struct err *ssh_link_open(struct ssh_link *l, const struct ssh_login *login)
{
	opened++;
	hung_up = false;
	nqueue = 0;
	if (refuse_second && !strcmp(login->host, "two"))
		return err_new(ERR_UNREACHABLE, "ssh.login.refused", "{s:s, s:s, s:s, s:s}", "host", "two", "user", "u", "tried", "x",
			"methods", "y");
	return NULL;
}

struct err *ssh_link_shell(struct ssh_link *l, bool pty)
{
	play("shell");
	return NULL;
}

struct err *ssh_link_exec(struct ssh_link *l, const char *command) { fail(); return NULL; }
void ssh_link_hang_up(struct ssh_link *l) { }
bool ssh_link_lost(const struct ssh_link *l) { return hung_up; }
char *ssh_link_greeting(struct ssh_link *l) { return xstrdup("SSH-2.0-acme\n"); }
void ssh_link_abort(struct ssh_link *l) { hung_up = true; }

struct err *ssh_link_say(struct ssh_link *l, const void *data, size_t len, int deadline_ms)
{
	char line[512];

	assert_true(len < sizeof line);
	memcpy(line, data, len);
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	size_t n = strlen(typed);
	snprintf(typed + n, sizeof typed - n, "%s|", line);
	play(line);
	return NULL;
}

int ssh_link_hear(struct ssh_link *l, void *data, int len, int wait_ms)
{
	int64_t deadline = clock_boot_ms() + wait_ms;

	if (hung_up)
		return -1;
	if (!nqueue || queue[0].at > deadline) {
		clock_fake_advance(wait_ms);
		return 0;
	}
	if (clock_boot_ms() < queue[0].at)
		clock_fake_advance(queue[0].at - clock_boot_ms());
	clock_fake_advance(1);
	const char *text = queue[0].text + queue[0].off;
	size_t n = strlen(text);
	if (!*queue[0].text) {
		hung_up = true;
		return -1;
	}
	if (n > (size_t)len) {
		memcpy(data, text, (size_t)len);
		queue[0].off += (size_t)len;
		return len;
	}
	memcpy(data, text, n);
	memmove(queue, queue + 1, --nqueue * sizeof *queue);
	return (int)n;
}

/* ---- */

static char dir[] = "/tmp/tana-manager-XXXXXX";
static struct dialects *dialects;

static void write_dialect(const char *name, const char *more)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s.conf", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "dialect \"%s\" { title = \"%s\"\n detect { banner = '%s' }\n"
		"session { mode = shell eol = lf prompt = '^(?:acme|%s)> ?$' leave { send = \"exit\" } timeout = \"3 s\" }\n"
		"shape usual { rows = 1 columns = 4 bays = \"1-4\" }\n"
		"error denied { text = '^no right' }\n error standby { text = '^I am standby' }\n error already { text = 'already' }\n"
		"confirm go { question = 'go on ?\\?[^\\n]*$' answer = \"YES\" }\n"
		"power { on = 'On' off = 'Off' }\n role { active = 'Active' standby = 'Standby' }\n"
		"ask \"power\" { of = bay send = \"power {bay}\" every = \"30 s\" row = '^Power: (?<power>\\w+)$' }\n"
		"verb power-on { send = \"on {bay}\" accepted = 'done' within = \"3 min\" }\n"
		"verb power-off { send = \"off {bay}\" accepted = 'done' within = \"3 min\" }\n%s}\n", name, name, name, name, more);
	fclose(f);
}

static struct manager *begin(const char *dialect, size_t n, const struct turn *t)
{
	static const char *const addresses[] = {"one", "two"};
	struct manager_config c = {.name = "A2", .dialects = dialects, .dialect = dialects_find(dialects, dialect),
		.addresses = addresses, .naddresses = n, .user = "u", .password = "p", .step_ms = 1000};

	assert_non_null(c.dialect);
	turns = t;
	nqueue = 0;
	typed[0] = '\0';
	links = opened = 0;
	hung_up = refuse_second = false;
	return manager_new(&c);
}

static struct manager *opened_as(const struct turn *t)
{
	struct metal *told = metal_new();
	struct manager *m = begin("acme", 1, t);
	struct err *e = manager_open(m, told);

	assert_null(e);
	assert_true(manager_is_open(m));
	metal_free(told);
	return m;
}

static void end(struct manager *m)
{
	manager_abort(m);
	manager_close(m);
	manager_free(m);
}

static void reads(struct manager *m, const char *bay, enum power_state want)
{
	struct metal *told = metal_new();
	struct err *e = manager_ask(m, &manager_dialect(m)->asks[0], bay, told);

	if (e)
		fail_msg("%s: %s", e->msg.id, e->msg.text);
	assert_int_equal(told->nbays, 1);
	assert_string_equal(told->bays[0].bay, bay);
	assert_int_equal(told->bays[0].power, want);
	metal_free(told);
}

static void fails(struct err *e, const char *id)
{
	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	err_free(e);
}

/* A second prompt that comes late, before the next answer, ends no answer: what is said of bay 2 is bay 2's. */
static void test_late_prompt(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "hello\r\nacme> "}}},
		{"power 1", {{0, "power 1\r\nPower: On\r\nacme> "}, {120, "\r\nacme> "}}},
		{"power 2", {{60, "\r\nacme> "}, {400, "power 2\r\nPower: Off\r\nacme> "}}},
		{0},
	};
	struct manager *m = opened_as(t);

	reads(m, "1", POWER_ON);
	reads(m, "2", POWER_OFF);
	end(m);
}

/* Before anything was echoed it is not known whether it echoes: the first prompt is not believed at once. */
static void test_first_echo(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "acme> "}}},
		{"power 1", {{0, "\r\nacme> "}, {500, "power 1\r\nPower: On\r\nacme> "}}},
		{0},
	};
	struct manager *m = opened_as(t);

	reads(m, "1", POWER_ON);
	end(m);
}

static void test_no_echo(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "acme> "}}},
		{"power 1", {{0, "Power: On\r\nacme> "}}},
		{"power 2", {{0, "Power: Off\r\nacme> "}}},
		{0},
	};
	struct manager *m = opened_as(t);

	reads(m, "1", POWER_ON);
	int64_t began = clock_boot_ms();
	reads(m, "2", POWER_OFF);
	assert_true(clock_boot_ms() - began < 1000); /* known by then */
	end(m);
}

/* What came instead of an answer is waited out before the next question, so that the real one is not taken for that one's. */
static void test_nonsense(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "acme> "}}},
		{"power 1", {{0, "Power: On\r\nacme> "}}},
		{"power 2", {{0, "acme> "}, {400, "Power: Off\r\nacme> "}}},
		{"power 3", {{0, "Power: On\r\nacme> "}}},
		{0},
	};
	struct manager *m = opened_as(t);
	struct metal *told = metal_new();

	reads(m, "1", POWER_ON);
	fails(manager_ask(m, &manager_dialect(m)->asks[0], "2", told), "manager.strange");
	assert_true(manager_is_open(m));
	reads(m, "3", POWER_ON);
	metal_free(told);
	end(m);
}

static void test_alert_behind_prompt(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "acme> "}}},
		{"power 1", {{0, "power 1\r\nPower: On\r\nacme> ALERT fan 3 failed\r\n"}}},
		{"power 2", {{0, "acme> power 2\r\n"}, {2200, "Power: Off\r\nacme> "}}}, /* a prompt and the echo are none */
		{0},
	};
	struct manager *m = opened_as(t);

	reads(m, "1", POWER_ON);
	reads(m, "2", POWER_OFF);
	end(m);
}

static int sent_at; /* bytes typed when it was called, -1 never */

static void on_sent(void *ctx)
{
	assert_int_equal(sent_at, -1);
	sent_at = (int)strlen(typed);
}

/* A question is answered once, however slowly the answer is echoed. */
static void test_question(void **state)
{
	static const struct turn t[] = {
		{"shell", {{0, "acme> "}}},
		{"off 1", {{0, "off 1\r\nReally go on ? "}}},
		{"YES", {{100, "Y"}, {200, "E"}, {300, "S"}, {400, "\r\ndone\r\nacme> "}}},
		{0},
	};
	struct manager *m = opened_as(t);

	sent_at = -1;
	assert_null(manager_act(m, VERB_POWER_OFF, "1", on_sent, NULL));
	assert_int_equal(sent_at, 0);
	assert_string_equal(typed, "off 1|YES|");
	end(m);
}

static void test_sent(void **state)
{
	static const struct turn gone[] = {
		{"shell", {{0, "acme> "}, {150, ""}}}, {0},
	};
	static const struct turn mute[] = {
		{"shell", {{0, "acme> "}}}, {"on 1", {{0, "on 1\r\n"}, {100, ""}}}, {0},
	};
	static const struct turn said_no[] = {
		{"shell", {{0, "acme> "}}}, {"on 1", {{0, "on 1\r\nno right to do that\r\nacme> "}}}, {0},
	};
	static const struct turn unclear[] = {
		{"shell", {{0, "acme> "}}}, {"on 1", {{0, "on 1\r\nhm\r\nacme> "}}}, {0},
	};
	static const struct turn so_already[] = {
		{"shell", {{0, "acme> "}}}, {"on 1", {{0, "on 1\r\nit is already on\r\nacme> "}}}, {0},
	};
	struct manager *m = opened_as(gone);

	/* It had hung up before: nothing has left. */
	clock_fake_advance(200);
	sent_at = -1;
	struct err *e = manager_act(m, VERB_POWER_ON, "1", on_sent, NULL);
	assert_int_equal(e->class, ERR_UNREACHABLE);
	fails(e, "manager.lost");
	assert_int_equal(sent_at, -1);
	assert_string_equal(typed, "");
	assert_false(manager_is_open(m));
	fails(manager_act(m, VERB_POWER_ON, "1", on_sent, NULL), "manager.closed");
	assert_int_equal(sent_at, -1);
	end(m);

	m = opened_as(mute);
	e = manager_act(m, VERB_POWER_ON, "1", on_sent, NULL);
	assert_int_equal(sent_at, 0);
	assert_int_equal(e->class, ERR_UNREACHABLE);
	fails(e, "manager.lost");
	end(m);

	m = opened_as(said_no);
	sent_at = -1;
	e = manager_act(m, VERB_POWER_ON, "1", on_sent, NULL);
	assert_int_equal(e->class, ERR_FAILED);
	fails(e, "manager.said.denied");
	assert_true(manager_is_open(m));
	end(m);

	m = opened_as(unclear);
	sent_at = -1;
	e = manager_act(m, VERB_POWER_ON, "1", on_sent, NULL);
	assert_int_equal(e->class, ERR_TIMEOUT);
	fails(e, "manager.unclear");
	end(m);

	m = opened_as(so_already);
	sent_at = -1;
	assert_null(manager_act(m, VERB_POWER_ON, "1", on_sent, NULL));
	assert_int_equal(sent_at, 0);
	sent_at = -1;
	fails(manager_act(m, VERB_REBOOT, "1", on_sent, NULL), "dialect.cannot");
	assert_int_equal(sent_at, -1);
	end(m);
}

static void test_pouring(void **state)
{
	static char much[DIALECT_REPLY_MAX + 10];
	static struct turn t[] = {
		{"shell", {{0, "acme> "}}}, {"power 1", {{0, much}}}, {0},
	};

	memset(much, 'x', sizeof much - 1);
	struct manager *m = opened_as(t);
	struct metal *told = metal_new();
	fails(manager_ask(m, &manager_dialect(m)->asks[0], "1", told), "manager.long");
	assert_false(manager_is_open(m));
	metal_free(told);
	end(m);
}

static struct err *open_two(const struct turn *t, bool refuse, struct manager **m)
{
	struct metal *told = metal_new();

	*m = begin("duo", 2, t);
	refuse_second = refuse;
	struct err *e = manager_open(*m, told);
	metal_free(told);
	return e;
}

static void test_roles(void **state)
{
	static const struct turn standby_first[] = {
		{"shell", {{0, "duo> "}}}, {"role", {{0, "role\r\nRole: Standby\r\nduo> "}}}, {"exit", {{0, ""}}},
		{"shell", {{0, "duo> "}}}, {"role", {{0, "role\r\nRole: Active\r\nduo> "}}}, {0},
	};
	static const struct turn not_told[] = {
		{"shell", {{0, "duo> "}}}, {"role", {{0, "role\r\nno right to ask\r\nduo> "}}},
		{"power 1", {{0, "power 1\r\nI am standby\r\nduo> "}}}, {"exit", {{0, ""}}},
		{"shell", {{0, "duo> "}}}, {"role", {{0, "role\r\nRole: Active\r\nduo> "}}}, {0},
	};
	static const struct turn alone[] = {
		{"shell", {{0, "duo> "}}}, {"role", {{0, "role\r\nRole: Standby\r\nduo> "}}}, {"exit", {{0, ""}}}, {0},
	};
	struct manager *m;

	assert_null(open_two(standby_first, false, &m));
	assert_int_equal(manager_active(m), 1);
	assert_string_equal(typed, "role|exit|role|");
	char *words = manager_words(m);
	assert_string_equal(words, "one standby, two active");
	free(words);
	end(m);

	/* Who may not ask the role takes it for the active one, until it says otherwise; then the other one is asked. */
	assert_null(open_two(not_told, false, &m));
	assert_int_equal(manager_active(m), 0);
	struct metal *told = metal_new();
	fails(manager_ask(m, &manager_dialect(m)->asks[0], "1", told), "manager.standby");
	assert_false(manager_is_open(m));
	assert_null(manager_open(m, told));
	assert_int_equal(manager_active(m), 1);
	metal_free(told);
	end(m);

	struct err *e = open_two(alone, true, &m);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "one: "));
	assert_non_null(strstr(e->msg.text, "two: "));
	fails(e, "manager.denied");
	words = manager_words(m);
	assert_string_equal(words, "one standby, two denied");
	free(words);
	end(m);
}

static int set_up(void **state)
{
	const char *folders[] = {dir};
	struct dialect_errors errors = {0};

	clock_fake(1000000, 1795000000); /* its time passes where a link is heard, and nowhere else */
	write_dialect("acme", "");
	write_dialect("duo", "ask \"role\" { send = \"role\" every = \"1 min\" row = '^Role: (?<role>\\w+)$' }\n");
	dialects = dialects_read(folders, 1, &errors);
	for (size_t i = 0; i < errors.n; i++)
		print_error("%s:%d: %s\n", errors.list[i].file, errors.list[i].line, errors.list[i].err->msg.text);
	int failed = errors.n != 0;
	dialect_errors_free(&errors);
	return failed;
}

static int tear_down(void **state)
{
	char path[128];

	dialects_free(dialects);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s.conf", dir, i ? "duo" : "acme");
		unlink(path);
	}
	rmdir(dir);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_prompt), cmocka_unit_test(test_first_echo), cmocka_unit_test(test_no_echo),
		cmocka_unit_test(test_nonsense), cmocka_unit_test(test_alert_behind_prompt), cmocka_unit_test(test_question),
		cmocka_unit_test(test_sent), cmocka_unit_test(test_pouring), cmocka_unit_test(test_roles),
	};

	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

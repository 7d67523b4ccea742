/* Talking to enclosure managers: shells and commands, what they say and when they end, over servers that do it badly. */
#include "common/buf.h"
#include "common/clock.h"
#include "ssh/ssh.h"
#include "ssh/wait.h"
#include "ssh_help.h"
#include "sshd_fixture.h"
#include "patience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>


static struct ssh_link *open_to(struct server *s, enum server_talk talk, int step_ms)
{
	struct ssh_link *l = ssh_link_new();

	server_up(s, &(struct server_order){ .talk = talk });
	write_text(ssh_known, s->known);
	struct ssh_login login = { .host = "127.0.0.1", .port = s->port, .user = SERVER_USER, .known_hosts = ssh_known,
		.password = SERVER_PASSWORD, .step_ms = step_ms };
	fine(ssh_link_open(l, &login));
	return l;
}

static void close_both(struct ssh_link *l, struct server *s)
{
	ssh_link_free(l);
	server_down(s);
}

/* Hears until the text ends with tail (NULL: until the channel ends). Caller frees. */
static char *hear(struct ssh_link *l, const char *tail, int ms)
{
	int64_t deadline = clock_boot_ms() + (int64_t)ms * patience();
	struct buf b = { 0 };
	char data[1000];
	int n = 0;

	while (clock_boot_ms() < deadline && (n = ssh_link_hear(l, data, sizeof data, 200)) >= 0) {
		if (n > 0)
			buf_append(&b, data, (size_t)n);
		if (tail && b.len >= strlen(tail) && memcmp(b.data + b.len - strlen(tail), tail, strlen(tail)) == 0)
			break;
	}
	assert_true(tail ? n > 0 : n < 0);
	buf_append(&b, "", 1);
	return b.data;
}

static void heard(struct ssh_link *l, const char *tail, const char *want)
{
	char *text = hear(l, tail, 3000);

	assert_string_equal(text, want);
	free(text);
}

static void talks_in_a_shell(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);
	char data[64];

	assert_int_equal(ssh_link_hear(l, data, sizeof data, 0), -1); /* nothing is open yet */
	expect(ssh_link_say(l, "x", 1, 100), "ssh.talk.ended");
	fine(ssh_link_shell(l, true));
	assert_int_equal(s.seen->ptys, 1);
	assert_int_equal(s.seen->columns, 255);
	assert_int_equal(s.seen->rows, 500);
	heard(l, "> ", "Welcome\r\n> ");
	int64_t start = clock_boot_ms();
	for (int i = 0; i < 20; i++) {
		fine(ssh_link_say(l, "power\r", 6, 1000));
		heard(l, "> ", "[power]\r\n> ");
	}
	assert_true(clock_boot_ms() - start < 1500 * patience()); /* 20 rounds; a sleep of 200 ms in each would take 4 s */
	start = clock_boot_ms();
	assert_int_equal(ssh_link_hear(l, data, sizeof data, 300), 0);
	assert_in_range(clock_boot_ms() - start, 290, 600 * patience());
	assert_int_equal(ssh_link_status(l), -1); /* not ended */
	assert_false(ssh_link_lost(l));
	fine(ssh_link_say(l, "exit\r", 5, 1000));
	heard(l, NULL, "");
	assert_int_equal(ssh_link_status(l), 0);
	assert_false(ssh_link_lost(l));
	expect(ssh_link_say(l, "x", 1, 100), "ssh.talk.ended");
	fine(ssh_link_shell(l, false)); /* the connection stays */
	assert_int_equal(s.seen->ptys, 1);
	heard(l, "> ", "Welcome\r\n> ");
	close_both(l, &s);
}

static void runs_command_after_command(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_ONE_CHANNEL, 5000);
	char want[64];

	for (int i = 0; i < 10; i++) {
		snprintf(want, sizeof want, "show %d", i);
		fine(ssh_link_exec(l, want));
		snprintf(want, sizeof want, "ran show %d\n", i);
		heard(l, NULL, want);
		assert_int_equal(ssh_link_status(l), 7);
		if (i % 2)
			ssh_link_hang_up(l);
	}
	assert_int_equal(s.seen->channels, 10);
	assert_false(ssh_link_lost(l));
	/* one that is hung up in the middle of its output does not spoil the next one */
	fine(ssh_link_exec(l, "big"));
	assert_true(ssh_link_hear(l, want, 10, 2000 * patience()) > 0);
	ssh_link_hang_up(l);
	assert_int_equal(ssh_link_hear(l, want, 10, 100), -1);
	fine(ssh_link_exec(l, "x"));
	heard(l, NULL, "ran x\n");
	close_both(l, &s);
}

static void merges_in_order(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);
	struct buf want = { 0 };

	for (int i = 0; i < 200; i++)
		buf_printf(&want, "%d\n", i);
	buf_append(&want, "", 1);
	fine(ssh_link_exec(l, "merge"));
	heard(l, NULL, want.data);
	buf_free(&want);
	close_both(l, &s);
}

static void takes_a_megabyte(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);

	fine(ssh_link_exec(l, "big"));
	usleep(300000); /* a listener who comes late: nothing is lost, and it is bounded */
	char *text = hear(l, NULL, 20000);
	assert_int_equal(strlen(text), 1024 * 1024);
	assert_int_equal(strspn(text, "x"), 1024 * 1024);
	assert_int_equal(ssh_link_status(l), 7);
	free(text);
	close_both(l, &s);
}

static void no_status(void **state)
{
	static const enum server_talk kinds[] = { TALK_NO_STATUS, TALK_LATE_CLOSE };

	for (size_t i = 0; i < 2; i++) {
		struct server s;
		struct ssh_link *l = open_to(&s, kinds[i], 2500);
		int64_t start = clock_boot_ms();
		fine(ssh_link_exec(l, "a"));
		heard(l, NULL, "ran a\n");
		assert_int_equal(ssh_link_status(l), -1);
		assert_true(clock_boot_ms() - start < 1500 * patience()); /* the late one closes after 3 s */
		assert_false(ssh_link_lost(l));
		fine(ssh_link_exec(l, "b"));
		heard(l, NULL, "ran b\n");
		close_both(l, &s);
	}
}

static void refusals(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_NO_PTY, 5000);
	fine(ssh_link_shell(l, true));
	heard(l, "> ", "Welcome\r\n> ");
	close_both(l, &s);

	l = open_to(&s, TALK_NO_SHELL, 5000);
	struct err *e = ssh_link_shell(l, true);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "a shell"));
	expect(e, "ssh.talk.refused");
	assert_false(ssh_link_lost(l));
	fine(ssh_link_exec(l, "x")); /* but a command */
	heard(l, NULL, "ran x\n");
	close_both(l, &s);

	l = open_to(&s, TALK_NO_SESSION, 5000);
	expect(ssh_link_exec(l, "x"), "ssh.talk.refused");
	assert_false(ssh_link_lost(l));
	close_both(l, &s);
}

static void mute(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_MUTE, 800);
	int64_t start = clock_boot_ms();

	expect(ssh_link_exec(l, "x"), "ssh.talk.late");
	assert_in_range(clock_boot_ms() - start, 700, 2000 * patience());
	assert_true(ssh_link_lost(l)); /* what comes now would be taken for another's answer */
	expect(ssh_link_exec(l, "x"), "ssh.talk.lost");
	assert_true(clock_boot_ms() - start < 2000 * patience());
	close_both(l, &s);
}

static void losses(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_DROPS, 3000);

	fine(ssh_link_exec(l, "x"));
	heard(l, NULL, "ran x\n"); /* what came before is not lost */
	assert_true(ssh_link_lost(l));
	assert_int_equal(ssh_link_status(l), -1);
	expect(ssh_link_exec(l, "x"), "ssh.talk.lost");
	expect(ssh_link_shell(l, true), "ssh.talk.lost");
	ssh_link_hang_up(l);
	close_both(l, &s);

	/* one that ends while nobody listens */
	l = open_to(&s, TALK_PLAIN, 3000);
	fine(ssh_link_exec(l, "x"));
	heard(l, NULL, "ran x\n");
	ssh_link_hang_up(l);
	assert_false(ssh_link_lost(l));
	server_down(&s); /* its processes go with it */
	for (int i = 0; i < 100 * patience() && !ssh_link_lost(l); i++)
		usleep(10000);
	assert_true(ssh_link_lost(l));
	ssh_link_free(l);

	l = ssh_link_new(); /* never opened */
	assert_true(ssh_link_lost(l));
	ssh_link_hang_up(l);
	assert_int_equal(ssh_link_status(l), -1);
	ssh_link_free(l);
}

/* -- abort -- */

struct aborter { struct ssh_link *l; int64_t at; };

static void *abort_later(void *arg)
{
	struct aborter *a = arg;

	usleep(200000);
	a->at = clock_boot_ms();
	ssh_link_abort(a->l);
	return NULL;
}

static void aborts(void **state)
{
	static char big[64 * 1024];

	for (int what = 0; what < 4; what++) {
		struct server s;
		struct ssh_link *l = open_to(&s, what == 0 ? TALK_MUTE : TALK_PLAIN, 20000);
		struct aborter a = { .l = l };
		char data[64];
		pthread_t t;

		if (what > 0)
			fine(ssh_link_exec(l, "sleep"));
		pthread_create(&t, NULL, abort_later, &a);
		if (what == 0) {
			expect(ssh_link_shell(l, true), "ssh.given-up");
		} else if (what == 1) {
			assert_int_equal(ssh_link_hear(l, data, sizeof data, 10000), -1);
		} else if (what == 2) {
			struct err *e = NULL; /* nobody reads: the window closes */
			for (int i = 0; i < 1000 && !e; i++)
				e = ssh_link_say(l, big, sizeof big, 10000);
			expect(e, "ssh.given-up");
		} else {
			usleep(150000);
			ssh_link_hang_up(l); /* it sleeps, and does not close */
		}
		int64_t now = clock_boot_ms();
		pthread_join(t, NULL);
		assert_true(now - a.at < 500 * patience());
		assert_true(ssh_link_lost(l));
		expect(ssh_link_exec(l, "x"), "ssh.given-up");
		assert_int_equal(ssh_link_hear(l, data, sizeof data, 1000), -1);
		close_both(l, &s);
	}
}

static void say_is_late(void **state)
{
	static char big[64 * 1024];
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);
	struct err *e = NULL;

	fine(ssh_link_exec(l, "sleep"));
	for (int i = 0; i < 1000 && !e; i++)
		e = ssh_link_say(l, big, sizeof big, 300);
	expect(e, "ssh.say.late");
	close_both(l, &s);
}

static void waits_without_work(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);
	struct timespec before, after;
	char data[64];

	fine(ssh_link_exec(l, "sleep"));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
	assert_int_equal(ssh_link_hear(l, data, sizeof data, 1500), 0);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
	assert_true((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 < 100);
	close_both(l, &s);
}

static void real_sshd(void **state)
{
	struct sshd d;

	if (!sshd_up(&d))
		skip();
	struct ssh_login login = { .host = "127.0.0.1", .port = d.port, .user = "root", .key_file = d.user_key,
		.known_hosts = d.known, .step_ms = 5000 * patience() };
	struct ssh_link *l = ssh_link_new();
	fine(ssh_link_open(l, &login));
	for (int i = 0; i < 5; i++) {
		fine(ssh_link_exec(l, "echo out; sleep 0.1; echo err >&2; exit 3"));
		heard(l, NULL, "out\nerr\n");
		assert_int_equal(ssh_link_status(l), 3);
	}
	fine(ssh_link_exec(l, "head -c 1000000 /dev/zero | tr '\\0' y"));
	char *text = hear(l, NULL, 20000);
	assert_int_equal(strlen(text), 1000000);
	free(text);
	fine(ssh_link_exec(l, "cat >/dev/null; echo done"));
	ssh_link_hang_up(l);
	/* far more comes back than is kept here, before anybody hears */
	static char much[700 * 1024 + 1];
	for (size_t i = 0; i < sizeof much - 1; i++)
		much[i] = (char)('a' + i / 1000 % 26);
	fine(ssh_link_exec(l, "cat"));
	for (size_t i = 0; i < sizeof much - 1; i += 70 * 1024)
		fine(ssh_link_say(l, much + i, 70 * 1024, 5000));
	usleep(200000);
	fine(ssh_link_say(l, "", 0, 1000));
	fine(ssh_link_say(l, ".", 1, 1000));
	text = hear(l, ".", 10000);
	assert_int_equal(strlen(text), sizeof much);
	assert_memory_equal(text, much, sizeof much - 1);
	free(text);
	fine(ssh_link_shell(l, true));
	fine(ssh_link_say(l, "exec stty size\r", 15, 1000));
	text = hear(l, NULL, 5000);
	assert_non_null(strstr(text, "500 255\r\n"));
	free(text);
	ssh_link_hang_up(l);
	fine(ssh_link_exec(l, "sleep 20"));
	assert_true(sshd_signal_children(&d, SIGSTOP) > 0); /* frozen: nothing here waits for it for long */
	int64_t start = clock_boot_ms();
	ssh_link_hang_up(l);
	ssh_link_free(l);
	assert_true(clock_boot_ms() - start < 2000 * patience());
	sshd_signal_children(&d, SIGCONT);
	sshd_down(&d);
}

/* One session for each connection, and it is free only when the command has really ended. */
static void waits_for_the_close(void **state)
{
	struct sshd d;

	if (!sshd_up_with(&d, "MaxSessions 1\n"))
		skip();
	struct ssh_login login = { .host = "127.0.0.1", .port = d.port, .user = "root", .key_file = d.user_key,
		.known_hosts = d.known, .step_ms = 5000 * patience() };
	struct ssh_link *l = ssh_link_new();
	fine(ssh_link_open(l, &login));
	for (int i = 0; i < 3; i++) {
		fine(ssh_link_exec(l, "echo a; exec >&- 2>&-; sleep 0.3"));
		heard(l, NULL, "a\n");
	}
	ssh_link_free(l);
	sshd_down(&d);
}

static void leaves_nothing(void **state)
{
	struct server s;
	struct ssh_link *l = open_to(&s, TALK_PLAIN, 5000);

	ssh_link_free(l);
	struct counts was = counts_now();
	for (int i = 0; i < 20; i++) {
		struct ssh_login login = { .host = "127.0.0.1", .port = s.port, .user = SERVER_USER, .known_hosts = ssh_known,
			.password = SERVER_PASSWORD, .step_ms = 5000 };
		l = ssh_link_new();
		fine(ssh_link_open(l, &login));
		fine(i % 2 ? ssh_link_shell(l, true) : ssh_link_exec(l, "big"));
		if (i % 3)
			ssh_link_hang_up(l);
		ssh_link_free(l);
	}
	assert_true(counts_settle(was));
	server_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(talks_in_a_shell), cmocka_unit_test(runs_command_after_command), cmocka_unit_test(merges_in_order),
		cmocka_unit_test(takes_a_megabyte), cmocka_unit_test(no_status), cmocka_unit_test(refusals), cmocka_unit_test(mute),
		cmocka_unit_test(losses), cmocka_unit_test(aborts), cmocka_unit_test(say_is_late),
		cmocka_unit_test(waits_without_work), cmocka_unit_test(real_sshd), cmocka_unit_test(waits_for_the_close),
		cmocka_unit_test(leaves_nothing),
	};

	return cmocka_run_group_tests(tests, ssh_up, ssh_down);
}

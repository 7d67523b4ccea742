/* Private brokers: started, watched, restarted, ended. The broker is a shell script that says what a tanad would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/client.h"
#include "common/clock.h"
#include "patience.h"

static char dir[64];
static struct loop *loop;
static struct client *client;
static int nready, nlost, nended, nevents, fds_before;
static char why[4096], event[64];

static void on_state(void *ctx, enum client_state s, const struct err *e)
{
	nready += s == CLIENT_READY;
	nlost += s == CLIENT_LOST;
	nended += s == CLIENT_ENDED;
	snprintf(why, sizeof why, "%s: %s", e ? e->msg.id : "", e ? e->msg.text : "");
}

static void on_event(void *ctx, json_t *line)
{
	nevents++;
	snprintf(event, sizeof event, "%s", json_string_value(json_object_get(line, "event")));
}

static const struct client_ops ops = { .state = on_state, .event = on_event };

/* Turns the loop until *what is at least n, or a minute of real time is over. */
static void until(const int *what, int n)
{
	for (int i = 0; i < 12000 && *what < n; i++)
		if (!loop_step(loop, 0))
			usleep(5000);
	assert_true(*what >= n);
}

static int count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int setup(void **state)
{
	fds_before = count_fds();
	snprintf(dir, sizeof dir, "/tmp/tana-launch-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	loop = loop_new();
	nready = nlost = nended = nevents = 0;
	why[0] = event[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	char script[192];

	client_close(client);
	client = NULL;
	loop_free(loop);
	clock_real();
	snprintf(script, sizeof script, "%s/tanad", dir);
	unlink(script);
	rmdir(dir);
	/* Nothing stays behind: no descriptor, no child, not even a zombie. */
	assert_int_equal(count_fds(), fds_before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static void write_tanad(const char *script)
{
	char file[192];

	snprintf(file, sizeof file, "%s/tanad", dir);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, script, strlen(script)), strlen(script));
	close(fd);
}

static void open_private(void)
{
	static char file[192];
	static const char *const uris[] = { "test:///default", "test:///other" };
	struct client_target t = { .uris = uris, .nuris = 2, .program = file };

	snprintf(file, sizeof file, "%s/tanad", dir);
	assert_null(client_open(loop, &t, "", &ops, &client));
}

#define SCRIPT_WELCOME "#!/bin/sh\necho '{\"tana\":{\"protocols\":[1],\"version\":\"0\",\"site\":\"t\"}}' >&3\n" \
	"read -r line <&3\n" \
	"id=${line##*:}; id=${id%\\}}\n" \
	"echo '{\"return\":{\"user\":\"root\",\"uid\":0,\"role\":\"operator\",\"private\":true},\"id\":'$id'}' >&3\n"

static void test_private(void **state)
{
	write_tanad(SCRIPT_WELCOME "echo \"{\\\"event\\\":\\\"$*\\\"}\" >&3\nread -r line <&3\n");
	open_private();
	until(&nevents, 1);
	assert_true(client_user(client)->private_broker);
	assert_string_equal(event, "--private 3 -- test:///default test:///other");
}

/* Dies at start: its words are the reason, at once and for good. */
static void test_private_dies(void **state)
{
	write_tanad("#!/bin/sh\necho 'site.conf:7: no such rack' >&2\nprintf 'two \\033[31mlines' >&2\nexit 3\n");
	open_private();
	until(&nended, 1);
	assert_string_equal(why, "client.died: the private broker ended: site.conf:7: no such rack; two \\x1b[31mlines");
	client_close(client);

	nended = 0;
	write_tanad("#!/bin/sh\nkill -9 $$\n");
	open_private();
	until(&nended, 1);
	assert_string_equal(why, "client.died: the private broker ended: signal 9 (Killed)");
}

static void test_private_missing(void **state)
{
	open_private();
	until(&nended, 1);
	assert_non_null(strstr(why, "tanad: No such file or directory"));
}

/* Says more than a pipe holds: neither stuck nor kept whole; the end is what counts. */
static void test_private_talks(void **state)
{
	write_tanad("#!/bin/sh\ni=0\nwhile [ $i -lt 3000 ]; do echo \"line $i of much too many words that nobody wants\" >&2; i=$((i+1)); done\nexit 1\n");
	open_private();
	until(&nended, 1);
	assert_non_null(strstr(why, "client.died"));
	assert_null(strstr(why, "line 0 of"));
}

/* Once it was ready it is started anew, three times within a minute, not four. */
static void test_private_restarts(void **state)
{
	clock_fake(1000000, 1000000);
	write_tanad(SCRIPT_WELCOME "echo 'oh dear' >&2\nexit 1\n");
	open_private();
	for (int i = 1; i <= 3; i++) {
		until(&nlost, i);
		assert_int_equal(nready, i);
		assert_string_equal(why, "client.died: the private broker ended: oh dear");
		clock_fake_advance(7000);
	}
	until(&nended, 1);
	assert_int_equal(nready, 4);
	assert_memory_equal(why, "client.gave_up", 14);
	assert_non_null(strstr(why, "oh dear"));
}

static void test_private_slow_deaths(void **state)
{
	clock_fake(1000000, 1000000);
	write_tanad(SCRIPT_WELCOME "exit 1\n");
	open_private();
	for (int i = 1; i <= 6; i++) {
		until(&nlost, i);
		clock_fake_advance(25000);
	}
	until(&nready, 7);
	assert_int_equal(nended, 0);
}

/* Its connection is gone but it stays: killed after a while. */
static void test_private_lingers(void **state)
{
	write_tanad(SCRIPT_WELCOME "exec 3>&-\nexec sleep 60\n");
	int64_t start = clock_boot_ms();
	open_private();
	until(&nready, 1);
	until(&nlost, 1);
	assert_true(clock_boot_ms() - start < 4500 * patience());
	assert_non_null(strstr(why, "signal 9"));
}

/* Starts and says nothing: given up. */
static void test_private_mute(void **state)
{
	clock_fake(1000000, 1000000);
	write_tanad("#!/bin/sh\nread -r line <&3\n");
	open_private();
	for (int i = 0; i < 20; i++)
		loop_step(loop, 5);
	clock_fake_advance(39000);
	for (int i = 0; i < 20; i++)
		loop_step(loop, 5);
	assert_int_equal(nended, 0);
	clock_fake_advance(1001);
	until(&nended, 1);
	assert_int_equal(nlost, 0);
}

/* Does not end when we let go: closing does not wait for ever, and leaves nothing behind (teardown looks). */
static void test_private_close(void **state)
{
	write_tanad(SCRIPT_WELCOME "trap '' TERM HUP\nexec sleep 60\n");
	open_private();
	until(&nready, 1);
	int64_t start = clock_boot_ms();
	client_close(client);
	client = NULL;
	int64_t took = clock_boot_ms() - start;
	assert_true(took >= 4500 && took < 7500 * patience());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_private, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_dies, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_talks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_slow_deaths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_lingers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_mute, setup, teardown),
		cmocka_unit_test_setup_teardown(test_private_close, setup, teardown),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

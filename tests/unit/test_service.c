/* What the service manager is told, and when; and what is taken for its socket. The test is the service manager. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/service.h"
#include "common/clock.h"

static char dir[64], path[128], given_path[64];
static int notified = -1;
static struct loop *loop;

static int setup(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(dir, sizeof dir, "/tmp/tana-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/notify", dir);
	memcpy(a.sun_path, path, strlen(path) + 1);
	notified = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_return_code(bind(notified, (struct sockaddr *)&a, sizeof a), errno);
	setenv("NOTIFY_SOCKET", path, 1);
	clock_fake(1000000, 1000000);
	loop = loop_new();
	return 0;
}

static int teardown(void **state)
{
	loop_free(loop);
	clock_real();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	close(notified);
	unlink(path);
	return rmdir(dir);
}

static void pass(int64_t ms)
{
	clock_fake_advance(ms);
	while (loop_step(loop, 0))
		;
}

/* What was said since; "" nothing. */
static const char *said(void)
{
	static char text[1024];
	size_t n = 0;
	ssize_t got;

	while (n < sizeof text - 1 && (got = recv(notified, text + n, sizeof text - 1 - n, 0)) > 0) {
		n += (size_t)got;
		text[n++] = '|';
	}
	text[n] = '\0';
	return text;
}

static void test_tells(void **state)
{
	struct service *s = service_new(loop, "tokyo-1\nREADY=1");

	service_hosts(s, 3, 61);
	pass(20000);
	assert_string_equal(said(), ""); /* nobody is told before it is ready, nobody asked for a watchdog */
	service_ready(s);
	assert_string_equal(said(), "READY=1|STATUS=serving tokyo-1\\x0aREADY=1: 3 of 61 hosts|");
	service_site(s, "tokyo-2");
	for (int i = 4; i < 60; i++)
		service_hosts(s, i, 61);
	pass(9999);
	assert_string_equal(said(), "");
	pass(1);
	assert_string_equal(said(), "STATUS=serving tokyo-2: 59 of 61 hosts|");
	service_hosts(s, 58, 61);
	service_hosts(s, 59, 61);
	pass(60000);
	assert_string_equal(said(), ""); /* as it was */
	service_hosts(s, 60, 61);
	pass(1);
	assert_string_equal(said(), "STATUS=serving tokyo-2: 60 of 61 hosts|"); /* long enough after the last one */
	service_reloading(s);
	assert_string_equal(said(), "RELOADING=1|");
	service_ready(s);
	assert_string_equal(said(), "READY=1|");
	service_stopping(s, "ending: 2 jobs under way");
	assert_string_equal(said(), "STOPPING=1\nSTATUS=ending: 2 jobs under way|");
	service_hosts(s, 1, 61);
	service_ready(s);
	service_reloading(s);
	service_stopping(s, "ending");
	pass(60000);
	assert_string_equal(said(), "");
	service_free(s);
	service_ready(NULL);
	service_hosts(NULL, 1, 2);
}

/* Three pings within its time, from the loop: one that does not turn is not alive. */
static void test_watchdog(void **state)
{
	setenv("WATCHDOG_USEC", "3000000", 1);
	struct service *s = service_new(loop, "t");
	pass(0);
	assert_string_equal(said(), "WATCHDOG=1|");
	pass(999);
	assert_string_equal(said(), "");
	pass(1);
	assert_string_equal(said(), "WATCHDOG=1|");
	service_stopping(s, "ending");
	said();
	pass(1000);
	assert_string_equal(said(), "WATCHDOG=1|"); /* it is alive till the end */
	service_free(s);
	pass(5000);
	assert_string_equal(said(), "");
}

/* ---- its socket ---- */

/* In a child that was handed over so many descriptors, the first of this kind: what comes of it. */
static int given(int count, int (*make)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		char text[16], *where = NULL;
		int fd = make(), got;
		if (fd != 3)
			dup2(fd, 3);
		dup2(3, 4);
		snprintf(text, sizeof text, "%d", (int)getpid());
		setenv("LISTEN_PID", text, 1);
		snprintf(text, sizeof text, "%d", count);
		setenv("LISTEN_FDS", text, 1);
		struct err *e = service_socket(&got, &where);
		if (e)
			_exit(got == -1 && !where ? (strcmp(e->msg.id, "service.sockets") == 0 ? 1 : 2) : 9);
		bool good = got == 3 && strcmp(where, given_path) == 0 && (fcntl(3, F_GETFD) & FD_CLOEXEC) &&
			(fcntl(3, F_GETFL) & O_NONBLOCK) && !getenv("LISTEN_FDS");
		_exit(good ? 0 : 9);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static int unix_socket(int type, bool bound, bool listening)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	memcpy(a.sun_path, given_path, strlen(given_path) + 1);
	/* Without a path it gets an abstract name. */
	if (bind(fd, (struct sockaddr *)&a, bound ? sizeof a : sizeof a.sun_family) != 0 || (listening && listen(fd, 1) != 0))
		_exit(8);
	unlink(a.sun_path);
	return fd;
}

static int good_one(void) { return unix_socket(SOCK_STREAM, true, true); }
static int silent_one(void) { return unix_socket(SOCK_STREAM, true, false); }
static int datagram_one(void) { return unix_socket(SOCK_DGRAM, true, false); }
static int nameless_one(void) { return unix_socket(SOCK_STREAM, false, true); }
static int a_file(void) { return open("/dev/null", O_RDWR); }

static void test_socket(void **state)
{
	char *where = NULL;
	int fd = 0;

	snprintf(given_path, sizeof given_path, "/tmp/tana-test-%d.sock", (int)getpid());
	assert_null(service_socket(&fd, &where)); /* nobody handed one over */
	assert_int_equal(fd, -1);
	assert_null(where);
	assert_int_equal(given(1, good_one), 0);
	assert_int_equal(given(2, good_one), 1);
	assert_int_equal(given(1, silent_one), 2);
	assert_int_equal(given(1, datagram_one), 2);
	assert_int_equal(given(1, nameless_one), 2);
	assert_int_equal(given(1, a_file), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tells, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watchdog, setup, teardown),
		cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A tanad of the test's own. */
#include "daemon.h"

#include "common/buf.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 32

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int talk_ms(void)
{
	const char *ms = getenv("TANA_TALK_MS");

	return ms ? atoi(ms) : 90000;
}

static const char *program(void)
{
	static char path[512];
	const char *build = getenv("TANA_BUILD"), *other = getenv("TEST_TANAD"); /* a tanad of the test's own */

	if (other)
		return other;

	snprintf(path, sizeof path, "%s/tanad", build ? build : ".");
	return path;
}

/* ---- files ---- */

static char *read_file(const char *path)
{
	struct buf b = { 0 };
	char chunk[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (ssize_t n; fd >= 0 && (n = read(fd, chunk, sizeof chunk)) > 0; )
		buf_append(&b, chunk, (size_t)n);
	if (fd >= 0)
		close(fd);
	buf_append(&b, "", 1);
	return b.data;
}

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void site_path(const struct daemon *d, char *out, size_t size)
{
	snprintf(out, size, "%s/site.conf", d->dir);
}

static pid_t spawn(struct daemon *d, char **argv, int keep)
{
	char path[300];

	snprintf(path, sizeof path, "%s/stderr", d->dir);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int err = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
		if (err >= 0)
			dup2(err, 2);
		for (int fd = 3; fd < 256; fd++)
			if (fd != keep)
				close(fd);
		execv(argv[0], argv);
		_exit(127);
	}
	return pid;
}

static int wait_end(pid_t pid, int ms)
{
	int status;

	for (int64_t until = now_ms() + ms; now_ms() < until; usleep(10000)) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("it does not end");
	return -1;
}

static size_t collect(char **argv, size_t n, va_list ap)
{
	for (char *a; n < ARGS_MAX && (a = va_arg(ap, char *)); )
		argv[n++] = a;
	argv[n] = NULL;
	return n;
}

int daemon_try(struct daemon *d, char **said, ...)
{
	char *argv[ARGS_MAX + 1] = { (char *)program() };
	va_list ap;

	va_start(ap, said);
	collect(argv, 1, ap);
	va_end(ap);
	pid_t pid = spawn(d, argv, -1);
	int status = wait_end(pid, TALK_MS);
	if (said)
		*said = daemon_said(d);
	return status;
}

char *daemon_said(const struct daemon *d)
{
	char path[300];

	snprintf(path, sizeof path, "%s/stderr", d->dir);
	return read_file(path);
}

void month_of(int64_t at, int hours, char out[16])
{
	time_t there = (time_t)at + hours * 3600;
	struct tm tm;

	assert_non_null(gmtime_r(&there, &tm));
	assert_true(strftime(out, 16, "%Y-%m", &tm) > 0);
}

/* What is counted by the day, or the month, begins anew at midnight: of a generated site (UTC+9) and of one that names no zone. */
static void wait_past_midnight(void)
{
	for (int zone = 0; zone < 2; zone++) {
		int64_t left = 86400 - (time(NULL) + zone * 9 * 3600) % 86400;
		if (left <= 90)
			sleep((unsigned)left + 1);
	}
}

void daemon_site(struct daemon *d, int bays, int vms, int dead)
{
	char number[3][16];

	wait_past_midnight();
	memset(d, 0, sizeof *d);
	d->fd = -1;
	snprintf(d->dir, sizeof d->dir, "/tmp/tana-test-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	snprintf(d->socket, sizeof d->socket, "%.60s/broker.sock", d->dir);
	snprintf(number[0], sizeof number[0], "%d", bays);
	snprintf(number[1], sizeof number[1], "%d", vms);
	snprintf(number[2], sizeof number[2], "%d", dead);
	assert_int_equal(daemon_try(d, NULL, "--generate", d->dir, "--racks", "1", "--enclosures", "1", "--bays", number[0], "--vms",
		number[1], "--dead", number[2], NULL), 0);
	daemon_roles(d, NULL);
}

void daemon_roles(struct daemon *d, const char *lines)
{
	char path[300], me[128];
	struct buf b = { 0 };

	site_path(d, path, sizeof path);
	char *text = read_file(path), *rest = text;
	for (char *line; (line = strsep(&rest, "\n")); )
		if (strncmp(line, "role ", 5) != 0)
			buf_printf(&b, "%s\n", line);
	while (b.len > 1 && b.data[b.len - 2] == '\n')
		b.len--;
	snprintf(me, sizeof me, "role operator { users = { \"%s\" } }\n", getenv("TEST_ME"));
	buf_str(&b, lines ? lines : me);
	write_file(path, b.data, b.len);
	buf_free(&b);
	free(text);
}

void daemon_append(struct daemon *d, const char *lines)
{
	char path[300];
	struct buf b = { 0 };

	site_path(d, path, sizeof path);
	char *text = read_file(path);
	buf_printf(&b, "%s%s", text, lines);
	write_file(path, b.data, b.len);
	buf_free(&b);
	free(text);
}

void daemon_shared(struct daemon *d, ...)
{
	static char site[300], state[300];
	char *argv[ARGS_MAX + 1] = { (char *)program(), (char *)"--site", site, (char *)"--socket", d->socket, (char *)"--state", state };
	va_list ap;

	site_path(d, site, sizeof site);
	snprintf(state, sizeof state, "%s/state", d->dir);
	va_start(ap, d);
	collect(argv, 7, ap);
	va_end(ap);
	d->fd = -1;
	d->pid = spawn(d, argv, -1);
	for (int64_t until = now_ms() + TALK_MS; now_ms() < until; usleep(10000)) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0), status;
		snprintf(a.sun_path, sizeof a.sun_path, "%s", d->socket);
		int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
		close(fd);
		if (rc == 0)
			return;
		if (waitpid(d->pid, &status, WNOHANG) == d->pid) {
			char *said = daemon_said(d);
			fail_msg("tanad ended at once: %s", said);
		}
	}
	fail_msg("tanad does not listen");
}

int daemon_listen(struct daemon *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", d->socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(chmod(d->socket, 0666), 0);
	assert_int_equal(listen(fd, 128), 0);
	return fd;
}

/* In the child, before exec: descriptor 3, and the variables that say so (sd_listen_fds(3)). */
static void be_given(int listener, uid_t uid)
{
	char pid[16];

	if (listener == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(listener, 3);
	for (int fd = 4; fd < 256; fd++)
		close(fd);
	snprintf(pid, sizeof pid, "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (uid && (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0))
		_exit(126);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(126);
}

void daemon_given(struct daemon *d, int listener, uid_t uid, ...)
{
	char site[300], state[300], diary[300];
	char *argv[ARGS_MAX + 1] = { (char *)program(), (char *)"--site", site, (char *)"--state", state };
	va_list ap;

	site_path(d, site, sizeof site);
	snprintf(state, sizeof state, "%s/state", d->dir);
	snprintf(diary, sizeof diary, "%s/stderr", d->dir);
	va_start(ap, uid);
	collect(argv, 5, ap);
	va_end(ap);
	d->fd = -1;
	d->pid = fork();
	assert_true(d->pid >= 0);
	if (d->pid == 0) {
		int err = open(diary, O_WRONLY | O_CREAT | O_APPEND, 0644);
		if (err >= 0)
			dup2(err, 2);
		be_given(listener, uid);
		execv(argv[0], argv);
		_exit(127);
	}
}

void daemon_private(struct daemon *d, ...)
{
	char number[16];
	char *argv[ARGS_MAX + 1] = { (char *)program(), (char *)"--private", number };
	int pair[2];
	va_list ap;

	va_start(ap, d);
	collect(argv, 3, ap);
	va_end(ap);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	snprintf(number, sizeof number, "%d", pair[1]);
	d->pid = spawn(d, argv, pair[1]);
	close(pair[1]);
	d->fd = pair[0];
}

void daemon_holds(void)
{
	char path[512];

	snprintf(path, sizeof path, "%s/tests/broker/heldd", getenv("TANA_BUILD") ? getenv("TANA_BUILD") : ".");
	setenv("TEST_TANAD", path, 1);
}

void daemon_hold(const struct daemon *d, bool hold)
{
	char path[300];

	snprintf(path, sizeof path, "%s/held", d->dir);
	setenv("TEST_HELD", d->dir, 1);
	if (hold)
		close(creat(path, 0644));
	else
		unlink(path);
}

void daemon_pause(const struct daemon *d)
{
	int status;

	assert_int_equal(kill(d->pid, SIGSTOP), 0);
	assert_int_equal(waitpid(d->pid, &status, WUNTRACED), d->pid);
	assert_true(WIFSTOPPED(status));
}

int daemon_end(struct daemon *d, int signo)
{
	if (signo)
		kill(d->pid, signo);
	int status = wait_end(d->pid, TALK_MS);
	d->pid = 0;
	if (status != 0 && signo != SIGKILL) {
		char *said = daemon_said(d);
		fprintf(stderr, "tanad said: %s\n", said); /* cmocka's own cuts long texts */
		free(said);
	}
	return status;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

void daemon_remove(struct daemon *d)
{
	if (d->pid > 0)
		daemon_end(d, SIGKILL);
	nftw(d->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The name that the site file must give for whoever runs the tests. */
__attribute__((constructor)) static void find_me(void)
{
	const struct passwd *pw = getpwuid(geteuid());

	setenv("TEST_ME", pw ? pw->pw_name : "root", 1);
}

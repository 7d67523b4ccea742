/* Starting, watching and reaping a private broker, and keeping its last words. */
#include "link/launch.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 1024     /* bytes of its standard error that are kept */
#define CHILD_FD 3         /* where it finds the protocol's descriptor */

struct launch {
	pid_t pid;
	int pidfd;
	int errfd;             /* its standard error, -1 when that ended */
	struct loop_io *exit_io, *err_io;
	char words[WORDS_MAX]; /* the newest bytes */
	size_t nwords;
	void (*ended)(void *ctx, const char *words);
	void *ctx;
};

/* ---- finding it ---- */

static char *beside_us(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	*slash = '\0';
	return xasprintf("%s/tanad", self);
}

static struct err *find_program(const struct client_target *t, char **out)
{
	const char *installed = TANA_SBINDIR "/tanad";

	if (t->program) {
		*out = xstrdup(t->program);
		return NULL;
	}
	char *beside = beside_us();
	if (beside && access(beside, X_OK) == 0) {
		*out = beside;
		return NULL;
	}
	if (access(installed, X_OK) == 0) {
		free(beside);
		*out = xstrdup(installed);
		return NULL;
	}
	struct err *e = err_new(ERR_UNREACHABLE, "client.no_tanad", "{s:s, s:s}", "beside", beside ? beside : "tanad",
		"installed", installed);
	free(beside);
	return e;
}

/* ---- starting it ---- */

static char **make_arguments(const char *program, const struct client_target *t)
{
	char **argv = xcalloc((size_t)t->nuris + 8, sizeof *argv);
	int n = 0;

	argv[n++] = xstrdup(program);
	argv[n++] = xstrdup("--private");
	argv[n++] = xasprintf("%d", CHILD_FD);
	if (t->demo) {
		argv[n++] = xstrdup("--demo");
	} else if (t->site_file) {
		argv[n++] = xstrdup("--site");
		argv[n++] = xstrdup(t->site_file);
	} else {
		argv[n++] = xstrdup("--");
		for (int i = 0; i < t->nuris; i++)
			argv[n++] = xstrdup(t->uris[i]);
	}
	return argv;
}

static void free_arguments(char **argv)
{
	for (int i = 0; argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* Between fork and exec: only what is safe there. A session of its own: ^C at the terminal is meant for the console. */
static void child_main(char **argv, int sock, int err)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	/* Out of the way of 0 to 3 first. */
	int s2 = fcntl(sock, F_DUPFD, 10), e2 = fcntl(err, F_DUPFD, 10), nul = open("/dev/null", O_RDWR);
	if (s2 < 0 || e2 < 0 || nul < 0 || dup2(nul, 0) < 0 || dup2(nul, 1) < 0 || dup2(e2, 2) < 0 || dup2(s2, CHILD_FD) < 0)
		_exit(126);
	close_range(CHILD_FD + 1, ~0U, 0);
	execv(argv[0], argv);
	const char *why = strerrordesc_np(errno);
	if (write(2, argv[0], strlen(argv[0])) < 0 || write(2, ": ", 2) < 0 || (why && write(2, why, strlen(why)) < 0))
		_exit(126);
	_exit(127);
}

/* ---- watching it ---- */

static void keep_words(struct launch *p, const char *data, size_t n)
{
	if (n > WORDS_MAX) {
		data += n - WORDS_MAX;
		n = WORDS_MAX;
	}
	if (p->nwords + n > WORDS_MAX) {
		size_t drop = p->nwords + n - WORDS_MAX;
		memmove(p->words, p->words + drop, p->nwords - drop);
		p->nwords -= drop;
	}
	memcpy(p->words + p->nwords, data, n);
	p->nwords += n;
}

static void err_close(struct launch *p)
{
	if (p->err_io)
		loop_io_del(p->err_io);
	p->err_io = NULL;
	if (p->errfd >= 0)
		close(p->errfd);
	p->errfd = -1;
}

static void err_drain(struct launch *p)
{
	char chunk[4096];

	/* Bounded: a child that never stops talking does not keep us here. */
	for (int turns = 0; p->errfd >= 0 && turns < 16; turns++) {
		ssize_t n = read(p->errfd, chunk, sizeof chunk);
		if (n > 0)
			keep_words(p, chunk, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			err_close(p);
	}
}

static void on_err(void *ctx, int fd, int events)
{
	err_drain(ctx);
}

/* The last lines, as one: joined with "; ", cleaned; else how it ended. */
static char *last_words(const struct launch *p, int status, bool known)
{
	struct buf b = { 0 };
	size_t at = 0;

	/* A cut first line says nothing. */
	if (p->nwords == WORDS_MAX) {
		const char *nl = memchr(p->words, '\n', p->nwords);
		if (nl)
			at = (size_t)(nl - p->words) + 1;
	}
	while (at < p->nwords) {
		const char *start = p->words + at;
		const char *nl = memchr(start, '\n', p->nwords - at);
		size_t len = nl ? (size_t)(nl - start) : p->nwords - at;
		at += len + 1;
		if (len == 0)
			continue;
		if (b.len)
			buf_str(&b, "; ");
		buf_append(&b, start, len);
	}
	if (b.len == 0) {
		if (known && WIFSIGNALED(status))
			buf_printf(&b, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
		else if (known)
			buf_printf(&b, "exit status %d", WEXITSTATUS(status));
		else
			buf_str(&b, "no word");
	}
	size_t room = b.len * 4 + 8;
	char *out = xmalloc(room);
	text_clean(out, room, b.data, b.len);
	buf_free(&b);
	return out;
}

static void on_exit_seen(void *ctx, int fd, int events)
{
	struct launch *p = ctx;
	int status = 0;

	loop_io_del(p->exit_io);
	p->exit_io = NULL;
	/* ECHILD: the loop's own watching of children was first, and knows the status alone. */
	bool known = waitpid(p->pid, &status, WNOHANG) == p->pid;
	p->pid = -1;
	err_drain(p);
	err_close(p);
	char *words = last_words(p, status, known);
	p->ended(p->ctx, words); /* may free p */
	free(words);
}

struct err *launch_start(struct loop *l, const struct client_target *t, void (*ended)(void *ctx, const char *words), void *ctx,
	struct launch **out, int *fd)
{
	int sock[2] = { -1, -1 }, err[2] = { -1, -1 };
	char *program = NULL;

	struct err *e = find_program(t, &program);
	if (e)
		return e;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock) < 0 || pipe2(err, O_CLOEXEC) < 0) {
		e = err_sys(ERR_FAILED, "socketpair", program, errno);
		goto fail;
	}
	char **argv = make_arguments(program, t);
	pid_t pid = fork();
	if (pid == 0)
		child_main(argv, sock[1], err[1]);
	int saved = errno;
	free_arguments(argv);
	if (pid < 0) {
		e = err_sys(ERR_FAILED, "fork", program, saved);
		goto fail;
	}
	int pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		e = err_sys(ERR_FAILED, "pidfd_open", program, errno);
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		goto fail;
	}
	close(sock[1]);
	close(err[1]);
	free(program);
	fcntl(sock[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	struct launch *p = xcalloc(1, sizeof *p);
	p->pid = pid;
	p->pidfd = pidfd;
	p->errfd = err[0];
	p->ended = ended;
	p->ctx = ctx;
	p->exit_io = loop_io_add(l, pidfd, LOOP_READ, on_exit_seen, p);
	p->err_io = loop_io_add(l, err[0], LOOP_READ, on_err, p);
	*fd = sock[0];
	*out = p;
	return NULL;
fail:
	for (int i = 0; i < 2; i++) {
		if (sock[i] >= 0)
			close(sock[i]);
		if (err[i] >= 0)
			close(err[i]);
	}
	free(program);
	return e;
}

void launch_kill(struct launch *p)
{
	if (p->pid > 0)
		pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
}

/* Until it has ended or the time is over; keeps its standard error from filling up. */
static bool wait_exit(struct launch *p, int wait_ms)
{
	int64_t until = clock_boot_ms() + wait_ms;

	for (;;) {
		int64_t left = until - clock_boot_ms();
		struct pollfd fds[2] = { { .fd = p->pidfd, .events = POLLIN }, { .fd = p->errfd, .events = POLLIN } };
		int n = poll(fds, 2, left > 0 ? (int)left : 0);
		if (n > 0 && fds[0].revents)
			return true;
		if (n > 0)
			err_drain(p);
		else if (n == 0 && left <= 0)
			return false;
	}
}

void launch_end(struct launch *p, int wait_ms)
{
	if (!p)
		return;
	if (p->exit_io)
		loop_io_del(p->exit_io);
	if (p->pid > 0) {
		if (!wait_exit(p, wait_ms)) {
			launch_kill(p);
			wait_exit(p, 2000);
		}
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	err_close(p);
	close(p->pidfd);
	free(p);
}

/* The connector's two ends: the child that connects, and the console's questions to it. Used by client.c alone. */
#include "link/connector.h"

#include "common/buf.h"
#include "jail/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct connector {
	pid_t pid;
	int fd;
	char *path;
};

/* ---- the child ---- */

static int child_connect(const struct sockaddr_un *to, int *fd)
{
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		return errno;
	/* A Unix socket connects at once or not at all (EAGAIN: the broker's queue is full). */
	if (connect(*fd, (const struct sockaddr *)to, sizeof *to) == 0)
		return 0;
	int e = errno;
	close(*fd);
	*fd = -1;
	return e;
}

static int child_answer(int pair, int32_t code, int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = &code, .iov_len = sizeof code };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		m.msg_control = &control;
		m.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(pair, &m, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

/* All that the child does after it was shut in; it needs recv, socket, connect, sendmsg, close and exit, no more. */
static void child_serve(int pair, const struct sockaddr_un *to)
{
	for (;;) {
		char c;
		ssize_t n = recv(pair, &c, 1, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		int fd = -1;
		int code = child_connect(to, &fd);
		int sent = child_answer(pair, code, fd);
		if (fd >= 0)
			close(fd);
		if (sent < 0)
			return;
	}
}

static void child_main(int pair, const struct sockaddr_un *to)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	prctl(PR_SET_NAME, "tana-connector");
	/* The pair takes the place of standard input; nothing else stays open. */
	if (dup2(pair, STDIN_FILENO) < 0)
		_exit(1);
	close_range(1, ~0U, 0);
	if (sandbox_enter_connector(to, sizeof *to, (const void **)&to))
		_exit(1); /* the console, which could not be shut in either, says why */
	child_serve(STDIN_FILENO, to);
	_exit(0);
}

/* ---- the console's end ---- */

static struct err *path_absolute(const char *path, char *out, size_t size)
{
	char cwd[PATH_MAX] = "";
	size_t n = 0;

	if (path[0] != '/') {
		if (!getcwd(cwd, sizeof cwd))
			return err_sys(ERR_FAILED, "getcwd", ".", errno);
		n = strlen(cwd) + 1;
	}
	if (n + strlen(path) + 1 > size)
		return err_new(ERR_USAGE, "client.path", "{s:s, s:i}", "path", path, "max", (int)size - 1);
	if (n) {
		memcpy(out, cwd, n - 1);
		out[n - 1] = '/';
	}
	memcpy(out + n, path, strlen(path) + 1);
	return NULL;
}

struct err *connector_start(const char *path, struct connector **out)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int pair[2];

	struct err *e = path_absolute(path, to.sun_path, sizeof to.sun_path);
	if (e)
		return e;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(ERR_FAILED, "socketpair", path, errno);
	pid_t pid = fork();
	if (pid < 0) {
		int saved = errno;
		close(pair[0]);
		close(pair[1]);
		return err_sys(ERR_FAILED, "fork", path, saved);
	}
	if (pid == 0)
		child_main(pair[1], &to);
	close(pair[1]);
	struct connector *c = xcalloc(1, sizeof *c);
	c->pid = pid;
	c->fd = pair[0];
	c->path = xstrdup(path);
	*out = c;
	return NULL;
}

void connector_end(struct connector *c)
{
	if (!c)
		return;
	close(c->fd);
	/* It sits in recv or in one connect that cannot block, so it ends at once. The loop's own child watching may have
	 * reaped it first (ECHILD). */
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(c->path);
	free(c);
}

pid_t connector_pid(const struct connector *c)
{
	return c->pid;
}

int connector_descriptor(const struct connector *c)
{
	return c->fd;
}

static struct err *gone(void)
{
	return err_new(ERR_INTERNAL, "client.connector", NULL);
}

struct err *connector_ask(struct connector *c)
{
	char ask = 'c';

	return send(c->fd, &ask, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? NULL : gone();
}

static struct err *refusal(const struct connector *c, int code)
{
	switch (code) {
	case ENOENT:
	case ECONNREFUSED:
		return err_new(ERR_UNREACHABLE, "client.absent", "{s:s}", "path", c->path);
	case EACCES:
	case EPERM:
		return err_new(ERR_UNREACHABLE, "client.denied", "{s:s}", "path", c->path);
	default:
		return err_new(ERR_UNREACHABLE, "client.connect", "{s:s, s:s}", "path", c->path, "reason", err_reason(code));
	}
}

struct err *connector_take(struct connector *c, int *fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	int32_t code = 0;
	struct iovec iov = { .iov_base = &code, .iov_len = sizeof code };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control };

	*fd = -1;
	ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return NULL;
	if (n != sizeof code)
		return gone();
	if (code != 0)
		return refusal(c, code);
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	if (!h || h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)))
		return gone();
	memcpy(fd, CMSG_DATA(h), sizeof *fd);
	return NULL;
}

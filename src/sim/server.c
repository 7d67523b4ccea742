/* The parent: listens, forks one process for each connection, hears the control socket, sees to power changes that are due
 * and to the manager's reboots. It ends when told so, and its children with it. */
#include "sim/sim.h"
#include "common/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROLS 8
#define ANSWER_MAX 262144

struct control {
	int fd;                  /* -1: free */
	char line[1024];
	size_t len;
};

struct server {
	struct sim *s;
	struct host_keys *keys;
	int listen_fd, control_fd, signal_fd, poke_fd;
	bool away;
	sigset_t old_mask;
	struct control controls[CONTROLS];
};

union addr {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int say_errno(const char *what)
{
	fprintf(stderr, "tana-enclosure-sim: %s: %s\n", what, strerror(errno));
	return -1;
}

static int bound(const union addr *a)
{
	int one = 1, fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, &a->sa, a->sa.sa_family == AF_INET6 ? sizeof a->in6 : sizeof a->in) < 0) {
		int err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

/* A port that the kernel chose is given back when a listener is shut down; one that was asked for stays ours through a
 * reboot. So a chosen one is asked for at once, while the first socket still holds it. */
static int listen_on(const char *addr, int *port)
{
	union addr a = {0};
	socklen_t len = sizeof a;

	if (inet_pton(AF_INET, addr, &a.in.sin_addr) == 1) {
		a.sa.sa_family = AF_INET;
		a.in.sin_port = htons((uint16_t)*port);
	} else {
		inet_pton(AF_INET6, addr, &a.in6.sin6_addr);
		a.sa.sa_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)*port);
	}
	int fd = bound(&a);
	if (fd >= 0 && !*port && getsockname(fd, &a.sa, &len) == 0) {
		int first = fd;
		fd = bound(&a);
		close(first);
	}
	if (fd < 0 || listen(fd, 64) < 0 || getsockname(fd, &a.sa, &len) < 0)
		return say_errno(addr);
	*port = ntohs(a.sa.sa_family == AF_INET ? a.in.sin_port : a.in6.sin6_port);
	return fd;
}

static int listen_control(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (strlen(path) >= sizeof a.sun_path) {
		errno = ENAMETOOLONG;
		goto fail;
	}
	memcpy(a.sun_path, path, strlen(path));
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path); /* left behind by an earlier run */
	mode_t mask = umask(0177);
	int rc = fd < 0 ? -1 : bind(fd, (struct sockaddr *)&a, sizeof a);
	umask(mask);
	if (rc == 0 && listen(fd, CONTROLS) == 0)
		return fd;
fail:
	say_errno(path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* --- connections --- */

static struct client *client_of(struct member *m, pid_t pid)
{
	for (int i = 0; i < SIM_CLIENTS; i++)
		if (m->clients[i].pid == pid)
			return &m->clients[i];
	return NULL;
}

static uint32_t connections(const struct member *m)
{
	uint32_t n = 0;

	for (int i = 0; i < SIM_CLIENTS; i++)
		n += m->clients[i].pid != 0;
	return n;
}

static void refuse(struct sim *s, int fd)
{
	struct linger hard = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(fd);
	sim_lock(s);
	s->me->refused++;
	sim_unlock(s);
}

/* Of managers that reset the connection which is one too many. */
static bool over_limit(struct sim *s)
{
	struct fault f;
	int limit = s->d->sessions;

	if (sim_fault(s, F_SESSIONS, -1, &f))
		limit = (int)f.num;
	else if (!limit)
		return false;
	return s->d->refusal == REFUSE_RESET && (int)connections(s->me) >= limit;
}

static void child(struct server *v, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != v->s->me->pid)
		_exit(0);
	sigprocmask(SIG_SETMASK, &v->old_mask, NULL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	close(v->listen_fd);
	close(v->signal_fd);
	if (v->control_fd >= 0)
		close(v->control_fd);
	for (int i = 0; i < CONTROLS; i++)
		if (v->controls[i].fd >= 0)
			close(v->controls[i].fd);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	session_serve(v->s, v->keys, fd);
}

static void take_connection(struct server *v)
{
	struct sim *s = v->s;
	int fd = accept4(v->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	sim_lock(s);
	struct client *c = client_of(s->me, 0);
	bool full = !c || over_limit(s);
	sim_unlock(s);
	if (full) {
		refuse(s, fd);
		return;
	}
	sim_lock(s); /* the child finds its own entry: it asks for the lock before it looks */
	pid_t pid = fork();
	if (pid == 0)
		child(v, fd); /* without the lock, which belongs to the parent */
	if (pid > 0) {
		*c = (struct client){.pid = pid};
		s->me->conns_all++;
		if (connections(s->me) > s->me->conns_most)
			s->me->conns_most = connections(s->me);
	}
	sim_unlock(s);
	close(fd);
}

static void reap(struct sim *s)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		sim_lock(s);
		struct client *c = client_of(s->me, pid);
		if (c)
			*c = (struct client){0};
		sim_unlock(s);
	}
}

static void end_children(struct sim *s)
{
	for (int i = 0; i < SIM_CLIENTS; i++)
		if (s->me->clients[i].pid)
			kill(s->me->clients[i].pid, SIGKILL);
}

/* --- the control socket --- */

static void control_close(struct control *c)
{
	close(c->fd);
	c->fd = -1;
}

static void control_take(struct server *v)
{
	int fd = accept4(v->control_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	for (int i = 0; fd >= 0 && i < CONTROLS; i++)
		if (v->controls[i].fd < 0) {
			v->controls[i] = (struct control){.fd = fd};
			return;
		}
	if (fd >= 0)
		close(fd);
}

static void control_read(struct server *v, struct control *c)
{
	ssize_t n = read(c->fd, c->line + c->len, sizeof c->line - 1 - c->len);

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			control_close(c);
		return;
	}
	c->len += (size_t)n;
	char *end;
	while ((end = memchr(c->line, '\n', c->len))) {
		struct buf answer = {0};
		size_t used = (size_t)(end - c->line) + 1;
		int size = ANSWER_MAX;
		*end = 0;
		control_line(v->s, c->line, &answer);
		setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		bool sent = send(c->fd, answer.data, answer.len, MSG_NOSIGNAL) == (ssize_t)answer.len;
		buf_free(&answer);
		if (!sent) {
			control_close(c);
			return;
		}
		memmove(c->line, c->line + used, c->len - used);
		c->len -= used;
	}
	if (c->len == sizeof c->line - 1)
		control_close(c); /* no command is that long */
}

/* --- time --- */

/* Goes away and comes back as the state says; milliseconds until then, -1 when it is just here. */
static int come_and_go(struct server *v)
{
	int64_t left = v->s->me->away_until - clock_boot_ms();

	if (left > 0 && !v->away) {
		v->away = true;
		shutdown(v->listen_fd, SHUT_RDWR); /* keeps the port, refuses connections */
		end_children(v->s);
	} else if (left <= 0 && v->away) {
		v->away = false;
		if (listen(v->listen_fd, 64) < 0)
			say_errno("listen");
	}
	return left > 0 ? (int)left : -1;
}

static int sooner(int a, int b)
{
	return a < 0 ? b : b < 0 || a < b ? a : b;
}

static void loop(struct server *v)
{
	struct signalfd_siginfo si;
	char waste[256];

	for (;;) {
		struct pollfd p[4 + CONTROLS] = {
			{.fd = v->signal_fd, .events = POLLIN}, {.fd = v->poke_fd, .events = POLLIN},
			{.fd = v->control_fd, .events = POLLIN}, {.fd = v->listen_fd, .events = POLLIN},
		};
		int wait = sooner(sim_settle(v->s), come_and_go(v));
		if (v->away)
			p[3].fd = -1;
		for (int i = 0; i < CONTROLS; i++)
			p[4 + i] = (struct pollfd){.fd = v->controls[i].fd, .events = POLLIN};
		if (poll(p, 4 + CONTROLS, wait) < 0 && errno != EINTR)
			return;
		while (read(v->signal_fd, &si, sizeof si) == sizeof si)
			if (si.ssi_signo != SIGCHLD)
				return;
		reap(v->s);
		if (p[1].revents)
			while (read(v->poke_fd, waste, sizeof waste) > 0)
				;
		for (int i = 0; i < CONTROLS; i++)
			if (p[4 + i].revents && v->controls[i].fd >= 0)
				control_read(v, &v->controls[i]);
		if (p[2].revents)
			control_take(v);
		if (p[3].revents)
			take_connection(v);
	}
}

static bool set_up_signals(struct server *v, bool with_parent)
{
	sigset_t set;
	pid_t parent = getppid();

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &v->old_mask);
	signal(SIGPIPE, SIG_IGN);
	v->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return false;
	}
	return v->signal_fd >= 0;
}

int server_run(struct sim *s, const char *addr, int port, const char *control, bool with_parent)
{
	struct server v = {.s = s, .listen_fd = -1, .control_fd = -1, .signal_fd = -1};
	int poke[2] = {-1, -1}, rc = 1;

	for (int i = 0; i < CONTROLS; i++)
		v.controls[i].fd = -1;
	v.keys = session_keys(s->host_key_file);
	if (!v.keys || pipe2(poke, O_CLOEXEC | O_NONBLOCK) < 0 || !set_up_signals(&v, with_parent))
		goto out;
	v.poke_fd = poke[0];
	s->poke = poke[1];
	if (control && (v.control_fd = listen_control(control)) < 0)
		goto out;
	v.listen_fd = listen_on(addr, &port);
	if (v.listen_fd < 0)
		goto out;
	sim_settle(s); /* files follow before anybody is told */
	printf(strchr(addr, ':') ? "listening on [%s]:%d\n" : "listening on %s:%d\n", addr, port);
	fflush(stdout);
	loop(&v);
	rc = 0;
out:
	end_children(s);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (v.control_fd >= 0) {
		close(v.control_fd);
		unlink(control);
	}
	for (int i = 0; i < CONTROLS; i++)
		if (v.controls[i].fd >= 0)
			close(v.controls[i].fd);
	int fds[] = {v.listen_fd, v.signal_fd, poke[0], poke[1]};
	for (int i = 0; i < 4; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	session_keys_free(v.keys);
	return rc;
}

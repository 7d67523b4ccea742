/* The demonstration's managers: started together, asked where they listen, ended by their process ids. */
#include "broker/demo.h"

#include "broker/demo_key.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/random.h"
#include "site/generate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIMS_MAX 16
#define LISTEN_MS 2000    /* for all of them together */
#define END_MS 2000
#define SIM "tana-enclosure-sim"
#define USER "demo"

/* One manager's process. */
struct sim {
	pid_t pid;               /* 0: it does not run */
	int out;                 /* its stdout */
	int enclosure;
	char said[128];          /* so far */
	size_t nsaid;
	char address[48];        /* "127.0.0.1:40001" once it listens */
};
struct demo {
	struct sim sims[SIMS_MAX];
	int n;
	char *program;           /* of the simulator; NULL: none */
	char *known;             /* its host key, as known_hosts has it */
	struct err *why;         /* no managers */
};

/* ---- start ---- */

/* Its owner's alone. */
static struct err *write_secret(const char *dir, const char *name, const char *text)
{
	char *file = xasprintf("%s/%s", dir, name);
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct err *e = NULL;

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		e = err_sys(ERR_FAILED, "cannot write", file, errno);
	if (fd >= 0)
		close(fd);
	free(file);
	return e;
}

static struct err *write_secrets(struct demo *d, const char *dir)
{
	char password[40], *key = NULL;

	if (!demo_key(&key, &d->known))
		return err_new(ERR_INTERNAL, "demo.key", NULL);
	random_hex(password, "", 32);
	memcpy(password + 32, "\n", 2);
	struct err *e = write_secret(dir, "host.key", key);
	if (!e)
		e = write_secret(dir, "manager.pw", password);
	free(key);
	return e;
}

/* Beside this program. */
static struct err *find_program(char **out)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	exe[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(exe, '/');
	*out = slash ? xasprintf("%.*s/%s", (int)(slash - exe), exe, SIM) : NULL;
	if (*out && access(*out, X_OK) == 0)
		return NULL;
	free(*out);
	*out = NULL;
	return err_new(ERR_NOTFOUND, "demo.sim.none", "{s:s}", "program", exe);
}

static _Noreturn void child(char *const *argv, int out, int log)
{
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* until it asks for that itself */
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(out, 1);
	dup2(log, 2);
	close_range(3, ~0u, 0);
	execv(argv[0], argv);
	_exit(127);
}

static void start(struct demo *d, const char *dir, int enclosure, const char *dialect, const char *role)
{
	int fds[2], k = d->n + 1;

	if (d->n == SIMS_MAX || pipe2(fds, O_CLOEXEC) != 0)
		return;
	char *blades = xasprintf("%s/metal/%d.tab", dir, enclosure + 1), *control = xasprintf("%s/metal/%d.sock", dir, k),
	     *log = xasprintf("%s/metal/%d.log", dir, k), *peer = xasprintf("%s/metal/%d.peer", dir, enclosure + 1),
	     *key = xasprintf("%s/host.key", dir), *password = xasprintf("%s/manager.pw", dir);
	const char *argv[] = { d->program, "--dialect", dialect, "--listen", "127.0.0.1:0", "--blades", blades, "--user", USER,
		"--password-file", password, "--host-key", key, "--control", control, "--with-parent", role ? "--peer" : NULL, peer, "--role",
		role, NULL };
	int err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	pid_t pid = fork();
	if (pid == 0)
		child((char *const *)argv, fds[1], err);
	if (err >= 0)
		close(err);
	close(fds[1]);
	if (pid > 0) {
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
		d->sims[d->n++] = (struct sim){ .pid = pid, .out = fds[0], .enclosure = enclosure };
	} else {
		close(fds[0]);
	}
	free(blades);
	free(control);
	free(log);
	free(peer);
	free(key);
	free(password);
}

/* "listening on ADDR:PORT\n" */
static void hear(struct sim *s)
{
	static const char words[] = "listening on ";
	ssize_t n = read(s->out, s->said + s->nsaid, sizeof s->said - 1 - s->nsaid);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(s->out);
		s->out = -1;
		return;
	}
	s->nsaid += (size_t)n;
	s->said[s->nsaid] = '\0';
	char *at = strstr(s->said, words), *end = at ? strchr(at, '\n') : NULL;
	if (!end || end - at - (long)strlen(words) >= (long)sizeof s->address)
		return;
	*end = '\0';
	snprintf(s->address, sizeof s->address, "%s", at + strlen(words));
}

static void wait_for_all(struct demo *d)
{
	int64_t until = clock_boot_ms() + LISTEN_MS;

	for (;;) {
		struct pollfd p[SIMS_MAX];
		struct sim *of[SIMS_MAX];
		nfds_t n = 0;
		for (int i = 0; i < d->n; i++)
			if (d->sims[i].out >= 0 && !d->sims[i].address[0]) {
				of[n] = &d->sims[i];
				p[n++] = (struct pollfd){ .fd = d->sims[i].out, .events = POLLIN };
			}
		int64_t left = until - clock_boot_ms();
		if (n == 0 || left <= 0)
			return;
		if (poll(p, n, (int)left) > 0)
			for (nfds_t i = 0; i < n; i++)
				if (p[i].revents)
					hear(of[i]);
	}
}

/* Something to look at. What cannot be told is not missed. */
static void tell(const char *dir, int k, const char *line)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	int n = snprintf(a.sun_path, sizeof a.sun_path, "%s/metal/%d.sock", dir, k);
	if (fd >= 0 && n > 0 && (size_t)n < sizeof a.sun_path && connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
		send(fd, line, strlen(line), MSG_NOSIGNAL) > 0) {
		char answer[64];
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (poll(&p, 1, 200) > 0 && recv(fd, answer, sizeof answer, 0) < 0)
			errno = 0;
	}
	if (fd >= 0)
		close(fd);
}

static void stop(struct sim *s)
{
	if (s->out >= 0)
		close(s->out);
	s->out = -1;
	if (s->pid > 0)
		kill(s->pid, SIGTERM);
}

static struct err *write_known_hosts(const struct demo *d, const char *dir)
{
	struct buf b = { 0 };

	for (int i = 0; i < d->n; i++) {
		const char *colon = strrchr(d->sims[i].address, ':');
		if (colon)
			buf_printf(&b, "[%.*s]:%s %s\n", (int)(colon - d->sims[i].address), d->sims[i].address, colon + 1, d->known);
	}
	buf_append(&b, "", 1);
	struct err *e = write_secret(dir, "known_hosts", b.data);
	buf_free(&b);
	return e;
}

/* The first enclosure has two managers: an active and a standby one. */
static void start_all(struct demo *d, const char *dir, const struct generate_manager *list, size_t n)
{
	for (size_t i = 0; i < n && i < SIMS_MAX - 1; i++) {
		start(d, dir, (int)i, list[i].dialect, i == 0 ? "active" : NULL);
		if (i == 0)
			start(d, dir, 0, list[0].dialect, "standby");
	}
}

/* Called by generate_site once nodes and bays are written. */
static void make_managers(void *ctx, const char *dir, struct generate_manager *list, size_t n)
{
	struct demo *d = ctx;

	d->why = find_program(&d->program);
	if (!d->why)
		d->why = write_secrets(d, dir);
	if (d->why)
		return;
	start_all(d, dir, list, n);
	wait_for_all(d);
	d->why = write_known_hosts(d, dir);
	for (int i = 0; i < d->n && !d->why; i++) {
		struct sim *s = &d->sims[i];
		struct generate_manager *m = &list[s->enclosure];
		if (!s->address[0]) {
			stop(s);
			continue;
		}
		m->user = USER;
		memcpy(m->address[m->naddresses++], s->address, sizeof s->address);
	}
	for (int i = 0; i < d->n && !d->why; i++)
		if (!d->sims[i].address[0])
			d->why = err_new(ERR_TIMEOUT, "demo.sim.late", "{s:s}", "name", SIM);
	tell(dir, 1, "sensor fan-3 failed\n");
	tell(dir, 3, "sensor ps-2 failed\n");
}

struct err *demo_make(const char *dir, struct demo **out)
{
	struct generate g = generate_demo;
	struct demo *d = xcalloc(1, sizeof *d);

	g.metal = true;
	g.managers = make_managers;
	g.ctx = d;
	*out = d;
	struct err *e = generate_site(dir, &g);
	if (d->why) {
		struct msg said;
		msg_make(&said, "demo.no-sim", "{s:s}", "reason", d->why->msg.text);
		fprintf(stderr, "tanad: %s\n", said.text);
		msg_free(&said);
	}
	return e;
}

char *demo_site_file(const char *dir)
{
	return xasprintf("%s/site.conf", dir);
}

/* ---- end ---- */

void demo_free(struct demo *d)
{
	int left = 0;

	if (!d)
		return;
	for (int i = 0; i < d->n; i++)
		stop(&d->sims[i]);
	for (int64_t until = clock_boot_ms() + END_MS; clock_boot_ms() < until; poll(NULL, 0, 5)) {
		left = 0;
		for (int i = 0; i < d->n; i++) {
			if (d->sims[i].pid > 0 && waitpid(d->sims[i].pid, NULL, WNOHANG) != 0)
				d->sims[i].pid = 0;
			left += d->sims[i].pid > 0;
		}
		if (!left)
			break;
	}
	for (int i = 0; i < d->n && left; i++)
		if (d->sims[i].pid > 0) {
			kill(d->sims[i].pid, SIGKILL);
			waitpid(d->sims[i].pid, NULL, 0);
		}
	err_free(d->why);
	free(d->program);
	free(d->known);
	free(d);
}

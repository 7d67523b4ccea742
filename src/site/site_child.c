/* The child that reads a site file, and the parent's end of its pipe: whatever a file does to the reader (a crash, an
 * exit inside libconfuse, a hang on a dead disk), the broker goes on. Called through site.h. */
#include "site/site_child.h"
#include "site/build.h"
#include "site/site_model.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX (256u << 20) /* bytes; 20,000 blades are about 5 MB */
#define CPU_S 20
#define MEMORY_MAX (1ul << 30) /* on top of what the parent has mapped */
#define REAP_MS 1000

void (*site_child_hook)(void);
int site_child_ms = SITE_READ_S * 1000;
static const char *reader; /* program that reads in its own image; NULL: this one's */

/* ---- the child ---- */

struct conf *site_parse(const char *path, struct report *r, struct site_model **out)
{
	struct conf *c = conf_read(path, site_file_options, r);

	*out = site_build(c, r);
	report_sort(r);
	if (r->n) {
		site_free(*out);
		*out = NULL;
	}
	return c;
}

static json_t *errors_write(const struct conf *c, const char *path, const struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n; i++) {
		const struct report_entry *x = &r->list[i];
		const char *file = (size_t)x->file < c->n ? c->files[x->file] : path;
		char *clean = text_is_clean(file) ? xstrdup(file) : text_clean_dup(file);
		json_t *e = msg_to_json(&x->err->msg);
		json_object_set_new(e, "class", json_string(err_class_name(x->err->class)));
		json_array_append_new(list, json_pack("{s:s, s:i, s:o}", "file", clean, "line", x->line, "error", e));
		free(clean);
	}
	return list;
}

/* Nothing of the parent's ways of being woken, and an end to everything. The answer goes to descriptor 3. */
static void settle_down(void)
{
	struct rlimit none = {0, 0}, cpu = {CPU_S, CPU_S};
	sigset_t all;

	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(SITE_READ_S);
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%lu", &pages) == 1) {
		struct rlimit memory;
		memory.rlim_cur = memory.rlim_max = pages * (unsigned long)sysconf(_SC_PAGESIZE) + MEMORY_MAX;
		setrlimit(RLIMIT_AS, &memory);
	}
	if (f)
		fclose(f);
	close_range(4, ~0u, 0);
}

void site_read_here(const char *path)
{
	struct report r = {0};
	struct site_model *m;
	struct conf *c;
	char real[PATH_MAX], *text;
	json_t *answer;

	settle_down();
	if (site_child_hook)
		site_child_hook();
	c = site_parse(path, &r, &m);
	if (m) {
		free(m->file);
		m->file = realpath(path, real) && text_is_clean(real) ? xstrdup(real) : text_clean_dup(path);
	}
	answer = m ? json_pack("{s:o}", "model", site_model_write(m))
		   : json_pack("{s:o}", "errors", errors_write(c, path, &r));
	text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
	for (size_t at = 0, len = text ? strlen(text) : 0; at < len;) {
		ssize_t n = write(3, text + at, len - at);
		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0)
			at += (size_t)n;
	}
	_exit(text ? 0 : 1);
}

/* ---- the parent ---- */

struct reading {
	char *path;
	pid_t pid;
	int fd;
	struct buf in;
	/* of site_read_async */
	struct loop_io *io;
	struct loop_timer *timer;
	site_done *done;
	void *ctx;
	int status;
	bool ended, closed, told;
};

void site_reader(const char *program)
{
	reader = program;
}

/* A broker has threads and fork copies this one alone, with whatever locks the others held: between fork and exec only
 * system calls. A process without threads (a check, a test) reads in the fork itself. */
static _Noreturn void child_main(const char *path, int fd, char *const *argv)
{
	sigset_t none;

	if (fd == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(fd, 3);
	if (!reader)
		site_read_here(path);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(reader, argv);
	_exit(127);
}

/* Made before the fork: between it and exec nothing is allocated. Borrows all texts. */
static char **reader_args(const char *path)
{
	size_t n, at = 0;
	const char **folders = site_dialects_folders(NULL, &n);
	char **argv = xcalloc(2 * n + 4, sizeof *argv);

	argv[at++] = (char *)"tanad";
	for (size_t i = 1; i < n; i++) { /* the first is Tana's own */
		argv[at++] = (char *)"--dialects";
		argv[at++] = (char *)folders[i];
	}
	argv[at++] = (char *)"--read-site";
	argv[at++] = (char *)path;
	free(folders);
	return argv;
}

static struct err *start(const char *path, struct reading *g)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(ERR_FAILED, "pipe", path, errno);
	char **argv = reader_args(path);
	g->pid = fork();
	if (g->pid == 0)
		child_main(path, fds[1], argv);
	int errnum = errno;
	free(argv);
	close(fds[1]);
	g->fd = fds[0];
	if (g->pid > 0)
		return NULL;
	close(fds[0]);
	return err_sys(ERR_FAILED, "fork", path, errnum);
}

static void one_error(struct site_errors *errors, const char *path, struct err *e)
{
	errors->list = xcalloc(1, sizeof *errors->list);
	errors->list[0] = (struct site_error){.file = text_clean_dup(path), .line = 0, .err = e};
	errors->n = 1;
}

/* 1: more may come, 0: the end. */
static int read_some(struct reading *g)
{
	char data[65536];
	ssize_t n = read(g->fd, data, sizeof data);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n <= 0 || g->in.len + (size_t)n > ANSWER_MAX)
		return 0;
	buf_append(&g->in, data, (size_t)n);
	return 1;
}

static void errors_read(json_t *list, struct site_errors *errors)
{
	errors->list = xcalloc(json_array_size(list), sizeof *errors->list);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *x = json_array_get(list, i);
		const char *file = json_string_value(json_object_get(x, "file"));
		errors->list[errors->n++] = (struct site_error){.file = xstrdup(file ? file : "?"),
			.line = (int)json_integer_value(json_object_get(x, "line")),
			.err = proto_error_read(json_object_get(x, "error"))};
	}
}

/* What the child said, or how it ended. */
static void answer_read(struct reading *g, int status, struct site_model **out, struct site_errors *errors)
{
	json_t *j = NULL, *list;
	struct err *e = NULL;

	*out = NULL;
	*errors = (struct site_errors){0};
	if (status == -1)
		status = 0; /* somebody else took it: what was said must do */
	if (WIFSIGNALED(status))
		e = err_new(ERR_FAILED, "site.child.killed", "{s:i, s:s}", "signal", WTERMSIG(status), "name",
			sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status))
		e = err_new(ERR_FAILED, "site.child.ended", "{s:i}", "status", WEXITSTATUS(status));
	else
		j = json_loadb(g->in.data ? g->in.data : "", g->in.len, 0, NULL);
	list = json_object_get(j, "errors");
	if (json_array_size(list))
		errors_read(list, errors);
	else if (!e)
		*out = site_model_read(json_object_get(j, "model"));
	if (!e && !*out && !errors->n)
		e = err_new(ERR_INTERNAL, "site.child.answer", NULL);
	if (e)
		one_error(errors, g->path, e);
	json_decref(j);
}

static struct err *too_late(void)
{
	return err_new(ERR_TIMEOUT, "site.child.late", "{s:i}", "seconds", site_child_ms / 1000);
}

/* Waits for the child's end; one that cannot even be killed (a dead disk holds it) is left to the system. */
static bool reap(pid_t pid, int *status)
{
	for (int killed = 0; killed < 2; killed++) {
		for (int ms = 0; ms < REAP_MS; ms += 5) {
			pid_t got = waitpid(pid, status, WNOHANG);
			if (got == pid)
				return true;
			if (got < 0 && errno != EINTR)
				return false;
			poll(NULL, 0, 5);
		}
		kill(pid, SIGKILL);
	}
	return false;
}

void site_read(const char *path, struct site_model **out, struct site_errors *errors)
{
	struct reading g = {.path = xstrdup(path)};
	struct err *e = start(path, &g);
	int64_t deadline = clock_boot_ms() + site_child_ms;
	bool more = !e;
	int status = 0;

	*out = NULL;
	*errors = (struct site_errors){0};
	while (more && !e) {
		struct pollfd p = {.fd = g.fd, .events = POLLIN};
		int64_t left = deadline - clock_boot_ms();
		if (left <= 0)
			e = too_late();
		else if (poll(&p, 1, (int)left) > 0)
			more = read_some(&g);
	}
	if (g.pid > 0) {
		if (e)
			kill(g.pid, SIGKILL);
		close(g.fd);
		if (!reap(g.pid, &status) && !e)
			e = err_new(ERR_INTERNAL, "site.child.answer", NULL);
	}
	if (e)
		one_error(errors, path, e);
	else
		answer_read(&g, status, out, errors);
	buf_free(&g.in);
	free(g.path);
}

/* ---- the same on a loop ---- */

/* Answers once both the end of the pipe and of the child were seen, or e is there. */
static void async_tell(struct reading *g, struct err *e)
{
	struct site_model *m = NULL;
	struct site_errors errors = {0};

	if (g->told || (!e && !(g->ended && g->closed)))
		return;
	g->told = true;
	loop_io_del(g->io);
	loop_timer_free(g->timer);
	if (g->pid > 0)
		close(g->fd);
	if (e)
		one_error(&errors, g->path, e);
	else
		answer_read(g, g->status, &m, &errors);
	g->done(g->ctx, m, &errors);
}

static void async_free(struct reading *g)
{
	buf_free(&g->in);
	free(g->path);
	free(g);
}

static void async_read(void *ctx, int fd, int events)
{
	struct reading *g = ctx;

	if (read_some(g))
		return;
	loop_io_events(g->io, 0);
	g->closed = true;
	async_tell(g, NULL);
	if (g->ended)
		async_free(g);
}

static void async_late(void *ctx)
{
	struct reading *g = ctx;

	kill(g->pid, SIGKILL);
	async_tell(g, too_late());
	if (g->ended)
		async_free(g);
}

static void async_ended(void *ctx, pid_t pid, int status)
{
	struct reading *g = ctx;

	g->ended = true;
	g->status = status;
	async_tell(g, NULL);
	if (g->told)
		async_free(g);
}

static void async_failed(void *ctx)
{
	struct reading *g = ctx;

	async_tell(g, err_new(ERR_FAILED, "site.child.answer", NULL));
	async_free(g);
}

void site_read_async(struct loop *l, const char *path, site_done *done, void *ctx)
{
	struct reading *g = xcalloc(1, sizeof *g);
	struct err *e;

	g->path = xstrdup(path);
	g->done = done;
	g->ctx = ctx;
	e = start(path, g);
	if (e) { /* said from the loop, as every other answer */
		err_free(e);
		loop_soon(l, async_failed, g);
		return;
	}
	fcntl(g->fd, F_SETFL, O_NONBLOCK);
	g->io = loop_io_add(l, g->fd, LOOP_READ, async_read, g);
	g->timer = loop_timer_new(l, async_late, g);
	loop_timer_set(g->timer, site_child_ms);
	loop_child(l, g->pid, async_ended, g);
}

void site_errors_free(struct site_errors *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->list[i].file);
		err_free(e->list[i].err);
	}
	free(e->list);
	*e = (struct site_errors){0};
}

/* The terminal of the screen tests (term.h): the child on its pty, what comes from it into libvterm, and waiting. */
#include "term_inside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

_Noreturn void term_die(const char *what)
{
	fprintf(stderr, "term: %s: %s\n", what, strerror(errno));
	abort();
}

void *term_must(void *p)
{
	if (!p)
		term_die("memory");
	return p;
}

int64_t term_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void term_queue(struct term *t, const char *s, size_t len)
{
	if (t->fd < 0 || len == 0)
		return;
	if (t->out_len + len > t->out_size) {
		t->out_size = (t->out_len + len) * 2;
		t->out = term_must(realloc(t->out, t->out_size));
	}
	memcpy(t->out + t->out_len, s, len);
	t->out_len += len;
}

/* ---- the child ---- */

static void child(const char *const argv[], const struct term_options *o)
{
	static const char *const without[] = {"LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LC_TIME", "LANGUAGE", "LINES", "COLUMNS",
		"NO_COLOR", "COLORTERM", "COLORFGBG", "TANA_SOCKET", "TERMINFO", "TERMINFO_DIRS", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY", "TMUX", "STY"};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
		unsetenv(without[i]);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TERM", o->name ? o->name : "xterm-256color", 1);
	for (const char *const *e = o->env; e && *e; e++) {
		if (strchr(*e, '='))
			putenv(term_must(strdup(*e)));
		else
			unsetenv(*e);
	}
	if (o->dir && chdir(o->dir) < 0)
		_exit(127);
	if (o->errors) {
		int fd = open(o->errors, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

		if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
			_exit(127);
	}
	close_range(3, ~0U, 0);
	execvp(argv[0], (char *const *)argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

struct term *term_start(const char *const argv[], const struct term_options *o)
{
	static const struct term_options plain;
	struct term *t = term_must(calloc(1, sizeof *t));
	struct winsize ws;

	if (!o)
		o = &plain;
	t->ambiguous = o->ambiguous;
	t->mute = o->mute;
	t->drawn = o->drawn;
	t->drawn_ctx = o->ctx;
	term_new_screen(t, o->cols ? o->cols : 80, o->rows ? o->rows : 24);
	ws = (struct winsize){.ws_row = (unsigned short)t->rows, .ws_col = (unsigned short)t->cols};
	fflush(NULL);
	t->pid = forkpty(&t->fd, NULL, NULL, &ws);
	if (t->pid < 0)
		term_die("forkpty");
	if (t->pid == 0)
		child(argv, o);
	t->running = true;
	t->last_us = term_now_us();
	if (fcntl(t->fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(t->fd, F_SETFD, FD_CLOEXEC) < 0)
		term_die("pty");
	return t;
}

static void reap(struct term *t)
{
	int status;

	if (!t->running || waitpid(t->pid, &status, WNOHANG) != t->pid)
		return;
	t->running = false;
	t->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void hang_up(struct term *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	t->out_len = 0;
}

void term_end(struct term *t)
{
	if (!t)
		return;
	hang_up(t);
	if (t->running)
		kill(t->pid, SIGHUP);
	if (term_wait_exit(t, 3000) < 0) {
		kill(t->pid, SIGKILL);
		term_wait_exit(t, 10000);
	}
	vterm_free(t->vt);
	free(t->out);
	free(t->dump);
	free(t->starts);
	free(t->line);
	free(t);
}

/* ---- bytes in and out ---- */

void term_tap(struct term *t, void (*tap)(void *ctx, const char *bytes, size_t len), void *ctx)
{
	t->tap = tap;
	t->tap_ctx = ctx;
}

void term_flush(struct term *t)
{
	while (t->fd >= 0 && t->out_len > 0) {
		ssize_t n = write(t->fd, t->out, t->out_len);

		if (n <= 0)
			return; /* full, or gone: reading finds out which */
		t->out_len -= (size_t)n;
		memmove(t->out, t->out + n, t->out_len);
	}
}

/* Who looks at each picture gets one for so many bytes: fewer than what a line that is overwritten at once takes. */
static void draw(struct term *t, const char *s, size_t len)
{
	size_t most = t->drawn ? 256 : len;

	for (size_t n; len > 0; s += n, len -= n) {
		n = len < most ? len : most;
		vterm_input_write(t->vt, s, n);
		t->stale = true;
		if (t->drawn)
			t->drawn(t, t->drawn_ctx);
	}
}

bool term_take(struct term *t)
{
	char buf[16384];
	bool any = false;

	for (int turn = 0; turn < 16 && t->fd >= 0; turn++) {
		ssize_t n = read(t->fd, buf, sizeof buf);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) { /* Linux says EIO when nobody has the other end open any more */
			t->raw_left = term_raw(t);
			hang_up(t);
			break;
		}
		any = true;
		t->received += (uint64_t)n;
		t->last_us = term_now_us();
		t->stale = true;
		if (t->tap)
			t->tap(t->tap_ctx, buf, (size_t)n);
		term_watch_modes(t, buf, (size_t)n);
		t->probing = t->mute;
		draw(t, buf, (size_t)n);
		t->probing = false;
	}
	return any;
}

/* One turn: waits for bytes at most ms, less when the child has just ended. */
static void pump(struct term *t, int ms)
{
	struct pollfd p = {.fd = t->fd, .events = POLLIN};

	term_flush(t);
	if (t->out_len > 0)
		p.events |= POLLOUT;
	if (!t->running)
		ms = 0;
	/* A child that has closed its terminal, or whose children still hold it, is only seen by asking. */
	poll(&p, 1, ms < 20 ? ms : t->fd < 0 ? 5 : 20);
	term_take(t);
	term_flush(t);
	reap(t);
}

static bool over(struct term *t)
{
	return !t->running && !term_take(t);
}

/* ---- at rest ---- */

static pid_t beside; /* term_beside() */

void term_beside(pid_t pid)
{
	beside = pid;
}

/* One of its threads has work, or waits for a core or a disk to do it: on a machine that is busy with other things, a program that says
 * nothing may just not have had its turn. */
static bool at_work(pid_t pid)
{
	char path[64], line[512];
	DIR *tasks;
	bool any = false;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	if (pid <= 0 || !(tasks = opendir(path)))
		return false;
	for (struct dirent *e; !any && (e = readdir(tasks));) {
		const char *state;
		FILE *f;

		snprintf(path, sizeof path, "/proc/%d/task/%.16s/stat", (int)pid, e->d_name);
		if (e->d_name[0] == '.' || !(f = fopen(path, "re")))
			continue;
		/* The name before the state is in brackets, and may hold some. T: somebody has stopped it. */
		any = fgets(line, sizeof line, f) && (state = strrchr(line, ')')) && strchr("RDT", state[2]);
		fclose(f);
	}
	closedir(tasks);
	return any;
}

static bool at_rest(struct term *t)
{
	return !t->running || (!at_work(t->pid) && !at_work(beside));
}

typedef bool condition(struct term *t, void *ctx);

static bool wait_for(struct term *t, condition *c, void *ctx, int ms)
{
	int64_t end = term_now_us() + (int64_t)ms * 1000;

	pump(t, 0);
	for (;;) {
		int64_t left;

		if (c(t, ctx))
			return true;
		left = end - term_now_us();
		if (left <= 0)
			return false;
		if (over(t))
			return c(t, ctx);
		pump(t, (int)(left / 1000) + 1);
	}
}

static bool never(struct term *t, void *ctx)
{
	return false;
}

void term_run(struct term *t, int ms)
{
	int64_t end = term_now_us() + (int64_t)ms * 1000;

	wait_for(t, never, NULL, ms);
	for (int64_t left; (left = end - term_now_us()) > 0;) /* it has ended: the time still passes */
		poll(NULL, 0, (int)(left / 1000) + 1);
}

static void compile(regex_t *re, const char *regex)
{
	int bad = regcomp(re, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);

	if (bad) {
		char why[128];

		regerror(bad, re, why, sizeof why);
		fprintf(stderr, "term: %s: %s\n", regex, why);
		abort();
	}
}

static bool matches(struct term *t, void *re)
{
	return regexec(re, term_screen(t), 0, NULL, 0) == 0;
}

static bool matches_not(struct term *t, void *re)
{
	return !matches(t, re);
}

struct rest { int64_t since; uint64_t enough; }; /* since 0: it is not */

/* For a moment, not at one: what it has just written may not be at our end yet, what we have just sent not at its own. What pours without
 * an end is never whole. */
static bool is_drawn(struct term *t, void *ctx)
{
	struct rest *r = ctx;

	if (!at_rest(t) || term_take(t))
		r->since = 0;
	else if (r->since == 0 || t->last_us > r->since)
		r->since = term_now_us();
	return (r->since != 0 && (!t->running || term_now_us() - r->since >= 15000)) || t->received > r->enough;
}

/* What is sought may stand in a picture of which the rest is on its way: who clicks next, or looks at another line, needs all of it. */
static bool wait_regex(struct term *t, const char *regex, condition *c, int ms)
{
	struct rest r = {0};
	regex_t re;
	bool ok;

	compile(&re, regex);
	ok = wait_for(t, c, &re, ms);
	regfree(&re);
	t->found_us = t->last_us;
	r.enough = t->received + 100000;
	if (ok && ms > 0)
		wait_for(t, is_drawn, &r, 5000);
	return ok;
}

bool term_wait(struct term *t, const char *regex, int ms)
{
	return wait_regex(t, regex, matches, ms);
}

bool term_wait_gone(struct term *t, const char *regex, int ms)
{
	return wait_regex(t, regex, matches_not, ms);
}

bool term_shows(struct term *t, const char *regex)
{
	regex_t re;
	bool ok;

	compile(&re, regex);
	ok = matches(t, &re);
	regfree(&re);
	return ok;
}

static bool is_quiet(struct term *t, void *ctx)
{
	int64_t *quiet = ctx; /* since when, for how long */
	int64_t since = t->last_us > quiet[0] ? t->last_us : quiet[0];

	if (term_now_us() - since < quiet[1])
		return false;
	if (at_rest(t))
		return true;
	/* It had no turn: its silence begins now. */
	quiet[0] = term_now_us();
	return false;
}

bool term_quiet(struct term *t, int quiet, int ms)
{
	int64_t how[2] = {term_now_us(), (int64_t)quiet * 1000};

	return wait_for(t, is_quiet, how, ms) || !t->running;
}

static bool is_more(struct term *t, void *ctx)
{
	return t->received > *(uint64_t *)ctx;
}

bool term_wait_bytes(struct term *t, uint64_t more_than, int ms)
{
	return wait_for(t, is_more, &more_than, ms);
}

static bool has_ended(struct term *t, void *ctx)
{
	return !t->running;
}

int term_wait_exit(struct term *t, int ms)
{
	if (!wait_for(t, has_ended, NULL, ms))
		return -1;
	term_take(t);
	return t->status;
}

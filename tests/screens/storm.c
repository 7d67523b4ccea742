/* storm: throws random keys, text, pastes, clicks, broken sequences and sizes at a console. It must live, keep answering,
 * hold its memory and leave the terminal as it was, and no process behind; and do what it was told on purpose, no more (storm_deed.c).
 * Seeded: the same seed throws the same. test_storm.sh runs it. Status 0: all well, 1: what broke is said with the seed, the event and the
 * screen; 2: not understood. */
#include "storm.h"

#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(a) (sizeof (a) / sizeof (a)[0])
#define LOOK_EVERY 4000  /* events between two looks at its answer and its memory */

bool storm_broke(struct storm *s, const char *what)
{
	fprintf(stderr, "storm: seed %llu, event %ld, TERM %s: %s\n", (unsigned long long)s->seed, s->event, s->name, what);
	if (s->t)
		fputs(term_screen(s->t), stderr);
	return false;
}

uint32_t storm_roll(struct storm *s, uint32_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)(s->random >> 32) % below;
}

/* The terminal must be given back as it was. */
static bool ended_well(struct storm *s)
{
	int status = term_wait_exit(s->t, 60000), row, col;
	char what[96];
	bool visible;

	if (status != 0) {
		snprintf(what, sizeof what, status < 0 ? "it does not end" : "it ended with status %d", status);
		return storm_broke(s, what);
	}
	term_cursor(s->t, &row, &col, &visible);
	if (!visible || term_raw(s->t) || term_alternate(s->t) || term_mouse(s->t) || term_pastes(s->t)) {
		snprintf(what, sizeof what, "it left the terminal changed:%s%s%s%s%s", visible ? "" : " no cursor", term_raw(s->t) ? " raw" : "",
			term_alternate(s->t) ? " other page" : "", term_mouse(s->t) ? " mouse" : "", term_pastes(s->t) ? " pastes" : "");
		return storm_broke(s, what);
	}
	return true;
}

/* What the last console kept, nothing, or what no console wrote. */
static void lay_settings(struct storm *s)
{
	static const char *const lines[] = {"theme = mono\n", "language = ja\n", "columns.vm = name,state,\xff\n", "mouse = no\n", "filter.a = state:running\n", "theme\n", "= =\n",
		"columns.vm = \x1b[2J\n", "\n\n#\n", "refresh = -1\n", "lines = ascii\n", "filter. = :\n", "theme = \x18\n"};
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/tana/settings", s->settings);
	switch (storm_roll(s, 4)) {
	case 0:
		unlink(path);
		break;
	case 1:
		if (!(f = fopen(path, "a")))
			return;
		for (uint32_t i = storm_roll(s, 20); i > 0; i--)
			fputs(lines[storm_roll(s, sizeof lines / sizeof *lines)], f);
		for (uint32_t i = storm_roll(s, 400); i > 0; i--)
			fputc((int)storm_roll(s, 256), f);
		fclose(f);
		break;
	default:
		break;
	}
}

/* ncurses begins a whole redraw so: it erases, or, where erasing would leave the terminal's own ground in place of a theme's, it writes
 * blanks from the top on. */
static void on_bytes(void *ctx, const char *bytes, size_t len)
{
	struct storm *s = ctx;

	for (size_t i = 0; i < len; i++) {
		s->seen = (s->seen << 8 | (unsigned char)bytes[i]) & 0xffffffffff;
		s->erased += s->seen == 0x5b481b5b4a || s->seen == 0x5b481b5b32; /* "[H ESC [ J", or "2" for the J */
		if ((s->seen & 0xffffff) == 0x1b5b48)
			s->blanks = 0;
		else if (s->blanks >= 0)
			s->blanks = bytes[i] == ' ' ? s->blanks + 1 : -1;
		if (s->blanks == term_cols(s->t)) {
			s->erased++;
			s->blanks = -1;
		}
	}
}

static bool start(struct storm *s)
{
	static const struct { int cols, rows; const char *name; } kinds[] = {
		{120, 36, "xterm-256color"}, {80, 24, "xterm"}, {80, 24, "vt220"}, {200, 60, "tmux-256color"}, {80, 25, "linux"}, {80, 24, "screen"},
	};
	size_t kind = (size_t)s->starts++ % COUNT(kinds);

	term_end(s->t);
	if (s->settings)
		lay_settings(s);
	s->name = kinds[kind].name;
	s->t = term_start(s->argv, &(struct term_options){.cols = kinds[kind].cols, .rows = kinds[kind].rows,
		.name = kinds[kind].name, .errors = s->errors});
	s->memory_early = 0;
	s->resized = 0;
	if (!term_wait(s->t, s->ready, 120000))
		return storm_broke(s, "no first screen");
	for (int i = 0; i < 6000 && !term_raw(s->t) && term_running(s->t); i++) /* from then on nothing is a signal */
		term_run(s->t, 20);
	term_tap(s->t, on_bytes, s);
	return true;
}

void storm_resize(struct storm *s, int cols, int rows)
{
	s->resized++;
	term_resize(s->t, cols, rows);
}

/* All that it had to say is here: it has had its turn, and rests. */
static void taken_in(struct storm *s)
{
	uint64_t was;

	do {
		was = term_received(s->t);
		term_quiet(s->t, 0, 1000);
		term_run(s->t, 0);
	} while (term_received(s->t) != was && term_running(s->t));
}

bool storm_settled(struct storm *s, int ms)
{
	int64_t end = term_now_us() + (int64_t)ms * 1000;

	/* A new size makes it redraw before it has read anything: one more than those is ours. */
	for (; s->resized >= 0; s->resized--) {
		long was = s->erased;

		term_type(s->t, "\f");
		while (s->erased == was) {
			int64_t left = end - term_now_us();

			/* Time alone says nothing: it may have much to do, or no turn on a busy machine. */
			if (!term_running(s->t) || left < -5000000 || (left <= 0 && term_sent_left(s->t) == 0 && term_quiet(s->t, 0, 0))) {
				s->resized += s->resized < 40; /* the answer may still come: it is not the next one's */
				return false;
			}
			term_wait_bytes(s->t, term_received(s->t), left > 0 ? (int)(left / 1000) + 1 : 5);
		}
	}
	s->resized = 0;
	taken_in(s);
	s->answered++;
	return true;
}

/* A serial console takes all keys but its own, ^L and Esc too. */
static void out_of_a_level(struct storm *s)
{
	if (term_rows(s->t) < 10 || term_cols(s->t) < 40) { /* too little is seen to know */
		storm_resize(s, 100, 30);
		term_quiet(s->t, 20, 200);
	}
	if (term_shows(s->t, "^ ?Enter +(leaves|で終了)")) { /* it has ended */
		term_type(s->t, "\r");
	} else if (term_shows(s->t, "\\^\\] ")) {
		term_type(s->t, "\035");
		term_run(s->t, 20);
		term_type(s->t, "q");
	} else if (storm_roll(s, 4) == 0) { /* its keys are open */
		term_type(s->t, "q");
	}
	term_type(s->t, "\007\033\\\033[201~\007"); /* the ends of strings and pastes */
}

bool storm_steady(struct storm *s)
{
	int64_t begin = term_now_us();

	for (int i = 0; i < 30 && term_running(s->t); i++) {
		if (storm_settled(s, i < 6 ? 50 : i < 20 ? 500 : 4000)) {
			if (term_now_us() - begin > s->longest_us)
				s->longest_us = term_now_us() - begin;
			return false;
		}
		out_of_a_level(s);
		term_run(s->t, i < 4 ? 5 : 200);
	}
	if (term_running(s->t))
		s->stuck = !storm_broke(s, "no answer to ^L");
	return true;
}

/* Out of fields and half sequences, which may rightly swallow some keys: does it draw when asked to, and something? */
static bool answers(struct storm *s)
{
	int64_t asked, begin = term_now_us();

	storm_resize(s, 100, 30);
	do { /* what was asked for before may open only now, and take the key */
		if (storm_steady(s))
			return !s->stuck;
		asked = term_now_us();
		if (asked - begin > 60000000)
			return storm_broke(s, "no answer to ^L");
	} while (!storm_settled(s, 5000));
	if (term_now_us() - asked > s->slowest_us)
		s->slowest_us = term_now_us() - asked;
	term_quiet(s->t, 20, 2000);
	if (strspn(term_screen(s->t), " \n") == strlen(term_screen(s->t)))
		return storm_broke(s, "the screen is empty");
	return true;
}

static bool memory_holds(struct storm *s)
{
	long kib = term_own_kib(s->t);

	if (kib > s->memory)
		s->memory = kib;
	if (s->memory_early == 0)
		s->memory_early = kib;
	if (kib > s->memory_early + 65536)
		return storm_broke(s, "it grows: 64 MiB more than at its start");
	return true;
}

/* One console's life: true to go on with another one. Leaving is for once in a while, and by nothing else: bytes that a terminal makes
 * signals of would rightly end a console that has given it back. */
static bool live(struct storm *s)
{
	long deed = s->every ? s->event + s->every : LONG_MAX, look = s->event + LOOK_EVERY / 8, leaves = s->event + 2000 + storm_roll(s, 50000);

	while (s->event < s->events && s->event < leaves && !s->stuck) {
		weather_gust(s);
		if (storm_steady(s))
			break;
		for (uint32_t i = storm_roll(s, 4); i > 0 && deed_gate(s); i--)
			;
		if (s->event >= deed) {
			if (!(s->care && storm_roll(s, 2) ? care_do : deed_do)(s))
				return false;
			deed = s->event + s->every;
		}
		if (s->event >= look) {
			if (!answers(s) || !memory_holds(s))
				return false;
			look = s->event + LOOK_EVERY;
		}
	}
	if (s->stuck)
		return false;
	if (s->event >= s->events && strcmp(s->leave, "quit") != 0 && term_running(s->t))
		return true;
	/* Out of whatever is open, and away. */
	for (int i = 0; i < 12 && term_running(s->t); i++) {
		out_of_a_level(s);
		storm_settled(s, 200);
	}
	term_type(s->t, "Q");
	term_run(s->t, 50);
	if (term_running(s->t) && term_wait(s->t, "Once more quits|もう一度", 500)) /* a private broker has jobs under way */
		term_type(s->t, "Q");
	return ended_well(s);
}

static bool blow(struct storm *s)
{
	while (s->event < s->events) {
		if (!start(s) || !live(s))
			return false;
	}
	if (strcmp(s->leave, "kill") == 0 && term_running(s->t)) {
		kill(term_pid(s->t), SIGKILL);
		return term_wait_exit(s->t, 30000) == 128 + SIGKILL || storm_broke(s, "it cannot be killed");
	}
	return true; /* hangup: main takes the terminal away */
}

/* Whatever the consoles started becomes our child when they are gone. */
static bool nothing_left(struct storm *s)
{
	char what[96];

	for (int i = 0; i < 600; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			return true;
		/* On a busy machine a console ends a broker that takes too long to go, and with it go what it had started. */
		if (pid > 0 && status != 0 && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
			snprintf(what, sizeof what, "a process that it had started (%d) ended with %s %d", (int)pid, WIFSIGNALED(status) ? "signal" : "status",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
			return storm_broke(s, what);
		}
		if (pid == 0)
			poll(NULL, 0, 100);
	}
	return storm_broke(s, "processes are left behind");
}

static struct storm s = {.seed = 1, .blanks = -1, .events = 20000, .ready = ".", .leave = "quit", .name = ""};

/* It says who hangs; should that hang too, the second alarm ends it. */
static void too_long(int signo)
{
	alarm(5);
	storm_broke(&s, "it has not come to its end in time");
	if (s.t && term_running(s.t))
		kill(term_pid(s.t), SIGKILL);
	_exit(1);
}

int main(int argc, char **argv)
{
	int64_t begin = term_now_us();
	unsigned limit = 0;
	int i;
	bool ok;

	setlocale(LC_CTYPE, "C.UTF-8");
	for (i = 1; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			s.seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--events") == 0)
			s.events = strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--ready") == 0)
			s.ready = argv[i + 1];
		else if (strcmp(argv[i], "--leave") == 0)
			s.leave = argv[i + 1];
		else if (strcmp(argv[i], "--errors") == 0)
			s.errors = argv[i + 1];
		else if (strcmp(argv[i], "--settings") == 0)
			s.settings = argv[i + 1];
		else if (strcmp(argv[i], "--wall") == 0)
			s.wall = strcmp(argv[i + 1], "yes") == 0;
		else if (strcmp(argv[i], "--limit") == 0)
			limit = (unsigned)strtoul(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--care") == 0)
			s.care = strcmp(argv[i + 1], "yes") == 0;
		else if (strcmp(argv[i], "--every") == 0)
			s.every = strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--deeds") == 0)
			s.deeds = fopen(argv[i + 1], "w");
		else
			break;
	}
	if (i >= argc || strncmp(argv[i], "--", 2) == 0) {
		fputs("usage: storm [--seed N] [--events N] [--ready REGEX] [--errors FILE] [--leave quit|hangup|kill]\n"
			"  [--settings FOLDER] [--wall yes] [--every EVENTS --deeds FILE [--care yes]] [--limit SECONDS] COMMAND...\n", stderr);
		return 2;
	}
	s.argv = (const char *const *)argv + i;
	s.random = s.seed * 0x9e3779b97f4a7c15u | 1;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 2;
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = too_long, .sa_flags = (int)SA_RESETHAND | SA_NODEFER}, NULL);
	alarm(limit);
	ok = blow(&s);
	term_end(s.t);
	s.t = NULL;
	ok = nothing_left(&s) && ok;
	if (s.deeds && fclose(s.deeds) != 0)
		return 2;
	if (ok)
		printf("%ld events, seed %llu, %.0f a second, %ld starts, %ld redraws, the slowest %.1f ms, the longest way out %.1f s, %ld KiB, %ld orders, %ld refused, %ld about alerts and notes\n",
			s.event, (unsigned long long)s.seed, (double)s.event * 1e6 / (double)(term_now_us() - begin), s.starts, s.answered, (double)s.slowest_us / 1000,
			(double)s.longest_us / 1e6, s.memory, s.done, s.refused, s.cared);
	return ok ? 0 : 1;
}

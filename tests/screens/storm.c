/* storm: throws random keys, text, pastes, clicks, broken sequences and sizes at a console. It must live, keep answering,
 * hold its memory and leave the terminal as it was, and no process behind. Seeded: the same seed throws the same.
 * test_storm.sh runs it. Status 0: all well, 1: what broke is said with the seed, the event and the screen; 2: not understood. */
#include "term.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct storm {
	const char *const *argv;
	const char *ready;       /* stands on the first screen */
	const char *errors;
	const char *name;        /* of the terminal now */
	const char *leave;       /* how the last one goes: quit, hangup (its terminal is gone), kill */
	struct term *t;
	uint64_t random, seed;
	long event, events;
	long starts;
	long answered;           /* ^L that were */
	long memory, memory_early; /* KiB: most of all, and of this start once it had settled */
	int64_t slowest_us;      /* answer to ^L */
};

static bool broke(struct storm *s, const char *what)
{
	fprintf(stderr, "storm: seed %llu, event %ld, TERM %s: %s\n", (unsigned long long)s->seed, s->event, s->name, what);
	if (s->t)
		fputs(term_screen(s->t), stderr);
	return false;
}

static uint32_t roll(struct storm *s, uint32_t below)
{
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	return (uint32_t)(s->random >> 32) % below;
}

static const char *const moves[] = {
	"Up", "Down", "Left", "Right", "Up", "Down", "Left", "Right", "PgUp", "PgDn", "Home", "End", "Tab", "BackTab", "Space", "Backspace",
	"Ins", "Del", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F11", "F12", "C-Up", "S-Down", "M-x", "C-l", "C-g", "C-u", "C-w",
	"C-k", "C-y", "C-a", "C-e", "C-o", "C-v", "C-b", "C-f", "C-t", "C-r",
};
/* Keys that open things, from the key table; and what they lead to. */
static const char openers[] = "/FnN *oOapPAE!eRJ?hjklwvcg+y0123456789-:<>";
/* What no decoder should trip over: halves of sequences, unknown ones, long ones, bytes that are no UTF-8. */
static const char *const odd[] = {
	"\033", "\033[", "\033O", "\033[1;", "\033[200~", "\033[201~", "\033[<0;1", "\033[M", "\033[M   ", "\033[M\xff\xff\xff", "\033[<35;999;999M",
	"\033[<64;3;3M", "\033[<0;0;0M", "\033[<99999999999;5;5m", "\033[1;5A", "\033[1;2;3;4;5;6;7;8;9~", "\033[99999999999999999999~", "\033[?1;2c",
	"\033[3;7R", "\033[24;80R", "\033]0;title\007", "\033]52;c;AAAA\033\\", "\033P1$r0m\033\\", "\033_x\033\\", "\033\033\033", "\033\033[A", "\033[I", "\033[O",
	"\033[[A", "\033[11~", "\033[7~", "\033[8~", "\033Oj", "\033OM", "\033[Z", "\033[27;5;9~", "\033[105;5u", "\x9b\x41", "\x80", "\xff\xfe", "\xc3", "\xe6\xa3", "\xf0\x9f",
	"\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\xe2\x80\xae", "\xe2\x80\x8b", "\xef\xbb\xbf", "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
	"棚", "日本語", "ｊ", "Ｊ", "？", "　", "é", "─", "\177", "\001", "\036", "\037",
};
static const char *const words[] = {
	"state:running", "state:off tenant:acme", "blade:a2-*", "!state:running", "grade:V20 ", "\"a b\"", "snap:full host:silent", "key:", ":", "\"", "!!", "(", "a2-13",
	"yes", "was:running", "node", "%s%n%d", "'; drop", "$(reboot)", "zzzzzzzz", "-", "* ? [a-",
};
#define COUNT(a) (sizeof (a) / sizeof (a)[0])

static void throw_paste(struct storm *s)
{
	static char text[70000];
	size_t n = 0, lines = roll(s, 20) == 0 ? 3000 : roll(s, 6) + 1;

	for (size_t i = 0; i < lines && n + 64 < sizeof text; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", words[roll(s, COUNT(words))], roll(s, 3) ? " " : roll(s, 2) ? "\r" : "\n\t\033[A");
	term_paste(s->t, text);
}

static void throw_size(struct storm *s)
{
	static const int sizes[][2] = {{80, 24}, {120, 36}, {200, 60}, {80, 24}, {40, 12}, {20, 5}, {1, 1}, {2, 2}, {1, 50}, {300, 1}, {5, 100}, {500, 200}};
	uint32_t which = roll(s, COUNT(sizes) + 3);

	if (which < COUNT(sizes))
		term_resize(s->t, sizes[which][0], sizes[which][1]);
	else
		term_resize(s->t, (int)roll(s, 220) + 1, (int)roll(s, 70) + 1);
}

/* Bytes that a terminal makes signals or flow control of. While it is leaving, a console has given the terminal back and
 * they would rightly end it: they are only for one that stands still in its own mode. */
static void throw_byte(struct storm *s, char byte)
{
	if (byte && strchr("\003\021\023\032\034", byte)) {
		term_quiet(s->t, 30, 2000);
		if (!term_raw(s->t))
			return;
	}
	term_send(s->t, &byte, 1);
}

static void throw_one(struct storm *s)
{
	uint32_t what = roll(s, 1000);
	char byte;

	if (what < 330) {
		const char *name = moves[roll(s, COUNT(moves))];

		term_key(s->t, strcmp(name, "Backspace") == 0 && roll(s, 8) ? "Left" : name);
	} else if (what < 560) {
		byte = openers[roll(s, sizeof openers - 1)];
		term_send(s->t, &byte, 1);
	} else if (what < 700) {
		byte = (char)(' ' + roll(s, 95));
		if (byte == 'q' || byte == 'Q') /* leaving is for once in a while */
			byte = roll(s, 20) ? 'j' : byte;
		term_send(s->t, &byte, 1);
	} else if (what < 780) {
		term_key(s->t, "Enter");
	} else if (what < 850) {
		term_key(s->t, "Esc");
	} else if (what < 910) {
		term_type(s->t, odd[roll(s, COUNT(odd))]);
	} else if (what < 930) {
		byte = (char)(roll(s, 2) ? roll(s, 32) : roll(s, 256));
		throw_byte(s, byte);
	} else if (what < 955) {
		term_type(s->t, words[roll(s, COUNT(words))]);
	} else if (what < 985) {
		term_click(s->t, (int)roll(s, (uint32_t)term_rows(s->t)), (int)roll(s, (uint32_t)term_cols(s->t)), (int)roll(s, 5) + 1);
	} else if (what < 990) {
		throw_paste(s);
	} else {
		throw_size(s);
	}
}

/* The terminal must be given back as it was. */
static bool ended_well(struct storm *s)
{
	int status = term_wait_exit(s->t, 60000), row, col;
	char what[96];
	bool visible;

	if (status != 0) {
		snprintf(what, sizeof what, status < 0 ? "it does not end" : "it ended with status %d", status);
		return broke(s, what);
	}
	term_cursor(s->t, &row, &col, &visible);
	if (!visible || term_raw(s->t) || term_alternate(s->t) || term_mouse(s->t) || term_pastes(s->t)) {
		snprintf(what, sizeof what, "it left the terminal changed:%s%s%s%s%s", visible ? "" : " no cursor", term_raw(s->t) ? " raw" : "",
			term_alternate(s->t) ? " other page" : "", term_mouse(s->t) ? " mouse" : "", term_pastes(s->t) ? " pastes" : "");
		return broke(s, what);
	}
	return true;
}

static bool start(struct storm *s)
{
	static const struct { int cols, rows; const char *name; } kinds[] = {
		{120, 36, "xterm-256color"}, {80, 24, "xterm"}, {80, 24, "vt220"}, {200, 60, "tmux-256color"}, {80, 25, "linux"}, {80, 24, "screen"},
	};
	size_t kind = (size_t)s->starts++ % COUNT(kinds);

	term_end(s->t);
	s->name = kinds[kind].name;
	s->t = term_start(s->argv, &(struct term_options){.cols = kinds[kind].cols, .rows = kinds[kind].rows,
		.name = kinds[kind].name, .errors = s->errors});
	s->memory_early = 0;
	return term_wait(s->t, s->ready, 60000) || broke(s, "no first screen");
}

/* Sends until the program has taken all, and mostly until it has answered: without that it would find hundreds of events
 * at once, and leaving by one of them would spoil the rest. */
static bool taken(struct storm *s)
{
	for (int i = 0; i < 2400; i++) {
		term_run(s->t, term_sent_left(s->t) ? 25 : 0);
		if (!term_running(s->t))
			return true;
		if (!term_sent_left(s->t)) {
			if (s->event / 1024 % 4)
				term_quiet(s->t, 2, 1000);
			return true;
		}
	}
	return broke(s, "it takes no more input");
}

/* Sends ^L; false when nothing was drawn for it within ms. */
static bool redraws(struct storm *s, int ms)
{
	uint64_t was = term_received(s->t);
	int64_t asked = term_now_us();

	term_key(s->t, "C-l");
	if (!term_wait_bytes(s->t, was, ms))
		return false;
	s->answered++;
	if (term_now_us() - asked > s->slowest_us)
		s->slowest_us = term_now_us() - asked;
	return true;
}

/* A serial console takes all keys but its own, ^L and Esc too. */
static void out_of_a_level(struct storm *s)
{
	if (term_shows(s->t, "\\^\\] leaves")) {
		term_key(s->t, "C-]");
		term_key(s->t, "q");
	}
	term_key(s->t, "Esc");
}

/* Out of fields and half sequences, which may rightly swallow some keys: does it then draw when asked to? */
static bool answers(struct storm *s)
{
	bool ok = false;

	term_resize(s->t, 100, 30);
	term_type(s->t, "\033[201~");
	for (int i = 0; i < 8 && !ok && term_running(s->t); i++) {
		out_of_a_level(s);
		term_quiet(s->t, 120, 2000);
		ok = redraws(s, i < 4 ? 700 : 5000);
	}
	for (int i = 0; i < 3 && ok; i++) {
		term_quiet(s->t, 5, 1000);
		ok = redraws(s, 30000);
	}
	if (!term_running(s->t))
		return true;
	if (!ok)
		return broke(s, "no answer to ^L");
	term_quiet(s->t, 50, 2000);
	if (strspn(term_screen(s->t), " \n") == strlen(term_screen(s->t)))
		return broke(s, "the screen is empty");
	return true;
}

static bool memory_holds(struct storm *s)
{
	long kib = term_memory_kib(s->t);

	if (kib > s->memory)
		s->memory = kib;
	if (s->memory_early == 0)
		s->memory_early = kib;
	if (kib > s->memory_early + 65536)
		return broke(s, "it grows: 64 MiB more than at its start");
	return true;
}

static bool blow(struct storm *s)
{
	if (!start(s))
		return false;
	for (s->event = 1; s->event <= s->events; s->event++) {
		throw_one(s);
		if (s->event % 16 == 0 && !taken(s))
			return false;
		if (s->event % 16 == 0 && !term_running(s->t)) {
			if (!ended_well(s) || !start(s))
				return false;
		}
		if (s->event % 1000 == 0 && (!answers(s) || !memory_holds(s)))
			return false;
	}
	if (strcmp(s->leave, "hangup") == 0)
		return true; /* main takes the terminal away */
	if (strcmp(s->leave, "kill") == 0) {
		kill(term_pid(s->t), SIGKILL);
		return term_wait_exit(s->t, 30000) == 128 + SIGKILL || broke(s, "it cannot be killed");
	}
	/* Out of whatever is open, and away. */
	for (int i = 0; i < 12 && term_running(s->t); i++) {
		out_of_a_level(s);
		term_run(s->t, 600);
	}
	term_key(s->t, "Q");
	return ended_well(s);
}

/* Whatever the consoles started becomes our child when they are gone. */
static bool nothing_left(struct storm *s)
{
	for (int i = 0; i < 100; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0)
			return true;
		if (pid > 0 && status != 0)
			return broke(s, "a process that it had started broke");
		if (pid == 0)
			poll(NULL, 0, 100);
	}
	return broke(s, "processes are left behind");
}

int main(int argc, char **argv)
{
	struct storm s = {.seed = 1, .events = 20000, .ready = "racks", .leave = "quit", .name = ""};
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
		else
			break;
	}
	if (i >= argc || strncmp(argv[i], "--", 2) == 0) {
		fputs("usage: storm [--seed N] [--events N] [--ready REGEX] [--errors FILE] [--leave quit|hangup|kill] COMMAND...\n", stderr);
		return 2;
	}
	s.argv = (const char *const *)argv + i;
	s.random = s.seed * 0x9e3779b97f4a7c15u | 1;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 2;
	ok = blow(&s);
	term_end(s.t);
	s.t = NULL;
	ok = nothing_left(&s) && ok;
	if (ok)
		printf("%ld events, seed %llu, %ld starts, %ld redraws, the slowest %.1f ms, %ld KiB\n", s.events, (unsigned long long)s.seed, s.starts, s.answered,
			(double)s.slowest_us / 1000, s.memory);
	return ok ? 0 : 1;
}

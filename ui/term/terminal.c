/* The terminal beside terminfo (terminal.h). */
#include "term/terminal.h"

#include "common/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

/* ---- names ---- */

/* Families whose terminals do what an xterm does, and those that have a relative in ncurses-base. */
static const struct { const char *part, *like; } relatives[] = {
	{"256color", "xterm-256color"}, {"kitty", "xterm-256color"}, {"alacritty", "xterm-256color"},
	{"ghostty", "xterm-256color"}, {"foot", "xterm-256color"}, {"wezterm", "xterm-256color"},
	{"contour", "xterm-256color"}, {"konsole", "xterm-256color"}, {"gnome", "xterm-256color"},
	{"vte", "xterm-256color"}, {"putty", "xterm"}, {"teraterm", "xterm"}, {"mlterm", "xterm"}, {"xterm", "xterm"},
	{"tmux", "screen"}, {"screen", "screen"}, {"rxvt", "rxvt"}, {"linux", "linux"}, {"vt", "vt100"},
};

#define NAME_MAX_TERM 64

static bool restricted;

/* What may be looked up for somebody whom nobody trusts: of the system's terminfo those that a person sits at. The rest of it is
 * printers, building blocks and machines that nobody has, with strings that nobody has looked at. */
static bool is_allowed(const char *name)
{
	static const char *const families[] = {"xterm", "tmux", "screen", "rxvt", "linux", "vt", "putty", "kitty", "alacritty", "foot",
		"wezterm", "contour", "ghostty", "konsole", "gnome", "vte", "mlterm", "teraterm", "nsterm", "iterm", "iterm2", "mintty",
		"cygwin", "st", "dumb"};

	if (!restricted)
		return true;
	for (size_t i = 0; i < sizeof families / sizeof families[0] && !strchr(name, '+'); i++) {
		size_t n = strlen(families[i]);

		if (strncmp(name, families[i], n) == 0 && (!name[n] || strchr("-.0123456789", name[n])))
			return true;
	}
	return false;
}

/* What is not a plain name could be a path. */
static bool is_plain(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len < NAME_MAX_TERM && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._") == len;
}

const char *terminal_restrict(const char *term)
{
	restricted = true;
	return term && is_plain(term) ? term : "unknown";
}

size_t terminal_names(const char *term, const char **out, size_t max)
{
	static char cut[4][NAME_MAX_TERM];
	size_t n = 0;

	if (!is_plain(term))
		return 0;
	if (n < max && is_allowed(term))
		out[n++] = term;
	if (strcmp(term, "dumb") == 0)
		return n;
	for (int i = 0; i < 4 && n < max; i++) { /* foo-bar-baz: foo-bar, foo */
		const char *from = i == 0 ? term : cut[i - 1];
		const char *dash = strrchr(from, '-');

		if (!dash || dash == from)
			break;
		snprintf(cut[i], sizeof cut[i], "%.*s", (int)(dash - from), from);
		if (is_allowed(cut[i]))
			out[n++] = cut[i];
	}
	for (size_t i = 0; i < sizeof relatives / sizeof relatives[0] && n < max; i++)
		if (strstr(term, relatives[i].part)) {
			out[n++] = relatives[i].like;
			break;
		}
	if (n < max)
		out[n++] = "vt100";
	return n;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool terminal_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

enum tier terminal_tier(const char *name, bool utf8, int ambiguous)
{
	if (!utf8 || ambiguous == 2)
		return TIER_ASCII;
	return begins(name, "linux") ? TIER_CP437 : TIER_FULL;
}

bool terminal_pastes(const char *name)
{
	static const char *const known[] = {"xterm", "tmux", "screen", "rxvt", "putty", "alacritty", "kitty", "foot", "vte", "gnome", "konsole", "mlterm", "st-", "wezterm"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (begins(name, known[i]))
			return true;
	return false;
}

/* A text console has no mouse of its own, and one program's (gpm) speaks another way. xterm's relatives all have. */
bool terminal_has_mouse(const char *name)
{
	return terminal_pastes(name) || begins(name, "teraterm") || strcmp(name, "st") == 0;
}

/* ---- widths ---- */

/* A line, a block and a dot: what the screen is drawn with. */
#define PROBE "\xe2\x94\x80\xe2\x96\x85\xe2\x97\x8f"

int terminal_measured(int row, int col)
{
	if (row != 2)
		return 0;
	/* 4: all narrow. 7: all wide. Between: a font that cannot decide, where nothing ambiguous stands straight. */
	return col == 4 ? 1 : col > 4 && col <= 7 ? 2 : 0;
}

/* Takes an answer "ESC [ row ; col R" out of buf. */
static bool take_answer(char *buf, size_t *n, int *row, int *col)
{
	for (size_t i = 0; i + 5 < *n; i++) {
		int used = 0;
		char tmp[32];
		size_t len = *n - i < sizeof tmp - 1 ? *n - i : sizeof tmp - 1;

		if (buf[i] != '\033')
			continue;
		memcpy(tmp, buf + i, len);
		tmp[len] = '\0';
		if (sscanf(tmp, "\033[%4d;%4dR%n", row, col, &used) == 2 && used > 0) {
			memmove(buf + i, buf + i + used, *n - i - (size_t)used);
			*n -= (size_t)used;
			return true;
		}
	}
	return false;
}

int terminal_measure(int in, int out, int wait_ms, char *typed, size_t *ntyped)
{
	static const char ask[] = "\r\n" PROBE "\033[6n", wipe[] = "\r\033[K\033[A";
	size_t size = *ntyped;
	int64_t end = clock_boot_ms() + wait_ms;
	int cells = 0, row = 0, col = 0;

	*ntyped = 0;
	if (write(out, ask, sizeof ask - 1) != (ssize_t)sizeof ask - 1)
		return 0;
	for (;;) {
		int64_t left = end - clock_boot_ms();
		struct pollfd p = {.fd = in, .events = POLLIN};
		ssize_t got;

		if (left <= 0 || *ntyped == size)
			break;
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			break;
		if (!(p.revents & (POLLIN | POLLHUP)))
			continue;
		got = read(in, typed + *ntyped, size - *ntyped);
		if (got <= 0)
			break;
		*ntyped += (size_t)got;
		if (take_answer(typed, ntyped, &row, &col)) {
			cells = terminal_measured(row, col);
			break;
		}
	}
	if (write(out, wipe, sizeof wipe - 1) < 0)
		return 0;
	return cells;
}

/* ---- crashes ---- */

static struct {
	int fd;
	struct termios was;
	char restore[256];
	size_t len;
	volatile sig_atomic_t on;
} guard;

static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_fatal(int signo)
{
	if (guard.on) {
		ssize_t ignored = write(guard.fd, guard.restore, guard.len);

		(void)ignored;
		tcsetattr(guard.fd, TCSANOW, &guard.was);
	}
	raise(signo); /* the handler was reset: this ends us */
}

void terminal_guard(int fd, const char *restore)
{
	struct sigaction sa = {.sa_handler = on_fatal, .sa_flags = (int)SA_RESETHAND};

	guard.fd = fd;
	guard.len = strlen(restore) < sizeof guard.restore ? strlen(restore) : 0;
	memcpy(guard.restore, restore, guard.len);
	if (tcgetattr(fd, &guard.was) != 0)
		return;
	guard.on = 1;
	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0]; i++) {
		struct sigaction old;

		/* A sanitizer's own handler says more than we could. */
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(fatal[i], &sa, NULL);
	}
}

void terminal_unguard(void)
{
	guard.on = 0;
}

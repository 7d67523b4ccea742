/* The screen's life and its pictures (screen.h): how the terminal is taken and given back, what is wished of it, its size. Colours are in
 * screen_inks.c, cells in screen_cells.c, boxes and lines of pieces in screen_pen.c. */
#include "term/screen_inside.h"

#include "common/text.h"
#include "term/terminal.h"
#include "term/terminfo.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define MEASURE_MS 150
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
/* What the mouse does is told with SGR 1006 where the terminal knows that, else as X10 did; no moves. */
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

struct screen_now scr;
struct screen_wish scr_wish;

/* ---- start and stop ---- */

static void set_ambiguous(int cells)
{
	scr.ambiguous = cells;
	scr.tier = terminal_tier(scr.name, scr.utf8, cells);
	if (scr_wish.tier > scr.tier) /* what it cannot show is not wished into it */
		scr.tier = scr_wish.tier;
	text_set_ambiguous(cells);
}

void screen_lines(enum tier most)
{
	bool other = most != scr_wish.tier;

	scr_wish.tier = most;
	if (!scr.on || !other)
		return;
	set_ambiguous(scr.ambiguous);
	screen_repaint();
}

static void make_guard(void)
{
	char restore[256] = "";

	if (scr.can_mouse)
		snprintf(restore, sizeof restore, "%s", MOUSE_OFF);
	if (scr.paste)
		snprintf(restore + strlen(restore), sizeof restore - strlen(restore), "%s", PASTE_OFF);
	terminfo_string(restore, sizeof restore, "sgr0");
	terminfo_string(restore, sizeof restore, "cnorm");
	terminfo_string(restore, sizeof restore, "rmcup");
	terminal_guard(STDOUT_FILENO, restore);
}

static void send(const char *text)
{
	fflush(stdout);
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		return; /* a terminal that is gone is seen by its reader */
}

static void set_mouse(bool on)
{
	if (on == scr.mouse || (on && !scr.can_mouse))
		return;
	scr.mouse = on;
	send(on ? MOUSE_ON : MOUSE_OFF);
}

void screen_mouse(bool on)
{
	scr_wish.mouse = on;
	if (scr.on)
		set_mouse(on && !scr.mouse_rests);
}

void screen_mouse_rest(bool rests)
{
	scr.mouse_rests = rests;
	screen_mouse(scr_wish.mouse);
}

bool screen_has_mouse(void)
{
	return scr.can_mouse;
}

bool screen_mouse_now(void)
{
	return scr.mouse;
}

struct err *screen_start(int ambiguous)
{
	struct err *e;

	memset(&scr, 0, sizeof scr);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &scr.was) != 0)
		return err_new(ERR_USAGE, "screen.notty", NULL);
	scr.utf8 = terminal_is_utf8();
	/* Widths and characters are always worked out in UTF-8; whether the terminal gets any is another question. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		scr.utf8 = false;
	char *home = terminfo_hide_home();
	e = terminfo_choose(scr.name, sizeof scr.name, scr.note, sizeof scr.note);
	if (e) {
		terminfo_show_home(home);
		return e;
	}
	unsetenv("LINES");
	unsetenv("COLUMNS");
	signal(SIGTSTP, SIG_IGN); /* a console that is suspended would leave a shell behind it */
	scr.paste = terminal_pastes(scr.name);
	scr.can_mouse = terminal_has_mouse(scr.name);
	scr.curses = newterm(scr.name, stdout, stdin);
	terminfo_show_home(home);
	if (!scr.curses)
		return err_new(ERR_FAILED, "screen.start", "{s:s}", "term", scr.name);
	scr.on = true;
	make_guard();
	raw();
	noecho();
	nonl();
	curs_set(0);
	idlok(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	screen_make_inks();
	set_ambiguous(ambiguous == 2 ? 2 : 1);
	screen_resized();
	erase();
	refresh();
	if (scr.paste)
		send(PASTE_ON);
	set_mouse(scr_wish.mouse);
	if (ambiguous == 0 && scr.utf8 && scr.tier == TIER_FULL && scr.rows >= 2 && scr.cols >= 10) {
		int cells;

		scr.ntyped = sizeof scr.typed;
		scr.asked = true;
		/* The cursor was left anywhere; the probe starts at home. */
		send("\033[H");
		cells = terminal_measure(STDIN_FILENO, STDOUT_FILENO, MEASURE_MS, scr.typed, &scr.ntyped);
		clearok(curscr, TRUE);
		if (cells > 0)
			set_ambiguous(cells);
	}
	return NULL;
}

void screen_stop(void)
{
	if (!scr.on)
		return;
	set_mouse(false);
	scr.on = false;
	if (scr.paste)
		send(PASTE_OFF);
	curs_set(1);
	endwin();
	delscreen(scr.curses);
	free(scr.pairs);
	scr.pairs = NULL;
	terminal_unguard();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &scr.was);
}

int screen_fd(void)
{
	return STDIN_FILENO;
}

const char *screen_note(void)
{
	return scr.note;
}

size_t screen_typed(char *out, size_t size)
{
	size_t n = scr.ntyped < size ? scr.ntyped : size;

	memcpy(out, scr.typed, n);
	scr.ntyped = 0;
	return n;
}

bool screen_report(int row, int col)
{
	int cells = scr.asked ? terminal_measured(row, col) : 0;

	scr.asked = false;
	if (cells == 0 || cells == scr.ambiguous)
		return false;
	set_ambiguous(cells);
	screen_repaint();
	return true;
}

/* ---- size ---- */

void screen_resized(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0 && (w.ws_row != LINES || w.ws_col != COLS))
		resizeterm(w.ws_row, w.ws_col);
	scr.rows = LINES;
	scr.cols = COLS;
	scr.clip = screen_whole();
	/* Smaller and back again before we looked: the size is what it was, and what the terminal cut off is gone. */
	screen_repaint();
}

int screen_rows(void)
{
	return scr.rows;
}

int screen_cols(void)
{
	return scr.cols;
}

bool screen_utf8(void)
{
	return scr.utf8;
}

enum tier screen_tier(void)
{
	return scr.tier;
}

int screen_ambiguous(void)
{
	return scr.ambiguous;
}

void screen_width(int ambiguous)
{
	if (!scr.on || ambiguous == 0 || ambiguous == scr.ambiguous)
		return;
	scr.asked = false; /* the user said it: no late answer counts */
	set_ambiguous(ambiguous);
	screen_repaint();
}

struct box screen_whole(void)
{
	return (struct box){0, 0, scr.rows, scr.cols};
}

void screen_clip(struct box b)
{
	int y2 = b.y + b.h, x2 = b.x + b.w;

	scr.clip.y = b.y < 0 ? 0 : b.y;
	scr.clip.x = b.x < 0 ? 0 : b.x;
	y2 = y2 > scr.rows ? scr.rows : y2;
	x2 = x2 > scr.cols ? scr.cols : x2;
	scr.clip.h = y2 > scr.clip.y ? y2 - scr.clip.y : 0;
	scr.clip.w = x2 > scr.clip.x ? x2 - scr.clip.x : 0;
}

/* ---- pictures ---- */

void screen_repaint(void)
{
	clearok(curscr, TRUE);
}

void screen_bell(void)
{
	beep();
}

void screen_begin(void)
{
	if (scr.npairs > PAIRS_MOST * 9 / 10) { /* this picture has room, and the ones before it need theirs no more */
		screen_repaint();
		screen_drop_pairs();
	}
	screen_clip(screen_whole());
	erase();
}

void screen_end(int cursor_y, int cursor_x)
{
	bool shown = cursor_y >= 0 && cursor_y < scr.rows && cursor_x >= 0 && cursor_x < scr.cols;

	if (shown)
		move(cursor_y, cursor_x);
	leaveok(stdscr, !shown);
	if (shown != (scr.cursor == 1)) {
		curs_set(shown);
		scr.cursor = shown;
	}
	refresh();
}

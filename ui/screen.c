/* The board of cells (screen.h): ncurses, its colours, what is drawn into the cells. Boxes and lines of pieces are in screen_pen.c. */
#include "screen.h"

#include "common/text.h"
#include "terminal.h"
#include "terminfo.h"

#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define MEASURE_MS 150
#define WIDTH_MAX 1000
#define PAIRS_MOST 30000 /* of colours; pictures of guests have many */
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
/* What the mouse does is told with SGR 1006 where the terminal knows that, else as X10 did; no moves. */
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

static struct {
	bool on;
	SCREEN *curses;
	struct termios was;
	char name[64];
	char note[256];
	bool utf8, paste, mono;
	bool own;             /* the terminal's own colours can be asked for */
	bool coloured;        /* ncurses has been told to use colours */
	short fg, bg;         /* where an ink names none and the terminal's own cannot be asked for, or are not wanted */
	int colours;
	bool can_mouse, mouse;/* it has one; it reports it now */
	bool mouse_rests;     /* what is shown has no use for it */
	char site_colour[16];
	int ambiguous;        /* 1 or 2 */
	bool asked;           /* the user did not say: a late answer counts */
	enum tier tier;
	attr_t attr[INK_COUNT];
	short pair[INK_COUNT];
	struct box clip;
	int rows, cols;
	char typed[256];
	size_t ntyped;
	int cursor;           /* as last told to ncurses: 0 hidden, 1 shown */
	short pairs[257][257];/* of cells: by background and foreground, from -1; 0 not made yet */
	short npairs;
} s;

/* What was wished for, before or after the start. */
static struct { enum theme theme; enum tier tier; bool mouse; } wish;

/* ---- start and stop ---- */

static attr_t attr_of(unsigned style)
{
	return (style & STYLE_BOLD ? A_BOLD : 0) | (style & STYLE_DIM ? A_DIM : 0) | (style & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
		(style & STYLE_REVERSE ? A_REVERSE : 0);
}

/* Where the terminal's own colours cannot be asked for, or the theme has its own. */
static void settle_colours(short *fg, short *bg)
{
	if (s.own)
		return;
	*fg = *fg < 0 ? s.fg : *fg;
	*bg = *bg < 0 ? s.bg : *bg;
}

static void make_ink(enum ink ink, struct style st)
{
	s.pair[ink] = 0;
	if (s.colours && (st.fg >= 0 || st.bg >= 0)) {
		settle_colours(&st.fg, &st.bg);
		if (init_pair((short)(ink + 1), st.fg, st.bg) == OK)
			s.pair[ink] = (short)(ink + 1);
	}
	s.attr[ink] = attr_of(st.attr);
}

/* How many colours the theme may use. Where it uses none, ncurses is never told of any: not one colour sequence is sent. */
static int colours_of(enum theme t)
{
	if (t == THEME_MONO || !has_colors() || (!s.coloured && start_color() != OK))
		return 0;
	s.coloured = true;
	return COLORS >= 8 ? COLORS : 0;
}

static void make_inks(void)
{
	struct style ground;

	s.colours = colours_of(wish.theme);
	ground = palette_ground(wish.theme, s.colours);
	s.own = false;
	s.fg = ground.fg < 0 ? 7 : ground.fg;
	s.bg = ground.bg < 0 ? 0 : ground.bg;
	if (s.coloured && ground.fg < 0)
		s.own = use_default_colors() == OK;
	else if (s.coloured)
		assume_default_colors(ground.fg, ground.bg);
	s.mono = s.colours == 0;
	memset(s.pairs, 0, sizeof s.pairs);
	s.npairs = 0;
	for (int i = 0; i < INK_COUNT; i++)
		make_ink((enum ink)i, palette_style(wish.theme, (enum ink)i, s.colours));
	make_ink(INK_SITE, palette_site(wish.theme, s.site_colour, s.colours));
}

void screen_theme(enum theme t)
{
	bool other = t != wish.theme;

	wish.theme = t;
	if (!s.on || !other)
		return;
	make_inks();
	screen_repaint();
}

void screen_site_colour(const char *colour)
{
	if (strcmp(colour, s.site_colour) == 0)
		return;
	snprintf(s.site_colour, sizeof s.site_colour, "%s", colour);
	make_ink(INK_SITE, palette_site(wish.theme, colour, s.colours));
}

static void set_ambiguous(int cells)
{
	s.ambiguous = cells;
	s.tier = terminal_tier(s.name, s.utf8, cells);
	if (wish.tier > s.tier) /* what it cannot show is not wished into it */
		s.tier = wish.tier;
	text_set_ambiguous(cells);
}

void screen_lines(enum tier most)
{
	bool other = most != wish.tier;

	wish.tier = most;
	if (!s.on || !other)
		return;
	set_ambiguous(s.ambiguous);
	screen_repaint();
}

static void make_guard(void)
{
	char restore[256] = "";

	if (s.can_mouse)
		snprintf(restore, sizeof restore, "%s", MOUSE_OFF);
	if (s.paste)
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
	if (on == s.mouse || (on && !s.can_mouse))
		return;
	s.mouse = on;
	send(on ? MOUSE_ON : MOUSE_OFF);
}

void screen_mouse(bool on)
{
	wish.mouse = on;
	if (s.on)
		set_mouse(on && !s.mouse_rests);
}

void screen_mouse_rest(bool rests)
{
	s.mouse_rests = rests;
	screen_mouse(wish.mouse);
}

bool screen_has_mouse(void)
{
	return s.can_mouse;
}

bool screen_mouse_now(void)
{
	return s.mouse;
}

struct err *screen_start(int ambiguous)
{
	struct err *e;

	memset(&s, 0, sizeof s);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &s.was) != 0)
		return err_new(ERR_USAGE, "screen.notty", NULL);
	s.utf8 = terminal_is_utf8();
	/* Widths and characters are always worked out in UTF-8; whether the terminal gets any is another question. */
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		s.utf8 = false;
	char *home = terminfo_hide_home();
	e = terminfo_choose(s.name, sizeof s.name, s.note, sizeof s.note);
	if (e) {
		terminfo_show_home(home);
		return e;
	}
	unsetenv("LINES");
	unsetenv("COLUMNS");
	signal(SIGTSTP, SIG_IGN); /* a console that is suspended would leave a shell behind it */
	s.paste = terminal_pastes(s.name);
	s.can_mouse = terminal_has_mouse(s.name);
	s.curses = newterm(s.name, stdout, stdin);
	terminfo_show_home(home);
	if (!s.curses)
		return err_new(ERR_FAILED, "screen.start", "{s:s}", "term", s.name);
	s.on = true;
	make_guard();
	raw();
	noecho();
	nonl();
	curs_set(0);
	idlok(stdscr, TRUE);
	leaveok(stdscr, TRUE);
	make_inks();
	set_ambiguous(ambiguous == 2 ? 2 : 1);
	screen_resized();
	erase();
	refresh();
	if (s.paste)
		send(PASTE_ON);
	set_mouse(wish.mouse);
	if (ambiguous == 0 && s.utf8 && s.tier == TIER_FULL && s.rows >= 2 && s.cols >= 10) {
		int cells;

		s.ntyped = sizeof s.typed;
		s.asked = true;
		/* The cursor was left anywhere; the probe starts at home. */
		send("\033[H");
		cells = terminal_measure(STDIN_FILENO, STDOUT_FILENO, MEASURE_MS, s.typed, &s.ntyped);
		clearok(curscr, TRUE);
		if (cells > 0)
			set_ambiguous(cells);
	}
	return NULL;
}

void screen_stop(void)
{
	if (!s.on)
		return;
	set_mouse(false);
	s.on = false;
	if (s.paste)
		send(PASTE_OFF);
	curs_set(1);
	endwin();
	delscreen(s.curses);
	terminal_unguard();
	tcsetattr(STDIN_FILENO, TCSADRAIN, &s.was);
}

int screen_fd(void)
{
	return STDIN_FILENO;
}

const char *screen_note(void)
{
	return s.note;
}

size_t screen_typed(char *out, size_t size)
{
	size_t n = s.ntyped < size ? s.ntyped : size;

	memcpy(out, s.typed, n);
	s.ntyped = 0;
	return n;
}

bool screen_report(int row, int col)
{
	int cells = s.asked ? terminal_measured(row, col) : 0;

	s.asked = false;
	if (cells == 0 || cells == s.ambiguous)
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
	s.rows = LINES;
	s.cols = COLS;
	s.clip = screen_whole();
	/* Smaller and back again before we looked: the size is what it was, and what the terminal cut off is gone. */
	screen_repaint();
}

int screen_rows(void)
{
	return s.rows;
}

int screen_cols(void)
{
	return s.cols;
}

bool screen_utf8(void)
{
	return s.utf8;
}

enum tier screen_tier(void)
{
	return s.tier;
}

int screen_ambiguous(void)
{
	return s.ambiguous;
}

void screen_width(int ambiguous)
{
	if (!s.on || ambiguous == 0 || ambiguous == s.ambiguous)
		return;
	s.asked = false; /* the user said it: no late answer counts */
	set_ambiguous(ambiguous);
	screen_repaint();
}

int screen_colours(void)
{
	return s.colours;
}

bool screen_mono(void)
{
	return s.mono;
}

struct box screen_whole(void)
{
	return (struct box){0, 0, s.rows, s.cols};
}

void screen_clip(struct box b)
{
	int y2 = b.y + b.h, x2 = b.x + b.w;

	s.clip.y = b.y < 0 ? 0 : b.y;
	s.clip.x = b.x < 0 ? 0 : b.x;
	y2 = y2 > s.rows ? s.rows : y2;
	x2 = x2 > s.cols ? s.cols : x2;
	s.clip.h = y2 > s.clip.y ? y2 - s.clip.y : 0;
	s.clip.w = x2 > s.clip.x ? x2 - s.clip.x : 0;
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
	if (s.npairs > PAIRS_MOST * 9 / 10) { /* this picture has room, and the ones before it need theirs no more */
		memset(s.pairs, 0, sizeof s.pairs);
		s.npairs = 0;
		screen_repaint();
	}
	screen_clip(screen_whole());
	erase();
}

void screen_end(int cursor_y, int cursor_x)
{
	bool shown = cursor_y >= 0 && cursor_y < s.rows && cursor_x >= 0 && cursor_x < s.cols;

	if (shown)
		move(cursor_y, cursor_x);
	leaveok(stdscr, !shown);
	if (shown != (s.cursor == 1)) {
		curs_set(shown);
		s.cursor = shown;
	}
	refresh();
}

static bool is_ascii(const char *t)
{
	for (; *t; t++)
		if (*t < 0x20 || *t > 0x7e)
			return false;
	return true;
}

/* One character of UTF-8 (clean text) at *p, which moves on. */
static wchar_t next_char(const char **p)
{
	mbstate_t st = {0};
	wchar_t c = 0;
	size_t n = mbrtowc(&c, *p, 8, &st);

	if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
		*p += 1;
		return '?';
	}
	*p += n;
	return c;
}

/* What is drawn from here on covers the second half of a wide character: its first half becomes a blank. ncurses blanks only halves
 * that come behind, and would later take the first one for the whole character that is there already. */
static void part_wide(int y, int x)
{
	wchar_t was[CCHARW_MAX + 1];
	attr_t attr;
	short pair;
	cchar_t c;

	/* A_CHARTEXT is 1 in a first half, 2 in a second one; the latter may stand alone when its first half was drawn over. */
	if (x < 1 || mvin_wch(y, x, &c) != OK || (c.attr & A_CHARTEXT) != 2 || mvin_wch(y, x - 1, &c) != OK || (c.attr & A_CHARTEXT) != 1)
		return;
	if (getcchar(&c, was, &attr, &pair, NULL) == OK && setcchar(&c, L" ", attr, pair, NULL) == OK)
		mvadd_wch(y, x - 1, &c);
}

/* Clean text, known to fit, at the cursor of ncurses. */
static void put(const char *t)
{
	static wchar_t w[WIDTH_MAX * 6];
	size_t n = 0;

	if (is_ascii(t)) {
		addstr(t);
		return;
	}
	while (*t && n + 2 < sizeof w / sizeof w[0]) {
		const char *from = t;
		wchar_t c = next_char(&t);
		int cells = wcwidth(c);

		if (c >= 0x80 && (!s.utf8 || s.ambiguous == 2)) {
			char one[8];
			int wide;

			snprintf(one, sizeof one, "%.*s", (int)(t - from), from);
			wide = text_width(one);
			/* What cannot be sent, or what ncurses and the terminal would count differently. */
			if (!s.utf8 || wide != cells) {
				for (int i = 0; i < wide && i < 2; i++)
					w[n++] = '_'; /* not '?', which means something here */
				continue;
			}
		}
		if (cells < 0)
			c = '?';
		w[n++] = c;
	}
	addnwstr(w, (int)n);
}

char *screen_cleaned(const char *text)
{
	char *whole = xstrdup(text), *clean;

	text_mend(whole);
	clean = text_shown_dup(whole);
	free(whole);
	return clean;
}

static void text_at(int y, int x, int width, enum ink ink, const char *text, bool right)
{
	static char fit[WIDTH_MAX * 20];
	char *cleaned;
	int x2 = x + width;

	if (x < s.clip.x || y < s.clip.y || y >= s.clip.y + s.clip.h)
		return;
	if (x2 > s.clip.x + s.clip.w)
		x2 = s.clip.x + s.clip.w;
	width = x2 - x < WIDTH_MAX ? x2 - x : WIDTH_MAX;
	if (width <= 0)
		return;
	cleaned = text_is_clean(text) ? NULL : screen_cleaned(text);
	text_fit(fit, sizeof fit, cleaned ? cleaned : text, width, glyph_text(GLYPH_CUT, s.tier), right);
	free(cleaned);
	part_wide(y, x);
	attr_set(s.attr[ink], s.pair[ink], NULL);
	move(y, x);
	put(fit);
}

void screen_text(int y, int x, int width, enum ink ink, const char *text)
{
	text_at(y, x, width, ink, text, false);
}

void screen_right(int y, int x, int width, enum ink ink, const char *text)
{
	text_at(y, x, width, ink, text, true);
}

void screen_glyph(int y, int x, enum ink ink, enum glyph g)
{
	text_at(y, x, 1, ink, glyph_text(g, s.tier), false);
}

void screen_fill(int y, int x, int width, enum ink ink)
{
	text_at(y, x, width, ink, "", false);
}

/* ---- cells of a terminal inside this one ---- */

/* Pairs are made when they are first seen; when the terminal has no more, cells go without colours. */
static short pair_of(short fg, short bg)
{
	short *p;

	if (!s.colours)
		return 0;
	fg = palette_map(fg, s.colours);
	bg = palette_map(bg, s.colours);
	settle_colours(&fg, &bg);
	p = &s.pairs[bg + 1][fg + 1];
	if (*p == 0 && INK_COUNT + 1 + s.npairs < COLOR_PAIRS && s.npairs < PAIRS_MOST && init_pair((short)(INK_COUNT + 1 + s.npairs), fg, bg) == OK)
		*p = (short)(INK_COUNT + 1 + s.npairs++);
	return *p;
}

/* Lines and blocks where there is only ASCII; '_' for all else. */
static char plain_sign(const char *text)
{
	wchar_t c = next_char(&text);

	if (c >= 0x2500 && c <= 0x257f)
		return c == 0x2502 || c == 0x2503 || c == 0x2551 ? '|' : c == 0x2500 || c == 0x2501 || c == 0x2550 ? '-' : '+';
	if (c >= 0x2580 && c <= 0x259f)
		return '#';
	if (c == 0x2022 || c == 0xb7 || (c >= 0x25a0 && c <= 0x25ff))
		return '*';
	return c >= 0x2010 && c <= 0x2015 ? '-' : c == 0x2018 || c == 0x2019 ? '\'' : c == 0x201c || c == 0x201d ? '"' : '_';
}

void screen_cell(int y, int x, int cells, const struct style *look, const char *text)
{
	if (y < s.clip.y || y >= s.clip.y + s.clip.h || x < s.clip.x || x + cells > s.clip.x + s.clip.w)
		return;
	attr_set(attr_of(look->attr), pair_of(look->fg, look->bg), NULL);
	move(y, x);
	if (is_ascii(text) && text[0] && !text[1] && cells == 1)
		addch((chtype)text[0]);
	else if (text_is_clean(text) && text_width(text) == cells && s.utf8)
		put(text);
	else
		for (int i = 0; i < cells; i++)
			addch((chtype)(unsigned char)(cells == 1 ? plain_sign(text) : '_'));
}

void screen_underline(int y, int x, int width)
{
	for (int at = x; at < x + width; at++) {
		wchar_t was[CCHARW_MAX + 1];
		attr_t attr;
		short pair;
		cchar_t c;

		if (y < s.clip.y || y >= s.clip.y + s.clip.h || at < s.clip.x || at >= s.clip.x + s.clip.w || mvin_wch(y, at, &c) != OK)
			continue;
		if (c.attr & A_CHARTEXT) /* half of a wide character */
			continue;
		if (getcchar(&c, was, &attr, &pair, NULL) == OK && setcchar(&c, was, attr | A_UNDERLINE, pair, NULL) == OK)
			mvadd_wch(y, at, &c);
	}
}

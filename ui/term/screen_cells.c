/* What stands in the cells (screen.h): texts from anywhere, cleaned, cut at the cell and filled up; signs; cells of a terminal inside this one. */
#include "term/screen_inside.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define WIDTH_MAX 1000

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

		if (c >= 0x80 && (!scr.utf8 || scr.ambiguous == 2)) {
			char one[8];
			int wide;

			snprintf(one, sizeof one, "%.*s", (int)(t - from), from);
			wide = text_width(one);
			/* What cannot be sent, or what ncurses and the terminal would count differently. */
			if (!scr.utf8 || wide != cells) {
				for (int i = 0; i < wide && i < 2; i++)
					w[n++] = c == 0xb0 ? ' ' : '_'; /* "22  C"; not '?', which means something here */
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

	if (x < scr.clip.x || y < scr.clip.y || y >= scr.clip.y + scr.clip.h)
		return;
	if (x2 > scr.clip.x + scr.clip.w)
		x2 = scr.clip.x + scr.clip.w;
	width = x2 - x < WIDTH_MAX ? x2 - x : WIDTH_MAX;
	if (width <= 0)
		return;
	cleaned = text_is_clean(text) ? NULL : screen_cleaned(text);
	text_fit(fit, sizeof fit, cleaned ? cleaned : text, width, glyph_text(GLYPH_CUT, scr.tier), right);
	free(cleaned);
	part_wide(y, x);
	attr_set(scr.attr[ink], scr.pair[ink], NULL);
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
	text_at(y, x, 1, ink, glyph_text(g, scr.tier), false);
}

void screen_fill(int y, int x, int width, enum ink ink)
{
	text_at(y, x, width, ink, "", false);
}

/* ---- cells of a terminal inside this one ---- */

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
	if (y < scr.clip.y || y >= scr.clip.y + scr.clip.h || x < scr.clip.x || x + cells > scr.clip.x + scr.clip.w)
		return;
	attr_set(screen_attr(look->attr), screen_pair(look->fg, look->bg), NULL);
	move(y, x);
	if (is_ascii(text) && text[0] && !text[1] && cells == 1)
		addch((chtype)text[0]);
	else if (text_is_clean(text) && text_width(text) == cells && scr.utf8)
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

		if (y < scr.clip.y || y >= scr.clip.y + scr.clip.h || at < scr.clip.x || at >= scr.clip.x + scr.clip.w || mvin_wch(y, at, &c) != OK)
			continue;
		if (c.attr & A_CHARTEXT) /* half of a wide character */
			continue;
		if (getcchar(&c, was, &attr, &pair, NULL) == OK && setcchar(&c, was, attr | A_UNDERLINE, pair, NULL) == OK)
			mvadd_wch(y, at, &c);
	}
}

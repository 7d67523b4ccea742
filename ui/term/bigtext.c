/* The two fonts, 3 x 5 and 5 x 7 dots, and how dots become cells (bigtext.h): two of them, one above the other, share a cell where there
 * are half blocks. */
#include "term/bigtext.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct letter {
	char c;
	uint8_t w;           /* dots */
	uint8_t rows[7];     /* from the top; the lowest bit is the dot at the right */
};

static const struct letter small[] = {
	{'0', 3, {7, 5, 5, 5, 7}}, {'1', 3, {2, 6, 2, 2, 7}}, {'2', 3, {7, 1, 7, 4, 7}}, {'3', 3, {7, 1, 7, 1, 7}}, {'4', 3, {5, 5, 7, 1, 1}},
	{'5', 3, {7, 4, 7, 1, 7}}, {'6', 3, {7, 4, 7, 5, 7}}, {'7', 3, {7, 1, 1, 1, 1}}, {'8', 3, {7, 5, 7, 5, 7}}, {'9', 3, {7, 5, 7, 1, 7}},
	{'-', 3, {0, 0, 7, 0, 0}}, {'+', 3, {0, 2, 7, 2, 0}}, {'/', 3, {1, 1, 2, 4, 4}}, {0},
};

static const struct letter large[] = {
	{'A', 5, {0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}}, {'B', 5, {0x1e, 0x11, 0x11, 0x1e, 0x11, 0x11, 0x1e}},
	{'C', 5, {0x0e, 0x11, 0x10, 0x10, 0x10, 0x11, 0x0e}}, {'D', 5, {0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e}},
	{'E', 5, {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f}}, {'F', 5, {0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x10}},
	{'G', 5, {0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f}}, {'H', 5, {0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11}},
	{'I', 3, {7, 2, 2, 2, 2, 2, 7}}, {'J', 5, {0x07, 0x02, 0x02, 0x02, 0x02, 0x12, 0x0c}},
	{'K', 5, {0x11, 0x12, 0x14, 0x18, 0x14, 0x12, 0x11}}, {'L', 5, {0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x1f}},
	{'M', 5, {0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11}}, {'N', 5, {0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11}},
	{'O', 5, {0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}}, {'P', 5, {0x1e, 0x11, 0x11, 0x1e, 0x10, 0x10, 0x10}},
	{'Q', 5, {0x0e, 0x11, 0x11, 0x11, 0x15, 0x12, 0x0d}}, {'R', 5, {0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11}},
	{'S', 5, {0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e}}, {'T', 5, {0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04}},
	{'U', 5, {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e}}, {'V', 5, {0x11, 0x11, 0x11, 0x11, 0x11, 0x0a, 0x04}},
	{'W', 5, {0x11, 0x11, 0x11, 0x15, 0x15, 0x1b, 0x11}}, {'X', 5, {0x11, 0x11, 0x0a, 0x04, 0x0a, 0x11, 0x11}},
	{'Y', 5, {0x11, 0x11, 0x0a, 0x04, 0x04, 0x04, 0x04}}, {'Z', 5, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x10, 0x1f}},
	{'0', 5, {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}}, {'1', 3, {2, 6, 2, 2, 2, 2, 7}},
	{'2', 5, {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}}, {'3', 5, {0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e}},
	{'4', 5, {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}}, {'5', 5, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e}},
	{'6', 5, {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}}, {'7', 5, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08}},
	{'8', 5, {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}}, {'9', 5, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}},
	{' ', 3, {0}}, {'-', 4, {0, 0, 0, 15, 0, 0, 0}}, {'.', 2, {0, 0, 0, 0, 0, 3, 3}}, {',', 2, {0, 0, 0, 0, 3, 1, 2}},
	{':', 2, {0, 3, 3, 0, 3, 3, 0}}, {'/', 5, {0x01, 0x01, 0x02, 0x04, 0x08, 0x10, 0x10}}, {'+', 5, {0, 0x04, 0x04, 0x1f, 0x04, 0x04, 0}},
	{'_', 5, {0, 0, 0, 0, 0, 0, 0x1f}}, {'!', 2, {3, 3, 3, 3, 0, 3, 3}}, {'?', 5, {0x0e, 0x11, 0x01, 0x06, 0x04, 0, 0x04}},
	{'(', 3, {1, 2, 4, 4, 4, 2, 1}}, {')', 3, {4, 2, 1, 1, 1, 2, 4}}, {0},
};

/* Without blocks three rows hold no dots: digits as on a pocket calculator. */
static const struct { char c; const char *rows[3]; } segments[] = {
	{'0', {" _ ", "| |", "|_|"}}, {'1', {"   ", "  |", "  |"}}, {'2', {" _ ", " _|", "|_ "}}, {'3', {" _ ", " _|", " _|"}},
	{'4', {"   ", "|_|", "  |"}}, {'5', {" _ ", "|_ ", " _|"}}, {'6', {" _ ", "|_ ", "|_|"}}, {'7', {" _ ", "  |", "  |"}},
	{'8', {" _ ", "|_|", "|_|"}}, {'9', {" _ ", "|_|", " _|"}}, {'-', {"   ", " _ ", "   "}}, {'+', {"   ", "_|_", " | "}},
	{'/', {"  /", " / ", "/  "}},
};

static bool has_dots(enum big b)
{
	return b == BIG_TEXT || b == BIG_HUGE;
}

/* Dots above one another that share a cell. */
static int stacked(enum big b, enum tier t)
{
	return t != TIER_ASCII && (b == BIG_DIGITS || b == BIG_TEXT) ? 2 : 1;
}

static int cells_of_dot(enum big b)
{
	return b == BIG_COUNTS || b == BIG_HUGE ? 2 : 1;
}

int big_rows(enum big b, enum tier t)
{
	if (b == BIG_DIGITS)
		return 3;
	return ((has_dots(b) ? 7 : 5) + stacked(b, t) - 1) / stacked(b, t);
}

static const struct letter *find(enum big b, char c)
{
	const struct letter *l = has_dots(b) ? large : small;

	c = (char)toupper((unsigned char)c);
	while (l->c && l->c != c)
		l++;
	return l->c ? l : NULL;
}

int big_width(enum big b, enum tier t, const char *text)
{
	int w = 0;

	for (const char *p = text; *p; p++) {
		const struct letter *l = find(b, *p);

		if (!l)
			return 0;
		w += (l->w + 1) * cells_of_dot(b);
	}
	return w > 0 ? w - cells_of_dot(b) : 0;
}

static bool dot(const struct letter *l, int row, int column, int rows)
{
	return row < rows && l->rows[row] >> (l->w - 1 - column) & 1;
}

/* What a column of a cell's dots looks like. */
static const char *sign_of(const struct letter *l, int row, int column, enum big b, enum tier t)
{
	int rows = has_dots(b) ? 7 : 5;

	if (stacked(b, t) == 1)
		return dot(l, row, column, rows) ? (t == TIER_ASCII ? "#" : "█") : " ";
	if (dot(l, row * 2, column, rows))
		return dot(l, row * 2 + 1, column, rows) ? "█" : "▀";
	return dot(l, row * 2 + 1, column, rows) ? "▄" : " ";
}

static void add(char *out, size_t size, size_t *at, const char *text)
{
	size_t n = strlen(text);

	if (*at + n + 1 > size)
		return;
	memcpy(out + *at, text, n + 1);
	*at += n;
}

static const char *segment(char c, int row)
{
	for (size_t i = 0; i < sizeof segments / sizeof segments[0]; i++)
		if (segments[i].c == c)
			return segments[i].rows[row];
	return "   ";
}

void big_row(enum big b, enum tier t, const char *text, int row, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (const char *p = text; *p; p++) {
		const struct letter *l = find(b, *p);

		if (!l)
			return;
		if (b == BIG_DIGITS && t == TIER_ASCII)
			add(out, size, &at, segment(*p, row));
		else
			for (int i = 0; i < l->w * cells_of_dot(b); i++)
				add(out, size, &at, sign_of(l, row, i / cells_of_dot(b), b, t));
		for (int i = 0; p[1] && i < cells_of_dot(b); i++)
			add(out, size, &at, " ");
	}
}

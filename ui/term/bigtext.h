/* Letters and digits of several rows, for what is read across a room. Pure: text in, rows of signs out; who draws them chooses the ink. */
#ifndef TANA_BIGTEXT_H
#define TANA_BIGTEXT_H

#include "term/glyphs.h"

#include <stddef.h>

enum big {
	BIG_DIGITS,  /* digits, "-", "+", "/": 3 rows */
	BIG_COUNTS,  /* the same twice as large: 5 rows */
	BIG_TEXT,    /* A-Z (small ones are written as large ones), digits, some signs: 4 rows, in ASCII 7 */
	BIG_HUGE     /* the same twice as large: 7 rows */
};

int big_rows(enum big b, enum tier t);
/* Cells of the whole text; 0 where a character of it is not in the font, or there is none. */
int big_width(enum big b, enum tier t, const char *text);
/* One row of it from 0, as UTF-8 of exactly big_width cells; size >= 3 * cells + 1, else it is cut. */
void big_row(enum big b, enum tier t, const char *text, int row, char *out, size_t size);

#endif

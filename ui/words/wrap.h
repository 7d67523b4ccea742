/* Text in rows of so many cells: all sentences on the screen that may be longer than one row go through here. s is clean text. */
#ifndef TANA_WRAP_H
#define TANA_WRAP_H

#include "term/palette.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of s that stand in its first row (0 at the end); the next row begins at s + *next. */
size_t wrap_line(const char *s, int cells, size_t *next);
/* Rows that all of it takes; 1 for "". */
int wrap_height(const char *s, int cells);
/* Draws at most `most` rows (at least one) from y on and returns those that were used. mark: where something is left out, the last row
 * ends with the mark of a cut. */
int wrap_draw(int y, int x, int cells, int most, enum ink ink, const char *s, bool mark);

#endif

/* What the tables of columns share. Nobody else includes this. */
#ifndef TANA_COLUMNS_INSIDE_H
#define TANA_COLUMNS_INSIDE_H

#include "lists/columns.h"

#include <stdint.h>

void cell_text(struct cell *c, const char *text, enum ink ink); /* text lives as long as the cell */
void cell_number(struct cell *c, int64_t n, enum ink ink);      /* as it is, also 0 */
void cell_gib(struct cell *c, int64_t kib); /* whole where it is whole, "" for 0 */

int columns_compare_int(int64_t a, int64_t b);                  /* <0, 0, >0 */
/* The functions of a column that shows a member as it stands; what compares a number. */
#define TEXT_COLUMN(kind, member, paint) \
	TEXT_COMPARE(kind, member) \
	static void kind##_##member##_cell(const void *o, struct cell *c, enum tier t) \
	{ \
		cell_text(c, ((const struct kind *)o)->member, paint); \
	}
#define TEXT_COMPARE(kind, member) \
	static const char *kind##_##member##_text(const void *o) \
	{ \
		return ((const struct kind *)o)->member; \
	} \
	static int kind##_##member##_compare(const void *a, const void *b) \
	{ \
		return columns_compare_text(kind##_##member##_text(a), kind##_##member##_text(b)); \
	}
#define INT_COMPARE(kind, member) \
	static int64_t kind##_##member##_number(const void *o) \
	{ \
		return (int64_t)((const struct kind *)o)->member; \
	} \
	NUMBER_COMPARE(kind##_##member)
#define NUMBER_COMPARE(what) \
	static int what##_compare(const void *a, const void *b) \
	{ \
		return columns_compare_int(what##_number(a), what##_number(b)); \
	}

#endif

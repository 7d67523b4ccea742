/* The columns of every list: one row each. A new column is a row in the table of its kind (columns_vm.c, columns_blade.c, columns_job.c) and
 * nothing else. Pure but for ages. */
#ifndef TANA_COLUMNS_H
#define TANA_COLUMNS_H

#include "common/model.h"
#include "term/glyphs.h"
#include "term/palette.h"

#include <stdbool.h>

struct cell {
	const char *text;   /* static, the object's, or tmp */
	char tmp[192];
	enum ink ink;
};

struct column {
	const char *title;
	const char *field;  /* filter key that makes it constant, NULL none */
	short min, max;     /* cells; between them as wide as its widest text so far. max 0: takes what is left over, with rank 0 at least min */
	bool right;
	short rank;         /* the highest go first when room is short; 0 stays */
	bool down;          /* sorts from the greatest at first */
	void (*cell)(const void *o, struct cell *c, enum tier t);
	int (*compare)(const void *a, const void *b);
	const char *(*text)(const void *o); /* set where compare is columns_compare_text of this interned text: sorted by its ranks */
	int64_t (*number)(const void *o);   /* set where compare is that of this number: sorted by it, and nothing is compared */
};

struct columns {
	const struct column *list;
	int n;
	int sort;           /* at first */
	void (*sign)(const void *o, struct cell *c, enum tier t);
	const char *(*name)(const void *o); /* decides where all else is equal */
	bool names;         /* the first column is that name, and it is interned */
	const char *empty, *none_match;     /* what to say of an empty list */
};
extern const struct columns columns_vm, columns_server /* VMs as their customer sees them */, columns_blade, columns_job, columns_alert, columns_cluster, columns_volume;

/* A column of rank 100 and more is shown where the user chose it, and not else. */
bool column_is_now(const struct column *c); /* of numbers that are told only of what is on the screen (stats.h): compare is NULL */

int columns_compare_text(const char *a, const char *b); /* empty ones last, else as people read them */

#define COLUMNS_MOST 32
#define COLUMN_REST_MOST 100 /* cells: so wide the one grows that takes what is left, where another follows: that is not lost from sight */

#endif

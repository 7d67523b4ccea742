/* What `tana list` can list: for each kind of objects its word, its columns, its order. Used by cli_list.c. */
#ifndef TANA_CLI_LISTING_H
#define TANA_CLI_LISTING_H

#include "common/registry.h"

#define LISTING_COLUMNS 14

/* One column: how a cell is made of an object. r: the other objects, for counts. */
typedef void cell_fn(struct buf *b, const struct registry *r, const void *object);
struct column {
	const char *heading;
	const char *field;  /* the field's text, or */
	cell_fn *cell;
	bool right;
};
struct listing {
	const char *word;
	enum kind kind;
	unsigned needs;     /* kinds to subscribe to */
	int (*cmp)(const struct registry *r, const void *a, const void *b);
	struct column columns[LISTING_COLUMNS];
};

/* NULL: there is none of this word. */
const struct listing *listing_find(const char *word);

#endif

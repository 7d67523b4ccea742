/* A hash from interned strings (by pointer) to the rows of an array that hold them, for the registry: a cell is a row's number and
 * nothing else, the key is read from the row. */
#ifndef TANA_SLOT_INDEX_H
#define TANA_SLOT_INDEX_H

#include "common/intern.h"

#include <stdint.h>

#define SLOT_NONE UINT32_MAX

/* Where the keys are: member `at` of rows of `size` bytes, or what this member points to begins with the key. Rows may move; a row's
 * key stays while it is in the index. */
struct slot_keys { const void *rows; size_t size, at; bool pointed; };
struct slot_index {
	uint32_t *cells;     /* SLOT_NONE: free */
	uint32_t size, used; /* size: 0 or a power of two, never more than 3/4 used */
};

uint32_t slot_index_get(const struct slot_index *ix, struct slot_keys keys, istr key); /* SLOT_NONE when not there */
void slot_index_put(struct slot_index *ix, struct slot_keys keys, uint32_t row);       /* its key is set; replaces another row of that key */
void slot_index_drop(struct slot_index *ix, struct slot_keys keys, istr key);          /* before the row loses it */
void slot_index_free(struct slot_index *ix);

#endif

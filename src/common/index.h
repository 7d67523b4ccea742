/* A hash from interned strings (by pointer) to slot numbers, for the registry's indexes. Keys are borrowed. */
#ifndef TANA_INDEX_H
#define TANA_INDEX_H

#include "common/intern.h"

#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index {
	struct index_cell { istr key; uint32_t value; } *cells; /* key NULL: free */
	uint32_t size, used; /* size: 0 or a power of two, never more than 3/4 used */
};

uint32_t index_get(const struct index *ix, istr key); /* INDEX_NONE when not there */
void index_put(struct index *ix, istr key, uint32_t value); /* new, or another value */
void index_drop(struct index *ix, istr key);           /* none is fine */
void index_free(struct index *ix);                     /* what is inside */

#endif

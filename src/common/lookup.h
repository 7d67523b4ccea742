/* Rows of an array found by a text that each has and several may share, for the registry. */
#ifndef TANA_LOOKUP_H
#define TANA_LOOKUP_H

#include "common/slot_index.h"

struct lookup {
	struct lookup_row {
		istr key;            /* a reference of its own, so that it is found after an object's field was changed; NULL: is not in */
		uint32_t prev, next; /* of the same key, SLOT_NONE: none */
	} *rows;
	uint32_t size;
	struct slot_index index; /* the first row of each key */
};

void lookup_set(struct lookup *l, uint32_t row, istr key); /* what it has from now on; "" or NULL: it is not found */
uint32_t lookup_first(const struct lookup *l, istr key);   /* SLOT_NONE: none has it */
uint32_t lookup_next(const struct lookup *l, uint32_t row); /* another one with the same; SLOT_NONE: that was the last */
void lookup_free(struct lookup *l);

#endif

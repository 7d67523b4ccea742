/* A hash table from interned strings to pointers. Borrows both: who owns the value keeps the key alive. */
#ifndef TANA_TABLE_H
#define TANA_TABLE_H

#include "common/intern.h"

#include <stddef.h>

struct table {
	struct table_slot { istr key; void *value; } *slots;
	size_t size, used, live;  /* used counts slots that were ever taken */
};

void *table_get(const struct table *t, istr key);          /* NULL when it is not there */
void *table_find(const struct table *t, const char *text); /* the same for a text that need not be interned */
void table_put(struct table *t, istr key, void *value);    /* value is not NULL; replaces */
void table_drop(struct table *t, istr key);                /* none is fine; the value stays its owner's */
/* Goes through all values, in no order: *i is 0 at first; NULL at the end. The table must not grow meanwhile. */
void *table_next(const struct table *t, size_t *i);
void table_free(struct table *t);                          /* what is inside */

#endif

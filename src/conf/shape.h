/* The shapes that an enclosure's front can have, as the `shape` sections of its dialect file tell them: read by the site room (where
 * bays stand) and by the enclosures room. */
#ifndef TANA_SHAPE_H
#define TANA_SHAPE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct shape {
	char *name;            /* "" the dialect's usual one; else "double", "c3000", ... */
	int rows, columns;
	bool by_column;        /* bays fill column by column; else row by row */
	char **bays; size_t nbays;
};
struct shapes { struct shape *list; size_t n; };

/* Only the shapes of FOLDER/DIALECT.conf for each folder, the last one that has the file counts. ERR_NOTFOUND dialect.none. */
struct err *shapes_read(const char *const *folders, size_t n, const char *dialect, struct shapes *out);
void shapes_free(struct shapes *s);
const struct shape *shapes_find(const struct shapes *s, const char *name); /* NULL */

#endif

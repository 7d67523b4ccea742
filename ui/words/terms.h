/* The filter's words where no objects are filtered: the keys of a view of records ("by:sato since:8h reset"). Pure. */
#ifndef TANA_TERMS_H
#define TANA_TERMS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define TERMS_MOST 16
#define TERM_MOST 128

struct term {
	char key[32];            /* "": a plain word */
	char value[TERM_MOST];   /* without its quotes */
	bool negate;
	int column;              /* from 1, in characters */
};

/* A view's filter as it was obeyed last. Begins as {0}. */
struct terms {
	struct term all[TERMS_MOST];
	size_t n;
	char *folded[TERMS_MOST]; /* the values, for what is found in any case */
};
void terms_take(struct terms *t, const struct term *list, size_t n);
void terms_clear(struct terms *t);

/* keys: those that mean something here, ends with NULL. Writes at most TERMS_MOST, n how many. Error: ERR_USAGE, as of a filter; the terms
 * before it are there. */
struct err *terms_read(const char *text, const char *const *keys, struct term *out, size_t *n);
/* The value of a key, "" where it is not there (the last one, where it is there twice). */
const char *terms_value(const struct term *t, size_t n, const char *key);
/* An error about a term that only its view can judge. */
struct err *terms_bad(const struct term *t, const char *id);

#endif

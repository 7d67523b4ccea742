/* A batch line read without a JSON tree: its rows straight into objects, where the line has the very form in which the broker writes
 * it. Every other line is left to jansson; both ways give the same objects. */
#ifndef TANA_BATCH_H
#define TANA_BATCH_H

#include "common/model.h"

#define BATCH_BEGINS "{\"event\":\"batch\","  /* no other line need be tried */

struct batch {
	enum kind kind;
	size_t nrows;
	int ncolumns;
	int column_of[MODEL_FIELDS_MAX]; /* of a field of the kind; -1: the line has none */
	struct wire *cells;              /* row by row; their texts lie in the line or in text */
	size_t room;
	char *text;                      /* what was written with escapes */
	size_t used;
};

/* Reads the whole line into b (all zero at first, then used again and again); it borrows the line until the next call. false: another
 * form, or one that is to be refused, cleaned or mended: nothing can be said of b. Every text of b is clean and valid UTF-8, every
 * row has an id. */
bool batch_read(struct batch *b, const char *line, size_t len);
const struct wire *batch_id(const struct batch *b, size_t row);
void batch_row(const struct batch *b, size_t row, void *o);  /* into o, as object_read_row does */
void batch_free(struct batch *b);

#endif

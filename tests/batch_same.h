/* Holds the reader of batches without a tree (src/common/batch.h) to what jansson makes of the same line. For tests and fuzzing. */
#ifndef TESTS_BATCH_SAME_H
#define TESTS_BATCH_SAME_H

#include "common/batch.h"
#include "common/proto.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

static inline void batch_must(bool ok)
{
	if (!ok)
		abort();
}

static inline void batch_all_clean(json_t *j)
{
	const char *key, *s = json_string_value(j);
	json_t *v;
	size_t i;

	batch_must(!s || text_is_clean(s));
	json_object_foreach (j, key, v)
		batch_all_clean(v);
	json_array_foreach (j, i, v)
		batch_all_clean(v);
}

/* Is the line taken? Then it is one that nobody would have refused or cleaned, and every field of every row is what it would have been. */
static inline bool batch_same(struct batch *b, const char *line, size_t len)
{
	int columns[MODEL_FIELDS_MAX];
	json_t *j, *row;
	size_t i;
	enum kind k;

	if (!batch_read(b, line, len))
		return false;
	struct err *e = proto_parse(line, len, &j);
	batch_must(!e);
	batch_all_clean(j);
	batch_must(strcmp(proto_text(j, "event"), "batch") == 0);
	batch_must(kind_from_name(proto_text(j, "kind"), &k) && k == b->kind);
	int n = columns_read(k, json_object_get(j, "columns"), columns, MODEL_FIELDS_MAX);
	batch_must(n == b->ncolumns && json_array_size(json_object_get(j, "rows")) == b->nrows);
	void *fast = object_new(k), *slow = object_new(k); /* used again: what a row leaves out is to be emptied */
	json_array_foreach (json_object_get(j, "rows"), i, row) {
		batch_must(object_read_row(k, slow, row, columns, n));
		batch_row(b, i, fast);
		for (int f = 0; f < models[k].nfields; f++) {
			const struct field *field = &models[k].fields[f];
			if (field->type == FIELD_STR)
				batch_must(*(const istr *)(const void *)((char *)fast + field->offset) == *(const istr *)(const void *)((char *)slow + field->offset));
			else
				batch_must(field_int(field, fast) == field_int(field, slow));
		}
		batch_must(strncmp(((struct object *)fast)->id, batch_id(b, i)->s, batch_id(b, i)->len) == 0);
	}
	object_free(k, fast);
	object_free(k, slow);
	json_decref(j);
	return true;
}

#endif

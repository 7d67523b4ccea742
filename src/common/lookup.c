/* Chains of rows that have the same text, the newest first; slot_index.c finds the first. Called by the registry. */
#include "common/lookup.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static struct slot_keys keys(const struct lookup *l)
{
	return (struct slot_keys){.rows = l->rows, .size = sizeof *l->rows, .at = offsetof(struct lookup_row, key)};
}

static void drop(struct lookup *l, uint32_t row)
{
	struct lookup_row *r = &l->rows[row];

	if (!r->key)
		return;
	if (r->next != SLOT_NONE)
		l->rows[r->next].prev = r->prev;
	if (r->prev != SLOT_NONE)
		l->rows[r->prev].next = r->next;
	else if (r->next != SLOT_NONE)
		slot_index_put(&l->index, keys(l), r->next);
	else
		slot_index_drop(&l->index, keys(l), r->key);
	intern_free(r->key);
	r->key = NULL;
}

static void cover(struct lookup *l, uint32_t row)
{
	uint32_t size = l->size ? l->size : 64;

	if (row < l->size)
		return;
	while (size <= row)
		size *= 2;
	l->rows = xrealloc(l->rows, size * sizeof *l->rows);
	memset(l->rows + l->size, 0, (size - l->size) * sizeof *l->rows);
	l->size = size;
}

void lookup_set(struct lookup *l, uint32_t row, istr key)
{
	if (key && !*key)
		key = NULL;
	if (key ? row < l->size && l->rows[row].key == key : row >= l->size)
		return;
	cover(l, row);
	drop(l, row);
	if (!key)
		return;
	uint32_t first = lookup_first(l, key);
	l->rows[row] = (struct lookup_row){intern_ref(key), SLOT_NONE, first};
	if (first != SLOT_NONE)
		l->rows[first].prev = row;
	slot_index_put(&l->index, keys(l), row);
}

uint32_t lookup_first(const struct lookup *l, istr key)
{
	return slot_index_get(&l->index, keys(l), key);
}

uint32_t lookup_next(const struct lookup *l, uint32_t row)
{
	return l->rows[row].next;
}

void lookup_free(struct lookup *l)
{
	for (uint32_t i = 0; i < l->size; i++)
		intern_free(l->rows[i].key);
	slot_index_free(&l->index);
	free(l->rows);
	*l = (struct lookup){0};
}

/* Linear probing over interned pointers; a removed cell is closed by moving its followers up, so there are no
 * tombstones. Called by the registry. */
#include "common/index.h"
#include "common/buf.h"

#include <stdlib.h>

static uint32_t home(const struct index *ix, istr key)
{
	return (uint32_t)((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u >> 32) & (ix->size - 1);
}

/* Where key is, or the free cell where it would go. */
static uint32_t place(const struct index *ix, istr key)
{
	uint32_t i = home(ix, key);

	while (ix->cells[i].key && ix->cells[i].key != key)
		i = (i + 1) & (ix->size - 1);
	return i;
}

uint32_t index_get(const struct index *ix, istr key)
{
	if (!ix->size)
		return INDEX_NONE;
	const struct index_cell *c = &ix->cells[place(ix, key)];
	return c->key ? c->value : INDEX_NONE;
}

static void grow(struct index *ix)
{
	struct index old = *ix;

	ix->size = old.size ? old.size * 2 : 64;
	ix->cells = xcalloc(ix->size, sizeof *ix->cells);
	for (uint32_t i = 0; i < old.size; i++) {
		if (old.cells[i].key)
			ix->cells[place(ix, old.cells[i].key)] = old.cells[i];
	}
	free(old.cells);
}

void index_put(struct index *ix, istr key, uint32_t value)
{
	if (ix->used + 1 > ix->size / 4 * 3)
		grow(ix);
	struct index_cell *c = &ix->cells[place(ix, key)];

	ix->used += !c->key;
	*c = (struct index_cell){key, value};
}

void index_drop(struct index *ix, istr key)
{
	if (!ix->size)
		return;
	uint32_t mask = ix->size - 1, hole = place(ix, key);

	if (!ix->cells[hole].key)
		return;
	ix->used--;
	for (uint32_t i = (hole + 1) & mask; ix->cells[i].key; i = (i + 1) & mask) {
		/* a cell may move into the hole if its home does not lie between the two */
		if (((i - home(ix, ix->cells[i].key)) & mask) >= ((i - hole) & mask)) {
			ix->cells[hole] = ix->cells[i];
			hole = i;
		}
	}
	ix->cells[hole].key = NULL;
}

void index_free(struct index *ix)
{
	free(ix->cells);
	*ix = (struct index){0};
}

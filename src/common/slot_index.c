/* Linear probing over row numbers; a removed cell is closed by moving its followers up, so there are no tombstones.
 * Called by the registry. */
#include "common/slot_index.h"
#include "common/buf.h"

#include <stdlib.h>

static istr key_of(struct slot_keys k, uint32_t row)
{
	const void *at = (const char *)k.rows + row * k.size + k.at;

	return *(const istr *)(k.pointed ? *(const void *const *)at : at);
}

static uint32_t home(const struct slot_index *ix, istr key)
{
	return (uint32_t)((uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u >> 32) & (ix->size - 1);
}

/* Where key is, or the free cell where it would go. */
static uint32_t place(const struct slot_index *ix, struct slot_keys keys, istr key)
{
	uint32_t i = home(ix, key);

	while (ix->cells[i] != SLOT_NONE && key_of(keys, ix->cells[i]) != key)
		i = (i + 1) & (ix->size - 1);
	return i;
}

uint32_t slot_index_get(const struct slot_index *ix, struct slot_keys keys, istr key)
{
	return ix->size ? ix->cells[place(ix, keys, key)] : SLOT_NONE;
}

static void grow(struct slot_index *ix, struct slot_keys keys)
{
	struct slot_index old = *ix;

	ix->size = old.size ? old.size * 2 : 64;
	ix->cells = xmalloc(ix->size * sizeof *ix->cells);
	for (uint32_t i = 0; i < ix->size; i++)
		ix->cells[i] = SLOT_NONE;
	for (uint32_t i = 0; i < old.size; i++) {
		if (old.cells[i] != SLOT_NONE)
			ix->cells[place(ix, keys, key_of(keys, old.cells[i]))] = old.cells[i];
	}
	free(old.cells);
}

void slot_index_put(struct slot_index *ix, struct slot_keys keys, uint32_t row)
{
	if (ix->used + 1 > ix->size / 4 * 3)
		grow(ix, keys);
	uint32_t *cell = &ix->cells[place(ix, keys, key_of(keys, row))];

	ix->used += *cell == SLOT_NONE;
	*cell = row;
}

void slot_index_drop(struct slot_index *ix, struct slot_keys keys, istr key)
{
	if (!ix->size)
		return;
	uint32_t mask = ix->size - 1, hole = place(ix, keys, key);

	if (ix->cells[hole] == SLOT_NONE)
		return;
	ix->used--;
	for (uint32_t i = (hole + 1) & mask; ix->cells[i] != SLOT_NONE; i = (i + 1) & mask) {
		/* a cell may move into the hole if its home does not lie between the two */
		if (((i - home(ix, key_of(keys, ix->cells[i]))) & mask) >= ((i - hole) & mask)) {
			ix->cells[hole] = ix->cells[i];
			hole = i;
		}
	}
	ix->cells[hole] = SLOT_NONE;
}

void slot_index_free(struct slot_index *ix)
{
	free(ix->cells);
	*ix = (struct slot_index){0};
}

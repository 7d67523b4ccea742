/* Open addressing by the key's address (interned strings are equal when their pointers are); used in this room only. */
#include "fleet/table.h"

#include "common/buf.h"

#include <stdint.h>
#include <stdlib.h>

static const char dropped[] = "";

static size_t place_of(const struct table *t, istr key)
{
	uint64_t h = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;

	return (size_t)(h >> 20) & (t->size - 1);
}

static struct table_slot *slot_of(const struct table *t, istr key)
{
	size_t i;

	if (!t->size)
		return NULL;
	for (i = place_of(t, key); t->slots[i].key; i = (i + 1) & (t->size - 1))
		if (t->slots[i].key == key)
			return &t->slots[i];
	return NULL;
}

void *table_get(const struct table *t, istr key)
{
	struct table_slot *s = slot_of(t, key);

	return s ? s->value : NULL;
}

void *table_find(const struct table *t, const char *text)
{
	istr key = intern_find(text);

	return key ? table_get(t, key) : NULL;
}

static void insert(struct table *t, istr key, void *value)
{
	size_t i = place_of(t, key);

	while (t->slots[i].key)
		i = (i + 1) & (t->size - 1);
	t->slots[i] = (struct table_slot){ key, value };
	t->used++;
	t->live++;
}

static void grow(struct table *t)
{
	struct table old = *t;

	t->size = 16;
	while (t->size < old.live * 3)
		t->size *= 2;
	t->slots = xcalloc(t->size, sizeof(*t->slots));
	t->used = t->live = 0;
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].value)
			insert(t, old.slots[i].key, old.slots[i].value);
	free(old.slots);
}

void table_put(struct table *t, istr key, void *value)
{
	struct table_slot *s = slot_of(t, key);

	if (s) {
		s->value = value;
		return;
	}
	if ((t->used + 1) * 4 > t->size * 3)
		grow(t);
	insert(t, key, value);
}

void table_drop(struct table *t, istr key)
{
	struct table_slot *s = slot_of(t, key);

	if (!s)
		return;
	s->key = dropped;
	s->value = NULL;
	t->live--;
}

void *table_next(const struct table *t, size_t *i)
{
	while (*i < t->size)
		if (t->slots[(*i)++].value)
			return t->slots[*i - 1].value;
	return NULL;
}

void table_free(struct table *t)
{
	free(t->slots);
	*t = (struct table){ 0 };
}

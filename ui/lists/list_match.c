/* Which rows the user's filter leaves, kept while somebody types: each filter that only narrows the one before it stands on that one, and a row
 * remembers how many of them it fits. A letter more looks at the rows that were left, a letter less at none. Inside a list (list_inside.h). */
#include "lists/list_inside.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN 0xff /* it has come or changed since */
#define BLOCK 256

static void make_room(struct list_match *m, uint32_t slot)
{
	size_t room = slot + slot / 8 + 64;

	if (slot < m->room)
		return;
	m->fits = xrealloc(m->fits, room);
	memset(m->fits + m->room, UNKNOWN, room - m->room);
	m->room = room;
}

static void forget_rows(struct list_match *m)
{
	if (m->fits)
		memset(m->fits, UNKNOWN, m->room);
}

static void drop_to(struct list_match *m, int n)
{
	while (m->n > n)
		filter_free(m->levels[--m->n]);
}

void list_match_free(struct list_match *m)
{
	drop_to(m, 0);
	free(m->fits);
}

void list_match_forget(struct list_match *m, uint32_t slot)
{
	if (slot < m->room)
		m->fits[slot] = UNKNOWN;
}

void list_match_age(struct list_match *m)
{
	forget_rows(m);
}

const struct filter *list_match_filter(const struct list_match *m)
{
	return m->n > 0 ? m->levels[m->n - 1] : NULL;
}

/* Rows that fit all before it fit this one, too, or not. */
static void look_at(struct list *l, const struct filter *f, const uint32_t *slots, size_t n)
{
	struct list_match *m = &l->match;
	const void *objects[BLOCK];
	bool fit[BLOCK];

	for (size_t i = 0; i < n; i++)
		objects[i] = registry_at(l->app->objects, l->kind, slots[i]);
	filter_match_all(f, objects, n, fit);
	for (size_t i = 0; i < n; i++)
		m->fits[slots[i]] = (unsigned char)(m->n + fit[i]);
}

static void add(struct list *l, struct filter *f)
{
	struct list_match *m = &l->match;
	uint32_t block[BLOCK], all = registry_slots(l->app->objects, l->kind);
	size_t n = 0;

	if (m->n == 0)
		forget_rows(m);
	if (all > 0)
		make_room(m, all - 1);
	for (uint32_t s = 0; s < all && !l->blade; s++) { /* those of one blade are few: list_matches looks at them */
		if (m->n == 0 || (m->fits[s] != UNKNOWN && m->fits[s] >= m->n))
			block[n++] = s;
		if (n == BLOCK || s + 1 == all) {
			look_at(l, f, block, n);
			n = 0;
		}
	}
	m->levels[m->n++] = f;
}

bool list_match_set(struct list *l, struct filter *f)
{
	struct list_match *m = &l->match;
	int was = m->n, n = m->n;

	if (!f) {
		drop_to(m, 0);
		return was == 0;
	}
	while (n > 0 && !filter_narrows(f, m->levels[n - 1]))
		n--;
	if (n == LIST_LEVELS)
		n = 0;
	drop_to(m, n);
	if (n > 0 && filter_narrows(m->levels[n - 1], f)) /* the same one: what was typed was taken back */
		filter_free(f);
	else
		add(l, f);
	return n == was;
}

bool list_matches(struct list *l, uint32_t slot, const void *o)
{
	struct list_match *m = &l->match;

	if (m->n == 0)
		return true;
	make_room(m, slot);
	if (m->fits[slot] == UNKNOWN) {
		int fits = 0;

		while (fits < m->n && filter_match(m->levels[fits], o))
			fits++;
		m->fits[slot] = (unsigned char)fits;
	}
	return m->fits[slot] >= m->n;
}

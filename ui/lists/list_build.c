/* The order of a list made anew: names are ranked once, and rows are sorted by numbers; and the order that compares them, for the few that come or
 * change (list_inside.h). Called by list.c. */
#include "lists/list_inside.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define RANKS_FROM 512   /* rows from which comparing names once is worth it */

bool list_is_ranked(const struct list *l, uint32_t slot, const void *o)
{
	return slot < l->nnames && l->names[slot].name == l->columns->name(o);
}

static int compare_names(const struct list *l, uint32_t a, const void *x, uint32_t b, const void *y)
{
	if (list_is_ranked(l, a, x) && list_is_ranked(l, b, y))
		return l->names[a].rank < l->names[b].rank ? -1 : l->names[a].rank > l->names[b].rank;
	return columns_compare_text(l->columns->name(x), l->columns->name(y));
}

int list_compare_rows(void *ctx, uint32_t a, uint32_t b)
{
	const struct list *l = ctx;
	const void *x = registry_at(l->app->objects, l->kind, a), *y = registry_at(l->app->objects, l->kind, b);
	int c = (l->sort == 0 && l->columns->names) || !l->columns->list[l->sort].compare ? 0 : l->columns->list[l->sort].compare(x, y);

	if (c == 0)
		c = compare_names(l, a, x, b, y);
	if (c == 0)
		c = a < b ? -1 : a > b;
	return c;
}

/* Gives every name its rank; equal names share one. */
static void rank_names(struct list *l)
{
	uint32_t slots = registry_slots(l->app->objects, l->kind), n = 0;
	const char **names = xmalloc((slots + 1) * sizeof *names);
	uint32_t *ranks = xmalloc((slots + 1) * sizeof *ranks);

	for (uint32_t s = 0; s < l->nnames; s++)
		intern_free(l->names[s].name);
	l->names = xrealloc(l->names, (slots + 1) * sizeof *l->names);
	memset(l->names, 0, (slots + 1) * sizeof *l->names);
	l->nnames = slots;
	for (uint32_t s = 0; s < slots; s++) {
		const void *o = registry_at(l->app->objects, l->kind, s);

		if (o)
			names[n++] = l->columns->name(o);
	}
	order_rank_texts(names, n, ranks);
	n = 0;
	for (uint32_t s = 0; s < slots; s++)
		if (registry_at(l->app->objects, l->kind, s)) {
			l->names[s] = (struct list_name){intern_ref(names[n]), ranks[n]};
			n++;
		}
	free(ranks);
	free(names);
	l->unranked = 0;
}

/* ---- building ---- */

/* The rows that are listed: first those that have a rank. */
struct gathered { uint32_t *slots; size_t n, ranked; };

static struct gathered gather(struct list *l)
{
	struct registry *r = l->app->objects;
	bool all_ranked = l->names && l->unranked == 0;
	struct gathered g = {0};
	size_t have = 0, unranked = 0;

	if (l->blade) {
		struct vm *const *vms = registry_vms_on(r, l->blade, &have);

		g.slots = xmalloc((have + 1) * sizeof *g.slots);
		for (size_t i = 0; i < have; i++) {
			uint32_t s = registry_slot(r, l->kind, vms[i]);

			if (list_is_listed(l, s, vms[i]))
				g.slots[g.n++] = s;
		}
		return g;
	}
	have = registry_slots(r, l->kind);
	g.slots = xmalloc((have + 1) * sizeof *g.slots);
	for (uint32_t s = 0; s < have; s++) {
		const void *o = registry_at(r, l->kind, s);

		if (!list_is_listed(l, s, o))
			continue;
		if (all_ranked || list_is_ranked(l, s, o))
			g.slots[g.ranked++] = s;
		else
			g.slots[have - ++unranked] = s; /* from the end */
	}
	memmove(g.slots + g.ranked, g.slots + have - unranked, unranked * sizeof *g.slots);
	g.n = g.ranked + unranked;
	return g;
}

/* What the column that sorts says of these rows, as numbers. False: it cannot be said so. */
static bool column_keys(const struct list *l, const uint32_t *slots, size_t n, uint32_t *keys)
{
	const struct column *by = &l->columns->list[l->sort];
	struct registry *r = l->app->objects;

	if (by->text) {
		const char **texts = xmalloc((n + 1) * sizeof *texts);

		for (size_t i = 0; i < n; i++)
			texts[i] = by->text(registry_at(r, l->kind, slots[i]));
		order_rank_texts(texts, n, keys);
		free(texts);
	} else if (by->number) {
		int64_t *numbers = xmalloc((n + 1) * sizeof *numbers);

		for (size_t i = 0; i < n; i++)
			numbers[i] = by->number(registry_at(r, l->kind, slots[i]));
		order_rank_numbers(numbers, n, keys);
		free(numbers);
	}
	return by->text || by->number;
}

/* Sorts rows that have a rank: by name, then by the column, without comparing any two; the same order as of list_compare_rows. False: this column
 * compares. */
static bool sort_ranked(const struct list *l, uint32_t *slots, size_t n)
{
	bool by_name = l->sort == 0 && l->columns->names, can;
	uint32_t *keys = by_name ? NULL : xmalloc((n + 1) * sizeof *keys);
	struct order_key *rows;

	can = by_name || column_keys(l, slots, n, keys);
	if (can) {
		rows = xmalloc((n + 1) * sizeof *rows);
		for (uint32_t i = 0; i < n; i++)
			rows[i] = (struct order_key){l->names[slots[i]].rank, i};
		order_sort_keys(rows, n);
		for (size_t i = 0; keys && i < n; i++)
			rows[i].key = keys[rows[i].slot];
		if (keys)
			order_sort_keys(rows, n);
		for (size_t i = 0; i < n; i++)
			rows[i].slot = slots[rows[i].slot];
		for (size_t i = 0; i < n; i++)
			slots[i] = rows[i].slot;
		free(rows);
	}
	free(keys);
	return can;
}

void list_build(struct list *l)
{
	size_t count = registry_count(l->app->objects, l->kind);
	struct gathered g;

	if (l->columns->names && !l->blade && count >= RANKS_FROM && (!l->names || l->unranked > count / 16))
		rank_names(l);
	g = gather(l);
	if (g.n - g.ranked > g.n / 16 || !sort_ranked(l, g.slots, g.ranked)) {
		order_build(l->order, g.slots, g.n);
	} else {
		order_take(l->order, g.slots, g.ranked);
		for (size_t i = g.ranked; i < g.n; i++)
			order_add(l->order, g.slots[i]);
	}
	free(g.slots);
	l->all = l->narrowed = false;
	l->built = clock_boot_ms();
}

/* The filter leaves fewer rows, in the order in which they stand. */
void list_narrow(struct list *l)
{
	uint32_t *slots = xmalloc((order_count(l->order) + 1) * sizeof *slots);
	size_t n = order_copy(l->order, slots), left = 0;

	for (size_t i = 0; i < n; i++)
		if (list_matches(l, slots[i], registry_at(l->app->objects, l->kind, slots[i])))
			slots[left++] = slots[i];
	order_take(l->order, slots, left);
	free(slots);
	l->narrowed = false;
}

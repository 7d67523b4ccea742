/* Sorting the rows of a list by numbers instead of comparisons (list_order.h): by the ranks that they come with, and by a text that many
 * of them share. Pure. Called by list.c and list_order.c. */
#include "list_order.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

/* A text that rows have, and the how manieth it was. */
struct text { const char *s; uint32_t found; };

static int compare_ranks(const void *a, const void *b)
{
	const struct order_row *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* Moves each row behind all of lesser keys; those of one key stay as they stand. keys: of the rows, each below limit. */
static void distribute(struct order_row *rows, size_t n, const uint32_t *keys, size_t limit)
{
	struct order_row *to = xmalloc((n + 1) * sizeof *to);
	uint32_t *from = xcalloc(limit + 1, sizeof *from);

	for (size_t i = 0; i < n; i++)
		from[keys[i] + 1]++;
	for (size_t k = 0; k < limit; k++)
		from[k + 1] += from[k];
	for (size_t i = 0; i < n; i++)
		to[from[keys[i]]++] = rows[i];
	memcpy(rows, to, n * sizeof *rows);
	free(from);
	free(to);
}

void order_sort_ranks(struct order_row *rows, size_t n)
{
	uint32_t *keys, most = 0;
	bool rising = true; /* slots: where ranks are equal they decide */

	for (size_t i = 0; i < n; i++) {
		most = rows[i].rank > most ? rows[i].rank : most;
		rising = rising && (i == 0 || rows[i - 1].slot < rows[i].slot);
	}
	if (!rising || most / 8 > n) {
		qsort(rows, n, sizeof *rows, compare_ranks);
		return;
	}
	keys = xmalloc((n + 1) * sizeof *keys);
	for (size_t i = 0; i < n; i++)
		keys[i] = rows[i].rank;
	distribute(rows, n, keys, (size_t)most + 1);
	free(keys);
}

static int (*compare_with)(const char *a, const char *b);

static int compare_texts(const void *a, const void *b)
{
	return compare_with(((const struct text *)a)->s, ((const struct text *)b)->s);
}

/* The cell of s in a table of `size` (a power of two, never full). */
static struct text *cell_of(struct text *table, size_t size, const char *s)
{
	size_t i = (size_t)((uint64_t)(uintptr_t)s * 0x9e3779b97f4a7c15u >> 32) & (size - 1);

	while (table[i].s && table[i].s != s)
		i = (i + 1) & (size - 1);
	return &table[i];
}

void order_sort_texts(struct order_row *rows, size_t n, const char *(*text)(const void *o), int (*compare)(const char *a, const char *b))
{
	size_t size = 64;
	uint32_t found = 0, rank = 0;

	order_sort_ranks(rows, n);
	while (size < 2 * n)
		size *= 2;
	struct text *table = xcalloc(size, sizeof *table), *sorted;
	uint32_t *keys = xmalloc((n + 1) * sizeof *keys);

	for (size_t i = 0; i < n; i++) {
		const char *s = text(rows[i].o);
		struct text *t = cell_of(table, size, s);

		if (!t->s)
			*t = (struct text){.s = s, .found = found++};
		keys[i] = t->found;
	}
	sorted = xmalloc(((size_t)found + 1) * sizeof *sorted);
	for (size_t i = 0; i < size; i++)
		if (table[i].s)
			sorted[table[i].found] = table[i];
	compare_with = compare;
	qsort(sorted, found, sizeof *sorted, compare_texts);
	uint32_t *rank_of = xmalloc(((size_t)found + 1) * sizeof *rank_of);
	for (uint32_t i = 0; i < found; i++) {
		rank += i > 0 && compare(sorted[i - 1].s, sorted[i].s) != 0;
		rank_of[sorted[i].found] = rank;
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = rank_of[keys[i]];
	distribute(rows, n, keys, (size_t)rank + 1);
	free(rank_of);
	free(sorted);
	free(keys);
	free(table);
}

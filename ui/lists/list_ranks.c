/* Sorting the rows of a list by numbers instead of comparisons (list_order.h): by keys of 32 bits, and how numbers and texts become such keys.
 * Pure. Called by list_build.c. */
#include "lists/list_order.h"

#include "common/buf.h"
#include "lists/columns.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 11 /* of a key, looked at in one go */

/* ---- keys ---- */

/* Moves each row behind all whose digit is less; those of one digit stay as they stand. */
static void distribute(const struct order_key *rows, size_t n, struct order_key *to, int shift, uint32_t mask)
{
	uint32_t from[1 << DIGIT_BITS] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		from[rows[i].key >> shift & mask]++;
	for (uint32_t d = 0; d <= mask; d++) {
		uint32_t many = from[d];

		from[d] = sum;
		sum += many;
	}
	for (size_t i = 0; i < n; i++)
		to[from[rows[i].key >> shift & mask]++] = rows[i];
}

void order_sort_keys(struct order_key *rows, size_t n)
{
	struct order_key *room, *now = rows;
	uint32_t most = 0;
	int bits = 0, turns, digit;

	for (size_t i = 0; i < n; i++)
		most |= rows[i].key;
	while (bits < 32 && most >> bits)
		bits++;
	if (bits == 0)
		return;
	turns = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
	digit = (bits + turns - 1) / turns;
	room = xmalloc((n + 1) * sizeof *room);
	for (int i = 0; i < turns; i++) {
		struct order_key *to = now == rows ? room : rows;

		distribute(now, n, to, i * digit, (1u << digit) - 1);
		now = to;
	}
	if (now != rows)
		memcpy(rows, now, n * sizeof *rows);
	free(room);
}

/* ---- numbers ---- */

static int compare_numbers(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* They lie too far apart: their ranks. */
static void rank_far(const int64_t *numbers, size_t n, uint32_t *keys)
{
	int64_t *sorted = xmalloc((n + 1) * sizeof *sorted);
	size_t different = 0;

	memcpy(sorted, numbers, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, compare_numbers);
	for (size_t i = 0; i < n; i++)
		if (different == 0 || sorted[different - 1] != sorted[i])
			sorted[different++] = sorted[i];
	for (size_t i = 0; i < n; i++)
		keys[i] = (uint32_t)((const int64_t *)bsearch(&numbers[i], sorted, different, sizeof *sorted, compare_numbers) - sorted);
	free(sorted);
}

void order_rank_numbers(const int64_t *numbers, size_t n, uint32_t *keys)
{
	int64_t least = n > 0 ? numbers[0] : 0, most = least;

	for (size_t i = 0; i < n; i++) {
		least = numbers[i] < least ? numbers[i] : least;
		most = numbers[i] > most ? numbers[i] : most;
	}
	if ((uint64_t)most - (uint64_t)least > UINT32_MAX) {
		rank_far(numbers, n, keys);
		return;
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = (uint32_t)((uint64_t)numbers[i] - (uint64_t)least);
}

/* ---- texts ---- */

/* A text that rows have; the how manieth it was; its beginning in numbers that stand to each other as the texts do, but where they are alike. */
struct text { const char *s; uint32_t found; uint64_t head[2]; };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Where text_natural_cmp would look: behind what all of them begin with, but for a number that is not over there. */
static size_t common(const struct text *list, size_t n)
{
	const char *first = NULL;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		size_t same = 0;

		if (!*list[i].s)
			continue;
		if (!first) {
			first = list[i].s;
			len = strlen(first);
			continue;
		}
		while (same < len && list[i].s[same] == first[same])
			same++;
		len = same;
	}
	while (len > 0 && is_digit(first[len - 1]))
		len--;
	return len;
}

/* A number is told by how long it is, then by its digits: where a digit would stand, and no other sign does. */
static void take_head(struct text *t, size_t skip)
{
	unsigned char head[16] = {0};
	const char *p = t->s + skip;
	size_t n = 0;

	if (!*t->s) { /* the last */
		t->head[0] = t->head[1] = UINT64_MAX;
		return;
	}
	while (*p && n < sizeof head) {
		size_t digits = 0;

		if (!is_digit(*p)) {
			head[n++] = (unsigned char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
			p++;
			continue;
		}
		while (*p == '0')
			p++;
		while (is_digit(p[digits]))
			digits++;
		head[n++] = (unsigned char)('0' + (digits < 9 ? digits : 9));
		if (digits >= 9) /* it may be longer than another one: who compares it whole will see */
			break;
		for (; digits > 0 && n < sizeof head; digits--)
			head[n++] = (unsigned char)*p++;
		p += digits;
	}
	for (int i = 0; i < 2; i++) {
		t->head[i] = 0;
		for (int k = 0; k < 8; k++)
			t->head[i] = t->head[i] << 8 | head[i * 8 + k];
	}
}

static int compare_texts(const void *a, const void *b)
{
	const struct text *x = a, *y = b;

	for (int i = 0; i < 2; i++)
		if (x->head[i] != y->head[i])
			return x->head[i] < y->head[i] ? -1 : 1;
	return columns_compare_text(x->s, y->s);
}

/* Cells hold which text it is, + 1. */
static uint32_t *cell_of(uint32_t *cells, size_t size, const struct text *list, const char *s)
{
	size_t i = (size_t)((uint64_t)(uintptr_t)s * 0x9e3779b97f4a7c15u >> 32) & (size - 1);

	while (cells[i] > 0 && list[cells[i] - 1].s != s)
		i = (i + 1) & (size - 1);
	return &cells[i];
}

struct found { struct text *list; uint32_t *cells, n; size_t size; };

static void grow(struct found *f)
{
	f->size = f->size ? f->size * 4 : 64;
	f->list = xrealloc(f->list, f->size / 2 * sizeof *f->list);
	free(f->cells);
	f->cells = xcalloc(f->size, sizeof *f->cells);
	for (uint32_t i = 0; i < f->n; i++)
		*cell_of(f->cells, f->size, f->list, f->list[i].s) = i + 1;
}

void order_rank_texts(const char *const *texts, size_t n, uint32_t *keys)
{
	struct found f = {0};
	uint32_t *rank_of, rank = 0, *cell;
	size_t skip;

	grow(&f);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && texts[i] == texts[i - 1]) { /* neighbours are often alike */
			keys[i] = keys[i - 1];
			continue;
		}
		cell = cell_of(f.cells, f.size, f.list, texts[i]);
		if (*cell == 0) {
			if (f.n == f.size / 2) {
				grow(&f);
				cell = cell_of(f.cells, f.size, f.list, texts[i]);
			}
			f.list[f.n] = (struct text){.s = texts[i], .found = f.n};
			*cell = ++f.n;
		}
		keys[i] = *cell - 1;
	}
	free(f.cells);
	skip = common(f.list, f.n);
	for (uint32_t i = 0; i < f.n; i++)
		take_head(&f.list[i], skip);
	qsort(f.list, f.n, sizeof *f.list, compare_texts);
	rank_of = xmalloc(((size_t)f.n + 1) * sizeof *rank_of);
	for (uint32_t i = 0; i < f.n; i++) {
		rank += i > 0 && columns_compare_text(f.list[i - 1].s, f.list[i].s) != 0;
		rank_of[f.list[i].found] = rank;
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = rank_of[keys[i]];
	free(rank_of);
	free(f.list);
}

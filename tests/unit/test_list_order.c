/* The order of lists: kept by single changes, it must always be what sorting everything anew gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "list_order.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 400

static int keys[SLOTS];
static size_t compares;

static int compare(void *ctx, uint32_t a, uint32_t b)
{
	compares++;
	if (keys[a] != keys[b])
		return keys[a] < keys[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int compare_naive(const void *a, const void *b)
{
	return compare(NULL, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Everything that the order answers, against a sorted array of what should be in it. */
static void check(const struct order *o, const char *in)
{
	uint32_t want[SLOTS];
	size_t n = 0;
	uint32_t s;

	for (uint32_t i = 0; i < SLOTS; i++)
		if (in[i])
			want[n++] = i;
	qsort(want, n, sizeof *want, compare_naive);
	assert_int_equal(order_count(o), n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(order_at(o, i), want[i]);
		assert_int_equal(order_rank(o, want[i]), i);
		assert_int_equal(order_next(o, want[i]), i + 1 < n ? want[i + 1] : ORDER_NONE);
		assert_int_equal(order_previous(o, want[i]), i ? want[i - 1] : ORDER_NONE);
		assert_true(order_stands(o, want[i]));
	}
	assert_int_equal(order_at(o, n), ORDER_NONE);
	for (s = 0; s < SLOTS; s++) {
		assert_int_equal(order_has(o, s), in[s] != 0);
		if (!in[s])
			assert_true(order_rank(o, s) == SIZE_MAX);
	}
	assert_false(order_has(o, 1000000));
}

static void test_against_sorting(void **state)
{
	struct order *o = order_new(compare, NULL);
	char in[SLOTS] = {0};
	unsigned seed = 7;

	check(o, in);
	for (int round = 0; round < 4000; round++) {
		uint32_t s = (uint32_t)(rand_r(&seed) % SLOTS);

		switch (rand_r(&seed) % 4) {
		case 0:
			order_add(o, s);
			in[s] = 1;
			break;
		case 1:
			order_remove(o, s);
			in[s] = 0;
			break;
		default: { /* several change at once: all leave, then all come, as lists do it */
			uint32_t some[8];

			for (int i = 0; i < 8; i++) {
				some[i] = (uint32_t)(rand_r(&seed) % SLOTS);
				keys[some[i]] = rand_r(&seed) % 50;
			}
			for (int i = 0; i < 8; i++)
				order_remove(o, some[i]);
			for (int i = 0; i < 8; i++) {
				order_add(o, some[i]);
				in[some[i]] = 1;
			}
			break;
		}
		}
		if (round % 20 == 0)
			check(o, in);
	}
	check(o, in);
	order_free(o);
}

static void test_build(void **state)
{
	struct order *o = order_new(compare, NULL);
	uint32_t slots[SLOTS];
	char in[SLOTS];
	unsigned seed = 3;

	for (size_t n = 0; n <= SLOTS; n = n * 2 + 1) {
		memset(in, 0, sizeof in);
		for (uint32_t i = 0; i < SLOTS; i++)
			keys[i] = rand_r(&seed) % 1000;
		for (size_t i = 0; i < n; i++) {
			slots[i] = (uint32_t)(i * 7 % SLOTS);
			in[slots[i]] = 1;
		}
		order_build(o, slots, n);
		check(o, in);
		/* What was built can be changed like what was grown. */
		if (n > 0) {
			order_remove(o, slots[n / 2]);
			in[slots[n / 2]] = 0;
		}
		order_add(o, 5);
		in[5] = 1;
		check(o, in);
	}
	order_free(o);
}

static int compare_values(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* By value, then rank, then slot, however many are alike. */
static void test_sort(void **state)
{
	static const int kinds[] = {1, 3, 1000};
	struct order_row rows[SLOTS];
	int values[SLOTS];
	unsigned seed = 5;

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t n = 0; n <= SLOTS; n = n * 2 + 1) {
			for (uint32_t i = 0; i < n; i++) {
				values[i] = rand_r(&seed) % kinds[k];
				rows[i] = (struct order_row){&values[i], i, (uint32_t)rand_r(&seed) % 50};
			}
			order_sort(rows, n, compare_values);
			for (size_t i = 1; i < n; i++) {
				const struct order_row *x = &rows[i - 1], *y = &rows[i];
				int c = compare_values(x->o, y->o);

				assert_true(c < 0 || (c == 0 && (x->rank < y->rank || (x->rank == y->rank && x->slot < y->slot))));
			}
		}
}

static const char *text_of(const void *o)
{
	return *(const char *const *)o;
}

static int compare_text_rows(const void *a, const void *b)
{
	return strcmp(text_of(a), text_of(b));
}

/* By texts that are compared once: the same as by comparing rows; texts that are alike and not one are equals. */
static void test_sort_texts(void **state)
{
	static char texts[SLOTS][8];
	const char *of[SLOTS];
	struct order_row rows[SLOTS], want[SLOTS];
	unsigned seed = 7;

	for (int kinds = 1; kinds <= SLOTS; kinds = kinds * 3 + 1)
		for (size_t n = 0; n <= SLOTS; n = n * 2 + 1)
			for (int turn = 0; turn < 2; turn++) {
				for (int i = 0; i < SLOTS; i++)
					snprintf(texts[i], sizeof texts[i], "%d", i / 2);
				for (uint32_t i = 0; i < n; i++) {
					of[i] = texts[rand_r(&seed) % kinds];
					uint32_t slot = turn ? i * 7 % SLOTS : i;
					rows[i] = want[i] = (struct order_row){&of[i], slot, (uint32_t)rand_r(&seed) % (turn ? 100000 : 50)};
				}
				order_sort_texts(rows, n, text_of, strcmp);
				order_sort(want, n, compare_text_rows);
				for (size_t i = 0; i < n; i++) {
					assert_int_equal(rows[i].slot, want[i].slot);
					assert_int_equal(rows[i].rank, want[i].rank);
				}
			}
}

static void test_stands(void **state)
{
	struct order *o = order_new(compare, NULL);

	for (uint32_t i = 0; i < 10; i++) {
		keys[i] = (int)i * 10;
		order_add(o, i);
	}
	keys[4] = 45;
	assert_true(order_stands(o, 4));
	keys[4] = 55;
	assert_false(order_stands(o, 4));
	order_free(o);
}

/* Sorted input is the worst case of a tree that does not balance. */
static void test_balanced(void **state)
{
	struct order *o = order_new(compare, NULL);

	memset(keys, 0, sizeof keys);
	for (uint32_t i = 0; i < SLOTS; i++)
		order_add(o, i);
	compares = 0;
	for (int i = 0; i < 1000; i++) {
		order_remove(o, 200);
		order_add(o, 200);
	}
	assert_true(compares < 1000 * 40);
	order_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_sorting), cmocka_unit_test(test_build), cmocka_unit_test(test_sort), cmocka_unit_test(test_sort_texts), cmocka_unit_test(test_stands), cmocka_unit_test(test_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

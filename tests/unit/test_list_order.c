/* The order of lists: kept by single changes, it must always be what sorting everything anew gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lists/columns.h"
#include "lists/list_order.h"

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

static int compare_slots(void *ctx, uint32_t a, uint32_t b)
{
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

/* By key; what has the same key stays as it stood. */
static void test_sort_keys(void **state)
{
	static const uint32_t mosts[] = {0, 1, 7, 2047, 2048, 70000, UINT32_MAX};
	static struct order_key rows[SLOTS * 4];
	unsigned seed = 5;

	for (size_t k = 0; k < sizeof mosts / sizeof *mosts; k++)
		for (size_t n = 0; n <= SLOTS * 4; n = n * 2 + 1) {
			for (uint32_t i = 0; i < n; i++) {
				uint32_t any = (uint32_t)rand_r(&seed) * 2 + (uint32_t)rand_r(&seed) % 2;

				rows[i] = (struct order_key){mosts[k] == UINT32_MAX ? any : any % (mosts[k] + 1), i};
			}
			order_sort_keys(rows, n);
			for (size_t i = 1; i < n; i++)
				assert_true(rows[i - 1].key < rows[i].key || (rows[i - 1].key == rows[i].key && rows[i - 1].slot < rows[i].slot));
		}
}

static void test_rank_numbers(void **state)
{
	static const int64_t far[] = {INT64_MIN, INT64_MAX, 0, -1, 5, 5, INT64_MIN, 1700000000, -1700000000}, near[] = {-3, 0, 1700000000, 5, -3, 7};
	uint32_t ranks[16];

	for (int turn = 0; turn < 2; turn++) {
		const int64_t *of = turn ? far : near;
		size_t n = turn ? sizeof far / sizeof *far : sizeof near / sizeof *near;

		order_rank_numbers(of, n, ranks);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < n; k++)
				assert_int_equal(ranks[i] < ranks[k], of[i] < of[k]);
	}
	order_rank_numbers(NULL, 0, ranks);
}

/* Their ranks stand to each other as the texts do where each is compared with each. */
static void check_texts(const char *const *texts, size_t n)
{
	uint32_t *ranks = malloc((n + 1) * sizeof *ranks);

	assert_non_null(ranks);
	order_rank_texts(texts, n, ranks);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int c = columns_compare_text(texts[i], texts[k]);

			if ((c < 0) != (ranks[i] < ranks[k]) || (c > 0) != (ranks[i] > ranks[k]))
				fail_msg("\"%s\" %u and \"%s\" %u", texts[i], ranks[i], texts[k], ranks[k]);
		}
	free(ranks);
}

static void test_rank_texts(void **state)
{
	static const char *const some[] = {"", "a", "A", "a0", "a00", "a1", "a01", "a10", "a9", "a123456789", "a1234567890", "a0000000000012", "a:", "a/", "b",
		"vm-2-a", "vm-10-a", "vm-010-a", "vm-10-b", "\xe6\xa3\x9a-7", "\xe6\xa3\x9a-12", "0", "00", "9", "10", "a.very.long.beginning.7", "a.very.long.beginning.12",
		"a.very.long.beginning", "", "~", "a"};
	static char made[SLOTS][24];
	const char *texts[SLOTS];
	unsigned seed = 11;

	check_texts(some, sizeof some / sizeof *some);
	check_texts(some + 1, 1);
	check_texts(NULL, 0);
	for (int kinds = 1; kinds <= SLOTS; kinds = kinds * 3 + 1) { /* with the same beginning, of which numbers are a part or not */
		for (int i = 0; i < SLOTS; i++)
			snprintf(made[i], sizeof made[i], kinds % 2 ? "10.12.%d.%d" : "10.1%d.%d", rand_r(&seed) % 30, rand_r(&seed) % 300);
		for (int i = 0; i < SLOTS; i++)
			texts[i] = made[rand_r(&seed) % kinds];
		check_texts(texts, SLOTS);
	}
	for (int turn = 0; turn < 6; turn++) { /* whatever signs: few, so that much is alike */
		for (int i = 0; i < SLOTS; i++) {
			int len = rand_r(&seed) % 22;

			for (int k = 0; k < len; k++)
				made[i][k] = "0019aAb.-\xe6"[rand_r(&seed) % (turn % 2 ? 4 : 10)];
			made[i][len] = '\0';
			texts[i] = made[i];
		}
		check_texts(texts, SLOTS);
	}
}

/* Turned round it is the same order, read from its end; what comes then still finds its place. */
static void test_turned(void **state)
{
	struct order *o = order_new(compare, NULL);
	uint32_t slots[SLOTS], copy[SLOTS];

	for (uint32_t i = 0; i < SLOTS; i++) {
		keys[i] = (int)(i * 7 % SLOTS);
		slots[i] = i;
	}
	order_build(o, slots, SLOTS / 2);
	order_turn(o, true);
	for (uint32_t i = SLOTS / 2; i < SLOTS; i++)
		order_add(o, i);
	for (uint32_t i = 0; i < SLOTS; i++)
		slots[i] = i;
	qsort(slots, SLOTS, sizeof *slots, compare_naive);
	for (size_t i = 0; i < SLOTS; i++) {
		uint32_t s = slots[SLOTS - 1 - i];

		assert_int_equal(order_at(o, i), s);
		assert_int_equal(order_rank(o, s), i);
		assert_int_equal(order_next(o, s), i + 1 < SLOTS ? slots[SLOTS - 2 - i] : ORDER_NONE);
		assert_int_equal(order_previous(o, s), i > 0 ? slots[SLOTS - i] : ORDER_NONE);
		assert_true(order_stands(o, s));
	}
	assert_int_equal(order_copy(o, copy), SLOTS);
	assert_memory_equal(copy, slots, sizeof copy);
	order_turn(o, false);
	assert_int_equal(order_at(o, 0), slots[0]);
	order_free(o);
}

/* Runs split and join: much comes and goes at one place. */
static void test_many(void **state)
{
	enum { MANY = 5000 };
	struct order *o;
	uint32_t *slots = malloc(MANY * sizeof *slots);

	assert_non_null(slots);
	o = order_new(compare_slots, NULL);
	for (uint32_t i = 0; i < MANY; i++)
		order_add(o, i * 7 % MANY);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(order_rank(o, i), i);
	for (uint32_t i = 0; i < MANY; i++)
		if (i % 16 != 0)
			order_remove(o, i);
	assert_int_equal(order_copy(o, slots), (MANY + 15) / 16);
	for (uint32_t i = 0; i < MANY / 16; i++) {
		assert_int_equal(slots[i], i * 16);
		assert_int_equal(order_rank(o, i * 16), i);
		assert_int_equal(order_next(o, i * 16), i + 1 < (MANY + 15) / 16 ? (i + 1) * 16 : ORDER_NONE);
	}
	for (uint32_t i = 0; i < MANY; i++)
		order_remove(o, i);
	assert_int_equal(order_count(o), 0);
	assert_int_equal(order_at(o, 0), ORDER_NONE);
	order_add(o, 3);
	assert_int_equal(order_at(o, 0), 3);
	order_free(o);
	free(slots);
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
		cmocka_unit_test(test_against_sorting), cmocka_unit_test(test_build), cmocka_unit_test(test_sort_keys),
		cmocka_unit_test(test_rank_numbers), cmocka_unit_test(test_rank_texts), cmocka_unit_test(test_turned), cmocka_unit_test(test_many), cmocka_unit_test(test_stands),
		cmocka_unit_test(test_balanced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

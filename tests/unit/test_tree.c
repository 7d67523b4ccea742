/* The tree: kept by single changes, every answer must be what a plain walk over plain lists gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "map/tree.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THINGS 260
#define BAD_FROM 4

/* The plain model: things by key, each with the key of what it is in. */
static struct thing {
	bool in, open;
	int folded;            /* while narrowed: 0 by itself, 1 open, 2 shut */
	uint32_t parent, node; /* parent: a key, TREE_NONE */
	int sort, rank;
	enum tree_match match;
	int64_t weight[TREE_WEIGHTS];
} things[THINGS];
static bool narrow;
static size_t compares;

static int compare(void *ctx, uint32_t a, uint32_t b)
{
	compares++;
	if (things[a].sort != things[b].sort)
		return things[a].sort < things[b].sort ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int compare_keys(const void *a, const void *b)
{
	return compare(NULL, *(const uint32_t *)a, *(const uint32_t *)b);
}

static size_t children(uint32_t parent, uint32_t *out)
{
	size_t n = 0;

	for (uint32_t i = 0; i < THINGS; i++)
		if (things[i].in && things[i].parent == parent)
			out[n++] = i;
	qsort(out, n, sizeof *out, compare_keys);
	return n;
}

static bool any(uint32_t key, bool hit)
{
	if (hit ? things[key].match == TREE_HIT : things[key].match != TREE_MISS)
		return true;
	for (uint32_t i = 0; i < THINGS; i++)
		if (things[i].in && things[i].parent == key && any(i, hit))
			return true;
	return false;
}

static bool there(uint32_t key)
{
	return !narrow || any(key, false);
}

static bool opened(uint32_t key)
{
	if (!narrow)
		return things[key].open;
	if (things[key].folded)
		return things[key].folded == 1;
	for (uint32_t i = 0; i < THINGS; i++)
		if (things[i].in && things[i].parent == key && any(i, true))
			return true;
	return false;
}

static uint32_t rows[THINGS], order[THINGS];
static size_t nrows, norder;

static void walk(uint32_t parent, bool seen)
{
	uint32_t in[THINGS];
	size_t n = children(parent, in);

	for (size_t i = 0; i < n; i++) {
		order[norder++] = in[i];
		if (seen && there(in[i]))
			rows[nrows++] = in[i];
		walk(in[i], seen && there(in[i]) && opened(in[i]));
	}
}

static void sum_in(uint32_t key, uint32_t *ranked, int64_t *weights, bool self)
{
	if (self)
		ranked[things[key].rank]++;
	for (int i = 0; i < TREE_WEIGHTS; i++)
		weights[i] += things[key].weight[i];
	for (uint32_t i = 0; i < THINGS; i++)
		if (things[i].in && things[i].parent == key)
			sum_in(i, ranked, weights, true);
}

static bool is_wrong(uint32_t key)
{
	return things[key].rank >= BAD_FROM && there(key);
}

static void check(const struct tree *t)
{
	size_t at = 0;

	nrows = norder = 0;
	walk(TREE_NONE, true);
	assert_int_equal(tree_rows(t), nrows);
	for (size_t i = 0; i < nrows; i++) {
		assert_int_equal(tree_key(t, tree_at(t, i)), rows[i]);
		assert_int_equal(tree_row(t, things[rows[i]].node), i);
	}
	assert_int_equal(tree_at(t, nrows), TREE_NONE);
	for (size_t i = 0; i < norder; i++) {
		uint32_t key = order[i], node = things[key].node, ranked[TREE_RANKS] = {0};
		uint32_t next = TREE_NONE, before = TREE_NONE;
		int64_t weights[TREE_WEIGHTS] = {0};

		assert_int_equal(tree_key(t, node), key);
		assert_int_equal(tree_is_there(t, node), there(key));
		assert_true(tree_stands(t, node));
		if (at < nrows && rows[at] == key)
			at++;
		else
			assert_true(tree_row(t, node) == SIZE_MAX);
		sum_in(key, ranked, weights, false);
		for (int r = 0; r < TREE_RANKS; r++)
			assert_int_equal(tree_ranked(t, node, r), ranked[r]);
		for (int w = 0; w < TREE_WEIGHTS; w++)
			assert_int_equal(tree_weight(t, node, w), weights[w]);
		for (size_t j = i + 1; j < norder && next == TREE_NONE; j++)
			next = is_wrong(order[j]) ? things[order[j]].node : TREE_NONE;
		for (size_t j = i; j > 0 && before == TREE_NONE; j--)
			before = is_wrong(order[j - 1]) ? things[order[j - 1]].node : TREE_NONE;
		assert_int_equal(tree_wrong(t, node, false), next);
		assert_int_equal(tree_wrong(t, node, true), before);
	}
	assert_int_equal(at, nrows);
}

/* Itself or something that it is in: it must not go in there. */
static bool is_above(uint32_t key, uint32_t below)
{
	for (uint32_t p = below; p != TREE_NONE; p = things[p].parent)
		if (p == key)
			return true;
	return false;
}

static uint32_t some_parent(unsigned *seed, uint32_t key)
{
	uint32_t p = (uint32_t)rand_r(seed) % THINGS;

	return p % 5 == 0 || !things[p].in || is_above(key, p) ? TREE_NONE : p;
}

static void empty(struct tree *t, uint32_t key)
{
	for (uint32_t i = 0; i < THINGS; i++)
		if (things[i].in && things[i].parent == key) {
			things[i].parent = TREE_NONE;
			tree_move(t, things[i].node, TREE_NONE);
		}
}

static void change(struct tree *t, unsigned *seed)
{
	uint32_t key = (uint32_t)rand_r(seed) % THINGS;
	struct thing *o = &things[key];

	if (!o->in) {
		*o = (struct thing){.in = true, .parent = some_parent(seed, key), .sort = rand_r(seed) % 20};
		o->node = tree_add(t, o->parent == TREE_NONE ? TREE_NONE : things[o->parent].node, key);
		return;
	}
	switch (rand_r(seed) % 9) {
	case 0:
		empty(t, key);
		tree_remove(t, o->node);
		o->in = false;
		break;
	case 1:
		o->parent = some_parent(seed, key);
		o->sort = rand_r(seed) % 20;
		tree_move(t, o->node, o->parent == TREE_NONE ? TREE_NONE : things[o->parent].node);
		break;
	case 2:
		o->rank = rand_r(seed) % TREE_RANKS;
		tree_rank(t, o->node, o->rank);
		break;
	case 3:
		for (int i = 0; i < TREE_WEIGHTS; i++)
			o->weight[i] = rand_r(seed) % 1000 - 200;
		tree_weigh(t, o->node, o->weight);
		break;
	case 4:
		if (narrow) {
			o->match = (enum tree_match)(rand_r(seed) % 3);
			tree_match(t, o->node, o->match);
		}
		break;
	case 5:
		tree_reveal(t, o->node);
		for (uint32_t p = o->parent; p != TREE_NONE; p = things[p].parent)
			if (narrow && !opened(p))
				things[p].folded = 1;
			else if (!narrow)
				things[p].open = true;
		break;
	default: {
		bool open = rand_r(seed) % 3 > 0;

		if (narrow)
			o->folded = open ? 1 : 2;
		else
			o->open = open;
		tree_fold(t, o->node, open);
	}
	}
}

static void set_narrow(struct tree *t, bool on, unsigned *seed)
{
	bool bulk = rand_r(seed) % 2;

	if (bulk)
		tree_begin(t);
	narrow = on;
	tree_narrow(t, on);
	for (uint32_t i = 0; i < THINGS; i++) {
		things[i].match = TREE_MISS;
		things[i].folded = 0;
		if (on && things[i].in && rand_r(seed) % 4 == 0) {
			things[i].match = rand_r(seed) % 2 ? TREE_HIT : TREE_WITHIN;
			tree_match(t, things[i].node, things[i].match);
		}
	}
	if (bulk)
		tree_end(t);
}

static void test_against_a_walk(void **state)
{
	struct tree *t = tree_new(compare, NULL, BAD_FROM);
	unsigned seed = 11;

	check(t);
	for (int round = 0; round < 3000; round++) {
		if (round % 250 == 249)
			set_narrow(t, round % 500 == 249, &seed);
		change(t, &seed);
		if (round % 9 == 0)
			check(t);
	}
	check(t);
	tree_free(t);
}

/* Many at once: built in one go it is the same, and what one change costs does not grow with what is there. */
static void test_many(void **state)
{
	enum { MANY = 100000, WIDE = 100 };
	struct tree *t = tree_new(compare, NULL, BAD_FROM);
	uint32_t *branch = malloc(WIDE * sizeof *branch), last = TREE_NONE;

	memset(things, 0, sizeof things);
	tree_begin(t);
	for (uint32_t i = 0; i < WIDE; i++)
		branch[i] = tree_add(t, TREE_NONE, i);
	for (uint32_t i = 0; i < MANY; i++)
		last = tree_add(t, branch[i % WIDE], WIDE + i % (THINGS - WIDE)); /* the same key twice is never compared unequal: any order will do */
	tree_end(t);
	assert_int_equal(tree_rows(t), WIDE);
	for (uint32_t i = 0; i < WIDE; i++)
		tree_fold(t, branch[i], true);
	assert_int_equal(tree_rows(t), WIDE + MANY);
	for (size_t row = 0; row < WIDE + MANY; row += 997)
		assert_int_equal(tree_row(t, tree_at(t, row)), row);
	tree_rank(t, last, 6);
	assert_int_equal(tree_wrong(t, TREE_NONE, false), last);
	assert_int_equal(tree_ranked(t, tree_parent(t, last), 6), 1);
	tree_rank(t, last, 0);
	assert_int_equal(tree_wrong(t, TREE_NONE, true), TREE_NONE);
	compares = 0;
	tree_move(t, last, branch[7]);
	assert_in_range(compares, 1, 100);
	assert_int_equal(tree_rows(t), WIDE + MANY);
	free(branch);
	tree_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_a_walk), cmocka_unit_test(test_many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

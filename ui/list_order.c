/* A treap with parents and sizes (list_order.h). Nodes live in one array, indexed by slot; a node's priority is a hash of
 * its slot, so the shape depends on the set alone. */
#include "list_order.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define NIL ORDER_NONE

struct node {
	uint32_t left, right, up, size; /* size 0: not in the tree */
};

struct order {
	order_compare *compare;
	void *ctx;
	struct node *nodes;
	uint32_t room, root;
};

struct order *order_new(order_compare *compare, void *ctx)
{
	struct order *o = xcalloc(1, sizeof *o);

	o->compare = compare;
	o->ctx = ctx;
	o->root = NIL;
	return o;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	free(o->nodes);
	free(o);
}

static void make_room(struct order *o, uint32_t slot)
{
	uint32_t room;

	if (slot < o->room)
		return;
	room = slot + slot / 8 + 64;
	o->nodes = xrealloc(o->nodes, room * sizeof *o->nodes);
	memset(o->nodes + o->room, 0, (room - o->room) * sizeof *o->nodes);
	o->room = room;
}

static uint32_t priority(uint32_t slot)
{
	uint32_t h = slot + 0x9e3779b9u;

	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static uint32_t size_of(const struct order *o, uint32_t n)
{
	return n == NIL ? 0 : o->nodes[n].size;
}

static void resize(struct order *o, uint32_t n)
{
	o->nodes[n].size = 1 + size_of(o, o->nodes[n].left) + size_of(o, o->nodes[n].right);
}

/* Puts `to` where `from` hangs. */
static void hang(struct order *o, uint32_t up, uint32_t from, uint32_t to)
{
	if (up == NIL)
		o->root = to;
	else if (o->nodes[up].left == from)
		o->nodes[up].left = to;
	else
		o->nodes[up].right = to;
	if (to != NIL)
		o->nodes[to].up = up;
}

/* Lifts n over its parent. */
static void rotate(struct order *o, uint32_t n)
{
	uint32_t p = o->nodes[n].up, child;

	hang(o, o->nodes[p].up, p, n);
	if (o->nodes[p].left == n) {
		child = o->nodes[n].right;
		o->nodes[p].left = child;
		o->nodes[n].right = p;
	} else {
		child = o->nodes[n].left;
		o->nodes[p].right = child;
		o->nodes[n].left = p;
	}
	if (child != NIL)
		o->nodes[child].up = p;
	o->nodes[p].up = n;
	resize(o, p);
	resize(o, n);
}

size_t order_count(const struct order *o)
{
	return size_of(o, o->root);
}

bool order_has(const struct order *o, uint32_t slot)
{
	return slot < o->room && o->nodes[slot].size > 0;
}

void order_add(struct order *o, uint32_t slot)
{
	uint32_t at, up = NIL;
	bool left = false;

	make_room(o, slot);
	if (order_has(o, slot))
		return;
	for (at = o->root; at != NIL; at = left ? o->nodes[at].left : o->nodes[at].right) {
		up = at;
		left = o->compare(o->ctx, slot, at) < 0;
		o->nodes[at].size++;
	}
	o->nodes[slot] = (struct node){NIL, NIL, up, 1};
	if (up == NIL)
		o->root = slot;
	else if (left)
		o->nodes[up].left = slot;
	else
		o->nodes[up].right = slot;
	while (o->nodes[slot].up != NIL && priority(slot) > priority(o->nodes[slot].up))
		rotate(o, slot);
}

void order_remove(struct order *o, uint32_t slot)
{
	struct node *n;

	if (!order_has(o, slot))
		return;
	n = &o->nodes[slot];
	while (n->left != NIL && n->right != NIL)
		rotate(o, priority(n->left) > priority(n->right) ? n->left : n->right);
	for (uint32_t up = n->up; up != NIL; up = o->nodes[up].up)
		o->nodes[up].size--;
	hang(o, n->up, slot, n->left != NIL ? n->left : n->right);
	n->size = 0;
}

static int compare_slots(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;

	return o->compare(o->ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* Sizes below every node, children first, without recursion. */
static void count_all(struct order *o)
{
	uint32_t n = o->root, from = NIL;

	while (n != NIL) {
		uint32_t next;

		if (from == o->nodes[n].up && o->nodes[n].left != NIL) {
			next = o->nodes[n].left;
		} else if ((from == o->nodes[n].up || from == o->nodes[n].left) && o->nodes[n].right != NIL && from != o->nodes[n].right) {
			next = o->nodes[n].right;
		} else {
			resize(o, n);
			next = o->nodes[n].up;
		}
		from = n;
		n = next;
	}
}

void order_build(struct order *o, uint32_t *slots, size_t n)
{
	qsort_r(slots, n, sizeof *slots, compare_slots, o);
	order_take(o, slots, n);
}

void order_take(struct order *o, const uint32_t *slots, size_t n)
{
	uint32_t last = NIL, highest = 0;

	for (size_t i = 0; i < n; i++)
		highest = slots[i] > highest ? slots[i] : highest;
	if (n)
		make_room(o, highest); /* once */
	if (o->nodes)
		memset(o->nodes, 0, o->room * sizeof *o->nodes);
	o->root = NIL;
	/* Each one goes to the right end; those of lesser priority go below it. */
	for (size_t i = 0; i < n; i++) {
		uint32_t s = slots[i], at = last, below = NIL;

		make_room(o, s);
		while (at != NIL && priority(at) < priority(s)) {
			below = at;
			at = o->nodes[at].up;
		}
		o->nodes[s] = (struct node){below, NIL, at, 1};
		if (below != NIL)
			o->nodes[below].up = s;
		if (at == NIL)
			o->root = s;
		else
			o->nodes[at].right = s;
		last = s;
	}
	count_all(o);
}

/* Merges what stands from 0 to half with the rest, each in order; room for the first half. Equal ones stay as they stand. */
static void merge(struct order_row *rows, size_t half, size_t n, struct order_row *room, int (*compare)(const void *a, const void *b))
{
	size_t left = 0, right = half;

	if (compare(rows[half - 1].o, rows[half].o) <= 0)
		return;
	memcpy(room, rows, half * sizeof *rows);
	for (size_t i = 0; left < half; i++)
		rows[i] = right < n && compare(room[left].o, rows[right].o) > 0 ? rows[right++] : room[left++];
}

void order_sort(struct order_row *rows, size_t n, int (*compare)(const void *a, const void *b))
{
	struct order_row *room;

	order_sort_ranks(rows, n);
	if (!compare)
		return;
	room = xmalloc((n + 1) * sizeof *room);
	for (size_t half = 1; half < n; half *= 2)
		for (size_t at = 0; at + half < n; at += 2 * half)
			merge(rows + at, half, n - at < 2 * half ? n - at : 2 * half, room, compare);
	free(room);
}

uint32_t order_at(const struct order *o, size_t rank)
{
	uint32_t n = o->root;

	while (n != NIL) {
		size_t left = size_of(o, o->nodes[n].left);

		if (rank == left)
			return n;
		if (rank < left) {
			n = o->nodes[n].left;
		} else {
			rank -= left + 1;
			n = o->nodes[n].right;
		}
	}
	return NIL;
}

size_t order_rank(const struct order *o, uint32_t slot)
{
	size_t rank;
	uint32_t n = slot;

	if (!order_has(o, slot))
		return SIZE_MAX;
	rank = size_of(o, o->nodes[n].left);
	for (uint32_t up = o->nodes[n].up; up != NIL; n = up, up = o->nodes[up].up)
		if (o->nodes[up].right == n)
			rank += 1 + size_of(o, o->nodes[up].left);
	return rank;
}

uint32_t order_next(const struct order *o, uint32_t slot)
{
	uint32_t n = slot, up;

	if (!order_has(o, slot))
		return NIL;
	if (o->nodes[n].right != NIL) {
		for (n = o->nodes[n].right; o->nodes[n].left != NIL;)
			n = o->nodes[n].left;
		return n;
	}
	for (up = o->nodes[n].up; up != NIL && o->nodes[up].right == n; up = o->nodes[up].up)
		n = up;
	return up;
}

uint32_t order_previous(const struct order *o, uint32_t slot)
{
	uint32_t n = slot, up;

	if (!order_has(o, slot))
		return NIL;
	if (o->nodes[n].left != NIL) {
		for (n = o->nodes[n].left; o->nodes[n].right != NIL;)
			n = o->nodes[n].right;
		return n;
	}
	for (up = o->nodes[n].up; up != NIL && o->nodes[up].left == n; up = o->nodes[up].up)
		n = up;
	return up;
}

bool order_stands(const struct order *o, uint32_t slot)
{
	uint32_t before = order_previous(o, slot), after = order_next(o, slot);

	return (before == NIL || o->compare(o->ctx, before, slot) < 0) && (after == NIL || o->compare(o->ctx, slot, after) < 0);
}

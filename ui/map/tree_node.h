/* What tree.c, which changes the tree, and tree_find.c, which finds in it, share: nodes and what they count for. */
#ifndef TANA_TREE_NODE_H
#define TANA_TREE_NODE_H

#include "map/tree.h"

#define NIL TREE_NONE

enum sum { ROWS, BAD, THERE, HIT, SUMS };
enum folded { BY_ITSELF, BY_HAND_OPEN, BY_HAND_SHUT };

struct node {
	uint32_t left, right, up;  /* among what is beside it */
	uint32_t parent, root;     /* the branch it is in; the treap of what is in it */
	uint32_t key, branch;      /* branch: index of its totals, NIL none yet */
	uint32_t sum[SUMS];        /* of itself and of its part of the treap, with all that is in them */
	unsigned char open, folded, match, rank;
};

struct branch {
	int64_t own[TREE_WEIGHTS], all[TREE_WEIGHTS];
	uint32_t ranked[TREE_RANKS]; /* in it, not itself */
};

struct tree {
	tree_compare *compare;
	void *ctx;
	int bad_from;
	struct node *nodes;
	uint32_t n, room, gone, root;   /* gone: a list of numbers to be given out again, by left */
	struct branch *branches;
	uint32_t nbranches, branch_room, branch_gone; /* by ranked[0] */
	bool narrow, bulk;
};

static inline uint32_t sum_of(const struct tree *t, uint32_t n, enum sum s)
{
	return n == NIL ? 0 : t->nodes[n].sum[s];
}

static inline bool is_there(const struct tree *t, const struct node *n)
{
	return !t->narrow || n->match != TREE_MISS || sum_of(t, n->root, THERE) > 0;
}

static inline bool is_open(const struct tree *t, const struct node *n)
{
	if (t->narrow)
		return n->folded == BY_ITSELF ? sum_of(t, n->root, HIT) > 0 : n->folded == BY_HAND_OPEN;
	return n->open;
}

/* Of one node alone, and of what is in it as far as it counts. */
static inline uint32_t itself(const struct tree *t, const struct node *n, enum sum s)
{
	switch (s) {
	case ROWS:
		return is_there(t, n);
	case BAD:
		return n->rank >= t->bad_from && is_there(t, n);
	case THERE:
		return n->match != TREE_MISS;
	default:
		return n->match == TREE_HIT;
	}
}

static inline uint32_t inside(const struct tree *t, const struct node *n, enum sum s)
{
	return s == ROWS && !is_open(t, n) ? 0 : sum_of(t, n->root, s);
}

#endif

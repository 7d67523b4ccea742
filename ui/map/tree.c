/* The tree (tree.h): the children of each branch are a treap that sums up rows, matches and what is wrong; a branch is a row of its
 * parent's treap that counts for as many rows as are to be seen of it. */
#include "map/tree_node.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

struct tree *tree_new(tree_compare *compare, void *ctx, int bad_from)
{
	struct tree *t = xcalloc(1, sizeof *t);

	t->compare = compare;
	t->ctx = ctx;
	t->bad_from = bad_from;
	t->gone = t->root = t->branch_gone = NIL;
	return t;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	free(t->nodes);
	free(t->branches);
	free(t);
}

/* ---- sums ---- */

/* False: nothing changed. */
static bool resum(struct tree *t, uint32_t at)
{
	struct node *n = &t->nodes[at];
	bool changed = false;

	for (int s = 0; s < SUMS; s++) {
		uint32_t is = itself(t, n, (enum sum)s) + inside(t, n, (enum sum)s) + sum_of(t, n->left, (enum sum)s) + sum_of(t, n->right, (enum sum)s);

		changed |= n->sum[s] != is;
		n->sum[s] = is;
	}
	return changed;
}

/* Something of this node changed: all above it, as far as it matters there. */
static void touch(struct tree *t, uint32_t at)
{
	while (!t->bulk && at != NIL && resum(t, at))
		at = t->nodes[at].up != NIL ? t->nodes[at].up : t->nodes[at].parent;
}

/* As deep as the treaps are, which is the logarithm of what is in them. */
static void sum_all(struct tree *t, uint32_t at)
{
	if (at == NIL)
		return;
	sum_all(t, t->nodes[at].left);
	sum_all(t, t->nodes[at].right);
	sum_all(t, t->nodes[at].root);
	resum(t, at);
}

void tree_begin(struct tree *t)
{
	t->bulk = true;
}

void tree_end(struct tree *t)
{
	t->bulk = false;
	sum_all(t, t->root);
}

/* ---- totals of branches ---- */

static struct branch *branch_of(struct tree *t, uint32_t at)
{
	struct node *n = &t->nodes[at];

	if (n->branch != NIL)
		return &t->branches[n->branch];
	if (t->branch_gone != NIL) {
		n->branch = t->branch_gone;
		t->branch_gone = t->branches[n->branch].ranked[0];
	} else {
		if (t->nbranches == t->branch_room) {
			t->branch_room = t->branch_room ? t->branch_room * 2 : 64;
			t->branches = xrealloc(t->branches, t->branch_room * sizeof *t->branches);
		}
		n->branch = t->nbranches++;
	}
	memset(&t->branches[n->branch], 0, sizeof t->branches[n->branch]);
	return &t->branches[n->branch];
}

/* All that is in `at`, and itself, begins (by 1) or ceases (by -1) to count in what it is in. */
static void count_above(struct tree *t, uint32_t at, int by)
{
	for (uint32_t p = t->nodes[at].parent; p != NIL; p = t->nodes[p].parent) {
		struct branch *b = branch_of(t, p);
		const struct branch *own = t->nodes[at].branch == NIL ? NULL : &t->branches[t->nodes[at].branch];

		b->ranked[t->nodes[at].rank] += (uint32_t)by;
		for (int i = 0; own && i < TREE_RANKS; i++)
			b->ranked[i] += (uint32_t)by * own->ranked[i];
		for (int i = 0; own && i < TREE_WEIGHTS; i++)
			b->all[i] += by * own->all[i];
	}
}

/* ---- the treap of one branch ---- */

static uint32_t priority(uint32_t node)
{
	uint32_t h = node + 0x9e3779b9u;

	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

static uint32_t *root_of(struct tree *t, uint32_t parent)
{
	return parent == NIL ? &t->root : &t->nodes[parent].root;
}

/* Puts `to` where `from` hangs. */
static void hang(struct tree *t, uint32_t parent, uint32_t up, uint32_t from, uint32_t to)
{
	if (up == NIL)
		*root_of(t, parent) = to;
	else if (t->nodes[up].left == from)
		t->nodes[up].left = to;
	else
		t->nodes[up].right = to;
	if (to != NIL)
		t->nodes[to].up = up;
}

/* Lifts n over what it hangs from. */
static void rotate(struct tree *t, uint32_t n)
{
	uint32_t p = t->nodes[n].up, child;

	hang(t, t->nodes[n].parent, t->nodes[p].up, p, n);
	if (t->nodes[p].left == n) {
		child = t->nodes[n].right;
		t->nodes[p].left = child;
		t->nodes[n].right = p;
	} else {
		child = t->nodes[n].left;
		t->nodes[p].right = child;
		t->nodes[n].left = p;
	}
	if (child != NIL)
		t->nodes[child].up = p;
	t->nodes[p].up = n;
	if (!t->bulk) {
		resum(t, p);
		resum(t, n);
	}
}

static void put_in(struct tree *t, uint32_t at, uint32_t parent)
{
	struct node *n = &t->nodes[at];
	uint32_t up = NIL, left = 0;

	for (uint32_t i = *root_of(t, parent); i != NIL; i = left ? t->nodes[i].left : t->nodes[i].right) {
		up = i;
		left = t->compare(t->ctx, n->key, t->nodes[i].key) < 0;
	}
	n->left = n->right = NIL;
	n->up = up;
	n->parent = parent;
	if (up == NIL)
		*root_of(t, parent) = at;
	else if (left)
		t->nodes[up].left = at;
	else
		t->nodes[up].right = at;
	if (!t->bulk)
		resum(t, at);
	while (n->up != NIL && priority(at) > priority(n->up))
		rotate(t, at);
	touch(t, n->up != NIL ? n->up : parent);
	count_above(t, at, 1);
}

/* Looks at no key: these may have changed already. */
static void take_out(struct tree *t, uint32_t at)
{
	struct node *n = &t->nodes[at];

	count_above(t, at, -1);
	while (n->left != NIL && n->right != NIL)
		rotate(t, priority(n->left) > priority(n->right) ? n->left : n->right);
	hang(t, n->parent, n->up, at, n->left != NIL ? n->left : n->right);
	touch(t, n->up != NIL ? n->up : n->parent);
}

/* ---- nodes ---- */

uint32_t tree_add(struct tree *t, uint32_t parent, uint32_t key)
{
	uint32_t at = t->gone;

	if (at != NIL) {
		t->gone = t->nodes[at].left;
	} else {
		if (t->n == t->room) {
			t->room = t->room ? t->room * 2 : 256;
			t->nodes = xrealloc(t->nodes, t->room * sizeof *t->nodes);
		}
		at = t->n++;
	}
	t->nodes[at] = (struct node){.left = NIL, .right = NIL, .up = NIL, .parent = NIL, .root = NIL, .key = key, .branch = NIL};
	put_in(t, at, parent);
	return at;
}

void tree_remove(struct tree *t, uint32_t node)
{
	struct node *n = &t->nodes[node];

	take_out(t, node);
	if (n->branch != NIL) {
		t->branches[n->branch].ranked[0] = t->branch_gone;
		t->branch_gone = n->branch;
	}
	memset(n, 0, sizeof *n);
	n->left = t->gone;
	t->gone = node;
}

void tree_move(struct tree *t, uint32_t node, uint32_t parent)
{
	take_out(t, node);
	put_in(t, node, parent);
}

uint32_t tree_key(const struct tree *t, uint32_t node)
{
	return t->nodes[node].key;
}

uint32_t tree_parent(const struct tree *t, uint32_t node)
{
	return t->nodes[node].parent;
}

int tree_depth(const struct tree *t, uint32_t node)
{
	int depth = 0;

	while ((node = t->nodes[node].parent) != NIL)
		depth++;
	return depth;
}

static uint32_t beside(const struct tree *t, uint32_t node, bool back)
{
	const struct node *n = &t->nodes[node];
	uint32_t at = back ? n->left : n->right;

	if (at != NIL) {
		while ((back ? t->nodes[at].right : t->nodes[at].left) != NIL)
			at = back ? t->nodes[at].right : t->nodes[at].left;
		return at;
	}
	for (at = n->up; at != NIL && (back ? t->nodes[at].left : t->nodes[at].right) == node; at = t->nodes[at].up)
		node = at;
	return at;
}

uint32_t tree_first(const struct tree *t, uint32_t node)
{
	uint32_t at = node == NIL ? t->root : t->nodes[node].root;

	while (at != NIL && t->nodes[at].left != NIL)
		at = t->nodes[at].left;
	return at;
}

uint32_t tree_after(const struct tree *t, uint32_t node)
{
	return beside(t, node, false);
}

bool tree_stands(const struct tree *t, uint32_t node)
{
	uint32_t before = beside(t, node, true), after = beside(t, node, false), key = t->nodes[node].key;

	return (before == NIL || t->compare(t->ctx, t->nodes[before].key, key) < 0) && (after == NIL || t->compare(t->ctx, key, t->nodes[after].key) < 0);
}

/* ---- what a node is ---- */

void tree_rank(struct tree *t, uint32_t node, int rank)
{
	struct node *n = &t->nodes[node];

	if (n->rank == rank)
		return;
	for (uint32_t p = n->parent; p != NIL; p = t->nodes[p].parent) {
		branch_of(t, p)->ranked[n->rank]--;
		branch_of(t, p)->ranked[rank]++;
	}
	n->rank = (unsigned char)rank;
	touch(t, node);
}

void tree_weigh(struct tree *t, uint32_t node, const int64_t weights[TREE_WEIGHTS])
{
	struct branch *b = branch_of(t, node);
	int64_t more[TREE_WEIGHTS];

	for (int i = 0; i < TREE_WEIGHTS; i++) {
		more[i] = weights[i] - b->own[i];
		b->own[i] = weights[i];
	}
	for (uint32_t p = node; p != NIL; p = t->nodes[p].parent)
		for (int i = 0; i < TREE_WEIGHTS; i++)
			branch_of(t, p)->all[i] += more[i];
}

uint32_t tree_ranked(const struct tree *t, uint32_t node, int rank)
{
	return t->nodes[node].branch == NIL ? 0 : t->branches[t->nodes[node].branch].ranked[rank];
}

int64_t tree_weight(const struct tree *t, uint32_t node, int which)
{
	return t->nodes[node].branch == NIL ? 0 : t->branches[t->nodes[node].branch].all[which];
}

/* ---- open and narrow ---- */

void tree_fold(struct tree *t, uint32_t node, bool open)
{
	struct node *n = &t->nodes[node];

	if (t->narrow)
		n->folded = open ? BY_HAND_OPEN : BY_HAND_SHUT;
	else
		n->open = open;
	touch(t, node);
}

bool tree_is_open(const struct tree *t, uint32_t node)
{
	return is_open(t, &t->nodes[node]);
}

void tree_reveal(struct tree *t, uint32_t node)
{
	for (uint32_t p = t->nodes[node].parent; p != NIL; p = t->nodes[p].parent)
		if (!is_open(t, &t->nodes[p]))
			tree_fold(t, p, true);
}

void tree_narrow(struct tree *t, bool on)
{
	t->narrow = on;
	for (uint32_t i = 0; i < t->n; i++) {
		t->nodes[i].match = TREE_MISS;
		t->nodes[i].folded = BY_ITSELF;
	}
	if (!t->bulk)
		sum_all(t, t->root);
}

void tree_match(struct tree *t, uint32_t node, enum tree_match m)
{
	if (t->nodes[node].match == m)
		return;
	t->nodes[node].match = (unsigned char)m;
	touch(t, node);
}

enum tree_match tree_matched(const struct tree *t, uint32_t node)
{
	return (enum tree_match)t->nodes[node].match;
}

size_t tree_hits(const struct tree *t)
{
	return sum_of(t, t->root, HIT);
}

bool tree_is_there(const struct tree *t, uint32_t node)
{
	return is_there(t, &t->nodes[node]);
}

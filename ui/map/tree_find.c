/* Finding in the tree (tree.h): which row, which place, what is wrong next. */
#include "map/tree_node.h"

/* ---- places: in front of a node stand those left of it in its treap, the branch it is in, and what is in front of that ---- */

static uint32_t before(const struct tree *t, uint32_t node, enum sum s)
{
	uint32_t n = 0;

	for (bool arrived = true;;) {
		const struct node *at = &t->nodes[node];

		if (arrived)
			n += sum_of(t, at->left, s);
		if (at->up != NIL) {
			const struct node *up = &t->nodes[at->up];

			/* From the right: what is left of `up`, and itself with all that is in it. */
			arrived = false;
			if (up->right == node)
				n += sum_of(t, up->left, s) + itself(t, up, s) + inside(t, up, s);
			node = at->up;
		} else if (at->parent != NIL) {
			node = at->parent;
			n += itself(t, &t->nodes[node], s);
			arrived = true;
		} else {
			return n;
		}
	}
}

static uint32_t find(const struct tree *t, size_t i, enum sum s)
{
	uint32_t at = t->root;

	while (at != NIL) {
		const struct node *n = &t->nodes[at];
		uint32_t left = sum_of(t, n->left, s), own = itself(t, n, s), in = inside(t, n, s);

		if (i < left) {
			at = n->left;
		} else if (i < left + own) {
			return at;
		} else if (i < left + own + in) {
			i -= left + own;
			at = n->root;
		} else {
			i -= left + own + in;
			at = n->right;
		}
	}
	return NIL;
}

size_t tree_rows(const struct tree *t)
{
	return sum_of(t, t->root, ROWS);
}

uint32_t tree_at(const struct tree *t, size_t row)
{
	return find(t, row, ROWS);
}

size_t tree_row(const struct tree *t, uint32_t node)
{
	if (!is_there(t, &t->nodes[node]))
		return SIZE_MAX;
	for (uint32_t p = t->nodes[node].parent; p != NIL; p = t->nodes[p].parent)
		if (!is_open(t, &t->nodes[p]))
			return SIZE_MAX;
	return before(t, node, ROWS);
}

uint32_t tree_wrong(const struct tree *t, uint32_t from, bool back)
{
	uint32_t all = sum_of(t, t->root, BAD), at;

	if (from == NIL)
		return all == 0 ? NIL : find(t, back ? all - 1 : 0, BAD);
	at = before(t, from, BAD);
	if (back)
		return at == 0 ? NIL : find(t, at - 1, BAD);
	at += itself(t, &t->nodes[from], BAD);
	return at < all ? find(t, at, BAD) : NIL;
}

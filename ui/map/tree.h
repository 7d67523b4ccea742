/* A tree in order, whose branches open and close in place: it knows at once how many rows are to be seen, which one is the n-th, where a
 * thing stands, and what is wrong in a closed branch. Every change and every question takes O(log n), however many things there are, so
 * that 100,000 rows feel like 100. Pure: what stands before what is the caller's function. Used by the Tree view. */
#ifndef TANA_TREE_H
#define TANA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_NONE UINT32_MAX
#define TREE_RANKS 8     /* how bad a thing is: 0 to 7 */
#define TREE_WEIGHTS 4   /* numbers that are summed up in branches */

/* <0, >0 as strcmp, of the keys of two children of one branch. Never 0: let the key decide when nothing else does. */
typedef int tree_compare(void *ctx, uint32_t a, uint32_t b);

struct tree;

/* bad_from: from this rank on a thing is what tree_wrong looks for. */
struct tree *tree_new(tree_compare *compare, void *ctx, int bad_from);
void tree_free(struct tree *t);

/* Nodes are named by numbers that tree_add gives out and tree_remove takes back. parent: TREE_NONE for the first level. */
uint32_t tree_add(struct tree *t, uint32_t parent, uint32_t key);
void tree_remove(struct tree *t, uint32_t node);                  /* what was in it must have been moved or removed */
void tree_move(struct tree *t, uint32_t node, uint32_t parent);   /* with all that is in it; also to the place that its key has now */
bool tree_stands(const struct tree *t, uint32_t node);            /* whether it stands right between its neighbours */
uint32_t tree_key(const struct tree *t, uint32_t node);
uint32_t tree_parent(const struct tree *t, uint32_t node);
int tree_depth(const struct tree *t, uint32_t node);              /* 0 on the first level */
uint32_t tree_first(const struct tree *t, uint32_t node);         /* the first in it (of all: TREE_NONE); TREE_NONE: none */
uint32_t tree_after(const struct tree *t, uint32_t node);         /* the next one beside it */
/* Between these two nothing may be asked but keys and parents; all sums are made at the end, in O(n): for many changes at once. */
void tree_begin(struct tree *t);
void tree_end(struct tree *t);

/* What a node is by itself: how well (0 up; from bad_from on it is wrong), and what it adds to the sums of its branches. */
void tree_rank(struct tree *t, uint32_t node, int rank);
void tree_weigh(struct tree *t, uint32_t node, const int64_t weights[TREE_WEIGHTS]);
/* Of all that is in it, not of itself: how many have this rank. Its weights: with its own. */
uint32_t tree_ranked(const struct tree *t, uint32_t node, int rank);
int64_t tree_weight(const struct tree *t, uint32_t node, int which);

void tree_fold(struct tree *t, uint32_t node, bool open);         /* by hand */
bool tree_is_open(const struct tree *t, uint32_t node);           /* also by what matches in it */
void tree_reveal(struct tree *t, uint32_t node);                  /* opens all that it is in */
/* Narrowed, only what matches is there, in its branches, which open by themselves: those that were folded by hand while it is narrowed stay
 * so. Each call forgets all matches. WITHIN: it is there because its branch matches, and opens nothing. */
enum tree_match { TREE_MISS, TREE_WITHIN, TREE_HIT };
void tree_narrow(struct tree *t, bool on);
void tree_match(struct tree *t, uint32_t node, enum tree_match m);
enum tree_match tree_matched(const struct tree *t, uint32_t node);
size_t tree_hits(const struct tree *t);                           /* how many match by themselves */
bool tree_is_there(const struct tree *t, uint32_t node);          /* it, or something in it, matches; always while not narrowed */

size_t tree_rows(const struct tree *t);                           /* that can be seen: in open branches, and there */
uint32_t tree_at(const struct tree *t, size_t row);               /* TREE_NONE past the end */
size_t tree_row(const struct tree *t, uint32_t node);             /* SIZE_MAX: in a closed branch, or narrowed away */
/* The next one that is wrong, in closed branches too; from TREE_NONE: the first (the last). TREE_NONE: there is none. */
uint32_t tree_wrong(const struct tree *t, uint32_t from, bool back);

#endif

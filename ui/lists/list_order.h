/* Rows of a list in order: runs of some hundred slots behind one another. Finding the n-th row, the rank of a row and its place take a search
 * over the runs and one within a run; adding and removing also move what stands behind in that run; building copies. It costs some eight
 * bytes a row. Read from either end: turning it round is free. Pure: what comes before what is the caller's function. */
#ifndef TANA_LIST_ORDER_H
#define TANA_LIST_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_NONE UINT32_MAX

/* <0, 0, >0 as strcmp. Never 0 for two different slots: let the slot decide when nothing else does. Of the order that is not turned. */
typedef int order_compare(void *ctx, uint32_t a, uint32_t b);

struct order;

struct order *order_new(order_compare *compare, void *ctx);
void order_free(struct order *o);
size_t order_count(const struct order *o);
bool order_has(const struct order *o, uint32_t slot);
void order_add(struct order *o, uint32_t slot);      /* no effect when it is there */
void order_remove(struct order *o, uint32_t slot);   /* looks at no key: these may have changed already */
/* Removes all and takes these, each once, sorted here (the array is left sorted). */
void order_build(struct order *o, uint32_t *slots, size_t n);
void order_take(struct order *o, const uint32_t *slots, size_t n); /* the same, sorted already by the caller */
size_t order_copy(const struct order *o, uint32_t *slots); /* all of it as order_take would have it; room for order_count */

/* From here on its last row is the first one, for all that follows; what is added, built and copied is as if it were not turned. */
void order_turn(struct order *o, bool turned);
uint32_t order_at(const struct order *o, size_t rank);       /* from 0; ORDER_NONE past the end */
size_t order_rank(const struct order *o, uint32_t slot);     /* SIZE_MAX when it is not there */
uint32_t order_next(const struct order *o, uint32_t slot);   /* ORDER_NONE after the last */
uint32_t order_previous(const struct order *o, uint32_t slot);
/* Whether the row still stands right between its neighbours. */
bool order_stands(const struct order *o, uint32_t slot);

/* ---- sorting by numbers instead of comparisons (list_ranks.c) ---- */

struct order_key { uint32_t key, slot; };
void order_sort_keys(struct order_key *rows, size_t n);       /* by key; those of one key stay as they stand */
/* Makes keys that stand to each other as these numbers do. */
void order_rank_numbers(const int64_t *numbers, size_t n, uint32_t *keys);
/* ... as these texts do where people read them (columns_compare_text). Each is compared once, however many rows have it: interned ones. */
void order_rank_texts(const char *const *texts, size_t n, uint32_t *keys);

#endif

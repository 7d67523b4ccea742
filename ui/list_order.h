/* Rows of a list in order: a balanced tree over slots that knows ranks. Adding, removing and finding the n-th row or the
 * rank of a row take O(log n), walking on takes O(1) on average. Pure: what comes before what is the caller's function. */
#ifndef TANA_LIST_ORDER_H
#define TANA_LIST_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_NONE UINT32_MAX

/* <0, 0, >0 as strcmp. Never 0 for two different slots: let the slot decide when nothing else does. */
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
/* A row before it is taken: what comparing it needs, looked up once. */
struct order_row { const void *o; uint32_t slot, rank; };
void order_sort_ranks(struct order_row *rows, size_t n); /* by rank, then slot */
/* By rank, then slot; with compare by that first. Much of it stands right when it has few values. */
void order_sort(struct order_row *rows, size_t n, int (*compare)(const void *a, const void *b));
/* The same by an interned text of each row: every text is compared once, however many rows have it. */
void order_sort_texts(struct order_row *rows, size_t n, const char *(*text)(const void *o), int (*compare)(const char *a, const char *b));
uint32_t order_at(const struct order *o, size_t rank);       /* from 0; ORDER_NONE past the end */
size_t order_rank(const struct order *o, uint32_t slot);     /* SIZE_MAX when it is not there */
uint32_t order_next(const struct order *o, uint32_t slot);   /* ORDER_NONE after the last */
uint32_t order_previous(const struct order *o, uint32_t slot);
/* Whether the row still stands right between its neighbours. */
bool order_stands(const struct order *o, uint32_t slot);

#endif

/* How the broker keeps the book of snapshots: what it shows goes to the fleet, what time moves in it is waited for, changes of
 * limits that have ended leave the store. Called by broker.c, reload.c and the requests. */
#ifndef TANA_BOOKKEEPING_H
#define TANA_BOOKKEEPING_H

#include "broker/inside.h"

void bookkeeping_new(struct broker *b);    /* makes b->book, when the fleet is there */
void bookkeeping_stop(struct broker *b);   /* time moves nothing in it any more; NULL book is allowed */
/* After anything that may move when the book is to be looked at again; cheap. */
void bookkeeping_arm(struct broker *b);
/* From store_load; ctx is the broker. */
void bookkeeping_snapshot(void *ctx, const struct store_snapshot *s);
void bookkeeping_limit(void *ctx, const struct store_limit *l);

#endif

/* Anchors: the head of the audit chain, told to the system's log now and then, where whoever can change the ledger cannot
 * change it. Called by broker.c. */
#ifndef TANA_ANCHOR_H
#define TANA_ANCHOR_H

#include "common/loop.h"
#include "store/store.h"

#define ANCHOR_EVERY_S 600

struct anchor;

struct anchor_config {
	struct loop *loop;
	struct store *store;
	const char *site;        /* name, copied */
	const char *socket;      /* NULL: /dev/log */
	int every_s;             /* 0: ANCHOR_EVERY_S */
	bool quiet;              /* a missing log service is no warning (a private broker on a machine without one) */
};
struct anchor *anchor_new(const struct anchor_config *c);  /* and tells the first one soon; borrowed: loop, store, socket */
void anchor_site(struct anchor *a, const char *site);      /* it is called so from now on; a: NULL is allowed */
/* The last one, after the last record was handed over; its answer comes while the store is closed. */
void anchor_last(struct anchor *a);
void anchor_free(struct anchor *a);  /* after store_close; NULL is allowed */

#endif

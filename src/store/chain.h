/* The audit log: records chained by hash. On the writer's thread. */
#ifndef TANA_STORE_CHAIN_H
#define TANA_STORE_CHAIN_H

#include "store/db.h"
#include "store/digest.h"
#include "store/store.h"

#include <jansson.h>

/* The newest record, kept in memory so that nobody who edits the file can move it. A plain value: what a transaction
 * that failed has added is forgotten by putting the old value back. */
struct chain {
	int64_t seq; /* 0: no record yet */
	int64_t at;
	char hash[DIGEST_HEX + 1]; /* hex */
};

/* Reads the newest record; one that is not the one that was written last is logged, and the chain goes on from what was written. Errors:
 * where the ledger cannot be read. */
struct err *chain_open(struct db *db, struct chain *c);
/* Adds seq, at, prev (and wall, where the clock ran backwards) to what, which it changes, and writes it. */
struct err *chain_append(struct db *db, struct chain *c, json_t *what, int64_t wall);
/* *records: an array, newest last, the caller's. */
struct err *chain_query(struct db *db, const struct store_query *q, json_t **records);

struct chain_walk;
/* anchors: array of {"seq","hash"} that the asker kept elsewhere (copied), NULL none. Any thread. */
struct chain_walk *chain_walk_new(json_t *anchors);
void chain_walk_free(struct chain_walk *w); /* NULL is allowed */
/* Looks at the next slice of records; true: there is more. *result or *e is set (owned by the caller) when
 * it returns false. */
bool chain_walk_on(struct chain_walk *w, struct db *db, const struct chain *c, json_t **result, struct err **e);
/* The answer of store_audit_head. */
struct err *chain_head(struct db *db, const struct chain *c, json_t **head);

#endif

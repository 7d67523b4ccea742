/* The ledger's rows of snapshots and of temporary limits. */
#ifndef TANA_STORE_SNAPSHOTS_H
#define TANA_STORE_SNAPSHOTS_H

#include "store/db.h"
#include "store/store.h"
#include "store/work.h"

/* Inside an open SQLite transaction. */
struct err *snapshots_put(struct db *db, const struct store_snapshot *s);
struct err *limits_put(struct db *db, const struct store_limit *l);
struct err *limits_drop(struct db *db, const char *object, const char *kind);

/* At start: every row is handed to r, borrowed for that call. */
struct err *snapshots_load(struct db *db, const struct store_reader *r);
struct err *limits_load(struct db *db, const struct store_reader *r);
/* Adds the next slice to q->records; true: there is more. */
bool snapshots_report(struct db *db, struct work_query *q, struct err **e);

#endif

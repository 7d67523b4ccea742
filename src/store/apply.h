/* Carries out a transaction's operations in ledger.db. */
#ifndef TANA_STORE_APPLY_H
#define TANA_STORE_APPLY_H

#include "store/chain.h"
#include "store/work.h"

/* Inside an open SQLite transaction; on an error the caller rolls back and puts the chain back. */
struct err *apply_tx(struct db *db, struct chain *c, const struct store_tx *tx);

#endif

/* Commits in such a way that what failed stays undone. */
#ifndef TANA_STORE_TAKEBACK_H
#define TANA_STORE_TAKEBACK_H

#include "store/db.h"

/* After the file was recognised and is in WAL mode, before anything that it holds is acted on. False: what it holds cannot
 * be put on the disk for sure; sqlite's error says why. */
bool takeback_open(struct db *d);
/* COMMIT with this statement. NULL: it is on the disk. "store.write": it is not there and cannot come back.
 * "store.unknown": neither is sure; d->open_end is set, and nothing may be written before takeback_settle says so. */
struct err *takeback_commit(struct db *d, int commit);
/* Tests: how many pages the -wal file has before they are moved into the database (1000). */
void takeback_set_pages(int pages);
/* Tries again; NULL: what failed is gone for ever. */
struct err *takeback_settle(struct db *d);

#endif

/* The store's directory: made private, held by one broker at a time. */
#ifndef TANA_STORE_DIR_H
#define TANA_STORE_DIR_H

#include "common/error.h"

struct dir_lock;

/* Makes dir (and what is missing above it, 0700) and takes dir/broker.lock. Errors: store.dir, store.dir.open,
 * store.locked. */
struct err *dir_take(const char *dir, struct dir_lock **out);
void dir_release(struct dir_lock *l); /* NULL is allowed; the file stays, empty */

#endif

/* cache.db, the last seen state of hosts: what waits to be written, coalesced, and the file itself. */
#ifndef TANA_STORE_CACHE_H
#define TANA_STORE_CACHE_H

#include "store/db.h"
#include "store/store.h"

struct care_batch;
struct cache_batch; /* what waits; any thread, one at a time */

struct cache_batch *cache_batch_new(void);
void cache_batch_free(struct cache_batch *b); /* NULL is allowed */
/* Copied. A host takes the place of all that is known of it; a VM, of its own row; forget takes that row away. */
void cache_batch_host(struct cache_batch *b, const struct blade *blade, const struct vm *const *vms, size_t n);
void cache_batch_vm(struct cache_batch *b, const char *host, const struct vm *vm);
void cache_batch_forget(struct cache_batch *b, const char *host, const char *uuid);

/* As care.h has them; copied. */
void cache_batch_event(struct cache_batch *b, const struct store_event *e);
void cache_batch_alert(struct cache_batch *b, const char *id, int64_t since);

struct cache {
	struct db db;    /* closed when it could not be opened: the broker works without */
	const char *dir; /* borrowed */
	int64_t retry;   /* when to try again, boot time in ms */
	bool failing;    /* said in the log; not again until it works */
};
/* Opens dir/cache.db; one that is damaged is set aside as cache.db.damaged, one of another version thrown away. */
void cache_open(struct cache *c, const char *dir);
void cache_close(struct cache *c);
/* Writes a slice of the batch in one transaction; true: there is more. What cannot be written is lost,
 * and logged once. */
bool cache_write(struct cache *c, struct cache_batch *b);

#endif

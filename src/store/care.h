/* Rows of what people care for: marks of alerts and notes on blades (ledger.db), events and since when alerts stand (cache.db).
 * Called by apply.c, load.c, cache.c and writer.c. */
#ifndef TANA_STORE_CARE_H
#define TANA_STORE_CARE_H

#include "store/db.h"
#include "store/store.h"
#include "store/work.h"

/* Inside an open transaction of the ledger's. Put replaces the row of the same id (object); drop of what is not there is no error. Errors: as
 * db_error has them. The two loads hand every row to r, borrowed for that call. */
struct err *care_put_alert(struct db *db, const struct store_alert *m);
struct err *care_drop_alert(struct db *db, const char *id);
struct err *care_put_note(struct db *db, const struct store_note *n);
struct err *care_drop_note(struct db *db, const char *object);
struct err *care_load(struct db *ledger, const struct store_reader *r);
struct err *care_load_cache(struct db *cache, const struct store_reader *r);

/* What waits to be written to the cache: bounded, the oldest events go first. */
struct care_batch;
void care_batch_event(struct care_batch **b, const struct store_event *e);  /* makes *b when it is NULL */
void care_batch_seen(struct care_batch **b, const char *id, int64_t since); /* since: Unix time; 0: it stands no more */
void care_batch_free(struct care_batch *b);
/* Inside a transaction of the cache's; frees b. False: it could not be written and is lost. */
bool care_batch_write(struct db *cache, struct care_batch *b);

/* q->n: only events with a higher number, and the oldest of them; 0 the newest. */
struct err *care_events(struct db *cache, const struct work_query *q, json_t **out);

#endif

/* What happened, for people: sentences about objects, the newest hundred. Each console reads on from where it is.
 * Called by broker.c (in), feed.c (out). */
#ifndef TANA_NEWS_H
#define TANA_NEWS_H

#include "broker/view.h"
#include "fleet/fleet.h"
#include "store/store.h"

#define NEWS_KEPT 100

struct news;

struct news *news_new(struct registry *r, struct jobs *j, struct fleet *f);
void news_free(struct news *n);

/* plain: the sentence for the customer whose object it is; NULL: not for customers. Copied. */
void news_add(struct news *n, enum kind k, const char *object, const char *name, const struct msg *m, const struct msg *plain);
void news_fleet(struct news *n, const struct fleet_news *f); /* before jobs_news */

/* From the store, before the first news_add: those of an earlier broker, oldest first. Customers do not get them. */
void news_load(struct news *n, const struct store_event *e);
/* Each one from now on, to be stored; borrowed during the call. NULL: no more. */
void news_keep(struct news *n, void (*keep)(void *ctx, const struct store_event *e), void *ctx);
/* Was this silence of a host or manager told by an earlier broker already? Then it is no news. NULL: nobody knows. */
void news_known(struct news *n, bool (*stood)(void *ctx, const char *cause, const char *object), void *ctx);
/* What is in the ring, for the staff, newest last: those with a number in (after, before), at or after since, of this object (""
 * all), at most limit. As store_events answers; new reference. */
json_t *news_json(const struct news *n, int64_t after, int64_t before, int64_t since, const char *object, size_t limit);

uint64_t news_next(const struct news *n);         /* number of the next one */
uint64_t news_first(const struct news *n);        /* number of the oldest that is kept */
/* Appends the line of number i, when this actor may read it. False: not for him. */
bool news_write(const struct news *n, uint64_t i, struct view *v, const struct actor *a, struct buf *out);

#endif

/* What happened, for people: sentences about objects, the newest hundred. Each console reads on from where it is.
 * Called by broker.c (in), feed.c (out). */
#ifndef TANA_NEWS_H
#define TANA_NEWS_H

#include "broker/view.h"
#include "fleet/fleet.h"

#define NEWS_KEPT 100

struct news;

struct news *news_new(struct registry *r, struct jobs *j, struct fleet *f);
void news_free(struct news *n);

/* plain: the sentence for the customer whose object it is; NULL: not for customers. Copied. */
void news_add(struct news *n, enum kind k, const char *object, const char *name, const struct msg *m, const struct msg *plain);
void news_fleet(struct news *n, const struct fleet_news *f); /* before jobs_news */

uint64_t news_next(const struct news *n);         /* number of the next one */
uint64_t news_first(const struct news *n);        /* number of the oldest that is kept */
/* Appends the line of number i, when this actor may read it. False: not for him. */
bool news_write(const struct news *n, uint64_t i, struct view *v, const struct actor *a, struct buf *out);

#endif

/* The stream of objects to one peer: a sweep over all that it may see, then what changed, each object once in its newest
 * state however slow the peer reads. Bounded by the number of objects, never by the number of changes. Used by peers.c. */
#ifndef TANA_FEED_H
#define TANA_FEED_H

#include "broker/news.h"
#include "broker/view.h"

#define FEED_NEWS_ALONE (1u << KIND_COUNT) /* of kinds: no objects, only what happens */

struct feed;

struct feed *feed_new(struct registry *r, struct view *v, struct news *n);
void feed_free(struct feed *f);

/* Starts (or, when it runs already, starts over with a "reset"). kinds: bits 1 << enum kind. actor: borrowed while it runs.
 * batch: the peer understands batches. */
void feed_subscribe(struct feed *f, const struct actor *a, unsigned kinds, bool batch);
void feed_restart(struct feed *f);     /* the actor's role changed: "reset" and all anew; nothing when it does not run */
void feed_changed(struct feed *f, enum kind k, uint32_t slot);
void feed_gone(struct feed *f, enum kind k, uint32_t slot, const void *object);
void feed_review(struct feed *f, enum kind k); /* who may see objects of this kind may have changed */
bool feed_has(const struct feed *f);   /* there is something to say */
/* Appends lines until out holds at least `until` bytes or nothing is left to say. */
void feed_produce(struct feed *f, struct buf *out, size_t until);

#endif

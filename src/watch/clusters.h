/* The objects of clusters, kept current: what changes on a blade or VM marks its cluster, which is worked out anew: for a vote
 * at once, else within a quarter of a second.
 * Called by the broker. */
#ifndef TANA_CLUSTERS_H
#define TANA_CLUSTERS_H

#include "common/loop.h"
#include "common/registry.h"
#include "site/site.h"

struct clusters;

struct clusters *clusters_new(struct loop *l, struct registry *r); /* both borrowed */
void clusters_free(struct clusters *c);                           /* before the registry; leaves the objects there */
/* At start and after each reload, when the blades are as the site file has them. m is borrowed until the next. */
void clusters_site(struct clusters *c, const struct site_model *m);
/* Works out now what waits for its turn: before one is shown to somebody who asks. */
void clusters_now(struct clusters *c);

#endif

/* What view_cluster.c and cluster_draw.c share: one cluster above the list of its nodes. */
#ifndef TANA_CLUSTER_INSIDE_H
#define TANA_CLUSTER_INSIDE_H

#include "app.h"
#include "term/screen.h"

#define CLUSTER_NODES 64    /* that are drawn; the provider's have at most 16 */
#define CLUSTER_LOSSES 24

/* What is left of it when something is lost, as the broker works it out. */
struct cluster_loss {
	struct cluster_head *head;
	char id[300], label[300];
	uint64_t request;
	bool known, fits;
	long long before, after, needed;
	int64_t mem_needed, mem_left; /* KiB */
	char quorum[16];
};
struct cluster_head {
	struct app *app;
	istr id, name;
	struct registry_watch watch;
	struct loop_timer *again;
	bool asked, stale;
	uint32_t nodes[CLUSTER_NODES]; /* slots of blades, as they stand */
	size_t nnodes;
	struct cluster_loss losses[CLUSTER_LOSSES];
	size_t nlosses;
};

const struct cluster *cluster_of(const struct cluster_head *h); /* NULL: it is gone */
/* Into at most so much; returns the lines that it took. under: the blade that the list's cursor is on, or NULL. */
int cluster_draw(struct cluster_head *h, struct box b, const void *under);

#endif

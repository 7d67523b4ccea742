/* What a loss leaves of a cluster: its votes, and room for the VMs of what was lost. The one counting for previews, for what-if and
 * for the objects of clusters. Pure. Called by plan_blade_words.c, clusters.c and what_if.c. */
#ifndef TANA_CLUSTER_LEFT_H
#define TANA_CLUSTER_LEFT_H

#include "common/registry.h"
#include "safety/quorum.h"

#define CLUSTER_NODES_MAX 32 /* more than a site file allows: blades that retire still vote */

/* A node as it stands. mem_kib: its memory that is sold, all less the reserve, 0 not known; used_kib: of its VMs that run there or
 * may run; unsized: how much that is of some of these is not known yet. */
struct node { const struct blade *blade; int64_t mem_kib, used_kib; bool unsized; };

/* The nodes of a cluster: blades of that name, without spares. At most CLUSTER_NODES_MAX; returns how many. O(blades). */
size_t cluster_nodes(const struct registry *r, istr cluster, int64_t reserve_kib, struct node *out);
/* One node of a blade: its memory and that of its VMs. */
struct node cluster_node(const struct registry *r, const struct blade *b, int64_t reserve_kib);

struct cluster_left {
	struct quorum before, after;
	enum quorum_change change;
	int64_t need_kib, left_kib; /* memory of VMs that run, or may run, on what is lost; room on the sure nodes that stay */
	bool fits;
};
/* lost: is this blade among what is lost? configured: as of quorum_need. */
void cluster_left(struct cluster_left *out, const struct node *nodes, size_t n, int configured,
	bool (*lost)(const void *ctx, const struct blade *b), const void *ctx);
/* "kept", "memory" (quorum, but no room), "lost", "unknown" */
const char *cluster_left_name(const struct cluster_left *l);
/* The cluster's quorum as it is: "kept", "lost", "unknown". */
const char *cluster_quorum_name(const struct quorum *q);
/* Where its nodes stand, by the provider's four patterns: "one-enclosure", "one-rack" (several enclosures of one), "two-racks" (one
 * enclosure in each), "four-enclosures" (two in each of two racks), "other". */
const char *cluster_pattern(const struct node *nodes, size_t n);

/* Every number and word of the object that comes from its nodes; id, name and gen stay. */
void cluster_fill(struct cluster *o, const struct node *nodes, size_t n, int configured);

#endif

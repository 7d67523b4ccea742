/* Clusters of a made site, in the provider's four patterns, and the volumes that their VMs lie on. Called by generate.c. */
#ifndef TANA_SITE_GENERATE_CLUSTER_H
#define TANA_SITE_GENERATE_CLUSTER_H

#include "common/buf.h"
#include "site/generate.h"

/* VMs of a blade, as node_write makes them. */
typedef int cluster_vms(const struct generate *g, int blade);

void cluster_sections(struct buf *b, const struct generate *g);
void cluster_volumes(struct buf *b, const struct generate *g, cluster_vms *vms);
/* Name of the volume on which this VM of the blade lies, "" where no cluster has one. size >= 32 */
void cluster_volume_of(const struct generate *g, int blade, int vm, cluster_vms *vms, char *out, size_t size);

#endif

/* One blade of a made site, as a node file of libvirt's test driver. Called by generate.c. */
#ifndef TANA_SITE_GENERATE_NODE_H
#define TANA_SITE_GENERATE_NODE_H

#include "common/buf.h"

struct node_maker {
	int made[16];
	int vms;
}; /* how many VMs of each kind there are so far: their names count on */

/* vms: VMs of the blade, plain ones; 0 = as the provider's grades decide, with disks, NICs, guests and states. */
/* lies_on: writes the name of the volume that a VM's first disk lies on, "" none. */
void node_write(struct buf *b, struct node_maker *m, int blade, int vms,
	void (*lies_on)(void *ctx, int blade, int vm, char *out, size_t size), void *ctx);
int node_vms(int blade, int vms); /* how many that are */
/* The pairs among the VMs made so far, as sections of a site file. */
void node_pairs(struct buf *b, const struct node_maker *m);

#endif

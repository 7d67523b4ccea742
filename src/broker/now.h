/* What consoles watch of VMs: which ones, the newest numbers of each, and whose turn it is to hear of them. A slow peer is owed one row
 * for each VM and nothing else. Called by requests_now.c, peers and broker.c. */
#ifndef TANA_BROKER_NOW_H
#define TANA_BROKER_NOW_H

#include "broker/peers.h"

#define NOW_WATCHED_MAX 64      /* VMs of one peer */

struct now;

struct now *now_new(struct broker *b);  /* after the fleet */
void now_free(struct now *n);           /* after the peers, before the fleet */
/* This peer watches these VMs (borrowed) and no others from now on; n 0: none. */
void now_watch(struct now *all, struct peer *p, struct vm *const *vms, size_t n);
/* For peers: what is due to p, appended to out. */
void now_produce(struct now *all, struct peer *p, struct buf *out);
void now_peer_gone(struct now *all, const struct peer *p);

#endif

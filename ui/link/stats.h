/* What VMs do now: which of them are on the screen, what the broker was asked to tell of, and the last three minutes of each. Views say
 * while they draw whose numbers they show; nothing else is asked for. Called by app*.c, lists and the view of a VM. */
#ifndef TANA_STATS_H
#define TANA_STATS_H

#include "common/intern.h"
#include "common/loop.h"
#include "link/client.h"

#include <stdbool.h>

#define STATS_WATCHED 64   /* as many as the broker tells of */
#define STATS_KEPT 36      /* samples of each: three minutes */
#define STATS_EVERY_S 5

struct stat_sample {
	int cpu;               /* permille of its vCPUs */
	int64_t mem;           /* KiB */
	int64_t disk_read, disk_write, net_in, net_out; /* bytes a second; -1 each: not known */
};
struct stats_vm {
	struct stat_sample list[STATS_KEPT]; /* the newest last */
	int n;
};

void stats_open(struct loop *l, struct client *c, void (*changed)(void *ctx), void *ctx); /* one a process */
void stats_close(void);
void stats_broker(enum client_state now); /* from the client's owner, when that changes */
bool stats_event(json_t *line);           /* every event; true: it was numbers */

/* Around each picture: what is wanted between the two is what is watched from then on. */
void stats_begin(void);
void stats_want(istr id);
void stats_end(void);

/* The newest numbers; NULL: there are none, or they are older than 15 s. Borrowed until the loop turns. */
const struct stat_sample *stats_now(istr id);
const struct stats_vm *stats_of(istr id); /* NULL: none are known */

#endif

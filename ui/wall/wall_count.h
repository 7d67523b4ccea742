/* What a wall counts: hosts and VMs of the racks that it shows, which blade changed lately, and when an alert came that is worth a bell.
 * Kept by difference as things change, so that neither a picture nor a second costs a fleet. VMs are counted by their blades: a wall
 * holds none. */
#ifndef TANA_WALL_COUNT_H
#define TANA_WALL_COUNT_H

#include "common/registry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wall_count;

struct wall_counts {
	int64_t hosts, live;       /* blades that run a host of ours; those that answer */
	int64_t asked;             /* those that were neither heard nor missed yet: they are just connected to */
	int64_t running, off;      /* VMs of hosts that answer */
	unsigned came;             /* alerts that hurt and that nobody had taken, ever; it only grows */
};

/* racks: names of those that count, n 0: all. r and the names are borrowed until wall_count_free. */
struct wall_count *wall_count_new(struct registry *r, const char *const *racks, int n);
void wall_count_free(struct wall_count *c);
const struct wall_counts *wall_counts(const struct wall_count *c);
/* The broker is lost (what the mirror says of it now is no news): the counts stay as they were. */
void wall_count_hold(struct wall_count *c);
/* All has come again: what differs from before counts, and is news but for the first time. */
void wall_count_synced(struct wall_count *c);
bool wall_count_lately(const struct wall_count *c, uint32_t blade_slot);
/* Is this rack among those shown? "" (it stands in none) is, where all are. */
bool wall_count_shows(const struct wall_count *c, const char *rack);

#endif

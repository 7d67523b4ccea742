/* Who has an object in use: leases are objects of the registry, so every console sees them. Who takes and drops them, and
 * writes them down, is jobs.c. */
#ifndef TANA_LEASE_H
#define TANA_LEASE_H

#include "common/registry.h"

/* The lease on this VM, or on the blade it is on (a blade's lease covers its VMs); NULL. */
const struct lease *lease_on(const struct registry *r, const struct vm *vm);
struct lease *lease_find(const struct registry *r, const char *object_id);
/* The object must have none. */
struct lease *lease_take(struct registry *r, const char *object_id, const char *name, const char *by, const char *job,
	const char *verb, int64_t since);
void lease_drop(struct registry *r, const char *object_id); /* nothing happens when it has none */
/* The lease on this blade, else one on a VM of it; NULL. */
const struct lease *lease_in(const struct registry *r, const char *blade);
/* Is a VM of this blade, or the blade itself, in use? */
bool lease_blade_busy(const struct registry *r, const char *blade);

#endif

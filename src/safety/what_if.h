/* What would be hit if something were lost: VMs and whose they are, pairs, clusters, volumes. Worked out from the registry as plans do
 * it; touches nothing. Called by the broker's requests. */
#ifndef TANA_WHAT_IF_H
#define TANA_WHAT_IF_H

#include "safety/plan.h"

#define WHAT_IF_ROWS_MAX 500   /* of each of its lists; the counts count all */

/* A blade, an enclosure, a rack, a VM, a cluster or a volume as it stands in w->objects. *out: as data/protocol.md has it, a new
 * reference. Errors: ERR_USAGE what-if.kind. Staff only, which the caller checks; contacts and procedures are for operators. */
struct err *what_if(const struct plan_world *w, const struct actor *a, enum kind k, const void *object, json_t **out);

#endif

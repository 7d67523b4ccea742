/* From counters to what happens a second. Pure. Called by stats.c. */
#ifndef TANA_FLEET_RATES_H
#define TANA_FLEET_RATES_H

#include "fleet/fleet.h"

/* ms: between the two answers, > 0. A counter that is not told, or that went backwards (the VM was started anew), gives -1.
 * was NULL: this is the first answer, and only what is no rate is known. */
void rates_of(const struct host_stat *was, const struct host_stat *now, int64_t ms, struct fleet_stat *out);

#endif

/* Serial consoles on their way between hosts and the loop; what the rooms above may do with them is in fleet.h. Used by fleet.c. */
#ifndef TANA_FLEET_CONSOLES_H
#define TANA_FLEET_CONSOLES_H

#include "fleet/inside.h"

void consoles_stop(struct fleet *f); /* the fleet ends: all are called off and closed; nothing is told any more */

#endif

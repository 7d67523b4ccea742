/* Inside of fleet: what VMs do now (stats.c) and what they are reached by (extras.c). Called by the machine of each host. */
#ifndef TANA_FLEET_STATS_H
#define TANA_FLEET_STATS_H

#include "fleet/vms.h"

/* stats.c */
void stats_send(struct sup *s);                             /* the short lane is free and s->stats_wanted */
void stats_returned(struct sup *s, const struct call *c);   /* CALL_STATS */
void stats_free(struct fleet *f);

/* extras.c: of each VM once after its host is up, spread over minutes, and again when something may have moved */
void extras_up(struct sup *s);                              /* it was listed for the first time since it is up */
void extras_again(struct fleet *f);                         /* the site file was read anew: its volumes may be others */
void extras_want(struct sup *s, struct place *p, int ms);   /* about so long from now */
void extras_due(struct sup *s);                             /* s->extras_at has come */
void extras_send(struct sup *s);                            /* the short lane is free and s->extra_due */
void extras_returned(struct sup *s, const struct call *c);  /* CALL_EXTRA */

#endif

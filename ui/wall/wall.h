/* The wall: the site on a screen that nobody types at, for months. It only looks; the broker runs no action for it. main.c calls
 * wall_run. */
#ifndef TANA_WALL_H
#define TANA_WALL_H

#include "common/loop.h"
#include "link/client.h"

#define WALL_RACKS_MAX 64
#define WALL_PAGE_S 15           /* a page of what is wrong stays so long */

struct wall_options {
	const struct client_target *target; /* borrowed while it runs, as the rest is */
	const char *origin;
	int ambiguous;           /* as of app_options */
	const char *const *racks; int nracks; /* these alone; 0: all */
	bool anonymous;          /* no names of tenants, their people and their VMs */
	bool bell;
	bool clock;              /* with the seconds; without it an idle wall sends nothing at all */
	int page_s;
};

/* Until somebody leaves it. Returns the exit status; *e (the caller's) is what went wrong. The terminal is as it was. */
int wall_run(struct loop *l, const struct wall_options *o, struct err **e);

#endif

/* Between the files that together are one host's state machine: state.c, lanes.c, deadlines.c, supervisor.c. */
#ifndef TANA_FLEET_MACHINE_H
#define TANA_FLEET_MACHINE_H

#include "fleet/metal.h"
#include "fleet/vms.h"

#define OPEN_STEPS 3 /* bringing up may take so many times connect_ms; the driver has deadlines for each step */

#define ROUGH_MS 300 /* after a list of states the whole one is tried for so often */

/* state.c */
/* Shows a state; why NULL: what stood there stays, but for up and none. retry: Unix time, 0 none. */
void sup_state(struct sup *s, enum host_state state, const struct msg *why, int64_t retry);
void sup_live(struct sup *s, bool live, int64_t seen);   /* the host alone; its VMs: vms_host_live or the list */
/* The connection is of no more use: aborted, closed as soon as its call is back; nothing from it counts any more. */
void sup_lose(struct conn *c, const struct msg *why);
void sup_connect(struct sup *s);                         /* there is no short lane */
void sup_back_off(struct sup *s);                        /* there is no short lane: the next try later */
struct err *sup_unreachable(const struct sup *s);
bool sup_is_lost(const struct err *e);                   /* an error of the connection, not of the call; NULL is none */
void sup_forget_events(struct sup *s);                   /* those kept for after the first list */

/* lanes.c. The lanes for snapshots share the queue of the first of them, and are pumped together. */
void lane_pump(struct sup *s, enum lane lane);           /* starts what is next, if the lane is free */
void lane_list(struct sup *s);                           /* lists now: the lane is free */
void lane_fail(struct sup *s, enum lane lane, const struct msg *why); /* all that waits, not sent; why NULL: unreachable */

void lane_unopened(struct sup *s, const struct msg *why); /* a lane for snapshots could not be opened */
struct call *lane_take(struct sup *s, enum lane lane, struct call **at); /* out of its queue */

/* deadlines.c */
void deadline_arm(struct sup *s);                        /* after anything that may have moved a deadline */
void deadline_tick(void *ctx);                           /* the supervisor's timer */
bool sup_yields(const struct sup *s, int64_t most_ms);   /* up for less than that, and much else is under way: that goes first */

#endif

/* The ground under jobs, made of cardboard: the fleet's and the store's functions with a memory of what was asked of them,
 * so that a test decides what a host does, when a write comes back, and whether it fails. Link it instead of both rooms. */
#ifndef TEST_FAKE_GROUND_H
#define TEST_FAKE_GROUND_H

#include "fleet/fleet.h"

#define GROUND_MAX 64   /* calls to hosts, leases */
#define GROUND_JOBS 400

/* ---- the fleet ---- */
struct ground_act { char vm[64]; enum verb verb; struct fleet_act act; bool sent, done; };
extern struct ground_act ground_acts[GROUND_MAX];
extern int ground_nacts;
extern int64_t ground_steady;         /* what fleet_steady_ms says */
extern int ground_released;           /* calls of fleet_release */
void ground_sent(int act);
void ground_done(int act, struct err *e);

/* ---- the store ---- */
extern bool ground_fail;              /* writes fail from now on */
extern json_t *ground_records;        /* audit records that were written, in order */
int ground_flush(void);               /* completes what waits; how many */
int ground_leases(void);              /* leases in the store */
const char *ground_lease_job(const char *object);  /* "" none */
enum job_state ground_job(const char *id);         /* as stored; JOB_STATE_COUNT none */
enum job_state ground_target(const char *id, int n);
struct store_job *ground_stored(const char *id);   /* NULL none */
void ground_reset(struct registry *r);             /* forgets all; the registry that fleet_mark and protect change */
void ground_forget_acts(void);                     /* as if the broker had died with them */

#endif

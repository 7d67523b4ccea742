/* The ground under jobs, made of cardboard: the fleet's and the store's functions with a memory of what was asked of them,
 * so that a test decides what a host does, when a write comes back, and whether it fails. Link it instead of both rooms. */
#ifndef TEST_FAKE_GROUND_H
#define TEST_FAKE_GROUND_H

#include "fleet/fleet.h"

#define GROUND_MAX 64   /* calls to hosts, leases */
#define GROUND_JOBS 400
#define GROUND_ROWS 200

/* ---- the fleet ---- */
struct ground_act { char vm[64]; enum verb verb; struct fleet_act act; bool sent, done; };
extern struct ground_act ground_acts[GROUND_MAX];
extern int ground_nacts;
extern int64_t ground_steady;         /* what fleet_steady_ms says */
extern struct registry *ground_objects;
extern int ground_released;           /* calls of fleet_release */
struct ground_watch { char blade[64]; int count; };
extern struct ground_watch ground_watches[16];
int ground_watched(const char *blade); /* how often fleet_blade_watch is on for it */
extern int64_t ground_blade_steady;   /* what fleet_blade_steady_ms says */
extern int64_t ground_within;         /* what fleet_blade_within_ms says */
extern char ground_paired[64];        /* the newest fleet_pair: "blade by" */
extern bool ground_withdraws;         /* fleet_blade_withdraw finds it waiting still; the test answers it then */
void ground_sent(int act);            /* of fleet_act and fleet_blade_act (vm: the blade's id) alike */
void ground_done(int act, struct err *e);

/* Snapshots on its hosts. A test says what a host lists; it is told when a question is answered, never before. */
struct ground_host {
	char vm[64];
	struct host_snap list[16];        /* name, parent, note: of the ground */
	size_t n;
	struct host_snaps as;             /* the rest of what it tells; list, n, xml and shared names aside */
};
struct ground_host *ground_host(const char *vm_id);        /* made when it is not there */
struct host_snap *ground_snap(const char *vm_id, const char *name, const char *parent); /* one more; it is the current one */
void ground_unsnap(const char *vm_id, const char *name);
struct ground_ask { char vm[64]; bool prepare, answered; int64_t asked; void (*done)(void *ctx, struct err *e, struct host_snaps *s); void *ctx; };
extern struct ground_ask ground_asks[GROUND_MAX];
extern int ground_nasks;
extern void (*ground_news)(const struct fleet_news *n);    /* hears NEWS_VM_SNAPSHOTS before each answer; NULL nobody */
void ground_list(const char *vm_id, int64_t asked);        /* tells the names alone, as a whole list of the host does */
void ground_answer(int ask, struct err *e);                /* e NULL: what ground_host holds */
struct ground_order { char vm[64], name[64], note[300], xml[100]; struct host_snap_order o; struct fleet_act act; bool sent, done, abandoned; };
extern struct ground_order ground_orders[GROUND_MAX];
extern int ground_norders;
void ground_order_sent(int order);
void ground_order_done(int order, struct err *e);          /* moves nothing on the host: the test does */

/* ---- the store ---- */
extern bool ground_fail;              /* writes fail from now on */
extern int ground_fail_in;            /* this one of the next writes fails, 1 the next; 0 none */
extern int ground_writes;             /* how many were tried */
struct ground_row { char id[48], vm[64], tenant[64], charged[64], name[80], job[32], xml[100], why[300]; enum snap_state state;
	int64_t at, ended; uint64_t bytes; bool exceeded; struct store_snapshot as; };
const struct ground_row *ground_row(const char *id);       /* NULL none */
int ground_rows(enum snap_state s);                        /* how many are so */
/* What a new broker loads: rows, jobs and leases as they were written. */
void ground_load(void (*row)(const struct store_snapshot *s), void (*job)(const struct store_job *j),
	void (*lease)(const char *object, const char *job));
extern json_t *ground_records;        /* audit records that were written, in order */
int ground_flush(void);               /* completes what waits; how many */
int ground_leases(void);              /* leases in the store */
const char *ground_lease_job(const char *object);  /* "" none */
enum job_state ground_job(const char *id);         /* as stored; JOB_STATE_COUNT none */
enum job_state ground_target(const char *id, int n);
struct store_job *ground_stored(const char *id);   /* NULL none */
void ground_reset(struct registry *r);             /* forgets all; the registry that fleet_mark and protect change */
void ground_hosts_free(void);                      /* by ground_reset */
void ground_forget_acts(void);                     /* as if the broker had died with them */

#endif

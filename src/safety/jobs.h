/* Jobs: from a confirmed plan to its outcome. Writes the intent, takes leases, sends to the hosts, reads outcomes from the
 * fleet's news, settles, and does the same for jobs that an earlier broker left. Loop thread only. Called by broker.c. */
#ifndef TANA_JOBS_H
#define TANA_JOBS_H

#include "common/loop.h"
#include "fleet/fleet.h"
#include "safety/plan.h"

#define JOBS_OPEN_MAX 256    /* open at the same time */
#define JOBS_OPEN_STAFF 64   /* places among them that customers leave to the staff */
#define JOBS_OPEN_TENANT 64  /* of one tenant's customers */
#define JOBS_CLOSED_KEPT 200 /* closed ones that are still shown */
#define JOBS_PARALLEL 4      /* targets of one job that are under way at once */

struct jobs;

struct jobs_config {
	struct loop *loop;
	struct registry *objects;
	struct store *store;
	struct fleet *fleet;
	struct book *book;
	/* plan_check for a job that holds its lease and the row of its snapshot ("" none) already: NULL, or why not any more. */
	struct err *(*recheck)(void *ctx, const struct actor *a, const struct plan *shown, const char *job, const char *row);
	/* May whoever began it (a: role as it was then, no row) still do this to that VM or blade, by the site file as it is now?
	 * Asked right before each target is sent; an error is recorded by who answers. NULL: always. */
	struct err *(*still)(void *ctx, const struct actor *a, enum verb v, enum kind k, const char *id);
	int settle_ms;           /* a host's state is believed after it stood so long; 0 = 20000 */
	int blade_ms;            /* a blade's power follows an order within, where its dialect does not say; 0 = 300000 */
	/* News for people about a VM, or a blade (id "blade:NAME"): staff: not for customers. m is borrowed. */
	void *ctx;
	void (*happened)(void *ctx, const char *vm_id, const char *name, bool staff, const struct msg *m);
};
struct jobs *jobs_new(const struct jobs_config *c);   /* borrowed: everything in it */
void jobs_free(struct jobs *j);        /* after fleet_free and store_close: nothing calls back any more */
/* Before that, who is patient waits for those that will soon be over (within seconds, when all goes well): how many they are, and how
 * many are open in all. */
size_t jobs_brief(const struct jobs *j);
size_t jobs_open(const struct jobs *j);
/* From now on nothing is written or sent: what is under way stays open in the store and is settled at the next start. */
void jobs_stop(struct jobs *j);

/* Start: from store_load. jobs_loaded, after fleet_apply, puts leases and jobs in order; it may write. */
void jobs_load_job(struct jobs *j, const struct store_job *s);
void jobs_load_lease(struct jobs *j, const struct lease *l);
void jobs_loaded(struct jobs *j);

typedef void jobs_done(void *ctx, struct err *e);
/* Begins what the plan says; the plan was checked and confirmed just now and is the jobs' from here on. started comes
 * once, later, on the loop: the id of the job when its intent is written (borrowed), or the error that refused it: nothing
 * was done then. A snapshot verb reserves, asks the host and checks again before its intent (jobs_snap.c). */
typedef void jobs_started(void *ctx, struct err *e, const char *job);
void jobs_start(struct jobs *j, struct plan *p, const struct actor *a, const char *reason, jobs_started *started, void *ctx);

/* A creation that a limit refused before jobs_start: a row for the report. Others are passed over. The caller bounds how many. */
void jobs_refused(struct jobs *j, const struct plan *p, const struct actor *a, const struct err *why);

/* An operator says that a snapshot whose host cannot be asked is not there (any more): its row is closed and its use given back,
 * audited. Its job, if one is open on it, is given up. Errors at once: ERR_STATE snapshot.settled (it is closed already),
 * snapshot.host-up (its host answers: delete it, or wait until it is settled). */
struct err *jobs_settle(struct jobs *j, struct snapshot *s, const struct actor *a, const char *reason, jobs_done *done, void *ctx);

/* An operator ends the lease on this object; its job's target is given up as it is. done: when it is written.
 * Errors at once: ERR_NOTFOUND lease.none; ERR_STATE lease.covered (a VM whose blade is held: break that),
 * lease.starting. Of a blade all that its job does there is given up. */
struct err *jobs_break(struct jobs *j, const char *object, const struct actor *a, const char *reason, jobs_done *done, void *ctx);

void jobs_news(struct jobs *j, const struct fleet_news *n);    /* after the registry has it */
/* What can be said of earlier actions on a VM or blade whose outcome is open: for plan_world.unsettled. *what is the caller's. */
bool jobs_unsettled(struct jobs *j, const char *id, struct msg *what);
/* The job that is acting on this VM now, or takes it along with its blade; NULL when none is; *verb is set. Borrowed. */
const struct job *jobs_acting(struct jobs *j, const struct vm *vm, enum verb *verb);
const struct job *jobs_acting_blade(struct jobs *j, const struct blade *b, enum verb *verb);  /* the same */

/* May this customer know of a job? Only when he sees each of its targets; one with blades is for staff alone. */
bool jobs_seen_by(struct jobs *j, const struct job *job, const struct actor *a);
/* Was it begun by a customer (of the tenant whose targets these are)? False for what an earlier broker began. */
bool jobs_by_customer(struct jobs *j, const char *job_id);
/* Outcome of each target: [{"id","name","state","outcome":MESSAGE or null}]. plain: without the host's own words. */
json_t *jobs_targets(struct jobs *j, const char *job_id, bool plain);
/* May a customer read this sentence? (A host's own words name hosts and files.) */
bool jobs_text_is_plain(const char *text_id);

#endif

/* Inside jobs: one job and its targets. Shared by jobs.c (their life), jobs_begin.c, jobs_send.c (to the hosts and back),
 * jobs_break.c, jobs_load.c (from the store) and jobs_late.c (what comes after the end). */
#ifndef TANA_JOBS_RUN_H
#define TANA_JOBS_RUN_H

#include "safety/audit.h"
#include "safety/jobs.h"

#define LATE_MAX 64          /* late effects that are waited for */
#define LATE_MS (3600 * 1000)

struct run;
struct breaking;
struct run_target {
	struct run *run;
	istr id, name, tenant, blade;
	enum job_state state;      /* what we know */
	enum job_state shown;      /* what consoles see: closed only when that is written */
	istr text_id, text;
	enum host_outcome can;
	bool in_flight;            /* fleet_act has it */
	bool sent;
	bool saw_wished, saw_off, saw_reboot;
	bool gone;                 /* its definition left the host */
	int64_t sent_at, phase_at; /* boot ms; phase_at: since when it is taken or unknown */
	int64_t deadline;          /* boot ms, of the guest; 0 none */
	int64_t shutdown_ms;
	bool lease_lost;           /* taken over by another job: not ours to drop */
	bool written, in_tx;       /* closed, and the store has it */
	struct lease *old;         /* while a takeover is being written: the lease that it replaces (a copy) */
	struct breaking *breaking; /* who breaks its lease and waits for that; jobs.c */
	struct fleet_act act;
};
struct run {
	struct run *next;          /* newest first */
	struct jobs *jobs;
	struct job *job;           /* the registry's, NULL until the intent is written */
	char id[24];
	enum verb verb;
	istr user, origin, tenant, reason, plan;
	enum role role;
	uint64_t uid;
	struct run_target *targets;
	size_t n, next_target, in_flight;
	int64_t started, started_boot, ended; /* started, ended: Unix time */
	int64_t guest_deadline;    /* Unix time, 0 none */
	bool starting;             /* its intent is being written */
	bool writing, again, retry, end_in_tx, closed; /* closed: its end is written */
	jobs_started *on_started;
	void *on_started_ctx;
};
struct late {
	istr vm, job, by;
	enum verb verb;
	int64_t sent_at, since;    /* boot ms */
	bool warn;                 /* its outcome was never settled: plans warn until the host is steady */
};
struct jobs {
	struct jobs_config c;
	struct run *runs;
	size_t open, closed;
	struct loop_timer *tick;
	bool stopping;
	struct late late[LATE_MAX];
	size_t nlate;
};

/* jobs.c */
struct run *run_new(struct jobs *j, const char *id, enum verb v, size_t n);
void run_free(struct run *r);
struct run *run_find(struct jobs *j, const char *id);
struct run_target *run_target_of(struct jobs *j, const char *vm_id); /* the open target whose job holds the VM's lease */
void run_actor(const struct run *r, struct actor *a);               /* who started it; borrowed */
void run_publish(struct run *r);                                    /* the registry's job as its targets are */
void run_write(struct run *r);                                      /* state, ended leases and, at the end, the record */
void run_store(const struct run *r, struct store_tx *tx);           /* puts the job and its targets */
json_t *run_objects(const struct run *r);
void run_append_end(const struct run *r, struct store_tx *tx);       /* its record of how it ended */
void run_fill_job(const struct run *r, struct job *to);             /* what does not change; to: from object_new */
struct vm *run_vm(const struct run_target *t);
void target_say(struct run_target *t, enum job_state s, const char *text_id, const char *fmt, ...);
void target_say_err(struct run_target *t, enum job_state s, const struct err *e); /* with the error's own words */
void target_mark(struct run_target *t, bool on);                    /* on the VM that everybody sees */
void jobs_tick_soon(struct jobs *j);
void jobs_purge(struct jobs *j);

/* jobs_break.c */
void breaking_end(struct breaking *b, struct err *e);               /* tells who waits; frees b */

/* jobs_send.c */
void run_pump(struct run *r);                                       /* sends to as many hosts as may be under way */
void target_judge(struct run_target *t);
bool target_is_awaited(const struct run_target *t);                 /* sent or perhaps sent, and not settled */

/* jobs_late.c */
void late_add(struct jobs *j, const struct run_target *t, bool warn);
/* Says that it came after all. */
void late_tell(struct jobs *j, const char *vm_id, const char *name, const char *job, enum verb v, const char *by, const char *age);
void late_news(struct jobs *j, const struct fleet_news *n);
void late_free(struct jobs *j);

#endif

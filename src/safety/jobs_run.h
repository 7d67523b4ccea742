/* Inside jobs: one job and its targets. Shared by jobs.c (their life), jobs_ask.c (what others ask), jobs_begin.c, jobs_send.c (to the hosts and back),
 * jobs_break.c, jobs_write.c (to the store), jobs_load.c (from it), jobs_late.c (what comes after the end), jobs_stop.c (the end of all), of blades
 * jobs_blade.c (to their managers and back), jobs_steps.c (what comes after what) and jobs_metal.c (what such a job keeps and
 * says), and of snapshots jobs_snap.c (their job till it is sent), jobs_snap_end.c (from then on), jobs_rows.c (their rows),
 * jobs_seen.c (what hosts list), settle.c (what is open), settle_judge.c and settle_by.c. */
#ifndef TANA_JOBS_RUN_H
#define TANA_JOBS_RUN_H

#include "safety/audit.h"
#include "safety/jobs.h"
#include "safety/outcome.h"

#define LATE_MAX 64          /* late effects that are waited for */
#define LATE_MS (3600 * 1000)
#define BLADE_WITHIN_MS (300 * 1000)   /* a blade's power follows an order within */
#define BLADE_SHUTDOWN_MS (600 * 1000) /* a host's time to shut down, where the plan says none */

struct run;
struct breaking;
struct settling;
struct wait;
struct saving;

/* Where a snapshot job is. */
enum snap_step {
	STEP_RESERVE,  /* job, lease and reservation are being written */
	STEP_ASK,      /* its host is asked */
	STEP_INTENT,   /* the intent is being written */
	STEP_DROP,     /* refused: what was reserved is being taken back */
	STEP_ACT,      /* at the host */
	STEP_LOOK,     /* the host has answered and is asked what it lists */
	STEP_CLEAR,    /* create: the host said no, and what it may have left on the disk is cleared */
	STEP_OVER      /* its outcome is known, or is left to the settling */
};
struct snap_run {
	enum snap_step step;
	struct plan *plan;         /* until the intent is written */
	char row[48];              /* create: id of its row; revert, delete: of the one that was named; "" outside */
	char *host_name, *name;    /* name: the user's */
	bool external, quiesce, children;
	bool was_current;          /* revert: it was already before */
	char **victims;            /* delete: host names */
	size_t nvictims;
	bool used_known;
	uint64_t used;             /* create: bytes of the disks' files before */
	struct err *said;          /* the host's no; before the intent: why it was refused */
	/* What becomes of the row with the job's end; SNAP_STATE_COUNT: nothing. */
	enum snap_state to;
	uint64_t bytes;
};
/* What was read of a blade since its order left: of questions that left later, never of what was on its way then. */
struct blade_notes {
	bool read;
	enum power_state power;    /* the newest */
	int64_t from, at;          /* boot ms of the first question of those that told it without a break, and of the newest */
	bool saw_on, saw_starting, saw_off;
	bool host_lost, restarted; /* its host went silent; and came back */
};
struct run_target {
	struct run *run;
	enum kind kind;            /* KIND_VM or KIND_BLADE (id "blade:NAME", blade is its own name) */
	enum verb verb;            /* its own: of a step it may be another than the job's */
	unsigned rank;             /* begins when all targets of lower ranks are done */
	int64_t not_before;        /* boot ms */
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
	bool no_lease;             /* holds none of its own: a step (its blade's covers it), a light */
	bool lease_lost;           /* taken over by another job: not ours to drop */
	bool watched;              /* fleet_blade_watch is on for it */
	struct blade_notes notes;  /* of a blade */
	char *place;               /* of a blade: where it stood when it was confirmed; NULL not known */
	istr serial;               /* and which one it was; "" not known */
	int64_t waits_since;       /* of a blade whose host must be seen before its turn: boot ms; 0 it does not wait */
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
	gid_t *gids; size_t ngids; /* with uid, what his role is found by when a target's turn comes */
	struct run_target *targets;
	size_t n, next_target, in_flight;
	int64_t started, started_boot, ended; /* started, ended: Unix time */
	int64_t guest_deadline;    /* Unix time, 0 none */
	bool starting;             /* its intent is being written */
	bool writing, again, retry, end_in_tx, closed; /* closed: its end is written */
	jobs_started *on_started;
	void *on_started_ctx;
	struct snap_run *snap;     /* of an open snapshot job; NULL */
	/* Of a job with blades. Which of its targets may have been begun is written before they are, so that after a crash the
	 * others are known not to be. */
	bool metal;
	bool vms_first;            /* its VMs are steps before the blades, whose turn comes when nothing runs there */
	bool cut;                  /* loaded: what was not begun is not begun any more */
	size_t may, may_in_tx;     /* so many of the first may be begun, as written; as being written */
	int64_t stagger_ms;        /* between the beginnings of two targets */
	istr *victims; size_t nvictims; /* ids of the VMs that were said to run there, or perhaps to */
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
	struct loop_timer *tick, *turn; /* turn: when a target waits for its time, */
	int64_t turn_at;                /* boot ms */
	bool stopping;
	struct late late[LATE_MAX];
	size_t nlate;
	struct settling *settlings; /* settle.c: under way */
	struct wait *waits;         /* settle.c: when which is tried again */
	struct saving *savings;     /* jobs_seen.c: rows that moved and are not written yet */
};

/* jobs.c */
struct run *run_new(struct jobs *j, const char *id, enum verb v, size_t n);
void run_free(struct run *r);
struct run *run_find(struct jobs *j, const char *id);
/* The target whose job holds the lease on this VM or blade; and the open step that shuts the VM down. */
struct run_target *run_target_of(struct jobs *j, const char *id);
bool target_holds(const struct run_target *t);                      /* is the lease that covers it its job's? True where it needs none */
void vm_cover(struct jobs *j, struct vm *vm);                       /* marks it as held by whoever holds it or its blade, or nobody */
void run_actor(const struct run *r, struct actor *a);               /* who started it; borrowed */
void run_publish(struct run *r);                                    /* the registry's job as its targets are */
json_t *run_objects(const struct run *r);
enum job_state run_sum_up(const struct run *r, bool shown);         /* its targets' states in one; shown: as consoles see them */
void run_sum_words(const struct run *r, bool shown, struct msg *m); /* the same in words; m is the caller's */
void run_fill_job(const struct run *r, struct job *to);             /* what does not change; to: from object_new */
struct vm *run_vm(const struct run_target *t);
void target_say(struct run_target *t, enum job_state s, const char *text_id, const char *fmt, ...);
void target_say_err(struct run_target *t, enum job_state s, const struct err *e); /* with the error's own words */
bool target_may(struct run_target *t);                              /* whoever began it may still; else that is said on the target */
void target_mark(struct run_target *t, bool on);                    /* on the VM that everybody sees */
void target_release(struct run_target *t);                          /* its lease ends, and its blade when nothing else holds that */
void jobs_tick_soon(struct jobs *j);
void jobs_purge(struct jobs *j);

/* jobs_write.c */
void run_write(struct run *r);                                      /* state, ended leases and, at the end, the record */
void run_store(const struct run *r, struct store_tx *tx);           /* puts the job and its targets */
void run_append_end(const struct run *r, struct store_tx *tx);       /* its record of how it ended */

/* jobs_begin.c */
void run_append_begin(const struct run *r, const struct plan *p, struct store_tx *tx); /* its record of what is about to be done */

/* jobs_snap.c */
/* Reserves and goes on from there; takes the plan. */
void snap_begin(struct run *r, struct plan *p, bool exceeded);
void snap_drop(struct run *r);                                      /* refused: takes back what was reserved; again after a failure */
void snap_unsent(struct run *r);                                    /* left by an earlier broker before its intent: the same */

/* jobs_snap_end.c */
void snap_act(struct run *r);                                       /* its intent is written */
/* What an open snapshot job comes to, said on its target already: its row follows with the transaction that ends it. */
void snap_end(struct run *r, enum snap_state to, uint64_t bytes);
/* In the transaction that ends the job; and when that is written. */
void snap_put_end(const struct run *r, struct store_tx *tx);
void snap_ended(struct run *r);

/* jobs_rows.c */
struct snap_run *snap_run_new(const struct plan_snap *p);
void snap_run_free(struct snap_run *s);
char *snap_run_write(const struct run *r);                          /* for store_job.detail */
void snap_run_read(struct run *r, const char *detail);              /* makes r->snap, of what there is */
json_t *snap_run_record(const struct run *r, const struct plan *p); /* for the audit record */
struct snapshot *snap_row_of(const struct run *r);                  /* create: its row; NULL */
const char *snap_called_by_job(const struct run *r);                /* the name that people know its snapshot by */
void snap_new_id(char *id);                                         /* a fresh "snap:UUID"; size 48 */
/* The row as it is to be, while the book keeps it as it is until that is written. bytes 0, why NULL: as they are. */
void snap_put_as(const struct snapshot *s, enum snap_state to, uint64_t bytes, const char *why, struct store_tx *tx);
bool snap_is_open(const struct snapshot *s);                        /* reserved or sent */
/* An attempt that a limit refused. */
void snap_put_refused(const struct plan *p, const struct actor *a, const struct err *why, struct store_tx *tx);
bool snap_listed(const struct host_snaps *s, const char *host_name);
uint64_t snap_size(const struct host_snaps *s, const char *host_name); /* 0 not known */
/* The name that people know it by. */
const char *snap_called(struct jobs *j, const char *vm_id, const char *host_name);
/* The "late" record of a row that moved without a job of its own; new reference. */
json_t *snap_late_record(struct jobs *j, const struct snapshot *s, enum snap_state to, const struct msg *m);
void snap_tell(struct jobs *j, const char *vm_id, const char *name, const struct msg *m); /* to staff and customers */

/* jobs_seen.c */
void seen_news(struct jobs *j, const struct fleet_news *n);         /* NEWS_VM_SNAPSHOTS, NEWS_VM_GONE */
bool seen_retry(struct jobs *j);                                    /* true while some row is not written */
void seen_free(struct jobs *j);

/* settle.c */
bool settle_tick(struct jobs *j);                                   /* true while something is open */
/* Its definition left its host, and with it whatever may have become of it. */
void settle_gone(struct jobs *j, const struct vm *vm);
bool settle_refused(struct jobs *j, const char *row);               /* its host refuses to clear what it may have left */
void settle_free(struct jobs *j);

/* settle_judge.c */
void settle_judge_revert(struct run *r, const struct host_snaps *snaps);
void settle_judge_delete(struct run *r, const struct host_snaps *snaps);
void settle_age(const struct run *r, char *age, size_t size);       /* since it was sent; size >= 24 */
const char *settle_name(const struct run *r, const struct snapshot *row); /* what people call its snapshot; row NULL: not known */

/* jobs_break.c */
void breaking_end(struct breaking *b, struct err *e);               /* tells who waits; frees b */

/* jobs_send.c */
void run_pump(struct run *r);                                       /* sends to as many hosts as may be under way */
void target_judge(struct run_target *t);
bool target_is_awaited(const struct run_target *t);                 /* sent or perhaps sent, and not settled */
enum outcome_phase target_phase(const struct run_target *t);
void target_send(struct run_target *t);
void act_sent(void *ctx);                                           /* for struct fleet_act: ctx is the target */
void act_done(void *ctx, struct err *e);
void target_settled(struct run_target *t);                          /* written, shown, and the next one's turn */

/* jobs_blade.c */
struct blade *run_blade(const struct run_target *t);                /* NULL when it is gone */
void blade_send(struct run_target *t);
void blade_judge(struct run_target *t);
void blade_watch(struct run_target *t);                             /* on while it is awaited, off when not */
void blade_news(struct jobs *j, const struct fleet_news *n);
/* Is it still, as far as is known, what was confirmed: in its place, the same thing? */
bool blade_is_it(const struct run_target *t, const struct blade *b);
/* Nothing keeps it from being sent that came after its commit; else that is said on the target. */
bool blade_may(struct run_target *t);
/* Its turn in a job that shuts its VMs down first. JOB_RUNNING: nothing runs there. JOB_PENDING: that cannot be seen now.
 * JOB_FAILED: it is said on the target why it is not touched. */
enum job_state blade_turn(struct run_target *t);

/* jobs_steps.c */
void steps_pump(struct run *r);                                     /* run_pump of a job with blades */
size_t steps_window(const struct run *r);                           /* how many of the first may be begun once this is written */
void steps_turn(void *ctx);                                         /* of the timer turn; ctx: struct jobs */
/* jobs_metal.c */
bool steps_words(const struct run *r, bool shown, struct msg *m);   /* false: a plain count says it */
char *metal_write(const struct run *r);                             /* for store_job.detail; NULL: no blades in it */
void metal_read(struct run *r, const char *detail);                 /* after its targets have their ids */
json_t *metal_record(const struct plan *p);                         /* for the record of its beginning; NULL: no blades in it */

/* jobs_late.c */
void late_add(struct jobs *j, const struct run_target *t, bool warn);
/* Says that it came after all; of a VM or blade. */
void late_tell(struct jobs *j, const char *vm_id, const char *name, const char *job, enum verb v, const char *by, const char *age);
void late_news(struct jobs *j, const struct fleet_news *n);
void late_free(struct jobs *j);

#endif

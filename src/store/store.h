/* What must survive: ids, ownership, protection, jobs, leases, the audit chain (ledger.db), and the last seen state
 * of hosts (cache.db, may be thrown away). Speaks the product's words; SQL stays in this room.
 * One writer thread; writes are transactions that are handed over and completed on the loop's thread, in order. */
#ifndef TANA_STORE_H
#define TANA_STORE_H

#include "common/error.h"
#include "common/loop.h"
#include "common/model.h"

struct store;

/* dir is made 0700 if it is not there. Refuses: a store in use by another broker ("store.locked" with its pid), a newer
 * schema, a damaged database (each says what to do). A damaged cache.db is set aside and made anew. */
struct err *store_open(const char *dir, struct loop *loop, struct store **out);
void store_close(struct store *s);       /* finishes what was handed over, runs its completions */

/* Loading, synchronous, once at start before the loop runs. Strings are borrowed during each call. */
struct store_vm { const char *id, *uuid, *name, *tenant; bool bound; bool protect; };
struct store_placement { const char *uuid, *host; struct vm vm; /* fields as last seen: name state vcpus mem_kib persistent seen since guest */ };
struct store_host { const char *name; struct blade blade; /* driver version hostname host_uuid model serial cpus mem_kib seen, and
	power power_seen power_since health fitted named bay_model bay_serial firmware */ };
struct store_target { char *id; char *name; enum job_state state; char *text_id; char *text; };
struct store_job {
	struct job job;
	uint64_t uid;
	struct store_target *targets;
	size_t ntargets;
	const char *detail;       /* of a snapshot job: what was asked, a JSON object (column detail of job); "" or NULL none */
};
/* A snapshot that Tana took, is taking, or was refused: the ledger of their use. On the host it is called "tana-UUID". */
enum snap_state {
	SNAP_RESERVED,  /* counted, nothing was sent yet */
	SNAP_SENT,      /* the intent is written: it may be on the host; counted until the host says that it is not */
	SNAP_KEPT,      /* seen on the host */
	SNAP_GONE,      /* was there, and was deleted (by whom tells the audit log) */
	SNAP_FAILED,    /* never came to be: not counted */
	SNAP_REFUSED,   /* a limit refused it: for the report alone */
	SNAP_STATE_COUNT
};
const char *snap_state_name(enum snap_state s);  /* "reserved", "sent", ... as stored */
struct store_snapshot {           /* strings borrowed, NULL is "" */
	const char *id;           /* "snap:UUID" */
	const char *vm, *vm_name; /* id of the VM, and its name then */
	const char *tenant;       /* who owned the VM then */
	const char *charged;      /* the tenant whose allowance it uses, "" the provider's */
	const char *name, *note;  /* the user's own */
	const char *by, *origin, *job;
	uint64_t uid;
	enum role role;           /* of who took it */
	enum snap_state state;
	bool memory, external;
	bool exceeded;            /* an operator went over a limit for it */
	int64_t at;               /* reserved at, Unix time; never before that of an earlier row */
	int64_t ended;            /* gone, failed, refused at; 0 */
	uint64_t bytes;           /* what it takes as far as known; reserved: what it may need */
	const char *xml;          /* what clears it, while its outcome is open */
	const char *why;          /* of refused and failed: English */
};
/* A temporary change of a limit. object: a VM's id or "tenant:NAME"; kind and value as in site/limits.h. */
struct store_event { int64_t seq, at; enum kind kind; const char *object, *name; const char *what; /* a message as JSON */ };
struct store_limit { const char *object, *kind, *value; int64_t until; const char *ref, *by; int64_t at; };
/* Place and thing: which blade was last known to stand in a place, as manager and host told it ("" not told). */
struct store_pair { const char *blade, *place; const char *manager_serial, *host_serial, *host_uuid; const char *by; /* "" by itself */ int64_t at; };
/* What somebody did with an alert: "acknowledged", or "muted" until. */
struct store_alert { const char *id, *object, *state; int64_t until; const char *by, *ticket, *note; int64_t at; };
/* A blade under observation: object is "blade:NAME"; until 0: until it is taken off. */
struct store_note { const char *object, *text; int64_t until; const char *by; int64_t at; };
struct store_reader {
	void *ctx;
	void (*vm)(void *ctx, const struct store_vm *v);
	void (*host)(void *ctx, const struct store_host *h);
	void (*placement)(void *ctx, const struct store_placement *p);
	void (*job)(void *ctx, const struct store_job *j);   /* open ones, and the newest 200 closed ones */
	void (*lease)(void *ctx, const struct lease *l);
	/* those that are reserved, sent or kept, and all that were taken in the last 400 days */
	void (*snapshot)(void *ctx, const struct store_snapshot *s);
	void (*limit)(void *ctx, const struct store_limit *l);
	void (*pair)(void *ctx, const struct store_pair *p);
	void (*alert)(void *ctx, const struct store_alert *m);
	void (*note)(void *ctx, const struct store_note *n);
	void (*alert_seen)(void *ctx, const char *id, int64_t since); /* from the cache */
	void (*event)(void *ctx, const struct store_event *e);        /* the same: the newest hundred, oldest first */
};
struct err *store_load(struct store *s, const struct store_reader *r);

/* Writing. A transaction copies all it is given; commit hands it over and forgets it. If it fails as a whole, done gets
 * the error (ERR_FAILED, "store.write") and nothing of it was written. done may be NULL.
 * "store.unknown" (ERR_TIMEOUT): the disk failed so that it cannot be told. For this process it was not written, and nothing
 * else will be until that is sure; but if the process ends before, it may be there at the next start. */
struct store_tx;
typedef void store_done(void *ctx, struct err *e); /* e is owned by the receiver */
struct store_tx *store_begin(struct store *s);
void store_put_vm(struct store_tx *tx, const struct store_vm *v);     /* insert or change; by id; a UUID has one id */
void store_put_job(struct store_tx *tx, const struct store_job *j);   /* the same; by id, with its targets */
/* One that was refused before its intent was written; with its targets, and its snapshot if that is still reserved. */
void store_drop_job(struct store_tx *tx, const char *id);
void store_put_snapshot(struct store_tx *tx, const struct store_snapshot *s); /* insert or change; by id */
void store_put_limit(struct store_tx *tx, const struct store_limit *l);       /* the same; by object and kind */
void store_drop_limit(struct store_tx *tx, const char *object, const char *kind);
void store_put_pair(struct store_tx *tx, const struct store_pair *p);         /* the same; by blade */
void store_put_alert(struct store_tx *tx, const struct store_alert *m);       /* insert or change; by id */
void store_drop_alert(struct store_tx *tx, const char *id);
void store_put_note(struct store_tx *tx, const struct store_note *n);         /* the same; by object */
void store_drop_note(struct store_tx *tx, const char *object);
/* An anchor was sent to where nobody here can change it: seq and hash of the newest record then. */
void store_put_anchor(struct store_tx *tx, int64_t seq, const char *hash, int64_t at);
/* The tx fails when the object has one: ERR_LEASE "store.lease" {object, name, by, verb, job, since}. */
void store_take_lease(struct store_tx *tx, const struct lease *l);
void store_drop_lease(struct store_tx *tx, const char *object_id);
/* One audit record, chained by SHA-256 to the one before (worked out on the writer). what: an object, borrowed. seq, at and prev
 * are added; at never runs backwards, and where the clock did, wall is what it said. Filed under the ids in its "objects", the
 * blades that they name ("blade:NAME"), and its "job". safety/audit.h says what stands in it. */
void store_append(struct store_tx *tx, json_t *what);
void store_commit(struct store_tx *tx, store_done *done, void *ctx);

/* The last seen state of one host, whole; coalesced, written behind, may be lost. vms: copied. */
void store_cache_host(struct store *s, const struct blade *b, const struct vm *const *vms, size_t n);
void store_cache_vm(struct store *s, const char *host, const struct vm *vm);
void store_cache_forget_vm(struct store *s, const char *host, const char *uuid);

/* What happened, numbered by the caller in growing order: written behind, the newest 20,000 are kept; may be lost with the cache. */
void store_cache_event(struct store *s, const struct store_event *e);
void store_cache_alert(struct store *s, const char *id, int64_t since); /* since when an alert stands; 0: no more */

/* Reading later, on the writer's thread, answered on the loop's. records: array of objects, newest last, owned by the
 * receiver. object "" = all; since: Unix time; before: sequence to page back from, 0 = newest; limit <= 1000. */
struct store_query {
	const char *object; int64_t since; int64_t before; int limit;
	/* of the audit log alone; NULL or "" any. until: Unix time, 0 any. tenant: of who did it, or whose the objects are. A record is
	 * looked at one by one where no object is given: in slices, so that nothing else waits. */
	const char *by, *tenant, *verb, *what; int64_t until;
	const char *const *without; /* not records of these kinds (what), NULL-terminated and there for good; NULL all */
	json_t *tenant_ids; /* object whose keys are ids of VMs that are that tenant's too; taken over, NULL none */
};
typedef void store_records(void *ctx, struct err *e, json_t *records);
void store_audit(struct store *s, const struct store_query *q, store_records *done, void *ctx);
/* Events: array of {"seq","at","kind","object","name","what"}, newest last; what was handed over before is among them. after: only those
 * with a higher number, and then the oldest of them come first to be answered (0: the newest). before, object, limit as above. */
void store_events(struct store *s, const struct store_query *q, int64_t after, store_records *done, void *ctx);
/* anchors: array of {"seq","hash"} that the caller kept elsewhere (borrowed, NULL none): each record named must be as it was.
 * {"records":n,"ok":bool,"bad":seq,"reason":MESSAGE,"head":hash,"head_seq":seq,"anchored":seq of the newest anchor that agrees,
 * 0 none,"anchored_at":t,"given":number of anchors of the caller's that were checked,"tail":records after the newest anchor}.
 * Without the caller's own, the store's note of what was sent is what anchored speaks of. */
void store_audit_verify(struct store *s, json_t *anchors, store_records *done, void *ctx);
/* {"seq","hash","anchored":seq of the newest anchor noted, 0 none}: the newest record, to be anchored. */
void store_audit_head(struct store *s, store_records *done, void *ctx);
/* Rows for a report: every snapshot reserved in [from, to) that was not given up unsent, oldest first, at most 4000:
 * [{"id","vm","vm_name","tenant","charged","name","by","role","state","at","ended","bytes","exceeded","why"}]. tenant "" all.
 * after: the id of a row of an earlier answer, behind which this one goes on, "" none; ERR_USAGE report.after: it is not there. */
void store_report_snapshots(struct store *s, int64_t from, int64_t to, const char *tenant, const char *after, store_records *done,
	void *ctx);

#endif

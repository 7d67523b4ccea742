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
struct store_host { const char *name; struct blade blade; /* driver version hostname host_uuid model serial cpus mem_kib seen */ };
struct store_target { char *id; char *name; enum job_state state; char *text_id; char *text; };
struct store_job { struct job job; uint64_t uid; struct store_target *targets; size_t ntargets; };
struct store_reader {
	void *ctx;
	void (*vm)(void *ctx, const struct store_vm *v);
	void (*host)(void *ctx, const struct store_host *h);
	void (*placement)(void *ctx, const struct store_placement *p);
	void (*job)(void *ctx, const struct store_job *j);   /* open ones, and the newest 200 closed ones */
	void (*lease)(void *ctx, const struct lease *l);
};
struct err *store_load(struct store *s, const struct store_reader *r);

/* Writing. A transaction copies all it is given; commit hands it over and forgets it. If it fails as a whole, done gets
 * the error (ERR_FAILED, "store.write") and nothing of it was written. done may be NULL. */
struct store_tx;
typedef void store_done(void *ctx, struct err *e); /* e is owned by the receiver */
struct store_tx *store_begin(struct store *s);
void store_put_vm(struct store_tx *tx, const struct store_vm *v);     /* insert or change; by id; a UUID has one id */
void store_put_job(struct store_tx *tx, const struct store_job *j);   /* the same; by id, with its targets */
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

/* Reading later, on the writer's thread, answered on the loop's. records: array of objects, newest last, owned by the
 * receiver. object "" = all; since: Unix time; before: sequence to page back from, 0 = newest; limit <= 1000. */
struct store_query { const char *object; int64_t since; int64_t before; int limit; };
typedef void store_records(void *ctx, struct err *e, json_t *records);
void store_audit(struct store *s, const struct store_query *q, store_records *done, void *ctx);
/* {"records":n,"ok":bool,"bad":seq,"reason":...,"head":hash} */
void store_audit_verify(struct store *s, store_records *done, void *ctx);

#endif

/* The book of snapshots: those that Tana took or is taking (the ledger's rows), those that hosts list, the limits that hold for
 * each VM and tenant, and what is used of them. In memory, on the loop's thread; the store's rows are its truth over a
 * restart. Every count is worked out from rows and hosts' lists, nothing is counted up and down. Called by plan.c, the
 * snapshot jobs and the broker. */
#ifndef TANA_BOOK_H
#define TANA_BOOK_H

#include "common/registry.h"
#include "hosts/host.h"
#include "safety/policy.h"
#include "safety/quota.h"
#include "store/store.h"

struct book;

/* A row, as store_snapshot has it; owned by the book, found until it is forgotten (never while reserved, sent or kept). */
struct snapshot {
	struct snapshot *next;    /* of the same VM, newest first */
	char id[48];
	char *host_name;          /* "tana-UUID" */
	istr vm, vm_name, tenant, charged, by, origin, job;
	char *name, *note, *xml, *why;
	uint64_t uid, bytes;
	enum role role;
	enum snap_state state;
	bool memory, external, exceeded;
	int64_t at, ended;
	int64_t moved;            /* boot ms when its state last moved here: older lists do not speak of it */
	bool saving;              /* its newest state is on its way to the store */
};

struct book_config {
	struct registry *objects;
	/* Shows what is known of a VM: fleet_mark_snaps. */
	void *ctx;
	void (*mark)(void *ctx, struct vm *vm, int64_t snaps, int64_t busy, int64_t max, const char *snap);
};
struct book *book_new(const struct book_config *c);
void book_free(struct book *b);

/* Start: rows come from store_load; then the site, and again at each reload (the model is borrowed until the next). */
void book_load_snapshot(struct book *b, const struct store_snapshot *s);
void book_load_limit(struct book *b, const struct store_limit *l);
void book_site(struct book *b, const struct site_model *m);

/* ---- what hosts say ---- */

/* The names that its host lists for this VM. Rows follow: a kept one that is missing is gone, a failed or gone one that is
 * there is kept again (a late effect); a sent one that is there stays sent until its job or the settling says so. moved: each
 * row whose state moved (borrowed, to be written with book_put); asked: boot ms when the host was asked. */
void book_listed(struct book *b, struct vm *vm, char *const *names, size_t n, int64_t asked, void (*moved)(void *ctx,
	struct snapshot *s, enum snap_state was), void *ctx);
/* It is about to leave the registry: its host has it no longer. What it kept is gone with it, told as by book_listed. */
void book_left(struct book *b, struct vm *vm, void (*moved)(void *ctx, struct snapshot *s, enum snap_state was), void *ctx);
/* All that was told of one VM; kept for some hundred VMs. The book takes what is in it. */
void book_saw(struct book *b, const struct vm *vm, struct host_snaps *s);
/* NULL: never told, or forgotten. *at: Unix time. */
const struct host_snaps *book_seen(struct book *b, const char *vm_id, int64_t *at);
void book_need_seen(struct book *b, const char *vm_id, int64_t ms); /* a preview of it is shown: it is kept for so long */
void book_vm_changed(struct book *b, struct vm *vm); /* new, gone or with another owner or name: its limits and marks anew */

/* ---- rows ---- */

/* A new row in state reserved, counted from now on. what: copied; at is set here (never backwards). */
struct snapshot *book_reserve(struct book *b, const struct store_snapshot *what);
/* What was never sent is taken back: the row goes. */
void book_unreserve(struct book *b, struct snapshot *s);
/* Moves its state, and the marks of its VM. bytes 0: as it was. why NULL: as it was. */
void book_move(struct book *b, struct snapshot *s, enum snap_state to, uint64_t bytes, const char *why);
void book_put(const struct snapshot *s, struct store_tx *tx);     /* writes the row as it is now */
struct snapshot *book_find(struct book *b, const char *id);       /* "snap:UUID"; NULL */
struct snapshot *book_rows(struct book *b, const char *vm_id);    /* the newest; NULL none */
/* The one on this VM that this host name belongs to; NULL: made outside. */
struct snapshot *book_of_host(struct book *b, const char *vm_id, const char *host_name);
/* Every row that is in this state. fn may move it. */
void book_each(struct book *b, enum snap_state is, void (*fn)(void *ctx, struct snapshot *s), void *ctx);

/* ---- limits ---- */

struct book_ask {
	const struct vm *vm;
	const char *charged;      /* the tenant, "" the provider: then nothing is needed of the tenant's limits */
	uint64_t bytes;           /* what it may need */
	const char *but;          /* id of a row that is left out (the asker's own reservation), "" none */
};
/* What holds for this VM now and what one more would meet. Its strings live until the book changes. */
void book_quota(struct book *b, const struct book_ask *a, struct quota *out);
/* NULL, or ERR_LIMIT snapshot.kept.full, snapshot.taken.full, snapshot.space.full (each also .tenant for all servers), with
 * what is used, the limit, what is under way, and when there is room again. */
struct err *book_may_take(struct book *b, const struct book_ask *a);
/* [{"kind","scope":"server"|"tenant","max":n|null,"used":n,"busy":n,"needed":n,"full":bool,"next":t,"until":t,"ref":...,"limit":
 * text as written,"words":MESSAGE}]: "2+1 of 3 kept (this server)". ref for staff alone. New reference. */
json_t *book_limits_json(struct book *b, const struct book_ask *a, bool staff);
/* The same for a tenant as a whole. */
json_t *book_tenant_json(struct book *b, const char *tenant, bool staff);

/* A temporary change: replaces one of the same object and kind. object: a VM's id or "tenant:NAME". The caller writes it. */
void book_limit_set(struct book *b, const struct store_limit *l);
void book_limit_drop(struct book *b, const char *object, enum limit_kind k);
/* The temporary changes of one object, in the order of kinds. Borrowed during the call. */
void book_each_change(struct book *b, const char *object, void (*fn)(void *ctx, const struct store_limit *l), void *ctx);
/* Boot ms at which a temporary change ends or a period's allowance returns, whichever is first, so that marks are made anew by
 * book_tick then; 0 never. */
int64_t book_next(struct book *b);
/* Ended changes are dropped (each is told, to be taken out of the store), marks made anew where time moved something. */
void book_tick(struct book *b, void (*ended)(void *ctx, const struct store_limit *l), void *ctx);

#endif

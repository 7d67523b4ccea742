/* One connection: one lane of one host, and the calls on it, of which at most one is under way. The loop's thread owns
 * it; a worker has it while a call runs; the host's threads put events into the mailbox. Used by supervisor.c. */
#ifndef TANA_CONN_H
#define TANA_CONN_H

#include "fleet/inside.h"

#include <pthread.h>

enum call_kind { CALL_OPEN, CALL_FACTS, CALL_LIST, CALL_LOOK, CALL_DETAIL, CALL_SNAPS, CALL_ACT, CALL_SNAP, CALL_CLOSE,
	CALL_STATS, CALL_EXTRA, CALL_SCREEN };

struct order {                          /* a host_snap_order that owns its strings */
	struct host_snap_order o;
	char *name, *note, *xml;
};

struct call {
	struct mail mail;
	struct work work;
	struct call *next;              /* in a queue */
	struct conn *conn;              /* NULL while it waits */
	enum call_kind kind;
	enum verb verb;
	char uuid[HOST_UUID_LEN + 1];
	bool incoming;                  /* CALL_LOOK: a migration brings this VM */
	bool rough;                     /* CALL_FACTS: identity alone; CALL_LIST: states alone */
	bool light;                     /* CALL_LIST: states and snapshots alone */
	bool with_facts;                /* CALL_LIST: all facts first */
	int limit_ms;                   /* may take so long, from when a worker began with it */
	int64_t wait_until;             /* may wait for its turn until then, boot ms */
	bool overdue;                   /* its deadline passed and its connection was aborted */
	struct order *order;            /* CALL_SNAP; CALL_SNAPS: what to prepare, or NULL */
	/* who asked, for CALL_ACT and CALL_SNAP (act), CALL_DETAIL and CALL_SNAPS; answered once */
	bool owed;
	struct fleet_act act;
	void (*told)(void *ctx, struct err *e, const struct host_vm_detail *d);
	void (*told_snaps)(void *ctx, struct err *e, struct host_snaps *s);
	void (*told_screen)(void *ctx, struct err *e, const struct host_screen *s); /* CALL_SCREEN */
	void *told_ctx;
	char (*uuids)[HOST_UUID_LEN + 1]; /* CALL_STATS, CALL_EXTRA: of which VMs */
	/* what came back */
	struct err *err;
	struct host_facts *facts;
	struct host_vm *vms;            /* CALL_LIST: nvms of them; CALL_LOOK: one */
	size_t nvms;
	struct host_vm_detail *detail;
	struct host_snaps *snaps;
	struct host_stat *stats;        /* nstats of them, as of stats_at (boot ms) */
	size_t nstats;
	int64_t stats_at;
	struct host_extra *extras;      /* nextras wanted, of the first `asked` of which it was asked; of some nothing is known */
	size_t nextras, asked;
	struct host_screen *screen;
};

struct event {                          /* one event of a host on its way to the loop */
	struct mail mail;
	struct event *next;             /* kept until the first list is in */
	struct conn *conn;
	enum host_event_kind kind;
	enum host_why why;
	enum vm_state state;
	char uuid[HOST_UUID_LEN + 1];
	char *text;
};

struct conn {
	struct sup *s;
	struct fleet *f;
	enum lane lane;
	pthread_mutex_t lock;           /* guards h against being freed under an abort */
	struct host *h;
	bool one_lane;
	bool open, lost, closing;
	int64_t idle_since;             /* boot ms */
	struct call *flying;            /* the one unreturned call */
	_Atomic int events;             /* on their way */
	_Atomic bool spilled;           /* more came than are kept: a list has to make up for them */
};

struct host_spec conn_spec(const struct sup *s); /* borrowed from it */
/* The URI may be of no known kind: ERR_USAGE. Nothing runs yet. */
struct err *conn_new(struct sup *s, enum lane lane, struct conn **out);
/* Hands call to a worker; there must be no other under way. How it stands in line there: a call of a host that is up;
 * the next step of one that comes up or is let go; the first step of one that failed so often in a row. */
enum turn { TURN_CALL = -2, TURN_NEXT = -1, TURN_FIRST = 0 };
void conn_call(struct conn *c, struct call *call, int turn);
void conn_abort(struct conn *c);
void conn_close(struct conn *c);        /* on a worker; then sup_closed */
bool conn_take_back(struct conn *c);    /* the call under way was not begun and will not be; it is the caller's again */

struct call *call_new(enum call_kind kind, const char *uuid, int limit_ms);
struct order *order_copy(const struct host_snap_order *o);
static inline bool call_is_order(const struct call *c) { return c->kind == CALL_ACT || c->kind == CALL_SNAP; } /* changes a VM */
void call_answer(struct call *c, struct err *e); /* the one answer that is owed, if it still is; owns e */
void call_free(struct call *c);
void event_free(struct event *e);

#endif

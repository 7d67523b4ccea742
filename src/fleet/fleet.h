/* What is there: supervises every host, keeps the registry true, mints VM ids, binds owners, remembers last states.
 * Loop thread only; blocking work runs on its workers. Safety stands above it: fleet does what it is told. */
#ifndef TANA_FLEET_H
#define TANA_FLEET_H

#include "common/loop.h"
#include "common/registry.h"
#include "enclosures/manager.h"
#include "hosts/host.h"
#include "site/site.h"
#include "store/store.h"

struct fleet;

struct fleet_config {
	struct loop *loop;
	struct registry *registry;
	struct store *store;      /* NULL: nothing is kept (tests) */
	const char *runtime_dir;  /* private 0700 directory, borrowed until fleet_free */
	int connect_ms;           /* each step of coming up; 0 = 10000 */
	int short_ms;             /* a short call; 0 = 15000 */
	int long_ms;              /* a long call (power on); 0 = 300000 */
	int snap_ms;              /* a snapshot's call; 0 = a day: it ends by its outcome, its transport or an operator */
	int list_every_s;         /* the safety net below events; 0 = 300, spread out; on a big site half as much again */
	int rough_above;          /* a site of more hosts is big: first listed by states alone, that all are soon there; 0 = 50 */
	int backoff_ms, backoff_max_ms; /* 0 = 1000, 60000; with jitter */
	const struct dialects *dialects; /* NULL: no manager is spoken to. Borrowed until fleet_free or fleet_dialects */
	int manager_ms;           /* a step of a manager's session; 0 = 10000 */
	int manager_status_ms;    /* between two readings of a blade's power while a job awaits it; 0 = 2000 */
};

/* What fleet tells the rooms above, on the loop's thread, after the registry was changed. */
enum fleet_news_kind {
	NEWS_VM_STATE,     /* vm, was, why: its state moved (not told while a host's first list comes in after start) */
	NEWS_VM_REBOOTED,  /* vm went through a reset */
	NEWS_VM_NEW, NEWS_VM_GONE, /* gone: told before it leaves the registry */
	NEWS_VM_MOVED,     /* vm is on another blade now */
	NEWS_HOST,         /* blade's host state moved, host_was */
	NEWS_LISTED,       /* blade was listed whole: every VM of it is as of now */
	NEWS_VM_SNAPSHOTS, /* vm: names of its snapshots on the host, as of asked; told after each list that knows them (also an
	                    * unchanged one) and before NEWS_LISTED, and after each fleet_snapshots before its done */
	NEWS_ALERT,        /* vm, blade or enclosure: msg says what is wrong (twice, owner, host UUID, power against host), or that a
	                    * blade was pulled, put in or changed */
	NEWS_BLADE,        /* blade: its manager told its power (moved or not), as of asked; power_was */
	NEWS_MANAGER       /* enclosure (or blade, of a single server): state of its manager moved */
};
struct fleet_news {
	enum fleet_news_kind kind;
	struct vm *vm;           /* or NULL */
	struct blade *blade;     /* or NULL */
	enum vm_state was;
	enum host_state host_was;
	enum host_why why;
	const struct msg *msg;
	char *const *snaps;      /* of NEWS_VM_SNAPSHOTS, borrowed */
	size_t nsnaps;
	int64_t asked;           /* boot ms when the call that told them began */
	enum power_state power_was;
	bool unread;             /* of NEWS_BLADE: its manager has not told yet, in this session, which blade stands there */
	struct enclosure *enclosure;
};
struct fleet_watch { void *ctx; void (*news)(void *ctx, const struct fleet_news *n); };

struct fleet *fleet_new(const struct fleet_config *c);
/* Aborts what runs, waits for workers (bounded by connect_ms), frees. Every done that is still owed comes meanwhile; no
 * news does. The registry outlives it, with all its objects; store_close comes after it. */
bool fleet_free(struct fleet *f); /* false: some call hangs for good, and has the dialects still */
void fleet_watch(struct fleet *f, const struct fleet_watch *w); /* borrowed until fleet_free */

/* Start: ids, owners, protections and last seen states from the store. Rows come through these from store_load. */
void fleet_load_vm(struct fleet *f, const struct store_vm *v);
void fleet_load_host(struct fleet *f, const struct store_host *h);
void fleet_load_placement(struct fleet *f, const struct store_placement *p);

/* Makes racks, enclosures, blades and hosts as the model says: new ones connect, gone ones are let go (a blade that is
 * busy stays as "retiring" until fleet_release), changed addresses reconnect. A bay without a blade is a blade object
 * without a name, id "blade:ENCLOSURE/BAY". The model is borrowed until the next apply. */
void fleet_apply(struct fleet *f, const struct site_model *m, bool (*busy)(void *ctx, const char *blade), void *ctx);
void fleet_release(struct fleet *f, const char *blade);
const struct site_model *fleet_site(const struct fleet *f);

/* Asks the host now: connects at once when it is in backoff, lists again when it is up. */
void fleet_refresh(struct fleet *f, const char *blade);
/* How long the host has been up and listed without a break, ms; -1 when it is not. */
int64_t fleet_steady_ms(const struct fleet *f, const char *blade);
/* What this VM's host can do; *why (borrowed row id) when OUTCOME_NO. A host never seen: OUTCOME_STATE. */
enum host_outcome fleet_can(const struct fleet *f, const struct vm *vm, enum verb v, const char **why, const char **driver);

/* One power verb. done comes exactly once, on the loop: NULL = the host accepted it. ERR_TIMEOUT or ERR_UNREACHABLE after
 * it was sent: outcome unknown. sent comes before, when the call leaves for the host (may never come). */
struct fleet_act {
	void *ctx;
	void (*sent)(void *ctx);
	void (*done)(void *ctx, struct err *e); /* owns e */
};
void fleet_act(struct fleet *f, const struct vm *vm, enum verb v, const struct fleet_act *a);
/* Details for the VM view; *d is borrowed during the call; e is owned by the receiver. */
void fleet_detail(struct fleet *f, const struct vm *vm, void (*done)(void *ctx, struct err *e, const struct host_vm_detail *d), void *ctx);

/* A VM's snapshots, over the short lane; prepare: copied, NULL none; *s is borrowed during the call, and may be changed by it. */
void fleet_snapshots(struct fleet *f, const struct vm *vm, const struct host_snap_order *prepare,
	void (*done)(void *ctx, struct err *e, struct host_snaps *s), void *ctx);
/* One order on a VM's snapshots (copied), on a lane of its own as far as there are lanes, orders on one VM in their turn; done
 * and sent as for fleet_act (never sent: it had no effect). A slow or lost short lane does not end it; the loss of its own
 * connection does, and that the host cannot be reached anew. */
void fleet_snapshot(struct fleet *f, const struct vm *vm, const struct host_snap_order *o, const struct fleet_act *a);
/* Gives up the fleet_snapshot with this ctx, if it is under way or waits: done comes, soon, with ERR_TIMEOUT
 * (fleet.abandoned, or fleet.dropped when it was not sent). */
void fleet_snapshot_abandon(struct fleet *f, void *act_ctx);

/* --- What VMs do now: asked of their hosts only while somebody watches. (stats.c) --- */
#define FLEET_STATS_S 5           /* between two answers */
struct fleet_stat { int cpu_permille; /* of all its vCPUs */ int64_t mem_used_kib, disk_read, disk_write, net_in, net_out; /* bytes a
	* second */ };                /* -1 each: not known */
/* Told on the loop; the stat is borrowed. One receiver. */
void fleet_stats_sink(struct fleet *f, void (*stat)(void *ctx, struct vm *vm, const struct fleet_stat *s), void *ctx);
void fleet_stats_watch(struct fleet *f, const char *uuid, bool on); /* counted; the VM may be gone by then */
/* Its screen, over the long lane, which alone suffers where that hangs. *s is borrowed during the call; e is the receiver's. */
void fleet_screenshot(struct fleet *f, const struct vm *vm, void (*done)(void *ctx, struct err *e, const struct host_screen *s), void *ctx);

/* --- Serial consoles: each on a connection of its own, so that neither a guest that never stops talking nor one that takes nothing
 * holds up anything else, be it another's console. --- */
#define FLEET_CONSOLE_IN (64 * 1024)  /* bytes of the guest that wait for the loop; more: the oldest are left out and counted */
#define FLEET_CONSOLE_OUT (16 * 1024) /* bytes of the user that wait for the guest */
struct fleet_console;
struct fleet_console_sink {       /* on the loop; nothing comes after fleet_console_close */
	void *ctx;
	void (*opened)(void *ctx, struct err *e); /* once; owns e: there is none then, and nothing else comes */
	/* What the guest said; lost: bytes before these that were left out. */
	void (*data)(void *ctx, const void *data, size_t n, uint64_t lost);
	void (*ended)(void *ctx, struct err *e);  /* once; owns e; NULL: the guest's side ended */
};
/* force: takes it from whom it is open for outside Tana. Errors at once: its host is not up, or has no consoles. Each console is
 * closed by its owner, whatever became of it. */
struct err *fleet_console_open(struct fleet *f, const struct vm *vm, bool force, const struct fleet_console_sink *s,
	struct fleet_console **out);
/* False: there is no room for it, nothing of it was taken. What comes after the end is taken and goes nowhere. */
bool fleet_console_write(struct fleet_console *c, const void *data, size_t n);
void fleet_console_close(struct fleet_console *c); /* does not block */
/* NULL, or why its host can open no serial console: a row with a {driver} hole. */
const char *fleet_no_console(const struct fleet *f, const struct vm *vm, const char **driver);

/* --- Blades, through the manager of their enclosure or their own. One command at a time for each manager; orders go before
 * polls. A blade whose manager says off is not tried as a host; when it says on it is, at once. --- */
bool fleet_dialects(struct fleet *f, const struct dialects *d); /* after a reload: managers speak anew; true: the old ones may be
                                                                 * freed when it returns; false: a manager that hangs still has
                                                                 * them, for ever */
/* Can its manager do it? OUTCOME_STATE (seen as power), OUTCOME_UNSEEN (locate, reboot, reset: taken, and nothing shows it) or
 * OUTCOME_NO with *why, a row of messages.def with {name} {dialect} holes (blade.manager.none, blade.manager.silent, dialect.cannot,
 * blade.manager.unread: of what ends work, until it has told again which blade stands there). */
enum host_outcome fleet_blade_can(const struct fleet *f, const struct blade *b, enum verb v, const char **why, const char **dialect);
/* How soon its power follows the verb, once its manager took it, as the dialect says, ms; 0 not known. */
int64_t fleet_blade_within_ms(const struct fleet *f, const struct blade *b, enum verb v);
/* One power verb, or locate. As fleet_act: done NULL = its manager took it; sent when it left. */
void fleet_blade_act(struct fleet *f, const struct blade *b, enum verb v, const struct fleet_act *a);
/* An order that still waits for its turn is not sent any more: answered fleet.dropped; act_ctx as in its fleet_act. False: it may
 * have left. */
bool fleet_blade_withdraw(struct fleet *f, const struct blade *b, const void *act_ctx);
/* While on, its power is read every manager_status_ms (NEWS_BLADE each time); counted. */
void fleet_blade_watch(struct fleet *f, const char *blade, bool on);
/* How long its manager has been up, telling this blade's power, without a break, ms; -1 when it is not. */
int64_t fleet_blade_steady_ms(const struct fleet *f, const char *blade);
/* This place holds this blade: what manager and host say now is from here on the agreeing pair. Written with the transaction. */
void fleet_pair(struct fleet *f, struct blade *b, const char *by, struct store_tx *tx);
void fleet_pair_undo(struct fleet *f, struct blade *b);     /* that transaction failed: it is as it was before */
void fleet_mark_blade(struct fleet *f, struct blade *b, const char *job, const char *verb, const char *by);
/* For `show`: {"managers":[{"address","role","state","why"}],"dialect","title","sensors":[{"kind","name","value","health","absent"}],
 * "sessions","commands"} of an enclosure's manager, or a single server's; NULL when it has none. New reference. */
json_t *fleet_metal_detail(const struct fleet *f, enum kind k, const void *object);
/* Asks the manager now: everything. */
void fleet_metal_refresh(struct fleet *f, enum kind k, const void *object);
void fleet_load_pair(struct fleet *f, const struct store_pair *p);   /* from store_load */

/* Protection is ours: written with the given transaction, then shown. */
void fleet_protect(struct fleet *f, struct vm *vm, bool on, struct store_tx *tx);
/* What is known of a VM's snapshots and limits, to be shown: fields snaps, snaps_busy, snaps_max, snap of struct vm. */
void fleet_mark_snaps(struct fleet *f, struct vm *vm, int64_t snaps, int64_t busy, int64_t max, const char *snap);
/* Marks a VM as held by a job ("" fields when none). */
void fleet_mark(struct fleet *f, struct vm *vm, const char *job, const char *verb, const char *by);

#endif

/* One host's life: down, connecting, up, stale, backoff; what waits for it and what it has to be asked. conn.c calls
 * back here when something returned. */
#ifndef TANA_SUPERVISOR_H
#define TANA_SUPERVISOR_H

#include "fleet/conn.h"

struct bay;
struct pair;

#define LOOKS_MAX 32   /* more VMs than this to look at: list the host instead */
#define WAITING_MAX 64 /* orders that may wait on one lane, and as many questions */
#define KEPT_MAX 1024  /* events kept while the first list is under way */

struct sup {
	struct fleet *f;
	istr name, uri, key_file, known_hosts;
	struct blade *blade;            /* the registry's; NULL: loaded only, or leaving */
	bool wanted;                    /* in the model (while one is applied) */
	bool retiring;                  /* gone from the model, but busy */
	bool released;                  /* no longer busy: let go at the end of this turn */
	bool known;                     /* its VMs were known once: new ones are news */
	bool live;                      /* up, and not stale */
	bool listed;                    /* up and listed since this connection came up */
	bool at_once;                   /* connect as soon as the old connection is closed */
	bool fresh;                     /* got its blade in this apply */
	bool dirty;                     /* in fleet's list of blades whose numbers moved */
	bool stuck;                     /* said that a call does not come back */
	enum host_state state;
	unsigned failures;
	int64_t up_at, retry_at, list_at; /* boot ms, 0 none */

	struct conn *conn[LANE_COUNT];
	struct call *queue[LANE_COUNT]; /* the lanes for snapshots have one, that of LANE_SNAP */
	int64_t snap_open_at;           /* no further lane for snapshots is opened before, boot ms; 0 = none failed */
	bool list_wanted;
	bool list_by_time;              /* by nothing else: on a big site a light list does */
	int lights;                     /* light lists since the last whole one */
	uint32_t serial;                /* of the list under way or the last one */
	bool listing;
	bool rough;                     /* listed by states alone so far: the whole list follows when few calls are under way */
	struct look { char uuid[HOST_UUID_LEN + 1]; bool incoming; } *looks;
	size_t nlooks;
	bool look_dirty;                /* an event came for the VM that is being looked at */
	struct event *kept, **kept_last;
	size_t nkept;

	bool facts_known;
	unsigned char can[VERB_COUNT];
	const char *why_not[VERB_COUNT];
	const char *no_console;
	istr uuid_was;                  /* the host UUID known before, when it changed */
	struct sup *same_next;          /* others with the same host UUID */

	struct bay *bay;                /* what its manager says of it, see metal.h; NULL: no manager speaks for it */
	int bay_watches;                /* how many await its power; also while no manager speaks for it */
	struct pair *pair;              /* the blade that was last known to stand there; NULL */
	struct pair *pair_was;          /* before an operator made a pair, for when that cannot be written */
	istr told_serial, told_uuid;    /* as the host says, while it is up; "" not told */
	uint32_t listed_serial;         /* of the last list that was brought in */
	bool held;                      /* its manager says off: it is not tried */
	enum power_state power_was;     /* as of now, when last looked at */

	bool stats_wanted;              /* numbers of watched VMs are to be asked for, see stats.c */
	int64_t stats_sent;             /* boot ms when they were last, 0 never */
	bool extra_due;                 /* the next VM's addresses, see extras.c: now; else at */
	int64_t extras_at;              /* boot ms, 0 none */

	struct place *places;
	size_t nplaces;
	struct blade *cached;           /* loaded, until there is a blade */
	struct loop_timer *timer;
	struct sup *leaving_next, *dirty_next; /* in fleet's lists */
};

bool sup_many(const struct sup *s);                     /* so many hosts that each is first listed by states alone */
struct sup *sup_find(const struct fleet *f, const char *name);
struct sup *sup_get(struct fleet *f, const char *name);  /* made when it is not there */
/* A blade of the registry stands for it from now on, filled with what was loaded. */
void sup_attach(struct sup *s, struct blade *b);
/* Where it is and how to log in. Changed: it connects anew. uri "": it has no host. */
void sup_address(struct sup *s, const char *uri, const char *key_file, const char *known_hosts);
/* Lets it go: its VMs and its blade leave the registry, its connections end; it is freed when they have. */
void sup_leave(struct sup *s);
void sup_refresh(struct sup *s);
void sup_queue(struct sup *s, enum lane lane, struct call *c); /* runs when it is its turn; host is up; c is owned */
enum lane sup_lane(const struct sup *s, const struct call *c);
bool sup_abandon(struct sup *s, void *act_ctx); /* the snapshot order of this ctx, if it is one of this host's: soon answered */
void sup_stop(struct sup *s);      /* the fleet ends: abort and close, answer what waits */
void sup_give_up(struct sup *s);   /* after sup_stop: what hangs for good is answered all the same */
bool sup_connected(const struct sup *s); /* some connection is not freed yet */
void sup_free(struct sup *s);      /* no connection left, or given up */

void sup_look(struct sup *s, const char *uuid, bool incoming); /* ask about this VM soon; incoming: a migration brings it */
void sup_list(struct sup *s, bool by_time);       /* list as soon as it can be; by_time: nothing else asks for it */
void sup_alert(struct sup *s);                    /* the blade's alert anew */

void sup_returned(struct conn *c, struct call *call);  /* from conn.c: owns call */
void sup_event(struct conn *c, struct event *e);       /* owns e */
void sup_closed(struct conn *c);                       /* owns c */

/* listing.c: what a host says, brought to the VMs */
void listing_facts(struct sup *s, const struct host_facts *facts);
void listing_whole(struct sup *s, const struct host_vm *vms, size_t n);
void listing_snapshots(struct sup *s, const struct call *list); /* tells their names, of a list that was brought to the VMs */
void listing_vm_snapshots(struct sup *s, const struct call *c); /* the same of a CALL_SNAPS that succeeded */
void listing_look(struct sup *s, const struct call *c); /* CALL_LOOK, answered; no VM: it is not there */
void listing_event(struct sup *s, const struct event *e);
void listing_forget_uuid(struct sup *s);          /* its host UUID is nobody's any more */

#endif

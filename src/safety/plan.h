/* Previews: what an action would hit, what it costs whom, what stands in the way, what confirmation it takes; and the
 * comparison of a preview with the same one worked out again at commit. Touches nothing. Called by the broker's commands. */
#ifndef TANA_PLAN_H
#define TANA_PLAN_H

#include "safety/book.h"
#include "safety/policy.h"
#include "safety/targets.h"

#define PLAN_LIFE_MS 60000   /* from preview to commit */
#define PLANS_MAX 16         /* of one peer; the oldest makes room */
#define PLAN_REASON_MAX 500  /* bytes of a reason as it is asked for */

/* What is asked for beside verb and targets: of the snapshot verbs. Strings are cleaned, never NULL. */
struct plan_args {
	const char *snapshot;        /* revert, delete: "snap:UUID", the user's name for it, or the host's */
	const char *name, *note;     /* create: the user's; name "" = the time */
	const char *charge;          /* create, operators: "tenant" or "provider" (""); a customer's are always its own */
	bool external, quiesce;      /* create */
	bool children;               /* delete: with all that stand on it */
	bool exceed;                 /* create, operators: over a limit; commit needs a reason then */
	bool override_pair;          /* revert, operators: while the other half of a pair runs; the same */
	bool vms_first;              /* shutdown of a blade: its VMs first, in order, then the blade */
	bool consent;                /* of a blade with an owner: he agreed; commit needs a reason then */
};
/* What a preview is worked out from. Borrowed during the call. */
struct plan_world {
	struct registry *objects;
	struct book *book;
	const struct gate *gate;
	const struct site_model *site;
	void *ctx;
	/* fleet_can(), and what is known of earlier actions on it: true and a message when the outcome of one is open. */
	enum host_outcome (*can)(void *ctx, const struct vm *vm, enum verb v, const char **why, const char **driver);
	bool (*unsettled)(void *ctx, const char *vm_id, struct msg *what);
	/* fleet_blade_can(). unsettled takes ids of blades too. */
	enum host_outcome (*can_blade)(void *ctx, const struct blade *b, enum verb v, const char **why, const char **dialect);
	/* Once more for a job that holds its lease and reservation already: its id and that of its snapshot's row; "" else. */
	const char *job, *row;
	const char *command;         /* "tana", "tana --site /etc/tana.conf": how a shell reaches this broker */
	int shutdown_ms;             /* tests: deadline of every guest; 0 = the site's */
	int life_ms;                 /* of a preview; 0 = PLAN_LIFE_MS */
};

struct plan_note {
	struct msg msg;
	enum err_class class;        /* of refusals */
	istr object;                 /* id of the VM or blade it is about, "" for the whole */
};
struct plan_notes { struct plan_note *list; size_t n; };

struct plan_target {
	enum kind kind;              /* KIND_VM, or KIND_BLADE: then blade is its own name, tenant its owner, uuid "", and */
	enum power_state power;      /* what its manager said last, power_live: as of now (live and seen speak of its host) */
	bool power_live;
	istr serial;                 /* of the blade, as the manager says, else the host */
	istr id, name, uuid, blade, tenant, grade;
	char *place;                 /* "rack A, A2, bay 12" */
	enum vm_state state;         /* last known */
	bool live;
	int64_t seen;
	enum host_outcome can;
	int64_t shutdown_ms;         /* how long its guest may take */
	bool takeover;               /* takes it over from the job that holds it */
	istr takeover_job;
	struct err *why;             /* why not; NULL: it may */
};

/* Of a snapshot verb, whose plans have one target. */
struct plan_snap {
	char id[48];                 /* "snap:UUID" of the one to be made or hit; "" one that was made outside Tana */
	char *host_name;             /* on the host */
	char *name, *note;           /* the user's; of one from outside: the host's */
	char *charged;               /* create: the tenant whose allowance it uses, "" the provider's */
	bool external, quiesce, children, exceed, override_pair;
	bool memory;                 /* create: it will hold the guest's memory */
	uint64_t bytes;              /* create: what it may need */
	char **victims; size_t nvictims; /* delete: host names of all that go, as the host's list has them: by date */
	char **victim_names;         /* what people call them, in the same order */
	bool current;                /* revert: it is the current one */
	char *now;                   /* revert: host name of the current one, "" none */
	int64_t created;             /* revert, delete: as the host says; 0 unknown */
	bool named;                  /* create: the user named it; else it is called by its time */
};
/* What is done before the blade itself, in the order of rank; those of one rank at the same time. */
struct plan_step { istr id, name, tenant, blade; enum verb verb; unsigned rank; int64_t shutdown_ms; enum host_outcome can; };
/* A VM that a blade verb takes along. */
struct plan_victim { istr id, name, tenant; enum vm_state state; bool live, protect; };
/* The sure votes of a cluster that lose targets: now, and then with what is unknown and what is needed. */
struct plan_quorum { istr cluster; unsigned before, sure, unknown, needed; };
struct plan {
	enum kind kind;              /* of all its targets */
	bool vms_first, consent;     /* consent: of an owner who was to be asked */
	struct plan_quorum *quorums; size_t nquorums;
	struct plan_step *steps; size_t nsteps;
	struct plan_victim *victims; size_t nvictims; /* of blades: VMs that run there, or may run */
	int64_t stagger_ms;          /* from one target to the next: a power-on of several, which stand in the start order */
	char id[40];                 /* "p-" and 32 hex */
	enum verb verb;
	enum viewer viewer;          /* for whose eyes its words are */
	struct plan_target *targets;
	size_t n;
	struct plan_notes impact, warnings, refused;
	struct plan_snap *snap;      /* NULL: not a snapshot verb */
	json_t *limits;              /* create: the limits as book_limits_json gives them, with what this would use; NULL */
	bool reason_needed;          /* commit is refused without a reason */
	bool has_gentler;
	enum verb gentler;
	bool gentler_vms_first;
	enum confirm_kind confirm;
	char *confirm_text;          /* NULL for enter and yes */
	char *command;
	int64_t expires;             /* clock_boot_ms() */
	/* kept by who commits it: */
	char job[24];                /* id of the job, "" before commit */
	bool writing;                /* the commit is under way */
};

/* Never fails: what stands in the way is in refused. vms: 1 to POLICY_TARGETS_MAX. plan_free frees. */
struct plan *plan_make(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args);      /* args: NULL none; of the snapshot verbs, whose host was asked just now (book_saw) */
/* The same for blades: 1 to POLICY_POWER_ON_MAX for power-on, else to POLICY_TARGETS_MAX. (plan_blade.c) */
struct plan *plan_make_blades(const struct plan_world *w, const struct actor *a, enum verb v, struct blade *const *blades, size_t n,
	const struct plan_args *args);
/* The same as plan_may for blades, with nothing said beside the verb. */
struct err *plan_may_blades(const struct plan_world *w, const struct actor *a, enum verb v, struct blade *const *blades, size_t n);
void plan_free(struct plan *p);
/* Does this VM of this blade run, or perhaps: would it end with it? (plan_blade.c) */
bool plan_may_run(const struct blade *b, const struct vm *vm);
/* "rack A, A2, bay 12"; NULL gives "". Caller frees. */
char *plan_place(const struct blade *b);
/* Works it out again for the same objects. *out only when no error. Errors, for the one who commits: the first refusal
 * with its class, or ERR_CONFIRM plan.changed that says what got worse. */
struct err *plan_check(const struct plan_world *w, const struct actor *a, const struct plan *shown, struct plan **out);
/* Is this what was to be typed? ERR_CONFIRM confirm.missing, confirm.wrong, confirm.reason. NULL when not given. */
struct err *plan_confirmed(const struct plan *p, const char *confirm, const char *reason);
json_t *plan_to_json(const struct plan *p);   /* as data/protocol.md has it; new reference */
/* May he still, as far as role, right and tenant go? For a job when the turn of this VM comes. */
struct err *plan_right_now(const struct plan_world *w, const struct actor *a, enum verb v, const struct vm *vm);
/* May he have this VM's serial console, to type into or to watch? NULL: he may. */
struct err *plan_may_console(const struct plan_world *w, const struct actor *a, bool write, const struct vm *vm);
/* One verb on these VMs: NULL, or the first reason why not. For `actions`. */
struct err *plan_may(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n);

/* The previews of one peer. */
struct plans { struct plan *list[PLANS_MAX]; };
void plans_add(struct plans *p, struct plan *plan);        /* takes it over; one that is being written stays */
/* By id. ERR_CONFIRM plan.unknown, plan.expired (not for one that was committed). */
struct err *plans_find(struct plans *p, const char *id, struct plan **out);
void plans_clear(struct plans *p);

/* For a shell: quoted when it must be. Caller frees. */
char *plan_quote(const char *word);

#endif

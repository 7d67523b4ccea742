/* The rules: who may do what to a VM or a blade in the state it is in, and what confirmation that takes. Pure: values in,
 * values out; knows no peer, no host, no store. Called by plan.c, plan_blade*.c and by the broker's gate. */
#ifndef TANA_POLICY_H
#define TANA_POLICY_H

#include "common/error.h"
#include "common/model.h"
#include "hosts/host.h"
#include "site/site.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define POLICY_TARGETS_MAX 10  /* more at once waits for waves (safety.md) */
#define POLICY_POWER_ON_MAX 64 /* but a power-on loses nothing, and one operator must be able to bring a rack back: staggered */

/* Who asks. Strings are borrowed and cleaned, never NULL. */
struct actor {
	enum role role;
	const char *user;
	uint64_t uid;
	const char *origin;    /* as he claims */
	const char *tenant;    /* a customer's, "" for others */
	/* The row of the site file that let him in: a customer's rights. Of the site as it is now; NULL gives a customer nothing. */
	const struct site_role *row;
	/* His groups as the kernel told them: with uid, what his role is found by anew (still.c). */
	const gid_t *gids;
	size_t ngids;
};
bool actor_is_staff(const struct actor *a);          /* sees racks and everybody's VMs: operator, viewer */
enum viewer actor_viewer(const struct actor *a);     /* class of fields; only for an actor with a role */
/* How much of this VM he may: FULL for operators, VIEW for viewers; of a customer what the site file gives this person, NONE for
 * what is not his tenant's. The one place where rights are decided. */
enum right actor_right(const struct actor *a, const struct vm *vm);
/* The same of one that is not there any more, by what is remembered of it. */
enum right actor_right_named(const struct actor *a, const char *tenant, const char *name);
/* Does he know of this VM at all? */
bool actor_sees(const struct actor *a, const struct vm *vm);
/* What a verb takes of a customer; RIGHT_COUNT: nothing that he could have. */
enum right policy_right(enum verb v);

/* How far its host can be believed now. */
enum reach { REACH_LIVE, REACH_STALE /* up, but not confirmed */, REACH_SILENT };

/* What the rules need to know of one VM. Borrowed. */
struct facts {
	const struct vm *vm;
	enum reach reach;
	const char *host_why;          /* English, why its host is not up; "" */
	enum host_outcome can;
	const char *why_not, *driver;  /* when can is OUTCOME_NO */
	const struct lease *lease;     /* on it or on its blade; NULL */
	bool lease_job_known;          /* the job that holds it is among ours: */
	enum job_state lease_job;
	/* Of the snapshot verbs: why this host cannot do it to this VM as asked (a row with {driver} {disk} holes); NULL: it can. */
	const char *snap_why_not, *disk;
	enum tenant_state tenant;      /* of the tenant that owns it; ACTIVE when nobody does */
	int64_t now;                   /* Unix time */
};

/* NULL: he may. Else the first reason why not, in words that he may read (a customer never learns a host's name). */
struct err *policy_may(const struct actor *a, enum verb v, const struct facts *f);
/* The first rule alone: role, right and tenant, for a job when the turn of this VM comes. */
struct err *policy_right_now(const struct actor *a, enum verb v, const struct facts *f);
/* The VM's serial console, to type into or to watch. NULL: he may. */
struct err *policy_may_console(const struct actor *a, bool write, const struct facts *f);
/* A forced power off may take the VM over from a shutdown that its guest does not follow (overdue, or given up). */
bool policy_takes_over(enum verb v, const struct facts *f);
/* The verb that hurts less and comes to the same; false when there is none. */
bool policy_gentler(enum verb v, enum verb *out);

enum confirm_kind { CONFIRM_ENTER, CONFIRM_YES, CONFIRM_NAME, CONFIRM_COUNT, CONFIRM_KIND_COUNT };
enum confirm_kind policy_confirm(enum verb v, size_t targets);
const char *confirm_kind_name(enum confirm_kind k);

/* What the rules need to know of one blade. Borrowed. (policy_blade.c) */
struct blade_facts {
	const struct blade *blade;
	enum host_outcome can;
	const char *why_not, *dialect; /* when can is OUTCOME_NO */
	const struct lease *lease;     /* on it; else, for what ends work there, on a VM of it; NULL */
	bool lease_job_known;
	enum job_state lease_job;
	const struct vm *protected;    /* a protected one of the VMs that run there, or may run; NULL */
	bool consent;                  /* its owner's */
	const char *contact;           /* of its owner; NULL or "" */
	bool vms_first;
	const struct vm *stuck;        /* vms_first: one that cannot be shut down now, and why (English); NULL */
	const char *stuck_why;
	int64_t now;                   /* Unix time */
};
/* NULL: he may. Operators only. */
struct err *policy_may_blade(const struct actor *a, enum verb v, const struct blade_facts *f);
bool policy_blade_ends_work(enum verb v);  /* shutdown, power-off, reboot, reset */
/* hits: VMs that run there, or may run, end with it without being asked. */
enum confirm_kind policy_confirm_blade(enum verb v, size_t targets, bool hits);
/* hits: VMs run there, or may run; *first: their shutdown comes first. */
bool policy_gentler_blade(enum verb v, bool hits, bool vms_first, enum verb *out, bool *first);
/* May stand in a "type this" field: short, printable ASCII without blanks, quotes or backslashes. */
bool policy_typeable(const char *name);

/* "12 s", "3 min", "2 h", "4 d" for a sentence; size >= 24. Below 0 counts as 0. */
void policy_age(char *out, size_t size, int64_t seconds);

#endif

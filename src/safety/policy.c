/* The rules for single VMs, and what confirmation a verb takes. */
#include "safety/policy.h"

#include <stdio.h>
#include <string.h>

bool actor_is_staff(const struct actor *a)
{
	return a->role == ROLE_OPERATOR || a->role == ROLE_VIEWER;
}

enum viewer actor_viewer(const struct actor *a)
{
	switch (a->role) {
	case ROLE_OPERATOR:
		return VIEWER_OPERATOR;
	case ROLE_VIEWER:
		return VIEWER_VIEWER;
	default:
		return VIEWER_TENANT;
	}
}

void policy_age(char *out, size_t size, int64_t seconds)
{
	if (seconds < 0)
		seconds = 0;
	if (seconds < 60)
		snprintf(out, size, "%lld s", (long long)seconds);
	else if (seconds < 2 * 3600)
		snprintf(out, size, "%lld min", (long long)(seconds / 60));
	else if (seconds < 2 * 86400)
		snprintf(out, size, "%lld h", (long long)(seconds / 3600));
	else
		snprintf(out, size, "%lld d", (long long)(seconds / 86400));
}

enum right actor_right_named(const struct actor *a, const char *tenant, const char *name)
{
	switch (a->role) {
	case ROLE_OPERATOR:
		return RIGHT_FULL;
	case ROLE_VIEWER:
		return RIGHT_VIEW;
	case ROLE_CUSTOMER:
		return a->row && a->tenant[0] && strcmp(a->tenant, tenant) == 0 ? site_right_of(a->row, name) : RIGHT_NONE;
	default:
		return RIGHT_NONE;
	}
}

enum right actor_right(const struct actor *a, const struct vm *vm)
{
	return actor_right_named(a, vm->tenant, vm->name);
}

bool actor_sees(const struct actor *a, const struct vm *vm)
{
	return actor_right(a, vm) >= RIGHT_VIEW;
}

enum right policy_right(enum verb v)
{
	static const enum right needed[VERB_COUNT] = {
		[VERB_POWER_ON] = RIGHT_POWER, [VERB_SHUTDOWN] = RIGHT_POWER, [VERB_POWER_OFF] = RIGHT_POWER,
		[VERB_REBOOT] = RIGHT_POWER, [VERB_RESET] = RIGHT_POWER,
		[VERB_SNAP_CREATE] = RIGHT_FULL, [VERB_SNAP_REVERT] = RIGHT_FULL, [VERB_SNAP_DELETE] = RIGHT_FULL,
	};

	/* What has no row is not for customers. */
	return (unsigned)v < VERB_COUNT && needed[v] ? needed[v] : RIGHT_COUNT;
}

/* ---- one rule each ---- */

static struct err *rule_role(const struct actor *a, enum verb v, const struct facts *f)
{
	if (a->role == ROLE_OPERATOR)
		return NULL;
	if (a->role != ROLE_CUSTOMER)
		return err_new(ERR_ROLE, "role.verb", "{s:s, s:s}", "role", role_name(a->role), "verb", verb_name(v));
	/* Protection is the provider's word; and what he may not see never comes this far, but if it did it ends here. */
	enum right needed = policy_right(v), right = actor_right(a, f->vm);
	if (needed == RIGHT_COUNT || right == RIGHT_NONE)
		return err_new(ERR_ROLE, "role.verb", "{s:s, s:s}", "role", role_name(a->role), "verb", verb_name(v));
	if (right < needed)
		return err_new(ERR_ROLE, "right.verb", "{s:s, s:s, s:s, s:s}", "name", f->vm->name, "verb", verb_name(v), "needed",
			right_name(needed), "right", right_name(right));
	if (f->tenant == TENANT_FROZEN)
		return err_new(ERR_ROLE, "tenant.frozen", "{s:s}", "tenant", a->tenant);
	/* Who leaves may bring his servers down, and begin nothing new. */
	if (f->tenant == TENANT_LEAVING && v != VERB_SHUTDOWN && v != VERB_POWER_OFF)
		return err_new(ERR_ROLE, "tenant.leaving", "{s:s}", "tenant", a->tenant);
	return NULL;
}

static struct err *rule_kind(const struct actor *a, enum verb v, const struct facts *f)
{
	if (verb_is_of(v, KIND_VM))
		return NULL;
	return err_new(ERR_USAGE, "verb.kind.vm", "{s:s, s:s}", "verb", verb_name(v), "name", f->vm->name);
}

static struct err *rule_protection(const struct actor *a, enum verb v, const struct facts *f)
{
	if (v == VERB_PROTECT && f->vm->protect)
		return err_new(ERR_STATE, "state.protected", "{s:s}", "name", f->vm->name);
	if (v == VERB_UNPROTECT && !f->vm->protect)
		return err_new(ERR_STATE, "state.unprotected", "{s:s}", "name", f->vm->name);
	return NULL;
}

static struct err *rule_twice(const struct actor *a, enum verb v, const struct facts *f)
{
	if (!f->vm->twice || v >= VERB_PROTECT)
		return NULL;
	return err_new(ERR_STATE, actor_is_staff(a) ? "vm.twice.refused" : "vm.examined", "{s:s}", "name", f->vm->name);
}

static struct err *rule_lease(const struct actor *a, enum verb v, const struct facts *f)
{
	char age[24];

	if (!f->lease || v >= VERB_PROTECT || policy_takes_over(v, f))
		return NULL;
	policy_age(age, sizeof age, f->now - f->lease->since);
	if (!actor_is_staff(a) && (strcmp(f->lease->by, a->user) != 0 || strcmp(f->lease->object, f->vm->id) != 0))
		return err_new(ERR_LEASE, "lease.held.plain", "{s:s, s:s, s:s, s:I, s:s}", "name", f->vm->name, "verb", f->lease->verb,
			"job", f->lease->job, "since", (json_int_t)f->lease->since, "age", age);
	/* With its blade, which nothing done to the VM can take over; only staff comes here. */
	if (strcmp(f->lease->object, f->vm->id) != 0)
		return err_new(ERR_LEASE, "lease.held.blade", "{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "name", f->vm->name, "blade", f->vm->blade,
			"by", f->lease->by, "verb", f->lease->verb, "job", f->lease->job, "since", (json_int_t)f->lease->since, "age", age);
	const char *id = "lease.held";
	if (f->lease_job_known && f->lease_job == JOB_UNKNOWN)
		id = "lease.held.unknown";
	else if (f->lease_job_known && f->lease_job == JOB_OVERDUE)
		id = "lease.held.overdue";
	return err_new(ERR_LEASE, id, "{s:s, s:s, s:s, s:s, s:I, s:s}", "name", f->vm->name, "by", f->lease->by, "verb", f->lease->verb, "job",
		f->lease->job, "since", (json_int_t)f->lease->since, "age", age);
}

static struct err *rule_reach(const struct actor *a, enum verb v, const struct facts *f)
{
	if (v >= VERB_PROTECT || f->reach != REACH_SILENT)
		return NULL;
	if (!actor_is_staff(a))
		return err_new(ERR_UNREACHABLE, "vm.silent", "{s:s}", "name", f->vm->name);
	return err_new(ERR_UNREACHABLE, "host.silent", "{s:s, s:s, s:s}", "name", f->vm->name, "blade", f->vm->blade, "why",
		f->host_why[0] ? f->host_why : "no answer yet");
}

static struct err *rule_host(const struct actor *a, enum verb v, const struct facts *f)
{
	if (v >= VERB_PROTECT || f->can != OUTCOME_NO)
		return NULL;
	if (!f->why_not || !msg_template(f->why_not))
		return err_new(ERR_UNSUPPORTED, "host.cannot", "{s:s, s:s}", "driver", f->driver ? f->driver : "", "verb", verb_name(v));
	return err_new(ERR_UNSUPPORTED, f->why_not, "{s:s}", "driver", f->driver ? f->driver : "");
}

/* What was asked for beside the verb: this kind of snapshot, on this VM's disks. */
static struct err *rule_snapshot(const struct actor *a, enum verb v, const struct facts *f)
{
	if (!verb_is_snapshot(v) || !f->snap_why_not)
		return NULL;
	return err_new(ERR_UNSUPPORTED, msg_template(f->snap_why_not) ? f->snap_why_not : "host.cannot", "{s:s, s:s, s:s}", "driver",
		f->driver ? f->driver : "", "disk", f->disk ? f->disk : "", "name", f->vm->name);
}

/* What stands in the way of a verb in each state; NULL: nothing. Reverting and deleting a snapshot asks for no state. */
static const char *const state_forbids[VM_STATE_COUNT][VERB_PROTECT] = {
	[VM_RUNNING] = { [VERB_POWER_ON] = "state.running" },
	[VM_BLOCKED] = { [VERB_POWER_ON] = "state.running" },
	[VM_PAUSED] = { [VERB_POWER_ON] = "state.paused", [VERB_SHUTDOWN] = "state.paused", [VERB_REBOOT] = "state.paused" },
	[VM_SHUTTING_DOWN] = { [VERB_POWER_ON] = "state.shutting-down", [VERB_SHUTDOWN] = "state.shutting-down",
		[VERB_REBOOT] = "state.shutting-down", [VERB_SNAP_CREATE] = "snapshot.shutting-down" },
	[VM_OFF] = { [VERB_SHUTDOWN] = "state.off", [VERB_POWER_OFF] = "state.off", [VERB_REBOOT] = "state.off",
		[VERB_RESET] = "state.off" },
	[VM_CRASHED] = { [VERB_SHUTDOWN] = "state.crashed", [VERB_REBOOT] = "state.crashed", [VERB_SNAP_CREATE] = "snapshot.crashed" },
	[VM_SUSPENDED] = { [VERB_POWER_ON] = "state.suspended", [VERB_SHUTDOWN] = "state.suspended", [VERB_REBOOT] = "state.suspended",
		[VERB_SNAP_CREATE] = "snapshot.suspended" },
};

static struct err *rule_state(const struct actor *a, enum verb v, const struct facts *f)
{
	if (v >= VERB_PROTECT || f->vm->state >= VM_STATE_COUNT)
		return NULL;
	const char *id = state_forbids[f->vm->state][v];
	return id ? err_new(ERR_STATE, id, "{s:s}", "name", f->vm->name) : NULL;
}

static struct err *rule_protected(const struct actor *a, enum verb v, const struct facts *f)
{
	if (!f->vm->protect || verb_effect(v) != EFFECT_LOSS || v >= VERB_PROTECT)
		return NULL;
	return err_new(ERR_PROTECTED, actor_is_staff(a) ? "vm.protected" : "vm.protected.plain", "{s:s}", "name", f->vm->name);
}

struct err *policy_right_now(const struct actor *a, enum verb v, const struct facts *f)
{
	return rule_role(a, v, f);
}

struct err *policy_may(const struct actor *a, enum verb v, const struct facts *f)
{
	/* In the order in which a person wants to hear them: whose it is, who has it, whether it can be reached, the rest. */
	static struct err *(*const rules[])(const struct actor *, enum verb, const struct facts *) = {
		rule_role, rule_kind, rule_protection, rule_twice, rule_lease, rule_reach, rule_host, rule_snapshot, rule_state, rule_protected,
	};

	if ((unsigned)v >= VERB_COUNT)
		return err_new(ERR_USAGE, "verb.unknown", "{s:s}", "verb", "?");
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		struct err *e = rules[i](a, v, f);
		if (e)
			return e;
	}
	return NULL;
}

struct err *policy_may_console(const struct actor *a, bool write, const struct facts *f)
{
	if (a->role == ROLE_VIEWER || actor_right(a, f->vm) < RIGHT_FULL)
		return err_new(ERR_ROLE, "role.console", "{s:s, s:s}", "role", role_name(a->role), "name", f->vm->name);
	if (a->role == ROLE_CUSTOMER && f->tenant != TENANT_ACTIVE)
		return err_new(ERR_ROLE, f->tenant == TENANT_FROZEN ? "tenant.frozen" : "tenant.leaving", "{s:s}", "tenant", a->tenant);
	if (f->vm->twice)
		return err_new(ERR_STATE, actor_is_staff(a) ? "vm.twice.refused" : "vm.examined", "{s:s}", "name", f->vm->name);
	if (f->reach == REACH_SILENT)
		return rule_reach(a, VERB_POWER_ON, f);
	if (!vm_state_is_active(f->vm->state))
		return err_new(ERR_STATE, "console.off", "{s:s}", "name", f->vm->name);
	return NULL;
}

bool policy_takes_over(enum verb v, const struct facts *f)
{
	enum verb held;

	if (v != VERB_POWER_OFF || !f->lease || !f->lease_job_known || strcmp(f->lease->object, f->vm->id) != 0 ||
		!verb_from_name(f->lease->verb, &held))
		return false;
	return (held == VERB_SHUTDOWN || held == VERB_REBOOT) && (f->lease_job == JOB_OVERDUE ||
		(f->lease_job == JOB_UNKNOWN && f->reach == REACH_LIVE));
}

bool policy_gentler(enum verb v, enum verb *out)
{
	if (v != VERB_POWER_OFF && v != VERB_RESET)
		return false;
	*out = v == VERB_POWER_OFF ? VERB_SHUTDOWN : VERB_REBOOT;
	return true;
}

enum confirm_kind policy_confirm(enum verb v, size_t targets)
{
	switch (verb_effect(v)) {
	case EFFECT_NONE:
		return CONFIRM_ENTER;
	case EFFECT_SHORT:
		return CONFIRM_YES;
	default:
		return targets > 1 ? CONFIRM_COUNT : CONFIRM_NAME;
	}
}

const char *confirm_kind_name(enum confirm_kind k)
{
	static const char *const names[CONFIRM_KIND_COUNT] = { "enter", "yes", "name", "count" };

	return (unsigned)k < CONFIRM_KIND_COUNT ? names[k] : "?";
}

bool policy_typeable(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 48)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr("\\'\"`", name[i]))
			return false;
	return true;
}

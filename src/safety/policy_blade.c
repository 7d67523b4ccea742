/* The rules for single blades: who may switch one through its manager, and when. */
#include "safety/policy.h"

#include <string.h>

/* Shutdown, power off, reboot and reset end what runs there, whatever the VM verbs of the same name do. */
static bool ends_work(enum verb v)
{
	return v == VERB_SHUTDOWN || v == VERB_POWER_OFF || v == VERB_REBOOT || v == VERB_RESET;
}

static bool is_power(enum verb v)
{
	return v == VERB_POWER_ON || ends_work(v);
}

bool policy_blade_ends_work(enum verb v)
{
	return ends_work(v);
}

/* ---- one rule each ---- */

static struct err *rule_role(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (a->role == ROLE_OPERATOR)
		return NULL;
	return err_new(ERR_ROLE, "role.verb", "{s:s, s:s}", "role", role_name(a->role), "verb", verb_name(v));
}

static struct err *rule_kind(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (!verb_is_of(v, KIND_BLADE))
		return err_new(ERR_USAGE, "verb.kind.blade", "{s:s, s:s}", "verb", verb_name(v), "name", f->blade->name);
	if (f->vms_first && v != VERB_SHUTDOWN)
		return err_new(ERR_USAGE, "blade.vms-first.verb", "{s:s}", "verb", verb_name(v));
	return NULL;
}

/* A manager that answers, but lets nobody in, is not silent: what helps is another thing. */
static const char *const manager_forbids[MANAGER_STATE_COUNT] = {
	[MANAGER_CONNECTING] = "blade.manager.connecting", [MANAGER_BUSY] = "blade.manager.busy", [MANAGER_DENIED] = "blade.manager.denied",
};

static struct err *rule_manager(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	enum manager_state m = f->blade->manager < MANAGER_STATE_COUNT ? f->blade->manager : MANAGER_SILENT;
	const char *dialect = f->dialect ? f->dialect : "";

	if (v == VERB_PAIR || f->can != OUTCOME_NO)
		return NULL;
	enum err_class class = m == MANAGER_UP || m == MANAGER_NONE ? ERR_UNSUPPORTED : ERR_UNREACHABLE;
	if (f->why_not && strcmp(f->why_not, "blade.manager.unread") == 0)
		class = ERR_UNREACHABLE; /* a moment later it can */
	const char *id = manager_forbids[m] ? manager_forbids[m] : f->why_not && msg_template(f->why_not) ? f->why_not : "blade.cannot";
	return err_new(class, id, "{s:s, s:s, s:s, s:s}", "name", f->blade->name, "dialect", dialect, "verb", verb_name(v), "manager",
		manager_state_name(f->blade->manager));
}

static struct err *rule_fitted(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (strcmp(f->blade->fitted, "no") != 0)
		return NULL;
	return err_new(ERR_STATE, "blade.bay.empty", "{s:s, s:s}", "name", f->blade->name, "bay", f->blade->bay);
}

static struct err *rule_lease(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	const struct lease *l = f->lease;
	char age[24];

	/* A light is for whoever stands before the rack, and a pair is Tana's own. */
	if (!l || !is_power(v))
		return NULL;
	policy_age(age, sizeof age, f->now - l->since);
	const char *id = "lease.held";
	if (strcmp(l->object, f->blade->id) != 0)
		id = "blade.lease.vm";
	else if (f->lease_job_known && f->lease_job == JOB_UNKNOWN)
		id = "blade.lease.unknown";
	else if (f->lease_job_known && f->lease_job == JOB_OVERDUE)
		id = "blade.lease.overdue";
	return err_new(ERR_LEASE, id, "{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "name", f->blade->name, "vm", l->name, "by", l->by, "verb",
		l->verb, "job", l->job, "since", (json_int_t)l->since, "age", age);
}

static struct err *rule_owner(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (!f->blade->owner[0] || !is_power(v) || f->consent)
		return NULL;
	return err_new(ERR_PROTECTED, f->contact && f->contact[0] ? "owner.consent" : "owner.consent.plain", "{s:s, s:s, s:s}", "name",
		f->blade->name, "owner", f->blade->owner, "contact", f->contact ? f->contact : "");
}

static struct err *rule_protected(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (!f->protected || !ends_work(v))
		return NULL;
	return err_new(ERR_PROTECTED, "blade.vm.protected", "{s:s, s:s}", "name", f->blade->name, "vm", f->protected->name);
}

static struct err *rule_identity(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	const struct blade *b = f->blade;

	if (!ends_work(v) || strcmp(b->identity, "agrees") == 0)
		return NULL;
	if (strcmp(b->identity, "differs") == 0)
		return err_new(ERR_STATE, "blade.identity.differs", "{s:s, s:s, s:s, s:s}", "name", b->name, "bay", b->bay, "bay_serial",
			b->bay_serial[0] ? b->bay_serial : "?", "serial", b->serial[0] ? b->serial : "?");
	/* Where no host of ours can tell who it is, there is nothing to compare: plan_blade_words.c warns. */
	if (b->host == HOST_NONE)
		return NULL;
	return err_new(ERR_STATE, "blade.identity.unknown", "{s:s, s:s}", "name", b->name, "bay", b->bay);
}

/* Place and thing are made a pair of what is told now: there must be something to take. */
static struct err *rule_pair(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	const struct blade *b = f->blade;

	if (v != VERB_PAIR)
		return NULL;
	if (b->manager == MANAGER_NONE)
		return err_new(ERR_UNSUPPORTED, "blade.pair.none", "{s:s}", "name", b->name);
	if (b->manager != MANAGER_UP)
		return err_new(ERR_UNREACHABLE, "blade.pair.silent", "{s:s}", "name", b->name);
	if (!b->bay_serial[0])
		return err_new(ERR_STATE, "blade.pair.serial", "{s:s}", "name", b->name);
	if (strcmp(b->identity, "agrees") == 0)
		return err_new(ERR_STATE, "blade.pair.already", "{s:s}", "name", b->name);
	return NULL;
}

/* What stands in the way of a verb at each power state; NULL: nothing. Where the manager does not tell, what it would refuse
 * itself is not tried; on and off are, with a warning. */
static const char *const power_forbids[POWER_STATE_COUNT][VERB_RESET + 1] = {
	[POWER_UNKNOWN] = { [VERB_SHUTDOWN] = "blade.power.unknown", [VERB_REBOOT] = "blade.power.unknown",
		[VERB_RESET] = "blade.power.unknown" },
	[POWER_OFF] = { [VERB_SHUTDOWN] = "blade.off", [VERB_POWER_OFF] = "blade.off", [VERB_REBOOT] = "blade.off",
		[VERB_RESET] = "blade.off" },
	[POWER_ON] = { [VERB_POWER_ON] = "blade.on" },
	[POWER_STARTING] = { [VERB_POWER_ON] = "blade.starting" },
	[POWER_STOPPING] = { [VERB_POWER_ON] = "blade.stopping", [VERB_SHUTDOWN] = "blade.stopping", [VERB_REBOOT] = "blade.stopping" },
};

static struct err *rule_power(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	enum power_state power = f->blade->power_live && f->blade->power < POWER_STATE_COUNT ? f->blade->power : POWER_UNKNOWN;

	if (!is_power(v) || !power_forbids[power][v])
		return NULL;
	return err_new(ERR_STATE, power_forbids[power][v], "{s:s}", "name", f->blade->name);
}

static struct err *rule_steps(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	if (!f->vms_first || !f->stuck)
		return NULL;
	return err_new(ERR_STATE, "blade.vms-first.stuck", "{s:s, s:s, s:s}", "name", f->blade->name, "vm", f->stuck->name, "why",
		f->stuck_why ? f->stuck_why : "");
}

struct err *policy_may_blade(const struct actor *a, enum verb v, const struct blade_facts *f)
{
	static struct err *(*const rules[])(const struct actor *, enum verb, const struct blade_facts *) = {
		rule_role, rule_kind, rule_manager, rule_fitted, rule_lease, rule_owner, rule_protected, rule_identity, rule_pair,
		rule_power, rule_steps,
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

enum confirm_kind policy_confirm_blade(enum verb v, size_t targets, bool hits)
{
	/* A guest agrees to a reboot of its own; nobody asks those that stand on a blade. */
	if (hits && ends_work(v))
		return targets > 1 ? CONFIRM_COUNT : CONFIRM_NAME;
	return policy_confirm(v, targets);
}

bool policy_gentler_blade(enum verb v, bool hits, bool vms_first, enum verb *out, bool *first)
{
	*first = false;
	if (vms_first)
		return false;
	if (hits && (v == VERB_POWER_OFF || v == VERB_SHUTDOWN)) {
		*out = VERB_SHUTDOWN;
		*first = true;
		return true;
	}
	return policy_gentler(v, out);
}

/* The rules of safety.md for single objects, and the bound on refusals that are written down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "safety/audit.h"
#include "safety/policy.h"
#include "whole_right.h"

static const struct actor operator = { .role = ROLE_OPERATOR, .user = "sato", .uid = 1000, .origin = "", .tenant = "" };
static const struct actor viewer = { .role = ROLE_VIEWER, .user = "wall", .uid = 1001, .origin = "", .tenant = "" };
static const struct actor customer = { .role = ROLE_CUSTOMER, .user = "acme-ops", .uid = 1002, .origin = "", .tenant = "acme", .row = &whole_right };
static const struct actor stranger = { .role = ROLE_NONE, .user = "nobody", .uid = 65534, .origin = "", .tenant = "" };

static struct vm *vm;
static struct lease *lease;

static int setup(void **state)
{
	vm = object_new(KIND_VM);
	lease = object_new(KIND_LEASE);
	intern_set(&vm->id, "vm:0123456789abcdef");
	intern_set(&vm->name, "db01a");
	intern_set(&vm->blade, "a2-12");
	intern_set(&vm->tenant, "acme");
	vm->state = VM_RUNNING;
	vm->live = true;
	intern_set(&lease->object, "vm:0123456789abcdef");
	intern_set(&lease->by, "suzuki");
	intern_set(&lease->verb, "shutdown");
	intern_set(&lease->job, "job:7f3a21");
	lease->since = 1000;
	return 0;
}

static int teardown(void **state)
{
	object_free(KIND_VM, vm);
	object_free(KIND_LEASE, lease);
	return 0;
}

static struct facts facts(void)
{
	return (struct facts){ .vm = vm, .reach = REACH_LIVE, .host_why = "", .can = OUTCOME_STATE, .now = 1000 + 180 };
}

static void may(const struct actor *a, enum verb v, const struct facts *f)
{
	struct err *e = policy_may(a, v, f);

	if (e)
		fail_msg("%s: %s", verb_name(v), e->msg.text);
}

static char *may_not(const struct actor *a, enum verb v, const struct facts *f, enum err_class class, const char *id)
{
	static char text[512];
	struct err *e = policy_may(a, v, f);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_string_equal(err_class_name(e->class), err_class_name(class));
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_states(void **state)
{
	/* What may be done in each state; '.' no. In the order of these verbs: a snapshot may always be reverted to and deleted. */
	static const enum verb verbs[] = { VERB_POWER_ON, VERB_SHUTDOWN, VERB_POWER_OFF, VERB_REBOOT, VERB_RESET, VERB_SNAP_CREATE,
		VERB_SNAP_REVERT, VERB_SNAP_DELETE };
	static const struct { enum vm_state s; const char may[sizeof verbs / sizeof verbs[0] + 1]; } table[] = {
		{ VM_UNKNOWN, "nsfrtcvd" }, { VM_RUNNING, ".sfrtcvd" }, { VM_BLOCKED, ".sfrtcvd" }, { VM_PAUSED, "..f.tcvd" },
		{ VM_SHUTTING_DOWN, "..f.t.vd" }, { VM_OFF, "n....cvd" }, { VM_CRASHED, "n.f.t.vd" }, { VM_SUSPENDED, "..f.t.vd" },
	};
	struct facts f = facts();

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		for (size_t j = 0; j < sizeof verbs / sizeof verbs[0]; j++) {
			vm->state = table[i].s;
			struct err *e = policy_may(&operator, verbs[j], &f);
			if ((e == NULL) != (table[i].may[j] != '.'))
				fail_msg("%s of one that is %s", verb_name(verbs[j]), vm_state_name(table[i].s));
			if (e)
				assert_int_equal(e->class, ERR_STATE);
			err_free(e);
		}
}

/* A VM has no locate light, and no place of its own. */
static void test_verbs_of_blades(void **state)
{
	struct facts f = facts();

	may_not(&operator, VERB_LOCATE, &f, ERR_USAGE, "verb.kind.vm");
	may_not(&operator, VERB_LOCATE_OFF, &f, ERR_USAGE, "verb.kind.vm");
	may_not(&operator, VERB_PAIR, &f, ERR_USAGE, "verb.kind.vm");
	may_not(&customer, VERB_LOCATE, &f, ERR_ROLE, "role.verb");
	may_not(&customer, VERB_PAIR, &f, ERR_ROLE, "role.verb");
}

static void test_roles(void **state)
{
	struct facts f = facts();

	for (int v = 0; v < VERB_COUNT; v++) {
		may_not(&viewer, (enum verb)v, &f, ERR_ROLE, "role.verb");
		may_not(&stranger, (enum verb)v, &f, ERR_ROLE, "role.verb");
	}
	may(&customer, VERB_SHUTDOWN, &f);
	may(&customer, VERB_POWER_OFF, &f);
	may_not(&customer, VERB_PROTECT, &f, ERR_ROLE, "role.verb");
	may_not(&customer, VERB_UNPROTECT, &f, ERR_ROLE, "role.verb");
	f.tenant = TENANT_FROZEN;
	may_not(&customer, VERB_POWER_ON, &f, ERR_ROLE, "tenant.frozen");
	may(&operator, VERB_SHUTDOWN, &f);
	f.tenant = TENANT_LEAVING;
	/* Who leaves may bring his servers down, and nothing else. */
	for (int v = 0; v < VERB_PROTECT; v++)
		if (v == VERB_SHUTDOWN || v == VERB_POWER_OFF)
			may(&customer, (enum verb)v, &f);
		else if (policy_right((enum verb)v) != RIGHT_COUNT)
			may_not(&customer, (enum verb)v, &f, ERR_ROLE, "tenant.leaving");
	f.tenant = TENANT_ACTIVE;
	intern_set(&vm->tenant, "globex");
	may_not(&customer, VERB_SHUTDOWN, &f, ERR_ROLE, "role.verb");
	intern_set(&vm->tenant, "");
	may_not(&customer, VERB_SHUTDOWN, &f, ERR_ROLE, "role.verb");
	/* A customer of no tenant owns nothing, not what nobody owns. */
	struct actor nobody = customer;
	nobody.tenant = "";
	may_not(&nobody, VERB_SHUTDOWN, &f, ERR_ROLE, "role.verb");
	/* Nor does one whose row nobody knows. */
	intern_set(&vm->tenant, "acme");
	nobody = customer;
	nobody.row = NULL;
	may_not(&nobody, VERB_SHUTDOWN, &f, ERR_ROLE, "role.verb");
	assert_int_equal(actor_right(&nobody, vm), RIGHT_NONE);
}

/* Rights of a person: globs in their order, then what holds for the rest. */
static void test_rights(void **state)
{
	char *globs[] = { (char *)"db*", (char *)"db01?", (char *)"web*" };
	char *names[] = { (char *)"view", (char *)"full", (char *)"power" };
	struct site_role row = { .role = ROLE_CUSTOMER, .right = RIGHT_NONE, .vms = globs, .nvms = 3, .vm_rights = names, .nvm_rights = 3 };
	struct actor a = customer;
	struct facts f = facts();

	a.row = &row;
	assert_int_equal(actor_right(&a, vm), RIGHT_VIEW); /* the first that matches */
	for (int v = 0; v < VERB_PROTECT; v++)
		if (policy_right((enum verb)v) != RIGHT_COUNT)
			may_not(&a, (enum verb)v, &f, ERR_ROLE, "right.verb");
	assert_true(actor_sees(&a, vm));
	struct err *e = policy_may_console(&a, false, &f);
	assert_string_equal(e->msg.id, "role.console");
	err_free(e);
	intern_set(&vm->name, "web01");
	assert_int_equal(actor_right(&a, vm), RIGHT_POWER);
	may(&a, VERB_SHUTDOWN, &f);
	may_not(&a, VERB_SNAP_CREATE, &f, ERR_ROLE, "right.verb");
	e = policy_may_console(&a, true, &f);
	assert_string_equal(e->msg.id, "role.console");
	err_free(e);
	intern_set(&vm->name, "mail");
	assert_int_equal(actor_right(&a, vm), RIGHT_NONE);
	assert_false(actor_sees(&a, vm));
	may_not(&a, VERB_SHUTDOWN, &f, ERR_ROLE, "role.verb");
	row.right = RIGHT_FULL;
	may(&a, VERB_SNAP_DELETE, &f);
	assert_null(policy_may_console(&a, true, &f));
	/* Rights are of one's own tenant, whatever a glob matches. */
	assert_int_equal(actor_right_named(&a, "globex", "db01a"), RIGHT_NONE);
	assert_int_equal(actor_right_named(&a, "", "db01a"), RIGHT_NONE);
	assert_int_equal(actor_right_named(&viewer, "", "db01a"), RIGHT_VIEW);
	assert_int_equal(actor_right_named(&operator, "globex", "db01a"), RIGHT_FULL);
	assert_int_equal(actor_right_named(&stranger, "acme", "db01a"), RIGHT_NONE);
}

static void test_protection(void **state)
{
	struct facts f = facts();

	may(&operator, VERB_PROTECT, &f);
	may_not(&operator, VERB_UNPROTECT, &f, ERR_STATE, "state.unprotected");
	vm->protect = true;
	may_not(&operator, VERB_PROTECT, &f, ERR_STATE, "state.protected");
	may(&operator, VERB_UNPROTECT, &f);
	may_not(&operator, VERB_POWER_OFF, &f, ERR_PROTECTED, "vm.protected");
	may_not(&operator, VERB_RESET, &f, ERR_PROTECTED, "vm.protected");
	may_not(&customer, VERB_RESET, &f, ERR_PROTECTED, "vm.protected.plain");
	may(&operator, VERB_SHUTDOWN, &f);
	may(&operator, VERB_REBOOT, &f);
	/* Protection needs no host. */
	f.reach = REACH_SILENT;
	f.lease = lease;
	may(&operator, VERB_UNPROTECT, &f);
}

static void test_reach(void **state)
{
	struct facts f = facts();

	f.reach = REACH_STALE;
	may(&operator, VERB_SHUTDOWN, &f);
	f.reach = REACH_SILENT;
	f.host_why = "no route";
	assert_non_null(strstr(may_not(&operator, VERB_SHUTDOWN, &f, ERR_UNREACHABLE, "host.silent"), "a2-12"));
	/* A customer never reads a host's name. */
	assert_null(strstr(may_not(&customer, VERB_SHUTDOWN, &f, ERR_UNREACHABLE, "vm.silent"), "a2-12"));
	f.reach = REACH_LIVE;
	vm->twice = true;
	may_not(&operator, VERB_SHUTDOWN, &f, ERR_STATE, "vm.twice.refused");
	may_not(&customer, VERB_SHUTDOWN, &f, ERR_STATE, "vm.examined");
	vm->twice = false;
	f.can = OUTCOME_NO;
	f.why_not = "no.such.row";
	f.driver = "xen";
	may_not(&operator, VERB_RESET, &f, ERR_UNSUPPORTED, "host.cannot");
}

static void test_leases(void **state)
{
	struct facts f = facts();
	char *text;

	f.lease = lease;
	f.lease_job_known = true;
	f.lease_job = JOB_RUNNING;
	text = may_not(&operator, VERB_POWER_OFF, &f, ERR_LEASE, "lease.held");
	assert_non_null(strstr(text, "suzuki"));
	assert_non_null(strstr(text, "shutdown"));
	assert_non_null(strstr(text, "3 min"));
	assert_null(strstr(may_not(&customer, VERB_POWER_OFF, &f, ERR_LEASE, "lease.held.plain"), "suzuki"));
	f.lease_job = JOB_UNKNOWN;
	may_not(&operator, VERB_SHUTDOWN, &f, ERR_LEASE, "lease.held.unknown");
	/* Forcing may take over what the guest does not follow, and nothing else may. */
	f.lease_job = JOB_OVERDUE;
	may(&operator, VERB_POWER_OFF, &f);
	may(&customer, VERB_POWER_OFF, &f);
	assert_true(policy_takes_over(VERB_POWER_OFF, &f));
	may_not(&operator, VERB_RESET, &f, ERR_LEASE, "lease.held.overdue");
	may_not(&operator, VERB_SHUTDOWN, &f, ERR_LEASE, "lease.held.overdue");
	f.lease_job = JOB_UNKNOWN;
	may(&operator, VERB_POWER_OFF, &f);
	f.reach = REACH_STALE;
	assert_false(policy_takes_over(VERB_POWER_OFF, &f));
	f.reach = REACH_LIVE;
	f.lease_job = JOB_OVERDUE;
	intern_set(&lease->verb, "power-on");
	assert_false(policy_takes_over(VERB_POWER_OFF, &f));
	intern_set(&lease->verb, "shutdown");
	intern_set(&lease->object, "blade:a2-12"); /* the blade's lease is not the guest's */
	assert_false(policy_takes_over(VERB_POWER_OFF, &f));
	assert_non_null(strstr(may_not(&operator, VERB_POWER_OFF, &f, ERR_LEASE, "lease.held.blade"), "its blade a2-12 by suzuki"));
	text = may_not(&customer, VERB_POWER_OFF, &f, ERR_LEASE, "lease.held.plain");
	assert_null(strstr(text, "suzuki"));
	assert_null(strstr(text, "a2-12"));
	intern_set(&lease->object, vm->id);
	vm->protect = true; /* and protection holds still */
	may_not(&operator, VERB_POWER_OFF, &f, ERR_PROTECTED, "vm.protected");
}

static void test_confirm(void **state)
{
	assert_int_equal(policy_confirm(VERB_POWER_ON, 1), CONFIRM_ENTER);
	assert_int_equal(policy_confirm(VERB_POWER_ON, 10), CONFIRM_ENTER);
	assert_int_equal(policy_confirm(VERB_PROTECT, 1), CONFIRM_ENTER);
	assert_int_equal(policy_confirm(VERB_SHUTDOWN, 1), CONFIRM_YES);
	assert_int_equal(policy_confirm(VERB_REBOOT, 3), CONFIRM_YES);
	assert_int_equal(policy_confirm(VERB_POWER_OFF, 1), CONFIRM_NAME);
	assert_int_equal(policy_confirm(VERB_RESET, 1), CONFIRM_NAME);
	assert_int_equal(policy_confirm(VERB_POWER_OFF, 2), CONFIRM_COUNT);
	assert_true(policy_typeable("db01a"));
	assert_true(policy_typeable("web-01.example"));
	assert_false(policy_typeable(""));
	assert_false(policy_typeable("two words"));
	assert_false(policy_typeable("\xe9\xa1\xa7\xe5\xae\xa2"));
	assert_false(policy_typeable("a\\x1b"));
	assert_false(policy_typeable("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void test_denied_are_bounded(void **state)
{
	static struct audit_gate g;
	int64_t suppressed = 0;
	int passed = 0;

	memset(&g, 0, sizeof g);
	for (int i = 0; i < 1000; i++)
		passed += audit_gate_pass(&g, 1000, 5000, &suppressed);
	assert_int_equal(passed, AUDIT_BURST);
	assert_true(audit_gate_pass(&g, 2000, 5000, &suppressed)); /* another user is not hindered */
	assert_int_equal(suppressed, 0);
	assert_true(audit_gate_pass(&g, 1000, 6000, &suppressed)); /* and one a second goes on */
	assert_int_equal(suppressed, 1000 - AUDIT_BURST);
	assert_false(audit_gate_pass(&g, 1000, 6000, &suppressed));
	for (uint64_t uid = 5000; uid < 5500; uid++) /* more users than there are slots */
		assert_true(audit_gate_pass(&g, uid, 7000, &suppressed));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_states), T(test_verbs_of_blades), T(test_roles), T(test_rights), T(test_protection), T(test_reach), T(test_leases), T(test_confirm), T(test_denied_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

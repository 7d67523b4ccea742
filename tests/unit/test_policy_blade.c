/* The rules for single blades, and what confirmation and which gentler way they have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "safety/policy.h"
#include "whole_right.h"

static const struct actor operator = { .role = ROLE_OPERATOR, .user = "sato", .uid = 1000, .origin = "", .tenant = "" };
static const struct actor viewer = { .role = ROLE_VIEWER, .user = "wall", .uid = 1001, .origin = "", .tenant = "" };
static const struct actor customer = { .role = ROLE_CUSTOMER, .user = "acme-ops", .uid = 1002, .origin = "", .tenant = "acme", .row = &whole_right };
static const enum verb all[] = { VERB_POWER_ON, VERB_SHUTDOWN, VERB_POWER_OFF, VERB_REBOOT, VERB_RESET, VERB_LOCATE, VERB_LOCATE_OFF,
	VERB_PAIR };
#define ALL (sizeof all / sizeof all[0])

static struct blade *b;
static struct vm *vm;
static struct lease *lease;

static int setup(void **state)
{
	b = object_new(KIND_BLADE);
	vm = object_new(KIND_VM);
	lease = object_new(KIND_LEASE);
	intern_set(&b->id, "blade:a2-12");
	intern_set(&b->name, "a2-12");
	intern_set(&b->bay, "12");
	intern_set(&b->bay_serial, "CZJ0310B7K");
	intern_set(&b->serial, "CZJ0310B7K");
	intern_set(&b->identity, "agrees");
	intern_set(&b->fitted, "yes");
	b->host = HOST_UP;
	b->manager = MANAGER_UP;
	b->power = POWER_ON;
	b->power_live = true;
	intern_set(&vm->name, "db01a");
	intern_set(&lease->object, "blade:a2-12");
	intern_set(&lease->name, "a2-12");
	intern_set(&lease->by, "suzuki");
	intern_set(&lease->verb, "shutdown");
	intern_set(&lease->job, "job:7f3a21");
	lease->since = 1000;
	return 0;
}

static int teardown(void **state)
{
	object_free(KIND_BLADE, b);
	object_free(KIND_VM, vm);
	object_free(KIND_LEASE, lease);
	return 0;
}

static struct blade_facts facts(void)
{
	return (struct blade_facts){ .blade = b, .can = OUTCOME_STATE, .now = 1000 + 180 };
}

/* Which of the verbs may be done, as letters; the id of the refusal of others. */
static void expect(const struct blade_facts *f, const char *may, const char *id, enum err_class class)
{
	static const char letters[] = "nsfrtlop";

	for (size_t i = 0; i < ALL; i++) {
		struct err *e = policy_may_blade(&operator, all[i], f);
		bool wished = strchr(may, letters[i]) != NULL;
		if ((e == NULL) != wished)
			fail_msg("%s: %s", verb_name(all[i]), e ? e->msg.text : "may");
		if (e && all[i] != VERB_PAIR) {
			assert_string_equal(e->msg.id, id);
			assert_int_equal(e->class, class);
		}
		err_free(e);
	}
}

static char *refused(enum verb v, const struct blade_facts *f, enum err_class class, const char *id)
{
	static char text[512];
	struct err *e = policy_may_blade(&operator, v, f);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_roles(void **state)
{
	struct blade_facts f = facts();

	/* Whatever else is wrong: others hear of nothing but their role. */
	f.can = OUTCOME_NO;
	f.lease = lease;
	for (int v = 0; v < VERB_COUNT; v++) {
		struct err *e = policy_may_blade(&viewer, (enum verb)v, &f);
		assert_string_equal(e->msg.id, "role.verb");
		err_free(e);
		e = policy_may_blade(&customer, (enum verb)v, &f);
		assert_string_equal(e->msg.id, "role.verb");
		assert_int_equal(e->class, ERR_ROLE);
		err_free(e);
	}
	f = facts();
	refused(VERB_PROTECT, &f, ERR_USAGE, "verb.kind.blade");
	refused(VERB_SNAP_CREATE, &f, ERR_USAGE, "verb.kind.blade");
}

static void test_power(void **state)
{
	struct blade_facts f = facts();

	expect(&f, "sfrtlo", "blade.on", ERR_STATE);
	b->power = POWER_OFF;
	expect(&f, "nlo", "blade.off", ERR_STATE);
	b->power = POWER_STARTING;
	expect(&f, "sfrtlo", "blade.starting", ERR_STATE);
	b->power = POWER_STOPPING;
	expect(&f, "ftlo", "blade.stopping", ERR_STATE);
	/* Unknown is neither on nor off, and what was known before is not known now. */
	b->power = POWER_UNKNOWN;
	expect(&f, "nflo", "blade.power.unknown", ERR_STATE);
	b->power = POWER_OFF;
	b->power_live = false;
	expect(&f, "nflo", "blade.power.unknown", ERR_STATE);
}

static void test_manager(void **state)
{
	struct blade_facts f = facts();

	f.can = OUTCOME_NO;
	f.dialect = "hp-oa";
	f.why_not = "no.such.row";
	refused(VERB_POWER_OFF, &f, ERR_UNSUPPORTED, "blade.cannot");
	b->manager = MANAGER_SILENT;
	refused(VERB_POWER_OFF, &f, ERR_UNREACHABLE, "blade.cannot");
	refused(VERB_LOCATE, &f, ERR_UNREACHABLE, "blade.cannot");
	b->manager = MANAGER_BUSY;
	refused(VERB_POWER_OFF, &f, ERR_UNREACHABLE, "blade.manager.busy");
	b->manager = MANAGER_DENIED;
	refused(VERB_POWER_OFF, &f, ERR_UNREACHABLE, "blade.manager.denied");
	b->manager = MANAGER_CONNECTING;
	refused(VERB_POWER_OFF, &f, ERR_UNREACHABLE, "blade.manager.connecting");
	b->manager = MANAGER_NONE;
	refused(VERB_POWER_ON, &f, ERR_UNSUPPORTED, "blade.cannot");
	f = facts();
	b->manager = MANAGER_UP;
	intern_set(&b->fitted, "no");
	expect(&f, "", "blade.bay.empty", ERR_STATE);
}

static void test_lease(void **state)
{
	struct blade_facts f = facts();
	char *text;

	f.lease = lease;
	f.lease_job_known = true;
	f.lease_job = JOB_RUNNING;
	expect(&f, "lo", "lease.held", ERR_LEASE);
	text = refused(VERB_POWER_OFF, &f, ERR_LEASE, "lease.held");
	assert_non_null(strstr(text, "suzuki"));
	assert_non_null(strstr(text, "shutdown"));
	assert_non_null(strstr(text, "3 min"));
	f.lease_job = JOB_OVERDUE;
	expect(&f, "lo", "blade.lease.overdue", ERR_LEASE);
	f.lease_job = JOB_UNKNOWN;
	expect(&f, "lo", "blade.lease.unknown", ERR_LEASE);
	intern_set(&lease->object, "vm:0123456789abcdef");
	intern_set(&lease->name, "db01a");
	assert_non_null(strstr(refused(VERB_POWER_OFF, &f, ERR_LEASE, "blade.lease.vm"), "db01a"));
}

static void test_owner(void **state)
{
	struct blade_facts f = facts();

	intern_set(&b->owner, "acme");
	expect(&f, "lo", "owner.consent.plain", ERR_PROTECTED);
	f.contact = "noc@acme.example";
	assert_non_null(strstr(refused(VERB_RESET, &f, ERR_PROTECTED, "owner.consent"), "noc@acme.example"));
	f.consent = true;
	expect(&f, "sfrtlo", "blade.on", ERR_STATE);
}

static void test_protected(void **state)
{
	struct blade_facts f = facts();

	f.protected = vm;
	assert_non_null(strstr(refused(VERB_SHUTDOWN, &f, ERR_PROTECTED, "blade.vm.protected"), "db01a"));
	refused(VERB_POWER_OFF, &f, ERR_PROTECTED, "blade.vm.protected");
	refused(VERB_REBOOT, &f, ERR_PROTECTED, "blade.vm.protected");
	refused(VERB_RESET, &f, ERR_PROTECTED, "blade.vm.protected");
	f.vms_first = true;
	refused(VERB_SHUTDOWN, &f, ERR_PROTECTED, "blade.vm.protected");
	f.vms_first = false;
	assert_null(policy_may_blade(&operator, VERB_LOCATE, &f));
	b->power = POWER_OFF;
	assert_null(policy_may_blade(&operator, VERB_POWER_ON, &f));
}

static void test_identity(void **state)
{
	static const enum verb loses[] = { VERB_SHUTDOWN, VERB_POWER_OFF, VERB_REBOOT, VERB_RESET };
	struct blade_facts f = facts();

	for (size_t i = 0; i < 4; i++) {
		intern_set(&b->identity, "differs");
		intern_set(&b->serial, "CZJ9999999");
		b->host = HOST_UP;
		char *text = refused(loses[i], &f, ERR_STATE, "blade.identity.differs");
		assert_non_null(strstr(text, "CZJ9999999"));
		assert_non_null(strstr(text, "CZJ0310B7K"));
		intern_set(&b->identity, "unknown");
		b->host = HOST_BACKOFF;
		refused(loses[i], &f, ERR_STATE, "blade.identity.unknown");
		intern_set(&b->identity, "");
		refused(loses[i], &f, ERR_STATE, "blade.identity.unknown");
		/* Nobody can tell, and nobody will. */
		b->host = HOST_NONE;
		intern_set(&b->identity, "unknown");
		assert_null(policy_may_blade(&operator, loses[i], &f));
		/* But that they disagree is known. */
		intern_set(&b->identity, "differs");
		refused(loses[i], &f, ERR_STATE, "blade.identity.differs");
	}
	assert_null(policy_may_blade(&operator, VERB_LOCATE, &f));
	b->power = POWER_OFF;
	assert_null(policy_may_blade(&operator, VERB_POWER_ON, &f));
}

static void test_pair(void **state)
{
	struct blade_facts f = facts();

	refused(VERB_PAIR, &f, ERR_STATE, "blade.pair.already");
	intern_set(&b->identity, "differs");
	assert_null(policy_may_blade(&operator, VERB_PAIR, &f));
	f.lease = lease; /* Tana's own word: it waits for nobody, and no manager is asked */
	f.can = OUTCOME_NO;
	assert_null(policy_may_blade(&operator, VERB_PAIR, &f));
	intern_set(&b->bay_serial, "");
	refused(VERB_PAIR, &f, ERR_STATE, "blade.pair.serial");
	b->manager = MANAGER_DENIED;
	refused(VERB_PAIR, &f, ERR_UNREACHABLE, "blade.pair.silent");
	b->manager = MANAGER_NONE;
	refused(VERB_PAIR, &f, ERR_UNSUPPORTED, "blade.pair.none");
}

static void test_order(void **state)
{
	struct blade_facts f = facts();

	/* All of it at once: each is told when what comes before it is gone. */
	f.can = OUTCOME_NO;
	f.lease = lease;
	f.protected = vm;
	f.vms_first = true;
	f.stuck = vm;
	f.stuck_why = "it is paused";
	intern_set(&b->fitted, "no");
	intern_set(&b->owner, "acme");
	intern_set(&b->identity, "differs");
	b->power = POWER_OFF;
	refused(VERB_SHUTDOWN, &f, ERR_UNSUPPORTED, "blade.cannot");
	f.can = OUTCOME_STATE;
	refused(VERB_SHUTDOWN, &f, ERR_STATE, "blade.bay.empty");
	intern_set(&b->fitted, "");
	refused(VERB_SHUTDOWN, &f, ERR_LEASE, "lease.held");
	f.lease = NULL;
	refused(VERB_SHUTDOWN, &f, ERR_PROTECTED, "owner.consent.plain");
	f.consent = true;
	refused(VERB_SHUTDOWN, &f, ERR_PROTECTED, "blade.vm.protected");
	f.protected = NULL;
	refused(VERB_SHUTDOWN, &f, ERR_STATE, "blade.identity.differs");
	intern_set(&b->identity, "agrees");
	refused(VERB_SHUTDOWN, &f, ERR_STATE, "blade.off");
	b->power = POWER_ON;
	assert_non_null(strstr(refused(VERB_SHUTDOWN, &f, ERR_STATE, "blade.vms-first.stuck"), "it is paused"));
	refused(VERB_POWER_OFF, &f, ERR_USAGE, "blade.vms-first.verb");
	f.stuck = NULL;
	assert_null(policy_may_blade(&operator, VERB_SHUTDOWN, &f));
}

static void test_confirm(void **state)
{
	static const struct { enum verb v; size_t n; bool hits; enum confirm_kind kind; } table[] = {
		{ VERB_POWER_ON, 1, false, CONFIRM_ENTER }, { VERB_POWER_ON, 64, false, CONFIRM_ENTER },
		{ VERB_LOCATE, 1, true, CONFIRM_ENTER }, { VERB_LOCATE_OFF, 2, false, CONFIRM_ENTER },
		{ VERB_PAIR, 1, true, CONFIRM_YES },
		{ VERB_SHUTDOWN, 1, false, CONFIRM_YES }, { VERB_SHUTDOWN, 1, true, CONFIRM_NAME },
		{ VERB_REBOOT, 3, false, CONFIRM_YES }, { VERB_REBOOT, 3, true, CONFIRM_COUNT },
		{ VERB_POWER_OFF, 1, false, CONFIRM_NAME }, { VERB_POWER_OFF, 2, false, CONFIRM_COUNT },
		{ VERB_RESET, 1, true, CONFIRM_NAME }, { VERB_RESET, 10, true, CONFIRM_COUNT },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (policy_confirm_blade(table[i].v, table[i].n, table[i].hits) != table[i].kind)
			fail_msg("row %zu", i);
}

static void test_gentler(void **state)
{
	enum verb v;
	bool first;

	assert_true(policy_gentler_blade(VERB_POWER_OFF, true, false, &v, &first));
	assert_int_equal(v, VERB_SHUTDOWN);
	assert_true(first);
	assert_true(policy_gentler_blade(VERB_SHUTDOWN, true, false, &v, &first));
	assert_int_equal(v, VERB_SHUTDOWN);
	assert_true(first);
	assert_true(policy_gentler_blade(VERB_POWER_OFF, false, false, &v, &first));
	assert_int_equal(v, VERB_SHUTDOWN);
	assert_false(first);
	assert_true(policy_gentler_blade(VERB_RESET, true, false, &v, &first));
	assert_int_equal(v, VERB_REBOOT);
	assert_false(first);
	assert_false(policy_gentler_blade(VERB_SHUTDOWN, false, false, &v, &first));
	assert_false(policy_gentler_blade(VERB_SHUTDOWN, true, true, &v, &first));
	assert_false(policy_gentler_blade(VERB_POWER_ON, true, false, &v, &first));
	assert_false(policy_gentler_blade(VERB_REBOOT, true, false, &v, &first));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_roles), T(test_power), T(test_manager), T(test_lease), T(test_owner), T(test_protected), T(test_identity),
		T(test_pair), T(test_order), T(test_confirm), T(test_gentler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

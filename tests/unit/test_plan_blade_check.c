/* A preview of blades worked out again at commit: what is worse refuses, what is better goes on. */
#include "test_plan_blade_help.h"

#include "safety/lease.h"

#include <string.h>

static void test_victims(void **state)
{
	struct vm *vm = vm_of(1), *off = vm_of(3);
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);

	again(p, NULL);
	vm->state = VM_OFF; /* somebody shut it down meanwhile */
	again(p, NULL);
	vm->state = VM_RUNNING;
	off->state = VM_RUNNING;
	assert_non_null(strstr(again(p, "plan.changed"), "web runs there now too"));
	off->state = VM_OFF;
	registry_move_vm(reg, vm_of(4), "a2-12");
	assert_non_null(strstr(again(p, "plan.changed"), "web runs there now too"));
	registry_move_vm(reg, vm_of(4), "b1-01");
	intern_set(&vm->tenant, "globex");
	assert_non_null(strstr(again(p, "plan.changed"), "belonged to acme"));
	intern_set(&vm->tenant, "acme");
	vm->protect = true;
	again(p, "blade.vm.protected");
	vm->protect = false;
	lease_take(reg, vm->id, "db01a", "suzuki", "job:7f3a21", "reboot", 1795222000);
	again(p, "blade.lease.vm");
	lease_drop(reg, vm->id);
	vm->seen = 1795222300;
	b12->host = HOST_BACKOFF; /* what was seen is not seen any more */
	assert_non_null(strstr(again(p, "plan.changed"), "does not answer"));
	b12->host = HOST_UP;
	again(p, NULL);
	plan_free(p);
}

static void test_thing(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);

	intern_set(&b12->bay_serial, "CZJ1111111");
	assert_non_null(strstr(again(p, "plan.changed"), "CZJ1111111"));
	intern_set(&b12->bay_serial, "CZJ0310B7K");
	intern_set(&b12->bay, "14");
	assert_non_null(strstr(again(p, "plan.changed"), "bay 14"));
	intern_set(&b12->bay, "12");
	intern_set(&b12->identity, "differs");
	again(p, "blade.identity.differs");
	intern_set(&b12->identity, "agrees");
	b12->power = POWER_OFF;
	again(p, "blade.off");
	b12->power = POWER_STOPPING;
	again(p, NULL);
	b12->power = POWER_ON;
	b12->power_live = false; /* a safeguard that was there is gone */
	assert_non_null(strstr(again(p, "plan.changed"), "does not tell"));
	b12->power_live = true;
	intern_set(&b12->owner, "acme");
	again(p, "owner.consent");
	intern_set(&b12->owner, "");
	blade_can_now = OUTCOME_UNSEEN;
	assert_non_null(strstr(again(p, "plan.changed"), "can no longer be seen"));
	blade_can_now = OUTCOME_STATE;
	intern_set(&b12->fitted, "no");
	again(p, "blade.bay.empty");
	intern_set(&b12->fitted, "yes");
	intern_set(&b12->alert, "on two hosts");
	assert_non_null(strstr(again(p, "plan.changed"), "on two hosts"));
	intern_set(&b12->alert, "");
	again(p, NULL);
	registry_remove(reg, KIND_BLADE, b12);
	assert_non_null(strstr(again(p, "plan.changed"), "a2-12 is gone"));
	plan_free(p);
}

static void test_power_came(void **state)
{
	/* It was not known, and is on now. */
	b12->power = POWER_UNKNOWN;
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	again(p, NULL);
	b12->power = POWER_ON;
	assert_non_null(strstr(again(p, "plan.changed"), "its power was unknown and is now on"));
	plan_free(p);
}

static void test_quorum(void **state)
{
	struct plan *p = blade_plan(VERB_RESET, b12, NULL, NULL);

	b13->host = HOST_STALE;
	assert_non_null(strstr(again(p, "plan.changed"), "cluster K1 would have 1 sure and 1 unknown of 2 needed, not 2 sure"));
	b13->host = HOST_UP;
	metal_site.clusters[0].quorum = 3;
	assert_non_null(strstr(again(p, "plan.changed"), "cluster K1 would have 2 sure and 0 unknown of 3 needed"));
	metal_site.clusters[0].quorum = 1; /* better */
	again(p, NULL);
	plan_free(p);
}

static void test_steps(void **state)
{
	struct plan_args first = { .vms_first = true };
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	char *const keep = metal_site.start_order[1];

	again(p, NULL);
	vm_of(6)->state = VM_OFF; /* that one is done already */
	again(p, NULL);
	vm_of(5)->state = VM_OFF; /* the others' ranks are counted anew */
	again(p, NULL);
	vm_of(5)->state = vm_of(6)->state = VM_RUNNING;
	metal_site.start_order[1] = (char *)"it's*";
	assert_non_null(strstr(again(p, "plan.changed"), "in another order"));
	metal_site.start_order[1] = (char *)"x*"; /* all together: not in order */
	assert_non_null(strstr(again(p, "plan.changed"), "in another order"));
	metal_site.start_order[1] = keep;
	vm_of(5)->state = VM_PAUSED;
	again(p, "blade.vms-first.stuck");
	vm_of(5)->state = VM_RUNNING;
	vm_of(3)->state = VM_RUNNING;
	assert_non_null(strstr(again(p, "plan.changed"), "web runs there now too"));
	vm_of(3)->state = VM_OFF;
	struct plan *now = NULL;
	assert_null(plan_check(&world, &operator, p, &now));
	assert_true(now->vms_first); /* what is committed is what was shown */
	assert_int_equal(now->nsteps, 3);
	plan_free(now);
	plan_free(p);
}

/* Who goes before whom, and who goes together. */
static void test_order(void **state)
{
	struct plan_args first = { .vms_first = true };

	vm_of(5)->state = VM_OFF;
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	assert_string_equal(p->steps[0].name, "it's me");
	metal_site.start_order[1] = (char *)"it's*"; /* the other way round */
	assert_non_null(strstr(again(p, "plan.changed"), "in another order"));
	plan_free(p);
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	assert_string_equal(p->steps[0].name, "db01a");
	metal_site.start_order[1] = (char *)"x*"; /* both at the same time */
	assert_non_null(strstr(again(p, "plan.changed"), "in another order"));
	plan_free(p);
}

static void test_consent_stays(void **state)
{
	struct plan_args agreed = { .consent = true };

	intern_set(&b12->owner, "acme");
	struct plan *p = blade_plan(VERB_RESET, b12, NULL, &agreed), *now = NULL;
	assert_null(plan_check(&world, &operator, p, &now));
	assert_true(now->consent);
	assert_true(now->reason_needed);
	plan_free(now);
	intern_set(&b12->owner, "globex"); /* whoever agreed was another */
	assert_non_null(strstr(again(p, "plan.changed"), "belonged to acme and now to globex"));
	plan_free(p);
}

static void test_confirmation(void **state)
{
	/* Nothing ran there, so a yes was enough. */
	vm_of(1)->state = vm_of(5)->state = vm_of(6)->state = VM_OFF;
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, NULL);
	assert_int_equal(p->confirm, CONFIRM_YES);
	vm_of(1)->state = VM_RUNNING;
	again(p, "plan.changed");
	plan_free(p);
}

static void test_start_order(void **state)
{
	b12->power = b13->power = b01->power = POWER_OFF;
	struct plan *p = blade_plan(VERB_POWER_ON, b12, b01, NULL);

	assert_string_equal(p->targets[0].name, "b1-01");
	again(p, NULL);
	metal_site.start_order[0] = (char *)"a2-*";
	assert_non_null(strstr(again(p, "plan.changed"), "start order"));
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		B(test_victims), B(test_thing), B(test_power_came), B(test_quorum), B(test_steps), B(test_order),
		B(test_consent_stays),
		B(test_confirmation), B(test_start_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

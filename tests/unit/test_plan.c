/* Previews: what they say and want typed, that nothing is worse at commit, and how long they live. */
#include "test_plan_help.h"

#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

/* ---- previews ---- */

static struct plan *make(const struct actor *a, enum verb v, int n1, int n2, int n3)
{
	int numbers[3] = { n1, n2, n3 };
	struct vm *vms[3];
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		if (numbers[i])
			vms[n++] = vm_of(numbers[i]);
	return plan_make(&world, a, v, vms, n, NULL);
}

static bool says(const struct plan_notes *n, const char *id)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->list[i].msg.id, id) == 0)
			return true;
	return false;
}

static void test_power_off(void **state)
{
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);

	assert_int_equal(p->refused.n, 0);
	assert_true(says(&p->impact, "impact.power-off"));
	assert_true(says(&p->impact, "tenant.procedure"));
	assert_true(says(&p->impact, "tenant.contact"));
	assert_true(p->has_gentler);
	assert_int_equal(p->gentler, VERB_SHUTDOWN);
	assert_int_equal(p->confirm, CONFIRM_NAME);
	assert_string_equal(p->confirm_text, "db01a");
	assert_string_equal(p->command, "tana power-off vm:db01a --confirm db01a");
	assert_string_equal(p->targets[0].place, "rack A, A2, bay 12");
	struct err *e = plan_confirmed(p, NULL, NULL);
	assert_string_equal(e->msg.id, "confirm.missing");
	err_free(e);
	e = plan_confirmed(p, "yes", NULL);
	assert_string_equal(e->msg.id, "confirm.wrong");
	err_free(e);
	e = plan_confirmed(p, "db01A", NULL);
	assert_non_null(e);
	err_free(e);
	assert_null(plan_confirmed(p, "db01a", NULL));
	plan_free(p);
}

static void test_codes(void **state)
{
	/* Not ASCII, or not the only one: a code that can be typed instead. */
	struct plan *p = make(&operator, VERB_POWER_OFF, 5, 0, 0);
	assert_string_equal(p->confirm_text, "000000");
	assert_non_null(strstr(p->command, "'vm:\xe9\xa1\xa7\xe5\xae\xa2'"));
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 4, 0, 0);
	assert_string_equal(p->confirm_text, "000000");
	assert_string_equal(p->command, "tana power-off b1-01/web --confirm 000000");
	plan_free(p);
	p = make(&operator, VERB_SHUTDOWN, 6, 0, 0);
	assert_string_equal(p->command, "tana shutdown 'vm:it'\\''s me' --yes");
	assert_null(p->confirm_text);
	plan_free(p);
}

static void test_counts(void **state)
{
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 5, 6);
	assert_string_equal(p->confirm_text, "3 a2-12");
	assert_non_null(strstr(p->impact.list[0].msg.text, "acme 1"));
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 1, 2, 0);
	assert_string_equal(p->confirm_text, "2 A2");
	assert_string_equal(p->command, "tana power-off vm:db01a vm:db01b --confirm '2 A2'");
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 1, 4, 0);
	assert_string_equal(p->confirm_text, "2 tokyo-1");
	plan_free(p);
	p = make(&customer, VERB_POWER_OFF, 1, 2, 0);
	assert_string_equal(p->confirm_text, "2 acme");
	plan_free(p);
}

static void test_customer_preview(void **state)
{
	struct plan *p = make(&customer, VERB_POWER_OFF, 1, 0, 0);
	json_t *j = plan_to_json(p);
	char *text = json_dumps(j, 0);

	/* Nothing of where it stands, nothing of the provider's procedures. */
	assert_null(strstr(text, "a2-12"));
	assert_null(strstr(text, "\"A2\""));
	assert_null(strstr(text, "call first"));
	free(text);
	json_decref(j);
	plan_free(p);
}

static void test_warnings(void **state)
{
	struct vm *vm = vm_of(1);
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:a2-12");

	struct plan *p = make(&operator, VERB_SHUTDOWN, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.acpi"));
	assert_non_null(strstr(p->impact.list[0].msg.text, "10 min"));
	plan_free(p);
	b->host = HOST_STALE;
	vm->live = false;
	vm->seen = 1795222333 - 240;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.stale"));
	assert_non_null(strstr(p->warnings.list[0].msg.text, "4 min"));
	plan_free(p);
	b->host = HOST_BACKOFF;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->refused, "host.silent"));
	assert_int_equal(p->refused.list[0].class, ERR_UNREACHABLE);
	plan_free(p);
	b->host = HOST_UP;
	vm->live = true;
	open_now = true;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.unsettled"));
	plan_free(p);
	open_now = false;
	can_now = OUTCOME_UNSEEN;
	p = make(&operator, VERB_RESET, 1, 0, 0);
	assert_true(says(&p->impact, "impact.unseen"));
	plan_free(p);
}

static void test_takeover(void **state)
{
	struct job *j = object_new(KIND_JOB);

	intern_set(&j->id, "job:7f3a21");
	intern_set(&j->by, "suzuki");
	intern_set(&j->verb, "shutdown");
	j->state = JOB_RUNNING;
	registry_add(reg, KIND_JOB, j);
	lease_take(reg, vm_of(1)->id, "db01a", "suzuki", "job:7f3a21", "shutdown", 1795222000);
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->refused, "lease.held"));
	plan_free(p);
	j->state = JOB_OVERDUE;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_int_equal(p->refused.n, 0);
	assert_true(says(&p->impact, "impact.takeover"));
	assert_true(p->targets[0].takeover);
	plan_free(p);
	/* Which of the provider's staff began it is nothing for a customer. */
	p = make(&customer, VERB_POWER_OFF, 1, 0, 0);
	assert_int_equal(p->refused.n, 0);
	assert_true(says(&p->impact, "impact.takeover.plain"));
	for (size_t i = 0; i < p->impact.n; i++) {
		json_t *all = msg_to_json(&p->impact.list[i].msg);
		char *text = json_dumps(all, 0);
		assert_null(strstr(text, "suzuki"));
		free(text);
		json_decref(all);
	}
	plan_free(p);
	/* The blade's own lease covers its VMs. */
	lease_drop(reg, vm_of(1)->id);
	lease_take(reg, "blade:a2-12", "a2-12", "suzuki", "job:7f3a21", "shutdown", 1795222000);
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_int_equal(p->refused.n, 1);
	plan_free(p);
	assert_true(lease_blade_busy(reg, "a2-12"));
	assert_false(lease_blade_busy(reg, "a2-13"));
}

/* ---- no worse at commit ---- */

static char *checked(const struct actor *a, const struct plan *shown, enum err_class class, const char *id)
{
	static char text[1024];
	struct plan *now = NULL;
	struct err *e = plan_check(&world, a, shown, &now);

	text[0] = '\0';
	if (!id) {
		if (e)
			fail_msg("%s", e->msg.text);
		assert_non_null(now);
		plan_free(now);
		return text;
	}
	assert_non_null(e);
	assert_null(now);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_no_worse(void **state)
{
	struct vm *vm = vm_of(1), *off = vm_of(3);

	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	checked(&operator, p, 0, NULL);
	vm->state = VM_PAUSED; /* still something that runs: no worse */
	checked(&operator, p, 0, NULL);
	vm->state = VM_OFF;
	checked(&operator, p, ERR_STATE, "state.off");
	vm->state = VM_RUNNING;
	vm->protect = true;
	checked(&operator, p, ERR_PROTECTED, "vm.protected");
	vm->protect = false;
	registry_move_vm(reg, vm, "a2-13");
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "moved from a2-12 to a2-13"));
	registry_move_vm(reg, vm, "a2-12");
	intern_set(&vm->tenant, "globex");
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "acme"));
	intern_set(&vm->tenant, "acme");
	open_now = true; /* a safeguard that was there is gone */
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "not known"));
	open_now = false;
	can_now = OUTCOME_UNSEEN;
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	can_now = OUTCOME_STATE;
	add_vm("0000000000000009", "db01a", "b1-01", "globex", VM_RUNNING); /* the name is not the only one any more */
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	registry_remove(reg, KIND_VM, vm_of(9));
	registry_rename(reg, KIND_VM, vm, "db02");
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	registry_rename(reg, KIND_VM, vm, "db01a");
	checked(&operator, p, 0, NULL);
	registry_remove(reg, KIND_VM, vm);
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "gone"));
	plan_free(p);

	p = make(&customer, VERB_POWER_ON, 3, 0, 0);
	checked(&customer, p, 0, NULL);
	registry_move_vm(reg, off, "b1-01");
	assert_null(strstr(checked(&customer, p, ERR_CONFIRM, "plan.changed"), "b1-01"));
	registry_move_vm(reg, off, "a2-12");
	tenants[0].state = TENANT_FROZEN;
	checked(&customer, p, ERR_ROLE, "tenant.frozen");
	tenants[0].state = TENANT_ACTIVE;
	intern_set(&off->tenant, "globex"); /* no longer his: as if it were gone */
	checked(&customer, p, ERR_CONFIRM, "plan.changed");
	plan_free(p);
}

static void test_added_victim(void **state)
{
	/* One of two was off and is running now. */
	struct vm *vms[2] = { vm_of(1), vm_of(2) };

	vms[1]->state = VM_CRASHED;
	struct plan *p = plan_make(&world, &operator, VERB_POWER_OFF, vms, 2, NULL);
	assert_int_equal(p->refused.n, 0);
	vms[1]->state = VM_RUNNING;
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "db01b was crashed and is now running"));
	plan_free(p);
}

static void test_life(void **state)
{
	struct plans plans = { { NULL } };
	struct plan *found = NULL, *first = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	char id[40];

	memcpy(id, first->id, sizeof id);
	plans_add(&plans, first);
	assert_null(plans_find(&plans, id, &found));
	assert_ptr_equal(found, first);
	struct err *e = plans_find(&plans, "p-0", &found);
	assert_string_equal(e->msg.id, "plan.unknown");
	err_free(e);
	clock_fake_advance(59000);
	assert_null(plans_find(&plans, id, &found));
	clock_fake_advance(2000);
	e = plans_find(&plans, id, &found);
	assert_string_equal(e->msg.id, "plan.expired");
	err_free(e);
	/* One that was committed answers for as long as it is remembered. */
	strcpy(first->job, "job:123456");
	assert_null(plans_find(&plans, id, &found));
	for (int i = 0; i < PLANS_MAX; i++) {
		clock_fake_advance(10);
		plans_add(&plans, make(&operator, VERB_POWER_OFF, 1, 0, 0));
	}
	e = plans_find(&plans, id, &found);
	assert_string_equal(e->msg.id, "plan.unknown");
	err_free(e);
	plans_clear(&plans);
}

static void test_pair(void **state)
{
	intern_set(&vm_of(1)->pair, "db01b");
	intern_set(&vm_of(2)->pair, "db01a");
	static const enum verb ending[] = { VERB_POWER_OFF, VERB_SHUTDOWN, VERB_REBOOT, VERB_RESET };
	struct plan *p;
	for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
		p = make(&customer, ending[i], 2, 1, 0);
		assert_true(says(&p->warnings, "warn.pair.both"));
		plan_free(p);
		p = make(&operator, ending[i], 1, 0, 0); /* the other half runs on */
		assert_false(says(&p->warnings, "warn.pair.both") || says(&p->warnings, "warn.pair.half"));
		plan_free(p);
	}
	vm_of(2)->state = VM_OFF;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.pair.half"));
	plan_free(p);
	p = make(&customer, VERB_POWER_OFF, 1, 0, 0); /* may not be looked after by this one */
	assert_false(says(&p->warnings, "warn.pair.half"));
	plan_free(p);
	p = make(&operator, VERB_POWER_ON, 2, 0, 0);
	assert_int_equal(p->warnings.n, 0);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_pair), T(test_power_off), T(test_codes), T(test_counts), T(test_customer_preview), T(test_warnings),
		T(test_takeover), T(test_no_worse), T(test_added_victim), T(test_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

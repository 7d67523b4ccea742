/* A blade after its VMs: in order, each step seen, and not touched when one does not follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "blade_ground.h"
#include "common/clock.h"
#include "safety/lease.h"

static void no_error(void *ctx, struct err *e)
{
	assert_null(e);
}

/* The VM goes off as it was asked. */
static void goes_off(int act, int vm)
{
	taken(act);
	pass(1000);
	news(vm, VM_OFF);
	ground_flush();
}

static void assert_untouched(void)
{
	for (int i = 0; i < ground_nacts; i++)
		assert_string_not_equal(ground_acts[i].vm, "blade:b1");
}

static void assert_over(void)
{
	assert_int_equal(ground_leases(), 0);
	assert_null(lease_find(reg, "blade:b1"));
	assert_string_equal(blade_of(1)->job, "");
	for (int i = 1; i <= 10; i++)
		assert_string_equal(vm_of(i)->job, "");
	for (int n = 1; n <= BLADES; n++)
		assert_int_equal(ground_watched(blade_of(n)->name), 0);
}

static void test_in_order(void **state)
{
	char *id = blade_first();
	json_t *begin = json_array_get(ground_records, 0);
	enum verb v;

	/* One lease, on the blade; its VMs are told one by one in the record. */
	assert_int_equal(ground_leases(), 1);
	assert_string_equal(ground_lease_job("blade:b1"), id);
	assert_true(json_is_true(json_object_get(json_object_get(begin, "detail"), "vms_first")));
	assert_int_equal(json_array_size(json_object_get(begin, "objects")), 4);
	assert_string_equal(job_of(id)->target, "blade:b1");
	assert_string_equal(job_of(id)->targets, "b1");
	assert_int_equal(job_of(id)->count, 4);
	assert_int_equal(job_of(id)->deadline - job_of(id)->started, 1800);
	/* Those of the first rank, at once, and no other. */
	assert_int_equal(ground_nacts, 2);
	assert_string_equal(ground_acts[0].vm, vm_of(1)->id);
	assert_int_equal(ground_acts[0].verb, VERB_SHUTDOWN);
	assert_string_equal(ground_acts[1].vm, vm_of(2)->id);
	assert_string_equal(vm_of(4)->job, id);
	ground_sent(0);
	assert_string_equal(job_of(id)->text, "shutting down vm1 (1 of 3)");
	assert_ptr_equal(jobs_acting(jobs, vm_of(1), &v), job_of(id));
	ground_done(0, NULL);
	pass(1000);
	news(1, VM_OFF);
	ground_flush();
	TARGET(id, 0, JOB_DONE);
	assert_int_equal(ground_nacts, 2);
	assert_string_equal(vm_of(1)->job, id); /* it is covered till the end */
	goes_off(1, 2);
	assert_int_equal(ground_nacts, 3);
	assert_string_equal(ground_acts[2].vm, vm_of(4)->id);
	ground_sent(2);
	assert_string_equal(job_of(id)->text, "shutting down vm4 (3 of 3)");
	assert_int_equal(ground_watched("b1"), 0);
	ground_done(2, NULL);
	ground_flush();
	assert_int_equal(ground_nacts, 3);
	pass(1000);
	news(4, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, 4);
	assert_string_equal(ground_acts[3].vm, "blade:b1");
	assert_int_equal(ground_acts[3].verb, VERB_SHUTDOWN);
	assert_int_equal(ground_watched("b1"), 1);
	taken(3);
	SAYS(id, "job.steps.blade");
	STATE(id, JOB_RUNNING);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_string_equal(job_of(id)->text, "3 VMs and then b1 were shut down");
	assert_over();
	assert_int_equal(json_array_size(ground_records), 2);
	json_t *objects = json_object_get(json_array_get(ground_records, 1), "objects");
	assert_string_equal(json_string_value(json_object_get(json_array_get(objects, 2), "state")), "done");
}

/* Not more than a few at once, and not before that is written. */
static void test_parallel(void **state)
{
	struct plan *p = blade_plan(VERB_SHUTDOWN, 1, 1);

	for (int i = 1; i <= 10; i++) {
		vm_of(i)->state = VM_RUNNING;
		plan_step(p, i, 1, 3);
	}
	char *id = blade_commit(p);
	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	ground_sent(0);
	ground_fail = true;
	ground_done(0, NULL);
	ground_flush();
	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	ground_fail = false;
	pass(4000);
	assert_int_equal(ground_nacts, JOBS_PARALLEL + 1);
	for (int i = 1; i < 10; i++)
		taken(i);
	assert_int_equal(ground_nacts, 10);
	for (int i = 1; i <= 9; i++)
		news(i, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, 10);
	news(10, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, 11);
	taken(10);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_over();
}

/* It goes off by itself before its turn: it is not asked. */
static void test_off_already(void **state)
{
	char *id = blade_first();

	news(4, VM_OFF);
	goes_off(0, 1);
	goes_off(1, 2);
	assert_int_equal(ground_nacts, 3);
	assert_string_equal(ground_acts[2].vm, "blade:b1");
	taken(2);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_over();
}

static void test_one_refuses(void **state)
{
	char *id = blade_first();

	ground_sent(0);
	ground_sent(1);
	ground_done(0, says_no());
	ground_flush();
	/* The other one was asked: its blade is held till that is settled. */
	STATE(id, JOB_RUNNING);
	TARGET(id, 2, JOB_FAILED);
	TARGET(id, 3, JOB_PENDING);
	assert_string_equal(ground_lease_job("blade:b1"), id);
	ground_done(1, NULL);
	pass(1000);
	news(2, VM_OFF);
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_string_equal(job_of(id)->text, "vm1 did not follow (1 of 3 VMs are off); b1 was not touched");
	assert_string_equal(ground_stored(id)->targets[2].text, "not begun: vm1 did not follow");
	assert_string_equal(ground_stored(id)->targets[3].text, "vm1 did not follow; b1 was not touched");
	assert_untouched();
	assert_over();
}

static void test_one_is_slow(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	taken(1);
	pass(601000);
	STATE(id, JOB_OVERDUE);
	assert_string_equal(job_of(id)->text, "vm2 does not go off; b1 waits, and is not touched before");
	assert_int_equal(ground_nacts, 2);
	pass(3600000);
	assert_int_equal(ground_nacts, 2);
	news(2, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, 3);
	goes_off(2, 4);
	taken(3);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_over();
}

static void test_one_is_given_up(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	ground_sent(1);
	ground_done(1, lost());
	ground_flush();
	STATE(id, JOB_UNKNOWN);
	SAYS(id, "job.steps.unknown");
	assert_int_equal(ground_nacts, 2);
	pass(500000);
	assert_int_equal(ground_nacts, 2);
	pass(150000);
	STATE(id, JOB_PARTLY);
	SAYS(id, "job.steps.stopped");
	assert_untouched();
	assert_over();
}

static void test_broken(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	taken(1);
	pass(601000);
	assert_null(jobs_break(jobs, "blade:b1", &sato, "enough", no_error, NULL));
	ground_flush();
	STATE(id, JOB_PARTLY);
	SAYS(id, "job.steps.stopped");
	assert_string_equal(ground_stored(id)->targets[1].text_id, "job.broken");
	assert_string_equal(ground_stored(id)->targets[3].text_id, "job.broken.unsent");
	assert_untouched();
	assert_over();
	assert_string_equal(record(-2, "what"), "lease-break");
	/* It goes off after all. */
	news(2, VM_OFF);
	ground_flush();
	assert_string_equal(record(-1, "what"), "late");
	pass(60000);
	assert_untouched();
}

/* ---- what runs there when its turn comes ---- */

static void vms_go(void)
{
	goes_off(0, 1);
	goes_off(1, 2);
	goes_off(2, 4);
}

static void test_one_comes(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	goes_off(1, 2);
	news(7, VM_RUNNING);
	goes_off(2, 4);
	STATE(id, JOB_PARTLY);
	assert_string_equal(job_of(id)->text, "3 of 3 VMs are off; b1: vm7 runs there, or may run; b1 was not touched");
	assert_untouched();
	assert_over();
}

static void test_one_moves_here(void **state)
{
	struct vm *vm = vm_of(8);

	vm->state = VM_RUNNING;
	registry_move_vm(reg, vm, "b2");
	char *id = blade_first();
	goes_off(0, 1);
	registry_move_vm(reg, vm, "b1");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm, .blade = blade_of(1) });
	assert_string_equal(vm->job, id);
	goes_off(1, 2);
	goes_off(2, 4);
	STATE(id, JOB_PARTLY);
	assert_untouched();
	assert_over();
}

/* A step that left its blade is nobody's any more: what another job holds then is not the step's to end. */
static void test_one_leaves(void **state)
{
	char id[64], other[64];

	strcpy(id, blade_first());
	taken(0);
	blade_of(2)->host = HOST_UP;
	registry_move_vm(reg, vm_of(1), "b2");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm_of(1), .blade = blade_of(2) });
	strcpy(other, begin(&sato, VERB_POWER_OFF, 1, 1));
	assert_string_equal(refused, "");
	assert_string_equal(ground_lease_job(vm_of(1)->id), other);
	vm_of(1)->state = VM_OFF;
	pass(2000);
	TARGET(id, 0, JOB_DONE);
	STATE(other, JOB_PENDING);
	assert_string_equal(ground_lease_job(vm_of(1)->id), other);
	assert_string_equal(vm_of(1)->job, other);
}

static void test_one_comes_back(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	news(1, VM_RUNNING);
	goes_off(1, 2);
	goes_off(2, 4);
	STATE(id, JOB_PARTLY);
	assert_untouched();
	assert_over();
}

static void test_host_falls_silent(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	goes_off(1, 2);
	taken(2);
	news(4, VM_OFF);
	host_is(1, HOST_BACKOFF);
	ground_flush();
	pass(60000);
	assert_untouched();
	STATE(id, JOB_RUNNING);
	assert_string_equal(job_of(id)->text, "3 of 3 VMs are off; b1: waiting until the host of b1 answers: what runs there cannot be seen");
	host_is(1, HOST_UP);
	pass(500);
	assert_int_equal(ground_nacts, 4);
	taken(3);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_over();
}

static void test_host_stays_silent(void **state)
{
	char *id = blade_first();

	goes_off(0, 1);
	goes_off(1, 2);
	taken(2);
	news(4, VM_OFF);
	host_is(1, HOST_BACKOFF);
	ground_flush();
	pass(302000);
	STATE(id, JOB_PARTLY);
	assert_string_equal(ground_stored(id)->targets[3].text_id, "job.step.silent");
	assert_untouched();
	assert_over();
}

static void test_blade_refuses(void **state)
{
	char *id = blade_first();

	vms_go();
	ground_sent(3);
	ground_done(3, says_no());
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_string_equal(job_of(id)->text, "3 of 3 VMs are off; b1: no room on this host");
	assert_over();
}

/* ---- two at once ---- */

static void test_two(void **state)
{
	struct plan *p = blade_plan(VERB_SHUTDOWN, 1, 2);
	struct vm *vm = vm_of(4);

	blade_of(2)->power = POWER_ON;
	registry_move_vm(reg, vm, "b2");
	plan_step(p, 1, 1, 0);
	plan_step(p, 2, 1, 0);
	plan_step(p, 4, 2, 0);
	char id[64];
	strcpy(id, blade_commit(p));
	assert_int_equal(ground_nacts, 3);
	assert_int_equal(ground_leases(), 2);
	blade_first();
	assert_string_equal(refused, "lease.held");
	goes_off(0, 1);
	goes_off(2, 4);
	/* b1's VM says no: neither blade is touched, and b2, of which nothing is awaited, is free at once. */
	ground_sent(1);
	ground_done(1, says_no());
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_untouched();
	assert_over();
}

/* ---- a broker that died ---- */

static void test_restart_at_once(void **state)
{
	char id[64];

	strcpy(id, blade_first());
	broker_dies_with_blades(); /* nothing had come back: whether they were asked nobody knows */
	STATE(id, JOB_UNKNOWN);
	TARGET(id, 0, JOB_UNKNOWN);
	TARGET(id, 2, JOB_FAILED);
	TARGET(id, 3, JOB_PENDING);
	assert_string_equal(ground_lease_job("blade:b1"), id);
	assert_string_equal(vm_of(1)->job, id);
	host_comes();
	news(1, VM_OFF);
	ground_flush();
	news(2, VM_OFF);
	ground_flush();
	/* They went off; but nothing is begun any more. */
	STATE(id, JOB_PARTLY);
	assert_string_equal(ground_stored(id)->targets[3].text_id, "job.not-begun");
	assert_int_equal(ground_nacts, 0);
	assert_over();
}

static void test_restart_while_asked(void **state)
{
	char id[64];

	strcpy(id, blade_first());
	goes_off(0, 1);
	taken(1);
	pass(100000);
	broker_dies_with_blades();
	TARGET(id, 0, JOB_DONE);
	TARGET(id, 1, JOB_RUNNING); /* it was asked, and has its time */
	host_comes();
	pass(450000);
	STATE(id, JOB_RUNNING);
	pass(60000);
	STATE(id, JOB_OVERDUE);
	news(2, VM_OFF);
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_int_equal(ground_nacts, 0);
	assert_over();
}

static void test_restart_at_blade(void **state)
{
	char id[64];

	strcpy(id, blade_first());
	vms_go();
	taken(3);
	broker_dies_with_blades();
	STATE(id, JOB_UNKNOWN);
	TARGET(id, 2, JOB_DONE);
	TARGET(id, 3, JOB_UNKNOWN);
	assert_int_equal(ground_watched("b1"), 1);
	ground_blade_steady = 1000000;
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_over();
	/* And once more, when all is over. */
	broker_dies_with_blades();
	STATE(id, JOB_DONE);
	assert_over();
}

static void test_restart_twice(void **state)
{
	char id[64];

	strcpy(id, blade_first());
	goes_off(0, 1);
	broker_dies_with_blades();
	broker_dies_with_blades();
	TARGET(id, 1, JOB_UNKNOWN);
	TARGET(id, 2, JOB_FAILED);
	host_comes();
	pass(700000);
	STATE(id, JOB_PARTLY);
	assert_int_equal(ground_nacts, 0);
	assert_over();
}

#define T(t) cmocka_unit_test_setup_teardown(t, blade_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_in_order), T(test_parallel), T(test_off_already), T(test_one_refuses), T(test_one_is_slow),
		T(test_one_is_given_up), T(test_broken), T(test_one_comes), T(test_one_moves_here), T(test_one_leaves), T(test_one_comes_back),
		T(test_host_falls_silent), T(test_host_stays_silent), T(test_blade_refuses), T(test_two), T(test_restart_at_once),
		T(test_restart_while_asked), T(test_restart_at_blade), T(test_restart_twice) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Jobs from intent to outcome, on a fleet and a store of cardboard and a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/clock.h"
#include "jobs_ground.h"
#include "safety/lease.h"

/* ---- the ordinary way ---- */

static void test_power_off(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	/* Intent, lease and record are there before anything is sent. */
	STATE(id, JOB_PENDING);
	assert_int_equal(ground_nacts, 1);
	assert_int_equal(ground_job(id), JOB_PENDING);
	assert_string_equal(ground_lease_job(vm_of(1)->id), id);
	assert_string_equal(record(0, "what"), "begin");
	assert_string_equal(record(0, "by"), "sato");
	assert_string_equal(record(0, "origin"), "ssh 192.0.2.7");
	assert_string_equal(record(0, "reason"), "because");
	assert_string_equal(vm_of(1)->job, id);
	assert_string_equal(vm_of(1)->doing, "power-off");
	ground_sent(0);
	STATE(id, JOB_RUNNING);
	ground_done(0, NULL);
	ground_flush();
	STATE(id, JOB_RUNNING); /* accepted is not done */
	pass(2000);
	news(1, VM_OFF);
	STATE(id, JOB_RUNNING); /* and done is not shown before it is written */
	ground_flush();
	STATE(id, JOB_DONE);
	assert_string_equal(job_of(id)->text_id, "job.seen");
	assert_int_equal(ground_job(id), JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_string_equal(vm_of(1)->job, "");
	assert_string_equal(record(-1, "what"), "end");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(ground_records, 1), "seconds")), 2);
	assert_int_equal(json_array_size(ground_records), 2);
	assert_true(ground_released > 0);
}

static void test_event_before_answer(void **state)
{
	char *id = begin(&sato, VERB_POWER_ON, 3, 3);

	ground_sent(0);
	news(3, VM_RUNNING);
	ground_flush();
	STATE(id, JOB_RUNNING);
	news(3, VM_OFF); /* it ran, and fell over at once: it was started all the same */
	ground_done(0, NULL);
	ground_flush();
	STATE(id, JOB_DONE);
}

static void test_host_says_no(void **state)
{
	char *id = begin(&sato, VERB_POWER_ON, 3, 3);

	ground_sent(0);
	ground_done(0, err_new(ERR_FAILED, "text", "{s:s}", "text", "no room on this host"));
	ground_flush();
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text, "no room on this host");
	assert_int_equal(ground_leases(), 0);
	/* What the host says itself is not for customers. */
	json_t *all = jobs_targets(jobs, id, false), *plain = jobs_targets(jobs, id, true);
	assert_true(json_is_object(json_object_get(json_array_get(all, 0), "outcome")));
	assert_true(json_is_null(json_object_get(json_array_get(plain, 0), "outcome")));
	json_decref(all);
	json_decref(plain);
}

static void test_never_sent(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_done(0, err_new(ERR_UNREACHABLE, "text", "{s:s}", "text", "gone"));
	ground_flush();
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.not-sent");
}

static void test_not_written_not_done(void **state)
{
	struct plan *p = plan_for(&sato, VERB_POWER_OFF, 1, 1);

	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	assert_non_null(lease_find(reg, vm_of(1)->id)); /* nobody comes between */
	ground_flush();
	assert_string_equal(refused, "text");
	assert_int_equal(ground_nacts, 0);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_int_equal(registry_count(reg, KIND_JOB), 0);
	p = plan_for(&sato, VERB_PROTECT, 1, 1);
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	assert_false(vm_of(1)->protect);
}

static void test_end_not_written(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	ground_fail = true;
	news(1, VM_OFF);
	ground_flush();
	pass(5000);
	STATE(id, JOB_RUNNING);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ground_fail = false;
	pass(3000);
	STATE(id, JOB_DONE);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_int_equal(json_array_size(ground_records), 2);
}

static void test_second_comer(void **state)
{
	begin(&sato, VERB_POWER_OFF, 1, 1);
	struct plan *p = plan_for(&ops, VERB_SHUTDOWN, 1, 1);
	assert_int_equal(p->refused.n, 1);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.plain");
	plan_free(p);
}

/* ---- guests ---- */

static void test_shutdown(void **state)
{
	char *id = begin(&sato, VERB_SHUTDOWN, 1, 1);

	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	assert_int_equal(ground_job(id), JOB_RUNNING); /* a broker that dies now knows that the guest was asked */
	assert_int_equal(job_of(id)->deadline, 1795222333 + 600);
	pass(300000);
	STATE(id, JOB_RUNNING); /* slow is not failed */
	news(1, VM_SHUTTING_DOWN);
	pass(1000);
	news(1, VM_OFF);
	ground_flush();
	STATE(id, JOB_DONE);
}

static void test_overdue_and_takeover(void **state)
{
	char first[64], second[64];

	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	pass(601000);
	STATE(first, JOB_OVERDUE);
	assert_string_equal(job_of(first)->text, "vm1 is still running after 10 min");
	assert_string_equal(ground_lease_job(vm_of(1)->id), first); /* it may still come */
	struct plan *p = plan_for(&sato, VERB_RESET, 1, 1);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.overdue");
	plan_free(p);
	/* Forcing is a new plan. */
	strcpy(second, begin(&ops, VERB_POWER_OFF, 1, 1));
	assert_string_not_equal(first, second);
	ground_flush();
	STATE(first, JOB_FAILED);
	assert_string_equal(job_of(first)->text_id, "job.taken-over");
	assert_string_equal(ground_lease_job(vm_of(1)->id), second);
	assert_string_equal(lease_find(reg, vm_of(1)->id)->job, second);
	assert_string_equal(vm_of(1)->job, second);
	ground_sent(1);
	ground_done(1, NULL);
	news(1, VM_OFF);
	ground_flush();
	STATE(second, JOB_DONE);
	STATE(first, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 4);
}

static void test_takeover_that_fails(void **state)
{
	char first[64];

	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	pass(601000);
	struct plan *p = plan_for(&sato, VERB_POWER_OFF, 1, 1);
	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	ground_fail = false;
	assert_string_equal(refused, "text");
	STATE(first, JOB_OVERDUE);
	assert_string_equal(lease_find(reg, vm_of(1)->id)->job, first);
	assert_string_equal(ground_lease_job(vm_of(1)->id), first);
	news(1, VM_OFF); /* and it is its own job still */
	ground_flush();
	STATE(first, JOB_DONE);
	assert_int_equal(ground_leases(), 0);

	/* The same, but the guest goes off just while the takeover is being written. */
	news(1, VM_RUNNING);
	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(1);
	ground_done(1, NULL);
	pass(601000);
	p = plan_for(&sato, VERB_POWER_OFF, 1, 1);
	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	ground_fail = false;
	pass(5000);
	assert_int_equal(ground_leases(), 1);
	news(1, VM_OFF);
	pass(1000);
	assert_int_equal(ground_leases(), 0);
	assert_null(lease_find(reg, vm_of(1)->id));
}

static void test_restarts(void **state)
{
	can_now = OUTCOME_EVENT;
	char id[64];
	strcpy(id, begin(&sato, VERB_RESET, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	rebooted(1);
	ground_flush();
	STATE(id, JOB_DONE);
	strcpy(id, begin(&sato, VERB_REBOOT, 1, 1));
	rebooted(1); /* before it was sent: not ours */
	ground_sent(1);
	ground_done(1, NULL);
	ground_flush();
	STATE(id, JOB_RUNNING);
	news(1, VM_OFF);
	news(1, VM_RUNNING);
	ground_flush();
	STATE(id, JOB_DONE);
	can_now = OUTCOME_UNSEEN;
	strcpy(id, begin(&sato, VERB_RESET, 2, 2));
	ground_sent(2);
	ground_done(2, NULL);
	ground_flush();
	STATE(id, JOB_ACCEPTED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_power_off), T(test_event_before_answer), T(test_host_says_no), T(test_never_sent),
		T(test_not_written_not_done), T(test_end_not_written), T(test_second_comer), T(test_shutdown),
		T(test_overdue_and_takeover), T(test_takeover_that_fails), T(test_restarts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

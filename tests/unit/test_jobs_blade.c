/* Jobs of blades from intent to outcome: a verb each, its manager's no, its silence, and what comes late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "blade_ground.h"
#include "common/clock.h"
#include "safety/lease.h"

static void assert_blade_free(int n)
{
	assert_null(lease_find(reg, blade_of(n)->id));
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(blade_of(n)->job, "");
	assert_int_equal(ground_watched(blade_of(n)->name), 0);
}

static void no_error(void *ctx, struct err *e)
{
	assert_null(e);
}

/* ---- the ordinary way ---- */

static void test_power_off(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);
	json_t *begin = json_array_get(ground_records, 0), *detail = json_object_get(begin, "detail");
	json_t *one = json_array_get(json_object_get(detail, "blades"), 0);

	STATE(id, JOB_PENDING);
	assert_int_equal(ground_nacts, 1);
	assert_string_equal(ground_acts[0].vm, "blade:b1");
	assert_int_equal(ground_acts[0].verb, VERB_POWER_OFF);
	assert_string_equal(ground_lease_job("blade:b1"), id);
	assert_string_equal(record(0, "what"), "begin");
	assert_string_equal(record(0, "reason"), "because");
	assert_string_equal(json_string_value(json_object_get(one, "place")), "rack A, A2, bay 12");
	assert_string_equal(json_string_value(json_object_get(one, "serial")), "CZJ0310B7K");
	assert_string_equal(json_string_value(json_object_get(one, "power")), "on");
	assert_null(json_object_get(detail, "consent"));
	/* The blade is marked, and all of its VMs with it. */
	assert_string_equal(blade_of(1)->job, id);
	assert_string_equal(blade_of(1)->doing, "power-off");
	assert_string_equal(vm_of(4)->job, id);
	assert_string_equal(vm_of(4)->doing, "power-off");
	assert_int_equal(ground_watched("b1"), 1);
	taken(0);
	SAYS(id, "job.blade.waiting");
	told_power(1, POWER_OFF); /* asked in the same moment: it may have been on its way */
	STATE(id, JOB_RUNNING);
	pass(2000);
	told_power(1, POWER_STOPPING);
	STATE(id, JOB_RUNNING);
	pass(2000);
	told_power(1, POWER_OFF);
	STATE(id, JOB_DONE);
	SAYS(id, "job.seen");
	assert_blade_free(1);
	assert_string_equal(vm_of(4)->job, "");
	assert_string_equal(record(-1, "what"), "end");
	assert_int_equal(json_array_size(ground_records), 2);
	assert_true(ground_released > 0);
}

static void test_power_on(void **state)
{
	char *id = blade_begin(VERB_POWER_ON, 2);

	taken(0);
	told_for(2, POWER_STARTING, 30000);
	STATE(id, JOB_RUNNING);
	told_for(2, POWER_ON, 18000);
	STATE(id, JOB_RUNNING); /* it must stand */
	told_for(2, POWER_ON, 6000);
	STATE(id, JOB_DONE);
	assert_blade_free(2);
}

static void test_power_on_fell(void **state)
{
	char *id = blade_begin(VERB_POWER_ON, 2);

	taken(0);
	told_for(2, POWER_STARTING, 4000);
	told_for(2, POWER_ON, 10000);
	told_for(2, POWER_OFF, 2000);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.fell");
	assert_blade_free(2);
}

static void test_taken_without_effect(void **state)
{
	char *id = blade_begin(VERB_POWER_ON, 2);

	taken(0);
	told_for(2, POWER_OFF, 298000);
	STATE(id, JOB_RUNNING);
	told_for(2, POWER_OFF, 4000);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.no-effect");
	assert_string_equal(job_of(id)->text, "its manager took it, but b2 is still off 5 min after it was sent");
	/* Where the dialect says how long, that holds. */
	ground_within = 60000;
	id = blade_begin(VERB_POWER_ON, 2);
	taken(1);
	told_for(2, POWER_OFF, 58000);
	STATE(id, JOB_RUNNING);
	told_for(2, POWER_OFF, 4000);
	STATE(id, JOB_FAILED);
}

static void test_shutdown_overdue(void **state)
{
	char *id = blade_begin(VERB_SHUTDOWN, 1);

	assert_int_equal(job_of(id)->deadline - job_of(id)->started, 600);
	taken(0);
	SAYS(id, "job.blade.asked");
	told_for(1, POWER_ON, 598000);
	STATE(id, JOB_RUNNING);
	told_for(1, POWER_ON, 4000);
	STATE(id, JOB_OVERDUE);
	assert_string_equal(job_of(id)->text, "b1 is still on after 10 min");
	assert_int_equal(ground_watched("b1"), 1); /* still awaited */
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	assert_blade_free(1);
}

static void test_reset(void **state)
{
	char *id = blade_begin(VERB_RESET, 1);

	taken(0);
	told_for(1, POWER_ON, 10000);
	STATE(id, JOB_RUNNING);
	host_is(1, HOST_STALE);
	host_is(1, HOST_UP);
	STATE(id, JOB_RUNNING); /* it was slow, no more */
	host_is(1, HOST_BACKOFF);
	host_is(1, HOST_CONNECTING);
	STATE(id, JOB_RUNNING);
	host_is(1, HOST_UP);
	STATE(id, JOB_DONE);
	SAYS(id, "job.blade.host-back");
	id = blade_begin(VERB_REBOOT, 1);
	taken(1);
	assert_int_equal(job_of(id)->deadline, 0);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_RUNNING);
	told_for(1, POWER_ON, 2000);
	STATE(id, JOB_DONE);
	SAYS(id, "job.blade.off-on");
	id = blade_begin(VERB_RESET, 1);
	taken(2);
	told_for(1, POWER_ON, 304000);
	STATE(id, JOB_ACCEPTED);
}

static void test_locate(void **state)
{
	/* A light hinders nobody: it takes no lease, and asks for none. */
	begin(&sato, VERB_POWER_OFF, 4, 4);
	char *id = blade_begin(VERB_LOCATE, 1);
	assert_int_equal(ground_nacts, 2);
	assert_null(lease_find(reg, "blade:b1"));
	taken(1);
	STATE(id, JOB_ACCEPTED);
	intern_set(&blade_of(1)->locate, "off");
	id = blade_begin(VERB_LOCATE, 1);
	taken(2);
	STATE(id, JOB_RUNNING);
	intern_set(&blade_of(1)->locate, "on");
	told_for(1, POWER_ON, 2000);
	STATE(id, JOB_DONE);
	assert_string_equal(vm_of(4)->doing, "power-off");
	assert_int_equal(ground_leases(), 1);
}

static void test_pair(void **state)
{
	char *id = blade_begin(VERB_PAIR, 1);

	assert_int_equal(ground_nacts, 0);
	STATE(id, JOB_DONE);
	SAYS(id, "job.paired");
	assert_string_equal(ground_paired, "b1 sato");
	assert_string_equal(said[(nsaid - 1) % 4], "b1 was paired with its place by sato");
	assert_string_equal(record(0, "what"), "begin");
	assert_string_equal(record(1, "what"), "end");
	assert_blade_free(1);
}

/* ---- no, and silence ---- */

static void test_refused(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);

	ground_sent(0);
	ground_done(0, err_new(ERR_STATE, "text", "{s:s}", "text", "the bay is locked"));
	ground_flush();
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text, "the bay is locked");
	assert_blade_free(1);
	id = blade_begin(VERB_POWER_OFF, 1);
	ground_done(1, lost());
	ground_flush();
	SAYS(id, "job.not-sent");
	assert_blade_free(1);
}

static void give_up(int act)
{
	ground_sent(act);
	ground_done(act, lost());
	ground_flush();
}

static void test_given_up_and_happened(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);

	give_up(0);
	STATE(id, JOB_UNKNOWN);
	assert_string_equal(ground_lease_job("blade:b1"), id);
	ground_blade_steady = -1;
	pass(60000);
	STATE(id, JOB_UNKNOWN);
	ground_blade_steady = 1000;
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
	SAYS(id, "job.seen.late");
	assert_true(strstr(said[(nsaid - 1) % 4], "late effect"));
	assert_blade_free(1);
}

static void test_given_up_and_not_happened(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);
	struct msg m;

	ground_within = 20000; /* for so long its power may follow, says its dialect */
	give_up(0);
	told_for(1, POWER_ON, 16000);
	STATE(id, JOB_UNKNOWN);
	told_for(1, POWER_ON, 10000);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.no-effect");
	assert_blade_free(1);
	assert_false(jobs_unsettled(jobs, "blade:b1", &m));
	/* And then it comes after all. */
	pass(60000);
	told_power(1, POWER_OFF);
	assert_string_equal(record(-1, "what"), "late");
	assert_string_equal(record(-1, "job"), id);
}

static void test_late_after_break(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);
	struct msg m;

	taken(0);
	assert_null(jobs_break(jobs, "blade:b1", &sato, "hangs", no_error, NULL));
	ground_flush();
	STATE(id, JOB_FAILED);
	SAYS(id, "job.broken");
	assert_blade_free(1);
	assert_string_equal(vm_of(4)->job, "");
	assert_true(jobs_unsettled(jobs, "blade:b1", &m));
	assert_string_equal(m.id, "warn.unsettled");
	msg_free(&m);
	pass(2000);
	told_power(1, POWER_OFF);
	assert_string_equal(record(-1, "what"), "late");
}

static void test_not_written(void **state)
{
	ground_fail = true;
	blade_begin(VERB_POWER_OFF, 1);
	assert_string_equal(refused, "text");
	assert_int_equal(ground_nacts, 0);
	assert_null(lease_find(reg, "blade:b1"));
	ground_fail = false;
	/* Its end cannot be written: it is not shown, and its lease stays. */
	char *id = blade_begin(VERB_POWER_OFF, 1);
	taken(0);
	ground_fail = true;
	told_for(1, POWER_OFF, 4000);
	STATE(id, JOB_RUNNING);
	assert_non_null(lease_find(reg, "blade:b1"));
	ground_fail = false;
	pass(4000);
	STATE(id, JOB_DONE);
	assert_blade_free(1);
}

static void test_blade_gone(void **state)
{
	char *id = blade_begin(VERB_POWER_ON, 2);

	taken(0);
	registry_remove(reg, KIND_BLADE, blade_of(2));
	pass(2000);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.gone");
	assert_int_equal(ground_leases(), 0);
}

/* ---- leases ---- */

static void test_in_use(void **state)
{
	char first[64];

	strcpy(first, begin(&sato, VERB_POWER_OFF, 4, 4));
	blade_begin(VERB_POWER_OFF, 1);
	assert_string_equal(refused, "lease.held");
	assert_int_equal(refused_class, ERR_LEASE);
	/* But it may be brought back, and the VM's own mark stays. */
	char *id = blade_begin(VERB_POWER_ON, 1);
	assert_string_equal(refused, "");
	assert_string_equal(vm_of(4)->job, first);
	assert_string_equal(vm_of(1)->job, id);
	blade_begin(VERB_POWER_ON, 1);
	assert_string_equal(refused, "lease.held");
	/* The VM's job ends: its blade has it still. */
	taken(0);
	news(4, VM_OFF);
	ground_flush();
	STATE(first, JOB_DONE);
	assert_string_equal(vm_of(4)->job, job_of(blade_of(1)->job)->id);
}

static void test_covers_vms(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);
	enum verb v;

	/* A customer is told that it is in use, not by whom. */
	struct plan *p = plan_for(&ops, VERB_SHUTDOWN, 1, 1);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.plain");
	assert_null(strstr(p->refused.list[0].msg.text, "sato"));
	assert_null(strstr(p->refused.list[0].msg.text, "b1"));
	plan_free(p);
	p = snap_plan(&sato, VERB_SNAP_CREATE, 1, &no_args);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.blade");
	plan_free(p);
	/* Nor is the job a customer's to see, not even that of a blade that he drives. */
	assert_false(jobs_seen_by(jobs, job_of(id), &ops));
	assert_null(jobs_acting(jobs, vm_of(1), &v));
	taken(0);
	assert_ptr_equal(jobs_acting(jobs, vm_of(1), &v), job_of(id));
	assert_int_equal(v, VERB_POWER_OFF);
	assert_ptr_equal(jobs_acting_blade(jobs, blade_of(1), &v), job_of(id));
	/* The lease of a VM that it covers cannot be broken by the VM's name. */
	struct err *e = jobs_break(jobs, vm_of(1)->id, &sato, "x", no_error, NULL);
	assert_string_equal(e->msg.id, "lease.covered");
	err_free(e);
	/* One that comes is marked, one that goes is not any more. */
	registry_move_vm(reg, vm_of(5), "b2");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm_of(5), .blade = blade_of(2) });
	assert_string_equal(vm_of(5)->job, "");
	registry_move_vm(reg, vm_of(5), "b1");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm_of(5), .blade = blade_of(1) });
	assert_string_equal(vm_of(5)->job, id);
}

/* ---- one after the other ---- */

static void test_stagger(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_ON, 2, 8);

	p->stagger_ms = 2000;
	char *id = blade_commit(p);
	assert_int_equal(ground_nacts, 1);
	pass(1500);
	assert_int_equal(ground_nacts, 1);
	pass(500);
	assert_int_equal(ground_nacts, 2);
	pass(1500);
	assert_int_equal(ground_nacts, 2);
	pass(500);
	assert_int_equal(ground_nacts, 3);
	assert_string_equal(ground_acts[2].vm, "blade:b4");
	STATE(id, JOB_PENDING);
	assert_string_equal(blade_of(8)->job, id);
}

static void test_several(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_ON, 2, 8);
	char *id = blade_commit(p);

	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	taken(0);
	assert_int_equal(ground_nacts, JOBS_PARALLEL + 1);
	for (int i = 1; i < 7; i++) {
		ground_sent(i);
		ground_done(i, i == 3 ? says_no() : NULL);
		ground_flush();
	}
	assert_int_equal(ground_nacts, 7);
	for (int ms = 0; ms < 30000; ms += 2000) {
		pass(2000);
		for (int n = 2; n <= 8; n++)
			told_power(n, n == 5 ? POWER_OFF : POWER_ON);
	}
	STATE(id, JOB_PARTLY);
	SAYS(id, "job.several.ended");
	assert_string_equal(job_of(id)->target, "blade:b2");
	assert_string_equal(job_of(id)->targets, "b2, b3, b4, b5, b6, b7, b8");
	for (int n = 2; n <= 8; n++)
		assert_blade_free(n);
}

/* ---- a broker that died ---- */

static void test_restart(void **state)
{
	char id[64];
	struct plan *p = blade_plan(VERB_POWER_ON, 2, 8);

	p->stagger_ms = 2000;
	strcpy(id, blade_commit(p));
	taken(0);
	pass(2500);
	ground_sent(1); /* the answer never comes */
	broker_dies_with_blades();
	/* What may have been begun is unknown, the rest is known not to be. */
	STATE(id, JOB_UNKNOWN);
	TARGET(id, 0, JOB_UNKNOWN);
	TARGET(id, 1, JOB_UNKNOWN);
	TARGET(id, 6, JOB_FAILED);
	assert_int_equal(ground_nacts, 0);
	assert_string_equal(blade_of(2)->job, id);
	assert_string_equal(blade_of(8)->job, "");
	assert_string_equal(ground_lease_job("blade:b8"), "");
	assert_int_equal(ground_watched("b2"), 1);
	assert_int_equal(ground_watched("b8"), 0);
	ground_blade_steady = 1000000;
	for (int ms = 0; ms < 310000; ms += 2000) {
		pass(2000);
		for (int n = 2; n <= 8; n++)
			told_power(n, n <= 3 ? POWER_ON : POWER_OFF);
	}
	STATE(id, JOB_PARTLY);
	TARGET(id, 0, JOB_DONE);
	TARGET(id, 1, JOB_DONE);
	for (int n = 2; n <= 8; n++)
		assert_blade_free(n);
}

static void test_restart_of_each(void **state)
{
	static const struct { enum verb v; enum power_state p; enum job_state is; } rows[] = {
		{ VERB_POWER_OFF, POWER_OFF, JOB_DONE }, { VERB_POWER_OFF, POWER_ON, JOB_FAILED },
		{ VERB_RESET, POWER_ON, JOB_FAILED }, { VERB_LOCATE, POWER_ON, JOB_FAILED }, { VERB_SHUTDOWN, POWER_OFF, JOB_DONE },
		{ VERB_SHUTDOWN, POWER_ON, JOB_UNKNOWN },
	};

	ground_within = 20000;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char id[64];
		told_power(1, POWER_ON);
		strcpy(id, blade_begin(rows[i].v, 1));
		ground_sent(ground_nacts - 1);
		if (i % 2 == 0)
			ground_done(ground_nacts - 1, NULL);
		ground_flush();
		broker_dies_with_blades();
		STATE(id, JOB_UNKNOWN);
		ground_blade_steady = 1000000;
		told_for(1, rows[i].p, 26000);
		STATE(id, rows[i].is);
		host_comes();
	}
	/* Its time goes on from when it was asked. */
	told_for(1, POWER_ON, 580000);
	assert_blade_free(1);
}

#define T(t) cmocka_unit_test_setup_teardown(t, blade_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_power_off), T(test_power_on), T(test_power_on_fell), T(test_taken_without_effect),
		T(test_shutdown_overdue), T(test_reset), T(test_locate), T(test_pair), T(test_refused), T(test_given_up_and_happened),
		T(test_given_up_and_not_happened), T(test_late_after_break), T(test_not_written), T(test_blade_gone), T(test_in_use),
		T(test_covers_vms), T(test_stagger), T(test_several), T(test_restart), T(test_restart_of_each) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Jobs that do not end as they should: given up, broken, their VM gone, their broker dead. And several targets, protection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "jobs_ground.h"
#include "safety/lease.h"
#include "whole_right.h"

/* ---- given up ---- */

static void give_up(int act)
{
	ground_sent(act);
	vm_of(1)->live = false;
	ground_steady = -1;
	ground_done(act, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within 15 s"));
	ground_flush();
}

static void test_unknown_then_seen(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	STATE(id, JOB_UNKNOWN);
	assert_int_equal(ground_job(id), JOB_UNKNOWN);
	pass(60000);
	STATE(id, JOB_UNKNOWN); /* no clock settles it */
	assert_int_equal(ground_leases(), 1);
	vm_of(1)->live = true;
	vm_of(1)->state = VM_OFF;
	ground_steady = 0;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = registry_find(reg, KIND_BLADE, "blade:b1") });
	ground_flush();
	STATE(id, JOB_DONE);
	assert_string_equal(job_of(id)->text_id, "job.seen.late");
	assert_int_equal(nsaid, 1);
	assert_non_null(strstr(said[0], "late effect of job:"));
	assert_non_null(strstr(job_of(id)->text, "60 s") ? strstr(job_of(id)->text, "60 s") : strstr(job_of(id)->text, "1 min"));
}

static void test_unknown_without_effect(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	vm_of(1)->live = true;
	ground_steady = 0;
	pass(10000);
	STATE(id, JOB_UNKNOWN); /* the host must be seen steady first */
	ground_steady = 20000;
	pass(11000);
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.no-effect");
	assert_int_equal(ground_leases(), 0);
	/* And if it comes after all, that is said and written. */
	pass(60000);
	news(1, VM_OFF);
	ground_flush();
	assert_int_equal(nsaid, 1);
	assert_non_null(strstr(said[0], "late effect of job:"));
	assert_string_equal(record(-1, "what"), "late");
	assert_string_equal(record(-1, "job"), id);
	news(1, VM_RUNNING);
	news(1, VM_OFF); /* once */
	assert_int_equal(nsaid, 1);
}

static void test_timeout_but_seen(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	news(1, VM_OFF);
	ground_done(0, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within 15 s"));
	ground_flush();
	STATE(id, JOB_DONE);
}

static int broken_answers;
static char broken_error[64];

static void on_broken(void *ctx, struct err *e)
{
	broken_answers++;
	strncpy(broken_error, e ? e->msg.id : "", sizeof broken_error - 1);
	err_free(e);
}

static void test_break(void **state)
{
	char id[64];
	struct msg m;

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	struct err *e = jobs_break(jobs, vm_of(2)->id, &sato, "stuck", on_broken, NULL);
	assert_string_equal(e->msg.id, "lease.none");
	err_free(e);
	give_up(0);
	broken_answers = 0;
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "host burnt down", on_broken, NULL));
	assert_int_equal(broken_answers, 0); /* not before it is written */
	ground_flush();
	assert_int_equal(broken_answers, 1);
	assert_string_equal(broken_error, "");
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.broken");
	assert_non_null(strstr(job_of(id)->text, "host burnt down"));
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(record(1, "what"), "lease-break");
	assert_string_equal(record(1, "reason"), "host burnt down");
	assert_string_equal(record(2, "what"), "end");
	/* Its outcome is open: who plans on it is warned, until the host was steady. */
	assert_true(jobs_unsettled(jobs, vm_of(1)->id, &m));
	msg_free(&m);
	vm_of(1)->live = true;
	ground_steady = 25000;
	pass(25000);
	assert_false(jobs_unsettled(jobs, vm_of(1)->id, &m));
	news(1, VM_OFF);
	assert_int_equal(nsaid, 1);
}

static void test_break_not_written(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	ground_fail = true;
	broken_answers = 0;
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "stuck", on_broken, NULL));
	ground_flush();
	assert_int_equal(broken_answers, 1);
	assert_string_equal(broken_error, "text");
	STATE(id, JOB_UNKNOWN);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ground_fail = false;
}

static void test_break_while_in_flight(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "hurry", on_broken, NULL));
	ground_flush();
	STATE(id, JOB_FAILED);
	ground_done(0, NULL); /* comes back to a job that is closed */
	ground_flush();
	STATE(id, JOB_FAILED);
}

/* ---- several ---- */

static void test_several(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 4, 9);

	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	assert_int_equal(ground_leases(), 6);
	ground_sent(0);
	ground_done(0, NULL);
	news(4, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, JOBS_PARALLEL + 1);
	assert_int_equal(job_of(id)->done, 1);
	assert_int_equal(ground_leases(), 5); /* what is settled is free again */
	ground_sent(1);
	ground_done(1, err_new(ERR_FAILED, "text", "{s:s}", "text", "no"));
	for (int i = 2; i < 6; i++) {
		ground_sent(i);
		ground_done(i, NULL);
		news(4 + i, VM_OFF);
	}
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_int_equal(job_of(id)->done, 6);
	assert_string_equal(job_of(id)->text, "5 of 6 done, 1 failed, all settled");
	assert_int_equal(ground_target(id, 1), JOB_FAILED);
	assert_int_equal(ground_target(id, 2), JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 2);
}

static void gone(int n)
{
	struct vm *vm = vm_of(n);

	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm });
	registry_remove(reg, KIND_VM, vm);
}

static void test_vm_goes_meanwhile(void **state)
{
	char off[64], reset[64];

	/* One that was never defined is gone when it is off; to the others it is no good end. */
	strcpy(off, begin(&sato, VERB_POWER_OFF, 4, 4));
	ground_sent(0);
	gone(4);
	STATE(off, JOB_RUNNING);
	ground_done(0, NULL);
	ground_flush();
	STATE(off, JOB_DONE);
	assert_string_equal(job_of(off)->text_id, "job.gone.off");
	strcpy(reset, begin(&sato, VERB_RESET, 5, 5));
	ground_sent(1);
	ground_done(1, NULL);
	gone(5);
	ground_flush();
	STATE(reset, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(registry_count(reg, KIND_LEASE), 0);
}

static void test_vm_gone_before_sent(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 4, 8);

	registry_remove(reg, KIND_VM, vm_of(8)); /* it waits for its turn */
	for (int i = 0; i < 4; i++) {
		ground_sent(i);
		ground_done(i, NULL);
		news(4 + i, VM_OFF);
		ground_flush();
	}
	STATE(id, JOB_PARTLY);
	assert_int_equal(ground_target(id, 4), JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
}

static void test_protect(void **state)
{
	char *id = begin(&sato, VERB_PROTECT, 1, 2);

	STATE(id, JOB_DONE);
	assert_true(vm_of(1)->protect && vm_of(2)->protect);
	assert_int_equal(ground_nacts, 0);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 2);
	assert_int_equal(ground_job(id), JOB_DONE);
	assert_int_equal(nsaid, 2);
}

static void test_bounds(void **state)
{
	for (int i = 0; i < JOBS_CLOSED_KEPT + 60; i++) {
		struct plan *p = plan_for(&sato, VERB_PROTECT, 1, 1);
		jobs_start(jobs, p, &sato, "", on_started, NULL);
		ground_flush();
	}
	assert_int_equal(registry_count(reg, KIND_JOB), JOBS_CLOSED_KEPT);
	/* And no more than so many are open: fewer of one tenant, and never so many that no operator finds a place. */
	struct actor guest = { .role = ROLE_CUSTOMER, .user = "globex-ops", .uid = 1003, .origin = "", .tenant = "globex", .row = &whole_right };
	for (int i = 0; i < JOBS_OPEN_TENANT; i++)
		jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &ops, "", on_started, NULL);
	assert_string_equal(refused, "");
	jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &ops, "", on_started, NULL);
	assert_string_equal(refused, "jobs.full");
	refused[0] = '\0';
	for (int i = 0; i < JOBS_OPEN_MAX - JOBS_OPEN_STAFF - JOBS_OPEN_TENANT - 1; i++)
		jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &sato, "", on_started, NULL);
	jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &guest, "", on_started, NULL);
	assert_string_equal(refused, "");
	jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &guest, "", on_started, NULL);
	assert_string_equal(refused, "jobs.full");
	refused[0] = '\0';
	jobs_start(jobs, plan_for(&sato, VERB_PROTECT, 1, 1), &sato, "", on_started, NULL);
	assert_string_equal(refused, "");
	for (int i = 0; i < JOBS_OPEN_MAX + 5; i++) {
		struct plan *p = plan_for(&sato, VERB_PROTECT, 1, 1);
		jobs_start(jobs, p, &sato, "", on_started, NULL);
	}
	assert_string_equal(refused, "jobs.full");
	answers = 0;
	ground_reset(reg);
	jobs_free(jobs);
	make_jobs();
}

/* ---- a broker that died ---- */

static void host_is_back(enum vm_state s)
{
	vm_of(1)->live = true;
	vm_of(1)->state = s;
	ground_steady = 0;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = registry_find(reg, KIND_BLADE, "blade:b1") });
	ground_flush();
}

static void test_reborn_pending(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	broker_dies();
	STATE(id, JOB_UNKNOWN);
	assert_string_equal(job_of(id)->text_id, "job.unknown.restart");
	assert_int_equal(ground_job(id), JOB_UNKNOWN);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	assert_string_equal(vm_of(1)->job, id);
	assert_int_equal(ground_nacts, 0); /* nothing is sent again */
	host_is_back(VM_RUNNING);
	STATE(id, JOB_UNKNOWN);
	ground_steady = 20000;
	pass(21000);
	STATE(id, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	/* A third broker still knows that its effect may come. */
	broker_dies();
	STATE(id, JOB_FAILED);
	nsaid = 0;
	news(1, VM_OFF);
	assert_int_equal(nsaid, 1);
}

static void test_reborn_done(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	ground_sent(0);
	broker_dies();
	host_is_back(VM_OFF);
	STATE(id, JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(record(-1, "what"), "end");
}

static void test_reborn_shutdown(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	broker_dies();
	STATE(id, JOB_RUNNING); /* the guest was asked, and has what is left of its time */
	host_is_back(VM_RUNNING);
	ground_steady = 100000;
	pass(300000);
	STATE(id, JOB_RUNNING);
	pass(301000);
	STATE(id, JOB_OVERDUE);
	broker_dies();
	STATE(id, JOB_OVERDUE);
	host_is_back(VM_OFF);
	STATE(id, JOB_DONE);
}

static void test_orphan_lease(void **state)
{
	struct lease *l = object_new(KIND_LEASE);

	intern_set(&l->object, vm_of(1)->id);
	intern_set(&l->name, "vm1");
	intern_set(&l->job, "job:000000");
	jobs_load_lease(jobs, l);
	object_free(KIND_LEASE, l);
	jobs_loaded(jobs);
	ground_flush();
	assert_null(lease_find(reg, vm_of(1)->id));
}

static void test_whose(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 2));
	struct actor who = ops;
	assert_true(jobs_seen_by(jobs, job_of(id), &who));
	who.tenant = "globex";
	assert_false(jobs_seen_by(jobs, job_of(id), &who));
	who.tenant = "";
	assert_false(jobs_seen_by(jobs, job_of(id), &who));
	who = ops;
	who.row = NULL;
	assert_false(jobs_seen_by(jobs, job_of(id), &who));
	/* Of a job on two, who may see one of them sees nothing. */
	struct site_role one = whole_right;
	char *names[] = { (char *)"vm2" }, *rights[] = { (char *)"none" };
	one.vms = names;
	one.vm_rights = rights;
	one.nvms = one.nvm_rights = 1;
	who.row = &one;
	assert_false(jobs_seen_by(jobs, job_of(id), &who));
	rights[0] = (char *)"view";
	assert_true(jobs_seen_by(jobs, job_of(id), &who));
	assert_false(jobs_by_customer(jobs, id));
	strcpy(id, begin(&sato, VERB_POWER_ON, 3, 3));
	assert_false(jobs_seen_by(jobs, job_of(id), &ops));
}

/* A role or right that is taken away while targets wait for their turn: what is not sent by then is not. */
static void test_taken_away(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 4, 9);

	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	taken_away = true;
	for (int i = 0; i < JOBS_PARALLEL; i++) {
		ground_sent(i);
		ground_done(i, NULL);
	}
	pass(2000);
	for (int i = 0; i < JOBS_PARALLEL; i++)
		news(4 + i, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	STATE(id, JOB_PARTLY);
	assert_string_equal(ground_stored(id)->targets[4].text_id, "job.right");
	assert_string_equal(ground_stored(id)->targets[5].text_id, "job.right");
	assert_int_equal(ground_leases(), 0);
	/* And between the commit and the first turn. */
	taken_away = false;
	struct plan *p = plan_for(&ops, VERB_POWER_OFF, 1, 2);
	jobs_start(jobs, p, &ops, "because", on_started, NULL);
	taken_away = true;
	ground_flush();
	ground_flush();
	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	STATE(started, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

/* What a broker that is told to end waits for: what is being written, sent or seen; not a guest's own time, not a host that is gone. */
static void test_brief(void **state)
{
	assert_int_equal(jobs_brief(jobs), 0);
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);
	assert_int_equal(jobs_brief(jobs), 1);
	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	assert_int_equal(jobs_brief(jobs), 1); /* the host took it; it is not seen off yet */
	vm_of(1)->state = VM_OFF;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_STATE, .vm = vm_of(1) });
	assert_int_equal(jobs_brief(jobs), 1); /* its end is being written */
	ground_flush();
	STATE(id, JOB_DONE);
	assert_int_equal(jobs_brief(jobs), 0);
	assert_int_equal(jobs_open(jobs), 0);

	begin(&sato, VERB_SHUTDOWN, 4, 4);
	assert_int_equal(jobs_brief(jobs), 1);
	ground_sent(1);
	assert_int_equal(jobs_brief(jobs), 1); /* the call is under way */
	ground_done(1, NULL);
	ground_flush();
	assert_int_equal(jobs_brief(jobs), 0); /* the guest shuts down in its own time */
	assert_int_equal(jobs_open(jobs), 1);

	begin(&sato, VERB_POWER_OFF, 5, 5);
	ground_sent(2);
	ground_done(2, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within 15 s"));
	ground_flush();
	assert_int_equal(jobs_brief(jobs), 0); /* unknown: its host must come back first */
	assert_int_equal(jobs_open(jobs), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_unknown_then_seen), T(test_unknown_without_effect), T(test_timeout_but_seen), T(test_break),
		T(test_break_not_written), T(test_break_while_in_flight), T(test_several), T(test_vm_goes_meanwhile),
		T(test_vm_gone_before_sent), T(test_protect), T(test_bounds), T(test_reborn_pending), T(test_reborn_done),
		T(test_reborn_shutdown), T(test_orphan_lease), T(test_whose), T(test_taken_away), T(test_brief),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

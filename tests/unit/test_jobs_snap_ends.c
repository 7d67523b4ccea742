/* Snapshot jobs that do not end as they should: the host says no, its answers are lost, the lease is broken, the broker dies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/clock.h"
#include "jobs_ground.h"
#include "safety/lease.h"

static const char *host_name_of(int n)
{
	return newest(n)->host_name;
}

/* ---- the host ---- */

static void test_host_says_no(void **state)
{
	limit_server(1, LIMIT_TAKEN, "1 per day");
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);

	ground_order_done(order, says_no());
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	/* It may have left something on the disk all the same: counted till that is cleared. */
	STATE(started, JOB_RUNNING);
	assert_int_equal(ground_norders, 2);
	assert_int_equal(ground_orders[1].o.op, SNAP_CLEAR);
	assert_string_equal(ground_orders[1].xml, "<to-clear/>");
	WRITTEN(1, SNAP_SENT);
	ground_order_sent(1);
	ground_order_done(1, NULL);
	ground_flush();
	STATE(started, JOB_FAILED);
	assert_string_equal(job_of(started)->text, "no room on this host");
	WRITTEN(1, SNAP_FAILED);
	assert_int_equal(used_of(1, LIMIT_TAKEN, NULL), 0); /* given back */
	assert_free(1);
}

/* And it cannot be cleared now: then that is tried again when it has been steady. */
static void test_not_cleared(void **state)
{
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);

	ground_order_done(order, says_no());
	ground_answer(ground_nasks - 1, NULL);
	ground_order_sent(1);
	ground_order_done(1, says_no());
	ground_flush();
	STATE(started, JOB_UNKNOWN);
	assert_string_equal(job_of(started)->text_id, "job.snap.uncleared");
	WRITTEN(1, SNAP_SENT);
	int asks = ground_nasks;
	pass(22000);
	ground_answer(asks, NULL);
	assert_int_equal(ground_norders, 3);
	ground_order_sent(2);
	ground_order_done(2, NULL);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_FAILED);
	assert_free(1);
	/* What the host never began leaves nothing. */
	order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);
	ground_order_done(order, err_new(ERR_UNSUPPORTED, "text", "{s:s}", "text", "not on this disk"));
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_FAILED);
	assert_free(1);
}

/* It said no, and there it is. */
static void test_says_no_but_is_there(void **state)
{
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);

	pass(500);
	ground_snap(vm_of(1)->id, host_name_of(1), "");
	ground_order_done(order, says_no());
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_DONE);
	assert_string_equal(job_of(started)->text_id, "job.snap.taken-though");
	WRITTEN(1, SNAP_KEPT);
}

static void test_never_sent(void **state)
{
	int ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);

	ground_answer(ask, NULL);
	ground_flush();
	ground_order_done(0, err_new(ERR_UNREACHABLE, "text", "{s:s}", "text", "gone"));
	ground_flush();
	STATE(started, JOB_FAILED);
	WRITTEN(1, SNAP_FAILED);
	assert_free(1);
}

/* Each answer that is lost leaves it counted. */
static void test_answers_lost(void **state)
{
	int64_t busy;

	limit_server(1, LIMIT_KEPT, "1");
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);
	ground_order_done(order, lost());
	ground_flush();
	STATE(started, JOB_UNKNOWN);
	WRITTEN(1, SNAP_SENT);
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 0);
	assert_int_equal(busy, 1);
	assert_int_equal(ground_leases(), 1);
	assert_string_equal(vm_of(1)->snap, "full");
}

static void test_look_lost(void **state)
{
	/* It said that it was taken: that is an answer. */
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);
	ground_order_done(order, NULL);
	ground_answer(ground_nasks - 1, lost());
	ground_flush();
	STATE(started, JOB_DONE);
	WRITTEN(1, SNAP_KEPT);
	/* It said no, and that could not be looked at. */
	pass(1000);
	order = snap_send(&ops, VERB_SNAP_CREATE, 2, &no_args);
	ground_order_done(order, says_no());
	ground_answer(ground_nasks - 1, lost());
	ground_flush();
	STATE(started, JOB_UNKNOWN);
	WRITTEN(2, SNAP_SENT);
}

static void test_taken_but_not_listed(void **state)
{
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);

	ground_order_done(order, NULL);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_UNKNOWN);
	WRITTEN(1, SNAP_SENT);
}

static void test_delete_lost(void **state)
{
	struct plan_args args = no_args;

	snap_take(&ops, 1, "one");
	args.snapshot = "one";
	int order = snap_send(&ops, VERB_SNAP_DELETE, 1, &args);
	ground_order_done(order, lost());
	ground_flush();
	STATE(started, JOB_UNKNOWN);
	WRITTEN(1, SNAP_KEPT); /* it counts until it is seen to be gone */
}

/* ---- its lease is broken ---- */

static void on_broken(void *ctx, struct err *e)
{
	assert_null(e);
	++*(int *)ctx;
}

static void test_lease_broken(void **state)
{
	int64_t busy;
	int broken = 0;
	char id[48];

	limit_server(1, LIMIT_KEPT, "1");
	int ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);
	/* While it is beginning there is nothing to break. */
	struct err *e = jobs_break(jobs, vm_of(1)->id, &sato, "stuck", on_broken, &broken);
	assert_string_equal(e->msg.id, "lease.starting");
	err_free(e);
	ground_answer(ask, NULL);
	ground_flush();
	ground_order_sent(0);
	strcpy(id, newest(1)->id);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "stuck", on_broken, &broken));
	ground_flush();
	assert_int_equal(broken, 1);
	assert_true(ground_orders[0].abandoned);
	STATE(started, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(ground_row(id)->state, SNAP_SENT); /* it may still come: counted */
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 0);
	assert_int_equal(busy, 1);
	int asks = ground_nasks;
	pass(60000);
	assert_int_equal(ground_nasks, asks); /* not settled while its call is out */
	ground_order_done(0, lost());
	pass(10000);
	assert_int_equal(ground_nasks, asks); /* nor just after it came back */
	struct msg m;
	assert_true(jobs_unsettled(jobs, vm_of(1)->id, &m));
	msg_free(&m);
	pass(15000);
	assert_int_equal(ground_nasks, asks + 1);
	ground_snap(vm_of(1)->id, host_name_of(1), "");
	ground_answer(asks, NULL);
	ground_flush();
	assert_int_equal(ground_row(id)->state, SNAP_KEPT);
	assert_string_equal(record(-1, "what"), "late");
	assert_free(1);
}

/* ---- a broker that died ---- */

static void test_reborn_pending(void **state)
{
	char id[48];

	limit_server(1, LIMIT_KEPT, "1");
	snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);
	strcpy(id, newest(1)->id);
	broker_dies();
	/* Never sent: given back at once, without asking anybody. Nothing was begun, and no record says so. */
	assert_int_equal(ground_row(id)->state, SNAP_FAILED);
	assert_int_equal(registry_count(reg, KIND_JOB), 0);
	assert_int_equal(json_array_size(ground_records), 0);
	assert_int_equal(ground_nasks + ground_norders, 0);
	assert_free(1);
	host_comes();
	snap_take(&ops, 1, "then");
}

static void test_reborn_pending_not_written(void **state)
{
	char id[48];

	snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);
	strcpy(id, newest(1)->id);
	ground_fail_in = 1;
	broker_dies();
	assert_non_null(lease_find(reg, vm_of(1)->id));
	pass(5000);
	assert_int_equal(ground_row(id)->state, SNAP_FAILED);
	assert_free(1);
}

static void test_reborn_running(void **state)
{
	char job[64], id[48];
	int64_t busy;

	limit_server(1, LIMIT_KEPT, "1");
	snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);
	strcpy(job, started);
	strcpy(id, newest(1)->id);
	broker_dies();
	STATE(job, JOB_UNKNOWN);
	assert_int_equal(ground_row(id)->state, SNAP_SENT);
	assert_string_equal(newest(1)->xml, "<to-clear/>");
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 0);
	assert_int_equal(busy, 1);
	assert_string_equal(vm_of(1)->job, job);
	pass(60000);
	assert_int_equal(ground_nasks, 0); /* its host is not there */
	ground_snap(vm_of(1)->id, host_name_of(1), "");
	host_comes();
	pass(25000);
	ground_answer(0, NULL);
	ground_flush();
	STATE(job, JOB_DONE);
	assert_string_equal(job_of(job)->text_id, "job.snap.late");
	assert_int_equal(ground_row(id)->state, SNAP_KEPT);
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 1);
	assert_free(1);
}

/* A reservation whose VM nobody knows any more is given back too. */
static void test_reborn_orphan(void **state)
{
	book_load_snapshot(book, &(struct store_snapshot){ .id = "snap:00000000-0000-4000-8000-000000000001", .vm = "vm:unknown",
		.charged = "acme", .job = "job:none", .state = SNAP_RESERVED, .at = clock_wall_s() });
	limit_tenant("acme", LIMIT_KEPT, "1");
	assert_string_equal(vm_of(1)->snap, "full");
	jobs_loaded(jobs);
	ground_flush();
	assert_int_equal(ground_rows(SNAP_FAILED), 1);
	assert_string_equal(vm_of(1)->snap, "room");
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_host_says_no), T(test_not_cleared), T(test_says_no_but_is_there), T(test_never_sent),
		T(test_answers_lost), T(test_look_lost), T(test_taken_but_not_listed), T(test_delete_lost),
		T(test_lease_broken), T(test_reborn_pending), T(test_reborn_pending_not_written), T(test_reborn_running),
		T(test_reborn_orphan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

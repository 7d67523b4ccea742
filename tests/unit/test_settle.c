/* Settling what is not known: the host must be steady, must not be busy, is asked, cleared, asked again; or an operator says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/clock.h"
#include "jobs_ground.h"
#include "safety/lease.h"

static int64_t counted(int n)
{
	int64_t busy = 0, used = used_of(n, LIMIT_KEPT, &busy);

	return used + busy;
}

/* A job whose answer is lost; its id in *job, its row's in *row. */
static void lose(enum verb v, const struct plan_args *args, char job[64], char row[48])
{
	int order;

	limit_server(1, LIMIT_KEPT, "3");
	order = snap_send(&ops, v, 1, args);
	strcpy(job, started);
	if (row)
		strcpy(row, newest(1)->id);
	ground_order_done(order, lost());
	ground_flush();
	STATE(job, JOB_UNKNOWN);
	ground_steady = 0;
}

/* The host stands again for as long as it takes; the question's number. */
static int steady(void)
{
	int asks = ground_nasks;

	ground_steady = 1000000;
	pass(22000);
	assert_int_equal(ground_nasks, asks + 1);
	assert_false(ground_asks[asks].prepare);
	return asks;
}

static void answer(int ask)
{
	ground_answer(ask, NULL);
	ground_flush();
}

/* ---- when it is asked ---- */

static void test_not_before_steady(void **state)
{
	char job[64], row[48];

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	int asks = ground_nasks;
	pass(60000);
	assert_int_equal(ground_nasks, asks); /* up, but not for long enough */
	ground_steady = 19999;
	pass(5000);
	assert_int_equal(ground_nasks, asks);
	vm_of(1)->live = false;
	ground_steady = 1000000;
	pass(5000);
	assert_int_equal(ground_nasks, asks); /* the VM itself was not seen */
	vm_of(1)->live = true;
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:b1");
	b->host = HOST_STALE;
	pass(5000);
	assert_int_equal(ground_nasks, asks);
	b->host = HOST_UP;
	pass(2000);
	assert_int_equal(ground_nasks, asks + 1);
	pass(30000);
	assert_int_equal(ground_nasks, asks + 1); /* one question at a time */
	assert_int_equal(counted(1), 1);
	/* It does not answer: again, but not at once. */
	ground_answer(asks, lost());
	pass(15000);
	assert_int_equal(ground_nasks, asks + 1);
	pass(10000);
	assert_int_equal(ground_nasks, asks + 2);
	STATE(job, JOB_UNKNOWN);
	assert_int_equal(counted(1), 1);
}

static void test_busy_host(void **state)
{
	char job[64], row[48];

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	int ask = steady();
	ground_host(vm_of(1)->id)->as.busy = true;
	answer(ask);
	STATE(job, JOB_UNKNOWN);
	assert_int_equal(ground_row(row)->state, SNAP_SENT);
	assert_int_equal(ground_norders, 1); /* nothing is cleared while it works */
	ground_host(vm_of(1)->id)->as.busy = false;
	ground_snap(vm_of(1)->id, newest(1)->host_name, "");
	answer(steady());
	STATE(job, JOB_DONE);
	assert_int_equal(ground_row(row)->state, SNAP_KEPT);
	assert_int_equal(counted(1), 1);
	assert_int_equal(ground_leases(), 0);
}

/* ---- what becomes of it ---- */

static void test_cleared(void **state)
{
	char job[64], row[48];

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	answer(steady());
	/* Not listed, but it may lie on the disk: counted till that is cleared. */
	assert_int_equal(ground_norders, 2);
	assert_int_equal(ground_orders[1].o.op, SNAP_CLEAR);
	assert_string_equal(ground_orders[1].xml, "<to-clear/>");
	assert_string_equal(ground_orders[1].name, newest(1)->host_name);
	assert_int_equal(counted(1), 1);
	STATE(job, JOB_UNKNOWN);
	ground_order_sent(1);
	int ask = ground_nasks;
	ground_order_done(1, NULL);
	assert_int_equal(ground_nasks, ask + 1); /* and is looked at once more */
	answer(ask);
	STATE(job, JOB_FAILED);
	assert_string_equal(job_of(job)->text_id, "job.snap.cleared");
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	assert_string_equal(ground_row(row)->xml, "");
	assert_int_equal(counted(1), 0);
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(record(-1, "what"), "end");
	/* It comes after all: counted again, and said. */
	pass(5000);
	ground_snap(vm_of(1)->id, newest(1)->host_name, "");
	ground_list(vm_of(1)->id, clock_boot_ms());
	ground_flush();
	assert_int_equal(ground_row(row)->state, SNAP_KEPT);
	assert_int_equal(counted(1), 1);
	assert_string_equal(record(-1, "what"), "late");
}

/* The end cannot be written: counted till it can, and cleared no second time. */
static void test_end_not_written(void **state)
{
	char job[64], row[48];

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	answer(steady());
	ground_order_sent(1);
	ground_order_done(1, NULL);
	ground_fail = true;
	answer(ground_nasks - 1);
	pass(30000);
	STATE(job, JOB_UNKNOWN);
	assert_int_equal(ground_row(row)->state, SNAP_SENT);
	assert_int_equal(counted(1), 1);
	ground_fail = false;
	pass(3000);
	STATE(job, JOB_FAILED);
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	assert_int_equal(ground_norders, 2);
	assert_int_equal(counted(1), 0);
}

static void on_settled(void *ctx, struct err *e)
{
	assert_null(e);
	++*(int *)ctx;
}

static void test_host_refuses_to_clear(void **state)
{
	char job[64], row[48];
	int done = 0;

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	answer(steady());
	/* Lost on its way: all of it again. */
	ground_order_sent(1);
	ground_order_done(1, lost());
	STATE(job, JOB_UNKNOWN);
	answer(steady());
	assert_int_equal(ground_norders, 3);
	struct err *e = jobs_settle(jobs, newest(1), &sato, "why not", on_settled, &done);
	assert_string_equal(e->msg.id, "snapshot.host-up");
	err_free(e);
	ground_order_sent(2);
	ground_order_done(2, says_no());
	ground_flush();
	STATE(job, JOB_UNKNOWN);
	assert_string_equal(job_of(job)->text_id, "job.snap.uncleared");
	assert_int_equal(counted(1), 1);
	int asks = ground_nasks;
	pass(60000);
	assert_int_equal(ground_nasks, asks); /* it is not pressed */
	/* Then an operator may say it, though the host answers. */
	assert_null(jobs_settle(jobs, newest(1), &sato, "looked myself", on_settled, &done));
	ground_flush();
	assert_int_equal(done, 1);
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	STATE(job, JOB_FAILED);
	assert_int_equal(counted(1), 0);
	assert_int_equal(ground_leases(), 0);
}

/* ---- without a job ---- */

static void test_without_job(void **state)
{
	char job[64], row[48];
	int broken = 0;

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "no time", on_settled, &broken));
	ground_flush();
	STATE(job, JOB_FAILED);
	assert_int_equal(ground_row(row)->state, SNAP_SENT);
	assert_int_equal(counted(1), 1);
	answer(steady());
	ground_order_sent(1);
	ground_order_done(1, NULL);
	ground_fail_in = 1;
	answer(ground_nasks - 1);
	assert_int_equal(counted(1), 1); /* not written, not given back */
	answer(steady());
	ground_order_sent(2);
	ground_order_done(2, NULL);
	answer(ground_nasks - 1);
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	assert_int_equal(counted(1), 0);
	assert_string_equal(record(-1, "what"), "late");
}

/* Those of a host that does not come back do not stand before the others. */
static void test_many_on_a_lost_host(void **state)
{
	char job[64], row[48];

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	vm_of(2)->live = false;
	for (int i = 0; i < 3000; i++) {
		char id[48];
		snprintf(id, sizeof id, "snap:00000000-0000-4000-8000-%012d", i);
		book_move(book, book_reserve(book, &(struct store_snapshot){ .id = id, .vm = vm_of(2)->id, .vm_name = "vm2", .tenant = "acme",
			.charged = "acme", .state = SNAP_RESERVED }), SNAP_SENT, 0, NULL);
	}
	int broken = 0;
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "no time", on_settled, &broken));
	ground_flush();
	assert_int_equal(ground_row(row)->state, SNAP_SENT);
	steady();
}

/* While somebody else holds the VM it waits. */
static void test_waits_for_lease(void **state)
{
	char job[64], row[48];
	int broken = 0;

	lose(VERB_SNAP_CREATE, &no_args, job, row);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "no time", on_settled, &broken));
	ground_flush();
	begin(&sato, VERB_SHUTDOWN, 1, 1);
	ground_sent(0);
	ground_done(0, NULL);
	int asks = ground_nasks;
	ground_steady = 1000000;
	pass(60000);
	assert_int_equal(ground_nasks, asks);
	news(1, VM_OFF);
	ground_flush();
	pass(2000);
	assert_int_equal(ground_nasks, asks + 1);
}

/* ---- reverts and deletions ---- */

static void test_revert(void **state)
{
	struct plan_args args = no_args;
	char job[64];

	snap_take(&ops, 1, "one");
	snap_take(&ops, 1, "two");
	args.snapshot = "one";
	lose(VERB_SNAP_REVERT, &args, job, NULL);
	struct ground_host *h = ground_host(vm_of(1)->id);
	h->list[0].current = true;
	h->list[1].current = false;
	answer(steady());
	STATE(job, JOB_DONE);
	assert_string_equal(job_of(job)->text_id, "job.snap.late.reverted");
	/* And one that is not seen is said to be so. */
	args.snapshot = "two";
	lose(VERB_SNAP_REVERT, &args, job, NULL);
	answer(steady());
	STATE(job, JOB_FAILED);
	assert_string_equal(job_of(job)->text_id, "job.snap.revert-unseen");
	assert_int_equal(ground_leases(), 0);
}

static void test_delete(void **state)
{
	struct plan_args args = no_args;
	char job[64], one[64], two[64];

	strcpy(one, snap_take(&ops, 1, "one"));
	strcpy(two, snap_take(&ops, 1, "two"));
	args.snapshot = "one";
	args.children = true;
	lose(VERB_SNAP_DELETE, &args, job, NULL);
	ground_unsnap(vm_of(1)->id, two);
	assert_int_equal(counted(1), 2);
	answer(steady());
	STATE(job, JOB_FAILED);
	assert_string_equal(job_of(job)->text_id, "job.snap.left");
	assert_int_equal(counted(1), 1); /* what went is given back, what is left is not */
	pass(1000);
	lose(VERB_SNAP_DELETE, &args, job, NULL);
	ground_unsnap(vm_of(1)->id, one);
	answer(steady());
	STATE(job, JOB_DONE);
	assert_int_equal(counted(1), 0);
	assert_int_equal(ground_rows(SNAP_GONE), 2);
}

/* ---- the VM goes ---- */

static void test_vm_gone(void **state)
{
	char job[64], row[48];

	limit_tenant("acme", LIMIT_KEPT, "1");
	lose(VERB_SNAP_CREATE, &no_args, job, row);
	assert_string_equal(vm_of(2)->snap, "full");
	struct vm *vm = vm_of(1);
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm });
	registry_remove(reg, KIND_VM, vm);
	pass(3000);
	STATE(job, JOB_FAILED);
	assert_string_equal(job_of(job)->text_id, "job.gone");
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(vm_of(2)->snap, "room");
}

/* What it kept is gone with it, and that is written: after a restart nobody asks for it. */
static void test_vm_gone_with_snapshots(void **state)
{
	char id[48];

	limit_tenant("acme", LIMIT_KEPT, "1");
	snap_take(&ops, 1, "one");
	strcpy(id, newest(1)->id);
	struct vm *vm = vm_of(1);
	broker_dies();
	assert_string_equal(vm_of(2)->snap, "full");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm });
	registry_remove(reg, KIND_VM, vm);
	assert_string_equal(vm_of(2)->snap, "room");
	ground_flush();
	assert_int_equal(ground_row(id)->state, SNAP_GONE);
	assert_string_equal(record(-1, "what"), "late");
	broker_dies();
	assert_string_equal(vm_of(2)->snap, "room");
}

static void test_vm_gone_without_job(void **state)
{
	char job[64], row[48];
	int broken = 0;

	limit_tenant("acme", LIMIT_KEPT, "1");
	lose(VERB_SNAP_CREATE, &no_args, job, row);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "no time", on_settled, &broken));
	ground_flush();
	struct vm *vm = vm_of(1);
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm });
	registry_remove(reg, KIND_VM, vm);
	ground_flush();
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	assert_string_equal(vm_of(2)->snap, "room");
}

/* ---- an operator says it ---- */

static void kept_error(void *ctx, struct err *e)
{
	struct err **out = ctx;

	*out = e;
}

static void test_operator_settles(void **state)
{
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:b1");
	char job[64], row[48], kept[48];
	struct err *e = NULL;
	int done = 0;

	snap_take(&ops, 1, "kept");
	strcpy(kept, newest(1)->id);
	pass(1000);
	lose(VERB_SNAP_CREATE, &no_args, job, row);
	b->host = HOST_DOWN;
	assert_int_equal(counted(1), 2);
	/* The record comes first: without it nothing moves. */
	ground_fail_in = 1;
	assert_null(jobs_settle(jobs, newest(1), &sato, "burnt", kept_error, &e));
	ground_flush();
	assert_non_null(e);
	err_free(e);
	ROW(1, SNAP_SENT);
	assert_int_equal(counted(1), 2);
	STATE(job, JOB_UNKNOWN);
	assert_null(jobs_settle(jobs, newest(1), &sato, "burnt", on_settled, &done));
	ground_flush();
	assert_int_equal(done, 1);
	assert_int_equal(ground_row(row)->state, SNAP_FAILED);
	STATE(job, JOB_FAILED);
	assert_string_equal(job_of(job)->text_id, "job.snap.settled");
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(counted(1), 1);
	assert_null(jobs_settle(jobs, book_find(book, kept), &sato, "burnt", on_settled, &done));
	ground_flush();
	assert_int_equal(done, 2);
	assert_int_equal(ground_row(kept)->state, SNAP_GONE);
	assert_int_equal(counted(1), 0);
	assert_string_equal(record(-1, "what"), "settle");
	assert_string_equal(record(-1, "reason"), "burnt");
	/* Once only. */
	e = jobs_settle(jobs, book_find(book, kept), &sato, "burnt", on_settled, &done);
	assert_string_equal(e->msg.id, "snapshot.settled");
	err_free(e);
	/* The host comes back with it: it counts again. */
	b->host = HOST_UP;
	pass(1000);
	ground_list(vm_of(1)->id, clock_boot_ms());
	ground_flush();
	assert_int_equal(counted(1), 1);
	e = jobs_settle(jobs, book_find(book, kept), &sato, "again", on_settled, &done);
	assert_string_equal(e->msg.id, "snapshot.host-up");
	err_free(e);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_not_before_steady), T(test_busy_host), T(test_cleared), T(test_end_not_written), T(test_host_refuses_to_clear),
		T(test_without_job), T(test_many_on_a_lost_host), T(test_waits_for_lease), T(test_revert), T(test_delete), T(test_vm_gone),
		T(test_vm_gone_with_snapshots),
		T(test_vm_gone_without_job), T(test_operator_settles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The life of a snapshot job on cardboard: reserve, ask, check again, intent, act, look, settle; refused, and not written. */
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

/* ---- the ordinary way ---- */

static void test_create(void **state)
{
	struct plan_args args = no_args;
	int64_t busy;

	limit_server(1, LIMIT_KEPT, "3");
	args.name = "before";
	args.note = "ticket 4711";
	args.charge = "tenant";
	int ask = snap_start(&sato, VERB_SNAP_CREATE, 1, &args);
	/* Reserved: counted, held, written; nobody sees a job, nothing was sent. */
	ROW(1, SNAP_RESERVED);
	WRITTEN(1, SNAP_RESERVED);
	assert_string_equal(newest(1)->charged, "acme");
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 0);
	assert_int_equal(busy, 1);
	assert_int_equal(ground_leases(), 1);
	assert_int_equal(registry_count(reg, KIND_JOB), 0);
	assert_int_equal(json_array_size(ground_records), 0);
	assert_int_equal(answers, 0);
	assert_int_equal(ground_norders, 0);
	assert_true(ground_asks[ask].prepare);
	/* Asked and checked: the intent is on its way, and nothing is sent before it is there. */
	ground_answer(ask, NULL);
	assert_int_equal(ground_norders, 0);
	assert_int_equal(answers, 0);
	ground_flush();
	assert_int_equal(answers, 1);
	assert_int_equal(ground_norders, 1);
	WRITTEN(1, SNAP_SENT);
	assert_string_equal(ground_row(newest(1)->id)->xml, "<to-clear/>");
	assert_int_equal(ground_job(started), JOB_RUNNING);
	assert_string_equal(record(0, "what"), "begin");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(ground_records, 0), "detail"), "charged")), "acme");
	assert_int_equal(ground_orders[0].o.op, SNAP_CREATE);
	assert_string_equal(ground_orders[0].name, host_name_of(1));
	assert_string_equal(ground_orders[0].note, "before: ticket 4711");
	assert_string_equal(vm_of(1)->job, started);
	/* The host has done it, and is asked once more. */
	ground_order_sent(0);
	STATE(started, JOB_RUNNING);
	pass(3000);
	ground_snap(vm_of(1)->id, host_name_of(1), "");
	ground_list(vm_of(1)->id, clock_boot_ms()); /* its list shows it: counted once */
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 0);
	assert_int_equal(busy, 1);
	ground_order_done(0, NULL);
	STATE(started, JOB_RUNNING);
	ground_answer(ground_nasks - 1, NULL);
	STATE(started, JOB_RUNNING); /* done is not shown before it is written */
	ROW(1, SNAP_SENT);
	ground_flush();
	STATE(started, JOB_DONE);
	ROW(1, SNAP_KEPT);
	WRITTEN(1, SNAP_KEPT);
	assert_string_equal(ground_row(newest(1)->id)->xml, "");
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy), 1);
	assert_free(1);
	assert_string_equal(record(-1, "what"), "end");
	assert_int_equal(json_array_size(ground_records), 2);
	assert_int_equal(nsaid, 1);
}

static void test_revert_and_delete(void **state)
{
	struct plan_args args = no_args;
	char one[64], two[64];

	strcpy(one, snap_take(&ops, 1, "one"));
	strcpy(two, snap_take(&ops, 1, "two"));
	args.snapshot = "one";
	int order = snap_send(&ops, VERB_SNAP_REVERT, 1, &args);
	assert_int_equal(ground_orders[order].o.op, SNAP_REVERT);
	assert_string_equal(ground_orders[order].name, one);
	ground_order_done(order, NULL);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_DONE);
	assert_free(1);
	args.children = true;
	order = snap_send(&ops, VERB_SNAP_DELETE, 1, &args);
	assert_true(ground_orders[order].o.children);
	pass(1000);
	ground_unsnap(vm_of(1)->id, one);
	ground_unsnap(vm_of(1)->id, two);
	size_t records = json_array_size(ground_records);
	ground_order_done(order, NULL);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_DONE);
	assert_int_equal(ground_rows(SNAP_GONE), 2);
	assert_int_equal(json_array_size(ground_records), records + 1); /* its end, and no "late" beside it */
	assert_free(1);
}

/* ---- refused at the second check ---- */

static void test_second_check(void **state)
{
	struct plan_args args = no_args;
	char id[48];

	limit_server(1, LIMIT_KEPT, "1");
	args.name = "mine";
	int ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &args);
	strcpy(id, newest(1)->id);
	/* Somebody took one at the host itself meanwhile. */
	pass(500);
	ground_snap(vm_of(1)->id, "by-hand", "");
	ground_answer(ask, NULL);
	assert_int_equal(answers, 0);
	ground_flush();
	assert_int_equal(answers, 1);
	assert_string_equal(refused, "snapshot.kept.full");
	assert_int_equal(refused_class, ERR_LIMIT);
	assert_int_equal(ground_norders, 0);
	assert_int_equal(ground_row(id)->state, SNAP_REFUSED);
	assert_true(ground_row(id)->why[0] != '\0');
	assert_int_equal(json_array_size(ground_records), 0);
	assert_int_equal(registry_count(reg, KIND_JOB), 0);
	assert_free(1);
	assert_int_equal(used_of(1, LIMIT_KEPT, NULL), 1);
	/* What is refused otherwise is no refusal of a limit. */
	args.name = "again";
	limit_server(1, LIMIT_KEPT, "none");
	ground_unsnap(vm_of(1)->id, "by-hand");
	ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &args);
	ground_host(vm_of(1)->id)->as.busy = true;
	ground_answer(ask, NULL);
	ground_flush();
	assert_string_equal(refused, "snapshot.host-busy");
	assert_int_equal(ground_rows(SNAP_FAILED), 1);
	assert_free(1);
}

/* A customer is told nothing of hosts. */
static void test_host_does_not_answer(void **state)
{
	struct plan_args args = no_args;

	limit_server(1, LIMIT_TAKEN, "1 per day");
	int ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &args);
	assert_int_equal(used_of(1, LIMIT_TAKEN, NULL), 1);
	ground_answer(ask, err_new(ERR_UNREACHABLE, "text", "{s:s}", "text", "blade b1 is on fire"));
	ground_flush();
	assert_string_equal(refused, "vm.silent");
	assert_int_equal(used_of(1, LIMIT_TAKEN, NULL), 0);
	assert_free(1);
}

/* ---- two who ask for the last one ---- */

static void test_last_one(void **state)
{
	struct plan_args args = no_args;

	limit_tenant("acme", LIMIT_KEPT, "1");
	args.charge = "tenant";
	struct plan *a = snap_plan(&ops, VERB_SNAP_CREATE, 1, &args), *b = snap_plan(&sato, VERB_SNAP_CREATE, 2, &args);
	assert_int_equal(a->refused.n + b->refused.n, 0);
	jobs_start(jobs, a, &ops, "", on_started, NULL);
	jobs_start(jobs, b, &sato, "", on_started, NULL);
	ground_flush();
	assert_int_equal(answers, 1); /* the second one, and it is in the report */
	assert_string_equal(refused, "snapshot.kept.full.tenant");
	assert_int_equal(ground_rows(SNAP_REFUSED), 1);
	assert_int_equal(ground_rows(SNAP_RESERVED), 1);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	assert_int_equal(answers, 2);
	assert_string_equal(refused, "");
	assert_int_equal(ground_norders, 1);
	/* On one and the same VM the lease says no. */
	struct plan *c = snap_plan(&sato, VERB_SNAP_CREATE, 1, &args);
	assert_int_equal(c->refused.n, 1);
	jobs_start(jobs, c, &sato, "", on_started, NULL);
	ground_flush();
	assert_int_equal(refused_class, ERR_LEASE);
}

/* An operator goes over it: with the mark, and at the second count too. */
static void test_exceed(void **state)
{
	struct plan_args args = no_args;
	char id[48];

	limit_server(1, LIMIT_KEPT, "1");
	snap_take(&ops, 1, "one");
	args.charge = "tenant";
	args.exceed = true;
	snap_send(&sato, VERB_SNAP_CREATE, 1, &args);
	strcpy(id, newest(1)->id);
	assert_true(newest(1)->exceeded);
	assert_true(ground_row(id)->exceeded);
	assert_true(json_is_true(json_object_get(json_object_get(json_array_get(ground_records, 2), "detail"), "exceeded")));
}

/* ---- the store fails ---- */

static void test_reservation_not_written(void **state)
{
	limit_server(1, LIMIT_KEPT, "1");
	ground_fail_in = 1;
	int asks = ground_nasks + 1;
	snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);
	assert_string_equal(refused, "text");
	assert_int_equal(ground_nasks, asks); /* only the preview asked */
	assert_null(book_rows(book, vm_of(1)->id));
	assert_free(1);
	snap_take(&ops, 1, "then");
}

static void test_intent_not_written(void **state)
{
	char id[48];

	limit_server(1, LIMIT_KEPT, "1");
	int ask = snap_start(&ops, VERB_SNAP_CREATE, 1, &no_args);
	strcpy(id, newest(1)->id);
	ground_fail = true;
	ground_answer(ask, NULL);
	ground_flush();
	/* Neither the intent nor taking it back could be written: nothing is sent, and it is held till the store has it so. */
	assert_int_equal(answers, 1);
	assert_string_equal(refused, "text");
	assert_int_equal(ground_norders, 0);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ROW(1, SNAP_RESERVED);
	pass(5000);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	assert_int_equal(answers, 1);
	ground_fail = false;
	pass(3000);
	assert_int_equal(ground_row(id)->state, SNAP_FAILED);
	assert_int_equal(json_array_size(ground_records), 0);
	assert_int_equal(ground_norders, 0);
	assert_free(1);
	snap_take(&ops, 1, "then");
}

static void test_end_not_written(void **state)
{
	limit_server(1, LIMIT_KEPT, "1");
	int order = snap_send(&ops, VERB_SNAP_CREATE, 1, &no_args);
	int64_t busy;

	pass(500);
	ground_snap(vm_of(1)->id, host_name_of(1), "");
	ground_order_done(order, NULL);
	ground_fail = true;
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	pass(5000);
	STATE(started, JOB_RUNNING);
	ROW(1, SNAP_SENT);
	assert_int_equal(used_of(1, LIMIT_KEPT, &busy) + busy, 1);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ground_fail = false;
	pass(3000);
	STATE(started, JOB_DONE);
	WRITTEN(1, SNAP_KEPT);
	assert_int_equal(json_array_size(ground_records), 2);
	assert_free(1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_create), T(test_revert_and_delete), T(test_second_check), T(test_host_does_not_answer),
		T(test_last_one), T(test_exceed), T(test_reservation_not_written), T(test_intent_not_written),
		T(test_end_not_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

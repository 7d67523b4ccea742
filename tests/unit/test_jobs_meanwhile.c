/* What becomes another between a commit and the moment when a blade is switched: its bay, its blade, its VMs, its protection. Each
 * of them leaves the blade as it is. */
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

static bool was_ordered(const char *blade)
{
	for (int i = 0; i < ground_nacts; i++)
		if (strcmp(ground_acts[i].vm, blade) == 0)
			return true;
	return false;
}

static void goes_off(int act, int vm)
{
	taken(act);
	pass(1000);
	news(vm, VM_OFF);
	ground_flush();
}

static const char *target_text(const char *id, int n)
{
	return ground_stored(id)->targets[n].text_id;
}

/* One blade, committed; what happens while the intent is on its way to the disk comes before anything is sent. */
static char *commit_slowly(struct plan *p)
{
	started[0] = refused[0] = '\0';
	jobs_start(jobs, p, &sato, "because", on_started, NULL);
	return started;
}

/* ---- the wrong bay ---- */

static void test_moved_while_it_waits(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_ON, 2, 4);
	char id[64];

	p->stagger_ms = 2000;
	strcpy(id, blade_commit(p));
	taken(0);
	intern_set(&blade_of(3)->bay, "13"); /* a new site file */
	intern_set(&blade_of(4)->bay_serial, "CZJ9"); /* another blade was put there */
	pass(10000);
	assert_true(was_ordered("blade:b2"));
	assert_false(was_ordered("blade:b3"));
	assert_false(was_ordered("blade:b4"));
	TARGET(id, 1, JOB_FAILED);
	TARGET(id, 2, JOB_FAILED);
	assert_string_equal(target_text(id, 1), "job.blade.moved");
	assert_string_equal(target_text(id, 2), "job.blade.moved");
	assert_null(lease_find(reg, "blade:b3"));
	assert_null(lease_find(reg, "blade:b4"));
}

static void test_readings_of_another_bay(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);

	taken(0);
	intern_set(&blade_of(1)->bay, "13");
	told_for(1, POWER_OFF, 6000);
	STATE(id, JOB_RUNNING); /* that bay is off; of the one that was to be, nothing is known */
	intern_set(&blade_of(1)->bay, "12");
	told_for(1, POWER_OFF, 4000);
	STATE(id, JOB_DONE);
}

/* A session is new, perhaps with another enclosure: its words count when it has said which blade it speaks of. */
static void test_readings_of_a_new_session(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);

	taken(0);
	pass(2000);
	blade_of(1)->power = POWER_OFF;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_BLADE, .blade = blade_of(1), .power_was = POWER_ON, .asked = clock_boot_ms(),
		.unread = true });
	ground_flush();
	STATE(id, JOB_RUNNING);
	told_for(1, POWER_OFF, 2000);
	STATE(id, JOB_DONE);
}

static void test_readings_of_another_bay_after_restart(void **state)
{
	char id[64];

	strcpy(id, blade_begin(VERB_POWER_OFF, 1));
	ground_sent(0);
	broker_dies_with_blades();
	ground_blade_steady = 1000000;
	intern_set(&blade_of(1)->bay_serial, "CZJ9");
	told_for(1, POWER_OFF, 30000);
	STATE(id, JOB_UNKNOWN);
	intern_set(&blade_of(1)->bay_serial, "czj0310b7k");
	told_for(1, POWER_OFF, 4000);
	STATE(id, JOB_DONE);
}

/* ---- more than was confirmed ---- */

static void test_newcomer(void **state)
{
	char *id = commit_slowly(blade_plan(VERB_POWER_OFF, 1, 1));

	vm_of(3)->state = VM_RUNNING; /* it was off, and its host started it */
	ground_flush();
	assert_int_equal(ground_nacts, 0);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.newcomer");
	assert_int_equal(ground_leases(), 0);
	/* One less is no reason. */
	vm_of(3)->state = VM_OFF;
	id = commit_slowly(blade_plan(VERB_POWER_OFF, 1, 1));
	vm_of(4)->state = VM_OFF;
	ground_flush();
	assert_true(was_ordered("blade:b1"));
}

static void test_unknown_is_no_less(void **state)
{
	char *id = commit_slowly(blade_plan(VERB_RESET, 1, 1));

	vm_of(3)->state = VM_UNKNOWN;
	ground_flush();
	assert_int_equal(ground_nacts, 0);
	SAYS(id, "job.blade.newcomer");
}

static void test_protected_since(void **state)
{
	char *id = commit_slowly(blade_plan(VERB_POWER_OFF, 1, 1));

	vm_of(2)->protect = true;
	ground_flush();
	assert_int_equal(ground_nacts, 0);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.protected");
	assert_int_equal(ground_leases(), 0);
	/* To bring it up takes nothing away. */
	blade_of(1)->power = POWER_OFF;
	id = blade_begin(VERB_POWER_ON, 1);
	assert_int_equal(ground_nacts, 1);
}

static void test_differs_since(void **state)
{
	char *id = commit_slowly(blade_plan(VERB_POWER_OFF, 1, 1));

	intern_set(&blade_of(1)->identity, "differs");
	ground_flush();
	assert_int_equal(ground_nacts, 0);
	STATE(id, JOB_FAILED);
	SAYS(id, "job.blade.differs");
}

static void test_owned_since(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_ON, 2, 3);
	char id[64];

	p->stagger_ms = 2000;
	strcpy(id, blade_commit(p));
	taken(0);
	intern_set(&blade_of(3)->owner, "globex");
	pass(4000);
	assert_false(was_ordered("blade:b3"));
	assert_string_equal(target_text(id, 1), "job.blade.owner");
}

/* ---- its VMs first ---- */

static void test_left_before_its_turn(void **state)
{
	char *id = blade_first(); /* vm1, vm2, then vm4 */

	blade_of(2)->host = HOST_UP;
	registry_move_vm(reg, vm_of(4), "b2");
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm_of(4), .blade = blade_of(2) });
	goes_off(0, 1);
	goes_off(1, 2);
	/* vm4 was brought to safety: it is not shut down there, and the blade's turn comes. */
	TARGET(id, 2, JOB_DONE);
	assert_string_equal(target_text(id, 2), "job.step.left");
	assert_int_equal(ground_nacts, 3);
	assert_string_equal(ground_acts[2].vm, "blade:b1");
	assert_int_equal(vm_of(4)->state, VM_RUNNING);
	registry_move_vm(reg, vm_of(4), "b1");
}

static void test_step_protected_since(void **state)
{
	char *id = blade_first();

	vm_of(4)->protect = true;
	goes_off(0, 1);
	goes_off(1, 2);
	STATE(id, JOB_PARTLY);
	TARGET(id, 2, JOB_FAILED);
	assert_string_equal(target_text(id, 2), "job.step.protected");
	assert_string_equal(target_text(id, 3), "job.step.untouched");
	assert_int_equal(ground_nacts, 2);
	assert_int_equal(ground_leases(), 0);
}

static void test_changed_before_the_blades_turn(void **state)
{
	static const struct { const char *says; } rows[] = { { "job.blade.differs" }, { "job.blade.moved" }, { "job.step.hostless" } };

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char id[64];
		int acts = ground_nacts;
		for (int n = 1; n <= 4; n++)
			vm_of(n)->state = n == 3 ? VM_OFF : VM_RUNNING;
		strcpy(id, blade_first());
		goes_off(acts, 1);
		goes_off(acts + 1, 2);
		if (i == 0)
			intern_set(&blade_of(1)->identity, "differs");
		else if (i == 1)
			intern_set(&blade_of(1)->bay_serial, "CZJ9");
		else
			blade_of(1)->host = HOST_NONE;
		goes_off(acts + 2, 4);
		STATE(id, JOB_PARTLY);
		TARGET(id, 3, JOB_FAILED);
		assert_string_equal(target_text(id, 3), rows[i].says);
		assert_false(was_ordered("blade:b1"));
		assert_int_equal(ground_leases(), 0);
		intern_set(&blade_of(1)->identity, "agrees");
		intern_set(&blade_of(1)->bay_serial, "CZJ0310B7K");
		blade_of(1)->host = HOST_UP;
	}
}

/* ---- an order that waits at its manager ---- */

static void test_broken_before_it_left(void **state)
{
	char *id = blade_begin(VERB_POWER_OFF, 1);
	struct msg m;

	ground_withdraws = true;
	assert_null(jobs_break(jobs, "blade:b1", &sato, "stop", no_error, NULL));
	ground_flush();
	STATE(id, JOB_FAILED);
	SAYS(id, "job.broken.unsent");
	assert_false(jobs_unsettled(jobs, "blade:b1", &m)); /* nothing can come of it */
	ground_done(0, err_new(ERR_STATE, "fleet.dropped", "{s:s}", "host", "A2"));
	ground_flush();
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(ground_watched("b1"), 0);
}

static void test_pair_not_written(void **state)
{
	ground_fail_in = 1;
	commit_slowly(blade_plan(VERB_PAIR, 1, 1));
	assert_string_equal(ground_paired, "b1 sato");
	ground_flush();
	assert_string_not_equal(refused, "");
	assert_string_equal(ground_paired, "b1 undone");
}

#define T(t) cmocka_unit_test_setup_teardown(t, blade_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { T(test_moved_while_it_waits), T(test_readings_of_another_bay), T(test_readings_of_a_new_session),
		T(test_readings_of_another_bay_after_restart), T(test_newcomer), T(test_unknown_is_no_less), T(test_protected_since),
		T(test_differs_since), T(test_owned_since), T(test_left_before_its_turn), T(test_step_protected_since), T(test_changed_before_the_blades_turn),
		T(test_broken_before_it_left), T(test_pair_not_written) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

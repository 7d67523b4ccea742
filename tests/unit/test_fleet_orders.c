/* Orders to blades whose place moves, whose manager's session is new, or who are not wanted any more; and what hangs for good. */
#include "test_fleet_metal_help.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static struct blade *b1(void) { return world_blade(w, "b1"); }

/* Three on their way: the first hangs at the manager, two wait. */
static void three(struct acted *a)
{
	struct fleet_act act;

	w->config.manager_ms = 3000; /* that one hangs is not the matter here */
	metal_start(2, 1, "list");
	UNTIL(w, metal_is("b2", POWER_OFF) && *b1()->bay_serial);
	fm_way("m1", FM_ACT, FM_HANG);
	for (int i = 0; i < 3; i++) {
		act = world_act(&a[i]);
		fleet_blade_act(w->fleet, world_blade(w, i == 1 ? "b1" : "b2"), VERB_POWER_ON, &act);
	}
	UNTIL(w, fm_called("m1", FM_ACT) == 1);
}

static void of_a_bay_that_moved(void **state)
{
	struct site_model *m = metal_site(2, 1, "list");
	struct acted a[3];

	three(a);
	/* b1 stands in bay 3 now, says the site file, and nobody in bay 1 */
	m->blades[0].bay = 2;
	world_apply(w, m, NULL);
	fm_way("m1", FM_ACT, FM_OK);
	UNTIL(w, a[0].done && a[1].done && a[2].done);
	assert_string_equal(a[1].id, "fleet.manager.moved");
	assert_int_equal(a[1].sent, 0);
	UNTIL(w, metal_is("b2", POWER_ON));
	UNTIL(w, b1()->power_live && metal_bay_blade("blade:E1/1")->power_live);
	assert_int_equal(b1()->power, POWER_OFF);
	assert_int_equal(metal_bay_blade("blade:E1/1")->power, POWER_OFF);
}

static void withdrawn(void **state)
{
	struct acted a[3];
	int acts;

	three(a);
	assert_false(fleet_blade_withdraw(w->fleet, world_blade(w, "b2"), &a[0])); /* it may have left */
	assert_true(fleet_blade_withdraw(w->fleet, b1(), &a[1]));
	assert_false(fleet_blade_withdraw(w->fleet, b1(), &a[1]));
	assert_int_equal(a[1].done, 0); /* never from inside */
	UNTIL(w, a[1].done);
	assert_string_equal(a[1].id, "fleet.dropped");
	assert_int_equal(a[1].sent, 0);
	fm_way("m1", FM_ACT, FM_OK);
	UNTIL(w, a[0].done && a[2].done);
	acts = fm_called("m1", FM_ACT);
	world_run(w, 200);
	assert_int_equal(fm_called("m1", FM_ACT), acts);
	assert_int_equal(b1()->power, POWER_OFF);
	assert_int_equal(a[1].done, 1);
}

static void watched_wherever_it_stands(void **state)
{
	struct site_model *m = metal_site(2, 1, "each");
	int64_t from;
	int before;

	metal_start(2, 1, "each");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fleet_blade_watch(w->fleet, "b1", true);
	m->blades[0].bay = 2;
	world_apply(w, m, NULL);
	UNTIL(w, metal_is("b1", POWER_OFF));
	before = fm_asked("m1", "status", 3);
	from = world_now();
	UNTIL(w, fm_asked("m1", "status", 3) - before >= 8);
	assert_true(fm_asked("m1", "status", 3) - before <= 3 + (world_now() - from) / 50);
	/* and without a manager for a while */
	world_apply(w, world_site(2, 1), NULL);
	fleet_blade_watch(w->fleet, "b1", false);
	world_apply(w, metal_site(2, 1, "each"), NULL);
	UNTIL(w, metal_is("b1", POWER_OFF));
	before = fm_asked("m1", "status", 1);
	from = world_now();
	world_run(w, 1000);
	assert_true(fm_asked("m1", "status", 1) - before <= 2 + (world_now() - from) / 500);
}

/* Its address was given to another enclosure: what was read before says nothing of what stands there now. */
static void a_session_that_told_nothing_yet(void **state)
{
	const char *why, *dialect;
	struct site_model *m = world_site(1, 1);

	fm_power("m1", 1, POWER_ON);
	fake_serial("b1", "S1");
	metal_start(1, 1, "list");
	UNTIL(w, !strcmp(b1()->identity, "agrees") && metal_is("b1", POWER_ON));
	assert_int_equal(fleet_blade_can(w->fleet, b1(), VERB_POWER_OFF, &why, &dialect), OUTCOME_STATE);
	fm_manager("m2");
	fm_power("m2", 1, POWER_ON);
	fm_serial("m2", 1, "S99");
	fm_way("m2", FM_ASK, FM_SAID);
	metal_manager(m, 0, "m2", "list");
	world_apply(w, m, NULL);
	UNTIL(w, MANAGER(MANAGER_UP) && fm_called("m2", FM_ASK) > 0);
	assert_string_equal(b1()->bay_serial, "S1");
	assert_int_equal(fleet_blade_can(w->fleet, b1(), VERB_POWER_OFF, &why, &dialect), OUTCOME_NO);
	assert_string_equal(why, "blade.manager.unread");
	assert_int_equal(fleet_blade_can(w->fleet, b1(), VERB_SHUTDOWN, &why, &dialect), OUTCOME_NO);
	assert_int_equal(fleet_blade_can(w->fleet, b1(), VERB_POWER_ON, &why, &dialect), OUTCOME_STATE);
	assert_int_equal(fleet_blade_can(w->fleet, b1(), VERB_LOCATE, &why, &dialect), OUTCOME_UNSEEN);
	fm_way("m2", FM_ASK, FM_OK);
	UNTIL(w, !strcmp(b1()->identity, "differs"));
}

/* "1" and "01", one on and one off: neither is taken for this bay. */
static void told_twice(void **state)
{
	int lists;

	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_twice("m1", 1, POWER_ON);
	lists = fm_asked("m1", "list", 0);
	UNTIL(w, fm_asked("m1", "list", 0) > lists + 1 && metal_is("b2", POWER_OFF));
	assert_int_equal(b1()->power, POWER_OFF);
	UNTIL(w, !b1()->power_live); /* it grows old */
	assert_true(metal_is("b2", POWER_OFF));
}

static void dialects_while_it_speaks(void **state)
{
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	assert_true(fleet_dialects(w->fleet, fm_other_dialects));
	UNTIL(w, metal_is("b1", POWER_OFF));
	assert_int_equal(metal_alerts("manager.alert.silent"), 0); /* it was never silent */
}

static void dialects_that_one_keeps(void **state)
{
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ASK, FM_STUCK);
	int lists = fm_asked("m1", "list", 0);
	fleet_metal_refresh(w->fleet, KIND_ENCLOSURE, metal_enclosure());
	UNTIL(w, fm_asked("m1", "list", 0) > lists || fm_called("m1", FM_ASK) > lists);
	world_run(w, 100);
	assert_false(fleet_dialects(w->fleet, fm_other_dialects));
	fm_way("m1", FM_ASK, FM_OK);
	fm_unstick();
	UNTIL(w, metal_is("b1", POWER_OFF));
}

#define T(f) cmocka_unit_test_setup_teardown(f, metal_setup, metal_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(of_a_bay_that_moved), T(withdrawn), T(watched_wherever_it_stands), T(a_session_that_told_nothing_yet), T(told_twice),
		T(dialects_while_it_speaks), T(dialects_that_one_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

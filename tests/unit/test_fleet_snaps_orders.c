/* Orders for snapshots through the fleet: on lanes of their own, as many as there are, and nobody waits for them. */
#include "test_fleet_snaps_help.h"

/* ---- orders ---- */

static void an_order_and_its_effect(void **state)
{
	struct fake_order o;
	char name[] = "tana-7";

	all_up();
	order_as(0, 7, SNAP_CREATE, name);
	name[5] = 'x';
	assert_int_equal(a[0].done, 0);
	UNTIL(w, a[0].done);
	assert_true(a[0].ok);
	assert_int_equal(a[0].sent, 1);
	assert_true(fake_snap_there("b1", 7, "tana-7"));
	o = fake_order("b1", 0);
	assert_int_equal(o.vm, 7);
	assert_int_equal(o.op, SNAP_CREATE);
	assert_int_equal(o.lane, LANE_SNAP);
	assert_string_equal(o.name, "tana-7");
	assert_string_equal(o.note, "before update");
	/* a revert moves its state, with or without an event */
	order(1, 1);
	UNTIL(w, a[1].done);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, world_vm(w, 1)->state == VM_OFF);
	order_as(2, 1, SNAP_REVERT, "tana-1");
	UNTIL(w, a[2].done && world_vm(w, 1)->state == VM_RUNNING);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_SNAPSHOT);
	order_as(3, 1, SNAP_DELETE, "tana-1");
	UNTIL(w, a[3].done);
	assert_true(a[3].ok);
	assert_int_equal(fake_snap_count("b1", 1), 0);
	order_as(4, 1, SNAP_DELETE, "tana-1");
	UNTIL(w, a[4].done);
	assert_int_equal(a[4].class, ERR_NOTFOUND);
	assert_true(UP(w, "b1"));
	assert_int_equal(lanes_open(), 1); /* one after another: the one that is there is used again */
	assert_int_equal(fake_open_now("b1"), 2);
	assert_int_equal(fake_calls_at_once("b1"), 1);
}

/* The state is looked at after an order, even if the host says nothing. */
static void looks_after_an_order(void **state)
{
	all_up();
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 1);
	fake_vm("b1", 1, "acme-1", VM_PAUSED);
	fake_snap_way("b1", 1, FAKE_FAIL);
	UNTIL(w, a[0].done);
	assert_int_equal(a[0].class, ERR_FAILED);
	UNTIL(w, world_vm(w, 1)->state == VM_PAUSED);
}

static void nobody_waits_for_a_snapshot(void **state)
{
	struct acted on, off;
	struct fleet_act power;

	w->config.short_ms = 1000;
	all_up();
	w->ntold = 0;
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	UNTIL(w, a[0].sent && fake_called("b1", FAKE_SNAP) == 1);
	order(1, 2);
	power = world_act(&on);
	fleet_act(w->fleet, world_vm(w, 7), VERB_POWER_ON, &power);
	power = world_act(&off);
	fleet_act(w->fleet, world_vm(w, 3), VERB_POWER_OFF, &power);
	ask(1, NULL); /* the very VM that is held */
	UNTIL(w, a[1].done && on.done && off.done && asked.done);
	assert_true(a[1].ok && on.ok && off.ok && asked.ok);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, world_told(w, NEWS_LISTED, "b1"));
	world_run(w, 3000); /* three times the deadline of short calls */
	assert_int_equal(a[0].done, 0);
	assert_int_equal(world_told(w, NEWS_HOST, "b1"), 0); /* neither stale nor lost */
	assert_true(world_vm(w, 1)->live);
	fake_snap_way("b1", 1, FAKE_OK);
	UNTIL(w, a[0].done);
	assert_true(a[0].ok);
	assert_true(fake_snap_there("b1", 1, "tana-0"));
	assert_int_equal(fake_calls_at_once("b1"), 1);
}

static void five_at_once(void **state)
{
	clock_fake(1000000, 1700000000);
	all_up();
	for (int i = 1; i <= 5; i++) {
		fake_snap_way("b1", i, FAKE_HOLD);
		order(i, i);
	}
	UNTIL(w, sent() == 4 && fake_called("b1", FAKE_SNAP) == 4);
	world_run(w, 50);
	assert_int_equal(sent(), 4);
	assert_int_equal(a[5].sent, 0);
	assert_int_equal(lanes_open(), 4);
	clock_fake_advance(20 * 3600000LL); /* it waits as long as the others take */
	world_run(w, 50);
	assert_int_equal(a[1].done + a[2].done + a[3].done + a[4].done + a[5].done, 0);
	assert_true(UP(w, "b1"));
	fake_snap_way("b1", 3, FAKE_OK); /* whichever is ready first makes room */
	UNTIL(w, a[3].done && a[5].sent);
	for (int i = 1; i <= 5; i++)
		fake_snap_way("b1", i, FAKE_OK);
	UNTIL(w, a[1].done && a[2].done && a[4].done && a[5].done);
	for (int i = 1; i <= 5; i++)
		assert_true(a[i].ok);
	world_run(w, 50); /* the looks that follow */
	/* what they needed is closed when nobody used it for a while */
	assert_int_equal(fake_open_now("b1"), 5);
	world_later(w, 50000);
	world_run(w, 50);
	assert_int_equal(fake_open_now("b1"), 5);
	world_later(w, 11000);
	UNTIL(w, fake_open_now("b1") == 1);
	assert_true(UP(w, "b1"));
	order(6, 6); /* and opened again */
	UNTIL(w, a[6].done);
	assert_true(a[6].ok);
	assert_int_equal(lanes_open(), 1);
}

static void one_vm_in_its_order(void **state)
{
	all_up();
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	order_as(1, 1, SNAP_REVERT, "tana-0");
	order_as(2, 1, SNAP_DELETE, "tana-0");
	order(3, 2); /* nobody else waits for them */
	UNTIL(w, a[3].done);
	world_run(w, 50);
	assert_int_equal(a[0].sent, 1);
	assert_int_equal(a[1].sent + a[2].sent, 0);
	assert_true(lanes_open() <= 2); /* no lane is opened for what cannot run */
	fake_snap_way("b1", 1, FAKE_OK);
	UNTIL(w, a[2].done);
	assert_true(a[0].ok && a[1].ok && a[2].ok);
	assert_int_equal(fake_order("b1", 0).op, SNAP_CREATE);
	assert_int_equal(fake_order("b1", 2).op, SNAP_REVERT);
	assert_int_equal(fake_order("b1", 3).op, SNAP_DELETE);
}

static void no_end_of_orders(void **state)
{
	static struct acted many[80];
	struct fleet_act one;
	struct host_snap_order o = { .op = SNAP_CREATE, .name = "tana-0" };
	int refused = 0;

	all_up();
	fake_snap_way("b1", 1, FAKE_HOLD);
	for (int i = 0; i < 80; i++) {
		one = world_act(&many[i]);
		fleet_snapshot(w->fleet, world_vm(w, 1), &o, &one);
	}
	world_run(w, 50);
	for (int i = 0; i < 80; i++)
		refused += many[i].done && many[i].class == ERR_STATE && !many[i].sent;
	assert_in_range(refused, 14, 17); /* 64 may wait */
	world_stop(w);
	for (int i = 0; i < 80; i++)
		assert_int_equal(many[i].done, 1);
}

static int told, told_full;

static void on_told(void *ctx, struct err *e, struct host_snaps *s)
{
	told++;
	told_full += e && e->class == ERR_STATE;
	err_free(e);
}

/* Who asks and asks keeps nobody from acting. */
static void questions_take_no_place_of_orders(void **state)
{
	static struct acted off;
	struct fleet_act one;

	all_up();
	fake_way("b1", FAKE_SNAPS, FAKE_HANG);
	for (int i = 0; i < 80; i++)
		fleet_snapshots(w->fleet, world_vm(w, 1), NULL, on_told, NULL);
	one = world_act(&off);
	fleet_act(w->fleet, world_vm(w, 2), VERB_POWER_OFF, &one);
	world_run(w, 50);
	assert_in_range(told_full, 14, 17); /* 64 may wait */
	assert_false(off.done && off.class == ERR_STATE);
	world_stop(w);
	assert_int_equal(told, 80);
	assert_int_equal(off.done, 1);
}

/* ---- lanes that cannot be had ---- */

static void fewer_lanes_than_orders(void **state)
{
	clock_fake(1000000, 1700000000);
	fake_lane_way("b1", LANE_SNAP, FAKE_FAIL);
	all_up();
	order(0, 1); /* none at all: said, and surely not sent */
	UNTIL(w, a[0].done);
	assert_int_equal(a[0].class, ERR_UNREACHABLE);
	assert_int_equal(a[0].sent, 0);
	assert_true(UP(w, "b1"));
	UNTIL(w, fake_open_now("b1") == 1);
	world_rest(w, 0); /* the fleet has heard, too, that the lane is closed: the next order takes it and no other */
	fake_lane_way("b1", LANE_SNAP, FAKE_OK);
	for (enum lane lane = LANE_SNAP + 1; lane <= LANE_SNAP_LAST; lane++)
		fake_lane_way("b1", lane, FAKE_FAIL);
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(1, 1);
	order(2, 2);
	order(3, 3);
	UNTIL(w, a[1].sent || a[2].done || a[3].done);
	if (!a[1].sent)
		fail_msg("the order did not get the lane that there is");
	int opens = fake_called("b1", FAKE_OPEN);
	world_run(w, 100);
	assert_int_equal(a[2].done + a[3].done, 0);
	assert_true(fake_called("b1", FAKE_OPEN) <= opens + 2); /* it is not asked again and again */
	fake_snap_way("b1", 1, FAKE_OK);
	UNTIL(w, a[1].done && a[2].done && a[3].done); /* one after another */
	assert_true(a[1].ok && a[2].ok && a[3].ok);
	/* after a while it is tried again */
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(4, 1);
	UNTIL(w, a[4].sent);
	order(5, 2);
	world_run(w, 50);
	assert_int_equal(a[5].done, 0);
	for (enum lane lane = LANE_SNAP + 1; lane <= LANE_SNAP_LAST; lane++)
		fake_lane_way("b1", lane, FAKE_OK);
	clock_fake_advance(61000);
	UNTIL(w, a[5].done);
	assert_true(a[5].ok);
	assert_int_equal(a[4].done, 0);
}

static void one_lane_for_all(void **state)
{
	fake_one_lane("b1");
	w->config.short_ms = 500;
	all_up();
	order(0, 1);
	order(1, 2);
	UNTIL(w, a[0].done && a[1].done);
	assert_true(a[0].ok && a[1].ok);
	assert_int_equal(fake_order("b1", 0).lane, LANE_SHORT);
	assert_int_equal(fake_open_now("b1"), 1);
	/* a hung one has the deadline of that lane, not a day */
	fake_snap_way("b1", 1, FAKE_HANG);
	order(2, 1);
	order(3, 2);
	UNTIL(w, a[2].sent);
	UNTIL(w, world_blade(w, "b1")->host == HOST_STALE || a[2].done);
	UNTIL(w, a[2].done && a[3].done);
	assert_int_equal(a[2].class, ERR_TIMEOUT);
	assert_int_equal(a[3].sent, 0);
	UNTIL(w, UP(w, "b1"));
	/* given up: answered, but the one connection is not ended for it */
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(4, 1);
	order(5, 1);
	UNTIL(w, a[4].sent);
	w->ntold = 0;
	fleet_snapshot_abandon(w->fleet, &a[5]);
	fleet_snapshot_abandon(w->fleet, &a[4]);
	UNTIL(w, a[4].done && a[5].done);
	assert_int_equal(a[4].class, ERR_TIMEOUT);
	assert_int_equal(a[5].sent, 0);
	fake_snap_way("b1", 1, FAKE_OK);
	order(6, 2);
	UNTIL(w, a[6].done);
	assert_true(a[6].ok);
	assert_true(UP(w, "b1"));
	assert_int_equal(a[4].done, 1);
	assert_int_equal(fake_open_now("b1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_order_and_its_effect), T(looks_after_an_order), T(nobody_waits_for_a_snapshot), T(five_at_once),
		T(one_vm_in_its_order), T(no_end_of_orders), T(questions_take_no_place_of_orders),
		T(fewer_lanes_than_orders), T(one_lane_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

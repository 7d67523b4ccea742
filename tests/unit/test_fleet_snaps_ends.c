/* What ends orders for snapshots in the fleet: giving up, lost connections and hosts, the deadline, the end of the fleet. */
#include "test_fleet_snaps_help.h"
#include "patience.h"

#include <stdlib.h>
#include <string.h>

/* ---- what ends them ---- */

static void abandoned_under_way(void **state)
{
	all_up();
	for (int i = 1; i <= 4; i++) {
		fake_snap_way("b1", i, FAKE_HOLD);
		order(i, i);
	}
	order(5, 5);
	order_as(6, 2, SNAP_DELETE, "tana-2");
	UNTIL(w, sent() == 4 && fake_called("b1", FAKE_SNAP) == 4);
	w->ntold = 0;
	fleet_snapshot_abandon(w->fleet, &a[2]);
	assert_int_equal(a[2].done, 0); /* soon, not at once */
	UNTIL(w, a[2].done);
	assert_int_equal(a[2].class, ERR_TIMEOUT);
	assert_string_equal(a[2].id, "fleet.abandoned");
	assert_int_equal(a[2].sent, 1);
	UNTIL(w, a[5].done); /* its lane is free for others */
	assert_true(a[5].ok);
	UNTIL(w, a[6].sent); /* and its VM for the next order */
	assert_int_equal(a[1].done + a[3].done + a[4].done, 0);
	assert_int_equal(world_told(w, NEWS_HOST, NULL), 0);
	fleet_snapshot_abandon(w->fleet, &a[2]); /* it is over, and nobody else's */
	fleet_snapshot_abandon(w->fleet, &asked);
	for (int i = 1; i <= 4; i++)
		fake_snap_way("b1", i, FAKE_OK);
	UNTIL(w, a[1].done && a[3].done && a[4].done && a[6].done);
	assert_true(a[1].ok && a[3].ok && a[4].ok);
	assert_int_equal(a[2].done, 1);
	assert_false(fake_snap_there("b1", 2, "tana-2"));
}

static void abandoned_while_it_waits(void **state)
{
	all_up();
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	order(1, 1);
	UNTIL(w, a[0].sent);
	fleet_snapshot_abandon(w->fleet, &a[1]);
	assert_int_equal(a[1].done, 0);
	UNTIL(w, a[1].done);
	assert_int_equal(a[1].class, ERR_TIMEOUT);
	assert_string_equal(a[1].id, "fleet.dropped");
	assert_int_equal(a[1].sent, 0); /* so it is sure */
	assert_int_equal(a[0].done, 0);
	fake_snap_way("b1", 1, FAKE_OK);
	UNTIL(w, a[0].done);
	world_run(w, 50);
	assert_int_equal(a[1].done, 1);
	assert_int_equal(fake_called("b1", FAKE_SNAP), 1);
	/* before there is a lane at all */
	fake_lane_way("b2", LANE_SNAP, FAKE_HOLD);
	order(2, 20);
	world_run(w, 50);
	fleet_snapshot_abandon(w->fleet, &a[2]);
	UNTIL(w, a[2].done);
	assert_int_equal(a[2].sent, 0);
	fake_lane_way("b2", LANE_SNAP, FAKE_OK);
	order(3, 20);
	UNTIL(w, a[3].done);
	assert_true(a[3].ok);
	assert_false(fake_snap_there("b2", 20, "tana-2"));
}

/* A call that does not come back even then: it is answered, its VM waits, others do not. */
static void abandoned_but_stuck(void **state)
{
	all_up();
	fake_snap_way("b1", 1, FAKE_STUCK);
	order(0, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 1);
	fleet_snapshot_abandon(w->fleet, &a[0]);
	UNTIL(w, a[0].done);
	assert_int_equal(a[0].class, ERR_TIMEOUT);
	fake_snap_way("b1", 1, FAKE_OK);
	order(1, 1);
	order(2, 2);
	UNTIL(w, a[2].done);
	world_run(w, 50);
	assert_int_equal(a[1].sent, 0);
	assert_true(UP(w, "b1"));
	fake_unstick();
	UNTIL(w, a[1].done);
	assert_int_equal(a[0].done, 1);
}

static void its_connection_is_lost(void **state)
{
	all_up();
	w->ntold = 0;
	fake_snap_way("b1", 1, FAKE_HOLD);
	fake_snap_way("b1", 2, FAKE_HOLD);
	order(0, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 1);
	order(1, 2);
	order_as(2, 1, SNAP_DELETE, "tana-0");
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 2);
	assert_int_equal(fake_order("b1", 0).lane, LANE_SNAP);
	fake_break_lane("b1", LANE_SNAP, "cable");
	UNTIL(w, a[0].done);
	assert_int_equal(a[0].class, ERR_UNREACHABLE); /* sent: outcome unknown */
	assert_int_equal(a[0].sent, 1);
	UNTIL(w, a[2].sent); /* what waited did not know that connection */
	world_run(w, 50);
	assert_int_equal(a[1].done, 0);
	assert_int_equal(world_told(w, NEWS_HOST, NULL), 0);
	fake_snap_way("b1", 1, FAKE_OK);
	fake_snap_way("b1", 2, FAKE_DONE_LOST); /* done, but its answer is lost */
	UNTIL(w, a[1].done);
	assert_int_equal(a[1].class, ERR_UNREACHABLE);
	assert_true(fake_snap_there("b1", 2, "tana-1"));
	/* on the disk without being listed, and cleared */
	fake_snap_way("b1", 3, FAKE_ORPHAN_LOST);
	order(3, 3);
	UNTIL(w, a[3].done);
	assert_false(fake_snap_there("b1", 3, "tana-3"));
	assert_true(fake_snap_orphan("b1", 3, "tana-3"));
	fake_snap_way("b1", 3, FAKE_OK);
	order_as(4, 3, SNAP_CLEAR, "tana-3");
	UNTIL(w, a[4].done);
	assert_true(a[4].ok);
	assert_false(fake_snap_orphan("b1", 3, "tana-3"));
	assert_true(UP(w, "b1"));
}

static void the_host_is_lost(void **state)
{
	all_up();
	for (int i = 1; i <= 5; i++) {
		fake_snap_way("b1", i, FAKE_HOLD);
		order(i, i);
	}
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 4);
	fake_break("b1", "power");
	UNTIL(w, a[1].done && a[2].done && a[3].done && a[4].done && a[5].done);
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(a[i].class, ERR_UNREACHABLE);
		assert_int_equal(a[i].sent, i <= 4);
	}
	order(6, 6);
	UNTIL(w, a[6].done);
	assert_int_equal(a[6].class, ERR_UNREACHABLE);
	assert_int_equal(a[6].sent, 0);
	UNTIL(w, UP(w, "b1"));
	UNTIL(w, fake_open_now("b1") == 1);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(a[i].done, 1);
}

/* The short lane went, for a slow answer to somebody else: what is under way goes on as long as the host can be reached. */
static void the_short_lane_is_lost(void **state)
{
	all_up();
	fake_snap_way("b1", 1, FAKE_HOLD);
	fake_snap_way("b1", 2, FAKE_HOLD);
	order(0, 1);
	order(1, 2);
	order(2, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 2);
	fake_break_lane("b1", LANE_SHORT, "slow");
	UNTIL(w, !UP(w, "b1"));
	UNTIL(w, a[2].done); /* was not sent, and is not sent to a host that is not seen */
	assert_int_equal(a[2].sent, 0);
	UNTIL(w, UP(w, "b1"));
	world_run(w, 50);
	assert_int_equal(a[0].done, 0);
	fake_snap_way("b1", 1, FAKE_OK);
	UNTIL(w, a[0].done);
	assert_true(a[0].ok);
	/* and not longer */
	fake_way("b1", FAKE_OPEN, FAKE_FAIL);
	fake_break_lane("b1", LANE_SHORT, "power");
	UNTIL(w, a[1].done);
	assert_int_equal(a[1].class, ERR_UNREACHABLE);
	assert_int_equal(a[1].sent, 1);
	UNTIL(w, fake_open_now("b1") <= 1 && lanes_open() == 0);
}

static void a_day_is_its_limit(void **state)
{
	clock_fake(1000000, 1700000000);
	all_up();
	w->ntold = 0;
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 1);
	clock_fake_advance(24 * 3600000LL - 60000);
	UNTIL(w, fake_called("b1", FAKE_LIST) >= 2); /* the timer did its work */
	world_run(w, 50);
	assert_int_equal(a[0].done, 0);
	assert_int_equal(world_told(w, NEWS_HOST, NULL), 0);
	clock_fake_advance(61000);
	UNTIL(w, a[0].done);
	assert_int_equal(a[0].class, ERR_TIMEOUT);
	assert_string_equal(a[0].id, "fleet.timeout");
	assert_true(UP(w, "b1"));
	world_stop(w);
	w->config.snap_ms = 5000; /* or as it is configured */
	all_up();
	order(1, 1);
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 2);
	clock_fake_advance(5001);
	UNTIL(w, a[1].done);
	assert_int_equal(a[1].class, ERR_TIMEOUT);
}

/* ---- ends ---- */

static void ends_with_all_lanes_busy(void **state)
{
	int64_t start;

	all_up();
	for (int i = 1; i <= 5; i++) {
		fake_snap_way("b1", i, FAKE_HOLD);
		order(i, i);
	}
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 4);
	start = world_now();
	world_stop(w);
	assert_true(world_now() - start < 1500 * patience());
	for (int i = 1; i <= 5; i++)
		assert_int_equal(a[i].done, 1);
	assert_int_equal(a[5].sent, 0);
	assert_int_equal(fake_open_now(NULL), 0);
}

static void the_host_leaves_or_moves(void **state)
{
	struct site_model *m = world_site(2, 0);

	all_up();
	fake_machine("other");
	fake_vm("other", 1, "acme-1", VM_RUNNING);
	free(m->blades[0].uri);
	m->blades[0].uri = strdup("fake:other");
	for (int i = 1; i <= 2; i++) {
		fake_snap_way("b1", i, FAKE_HOLD);
		order(i, i);
	}
	UNTIL(w, fake_called("b1", FAKE_SNAP) == 2);
	world_apply(w, m, NULL);
	UNTIL(w, a[1].done && a[2].done && UP(w, "b1"));
	assert_int_equal(a[1].class, ERR_UNREACHABLE);
	UNTIL(w, fake_open_now("b1") == 0); /* nobody speaks to the old address any more */
	order(3, 1);
	UNTIL(w, a[3].done);
	assert_true(fake_snap_there("other", 1, "tana-3"));
	fake_snap_way("other", 1, FAKE_HOLD);
	order(4, 1);
	UNTIL(w, fake_called("other", FAKE_SNAP) == 2);
	world_apply(w, world_site(0, 0), NULL);
	UNTIL(w, a[4].done);
	UNTIL(w, fake_open_now(NULL) == 0);
}

static void a_hundred_rounds_leave_nothing(void **state)
{
	int fds = 0;

	all_up();
	for (int round = 0; round < 100; round++) {
		if (round == 10)
			fds = world_fds();
		for (int i = 1; i <= 6; i++) {
			fake_snap_way("b1", i, i % 2 ? FAKE_HOLD : FAKE_FAIL);
			order(i, i);
		}
		if (round % 3)
			UNTIL(w, sent());
		if (round % 5 == 0)
			fleet_snapshot_abandon(w->fleet, &a[3]);
		if (round % 2)
			fake_break(round % 4 == 1 ? "b1" : "b2", "flap");
		else
			fake_break_lane("b1", LANE_SNAP + round % 4, "flap");
		for (int i = 1; i <= 6; i++)
			fake_snap_way("b1", i, FAKE_FAIL);
		UNTIL(w, a[1].done && a[2].done && a[3].done && a[4].done && a[5].done && a[6].done);
		UNTIL(w, UP(w, "b1") && UP(w, "b2"));
	}
	world_run(w, 50);
	for (int i = 1; i <= 6; i++)
		assert_int_equal(a[i].done, 1);
	assert_true(fake_open_now("b1") <= 5);
	assert_true(world_threads() < 60);
	assert_true(world_fds() <= fds);
	assert_int_equal(fake_calls_at_once("b1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(abandoned_under_way), T(abandoned_while_it_waits), T(abandoned_but_stuck), T(its_connection_is_lost),
		T(the_host_is_lost), T(the_short_lane_is_lost), T(a_day_is_its_limit), T(ends_with_all_lanes_busy),
		T(the_host_leaves_or_moves), T(a_hundred_rounds_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

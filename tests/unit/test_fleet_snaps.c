/* Snapshots through the fleet: their names in the news, orders on lanes of their own, and what ends them. */
#include "test_fleet_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 8

static struct world *w;
static struct acted a[MANY];
static struct fleet_act act[MANY];

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 2);
	memset(a, 0, sizeof(a));
	for (int n = 1; n < MANY; n++) {
		char name[32];

		snprintf(name, sizeof(name), "acme-%d", n);
		fake_vm("b1", n, name, n == 7 ? VM_OFF : VM_RUNNING);
	}
	fake_vm("b2", 20, "globex-1", VM_OFF);
	return 0;
}

static int teardown(void **state)
{
	world_free(w);
	assert_int_equal(fake_open_now(NULL), 0);
	free(w);
	return 0;
}

static void all_up(void)
{
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2"));
	world_run(w, 20);
}

/* Order i is on the VM n; what it came to is a[i]. */
static void order_as(int i, int n, enum snap_op op, const char *name)
{
	char note[16] = "before update";
	struct host_snap_order o = { .op = op, .name = name, .note = note };

	act[i] = world_act(&a[i]);
	fleet_snapshot(w->fleet, world_vm(w, n), &o, &act[i]);
	memset(note, 'x', sizeof(note) - 1); /* it was copied */
}

static void order(int i, int n)
{
	char name[32];

	snprintf(name, sizeof(name), "tana-%d", i);
	order_as(i, n, SNAP_CREATE, name);
}

static int sent(void)
{
	int n = 0;

	for (int i = 0; i < MANY; i++)
		n += a[i].sent;
	return n;
}

static int lanes_open(void)
{
	int n = 0;

	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++)
		n += fake_lane_open("b1", lane);
	return n;
}

/* ---- what is told ---- */

static const struct told *last_snaps(int n)
{
	const char *id = world_vm(w, n)->id;

	for (int i = w->ntold; i-- > 0;)
		if (w->told[i].kind == NEWS_VM_SNAPSHOTS && !strcmp(w->told[i].id, id))
			return &w->told[i];
	fail_msg("no names of the snapshots of VM %d", n);
	return NULL;
}

static void names_with_every_list(void **state)
{
	int64_t before = clock_boot_ms();

	fake_snap("b1", 1, "old");
	fake_snap("b1", 1, "new");
	fake_snaps_unknown("b1", 3, true);
	all_up();
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, "b1"), MANY - 2);
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, world_vm(w, 3)->id), 0);
	assert_string_equal(last_snaps(1)->snaps, "old,new");
	assert_string_equal(last_snaps(2)->snaps, ""); /* known to have none */
	assert_in_range(last_snaps(1)->asked, before, clock_boot_ms());
	for (int i = 0; i < w->ntold; i++) /* all of them before it is said that the host was listed */
		if (w->told[i].kind == NEWS_LISTED && !strcmp(w->told[i].blade, "b1"))
			assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, "b1"), MANY - 2);
	w->ntold = 0;
	fake_snap("b1", 2, "outside");
	fake_slow("b1", 100);
	fake_way("b1", FAKE_LIST, FAKE_SLOW);
	fleet_refresh(w->fleet, "b1");
	before = clock_boot_ms();
	UNTIL(w, world_told(w, NEWS_LISTED, "b1"));
	assert_int_equal(w->told[w->ntold - 1].kind, NEWS_LISTED);
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, "b1"), MANY - 2); /* those that did not change too */
	assert_string_equal(last_snaps(2)->snaps, "outside");
	assert_in_range(last_snaps(2)->asked, before, clock_boot_ms() - 90); /* when it began, not when it came back */
}

/* A definition that was left behind on another host has snapshots that are not this VM's any more. */
static void names_of_where_it_is(void **state)
{
	fake_vm("b2", 1, "acme-1", VM_OFF);
	fake_snap("b2", 1, "stale");
	fake_snap("b1", 1, "true");
	all_up();
	fleet_refresh(w->fleet, "b1");
	w->ntold = 0;
	fleet_refresh(w->fleet, "b2");
	UNTIL(w, world_told(w, NEWS_LISTED, "b1") && world_told(w, NEWS_LISTED, "b2"));
	assert_string_equal(world_vm(w, 1)->blade, "b1");
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, world_vm(w, 1)->id), 1);
	assert_string_equal(last_snaps(1)->snaps, "true");
}

static struct { int done, told_before; enum err_class class; bool ok; size_t n; char xml[64], first[32]; uint64_t disk; } asked;

static void on_snaps(void *ctx, struct err *e, struct host_snaps *s)
{
	assert_ptr_equal(ctx, &asked);
	asked.done++;
	asked.told_before = world_told(w, NEWS_VM_SNAPSHOTS, NULL);
	asked.ok = !e;
	asked.class = e ? e->class : ERR_CLASS_COUNT;
	err_free(e);
	if (!asked.ok) {
		assert_null(s);
		return;
	}
	asked.n = s->n;
	asked.disk = s->disk_bytes;
	snprintf(asked.xml, sizeof(asked.xml), "%s", s->xml ? s->xml : "");
	snprintf(asked.first, sizeof(asked.first), "%s", s->n ? s->list[0].name : "");
	host_snaps_free(s); /* it may be taken */
	memset(s, 0, sizeof(*s));
}

static void ask(int n, const struct host_snap_order *prepare)
{
	memset(&asked, 0, sizeof(asked));
	fleet_snapshots(w->fleet, world_vm(w, n), prepare, on_snaps, &asked);
	assert_int_equal(asked.done, 0); /* never at once */
}

static void asks_about_one(void **state)
{
	char name[] = "tana-x";
	struct host_snap_order prepare = { .op = SNAP_CREATE, .name = name };
	int64_t before;

	fake_snap("b1", 1, "first");
	fake_snap("b1", 1, "second");
	fake_snaps_like("b1", 1, &(struct host_snaps){ .disks_known = true, .disk_bytes = 5 }, 1);
	all_up();
	w->ntold = 0;
	before = clock_boot_ms();
	ask(1, &prepare);
	memset(name, 'y', 4); /* it was copied */
	UNTIL(w, asked.done);
	assert_true(asked.ok);
	assert_int_equal(asked.told_before, 1);
	assert_int_equal(asked.n, 2);
	assert_string_equal(asked.first, "first");
	assert_int_equal(asked.disk, 5);
	assert_string_equal(asked.xml, "<fake>tana-x</fake>");
	assert_string_equal(last_snaps(1)->snaps, "first,second");
	assert_in_range(last_snaps(1)->asked, before, clock_boot_ms());
	ask(2, NULL);
	UNTIL(w, asked.done);
	assert_int_equal(asked.n, 0);
	assert_string_equal(asked.xml, "");
	assert_string_equal(last_snaps(2)->snaps, "");
	/* it went away without a word */
	w->ntold = 0;
	fake_vm_drop("b1", 3);
	ask(3, NULL);
	UNTIL(w, asked.done);
	assert_int_equal(asked.class, ERR_NOTFOUND);
	assert_int_equal(asked.told_before, 0);
	/* silence has the deadline of a short call, and is not taken for an answer */
	fake_way("b1", FAKE_SNAPS, FAKE_HANG);
	ask(1, NULL);
	UNTIL(w, asked.done);
	assert_int_equal(asked.class, ERR_TIMEOUT);
	assert_int_equal(asked.told_before, 0);
	ask(1, NULL); /* and now the host is down */
	UNTIL(w, asked.done);
	assert_int_equal(asked.class, ERR_UNREACHABLE);
}

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
	UNTIL_MS(w, 1000, world_vm(w, 1)->state == VM_PAUSED);
}

static void nobody_waits_for_a_snapshot(void **state)
{
	struct acted on, off;
	struct fleet_act power;
	int64_t start;

	w->config.short_ms = 400;
	all_up();
	w->ntold = 0;
	fake_snap_way("b1", 1, FAKE_HOLD);
	order(0, 1);
	UNTIL(w, a[0].sent && fake_called("b1", FAKE_SNAP) == 1);
	start = world_now();
	order(1, 2);
	power = world_act(&on);
	fleet_act(w->fleet, world_vm(w, 7), VERB_POWER_ON, &power);
	power = world_act(&off);
	fleet_act(w->fleet, world_vm(w, 3), VERB_POWER_OFF, &power);
	ask(1, NULL); /* the very VM that is held */
	UNTIL_MS(w, 1000, a[1].done && on.done && off.done && asked.done);
	assert_true(world_now() - start < 300);
	assert_true(a[1].ok && on.ok && off.ok && asked.ok);
	fleet_refresh(w->fleet, "b1");
	UNTIL_MS(w, 1000, world_told(w, NEWS_LISTED, "b1"));
	world_run(w, 1200); /* three times the deadline of short calls */
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
	clock_fake_advance(50000);
	world_run(w, 50);
	assert_int_equal(fake_open_now("b1"), 5);
	clock_fake_advance(11000);
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
		refused += many[i].done && many[i].class == ERR_LIMIT && !many[i].sent;
	assert_in_range(refused, 14, 17); /* 64 may wait */
	world_stop(w);
	for (int i = 0; i < 80; i++)
		assert_int_equal(many[i].done, 1);
}

static int told, told_full;

static void on_told(void *ctx, struct err *e, struct host_snaps *s)
{
	told++;
	told_full += e && e->class == ERR_LIMIT;
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
	assert_false(off.done && off.class == ERR_LIMIT);
	world_stop(w);
	assert_int_equal(told, 80);
	assert_int_equal(off.done, 1);
}

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
	UNTIL(w, world_blade(w, "b1")->host == HOST_STALE);
	UNTIL_MS(w, 2000, a[2].done && a[3].done);
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
	assert_true(world_now() - start < 1500);
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

/* ---- what is shown ---- */

static void marks(void **state)
{
	struct vm *v;
	int changes;
	uint32_t gen;

	all_up();
	v = world_vm(w, 1);
	assert_int_equal(v->snaps, -1);
	assert_int_equal(v->snaps_busy, 0);
	assert_int_equal(v->snaps_max, -1);
	assert_string_equal(v->snap, "");
	assert_string_equal(v->pair, "");
	world_run(w, 20);
	gen = v->gen;
	changes = w->changes;
	fleet_mark_snaps(w->fleet, v, 2, 1, 3, "room");
	assert_int_equal(w->changes, changes + 1);
	assert_int_equal(v->snaps, 2);
	assert_int_equal(v->snaps_busy, 1);
	assert_int_equal(v->snaps_max, 3);
	assert_string_equal(v->snap, "room");
	fleet_mark_snaps(w->fleet, v, 2, 1, 3, "room");
	assert_int_equal(w->changes, changes + 1);
	fleet_mark_snaps(w->fleet, v, 3, 1, 3, "room");
	fleet_mark_snaps(w->fleet, v, 3, 0, 3, "room");
	fleet_mark_snaps(w->fleet, v, 3, 0, -1, "room");
	fleet_mark_snaps(w->fleet, v, 3, 0, -1, "full");
	assert_int_equal(w->changes, changes + 5);
	assert_int_equal(v->gen, gen); /* no part of what it is */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(names_with_every_list), T(names_of_where_it_is), T(asks_about_one), T(an_order_and_its_effect),
		T(looks_after_an_order), T(nobody_waits_for_a_snapshot), T(five_at_once), T(one_vm_in_its_order), T(no_end_of_orders),
		T(questions_take_no_place_of_orders),
		T(abandoned_under_way), T(abandoned_while_it_waits), T(abandoned_but_stuck), T(its_connection_is_lost),
		T(the_host_is_lost), T(the_short_lane_is_lost), T(a_day_is_its_limit), T(fewer_lanes_than_orders),
		T(one_lane_for_all), T(ends_with_all_lanes_busy), T(the_host_leaves_or_moves), T(a_hundred_rounds_leave_nothing),
		T(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Snapshots through the fleet: their names in the news, what is asked about one VM, and the marks on it. */
#include "test_fleet_snaps_help.h"

#include <string.h>

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
	before = clock_boot_ms();
	fleet_refresh(w->fleet, "b1");
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
	w->ntold = 0;
	fleet_refresh(w->fleet, "b1");
	fleet_refresh(w->fleet, "b2");
	UNTIL(w, world_told(w, NEWS_LISTED, "b1") && world_told(w, NEWS_LISTED, "b2"));
	assert_string_equal(world_vm(w, 1)->blade, "b1");
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, world_vm(w, 1)->id), 1);
	assert_string_equal(last_snaps(1)->snaps, "true");
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
	const struct CMUnitTest tests[] = {
		T(names_with_every_list), T(names_of_where_it_is), T(asks_about_one), T(marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

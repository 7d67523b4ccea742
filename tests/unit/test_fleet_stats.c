/* Numbers, addresses and screens of VMs on scripted machines: who is asked and who is not, what hangs, what a host that went costs. */
#include "test_fleet_help.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static struct world world, *w = &world;

static struct { int n; char uuid[64]; struct fleet_stat last; int cpus; } heard;

static void on_stat(void *ctx, struct vm *vm, const struct fleet_stat *s)
{
	heard.n++;
	strncpy(heard.uuid, vm->uuid, sizeof heard.uuid - 1);
	heard.last = *s;
	heard.cpus += s->cpu_permille >= 0;
}

static int setup(void **state)
{
	memset(&heard, 0, sizeof heard);
	world_new(w, 2);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b1", 2, "acme-2", VM_OFF);
	fake_vm("b2", 3, "acme-3", VM_RUNNING);
	world_start(w);
	fleet_stats_sink(w->fleet, on_stat, NULL);
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && world_vm(w, 1) && world_vm(w, 3));
	return 0;
}

static int teardown(void **state)
{
	world_free(w);
	return 0;
}

static void only_what_is_watched(void **state)
{
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
	UNTIL_MS(w, 30000, heard.cpus > 0); /* the second answer makes the rates */
	assert_string_equal(heard.uuid, fake_vm_uuid(1));
	assert_int_equal(heard.last.mem_used_kib, 1000);
	assert_int_equal(heard.last.disk_read, -1);
	assert_int_equal(fake_called("b2", FAKE_STATS), 0);
	/* twice watched, once left: still watched */
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), false);
	int n = heard.n;
	UNTIL_MS(w, 30000, heard.n > n);
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), false);
	n = fake_called("b1", FAKE_STATS);
	world_run(w, 1500); /* longer than between two first answers */
	assert_int_equal(fake_called("b1", FAKE_STATS), n);
}

/* Who turns it on and off as fast as he can has the host asked twice a second and no more. */
static void turned_on_and_off(void **state)
{
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
	UNTIL(w, fake_called("b1", FAKE_STATS) == 1);
	int64_t from = clock_boot_ms();
	for (int i = 0; i < 200; i++) {
		fleet_stats_watch(w->fleet, fake_vm_uuid(1), false);
		fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
		world_run(w, 5);
	}
	assert_in_range(fake_called("b1", FAKE_STATS), 1, 3 + (clock_boot_ms() - from) / 500);
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), false);
}

static void off_has_none(void **state)
{
	fleet_stats_watch(w->fleet, fake_vm_uuid(2), true);
	world_run(w, 1200);
	assert_int_equal(fake_called("b1", FAKE_STATS), 0);
	/* started, it has */
	fake_vm("b1", 2, "acme-2", VM_RUNNING);
	fake_event("b1", HOST_EVENT_STATE, 2, VM_RUNNING, WHY_BOOTED);
	UNTIL_MS(w, 30000, heard.n > 0);
	assert_string_equal(heard.uuid, fake_vm_uuid(2));
}

static void refused_is_asked_again(void **state)
{
	fake_way("b1", FAKE_STATS, FAKE_FAIL);
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
	UNTIL(w, fake_called("b1", FAKE_STATS) == 1);
	world_run(w, 50);
	assert_true(UP(w, "b1"));
	assert_int_equal(heard.n, 0);
	fake_way("b1", FAKE_STATS, FAKE_OK);
	UNTIL_MS(w, 30000, heard.n > 0);
}

/* An order does not wait for what nobody needs; and a host that is lost over it comes back. */
static void hangs(void **state)
{
	fake_way("b1", FAKE_STATS, FAKE_HANG);
	fleet_stats_watch(w->fleet, fake_vm_uuid(1), true);
	UNTIL(w, fake_called("b1", FAKE_STATS) == 1);
	UNTIL_MS(w, 30000, !UP(w, "b1"));
	fake_way("b1", FAKE_STATS, FAKE_OK);
	UNTIL_MS(w, 30000, UP(w, "b1"));
	UNTIL_MS(w, 30000, heard.n > 0);
}

static void addresses(void **state)
{
	UNTIL_MS(w, 30000, strcmp(world_vm(w, 1)->addresses, "192.0.2.1") == 0 && *world_vm(w, 2)->macs);
	assert_string_equal(world_vm(w, 1)->macs, "52:54:00:00:00:01");
	assert_string_equal(world_vm(w, 1)->volumes, "");
	int n = fake_called("b1", FAKE_EXTRA);
	assert_int_equal(n, 2);
	world_run(w, 300); /* nothing moves, nothing is asked */
	assert_int_equal(fake_called("b1", FAKE_EXTRA), n);
	fake_event("b1", HOST_EVENT_DEFINED, 1, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL_MS(w, 30000, fake_called("b1", FAKE_EXTRA) == n + 1);
}

static struct { int n, w, h; enum err_class class; } shot;

static void on_screen(void *ctx, struct err *e, const struct host_screen *s)
{
	shot.n++;
	shot.class = e ? e->class : 0;
	shot.w = s ? s->w : 0;
	err_free(e);
}

static void screens(void **state)
{
	memset(&shot, 0, sizeof shot);
	fleet_screenshot(w->fleet, world_vm(w, 1), on_screen, NULL);
	UNTIL(w, shot.n == 1);
	assert_int_equal(shot.w, 2);
	/* one that hangs costs its own lane and nothing else */
	fake_way("b1", FAKE_SCREEN, FAKE_HANG);
	fleet_screenshot(w->fleet, world_vm(w, 1), on_screen, NULL);
	UNTIL_MS(w, 30000, shot.n == 2);
	assert_int_equal(shot.class, ERR_TIMEOUT);
	assert_true(UP(w, "b1"));
	/* at the end of the fleet one that waits is answered too */
	fleet_screenshot(w->fleet, world_vm(w, 1), on_screen, NULL);
	world_stop(w);
	assert_int_equal(shot.n, 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = { T(only_what_is_watched), T(turned_on_and_off), T(off_has_none), T(refused_is_asked_again), T(hangs), T(addresses),
		T(screens) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Identity under the fleet: placements, migrations, one UUID in two places, owners that bind and never move. */
#include "test_fleet_help.h"

#include "fleet/vms.h"

#include <stdlib.h>
#include <string.h>

static struct world *w;

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 3);
	clock_fake(1000000, 1700000000);
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
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3"));
	world_run(w, 20);
	w->ntold = 0;
}

static void relist(const char *name)
{
	int n = world_told(w, NEWS_LISTED, name);

	fleet_refresh(w->fleet, name);
	UNTIL(w, world_told(w, NEWS_LISTED, name) > n);
}

static void migration(void **state)
{
	struct vm *v;
	int64_t since;
	char id[32];

	fake_vm("b1", 1, "acme-1", VM_OFF);
	all_up();
	v = world_vm(w, 1);
	strcpy(id, v->id);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_BOOTED);
	UNTIL(w, v->state == VM_RUNNING);
	since = v->since;
	assert_true(since > 0);
	w->ntold = 0;
	/* far end first, as libvirt does */
	fake_vm("b2", 1, "acme-1", VM_PAUSED);
	fake_event("b2", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_MIGRATED);
	UNTIL(w, fake_called("b2", FAKE_LOOK) >= 1);
	world_run(w, 20);
	assert_string_equal(v->blade, "b1");
	world_later(w, 60000); /* a large one: paused there for long */
	world_run(w, 50);
	assert_false(v->twice);
	fake_vm("b2", 1, "acme-1", VM_RUNNING);
	fake_event("b2", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_MIGRATED);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_MIGRATED);
	UNTIL(w, !strcmp(v->blade, "b2"));
	assert_int_equal(v->state, VM_RUNNING);
	assert_true(v->live);
	assert_int_equal(v->since, since);
	assert_ptr_equal(world_vm(w, 1), v);
	assert_string_equal(v->id, id);
	assert_int_equal(world_told(w, NEWS_VM_MOVED, id), 1);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0); /* it ran all the time */
	int looks = fake_called("b1", FAKE_LOOK);
	fake_vm_drop("b1", 1);
	fake_event("b1", HOST_EVENT_UNDEFINED, 1, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, fake_called("b1", FAKE_LOOK) > looks);
	world_run(w, 50);
	world_later(w, 40000);
	world_run(w, 50);
	assert_false(v->twice);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
	assert_int_equal(world_told(w, NEWS_ALERT, NULL), 0);
	UNTIL(w, world_blade(w, "b1")->vms == 0 && world_blade(w, "b2")->vms == 1 && world_blade(w, "b2")->running == 1);
}

static void migration_source_first(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	all_up();
	v = world_vm(w, 1);
	fake_vm_drop("b1", 1);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_MIGRATED);
	fake_event("b1", HOST_EVENT_UNDEFINED, 1, VM_UNKNOWN, WHY_UNKNOWN);
	UNTIL(w, fake_called("b1", FAKE_LOOK) >= 1 && !v->live);
	world_run(w, 50);
	assert_ptr_equal(world_vm(w, 1), v); /* it is expected elsewhere */
	assert_int_equal(v->state, VM_RUNNING);
	world_later(w, 8000);
	world_run(w, 20);
	fake_vm("b3", 1, "acme-1", VM_RUNNING);
	fake_event("b3", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_MIGRATED);
	UNTIL(w, !strcmp(v->blade, "b3"));
	assert_true(v->live);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
	world_later(w, 20000);
	world_run(w, 50);
	assert_ptr_equal(world_vm(w, 1), v);
}

static void migration_to_nowhere_we_know(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	all_up();
	v = world_vm(w, 1);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_OFF, WHY_MIGRATED);
	world_run(w, 50);
	assert_int_equal(v->state, VM_RUNNING);
	UNTIL_LATER(w, 15001, v->state == VM_OFF);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_MIGRATED);
	assert_true(v->live);
}

static void twice(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	all_up();
	v = world_vm(w, 1);
	fake_vm("b2", 1, "acme-1", VM_RUNNING);
	fake_event("b2", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_BOOTED);
	UNTIL(w, fake_called("b2", FAKE_LOOK) >= 1);
	world_run(w, 50);
	assert_false(v->twice);
	assert_string_equal(v->blade, "b1");
	UNTIL_LATER(w, 15001, v->twice);
	assert_non_null(strstr(v->alert, "b1"));
	assert_non_null(strstr(v->alert, "b2"));
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.twice");
	/* the loss of one host clears nothing */
	fake_way("b2", FAKE_OPEN, FAKE_FAIL);
	fake_break("b2", "x");
	UNTIL(w, !UP(w, "b2"));
	world_run(w, 20);
	assert_true(v->twice);
	fake_way("b2", FAKE_OPEN, FAKE_OK);
	fake_vm("b2", 1, "acme-1", VM_OFF);
	UNTIL_LATER(w, 200, UP(w, "b2") && !v->twice);
	assert_string_equal(v->alert, "");
	assert_string_equal(v->blade, "b1");
	assert_int_equal(v->state, VM_RUNNING);
}

static void defined_on_two(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_vm("b2", 1, "acme-1", VM_OFF);
	all_up();
	v = world_vm(w, 1);
	assert_int_equal(registry_count(w->reg, KIND_VM), 1);
	/* it is where it is active */
	const char *other = strcmp(v->blade, "b1") ? "b1" : "b2";
	fake_vm(other, 1, "acme-1", VM_RUNNING);
	fake_event(other, HOST_EVENT_STATE, 1, VM_RUNNING, WHY_BOOTED);
	UNTIL(w, v->state == VM_RUNNING);
	assert_string_equal(v->blade, other);
	/* and stays there when it ends, though the other defines it too */
	fake_vm(other, 1, "acme-1", VM_OFF);
	fake_event(other, HOST_EVENT_STATE, 1, VM_OFF, WHY_GUEST);
	UNTIL(w, v->state == VM_OFF);
	assert_string_equal(v->blade, other);
	/* gone from there, it is still on the other */
	fake_vm_drop(other, 1);
	relist(other);
	assert_ptr_equal(world_vm(w, 1), v);
	assert_string_not_equal(v->blade, other);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
}

static void host_down_keeps_the_placement(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b2", 1, "acme-1", VM_OFF);
	all_up();
	v = world_vm(w, 1);
	assert_string_equal(v->blade, "b1");
	fake_way("b1", FAKE_OPEN, FAKE_FAIL);
	fake_break("b1", "x");
	UNTIL(w, !UP(w, "b1"));
	world_run(w, 20);
	assert_string_equal(v->blade, "b1"); /* unknown is not off */
	assert_int_equal(v->state, VM_RUNNING);
	assert_false(v->live);
	/* seen running elsewhere, it is there */
	fake_vm("b2", 1, "acme-1", VM_RUNNING);
	fake_event("b2", HOST_EVENT_STATE, 1, VM_RUNNING, WHY_BOOTED);
	UNTIL(w, !strcmp(v->blade, "b2"));
	assert_true(v->live);
	world_later(w, 60000);
	world_run(w, 50);
	assert_false(v->twice); /* nobody knows about b1 */
	fake_way("b1", FAKE_OPEN, FAKE_OK);
	UNTIL_LATER(w, 200, UP(w, "b1"));
	UNTIL_LATER(w, 15001, v->twice);
}

static void vanished(void **state)
{
	char id[32];

	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_vm("b1", 2, "acme-2", VM_RUNNING);
	all_up();
	strcpy(id, world_vm(w, 2)->id);
	fake_vm_drop("b1", 1);
	fake_vm_drop("b1", 2);
	relist("b1");
	assert_null(world_vm(w, 1));
	assert_non_null(world_vm(w, 2)); /* it ran: it may have moved */
	assert_false(world_vm(w, 2)->live);
	UNTIL_LATER(w, 15001, !world_vm(w, 2));
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 2);
	/* its UUID keeps its id */
	fake_vm("b3", 2, "acme-2", VM_OFF);
	relist("b3");
	assert_string_equal(world_vm(w, 2)->id, id);
}

static void owners(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_vm("b1", 2, "both-2", VM_OFF);
	fake_vm("b1", 3, "other-3", VM_OFF);
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3"));
	assert_string_equal(world_vm(w, 1)->tenant, "acme");
	assert_string_equal(world_vm(w, 1)->alert, "");
	assert_string_equal(world_vm(w, 2)->tenant, ""); /* two match: nobody */
	assert_int_equal(world_told(w, NEWS_ALERT, world_vm(w, 2)->id), 1);
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.owner.two");
	assert_string_equal(world_vm(w, 3)->tenant, "");
	assert_string_equal(world_vm(w, 3)->alert, "");
	/* renamed into another's names: stays, with an alert */
	w->ntold = 0;
	v = world_vm(w, 1);
	fake_vm("b1", 1, "globex-1", VM_OFF);
	relist("b1");
	assert_string_equal(v->name, "globex-1");
	assert_string_equal(v->tenant, "acme");
	assert_int_equal(world_told(w, NEWS_ALERT, v->id), 1);
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.owner.other");
	fake_vm("b1", 1, "nobody-1", VM_OFF);
	relist("b1");
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.owner.none");
	fake_vm("b1", 1, "both-1", VM_OFF);
	relist("b1");
	assert_string_equal(world_last(w, NEWS_ALERT)->msg, "fleet.owner.more");
	assert_string_equal(v->tenant, "acme");
	fake_vm("b1", 1, "acme-one", VM_OFF);
	relist("b1");
	assert_string_equal(v->alert, "");
	/* nobody's VM is bound when it first matches one, and then for good */
	fake_vm("b1", 3, "globex-3", VM_OFF);
	fake_vm("b1", 2, "globex-2", VM_OFF);
	relist("b1");
	assert_string_equal(world_vm(w, 3)->tenant, "globex");
	assert_string_equal(world_vm(w, 2)->tenant, "globex");
	assert_string_equal(world_vm(w, 2)->alert, "");
	fake_vm("b1", 3, "acme-3", VM_OFF);
	relist("b1");
	assert_string_equal(world_vm(w, 3)->tenant, "globex");
}

static void uuids_are_one_whatever_their_case(void **state)
{
	char uuid[HOST_UUID_LEN + 1];

	assert_true(vms_uuid(uuid, "6F9619FF-8B86-D011-B42D-00C04FC964FF"));
	assert_string_equal(uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff");
	assert_false(vms_uuid(uuid, ""));
	assert_false(vms_uuid(uuid, "6f9619ff-8b86-d011-b42d-00c04fc964f"));
	assert_false(vms_uuid(uuid, "6f9619ff-8b86-d011-b42d-00c04fc964ff0"));
	assert_false(vms_uuid(uuid, "6f9619ff08b86-d011-b42d-00c04fc964ff"));
	assert_false(vms_uuid(uuid, "6f9619fg-8b86-d011-b42d-00c04fc964ff"));
}

static void marks(void **state)
{
	struct vm *v;

	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	all_up();
	v = world_vm(w, 1);
	uint32_t gen = v->gen;
	fleet_mark(w->fleet, v, "job:1", "power-off", "sato");
	assert_string_equal(v->job, "job:1");
	assert_string_equal(v->doing, "power-off");
	assert_string_equal(v->by, "sato");
	assert_int_equal(v->gen, gen);
	fleet_mark(w->fleet, v, "", "", "");
	assert_string_equal(v->job, "");
}

/* A big site: all hosts are there before any VM's size is asked for, and what was known of a size stays. */
static void states_first(void **state)
{
	w->config.rough_above = 2;
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b1", 2, "acme-2", VM_OFF);
	fake_vm_transient("b1", 1);
	fake_snap("b1", 1, "made-elsewhere");
	all_up();
	struct vm *v = world_vm(w, 1);
	struct blade *b = world_blade(w, "b1");
	assert_int_equal(v->state, VM_RUNNING);
	assert_true(v->live);
	assert_false(v->persistent);
	assert_int_equal(v->mem_kib, 0);
	assert_string_equal(v->grade, "");
	assert_int_equal(world_vm(w, 2)->state, VM_OFF);
	assert_int_equal(b->mem_kib, 0);
	assert_int_not_equal(b->host_uuid[0], 0);
	assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, NULL), 0);
	assert_int_equal(fake_called("b1", FAKE_LIST), 1);
	/* an order needs no size */
	struct acted a = { 0 };
	struct fleet_act act = world_act(&a);
	fleet_act(w->fleet, v, VERB_POWER_OFF, &act);
	UNTIL(w, a.done && v->state == VM_OFF);
	world_later(w, 2000);
	UNTIL(w, v->mem_kib == 1 << 20 && v->vcpus == 2 && *v->grade && b->mem_kib == 24 << 20);
	UNTIL(w, world_told(w, NEWS_VM_SNAPSHOTS, NULL) == 2);
	assert_int_equal(fake_called("b1", FAKE_LIST), 2);
	assert_int_equal(fake_called("b1", FAKE_FACTS), 2);
	assert_string_equal(b->version, "fake 1.0");
	/* the connection goes and comes: nothing is less known for it */
	fake_break("b1", "gone");
	UNTIL(w, b->host == HOST_BACKOFF);
	world_run(w, 20);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(v->mem_kib, 1 << 20);
	assert_int_equal(b->mem_kib, 24 << 20);
	assert_int_equal(fake_called("b1", FAKE_LIST), 3);
	world_later(w, 2000);
	UNTIL(w, fake_called("b1", FAKE_LIST) == 4);
	world_run(w, 20);
	world_later(w, 2000);
	world_run(w, 50);
	assert_int_equal(fake_called("b1", FAKE_LIST), 4);
}

/* By time alone a big site asks for names, states and snapshots; for sizes each eighth time, and when somebody asks. */
static void light_lists(void **state)
{
	w->config.rough_above = 2;
	w->config.list_every_s = 300;
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	all_up();
	struct vm *v = world_vm(w, 1);
	world_later(w, 2000);
	UNTIL(w, world_told(w, NEWS_LISTED, NULL) == 3);
	assert_int_equal(v->mem_kib, 1 << 20);
	world_later(w, 3001);
	UNTIL(w, *v->macs); /* from here on no host is asked anything but by time */
	assert_int_equal(fake_called("b1", FAKE_LIST), 2);
	for (int i = 1; i <= 16; i++) {
		enum vm_state now = i % 2 ? VM_OFF : VM_RUNNING;

		fake_vm("b1", 1, "acme-1", now); /* and its event was lost */
		w->ntold = 0;
		world_later(w, 450001);
		UNTIL(w, world_told(w, NEWS_LISTED, NULL) == 3);
		assert_int_equal(v->state, now);
		assert_int_equal(v->mem_kib, 1 << 20);
		assert_int_equal(world_told(w, NEWS_VM_SNAPSHOTS, NULL), 1);
		assert_int_equal(fake_called("b1", FAKE_LIST), 2 + i);
	}
	assert_int_equal(fake_called("b1", FAKE_STATES), 1 + 14);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, world_told(w, NEWS_LISTED, NULL) == 4);
	assert_int_equal(fake_called("b1", FAKE_LIST), 19);
	assert_int_equal(fake_called("b1", FAKE_STATES), 1 + 14);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(migration), T(migration_source_first), T(migration_to_nowhere_we_know), T(twice), T(defined_on_two),
		T(host_down_keeps_the_placement), T(vanished), T(owners), T(uuids_are_one_whatever_their_case), T(marks),
		T(states_first), T(light_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

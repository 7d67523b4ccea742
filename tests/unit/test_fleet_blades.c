/* Blades between their manager and their host: power that decides whether a host is tried, contradictions and their absence, place and
 * thing, blades that are pulled and put in, and what is known at the next start. */
#include "test_fleet_metal_help.h"

#include "common/buf.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct blade *b1(void) { return world_blade(w, "b1"); }

static void all_on(void)
{
	for (int i = 1; i <= FM_BAYS; i++)
		fm_power("m1", i, POWER_ON);
}

static void off_is_not_tried(void **state)
{
	int opens;

	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	fm_power("m1", 2, POWER_ON);
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF) && b1()->host == HOST_DOWN && !strcmp(b1()->why_id, "fleet.blade.off") && UP(w, "b2"));
	assert_int_equal(b1()->retry, 0);
	opens = fake_called("b1", FAKE_OPEN);
	world_run(w, 400);
	fleet_refresh(w->fleet, "b1");
	world_run(w, 200);
	assert_int_equal(fake_called("b1", FAKE_OPEN), opens);
	assert_int_equal(b1()->host, HOST_DOWN);
	assert_string_equal(b1()->alert, "");
	/* on again: at once */
	fake_way("b1", FAKE_OPEN, FAKE_OK);
	fm_power("m1", 1, POWER_ON);
	fleet_metal_refresh(w->fleet, KIND_BLADE, b1());
	UNTIL_MS(w, 500, UP(w, "b1"));
	/* off while it is up: asked at once, and gone, as it should be */
	fake_way("b1", FAKE_LIST, FAKE_LOST);
	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	fm_power("m1", 1, POWER_OFF);
	fleet_metal_refresh(w->fleet, KIND_BLADE, b1());
	UNTIL_MS(w, 500, b1()->host == HOST_DOWN && !strcmp(b1()->why_id, "fleet.blade.off"));
	opens = fake_called("b1", FAKE_OPEN);
	world_run(w, 300);
	assert_int_equal(fake_called("b1", FAKE_OPEN), opens);
	assert_int_equal(metal_alerts("blade.alert.off"), 0);
}

static void the_manager_goes_silent(void **state)
{
	int opens;

	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	metal_start(1, 0, "list");
	UNTIL(w, b1()->host == HOST_DOWN && !strcmp(b1()->why_id, "fleet.blade.off"));
	opens = fake_called("b1", FAKE_OPEN);
	fm_way("m1", FM_OPEN, FM_SILENT);
	fm_way("m1", FM_ASK, FM_LOST);
	UNTIL(w, MANAGER(MANAGER_SILENT));
	UNTIL(w, fake_called("b1", FAKE_OPEN) > opens + 1); /* nobody says any more that it is off */
	assert_false(b1()->power_live);
	assert_int_equal(b1()->power, POWER_OFF);
}

static void starting(void **state)
{
	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	metal_start(1, 0, "list");
	UNTIL(w, !strcmp(b1()->why_id, "fleet.blade.off"));
	fm_power("m1", 1, POWER_STARTING);
	UNTIL(w, b1()->host == HOST_BACKOFF);
	fake_way("b1", FAKE_OPEN, FAKE_OK);
	UNTIL(w, UP(w, "b1"));
}

static void off_but_there(void **state)
{
	fm_power("m1", 1, POWER_ON);
	metal_start(1, 0, "list");
	UNTIL(w, UP(w, "b1") && metal_is("b1", POWER_ON));
	int lists = fake_called("b1", FAKE_LIST);
	fm_power("m1", 1, POWER_OFF);
	UNTIL(w, *b1()->alert);
	assert_string_equal(b1()->alert_id, "blade.alert.off");
	assert_true(fake_called("b1", FAKE_LIST) > lists); /* it was asked first */
	assert_int_equal(metal_alerts("blade.alert.off"), 1);
	fm_power("m1", 1, POWER_ON);
	UNTIL(w, !*b1()->alert);
	assert_true(UP(w, "b1"));
}

static void off_and_vms_are_said_to_run(void **state)
{
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fm_power("m1", 1, POWER_ON);
	metal_start(1, 0, "list");
	UNTIL(w, UP(w, "b1") && metal_is("b1", POWER_ON) && b1()->running == 1);
	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	fake_way("b1", FAKE_LIST, FAKE_LOST);
	fm_power("m1", 1, POWER_OFF);
	UNTIL(w, !strcmp(b1()->alert_id, "blade.alert.vms"));
	assert_int_equal(metal_alerts("blade.alert.vms"), 1);
	assert_int_equal(world_vm(w, 1)->state, VM_RUNNING);
	assert_false(world_vm(w, 1)->live);
}

static void on_and_silent(void **state)
{
	int64_t t = world_now();

	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	all_on();
	metal_start(1, 0, "list");
	UNTIL(w, metal_is("b1", POWER_ON));
	UNTIL(w, *b1()->alert);
	assert_true(world_now() - t >= 150); /* it may still be starting */
	assert_string_equal(b1()->alert_id, "blade.alert.on");
	world_run(w, 400);
	assert_int_equal(metal_alerts("blade.alert.on"), 1);
	fake_way("b1", FAKE_OPEN, FAKE_OK);
	UNTIL(w, UP(w, "b1") && !*b1()->alert);
}

static void never_of_these(void **state)
{
	struct site_model *m = metal_site(4, 0, "list");

	metal_no_host(m, 1, true, "");
	metal_no_host(m, 2, false, "rakuten");
	metal_no_host(m, 3, true, "");
	site_free(w->model);
	w->model = m;
	all_on();
	fm_health("m1", 1, HEALTH_FAILED);
	fm_fitted("m1", 3, 0);
	world_start(w);
	UNTIL(w, UP(w, "b4") && metal_is("b1", POWER_ON) && b1()->health == HEALTH_FAILED && !strcmp(world_blade(w, "b3")->fitted, "no"));
	world_run(w, 1500);
	for (int i = 1; i <= 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "b%d", i);
		assert_string_equal(world_blade(w, name)->alert, "");
	}
	assert_true(b1()->spare);
	assert_int_equal(world_told(w, NEWS_ALERT, "b1") + world_told(w, NEWS_ALERT, "b2") + world_told(w, NEWS_ALERT, "b3"), 0);
	assert_int_equal(b1()->host, HOST_NONE);
}

static void others_of_the_metal(void **state)
{
	all_on();
	fm_fitted("m1", 1, 0);
	fm_health("m1", 2, HEALTH_FAILED);
	metal_start(3, 2, "list");
	UNTIL(w, *b1()->alert && *world_blade(w, "b2")->alert && *metal_bay_blade("blade:E1/4")->alert);
	assert_string_equal(b1()->alert_id, "blade.alert.empty");
	assert_string_equal(world_blade(w, "b2")->alert_id, "blade.alert.health");
	assert_string_equal(metal_bay_blade("blade:E1/4")->alert_id, "blade.alert.unknown");
	assert_non_null(strstr(metal_bay_blade("blade:E1/4")->alert, "S4"));
	assert_string_equal(world_blade(w, "b3")->alert, "");
	fm_fitted("m1", 4, 0);
	UNTIL(w, !*metal_bay_blade("blade:E1/4")->alert);
	/* the site file learns of it */
	fm_fitted("m1", 4, 1);
	UNTIL(w, *metal_bay_blade("blade:E1/4")->alert);
	world_apply(w, metal_site(4, 1, "list"), NULL);
	assert_string_equal(world_blade(w, "b4")->alert, "");
	UNTIL(w, !strcmp(world_blade(w, "b4")->bay_serial, "S4"));
}

static void pulled_and_put_in(void **state)
{
	all_on();
	metal_start(2, 0, "list");
	UNTIL(w, *b1()->bay_serial && metal_is("b2", POWER_ON));
	fm_fitted("m1", 1, 0);
	UNTIL(w, metal_alerts("blade.pulled") == 1);
	UNTIL(w, !strcmp(b1()->fitted, "no") && !*b1()->bay_serial);
	assert_int_equal(b1()->power, POWER_UNKNOWN);
	fm_serial("m1", 1, "S99");
	fm_fitted("m1", 1, 1);
	UNTIL(w, metal_alerts("blade.put") == 1 && !strcmp(b1()->bay_serial, "S99"));
	uint32_t gen = b1()->gen;
	int info = fm_asked("m1", "info", 1);
	fm_serial("m1", 1, "S98");
	UNTIL(w, metal_alerts("blade.swapped") == 1);
	assert_true(b1()->gen > gen);
	UNTIL(w, fm_asked("m1", "info", 1) > info); /* what it is, is asked again */
	assert_int_equal(metal_alerts("blade.pulled") + metal_alerts("blade.put"), 2);
}

static void place_and_thing(void **state)
{
	all_on();
	fake_serial("b1", "s1 ");
	fake_serial("b2", "S77");
	metal_start(3, 0, "list");
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3") && *b1()->bay_serial);
	UNTIL(w, !strcmp(b1()->identity, "agrees"));
	UNTIL(w, !strcmp(world_blade(w, "b2")->identity, "differs"));
	assert_string_equal(world_blade(w, "b2")->alert_id, "blade.alert.identity");
	assert_string_equal(world_blade(w, "b3")->identity, "unknown"); /* its host tells no serial */
	/* the host goes: the pair is known */
	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	fake_break("b1", "cable");
	UNTIL(w, !UP(w, "b1"));
	assert_string_equal(b1()->identity, "agrees");
	/* another blade in its place */
	fm_serial("m1", 1, "S55");
	UNTIL(w, !strcmp(b1()->identity, "differs"));
}

static void where_they_differ_off_says_nothing(void **state)
{
	fake_serial("b1", "S77");
	fm_power("m1", 1, POWER_ON);
	metal_start(1, 0, "list");
	UNTIL(w, UP(w, "b1") && !strcmp(b1()->identity, "differs"));
	fm_power("m1", 1, POWER_OFF);
	UNTIL(w, metal_is("b1", POWER_OFF));
	fake_break("b1", "cable");
	UNTIL(w, !UP(w, "b1"));
	UNTIL(w, UP(w, "b1")); /* it was tried, though the manager says off: of another blade, as far as is known */
}

/* ---- with a store ---- */

static char dir[64];

static void open_store(void)
{
	struct err *e = store_open(dir, w->loop, &w->store);

	if (e)
		fail_msg("%s", e->msg.text);
}

static void on_host(void *ctx, const struct store_host *h) { fleet_load_host(w->fleet, h); }
static void on_pair(void *ctx, const struct store_pair *p) { fleet_load_pair(w->fleet, p); }

static void start_again(void)
{
	struct store_reader r = { .host = on_host, .pair = on_pair };

	if (w->fleet) {
		world_stop(w);
		store_close(w->store);
	}
	open_store();
	world_fleet(w);
	assert_null(store_load(w->store, &r));
	world_start(w);
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static void the_next_start(void **state)
{
	struct store_tx *tx;

	snprintf(dir, sizeof(dir), "/tmp/test_blades.XXXXXX");
	assert_non_null(mkdtemp(dir));
	all_on();
	fake_serial("b1", "S1");
	fake_serial("b2", "S77");
	site_free(w->model);
	w->model = metal_site(3, 0, "list");
	metal_no_host(w->model, 3, true, "");
	start_again();
	UNTIL(w, !strcmp(b1()->identity, "agrees") && !strcmp(world_blade(w, "b2")->identity, "differs") && metal_is("b3", POWER_ON));
	tx = store_begin(w->store);
	fleet_pair(w->fleet, world_blade(w, "b2"), "sato", tx);
	store_commit(tx, NULL, NULL);
	assert_string_equal(world_blade(w, "b2")->identity, "agrees");
	assert_string_equal(world_blade(w, "b2")->alert, "");
	fleet_pair_undo(w->fleet, world_blade(w, "b2")); /* that could not be written, say */
	assert_string_equal(world_blade(w, "b2")->identity, "differs");
	tx = store_begin(w->store);
	fleet_pair(w->fleet, world_blade(w, "b2"), "sato", tx);
	store_commit(tx, NULL, NULL);
	assert_string_equal(world_blade(w, "b2")->identity, "agrees");

	/* nobody answers at first: what was known is shown, and not as of now */
	fm_way("m1", FM_OPEN, FM_SILENT);
	for (int i = 1; i <= 2; i++)
		fake_way(i == 1 ? "b1" : "b2", FAKE_OPEN, FAKE_LOST);
	start_again();
	assert_int_equal(b1()->power, POWER_ON);
	assert_false(b1()->power_live);
	assert_true(llabs(b1()->power_seen - clock_wall_s()) < 100);
	assert_string_equal(b1()->bay_serial, "S1");
	assert_string_equal(world_blade(w, "b3")->fitted, "yes");
	assert_int_equal(world_blade(w, "b3")->power, POWER_ON);
	assert_string_equal(b1()->identity, "unknown"); /* nobody tells anything */
	UNTIL(w, MANAGER(MANAGER_SILENT) && world_blade(w, "b1")->host == HOST_BACKOFF);

	/* the manager alone tells: it fits the pair; of b2 too, which an operator saw to */
	fm_way("m1", FM_OPEN, FM_OK);
	UNTIL(w, !strcmp(b1()->identity, "agrees") && !strcmp(world_blade(w, "b2")->identity, "agrees"));
	for (int i = 1; i <= 2; i++)
		fake_way(i == 1 ? "b1" : "b2", FAKE_OPEN, FAKE_OK);
	UNTIL(w, UP(w, "b2"));
	assert_string_equal(world_blade(w, "b2")->identity, "agrees"); /* though serials differ */
	fake_serial("b2", "S78");
	fake_break("b2", "cable");
	UNTIL(w, !strcmp(world_blade(w, "b2")->identity, "differs"));
	world_stop(w);
	store_close(w->store);
	w->store = NULL;
	nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS);
}

#define T(f) cmocka_unit_test_setup_teardown(f, metal_setup, metal_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(off_is_not_tried), T(the_manager_goes_silent), T(starting), T(off_but_there), T(off_and_vms_are_said_to_run),
		T(on_and_silent), T(never_of_these), T(others_of_the_metal), T(pulled_and_put_in), T(place_and_thing),
		T(where_they_differ_off_says_nothing), T(the_next_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

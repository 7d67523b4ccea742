/* One manager's life: what is asked and how often, orders before polls, what hangs, what is busy, denied or silent and comes back,
 * take-overs, reloads, new dialects, and many managers at once. */
#include "test_fleet_metal_help.h"

#include "common/buf.h"
#include "patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_OF(since) (world_now() - (since))

static void a_list_tells_all(void **state)
{
	int64_t start = world_now();

	metal_start(4, 2, "list");
	UNTIL(w, metal_is("b1", POWER_OFF) && *metal_enclosure()->power);
	assert_int_equal(metal_enclosure()->manager, MANAGER_UP);
	assert_string_equal(metal_enclosure()->dialect, "list");
	assert_string_equal(metal_enclosure()->managers, "m1 active");
	assert_string_equal(metal_enclosure()->power, "1 of 2 OK, 800 W");
	assert_string_equal(metal_enclosure()->fans, "1 of 1 OK");
	assert_string_equal(metal_enclosure()->wrong, "PS-2 failed");
	assert_string_equal(metal_enclosure()->temperature, "1 of 1 OK, 27 °C");
	assert_int_equal(metal_enclosure()->health, HEALTH_FAILED);
	assert_int_equal(world_blade(w, "b1")->manager, MANAGER_UP);
	assert_string_equal(world_blade(w, "b1")->bay_serial, "S1");
	assert_string_equal(metal_bay_blade("blade:E1/5")->bay_serial, "S5");
	/* info of each of the six bays that hold a blade, once; the list again within a second, and no more than once */
	UNTIL(w, fm_asked("m1", "info", 0) >= 6);
	int64_t t = world_now();
	int lists = fm_asked("m1", "list", 0);
	world_run(w, 3200);
	UNTIL(w, fm_asked("m1", "list", 0) - lists >= 2);
	assert_true(fm_asked("m1", "list", 0) - lists <= 4 + MS_OF(t) / 1000);
	/* Once, and then ten times as seldom: the list tells it too. What is not quick may come again. */
	int again = (int)(MS_OF(start) / 5000);
	assert_in_range(fm_asked("m1", "status", 0), 6, 12 + 6 * again);
	assert_in_range(fm_asked("m1", "health", 0), 1, 1 + again);
	assert_in_range(fm_asked("m1", "info", 0), 6, 12 + 6 * again);
	assert_int_equal(fm_called("m1", FM_OPEN), 1);
	assert_int_equal(fm_at_once(), 1);
	assert_true(MS_OF(t) < 10000 * patience());
	json_t *d = fleet_metal_detail(w->fleet, KIND_ENCLOSURE, metal_enclosure());
	assert_int_equal(json_integer_value(json_object_get(d, "sessions")), 1);
	assert_true(json_integer_value(json_object_get(d, "commands")) >= 10);
	assert_int_equal(json_array_size(json_object_get(d, "sensors")), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(d, "managers"), 0), "role")), "active");
	json_decref(d);
	assert_null(fleet_metal_detail(w->fleet, KIND_BLADE, world_blade(w, "b1")));
}

static void no_change_is_not_told(void **state)
{
	for (int i = 2; i <= 4; i++)
		fm_power("m1", i, POWER_ON);
	fake_way("b1", FAKE_OPEN, FAKE_LOST);
	metal_start(4, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF) && fm_asked("m1", "info", 0) >= 4 && fm_asked("m1", "health", 0) &&
	      world_blade(w, "b1")->host == HOST_DOWN && UP(w, "b2") && UP(w, "b3") && UP(w, "b4"));
	world_run(w, 1500);
	int changes = w->changes, lists = fm_asked("m1", "list", 0);
	uint32_t gen = world_blade(w, "b1")->gen;
	UNTIL(w, fm_asked("m1", "list", 0) >= lists + 2);
	assert_int_equal(w->changes, changes);
	assert_true(world_told(w, NEWS_BLADE, "b1") >= 3); /* read is told all the same */
	fm_power("m1", 1, POWER_ON);
	UNTIL(w, metal_is("b1", POWER_ON));
	assert_true(world_blade(w, "b1")->gen > gen);
	assert_true(world_blade(w, "b1")->power_since > 0);
	assert_int_equal(world_blade(w, "b2")->power_since, 0);
}

static void bays_that_are_empty_are_not_asked(void **state)
{
	fm_fitted("m1", 2, 0);
	fm_power("m1", 3, POWER_ON);
	metal_start(4, 0, "each");
	UNTIL(w, fm_asked("m1", "status", 1) >= 3 && fm_asked("m1", "status", 3) >= 2);
	assert_int_equal(fm_asked("m1", "status", 2), 0);
	assert_string_equal(world_blade(w, "b2")->fitted, "no");
	assert_int_equal(fm_asked("m1", "status", 5), 0); /* no such bay in the site file */
	assert_true(metal_is("b3", POWER_ON));
	assert_true(world_blade(w, "b2")->power == POWER_UNKNOWN && !world_blade(w, "b2")->power_live);
}

static void orders_go_first(void **state)
{
	struct acted a[3];
	struct fleet_act act;
	const char *why, *dialect, *log;

	metal_start(16, 0, "each");
	UNTIL(w, MANAGER(MANAGER_UP) && metal_is("b16", POWER_OFF));
	struct blade *b = world_blade(w, "b7");
	assert_int_equal(fleet_blade_can(w->fleet, b, VERB_POWER_ON, &why, &dialect), OUTCOME_STATE);
	assert_int_equal(fleet_blade_can(w->fleet, b, VERB_LOCATE, &why, &dialect), OUTCOME_UNSEEN);
	assert_int_equal(fleet_blade_can(w->fleet, b, VERB_RESET, &why, &dialect), OUTCOME_NO);
	assert_string_equal(why, "dialect.cannot");
	assert_string_equal(dialect, "each");
	int polls = fm_called("m1", FM_ASK);
	fm_way("m1", FM_ASK, FM_HANG); /* a poll is under way */
	fleet_metal_refresh(w->fleet, KIND_ENCLOSURE, metal_enclosure());
	UNTIL(w, fm_called("m1", FM_ASK) > polls);
	size_t at = strlen(fm_log("m1"));
	for (int i = 0; i < 3; i++) {
		act = world_act(&a[i]);
		fleet_blade_act(w->fleet, i ? b : world_blade(w, "b8"), VERB_POWER_ON, &act);
	}
	fm_way("m1", FM_ASK, FM_OK);
	UNTIL(w, a[0].done && a[1].done && a[2].done);
	for (int i = 0; i < 3; i++)
		assert_true(a[i].ok && a[i].sent == 1 && a[i].done == 1);
	log = fm_log("m1");
	assert_memory_equal(log + at, "aaa", 3); /* sixteen polls were due, and none came between */
	UNTIL(w, metal_is("b7", POWER_ON));
	assert_int_equal(fm_at_once(), 1);
}

static void watched_closely(void **state)
{
	int64_t from;
	int before, other;

	metal_start(4, 0, "each");
	UNTIL(w, metal_is("b4", POWER_OFF));
	world_run(w, 1200);
	fleet_blade_watch(w->fleet, "b1", true);
	fleet_blade_watch(w->fleet, "b1", true);
	fleet_blade_watch(w->fleet, "b1", false);
	before = fm_asked("m1", "status", 1);
	other = fm_asked("m1", "status", 2);
	from = world_now();
	UNTIL(w, fm_asked("m1", "status", 1) - before >= 10);
	assert_true(fm_asked("m1", "status", 1) - before <= 3 + MS_OF(from) / 50);
	assert_true(fm_asked("m1", "status", 2) - other <= 2 + MS_OF(from) / 500);
	fleet_blade_watch(w->fleet, "b1", false);
	before = fm_asked("m1", "status", 1);
	from = world_now();
	world_run(w, 1000);
	assert_true(fm_asked("m1", "status", 1) - before <= 2 + MS_OF(from) / 1000);
}

static void one_that_hangs(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ACT, FM_HANG);
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &act);
	UNTIL(w, a.done);
	assert_int_equal(a.class, ERR_TIMEOUT);
	assert_string_equal(a.id, "fleet.manager.late");
	assert_int_equal(a.sent, 1); /* who knows: it may have left */
	assert_false(world_blade(w, "b1")->power_live);
	assert_int_equal(world_blade(w, "b1")->power, POWER_OFF); /* as last known */
	assert_true(world_blade(w, "b1")->power_seen > 0);
	fm_way("m1", FM_ACT, FM_OK);
	UNTIL(w, MANAGER(MANAGER_UP) && metal_is("b1", POWER_OFF));
	assert_int_equal(a.done, 1);
	assert_int_equal(fm_sessions(), 1);
}

static void one_that_hangs_for_good(void **state)
{
	int64_t t;

	metal_start(2, 0, "list");
	UNTIL(w, MANAGER(MANAGER_UP) && fm_asked("m1", "list", 0));
	fm_way("m1", FM_ASK, FM_STUCK);
	UNTIL(w, MANAGER(MANAGER_SILENT));
	t = world_now();
	world_run(w, 500);
	assert_int_equal(fm_called("m1", FM_OPEN), 1); /* it is not tried again before that call is back */
	assert_true(MS_OF(t) < 1000 * patience());
	fm_way("m1", FM_ASK, FM_OK);
	fm_unstick();
	UNTIL(w, MANAGER(MANAGER_UP));
	assert_int_equal(fm_sessions(), 1);
}

static void ends_in_time(void **state)
{
	int64_t t;

	metal_start(2, 0, "list");
	UNTIL(w, MANAGER(MANAGER_UP) && fm_asked("m1", "list", 0) > 0);
	fm_way("m1", FM_ASK, FM_HANG);
	fleet_metal_refresh(w->fleet, KIND_ENCLOSURE, metal_enclosure());
	t = world_now();
	world_stop(w);
	assert_true(MS_OF(t) < 1000 * patience());
	assert_int_equal(fm_sessions(), 0);
}

static void refused(enum fm_way way, enum manager_state as, const char *alert, int least)
{
	int64_t t;
	int opens;

	fm_way("m1", FM_OPEN, way);
	metal_start(2, 0, "list");
	UNTIL(w, MANAGER(as));
	assert_string_equal(metal_enclosure()->alert_id, alert);
	assert_true(*metal_enclosure()->manager_why);
	assert_true(metal_enclosure()->manager_retry > 0);
	assert_int_equal(world_blade(w, "b1")->manager, as);
	assert_false(world_blade(w, "b1")->power_live);
	opens = fm_called("m1", FM_OPEN);
	t = world_now();
	UNTIL(w, fm_called("m1", FM_OPEN) > opens + 1);
	assert_true(MS_OF(t) >= 2 * least);
	assert_int_equal(metal_alerts(alert), 1);              /* once, however often it is tried */
	assert_int_equal(metal_enclosure()->manager, as);
	fm_way("m1", FM_OPEN, FM_OK);
	fleet_metal_refresh(w->fleet, KIND_ENCLOSURE, metal_enclosure()); /* an operator need not wait */
	UNTIL_MS(w, 400, MANAGER(MANAGER_UP));
	assert_string_equal(metal_enclosure()->alert, "");
	assert_string_equal(metal_enclosure()->manager_why, "");
	assert_true(world_told(w, NEWS_MANAGER, NULL) >= 2);
}

static void silent(void **state) { refused(FM_SILENT, MANAGER_SILENT, "manager.alert.silent", 10); }
static void busy(void **state) { refused(FM_BUSY, MANAGER_BUSY, "manager.alert.busy", 150); }
static void denied(void **state) { refused(FM_DENIED, MANAGER_DENIED, "manager.alert.denied", 1000); }

static void taken_over(void **state)
{
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ASK, FM_STANDBY);
	UNTIL(w, fm_called("m1", FM_OPEN) == 2);
	UNTIL_MS(w, 500, metal_is("b1", POWER_OFF));
	assert_int_equal(metal_alerts("manager.alert.silent"), 0);
	assert_int_equal(fm_sessions(), 1);
}

static void not_sent_is_sent_again(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);

	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ACT, FM_LOST); /* the session had ended long ago, and nobody saw it */
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &act);
	UNTIL(w, a.done);
	assert_true(a.ok && a.sent == 1);
	assert_int_equal(fm_called("m1", FM_ACT), 2);
	UNTIL(w, metal_is("b1", POWER_ON)); /* the new session has told what stands there */
	fm_way("m1", FM_ACT, FM_SAID);
	act = world_act(&a);
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_OFF, &act);
	UNTIL(w, a.done);
	assert_false(a.ok);
	assert_string_equal(a.id, "manager.said.failed");
	assert_int_equal(metal_enclosure()->manager, MANAGER_UP);
}

static void readings_grow_old(void **state)
{
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ASK, FM_SAID);
	UNTIL(w, !world_blade(w, "b1")->power_live);
	assert_int_equal(metal_enclosure()->manager, MANAGER_UP);
	assert_int_equal(world_blade(w, "b1")->power, POWER_OFF);
	assert_int_equal(fleet_blade_steady_ms(w->fleet, "b1"), -1);
	fm_way("m1", FM_ASK, FM_OK);
	UNTIL(w, metal_is("b1", POWER_OFF));
	assert_true(fleet_blade_steady_ms(w->fleet, "b1") >= 0);
}

static void another_address_while_it_speaks(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);
	struct site_model *m;

	fm_manager("m2");
	fm_power("m2", 1, POWER_ON);
	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ACT, FM_HANG);
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &act);
	UNTIL(w, fm_called("m1", FM_ACT) == 1);
	m = world_site(2, 0);
	metal_manager(m, 0, "m2", "list");
	world_apply(w, m, NULL);
	assert_false(world_blade(w, "b1")->power_live);
	UNTIL(w, a.done && metal_is("b1", POWER_ON));
	assert_int_equal(a.done, 1);
	assert_false(a.ok);
	assert_int_equal(fm_sessions(), 1);
}

static void gone_while_it_speaks(void **state)
{
	struct acted a;
	struct fleet_act act = world_act(&a);
	const char *why, *dialect;

	metal_start(2, 1, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ACT, FM_HANG);
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &act);
	UNTIL(w, fm_called("m1", FM_ACT) == 1);
	world_apply(w, world_site(2, 1), NULL);
	assert_int_equal(metal_enclosure()->manager, MANAGER_NONE);
	assert_int_equal(world_blade(w, "b1")->power, POWER_UNKNOWN);
	assert_string_equal(world_blade(w, "b1")->identity, "");
	assert_int_equal(fleet_blade_can(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &why, &dialect), OUTCOME_NO);
	assert_string_equal(why, "blade.manager.none");
	UNTIL(w, a.done && !fm_sessions());
	assert_false(a.ok);
	UNTIL(w, UP(w, "b1")); /* nothing says any more that it is off */
	act = world_act(&a);
	fleet_blade_act(w->fleet, world_blade(w, "b1"), VERB_POWER_ON, &act);
	assert_int_equal(a.done, 0); /* never from inside */
	UNTIL(w, a.done);
	assert_string_equal(a.id, "blade.manager.none");
}

static void a_busy_blade_that_left(void **state)
{
	metal_start(3, 0, "list");
	UNTIL(w, metal_is("b3", POWER_OFF));
	world_apply(w, metal_site(2, 1, "list"), "b3");
	assert_true(metal_is("b3", POWER_OFF)); /* its job still wants to know */
	fm_power("m1", 3, POWER_ON);
	UNTIL(w, metal_is("b3", POWER_ON));
	fleet_release(w->fleet, "b3");
	UNTIL(w, !world_blade(w, "b3"));
	UNTIL(w, *metal_bay_blade("blade:E1/3")->bay_serial);
}

static void other_dialects(void **state)
{
	int64_t t;

	metal_start(2, 0, "list");
	UNTIL(w, metal_is("b1", POWER_OFF));
	fm_way("m1", FM_ASK, FM_HANG);
	fleet_metal_refresh(w->fleet, KIND_ENCLOSURE, metal_enclosure());
	UNTIL(w, fm_asked("m1", "list", 0) >= 2);
	t = world_now();
	assert_true(fleet_dialects(w->fleet, fm_other_dialects));
	assert_true(MS_OF(t) < 500 * patience());
	assert_int_equal(fm_sessions(), 0); /* nobody has the old ones */
	fm_way("m1", FM_ASK, FM_OK);
	UNTIL(w, metal_is("b1", POWER_OFF));
}

static void a_single_server(void **state)
{
	struct site_model *m = metal_site(2, 0, "single");

	m->managers[0].enclosure = -1;
	m->managers[0].blade = 1;
	m->enclosures[0].manager = m->blades[0].manager = -1;
	m->blades[1].manager = 0;
	site_free(w->model);
	w->model = m;
	fm_power("m1", 1, POWER_ON);
	world_start(w);
	UNTIL(w, metal_is("b2", POWER_ON)); /* its one bay is "1", wherever it stands */
	assert_int_equal(world_blade(w, "b1")->manager, MANAGER_NONE);
	assert_string_equal(world_blade(w, "b1")->identity, "");
	assert_int_equal(metal_enclosure()->manager, MANAGER_NONE);
	json_t *d = fleet_metal_detail(w->fleet, KIND_BLADE, world_blade(w, "b2"));
	assert_string_equal(json_string_value(json_object_get(d, "dialect")), "single");
	json_decref(d);
	fm_way("m1", FM_OPEN, FM_DENIED);
	fm_way("m1", FM_ASK, FM_LOST);
	UNTIL(w, world_blade(w, "b2")->manager == MANAGER_DENIED);
	assert_string_equal(world_blade(w, "b2")->alert_id, "manager.alert.denied");
}

static void no_such_dialect(void **state)
{
	metal_start(2, 0, "nonsense");
	UNTIL(w, MANAGER(MANAGER_SILENT));
	assert_string_equal(metal_enclosure()->manager_why_id, "fleet.manager.dialect");
	world_run(w, 300);
	assert_int_equal(fm_called("m1", FM_OPEN), 0);
}

#define MANY 64

static void many_at_once(void **state)
{
	struct site_model *m = world_site(0, 0);
	char name[32];
	int64_t t;

	m->enclosures = xrealloc(m->enclosures, MANY * sizeof(*m->enclosures));
	for (int i = 0; i < MANY; i++) {
		struct site_enclosure *e = &m->enclosures[i];

		if (i) {
			*e = (struct site_enclosure){ .name = xasprintf("E%d", i + 1), .rows = 1, .columns = 16 };
			free(e->bays);
		} else {
			free(e->bays);
			e->columns = 16;
		}
		e->nbays = 16;
		e->bays = xcalloc(17, sizeof(char *));
		for (int k = 0; k < 16; k++)
			e->bays[k] = xasprintf("%d", k + 1);
		snprintf(name, sizeof(name), "m%d", i + 1);
		if (i)
			fm_manager(name);
		fm_way(name, FM_ASK, FM_SLOW);
		fm_way(name, FM_OPEN, FM_SLOW);
	}
	m->nenclosures = MANY;
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "m%d", i + 1);
		metal_manager(m, i, name, "list");
	}
	site_free(w->model);
	w->model = m;
	t = world_now();
	world_start(w);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "blade:E%d/16", i + 1);
		UNTIL(w, *metal_bay_blade(name)->bay_serial);
	}
	assert_true(MS_OF(t) < 8000 * patience());
	assert_int_equal(fm_at_once(), 1);
	assert_int_equal(fm_sessions(), MANY);
	assert_true(fm_blocked() > 4); /* side by side */
}

#define T(f) cmocka_unit_test_setup_teardown(f, metal_setup, metal_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_tells_all), T(no_change_is_not_told), T(bays_that_are_empty_are_not_asked), T(orders_go_first), T(watched_closely),
		T(one_that_hangs), T(one_that_hangs_for_good), T(ends_in_time), T(silent), T(busy), T(denied), T(taken_over),
		T(not_sent_is_sent_again), T(readings_grow_old), T(another_address_while_it_speaks), T(gone_while_it_speaks),
		T(a_busy_blade_that_left), T(other_dialects), T(no_such_dialect), T(a_single_server), T(many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

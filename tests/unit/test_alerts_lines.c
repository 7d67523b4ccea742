/* How a line of the alerts lives: taken, muted, cleared, flapping, over a restart, and bounded. */
#include "alerts_ground.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_marks(void **state)
{
	struct alert *a;
	struct store_alert m = { .object = "blade:a1-1", .state = "acknowledged", .by = "sato", .ticket = "T-1", .note = "", .at = START };

	silence("a1-1");
	turn();
	assert_null(alerts_find(alerts, "blade:a1-1", &a));
	m.id = a->id;
	char *id = xstrdup(a->id);
	m.id = id;
	alerts_set(alerts, &m);
	LISTED("alert blade:a1-1 alert.host.silent 3 acknowledged\n");
	assert_string_equal(only_alert()->by, "sato");
	heard("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	assert_true(json_object_get(dropped, id) != NULL);
	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 new\n");
	assert_string_equal(only_alert()->id, id);
	/* Muted: it may come and go, until then. */
	m.state = "muted";
	m.until = clock_wall_s() + 1000;
	alerts_set(alerts, &m);
	LISTED("alert blade:a1-1 alert.host.silent 3 muted\n");
	heard("a1-1");
	turn();
	silence("a1-1");
	turn();
	assert_string_equal(only_alert()->state, "muted");
	pass(1100);
	assert_string_equal(only_alert()->state, "new");
	assert_int_equal(only_alert()->muted_until, 0);
	buf_append(&told, "", 1);
	assert_non_null(strstr(told.data, "alert.unmuted blade:a1-1\n"));
	/* "new" by hand; and what nobody knows. */
	m.state = "new";
	alerts_set(alerts, &m);
	struct err *e = alerts_find(alerts, "blade:a1-2", &a);
	assert_string_equal(e->msg.id, "alert.none");
	err_free(e);
	free(id);
}

static void test_flapping(void **state)
{
	for (int i = 0; i < 2; i++) {
		silence("a1-1");
		pass(5);
		heard("a1-1");
		pass(5);
	}
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	assert_int_equal(only_alert()->changes, 4);
	silence("a1-1");
	pass(5);
	LISTED("alert blade:a1-1 alert.host.silent 3 new flapping\n");
	/* One line, whether it is there at the moment or not. */
	heard("a1-1");
	pass(300);
	assert_string_equal(only_alert()->state, "new");
	assert_true(only_alert()->flapping);
	pass(400);
	LISTED("alert blade:a1-1 alert.host.silent 0 cleared\n");
	pass(ALERT_CLEARED_S + 30);
	LISTED("");
}

static void test_restart(void **state)
{
	struct alert *a;
	const char *id;
	json_t *since;

	silence("a1-1");
	silence("b1-1");
	turn();
	assert_null(alerts_find(alerts, "blade:a1-1", &a));
	char *known = xstrdup(a->id);
	clock_fake_advance(60000);
	/* The broker that comes next: nothing of this is new. */
	json_t *kept = json_deep_copy(seen);
	assert_int_equal(json_object_size(kept), 2);
	alerts_free(alerts);
	while (registry_count(objects, KIND_ALERT))
		for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++)
			if (registry_at(objects, KIND_ALERT, s))
				registry_remove(objects, KIND_ALERT, registry_at(objects, KIND_ALERT, s));
	start_alerts();
	json_object_foreach(kept, id, since)
		alerts_load_seen(alerts, id, json_integer_value(since));
	alerts_load_mark(alerts, &(struct store_alert){ .id = known, .object = "blade:a1-1", .state = "acknowledged", .by = "sato", .ticket = "T",
		.note = "", .at = START });
	heard("b1-1");
	blade_of("a1-1")->host = HOST_CONNECTING;
	intern_set(&blade_of("a1-1")->why, "");
	alerts_start(alerts);
	turn();
	LISTED(""); /* not tried yet */
	assert_true(alerts_stood(alerts, "host", "blade:a1-1"));
	assert_false(alerts_stood(alerts, "host", "blade:b1-1"));
	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 acknowledged\n");
	assert_int_equal(only_alert()->since, START);
	assert_string_equal(only_alert()->id, known);
	json_decref(kept);
	free(known);
}

static void test_bounded(void **state)
{
	char name[32];

	for (int i = 0; i < ALERT_CLEARED_MAX + 50; i++) {
		snprintf(name, sizeof name, "w%d", i);
		struct vm *vm = add_vm(name, ""); /* nowhere: no crowd */
		vm->state = VM_CRASHED;
		registry_changed(objects, KIND_VM, vm, false);
		turn();
		vm->state = VM_RUNNING;
		registry_changed(objects, KIND_VM, vm, false);
		turn();
	}
	pass(5);
	assert_int_equal(registry_count(objects, KIND_ALERT), ALERT_CLEARED_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_marks, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_flapping, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_restart, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_bounded, alerts_setup, alerts_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

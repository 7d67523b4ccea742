/* How alerts read and in which order they stand; what is counted of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/clock.h"
#include "words/look.h"
#include "link/tally.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795222333)

static struct alert *alert(const char *id, const char *level, const char *state, int64_t since)
{
	struct alert *a = object_new(KIND_ALERT);

	intern_set(&a->id, id);
	intern_set(&a->name, id);
	intern_set(&a->level, level);
	intern_set(&a->state, state);
	a->since = since;
	return a;
}

/* Each stands before all that follow. */
static void test_order(void **state)
{
	static const struct { const char *level, *state; int64_t since; } rows[] = {
		{"alert", "new", NOW - 10}, {"alert", "new", NOW - 20}, {"alert", "acknowledged", NOW - 5}, {"warning", "new", NOW - 1},
		{"warning", "acknowledged", NOW - 1}, {"alert", "muted", NOW}, {"warning", "muted", NOW}, {"alert", "cleared", NOW - 3},
	};
	enum { N = sizeof rows / sizeof rows[0] };
	struct alert *list[N];

	for (int i = 0; i < N; i++)
		list[i] = alert("x", rows[i].level, rows[i].state, rows[i].since);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			assert_int_equal(look_alarm_order(list[i], list[j]) < 0, i < j);
	for (int i = 0; i < N; i++)
		object_free(KIND_ALERT, list[i]);
}

static void test_looks(void **state)
{
	static const struct { const char *level, *state, *sign; enum ink ink; enum look_rank rank; } rows[] = {
		{"alert", "new", "!", INK_ALERT, LOOK_ALERT}, {"warning", "new", "w", INK_WARN, LOOK_WARN}, {"alert", "acknowledged", "!", INK_ALERT_TEXT, LOOK_ACTIVE},
		{"warning", "muted", "m", INK_MAINT, LOOK_OFF}, {"alert", "cleared", ".", INK_DIM, LOOK_EMPTY}, {"what-is-new", "of-tomorrow", "!", INK_ALERT, LOOK_ALERT},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct alert *a = alert("x", rows[i].level, rows[i].state, NOW);
		struct look l = look_alarm(a, TIER_ASCII);

		assert_string_equal(l.sign, rows[i].sign);
		assert_int_equal(l.ink, rows[i].ink);
		assert_int_equal(l.rank, rows[i].rank);
		assert_int_equal(look_rank(KIND_ALERT, a), rows[i].rank);
		object_free(KIND_ALERT, a);
	}
}

static void test_words(void **state)
{
	struct alert *a = alert("A2", "alert", "new", NOW - 60);
	char out[320];

	intern_set(&a->object, "enclosure:A2");
	intern_set(&a->text, "A2: its manager does not answer");
	assert_string_equal(look_alarm_text(a), "its manager does not answer");
	a->behind = 16;
	look_alarm_says(out, sizeof out, a);
	assert_string_equal(out, "its manager does not answer, 16 hosts behind it");
	a->tenants = 6;
	look_alarm_says(out, sizeof out, a);
	assert_string_equal(out, "its manager does not answer, 16 hosts behind it, with VMs of 6 customers");
	intern_set(&a->object, "blade:a2-01");
	look_alarm_says(out, sizeof out, a);
	assert_string_equal(out, "its manager does not answer, 16 VMs behind it, of 6 customers");
	a->tenants = 1;
	intern_set(&a->object, "blade:a2-01");
	a->behind = 1;
	a->flapping = true;
	look_alarm_says(out, sizeof out, a);
	assert_string_equal(out, "flapping: its manager does not answer, 1 VM behind it");
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "nobody");
	intern_set(&a->state, "acknowledged");
	intern_set(&a->by, "tanaka");
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "tanaka");
	intern_set(&a->ticket, "8812");
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "tanaka, 8812");
	intern_set(&a->state, "muted");
	a->muted_until = NOW + 3600;
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "muted until 01:52");
	a->muted_until = NOW + 86400;
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "muted until 2026-11-22 00:52");
	intern_set(&a->state, "cleared");
	a->cleared = NOW - 720;
	look_alarm_holder(out, sizeof out, a);
	assert_string_equal(out, "cleared 12 min ago");
	object_free(KIND_ALERT, a);
}

static void test_watch(void **state)
{
	struct blade *b = object_new(KIND_BLADE);
	char out[320];

	look_watch(out, sizeof out, b);
	assert_string_equal(out, "");
	intern_set(&b->watch, "NIC");
	look_watch(out, sizeof out, b);
	assert_string_equal(out, "NIC");
	intern_set(&b->watch_by, "sato");
	b->watch_until = NOW + 3 * 86400;
	look_watch(out, sizeof out, b);
	assert_string_equal(out, "NIC, until 2026-11-24 00:52 (sato)");
	object_free(KIND_BLADE, b);
}

static void test_tally(void **state)
{
	struct registry *r = registry_new();
	struct tally *t = tally_new(r);
	const struct tally_counts *c = tally_counts(t);
	const struct alert *list[4];
	struct alert *one = alert("alert:1", "warning", "new", NOW), *two = alert("alert:2", "alert", "new", NOW - 9), *old = alert("alert:3", "alert", "cleared", NOW);

	registry_add(r, KIND_ALERT, one);
	registry_add(r, KIND_ALERT, two);
	registry_add(r, KIND_ALERT, old);
	assert_int_equal(c->alerts_new, 2);
	assert_int_equal(c->alerts_hurt, 1);
	assert_int_equal(c->alerts_came, 2);
	assert_int_equal(tally_alerts(t, list, 4), 2);
	assert_ptr_equal(list[0], two);
	intern_set(&two->state, "acknowledged");
	registry_changed(r, KIND_ALERT, two, false);
	assert_int_equal(c->alerts_new, 1);
	assert_int_equal(c->alerts_hurt, 0);
	assert_int_equal(tally_alerts(t, list, 1), 2);
	/* The same again: it came a second time. */
	intern_set(&two->state, "new");
	registry_changed(r, KIND_ALERT, two, false);
	registry_changed(r, KIND_ALERT, two, false);
	assert_int_equal(c->alerts_came, 3);
	intern_set(&one->state, "muted");
	registry_changed(r, KIND_ALERT, one, false);
	assert_int_equal(tally_alerts(t, list, 4), 1);
	registry_remove(r, KIND_ALERT, two);
	assert_int_equal(c->alerts_new, 0);
	assert_int_equal(tally_alerts(t, list, 4), 0);
	tally_free(t);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_looks), cmocka_unit_test(test_words), cmocka_unit_test(test_watch),
		cmocka_unit_test(test_tally)};

	clock_fake(1000000, NOW);
	assert_true(look_zone("UTC0"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

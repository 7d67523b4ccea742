/* Limits as they are written: what is taken, what is refused, and that the one form is read back as the same. */
#include "site/limits.h"
#include "test_days_help.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct limit parsed(enum limit_kind k, const char *text)
{
	struct limit l = {0};
	struct err *e = limit_parse(k, text, &l);

	if (e)
		fail_msg("%s", e->msg.text);
	assert_true(limit_is_sound(k, &l));
	return l;
}

static void form(enum limit_kind k, const char *text, const char *want)
{
	struct limit l = parsed(k, text), again;
	char got[48];

	limit_text(got, sizeof got, k, &l);
	assert_string_equal(got, want);
	again = parsed(k, got);
	assert_int_equal(again.set, l.set);
	assert_int_equal(again.max, l.max);
	assert_int_equal(again.period, l.period);
	assert_int_equal(again.rolling_s, l.rolling_s);
}

static void refused(enum limit_kind k, const char *text)
{
	struct limit l = {.set = LIMIT_MAX, .max = 77};
	struct err *e = limit_parse(k, text, &l);

	if (!e)
		fail_msg("%s = %s was taken", limit_kind_name(k), text);
	assert_int_equal(e->class, ERR_USAGE);
	assert_int_equal(l.max, 77); /* untouched */
	assert_string_equal(json_string_value(json_object_get(e->msg.args, "value")), text);
	assert_string_equal(json_string_value(json_object_get(e->msg.args, "option")), limit_kind_name(k));
	assert_non_null(strstr(e->msg.text, limit_kind_name(k)));
	err_free(e);
}

static void test_forms(void **state)
{
	form(LIMIT_KEPT, "3", "3");
	form(LIMIT_KEPT, "0", "0");
	form(LIMIT_KEPT, " 100000 ", "100000");
	form(LIMIT_KEPT, "none", "none");
	form(LIMIT_TAKEN, "4 per day", "4 per day");
	form(LIMIT_TAKEN, "  4  per   day ", "4 per day");
	form(LIMIT_TAKEN, "10 per month", "10 per month");
	form(LIMIT_TAKEN, "0 per month", "0 per month");
	form(LIMIT_TAKEN, "4 per 24 h", "4 per 24 h");
	form(LIMIT_TAKEN, "4 per 1 d", "4 per 24 h");
	form(LIMIT_TAKEN, "4 per 24h", "4 per 24 h");
	form(LIMIT_TAKEN, "2 per 7 d", "2 per 7 d");
	form(LIMIT_TAKEN, "2 per 168 h", "2 per 7 d");
	form(LIMIT_TAKEN, "2 per 90 min", "2 per 90 min");
	form(LIMIT_TAKEN, "2 per 1 min", "2 per 1 min");
	form(LIMIT_TAKEN, "2 per 366 d", "2 per 366 d");
	form(LIMIT_TAKEN, "none", "none");
	form(LIMIT_SPACE, "100 GiB", "100 GiB");
	form(LIMIT_SPACE, "1024 GiB", "1 TiB");
	form(LIMIT_SPACE, "1536M", "1536 MiB");
	form(LIMIT_SPACE, "7 KiB", "7 KiB");
	form(LIMIT_SPACE, "0 KiB", "0 GiB");
	form(LIMIT_SPACE, "1024 TiB", "1024 TiB");
	form(LIMIT_SPACE, "disks", "disks");
	form(LIMIT_SPACE, "none", "none");
	struct limit l = parsed(LIMIT_TAKEN, "4 per 24 h");
	assert_int_equal(l.set, LIMIT_MAX);
	assert_int_equal(l.period, PERIOD_ROLLING);
	assert_int_equal(l.rolling_s, 86400);
	assert_int_equal(parsed(LIMIT_TAKEN, "4 per day").period, PERIOD_DAY);
	assert_int_equal(parsed(LIMIT_SPACE, "100 GiB").max, INT64_C(100) << 30);
	struct limit unsaid = {0};
	char text[48] = "x";
	limit_text(text, sizeof text, LIMIT_KEPT, &unsaid);
	assert_string_equal(text, "");
}

static void test_refused(void **state)
{
	static const char *const never[] = {"", " ", "-1", "+3", "3x", "3 3", "three", "nonee", "none 3", "None", "100001", "9999999999",
		"99999999999999999999", "3.5", "\xef\xbc\x93"};
	static const char *const taken[] = {"4", "4 per", "4 a day", "4/day", "4 per days", "4 per Day", "4 per day x", "4 day", "per day",
		"4 per week", "4 per 0 h", "4 per 59 s", "4 per 90 s", "4 per h", "4 per 24", "4 per 24 h 30 min", "4 per 367 d",
		"4 per 999999999 d", "4 per 8785 h", "4perday", "4 per month per day", "100001 per day", "disks"};
	static const char *const space[] = {"100", "100 GB", "-1 GiB", "GiB", "disk", "disks 2", "disks 2 GiB", "2 PiB", "1025 TiB", "1 GiB x", "4 per day"};

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		for (int k = 0; k < LIMIT_KIND_COUNT; k++)
			refused((enum limit_kind)k, never[i]);
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		refused(LIMIT_TAKEN, taken[i]);
	for (size_t i = 0; i < sizeof space / sizeof *space; i++)
		refused(LIMIT_SPACE, space[i]);
	refused(LIMIT_KEPT, "disks");
	refused(LIMIT_KEPT, "4 per day");
	refused(LIMIT_KEPT, "4 GiB");
}

/* Anything made of the words' parts: it is refused, or its one form is read as the same. */
static void test_random_texts(void **state)
{
	static const char *const parts[] = {"none", "disks", "per", "day", "month", "h", "d", "min", "GiB", "TiB", "K", " ", " ", " ", "0",
		"1", "24", "60", "366", "100000", "999", "-", ".", "x"};
	int taken = 0;

	for (int i = 0; i < test_cases(20000); i++) {
		char text[128] = "", got[48];
		struct limit l, again;
		enum limit_kind k = (enum limit_kind)test_random(LIMIT_KIND_COUNT);
		for (uint64_t n = test_random(8); n-- > 0;)
			strcat(text, parts[test_random(sizeof parts / sizeof *parts)]);
		struct err *e = limit_parse(k, text, &l);
		if (e) {
			err_free(e);
			continue;
		}
		taken++;
		assert_true(limit_is_sound(k, &l));
		limit_text(got, sizeof got, k, &l);
		again = parsed(k, got);
		if (again.set != l.set || again.max != l.max || again.period != l.period || again.rolling_s != l.rolling_s)
			fail_msg("%s: %s", text, got);
	}
	assert_true(taken > 200);
}

static void test_names(void **state)
{
	enum limit_kind k;

	for (int i = 0; i < LIMIT_KIND_COUNT; i++) {
		assert_true(limit_kind_from_name(limit_kind_name((enum limit_kind)i), &k));
		assert_int_equal(k, i);
	}
	assert_false(limit_kind_from_name("", &k));
	assert_false(limit_kind_from_name("Kept", &k));
}

static void test_over(void **state)
{
	struct limits plan = {.of = {[LIMIT_KEPT] = {.set = LIMIT_MAX, .max = 3}, [LIMIT_TAKEN] = {.set = LIMIT_MAX, .max = 4},
				      [LIMIT_SPACE] = {.set = LIMIT_DISKS}}};
	struct limits vm = {.of = {[LIMIT_KEPT] = {.set = LIMIT_NONE}, [LIMIT_SPACE] = {.set = LIMIT_MAX, .max = 1 << 30}}};
	struct limits out = limits_over(&vm, &plan);

	assert_int_equal(out.of[LIMIT_KEPT].set, LIMIT_NONE);
	assert_int_equal(out.of[LIMIT_TAKEN].max, 4);
	assert_int_equal(out.of[LIMIT_SPACE].max, 1 << 30);
	out = limits_over(&(struct limits){0}, &(struct limits){0});
	assert_int_equal(out.of[LIMIT_KEPT].set, LIMIT_UNSAID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_random_texts), cmocka_unit_test(test_names), cmocka_unit_test(test_over)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

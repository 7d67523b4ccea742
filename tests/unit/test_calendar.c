/* Days and months against those of the C library, and times as people write them. */
#include "safety/calendar.h"
#include "test_days_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static int64_t at(const char *zone, const char *text)
{
	int64_t out = -1;

	if (!calendar_parse_time(zone, text, 0, &out))
		fail_msg("%s: %s is no time", zone, text);
	return out;
}

/* The day that holds when, moved: its first moment as UTC tells it. */
static void day(const char *zone, const char *when, int moved, const char *utc)
{
	char got[40];

	calendar_text(got, sizeof got, "UTC", calendar_day(zone, at(zone, when), moved));
	if (strncmp(got, utc, 16))
		fail_msg("%s %s %+d: %s, expected %s", zone, when, moved, got, utc);
}

static void month(const char *zone, const char *when, int moved, const char *utc)
{
	char got[40];

	calendar_text(got, sizeof got, "UTC", calendar_month(zone, at(zone, when), moved));
	if (strncmp(got, utc, 16))
		fail_msg("%s %s %+d: %s, expected %s", zone, when, moved, got, utc);
}

static void test_known(void **state)
{
	day("Asia/Tokyo", "2026-04-12 02:41", 0, "2026-04-11 15:00");
	day("Asia/Tokyo", "2026-04-12 23:59", 1, "2026-04-12 15:00");
	day("", "2026-04-12 23:59", 0, "2026-04-12 00:00");
	day("No/Such_Zone", "2026-04-12 23:59", 0, "2026-04-12 00:00");
	/* no midnight: the day begins at one */
	day("America/Sao_Paulo", "2018-11-04 12:00", 0, "2018-11-04 03:00");
	day("America/Sao_Paulo", "2018-11-03 12:00", 1, "2018-11-04 03:00");
	day("America/Sao_Paulo", "2018-11-03 12:00", 2, "2018-11-05 02:00");
	day("Asia/Beirut", "2022-03-27 12:00", 0, "2022-03-26 22:00");
	/* back over midnight: the day goes on that had begun */
	day("America/St_Johns", "2010-11-07 12:00", 0, "2010-11-07 02:30");
	assert_int_equal(calendar_day("America/St_Johns", 1289097000 + 600, 0), 1289097000); /* 23:10 again */
	assert_int_equal(calendar_day("America/St_Johns", 1289097000 - 1, 1), 1289097000);
	/* 30 December 2011 never was there */
	day("Pacific/Apia", "2011-12-29 12:00", 1, "2011-12-30 10:00");
	day("Pacific/Apia", "2011-12-29 12:00", 2, "2011-12-30 10:00");
	day("Pacific/Apia", "2011-12-31 12:00", 0, "2011-12-30 10:00");
	day("Pacific/Apia", "2011-12-31 12:00", -1, "2011-12-30 10:00");
	day("Pacific/Apia", "2011-12-31 12:00", -2, "2011-12-29 10:00");
	day("Asia/Kathmandu", "2026-01-01 00:10", 0, "2025-12-31 18:15");
	month("Asia/Tokyo", "2024-02-29 12:00", 0, "2024-01-31 15:00");
	month("Asia/Tokyo", "2024-02-29 12:00", 1, "2024-02-29 15:00");
	month("Europe/Berlin", "2026-03-31 23:59", 0, "2026-02-28 23:00");
	month("Europe/Berlin", "2026-03-31 23:59", 1, "2026-03-31 22:00");
	month("Europe/Berlin", "2026-01-31 10:00", -1, "2025-11-30 23:00");
	month("Europe/Berlin", "2026-12-31 10:00", 1, "2026-12-31 23:00");
	month("Europe/Berlin", "2026-05-31 10:00", 25, "2028-05-31 22:00");
	month("Europe/Berlin", "2026-05-31 10:00", -30, "2023-10-31 23:00");
}

/* Every day boundary of the tables, from both sides, and random moments moved by random days and months. */
static void test_zones_all(void **state)
{
	long moments = 0;

	for (size_t i = 0; i < test_nzones; i++) {
		const struct test_zone *z = &test_zones[i];
		assert_true(z->n > 700);
		for (size_t d = 32; d + 33 < z->n; d++) {
			int64_t start = z->days[d].start, end = z->days[d + 1].start;
			size_t m = test_month_of(z, d), next = d;
			while (test_month_of(z, next) == m)
				next++;
			int64_t inside[] = {start, end - 1, start + (int64_t)test_random((uint64_t)(end - start))};
			for (int k = 0; k < 3; k++, moments++) {
				if (calendar_day(z->name, inside[k], 0) != start || calendar_day(z->name, inside[k], 1) != end)
					fail_msg("%s: day of %lld", z->name, (long long)inside[k]);
				if (calendar_month(z->name, inside[k], 0) != z->days[m].start ||
					calendar_month(z->name, inside[k], 1) != z->days[next].start)
					fail_msg("%s: month of %lld", z->name, (long long)inside[k]);
			}
		}
	}
	for (int i = 0; i < test_cases(20000); i++) {
		const struct test_zone *z = &test_zones[test_random(test_nzones)];
		size_t d = 32 + test_random(z->n - 65), moved = test_random(32);
		int64_t when = z->days[d].start + (int64_t)test_random((uint64_t)(z->days[d + 1].start - z->days[d].start));
		if (!strcmp(z->name, "Pacific/Apia"))
			continue; /* the table does not count the day that never was */
		assert_int_equal(calendar_day(z->name, when, (int)moved), z->days[d + moved].start);
		assert_int_equal(calendar_day(z->name, when, -(int)moved), z->days[d - moved].start);
		moments++;
	}
	print_message("%ld moments in %zu zones\n", moments, test_nzones);
}

/* Far off, before there were zones, with no zone: an answer, and one that fits. */
static void test_far(void **state)
{
	static const int64_t far[] = {INT64_MIN, INT64_MIN + 1, -62135596800, -5000000000, -1, 0, 1, 4102444800, 32503680000,
		253402300799, 253402300800, INT64_MAX};
	static const char *const zones[] = {"", "UTC", "Asia/Tokyo", "America/Juneau", "Pacific/Apia", "Europe/Amsterdam",
		"America/Sao_Paulo"};
	char text[40], before[40] = "";

	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
		for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
			int64_t from = calendar_day(zones[z], far[i], 0), to = calendar_day(zones[z], far[i], 1);
			assert_true(from <= to);
			assert_true(calendar_month(zones[z], far[i], 0) <= from);
			assert_true(calendar_month(zones[z], far[i], 1) >= from);
			calendar_day(zones[z], far[i], INT32_MAX);
			calendar_day(zones[z], far[i], INT32_MIN);
			calendar_month(zones[z], far[i], INT32_MAX);
			calendar_month(zones[z], far[i], INT32_MIN);
			calendar_text(text, sizeof text, zones[z], far[i]);
			assert_true(strlen(text) > 16);
			if (far[i] > -62000000000 && far[i] < 253000000000)
				assert_true(from <= far[i] && far[i] < to);
		}
	/* a century on, by the rule that the zone ends with */
	day("Europe/Berlin", "2126-07-01 12:00", 0, "2126-06-30 22:00");
	day("Europe/Berlin", "2126-01-01 12:00", 0, "2125-12-31 23:00");
	/* more zones than are kept */
	for (int i = 0; i < 200; i++) {
		snprintf(before, sizeof before, "No/Zone%d", i);
		assert_int_equal(calendar_day(before, 86400 * 20 + 5, 0), 86400 * 20);
	}
	day("Asia/Tokyo", "2026-04-12 02:41", 0, "2026-04-11 15:00");
}

/* What is no name of a zone reads no file. */
static void test_names(void **state)
{
	static const char *const names[] = {"/etc/localtime", "../../../etc/localtime", "Asia/../Asia/Tokyo", "+09:00", ":Asia/Tokyo",
		"Asia/Tokyo ", "\xff", "-3", "A/very/long/name/that/goes/on/and/on/and/on/and/on/and/on/and/on/and/on"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(calendar_day(names[i], 86400 * 20 + 5, 0), 86400 * 20);
}

static void time_is(const char *zone, const char *text, const char *want)
{
	int64_t out;
	char got[40];

	if (!calendar_parse_time(zone, text, 1776000000, &out))
		fail_msg("%s", text);
	calendar_text(got, sizeof got, zone, out);
	assert_string_equal(got, want);
}

static void test_parse(void **state)
{
	int64_t from, to, out;
	static const char *const none[] = {"", "2026", "2026-4-1", "2026-13-01", "2026-02-29", "2026-04-31", "2026-04-12 24:00",
		"2026-04-12 2:41", "2026-04-12 02:60", "2026-04-12 02:41 ", "2026-04-12T02:41", "2026-04-12 02:41:00", " 2026-04-12",
		"2026-04-12 ", "1969-12-31", "9998-01-01", "0000-00-00", "+", "+7", "+ d", "+7 days", "+0 d", "+-7 d", "-7 d", "7 d",
		"+7 d 3 h", "+40000 d", "+999999999 d", "+9999999999 d", "+1 w", "+1.5 h", "tomorrow", "+7 d\n", "2026-04-1\xc2\xb2"};
	static const char *const no_month[] = {"", "2026", "2026-4", "2026-00", "2026-13", "2026-04-01", "2026-04 ", "1969-12", "x",
		"20260-4", "+1-04"};

	time_is("Asia/Tokyo", "2026-04-12", "2026-04-12 00:00 JST");
	time_is("Asia/Tokyo", "2026-04-12 02:41", "2026-04-12 02:41 JST");
	time_is("Europe/Berlin", "2026-07-01 18:00", "2026-07-01 18:00 CEST");
	time_is("America/Sao_Paulo", "2018-11-04", "2018-11-04 01:00 -02");
	time_is("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 03:00 CEST"); /* was skipped */
	time_is("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 02:30 CEST"); /* the first of two */
	time_is("", "2024-02-29", "2024-02-29 00:00 UTC");
	assert_true(calendar_parse_time("Asia/Tokyo", "+7 d", 1000, &out));
	assert_int_equal(out, 1000 + 7 * 86400);
	assert_true(calendar_parse_time("Asia/Tokyo", "+36 h", 1000, &out));
	assert_int_equal(out, 1000 + 36 * 3600);
	assert_true(calendar_parse_time("", "+90min", 1000, &out));
	assert_int_equal(out, 1000 + 90 * 60);
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		if (calendar_parse_time("Asia/Tokyo", none[i], 1000, &out))
			fail_msg("%s was taken for a time", none[i]);
	assert_true(calendar_parse_month("Asia/Tokyo", "2026-12", &from, &to));
	assert_int_equal(from, at("UTC", "2026-11-30 15:00"));
	assert_int_equal(to, at("UTC", "2026-12-31 15:00"));
	assert_true(calendar_parse_month("America/Sao_Paulo", "2018-11", &from, &to));
	assert_int_equal(from, at("UTC", "2018-11-01 03:00"));
	assert_int_equal(to, at("UTC", "2018-12-01 02:00"));
	for (size_t i = 0; i < sizeof no_month / sizeof *no_month; i++)
		if (calendar_parse_month("Asia/Tokyo", no_month[i], &from, &to))
			fail_msg("%s was taken for a month", no_month[i]);
}

/* Every minute of two years comes back from its own text. */
static void test_back(void **state)
{
	char text[40];
	int64_t out;
	int twice = 0;

	for (size_t i = 0; i < test_nzones; i++) {
		const struct test_zone *z = &test_zones[i];
		for (int k = 0; k < 3000; k++) {
			int64_t when = z->days[1].start + (int64_t)test_random((uint64_t)(z->days[z->n - 1].start - z->days[1].start));
			when -= when % 60;
			calendar_text(text, sizeof text, z->name, when);
			text[16] = '\0';
			assert_true(calendar_parse_time(z->name, text, 0, &out));
			twice += out != when; /* shown twice: the first counts */
			assert_true(out == when || (out < when && when - out <= 3600));
		}
	}
	assert_true(twice < 50);
}

static int setup(void **state)
{
	test_zones_make();
	return 0;
}

static int teardown(void **state)
{
	test_zones_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_known), cmocka_unit_test(test_zones_all),
		cmocka_unit_test(test_far), cmocka_unit_test(test_names), cmocka_unit_test(test_parse), cmocka_unit_test(test_back)};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* Days of a time zone as the C library tells them. */
#include "test_days_help.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP 900

struct test_zone test_zones[] = {
	{"UTC", 2019, 3, NULL, 0},
	{"Asia/Tokyo", 2025, 3, NULL, 0},
	{"Europe/Berlin", 2023, 4, NULL, 0},
	{"America/Sao_Paulo", 2017, 3, NULL, 0},   /* summer time begins at midnight */
	{"Asia/Beirut", 2021, 3, NULL, 0},         /* the same */
	{"America/Havana", 2022, 2, NULL, 0},      /* the same; ends at one, back to midnight */
	{"America/St_Johns", 2008, 3, NULL, 0},    /* ends a minute past midnight, back into yesterday */
	{"Pacific/Apia", 2010, 4, NULL, 0},        /* had no 30 December 2011 */
	{"Australia/Lord_Howe", 2024, 2, NULL, 0}, /* half an hour of summer */
	{"Pacific/Chatham", 2024, 2, NULL, 0},     /* 12:45 */
	{"Asia/Kathmandu", 1985, 2, NULL, 0},      /* from 5:30 to 5:45 at midnight */
	{"America/New_York", 2044, 3, NULL, 0},    /* behind the tables, by the rule alone */
	{"Africa/Casablanca", 2024, 2, NULL, 0},   /* summer but in Ramadan */
};
const size_t test_nzones = sizeof test_zones / sizeof *test_zones;

static void shown(int64_t at, struct tm *tm)
{
	time_t t = (time_t)at;

	localtime_r(&t, tm);
}

static long number(const struct tm *tm)
{
	return (tm->tm_year + 1900) * 10000L + (tm->tm_mon + 1) * 100 + tm->tm_mday;
}

static void see(struct test_zone *z, int64_t at, long *newest)
{
	struct tm tm;

	shown(at, &tm);
	if (number(&tm) <= *newest)
		return;
	*newest = number(&tm);
	if (!(z->n & (z->n - 1)))
		z->days = xrealloc(z->days, (z->n ? z->n * 2 : 1) * sizeof *z->days);
	z->days[z->n++] = (struct test_day){at, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday};
}

static void make(struct test_zone *z)
{
	struct tm from = {.tm_year = z->first_year - 1900 - 1, .tm_mon = 11, .tm_mday = 1, .tm_isdst = -1}, was, is;
	long newest = 0;

	setenv("TZ", z->name, 1);
	tzset();
	int64_t at = mktime(&from), end = at + (int64_t)(z->years * 366 + 62) * 86400;
	at -= at % STEP;
	see(z, at, &newest);
	for (; at < end; at += STEP) {
		shown(at, &was);
		shown(at + STEP, &is);
		if (was.tm_mday != is.tm_mday || was.tm_gmtoff != is.tm_gmtoff)
			for (int64_t s = at + 1; s <= at + STEP; s++)
				see(z, s, &newest);
	}
	unsetenv("TZ");
	tzset();
}

void test_zones_make(void)
{
	for (size_t i = 0; i < test_nzones; i++)
		make(&test_zones[i]);
}

void test_zones_free(void)
{
	for (size_t i = 0; i < test_nzones; i++) {
		free(test_zones[i].days);
		test_zones[i].days = NULL;
		test_zones[i].n = 0;
	}
}

size_t test_day_of(const struct test_zone *z, int64_t at)
{
	size_t low = 0, high = z->n;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;
		if (z->days[mid].start <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}

size_t test_month_of(const struct test_zone *z, size_t day)
{
	while (day && z->days[day - 1].month == z->days[day].month)
		day--;
	return day;
}

uint64_t test_random(uint64_t n)
{
	static uint64_t s = 88172645463325252u;

	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s % n;
}

int test_cases(int usual)
{
	const char *more = getenv("TANA_LONG");

	return more && !strcmp(more, "1") ? usual * 50 : usual;
}

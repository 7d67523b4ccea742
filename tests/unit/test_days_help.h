/* Days of a time zone as the C library tells them, second by second: what calendar.c and quota.c are measured against. */
#ifndef TANA_TEST_DAYS_HELP_H
#define TANA_TEST_DAYS_HELP_H

#include <stddef.h>
#include <stdint.h>

struct test_day {
	int64_t start;          /* its first moment; a clock that goes back does not end it */
	int year, month, mday;
};
struct test_zone {
	const char *name;
	int first_year, years;  /* what the table covers */
	struct test_day *days;  /* ascending; a day that was skipped is not there */
	size_t n;
};
/* Zones with their troubles: midnights that are not there, odd offsets, a day that never was. */
extern struct test_zone test_zones[];
extern const size_t test_nzones;
void test_zones_make(void);
void test_zones_free(void);
size_t test_day_of(const struct test_zone *z, int64_t at); /* index of the day that holds it */
size_t test_month_of(const struct test_zone *z, size_t day); /* index of the first day of day's month */

/* A random number below n, the same in every run. */
uint64_t test_random(uint64_t n);
int test_cases(int usual); /* more with TANA_LONG=1 */

#endif

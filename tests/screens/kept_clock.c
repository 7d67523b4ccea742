/* For the console and the broker of the kept screens (test_kept.c): people's time stands still, so that every age and every date on a
 * screen is the same tomorrow. What waits goes on: boot time is the real one. The linker puts these in the place of the clock (tests.mk). */
#include <stdint.h>
#include <time.h>

#define NOW INT64_C(1795222333) /* 2026-11-21 09:52:13 in Tokyo */

int64_t __wrap_clock_wall_s(void);
time_t __wrap_time(time_t *t);

int64_t __wrap_clock_wall_s(void)
{
	return NOW;
}

time_t __wrap_time(time_t *t)
{
	if (t)
		*t = NOW;
	return NOW;
}

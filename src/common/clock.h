/* The one place where time comes from. Deadlines use boot time, wall time is for people and calendars only. */
#ifndef TANA_CLOCK_H
#define TANA_CLOCK_H

#include <stdint.h>

int64_t clock_boot_ms(void);  /* CLOCK_BOOTTIME, milliseconds; thread-safe */
int64_t clock_wall_s(void);   /* Unix time, seconds; thread-safe */

/* Tests: from now on both stand still and move only by clock_fake_advance. */
void clock_fake(int64_t boot_ms, int64_t wall_s);
void clock_fake_advance(int64_t ms);
void clock_real(void);

#endif

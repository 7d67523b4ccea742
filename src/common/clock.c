/* Boot time and wall time, and the fake ones that tests move by hand. Called by every room. */
#include "common/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

static atomic_bool fake;
static _Atomic int64_t fake_boot_ms, fake_wall_ms;

int64_t clock_boot_ms(void)
{
	struct timespec t;

	if (atomic_load_explicit(&fake, memory_order_acquire))
		return atomic_load(&fake_boot_ms);
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_wall_s(void)
{
	struct timespec t;

	if (atomic_load_explicit(&fake, memory_order_acquire))
		return atomic_load(&fake_wall_ms) / 1000;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

void clock_fake(int64_t boot_ms, int64_t wall_s)
{
	atomic_store(&fake_boot_ms, boot_ms);
	atomic_store(&fake_wall_ms, wall_s * 1000);
	atomic_store_explicit(&fake, true, memory_order_release);
}

void clock_fake_advance(int64_t ms)
{
	atomic_fetch_add(&fake_boot_ms, ms);
	atomic_fetch_add(&fake_wall_ms, ms);
}

void clock_real(void)
{
	atomic_store_explicit(&fake, false, memory_order_release);
}

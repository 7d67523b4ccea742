/* How long nobody has typed (idle.h). A key costs nothing but a look at the clock: the timer finds out when it fires. */
#include "jail/idle.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdlib.h>

#define WARN_S 60

struct idle {
	struct loop_timer *timer;
	void (*tick)(void *ctx), (*out)(void *ctx);
	void *ctx;
	int seconds;       /* 0: never */
	int64_t typed;     /* boot ms of the last key */
};

/* How long before the end one is warned: of a short time half. */
static int64_t warn_ms(const struct idle *i)
{
	return (i->seconds >= 2 * WARN_S ? WARN_S : i->seconds / 2) * INT64_C(1000);
}

static int64_t left_ms(const struct idle *i)
{
	return i->typed + i->seconds * INT64_C(1000) - clock_boot_ms();
}

/* Fires next when the warning begins, then at each second of it. */
static void arm(struct idle *i)
{
	int64_t left = left_ms(i), warn = warn_ms(i);

	if (!i->seconds)
		loop_timer_clear(i->timer);
	else if (left > warn)
		loop_timer_set(i->timer, left - warn);
	else
		loop_timer_set(i->timer, left <= 0 ? 0 : (left - 1) % 1000 + 1);
}

static void on_timer(void *ctx)
{
	struct idle *i = ctx;

	if (left_ms(i) <= 0) {
		i->out(i->ctx);
		return;
	}
	if (left_ms(i) <= warn_ms(i))
		i->tick(i->ctx);
	arm(i);
}

struct idle *idle_new(struct loop *l, void (*tick)(void *ctx), void (*out)(void *ctx), void *ctx)
{
	struct idle *i = xcalloc(1, sizeof *i);

	*i = (struct idle){.tick = tick, .out = out, .ctx = ctx, .typed = clock_boot_ms()};
	i->timer = loop_timer_new(l, on_timer, i);
	return i;
}

void idle_free(struct idle *i)
{
	if (!i)
		return;
	loop_timer_free(i->timer);
	free(i);
}

void idle_set(struct idle *i, int seconds)
{
	i->seconds = seconds;
	arm(i);
}

void idle_touch(struct idle *i)
{
	bool warned = idle_left(i) >= 0;

	i->typed = clock_boot_ms();
	if (warned) /* else the timer comes no later than it should: it looks again */
		arm(i);
}

int idle_left(const struct idle *i)
{
	int64_t left = left_ms(i);

	return !i->seconds || left > warn_ms(i) ? -1 : left <= 0 ? 0 : (int)((left + 999) / 1000);
}

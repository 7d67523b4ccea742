/* A console that nobody uses: told in its last minute, ended after it, kept by any key, never ended where no time is set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "jail/idle.h"

#include "common/clock.h"

static int ticks, outs;

static void on_tick(void *ctx)
{
	ticks++;
}

static void on_out(void *ctx)
{
	outs++;
}

static void pass(struct loop *l, int seconds)
{
	for (int i = 0; i < seconds; i++) {
		clock_fake_advance(1000);
		while (loop_step(l, 0))
			;
	}
}

static void test_idle(void **state)
{
	struct loop *l = loop_new();

	clock_fake(5000, 1000000);
	struct idle *i = idle_new(l, on_tick, on_out, NULL);
	/* Without a time nothing ever happens. */
	pass(l, 10000);
	assert_int_equal(idle_left(i), -1);
	/* 15 minutes, from the last key on and not from now. */
	idle_touch(i);
	pass(l, 100);
	idle_set(i, 900);
	pass(l, 739);
	assert_int_equal(idle_left(i), -1);
	assert_int_equal(ticks, 0);
	pass(l, 1);
	assert_int_equal(idle_left(i), 60);
	assert_int_equal(ticks, 1);
	pass(l, 59);
	assert_int_equal(idle_left(i), 1);
	assert_int_equal(ticks, 60); /* each second, and no oftener */
	idle_touch(i);
	assert_int_equal(idle_left(i), -1);
	pass(l, 839);
	assert_int_equal(ticks, 60);
	/* A key long before the end moves it. */
	idle_touch(i);
	pass(l, 800);
	assert_int_equal(ticks, 60);
	assert_int_equal(outs, 0);
	pass(l, 100);
	assert_int_equal(outs, 1);
	/* Of a short time half is told; it can be switched off. */
	idle_touch(i);
	idle_set(i, 10);
	pass(l, 5);
	assert_int_equal(idle_left(i), 5);
	idle_set(i, 0);
	assert_int_equal(idle_left(i), -1);
	pass(l, 100000);
	assert_int_equal(outs, 1);
	idle_free(i);
	idle_free(NULL);
	clock_real();
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_idle)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

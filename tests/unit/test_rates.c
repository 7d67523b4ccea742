/* From counters to rates, where they go on, stand still, are not told and go backwards. */
#include "fleet/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void rates(void **state)
{
	struct host_stat was = { .vcpus = 2, .cpu_ns = 1000000000, .mem_used_kib = 5, .disk_read = 100, .disk_write = 0, .net_in = 7, .net_out = -1 };
	struct host_stat now = { .vcpus = 2, .cpu_ns = 6000000000, .mem_used_kib = 9, .disk_read = 5100, .disk_write = 0, .net_in = -1, .net_out = 4 };
	struct fleet_stat s;

	rates_of(&was, &now, 5000, &s);
	assert_int_equal(s.cpu_permille, 500); /* one of two */
	assert_int_equal(s.mem_used_kib, 9);
	assert_int_equal(s.disk_read, 1000);
	assert_int_equal(s.disk_write, 0);
	assert_int_equal(s.net_in, -1);
	assert_int_equal(s.net_out, -1);
}

static void first(void **state)
{
	struct host_stat now = { .vcpus = 2, .cpu_ns = 6, .mem_used_kib = 9, .disk_read = 5100 };
	struct fleet_stat s;

	rates_of(NULL, &now, 0, &s);
	assert_int_equal(s.cpu_permille, -1);
	assert_int_equal(s.mem_used_kib, 9);
	assert_int_equal(s.disk_read, -1);
}

/* It was switched off and on. */
static void backwards(void **state)
{
	struct host_stat was = { .vcpus = 1, .cpu_ns = 900, .disk_read = 900, .disk_write = 1, .net_in = 900, .net_out = 900 };
	struct host_stat now = { .vcpus = 1, .cpu_ns = 10, .disk_read = 10, .disk_write = 5001, .net_in = 10, .net_out = 10 };
	struct fleet_stat s;

	rates_of(&was, &now, 5000, &s);
	assert_int_equal(s.cpu_permille, -1);
	assert_int_equal(s.disk_read, -1);
	assert_int_equal(s.disk_write, 1000);
	assert_int_equal(s.net_out, -1);
}

static void edges(void **state)
{
	struct host_stat was = { .vcpus = 1, .cpu_ns = 0, .disk_read = 0 };
	struct host_stat now = { .vcpus = 1, .cpu_ns = 5100000000, .disk_read = INT64_MAX };
	struct fleet_stat s;

	rates_of(&was, &now, 5000, &s);
	assert_int_equal(s.cpu_permille, 1000); /* read a moment late: not more than all */
	assert_true(s.disk_read > 0);
	now.vcpus = 0;
	rates_of(&was, &now, 5000, &s);
	assert_int_equal(s.cpu_permille, -1);
	rates_of(&was, &now, 0, &s); /* no time between them */
	assert_int_equal(s.disk_read, -1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(rates), cmocka_unit_test(first), cmocka_unit_test(backwards),
		cmocka_unit_test(edges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

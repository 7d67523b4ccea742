/* What still fits on a blade: memory beside the reserve and beside all VMs, shares of a blade, and when nothing is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "broker/fits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB (1 << 20)

static char v10[] = "V10", v20[] = "V20", v80[] = "V80";
static struct site_grade grades[] = { { v10, 2, GIB, 16, 0 }, { v20, 4, 2 * GIB, 8, 0 }, { v80, 4, 8 * GIB, 2, 0 } };
static struct site_model site = { .reserve_kib = UINT64_C(8) * GIB, .grades = grades, .ngrades = 3 };

static struct registry *objects;
static struct blade *blade;

static void *put(enum kind k, const char *json)
{
	json_t *j = json_loads(json, 0, NULL);
	void *o = object_new(k);

	assert_non_null(j);
	assert_true(object_read(k, o, j));
	json_decref(j);
	registry_add(objects, k, o);
	return o;
}

static void put_vms(int n, const char *grade, long long mem, const char *state)
{
	static int made;

	for (int i = 0; i < n; i++) {
		char text[256];
		snprintf(text, sizeof text, "{\"id\":\"vm:%016x\",\"name\":\"v\",\"blade\":\"a1\",\"grade\":\"%s\",\"mem_kib\":%lld,\"state\":\"%s\"}",
			++made, grade, mem, state);
		put(KIND_VM, text);
	}
}

static int setup(void **state)
{
	objects = registry_new();
	blade = put(KIND_BLADE, "{\"id\":\"blade:a1\",\"name\":\"a1\",\"host\":\"up\",\"mem_kib\":25165824}");
	return 0;
}

static int teardown(void **state)
{
	registry_free(objects);
	return 0;
}

static void expect(long long a, long long b, long long c)
{
	const long long wanted[] = { a, b, c };
	json_t *list = blade_fits(&site, objects, blade);

	assert_non_null(list);
	assert_int_equal(json_array_size(list), 3);
	for (size_t i = 0; i < 3; i++) {
		json_t *one = json_array_get(list, i);
		assert_string_equal(json_string_value(json_object_get(one, "grade")), grades[i].name);
		assert_int_equal(json_integer_value(json_object_get(one, "fits")), wanted[i]);
	}
	json_decref(list);
}

/* The provider's table: an empty blade takes a whole row of it. */
static void test_empty(void **state)
{
	expect(16, 8, 2);
}

static void test_shared(void **state)
{
	put_vms(5, "V20", 2 * GIB, "running");
	expect(6, 3, 0);
	put_vms(1, "V20", 2 * GIB, "off"); /* its owner may start it at any time */
	expect(4, 2, 0);
	put_vms(2, "V20", 2 * GIB, "running");
	expect(0, 0, 0);
}

/* Thin on memory, but each takes an eighth of the processors that are sold. */
static void test_share_binds(void **state)
{
	put_vms(7, "V20", GIB / 2, "running");
	expect(2, 1, 0);
	put_vms(3, "V20", GIB / 2, "running"); /* more than there should be */
	expect(0, 0, 0);
}

static void test_memory_binds(void **state)
{
	put_vms(1, "", 15 * GIB, "running"); /* of no grade */
	expect(1, 0, 0);
	put_vms(1, "", 10 * GIB, "running");
	expect(0, 0, 0);
}

static void test_not_known(void **state)
{
	struct site_model none = { 0 };

	assert_null(blade_fits(&none, objects, blade));
	blade->mem_kib = 0;
	assert_null(blade_fits(&site, objects, blade));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown), cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_share_binds, setup, teardown), cmocka_unit_test_setup_teardown(test_memory_binds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_known, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

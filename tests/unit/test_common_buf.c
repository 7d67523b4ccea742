/* Buffers, JSON written into them, and the fake clock. */
#include "common/buf.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void assert_buf(struct buf *b, const char *want)
{
	buf_append(b, "", 1);
	assert_string_equal(b->data, want);
	buf_free(b);
}

static void grows_and_drops(void **state)
{
	struct buf b = {0};

	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%04d", i);
	assert_int_equal(b.len, 4000);
	buf_drop(&b, 4 * 998);
	buf_drop(&b, 0);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "09980999", 8);
	buf_drop(&b, 8);
	assert_int_equal(b.len, 0);
	buf_free(&b);
	buf_append(&b, NULL, 0);
	buf_drop(&b, 0);
	assert_null(b.data);
}

static void prints_long_lines(void **state)
{
	struct buf b = {0};
	char line[5000];

	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = 0;
	buf_printf(&b, "<%s>", line);
	assert_int_equal(b.len, sizeof line + 1);
	assert_int_equal(b.data[b.len - 1], '>');
	buf_free(&b);
}

static void escapes_strings(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{NULL, "null"},
		{"", "\"\""},
		{"plain", "\"plain\""},
		{"a\"b\\c", "\"a\\\"b\\\\c\""},
		{"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
		{"棚 é", "\"棚 é\""},
		{"\xff" "a\xc3", "\"\xef\xbf\xbd" "a\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* a surrogate */
		{"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* an overlong NUL */
		{"\xf0\x9f\x92\xbe", "\"\xf0\x9f\x92\xbe\""},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b = {0};
		buf_json_string(&b, rows[i].in);
		assert_buf(&b, rows[i].out);
	}
}

/* Whatever bytes there are, jansson takes what we wrote. */
static void strings_are_json(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 2000; round++) {
		char s[40];
		size_t n = (size_t)(rand_r(&seed) % 39);
		for (size_t i = 0; i < n; i++)
			s[i] = (char)(1 + rand_r(&seed) % 255);
		s[n] = 0;
		struct buf b = {0};
		buf_json_string(&b, s);
		json_t *j = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
		assert_non_null(j);
		json_decref(j);
		buf_free(&b);
	}
}

static void writes_numbers(void **state)
{
	static const int64_t numbers[] = {0, 1, -1, 42, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct buf b = {0};
		char want[32];
		snprintf(want, sizeof want, "%lld", (long long)numbers[i]);
		buf_json_int(&b, numbers[i]);
		assert_buf(&b, want);
	}
}

static void writes_trees(void **state)
{
	struct buf b = {0};
	json_t *j = json_pack("{s:[i,n,b]}", "a", 1, 1);

	buf_json(&b, j);
	buf_json(&b, NULL);
	json_decref(j);
	assert_buf(&b, "{\"a\":[1,null,true]}null");
}

static void makes_strings(void **state)
{
	char *s = xasprintf("%d-%s", 7, "x"), *t = xstrdup(s);

	assert_string_equal(t, "7-x");
	assert_null(xstrdup(NULL));
	free(s);
	free(t);
}

static void clock_stands_still(void **state)
{
	int64_t real = clock_boot_ms();

	assert_true(real > 0);
	clock_fake(5000, 1000);
	assert_int_equal(clock_boot_ms(), 5000);
	assert_int_equal(clock_wall_s(), 1000);
	clock_fake_advance(400);
	clock_fake_advance(700);
	assert_int_equal(clock_boot_ms(), 6100);
	assert_int_equal(clock_wall_s(), 1001);
	clock_real();
	assert_true(clock_boot_ms() >= real);
	assert_true(clock_wall_s() > 1600000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_drops),   cmocka_unit_test(prints_long_lines), cmocka_unit_test(escapes_strings),
		cmocka_unit_test(strings_are_json),  cmocka_unit_test(writes_numbers),    cmocka_unit_test(writes_trees),
		cmocka_unit_test(makes_strings),     cmocka_unit_test(clock_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Base64 as RFC 4648 has it, and nothing that is nearly so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/base64.h"

#include <stdlib.h>
#include <string.h>

static void vectors(void **state)
{
	static const char *const v[][2] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" }, { "\xfb\xff\xfe", "+//+" } };

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		struct buf b = { 0 }, back = { 0 };
		base64_write(&b, v[i][0], strlen(v[i][0]));
		assert_int_equal(b.len, strlen(v[i][1]));
		assert_int_equal(b.len, BASE64_LEN(strlen(v[i][0])));
		if (b.len)
			assert_memory_equal(b.data, v[i][1], b.len);
		assert_true(base64_read(&back, v[i][1], strlen(v[i][1]), 100));
		assert_int_equal(back.len, strlen(v[i][0]));
		if (back.len)
			assert_memory_equal(back.data, v[i][0], back.len);
		buf_free(&b);
		buf_free(&back);
	}
}

static void every_length(void **state)
{
	unsigned char bytes[300];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + i / 256);
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct buf b = { 0 }, back = { 0 };
		base64_write(&b, bytes, n);
		assert_true(base64_read(&back, b.data ? b.data : "", b.len, n));
		assert_int_equal(back.len, n);
		if (n)
			assert_memory_equal(back.data, bytes, n);
		if (n)
			assert_false(base64_read(&back, b.data, b.len, n - 1)); /* too long for who asks */
		assert_int_equal(back.len, n);
		buf_free(&b);
		buf_free(&back);
	}
}

static void refused(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg==Zg==", "Zm9v Zg==", "Zm9v\n", "Zh==", "Zm9=", "=AAA", "A=AA", "AA=A",
		"====", "Zm9-", "Zm9_", "\xff\xff\xff\xff", "Zm9vZm9vZm9vZm9" };

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct buf b = { 0 };
		buf_str(&b, "x");
		if (base64_read(&b, bad[i], strlen(bad[i]), 100))
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(b.len, 1);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(vectors), cmocka_unit_test(every_length), cmocka_unit_test(refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

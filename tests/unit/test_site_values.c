/* Ranges, placeholders, units and globs of the site file. Globs are compared with brute force. */
#include "test_site_help.h"
#include "site/site_uri.h"
#include "conf/value.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* The names joined by blanks, or the error's id in brackets. */
static char *joined(struct err *e, struct names *n)
{
	struct buf b = {0};

	if (e)
		buf_printf(&b, "[%s]", e->msg.id);
	for (size_t i = 0; !e && i < n->n; i++)
		buf_printf(&b, "%s%s", i ? " " : "", n->list[i]);
	buf_append(&b, "", 1);
	if (!e)
		names_free(n);
	err_free(e);
	return b.data;
}

static void lists(const char *text, const char *want)
{
	struct names n;
	char *got = joined(range_list(text, &n), &n);

	assert_string_equal(got, want);
	free(got);
}

static void expands(const char *text, const char *want)
{
	struct names n;
	char *got = joined(range_expand(text, &n), &n);

	assert_string_equal(got, want);
	free(got);
}

static void test_lists(void **state)
{
	lists("1-4", "1 2 3 4");
	lists("7", "7");
	lists("08-11", "08 09 10 11");
	lists("8-11", "8 9 10 11");
	lists("1,3, 5-7", "1 3 5 6 7");
	lists("1A-3A,1B-2B", "1A 2A 3A 1B 2B");
	lists("A-D", "A B C D");
	lists("slot-1", "slot-1");
	lists("slot-1-slot-3", "slot-1 slot-2 slot-3");
	lists("a2-12", "a2-12"); /* no range: its ends have other names */
	lists("1A-3B", "1A-3B");
	lists("左1-左3", "左1 左2 左3");
	lists("4-1", "[site.range.down]");
	lists("D-A", "[site.range.down]");
	lists("", "[site.range.empty]");
	lists("1,,2", "[site.range.empty]");
	lists("1-2,", "[site.range.empty]");
	lists("1-999999", "[site.range.many]");
	lists("1-20001", "[site.range.many]");
	lists("1-9999999", "[site.range.many]");
	lists("1-99999999999999999999", "[site.range.many]");
	lists("9999999999999999998-9999999999999999999", "9999999999999999998 9999999999999999999");
	lists("99999999999999999999-99999999999999999999", "[site.range.many]");
	lists("9-99999999999999999999-1", "9-99999999999999999999-1");
	lists("1 - 3", "1 2 3");
	lists("slot 1 - slot 3", "slot 1 slot 2 slot 3");
}

static void test_expands(void **state)
{
	expands("plain", "plain");
	expands("a2-[01-03]", "a2-01 a2-02 a2-03");
	expands("r[1-2]b[1,3]x", "r1b1x r1b3x r2b1x r2b3x");
	expands("[A-C]", "A B C");
	expands("qemu+ssh://root@[fe80::1]/system", "qemu+ssh://root@[fe80::1]/system");
	expands("qemu+ssh://10.0.0.[9-10]/system", "qemu+ssh://10.0.0.9/system qemu+ssh://10.0.0.10/system");
	expands("a[", "a[");
	expands("a[]", "a[]");
	expands("a[3-1]", "[site.range.down]");
	expands("a[20240101-20240103]", "a20240101 a20240102 a20240103");
	expands("[1-200][1-200]", "[site.range.many]");
	expands("[1-9][1-9][1-9][1-9][1-9][1-9][1-9][1-9][1-9][1-9]", "[site.range.many]");
}

static void test_holes(void **state)
{
	struct hole holes[] = {{"name", "a2-01"}, {"bay", NULL}, {"rack", "A"}};
	char *out;
	struct err *e = holes_fill("x{rack}-{name}.example", holes, 3, &out);

	assert_null(e);
	assert_string_equal(out, "xA-a2-01.example");
	free(out);
	const char *bad[] = {"{bay}", "{nam}", "{}", "{name", "a{"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		e = holes_fill(bad[i], holes, 3, &out);
		assert_non_null(e);
		assert_string_equal(e->msg.id, "site.hole.unknown");
		assert_non_null(strstr(e->msg.text, "{name}, {rack}"));
		err_free(e);
	}
	e = holes_fill("{name}", NULL, 0, &out);
	assert_string_equal(e->msg.id, "site.hole.none");
	err_free(e);
}

static int duration(const char *text)
{
	int s = -1;
	struct err *e = parse_duration("shutdown", text, &s);
	int out = e ? -1 : s;

	err_free(e);
	return out;
}

static long long size(const char *text)
{
	uint64_t kib = 0;
	struct err *e = parse_size("memory", text, &kib);
	long long out = e ? -1 : (long long)kib;

	err_free(e);
	return out;
}

static int number(const char *text)
{
	int n = 0;
	struct err *e = parse_number("rows", text, 1, 100, &n);
	int out = e ? -1 : n;

	err_free(e);
	return out;
}

static void test_units(void **state)
{
	assert_int_equal(duration("90 s"), 90);
	assert_int_equal(duration("10min"), 600);
	assert_int_equal(duration("2 h"), 7200);
	assert_int_equal(duration("1 h 30 min"), 5400);
	assert_int_equal(duration(" 1 d "), 86400);
	assert_int_equal(duration("7 d"), 604800);
	const char *late[] = {"", "10", "min", "0 s", "8 d", "-1 s", "1.5 h", "10 minutes", "10 min 5", "99999999999 s",
		"10 min,", "1 s\n"};
	for (size_t i = 0; i < sizeof late / sizeof *late; i++)
		assert_int_equal(duration(late[i]), -1);
	assert_int_equal(size("512 MiB"), 512 * 1024);
	assert_int_equal(size("24GiB"), 24 << 20);
	assert_int_equal(size("2 T"), 2ll << 30);
	assert_int_equal(size("1024 TiB"), 1ll << 40);
	const char *vague[] = {"24 GB", "24", "GiB", "1.5 GiB", "1 GiB 1 MiB", "1025 TiB", "999999999 T", ""};
	for (size_t i = 0; i < sizeof vague / sizeof *vague; i++)
		assert_int_equal(size(vague[i]), -1);
	assert_int_equal(number("1"), 1);
	assert_int_equal(number("100"), 100);
	const char *odd[] = {"0", "101", "1x", "", "-1", "0x10", "1 2"};
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
		assert_int_equal(number(odd[i]), -1);
	assert_true(uuid_is("7a6e6100-0004-4000-8000-000000000001"));
	assert_false(uuid_is("7a6e6100-0004-4000-8000-00000000000"));
	assert_false(uuid_is("7a6e6100-0004-4000-8000-0000000000011"));
	assert_false(uuid_is("7a6e6100x0004-4000-8000-000000000001"));
	assert_false(uuid_is(""));
}

static bool meet(const char *a, const char *b, const char *want)
{
	char *example = NULL;
	bool yes = globs_meet(a, b, &example);

	assert_int_equal(yes, globs_meet(b, a, NULL));
	assert_int_equal(yes, example != NULL);
	if (yes && want)
		assert_string_equal(example, want);
	if (yes) {
		assert_true(text_glob(a, example));
		assert_true(text_glob(b, example));
	}
	free(example);
	return yes;
}

static void test_globs(void **state)
{
	assert_true(meet("acme-*", "acme-db*", "acme-db"));
	assert_true(meet("acme-*", "*-db01", "acme-db01"));
	assert_false(meet("acme-*", "globex-*", NULL));
	assert_false(meet("acme-*", "ACME-*", NULL));
	assert_true(meet("a*c", "ab?", "abc"));
	assert_false(meet("a*c", "ab", NULL));
	assert_true(meet("?", "*", "x"));
	assert_true(meet("*", "*", ""));
	assert_true(meet("受注*", "受?-01", "受注-01"));
	assert_false(meet("受注?", "受注", NULL));
	assert_true(meet("a*b*c", "*bc*c", NULL));
	assert_false(meet("", "a*", NULL));
}

/* Every text of the letters up to a length that no shortest common text of these patterns goes beyond. */
static bool brute(const char *a, const char *b)
{
	char text[8] = "";
	const char *letters = "ab";

	for (int len = 0; len <= 7; len++)
		for (int bits = 0; bits < 1 << len; bits++) {
			for (int i = 0; i < len; i++)
				text[i] = letters[bits >> i & 1];
			text[len] = '\0';
			if (text_glob(a, text) && text_glob(b, text))
				return true;
			if (len == 7)
				text[6] = '\0';
		}
	return false;
}

static void pattern(char *out, int n)
{
	const char *signs = "ab?*";

	for (; n; n /= 5)
		if (n % 5)
			*out++ = signs[n % 5 - 1];
	*out = '\0';
}

/* All pairs of patterns of up to 3 signs of "ab?*", and a sample of longer ones. */
static void test_globs_brute(void **state)
{
	char a[8], b[8];
	int pairs = 0, meetings = 0;
	unsigned seed = 12345;

	for (int i = 0; i < 125; i++)
		for (int k = 0; k <= i; k++) {
			pattern(a, i);
			pattern(b, k);
			bool want = brute(a, b);
			if (meet(a, b, NULL) != want)
				fail_msg("%s and %s: expected %s", a, b, want ? "a meeting" : "none");
			pairs++;
			meetings += want;
		}
	for (int i = 0; i < 4000; i++) {
		seed = seed * 1103515245 + 12345;
		pattern(a, (int)(seed >> 8 & 0x7fffff) % 625);
		seed = seed * 1103515245 + 12345;
		pattern(b, (int)(seed >> 8 & 0x7fffff) % 625);
		if (meet(a, b, NULL) != brute(a, b))
			fail_msg("%s and %s", a, b);
		pairs++;
	}
	print_message("%d pairs of globs, %d of the first 7875 meet\n", pairs, meetings);
	assert_true(meetings > 1000 && meetings < 7000);
}

static void canon(const char *uri, const char *want)
{
	char *got = uri_canonical(uri);

	assert_string_equal(got, want);
	free(got);
}

static void named(const char *uri, const char *want)
{
	char *got = uri_name(uri);

	assert_string_equal(got, want);
	free(got);
}

static void test_uris(void **state)
{
	canon("qemu+ssh://tana@Host1.example:22/system", "qemu+ssh://host1.example/system");
	canon("qemu+ssh://tana@host1:2222/system?keyfile=/x", "qemu+ssh://host1:2222/system");
	canon("qemu+ssh://sato@host1/session", "qemu+ssh://sato@host1/session");
	canon("qemu+unix:///system", "qemu:///system");
	canon("qemu+unix:///system?socket=/a/b", "qemu+unix:///system?socket=/a/b");
	canon("test+unix:///n/1.xml?keyfile=k&socket=/s", "test+unix:///n/1.xml?socket=/s");
	canon("test:///n/A.xml", "test:///n/A.xml");
	canon("nonsense", "nonsense");
	named("qemu+ssh://root@blade7.example:22/system", "blade7.example");
	named("qemu+ssh://root@[fe80::1]:22/system", "fe80--1");
	named("qemu:///system", "localhost");
	named("qemu:///session", "localhost-session");
	named("test:///default", "default");
	named("test:///x/nodes/3.xml", "3");
	named("nonsense", "nonsense");
	named("", "host");
	named("qemu://///", "host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_expands),
		cmocka_unit_test(test_holes), cmocka_unit_test(test_units), cmocka_unit_test(test_globs),
		cmocka_unit_test(test_globs_brute), cmocka_unit_test(test_uris)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

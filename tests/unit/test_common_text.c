/* Text: hostile bytes, cells, folding, order, ages. */
#include "common/buf.h"
#include "common/text.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

static void cleans(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{"db01a", "db01a"},
		{"名前 サーバ é Ω", "名前 サーバ é Ω"},
		{"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
		{"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
		{"\x7f\xc2\x9b" "31m", "\\x7f\\xc2\\x9b31m"},               /* DEL, C1 CSI */
		{"a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb"},                 /* U+202E */
		{"a\xe2\x81\xa6" "b", "a\\xe2\\x81\\xa6b"},                 /* U+2066 */
		{"a\xe2\x80\x8b" "b", "a\\xe2\\x80\\x8bb"},                 /* U+200B */
		{"\xef\xbb\xbf" "b", "\\xef\\xbb\\xbfb"},                   /* U+FEFF */
		{"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},                        /* U+2028 */
		{"\xee\x80\x80", "\\xee\\x80\\x80"},                        /* private use */
		{"\xcd\xb8", "\\xcd\\xb8"},                                 /* unassigned */
		{"\xe3\x85\xa4", "\\xe3\\x85\\xa4"},                        /* Hangul filler */
		{"x\xef\xb8\x8f", "x\\xef\\xb8\\x8f"},                      /* variation selector */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},                        /* surrogate */
		{"\xc0\xaf\xff", "\\xc0\\xaf\\xff"},                        /* overlong, never a byte of UTF-8 */
		{"a\xe5\x90", "a\\xe5\\x90"},                               /* ends in a character */
		{"back\\slash\\x1b", "back\\x5cslash\\x5cx1b"},
		{"e\xcc\x81", "e\xcc\x81"},                                 /* one mark is fine */
		{"\xcc\x81" "e", "\\xcc\\x81" "e"},                         /* without a base it would sit on our frame */
		{"\x01\xcc\x81", "\\x01\\xcc\\x81"},
		{"하ᅡᆫ", "하ᅡᆫ"},                                              /* a syllable in parts */
		{"\xe1\x85\xa1" "e", "\\xe1\\x85\\xa1" "e"},               /* a part without a syllable */
		{"eᅡᅡᅡᅡᅡ", "eᅡᅡᅡᅡ\\xe1\\x85\\xa1"},
		{"e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85", "e\xcc\x81\xcc\x82\xcc\x83\xcc\x84\\xcc\\x85"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[256], *dup = text_clean_dup(rows[i].in);
		size_t n = text_clean(out, sizeof out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(out, rows[i].out);
		assert_int_equal(n, strlen(rows[i].out));
		assert_string_equal(dup, rows[i].out);
		assert_true(text_is_clean(out));
		int same = !strcmp(rows[i].in, rows[i].out);
		assert_int_equal(text_is_clean(rows[i].in), same || strchr(rows[i].in, '\\') != NULL);
		free(dup);
	}
	char *none = text_clean_dup(NULL);
	assert_string_equal(none, "");
	free(none);
}

/* Two names that look alike would be two VMs that look alike. */
static void names_do_not_look_alike(void **state)
{
	static const struct { const char *in, *out; } rows[] = {
		{"", ""},
		{"db 01", "db 01"},
		{"名前　サーバ", "名前　サーバ"},
		{"db01 ", "db01\\x20"},
		{" db01", "\\x20" "db01"},
		{"db  01", "db\\x20 01"},
		{" ", "\\x20"},
		{"db01　", "db01\\xe3\\x80\\x80"},
		{"db\xc2\xa0" "01", "db\\xc2\\xa0" "01"},          /* no-break space */
		{"db\xe2\x80\x8a" "01", "db\\xe2\\x80\\x8a" "01"}, /* hair space */
		{"db\xe2\xa0\x80", "db\\xe2\\xa0\\x80"},           /* braille without dots */
		{"a\\x20\x1b", "a\\x5cx20\\x1b"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out = text_clean_name_dup(rows[i].in);
		assert_string_equal(out, rows[i].out);
		assert_true(text_is_clean(out));
		free(out);
	}
	/* As long as may be, and longer: each ends in the mark of the cut, and is clean before it. */
	static const char *const units[] = {"x", "\x1b", "棚", "e\xcc\x81", " y", "  "};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		for (size_t times = 60; times < 30000; times = times < 300 ? times + 1 : times * 10) {
			struct buf b = {0};
			for (size_t k = 0; k < times; k++)
				buf_str(&b, units[i]);
			buf_append(&b, "", 1);
			char *out = text_clean_name_dup(b.data), *mark = strstr(out, "\\x~");
			assert_true(strlen(out) <= TEXT_NAME_MAX);
			assert_true(!mark || (strlen(out) > TEXT_NAME_MAX - 16 && !mark[3]));
			if (mark)
				*mark = 0;
			else
				assert_true(times * strlen(units[i]) <= TEXT_NAME_MAX);
			assert_true(text_is_clean(out));
			free(out);
			buf_free(&b);
		}
	char *none = text_clean_name_dup(NULL);
	assert_string_equal(none, "");
	free(none);
}

static void nul_in_the_middle(void **state)
{
	char out[32];

	text_clean(out, sizeof out, "a\0b", 3);
	assert_string_equal(out, "a\\x00b");
}

/* \xNN back into bytes. */
static size_t undo(char *out, const char *s)
{
	size_t n = 0;

	while (*s) {
		if (*s == '\\') {
			assert_int_equal(s[1], 'x');
			char hex[3] = {s[2], s[3], 0};
			out[n++] = (char)strtoul(hex, NULL, 16);
			s += 4;
		} else {
			out[n++] = *s++;
		}
	}
	return n;
}

/* Any bytes: the result is clean, and says exactly what came in. */
static void is_reversible(void **state)
{
	static const char *const bits[] = {"\xcc\x81", "\xe2\x80\xae", "\\", "\\x41", "棚", "e", "\xe5", "\x1b"};
	unsigned seed = 3;

	for (int round = 0; round < 20000; round++) {
		char in[64], out[300], back[300];
		size_t n = 0, want = (size_t)(rand_r(&seed) % 40);
		while (n < want) {
			const char *b = bits[rand_r(&seed) % 8];
			if (rand_r(&seed) % 2) {
				memcpy(in + n, b, strlen(b));
				n += strlen(b);
			} else {
				in[n++] = (char)rand_r(&seed);
			}
		}
		size_t len = text_clean(out, sizeof out, in, n);
		assert_int_equal(len, strlen(out));
		assert_true(text_is_clean(out));
		assert_int_equal(undo(back, out), n);
		assert_memory_equal(back, in, n);
	}
}

static void cuts_with_a_mark(void **state)
{
	const char *in = "ab棚\x1b" "c棚defgh";

	for (size_t size = 1; size < 40; size++) {
		char *out = malloc(size); /* for the sanitizer's eye */
		size_t n = text_clean(out, size, in, strlen(in));
		assert_true(n < size && strlen(out) == n);
		if (size > strlen("ab棚\\x1bc棚defgh"))
			assert_string_equal(out, "ab棚\\x1bc棚defgh");
		else if (size >= 4)
			assert_string_equal(out + n - 3, "\\x~");
		else
			assert_int_equal(n, 0);
		if (size >= 4 && n >= 3) {
			out[n - 3] = 0;
			assert_true(text_is_clean(out));
		}
		free(out);
	}
	char ten[10];
	text_clean(ten, sizeof ten, "abcdefghij", 10);
	assert_string_equal(ten, "abcdef\\x~");
	text_clean(ten, sizeof ten, "abcdefghi", 9);
	assert_string_equal(ten, "abcdefghi");
}

static void measures_cells(void **state)
{
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("棚サーバ"), 8);
	assert_int_equal(text_width("e\xcc\x81x"), 2);
	assert_int_equal(text_width("\xff"), 1);
	/* A mark and a letter that the C library does not know are drawn as "?" each, and must count so. */
	static const char *const newer[] = {"\xf0\x91\xbc\xb6", "\xf0\xb1\x8d\x90"}; /* U+11F36, U+31350 */
	for (int i = 0; i < 2; i++) {
		wchar_t c;
		assert_int_equal(mbtowc(&c, newer[i], 4), 4);
		assert_int_equal(text_width(newer[i]), wcwidth(c) < 0 ? 1 : wcwidth(c));
	}
	assert_int_equal(text_width("│█●→Ωж°…"), 8);
	assert_int_equal(text_width("ｶﾅ"), 2);
	text_set_ambiguous(2);
	assert_int_equal(text_width("│█●→Ωж°…"), 16);
	assert_int_equal(text_width("abc棚ｶé"), 3 + 2 + 1 + 2); /* U+00E9 is ambiguous */
	assert_int_equal(text_width("ñ"), 1);
	text_set_ambiguous(1);
}

static void cuts_at_cells(void **state)
{
	int used;

	assert_int_equal(text_cut("abc", 2, &used), 2);
	assert_int_equal(used, 2);
	assert_int_equal(text_cut("棚棚", 3, &used), 3);
	assert_int_equal(used, 2);
	assert_int_equal(text_cut("e\xcc\x81x", 1, &used), 3); /* the mark stays with its base */
	assert_int_equal(used, 1);
	assert_int_equal(text_cut("abc", 9, &used), 3);
	assert_int_equal(text_cut("abc", 0, NULL), 0);
	assert_int_equal(text_cut("abc", -1, &used), 0);
}

static void fits_cells(void **state)
{
	static const struct { const char *s; int cells; const char *mark; bool right; const char *out; } rows[] = {
		{"abc", 5, "~", false, "abc  "}, {"abc", 5, "~", true, "  abc"}, {"abcdef", 4, "~", false, "abc~"},
		{"abcdef", 4, "", false, "abcd"}, {"abcdef", 6, "~", false, "abcdef"}, {"棚棚棚", 5, "~", false, "棚棚~"},
		{"棚棚棚", 4, "~", false, "棚~ "}, {"棚棚棚", 3, "", false, "棚 "}, {"abc", 0, "~", false, ""},
		{"abc", 1, "~", false, "~"}, {"棚", 1, "", false, " "}, {"abcdef", 3, "…", true, "ab…"},
		{"", 2, "~", true, "  "}, {"abc", 2, "long", false, "ab"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[64];
		text_fit(out, sizeof out, rows[i].s, rows[i].cells, rows[i].mark, rows[i].right);
		assert_string_equal(out, rows[i].out);
		assert_int_equal(text_width(out), rows[i].cells);
	}
	for (size_t size = 1; size < 12; size++) {
		char *out = malloc(size);
		text_fit(out, size, "棚棚棚", 5, "…", false);
		assert_true(strlen(out) < size);
		assert_true(text_is_clean(out));
		free(out);
	}
}

static void folds(void **state)
{
	static const struct { const char *a, *b; } rows[] = {
		{"DB01a", "db01a"}, {"ＤＢ０１", "db01"}, {"ｻｰﾊﾞ", "サーバ"}, {"Straße", "STRASSE"}, {"É", "e\xcc\x81"},
		{"", ""}, {"\xff" "A", "\xff" "a"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *a = text_fold(rows[i].a), *b = text_fold(rows[i].b);
		assert_string_equal(a, b);
		free(a);
		free(b);
	}
}

static void globs(void **state)
{
	static const struct { const char *pattern, *s; bool yes; } rows[] = {
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a2-*", "a2-13", true}, {"a2-*", "a3-13", false},
		{"*13", "a2-13", true}, {"*1*3*", "a2-113x", true}, {"?", "棚", true}, {"??", "棚", false}, {"?", "", false},
		{"a?c", "abc", true}, {"*ab", "aab", true}, {"*aab", "aaab", true}, {"**", "x", true}, {"a*b", "ab", true},
		{"a*b", "a", false}, {"*棚", "棚棚", true},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(text_glob(rows[i].pattern, rows[i].s), rows[i].yes);
	/* no pattern takes longer than its length times the text's */
	char s[2001], p[401];
	memset(s, 'a', 2000);
	s[2000] = 0;
	for (int i = 0; i < 400; i += 2)
		memcpy(p + i, "a*", 2);
	memcpy(p + 398, "b", 2);
	assert_false(text_glob(p, s));
}

static void natural_order(void **state)
{
	static const char *const sorted[] = {"", "-", "1", "2", "10", "010x", "a", "a1-1", "a2-2", "a2-9", "A2-10", "a2-10",
		"a2-10b", "a10-1", "b", "b99999999999999999999999998", "b99999999999999999999999999",
		"b100000000000000000000000000", "棚2", "棚10"};
	size_t n = sizeof sorted / sizeof *sorted;

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			int c = text_natural_cmp(sorted[i], sorted[j]);
			assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
		}
	}
	assert_true(text_natural_cmp("a01", "a1") != 0);
	assert_true(text_natural_cmp("a01", "a2") < 0);
}

static void natural_order_is_an_order(void **state)
{
	unsigned seed = 5;

	for (int round = 0; round < 50000; round++) {
		char s[3][6];
		for (int i = 0; i < 3; i++) {
			int n = rand_r(&seed) % 5;
			for (int j = 0; j < n; j++)
				s[i][j] = "0012aAb-"[rand_r(&seed) % 8];
			s[i][n] = 0;
		}
		int ab = text_natural_cmp(s[0], s[1]), bc = text_natural_cmp(s[1], s[2]), ac = text_natural_cmp(s[0], s[2]);
		int ba = text_natural_cmp(s[1], s[0]);
		assert_true((ab > 0) == (ba < 0) && (ab == 0) == (ba == 0));
		assert_true((ab == 0) == !strcmp(s[0], s[1]));
		if (ab <= 0 && bc <= 0)
			assert_true(ac <= 0);
	}
}

static void ages(void **state)
{
	static const struct { long long s; const char *out; } rows[] = {
		{-5, ""}, {0, ""}, {29, ""}, {30, "30 s"}, {39, "30 s"}, {59, "50 s"}, {60, "1 min"}, {119, "1 min"},
		{3599, "59 min"}, {3600, "1 h"}, {172799, "47 h"}, {172800, "2 d"}, {31536000, "365 d"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[16];
		text_age(out, sizeof out, rows[i].s);
		assert_string_equal(out, rows[i].out);
	}
	char small[3];
	text_age(small, sizeof small, 31536000);
	assert_string_equal(small, "36");
}

static void sizes(void **state)
{
	static const struct { unsigned long long kib; const char *out; } rows[] = {
		{0, "0 KiB"}, {512, "512 KiB"}, {1024, "1 MiB"}, {512 * 1024, "512 MiB"}, {4 * 1024 * 1024, "4 GiB"},
		{1536 * 1024, "1.5 GiB"}, {1024ull * 1024 * 1024 * 2, "2 TiB"}, {1023 * 1024 + 1000, "1 GiB"},
		{2047, "2 MiB"}, {~0ull, "16384 EiB"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[32];
		text_bytes_kib(out, sizeof out, rows[i].kib);
		assert_string_equal(out, rows[i].out);
	}
}

static void test_mend(void **state)
{
	static const char *const cases[][2] = {{"plain", "plain"}, {"\xe9\xa1\xa7\xe9\xa1", "\xe9\xa1\xa7"}, {"\xe9\xa1 x", " x"}, {"a\xf0\x9f\x98", "a"}, {"\xc3", ""}, {"", ""},
		{"\xe9\xe9\xa1\xa7", "\xe9\xa1\xa7"}, {"a\x80" "b", "a\x80" "b"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *copy = strdup(cases[i][0]);

		text_mend(copy);
		assert_string_equal(copy, cases[i][1]);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mend), cmocka_unit_test(cleans),          cmocka_unit_test(names_do_not_look_alike),
		cmocka_unit_test(nul_in_the_middle), cmocka_unit_test(is_reversible),
		cmocka_unit_test(cuts_with_a_mark), cmocka_unit_test(measures_cells),   cmocka_unit_test(cuts_at_cells),
		cmocka_unit_test(fits_cells),      cmocka_unit_test(folds),             cmocka_unit_test(globs),
		cmocka_unit_test(natural_order),   cmocka_unit_test(natural_order_is_an_order),
		cmocka_unit_test(ages),            cmocka_unit_test(sizes),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

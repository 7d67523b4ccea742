/* Snapshots as the console orders and words them: the tree, its lines, limits, what cannot be done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/buf.h"
#include "link/snaps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "a b<a c<a": names, and on which they stand. */
static json_t *answer(const char *words)
{
	json_t *list = json_array();
	char *copy = xstrdup(words), *save = NULL;
	int64_t at = 1775000000;

	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save), at += 60) {
		char *on = strchr(w, '<');

		if (on)
			*on++ = '\0';
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:s}", "id", w, "name", w, "parent", on ? on : "", "created", (json_int_t)at, "state", "kept"));
	}
	free(copy);
	return json_pack("{s:I, s:b, s:o}", "at", (json_int_t)at, "live", 1, "snapshots", list);
}

/* The rows with their lines, as ASCII draws them: a slash ends each. */
static void picture(const char *words, char *out, size_t size)
{
	json_t *j = answer(words);
	struct snaps s;
	size_t len = 0;

	snaps_read(&s, j);
	json_decref(j);
	out[0] = '\0';
	for (size_t i = 0; i < s.n; i++) {
		char tree[SNAPS_LEVELS * 8];

		snaps_tree(tree, sizeof tree, &s.list[i], TIER_ASCII);
		len += (size_t)snprintf(out + len, size - len, "%s%s/", tree, s.list[i].name);
	}
	snaps_clear(&s);
}

/* Names come cleaned: a sign that stands for another stays one. What did not fit the answer is counted. */
static void test_shown(void **state)
{
	json_t *j = json_pack("{s:[{s:s, s:s}, {s:s, s:s}], s:I}", "snapshots", "id", "a", "name", "a\\x5cb", "id", "b", "name", "x\033[1m",
		"more", (json_int_t)40);
	struct snaps s;

	snaps_read(&s, j);
	json_decref(j);
	assert_string_equal(s.list[0].name, "a\\x5cb");
	assert_string_equal(s.list[1].name, "x\\x1b[1m");
	assert_int_equal(s.hidden, 40);
	snaps_clear(&s);
}

static void test_tree(void **state)
{
	static const struct { const char *words, *want; } rows[] = {
		{"", ""},
		{"a", "a/"},
		/* A line of them stays a straight line, however long. */
		{"a b<a c<b d<c", "a/b/c/d/"},
		/* Branches leave it in order of date; the last child goes on below. */
		{"a b<a c<a", "a/+-b/c/"},
		{"a b<a c<b d<a e<d", "a/+-b/| c/d/e/"},
		{"a b<a c<a d<a", "a/+-b/+-c/d/"},
		{"a b<a c<b d<b e<a", "a/+-b/| +-c/| d/e/"},
		/* Trees of their own are held apart. */
		{"a b c<b", "+-a/+-b/  c/"},
		{"a b<a c", "+-a/| b/+-c/"},
		/* What stands on something that is not told stands alone; rings and selves are shown once each. */
		{"a b<gone", "+-a/+-b/"},
		{"a<a", "a/"},
		{"a<b b<a", "a/b/"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char out[256];

		picture(rows[i].words, out, sizeof out);
		assert_string_equal(out, rows[i].want);
	}
}

/* Every one is drawn once, what stands on another below it, however the tree is shaped. */
static void test_any_tree(void **state)
{
	srand(7);
	for (int round = 0; round < 300; round++) {
		json_t *list = json_array(), *j;
		int n = rand() % 60;
		bool seen[60] = {false};
		struct snaps s;

		for (int i = 0; i < n; i++) {
			char id[16], on[16] = "";

			snprintf(id, sizeof id, "s%d", i);
			if (rand() % 8)
				snprintf(on, sizeof on, "s%d", rand() % (round % 3 ? i + 1 : 60)); /* each third: rings too */
			json_array_append_new(list, json_pack("{s:s, s:s}", "id", id, "parent", on));
		}
		j = json_pack("{s:o}", "snapshots", list);
		snaps_read(&s, j);
		json_decref(j);
		assert_int_equal(s.n, n);
		for (size_t i = 0; i < s.n; i++) {
			char tree[SNAPS_LEVELS * 8];
			bool externals;
			int id = atoi(s.list[i].id + 1);

			assert_false(seen[id]);
			seen[id] = true;
			assert_true(s.list[i].parent < (int)i);
			assert_true(s.list[i].level < SNAPS_LEVELS);
			assert_int_equal(snaps_find(&s, s.list[i].id), i);
			assert_true(snaps_below(&s, i, &externals) < s.n);
			snaps_tree(tree, sizeof tree, &s.list[i], TIER_FULL);
		}
		snaps_clear(&s);
	}
}

static void test_deep(void **state)
{
	struct buf b = {0};
	char out[40000];

	/* A comb: each branch has a branch of its own. */
	buf_str(&b, "a0");
	for (int i = 1; i < 40; i++)
		buf_printf(&b, " a%d<a%d b%d<a%d", i, i - 1, i, i - 1);
	buf_append(&b, "", 1);
	picture(b.data, out, sizeof out);
	assert_non_null(strstr(out, "a39/"));
	assert_non_null(strstr(out, "b39/"));
	buf_free(&b);
	/* Thousands in a line take no stack. */
	buf_str(&b, "a0");
	for (int i = 1; i < 3000; i++)
		buf_printf(&b, " a%d<a%d", i, i - 1);
	buf_append(&b, "", 1);
	picture(b.data, out, sizeof out);
	assert_non_null(strstr(out, "/a2999/"));
	buf_free(&b);
}

static void test_below(void **state)
{
	json_t *j = answer("a b<a c<b d<a");
	struct snaps s;
	bool externals;

	json_object_set_new(json_array_get(json_object_get(j, "snapshots"), 2), "external", json_true());
	snaps_read(&s, j);
	json_decref(j);
	assert_int_equal(snaps_below(&s, snaps_find(&s, "a"), &externals), 3);
	assert_true(externals);
	assert_int_equal(snaps_below(&s, snaps_find(&s, "b"), &externals), 1);
	assert_true(externals);
	assert_int_equal(snaps_below(&s, snaps_find(&s, "d"), &externals), 0);
	assert_false(externals);
	snaps_clear(&s);
}

static void test_words(void **state)
{
	json_t *limits = json_loads("[{\"full\":false,\"words\":{\"msg\":\"x\",\"args\":{},\"text\":\"1 of 3 kept (this server)\"}},"
		"{\"full\":true,\"next\":1775000000,\"words\":{\"msg\":\"x\",\"args\":{},\"text\":\"4 of 4 taken per day\"}},"
		"{\"full\":true,\"until\":1775000000,\"ref\":\"ticket 7\",\"words\":{\"msg\":\"x\",\"args\":{},\"text\":\"space\"}},{\"words\":5},7]", 0, NULL);
	struct lines l = {0};
	struct snap row = {.memory = true};
	char full[256];

	assert_non_null(limits);
	snaps_limits(limits, &l);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.list[0].text, "1 of 3 kept (this server)");
	assert_int_equal(l.list[0].ink, INK_NORMAL);
	/* What is full says so by word, sign and ink. */
	assert_int_equal(l.list[1].ink, INK_WARN);
	assert_string_equal(l.list[1].head, "!");
	assert_non_null(strstr(l.list[1].text, "4 of 4 taken per day: full, next possible 2026-"));
	assert_non_null(strstr(l.list[2].text, "space: full  (changed until 2026-"));
	assert_non_null(strstr(l.list[2].text, "ticket 7"));
	lines_clear(&l);
	snaps_full(limits, full, sizeof full);
	assert_non_null(strstr(full, "4 of 4 taken per day: full, next possible 2026-"));
	json_array_remove(limits, 1);
	json_array_remove(limits, 1);
	snaps_full(limits, full, sizeof full);
	assert_string_equal(full, "");
	snaps_full(NULL, full, sizeof full);
	assert_string_equal(full, "");
	snaps_limits(NULL, &l);
	assert_int_equal(l.n, 0);
	json_decref(limits);
	assert_string_equal(snaps_kind(&row, false), "memory");
	row = (struct snap){.external = true};
	assert_string_equal(snaps_kind(&row, false), "disks, files of its own");
	row = (struct snap){0};
	assert_string_equal(snaps_kind(&row, false), "disks");
}

/* Whatever the broker sends, names are clean, and what makes no sense is no snapshot that can be relied on. */
static void test_hostile(void **state)
{
	static const char *const lines[] = {
		"{}", "[]", "{\"snapshots\":7}", "{\"snapshots\":[1,{},{\"id\":5,\"name\":[]},{\"id\":\"x\",\"name\":\"a\\u001b[2J\\r\\n\\u202e\",\"parent\":\"x\"}],\"can\":[],\"limits\":{}}",
	};
	char why[64];

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		json_t *j = json_loads(lines[i], 0, NULL);
		struct snaps s;

		assert_non_null(j);
		snaps_read(&s, j);
		json_decref(j);
		for (size_t n = 0; n < s.n; n++) {
			assert_null(strpbrk(s.list[n].name, "\033\r\n"));
			assert_false(s.list[n].kept);
		}
		snaps_why_not(&s, "create", why, sizeof why);
		assert_string_equal(why, "");
		snaps_clear(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_shown), cmocka_unit_test(test_tree), cmocka_unit_test(test_any_tree), cmocka_unit_test(test_deep), cmocka_unit_test(test_below),
		cmocka_unit_test(test_words), cmocka_unit_test(test_hostile)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

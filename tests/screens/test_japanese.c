/* The console in Japanese, as a person sees it on 80x24: characters of two cells in straight columns, cut at the cell, in views, dialogs and
 * help; and from one language to the other while it runs. Needs tana and tanad in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"

#include <stdio.h>
#include <string.h>

static const char *const japanese[] = {"LANGUAGE=ja", NULL};

/* Every row fills its cells: a wide character has its second half, none is cut in two, nothing stands beyond the edge; and the frames of
 * dialogs and racks are straight. */
static void straight(struct term *t)
{
	struct term_cell c, next;
	int y, x, top, left;

	for (y = 0; y < term_rows(t); y++) {
		for (x = 0; x < term_cols(t); x += c.width) {
			assert_true(term_cell(t, y, x, &c));
			if (c.width != 1 && c.width != 2)
				fail_with(t, "half a character", term_row(t, y));
			if (c.width == 2 && (!term_cell(t, y, x + 1, &next) || next.width != 0))
				fail_with(t, "a character cut in two", term_row(t, y));
			if (strstr(c.text, "\xef\xbf\xbd"))
				fail_with(t, "a broken character", term_row(t, y));
		}
		if (x != term_cols(t))
			fail_with(t, "not as wide as the screen", term_row(t, y));
	}
	if (!term_find(t, "┌", &top, &left))
		return;
	/* The right side of that box stands in one column down to its corner. */
	for (x = left; x < term_cols(t) && term_cell(t, top, x, &c) && strcmp(c.text, "┐") != 0;)
		x += c.width ? c.width : 1;
	for (y = top + 1; y < term_rows(t) && term_cell(t, y, x, &c) && strcmp(c.text, "┘") != 0; y++)
		if (strcmp(c.text, "│") != 0 && strcmp(c.text, "┤") != 0)
			fail_with(t, "the frame is not straight", term_row(t, y));
}

static void look(struct term *t, const char *regex)
{
	see(t, regex);
	term_quiet(t, 150, WAIT);
	straight(t);
}

/* In this row a column of that title begins where this text stands. */
static void under(struct term *t, const char *title, const char *text)
{
	int y, x, below, at;

	if (!term_find(t, title, &y, &x))
		fail_with(t, "no such title", title);
	if (!term_find(t, text, &below, &at))
		fail_with(t, "never seen", text);
	if (at != x)
		fail_with(t, "not under its title", text);
}

static void test_views(void **state)
{
	struct term *t = bed_start(80, 24, NULL, japanese, 0);

	see(t, SITE_HOSTS " ホスト");
	look(t, "ラック A .*ブレード32台");
	see(t, "Enter 開く");
	see_gone(t, "racks|Enter open");
	press(t, "Tab");
	look(t, "名前.*状態");
	under(t, "状態", "稼働中");
	under(t, "テナント", "acme ");
	see_gone(t, "STATE|running|テナン…|グレ…");
	/* A name of two-cell characters, whole and cut. */
	press(t, "/");
	term_type(t, "受注");
	press(t, "Enter");
	look(t, "acme-受注01");
	under(t, "状態", "稼働中");
	press(t, "Enter");
	look(t, "acme-受注01 +稼働中");
	press(t, "p");
	look(t, "強制電源オフ");
	see(t, "シャットダウン（OS経由）");
	press(t, "Down");
	press(t, "Enter");
	look(t, "続きを表示|中止（何も変更しません）");
	see(t, "電源を直ちに切ります");
	see(t, "処理は失われます（V10");
	press(t, "Esc");
	see_gone(t, "電源を直ちに切ります");
	press(t, "Esc");
	see_gone(t, "Enter 選択");
	press(t, "+");
	look(t, "スナップショット");
	press(t, "Esc");
	press(t, "?");
	look(t, "カーソル位置のスナップショットの操作");
	/* To English and back, while it runs. */
	press(t, "L");
	look(t, "what can be done with the snapshot");
	see_gone(t, "カーソル位置");
	press(t, "L");
	look(t, "カーソル位置のスナップショットの操作");
	term_end(t);
}

/* The other views and what they open; what is asked for proves that they are told in Japanese. */
static void test_further(void **state)
{
	static const struct { const char *key, *seen; } views[] = {
		{"5", "ホストが応答しません"}, {"a", "対応中にする"}, {"Esc", NULL}, {"6", "応答なし"}, {"7", "内部の異常"}, {"w", "を失った場合"}, {"Esc", NULL},
		{"8", "クォーラム"}, {"Enter", "これを失った場合:"}, {"Esc", NULL}, {"9", "割当率%"}, {"Enter", "空き"}, {"Esc", NULL}, {"0", "ブローカ起動"},
		{"H", "担当者のいないアラート"}, {"S", "一覧の列"}, {"Esc", NULL}, {"2", "名前.*状態"}, {"C", "常に先頭"}, {"Esc", NULL},
		{"f", "保存済みフィルタ"}, {"Esc", NULL}, {"3", "負荷%"}, {"t", "の経過観察"}, {"Esc", NULL}, {"g", "移動先"}, {"Esc", NULL},
	};
	struct term *t = bed_start(80, 24, NULL, japanese, 0);

	see(t, SITE_HOSTS " ホスト");
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
		press(t, views[i].key);
		if (!views[i].seen) {
			see(t, "\\? ヘルプ");
			continue;
		}
		see(t, views[i].seen);
		straight(t);
		term_resize(t, i % 2 ? 61 : 120, 36);
		see(t, views[i].seen);
		straight(t);
		term_resize(t, 80, 24);
	}
	term_end(t);
}

static void test_sizes(void **state)
{
	static const struct { int cols, rows; } sizes[] = {{200, 60}, {120, 36}, {61, 20}, {40, 12}, {21, 8}, {9, 4}, {2, 2}, {1, 1}, {80, 24}};
	struct term *t = bed_start(80, 24, NULL, japanese, 0);

	see(t, SITE_HOSTS " ホスト");
	press(t, "Tab");
	see(t, "名前.*状態");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		term_resize(t, sizes[i].cols, sizes[i].rows);
		term_quiet(t, 150, WAIT);
		assert_true(term_running(t));
		straight(t);
	}
	press(t, "p");
	look(t, "Enter 選択");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		term_resize(t, sizes[i].cols, sizes[i].rows);
		term_quiet(t, 150, WAIT);
		assert_true(term_running(t));
	}
	term_end(t);
}

static void test_no_utf8(void **state)
{
	struct term *t = bed_start(80, 24, NULL, (const char *const[]){"LANG=C", "LANGUAGE=ja", NULL}, 0);

	see(t, SITE_HOSTS " hosts");
	see(t, "this terminal's locale is not UTF-8: Japanese is shown in English");
	press(t, "?");
	see(t, "what can be done with it");
	press(t, "L");
	see(t, "This terminal cannot show the other language: it needs UTF-8.");
	term_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_views), cmocka_unit_test(test_further), cmocka_unit_test(test_sizes), cmocka_unit_test(test_no_utf8)};

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

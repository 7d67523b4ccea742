/* Themes: none is unreadable, on no number of colours; which one is taken when nobody chose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "term/palette.h"

#include <math.h>
#include <stdio.h>

/* How light a colour of 256 is, as WCAG 2 reckons it. */
static double lightness(int colour)
{
	static const unsigned char first[16][3] = {{0, 0, 0}, {205, 0, 0}, {0, 205, 0}, {205, 205, 0}, {0, 0, 238}, {205, 0, 205}, {0, 205, 205},
		{229, 229, 229}, {127, 127, 127}, {255, 0, 0}, {0, 255, 0}, {255, 255, 0}, {92, 92, 255}, {255, 0, 255}, {0, 255, 255}, {255, 255, 255}};
	static const int step[6] = {0, 95, 135, 175, 215, 255};
	static const double weight[3] = {0.2126, 0.7152, 0.0722};
	double sum = 0;

	for (int i = 0, part = 36; i < 3; i++, part /= 6) {
		double c = (colour < 16 ? first[colour][i] : colour < 232 ? step[(colour - 16) / part % 6] : 8 + 10 * (colour - 232)) / 255.0;

		sum += weight[i] * (c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
	}
	return sum;
}

static double contrast(int a, int b)
{
	double x = lightness(a), y = lightness(b);

	return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* Of 256 colours, on the ground that the theme is for. Blocks and borders are no letters. */
static void readable(enum theme t, int letters, int ground, double least)
{
	for (int i = 0; i < INK_COUNT; i++) {
		struct style s = palette_style(t, (enum ink)i, 256);
		double c = contrast(s.fg < 0 ? letters : s.fg, s.bg < 0 ? ground : s.bg);
		bool drawing = i == INK_LOAD || i == INK_LOAD_MANY || i == INK_LINE;

		if (c < (drawing ? 1.2 : least))
			fail_msg("%s: ink %d (%d on %d) has a contrast of %.1f", palette_theme_name(t), i, s.fg, s.bg, c);
		if (t == THEME_CONTRAST)
			assert_false(s.attr & STYLE_DIM);
	}
}

static void test_readable(void **state)
{
	readable(THEME_DARK, 252, 16, 4.3);
	readable(THEME_LIGHT, 16, 231, 4.5);
	readable(THEME_CONTRAST, 15, 0, 5.5);
}

/* What must be told apart is, in every theme and on every terminal: by a colour or by how it stands. */
static void test_apart(void **state)
{
	static const enum ink loud[] = {INK_NORMAL, INK_ALERT, INK_CURSOR, INK_FIELD};
	static const int colours[] = {0, 8, 16, 256};

	for (int t = 0; t < THEME_COUNT; t++)
		for (int c = 0; c < 4; c++) {
			for (int i = 0; i < 4; i++)
				for (int j = i + 1; j < 4; j++) {
					struct style a = palette_style((enum theme)t, loud[i], colours[c]), b = palette_style((enum theme)t, loud[j], colours[c]);

					assert_false(a.fg == b.fg && a.bg == b.bg && a.attr == b.attr);
				}
			for (int i = 0; i < INK_COUNT; i++) {
				struct style s = palette_style((enum theme)t, (enum ink)i, colours[c]);

				assert_true(s.fg < (colours[c] ? colours[c] : 1) && s.bg < (colours[c] ? colours[c] : 1));
				assert_false(s.fg >= 0 && s.fg == s.bg);
				if (t == THEME_MONO || colours[c] == 0)
					assert_true(s.fg == -1 && s.bg == -1);
			}
		}
}

static void test_choice(void **state)
{
	assert_int_equal(palette_theme(NULL, NULL, false), THEME_DARK);
	assert_int_equal(palette_theme("auto", "15;0", false), THEME_DARK);
	assert_int_equal(palette_theme("auto", "0;15", false), THEME_LIGHT);
	assert_int_equal(palette_theme("auto", "0;default;15", false), THEME_LIGHT);
	assert_int_equal(palette_theme("auto", "12;7", false), THEME_LIGHT);
	/* What is not sure is dark. */
	assert_int_equal(palette_theme("auto", "0;default", false), THEME_DARK);
	assert_int_equal(palette_theme("auto", "0;157", false), THEME_DARK);
	assert_int_equal(palette_theme("auto", "15", false), THEME_DARK);
	assert_int_equal(palette_theme("solarized", "", false), THEME_DARK);
	assert_int_equal(palette_theme("dark", "0;15", false), THEME_DARK);
	assert_int_equal(palette_theme("light", "15;0", false), THEME_LIGHT);
	assert_int_equal(palette_theme("contrast", NULL, false), THEME_CONTRAST);
	assert_int_equal(palette_theme("mono", NULL, false), THEME_MONO);
	assert_int_equal(palette_theme("light", "0;15", true), THEME_MONO);
	assert_int_equal(palette_ground(THEME_LIGHT, 256).bg, -1);
	assert_int_equal(palette_ground(THEME_CONTRAST, 256).bg, 0);
	assert_int_equal(palette_ground(THEME_CONTRAST, 0).bg, -1);
	assert_int_equal(palette_site(THEME_MONO, "red", 256).bg, -1);
	assert_int_equal(palette_site(THEME_DARK, "red", 256).bg, 124);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readable), cmocka_unit_test(test_apart), cmocka_unit_test(test_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

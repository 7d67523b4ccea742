/* What a terminal is by its name: what it is looked up as, its signs, its mouse, its pastes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "term/terminal.h"

#include <string.h>

static bool tries(const char *term, const char *name)
{
	const char *names[8];
	size_t n = terminal_names(term, names, 8);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static const char *first(const char *term)
{
	const char *names[8];

	return terminal_names(term, names, 8) > 0 ? names[0] : "";
}

static void test_names(void **state)
{
	static const char *const known[] = {"xterm", "xterm-256color", "xterm-mono", "tmux-256color", "screen", "screen-256color", "linux", "vt220", "rxvt-unicode",
		"rxvt-unicode-256color", "putty", "putty-256color", "teraterm", "dumb"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		assert_string_equal(first(known[i]), known[i]);
	/* What Debian's smallest terminfo lacks resembles something. */
	assert_true(tries("putty", "xterm"));
	assert_true(tries("putty-256color", "xterm-256color"));
	assert_true(tries("teraterm", "xterm"));
	assert_true(tries("rxvt-unicode-256color", "rxvt-unicode"));
	assert_true(tries("rxvt-unicode-256color", "xterm-256color"));
	assert_true(tries("rxvt-unicode", "rxvt"));
	assert_true(tries("tmux-256color", "tmux"));
	assert_true(tries("screen.xterm-256color", "xterm-256color"));
	assert_true(tries("nobody-knows-this", "vt100"));
	/* A dumb terminal is not taken for another. */
	assert_false(tries("dumb", "vt100"));
	assert_string_equal(first(""), "");
	assert_string_equal(first("../../etc/x"), "");
	assert_string_equal(first(".hidden"), "");
}

static void test_signs(void **state)
{
	assert_int_equal(terminal_tier("xterm-256color", true, 1), TIER_FULL);
	assert_int_equal(terminal_tier("tmux-256color", true, 1), TIER_FULL);
	assert_int_equal(terminal_tier("linux", true, 1), TIER_CP437);
	assert_int_equal(terminal_tier("linux-16color", true, 1), TIER_CP437);
	/* Where they would take two cells, or no UTF-8 gets through, there is one tier that always stands straight. */
	assert_int_equal(terminal_tier("xterm-256color", true, 2), TIER_ASCII);
	assert_int_equal(terminal_tier("xterm-256color", false, 1), TIER_ASCII);
	assert_int_equal(terminal_tier("linux", false, 1), TIER_ASCII);
	assert_int_equal(terminal_tier("vt220", false, 1), TIER_ASCII);
}

static void test_mouse(void **state)
{
	static const char *const with[] = {"xterm", "xterm-256color", "xterm-mono", "tmux-256color", "screen", "rxvt-unicode", "putty", "teraterm", "alacritty", "foot"};
	static const char *const without[] = {"linux", "vt100", "vt220", "vt102", "ansi", "cons25", ""};

	for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
		assert_true(terminal_has_mouse(with[i]));
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
		assert_false(terminal_has_mouse(without[i]));
		assert_false(terminal_pastes(without[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_signs), cmocka_unit_test(test_mouse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The line editor: what readline users press, on text of one, two and three bytes a character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/text.h"
#include "input.h"

#include <stdlib.h>
#include <string.h>

static enum input_result press(struct input *in, uint32_t code, unsigned mods)
{
	struct key k = {.code = code, .mods = mods};

	return input_key(in, &k);
}

static void type(struct input *in, const char *ascii)
{
	for (; *ascii; ascii++)
		press(in, (uint32_t)*ascii, 0);
}

static void test_typing(void **state)
{
	struct input in = {0};

	type(&in, "a2-12");
	assert_string_equal(in.text, "a2-12");
	assert_int_equal(press(&in, K_LEFT, 0), INPUT_MOVED);
	assert_int_equal(press(&in, 'x', 0), INPUT_CHANGED);
	assert_string_equal(in.text, "a2-1x2");
	press(&in, K_BACKSPACE, 0);
	press(&in, K_DELETE, 0);
	assert_string_equal(in.text, "a2-1");
	press(&in, CTRL_KEY('a'), 0);
	type(&in, ">");
	assert_string_equal(in.text, ">a2-1");
	press(&in, CTRL_KEY('e'), 0);
	type(&in, "<");
	assert_string_equal(in.text, ">a2-1<");
	assert_int_equal(press(&in, K_ENTER, 0), INPUT_NOT_MINE);
	assert_int_equal(press(&in, K_UP, 0), INPUT_NOT_MINE);
	assert_int_equal(press(&in, K_ESC, 0), INPUT_NOT_MINE);
}

static void test_words(void **state)
{
	struct input in = {0};

	input_set(&in, "state:running tenant:acme web");
	press(&in, CTRL_KEY('w'), 0);
	assert_string_equal(in.text, "state:running tenant:acme ");
	press(&in, CTRL_KEY('w'), 0);
	assert_string_equal(in.text, "state:running ");
	press(&in, CTRL_KEY('y'), 0);
	assert_string_equal(in.text, "state:running tenant:acme ");
	press(&in, 'b', K_ALT);
	press(&in, K_BACKSPACE, K_ALT);
	assert_string_equal(in.text, "state:running acme ");
	press(&in, CTRL_KEY('u'), 0);
	assert_string_equal(in.text, "acme ");
	press(&in, 'f', K_ALT);
	press(&in, CTRL_KEY('k'), 0);
	assert_string_equal(in.text, "acme");
	press(&in, K_HOME, 0);
	press(&in, K_RIGHT, K_CTRL);
	assert_int_equal(in.at, 4);
	press(&in, K_LEFT, K_CTRL);
	press(&in, 'd', K_ALT);
	assert_string_equal(in.text, "");
	assert_int_equal(press(&in, K_BACKSPACE, 0), INPUT_MOVED);
	assert_int_equal(press(&in, 'z', K_ALT), INPUT_NOT_MINE);
}

static void test_wide(void **state)
{
	struct input in = {0};

	press(&in, 0x9867, 0);
	press(&in, 0x5ba2, 0);
	press(&in, 0xe9, 0);
	assert_string_equal(in.text, "\xe9\xa1\xa7\xe5\xae\xa2\xc3\xa9");
	press(&in, K_LEFT, 0);
	press(&in, K_LEFT, 0);
	assert_int_equal(in.at, 3);
	press(&in, K_DELETE, 0);
	assert_string_equal(in.text, "\xe9\xa1\xa7\xc3\xa9");
	press(&in, K_BACKSPACE, 0);
	assert_string_equal(in.text, "\xc3\xa9");
	/* Where ASCII is asked for, full-width letters are typed as that. */
	input_set(&in, "");
	in.ascii = true;
	press(&in, 0xff41, 0);
	press(&in, 0xff12, 0);
	assert_string_equal(in.text, "a2");
	/* What would drive a terminal does not get in. */
	press(&in, 0x202e, 0);
	press(&in, 0x9b, 0);
	press(&in, 0x07, 0);
	assert_string_equal(in.text, "a2");
}

static void test_bounds(void **state)
{
	struct input in = {0};

	for (int i = 0; i < 2 * INPUT_MAX; i++)
		press(&in, i % 3 ? 'x' : 0x9867, 0);
	assert_true(in.len < INPUT_MAX);
	assert_int_equal(strlen(in.text), in.len);
	assert_true(text_is_clean(in.text));
	/* The line ends of a paste confirm nothing and type nothing. */
	input_set(&in, "");
	assert_int_equal(press(&in, 'a', K_PASTED), INPUT_CHANGED);
	assert_int_equal(press(&in, K_ENTER, K_PASTED), INPUT_MOVED);
	assert_string_equal(in.text, "a");
}

/* Any keys in any order: the text stays whole characters, the cursor between two of them. */
static void test_anything(void **state)
{
	static const uint32_t codes[] = {'a', ' ', ':', 0x9867, 0xe9, 0x1f600, K_LEFT, K_RIGHT, K_HOME, K_END, K_BACKSPACE, K_DELETE,
		CTRL_KEY('w'), CTRL_KEY('u'), CTRL_KEY('k'), CTRL_KEY('y'), CTRL_KEY('d'), 'b', 'f', 'd', 0x301};
	struct input in = {0};
	unsigned seed = 1;

	for (int i = 0; i < 200000; i++) {
		press(&in, codes[rand_r(&seed) % (int)(sizeof codes / sizeof codes[0])], rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 2 ? K_ALT : K_CTRL);
		assert_true(in.at <= in.len && in.len < INPUT_MAX && in.text[in.len] == '\0');
		assert_true(((unsigned char)in.text[in.at] & 0xc0) != 0x80);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing), cmocka_unit_test(test_words), cmocka_unit_test(test_wide), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The line editor: what readline users press, on text of one, two and three bytes a character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/text.h"
#include "term/input.h"

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
	assert_string_equal(in.text, "state:running tenant:acme web"); /* cut in one go, put back in one */
	press(&in, CTRL_KEY('w'), 0);
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

static void test_readline(void **state)
{
	struct input in = {0};

	/* Letters that change places, under the cursor and at the end; wide ones too, with their marks. */
	input_set(&in, "ab");
	press(&in, CTRL_KEY('t'), 0);
	assert_string_equal(in.text, "ba");
	press(&in, K_HOME, 0);
	assert_int_equal(press(&in, CTRL_KEY('t'), 0), INPUT_MOVED);
	input_set(&in, "e\xcc\x81\xe9\xa1\xa7");
	press(&in, CTRL_KEY('t'), 0);
	assert_string_equal(in.text, "\xe9\xa1\xa7" "e\xcc\x81");
	press(&in, K_BACKSPACE, 0); /* a letter goes with its marks */
	assert_string_equal(in.text, "\xe9\xa1\xa7");

	input_set(&in, "one TWO three");
	press(&in, CTRL_KEY('a'), 0);
	press(&in, 'u', K_ALT);
	press(&in, 'l', K_ALT);
	press(&in, 'c', K_ALT);
	assert_string_equal(in.text, "ONE two Three");

	/* What was cut, the newest and those before it. */
	press(&in, CTRL_KEY('w'), 0);
	press(&in, CTRL_KEY('a'), 0);
	press(&in, 'd', K_ALT);
	press(&in, CTRL_KEY('y'), 0);
	assert_string_equal(in.text, "ONE two ");
	press(&in, 'y', K_ALT);
	assert_string_equal(in.text, "Three two ");
	press(&in, 'y', K_ALT);
	assert_string_equal(in.text, "ONE two ");
	press(&in, K_END, 0);
	assert_int_equal(press(&in, 'y', K_ALT), INPUT_MOVED);

	/* Undo: a word typed in one go is one step, all the way back. */
	input_set(&in, "");
	type(&in, "web");
	press(&in, CTRL_KEY('a'), 0);
	type(&in, "!");
	press(&in, CTRL_KEY('k'), 0);
	assert_string_equal(in.text, "!");
	press(&in, CTRL_KEY('_'), 0);
	assert_string_equal(in.text, "!web");
	assert_int_equal(in.at, 1);
	press(&in, CTRL_KEY('_'), 0);
	assert_string_equal(in.text, "web");
	press(&in, CTRL_KEY('_'), 0);
	assert_string_equal(in.text, "");
	assert_int_equal(press(&in, CTRL_KEY('_'), 0), INPUT_MOVED);
}

static void paste(struct input *in, const char *text)
{
	for (; *text; text++)
		press(in, *text == '\n' ? K_ENTER : (uint32_t)*text, K_PASTED);
}

static void test_paste(void **state)
{
	struct input in = {0};

	paste(&in, "a2-12\n");
	assert_string_equal(in.text, "a2-12");
	type(&in, "x"); /* what is typed behind it follows at once */
	assert_string_equal(in.text, "a2-12x");
	input_set(&in, "");
	paste(&in, "\none\n\ntwo \nthree\n");
	assert_string_equal(in.text, "one two three");
	press(&in, CTRL_KEY('_'), 0);
	assert_string_equal(in.text, "");
	paste(&in, "a\x01\x17\x7f\x1f" "b");
	assert_string_equal(in.text, "ab");
}

/* Any keys in any order: the text stays whole characters, the cursor between two of them. */
static void test_anything(void **state)
{
	static const uint32_t codes[] = {'a', ' ', ':', 0x9867, 0xe9, 0x1f600, K_LEFT, K_RIGHT, K_HOME, K_END, K_BACKSPACE, K_DELETE,
		CTRL_KEY('w'), CTRL_KEY('u'), CTRL_KEY('k'), CTRL_KEY('y'), CTRL_KEY('d'), 'b', 'f', 'd', 0x301, CTRL_KEY('t'),
		CTRL_KEY('_'), 'y', 'u', 'l', 'c', K_ENTER};
	struct input in = {0};
	unsigned seed = 1;

	for (int i = 0; i < 200000; i++) {
		static const unsigned mods[] = {K_ALT, K_CTRL, K_PASTED};

		press(&in, codes[rand_r(&seed) % (int)(sizeof codes / sizeof codes[0])], rand_r(&seed) % 4 ? 0 : mods[rand_r(&seed) % 3]);
		assert_true(in.at <= in.len && in.len < INPUT_MAX && in.text[in.len] == '\0');
		assert_true(((unsigned char)in.text[in.at] & 0xc0) != 0x80);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_typing), cmocka_unit_test(test_words), cmocka_unit_test(test_wide), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_readline), cmocka_unit_test(test_paste), cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

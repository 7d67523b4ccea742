/* The key table: no key means two things in one place, and every row can be shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "keymap.h"

#include <string.h>

static void test_no_doubles(void **state)
{
	for (size_t i = 0; i < keymap_rows; i++)
		for (size_t j = i + 1; j < keymap_rows; j++)
			for (int a = 0; a < KEYMAP_KEYS; a++)
				for (int b = 0; b < KEYMAP_KEYS; b++)
					if (keymap[i].key[a] && keymap[i].key[a] == keymap[j].key[b] && keymap[i].where & keymap[j].where)
						fail_msg("%s and %s share a key", keymap[i].shown, keymap[j].shown);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < keymap_rows; i++) {
		char first[16];
		bool listed = false;

		assert_true(keymap[i].help && *keymap[i].help && *keymap[i].shown);
		assert_true(keymap_first(&keymap[i], first, sizeof first) > 0);
		assert_int_equal(keymap[i].label != NULL, keymap[i].rank > 0);
		assert_true(strlen(keymap[i].shown) < 20); /* as Help's first column takes it */
		for (const struct keymap_place *p = keymap_places; p->heading; p++)
			listed |= (keymap[i].where & p->where) != 0;
		assert_true(listed);
	}
}

static struct key key(uint32_t code, unsigned mods)
{
	return (struct key){.code = code, .mods = mods};
}

static void test_find(void **state)
{
	struct key k = key('q', 0);

	assert_int_equal(keymap_find(&k, WHERE_LIST)->command, CMD_BACK);
	assert_int_equal(keymap_find(&k, WHERE_DIALOG)->command, CMD_ESCAPE);
	k = key(0xff51, 0); /* full-width q */
	assert_int_equal(keymap_find(&k, WHERE_LIST)->command, CMD_BACK);
	k = key('q', K_ALT);
	assert_null(keymap_find(&k, WHERE_LIST));
	k = key('y', K_PASTED);
	assert_null(keymap_find(&k, WHERE_DIALOG));
	k = key(0x9867, 0);
	assert_null(keymap_find(&k, WHERE_LIST));
	/* tmux's and screen's own keys are left to them. */
	k = key(CTRL_KEY('a'), 0);
	assert_null(keymap_find(&k, WHERE_VIEWS | WHERE_DIALOG));
}

/* No single key does anything to a VM: the ones that act open a dialog, and there only y and Enter go on. */
static void test_acting_keys(void **state)
{
	for (size_t i = 0; i < keymap_rows; i++)
		if (keymap[i].command == CMD_YES)
			assert_int_equal(keymap[i].where, WHERE_DIALOG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_doubles), cmocka_unit_test(test_rows), cmocka_unit_test(test_find), cmocka_unit_test(test_acting_keys)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Keys that come faster than pictures, and other things that only storms did (storm.c): each of them ended a console once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"

#include <stdlib.h>

/* An enclosure, and keys in it before it was drawn. */
static void test_before_the_picture(void **state)
{
	struct term *t = console(80, 24);

	term_type(t, "1E\033[A\033[B\033[C\033[D");
	see(t, "A1");
	assert_true(term_running(t));
	type(t, "q");
	quit(t);
}

/* Nothing is found in Help: its end is its beginning. */
static void test_nothing_found(void **state)
{
	struct term *t = console(80, 24);

	press(t, "?");
	press(t, "/");
	type(t, "no key does this");
	see(t, "No key does that");
	press(t, "Enter");
	for (const char *const *k = (const char *const[]){"End", "PgDn", "Down", "Up", "Home", NULL}; *k; k++)
		press(t, *k);
	assert_true(term_shows(t, "No key does that"));
	quit(t);
}

/* A field does not swallow ^L: who types sees a spoilt screen as well. */
static void test_redraw(void **state)
{
	struct term *t = console(80, 24);
	uint64_t was;

	term_type(t, "2/");
	type(t, "acme");
	term_quiet(t, 200, WAIT);
	was = term_received(t);
	term_key(t, "C-l");
	assert_true(term_wait_bytes(t, was + 500, WAIT));
	see(t, "acme-db01a");
	press(t, "Esc");
	quit(t);
}

/* The wheel under the name of a filter that is being changed, and Enter. */
static void test_wheel_below_a_field(void **state)
{
	struct term *t = console(100, 40);

	term_type(t, "2/state:running");
	press(t, "C-s");
	type(t, "night");
	press(t, "Enter");
	press(t, "Enter");
	type(t, "S");
	see(t, "night +state:running");
	press(t, "End");
	press(t, "Enter");
	see(t, "Another name");
	for (int i = 0; i < 6; i++)
		term_click(t, 10, 10, 4);
	press(t, "C-u");
	type(t, "day");
	press(t, "Enter");
	see(t, "day +state:running");
	see_gone(t, "Another name");
	quit(t);
}

static int set_up(void **state)
{
	int failed = bed_set_up(state);

	setenv("XDG_CONFIG_HOME", bed_dir, 1); /* nobody's own settings */
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_the_picture), cmocka_unit_test(test_nothing_found), cmocka_unit_test(test_redraw),
		cmocka_unit_test(test_wheel_below_a_field),
	};

	return cmocka_run_group_tests(tests, set_up, bed_tear_down);
}

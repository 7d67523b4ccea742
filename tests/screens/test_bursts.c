/* Keys that come faster than pictures, and other things that only storms did (storm.c): each of them ended a console once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"

#include <stdio.h>
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

/* A hundred kilobytes pasted into a field are one change of it; and what comes in one write with a text finds it obeyed. */
static void test_paste_into_fields(void **state)
{
	struct term *t = console(100, 30);
	char *much = malloc(100001);

	assert_non_null(much);
	for (size_t i = 0; i < 100000; i++)
		much[i] = "state:running acme "[i % 19];
	much[100000] = '\0';
	press(t, "2");
	press(t, "/");
	term_paste(t, much);
	term_type(t, "\025acme-db01a");
	see(t, "acme-db01a");
	see(t, "1 VM|1 of ");
	term_type(t, "\025state:off\r");
	see(t, "state:off");
	see_gone(t, "running");
	press(t, "F");
	press(t, "g");
	term_paste(t, much);
	term_type(t, "\025acme-db01b\r");
	see_gone(t, "Go to");
	see(t, "› acme-db01b");
	free(much);
	quit(t);
}

/* A saved filter makes a text too long for a filter: it says so, and what was before stays. */
static void test_saved_too_long(void **state)
{
	struct term *t = console(100, 30);
	char text[300];

	term_type(t, "2/state:running");
	press(t, "C-s");
	type(t, "night");
	press(t, "Enter");
	press(t, "Enter");
	type(t, "F/");
	snprintf(text, sizeof text, "@night %0245d", 0);
	term_type(t, text);
	see(t, "a filter has at most");
	term_type(t, "\025acme-db01a");
	see(t, "1 of ");
	press(t, "Esc");
	quit(t);
}

/* Words pasted into a terminal that does not say so, with a y among them, where y alone would do it. */
static void test_yes_stands_alone(void **state)
{
	struct term *t = console(120, 36);

	press(t, "2");
	see(t, "^>. acme-db01a");
	press(t, "p");
	see(t, "Cancel, change nothing");
	for (int i = 0; i < 8 && !term_shows(t, "> Reboot"); i++)
		press(t, "Down");
	see(t, "> Reboot");
	press(t, "Enter");
	see(t, "Reboot now: press y");
	term_type(t, "my day");
	see(t, "y came together with other keys");
	assert_true(term_shows(t, "Reboot now: press y"));
	press(t, "y");
	see_gone(t, "press y");
	see(t, "reboot.*acme-db01a");
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
		cmocka_unit_test(test_wheel_below_a_field), cmocka_unit_test(test_paste_into_fields),
		cmocka_unit_test(test_saved_too_long), cmocka_unit_test(test_yes_stands_alone),
	};

	return cmocka_run_group_tests(tests, set_up, bed_tear_down);
}

/* What VMs do now, as a person sees it: columns of the list, the panes of a VM's page, its graphs, and a guest's screen; in colour, in
 * sixteen colours, in black and white and in ASCII. */
#include "bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void open_vm(struct term *t)
{
	press(t, "2");
	see(t, "VMs");
	press(t, "/");
	type(t, "name:globex-app01");
	press(t, "Enter");
	see(t, "^.. ?globex-app01");
	press(t, "Enter");
	see(t, "Made of");
}

static void test_list(void **state)
{
	struct term *t = console(120, 36);

	press(t, "2");
	see(t, "CPU %  MEM %");
	see(t, "[▁▂▃▄▅▆▇█] +[0-9]+  [▁▂▃▄▅▆▇█] +[0-9]+ ");
	/* Of what is not on the screen nothing is known; and sorting by it says why not, or goes on to the next column. */
	for (int i = 0; i < 16; i++) {
		press(t, "o");
		if (term_shows(t, "sorted by CPU"))
			fail_with(t, "sorted by", "CPU");
	}
	quit(t);
}

static void test_panes(void **state)
{
	struct term *t = console(120, 36);

	open_vm(t);
	see(t, "┌─ Now ─+ last 3 minutes, one mark 5 s ─┐┌─ Made of ─+┐");
	see(t, "┌─ Snapshots ─.*┐┌─ History ─+┐");
	see(t, "cpu +[▁▂▃▄▅▆▇█]+ [0-9]+ %");
	see(t, "memory +[▁▂▃▄▅▆▇█]+ [0-9.]+ of [0-9.]+ GiB");
	term_resize(t, 80, 24);
	see(t, "^ Now  last 3 minutes");
	see(t, "cpu +[▁▂▃▄▅▆▇█]+ [0-9]+ %");
	quit(t);
}

/* How many cells of the view have a colour of their own behind them. */
static int coloured(struct term *t, int cols, int rows, const char *sign)
{
	int n = 0;

	for (int y = 2; y < rows - 2; y++)
		for (int x = 0; x < cols; x++) {
			struct term_cell c;

			assert_true(term_cell(t, y, x, &c));
			n += c.bg != TERM_DEFAULT && (!sign || strcmp(c.text, sign) == 0);
		}
	return n;
}

static void test_screen(void **state)
{
	struct term *t = console(120, 36);

	open_vm(t);
	press(t, "v");
	see(t, "globex-app01  its screen at [0-9]+:[0-9]+:[0-9]+  to look at: no key reaches it");
	see(t, "screen of globex-app01");
	assert_in_range(coloured(t, 120, 36, "▀"), 100, 120 * 36);
	/* Nothing that is typed there does anything but leave. */
	press(t, "Down");
	press(t, "x");
	see(t, "its screen at");
	press(t, "q");
	see(t, "Made of");
	quit(t);
}

static void test_plain(void **state)
{
	struct term *t = bed_start(80, 24, "xterm-256color", (const char *const[]){"LANG=C", "NO_COLOR=1", NULL}, 0);
	int signs = 0;

	see(t, "Rack A");
	open_vm(t);
	see(t, "cpu +[0-9]+ [0-9]+ %");
	press(t, "v");
	see(t, "its screen at");
	assert_int_equal(coloured(t, 80, 24, NULL), 0);
	for (int y = 2; y < 22; y++)
		for (int x = 0; x < 80; x++) {
			struct term_cell c;

			assert_true(term_cell(t, y, x, &c));
			signs += strchr(".:-=+*#%@", c.text[0]) != NULL && c.text[0];
		}
	assert_in_range(signs, 100, 80 * 24);
	press(t, "q");
	see(t, "Made of");
	quit(t);
}

static void test_few_colours(void **state)
{
	struct term *t = bed_start(80, 24, "screen", NULL, 0);

	see(t, "Rack A");
	open_vm(t);
	press(t, "v");
	see(t, "its screen at");
	assert_in_range(coloured(t, 80, 24, " "), 100, 80 * 24);
	press(t, "q");
	quit(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_list), cmocka_unit_test(test_panes), cmocka_unit_test(test_screen),
		cmocka_unit_test(test_plain), cmocka_unit_test(test_few_colours) };

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

/* The console as a person sees it: the demonstration site through a terminal emulator, key by key. Needs tana and tanad in
 * $TANA_BUILD. One broker serves all tests; what a test changes it looks for itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "keymap.h"
#include "patience.h"

#include <ctype.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void to_vms(struct term *t)
{
	press(t, "Tab");
	see(t, SITE_VMS " VMs");
	see(t, "NAME.*STATE.*BLADE");
}

/* ---- racks ---- */

static void bracket(struct term *t, int *row, int *col)
{
	if (!term_find(t, "[", row, col))
		fail_with(t, "never seen", "the cursor");
}

/* Every bay of the floor is there with its count, in straight columns; returns how many. */
static int count_bays(struct term *t)
{
	int bays = 0;

	for (int y = 0; y < term_rows(t); y++) {
		const char *row = term_row(t, y);

		/* A line of bays: a border, then eight cells of a sign and a count. */
		if (!strstr(row, "│"))
			continue;
		for (int x = 2; x + 2 < term_cols(t) && x < 72; x++) {
			struct term_cell sign, one;

			if (!term_cell(t, y, x, &sign) || !term_cell(t, y, x + 2, &one))
				continue;
			if ((strncmp(sign.text, "\xe2\x96", 2) == 0 || strcmp(sign.text, "?") == 0) && isdigit((unsigned char)one.text[0]))
				bays++;
		}
	}
	return bays;
}

static void racks_at(int cols, int rows)
{
	struct term *t = console(cols, rows);
	int y, x, y2, x2;
	struct term_cell c;

	see(t, "tana.* racks");
	see(t, "Rack A");
	see(t, "Rack B");
	see(t, "A1");
	see(t, "B2");
	see(t, "1 host silent");
	see(t, "help *$");
	for (int i = 0; i < 200 && count_bays(t) != SITE_COUNTED; i++) /* a host may still count */
		term_run(t, 50);
	if (count_bays(t) != SITE_COUNTED) /* none of one without a host, and of one that nobody heard */
		fail_with(t, "not so many bays have a count", "62");
	/* Arrows walk the metal: right a bay, down a line, over the gap into the other rack, and back. */
	bracket(t, &y, &x);
	press(t, "Right");
	bracket(t, &y2, &x2);
	assert_int_equal(y2, y);
	assert_int_equal(x2, x + 4);
	press(t, "Down");
	bracket(t, &y2, &x2);
	assert_int_equal(y2, y + 2);
	assert_int_equal(x2, x + 4);
	see(t, "a1-10");
	for (int i = 0; i < 7; i++)
		press(t, "l");
	bracket(t, &y2, &x2);
	assert_true(x2 > x + 32);
	see(t, "b1-09");
	for (int i = 0; i < 20; i++)
		press(t, "h");
	bracket(t, &y2, &x2);
	assert_int_equal(x2, x);
	/* The cursor hides nothing: what stands between its brackets is the bay. */
	assert_true(term_cell(t, y2, x2 + 1, &c));
	assert_true(strncmp(c.text, "\xe2\x96", 2) == 0);
	/* To what is wrong, and what it is. */
	press(t, "n");
	see(t, "a2-07");
	see(t, "silent");
	see(t, "VMs not known");
	/* It shouts, white on red, over the whole cell; how many run there nobody knows. */
	assert_true(term_find(t, "[?  ]", &y, &x));
	assert_true(term_cell(t, y, x + 1, &c));
	assert_true(c.bg != TERM_DEFAULT);
	assert_true(term_cell(t, y, x + 3, &c));
	assert_true(c.bg != TERM_DEFAULT);
	press(t, "Enter");
	see(t, "rack A . A2 . a2-07");
	press(t, "Backspace");
	see(t, "Rack A");
	quit(t);
}

static void test_racks(void **state)
{
	racks_at(80, 24);
	racks_at(120, 36);
	racks_at(200, 60);
}

/* ---- lists ---- */

static void test_filter(void **state)
{
	struct term *t = console(120, 36);
	int y, x;

	to_vms(t);
	press(t, "/");
	see(t, "filter");
	type(t, "acme-db0");
	see(t, "18 of " SITE_VMS " VMs");
	for (int i = 4; i < 22; i++)
		assert_non_null(strstr(term_row(t, i), "acme-db0"));
	assert_null(strstr(term_screen(t), "globex"));
	press(t, "Esc");
	see(t, "^ " SITE_VMS " VMs");
	/* It stays, from view to view, and says where it cannot be obeyed. */
	press(t, "/");
	type(t, "tenant:acme state:off");
	press(t, "Enter");
	see(t, "filter tenant:acme state:off  [0-9]+ of " SITE_VMS " VMs");
	assert_false(term_find(t, "TENANT", &y, &x)); /* a column that is all the same gives its room away */
	press(t, "Tab");
	see(t, "there is no key tenant");
	press(t, "1");
	see(t, "[0-9]+ VMs on [0-9]+ blades"); /* in Racks it shows where they are */
	press(t, "2");
	press(t, "F");
	see(t, "^ " SITE_VMS " VMs");
	/* Half a term is an error shown in place, and the list stays. */
	press(t, "/");
	type(t, "stat:x");
	see(t, "there is no key stat");
	press(t, "C-g");
	see(t, "^ " SITE_VMS " VMs");
	quit(t);
}

static int column_of(struct term *t, const char *title)
{
	int y, x;

	assert_true(term_find(t, title, &y, &x));
	assert_int_equal(y, 3);
	return x;
}

/* Rows with Japanese names stand as straight as the others, and nothing is written over. */
static void test_columns(void **state)
{
	struct term *t = console(120, 36);
	int at[3], wide = 0;

	to_vms(t);
	press(t, "End");
	for (int page = 0; page < 3; page++) {
		at[0] = column_of(t, "STATE");
		at[1] = column_of(t, "GRADE");
		at[2] = column_of(t, "BLADE");
		for (int y = 4; y < 34; y++) {
			struct term_cell c;

			for (const char *p = term_row(t, y); *p; p++)
				wide += (unsigned char)*p >= 0xe3 && (unsigned char)*p <= 0xe9;
			for (int i = 0; i < 3; i++) {
				assert_true(term_cell(t, y, at[i], &c));
				if (!isalpha((unsigned char)c.text[0]))
					fail_with(t, "not straight", term_row(t, y));
				assert_true(term_cell(t, y, at[i] - 1, &c));
				assert_true(c.text[0] == ' ' || c.text[0] == '\0');
			}
		}
		press(t, page ? "PgUp" : "Home");
	}
	assert_true(wide > 0);
	quit(t);
}

static void test_sort_and_marks(void **state)
{
	struct term *t = console(120, 36);
	char first[256];

	to_vms(t);
	snprintf(first, sizeof first, "%s", term_row(t, 4));
	press(t, "O");
	see(t, "NAME ▼");
	assert_string_not_equal(first, term_row(t, 4));
	press(t, "o");
	see(t, "STATE ▲");
	press(t, "Space");
	press(t, "Space");
	see(t, "2 marked");
	see(t, "^\\*");
	press(t, "/");
	type(t, "zzz");
	see(t, "No VM matches");
	see(t, "2 of them not in this list");
	press(t, "Esc");
	press(t, "*");
	see(t, SITE_VMS " marked");
	press(t, "*");
	see_gone(t, "marked");
	quit(t);
}

/* ---- one VM, and acting on it ---- */

static void find_vm(struct term *t, const char *name)
{
	char want[128];

	press(t, "/");
	type(t, name);
	press(t, "Enter");
	snprintf(want, sizeof want, "[0-9]+ of " SITE_VMS " VMs");
	see(t, want);
	see(t, name);
}

static void test_vm(void **state)
{
	struct term *t = console(80, 24);

	to_vms(t);
	find_vm(t, "globex-app01");
	press(t, "Enter");
	see(t, "globex-app01");
	see(t, "Now");
	see(t, "Made of");
	see(t, "disk +vda");
	press(t, "End"); /* below the snapshots and what it is made of */
	see(t, "History");
	press(t, "e");
	see(t, "history of globex-app01");
	press(t, "Esc");
	press(t, "q");
	see(t, "NAME.*STATE");
	quit(t);
}

/* Opens the power menu on the VM under the cursor and chooses a line of it. */
static void choose(struct term *t, const char *line)
{
	char want[64];

	press(t, "p");
	see(t, "Cancel, change nothing");
	snprintf(want, sizeof want, "> %s", line);
	for (int i = 0; i < 8 && !term_shows(t, want); i++)
		press(t, "Down");
	see(t, want);
	press(t, "Enter");
}

static void test_power_off(void **state)
{
	struct term *t = console(80, 24);

	to_vms(t);
	find_vm(t, "hooli-www01");
	press(t, "Home");
	choose(t, "Power off");
	see(t, "Power off now: type hooli-www01");
	see(t, "> Cancel, change nothing"); /* the focus starts there */
	see(t, "tana --socket .* power-off");
	see(t, "--confirm +hooli-www01");
	see(t, "^>. hooli-www01 +running"); /* what it is about stays in sight */
	/* A wrong name does nothing. */
	press(t, "BackTab");
	type(t, "hooli-www02");
	press(t, "Enter");
	see(t, "That is not hooli-www01. Nothing was done.");
	/* Keys that mean something elsewhere are text here. */
	press(t, "C-u");
	type(t, "qjky?!");
	see(t, "type hooli-www01 +qjky\\?!");
	press(t, "C-u");
	/* The line end of a paste confirms nothing. */
	term_paste(t, "hooli-www01\r");
	see(t, "type hooli-www01 +hooli-www01");
	term_run(t, 300);
	see(t, "Cancel, change nothing");
	press(t, "Esc");
	press(t, "Esc");
	see(t, "^>. hooli-www01 +running");
	/* The right one does. */
	choose(t, "Power off");
	see(t, "type hooli-www01");
	type(t, "hooli-www01");
	press(t, "Enter");
	see_gone(t, "Cancel, change nothing");
	see(t, "^>. hooli-www01 +off");
	press(t, "J");
	see(t, "done +power off +hooli-www01");
	press(t, "Enter");
	see(t, "state +done");
	press(t, "Esc");
	press(t, "BackTab");
	press(t, "BackTab");
	see(t, "hooli-www01 +off");
	press(t, "e");
	see(t, "power off by .*");
	press(t, "Esc");
	/* And on again: nothing is lost, so Enter on its line is enough; on the first line it is not. */
	choose(t, "Power on");
	see(t, "> Cancel, change nothing");
	press(t, "Enter");
	see_gone(t, "Cancel, change nothing");
	term_run(t, 300);
	see(t, "^>. hooli-www01 +off");
	choose(t, "Power on");
	see(t, "  Power on now");
	press(t, "BackTab");
	press(t, "Enter");
	see(t, "^>. hooli-www01 +running");
	quit(t);
}

/* What cannot be done says why, and y is asked for where work is interrupted. */
static void test_menu(void **state)
{
	struct term *t = console(120, 36);

	to_vms(t);
	find_vm(t, "hooli-www02");
	press(t, "p");
	see(t, "Power on .*running");
	press(t, "Esc");
	see_gone(t, "Cancel, change nothing");
	choose(t, "Shut down");
	see(t, "Shut down now: press y");
	press(t, "Enter");
	see_gone(t, "press y");
	term_run(t, 300);
	see(t, "hooli-www02 +running");
	choose(t, "Reboot");
	see(t, "Reboot now: press y");
	press(t, "y");
	see_gone(t, "press y");
	see(t, "reboot.*hooli-www02");
	quit(t);
}

/* ---- help, frame, terminals ---- */

/* Every row of the key table stands in Help, but what a customer alone has (test_customer.c). */
static void test_help(void **state)
{
	struct term *t = console(110, 40); /* one column, and no sentence takes two rows */
	char *all = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&all, &len);

	press(t, "?");
	see(t, "Everywhere|Racks");
	for (int page = 0; page < 12; page++) {
		fputs(term_screen(t), f);
		press(t, "PgDn");
	}
	fclose(f);
	for (size_t i = 0; i < keymap_rows; i++)
		if (keymap[i].where != WHERE_SERVERS && (!strstr(all, keymap[i].help) || !strstr(all, keymap[i].shown)))
			fail_msg("help lacks: %s %s", keymap[i].shown, keymap[i].help);
	free(all);
	press(t, "Esc");
	see(t, "Rack A");
	quit(t);
}

/* The key line names what works here, and help always. */
static void test_key_line(void **state)
{
	static const int widths[] = {200, 120, 80, 60, 40, 20};

	for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
		struct term *t = bed_start(widths[i], 24, NULL, NULL, 0);

		see(t, "\\? help");
		assert_non_null(strstr(term_row(t, 23), "? help"));
		term_end(t);
	}
}

static void test_sizes(void **state)
{
	static const int sizes[][2] = {{120, 36}, {40, 10}, {20, 5}, {10, 3}, {5, 2}, {1, 1}, {3, 40}, {300, 1}, {1, 60}, {200, 60}};
	static const char *const keys[] = {"Tab", "Down", "Enter", "p", "Down", "Esc", "Esc", "?", "PgDn", "Esc", "Tab", "/", "x", "Esc"};
	struct term *t = console(80, 24);
	char *before = strdup(term_screen(t));

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		term_resize(t, sizes[i][0], sizes[i][1]);
		term_quiet(t, 60, 3000);
		assert_true(term_running(t));
	}
	/* A storm of sizes, with keys in every view while it blows. */
	for (int i = 0; i < 200; i++) {
		term_resize(t, 1 + i * 37 % 130, 1 + i * 11 % 40);
		term_key(t, keys[i % (int)(sizeof keys / sizeof keys[0])]);
		term_run(t, 5);
		assert_true(term_running(t));
	}
	term_resize(t, 80, 24);
	for (int i = 0; i < 8; i++)
		press(t, "Esc");
	press(t, "F");
	press(t, "1"); /* wherever the storm left it */
	see(t, "Rack A");
	press(t, "Home");
	see(t, "Rack A");
	term_quiet(t, 200, 3000);
	/* The same picture as at first, but for the clock. */
	if (strcmp(strchr(before, '\n'), strchr(term_screen(t), '\n')) != 0)
		fail_with(t, "not the same as at first", before);
	free(before);
	quit(t);
}

static void expect_no_colour(struct term *t)
{
	bool loud = false;

	for (int y = 0; y < term_rows(t); y++)
		for (int x = 0; x < term_cols(t); x++) {
			struct term_cell c;

			assert_true(term_cell(t, y, x, &c));
			assert_true(c.fg == TERM_DEFAULT && c.bg == TERM_DEFAULT);
			loud |= y > 1 && strcmp(c.text, "?") == 0 && c.reverse && c.bold;
		}
	assert_true(loud); /* the silent host stands out all the same */
}

static void test_mono(void **state)
{
	struct term *t = bed_start(80, 24, "xterm-mono", NULL, 0);

	see(t, SITE_HOSTS " hosts");
	see(t, "1 host silent");
	term_quiet(t, 200, WAIT);
	expect_no_colour(t);
	quit(t);
	t = bed_start(80, 24, NULL, (const char *const[]){"NO_COLOR=1", NULL}, 0);
	see(t, "1 host silent");
	see(t, SITE_HOSTS " hosts");
	term_quiet(t, 200, WAIT);
	expect_no_colour(t);
	quit(t);
}

static void expect_ascii(struct term *t)
{
	for (const char *p = term_screen(t); *p; p++)
		if ((unsigned char)*p >= 0x80)
			fail_with(t, "not ASCII", term_screen(t));
}

static void test_ascii(void **state)
{
	struct term *t = bed_start(80, 24, NULL, (const char *const[]){"LANG=C", NULL}, 0);

	see(t, SITE_HOSTS " hosts");
	see(t, "\\+- Rack A -+");
	expect_ascii(t);
	to_vms(t);
	press(t, "/");
	type(t, "hooli");
	press(t, "Enter");
	press(t, "End");
	expect_ascii(t);
	quit(t);
	/* A terminal that draws such characters in two cells is asked, answers, and gets none. */
	t = bed_start(80, 24, NULL, NULL, 2);
	see(t, SITE_HOSTS " hosts");
	see(t, "\\+- Rack A -+");
	quit(t);
	/* One that never answers is taken at its locale's word, soon. */
	{
		struct term_options o = {.cols = 80, .rows = 24, .mute = true};

		t = term_start((const char *const[]){bed_tana, "--socket", bed_sock, NULL}, &o);
		see(t, "┌─ Rack A");
		quit(t);
	}
	/* The Linux console's font has lines and half blocks. */
	t = bed_start(80, 24, "linux", NULL, 0);
	see(t, "┌─ Rack A");
	assert_null(strstr(term_screen(t), "▆"));
	assert_null(strstr(term_screen(t), "●"));
	quit(t);
}

static void test_terminals(void **state)
{
	static const char *const names[] = {"xterm", "xterm-256color", "screen", "tmux-256color", "vt220", "vt100", "linux", "rxvt"};
	struct term *t;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		t = bed_start(80, 24, names[i], NULL, 0);
		see(t, SITE_HOSTS " hosts");
		see(t, "Rack B");
		press(t, "Tab");
		see(t, "NAME");
		press(t, "Down");
		term_end(t);
	}
	/* What terminfo does not know is drawn as what it resembles, and said. */
	t = bed_start(80, 24, "xterm-newest-of-all", NULL, 0);
	see(t, "TERM=xterm-newest-of-all is not known here: drawing as on xterm");
	see(t, "Rack B");
	quit(t);
	t = bed_start(80, 24, "fantasy", NULL, 0);
	see(t, "drawing as on vt100");
	quit(t);
	/* What cannot place a cursor is refused in one line. */
	t = bed_start(80, 24, "dumb", NULL, 0);
	assert_int_equal(term_wait_exit(t, WAIT), 2);
	see(t, "TERM=dumb");
	see(t, "tana list vms");
	term_end(t);
	t = bed_start(80, 24, "../../../tmp/x", NULL, 0);
	assert_int_equal(term_wait_exit(t, WAIT), 2);
	term_end(t);
}

/* ---- what is sent, and the end ---- */

/* What a key costs, when nothing else happens beside it. */
static void costs(struct term *t, const char *key, uint64_t most)
{
	uint64_t before, bytes = 0;

	for (int i = 0; i < 6 && (bytes == 0 || bytes > most); i++) {
		term_quiet(t, 400, WAIT);
		before = term_received(t);
		press(t, key);
		bytes = term_received(t) - before;
	}
	assert_in_range(bytes, 1, most);
}

static void test_bytes(void **state)
{
	struct term *t = console(80, 24);
	uint64_t before, bytes = UINT64_MAX;

	press(t, "Right");
	costs(t, "Right", 210);
	costs(t, "Down", 210);
	to_vms(t);
	press(t, "Down");
	costs(t, "Down", 199);
	costs(t, "Up", 199);
	/* A screen on which nothing happens sends nothing; the clock alone may have moved. */
	for (int i = 0; i < 3 && bytes > 60; i++) {
		term_quiet(t, 1000, WAIT);
		before = term_received(t);
		term_run(t, 3000);
		bytes = term_received(t) - before;
	}
	assert_in_range(bytes, 0, 60);
	quit(t);
}

static void test_leaving(void **state)
{
	static const int signals[] = {SIGTERM, SIGHUP, SIGINT};
	int y, x;
	bool visible;

	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		struct term *t = console(80, 24);

		assert_true(term_alternate(t));
		assert_true(term_pastes(t));
		kill(term_pid(t), signals[i]);
		assert_int_equal(term_wait_exit(t, WAIT), 0);
		assert_false(term_alternate(t));
		assert_false(term_pastes(t));
		term_cursor(t, &y, &x, &visible);
		assert_true(visible);
		term_end(t);
	}
	{ /* a crash leaves the terminal usable too */
		struct term *t = console(80, 24);

#if !SANITIZED /* which has handlers of its own */
		kill(term_pid(t), SIGSEGV);
		assert_int_equal(term_wait_exit(t, WAIT), 128 + SIGSEGV);
		assert_false(term_alternate(t));
#endif
		term_end(t);
	}
	{ /* q and Esc leave level by level, and no further than the first view */
		struct term *t = console(80, 24);

		press(t, "Enter");
		see(t, "NAME.*STATE");
		press(t, "q");
		see(t, "Rack A");
		press(t, "Enter");
		see(t, "NAME.*STATE");
		press(t, "Esc");
		see(t, "Rack A");
		press(t, "Esc");
		press(t, "q");
		see(t, "Q quits");
		quit(t);
	}
}

/* ---- the broker goes, and comes back ---- */

static void test_broker_lost(void **state)
{
	struct term *t = console(80, 24), *late;

	to_vms(t);
	kill(bed_broker, SIGKILL);
	waitpid(bed_broker, NULL, 0);
	see(t, "broker lost.*, trying again");
	see(t, "was running");
	see_gone(t, "acme-db01a +running");
	/* Every key still answers. */
	press(t, "Down");
	press(t, "Enter");
	see(t, "Now");
	press(t, "Esc");
	press(t, "p");
	see(t, "the broker is not there now");
	press(t, "Esc");
	press(t, "BackTab");
	see(t, "Rack A");
	/* Who comes now is told what is missing and what to type, and waits for it too. */
	late = bed_start(80, 24, NULL, NULL, 0);
	see(late, "no broker, trying again");
	see(late, "no broker listens at ");
	see(late, "start one with `tana demo`");
	bed_start_broker();
	see(late, SITE_HOSTS " hosts");
	quit(late);
	see_gone(t, "broker lost");
	see(t, SITE_HOSTS " hosts");
	press(t, "Tab");
	see(t, "acme-db01a +running");
	see_gone(t, "was running");
	quit(t);
}

/* The demonstration, as somebody meets it first: its broker is its own and goes with it. */
static void test_demo(void **state)
{
	struct term_options o = {.cols = 120, .rows = 36};
	struct term *t = term_start((const char *const[]){bed_tana, "demo", NULL}, &o);

	see(t, "Rack A");
	see(t, "Rack B");
	see(t, "[1-9][0-9]/6[0-9] hosts");
	see(t, "7[0-9][0-9] VMs");
	quit(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_demo), cmocka_unit_test(test_racks), cmocka_unit_test(test_filter), cmocka_unit_test(test_columns),
		cmocka_unit_test(test_sort_and_marks), cmocka_unit_test(test_vm), cmocka_unit_test(test_power_off), cmocka_unit_test(test_menu),
		cmocka_unit_test(test_help), cmocka_unit_test(test_key_line), cmocka_unit_test(test_sizes), cmocka_unit_test(test_mono),
		cmocka_unit_test(test_ascii), cmocka_unit_test(test_terminals), cmocka_unit_test(test_bytes), cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_broker_lost),
	};

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

/* The metal as a person sees it, on a scripted broker: blades in every state, an enclosure's front, and the way from a failed blade to its
 * power. Needs tana, tanad and tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct term *metal(int cols, int rows, const char *const *env)
{
	struct term *t;

	start_peer("operator", "metal");
	t = peer_console(cols, rows, env);
	see(t, "34/40 hosts");
	return t;
}

/* ---- racks ---- */

static void test_racks(void **state)
{
	struct term *t = metal(80, 24, NULL);
	struct term_cell c;
	int y, x;

	/* The metal as it stands: by rows, by columns, two in one slot. */
	see(t, "│\\[▅ 5\\]·   -   s   x   ~   ~   ! 4  │ │ ▂ 4 ▂ 4 ▂ 4");
	see(t, "│ ! 2 ! 5 \\?   ! 3 █ 9 ~ 2 ! 1");
	see(t, "1A  3A  5A");
	see(t, "2B  4B  6B");
	see(t, "B1  manager silent 1[1-9] min");
	see(t, "A2  ! Fan 7 failed"); /* what is wrong by name, and one quiet word where nothing is */
	see(t, "A1  hp-oa live");
	see(t, "B2  ibm-amm live");
	see(t, "2 hosts silent .* 2 blades down");
	/* What hurts shouts; off, spare, another's do not. */
	assert_true(term_find(t, "! 5", &y, &x));
	assert_true(term_cell(t, y, x, &c));
	assert_true(c.bg != TERM_DEFAULT);
	assert_true(term_find(t, "s   x", &y, &x));
	assert_true(term_cell(t, y, x, &c) && c.bg == TERM_DEFAULT);
	/* Off, and what was off when its manager was last heard. */
	press(t, "Right");
	see(t, "^ a2-02 +off 2 h");
	see_gone(t, "silent 1[4-9] min");
	press(t, "Down");
	see(t, "^ a2-10 +silent 1[4-9] min +6 VMs, 5 were running");
	see(t, "^ manager: on, now; host: silent for 1[4-9] min  CZJ0310B0A");
	for (int i = 0; i < 12 && !term_shows(t, "^ b1-02"); i++)
		press(t, "n");
	see(t, "^ b1-02 +was off");
	see(t, "^ manager: was off, 1[1-9] min ago; host: silent for 1[4-9] min");
	leave(t);
}

static void test_looks(void **state)
{
	struct term *t = metal(80, 24, (const char *const[]){"LANG=C", NULL});

	see(t, "\\.   -   s   x   ~   ~   ! 4");
	press(t, "E");
	see(t, "failed");
	for (const char *p = term_screen(t); *p; p++)
		if ((unsigned char)*p >= 0x80)
			fail_with(t, "not ASCII", term_screen(t));
	leave(t);
	t = metal(80, 24, (const char *const[]){"NO_COLOR=1", NULL});
	press(t, "E");
	see(t, "failed");
	for (int y = 0; y < term_rows(t); y++)
		for (int x = 0; x < term_cols(t); x++) {
			struct term_cell c;

			assert_true(term_cell(t, y, x, &c));
			assert_true(c.fg == TERM_DEFAULT && c.bg == TERM_DEFAULT);
		}
	leave(t);
}

/* ---- the enclosure ---- */

static void enclosure_at(int cols, int rows)
{
	struct term *t = metal(cols, rows, NULL);

	press(t, "E");
	see(t, "rack A › A2");
	see(t, "^ A2  manager live  15 blades  5 live  3 off or spare");
	see(t, "\\[a2-01 +\\]a2-02 +a2-03 +a2-04");
	see(t, "live +\\]off +no bl.* spare +owner's");
	see(t, "oa1.example.net +active +up");
	see(t, "oa2.example.net +standby");
	see(t, "fans +! 7: failed");
	see(t, "title +東京1号");
	see(t, "empty"); /* the bay that the site file leaves free */
	press(t, "Right");
	press(t, "Down");
	see(t, "manager: on, now; host: silent");
	see(t, "\\[a2-10 +\\]");
	/* Its manager is asked. */
	press(t, "R");
	see(t, "asking the manager of A2");
	see_asked("\"execute\":\"refresh\"");
	see_asked("\"object\":\"enclosure:A2\"");
	press(t, "Enter");
	see(t, "rack A › A2 › a2-10");
	see(t, "room +2 more V20, or 5 more V10");
	see(t, "顧客管理01");
	press(t, "E"); /* and the way back to the metal */
	see(t, "\\[a2-10 +\\]");
	/* Smaller and smaller: it lives, and comes back as it was. */
	term_resize(t, 40, 12);
	see(t, "\\[! 5\\]");
	term_resize(t, 20, 5);
	term_resize(t, 1, 1);
	term_resize(t, cols, rows);
	see(t, "\\[a2-10 +\\]");
	leave(t);
}

static void test_enclosure(void **state)
{
	enclosure_at(80, 24);
	enclosure_at(120, 36);
	enclosure_at(200, 60);
}

/* A manager that does not answer says so, with its age, and what it last said is not what is. */
static void test_silent_manager(void **state)
{
	struct term *t = metal(80, 24, NULL);

	for (int i = 0; i < 12 && !term_shows(t, "^ b1-02"); i++)
		press(t, "n");
	press(t, "E");
	see(t, "B1   manager silent 1[1-9] min ");
	see(t, "why +oa1.example.net does not +as last|as last heard, 1[1-9] min ago");
	see(t, "health +OK, when it was last heard");
	leave(t);
}

/* ---- acting ---- */

static int keys;

static void key(struct term *t, const char *name)
{
	keys++;
	press(t, name);
}

/* From the cursor on a blade that is down: what was on it, its power, and the job: six keys or fewer, at 80x24. */
static void test_way(void **state)
{
	struct term *t = metal(80, 24, NULL);

	press(t, "Right");
	see(t, "^ a2-02 +off");
	keys = 0;
	key(t, "Enter");
	see(t, "rack A › A2 › a2-02");
	see(t, "power +off");
	key(t, "P");
	see(t, "> Power on");
	key(t, "Enter");
	see(t, "> Cancel, change nothing"); /* the focus starts there */
	key(t, "Up");
	key(t, "Enter");
	see(t, "job 000003  power on a2-02 by sato"); /* followed without another key */
	see(t, "powering on");
	kill(peer, SIGUSR2);
	see(t, "power on a2-02: done, its manager says so");
	assert_in_range(keys, 1, 6);
	see(t, "power +on");
	leave(t);
}

static void test_power_off(void **state)
{
	struct term *t = metal(80, 24, NULL);

	press(t, "Right");
	press(t, "Down");
	press(t, "p");
	see(t, "blade a2-10");
	see(t, "Power on +it is on already");
	go_to(t, "Power off");
	press(t, "Enter");
	see(t, "Power off blade a2-10.*rack A, A2, bay 10, CZJ0310B0A");
	see(t, "> Cancel, change nothing");
	see(t, "!  pair db01a/db01b: both halves are here");
	see(t, "\\[! 5\\]"); /* what it is about stays in sight */
	go_to(t, "Show the 6 VMs");
	press(t, "Enter");
	see(t, "顧客管理01  last seen running  acme");
	press(t, "Esc"); /* back to what it does, and no further */
	see(t, "pair db01a");
	go_to(t, "Shut the VMs down first, then the blade");
	press(t, "Enter");
	see(t, "Shut down blade a2-10");
	see(t, "Shut down now: press y");
	see_asked("\"vms-first\":\"yes\"");
	go_to(t, "Show the 6 VMs");
	press(t, "Enter");
	see(t, "1 +db01a  shut down");
	see(t, "2 +web-113  shut down");
	press(t, "Esc");
	press(t, "Esc");
	see(t, "> Shut down");
	go_to(t, "Power off");
	press(t, "Enter");
	see(t, "type a2-10");
	type(t, "a2-1");
	press(t, "Enter");
	see(t, "That is not a2-10. Nothing was done.");
	type(t, "0");
	press(t, "Enter");
	see_gone(t, "Nothing was done");
	see(t, "^ a2-10 +powering off by sato");
	see(t, "\\[~ 5\\]");
	kill(peer, SIGUSR2);
	see(t, "^ a2-10 +off");
	see(t, "power off a2-10: done");
	leave(t);
}

/* Another's blade needs their word and a reason; one that may be another blade needs a pair. */
static void test_refused(void **state)
{
	struct term *t = metal(120, 36, NULL);

	for (int i = 0; i < 4; i++)
		press(t, "Right");
	see(t, "globex, who drives it");
	press(t, "p");
	go_to(t, "Power off");
	press(t, "Enter");
	see(t, "x  a2-05 is driven by globex");
	see_gone(t, "type a2-05");
	go_to(t, "Its owner agreed; that needs a reason");
	press(t, "Enter");
	see(t, "Reason, which this needs:");
	see_asked("\"consent\":\"yes\"");
	type(t, "a2-05");
	press(t, "Enter");
	see(t, "This needs a reason");
	press(t, "Esc");
	see(t, "> Shut down");
	press(t, "Esc");
	see_gone(t, "> Shut down");
	for (int i = 0; i < 2; i++)
		press(t, "Right");
	press(t, "Down");
	see(t, "host says CZJ0310B0F, bay says");
	press(t, "a");
	see(t, "Locate light on");
	see(t, "Locate light off +its light is off already");
	see(t, "Pair with its bay");
	go_to(t, "Reset");
	press(t, "Enter");
	see(t, "x  a2-15: its manager says that serial CZJ0310B99");
	go_to(t, "Make place and blade a pair, then come back");
	press(t, "Enter");
	see(t, "Pair blade a2-15 with its bay");
	see(t, "Pair with its bay now: press y");
	press(t, "Esc");
	see(t, "> Shut down");
	go_to(t, "Locate light on");
	press(t, "Enter");
	see(t, "Locate light on: blade a2-15");
	press(t, "Up");
	press(t, "Enter"); /* nothing is lost: Enter is enough */
	see(t, "job 000003  locate light on a2-15");
	kill(peer, SIGUSR2);
	see(t, "locate light on a2-15: done");
	leave(t);
}

/* In the view of a blade p is for the VM under the cursor; where there is none, for the blade. */
static void test_whose(void **state)
{
	struct term *t = metal(120, 36, NULL);

	press(t, "Right");
	press(t, "Down");
	press(t, "Enter");
	see(t, "db01a +was running");
	press(t, "p");
	see(t, "┌─ db01a");
	press(t, "Esc");
	press(t, "B");
	see(t, "┌─ blade a2-10");
	see(t, "Locate light on");
	press(t, "Esc");
	press(t, "Esc");
	press(t, "3");
	see(t, "NAME.*HOST.*POWER");
	press(t, "/");
	type(t, "!a1 !b2");
	see(t, "a2-12 +off +off");
	see(t, "b1-03 +silent +was on");
	see(t, "a2-14 +shutting down +on .*in use by suzuki");
	press(t, "C-u");
	type(t, "power:off");
	press(t, "Enter");
	see(t, "a2-09");
	see_gone(t, "b1-02"); /* power: matches what is so now */
	press(t, "p");
	see(t, "┌─ blade a2-02");
	press(t, "Esc");
	/* P is the blade's power everywhere, also from a VM on it. */
	press(t, "P");
	see(t, "┌─ blade a2-02");
	press(t, "Esc");
	see_gone(t, "┌─ blade");
	press(t, "C-u");
	press(t, "F");
	press(t, "BackTab");
	see(t, "^>. db01a");
	press(t, "P");
	see(t, "┌─ blade a2-10");
	press(t, "Esc");
	see_gone(t, "┌─ blade");
	press(t, "BackTab");
	see(t, "A2  ! Fan 7");
	press(t, "P");
	see(t, "┌─ blade a2-10"); /* where the cursor stood */
	press(t, "Esc");
	leave(t);
}

/* What can be done is asked again while the menu stands: a manager that was not there yet may be there now. */
static void test_menu_learns(void **state)
{
	struct term *t = metal(80, 24, NULL);

	press(t, "Down");
	press(t, "Right");
	press(t, "Right");
	see(t, "^ a2-11");
	press(t, "p");
	see(t, "Power off +its manager is just being connected to");
	see(t, "> Cancel, change nothing");
	kill(peer, SIGUSR2);
	see_gone(t, "being connected to");
	see(t, "> Cancel, change nothing"); /* where the cursor stood */
	go_to(t, "Power off");
	press(t, "Enter");
	see(t, "Power off blade a2-11");
	press(t, "Esc");
	press(t, "Esc");
	see_gone(t, "blade a2-11");
	leave(t);
}

static int end(void **state)
{
	end_peer();
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_racks), cmocka_unit_test(test_looks), cmocka_unit_test(test_enclosure), cmocka_unit_test(test_silent_manager),
		cmocka_unit_test(test_way), cmocka_unit_test(test_power_off), cmocka_unit_test(test_refused), cmocka_unit_test(test_whose),
		cmocka_unit_test(test_menu_learns),
	};

	return cmocka_run_group_tests(tests, bed_set_up, end);
}

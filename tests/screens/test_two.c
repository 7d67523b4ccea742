/* Two people at two consoles, at the same thing in the same minute: each sees what the other does, and who comes second is told before
 * anything of the first one's is lost. On the demonstration site, at its one silent host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

static void open_alert(struct term *t)
{
	press(t, "a");
	see(t, "a2-07: its host does not answer");
}

static void open_ticket(struct term *t)
{
	open_alert(t);
	go_to(t, "Acknowledge: with a ticket");
	press(t, "Enter");
}

static void take(struct term *t)
{
	go_to(t, "Acknowledge: I have it");
	press(t, "Enter");
}

/* Both take it. */
static void test_taking(void **state)
{
	struct term *one = console(120, 36), *two = console(120, 36);

	press(one, "A");
	see(one, "^>. a2-07 .*nobody");
	press(two, "A");
	see(two, "^>. a2-07 .*nobody");
	open_ticket(one);
	type(one, "OPS-1");
	open_ticket(two);
	type(two, "OPS-2");
	take(one);
	see(one, "the alert about a2-07 is yours");
	see(one, "^>. a2-07 .*OPS-1");
	/* The other one was slower: told once, and what he typed stays. */
	see(two, "^>. a2-07 .*OPS-1"); /* in the row above his form */
	see(two, "Ticket: OPS-2");
	take(two);
	see(two, "has it since [^.]*\\. Enter once more takes it over");
	see(two, "OPS-2");
	see(one, "^>. a2-07 .*OPS-1"); /* nothing was lost yet */
	press(two, "Enter");
	see(two, "the alert about a2-07 is yours");
	see(two, "^>. a2-07 .*OPS-2");
	see(one, "^>. a2-07 .*OPS-2"); /* which the first one sees */
	quit(one);
	quit(two);
}

/* One puts it back while the other mutes it: what is meant last holds, for both. */
static void test_muting(void **state)
{
	struct term *one = console(120, 36), *two = console(120, 36);

	press(one, "A");
	see(one, "^>. a2-07 .*OPS-2");
	press(two, "A");
	see(two, "^>. a2-07 .*OPS-2");
	open_alert(one);
	go_to(one, "Mute for some time");
	press(one, "Enter");
	see(one, "> Until:");
	open_alert(two);
	go_to(two, "Put it back");
	press(two, "Enter");
	see(two, "is nobody's again");
	see(two, "^>. a2-07 .*nobody");
	go_to(one, "Mute it until then");
	press(one, "Enter");
	see(one, "the alert about a2-07 is muted until");
	see(one, "^>. a2-07 .*muted until");
	see(two, "^>. a2-07 .*muted until");
	/* The other way round: it was muted while he looked at what can be done. */
	open_alert(two);
	open_alert(one);
	go_to(one, "Put it back");
	press(one, "Enter");
	see(one, "^>. a2-07 .*nobody");
	go_to(two, "Put it back");
	press(two, "Enter");
	see(two, "is nobody's again");
	see(two, "^>. a2-07 .*nobody");
	quit(one);
	quit(two);
}

/* He puts back what was his when he looked, and is another's by now. */
static void test_putting_back(void **state)
{
	struct term *one = console(120, 36), *two = console(120, 36);

	press(one, "A");
	see(one, "^>. a2-07 .*nobody");
	press(two, "A");
	see(two, "^>. a2-07 .*nobody");
	open_ticket(one);
	type(one, "OPS-3");
	take(one);
	see(one, "^>. a2-07 .*OPS-3");
	see(two, "^>. a2-07 .*OPS-3");
	open_alert(two);
	go_to(two, "Put it back");
	open_ticket(one);
	see(one, "Ticket: OPS-3");
	type(one, "9");
	take(one);
	see(one, "^>. a2-07 .*OPS-39");
	see(two, "^>. a2-07 .*OPS-39");
	press(two, "Enter");
	see(two, "has it since [^.]*\\. Enter once more puts it back");
	see(one, "^>. a2-07 .*OPS-39"); /* nothing was lost yet */
	press(two, "Enter");
	see(two, "is nobody's again");
	see(one, "^>. a2-07 .*nobody");
	quit(one);
	quit(two);
}

static void open_note(struct term *t)
{
	press(t, "t");
	see(t, "Watch a2-07");
	see(t, "tana note blade:a2-07 ");
}

/* Both watch the same blade for reasons of their own: the second one reads the first one's before it is lost. */
static void test_noting(void **state)
{
	struct term *both[2] = {console(120, 36), console(120, 36)}, *one = both[0], *two = both[1];

	for (int i = 0; i < 2; i++) {
		press(both[i], "g");
		see(both[i], "Go to");
		type(both[i], "blade:a2-07");
		see(both[i], "> ?a2-07");
		press(both[i], "Enter");
		see(both[i], "A2 . a2-07");
		open_note(both[i]);
	}
	type(two, "fan 3");
	type(one, "NIC");
	go_to(one, "Note it");
	press(one, "Enter");
	see(one, "a2-07 is under observation");
	see(one, "watch +NIC");
	go_to(two, "Note it");
	press(two, "Enter");
	see(two, "has noted since: NIC. Enter once more");
	see(two, "Note: +fan 3");
	see(one, "watch +NIC"); /* nothing was lost yet */
	press(two, "Enter");
	see(two, "a2-07 is under observation");
	see(one, "watch +fan 3");
	/* What he read himself is not asked again. */
	open_note(one);
	go_to(one, "Take the note off");
	press(one, "Enter");
	see(one, "under observation no more");
	see_gone(two, "watch +fan 3");
	quit(one);
	quit(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_taking), cmocka_unit_test(test_muting), cmocka_unit_test(test_putting_back),
		cmocka_unit_test(test_noting)};

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

/* The whole life of snapshots as a person sees it, on the demonstration site. Needs tana and tanad in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <stdio.h>
#include <string.h>

static void take(struct term *t, const char *name, bool tenant)
{
	press(t, "+");
	see(t, "New snapshot of globex-app01");
	see(t, "[0-9] of 2 kept");
	type(t, name);
	press(t, "Tab");
	type(t, "ticket 4711");
	if (tenant) {
		go_to(t, "Counts for");
		press(t, "Enter");
		see(t, "Counts for: +tenant globex");
	}
	go_to(t, "Show what it does");
	press(t, "Enter");
	see(t, "Cancel, change nothing|Close");
	see_gone(t, "Asking the broker");
}

/* Types what the last line asks for, and Enter. */
static void confirm(struct term *t)
{
	char what[128];
	const char *from;
	int y, x;

	see(t, "now: type [^ ]");
	assert_true(term_find(t, "now: type ", &y, &x));
	from = strstr(term_row(t, y), "now: type ") + strlen("now: type ");
	snprintf(what, sizeof what, "%.*s", (int)strcspn(from, "│"), from);
	for (size_t n = strlen(what); n > 0 && what[n - 1] == ' '; n--)
		what[n - 1] = '\0';
	type(t, what);
	press(t, "Enter");
	see_gone(t, "now: type ");
	see_gone(t, "Cancel, change nothing"); /* it lies over the list until it is obeyed */
}

static void test_life(void **state)
{
	struct term *t = console(80, 24);

	press(t, "Tab");
	see(t, SITE_VMS " VMs");
	open_vm(t, "globex-app01");
	see(t, "0 of 2 kept .this server.");
	see(t, "0 of 2 today");
	see(t, "None is kept");
	/* The limits stand above the fields before anything is tried. Typing is typing: no key of the table acts in a field. */
	take(t, "qQ?y", true);
	see(t, "New snapshot of globex-app01: qQ\\?y");
	see(t, "> Cancel, change nothing"); /* the focus starts there */
	see(t, "tana .*snapshot create");
	press(t, "Esc");
	see(t, "Name: +qQ\\?y"); /* back in the form, nothing is lost */
	see(t, "Note: +ticket 4711");
	press(t, "Esc");
	see_gone(t, "New snapshot of");
	take(t, "first", true);
	press(t, "y");
	see(t, "● first +20.*memory.*root");
	see(t, "1 of 2 kept .this server.");
	see(t, "1 of 2 today");
	take(t, "second", true);
	press(t, "y");
	see(t, "● second");
	see(t, "○ first");
	see(t, "! +2 of 2 kept .this server.: full");
	see(t, "! +2 of 2 today .this server.: full, next possible 20..-");
	/* Over a limit there is nothing to confirm, until an operator says so and why. */
	take(t, "third", true);
	see(t, "x +.*2 of 2");
	see(t, "> Close");
	assert_false(term_shows(t, "Take a snapshot now"));
	go_to(t, "Exceed the limit; that needs a reason");
	press(t, "Enter");
	see(t, "Reason, which this needs:");
	press(t, "y");
	see(t, "This needs a reason: write it first.");
	type(t, "CHG-12");
	press(t, "Down");
	press(t, "y");
	see(t, "● third");
	see(t, "! +3 of 2 kept");
	/* Back to the first. */
	go_to(t, "first");
	press(t, "Enter");
	see(t, "Snapshot first of globex-app01");
	go_to(t, "Details and note");
	press(t, "Enter");
	see(t, "note +ticket 4711");
	see(t, "counts for +globex");
	see(t, "below it +second");
	press(t, "Esc");
	press(t, "Enter");
	go_to(t, "Revert to it");
	press(t, "Enter");
	see(t, "Revert globex-app01 to first");
	confirm(t);
	see(t, "● first");
	see(t, "○ third");
	/* The middle one alone, then the first with what stands on it. */
	go_to(t, "second");
	press(t, "Enter");
	go_to(t, "Delete it ");
	press(t, "Enter");
	see(t, "Delete snapshot second of globex-app01");
	confirm(t);
	see_gone(t, "second +20");
	see(t, "> . third|○ third");
	for (int i = 0; i < 4; i++)
		press(t, "Up");
	go_to(t, "first");
	press(t, "Enter");
	go_to(t, "Delete it and the 1 that stands on it");
	press(t, "Enter");
	see(t, "type 2 globex-app01");
	go_to(t, "Show the 2 snapshots");
	press(t, "Enter");
	see(t, "^ .+ third ");
	confirm(t);
	see(t, "None is kept");
	see(t, "0 of 2 kept");
	quit(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
	};

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

/* Snapshots as a person sees them, on a scripted broker what no real site shows at will: the picture, and why something cannot
 * be done. Needs tana, tanad and tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <string.h>

/* ---- the picture ---- */

/* The column of the dates is the same in each row. */
static void straight(struct term *t, const char *const *names, size_t n)
{
	int y, x, at = 0;
	struct term_cell c, next;

	assert_true(term_find(t, names[0], &y, &x));
	while (term_cell(t, y, at, &c) && term_cell(t, y, at + 1, &next) && (strcmp(c.text, "2") != 0 || strcmp(next.text, "0") != 0))
		at++;
	for (size_t i = 0; i < n; i++) {
		if (!term_find(t, names[i], &y, &x))
			fail_with(t, "never seen", names[i]);
		assert_true(term_cell(t, y, at, &c));
		if (strcmp(c.text, "2") != 0)
			fail_with(t, "not straight", term_row(t, y));
		assert_true(term_cell(t, y, at - 1, &c));
		assert_string_equal(c.text, " ");
	}
}

static void tree_at(int cols, int rows)
{
	static const char *const names[] = {"before-patch", "after-patch", "顧客の", "made-by-hand", "evil", "pre-upgrade", "nightly"};
	struct term *t = scripted(cols, rows, "operator", NULL, NULL);

	open_vm(t, "db01a");
	/* What is wrong is found first: limits that are full, with sign, scope, and when there is room again. */
	if (cols < 110) {
		see(t, "^ ! +2\\+2 of 3 kept .this server.: full");
		see(t, "^ ! +4 of 4 taken per day .all servers.: full, next possible 2026-11-2");
		see(t, "^    12 of 330 GiB space");
	} else { /* in a pane, as bars too */
		see(t, "^ │ ! █+  2\\+2 of 3 kept .this server.: full");
		see(t, "^ │ ! █+  4 of 4 taken per day .all servers.: full, next possible");
		see(t, "^ │   █░+  12 of 330 GiB space");
	}
	see(t, "changed until");
	see(t, "^ db01a  taking snapshot [3-9] min by sato"); /* how long already */
	for (int i = 0; i < 8; i++)
		press(t, "Down");
	press(t, rows < 36 ? "PgDn" : "Down");
	if (rows < 36)
		for (int i = 0; i < 30 && !term_shows(t, "nightly"); i++)
			press(t, "Down");
	see(t, "├─○ before-patch");
	see(t, "│ ○ after-patch");
	see(t, "├─○ made-by-hand");
	see(t, "● evil.x1b");               /* the current one; its name drives nothing */
	see(t, "├─~ pre-upgrade.*being taken");
	see(t, "\\? nightly.*not known yet");
	see(t, "made-by-hand.*outside");
	straight(t, names, sizeof names / sizeof names[0]);
	leave(t);
}

static void test_tree(void **state)
{
	tree_at(80, 24);
	tree_at(120, 36);
	tree_at(200, 60);
}

static void test_list(void **state)
{
	struct term *t = scripted(80, 24, "operator", NULL, NULL);
	int y, x, at;

	see(t, "~ db01a .* 2\\+2/3 ");
	see(t, "db01b .* 0/3 ");
	see(t, "old01 .* \\?/3 ");
	see(t, "web01 .* 12/- ");
	see(t, "顧客管理01 .* !1/3 ");
	assert_true(term_find(t, "+2/3", &y, &at));
	for (y = 4; y < 10; y++) {
		struct term_cell c;

		if (term_find(t, "gx01", &x, &(int){0}) && x == y)
			continue; /* none, and no limit */
		assert_true(term_cell(t, y, at + 2, &c));
		if (strcmp(c.text, "/") != 0)
			fail_with(t, "not straight", term_row(t, y));
	}
	leave(t);
}

/* ASCII, no colour, and two cells for each line: nothing is lost but beauty. */
static void test_plain(void **state)
{
	struct term *t = scripted(80, 24, "operator", NULL, (const char *const[]){"LANG=C", "NO_COLOR=1", NULL});

	open_vm(t, "db01a");
	for (int i = 0; i < 30 && !term_shows(t, "nightly"); i++)
		press(t, "Down");
	see(t, "\\+-o before-patch");
	see(t, "\\| o after-patch");
	see(t, "\\* evil");
	see(t, "~ pre-upgrade");
	see(t, "\\? nightly");
	for (const char *p = term_screen(t); *p; p++)
		assert_true((unsigned char)*p < 0x80);
	for (int y = 0; y < 24; y++)
		for (int x = 0; x < 80; x++) {
			struct term_cell c;

			assert_true(term_cell(t, y, x, &c));
			assert_true(c.fg == TERM_DEFAULT && c.bg == TERM_DEFAULT);
		}
	leave(t);
}

/* ---- what cannot be done says why ---- */

static void test_greyed(void **state)
{
	struct term *t = scripted(80, 24, "operator", NULL, NULL);

	/* While another action is under way nothing can be done with any. */
	open_vm(t, "db01a");
	go_to(t, "base");
	press(t, "Enter");
	see(t, "Revert to it +in use by sato: taking snapshot");
	press(t, "Esc");
	press(t, "q");
	open_vm(t, "db01b");
	for (int i = 0; i < 30 && !term_shows(t, "> ..○ made-by-hand"); i++)
		press(t, "Down");
	press(t, "Enter");
	see(t, "Revert to it +libvirt before 9.9");
	see(t, "> Delete it");
	press(t, "Up");
	see(t, "own; this host runs 9.0.0: delete it, or move"); /* in full below */
	press(t, "Enter");
	assert_true(term_shows(t, "> Revert to it"));
	/* Somebody begins something else meanwhile: the menu follows. */
	press(t, "Down");
	kill(peer, SIGUSR2);
	see(t, "Delete it +in use by noc: shutting down");
	see(t, "> Delete it");
	press(t, "Enter");
	press(t, "Esc");
	for (int i = 0; i < 30 && !term_shows(t, "> ..~ pre-upgrade"); i++)
		press(t, "Down");
	press(t, "Enter");
	see(t, "Revert to it +it is being taken");
	see(t, "Delete it +it is being taken");
	see(t, "> Details and note");
	press(t, "Esc");
	/* What the guest's agent cannot do, and a host without snapshots. */
	press(t, "+");
	see(t, "Holds: +disks");
	go_to(t, "Holds");
	press(t, "Space");
	see(t, "Guest frozen: +no");
	go_to(t, "Guest frozen");
	see(t, "the guest agent of this VM does not answer");
	press(t, "Esc");
	press(t, "q");
	open_vm(t, "web01");
	see(t, "the xen driver has no snapshots");
	press(t, "+");
	go_to(t, "Show what it does");
	see(t, "^ *. +the xen driver has no snapshots");
	press(t, "Enter");
	see(t, "> Show what it does");
	assert_false(was_asked("\"plan\""));
	press(t, "Esc");
	leave(t);
}

/* A customer's are its own: full is full, and says when there is room. Whom it counts for is no question to it. */
static void test_customer(void **state)
{
	struct term *t = scripted(80, 24, "customer", NULL, NULL);

	see(t, "My servers");
	open_vm(t, "db01b");
	press(t, "+");
	see(t, "2\\+2 of 3 kept");
	assert_false(term_shows(t, "Counts for"));
	go_to(t, "Show what it does");
	see(t, "^ . +2\\+2 of 3 kept .this server.: full *│");
	press(t, "Enter");
	assert_false(was_asked("\"plan\""));
	press(t, "Esc");
	/* Where there is room it goes on, and what was typed is sent as it is. */
	press(t, "q");
	open_vm(t, "gx01");
	press(t, "+");
	see(t, "No limit is set for it");
	term_type(t, "日本 \"x\"");
	see(t, "Name: +日本 \"x\"");
	go_to(t, "Show what it does");
	press(t, "Enter");
	see(t, "Take a snapshot now");
	see_asked("\"name\":\"日本 \\\"x\\\"\"");
	press(t, "BackTab");
	press(t, "Enter");
	see(t, "job 000003 .*under way");
	see(t, "^ gx01 ");                       /* back where one was; the job goes on */
	see_gone(t, "New snapshot of");
	kill(peer, SIGUSR2);
	see(t, "snapshot db01b: done");
	leave(t);
}

static void test_last_known(void **state)
{
	struct term *t = scripted(80, 24, "operator", "lost", NULL);

	open_vm(t, "db01b");
	see(t, "Snapshots  as last known");
	press(t, "+");
	see(t, "Its host does not answer: this is what was last known");
	press(t, "Esc");
	leave(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree), cmocka_unit_test(test_list), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_greyed), cmocka_unit_test(test_customer), cmocka_unit_test(test_last_known),
	};

	int failed = cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);

	end_peer(); /* where the last one failed */
	return failed;
}

/* Snapshots as a person sees them: their whole life on the demonstration site, and on a scripted broker (peer) what no real
 * site shows at will. Needs tana, tanad and tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the scripted broker ---- */

static char peer_sock[96], peer_log[96];
static pid_t peer;

static void end_peer(void)
{
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
	}
	peer = 0;
}

static void start_peer(const char *role, const char *more)
{
	char program[512];
	struct stat st;

	end_peer(); /* a test that failed left it */
	snprintf(program, sizeof program, "%s/tests/screens/peer", getenv("TANA_BUILD"));
	snprintf(peer_sock, sizeof peer_sock, "%s/peer", bed_dir);
	snprintf(peer_log, sizeof peer_log, "%s/peer.log", bed_dir);
	unlink(peer_sock);
	peer = bed_run((const char *const[]){program, peer_sock, peer_log, role, more, NULL});
	for (int i = 0; i < 300 && stat(peer_sock, &st) != 0; i++)
		usleep(20000);
}

/* A console on it, in the list of VMs: one host has no racks to walk. */
static struct term *scripted(int cols, int rows, const char *role, const char *more, const char *const *env)
{
	struct term_options o = {.cols = cols, .rows = rows, .env = env};
	struct term *t;

	start_peer(role, more);
	assert_int_equal(truncate(peer_log, 0), 0);
	t = term_start((const char *const[]){bed_tana, "--socket", peer_sock, NULL}, &o);
	see(t, "db01a");
	return t;
}

static void leave(struct term *t)
{
	quit(t);
	end_peer();
}

/* From the list to one VM's view. */
static void open_vm(struct term *t, const char *name)
{
	char want[64];

	snprintf(want, sizeof want, "^ %s ", name);
	press(t, "/");
	press(t, "C-u"); /* the filter before */
	type(t, name);
	press(t, "Enter");
	press(t, "Home");
	press(t, "Enter");
	see(t, want);
	see(t, "Snapshots");
	see_gone(t, "Asking its host");
}

/* Moves the cursor of a dialog, or of the tree, onto the line with these words. */
static void go_to(struct term *t, const char *line)
{
	char want[128];

	snprintf(want, sizeof want, "> (. )?%s", line);
	for (int i = 0; i < 16 && !term_shows(t, want); i++)
		press(t, "Down");
	see(t, want);
}

/* What was asked of the scripted broker; its text is freed by the next call. */
static bool was_asked(const char *what)
{
	static char all[65536];
	FILE *f = fopen(peer_log, "r");
	size_t n = f ? fread(all, 1, sizeof all - 1, f) : 0;

	if (f)
		fclose(f);
	all[n] = '\0';
	return strstr(all, what) != NULL;
}

/* ---- their life, on real ones ---- */

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
}

static void test_life(void **state)
{
	struct term *t = console(80, 24);

	press(t, "Tab");
	see(t, "742 VMs");
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
	see(t, "^ ! +2\\+2 of 3 kept .this server.: full");
	see(t, "^ ! +4 of 4 taken per day .all servers.: full, next possible 2026-11-2");
	see(t, "changed until 2026-");
	see(t, "^    12 of 330 GiB space");
	see(t, "^ db01a  taking snapshot 3 min by sato"); /* how long already */
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
	assert_true(was_asked("\"name\":\"日本 \\\"x\\\"\""));
	press(t, "BackTab");
	press(t, "Enter");
	see(t, "job 000003 .*under way");
	see(t, "^ gx01 ");                       /* back where one was; the job goes on */
	see_gone(t, "New snapshot of");
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

/* ---- what happens meanwhile ---- */

static void test_resize(void **state)
{
	static const int sizes[][2] = {{40, 12}, {20, 5}, {10, 3}, {1, 1}, {300, 1}, {1, 60}, {60, 16}, {200, 60}, {30, 7}};
	static const char *const keys[] = {"Down", "PgDn", "Up", "x", "Tab", "PgUp"};
	struct term *t = scripted(80, 24, "operator", NULL, NULL);

	open_vm(t, "db01b");
	press(t, "+");
	see(t, "Name:");
	type(t, "kept text");
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		term_resize(t, sizes[i][0], sizes[i][1]);
		term_quiet(t, 60, 3000);
		assert_true(term_running(t));
	}
	/* However small, the line under the cursor is seen, and the frame is whole. */
	term_resize(t, 30, 7);
	see(t, "> Name:");
	for (int i = 0; i < 4; i++)
		press(t, "Down");
	see(t, "> Show what it does");
	for (int i = 0; i < 120; i++) {
		term_resize(t, 1 + i * 37 % 130, 1 + i * 11 % 40);
		term_key(t, keys[i % 6]);
		term_run(t, 5);
		assert_true(term_running(t));
	}
	term_resize(t, 80, 24);
	see(t, "kept text");
	/* A preview that is higher than the screen keeps its lines; its words scroll, and the frame is not written over. */
	go_to(t, "Counts for");
	while (!term_shows(t, "Counts for: +tenant"))
		press(t, "Space");
	go_to(t, "Show what it does");
	press(t, "Enter");
	see(t, "> Close");
	term_resize(t, 60, 12);
	see(t, "> Close");
	see(t, "PgDn shows more ─┘");
	see(t, "^ db01b  running");
	for (int i = 0; i < 9; i++)
		press(t, "PgDn");
	see(t, "12 of 330 GiB");
	term_resize(t, 80, 24);
	see(t, "END-OF-LIMIT");
	press(t, "Esc");
	see(t, "kept text");
	press(t, "Esc");
	leave(t);
}

static void test_gone(void **state)
{
	static const char *const places[] = {"view", "menu", "form", "preview"};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		struct term *t = scripted(80, 24, "operator", NULL, NULL);

		open_vm(t, "db01a");
		if (i == 1) {
			go_to(t, "base");
			press(t, "Enter");
			see(t, "Snapshot base of db01a");
		} else if (i >= 2) {
			press(t, "+");
			see(t, "Name:");
			go_to(t, "Show what it does");
		}
		if (i == 3) {
			press(t, "Enter");
			see(t, "Take a snapshot now");
		}
		kill(peer, SIGUSR1);
		see(t, "^ db01a +gone");
		if (i == 0 || i == 2)
			see(t, "This VM is no longer there");
		if (i == 1) {
			see(t, "Revert to it +This VM is no longer there");
			go_to(t, "Actions on db01a itself");
			press(t, "Enter");
		}
		press(t, "Enter");
		press(t, "Down");
		press(t, "+");
		for (int n = 0; n < 4; n++)
			press(t, "Esc");
		see(t, "NAME.*STATE");
		leave(t);
	}
}

/* The broker goes while the form is open, and comes back: what was typed stays, and it goes on. */
static void test_broker_restart(void **state)
{
	struct term *t = scripted(80, 24, "operator", NULL, NULL);

	open_vm(t, "db01b");
	press(t, "+");
	type(t, "half a na");
	end_peer();
	see(t, "broker lost");
	type(t, "me");
	see(t, "Name: +half a name");
	go_to(t, "Show what it does");
	press(t, "Enter");
	see(t, "the broker is not there now");
	press(t, "Esc");
	start_peer("operator", NULL);
	see_gone(t, "broker lost");
	see(t, "Name: +half a name");
	go_to(t, "Show what it does");
	press(t, "Enter");
	see(t, "Take a snapshot now");
	press(t, "Esc");
	press(t, "Esc");
	see(t, "├─○ before-patch");
	leave(t);
}

/* ---- what it costs ---- */

static long wake_ups(struct term *t)
{
	char path[64], line[128];
	long n = -1;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)term_pid(t));
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
			break;
	fclose(f);
	assert_true(n >= 0);
	return n;
}

static void test_cost(void **state)
{
	struct term *t = scripted(80, 24, "operator", "many", NULL);
	uint64_t before;
	long woken;

	open_vm(t, "db01a");
	press(t, "Down");
	press(t, "Down");
	term_quiet(t, 300, 3000);
	before = term_received(t);
	press(t, "Down");
	/* A cursor key; a second's tick may come with it. */
	assert_in_range(term_received(t) - before, 1, 260);
	/* A job is under way: its time is shown, once a second and no more. */
	term_run(t, 1500);
	before = term_received(t);
	woken = wake_ups(t);
	term_run(t, 5000);
	assert_in_range(wake_ups(t) - woken, 0, 9); /* the broker is asked now and then whether it is there */
	assert_in_range(term_received(t) - before, 0, 600);
	leave(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life), cmocka_unit_test(test_tree), cmocka_unit_test(test_list), cmocka_unit_test(test_plain),
		cmocka_unit_test(test_greyed), cmocka_unit_test(test_customer), cmocka_unit_test(test_last_known), cmocka_unit_test(test_resize),
		cmocka_unit_test(test_gone), cmocka_unit_test(test_broker_restart), cmocka_unit_test(test_cost),
	};

	int failed = cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);

	end_peer(); /* where the last one failed */
	return failed;
}

/* Where things are and what hangs from what, as a person sees it on a scripted broker: the tree, clusters, volumes, what if, go to. Needs
 * tana and tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct term *map(int cols, int rows, const char *role, const char *const *env)
{
	struct term *t;

	start_peer(role, "map");
	t = peer_console(cols, rows, env);
	see(t, "34/40 hosts");
	return t;
}

static void shrink(struct term *t, int cols, int rows, const char *again)
{
	term_resize(t, 20, 5);
	term_quiet(t, 60, WAIT);
	term_resize(t, 1, 1);
	term_quiet(t, 60, WAIT);
	term_resize(t, cols, rows);
	see(t, again);
}

/* ---- the tree ---- */

static void tree_at(int cols, int rows)
{
	struct term *t = map(cols, rows, "operator", NULL);

	press(t, "T");
	see(t, "NAME +STATE +RUN +VMS +LOAD % +INSIDE");
	/* As much is open as fits: racks, and their enclosures; what is wrong in closed ones is counted there. */
	see(t, "^>. ▾ rack A +");
	see(t, "^ ●   ▸ A1 +128 +128");
	see(t, "^ !   ▸ A2 .*! 3  w 2  \\? 1");
	see_gone(t, "a2-01");
	press(t, "Down");
	press(t, "Down");
	press(t, "Right"); /* opens */
	see(t, "^>.   ▾ A1");
	see(t, "a1-01 +live");
	shrink(t, cols, rows, "^>.   ▾ A1");
	leave(t);
}

static void test_tree(void **state)
{
	tree_at(80, 24);
	tree_at(200, 60);
}

/* A signal may come while the peer is busy with the one before. */
static void tell(struct term *t, int signo)
{
	for (int i = 0; i < 60; i++) {
		kill(peer, signo);
		if (signo == SIGUSR1 ? term_wait(t, "aaa01", 500) : term_wait_gone(t, "aaa01", 500))
			return;
	}
}

static void test_tree_walk(void **state)
{
	struct term *t = map(80, 24, "operator", NULL);

	press(t, "7");
	see(t, "^>. ▾ rack A");
	go_to(t, "  . A2|>.   ▸ A2"); /* enclosures stand as in the metal, from the top */
	press(t, "Home");
	for (int i = 0; i < 6 && !term_shows(t, "^>.   ▸ A1"); i++)
		press(t, "Down");
	press(t, "l");
	see(t, "▾ A1");
	press(t, "l"); /* in an open one: to what is in it */
	see(t, "^>●     ▸ a1-01 +live +8 +8");
	press(t, "Right");
	see(t, "▾ a1-01");
	see(t, "●         map01 +running +acme  V20");
	see(t, "●         顧客管理09 +running");
	press(t, "Right");
	see(t, "^>.         map01");
	/* The cursor stays with its thing when another comes before it and goes. */
	tell(t, SIGUSR1);
	see(t, "aaa01");
	see(t, "^>.         map01");
	tell(t, SIGUSR2);
	see_gone(t, "aaa01");
	see(t, "^>.         map01");
	/* Actions are of what is under it, as in lists. */
	press(t, "p");
	see(t, "┌─ map01");
	press(t, "Esc");
	see_gone(t, "┌─ map01");
	press(t, "B");
	see(t, "┌─ blade a1-01");
	press(t, "Esc");
	see_gone(t, "┌─ blade");
	press(t, "Space");
	see(t, "^\\*●         map01");
	see(t, "1 marked");
	press(t, "Enter");
	see(t, "tree › map02");
	press(t, "q");
	/* Back through the branch: to the blade, closed, to the enclosure. */
	press(t, "Left");
	see(t, "^>.     ▾ a1-01");
	press(t, "Left");
	see(t, "^>.     ▸ a1-01");
	see_gone(t, "map01");
	press(t, "h");
	see(t, "^>.   ▾ A1");
	press(t, "Enter");
	see(t, "rack A › A1");
	press(t, "q");
	see(t, "^>.   ▾ A1");
	press(t, "Home");
	press(t, "Enter");
	see(t, "rack A");
	see(t, "┌─ Rack A");
	leave(t);
}

static void test_tree_wrong(void **state)
{
	struct term *t = map(120, 36, "operator", NULL);

	press(t, "T");
	press(t, "n");
	see(t, "^>!   . A2|^>.     . a2-");
	for (int i = 0; i < 12 && !term_shows(t, "^>.     . a2-10"); i++)
		press(t, "n"); /* into the closed branch, which opens */
	see(t, "^>!     ▸ a2-10 +silent");
	press(t, "n"); /* its VMs are not known because of it: it is told once */
	see_gone(t, "^>!     ▸ a2-10");
	see_gone(t, "^>.         db01a");
	press(t, "N");
	see(t, "^>!     ▸ a2-10");
	press(t, "!"); /* of a blade there is nothing to protect: no dialog */
	see_gone(t, "┌─");
	/* The filter narrows and opens what matches, closed as it was when it goes. */
	press(t, "/");
	type(t, "db01");
	press(t, "Enter");
	see(t, "2 match");
	see(t, "▾ a2-10");
	see(t, "         db01b +was running");
	see_gone(t, "a1-01");
	press(t, "/");
	press(t, "C-u");
	type(t, "a1-0");
	press(t, "Enter");
	see(t, "9 match");
	see(t, "▸ a1-01"); /* the blade matches: its VMs are in it, but it is not opened */
	see_gone(t, "▾ a1-01");
	press(t, "F");
	see(t, "▸ B2");
	see_gone(t, "▸ a1-01");
	leave(t);
}

static void test_tree_looks(void **state)
{
	struct term *t = map(80, 24, "viewer", (const char *const[]){"LANG=C", NULL});

	press(t, "T");
	see(t, "^>. - rack A");
	see(t, "^ o   \\+ A1");
	for (const char *p = term_screen(t); *p; p++)
		if ((unsigned char)*p >= 0x80)
			fail_with(t, "not ASCII", term_screen(t));
	go_to(t, "  . A2|>.   . A2");
	press(t, "a"); /* a viewer acts on nothing */
	see_gone(t, "\\+- A2");
	press(t, "w");
	see(t, "if A2 is lost");
	leave(t);
}

/* ---- clusters, volumes ---- */

static void clusters_at(int cols, int rows)
{
	struct term *t = map(cols, rows, "operator", NULL);

	press(t, "8");
	see(t, "2 clusters");
	see(t, "NAME +QUORUM.* BLADE LOST +ENCL LOST +RACK LOST");
	/* The worst first. */
	see(t, "^>\\? K1 +not known .*LOST  a2-01 +LOST  A2 +LOST  A");
	see(t, "^ . 基幹 +stays .*stays +no room  B2 +LOST  B");
	press(t, "Enter");
	see(t, "clusters › K1");
	see(t, "one enclosure");
	see(t, "rack A  A2");
	see(t, "if this is lost:");
	see(t, "blade a2-01 +LOST +0 of 1 votes, 2 needed");
	see(t, "rack A +LOST");
	/* Its nodes, and no others; the one under the cursor is shown where it stands. */
	see(t, "^>. a2-01");
	see(t, "^ . a2-10");
	see_gone(t, "^ . a2-02");
	if (cols < 130)
		see(t, "^ \\[");
	see_asked("\"object\":\"enclosure:A2\"");
	shrink(t, cols, rows, "^>. a2-01");
	press(t, "Down");
	press(t, "Enter");
	see(t, "a2-10 ");
	leave(t);
}

static void test_clusters(void **state)
{
	clusters_at(80, 24);
	clusters_at(200, 60);
}

static void volumes_at(int cols, int rows)
{
	struct term *t = map(cols, rows, "viewer", NULL);

	press(t, "9");
	see(t, "3 volumes");
	see(t, " 1 nearly full .*! 1 to look at");
	see(t, "NAME +GiB +VMS +MAX +FITS +USED %");
	see(t, "^>! vol-full +500 +6 +6 +\\? +.  98");
	see(t, "^ ! vol-071 +300 +5 +4 +0 .* 120");
	see(t, "^ ● vol-07 +2048 +2 +27 +25 .*   7");
	press(t, "End");
	press(t, "Enter");
	see(t, "volumes › vol-07");
	see(t, "used +█*░* +15 %");
	see(t, "2 of at most 27 VMs  25 more fit");
	see(t, "map01");
	see(t, "map02"); /* it lies on two */
	see_gone(t, "顧客管理09"); /* on vol-071, which is another */
	see(t, "2 VMs");
	shrink(t, cols, rows, "map01");
	leave(t);
}

static void test_volumes(void **state)
{
	volumes_at(80, 24);
	volumes_at(120, 36);
}

/* ---- what if ---- */

static void what_if_at(int cols, int rows)
{
	struct term *t = map(cols, rows, "operator", NULL);

	see(t, "a2-01|\\[▅ 5\\]");
	press(t, "w"); /* in Racks, on the blade */
	see(t, "if a2-01 is lost  8 VMs  6 running  \\? 2 not known");
	see(t, "\\[blade a2-01\\] +enclosure A2 +rack A");
	see(t, "! something to be warned of");
	see(t, "6 VMs run there and end with it");
	see_gone(t, "told by a table");
	see(t, "K1 +quorum LOST +votes 1 -> 0, 1 \\?, 2 needed");
	see(t, "基幹 +quorum stays +votes 8 -> 6, 5 needed +needs 16 of 12 GiB: no room");
	see(t, "acme +5 +4 +noc@acme.example");
	press(t, "End");
	see(t, "db01a / db01b +both halves end");
	see(t, "vol-07 +2 VMs");
	see(t, "tana what-if blade:a2-01");
	press(t, "Home");
	shrink(t, cols, rows, "\\[blade a2-01\\]");
	press(t, "Right");
	see(t, "if A2 is lost");
	see_asked("\"object\":\"enclosure:A2\"");
	press(t, "Right");
	see(t, "if A is lost");
	press(t, "Left");
	press(t, "Left");
	see(t, "if a2-01 is lost  8 VMs");
	/* A line opens what it is about. */
	for (int i = 0; i < 8 && !term_shows(t, "^> *K1"); i++)
		press(t, "Down");
	press(t, "Enter");
	see(t, "what if › K1");
	press(t, "q");
	for (int i = 0; i < 8 && !term_shows(t, "^> *acme"); i++)
		press(t, "Down");
	press(t, "Enter");
	see(t, "what if › acme");
	see(t, "map01");
	see_gone(t, "db01b");
	leave(t);
}

static void test_what_if(void **state)
{
	struct term *t;

	what_if_at(80, 24);
	t = map(120, 36, "viewer", NULL);
	press(t, "Right");
	press(t, "w");
	see(t, "if a2-02 is lost  0 VMs  0 running");
	see(t, "no VM is known to run there");
	press(t, "q");
	press(t, "9");
	press(t, "w");
	see(t, "\\[volume vol-full\\]");
	press(t, "q");
	press(t, "8");
	press(t, "w");
	see(t, "\\[cluster K1\\]");
	press(t, "q");
	press(t, "2");
	press(t, "/");
	type(t, "map01");
	press(t, "Enter");
	see(t, "^>. map01");
	press(t, "w");
	see(t, "\\[VM map01\\] +blade a1-01 +enclosure A1 +rack A");
	see_asked("\"object\":\"vm:00000000000000a1\"");
	leave(t);
}

/* ---- go to ---- */

static void find_and_open(struct term *t, const char *text, const char *line, const char *opened)
{
	press(t, "g");
	see(t, "┌─ Go to");
	term_paste(t, text);
	see(t, line);
	press(t, "Enter");
	see(t, opened);
	see_gone(t, "Go to ─");
}

static void test_go_to(void **state)
{
	struct term *t = map(80, 24, "operator", NULL);

	/* By name it stands there before anybody is asked; the best fit first. */
	press(t, "g");
	type(t, "map01");
	see(t, "> map01 +VM +rack A, A1, bay 1");
	press(t, "Enter");
	see(t, "map01 +running|› map01");
	find_and_open(t, "10.12.0.20", "> map01 +VM +rack A, A1, bay 1  by address 10.12.0.20", "› map01");
	find_and_open(t, "52:54:00:1a:00:01", "> map02 +VM .*by MAC", "› map02");
	find_and_open(t, " 6f1c2a7e-0b1d-4a53-9a53-6a2f5e1b90aa ", "> 顧客管理09 +VM .*by UUID 6f1c", "› 顧客管理09");
	find_and_open(t, "CZJ0310B0A", "> a2-10 +blade .*by serial CZJ0310B0A", "A2 › a2-10");
	find_and_open(t, "vol-07", "and 3 more: type more of it", "› vol-07");
	/* Nothing; and what went while it was looked at. */
	press(t, "g");
	term_paste(t, "nothing-at-all");
	see(t, "Nothing is called that");
	press(t, "Enter"); /* nothing to open */
	see(t, "┌─ Go to");
	press(t, "C-u");
	term_paste(t, "gone-by-now");
	see(t, "> gone-by-now");
	press(t, "Enter");
	see(t, "gone-by-now is no longer there");
	/* Keys are text there, and Esc leaves it alone. */
	press(t, "g");
	type(t, "Q q");
	see(t, "> Q q");
	press(t, "Esc");
	see_gone(t, "Go to ─");
	see(t, "› vol-07");
	/* Enter right behind a paste: what is found then is opened. */
	press(t, "g");
	term_paste(t, "10.12.0.20");
	assert_true(term_key(t, "Enter"));
	see(t, "› map01");
	press(t, "g");
	shrink(t, 80, 24, "┌─ Go to");
	press(t, "Esc");
	leave(t);
}

/* What was typed in between is not asked for. */
static void test_go_to_debounced(void **state)
{
	struct term *t = map(120, 36, "operator", NULL);

	press(t, "g");
	see(t, "┌─ Go to");
	term_type(t, "vol-07");
	see(t, "and 3 more");
	see_asked("\"text\":\"vol-07\"");
	assert_false(was_asked("\"text\":\"v\"") && was_asked("\"text\":\"vo\"") && was_asked("\"text\":\"vol\"") && was_asked("\"text\":\"vol-\"") && was_asked("\"text\":\"vol-0\""));
	press(t, "Esc");
	leave(t);
}

/* A customer finds his own; what is about the provider's metal has no keys for him. */
static void test_customer(void **state)
{
	struct term *t = scripted(80, 24, "customer", NULL, NULL);

	press(t, "T");
	press(t, "w");
	press(t, "8");
	see(t, "My servers");
	see_gone(t, "what if|clusters");
	press(t, "g");
	type(t, "gx0");
	see(t, "> gx01 +VM");
	press(t, "C-u");
	term_paste(t, "10.1.1.7");
	see(t, "> db01b +VM +by address 10.1.1.7");
	press(t, "Enter");
	see(t, "› db01b");
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
		cmocka_unit_test(test_tree), cmocka_unit_test(test_tree_walk), cmocka_unit_test(test_tree_wrong), cmocka_unit_test(test_tree_looks),
		cmocka_unit_test(test_clusters), cmocka_unit_test(test_volumes), cmocka_unit_test(test_what_if), cmocka_unit_test(test_go_to),
		cmocka_unit_test(test_go_to_debounced), cmocka_unit_test(test_customer),
	};

	return cmocka_run_group_tests(tests, bed_set_up_alone, end);
}

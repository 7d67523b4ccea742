/* Alerts, events, the audit log, the handover and a blade's watch note as a person sees them, on a scripted broker. Needs tana and
 * tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct term *care(int cols, int rows, const char *role, const char *const *env)
{
	struct term *t;

	start_peer(role, "care");
	t = peer_console(cols, rows, env);
	see(t, "34/40 hosts");
	return t;
}

/* ---- alerts ---- */

static void test_alerts(void **state)
{
	struct term *t = care(80, 24, "operator", NULL);
	struct term_cell c;
	int y, x, first;

	/* How many nobody has taken is said in every view, and quietly. */
	see(t, "^ 3 alerts that nobody has taken. A shows them");
	press(t, "A");
	see(t, "6 alerts +3 that nobody has taken");
	see_gone(t, "A shows them");
	/* Worst first, new before taken, muted and cleared ones last; who has it, with what. */
	see(t, "^>! a2-10 +[4-9] min +nobody +the host does not answer \\(timed out\\)");
	see(t, "^ ! B1 +2 h +tanaka, 8812 +its manager does not answer, 16 host");
	see(t, "^ w A2 +2[2-9] min +nobody +Fan 7 failed");
	see(t, "^ m a2-15 +5 h +muted until [0-9 :-]+ +place and thing");
	see(t, "^ . b2-01 +(38|39|4[0-9]) min +cleared 1[2-9] min ago");
	see(t, "flapping: it is active on two hosts");
	assert_true(term_find(t, "! a2-10", &first, &x));
	assert_true(term_find(t, "! B1", &y, &x) && y == first + 1);
	assert_true(term_find(t, "w A2", &y, &x) && y > first + 1);
	assert_true(term_find(t, "b2-01", &y, &x) && y == first + 5);
	/* One that is taken does not shout any more. */
	assert_true(term_find(t, "! a2-10", &y, &x) && term_cell(t, y, x, &c) && c.bg != TERM_DEFAULT);
	assert_true(term_find(t, "! B1", &y, &x) && term_cell(t, y, x, &c) && c.bg == TERM_DEFAULT);
	press(t, "/");
	type(t, "state:new");
	press(t, "Enter");
	see(t, "3 of 6 alerts");
	see_gone(t, "tanaka");
	press(t, "F");
	see(t, "tanaka");
	/* What it is about. */
	press(t, "Enter");
	see(t, "rack A . A2 . a2-10");
	leave(t);
}

static void test_taking(void **state)
{
	struct term *t = care(80, 24, "operator", NULL);

	press(t, "A");
	see(t, "^>! a2-10");
	press(t, "a");
	see(t, "a2-10: the host does not answer");
	see(t, "since .*; nobody has taken it");
	see(t, "Put it back: nobody has it +nobody has taken it"); /* which cannot be chosen */
	go_to(t, "Acknowledge: with a ticket");
	press(t, "Enter");
	see(t, "> Ticket:");
	type(t, "q 8813");       /* a key that means something else is a letter here */
	press(t, "Enter");
	type(t, "on it's way");
	see(t, "tana alerts ack alert:00000001 --ref 'q 8813' --note 'on it'");
	press(t, "Enter");
	assert_false(was_asked("alert-set"));
	see(t, "> Acknowledge: I have it");
	press(t, "Enter");
	see(t, "the alert about a2-10 is yours");
	see(t, "a2-10 .* sato, q 8813");
	see(t, "2 that nobody has taken");
	see_asked("{\"arguments\":{\"note\":\"on it's way\",\"object\":\"alert:00000001\",\"seen\":\"\",\"state\":\"acknowledged\",\"ticket\":\"q 8813\"},\"execute\":\"alert-set\"");
	/* And back. */
	press(t, "Home");
	see(t, "^>! a2-10");
	press(t, "a");
	go_to(t, "Put it back");
	press(t, "Enter");
	see(t, "is nobody's again");
	see(t, "3 that nobody has taken");
	leave(t);
}

static void test_muting(void **state)
{
	struct term *t = care(120, 36, "operator", NULL);

	press(t, "A");
	see(t, "^>! a2-10");
	press(t, "a");
	go_to(t, "Mute for some time");
	press(t, "Enter");
	see(t, "> Until: +20[0-9-]+ [0-9:]+"); /* half an hour, unless one says otherwise */
	press(t, "C-u");
	type(t, "whenever");
	go_to(t, "Mute it until then");
	press(t, "Enter");
	see(t, "that is no time to mute it until"); /* the broker's word, and the form stays */
	go_to(t, "until tomorrow morning");
	press(t, "Enter");
	see(t, "Until: +20[0-9-]+ 06:00");
	see(t, "> Mute it until then");
	see(t, "--until '20[0-9-]+ 06:00'");
	press(t, "Enter");
	see(t, "is muted until 20[0-9-]+ 06:00");
	see(t, "^.m a2-10 .* muted until");
	/* Esc leaves one level and changes nothing. */
	press(t, "Home");
	press(t, "a");
	see(t, "Cancel, change nothing");
	press(t, "Esc");
	see_gone(t, "Cancel, change nothing");
	leave(t);
}

/* What the user's settings say from the next console on. */
static void wish(const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/.config", bed_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.config/tana", bed_dir);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/.config/tana/settings", bed_dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_bell(void **state)
{
	struct term *t = care(80, 24, "operator", NULL);
	unsigned bells = term_bells(t);

	kill(peer, SIGUSR1);
	see(t, "4 alerts that nobody has taken");
	assert_int_equal(term_bells(t), bells); /* who did not ask for it hears nothing */
	leave(t);
	wish("bell = on\n");
	t = care(80, 24, "operator", NULL);
	see(t, "3 alerts that nobody has taken");
	assert_int_equal(term_bells(t), 0); /* what was there before is not new */
	kill(peer, SIGUSR1);
	see(t, "4 alerts that nobody has taken");
	for (int i = 0; i < 600 && term_bells(t) == 0; i++)
		term_run(t, 50);
	assert_int_equal(term_bells(t), 1);
	leave(t);
	wish("");
}

/* ---- events ---- */

static void test_events(void **state)
{
	struct term *t = care(80, 24, "operator", NULL);
	char under[256], above[256];
	int y;

	press(t, "6");
	see(t, "[34][05]0 events");
	see(t, "^> [0-9:]{8} +A2 +enclosure +Fan 7: OK -> failed"); /* the newest, without the name once more */
	kill(peer, SIGUSR1);
	see(t, "^> [0-9:]{8} +A2 +enclosure"); /* 4 more: the cursor stays above */
	see(t, "[34][05]4 events");
	/* Who looks back stays where he is, and is told how many came. */
	press(t, "PgDn");
	press(t, "PgDn");
	press(t, "Down");
	see(t, "^> .*(a2-10|db01a|A2|01 )");
	for (y = 0; y < 23 && term_row(t, y)[0] != '>'; y++)
		;
	snprintf(under, sizeof under, "%s", term_row(t, y));
	snprintf(above, sizeof above, "%s", term_row(t, y - 1));
	kill(peer, SIGUSR1);
	see(t, "4 new above: Home");
	assert_string_equal(term_row(t, y), under); /* nothing has moved */
	assert_string_equal(term_row(t, y - 1), above);
	press(t, "Home");
	see_gone(t, "new above");
	/* To the very first one. */
	for (int i = 0; i < 40 && !term_shows(t, "45[0-9] events"); i++)
		press(t, "End");
	see(t, "458 events");
	press(t, "/");
	type(t, "kind:blade");
	press(t, "Enter");
	see(t, "of 458 events");
	see_gone(t, "Fan 7");
	press(t, "Home");
	press(t, "Enter");
	see(t, "rack A . A2 . a2-10");
	press(t, "Backspace");
	press(t, "/");
	press(t, "C-u");
	type(t, "name:db01a !guest");
	press(t, "Enter");
	see(t, "Nothing that was looked through matches");
	leave(t);
}

/* ---- the audit log ---- */

static void test_audit(void **state)
{
	struct term *t = care(120, 36, "operator", NULL);

	press(t, "0");
	see(t, "100 records");
	see(t, "^> 20[0-9-]+ [0-9:]+ +acme-ops +shut down +a2-10 +\\(PSU swap\\) +job 00007d");
	see(t, "refused +db01a +a customer may not do that");
	see(t, "tana audit --csv");
	press(t, "Enter");
	see(t, "origin +ssh 192.0.2.7 \\(claimed");
	see(t, "reason +PSU swap");
	see(t, "record +250, begin");
	see(t, "hash +6f1c2a7e");
	press(t, "Backspace");
	/* A job that ended: its records come above. */
	kill(peer, SIGUSR2);
	see(t, "102 records");
	/* Paged back to the beginning. */
	for (int i = 0; i < 20 && !term_shows(t, "252 records"); i++)
		press(t, "End");
	see(t, "252 records");
	/* The broker narrows by keys, and the command line says the same. */
	press(t, "/");
	type(t, "by:sato since:12h verb:power-off");
	press(t, "Enter");
	see(t, "tana audit --by sato --verb power-off --since 12h --csv");
	see_asked("\"verb\":\"power-off\"");
	see_asked("\"by\":\"sato\",\"limit\":100,\"since\":");
	see_gone(t, "suzuki");
	press(t, "/");
	press(t, "C-u");
	type(t, "since:soon");
	press(t, "Enter");
	see(t, "soon is no time such as 8h");
	leave(t);
}

/* ---- handover ---- */

static void test_handover(void **state)
{
	struct term *t = care(120, 36, "operator", NULL);

	press(t, "H");
	see(t, "since 20[0-9-]+ [0-9:]+ +8 hours");
	see(t, "^.Alerts that nobody has taken: 3");
	see(t, "its manager does not answer, 16 hosts behind it \\(spare ordered\\) +tanaka, 8812");
	see(t, "^.Alerts that cleared: 1");
	see(t, "a2-10 +power off: failed, its manager refused: session limit +suzuki");
	see(t, "Jobs under way: none");
	see(t, "Blades under observation: 1");
	see(t, "a2-10 +NIC flaps, until");
	see(t, "Changes of protections, limits and the site file: 30");
	press(t, "End");
	see(t, "Who did something: 3");
	see(t, "acme-ops +[0-9]+ protect, .* customer");
	/* Another time: by a step, or typed. */
	press(t, "-");
	press(t, "-");
	press(t, "-");
	see(t, "1 hour  ");
	see(t, "tana handover --since 1h");
	press(t, "/");
	type(t, "since:2h nic");
	press(t, "Enter");
	see(t, "tana handover --since 2h");
	see(t, "NIC flaps");
	see_gone(t, "Alerts that");
	press(t, "Home");
	press(t, "Enter");
	see(t, "rack A . A2 . a2-10");
	leave(t);
}

/* ---- the watch note ---- */

static void test_note(void **state)
{
	struct term *t = care(120, 36, "operator", NULL);

	press(t, "n"); /* the first that is not well; on to the one that is watched */
	for (int i = 0; i < 20 && !term_shows(t, "a2-10 ─.*rack A  A2  bay 10"); i++)
		press(t, "n");
	see(t, "watch +NIC flaps, until");
	press(t, "t");
	see(t, "Watch a2-10");
	see(t, "noted by tanaka");
	see(t, "> Note: +NIC flaps");
	press(t, "C-u");
	go_to(t, "Note it");
	press(t, "Enter");
	see(t, "Write what is to be watched");
	assert_false(was_asked("note-set"));
	press(t, "Home");
	go_to(t, "Note:");
	type(t, "PSU 2");
	go_to(t, "until Friday evening");
	press(t, "Enter");
	see(t, "tana note blade:a2-10 'PSU 2' --until '20[0-9-]+ 18:00'");
	see(t, "> Note it");
	press(t, "Enter");
	see(t, "a2-10 is under observation");
	see(t, "watch +PSU 2");
	press(t, "t");
	go_to(t, "Take the note off");
	press(t, "Enter");
	see(t, "under observation no more");
	see_gone(t, "watch +PSU 2");
	leave(t);
}

/* ---- who may, and on what ---- */

static void test_viewer(void **state)
{
	struct term *t = care(80, 24, "viewer", NULL);

	press(t, "A");
	see(t, "^>! a2-10");
	press(t, "a");
	see_gone(t, "take, mute");
	see_gone(t, "Acknowledge");
	press(t, "3");
	see(t, "^>.*a1-01");
	press(t, "t");
	see_gone(t, "Watch");
	press(t, "H");
	see(t, "Alerts that nobody has taken: 3");
	leave(t);
}

/* The views are not there for customers. */
static void test_customer(void **state)
{
	struct term *t = scripted(80, 24, "customer", NULL, NULL);

	press(t, "A");
	press(t, "H");
	press(t, "5");
	press(t, "6");
	press(t, "0");
	see(t, "db01a");
	assert_false(term_shows(t, "alerts|Alerts"));
	assert_false(was_asked("\"execute\":\"audit\""));
	assert_false(was_asked("\"execute\":\"events\""));
	leave(t);
}

static void test_sizes(void **state)
{
	static const int sizes[][2] = {{1, 1}, {12, 4}, {40, 10}, {200, 60}, {80, 24}};
	static const char *const keys[] = {"6", "0", "H", "A"};
	struct term *t = care(80, 24, "operator", (const char *const[]){"LANG=C", NULL});

	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		term_resize(t, sizes[s][0], sizes[s][1]);
		for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
			press(t, keys[k]);
			assert_true(term_running(t));
		}
		if (s < 2) {
			press(t, "a");
			press(t, "Esc");
		}
	}
	press(t, "A");
	see(t, "^.! a2-10");
	for (const char *p = term_screen(t); *p; p++)
		if ((unsigned char)*p >= 0x80)
			fail_with(t, "not ASCII", term_screen(t));
	leave(t);
}

static int tear_down(void **state)
{
	end_peer();
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alerts), cmocka_unit_test(test_taking), cmocka_unit_test(test_muting), cmocka_unit_test(test_bell), cmocka_unit_test(test_events),
		cmocka_unit_test(test_audit), cmocka_unit_test(test_handover), cmocka_unit_test(test_note), cmocka_unit_test(test_viewer), cmocka_unit_test(test_customer),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, bed_set_up_alone, tear_down);
}

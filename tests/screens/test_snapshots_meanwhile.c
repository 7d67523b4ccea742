/* What happens while snapshots, or an action's preview, are on the screen: other sizes, a VM or the broker that goes, a preview that
 * another one takes the place of just as it is confirmed; and what looking at them costs.
 * On a scripted broker. Needs tana, tanad and tests/screens/peer in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "peer_bed.h"

#include <signal.h>
#include <stdio.h>

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

/* ---- another preview ---- */

#define COMMIT "\"execute\":\"commit\""
#define UNREAD_MS 700    /* dialog_plan.c's */
#define ROUNDS 10

static void until_asked(struct term *t, const char *what)
{
	for (int i = 0; i < WAIT / 10 && !was_asked(what); i++)
		term_run(t, 10);
	assert_true(was_asked(what));
}

/* The console finds both at once: a preview that costs more, and the y that was meant for the one before. False: it was so slow that nobody
 * can say whether it had to obey. */
static bool yes_meets_another(void)
{
	struct term *t = scripted(80, 24, "operator", "worse", NULL);
	bool told = false, done = false;
	int64_t began;

	open_vm(t, "db01b");
	press(t, "p");
	see(t, "Cancel, change nothing");
	go_to(t, "Shut down");
	press(t, "Enter");
	see(t, "Shut down now: press y");
	kill(peer, SIGUSR2); /* it is looked at anew; the answer waits */
	until_asked(t, "late: waits");
	kill(term_pid(t), SIGSTOP);
	kill(peer, SIGUSR1);
	until_asked(t, "late: told");
	term_type(t, "y");
	for (int i = 0; i < WAIT / 10 && term_sent_left(t) > 0; i++)
		term_run(t, 10);
	began = term_now_us();
	kill(term_pid(t), SIGCONT);
	for (int i = 0; i < WAIT / 5 && !told && !done; i++) {
		term_run(t, 5);
		done = was_asked(COMMIT);
		told = term_shows(t, "has just changed: read it and press y again|looked at anew: confirm it after");
	}
	if (done) {
		assert_true(term_now_us() - began >= UNREAD_MS * 1000);
		leave(t);
		return false;
	}
	see(t, "db01a stands still until it is back");
	see(t, "Shut down now: press y");
	/* Read, and meant. */
	for (int i = 0; i < 60 && !was_asked(COMMIT); i++) {
		term_run(t, UNREAD_MS + 100);
		press(t, "y");
	}
	see_gone(t, "press y");
	assert_true(was_asked(COMMIT));
	leave(t);
	return true;
}

static void test_yes_to_another(void **state)
{
	for (int i = 0; i < ROUNDS; i++)
		if (yes_meets_another())
			return;
	print_message("this machine is too slow to see it\n");
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
	uint64_t before, bytes = 0;
	int64_t began;
	long woken, seconds;

	open_vm(t, "db01a");
	press(t, "Down");
	press(t, "Down");
	/* A cursor key; a second's tick may come with it. */
	for (int i = 0; i < 4 && (bytes == 0 || bytes > 260); i++) {
		term_quiet(t, 300, 3000);
		before = term_received(t);
		press(t, i % 2 ? "Up" : "Down");
		bytes = term_received(t) - before;
	}
	assert_in_range(bytes, 1, 260);
	/* A job is under way: its time is shown, once a second and no more. */
	term_run(t, 1500);
	before = term_received(t);
	woken = wake_ups(t);
	began = term_now_us();
	term_run(t, 5000);
	woken = wake_ups(t) - woken;
	seconds = (long)((term_now_us() - began) / 1000000); /* 5, unless the machine stood still */
	assert_in_range(woken, 0, 2 * seconds); /* the broker is asked now and then whether it is there */
	assert_in_range(term_received(t) - before, 0, (uint64_t)(120 * seconds));
	leave(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resize), cmocka_unit_test(test_gone), cmocka_unit_test(test_broker_restart), cmocka_unit_test(test_yes_to_another),
		cmocka_unit_test(test_cost),
	};

	int failed = cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);

	end_peer(); /* where the last one failed */
	return failed;
}

/* The wall for a long time: an hour of host losses, resizes and a broker that is killed and started again every two minutes
 * (TANA_LONG; a dozen seconds else), and hours by a clock that runs a thousand times faster. What it holds must not grow.
 * TANA_SOAK_S makes both as long as it says, in the way of the long form; a word picks tests: test_wall_soak test_fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "puppet.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include "patience.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if SANITIZED
#define GROWTH_KIB 32768     /* what ASan keeps back of freed memory */
#else
#define GROWTH_KIB 256
#endif

static bool is_long(void)
{
	return getenv("TANA_LONG") || getenv("TANA_SOAK_S");
}

static int64_t seconds_of(int64_t whole, int64_t brief)
{
	const char *s = getenv("TANA_SOAK_S");

	return s ? atoll(s) : is_long() ? whole : brief;
}

static int descriptors(struct term *t)
{
	char path[64];
	DIR *d;
	int n = 0;

	snprintf(path, sizeof path, "/proc/%d/fd", (int)term_pid(t));
	d = opendir(path);
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* One host's machine goes away, and is there again the next time. */
static void lose_host(int turn)
{
	static char here[256], away[256];
	static bool gone;
	char nodes[128];
	struct dirent *f;
	DIR *d;

	if (gone) {
		rename(away, here);
		gone = false;
		return;
	}
	snprintf(nodes, sizeof nodes, "%s/site/nodes", bed_dir);
	d = opendir(nodes);
	assert_non_null(d);
	while ((f = readdir(d)))
		if (f->d_name[0] != '.' && turn-- <= 0)
			break;
	if (f) {
		snprintf(here, sizeof here, "%s/%.40s", nodes, f->d_name);
		snprintf(away, sizeof away, "%s/../%.40s", nodes, f->d_name);
		gone = rename(here, away) == 0;
	}
	closedir(d);
}

static void test_soak(void **state)
{
	const char *const env[] = {"ASAN_OPTIONS=quarantine_size_mb=4", NULL};
	struct term_options o = {.cols = 120, .rows = 36, .env = env};
	int64_t begin = term_now_us(), all = seconds_of(3600, 12) * INT64_C(1000000), period = is_long() ? 120 : 4, warm = is_long() ? all / 12 : all / 2;
	long memory = 0;
	int fds = 0, turn = 0;
	struct term *t = term_start((const char *const[]){bed_tana, "--socket", bed_sock, "wall", NULL}, &o);

	see(t, "of [0-9]+ hosts");
	for (int64_t now, next = 0; (now = term_now_us() - begin) < all;) {
		term_run(t, 100);
		assert_true(term_running(t));
		if (memory == 0 && now >= warm) {
			see(t, "live [0-9]+ s ago");
			memory = term_own_kib(t);
			fds = descriptors(t);
		}
		if (now < next)
			continue;
		next = now + period * 1000000 / 8;
		if (turn % 2)
			lose_host(turn);
		else
			term_resize(t, turn % 4 ? 120 : 200, turn % 4 ? 36 : 60);
		if (turn++ % 8 == 4) {
			kill(bed_broker, SIGKILL);
			waitpid(bed_broker, NULL, 0);
			bed_start_broker();
		}
	}
	term_resize(t, 120, 36);
	see(t, "live [0-9]+ s ago");
	see(t, "of [0-9]+ hosts");
	if (memory > 0 && term_own_kib(t) > memory + GROWTH_KIB && is_long())
		fail_msg("the wall grew from %ld to %ld KiB", memory, term_own_kib(t));
	print_message("memory %ld to %ld KiB, %d descriptors, %d turns\n", memory, term_own_kib(t), fds, turn);
	for (int i = 0; i < WAIT / 100 && descriptors(t) != fds; i++) /* it may just be coming to the broker */
		term_run(t, 100);
	assert_int_equal(descriptors(t), fds);
	term_type(t, "q");
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	term_end(t);
}

/* Hours in seconds: the clock goes on, the picture walks, pages turn, and nothing is heaped up. */
static void test_fast(void **state)
{
	static const char *const objects[] = {
		"{'event':'put','object':{'kind':'site','id':'site','gen':1,'name':'puppet-1','tz':'UTC0'}}",
		"{'event':'put','object':{'kind':'rack','id':'rack:A','gen':1,'name':'A','order':0}}",
		"{'event':'put','object':{'kind':'enclosure','id':'enclosure:A1','gen':1,'name':'A1','rack':'A','rows':2,'columns':8,'bays':16}}",
		"{'event':'put','object':{'kind':'blade','id':'blade:a1-00','gen':1,'name':'a1-00','rack':'A','enclosure':'A1','place':0,'host':'up','vms':8,'running':8}}", NULL,
	};
	const char *const env[] = {"ASAN_OPTIONS=quarantine_size_mb=4", NULL};
	struct term_options o = {.cols = 120, .rows = 36, .env = env};
	char sock[96], program[512], line[512];
	int64_t begin, seconds = seconds_of(2600, 5); /* a month, an hour and a half */
	struct puppet *broker;
	struct term *t;
	long memory = 0;
	int row, col, was_row, was_col;
	bool walked = false;

	snprintf(sock, sizeof sock, "%s/puppet", bed_dir);
	snprintf(program, sizeof program, "%s/tests/screens/wallfast", getenv("TANA_BUILD"));
	broker = puppet_start(sock, "viewer", objects);
	t = term_start((const char *const[]){program, sock, NULL}, &o);
	see(t, "of 1 hosts");
	assert_true(term_find(t, "tana wall", &was_row, &was_col));
	begin = term_now_us();
	for (int i = 0; term_now_us() - begin < seconds * 1000000 || !walked; i++) {
		if (term_now_us() - begin > (seconds + 60) * 1000000)
			fail_with(t, "the picture never walks", "tana wall");
		snprintf(line, sizeof line, "{'event':'put','object':{'kind':'blade','id':'blade:a1-00','gen':1,'name':'a1-00','rack':'A','enclosure':'A1','place':0,'host':'%s','vms':8,"
			"'running':%d}}", i % 7 ? "up" : "backoff", i % 8);
		puppet_say(broker, line);
		snprintf(line, sizeof line, "{'event':'happened','at':%d,'kind':'blade','object':'blade:a1-00','name':'a1-00','what':{'msg':'event.back','args':{'blade':'a1-00'},"
			"'text':'host a1-00 is back'}}", 1795000000 + i);
		puppet_say(broker, line);
		if (i % 50 == 49)
			puppet_drop(broker);
		term_run(t, 20);
		assert_true(term_running(t));
		walked |= term_find(t, "tana wall", &row, &col) && (row != was_row || col != was_col);
		if (memory == 0 && term_now_us() - begin > seconds * 300000)
			memory = term_own_kib(t);
	}
	if (term_own_kib(t) > memory + GROWTH_KIB && is_long())
		fail_msg("the wall grew from %ld to %ld KiB", memory, term_own_kib(t));
	print_message("a thousand times faster: memory %ld to %ld KiB\n", memory, term_own_kib(t));
	term_type(t, "q");
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	term_end(t);
	puppet_end(broker);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast), cmocka_unit_test(test_soak),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

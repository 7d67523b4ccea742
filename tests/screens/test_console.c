/* A VM's serial console as a person sees it, through the terminal emulator: what a guest says stays in its pane, keys go to it, the way
 * out is always there. The broker is the scripted one (peer_stream.c); its guest obeys words that are typed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "patience.h"
#include "peer_bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `tana console db01a` on a terminal of this size. */
static struct term *alone(int cols, int rows, const char *more, const char *const *env, const char *option)
{
	struct term_options o = {.cols = cols, .rows = rows, .env = env};
	char sock[96];
	struct term *t;

	start_peer("operator", more);
	snprintf(sock, sizeof sock, "%s/peer", bed_dir);
	t = term_start((const char *const[]){bed_tana, "--socket", sock, "console", "vm:db01a", option, NULL}, &o);
	if (cols >= 20 && rows >= 4)
		see(t, "guest#");
	return t;
}

/* At once, as a paste into a terminal that brackets none. */
static void enter(struct term *t, const char *line)
{
	term_type(t, line);
	term_type(t, "\r");
}

/* Seen in any picture: nothing waits for a quiet moment, a guest may pour. */
static void see_soon(struct term *t, const char *regex)
{
	for (int64_t end = term_now_us() + WAIT * INT64_C(1000); !term_shows(t, regex); term_run(t, 2))
		if (term_now_us() > end || !term_running(t))
			fail_with(t, "never seen", regex);
}

static void leave_console(struct term *t, int status)
{
	term_key(t, "C-]");
	see_soon(t, "q leave");
	term_key(t, "q");
	assert_int_equal(term_wait_exit(t, WAIT), status);
	assert_false(term_alternate(t));
	term_end(t);
	end_peer();
}

/* ---- keys ---- */

static void test_view(void **state)
{
	static const char *const sent[] = {"C-c", "C-z", "C-s", "C-q", "C-\\", "Up", "F5", "M-x"};
	struct term *t = scripted(80, 24, "operator", NULL, NULL);

	open_vm(t, "db01a");
	press(t, "c");
	see(t, "^ db01a  you type");
	see(t, "^ \\^\\] leaves");
	see(t, "guest#");
	type(t, "Q?/"); /* keys of the table are letters here */
	see(t, "guest# Q\\?/");
	press(t, "Enter");
	enter(t, "keys");
	see(t, "guest# keys");
	for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++)
		term_key(t, sent[i]);
	term_run(t, 20);
	press(t, "Esc");
	see(t, "03 1a 13 11 1c 1b 5b 41 1b 5b 31 35 7e 1b 78 1b");
	/* The key that leaves opens the small line: Esc goes back, r sends the key, q leaves. */
	press(t, "C-]");
	see(t, "q leave +Esc back +r send the key itself");
	press(t, "x"); /* means nothing there */
	see(t, "q leave");
	press(t, "Esc");
	see(t, "^ \\^\\] leaves");
	press(t, "C-]");
	press(t, "r");
	see(t, "78 1b 1d");
	press(t, "C-]");
	press(t, "q");
	see(t, "Snapshots");
	see_asked("stream-close");
	leave(t);
}

static void test_from_list(void **state)
{
	struct term *t = scripted(80, 24, "customer", NULL, NULL);

	press(t, "c");
	see(t, "guest#");
	press(t, "C-]");
	press(t, "Enter");
	see_gone(t, "guest#");
	leave(t);
}

static void test_paste(void **state)
{
	static char text[6001];
	struct term *t = alone(80, 24, NULL, NULL, NULL);

	memset(text, 'p', sizeof text - 1);
	enter(t, "count");
	see(t, "guest# count");
	text[5999] = '$';
	term_paste(t, text);
	see(t, "guest# 6000 bytes");
	leave_console(t, 0);
	t = alone(80, 24, NULL, NULL, NULL);
	enter(t, "full"); /* the guest takes nothing for a while: what is typed waits, nothing is lost */
	see(t, "guest# full");
	enter(t, "count");
	term_type(t, "abc");
	see(t, "the guest takes nothing now; [0-9]+ bytes? waits?|guest# count");
	term_paste(t, text);
	see(t, "guest# 6003 bytes");
	leave_console(t, 0);
}

/* ---- who types ---- */

static void test_watch(void **state)
{
	struct term *t = alone(80, 24, "held", NULL, NULL);

	/* Held by another: one watches, and is told. */
	see(t, "^ db01a  watching: suzuki types");
	see(t, "suzuki types; \\^\\] t takes the pen");
	term_type(t, "x");
	see(t, "watching: suzuki types; \\^\\] w asks for the pen");
	press(t, "C-]");
	see(t, "w ask for the pen +t take it");
	press(t, "w");
	see(t, "suzuki types; \\^\\] t takes the pen");
	press(t, "C-]");
	press(t, "t");
	see(t, "^ db01a  you type");
	enter(t, "steal");
	see(t, "watching: suzuki types");
	leave_console(t, 0);
	t = alone(80, 24, NULL, NULL, "--watch");
	see(t, "watching: nobody types");
	leave_console(t, 0);
}

/* ---- ends ---- */

static void test_ends(void **state)
{
	struct term *t = scripted(80, 24, "operator", NULL, NULL);

	open_vm(t, "db01a");
	press(t, "c");
	see(t, "guest#");
	enter(t, "idle");
	see(t, "it is over");
	see(t, "nothing was typed for 15 min");
	see(t, "Enter leaves");
	see(t, "guest# idle"); /* what was shown stays */
	press(t, "x");
	see(t, "it is over");
	press(t, "Enter");
	see(t, "Snapshots");
	leave(t);
	t = alone(80, 24, NULL, NULL, NULL); /* a command ends with its stream */
	enter(t, "stop");
	assert_int_equal(term_wait_exit(t, WAIT), 1);
	see(t, "tana: the serial console of db01a ended");
	term_end(t);
	end_peer();
}

static void test_reconnect(void **state)
{
	struct term *t = alone(80, 24, NULL, NULL, NULL);

	enter(t, "lose");
	see(t, "lost 12 KiB");
	enter(t, "before the broker went");
	see(t, "before the broker went");
	enter(t, "die");
	see(t, "reopened [0-9][0-9]:");
	see(t, "^ db01a  you type");
	press(t, "C-]"); /* the old picture is in the history */
	press(t, "PgUp");
	see(t, "lines? back");
	see(t, "before the broker went");
	press(t, "Esc");
	end_peer();
	see(t, "broker lost, trying again; this is old");
	see(t, "guest#");
	press(t, "C-]");
	press(t, "q");
	assert_int_equal(term_wait_exit(t, WAIT), 4);
	term_end(t);
}

/* ---- what a guest says ---- */

static void write_file(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
}

#define HOSTILE(text) {text, sizeof text - 1}
static const struct { const char *text; size_t len; } hostile[] = {
	HOSTILE("\033c\033[2J\033[H\033[3J"), HOSTILE("\033[1000000000C\033[1000000000Bx"), HOSTILE("\033[1000000000b"), HOSTILE("x\033[1000000000b"),
	HOSTILE("\033]0;title\007\033]2;title\033\\\033]52;c;ZXZpbA==\007\033]10;#ff0000\007\033]4;1;red\007\033]104\007\033]8;;http://x\007link"),
	HOSTILE("\033P$qm\033\\\033P+q544e\033\\\033Pq#0;2;0;0;0\033\\"), HOSTILE("\033[?1000h\033[?1002h\033[?1003h\033[?1006h\033[?1004h\033[?9h"),
	HOSTILE("\033[8;5;5t\033[3;0;0t\033[9;1t\033[18t\033[21t\033[22;0t\033[2 q\033[?12h\033[?3h\033[?69h\033[2;5s"),
	HOSTILE("\033[5;3r\033[?6h\033[1;1Hx\033[999S\033[999T\033[999L\033[999M\033[999@\033[999P\033[999X"), HOSTILE("\033[1;1r\033[24;1H\n\n\n\033[r"),
	HOSTILE("\x9b" "2J\x9b" "31m\x9d" "0;t\x9c\x90$q\x9c"), HOSTILE("\xc2\x9b" "2J\xc2\x9d" "0;t\xc2\x9c"), HOSTILE("\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80\xff\xfe\xf4\x90\x80\x80"),
	HOSTILE("abc\xe2\x80\xae" "def\xe2\x81\xa6ghi\xe2\x80\x8f\xe2\x80\x8b\xef\xbb\xbf\xc2\xad\xe1\x85\x9f\xe3\x85\xa4\xef\xbe\xa0"),
	HOSTILE("\xee\x80\x80\xf3\xb0\x80\x80\xf4\x8f\xbf\xbd\xf3\xa0\x81\x81\xef\xb8\x8f"), HOSTILE("\xe6\xbc\xa2\033[1;80H\xe6\xbc\xa2\033[24;80H\xe6\xbc\xa2\xe6\xbc\xa2"),
	HOSTILE("a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\033[1;1H\xcc\x81\033[1;80Hx\xcc\x81\xcc\x81"), HOSTILE("\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xf0\x9f\x87\xaf\xf0\x9f\x87\xb5\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"),
	HOSTILE("\016lqqk\017\033)0\016lqk\017\033(0lqk\033(B\033#3x\033#4x\033#6x\033#8"), HOSTILE("\033%@\xe4\xf6\xfc\033%G\033 G\033 F\005\005\005"),
	HOSTILE("\033[?1049hother\033[?47h\033[?1047l\033[?1048h\033[?1049l"), HOSTILE("\033[?5h\033[?25l\033[7m\033[5m\033[8m\033[44m"), HOSTILE("\007\007\007\007"),
	HOSTILE("\033]0;without an end"),
};

/* Line 1 and the last one, and what is beside and below the pane, as they stand; the cells' colours too. */
static void frame_of(struct term *t, char *out, size_t size)
{
	size_t n = 0;

	for (int y = 0; y < term_rows(t); y++)
		for (int x = 0; x < term_cols(t); x++) {
			struct term_cell c;

			if ((y >= 1 && y <= 24 && x < 80) || !term_cell(t, y, x, &c) || n + 48 > size)
				continue;
			n += (size_t)snprintf(out + n, size - n, "%s,%x,%x,%d ", c.text, (unsigned)c.fg, (unsigned)c.bg, c.bold * 2 + c.reverse);
		}
	out[n] = '\0';
}

static void test_hostile(void **state)
{
	static char before[400000], after[400000], long_line[10001];
	struct term *t = alone(120, 36, NULL, NULL, NULL);
	char path[96], line[128];
	uint64_t unknown = term_unknown(t);

	snprintf(path, sizeof path, "%s/out", bed_dir);
	snprintf(line, sizeof line, "cat %s", path);
	memset(long_line, 'L', sizeof long_line - 1);
	see(t, "^ db01a  you type.*80x24");
	term_quiet(t, 40, 3000);
	frame_of(t, before, sizeof before);
	for (size_t i = 0; i <= sizeof hostile / sizeof hostile[0]; i++) {
		bool last = i == sizeof hostile / sizeof hostile[0];

		write_file(path, last ? long_line : hostile[i].text, last ? 10000 : hostile[i].len);
		enter(t, line);
		term_quiet(t, 40, 3000);
		/* The one mark that there is, a bell, passes by. */
		for (int again = 0; again < WAIT / 100; again++) {
			frame_of(t, after, sizeof after);
			if (strcmp(before, after) == 0)
				break;
			term_run(t, 100);
		}
		if (strcmp(before, after) != 0)
			fail_msg("output %zu changed what is outside the pane:\n%s", i, term_screen(t));
		enter(t, "\033\\"); /* ends what has no end */
		enter(t, "\030");
	}
	assert_int_equal(term_bells(t), 0);
	assert_int_equal(term_unknown(t), unknown);
	assert_false(term_mouse(t));
	/* And the way out. */
	leave_console(t, 0);
}

static void test_sizes(void **state)
{
	static const int sizes[][2] = {{20, 5}, {1, 1}, {80, 24}, {2, 2}, {120, 36}, {3, 40}, {200, 3}, {80, 2}, {79, 25}, {81, 27}, {300, 80}, {80, 24}};
	struct term *t = alone(80, 24, NULL, NULL, NULL);

	enter(t, "flood");
	see(t, "the guest pours");
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			term_resize(t, sizes[i][0], sizes[i][1]);
			term_run(t, round == 0 ? 60 : 5);
			assert_true(term_running(t));
			if (round == 1 && i == 4) { /* with all the room it follows the terminal's size */
				term_key(t, "C-]");
				see(t, "z window size");
				term_key(t, "z");
			}
		}
	leave_console(t, 0);
}

static void test_tiers(void **state)
{
	const char *const ascii[] = {"LANG=C", "LC_ALL=C", NULL}, *const mono[] = {"NO_COLOR=1", NULL};
	static const char drawn[] = "\033[31;44mRED\033[m \xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90 \xe6\xbc\xa2 \033[7mREV\033[m\r\n";
	char path[96], line[128];
	struct term *t;
	struct term_cell c;
	int y, x;

	snprintf(path, sizeof path, "%s/out", bed_dir);
	snprintf(line, sizeof line, "cat %s", path);
	write_file(path, drawn, sizeof drawn - 1);
	t = alone(80, 24, NULL, NULL, NULL);
	enter(t, line);
	see(t, "RED \xe2\x94\x8c\xe2\x94\x80\xe2\x94\x90 \xe6\xbc\xa2 REV");
	assert_true(term_find(t, "RED", &y, &x));
	assert_true(term_cell(t, y, x, &c));
	assert_int_equal(c.fg, 1);
	assert_int_equal(c.bg, 4);
	leave_console(t, 0);
	t = alone(80, 24, NULL, ascii, NULL);
	enter(t, line);
	see(t, "RED \\+-\\+ __ REV");
	leave_console(t, 0);
	t = alone(80, 24, NULL, mono, NULL);
	enter(t, line);
	see(t, "RED");
	assert_true(term_find(t, "REV", &y, &x));
	assert_true(term_cell(t, y, x, &c));
	assert_true(c.reverse);
	assert_true(term_find(t, "RED", &y, &x));
	assert_true(term_cell(t, y, x, &c));
	assert_int_equal(c.fg, TERM_DEFAULT);
	leave_console(t, 0);
}

/* While output pours, the key that leaves is answered at once. */
static void test_flood(void **state)
{
	struct term *t = alone(80, 24, NULL, NULL, NULL);
	int64_t began, took, best = INT64_MAX;

	enter(t, "flood");
	see_soon(t, "the guest pours");
	for (int i = 0; i < 4; i++) {
		term_run(t, 60);
		began = term_now_us();
		term_key(t, "C-]");
		see_soon(t, "q leave");
		took = term_now_us() - began;
		best = took < best ? took : best;
		term_key(t, "Esc");
		for (int64_t end = term_now_us() + WAIT * INT64_C(1000); term_shows(t, "q leave") && term_now_us() < end;)
			term_run(t, 2);
	}
	print_message("the escape key was answered within %lld ms\n", (long long)best / 1000);
	assert_true(best < INT64_C(500000) * patience());
	see_asked("stream-credit"); /* what was drawn is given back: it pours on */
	leave_console(t, 0);
}

static int tear_down(void **state)
{
	end_peer();
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view), cmocka_unit_test(test_from_list), cmocka_unit_test(test_paste), cmocka_unit_test(test_watch),
		cmocka_unit_test(test_ends), cmocka_unit_test(test_reconnect), cmocka_unit_test(test_hostile), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_tiers), cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, bed_set_up_alone, tear_down);
}

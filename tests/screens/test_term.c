/* The tests' own terminal: that it shows what a program writes, sends what a person types, and knows when it ended. */
#include "term.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct term *shell(const char *script, const struct term_options *o)
{
	return term_start((const char *const[]){"/bin/sh", "-c", script, NULL}, o);
}

static void test_exit_status(void **state)
{
	struct term *t = shell("echo 'done here'; exit 7", NULL);

	assert_int_equal(term_wait_exit(t, 10000), 7);
	assert_string_equal(term_row(t, 0), "done here");
	assert_false(term_running(t));
	assert_int_equal(term_memory_kib(t), 0);
	term_end(t);

	t = shell("kill -9 $$", NULL);
	assert_int_equal(term_wait_exit(t, 10000), 128 + SIGKILL);
	term_end(t);

	t = term_start((const char *const[]){"/nonexistent/program", NULL}, NULL);
	assert_int_equal(term_wait_exit(t, 10000), 127);
	assert_true(term_shows(t, "^/nonexistent/program: No such file"));
	term_end(t);

	/* What nobody ends is ended by term_end, even if it does not listen. */
	t = shell("trap '' HUP; echo ready; while :; do sleep 1; done", NULL);
	assert_true(term_wait(t, "ready", 10000));
	assert_int_equal(term_wait_exit(t, 50), -1);
	assert_true(term_memory_kib(t) > 100);
	assert_int_equal(kill(term_pid(t), 0), 0);
	pid_t pid = term_pid(t);
	term_end(t);
	assert_int_equal(kill(pid, 0), -1);
}

static void test_colours(void **state)
{
	struct term *t = shell("printf '\\033[1;37;41mA\\033[0m\\033[7;38;5;200mB\\033[0m\\033[4;38;2;1;2;3mC\\033[0mD'", NULL);
	struct term_cell c;

	assert_int_equal(term_wait_exit(t, 10000), 0);
	assert_string_equal(term_row(t, 0), "ABCD");
	assert_true(term_cell(t, 0, 0, &c));
	assert_string_equal(c.text, "A");
	assert_true(c.bold && !c.reverse && c.fg == 7 && c.bg == 1);
	assert_true(term_cell(t, 0, 1, &c));
	assert_true(c.reverse && !c.bold && c.fg == 200 && c.bg == TERM_DEFAULT);
	assert_true(term_cell(t, 0, 2, &c));
	assert_true(c.underline && c.fg == 0x1010203);
	assert_true(term_cell(t, 0, 3, &c));
	assert_true(!c.bold && !c.reverse && !c.underline && c.fg == TERM_DEFAULT && c.bg == TERM_DEFAULT);
	assert_false(term_cell(t, 24, 0, &c));
	assert_false(term_cell(t, 0, 80, &c));
	term_end(t);
}

static void test_wide(void **state)
{
	struct term *t = shell("printf '棚2─e\\314\\201\\r\\n日本x'; read x", NULL);
	struct term_cell c;
	int row, col;
	bool visible;

	assert_true(term_wait(t, "^日本x$", 10000));
	assert_string_equal(term_row(t, 0), "棚2─e\xcc\x81");
	assert_true(term_cell(t, 0, 0, &c) && c.width == 2);
	assert_string_equal(c.text, "棚");
	assert_true(term_cell(t, 0, 1, &c) && c.width == 0);
	assert_string_equal(c.text, "");
	assert_true(term_cell(t, 0, 3, &c) && c.width == 1);
	assert_string_equal(c.text, "─");
	assert_true(term_cell(t, 0, 4, &c));
	assert_string_equal(c.text, "e\xcc\x81");
	assert_true(term_find(t, "2", &row, &col) && row == 0 && col == 2);
	assert_true(term_find(t, "本x", &row, &col) && row == 1 && col == 2);
	assert_true(term_find(t, "x", &row, &col) && row == 1 && col == 4);
	assert_false(term_find(t, "none", &row, &col));
	term_cursor(t, &row, &col, &visible);
	assert_true(row == 1 && col == 5 && visible);
	term_end(t);
}

/* Sizes as the program is told them, down to a single cell. */
static void test_resize(void **state)
{
	struct term *t = shell("trap 'printf \"<%s>\" \"$(stty size)\"' WINCH; stty size; while :; do sleep 0.05; done",
		&(struct term_options){.cols = 120, .rows = 36});
	struct term_cell c;
	int row, col;
	bool visible;

	assert_true(term_wait(t, "^36 120$", 10000));
	term_resize(t, 200, 60);
	assert_true(term_wait(t, "<60 200>", 10000));
	assert_true(term_rows(t) == 60 && term_cols(t) == 200);
	term_resize(t, 1, 1);
	term_run(t, 300);
	assert_int_equal(strlen(term_screen(t)), 2);
	term_resize(t, 80, 24);
	assert_true(term_wait(t, "<24 80>", 10000));
	term_end(t);

	/* What is seen, how it looks, and what was set stay. */
	t = shell("printf '\\033[?1049h\\033[?25l\\033[?2004h\\033[2;3H\\033[1;33;44m棚x\\033[9;9H\\033[7mP'; read x; printf Q; sleep 60", NULL);
	assert_true(term_wait(t, "P", 10000));
	term_resize(t, 12, 10);
	term_resize(t, 100, 40);
	term_resize(t, 4, 9);
	assert_string_equal(term_row(t, 1), "  棚");
	term_resize(t, 90, 30);
	assert_true(term_cell(t, 1, 2, &c) && c.width == 2 && c.bold && c.fg == 3 && c.bg == 4 && !c.reverse);
	assert_true(term_pastes(t) && term_alternate(t));
	term_key(t, "Enter");
	assert_true(term_wait(t, "Q", 10000));
	assert_true(term_find(t, "Q", &row, &col) && term_cell(t, row, col, &c));
	assert_true(c.bold && c.reverse && c.fg == 3 && c.bg == 4);
	term_cursor(t, &row, &col, &visible);
	assert_false(visible);
	term_end(t);

	/* What killed libvterm once. */
	t = shell("printf '棚棚\\r\\n棚'; exit 3", &(struct term_options){.cols = 1, .rows = 1});
	assert_int_equal(term_wait_exit(t, 10000), 3);
	term_end(t);
}

/* A storm of what a confused program might write, at all sizes: nothing here breaks. */
static void test_anything_at_any_size(void **state)
{
	static const int sizes[][2] = {{80, 24}, {2, 1}, {200, 60}, {1, 1}, {3, 50}, {300, 2}, {20, 5}};
	struct term *t = shell("i=0; while [ $i -lt 60 ]; do i=$((i + 1)); printf '\\033[%d;%dH棚棚x\\033[200b\\033[%dX\\033[%d@\\033[%dP\\033[%d;%dr\\033[9L"
		"\\033[K\\033[1J\\r\\n\\n\\033[?1049%s\\033M\\033[9T\\033[r' $((i * 7 % 70)) $((i * 31 % 300)) $((i * 13)) $((i * 3)) $((i * 5)) $((i % 9)) $((i % 50)) "
		"$([ $((i % 3)) = 0 ] && echo l || echo h); sleep 0.005; done; exit 5", NULL);

	for (int i = 0; term_running(t); i++) {
		const int *size = sizes[(unsigned)i % (sizeof sizes / sizeof sizes[0])];

		term_resize(t, size[0], size[1]);
		term_run(t, 3);
		assert_non_null(term_screen(t));
	}
	assert_int_equal(term_wait_exit(t, 1000), 5);
	term_end(t);
}

/* Types keys into od and looks at its bytes. */
static void keys_are(const char *modes, const char *const names[], const char *hex)
{
	char script[256];
	struct term *t;

	snprintf(script, sizeof script, "stty raw -echo; printf '%sready\\r\\n'; head -c %zu | od -An -v -tx1 -w64; printf '\\rend'",
		modes, (strlen(hex) + 1) / 3);
	t = shell(script, NULL);
	assert_true(term_wait(t, "ready", 10000));
	for (int i = 0; names[i]; i++)
		assert_true(term_key(t, names[i]));
	assert_true(term_wait(t, "end", 10000));
	if (!strstr(term_screen(t), hex))
		fail_msg("expected %s, on screen:\n%s", hex, term_screen(t));
	term_end(t);
}

static void test_keys(void **state)
{
	struct term *t = shell("read x", NULL);

	keys_are("", (const char *const[]){"Up", "Enter", "Esc", "Tab", "BackTab", "Backspace", "Space", "PgDn", NULL},
		"1b 5b 41 0d 1b 09 1b 5b 5a 7f 20 1b 5b 36 7e");
	keys_are("\\033[?1h", (const char *const[]){"Down", "Home", "F1", "F10", "q", "棚", "-", NULL},
		"1b 4f 42 1b 4f 48 1b 4f 50 1b 5b 32 31 7e 71 e6 a3 9a 2d");
	keys_are("", (const char *const[]){"C-c", "C-l", "C-m", "M-x", "C-Up", "C-Space", "C-[", NULL},
		"03 0c 0d 1b 78 1b 5b 31 3b 35 41 00 1b");
	assert_false(term_key(t, "Upp"));
	assert_false(term_key(t, "F13"));
	assert_false(term_key(t, ""));
	assert_false(term_key(t, "C-Foo"));
	term_end(t);
}

static void test_what_is_left(void **state)
{
	struct term *t = shell("stty raw; printf '\\033[?1049h\\033[?12;25lpage'", NULL);
	int row, col;
	bool visible;

	assert_int_equal(term_wait_exit(t, 10000), 0);
	term_cursor(t, &row, &col, &visible);
	assert_true(term_raw(t) && term_alternate(t) && !visible);
	term_end(t);

	t = shell("echo first; was=$(stty -g); stty raw; printf '\\033[?1049h\\033[?25lpage\\033[?1049h\\033[?25h\\033[?1049l'; stty $was", NULL);
	assert_int_equal(term_wait_exit(t, 10000), 0);
	term_cursor(t, &row, &col, &visible);
	assert_true(!term_raw(t) && !term_alternate(t) && visible);
	assert_string_equal(term_row(t, 0), "first");
	term_end(t);
}

static void test_paste_and_mouse(void **state)
{
	struct term *t = shell("stty raw -echo; printf '\\033[?2004h\\033[?1000h\\033[?1006hready'; "
		"head -c 34 | od -An -v -c -w64 | tr -d ' '; sleep 60", NULL);

	assert_false(term_pastes(t));
	assert_false(term_raw(t));
	assert_false(term_mouse(t));
	assert_true(term_wait(t, "ready", 10000));
	assert_true(term_pastes(t));
	assert_true(term_raw(t));
	assert_true(term_mouse(t));
	term_paste(t, "ab");
	term_click(t, 4, 9, 1);
	assert_true(term_wait(t, "033\\[200~ab033\\[201~033\\[<0;10;5M033\\[<0;10;5m", 10000));
	term_end(t);
}

/* A cursor report moves by the ambiguous characters before it where the terminal draws them wide. */
static void report_is(const struct term_options *o, const char *answer)
{
	struct term *t = shell("stty raw -echo; printf '\\r\\n─●x\\033[6n'; timeout --foreground 1 head -c 6 | od -An -c | tr -d ' \\n'; printf '|'; sleep 60", o);

	assert_true(term_wait(t, "\\|", 10000));
	assert_true(term_shows(t, answer));
	term_end(t);
}

static void test_answers(void **state)
{
	report_is(NULL, "x033\\[2;4R\\|");
	report_is(&(struct term_options){.ambiguous = 2}, "x033\\[2;6R\\|");
	report_is(&(struct term_options){.mute = true}, "x\\|");
}

static void test_counting(void **state)
{
	struct term *t = shell("stty -echo; echo start; read x; printf 12345; sleep 0.3; printf 67890; sleep 60", NULL);
	uint64_t was;

	assert_true(term_wait(t, "start", 10000));
	was = term_received(t);
	assert_int_equal(was, strlen("start\r\n"));
	assert_true(term_quiet(t, 100, 5000));
	assert_int_equal(term_received(t), was);
	term_key(t, "Enter");
	assert_true(term_wait_bytes(t, was, 10000));
	assert_true(term_quiet(t, 600, 10000));
	assert_int_equal(term_received(t), was + 10);
	assert_false(term_wait_bytes(t, was + 10, 50));
	assert_false(term_wait(t, "never", 50));
	assert_true(term_wait_gone(t, "never", 0));
	term_end(t);
}

/* More than a pty holds, both ways at once. */
static void test_much(void **state)
{
	struct term *t = shell("stty raw -echo; echo ready; head -c 300000 | tr a b; printf '\\r\\nend'", NULL);
	static char much[300000];

	memset(much, 'a', sizeof much);
	assert_true(term_wait(t, "ready", 10000));
	term_send(t, much, sizeof much);
	assert_true(term_wait(t, "^end$", 20000));
	assert_int_equal(term_sent_left(t), 0);
	assert_int_equal(term_received(t), sizeof much + strlen("ready\n\r\nend"));
	term_end(t);
}

static void test_environment(void **state)
{
	const char *const env[] = {"COLOUR=blue", "HOME", NULL};
	struct term *t;

	setenv("LC_ALL", "ja_JP.UTF-8", 1);
	setenv("NO_COLOR", "1", 1);
	t = shell("echo \"$TERM $LANG [$LC_ALL$NO_COLOR] $COLOUR [$HOME] $PWD\"; echo error >&2",
		&(struct term_options){.name = "vt220", .env = env, .dir = "/", .errors = "/dev/null"});
	assert_int_equal(term_wait_exit(t, 10000), 0);
	assert_string_equal(term_screen(t) + strlen(term_row(t, 0)), "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	assert_string_equal(term_row(t, 0), "vt220 C.UTF-8 [] blue [] /");
	term_end(t);
	unsetenv("LC_ALL");
	unsetenv("NO_COLOR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status), cmocka_unit_test(test_colours), cmocka_unit_test(test_wide),
		cmocka_unit_test(test_resize), cmocka_unit_test(test_anything_at_any_size),
		cmocka_unit_test(test_keys), cmocka_unit_test(test_what_is_left),cmocka_unit_test(test_paste_and_mouse),
		cmocka_unit_test(test_answers), cmocka_unit_test(test_counting), cmocka_unit_test(test_much),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

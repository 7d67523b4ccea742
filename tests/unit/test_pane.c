/* The pane of a serial console: what becomes of a guest's output, what it is answered, and what keys become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/buf.h"
#include "term/palette.h"
#include "guest/pane.h"
#include "guest/pane_gate.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf answers;

static void on_answer(void *ctx, const char *bytes, size_t len)
{
	buf_append(&answers, bytes, len);
}

static struct pane *fresh(void)
{
	answers.len = 0;
	return pane_new(PANE_ROWS, PANE_COLS, on_answer, NULL);
}

static void say(struct pane *p, const char *text)
{
	pane_write(p, text, strlen(text));
}

/* One row as text, blanks at its end cut. */
static const char *row(const struct pane *p, int y)
{
	static char text[PANE_SIZE_MAX * PANE_CHARS * 4 + 1];
	struct pane_cell c;
	size_t n = 0;
	int rows, cols;

	pane_size(p, &rows, &cols);
	for (int x = 0; x < cols; x++) {
		pane_cell(p, y, x, &c);
		if (c.cells == 0)
			continue;
		if (!c.chars[0])
			text[n++] = ' ';
		for (int i = 0; i < PANE_CHARS && c.chars[i]; i++)
			n += keys_utf8(c.chars[i], text + n);
	}
	while (n > 0 && text[n - 1] == ' ')
		n--;
	text[n] = '\0';
	return text;
}

/* ---- the gate ---- */

/* What the bytes of a guest become, in one piece. */
static const char *tame(const char *bytes, size_t len)
{
	static char out[3 * GATE_OUT_MAX];
	struct gate g = {0};
	size_t n = 0;

	gate_reset(&g);
	for (size_t i = 0; i < len && n < 2 * GATE_OUT_MAX; i++)
		n += gate_byte(&g, (unsigned char)bytes[i], out + n);
	out[n] = '\0';
	return out;
}
#define TAME(text) tame(text, sizeof text - 1)

static void test_gate_passes(void **state)
{
	assert_string_equal(TAME("plain\r\n\tand \b."), "plain\r\n\tand \b.");
	assert_string_equal(TAME("\033[1;31mred\033[m"), "\033[1;31mred\033[m");
	assert_string_equal(TAME("\033[38;5;208mx\033[48:2:1:2:3m"), "\033[38;5;208mx\033[48:2:1:2:3m");
	assert_string_equal(TAME("\033[H\033[2J\033[;5H\033[3;10r\0337\0338\033M"), "\033[H\033[2J\033[;5H\033[3;10r\0337\0338\033M");
	assert_string_equal(TAME("\033[?1049h\033[?25l\033[?1;7h"), "\033[?1049h\033[?25l\033[?1;7h");
	assert_string_equal(TAME("\033(0lqk\033(B"), "\033(0lqk\033(B");
	assert_string_equal(TAME("\033(Ax\033)Kx"), "\033(Bx\033)Bx"); /* national sets are plain */
	assert_string_equal(TAME("\033[6n\033[5n\033[c\033[0c\033[>c\033[?6n"), "\033[6n\033[5n\033[c\033[0c\033[>c\033[?6n");
	assert_string_equal(TAME("e\xcc\x81 \xe6\xbc\xa2"), "e\xcc\x81 \xe6\xbc\xa2");
	assert_string_equal(TAME("ab\033[3bc"), "abbbbc");
	assert_string_equal(TAME("\033[1\r0C"), "\r\033[10C"); /* a control inside a sequence is obeyed at once */
	assert_string_equal(TAME("\033[5\033[1A\030x\033[5\032y"), "\033[1Axy");
}

static void test_gate_stops(void **state)
{
	/* Titles, clipboard, palette, hyperlinks, reports of states, device control. */
	assert_string_equal(TAME("a\033]0;title\007b\033]52;c;ZXZpbA==\033\\c\033]4;1;red\007\033]8;;http://x\033\\d\033]P1ff0000e\033]Rf"), "abcdef");
	assert_string_equal(TAME("a\033P$qm\033\\b\033^pm\033\\c\033_apc\033\\d\033Xsos\033\\e"), "abcde");
	/* Mouse, focus, margins, 132 columns, window operations, cursor shape, protected cells, 8-bit answers. */
	assert_string_equal(TAME("\033[?1000h\033[?1006;1002l\033[?1004h\033[?69h\033[?3h\033[8;1;1t\033[18t\033[21t\033[2 q\033[1\"q"), "");
	assert_string_equal(TAME("\033[?1000;25h"), "\033[?25h"); /* the one that is known */
	assert_string_equal(TAME("\033 G\033#8\033#6\033%@\033Z\033n\033o\033|\033[?1$p\033[>1;2m\033[=c\033[x\033[0;1n"), "");
	assert_string_equal(TAME("\005\177\001\002"), "");
	assert_string_equal(TAME("\033[b\033[9b"), ""); /* nothing to repeat: libvterm would never come back */
	assert_int_equal(strlen(TAME("x\033[9999999999b")), 501);
	assert_string_equal(TAME("\033[1000000000C\033[99999999999999999999A"), "\033[9999C\033[9999A");
	assert_string_equal(TAME("\033[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17mx"), "x");
	/* What is no UTF-8, 8-bit controls raw and as characters, what is not seen or turns others round. */
	assert_string_equal(TAME("\x9b" "31m\xc0\xaf\xed\xa0\x80z"), "\xef\xbf\xbd" "31m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	assert_string_equal(TAME("\xc2\x9b" "1m\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf\xee\x80\x80"),
		"\xef\xbf\xbd" "1m\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(TAME("\xe2\x82\033[1m\xe2\x82"), "\xef\xbf\xbd\033[1m");
	assert_string_equal(TAME("\xcc\x81x\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"), "x\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
	assert_string_equal(TAME("x\033[C\xcc\x81"), "x\033[C"); /* a mark on nothing */
}

static void test_gate_string_without_end(void **state)
{
	static char bytes[GATE_STRING_MAX + 100];

	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "\033]0;", 4);
	assert_in_range(strlen(tame(bytes, sizeof bytes)), 90, 110);
}

/* Cut anywhere, it comes to the same. */
static void test_gate_cut(void **state)
{
	static const char bytes[] = "a\033[1;31mb\xe6\xbc\xa2\033]0;t\033\\c\033[?25l\033P1\033\\d\033[3be\xcc\x81";

	for (size_t cut = 0; cut < sizeof bytes; cut++) {
		struct pane *whole = fresh(), *parts = fresh();

		pane_write(whole, bytes, sizeof bytes - 1);
		pane_write(parts, bytes, cut);
		pane_write(parts, bytes + cut, sizeof bytes - 1 - cut);
		for (int x = 0; x < PANE_COLS; x++) {
			struct pane_cell a, b;

			pane_cell(whole, 0, x, &a);
			pane_cell(parts, 0, x, &b);
			assert_memory_equal(a.chars, b.chars, sizeof a.chars);
			assert_int_equal(a.fg, b.fg);
		}
		pane_free(whole);
		pane_free(parts);
	}
}

/* ---- the pane ---- */

static void test_cells(void **state)
{
	struct pane *p = fresh();
	struct pane_cell c;
	int y, x;
	bool visible;

	say(p, "\033[1;4;31;44mB\033[m\033[7mr\033[38;2;255;0;0mX\033[m\xe6\xbc\xa2" "e\xcc\x81\033[?25l");
	assert_true(pane_cell(p, 0, 0, &c));
	assert_int_equal(c.chars[0], 'B');
	assert_int_equal(c.fg, 1);
	assert_int_equal(c.bg, 4);
	assert_int_equal(c.attr, STYLE_BOLD | STYLE_UNDERLINE);
	pane_cell(p, 0, 1, &c);
	assert_int_equal(c.attr, STYLE_REVERSE);
	assert_int_equal(c.fg, -1);
	pane_cell(p, 0, 2, &c);
	assert_int_equal(c.fg, 196); /* red of the cube */
	pane_cell(p, 0, 3, &c);
	assert_int_equal(c.cells, 2);
	pane_cell(p, 0, 4, &c);
	assert_int_equal(c.cells, 0);
	pane_cell(p, 0, 5, &c);
	assert_int_equal(c.chars[1], 0x301);
	pane_cursor(p, &y, &x, &visible);
	assert_int_equal(x, 6);
	assert_false(visible);
	say(p, "\033c");
	assert_string_equal(row(p, 0), "");
	assert_false(pane_cell(p, PANE_ROWS, 0, &c));
	assert_false(pane_cell(p, 0, PANE_COLS, &c));
	assert_false(pane_cell(p, -1, 0, &c));
	say(p, "\007\007");
	assert_int_equal(pane_bells(p), 2);
	pane_free(p);
}

static void test_history(void **state)
{
	struct pane *p = fresh();
	char text[32];

	for (int i = 0; i < PANE_HISTORY + 100; i++) {
		snprintf(text, sizeof text, "line %d\r\n", i);
		say(p, text);
	}
	assert_int_equal(pane_history(p), PANE_HISTORY);
	assert_string_equal(row(p, -1), "line 576");
	assert_string_equal(row(p, -PANE_HISTORY), "line 77");
	/* A full-screen program scrolls its own page. */
	say(p, "\033[?1049h");
	for (int i = 0; i < 100; i++)
		say(p, "other\r\n");
	say(p, "\033[?1049l");
	assert_string_equal(row(p, -1), "line 576");
	pane_restart(p); /* what stood there goes up too */
	assert_string_equal(row(p, -1), "line 599");
	assert_string_equal(row(p, 0), "");
	pane_free(p);
}

static void test_answers(void **state)
{
	struct pane *p = fresh();

	say(p, "\033[5;7H\033[6n");
	assert_int_equal(answers.len, 6);
	assert_memory_equal(answers.data, "\033[5;7R", 6);
	answers.len = 0;
	say(p, "\033[c\033[5n");
	assert_true(answers.len > 6);
	answers.len = 0;
	/* Nothing that the guest chose comes back to it. */
	say(p, "\033]0;rm -rf\007\033[21t\033[20t\033P$q rm\033\\\033P+q544e\033\\\033]52;c;?\007\033]10;?\007\033]4;1;?\007\005\033[18t\033[?1$p\033[x\033Z");
	assert_int_equal(answers.len, 0);
	/* What `resize` asks: as far as it goes, and where that is. */
	say(p, "\0337\033[r\033[999;999H\033[6n\0338");
	assert_memory_equal(answers.data, "\033[24;80R", 8);
	pane_free(p);
}

static void test_resize(void **state)
{
	struct pane *p = fresh();
	int rows, cols;

	say(p, "\033[24;79Hx\xe6\xbc\xa2");
	pane_resize(p, 0, 0);
	pane_size(p, &rows, &cols);
	assert_int_equal(rows, PANE_ROWS_MIN);
	assert_int_equal(cols, PANE_COLS_MIN);
	for (int i = 0; i < 300; i++) {
		say(p, "\033[3;5r\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\033[?1049h\033[9999L\033[9999@\033[9999P\033[9999M\033[9999X\033[?1049l\r\n\xe6\xbc\xa2");
		pane_resize(p, i * 7 % 60, i * 13 % 150);
		say(p, i % 3 ? "\033[999;999H\xe6\xbc\xa2\xe6\xbc\xa2\033[5b" : "\033[?1049h");
	}
	pane_resize(p, 100000, 100000);
	pane_size(p, &rows, &cols);
	assert_int_equal(rows, PANE_SIZE_MAX);
	assert_int_equal(cols, PANE_SIZE_MAX);
	pane_free(p);
}

/* ---- keys ---- */

static void expect_key(struct pane *p, uint32_t code, unsigned mods, const char *want)
{
	char out[PANE_KEY_MAX];
	size_t n = pane_key(p, &(struct key){.code = code, .mods = mods}, out);

	if (n != strlen(want) || memcmp(out, want, n) != 0)
		fail_msg("key %x mods %u: %zu bytes, \"%.*s\"", code, mods, n, (int)n, out);
}

static void test_keys(void **state)
{
	struct pane *p = fresh();
	char out[PANE_KEY_MAX];

	expect_key(p, 'a', 0, "a");
	expect_key(p, 0x6f22, 0, "\xe6\xbc\xa2");
	for (uint32_t c = 1; c < 32; c++)
		expect_key(p, c, 0, (char[]){(char)c, '\0'});
	expect_key(p, K_ENTER, 0, "\r");
	expect_key(p, K_TAB, 0, "\t");
	expect_key(p, K_BACKSPACE, 0, "\177");
	expect_key(p, K_ESC, 0, "\033");
	expect_key(p, 'x', K_ALT, "\033x");
	expect_key(p, K_ENTER, K_ALT, "\033\r");
	expect_key(p, K_BACKTAB, 0, "\033[Z");
	expect_key(p, K_UP, 0, "\033[A");
	expect_key(p, K_LEFT, K_CTRL, "\033[1;5D");
	expect_key(p, K_F1, 0, "\033OP");
	expect_key(p, K_F12, 0, "\033[24~");
	expect_key(p, K_DELETE, 0, "\033[3~");
	expect_key(p, K_PAGE_UP, K_SHIFT, "\033[5;2~");
	say(p, "\033[?1h"); /* application cursor keys, as vi asks for them */
	expect_key(p, K_UP, 0, "\033OA");
	assert_int_equal(pane_paste(p, true, out), 0);
	say(p, "\033[?2004h");
	assert_int_equal(pane_paste(p, true, out), 6);
	assert_memory_equal(out, "\033[200~", 6);
	assert_int_equal(pane_paste(p, false, out), 6);
	assert_int_equal(answers.len, 0); /* keys are no answers */
	pane_free(p);
}

static int bye(void **state)
{
	buf_free(&answers);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gate_passes), cmocka_unit_test(test_gate_stops), cmocka_unit_test(test_gate_string_without_end),
		cmocka_unit_test(test_gate_cut), cmocka_unit_test(test_cells), cmocka_unit_test(test_history), cmocka_unit_test(test_answers),
		cmocka_unit_test(test_resize), cmocka_unit_test(test_keys),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, bye);
}

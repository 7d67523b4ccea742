/* What xterm, PuTTY, Tera Term, the linux console, rxvt-unicode, screen and tmux send for every key, recorded in them or taken from their
 * sources: each whole, cut at every byte, byte by byte, and with its rest too late. Whatever comes, and however: never a wrong key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "term/keys.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ESC_MS 500  /* as over SSH */
#define E "\033"

struct row {
	const char *terminal, *bytes;
	uint32_t code;    /* 0: swallowed */
	unsigned mods;
	int row, col;
};

/* ---- what they have in common ---- */

#define ARROWS(t, before) {t, before "A", K_UP, 0, 0, 0}, {t, before "B", K_DOWN, 0, 0, 0}, {t, before "C", K_RIGHT, 0, 0, 0}, {t, before "D", K_LEFT, 0, 0, 0}
#define EDITING(t) {t, E "[2~", K_INSERT, 0, 0, 0}, {t, E "[3~", K_DELETE, 0, 0, 0}, {t, E "[5~", K_PAGE_UP, 0, 0, 0}, {t, E "[6~", K_PAGE_DOWN, 0, 0, 0}
#define ENDS(t, home, end) {t, home, K_HOME, 0, 0, 0}, {t, end, K_END, 0, 0, 0}
#define F1_TO_4(t, a, b, c, d) {t, a, K_F1, 0, 0, 0}, {t, b, K_F2, 0, 0, 0}, {t, c, K_F3, 0, 0, 0}, {t, d, K_F4, 0, 0, 0}
#define F6_TO_12(t) {t, E "[17~", K_F6, 0, 0, 0}, {t, E "[18~", K_F7, 0, 0, 0}, {t, E "[19~", K_F8, 0, 0, 0}, {t, E "[20~", K_F9, 0, 0, 0}, \
	{t, E "[21~", K_F10, 0, 0, 0}, {t, E "[23~", K_F11, 0, 0, 0}, {t, E "[24~", K_F12, 0, 0, 0}
#define F5_TO_12(t) {t, E "[15~", K_F5, 0, 0, 0}, F6_TO_12(t)
#define ERASE(t) {t, "\x7f", K_BACKSPACE, 0, 0, 0}, {t, "\x08", K_BACKSPACE, 0, 0, 0}
#define KEYPAD(t) {t, E "Op", '0', 0, 0, 0}, {t, E "Oq", '1', 0, 0, 0}, {t, E "Or", '2', 0, 0, 0}, {t, E "Os", '3', 0, 0, 0}, {t, E "Ot", '4', 0, 0, 0}, \
	{t, E "Ou", '5', 0, 0, 0}, {t, E "Ov", '6', 0, 0, 0}, {t, E "Ow", '7', 0, 0, 0}, {t, E "Ox", '8', 0, 0, 0}, {t, E "Oy", '9', 0, 0, 0}, \
	{t, E "Om", '-', 0, 0, 0}, {t, E "Ol", ',', 0, 0, 0}, {t, E "Ok", '+', 0, 0, 0}, {t, E "On", '.', 0, 0, 0}, {t, E "Oj", '*', 0, 0, 0}, \
	{t, E "Oo", '/', 0, 0, 0}, {t, E "OM", K_ENTER, 0, 0, 0}
#define PF(t) F1_TO_4(t, E "OP", E "OQ", E "OR", E "OS")
#define MOUSE(t) {t, E "[<0;10;12M", K_CLICK, 0, 12, 10}, {t, E "[<0;10;12m", 0, 0, 0, 0}, {t, E "[<1;1;1M", K_CLICK_MIDDLE, 0, 1, 1}, \
	{t, E "[<2;200;60M", K_CLICK_RIGHT, 0, 60, 200}, {t, E "[<64;3;4M", K_WHEEL_UP, 0, 4, 3}, {t, E "[<65;3;4M", K_WHEEL_DOWN, 0, 4, 3}, \
	{t, E "[<4;3;4M", K_CLICK, K_SHIFT, 4, 3}, {t, E "[<8;3;4M", K_CLICK, K_ALT, 4, 3}, {t, E "[<16;3;4M", K_CLICK, K_CTRL, 4, 3}, \
	{t, E "[<32;3;4M", 0, 0, 0, 0}, {t, E "[<35;3;4M", 0, 0, 0, 0}, {t, E "[<66;3;4M", 0, 0, 0, 0}, {t, E "[<128;3;4M", 0, 0, 0, 0}
#define MOUSE_X10(t) {t, E "[M *,", K_CLICK, 0, 12, 10}, {t, E "[M#*,", 0, 0, 0, 0}, {t, E "[M`*,", K_WHEEL_UP, 0, 12, 10}, {t, E "[Ma*,", K_WHEEL_DOWN, 0, 12, 10}, \
	{t, E "[M!!!", K_CLICK_MIDDLE, 0, 1, 1}, {t, E "[M@*,", 0, 0, 0, 0}, {t, E "[M \xe8\xa1", K_CLICK, 0, 129, 200}
#define FOCUS(t) {t, E "[I", 0, 0, 0, 0}, {t, E "[O", 0, 0, 0, 0}

static const struct row rows[] = {
	ARROWS("xterm", E "["), ARROWS("xterm, application", E "O"), ENDS("xterm", E "[H", E "[F"), ENDS("xterm, application", E "OH", E "OF"),
	EDITING("xterm"), PF("xterm"), F5_TO_12("xterm"), ERASE("xterm"), KEYPAD("xterm"), MOUSE("xterm"), MOUSE_X10("xterm"), FOCUS("xterm"),
	{"xterm", E "[Z", K_BACKTAB, 0, 0, 0}, {"xterm, old", E "O5C", K_RIGHT, K_CTRL, 0, 0}, {"xterm, old", E "O2P", K_F1, K_SHIFT, 0, 0},
	{"xterm, modifyOtherKeys", E "[27;5;13~", K_ENTER, K_CTRL, 0, 0}, {"xterm, modifyOtherKeys", E "[27;5;99~", 3, 0, 0, 0},
	{"xterm, CSI u", E "[27u", K_ESC, 0, 0, 0}, {"xterm, CSI u", E "[127u", K_BACKSPACE, 0, 0, 0},
	{"xterm, the cursor", E "[2;4R", K_REPORT, 0, 2, 4}, {"xterm, attributes", E "[?64;1;2;6;9;15;18;21;22c", 0, 0, 0, 0},
	{"xterm, attributes", E "[>41;379;0c", 0, 0, 0, 0}, {"xterm, mode", E "[?2004;1$y", 0, 0, 0, 0}, {"xterm, ground", E "]11;rgb:0000/0000/0000\a", 0, 0, 0, 0},
	{"xterm, ground", E "]11;rgb:ffff/ffff/ffff" E "\\", 0, 0, 0, 0}, {"xterm, version", E "P>|XTerm(379)" E "\\", 0, 0, 0, 0},
	{"xterm, status", E "[0n", 0, 0, 0, 0}, {"xterm, size", E "[8;24;80t", 0, 0, 0, 0},

	ARROWS("PuTTY", E "["), ARROWS("PuTTY, Ctrl", E "O"), ENDS("PuTTY", E "[1~", E "[4~"), EDITING("PuTTY"),
	F1_TO_4("PuTTY", E "[11~", E "[12~", E "[13~", E "[14~"), F5_TO_12("PuTTY"), F1_TO_4("PuTTY, Linux", E "[[A", E "[[B", E "[[C", E "[[D"),
	{"PuTTY, Linux", E "[[E", K_F5, 0, 0, 0}, PF("PuTTY, Xterm R6"), {"PuTTY, rxvt", E "[H", K_HOME, 0, 0, 0}, ERASE("PuTTY"), KEYPAD("PuTTY"),
	MOUSE("PuTTY"), MOUSE_X10("PuTTY"), {"PuTTY, attributes", E "[?6c", 0, 0, 0, 0}, {"PuTTY", E "[Z", K_BACKTAB, 0, 0, 0},

	ARROWS("Tera Term", E "["), ARROWS("Tera Term, application", E "O"), ENDS("Tera Term", E "[1~", E "[4~"), EDITING("Tera Term"),
	F1_TO_4("Tera Term", E "[11~", E "[12~", E "[13~", E "[14~"), F5_TO_12("Tera Term"), PF("Tera Term, PF"), KEYPAD("Tera Term"), ERASE("Tera Term"),
	MOUSE("Tera Term"), MOUSE_X10("Tera Term"), FOCUS("Tera Term"), {"Tera Term, Help", E "[28~", K_F1, 0, 0, 0},

	ARROWS("linux", E "["), ARROWS("linux, application", E "O"), ENDS("linux", E "[1~", E "[4~"), EDITING("linux"),
	F1_TO_4("linux", E "[[A", E "[[B", E "[[C", E "[[D"), {"linux", E "[[E", K_F5, 0, 0, 0}, F6_TO_12("linux"), ERASE("linux"), KEYPAD("linux"),
	{"linux", E "[G", K_CENTER, 0, 0, 0}, {"linux, F13", E "[25~", 0, 0, 0, 0}, {"linux, F20", E "[34~", 0, 0, 0, 0}, {"linux, attributes", E "[?6c", 0, 0, 0, 0},

	ARROWS("rxvt", E "["), ARROWS("rxvt, application", E "O"), ENDS("rxvt", E "[7~", E "[8~"), EDITING("rxvt"),
	F1_TO_4("rxvt", E "[11~", E "[12~", E "[13~", E "[14~"), F5_TO_12("rxvt"), ERASE("rxvt"), KEYPAD("rxvt"), MOUSE("rxvt"), MOUSE_X10("rxvt"),
	{"rxvt, Shift", E "[a", K_UP, K_SHIFT, 0, 0}, {"rxvt, Shift", E "[b", K_DOWN, K_SHIFT, 0, 0}, {"rxvt, Shift", E "[c", K_RIGHT, K_SHIFT, 0, 0},
	{"rxvt, Shift", E "[d", K_LEFT, K_SHIFT, 0, 0}, {"rxvt, Ctrl", E "Oa", K_UP, K_CTRL, 0, 0}, {"rxvt, Ctrl", E "Ob", K_DOWN, K_CTRL, 0, 0},
	{"rxvt, Ctrl", E "Oc", K_RIGHT, K_CTRL, 0, 0}, {"rxvt, Ctrl", E "Od", K_LEFT, K_CTRL, 0, 0}, {"rxvt, Ctrl", E "[7^", K_HOME, K_CTRL, 0, 0},
	{"rxvt, Shift", E "[8$", K_END, K_SHIFT, 0, 0}, {"rxvt, both", E "[5@", K_PAGE_UP, K_SHIFT | K_CTRL, 0, 0}, {"rxvt, Shift-Tab", E "[Z", K_BACKTAB, 0, 0, 0},

	ARROWS("screen", E "["), ARROWS("screen, application", E "O"), ENDS("screen", E "[1~", E "[4~"), EDITING("screen"), PF("screen"), F5_TO_12("screen"),
	ERASE("screen"), KEYPAD("screen"), MOUSE("screen"), {"screen", E "[Z", K_BACKTAB, 0, 0, 0},

	ARROWS("tmux", E "["), ARROWS("tmux, application", E "O"), ENDS("tmux", E "[1~", E "[4~"), ENDS("tmux, xterm-keys", E "[H", E "[F"), EDITING("tmux"),
	PF("tmux"), F5_TO_12("tmux"), ERASE("tmux"), KEYPAD("tmux"), MOUSE("tmux"), MOUSE_X10("tmux"), FOCUS("tmux"), {"tmux", E "[Z", K_BACKTAB, 0, 0, 0},

	ARROWS("vt220, 8 bits", "\x9b"), EDITING("vt220"), ENDS("vt220, Find and Select", E "[1~", E "[4~"), F6_TO_12("vt220"), PF("vt220"),
	F1_TO_4("vt220, 8 bits", "\x8fP", "\x8fQ", "\x8fR", "\x8fS"), KEYPAD("vt220"),
};

/* With Shift, Alt, Ctrl and all of them: the same everywhere where there is any (xterm, tmux, PuTTY since 0.78, mintty, VTE...). */
static const struct { const char *before, *after; uint32_t code; } modified[] = {
	{E "[1;", "A", K_UP}, {E "[1;", "B", K_DOWN}, {E "[1;", "C", K_RIGHT}, {E "[1;", "D", K_LEFT}, {E "[1;", "H", K_HOME}, {E "[1;", "F", K_END},
	{E "[1;", "P", K_F1}, {E "[1;", "Q", K_F2}, {E "[1;", "R", K_F3}, {E "[1;", "S", K_F4}, {E "[15;", "~", K_F5}, {E "[17;", "~", K_F6},
	{E "[18;", "~", K_F7}, {E "[19;", "~", K_F8}, {E "[20;", "~", K_F9}, {E "[21;", "~", K_F10}, {E "[23;", "~", K_F11}, {E "[24;", "~", K_F12},
	{E "[2;", "~", K_INSERT}, {E "[3;", "~", K_DELETE}, {E "[5;", "~", K_PAGE_UP}, {E "[6;", "~", K_PAGE_DOWN},
};

/* ---- the decoder under a clock ---- */

struct got {
	struct key keys[64];
	int n;
};

struct bench {
	struct keys *k;
	int64_t now;
	struct got got;
};

static void take(struct bench *b)
{
	struct key key;

	while (keys_next(b->k, b->now, &key)) {
		assert_true(b->got.n < 64);
		b->got.keys[b->got.n++] = key;
	}
}

static void feed(struct bench *b, const char *bytes, size_t n)
{
	keys_feed(b->k, bytes, n, b->now);
	take(b);
}

static void pass(struct bench *b, int64_t ms)
{
	int64_t until = b->now + ms;

	for (int64_t wait; (wait = keys_wait(b->k, b->now)) >= 0 && b->now + wait <= until;) {
		b->now += wait;
		take(b);
	}
	b->now = until;
	take(b);
}

static void begin(struct bench *b)
{
	*b = (struct bench){.k = keys_new(ESC_MS), .now = 1000};
}

/* What is typed afterwards is itself. */
static void end(struct bench *b, const struct row *r, const char *how, size_t cut)
{
	pass(b, 6000);
	b->got.n = 0;
	feed(b, "x", 1);
	if (b->got.n != 1 || b->got.keys[0].code != 'x')
		fail_msg("%s, %s, cut %zu: x behind it is lost", r->terminal, how, cut);
	keys_free(b->k);
}

static void expect(const struct bench *b, const struct row *r, const char *how, size_t cut)
{
	const struct key *k = &b->got.keys[0];

	if (b->got.n != (r->code ? 1 : 0))
		fail_msg("%s, ESC%s, %s, cut %zu: %d keys, first %x", r->terminal, r->bytes + 1, how, cut, b->got.n, b->got.n ? k->code : 0);
	if (r->code && (k->code != r->code || k->mods != r->mods || (r->row && (k->row != r->row || k->col != r->col))))
		fail_msg("%s, ESC%s, %s, cut %zu: key %x mods %x %d,%d", r->terminal, r->bytes + 1, how, cut, k->code, k->mods, k->row, k->col);
}

/* ---- the ways in which a sequence comes ---- */

static void whole(const struct row *r)
{
	struct bench b;

	begin(&b);
	feed(&b, r->bytes, strlen(r->bytes));
	expect(&b, r, "whole", 0);
	assert_true(keys_wait(b.k, b.now) == -1);
	end(&b, r, "whole", 0);
}

static void cut_anywhere(const struct row *r)
{
	size_t len = strlen(r->bytes);
	struct bench b;

	if (r->bytes[0] == '\033' && r->bytes[1] == 'P') /* nobody asks for such an answer, and Alt-P begins alike */
		return;
	for (size_t cut = 1; cut < len; cut++) {
		begin(&b);
		feed(&b, r->bytes, cut);
		assert_int_equal(b.got.n, 0);
		pass(&b, ESC_MS - 1);
		feed(&b, r->bytes + cut, len - cut);
		expect(&b, r, "in two", cut);
		end(&b, r, "in two", cut);
	}
	begin(&b);
	for (size_t i = 0; i < len; i++) {
		feed(&b, r->bytes + i, 1);
		if (i + 1 < len)
			pass(&b, 200);
	}
	expect(&b, r, "byte by byte", 0);
	end(&b, r, "byte by byte", 0);
}

/* Later than Esc is waited for: at most Esc, and the key itself, come out; never what it is written with. */
static void late(const struct row *r)
{
	static const int64_t ms[] = {ESC_MS, ESC_MS + 1, 700, 900, 1500, 2500};
	size_t len = strlen(r->bytes);
	struct bench b;

	/* Where only strings begin so, a person may as well have pressed Alt: their rest is not waited for. */
	if (r->bytes[0] != '\033' || strchr("P]", r->bytes[1]))
		return;
	for (size_t cut = 1; cut < len; cut++)
		for (size_t i = 0; i < sizeof ms / sizeof ms[0]; i++) {
			if (r->bytes[1] == 'O' && cut > 1 && ms[i] > 900) /* Alt-O, after a second */
				continue;
			begin(&b);
			feed(&b, r->bytes, cut);
			pass(&b, ms[i]);
			feed(&b, r->bytes + cut, len - cut);
			for (int n = 0; n < b.got.n; n++)
				if (b.got.keys[n].code != K_ESC && (b.got.keys[n].code != r->code || r->code == 0))
					fail_msg("%s, ESC%s, cut %zu, %d ms late: key %x", r->terminal, r->bytes + 1, cut, (int)ms[i], b.got.keys[n].code);
			end(&b, r, "late", cut);
		}
}

static void test_recorded(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		whole(&rows[i]);
		cut_anywhere(&rows[i]);
		late(&rows[i]);
	}
	print_message("%zu sequences of 8 terminals\n", sizeof rows / sizeof rows[0]);
}

static void test_modified(void **state)
{
	char bytes[16];

	for (size_t i = 0; i < sizeof modified / sizeof modified[0]; i++)
		for (unsigned m = 2; m <= 8; m++) {
			struct row r = {"modified", bytes, modified[i].code, 0, 0, 0};

			r.mods = ((m - 1) & 1 ? K_SHIFT : 0) | ((m - 1) & 2 ? K_ALT : 0) | ((m - 1) & 4 ? K_CTRL : 0);
			snprintf(bytes, sizeof bytes, "%s%u%s", modified[i].before, m, modified[i].after);
			whole(&r);
			cut_anywhere(&r);
			late(&r);
		}
}

/* Alt with a letter comes in one piece; in two, it is what a person types. */
static void test_alt(void **state)
{
	for (char c = 'a'; c <= 'z'; c++) {
		char bytes[3] = {'\033', c, '\0'};
		struct row r = {"Alt", bytes, (uint32_t)c, K_ALT, 0, 0};
		struct bench b;

		whole(&r);
		begin(&b);
		feed(&b, bytes, 1);
		pass(&b, 100);
		feed(&b, bytes + 1, 1);
		assert_int_equal(b.got.n, 2);
		assert_int_equal(b.got.keys[0].code, K_ESC);
		assert_int_equal(b.got.keys[1].code, c);
		keys_free(b.k);
	}
	whole(&(struct row){"PuTTY, Alt", E E "[A", K_UP, K_ALT, 0, 0});
	whole(&(struct row){"rxvt, Alt", E E "OA", K_UP, K_ALT, 0, 0});
	whole(&(struct row){"rxvt, Alt", E E "[3~", K_DELETE, K_ALT, 0, 0});
	whole(&(struct row){"Alt-Backspace", E "\x7f", K_BACKSPACE, K_ALT, 0, 0});
	whole(&(struct row){"Alt-Backspace", E "\x08", K_BACKSPACE, K_ALT, 0, 0});
}

/* Sequences of two terminals and letters, all in one read and cut anywhere: each is found. */
static void test_in_a_row(void **state)
{
	static const char all[] = E "[A" "j" E "OB" E "[<0;10;12M" E "[<0;10;12m" "q" E "[I" E "[1;5C" E "[M *," "\xe9\xa1\xa7" E "[24~";
	static const uint32_t want[] = {K_UP, 'j', K_DOWN, K_CLICK, 'q', K_RIGHT, K_CLICK, 0x9867, K_F12};

	for (size_t cut = 0; cut < sizeof all - 1; cut++) {
		struct bench b;

		begin(&b);
		feed(&b, all, cut);
		pass(&b, 300);
		feed(&b, all + cut, sizeof all - 1 - cut);
		assert_int_equal(b.got.n, sizeof want / sizeof want[0]);
		for (int i = 0; i < b.got.n; i++)
			assert_int_equal(b.got.keys[i].code, want[i]);
		keys_free(b.k);
	}
}

/* Whatever is pasted is text, also when the beginning or the end of the paste comes late, and the paste has sequences in it. */
static void test_paste(void **state)
{
	static const char paste[] = E "[200~" "p\r\ny" E "[A\tq" E "[201~";
	size_t len = sizeof paste - 1;

	for (size_t cut = 1; cut < len; cut++)
		for (int ms = 100; ms <= 2600; ms += 500) {
			struct bench b;

			begin(&b);
			feed(&b, paste, cut);
			pass(&b, ms);
			feed(&b, paste + cut, len - cut);
			for (int i = 0; i < b.got.n; i++)
				if (b.got.keys[i].code != K_ESC && !(b.got.keys[i].mods & K_PASTED))
					fail_msg("cut %zu, %d ms: key %x is a command", cut, ms, b.got.keys[i].code);
			end(&b, &(struct row){"paste", paste, 0, 0, 0, 0}, "in two", cut);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded), cmocka_unit_test(test_modified), cmocka_unit_test(test_alt), cmocka_unit_test(test_in_a_row),
		cmocka_unit_test(test_paste),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

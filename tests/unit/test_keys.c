/* The key decoder against what terminals send: whole, cut at every byte, and with the rest coming too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "term/keys.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESC_MS 500

struct recorded {
	const char *terminal, *bytes;
	uint32_t code;
	unsigned mods;
};

/* Recorded with `cat -v` in each terminal at its defaults, or as its manual lists them. */
static const struct recorded recorded[] = {
	{"xterm", "\033[A", K_UP, 0}, {"xterm", "\033[B", K_DOWN, 0}, {"xterm", "\033[C", K_RIGHT, 0}, {"xterm", "\033[D", K_LEFT, 0},
	{"xterm, application", "\033OA", K_UP, 0}, {"xterm, application", "\033OB", K_DOWN, 0}, {"xterm, application", "\033OC", K_RIGHT, 0},
	{"xterm, application", "\033OD", K_LEFT, 0}, {"xterm", "\033[H", K_HOME, 0}, {"xterm", "\033[F", K_END, 0},
	{"xterm, application", "\033OH", K_HOME, 0}, {"xterm, application", "\033OF", K_END, 0},
	{"xterm", "\033[2~", K_INSERT, 0}, {"xterm", "\033[3~", K_DELETE, 0}, {"xterm", "\033[5~", K_PAGE_UP, 0}, {"xterm", "\033[6~", K_PAGE_DOWN, 0},
	{"xterm", "\033[Z", K_BACKTAB, 0}, {"xterm", "\033OP", K_F1, 0}, {"xterm", "\033OQ", K_F2, 0}, {"xterm", "\033OR", K_F3, 0},
	{"xterm", "\033OS", K_F4, 0}, {"xterm", "\033[15~", K_F5, 0}, {"xterm", "\033[17~", K_F6, 0}, {"xterm", "\033[18~", K_F7, 0},
	{"xterm", "\033[19~", K_F8, 0}, {"xterm", "\033[20~", K_F9, 0}, {"xterm", "\033[21~", K_F10, 0}, {"xterm", "\033[23~", K_F11, 0},
	{"xterm", "\033[24~", K_F12, 0}, {"xterm", "\033[1;5A", K_UP, K_CTRL}, {"xterm", "\033[1;2D", K_LEFT, K_SHIFT},
	{"xterm", "\033[1;6H", K_HOME, K_SHIFT | K_CTRL}, {"xterm", "\033[3;5~", K_DELETE, K_CTRL}, {"xterm", "\033[1;3C", K_RIGHT, K_ALT},
	{"xterm", "\033[1;2P", K_F1, K_SHIFT}, {"xterm", "\033[1;5R", K_F3, K_CTRL}, {"xterm, old", "\033O5C", K_RIGHT, K_CTRL},
	{"xterm, modifyOtherKeys", "\033[27;5;105~", K_TAB, 0}, {"xterm, modifyOtherKeys", "\033[27;2;13~", K_ENTER, K_SHIFT},
	{"xterm, CSI u", "\033[97u", 'a', 0}, {"xterm, CSI u", "\033[99;5u", 3, 0}, {"xterm, CSI u", "\033[97;3u", 'a', K_ALT},
	{"xterm, CSI u", "\033[13;2u", K_ENTER, K_SHIFT}, {"kitty", "\033[27u", K_ESC, 0},
	{"xterm, keypad", "\033Oq", '1', 0}, {"xterm, keypad", "\033OM", K_ENTER, 0}, {"xterm, keypad", "\033Ok", '+', 0}, {"xterm, keypad", "\033OE", K_CENTER, 0},

	{"PuTTY", "\033[1~", K_HOME, 0}, {"PuTTY", "\033[4~", K_END, 0}, {"PuTTY", "\033[11~", K_F1, 0}, {"PuTTY", "\033[12~", K_F2, 0},
	{"PuTTY", "\033[13~", K_F3, 0}, {"PuTTY", "\033[14~", K_F4, 0}, {"PuTTY, Ctrl", "\033OA", K_UP, 0}, {"PuTTY, Alt", "\033\033[A", K_UP, K_ALT},
	{"PuTTY, rxvt Home", "\033[H", K_HOME, 0}, {"PuTTY, rxvt End", "\033Ow", '7', 0},

	{"Tera Term", "\033[A", K_UP, 0}, {"Tera Term", "\033[2~", K_INSERT, 0}, {"Tera Term", "\033[5~", K_PAGE_UP, 0}, {"Tera Term", "\033[11~", K_F1, 0},
	{"Tera Term", "\033[15~", K_F5, 0}, {"Tera Term, keypad", "\033Om", '-', 0}, {"Tera Term, keypad", "\033Ol", ',', 0}, {"Tera Term, keypad", "\033Oy", '9', 0},

	{"linux", "\033[[A", K_F1, 0}, {"linux", "\033[[B", K_F2, 0}, {"linux", "\033[[C", K_F3, 0}, {"linux", "\033[[D", K_F4, 0}, {"linux", "\033[[E", K_F5, 0},
	{"linux", "\033[17~", K_F6, 0}, {"linux", "\033[1~", K_HOME, 0}, {"linux", "\033[4~", K_END, 0}, {"linux", "\033[G", K_CENTER, 0},

	{"vt220", "\033[1~", K_HOME, 0}, {"vt220", "\033[28~", K_F1, 0}, {"vt220, 8 bits", "\233A", K_UP, 0},
	{"vt220, 8 bits", "\2335~", K_PAGE_UP, 0}, {"vt220, 8 bits", "\217P", K_F1, 0}, {"vt220, PF1", "\033OP", K_F1, 0},

	{"rxvt", "\033[7~", K_HOME, 0}, {"rxvt", "\033[8~", K_END, 0}, {"rxvt, Shift", "\033[a", K_UP, K_SHIFT}, {"rxvt, Ctrl", "\033Od", K_LEFT, K_CTRL},
	{"rxvt, Shift", "\033[5$", K_PAGE_UP, K_SHIFT}, {"rxvt, Ctrl", "\033[6^", K_PAGE_DOWN, K_CTRL}, {"rxvt, both", "\033[3@", K_DELETE, K_SHIFT | K_CTRL},
	{"rxvt, Alt", "\033\033OA", K_UP, K_ALT}, {"rxvt", "\033[11~", K_F1, 0},

	{"screen", "\033[1~", K_HOME, 0}, {"screen", "\033OA", K_UP, 0}, {"screen", "\033[Z", K_BACKTAB, 0},
	{"tmux", "\033[1~", K_HOME, 0}, {"tmux", "\033[4~", K_END, 0}, {"tmux", "\033[1;2A", K_UP, K_SHIFT}, {"tmux", "\033OP", K_F1, 0},

	{"the cursor's place", "\033[2;4R", K_REPORT, 0},
	/* What nobody asked for is swallowed. */
	{"device attributes", "\033[?62;22c", 0, 0}, {"mode report", "\033[?1;2$y", 0, 0}, {"old mouse", "\033[M !!", K_CLICK, 0}, {"mouse", "\033[<0;10;12M", K_CLICK, 0}, {"mouse, let go", "\033[<0;10;12m", 0, 0},
	{"focus", "\033[I", 0, 0}, {"colour answer", "\033]11;rgb:0000/0000/0000\033\\", 0, 0}, {"title answer", "\033]ltana\a", 0, 0},
	{"unknown", "\033[99~", 0, 0}, {"unknown", "\033[1;2;3;4;5;6y", 0, 0}, {"unknown SS3", "\033Oz", 0, 0},
};

struct got {
	struct key keys[64];
	int n;
};

static void take(struct keys *k, int64_t now, struct got *g)
{
	struct key key;

	while (keys_next(k, now, &key)) {
		assert_true(g->n < 64);
		g->keys[g->n++] = key;
	}
}

/* Time goes on to `until`, stopping where the decoder asks to be called. */
static void wait_until(struct keys *k, int64_t *now, int64_t until, struct got *g)
{
	for (int turns = 0; turns < 1000; turns++) {
		int64_t wait = keys_wait(k, *now);

		if (wait < 0 || *now + wait > until)
			break;
		assert_true(wait > 0);
		*now += wait;
		take(k, *now, g);
	}
	*now = until;
	take(k, *now, g);
}

static void expect(const struct recorded *r, const char *how, size_t cut, const struct got *g)
{
	int want = r->code ? 1 : 0;

	if (g->n != want || (want && (g->keys[0].code != r->code || g->keys[0].mods != r->mods)))
		fail_msg("%s, %s, cut %zu: %d keys, first %x mods %x, wanted %x mods %x", r->terminal, how, cut, g->n, g->n ? g->keys[0].code : 0,
			g->n ? g->keys[0].mods : 0, r->code, r->mods);
}

static void test_whole(void **state)
{
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		struct keys *k = keys_new(ESC_MS);
		struct got g = {.n = 0};
		int64_t now = 1000;

		keys_feed(k, recorded[i].bytes, strlen(recorded[i].bytes), now);
		take(k, now, &g);
		expect(&recorded[i], "whole", 0, &g);
		assert_true(keys_wait(k, now) == -1);
		keys_free(k);
	}
}

/* A sequence whose first two bytes cannot be told from what a person types one after the other, when they come apart. */
static bool is_typed_alike(const struct recorded *r)
{
	return r->bytes[0] == '\033' && r->bytes[1] == '\033';
}

static void test_cut_anywhere(void **state)
{
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		const struct recorded *r = &recorded[i];
		size_t len = strlen(r->bytes);

		if (is_typed_alike(r))
			continue;
		for (size_t cut = 1; cut < len; cut++) {
			struct keys *k = keys_new(ESC_MS);
			struct got g = {.n = 0};
			int64_t now = 1000;

			keys_feed(k, r->bytes, cut, now);
			take(k, now, &g);
			assert_int_equal(g.n, 0);
			wait_until(k, &now, now + ESC_MS - 10, &g);
			keys_feed(k, r->bytes + cut, len - cut, now);
			take(k, now, &g);
			expect(r, "in two", cut, &g);
			keys_free(k);
		}
		{ /* byte by byte */
			struct keys *k = keys_new(ESC_MS);
			struct got g = {.n = 0};
			int64_t now = 1000;

			for (size_t j = 0; j < len; j++) {
				keys_feed(k, r->bytes + j, 1, now);
				take(k, now, &g);
				wait_until(k, &now, now + 100, &g);
			}
			expect(r, "byte by byte", 0, &g);
			keys_free(k);
		}
	}
}

/* Whatever comes late, it never comes out as the characters it consists of. */
static void test_late(void **state)
{
	static const int64_t late[] = {ESC_MS + 1, 800, 1500, 2500};

	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		const struct recorded *r = &recorded[i];
		size_t len = strlen(r->bytes);
		bool arrow = r->code >= K_SPECIAL && r->code != K_REPORT && r->bytes[0] == '\033' && (r->bytes[1] == '[' || r->bytes[1] == 'O');

		for (size_t cut = 1; arrow && cut < len; cut++)
			for (size_t l = 0; l < sizeof late / sizeof late[0]; l++) {
				struct keys *k = keys_new(ESC_MS);
				struct got g = {.n = 0};
				int64_t now = 1000;

				/* SS3 with its letter missing is given up after a second: it may have been Alt-O. */
				if (r->bytes[1] == 'O' && cut > 1 && late[l] > 900) {
					keys_free(k);
					continue;
				}
				keys_feed(k, r->bytes, cut, now);
				wait_until(k, &now, now + late[l], &g);
				keys_feed(k, r->bytes + cut, len - cut, now);
				take(k, now, &g);
				for (int n = 0; n < g.n; n++)
					if (g.keys[n].code != K_ESC && g.keys[n].code != r->code)
						fail_msg("%s, cut %zu, %d ms late: key %x", r->terminal, cut, (int)late[l], g.keys[n].code);
				/* ...and what is typed next is itself. */
				wait_until(k, &now, now + 5000, &g);
				g.n = 0;
				keys_feed(k, "x", 1, now);
				take(k, now, &g);
				if (g.n != 1 || g.keys[0].code != 'x')
					fail_msg("%s, cut %zu, %d ms late: then x is lost", r->terminal, cut, (int)late[l]);
				keys_free(k);
			}
	}
}

static struct got type_at(const char *const *reads, const int64_t *at, int n, int esc_ms)
{
	struct keys *k = keys_new(esc_ms);
	struct got g = {.n = 0};
	int64_t now = 0;

	for (int i = 0; i < n; i++) {
		wait_until(k, &now, at[i], &g);
		keys_feed(k, reads[i], strlen(reads[i]), now);
		take(k, now, &g);
	}
	wait_until(k, &now, now + 6000, &g);
	assert_true(keys_wait(k, now) == -1);
	keys_free(k);
	return g;
}

static void test_escape(void **state)
{
	struct keys *k = keys_new(50);
	struct got g = {.n = 0};
	int64_t now = 1000;

	keys_feed(k, "\033", 1, now);
	take(k, now + 49, &g);
	assert_int_equal(g.n, 0);
	assert_int_equal(keys_wait(k, now + 20), 30);
	take(k, now + 50, &g);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.keys[0].code, K_ESC);
	keys_free(k);

	/* Typed one after the other they are two keys, in one read they are Alt. */
	g = type_at((const char *const[]){"\033", "q"}, (const int64_t[]){1000, 1200}, 2, 500);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.keys[0].code, K_ESC);
	assert_int_equal(g.keys[1].code, 'q');
	g = type_at((const char *const[]){"\033q"}, (const int64_t[]){1000}, 1, 500);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.keys[0].mods, K_ALT);
	g = type_at((const char *const[]){"\033", "\033"}, (const int64_t[]){1000, 1100}, 2, 500);
	assert_int_equal(g.n, 2);
	/* '[' long after Esc is a bracket, though it is looked at for a moment. */
	g = type_at((const char *const[]){"\033", "[", "x"}, (const int64_t[]){1000, 2000, 3000}, 3, 500);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.keys[1].code, '[');
	g = type_at((const char *const[]){"\033", "[", "A"}, (const int64_t[]){1000, 9000, 9010}, 3, 500);
	assert_int_equal(g.n, 3);
	/* An arrow behind an Esc. */
	g = type_at((const char *const[]){"\033", "\033[A"}, (const int64_t[]){1000, 1100}, 2, 500);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.keys[0].code, K_ESC);
	assert_int_equal(g.keys[1].code, K_UP);
}

static void test_characters(void **state)
{
	struct got g;
	char utf8[5];

	g = type_at((const char *const[]){"a\xe9\xa1\xa7\xf0\x9f\x98\x80\xc3\xa9"}, (const int64_t[]){0}, 1, 50);
	assert_int_equal(g.n, 4);
	assert_int_equal(g.keys[1].code, 0x9867);
	assert_int_equal(g.keys[2].code, 0x1f600);
	/* Cut inside a character. */
	g = type_at((const char *const[]){"\xe9", "\xa1", "\xa7"}, (const int64_t[]){0, 100, 200}, 3, 50);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.keys[0].code, 0x9867);
	/* What is no UTF-8 says nothing. */
	g = type_at((const char *const[]){"\xff\xc0\x80\xed\xa0\x80x"}, (const int64_t[]){0}, 1, 50);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.keys[0].code, 'x');
	g = type_at((const char *const[]){"\r\n\t\b\177\001\003"}, (const int64_t[]){0}, 1, 50);
	assert_int_equal(g.n, 7);
	assert_int_equal(g.keys[0].code, K_ENTER);
	assert_int_equal(g.keys[2].code, K_TAB);
	assert_int_equal(g.keys[3].code, K_BACKSPACE);
	assert_int_equal(g.keys[4].code, K_BACKSPACE);
	assert_int_equal(g.keys[6].code, CTRL_KEY('c'));
	assert_int_equal(keys_ascii(0xff41), 'a');
	assert_int_equal(keys_ascii(0xff0f), '/');
	assert_int_equal(keys_ascii(0x3000), ' ');
	assert_int_equal(keys_ascii(0x9867), 0x9867);
	assert_int_equal(keys_utf8(0x9867, utf8), 3);
	assert_string_equal(utf8, "\xe9\xa1\xa7");
	assert_int_equal(keys_utf8(0xd800, utf8), 0);
}

static void test_paste(void **state)
{
	static const char text[] = "\033[200~a2-12\ry\033[A\xe9\xa1\xa7\033[201~q";
	size_t len = sizeof text - 1;

	for (size_t cut = 0; cut < len; cut++) {
		struct keys *k = keys_new(50);
		struct got g = {.n = 0};
		int64_t now = 0;

		keys_feed(k, text, cut, now);
		take(k, now, &g);
		wait_until(k, &now, now + 40, &g);
		keys_feed(k, text + cut, len - cut, now);
		take(k, now, &g);
		wait_until(k, &now, now + 2000, &g);
		assert_int_equal(g.n, 5 + 1 + 1 + 2 + 1 + 1); /* the arrow's ESC is gone, its letters are text */
		for (int i = 0; i < g.n - 1; i++)
			assert_true(g.keys[i].mods & K_PASTED);
		assert_int_equal(g.keys[5].code, K_ENTER);
		assert_int_equal(g.keys[g.n - 1].code, 'q');
		assert_int_equal(g.keys[g.n - 1].mods, 0);
		keys_free(k);
	}
	/* A paste whose end is lost holds the keyboard for a while only. */
	{
		struct got g = type_at((const char *const[]){"\033[200~abc", "q"}, (const int64_t[]){0, 9000}, 2, 50);

		assert_int_equal(g.n, 4);
		assert_int_equal(g.keys[3].mods, 0);
	}
}

/* Anything at all, cut anywhere: it comes to rest, and a key after it is itself. */
static void test_anything(void **state)
{
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct keys *k = keys_new(round % 2 ? 50 : 500);
		int64_t now = 0;
		struct key key;

		for (int reads = 0; reads < 4; reads++) {
			char buf[24];
			size_t n = (size_t)(rand_r(&seed) % (int)sizeof buf);
			static const char likely[] = "\033\033\033[[O;0123456789~ABCM<?$]P\\\a\xe9\xa1";

			for (size_t i = 0; i < n; i++)
				buf[i] = rand_r(&seed) % 8 ? likely[rand_r(&seed) % (int)(sizeof likely - 1)] : (char)rand_r(&seed);
			keys_feed(k, buf, n, now);
			while (keys_next(k, now, &key))
				assert_true(key.code != 0);
			now += rand_r(&seed) % 900;
		}
		now += 20000;
		while (keys_next(k, now, &key))
			;
		now += 20000;
		while (keys_next(k, now, &key))
			;
		assert_true(keys_wait(k, now) == -1);
		keys_feed(k, "x", 1, now);
		if (keys_next(k, now, &key)) /* inside a paste that was opened it is pasted */
			assert_int_equal(key.code, 'x');
		else
			fail_msg("round %d: x is lost", round);
		keys_free(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole), cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_late), cmocka_unit_test(test_escape),
		cmocka_unit_test(test_characters), cmocka_unit_test(test_paste), cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The same console on every kind of terminal, as a person sees it and byte by byte: signs, colours, mouse, pastes, sizes; and what was chosen is
 * there next time. Needs tana and tanad in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "patience.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a program writes, and what of it matters here. */
struct bytes {
	size_t colours, high;    /* colour sequences; bytes above 0x7f */
	unsigned mouse_on, mouse_off;
	char seq[64];
	size_t n;
};

static bool is_colour(const char *numbers)
{
	for (const char *p = numbers; *p; p += strcspn(p, ";"), p += *p == ';') {
		int v = atoi(p);

		if ((v >= 30 && v <= 49) || (v >= 90 && v <= 107))
			return true;
	}
	return false;
}

static void take(void *ctx, const char *data, size_t len)
{
	struct bytes *b = ctx;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		b->high += c > 0x7f;
		if (c == 0x1b) {
			b->n = 0;
			b->seq[b->n++] = 'E';
		} else if (b->n > 0 && b->n + 1 < sizeof b->seq) {
			b->seq[b->n++] = (char)c;
			if (b->n == 2 ? c != '[' : c >= 0x40) {
				b->seq[b->n] = '\0';
				b->mouse_on += strcmp(b->seq, "E[?1000h") == 0;
				b->mouse_off += strcmp(b->seq, "E[?1000l") == 0;
				b->seq[b->n - 1] = c == 'm' ? '\0' : (char)c;
				b->colours += c == 'm' && is_colour(b->seq + 2);
				b->n = 0;
			}
		}
	}
}

/* A key whose answer is waited for by who looks for it; Esc is not for this: the next key would make it Alt. */
static void hit(struct term *t, const char *key)
{
	assert_true(term_key(t, key));
}

static void wander(struct term *t)
{
	static const char *const keys[] = {"2", "Down", "PgDn", "/", "a", "Enter", "F", "3", "o", "C", "Space", "q", "S", "Down", "q", "?", "PgDn", "q", "1"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		hit(t, keys[i]);
		term_quiet(t, 4, 200); /* its picture; what is looked for holds in any */
	}
	hit(t, "S");
	see(t, "What is chosen counts at once");
	hit(t, "q");
	see_gone(t, "What is chosen counts at once");
}

static void leave(struct term *t)
{
	term_key(t, "Q");
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	assert_false(term_alternate(t));
	assert_false(term_mouse(t));
	assert_false(term_pastes(t));
	assert_false(term_raw(t));
	term_end(t);
}

/* ---- each terminal ---- */

static void test_each(void **state)
{
	static const char *const utf8[] = {"LC_ALL=C.UTF-8", NULL}, *const plain[] = {"LC_ALL=C", NULL},
		*const no_color[] = {"NO_COLOR=1", NULL}, *const light[] = {"COLORFGBG=0;15", NULL};
	static const struct { const char *name, *const *env; bool ascii, mono, mouse; const char *note; } all[] = {
		{"rxvt", light, false, false, true, NULL}, {"linux", utf8, false, false, false, NULL}, {"vt220", plain, true, true, false, NULL},
		{"xterm-256color", no_color, false, true, true, NULL}, {"xterm-256color", plain, true, false, true, NULL},
		/* the others with TANA_LONG */
		{"xterm-256color", utf8, false, false, true, NULL}, {"tmux-256color", utf8, false, false, true, NULL},
		{"screen", utf8, false, false, true, NULL}, {"linux", plain, true, false, false, NULL}, {"vt220", utf8, false, true, false, NULL},
		{"xterm-mono", utf8, false, true, true, NULL}, {"teraterm-x", utf8, false, false, true, "TERM=teraterm-x is not known here"},
		{"somebodys-own", plain, true, true, false, "TERM=somebodys-own is not known here"},
	};

	for (size_t i = 0; i < (getenv("TANA_LONG") ? sizeof all / sizeof all[0] : 5); i++) {
		struct term *t = bed_start(80, 24, all[i].name, all[i].env, 1);
		struct bytes b = {0};

		term_tap(t, take, &b);
		see(t, SITE_HOSTS " hosts");
		if (all[i].note)
			see(t, all[i].note);
		wander(t);
		if (!all[i].ascii != (b.high > 0))
			fail_with(t, all[i].name, "signs beyond ASCII");
		if (all[i].mono ? b.colours > 0 : b.colours == 0)
			fail_with(t, all[i].name, "colours");
		assert_int_equal(b.mouse_on > 0, all[i].mouse);
		assert_int_equal(term_mouse(t), all[i].mouse);
		leave(t);
		assert_true(b.mouse_on == b.mouse_off);
		if (all[i].mono && b.colours > 0)
			fail_msg("%s: colours at its end", all[i].name);
	}
}

static void test_dumb(void **state)
{
	struct term *t = bed_start(80, 24, "dumb", NULL, 1);

	assert_int_equal(term_wait_exit(t, WAIT), 2);
	assert_true(term_shows(t, "TERM=dumb.* cannot place a cursor"));
	term_end(t);
}

/* ---- what is chosen ---- */

static char config[96];
static const char *kept[2];

static void down_to(struct term *t, const char *regex)
{
	for (int i = 0; i < 40 && !term_shows(t, regex); i++)
		press(t, "Down");
	see(t, regex);
}

/* A console whose settings live in a folder of their own. */
static struct term *mine(const char *name)
{
	struct term *t;

	snprintf(config, sizeof config, "XDG_CONFIG_HOME=%s/config", bed_dir);
	kept[0] = config;
	t = bed_start(100, 30, name, kept, 1);
	see(t, SITE_HOSTS " hosts");
	return t;
}

static void test_kept(void **state)
{
	struct bytes b = {0};
	struct term *t = mine(NULL);
	char path[128];
	struct stat st;

	/* Columns: one goes, one comes, one moves; sorted by another. */
	hit(t, "2");
	see(t, "NAME.*STATE.*FOR.*TENANT");
	hit(t, "C");
	see(t, "Columns.* of ");
	see(t, ">\\[x\\] NAME .*always first");
	hit(t, "Space"); /* the first one stays */
	see(t, "\\[x\\] NAME");
	down_to(t, ">\\[x\\] FOR");
	hit(t, "Space");
	see(t, ">\\[ \\] FOR");
	down_to(t, ">\\[x\\] TENANT");
	for (int i = 0; i < 10; i++)
		hit(t, "K");
	hit(t, "o");
	hit(t, "End");
	hit(t, "Space");
	see(t, ">\\[x\\] UUID");
	hit(t, "Enter");
	see_gone(t, "Columns");
	see(t, "NAME +TENANT.* STATE");
	see_gone(t, "FOR ");
	/* Setup: theme, mouse, clock. */
	hit(t, "S");
	see(t, "\\[auto\\]  dark");
	see(t, "> Theme");
	for (int i = 0; i < 4; i++)
		hit(t, "Right");
	see(t, "\\[black and white\\]");
	hit(t, "Left");
	see(t, "\\[high contrast\\]");
	down_to(t, "> Mouse");
	hit(t, "Space");
	see(t, "> Mouse .*\\[off\\]");
	assert_false(term_mouse(t));
	hit(t, "Down");
	hit(t, "Space");
	see(t, "> Clock .*\\[off\\]");
	see(t, "config/tana/settings");
	see_gone(t, "[0-2][0-9]:[0-5][0-9] UTC");
	quit(t);

	snprintf(path, sizeof path, "%s/config/tana/settings", bed_dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	t = mine(NULL);
	term_tap(t, take, &b);
	hit(t, "2");
	see(t, "NAME +TENANT.* STATE");
	see_gone(t, "FOR |[0-2][0-9]:[0-5][0-9] UTC");
	hit(t, "S");
	see(t, "\\[high contrast\\]");
	see(t, "\\[off\\]");
	assert_false(term_mouse(t));
	term_click(t, 5, 5, 1);
	assert_int_equal(b.mouse_on, 0);
	/* As at first again. */
	hit(t, "q");
	hit(t, "C");
	hit(t, "d");
	hit(t, "Enter");
	see(t, "NAME .*STATE.*FOR.*TENANT");
	quit(t);

	/* Black and white by choice, on a terminal with 256 colours: not one colour in all of its bytes. */
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs("theme = mono\nlines = ascii\nwhat is this\n", f);
	fclose(f);
	t = mine(NULL);
	b = (struct bytes){0};
	term_end(t);
	t = bed_start(100, 30, NULL, kept, 1);
	term_tap(t, take, &b);
	see(t, SITE_HOSTS " hosts");
	wander(t);
	see_gone(t, "[─│┌●·›▲█▄]");
	leave(t);
	assert_int_equal(b.colours, 0);
}

/* A file that cannot be had is said once; everything works, for this session. */
static void test_not_kept(void **state)
{
	char path[128];
	struct term *t;

	snprintf(path, sizeof path, "%s/config/tana/settings", bed_dir);
	unlink(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	t = mine(NULL);
	see(t, "settings are for this session only: .*symbolic link");
	hit(t, "S");
	see(t, "For this session: no file is kept here");
	hit(t, "Right");
	hit(t, "Right");
	see(t, "\\[light\\]");
	quit(t);
	unlink(path);
}

/* On a jump host no file is made, looked for or spoken of. */
static void test_jump(void **state)
{
	static const char *const env[] = {"TERM=xterm-256color", NULL};
	struct term_options o = {.cols = 80, .rows = 24, .env = env};
	char path[128];
	struct term *t = term_start((const char *const[]){bed_tana, "--jump", "--socket", bed_sock, NULL}, &o);

	see(t, SITE_HOSTS " hosts");
	hit(t, "S");
	see(t, "For this session: no file is kept here");
	hit(t, "Right");
	see(t, "\\[dark\\]");
	quit(t);
	snprintf(path, sizeof path, "%s/.config/tana/settings", bed_dir);
	unlink(path);
	t = term_start((const char *const[]){bed_tana, "--jump", "--socket", bed_sock, NULL}, &o);
	see(t, SITE_HOSTS " hosts");
	hit(t, "S");
	see(t, "\\[auto\\]  dark");
	quit(t);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- mouse and pastes ---- */

static void click(struct term *t, const char *text)
{
	int row, col;

	see(t, text);
	if (!term_find(t, text, &row, &col))
		fail_with(t, "nothing to click on", text);
	term_click(t, row, col, 1);
}

static void test_mouse(void **state)
{
	struct term *t = console(100, 30);

	hit(t, "2");
	see(t, ">.*acme-db01a");
	click(t, "acme-db02a");
	see(t, "^>.acme-db02a|^>. acme-db02a|^>.*acme-db02a");
	term_click(t, 10, 4, 5); /* the wheel */
	see_gone(t, "^>.*acme-db02a");
	click(t, "STATE");
	see(t, "STATE ?▲");
	click(t, "STATE");
	see(t, "STATE ?▼");
	click(t, "NAME");
	see(t, "NAME ▲");
	hit(t, "Home");
	click(t, "acme-db01b");
	see(t, "^>.*acme-db01b");
	click(t, "acme-db01b"); /* on what is selected: opens */
	see(t, "VMs › acme-db01b");
	hit(t, "q");
	see_gone(t, "VMs › acme-db01b");
	see(t, "Enter open"); /* the list's own last line: the page's has other keys where one clicks next */
	/* Keys of the last line; an action's dialog takes none but those that leave it. */
	click(t, "Tab view");
	see(t, "blades");
	hit(t, "2");
	hit(t, "!");
	see(t, "Cancel");
	click(t, "Cancel");
	see(t, "Cancel");
	click(t, "Esc close");
	see_gone(t, "Cancel");
	/* Off: clicks are the terminal's own. */
	hit(t, "S");
	down_to(t, "> Mouse");
	hit(t, "Space");
	see(t, "Mouse .*\\[off\\]");
	assert_false(term_mouse(t));
	hit(t, "Space");
	see(t, "Mouse .*\\[on\\]");
	assert_true(term_mouse(t));
	/* The old way of telling it, as terminals do that know no other. */
	hit(t, "2");
	hit(t, "Home");
	see(t, "^>.*acme-db01a");
	term_send(t, "\033[M %%\033[M#%%", 12);
	see_gone(t, "^>.*acme-db01a");
	leave(t);
}

/* Ended from outside, or by a fault of its own: the mouse is the terminal's again. */
static void test_given_back(void **state)
{
	static const int ends[] = {SIGTERM, SIGHUP,
#if !SANITIZED /* which has handlers of its own */
		SIGSEGV,
#endif
	};

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct term *t = console(80, 24);

		assert_true(term_mouse(t) && term_pastes(t));
		kill(term_pid(t), ends[i]);
		assert_true(term_wait_exit(t, WAIT) >= 0);
		assert_false(term_mouse(t));
		assert_false(term_pastes(t));
		assert_false(term_alternate(t));
		term_end(t);
	}
}

static void test_paste(void **state)
{
	struct term *t = console(80, 24);

	hit(t, "2");
	see(t, ">.*acme-db01a");
	/* Text where no field is: nothing is done, and that is said. */
	term_paste(t, "p\rQqy\033[Bj");
	see(t, "What was pasted was not taken");
	see(t, ">.*acme-db01a");
	hit(t, "/");
	term_paste(t, "db02\nacme\n");
	see(t, "filter .*db02 acme");
	see(t, "2 of " SITE_VMS " VMs");
	hit(t, "C-w");
	hit(t, "C-_");
	see(t, "filter .*db02 acme");
	hit(t, "Enter");
	quit(t);
}

/* Sizes that change faster than pictures: the last one is drawn whole, and nothing is left of those between. */
static void test_sizes(void **state)
{
	static const int sizes[][2] = {{1, 1}, {200, 60}, {2, 40}, {80, 2}, {300, 3}, {7, 7}, {132, 43}, {20, 10}, {1, 60}, {80, 24}};
	struct term *t = console(80, 24);

	for (int turn = 0; turn < 20; turn++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			term_resize(t, sizes[i][0], sizes[i][1]);
			if (i % 3 == 0)
				term_key(t, turn % 2 ? "Down" : "2");
		}
	see(t, "VMs");
	term_resize(t, 80, 24);
	see(t, "\\? help$");
	see(t, "^ tana .* hosts ");
	quit(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each), cmocka_unit_test(test_dumb), cmocka_unit_test(test_kept), cmocka_unit_test(test_not_kept),
		cmocka_unit_test(test_jump), cmocka_unit_test(test_mouse), cmocka_unit_test(test_given_back), cmocka_unit_test(test_paste),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, bed_set_up, bed_tear_down);
}

/* Whatever a person, a host, a guest or a manager says stays in its own cells: every view is drawn with harmless texts and with
 * hostile ones of the same width, and compared cell by cell in the terminal. The bytes themselves hold no sequence but those that draw.
 * A turn gives each field another text; as many turns as there are texts make the full product (TANA_LONG). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "peer_texts.h"
#include "raw.h"

#include "../unit/hostile_texts.h"
#include "common/buf.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURNS 1
#define STOPS_MAX 80

/* ---- pictures ---- */

struct picture {
	int rows, cols, cursor_y, cursor_x;
	bool visible, alternate, mouse, pastes;
	unsigned bells, unknown;
	struct term_cell *cells;
};

static struct {
	size_t pictures, cells, filled;
	size_t failures;
} sum;

static void take_picture(struct term *t, struct picture *p)
{
	free(p->cells);
	*p = (struct picture){.rows = term_rows(t), .cols = term_cols(t), .alternate = term_alternate(t), .mouse = term_mouse(t), .pastes = term_pastes(t),
		.bells = term_bells(t), .unknown = term_unknown(t)};
	term_cursor(t, &p->cursor_y, &p->cursor_x, &p->visible);
	p->cells = calloc((size_t)(p->rows * p->cols), sizeof *p->cells);
	assert_non_null(p->cells);
	for (int y = 0; y < p->rows; y++)
		for (int x = 0; x < p->cols; x++)
			term_cell(t, y, x, &p->cells[y * p->cols + x]);
}

static bool is_filled(const struct term_cell *c)
{
	static const char *const fill[] = {TEXTS_FILL};

	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++)
		if (strncmp(c->text, fill[i], strlen(fill[i])) == 0)
			return true;
	return false;
}

static bool same_look(const struct term_cell *a, const struct term_cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->bold == b->bold && a->reverse == b->reverse && a->underline == b->underline && a->italic == b->italic && a->blink == b->blink;
}

static bool is_digit(const struct term_cell *c)
{
	return c->text[0] >= '0' && c->text[0] <= '9' && !c->text[1];
}

static bool on_wall; /* of the tour under way */

/* Letters of a wall that are some rows high: a text of plain ones is drawn in them, another is not. */
static bool is_big(const struct picture *p, int row)
{
	int n = 0;

	for (int x = 0; x < p->cols; x++) {
		const char *text = p->cells[row * p->cols + x].text;
		n += strcmp(text, "█") == 0 || strcmp(text, "▀") == 0 || strcmp(text, "▄") == 0;
	}
	return n >= 3;
}

/* Where they differ: a row, or -1. In the first row are a clock and the serial, in the handover's second since when it tells. only_last: all other rows are a guest's own. */
static int differs(const struct picture *a, const struct picture *b, bool only_last)
{
	bool mine = false; /* the cell belongs to a text */

	if (a->rows != b->rows || a->cols != b->cols || (a->visible != b->visible && !only_last) || a->alternate != b->alternate || a->mouse != b->mouse || a->pastes != b->pastes ||
		a->bells != b->bells || a->unknown != b->unknown || (a->visible && !only_last && (a->cursor_y != b->cursor_y || a->cursor_x != b->cursor_x)))
		return 0;
	for (int i = only_last ? (a->rows - 1) * a->cols : 0; i < a->rows * a->cols; i++) {
		const struct term_cell *x = &a->cells[i], *y = &b->cells[i];

		if (on_wall && i % a->cols == 0 && (is_big(a, i / a->cols) || is_big(b, i / a->cols))) {
			i += a->cols - 1;
			continue;
		}
		mine = is_filled(x) || (mine && x->width == 0);
		/* libvterm leaves the second half of a wide character as what stood there before. */
		if ((x->width > 0 && y->width > 0 && !same_look(x, y)) || (!mine && (x->width != y->width || strcmp(x->text, y->text) != 0) && !(i < 2 * a->cols && is_digit(x) && is_digit(y))))
			return i / a->cols;
	}
	return -1;
}

static void print_row(const struct picture *p, int row, const char *what)
{
	fprintf(stderr, "  %-8s|", what);
	for (int x = 0; x < p->cols; x++) {
		const struct term_cell *c = &p->cells[row * p->cols + x];

		fputs(c->text[0] ? c->text : c->width ? " " : "", stderr);
	}
	fputs("|\n", stderr);
}

/* ---- tours ---- */

struct stop {
	const char *keys;        /* names, a blank between them; Out: Esc until a list is seen */
	const char *want;        /* what is seen then; NULL: nothing certain */
	const char *name;        /* of the view that is compared, NULL: only on the way */
};

/* Seen when the broker has answered, in either language. */
#define MENU "Reboot|再起動"
#define PREVIEW "a1b2"

/* Each way ends where it began. */
static const struct stop operators[] = {
	{"", "Rack", "racks"},
	{"E", "managers", "enclosure"},
	{"Right Right", "c", "enclosure, next bay"},
	{"q Tab Home", "NAME", "VMs"},
	{"Enter", "Snapshots", "VM"},
	{"PgDn", NULL, "VM, further"},
	{"e", NULL, "history of a VM"},
	{"q", NULL, "VM, where it was left"},
	{"Esc +", "Name:", "snapshot form"},
	{"Down Down x y z Enter", NULL, "snapshot form, filled"},
	{"Out", "NAME", NULL},
	{"p", MENU, "power of a VM"},
	{"Enter", PREVIEW, "preview"},
	{"PgDn", NULL, "preview, further"},
	{"PgDn PgDn", NULL, "preview, its end"},
	{"Out Down p", MENU, NULL},
	{"Enter", PREVIEW, "preview of another"},
	{"a 1 b 2 Enter a 1 b 2 Enter Enter", NULL, "preview, refused"},
	{"Out", "NAME", NULL},
	{"Tab Home", "LOAD", "blades"},
	{"Enter", NULL, "blade"},
	{"End", NULL, "blade, further"},
	{"e", NULL, "history of a blade"},
	{"q q Down Enter", NULL, "blade that is away"},
	{"q Down Enter", NULL, "blade that is switched"},
	{"q J Home", NULL, "jobs"},
	{"Enter", NULL, "job"},
	{"End", NULL, "job, further"},
	{"q Down Enter", NULL, "job that failed"},
	{"q ?", NULL, "help"},
	{"q 2 Home c", NULL, "serial console"},
	{"C-] q", NULL, NULL},
	{"BackTab Home", "Rack", NULL},
	{"A Home", "WHAT", "alerts"},
	{"a", NULL, "menu of an alert"},
	{"Enter", NULL, "taking an alert"},
	{"Esc Esc 6 Home", "WHAT", "events"},
	{"0 Home", "DID", "audit log"},
	{"Enter", NULL, "record"},
	{"q H Home", "handover", "handover"},
	{"End", NULL, "handover, its end"},
	{"7 Home Right Down Right Down Right Down", NULL, "tree"},
	{"w", "if ", "what if"},
	{"Right Down", "if ", "what if, wider"},
	{"PgDn", NULL, "what if, further"},
	{"q 8 Home", "LOST|QUORUM", "clusters"},
	{"Enter", NULL, "cluster"},
	{"End", NULL, "cluster, its end"},
	{"q 9 Home", "FIT", "volumes"},
	{"Enter", NULL, "volume"},
	{"q g", NULL, NULL},
	{"x", "s more|3 ", "go to"},
	{"Down Down", NULL, "go to, another"},
	{"Out 2 Home v", NULL, "screen of a VM"},
	{"q C", NULL, "columns"},
	{"Esc f", NULL, "saved filters"},
	{"Esc :", NULL, "command"},
	{"Out 3 Home t", NULL, "note"},
	{"Out S Home", NULL, "setup"},
	{"End", NULL, "setup, its end"},
	{"q 1 Home", "Rack", NULL},
	{NULL, NULL, NULL},
};

/* What has just happened stands above the keys for a while. */
static const struct stop newcomers[] = {
	{"", "s[0-9]{4}", "news"},
	{NULL, NULL, NULL},
};

/* What is shown only to who chose it, and what he chose: his file says anything. */
static const struct stop choosers[] = {
	{"2 Home", "NAME", "VMs, their addresses"},
	{"End", NULL, "VMs, their addresses, the last"},
	{"C End", NULL, "columns, chosen"},
	{"Esc f", NULL, "filters of a strange file"},
	{"Out 3 Home", "NAME", "blades, their serials"},
	{"S End", NULL, "setup of a strange file"},
	{"q 1 Home", "Rack", NULL},
	{NULL, NULL, NULL},
};

static const struct stop walls[] = {
	{"", NULL, "wall"},
	{NULL, NULL, NULL},
};

static const struct stop customers[] = {
	{"Home", "My servers|マイサーバ", "my servers"},
	{"m", "› (notices|お知らせ)", "notices"},
	{"q Enter", "Snapshots|スナップショット", "my server"},
	{"e", NULL, "history of mine"},
	{"q +", NULL, "snapshot form of mine"},
	{"Out p", MENU, "power of mine"},
	{"Enter", PREVIEW, "preview of mine"},
	{"Out J Home Enter", NULL, "job of mine"},
	{"q Tab", "My servers|マイサーバ", NULL},
	{NULL, NULL, NULL},
};

static void go(struct term *t, const struct stop *s)
{
	char keys[128], *save = NULL;

	snprintf(keys, sizeof keys, "%s", s->keys);
	for (char *k = strtok_r(keys, " ", &save); k; k = strtok_r(NULL, " ", &save)) {
		if (strcmp(k, "Out") == 0) {
			for (int i = 0; i < 6 && !term_shows(t, "/ (filter|フィルタ)"); i++) {
				term_key(t, "Esc");
				term_quiet(t, 120, 5000);
			}
			continue;
		}
		assert_true(term_key(t, k));
		term_quiet(t, strcmp(k, "Esc") == 0 ? 120 : 12, 5000);
	}
	if (s->want && !term_wait(t, s->want, WAIT))
		fail_with(t, s->name ? s->name : s->keys, s->want);
	term_wait_gone(t, "Asking|問い合わせ", 3000);
	term_quiet(t, 25, 5000);
}

static struct texts_order order;
static int control;

static void tell(struct term *t, bool hostile, unsigned turn)
{
	char want[32];

	order.hostile = hostile;
	order.turn = turn;
	order.serial++;
	snprintf(want, sizeof want, "s%04u", order.serial % 10000);
	texts_tell(control, &order);
	if (!term_wait(t, want, WAIT))
		fail_with(t, "the texts never came", want);
	term_quiet(t, 20, 3000);
}

static void compare(struct term *t, const struct picture *harmless, const struct stop *s, unsigned turn)
{
	static struct picture p;
	int row = 0;

	/* Something may still be on its way. */
	for (int i = 0; i < 12; i++) {
		take_picture(t, &p);
		row = differs(harmless, &p, strcmp(s->name, "serial console") == 0);
		if (row < 0)
			break;
		term_quiet(t, 100, 3000);
	}
	sum.pictures++;
	sum.cells += (size_t)(p.rows * p.cols);
	for (int i = 0; i < p.rows * p.cols; i++)
		sum.filled += is_filled(&harmless->cells[i]);
	if (row < 0)
		return;
	sum.failures++;
	fprintf(stderr, "%s, turn %u, %dx%d, row %d differs\n", s->name, turn, p.cols, p.rows, row + 1);
	for (int i = row * p.cols; i < p.rows * p.cols; i++)
		if (strcmp(harmless->cells[i].text, p.cells[i].text) != 0 && !is_filled(&harmless->cells[i])) {
			fprintf(stderr, "  column %d: '%s' of %d, '%s' of %d\n", i % p.cols + 1, harmless->cells[i].text, harmless->cells[i].width, p.cells[i].text, p.cells[i].width);
			break;
		}
	if (harmless->cursor_y != p.cursor_y || harmless->cursor_x != p.cursor_x || harmless->visible != p.visible || harmless->unknown != p.unknown)
		fprintf(stderr, "  cursor %d %d %d, %d %d %d; not understood %u, %u\n", harmless->cursor_y, harmless->cursor_x, harmless->visible, p.cursor_y, p.cursor_x, p.visible,
			harmless->unknown, p.unknown);
	for (int r = row; r < p.rows && r < row + 3; r++) {
		print_row(harmless, r, "harmless");
		print_row(&p, r, "hostile");
	}
}

static void tour(const struct stop *stops, const char *role, const char *set, int cols, int rows, unsigned from, unsigned turns)
{
	static struct picture harmless[STOPS_MAX];
	const char *const env[] = {set, NULL};
	struct term_options o = {.cols = cols, .rows = rows, .env = env};
	char sock[96];
	struct raw raw = {0};
	pid_t pid;

	snprintf(sock, sizeof sock, "%s/texts", bed_dir);
	/* On wide screens they pile up. */
	order = (struct texts_order){.serial = order.serial, .news = stops == newcomers && cols < 100};
	snprintf(order.role, sizeof order.role, "%s", role);
	snprintf(order.fields, sizeof order.fields, "%s", getenv("TEXTS_FIELDS") ? getenv("TEXTS_FIELDS") : "");
	pid = texts_start(sock, &control);
	assert_true(pid > 0);
	term_beside(pid);
	texts_tell(control, &order);
	/* Its clock stands still, and so does its page. */
	on_wall = stops == walls;
	struct term *t = term_start((const char *const[]){bed_tana, "--socket", sock, on_wall ? "wall" : NULL, "--no-clock", "--page", "3600", NULL}, &o);
	term_tap(t, raw_take, &raw);
	see(t, "s[0-9]{4}");
	term_quiet(t, 200, WAIT);
	raw.drawing = true;
	for (unsigned turn = from; turn < from + turns; turn++)
		for (int hostile = 0; hostile < 2; hostile++) {
			tell(t, hostile == 1, turn);
			for (size_t i = 0; stops[i].keys; i++) {
				go(t, &stops[i]);
				if (getenv("TEXTS_SHOW") && stops[i].name)
					fprintf(stderr, "---- %s\n%s", stops[i].name, term_screen(t));
				if (stops[i].name && hostile)
					compare(t, &harmless[i], &stops[i], turn);
				else if (stops[i].name)
					take_picture(t, &harmless[i]);
			}
		}
	raw.drawing = false;
	if (!*raw.bad && raw.bottom && (raw.top != 1 || raw.bottom != rows))
		snprintf(raw.bad, sizeof raw.bad, "scrolling region left at %d;%d", raw.top, raw.bottom);
	if (!*raw.bad && raw.unwrapped)
		snprintf(raw.bad, sizeof raw.bad, "wrapping left off");
	if (*raw.bad) {
		fprintf(stderr, "%dx%d: in the bytes: %s\n", cols, rows, raw.bad);
		sum.failures++;
	}
	term_key(t, on_wall ? "q" : "Q");
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	term_end(t);
	close(control);
	term_beside(0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static unsigned turns(void)
{
	return getenv("TANA_LONG") ? (unsigned)texts_valid() : TURNS;
}

static void test_operator(void **state)
{
	tour(operators, "operator", NULL, 80, 24, 0, turns());
	tour(newcomers, "operator", NULL, 80, 24, 0, getenv("TANA_LONG") ? 3 * turns() : 1);
	assert_int_equal(sum.failures, 0);
}

static void test_customer(void **state)
{
	tour(customers, "customer", NULL, 80, 24, 7, turns());
	tour(customers, "customer", "LANGUAGE=ja", 80, 24, 33, turns());
	assert_int_equal(sum.failures, 0);
}

/* A settings file that somebody else wrote: columns that nobody has by default, and every hostile text as a filter, as a value and as a line. */
static void test_settings(void **state)
{
	char path[128], set[128];

	snprintf(path, sizeof path, "mkdir -p -m 700 %s/strange/tana", bed_dir);
	assert_int_equal(system(path), 0);
	snprintf(set, sizeof set, "XDG_CONFIG_HOME=%s/strange", bed_dir);
	snprintf(path, sizeof path, "%s/strange/tana/settings", bed_dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fchmod(fileno(f), 0600);
	for (size_t i = 0; i < HOSTILE_TEXTS; i++)
		fprintf(f, "filter.n%zu = %s\n%s = %zu\n%s\n", i, hostile_texts[i], hostile_texts[i], i, hostile_texts[i]);
	fprintf(f, "filter.a = \xc2\x9b" "2J\xe2\x80\xae\xff\nfilter.\xc2\x9b" "2J = x\ntheme = \xc2\x9b" "31m\nsort.vm = \xc2\x9b" "31m\ncolumns.blade = \xc2\x9b" "1m,name\n");
	fprintf(f, "columns.vm = name,address,mac,volumes,pair,uuid\ncolumns.blade = name,serial,watch,uri,host name,owner\nmouse = off\n");
	fclose(f);
	tour(choosers, "operator", set, 160, 45, 44, getenv("TANA_LONG") ? 2 * turns() : 1);
	assert_int_equal(sum.failures, 0);
}

/* Other sizes and terminals, each with turns of their own. */
static void test_sizes(void **state)
{
	tour(newcomers, "operator", NULL, 20, 5, 11, turns());
	tour(newcomers, "viewer", "TERM=xterm", 120, 36, 12, turns());
	tour(walls, "viewer", NULL, 80, 24, 21, getenv("TANA_LONG") ? 2 * turns() : 1);
	tour(walls, "viewer", "LANGUAGE=ja", 160, 45, 22, turns());
	if (getenv("TANA_LONG")) {
		tour(operators, "operator", NULL, 120, 36, 0, turns() / 4);
		tour(customers, "customer", NULL, 50, 14, 5, turns() / 4);
	}
	assert_int_equal(sum.failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operator), cmocka_unit_test(test_customer), cmocka_unit_test(test_settings), cmocka_unit_test(test_sizes),
	};
	int failed = cmocka_run_group_tests(tests, bed_set_up_alone, bed_tear_down);

	printf("%zu texts, %zu pictures, %zu cells compared, %zu of them of hostile texts\n", texts_valid(), sum.pictures, sum.cells, sum.filled);
	return failed;
}

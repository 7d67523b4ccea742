/* What managers tell of power supplies, fans and temperatures, in words; the front of an enclosure; what a command acts on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cli/cli.h"
#include "common/buf.h"
#include "map/enclosure_front.h"
#include "map/metal_detail.h"

#include <stdlib.h>
#include <string.h>

static json_t *parsed(const char *text)
{
	char *copy = xstrdup(text);
	json_t *j;

	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, JSON_DECODE_ANY, NULL);
	assert_non_null(j);
	free(copy);
	return j;
}

static void test_words(void **state)
{
	json_t *d = parsed("{'managers':[{'address':'oa1','role':'active','state':'up','why':''},{'address':'oa2','role':'standby','state':'silent','why':'no route to host'}],"
		"'sensors':[{'kind':'power','name':'1','value':'385 W','health':'ok','absent':false},{'kind':'power','name':'2','value':'','health':'unknown','absent':true},"
		"{'kind':'fan','name':'Fan 7','value':'0 rpm','health':'failed','absent':false},{'kind':'fan','name':'Fan 1','value':'','health':'warning','absent':false},"
		"{'kind':'temperature','name':'Ambient','value':'22 C','health':'unknown','absent':false},{'kind':'moonbeam','name':'X','value':'','health':'ok','absent':false}]}");
	static const struct { const char *head, *text; enum ink ink; } want[] = {
		{"managers", "oa1  active  up", INK_NORMAL}, {" ", "oa2  standby  silent: no route to host", INK_WARN},
		{"fans", "! Fan 7: failed, 0 rpm", INK_ALERT_TEXT}, {"fans", "! Fan 1: warning", INK_WARN},
		{"power", "1 OK; 1 absent: 1 385 W", INK_NORMAL}, {"air", "1 read: Ambient 22 C", INK_NORMAL}, {"other", "1 OK: X", INK_NORMAL},
	};
	struct lines l = {0};

	metal_detail_lines(&l, d, TIER_ASCII);
	assert_int_equal(l.n, sizeof want / sizeof want[0]);
	for (size_t i = 0; i < l.n; i++) {
		assert_string_equal(l.list[i].head, want[i].head);
		assert_string_equal(l.list[i].text, want[i].text);
		assert_int_equal(l.list[i].ink, want[i].ink);
	}
	lines_clear(&l);
	metal_detail_lines(&l, NULL, TIER_ASCII);
	assert_int_equal(l.n, 0);
	json_decref(d);
}

static void test_room(void **state)
{
	static const struct { const char *detail, *want; } rows[] = {
		{"{'free':[{'grade':'V20','fits':2},{'grade':'V10','fits':5}]}", "2 more V20, or 5 more V10"}, {"{'free':[{'grade':'V20','fits':0},{'grade':'V10','fits':1}]}", "1 more V10"},
		{"{'free':[{'grade':'V20','fits':0}]}", "nothing more fits"}, {"{'free':[]}", ""}, {"{}", ""},
	};
	char room[128];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *d = parsed(rows[i].detail);

		metal_detail_room(room, sizeof room, d);
		assert_string_equal(room, rows[i].want);
		json_decref(d);
	}
}

/* Every card stands inside its box, none on another, and every bay is reached by arrows from the first. */
static void check_front(int rows, int columns, int bays, bool by_column, int h, int w)
{
	struct metal_enclosure e = {.name = "A2", .rows = rows, .columns = columns, .bays = bays, .by_column = by_column};
	struct box b = {0, 0, 0, w};
	struct front_shape s;
	char *seen = xcalloc((size_t)bays, 1);
	int queue[1024], n = 1;

	front_shape_make(&s, &e, h, w);
	b.h = front_shape_height(&s);
	for (int i = 0; i < bays; i++)
		for (int j = 0; j <= i; j++) {
			struct box x, y;

			if (!front_spot(&s, &e, b, 0, i, &x) || !front_spot(&s, &e, b, 0, j, &y))
				continue;
			if (h >= 3 && w >= 8 && (x.x < 1 || x.y < 1 || x.x + x.w > w - 1 || x.y + x.h > b.h - 1))
				fail_msg("%dx%d of %d on %dx%d: card %d is outside", rows, columns, bays, w, h, i);
			if (i != j && x.x < y.x + y.w && y.x < x.x + x.w && x.y < y.y + y.h && y.y < x.y + x.h)
				fail_msg("%dx%d of %d on %dx%d: cards %d and %d", rows, columns, bays, w, h, i, j);
		}
	seen[0] = 1;
	queue[0] = 0;
	for (int at = 0; at < n; at++)
		for (int way = 0; way < 4; way++) {
			int to = front_shape_step(&s, &e, queue[at], way == 0 ? -1 : way == 1, way == 2 ? -1 : way == 3);

			assert_in_range(to, 0, bays - 1);
			if (!seen[to]) {
				seen[to] = 1;
				queue[n++] = to;
			}
		}
	assert_int_equal(n, bays);
	free(seen);
}

static void test_front(void **state)
{
	static const struct { int rows, columns, bays; bool by_column; } shapes[] = {
		{2, 8, 16, false}, {2, 4, 8, false}, {4, 8, 32, false}, {4, 4, 16, true}, {1, 14, 14, false}, {3, 15, 45, false}, {1, 1, 1, false}, {5, 10, 46, true},
	};
	static const int sizes[][2] = {{19, 80}, {11, 80}, {31, 74}, {55, 150}, {3, 20}, {1, 1}, {2, 8}, {40, 10}};

	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
			check_front(shapes[i].rows, shapes[i].columns, shapes[i].bays, shapes[i].by_column, sizes[j][0], sizes[j][1]);
	{ /* as the metal fills: down, then right */
		struct metal_enclosure e = {.rows = 4, .columns = 4, .bays = 16, .by_column = true};
		int row, column;

		metal_spot(&e, 5, &row, &column);
		assert_int_equal(row, 1);
		assert_int_equal(column, 1);
		e.by_column = false;
		metal_spot(&e, 6, &row, &column);
		assert_int_equal(row, 1);
		assert_int_equal(column, 2);
	}
}

/* ---- the command line ---- */

static void expect_args(const char *line, const char *want)
{
	char copy[256], *argv[16] = {(char[]){"tana"}};
	struct cli_line l;
	int argc = 1;
	json_t *args = NULL, *expected;
	struct err *e;

	snprintf(copy, sizeof copy, "%s", line);
	for (char *w = strtok(copy, " "); w && argc < 15; w = strtok(NULL, " "))
		argv[argc++] = w;
	e = cli_parse(argc, argv, &l);
	if (!e)
		e = cli_targets(&l, &args);
	if (!want) {
		assert_non_null(e);
		assert_int_equal(e->class, ERR_USAGE);
		err_free(e);
	} else {
		if (e)
			fail_msg("%s: %s", line, e->msg.text);
		expected = parsed(want);
		if (!json_equal(args, expected))
			fail_msg("%s: %s", line, json_dumps(args, JSON_COMPACT));
		json_decref(expected);
		json_decref(args);
	}
	cli_line_free(&l);
}

static void test_targets(void **state)
{
	expect_args("power-on blade:a2-12 blade:a2-13", "{'verb':'power-on','targets':['blade:a2-12','blade:a2-13']}");
	expect_args("shutdown blade:a2-12 --vms-first", "{'verb':'shutdown','vms-first':'yes','targets':['blade:a2-12']}");
	expect_args("power-off blade:a2-05 --consent --reason x", "{'verb':'power-off','consent':'yes','targets':['blade:a2-05']}");
	expect_args("locate blade:a2-12", "{'verb':'locate','targets':['blade:a2-12']}");
	expect_args("locate enclosure:A2", "{'verb':'locate','kind':'blade','filter':'enclosure:A2'}");
	expect_args("pair a2-12", "{'verb':'pair','targets':['a2-12']}");
	expect_args("power-on --kind blade enclosure:A2 power:off", "{'verb':'power-on','kind':'blade','filter':'enclosure:A2 power:off'}");
	expect_args("power-on --kind blade --filter enclosure:A2", "{'verb':'power-on','kind':'blade','filter':'enclosure:A2'}");
	expect_args("power-on --kind blade blade:a2-12", "{'verb':'power-on','targets':['blade:a2-12']}");
	expect_args("power-on --kind blade a2-1*", "{'verb':'power-on','kind':'blade','filter':'a2-1*'}");
	expect_args("power-on state:off blade:a2-12", "{'verb':'power-on','filter':'state:off blade:a2-12'}");
	expect_args("power-on vm:db01a", "{'verb':'power-on','targets':['vm:db01a']}");
	expect_args("power-on --filter state:off", "{'verb':'power-on','filter':'state:off'}");
	expect_args("power-on", NULL);
	expect_args("locate", NULL);
	expect_args("power-on vm:db01a --filter state:off", NULL);
	expect_args("power-on vm:db01a state:off", NULL);
	expect_args("power-on --kind rack A", NULL);
	expect_args("power-off vm:db01a --vms-first", NULL);
	expect_args("locate blade:a2-12 --consent", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_room), cmocka_unit_test(test_front), cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

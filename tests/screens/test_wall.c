/* The wall as a person sees it from across the room: before its broker, with one, without it again; what hurts, in whatever size; and
 * before visitors. The broker is puppet.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "bed.h"
#include "puppet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BIG "\xe2\x96\x80|\xe2\x96\x88"   /* blocks, halves and whole: large letters are made of them */

static char sock[96];
static struct puppet *broker;

#define HOST_UP "'host':'up','power':'on','power_live':true,'mem_kib':25165824,'used_kib':8388608,'vms':8,'running':6"
#define BLADE(name, rack, enclosure, place, more) \
	"{'event':'put','object':{'kind':'blade','id':'blade:" name "','gen':1,'name':'" name "','rack':'" rack "','enclosure':'" enclosure "','bay':'" #place \
	"','place':" #place "," more "}}"
#define ALERT(id, object, name, rack, level, state, text) \
	"{'event':'put','object':{'kind':'alert','id':'alert:" id "','gen':1,'object':'" object "','name':'" name "','rack':'" rack "','level':'" level \
	"','state':'" state "','text':'" text "','text_id':'x','since':1795222333,'changed':1795222333}}"
#define SILENT "'host':'backoff','power':'on','power_live':true,'vms':14,'running':14,'alert':'it is on, and its host does not answer','alert_id':'x'"

static const char *const well[] = {
	"{'event':'put','object':{'kind':'site','id':'site','gen':1,'name':'puppet-1','racks':2,'enclosures':2,'blades':6,'hosts':6,'hosts_live':6,'tz':'JST-9'}}",
	"{'event':'put','object':{'kind':'rack','id':'rack:A','gen':1,'name':'A','order':0}}",
	"{'event':'put','object':{'kind':'rack','id':'rack:B','gen':1,'name':'B','order':1}}",
	"{'event':'put','object':{'kind':'enclosure','id':'enclosure:A1','gen':1,'name':'A1','rack':'A','rows':1,'columns':4,'bays':4,'manager':'up','health':'ok'}}",
	"{'event':'put','object':{'kind':'enclosure','id':'enclosure:B1','gen':1,'name':'B1','rack':'B','rows':1,'columns':4,'bays':4,'manager':'up','health':'ok'}}",
	BLADE("a1-00", "A", "A1", 0, HOST_UP), BLADE("a1-01", "A", "A1", 1, HOST_UP), BLADE("a1-02", "A", "A1", 2, HOST_UP),
	BLADE("b1-00", "B", "B1", 0, HOST_UP), BLADE("b1-01", "B", "B1", 1, HOST_UP), BLADE("b1-02", "B", "B1", 2, HOST_UP), NULL,
};

static struct term *wall_as(int cols, int rows, const char *name, const char *const *env, const char *const *more)
{
	struct term_options o = {.cols = cols, .rows = rows, .name = name, .env = env};
	const char *argv[16] = {bed_tana, "--socket", sock, "wall"};

	for (int i = 4; more && *more && i < 15; i++)
		argv[i] = *more++;
	return term_start(argv, &o);
}

static struct term *wall(int cols, int rows, const char *const *more)
{
	return wall_as(cols, rows, NULL, NULL, more);
}

static void start_broker(const char *const *objects)
{
	puppet_end(broker);
	broker = puppet_start(sock, "viewer", objects);
}

static void leave(struct term *t)
{
	term_type(t, "q");
	assert_int_equal(term_wait_exit(t, WAIT), 0);
	assert_false(term_alternate(t));
	term_end(t);
}

/* It is there before its broker, and after it again; it asks for nothing but to look. */
static void test_life(void **state)
{
	struct term *t;

	puppet_end(broker);
	broker = NULL;
	t = wall(80, 24, NULL);
	see(t, BIG);
	see(t, "For the broker, since [0-9-]+ [0-9:]+: no broker listens at ");
	see(t, "no broker ");
	start_broker(well);
	see(t, "of 6 hosts");
	see(t, "since [0-9]{4}-");
	see(t, "live [0-9] s ago");
	assert_true(puppet_asked(broker, "\"read\":\"only\"", WAIT));
	see_gone(t, "no broker ");
	/* What it knew stays, marked; large letters say why. */
	puppet_end(broker);
	broker = NULL;
	see(t, "Since [0-9-]+ [0-9:]+: ");
	see(t, "What stands here is as of then");
	see(t, "of 6 hosts");
	see(t, "Rack A");
	start_broker(well);
	see_gone(t, "What stands here is as of then");
	see(t, "live [0-9] s ago");
	/* Keys that mean something elsewhere mean nothing here. */
	term_type(t, "/xapAJ:!+\033");
	puppet_say(broker, ALERT("00000001", "blade:a1-01", "a1-01", "A", "alert", "new", "a1-01: no answer"));
	see(t, "a1-01 +no answer");
	leave(t);
}

/* A hung broker is told from a live one. */
static void test_hang(void **state)
{
	struct term *t;

	if (!getenv("TANA_LONG")) /* ten seconds pass before it is sure */
		skip();
	start_broker(well);
	t = wall(120, 36, NULL);
	see(t, "of 6 hosts");
	puppet_freeze(broker, true);
	see(t, "no broker ");
	see(t, "the broker does not answer");
	puppet_freeze(broker, false);
	see(t, "live [0-9] s ago");
	see_gone(t, "no broker ");
	leave(t);
}

static void test_alerts(void **state)
{
	struct term_cell c;
	struct term *t;
	int row, col;

	start_broker(well);
	t = wall(120, 36, (const char *const[]){"--bell", "--page", "2", NULL});
	see(t, "of 6 hosts");
	assert_false(term_shows(t, "page"));
	assert_int_equal(term_bells(t), 0);
	puppet_say(broker, BLADE("a1-01", "A", "A1", 1, SILENT));
	puppet_say(broker, ALERT("00000001", "blade:a1-01", "a1-01", "A", "alert", "new", "a1-01: no answer"));
	see(t, "a1-01 +no answer +14 VMs were running there");
	for (int i = 0; i < WAIT / 20 && term_bells(t) == 0; i++)
		term_run(t, 20);
	assert_int_equal(term_bells(t), 1);
	see(t, "VMs running -6 in 1 min");
	/* White on red, in letters of four rows. */
	assert_true(term_shows(t, BIG));
	/* The cell of the blade is underlined: it changed lately; its neighbour is not. */
	assert_true(term_find(t, "!14", &row, &col));
	assert_true(term_cell(t, row, col, &c) && c.underline && c.bg != TERM_DEFAULT);
	assert_true(term_cell(t, row, col + 5, &c) && !c.underline);
	/* A second one within a minute rings no more; pages turn. */
	for (int i = 2; i < 6; i++) {
		char line[512];

		snprintf(line, sizeof line, ALERT("0000000%d", "vm:%d", "db0%d", "", "alert", "new", "db0%d: on two hosts"), i, i, i, i);
		puppet_say(broker, line);
	}
	see(t, "page [12]/2");
	see(t, "page 2/2");
	see(t, "page 1/2");
	assert_int_equal(term_bells(t), 1);
	/* Who has it stands beside it; what was cleared goes. */
	for (int i = 2; i < 6; i++) {
		char line[128];

		snprintf(line, sizeof line, "{'event':'gone','kind':'alert','id':'alert:0000000%d'}", i);
		puppet_say(broker, line);
	}
	see_gone(t, "page");
	puppet_say(broker, "{'event':'put','object':{'kind':'alert','id':'alert:00000001','gen':1,'object':'blade:a1-01','name':'a1-01','rack':'A','level':'alert',"
		"'state':'acknowledged','by':'tanaka','ticket':'8812','text':'a1-01: no answer','text_id':'x','since':1795222333}}");
	see(t, "tanaka, 8812");
	puppet_say(broker, "{'event':'gone','kind':'alert','id':'alert:00000001'}");
	puppet_say(broker, BLADE("a1-01", "A", "A1", 1, HOST_UP));
	see(t, "since [0-9]{4}-");
	leave(t);
}

static int rows_of_large_letters(struct term *t)
{
	int n = 0;

	for (int y = 0; y < term_rows(t); y++)
		n += strstr(term_row(t, y), "\xe2\x96\x88\xe2\x96\x88") != NULL;
	return n;
}

/* Where there is room the next worst stand in large letters, too, until somebody has them; and how many customers are hit is said. */
static void test_room(void **state)
{
	struct term *t;
	int one;

	start_broker(well);
	t = wall(200, 60, NULL);
	see(t, "of 6 hosts");
	puppet_say(broker, BLADE("a1-01", "A", "A1", 1, SILENT));
	puppet_say(broker, "{'event':'put','object':{'kind':'alert','id':'alert:00000001','gen':1,'object':'blade:a1-01','name':'a1-01','rack':'A','level':'alert',"
		"'state':'new','text':'a1-01: no answer','text_id':'x','since':1795222333,'behind':14,'tenants':6}}");
	see(t, "a1-01 +no answer +14 VMs were running there, of 6 customers");
	one = rows_of_large_letters(t);
	puppet_say(broker, ALERT("00000002", "blade:b1-01", "b1-01", "B", "alert", "new", "b1-01: no route"));
	see(t, "b1-01 +no route");
	assert_in_range(rows_of_large_letters(t), one + 6, one + 8);
	see(t, "Rack B");
	puppet_say(broker, "{'event':'put','object':{'kind':'alert','id':'alert:00000002','gen':1,'object':'blade:b1-01','name':'b1-01','rack':'B','level':'alert',"
		"'state':'acknowledged','by':'tanaka','ticket':'8812','text':'b1-01: no route','text_id':'x','since':1795222333}}");
	see(t, "tanaka, 8812");
	assert_int_equal(rows_of_large_letters(t), one);
	leave(t);
}

/* Nobody who looks over the operators' shoulders learns whose servers these are. */
static void test_anonymous(void **state)
{
	static const char *const names[] = {"acme", "db01", "globex", "tanaka", "before-merger"};
	const char *objects[32];
	size_t n = 0;
	struct term *t;

	for (; well[n]; n++)
		objects[n] = well[n];
	objects[n++] = ALERT("00000001", "vm:1", "acme-db01", "", "alert", "new", "acme-db01: on two hosts");
	objects[n++] = ALERT("00000002", "blade:a1-01", "a1-01", "A", "warning", "new", "a1-01: holds acme-db01 and db01b of globex");
	objects[n++] = "{'event':'put','object':{'kind':'alert','id':'alert:00000003','gen':1,'object':'tenant:globex','name':'globex','level':'warning',"
		"'state':'acknowledged','by':'tanaka','ticket':'for acme','text':'globex has no room','text_id':'x','since':1795222333}}";
	objects[n++] = "{'event':'put','object':{'kind':'job','id':'job:000001','gen':1,'verb':'power-off','targets':'acme-db01','by':'tanaka','state':'running'}}";
	objects[n++] = "{'event':'happened','at':1795222333,'kind':'vm','object':'vm:1','name':'acme-db01','what':{'msg':'event.shutdown.by','args':{'name':'acme-db01','by':'tanaka'},'text':'acme-db01 was shut down by tanaka'}}";
	objects[n++] = "{'event':'happened','at':1795222333,'kind':'vm','object':'vm:1','name':'acme-db01','what':{'msg':'event.snap.late','args':{'name':'acme-db01','snapshot':'before-merger'},'text':'snapshot before-merger of acme-db01 was taken after all'}}";
	objects[n++] = "{'event':'happened','at':1795222333,'kind':'blade','object':'blade:a1-01','name':'a1-01','what':{'msg':'event.silent','args':{'blade':'a1-01','why':'acme-db01'},'text':'host a1-01: no answer (acme-db01)'}}";
	objects[n] = NULL;
	start_broker(objects);
	t = wall(200, 60, (const char *const[]){"--anonymous", NULL});
	see(t, "a VM  shut down");
	see(t, "a1-01  no answer");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (term_shows(t, names[i]))
			fail_with(t, "a name is shown to visitors", names[i]);
	leave(t);
	t = wall(200, 60, NULL); /* the test sees them where they may be seen */
	see(t, "acme-db01 was shut down by tanaka");
	leave(t);
}

/* Some racks: theirs alone counts. */
static void test_racks(void **state)
{
	struct term *t;

	start_broker(well);
	t = wall(120, 36, (const char *const[]){"--rack", "B", "Z", NULL});
	see(t, "of 3 hosts");
	see(t, "no rack Z");
	see(t, "Rack B");
	assert_false(term_shows(t, "Rack A"));
	puppet_say(broker, ALERT("00000001", "blade:a1-01", "a1-01", "A", "alert", "new", "a1-01: no answer"));
	puppet_say(broker, ALERT("00000002", "blade:b1-01", "b1-01", "B", "alert", "new", "b1-01: no answer"));
	see(t, "b1-01 +no answer");
	assert_false(term_shows(t, "a1-01"));
	leave(t);
}

/* At rest: the second of the clock, and not one byte without it. */
static void test_rest(void **state)
{
	struct term *t;
	uint64_t was, seconds;
	int64_t began;

	start_broker(well);
	t = wall(120, 36, NULL);
	see(t, "live [0-9] s ago");
	term_quiet(t, 300, WAIT);
	was = term_received(t);
	began = term_now_us();
	term_run(t, 2000);
	assert_true(term_wait_bytes(t, was, WAIT));
	term_quiet(t, 20, WAIT);
	seconds = (uint64_t)(term_now_us() - began) / 1000000 + 1;
	assert_true(term_received(t) - was < seconds * 30 + 40); /* so many of it at most, and one change of the tens */
	leave(t);
	t = wall(120, 36, (const char *const[]){"--no-clock", NULL});
	see(t, "live");
	assert_true(term_quiet(t, 1500, WAIT));
	leave(t);
}

/* Every size, black and white, ASCII: never off the screen, and the number of alerts always there. */
static void test_sizes(void **state)
{
	static const struct { int cols, rows; } sizes[] = {{80, 24}, {200, 60}, {40, 10}, {20, 5}, {5, 2}, {1, 1}, {132, 43}, {80, 24}};
	const char *const ascii[] = {"LC_ALL=C", NULL};
	struct term *t;

	start_broker(well);
	t = wall(80, 24, NULL);
	see(t, "of 6 hosts");
	for (int turn = 0; turn < 3; turn++)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
			term_resize(t, sizes[i].cols, sizes[i].rows);
			term_run(t, 5);
		}
	see(t, "of 6 hosts");
	see(t, "Rack A|A +.*6");
	leave(t);
	t = wall_as(80, 24, "vt220", ascii, NULL);
	see(t, "of 6 hosts");
	see(t, "\\|_\\|");
	for (const char *p = term_screen(t); *p; p++)
		assert_true((unsigned char)*p < 0x80);
	puppet_say(broker, ALERT("00000001", "blade:a1-01", "a1-01", "A", "alert", "new", "a1-01: no answer"));
	see(t, "a1-01 +no answer");
	leave(t);
}

/* A customer is told so, and nothing else. */
static void test_customer(void **state)
{
	struct term *t;

	puppet_end(broker);
	broker = puppet_start(sock, "customer", well);
	t = wall(80, 24, NULL);
	see(t, "a wall is for operators and viewers");
	assert_int_equal(term_wait_exit(t, WAIT), 3);
	term_end(t);
}

static int set_up(void **state)
{
	bed_set_up_alone(state);
	snprintf(sock, sizeof sock, "%s/puppet", bed_dir);
	return 0;
}

static int tear_down(void **state)
{
	puppet_end(broker);
	return bed_tear_down(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life), cmocka_unit_test(test_hang), cmocka_unit_test(test_alerts), cmocka_unit_test(test_room), cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_racks), cmocka_unit_test(test_rest), cmocka_unit_test(test_sizes), cmocka_unit_test(test_customer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

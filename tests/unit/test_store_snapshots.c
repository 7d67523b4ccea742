/* The ledger of snapshots: their rows through all states and over starts, temporary limits, what a job that was never
 * sent leaves behind, and the rows of a report. */
#include "test_store_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DAY = 86400 };

static struct store_snapshot snap(const char *id, enum snap_state state, int64_t at)
{
	return (struct store_snapshot){.id = id,
		.vm = "vm:1",
		.vm_name = "db01a",
		.tenant = "acme",
		.charged = "acme",
		.name = "before",
		.note = "the upgrade",
		.by = "sato",
		.origin = "ssh",
		.job = "job:000001",
		.uid = 4294967294u,
		.role = ROLE_CUSTOMER,
		.state = state,
		.at = at,
		.bytes = 1024,
		.xml = "<x/>",
		.why = ""};
}

static void put(struct place *p, const struct store_snapshot *s)
{
	struct store_tx *tx = store_begin(p->store);

	store_put_snapshot(tx, s);
	commit_ok(p, tx);
}

static void put_at(struct place *p, const char *id, enum snap_state state, int64_t at, const char *tenant)
{
	struct store_snapshot s = snap(id, state, at);

	s.tenant = tenant;
	put(p, &s);
}

static void reopen(struct place *p)
{
	place_close(p);
	place_open(p);
}

static void assert_loads(struct place *p, const char *text)
{
	struct loaded l;

	loaded_read(p, &l);
	assert_string_equal(l.text.data, text);
	loaded_free(&l);
}

static size_t rows(struct place *p)
{
	struct loaded l;

	loaded_read(p, &l);
	size_t n = l.snapshots;
	loaded_free(&l);
	return n;
}

/* ---- rows ---- */

#define ROW "snapshot snap:1 vm:1 db01a acme acme before the upgrade sato ssh job:000001 4294967294 customer "

static void every_state(void **state)
{
	struct place *p = *state;
	int64_t now = clock_wall_s();
	struct store_snapshot s = snap("snap:1", SNAP_RESERVED, now);
	char text[400];

	for (enum snap_state st = SNAP_RESERVED; st <= SNAP_FAILED; st++) {
		s.state = st;
		s.memory = st == SNAP_SENT;
		s.external = st == SNAP_KEPT;
		s.exceeded = st == SNAP_GONE;
		s.ended = st >= SNAP_GONE ? now + 5 : 0;
		s.bytes = 1ull << (10 * st);
		s.xml = st == SNAP_SENT ? "<x/>" : "";
		s.why = st == SNAP_FAILED ? "no room" : "";
		put(p, &s);
		snprintf(text, sizeof text, ROW "%s%s%s%s %lld %lld %llu %s %s\n", snap_state_name(st),
			s.memory ? " memory" : "", s.external ? " external" : "", s.exceeded ? " exceeded" : "",
			(long long)now, (long long)s.ended, (unsigned long long)s.bytes, s.xml, s.why);
		assert_loads(p, text);
		reopen(p);
		assert_loads(p, text); /* the same after a start */
	}
	/* One that was refused is for the report alone. */
	s.state = SNAP_REFUSED;
	put(p, &s);
	assert_int_equal(rows(p), 0);
	reopen(p);
	assert_int_equal(rows(p), 0);
}

static void missing_words_are_empty(void **state)
{
	struct place *p = *state;
	struct store_snapshot s = {.id = "snap:1", .vm = "vm:1", .at = clock_wall_s()};
	char text[200];

	put(p, &s);
	snprintf(text, sizeof text, "snapshot snap:1 vm:1         0 %s reserved %lld 0 0  \n", role_name(s.role),
		(long long)s.at);
	assert_loads(p, text);
	/* A row without what it is about is none. */
	struct store_tx *tx = store_begin(p->store);
	store_put_snapshot(tx, &(struct store_snapshot){.vm = "vm:1"});
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	store_put_snapshot(tx, &(struct store_snapshot){.id = "snap:2"});
	assert_error(commit_wait(p, tx), "store.write");
	assert_loads(p, text);
}

/* What would be no use when cut is refused whole; what people wrote is cut between characters. */
static void sizes(void **state)
{
	struct place *p = *state;
	struct store_snapshot s = snap("snap:1", SNAP_SENT, clock_wall_s());
	char *xml = xmalloc((1 << 20) + 2), *note = xmalloc(30001);
	struct loaded l;

	memset(xml, 'x', (1 << 20) + 1);
	xml[(1 << 20) + 1] = '\0';
	s.xml = xml;
	struct store_tx *tx = store_begin(p->store);
	put_vm(tx, "vm:1", "u1", "db01a");
	store_put_snapshot(tx, &s);
	struct err *e = commit_wait(p, tx);
	assert_non_null(e);
	assert_string_equal(error_arg(e, "reason"), "its XML is too long");
	assert_error(e, "store.write");
	loaded_read(p, &l);
	assert_int_equal(l.vms + l.snapshots, 0);
	loaded_free(&l);
	xml[1 << 20] = '\0';
	for (int i = 0; i < 10000; i++)
		memcpy(note + i * 3, "棚", 3);
	note[30000] = '\0';
	s.note = note;
	put(p, &s);
	loaded_read(p, &l);
	assert_int_equal(l.snapshots, 1);
	char *cut = strstr(l.text.data, "棚"), *end = strstr(l.text.data, "棚 sato");
	assert_non_null(end);
	assert_int_equal(end + 3 - cut, 16 * 1024 / 3 * 3);
	assert_int_equal(strspn(strstr(l.text.data, "xxxx"), "x"), 1 << 20);
	loaded_free(&l);
	free(note);
	free(xml);
}

/* 400 days of what was taken, and all that is still held, however old. */
static void what_loads(void **state)
{
	struct place *p = *state;
	int64_t now = 1795222333;

	clock_fake(1000, now);
	put_at(p, "snap:reserved", SNAP_RESERVED, now - 4000LL * DAY, "");
	put_at(p, "snap:sent", SNAP_SENT, now - 3000LL * DAY, "");
	put_at(p, "snap:kept", SNAP_KEPT, now - 2000LL * DAY, "");
	put_at(p, "snap:gone-old", SNAP_GONE, now - 401LL * DAY, "");
	put_at(p, "snap:failed-old", SNAP_FAILED, now - 401LL * DAY, "");
	put_at(p, "snap:gone", SNAP_GONE, now - 399LL * DAY, "");
	put_at(p, "snap:failed", SNAP_FAILED, now - DAY, "");
	put_at(p, "snap:refused", SNAP_REFUSED, now - DAY, "");
	put_at(p, "snap:new", SNAP_KEPT, now, "");
	static const char *const want[] = {"reserved", "sent", "kept", "gone", "failed", "new"};
	struct loaded l;
	loaded_read(p, &l);
	const char *at = l.text.data;
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		char line[64];

		snprintf(line, sizeof line, "snapshot snap:%s ", want[i]);
		assert_memory_equal(at, line, strlen(line)); /* oldest first */
		at = strchr(at, '\n') + 1;
	}
	assert_string_equal(at, "");
	loaded_free(&l);
	/* A clock that runs ahead at a start, or was set back, must not forget what was taken. */
	clock_fake(1000, now + 1000LL * DAY);
	assert_int_equal(rows(p), 6);
	clock_fake(1000, now - 100LL * DAY);
	assert_int_equal(rows(p), 8);
	clock_real();
}

/* A word that only a later version knows is counted until somebody who knows it comes. */
static void unknown_state(void **state)
{
	struct place *p = *state;
	struct loaded l;

	put_at(p, "snap:1", SNAP_GONE, clock_wall_s(), "acme");
	place_close(p);
	place_sql(p, "ledger.db", "UPDATE snapshot SET state = 'frozen', role = 'auditor'");
	place_open(p);
	loaded_read(p, &l);
	assert_non_null(strstr(l.text.data, " sent "));
	loaded_free(&l);
}

/* ---- jobs ---- */

static struct store_job job(const char *id)
{
	static struct store_target t = {(char *)"vm:1", (char *)"db01a", JOB_PENDING, (char *)"", (char *)""};

	return (struct store_job){.targets = &t,
		.ntargets = 1,
		.detail = "{\"row\":\"snap:1\"}",
		.job = {.id = id,
			.verb = "snapshot-create",
			.target = "vm:1",
			.targets = "db01a",
			.by = "sato",
			.origin = "",
			.reason = "",
			.state = JOB_PENDING,
			.text = "",
			.text_id = ""}};
}

static void reserve(struct place *p, const char *id, const char *row)
{
	struct store_tx *tx = store_begin(p->store);
	struct store_job j = job(id);
	struct store_snapshot s = snap(row, SNAP_RESERVED, clock_wall_s());

	s.job = id;
	store_put_job(tx, &j);
	store_put_snapshot(tx, &s);
	store_take_lease(
		tx, &(struct lease){.object = id, .name = "", .by = "sato", .job = id, .verb = "snapshot-create"});
	commit_ok(p, tx);
}

static void drop(struct place *p, const char *id)
{
	struct store_tx *tx = store_begin(p->store);

	store_drop_job(tx, id);
	store_drop_lease(tx, id);
	commit_ok(p, tx);
}

static void assert_there(struct place *p, size_t jobs, size_t leases, size_t snapshots)
{
	struct loaded l;

	reopen(p);
	loaded_read(p, &l);
	assert_int_equal(l.jobs, jobs);
	assert_int_equal(l.leases, leases);
	assert_int_equal(l.snapshots, snapshots);
	loaded_free(&l);
}

static void dropped_job(void **state)
{
	struct place *p = *state;
	struct store_snapshot s = snap("snap:2", SNAP_SENT, clock_wall_s());
	struct loaded l;

	reserve(p, "job:000001", "snap:1");
	reserve(p, "job:000002", "snap:2");
	reserve(p, "job:000003", "snap:3");
	assert_there(p, 3, 3, 3);
	loaded_read(p, &l);
	assert_non_null(strstr(l.text.data, "detail {\"row\":\"snap:1\"}\n"));
	loaded_free(&l);
	/* Never sent: nothing is left of it, nor of its targets. */
	drop(p, "job:000001");
	assert_there(p, 2, 2, 2);
	place_close(p);
	assert_int_equal(place_number(p, "ledger.db", "SELECT count(*) FROM job_target"), 2);
	place_open(p);
	/* What may be on the host stays counted. */
	s.job = "job:000002";
	put(p, &s);
	drop(p, "job:000002");
	assert_there(p, 1, 1, 2);
	/* What a limit refused stays for the report. */
	s = snap("snap:3", SNAP_REFUSED, clock_wall_s());
	s.job = "job:000003";
	put(p, &s);
	drop(p, "job:000003");
	assert_there(p, 0, 0, 1);
	json_t *r = report(p, 0, INT64_MAX, "");
	assert_int_equal(json_array_size(r), 2);
	json_decref(r);
	drop(p, "job:000009"); /* which is not there */
}

/* ---- limits ---- */

static void limits(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);

	store_put_limit(tx, &(struct store_limit){"vm:1", "kept", "5", 2000, "T-7", "mori", 1000});
	store_put_limit(tx, &(struct store_limit){"vm:1", "taken", "4 per day", 2000, NULL, "mori", 1000});
	store_put_limit(tx, &(struct store_limit){"tenant:acme", "space", "none", 3000, "", "mori", 1001});
	commit_ok(p, tx);
	reopen(p);
	assert_loads(p, "limit tenant:acme space none 3000  mori 1001\n"
			"limit vm:1 kept 5 2000 T-7 mori 1000\n"
			"limit vm:1 taken 4 per day 2000  mori 1000\n");
	tx = store_begin(p->store);
	store_put_limit(tx, &(struct store_limit){"vm:1", "kept", "9", 2500, "T-8", "sato", 1100});
	store_drop_limit(tx, "vm:1", "taken");
	store_drop_limit(tx, "vm:none", "taken");
	commit_ok(p, tx);
	reopen(p);
	assert_loads(p, "limit tenant:acme space none 3000  mori 1001\n"
			"limit vm:1 kept 9 2500 T-8 sato 1100\n");
	tx = store_begin(p->store);
	store_put_limit(tx, &(struct store_limit){"", "kept", "9", 2500, "T-8", "sato", 1100});
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	store_drop_limit(tx, "vm:1", NULL);
	assert_error(commit_wait(p, tx), "store.write");
}

/* ---- reports ---- */

static void assert_ids(json_t *r, const char *want)
{
	struct buf b = {0};
	json_t *o;
	size_t i;

	json_array_foreach(r, i, o) buf_printf(&b, "%s ", json_string_value(json_object_get(o, "id")));
	buf_append(&b, "", 1);
	assert_string_equal(b.data, want);
	buf_free(&b);
	json_decref(r);
}

static void report_of_a_month(void **state)
{
	struct place *p = *state;
	/* April 2026 in Tokyo */
	const int64_t from = 1774969200, to = 1777561200;

	put_at(p, "snap:march", SNAP_KEPT, from - 1, "acme");
	put_at(p, "snap:first", SNAP_KEPT, from, "acme");
	put_at(p, "snap:second", SNAP_GONE, from, "globex");
	put_at(p, "snap:refused", SNAP_REFUSED, from + DAY, "acme");
	put_at(p, "snap:failed", SNAP_FAILED, from + DAY, "acme");
	put_at(p, "snap:reserved", SNAP_RESERVED, to - 1, "acme");
	put_at(p, "snap:may", SNAP_KEPT, to, "acme");
	assert_ids(report(p, from, to, ""), "snap:first snap:second snap:refused snap:failed snap:reserved ");
	assert_ids(report(p, from, to, NULL), "snap:first snap:second snap:refused snap:failed snap:reserved ");
	assert_ids(report(p, from, to, "globex"), "snap:second ");
	assert_ids(report(p, from, to, "nobody"), "");
	assert_ids(report(p, to, to, ""), "");
	assert_ids(report(p, to, from, ""), "");
	assert_ids(report(p, INT64_MIN, INT64_MAX, ""),
		"snap:march snap:first snap:second snap:refused snap:failed snap:reserved snap:may ");
	/* What became of it since, by whom, and at whose cost. */
	struct store_snapshot s = snap("snap:first", SNAP_GONE, from);
	s.ended = to + 9;
	s.charged = "";
	s.by = "mori";
	s.role = ROLE_OPERATOR;
	s.exceeded = true;
	s.why = "w";
	put(p, &s);
	json_t *r = report(p, from, from + 1, "acme");
	json_t *want = json_pack("[{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:b,s:s}]", "id", "snap:first",
		"vm", "vm:1", "vm_name", "db01a", "tenant", "acme", "charged", "", "name", "before", "by", "mori",
		"role", "operator", "state", "gone", "at", (json_int_t)from, "ended", (json_int_t)(to + 9), "bytes",
		(json_int_t)1024, "exceeded", 1, "why", "w");
	assert_true(json_equal(r, want));
	json_decref(r);
	json_decref(want);
}

struct refused {
	int n;
	struct err *e;
};

static void refused(void *ctx, struct err *e, json_t *rows)
{
	assert_null(rows);
	*(struct refused *)ctx = (struct refused){1, e};
}

/* More than an answer, many at one moment: who asks on gets each once, in order. */
static void report_in_slices(void **state)
{
	enum { N = 9500 };
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);

	for (int i = 0; i < N; i++) {
		char id[32];
		struct store_snapshot s;

		snprintf(id, sizeof id, "snap:%05d", i);
		s = snap(id, SNAP_GONE, 1000 + i / 1500);
		s.tenant = i % 2 ? "acme" : "globex";
		store_put_snapshot(tx, &s);
	}
	commit_ok(p, tx);
	for (int half = 0; half < 2; half++) {
		char after[32] = "";
		size_t all = 0, got;

		do {
			json_t *r = report_after(p, 0, 2000, half ? "acme" : "", after), *o;
			size_t i;

			got = json_array_size(r);
			json_array_foreach(r, i, o)
			{
				snprintf(after, sizeof after, "snap:%05d", (int)(half ? 2 * all + 1 : all));
				assert_string_equal(json_string_value(json_object_get(o, "id")), after);
				all++;
			}
			json_decref(r);
		} while (got == 4000);
		assert_int_equal(all, half ? N / 2 : N);
	}
	json_t *r = report_after(p, 1006, 2000, "", "snap:00000"); /* which is before the time asked for */
	assert_int_equal(json_array_size(r), N - 9000);
	json_decref(r);
	/* Nothing goes on behind a row that is not there, or not this tenant's. */
	static const char *const ends[] = {"snap:none", "snap:00000"};
	for (int i = 0; i < 2; i++) {
		struct refused no = {0};

		store_report_snapshots(p->store, 0, 2000, "acme", ends[i], refused, &no);
		while (!no.n)
			loop_step(p->loop, 100);
		assert_error(no.e, "report.after");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_state, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(missing_words_are_empty, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(sizes, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(what_loads, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(unknown_state, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(dropped_job, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(limits, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(report_of_a_month, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(report_in_slices, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What people care for, in the store: marks of alerts and notes on blades survive; events are numbered, bounded and found again; the audit
 * log is narrowed by who, whose, which verb and until when. */
#include "test_store_help.h"

#include "../patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct buf text;

static void on_alert(void *ctx, const struct store_alert *m)
{
	buf_printf(&text, "alert %s %s %s %d %s %s %s %d\n", m->id, m->object, m->state, (int)m->until, m->by, m->ticket, m->note, (int)m->at);
}

static void on_note(void *ctx, const struct store_note *n)
{
	buf_printf(&text, "note %s %s %d %s %d\n", n->object, n->text, (int)n->until, n->by, (int)n->at);
}

static void on_seen(void *ctx, const char *id, int64_t since)
{
	buf_printf(&text, "seen %s %d\n", id, (int)since);
}

static int nevents;
static int64_t last_seq;

static void on_event(void *ctx, const struct store_event *e)
{
	assert_true(e->seq > last_seq);
	last_seq = e->seq;
	nevents++;
}

static void load(struct place *p)
{
	buf_free(&text);
	text = (struct buf){ 0 };
	nevents = 0;
	last_seq = 0;
	assert_null(store_load(p->store, &(struct store_reader){ .alert = on_alert, .note = on_note, .alert_seen = on_seen, .event = on_event }));
	buf_append(&text, "", 1);
}

static void again(struct place *p)
{
	place_close(p);
	place_open(p);
	load(p);
}

static void test_marks(void **state)
{
	struct place *p = *state;
	struct store_alert m = { .id = "alert:1", .object = "blade:a1", .state = "muted", .until = 50, .by = "sato", .ticket = "T-1", .note = "n",
		.at = 40 };
	struct store_note n = { .object = "blade:a1", .text = "NIC", .until = 0, .by = "sato", .at = 41 };

	struct store_tx *tx = store_begin(p->store);
	store_put_alert(tx, &m);
	store_put_note(tx, &n);
	commit_ok(p, tx);
	m.state = "acknowledged";
	m.until = 0;
	tx = store_begin(p->store);
	store_put_alert(tx, &m);
	m.id = "alert:2";
	store_put_alert(tx, &m);
	commit_ok(p, tx);
	store_cache_alert(p->store, "alert:1", 30);
	store_cache_alert(p->store, "alert:2", 31);
	store_cache_alert(p->store, "alert:2", 0);
	again(p);
	assert_string_equal(text.data, "seen alert:1 30\nalert alert:1 blade:a1 acknowledged 0 sato T-1 n 40\n"
				       "alert alert:2 blade:a1 acknowledged 0 sato T-1 n 40\nnote blade:a1 NIC 0 sato 41\n");
	tx = store_begin(p->store);
	store_drop_alert(tx, "alert:1");
	store_drop_alert(tx, "alert:2");
	store_drop_note(tx, "blade:a1");
	commit_ok(p, tx);
	store_cache_alert(p->store, "alert:1", 0);
	again(p);
	assert_string_equal(text.data, "");
}

/* ---- events ---- */

struct read { bool done; struct err *e; json_t *list; };

static void on_read(void *ctx, struct err *e, json_t *list)
{
	struct read *r = ctx;

	*r = (struct read){ true, e, list };
}

static json_t *events(struct place *p, const char *object, int64_t after, int64_t before, int64_t since, int limit)
{
	struct read r = { 0 };

	store_events(p->store, &(struct store_query){ .object = object, .since = since, .before = before, .limit = limit }, after, on_read, &r);
	while (!r.done)
		loop_step(p->loop, 100);
	assert_null(r.e);
	return r.list;
}

static void put_event(struct place *p, int64_t seq, const char *object)
{
	store_cache_event(p->store, &(struct store_event){ .seq = seq, .at = seq / 10, .kind = KIND_BLADE, .object = object, .name = "a1",
		.what = "{\"msg\":\"event.back\",\"args\":{\"blade\":\"a1\"},\"text\":\"x\"}" });
}

static void assert_seqs(json_t *list, const char *expected)
{
	struct buf b = { 0 };
	size_t i;
	json_t *e;

	json_array_foreach(list, i, e)
		buf_printf(&b, "%d ", (int)json_integer_value(json_object_get(e, "seq")));
	buf_append(&b, "", 1);
	assert_string_equal(b.data, expected);
	buf_free(&b);
	json_decref(list);
}

static void test_events(void **state)
{
	struct place *p = *state;

	for (int i = 1; i <= 9; i++)
		put_event(p, i * 10, i % 3 ? "blade:a1" : "blade:a2");
	/* Asked at once: what was handed over before is there. */
	assert_seqs(events(p, "", 0, 0, 0, 3), "70 80 90 ");
	assert_seqs(events(p, "", 0, 70, 0, 3), "40 50 60 ");
	assert_seqs(events(p, "", 20, 0, 0, 3), "30 40 50 ");
	assert_seqs(events(p, "", 1, 0, 8, 100), "80 90 ");
	assert_seqs(events(p, "blade:a2", 0, 0, 0, 100), "30 60 90 ");
	assert_seqs(events(p, "blade:a2", 30, 0, 0, 1), "60 ");
	json_t *list = events(p, "", 0, 0, 0, 1);
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(list, 0), "what"), "msg")), "event.back");
	json_decref(list);
	again(p);
	assert_int_equal(nevents, 9);
	assert_int_equal(last_seq, 90);
}

static void test_events_bounded(void **state)
{
	struct place *p = *state;

	for (int i = 1; i <= 20500; i++)
		put_event(p, i, "blade:a1");
	json_decref(events(p, "", 0, 0, 0, 1));
	for (int i = 20501; i <= 20600; i++)
		put_event(p, i, "blade:a1");
	assert_seqs(events(p, "", 1, 0, 0, 1), "601 ");
	place_close(p);
	assert_int_equal(place_number(p, "cache.db", "SELECT count(*) FROM event"), 20000);
	place_open(p);
	load(p);
	assert_int_equal(nevents, 100);
	assert_int_equal(last_seq, 20600);
}

/* ---- the audit log, narrowed ---- */

static void fill(struct place *p, int n)
{
	static const char *const people[] = { "sato", "suzuki", "sato\"x" };
	struct store_tx *tx = store_begin(p->store);

	clock_fake(1000, 1000);
	for (int i = 1; i <= n; i++) {
		char id[32];
		snprintf(id, sizeof id, "vm:%d", i % 7);
		json_t *r = json_pack("{s:s, s:s, s:s, s:[{s:s, s:s}], s:s}", "what", i % 5 ? "begin" : "denied", "by", people[i % 3], "verb",
			i % 2 ? "power-off" : "reboot", "objects", "id", id, "name", "by:suzuki", "reason", "\"by\":\"nobody\"");
		if (i % 11 == 0)
			json_object_set_new(r, "tenant", json_string("acme"));
		store_append(tx, r);
		json_decref(r);
		clock_fake_advance(1000);
		if (i % 500 == 0) {
			commit_ok(p, tx);
			tx = store_begin(p->store);
		}
	}
	commit_ok(p, tx);
	clock_real();
}

/* How many there are, paged by `limit`, newest first. */
static int count(struct place *p, struct store_query q, bool ids)
{
	int n = 0;

	q.object = q.object ? q.object : "";
	for (;;) {
		struct read r = { 0 };
		q.tenant_ids = ids ? json_pack("{s:b}", "vm:3", true) : NULL;
		store_audit(p->store, &q, on_read, &r);
		while (!r.done)
			loop_step(p->loop, 100);
		assert_null(r.e);
		size_t size = json_array_size(r.list);
		int64_t last = 0;
		for (size_t i = 0; i < size; i++) {
			int64_t seq = json_integer_value(json_object_get(json_array_get(r.list, i), "seq"));
			assert_true(seq > last && (!q.before || seq < q.before));
			last = seq;
		}
		n += (int)size;
		if (size)
			q.before = json_integer_value(json_object_get(json_array_get(r.list, 0), "seq"));
		json_decref(r.list);
		if ((int)size < q.limit)
			return n;
	}
}

static void test_audit(void **state)
{
	struct place *p = *state;

	/* More than two slices of it. */
	fill(p, 9000);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .by = "sato" }, false), 3000);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .by = "sato\"x" }, false), 3000);
	/* What only stands in it somewhere is no match. */
	assert_int_equal(count(p, (struct store_query){ .limit = 10, .by = "nobody" }, false), 0);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .verb = "reboot", .what = "denied" }, false), 900);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .object = "vm:3", .verb = "reboot" }, false), 643);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .tenant = "acme" }, false), 818);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .tenant = "acme" }, true), 818 + 1286 - 117);
	/* The first was written at 1000, one a second. */
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .until = 1999 }, false), 1000);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .until = 1999, .since = 1990 }, false), 10);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .until = 999 }, false), 0);
	assert_int_equal(count(p, (struct store_query){ .limit = 1000, .until = 999999 }, false), 9000);
}

/* ---- much is asked, and somebody writes ---- */

#define ASKED 200

static struct { int answered, before; bool written; } crowd;

static void on_one(void *ctx, struct err *e, json_t *list)
{
	crowd.answered++;
	err_free(e);
	json_decref(list);
}

static void on_written(void *ctx, struct err *e)
{
	crowd.before = crowd.answered;
	crowd.written = e == NULL;
	err_free(e);
}

/* Who writes waits for the question under way, and not for all that were asked before. */
static void test_writes_go_first(void **state)
{
	struct place *p = *state;
	struct store_query q = { .object = "", .limit = 10, .by = "nobody" };

	fill(p, 6000);
	memset(&crowd, 0, sizeof crowd);
	for (int i = 0; i < ASKED; i++)
		store_audit(p->store, &q, on_one, NULL);
	struct store_tx *tx = store_begin(p->store);
	append(tx, "begin", "vm:1", "job:1");
	store_commit(tx, on_written, NULL);
	while (!crowd.written)
		loop_step(p->loop, 100);
	assert_in_range(crowd.before, 0, ASKED / 2);
	while (crowd.answered < ASKED)
		loop_step(p->loop, 100);
}

/* Events are answered also while ever more happens. */
static void test_events_in_a_storm(void **state)
{
	struct place *p = *state;
	struct read r = { 0 };
	int64_t until = clock_boot_ms() + 30000 * patience();

	put_event(p, 1, "blade:a1");
	store_events(p->store, &(struct store_query){ .object = "", .limit = 1000 }, 0, on_read, &r);
	for (int64_t seq = 2; !r.done && clock_boot_ms() < until; seq++) {
		put_event(p, seq, "blade:a1");
		if (seq % 64 == 0)
			loop_step(p->loop, 0);
	}
	assert_true(r.done);
	assert_null(r.e);
	assert_true(json_array_size(r.list) > 0);
	json_decref(r.list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_marks, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_events, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_events_bounded, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_audit, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_writes_go_first, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(test_events_in_a_storm, place_setup, place_teardown),
	};

	int status = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&text);
	return status;
}

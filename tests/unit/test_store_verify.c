/* `tana audit verify` and anchors: what somebody noted of the log elsewhere finds also who rewrites all of it; and a
 * walk through a big log holds nobody up. With TANA_LONG=1 it walks through a million records. */
#include "test_store_help.h"

#include "store/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>

static int64_t number_of(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void fill(struct place *p, int n)
{
	struct outcome o = {0};
	int handed = 0;

	while (n > 0) {
		struct store_tx *tx = store_begin(p->store);

		for (int i = 0; i < 500 && n > 0; i++, n--) {
			char object[32];

			snprintf(object, sizeof object, "vm:%016x", n % 1000);
			append(tx, "begin", object, n % 2 ? "job:000001" : "");
		}
		store_commit(tx, outcome_done, &o);
		outcome_wait(p, &o, ++handed);
		assert_null(o.last);
	}
}

/* The newest record now, as a log service would have it. */
static json_t *anchor(struct place *p)
{
	json_t *h = head(p);
	json_t *a = json_pack("{s:O, s:O}", "seq", json_object_get(h, "seq"), "hash", json_object_get(h, "hash"));

	assert_non_null(a);
	json_decref(h);
	return a;
}

static void note(struct place *p, json_t *a, int64_t at)
{
	struct store_tx *tx = store_begin(p->store);

	store_put_anchor(tx, number_of(a, "seq"), json_string_value(json_object_get(a, "hash")), at);
	commit_ok(p, tx);
}

static void assert_good(json_t *v, int64_t records, int64_t anchored, int64_t at, int64_t given)
{
	if (!json_is_true(json_object_get(v, "ok")))
		fail_msg("%s", json_string_value(json_object_get(json_object_get(v, "reason"), "text")));
	assert_int_equal(number_of(v, "records"), records);
	assert_int_equal(number_of(v, "head_seq"), records);
	assert_int_equal(number_of(v, "anchored"), anchored);
	assert_int_equal(number_of(v, "anchored_at"), at);
	assert_int_equal(number_of(v, "given"), given);
	assert_int_equal(number_of(v, "tail"), records - anchored);
	json_decref(v);
}

static void assert_bad(json_t *v, int64_t seq, const char *id)
{
	json_t *why = json_object_get(v, "reason");

	assert_true(json_is_false(json_object_get(v, "ok")));
	assert_string_equal(json_string_value(json_object_get(why, "msg")), id);
	assert_int_equal(number_of(v, "bad"), seq);
	assert_null(strchr(json_string_value(json_object_get(why, "text")), '{')); /* no hole is left in the sentence */
	json_decref(v);
}

/* ---- what is sure, and what is not yet ---- */

static void tail_is_named(void **state)
{
	struct place *p = *state;

	assert_good(verify(p), 0, 0, 0, 0);
	fill(p, 10);
	assert_good(verify(p), 10, 0, 0, 0);
	json_t *first = anchor(p);
	note(p, first, 777);
	assert_good(verify(p), 10, 10, 777, 0);
	fill(p, 5);
	assert_good(verify(p), 15, 10, 777, 0);
	json_t *h = head(p);
	assert_int_equal(number_of(h, "seq"), 15);
	assert_int_equal(number_of(h, "anchored"), 10);
	json_decref(h);
	/* The asker's own say more than our note, or less. */
	json_t *second = anchor(p);
	assert_good(verify_with(p, json_pack("[O]", second)), 15, 15, 0, 1);
	assert_good(verify_with(p, json_pack("[O]", first)), 15, 10, 777, 1);
	assert_good(verify_with(p, json_pack("[O, O, O]", second, first, second)), 15, 15, 0, 3);
	assert_good(verify_with(p, json_array()), 15, 10, 777, 0);
	/* Noted again is noted once, at the newer time. */
	note(p, first, 888);
	place_close(p);
	assert_int_equal(place_number(p, "ledger.db", "SELECT count(*) FROM anchor"), 1);
	place_open(p);
	assert_good(verify(p), 15, 10, 888, 0);
	json_decref(first);
	json_decref(second);
}

/* One who can do all: every record from 8 on is chained and hashed anew, the note of the newest too. */
#define CHAINED_ANEW                                                                                                   \
	"UPDATE audit SET body = replace(body, 'sato', 'mori') WHERE seq = 8;"                                         \
	"UPDATE audit SET hash = sha256(body) WHERE seq = 8;" ANEW(9) ANEW(10) ANEW(11) ANEW(12) ANEW(13) ANEW(14)     \
		ANEW(15) ANEW(16) ANEW(17) ANEW(18) ANEW(19)                                                           \
			ANEW(20) "UPDATE audit_head SET hash = (SELECT hash FROM audit WHERE seq = 20);"
#define ANEW(n)                                                                                                        \
	"UPDATE audit SET body = json_set(body, '$.prev', (SELECT hash FROM audit b WHERE b.seq = audit.seq - 1)) "    \
	"WHERE seq = " #n ";"                                                                                          \
	"UPDATE audit SET hash = sha256(body) WHERE seq = " #n ";"
#define CUT                                                                                                            \
	"DELETE FROM audit_object WHERE seq > 12; DELETE FROM audit WHERE seq > 12;"                                   \
	"UPDATE audit_head SET seq = 12, hash = (SELECT hash FROM audit WHERE seq = 12);"

static const struct {
	const char *name, *sql;
	/* without the asker's anchors (noted at 10 and 15), and with its own of 5 and 15 */
	int64_t bad;
	const char *id;
	int64_t own_bad;
	const char *own_id;
} attacks[] = {
	{"a word changed", "UPDATE audit SET body = replace(body, 'sato', 'mori') WHERE seq = 7", 7, "audit.changed", 7,
		"audit.changed"},
	{"one taken out", "DELETE FROM audit WHERE seq = 7", 7, "audit.missing", 7, "audit.missing"},
	{"two swapped",
		"UPDATE audit SET seq = -1 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
		"UPDATE audit SET seq = 7 WHERE seq = -1",
		6, "audit.misplaced", 6, "audit.misplaced"},
	{"all chained anew", CHAINED_ANEW, 10, "audit.anchored", 10, "audit.anchored"},
	{"all chained anew, the notes deleted", CHAINED_ANEW "DELETE FROM anchor", 0, NULL, 15, "audit.anchored"},
	{"all chained anew, the notes too",
		CHAINED_ANEW "UPDATE anchor SET hash = (SELECT hash FROM audit WHERE audit.seq = anchor.seq)", 0, NULL,
		15, "audit.anchored"},
	{"the tail cut", CUT, 15, "audit.anchor.missing", 15, "audit.anchor.missing"},
	{"the tail cut, its notes deleted", CUT "DELETE FROM anchor WHERE seq > 12", 0, NULL, 15,
		"audit.anchor.missing"},
	{"a note changed", "UPDATE anchor SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE seq = 10", 10,
		"audit.anchored", 10, "audit.anchored"},
	{"a note too many", "INSERT INTO anchor SELECT 99, hash, at FROM anchor WHERE seq = 10", 99,
		"audit.anchor.missing", 99, "audit.anchor.missing"},
	{"all gone", "DELETE FROM audit_object; DELETE FROM audit; DELETE FROM audit_head", 10, "audit.anchor.missing",
		5, "audit.anchor.missing"},
};

static void rewritten(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db"), *kept = xmalloc(1 << 20);
	json_t *own = json_array();

	fill(p, 5);
	json_array_append_new(own, anchor(p));
	fill(p, 5);
	json_t *a = anchor(p);
	note(p, a, 1);
	json_decref(a);
	fill(p, 5);
	a = anchor(p);
	note(p, a, 2);
	json_array_append_new(own, a);
	fill(p, 5);
	assert_good(verify(p), 20, 15, 2, 0);
	assert_good(verify_with(p, json_incref(own)), 20, 15, 2, 2);
	place_close(p);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	size_t len = fread(kept, 1, 1 << 20, f);
	fclose(f);
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
		print_message("  %s\n", attacks[i].name);
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(kept, 1, len, f), len);
		assert_int_equal(fclose(f), 0);
		place_open(p);
		place_tamper(p, attacks[i].sql);
		json_t *v = verify(p);
		if (attacks[i].id) {
			assert_bad(v, attacks[i].bad, attacks[i].id);
		} else {
			assert_true(json_is_true(json_object_get(v, "ok"))); /* which is why anchors are sent away */
			json_decref(v);
		}
		assert_bad(verify_with(p, json_incref(own)), attacks[i].own_bad, attacks[i].own_id);
		place_close(p);
	}
	json_decref(own);
	free(kept);
	free(path);
}

/* What an asker gives may be anything. */
static void odd_anchors(void **state)
{
	struct place *p = *state;
	char *endless = xmalloc(10001);

	memset(endless, 'a', 10000);
	endless[10000] = '\0';
	fill(p, 3);
	json_t *a = anchor(p);
	char upper[DIGEST_HEX + 1];
	const char *hash = json_string_value(json_object_get(a, "hash"));
	for (int i = 0; i <= DIGEST_HEX; i++)
		upper[i] = (char)(hash[i] >= 'a' ? hash[i] - 32 : hash[i]);
	assert_good(verify_with(p, json_pack("[{s:i, s:s}]", "seq", 3, "hash", upper)), 3, 3, 0, 1);
	assert_bad(verify_with(p, json_pack("[{s:i, s:s}]", "seq", 3, "hash", endless)), 3, "audit.anchored");
	assert_bad(verify_with(p, json_pack("[{s:i, s:s}]", "seq", 3, "hash", "")), 3, "audit.anchored");
	assert_bad(verify_with(p, json_pack("[{s:i}]", "seq", 2)), 2, "audit.anchored");
	assert_bad(verify_with(p, json_pack("[{s:i, s:s}]", "seq", 4, "hash", hash)), 4, "audit.anchor.missing");
	assert_bad(verify_with(p, json_pack("[{s:i, s:s}]", "seq", 0, "hash", hash)), 0, "audit.anchor.missing");
	assert_bad(verify_with(p, json_pack("[{s:i, s:s}]", "seq", -5, "hash", hash)), -5, "audit.anchor.missing");
	assert_bad(verify_with(p, json_pack("[i]", 7)), 0, "audit.anchor.missing");
	json_decref(a);
	free(endless);
}

/* ---- big ---- */

struct walk {
	int n;
	struct err *e;
	json_t *result;
};

static void walked(void *ctx, struct err *e, json_t *result)
{
	*(struct walk *)ctx = (struct walk){1, e, result};
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Transactions go on while the log is walked, each waiting for no more than a slice of the walk. */
static void nobody_waits(void **state)
{
	const int n = getenv("TANA_LONG") ? 1000000 : 30000;
	struct place *p = *state;
	struct walk w = {0};
	int64_t worst = 0, t0 = now_us(), started;
	int during = 0;

	fill(p, n);
	started = now_us();
	print_message("%d records written in %lld ms\n", n, (long long)(started - t0) / 1000);
	store_audit_verify(p->store, NULL, walked, &w);
	while (!w.n) {
		struct outcome o = {0};
		struct store_tx *tx = store_begin(p->store);
		int64_t from = now_us();

		append(tx, "meanwhile", "vm:1", "");
		store_commit(tx, outcome_done, &o);
		outcome_wait(p, &o, 1);
		assert_null(o.last);
		worst = now_us() - from > worst ? now_us() - from : worst;
		during += !w.n;
	}
	assert_null(w.e);
	assert_true(json_is_true(json_object_get(w.result, "ok")));
	assert_true(number_of(w.result, "records") >= n);
	print_message("walked in %lld ms; %d transactions meanwhile, the slowest took %lld us\n",
		(long long)(now_us() - started) / 1000, during, (long long)worst);
	/* About one for each slice of 1,000; where the disk is slow they come late, but none waits for the whole walk. */
	assert_true(during >= 5);
	json_decref(w.result);
}

/* An end of the broker does not wait for the walk, which says so. */
static void closing_gives_up(void **state)
{
	struct place *p = *state;
	struct walk w = {0};

	fill(p, 30000);
	store_audit_verify(p->store, NULL, walked, &w);
	place_close(p);
	assert_int_equal(w.n, 1);
	assert_null(w.result);
	assert_string_equal(error_arg(w.e, "reason"), "the broker is ending");
	assert_error(w.e, "store.read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tail_is_named, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(rewritten, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(odd_anchors, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(nobody_waits, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(closing_gives_up, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

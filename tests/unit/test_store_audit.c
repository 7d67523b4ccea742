/* The audit log: what stands in it, how it is found again, and that nobody can change it unseen. */
#include "test_store_help.h"

#include "store/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#define N 2500 /* records of a tampered log: more than two slices of a walk */

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int64_t number_of(json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static void add(struct place *p, const char *what, const char *object, const char *job)
{
	struct store_tx *tx = store_begin(p->store);

	append(tx, what, object, job);
	commit_ok(p, tx);
}

static void fill(struct place *p, int n)
{
	struct store_tx *tx = store_begin(p->store);

	for (int i = 1; i <= n; i++) {
		char object[32];

		snprintf(object, sizeof object, "vm:%d", i % 10);
		append(tx, "begin", object, i % 2 ? "job:000001" : "");
		if (i % 100 == 0) {
			commit_ok(p, tx);
			tx = store_begin(p->store);
		}
	}
	commit_ok(p, tx);
}

static void assert_good(struct place *p, int64_t n)
{
	json_t *v = verify(p);

	if (!json_is_true(json_object_get(v, "ok")))
		fail_msg("%s", text_of(json_object_get(v, "reason"), "text"));
	assert_int_equal(number_of(v, "records"), n);
	assert_null(json_object_get(v, "bad"));
	assert_int_equal(strlen(text_of(v, "head")), 64);
	json_decref(v);
}

static void assert_bad(struct place *p, int64_t seq, const char *id)
{
	json_t *v = verify(p);

	assert_true(json_is_false(json_object_get(v, "ok")));
	assert_int_equal(number_of(v, "bad"), seq);
	assert_string_equal(text_of(json_object_get(v, "reason"), "msg"), id);
	json_decref(v);
}

/* ---- what stands in it ---- */

static void record(void **state)
{
	struct place *p = *state;

	clock_fake(1000, 1795222333);
	add(p, "begin", "vm:1", "job:00000a");
	clock_fake_advance(2000);
	add(p, "end", "vm:1", "job:00000a");
	clock_real();
	json_t *r = audit(p, "", 0, 0, 10);
	assert_int_equal(json_array_size(r), 2);
	json_t *a = json_array_get(r, 0), *b = json_array_get(r, 1);
	assert_int_equal(number_of(a, "seq"), 1);
	assert_int_equal(number_of(b, "seq"), 2);
	assert_int_equal(number_of(a, "at"), 1795222333);
	assert_int_equal(number_of(b, "at"), 1795222335);
	assert_null(json_object_get(b, "wall"));
	assert_string_equal(text_of(a, "what"), "begin");
	assert_string_equal(text_of(b, "by"), "sato");
	assert_string_equal(text_of(b, "prev"), text_of(a, "hash"));
	assert_int_equal(strspn(text_of(a, "prev"), "0"), 64);
	/* sha256sum of the canonical text, worked out by another program */
	assert_string_equal(text_of(a, "hash"), "125409289ce0328a60ab5f1950fdc1afbb65c1871aeb015af764ad4fcb02ed98");
	json_decref(r);
	assert_good(p, 2);
}

/* What a caller puts into our own keys does not stand. */
static void own_keys(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);
	json_t *what = json_pack("{s:i, s:i, s:s, s:s, s:i, s:s}", "seq", 99, "at", 1, "prev", "x", "hash", "y", "wall",
		5, "what", "start");

	store_append(tx, what);
	assert_int_equal(number_of(what, "seq"), 99); /* borrowed means untouched */
	json_decref(what);
	commit_ok(p, tx);
	assert_good(p, 1);
	json_t *r = audit(p, "", 0, 0, 1);
	json_t *a = json_array_get(r, 0);
	assert_int_equal(number_of(a, "seq"), 1);
	assert_null(json_object_get(a, "wall"));
	json_decref(r);
}

static void clock_set_back(void **state)
{
	struct place *p = *state;

	clock_fake(1000, 5000);
	add(p, "one", "vm:1", "");
	clock_fake(1000, 3000);
	add(p, "two", "vm:1", "");
	clock_fake(1000, 5001);
	add(p, "three", "vm:1", "");
	clock_real();
	place_close(p);
	place_open(p);
	clock_fake(1000, 4000);
	add(p, "four", "vm:1", "");
	clock_real();
	json_t *r = audit(p, "", 0, 0, 10);
	static const struct {
		int64_t at, wall;
	} want[] = {{5000, 0}, {5000, 3000}, {5001, 0}, {5001, 4000}};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(number_of(json_array_get(r, i), "at"), want[i].at);
		assert_int_equal(number_of(json_array_get(r, i), "wall"), want[i].wall);
	}
	json_decref(r);
	r = audit(p, "", 4000, 0, 10); /* by what people's clocks said */
	assert_int_equal(json_array_size(r), 3);
	json_decref(r);
	assert_good(p, 4);
}

static void assert_seqs(json_t *r, const char *want)
{
	struct buf b = {0};
	size_t i;
	json_t *o;

	json_array_foreach(r, i, o) buf_printf(&b, "%lld ", (long long)number_of(o, "seq"));
	buf_append(&b, "", 1);
	assert_string_equal(b.data, want);
	buf_free(&b);
	json_decref(r);
}

static void asking(void **state)
{
	struct place *p = *state;

	for (int i = 1; i <= 6; i++) {
		clock_fake(1000, 1000 + i);
		add(p, "begin", i % 2 ? "vm:odd" : "vm:even", i == 5 ? "job:7f3a21" : "");
	}
	clock_real();
	assert_seqs(audit(p, "", 0, 0, 100), "1 2 3 4 5 6 ");
	assert_seqs(audit(p, "", 0, 0, 2), "5 6 ");
	assert_seqs(audit(p, "", 0, 5, 2), "3 4 ");
	assert_seqs(audit(p, "", 1004, 0, 100), "4 5 6 ");
	assert_seqs(audit(p, "vm:odd", 0, 0, 100), "1 3 5 ");
	assert_seqs(audit(p, "vm:odd", 0, 5, 1), "3 ");
	assert_seqs(audit(p, "vm:odd", 1003, 0, 100), "3 5 ");
	assert_seqs(audit(p, "job:7f3a21", 0, 0, 100), "5 ");
	assert_seqs(audit(p, "blade:a2-13", 0, 6, 2), "4 5 ");
	assert_seqs(audit(p, "vm:none", 0, 0, 100), "");
	assert_seqs(audit(p, "", 0, 0, 0), "6 ");
	fill(p, 1500);
	json_t *r = audit(p, "", 0, 0, 100000);
	assert_int_equal(json_array_size(r), 1000);
	json_decref(r);
}

static void goes_on_after_reopen(void **state)
{
	struct place *p = *state;

	assert_good(p, 0);
	for (int i = 1; i <= 5; i++) {
		add(p, "begin", "vm:1", "");
		place_close(p);
		place_open(p);
	}
	assert_good(p, 5);
}

static void too_long(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);
	char *words = xmalloc(2 << 20);

	memset(words, 'x', (2 << 20) - 1);
	words[(2 << 20) - 1] = '\0';
	put_vm(tx, "vm:1", "u1", "a");
	append(tx, words, "vm:1", "");
	free(words);
	assert_error(commit_wait(p, tx), "store.write");
	add(p, "begin", "vm:1", "");
	assert_good(p, 1);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.vms, 0);
	loaded_free(&l);
}

/* ---- tampering ---- */

static const struct {
	const char *name, *sql;
	int64_t bad;
	const char *id;
} attacks[] = {
	{"a word changed", "UPDATE audit SET body = replace(body, 'sato', 'mori') WHERE seq = 1700", 1700,
		"audit.changed"},
	{"the hash changed", "UPDATE audit SET hash = replace(hash, substr(hash, 1, 1), 'z') WHERE seq = 17", 17,
		"audit.changed"},
	{"changed and hashed anew",
		"UPDATE audit SET body = replace(body, 'sato', 'mori') WHERE seq = 17;"
		"UPDATE audit SET hash = sha256(body) WHERE seq = 17",
		18, "audit.unchained"},
	{"the last one changed and hashed anew",
		"UPDATE audit SET body = replace(body, 'sato', 'mori') WHERE seq = 2500;"
		"UPDATE audit SET hash = sha256(body) WHERE seq = 2500",
		2500, "audit.added"},
	{"the first deleted", "DELETE FROM audit WHERE seq = 1", 1, "audit.missing"},
	{"one deleted", "DELETE FROM audit WHERE seq = 1200", 1200, "audit.missing"},
	{"many deleted", "DELETE FROM audit WHERE seq BETWEEN 900 AND 2100", 900, "audit.missing"},
	{"the last deleted", "DELETE FROM audit WHERE seq = 2500", 2500, "audit.missing"},
	{"all deleted", "DELETE FROM audit", 1, "audit.missing"},
	{"two swapped",
		"UPDATE audit SET seq = -1 WHERE seq = 20; UPDATE audit SET seq = 20 WHERE seq = 21;"
		"UPDATE audit SET seq = 21 WHERE seq = -1",
		20, "audit.misplaced"},
	{"one deleted, the rest moved up",
		"DELETE FROM audit WHERE seq = 30; UPDATE audit SET seq = seq - 1000000 WHERE seq > 30;"
		"UPDATE audit SET seq = seq + 999999 WHERE seq < 0",
		30, "audit.misplaced"},
	{"one inserted, the rest moved down",
		"UPDATE audit SET seq = seq - 1000000 WHERE seq >= 30;"
		"UPDATE audit SET seq = seq + 1000001 WHERE seq < 0;"
		"INSERT INTO audit SELECT 30, at, wall, replace(body, '\"seq\":29', '\"seq\":30'), hash FROM audit "
		"WHERE seq = 29",
		30, "audit.changed"},
	{"one inserted with all that it needs",
		"UPDATE audit SET seq = seq - 1000000 WHERE seq >= 30;"
		"UPDATE audit SET seq = seq + 1000001 WHERE seq < 0;"
		"INSERT INTO audit SELECT 30, at, wall, replace(replace(body, '\"seq\":29', '\"seq\":30'), "
		"json_extract(body, '$.prev'), hash), '' "
		"FROM audit WHERE seq = 29; INSERT OR IGNORE INTO audit_object SELECT object, 30 FROM audit_object "
		"WHERE seq = 29;"
		"UPDATE audit SET hash = sha256(body) WHERE seq = 30",
		31, "audit.misplaced"},
	{"one before the first", "INSERT INTO audit SELECT 0, at, wall, body, hash FROM audit WHERE seq = 1", 0,
		"audit.misplaced"},
	{"one after the last",
		"INSERT INTO audit SELECT 2501, at, wall, replace(replace(body, '\"seq\":2500', '\"seq\":2501'), "
		"json_extract(body, '$.prev'), hash), '' FROM audit WHERE seq = 2500;"
		"INSERT OR IGNORE INTO audit_object SELECT object, 2501 FROM audit_object WHERE seq = 2500;"
		"UPDATE audit SET hash = sha256(body) WHERE seq = 2501",
		2501, "audit.added"},
	{"the time changed", "UPDATE audit SET at = at - 3600, wall = wall - 3600 WHERE seq = 44", 44, "audit.changed"},
	{"the note of the newest changed", "UPDATE audit_head SET hash = replace(hash, substr(hash, 1, 1), 'z')", 2500,
		"audit.added"},
	{"out of an object's history", "DELETE FROM audit_object WHERE object = 'vm:1' AND seq = 51", 51,
		"audit.unfiled"},
	{"into an object's history", "INSERT INTO audit_object VALUES ('vm:1', 52)", 2500, "audit.filed"},
	{"text after the end", "UPDATE audit SET body = body || char(0) || 'x' WHERE seq = 60", 60, "audit.changed"},
	{"no JSON", "UPDATE audit SET body = 'x', hash = sha256('x') WHERE seq = 60", 60, "audit.changed"},
};

static void tampering(void **state)
{
	struct place *p = *state;
	char *kept = NULL;
	size_t n = sizeof attacks / sizeof attacks[0];

	fill(p, N);
	assert_good(p, N);
	place_close(p);
	char *path = place_path(p, "ledger.db");
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	kept = xmalloc(16 << 20);
	size_t len = fread(kept, 1, 16 << 20, f);
	fclose(f);
	for (size_t i = 0; i < n; i++) {
		print_message("  %s\n", attacks[i].name);
		f = fopen(path, "wb");
		assert_non_null(f);
		assert_int_equal(fwrite(kept, 1, len, f), len);
		assert_int_equal(fclose(f), 0);
		place_open(p);
		place_tamper(p, attacks[i].sql);
		assert_bad(p, attacks[i].bad, attacks[i].id);
		/* Going on does not hide it. */
		add(p, "later", "vm:1", "");
		json_t *v = verify(p);
		assert_true(json_is_false(json_object_get(v, "ok")));
		json_decref(v);
		place_close(p);
	}
	print_message("%zu ways of tampering found\n", n);
	free(kept);
	free(path);
	place_open(p);
}

/* Cut while the broker runs: what it remembers is not in the file, so the file cannot be made to agree. */
static void head_is_remembered(void **state)
{
	struct place *p = *state;
	struct store_tx *tx;

	fill(p, 20);
	/* Nobody else gets at the file meanwhile. */
	char *path = place_path(p, "ledger.db");
	sqlite3 *h;
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, "DELETE FROM audit", NULL, NULL, NULL), SQLITE_BUSY);
	sqlite3_close(h);
	free(path);
	tx = store_begin(p->store);
	append(tx, "begin", "vm:1", "");
	commit_ok(p, tx);
	assert_good(p, 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(record, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(own_keys, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(clock_set_back, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(asking, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(goes_on_after_reopen, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(too_long, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(tampering, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(head_is_remembered, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

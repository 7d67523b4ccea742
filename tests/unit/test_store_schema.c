/* The ledger's versions: one of the schema before is brought up to date with all that it holds, in one step that
 * happens or does not; a newer or a foreign one is refused; and damage anywhere in the file is found before anything is
 * done with it. */
#include "test_store_help.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *data = xmalloc(4 << 20);

	if (!f)
		fail_msg("%s is not there", path);
	*len = fread(data, 1, (4 << 20) - 1, f);
	data[*len] = '\0';
	fclose(f);
	return data;
}

static void write_file(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

/* ledger.db of schema 1, in WAL mode as a broker leaves it. */
static void put_old(struct place *p)
{
	const char *src = getenv("TANA_SRC");
	char *sql_path = xasprintf("%s/tests/unit/ledger-1.sql", src ? src : "."), *path = place_path(p, "ledger.db");
	size_t len;
	char *sql = read_file(sql_path, &len);

	unlink(path);
	place_sql(p, "ledger.db", sql);
	place_sql(p, "ledger.db", "PRAGMA journal_mode = WAL");
	free(sql);
	free(sql_path);
	free(path);
}

#define VM1 "vm:0000000000000001"
#define VM2 "vm:0000000000000002"
#define OLD_TEXT                                                                                                       \
	"vm " VM1 " 11111111-0000-4000-8000-000000000001 db01a acme 1 0\n"                                             \
	"vm " VM2 " 11111111-0000-4000-8000-000000000002 日本  0 1\n"                                                \
	"job job:00000a power-off " VM1                                                                                \
	" db01a,日本 2 1 sato 1001 ssh 192.0.2.7 hangs running 1795222333 0 1795222393 waits x\n"                    \
	"target " VM1 " db01a done outcome.off off\n"                                                                  \
	"target " VM2 " 日本 running  \n"                                                                            \
	"job job:000009 power-on " VM1 " db01a 1 1 sato 1001   done 1795220000 1795220001 1795220060 on x\n"           \
	"target " VM1 " db01a done outcome.off off\n"                                                                  \
	"lease lease:" VM1 " " VM1 " db01a sato job:00000a power-off 1795222333\n"

static void assert_text(struct place *p, const char *want)
{
	struct loaded l;

	loaded_read(p, &l);
	assert_string_equal(l.text.data, want);
	loaded_free(&l);
}

static void assert_chain(struct place *p, int64_t records)
{
	json_t *v = verify(p);

	if (!json_is_true(json_object_get(v, "ok")))
		fail_msg("%s", json_string_value(json_object_get(json_object_get(v, "reason"), "text")));
	assert_int_equal(json_integer_value(json_object_get(v, "records")), records);
	json_decref(v);
}

static void assert_works(struct place *p, int64_t records)
{
	struct store_tx *tx = store_begin(p->store);

	store_put_snapshot(tx, &(struct store_snapshot){.id = "snap:1", .vm = VM1, .at = 1795222400});
	store_put_limit(tx, &(struct store_limit){VM1, "kept", "3", 1795300000, "", "mori", 1795222400});
	store_put_anchor(tx, 5, "abc", 1795222400);
	store_put_pair(tx, &(struct store_pair){"a2-13", "A2/13", "CZJ1", "CZJ1", "", "", 1795222400});
	append(tx, "later", VM1, "");
	commit_ok(p, tx);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.snapshots, 1);
	assert_int_equal(l.limits, 1);
	assert_int_equal(l.pairs, 1);
	loaded_free(&l);
	json_t *v = audit(p, VM1, 0, 0, 10);
	assert_int_equal(json_array_size(v), 3);
	json_decref(v);
	v = head(p);
	assert_int_equal(json_integer_value(json_object_get(v, "seq")), records + 1);
	json_decref(v);
}

static void older_is_brought_up(void **state)
{
	struct place *p = *state;

	place_close(p);
	put_old(p);
	place_open(p);
	assert_text(p, OLD_TEXT);
	assert_chain(p, 5);
	assert_works(p, 5);
	place_close(p);
	assert_int_equal(place_number(p, "ledger.db", "PRAGMA user_version"), 4);
	place_open(p);
	/* What a file of the old schema becomes is what a new one is. */
	place_close(p);
	struct place new = {.dir = place_path(p, "new")};
	place_open(&new);
	place_close(&new);
	char *attach = xasprintf("ATTACH '%s/ledger.db' AS fresh", new.dir), *path = place_path(p, "ledger.db");
	sqlite3 *h;
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, attach, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_stmt *st;
	assert_int_equal(
		sqlite3_prepare_v2(h,
			"SELECT (SELECT group_concat(sql, ';') FROM (SELECT sql FROM main.sqlite_schema ORDER BY "
			"name)) = "
			"(SELECT group_concat(sql, ';') FROM (SELECT sql FROM fresh.sqlite_schema ORDER BY name))",
			-1, &st, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 1);
	sqlite3_finalize(st);
	sqlite3_close(h);
	free(attach);
	free(path);
	free(new.dir);
}

/* The old broker was killed: what it wrote last is in the -wal file only. */
static void older_with_its_wal(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db"), *wal = place_path(p, "ledger.db-wal");
	size_t len, wal_len;
	sqlite3 *h;

	place_close(p);
	put_old(p);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h,
				 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_autocheckpoint = 0;"
				 "UPDATE vm SET name = 'renamed' WHERE id = '" VM1 "'",
				 NULL, NULL, NULL),
		SQLITE_OK);
	char *db = read_file(path, &len), *log = read_file(wal, &wal_len);
	assert_true(wal_len > 0);
	sqlite3_close(h);
	write_file(path, db, len);
	write_file(wal, log, wal_len);
	place_open(p);
	struct loaded l;
	loaded_read(p, &l);
	assert_memory_equal(l.text.data, "vm " VM1, strlen("vm " VM1));
	assert_non_null(strstr(l.text.data, " renamed acme "));
	loaded_free(&l);
	assert_chain(p, 5);
	assert_works(p, 5);
	free(db);
	free(log);
	free(path);
	free(wal);
}

/* An old file that cannot be brought up (something of that name is there) is refused, and stays what it was. */
static void older_that_cannot(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db");
	size_t len, after_len;

	place_close(p);
	put_old(p);
	place_sql(
		p, "ledger.db", "CREATE TABLE blade_pair (cake TEXT)"); /* of the last step: all before it is taken back */
	char *before = read_file(path, &len);
	struct err *e = place_try(p);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "blade_pair"));
	assert_error(e, "store.open");
	char *after = read_file(path, &after_len);
	assert_int_equal(len, after_len);
	assert_memory_equal(before, after, len);
	free(after);
	free(before);
	assert_int_equal(place_number(p, "ledger.db", "PRAGMA user_version"), 1);
	assert_int_equal(place_number(p, "ledger.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'snapshot'"), 0);
	place_sql(p, "ledger.db", "DROP TABLE blade_pair");
	place_open(p);
	assert_text(p, OLD_TEXT);
	free(path);
}

static void newer_is_refused(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db");
	size_t n, m;

	place_close(p);
	put_old(p);
	place_sql(p, "ledger.db", "PRAGMA user_version = 1000");
	char *before = read_file(path, &n);
	struct err *e = place_try(p);
	assert_non_null(e);
	assert_non_null(strstr(e->msg.text, "1000"));
	assert_non_null(strstr(e->msg.text, path));
	assert_error(e, "store.newer");
	char *after = read_file(path, &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(before);
	free(after);
	place_sql(p, "ledger.db", "PRAGMA user_version = 1");
	place_open(p);
	assert_text(p, OLD_TEXT);
	free(path);
}

static void foreign_is_refused(void **state)
{
	struct place *p = *state;
	char *path = place_path(p, "ledger.db");

	place_close(p);
	assert_int_equal(unlink(path), 0);
	place_sql(p, "ledger.db", "CREATE TABLE recipe (cake TEXT)");
	assert_error(place_try(p), "store.foreign");
	place_sql(p, "ledger.db", "PRAGMA user_version = 1");
	assert_error(place_try(p), "store.foreign");
	free(path);
}

/* ---- damage ---- */

static void fill(struct place *p)
{
	struct store_tx *tx = store_begin(p->store);

	for (int i = 0; i < 120; i++) {
		char id[32], row[64];
		struct store_target t = {id, id, JOB_DONE, id, id};

		snprintf(id, sizeof id, "vm:%016x", i);
		snprintf(row, sizeof row, "snap:%08x-0000-4000-8000-%012x", (unsigned)i * 2654435761u, i);
		put_vm(tx, id, row, "a name of some length, as people give them, so that it takes room");
		append(tx, "begin", id, row);
		store_put_snapshot(tx, &(struct store_snapshot){.id = row,
					       .vm = id,
					       .vm_name = row,
					       .name = row,
					       .job = row,
					       .at = 1000,
					       .state = SNAP_KEPT,
					       .note = "before the upgrade of all that is there"});
		store_put_limit(tx, &(struct store_limit){row, "kept", "3", 1, row, row, 1});
		store_put_anchor(tx, i + 1, row, 1);
		store_take_lease(tx, &(struct lease){.object = row, .name = row, .by = row, .job = row, .verb = row});
		store_put_job(tx, &(struct store_job){.targets = &t,
					  .ntargets = 1,
					  .job = {.id = row,
						  .verb = "x",
						  .target = id,
						  .targets = id,
						  .by = "",
						  .origin = "",
						  .reason = row,
						  .text = "",
						  .text_id = "",
						  .state = JOB_DONE}});
	}
	commit_ok(p, tx);
}

/* Whichever page is bad: the file is refused with a sentence, and is not touched. */
static void any_page(void **state)
{
	enum { PAGE = 4096 };
	struct place *p = *state;
	char *path = place_path(p, "ledger.db");
	size_t len, n;
	int pages = 0;

	fill(p);
	place_close(p);
	char *good = read_file(path, &len), *bad = xmalloc(len);
	assert_true(len % PAGE == 0 && len / PAGE > 30);
	for (size_t at = 0; at < len; at += PAGE, pages++) {
		memcpy(bad, good, len);
		for (size_t i = 0; i < PAGE; i++)
			bad[at + i] = (char)(i * 7 + 13);
		write_file(path, bad, len);
		struct err *e = place_try(p);
		if (!e)
			fail_msg("page %zu is bad and nobody noticed", at / PAGE + 1);
		assert_non_null(strstr(e->msg.text, "ledger.db"));
		assert_error(e, "store.damaged");
		char *after = read_file(path, &n);
		assert_int_equal(n, len);
		assert_memory_equal(after, bad, len);
		free(after);
	}
	for (size_t at = PAGE / 2; at < len; at += PAGE * 7) {
		write_file(path, good, at);
		assert_error(place_try(p), "store.damaged");
		char *after = read_file(path, &n);
		assert_int_equal(n, at);
		free(after);
	}
	print_message("%d pages, each bad once\n", pages);
	write_file(path, good, len);
	place_open(p);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.snapshots, 120);
	loaded_free(&l);
	free(bad);
	free(good);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(older_is_brought_up, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(older_with_its_wal, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(older_that_cannot, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(newer_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(foreign_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(any_page, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

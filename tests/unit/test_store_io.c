/* The store on a file layer that fails: every write and every sync in turn. What was said to be written is there, what
 * was said not to be is not, and a commit is said to be done only after a sync. */
#include "crash_vfs.h"
#include "test_store_help.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPS_MAX = 400, TXS = 8 };

static int install(void **state)
{
	return crash_vfs_install() ? 0 : -1;
}

static int uninstall(void **state)
{
	crash_vfs_uninstall();
	return 0;
}

/* ---- */

static int syncs_when_done;

static void note_syncs(void *ctx, struct err *e)
{
	syncs_when_done = crash_vfs_count().syncs;
	outcome_done(ctx, e);
}

static void done_means_synced(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < 20; i++) {
		struct outcome o = {0};
		struct store_tx *tx = store_begin(p->store);
		int before = crash_vfs_count().syncs;

		append(tx, "begin", "vm:1", "");
		store_commit(tx, note_syncs, &o);
		outcome_wait(p, &o, 1);
		assert_null(o.last);
		assert_true(syncs_when_done > before);
	}
}

/* On SQLite's own layer: the names of files are on the disk too, before the first commit is said to be done. */
static int dirs_opened;
static int (*open_dir)(const char *path, int *fd);

static int note_open_dir(const char *path, int *fd)
{
	dirs_opened += strstr(path, "/ledger.db-wal") != NULL; /* it is told the file whose folder it is */
	return open_dir(path, fd);
}

static void done_means_named(void **state)
{
	struct place *p = *state;
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	char *wal = place_path(p, "ledger.db-wal");

	for (int round = 0; round < 2; round++) { /* the -wal file is made, and then made anew */
		place_close(p);
		assert_int_equal(access(wal, F_OK), -1);
		crash_vfs_uninstall();
		open_dir = (int (*)(const char *, int *))vfs->xGetSystemCall(vfs, "openDirectory");
		assert_int_equal(
			vfs->xSetSystemCall(vfs, "openDirectory", (sqlite3_syscall_ptr)note_open_dir), SQLITE_OK);
		dirs_opened = 0;
		place_open(p);
		struct store_tx *tx = store_begin(p->store);
		append(tx, "begin", "vm:1", "");
		commit_ok(p, tx);
		assert_int_equal(access(wal, F_OK), 0);
		assert_true(dirs_opened > 0);
		place_close(p);
		assert_int_equal(vfs->xSetSystemCall(vfs, "openDirectory", NULL), SQLITE_OK);
		assert_true(crash_vfs_install());
		place_open(p);
	}
	free(wal);
}

static void vm_id(char *out, size_t size, int round, int i)
{
	snprintf(out, size, "vm:%d-%d-", round, i);
}

/* Hands TXS transactions over, some of them together; which came through? */
static void write_some(struct place *p, int round, bool *ok)
{
	struct outcome o[TXS] = {{0}};

	for (int i = 0; i < TXS; i++) {
		struct store_tx *tx = store_begin(p->store);
		char id[48];

		vm_id(id, sizeof id, round, i);
		put_vm(tx, id, id, "x");
		append(tx, "begin", id, "");
		store_commit(tx, outcome_done, &o[i]);
		if (i % 3 == 0)
			outcome_wait(p, &o[i], 1);
	}
	for (int i = 0; i < TXS; i++) {
		outcome_wait(p, &o[i], 1);
		ok[i] = !o[i].last;
		if (!ok[i] && strcmp(o[i].last->msg.id, "store.unknown"))
			assert_string_equal(o[i].last->msg.id, "store.write");
		err_free(o[i].last);
	}
}

static void sweep(struct place *p, int in_a_row, enum crash_sync how)
{
	size_t total = 0, refused = 0;
	int at = 1;

	for (; at < OPS_MAX; at++) {
		bool ok[TXS];
		struct loaded l;

		crash_vfs_plan(&(struct crash_plan){.fail_at = at, .fail_run = in_a_row, .sync = how});
		write_some(p, at, ok);
		int reached = crash_vfs_count().ops;
		crash_vfs_plan(NULL);
		/* It goes on as if nothing had been. */
		struct store_tx *tx = store_begin(p->store);
		append(tx, "after", "vm:1", "");
		commit_ok(p, tx);
		if (at % 2) {
			place_close(p);
			place_open(p);
		}
		loaded_read(p, &l);
		for (int i = 0; i < TXS; i++) {
			json_t *r;
			char id[48];

			vm_id(id, sizeof id, at, i);
			r = audit(p, id, 0, 0, 10);
			assert_int_equal(json_array_size(r), ok[i]);
			json_decref(r);
			total += ok[i];
			refused += !ok[i];
		}
		assert_int_equal(l.vms, total);
		loaded_free(&l);
		json_t *v = verify(p);
		assert_true(json_is_true(json_object_get(v, "ok")));
		assert_int_equal(json_integer_value(json_object_get(v, "records")), total + (size_t)at);
		json_decref(v);
		if (reached < at)
			break;
	}
	assert_true(at < OPS_MAX);
	assert_true(refused > 0);
	print_message("%d in a row: failed at each of %d writes and syncs: %zu transactions written, %zu refused\n",
		in_a_row, at, total, refused);
}

static void one_fails(void **state)
{
	sweep(*state, 1, CRASH_SYNC_WAITS);
}

static void one_fails_though_done(void **state)
{
	sweep(*state, 1, CRASH_SYNC_DONE);
}

static void some_fail(void **state)
{
	sweep(*state, 4, CRASH_SYNC_LOST);
}

static void all_fail_from_there(void **state)
{
	sweep(*state, OPS_MAX * 100, CRASH_SYNC_WAITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(done_means_synced, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(done_means_named, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(one_fails, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(one_fails_though_done, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(some_fail, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(all_fail_from_there, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, install, uninstall);
}

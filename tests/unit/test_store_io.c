/* The store on a file layer that fails: every write and every sync in turn. What was said to be written is there, what
 * was said not to be is not, and a commit is said to be done only after a sync. */
#include "test_store_help.h"

#include "store/db.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPS_MAX = 400, TXS = 8 };

/* ---- SQLite's own file layer, counted and made to fail ---- */

static _Atomic int ops, syncs, fail_at, fail_for; /* fail_for: how many in a row, from the fail_at-th on */
static sqlite3_vfs *real;
static sqlite3_vfs shim;
struct shim_file {
	sqlite3_file base;
	sqlite3_file *inner;
};

static sqlite3_file *inner(sqlite3_file *f)
{
	return ((struct shim_file *)f)->inner;
}

static bool fails(void)
{
	int n = ++ops;

	return fail_at && n >= fail_at && n < fail_at + fail_for;
}

static int shim_close(sqlite3_file *f)
{
	return inner(f)->pMethods ? inner(f)->pMethods->xClose(inner(f)) : SQLITE_OK;
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xRead(inner(f), to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	if (!fails())
		return inner(f)->pMethods->xWrite(inner(f), from, n, at);
	inner(f)->pMethods->xWrite(inner(f), from, n / 2, at); /* torn */
	return SQLITE_IOERR_WRITE;
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return fails() ? SQLITE_IOERR_TRUNCATE : inner(f)->pMethods->xTruncate(inner(f), size);
}

static int shim_sync(sqlite3_file *f, int flags)
{
	syncs++;
	return fails() ? SQLITE_IOERR_FSYNC : inner(f)->pMethods->xSync(inner(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return inner(f)->pMethods->xFileSize(inner(f), size);
}

static int shim_lock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xLock(inner(f), level);
}

static int shim_unlock(sqlite3_file *f, int level)
{
	return inner(f)->pMethods->xUnlock(inner(f), level);
}

static int shim_reserved(sqlite3_file *f, int *out)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int shim_device(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

/* Version 1: no shared memory, which an exclusively locked WAL must not need. */
static const sqlite3_io_methods methods = {1, shim_close, shim_read, shim_write, shim_truncate, shim_sync, shim_size,
	shim_lock, shim_unlock, shim_reserved, shim_control, shim_sector, shim_device, NULL, NULL, NULL, NULL, NULL,
	NULL};

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct shim_file *s = (struct shim_file *)f;

	s->inner = (sqlite3_file *)(s + 1);
	int rc = real->xOpen(real, name, s->inner, flags, out);
	s->base.pMethods = rc == SQLITE_OK ? &methods : NULL;
	return rc;
}

static int install(void **state)
{
	real = sqlite3_vfs_find(NULL);
	shim = *real;
	shim.pNext = NULL;
	shim.zName = "tana-test";
	shim.szOsFile = (int)sizeof(struct shim_file) + real->szOsFile;
	shim.xOpen = shim_open;
	if (sqlite3_vfs_register(&shim, 0) != SQLITE_OK)
		return -1;
	db_set_vfs("tana-test");
	return 0;
}

static int uninstall(void **state)
{
	db_set_vfs("");
	return sqlite3_vfs_unregister(&shim);
}

/* ---- */

static int syncs_when_done;

static void note_syncs(void *ctx, struct err *e)
{
	syncs_when_done = syncs;
	outcome_done(ctx, e);
}

static void done_means_synced(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < 20; i++) {
		struct outcome o = {0};
		struct store_tx *tx = store_begin(p->store);
		int before = syncs;

		append(tx, "begin", "vm:1", "");
		store_commit(tx, note_syncs, &o);
		outcome_wait(p, &o, 1);
		assert_null(o.last);
		assert_true(syncs_when_done > before);
	}
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
		if (o[i].last)
			assert_error(o[i].last, "store.write");
	}
}

static void sweep(struct place *p, int in_a_row)
{
	size_t total = 0, refused = 0;
	int at = 1;

	for (; at < OPS_MAX; at++) {
		bool ok[TXS];
		struct loaded l;

		ops = 0;
		fail_for = in_a_row;
		fail_at = at;
		write_some(p, at, ok);
		int reached = ops;
		fail_at = 0;
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
	sweep(*state, 1);
}

static void all_fail_from_there(void **state)
{
	sweep(*state, OPS_MAX * 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(done_means_synced, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(one_fails, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(all_fail_from_there, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, install, uninstall);
}

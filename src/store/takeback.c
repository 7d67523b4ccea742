/* Makes sure that a transaction whose COMMIT failed does not come back. Called by writer.c for each commit, and
 * by db.c at open.
 *
 * What SQLite does (3.40, wal.c, tried in test_store_crash.c): COMMIT appends the transaction's pages to the -wal file,
 * the last one with a mark that ends the transaction, then syncs. If the sync fails, SQLite forgets the transaction in
 * memory and says so, but leaves its pages in the file, and the next transaction writes over them. Whoever reads the
 * file before that (a broker that starts after a crash) finds a complete transaction and takes it for committed. The
 * same after a write that reported an error but was done.
 *
 * So before the failure is told, the -wal file is cut to the end of the last good commit, and that is synced: what is
 * not in the file cannot come back, and cutting needs no room on a full disk. SQLite goes on from there by itself, as
 * it writes each page to a place that it works out from the number of those before. If SQLite had just begun the file
 * anew (all of it was in the database by then), its header is another one or was not written, and what is cut is the
 * whole file, or nothing but pages that stand in the database too. If cutting or its sync fails as well, the disk does
 * nothing that can be relied on: the outcome is said to be unknown, which it is, and nothing else is written or
 * answered with success until it works. (Aborting the broker instead would take the view of all hosts from everybody
 * because a disk went read-only.)
 *
 * At open the other half: what a start reads from the -wal file may be in the kernel's memory only (the process was
 * killed before its sync), and after a sync that failed the kernel takes it for written although it is not. So it is
 * written again, synced, and moved into the database before anybody acts on it. */
#include "store/takeback.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 32 /* bytes of a -wal file's header: https://www.sqlite.org/fileformat2.html#walformat */
#define FRAME 24  /* bytes before each page in it */
#define BLOCK 65536

static int checkpoint_pages = 1000; /* SQLite's own default */

void takeback_set_pages(int pages)
{
	checkpoint_pages = pages;
}

/* The open -wal file; NULL when there is none. */
static sqlite3_file *wal_of(struct db *d)
{
	sqlite3_file *f = NULL;

	if (sqlite3_file_control(d->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f) != SQLITE_OK)
		return NULL;
	return f && f->pMethods ? f : NULL;
}

static int sync_wal(sqlite3_file *wal)
{
	return wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
}

static int read_header(sqlite3_file *wal, unsigned char header[HEADER])
{
	int rc = wal->pMethods->xRead(wal, header, HEADER, 0);

	return rc == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : rc; /* what is missing was zeroed */
}

/* After each good commit: where it ends. SQLite's own hook, which this replaces, does the checkpoint; its failure is no
 * failure of the commit. */
static int on_commit(void *ctx, sqlite3 *h, const char *name, int pages)
{
	struct db *d = ctx;
	sqlite3_file *wal = wal_of(d);

	d->wal_pages = wal && read_header(wal, d->wal_header) == SQLITE_OK ? pages : -1;
	if (pages >= checkpoint_pages)
		sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

/* All that is committed goes into the database, and the -wal file is emptied. Needs room. */
static int empty(struct db *d)
{
	int rc = sqlite3_wal_checkpoint_v2(d->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_file *wal = wal_of(d);

	if (rc == SQLITE_OK && wal)
		rc = sync_wal(wal);
	if (rc == SQLITE_OK) {
		d->wal_pages = 0;
		memset(d->wal_header, 0, HEADER);
	}
	return rc;
}

static int cut(struct db *d)
{
	sqlite3_file *wal = wal_of(d);
	unsigned char header[HEADER];
	int64_t size = 0;

	if (d->wal_pages < 0)
		return empty(d);
	if (!wal)
		return SQLITE_OK; /* never opened: nothing was written */
	int rc = read_header(wal, header);
	if (d->wal_pages && !memcmp(header, d->wal_header, HEADER))
		size = HEADER + d->wal_pages * (FRAME + d->page_size);
	if (rc == SQLITE_OK)
		rc = wal->pMethods->xTruncate(wal, size);
	return rc == SQLITE_OK ? sync_wal(wal) : rc;
}

struct err *takeback_settle(struct db *d)
{
	int rc = cut(d);

	d->open_end = rc != SQLITE_OK;
	if (!d->open_end)
		return NULL;
	char *reason = xasprintf("the disk failed (%s), and what was written last is not settled", sqlite3_errstr(rc));
	struct err *e = err_new(ERR_FAILED, "store.write", "{s:s, s:s}", "what", d->path, "reason", reason);
	free(reason);
	return e;
}

struct err *takeback_commit(struct db *d, int commit)
{
	if (db_run(d, commit, "") == SQLITE_DONE)
		return NULL;
	struct err *failed = db_error(d, "store.write", d->path);
	db_abandon(d);
	struct err *worse = takeback_settle(d);
	if (!worse)
		return failed;
	const char *reason = json_string_value(json_object_get(failed->msg.args, "reason"));
	struct err *unknown =
		err_new(ERR_TIMEOUT, "store.unknown", "{s:s, s:s}", "what", d->path, "reason", reason ? reason : "");
	err_free(worse);
	err_free(failed);
	return unknown;
}

static int write_again(sqlite3_file *wal)
{
	sqlite3_int64 size = 0;
	int rc = wal->pMethods->xFileSize(wal, &size);
	char *block = xmalloc(BLOCK);

	for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += BLOCK) {
		int n = size - at < BLOCK ? (int)(size - at) : BLOCK;

		rc = wal->pMethods->xRead(wal, block, n, at);
		if (rc == SQLITE_OK)
			rc = wal->pMethods->xWrite(wal, block, n, at);
	}
	free(block);
	return rc == SQLITE_OK && size ? sync_wal(wal) : rc;
}

/* Where there is no room for the database to grow, the -wal file stays as it is. */
bool takeback_open(struct db *d)
{
	sqlite3_file *wal = wal_of(d);

	d->wal_pages = -1;
	d->open_end = false;
	sqlite3_wal_hook(d->handle, on_commit, d);
	if (wal && write_again(wal) != SQLITE_OK)
		return false;
	empty(d);
	return true;
}

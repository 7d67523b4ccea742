/* Opens SQLite files for the store and runs their prepared statements. Called by the store's other files, on whichever
 * thread holds the database at that moment (one at a time).
 *
 * Why WAL with an exclusive lock: one sync a commit, and SQLite before 3.51.3 can damage a WAL file that two
 * connections use (its "WAL-reset bug"); locked, there can be no second one, and no shared-memory file either. */
#include "store/db.h"

#include "common/buf.h"
#include "common/log.h"
#include "store/schema.h"
#include "store/takeback.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SQL_TEXT(name, text) text,
static const char *const ledger_sql[] = {LEDGER_SQL(SQL_TEXT)};
static const char *const cache_sql[] = {CACHE_SQL(SQL_TEXT)};
static const char *const ledger_checks[] = {"PRAGMA quick_check(audit_head)", "PRAGMA quick_check(vm)",
	"PRAGMA quick_check(lease)", "PRAGMA quick_check(snapshot_limit)", "PRAGMA quick_check(blade_pair)",
	"PRAGMA quick_check(alert_mark)", "PRAGMA quick_check(blade_note)",
	"PRAGMA quick_check(snapshot)", "PRAGMA quick_check(job)", "PRAGMA quick_check(job_target)", "PRAGMA quick_check(anchor)",
	"PRAGMA quick_check(audit)", "PRAGMA quick_check(audit_object)", NULL};
static const char *const cache_checks[] = {"PRAGMA quick_check", NULL};

/* The audit log grows for years: `tana audit verify` walks it whole, a start does only while that is quick (measured:
 * 64 MB in a tenth of a second). Losing the cache costs nothing but freshness, so a loss of power need not be waited
 * for. */
const struct db_kind db_ledger = {"ledger.db", "ledger", 1415671393, "PRAGMA synchronous = FULL", ledger_checks,
	64 << 20, 8, ledger_sql, LEDGER_SQL_COUNT};
const struct db_kind db_cache = {"cache.db", "cache", 1415671395, "PRAGMA synchronous = NORMAL", cache_checks,
	INT64_MAX, 1, cache_sql, CACHE_SQL_COUNT};

static char vfs_name[64];

void db_set_vfs(const char *name)
{
	snprintf(vfs_name, sizeof vfs_name, "%s", name ? name : "");
}

static void to_log(void *ctx, int code, const char *text)
{
	log_debug("sqlite: %s (%d)", text, code);
}

static void configure(void)
{
	sqlite3_config(SQLITE_CONFIG_LOG, to_log, NULL);
}

static bool is(int rc, int primary)
{
	return (rc & 0xff) == primary;
}

/* What went wrong, as somebody who can mend it would say it. */
static const char *reason_of(sqlite3 *h, char *out, size_t size)
{
	int rc = sqlite3_extended_errcode(h);
	int errnum = sqlite3_system_errno(h);

	if (is(rc, SQLITE_FULL) || (is(rc, SQLITE_IOERR) && (errnum == ENOSPC || errnum == EDQUOT)))
		return "the disk is full";
	if (is(rc, SQLITE_READONLY))
		return "the file or its folder is read-only";
	if (is(rc, SQLITE_CORRUPT) || is(rc, SQLITE_NOTADB))
		return "the file is damaged";
	if (is(rc, SQLITE_BUSY) || is(rc, SQLITE_LOCKED))
		return "another program has the file open";
	if (is(rc, SQLITE_IOERR) && errnum)
		snprintf(out, size, "%s: %s", sqlite3_errmsg(h), strerror(errnum));
	else
		snprintf(out, size, "%s", sqlite3_errmsg(h));
	return out;
}

struct err *db_error(struct db *d, const char *id, const char *what)
{
	char text[256];

	return err_new(ERR_FAILED, id, "{s:s, s:s}", "what", what, "reason",
		d->handle ? reason_of(d->handle, text, sizeof text) : "it could not be opened");
}

bool db_is_damaged(struct db *d)
{
	int rc = d->handle ? sqlite3_extended_errcode(d->handle) : SQLITE_OK;

	return is(rc, SQLITE_CORRUPT) || is(rc, SQLITE_NOTADB);
}

void db_abandon(struct db *d)
{
	if (d->handle && !sqlite3_get_autocommit(d->handle))
		sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* The first column of the first row, as a number or (when text is not NULL) cut into text. False: it failed. */
static bool ask(sqlite3 *h, const char *sql, int64_t *number, char *text, size_t size)
{
	sqlite3_stmt *st;
	bool ok = false;

	if (sqlite3_prepare_v2(h, sql, -1, &st, NULL) != SQLITE_OK)
		return false;
	if (sqlite3_step(st) == SQLITE_ROW) {
		ok = true;
		if (number)
			*number = sqlite3_column_int64(st, 0);
		if (text)
			snprintf(text, size, "%s", db_text(st, 0));
	}
	if (sqlite3_finalize(st) != SQLITE_OK)
		ok = false;
	return ok;
}

static bool tell(sqlite3 *h, const char *sql)
{
	return sqlite3_exec(h, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static struct err *damaged(const char *path, const char *reason)
{
	return err_new(ERR_FAILED, "store.damaged", "{s:s, s:s}", "path", path, "reason", reason);
}

static struct err *cannot_open(struct db *d)
{
	char text[256];

	if (db_is_damaged(d))
		return damaged(d->path, sqlite3_errmsg(d->handle));
	if (is(sqlite3_extended_errcode(d->handle), SQLITE_READONLY))
		return err_new(ERR_FAILED, "store.readonly", "{s:s}", "path", d->path);
	return err_new(ERR_FAILED, "store.open", "{s:s, s:s}", "path", d->path, "reason",
		reason_of(d->handle, text, sizeof text));
}

/* An older file lacks some of our tables, so it is checked as a whole before it is changed. */
static struct err *check(struct db *d, bool old)
{
	static const char *const whole[] = {"PRAGMA quick_check", NULL};
	const char *const *checks = old ? whole : d->kind->checks;
	int64_t pages = 0, page = 0;
	char found[256];

	if (!ask(d->handle, "PRAGMA page_count", &pages, NULL, 0) ||
		!ask(d->handle, "PRAGMA page_size", &page, NULL, 0))
		return cannot_open(d);
	bool all = pages * page <= d->kind->check_bytes;
	for (int i = 0; checks[i] && (all || i < d->kind->check_few); i++) {
		if (!ask(d->handle, checks[i], NULL, found, sizeof found))
			return cannot_open(d);
		if (strcmp(found, "ok")) {
			for (char *p = found; *p; p++)
				if (*p == '\n')
					*p = ' ';
			return damaged(d->path, found);
		}
	}
	return NULL;
}

/* Is it ours, and of a version that we know? Nothing is written before this says yes. */
static struct err *recognise(struct db *d, int *version)
{
	int64_t found = 0, application = 0, objects = 0;
	int known = schema_version(d->kind->steps);

	if (!ask(d->handle, "PRAGMA user_version", &found, NULL, 0) ||
		!ask(d->handle, "PRAGMA application_id", &application, NULL, 0) ||
		!ask(d->handle, "SELECT count(*) FROM sqlite_schema", &objects, NULL, 0))
		return cannot_open(d);
	*version = 0;
	if (!found && !application && !objects)
		return NULL;
	if (application != d->kind->application || found < 1)
		return err_new(ERR_FAILED, "store.foreign", "{s:s}", "path", d->path);
	if (found > known)
		return err_new(ERR_FAILED, "store.newer", "{s:s, s:I, s:i}", "path", d->path, "found",
			(json_int_t)found, "known", known);
	*version = (int)found;
	return check(d, found < known);
}

static struct err *migrate(struct db *d, int version)
{
	const struct schema_step *step = schema_next(d->kind->steps, version);

	if (!step)
		return NULL;
	bool ok = tell(d->handle, "BEGIN EXCLUSIVE");
	for (; ok && step; step = schema_next(d->kind->steps, step->version))
		ok = tell(d->handle, step->sql);
	if (ok && tell(d->handle, "COMMIT"))
		return NULL;
	struct err *e = cannot_open(d);
	db_abandon(d);
	return e;
}

static struct err *set_up(struct db *d)
{
	static const char *const first[] = {
		"PRAGMA locking_mode = EXCLUSIVE", /* before the file is first read: then WAL needs no shared memory */
		"PRAGMA temp_store = MEMORY",
		"PRAGMA trusted_schema = OFF",
		"PRAGMA cell_size_check = ON",
		"PRAGMA foreign_keys = ON",
	};
	static const char *const then[] = {"PRAGMA journal_size_limit = 16777216", "PRAGMA cache_size = -8192"};
	char mode[16];
	int version = 0;

	sqlite3_busy_timeout(d->handle, 2000);
	sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
		if (!tell(d->handle, first[i]))
			return cannot_open(d);
	struct err *e = recognise(d, &version);
	if (e)
		return e;
	if (!ask(d->handle, "PRAGMA journal_mode = WAL", NULL, mode, sizeof mode) || strcmp(mode, "wal") ||
		!tell(d->handle, d->kind->sync))
		return cannot_open(d);
	for (size_t i = 0; i < sizeof then / sizeof then[0]; i++)
		if (!tell(d->handle, then[i]))
			return cannot_open(d);
	if (!ask(d->handle, "PRAGMA page_size", &d->page_size, NULL, 0) || !takeback_open(d))
		return cannot_open(d);
	e = migrate(d, version);
	/* A file that is refused is left as it is, its -wal too; from here on closing tidies up. */
	if (!e)
		sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, (int *)NULL);
	return e;
}

/* SQLite makes files that everybody may read; ours exist before it looks, and their names are safe on the disk. */
static struct err *make_file(const char *dir, const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return errno == EROFS || errno == EACCES || errno == EPERM
			       ? err_new(ERR_FAILED, "store.readonly", "{s:s}", "path", path)
			       : err_new(ERR_FAILED, "store.open", "{s:s, s:s}", "path", path, "reason",
					 strerror(errno));
	close(fd);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	return NULL;
}

struct err *db_open(struct db *d, const char *dir, const struct db_kind *kind)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, configure);
	*d = (struct db){.kind = kind, .path = xasprintf("%s/%s", dir, kind->file)};
	d->stmts = xcalloc((size_t)kind->nsql, sizeof *d->stmts);
	struct err *e = make_file(dir, d->path);
	if (!e) {
		int rc = sqlite3_open_v2(d->path, &d->handle,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			*vfs_name ? vfs_name : NULL);
		if (!d->handle)
			abort(); /* no memory for even that */
		e = rc != SQLITE_OK ? cannot_open(d)
		    : sqlite3_db_readonly(d->handle, "main")
			    ? err_new(ERR_FAILED, "store.readonly", "{s:s}", "path", d->path)
			    : set_up(d);
	}
	if (e)
		db_close(d);
	return e;
}

void db_close(struct db *d)
{
	if (d->stmts)
		for (int i = 0; i < d->kind->nsql; i++)
			sqlite3_finalize(d->stmts[i]);
	free(d->stmts);
	d->stmts = NULL;
	sqlite3_close_v2(d->handle);
	d->handle = NULL;
	free(d->path);
	d->path = NULL;
}

sqlite3_stmt *db_stmt(struct db *d, int which)
{
	if (!d->stmts[which])
		sqlite3_prepare_v3(
			d->handle, d->kind->sql[which], -1, SQLITE_PREPARE_PERSISTENT, &d->stmts[which], NULL);
	return d->stmts[which];
}

int db_next(struct db *d, int which)
{
	int rc = sqlite3_step(d->stmts[which]);

	if (rc != SQLITE_ROW)
		db_done(d, which);
	return rc;
}

/* Texts are let go: they belong to the caller. Resetting does not disturb the error that db_error reads. */
void db_done(struct db *d, int which)
{
	sqlite3_reset(d->stmts[which]);
	sqlite3_clear_bindings(d->stmts[which]);
}

int db_run(struct db *d, int which, const char *types, ...)
{
	sqlite3_stmt *st = db_stmt(d, which);
	int rc = SQLITE_OK, at = 0;
	va_list ap;

	if (!st)
		return sqlite3_extended_errcode(d->handle);
	va_start(ap, types);
	for (const char *t = types; *t && rc == SQLITE_OK; t++) {
		at++;
		if (*t == 't')
			rc = sqlite3_bind_text(st, at, va_arg(ap, const char *), -1, SQLITE_STATIC);
		else if (*t == 'i')
			rc = sqlite3_bind_int64(st, at, va_arg(ap, int64_t));
		else
			rc = sqlite3_bind_int(st, at, va_arg(ap, int) != 0);
	}
	va_end(ap);
	if (rc != SQLITE_OK) {
		db_done(d, which);
		return rc;
	}
	return db_next(d, which);
}

const char *db_text(sqlite3_stmt *st, int column)
{
	const unsigned char *s = sqlite3_column_text(st, column);

	return s ? (const char *)s : "";
}

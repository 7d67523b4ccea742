/* One SQLite file of the store: opened here and nowhere else, checked, brought up to date, its prepared statements. */
#ifndef TANA_STORE_DB_H
#define TANA_STORE_DB_H

#include "common/error.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <stdint.h>

/* What a file must be. Tables are given in the order in which they are checked at open. */
struct db_kind {
	const char *file;          /* "ledger.db" */
	const char *steps;         /* name of its steps in data/schema.sql */
	int64_t application;       /* PRAGMA application_id, so that no other program's file is taken for ours */
	const char *sync;          /* PRAGMA synchronous = ... */
	const char *const *checks; /* PRAGMA quick_check(table), NULL at the end; small and dear ones first */
	int64_t check_bytes;       /* a file larger than this has only the first check_few of them run */
	int check_few;
	const char *const *sql;
	int nsql;
};
extern const struct db_kind db_ledger, db_cache;

struct db {
	sqlite3 *handle; /* NULL when closed */
	char *path;
	const struct db_kind *kind;
	sqlite3_stmt **stmts;
	/* takeback.c's */
	int64_t page_size;
	int64_t wal_pages;            /* in the -wal file up to the last good commit; -1 not known */
	unsigned char wal_header[32]; /* of the file then */
	bool open_end;                /* what was written last may come back: nothing may be written */
};

/* Tests: SQLite's file layer for every file opened from now on, "" for the system's own. */
void db_set_vfs(const char *name);

/* Opens or makes dir/kind->file. Errors: store.open, store.readonly, store.foreign, store.newer, store.damaged. A file
 * that is refused is left as it was. */
struct err *db_open(struct db *d, const char *dir, const struct db_kind *kind);
void db_close(struct db *d);

/* A statement, ready to be bound; NULL when it cannot be prepared (db_error tells why). */
sqlite3_stmt *db_stmt(struct db *d, int which);
/* Binds by letter: 't' const char *, 'i' int64_t, 'b' bool. Then steps once; SQLITE_ROW leaves it open for reading
 * until db_done, anything else resets it. Returns SQLITE_DONE, SQLITE_ROW or the error. Texts must live until then. */
int db_run(struct db *d, int which, const char *types, ...);
int db_next(struct db *d, int which); /* the next row: SQLITE_ROW, SQLITE_DONE or the error */
void db_done(struct db *d, int which);
const char *db_text(sqlite3_stmt *st, int column); /* never NULL; valid until the next step */

/* ERR_FAILED id {what, reason}; the reason says what a person would do about it. */
struct err *db_error(struct db *d, const char *id, const char *what);
void db_abandon(struct db *d);    /* rolls back whatever is open */
bool db_is_damaged(struct db *d); /* the last call failed because the file is not what it should be */

#endif

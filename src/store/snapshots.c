/* Writes, loads and reports the ledger's rows of snapshots and of temporary limits. Called by apply.c, load.c and
 * writer.c. What the rows mean is safety/book.h's. */
#include "store/snapshots.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define LOADED_S (400LL * 86400) /* the longest period of a limit is 366 days, and a month more for its start */
#define REPORT_MAX 4000          /* rows of an answer: who wants more asks on from the last one */
#define SLICE 1000               /* rows of a slice */

const char *snap_state_name(enum snap_state s)
{
	static const char *const names[SNAP_STATE_COUNT] = {"reserved", "sent", "kept", "gone", "failed", "refused"};

	return (size_t)s < SNAP_STATE_COUNT ? names[s] : "";
}

/* One that nobody knows is taken for one that may be on the host: it is counted. */
static enum snap_state snap_state_of(const char *name)
{
	for (int i = 0; i < SNAP_STATE_COUNT; i++)
		if (!strcmp(snap_state_name((enum snap_state)i), name))
			return (enum snap_state)i;
	return SNAP_SENT;
}

static enum role role_of(const char *name)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (!strcmp(role_name((enum role)i), name))
			return (enum role)i;
	return ROLE_NONE;
}

struct err *snapshots_put(struct db *db, const struct store_snapshot *s)
{
	int rc = db_run(db, LEDGER_SNAP_PUT,
		"ttttttttitttt"
		"bbbiii"
		"tt",
		s->id, s->vm, s->vm_name, s->tenant, s->charged, s->name, s->note, s->by, (int64_t)s->uid,
		role_name(s->role), s->origin, s->job, snap_state_name(s->state), s->memory, s->external, s->exceeded,
		s->at, s->ended, (int64_t)s->bytes, s->xml, s->why);

	return rc == SQLITE_DONE ? NULL : db_error(db, "store.write", s->id);
}

struct err *limits_put(struct db *db, const struct store_limit *l)
{
	int rc = db_run(db, LEDGER_LIMIT_PUT, "tttitti", l->object, l->kind, l->value, l->until, l->ref, l->by, l->at);

	return rc == SQLITE_DONE ? NULL : db_error(db, "store.write", l->object);
}

struct err *limits_drop(struct db *db, const char *object, const char *kind)
{
	return db_run(db, LEDGER_LIMIT_DROP, "tt", object, kind) == SQLITE_DONE ? NULL
										: db_error(db, "store.write", object);
}

/* Counted from now or from the newest row, whichever is earlier: a clock that is wrong at a start loads more than is
 * needed, never less. */
struct err *snapshots_load(struct db *db, const struct store_reader *r)
{
	int rc = db_run(db, LEDGER_SNAP_SOME, "ii", clock_wall_s(), (int64_t)LOADED_S);
	sqlite3_stmt *st = db_stmt(db, LEDGER_SNAP_SOME);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_SNAP_SOME)) {
		struct store_snapshot s = {.id = db_text(st, 0),
			.vm = db_text(st, 1),
			.vm_name = db_text(st, 2),
			.tenant = db_text(st, 3),
			.charged = db_text(st, 4),
			.name = db_text(st, 5),
			.note = db_text(st, 6),
			.by = db_text(st, 7),
			.uid = (uint64_t)sqlite3_column_int64(st, 8),
			.role = role_of(db_text(st, 9)),
			.origin = db_text(st, 10),
			.job = db_text(st, 11),
			.state = snap_state_of(db_text(st, 12)),
			.memory = sqlite3_column_int(st, 13),
			.external = sqlite3_column_int(st, 14),
			.exceeded = sqlite3_column_int(st, 15),
			.at = sqlite3_column_int64(st, 16),
			.ended = sqlite3_column_int64(st, 17),
			.bytes = (uint64_t)sqlite3_column_int64(st, 18),
			.xml = db_text(st, 19),
			.why = db_text(st, 20)};

		r->snapshot(r->ctx, &s);
	}
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", "the snapshots");
}

struct err *limits_load(struct db *db, const struct store_reader *r)
{
	int rc = db_run(db, LEDGER_LIMIT_ALL, "");
	sqlite3_stmt *st = db_stmt(db, LEDGER_LIMIT_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_LIMIT_ALL)) {
		struct store_limit l = {.object = db_text(st, 0),
			.kind = db_text(st, 1),
			.value = db_text(st, 2),
			.until = sqlite3_column_int64(st, 3),
			.ref = db_text(st, 4),
			.by = db_text(st, 5),
			.at = sqlite3_column_int64(st, 6)};

		r->limit(r->ctx, &l);
	}
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", "the limits");
}

/* A text in the file that is not UTF-8 (a damaged page) stands as "". */
static json_t *words(sqlite3_stmt *st, int column)
{
	json_t *s = json_string(db_text(st, column));

	return s ? s : json_string("");
}

static json_t *report_row(sqlite3_stmt *st)
{
	static const char *const texts[] = {
		"id", "vm", "vm_name", "tenant", "charged", "name", "by", "role", "state"}; /* from column 2 */
	json_t *o = json_object();

	for (int i = 0; i < 9; i++)
		json_object_set_new(o, texts[i], words(st, 2 + i));
	json_object_set_new(o, "at", json_integer(sqlite3_column_int64(st, 0)));
	json_object_set_new(o, "ended", json_integer(sqlite3_column_int64(st, 11)));
	json_object_set_new(o, "bytes", json_integer(sqlite3_column_int64(st, 12)));
	json_object_set_new(o, "exceeded", json_boolean(sqlite3_column_int(st, 13)));
	json_object_set_new(o, "why", words(st, 14));
	return o;
}

/* Where the row stands that the report goes on behind. */
static struct err *report_place(struct db *db, struct work_query *q)
{
	int rc = db_run(db, LEDGER_SNAP_PLACE, "tt", q->after, q->object);
	sqlite3_stmt *st = db_stmt(db, LEDGER_SNAP_PLACE);

	if (rc == SQLITE_DONE)
		return err_new(ERR_USAGE, "report.after", "{s:s}", "after", q->after);
	if (rc != SQLITE_ROW)
		return db_error(db, "store.read", "the snapshots");
	if (sqlite3_column_int64(st, 0) >= q->from) {
		q->from = sqlite3_column_int64(st, 0);
		q->n = sqlite3_column_int64(st, 1);
	}
	while (rc == SQLITE_ROW)
		rc = db_next(db, LEDGER_SNAP_PLACE);
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", "the snapshots");
}

bool snapshots_report(struct db *db, struct work_query *q, struct err **e)
{
	size_t have = json_array_size(q->records), n = 0;
	int64_t ask = REPORT_MAX - have < SLICE ? (int64_t)(REPORT_MAX - have) : SLICE;

	if (!q->records && q->after && (*e = report_place(db, q)))
		return false;
	if (!q->records)
		q->records = json_array();
	int rc = db_run(db, LEDGER_SNAP_REPORT, "iiiti", q->from, q->n, q->to, q->object, ask);
	sqlite3_stmt *st = db_stmt(db, LEDGER_SNAP_REPORT);
	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_SNAP_REPORT), n++) {
		q->from = sqlite3_column_int64(st, 0);
		q->n = sqlite3_column_int64(st, 1);
		json_array_append_new(q->records, report_row(st));
	}
	if (rc != SQLITE_DONE) {
		*e = db_error(db, "store.read", "the snapshots");
		json_decref(q->records);
		q->records = NULL;
		return false;
	}
	return n == SLICE && json_array_size(q->records) < REPORT_MAX;
}

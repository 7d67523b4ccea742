/* Reads the audit log backwards in slices and keeps what is asked for (store/trail.h). */
#include "store/trail.h"

#include "common/buf.h"
#include "store/chain.h"

#include <stdlib.h>
#include <string.h>

#define SLICE 4000 /* records looked at before others go first: some milliseconds */
#define LIMIT_MAX 1000

/* Does "key":"value" stand in it somewhere? A quick no for most: the record itself is taken apart only then. */
static bool mentions(const char *body, const char *key, const char *value)
{
	struct buf b = {0};

	buf_printf(&b, "\"%s\":", key);
	json_t *v = json_string(value);
	char *quoted = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	buf_str(&b, quoted ? quoted : "\"\"");
	buf_append(&b, "", 1);
	bool yes = strstr(body, b.data) != NULL;
	free(quoted);
	json_decref(v);
	buf_free(&b);
	return yes;
}

static bool is(json_t *record, const char *key, const char *value)
{
	const char *s = json_string_value(json_object_get(record, key));

	return !value || (s && strcmp(s, value) == 0);
}

/* What a customer's person did, and what was done with its servers. */
static bool is_of(json_t *record, const char *tenant, json_t *ids)
{
	json_t *objects = json_object_get(record, "objects"), *o;
	size_t i;

	if (!tenant || is(record, "tenant", tenant))
		return true;
	json_array_foreach (objects, i, o) {
		const char *id = json_string_value(json_object_get(o, "id"));

		if (id && (json_object_get(ids, id) || (strncmp(id, "tenant:", 7) == 0 && strcmp(id + 7, tenant) == 0)))
			return true;
	}
	return false;
}

static bool is_left_out(const struct work_query *w, json_t *record)
{
	for (const char *const *what = w->q.without; what && *what; what++)
		if (is(record, "what", *what))
			return true;
	return false;
}

static bool fits(const struct work_query *w, const char *body, json_t **out)
{
	if ((w->by && !mentions(body, "by", w->by)) || (w->verb && !mentions(body, "verb", w->verb)) ||
		(w->what && !mentions(body, "what", w->what)))
		return false;
	json_t *record = json_loads(body, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(record) && is(record, "by", w->by) && is(record, "verb", w->verb) && is(record, "what", w->what) &&
		is_of(record, w->tenant, w->ids) && !is_left_out(w, record)) {
		*out = record;
		return true;
	}
	json_decref(record);
	return false;
}

/* The first record after this time; records have numbers without gaps, and their times never run backwards. */
static int64_t first_after(struct db *db, int64_t until)
{
	int64_t low = 1, high = 0;

	if (db_run(db, LEDGER_AUDIT_LAST, "") == SQLITE_ROW) {
		high = sqlite3_column_int64(db_stmt(db, LEDGER_AUDIT_LAST), 0) + 1;
		db_done(db, LEDGER_AUDIT_LAST);
	}
	while (low < high) {
		int64_t middle = low + (high - low) / 2, at = 0;

		if (db_run(db, LEDGER_AUDIT_UNTIL, "i", middle) == SQLITE_ROW) {
			at = sqlite3_column_int64(db_stmt(db, LEDGER_AUDIT_UNTIL), 0);
			db_done(db, LEDGER_AUDIT_UNTIL);
		}
		if (at > until)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void begin(struct db *db, struct work_query *w)
{
	w->records = json_array();
	w->n = w->q.before > 0 ? w->q.before : INT64_MAX;
	if (w->q.until > 0) {
		int64_t after = first_after(db, w->q.until);

		w->n = after < w->n ? after : w->n;
	}
}

static void turn(struct work_query *w)
{
	json_t *list = json_array();

	for (size_t i = json_array_size(w->records); i > 0; i--)
		json_array_append(list, json_array_get(w->records, i - 1));
	json_decref(w->records);
	w->records = list;
}

bool trail_on(struct db *db, struct work_query *w, struct err **e)
{
	bool of = *w->object;
	int which = of ? LEDGER_AUDIT_BACK_OF : LEDGER_AUDIT_BACK, looked = 0, rc;
	size_t limit = w->q.limit < 1 ? 1 : w->q.limit > LIMIT_MAX ? LIMIT_MAX : (size_t)w->q.limit;
	bool full = false, old = false;

	if (!w->records)
		begin(db, w);
	rc = of ? db_run(db, which, "it", w->n, w->object) : db_run(db, which, "i", w->n);
	for (sqlite3_stmt *st = rc == SQLITE_ROW ? db_stmt(db, which) : NULL; rc == SQLITE_ROW && looked < SLICE && !full && !old;
		rc = db_next(db, which), looked++) {
		json_t *record;

		w->n = sqlite3_column_int64(st, 0);
		old = sqlite3_column_int64(st, 1) < w->q.since;
		if (old || sqlite3_column_int64(st, 2) < w->q.since || !fits(w, db_text(st, 3), &record))
			continue;
		json_object_set_new(record, "hash", json_string(db_text(st, 4)));
		json_array_append_new(w->records, record);
		full = json_array_size(w->records) == limit;
	}
	bool more = rc == SQLITE_ROW && !full && !old;
	if (rc == SQLITE_ROW)
		db_done(db, which);
	if (more)
		return true;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		*e = db_error(db, "store.read", "the audit log");
		json_decref(w->records);
		w->records = NULL;
		return false;
	}
	turn(w);
	return false;
}

/* The rows (store/care.h). */
#include "store/care.h"

#include "common/buf.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_KEPT 20000
#define EVENTS_AT_ONCE 20000 /* that wait for the disk; of more the oldest are lost */
#define LOADED 100           /* events for the consoles that come first */
#define LIMIT_MAX 1000

/* ---- the ledger ---- */

static struct err *put(struct db *db, int rc, const char *what)
{
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.write", what);
}

struct err *care_put_alert(struct db *db, const struct store_alert *m)
{
	return put(db, db_run(db, LEDGER_ALERT_PUT, "tttittti", m->id, m->object, m->state, m->until, m->by,
		m->ticket, m->note, m->at), m->id);
}

struct err *care_drop_alert(struct db *db, const char *id)
{
	return put(db, db_run(db, LEDGER_ALERT_DROP, "t", id), id);
}

struct err *care_put_note(struct db *db, const struct store_note *n)
{
	return put(db, db_run(db, LEDGER_NOTE_PUT, "ttiti", n->object, n->text, n->until, n->by, n->at), n->object);
}

struct err *care_drop_note(struct db *db, const char *object)
{
	return put(db, db_run(db, LEDGER_NOTE_DROP, "t", object), object);
}

static struct err *end(struct db *db, int rc, const char *what)
{
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", what);
}

struct err *care_load(struct db *db, const struct store_reader *r)
{
	int rc = SQLITE_DONE;
	sqlite3_stmt *st;

	if (r->alert) {
		rc = db_run(db, LEDGER_ALERT_ALL, "");
		st = db_stmt(db, LEDGER_ALERT_ALL);
		for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_ALERT_ALL)) {
			struct store_alert m = {.id = db_text(st, 0), .object = db_text(st, 1), .state = db_text(st, 2),
				.until = sqlite3_column_int64(st, 3), .by = db_text(st, 4), .ticket = db_text(st, 5), .note = db_text(st, 6),
				.at = sqlite3_column_int64(st, 7)};

			r->alert(r->ctx, &m);
		}
	}
	if (rc == SQLITE_DONE && r->note) {
		rc = db_run(db, LEDGER_NOTE_ALL, "");
		st = db_stmt(db, LEDGER_NOTE_ALL);
		for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_NOTE_ALL)) {
			struct store_note n = {.object = db_text(st, 0), .text = db_text(st, 1), .until = sqlite3_column_int64(st, 2),
				.by = db_text(st, 3), .at = sqlite3_column_int64(st, 4)};

			r->note(r->ctx, &n);
		}
	}
	return end(db, rc, "alerts and notes");
}

/* ---- the cache ---- */

static struct store_event event_of(sqlite3_stmt *st)
{
	struct store_event e = {.seq = sqlite3_column_int64(st, 0), .at = sqlite3_column_int64(st, 1), .object = db_text(st, 3),
		.name = db_text(st, 4), .what = db_text(st, 5)};

	if (!kind_from_name(db_text(st, 2), &e.kind))
		e.kind = KIND_SITE;
	return e;
}

static void keep_event(struct store_event *to, const struct store_event *e)
{
	*to = *e;
	to->object = xstrdup(e->object);
	to->name = xstrdup(e->name);
	to->what = xstrdup(e->what);
}

static void drop_event(struct store_event *e)
{
	free((char *)e->object);
	free((char *)e->name);
	free((char *)e->what);
}

struct err *care_load_cache(struct db *db, const struct store_reader *r)
{
	int rc = SQLITE_DONE, n = 0;
	sqlite3_stmt *st;

	if (r->alert_seen) {
		rc = db_run(db, CACHE_SEEN_ALL, "");
		st = db_stmt(db, CACHE_SEEN_ALL);
		for (; rc == SQLITE_ROW; rc = db_next(db, CACHE_SEEN_ALL))
			r->alert_seen(r->ctx, db_text(st, 0), sqlite3_column_int64(st, 1));
	}
	if (rc == SQLITE_DONE && r->event) {
		struct store_event newest[LOADED];

		rc = db_run(db, CACHE_EVENT_BACK, "iiii", INT64_MAX, (int64_t)0, (int64_t)0, (int64_t)LOADED);
		st = db_stmt(db, CACHE_EVENT_BACK);
		for (; rc == SQLITE_ROW && n < LOADED; rc = db_next(db, CACHE_EVENT_BACK)) {
			struct store_event e = event_of(st);

			keep_event(&newest[n++], &e);
		}
		while (n > 0) {
			r->event(r->ctx, &newest[--n]);
			drop_event(&newest[n]);
		}
	}
	return end(db, rc, "events");
}

struct seen { char *id; int64_t since; };
struct care_batch {
	struct store_event *events; /* a ring once it is full */
	size_t n, size, first;
	void *seen;                 /* tree of struct seen */
};

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->id, ((const struct seen *)b)->id);
}

static struct care_batch *batch(struct care_batch **b)
{
	if (!*b)
		*b = xcalloc(1, sizeof **b);
	return *b;
}

void care_batch_event(struct care_batch **to, const struct store_event *e)
{
	struct care_batch *b = batch(to);

	if (b->n == EVENTS_AT_ONCE) {
		drop_event(&b->events[b->first]);
		keep_event(&b->events[b->first], e);
		b->first = (b->first + 1) % b->n;
		return;
	}
	if (b->n == b->size) {
		b->size = b->size ? b->size * 2 : 16;
		b->events = xrealloc(b->events, b->size * sizeof *b->events);
	}
	keep_event(&b->events[b->n++], e);
}

void care_batch_seen(struct care_batch **to, const char *id, int64_t since)
{
	struct care_batch *b = batch(to);
	struct seen key = {.id = (char *)id}, **at = tfind(&key, &b->seen, by_id);

	if (at) {
		(*at)->since = since;
		return;
	}
	struct seen *s = xcalloc(1, sizeof *s);
	*s = (struct seen){.id = xstrdup(id), .since = since};
	if (!tsearch(s, &b->seen, by_id))
		abort();
}

static void seen_free(void *p)
{
	free(((struct seen *)p)->id);
	free(p);
}

void care_batch_free(struct care_batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++)
		drop_event(&b->events[i]);
	free(b->events);
	tdestroy(b->seen, seen_free);
	free(b);
}

struct writing { struct db *db; bool ok; };

static void write_seen(const void *node, VISIT visit, void *ctx)
{
	const struct seen *s = *(struct seen *const *)node;
	struct writing *w = ctx;

	if ((visit != postorder && visit != leaf) || !w->ok)
		return;
	w->ok = (s->since ? db_run(w->db, CACHE_SEEN_PUT, "ti", s->id, s->since) : db_run(w->db, CACHE_SEEN_DROP, "t", s->id)) == SQLITE_DONE;
}

bool care_batch_write(struct db *db, struct care_batch *b)
{
	struct writing w = {db, true};

	for (size_t i = 0; i < b->n && w.ok; i++) {
		const struct store_event *e = &b->events[i];

		w.ok = db_run(db, CACHE_EVENT_PUT, "iitttt", e->seq, e->at, kind_name(e->kind), e->object, e->name, e->what) == SQLITE_DONE;
	}
	if (w.ok && b->n)
		w.ok = db_run(db, CACHE_EVENT_CUT, "i", (int64_t)EVENTS_KEPT) == SQLITE_DONE;
	twalk_r(b->seen, write_seen, &w);
	care_batch_free(b);
	return w.ok;
}

static json_t *event_json(sqlite3_stmt *st)
{
	struct store_event e = event_of(st);
	json_t *what = json_loads(e.what, JSON_REJECT_DUPLICATES, NULL);

	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "seq", (json_int_t)e.seq, "at", (json_int_t)e.at, "kind", kind_name(e.kind),
		"object", e.object, "name", e.name, "what", what ? what : json_object());
}

struct err *care_events(struct db *db, const struct work_query *w, json_t **out)
{
	const struct store_query *q = &w->q;
	bool on = w->n > 0, of = *w->object;
	int which = on ? (of ? CACHE_EVENT_ON_OF : CACHE_EVENT_ON) : of ? CACHE_EVENT_BACK_OF : CACHE_EVENT_BACK;
	int64_t limit = q->limit < 1 ? 1 : q->limit > LIMIT_MAX ? LIMIT_MAX : q->limit;
	int64_t before = q->before > 0 ? q->before : INT64_MAX;
	json_t *list;
	int rc;

	*out = NULL;
	if (!db->handle)
		return err_new(ERR_FAILED, "store.read", "{s:s, s:s}", "what", "events", "reason", "the cache cannot be opened");
	rc = of ? db_run(db, which, "iiiit", before, w->n, q->since, limit, w->object) : db_run(db, which, "iiii", before, w->n, q->since, limit);
	list = json_array();
	for (sqlite3_stmt *st = rc == SQLITE_ROW ? db_stmt(db, which) : NULL; rc == SQLITE_ROW; rc = db_next(db, which)) {
		if (on)
			json_array_append_new(list, event_json(st));
		else
			json_array_insert_new(list, 0, event_json(st));
	}
	if (rc != SQLITE_DONE) {
		json_decref(list);
		return db_error(db, "store.read", "events");
	}
	*out = list;
	return NULL;
}

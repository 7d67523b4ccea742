/* The audit log: appends records chained by SHA-256, reads them back, walks the chain to find what was changed. Called
 * on the writer's thread (and once at open).
 *
 * A record is canonical JSON that holds its own seq, its time and the hash of the one before it; its hash is taken over
 * exactly the bytes that are stored. */
#include "store/chain.h"

#include "common/buf.h"
#include "common/log.h"
#include "store/anchors.h"
#include "store/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (1 << 20) /* bytes of a record */
#define SLICE 1000         /* records of a walk's slice */
#define LIMIT_MAX 1000     /* records of an answer */
#define LINKS_MAX 100000   /* objects of a record */

struct link {
	char text[512];
};

static void set_hash(char *to, const char *from)
{
	size_t n = strnlen(from, DIGEST_HEX);

	memcpy(to, from, n);
	to[n] = '\0';
}

static const char *string_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The i-th name that a record is filed under: its objects, the blades that they were on, its job. "": none in this
 * place; NULL: no more. */
static const char *link_of(json_t *record, size_t i, struct link *tmp)
{
	json_t *objects = json_object_get(record, "objects");
	size_t n = json_array_size(objects);

	if (n > LINKS_MAX)
		n = LINKS_MAX;
	if (i < n)
		return string_of(json_array_get(objects, i), "id");
	if (i == 2 * n)
		return string_of(record, "job");
	if (i > 2 * n)
		return NULL;
	const char *blade = string_of(json_array_get(objects, i - n), "blade");
	snprintf(tmp->text, sizeof tmp->text, "blade:%s", blade);
	return *blade ? tmp->text : "";
}

/* ---- writing ---- */

/* The newest record, and what was written down with it. They differ when somebody cut or lengthened the log; then the
 * chain goes on in a way that shows for ever. */
struct err *chain_open(struct db *db, struct chain *c)
{
	int64_t head = 0;
	char head_hash[DIGEST_HEX + 1] = "";

	*c = (struct chain){0};
	memset(c->hash, '0', DIGEST_HEX);
	int rc = db_run(db, LEDGER_HEAD, "");
	if (rc == SQLITE_ROW) {
		sqlite3_stmt *st = db_stmt(db, LEDGER_HEAD);

		head = sqlite3_column_int64(st, 0);
		set_hash(head_hash, db_text(st, 1));
		db_done(db, LEDGER_HEAD);
	} else if (rc != SQLITE_DONE) {
		return db_error(db, "store.read", "the audit log");
	}
	rc = db_run(db, LEDGER_AUDIT_LAST, "");
	if (rc == SQLITE_ROW) {
		sqlite3_stmt *st = db_stmt(db, LEDGER_AUDIT_LAST);

		c->seq = sqlite3_column_int64(st, 0);
		c->at = sqlite3_column_int64(st, 1);
		set_hash(c->hash, db_text(st, 3));
		db_done(db, LEDGER_AUDIT_LAST);
	} else if (rc != SQLITE_DONE) {
		return db_error(db, "store.read", "the audit log");
	}
	if (head != c->seq || (head && strcmp(head_hash, c->hash))) {
		log_error("the newest audit record in %s (%lld) is not the one that was written last (%lld): see `tana "
			  "audit verify`",
			db->path, (long long)c->seq, (long long)head);
		if (head > c->seq)
			c->seq = head;
		if (head)
			set_hash(c->hash, head_hash);
	}
	return NULL;
}

static struct err *link_all(struct db *db, json_t *record, int64_t seq)
{
	const char *object;
	struct link tmp;

	for (size_t i = 0; (object = link_of(record, i, &tmp)); i++)
		if (*object && db_run(db, LEDGER_AUDIT_LINK, "ti", object, seq) != SQLITE_DONE)
			return db_error(db, "store.write", "an audit record");
	return NULL;
}

struct err *chain_append(struct db *db, struct chain *c, json_t *what, int64_t wall)
{
	struct chain next = {.seq = c->seq + 1, .at = wall > c->at ? wall : c->at};

	json_object_set_new(what, "seq", json_integer(next.seq));
	json_object_set_new(what, "at", json_integer(next.at));
	json_object_set_new(what, "prev", json_string(c->hash));
	json_object_del(what, "wall");
	json_object_del(what, "hash");
	if (wall != next.at)
		json_object_set_new(what, "wall", json_integer(wall));
	char *body = json_dumps(what, JSON_SORT_KEYS | JSON_COMPACT);
	struct err *e = NULL;
	if (!body || strlen(body) > BODY_MAX || !digest_hex(body, strlen(body), next.hash))
		e = err_new(ERR_FAILED, "store.write", "{s:s, s:s}", "what", "an audit record", "reason",
			body && strlen(body) > BODY_MAX ? "it is too long" : "it cannot be put into words");
	else if (db_run(db, LEDGER_AUDIT_ADD, "iiitt", next.seq, next.at, wall, body, next.hash) != SQLITE_DONE ||
		 db_run(db, LEDGER_HEAD_PUT, "it", next.seq, next.hash) != SQLITE_DONE)
		e = db_error(db, "store.write", "an audit record");
	else
		e = link_all(db, what, next.seq);
	free(body);
	if (!e)
		*c = next;
	return e;
}

/* ---- reading ---- */

/* A row that is not what was written still has its place in the answer, and says so. */
static json_t *record_of(sqlite3_stmt *st)
{
	json_t *o = json_loads(db_text(st, 3), JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		o = json_pack("{s:I, s:I, s:s}", "seq", (json_int_t)sqlite3_column_int64(st, 0), "at",
			(json_int_t)sqlite3_column_int64(st, 1), "what", "unreadable");
		if (!o)
			abort();
	}
	json_object_set_new(o, "hash", json_string(db_text(st, 4)));
	return o;
}

struct err *chain_query(struct db *db, const struct store_query *q, json_t **records)
{
	int which = *q->object ? LEDGER_AUDIT_BACK_OF : LEDGER_AUDIT_BACK;
	int limit = q->limit < 1 ? 1 : q->limit > LIMIT_MAX ? LIMIT_MAX : q->limit;
	int64_t before = q->before > 0 ? q->before : INT64_MAX;
	int rc = *q->object ? db_run(db, which, "it", before, q->object) : db_run(db, which, "i", before);
	sqlite3_stmt *st = rc == SQLITE_ROW ? db_stmt(db, which) : NULL;
	json_t *back = json_array();

	/* at never runs backwards, so the first that is too old ends the search; the wall clock may have. */
	for (; rc == SQLITE_ROW && sqlite3_column_int64(st, 1) >= q->since; rc = db_next(db, which))
		if (sqlite3_column_int64(st, 2) >= q->since) {
			json_array_append_new(back, record_of(st));
			if (json_array_size(back) == (size_t)limit)
				break;
		}
	if (rc == SQLITE_ROW)
		db_done(db, which);
	struct err *e = rc == SQLITE_ROW || rc == SQLITE_DONE ? NULL : db_error(db, "store.read", "the audit log");
	*records = e ? NULL : json_array();
	for (size_t i = json_array_size(back); !e && i > 0; i--)
		json_array_append(*records, json_array_get(back, i - 1));
	json_decref(back);
	return e;
}

/* ---- verifying ---- */

struct chain_walk {
	int64_t last, at; /* the record before the one that is looked at */
	int64_t n, links;
	bool started;
	bool broken; /* at bad, because of why */
	int64_t bad;
	struct msg why;
	struct anchors *anchors;
	char hash[DIGEST_HEX + 1];
};

struct chain_walk *chain_walk_new(json_t *anchors)
{
	struct chain_walk *w = xcalloc(1, sizeof *w);

	w->anchors = anchors_new(anchors);
	memset(w->hash, '0', DIGEST_HEX);
	return w;
}

void chain_walk_free(struct chain_walk *w)
{
	if (!w)
		return;
	msg_free(&w->why);
	anchors_free(w->anchors);
	free(w);
}

static bool bad(struct chain_walk *w, int64_t seq, const char *id)
{
	w->broken = true;
	w->bad = seq;
	msg_make(&w->why, id, "{s:I}", "seq", (json_int_t)seq);
	return false;
}

static bool missing(struct chain_walk *w, int64_t from, int64_t to)
{
	w->broken = true;
	w->bad = from;
	msg_make(&w->why, "audit.missing", "{s:I, s:I}", "from", (json_int_t)from, "to", (json_int_t)to);
	return false;
}

static bool number_is(json_t *o, const char *key, int64_t n)
{
	json_t *v = json_object_get(o, key);

	return json_is_integer(v) && json_integer_value(v) == n;
}

static bool is_filed(struct chain_walk *w, struct db *db, json_t *record, int64_t seq)
{
	const char *object;
	struct link tmp;

	for (size_t i = 0; (object = link_of(record, i, &tmp)); i++) {
		if (!*object)
			continue;
		int rc = db_run(db, LEDGER_AUDIT_LINKED, "ti", object, seq);
		if (rc == SQLITE_ROW)
			db_done(db, LEDGER_AUDIT_LINKED);
		else
			return bad(w, seq, rc == SQLITE_DONE ? "audit.unfiled" : "audit.unreadable");
	}
	return true;
}

/* How many rows of audit_object the record stands for: an object named twice is filed once. */
static int64_t count_links(json_t *record)
{
	json_t *seen = json_object();
	const char *object;
	struct link tmp;

	for (size_t i = 0; (object = link_of(record, i, &tmp)); i++)
		if (*object)
			json_object_set_new(seen, object, json_true());
	int64_t n = (int64_t)json_object_size(seen);
	json_decref(seen);
	return n;
}

static bool says_the_same(struct chain_walk *w, struct db *db, sqlite3_stmt *st, json_t *record, int64_t seq)
{
	int64_t at = sqlite3_column_int64(st, 1), wall = sqlite3_column_int64(st, 2);
	json_t *own = json_object_get(record, "wall");

	if (!number_is(record, "seq", seq))
		return bad(w, seq, "audit.misplaced");
	if (strcmp(string_of(record, "prev"), w->hash))
		return bad(w, seq, "audit.unchained");
	if (!number_is(record, "at", at) || wall > at || (own ? !number_is(record, "wall", wall) : wall != at))
		return bad(w, seq, "audit.changed");
	if (at < w->at)
		return bad(w, seq, "audit.backwards");
	w->links += count_links(record);
	return is_filed(w, db, record, seq);
}

static bool is_anchored(struct chain_walk *w, int64_t seq, const char *hash)
{
	int64_t which = seq;
	enum anchors_say say = anchors_meet(w->anchors, seq, hash, &which);

	return say == ANCHORS_AGREE || bad(w, which, say == ANCHORS_MISS ? "audit.anchor.missing" : "audit.anchored");
}

static bool is_good(struct chain_walk *w, struct db *db, sqlite3_stmt *st)
{
	int64_t seq = sqlite3_column_int64(st, 0);
	const char *body = db_text(st, 3);
	char hash[DIGEST_HEX + 1];

	if (seq < w->last + 1)
		return bad(w, seq, "audit.misplaced");
	if (seq > w->last + 1)
		return missing(w, w->last + 1, seq - 1);
	if ((size_t)sqlite3_column_bytes(st, 3) != strlen(body) || !digest_hex(body, strlen(body), hash) ||
		strcmp(hash, db_text(st, 4)))
		return bad(w, seq, "audit.changed");
	json_t *record = json_loads(body, JSON_REJECT_DUPLICATES, NULL);
	bool ok = json_is_object(record) ? says_the_same(w, db, st, record, seq) : bad(w, seq, "audit.changed");
	json_decref(record);
	ok = ok && is_anchored(w, seq, hash);
	if (ok) {
		w->n++;
		w->last = seq;
		w->at = sqlite3_column_int64(st, 1);
		memcpy(w->hash, hash, sizeof w->hash);
	}
	return ok;
}

/* All records were good; are those there that were anchored, is the last one the one that this broker wrote last, and
 * is nothing filed that is not there? */
static bool ends_well(struct chain_walk *w, struct db *db, const struct chain *c)
{
	int64_t gone = 0;

	if (anchors_left(w->anchors, &gone) != ANCHORS_AGREE)
		return bad(w, gone, "audit.anchor.missing");
	if (w->last < c->seq)
		return missing(w, w->last + 1, c->seq);
	if (w->last > c->seq)
		return bad(w, c->seq + 1, "audit.added");
	if (strcmp(w->hash, c->hash))
		return bad(w, w->last, "audit.added");
	int rc = db_run(db, LEDGER_HEAD, "");
	sqlite3_stmt *st = rc == SQLITE_ROW ? db_stmt(db, LEDGER_HEAD) : NULL;
	bool same = st ? sqlite3_column_int64(st, 0) == c->seq && !strcmp(db_text(st, 1), c->hash) : !c->seq;
	if (st)
		db_done(db, LEDGER_HEAD);
	if (!same)
		return bad(w, w->last, "audit.head");
	rc = db_run(db, LEDGER_AUDIT_LINKS, "");
	same = rc == SQLITE_ROW && sqlite3_column_int64(db_stmt(db, LEDGER_AUDIT_LINKS), 0) == w->links;
	if (rc == SQLITE_ROW)
		db_done(db, LEDGER_AUDIT_LINKS);
	return same || bad(w, w->last, "audit.filed");
}

static json_t *answer(const struct chain_walk *w, const struct chain *c)
{
	int64_t at, anchored = anchors_newest(w->anchors, &at);
	json_t *o = json_pack("{s:I, s:b, s:s, s:I, s:I, s:I, s:I, s:I}", "records", (json_int_t)w->n, "ok", !w->broken,
		"head", c->hash, "head_seq", (json_int_t)c->seq, "anchored", (json_int_t)anchored, "anchored_at",
		(json_int_t)at, "given", (json_int_t)anchors_given(w->anchors), "tail",
		(json_int_t)(c->seq - anchored));

	if (!o)
		abort();
	if (w->broken) {
		json_object_set_new(o, "bad", json_integer(w->bad));
		json_object_set_new(o, "reason", msg_to_json(&w->why));
	}
	return o;
}

struct err *chain_head(struct db *db, const struct chain *c, json_t **head)
{
	int rc = db_run(db, LEDGER_ANCHOR_LAST, "");

	if (rc != SQLITE_ROW)
		return db_error(db, "store.read", "the anchors");
	*head = json_pack("{s:I, s:s, s:I}", "seq", (json_int_t)c->seq, "hash", c->hash, "anchored",
		(json_int_t)sqlite3_column_int64(db_stmt(db, LEDGER_ANCHOR_LAST), 0));
	db_done(db, LEDGER_ANCHOR_LAST);
	if (!*head)
		abort();
	return NULL;
}

bool chain_walk_on(struct chain_walk *w, struct db *db, const struct chain *c, json_t **result, struct err **e)
{
	if (!w->started && (*e = anchors_load(w->anchors, db)))
		return false;
	int rc = db_run(db, LEDGER_AUDIT_ON, "ii", w->started ? w->last : INT64_MIN, (int64_t)SLICE);
	sqlite3_stmt *st = rc == SQLITE_ROW ? db_stmt(db, LEDGER_AUDIT_ON) : NULL;
	int n = 0;

	w->started = true;
	for (; rc == SQLITE_ROW && is_good(w, db, st); rc = db_next(db, LEDGER_AUDIT_ON))
		n++;
	if (rc == SQLITE_ROW)
		db_done(db, LEDGER_AUDIT_ON);
	else if (rc != SQLITE_DONE)
		bad(w, w->last + 1, "audit.unreadable");
	if (!w->broken && n == SLICE)
		return true;
	if (!w->broken)
		ends_well(w, db, c);
	*result = answer(w, c);
	return false;
}

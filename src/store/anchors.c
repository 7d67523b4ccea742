/* What was said of the audit log elsewhere, compared with what it says now. Called by chain.c.
 *
 * Whoever can rewrite the whole log can also rewrite the notes of what was sent, so where the asker brings anchors of
 * its own, only those say how far the log is sure. The notes must agree in any case. */
#include "store/anchors.h"

#include "common/buf.h"
#include "store/digest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANCHORS_MAX 1000000 /* one a minute for two years; those noted first are left out */

struct anchor {
	int64_t seq, at;
	bool given;
	char hash[DIGEST_HEX + 1];
};
struct anchors {
	struct anchor *list; /* by seq once loaded */
	size_t n, size, next;
	bool own; /* the asker gave some */
	int64_t met, newest, at;
};

static void add(struct anchors *a, int64_t seq, const char *hash, int64_t at, bool given)
{
	if (a->n == a->size)
		a->list = xrealloc(a->list, (a->size = a->size ? a->size * 2 : 64) * sizeof *a->list);
	struct anchor *to = &a->list[a->n++];
	*to = (struct anchor){.seq = seq, .at = at, .given = given};
	/* A text that is too long is no hash and stays unequal to all. */
	if (hash && strlen(hash) <= DIGEST_HEX)
		memcpy(to->hash, hash, strlen(hash));
}

struct anchors *anchors_new(json_t *given)
{
	struct anchors *a = xcalloc(1, sizeof *a);
	json_t *o;
	size_t i;

	json_array_foreach(given, i, o) add(a, json_integer_value(json_object_get(o, "seq")),
		json_string_value(json_object_get(o, "hash")), 0, true);
	a->own = a->n > 0;
	return a;
}

void anchors_free(struct anchors *a)
{
	if (!a)
		return;
	free(a->list);
	free(a);
}

/* Of one record those that are noted come first: they know when. */
static int by_seq(const void *a, const void *b)
{
	const struct anchor *x = a, *y = b;

	return x->seq != y->seq ? (x->seq > y->seq) - (x->seq < y->seq) : x->given - y->given;
}

struct err *anchors_load(struct anchors *a, struct db *db)
{
	int rc = db_run(db, LEDGER_ANCHOR_ALL, "i", (int64_t)ANCHORS_MAX);
	sqlite3_stmt *st = db_stmt(db, LEDGER_ANCHOR_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_ANCHOR_ALL))
		add(a, sqlite3_column_int64(st, 0), db_text(st, 1), sqlite3_column_int64(st, 2), false);
	if (a->n)
		qsort(a->list, a->n, sizeof *a->list, by_seq);
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", "the anchors");
}

enum anchors_say anchors_meet(struct anchors *a, int64_t seq, const char *hash, int64_t *which)
{
	int64_t noted = 0;

	for (; a->next < a->n && a->list[a->next].seq <= seq; a->next++) {
		const struct anchor *it = &a->list[a->next];

		a->met += it->given;
		*which = it->seq;
		if (it->seq < seq)
			return ANCHORS_MISS;
		if (strcasecmp(it->hash, hash))
			return ANCHORS_DIFFER;
		if (!it->given)
			noted = it->at;
		if (it->given == a->own) {
			a->newest = seq;
			a->at = noted;
		}
	}
	return ANCHORS_AGREE;
}

enum anchors_say anchors_left(struct anchors *a, int64_t *which)
{
	if (a->next == a->n)
		return ANCHORS_AGREE;
	a->met += a->list[a->next].given;
	*which = a->list[a->next].seq;
	return ANCHORS_MISS;
}

int64_t anchors_newest(const struct anchors *a, int64_t *at)
{
	*at = a->newest ? a->at : 0;
	return a->newest;
}

int64_t anchors_given(const struct anchors *a)
{
	return a->met;
}

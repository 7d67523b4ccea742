/* The one thread that writes: takes work in its order, writes several transactions with one sync, hands them back when
 * they are on the disk; the cache when nothing else is to do. However much is asked, who writes waits for one question, or one slice of
 * one, at most. Started by store.c.
 *
 * A group is one SQLite transaction with a savepoint for each of ours, so each has an outcome of its own and nothing is
 * said to be done before the COMMIT. If the group as a whole fails (a full disk takes all of it back), each is tried
 * alone, unless nobody can tell whether the group is on the disk (takeback.c). */
#include "store/apply.h"
#include "store/care.h"
#include "store/internal.h"
#include "store/snapshots.h"
#include "store/takeback.h"
#include "store/trail.h"

#include <time.h>

#define GROUP_MAX 256 /* transactions in one sync */
#define GROUP_BYTES (4 << 20)

int64_t writer_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- transactions ---- */

static struct err *cannot_write(struct store *s)
{
	return db_error(&s->ledger, "store.write", s->ledger.path);
}

/* Somebody moved the file away or put another in its place: what is written now would be lost unseen. */
static struct err *still_there(struct store *s)
{
	int moved = 0;

	if (sqlite3_file_control(s->ledger.handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) != SQLITE_OK || !moved)
		return NULL;
	return err_new(ERR_FAILED, "store.write", "{s:s, s:s}", "what", s->ledger.path, "reason",
		"the file was moved away or deleted while in use; end the broker before that");
}

static struct err *begin(struct store *s)
{
	struct err *e = still_there(s);

	if (!e && s->ledger.open_end)
		e = takeback_settle(&s->ledger);
	if (e)
		return e;
	db_abandon(&s->ledger);
	return db_run(&s->ledger, LEDGER_BEGIN, "") == SQLITE_DONE ? NULL : cannot_write(s);
}

static struct err *commit(struct store *s)
{
	return takeback_commit(&s->ledger, LEDGER_COMMIT);
}

static struct store_tx *tx_of(struct work *w)
{
	return (struct store_tx *)w;
}

/* The one way by which an effect reaches the ledger. */
static struct err *run_alone(struct store *s, struct work *w)
{
	struct chain before = s->chain;
	struct err *e = begin(s);

	if (!e)
		e = apply_tx(&s->ledger, &s->chain, tx_of(w));
	if (e)
		db_abandon(&s->ledger);
	else
		e = commit(s);
	if (e)
		s->chain = before;
	return e;
}

/* One of a group; false: the whole group was rolled back under us. */
static bool run_saved(struct store *s, struct work *w)
{
	struct chain before = s->chain;
	struct db *db = &s->ledger;

	if (db_run(db, LEDGER_SAVE, "") != SQLITE_DONE)
		return false;
	w->err = apply_tx(db, &s->chain, tx_of(w));
	if (!w->err)
		return db_run(db, LEDGER_RELEASE, "") == SQLITE_DONE;
	s->chain = before;
	return !sqlite3_get_autocommit(db->handle) && db_run(db, LEDGER_BACK, "") == SQLITE_DONE &&
	       db_run(db, LEDGER_RELEASE, "") == SQLITE_DONE;
}

/* False: nothing of it is written; *out: why, where the whole failed. */
static bool run_together(struct store *s, struct work *list, struct err **out)
{
	struct err *e = begin(s);
	bool ok = !e;

	for (struct work *w = list; ok && w; w = w->next)
		if (!w->err)
			ok = run_saved(s, w);
	if (ok && (e = commit(s)))
		ok = false;
	*out = e;
	return ok;
}

/* None of the group was written for sure, and none can be tried again. What was refused by itself stays so. */
static void all_unknown(struct work *list, const struct err *e)
{
	for (struct work *w = list; w; w = w->next)
		if (!w->err)
			w->err = err_copy(e);
}

/* A refusal of what was asked (a lease that is held, an id that is taken) is no failure of the disk. */
static void tell_log(struct store *s, const struct work *list)
{
	const struct err *bad = NULL;

	for (const struct work *w = list; w && !bad; w = w->next)
		if (w->err && (w->err->class == ERR_FAILED || w->err->class == ERR_TIMEOUT))
			bad = w->err;
	if (bad && !s->failing)
		log_error("%s", bad->msg.text);
	else if (!bad && s->failing)
		log_info("%s is written again", s->ledger.path);
	s->failing = bad != NULL;
}

static void run_each(struct store *s, struct work *list)
{
	for (struct work *w = list; w; w = w->next)
		if (!tx_of(w)->refused) {
			err_free(w->err);
			w->err = run_alone(s, w);
		}
}

/* Work that came already failed (refused while it was built) is handed back as it is, but in its turn. */
static void run_group(struct store *s, struct work *list)
{
	struct chain before = s->chain;
	struct err *e = NULL;

	if (!list->next) {
		if (!list->err)
			list->err = run_alone(s, list);
	} else {
		for (struct work *w = list; w; w = w->next)
			tx_of(w)->refused = w->err != NULL;
		if (!run_together(s, list, &e)) {
			db_abandon(&s->ledger);
			s->chain = before;
			if (e && e->class == ERR_TIMEOUT)
				all_unknown(list, e);
			else
				run_each(s, list);
		}
		err_free(e);
	}
	tell_log(s, list);
	for (struct work *w = list; w; w = w->next)
		tx_empty(tx_of(w));
	store_finish(s, list);
}

/* ---- questions ---- */

/* True: it is not finished and goes to the end of the queue, so that nobody waits for a walk through
 * years of records. A question that needs long answers in slices, and a broker that ends does not wait for it. */
static bool run_query(struct store *s, struct work *w, bool ending)
{
	struct work_query *q = (struct work_query *)w;
	bool more = false;

	if (w->err)
		; /* the queue was full */
	else if (w->kind == WORK_EVENTS)
		w->err = care_events(&s->cache.db, q, &q->records);
	else if (w->kind == WORK_AUDIT && (q->by || q->tenant || q->verb || q->what || q->q.without || q->q.until))
		more = trail_on(&s->ledger, q, &w->err);
	else if (w->kind == WORK_AUDIT)
		w->err = chain_query(&s->ledger, &q->q, &q->records);
	else if (w->kind == WORK_HEAD)
		w->err = chain_head(&s->ledger, &s->chain, &q->records);
	else if (w->kind == WORK_REPORT)
		more = snapshots_report(&s->ledger, q, &w->err);
	else
		more = chain_walk_on(q->walk, &s->ledger, &s->chain, &q->records, &w->err);
	if (more && ending) {
		json_decref(q->records);
		q->records = NULL;
		w->err = err_new(ERR_FAILED, "store.read", "{s:s, s:s}", "what", s->ledger.path, "reason",
			"the broker is ending");
		more = false;
	}
	if (!more)
		store_finish(s, w);
	return more;
}

/* ---- the thread ---- */

/* Events are answered when those that were handed over before are in the file: not those that come after, which may never end. */
static bool waits_for_cache(const struct store *s, const struct work *w)
{
	return w->kind == WORK_EVENTS && ((const struct work_query *)w)->cached > s->written;
}

/* Whose turn it is in the queue; NULL: nobody's yet. */
static struct work **next_place(struct store *s)
{
	bool waits = s->first && waits_for_cache(s, s->first);

	for (struct work **at = &s->first; (s->asked || waits) && *at; at = &(*at)->next)
		if ((*at)->kind == WORK_TX)
			return at;
	return s->first && !waits ? &s->first : NULL;
}

/* The transactions that stand together there, or one question; cut off from the queue. */
static struct work *next_work(struct store *s, struct work **from)
{
	struct work *list = *from, **at = from;
	size_t n = 0, bytes = 0;

	do {
		if ((*at)->kind == WORK_TX)
			bytes += tx_of(*at)->bytes;
		at = &(*at)->next;
		n++;
	} while (*at && list->kind == WORK_TX && (*at)->kind == WORK_TX && n < GROUP_MAX && bytes < GROUP_BYTES);
	*from = *at;
	if (!*from)
		s->end = from;
	*at = NULL;
	s->bytes -= bytes;
	s->asked = list->kind != WORK_TX;
	return list;
}

static void run(struct store *s, struct work *list, bool ending)
{
	bool again = false;

	pthread_mutex_lock(&s->files);
	if (list->kind == WORK_TX)
		run_group(s, list);
	else
		again = run_query(s, list, ending);
	pthread_mutex_unlock(&s->files);
	if (!again)
		return;
	pthread_mutex_lock(&s->mutex);
	*s->end = list;
	s->end = &list->next;
	pthread_mutex_unlock(&s->mutex);
}

static void wait(struct store *s)
{
	s->busy = false;
	pthread_cond_broadcast(&s->rest);
	if (s->pending) {
		struct timespec t = {.tv_sec = s->due / 1000, .tv_nsec = s->due % 1000 * 1000000};

		pthread_cond_timedwait(&s->wake, &s->mutex, &t);
	} else {
		pthread_cond_wait(&s->wake, &s->mutex);
	}
	s->busy = true;
}

void *writer_main(void *ctx)
{
	struct store *s = ctx;
	struct cache_batch *batch = NULL; /* under way */

	pthread_mutex_lock(&s->mutex);
	s->busy = true;
	for (;;) {
		struct work **next = next_place(s);

		if (next) {
			struct work *list = next_work(s, next);
			bool ending = s->ending;

			pthread_mutex_unlock(&s->mutex);
			run(s, list, ending);
			pthread_mutex_lock(&s->mutex);
		} else if (batch) {
			pthread_mutex_unlock(&s->mutex);
			pthread_mutex_lock(&s->files);
			if (!cache_write(&s->cache, batch)) {
				cache_batch_free(batch);
				batch = NULL;
			}
			pthread_mutex_unlock(&s->files);
			pthread_mutex_lock(&s->mutex);
			s->written += batch == NULL;
		} else if (s->pending && (s->closing || s->first || writer_now_ms() >= s->due)) {
			batch = s->pending;
			s->pending = NULL;
		} else if (s->closing) {
			break;
		} else {
			wait(s);
		}
	}
	s->busy = false;
	pthread_cond_broadcast(&s->rest);
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

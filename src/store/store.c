/* The store as the rooms above see it: opening, closing, handing work to the writer's thread, and its way back. What is
 * in the files is the business of the other files of this room. */
#include "store/internal.h"

#include "common/buf.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES (128 << 20) /* of transactions that wait for a disk */
#define CACHE_DELAY_MS 500      /* changes are collected for so long */
#define CLOSE_ROUNDS 1000       /* completions that hand over more while the store closes */

/* ---- the way back to the loop ---- */

static void finish_one(struct work *w)
{
	if (w->kind == WORK_TX) {
		struct store_tx *tx = (struct store_tx *)w;

		if (tx->done)
			tx->done(tx->ctx, w->err);
		else
			err_free(w->err);
		free(tx);
	} else {
		struct work_query *q = (struct work_query *)w;

		q->done(q->ctx, w->err, q->records);
		chain_walk_free(q->walk);
		free(q->object);
		free(q->after);
		free(q->by);
		free(q->tenant);
		free(q->verb);
		free(q->what);
		json_decref(q->ids);
		free(q);
	}
}

static struct work *outlet_take(struct outlet *o)
{
	struct work *list = o->first;

	o->first = NULL;
	o->end = &o->first;
	return list;
}

static void outlet_unref(struct outlet *o)
{
	pthread_mutex_lock(&o->mutex);
	int refs = --o->refs;
	pthread_mutex_unlock(&o->mutex);
	if (refs)
		return;
	pthread_mutex_destroy(&o->mutex);
	free(o);
}

/* Runs all completions that are there; false: there was none. */
static bool outlet_drain(struct outlet *o)
{
	pthread_mutex_lock(&o->mutex);
	struct work *list = outlet_take(o);
	pthread_mutex_unlock(&o->mutex);
	bool any = list != NULL;
	while (list) {
		struct work *w = list;

		list = w->next;
		finish_one(w);
	}
	return any;
}

static void on_loop(void *ctx)
{
	struct outlet *o = ctx;

	pthread_mutex_lock(&o->mutex);
	o->posted = false;
	pthread_mutex_unlock(&o->mutex);
	outlet_drain(o);
	outlet_unref(o);
}

void store_finish(struct store *s, struct work *list)
{
	struct outlet *o = s->out;

	pthread_mutex_lock(&o->mutex);
	*o->end = list;
	while (*o->end)
		o->end = &(*o->end)->next;
	bool post = !o->posted;
	if (post) {
		o->posted = true;
		o->refs++;
	}
	pthread_mutex_unlock(&o->mutex);
	if (post)
		loop_post(s->loop, on_loop, o);
}

/* ---- handing over ---- */

static struct err *refusal(const struct store *s, const char *reason)
{
	return err_new(ERR_FAILED, "store.write", "{s:s, s:s}", "what", s->dir, "reason", reason);
}

void store_enqueue(struct store *s, struct work *w, size_t bytes)
{
	const char *no = NULL;

	w->next = NULL;
	pthread_mutex_lock(&s->mutex);
	bool closed = s->closed;
	if (closed)
		no = "the broker is ending";
	else if (s->bytes > QUEUE_BYTES)
		no = "too much waits for the disk";
	if (no && !w->err)
		w->err = refusal(s, no);
	if (no && w->kind == WORK_TX) {
		tx_empty((struct store_tx *)w);
		((struct store_tx *)w)->bytes = bytes = 0;
	}
	if (!closed) {
		s->bytes += bytes;
		*s->end = w;
		s->end = &w->next;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->mutex);
	if (closed)
		store_finish(s, w);
}

static struct work_query *question(enum work_kind kind, const char *object, store_records *done, void *ctx)
{
	struct work_query *w = xcalloc(1, sizeof *w);

	w->work.kind = kind;
	w->object = xstrdup(object ? object : "");
	w->done = done;
	w->ctx = ctx;
	return w;
}

static char *some(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

void store_audit(struct store *s, const struct store_query *q, store_records *done, void *ctx)
{
	struct work_query *w = question(WORK_AUDIT, q->object, done, ctx);

	w->q = *q;
	w->q.object = w->object;
	w->q.by = w->by = some(q->by);
	w->q.tenant = w->tenant = some(q->tenant);
	w->q.verb = w->verb = some(q->verb);
	w->q.what = w->what = some(q->what);
	w->ids = q->tenant_ids;
	store_enqueue(s, &w->work, 0);
}

void store_events(struct store *s, const struct store_query *q, int64_t after, store_records *done, void *ctx)
{
	struct work_query *w = question(WORK_EVENTS, q->object, done, ctx);

	w->q = *q;
	w->q.object = w->object;
	w->n = after;
	pthread_mutex_lock(&s->mutex);
	w->cached = s->made;
	pthread_mutex_unlock(&s->mutex);
	store_enqueue(s, &w->work, 0);
}

void store_audit_verify(struct store *s, json_t *anchors, store_records *done, void *ctx)
{
	struct work_query *w = question(WORK_VERIFY, NULL, done, ctx);

	w->walk = chain_walk_new(anchors);
	store_enqueue(s, &w->work, 0);
}

void store_audit_head(struct store *s, store_records *done, void *ctx)
{
	store_enqueue(s, &question(WORK_HEAD, NULL, done, ctx)->work, 0);
}

void store_report_snapshots(struct store *s, int64_t from, int64_t to, const char *tenant, const char *after,
	store_records *done, void *ctx)
{
	struct work_query *w = question(WORK_REPORT, tenant, done, ctx);

	w->from = from;
	w->n = INT64_MIN; /* before the first row of from */
	w->after = after && after[0] ? xstrdup(after) : NULL;
	w->to = to;
	store_enqueue(s, &w->work, 0);
}

/* With the mutex held. */
static struct cache_batch *pending(struct store *s)
{
	if (!s->pending) {
		s->pending = cache_batch_new();
		s->made++;
		s->due = writer_now_ms() + CACHE_DELAY_MS;
		pthread_cond_signal(&s->wake);
	}
	return s->pending;
}

void store_cache_host(struct store *s, const struct blade *b, const struct vm *const *vms, size_t n)
{
	pthread_mutex_lock(&s->mutex);
	cache_batch_host(pending(s), b, vms, n);
	pthread_mutex_unlock(&s->mutex);
}

void store_cache_vm(struct store *s, const char *host, const struct vm *vm)
{
	pthread_mutex_lock(&s->mutex);
	cache_batch_vm(pending(s), host, vm);
	pthread_mutex_unlock(&s->mutex);
}

void store_cache_forget_vm(struct store *s, const char *host, const char *uuid)
{
	pthread_mutex_lock(&s->mutex);
	cache_batch_forget(pending(s), host, uuid);
	pthread_mutex_unlock(&s->mutex);
}

void store_cache_event(struct store *s, const struct store_event *e)
{
	pthread_mutex_lock(&s->mutex);
	cache_batch_event(pending(s), e);
	pthread_mutex_unlock(&s->mutex);
}

void store_cache_alert(struct store *s, const char *id, int64_t since)
{
	pthread_mutex_lock(&s->mutex);
	cache_batch_alert(pending(s), id, since);
	pthread_mutex_unlock(&s->mutex);
}

/* ---- opening and closing ---- */

/* Signals are the loop's: they must not land on a thread that only writes. */
static struct err *start(struct store *s)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int errnum = pthread_create(&s->thread, NULL, writer_main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return errnum ? err_sys(ERR_FAILED, "cannot start a thread for", s->dir, errnum) : NULL;
}

static struct store *make(const char *dir, struct loop *loop)
{
	struct store *s = xcalloc(1, sizeof *s);
	pthread_condattr_t monotonic;

	s->dir = xstrdup(dir);
	s->loop = loop;
	s->end = &s->first;
	pthread_mutex_init(&s->files, NULL);
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_cond_init(&s->rest, NULL);
	pthread_condattr_destroy(&monotonic);
	s->out = xcalloc(1, sizeof *s->out);
	pthread_mutex_init(&s->out->mutex, NULL);
	s->out->end = &s->out->first;
	s->out->refs = 1;
	return s;
}

static void destroy(struct store *s)
{
	cache_batch_free(s->pending);
	cache_close(&s->cache);
	db_close(&s->ledger);
	dir_release(s->lock);
	outlet_unref(s->out);
	pthread_cond_destroy(&s->rest);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->mutex);
	pthread_mutex_destroy(&s->files);
	free(s->dir);
	free(s);
}

struct err *store_open(const char *dir, struct loop *loop, struct store **out)
{
	struct store *s = make(dir, loop);
	struct err *e = dir_take(dir, &s->lock);

	*out = NULL;
	if (!e)
		e = db_open(&s->ledger, dir, &db_ledger);
	if (!e)
		e = chain_open(&s->ledger, &s->chain);
	if (!e) {
		cache_open(&s->cache, s->dir);
		e = start(s);
	}
	if (e)
		destroy(s);
	else
		*out = s;
	return e;
}

/* Waits until the writer has nothing to do; false: nothing was under way. */
static bool settle(struct store *s)
{
	pthread_mutex_lock(&s->mutex);
	bool any = s->busy || s->first;
	while (s->busy || s->first)
		pthread_cond_wait(&s->rest, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
	return any;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->ending = true;
	pthread_mutex_unlock(&s->mutex);
	/* A completion may hand over more, which is written too. */
	for (int i = 0; i < CLOSE_ROUNDS; i++) {
		bool any = settle(s);

		if (!outlet_drain(s->out) && !any)
			break;
	}
	pthread_mutex_lock(&s->mutex);
	s->closing = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->mutex);
	s->closed = true;
	pthread_mutex_unlock(&s->mutex);
	for (int i = 0; i < CLOSE_ROUNDS && outlet_drain(s->out); i++)
		;
	destroy(s);
}

/* Owns the pool's threads and its two queues; called by fleet.c and conn.c. A watch thread adds workers when those
 * that run are all stuck in calls, and joins those that ended. */
#include "fleet/workers.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (512 * 1024) /* libvirt and libssh keep buffers of some 10 KiB on it */
#define BUCKETS 8                /* connects by order: 0, 1, ... 7 and more */
#define CALL_RESERVE 64          /* threads that connects never take */
#define WATCH_MS 50
#define CONNECT_BLOCKED_MS 100   /* a connect waits for a network nearly all of its time */

struct queue { struct work *first, *last; };

struct worker {
	pthread_t thread;
	struct workers *pool;
	pthread_cond_t work;         /* it is wanted */
	struct worker *next, *prev;  /* in fresh while its call is young; next alone when idle or ended */
	bool idle;
	int64_t since;               /* monotonic ms: start of its call */
	enum work_kind kind;
	bool fresh;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t watch, all_gone;
	struct workers_config c;
	struct queue queues[1 + BUCKETS]; /* calls, then connects by order */
	int waiting[2];              /* by kind */
	int threads;
	struct worker *idle;         /* the last one to become so first: the others get their chance to end */
	int coming;                  /* threads that were woken or made and did not look for work yet */
	int running[2];              /* by kind: in a call that is young */
	int busy[2];                 /* by kind: in any call */
	struct { struct worker *first, *last; } fresh[2]; /* by kind, oldest call first */
	struct worker *ended;        /* to be joined */
	pthread_t watcher;
	bool stopping, given_up, watch_ended;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t mono;

	pthread_condattr_init(&mono);
	pthread_condattr_setclock(&mono, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &mono);
	pthread_condattr_destroy(&mono);
}

static int wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t when_ms)
{
	struct timespec t = { .tv_sec = when_ms / 1000, .tv_nsec = when_ms % 1000 * 1000000 };

	return pthread_cond_timedwait(cond, lock, &t);
}

static void queue_push(struct workers *p, struct work *w)
{
	struct queue *q = &p->queues[w->bucket];

	w->next = NULL;
	w->prev = q->last;
	if (q->last)
		q->last->next = w;
	else
		q->first = w;
	q->last = w;
	w->waits = true;
	p->waiting[w->kind]++;
}

static void queue_drop(struct workers *p, struct work *w)
{
	struct queue *q = &p->queues[w->bucket];

	if (w->prev)
		w->prev->next = w->next;
	else
		q->first = w->next;
	if (w->next)
		w->next->prev = w->prev;
	else
		q->last = w->prev;
	w->waits = false;
	p->waiting[w->kind]--;
}

static void fresh_drop(struct workers *p, struct worker *k)
{
	if (!k->fresh)
		return;
	if (k->prev)
		k->prev->next = k->next;
	else
		p->fresh[k->kind].first = k->next;
	if (k->next)
		k->next->prev = k->prev;
	else
		p->fresh[k->kind].last = k->prev;
	k->fresh = false;
	p->running[k->kind]--;
}

static void fresh_add(struct workers *p, struct worker *k)
{
	k->next = NULL;
	k->prev = p->fresh[k->kind].last;
	if (k->prev)
		k->prev->next = k;
	else
		p->fresh[k->kind].first = k;
	p->fresh[k->kind].last = k;
	k->fresh = true;
	p->running[k->kind]++;
}

static void fresh_age(struct workers *p)
{
	int64_t now = now_ms();

	for (int kind = 0; kind < 2; kind++)
		while (p->fresh[kind].first && now - p->fresh[kind].first->since >=
		       (kind == WORK_CALL ? p->c.blocked_ms : CONNECT_BLOCKED_MS))
			fresh_drop(p, p->fresh[kind].first);
}

/* How many of a kind may start now, by the two rules: so many running at once (a call does not count connects), and
 * connects leave threads for calls. */
static int room_for(const struct workers *p, enum work_kind kind)
{
	int room, left;

	if (kind == WORK_CALL)
		return p->c.running - p->running[WORK_CALL];
	room = p->c.running - p->running[WORK_CALL] - p->running[WORK_CONNECT];
	left = p->c.cap - CALL_RESERVE - p->busy[WORK_CONNECT];
	return room < left ? room : left;
}

static struct work *next_work(struct workers *p)
{
	fresh_age(p);
	if (p->waiting[WORK_CALL] && room_for(p, WORK_CALL) > 0)
		return p->queues[0].first;
	if (p->waiting[WORK_CONNECT] && room_for(p, WORK_CONNECT) > 0)
		for (int i = 1; i <= BUCKETS; i++)
			if (p->queues[i].first)
				return p->queues[i].first;
	return NULL;
}

static void idle_drop(struct workers *p, struct worker *k)
{
	struct worker **at = &p->idle;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	k->idle = false;
}

/* Waits until it is woken (it is counted as coming then) or idle for too long. */
static void rest(struct workers *p, struct worker *k, int64_t end)
{
	k->next = p->idle;
	p->idle = k;
	k->idle = true;
	while (k->idle && !p->stopping && wait_until(&k->work, &p->lock, end) == 0)
		;
	if (k->idle)
		idle_drop(p, k);
	else
		p->coming--;
}

static void *worker_main(void *arg)
{
	struct worker *k = arg;
	struct workers *p = k->pool;
	struct work *w;
	int64_t end;

	pthread_mutex_lock(&p->lock);
	p->coming--;
	for (;;) {
		w = NULL;
		end = now_ms() + p->c.idle_ms;
		while (!p->stopping && !(w = next_work(p)) && now_ms() < end) {
			rest(p, k, end);
		}
		if (p->stopping || !w)
			break;
		queue_drop(p, w);
		k->since = now_ms();
		k->kind = w->kind;
		p->busy[k->kind]++;
		fresh_add(p, k);
		pthread_mutex_unlock(&p->lock);

		atomic_store(&w->began, clock_boot_ms());
		w->run(w);
		w->returned(w);

		pthread_mutex_lock(&p->lock);
		fresh_drop(p, k);
		p->busy[k->kind]--;
	}
	p->threads--;
	k->next = p->ended;
	p->ended = k;
	pthread_cond_signal(&p->watch);
	if (!p->threads)
		pthread_cond_broadcast(&p->all_gone);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static bool start_thread(pthread_t *thread, size_t stack, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int r;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	sigfillset(&all); /* signals are the loop's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(thread, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return r == 0;
}

/* With the lock held: one more hand. False: no thread could be had. */
static bool wake_one(struct workers *p)
{
	struct worker *k;

	if ((k = p->idle)) {
		idle_drop(p, k);
		p->coming++;
		pthread_cond_signal(&k->work);
		return true;
	}
	if (p->threads >= p->c.cap)
		return false;
	k = xcalloc(1, sizeof(*k));
	k->pool = p;
	cond_init(&k->work);
	if (!start_thread(&k->thread, STACK_BYTES, worker_main, k)) {
		pthread_cond_destroy(&k->work);
		free(k);
		return false;
	}
	pthread_setname_np(k->thread, "tana-worker");
	p->threads++;
	p->coming++;
	return true;
}

/* With the lock held: as many hands as there is work that may start. */
static void wake(struct workers *p)
{
	int wanted = 0;

	fresh_age(p);
	for (int kind = 0; kind < 2; kind++) {
		int room = room_for(p, kind);

		if (room > 0)
			wanted += room < p->waiting[kind] ? room : p->waiting[kind];
	}
	while (p->coming < wanted && wake_one(p))
		;
}

static void join_ended(struct workers *p)
{
	struct worker *k;

	while ((k = p->ended)) {
		p->ended = k->next;
		pthread_mutex_unlock(&p->lock);
		pthread_join(k->thread, NULL);
		pthread_cond_destroy(&k->work);
		free(k);
		pthread_mutex_lock(&p->lock);
	}
}

static void *watch_main(void *arg)
{
	struct workers *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->stopping || (p->threads && !p->given_up)) {
		if (p->waiting[0] + p->waiting[1] && !p->stopping) {
			wake(p);
			wait_until(&p->watch, &p->lock, now_ms() + WATCH_MS);
		} else if (!p->ended) {
			pthread_cond_wait(&p->watch, &p->lock);
		}
		join_ended(p);
	}
	join_ended(p);
	p->watch_ended = true;
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int cores_aim(void)
{
	long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);

	return n < 16 ? 16 : n > 32 ? 32 : (int)n;
}

struct workers *workers_new(const struct workers_config *c)
{
	struct workers *p = xcalloc(1, sizeof(*p));

	if (c)
		p->c = *c;
	if (!p->c.running)
		p->c.running = cores_aim();
	if (!p->c.cap)
		p->c.cap = 1024;
	if (p->c.cap < 2 * CALL_RESERVE)
		p->c.cap = 2 * CALL_RESERVE;
	if (!p->c.blocked_ms)
		p->c.blocked_ms = 250;
	if (!p->c.idle_ms)
		p->c.idle_ms = 10000;
	pthread_mutex_init(&p->lock, NULL);
	cond_init(&p->watch);
	cond_init(&p->all_gone);
	if (!start_thread(&p->watcher, 64 * 1024, watch_main, p)) {
		log_error("no thread can be started");
		abort();
	}
	pthread_setname_np(p->watcher, "tana-watch");
	return p;
}

bool workers_free(struct workers *p, int wait_ms)
{
	int64_t end = now_ms() + wait_ms;

	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	for (struct worker *k = p->idle; k; k = k->next)
		pthread_cond_signal(&k->work);
	pthread_cond_signal(&p->watch);
	while (p->threads && now_ms() < end)
		wait_until(&p->all_gone, &p->lock, end);
	p->given_up = p->threads > 0;
	pthread_cond_signal(&p->watch);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->watcher, NULL);
	if (p->given_up)
		return false;
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->watch);
	pthread_cond_destroy(&p->all_gone);
	free(p);
	return true;
}

void workers_put(struct workers *p, enum work_kind kind, unsigned order, struct work *w)
{
	w->kind = kind;
	w->bucket = kind == WORK_CALL ? 0 : 1 + (order < BUCKETS ? order : BUCKETS - 1);
	atomic_store(&w->began, 0);
	pthread_mutex_lock(&p->lock);
	queue_push(p, w);
	wake(p);
	if (p->waiting[0] + p->waiting[1] > p->coming)
		pthread_cond_signal(&p->watch);
	pthread_mutex_unlock(&p->lock);
}

bool workers_take_back(struct workers *p, struct work *w)
{
	bool taken;

	pthread_mutex_lock(&p->lock);
	taken = w->waits;
	if (taken)
		queue_drop(p, w);
	pthread_mutex_unlock(&p->lock);
	return taken;
}

struct workers_counts workers_count(struct workers *p)
{
	struct workers_counts n;

	pthread_mutex_lock(&p->lock);
	n = (struct workers_counts){ p->threads, p->busy[0] + p->busy[1], p->waiting[0] + p->waiting[1] };
	pthread_mutex_unlock(&p->lock);
	return n;
}

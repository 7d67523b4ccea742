/* The event loop: libev underneath, timers on boot time in a heap of our own, work posted by other threads.
 * Called by the broker, the console and the rooms that live on a loop. */
#include "common/loop.h"
#include "common/buf.h"
#include "common/children.h"
#include "common/clock.h"
#include "common/soon.h"

#include <ev.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FREE_ROUNDS 1000    /* posts that post again while the loop is freed */
#define NEVER INT64_MAX

struct loop_io {
	ev_io w;             /* first: libev hands it back */
	struct loop *l;      /* NULL once the loop is gone */
	struct loop_io *next, **prev;
	void (*fn)(void *ctx, int fd, int events);
	void *ctx;
};

struct loop_timer {
	struct loop *l;
	int64_t due;
	uint64_t seq;        /* equal deadlines fire in the order they were set */
	size_t at;           /* place in the heap + 1; 0 when not set */
	void (*fn)(void *ctx);
	void *ctx;
};

struct call {
	struct call *next;
	void (*fn)(void *ctx);
	void *ctx;
};

struct sig {
	ev_signal w;
	struct loop *l;
	struct sig *next;
	void (*fn)(void *ctx, int signo);
	void *ctx;
};

struct loop {
	struct ev_loop *ev;
	ev_timer alarm;
	ev_async wake;
	int64_t armed;            /* boot time at which the alarm goes off */
	bool stop;
	size_t ran;               /* callbacks of this turn */

	struct loop_timer **heap;
	size_t ntimers, heap_size;
	uint64_t seq;

	pthread_mutex_t lock;     /* guards posted alone */
	struct call *posted, **posted_end;

	struct soon soon;
	struct loop_io *ios;
	struct sig *sigs;
	struct child *children;
};

/* ---- timers ---- */

static bool earlier(const struct loop_timer *a, const struct loop_timer *b)
{
	return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void heap_put(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->at = i + 1;
}

static void heap_up(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];

	for (; i && earlier(t, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap_put(l, i, l->heap[(i - 1) / 2]);
	heap_put(l, i, t);
}

static void heap_down(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];

	for (size_t kid; (kid = 2 * i + 1) < l->ntimers; i = kid) {
		if (kid + 1 < l->ntimers && earlier(l->heap[kid + 1], l->heap[kid]))
			kid++;
		if (!earlier(l->heap[kid], t))
			break;
		heap_put(l, i, l->heap[kid]);
	}
	heap_put(l, i, t);
}

struct loop_timer *loop_timer_new(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct loop_timer *t = xcalloc(1, sizeof *t);

	t->l = l;
	t->fn = fn;
	t->ctx = ctx;
	return t;
}

void loop_timer_clear(struct loop_timer *t)
{
	struct loop *l = t->l;
	size_t i = t->at - 1;

	if (!t->at)
		return;
	t->at = 0;
	if (i == --l->ntimers)
		return;
	heap_put(l, i, l->heap[l->ntimers]);
	heap_up(l, i);
	heap_down(l, i);
}

void loop_timer_set(struct loop_timer *t, int64_t after_ms)
{
	struct loop *l = t->l;
	int64_t now = clock_boot_ms();

	loop_timer_clear(t);
	t->due = after_ms <= 0 ? now : after_ms < NEVER - 1 - now ? now + after_ms : NEVER - 1;
	t->seq = ++l->seq;
	if (l->ntimers == l->heap_size) {
		l->heap_size = l->heap_size ? l->heap_size * 2 : 64;
		l->heap = xrealloc(l->heap, l->heap_size * sizeof *l->heap);
	}
	heap_put(l, l->ntimers++, t);
	heap_up(l, l->ntimers - 1);
}

bool loop_timer_pending(const struct loop_timer *t)
{
	return t->at != 0;
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	loop_timer_clear(t);
	free(t);
}

static void run_timers(struct loop *l)
{
	uint64_t last = l->seq; /* what is set from here on waits for the next turn */

	if (!l->ntimers)
		return;
	int64_t now = clock_boot_ms();
	while (l->ntimers && l->heap[0]->due <= now && l->heap[0]->seq <= last) {
		struct loop_timer *t = l->heap[0];
		loop_timer_clear(t);
		l->ran++;
		t->fn(t->ctx);
	}
}

static void on_alarm(struct ev_loop *ev, ev_timer *w, int events)
{
	struct loop *l = w->data;

	l->armed = NEVER; /* the turn itself looks at the heap */
}

/* Arms the alarm for the boot time due; NEVER: none. */
static void arm(struct loop *l, int64_t due, int64_t now)
{
	if (due == l->armed)
		return;
	ev_timer_stop(l->ev, &l->alarm);
	l->armed = due;
	if (due == NEVER)
		return;
	ev_now_update(l->ev);
	ev_timer_set(&l->alarm, (double)(due - now) / 1000.0, 0.);
	ev_timer_start(l->ev, &l->alarm);
}

/* ---- descriptors ---- */

static int to_ev(int events)
{
	return (events & LOOP_READ ? EV_READ : 0) | (events & LOOP_WRITE ? EV_WRITE : 0);
}

static void on_io(struct ev_loop *ev, ev_io *w, int got)
{
	struct loop_io *io = (struct loop_io *)w;
	int events = (got & EV_READ ? LOOP_READ : 0) | (got & EV_WRITE ? LOOP_WRITE : 0);

	io->l->ran++;
	io->fn(io->ctx, w->fd, events);
}

struct loop_io *loop_io_add(struct loop *l, int fd, int events, void (*fn)(void *ctx, int fd, int events), void *ctx)
{
	struct loop_io *io = xcalloc(1, sizeof *io);

	io->l = l;
	io->fn = fn;
	io->ctx = ctx;
	io->next = l->ios;
	io->prev = &l->ios;
	if (l->ios)
		l->ios->prev = &io->next;
	l->ios = io;
	ev_io_init(&io->w, on_io, fd, to_ev(events));
	if (events)
		ev_io_start(l->ev, &io->w);
	return io;
}

void loop_io_events(struct loop_io *io, int events)
{
	if (!io->l || (ev_is_active(&io->w) ? (io->w.events & (EV_READ | EV_WRITE)) : 0) == to_ev(events))
		return;
	ev_io_stop(io->l->ev, &io->w);
	ev_io_set(&io->w, io->w.fd, to_ev(events));
	if (events)
		ev_io_start(io->l->ev, &io->w);
}

void loop_io_first(struct loop_io *io)
{
	bool was = io->l && ev_is_active(&io->w);

	if (was)
		ev_io_stop(io->l->ev, &io->w); /* only of one that rests may it be set */
	ev_set_priority(&io->w, EV_MAXPRI);
	if (was)
		ev_io_start(io->l->ev, &io->w);
}

/* Takes io off its loop, which forgets it. */
static void io_detach(struct loop_io *io)
{
	if (!io->l)
		return;
	ev_io_stop(io->l->ev, &io->w);
	*io->prev = io->next;
	if (io->next)
		io->next->prev = io->prev;
	io->l = NULL;
}

void loop_io_del(struct loop_io *io)
{
	if (!io)
		return;
	io_detach(io);
	free(io);
}

/* ---- work from other threads, and for the end of the turn ---- */

static struct call *take_posted(struct loop *l)
{
	pthread_mutex_lock(&l->lock);
	struct call *first = l->posted;
	l->posted = NULL;
	l->posted_end = &l->posted;
	pthread_mutex_unlock(&l->lock);
	return first;
}

static bool run_posted(struct loop *l)
{
	struct call *first = take_posted(l);

	for (struct call *c = first, *next; c; c = next) {
		next = c->next;
		l->ran++;
		c->fn(c->ctx);
		free(c);
	}
	return first != NULL;
}

static void on_wake(struct ev_loop *ev, ev_async *w, int events)
{
	run_posted(w->data);
}

void loop_post(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	struct call *c = xmalloc(sizeof *c);

	*c = (struct call){NULL, fn, ctx};
	pthread_mutex_lock(&l->lock);
	bool first = !l->posted;
	*l->posted_end = c;
	l->posted_end = &c->next;
	/* inside the lock: once the loop's thread has seen this call, the loop may be freed */
	if (first)
		ev_async_send(l->ev, &l->wake);
	pthread_mutex_unlock(&l->lock);
}

void loop_soon(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	soon_add(&l->soon, fn, ctx);
}

bool loop_soon_cancel(struct loop *l, void (*fn)(void *ctx), void *ctx)
{
	return soon_cancel(&l->soon, fn, ctx);
}

/* ---- signals and children ---- */

static void on_signal(struct ev_loop *ev, ev_signal *w, int events)
{
	struct sig *s = w->data;

	s->l->ran++;
	s->fn(s->ctx, w->signum);
}

void loop_signal(struct loop *l, int signo, void (*fn)(void *ctx, int signo), void *ctx)
{
	struct sig *s = l->sigs;

	while (s && s->w.signum != signo)
		s = s->next;
	if (!s) {
		s = xcalloc(1, sizeof *s);
		s->l = l;
		s->next = l->sigs;
		l->sigs = s;
		ev_signal_init(&s->w, on_signal, signo);
		s->w.data = s;
		ev_signal_start(l->ev, &s->w);
	}
	s->fn = fn;
	s->ctx = ctx;
}

void loop_child(struct loop *l, pid_t pid, void (*fn)(void *ctx, pid_t pid, int status), void *ctx)
{
	children_add(&l->children, l, pid, fn, ctx);
}

/* ---- the loop itself ---- */

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof *l);

	/* not the default loop: that one would take SIGCHLD for itself, and a process may have several loops */
	l->ev = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!l->ev)
		l->ev = ev_loop_new(EVBACKEND_POLL | EVFLAG_NOENV);
	if (!l->ev)
		abort();
	ev_init(&l->alarm, on_alarm);
	l->alarm.data = l;
	l->armed = NEVER;
	ev_async_init(&l->wake, on_wake);
	l->wake.data = l;
	ev_async_start(l->ev, &l->wake);
	pthread_mutex_init(&l->lock, NULL);
	l->posted_end = &l->posted;
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (int i = 0; i < FREE_ROUNDS && run_posted(l); i++)
		;
	for (struct call *c = take_posted(l), *next; c; c = next) {
		next = c->next;
		free(c);
	}
	children_free(&l->children);
	while (l->ios)
		io_detach(l->ios);
	for (struct sig *s = l->sigs, *next; s; s = next) {
		next = s->next;
		ev_signal_stop(l->ev, &s->w);
		free(s);
	}
	while (l->ntimers)
		loop_timer_clear(l->heap[0]);
	ev_timer_stop(l->ev, &l->alarm);
	ev_async_stop(l->ev, &l->wake);
	ev_loop_destroy(l->ev);
	pthread_mutex_destroy(&l->lock);
	free(l->heap);
	soon_free(&l->soon);
	free(l);
}

bool loop_step(struct loop *l, int wait_ms)
{
	int64_t now = clock_boot_ms(), due = wait_ms < 0 ? NEVER : now + wait_ms;

	if (l->ntimers && l->heap[0]->due < due)
		due = l->heap[0]->due;
	l->ran = 0;
	if (due <= now || l->soon.asked.n) {
		ev_run(l->ev, EVRUN_NOWAIT);
	} else {
		arm(l, due, now);
		ev_run(l->ev, EVRUN_ONCE);
	}
	run_timers(l);
	l->ran += soon_run(&l->soon);
	return l->ran > 0;
}

void loop_run(struct loop *l)
{
	while (!l->stop)
		loop_step(l, -1);
	l->stop = false;
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

/* Handles and timers that libvirt registers from any thread, one thread that waits for them. Free callbacks (ff) are put
 * off into the loop: called inside remove they deadlock, since libvirt holds its locks there. */
#include "hosts/eventloop.h"

#include "common/buf.h"
#include "common/clock.h"
#include "ssh/wait.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SLOT_BITS 20 /* an id is generation and slot, so that a stale id never meets its successor */
#define GEN_MASK 0x3ff

enum use { USE_FREE, USE_HANDLE, USE_TIMER, USE_DEAD /* removed, ff not called yet */ };

struct watch {
	enum use use;
	int id;
	unsigned gen;
	uint32_t slot;
	void *opaque;
	virFreeCallback ff;
	int32_t next_free;        /* when free; -1 ends */
	struct watch *next_dead;
	/* handle */
	int fd, events;
	struct watch *next_on_fd; /* several watches of one descriptor share its place in epoll */
	virEventHandleCallback handle;
	/* timer */
	int every;                /* ms, -1 rests, 0 each turn */
	int64_t at;
	int32_t heap;             /* its place there, -1 none */
	virEventTimeoutCallback timer;
};

struct on_fd { struct watch *first; uint32_t armed; };

static struct {
	pthread_mutex_t lock;
	pthread_t thread;
	bool registered, running, stopping;
	int epoll, wake;
	struct watch **slot;
	uint32_t slots;
	int32_t free;
	struct on_fd *fd;
	int fds;
	struct watch **heap;      /* timers that run, the earliest on top */
	int32_t heaped, heap_room;
	struct watch *dead;
} loop = { .lock = PTHREAD_MUTEX_INITIALIZER, .epoll = -1, .wake = -1, .free = -1 };

static void wake(void)
{
	uint64_t one = 1;

	if (loop.wake >= 0 && write(loop.wake, &one, sizeof one) < 0 && errno != EAGAIN)
		abort(); /* an eventfd takes ones up to 2^64 - 2 */
}

/* -- slots (all below: locked) -- */

static struct watch *watch_new(enum use use, void *opaque, virFreeCallback ff)
{
	if (loop.free < 0) {
		uint32_t n = loop.slots ? loop.slots * 2 : 64;
		if (n > 1u << SLOT_BITS)
			return NULL;
		loop.slot = xrealloc(loop.slot, n * sizeof *loop.slot);
		for (uint32_t i = n; i-- > loop.slots;) {
			loop.slot[i] = xcalloc(1, sizeof **loop.slot);
			loop.slot[i]->slot = i;
			loop.slot[i]->next_free = loop.free;
			loop.free = (int32_t)i;
		}
		loop.slots = n;
	}
	struct watch *w = loop.slot[loop.free];
	loop.free = w->next_free;
	w->use = use;
	w->gen = (w->gen + 1) & GEN_MASK;
	w->id = (int)(w->gen << SLOT_BITS | w->slot) + 1;
	w->opaque = opaque;
	w->ff = ff;
	w->heap = -1;
	w->next_on_fd = NULL;
	return w;
}

static struct watch *watch_find(int id, enum use use)
{
	uint32_t slot = (uint32_t)(id - 1) & ((1u << SLOT_BITS) - 1);

	if (id <= 0 || slot >= loop.slots)
		return NULL;
	struct watch *w = loop.slot[slot];
	return w->use == use && w->id == id ? w : NULL;
}

static void watch_bury(struct watch *w)
{
	w->use = USE_DEAD;
	w->next_dead = loop.dead;
	loop.dead = w;
	wake();
}

/* -- handles -- */

static void fd_arm(int fd)
{
	struct on_fd *f = &loop.fd[fd];
	uint32_t want = 0;

	for (struct watch *w = f->first; w; w = w->next_on_fd)
		want |= (w->events & VIR_EVENT_HANDLE_READABLE ? EPOLLIN : 0)
			| (w->events & VIR_EVENT_HANDLE_WRITABLE ? EPOLLOUT : 0)
			/* 0 would do for these two, but 0 means "not in epoll" here */
			| (w->events & (VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP) ? EPOLLHUP | EPOLLERR : 0);
	if (want == f->armed)
		return;
	struct epoll_event ev = { .events = want, .data.fd = fd };
	(void)epoll_ctl(loop.epoll, !want ? EPOLL_CTL_DEL : f->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
	f->armed = want;
}

static int handle_add(int fd, int events, virEventHandleCallback cb, void *opaque, virFreeCallback ff)
{
	int id = -1;

	if (fd < 0)
		return -1;
	pthread_mutex_lock(&loop.lock);
	if (fd >= loop.fds) {
		int n = fd + 64;
		loop.fd = xrealloc(loop.fd, (size_t)n * sizeof *loop.fd);
		memset(loop.fd + loop.fds, 0, (size_t)(n - loop.fds) * sizeof *loop.fd);
		loop.fds = n;
	}
	struct watch *w = watch_new(USE_HANDLE, opaque, ff);
	if (w) {
		w->fd = fd;
		w->events = events;
		w->handle = cb;
		w->next_on_fd = loop.fd[fd].first;
		loop.fd[fd].first = w;
		fd_arm(fd);
		id = w->id;
	}
	pthread_mutex_unlock(&loop.lock);
	return id;
}

static void handle_update(int id, int events)
{
	pthread_mutex_lock(&loop.lock);
	struct watch *w = watch_find(id, USE_HANDLE);
	if (w) {
		w->events = events;
		fd_arm(w->fd);
	}
	pthread_mutex_unlock(&loop.lock);
}

static int handle_remove(int id)
{
	pthread_mutex_lock(&loop.lock);
	struct watch *w = watch_find(id, USE_HANDLE);
	if (w) {
		struct watch **p = &loop.fd[w->fd].first;
		while (*p != w)
			p = &(*p)->next_on_fd;
		*p = w->next_on_fd;
		fd_arm(w->fd);
		watch_bury(w);
	}
	pthread_mutex_unlock(&loop.lock);
	return w ? 0 : -1;
}

/* -- timers: a binary heap -- */

static void heap_put(int32_t i, struct watch *w)
{
	loop.heap[i] = w;
	w->heap = i;
}

static void heap_sift(int32_t i)
{
	struct watch *w = loop.heap[i];

	while (i > 0 && w->at < loop.heap[(i - 1) / 2]->at) {
		heap_put(i, loop.heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (int32_t child; (child = 2 * i + 1) < loop.heaped; i = child) {
		if (child + 1 < loop.heaped && loop.heap[child + 1]->at < loop.heap[child]->at)
			child++;
		if (loop.heap[child]->at >= w->at)
			break;
		heap_put(i, loop.heap[child]);
	}
	heap_put(i, w);
}

static void timer_rest(struct watch *w)
{
	int32_t i = w->heap;

	if (i < 0)
		return;
	w->heap = -1;
	struct watch *last = loop.heap[--loop.heaped];
	if (last == w)
		return;
	heap_put(i, last);
	heap_sift(i);
}

static void timer_arm(struct watch *w, int every)
{
	timer_rest(w);
	w->every = every;
	if (every < 0)
		return;
	w->at = clock_boot_ms() + every;
	if (loop.heaped == loop.heap_room) {
		loop.heap_room = loop.heap_room ? loop.heap_room * 2 : 64;
		loop.heap = xrealloc(loop.heap, (size_t)loop.heap_room * sizeof(struct watch *));
	}
	heap_put(loop.heaped, w);
	heap_sift(loop.heaped++);
	if (loop.heap[0] == w && !pthread_equal(pthread_self(), loop.thread))
		wake();
}

static int timer_add(int every, virEventTimeoutCallback cb, void *opaque, virFreeCallback ff)
{
	int id = -1;

	pthread_mutex_lock(&loop.lock);
	struct watch *w = watch_new(USE_TIMER, opaque, ff);
	if (w) {
		w->timer = cb;
		timer_arm(w, every);
		id = w->id;
	}
	pthread_mutex_unlock(&loop.lock);
	return id;
}

static void timer_update(int id, int every)
{
	pthread_mutex_lock(&loop.lock);
	struct watch *w = watch_find(id, USE_TIMER);
	if (w)
		timer_arm(w, every);
	pthread_mutex_unlock(&loop.lock);
}

static int timer_remove(int id)
{
	pthread_mutex_lock(&loop.lock);
	struct watch *w = watch_find(id, USE_TIMER);
	if (w) {
		timer_rest(w);
		watch_bury(w);
	}
	pthread_mutex_unlock(&loop.lock);
	return w ? 0 : -1;
}

/* -- the thread -- */

/* Calls what waits for fd, looked up anew after each call: a callback may remove any of them. */
static void run_handles(int fd, uint32_t got)
{
	int events = (got & EPOLLIN ? VIR_EVENT_HANDLE_READABLE : 0) | (got & EPOLLOUT ? VIR_EVENT_HANDLE_WRITABLE : 0)
		| (got & EPOLLERR ? VIR_EVENT_HANDLE_ERROR : 0) | (got & EPOLLHUP ? VIR_EVENT_HANDLE_HANGUP : 0);
	int ids[16];
	int n = 0;

	pthread_mutex_lock(&loop.lock);
	for (struct watch *w = fd < loop.fds ? loop.fd[fd].first : NULL; w && n < 16; w = w->next_on_fd)
		ids[n++] = w->id;
	for (int i = 0; i < n; i++) {
		struct watch *w = watch_find(ids[i], USE_HANDLE);
		int mine = w ? events & (w->events | VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP) : 0;
		if (!mine || !w->events)
			continue;
		virEventHandleCallback cb = w->handle;
		void *opaque = w->opaque;
		pthread_mutex_unlock(&loop.lock);
		cb(ids[i], fd, mine, opaque);
		pthread_mutex_lock(&loop.lock);
	}
	pthread_mutex_unlock(&loop.lock);
}

/* Runs the timers that are due now; one that sets itself to 0 has its next turn after the descriptors had theirs. */
static void run_timers(void)
{
	int64_t now = clock_boot_ms();

	pthread_mutex_lock(&loop.lock);
	for (int32_t left = loop.heaped; left > 0 && loop.heaped && loop.heap[0]->at <= now; left--) {
		struct watch *w = loop.heap[0];
		virEventTimeoutCallback cb = w->timer;
		void *opaque = w->opaque;
		int id = w->id;
		timer_arm(w, w->every);
		pthread_mutex_unlock(&loop.lock);
		cb(id, opaque);
		pthread_mutex_lock(&loop.lock);
	}
	pthread_mutex_unlock(&loop.lock);
}

static void run_frees(void)
{
	pthread_mutex_lock(&loop.lock);
	while (loop.dead) {
		struct watch *w = loop.dead;
		virFreeCallback ff = w->ff;
		void *opaque = w->opaque;
		loop.dead = w->next_dead;
		w->use = USE_FREE;
		w->next_free = loop.free;
		loop.free = (int32_t)w->slot;
		pthread_mutex_unlock(&loop.lock);
		if (ff)
			ff(opaque);
		pthread_mutex_lock(&loop.lock);
	}
	pthread_mutex_unlock(&loop.lock);
}

static void *run(void *arg)
{
	struct epoll_event ev[64];

	pthread_setname_np(pthread_self(), "libvirt-events");
	for (;;) {
		pthread_mutex_lock(&loop.lock);
		int64_t left = loop.heaped ? loop.heap[0]->at - clock_boot_ms() : 60000;
		int wait = loop.dead || loop.stopping || left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
		bool stop = loop.stopping && !loop.dead;
		pthread_mutex_unlock(&loop.lock);
		if (stop)
			return NULL;
		int n = epoll_wait(loop.epoll, ev, 64, wait);
		for (int i = 0; i < n; i++) {
			uint64_t count;
			if (ev[i].data.fd != loop.wake)
				run_handles(ev[i].data.fd, ev[i].events);
			else if (read(loop.wake, &count, sizeof count) < 0)
				continue;
		}
		run_timers();
		run_frees();
	}
}

struct err *eventloop_start(void)
{
	struct err *e = NULL;

	pthread_mutex_lock(&loop.lock);
	if (!loop.running) {
		loop.epoll = epoll_create1(EPOLL_CLOEXEC);
		loop.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		loop.stopping = false;
		struct epoll_event ev = { .events = EPOLLIN, .data.fd = loop.wake };
		if (loop.epoll < 0 || loop.wake < 0 || epoll_ctl(loop.epoll, EPOLL_CTL_ADD, loop.wake, &ev) != 0
			|| !thread_start(run, NULL, 0, &loop.thread))
			e = err_sys(ERR_FAILED, "start", "event thread", errno);
		else
			loop.running = true;
	}
	bool first = loop.running && !loop.registered;
	loop.registered = loop.registered || first;
	pthread_mutex_unlock(&loop.lock);
	if (first)
		virEventRegisterImpl(handle_add, handle_update, handle_remove, timer_add, timer_update, timer_remove);
	return e;
}

void eventloop_stop(void)
{
	pthread_mutex_lock(&loop.lock);
	bool was = loop.running;
	loop.running = false;
	loop.stopping = true;
	if (was)
		wake();
	pthread_mutex_unlock(&loop.lock);
	if (!was)
		return;
	pthread_join(loop.thread, NULL);
	close(loop.epoll);
	close(loop.wake);
	loop.epoll = loop.wake = -1;
	for (uint32_t i = 0; i < loop.slots; i++)
		free(loop.slot[i]);
	free(loop.slot);
	free(loop.heap);
	free(loop.fd);
	loop.slot = loop.heap = NULL;
	loop.fd = NULL;
	loop.slots = 0;
	loop.free = -1;
	loop.fds = 0;
	loop.heaped = loop.heap_room = 0;
	loop.dead = NULL;
}

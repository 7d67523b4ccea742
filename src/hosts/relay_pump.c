/* The one thread that has bytes moved between libvirt and its transports. At rest it sleeps in epoll; a frozen or dead peer
 * costs nothing, since a descriptor for which there is no room is taken out of epoll. Only relay.c talks to it. */
#include "hosts/relay_pump.h"

#include "common/buf.h"
#include "common/clock.h"
#include "ssh/wait.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURNS 16           /* chunks of one relay before others get their turn */

static struct {
	pthread_mutex_t lock;      /* all of this but epoll */
	pthread_cond_t let_go;
	pthread_t thread;
	bool running, stopping, leaving;
	int epoll, wake;
	struct relay *list, *look; /* all relays; those to be looked at */
	int64_t due;               /* earliest deadline, 0 none; may be too early, never too late */
	int64_t beat;              /* when those whose far side is listened for are looked at next, 0 there are none */
	size_t hot;                /* the thread's: relays with more to do than one turn */
} pump = { .lock = PTHREAD_MUTEX_INITIALIZER, .let_go = PTHREAD_COND_INITIALIZER, .epoll = -1, .wake = -1 };

static void wake(void)
{
	uint64_t one = 1;

	if (write(pump.wake, &one, sizeof one) < 0 && errno != EAGAIN)
		abort(); /* an eventfd takes ones up to 2^64 - 2 */
}

static void end(struct relay *r, enum relay_end why)
{
	pthread_mutex_lock(&r->lock);
	relay_end_locked(r, why);
	pthread_mutex_unlock(&r->lock);
}

/* Sets what epoll watches. Mask 0 takes the descriptor out: epoll tells of a hang-up even when nothing is asked for. */
static void arm(int fd, struct side *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	if (fd < 0 || events == s->armed)
		return;
	int rc = epoll_ctl(pump.epoll, !events ? EPOLL_CTL_DEL : s->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
	s->armed = events;
	if (rc != 0 && events) { /* no memory for it: better ended than deaf */
		end(s->relay, RELAY_FAR);
		pump_look(s->relay);
	}
}

/* After an end: nothing of it is left in epoll, libvirt's side is closed, the socket path gone. The tunnel is freed by
 * relay_free on a worker. */
static void let_down(struct relay *r)
{
	arm(r->listen_fd, &r->listen_side, 0);
	arm(r->near_fd, &r->near_side, 0);
	arm(r->far_fd, &r->far_side, 0);
	pthread_mutex_lock(&r->lock);
	if (r->listen_fd >= 0)
		close(r->listen_fd);
	if (r->near_fd >= 0)
		close(r->near_fd);
	if (r->far_fd >= 0 && !r->tunnel)
		close(r->far_fd);
	r->listen_fd = r->near_fd = r->far_fd = -1;
	if (r->bound)
		unlink(r->path);
	r->bound = false;
	pthread_mutex_unlock(&r->lock);
	if (r->hot)
		pump.hot--;
	r->hot = false;
}

static void accept_one(struct relay *r)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof who;
	int fd = accept4(r->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || who.uid != geteuid()) {
		close(fd);
		return;
	}
	arm(r->listen_fd, &r->listen_side, 0);
	pthread_mutex_lock(&r->lock);
	close(r->listen_fd);
	r->listen_fd = -1;
	unlink(r->path);
	r->bound = false;
	r->near_fd = fd;
	r->listen_until = 0;
	r->rpc.on = r->speaks_rpc;
	pthread_mutex_unlock(&r->lock);
}

static void arm_pumping(struct relay *r)
{
	uint32_t near_wants = (!r->near_eof && !r->to_far.len ? EPOLLIN : 0) | (r->to_near.len ? EPOLLOUT : 0);
	uint32_t far_wants;

	if (r->tunnel) {
		int w = r->far_eof ? 0 : ssh_link_wants(r->tunnel);
		far_wants = (w & POLLIN ? EPOLLIN : 0) | (w & POLLOUT ? EPOLLOUT : 0);
	} else {
		far_wants = (!r->far_eof && !r->to_near.len ? EPOLLIN : 0) | (r->to_far.len ? EPOLLOUT : 0);
	}
	arm(r->near_fd, &r->near_side, near_wants);
	arm(r->far_fd, &r->far_side, far_wants);
}

/* near, far: something may be there to be read; the first look and what epoll saw. */
static void work(struct relay *r, bool near, bool far)
{
	bool moved = true;

	if (relay_ended(r) == RELAY_OPEN && r->listen_fd >= 0) {
		accept_one(r);
		if (r->listen_fd >= 0) {
			arm(r->listen_fd, &r->listen_side, EPOLLIN);
			return;
		}
	}
	for (int i = 0; i < TURNS && moved && relay_ended(r) == RELAY_OPEN; i++) {
		moved = relay_move(r, near, far);
		if (r->near_eof)
			end(r, RELAY_NEAR);
		else if (r->far_eof && !r->to_near.len)
			end(r, RELAY_FAR); /* what it said last has been handed over */
	}
	if (relay_ended(r) != RELAY_OPEN) {
		let_down(r);
		return;
	}
	arm_pumping(r);
	if (r->hot != moved)
		pump.hot += moved ? 1 : (size_t)-1;
	r->hot = moved; /* there is more, and perhaps inside libssh, where epoll does not see it */
}

/* Ends what is late and finds the next deadline. */
static void check_deadlines(int64_t now)
{
	int64_t next = 0;

	pthread_mutex_lock(&pump.lock);
	pump.due = 0;
	struct relay *list = pump.list;
	pthread_mutex_unlock(&pump.lock);
	/* Relays leave the list on this thread alone; new ones come in before its head. */
	for (struct relay *r = list; r; r = r->next) {
		pthread_mutex_lock(&r->lock);
		int64_t at = r->ended != RELAY_OPEN ? 0 : r->deadline;
		if (r->ended == RELAY_OPEN && r->listen_until && (!at || r->listen_until < at))
			at = r->listen_until;
		if (at && at <= now) {
			relay_end_locked(r, RELAY_LATE);
			at = 0;
		}
		bool over = r->ended != RELAY_OPEN;
		pthread_mutex_unlock(&r->lock);
		if (over)
			let_down(r);
		if (at && (!next || at < next))
			next = at;
	}
	if (next)
		pump_due(next);
}

/* Once a beat: asks the far sides that said nothing for a while, ends those that said nothing for long. */
static void beat(int64_t now)
{
	bool any = false;

	pthread_mutex_lock(&pump.lock);
	struct relay *list = pump.list;
	pthread_mutex_unlock(&pump.lock);
	for (struct relay *r = list; r; r = r->next) {
		pthread_mutex_lock(&r->lock);
		bool watched = r->watched && r->ended == RELAY_OPEN;
		pthread_mutex_unlock(&r->lock);
		if (!watched)
			continue;
		any = true;
		if (!relay_beat(r))
			end(r, RELAY_SILENT);
		if (r->ask || r->silent >= RELAY_DEAD_BEATS)
			work(r, false, false);
	}
	pthread_mutex_lock(&pump.lock);
	pump.beat = any ? now + RELAY_BEAT_MS : 0;
	pthread_mutex_unlock(&pump.lock);
}

static void look(void)
{
	for (;;) {
		pthread_mutex_lock(&pump.lock);
		struct relay *r = pump.look;
		if (r) {
			pump.look = r->look_next;
			r->looked = false;
		}
		pthread_mutex_unlock(&pump.lock);
		if (!r)
			return;
		work(r, true, true);
	}
}

static void work_hot(void)
{
	pthread_mutex_lock(&pump.lock);
	struct relay *list = pump.list;
	pthread_mutex_unlock(&pump.lock);
	for (struct relay *r = list; r && pump.hot; r = r->next)
		if (r->hot)
			work(r, true, true);
}

/* Those whose owners wait in pump_remove. No event of this turn points at them any more. */
static void let_go(void)
{
	pthread_mutex_lock(&pump.lock);
	for (struct relay *r = pump.list, *next; r; r = next) {
		next = r->next;
		if (!r->leaving)
			continue;
		let_down(r);
		for (struct relay **p = &pump.look; *p; p = &(*p)->look_next)
			if (*p == r) {
				*p = r->look_next;
				break;
			}
		if (r->prev)
			r->prev->next = r->next;
		else
			pump.list = r->next;
		if (r->next)
			r->next->prev = r->prev;
		r->held = false;
	}
	pump.leaving = false;
	pthread_cond_broadcast(&pump.let_go);
	pthread_mutex_unlock(&pump.lock);
}

static int timeout(int64_t now)
{
	int ms = -1;

	pthread_mutex_lock(&pump.lock);
	if (pump.hot || pump.look || pump.leaving)
		ms = 0;
	int64_t at = pump.beat && (!pump.due || pump.beat < pump.due) ? pump.beat : pump.due;
	if (ms < 0 && at)
		ms = at <= now ? 0 : at - now > 60000 ? 60000 : (int)(at - now);
	pthread_mutex_unlock(&pump.lock);
	return ms;
}

static void *run(void *arg)
{
	struct epoll_event ev[64];

	pthread_setname_np(pthread_self(), "relay");
	for (;;) {
		int n = epoll_wait(pump.epoll, ev, 64, timeout(clock_boot_ms()));
		for (int i = 0; i < n; i++) {
			uint64_t count;
			struct side *s = ev[i].data.ptr;
			if (s)
				work(s->relay, s != &s->relay->far_side, s != &s->relay->near_side);
			else if (read(pump.wake, &count, sizeof count) < 0)
				continue;
		}
		look();
		if (pump.hot)
			work_hot();
		int64_t now = clock_boot_ms();
		pthread_mutex_lock(&pump.lock);
		bool late = pump.due && pump.due <= now, leaving = pump.leaving, stop = pump.stopping;
		bool beats = pump.beat && pump.beat <= now;
		pthread_mutex_unlock(&pump.lock);
		if (beats)
			beat(now);
		if (late)
			check_deadlines(now);
		if (leaving)
			let_go();
		if (stop)
			return NULL;
	}
}

struct err *pump_add(struct relay *r)
{
	r->listen_side.relay = r->near_side.relay = r->far_side.relay = r;
	pthread_mutex_lock(&pump.lock);
	if (!pump.running) {
		pthread_mutex_unlock(&pump.lock);
		return err_new(ERR_INTERNAL, "relay.asleep", NULL);
	}
	r->held = true;
	r->next = pump.list;
	if (r->next)
		r->next->prev = r;
	pump.list = r;
	pthread_mutex_unlock(&pump.lock);
	pump_due(r->listen_until);
	pump_look(r);
	return NULL;
}

void pump_look(struct relay *r)
{
	pthread_mutex_lock(&pump.lock);
	if (r->held && !r->looked) {
		r->looked = true;
		r->look_next = pump.look;
		pump.look = r;
		wake();
	}
	pthread_mutex_unlock(&pump.lock);
}

void pump_due(int64_t at)
{
	pthread_mutex_lock(&pump.lock);
	if (!pump.due || at < pump.due) {
		pump.due = at;
		if (pump.running)
			wake();
	}
	pthread_mutex_unlock(&pump.lock);
}

void pump_beat(void)
{
	pthread_mutex_lock(&pump.lock);
	if (!pump.beat && pump.running) {
		pump.beat = clock_boot_ms() + RELAY_BEAT_MS;
		wake();
	}
	pthread_mutex_unlock(&pump.lock);
}

void pump_remove(struct relay *r)
{
	pthread_mutex_lock(&pump.lock);
	if (r->held) {
		r->leaving = pump.leaving = true;
		wake();
	}
	while (r->held)
		pthread_cond_wait(&pump.let_go, &pump.lock);
	pthread_mutex_unlock(&pump.lock);
}

struct err *relay_start(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	struct err *e = NULL;

	wait_ignore_sigpipe();
	pthread_mutex_lock(&pump.lock);
	if (!pump.running) {
		pump.epoll = epoll_create1(EPOLL_CLOEXEC);
		pump.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		pump.stopping = false;
		if (pump.epoll < 0 || pump.wake < 0 || epoll_ctl(pump.epoll, EPOLL_CTL_ADD, pump.wake, &ev) != 0
			|| !thread_start(run, NULL, 0, &pump.thread))
			e = err_sys(ERR_FAILED, "start", "relay thread", errno);
		else
			pump.running = true;
	}
	pthread_mutex_unlock(&pump.lock);
	return e;
}

void relay_stop(void)
{
	pthread_mutex_lock(&pump.lock);
	bool was = pump.running;
	pump.running = false;
	pump.stopping = true;
	if (was)
		wake();
	pthread_mutex_unlock(&pump.lock);
	if (!was)
		return;
	pthread_join(pump.thread, NULL);
	close(pump.epoll);
	close(pump.wake);
	pump.epoll = pump.wake = -1;
}

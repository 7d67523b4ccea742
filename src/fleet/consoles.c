/* Owns the serial consoles: each a connection that is opened, written to and closed on workers, and a bounded box between the
 * thread on which the guest is heard and the loop. Called by the broker through fleet.h, by fleet.c at the end. */
#include "fleet/consoles.h"

#include "fleet/machine.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define console_of(ptr, member) ((struct fleet_console *)(void *)((char *)(ptr) - offsetof(struct fleet_console, member)))

enum step { STEP_OPEN, STEP_WRITE, STEP_CLOSE };

struct fleet_console {
	struct fleet_console *next, **prev;
	struct fleet *f;
	char uuid[HOST_UUID_LEN + 1];
	istr host;
	bool force;
	struct fleet_console_sink sink;
	bool open, over;        /* opened; ended, and that was told */
	bool let_go;            /* by its owner: nothing is told any more */
	/* the one step that is under way on a worker */
	bool busy;
	enum step step;
	struct work work;
	struct mail back;
	struct err *err;
	struct loop_timer *timer;
	struct buf typed, sending;
	pthread_mutex_t hlock;  /* guards h against being freed under an abort */
	struct host *h;
	/* what the guest said and the loop has not heard */
	pthread_mutex_t lock;
	struct mail news;
	bool posted;
	struct buf in;
	uint64_t lost;
	bool ended;
	struct err *why;
};

/* ---- on any thread ---- */

static void post(struct fleet_console *c)
{
	if (c->posted)
		return;
	c->posted = true;
	mailbox_put(c->f->mail, &c->news);
}

static void on_data(void *ctx, const void *data, size_t n)
{
	struct fleet_console *c = ctx;
	const char *at = data;

	pthread_mutex_lock(&c->lock);
	if (n > FLEET_CONSOLE_IN) {
		c->lost += n - FLEET_CONSOLE_IN;
		at += n - FLEET_CONSOLE_IN;
		n = FLEET_CONSOLE_IN;
	}
	if (c->in.len + n > FLEET_CONSOLE_IN) {
		size_t old = c->in.len + n - FLEET_CONSOLE_IN;
		c->lost += old;
		buf_drop(&c->in, old);
	}
	buf_append(&c->in, at, n);
	post(c);
	pthread_mutex_unlock(&c->lock);
}

static void on_end(void *ctx, struct err *e)
{
	struct fleet_console *c = ctx;

	pthread_mutex_lock(&c->lock);
	if (c->ended) {
		err_free(e);
	} else {
		c->ended = true;
		c->why = e;
		post(c);
	}
	pthread_mutex_unlock(&c->lock);
}

static void on_event(void *ctx, const struct host_event *ev)
{
	struct fleet_console *c = ctx;

	if (ev->kind == HOST_EVENT_CLOSED)
		on_end(c, err_new(ERR_UNREACHABLE, "fleet.lost", "{s:s, s:s}", "host", c->host, "reason", ev->text ? ev->text : ""));
}

/* ---- on a worker ---- */

static void run(struct work *w)
{
	struct fleet_console *c = console_of(w, work);
	struct host_console_sink sink = { .ctx = c, .data = on_data, .end = on_end };
	struct host *h = c->h;

	switch (c->step) {
	case STEP_OPEN:
		c->err = host_open(h);
		if (!c->err)
			c->err = host_console_open(h, c->uuid, c->force, &sink);
		break;
	case STEP_WRITE:
		c->err = host_console_write(h, c->sending.data, c->sending.len);
		break;
	case STEP_CLOSE:
		host_close(h);
		pthread_mutex_lock(&c->hlock);
		c->h = NULL;
		pthread_mutex_unlock(&c->hlock);
		host_free(h);
		break;
	}
}

static void returned(struct work *w)
{
	struct fleet_console *c = console_of(w, work);

	mailbox_put(c->f->mail, &c->back);
}

/* ---- on the loop ---- */

static void call_off(struct fleet_console *c)
{
	pthread_mutex_lock(&c->hlock);
	if (c->h)
		host_abort(c->h);
	pthread_mutex_unlock(&c->hlock);
}

/* A step takes too long: it comes back with an error then. */
static void on_late(void *ctx)
{
	call_off(ctx);
}

static void start(struct fleet_console *c, enum step step)
{
	const struct fleet_config *g = &c->f->c;

	c->busy = true;
	c->step = step;
	loop_timer_set(c->timer, step == STEP_OPEN ? OPEN_STEPS * g->connect_ms + g->short_ms : g->short_ms);
	workers_put(c->f->workers, step == STEP_WRITE ? WORK_CALL : WORK_CONNECT, (unsigned)(TURN_NEXT + 1), &c->work);
}

static void console_free(struct fleet_console *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->f->conns--;
	loop_timer_free(c->timer);
	buf_free(&c->typed);
	buf_free(&c->sending);
	buf_free(&c->in);
	err_free(c->why);
	err_free(c->err);
	intern_free(c->host);
	pthread_mutex_destroy(&c->hlock);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void end(struct fleet_console *c, struct err *e)
{
	if (c->over || c->let_go) {
		err_free(e);
		return;
	}
	c->over = true;
	c->sink.ended(c->sink.ctx, e);
}

/* The box is emptied; before it was told that it is open, nothing is. */
static void deliver(struct fleet_console *c)
{
	pthread_mutex_lock(&c->lock);
	struct buf in = c->in;
	uint64_t lost = c->lost;
	bool ended = c->ended;
	struct err *why = c->why;
	c->in = (struct buf){ 0 };
	c->lost = 0;
	c->why = NULL;
	pthread_mutex_unlock(&c->lock);
	if (!c->let_go && !c->over && (in.len || lost))
		c->sink.data(c->sink.ctx, in.data, in.len, lost);
	buf_free(&in);
	if (ended)
		end(c, why);
}

static void open_news(struct mail *m)
{
	struct fleet_console *c = console_of(m, news);

	pthread_mutex_lock(&c->lock);
	c->posted = false;
	pthread_mutex_unlock(&c->lock);
	if (c->open)
		deliver(c);
}

static void write_next(struct fleet_console *c)
{
	if (c->busy || c->over || !c->typed.len)
		return;
	struct buf empty = c->sending;
	empty.len = 0;
	c->sending = c->typed;
	c->typed = empty;
	start(c, STEP_WRITE);
}

static void open_back(struct mail *m)
{
	struct fleet_console *c = console_of(m, back);
	struct err *e = c->err;

	c->err = NULL;
	c->busy = false;
	loop_timer_clear(c->timer);
	if (c->step == STEP_CLOSE) { /* nothing of the host comes after it, and what came stood before this mail */
		err_free(e);
		console_free(c);
		return;
	}
	if (c->let_go) {
		err_free(e);
		start(c, STEP_CLOSE);
		return;
	}
	if (c->step == STEP_WRITE) {
		c->sending.len = 0;
		if (e)
			end(c, e);
		else
			write_next(c);
		return;
	}
	c->open = !e;
	c->over = e != NULL;
	c->sink.opened(c->sink.ctx, e);
	if (c->open)
		deliver(c);
}

const char *fleet_no_console(const struct fleet *f, const struct vm *vm, const char **driver)
{
	const struct sup *s = sup_find(f, vm->blade);

	*driver = s && s->blade ? s->blade->driver : "";
	return s && s->facts_known ? s->no_console : NULL;
}

struct err *fleet_console_open(struct fleet *f, const struct vm *vm, bool force, const struct fleet_console_sink *s,
	struct fleet_console **out)
{
	struct sup *sup = sup_find(f, vm->blade);
	const char *driver, *why = fleet_no_console(f, vm, &driver);

	*out = NULL;
	if (!sup || !sup->blade || !sup->listed || f->stopping)
		return err_new(ERR_UNREACHABLE, "fleet.unreachable", "{s:s}", "host", vm->blade);
	if (why)
		return err_new(ERR_UNSUPPORTED, why, "{s:s}", "driver", driver);
	struct fleet_console *c = xcalloc(1, sizeof(*c));
	struct host_spec spec = conn_spec(sup);
	struct host_sink sink = { .event = on_event, .ctx = c };
	struct err *e = host_new(&spec, LANE_CONSOLE, &sink, &c->h);
	if (e) {
		free(c);
		return e;
	}
	c->f = f;
	c->host = intern(sup->name);
	memcpy(c->uuid, vm->uuid, strnlen(vm->uuid, HOST_UUID_LEN));
	c->force = force;
	c->sink = *s;
	c->work.run = run;
	c->work.returned = returned;
	c->back.open = open_back;
	c->news.open = open_news;
	c->timer = loop_timer_new(f->c.loop, on_late, c);
	pthread_mutex_init(&c->hlock, NULL);
	pthread_mutex_init(&c->lock, NULL);
	c->next = f->consoles;
	c->prev = &f->consoles;
	if (c->next)
		c->next->prev = &c->next;
	f->consoles = c;
	f->conns++;
	start(c, STEP_OPEN);
	*out = c;
	return NULL;
}

bool fleet_console_write(struct fleet_console *c, const void *data, size_t n)
{
	if (c->let_go || c->over)
		return true;
	if (c->typed.len + c->sending.len + n > FLEET_CONSOLE_OUT)
		return false;
	buf_append(&c->typed, data, n);
	if (c->open)
		write_next(c);
	return true;
}

void fleet_console_close(struct fleet_console *c)
{
	c->let_go = true;
	if (c->busy)
		call_off(c);
	else
		start(c, STEP_CLOSE);
}

void consoles_stop(struct fleet *f)
{
	for (struct fleet_console *c = f->consoles; c; c = c->next)
		if (!c->let_go)
			fleet_console_close(c);
		else
			call_off(c);
}

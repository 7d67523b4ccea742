/* Owns connections: their calls on workers, their events into the mailbox, their end. Called by supervisor.c. */
#include "fleet/machine.h"

#include "common/clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXTRAS_MS 100   /* that addresses of VMs may be asked for in one go */
#define EVENTS_MAX 4096 /* of one host on their way to the loop; more spill */

#define call_of(ptr, member) ((struct call *)(void *)((char *)(ptr) - offsetof(struct call, member)))

struct call *call_new(enum call_kind kind, const char *uuid, int limit_ms)
{
	struct call *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->limit_ms = limit_ms;
	if (uuid) {
		size_t n = strnlen(uuid, HOST_UUID_LEN);

		memcpy(c->uuid, uuid, n);
	}
	return c;
}

struct order *order_copy(const struct host_snap_order *o)
{
	struct order *to = xcalloc(1, sizeof(*to));

	to->o = *o;
	to->o.name = to->name = o->name ? xstrdup(o->name) : NULL;
	to->o.note = to->note = o->note ? xstrdup(o->note) : NULL;
	to->o.xml = to->xml = o->xml ? xstrdup(o->xml) : NULL;
	return to;
}

static void order_free(struct order *o)
{
	free(o->name);
	free(o->note);
	free(o->xml);
	free(o);
}

void call_answer(struct call *c, struct err *e)
{
	if (!c->owed) {
		err_free(e);
		return;
	}
	c->owed = false;
	if (call_is_order(c))
		c->act.done(c->act.ctx, e);
	else if (c->kind == CALL_SCREEN)
		c->told_screen(c->told_ctx, e, e ? NULL : c->screen);
	else if (c->kind == CALL_SNAPS)
		c->told_snaps(c->told_ctx, e, e ? NULL : c->snaps);
	else
		c->told(c->told_ctx, e, e ? NULL : c->detail);
}

void call_free(struct call *c)
{
	err_free(c->err);
	free(c->facts);
	if (c->vms)
		host_vms_free(c->vms, c->nvms);
	if (c->detail) {
		host_vm_detail_free(c->detail);
		free(c->detail);
	}
	if (c->snaps) {
		host_snaps_free(c->snaps);
		free(c->snaps);
	}
	if (c->order)
		order_free(c->order);
	for (size_t i = 0; i < c->asked; i++)
		host_extra_free(&c->extras[i]);
	free(c->extras);
	if (c->screen)
		free(c->screen->rgb);
	free(c->screen);
	free(c->uuids);
	free(c->stats);
	free(c);
}

void event_free(struct event *e)
{
	free(e->text);
	free(e);
}

/* ---- on a worker ---- */

static void list(struct host *h, struct call *c)
{
	if (c->with_facts) {
		c->facts = xcalloc(1, sizeof(*c->facts));
		c->err = host_facts(h, c->facts);
	}
	if (!c->err)
		c->err = c->rough || c->light ? host_list_states(h, c->light, &c->vms, &c->nvms) : host_list(h, &c->vms, &c->nvms);
}

static struct err *look(struct host *h, struct call *c)
{
	c->vms = xcalloc(1, sizeof(*c->vms));
	struct err *e = host_look(h, c->uuid, c->vms);

	if (!e)
		c->nvms = 1;
	return e;
}

static struct err *detail(struct host *h, struct call *c)
{
	struct host_vm_detail *d = xcalloc(1, sizeof(*d));
	struct err *e = host_detail(h, c->uuid, d);

	if (e)
		free(d);
	else
		c->detail = d;
	return e;
}

static struct err *snapshots(struct host *h, struct call *c)
{
	struct host_snaps *s = xcalloc(1, sizeof(*s));
	struct err *e = host_snapshots(h, c->uuid, c->order ? &c->order->o : NULL, s);

	if (e)
		free(s);
	else
		c->snaps = s;
	return e;
}

/* One after the other, as long as nobody would feel it who waits for the lane. What goes wrong with one VM is that VM's. */
static struct err *extras(struct host *h, struct call *c)
{
	int64_t end = clock_boot_ms() + EXTRAS_MS;
	struct err *e = NULL;

	while (c->asked < c->nextras && (!c->asked || clock_boot_ms() < end)) {
		e = host_extra(h, c->uuids[c->asked], &c->extras[c->asked]);
		if (sup_is_lost(e))
			return e;
		err_free(e);
		c->asked++;
	}
	return NULL;
}

static struct err *screen(struct host *h, struct call *c)
{
	struct host_screen *s = xcalloc(1, sizeof(*s));
	struct err *e = host_screenshot(h, c->uuid, s);

	if (e)
		free(s);
	else
		c->screen = s;
	return e;
}

static void close_host(struct conn *c)
{
	struct host *h = c->h;

	host_close(h);
	pthread_mutex_lock(&c->lock);
	c->h = NULL;
	pthread_mutex_unlock(&c->lock);
	host_free(h);
}

static void run(struct work *w)
{
	struct call *c = call_of(w, work);
	struct host *h = c->conn->h;

	switch (c->kind) {
	case CALL_OPEN:
		c->err = host_open(h);
		break;
	case CALL_FACTS:
		c->facts = xcalloc(1, sizeof(*c->facts));
		c->err = c->rough ? host_identity(h, c->facts) : host_facts(h, c->facts);
		break;
	case CALL_LIST:
		list(h, c);
		break;
	case CALL_LOOK:
		c->err = look(h, c);
		break;
	case CALL_DETAIL:
		c->err = detail(h, c);
		break;
	case CALL_SNAPS:
		c->err = snapshots(h, c);
		break;
	case CALL_ACT:
		c->err = host_act(h, c->uuid, c->verb);
		break;
	case CALL_SNAP:
		c->err = host_snap_act(h, c->uuid, &c->order->o);
		break;
	case CALL_STATS:
		c->err = host_stats(h, (const char (*)[HOST_UUID_LEN + 1])c->uuids, c->nstats, c->stats);
		c->stats_at = clock_boot_ms();
		break;
	case CALL_EXTRA:
		c->err = extras(h, c);
		break;
	case CALL_SCREEN:
		c->err = screen(h, c);
		break;
	case CALL_CLOSE:
		close_host(c->conn);
		break;
	}
}

static void returned(struct work *w)
{
	struct call *c = call_of(w, work);

	mailbox_put(c->conn->f->mail, &c->mail);
}

/* ---- on any thread ---- */

static void open_event(struct mail *m)
{
	struct event *e = (struct event *)m;
	struct conn *c = e->conn;
	bool last = atomic_fetch_sub(&c->events, 1) == 1;
	bool spilled = last && atomic_exchange(&c->spilled, false);

	sup_event(c, e);
	if (spilled && !c->lost)
		sup_list(c->s, false);
}

static void on_event(void *ctx, const struct host_event *ev)
{
	struct conn *c = ctx;
	struct event *e;

	if (c->lane != LANE_SHORT && ev->kind != HOST_EVENT_CLOSED)
		return; /* the short lane tells the same */
	if (atomic_load(&c->events) >= EVENTS_MAX && ev->kind != HOST_EVENT_CLOSED) {
		atomic_store(&c->spilled, true);
		return;
	}
	e = xcalloc(1, sizeof(*e));
	e->mail.open = open_event;
	e->conn = c;
	e->kind = ev->kind;
	e->why = ev->why;
	e->state = ev->state;
	if (ev->kind == HOST_EVENT_CLOSED)
		e->text = xstrdup(ev->text);
	else
		memcpy(e->uuid, ev->uuid, sizeof(e->uuid));
	e->uuid[HOST_UUID_LEN] = '\0';
	atomic_fetch_add(&c->events, 1);
	mailbox_put(c->f->mail, &e->mail);
}

/* ---- on the loop ---- */

struct host_spec conn_spec(const struct sup *s)
{
	return (struct host_spec){
		.name = s->name, .uri = s->uri, .key_file = s->key_file, .known_hosts = s->known_hosts,
		.runtime_dir = s->f->c.runtime_dir, .connect_ms = s->f->c.connect_ms,
	};
}

struct err *conn_new(struct sup *s, enum lane lane, struct conn **out)
{
	struct conn *c = xcalloc(1, sizeof(*c));
	struct host_sink sink = { .event = on_event, .ctx = c };
	struct host_spec spec = conn_spec(s);
	spec.hasty = lane == LANE_SHORT && sup_many(s);
	struct err *e = host_new(&spec, lane, &sink, &c->h);

	if (e) {
		free(c);
		return e;
	}
	c->s = s;
	c->f = s->f;
	c->lane = lane;
	c->one_lane = host_one_lane(c->h);
	pthread_mutex_init(&c->lock, NULL);
	c->f->conns++;
	*out = c;
	return NULL;
}

static void conn_free(struct conn *c)
{
	c->f->conns--;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void open_return(struct mail *m)
{
	struct call *call = (struct call *)m;
	struct conn *c = call->conn;

	c->flying = NULL;
	c->idle_since = clock_boot_ms();
	if (call->kind != CALL_CLOSE) {
		sup_returned(c, call);
		return;
	}
	/* no event comes after host_close, and those that came stood before this mail */
	call_free(call);
	sup_closed(c);
	conn_free(c);
}

void conn_call(struct conn *c, struct call *call, int turn)
{
	call->conn = c;
	call->mail.open = open_return;
	call->work.run = run;
	call->work.returned = returned;
	c->flying = call;
	workers_put(c->f->workers, turn == TURN_CALL ? WORK_CALL : WORK_CONNECT, (unsigned)(turn + 1), &call->work);
}

bool conn_take_back(struct conn *c)
{
	if (!workers_take_back(c->f->workers, &c->flying->work))
		return false;
	c->flying = NULL;
	return true;
}

void conn_abort(struct conn *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->h)
		host_abort(c->h);
	pthread_mutex_unlock(&c->lock);
}

void conn_close(struct conn *c)
{
	c->lost = true;
	c->closing = true;
	conn_call(c, call_new(CALL_CLOSE, NULL, c->f->c.short_ms), TURN_NEXT);
}

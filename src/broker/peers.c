/* Connections: the list of them, how one begins and ends, and what the broker tells them all. */
#include "broker/peer.h"

#include "broker/consoles.h"
#include "broker/now.h"

#include "common/clock.h"
#include "common/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_timer(void *ctx);
static void on_idle(void *ctx);

/* ---- life ---- */

struct peers *peers_new(struct broker *b)
{
	struct peers *p = xcalloc(1, sizeof *p);

	p->b = b;
	return p;
}

void peer_free(struct peer *p)
{
	struct peers *all = p->all;

	for (struct request *q = p->requests, *next; q; q = next) {
		next = q->next;
		q->peer = NULL;
		q->prev = NULL;
	}
	consoles_peer_gone(all->b->consoles, p);
	now_peer_gone(all->b->now, p);
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	all->n--;
	loop_io_del(p->io);
	loop_timer_free(p->timer);
	loop_timer_free(p->idle);
	rate_end(&p->rate);
	close(p->fd);
	plans_clear(&p->plans);
	feed_free(p->feed);
	proto_reader_free(&p->in);
	buf_free(&p->out);
	free(p->gids);
	free(p->user);
	free(p->origin);
	free(p->tenant);
	bool private_peer = p->is_private;
	free(p);
	if (private_peer && !all->freeing)
		broker_stop(all->b);
}

void peers_free(struct peers *p)
{
	if (!p)
		return;
	p->freeing = true;
	loop_soon_cancel(p->b->loop, peers_flush, p);
	while (p->first)
		peer_free(p->first);
	rate_free(&p->rates);
	free(p);
}

struct peer *peers_find(struct peers *p, uint64_t serial)
{
	for (struct peer *at = p->first; at; at = at->next)
		if (at->serial == serial)
			return at;
	return NULL;
}

uint64_t peer_serial(const struct peer *p)
{
	return p->serial;
}

const struct actor *peer_actor(const struct peer *p)
{
	return &p->actor;
}

struct plans *peer_plans(struct peer *p)
{
	return &p->plans;
}

bool peer_said_hello(const struct peer *p)
{
	return p->hello;
}

struct broker *peer_broker(const struct peer *p)
{
	return p->all->b;
}

/* ---- how one begins ---- */

static void put_greeting(struct peer *p)
{
	struct site *s = registry_find(p->all->b->objects, KIND_SITE, "site");

	buf_printf(&p->out, "{\"tana\":{\"protocols\":[%d],\"version\":\"%s\",\"site\":", PROTO_VERSION, TANA_VERSION);
	buf_json_string(&p->out, s ? s->name : "");
	buf_str(&p->out, "}}\n");
}

void peer_put_error(struct peer *p, json_t *id, struct err *e)
{
	proto_error(&p->out, id, e);
	err_free(e);
}

static struct err *too_many(struct peer *p)
{
	const struct broker *b = p->all->b;
	const struct broker_config *c = &b->c;
	const struct site_role *row = p->actor.row;
	int max = c->peers_max ? c->peers_max : b->site->consoles_max ? b->site->consoles_max : PEERS_MAX, same = 0;
	int mine = c->peers_of_user ? c->peers_of_user : row && row->consoles ? row->consoles : PEERS_OF_USER;

	/* However many customers come, an operator gets in. */
	if (!actor_is_staff(&p->actor) && max > 2 * PEERS_STAFF)
		max -= PEERS_STAFF;
	if (p->all->n > max)
		return err_new(ERR_LIMIT, "peers.full", "{s:i}", "max", max);
	for (const struct peer *at = p->all->first; at; at = at->next)
		same += at->uid == p->uid;
	return same > mine ? err_new(ERR_LIMIT, "peers.user", "{s:i}", "max", mine) : NULL;
}

void peers_add(struct peers *all, int fd, bool private_peer)
{
	struct peer *p = xcalloc(1, sizeof *p);
	struct broker *b = all->b;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	p->all = all;
	p->serial = ++all->serial;
	p->fd = fd;
	p->is_private = private_peer;
	p->used_at = clock_boot_ms();
	p->next = all->first;
	p->prev = &all->first;
	if (p->next)
		p->next->prev = &p->next;
	all->first = p;
	all->n++;
	peer_set_text(&p->user, &p->actor.user, "");
	peer_set_text(&p->origin, &p->actor.origin, "");
	proto_reader_init(&p->in, PROTO_REQUEST_MAX);
	p->feed = feed_new(b->objects, b->view, b->news);
	p->io = loop_io_add(b->loop, fd, LOOP_READ, peer_on_io, p);
	p->timer = loop_timer_new(b->loop, on_timer, p);
	p->idle = loop_timer_new(b->loop, on_idle, p);
	peer_ask_kernel(p);
	rate_begin(&p->rate, &all->rates, all->b->c.rate ? all->b->c.rate : RATE_PER_S, p->uid, p->used_at);
	peer_find_role(p);
	struct err *e = too_many(p);
	if (e) {
		broker_denied(b, &p->actor, "connect", NULL, NULL, e);
		peer_put_error(p, NULL, e);
		peer_end_after(p);
		peer_step(p);
		return;
	}
	put_greeting(p);
	peer_name(p);
}

struct err *peer_hello(struct peer *p, const char *origin, bool batch, bool read_only)
{
	char *clean = text_clean_dup(origin);

	peer_set_text(&p->origin, &p->actor.origin, clean);
	free(clean);
	if (p->actor.role == ROLE_NONE)
		return err_new(ERR_ROLE, "peer.role", "{s:s}", "user", p->user);
	if (read_only && !actor_is_staff(&p->actor))
		return err_new(ERR_ROLE, "peer.read_only", NULL);
	p->read_only = read_only;
	if (read_only)
		peer_find_role(p);
	p->hello = true;
	p->batch = batch;
	loop_timer_clear(p->timer);
	peer_arm_idle(p);
	return NULL;
}

/* ---- at rest ---- */

int peer_idle_s(const struct peer *p)
{
	return p->actor.row && !p->read_only ? p->actor.row->idle_s : 0; /* a wall is watched, not used */
}

static int64_t rest_ms(const struct peer *p)
{
	int extra = p->all->b->c.idle_extra_ms;

	return peer_idle_s(p) * 1000LL + (extra ? extra : PEER_IDLE_EXTRA_MS);
}

void peer_arm_idle(struct peer *p)
{
	int64_t left = p->used_at + rest_ms(p) - clock_boot_ms();

	if (p->hello && peer_idle_s(p))
		loop_timer_set(p->idle, left > 0 ? left : 0);
	else
		loop_timer_clear(p->idle);
}

static void on_idle(void *ctx)
{
	struct peer *p = ctx;

	if (p->state != PEER_OPEN)
		return;
	if (clock_boot_ms() < p->used_at + rest_ms(p)) {
		peer_arm_idle(p);
		return;
	}
	peer_put_error(p, NULL, err_new(ERR_TIMEOUT, "peer.idle", "{s:i}", "minutes", (peer_idle_s(p) + 59) / 60));
	peer_end_after(p);
	peer_step(p);
}

static void on_timer(void *ctx)
{
	struct peer *p = ctx;

	switch (p->state) {
	case PEER_NAMING:
		peer_name_late(p);
		return;
	case PEER_ENDING:
		peer_free(p);
		return;
	case PEER_OPEN:
		if (!p->hello && !p->starved) {
			peer_put_error(p, NULL, err_new(ERR_TIMEOUT, "peer.late", "{s:i}", "seconds", PEER_HELLO_MS / 1000));
			peer_end_after(p);
		}
		/* That its user's other connections ask too fast gives it time, and not for ever. */
		if (!p->hello && p->starved)
			loop_timer_set(p->timer, PEER_HELLO_MS);
		p->starved = false;
		peer_step(p);
	}
}

/* ---- what the broker tells ---- */

void peers_flush(void *ctx)
{
	struct peers *all = ctx;

	/* A peer that ends frees itself alone, so the next one stays what it is. */
	for (struct peer *p = all->first, *next; p; p = next) {
		next = p->next;
		peer_step(p);
	}
}

void peers_poke(struct peers *p)
{
	if (p->first)
		loop_soon(p->b->loop, peers_flush, p);
}

void peers_changed(struct peers *all, enum kind k, uint32_t slot)
{
	for (struct peer *p = all->first; p; p = p->next)
		feed_changed(p->feed, k, slot);
	peers_poke(all);
}

void peers_gone(struct peers *all, enum kind k, uint32_t slot, const void *object)
{
	for (struct peer *p = all->first; p; p = p->next)
		feed_gone(p->feed, k, slot, object);
	peers_poke(all);
}

void peers_review_customers(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next) {
		if (p->actor.role != ROLE_CUSTOMER)
			continue;
		feed_review(p->feed, KIND_JOB);
		feed_review(p->feed, KIND_LEASE);
	}
}

void peers_roles_changed(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next) {
		const struct site_role *was = p->actor.row; /* of the model before, which is there till all are done */
		plans_clear(&p->plans);
		peer_find_role(p);
		peer_arm_idle(p);
		if (site_role_same(was, p->actor.row) || p->state != PEER_OPEN || !p->hello)
			continue;
		if (p->actor.role == ROLE_NONE) {
			peer_put_error(p, NULL, err_new(ERR_ROLE, "peer.role.lost", "{s:s}", "user", p->user));
			peer_end_after(p);
		} else {
			feed_restart(p->feed);
		}
	}
	peers_poke(all);
}

void peers_stopping(struct peers *all)
{
	for (struct peer *p = all->first; p; p = p->next)
		if (p->hello && p->state == PEER_OPEN)
			buf_str(&p->out, "{\"event\":\"stopping\",\"back\":true}\n");
	peers_poke(all);
}

/* Connections: accept checks, framing, queues, and when each is read and written. */
#include "broker/peers.h"

#include "broker/commands.h"
#include "broker/version.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/proto.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEED_UNTIL (64 * 1024)     /* bytes of the stream that are made in one go */
#define TOKENS_MAX 200             /* requests in a burst */
#define TOKENS_PER_S 100
#define LINGER_MS 2000             /* for the last words to a peer that is ended */
#define NAME_MS 5000               /* for the name service to say who it is */
#define GROUPS_MAX 65536

enum peer_state { PEER_NAMING /* who is it */, PEER_OPEN, PEER_ENDING /* last words are under way */ };

struct peer {
	struct peer *next, **prev;
	struct peers *all;
	uint64_t serial;
	int fd;
	enum peer_state state;
	bool is_private, hello, batch;
	bool eof;                  /* it says no more; what is due to it is still written */
	uid_t uid;
	gid_t *gids;
	size_t ngids;
	struct actor actor;        /* its strings: */
	char *user, *origin, *tenant;
	struct loop_io *io;
	struct loop_timer *timer;  /* hello, name, tokens, linger: what the state says */
	struct proto_reader in;
	struct buf out;
	size_t out_at;             /* bytes of out that are written */
	struct feed *feed;
	struct plans plans;
	struct request *requests;
	int waiting;
	int64_t tokens_ms, tokens_at;
	bool starved;              /* it asks too fast; rests until there are tokens */
};
struct peers {
	struct broker *b;
	struct peer *first;
	int n;
	uint64_t serial;
	bool freeing;
};

static void on_io(void *ctx, int fd, int events);
static void on_timer(void *ctx);
static void step(struct peer *p);
static void flush_all(void *ctx);

/* ---- life ---- */

struct peers *peers_new(struct broker *b)
{
	struct peers *p = xcalloc(1, sizeof *p);

	p->b = b;
	return p;
}

static void peer_free(struct peer *p)
{
	struct peers *all = p->all;

	for (struct request *q = p->requests, *next; q; q = next) {
		next = q->next;
		q->peer = NULL;
		q->prev = NULL;
	}
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	all->n--;
	loop_io_del(p->io);
	loop_timer_free(p->timer);
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
	loop_soon_cancel(p->b->loop, flush_all, p);
	while (p->first)
		peer_free(p->first);
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

/* ---- who it is ---- */

static void set_text(char **slot, const char **seen, const char *value)
{
	char *copy = xstrdup(value); /* value may be what is replaced */

	free(*slot);
	*slot = copy;
	*seen = copy;
}

static void ask_kernel(struct peer *p)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof who;

	p->uid = (uid_t)-1;
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return;
	p->uid = who.uid;
	len = 0;
	p->gids = xcalloc(1, sizeof *p->gids);
	p->gids[0] = who.gid;
	p->ngids = 1;
	/* The first call says how much room is needed. */
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) != 0 && errno != ERANGE)
		return;
	if (len / sizeof(gid_t) > GROUPS_MAX)
		len = GROUPS_MAX * sizeof(gid_t);
	if (len == 0)
		return;
	p->gids = xrealloc(p->gids, sizeof *p->gids + len);
	if (getsockopt(p->fd, SOL_SOCKET, SO_PEERGROUPS, p->gids + 1, &len) == 0)
		p->ngids += len / sizeof(gid_t);
}

/* Role and tenant from the site file as it is now. */
static void find_role(struct peer *p)
{
	const char *user = "", *tenant = "";
	enum role role = ROLE_OPERATOR;

	if (!p->is_private)
		role = p->uid == (uid_t)-1 ? ROLE_NONE : roles_of(p->all->b->roles, p->uid, p->gids, p->ngids, &user, &tenant);
	p->actor.role = role;
	p->actor.uid = p->uid;
	set_text(&p->tenant, &p->actor.tenant, role == ROLE_CUSTOMER ? tenant : "");
	if (user[0])
		set_text(&p->user, &p->actor.user, user);
}

static void put_greeting(struct peer *p)
{
	struct site *s = registry_find(p->all->b->objects, KIND_SITE, "site");

	buf_printf(&p->out, "{\"tana\":{\"protocols\":[%d],\"version\":\"%s\",\"site\":", PROTO_VERSION, PACKAGE_VERSION);
	buf_json_string(&p->out, s ? s->name : "");
	buf_str(&p->out, "}}\n");
}

struct naming { struct peers *all; uint64_t serial; uid_t uid; };

static void *find_name(void *arg)
{
	const struct naming *n = arg;

	return user_name(n->uid);
}

static void open_up(struct peer *p)
{
	p->state = PEER_OPEN;
	loop_timer_set(p->timer, PEER_HELLO_MS);
	step(p);
}

static void named(void *ctx, void *result)
{
	struct naming *n = ctx;
	struct peer *p = peers_find(n->all, n->serial);

	if (p && p->state == PEER_NAMING) {
		set_text(&p->user, &p->actor.user, result);
		open_up(p);
	}
	free(result);
	free(n);
}

static void put_error(struct peer *p, json_t *id, struct err *e)
{
	proto_error(&p->out, id, e);
	err_free(e);
}

static struct err *too_many(struct peer *p)
{
	const struct broker_config *c = &p->all->b->c;
	int max = c->peers_max ? c->peers_max : PEERS_MAX, mine = c->peers_of_user ? c->peers_of_user : PEERS_OF_USER, same = 0;

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
	p->tokens_ms = TOKENS_MAX * 1000;
	p->tokens_at = clock_boot_ms();
	p->next = all->first;
	p->prev = &all->first;
	if (p->next)
		p->next->prev = &p->next;
	all->first = p;
	all->n++;
	set_text(&p->user, &p->actor.user, "");
	set_text(&p->origin, &p->actor.origin, "");
	proto_reader_init(&p->in, PROTO_REQUEST_MAX);
	p->feed = feed_new(b->objects, b->view, b->news);
	p->io = loop_io_add(b->loop, fd, LOOP_READ, on_io, p);
	p->timer = loop_timer_new(b->loop, on_timer, p);
	ask_kernel(p);
	find_role(p);
	struct err *e = too_many(p);
	if (e) {
		put_error(p, NULL, e);
		peer_end_after(p);
		step(p);
		return;
	}
	put_greeting(p);
	if (p->user[0]) {
		open_up(p);
		return;
	}
	if (p->is_private) {
		/* Its own user's name was found before the loop began to turn. */
		char *name = user_name(p->uid);
		set_text(&p->user, &p->actor.user, name);
		free(name);
		open_up(p);
		return;
	}
	struct naming *n = xcalloc(1, sizeof *n);
	*n = (struct naming){ .all = all, .serial = p->serial, .uid = p->uid };
	p->state = PEER_NAMING;
	loop_timer_set(p->timer, NAME_MS);
	helper_run(b->helper, find_name, n, named, n);
	step(p);
}

struct err *peer_hello(struct peer *p, const char *origin, bool batch)
{
	char *clean = text_clean_dup(origin);

	set_text(&p->origin, &p->actor.origin, clean);
	free(clean);
	if (p->actor.role == ROLE_NONE)
		return err_new(ERR_ROLE, "peer.role", "{s:s}", "user", p->user);
	p->hello = true;
	p->batch = batch;
	loop_timer_clear(p->timer);
	return NULL;
}

/* ---- requests ---- */

static struct request *request_new(struct peer *p, json_t *id, const struct command *c)
{
	struct request *q = xcalloc(1, sizeof *q);

	q->peer = p;
	q->broker = p->all->b;
	q->id = id ? json_incref(id) : NULL;
	q->command = c;
	q->next = p->requests;
	q->prev = &p->requests;
	if (q->next)
		q->next->prev = &q->next;
	p->requests = q;
	p->waiting++;
	return q;
}

/* Unties an answered request; the peer's loop goes on when this turn ends. */
static void request_free(struct request *q)
{
	struct peer *p = q->peer;

	if (p) {
		*q->prev = q->next;
		if (q->next)
			q->next->prev = q->prev;
		p->waiting--;
		loop_soon(p->all->b->loop, flush_all, p->all);
	}
	json_decref(q->id);
	free(q);
}

void request_return(struct request *q, json_t *value)
{
	if (q->peer && q->peer->state != PEER_ENDING)
		proto_return(&q->peer->out, q->id, value);
	json_decref(value);
	request_free(q);
}

void request_error(struct request *q, struct err *e)
{
	if (q->peer && q->peer->state != PEER_ENDING)
		proto_error(&q->peer->out, q->id, e);
	err_free(e);
	request_free(q);
}

void peer_subscribe(struct peer *p, unsigned kinds)
{
	feed_subscribe(p->feed, &p->actor, kinds, p->batch);
	loop_soon(p->all->b->loop, flush_all, p->all);
}

void peer_end_after(struct peer *p)
{
	p->state = PEER_ENDING;
	loop_timer_set(p->timer, LINGER_MS);
}

static bool has_token(struct peer *p)
{
	int64_t now = clock_boot_ms();

	p->tokens_ms += (now - p->tokens_at) * TOKENS_PER_S;
	if (p->tokens_ms > TOKENS_MAX * 1000)
		p->tokens_ms = TOKENS_MAX * 1000;
	p->tokens_at = now;
	return p->tokens_ms >= 1000;
}

static void one_request(struct peer *p, json_t *line)
{
	json_t *id = json_object_get(line, "id");
	const struct command *c = NULL;

	p->tokens_ms -= 1000;
	struct err *e = commands_find(p, line, &c);
	if (e) {
		bool fatal = !p->hello;
		put_error(p, id, e);
		if (fatal)
			peer_end_after(p);
		return;
	}
	commands_run(c, request_new(p, id, c), json_object_get(line, "arguments"));
}

/* Lines that have come are worked on while answers have room. False: the peer rests. */
static bool work_off(struct peer *p)
{
	while (p->state == PEER_OPEN) {
		json_t *line;
		if (p->waiting >= PEER_WAITING_MAX || p->out.len - p->out_at >= PEER_OUT_HIGH)
			return false;
		if (!has_token(p)) {
			if (!p->starved)
				loop_timer_set(p->timer, 100);
			p->starved = true;
			return false;
		}
		struct err *e = proto_next(&p->in, &line);
		if (e) {
			put_error(p, NULL, e);
			peer_end_after(p);
			return false;
		}
		if (!line)
			return true;
		one_request(p, line);
		json_decref(line);
	}
	return false;
}

/* ---- in and out ---- */

/* False: the peer is gone. */
static bool read_some(struct peer *p)
{
	char chunk[16 * 1024];
	ssize_t n = recv(p->fd, chunk, sizeof chunk, 0);

	if (n > 0)
		proto_feed(&p->in, chunk, (size_t)n);
	else if (n == 0)
		p->eof = true;
	else if (errno != EAGAIN && errno != EINTR) {
		peer_free(p);
		return false;
	}
	return true;
}

static bool write_some(struct peer *p)
{
	while (p->out_at < p->out.len) {
		ssize_t n = send(p->fd, p->out.data + p->out_at, p->out.len - p->out_at, MSG_NOSIGNAL);
		if (n > 0) {
			p->out_at += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		peer_free(p);
		return false;
	}
	if (p->out_at == p->out.len) {
		/* What a burst has grown is given back. */
		if (p->out.size > 2 * PEER_OUT_HIGH)
			buf_free(&p->out), p->out = (struct buf){ 0 };
		p->out.len = p->out_at = 0;
	} else if (p->out_at >= PEER_OUT_HIGH) {
		buf_drop(&p->out, p->out_at);
		p->out_at = 0;
	}
	return true;
}

static bool all_said(const struct peer *p)
{
	return p->out_at == p->out.len && p->waiting == 0 && !(p->hello && feed_has(p->feed));
}

/* All that can be done for a peer now; afterwards its watch asks for what it waits for. It may be gone then. */
static void step(struct peer *p)
{
	bool hungry = p->state == PEER_OPEN && work_off(p);
	bool more = false;

	if (p->hello && p->state == PEER_OPEN && p->out.len - p->out_at < FEED_UNTIL) {
		feed_produce(p->feed, &p->out, p->out_at + FEED_UNTIL);
		more = feed_has(p->feed);
	}
	if (!write_some(p))
		return;
	if ((p->state == PEER_ENDING && p->out_at == p->out.len) || (p->eof && hungry && all_said(p))) {
		peer_free(p);
		return;
	}
	int events = 0;
	if (hungry && !p->eof)
		events |= LOOP_READ;
	if (p->state == PEER_NAMING)
		events |= LOOP_READ; /* only to hear that it went away */
	if (p->out_at < p->out.len || (more && p->state == PEER_OPEN))
		events |= LOOP_WRITE;
	loop_io_events(p->io, events);
}

static void on_io(void *ctx, int fd, int events)
{
	struct peer *p = ctx;

	/* Before its name is known nothing is worked on, and what it sends is bounded by the socket. */
	if ((events & LOOP_READ) && p->state == PEER_NAMING) {
		char c;
		if (recv(p->fd, &c, 1, MSG_PEEK) == 0)
			peer_free(p);
		else
			loop_io_events(p->io, p->out_at < p->out.len ? LOOP_WRITE : 0);
		return;
	}
	if ((events & LOOP_READ) && p->state == PEER_OPEN && !p->eof && !read_some(p))
		return;
	step(p);
}

static void on_timer(void *ctx)
{
	struct peer *p = ctx;

	switch (p->state) {
	case PEER_NAMING: {
		char *name = xasprintf("uid %u", (unsigned)p->uid);
		set_text(&p->user, &p->actor.user, name);
		free(name);
		open_up(p);
		return;
	}
	case PEER_ENDING:
		peer_free(p);
		return;
	case PEER_OPEN:
		if (!p->hello && !p->starved) {
			put_error(p, NULL, err_new(ERR_TIMEOUT, "peer.late", "{s:i}", "seconds", PEER_HELLO_MS / 1000));
			peer_end_after(p);
		}
		p->starved = false;
		step(p);
	}
}

/* ---- what the broker tells ---- */

static void flush_all(void *ctx)
{
	struct peers *all = ctx;

	/* A peer that ends frees itself alone, so the next one stays what it is. */
	for (struct peer *p = all->first, *next; p; p = next) {
		next = p->next;
		step(p);
	}
}

void peers_poke(struct peers *p)
{
	if (p->first)
		loop_soon(p->b->loop, flush_all, p);
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
		enum role was = p->actor.role;
		char *tenant = xstrdup(p->tenant);
		plans_clear(&p->plans);
		find_role(p);
		bool same = was == p->actor.role && strcmp(tenant, p->tenant) == 0;
		free(tenant);
		if (same || p->state != PEER_OPEN || !p->hello)
			continue;
		if (p->actor.role == ROLE_NONE) {
			put_error(p, NULL, err_new(ERR_ROLE, "peer.role.lost", "{s:s}", "user", p->user));
			peer_end_after(p);
		} else {
			feed_restart(p->feed);
		}
	}
	peers_poke(all);
}

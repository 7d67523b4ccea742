/* A peer's lines: requests in, answers and the stream out, both bounded; when it is read and when it is written. */
#include "broker/peer.h"

#include "broker/commands.h"
#include "broker/consoles.h"
#include "broker/now.h"
#include "common/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FEED_UNTIL (64 * 1024)     /* bytes of the stream that are made in one go */
#define LINGER_MS 2000             /* for the last words to a peer that is ended */

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
		loop_soon(p->all->b->loop, peers_flush, p->all);
	}
	json_decref(q->id);
	free(q);
}

/* A reload may have made him another while the answer was looked up. What was begun is told to whoever began it. */
static bool may_hear(const struct request *q)
{
	return !q->peer || q->command->roles & (COMMAND_BEGINS | 1u << q->peer->actor.role);
}

void request_return(struct request *q, json_t *value)
{
	if (!may_hear(q)) {
		json_decref(value);
		request_error(q, err_new(ERR_ROLE, "request.role", "{s:s, s:s}", "role", role_name(q->peer->actor.role), "request",
			q->command->name));
		return;
	}
	if (q->peer && q->peer->state != PEER_ENDING)
		proto_return(&q->peer->out, q->id, value);
	json_decref(value);
	request_free(q);
}

/* What the books say of their own files and of other users is the provider's. */
static struct err *for_peer(const struct peer *p, struct err *e)
{
	const char *id = e->class == ERR_LEASE ? "store.plain.lease" : e->class == ERR_TIMEOUT ? "store.plain.unknown" : "store.plain";

	if (!p || p->actor.role != ROLE_CUSTOMER || strncmp(e->msg.id, "store.", 6) != 0)
		return e;
	struct err *plain = err_new(e->class, id, NULL);
	err_free(e);
	return plain;
}

/* A refusal; and what a customer asked for and did not find, whether it is another's or nobody's: both take the same time. */
static void note_denial(struct request *q, const struct err *e)
{
	const struct actor *a = q->peer ? &q->peer->actor : NULL;

	if (a && !q->noted && (e->class == ERR_ROLE || (e->class == ERR_NOTFOUND && !actor_is_staff(a))))
		broker_denied(q->broker, a, q->command->name, NULL, NULL, e);
}

void request_error(struct request *q, struct err *e)
{
	note_denial(q, e);
	e = for_peer(q->peer, e);
	if (q->peer && q->peer->state != PEER_ENDING)
		proto_error(&q->peer->out, q->id, e);
	err_free(e);
	request_free(q);
}

void peer_subscribe(struct peer *p, unsigned kinds)
{
	feed_subscribe(p->feed, &p->actor, kinds, p->batch);
	loop_soon(p->all->b->loop, peers_flush, p->all);
}

void peer_end_after(struct peer *p)
{
	p->state = PEER_ENDING;
	loop_timer_set(p->timer, LINGER_MS);
}

void peer_charge(struct peer *p, int requests)
{
	rate_take(&p->rate, requests);
}

/* What a console does by itself keeps nobody signed in; that somebody types there without asking for anything, it says. */
static bool is_use(const struct command *c, json_t *args)
{
	if (c->fn == do_ping)
		return strcmp(arg_text(args, "typed"), "yes") == 0;
	return c->fn != do_stream_credit && c->fn != do_watch && c->fn != do_screenshot;
}

static void one_request(struct peer *p, json_t *line)
{
	json_t *id = json_object_get(line, "id");
	const struct command *c = NULL;

	rate_take(&p->rate, 1);
	struct err *e = commands_find(p, line, &c);
	if (e) {
		bool fatal = !p->hello;
		peer_put_error(p, id, e);
		if (fatal)
			peer_end_after(p);
		return;
	}
	if (is_use(c, json_object_get(line, "arguments")))
		p->used_at = clock_boot_ms();
	commands_run(c, request_new(p, id, c), json_object_get(line, "arguments"));
}

static bool has_no_room(const struct peer *p)
{
	return p->out.len - p->out_at >= PEER_OUT_HIGH;
}

/* Lines that have come are worked on while answers have room. False: the peer rests. */
static bool work_off(struct peer *p)
{
	while (p->state == PEER_OPEN) {
		json_t *line;
		if (p->waiting >= PEER_WAITING_MAX || has_no_room(p))
			return false;
		if (!rate_has(&p->rate, clock_boot_ms())) {
			if (!p->starved)
				loop_timer_set(p->timer, 100);
			p->starved = true;
			return false;
		}
		struct err *e = proto_next(&p->in, &line);
		if (e) {
			peer_put_error(p, NULL, e);
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
void peer_step(struct peer *p)
{
	bool hungry = p->state == PEER_OPEN && work_off(p);
	bool more = false;

	if (p->hello && p->state == PEER_OPEN && p->out.len - p->out_at < FEED_UNTIL) {
		feed_produce(p->feed, &p->out, p->out_at + FEED_UNTIL);
		more = feed_has(p->feed);
		now_produce(p->all->b->now, p, &p->out);
		more |= consoles_produce(p->all->b->consoles, p, &p->out, p->out_at + FEED_UNTIL);
	}
	bool full = has_no_room(p);
	if (!write_some(p))
		return;
	/* It was not worked for because of what was written just now: nothing else would wake it. */
	if (full && !has_no_room(p) && p->state == PEER_OPEN)
		loop_soon(p->all->b->loop, peers_flush, p->all);
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

void peer_on_io(void *ctx, int fd, int events)
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
	peer_step(p);
}

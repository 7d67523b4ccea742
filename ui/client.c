/* The console's end of the protocol. One connection at a time goes through connecting, greeting, hello and ready; when it
 * is lost everything that waits on it is answered and the way begins anew. Used by the screen and by the commands. */
#include "client.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "connector.h"
#include "launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 5000
#define GREET_SHARED_MS 10000  /* from connected to hello answered */
#define GREET_PRIVATE_MS 40000 /* the same; a private broker reads its site file first (at most 30 s) */
#define SILENCE_MS 20000       /* nothing heard for so long: ping; as long again: lost */
#define DIE_MS 2000            /* a private broker whose connection ended has so long to end by itself */
#define CLOSE_MS 5000
#define RESTARTS_MAX 3         /* of a private broker, in RESTARTS_WITHIN_MS */
#define RESTARTS_WITHIN_MS 60000
#define READ_TURN (64 * 1024)  /* bytes read in one turn of the loop, so that keys are never far away */
#define OUT_MAX (1024 * 1024)  /* bytes that may wait for a broker that does not read */
#define PENDING_MAX 4096

/* IDLE: between two tries. DYING: the private broker's connection is gone, its end and last words are awaited. */
enum phase { PHASE_IDLE, PHASE_CONNECT, PHASE_GREETING, PHASE_HELLO, PHASE_READY, PHASE_DYING, PHASE_ENDED };

struct pending {
	uint64_t id;
	client_done *done; /* NULL: forgotten */
	void *ctx;
	struct err *fail;  /* answered by ourselves, at the next turn */
};

struct client {
	struct loop *loop;
	struct client_ops ops;
	struct client_target target; /* strings below are ours */
	char *socket, *site_file, *program, **uris;
	char *origin;

	enum client_state state;
	enum phase phase;
	bool was_ready;
	struct client_user user;

	struct connector *connector;
	struct loop_io *connector_io;
	struct launch *launch;
	struct err *dying;           /* why, until the last words are there */

	int fd;
	struct loop_io *io;
	struct proto_reader reader;
	struct buf out;

	struct pending *pending;
	size_t npending, room;
	uint64_t last_id;

	struct loop_timer *retry;    /* next try, or the deadline of the phase */
	struct loop_timer *alive;
	struct loop_timer *later;    /* answers of our own */
	int64_t heard;               /* boot ms when the last byte came */
	bool pinged;
	int64_t backoff;
	int64_t deaths[RESTARTS_MAX]; /* boot ms, newest first; 0 none */

	int inside;                  /* depth of callbacks to the owner */
	bool closed;
};

static void try_now(struct client *c);
static void lost(struct client *c, struct err *why);

/* ---- telling the owner ---- */

static void set_state(struct client *c, enum client_state s, const struct err *why)
{
	if (c->closed)
		return;
	c->state = s;
	if (c->ops.state) {
		c->inside++;
		c->ops.state(c->ops.ctx, s, why);
		c->inside--;
	}
}

static void answer(struct client *c, struct pending p, struct err *e, json_t *ret)
{
	if (!p.done || c->closed) {
		err_free(e);
		return;
	}
	c->inside++;
	p.done(p.ctx, e, ret);
	c->inside--;
}

/* The owner may have closed us from inside a callback: the outermost caller frees. */
static void destroy(struct client *c);
static void leave(struct client *c)
{
	if (c->closed && c->inside == 0)
		destroy(c);
}

/* ---- requests ---- */

static struct err *broker_lost(void)
{
	return err_new(ERR_UNREACHABLE, "broker.lost", NULL);
}

static struct pending *pend(struct client *c, client_done *done, void *ctx)
{
	if (c->npending == c->room) {
		c->room = c->room ? c->room * 2 : 16;
		c->pending = xrealloc(c->pending, c->room * sizeof *c->pending);
	}
	struct pending *p = &c->pending[c->npending++];
	*p = (struct pending){ .id = ++c->last_id, .done = done, .ctx = ctx };
	return p;
}

static struct pending take_pending(struct client *c, size_t i)
{
	struct pending p = c->pending[i];

	memmove(&c->pending[i], &c->pending[i + 1], (--c->npending - i) * sizeof *c->pending);
	return p;
}

static void flush(struct client *c)
{
	while (c->out.len) {
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0)
			buf_drop(&c->out, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else
			break; /* full: the loop says when; broken: reading says so */
	}
	if (c->io)
		loop_io_events(c->io, c->out.len ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* NULL, or why it cannot be sent. */
static struct err *put_line(struct client *c, const char *name, json_t *args, uint64_t id)
{
	json_t *line = json_pack("{s:s, s:O, s:I}", "execute", name, "arguments", args, "id", (json_int_t)id);
	struct buf b = { 0 };
	struct err *e = NULL;

	if (!line)
		return err_new(ERR_INTERNAL, "client.request", "{s:s}", "name", name);
	buf_json(&b, line);
	json_decref(line);
	if (b.len + 1 > PROTO_REQUEST_MAX) {
		e = err_new(ERR_USAGE, "client.too_long", "{s:s, s:i}", "name", name, "max", PROTO_REQUEST_MAX);
	} else if (c->out.len + b.len > OUT_MAX) {
		e = err_new(ERR_UNREACHABLE, "client.silent", NULL);
	} else {
		buf_append(&c->out, b.data, b.len);
		buf_append(&c->out, "\n", 1);
	}
	buf_free(&b);
	return e;
}

static uint64_t send_request(struct client *c, bool may, const char *name, json_t *args, client_done *done, void *ctx)
{
	struct pending *p = pend(c, done, ctx);
	uint64_t id = p->id;

	if (!args)
		args = json_object();
	if (!may || c->npending > PENDING_MAX)
		p->fail = broker_lost();
	else
		p->fail = put_line(c, name, args, id);
	json_decref(args);
	if (p->fail)
		loop_timer_set(c->later, 0);
	else
		flush(c);
	return id;
}

uint64_t client_request(struct client *c, const char *name, json_t *args, client_done *done, void *ctx)
{
	return send_request(c, c->phase == PHASE_READY, name, args, done, ctx);
}

void client_forget(struct client *c, uint64_t request)
{
	for (size_t i = 0; i < c->npending; i++)
		if (c->pending[i].id == request)
			c->pending[i].done = NULL;
}

static void on_later(void *ctx)
{
	struct client *c = ctx;

	for (size_t i = 0; i < c->npending && !c->closed;) {
		if (!c->pending[i].fail) {
			i++;
			continue;
		}
		struct pending p = take_pending(c, i);
		answer(c, p, p.fail, NULL);
		i = 0; /* the owner may have asked and forgotten meanwhile */
	}
	leave(c);
}

static void fail_all(struct client *c)
{
	/* Only those that are there now: what the owner asks from inside done gets its own answer later. */
	uint64_t last = c->last_id;

	while (c->npending && c->pending[0].id <= last && !c->closed) {
		struct pending p = take_pending(c, 0);
		answer(c, p, p.fail ? p.fail : broker_lost(), NULL);
	}
}

/* ---- losing the connection ---- */

static void drop_connection(struct client *c)
{
	if (c->io)
		loop_io_del(c->io);
	c->io = NULL;
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	proto_reader_free(&c->reader);
	proto_reader_init(&c->reader, PROTO_LINE_MAX);
	buf_free(&c->out);
	loop_timer_clear(c->alive);
	loop_timer_clear(c->retry);
}

static void end(struct client *c, struct err *why)
{
	c->phase = PHASE_ENDED;
	set_state(c, CLIENT_ENDED, why);
	err_free(why);
	fail_all(c);
}

/* Spread out by a quarter: 200 consoles that lost one broker do not come back in one moment. */
static int64_t jitter(int64_t ms)
{
	uint16_t r = 0;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) < 0)
		r = 0;
	return ms + ms / 4 * r / UINT16_MAX;
}

static void retry_later(struct client *c, struct err *why)
{
	c->phase = PHASE_IDLE;
	loop_timer_set(c->retry, jitter(c->backoff));
	c->backoff = c->backoff * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : c->backoff * 2;
	set_state(c, CLIENT_LOST, why);
	err_free(why);
	fail_all(c);
}

/* A refusal that another try will not change: not our version, no role. Once we were in, it may pass (an upgrade, a
 * reload), so a wall goes on trying. */
static bool is_final(const struct client *c, const struct err *e)
{
	if (e->class == ERR_INTERNAL && c->connector)
		return strcmp(e->msg.id, "client.connector") == 0;
	return !c->was_ready && (e->class == ERR_ROLE || e->class == ERR_UNSUPPORTED || e->class == ERR_USAGE);
}

/* Takes why over. */
static void lost(struct client *c, struct err *why)
{
	if (c->phase == PHASE_ENDED || c->phase == PHASE_DYING) {
		err_free(why);
		return;
	}
	drop_connection(c);
	if (c->launch) {
		/* It ends by itself when we let go; what it said last is the better reason. */
		c->phase = PHASE_DYING;
		err_free(c->dying);
		c->dying = why;
		loop_timer_set(c->retry, DIE_MS);
		return;
	}
	if (is_final(c, why))
		end(c, why);
	else
		retry_later(c, why);
}

static bool died_too_often(struct client *c)
{
	int64_t now = clock_boot_ms();
	int64_t oldest = c->deaths[RESTARTS_MAX - 1];

	memmove(&c->deaths[1], &c->deaths[0], (RESTARTS_MAX - 1) * sizeof c->deaths[0]);
	c->deaths[0] = now;
	return oldest && now - oldest < RESTARTS_WITHIN_MS;
}

static void read_some(struct client *c);

static void on_launch_ended(void *ctx, const char *words)
{
	struct client *c = ctx;

	/* Its good-bye may still lie in the socket. */
	for (int turns = 0; c->fd >= 0 && !c->closed && turns < 64; turns++)
		read_some(c);
	struct err *why = c->dying;
	drop_connection(c);
	launch_end(c->launch, 0);
	c->launch = NULL;
	c->dying = NULL;
	/* A refusal of its own (a version, a role) says more than how it went after it. */
	bool refused = why && is_final(c, why);
	bool often = died_too_often(c);
	if (!refused) {
		err_free(why);
		why = often ? err_new(ERR_UNREACHABLE, "client.gave_up", "{s:i, s:s}", "times", RESTARTS_MAX + 1, "words", words)
			    : err_new(ERR_UNREACHABLE, "client.died", "{s:s}", "words", words);
	}
	if (refused || often || !c->was_ready)
		end(c, why);
	else
		retry_later(c, why);
	leave(c);
}

/* ---- lines ---- */

static bool speaks(json_t *protocols)
{
	size_t i;
	json_t *v;

	json_array_foreach (protocols, i, v)
		if (json_is_integer(v) && json_integer_value(v) == PROTO_VERSION)
			return true;
	return false;
}

static struct err *version_mismatch(json_t *greeting)
{
	struct buf b = { 0 };
	json_t *protocols = json_object_get(greeting, "protocols");
	const char *version = json_string_value(json_object_get(greeting, "version"));
	size_t i;
	json_t *v;

	json_array_foreach (protocols, i, v)
		if (json_is_integer(v) && i < 16)
			buf_printf(&b, "%s%lld", b.len ? ", " : "", (long long)json_integer_value(v));
	buf_append(&b, "", 1);
	struct err *e = err_new(ERR_UNSUPPORTED, "client.version", "{s:s, s:s, s:i}", "version", version ? version : "?",
		"theirs", b.data, "ours", PROTO_VERSION);
	buf_free(&b);
	return e;
}

static void free_user(struct client *c)
{
	free(c->user.user);
	free(c->user.role);
	free(c->user.tenant);
	free(c->user.site);
	memset(&c->user, 0, sizeof c->user);
}

static char *clean_member(json_t *o, const char *key)
{
	return text_clean_dup(json_string_value(json_object_get(o, key)));
}

static void on_hello(void *ctx, struct err *e, json_t *ret)
{
	struct client *c = ctx;

	if (e) {
		/* broker.lost comes from a loss that is being dealt with already */
		if (c->phase == PHASE_HELLO)
			lost(c, e);
		else
			err_free(e);
		return;
	}
	free_user(c);
	c->user.user = clean_member(ret, "user");
	c->user.role = clean_member(ret, "role");
	c->user.tenant = clean_member(ret, "tenant");
	c->user.site = clean_member(ret, "site");
	c->user.uid = json_integer_value(json_object_get(ret, "uid"));
	c->user.private_broker = json_is_true(json_object_get(ret, "private"));
	c->phase = PHASE_READY;
	c->was_ready = true;
	c->backoff = BACKOFF_MIN_MS;
	loop_timer_clear(c->retry);
	loop_timer_set(c->alive, SILENCE_MS);
	set_state(c, CLIENT_READY, NULL);
}

static void on_greeting(struct client *c, json_t *line)
{
	json_t *greeting = json_object_get(line, "tana");

	/* A broker that will not have us says so instead of greeting. */
	if (json_is_object(json_object_get(line, "error"))) {
		lost(c, proto_error_read(json_object_get(line, "error")));
		return;
	}
	if (!json_is_object(greeting)) {
		lost(c, err_new(ERR_UNREACHABLE, "client.stranger", NULL));
		return;
	}
	if (!speaks(json_object_get(greeting, "protocols"))) {
		lost(c, version_mismatch(greeting));
		return;
	}
	c->phase = PHASE_HELLO;
	send_request(c, true, "hello",
		json_pack("{s:i, s:[s], s:s}", "protocol", PROTO_VERSION, "features", "batch", "origin", c->origin), on_hello, c);
}

static void on_answer(struct client *c, json_t *line)
{
	json_t *error = json_object_get(line, "error");
	json_t *id = json_object_get(line, "id");

	if (!json_is_integer(id)) {
		/* An error that belongs to no request of ours is the broker's good-bye. */
		if (error)
			lost(c, proto_error_read(error));
		return;
	}
	for (size_t i = 0; i < c->npending; i++) {
		if (c->pending[i].fail || (json_int_t)c->pending[i].id != json_integer_value(id))
			continue;
		struct pending p = take_pending(c, i);
		if (error)
			answer(c, p, proto_error_read(error), NULL);
		else
			answer(c, p, NULL, json_object_get(line, "return"));
		return;
	}
}

static void on_line(struct client *c, json_t *line)
{
	if (c->phase == PHASE_GREETING) {
		on_greeting(c, line);
	} else if (json_object_get(line, "return") || json_object_get(line, "error")) {
		on_answer(c, line);
	} else if (c->phase == PHASE_READY && c->ops.event) {
		c->inside++;
		c->ops.event(c->ops.ctx, line);
		c->inside--;
	}
}

static struct err *garbage(struct err *e)
{
	struct err *out = err_new(ERR_UNREACHABLE, "client.garbage", "{s:s}", "reason", e->msg.text);

	err_free(e);
	return out;
}

static void read_lines(struct client *c)
{
	int fd = c->fd;

	/* The owner may end the connection from inside a callback; another may not take its number meanwhile, since the next
	 * try comes from a timer. */
	while (!c->closed && c->fd == fd && c->fd >= 0) {
		json_t *line;
		struct err *e = proto_next(&c->reader, &line);
		if (e) {
			lost(c, garbage(e));
			return;
		}
		if (!line)
			return;
		on_line(c, line);
		json_decref(line);
	}
}

static void read_some(struct client *c)
{
	static char chunk[READ_TURN];
	ssize_t n = recv(c->fd, chunk, sizeof chunk, MSG_DONTWAIT);

	if (n > 0) {
		c->heard = clock_boot_ms();
		c->pinged = false;
		proto_feed(&c->reader, chunk, (size_t)n);
		read_lines(c);
	} else if (n == 0) {
		lost(c, err_new(ERR_UNREACHABLE, "client.closed", NULL));
	} else if (errno != EAGAIN && errno != EINTR) {
		lost(c, err_new(ERR_UNREACHABLE, "client.broken", "{s:s}", "reason", strerror(errno)));
	}
}

static void on_io(void *ctx, int fd, int events)
{
	struct client *c = ctx;

	if (events & LOOP_WRITE)
		flush(c);
	if (events & LOOP_READ)
		read_some(c);
	leave(c);
}

/* ---- time ---- */

static void on_pong(void *ctx, struct err *e, json_t *ret)
{
	err_free(e); /* having heard anything is the answer */
}

static void on_alive(void *ctx)
{
	struct client *c = ctx;
	int64_t silent = clock_boot_ms() - c->heard;

	if (c->phase != PHASE_READY)
		return;
	if (silent < SILENCE_MS) {
		loop_timer_set(c->alive, SILENCE_MS - silent);
	} else if (!c->pinged) {
		c->pinged = true;
		send_request(c, true, "ping", NULL, on_pong, c);
		loop_timer_set(c->alive, SILENCE_MS);
	} else {
		lost(c, err_new(ERR_UNREACHABLE, "client.silent", NULL));
	}
	leave(c);
}

static void on_retry(void *ctx)
{
	struct client *c = ctx;

	switch (c->phase) {
	case PHASE_IDLE:
		try_now(c);
		break;
	case PHASE_CONNECT:
	case PHASE_GREETING:
	case PHASE_HELLO:
		lost(c, err_new(ERR_UNREACHABLE, "client.silent", NULL));
		break;
	case PHASE_DYING:
		launch_kill(c->launch);
		break;
	case PHASE_READY:
	case PHASE_ENDED:
		break;
	}
	leave(c);
}

/* ---- coming up ---- */

static void connected(struct client *c, int fd)
{
	c->fd = fd;
	c->phase = PHASE_GREETING;
	c->heard = clock_boot_ms();
	c->pinged = false;
	c->io = loop_io_add(c->loop, fd, LOOP_READ, on_io, c);
	loop_timer_set(c->retry, c->launch ? GREET_PRIVATE_MS : GREET_SHARED_MS);
}

static void on_connector(void *ctx, int cfd, int events)
{
	struct client *c = ctx;
	int fd;
	struct err *e = connector_take(c->connector, &fd);

	if (e && e->class == ERR_INTERNAL) {
		/* Gone: the connection that stands goes on without it. */
		loop_io_events(c->connector_io, 0);
		if (c->phase == PHASE_CONNECT)
			lost(c, e);
		else
			err_free(e);
	} else if (c->phase != PHASE_CONNECT) {
		err_free(e); /* an answer that came after its deadline */
		if (fd >= 0)
			close(fd);
	} else if (e) {
		lost(c, e);
	} else if (fd >= 0) {
		connected(c, fd);
	}
	leave(c);
}

static struct err *start(struct client *c)
{
	if (c->connector) {
		c->phase = PHASE_CONNECT;
		loop_timer_set(c->retry, GREET_SHARED_MS);
		return connector_ask(c->connector);
	}
	int fd;
	struct err *e = launch_start(c->loop, &c->target, on_launch_ended, c, &c->launch, &fd);
	if (!e)
		connected(c, fd);
	return e;
}

static void try_now(struct client *c)
{
	struct err *e = start(c);

	if (e)
		lost(c, e);
}

struct err *client_open(struct loop *l, const struct client_target *t, const char *origin, const struct client_ops *ops,
	struct client **out)
{
	struct client *c = xcalloc(1, sizeof *c);
	struct err *e = NULL;

	c->loop = l;
	c->ops = *ops;
	c->fd = -1;
	c->backoff = BACKOFF_MIN_MS;
	c->origin = xstrdup(origin ? origin : "");
	proto_reader_init(&c->reader, PROTO_LINE_MAX);
	c->retry = loop_timer_new(l, on_retry, c);
	c->alive = loop_timer_new(l, on_alive, c);
	c->later = loop_timer_new(l, on_later, c);

	c->socket = xstrdup(t->socket);
	c->site_file = xstrdup(t->site_file);
	c->program = xstrdup(t->program);
	c->uris = xcalloc((size_t)t->nuris + 1, sizeof *c->uris);
	for (int i = 0; i < t->nuris; i++)
		c->uris[i] = xstrdup(t->uris[i]);
	c->target = (struct client_target){ .socket = c->socket, .site_file = c->site_file, .program = c->program,
		.uris = (const char *const *)c->uris, .nuris = t->nuris, .demo = t->demo };

	if (c->socket) {
		e = connector_start(c->socket, &c->connector);
		if (!e)
			c->connector_io = loop_io_add(l, connector_descriptor(c->connector), LOOP_READ, on_connector, c);
	}
	if (!e)
		e = start(c);
	if (e) {
		destroy(c);
		return e;
	}
	*out = c;
	return NULL;
}

static void destroy(struct client *c)
{
	drop_connection(c);
	launch_end(c->launch, CLOSE_MS);
	if (c->connector_io)
		loop_io_del(c->connector_io);
	connector_end(c->connector);
	loop_timer_free(c->retry);
	loop_timer_free(c->alive);
	loop_timer_free(c->later);
	for (size_t i = 0; i < c->npending; i++)
		err_free(c->pending[i].fail);
	free(c->pending);
	proto_reader_free(&c->reader);
	err_free(c->dying);
	free_user(c);
	for (char **u = c->uris; *u; u++)
		free(*u);
	free(c->uris);
	free(c->socket);
	free(c->site_file);
	free(c->program);
	free(c->origin);
	free(c);
}

void client_close(struct client *c)
{
	if (!c)
		return;
	c->closed = true;
	leave(c);
}

enum client_state client_state(const struct client *c)
{
	return c->state;
}

const struct client_user *client_user(const struct client *c)
{
	return &c->user;
}

void client_origin(char *out, size_t size)
{
	const char *from = getenv("SSH_CONNECTION");
	size_t n = from ? strcspn(from, " ") : 0;
	size_t head = strlen("ssh ");

	out[0] = '\0';
	if (n == 0 || size < head + 2)
		return;
	memcpy(out, "ssh ", head);
	text_clean(out + head, size - head, from, n);
}

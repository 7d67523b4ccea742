/* What is said on the connection: requests and their answers, the greeting, events for the owner. Called by client.c. */
#include "link/client_inside.h"

#include "common/batch.h"
#include "common/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OUT_MAX (1024 * 1024)  /* bytes that may wait for a broker that does not read */
#define PENDING_MAX 4096
#define IDLE_MAX_S (7 * 86400)

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

void client_flush(struct client *c)
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

uint64_t client_send(struct client *c, bool may, const char *name, json_t *args, client_done *done, void *ctx)
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
		client_flush(c);
	return id;
}

uint64_t client_request(struct client *c, const char *name, json_t *args, client_done *done, void *ctx)
{
	return client_send(c, c->phase == PHASE_READY, name, args, done, ctx);
}

void client_forget(struct client *c, uint64_t request)
{
	for (size_t i = 0; i < c->npending; i++)
		if (c->pending[i].id == request)
			c->pending[i].done = NULL;
}

void client_later(struct client *c)
{
	for (size_t i = 0; i < c->npending && !c->closed;) {
		if (!c->pending[i].fail) {
			i++;
			continue;
		}
		struct pending p = take_pending(c, i);
		answer(c, p, p.fail, NULL);
		i = 0; /* the owner may have asked and forgotten meanwhile */
	}
}

void client_fail_all(struct client *c)
{
	/* Only those that are there now: what the owner asks from inside done gets its own answer later. */
	uint64_t last = c->last_id;

	while (c->npending && c->pending[0].id <= last && !c->closed) {
		struct pending p = take_pending(c, 0);
		answer(c, p, p.fail ? p.fail : broker_lost(), NULL);
	}
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

void client_free_user(struct client *c)
{
	free(c->user.user);
	free(c->user.role);
	free(c->user.tenant);
	free(c->user.site);
	free(c->user.support);
	free(c->user.escape);
	memset(&c->user, 0, sizeof c->user);
}

static char *clean_member(json_t *o, const char *key)
{
	return text_shown_dup(json_string_value(json_object_get(o, key)));
}

static void on_hello(void *ctx, struct err *e, json_t *ret)
{
	struct client *c = ctx;

	if (e) {
		/* broker.lost comes from a loss that is being dealt with already */
		if (c->phase == PHASE_HELLO)
			client_lost(c, e);
		else
			err_free(e);
		return;
	}
	client_free_user(c);
	c->user.user = clean_member(ret, "user");
	c->user.role = clean_member(ret, "role");
	c->user.tenant = clean_member(ret, "tenant");
	c->user.site = clean_member(ret, "site");
	c->user.uid = json_integer_value(json_object_get(ret, "uid"));
	c->user.support = clean_member(ret, "support");
	c->user.escape = clean_member(ret, "escape");
	json_int_t idle = json_integer_value(json_object_get(ret, "idle_s"));
	c->user.idle_s = idle > 0 && idle <= IDLE_MAX_S ? (int)idle : 0;
	c->user.private_broker = json_is_true(json_object_get(ret, "private"));
	client_is_ready(c);
}

static void on_greeting(struct client *c, json_t *line)
{
	json_t *greeting = json_object_get(line, "tana");

	/* A broker that will not have us says so instead of greeting. */
	if (json_is_object(json_object_get(line, "error"))) {
		client_lost(c, proto_error_read(json_object_get(line, "error")));
		return;
	}
	if (!json_is_object(greeting)) {
		client_lost(c, err_new(ERR_UNREACHABLE, "client.stranger", NULL));
		return;
	}
	if (!speaks(json_object_get(greeting, "protocols"))) {
		client_lost(c, version_mismatch(greeting));
		return;
	}
	c->phase = PHASE_HELLO;
	json_t *args = json_pack("{s:i, s:[s], s:s}", "protocol", PROTO_VERSION, "features", "batch", "origin", c->origin);
	if (c->target.read_only)
		json_object_set_new(args, "read", json_string("only"));
	client_send(c, true, "hello", args, on_hello, c);
}

static void on_answer(struct client *c, json_t *line)
{
	json_t *error = json_object_get(line, "error");
	json_t *id = json_object_get(line, "id");

	if (!json_is_integer(id)) {
		/* An error that belongs to no request of ours is the broker's good-bye. */
		if (error)
			client_lost(c, proto_error_read(error));
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

/* It ends, and says that it comes back. */
static bool is_stopping(json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));

	return event && strcmp(event, "stopping") == 0 && json_is_true(json_object_get(line, "back"));
}

/* The broker's words are clean; here, where they enter, this is made sure: each by itself, so that none changes how those beside it
 * are measured, joined or cut. */
static void clean_words(json_t *j)
{
	const char *key, *s = json_string_value(j);
	json_t *v;
	size_t i;

	if (s && !text_is_clean(s)) {
		char *clean = text_clean_dup(s);

		json_string_set_nocheck(j, clean);
		free(clean);
	}
	json_object_foreach (j, key, v)
		clean_words(v);
	json_array_foreach (j, i, v)
		clean_words(v);
}

static void on_line(struct client *c, json_t *line)
{
	clean_words(line);
	if (c->phase == PHASE_GREETING) {
		on_greeting(c, line);
	} else if (json_object_get(line, "return") || json_object_get(line, "error")) {
		on_answer(c, line);
	} else if (c->phase == PHASE_READY) {
		c->restarting |= is_stopping(line);
		if (!c->ops.event)
			return;
		c->inside++;
		c->ops.event(c->ops.ctx, line);
		c->inside--;
	}
}

/* The bulk of what a broker tells goes past jansson. */
static bool is_taken(struct client *c, const char *line, size_t len)
{
	if (c->phase != PHASE_READY || !c->ops.batch || len < sizeof BATCH_BEGINS - 1 || memcmp(line, BATCH_BEGINS, sizeof BATCH_BEGINS - 1) != 0)
		return false;
	c->inside++;
	bool taken = c->ops.batch(c->ops.ctx, line, len);
	c->inside--;
	return taken;
}

static struct err *garbage(struct err *e)
{
	struct err *out = err_new(ERR_UNREACHABLE, "client.garbage", "{s:s}", "reason", e->msg.text);

	err_free(e);
	return out;
}

void client_read_lines(struct client *c)
{
	int fd = c->fd;

	/* The owner may end the connection from inside a callback; another may not take its number meanwhile, since the next
	 * try comes from a timer. */
	while (!c->closed && c->fd == fd && c->fd >= 0) {
		const char *text;
		size_t len;
		json_t *line;
		struct err *e = proto_next_line(&c->reader, &text, &len);
		if (!e && !text)
			return;
		if (!e && is_taken(c, text, len))
			continue;
		if (!e)
			e = proto_parse(text, len, &line);
		if (e) {
			client_lost(c, garbage(e));
			return;
		}
		on_line(c, line);
		json_decref(line);
	}
}

/* The console's half of a serial console (stream.h). */
#include "guest/stream.h"

#include "common/base64.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define FULL_MS 200               /* after "the guest takes no more" */
#define AGAIN_MS 1000             /* between two tries to open it anew */
#define PATIENCE_MS 60000         /* ... for so long: a broker that was restarted finds its hosts one after the other */
#define CREDIT_PORTION (STREAM_WINDOW / 4) /* the broker counts requests */

/* One stream-open under way. It outlives its stream: what the broker opened for nobody is closed again. */
struct opening {
	struct opening *next;
	struct client *client;
	struct stream *stream;    /* NULL: it was left meanwhile */
	bool write;
};
static struct opening *openings;

struct stream {
	struct loop *loop;
	struct client *client;
	struct stream_ops ops;
	char *object, *name, *by;
	char id[64];              /* the broker's, "" none */
	bool want_write, take, took, writer, was_writer, again, full;
	int64_t since;
	enum stream_state state;
	struct err *error, *held; /* held: why we watch, though we asked for the pen */
	struct opening *opening;
	size_t drawn;             /* not given back yet */
	struct buf typed;
	size_t sent;              /* of typed: on their way */
	uint64_t typing;          /* that request, 0 none */
	struct loop_timer *retry, *anew;
	int64_t patience;         /* boot ms until which what was open may be opened again */
};

static void open_it(struct stream *s);
static void type_more(struct stream *s);

/* ---- words ---- */

static void tell(struct stream *s, enum stream_news n)
{
	s->ops.news(s->ops.ctx, n);
}

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = text_shown_dup(text);
}

static void set_error(struct stream *s, struct err *e)
{
	err_free(s->error);
	s->error = e;
}

static void set_state(struct stream *s, enum stream_state now, struct err *why)
{
	set_error(s, why);
	s->state = now;
	tell(s, STREAM_NEWS_STATE);
}

/* ---- typing ---- */

static void drop_typed(struct stream *s)
{
	if (s->typing)
		client_forget(s->client, s->typing);
	s->typing = 0;
	s->sent = 0;
	s->full = false;
	buf_drop(&s->typed, s->typed.len);
	loop_timer_clear(s->retry);
}

static void on_typed(void *ctx, struct err *e, json_t *ret)
{
	struct stream *s = ctx;

	s->typing = 0;
	s->full = e && e->class == ERR_LIMIT && strcmp(e->msg.id, "console.full") == 0;
	if (s->full) {
		err_free(e);
		loop_timer_set(s->retry, FULL_MS);
		return;
	}
	if (!e) {
		buf_drop(&s->typed, s->sent);
		type_more(s);
		return;
	}
	drop_typed(s);
	if (s->state != STREAM_OPEN) {
		err_free(e); /* the end of the stream says more */
		return;
	}
	set_error(s, e);
	tell(s, STREAM_NEWS_NOT_TYPED);
}

static void type_more(struct stream *s)
{
	struct buf text = {0};

	if (s->typing || s->typed.len == 0 || s->state != STREAM_OPEN)
		return;
	s->sent = s->typed.len < STREAM_TYPED_MAX ? s->typed.len : STREAM_TYPED_MAX;
	base64_write(&text, s->typed.data, s->sent);
	s->typing = client_request(s->client, "stream-data", json_pack("{s:s, s:s%}", "stream", s->id, "data", text.data, text.len), on_typed, s);
	buf_free(&text);
}

static void on_retry(void *ctx)
{
	type_more(ctx);
}

bool stream_type(struct stream *s, const char *bytes, size_t len)
{
	if (s->state != STREAM_OPEN || !s->writer || len > STREAM_WAITING_MAX - s->typed.len)
		return false;
	buf_append(&s->typed, bytes, len);
	if (!s->full)
		type_more(s);
	return true;
}

size_t stream_waiting(const struct stream *s)
{
	return s->typed.len;
}

bool stream_full(const struct stream *s)
{
	return s->full;
}

/* ---- credit ---- */

static void on_nothing(void *ctx, struct err *e, json_t *ret)
{
	err_free(e); /* a stream that is gone says so by its end */
}

void stream_drawn(struct stream *s, size_t bytes)
{
	s->drawn += bytes;
	if (s->drawn < CREDIT_PORTION || s->state != STREAM_OPEN)
		return;
	client_request(s->client, "stream-credit", json_pack("{s:s, s:I}", "stream", s->id, "bytes", (json_int_t)s->drawn), on_nothing, NULL);
	s->drawn = 0;
}

/* ---- opening ---- */

static void close_at_broker(struct client *c, const char *id)
{
	if (*id)
		client_request(c, "stream-close", json_pack("{s:s}", "stream", id), on_nothing, NULL);
}

static void unlink_opening(struct opening *o)
{
	for (struct opening **at = &openings; *at; at = &(*at)->next)
		if (*at == o) {
			*at = o->next;
			break;
		}
}

static void is_open(struct stream *s, json_t *ret)
{
	const char *id = proto_text(ret, "stream");
	bool same = *s->id && strcmp(s->id, id) == 0;
	bool was_open = s->state == STREAM_OPEN;

	if (!same) {
		close_at_broker(s->client, s->id); /* the one without the pen */
		snprintf(s->id, sizeof s->id, "%s", id);
		s->drawn = 0;
	}
	if (*proto_text(ret, "name"))
		set_text(&s->name, proto_text(ret, "name"));
	set_text(&s->by, proto_text(ret, "by"));
	s->writer = s->was_writer = json_is_true(json_object_get(ret, "writer"));
	s->since = json_integer_value(json_object_get(ret, "since"));
	set_error(s, NULL);
	s->state = STREAM_OPEN;
	if (!same && s->again)
		tell(s, STREAM_NEWS_FRESH);
	s->again = true;
	tell(s, was_open ? STREAM_NEWS_PEN : STREAM_NEWS_STATE);
	if (s->held && !s->writer) {
		set_error(s, s->held);
		s->held = NULL;
		tell(s, STREAM_NEWS_NO_PEN);
	}
	err_free(s->held);
	s->held = NULL;
}

/* Another holds the pen: it may be our own console that the broker has not missed yet. */
static bool held_by_ourselves(const struct stream *s, const struct err *e)
{
	const struct client_user *u = client_user(s->client);

	return e->class == ERR_LEASE && u->user && strcmp(proto_text(e->msg.args, "by"), u->user) == 0;
}

/* A broker that has just started may not have reached the host yet, or not know the VM. */
static bool is_early(const struct err *e)
{
	return e->class == ERR_UNREACHABLE || e->class == ERR_NOTFOUND || e->class == ERR_TIMEOUT;
}

static void is_refused(struct stream *s, bool wrote, struct err *e)
{
	if (s->state == STREAM_OPEN) { /* it was the pen that we asked for */
		set_error(s, e);
		tell(s, STREAM_NEWS_NO_PEN);
	} else if (e->class == ERR_UNREACHABLE && client_state(s->client) != CLIENT_READY) {
		set_state(s, STREAM_LOST, e);
	} else if (wrote && e->class == ERR_LEASE) {
		/* Rather watch than be out. What this very stream held before the broker went is ours. */
		s->take = s->again && held_by_ourselves(s, e) && !s->took;
		s->took = true;
		s->want_write = s->take;
		err_free(s->held);
		s->held = e;
		open_it(s);
	} else if (s->again && is_early(e) && clock_boot_ms() < s->patience) {
		err_free(e);
		loop_timer_set(s->anew, AGAIN_MS);
	} else {
		set_state(s, s->again ? STREAM_ENDED : STREAM_REFUSED, e);
	}
}

static void on_open(void *ctx, struct err *e, json_t *ret)
{
	struct opening *o = ctx;
	struct stream *s = o->stream;
	bool wrote = o->write;

	unlink_opening(o);
	if (s) {
		s->opening = NULL;
		if (e)
			is_refused(s, wrote, e);
		else
			is_open(s, ret);
	} else {
		err_free(e);
		if (ret)
			close_at_broker(o->client, proto_text(ret, "stream"));
	}
	free(o);
}

static void ask(struct stream *s, bool write, bool take)
{
	json_t *args = json_pack("{s:s, s:s, s:i}", "object", s->object, "mode", write ? "write" : "watch", "credit", STREAM_WINDOW);
	struct opening *o;

	if (s->opening) {
		json_decref(args);
		return;
	}
	if (take)
		json_object_set_new(args, "take", json_string("yes"));
	o = xcalloc(1, sizeof *o);
	*o = (struct opening){.next = openings, .client = s->client, .stream = s, .write = write};
	openings = s->opening = o;
	client_request(s->client, "stream-open", args, on_open, o);
}

static void open_it(struct stream *s)
{
	s->state = STREAM_OPENING;
	ask(s, s->want_write, s->take);
	s->take = false; /* once: who comes later may have it */
}

static void on_anew(void *ctx)
{
	struct stream *s = ctx;

	if (s->state == STREAM_OPENING && client_state(s->client) == CLIENT_READY)
		open_it(s);
}

void stream_ask_pen(struct stream *s, bool take)
{
	if (s->state == STREAM_OPEN && !s->writer)
		ask(s, true, take);
}

void stream_again(struct stream *s)
{
	if (s->state == STREAM_REFUSED && client_state(s->client) == CLIENT_READY)
		open_it(s);
}

/* ---- what the broker tells ---- */

void stream_broker(struct stream *s, enum client_state now)
{
	if (s->state == STREAM_REFUSED || s->state == STREAM_ENDED)
		return;
	if (now == CLIENT_READY) {
		s->want_write = s->again ? s->was_writer : s->want_write;
		s->took = false;
		s->patience = clock_boot_ms() + PATIENCE_MS;
		open_it(s);
		tell(s, STREAM_NEWS_STATE);
		return;
	}
	s->id[0] = '\0';
	s->writer = false;
	loop_timer_clear(s->anew);
	drop_typed(s);
	if (s->state != STREAM_LOST && now != CLIENT_CONNECTING)
		set_state(s, STREAM_LOST, NULL);
}

static void on_data(struct stream *s, json_t *line)
{
	json_int_t lost = json_integer_value(json_object_get(line, "lost"));
	json_t *data = json_object_get(line, "data");
	struct buf b = {0};

	/* What is not base64 was left out too. */
	if (json_is_string(data) && !base64_read(&b, json_string_value(data), json_string_length(data), PROTO_LINE_MAX))
		lost += (json_int_t)json_string_length(data) / 4 * 3;
	s->ops.data(s->ops.ctx, b.data, b.len, lost > 0 ? (uint64_t)lost : 0);
	buf_free(&b);
}

bool stream_event(struct stream *s, json_t *line)
{
	const char *event = proto_text(line, "event");

	if (!*s->id || strncmp(event, "stream-", 7) != 0 || strcmp(proto_text(line, "stream"), s->id) != 0)
		return false;
	if (strcmp(event, "stream-data") == 0) {
		on_data(s, line);
	} else if (strcmp(event, "stream-writer") == 0) {
		bool writer = json_is_true(json_object_get(line, "writer"));

		if (s->writer && !writer)
			drop_typed(s);
		s->writer = s->was_writer = writer;
		set_text(&s->by, proto_text(line, "by"));
		s->since = json_integer_value(json_object_get(line, "since"));
		tell(s, STREAM_NEWS_PEN);
	} else if (strcmp(event, "stream-end") == 0) {
		json_t *why = json_object_get(line, "why");

		s->id[0] = '\0';
		s->writer = false;
		drop_typed(s);
		set_state(s, STREAM_ENDED, why ? proto_error_read(why) : err_new(ERR_STATE, "console.over", NULL));
	}
	return true;
}

/* ---- life ---- */

struct stream *stream_new(struct loop *l, struct client *c, const char *object, bool write, bool take, const struct stream_ops *ops)
{
	struct stream *s = xcalloc(1, sizeof *s);

	s->loop = l;
	s->client = c;
	s->ops = *ops;
	s->object = xstrdup(object);
	s->name = text_shown_dup(object);
	s->by = xstrdup("");
	s->want_write = write;
	s->take = take;
	s->retry = loop_timer_new(l, on_retry, s);
	s->anew = loop_timer_new(l, on_anew, s);
	if (client_state(c) == CLIENT_READY)
		open_it(s);
	else
		s->state = client_state(c) == CLIENT_CONNECTING ? STREAM_OPENING : STREAM_LOST;
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	if (s->opening)
		s->opening->stream = NULL;
	if (s->typing)
		client_forget(s->client, s->typing);
	close_at_broker(s->client, s->id);
	loop_timer_free(s->retry);
	loop_timer_free(s->anew);
	buf_free(&s->typed);
	err_free(s->error);
	err_free(s->held);
	free(s->object);
	free(s->name);
	free(s->by);
	free(s);
}

enum stream_state stream_state(const struct stream *s)
{
	return s->state;
}

const char *stream_name(const struct stream *s)
{
	return s->name;
}

bool stream_writer(const struct stream *s)
{
	return s->writer;
}

const char *stream_by(const struct stream *s)
{
	return s->by;
}

int64_t stream_since(const struct stream *s)
{
	return s->since;
}

const struct err *stream_error(const struct stream *s)
{
	return s->error;
}

/* What peers are sent of serial consoles: bytes within their credit, who types, the end. Made when the peer has room, so that a slow
 * one is owed positions in a ring and nothing else. Called by peers. */
#include "broker/consoles_inside.h"

#include "common/base64.h"
#include "common/clock.h"

#define PIECE (12 * 1024)

static void put_start(const struct console_stream *s, struct buf *out, const char *event)
{
	buf_printf(out, "{\"event\":\"%s\",\"stream\":\"%s\",", event, s->name);
}

static void put_writer(struct console_stream *s, struct buf *out)
{
	s->tell_writer = false;
	put_start(s, out, "stream-writer");
	buf_printf(out, "\"writer\":%s,\"by\":", s->console->writer == s ? "true" : "false");
	buf_json_string(out, console_by(s->console, peer_actor(s->peer)));
	buf_str(out, "}\n");
}

static void put_data(struct console_stream *s, struct buf *out, const char *data, size_t n)
{
	put_start(s, out, "stream-data");
	buf_str(out, "\"data\":\"");
	base64_write(out, data, n);
	buf_printf(out, "\",\"lost\":%llu}\n", (unsigned long long)s->lost);
	s->lost = 0;
	s->at += n;
	s->out += n;
	s->credit -= n;
}

static void put_end(struct console_stream *s, struct buf *out)
{
	json_t *why = msg_to_json(&s->why);

	if (s->lost)
		put_data(s, out, "", 0);
	put_start(s, out, "stream-end");
	buf_str(out, "\"why\":");
	buf_json(out, why);
	buf_str(out, "}\n");
	json_decref(why);
}

/* What was overwritten before it was sent is lost to this one. */
static bool has_data(struct console_stream *s)
{
	const struct console_ring *r = &s->console->ring;

	if (s->at < r->from) {
		s->lost += r->from - s->at;
		s->at = r->from;
	}
	return s->at < r->to;
}

/* One line; false: nothing is due now. The stream may be gone. */
static bool produce_one(struct console_stream *s, struct buf *out)
{
	if (s->tell_writer && !s->ended) {
		put_writer(s, out);
		return true;
	}
	bool data = has_data(s);
	if (data && s->credit) {
		size_t n;
		const char *bytes = console_ring_at(&s->console->ring, s->at, s->credit < PIECE ? (size_t)s->credit : PIECE, &n);
		put_data(s, out, bytes, n);
		return true;
	}
	if (!s->ended || (data && clock_boot_ms() - s->ended_ms < CONSOLE_LINGER_MS))
		return false;
	if (data) {
		s->lost += s->console->ring.to - s->at;
		s->at = s->console->ring.to;
	}
	put_end(s, out);
	console_stream_drop(s, NULL);
	return true;
}

bool consoles_produce(struct consoles *all, struct peer *p, struct buf *out, size_t limit)
{
	bool any = true;

	/* A line of each in turn, so that one that pours holds up none of the others. */
	while (any) {
		any = false;
		for (struct console *c = all->first, *next; c; c = next) {
			next = c->next;
			for (struct console_stream *s = c->streams, *after; s; s = after) {
				after = s->next;
				if (s->peer != p || !s->open)
					continue;
				if (out->len >= limit)
					return true;
				bool last = s == c->streams && !after; /* c may go with it */
				any |= produce_one(s, out);
				if (last)
					break;
			}
		}
	}
	return false;
}

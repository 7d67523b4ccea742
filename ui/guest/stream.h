/* The console's half of a serial console (protocol.md "Serial consoles"): opens the stream, gives back credit, types, asks for the pen,
 * and opens again when the broker was away. Owned by console.c; nothing here knows what the bytes mean. */
#ifndef TANA_STREAM_H
#define TANA_STREAM_H

#include "link/client.h"

#include <stddef.h>

#define STREAM_WINDOW 65536       /* bytes that may be on their way to us */
#define STREAM_TYPED_MAX 4096     /* bytes in one request */
#define STREAM_WAITING_MAX (256 * 1024) /* typed bytes that wait for a guest that takes none; more are refused */

enum stream_state {
	STREAM_OPENING,           /* the broker was asked */
	STREAM_OPEN,
	STREAM_LOST,              /* the broker is away; opened again when it is back */
	STREAM_REFUSED,           /* it was never open */
	STREAM_ENDED,             /* it is over */
};

enum stream_news {
	STREAM_NEWS_STATE,
	STREAM_NEWS_FRESH,        /* it was opened anew: what comes next begins with what the broker kept, perhaps seen before */
	STREAM_NEWS_PEN,          /* who types changed */
	STREAM_NEWS_NO_PEN,       /* we asked for the pen and did not get it: why in stream_error */
	STREAM_NEWS_NOT_TYPED,    /* what waited was not typed and is dropped: why in stream_error */
};

struct stream;
struct stream_ops {
	void *ctx;
	void (*data)(void *ctx, const char *bytes, size_t len, uint64_t lost); /* lost: bytes that were left out before these */
	void (*news)(void *ctx, enum stream_news n);
};

/* Opens it as soon as the client is ready. object: as protocol.md has targets. take: the pen, also from somebody else. The client is
 * borrowed and stays longer. No call of ops before this returns. */
struct stream *stream_new(struct loop *l, struct client *c, const char *object, bool write, bool take, const struct stream_ops *ops);
void stream_free(struct stream *s);       /* closes it */
void stream_broker(struct stream *s, enum client_state now); /* from the client's owner, when that changes */
bool stream_event(struct stream *s, json_t *line);           /* every event; true: it was this stream's */

/* So many bytes were drawn; the broker hears of it in portions. */
void stream_drawn(struct stream *s, size_t bytes);
/* Types; false: it is not ours to type, or too much waits (nothing of it was taken). */
bool stream_type(struct stream *s, const char *bytes, size_t len);
size_t stream_waiting(const struct stream *s);  /* typed bytes that the broker has not taken yet */
bool stream_full(const struct stream *s);       /* ... since the guest takes none */
void stream_ask_pen(struct stream *s, bool take);
void stream_again(struct stream *s);            /* after STREAM_REFUSED: once more */

enum stream_state stream_state(const struct stream *s);
const char *stream_name(const struct stream *s);   /* of the VM; the object until it is known */
bool stream_writer(const struct stream *s);        /* we type */
const char *stream_by(const struct stream *s);     /* who types; "" nobody */
int64_t stream_since(const struct stream *s);      /* Unix seconds, 0 not known */
const struct err *stream_error(const struct stream *s); /* of REFUSED, ENDED and the news; NULL none */

#endif

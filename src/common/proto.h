/* Framing of the message protocol: JSON objects, a line each, bounded. Who reads and what the lines mean is the
 * caller's. data/protocol.md is the contract. */
#ifndef TANA_PROTO_H
#define TANA_PROTO_H

#include "common/buf.h"
#include "common/error.h"

#include <jansson.h>
#include <stddef.h>

#define PROTO_VERSION 1
#define PROTO_REQUEST_MAX (64 * 1024)     /* bytes of a line that the broker accepts */
#define PROTO_LINE_MAX (4 * 1024 * 1024)  /* bytes of a line that a console accepts */
#define PROTO_DEPTH_MAX 16                /* nesting that is accepted */
#define PROTO_BATCH_ROWS 256              /* rows of one batch line, at most */

/* Splits a stream into lines. One for each connection. */
struct proto_reader {
	struct buf in;
	size_t start;    /* bytes of in that were lines already taken */
	size_t scanned;  /* bytes after start known to hold no newline */
	size_t max;
};
void proto_reader_init(struct proto_reader *r, size_t max);
void proto_reader_free(struct proto_reader *r);
void proto_feed(struct proto_reader *r, const char *data, size_t len); /* then take lines until there is none */
/* The next whole line as an object in *out (caller decrefs), NULL in *out when none is there yet.
 * Error: too long, not JSON, not an object, nested too deep, a NUL, doubled keys: the peer is to be ended.
 * Blank lines are skipped. */
struct err *proto_next(struct proto_reader *r, json_t **out);
/* The two halves of it: the next line as it came, without its newline (borrowed until the next call or feed), NULL in *line when none
 * is there yet; and the parsing of one. */
struct err *proto_next_line(struct proto_reader *r, const char **line, size_t *len);
struct err *proto_parse(const char *line, size_t len, json_t **out);

/* Lines to send (with their newline). */
void proto_return(struct buf *b, json_t *id, json_t *value);        /* both borrowed; value NULL is {} */
void proto_error(struct buf *b, json_t *id, const struct err *e);
struct err *proto_error_read(json_t *error);                        /* the "error" member -> err; never NULL */

const char *proto_text(const json_t *o, const char *key);           /* a member that is a string; "" when it is none. Borrowed */

#endif

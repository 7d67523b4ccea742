/* Serial consoles (data/protocol.md): one stream of each VM's host, shared by those who look; who types and who watches, what each
 * was sent, how long, and what ends it. Called by requests_stream.c, peers and broker.c. */
#ifndef TANA_CONSOLES_H
#define TANA_CONSOLES_H

#include "broker/peers.h"

#define CONSOLES_MAX 64              /* streams in all */
#define CONSOLES_OF_CUSTOMERS 48     /* of them, so that operators find room */
#define CONSOLES_OF_TENANT 8
#define CONSOLES_OF_PEER 4
#define CONSOLE_CREDIT_MAX 262144
#define CONSOLE_TYPED_MAX 4096       /* bytes of one request */

struct consoles;
struct console_stream;

struct consoles *consoles_new(struct broker *b);
void consoles_free(struct consoles *all);  /* after the peers */

/* Ends the request, now or when the record is written and the host has answered. He may have it (plan_may_console). */
void consoles_open(struct consoles *all, struct request *q, const struct vm *vm, bool write, bool take, uint64_t credit);
/* This peer's stream; NULL: it has none of that name. */
struct console_stream *consoles_find(struct consoles *all, const struct peer *p, const char *name);
struct err *console_stream_type(struct console_stream *s, const void *data, size_t n);
struct err *console_stream_credit(struct console_stream *s, uint64_t bytes);
void console_stream_close(struct console_stream *s);   /* as its user wished */

/* For peers: lines that are due to p, into out up to limit bytes of it. True: there are more. */
bool consoles_produce(struct consoles *all, struct peer *p, struct buf *out, size_t limit);
void consoles_peer_gone(struct consoles *all, const struct peer *p);
/* What may have ended streams: VMs moved or changed, roles are others. Looked at when this turn ends. */
void consoles_review(struct consoles *all);

#endif

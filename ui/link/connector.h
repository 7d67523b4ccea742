/* A process apart that can do one thing: connect to the one socket path it was started with and hand the descriptor
 * over. The console forks it before it is shut into its sandbox, so that it can still reconnect from inside. */
#ifndef TANA_CONNECTOR_H
#define TANA_CONNECTOR_H

#include "common/error.h"

#include <sys/types.h>

struct connector;

/* Forks it. path is made absolute here. Errors: ERR_USAGE when the path does not fit a socket address, ERR_FAILED. */
struct err *connector_start(const char *path, struct connector **out);
void connector_end(struct connector *c);           /* it goes when we let go; reaped here; NULL is allowed */

pid_t connector_pid(const struct connector *c);
int connector_descriptor(const struct connector *c); /* readable when an answer is there; the connector's */
/* Asks for one connection; ask again only after the answer was taken. Never blocks. */
struct err *connector_ask(struct connector *c);
/* The answer: NULL with *fd = a connected, non-blocking, close-on-exec descriptor of the caller's, or *fd = -1 when there
 * is no answer yet. ERR_UNREACHABLE: nobody listens there, or we may not; asking again later has a meaning.
 * ERR_INTERNAL: the connector itself is gone. */
struct err *connector_take(struct connector *c, int *fd);

#endif

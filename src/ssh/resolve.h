/* Names to addresses without ever waiting longer than asked: getaddrinfo may block for minutes, so it runs on a thread of
 * its own. The last good answer of each name is kept and used when the resolver fails or is late. Only dial.c calls it. */
#ifndef TANA_SSH_RESOLVE_H
#define TANA_SSH_RESOLVE_H

#include "common/error.h"

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define RESOLVE_MAX 8 /* addresses of a name that are tried */

struct resolve_address { struct sockaddr_storage sa; socklen_t len; };

/* Fills at most RESOLVE_MAX addresses (port set) before deadline (boot time, ms). stop_fd: readable = give up, -1 none.
 * *remembered is set when the answer is an old one. ERR_UNREACHABLE, ERR_TIMEOUT. */
struct err *resolve_name(const char *host, int port, int64_t deadline, int stop_fd,
	struct resolve_address out[RESOLVE_MAX], size_t *n, bool *remembered);

/* Tests put another resolver below (NULL: the system's). */
typedef int resolve_fn(const char *host, const struct addrinfo *hints, struct addrinfo **out);
void resolve_use(resolve_fn *fn);

#endif

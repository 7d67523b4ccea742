/* A shared broker as a service: what its service manager (systemd) is told, and the socket that it hands over. Where there is none,
 * all of this is nothing. Called by broker.c, leaving.c and reload.c. */
#ifndef TANA_SERVICE_H
#define TANA_SERVICE_H

#include "common/error.h"
#include "common/loop.h"

#include <stdint.h>

/* The listening socket that the service manager opened for us, close-on-exec and non-blocking, *path where it is (caller frees); *fd = -1
 * when there is none. Once, before any child is started. Errors: ERR_USAGE service.sockets (not one), service.socket (of a wrong kind). */
struct err *service_socket(int *fd, char **path);

struct service;
/* site is copied. From now on the watchdog is told, if it wants to be, that the loop turns. */
struct service *service_new(struct loop *l, const char *site);
void service_free(struct service *s);                    /* NULL is allowed, here and below */
void service_ready(struct service *s);                   /* it serves; and: a reload is over */
void service_reloading(struct service *s);
void service_stopping(struct service *s, const char *status); /* nothing else is said of it from then on but the watchdog */
/* How many hosts are live: told within 10 s, when it is not what was told last. */
void service_hosts(struct service *s, int64_t live, int64_t all);
void service_site(struct service *s, const char *site);  /* its name after a reload; copied */

#endif

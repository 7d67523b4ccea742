/* The shared broker's socket: bound once, open to everybody, since who may enter is asked of the kernel at accept.
 * Called by broker.c. */
#ifndef TANA_LISTEN_H
#define TANA_LISTEN_H

#include "broker/peers.h"

/* given: -1, or a socket that listens at path already, the service manager's, taken over. Else binds path (its folder is made when
 * missing). A socket that nobody answers on is stale and is removed. Errors: ERR_STATE broker.running when another broker lives
 * there, os.error. */
struct err *listener_new(struct broker *b, const char *path, int given, struct listener **out);
/* Nobody comes in any more: a path of our own is removed, so that who tries knows at once; at one of the service manager's they wait
 * for whoever takes it next. NULL is allowed, and a second time. */
void listener_stop(struct listener *l);
void listener_free(struct listener *l);  /* stops first; NULL is allowed */

#endif

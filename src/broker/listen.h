/* The shared broker's socket: bound once, open to everybody, since who may enter is asked of the kernel at accept.
 * Called by broker.c. */
#ifndef TANA_LISTEN_H
#define TANA_LISTEN_H

#include "broker/peers.h"

/* Binds path (its folder is made when missing). A socket that nobody answers on is stale and is removed.
 * Errors: ERR_STATE broker.running when another broker lives there, os.error. */
struct err *listener_new(struct broker *b, const char *path, struct listener **out);
void listener_free(struct listener *l);  /* removes the path when it is still ours; NULL is allowed */

#endif

/* A private broker: tanad started as a child of this console, spoken to over a socketpair. Used by client.c alone. */
#ifndef TANA_LAUNCH_H
#define TANA_LAUNCH_H

#include "link/client.h"

struct launch;

/* Starts `tanad --private 3 (--demo | --site FILE | -- URI...)`: t->program, else the tanad beside our own program, else the
 * installed one. *fd: the protocol's descriptor, non-blocking and close-on-exec, the caller's.
 * ended(ctx, words) comes at most once, on the loop, when it has ended; words: the last it said on its standard error,
 * else how it ended; cleaned, one line, never empty, borrowed.
 * Errors: ERR_UNREACHABLE when no tanad is found, ERR_FAILED. */
struct err *launch_start(struct loop *l, const struct client_target *t, void (*ended)(void *ctx, const char *words), void *ctx,
	struct launch **out, int *fd);
void launch_kill(struct launch *p);       /* it hangs: ended comes soon */
/* After the descriptor was closed: waits until it has ended, at most wait_ms, kills it then, reaps it, frees p.
 * NULL is allowed; safe inside ended. */
void launch_end(struct launch *p, int wait_ms);

#endif

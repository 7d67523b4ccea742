/* The sandbox of a console: after sandbox_enter the process can read and write what it has open, and nothing else. No ncurses, no
 * client here. Called by app.c and cli.c where the broker is shared, and by the connector's child for its own. */
#ifndef TANA_SANDBOX_H
#define TANA_SANDBOX_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Asks for all that libraries would open late (zone, messages of the C library, buffers), then shuts this process in, for good:
 * no_new_privs, not dumpable, no core, Landlock where the kernel has it, and the system call filter. The process must be
 * single-threaded, with everything open that it will ever need; catalogues (lang.h) are read before.
 * connector: the one child that it may wait for, 0 none. ERR_FAILED "sandbox.failed" with what could not be done: who asked for it
 * must then end. */
struct err *sandbox_enter(pid_t connector);
bool sandbox_entered(void);

/* The connector's own: receive and send on descriptor 0, make one kind of socket, connect it to this one address, close, exit;
 * anything else ends it. *copy: the address where nobody can change it any more; connect to that. */
struct err *sandbox_enter_connector(const void *address, size_t size, const void **copy);

#endif

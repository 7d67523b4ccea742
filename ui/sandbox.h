/* The sandbox of a console: after sandbox_enter the process can read and write what it has open, and nothing else. No ncurses, no
 * client here. Called by app.c and cli.c (through seal), and by the connector's child for its own. */
#ifndef TANA_SANDBOX_H
#define TANA_SANDBOX_H

#include "common/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* Opens and asks for all that libraries would open late: the random seed, the time zones named here (NULL ends; may be NULL), message
 * catalogues (lang.h), the name of the character set. Before sandbox_enter. */
void sandbox_warm(const char *const *zones);

/* Shuts this process in, for good: no_new_privs, not dumpable, no core, Landlock where the kernel has it, then the system call filter.
 * connector: the one child that it may wait for, 0 none. ERR_FAILED "sandbox.failed" with what could not be done: whoever serves
 * a restricted user must then end. */
struct err *sandbox_enter(pid_t connector);
bool sandbox_entered(void);

/* The connector's own, after it was set up: receive, one kind of socket, connect, hand over, close, exit. */
struct err *sandbox_enter_connector(void);

#endif

/* What the parts of the sandbox share: sandbox.c has the order of steps, sandbox_filter.c the system calls, sandbox_landlock.c the
 * files. Nobody else includes this. */
#ifndef TANA_SANDBOX_INSIDE_H
#define TANA_SANDBOX_INSIDE_H

#include "jail/sandbox.h"

struct err *sandbox_failed(const char *what, int code); /* code: errno */

/* Each installs its filter. no_new_privs is set. */
struct err *sandbox_filter_console(pid_t connector);
struct err *sandbox_filter_connector(const void *address, size_t size);

/* Every right over files, networks, foreign signals that this kernel can take away is taken away. A kernel without Landlock: no
 * error, the filter carries it all. */
struct err *sandbox_landlock(void);

#endif

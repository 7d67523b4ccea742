/* The user's own libvirt daemon: where it listens, and having it started. Called by libvirt_open.c. */
#ifndef TANA_HOSTS_SESSION_H
#define TANA_HOSTS_SESSION_H

#include "ssh/wait.h"

char *session_dir(void); /* of its sockets; caller frees */
/* Opens the plain URI once, on a thread that may be left behind, so that libvirt starts the daemon; returns when that is
 * done, at the deadline (boot time, ms) or when stop_fd is readable. Whether it helped is seen at the socket. */
enum wait_end session_spawn(const char *uri, int stop_fd, int64_t deadline);
/* Before the event loop ends: waits a moment for a spawn that is under way. */
void session_wait(void);

#endif

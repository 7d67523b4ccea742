/* Owns the transport below libvirt: a private Unix socket that libvirt connects to, pumped into a local daemon's socket
 * or an SSH tunnel by one thread for all. Shutting a relay ends a hung libvirt call at once. */
#ifndef TANA_RELAY_H
#define TANA_RELAY_H

#include "common/error.h"
#include "ssh/ssh.h"

struct relay;

struct err *relay_start(void);   /* the pump thread */
void relay_stop(void);

/* Makes <dir>/<random>.sock (0600), accepts exactly one client within accept_ms, then removes the path.
 * relay_new_socket dials a local socket (deadline), relay_new_ssh takes ownership of an opened tunnel. */
struct err *relay_new_socket(const char *dir, const char *path, int step_ms, struct relay **out);
struct err *relay_new_ssh(const char *dir, struct ssh_link *tunnel, struct relay **out);
const char *relay_path(const struct relay *r);
void relay_shut(struct relay *r);  /* any thread, any number of times */
void relay_free(struct relay *r);  /* shuts, waits for the pump to let go of it, frees */

#endif

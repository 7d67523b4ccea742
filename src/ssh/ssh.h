/* The one SSH layer. Everything here blocks (on a worker) and every step has a deadline; ssh_link_abort may come from
 * any thread. ~/.ssh/config is never read; known hosts are checked unless the caller says otherwise. */
#ifndef TANA_SSH_H
#define TANA_SSH_H

#include "common/error.h"

struct ssh_login {
	const char *host;         /* name or address */
	int port;                 /* 0 = 22 */
	const char *user;         /* "" = the user who runs the broker */
	const char *key_file;     /* "" = agent, then the default keys */
	const char *known_hosts;  /* "" = the user's file, then the system's */
	int step_ms;              /* deadline of each step: resolve+connect, key exchange, login, channel */
};

struct ssh_link;              /* one SSH connection */

struct ssh_link *ssh_link_new(void);
/* Errors name the step and the host. Changed key: "ssh.key.changed" shows both SHA256 fingerprints and the place
 * (file:line) of the known one; unknown key: "ssh.key.unknown" shows the fingerprint and what to type. */
struct err *ssh_link_open(struct ssh_link *l, const struct ssh_login *login);
/* Turns the link into a tunnel to a Unix socket on the far side (direct-streamlocal), else to the output of command
 * (may be NULL). From then on only the relay uses it. */
struct err *ssh_link_tunnel(struct ssh_link *l, const char *remote_socket, const char *command);
int ssh_link_fd(const struct ssh_link *l);
/* Non-blocking, by the relay: >0 bytes, 0 nothing now, -1 end or error. */
int ssh_link_read(struct ssh_link *l, void *data, int len);
int ssh_link_write(struct ssh_link *l, const void *data, int len);
int ssh_link_wants(struct ssh_link *l);        /* poll(2) events it waits for */
char *ssh_link_words(struct ssh_link *l);      /* any thread: what a command wrote to stderr, cleaned; caller frees */
void ssh_link_abort(struct ssh_link *l);       /* any thread: shuts the descriptor down */
void ssh_link_free(struct ssh_link *l);

/* Name resolution and connect with a deadline; remembers the last good address of a name and uses it when the
 * resolver fails or is late. *abort_fd: once it is readable the dialling ends. */
struct err *ssh_dial(const char *host, int port, int deadline_ms, int *abort_fd_or_null, int *fd);

#endif

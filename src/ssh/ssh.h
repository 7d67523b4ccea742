/* The one SSH layer. Everything here blocks (on a worker) and every step has a deadline; ssh_link_abort may come from
 * any thread. ~/.ssh/config is never read; known hosts are checked unless the caller says otherwise. */
#ifndef TANA_SSH_H
#define TANA_SSH_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

struct ssh_login {
	const char *host;         /* name or address */
	int port;                 /* 0 = 22 */
	const char *user;         /* "" = the user who runs the broker */
	const char *key_file;     /* "" = agent, then the default keys */
	const char *known_hosts;  /* "" = the user's file, then the system's */
	int step_ms;              /* deadline of each step: resolve+connect, key exchange, login, channel */
	/* Of enclosure managers; hosts leave these at zero. */
	const char *password;     /* NULL or "": none. Else, without a key_file, no key is tried (managers lock out who guesses): none,
	                           * password, keyboard-interactive (every hidden question is answered with it). Copied by nobody. */
	bool legacy;              /* also what libssh has switched off and old managers need: sha1 key exchanges, ssh-rsa, cbc, hmac-sha1 */
	const char *ciphers;      /* offers only these, comma separated; "" or NULL = all (an iLO 2 hangs on aes256-ctr) */
};

struct ssh_link;              /* one SSH connection, with one channel at a time */

struct ssh_link *ssh_link_new(void);
/* Errors name the step and the host. Changed key: "ssh.key.changed" shows both SHA256 fingerprints and the place
 * (file:line) of the known one; unknown key: "ssh.key.unknown" shows the fingerprint and what to type. */
struct err *ssh_link_open(struct ssh_link *l, const struct ssh_login *login);
/* What an error of this header means to who tries again, by its id; all others: it cannot be reached, now.
 *   denied   ssh.login.refused, ssh.login.partial, ssh.login.expired: not again with the same password, it locks out who guesses
 *   busy     ssh.busy: no session free; later again
 *   old      ssh.old (legacy = yes would do), ssh.gone, ssh.cipher.narrow|old|bad: not before the site file or the device changes
 *   key      ssh.key.changed|unknown|other|revoked: not before a person has looked
 *   given up ssh.given-up: ssh_link_abort was called */
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

/* --- Talking to an enclosure manager. Blocking, one worker at a time; ssh_link_abort ends any of it. --- */
/* A shell; pty: with a terminal (vt100, 255 columns, 500 lines, so that few wrap or page). */
struct err *ssh_link_shell(struct ssh_link *l, bool pty);
/* One command on a channel of its own. Its output and errors come by ssh_link_hear. */
struct err *ssh_link_exec(struct ssh_link *l, const char *command);
/* What comes, output and errors in the order of arrival: >0 bytes, 0 nothing within wait_ms, -1 the channel has ended or the
 * connection is gone (ssh_link_lost tells which). */
int ssh_link_hear(struct ssh_link *l, void *data, int len, int wait_ms);
struct err *ssh_link_say(struct ssh_link *l, const void *data, size_t len, int deadline_ms);
int ssh_link_status(struct ssh_link *l);       /* exit status of the ended channel; -1: none was sent, as many managers do */
bool ssh_link_lost(const struct ssh_link *l);  /* the connection itself is gone: no further channel can be had */
void ssh_link_hang_up(struct ssh_link *l);     /* ends the channel; the connection stays for the next one */
/* What the server calls itself, and what it showed before the login: "SSH-2.0-mpSSH_0.2.1\n...". Cleaned, lines kept; caller frees. */
char *ssh_link_greeting(struct ssh_link *l);

/* Name resolution and connect with a deadline; remembers the last good address of a name and uses it when the
 * resolver fails or is late. *abort_fd: once it is readable the dialling ends. */
struct err *ssh_dial(const char *host, int port, int deadline_ms, int *abort_fd_or_null, int *fd);

#endif

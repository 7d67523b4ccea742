/* Which algorithms are offered to whom, and what to say when none fits. Called by link.c. */
#ifndef TANA_SSH_ALGOS_H
#define TANA_SSH_ALGOS_H

#include "common/error.h"
#include "ssh/ssh.h"

#include <libssh/libssh.h>

/* Sets what this login offers. Without legacy and ciphers libssh keeps its own choice. ERR_USAGE "ssh.cipher.bad" when a name
 * in login->ciphers cannot be had; "ssh.kex.failed" when libssh refuses a list, which is a bug. */
struct err *algos_offer(ssh_session session, const char *host, const struct ssh_login *login);

/* What libssh said after a failed key exchange, as an error when it says that no algorithm fits, else NULL:
 * "ssh.old" legacy would let it in, "ssh.gone" nothing here can, "ssh.cipher.narrow" only login->ciphers stands in the way. */
struct err *algos_refusal(const char *reason, const char *host, const struct ssh_login *login);

#endif

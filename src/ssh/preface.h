/* What a server says before "SSH-...". Called by link.c between the connect and the key exchange. */
#ifndef TANA_SSH_PREFACE_H
#define TANA_SSH_PREFACE_H

#include "common/buf.h"
#include "common/error.h"
#include "ssh/link.h"

/* Takes the lines before the version from the descriptor, into l->preface; the version line stays for libssh.
 * A server that is silent is left to libssh. "ssh.kex.failed", "ssh.busy", "ssh.given-up". */
struct err *preface_read(struct ssh_link *l, int64_t deadline);

#endif

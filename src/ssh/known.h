/* The known host keys: which ones a host may show, and what to say when it shows another. Reads, never writes. */
#ifndef TANA_SSH_KNOWN_H
#define TANA_SSH_KNOWN_H

#include "common/error.h"

#include <libssh/libssh.h>
#include <stdbool.h>
#include <stddef.h>

struct known_key { ssh_key key; char *file; int line; bool revoked; };
struct known {
	char *host;               /* as the files have it: "name" or "[name]:port" */
	char *file;               /* where a new key would be written by hand */
	char *type_it;            /* "ssh-keyscan ..." that fetches the key */
	struct known_key *keys;
	size_t n;
};

/* file "" = the user's, then the system's. A file that is not there is empty; one that cannot be read is an error. */
struct err *known_read(const char *file, const char *host, int port, struct known *k);
/* Host key algorithms in the order to ask for: those that are known first; ssh-rsa (sha1) with legacy only. Caller frees; NULL when
 * none is known. */
char *known_algorithms(const struct known *k, bool legacy);
/* NULL when key is a known one of this host, else "ssh.key.changed|unknown|other|revoked". */
struct err *known_check(const struct known *k, ssh_key key);
void known_free(struct known *k);

#endif

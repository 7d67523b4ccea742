/* A host key for the demonstration's managers, made anew each time. Called by demo.c. */
#ifndef TANA_DEMO_KEY_H
#define TANA_DEMO_KEY_H

#include <stdbool.h>

/* *key: a private key as OpenSSH writes it; *known: what follows an address in a known_hosts file, "ssh-ed25519 AAAA...". The caller frees both.
 * False: the library cannot. */
bool demo_key(char **key, char **known);

#endif

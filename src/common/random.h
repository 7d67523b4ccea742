/* Names that cannot be guessed: ids of VMs, plans and jobs, sockets. */
#ifndef TANA_RANDOM_H
#define TANA_RANDOM_H

#include <stddef.h>

/* Writes prefix and `digits` (even, at most 64) random lower-case hex digits; out has room for them and the NUL. */
void random_hex(char *out, const char *prefix, size_t digits);

#endif

/* SHA-256 in hex. A file of its own: OpenSSL's headers and common/error.h both claim the name ERR_STATE. */
#ifndef TANA_STORE_DIGEST_H
#define TANA_STORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_HEX 64

bool digest_hex(const void *data, size_t len, char hex[DIGEST_HEX + 1]); /* false: libcrypto refused */

#endif

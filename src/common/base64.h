/* Base64 (RFC 4648, with padding): bytes of serial consoles within JSON. Called by the broker's consoles and the console's stream. */
#ifndef TANA_BASE64_H
#define TANA_BASE64_H

#include "common/buf.h"

#define BASE64_LEN(n) (((n) + 2) / 3 * 4) /* characters for n bytes */

void base64_write(struct buf *out, const void *data, size_t n); /* appended, without a NUL */
/* text (len characters) decoded, appended to out. False, and out as it was: it is not base64 to the last bit, or more than max
 * bytes. */
bool base64_read(struct buf *out, const char *text, size_t len, size_t max);

#endif

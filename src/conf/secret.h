/* Passwords that stand in files of their own. For the site's reader, which checks them, and the enclosures' sessions, which read
 * them each time anew. */
#ifndef TANA_SECRET_H
#define TANA_SECRET_H

#include "common/error.h"

/* ERR_USAGE when it is no plain file, is neither root's nor the broker's, others may read it, or its first line is empty or longer
 * than 1000 bytes. *password: that line; the caller's to wipe and free (secret_free). */
struct err *secret_read(const char *file, char **password);
/* What would be wrong with it, without reading it. NULL: well. */
struct err *secret_check(const char *file);
void secret_free(char *password); /* wiped; NULL is allowed */

#endif

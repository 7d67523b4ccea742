/* What a server's last words mean. Called by link.c, login.c, preface.c and talk.c when a connection ends. */
#ifndef TANA_SSH_FAREWELL_H
#define TANA_SSH_FAREWELL_H

#include <stdbool.h>

enum farewell {
	FAREWELL_NONE,   /* nothing can be told */
	FAREWELL_BUSY,   /* it has no session free now */
	FAREWELL_DENIED, /* it does not let this user in */
};

/* said: libssh's reason, a line before the version, a banner. */
enum farewell farewell_of(const char *said);

#endif

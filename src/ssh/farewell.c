/* Tells "busy" and "denied" from any other end by the disconnect code and by words. Managers have no common text for it, so
 * the phrases are few and whole: a banner's "this system may be in use by ..." must not look like a full one. */
#include "ssh/farewell.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* RFC 4253, 11.1 */
#define CODE_TOO_MANY 12
#define CODE_NO_MORE_METHODS 14
#define CODE_ILLEGAL_USER 15

enum farewell farewell_of(const char *said)
{
	/* first those that have "too many" in them, too: of guesses, not of sessions */
	static const char *const denied[] = { "authentication failure", "too many failed", "failed login", "login failure",
		"login attempts", "authentication attempts", "account is locked", "account locked", "access denied",
		"no more authentication methods" };
	static const char *const busy[] = { "maximum number of sessions", "maximum number of connections", "maximum sessions",
		"maximum number of users", "maximum number of concurrent", "max sessions", "too many", "session limit",
		"sessions are in use", "sessions in use", "session is in use", "session in use", "connections in use", "exceeded maxstartups",
		"no free session", "no session available", "no sessions available", "already in use", "all sessions" };
	static const char mark[] = "SSH_MSG_DISCONNECT";
	const char *p = strstr(said, mark);
	long code = p ? strtol(p + strlen(mark) + strspn(p + strlen(mark), ": "), NULL, 10) : 0;

	if (code == CODE_TOO_MANY)
		return FAREWELL_BUSY;
	if (code == CODE_NO_MORE_METHODS || code == CODE_ILLEGAL_USER)
		return FAREWELL_DENIED;
	for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
		if (strcasestr(said, denied[i]))
			return FAREWELL_DENIED;
	for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++)
		if (strcasestr(said, busy[i]))
			return FAREWELL_BUSY;
	return FAREWELL_NONE;
}

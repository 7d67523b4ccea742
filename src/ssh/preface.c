/* RFC 4253, 4.2 lets a server write lines before its version; libssh 0.10 takes the first one for the version and gives up.
 * They are read here, because a manager that is full says so in them. */
#include "ssh/preface.h"

#include "common/clock.h"
#include "common/text.h"
#include "ssh/farewell.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LINE_LONG 1024
#define PREFACE_MAX 4096  /* bytes of all lines */
#define PATIENCE_MS 1500  /* for the next line; until the first, because some servers wait for our version, which libssh sends */

static struct err *ended(struct ssh_link *l, const char *rest, size_t len, const char *why)
{
	char *all = xasprintf("%.*s%.*s", (int)l->preface.len, l->preface.len ? l->preface.data : "", (int)len, rest);

	for (char *p = all; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	for (size_t n = strlen(all); n && all[n - 1] == ' '; n--)
		all[n - 1] = 0;
	bool busy = farewell_of(all) == FAREWELL_BUSY;
	char *clean = text_clean_dup(*all ? all : why);
	struct err *e = err_new(ERR_UNREACHABLE, busy ? "ssh.busy" : "ssh.kex.failed", "{s:s, s:s}", "host", l->host,
		"reason", clean);
	free(clean);
	free(all);
	return e;
}

struct err *preface_read(struct ssh_link *l, int64_t deadline)
{
	char line[LINE_LONG];
	int64_t until = clock_boot_ms() + PATIENCE_MS;
	size_t seen = 0; /* of a line that has no end yet: it stays in the socket, and poll would not wait for more of it */

	until = until < deadline ? until : deadline;
	for (;;) {
		ssize_t n = recv(l->fd, line, sizeof line, MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return ended(l, "", 0, strerrordesc_np(errno));
		if (n == 0)
			return ended(l, "", 0, "the connection was closed");
		size_t len = n > 0 ? (size_t)n : 0;
		if (len >= 4 && memcmp(line, "SSH-", 4) == 0)
			return NULL;
		char *end = len ? memchr(line, '\n', len) : NULL;
		if (!end && len == sizeof line)
			return ended(l, line, 80, "?"); /* no text at all */
		if (end) {
			size_t take = (size_t)(end - line) + 1;
			buf_append(&l->preface, line, take);
			if (recv(l->fd, line, take, MSG_DONTWAIT) != (ssize_t)take)
				return ended(l, "", 0, "the connection was closed");
			if (l->preface.len > PREFACE_MAX)
				return ended(l, "", 0, "?");
			until = clock_boot_ms() + PATIENCE_MS;
			until = until < deadline ? until : deadline;
			seen = 0;
			continue;
		}
		/* RCVLOWAT would make poll wait for more than is there; a short wait does for the rare half of a line */
		struct pollfd hung = { .fd = l->fd, .events = POLLRDHUP };
		if (len && len == seen && poll(&hung, 1, 0) > 0)
			return ended(l, line, len, "?");
		enum wait_end w = len == 0 ? wait_fd(l->fd, POLLIN, l->stop_fd, until)
			: wait_fd(-1, 0, l->stop_fd, clock_boot_ms() + 10);
		seen = len;
		if (w == WAIT_STOPPED)
			return err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", l->host);
		if (clock_boot_ms() < until)
			continue;
		if (l->preface.len || len)
			return ended(l, line, len, "?");
		return NULL;
	}
}

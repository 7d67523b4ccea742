/* A TCP connection with a deadline: every address of the name is tried, the next one a little later than the one before,
 * and the first that answers wins. Called by link.c; any thread. */
#include "common/clock.h"
#include "common/log.h"
#include "common/text.h"
#include "ssh/resolve.h"
#include "ssh/ssh.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STAGGER_MS 300 /* head start of an address over the next one */

static void set(int fd, int level, int name, int value)
{
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

/* Notices a dead peer within half a minute, without a word from the layers above. */
static void tune(int fd)
{
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
	set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 30000);
}

/* Starts a connection: the descriptor (*done when it stands already), or -1 and *why. */
static int begin(const struct resolve_address *a, bool *done, int *why)
{
	int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*done = false;
	if (fd < 0) {
		*why = errno;
		return -1;
	}
	if (connect(fd, (const struct sockaddr *)&a->sa, a->len) == 0) {
		*done = true;
		return fd;
	}
	if (errno == EINPROGRESS)
		return fd;
	*why = errno;
	close(fd);
	return -1;
}

struct err *ssh_dial(const char *host, int port, int deadline_ms, int *abort_fd_or_null, int *fd)
{
	int stop_fd = abort_fd_or_null ? *abort_fd_or_null : -1;
	int64_t now = clock_boot_ms(), started = now, deadline = now + deadline_ms, next = now;
	struct resolve_address address[RESOLVE_MAX];
	struct pollfd p[RESOLVE_MAX + 1];
	size_t n, begun = 0, open = 0;
	bool remembered, stopped = false;
	int why = 0, won = -1;

	*fd = -1;
	if (!*host || *host == '-' || !text_is_clean(host))
		return err_new(ERR_USAGE, "ssh.host.bad", NULL);
	struct err *e = resolve_name(host, port, deadline, stop_fd, address, &n, &remembered);
	if (e)
		return e;
	if (remembered)
		log_warn("%s: the name service failed or was late; the last good address is tried", host);
	while (won < 0 && !stopped && (begun < n || open) && now < deadline) {
		if (begun < n && (now >= next || open == 0)) {
			bool done;
			int s = begin(&address[begun++], &done, &why);
			next = now + STAGGER_MS;
			if (s >= 0)
				p[open++] = (struct pollfd){ .fd = s, .events = POLLOUT };
			if (s < 0 || !done)
				continue;
		}
		p[open] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
		int64_t until = begun < n && next < deadline ? next : deadline;
		int rc = poll(p, open + 1, until > now ? (int)(until - now) : 0);
		now = clock_boot_ms();
		if (rc < 0 && errno != EINTR) {
			why = errno;
			break;
		}
		if (rc <= 0)
			continue;
		stopped = p[open].revents != 0;
		for (size_t i = 0; i < open && won < 0 && !stopped;) {
			int bad = 0;
			socklen_t len = sizeof bad;
			if (!p[i].revents) {
				i++;
			} else if (getsockopt(p[i].fd, SOL_SOCKET, SO_ERROR, &bad, &len) == 0 && bad == 0) {
				won = p[i].fd;
				p[i] = p[--open];
			} else {
				why = bad ? bad : errno;
				close(p[i].fd);
				p[i] = p[--open];
			}
		}
	}
	for (size_t i = 0; i < open; i++)
		close(p[i].fd);
	if (won >= 0) {
		tune(won);
		*fd = won;
		return NULL;
	}
	if (stopped)
		return err_new(ERR_TIMEOUT, "ssh.given-up", "{s:s}", "host", host);
	if (why && begun == n && open == 0)
		return err_new(ERR_UNREACHABLE, "ssh.connect.failed", "{s:s, s:i, s:s}", "host", host, "port", port,
			"reason", strerrordesc_np(why) ? strerrordesc_np(why) : "?");
	return err_new(ERR_TIMEOUT, "ssh.connect.late", "{s:s, s:i, s:i}", "host", host, "port", port,
		"seconds", (int)((now - started + 999) / 1000));
}

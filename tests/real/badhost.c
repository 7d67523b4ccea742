/* A host that behaves badly, for the real tests: it listens on a loopback address and
 *   drop     never accepts and its queue is full, so that the kernel drops every further SYN
 *   silent   accepts and says nothing
 *   stall    passes bytes to and from a real server until it gets SIGUSR1, then holds everything; SIGUSR2: goes on
 * Usage: badhost MODE ADDRESS PORT [TARGET-ADDRESS TARGET-PORT]; prints "ready" and runs until it is killed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS 64

static volatile sig_atomic_t stalled;

static void on_signal(int signo)
{
	stalled = signo == SIGUSR1;
}

static struct sockaddr_in address(const char *host, const char *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1 || (ntohl(a.sin_addr.s_addr) >> 24) != 127) {
		fprintf(stderr, "badhost: %s is no loopback address\n", host);
		exit(2);
	}
	return a;
}

static int listen_on(const struct sockaddr_in *a, int backlog)
{
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) ||
	    bind(fd, (const struct sockaddr *)a, sizeof *a) || listen(fd, backlog)) {
		perror("badhost: listen");
		exit(1);
	}
	return fd;
}

/* Two connections fill a queue of length 0: from then on the kernel answers no SYN. */
static void fill(const struct sockaddr_in *a)
{
	for (int i = 0; i < 4; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd >= 0)
			(void)!connect(fd, (const struct sockaddr *)a, sizeof *a); /* kept open until we end */
		usleep(20000);
	}
}

static bool pass(int from, int to)
{
	char data[16384];
	ssize_t n = read(from, data, sizeof data);

	for (ssize_t at = 0; at < n;) {
		ssize_t w = write(to, data + at, (size_t)(n - at));
		if (w <= 0)
			return false;
		at += w;
	}
	return n > 0;
}

static void serve(int listener, const struct sockaddr_in *target)
{
	struct pollfd p[1 + 2 * PAIRS] = {{.fd = listener, .events = POLLIN}};
	int n = 1;

	for (;;) {
		if (stalled) {
			poll(NULL, 0, 50);
			continue;
		}
		if (poll(p, (nfds_t)n, 200) <= 0)
			continue;
		for (int i = 1; i < n && !stalled; i++) {
			int peer = (i - 1) ^ 1;
			if (!p[i].revents || (target && pass(p[i].fd, p[1 + peer].fd)))
				continue;
			if (!target) { /* silent: what comes is read and forgotten */
				char data[4096];
				if (read(p[i].fd, data, sizeof data) > 0)
					continue;
			}
			int first = 1 + ((i - 1) & ~1);
			close(p[first].fd);
			if (p[first + 1].fd >= 0)
				close(p[first + 1].fd);
			p[first] = p[n - 2];
			p[first + 1] = p[n - 1];
			n -= 2;
			break;
		}
		if (p[0].revents && n + 2 <= 1 + 2 * PAIRS) {
			int up = -1, fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (fd < 0)
				continue;
			if (target) {
				up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
				if (up < 0 || connect(up, (const struct sockaddr *)target, sizeof *target)) {
					close(fd);
					if (up >= 0)
						close(up);
					continue;
				}
			}
			p[n++] = (struct pollfd){.fd = fd, .events = POLLIN};
			p[n++] = (struct pollfd){.fd = up, .events = POLLIN}; /* -1: poll skips it */
		}
	}
}

int main(int argc, char **argv)
{
	bool drop = argc == 4 && !strcmp(argv[1], "drop"), silent = argc == 4 && !strcmp(argv[1], "silent");
	bool stall = argc == 6 && !strcmp(argv[1], "stall");

	if (!drop && !silent && !stall) {
		fprintf(stderr, "usage: badhost drop|silent ADDRESS PORT | stall ADDRESS PORT TARGET-ADDRESS TARGET-PORT\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	struct sockaddr_in here = address(argv[2], argv[3]), there;
	int listener = listen_on(&here, drop ? 0 : 64);
	if (drop)
		fill(&here);
	if (stall)
		there = address(argv[4], argv[5]);
	puts("ready");
	fflush(stdout);
	if (drop)
		for (;;)
			pause();
	serve(listener, stall ? &there : NULL);
}

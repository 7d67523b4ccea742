/* poll(2) with a deadline on boot time, and quiet threads. Called by every blocking step in ssh and hosts. */
#include "ssh/wait.h"

#include "common/clock.h"

#include <poll.h>
#include <signal.h>

enum wait_end wait_fd(int fd, short events, int stop_fd, int64_t deadline)
{
	for (;;) {
		struct pollfd p[2] = { { .fd = stop_fd, .events = POLLIN }, { .fd = fd, .events = events } };
		int64_t left = deadline - clock_boot_ms();
		int rc = poll(p, 2, left <= 0 ? 0 : left > 60000 ? 60000 : (int)left);

		if (p[0].revents && rc > 0)
			return WAIT_STOPPED;
		if (rc > 0)
			return WAIT_READY;
		if (left <= 0)
			return WAIT_LATE;
	}
}

bool thread_start(void *(*fn)(void *), void *arg, size_t stack, pthread_t *joinable)
{
	pthread_attr_t attr;
	pthread_t t;
	sigset_t all, old;

	if (pthread_attr_init(&attr) != 0)
		return false;
	if (stack)
		(void)pthread_attr_setstacksize(&attr, stack);
	if (!joinable)
		(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int rc = pthread_create(joinable ? joinable : &t, &attr, fn, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

static void ignore_sigpipe(void)
{
	struct sigaction now;

	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL) {
		now.sa_handler = SIG_IGN;
		sigaction(SIGPIPE, &now, NULL);
	}
}

void wait_ignore_sigpipe(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ignore_sigpipe);
}

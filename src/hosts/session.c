/* Starting the user's libvirt daemon is the one thing where libvirt dials for itself, without a deadline. It happens on a
 * thread of its own, one at a time in the process. */
#include "hosts/session.h"

#include "common/buf.h"
#include "common/clock.h"

#include <libvirt/libvirt.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct {
	pthread_mutex_t lock;
	bool busy;
	int done_fd;  /* eventfd, -1 until first used; readable while nothing is under way */
} spawn = { .lock = PTHREAD_MUTEX_INITIALIZER, .done_fd = -1 };

char *session_dir(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct passwd pw, *found = NULL;
	char room[4096];

	if (run && *run)
		return xasprintf("%s/libvirt", run);
	const char *home = getenv("HOME");
	if (!home && getpwuid_r(geteuid(), &pw, room, sizeof room, &found) == 0 && found)
		home = pw.pw_dir;
	return xasprintf("%s/.cache/libvirt", home ? home : "");
}

static void *open_once(void *arg)
{
	char *uri = arg;
	uint64_t one = 1;

	pthread_setname_np(pthread_self(), "session");
	virConnectPtr conn = virConnectOpen(uri);
	if (conn)
		virConnectClose(conn);
	free(uri);
	pthread_mutex_lock(&spawn.lock);
	spawn.busy = false;
	if (write(spawn.done_fd, &one, sizeof one) < 0)
		abort(); /* an eventfd at 0 takes a 1 */
	pthread_mutex_unlock(&spawn.lock);
	return NULL;
}

enum wait_end session_spawn(const char *uri, int stop_fd, int64_t deadline)
{
	uint64_t count;

	pthread_mutex_lock(&spawn.lock);
	if (spawn.done_fd < 0)
		spawn.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!spawn.busy && spawn.done_fd >= 0) {
		char *copy = xstrdup(uri);
		if (read(spawn.done_fd, &count, sizeof count) < 0)
			count = 0; /* it was the first */
		spawn.busy = thread_start(open_once, copy, 0, NULL);
		if (!spawn.busy)
			free(copy);
	}
	bool busy = spawn.busy;
	int fd = spawn.done_fd;
	pthread_mutex_unlock(&spawn.lock);
	return busy ? wait_fd(fd, POLLIN, stop_fd, deadline) : WAIT_LATE;
}

void session_wait(void)
{
	pthread_mutex_lock(&spawn.lock);
	bool busy = spawn.busy;
	int fd = spawn.done_fd;
	pthread_mutex_unlock(&spawn.lock);
	if (busy)
		(void)wait_fd(fd, POLLIN, -1, clock_boot_ms() + 1000);
}

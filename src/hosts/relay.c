/* Makes and ends relays: the private socket in front, the dialled socket or SSH tunnel behind, and who may wait for what.
 * Host drivers call it from any thread; relay_pump.c moves the bytes. */
#include "hosts/relay_pump.h"

#include "common/buf.h"
#include "common/clock.h"
#include "common/random.h"
#include "ssh/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static struct err *address(struct sockaddr_un *sa, const char *path)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof sa->sun_path)
		return err_sys(ERR_FAILED, "use socket", path, ENAMETOOLONG);
	memcpy(sa->sun_path, path, strlen(path) + 1);
	return NULL;
}

static struct err *listen_at(struct relay *r, const char *dir)
{
	struct sockaddr_un sa;
	char name[16 + 1];

	random_hex(name, "", 16);
	r->path = xasprintf("%s/%s.sock", dir, name);
	struct err *e = address(&sa, r->path);
	if (e)
		return e;
	r->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* fchmod before bind: the path never exists with other rights than these */
	if (r->listen_fd < 0 || fchmod(r->listen_fd, 0600) != 0
		|| bind(r->listen_fd, (struct sockaddr *)&sa, sizeof sa) != 0)
		return err_sys(ERR_FAILED, "create", r->path, errno);
	r->bound = true;
	if (listen(r->listen_fd, 4) != 0)
		return err_sys(ERR_FAILED, "listen at", r->path, errno);
	return NULL;
}

/* connect(2) with a deadline. A Unix socket whose queue is full says EAGAIN and nothing tells when there is room. */
static struct err *dial(const char *path, int step_ms, int stop_fd, int *why, int *out)
{
	int64_t deadline = clock_boot_ms() + step_ms;
	struct sockaddr_un sa;
	struct err *e = address(&sa, path);

	if (e)
		return e;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	while (fd >= 0) {
		if (connect(fd, (struct sockaddr *)&sa, sizeof sa) == 0) {
			*out = fd;
			return NULL;
		}
		if (errno != EAGAIN && errno != EINTR)
			break;
		int64_t now = clock_boot_ms();
		enum wait_end w = wait_fd(-1, 0, stop_fd, now + 20);
		if (w == WAIT_STOPPED || now >= deadline) {
			close(fd);
			*why = w == WAIT_STOPPED ? ECANCELED : ETIMEDOUT;
			return err_sys(ERR_TIMEOUT, "connect to", path, *why);
		}
	}
	*why = errno;
	if (fd >= 0)
		close(fd);
	return err_sys(ERR_UNREACHABLE, "connect to", path, *why);
}

static struct relay *relay_alloc(int step_ms)
{
	struct relay *r = xcalloc(1, sizeof *r);

	wait_ignore_sigpipe();
	pthread_mutex_init(&r->lock, NULL);
	r->listen_fd = r->near_fd = r->far_fd = -1;
	r->listen_until = clock_boot_ms() + step_ms;
	return r;
}

/* What is left of a relay that the pump does not hold (any more). */
static void relay_destroy(struct relay *r)
{
	if (r->listen_fd >= 0)
		close(r->listen_fd);
	if (r->bound)
		unlink(r->path);
	if (r->near_fd >= 0)
		close(r->near_fd);
	if (r->tunnel)
		ssh_link_free(r->tunnel);
	else if (r->far_fd >= 0)
		close(r->far_fd);
	free(r->to_far.data);
	free(r->to_near.data);
	free(r->path);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static struct err *finish(struct relay *r, const char *dir, struct relay **out)
{
	struct err *e = listen_at(r, dir);

	if (!e)
		e = pump_add(r);
	if (e) {
		relay_destroy(r);
		return e;
	}
	*out = r;
	return NULL;
}

struct err *relay_new_socket(const char *dir, const char *path, int step_ms, int stop_fd, int *why, struct relay **out)
{
	struct relay *r = relay_alloc(step_ms);
	int ignored;

	*out = NULL;
	why = why ? why : &ignored;
	*why = 0;
	struct err *e = dial(path, step_ms, stop_fd, why, &r->far_fd);
	if (e) {
		relay_destroy(r);
		return e;
	}
	r->listen_until = clock_boot_ms() + step_ms;
	return finish(r, dir, out);
}

struct err *relay_new_ssh(const char *dir, struct ssh_link *tunnel, int step_ms, struct relay **out)
{
	struct relay *r = relay_alloc(step_ms);

	*out = NULL;
	r->tunnel = tunnel;
	r->far_fd = ssh_link_fd(tunnel);
	return finish(r, dir, out);
}

const char *relay_path(const struct relay *r)
{
	return r->path;
}

void relay_end_locked(struct relay *r, enum relay_end why)
{
	if (r->ended != RELAY_OPEN)
		return;
	r->ended = why;
	if (r->near_fd >= 0)
		shutdown(r->near_fd, SHUT_RDWR);
	if (r->tunnel)
		ssh_link_abort(r->tunnel);
	else if (r->far_fd >= 0)
		shutdown(r->far_fd, SHUT_RDWR);
}

void relay_shut(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	relay_end_locked(r, RELAY_SHUT);
	pthread_mutex_unlock(&r->lock);
	pump_look(r);
}

void relay_deadline(struct relay *r, int ms)
{
	pthread_mutex_lock(&r->lock);
	int64_t at = r->deadline = ms > 0 ? clock_boot_ms() + ms : 0;
	pthread_mutex_unlock(&r->lock);
	if (at)
		pump_due(at);
}

void relay_rpc(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->speaks_rpc = true;
	pthread_mutex_unlock(&r->lock);
}

void relay_keepalive(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->watched = r->speaks_rpc;
	pthread_mutex_unlock(&r->lock);
	pump_beat();
}

enum relay_end relay_ended(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	enum relay_end why = r->ended;
	pthread_mutex_unlock(&r->lock);
	return why;
}

char *relay_words(struct relay *r)
{
	return r->tunnel ? ssh_link_words(r->tunnel) : xstrdup("");
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	relay_shut(r);
	pump_remove(r);
	relay_destroy(r);
}

/* Binding and accepting. */
#include "broker/listen.h"

#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_AT_ONCE 32
#define PAUSE_MS 500          /* when there are no descriptors left */

struct listener {
	struct broker *b;
	char *path;
	int fd;
	bool given;                /* the path is the service manager's */
	dev_t dev;                 /* of a path of our own */
	ino_t ino;
	struct loop_io *io;        /* NULL: stopped */
	struct loop_timer *timer;
};

static struct err *address(const char *path, struct sockaddr_un *a)
{
	memset(a, 0, sizeof *a);
	a->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof a->sun_path)
		return err_sys(ERR_USAGE, "socket", path, ENAMETOOLONG);
	memcpy(a->sun_path, path, strlen(path));
	return NULL;
}

/* NULL: the path is free now. */
static struct err *clear_way(const char *path, const struct sockaddr_un *a)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? NULL : err_sys(ERR_FAILED, "socket", path, errno);
	if (!S_ISSOCK(st.st_mode))
		return err_sys(ERR_FAILED, "socket", path, EEXIST);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(ERR_FAILED, "socket", path, errno);
	int rc = connect(fd, (const struct sockaddr *)a, sizeof *a), why = errno;
	close(fd);
	if (rc == 0 || why == EAGAIN) /* EAGAIN: it lives, and its queue is full */
		return err_new(ERR_STATE, "broker.running", "{s:s}", "path", path);
	if (why != ECONNREFUSED)
		return err_sys(ERR_FAILED, "socket", path, why);
	log_info("removing the stale socket %s", path);
	return unlink(path) == 0 || errno == ENOENT ? NULL : err_sys(ERR_FAILED, "socket", path, errno);
}

static void again(void *ctx)
{
	struct listener *l = ctx;

	if (l->io)
		loop_io_events(l->io, LOOP_READ);
}

static void on_accept(void *ctx, int fd, int events)
{
	struct listener *l = ctx;

	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (peer >= 0) {
			peers_add(l->b->peers, peer, false);
			continue;
		}
		if (errno == EINTR || errno == ECONNABORTED)
			continue;
		if (errno != EAGAIN) {
			log_error("accept: %s", strerrordesc_np(errno));
			loop_io_events(l->io, 0);
			loop_timer_set(l->timer, PAUSE_MS);
		}
		return;
	}
}

static struct err *make_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return NULL;
	char *dir = xstrdup(path);
	dir[slash - path] = '\0';
	struct err *e = NULL;
	/* One level: /run/tana. Whoever wants more makes it. Everybody must get through it to the socket. */
	if (mkdir(dir, 0755) == 0)
		chmod(dir, 0755);
	else if (errno != EEXIST)
		e = err_sys(ERR_FAILED, "cannot make the folder", dir, errno);
	free(dir);
	return e;
}

static struct err *open_path(const char *path, int *out, struct stat *st)
{
	struct sockaddr_un a;

	struct err *e = address(path, &a);
	if (!e)
		e = make_folder(path);
	if (!e)
		e = clear_way(path, &a);
	if (e)
		return e;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(ERR_FAILED, "socket", path, errno);
	if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || chmod(path, 0666) != 0 || lstat(path, st) != 0 || listen(fd, 128) != 0) {
		e = err_sys(ERR_FAILED, "socket", path, errno);
		close(fd);
		return e;
	}
	*out = fd;
	return NULL;
}

struct err *listener_new(struct broker *b, const char *path, int given, struct listener **out)
{
	struct stat st = { 0 };
	int fd = given;

	struct err *e = given < 0 ? open_path(path, &fd, &st) : NULL;
	if (e)
		return e;
	struct listener *l = xcalloc(1, sizeof *l);
	l->b = b;
	l->path = xstrdup(path);
	l->fd = fd;
	l->given = given >= 0;
	l->dev = st.st_dev;
	l->ino = st.st_ino;
	l->io = loop_io_add(b->loop, fd, LOOP_READ, on_accept, l);
	l->timer = loop_timer_new(b->loop, again, l);
	*out = l;
	return NULL;
}

void listener_stop(struct listener *l)
{
	struct stat st;

	if (!l || !l->io)
		return;
	if (!l->given && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
	loop_io_del(l->io);
	l->io = NULL;
	loop_timer_clear(l->timer);
	close(l->fd); /* the service manager has its own of the given one */
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	listener_stop(l);
	loop_timer_free(l->timer);
	free(l->path);
	free(l);
}

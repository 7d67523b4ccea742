/* Makes the store's directory and locks it. Called by store.c.
 *
 * The lock is a POSIX record lock: the kernel gives it up when this process ends, however it ends and whatever children
 * it leaves, and tells the holder's pid. It does not see a second opening by the same process, so a list does. */
#include "store/dir.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dir_lock {
	struct dir_lock *next;
	dev_t dev;
	ino_t ino;
	int fd;
};
static struct dir_lock *held; /* by this process */
static pthread_mutex_t held_mutex = PTHREAD_MUTEX_INITIALIZER;

static struct err *bad_dir(const char *dir, const char *reason)
{
	return err_new(ERR_FAILED, "store.dir", "{s:s, s:s}", "path", dir, "reason", reason);
}

/* A new folder is lost with all that is in it unless its name is on the disk too. */
static void sync_above(const char *path)
{
	char *above = xasprintf("%s/..", path);
	int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd); /* some file systems cannot, and one that we may not read was not made by us */
		close(fd);
	}
	free(above);
}

static struct err *make_dir(const char *dir)
{
	char *path = xstrdup(dir);
	struct stat st;

	for (char *p = path; *p; p++)
		if (*p == '/' && p > path) {
			*p = '\0';
			if (!mkdir(path, 0700)) /* what matters is whether the last one is there */
				sync_above(path);
			*p = '/';
		}
	free(path);
	if (!mkdir(dir, 0700))
		sync_above(dir);
	else if (errno != EEXIST)
		return bad_dir(dir, strerror(errno));
	if (stat(dir, &st))
		return bad_dir(dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return bad_dir(dir, strerror(ENOTDIR));
	if (st.st_mode & S_IWOTH)
		return err_new(ERR_FAILED, "store.dir.open", "{s:s}", "path", dir);
	return NULL;
}

static struct err *locked(const char *dir, const char *lock, pid_t pid)
{
	char text[32] = "";

	/* Seen from another pid namespace the kernel says 0: then what the holder wrote is the best there is. */
	int fd = pid > 0 ? -1 : open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		ssize_t n = read(fd, text, sizeof text - 1);

		text[n > 0 ? n : 0] = '\0';
		close(fd);
		pid = (pid_t)strtol(text, NULL, 10);
	}
	return err_new(ERR_FAILED, "store.locked", "{s:s, s:I}", "path", dir, "pid", (json_int_t)pid);
}

/* Before the file is opened: closing any descriptor of it would give up the lock that this process has. */
static bool held_by_us(const char *path)
{
	struct stat st;
	bool found = false;

	if (stat(path, &st))
		return false;
	pthread_mutex_lock(&held_mutex);
	for (const struct dir_lock *l = held; l; l = l->next)
		found |= l->dev == st.st_dev && l->ino == st.st_ino;
	pthread_mutex_unlock(&held_mutex);
	return found;
}

static struct err *take(const char *dir, const char *path, struct dir_lock **out)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat st;
	char pid[32];

	if (held_by_us(path))
		return locked(dir, path, getpid());
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	if (fd < 0)
		return bad_dir(path, strerror(errno));
	if (fcntl(fd, F_SETLK, &lock)) {
		int errnum = errno;

		if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
			lock.l_pid = 0;
		close(fd);
		return errnum == EACCES || errnum == EAGAIN ? locked(dir, path, lock.l_pid)
							    : bad_dir(path, strerror(errnum));
	}
	if (fstat(fd, &st)) {
		int errnum = errno;

		close(fd);
		return bad_dir(path, strerror(errnum));
	}
	/* For people and other namespaces; a full disk does not matter here. */
	int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, pid, (size_t)len, 0) != len)
		errno = 0;
	struct dir_lock *l = xcalloc(1, sizeof *l);
	*l = (struct dir_lock){.dev = st.st_dev, .ino = st.st_ino, .fd = fd};
	pthread_mutex_lock(&held_mutex);
	l->next = held;
	held = l;
	pthread_mutex_unlock(&held_mutex);
	*out = l;
	return NULL;
}

struct err *dir_take(const char *dir, struct dir_lock **out)
{
	struct err *e = make_dir(dir);

	*out = NULL;
	if (e)
		return e;
	char *path = xasprintf("%s/broker.lock", dir);
	e = take(dir, path, out);
	free(path);
	return e;
}

void dir_release(struct dir_lock *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&held_mutex);
	for (struct dir_lock **p = &held; *p; p = &(*p)->next)
		if (*p == l) {
			*p = l->next;
			break;
		}
	pthread_mutex_unlock(&held_mutex);
	if (ftruncate(l->fd, 0))
		errno = 0;
	close(l->fd);
	free(l);
}

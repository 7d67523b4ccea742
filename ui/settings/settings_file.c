/* Where the settings' file lies, and how it is opened, read and written (settings_file.h). */
#include "settings/settings_file.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "settings"
#define LOCK_TURNS 20           /* of 5 ms: as long as another console tidies */

int settings_file_read(int fd, char **data, size_t *len)
{
	ssize_t got = 0;

	*data = xmalloc(SETTINGS_FILE_MOST + 1);
	*len = 0;
	lseek(fd, 0, SEEK_SET);
	while (*len <= SETTINGS_FILE_MOST && ((got = read(fd, *data + *len, SETTINGS_FILE_MOST + 1 - *len)) > 0 || (got < 0 && errno == EINTR)))
		*len += got > 0 ? (size_t)got : 0;
	return got < 0 ? errno : *len > SETTINGS_FILE_MOST ? EFBIG : 0;
}

bool settings_file_write(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did <= 0)
			return false;
		p += did;
		n -= (size_t)did;
	}
	return true;
}

/* A folder of this user's own, where make is said made if it is not there. -1: errno says why. */
static int enter(int at, const char *name, bool make)
{
	struct stat st;
	int fd;

	if (make && mkdirat(at, name, 0700) != 0 && errno != EEXIST)
		return -1;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_uid != geteuid() || st.st_mode & S_IWOTH)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

int settings_folder(bool make)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	bool xdg = base && *base == '/';
	int top, mid, in = -1;

	if (!xdg && (!home || *home != '/')) {
		errno = ENOENT;
		return -1;
	}
	top = xdg ? -1 : open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!xdg && top < 0)
		return -1;
	if (top >= 0) { /* not into the home of somebody else, as sudo may leave it */
		struct stat st;

		if (fstat(top, &st) != 0 || st.st_uid != geteuid()) {
			close(top);
			errno = EPERM;
			return -1;
		}
	}
	mid = xdg ? enter(AT_FDCWD, base, make) : enter(top, ".config", make);
	if (mid >= 0)
		in = enter(mid, "tana", make);
	int why = errno;
	if (mid >= 0)
		close(mid);
	if (top >= 0)
		close(top);
	errno = why;
	return in;
}

static int open_file(int in, int how)
{
	struct stat st;
	int fd = openat(in, FILE_NAME, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_mode & (S_IWGRP | S_IWOTH)) {
		close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}

int settings_file_look(int in)
{
	return open_file(in, O_RDONLY);
}

/* While we waited, somebody may have put a tidied one in its place. */
int settings_file_open(int in, bool *alone)
{
	for (int turn = 0; turn < LOCK_TURNS; turn++) {
		struct timespec nap = {0, 5000000};
		struct stat mine, there;
		int fd = open_file(in, O_RDWR | O_APPEND | O_CREAT);

		if (fd < 0)
			return -1;
		*alone = flock(fd, LOCK_EX | LOCK_NB) == 0;
		/* A file system without locks: it is kept all the same, and never tidied. */
		if (*alone || errno != EWOULDBLOCK || flock(fd, LOCK_SH | LOCK_NB) == 0) {
			if (fstat(fd, &mine) == 0 && fstatat(in, FILE_NAME, &there, AT_SYMLINK_NOFOLLOW) == 0 && mine.st_ino == there.st_ino &&
				mine.st_dev == there.st_dev)
				return fd;
		}
		close(fd);
		nanosleep(&nap, NULL);
	}
	errno = EWOULDBLOCK;
	return -1;
}

const char *settings_file_path(char *out, size_t size)
{
	const char *base = getenv("XDG_CONFIG_HOME");

	snprintf(out, size, "%.200s/tana/" FILE_NAME, base && *base == '/' ? base : "~/.config");
	return out;
}

/* Folders. */
#include "broker/dirs.h"

#include "common/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNTIME_PREFIX "tana-run-"
#define BASE_MAX 60 /* sun_path holds 108 bytes, and the names in the folder need their share */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	if (remove(path) != 0 && errno != ENOENT)
		return 0; /* what cannot be removed does not keep the rest */
	return 0;
}

void dirs_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* Ours, and nobody holds its lock: its broker was killed. */
static void remove_left_behind(const char *base)
{
	DIR *d = opendir(base);
	struct dirent *entry;
	struct stat st;

	while (d && (entry = readdir(d))) {
		if (strncmp(entry->d_name, RUNTIME_PREFIX, strlen(RUNTIME_PREFIX)) != 0 ||
			strlen(entry->d_name) != strlen(RUNTIME_PREFIX) + 6)
			continue;
		char *dir = xasprintf("%s/%s", base, entry->d_name), *lock = xasprintf("%s/lock", dir);
		int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && lstat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
			st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
			dirs_remove(dir);
		if (fd >= 0)
			close(fd);
		free(lock);
		free(dir);
	}
	if (d)
		closedir(d);
}

static bool may_hold(const char *base)
{
	struct stat st;

	return base && base[0] == '/' && strlen(base) <= BASE_MAX && stat(base, &st) == 0 && S_ISDIR(st.st_mode) &&
		access(base, W_OK | X_OK) == 0;
}

struct err *dirs_runtime(char **out, int *lock)
{
	const char *base = getenv("XDG_RUNTIME_DIR");

	/* A service has its own, in memory: sockets of 1,000 hosts are made and removed there, which a disk makes dear. */
	if (!may_hold(base))
		base = getenv("RUNTIME_DIRECTORY");
	if (!may_hold(base))
		base = "/tmp";
	remove_left_behind(base);
	char *path = xasprintf("%s/" RUNTIME_PREFIX "XXXXXX", base), *file = NULL;
	struct err *e = NULL;
	if (!mkdtemp(path))
		e = err_sys(ERR_FAILED, "cannot make the folder", path, errno);
	if (!e) {
		/* Made under another name: nobody sees the lock before it is held. */
		char *made = xasprintf("%s/lock.new", path);
		file = xasprintf("%s/lock", path);
		*lock = open(made, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) != 0 || rename(made, file) != 0)
			e = err_sys(ERR_FAILED, "cannot lock the folder", path, errno);
		free(made);
	}
	free(file);
	if (e)
		free(path);
	else
		*out = path;
	return e;
}

struct err *dirs_make(const char *path)
{
	char *at = xstrdup(path);
	struct err *e = NULL;

	for (char *slash = strchr(at + 1, '/'); slash && !e; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(at, 0700) != 0 && errno != EEXIST)
			e = err_sys(ERR_FAILED, "cannot make the folder", at, errno);
		*slash = '/';
	}
	if (!e && mkdir(at, 0700) != 0 && errno != EEXIST)
		e = err_sys(ERR_FAILED, "cannot make the folder", at, errno);
	free(at);
	return e;
}

static void put_name(struct buf *b, const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	for (size_t i = 0; name[i] && i < 80; i++) {
		if (strchr(plain, name[i]) && !(i == 0 && name[i] == '.'))
			buf_append(b, &name[i], 1);
		else
			buf_printf(b, "%%%02X", (unsigned char)name[i]);
	}
}

struct err *dirs_private_state(const char *name, char **out)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	struct buf b = { 0 };

	if (!home || home[0] != '/') {
		const struct passwd *pw = getpwuid(getuid());
		home = pw && pw->pw_dir[0] == '/' ? pw->pw_dir : NULL;
	}
	/* Nothing in /tmp: whoever makes the folder first would own what is ours to believe. */
	if (!home && !(base && base[0] == '/'))
		return err_new(ERR_USAGE, "broker.no-home", NULL);
	if (base && base[0] == '/')
		buf_printf(&b, "%s/tana/", base);
	else
		buf_printf(&b, "%s/.local/state/tana/", home);
	put_name(&b, name[0] ? name : "site");
	buf_append(&b, "", 1);
	struct err *e = dirs_make(b.data);
	if (e) {
		buf_free(&b);
		return e;
	}
	*out = b.data;
	return NULL;
}

char *dirs_name_of_uris(const char *const *uris, int n)
{
	uint32_t sum = 0;

	/* FNV-1a of each, added: the order on the command line does not matter. */
	for (int i = 0; i < n; i++) {
		uint32_t h = 2166136261u;
		for (const char *c = uris[i]; *c; c++)
			h = (h ^ (unsigned char)*c) * 16777619u;
		sum += h;
	}
	return xasprintf("hosts-%08x", sum);
}

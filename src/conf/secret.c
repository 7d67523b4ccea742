/* Reading a password from its file, and saying what is wrong with that file. Called by the site's builder and by sessions with
 * enclosure managers. */
#include "conf/secret.h"

#include "common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 1000

static struct err *wrong(const char *id, const char *file)
{
	return err_new(ERR_USAGE, id, "{s:s}", "file", file);
}

/* What systemd gives to a service with a user of its own: root's, read by means of an ACL, whose mask shows as the group's right. */
static bool is_credential(const char *file, const struct stat *st)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t n = folder ? strlen(folder) : 0;

	return n && !strncmp(file, folder, n) && file[n] == '/' && !strchr(file + n + 1, '/') && st->st_uid == 0 && st->st_gid == 0 &&
		!(st->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO));
}

static struct err *checked(const char *file, int *fd)
{
	struct stat st;
	struct err *e = NULL;

	/* Not blocking: what is no file (a FIFO) must not hold us. */
	*fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return err_sys(ERR_USAGE, "read", file, errno);
	if (fstat(*fd, &st) != 0)
		e = err_sys(ERR_USAGE, "read", file, errno);
	else if (!S_ISREG(st.st_mode))
		e = wrong("secret.kind", file);
	else if (st.st_uid != 0 && st.st_uid != geteuid())
		e = wrong("secret.owner", file);
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) && !is_credential(file, &st))
		e = wrong("secret.mode", file);
	if (e)
		close(*fd);
	return e;
}

struct err *secret_check(const char *file)
{
	int fd;
	struct err *e = checked(file, &fd);

	if (!e)
		close(fd);
	return e;
}

struct err *secret_read(const char *file, char **password)
{
	int fd;
	struct err *e = checked(file, &fd);

	*password = NULL;
	if (e)
		return e;
	char *text = xcalloc(1, SECRET_MAX + 2);
	size_t n = 0;
	ssize_t got;
	while (n <= SECRET_MAX && ((got = read(fd, text + n, SECRET_MAX + 1 - n)) > 0 || (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	close(fd);
	size_t line = 0;
	while (line < n && text[line] && text[line] != '\n' && text[line] != '\r')
		line++;
	if (!line)
		e = wrong("secret.empty", file);
	else if (line > SECRET_MAX)
		e = wrong("secret.long", file);
	else if (line < n && !text[line])
		e = wrong("secret.kind", file);
	if (e) {
		explicit_bzero(text, SECRET_MAX + 2);
		free(text);
		return e;
	}
	explicit_bzero(text + line, SECRET_MAX + 2 - line);
	*password = text;
	return NULL;
}

void secret_free(char *password)
{
	if (password)
		explicit_bzero(password, strlen(password));
	free(password);
}

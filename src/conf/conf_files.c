/* Opens a configuration file and what it includes, each a plain file of bounded size, each once. For a site file it runs in the reading child. */
#include "conf/conf.h"
#include "common/buf.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	struct conf *c;
	cfg_opt_t *table;
	struct report *r;
	dev_t dev[CONF_FILES_MAX];
	ino_t ino[CONF_FILES_MAX];
	size_t bytes;
};

static const char *kind_of(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a folder";
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* The whole file into *text (caller frees), never waiting for a writer. */
static struct err *slurp(const char *path, size_t room, struct stat *st, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct err *e = NULL;

	if (fd < 0 && errno != ENXIO)
		return err_sys(ERR_USAGE, "open", path, errno);
	if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		e = err_new(ERR_USAGE, "site.file.kind", "{s:s, s:s}", "path", path, "kind",
			fd < 0 ? "a socket" : kind_of(st->st_mode));
		if (fd >= 0)
			close(fd);
		return e;
	}
	*text = xmalloc(room + 1);
	*len = 0;
	while (!e && *len <= room) {
		ssize_t n = read(fd, *text + *len, room + 1 - *len);
		if (n < 0 && errno != EINTR)
			e = err_sys(ERR_USAGE, "read", path, errno);
		if (n == 0)
			break;
		if (n > 0)
			*len += (size_t)n;
	}
	if (!e && *len > room)
		e = err_new(ERR_USAGE, "site.file.size", "{s:i}", "max", (int)(CONF_BYTES_MAX >> 20));
	close(fd);
	if (e) {
		free(*text);
		*text = NULL;
	}
	return e;
}

/* Reads one file as the conf's next; from: the line that includes it. */
static void read_one(struct reading *g, char *path, int from_file, int from_line)
{
	struct conf *c = g->c;
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	struct err *e = text_is_clean(path) ? slurp(path, CONF_BYTES_MAX - g->bytes, &st, &text, &len)
					    : err_new(ERR_USAGE, "site.value.unclean", "{s:s, s:s}", "option", "path",
						      "value", path);

	for (size_t i = 0; !e && i < c->n; i++)
		if (g->dev[i] == st.st_dev && g->ino[i] == st.st_ino)
			e = err_new(ERR_USAGE, "site.file.again", "{s:s}", "path", path);
	if (!e && c->n == CONF_FILES_MAX)
		e = err_new(ERR_USAGE, "site.file.many", "{s:i}", "max", CONF_FILES_MAX - 1);
	if (e) {
		report_add(g->r, from_file, from_line, e);
		free(text);
		free(path);
		return;
	}
	c->files[c->n] = path;
	g->dev[c->n] = st.st_dev;
	g->ino[c->n] = st.st_ino;
	g->bytes += len;
	c->roots[c->n] = conf_parse(text, len, g->table, (int)c->n, g->r);
	c->n++;
	free(text);
}

/* Relative to the folder of the file that says it. */
static char *beside(const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');

	if (*name == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - file), file, name);
}

struct conf *conf_read(const char *path, cfg_opt_t *table, struct report *r)
{
	struct reading g = {.table = table, .r = r};

	g.c = xcalloc(1, sizeof *g.c);
	g.c->files = xcalloc(CONF_FILES_MAX, sizeof *g.c->files);
	g.c->roots = xcalloc(CONF_FILES_MAX, sizeof *g.c->roots);
	read_one(&g, xstrdup(path), 0, 0);
	for (size_t i = 0; i < g.c->n; i++) {
		struct conf_node *root = g.c->roots[i];
		for (size_t k = 0; root && k < root->nitems; k++)
			if (!strcmp(root->items[k].name, "include"))
				read_one(&g, beside(g.c->files[i], root->items[k].values[0].text), (int)i,
					root->items[k].line);
	}
	return g.c;
}

void conf_free(struct conf *c)
{
	for (size_t i = 0; c && i < c->n; i++) {
		free(c->files[i]);
		conf_node_free(c->roots[i]);
	}
	if (c) {
		free(c->files);
		free(c->roots);
	}
	free(c);
}

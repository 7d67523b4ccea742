/* Shapes of enclosures' fronts as dialect files tell them, each file read once, and which dialects there are. Called by
 * metal.c and managers.c. */
#include "site/build.h"
#include "common/buf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 40

struct known_shapes {
	char *dialect;
	char *known; /* names of all, when this one is not among them */
	struct shapes shapes;
};

static void say_unknown(struct build *b, const struct conf_node *n, const struct known_shapes *k)
{
	bool quiet = b->r->quiet;

	b->r->quiet = true; /* every line that names it is told of, once */
	build_item(b, n, "dialect", err_new(ERR_USAGE, "site.dialect.unknown", "{s:s, s:s}", "value", k->dialect, "known", k->known));
	b->r->quiet = quiet;
}

static bool is_plain(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_BYTES && *name != '-' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "dell-cmc, hp-oa, ...". The caller frees. */
static char *all_names(const char *const *folders, size_t n)
{
	char **list = NULL;
	size_t count = 0;
	struct buf out = {0};

	for (size_t i = 0; i < n; i++) {
		DIR *d = opendir(folders[i]);
		for (struct dirent *e; d && (e = readdir(d)) && count < 1000;) {
			size_t len = strlen(e->d_name);
			if (len <= 5 || strcmp(e->d_name + len - 5, ".conf"))
				continue;
			char *name = xasprintf("%.*s", (int)(len - 5), e->d_name);
			if (!is_plain(name)) {
				free(name);
				continue;
			}
			list = build_grow(list, &count, sizeof *list);
			list[count - 1] = name;
		}
		if (d)
			closedir(d);
	}
	if (count)
		qsort(list, count, sizeof *list, by_text);
	for (size_t i = 0; i < count; i++)
		if (!i || strcmp(list[i], list[i - 1]))
			buf_printf(&out, "%s%s", out.len ? ", " : "", list[i]);
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
	if (!out.len)
		buf_str(&out, "none");
	buf_append(&out, "", 1);
	return out.data;
}

/* What this dialect's file says; looked for once. n: the manager's section that names it. */
static const struct known_shapes *find(struct build *b, const struct conf_node *n, const char *dialect)
{
	struct err *e = NULL;
	size_t nfolders;

	for (size_t i = 0; i < b->nshapes; i++)
		if (!strcmp(b->shapes[i].dialect, dialect)) {
			if (b->shapes[i].known)
				say_unknown(b, n, &b->shapes[i]);
			return &b->shapes[i];
		}
	b->shapes = build_grow(b->shapes, &b->nshapes, sizeof *b->shapes);
	struct known_shapes *k = &b->shapes[b->nshapes - 1];
	k->dialect = xstrdup(dialect);
	const char **folders = site_dialects_folders(b->m, &nfolders);
	if (is_plain(dialect))
		e = shapes_read(folders, nfolders, dialect, &k->shapes);
	if (!is_plain(dialect) || (e && e->class == ERR_NOTFOUND)) {
		k->known = all_names(folders, nfolders);
		say_unknown(b, n, k);
	} else if (e) {
		/* The site can be served without it: its managers say why they cannot be spoken to. */
		build_warn(b, n, "dialect", err_new(ERR_USAGE, "site.dialect.bad", "{s:s, s:s}", "value", dialect, "reason", e->msg.text));
	}
	if (e) {
		shapes_free(&k->shapes);
		k->shapes = (struct shapes){0};
	}
	err_free(e);
	free(folders);
	return k;
}

bool build_dialect(struct build *b, const struct conf_node *manager, const char *name)
{
	return !find(b, manager, name)->known;
}

const struct shape *build_shape(struct build *b, const struct conf_node *enclosure, const struct manager_said *s)
{
	const struct conf_node *n = build_manager_says(s, "dialect");
	const char *wanted = conf_text(enclosure, "shape"), *dialect = n ? conf_text(n, "dialect") : NULL;

	if (!dialect) {
		if (wanted)
			build_item(b, enclosure, "shape", err_new(ERR_USAGE, "site.shape.dialect", "{s:s}", "value", wanted));
		return NULL;
	}
	const struct known_shapes *k = find(b, n, dialect);
	const struct shape *shape = shapes_find(&k->shapes, wanted ? wanted : "");
	if (shape || !wanted || k->known)
		return shape;
	struct buf choices = {0};
	for (size_t i = 0; i < k->shapes.n; i++)
		if (*k->shapes.list[i].name)
			buf_printf(&choices, "%s%s", choices.len ? ", " : "", k->shapes.list[i].name);
	if (!choices.len)
		buf_str(&choices, "none but its usual one");
	buf_append(&choices, "", 1);
	build_item(b, enclosure, "shape", err_new(ERR_USAGE, "site.shape.unknown", "{s:s, s:s, s:s}", "value", wanted, "dialect", dialect,
		"choices", choices.data));
	buf_free(&choices);
	return NULL;
}

void build_shapes_free(struct build *b)
{
	for (size_t i = 0; i < b->nshapes; i++) {
		free(b->shapes[i].dialect);
		free(b->shapes[i].known);
		shapes_free(&b->shapes[i].shapes);
	}
	free(b->shapes);
}

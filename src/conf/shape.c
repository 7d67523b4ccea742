/* The shapes of an enclosure's front, out of a dialect file. Called by the site room, which needs nothing else of such
 * a file, and by the reader of dialects. */
#include "conf/dialect_file.h"
#include "conf/value.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool shape_bay_is(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t n = strlen(name);

	if (!n || n > 16 || !strchr(letters, name[0]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strchr(letters, name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

static void say(struct report *r, const struct conf_node *n, const char *item, struct err *e)
{
	const struct conf_item *it = item ? conf_item(n, item) : NULL;

	if (e)
		report_add(r, n->file, it ? it->line : n->line, e);
}

static void number(const struct conf_node *n, const char *item, struct report *r, int *out)
{
	const char *text = conf_text(n, item);

	*out = 1;
	say(r, n, item,
		text ? parse_number(item, text, 1, SHAPE_CELLS_MAX, out)
		     : err_new(ERR_USAGE, "dialect.missing", "{s:s, s:s}", "section", "shape", "option", item));
}

static bool has_bay(const struct shape *s, const char *bay)
{
	for (size_t i = 0; i < s->nbays; i++)
		if (!strcmp(s->bays[i], bay))
			return true;
	return false;
}

static void bays(const struct conf_node *n, struct report *r, struct shape *s)
{
	const char *text = conf_text(n, "bays");
	struct names names = {0};
	struct err *e = NULL;

	if (!text)
		e = err_new(ERR_USAGE, "dialect.missing", "{s:s, s:s}", "section", "shape", "option", "bays");
	else
		e = range_has(text) ? range_expand(text, &names) : range_list(text, &names);
	if (!e && (names.n > SHAPE_BAYS_MAX || names.n > (size_t)s->rows * (size_t)s->columns))
		e = err_new(ERR_USAGE, "dialect.shape.bays", "{s:I, s:i, s:i}", "bays", (json_int_t)names.n, "rows",
			s->rows, "columns", s->columns);
	for (size_t i = 0; !e && i < names.n; i++) {
		if (!shape_bay_is(names.list[i])) {
			e = err_new(ERR_USAGE, "dialect.shape.bay", "{s:s}", "bay", names.list[i]);
		} else if (has_bay(s, names.list[i])) {
			e = err_new(ERR_USAGE, "dialect.shape.twice", "{s:s}", "bay", names.list[i]);
		} else {
			s->bays = xrealloc(s->bays, (s->nbays + 1) * sizeof *s->bays);
			s->bays[s->nbays++] = xstrdup(names.list[i]);
		}
	}
	names_free(&names);
	say(r, n, "bays", e);
}

void shapes_build(const struct conf_node *dialect, struct report *r, struct shapes *out)
{
	for (size_t i = 0; i < dialect->nchildren; i++) {
		const struct conf_node *n = dialect->children[i];
		if (strcmp(n->kind, "shape"))
			continue;
		const char *name = strcmp(n->title, "usual") ? n->title : "", *order = conf_text(n, "order");
		if (shapes_find(out, name)) {
			say(r, n, NULL,
				err_new(ERR_USAGE, "dialect.twice", "{s:s, s:s}", "section", "shape", "name",
					n->title));
			continue;
		}
		out->list = xrealloc(out->list, (out->n + 1) * sizeof *out->list);
		struct shape *s = &out->list[out->n++];
		*s = (struct shape){.name = xstrdup(name)};
		number(n, "rows", r, &s->rows);
		number(n, "columns", r, &s->columns);
		if (order && strcmp(order, "rows") && strcmp(order, "columns"))
			say(r, n, "order",
				err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "order", "value",
					order, "choices", "rows, columns"));
		s->by_column = order && !strcmp(order, "columns");
		bays(n, r, s);
	}
}

struct err *shapes_read(const char *const *folders, size_t n, const char *dialect, struct shapes *out)
{
	char *path = NULL;
	struct report r = {0};
	struct err *e = NULL;

	*out = (struct shapes){0};
	for (size_t i = n; i-- > 0 && !path && shape_bay_is(dialect);) {
		path = xasprintf("%s/%s.conf", folders[i], dialect);
		if (access(path, F_OK) < 0) {
			free(path);
			path = NULL;
		}
	}
	if (!path)
		return err_new(ERR_NOTFOUND, "dialect.none", "{s:s}", "dialect", dialect);
	struct conf *c = conf_read(path, dialect_file_options, &r);
	for (size_t i = 0; c->n && c->roots[0] && i < c->roots[0]->nchildren; i++)
		shapes_build(c->roots[0]->children[i], &r, out);
	report_sort(&r);
	if (r.n)
		e = err_new(ERR_USAGE, "dialect.broken", "{s:s, s:i, s:s}", "file", path, "line", r.list[0].line,
			"reason", r.list[0].err->msg.text);
	if (e)
		shapes_free(out);
	report_free(&r);
	conf_free(c);
	free(path);
	return e;
}

void shapes_free(struct shapes *s)
{
	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < s->list[i].nbays; k++)
			free(s->list[i].bays[k]);
		free(s->list[i].bays);
		free(s->list[i].name);
	}
	free(s->list);
	*s = (struct shapes){0};
}

const struct shape *shapes_find(const struct shapes *s, const char *name)
{
	const char *wanted = strcmp(name, "usual") ? name : "";

	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->list[i].name, wanted))
			return &s->list[i];
	return NULL;
}

/* Dialects as a set: folders of files, found by name. Called by the broker at start and reload. */
#include "enclosures/inside.h"
#include "common/buf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#define DIALECTS_MAX 64

struct dialects {
	struct dialect *list[DIALECTS_MAX];
	size_t n;
};

struct dialects *dialects_of(const struct dialect *d)
{
	struct dialects *set = xcalloc(1, sizeof *set);

	set->list[set->n++] = (struct dialect *)d;
	return set;
}

void dialects_of_free(struct dialects *d)
{
	free(d);
}

static void errors_add(struct dialect_errors *e, const char *file, int line, struct err *err)
{
	e->list = xrealloc(e->list, (e->n + 1) * sizeof *e->list);
	e->list[e->n++] = (struct dialect_error){.file = xstrdup(file), .line = line, .err = err};
}

void dialect_errors_free(struct dialect_errors *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->list[i].file);
		err_free(e->list[i].err);
	}
	free(e->list);
	*e = (struct dialect_errors){0};
}

struct dialect *dialect_read(const char *file, struct dialect_errors *e)
{
	struct report r = {0};
	struct conf *c = conf_read(file, dialect_file_options, &r);
	struct dialect *d = dialect_of_conf(c, &r);

	for (size_t i = 0; i < r.n; i++) {
		errors_add(e, file, r.list[i].line, r.list[i].err);
		r.list[i].err = NULL;
	}
	report_free(&r);
	conf_free(c);
	return d;
}

void dialect_free(struct dialect *d)
{
	if (!d)
		return;
	struct dialect_session *s = &d->session;
	struct words *tables = (struct words *)d->words;
	for (size_t i = 0; i < sizeof *d->words / sizeof *tables; i++)
		words_free(&tables[i]);
	words_free(&d->detect->banner);
	words_free(&d->detect->not );
	pattern_free(s->prompt);
	pattern_free(s->pager);
	pattern_free(s->echo);
	steps_free(&s->enter);
	steps_free(&s->leave);
	steps_free(&s->home);
	for (size_t i = 0; i < d->nrules; i++)
		pattern_free(d->rules[i].match);
	for (size_t i = 0; i < d->nconfirms; i++) {
		pattern_free(d->confirms[i].match);
		free(d->confirms[i].answer);
	}
	for (size_t i = 0; i < d->nasks; i++) {
		free(d->asks[i].name);
		steps_free(&d->asks[i].steps);
		rows_free(d->asks[i].rows);
	}
	for (int v = 0; v < VERB_COUNT; v++) {
		steps_free(&d->verbs[v].steps);
		pattern_free(d->verbs[v].accepted);
	}
	shapes_free(&d->shapes);
	free(s->eol);
	free(s->pager_key);
	free(d->rules);
	free(d->confirms);
	free(d->asks);
	free(d->words);
	free(d->detect);
	free(d->name);
	free(d->title);
	free(d->file);
	free(d);
}

static void set_remove(struct dialects *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->list[i]->name, name)) {
			dialect_free(d->list[i]);
			memmove(&d->list[i], &d->list[i + 1], (d->n - i - 1) * sizeof *d->list);
			d->n--;
			return;
		}
}

static int is_conf(const struct dirent *f)
{
	size_t n = strlen(f->d_name);

	return f->d_name[0] != '.' && n > 5 && !strcmp(f->d_name + n - 5, ".conf");
}

static void read_folder(struct dialects *d, const char *folder, struct dialect_errors *e)
{
	struct dirent **files;
	int n = scandir(folder, &files, is_conf, alphasort);

	if (n < 0) {
		errors_add(e, folder, 0, err_sys(ERR_FAILED, "read", folder, errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("%s/%s", folder, files[i]->d_name);
		char *name = xasprintf("%.*s", (int)strlen(files[i]->d_name) - 5, files[i]->d_name);
		struct dialect *one = NULL;

		set_remove(d, name); /* also when the new one is broken: the site file was written for this one */
		if (d->n == DIALECTS_MAX)
			errors_add(e, path, 0,
				err_new(ERR_LIMIT, "dialect.many", "{s:s, s:i}", "section", "dialect", "max",
					DIALECTS_MAX));
		else
			one = dialect_read(path, e);
		if (one)
			d->list[d->n++] = one;
		free(name);
		free(path);
		free(files[i]);
	}
	free(files);
}

struct dialects *dialects_read(const char *const *folders, size_t n, struct dialect_errors *e)
{
	struct dialects *d = xcalloc(1, sizeof *d);

	for (size_t i = 0; i < n; i++)
		read_folder(d, folders[i], e);
	return d;
}

void dialects_free(struct dialects *d)
{
	for (size_t i = 0; d && i < d->n; i++)
		dialect_free(d->list[i]);
	free(d);
}

const struct dialect *dialects_find(const struct dialects *d, const char *name)
{
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->list[i]->name, name))
			return d->list[i];
	return NULL;
}

size_t dialects_count(const struct dialects *d)
{
	return d->n;
}

const struct dialect *dialects_at(const struct dialects *d, size_t i)
{
	return d->list[i];
}

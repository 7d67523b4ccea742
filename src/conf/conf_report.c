/* The errors of one reading, as they are found and then in the order of the files. Called by all that reads. */
#include "conf/conf.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static bool said_already(const struct report *r, int file, int line, const char *id)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].file == file && r->list[i].line == line && !strcmp(r->list[i].err->msg.id, id))
			return true;
	return false;
}

void report_add(struct report *r, int file, int line, struct err *e)
{
	if (r->n > CONF_ERRORS_MAX || (r->quiet && said_already(r, file, line, e->msg.id))) {
		err_free(e);
		return;
	}
	if (r->n == CONF_ERRORS_MAX) {
		err_free(e);
		e = err_new(ERR_USAGE, "site.errors.many", "{s:i}", "max", CONF_ERRORS_MAX);
	}
	r->list = xrealloc(r->list, (r->n + 1) * sizeof *r->list);
	r->list[r->n] = (struct report_entry){.file = file, .line = line, .order = r->n, .err = e};
	r->n++;
}

static int by_place(const void *a, const void *b)
{
	const struct report_entry *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void report_sort(struct report *r)
{
	if (r->n)
		qsort(r->list, r->n, sizeof *r->list, by_place);
}

void report_free(struct report *r)
{
	for (size_t i = 0; i < r->n; i++)
		err_free(r->list[i].err);
	free(r->list);
	*r = (struct report){0};
}

/* Which columns a list shows, in which order, and by which it is sorted: chosen by the user, kept in the settings as
 * `columns.vm = name,state,...` and `sort.vm = -state` (list.h). Called by the dialog of columns, by list.c and list_command.c. */
#include "lists/list_inside.h"

#include "settings/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define RANK_CHOSEN 100  /* columns from this rank on are there when they are chosen, and not else */

/* What a column is called in the settings: its English title in small letters, no signs ("load", "gib"). */
static void word_of(const struct column *c, char out[32])
{
	size_t n = 0;

	for (const char *p = c->title; *p && n < 31; p++)
		if (isalnum((unsigned char)*p))
			out[n++] = (char)tolower((unsigned char)*p);
	out[n] = '\0';
}

static int column_named(const struct columns *c, const char *word, size_t n)
{
	for (int i = 0; i < c->n; i++) {
		char mine[32];

		word_of(&c->list[i], mine);
		if (strlen(mine) == n && strncmp(mine, word, n) == 0)
			return i;
	}
	return -1;
}

static void setting_name(const struct list *l, const char *what, char *out, size_t size)
{
	const char *kind = l->columns == &columns_server ? "server" : kind_name(l->kind);

	snprintf(out, size, "%s.%s%s", what, kind, l->blade ? "-on-blade" : "");
}

/* As they stand in the table. */
static void take_usual(struct list *l)
{
	l->nshown = 0;
	l->chosen = false;
	for (int i = 0; i < l->columns->n; i++)
		if (l->columns->list[i].rank < RANK_CHOSEN)
			l->shown[l->nshown++] = i;
}

static bool is_shown(const struct list *l, int column)
{
	for (int i = 0; i < l->nshown; i++)
		if (l->shown[i] == column)
			return true;
	return false;
}

/* The first column is the name: it leads every row, chosen or not. Words that no column has (of another version) are passed over. */
static void take_columns(struct list *l, const char *words)
{
	l->nshown = 1;
	l->shown[0] = 0;
	l->chosen = true;
	for (const char *p = words; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");
		int i = column_named(l->columns, p, n);

		if (i > 0 && !is_shown(l, i))
			l->shown[l->nshown++] = i;
		p += n;
	}
}

bool list_reread(struct list *l)
{
	char name[SETTINGS_NAME_MAX];
	const char *columns, *sort;
	int by, was[COLUMNS_MOST], nwas = l->nshown;

	if (l->settings == settings_version() && l->nshown > 0)
		return false;
	l->settings = settings_version();
	memcpy(was, l->shown, sizeof was);
	setting_name(l, "columns", name, sizeof name);
	columns = settings_get(name, NULL);
	if (columns)
		take_columns(l, columns);
	else
		take_usual(l);
	setting_name(l, "sort", name, sizeof name);
	sort = settings_get(name, NULL);
	by = sort ? column_named(l->columns, sort + (*sort == '-'), strlen(sort + (*sort == '-'))) : -1;
	if (by >= 0 && l->columns->list[by].compare && (l->sort != by || l->reverse != (*sort == '-'))) {
		l->all |= l->sort != by;
		l->sort = by;
		l->reverse = *sort == '-';
	}
	return nwas != l->nshown || memcmp(was, l->shown, (size_t)nwas * sizeof was[0]) != 0;
}

const struct columns *list_columns(const struct list *l)
{
	return l->columns;
}

int list_chosen(const struct list *l, int *out, bool *usual)
{
	memcpy(out, l->shown, (size_t)l->nshown * sizeof *out);
	*usual = !l->chosen;
	return l->nshown;
}

void list_choose(struct list *l, const int *columns, int n)
{
	char name[SETTINGS_NAME_MAX], value[SETTINGS_VALUE_MAX] = "";
	size_t at = 0;

	for (int i = 0; i < n; i++) {
		char word[32];

		word_of(&l->columns->list[columns[i]], word);
		at += (size_t)snprintf(value + at, at < sizeof value ? sizeof value - at : 0, "%s%s", i > 0 ? "," : "", word);
	}
	setting_name(l, "columns", name, sizeof name);
	settings_set(name, n > 0 && at < sizeof value ? value : NULL); /* taken in by list_settle */
}

int list_sorted_by(const struct list *l, bool *reverse)
{
	*reverse = l->reverse;
	return l->sort;
}

void list_sort_by(struct list *l, int column, bool reverse)
{
	char name[SETTINGS_NAME_MAX], word[32], value[40];

	l->all |= l->sort != column; /* turned round it is the same order */
	l->sort = column;
	l->reverse = reverse;
	word_of(&l->columns->list[column], word);
	snprintf(value, sizeof value, "%s%s", reverse ? "-" : "", word);
	setting_name(l, "sort", name, sizeof name);
	settings_set(name, column == l->columns->sort && reverse == l->columns->list[column].down ? NULL : value);
}

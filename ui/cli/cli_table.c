/* Tables on a plain terminal or in a file: columns as wide as what is in them, two blanks between. */
#include "cli/cli.h"

#include "common/text.h"
#include "tr.h"

#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16
#define CELL_MAX 120 /* cells of the terminal; what is wider is cut, but for the last column */

struct table {
	const char *const *headings;
	const bool *right;
	int columns;
	char **cells;
	size_t n, room;
	int width[COLUMNS_MAX];
};

struct table *table_new(const char *const *headings, const bool *right, int columns)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->headings = headings;
	t->right = right;
	t->columns = columns < COLUMNS_MAX ? columns : COLUMNS_MAX;
	for (int i = 0; i < t->columns; i++)
		t->width[i] = text_width(_(headings[i]));
	return t;
}

void table_cell(struct table *t, const char *text)
{
	int column = (int)(t->n % (size_t)t->columns);

	if (t->n == t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->cells = xrealloc(t->cells, t->room * sizeof *t->cells);
	}
	if (!*text && column < t->columns - 1)
		text = "-";
	char *cell = text_shown_dup(text);
	t->cells[t->n++] = cell;
	int width = text_width(cell);
	if (width > CELL_MAX)
		width = CELL_MAX;
	if (width > t->width[column])
		t->width[column] = width;
}

static void put_row(const struct table *t, struct buf *b, const char *const *cells)
{
	char fitted[CELL_MAX * 4 + 64];
	size_t start = b->len;

	for (int i = 0; i < t->columns; i++) {
		if (i)
			buf_str(b, "  ");
		if (i == t->columns - 1 && !t->right[i]) {
			buf_str(b, cells[i]);
		} else {
			text_fit(fitted, sizeof fitted, cells[i], t->width[i], "~", t->right[i]);
			buf_str(b, fitted);
		}
	}
	while (b->len > start && b->data[b->len - 1] == ' ')
		b->len--;
	buf_str(b, "\n");
}

void table_print(struct table *t, struct buf *b)
{
	const char *headings[COLUMNS_MAX];

	for (int i = 0; i < t->columns; i++)
		headings[i] = _(t->headings[i]);
	put_row(t, b, headings);
	for (size_t i = 0; i + (size_t)t->columns <= t->n; i += (size_t)t->columns)
		put_row(t, b, (const char *const *)&t->cells[i]);
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

/* What the columns of all kinds share: cells that are filled and values that are compared (columns_inside.h). The columns themselves are in
 * columns_vm.c, columns_blade.c and columns_job.c. */
#include "lists/columns_inside.h"

#include "common/text.h"

#include <stdio.h>

int columns_compare_int(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

int columns_compare_text(const char *a, const char *b)
{
	if (a == b) /* interned */
		return 0;
	if (!*a != !*b)
		return !*a ? 1 : -1;
	return text_natural_cmp(a, b);
}

void cell_text(struct cell *c, const char *text, enum ink ink)
{
	c->text = text;
	c->ink = ink;
}

void cell_number(struct cell *c, int64_t n, enum ink ink)
{
	snprintf(c->tmp, sizeof c->tmp, "%lld", (long long)n);
	cell_text(c, c->tmp, ink);
}

void cell_gib(struct cell *c, int64_t kib)
{
	if (kib <= 0)
		c->tmp[0] = '\0';
	else if (kib % (1024 * 1024) == 0)
		snprintf(c->tmp, sizeof c->tmp, "%lld", (long long)(kib / (1024 * 1024)));
	else
		snprintf(c->tmp, sizeof c->tmp, "%.1f", (double)kib / (1024 * 1024));
	cell_text(c, c->tmp, INK_DIM);
}

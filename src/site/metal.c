/* Racks and enclosures of the model; a title with a range stands for many. Called by build.c. */
#include "site/build.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RACKS_MAX 2000
#define ENCLOSURES_MAX 4000
#define BAYS_MAX 128
#define SIDE_MAX 64 /* rows or columns of a front */

static struct err *shape_bays(const struct shape *s, struct names *out)
{
	out->list = xcalloc(s->nbays + 1, sizeof *out->list);
	for (size_t i = 0; i < s->nbays; i++)
		out->list[out->n++] = xstrdup(s->bays[i]);
	return NULL;
}

static void build_order(struct build *b, const struct conf_node *n, struct site_enclosure *x)
{
	const char *order = conf_text(n, "order");

	if (!order)
		return;
	x->by_column = !strcmp(order, "columns");
	if (!x->by_column && strcmp(order, "rows") != 0)
		build_item(b, n, "order", err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", "order", "value", order,
			"choices", "rows, columns"));
}

/* A manager's "1" may be written "01", and its "1A" "1a": two of them in one enclosure could not be told apart. */
static bool is_same_bay(const char *a, const char *b)
{
	while (*a == '0' && a[1])
		a++;
	while (*b == '0' && b[1])
		b++;
	return !strcasecmp(a, b);
}

/* "1-16", or what rows and columns make, or the dialect's shape, or the most common one. What is written wins. */
static void build_bays(struct build *b, const struct conf_node *n, struct site_enclosure *x, const struct shape *s)
{
	const char *text = conf_text(n, "bays"), *rows = conf_text(n, "rows"), *columns = conf_text(n, "columns");
	char *counted = NULL;
	struct names names = {0};
	struct err *e = NULL;

	if (rows)
		build_item(b, n, "rows", parse_number("rows", rows, 1, SIDE_MAX, &x->rows));
	if (columns)
		build_item(b, n, "columns", parse_number("columns", columns, 1, SIDE_MAX, &x->columns));
	if (s && x->rows && x->columns && x->rows * x->columns != (int)s->nbays)
		s = NULL;
	if (!text && !s)
		text = counted = xasprintf("1-%d", x->rows && x->columns ? x->rows * x->columns : 16);
	e = text ? range_list(text, &names) : shape_bays(s, &names);
	if (!e && names.n > BAYS_MAX)
		e = err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "bays", "max", BAYS_MAX);
	build_item(b, n, "bays", e);
	free(counted);
	if (e) {
		names_free(&names);
		return;
	}
	x->bays = names.list;
	x->nbays = names.n;
	for (size_t i = 0; i < x->nbays; i++) {
		const struct conf_item *it = conf_item(n, "bays");
		build_name(b, n, it ? it->line : n->line, "bay", x->bays[i]);
		for (size_t k = 0; k < i; k++)
			if (is_same_bay(x->bays[i], x->bays[k])) {
				build_item(
					b, n, "bays", err_new(ERR_USAGE, "site.bay.again", "{s:s}", "bay", x->bays[i]));
				break;
			}
	}
	int count = (int)x->nbays;
	if (s && s->nbays == x->nbays && !rows && !columns) {
		x->rows = s->rows;
		x->columns = s->columns;
	}
	x->by_column = s && s->by_column && x->rows == s->rows && x->columns == s->columns;
	build_order(b, n, x);
	if (!x->rows)
		x->rows = x->columns ? (count + x->columns - 1) / x->columns : count > 4 ? 2 : 1;
	if (!x->columns)
		x->columns = (count + x->rows - 1) / x->rows;
	if (x->rows * x->columns < count)
		build_item(b, n, rows ? "rows" : "columns",
			err_new(ERR_USAGE, "site.bay.shape", "{s:i, s:i, s:i}", "rows", x->rows, "columns", x->columns,
				"count", count));
}

static void build_enclosure(struct build *b, const struct conf_node *n, const struct conf_node *rack, int rack_index,
	int order, const char *name, bool further)
{
	struct site_model *m = b->m;
	size_t count = m->nenclosures;
	struct instance in = {.rack = rack, .enclosure = n, .enclosure_index = (int)count, .further = further};

	if (!build_name(b, n, n->line, "enclosure", name) ||
		!build_new(b, n, "enclosure", b->enclosures, name, (int)count, b->enclosure_at))
		return;
	if (count == ENCLOSURES_MAX) {
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "enclosures", "max", ENCLOSURES_MAX));
		return;
	}
	b->enclosure_at = build_grow(b->enclosure_at, &count, sizeof *b->enclosure_at);
	b->enclosure_at[count - 1] = (struct place){n->file, n->line};
	m->enclosures = build_grow(m->enclosures, &m->nenclosures, sizeof *m->enclosures);
	struct site_enclosure *x = &m->enclosures[m->nenclosures - 1];
	x->name = xstrdup(name);
	x->rack = rack_index;
	x->order = order;
	x->manager = -1;
	struct manager_said said = build_manager_said(n, rack);
	bool quiet = b->r->quiet;
	b->r->quiet = quiet || order > 0; /* the rack's section may have been read for another enclosure */
	build_bays(b, n, x, build_shape(b, n, &said));
	struct hole holes[] = {{"enclosure", name}, {"rack", b->m->racks[rack_index].name}};
	build_manager(b, &said, holes, sizeof holes / sizeof *holes, (int)m->nenclosures - 1, -1);
	b->r->quiet = quiet;
	for (size_t i = 0; i < n->nchildren; i++)
		if (!strcmp(n->children[i]->kind, "blade"))
			build_blade(b, n->children[i], &in);
}

/* All names of one title, its placeholders filled. */
static struct err *title_names(const struct conf_node *n, const struct hole *holes, size_t nholes, struct names *out)
{
	char *filled;
	struct err *e = holes_fill(n->title, holes, nholes, &filled);

	if (e)
		return e;
	e = range_expand(filled, out);
	free(filled);
	return e;
}

static void build_rack_named(struct build *b, const struct conf_node *n, const char *name, bool further)
{
	struct site_model *m = b->m;
	size_t count = m->nracks;
	int rack = (int)count, order = 0;

	if (!build_name(b, n, n->line, "rack", name) || !build_new(b, n, "rack", b->racks, name, rack, b->rack_at))
		return;
	if (count == RACKS_MAX) {
		build_say(b, n, n->line,
			err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "racks", "max", RACKS_MAX));
		return;
	}
	b->rack_at = build_grow(b->rack_at, &count, sizeof *b->rack_at);
	b->rack_at[rack] = (struct place){n->file, n->line};
	m->racks = build_grow(m->racks, &m->nracks, sizeof *m->racks);
	m->racks[rack].name = xstrdup(name);
	for (size_t i = 0; i < n->nchildren; i++) {
		const struct conf_node *x = n->children[i];
		struct hole hole = {"rack", name};
		struct names names = {0};
		if (strcmp(x->kind, "enclosure"))
			continue;
		build_say(b, x, x->line, title_names(x, &hole, 1, &names));
		for (size_t k = 0; k < names.n; k++) {
			b->r->quiet = further || k > 0;
			build_enclosure(b, x, n, rack, order++, names.list[k], further || k > 0);
		}
		b->r->quiet = further;
		names_free(&names);
	}
}

static void build_rack(struct build *b, const struct conf_node *n)
{
	struct names names = {0};

	build_say(b, n, n->line, title_names(n, NULL, 0, &names));
	for (size_t i = 0; i < names.n; i++) {
		b->r->quiet = i > 0;
		build_rack_named(b, n, names.list[i], i > 0);
	}
	b->r->quiet = false;
	names_free(&names);
}

static void build_top_blade(struct build *b, const struct conf_node *n)
{
	struct instance in = {.enclosure_index = -1};

	build_blade(b, n, &in);
}

void build_metal(struct build *b)
{
	build_each(b, "rack", build_rack);
	build_each(b, "blade", build_top_blade);
	build_blades_finish(b);
}

/* tana list: one kind of objects as a table or as JSON, narrowed by a filter. */
#include "cli/cli.h"

#include "cli/cli_listing.h"
#include "common/buf.h"
#include "common/filter.h"

#include <stdlib.h>
#include <string.h>

/* Filter words as one text. A word with blanks came in the shell's quotes: it gets the filter's own. */
char *cli_join(const char *const *words, int n)
{
	struct buf b = { 0 };

	for (int i = 0; i < n; i++) {
		buf_str(&b, i ? " " : "");
		if (n > 1 && strchr(words[i], ' ') && !strchr(words[i], '"'))
			buf_printf(&b, "\"%s\"", words[i]);
		else
			buf_str(&b, words[i]);
	}
	buf_append(&b, "", 1);
	return b.data;
}

struct found {
	const void **objects;
	size_t n;
};

struct sorting {
	const struct listing *l;
	const struct registry *r;
};

static int by_listing(const void *a, const void *b, void *ctx)
{
	const struct sorting *s = ctx;

	return s->l->cmp(s->r, *(const void *const *)a, *(const void *const *)b);
}

static struct found find_all(const struct registry *r, const struct listing *l, const struct filter *f)
{
	struct found found = { .objects = xcalloc(registry_count(r, l->kind) + 1, sizeof *found.objects) };
	struct sorting sorting = { l, r };
	uint32_t slots = registry_slots(r, l->kind);

	for (uint32_t s = 0; s < slots; s++) {
		const void *o = registry_at(r, l->kind, s);
		if (o && filter_match(f, o))
			found.objects[found.n++] = o;
	}
	qsort_r(found.objects, found.n, sizeof *found.objects, by_listing, &sorting);
	return found;
}

enum viewer cli_viewer(const struct cli *c)
{
	const char *role = client_user(c->client)->role;

	if (strcmp(role, role_name(ROLE_CUSTOMER)) == 0)
		return VIEWER_TENANT;
	return strcmp(role, role_name(ROLE_OPERATOR)) == 0 ? VIEWER_OPERATOR : VIEWER_VIEWER;
}

static void write_json(struct buf *b, const struct listing *l, const struct found *found, enum viewer viewer)
{
	buf_str(b, "[");
	for (size_t i = 0; i < found->n; i++) {
		buf_str(b, i ? ",\n" : "");
		object_write(b, l->kind, found->objects[i], viewer);
	}
	buf_str(b, "]\n");
}

/* Is this column among what the user is told? One that never has anything would only tell that there is something. */
static bool is_told(const struct listing *l, const struct column *c, enum viewer viewer)
{
	return !c->field || field_find(l->kind, c->field)->viewers >> viewer & 1;
}

static void write_table(struct buf *b, const struct registry *r, const struct listing *l, const struct found *found, enum viewer viewer)
{
	const struct column *columns[LISTING_COLUMNS];
	const char *headings[LISTING_COLUMNS];
	bool right[LISTING_COLUMNS];
	int n = 0;

	for (int i = 0; i < LISTING_COLUMNS && l->columns[i].heading; i++) {
		if (!is_told(l, &l->columns[i], viewer))
			continue;
		columns[n] = &l->columns[i];
		headings[n] = l->columns[i].heading;
		right[n++] = l->columns[i].right;
	}
	struct table *t = table_new(headings, right, n);
	struct buf cell = { 0 };
	for (size_t i = 0; i < found->n; i++) {
		for (int c = 0; c < n; c++) {
			char tmp[1024];
			if (columns[c]->field) {
				table_cell(t, field_text(field_find(l->kind, columns[c]->field), found->objects[i], tmp, sizeof tmp));
				continue;
			}
			cell.len = 0;
			columns[c]->cell(&cell, r, found->objects[i]);
			buf_append(&cell, "", 1);
			table_cell(t, cell.data);
		}
	}
	buf_free(&cell);
	table_print(t, b);
}

static bool any_up(const struct registry *r)
{
	uint32_t slots = registry_slots(r, KIND_BLADE);

	for (uint32_t s = 0; s < slots; s++) {
		const struct blade *b = registry_at(r, KIND_BLADE, s);
		if (b && b->host == HOST_UP)
			return true;
	}
	return false;
}

bool cli_list_of_hosts(const char *word)
{
	const struct listing *l = listing_find(word);

	return l && l->kind != KIND_JOB && l->kind != KIND_LEASE && l->kind != KIND_NOTICE;
}

int cli_list(struct cli *c)
{
	const struct listing *l = listing_find(c->line->words[0]);
	struct filter *f = NULL;
	struct buf out = { 0 };

	if (!l)
		return cli_error(c->line, err_new(ERR_USAGE, "cli.kind", "{s:s, s:s}", "word", c->line->words[0], "kinds", c->line->command->words));
	size_t silent = 0;
	struct err *e = cli_filter(c->line, 1, l->kind, &f);
	c->metal = l->kind == KIND_BLADE || l->kind == KIND_ENCLOSURE || l->kind == KIND_ALERT || l->kind == KIND_CLUSTER;
	if (!e)
		e = cli_connect(c, l->needs);
	if (!e)
		e = cli_wait_hosts(c, &silent);
	if (!e && !(models[l->kind].fields[0].viewers >> cli_viewer(c) & 1))
		e = err_new(ERR_ROLE, "cli.list.role", "{s:s, s:s}", "role", client_user(c->client)->role, "kinds", l->word);
	if (!e) {
		struct found found = find_all(mirror_objects(c->mirror), l, f);
		if (c->line->json)
			write_json(&out, l, &found, cli_viewer(c));
		else
			write_table(&out, mirror_objects(c->mirror), l, &found, cli_viewer(c));
		free(found.objects);
		e = cli_print(&out);
		if (!e && found.n == 0)
			cli_first_words(c, l->kind);
	}
	filter_free(f);
	if (e)
		return cli_error(c->line, e);
	/* Not one host behind a broker of our own: what was printed is at best an old memory. (The site's own count of those that are up
	 * may come after the hosts themselves.) */
	return silent && !any_up(mirror_objects(c->mirror)) && client_user(c->client)->private_broker ? CLI_UNREACHABLE : CLI_DONE;
}

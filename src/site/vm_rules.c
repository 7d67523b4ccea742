/* VM rules that two tenants could both match: nobody would own such a VM, so the file is refused. Called by build.c. */
#include "site/build.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MEETINGS_MAX 200 /* said at most */

struct rule {
	const struct conf_node *n;
	const char *text;
	int line;
	bool uuid;
	size_t head, tail;
};

/* What stands before the first and behind the last sign: two globs that differ there never meet. */
static bool far_apart(const struct rule *a, const struct rule *b)
{
	size_t head = a->head < b->head ? a->head : b->head, tail = a->tail < b->tail ? a->tail : b->tail;

	return memcmp(a->text, b->text, head) != 0 ||
	       memcmp(a->text + strlen(a->text) - tail, b->text + strlen(b->text) - tail, tail) != 0;
}

static bool check_pair(struct build *b, const struct rule *a, const struct rule *c)
{
	char buf[BUILD_PLACE_MAX], *example = NULL;
	bool meet;

	if (!strcmp(a->n->title, c->n->title) || a->uuid != c->uuid)
		return false;
	meet = a->uuid ? !strcasecmp(a->text, c->text) : !far_apart(a, c) && globs_meet(a->text, c->text, &example);
	if (!meet)
		return false;
	struct place at = {a->n->file, a->line};
	build_say(b, c->n, c->line,
		err_new(ERR_USAGE, a->uuid ? "site.rule.same" : "site.rule.both", "{s:s, s:s, s:s, s:s, s:s}", "rule",
			c->text, "other", a->text, "tenant", a->n->title, "place", build_place(b, c->n, at, buf),
			"example", example && *example ? example : "x"));
	free(example);
	return true;
}

static void rule_add(struct rule **list, size_t *n, const struct conf_node *t, const struct conf_value *v)
{
	size_t len = strlen(v->text);

	if (!len || len > BUILD_RULE_MAX)
		return;
	*list = build_grow(*list, n, sizeof **list);
	struct rule *r = &(*list)[*n - 1];
	*r = (struct rule){.n = t, .text = v->text, .line = v->line, .uuid = !strncmp(v->text, "uuid:", 5)};
	r->head = strcspn(v->text, "*?");
	while (r->tail < len && !strchr("*?", v->text[len - 1 - r->tail]))
		r->tail++;
}

void build_rules(struct build *b)
{
	struct rule *list = NULL;
	size_t n = 0, said = 0;

	for (size_t f = 0; f < b->c->n; f++)
		for (size_t i = 0; b->c->roots[f] && i < b->c->roots[f]->nchildren; i++) {
			const struct conf_node *t = b->c->roots[f]->children[i];
			const struct conf_item *vms = strcmp(t->kind, "tenant") ? NULL : conf_item(t, "vms");
			for (size_t k = 0; vms && k < vms->n; k++)
				rule_add(&list, &n, t, &vms->values[k]);
		}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i && said < MEETINGS_MAX; k++)
			said += check_pair(b, &list[k], &list[i]);
	free(list);
}

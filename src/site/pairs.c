/* Pairs of VMs that are sold as one (a cluster of two): a title with a range stands for many. Called by build.c. */
#include "site/build.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 20000

/* The names that one half's text gives to count pairs: one for each, or one with a placeholder for all. False: said. */
static bool half_names(struct build *b, const struct conf_node *n, const struct conf_value *v, size_t count,
	struct names *out)
{
	struct err *e = range_expand(v->text, out);

	if (!e && out->n != count && out->n != 1) {
		e = err_new(ERR_USAGE, "site.pair.count", "{s:s, s:i, s:i}", "text", v->text, "values", (int)out->n,
			"count", (int)count);
		names_free(out);
	}
	build_say(b, n, v->line, e);
	return !e;
}

/* One half's name in the pair of this name, owned by the caller; NULL: said. */
static char *half_of(struct build *b, const struct conf_node *n, int line, const char *text, const char *pair)
{
	struct hole hole = {"name", pair};
	char *vm = NULL;
	struct err *e = holes_fill(text, &hole, 1, &vm);

	if (!e && (!*vm || strlen(vm) > BUILD_RULE_MAX || strpbrk(vm, "*?"))) {
		e = err_new(ERR_USAGE, "site.pair.vm", "{s:s, s:s, s:i}", "name", pair, "vm", vm, "max", BUILD_RULE_MAX);
		free(vm);
		vm = NULL;
	}
	build_say(b, n, line, e);
	return vm;
}

/* A VM is half of one pair. */
static bool half_is_free(struct build *b, const struct conf_node *n, int line, const char *vm, const char *pair)
{
	char buf[BUILD_PLACE_MAX];
	int other = build_find(b->halves, vm);

	if (other < 0)
		return true;
	build_say(b, n, line,
		err_new(ERR_USAGE, "site.pair.two", "{s:s, s:s, s:s, s:s}", "vm", vm, "pair", b->m->pairs[other].name,
			"place", build_place(b, n, b->pair_at[other], buf), "name", pair));
	return false;
}

static void build_one(struct build *b, const struct conf_node *n, const char *name, const char *const *texts,
	const struct conf_value *values)
{
	struct site_model *m = b->m;
	size_t count = m->npairs;
	char *a, *c;

	if (!build_name(b, n, n->line, "pair", name))
		return;
	if (build_find(b->pairs, name) >= 0) {
		build_new(b, n, "pair", b->pairs, name, 0, b->pair_at); /* says where */
		return;
	}
	a = half_of(b, n, values[0].line, texts[0], name);
	c = half_of(b, n, values[1].line, texts[1], name);
	bool ok = a && c;
	if (ok && !strcmp(a, c)) {
		build_say(b, n, values[1].line,
			err_new(ERR_USAGE, "site.pair.same", "{s:s, s:s}", "name", name, "vm", a));
		ok = false;
	}
	ok = ok && half_is_free(b, n, values[0].line, a, name);
	ok = ok && half_is_free(b, n, values[1].line, c, name);
	if (!ok) {
		free(a);
		free(c);
		return;
	}
	json_object_set_new_nocheck(b->pairs, name, json_integer((json_int_t)count));
	json_object_set_new_nocheck(b->halves, a, json_integer((json_int_t)count));
	json_object_set_new_nocheck(b->halves, c, json_integer((json_int_t)count));
	b->pair_at = build_grow(b->pair_at, &count, sizeof *b->pair_at);
	b->pair_at[count - 1] = (struct place){n->file, n->line};
	m->pairs = build_grow(m->pairs, &m->npairs, sizeof *m->pairs);
	m->pairs[m->npairs - 1] = (struct site_pair){.name = xstrdup(name), .a = a, .b = c};
}

static void build_pair(struct build *b, const struct conf_node *n)
{
	const struct conf_item *halves = conf_item(n, "halves");
	struct names names = {0}, first = {0}, second = {0};
	struct err *e = range_expand(n->title, &names);

	build_say(b, n, n->line, e);
	if (!halves || halves->n != 2) {
		build_item(b, n, "halves", err_new(ERR_USAGE, "site.pair.halves", "{s:s}", "name", n->title));
		names_free(&names);
		return;
	}
	if (!e && b->m->npairs + names.n > PAIRS_MAX)
		build_say(
			b, n, n->line, err_new(ERR_USAGE, "site.many", "{s:s, s:i}", "kind", "pairs", "max", PAIRS_MAX));
	else if (!e && half_names(b, n, &halves->values[0], names.n, &first) &&
		 half_names(b, n, &halves->values[1], names.n, &second))
		for (size_t i = 0; i < names.n; i++) {
			const char *texts[] = {first.list[first.n == 1 ? 0 : i], second.list[second.n == 1 ? 0 : i]};
			b->r->quiet = i > 0;
			build_one(b, n, names.list[i], texts, halves->values);
		}
	b->r->quiet = false;
	names_free(&names);
	names_free(&first);
	names_free(&second);
}

void build_pairs(struct build *b)
{
	build_each(b, "pair", build_pair);
}

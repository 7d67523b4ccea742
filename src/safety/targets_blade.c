/* Resolving words and filters to blades, for one actor. */
#include "safety/targets.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

static bool is_word_of(enum kind k, const char *word)
{
	const char *name = kind_name(k);
	size_t n = strlen(name);

	return strncmp(word, name, n) == 0 && word[n] == ':';
}

static bool other_kind(const char *word)
{
	for (int k = 0; k < KIND_COUNT; k++)
		if (k != KIND_BLADE && is_word_of((enum kind)k, word))
			return true;
	return false;
}

static struct blade *named(struct registry *r, const struct gate *g, const struct actor *a, const char *name)
{
	void *b = NULL;

	if (!name[0] || !registry_named(r, KIND_BLADE, name, &b, 1) || !g->sees(g->ctx, a, KIND_BLADE, b))
		return NULL;
	return b;
}

static struct err *resolve(struct registry *r, const struct gate *g, const struct actor *a, const char *word, struct blade **out)
{
	bool plain = !is_word_of(KIND_BLADE, word);
	const char *name = plain ? word : strchr(word, ':') + 1;

	*out = named(r, g, a, name);
	if (*out && plain && targets_same_name(r, g, a, name) > 0) {
		char *both = xasprintf("blade:%s, vm:%s", name, name);
		struct err *e = err_new(ERR_USAGE, "target.kinds", "{s:s, s:s}", "target", word, "candidates", both);
		free(both);
		return e;
	}
	if (*out)
		return NULL;
	/* Whoever may see blades is told what else it is; for others it is nothing. */
	const struct blade *bay = plain ? NULL : registry_find(r, KIND_BLADE, word);
	if (bay && g->sees(g->ctx, a, KIND_BLADE, bay))
		return err_new(ERR_NOTFOUND, "target.bay", "{s:s}", "target", word);
	if (actor_is_staff(a) && (other_kind(word) || (plain && targets_same_name(r, g, a, name) > 0)))
		return err_new(ERR_USAGE, "target.kind.blade", "{s:s}", "target", word);
	return err_new(ERR_NOTFOUND, "target.none", "{s:s}", "target", word);
}

static struct err *too_many(size_t count, size_t max)
{
	return err_new(ERR_LIMIT, "targets.too-many", "{s:I, s:I}", "count", (json_int_t)count, "max", (json_int_t)max);
}

struct err *targets_blades(struct registry *r, const struct gate *g, const struct actor *a, const char *const *words, size_t nwords,
	struct blade **out, size_t max, size_t *n)
{
	*n = 0;
	if (nwords == 0)
		return err_new(ERR_USAGE, "targets.none", NULL);
	if (nwords > TARGETS_WORDS_MAX)
		return too_many(nwords, max);
	for (size_t i = 0; i < nwords; i++) {
		struct blade *b;
		bool known = false;
		struct err *e = resolve(r, g, a, words[i], &b);
		if (e)
			return e;
		for (size_t j = 0; j < *n; j++)
			known |= out[j] == b;
		if (known)
			continue;
		if (*n == max)
			return too_many(nwords, max);
		out[(*n)++] = b;
	}
	return NULL;
}

struct err *targets_blades_filter(struct registry *r, const struct gate *g, const struct actor *a, const char *filter,
	struct blade **out, size_t max, size_t *n)
{
	void *found[POLICY_POWER_ON_MAX];
	struct err *e = targets_filter_kind(r, g, a, KIND_BLADE, filter, found, max < POLICY_POWER_ON_MAX ? max : POLICY_POWER_ON_MAX, n);

	for (size_t i = 0; i < *n; i++)
		out[i] = found[i];
	return e;
}

/* Sets of interned texts, one a field that was asked for (values.h): a hash of pointers tells whether a text is in, a sorted array which
 * begin with a prefix. */
#include "words/values.h"

#include <stdlib.h>
#include <string.h>

#define SETS 16              /* fields at the same time; the one that was not asked for longest goes */

struct set {
	const struct field *field; /* NULL: free */
	enum kind kind;
	unsigned used;
	istr *sorted;
	size_t n, room;
	istr *hash;              /* a power of two, at least twice n */
	size_t size;
	bool many;               /* too many to be offered */
};

struct values {
	struct registry *objects;
	struct registry_watch watch;
	struct set sets[SETS];
	unsigned turn;
};

/* ---- one set ---- */

static void clear(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		intern_free(s->sorted[i]);
	free(s->sorted);
	free(s->hash);
	*s = (struct set){0};
}

static size_t place_of(const struct set *s, istr text)
{
	size_t at = ((uintptr_t)text >> 4) * 0x9e3779b97f4a7c15u >> 20 & (s->size - 1);

	while (s->hash[at] && s->hash[at] != text)
		at = (at + 1) & (s->size - 1);
	return at;
}

static void grow(struct set *s)
{
	istr *old = s->hash;
	size_t size = s->size;

	s->size = size ? size * 2 : 64;
	s->hash = xcalloc(s->size, sizeof *s->hash);
	for (size_t i = 0; i < size; i++)
		if (old[i])
			s->hash[place_of(s, old[i])] = old[i];
	free(old);
}

static int compare(const void *a, const void *b)
{
	const istr *x = a, *y = b;
	int c = strcasecmp(*x, *y);

	return c ? c : strcmp(*x, *y);
}

/* First of the sorted ones that does not come before prefix. */
static size_t first_from(const struct set *s, const char *prefix)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcasecmp(s->sorted[mid], prefix) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* in_order: the sorted array is, and stays so. */
static void take(struct set *s, istr text, bool in_order)
{
	size_t at;

	if (s->many || !*text)
		return;
	if (2 * (s->n + 1) > s->size)
		grow(s);
	at = place_of(s, text);
	if (s->hash[at])
		return;
	if (s->n == VALUES_MOST) {
		s->many = true;
		return;
	}
	if (s->n == s->room) {
		s->room = s->room ? s->room * 2 : 32;
		s->sorted = xrealloc(s->sorted, s->room * sizeof *s->sorted);
	}
	s->hash[at] = intern_ref(text);
	at = in_order ? first_from(s, text) : s->n;
	memmove(s->sorted + at + 1, s->sorted + at, (s->n - at) * sizeof *s->sorted);
	s->sorted[at] = text;
	s->n++;
}

static istr text_of(const struct field *f, const void *o)
{
	return *(const istr *)(const void *)((const char *)o + f->offset);
}

static void build(struct set *s, struct registry *r)
{
	for (uint32_t i = 0, n = registry_slots(r, s->kind); i < n && !s->many; i++) {
		const void *o = registry_at(r, s->kind, i);

		if (o)
			take(s, text_of(s->field, o), false);
	}
	if (s->n > 1)
		qsort(s->sorted, s->n, sizeof *s->sorted, compare);
}

/* ---- all of them ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct values *v = ctx;

	for (int i = 0; i < SETS; i++)
		if (v->sets[i].field && v->sets[i].kind == k)
			take(&v->sets[i], text_of(v->sets[i].field, o), true);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
}

struct values *values_new(struct registry *r)
{
	struct values *v = xcalloc(1, sizeof *v);

	v->objects = r;
	v->watch = (struct registry_watch){.ctx = v, .changed = on_changed, .gone = on_gone};
	registry_watch(r, &v->watch);
	return v;
}

void values_forget(struct values *v)
{
	for (int i = 0; i < SETS; i++)
		clear(&v->sets[i]);
}

void values_free(struct values *v)
{
	if (!v)
		return;
	registry_unwatch(v->objects, &v->watch);
	values_forget(v);
	free(v);
}

static struct set *set_for(struct values *v, enum kind k, const struct field *f)
{
	struct set *s = &v->sets[0];

	for (int i = 0; i < SETS; i++) {
		if (v->sets[i].field == f)
			return &v->sets[i];
		if (!v->sets[i].field || (s->field && v->sets[i].used < s->used))
			s = &v->sets[i];
	}
	clear(s);
	s->field = f;
	s->kind = k;
	build(s, v->objects);
	return s;
}

size_t values_find(struct values *v, enum kind k, const struct field *f, const char *prefix, const char **out, size_t max)
{
	size_t length = strlen(prefix), found = 0;
	struct set *s;

	if (f->type != FIELD_STR)
		return 0;
	s = set_for(v, k, f);
	s->used = ++v->turn;
	if (s->many)
		return 0;
	for (size_t i = first_from(s, prefix); i < s->n && strncasecmp(s->sorted[i], prefix, length) == 0; i++, found++)
		if (found < max)
			out[found] = s->sorted[i];
	return found;
}

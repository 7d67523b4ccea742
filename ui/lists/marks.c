/* The set of what is marked of one kind (marks.h): a bit for each slot. */
#include "lists/marks.h"

#include <stdlib.h>
#include <string.h>

struct marks {
	struct registry *objects;
	enum kind kind;
	struct registry_watch watch;
	uint64_t *bits;
	size_t words, count;
};

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct marks *m = ctx;

	if (k == m->kind)
		marks_set(m, slot, false);
}

struct marks *marks_new(struct registry *r, enum kind k)
{
	struct marks *m = xcalloc(1, sizeof *m);

	m->objects = r;
	m->kind = k;
	m->watch = (struct registry_watch){.ctx = m, .changed = on_changed, .gone = on_gone};
	registry_watch(r, &m->watch);
	return m;
}

void marks_free(struct marks *m)
{
	if (!m)
		return;
	registry_unwatch(m->objects, &m->watch);
	free(m->bits);
	free(m);
}

bool marks_has(const struct marks *m, uint32_t slot)
{
	return slot / 64 < m->words && m->bits[slot / 64] >> slot % 64 & 1;
}

void marks_set(struct marks *m, uint32_t slot, bool on)
{
	if (marks_has(m, slot) == on)
		return;
	if (slot / 64 >= m->words) {
		size_t words = slot / 64 + 64;

		m->bits = xrealloc(m->bits, words * sizeof *m->bits);
		memset(m->bits + m->words, 0, (words - m->words) * sizeof *m->bits);
		m->words = words;
	}
	m->bits[slot / 64] ^= UINT64_C(1) << slot % 64;
	m->count += on ? 1 : (size_t)-1;
}

void marks_clear(struct marks *m)
{
	if (m->bits)
		memset(m->bits, 0, m->words * sizeof *m->bits);
	m->count = 0;
}

size_t marks_count(const struct marks *m)
{
	return m->count;
}

size_t marks_ids(const struct marks *m, const char **out, size_t max)
{
	size_t n = 0;

	for (size_t w = 0; w < m->words; w++)
		for (uint64_t bits = m->bits[w]; bits; bits &= bits - 1) {
			struct object *o = registry_at(m->objects, m->kind, (uint32_t)(w * 64) + (uint32_t)__builtin_ctzll(bits));

			if (o && n < max)
				out[n] = o->id;
			n += o != NULL;
		}
	return n;
}

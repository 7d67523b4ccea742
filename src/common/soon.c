/* The list of what a turn of the loop does last, with a hash to find what was asked for already: one change of the fleet
 * makes every peer ask for its flush many times. Called by the loop. */
#include "common/soon.h"
#include "common/buf.h"

#include <stdlib.h>

/* Where fn and ctx stand in the hash, or the free place for them. */
static size_t place_of(const struct soon *s, void (*fn)(void *ctx), void *ctx)
{
	size_t mask = s->hash_size - 1;
	uint64_t h = ((uint64_t)(uintptr_t)ctx ^ (uint64_t)(uintptr_t)fn << 7) * 0x9e3779b97f4a7c15u;

	for (size_t i = h >> 32 & mask;; i = (i + 1) & mask) {
		uint32_t n = s->hash[i];
		if (!n || (s->asked.at[n - 1].fn == fn && s->asked.at[n - 1].ctx == ctx))
			return i;
	}
}

static void grow(struct soon *s)
{
	struct soon_list *l = &s->asked;

	l->size = l->size ? l->size * 2 : 32;
	l->at = xrealloc(l->at, l->size * sizeof *l->at);
	if (s->hash_size >= l->size * 2)
		return;
	free(s->hash);
	s->hash_size = l->size * 2;
	s->hash = xcalloc(s->hash_size, sizeof *s->hash);
	for (size_t i = 0; i < l->n; i++) {
		l->at[i].place = place_of(s, l->at[i].fn, l->at[i].ctx);
		s->hash[l->at[i].place] = (uint32_t)i + 1;
	}
}

void soon_add(struct soon *s, void (*fn)(void *ctx), void *ctx)
{
	if (s->asked.n == s->asked.size)
		grow(s);
	size_t place = place_of(s, fn, ctx);

	if (s->hash[place]) {
		s->asked.at[s->hash[place] - 1].off = false;
		return;
	}
	s->asked.at[s->asked.n++] = (struct soon_call){fn, ctx, place, false};
	s->hash[place] = (uint32_t)s->asked.n;
}

bool soon_cancel(struct soon *s, void (*fn)(void *ctx), void *ctx)
{
	bool was = false;

	if (s->asked.n) {
		uint32_t n = s->hash[place_of(s, fn, ctx)];
		if (n) {
			was = !s->asked.at[n - 1].off;
			s->asked.at[n - 1].off = true;
		}
	}
	for (size_t i = 0; i < s->running.n; i++) {
		if (s->running.at[i].fn == fn && s->running.at[i].ctx == ctx)
			s->running.at[i].off = true;
	}
	return was;
}

size_t soon_run(struct soon *s)
{
	struct soon_list now = s->asked;
	size_t ran = 0;

	/* what is asked for while these run is collected in the other list */
	for (size_t i = 0; i < now.n; i++)
		s->hash[now.at[i].place] = 0;
	s->asked = (struct soon_list){s->running.at, 0, s->running.size};
	s->running = now;
	for (size_t i = 0; i < now.n; i++) {
		struct soon_call *c = &now.at[i];
		if (c->off)
			continue;
		c->off = true;
		ran++;
		c->fn(c->ctx);
	}
	s->running.n = 0;
	return ran;
}

void soon_free(struct soon *s)
{
	free(s->asked.at);
	free(s->running.at);
	free(s->hash);
	*s = (struct soon){0};
}

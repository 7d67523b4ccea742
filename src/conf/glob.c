/* Can two VM rules match one name? Decided, not guessed: a walk over the pairs of places in both patterns. */
#include "conf/value.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define ANY -1 /* '*' */
#define ONE -2 /* '?' */

/* A glob as characters; ANY and ONE stand for its signs. Invalid bytes cannot be here: values are clean text. */
static utf8proc_int32_t *decode(const char *glob, size_t *n)
{
	size_t len = strlen(glob);
	utf8proc_int32_t *out = xmalloc((len + 1) * sizeof *out), c;

	*n = 0;
	for (size_t i = 0; i < len;) {
		utf8proc_ssize_t k =
			utf8proc_iterate((const utf8proc_uint8_t *)glob + i, (utf8proc_ssize_t)(len - i), &c);
		if (k <= 0) {
			c = (unsigned char)glob[i];
			k = 1;
		}
		i += (size_t)k;
		if (c == '*' && *n && out[*n - 1] == ANY)
			continue;
		out[(*n)++] = c == '*' ? ANY : c == '?' ? ONE : c;
	}
	return out;
}

/* Breadth first over (place in a, place in b): a step of 0 lets a star go, a step of 1 reads one character that both
 * allow. from[] remembers the way, so that the example can be told. */
struct walk {
	const utf8proc_int32_t *a, *b;
	size_t na, nb;
	uint32_t *from;         /* 0 = not seen, else place + 1 */
	utf8proc_int32_t *read; /* the character read on the way here; 0 = none */
	uint32_t *queue;        /* a ring would do; places are seen once, so an array does */
	uint32_t *later;
	size_t nqueue, nlater;
};

static void see(struct walk *w, uint32_t here, size_t i, size_t j, utf8proc_int32_t c)
{
	uint32_t to = (uint32_t)(i * (w->nb + 1) + j);

	if (w->from[to])
		return;
	w->from[to] = here + 1;
	w->read[to] = c;
	if (c)
		w->later[w->nlater++] = to;
	else
		w->queue[w->nqueue++] = to;
}

static void step(struct walk *w, uint32_t here)
{
	size_t i = here / (w->nb + 1), j = here % (w->nb + 1);
	utf8proc_int32_t x = i < w->na ? w->a[i] : 0, y = j < w->nb ? w->b[j] : 0;

	if (x == ANY)
		see(w, here, i + 1, j, 0);
	if (y == ANY)
		see(w, here, i, j + 1, 0);
	if (!x || !y || (x > 0 && y > 0 && x != y))
		return;
	/* both star: a character more would lead nowhere that letting one go does not */
	if (x == ANY && y == ANY)
		return;
	see(w, here, i + (x != ANY), j + (y != ANY), x > 0 ? x : y > 0 ? y : 'x');
}

static char *tell(const struct walk *w, uint32_t at)
{
	utf8proc_int32_t *back = xmalloc((w->na + w->nb + 2) * sizeof *back);
	struct buf b = {0};
	size_t n = 0;

	for (; at; at = w->from[at] - 1)
		if (w->read[at])
			back[n++] = w->read[at];
	while (n) {
		utf8proc_uint8_t bytes[4];
		utf8proc_ssize_t k = utf8proc_encode_char(back[--n], bytes);
		buf_append(&b, bytes, (size_t)k);
	}
	buf_append(&b, "", 1);
	free(back);
	return b.data;
}

bool globs_meet(const char *a, const char *b, char **example)
{
	struct walk w = {0};
	utf8proc_int32_t *pa = decode(a, &w.na), *pb = decode(b, &w.nb);
	size_t places = (w.na + 1) * (w.nb + 1);
	uint32_t end = (uint32_t)(places - 1);
	bool meet = false;

	w.a = pa;
	w.b = pb;
	w.from = xcalloc(places, sizeof *w.from);
	w.read = xcalloc(places, sizeof *w.read);
	w.queue = xmalloc(places * sizeof *w.queue);
	w.later = xmalloc(places * sizeof *w.later);
	w.from[0] = 1;
	w.queue[w.nqueue++] = 0;
	while (w.nqueue && !w.from[end]) {
		for (size_t i = 0; i < w.nqueue; i++)
			step(&w, w.queue[i]);
		uint32_t *swap = w.queue;
		w.queue = w.later;
		w.later = swap;
		w.nqueue = w.nlater;
		w.nlater = 0;
	}
	meet = w.from[end] != 0;
	if (meet && example)
		*example = tell(&w, end);
	free(pa);
	free(pb);
	free(w.from);
	free(w.read);
	free(w.queue);
	free(w.later);
	return meet;
}

/* Where a position lies is its remainder by the size. */
#include "broker/console_ring.h"

#include <string.h>

void console_ring_put(struct console_ring *r, const void *data, size_t n)
{
	const char *at = data;

	if (n > CONSOLE_RING) {
		r->to += n - CONSOLE_RING;
		at += n - CONSOLE_RING;
		n = CONSOLE_RING;
	}
	while (n) {
		size_t place = r->to % CONSOLE_RING, part = CONSOLE_RING - place < n ? CONSOLE_RING - place : n;
		memcpy(r->bytes + place, at, part);
		r->to += part;
		at += part;
		n -= part;
	}
	if (r->to - r->from > CONSOLE_RING)
		r->from = r->to - CONSOLE_RING;
}

void console_ring_skip(struct console_ring *r, uint64_t n)
{
	r->to += n;
	r->from = r->to;
}

const char *console_ring_at(const struct console_ring *r, uint64_t at, size_t max, size_t *n)
{
	size_t place = at % CONSOLE_RING, part = CONSOLE_RING - place;

	if (part > r->to - at)
		part = (size_t)(r->to - at);
	*n = part < max ? part : max;
	return r->bytes + place;
}

/* The newest output of a serial console, by position: bytes are counted from its opening, the oldest make room. Called by
 * console_host.c and console_out.c. */
#ifndef TANA_CONSOLE_RING_H
#define TANA_CONSOLE_RING_H

#include <stddef.h>
#include <stdint.h>

#define CONSOLE_RING (64 * 1024)

struct console_ring {
	uint64_t from, to;         /* what is kept: [from, to) */
	char bytes[CONSOLE_RING];
};
void console_ring_put(struct console_ring *r, const void *data, size_t n);
void console_ring_skip(struct console_ring *r, uint64_t n);  /* so many bytes never came: what is before them is let go too */
/* What lies at `at` (from <= at < to) in one piece, at most max; *n is not 0. Borrowed until the next put. */
const char *console_ring_at(const struct console_ring *r, uint64_t at, size_t max, size_t *n);

#endif

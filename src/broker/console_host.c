/* The host's side of a serial console: asked for once for all who look, heard at once, let go when nobody looks any more. Called by
 * consoles.c. */
#include "broker/consoles_inside.h"

#include "common/clock.h"

#include <stdlib.h>

static void opened(void *ctx, struct err *e)
{
	struct console *c = ctx;

	if (e) {
		console_end(c, e);
		err_free(e);
		return;
	}
	struct consoles *all = c->all;
	c->up = true;
	for (struct console_stream *s = c->streams, *next; s; s = next) {
		next = s->next;
		if (s->recorded && !s->open && !s->ended)
			console_answer(s); /* c may go with the last who may not any more */
	}
	console_soon(all);
}

static void heard(void *ctx, const void *data, size_t n, uint64_t lost)
{
	struct console *c = ctx;

	if (lost)
		console_ring_skip(&c->ring, lost);
	console_ring_put(&c->ring, data, n);
	peers_poke(c->all->b->peers);
}

/* Why, is told in a moment by the VM's state, or not at all. */
static void ended(void *ctx, struct err *e)
{
	struct console *c = ctx;

	err_free(c->host_why);
	c->host_why = e;
	c->host_end_ms = clock_boot_ms();
	c->over = true;
	console_soon(c->all);
}

struct err *console_ask(struct console *c, const struct vm *vm, bool force)
{
	struct fleet_console_sink sink = { .ctx = c, .opened = opened, .data = heard, .ended = ended };

	return fleet_console_open(c->all->b->fleet, vm, force, &sink, &c->line);
}

void console_hang_up(struct console *c)
{
	if (c->line)
		fleet_console_close(c->line);
	c->line = NULL;
}

/* What ends a serial console beside its user: rights and VMs that move, time, its host. Called by consoles.c, and from broker.c when
 * something moved. */
#include "broker/consoles_inside.h"

#include "broker/peer.h"
#include "common/clock.h"

#include <string.h>

#define HOST_GRACE_MS 4000 /* for the VM's state to say why its console ended: a VM is not off before its process is gone */

/* NULL: he may look on. */
static struct err *ends(const struct console_stream *s)
{
	struct broker *b = s->console->all->b;
	const struct actor *a = peer_actor(s->peer);
	const struct vm *vm = registry_find(b->objects, KIND_VM, s->console->vm);

	if (!vm || !b->gate.sees(b->gate.ctx, a, KIND_VM, vm))
		return err_new(ERR_ROLE, "console.refused", NULL);
	struct err *e = plan_may_console(&b->world, a, s->write, vm);
	if (!e && strcmp(vm->blade, s->console->blade) != 0)
		e = err_new(ERR_STATE, "console.moved", "{s:s}", "name", vm->name);
	return e;
}

static void review(struct consoles *all)
{
	for (struct console *c = all->first; c; c = c->next) {
		const struct vm *vm = registry_find(all->b->objects, KIND_VM, c->vm);
		if (vm)
			console_owner(c, vm);
		for (struct console_stream *s = c->streams; s; s = s->next) {
			struct err *e = s->open && !s->ended ? ends(s) : NULL;
			if (e)
				console_stream_end(s, &e->msg);
			err_free(e);
		}
	}
}

static void sooner(int64_t *at, int64_t when)
{
	if (!*at || when < *at)
		*at = when;
}

/* The host ended it, and why was not told in other words meanwhile. */
static void host_ended(struct console *c)
{
	struct err *e = c->host_why ? c->host_why : err_new(ERR_STATE, "console.ended", "{s:s}", "name", c->vm_name);

	c->host_why = NULL;
	c->host_end_ms = 0;
	console_hang_up(c);
	console_end(c, e);
	err_free(e);
}

static void check_idle(struct console_stream *s, int64_t now, int64_t *at)
{
	int64_t idle_ms = (int64_t)s->console->all->b->site->console_idle_s * 1000;
	int64_t used = s->console->writer == s || s->peer->used_at < s->typed_ms ? s->typed_ms : s->peer->used_at;
	struct msg why;

	if (!s->open || s->ended || idle_ms <= 0)
		return;
	if (now < used + idle_ms) {
		sooner(at, used + idle_ms);
		return;
	}
	msg_make(&why, "console.idle", "{s:I}", "minutes", (json_int_t)((idle_ms + 59999) / 60000));
	console_stream_end(s, &why);
	msg_free(&why);
}

void console_tick(void *ctx)
{
	struct consoles *all = ctx;
	int64_t now = clock_boot_ms(), at = 0;

	for (struct console *c = all->first, *next; c; c = next) {
		next = c->next;
		for (struct console_stream *s = c->streams; s; s = s->next) {
			check_idle(s, now, &at);
			if (s->ended) {
				sooner(&at, s->ended_ms + CONSOLE_LINGER_MS > now ? s->ended_ms + CONSOLE_LINGER_MS : now + CONSOLE_LINGER_MS);
				peers_poke(all->b->peers);
			}
		}
		if (c->host_end_ms && now < c->host_end_ms + HOST_GRACE_MS)
			sooner(&at, c->host_end_ms + HOST_GRACE_MS);
		else if (c->host_end_ms)
			host_ended(c);
		else
			console_check(c);
	}
	if (at)
		loop_timer_set(all->timer, at > now ? at - now : 0);
	else
		loop_timer_clear(all->timer);
}

void console_due(void *ctx)
{
	struct consoles *all = ctx;

	if (all->review)
		review(all);
	all->review = false;
	console_tick(all);
}

void console_soon(struct consoles *all)
{
	loop_soon(all->b->loop, console_due, all);
}

void consoles_review(struct consoles *all)
{
	if (!all || !all->first)
		return;
	all->review = true;
	console_soon(all);
}

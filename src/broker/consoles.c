/* Owns who looks at which serial console: how one begins (allowed, written down, then the host), who types, what ends it. */
#include "broker/consoles_inside.h"

#include "broker/commands.h"
#include "broker/peer.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- who types ---- */

static void tell_all(struct console *c, const struct console_stream *but)
{
	for (struct console_stream *s = c->streams; s; s = s->next)
		s->tell_writer |= s->open && s != but;
	peers_poke(c->all->b->peers);
}

static void pen_to(struct console *c, struct console_stream *s)
{
	c->writer = s;
	c->pen_s = clock_wall_s();
	if (s)
		s->typed_ms = clock_boot_ms();
	tell_all(c, s);
}

/* NULL: he may have the pen. *took (borrowed): from whom. */
static struct err *pen_for(const struct console *c, const struct actor *a, bool take, const char **took)
{
	const struct console_stream *w = c ? c->writer : NULL;
	char age[24];

	*took = NULL;
	if (!w)
		return NULL;
	*took = w->user;
	if (take && (a->role == ROLE_OPERATOR || (a->uid == w->who.uid && a->role == w->who.role)))
		return NULL;
	policy_age(age, sizeof age, clock_wall_s() - c->pen_s);
	return err_new(ERR_LEASE, "console.held", "{s:s, s:s, s:s, s:I}", "name", c->vm_name, "by", console_by(c, a), "age", age, "since",
		(json_int_t)c->pen_s);
}

/* ---- life ---- */

struct consoles *consoles_new(struct broker *b)
{
	struct consoles *all = xcalloc(1, sizeof *all);

	all->b = b;
	all->timer = loop_timer_new(b->loop, console_tick, all);
	return all;
}

static struct console *console_new(struct consoles *all, const struct vm *vm)
{
	struct console *c = xcalloc(1, sizeof *c);

	c->all = all;
	c->vm = xstrdup(vm->id);
	c->vm_name = xstrdup(vm->name);
	c->blade = xstrdup(vm->blade);
	c->tenant = xstrdup(vm->tenant);
	c->next = all->first;
	c->prev = &all->first;
	if (c->next)
		c->next->prev = &c->next;
	all->first = c;
	return c;
}

static void console_free(struct console *c)
{
	console_hang_up(c);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	err_free(c->host_why);
	free(c->vm);
	free(c->vm_name);
	free(c->blade);
	free(c->tenant);
	free(c);
}

void console_owner(struct console *c, const struct vm *vm)
{
	if (strcmp(c->tenant, vm->tenant) == 0)
		return;
	free(c->tenant);
	c->tenant = xstrdup(vm->tenant);
	c->owned_from = c->ring.to;
}

void consoles_free(struct consoles *all)
{
	if (!all)
		return;
	loop_soon_cancel(all->b->loop, console_due, all);
	loop_timer_free(all->timer);
	while (all->first)
		console_stream_drop(all->first->streams, NULL); /* a console goes with its last one */
	free(all);
}

static struct console *console_of(struct consoles *all, const struct vm *vm)
{
	for (struct console *c = all->first; c; c = c->next)
		if (!c->over && strcmp(c->vm, vm->id) == 0)
			return c;
	return NULL;
}

void console_check(struct console *c)
{
	for (const struct console_stream *s = c->streams; s; s = s->next)
		if (!s->ended)
			return;
	c->over = true;
	console_hang_up(c);
	if (!c->streams)
		console_free(c);
}

static void leave_pen(struct console_stream *s)
{
	if (s->console->writer == s)
		pen_to(s->console, NULL);
}

void console_stream_end(struct console_stream *s, const struct msg *why)
{
	if (s->ended)
		return;
	s->ended = true;
	s->ended_ms = clock_boot_ms();
	msg_copy(&s->why, why);
	leave_pen(s);
	if (s->recorded)
		console_record_close(s, why);
	peers_poke(s->console->all->b->peers);
	console_soon(s->console->all);
}

void console_stream_drop(struct console_stream *s, const struct msg *why)
{
	struct console *c = s->console;
	struct console_stream **at = &c->streams;

	leave_pen(s);
	if (!s->ended && s->recorded && why)
		console_record_close(s, why);
	if (s->q)
		request_return(s->q, NULL); /* its peer is gone */
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->why.id)
		msg_free(&s->why);
	free(s->user);
	free(s->origin);
	free(s->tenant);
	free(s->took);
	free(s);
	console_check(c);
}

/* Who asked and cannot have it. */
static void refuse(struct console_stream *s, struct err *e)
{
	struct request *q = s->q;

	s->q = NULL;
	e = console_plain(&s->who, s->console->vm_name, e);
	console_stream_drop(s, &e->msg);
	request_error(q, e);
}

void console_end(struct console *c, const struct err *why)
{
	c->over = true;
	/* c goes with the last one that is dropped. */
	for (struct console_stream *s = c->streams, *next; s; s = next) {
		next = s->next;
		struct err *e = console_plain(&s->who, c->vm_name, err_copy(why));
		if (s->open) {
			console_stream_end(s, &e->msg);
			err_free(e);
		} else if (s->recorded) {
			refuse(s, e);
		} else {
			err_free(e); /* its record comes first; then it is asked again, on a console of its own */
		}
	}
}

/* ---- how one begins ---- */

struct writing { struct broker *b; uint64_t serial; };

static struct console_stream *by_serial(struct consoles *all, uint64_t serial)
{
	for (struct console *c = all->first; c; c = c->next)
		for (struct console_stream *s = c->streams; s; s = s->next)
			if (s->serial == serial)
				return s;
	return NULL;
}

/* Things may be otherwise by now than when he asked. NULL: the request was answered. */
static struct vm *still_may(struct console_stream *s, bool again)
{
	struct broker *b = s->console->all->b;
	const char *took;
	struct request *q = s->q;
	struct msg gone;

	struct vm *vm = request_still(q, s->console->vm); /* ends the request where he may not */
	if (!vm) {
		s->q = NULL;
		msg_make(&gone, "console.refused", NULL);
		console_stream_drop(s, &gone);
		msg_free(&gone);
		return NULL;
	}
	const struct actor *a = peer_actor(s->peer);
	struct err *e = plan_may_console(&b->world, a, s->write, vm);
	if (!e && s->write)
		e = pen_for(s->console, a, s->take, &took);
	if (!e && again && strcmp(vm->blade, s->console->blade) != 0)
		e = err_new(ERR_STATE, "console.moved", "{s:s}", "name", vm->name);
	if (e) {
		refuse(s, e);
		return NULL;
	}
	return vm;
}

void console_answer(struct console_stream *s)
{
	struct console *c = s->console;
	struct vm *vm = still_may(s, true);

	if (!vm)
		return;
	struct request *q = s->q;
	s->q = NULL;
	s->open = true;
	console_owner(c, vm);
	/* What was said while it was nobody's, or another's, is for staff alone. */
	s->at = peer_actor(s->peer)->role == ROLE_CUSTOMER && c->owned_from > c->ring.from ? c->owned_from : c->ring.from;
	s->opened_ms = s->typed_ms = clock_boot_ms();
	if (s->write)
		pen_to(c, s);
	request_return(q, json_pack("{s:s, s:s, s:s, s:b, s:s, s:I, s:I}", "stream", s->name, "object", vm->id, "name", vm->name, "writer",
		c->writer == s, "by", console_by(c, peer_actor(s->peer)), "since", (json_int_t)(c->writer ? c->pen_s : 0), "idle_s",
		(json_int_t)c->all->b->site->console_idle_s));
	console_soon(c->all);
}

/* It is written down that he opens it. */
static void written(void *ctx, struct err *e)
{
	struct writing *w = ctx;
	struct console_stream *s = w->b->consoles ? by_serial(w->b->consoles, w->serial) : NULL;

	free(w);
	if (!s) {
		err_free(e);
		return;
	}
	if (e) {
		struct request *q = s->q;
		s->q = NULL;
		console_stream_drop(s, NULL);
		request_error(q, e);
		return;
	}
	s->recorded = true;
	struct vm *vm = still_may(s, false);
	if (!vm)
		return;
	struct console *c = s->console;
	if (c->over) { /* it ended meanwhile: once more, by itself */
		struct console *other = console_of(c->all, vm);
		struct console_stream **at = &c->streams;
		while (*at != s)
			at = &(*at)->next;
		*at = s->next;
		s->console = other ? other : console_new(c->all, vm);
		s->next = s->console->streams;
		s->console->streams = s;
		console_check(c);
		c = s->console;
	}
	if (c->up)
		console_answer(s);
	else if (!c->line && (e = console_ask(c, vm, s->force)))
		refuse(s, e);
}

static struct err *room_for(struct consoles *all, const struct peer *p, const struct actor *a)
{
	int n = 0, customers = 0, tenant = 0, peer = 0;
	int64_t suppressed;

	for (const struct console *c = all->first; c; c = c->next)
		for (const struct console_stream *s = c->streams; s; s = s->next) {
			n++;
			customers += s->who.role == ROLE_CUSTOMER;
			tenant += s->who.role == ROLE_CUSTOMER && strcmp(s->who.tenant, a->tenant) == 0;
			peer += s->peer == p;
		}
	if (peer >= CONSOLES_OF_PEER)
		return err_new(ERR_LIMIT, "console.peer", "{s:i}", "max", CONSOLES_OF_PEER);
	if (a->role == ROLE_CUSTOMER && tenant >= CONSOLES_OF_TENANT)
		return err_new(ERR_LIMIT, "console.tenant", "{s:i}", "max", CONSOLES_OF_TENANT);
	if (n >= CONSOLES_MAX || (a->role == ROLE_CUSTOMER && customers >= CONSOLES_OF_CUSTOMERS))
		return err_new(ERR_LIMIT, "console.all", NULL);
	if (a->role == ROLE_CUSTOMER && !audit_gate_pass(&all->often, a->uid, clock_boot_ms(), &suppressed))
		return err_new(ERR_LIMIT, "console.often", NULL);
	return NULL;
}

void consoles_open(struct consoles *all, struct request *q, const struct vm *vm, bool write, bool take, uint64_t credit)
{
	struct peer *p = q->peer;
	const struct actor *a = peer_actor(p);
	struct console *c = console_of(all, vm);
	const char *driver, *took = NULL, *none = fleet_no_console(all->b->fleet, vm, &driver);

	struct err *e = none ? err_new(ERR_UNSUPPORTED, none, "{s:s}", "driver", driver) : room_for(all, p, a);
	if (!e && write)
		e = pen_for(c, a, take, &took);
	if (e) {
		request_error(q, e);
		return;
	}
	struct console_stream *s = xcalloc(1, sizeof *s);
	s->console = c ? c : console_new(all, vm);
	s->next = s->console->streams;
	s->console->streams = s;
	s->serial = ++all->serial;
	s->peer = p;
	s->q = q;
	s->write = write;
	s->take = take;
	s->force = take && a->role == ROLE_OPERATOR && !c;
	s->took = xstrdup(took);
	s->credit = credit;
	s->opened_ms = clock_boot_ms();
	snprintf(s->name, sizeof s->name, "s%u", ++p->streams);
	console_remember(s, a);
	struct writing *w = xcalloc(1, sizeof *w);
	*w = (struct writing){ .b = all->b, .serial = s->serial };
	console_record_open(s, written, w);
}

/* ---- what its user does ---- */

struct console_stream *consoles_find(struct consoles *all, const struct peer *p, const char *name)
{
	for (struct console *c = all->first; c; c = c->next)
		for (struct console_stream *s = c->streams; s; s = s->next)
			if (s->peer == p && s->open && strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

struct err *console_stream_type(struct console_stream *s, const void *data, size_t n)
{
	struct console *c = s->console;

	if (s->ended)
		return err_new(ERR_STATE, "console.over", NULL);
	if (c->writer != s)
		return err_new(ERR_LEASE, c->writer ? "console.watching" : "console.watching.free", "{s:s}", "by",
			console_by(c, peer_actor(s->peer)));
	s->typed_ms = clock_boot_ms();
	if (c->line && n && !fleet_console_write(c->line, data, n))
		return err_new(ERR_LIMIT, "console.full", "{s:s}", "name", c->vm_name);
	s->in += n;
	return NULL;
}

struct err *console_stream_credit(struct console_stream *s, uint64_t bytes)
{
	if (s->credit + bytes > CONSOLE_CREDIT_MAX)
		return err_new(ERR_LIMIT, "console.credit", "{s:i}", "max", CONSOLE_CREDIT_MAX);
	s->credit += bytes;
	return NULL;
}

void console_stream_close(struct console_stream *s)
{
	struct msg why;

	msg_make(&why, "console.closed", NULL);
	console_stream_drop(s, &why);
	msg_free(&why);
}

void consoles_peer_gone(struct consoles *all, const struct peer *p)
{
	struct msg why;

	if (!all)
		return;
	msg_make(&why, "console.left", NULL);
	for (struct console *c = all->first, *next; c; c = next) {
		next = c->next;
		for (struct console_stream *s = c->streams, *after; s; s = after) {
			after = s->next;
			bool last = s == c->streams && !after; /* c goes with it */
			if (s->peer == p)
				console_stream_drop(s, &why);
			if (last)
				break;
		}
	}
	msg_free(&why);
}

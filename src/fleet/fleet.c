/* Owns the fleet: its parts, its turn of the loop, its watchers; and what the rooms above ask of it (actions, details,
 * protection, marks). Called by safety and the broker. */
#include "fleet/consoles.h"
#include "fleet/metal.h"
#include "fleet/stats.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FAREWELL_MS 500 /* after which a manager that was called off counts as hanging */

static void turn(void *ctx);

/* ---- for the files of this room ---- */

void fleet_tell(struct fleet *f, const struct fleet_news *n)
{
	for (size_t i = 0; i < f->nwatches && !f->stopping; i++)
		f->watches[i]->news(f->watches[i]->ctx, n);
}

void fleet_soon(struct fleet *f)
{
	loop_soon(f->c.loop, turn, f);
}

void fleet_site_changed(struct fleet *f)
{
	f->site_dirty = true;
	fleet_soon(f);
}

void fleet_blade_changed(struct fleet *f, struct sup *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->dirty_next = f->dirty;
	f->dirty = s;
	fleet_soon(f);
}

void fleet_fail_later(struct fleet *f, struct call *c, struct err *e)
{
	struct call **at = &f->failed;

	err_free(c->err);
	c->err = e;
	c->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = c;
	fleet_soon(f);
}

int fleet_jitter(int ms)
{
	return ms / 2 + (int)arc4random_uniform((uint32_t)(ms / 2) + 1);
}

static void answer_failed(struct fleet *f)
{
	struct call *list = f->failed, *c;
	struct err *e;

	f->failed = NULL; /* who is answered may ask again: that is for the next turn */
	while ((c = list)) {
		list = c->next;
		e = c->err;
		c->err = NULL;
		call_answer(c, e);
		call_free(c);
	}
}

static void tell_numbers(struct fleet *f)
{
	struct sup *s;

	while ((s = f->dirty)) {
		f->dirty = s->dirty_next;
		s->dirty = false;
		if (s->blade)
			registry_changed(f->c.registry, KIND_BLADE, s->blade, false);
		if (s->blade && s->bay)
			sup_alert(s); /* its manager may say off */
	}
	if (f->site_dirty)
		registry_changed(f->c.registry, KIND_SITE, f->site, false);
	f->site_dirty = false;
}

static void bury(struct fleet *f)
{
	struct sup **at = &f->leaving, *s;

	while ((s = *at)) {
		if (sup_connected(s)) {
			at = &s->leaving_next;
			continue;
		}
		*at = s->leaving_next;
		sup_free(s);
	}
}

static void release(struct fleet *f)
{
	struct sup *s;

	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		if (s->released)
			sup_leave(s);
}

/* Once at the end of a turn of the loop in which something happened. */
static void turn(void *ctx)
{
	struct fleet *f = ctx;

	if (f->releases)
		release(f);
	f->releases = false;
	if (f->reviewing)
		owner_review_some(f);
	answer_failed(f);
	mcall_answer_failed(f);
	keep_turn(f);
	tell_numbers(f);
	bury(f);
	managers_bury(f);
}

/* ---- life ---- */

struct fleet *fleet_new(const struct fleet_config *c)
{
	struct fleet *f = xcalloc(1, sizeof(*f));

	f->c = *c;
	if (f->c.connect_ms <= 0)
		f->c.connect_ms = 10000;
	if (f->c.short_ms <= 0)
		f->c.short_ms = 15000;
	if (f->c.long_ms <= 0)
		f->c.long_ms = 300000;
	if (f->c.snap_ms <= 0)
		f->c.snap_ms = 24 * 60 * 60 * 1000;
	if (f->c.list_every_s <= 0)
		f->c.list_every_s = 300;
	if (f->c.rough_above <= 0)
		f->c.rough_above = 50;
	if (f->c.backoff_ms <= 0)
		f->c.backoff_ms = 1000;
	if (f->c.backoff_max_ms <= 0)
		f->c.backoff_max_ms = 60000;
	if (f->c.manager_ms <= 0)
		f->c.manager_ms = 10000;
	if (f->c.manager_status_ms <= 0)
		f->c.manager_status_ms = 2000;
	f->workers = workers_new(NULL);
	f->mail = mailbox_new(c->loop);
	f->metal_mail = mailbox_new(c->loop);
	f->keep = keep_new(f);
	f->site = object_new(KIND_SITE);
	intern_set(&f->site->id, "site");
	registry_add(c->registry, KIND_SITE, f->site);
	return f;
}

/* Real time even when a test's clock stands still: threads are waited for. */
static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void stop_all(struct fleet *f, void (*stop)(struct sup *s))
{
	struct sup *s;

	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		stop(s);
	for (s = f->leaving; s; s = s->leaving_next)
		stop(s);
}

bool fleet_free(struct fleet *f)
{
	struct sup *s;
	int64_t end;
	bool hung;

	if (!f)
		return true;
	end = mono_ms() + f->c.connect_ms;
	f->stopping = true;
	stop_all(f, sup_stop);
	consoles_stop(f);
	managers_stop(f);
	while ((f->conns || f->sessions) && mono_ms() < end) {
		mailbox_wait(f->conns ? f->mail : f->metal_mail, 50);
		mailbox_drain(f->conns ? f->metal_mail : f->mail);
	}
	if (f->sessions) { /* a manager that does not say goodbye */
		managers_end(f);
		for (end = mono_ms() + FAREWELL_MS; f->sessions && mono_ms() < end;)
			mailbox_wait(f->metal_mail, 50);
	}
	hung = f->conns > 0 || f->sessions > 0;
	if (hung) {
		log_warn("%d connections to hosts and %d to managers do not end; they are left behind", f->conns, f->sessions);
		stop_all(f, sup_give_up);
	}
	hung |= !workers_free(f->workers, hung ? 0 : f->c.connect_ms);
	mailbox_free(f->mail, hung);
	mailbox_free(f->metal_mail, hung);
	answer_failed(f);
	mcall_answer_failed(f);
	managers_free(f);
	keep_free(f->keep);
	stats_free(f);
	loop_soon_cancel(f->c.loop, turn, f);
	vms_free(f);
	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		sup_free(s);
	while ((s = f->leaving)) {
		f->leaving = s->leaving_next;
		sup_free(s);
	}
	table_free(&f->hosts);
	table_free(&f->same);
	if (!hung)
		free(f);
	return !hung;
}

void fleet_watch(struct fleet *f, const struct fleet_watch *w)
{
	if (f->nwatches == WATCHES_MAX)
		abort();
	f->watches[f->nwatches++] = w;
}

const struct site_model *fleet_site(const struct fleet *f)
{
	return f->model;
}

/* ---- what is asked of hosts ---- */

static struct sup *sup_of(const struct fleet *f, const struct vm *vm)
{
	return table_get(&f->hosts, vm->blade);
}

void fleet_refresh(struct fleet *f, const char *blade)
{
	struct sup *s = sup_find(f, blade);

	if (s && s->blade && !f->stopping)
		sup_refresh(s);
}

int64_t fleet_steady_ms(const struct fleet *f, const char *blade)
{
	const struct sup *s = sup_find(f, blade);

	return s && s->live && s->listed ? clock_boot_ms() - s->up_at : -1;
}

enum host_outcome fleet_can(const struct fleet *f, const struct vm *vm, enum verb v, const char **why, const char **driver)
{
	const struct sup *s = sup_of(f, vm);

	*why = NULL;
	*driver = s && s->blade ? s->blade->driver : "";
	if (!s || !s->facts_known || v == VERB_PROTECT || v == VERB_UNPROTECT)
		return OUTCOME_STATE;
	*why = s->can[v] == OUTCOME_NO ? s->why_not[v] : NULL;
	return s->can[v];
}

/* Queues what somebody asked for, or answers (later) why not. */
static void ask(struct fleet *f, const struct vm *vm, struct call *c)
{
	struct sup *s = sup_of(f, vm);

	c->owed = true;
	if (s && s->blade && s->listed && !f->stopping)
		sup_queue(s, sup_lane(s, c), c);
	else
		fleet_fail_later(f, c, err_new(ERR_UNREACHABLE, "fleet.unreachable", "{s:s}", "host", vm->blade));
}

void fleet_act(struct fleet *f, const struct vm *vm, enum verb v, const struct fleet_act *a)
{
	struct call *c = call_new(CALL_ACT, vm->uuid, v == VERB_POWER_ON ? f->c.long_ms : f->c.short_ms);

	c->verb = v;
	c->act = *a;
	ask(f, vm, c);
}

void fleet_detail(struct fleet *f, const struct vm *vm, void (*done)(void *ctx, struct err *e, const struct host_vm_detail *d), void *ctx)
{
	struct call *c = call_new(CALL_DETAIL, vm->uuid, f->c.short_ms);

	c->told = done;
	c->told_ctx = ctx;
	ask(f, vm, c);
	/* Somebody looks: its addresses too are to be as of now. */
	struct sup *s = sup_of(f, vm);
	struct place *p = s && s->listed ? vms_place(f, s, vm->uuid) : NULL;

	if (p)
		extras_want(s, p, 0);
}

void fleet_screenshot(struct fleet *f, const struct vm *vm, void (*done)(void *ctx, struct err *e, const struct host_screen *s), void *ctx)
{
	struct call *c = call_new(CALL_SCREEN, vm->uuid, f->c.short_ms);

	c->told_screen = done;
	c->told_ctx = ctx;
	ask(f, vm, c);
}

void fleet_snapshots(struct fleet *f, const struct vm *vm, const struct host_snap_order *prepare,
	void (*done)(void *ctx, struct err *e, struct host_snaps *s), void *ctx)
{
	struct call *c = call_new(CALL_SNAPS, vm->uuid, f->c.short_ms);

	c->order = prepare ? order_copy(prepare) : NULL;
	c->told_snaps = done;
	c->told_ctx = ctx;
	ask(f, vm, c);
}

void fleet_snapshot(struct fleet *f, const struct vm *vm, const struct host_snap_order *o, const struct fleet_act *a)
{
	struct call *c = call_new(CALL_SNAP, vm->uuid, f->c.snap_ms);

	c->order = order_copy(o);
	c->act = *a;
	ask(f, vm, c);
}

void fleet_snapshot_abandon(struct fleet *f, void *act_ctx)
{
	struct sup *s;

	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		if (sup_abandon(s, act_ctx))
			return;
	for (s = f->leaving; s; s = s->leaving_next)
		if (sup_abandon(s, act_ctx))
			return;
}

/* ---- what the rooms above say of a VM ---- */

void fleet_protect(struct fleet *f, struct vm *vm, bool on, struct store_tx *tx)
{
	struct ident *d = table_get(&f->idents, vm->uuid);

	d->protect = on;
	keep_ident_in(d, tx);
	vm->protect = on;
	registry_changed(f->c.registry, KIND_VM, vm, true);
}

void fleet_mark(struct fleet *f, struct vm *vm, const char *job, const char *verb, const char *by)
{
	intern_set(&vm->job, job);
	intern_set(&vm->doing, verb);
	intern_set(&vm->by, by);
	registry_changed(f->c.registry, KIND_VM, vm, false);
}

void fleet_mark_snaps(struct fleet *f, struct vm *vm, int64_t snaps, int64_t busy, int64_t max, const char *snap)
{
	snaps = int_within(snaps, sizeof vm->snaps);
	busy = int_within(busy, sizeof vm->snaps_busy);
	max = int_within(max, sizeof vm->snaps_max);
	if (vm->snaps == snaps && vm->snaps_busy == busy && vm->snaps_max == max && !strcmp(vm->snap, snap))
		return;
	vm->snaps = (int16_t)snaps;
	vm->snaps_busy = (int8_t)busy;
	vm->snaps_max = (int16_t)max;
	intern_set(&vm->snap, snap);
	registry_changed(f->c.registry, KIND_VM, vm, false);
}

/* The rooms that a broker is made of: made, filled from its store, and what they tell each other. Called by broker.c. */
#include "broker/inside.h"

#include "broker/bookkeeping.h"
#include "broker/care.h"
#include "broker/consoles.h"
#include "broker/notices.h"
#include "broker/now.h"
#include "broker/peers.h"
#include "broker/service.h"
#include "broker/still.h"
#include "safety/finder.h"
#include "watch/clusters.h"
#include "watch/volumes.h"

#include <stdlib.h>
#include <string.h>

/* ---- what they tell each other ---- */

/* A VM whose owner moved, or its name, by which rights are given: its jobs and leases are seen by others now. */
static bool owner_moved(struct broker *b, uint32_t slot, const struct vm *vm)
{
	if (slot >= b->nowned) {
		uint32_t n = slot + 1 > 2 * b->nowned ? slot + 1 : 2 * b->nowned;
		b->owned = xrealloc(b->owned, n * sizeof *b->owned);
		memset(b->owned + b->nowned, 0, (n - b->nowned) * sizeof *b->owned);
		b->nowned = n;
	}
	struct owned was = b->owned[slot];
	if (was.tenant == vm->tenant && was.name == vm->name)
		return false;
	b->owned[slot] = (struct owned){ intern_ref(vm->tenant), intern_ref(vm->name) };
	bool moved = (was.tenant && was.tenant[0]) || vm->tenant[0];
	intern_free(was.tenant);
	intern_free(was.name);
	return moved;
}

/* What is known of jobs, and of the other half of its pair, names people and servers that the new owner must not know. */
static void say_anew(struct broker *b, const struct vm *vm)
{
	void *half[8];
	size_t n = vm->pair[0] ? registry_named(b->objects, KIND_VM, vm->pair, half, 8) : 0;

	for (uint32_t s = 0; s < registry_slots(b->objects, KIND_JOB); s++)
		view_changed(b->view, KIND_JOB, s);
	peers_review_customers(b->peers);
	for (size_t i = 0; i < n && i < 8; i++)
		peers_changed(b->peers, KIND_VM, registry_slot(b->objects, KIND_VM, half[i]));
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct broker *b = ctx;
	const struct site *s = k == KIND_SITE ? object : NULL;

	if (s)
		service_hosts(b->service, s->hosts_live, s->hosts);
	view_changed(b->view, k, slot);
	peers_changed(b->peers, k, slot);
	if (k == KIND_VM)
		consoles_review(b->consoles);
	if (k == KIND_VM && owner_moved(b, slot, object))
		say_anew(b, object);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *object)
{
	struct broker *b = ctx;

	view_changed(b->view, k, slot);
	peers_gone(b->peers, k, slot, object);
	if (k == KIND_VM)
		consoles_review(b->consoles);
	if (k == KIND_VM && slot < b->nowned) {
		intern_free(b->owned[slot].tenant);
		intern_free(b->owned[slot].name);
		b->owned[slot] = (struct owned){ 0 };
	}
}

static void on_news(void *ctx, const struct fleet_news *n)
{
	struct broker *b = ctx;

	if (!b->peers)
		return; /* the end: hosts go down because we do */
	news_fleet(b->news, n);
	jobs_news(b->jobs, n);
	if (n->kind == NEWS_VM_SNAPSHOTS)
		bookkeeping_arm(b);
	peers_poke(b->peers);
}

static void on_happened(void *ctx, const char *id, const char *name, bool staff, const struct msg *m)
{
	struct broker *b = ctx;

	if (!b->peers)
		return;
	if (strncmp(id, "blade:", 6) == 0)
		news_add(b->news, KIND_BLADE, id, name, m, NULL);
	else
		news_add(b->news, KIND_VM, id, name, m, staff ? NULL : m);
	peers_poke(b->peers);
}

static bool gate_sees(void *ctx, const struct actor *a, enum kind k, const void *object)
{
	const struct broker *b = ctx;
	enum viewer as;

	return view_of(b->view, a, k, object, &as);
}

static enum host_outcome world_can(void *ctx, const struct vm *vm, enum verb v, const char **why, const char **driver)
{
	const struct broker *b = ctx;

	return fleet_can(b->fleet, vm, v, why, driver);
}

static enum host_outcome world_can_blade(void *ctx, const struct blade *blade, enum verb v, const char **why, const char **dialect)
{
	const struct broker *b = ctx;

	return fleet_blade_can(b->fleet, blade, v, why, dialect);
}

static bool world_unsettled(void *ctx, const char *id, struct msg *what)
{
	const struct broker *b = ctx;

	return jobs_unsettled(b->jobs, id, what);
}

static void on_notices(void *ctx)
{
	struct broker *b = ctx;

	peers_poke(b->peers);
}

/* ---- made ---- */

void rooms_make(struct broker *b)
{
	b->objects = registry_new();
	b->fleet = fleet_new(&(struct fleet_config){ .loop = b->loop, .registry = b->objects, .store = b->store,
		.runtime_dir = b->runtime_dir, .connect_ms = b->c.connect_ms, .short_ms = b->c.short_ms, .long_ms = b->c.long_ms,
		.snap_ms = b->c.snap_ms, .dialects = b->dialects, .manager_ms = b->c.manager_ms, .manager_status_ms = b->c.manager_status_ms });
	bookkeeping_new(b);
	b->jobs = jobs_new(&(struct jobs_config){ .loop = b->loop, .objects = b->objects, .store = b->store, .fleet = b->fleet,
		.book = b->book, .recheck = still_recheck, .still = still_may, .settle_ms = b->c.steady_ms, .ctx = b, .happened = on_happened });
	b->view = view_new(b->objects, b->jobs);
	b->news = news_new(b->objects, b->jobs, b->fleet);
	b->peers = peers_new(b);
	care_new(b);
	b->consoles = consoles_new(b);
	b->now = now_new(b);
	b->notices = notices_new(b->loop, b->objects, on_notices, b);
	b->clusters = clusters_new(b->loop, b->objects);
	b->volumes = volumes_new(b->loop, b->objects);
	b->finder = finder_new(b->loop, b->objects);
	b->gate = (struct gate){ .ctx = b, .sees = gate_sees };
	b->world = (struct plan_world){ .objects = b->objects, .book = b->book, .gate = &b->gate, .site = b->site, .ctx = b, .can = world_can,
		.can_blade = world_can_blade, .unsettled = world_unsettled, .job = "", .row = "", .command = b->command, .shutdown_ms = b->c.shutdown_ms, .life_ms = b->c.plan_ms };
	b->watch = (struct registry_watch){ .ctx = b, .changed = on_changed, .gone = on_gone };
	registry_watch(b->objects, &b->watch);
	b->fleet_watch = (struct fleet_watch){ .ctx = b, .news = on_news };
	fleet_watch(b->fleet, &b->fleet_watch);
}

void rooms_free_owned(struct broker *b)
{
	for (uint32_t i = 0; i < b->nowned; i++) {
		intern_free(b->owned[i].tenant);
		intern_free(b->owned[i].name);
	}
	free(b->owned);
}

/* ---- from the store ---- */

static void load_vm(void *ctx, const struct store_vm *v)
{
	fleet_load_vm(((struct broker *)ctx)->fleet, v);
}

static void load_host(void *ctx, const struct store_host *h)
{
	fleet_load_host(((struct broker *)ctx)->fleet, h);
}

static void load_placement(void *ctx, const struct store_placement *p)
{
	fleet_load_placement(((struct broker *)ctx)->fleet, p);
}

static void load_pair(void *ctx, const struct store_pair *p)
{
	fleet_load_pair(((struct broker *)ctx)->fleet, p);
}

static void load_job(void *ctx, const struct store_job *j)
{
	jobs_load_job(((struct broker *)ctx)->jobs, j);
}

static void load_lease(void *ctx, const struct lease *l)
{
	jobs_load_lease(((struct broker *)ctx)->jobs, l);
}

struct err *rooms_load(struct broker *b)
{
	return store_load(b->store, &(struct store_reader){ .ctx = b, .vm = load_vm, .host = load_host, .placement = load_placement,
		.job = load_job, .lease = load_lease, .snapshot = bookkeeping_snapshot, .limit = bookkeeping_limit, .pair = load_pair,
		.alert = care_load_alert, .alert_seen = care_load_seen, .note = care_load_note, .event = care_load_event });
}

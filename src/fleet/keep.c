/* What the fleet writes to the store: ids, owners and protections (all of a turn in one transaction), and the last seen
 * states (gathered for a second). Also takes in what was loaded from there at start. */
#include "fleet/metal.h"
#include "fleet/vms.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define GATHER_MS 1000
#define AGAIN_MS 10000 /* ids that could not be written are written again after */

struct keep {
	struct fleet *f;             /* NULL once it is gone; completions may still come */
	int owed;                    /* completions */
	struct ident **idents;
	size_t nidents, idents_size;
	struct place **places;
	size_t nplaces, places_size;
	struct loop_timer *gather, *again;
};

static void on_gather(void *ctx);
static void on_again(void *ctx);

struct keep *keep_new(struct fleet *f)
{
	struct keep *k = xcalloc(1, sizeof(*k));

	k->f = f;
	k->gather = loop_timer_new(f->c.loop, on_gather, f);
	k->again = loop_timer_new(f->c.loop, on_again, f);
	return k;
}

void keep_free(struct keep *k)
{
	keep_turn(k->f);
	on_gather(k->f);
	loop_timer_free(k->gather);
	loop_timer_free(k->again);
	free(k->idents);
	free(k->places);
	k->f = NULL;
	if (!k->owed)
		free(k);
}

/* ---- ids ---- */

void keep_ident(struct fleet *f, struct ident *d)
{
	struct keep *k = f->keep;

	if (d->unsaved || !f->c.store)
		return;
	if (k->nidents == k->idents_size) {
		k->idents_size = k->idents_size ? k->idents_size * 2 : 64;
		k->idents = xrealloc(k->idents, k->idents_size * sizeof(struct ident *));
	}
	d->unsaved = d->stored = true;
	k->idents[k->nidents++] = d;
	fleet_soon(f);
}

void keep_ident_in(struct ident *d, struct store_tx *tx)
{
	store_put_vm(tx, &(struct store_vm){ .id = d->id, .uuid = d->uuid, .name = d->vm ? d->vm->name : "",
					     .tenant = d->tenant, .bound = d->bound, .protect = d->protect });
}

static void written(void *ctx, struct err *e)
{
	struct keep *k = ctx;

	k->owed--;
	if (e) {
		log_error("ids of VMs could not be written: %s", e->msg.text);
		err_free(e);
		if (k->f && !loop_timer_pending(k->again))
			loop_timer_set(k->again, AGAIN_MS);
	}
	if (!k->f && !k->owed)
		free(k);
}

static void on_again(void *ctx)
{
	struct fleet *f = ctx;
	struct ident *d;

	for (size_t i = 0; (d = table_next(&f->idents, &i));)
		if (d->vm)
			keep_ident(f, d);
}

void keep_turn(struct fleet *f)
{
	struct keep *k = f->keep;
	struct store_tx *tx;

	if (!k->nidents)
		return;
	tx = store_begin(f->c.store);
	for (size_t i = 0; i < k->nidents; i++) {
		k->idents[i]->unsaved = false;
		keep_ident_in(k->idents[i], tx);
	}
	k->nidents = 0;
	k->owed++;
	store_commit(tx, written, k);
}

/* ---- last seen states ---- */

/* The VM as it is on this host; strings are borrowed. */
static void shape(const struct place *p, struct vm *out)
{
	const struct ident *d = p->of;

	*out = (struct vm){
		.id = d->id, .name = p->name, .uuid = d->uuid, .blade = p->on->name, .tenant = d->tenant,
		.grade = "", .guest = d->vm ? d->vm->guest : "", .job = "", .doing = "", .by = "", .alert = "",
		.pair = "", .snap = "", .snaps = -1, .snaps_max = -1,
		.state = p->state, .persistent = p->persistent, .protect = d->protect,
		.seen = p->on->live ? clock_wall_s() : p->seen, .since = p->since,
		.vcpus = p->vcpus, .mem_kib = (int64_t)p->mem_kib,
	};
}

void keep_place(struct fleet *f, struct place *p)
{
	struct keep *k = f->keep;

	if (!f->c.store || !p->on->live)
		return;
	p->unkept = true;
	if (p->queued)
		return;
	if (k->nplaces == k->places_size) {
		k->places_size = k->places_size ? k->places_size * 2 : 64;
		k->places = xrealloc(k->places, k->places_size * sizeof(struct place *));
	}
	p->queued = true;
	k->places[k->nplaces++] = p;
	if (!loop_timer_pending(k->gather))
		loop_timer_set(k->gather, GATHER_MS);
}

static void on_gather(void *ctx)
{
	struct fleet *f = ctx;
	struct keep *k = f->keep;
	struct vm v;

	for (size_t i = 0; i < k->nplaces; i++) {
		struct place *p = k->places[i];

		if (!p)
			continue;
		p->queued = false;
		if (!p->unkept)
			continue;
		p->unkept = false;
		shape(p, &v);
		store_cache_vm(f->c.store, p->on->name, &v);
	}
	k->nplaces = 0;
}

void keep_forget(struct fleet *f, struct place *p)
{
	struct keep *k = f->keep;

	for (size_t i = 0; p->queued && i < k->nplaces; i++)
		if (k->places[i] == p)
			k->places[i] = NULL;
	if (f->c.store)
		store_cache_forget_vm(f->c.store, p->on->name, p->of->uuid);
}

void keep_host(struct fleet *f, struct sup *s)
{
	struct vm *vms, **at;
	size_t n = 0;

	if (!f->c.store || !s->blade)
		return;
	vms = xcalloc(s->nplaces + 1, sizeof(*vms));
	at = xcalloc(s->nplaces + 1, sizeof(*at));
	for (struct place *p = s->places; p; p = p->on_next) {
		shape(p, &vms[n]);
		at[n] = &vms[n];
		n++;
		p->unkept = false;
	}
	struct blade b = *s->blade; /* borrows its strings */

	if (b.power_live)
		b.power_seen = clock_wall_s();
	store_cache_host(f->c.store, &b, (const struct vm *const *)at, n);
	free(at);
	free(vms);
}

/* ---- at start ---- */

void fleet_load_vm(struct fleet *f, const struct store_vm *v)
{
	struct ident *d;
	char uuid[HOST_UUID_LEN + 1];

	if (!vms_uuid(uuid, v->uuid) || !v->id || !*v->id)
		return;
	if (!(d = vms_ident(f, uuid))) {
		d = xcalloc(1, sizeof(*d));
		d->uuid = intern(uuid);
		d->id = intern(v->id);
		d->tenant = intern("");
		d->guest = intern("");
		table_put(&f->idents, d->uuid, d);
	} else if (!d->vm) {
		intern_set(&d->id, v->id);
	}
	intern_set(&d->tenant, v->bound ? v->tenant : "");
	d->bound = v->bound;
	d->protect = v->protect;
	d->stored = true;
}

void fleet_load_host(struct fleet *f, const struct store_host *h)
{
	struct sup *s = sup_get(f, h->name);

	if (s->blade)
		return;
	if (!s->cached)
		s->cached = object_new(KIND_BLADE);
	object_copy(KIND_BLADE, s->cached, &h->blade);
}

void fleet_load_placement(struct fleet *f, const struct store_placement *p)
{
	struct sup *s = sup_get(f, p->host);
	struct ident *d = vms_ident_get(f, p->uuid);
	struct place *at;

	if (!d || vms_place(f, s, d->uuid))
		return;
	at = vms_place_add(f, s, d, p->vm.name);
	at->state = p->vm.state;
	at->vcpus = p->vm.vcpus;
	at->mem_kib = (uint64_t)p->vm.mem_kib;
	at->persistent = p->vm.persistent;
	at->seen = p->vm.seen;
	at->since = p->vm.since;
	s->known = true;
	intern_set(&d->guest, p->vm.guest);
	if (s->blade)
		vms_settle(f, d, WHY_UNKNOWN);
}

/* Owns identities and placements, and makes the registry's VMs of them. Called by listing.c, supervisor.c, apply.c and
 * fleet.c. */
#include "fleet/vms.h"

#include "common/clock.h"
#include "common/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- identity ---- */

bool vms_uuid(char out[HOST_UUID_LEN + 1], const char *uuid)
{
	int i;

	for (i = 0; i < HOST_UUID_LEN; i++) {
		char c = uuid[i];

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return false;
		} else if (c >= 'A' && c <= 'F') {
			c = (char)(c - 'A' + 'a');
		} else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
			return false;
		}
		out[i] = c;
	}
	out[i] = '\0';
	return !uuid[i];
}

struct ident *vms_ident(struct fleet *f, const char *uuid)
{
	char key[HOST_UUID_LEN + 1];

	return vms_uuid(key, uuid) ? table_find(&f->idents, key) : NULL;
}

/* "vm:" and 16 hex digits that nobody can guess or count. */
static istr mint(struct fleet *f)
{
	char id[3 + 16 + 1];

	do {
		random_hex(id, "vm:", 16);
	} while (registry_find(f->c.registry, KIND_VM, id));
	return intern(id);
}

struct ident *vms_ident_get(struct fleet *f, const char *uuid)
{
	char key[HOST_UUID_LEN + 1];
	struct ident *d;

	if (!vms_uuid(key, uuid))
		return NULL;
	if ((d = table_find(&f->idents, key)))
		return d;
	d = xcalloc(1, sizeof(*d));
	d->uuid = intern(key);
	d->id = mint(f);
	d->tenant = intern("");
	d->guest = intern("");
	table_put(&f->idents, d->uuid, d);
	return d;
}

static struct place *place_of(const struct ident *d, const struct sup *s)
{
	for (struct place *p = d->places; p; p = p->of_next)
		if (p->on == s)
			return p;
	return NULL;
}

struct place *vms_place(const struct fleet *f, const struct sup *s, const char *uuid)
{
	char key[HOST_UUID_LEN + 1];
	const struct ident *d = vms_uuid(key, uuid) ? table_find(&f->idents, key) : NULL;

	return d ? place_of(d, s) : NULL;
}

struct place *vms_place_add(struct fleet *f, struct sup *s, struct ident *d, const char *name)
{
	struct place *p = xcalloc(1, sizeof(*p));

	p->of = d;
	p->on = s;
	p->name = intern(name);
	p->of_next = d->places;
	d->places = p;
	p->on_next = s->places;
	p->on_prev = &s->places;
	if (s->places)
		s->places->on_prev = &p->on_next;
	s->places = p;
	s->nplaces++;
	return p;
}

static void place_unlink(struct place *p)
{
	struct place **at = &p->of->places;

	while (*at != p)
		at = &(*at)->of_next;
	*at = p->of_next;
	*p->on_prev = p->on_next;
	if (p->on_next)
		p->on_next->on_prev = p->on_prev;
	p->on->nplaces--;
}

static void place_free(struct place *p)
{
	intern_free(p->name);
	free(p);
}

void vms_place_drop(struct fleet *f, struct place *p, enum host_why why)
{
	struct ident *d = p->of;

	keep_forget(f, p);
	place_unlink(p);
	place_free(p);
	vms_settle(f, d, why);
}

/* ---- which placement counts ---- */

static int rank(const struct place *p)
{
	return !vm_state_is_active(p->state) ? 1 : p->on->live ? 3 : 2;
}

/* a is the better one to be taken for where the VM is. */
static bool better(const struct place *a, const struct place *b, istr now_on)
{
	if (rank(a) != rank(b))
		return rank(a) > rank(b);
	if (a->on->live != b->on->live)
		return a->on->live;
	if (!a->on->live && a->seen != b->seen)
		return a->seen > b->seen;
	return a->on->name == now_on;
}

static struct place *current(const struct ident *d)
{
	struct place *best = NULL;

	for (struct place *p = d->places; p; p = p->of_next)
		if (p->on->blade && (!best || better(p, best, d->vm ? d->vm->blade : NULL)))
			best = p;
	return best;
}

/* ---- numbers of blades and of the site ---- */

static void count(struct fleet *f, const struct vm *vm, int sign)
{
	struct sup *s = table_get(&f->hosts, vm->blade);
	bool active = vm_state_is_active(vm->state);

	f->site->vms += sign;
	f->site->vms_running += active ? sign : 0;
	fleet_site_changed(f);
	if (!s || !s->blade)
		return;
	s->blade->vms += sign;
	s->blade->running += active ? sign : 0;
	s->blade->used_kib += active ? sign * vm->mem_kib : 0;
	fleet_blade_changed(f, s);
}

/* ---- waiting: migrations that look like two, or none ---- */

static void on_waiting(void *ctx);

static void wait_for(struct fleet *f, struct ident *d)
{
	if (d->waits)
		return;
	if (f->nwaiting == f->waiting_size) {
		f->waiting_size = f->waiting_size ? f->waiting_size * 2 : 16;
		f->waiting = xrealloc(f->waiting, f->waiting_size * sizeof(*f->waiting));
	}
	d->waits = true;
	f->waiting[f->nwaiting++] = d;
	if (!f->waiting_timer)
		f->waiting_timer = loop_timer_new(f->c.loop, on_waiting, f);
	if (!loop_timer_pending(f->waiting_timer))
		loop_timer_set(f->waiting_timer, GRACE_MS);
}

void vms_expect(struct fleet *f, struct ident *d, enum host_why why)
{
	d->limbo = clock_boot_ms() + GRACE_MS;
	d->lost_why = (unsigned char)why;
	wait_for(f, d);
}

/* Active on how many hosts; live: as of now only. coming: one of them is a migration's far end that does not run yet. */
static int actives(const struct ident *d, bool live, bool *coming)
{
	int n = 0;

	for (const struct place *p = d->places; p; p = p->of_next) {
		if (!vm_state_is_active(p->state) || (live && !p->on->live))
			continue;
		n++;
		if (coming && p->incoming && p->state == VM_PAUSED)
			*coming = true;
	}
	return n;
}

static void settle_twice(struct fleet *f, struct ident *d)
{
	if (actives(d, true, NULL) >= 2) {
		if (!d->grace && !d->vm->twice) {
			d->grace = clock_boot_ms() + GRACE_MS;
			wait_for(f, d);
		}
		return;
	}
	d->grace = 0;
	if (d->vm->twice && actives(d, false, NULL) < 2) {
		d->vm->twice = false;
		registry_changed(f->c.registry, KIND_VM, d->vm, false);
		owner_alert(f, d);
	}
}

static void grace_over(struct fleet *f, struct ident *d)
{
	bool coming = false;

	d->grace = 0;
	if (!d->vm || actives(d, true, &coming) < 2)
		return;
	if (coming) { /* a large VM under way for long: it runs on one host only */
		d->grace = clock_boot_ms() + GRACE_MS;
		return;
	}
	d->vm->twice = true;
	registry_changed(f->c.registry, KIND_VM, d->vm, false);
	owner_alert(f, d);
}

static void on_waiting(void *ctx)
{
	struct fleet *f = ctx;
	int64_t now = clock_boot_ms(), next = 0;

	/* those that join while this runs stand at the end and are visited too */
	for (size_t i = 0; i < f->nwaiting;) {
		struct ident *d = f->waiting[i];

		if (d->limbo && now >= d->limbo) {
			d->limbo = 0;
			vms_settle(f, d, d->lost_why);
		}
		if (d->grace && now >= d->grace)
			grace_over(f, d);
		if (!d->limbo && !d->grace) {
			d->waits = false;
			f->waiting[i] = f->waiting[--f->nwaiting];
			continue;
		}
		for (int k = 0; k < 2; k++) {
			int64_t at = k ? d->grace : d->limbo;

			if (at && (!next || at < next))
				next = at;
		}
		i++;
	}
	if (next)
		loop_timer_set(f->waiting_timer, next > now ? next - now : 0);
}

/* ---- the registry's VM ---- */

static void vm_new(struct fleet *f, struct ident *d, struct place *p)
{
	struct vm *vm = object_new(KIND_VM);

	intern_set(&vm->id, d->id);
	intern_set(&vm->uuid, d->uuid);
	intern_set(&vm->name, p->name);
	intern_set(&vm->blade, p->on->name);
	intern_set(&vm->tenant, d->tenant);
	intern_set(&vm->guest, d->guest);
	vm->state = p->state;
	vm->live = p->on->live;
	vm->protect = d->protect;
	vm->persistent = p->persistent;
	vm->seen = p->on->live ? clock_wall_s() : p->seen;
	vm->since = p->since;
	vm->vcpus = p->vcpus;
	vm->mem_kib = (int64_t)p->mem_kib;
	d->vm = vm;
	vm->snaps = vm->snaps_max = -1; /* nobody knows, until the rooms above say */
	owner_grade(f, vm);
	owner_pair(f, vm);
	owner_bind(f, d);
	registry_add(f->c.registry, KIND_VM, vm);
	count(f, vm, 1);
	keep_place(f, p);
	if (p->on->known && p->on->live)
		fleet_tell(f, &(struct fleet_news){ .kind = NEWS_VM_NEW, .vm = vm, .blade = p->on->blade });
	owner_alert(f, d);
	settle_twice(f, d);
}

static void vm_gone(struct fleet *f, struct ident *d, enum host_why why)
{
	struct vm *vm = d->vm;
	struct sup *s = table_get(&f->hosts, vm->blade);

	fleet_tell(f, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm, .blade = s ? s->blade : NULL,
					    .was = vm->state, .why = why });
	count(f, vm, -1);
	d->vm = NULL;
	d->grace = 0;
	registry_remove(f->c.registry, KIND_VM, vm);
}

/* It left one host and did not appear on another yet: shown as it was, but not as live. */
static void hold(struct fleet *f, struct vm *vm)
{
	if (!vm->live)
		return;
	vm->live = false;
	vm->seen = clock_wall_s();
	registry_changed(f->c.registry, KIND_VM, vm, false);
}

void vms_settle(struct fleet *f, struct ident *d, enum host_why why)
{
	struct place *p = current(d);
	bool active = p && vm_state_is_active(p->state);
	struct vm *vm = d->vm;

	if (active)
		d->limbo = 0;
	if (vm && d->limbo && vm_state_is_active(vm->state)) {
		hold(f, vm);
		return;
	}
	if (!p || !vm) {
		if (vm)
			vm_gone(f, d, why);
		else if (p)
			vm_new(f, d, p);
		return;
	}

	enum vm_state was = vm->state;
	bool moved = vm->blade != p->on->name, renamed = vm->name != p->name, turned = was != (enum vm_state)p->state;
	bool shape = vm->vcpus != p->vcpus || vm->mem_kib != (int64_t)p->mem_kib;
	int64_t seen = p->on->live ? (vm->live ? vm->seen : clock_wall_s()) : p->seen;

	if (moved && !turned && vm->since)
		p->since = vm->since; /* it went on running all the time */
	if (!moved && !renamed && !turned && !shape && vm->live == p->on->live && vm->seen == seen &&
	    vm->persistent == p->persistent && vm->since == p->since) {
		settle_twice(f, d);
		return;
	}
	count(f, vm, -1);
	if (moved)
		registry_move_vm(f->c.registry, vm, p->on->name);
	if (renamed)
		registry_rename(f->c.registry, KIND_VM, vm, p->name);
	vm->state = p->state;
	vm->since = p->since;
	vm->live = p->on->live;
	vm->seen = seen;
	vm->persistent = p->persistent;
	vm->vcpus = p->vcpus;
	vm->mem_kib = (int64_t)p->mem_kib;
	if (shape)
		owner_grade(f, vm);
	count(f, vm, 1);
	if (renamed) {
		owner_pair(f, vm);
		owner_bind(f, d);
		keep_ident(f, d);
	}
	registry_changed(f->c.registry, KIND_VM, vm, moved || renamed || turned);
	keep_place(f, p);
	if (turned)
		fleet_tell(f, &(struct fleet_news){ .kind = NEWS_VM_STATE, .vm = vm, .blade = p->on->blade, .was = was, .why = why });
	if (moved)
		fleet_tell(f, &(struct fleet_news){ .kind = NEWS_VM_MOVED, .vm = vm, .blade = p->on->blade, .was = was, .why = why });
	if (renamed)
		owner_alert(f, d);
	settle_twice(f, d);
}

void vms_host_live(struct fleet *f, struct sup *s, int64_t seen)
{
	for (struct place *p = s->places; p; p = p->on_next) {
		if (!s->live)
			p->seen = seen;
		vms_settle(f, p->of, WHY_UNKNOWN);
	}
}

void vms_free(struct fleet *f)
{
	struct ident *d;
	struct place *p;

	for (size_t i = 0; (d = table_next(&f->idents, &i));) {
		while ((p = d->places)) {
			place_unlink(p);
			place_free(p);
		}
		intern_free(d->uuid);
		intern_free(d->id);
		intern_free(d->tenant);
		intern_free(d->guest);
		free(d);
	}
	table_free(&f->idents);
	loop_timer_free(f->waiting_timer);
	free(f->waiting);
}

/* What a host says of itself and its VMs (facts, lists, looks, events), brought to placements and to the blade. Called by
 * supervisor.c with the answers of the current connection only. */
#include "fleet/metal.h"
#include "fleet/stats.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define SOON_MS 2000     /* a VM's description moved */
#define BOOTED_MS 30000  /* it was started: its guest has an address by then */

/* ---- facts ---- */

static void same_drop(struct sup *s)
{
	struct fleet *f = s->f;
	istr uuid = s->blade ? s->blade->host_uuid : NULL;
	struct sup *first = uuid ? table_get(&f->same, uuid) : NULL, **at;

	if (!first)
		return;
	for (at = &first; *at && *at != s; at = &(*at)->same_next)
		;
	if (!*at)
		return;
	*at = s->same_next;
	s->same_next = NULL;
	table_drop(&f->same, uuid);
	if (first) {
		table_put(&f->same, first->blade->host_uuid, first);
		sup_alert(first);
		if (first->same_next)
			sup_alert(first->same_next);
	}
}

static void same_add(struct sup *s)
{
	struct sup *first;

	if (!*s->blade->host_uuid)
		return;
	first = table_get(&s->f->same, s->blade->host_uuid);
	s->same_next = first;
	table_drop(&s->f->same, s->blade->host_uuid);
	table_put(&s->f->same, s->blade->host_uuid, s);
	if (first)
		sup_alert(first);
}

void listing_forget_uuid(struct sup *s)
{
	same_drop(s);
}

/* Another with the same host UUID, or NULL. */
static struct sup *twin(const struct sup *s)
{
	struct sup *t = *s->blade->host_uuid ? table_get(&s->f->same, s->blade->host_uuid) : NULL;
	bool among = false;

	for (struct sup *i = t; i; i = i->same_next)
		among |= i == s;
	if (!among)
		return NULL;
	return t == s ? s->same_next : t;
}

void sup_alert(struct sup *s)
{
	struct blade *b = s->blade;
	struct sup *other = twin(s);
	struct msg m = { 0 };

	if (other)
		msg_make(&m, "fleet.uuid.same", "{s:s, s:s, s:s}", "host", s->name, "other", other->name,
			 "uuid", b->host_uuid);
	else if (*s->uuid_was)
		msg_make(&m, "fleet.uuid.changed", "{s:s, s:s, s:s}", "host", s->name, "was", s->uuid_was,
			 "now", b->host_uuid);
	else if (s->retiring)
		msg_make(&m, "fleet.retiring", "{s:s}", "host", s->name);
	else if (s->bay)
		blade_alert(s->bay, &m);
	if (!strcmp(b->alert, m.text ? m.text : "")) {
		msg_free(&m);
		return;
	}
	intern_set(&b->alert, m.text ? m.text : "");
	intern_set(&b->alert_id, m.id ? m.id : "");
	registry_changed(s->f->c.registry, KIND_BLADE, b, false);
	if (m.text)
		fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_ALERT, .blade = b, .msg = &m });
	msg_free(&m);
}

void listing_facts(struct sup *s, const struct host_facts *facts)
{
	struct blade *b = s->blade;

	s->facts_known = true;
	for (enum verb v = 0; v < VERB_COUNT; v++) {
		s->can[v] = (unsigned char)facts->can[v];
		s->why_not[v] = facts->why_not[v];
	}
	s->no_console = host_no_console(facts);
	if (strcmp(b->host_uuid, facts->uuid) != 0) {
		if (*b->host_uuid && *facts->uuid)
			intern_set(&s->uuid_was, b->host_uuid);
		same_drop(s);
		intern_set(&b->host_uuid, facts->uuid);
	}
	if (!twin(s) && table_get(&s->f->same, b->host_uuid) != s)
		same_add(s);
	intern_set(&b->driver, facts->driver);
	if (facts->whole) {
		intern_set(&b->version, facts->version);
		intern_set(&b->hostname, facts->hostname);
		b->cpus = facts->cpus;
		b->mem_kib = (int64_t)facts->mem_kib;
	}
	if (*facts->model)
		intern_set(&b->model, facts->model);
	if (*facts->serial)
		intern_set(&b->serial, facts->serial);
	intern_set(&s->told_serial, identity_serial(facts->serial));
	intern_set(&s->told_uuid, facts->uuid);
	registry_changed(s->f->c.registry, KIND_BLADE, b, false);
	if (s->bay)
		identity_review(s->bay);
	sup_alert(s);
}

/* ---- VMs ---- */

static void set_name(struct place *p, const char *name)
{
	if (name && *name && strcmp(p->name, name) != 0)
		intern_set(&p->name, name);
}

/* All but the state. */
static void take_shape(struct place *p, const struct host_vm *v)
{
	set_name(p, v->name);
	if (v->sized) {
		p->vcpus = (int16_t)int_within(v->vcpus, sizeof p->vcpus);
		p->mem_kib = v->mem_kib;
	}
	p->persistent = v->persistent;
}

/* A state that was found, not told: since when is not known. */
static void take_state(struct place *p, enum vm_state state)
{
	if (p->state != state) {
		p->state = (unsigned char)state;
		p->since = 0;
	}
	if (state == VM_RUNNING)
		p->incoming = false;
}

static void gone(struct sup *s, struct place *p)
{
	if (vm_state_is_active(p->state))
		vms_expect(s->f, p->of, WHY_UNKNOWN);
	vms_place_drop(s->f, p, WHY_UNKNOWN);
}

void listing_whole(struct sup *s, const struct host_vm *vms, size_t n)
{
	struct fleet *f = s->f;
	struct place *p, *next;

	for (size_t i = 0; i < n; i++) {
		struct ident *d = vms_ident_get(f, vms[i].uuid);

		if (!d) {
			log_warn("%s: a VM without a UUID is left out", s->name);
			continue;
		}
		p = vms_place(f, s, vms[i].uuid);
		if (!p) {
			p = vms_place_add(f, s, d, vms[i].name);
			extras_want(s, p, SOON_MS);
		}
		take_shape(p, &vms[i]);
		if (p->touched != s->serial)
			take_state(p, vms[i].state);
		p->mark = s->serial;
		vms_settle(f, d, WHY_UNKNOWN);
	}
	for (p = s->places; p; p = next) {
		next = p->on_next;
		if (p->mark == s->serial)
			continue;
		if (p->touched == s->serial)
			sup_look(s, p->of->uuid, false); /* it came, or moved, while the list was made */
		else
			gone(s, p);
	}
}

void listing_look(struct sup *s, const struct call *c)
{
	struct place *p = vms_place(s->f, s, c->uuid);
	const struct host_vm *vm = c->nvms ? &c->vms[0] : NULL;
	struct ident *d;

	if (!vm && p && s->look_dirty && vm_state_is_active(p->state)) {
		sup_look(s, c->uuid, c->incoming);
		return;
	}
	if (!vm) {
		if (p)
			gone(s, p);
		return;
	}
	if (!(d = vms_ident_get(s->f, vm->uuid)))
		return;
	bool new = !p;

	if (new) {
		p = vms_place_add(s->f, s, d, vm->name);
		extras_want(s, p, SOON_MS);
	}
	take_shape(p, vm);
	if (new || !s->look_dirty)
		take_state(p, vm->state);
	if (c->incoming && p->state != VM_RUNNING)
		p->incoming = true;
	p->touched = s->serial;
	vms_settle(s->f, d, WHY_UNKNOWN);
}

/* ---- snapshots ---- */

/* Of a VM that is here; one that is elsewhere now may have left a list of its own behind. */
static void tell_snapshots(struct sup *s, const struct call *c, const char *uuid, char *const *names, size_t n)
{
	struct place *p = vms_place(s->f, s, uuid);
	struct vm *vm = p ? p->of->vm : NULL;

	if (vm && vm->blade == s->name)
		fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_VM_SNAPSHOTS, .vm = vm, .blade = s->blade, .was = vm->state,
						       .snaps = names, .nsnaps = n, .asked = atomic_load(&c->work.began) });
}

void listing_snapshots(struct sup *s, const struct call *list)
{
	for (size_t i = 0; i < list->nvms; i++)
		if (list->vms[i].snaps_known)
			tell_snapshots(s, list, list->vms[i].uuid, list->vms[i].snaps, list->vms[i].nsnaps);
}

void listing_vm_snapshots(struct sup *s, const struct call *c)
{
	char **names = xcalloc(c->snaps->n + 1, sizeof(*names));

	for (size_t i = 0; i < c->snaps->n; i++)
		names[i] = c->snaps->list[i].name;
	tell_snapshots(s, c, c->uuid, names, c->snaps->n);
	free(names);
}

/* ---- events ---- */

static void moved_state(struct sup *s, struct place *p, const struct event *e)
{
	struct ident *d = p->of;
	bool was_active = vm_state_is_active(p->state), active = vm_state_is_active(e->state);

	p->touched = s->serial;
	if (p->state != e->state) {
		p->state = (unsigned char)e->state;
		p->since = clock_wall_s();
		if (e->state == VM_RUNNING)
			extras_want(s, p, BOOTED_MS);
	}
	if (active && e->why == WHY_MIGRATED) {
		p->incoming = e->state != VM_RUNNING || !was_active;
		sup_look(s, d->uuid, p->incoming); /* while it comes in it may be paused, whatever the event says */
	}
	if (!active) {
		p->incoming = false;
		if (was_active && e->why == WHY_MIGRATED)
			vms_expect(s->f, d, WHY_MIGRATED);
		if (!p->persistent)
			sup_look(s, d->uuid, false); /* it may have vanished with this */
	}
	vms_settle(s->f, d, e->why);
}

void listing_event(struct sup *s, const struct event *e)
{
	struct place *p = vms_place(s->f, s, e->uuid);
	char uuid[HOST_UUID_LEN + 1];

	const struct call *flying = s->conn[LANE_SHORT] ? s->conn[LANE_SHORT]->flying : NULL;

	if (flying && flying->kind == CALL_LOOK && !strcmp(flying->uuid, e->uuid))
		s->look_dirty = true;
	switch (e->kind) {
	case HOST_EVENT_STATE:
		if (p && e->state != VM_UNKNOWN) {
			moved_state(s, p, e);
			return;
		}
		break;
	case HOST_EVENT_REBOOTED:
		if (p && p->of->vm && p->of->vm->blade == s->name)
			fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_VM_REBOOTED, .vm = p->of->vm, .why = e->why,
							       .was = p->of->vm->state });
		return;
	case HOST_EVENT_DEFINED:
		if (p)
			extras_want(s, p, SOON_MS);
		break;
	case HOST_EVENT_UNDEFINED: /* a transient one may go on running, a renamed one is defined again at once */
	case HOST_EVENT_CLOSED:
		break;
	}
	if (vms_uuid(uuid, e->uuid))
		sup_look(s, uuid, e->kind == HOST_EVENT_STATE && e->why == WHY_MIGRATED);
}

/* Brings the registry and the hosts to what the site file says, as a difference: what did not change is not touched.
 * Called by the broker at start and after each reload. */
#include "fleet/metal.h"
#include "fleet/stats.h"

#include <stdlib.h>
#include <string.h>

struct apply {
	struct fleet *f;
	struct registry *r;
	const struct site_model *m;
	struct table seen;      /* ids of the objects that the model has */
};

/* The object of that id, new (name and id set, not in the registry yet) when there is none. */
static void *object_of(struct apply *a, enum kind k, const char *id, bool *new)
{
	struct object *o = registry_find(a->r, k, id);

	*new = !o;
	if (!o) {
		o = object_new(k);
		intern_set(&o->id, id);
	}
	table_put(&a->seen, o->id, o);
	return o;
}

static void done_with(struct apply *a, enum kind k, void *o, bool new, bool moved)
{
	if (new)
		registry_add(a->r, k, o);
	else if (moved)
		registry_changed(a->r, k, o, true);
}

static void apply_site(struct apply *a)
{
	struct site *s = a->f->site;
	char tz[64];

	site_zone_rule(a->m->zone ? a->m->zone : "", tz, sizeof tz);
	intern_change(&s->tz, tz);
	intern_change(&s->name, a->m->name);
	intern_change(&s->colour, a->m->colour);
	intern_change(&s->zone, a->m->zone);
	if (a->m->note && *a->m->note)
		intern_change(&s->note, a->m->note);
	s->racks = (int64_t)a->m->nracks;
	s->enclosures = (int64_t)a->m->nenclosures;
	s->blades = (int64_t)a->m->nblades;
	registry_changed(a->r, KIND_SITE, s, true);
}

static void apply_racks(struct apply *a)
{
	for (size_t i = 0; i < a->m->nracks; i++) {
		char *id = xasprintf("rack:%s", a->m->racks[i].name);
		bool new, moved;
		struct rack *r = object_of(a, KIND_RACK, id, &new);

		free(id);
		moved = int_change(&r->order, (int64_t)i);
		if (new)
			intern_set(&r->name, a->m->racks[i].name);
		done_with(a, KIND_RACK, r, new, moved);
	}
}

static const char *rack_of(const struct site_model *m, const struct site_enclosure *e)
{
	return e->rack >= 0 && (size_t)e->rack < m->nracks ? m->racks[e->rack].name : "";
}

static void apply_enclosures(struct apply *a)
{
	for (size_t i = 0; i < a->m->nenclosures; i++) {
		const struct site_enclosure *from = &a->m->enclosures[i];
		char *id = xasprintf("enclosure:%s", from->name);
		bool new, moved;
		struct enclosure *e = object_of(a, KIND_ENCLOSURE, id, &new);

		free(id);
		moved = intern_change(&e->rack, rack_of(a->m, from));
		moved |= int_change(&e->order, from->order);
		moved |= int_change(&e->rows, from->rows);
		moved |= int_change(&e->columns, from->columns);
		moved |= int_change(&e->bays, (int64_t)from->nbays);
		moved |= e->by_column != from->by_column;
		e->by_column = from->by_column;
		if (new)
			intern_set(&e->name, from->name);
		done_with(a, KIND_ENCLOSURE, e, new, moved);
	}
}

/* Where it stands; enclosure -1: nowhere. */
static bool set_place(const struct site_model *m, struct blade *b, int enclosure, int bay)
{
	const struct site_enclosure *e = enclosure >= 0 && (size_t)enclosure < m->nenclosures ? &m->enclosures[enclosure] : NULL;
	bool moved = intern_change(&b->enclosure, e ? e->name : "");

	moved |= intern_change(&b->rack, e ? rack_of(m, e) : "");
	moved |= intern_change(&b->bay, e && bay >= 0 && (size_t)bay < e->nbays ? e->bays[bay] : "");
	moved |= int_change(&b->place, e ? bay : -1);
	return moved;
}

static void apply_blade(struct apply *a, const struct site_blade *from)
{
	struct fleet *f = a->f;
	struct sup *s = sup_get(f, from->name);
	char *id = xasprintf("blade:%s", from->name);
	bool new, moved;
	struct blade *b = object_of(a, KIND_BLADE, id, &new);

	free(id);
	if (new) {
		intern_set(&b->name, from->name);
		sup_attach(s, b);
	}
	s->wanted = true;
	moved = set_place(a->m, b, from->enclosure, from->bay);
	moved |= intern_change(&b->cluster, from->cluster);
	moved |= intern_change(&b->owner, from->owner);
	moved |= b->spare != from->spare;
	b->spare = from->spare;
	if (from->serial && *from->serial && !*b->serial)
		moved |= intern_change(&b->serial, from->serial);
	done_with(a, KIND_BLADE, b, new, moved);
	if (s->retiring) {
		s->retiring = s->released = false;
		sup_alert(s);
	}
	s->fresh = new;
}

/* What was loaded is shown, when all blades are there on which a VM may have been. */
static void show_loaded(struct sup *s)
{
	for (struct place *p = s->fresh ? s->places : NULL; p; p = p->on_next)
		vms_settle(s->f, p->of, WHY_UNKNOWN);
	s->fresh = false;
}

/* Bays in which no blade stands are objects too, without a name. */
static void apply_empty_bays(struct apply *a)
{
	const struct site_model *m = a->m;
	bool *taken;

	for (size_t e = 0; e < m->nenclosures; e++) {
		/* blades of an enclosure usually stand together in the model, but need not */
		taken = xcalloc(m->enclosures[e].nbays + 1, sizeof(*taken));
		for (size_t i = 0; i < m->nblades; i++)
			if (m->blades[i].enclosure == (int)e && m->blades[i].bay >= 0 &&
			    (size_t)m->blades[i].bay < m->enclosures[e].nbays)
				taken[m->blades[i].bay] = true;
		for (size_t bay = 0; bay < m->enclosures[e].nbays; bay++) {
			bool new, moved;
			char *id;
			struct blade *b;

			if (taken[bay])
				continue;
			id = xasprintf("blade:%s/%s", m->enclosures[e].name, m->enclosures[e].bays[bay]);
			b = object_of(a, KIND_BLADE, id, &new);
			free(id);
			moved = set_place(m, b, (int)e, (int)bay);
			done_with(a, KIND_BLADE, b, new, moved);
		}
		free(taken);
	}
}

static void remove_unseen(struct apply *a, enum kind k)
{
	for (uint32_t i = 0; i < registry_slots(a->r, k); i++) {
		struct object *o = registry_at(a->r, k, i);

		if (!o || table_get(&a->seen, o->id))
			continue;
		if (k == KIND_BLADE && *((struct blade *)o)->name)
			continue; /* named blades leave with their host */
		if (k == KIND_BLADE)
			bay_drop(a->f, (struct blade *)o);
		registry_remove(a->r, k, o);
	}
}

static void let_go(struct apply *a, bool (*busy)(void *ctx, const char *blade), void *ctx)
{
	struct sup **gone = xcalloc(a->f->hosts.live + 1, sizeof(struct sup *)), *s;
	size_t n = 0;

	for (size_t i = 0; (s = table_next(&a->f->hosts, &i));)
		if (!s->wanted && !s->retiring)
			gone[n++] = s;
	for (size_t i = 0; i < n; i++) {
		s = gone[i];
		if (s->blade && busy && busy(ctx, s->name)) {
			s->retiring = true;
			sup_alert(s);
		} else {
			sup_leave(s);
		}
	}
	free(gone);
}

void fleet_apply(struct fleet *f, const struct site_model *m, bool (*busy)(void *ctx, const char *blade), void *ctx)
{
	struct apply a = { .f = f, .r = f->c.registry, .m = m };
	bool first = !f->model;
	struct sup *s;

	f->model = m;
	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		s->wanted = false;
	apply_site(&a);
	apply_racks(&a);
	apply_enclosures(&a);
	for (size_t i = 0; i < m->nblades; i++)
		apply_blade(&a, &m->blades[i]);
	for (size_t i = 0; i < m->nblades; i++)
		show_loaded(sup_find(f, m->blades[i].name));
	apply_empty_bays(&a);
	let_go(&a, busy, ctx);
	managers_apply(f, m);
	remove_unseen(&a, KIND_BLADE);
	remove_unseen(&a, KIND_ENCLOSURE);
	remove_unseen(&a, KIND_RACK);
	table_free(&a.seen);
	for (size_t i = 0; i < m->nblades; i++)
		sup_address(sup_find(f, m->blades[i].name), m->blades[i].uri, m->blades[i].key_file, m->blades[i].known_hosts);
	if (!first) {
		owner_review(f);
		extras_again(f);
	}
}

void fleet_release(struct fleet *f, const char *blade)
{
	struct sup *s = sup_find(f, blade);

	if (!s || !s->retiring)
		return;
	s->released = f->releases = true;
	fleet_soon(f);
}

/* Who owns a VM, of which grade it is, which one is the other half of its pair, and what is wrong with it: judged when it is
 * first seen, renamed, or the site file changed; ownership binds once and never moves. Called by vms.c and apply.c. */
#include "fleet/vms.h"

#include <string.h>

#define SOME 256 /* VMs looked at in one turn of the loop after a reload */

void owner_bind(struct fleet *f, struct ident *d)
{
	const struct site_model *m = f->model;
	int a, b, t;

	if (!d->stored)
		keep_ident(f, d);
	if (d->bound || !m)
		return;
	t = site_owner(m, d->vm->name, d->uuid, &a, &b);
	if (t >= 0) {
		intern_set(&d->tenant, m->tenants[t].name);
		intern_set(&d->vm->tenant, m->tenants[t].name);
		d->bound = true;
		keep_ident(f, d);
	}
}

static void judge(struct fleet *f, struct ident *d, struct msg *out)
{
	const struct site_model *m = f->model;
	const struct vm *vm = d->vm;
	const char *on[2] = { "", "" };
	int n = 0, a, b, t;

	if (vm->twice) {
		for (const struct place *p = d->places; p && n < 2; p = p->of_next)
			if (vm_state_is_active(p->state))
				on[n++] = p->on->name;
		msg_make(out, "fleet.twice", "{s:s, s:s, s:s}", "vm", vm->name, "a", on[0], "b", on[1]);
		return;
	}
	t = site_owner(m, vm->name, vm->uuid, &a, &b);
	if (t == -2 && d->bound)
		msg_make(out, "fleet.owner.more", "{s:s, s:s, s:s, s:s}", "vm", vm->name, "tenant", vm->tenant,
			 "a", m->tenants[a].name, "b", m->tenants[b].name);
	else if (t == -2)
		msg_make(out, "fleet.owner.two", "{s:s, s:s, s:s}", "vm", vm->name, "a", m->tenants[a].name,
			 "b", m->tenants[b].name);
	else if (t == -1 && d->bound)
		msg_make(out, "fleet.owner.none", "{s:s, s:s}", "vm", vm->name, "tenant", vm->tenant);
	else if (t >= 0 && d->bound && strcmp(m->tenants[t].name, vm->tenant) != 0)
		msg_make(out, "fleet.owner.other", "{s:s, s:s, s:s}", "vm", vm->name, "tenant", vm->tenant,
			 "other", m->tenants[t].name);
}

void owner_alert(struct fleet *f, struct ident *d)
{
	struct vm *vm = d->vm;
	struct msg m = { 0 };

	judge(f, d, &m);
	if (strcmp(vm->alert, m.text ? m.text : "") != 0) {
		intern_set(&vm->alert, m.text ? m.text : "");
		registry_changed(f->c.registry, KIND_VM, vm, false);
		if (m.text)
			fleet_tell(f, &(struct fleet_news){ .kind = NEWS_ALERT, .vm = vm, .msg = &m });
	}
	msg_free(&m);
}

bool owner_grade(struct fleet *f, struct vm *vm)
{
	int g = site_grade_of(f->model, (unsigned)vm->vcpus, (uint64_t)vm->mem_kib);
	const char *name = g >= 0 ? f->model->grades[g].name : "";

	if (!strcmp(vm->grade, name))
		return false;
	intern_set(&vm->grade, name);
	return true;
}

bool owner_pair(struct fleet *f, struct vm *vm)
{
	const char *name = site_pair_of(f->model, vm->name);

	if (!strcmp(vm->pair, name))
		return false;
	intern_set(&vm->pair, name);
	return true;
}

void owner_review(struct fleet *f)
{
	f->review = 0;
	f->reviewing = true;
	fleet_soon(f);
}

void owner_review_some(struct fleet *f)
{
	uint32_t end = registry_slots(f->c.registry, KIND_VM);

	for (int n = 0; f->reviewing && n < SOME; n++, f->review++) {
		if (f->review >= end) {
			f->reviewing = false;
			break;
		}
		struct vm *vm = registry_at(f->c.registry, KIND_VM, f->review);
		struct ident *d = vm ? table_get(&f->idents, vm->uuid) : NULL;

		if (!d)
			continue;
		bool bound = d->bound, moved = owner_grade(f, vm);

		moved |= owner_pair(f, vm);

		if (!bound)
			owner_bind(f, d);
		if (moved || bound != d->bound)
			registry_changed(f->c.registry, KIND_VM, vm, bound != d->bound);
		owner_alert(f, d);
	}
	if (f->reviewing)
		fleet_soon(f);
}

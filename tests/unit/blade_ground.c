/* The ground of the tests of jobs of blades: see blade_ground.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "blade_ground.h"
#include "common/clock.h"

struct blade *blade_of(int n)
{
	char id[32];

	snprintf(id, sizeof id, "blade:b%d", n);
	return registry_find(reg, KIND_BLADE, id);
}

int blade_setup(void **state)
{
	jobs_setup(state);
	for (int n = 1; n <= BLADES; n++) {
		struct blade *b = blade_of(n);
		char text[32];
		if (!b) {
			b = object_new(KIND_BLADE);
			snprintf(text, sizeof text, "blade:b%d", n);
			intern_set(&b->id, text);
			intern_set(&b->name, text + 6);
			registry_add(reg, KIND_BLADE, b);
		}
		intern_set(&b->rack, "A");
		intern_set(&b->enclosure, "A2");
		intern_set(&b->bay, "12");
		intern_set(&b->bay_serial, "CZJ0310B7K");
		intern_set(&b->identity, "agrees");
		b->manager = MANAGER_UP;
		b->power = n == 1 ? POWER_ON : POWER_OFF;
		b->power_live = true;
	}
	for (int n = 1; n <= 10; n++)
		vm_of(n)->state = n == 1 || n == 2 || n == 4 ? VM_RUNNING : VM_OFF;
	return 0;
}

struct plan *blade_plan(enum verb v, int from, int to)
{
	struct plan *p = xcalloc(1, sizeof *p);

	p->kind = KIND_BLADE;
	p->verb = v;
	snprintf(p->id, sizeof p->id, "p-%d", from);
	p->n = (size_t)(to - from + 1);
	p->targets = xcalloc(p->n, sizeof *p->targets);
	for (size_t i = 0; i < p->n; i++) {
		const struct blade *b = blade_of(from + (int)i);
		struct plan_target *t = &p->targets[i];
		t->kind = KIND_BLADE;
		t->can = v < VERB_REBOOT ? OUTCOME_STATE : OUTCOME_UNSEEN;
		t->power = b->power;
		t->power_live = true;
		t->place = xstrdup("rack A, A2, bay 12");
		intern_set(&t->serial, "CZJ0310B7K");
		intern_set(&t->id, b->id);
		intern_set(&t->name, b->name);
		intern_set(&t->uuid, "");
		intern_set(&t->blade, b->name);
		intern_set(&t->tenant, from + (int)i == 1 ? "acme" : "");
		intern_set(&t->grade, "");
	}
	/* Of b1 the VMs that run there; the others have none. */
	p->victims = xcalloc(3, sizeof *p->victims);
	for (int n = 1; from == 1 && v != VERB_POWER_ON && v < VERB_LOCATE && n <= 4; n++)
		if (n != 3)
			p->victims[p->nvictims++] = (struct plan_victim){ intern(vm_of(n)->id), intern(vm_of(n)->name), intern(vm_of(n)->tenant),
				VM_RUNNING, true, false };
	return p;
}

void plan_step(struct plan *p, int vm, int on, unsigned rank)
{
	struct plan_step *s;

	p->steps = xrealloc(p->steps, (p->nsteps + 1) * sizeof *p->steps);
	s = &p->steps[p->nsteps++];
	memset(s, 0, sizeof *s);
	intern_set(&s->id, vm_of(vm)->id);
	intern_set(&s->name, vm_of(vm)->name);
	intern_set(&s->tenant, vm_of(vm)->tenant);
	intern_set(&s->blade, blade_of(on)->name);
	s->verb = VERB_SHUTDOWN;
	s->rank = rank;
	s->shutdown_ms = 600000;
	s->can = OUTCOME_STATE;
	p->vms_first = true;
}

char *blade_commit(struct plan *p)
{
	started[0] = refused[0] = '\0';
	jobs_start(jobs, p, &sato, "because", on_started, NULL);
	ground_flush();
	return started;
}

char *blade_begin(enum verb v, int n)
{
	return blade_commit(blade_plan(v, n, n));
}

char *blade_first(void)
{
	struct plan *p = blade_plan(VERB_SHUTDOWN, 1, 1);

	plan_step(p, 1, 1, 0);
	plan_step(p, 2, 1, 0);
	plan_step(p, 4, 1, 1);
	return blade_commit(p);
}

void told_power(int n, enum power_state p)
{
	struct blade *b = blade_of(n);
	enum power_state was = b->power;

	b->power = p;
	b->power_live = true;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_BLADE, .blade = b, .power_was = was, .asked = clock_boot_ms() });
	ground_flush();
}

void told_for(int n, enum power_state p, int64_t ms)
{
	for (int64_t gone = 0; gone < ms; gone += 2000) {
		pass(2000);
		told_power(n, p);
	}
}

void host_is(int n, enum host_state s)
{
	struct blade *b = blade_of(n);
	enum host_state was = b->host;

	b->host = s;
	if (n == 1)
		ground_steady = s == HOST_UP ? 1000000 : -1;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_HOST, .blade = b, .host_was = was });
	ground_flush();
}

void taken(int act)
{
	ground_sent(act);
	ground_done(act, NULL);
	ground_flush();
}

void broker_dies_with_blades(void)
{
	for (int n = 1; n <= BLADES; n++) {
		blade_of(n)->power_live = false;
		intern_set(&blade_of(n)->job, "");
	}
	for (int n = 1; n <= 10; n++)
		intern_set(&vm_of(n)->job, "");
	ground_blade_steady = -1;
	memset(ground_watches, 0, sizeof ground_watches);
	broker_dies();
}

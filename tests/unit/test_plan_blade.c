/* Previews of blades: what they say, whom they name, what they want typed. */
#include "test_plan_blade_help.h"

#include "safety/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_power_off(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);

	assert_int_equal(p->refused.n, 0);
	assert_int_equal(p->kind, KIND_BLADE);
	assert_non_null(strstr(note(&p->impact, "impact.blade.power-off"), "rack A, A2, bay 12, serial CZJ0310B7K"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.vms"), "3 VMs run there"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.vms"), "acme 1"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.vms"), "globex 1"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.vms"), "no tenant 1"));
	assert_non_null(strstr(note(&p->impact, "tenant.contact"), "noc@acme.example"));
	assert_non_null(note(&p->impact, "tenant.procedure"));
	assert_string_equal(note(&p->impact, "cluster.keeps"), "cluster K1 keeps its quorum: 2 sure, 0 unknown, 2 needed (3 sure now)");
	assert_int_equal(p->nvictims, 3);
	assert_string_equal(p->victims[0].name, "db01a");
	assert_true(p->victims[0].live);
	assert_int_equal(p->confirm, CONFIRM_NAME);
	assert_string_equal(p->confirm_text, "a2-12");
	assert_string_equal(p->command, "tana power-off blade:a2-12 --confirm a2-12");
	assert_true(p->has_gentler);
	assert_int_equal(p->gentler, VERB_SHUTDOWN);
	assert_true(p->gentler_vms_first);
	assert_null(plan_confirmed(p, "a2-12", NULL));
	assert_null(note(&p->warnings, "warn.pair.half")); /* the other half runs on */
	plan_free(p);
}

static void test_empty_one(void **state)
{
	vm_of(1)->state = vm_of(5)->state = vm_of(6)->state = VM_OFF;
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, NULL);
	assert_int_equal(p->confirm, CONFIRM_YES);
	assert_non_null(note(&p->impact, "impact.blade.none"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.shutdown"), "10 min"));
	assert_null(note(&p->impact, "tenant.contact"));
	assert_non_null(note(&p->warnings, "warn.blade.soft"));
	assert_string_equal(p->command, "tana shutdown blade:a2-12 --yes");
	assert_false(p->has_gentler);
	plan_free(p);
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_true(p->has_gentler);
	assert_false(p->gentler_vms_first);
	plan_free(p);
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_int_equal(p->gentler, VERB_REBOOT);
	assert_non_null(note(&p->impact, "impact.blade.unseen"));
	plan_free(p);
	blade_cannot = VERB_REBOOT; /* the dialect has none */
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_false(p->has_gentler);
	plan_free(p);
	/* A state that nobody knows is not "off". */
	vm_of(5)->state = VM_UNKNOWN;
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, NULL);
	assert_int_equal(p->nvictims, 1);
	assert_int_equal(p->confirm, CONFIRM_NAME);
	plan_free(p);
}

/* "No VM is known to run there" says little of a host that nobody ever heard. */
static void test_never_heard(void **state)
{
	for (int i = 1; i <= 6; i++)
		vm_of(i)->state = VM_OFF;
	b12->seen = 0;
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_null(note(&p->warnings, "warn.blade.never"));
	plan_free(p);
	b12->host = HOST_BACKOFF;
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_non_null(note(&p->impact, "impact.blade.none"));
	assert_non_null(strstr(note(&p->warnings, "warn.blade.never"), "was never heard"));
	plan_free(p);
}

static void test_silent_host(void **state)
{
	b12->host = HOST_BACKOFF;
	for (int i = 1; i <= 6; i++) {
		vm_of(i)->live = i == 2 || i == 4;
		vm_of(i)->seen = 1795222333 - 180;
	}
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0); /* that is when one needs it */
	assert_null(note(&p->impact, "impact.blade.vms"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.vms.silent"), "3 VMs may run there and would end with it, last seen 3 min ago"));
	assert_non_null(strstr(note(&p->warnings, "warn.blade.silent"), "3 min ago"));
	assert_false(p->victims[0].live);
	assert_false(p->has_gentler); /* whom nobody hears cannot be asked */
	assert_non_null(note(&p->impact, "cluster.keeps"));
	plan_free(p);
	struct plan_args first = { .vms_first = true };
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	assert_non_null(strstr(note(&p->refused, "blade.vms-first.stuck"), "cannot be asked now"));
	plan_free(p);
	b12->host = HOST_STALE;
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.blade.stale"));
	plan_free(p);
	b12->host = HOST_BACKOFF;
	/* Its manager says off and no host answers: nothing runs. */
	b12->power = POWER_OFF;
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_non_null(note(&p->refused, "blade.off"));
	assert_int_equal(p->nvictims, 0);
	plan_free(p);
}

static void test_pairs(void **state)
{
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, b13, NULL);
	assert_string_equal(note(&p->warnings, "warn.pair.both"), "db01a and db01b, the two halves of a pair, both end");
	assert_int_equal(p->warnings.n, 2); /* each pair is told once */
	assert_string_equal(p->confirm_text, "2 A2");
	assert_non_null(note(&p->warnings, "cluster.loses"));
	plan_free(p);
	vm_of(2)->state = VM_OFF;
	p = blade_plan(VERB_REBOOT, b12, NULL, NULL);
	assert_string_equal(note(&p->warnings, "warn.pair.half"), "db01a ends, and the other half db01b is off");
	plan_free(p);
	vm_of(2)->live = false;
	p = blade_plan(VERB_REBOOT, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.pair.unknown"));
	plan_free(p);
	/* Another tenant's VM of that name is not the half. */
	vm_of(2)->live = true;
	vm_of(2)->state = VM_RUNNING;
	intern_set(&vm_of(2)->tenant, "globex");
	p = blade_plan(VERB_REBOOT, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.pair.unknown"));
	plan_free(p);
}

static void test_quorum(void **state)
{
	b13->host = HOST_BACKOFF;
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, NULL);
	assert_string_equal(note(&p->warnings, "cluster.may-lose"),
		"cluster K1 may lose its quorum: 1 sure, 1 unknown, 2 needed (2 sure now)");
	assert_int_equal(p->nquorums, 1);
	plan_free(p);
	b13->power = POWER_OFF;
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "cluster.loses"));
	plan_free(p);
	b01->power = POWER_OFF; /* its host answers: who is right? */
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "cluster.none"));
	plan_free(p);
	metal_site.clusters[0].quorum = 0; /* a majority: two of three */
	b01->power = b13->power = POWER_ON;
	b13->host = HOST_UP;
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_non_null(note(&p->impact, "cluster.keeps"));
	plan_free(p);
	p = blade_plan(VERB_LOCATE, b12, NULL, NULL);
	assert_int_equal(p->nquorums, 0);
	plan_free(p);
}

static void test_in_use(void **state)
{
	lease_take(reg, "blade:a2-12", "a2-12", "suzuki", "job:7f3a21", "shutdown", 1795222333 - 240);
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_string_equal(note(&p->refused, "lease.held"), "a2-12 is in use by suzuki: shutdown, begun 4 min ago (job:7f3a21)");
	assert_int_equal(p->refused.list[0].class, ERR_LEASE);
	plan_free(p);
	world.job = "job:7f3a21"; /* its own */
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	plan_free(p);
	world.job = NULL;
	lease_drop(reg, "blade:a2-12");
	lease_take(reg, vm_of(3)->id, "web", "acme-ops", "job:7f3a22", "power-on", 1795222333); /* it is off as yet */
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_non_null(strstr(note(&p->refused, "blade.lease.vm"), "web there is in use by acme-ops"));
	assert_false(p->has_gentler);
	plan_free(p);
	p = blade_plan(VERB_LOCATE, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	plan_free(p);
}

static void test_owner(void **state)
{
	struct plan_args agreed = { .consent = true };

	intern_set(&b12->owner, "acme");
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_non_null(strstr(note(&p->refused, "owner.consent"), "noc@acme.example"));
	assert_false(p->reason_needed);
	plan_free(p);
	p = blade_plan(VERB_POWER_OFF, b12, NULL, &agreed);
	assert_int_equal(p->refused.n, 0);
	assert_non_null(note(&p->impact, "impact.blade.consent"));
	assert_true(p->reason_needed);
	assert_string_equal(p->command, "tana power-off blade:a2-12 --consent --reason WHY --confirm a2-12");
	struct err *e = plan_confirmed(p, "a2-12", "  ");
	assert_string_equal(e->msg.id, "confirm.reason");
	err_free(e);
	assert_null(plan_confirmed(p, "a2-12", "ticket 4711"));
	plan_free(p);
	b12->host = HOST_NONE; /* he drives it himself: who knows what runs there */
	vm_of(1)->state = vm_of(5)->state = vm_of(6)->state = VM_OFF;
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &agreed);
	assert_int_equal(p->refused.n, 0);
	assert_non_null(note(&p->impact, "impact.blade.hostless"));
	assert_null(note(&p->impact, "impact.blade.none"));
	assert_int_equal(p->confirm, CONFIRM_NAME);
	plan_free(p);
	p = blade_plan(VERB_POWER_OFF, b13, NULL, &agreed); /* of nobody: nothing to agree to */
	assert_false(p->consent);
	assert_false(p->reason_needed);
	plan_free(p);
}

static void test_protected(void **state)
{
	vm_of(3)->protect = true; /* off: it loses nothing */
	struct plan *p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	plan_free(p);
	vm_of(1)->protect = true;
	p = blade_plan(VERB_RESET, b12, NULL, NULL);
	assert_non_null(strstr(note(&p->refused, "blade.vm.protected"), "db01a"));
	assert_true(p->victims[0].protect);
	plan_free(p);
	p = blade_plan(VERB_RESET, b12, b13, NULL); /* it stands in the way of its own blade */
	assert_int_equal(p->refused.n, 1);
	assert_non_null(p->targets[0].why);
	assert_null(p->targets[1].why);
	plan_free(p);
}

static void test_steps(void **state)
{
	struct plan_args first = { .vms_first = true };
	struct plan *p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);

	assert_int_equal(p->refused.n, 0);
	assert_int_equal(p->nsteps, 3);
	/* The start order from its end: what nobody ranks comes up last, and goes down first, together. */
	assert_string_equal(p->steps[0].name, "it's me");
	assert_int_equal(p->steps[0].rank, 0);
	assert_int_equal(p->steps[1].rank, 0);
	assert_string_equal(p->steps[2].name, "db01a");
	assert_int_equal(p->steps[2].rank, 1);
	assert_int_equal(p->steps[2].shutdown_ms, 600000);
	assert_int_equal(p->steps[2].verb, VERB_SHUTDOWN);
	assert_string_equal(p->steps[2].blade, "a2-12");
	assert_string_equal(p->steps[2].tenant, "acme");
	assert_int_equal(p->confirm, CONFIRM_YES);
	assert_string_equal(p->command, "tana shutdown blade:a2-12 --vms-first --yes");
	assert_non_null(strstr(note(&p->impact, "impact.blade.steps"), "3 VMs are shut down"));
	assert_null(note(&p->impact, "impact.blade.vms"));
	assert_false(p->has_gentler);
	plan_free(p);
	vm_of(5)->state = VM_PAUSED;
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	assert_non_null(strstr(note(&p->refused, "blade.vms-first.stuck"), "paused"));
	plan_free(p);
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL); /* so it is not offered */
	assert_int_equal(p->refused.n, 0);
	assert_false(p->has_gentler);
	plan_free(p);
	vm_of(5)->state = VM_CRASHED;
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	assert_non_null(strstr(note(&p->refused, "blade.vms-first.stuck"), "crashed"));
	plan_free(p);
	vm_of(5)->state = VM_RUNNING;
	p = blade_plan(VERB_REBOOT, b12, NULL, &first);
	assert_non_null(note(&p->refused, "blade.vms-first.verb"));
	assert_int_equal(p->nsteps, 0);
	plan_free(p);
	p = blade_plan(VERB_SHUTDOWN, b12, b13, &first); /* one order over both */
	assert_int_equal(p->nsteps, 4);
	assert_string_equal(p->steps[3].name, "db01b");
	assert_int_equal(p->steps[3].rank, 1);
	plan_free(p);
}

static void test_power_on(void **state)
{
	b12->power = b13->power = b01->power = POWER_OFF;
	struct blade *blades[3] = { b13, b12, b01 };
	struct plan *p = plan_make_blades(&world, &operator, VERB_POWER_ON, blades, 3, NULL);
	assert_int_equal(p->refused.n, 0);
	/* The start order, then as they were asked for. */
	assert_string_equal(p->targets[0].name, "b1-01");
	assert_string_equal(p->targets[1].name, "a2-13");
	assert_string_equal(p->targets[2].name, "a2-12");
	assert_int_equal(p->stagger_ms, 2000);
	assert_string_equal(note(&p->impact, "impact.blade.order"),
		"one after the other in the start order, 2 s apart, about 4 s in all");
	assert_int_equal(p->confirm, CONFIRM_ENTER);
	assert_string_equal(p->command, "tana power-on blade:b1-01 blade:a2-13 blade:a2-12 --yes");
	assert_int_equal(p->nvictims, 0);
	again(p, NULL);
	plan_free(p);
	p = blade_plan(VERB_POWER_ON, b12, NULL, NULL);
	assert_int_equal(p->stagger_ms, 0);
	assert_null(note(&p->impact, "impact.blade.order"));
	plan_free(p);
	b12->power_live = false;
	b12->power_seen = 1795222333 - 7200;
	p = blade_plan(VERB_POWER_ON, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	assert_string_equal(note(&p->warnings, "warn.power.stale"), "a2-12 was last known off 2 h ago: its manager does not tell now");
	plan_free(p);
	b12->power = POWER_UNKNOWN;
	p = blade_plan(VERB_POWER_ON, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.power.unknown"));
	plan_free(p);
}

static void test_identity(void **state)
{
	intern_set(&b12->identity, "differs");
	intern_set(&b12->serial, "CZJ9999999");
	struct plan *p = blade_plan(VERB_PAIR, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	assert_int_equal(p->confirm, CONFIRM_YES);
	assert_non_null(strstr(note(&p->impact, "impact.blade.pair"), "CZJ9999999"));
	assert_non_null(strstr(note(&p->impact, "impact.blade.pair"), "CZJ0310B7K"));
	assert_string_equal(p->command, "tana pair blade:a2-12 --yes");
	plan_free(p);
	p = blade_plan(VERB_LOCATE, b12, NULL, NULL);
	assert_int_equal(p->confirm, CONFIRM_ENTER);
	assert_non_null(note(&p->warnings, "warn.blade.differs"));
	plan_free(p);
	intern_set(&b12->identity, "unknown");
	b12->host = HOST_NONE;
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_int_equal(p->refused.n, 0);
	assert_non_null(note(&p->warnings, "warn.blade.thing"));
	plan_free(p);
	b12->host = HOST_BACKOFF;
	intern_set(&b12->serial, "");
	p = blade_plan(VERB_PAIR, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.blade.pair"));
	plan_free(p);
	intern_set(&b12->alert, "on, but its host does not answer");
	open_now = true;
	b12->power = POWER_OFF;
	p = blade_plan(VERB_POWER_ON, b12, NULL, NULL);
	assert_non_null(note(&p->warnings, "warn.alert"));
	assert_non_null(note(&p->warnings, "warn.unsettled"));
	plan_free(p);
}

static void test_names(void **state)
{
	/* A name that nobody can type: a code, the same each time. */
	struct blade *b = object_new(KIND_BLADE);
	intern_set(&b->id, "blade:\xe6\xa3\x9a");
	intern_set(&b->name, "\xe6\xa3\x9a");
	b->manager = MANAGER_UP;
	b->power = POWER_ON;
	b->power_live = true;
	registry_add(reg, KIND_BLADE, b);
	struct plan *p = blade_plan(VERB_POWER_OFF, b, NULL, NULL), *q = blade_plan(VERB_POWER_OFF, b, NULL, NULL);
	assert_int_equal(strlen(p->confirm_text), 6);
	assert_int_equal(strspn(p->confirm_text, "0123456789abcdef"), 6);
	assert_string_equal(p->confirm_text, q->confirm_text);
	plan_free(p);
	plan_free(q);
	/* A VM of the same name is no matter: a blade's is the only one among blades. */
	add_vm("0000000000000088", "a2-12", "b1-01", "globex", VM_RUNNING);
	p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	assert_string_equal(p->confirm_text, "a2-12");
	plan_free(p);
}

static void test_json(void **state)
{
	struct plan_args first = { .vms_first = true };
	struct plan *p = blade_plan(VERB_POWER_OFF, b12, NULL, NULL);
	json_t *j = plan_to_json(p), *t = json_array_get(json_object_get(j, "targets"), 0);

	assert_string_equal(json_string_value(json_object_get(j, "kind")), "blade");
	assert_string_equal(json_string_value(json_object_get(t, "serial")), "CZJ0310B7K");
	assert_string_equal(json_string_value(json_object_get(t, "power")), "on");
	assert_true(json_is_true(json_object_get(t, "power_live")));
	assert_null(json_object_get(t, "state"));
	assert_int_equal(json_array_size(json_object_get(j, "victims")), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(j, "gentler"), 0), "vms-first")), "yes");
	assert_int_equal(json_array_size(json_object_get(j, "steps")), 0);
	json_decref(j);
	plan_free(p);
	p = blade_plan(VERB_SHUTDOWN, b12, NULL, &first);
	j = plan_to_json(p);
	json_t *s = json_array_get(json_object_get(j, "steps"), 2);
	assert_string_equal(json_string_value(json_object_get(s, "name")), "db01a");
	assert_string_equal(json_string_value(json_object_get(s, "verb")), "shutdown");
	assert_int_equal(json_integer_value(json_object_get(s, "rank")), 1);
	json_decref(j);
	plan_free(p);
	struct vm *vm = vm_of(1);
	p = plan_make(&world, &operator, VERB_POWER_OFF, &vm, 1, NULL);
	j = plan_to_json(p);
	assert_string_equal(json_string_value(json_object_get(j, "kind")), "vm");
	assert_null(json_object_get(j, "victims"));
	json_decref(j);
	plan_free(p);
}

/* He never comes this far; if he did, he would learn nothing. */
static void test_customer(void **state)
{
	intern_set(&b12->owner, "globex");
	struct plan *p = plan_make_blades(&world, &customer, VERB_POWER_OFF, &b12, 1, NULL);
	json_t *j = plan_to_json(p);
	char *text = json_dumps(j, 0);

	assert_string_equal(p->refused.list[0].msg.id, "role.verb");
	assert_int_equal(p->nvictims, 0);
	assert_null(strstr(text, "db01a"));
	assert_null(strstr(text, "globex"));
	assert_null(strstr(text, "CZJ"));
	assert_null(strstr(text, "rack A"));
	free(text);
	json_decref(j);
	plan_free(p);
	struct err *e = plan_may_blades(&world, &customer, VERB_LOCATE, &b12, 1);
	assert_int_equal(e->class, ERR_ROLE);
	err_free(e);
}

static void test_may(void **state)
{
	struct blade *both[2] = { b12, b13 }, *many[POLICY_TARGETS_MAX + 1];

	for (size_t i = 0; i < POLICY_TARGETS_MAX + 1; i++)
		many[i] = b12;
	struct err *e = plan_may_blades(&world, &operator, VERB_LOCATE, many, POLICY_TARGETS_MAX + 1);
	assert_string_equal(e->msg.id, "targets.too-many");
	err_free(e);
	b12->power = POWER_OFF;
	assert_null(plan_may_blades(&world, &operator, VERB_POWER_ON, many, POLICY_TARGETS_MAX + 1));
	b12->power = POWER_ON;
	assert_null(plan_may_blades(&world, &operator, VERB_POWER_OFF, both, 2));
	intern_set(&b13->identity, "differs");
	e = plan_may_blades(&world, &operator, VERB_POWER_OFF, both, 2);
	assert_string_equal(e->msg.id, "blade.identity.differs");
	err_free(e);
	e = plan_may_blades(&world, &operator, VERB_POWER_ON, both, 2);
	assert_string_equal(e->msg.id, "blade.on");
	err_free(e);
	vm_of(1)->protect = true;
	e = plan_may_blades(&world, &operator, VERB_REBOOT, both, 2);
	assert_string_equal(e->msg.id, "blade.vm.protected");
	err_free(e);
	blade_cannot = VERB_LOCATE;
	e = plan_may_blades(&world, &operator, VERB_LOCATE, both, 2);
	assert_int_equal(e->class, ERR_UNSUPPORTED);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		B(test_power_off), B(test_empty_one), B(test_never_heard), B(test_silent_host), B(test_pairs), B(test_quorum), B(test_in_use), B(test_owner),
		B(test_protected), B(test_steps), B(test_power_on), B(test_identity), B(test_names), B(test_json), B(test_customer),
		B(test_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

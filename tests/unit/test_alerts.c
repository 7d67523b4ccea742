/* The alerts: which situations make which lines, and what stands behind what. How a line lives is test_alerts_lines.c. */
#include "alerts_ground.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one blade in each situation ---- */

static const struct situation {
	const char *what;
	enum host_state host;
	const char *why;
	enum power_state power;
	bool live, spare;
	const char *owner, *fitted, *alert_id, *doing;
	enum health health;
	const char *expected;
} situations[] = {
	{ "well", HOST_UP, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "silent", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "silent, power not known", HOST_BACKOFF, "x", POWER_UNKNOWN, false, false, "", "", "", "", HEALTH_UNKNOWN,
		"alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "tried again", HOST_CONNECTING, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "alert blade:a1-1 alert.host.silent 3 new\n" },
	{ "not tried yet", HOST_CONNECTING, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "never tried", HOST_DOWN, "", POWER_UNKNOWN, false, false, "", "", "", "", HEALTH_OK, "" },
	{ "slow", HOST_STALE, "slow", POWER_ON, true, false, "", "yes", "", "", HEALTH_OK, "warning blade:a1-1 alert.host.stale 3 new\n" },
	{ "off", HOST_BACKOFF, "x", POWER_OFF, true, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "was off", HOST_BACKOFF, "x", POWER_OFF, false, false, "", "yes", "", "", HEALTH_OK, "" },
	{ "spare", HOST_BACKOFF, "x", POWER_ON, true, true, "", "yes", "", "", HEALTH_OK, "" },
	{ "its owner's", HOST_BACKOFF, "x", POWER_ON, true, false, "acme", "yes", "", "", HEALTH_OK, "" },
	{ "no blade in it", HOST_BACKOFF, "x", POWER_UNKNOWN, true, false, "", "no", "", "", HEALTH_UNKNOWN, "" },
	{ "being switched", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "reboot", HEALTH_OK, "" },
	{ "silent, its manager says on", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "blade.alert.on", "", HEALTH_OK,
		"alert blade:a1-1 blade.alert.on 3 new\n" },
	{ "off with work", HOST_DOWN, "", POWER_OFF, true, false, "", "yes", "blade.alert.vms", "", HEALTH_OK,
		"alert blade:a1-1 blade.alert.vms 3 new\n" },
	{ "another blade", HOST_UP, "", POWER_ON, true, false, "", "yes", "blade.alert.identity", "", HEALTH_OK,
		"warning blade:a1-1 blade.alert.identity 0 new\n" },
	{ "failed", HOST_UP, "", POWER_ON, true, false, "", "yes", "blade.alert.health", "", HEALTH_FAILED,
		"alert blade:a1-1 blade.alert.health 0 new\n" },
	{ "warns", HOST_UP, "", POWER_ON, true, false, "", "yes", "", "", HEALTH_WARNING, "warning blade:a1-1 alert.health.warning 0 new\n" },
	{ "failed and silent", HOST_BACKOFF, "x", POWER_ON, true, false, "", "yes", "", "", HEALTH_FAILED,
		"alert blade:a1-1 alert.host.silent 3 new\nalert blade:a1-1 blade.alert.health 0 new\n" },
	/* its enclosure's line says so */
	{ "its manager is silent", HOST_UP, "", POWER_ON, false, false, "", "yes", "manager.alert.silent", "", HEALTH_OK, "" },
};

static void test_situations(void **state)
{
	for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
		const struct situation *s = &situations[i];
		struct blade *b;

		if (i) {
			alerts_teardown(state);
			alerts_setup(state);
		}
		b = blade_of("a1-1");
		b->host = s->host;
		intern_set(&b->why, s->why);
		b->power = s->power;
		b->power_live = s->live;
		b->spare = s->spare;
		intern_set(&b->owner, s->owner);
		intern_set(&b->fitted, s->fitted);
		intern_set(&b->alert, *s->alert_id ? "what contradicts" : "");
		intern_set(&b->alert_id, s->alert_id);
		intern_set(&b->doing, s->doing);
		b->health = s->health;
		registry_changed(objects, KIND_BLADE, b, false);
		pass(15); /* its manager had time to say that it is off */
		char *is = listed();
		if (strcmp(is, s->expected) != 0)
			fail_msg("%s: expected\n%sbut there is\n%s", s->what, s->expected, is);
		free(is);
	}
}

static void test_others(void **state)
{
	struct enclosure *e = enclosure_of("a1");
	struct vm *vm = add_vm("db01", "a1-1");
	struct cluster *c = object_new(KIND_CLUSTER);
	struct volume *v = object_new(KIND_VOLUME);
	struct job *j = object_new(KIND_JOB);

	intern_set(&c->id, "cluster:K1");
	intern_set(&c->name, "K1");
	intern_set(&c->quorum, "kept");
	registry_add(objects, KIND_CLUSTER, c);
	intern_set(&v->id, "volume:v1");
	intern_set(&v->name, "v1");
	v->size_kib = 1000;
	v->vms_max = 2;
	registry_add(objects, KIND_VOLUME, v);
	intern_set(&j->id, "job:000001");
	intern_set(&j->verb, "shutdown");
	intern_set(&j->targets, "db01");
	j->state = JOB_RUNNING;
	registry_add(objects, KIND_JOB, j);
	turn();
	LISTED("");
	e->health = HEALTH_WARNING;
	intern_set(&e->wrong, "Fan-3 warning");
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	vm->state = VM_CRASHED;
	registry_changed(objects, KIND_VM, vm, false);
	intern_set(&c->quorum, "lost");
	registry_changed(objects, KIND_CLUSTER, c, false);
	v->vms = 3;
	registry_changed(objects, KIND_VOLUME, v, false);
	j->state = JOB_UNKNOWN;
	registry_changed(objects, KIND_JOB, j, false);
	turn();
	LISTED("alert cluster:K1 alert.quorum.lost 0 new\nalert vm:db01 alert.vm.crashed 0 new\nwarning enclosure:a1 enclosure.alert.wrong 0 new\n"
	       "warning job:000001 alert.job.unknown 0 new\nwarning volume:v1 alert.volume.vms 3 new\n");
	/* What is gone leaves no line, not even a cleared one. */
	registry_remove(objects, KIND_CLUSTER, c);
	registry_remove(objects, KIND_VM, vm);
	j->state = JOB_DONE;
	registry_changed(objects, KIND_JOB, j, false);
	turn();
	LISTED("warning enclosure:a1 enclosure.alert.wrong 0 new\nwarning job:000001 alert.job.unknown 0 cleared\nwarning volume:v1 alert.volume.vms 3 new\n");
}

/* A VM that is paused for a moment, a manager that is busy for one: nobody's business. */
static void test_delays(void **state)
{
	struct vm *vm = add_vm("db01", "a1-1");
	struct enclosure *e = enclosure_of("a1");

	vm->state = VM_PAUSED;
	registry_changed(objects, KIND_VM, vm, false);
	e->manager = MANAGER_BUSY;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	pass(30);
	LISTED("");
	pass(40);
	LISTED("warning vm:db01 alert.vm.paused 0 new\n");
	vm->state = VM_RUNNING;
	registry_changed(objects, KIND_VM, vm, false);
	e->manager = MANAGER_UP;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	pass(60);
	LISTED("warning vm:db01 alert.vm.paused 0 cleared\n");
}

/* ---- one cause, one line ---- */

static void test_behind_manager(void **state)
{
	struct enclosure *e = enclosure_of("a1");

	silence("a1-1");
	turn();
	LISTED("alert blade:a1-1 alert.host.silent 3 new\n");
	e->manager = MANAGER_SILENT;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 1 new\n");
	silence("a1-2");
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 2 new\n");
	/* All of them: still that one. */
	silence_all("a1", true);
	LISTED("alert enclosure:a1 manager.alert.silent 4 new\n");
	/* It is tried again meanwhile. */
	e->manager = MANAGER_CONNECTING;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 manager.alert.silent 4 new\n");
	e->manager = MANAGER_UP;
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 alert.hosts.enclosure 4 new\nalert enclosure:a1 manager.alert.silent 0 cleared\n");
	silence_all("a1", false);
	LISTED("alert enclosure:a1 alert.hosts.enclosure 0 cleared\nalert enclosure:a1 manager.alert.silent 0 cleared\n");
}

/* VMs of "acme globex hooli", one each, on this blade. */
static void fill(const char *on, const char *tenants)
{
	char list[64], name[64];

	snprintf(list, sizeof list, "%s", tenants);
	for (char *rest, *t = strtok_r(list, " ", &rest); t; t = strtok_r(NULL, " ", &rest)) {
		static int n;

		snprintf(name, sizeof name, "%s-%d", t, n++);
		intern_set(&add_vm(name, on)->tenant, t);
	}
}

static void customers(const char *object, int expected)
{
	for (uint32_t s = 0; s < registry_slots(objects, KIND_ALERT); s++) {
		const struct alert *a = registry_at(objects, KIND_ALERT, s);

		if (a && strcmp(a->object, object) == 0 && *a->state == 'n') {
			if (a->tenants != expected)
				fail_msg("%s: %d customers, and not %d", object, (int)a->tenants, expected);
			return;
		}
	}
	fail_msg("no alert of %s", object);
}

/* Each customer counts once, wherever its VMs stood, and goes with the last of them. */
static void test_customers(void **state)
{
	struct vm *off = add_vm("off", "a1-1");

	off->state = VM_OFF;
	intern_set(&off->tenant, "sleepers");
	fill("a1-1", "acme acme globex");
	fill("a1-2", "globex hooli");
	fill("a2-1", "hooli");
	fill("b1-1", "initech");
	add_vm("nobodys", "a1-1");
	silence("a1-1");
	silence("a1-2");
	turn();
	customers("blade:a1-1", 2);
	customers("blade:a1-2", 2);
	silence_all("a1", true);
	customers("enclosure:a1", 3);
	silence_all("a2", true);
	customers("rack:A", 3);
	silence_all("b1", true);
	silence_all("b2", true);
	customers("site", 4);
	/* One that moves away on its own takes its customer with it where that was the last one. */
	struct vm *vm = add_vm("late", "a1-3");
	intern_set(&vm->tenant, "umbrella");
	registry_changed(objects, KIND_BLADE, blade_of("a1-3"), false);
	turn();
	customers("site", 5);
	registry_remove(objects, KIND_VM, vm);
	registry_changed(objects, KIND_BLADE, blade_of("a1-3"), false);
	turn();
	customers("site", 4);
	silence_all("b1", false);
	silence_all("b2", false);
	customers("rack:A", 3);
	heard("a1-1");
	turn();
	customers("rack:A", 2);
	/* A blade that is taken out goes with what it had. */
	registry_remove(objects, KIND_BLADE, blade_of("a1-2"));
	turn();
	customers("rack:A", 1);
	silence_all("a2", false);
	silence("a2-1");
	turn();
	customers("blade:a2-1", 1);
}

static void test_no_power(void **state)
{
	struct enclosure *e = enclosure_of("a1");

	silence("a1-1");
	silence("a1-2");
	e->health = HEALTH_FAILED;
	intern_set(&e->power, "0 of 6 OK, 0 W");
	intern_set(&e->wrong, "PS-1 failed");
	registry_changed(objects, KIND_ENCLOSURE, e, false);
	turn();
	LISTED("alert enclosure:a1 enclosure.alert.wrong 2 new\n");
}

static void test_rack(void **state)
{
	silence_all("a1", true);
	LISTED("alert enclosure:a1 alert.hosts.enclosure 4 new\n");
	silence_all("a2", true);
	LISTED("alert rack:A alert.hosts.rack 8 new\n");
	/* They come up one by one: no storm. Half of them are back: what is left is told by itself. */
	heard("a1-1");
	heard("a1-2");
	heard("a1-3");
	turn();
	LISTED("alert rack:A alert.hosts.rack 5 new\n");
	silence_all("b1", true);
	silence_all("b2", true);
	LISTED("alert rack:A alert.hosts.rack 5 new\nalert rack:B alert.hosts.rack 8 new\n");
	silence_all("a1", true);
	LISTED("alert site alert.hosts.site 16 new\n");
	silence_all("a1", false);
	silence_all("a2", false);
	LISTED("alert rack:B alert.hosts.rack 8 new\nalert site alert.hosts.site 0 cleared\n");
}

static void test_crowd(void **state)
{
	char name[32];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "vm%d", i);
		struct vm *vm = add_vm(name, "a1-1");
		char *text = xasprintf("%s matches rules of acme and of globex: nobody owns it", name);
		intern_set(&vm->alert, text);
		free(text);
		registry_changed(objects, KIND_VM, vm, false);
		turn();
		if (i == 1)
			LISTED("warning vm:vm0  0 new\nwarning vm:vm1  0 new\n");
	}
	LISTED("warning blade:a1-1 alert.vms 4 new\n");
	/* Another cause at one of them is its own. */
	struct vm *vm = object_of(KIND_VM, "vm:vm3");
	vm->state = VM_CRASHED;
	registry_changed(objects, KIND_VM, vm, false);
	turn();
	LISTED("alert vm:vm3 alert.vm.crashed 0 new\nwarning blade:a1-1 alert.vms 4 new\n");
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof name, "vm:vm%d", i);
		vm = object_of(KIND_VM, name);
		intern_set(&vm->alert, "");
		registry_changed(objects, KIND_VM, vm, false);
	}
	turn();
	LISTED("alert vm:vm3 alert.vm.crashed 0 new\nwarning blade:a1-1 alert.vms 0 cleared\nwarning vm:vm3  0 new\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_situations, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_others, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_delays, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_behind_manager, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_customers, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_no_power, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_rack, alerts_setup, alerts_teardown),
		cmocka_unit_test_setup_teardown(test_crowd, alerts_setup, alerts_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

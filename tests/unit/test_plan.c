/* Targets and previews on a small world without hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "safety/lease.h"
#include "safety/plan.h"

static const struct actor operator = { ROLE_OPERATOR, "sato", 1000, "", "" };
static const struct actor customer = { ROLE_CUSTOMER, "acme-ops", 1002, "", "acme" };

static struct registry *reg;
static struct site_tenant tenants[2];
static struct site_model site;
static enum host_outcome can_now;
static bool open_now;
static struct plan_world world;
static struct gate gate;

static bool sees(void *ctx, const struct actor *a, enum kind k, const void *o)
{
	return a->role == ROLE_OPERATOR || (k == KIND_VM && actor_owns(a, o));
}

static enum host_outcome can(void *ctx, const struct vm *vm, enum verb v, const char **why, const char **driver)
{
	*why = NULL;
	*driver = "test";
	return can_now;
}

static bool unsettled(void *ctx, const char *id, struct msg *what)
{
	if (open_now)
		msg_make(what, "warn.unsettled", "{s:s, s:s, s:s}", "verb", "power-off", "job", "job:111111", "age", "3 min");
	return open_now;
}

static struct blade *add_blade(const char *name, const char *enclosure, const char *rack, const char *bay)
{
	struct blade *b = object_new(KIND_BLADE);
	char id[64];

	snprintf(id, sizeof id, "blade:%s", name);
	intern_set(&b->id, id);
	intern_set(&b->name, name);
	intern_set(&b->enclosure, enclosure);
	intern_set(&b->rack, rack);
	intern_set(&b->bay, bay);
	b->host = HOST_UP;
	registry_add(reg, KIND_BLADE, b);
	return b;
}

static struct vm *add_vm(const char *id, const char *name, const char *blade, const char *tenant, enum vm_state s)
{
	struct vm *vm = object_new(KIND_VM);
	char text[64];

	snprintf(text, sizeof text, "vm:%s", id);
	intern_set(&vm->id, text);
	intern_set(&vm->name, name);
	snprintf(text, sizeof text, "00000000-0000-4000-8000-%.12s", id + 4);
	intern_set(&vm->uuid, text);
	intern_set(&vm->blade, blade);
	intern_set(&vm->tenant, tenant);
	intern_set(&vm->grade, "V20");
	vm->state = s;
	vm->live = vm->persistent = true;
	vm->vcpus = 4;
	vm->mem_kib = 2 << 20;
	registry_add(reg, KIND_VM, vm);
	return vm;
}

static int setup(void **state)
{
	clock_fake(1000000, 1795222333);
	reg = registry_new();
	gate = (struct gate){ NULL, sees };
	can_now = OUTCOME_STATE;
	open_now = false;
	tenants[0] = (struct site_tenant){ .name = (char *)"acme", .title = (char *)"", .contact = (char *)"noc@acme.example",
		.procedure = (char *)"call first", .zone = (char *)"" };
	tenants[1] = (struct site_tenant){ .name = (char *)"globex", .title = (char *)"", .contact = (char *)"", .procedure = (char *)"",
		.zone = (char *)"" };
	site = (struct site_model){ .name = (char *)"tokyo-1", .shutdown_s = 600, .tenants = tenants, .ntenants = 2 };
	world = (struct plan_world){ .objects = reg, .gate = &gate, .site = &site, .can = can, .unsettled = unsettled,
		.command = "tana" };
	add_blade("a2-12", "A2", "A", "12");
	add_blade("a2-13", "A2", "A", "13");
	add_blade("b1-01", "B1", "B", "1");
	struct site *s = object_new(KIND_SITE);
	intern_set(&s->id, "site");
	intern_set(&s->name, "tokyo-1");
	registry_add(reg, KIND_SITE, s);
	add_vm("0000000000000001", "db01a", "a2-12", "acme", VM_RUNNING);
	add_vm("0000000000000002", "db01b", "a2-13", "acme", VM_RUNNING);
	add_vm("0000000000000003", "web", "a2-12", "acme", VM_OFF);
	add_vm("0000000000000004", "web", "b1-01", "globex", VM_RUNNING);
	add_vm("0000000000000005", "\xe9\xa1\xa7\xe5\xae\xa2", "a2-12", "globex", VM_RUNNING);
	add_vm("0000000000000006", "it's me", "a2-12", "", VM_RUNNING);
	return 0;
}

static int teardown(void **state)
{
	registry_free(reg);
	clock_real();
	return 0;
}

static struct vm *vm_of(int n)
{
	char id[32];

	snprintf(id, sizeof id, "vm:%016x", (unsigned)n);
	return registry_find(reg, KIND_VM, id);
}

/* ---- targets ---- */

static void finds(const struct actor *a, const char *word, int n)
{
	struct vm *out[POLICY_TARGETS_MAX];
	size_t count = 0;
	struct err *e = targets_words(reg, &gate, a, &word, 1, out, &count);

	if (e)
		fail_msg("%s: %s", word, e->msg.text);
	assert_int_equal(count, 1);
	assert_ptr_equal(out[0], vm_of(n));
}

static char *refuses(const struct actor *a, const char *word, enum err_class class, const char *id)
{
	static char text[1024];
	struct vm *out[POLICY_TARGETS_MAX];
	size_t count = 0;
	struct err *e = targets_words(reg, &gate, a, &word, 1, out, &count);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_words(void **state)
{
	finds(&operator, "vm:0000000000000004", 4);
	finds(&operator, "vm:db01a", 1);
	finds(&operator, "db01a", 1);
	finds(&operator, "00000000-0000-4000-8000-000000000006", 6);
	refuses(&customer, "00000000-0000-4000-8000-000000000006", ERR_NOTFOUND, "target.none");
	finds(&operator, "a2-12/web", 3);
	finds(&operator, "vm:b1-01/web", 4);
	assert_non_null(strstr(refuses(&operator, "web", ERR_USAGE, "target.ambiguous"), "a2-12/web"));
	assert_non_null(strstr(refuses(&operator, "vm:web", ERR_USAGE, "target.ambiguous"), "b1-01/web"));
	refuses(&operator, "db01c", ERR_NOTFOUND, "target.none");
	refuses(&operator, "", ERR_NOTFOUND, "target.none");
	refuses(&operator, "vm:", ERR_NOTFOUND, "target.none");
	refuses(&operator, "*", ERR_NOTFOUND, "target.none");
	refuses(&operator, "db0", ERR_NOTFOUND, "target.none");
	refuses(&operator, "DB01A", ERR_NOTFOUND, "target.none");
	refuses(&operator, "blade:a2-12", ERR_USAGE, "target.kind");
	refuses(&operator, "a2-13/web", ERR_NOTFOUND, "target.none");
	refuses(&operator, "vm:00000000000000aa", ERR_NOTFOUND, "target.none");
}

static void test_customer_words(void **state)
{
	finds(&customer, "vm:0000000000000001", 1);
	finds(&customer, "web", 3); /* the other is not his: nothing is ambiguous for him */
	/* What he must not know answers as what does not exist, word for word. */
	char *known = strdup(refuses(&customer, "vm:0000000000000004", ERR_NOTFOUND, "target.none"));
	char *absent = strdup(refuses(&customer, "vm:00000000000000aa", ERR_NOTFOUND, "target.none"));
	assert_int_equal(strlen(known), strlen(absent));
	assert_memory_equal(known, absent, strlen("no such object: "));
	free(known);
	free(absent);
	/* Nor can he find out where a server of his stands. */
	refuses(&customer, "a2-12/web", ERR_NOTFOUND, "target.none");
	refuses(&customer, "\xe9\xa1\xa7\xe5\xae\xa2", ERR_NOTFOUND, "target.none");
}

static struct err *filtered(const struct actor *a, const char *text, size_t *n)
{
	struct vm *out[POLICY_TARGETS_MAX];

	return targets_filter(reg, &gate, a, text, out, n);
}

static void expect_filter(const struct actor *a, const char *text, size_t n, const char *id)
{
	size_t count = 0;
	struct err *e = filtered(a, text, &count);

	if (id) {
		assert_non_null(e);
		assert_string_equal(e->msg.id, id);
		err_free(e);
		return;
	}
	if (e)
		fail_msg("%s: %s", text, e->msg.text);
	assert_int_equal(count, n);
}

static void test_filters(void **state)
{
	expect_filter(&operator, "state:running tenant:acme", 2, NULL);
	expect_filter(&operator, "blade:a2-*", 5, NULL);
	expect_filter(&operator, "", 0, "targets.none");
	expect_filter(&operator, "   ", 0, "targets.none");
	expect_filter(&operator, "nothing-like-this", 0, "targets.unmatched");
	/* A customer's filter sees what he sees. */
	expect_filter(&customer, "state:running", 2, NULL);
	expect_filter(&customer, "blade:a2-12", 0, "targets.unmatched");
	expect_filter(&customer, "blade:a2-1?", 0, "targets.unmatched");
	for (int i = 0; i < 20; i++) {
		char id[17];
		snprintf(id, sizeof id, "00000000000001%02x", (unsigned)i);
		add_vm(id, "many", "b1-01", "globex", VM_OFF);
	}
	expect_filter(&operator, "many", 0, "targets.too-many");
}

static void test_many_words(void **state)
{
	const char *words[70] = { NULL };
	struct vm *out[POLICY_TARGETS_MAX];
	size_t n = 0;

	struct err *e = targets_words(reg, &gate, &operator, words, 0, out, &n);
	assert_string_equal(e->msg.id, "targets.none");
	err_free(e);
	for (int i = 0; i < 60; i++)
		words[i] = i % 2 ? "db01a" : "vm:0000000000000001"; /* one and the same: counted once */
	e = targets_words(reg, &gate, &operator, words, 60, out, &n);
	assert_null(e);
	assert_int_equal(n, 1);
	for (int i = 0; i < 12; i++) {
		static char ids[12][32];
		char id[17];
		snprintf(id, sizeof id, "00000000000002%02x", (unsigned)i);
		add_vm(id, id, "b1-01", "globex", VM_OFF);
		snprintf(ids[i], sizeof ids[i], "vm:%s", id);
		words[i] = ids[i];
	}
	e = targets_words(reg, &gate, &operator, words, 12, out, &n);
	assert_string_equal(e->msg.id, "targets.too-many");
	assert_int_equal(e->class, ERR_LIMIT);
	err_free(e);
	e = targets_words(reg, &gate, &operator, words, 10, out, &n);
	assert_null(e);
	assert_int_equal(n, 10);
}

/* ---- previews ---- */

static struct plan *make(const struct actor *a, enum verb v, int n1, int n2, int n3)
{
	int numbers[3] = { n1, n2, n3 };
	struct vm *vms[3];
	size_t n = 0;

	for (int i = 0; i < 3; i++)
		if (numbers[i])
			vms[n++] = vm_of(numbers[i]);
	return plan_make(&world, a, v, vms, n, NULL);
}

static bool says(const struct plan_notes *n, const char *id)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->list[i].msg.id, id) == 0)
			return true;
	return false;
}

static void test_power_off(void **state)
{
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);

	assert_int_equal(p->refused.n, 0);
	assert_true(says(&p->impact, "impact.power-off"));
	assert_true(says(&p->impact, "tenant.procedure"));
	assert_true(says(&p->impact, "tenant.contact"));
	assert_true(p->has_gentler);
	assert_int_equal(p->gentler, VERB_SHUTDOWN);
	assert_int_equal(p->confirm, CONFIRM_NAME);
	assert_string_equal(p->confirm_text, "db01a");
	assert_string_equal(p->command, "tana power-off vm:db01a --confirm db01a");
	assert_string_equal(p->targets[0].place, "rack A, A2, bay 12");
	struct err *e = plan_confirmed(p, NULL, NULL);
	assert_string_equal(e->msg.id, "confirm.missing");
	err_free(e);
	e = plan_confirmed(p, "yes", NULL);
	assert_string_equal(e->msg.id, "confirm.wrong");
	err_free(e);
	e = plan_confirmed(p, "db01A", NULL);
	assert_non_null(e);
	err_free(e);
	assert_null(plan_confirmed(p, "db01a", NULL));
	plan_free(p);
}

static void test_codes(void **state)
{
	/* Not ASCII, or not the only one: a code that can be typed instead. */
	struct plan *p = make(&operator, VERB_POWER_OFF, 5, 0, 0);
	assert_string_equal(p->confirm_text, "000000");
	assert_non_null(strstr(p->command, "'vm:\xe9\xa1\xa7\xe5\xae\xa2'"));
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 4, 0, 0);
	assert_string_equal(p->confirm_text, "000000");
	assert_string_equal(p->command, "tana power-off b1-01/web --confirm 000000");
	plan_free(p);
	p = make(&operator, VERB_SHUTDOWN, 6, 0, 0);
	assert_string_equal(p->command, "tana shutdown 'vm:it'\\''s me' --yes");
	assert_null(p->confirm_text);
	plan_free(p);
}

static void test_counts(void **state)
{
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 5, 6);
	assert_string_equal(p->confirm_text, "3 a2-12");
	assert_non_null(strstr(p->impact.list[0].msg.text, "acme 1"));
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 1, 2, 0);
	assert_string_equal(p->confirm_text, "2 A2");
	assert_string_equal(p->command, "tana power-off vm:db01a vm:db01b --confirm '2 A2'");
	plan_free(p);
	p = make(&operator, VERB_POWER_OFF, 1, 4, 0);
	assert_string_equal(p->confirm_text, "2 tokyo-1");
	plan_free(p);
	p = make(&customer, VERB_POWER_OFF, 1, 2, 0);
	assert_string_equal(p->confirm_text, "2 acme");
	plan_free(p);
}

static void test_customer_preview(void **state)
{
	struct plan *p = make(&customer, VERB_POWER_OFF, 1, 0, 0);
	json_t *j = plan_to_json(p);
	char *text = json_dumps(j, 0);

	/* Nothing of where it stands, nothing of the provider's procedures. */
	assert_null(strstr(text, "a2-12"));
	assert_null(strstr(text, "\"A2\""));
	assert_null(strstr(text, "call first"));
	free(text);
	json_decref(j);
	plan_free(p);
}

static void test_warnings(void **state)
{
	struct vm *vm = vm_of(1);
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:a2-12");

	struct plan *p = make(&operator, VERB_SHUTDOWN, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.acpi"));
	assert_non_null(strstr(p->impact.list[0].msg.text, "10 min"));
	plan_free(p);
	b->host = HOST_STALE;
	vm->live = false;
	vm->seen = 1795222333 - 240;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.stale"));
	assert_non_null(strstr(p->warnings.list[0].msg.text, "4 min"));
	plan_free(p);
	b->host = HOST_BACKOFF;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->refused, "host.silent"));
	assert_int_equal(p->refused.list[0].class, ERR_UNREACHABLE);
	plan_free(p);
	b->host = HOST_UP;
	vm->live = true;
	open_now = true;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->warnings, "warn.unsettled"));
	plan_free(p);
	open_now = false;
	can_now = OUTCOME_UNSEEN;
	p = make(&operator, VERB_RESET, 1, 0, 0);
	assert_true(says(&p->impact, "impact.unseen"));
	plan_free(p);
}

static void test_takeover(void **state)
{
	struct job *j = object_new(KIND_JOB);

	intern_set(&j->id, "job:7f3a21");
	intern_set(&j->by, "suzuki");
	intern_set(&j->verb, "shutdown");
	j->state = JOB_RUNNING;
	registry_add(reg, KIND_JOB, j);
	lease_take(reg, vm_of(1)->id, "db01a", "suzuki", "job:7f3a21", "shutdown", 1795222000);
	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_true(says(&p->refused, "lease.held"));
	plan_free(p);
	j->state = JOB_OVERDUE;
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_int_equal(p->refused.n, 0);
	assert_true(says(&p->impact, "impact.takeover"));
	assert_true(p->targets[0].takeover);
	plan_free(p);
	/* The blade's own lease covers its VMs. */
	lease_drop(reg, vm_of(1)->id);
	lease_take(reg, "blade:a2-12", "a2-12", "suzuki", "job:7f3a21", "shutdown", 1795222000);
	p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	assert_int_equal(p->refused.n, 1);
	plan_free(p);
	assert_true(lease_blade_busy(reg, "a2-12"));
	assert_false(lease_blade_busy(reg, "a2-13"));
}

/* ---- no worse at commit ---- */

static char *checked(const struct actor *a, const struct plan *shown, enum err_class class, const char *id)
{
	static char text[1024];
	struct plan *now = NULL;
	struct err *e = plan_check(&world, a, shown, &now);

	text[0] = '\0';
	if (!id) {
		if (e)
			fail_msg("%s", e->msg.text);
		assert_non_null(now);
		plan_free(now);
		return text;
	}
	assert_non_null(e);
	assert_null(now);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_no_worse(void **state)
{
	struct vm *vm = vm_of(1), *off = vm_of(3);

	struct plan *p = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	checked(&operator, p, 0, NULL);
	vm->state = VM_PAUSED; /* still something that runs: no worse */
	checked(&operator, p, 0, NULL);
	vm->state = VM_OFF;
	checked(&operator, p, ERR_STATE, "state.off");
	vm->state = VM_RUNNING;
	vm->protect = true;
	checked(&operator, p, ERR_PROTECTED, "vm.protected");
	vm->protect = false;
	registry_move_vm(reg, vm, "a2-13");
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "moved from a2-12 to a2-13"));
	registry_move_vm(reg, vm, "a2-12");
	intern_set(&vm->tenant, "globex");
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "acme"));
	intern_set(&vm->tenant, "acme");
	open_now = true; /* a safeguard that was there is gone */
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "not known"));
	open_now = false;
	can_now = OUTCOME_UNSEEN;
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	can_now = OUTCOME_STATE;
	add_vm("0000000000000009", "db01a", "b1-01", "globex", VM_RUNNING); /* the name is not the only one any more */
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	registry_remove(reg, KIND_VM, vm_of(9));
	registry_rename(reg, KIND_VM, vm, "db02");
	checked(&operator, p, ERR_CONFIRM, "plan.changed");
	registry_rename(reg, KIND_VM, vm, "db01a");
	checked(&operator, p, 0, NULL);
	registry_remove(reg, KIND_VM, vm);
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "gone"));
	plan_free(p);

	p = make(&customer, VERB_POWER_ON, 3, 0, 0);
	checked(&customer, p, 0, NULL);
	registry_move_vm(reg, off, "b1-01");
	assert_null(strstr(checked(&customer, p, ERR_CONFIRM, "plan.changed"), "b1-01"));
	registry_move_vm(reg, off, "a2-12");
	tenants[0].state = TENANT_FROZEN;
	checked(&customer, p, ERR_ROLE, "tenant.frozen");
	tenants[0].state = TENANT_ACTIVE;
	intern_set(&off->tenant, "globex"); /* no longer his: as if it were gone */
	checked(&customer, p, ERR_CONFIRM, "plan.changed");
	plan_free(p);
}

static void test_added_victim(void **state)
{
	/* One of two was off and is running now. */
	struct vm *vms[2] = { vm_of(1), vm_of(2) };

	vms[1]->state = VM_CRASHED;
	struct plan *p = plan_make(&world, &operator, VERB_POWER_OFF, vms, 2, NULL);
	assert_int_equal(p->refused.n, 0);
	vms[1]->state = VM_RUNNING;
	assert_non_null(strstr(checked(&operator, p, ERR_CONFIRM, "plan.changed"), "db01b was crashed and is now running"));
	plan_free(p);
}

static void test_life(void **state)
{
	struct plans plans = { { NULL } };
	struct plan *found = NULL, *first = make(&operator, VERB_POWER_OFF, 1, 0, 0);
	char id[40];

	memcpy(id, first->id, sizeof id);
	plans_add(&plans, first);
	assert_null(plans_find(&plans, id, &found));
	assert_ptr_equal(found, first);
	struct err *e = plans_find(&plans, "p-0", &found);
	assert_string_equal(e->msg.id, "plan.unknown");
	err_free(e);
	clock_fake_advance(59000);
	assert_null(plans_find(&plans, id, &found));
	clock_fake_advance(2000);
	e = plans_find(&plans, id, &found);
	assert_string_equal(e->msg.id, "plan.expired");
	err_free(e);
	/* One that was committed answers for as long as it is remembered. */
	strcpy(first->job, "job:123456");
	assert_null(plans_find(&plans, id, &found));
	for (int i = 0; i < PLANS_MAX; i++) {
		clock_fake_advance(10);
		plans_add(&plans, make(&operator, VERB_POWER_OFF, 1, 0, 0));
	}
	e = plans_find(&plans, id, &found);
	assert_string_equal(e->msg.id, "plan.unknown");
	err_free(e);
	plans_clear(&plans);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_words), T(test_customer_words), T(test_filters), T(test_many_words), T(test_power_off), T(test_codes), T(test_counts),
		T(test_customer_preview), T(test_warnings), T(test_takeover), T(test_no_worse), T(test_added_victim), T(test_life),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

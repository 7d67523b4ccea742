/* The small world of test_plan_help.h. */
#include "test_plan_help.h"
#include "whole_right.h"

#include <stdio.h>

const struct actor operator = { .role = ROLE_OPERATOR, .user = "sato", .uid = 1000, .origin = "", .tenant = "" };
const struct actor customer = { .role = ROLE_CUSTOMER, .user = "acme-ops", .uid = 1002, .origin = "", .tenant = "acme", .row = &whole_right };

struct registry *reg;
struct site_tenant tenants[2];
static struct site_model site;
enum host_outcome can_now;
bool open_now;
struct plan_world world;
struct gate gate;

static bool sees(void *ctx, const struct actor *a, enum kind k, const void *o)
{
	return a->role == ROLE_OPERATOR || (k == KIND_VM && actor_sees(a, o));
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

struct vm *add_vm(const char *id, const char *name, const char *blade, const char *tenant, enum vm_state s)
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

int plan_setup(void **state)
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

int plan_teardown(void **state)
{
	registry_free(reg);
	clock_real();
	return 0;
}

struct vm *vm_of(int n)
{
	char id[32];

	snprintf(id, sizeof id, "vm:%016x", (unsigned)n);
	return registry_find(reg, KIND_VM, id);
}

/* Leases in the registry. */
#include "safety/lease.h"

#include <stdio.h>
#include <string.h>

struct lease *lease_find(const struct registry *r, const char *object_id)
{
	char id[300];

	int n = snprintf(id, sizeof id, "lease:%s", object_id);
	return n > 0 && (size_t)n < sizeof id ? registry_find(r, KIND_LEASE, id) : NULL;
}

const struct lease *lease_on(const struct registry *r, const struct vm *vm)
{
	char blade[280];
	const struct lease *l = lease_find(r, vm->id);

	if (l)
		return l;
	int n = snprintf(blade, sizeof blade, "blade:%s", vm->blade);
	return n > 0 && (size_t)n < sizeof blade ? lease_find(r, blade) : NULL;
}

struct lease *lease_take(struct registry *r, const char *object_id, const char *name, const char *by, const char *job,
	const char *verb, int64_t since)
{
	struct lease *l = object_new(KIND_LEASE);
	char *id = xasprintf("lease:%s", object_id);

	intern_set(&l->id, id);
	intern_set(&l->object, object_id);
	intern_set(&l->name, name);
	intern_set(&l->by, by);
	intern_set(&l->job, job);
	intern_set(&l->verb, verb);
	l->since = since;
	registry_add(r, KIND_LEASE, l);
	free(id);
	return l;
}

void lease_drop(struct registry *r, const char *object_id)
{
	struct lease *l = lease_find(r, object_id);

	if (l)
		registry_remove(r, KIND_LEASE, l);
}

const struct lease *lease_in(const struct registry *r, const char *blade)
{
	uint32_t slots = registry_slots(r, KIND_LEASE);
	const struct lease *of_vm = NULL;

	for (uint32_t s = 0; s < slots; s++) {
		const struct lease *l = registry_at(r, KIND_LEASE, s);
		if (!l)
			continue;
		const struct vm *vm = registry_find(r, KIND_VM, l->object);
		if (vm && strcmp(vm->blade, blade) == 0)
			of_vm = l;
		if (strncmp(l->object, "blade:", 6) == 0 && strcmp(l->object + 6, blade) == 0)
			return l;
	}
	return of_vm;
}

bool lease_blade_busy(const struct registry *r, const char *blade)
{
	return lease_in(r, blade) != NULL;
}

/* Which values a field has: found by how they begin, kept as objects change, bounded. */
#include "words/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct vm *add(struct registry *r, int id, const char *tenant)
{
	struct vm *vm = object_new(KIND_VM);
	char text[32];

	snprintf(text, sizeof text, "vm:%016d", id);
	intern_set(&vm->id, text);
	intern_set(&vm->tenant, tenant);
	registry_add(r, KIND_VM, vm);
	return vm;
}

static void finds_and_follows(void **state)
{
	struct registry *r = registry_new();
	struct values *v = values_new(r);
	const struct field *tenant = field_find(KIND_VM, "tenant");
	const char *out[8];
	struct vm *vm;

	add(r, 1, "globex");
	vm = add(r, 2, "acme");
	add(r, 3, "Acme-2");
	add(r, 4, "acme");
	add(r, 5, "");
	assert_int_equal(values_find(v, KIND_VM, tenant, "", out, 8), 3); /* each once, the empty one not */
	assert_string_equal(out[0], "acme");
	assert_string_equal(out[1], "Acme-2");
	assert_string_equal(out[2], "globex");
	assert_int_equal(values_find(v, KIND_VM, tenant, "AC", out, 1), 2); /* more than there was room for */
	assert_string_equal(out[0], "acme");
	assert_int_equal(values_find(v, KIND_VM, tenant, "x", out, 8), 0);
	/* What comes later is there without a look at all of them. */
	add(r, 6, "initech");
	intern_set(&vm->tenant, "hooli");
	registry_changed(r, KIND_VM, vm, false);
	assert_int_equal(values_find(v, KIND_VM, tenant, "", out, 8), 5);
	assert_string_equal(out[3], "hooli");
	assert_string_equal(out[4], "initech");
	/* What left is offered until it is asked anew. */
	registry_remove(r, KIND_VM, registry_find(r, KIND_VM, "vm:0000000000000001"));
	values_forget(v);
	assert_int_equal(values_find(v, KIND_VM, tenant, "glo", out, 8), 0);
	assert_int_equal(values_find(v, KIND_VM, field_find(KIND_VM, "vcpus"), "", out, 8), 0); /* numbers have none */
	values_free(v);
	registry_free(r);
}

/* Every field that there is may be asked for: the one that was not asked for longest makes room. */
static void makes_room(void **state)
{
	struct registry *r = registry_new();
	struct values *v = values_new(r);
	const char *out[2];

	add(r, 1, "acme");
	for (int round = 0; round < 2; round++)
		for (int k = 0; k < KIND_COUNT; k++)
			for (int i = 0; i < models[k].nfields; i++)
				values_find(v, (enum kind)k, &models[k].fields[i], "", out, 2);
	assert_int_equal(values_find(v, KIND_VM, field_find(KIND_VM, "tenant"), "a", out, 2), 1);
	values_free(v);
	registry_free(r);
}

static void is_bounded(void **state)
{
	struct registry *r = registry_new();
	struct values *v = values_new(r);
	const struct field *tenant = field_find(KIND_VM, "tenant");
	const char *out[2];
	char name[32];

	for (int i = 0; i < VALUES_MOST; i++) {
		snprintf(name, sizeof name, "t%05d", i);
		add(r, i, name);
	}
	assert_int_equal(values_find(v, KIND_VM, tenant, "t", out, 2), VALUES_MOST);
	assert_int_equal(values_find(v, KIND_VM, tenant, "t0001", out, 2), 10);
	add(r, VALUES_MOST, "one more");
	assert_int_equal(values_find(v, KIND_VM, tenant, "t", out, 2), 0);
	values_free(v);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(finds_and_follows), cmocka_unit_test(makes_room), cmocka_unit_test(is_bounded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

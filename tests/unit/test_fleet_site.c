/* The site file brought to the registry as a difference: what did not change is not touched. */
#include "test_fleet_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world *w;

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 4);
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b2", 2, "acme-2", VM_RUNNING);
	fake_vm("b3", 3, "acme-3", VM_OFF);
	return 0;
}

static int teardown(void **state)
{
	world_free(w);
	assert_int_equal(fake_open_now(NULL), 0);
	free(w);
	return 0;
}

static void all_up(void)
{
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3") && UP(w, "b4"));
	world_run(w, 20);
	w->ntold = 0;
}

static struct site *site(void)
{
	return registry_at(w->reg, KIND_SITE, 0);
}

static void replace(char **s, const char *with)
{
	free(*s);
	*s = strdup(with);
}

static void same_again_touches_nothing(void **state)
{
	struct vm *v;
	uint32_t gen;

	all_up();
	v = world_vm(w, 1);
	gen = v->gen;
	world_apply(w, world_site(4, 0), NULL);
	world_run(w, 100);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
	assert_true(UP(w, "b1"));
	assert_ptr_equal(world_vm(w, 1), v);
	assert_int_equal(v->gen, gen);
	assert_int_equal(w->ntold, 0);
	assert_int_equal(site()->hosts, 4);
	assert_int_equal(site()->blades, 4);
	assert_ptr_equal(fleet_site(w->fleet), w->model);
}

static void metal(void **state)
{
	struct site_model *m = world_site(4, 2);
	struct enclosure *e;
	struct blade *b;
	int empty = 0;

	replace(&m->blades[3].uri, "");
	m->blades[3].spare = true;
	site_free(w->model);
	w->model = m;
	world_start(w);
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3"));
	assert_string_equal(((struct rack *)registry_find(w->reg, KIND_RACK, "rack:A"))->name, "A");
	e = registry_find(w->reg, KIND_ENCLOSURE, "enclosure:E1");
	assert_string_equal(e->rack, "A");
	assert_int_equal(e->bays, 6);
	b = registry_find(w->reg, KIND_BLADE, "blade:b4"); /* spare */
	assert_int_equal(b->host, HOST_NONE);
	assert_int_equal(b->place, 3);
	assert_string_equal(b->bay, "4");
	for (uint32_t i = 0; i < registry_slots(w->reg, KIND_BLADE); i++)
		if ((b = registry_at(w->reg, KIND_BLADE, i)) && !*b->name) {
			empty++;
			assert_int_equal(b->host, HOST_NONE);
			assert_in_range(b->place, 4, 5);
		}
	assert_int_equal(empty, 2);
	assert_int_equal(site()->blades, 4);
	assert_int_equal(site()->hosts, 3);
	/* a blade is put where none was */
	world_apply(w, world_site(4, 0), NULL);
	UNTIL(w, UP(w, "b4"));
	assert_int_equal(registry_count(w->reg, KIND_BLADE), 4);
	assert_int_equal(e->bays, 4);
	assert_int_equal(site()->hosts, 4);
}

static void added_and_removed(void **state)
{
	all_up();
	world_apply(w, world_site(2, 0), NULL);
	assert_null(world_blade(w, "b3"));
	assert_null(world_vm(w, 3));
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 1);
	UNTIL(w, fake_open_now("b3") == 0 && fake_open_now("b4") == 0);
	UNTIL(w, site()->hosts == 2 && site()->hosts_live == 2 && site()->vms == 2);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
	fake_machine("b5");
	world_apply(w, world_site(5, 0), NULL);
	UNTIL(w, UP(w, "b5") && UP(w, "b3") && world_vm(w, 3));
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
	UNTIL(w, site()->hosts == 5 && site()->hosts_live == 5 && site()->vms == 3);
}

static void changed_address(void **state)
{
	struct site_model *m = world_site(4, 0);
	struct vm *v;

	all_up();
	fake_machine("other");
	fake_vm("other", 1, "acme-1", VM_OFF);
	replace(&m->blades[0].uri, "fake:other");
	v = world_vm(w, 1);
	world_apply(w, m, NULL);
	assert_false(UP(w, "b1"));
	assert_false(v->live);
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(v->state, VM_OFF);
	assert_int_equal(fake_open_now("b1"), 0);
	assert_int_equal(fake_open_now("other"), 1);
	assert_int_equal(fake_called("b2", FAKE_OPEN), 1);
	assert_string_equal(world_blade(w, "b1")->uri, "fake:other");
	/* no host any more */
	m = world_site(4, 0);
	replace(&m->blades[0].uri, "");
	world_apply(w, m, NULL);
	UNTIL(w, world_blade(w, "b1")->host == HOST_NONE);
	UNTIL(w, fake_open_now("other") == 0);
	UNTIL(w, site()->hosts == 3);
}

static void changed_address_of_a_hung_host(void **state)
{
	struct site_model *m = world_site(4, 0);

	all_up();
	fake_way("b1", FAKE_LIST, FAKE_STUCK);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, fake_called("b1", FAKE_LIST) == 2);
	fake_machine("other");
	replace(&m->blades[0].uri, "fake:other");
	world_apply(w, m, NULL);
	world_run(w, 100);
	assert_int_equal(fake_called("other", FAKE_OPEN), 0); /* one unreturned call at a time */
	fake_unstick();
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(fake_open_now("other"), 1);
}

static void retiring(void **state)
{
	struct blade *b;

	all_up();
	world_apply(w, world_site(2, 0), "b3");
	assert_null(world_blade(w, "b4"));
	b = world_blade(w, "b3");
	assert_non_null(b);
	assert_true(UP(w, "b3"));
	assert_non_null(strstr(b->alert, "no longer"));
	assert_non_null(world_vm(w, 3));
	world_apply(w, world_site(2, 0), "b3"); /* once more: nothing new */
	assert_ptr_equal(world_blade(w, "b3"), b);
	fleet_release(w->fleet, "b1");           /* not retiring: nothing */
	fleet_release(w->fleet, "b3");
	UNTIL(w, !world_blade(w, "b3"));
	assert_null(world_vm(w, 3));
	assert_non_null(world_blade(w, "b1"));
	UNTIL(w, fake_open_now("b3") == 0);
	/* retiring, and back before it was let go */
	world_apply(w, world_site(1, 0), "b2");
	assert_true(*world_blade(w, "b2")->alert);
	world_apply(w, world_site(2, 0), NULL);
	assert_string_equal(world_blade(w, "b2")->alert, "");
	assert_int_equal(fake_called("b2", FAKE_OPEN), 1);
	fleet_release(w->fleet, "b2");
	world_run(w, 20);
	assert_non_null(world_blade(w, "b2"));
}

static void removed_while_it_hangs(void **state)
{
	w->config.short_ms = 300;
	fake_way("b3", FAKE_LIST, FAKE_HANG);
	fake_way("b4", FAKE_OPEN, FAKE_HANG);
	world_start(w);
	UNTIL(w, UP(w, "b1") && fake_called("b3", FAKE_LIST) && fake_called("b4", FAKE_OPEN));
	world_apply(w, world_site(2, 0), NULL);
	UNTIL(w, fake_open_now("b3") == 0 && fake_open_now("b4") == 0);
	world_run(w, 50);
	assert_null(world_blade(w, "b3"));
}

static void rules_change(void **state)
{
	struct site_model *m = world_site(4, 0);
	char name[16];

	for (int i = 10; i < 1010; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		fake_vm(i & 1 ? "b1" : "b2", i, name, VM_OFF);
	}
	all_up();
	assert_string_equal(world_vm(w, 1009)->tenant, "");
	replace(&m->tenants[1].rules[0], "x*");
	replace(&m->tenants[0].rules[0], "nothing-*");
	replace(&m->grades[0].name, "W10");
	world_apply(w, m, NULL);
	UNTIL(w, !strcmp(world_vm(w, 1009)->tenant, "globex"));
	UNTIL(w, *world_vm(w, 1)->alert);
	assert_string_equal(world_vm(w, 1)->tenant, "acme");
	assert_string_equal(world_vm(w, 10)->tenant, "globex");
	world_run(w, 50);
	assert_string_equal(world_vm(w, 1)->grade, "W10");
	assert_string_equal(world_vm(w, 500)->grade, "W10");
}

static void set_pair(struct site_model *m, const char *one, const char *other)
{
	m->npairs = 1;
	m->pairs = calloc(1, sizeof(*m->pairs));
	m->pairs[0] = (struct site_pair){ .name = strdup("db"), .a = strdup(one), .b = strdup(other) };
}

static void halves_of_pairs(void **state)
{
	struct site_model *m;
	uint32_t gen;

	set_pair(w->model, "acme-1", "acme-2");
	all_up();
	assert_string_equal(world_vm(w, 1)->pair, "acme-2"); /* from the first moment */
	assert_string_equal(world_vm(w, 2)->pair, "acme-1");
	assert_string_equal(world_vm(w, 3)->pair, "");
	gen = world_vm(w, 3)->gen;
	m = world_site(4, 0);
	set_pair(m, "acme-3", "acme-2");
	world_apply(w, m, NULL);
	UNTIL(w, !strcmp(world_vm(w, 3)->pair, "acme-2"));
	world_run(w, 20);
	assert_string_equal(world_vm(w, 1)->pair, "");
	assert_string_equal(world_vm(w, 2)->pair, "acme-3");
	assert_int_equal(world_vm(w, 3)->gen, gen);
	/* renamed, it is another half, or none */
	fake_vm("b1", 1, "acme-3", VM_RUNNING);
	fake_vm("b3", 3, "acme-9", VM_OFF);
	fleet_refresh(w->fleet, "b1");
	fleet_refresh(w->fleet, "b3");
	UNTIL(w, !strcmp(world_vm(w, 1)->name, "acme-3") && !strcmp(world_vm(w, 3)->name, "acme-9"));
	assert_string_equal(world_vm(w, 1)->pair, "acme-2");
	assert_string_equal(world_vm(w, 3)->pair, "");
	world_apply(w, world_site(4, 0), NULL);
	UNTIL(w, !*world_vm(w, 1)->pair && !*world_vm(w, 2)->pair);
}

static void racks_and_enclosures_go(void **state)
{
	struct site_model *m = world_site(4, 1);

	all_up();
	replace(&m->racks[0].name, "B");
	replace(&m->enclosures[0].name, "F1");
	world_apply(w, m, NULL);
	assert_null(registry_find(w->reg, KIND_RACK, "rack:A"));
	assert_null(registry_find(w->reg, KIND_ENCLOSURE, "enclosure:E1"));
	assert_string_equal(world_blade(w, "b1")->enclosure, "F1");
	assert_string_equal(world_blade(w, "b1")->rack, "B");
	assert_int_equal(registry_count(w->reg, KIND_BLADE), 5);
	assert_int_equal(fake_called("b1", FAKE_OPEN), 1);
	world_apply(w, world_site(4, 0), NULL);
	assert_int_equal(registry_count(w->reg, KIND_BLADE), 4);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(same_again_touches_nothing), T(metal), T(added_and_removed), T(changed_address),
		T(changed_address_of_a_hung_host), T(retiring), T(removed_while_it_hangs), T(rules_change),
		T(halves_of_pairs), T(racks_and_enclosures_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

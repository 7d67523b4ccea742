/* What the fleet leaves in the store and takes from it at the next start, with the real store. */
#include "test_fleet_help.h"

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct world *w;
static char dir[64];

static void on_vm(void *ctx, const struct store_vm *v)
{
	fleet_load_vm(ctx, v);
}
static void on_host(void *ctx, const struct store_host *h)
{
	fleet_load_host(ctx, h);
}
static void on_placement(void *ctx, const struct store_placement *p)
{
	fleet_load_placement(ctx, p);
}
static void on_job(void *ctx, const struct store_job *j)
{
}
static void on_lease(void *ctx, const struct lease *l)
{
}

static void begin(void)
{
	struct store_reader r = { .vm = on_vm, .host = on_host, .placement = on_placement, .job = on_job, .lease = on_lease };

	assert_null(store_open(dir, w->loop, &w->store));
	world_fleet(w);
	r.ctx = w->fleet;
	assert_null(store_load(w->store, &r));
	world_start(w);
}

static void end(void)
{
	world_stop(w);
	store_close(w->store);
	w->store = NULL;
}

static int setup(void **state)
{
	w = calloc(1, sizeof(*w));
	world_new(w, 3);
	snprintf(dir, sizeof(dir), "/tmp/tana-fleet-XXXXXX");
	assert_non_null(mkdtemp(dir));
	fake_vm("b1", 1, "acme-1", VM_RUNNING);
	fake_vm("b1", 2, "both-2", VM_OFF);
	fake_vm("b2", 3, "globex-3", VM_RUNNING);
	return 0;
}

static int teardown(void **state)
{
	char *cmd[] = { (char *)"rm", (char *)"-rf", dir, NULL };

	if (w->fleet)
		end();
	world_free(w);
	free(w);
	if (!fork()) {
		execvp("rm", cmd);
		_exit(1);
	}
	return 0;
}

static void all_up(void)
{
	UNTIL(w, UP(w, "b1") && UP(w, "b2") && UP(w, "b3"));
	world_run(w, 50);
}

static void restart_shows_everything_at_once(void **state)
{
	char ids[3][32];
	struct vm *v;
	struct blade *b;

	begin();
	all_up();
	for (int i = 0; i < 3; i++)
		strcpy(ids[i], world_vm(w, i + 1)->id);
	fake_event("b1", HOST_EVENT_STATE, 1, VM_PAUSED, WHY_UNKNOWN); /* kept by itself, not with a list */
	fake_vm("b1", 1, "acme-1", VM_PAUSED);
	UNTIL(w, world_vm(w, 1)->state == VM_PAUSED);
	end();

	/* next time no host answers */
	fake_way("b1", FAKE_OPEN, FAKE_HANG);
	fake_way("b2", FAKE_OPEN, FAKE_HANG);
	fake_way("b3", FAKE_OPEN, FAKE_HANG);
	begin();
	assert_int_equal(registry_count(w->reg, KIND_VM), 3); /* before the loop ran */
	for (int i = 0; i < 3; i++)
		assert_string_equal(world_vm(w, i + 1)->id, ids[i]);
	v = world_vm(w, 1);
	assert_false(v->live);
	assert_int_equal(v->state, VM_PAUSED);
	assert_true(llabs(v->seen - clock_wall_s()) < 100);
	assert_string_equal(v->tenant, "acme");
	assert_string_equal(v->name, "acme-1");
	assert_string_equal(v->grade, "V10");
	assert_int_equal(v->vcpus, 2);
	b = world_blade(w, "b1");
	assert_string_equal(b->driver, "fake");
	assert_int_equal(b->cpus, 8);
	assert_true(llabs(b->seen - clock_wall_s()) < 100);
	assert_int_equal(b->vms, 2);
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 0);
	assert_int_equal(world_told(w, NEWS_VM_MOVED, NULL), 0);
	end();

	/* and then they do, and things are different: that is news, but why is not known */
	for (int i = 0; i < 3; i++)
		fake_way(i == 0 ? "b1" : i == 1 ? "b2" : "b3", FAKE_OPEN, FAKE_OK);
	fake_vm("b1", 1, "acme-1", VM_OFF);
	fake_vm("b1", 5, "acme-5", VM_RUNNING);
	fake_vm_drop("b1", 2);
	begin();
	all_up();
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 1);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->was, VM_PAUSED);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->now, VM_OFF);
	assert_int_equal(world_last(w, NEWS_VM_STATE)->why, WHY_UNKNOWN);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 1);
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 1);
	assert_string_equal(world_vm(w, 1)->id, ids[0]);
	assert_string_equal(world_vm(w, 3)->id, ids[2]);
}

static void owner_and_protection_stay(void **state)
{
	struct store_tx *tx;

	begin();
	all_up();
	tx = store_begin(w->store);
	fleet_protect(w->fleet, world_vm(w, 1), true, tx);
	store_commit(tx, NULL, NULL);
	assert_true(world_vm(w, 1)->protect);
	end();
	fake_vm("b1", 1, "globex-1", VM_RUNNING); /* renamed meanwhile */
	begin();
	all_up();
	assert_true(world_vm(w, 1)->protect);
	assert_string_equal(world_vm(w, 1)->name, "globex-1");
	assert_string_equal(world_vm(w, 1)->tenant, "acme");
	assert_true(*world_vm(w, 1)->alert);
	assert_string_equal(world_vm(w, 2)->tenant, "");
	end();
	/* gone for a while: the id is the UUID's for ever */
	begin();
	all_up();
	char id[32];
	strcpy(id, world_vm(w, 2)->id);
	fake_vm_drop("b1", 2);
	fleet_refresh(w->fleet, "b1");
	UNTIL(w, !world_vm(w, 2));
	end();
	begin();
	all_up();
	assert_null(world_vm(w, 2));
	fake_vm("b3", 2, "acme-2", VM_OFF);
	fleet_refresh(w->fleet, "b3");
	UNTIL(w, world_vm(w, 2));
	assert_string_equal(world_vm(w, 2)->id, id);
	assert_string_equal(world_vm(w, 2)->tenant, "acme"); /* bound when it first matched one */
}

/* The cache may be thrown away; who owns what stands in the ledger. */
static void without_its_cache(void **state)
{
	char path[128], id[32];

	begin();
	all_up();
	strcpy(id, world_vm(w, 1)->id);
	end();
	snprintf(path, sizeof(path), "%s/cache.db", dir);
	assert_int_equal(unlink(path), 0);
	fake_vm("b1", 1, "globex-1", VM_RUNNING);
	begin();
	assert_int_equal(registry_count(w->reg, KIND_VM), 0);
	all_up();
	assert_string_equal(world_vm(w, 1)->id, id);
	assert_string_equal(world_vm(w, 1)->name, "globex-1");
	assert_string_equal(world_vm(w, 1)->tenant, "acme");
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 0);
}

static void moved_while_nobody_looked(void **state)
{
	begin();
	all_up();
	end();
	fake_vm_drop("b1", 1);
	fake_vm("b3", 1, "acme-1", VM_RUNNING);
	fake_slow("b3", 200); /* the old host says first that it is gone */
	fake_way("b3", FAKE_OPEN, FAKE_SLOW);
	begin();
	all_up();
	assert_string_equal(world_vm(w, 1)->blade, "b3");
	assert_true(world_vm(w, 1)->live);
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
	assert_int_equal(world_told(w, NEWS_VM_NEW, NULL), 0);
	assert_int_equal(world_told(w, NEWS_VM_STATE, NULL), 0);
	assert_int_equal(world_told(w, NEWS_VM_MOVED, NULL), 1);
}

static void host_uuid_changed_meanwhile(void **state)
{
	begin();
	all_up();
	end();
	fake_uuid("b2", "77777777-0000-0000-0000-000000000000");
	begin();
	all_up();
	assert_int_equal(world_told(w, NEWS_ALERT, "b2"), 1);
	assert_true(*world_blade(w, "b2")->alert);
	assert_string_equal(world_blade(w, "b1")->alert, "");
}

static void blade_left_the_site_meanwhile(void **state)
{
	begin();
	all_up();
	end();
	site_free(w->model);
	w->model = world_site(1, 0);
	begin();
	assert_int_equal(registry_count(w->reg, KIND_VM), 2);
	assert_int_equal(registry_count(w->reg, KIND_BLADE), 1);
	UNTIL(w, UP(w, "b1"));
	assert_int_equal(world_told(w, NEWS_VM_GONE, NULL), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(restart_shows_everything_at_once), T(owner_and_protection_stay), T(without_its_cache),
		T(moved_while_nobody_looked),
		T(host_uuid_changed_meanwhile), T(blade_left_the_site_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Previews of taking a snapshot: what is said, what is refused and why; and whose snapshots they speak of. */
#include "test_plan_snap_help.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define GIB (INT64_C(1) << 30)

/* ---- create ---- */

static void test_create(void **state)
{
	limit_server(1, LIMIT_KEPT, "3");
	limit_tenant("acme", LIMIT_TAKEN, "4 per day");
	vm_of(1)->mem_kib = 2 << 20;
	args.name = " before upgrade ";
	args.note = "ticket 4711";
	struct plan *p = lets(&ops, VERB_SNAP_CREATE, 1);
	assert_string_equal(p->snap->name, "before upgrade");
	assert_int_equal(strncmp(p->snap->host_name, "tana-", 5), 0);
	assert_string_equal(p->snap->host_name + 5, p->snap->id + 5);
	assert_string_equal(p->snap->charged, "acme");
	assert_true(p->snap->memory);
	assert_int_equal(p->snap->bytes, 2 * GIB);
	SAYS(impact, "impact.snapshot-create.memory", "its memory (2 GiB)");
	SAYS(impact, "impact.snapshot.tenant", "charged to acme");
	SAYS(impact, "impact.snapshot.uses", "0 of 3 kept (this server); with this one 1 of 3 kept");
	assert_int_equal(json_array_size(p->limits), 2);
	assert_null(json_object_get(json_array_get(p->limits, 0), "ref"));
	assert_int_equal(p->confirm, CONFIRM_YES);
	assert_false(p->reason_needed);
	assert_string_equal(p->command, "tana snapshot create vm:vm1 'before upgrade' --note 'ticket 4711' --yes");
	plan_free(p);
	/* Off: no memory. An operator's is the provider's unless he says otherwise. */
	args.name = "";
	told(3)->state = VM_OFF;
	p = lets(&sato, VERB_SNAP_CREATE, 3);
	assert_false(p->snap->memory);
	assert_int_equal(p->snap->bytes, 0);
	assert_string_equal(p->snap->charged, "");
	assert_string_equal(p->snap->name, "2026-11-21 00:52");
	SAYS(impact, "impact.snapshot-create.off", "");
	SAYS(impact, "impact.snapshot.provider", "");
	plan_free(p);
	args.charge = "tenant";
	p = lets(&sato, VERB_SNAP_CREATE, 3);
	assert_string_equal(p->snap->charged, "globex");
	assert_non_null(strstr(p->command, "--charge tenant"));
	plan_free(p);
}

static void test_external(void **state)
{
	args.external = true;
	struct plan *p = lets(&ops, VERB_SNAP_CREATE, 1);
	assert_false(p->snap->memory);
	SAYS(impact, "impact.snapshot-create.disks", "");
	SAYS(warnings, "warn.snapshot.crash", "");
	assert_non_null(strstr(p->command, "--disk-only"));
	plan_free(p);
	args.quiesce = true;
	p = lets(&ops, VERB_SNAP_CREATE, 1);
	SAYS(impact, "impact.snapshot-create.quiesce", "");
	SAYS_NOT(warnings, "warn.snapshot.crash");
	plan_free(p);
	told(1)->no_quiesce = "host.snap.quiesce.agent";
	refuses(&ops, VERB_SNAP_CREATE, 1, "host.snap.quiesce.agent", ERR_UNSUPPORTED);
	args.external = false;
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.quiesce", ERR_USAGE);
	args.quiesce = false;
	passes(&ops, VERB_SNAP_CREATE, 1);
}

static void test_host_cannot(void **state)
{
	/* Xen: no snapshot at all. */
	can_now = OUTCOME_NO;
	refuses(&ops, VERB_SNAP_CREATE, 1, "host.cannot", ERR_UNSUPPORTED);
	struct vm *vm = vm_of(1);
	struct err *e = plan_may(&world, &ops, VERB_SNAP_CREATE, &vm, 1);
	assert_string_equal(e->msg.id, "host.cannot");
	err_free(e);
	can_now = OUTCOME_STATE;
	told(1)->no_internal = "host.snap.disk.format";
	strcpy(told(1)->disk, "vda");
	struct plan *p = snap_plan(&ops, VERB_SNAP_CREATE, 1, &args);
	assert_string_equal(p->refused.list[0].msg.text, "disk vda is not qcow2: only such disks hold snapshots inside");
	plan_free(p);
	args.external = true;
	passes(&ops, VERB_SNAP_CREATE, 1);
	told(1)->no_external = "host.snap.driver";
	refuses(&ops, VERB_SNAP_CREATE, 1, "host.snap.driver", ERR_UNSUPPORTED);
	told(1)->no_external = NULL;
	told(1)->busy = true;
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.busy", ERR_STATE);
}

static void test_kinds_do_not_mix(void **state)
{
	ground_snap(vm_of(1)->id, "by-hand", "");
	args.external = true;
	refuses(&sato, VERB_SNAP_CREATE, 1, "snapshot.mixed.internal", ERR_STATE);
	ground_host(vm_of(1)->id)->list[0].external = true;
	passes(&sato, VERB_SNAP_CREATE, 1);
	args.external = false;
	refuses(&sato, VERB_SNAP_CREATE, 1, "snapshot.mixed.external", ERR_STATE);
}

static void test_no_room(void **state)
{
	struct vm *vm = vm_of(1);

	limit_server(1, LIMIT_KEPT, "1");
	snap_take(&ops, 1, "one");
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.kept.full", ERR_LIMIT);
	struct err *e = plan_may(&world, &ops, VERB_SNAP_CREATE, &vm, 1); /* greyed */
	assert_string_equal(e->msg.text, "vm1 can keep no more snapshots: 1 of 1 kept (this server); delete one first");
	err_free(e);
	/* Going back and deleting are never in its way. */
	assert_null(plan_may(&world, &ops, VERB_SNAP_DELETE, &vm, 1));
	args.snapshot = "one";
	passes(&ops, VERB_SNAP_REVERT, 1);
	passes(&ops, VERB_SNAP_DELETE, 1);
	args.snapshot = "";
	/* The provider's own pass; one that is charged to the tenant needs to be asked for, with a reason. */
	passes(&sato, VERB_SNAP_CREATE, 1);
	args.charge = "tenant";
	refuses(&sato, VERB_SNAP_CREATE, 1, "snapshot.kept.full", ERR_LIMIT);
	args.exceed = true;
	struct plan *p = lets(&sato, VERB_SNAP_CREATE, 1);
	assert_true(p->reason_needed);
	SAYS(warnings, "warn.snapshot.exceed", "over a limit by 1: 1 of 1 kept (this server)");
	assert_non_null(strstr(p->command, "--exceed --reason WHY"));
	e = plan_confirmed(p, "yes", "  ");
	assert_string_equal(e->msg.id, "confirm.reason");
	err_free(e);
	assert_null(plan_confirmed(p, "yes", "upgrade"));
	/* One more than was shown is worse. */
	assert_string_equal(again(&sato, p), "");
	ground_snap(vm->id, "by-hand", "");
	see(1);
	assert_true(again(&sato, p)[0]);
	plan_free(p);
	/* Asked for and not needed: no reason, and no licence at commit. */
	limit_server(1, LIMIT_KEPT, "5");
	p = lets(&sato, VERB_SNAP_CREATE, 1);
	assert_false(p->reason_needed);
	limit_server(1, LIMIT_KEPT, "2");
	assert_non_null(strstr(again(&sato, p), "can keep no more"));
	plan_free(p);
	/* Neither is for customers. */
	args.charge = "";
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.operators", ERR_ROLE);
	args.exceed = false;
	args.charge = "provider";
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.operators", ERR_ROLE);
	args.charge = "nobody";
	refuses(&sato, VERB_SNAP_CREATE, 1, "snapshot.charge", ERR_USAGE);
}

static void test_next_time(void **state)
{
	limit_server(1, LIMIT_TAKEN, "1 per day");
	tenants[0].zone = (char *)"Asia/Tokyo";
	book_site(book, &site);
	snap_take(&ops, 1, "one");
	struct plan *p = snap_plan(&ops, VERB_SNAP_CREATE, 1, &args);
	assert_string_equal(p->refused.list[0].msg.id, "snapshot.taken.full");
	assert_non_null(strstr(p->refused.list[0].msg.text, "the next one from 2026-11-22 00:00"));
	plan_free(p);
	limit_server(1, LIMIT_TAKEN, "0 per day");
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.taken.none", ERR_LIMIT);
}

static void test_space(void **state)
{
	limit_server(1, LIMIT_SPACE, "disks");
	vm_of(1)->mem_kib = 11 << 20;
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.space.full", ERR_LIMIT);
	vm_of(1)->mem_kib = 10 << 20;
	passes(&ops, VERB_SNAP_CREATE, 1);
	told(1)->used_bytes = 20 * GIB;
	args.external = true;
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.space.none", ERR_LIMIT);
}

static void test_names(void **state)
{
	char longest[70];

	snap_take(&ops, 1, "one");
	args.name = "one";
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.name.taken", ERR_STATE);
	passes(&sato, VERB_SNAP_CREATE, 2); /* of another VM it may be */
	args.name = "tana-x";
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.name.reserved", ERR_USAGE);
	memset(longest, 'x', 65);
	longest[65] = '\0';
	args.name = longest;
	refuses(&ops, VERB_SNAP_CREATE, 1, "snapshot.name.long", ERR_USAGE);
	/* Two of one minute are told apart. */
	args.name = "";
	struct plan *p = lets(&ops, VERB_SNAP_CREATE, 1);
	char *first = xstrdup(p->snap->name);
	plan_free(p);
	snap_take(&ops, 1, first);
	clock_fake(clock_boot_ms(), clock_wall_s() - 5);
	p = lets(&ops, VERB_SNAP_CREATE, 1);
	assert_non_null(strstr(p->snap->name, " (2)"));
	plan_free(p);
	free(first);
}

/* ---- not asked, several, whose ---- */

static void test_not_asked(void **state)
{
	struct vm *vms[2] = { vm_of(1), vm_of(2) };
	struct plan *p = plan_make(&world, &ops, VERB_SNAP_CREATE, vms, 1, &args);

	assert_string_equal(p->refused.list[0].msg.id, "snapshot.unasked");
	plan_free(p);
	see(1);
	p = plan_make(&world, &ops, VERB_SNAP_CREATE, vms, 1, &args);
	assert_int_equal(p->refused.n, 0);
	plan_free(p);
	pass(180000); /* what it told is too old by now */
	p = plan_make(&world, &ops, VERB_SNAP_CREATE, vms, 1, &args);
	assert_string_equal(p->refused.list[0].msg.id, "snapshot.unasked");
	plan_free(p);
	p = plan_make(&world, &ops, VERB_SNAP_CREATE, vms, 2, &args);
	assert_string_equal(p->refused.list[0].msg.id, "snapshot.one");
	plan_free(p);
	struct err *e = plan_may(&world, &ops, VERB_SNAP_REVERT, vms, 2);
	assert_string_equal(e->msg.id, "snapshot.one");
	err_free(e);
}

/* However many others are looked at meanwhile, a preview stays as good as it was. */
static void test_others_are_looked_at(void **state)
{
	struct plan *p = lets(&ops, VERB_SNAP_CREATE, 1);
	struct vm *other = object_new(KIND_VM);

	for (int i = 0; i < 1000; i++) {
		char id[32];
		snprintf(id, sizeof id, "vm:other%d", i);
		intern_set(&other->id, id);
		book_saw(book, other, &(struct host_snaps){ .n = 0 });
	}
	assert_null(book_seen(book, "vm:other0", NULL));
	assert_string_equal(again(&ops, p), "");
	plan_free(p);
	object_free(KIND_VM, other);
}

/* A VM that changed hands: what the former owner wrote is not for the new one. */
static void test_former_owner(void **state)
{
	char host_name[64];

	strcpy(host_name, snap_take(&ops, 1, "secret"));
	intern_set(&vm_of(1)->tenant, "globex");
	registry_changed(reg, KIND_VM, vm_of(1), true);
	args.snapshot = "secret";
	refuses(&guest, VERB_SNAP_REVERT, 1, "snapshot.none", ERR_NOTFOUND);
	passes(&sato, VERB_SNAP_REVERT, 1);
	args.snapshot = host_name;
	struct plan *p = lets(&guest, VERB_SNAP_DELETE, 1);
	assert_string_equal(p->snap->name, host_name);
	assert_string_equal(p->snap->note, "");
	assert_string_equal(p->snap->charged, "");
	assert_null(strstr(p->command, "secret"));
	assert_string_equal(p->confirm_text, host_name);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_create), T(test_external), T(test_host_cannot), T(test_kinds_do_not_mix), T(test_no_room),
		T(test_next_time), T(test_space), T(test_names), T(test_not_asked), T(test_others_are_looked_at),
		T(test_former_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

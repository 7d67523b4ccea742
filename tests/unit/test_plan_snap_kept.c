/* Previews of going back to a snapshot and of deleting it: what is lost, what goes too, what is to be typed. */
#include "test_plan_snap_help.h"

#include <string.h>

/* ---- revert ---- */

static void test_revert(void **state)
{
	snap_take(&ops, 1, "one");
	snap_take(&ops, 1, "two");
	pass(7200000);
	args.snapshot = "one";
	struct plan *p = lets(&ops, VERB_SNAP_REVERT, 1);
	SAYS(impact, "impact.snapshot-revert", "vm1 goes back to one of 2026-11-21 00:52");
	SAYS(impact, "impact.snapshot-revert", "2 h ago");
	SAYS(impact, "impact.snapshot-revert.lost.running", "");
	SAYS(impact, "impact.snapshot-revert.running", "");
	SAYS(impact, "impact.snapshot-revert.stay", "all stay (2)");
	SAYS(impact, "impact.snapshot-revert.unshared", "");
	assert_int_equal(p->confirm, CONFIRM_NAME);
	assert_string_equal(p->confirm_text, "vm1");
	assert_string_equal(p->command, "tana snapshot revert vm:vm1 one --confirm vm1");
	/* Another one is the current one now: what is lost is another thing than was shown. */
	ground_host(vm_of(1)->id)->list[1].current = false;
	ground_host(vm_of(1)->id)->list[0].current = true;
	assert_string_equal(again(&ops, p), "");
	see(1);
	assert_true(again(&ops, p)[0]);
	plan_free(p);
	strcpy(told(1)->shared, "vdb, vdc");
	p = lets(&ops, VERB_SNAP_REVERT, 1);
	SAYS(warnings, "warn.snapshot.shared.back", "vdb, vdc");
	SAYS_NOT(impact, "impact.snapshot-revert.unshared");
	plan_free(p);
	/* Of one that is off nothing runs, and one of the disks alone leaves it off. */
	told(1)->state = VM_OFF;
	ground_host(vm_of(1)->id)->list[0].memory = false;
	p = lets(&ops, VERB_SNAP_REVERT, 1);
	SAYS(impact, "impact.snapshot-revert.lost", "");
	SAYS(impact, "impact.snapshot-revert.off", "");
	plan_free(p);
	ground_host(vm_of(1)->id)->list[0].external = true;
	told(1)->no_revert_external = "host.snap.revert.old";
	refuses(&ops, VERB_SNAP_REVERT, 1, "host.snap.revert.old", ERR_UNSUPPORTED);
	args.snapshot = "none";
	refuses(&ops, VERB_SNAP_REVERT, 1, "snapshot.none", ERR_NOTFOUND);
	args.snapshot = "";
	refuses(&ops, VERB_SNAP_REVERT, 1, "snapshot.which", ERR_USAGE);
	vm_of(1)->protect = true;
	args.snapshot = "two";
	refuses(&ops, VERB_SNAP_REVERT, 1, "vm.protected.plain", ERR_PROTECTED);
}

static void test_pair(void **state)
{
	snap_take(&ops, 1, "one");
	intern_set(&vm_of(1)->pair, "vm2");
	args.snapshot = "one";
	refuses(&ops, VERB_SNAP_REVERT, 1, "snapshot.pair", ERR_STATE);
	refuses(&sato, VERB_SNAP_REVERT, 1, "snapshot.pair", ERR_STATE);
	args.override_pair = true;
	refuses(&ops, VERB_SNAP_REVERT, 1, "snapshot.operators", ERR_ROLE);
	struct plan *p = lets(&sato, VERB_SNAP_REVERT, 1);
	assert_true(p->reason_needed);
	SAYS(warnings, "warn.snapshot.pair", "vm2");
	assert_non_null(strstr(p->command, "--override-pair --reason WHY"));
	plan_free(p);
	/* Not seen is not off. */
	vm_of(2)->state = VM_OFF;
	vm_of(2)->live = false;
	args.override_pair = false;
	refuses(&ops, VERB_SNAP_REVERT, 1, "snapshot.pair.unsure", ERR_STATE);
	vm_of(2)->live = true;
	p = lets(&ops, VERB_SNAP_REVERT, 1);
	SAYS(impact, "impact.snapshot-revert.pair", "vm2, does not run");
	/* It was started between preview and commit. */
	vm_of(2)->state = VM_RUNNING;
	assert_non_null(strstr(again(&ops, p), "is running"));
	plan_free(p);
	/* Another tenant's VM of that name is none of its pair; and its name is not for this one. */
	vm_of(2)->state = VM_OFF;
	intern_set(&vm_of(1)->pair, "vm4");
	p = lets(&ops, VERB_SNAP_REVERT, 1);
	SAYS(warnings, "warn.snapshot.pair.hidden", "vm1");
	assert_null(strstr(text_of(&p->warnings, "warn.snapshot.pair.hidden"), "vm4"));
	SAYS_NOT(warnings, "warn.snapshot.pair.missing");
	plan_free(p);
	p = lets(&sato, VERB_SNAP_REVERT, 1);
	SAYS(warnings, "warn.snapshot.pair.missing", "vm4");
	plan_free(p);
}

/* ---- delete ---- */

static void test_delete(void **state)
{
	limit_server(1, LIMIT_KEPT, "5");
	snap_take(&ops, 1, "one");
	snap_take(&ops, 1, "two");
	snap_take(&ops, 1, "three");
	args.snapshot = "two";
	struct plan *p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_int_equal(p->snap->nvictims, 1);
	SAYS(impact, "impact.snapshot-delete", "snapshot two of vm1");
	SAYS(impact, "impact.snapshot-delete.hang", "what stands on it (1) stands on one then");
	SAYS(impact, "impact.snapshot-delete.rest", "2");
	SAYS(impact, "impact.snapshot.back", "3 of 5 kept (this server); without it 2 of 5");
	assert_string_equal(p->confirm_text, "two");
	plan_free(p);
	args.children = true;
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_int_equal(p->snap->nvictims, 2);
	SAYS(impact, "impact.snapshot-delete.many", "2 snapshots of vm1 are deleted: two, three; ");
	SAYS(impact, "impact.snapshot.back.many", "without them 1 of 5");
	assert_int_equal(p->confirm, CONFIRM_COUNT);
	assert_string_equal(p->confirm_text, "2 vm1");
	assert_non_null(strstr(p->command, "--children"));
	/* One more stands on it now: a victim that nobody was shown. */
	ground_snap(vm_of(1)->id, "by-hand", ground_host(vm_of(1)->id)->list[2].name);
	see(1);
	assert_non_null(strstr(again(&ops, p), "by-hand"));
	plan_free(p);
	args.children = false;
	args.snapshot = "one";
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	SAYS(impact, "impact.snapshot-delete.root", "");
	plan_free(p);
	/* One made outside, whose name is hard to type. */
	ground_unsnap(vm_of(1)->id, "by-hand");
	ground_snap(vm_of(1)->id, "it's one", "");
	args.snapshot = "it's one";
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_int_equal(strlen(p->confirm_text), 6);
	plan_free(p);
	/* They are named in the order of the tree, whatever they are called. */
	ground_snap(vm_of(1)->id, "a later one", "it's one");
	args.children = true;
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	SAYS(impact, "impact.snapshot-delete.many", "are deleted: it's one, a later one; ");
	plan_free(p);
}

/* Its word is one as it is shown, or as it was typed where it was made. */
static void test_word(void **state)
{
	ground_snap(vm_of(1)->id, "a\\x5cb", "");
	args.snapshot = "a\\x5cb";
	struct plan *p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_string_equal(p->snap->host_name, "a\\x5cb");
	plan_free(p);
	args.snapshot = "a\\b";
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_string_equal(p->snap->host_name, "a\\x5cb");
	plan_free(p);
	ground_snap(vm_of(1)->id, "a\\x20 b", "");
	args.snapshot = "a  b";
	p = lets(&ops, VERB_SNAP_DELETE, 1);
	assert_string_equal(p->snap->host_name, "a\\x20 b");
	plan_free(p);
	args.snapshot = "b";
	refuses(&ops, VERB_SNAP_DELETE, 1, "snapshot.none", ERR_NOTFOUND);
}

/* Which stand on it is not told: nobody knows what would go too. */
static void test_too_many(void **state)
{
	snap_take(&ops, 1, "one");
	told(1)->partial = true;
	args.snapshot = "one";
	passes(&ops, VERB_SNAP_DELETE, 1);
	args.children = true;
	refuses(&ops, VERB_SNAP_DELETE, 1, "snapshot.children.many", ERR_UNSUPPORTED);
}

static void test_delete_external(void **state)
{
	struct ground_host *h = ground_host(vm_of(1)->id);

	ground_snap(vm_of(1)->id, "a", "");
	ground_snap(vm_of(1)->id, "b", "a");
	h->list[0].external = h->list[1].external = true;
	args.snapshot = "b";
	passes(&ops, VERB_SNAP_DELETE, 1);
	args.snapshot = "a";
	passes(&ops, VERB_SNAP_DELETE, 1); /* merged into the one that stands on it */
	args.children = true;
	refuses(&ops, VERB_SNAP_DELETE, 1, "snapshot.external.children", ERR_UNSUPPORTED);
	args.children = false;
	ground_snap(vm_of(1)->id, "c", "a")->external = true;
	refuses(&ops, VERB_SNAP_DELETE, 1, "snapshot.external.fork", ERR_UNSUPPORTED);
	told(1)->no_delete_external = "host.snap.delete.old";
	args.snapshot = "b";
	refuses(&ops, VERB_SNAP_DELETE, 1, "host.snap.delete.old", ERR_UNSUPPORTED);
}

/* What is on its way is nobody's to touch. */
static void test_open(void **state)
{
	args.name = "one";
	snap_send(&ops, VERB_SNAP_CREATE, 1, &args);
	ground_order_done(0, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer"));
	ground_flush();
	args.snapshot = "one";
	refuses(&ops, VERB_SNAP_DELETE, 1, "lease.held.unknown", ERR_LEASE);
	struct plan_world own = world;
	own.job = started;
	struct vm *vm = vm_of(1);
	struct plan *p = plan_make(&own, &ops, VERB_SNAP_DELETE, &vm, 1, &args);
	assert_string_equal(p->refused.list[0].msg.id, "snapshot.open");
	plan_free(p);
	ground_snap(vm->id, newest(1)->host_name, "");
	see(1);
	p = plan_make(&own, &ops, VERB_SNAP_DELETE, &vm, 1, &args);
	assert_string_equal(p->refused.list[0].msg.id, "snapshot.open");
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_revert), T(test_pair), T(test_delete), T(test_word), T(test_too_many), T(test_delete_external),
		T(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

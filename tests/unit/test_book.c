/* The book of snapshots: what is counted, for whom, and what hosts' lists and the site file make of it. */
#include "book_help.h"

#include <stdio.h>
#include <string.h>

/* ---- rows ---- */

static void test_marks(void **state)
{
	MARK(1, -1, 0, -1, ""); /* nobody knows, and no limit is set */
	limit_server(1, LIMIT_KEPT, "2");
	MARK(1, -1, 0, 2, "room");
	listed(1, NULL);
	MARK(1, 0, 0, 2, "room");
	struct snapshot *a = reserve(1, "a", "acme", 0);
	MARK(1, 0, 1, 2, "room");
	book_move(book, a, SNAP_SENT, 0, NULL);
	MARK(1, 0, 1, 2, "room");
	book_move(book, a, SNAP_KEPT, 0, NULL);
	MARK(1, 1, 0, 2, "room");
	struct snapshot *b = reserve(1, "b", "acme", 0);
	MARK(1, 1, 1, 2, "full"); /* what is under way takes the room already */
	assert_string_equal(may(1, "acme", 0), "snapshot.kept.full");
	assert_string_equal(may(1, "", 0), ""); /* the provider's own asks for none of it */
	book_move(book, b, SNAP_FAILED, 0, "no");
	MARK(1, 1, 0, 2, "room");
	struct snapshot *c = reserve(1, "c", "acme", 0);
	book_unreserve(book, c);
	MARK(1, 1, 0, 2, "room");
	/* The provider's is there and counts for nothing. */
	kept(1, "ours", "");
	MARK(1, 1, 0, 2, "room");
}

/* ---- hosts' lists ---- */

static void test_lists(void **state)
{
	limit_server(1, LIMIT_KEPT, "5");
	limit_server(1, LIMIT_TAKEN, "5 per day");
	struct snapshot *a = kept(1, "a", "acme"), *b = kept(1, "b", "acme"), *f = reserve(1, "f", "acme", 0);
	book_move(book, f, SNAP_FAILED, 0, "no");
	clock_fake_advance(1000);
	struct snapshot *s = reserve(1, "s", "acme", 0);
	book_move(book, s, SNAP_SENT, 0, NULL);
	clock_fake_advance(1000);
	LINE(1, QUOTA_SERVER, LIMIT_KEPT, 2, 1);
	LINE(1, QUOTA_SERVER, LIMIT_TAKEN, 3, 0);
	/* b is gone, f came late, s stays its job's; two were made outside. */
	listed(1, "x", a->host_name, "tana-unknown", f->host_name, s->host_name, NULL);
	assert_int_equal(book_nmoves, 2);
	assert_int_equal(a->state, SNAP_KEPT);
	assert_int_equal(b->state, SNAP_GONE);
	assert_true(b->ended > 0);
	assert_int_equal(f->state, SNAP_KEPT);
	assert_int_equal(f->ended, 0);
	assert_int_equal(s->state, SNAP_SENT);
	LINE(1, QUOTA_SERVER, LIMIT_KEPT, 4, 1);
	LINE(1, QUOTA_SERVER, LIMIT_TAKEN, 4, 0); /* outside: kept, not taken; b: taken, not kept */
	MARK(1, 4, 1, 5, "full");
	/* The same list again book_moves nothing. */
	clock_fake_advance(1000);
	listed(1, "x", a->host_name, "tana-unknown", f->host_name, s->host_name, NULL);
	assert_int_equal(book_nmoves, 0);
	LINE(1, QUOTA_SERVER, LIMIT_KEPT, 4, 1);
	/* And back again. */
	clock_fake_advance(1000);
	listed(1, b->host_name, s->host_name, NULL);
	LINE(1, QUOTA_SERVER, LIMIT_KEPT, 1, 1);
	LINE(1, QUOTA_SERVER, LIMIT_TAKEN, 4, 0);
}

static void test_old_lists(void **state)
{
	limit_server(1, LIMIT_KEPT, "5");
	listed(1, NULL);
	clock_fake_advance(1000);
	int64_t before = clock_boot_ms();
	struct snapshot *a = reserve(1, "a", "acme", 0);
	book_move(book, a, SNAP_SENT, 0, NULL);
	book_move(book, a, SNAP_KEPT, 0, NULL);
	/* Asked before it was taken, in its very instant, or overtaken: says nothing of it. */
	book_listed(book, vm_of(1), NULL, 0, before - 500, book_moved, NULL);
	assert_int_equal(a->state, SNAP_KEPT);
	book_listed(book, vm_of(1), NULL, 0, before, book_moved, NULL);
	assert_int_equal(a->state, SNAP_KEPT);
	clock_fake_advance(1000);
	listed(1, a->host_name, NULL);
	book_listed(book, vm_of(1), NULL, 0, before + 1, book_moved, NULL);
	assert_int_equal(a->state, SNAP_KEPT);
	clock_fake_advance(1);
	listed(1, NULL);
	assert_int_equal(a->state, SNAP_GONE);
}

/* A name of another VM's row is none of ours. */
static void test_names_of_others(void **state)
{
	limit_server(1, LIMIT_KEPT, "5");
	limit_server(2, LIMIT_KEPT, "5");
	struct snapshot *a = kept(1, "a", "acme");
	listed(2, a->host_name, NULL);
	LINE(1, QUOTA_SERVER, LIMIT_KEPT, 1, 0);
	LINE(2, QUOTA_SERVER, LIMIT_KEPT, 1, 0);
	assert_null(book_of_host(book, vm_of(2)->id, a->host_name));
	assert_ptr_equal(book_of_host(book, vm_of(1)->id, a->host_name), a);
}

/* ---- tenants ---- */

static void test_tenant(void **state)
{
	limit_tenant("acme", LIMIT_KEPT, "3");
	kept(1, "a", "acme");
	kept(1, "ours", "");
	listed(2, "outside", NULL);
	LINE(1, QUOTA_TENANT, LIMIT_KEPT, 2, 0);
	LINE(2, QUOTA_TENANT, LIMIT_KEPT, 2, 0);
	MARK(2, 1, 0, -1, "room");
	struct snapshot *b = reserve(2, "b", "acme", 0);
	MARK(1, 1, 0, -1, "full"); /* the other server's */
	MARK(2, 1, 1, -1, "full");
	assert_string_equal(may(1, "acme", 0), "snapshot.kept.full.tenant");
	book_unreserve(book, b);
	MARK(1, 1, 0, -1, "room");
	/* One server leaves: what was outside goes with it, what it took stays charged to who took it. */
	kept(2, "c", "acme");
	MARK(1, 1, 0, -1, "full");
	struct vm *vm = vm_of(2);
	intern_set(&vm->tenant, "globex");
	registry_changed(reg, KIND_VM, vm, true);
	LINE(1, QUOTA_TENANT, LIMIT_KEPT, 2, 0);
	MARK(1, 1, 0, -1, "room");
	/* And is gone altogether. */
	registry_remove(reg, KIND_VM, vm);
	LINE(1, QUOTA_TENANT, LIMIT_KEPT, 1, 0);
}

/* What was sent to a VM that is gone may still come: it is counted, and settled elsewhere. */
static void test_gone_vm(void **state)
{
	limit_tenant("acme", LIMIT_KEPT, "1");
	struct snapshot *s = reserve(1, "a", "acme", 0);
	book_move(book, s, SNAP_SENT, 0, NULL);
	registry_remove(reg, KIND_VM, vm_of(1));
	LINE(2, QUOTA_TENANT, LIMIT_KEPT, 0, 1);
	MARK(2, -1, 0, -1, "full");
	book_move(book, s, SNAP_FAILED, 0, "gone");
	LINE(2, QUOTA_TENANT, LIMIT_KEPT, 0, 0);
	MARK(2, -1, 0, -1, "room");
}

static void test_last_one(void **state)
{
	limit_tenant("acme", LIMIT_TAKEN, "1 per month");
	limit_tenant("acme", LIMIT_KEPT, "1");
	limit_server(1, LIMIT_KEPT, "1");
	limit_server(1, LIMIT_SPACE, "1 GiB");
	struct snapshot *a = reserve(1, "a", "acme", GIB);
	struct err *e = book_may_take(book, &(struct book_ask){ .vm = vm_of(1), .charged = "acme", .bytes = GIB, .but = a->id });
	assert_null(e); /* who holds it has it */
	assert_string_equal(may(1, "acme", GIB), "snapshot.kept.full");
	assert_string_equal(may(2, "acme", 0), "snapshot.kept.full.tenant");
	limit_tenant("acme", LIMIT_KEPT, "none");
	assert_string_equal(may(2, "acme", 0), "snapshot.taken.full.tenant");
	struct snapshot *b = reserve(2, "b", "acme", 0); /* by force: then neither of them */
	e = book_may_take(book, &(struct book_ask){ .vm = vm_of(1), .charged = "acme", .but = a->id });
	assert_non_null(e);
	err_free(e);
	book_unreserve(book, b);
	book_move(book, a, SNAP_FAILED, 0, "no");
	assert_string_equal(may(2, "acme", 0), ""); /* given back */
}

/* ---- space ---- */

static void saw(int n, uint64_t disks, uint64_t used)
{
	struct host_snaps s = { .disks_known = true, .disk_bytes = disks, .used_bytes = used };

	book_saw(book, vm_of(n), &s);
}

static void test_space(void **state)
{
	limit_server(1, LIMIT_SPACE, "disks");
	assert_int_equal(line(1, QUOTA_SERVER, LIMIT_SPACE).max, -1); /* not known: not enforced, and said so */
	assert_false(line(1, QUOTA_SERVER, LIMIT_SPACE).full);
	listed(1, NULL);
	saw(1, 10 * GIB, 4 * GIB);
	assert_int_equal(line(1, QUOTA_SERVER, LIMIT_SPACE).max, 10 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 0, 0);
	struct snapshot *a = reserve(1, "a", "acme", 4 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 0, 4 * GIB);
	assert_string_equal(may(1, "acme", 6 * GIB), "");
	assert_string_equal(may(1, "acme", 6 * GIB + 1), "snapshot.space.full");
	book_move(book, a, SNAP_SENT, 0, NULL);
	book_move(book, a, SNAP_KEPT, 3 * GIB, NULL);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 3 * GIB, 0);
	/* Its files say more than the rows: that counts. And less: the rows do. */
	saw(1, 10 * GIB, 15 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 5 * GIB, 0);
	saw(1, 10 * GIB, 11 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 3 * GIB, 0);
	/* At work on it, the host does not tell: what it told holds. */
	book_saw(book, vm_of(1), &(struct host_snaps){ .busy = true });
	assert_int_equal(line(1, QUOTA_SERVER, LIMIT_SPACE).max, 10 * GIB);
	/* What the provider's own take is not the tenant's. */
	struct snapshot *p = reserve(1, "p", "", 0);
	book_move(book, p, SNAP_SENT, 0, NULL);
	book_move(book, p, SNAP_KEPT, 2 * GIB, NULL);
	saw(1, 10 * GIB, 16 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 4 * GIB, 0);
	book_move(book, a, SNAP_GONE, 0, NULL);
	saw(1, 10 * GIB, 9 * GIB);
	LINE(1, QUOTA_SERVER, LIMIT_SPACE, 0, 0);
}

static void test_space_of_tenant(void **state)
{
	limit_tenant("acme", LIMIT_SPACE, "30 GiB");
	saw(1, 10 * GIB, 0);
	saw(2, 20 * GIB, 21 * GIB);
	assert_int_equal(line(1, QUOTA_TENANT, LIMIT_SPACE).max, 30 * GIB);
	LINE(1, QUOTA_TENANT, LIMIT_SPACE, GIB, 0);
	assert_string_equal(may(1, "acme", 29 * GIB), "");
	assert_string_equal(may(1, "acme", 29 * GIB + 1), "snapshot.space.full.tenant");
	registry_remove(reg, KIND_VM, vm_of(2));
	LINE(1, QUOTA_TENANT, LIMIT_SPACE, 0, 0);
}

/* ---- the site file, and the start ---- */

static void test_reload(void **state)
{
	kept(1, "a", "acme");
	limit_server(1, LIMIT_KEPT, "1");
	MARK(1, 1, 0, 1, "full");
	limit_server(1, LIMIT_KEPT, "2");
	MARK(1, 1, 0, 2, "room");
	limit_tenant("acme", LIMIT_KEPT, "1");
	MARK(1, 1, 0, 2, "full");
	MARK(2, -1, 0, -1, "full");
	site.nvms = 0;
	memset(tenants[0].limits.of, 0, sizeof tenants[0].limits.of);
	book_site(book, &site);
	MARK(1, 1, 0, -1, "");
	MARK(2, -1, 0, -1, "");
}

/* After a restart rows are all there is, until the host has listed. */
static void test_loaded(void **state)
{
	limit_server(1, LIMIT_KEPT, "2");
	book_load_snapshot(book, &(struct store_snapshot){ .id = "snap:00000000-0000-4000-8000-00000000000a", .vm = vm_of(1)->id,
		.charged = "acme", .state = SNAP_KEPT, .at = clock_wall_s() + 5000 });
	book_load_snapshot(book, &(struct store_snapshot){ .id = "snap:00000000-0000-4000-8000-00000000000b", .vm = vm_of(1)->id,
		.charged = "acme", .state = SNAP_SENT, .at = clock_wall_s() - 50 });
	book_site(book, &site);
	MARK(1, 1, 1, 2, "full");
	/* The clock went back while the broker was away. */
	assert_int_equal(reserve(1, "c", "acme", 0)->at, clock_wall_s() + 5000);
	listed(1, NULL);
	MARK(1, 0, 2, 2, "full");
}

/* The last seen states were lost, and its host is silent: it is not known, and keeps what it kept. */
static void test_not_seen_yet(void **state)
{
	limit_tenant("acme", LIMIT_KEPT, "1");
	book_load_snapshot(book, &(struct store_snapshot){ .id = "snap:00000000-0000-4000-8000-00000000000a", .vm = "vm:far",
		.charged = "acme", .state = SNAP_KEPT, .at = clock_wall_s() });
	book_site(book, &site);
	LINE(1, QUOTA_TENANT, LIMIT_KEPT, 1, 0);
	MARK(1, -1, 0, -1, "full");
}

/* However rows, lists and owners go, the sums are those of a book that was made from the same rows anew. */
static uint32_t seed;

static unsigned dice(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 16) % n;
}

static void test_sums(void **state)
{
	struct snapshot *rows[40];
	size_t n = 0;

	limit_tenant("acme", LIMIT_KEPT, "20");
	limit_tenant("globex", LIMIT_KEPT, "20");
	for (seed = 1; seed < 400; seed += 2) {
		uint32_t keep = seed;
		for (int step = 0; step < 60; step++) {
			int vm = 1 + (int)dice(4);
			struct snapshot *s = n ? rows[dice((unsigned)n)] : NULL;
			clock_fake_advance(10);
			switch (dice(6)) {
			case 0:
				if (n < 40)
					rows[n++] = reserve(vm, "r", dice(3) ? vm_of(vm)->tenant : "", dice(5));
				break;
			case 1:
				if (s)
					book_move(book, s, s->state == SNAP_RESERVED ? SNAP_SENT : s->state == SNAP_SENT ? SNAP_KEPT : s->state, dice(9), NULL);
				break;
			case 2:
				if (s && (s->state == SNAP_SENT || s->state == SNAP_KEPT))
					book_move(book, s, s->state == SNAP_SENT ? SNAP_FAILED : SNAP_GONE, 0, NULL);
				break;
			case 3:
				if (s)
					listed(vm, s->host_name, "outside", NULL);
				break;
			case 4:
				saw(vm, dice(4), dice(9));
				break;
			default:
				intern_set(&vm_of(vm)->tenant, dice(2) ? "acme" : "globex");
				registry_changed(reg, KIND_VM, vm_of(vm), true);
			}
			for (int v = 1; v <= 4; v++) {
				struct quota_line l = line(v, QUOTA_TENANT, LIMIT_KEPT);
				int64_t k = 0, b = 0;
				for (size_t i = 0; i < n; i++) {
					k += rows[i]->state == SNAP_KEPT && strcmp(rows[i]->charged, vm_of(v)->tenant) == 0;
					b += (rows[i]->state == SNAP_RESERVED || rows[i]->state == SNAP_SENT) && strcmp(rows[i]->charged, vm_of(v)->tenant) == 0;
				}
				for (int o = 1; o <= 10; o++)
					if (vm_of(o)->tenant == vm_of(v)->tenant && vm_of(o)->snaps > 0) {
						int64_t own = 0;
						for (size_t i = 0; i < n; i++)
							own += rows[i]->state == SNAP_KEPT && rows[i]->charged[0] && rows[i]->vm == vm_of(o)->id;
						k += vm_of(o)->snaps - own; /* those made outside */
					}
				if (l.used != k || l.busy != b)
					fail_msg("seed %u step %d: %d+%d instead of %d+%d", keep, step, (int)l.used, (int)l.busy, (int)k, (int)b);
			}
		}
		jobs_teardown(state);
		jobs_setup(state);
		limit_tenant("acme", LIMIT_KEPT, "20");
		limit_tenant("globex", LIMIT_KEPT, "20");
		n = 0;
		seed = keep;
	}
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_marks), T(test_lists), T(test_old_lists), T(test_names_of_others), T(test_tenant),
		T(test_gone_vm), T(test_last_one), T(test_space), T(test_space_of_tenant), T(test_reload), T(test_loaded), T(test_not_seen_yet), T(test_sums),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

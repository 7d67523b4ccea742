/* The book of snapshots and time: allowances that return, changes for a time, clocks that are set, what is forgotten. */
#include "book_help.h"

#include <string.h>

static int rows_of(int n)
{
	int count = 0;

	for (const struct snapshot *s = book_rows(book, vm_of(n)->id); s; s = s->next)
		count++;
	return count;
}

static void test_time_never_runs_back(void **state)
{
	int64_t wall = clock_wall_s();

	limit_server(1, LIMIT_TAKEN, "2 per 24 h");
	struct snapshot *a = kept(1, "a", "acme");
	assert_int_equal(a->at, wall);
	/* Yesterday again: the day's allowance does not come back with it. */
	clock_fake(clock_boot_ms(), wall - 86400);
	LINE(1, QUOTA_SERVER, LIMIT_TAKEN, 1, 0);
	struct snapshot *b = kept(1, "b", "acme");
	assert_int_equal(b->at, wall);
	assert_ptr_equal(book_rows(book, vm_of(1)->id), b); /* the newest */
	assert_string_equal(may(1, "acme", 0), "snapshot.taken.full");
	clock_fake(clock_boot_ms(), wall + 86399);
	assert_string_equal(may(1, "acme", 0), "snapshot.taken.full");
	clock_fake(clock_boot_ms(), wall + 86400);
	assert_string_equal(may(1, "acme", 0), "");
}

/* ---- changes for a time, and time ---- */

static int nended;

static void ended(void *ctx, const struct store_limit *l)
{
	assert_string_equal(l->object, vm_of(1)->id);
	nended++;
}

static void test_change(void **state)
{
	int64_t until = clock_wall_s() + 600;

	limit_server(1, LIMIT_KEPT, "1");
	kept(1, "a", "acme");
	MARK(1, 1, 0, 1, "full");
	book_limit_set(book, &(struct store_limit){ .object = vm_of(1)->id, .kind = "kept", .value = "2", .until = until,
		.ref = "T-1", .by = "sato" });
	MARK(1, 1, 0, 2, "room");
	struct quota_line l = line(1, QUOTA_SERVER, LIMIT_KEPT);
	assert_int_equal(l.until, until);
	assert_string_equal(l.ref, "T-1");
	/* The ticket is for staff. */
	json_t *j = book_limits_json(book, &(struct book_ask){ .vm = vm_of(1), .charged = "acme", .but = "" }, false);
	assert_null(json_object_get(json_array_get(j, 0), "ref"));
	json_decref(j);
	book_tick(book, ended, NULL);
	assert_int_equal(nended, 0);
	int64_t at = book_next(book);
	assert_in_range(at - clock_boot_ms(), 590000, 600000);
	clock_fake_advance(at - clock_boot_ms());
	book_tick(book, ended, NULL);
	assert_int_equal(nended, 1);
	MARK(1, 1, 0, 1, "full");
	assert_int_equal(line(1, QUOTA_SERVER, LIMIT_KEPT).until, 0);
	/* Of a tenant; and taken back. */
	book_limit_set(book, &(struct store_limit){ .object = "tenant:acme", .kind = "kept", .value = "1", .until = clock_wall_s() + 600 });
	MARK(2, -1, 0, -1, "full");
	book_limit_drop(book, "tenant:acme", LIMIT_KEPT);
	MARK(2, -1, 0, -1, "");
	/* "none" lifts one altogether. */
	book_limit_set(book, &(struct store_limit){ .object = vm_of(1)->id, .kind = "kept", .value = "none", .until = clock_wall_s() + 600 });
	MARK(1, 1, 0, -1, "");
	assert_int_equal(book_next(book) > clock_boot_ms(), 1);
}

/* A clock that was far ahead left its day behind: what was taken then is of today for years. A change lets it all the same. */
static void test_change_of_stuck_day(void **state)
{
	int64_t wall = clock_wall_s();

	limit_server(1, LIMIT_TAKEN, "1 per day");
	clock_fake(clock_boot_ms(), wall + 3000 * 86400LL);
	kept(1, "a", "acme");
	clock_fake(clock_boot_ms(), wall);
	assert_string_equal(may(1, "acme", 0), "snapshot.taken.full");
	book_limit_set(book, &(struct store_limit){ .object = vm_of(1)->id, .kind = "taken", .value = "3 per day", .until = wall + 600 });
	assert_string_equal(may(1, "acme", 0), "");
	nended = 0;
	book_tick(book, ended, NULL);
	assert_int_equal(nended, 0);
}

static void test_allowance_returns(void **state)
{
	limit_server(1, LIMIT_TAKEN, "1 per 1 h");
	kept(1, "a", "acme");
	MARK(1, 1, 0, -1, "full");
	int64_t at = book_next(book);
	assert_in_range(at - clock_boot_ms(), 3590000, 3600000);
	clock_fake_advance(at - clock_boot_ms() + 1000);
	book_tick(book, NULL, NULL);
	MARK(1, 1, 0, -1, "room");
	assert_int_equal(book_next(book), 0);
}

/* ---- what is forgotten ---- */

/* What the provider took every night goes after a week; what a tenant took counts as long as a period may ask for it. */
static void test_forgotten(void **state)
{
	limit_server(1, LIMIT_TAKEN, "9 per 366 d");
	for (int i = 0; i < 3; i++) {
		book_move(book, kept(1, "night", ""), SNAP_GONE, 0, NULL);
		book_move(book, kept(1, "mine", "acme"), SNAP_GONE, 0, NULL);
	}
	clock_fake_advance(6 * 86400000LL);
	book_move(book, kept(1, "late", ""), SNAP_GONE, 0, NULL);
	assert_int_equal(rows_of(1), 7);
	clock_fake_advance(2 * 86400000LL);
	kept(1, "now", "");
	assert_int_equal(rows_of(1), 5); /* three of the tenant's, the one of two days ago, this */
	LINE(1, QUOTA_SERVER, LIMIT_TAKEN, 3, 0);
	/* At a start neither comes back. */
	book_load_snapshot(book, &(struct store_snapshot){ .id = "snap:00000000-0000-4000-8000-00000000000a", .vm = vm_of(1)->id,
		.state = SNAP_GONE, .at = clock_wall_s() - 9 * 86400, .ended = clock_wall_s() - 8 * 86400 });
	assert_null(book_find(book, "snap:00000000-0000-4000-8000-00000000000a"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, jobs_setup, jobs_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_time_never_runs_back), T(test_change), T(test_change_of_stuck_day), T(test_allowance_returns), T(test_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

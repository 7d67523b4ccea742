/* The arithmetic of limits against a naive one: days come from the C library's calendar, counts from looking at every row. */
#include "safety/quota.h"
#include "safety/calendar.h"
#include "test_days_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MANY 64

static struct limit at_most(int64_t max)
{
	return (struct limit){.set = LIMIT_MAX, .max = max};
}

static struct limit taken(int64_t max, enum limit_period p, int rolling_s)
{
	return (struct limit){.set = LIMIT_MAX, .max = max, .period = p, .rolling_s = rolling_s};
}

static struct limits only(enum limit_kind k, struct limit l)
{
	struct limits out = {0};

	out.of[k] = l;
	return out;
}

/* One line of one scope. */
static struct quota_line one(enum limit_kind k, struct limit l, const struct quota_use *u, int64_t now, const char *zone,
	uint64_t needed)
{
	struct limits set = only(k, l);
	struct quota q = {0};

	quota_add(&q, QUOTA_SERVER, &set, u, now, zone, needed);
	assert_int_equal(q.n, 1);
	assert_int_equal(q.lines[0].kind, k);
	assert_string_equal(q.lines[0].ref, "");
	assert_int_equal(q.lines[0].until, 0);
	return q.lines[0];
}

/* ---- the naive oracle ---- */

/* Does the one taken at t still count at x? */
static bool counts(const struct limit *l, const struct test_zone *z, int64_t t, int64_t x)
{
	size_t a, b;

	if (l->period == PERIOD_ROLLING)
		return x - t < l->rolling_s;
	a = test_day_of(z, t);
	b = test_day_of(z, x);
	if (l->period == PERIOD_DAY)
		return a >= b;
	return z->days[a].year * 12 + z->days[a].month >= z->days[b].year * 12 + z->days[b].month;
}

static int64_t count_at(const struct limit *l, const struct test_zone *z, const struct quota_use *u, int64_t x)
{
	int64_t n = 0;

	for (size_t i = 0; i < u->ntaken; i++)
		n += counts(l, z, u->taken[i], x);
	return n;
}

/* The first moment from now on at which fewer than max count: only the end of a day, or one's own age, takes one away. */
static int64_t first_free(const struct limit *l, const struct test_zone *z, const struct quota_use *u, int64_t now)
{
	if (l->period != PERIOD_ROLLING) {
		for (size_t d = test_day_of(z, now) + 1; d < z->n; d++)
			if (count_at(l, z, u, z->days[d].start) < l->max)
				return z->days[d].start;
		return -1;
	}
	int64_t best = -1;
	for (size_t i = 0; i < u->ntaken; i++) {
		int64_t x = u->taken[i] + l->rolling_s;
		if (x > now && count_at(l, z, u, x) < l->max && (best < 0 || x < best))
			best = x;
	}
	return best;
}

/* ---- random cases ---- */

static struct limit random_period(void)
{
	static const int windows[] = {60, 3600, 86400, 90000, 7 * 86400, 30 * 86400};
	int64_t max = test_random(8) ? (int64_t)test_random(6) : (int64_t)test_random(MANY);

	switch (test_random(3)) {
	case 0:
		return taken(max, PERIOD_DAY, 0);
	case 1:
		return taken(max, PERIOD_MONTH, 0);
	default:
		return taken(max, PERIOD_ROLLING, windows[test_random(6)]);
	}
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* A moment near where something happens: the turn of a day, and an hour to both sides of it, or anywhere. */
static int64_t random_moment(const struct test_zone *z, size_t day)
{
	int64_t start = z->days[day].start;

	switch (test_random(4)) {
	case 0:
		return start + (int64_t)test_random(3) - 1;
	case 1:
		return start + (int64_t)test_random(7200) - 3600;
	default:
		return start + (int64_t)test_random(86400);
	}
}

/* Rows up to some weeks before now, some together, some after it (a clock that was set back). */
static size_t random_taken(const struct test_zone *z, size_t day, int64_t now, int64_t *out)
{
	size_t n = test_random(4) ? test_random(9) : test_random(MANY + 1);
	uint64_t back = 1 + test_random(test_random(2) ? 3 : 35);

	for (size_t i = 0; i < n; i++) {
		out[i] = random_moment(z, day - test_random(back));
		if (i && !test_random(6))
			out[i] = out[i - 1];
		if (out[i] > now && test_random(10))
			out[i] = now - (int64_t)test_random(100);
	}
	qsort(out, n, sizeof *out, by_time);
	return n;
}

static void test_taken(void **state)
{
	int cases = test_cases(20000), full = 0, never = 0;

	for (int i = 0; i < cases; i++) {
		const struct test_zone *z = &test_zones[test_random(test_nzones)];
		size_t day = 40 + test_random(z->n - 120);
		int64_t when[MANY], now = random_moment(z, day);
		struct quota_use u = {.taken = when, .ntaken = random_taken(z, day, now, when)};
		struct limit l = random_period();
		struct quota_line line = one(LIMIT_TAKEN, l, &u, now, z->name, 0);
		int64_t want = count_at(&l, z, &u, now);

		if (line.used != want)
			fail_msg("case %d, %s at %lld: used %lld, naive %lld", i, z->name, (long long)now, (long long)line.used,
				(long long)want);
		assert_true(line.used >= 0 && line.busy == 0 && line.needed == 1 && line.max == l.max);
		assert_int_equal(line.full, want + 1 > l.max);
		if (!line.full || !l.max) {
			assert_int_equal(line.next, 0);
			never += line.full;
			continue;
		}
		full++;
		int64_t next = first_free(&l, z, &u, now);
		if (line.next != next)
			fail_msg("case %d, %s at %lld, period %d of %d s: next %lld, naive %lld", i, z->name, (long long)now,
				l.period, l.rolling_s, (long long)line.next, (long long)next);
		/* by its own word too: a second earlier it is full, then it is not */
		assert_true(next > now);
		assert_true(one(LIMIT_TAKEN, l, &u, next - 1, z->name, 0).full);
		assert_false(one(LIMIT_TAKEN, l, &u, next, z->name, 0).full);
	}
	print_message("%d cases, %d full, %d with none allowed\n", cases, full, never);
	assert_true(full > cases / 10 && never > cases / 100);
}

static void test_kept(void **state)
{
	for (int i = 0; i < test_cases(20000); i++) {
		int64_t max = test_random(3) ? (int64_t)test_random(6) : (int64_t)test_random(100001);
		struct quota_use u = {.kept = (int64_t)test_random((uint64_t)max + 4), .busy = (int64_t)test_random(4)};
		struct quota_line l = one(LIMIT_KEPT, at_most(max), &u, 1, "", 5);
		assert_int_equal(l.full, u.kept + u.busy + 1 > max);
		assert_int_equal(l.used, u.kept);
		assert_int_equal(l.busy, u.busy);
		assert_int_equal(l.max, max);
		assert_int_equal(l.needed, 1);
		assert_int_equal(l.next, 0);
	}
	struct quota_use odd = {.kept = -3, .busy = -1};
	struct quota_line l = one(LIMIT_KEPT, at_most(0), &odd, 1, "", 0);
	assert_true(l.used == 0 && l.busy == 0 && l.full);
	odd = (struct quota_use){.kept = INT64_MAX, .busy = INT64_MAX};
	assert_true(one(LIMIT_KEPT, at_most(100000), &odd, 1, "", 0).full);
}

static uint64_t some_bytes(void)
{
	return test_random(20) ? test_random(40) << 30 : test_random(4) ? test_random(3) : UINT64_MAX - test_random(3);
}

static void test_space(void **state)
{
	for (int i = 0; i < test_cases(20000); i++) {
		struct quota_use u = {.space = some_bytes(), .space_busy = some_bytes(), .space_known = test_random(2),
			.disks = some_bytes()};
		uint64_t needed = some_bytes();
		struct limit l = test_random(2) ? at_most((int64_t)test_random(100) << 30)
						: (struct limit){.set = LIMIT_DISKS};
		struct quota_line line = one(LIMIT_SPACE, l, &u, 1, "", needed);
		/* in floating point there is no overflow, and whole GiB are exact */
		long double max = l.set == LIMIT_MAX ? (long double)l.max : u.disks > INT64_MAX ? (long double)INT64_MAX : (long double)u.disks;
		long double sum = (long double)u.space + (long double)u.space_busy + (needed ? (long double)needed : 1.0L);
		assert_true(line.used >= 0 && line.busy >= 0 && line.needed >= 0);
		assert_int_equal(line.next, 0);
		if (l.set == LIMIT_DISKS && !u.disks) {
			assert_int_equal(line.max, -1); /* said, not enforced */
			assert_false(line.full);
		} else if (max < (long double)INT64_MAX) {
			assert_int_equal(line.full, sum > max);
		}
	}
	struct quota_use u = {.space = 10, .disks = 10};
	assert_true(one(LIMIT_SPACE, (struct limit){.set = LIMIT_DISKS}, &u, 1, "", 0).full);
	u.space = 9;
	assert_false(one(LIMIT_SPACE, (struct limit){.set = LIMIT_DISKS}, &u, 1, "", 0).full);
	assert_false(one(LIMIT_SPACE, (struct limit){.set = LIMIT_DISKS}, &u, 1, "", 1).full);
	assert_true(one(LIMIT_SPACE, (struct limit){.set = LIMIT_DISKS}, &u, 1, "", 2).full);
}

/* ---- whole histories ---- */

struct world {
	int64_t taken[512];
	uint64_t under_way[8]; /* bytes of the busy ones */
	struct quota_use use;
	struct limits limits;
};

static struct limits random_limits(void)
{
	struct limits l = {0};

	if (test_random(4))
		l.of[LIMIT_KEPT] = at_most((int64_t)test_random(6));
	if (test_random(4))
		l.of[LIMIT_TAKEN] = random_period();
	if (test_random(4))
		l.of[LIMIT_SPACE] = test_random(2) ? at_most((int64_t)test_random(200)) : (struct limit){.set = LIMIT_DISKS};
	return l;
}

static void check_world(const struct world *w, const struct test_zone *z, int64_t now)
{
	const struct limit *l = w->limits.of;

	if (l[LIMIT_KEPT].set)
		assert_true(w->use.kept + w->use.busy <= l[LIMIT_KEPT].max);
	if (l[LIMIT_TAKEN].set)
		assert_true(count_at(&l[LIMIT_TAKEN], z, &w->use, now) <= l[LIMIT_TAKEN].max);
	if (l[LIMIT_SPACE].set)
		assert_true(w->use.space + w->use.space_busy <=
			    (l[LIMIT_SPACE].set == LIMIT_DISKS ? w->use.disks : (uint64_t)l[LIMIT_SPACE].max));
}

static void world_take(struct world *w, int64_t now, uint64_t bytes)
{
	w->under_way[w->use.busy++] = bytes;
	w->use.space_busy += bytes;
	w->taken[w->use.ntaken++] = now;
}

/* The newest under way ends: it is kept, or it failed and gives its use back. */
static void world_settle(struct world *w, bool done)
{
	uint64_t bytes = w->under_way[--w->use.busy];

	w->use.space_busy -= bytes;
	if (done) {
		w->use.kept++;
		w->use.space += bytes;
	} else {
		w->use.ntaken--; /* no other was taken since */
	}
}

static void world_delete(struct world *w)
{
	w->use.space -= w->use.space / (uint64_t)w->use.kept;
	w->use.kept--;
}

/* Weeks of a server and of its tenant: whoever takes one only where quota says so never breaks a limit; failures give their use
 * back, deletions make room but not in the period's count. */
static void test_histories(void **state)
{
	int histories = test_cases(300);
	long took = 0, refused = 0;

	for (int h = 0; h < histories; h++) {
		const struct test_zone *z = &test_zones[test_random(test_nzones)];
		struct world w[2] = {0};
		int64_t now = z->days[40 + test_random(z->n - 200)].start;
		for (int i = 0; i < 2; i++) {
			w[i].limits = random_limits();
			w[i].use.taken = w[i].taken;
			w[i].use.disks = 100;
		}
		for (int step = 0; step < 400; step++) {
			struct quota q = {0};
			uint64_t bytes = 1 + test_random(30);
			now += (int64_t)test_random(test_random(3) ? 7200 : 90000);
			quota_add(&q, QUOTA_SERVER, &w[0].limits, &w[0].use, now, z->name, bytes);
			quota_add(&q, QUOTA_TENANT, &w[1].limits, &w[1].use, now, z->name, bytes);
			for (size_t i = 0; i < q.n; i++)
				assert_true(q.lines[i].used >= 0 && q.lines[i].busy >= 0);
			if (!quota_full(&q)) {
				world_take(&w[0], now, bytes);
				world_take(&w[1], now, bytes);
				took++;
			} else {
				refused++;
			}
			for (int i = 0; i < 2; i++)
				check_world(&w[i], z, now);
			/* most are settled at once, some stay under way (not known), at most as many as fit */
			bool settle = w[0].use.busy && (w[0].use.busy == 8 || test_random(3)), done = test_random(4);
			bool gone = w[0].use.kept && !test_random(3);
			done = done || !w[0].use.ntaken || w[0].taken[w[0].use.ntaken - 1] != now;
			for (int i = 0; i < 2; i++) {
				if (settle)
					world_settle(&w[i], done);
				if (gone)
					world_delete(&w[i]);
			}
		}
	}
	print_message("%d histories: %ld taken, %ld refused\n", histories, took, refused);
	assert_true(took > 1000 && refused > 1000);
}

/* ---- the choice among lines ---- */

static struct quota_line *find(struct quota *q, enum limit_kind k, enum quota_scope s)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->lines[i].kind == k && q->lines[i].scope == s)
			return &q->lines[i];
	return NULL;
}

static void test_choice(void **state)
{
	for (int i = 0; i < test_cases(20000); i++) {
		struct quota q = {0};
		int64_t when[MANY], now = 1776000000;
		const struct test_zone *z = &test_zones[1];
		struct limits l[2] = {random_limits(), random_limits()};
		struct quota_use u[2] = {0};
		const struct quota_line *first = NULL, *got;

		for (int s = 0; s < 2; s++) {
			u[s] = (struct quota_use){.kept = (int64_t)test_random(6), .busy = (int64_t)test_random(2), .taken = when,
				.space = test_random(200), .disks = test_random(200)};
		}
		u[0].ntaken = u[1].ntaken = random_taken(z, test_day_of(z, now), now, when);
		quota_add(&q, QUOTA_SERVER, &l[0], &u[0], now, z->name, 1);
		quota_add(&q, QUOTA_TENANT, &l[1], &u[1], now, z->name, 1);
		size_t n = 0;
		for (int s = 0; s < 2; s++)
			for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
				n += l[s].of[k].set != LIMIT_UNSAID;
				assert_int_equal(find(&q, (enum limit_kind)k, (enum quota_scope)s) != NULL,
					l[s].of[k].set != LIMIT_UNSAID);
			}
		assert_int_equal(q.n, n);
		for (int k = 0; k < LIMIT_KIND_COUNT; k++)
			for (int s = 0; s < 2; s++) {
				const struct quota_line *x = find(&q, (enum limit_kind)k, (enum quota_scope)s);
				if (!first && x && x->full)
					first = x;
			}
		assert_ptr_equal(quota_full(&q), first);
		for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
			const struct quota_line *a = find(&q, (enum limit_kind)k, QUOTA_SERVER),
						*b = find(&q, (enum limit_kind)k, QUOTA_TENANT);
			got = quota_tightest(&q, (enum limit_kind)k);
			if (!a || !b) {
				assert_ptr_equal(got, a ? a : b);
				continue;
			}
			int64_t x = a->max < 0 ? INT64_MAX : a->max - a->used - a->busy,
				y = b->max < 0 ? INT64_MAX : b->max - b->used - b->busy;
			if (x != y)
				assert_ptr_equal(got, x < y ? a : b);
			else if (a->next != b->next) /* never, then later */
				assert_ptr_equal(got, !a->next ? a : !b->next ? b : a->next > b->next ? a : b);
			else
				assert_ptr_equal(got, a);
		}
	}
	struct quota none = {0};
	struct limits said = {.of = {{.set = LIMIT_NONE}, {.set = LIMIT_NONE}, {.set = LIMIT_NONE}}};
	struct quota_use u = {.kept = 7};
	quota_add(&none, QUOTA_SERVER, &said, &u, 1, "", 0);
	assert_int_equal(none.n, 0);
	assert_null(quota_full(&none));
	assert_null(quota_tightest(&none, LIMIT_KEPT));
}

/* Figures one can do in one's head. */
static void test_known(void **state)
{
	int64_t when[] = {1541210400, 1541296800, 1541300399, 1541300400}; /* one on 2 November, two on the 3rd, one on the 4th */
	int64_t day = calendar_day("America/Sao_Paulo", 1541350000, 0), next;
	struct quota_use u = {.taken = when, .ntaken = 4};

	assert_int_equal(day, 1541300400); /* 4 November 2018 began at one o'clock */
	struct quota_line l = one(LIMIT_TAKEN, taken(1, PERIOD_DAY, 0), &u, 1541350000, "America/Sao_Paulo", 0);
	assert_int_equal(l.used, 1);
	assert_true(l.full);
	next = 1541300400 + 23 * 3600; /* a day of 23 hours */
	assert_int_equal(l.next, next);
	l = one(LIMIT_TAKEN, taken(2, PERIOD_DAY, 0), &u, 1541300399, "America/Sao_Paulo", 0);
	assert_int_equal(l.used, 3); /* the one of the future too */
	assert_int_equal(l.next, 1541300400);
	/* lowered below what is used: two must leave the window */
	int64_t five[] = {1000, 2000, 3000, 4000, 5000};
	u = (struct quota_use){.taken = five, .ntaken = 5};
	l = one(LIMIT_TAKEN, taken(2, PERIOD_ROLLING, 86400), &u, 6000, "", 0);
	assert_int_equal(l.used, 5);
	assert_int_equal(l.next, 4000 + 86400);
	l = one(LIMIT_TAKEN, taken(5, PERIOD_ROLLING, 86400), &u, 6000, "", 0);
	assert_int_equal(l.next, 1000 + 86400);
	assert_false(one(LIMIT_TAKEN, taken(5, PERIOD_ROLLING, 86400), &u, 1000 + 86400, "", 0).full);
	assert_true(one(LIMIT_TAKEN, taken(5, PERIOD_ROLLING, 86400), &u, 1000 + 86400 - 1, "", 0).full);
	/* none allowed: no time will bring one */
	l = one(LIMIT_TAKEN, taken(0, PERIOD_MONTH, 0), &u, 6000, "", 0);
	assert_true(l.full && !l.next);
	u = (struct quota_use){0};
	l = one(LIMIT_TAKEN, taken(0, PERIOD_DAY, 0), &u, 6000, "", 0);
	assert_true(l.full && !l.next && !l.used);
}

static int setup(void **state)
{
	test_zones_make();
	return 0;
}

static int teardown(void **state)
{
	test_zones_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken), cmocka_unit_test(test_kept), cmocka_unit_test(test_space),
		cmocka_unit_test(test_histories), cmocka_unit_test(test_choice), cmocka_unit_test(test_known)};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* What a wall is made of: large letters of one width in every row, what changed in the last minutes, counts kept by difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "term/bigtext.h"
#include "common/clock.h"
#include "common/text.h"
#include "wall/wall_count.h"
#include "wall/wall_ring.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void test_letters(void **state)
{
	static const char every[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.,:/+_!?()", digits[] = "0123456789-+/";
	char row[4096];

	for (int t = TIER_FULL; t <= TIER_ASCII; t++)
		for (int b = BIG_DIGITS; b <= BIG_HUGE; b++) {
			const char *text = b == BIG_TEXT || b == BIG_HUGE ? every : digits;

			assert_true(big_width((enum big)b, (enum tier)t, text) > 0);
			for (int i = 0; i < big_rows((enum big)b, (enum tier)t); i++) {
				big_row((enum big)b, (enum tier)t, text, i, row, sizeof row);
				assert_int_equal(text_width(row), big_width((enum big)b, (enum tier)t, text));
				for (const char *p = row; t == TIER_ASCII && *p; p++)
					assert_true((unsigned char)*p < 0x80);
			}
		}
	assert_int_equal(big_width(BIG_TEXT, TIER_FULL, "a2-13"), big_width(BIG_TEXT, TIER_FULL, "A2-13"));
	assert_int_equal(big_width(BIG_TEXT, TIER_FULL, "顧客"), 0); /* it is written small */
	assert_int_equal(big_width(BIG_TEXT, TIER_FULL, ""), 0);
	assert_int_equal(big_width(BIG_DIGITS, TIER_FULL, "12"), 7);
	assert_int_equal(big_rows(BIG_DIGITS, TIER_ASCII), 3);
	big_row(BIG_DIGITS, TIER_FULL, "0", 0, row, sizeof row);
	assert_string_equal(row, "█▀█");
	big_row(BIG_DIGITS, TIER_ASCII, "0", 2, row, sizeof row);
	assert_string_equal(row, "|_|");
	big_row(BIG_HUGE, TIER_FULL, "-I", 3, row, sizeof row);
	assert_string_equal(row, "████████    ██  ");
	big_row(BIG_TEXT, TIER_FULL, every, 0, row, 10); /* cut, never beyond */
	assert_true(strlen(row) < 10);
}

/* No two letters look alike. */
static void test_letters_differ(void **state)
{
	static const char every[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -.,:/+_!?()";
	static char pictures[64][7][32];
	size_t n = strlen(every);

	for (size_t i = 0; i < n; i++) {
		char one[2] = {every[i], '\0'};

		for (int r = 0; r < 7; r++)
			big_row(BIG_TEXT, TIER_ASCII, one, r, pictures[i][r], sizeof pictures[i][r]);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (memcmp(pictures[i], pictures[j], sizeof pictures[i]) == 0)
				fail_msg("%c and %c look alike", every[i], every[j]);
}

static void test_ring(void **state)
{
	struct wall_ring r = {0};
	int minutes;

	assert_int_equal(wall_ring_delta(&r, 1000, WALL_OFF, 7, &minutes), 0);
	assert_int_equal(minutes, 0);
	wall_ring_add(&r, 1000, (int64_t[]){10, 100, 5});
	assert_int_equal(wall_ring_delta(&r, 2000, WALL_OFF, 7, &minutes), 2);
	assert_int_equal(minutes, 1);
	for (int i = 1; i <= 1000; i++) /* eight hours, in which one VM goes off with each sample */
		wall_ring_add(&r, 1000 + i * WALL_SAMPLE_MS, (int64_t[]){10, 100 - i, 5 + i});
	assert_int_equal(wall_ring_delta(&r, 1000 + INT64_C(1000) * WALL_SAMPLE_MS, WALL_OFF, 1005, &minutes), WALL_LATELY_MS / WALL_SAMPLE_MS);
	assert_int_equal(minutes, 10);
	assert_int_equal(wall_ring_delta(&r, 1000 + INT64_C(1000) * WALL_SAMPLE_MS, WALL_LIVE, 10, &minutes), 0);
	/* What is older says nothing. */
	assert_int_equal(wall_ring_delta(&r, 1000 + INT64_C(1000) * WALL_SAMPLE_MS + WALL_LATELY_MS + 1, WALL_OFF, 1005, &minutes), 0);
	assert_int_equal(minutes, 0);
}

static struct blade *blade(struct registry *r, const char *name, const char *rack, enum host_state host, int vms, int running)
{
	struct blade *b = object_new(KIND_BLADE);
	char id[32];

	snprintf(id, sizeof id, "blade:%s", name);
	intern_set(&b->id, id);
	intern_set(&b->name, name);
	intern_set(&b->rack, rack);
	b->host = host;
	b->power = POWER_ON;
	b->power_live = true;
	b->vms = vms;
	b->running = running;
	registry_add(r, KIND_BLADE, b);
	return b;
}

static void turn(struct registry *r, struct blade *b, enum host_state host)
{
	b->host = host;
	intern_set(&b->why, host == HOST_BACKOFF ? "no answer" : "");
	registry_changed(r, KIND_BLADE, b, false);
}

static void test_counts(void **state)
{
	struct registry *r = registry_new();
	const char *const racks[] = {"A"};
	struct wall_count *all = wall_count_new(r, NULL, 0), *some = wall_count_new(r, racks, 1);
	struct blade *a = blade(r, "a1", "A", HOST_UP, 8, 6), *b = blade(r, "b1", "B", HOST_UP, 4, 4), *c = blade(r, "a2", "A", HOST_NONE, 0, 0);
	uint32_t slot = registry_slot(r, KIND_BLADE, a);

	clock_fake(1000000, 1795222333);
	wall_count_synced(all);
	wall_count_synced(some);
	assert_int_equal(wall_counts(all)->hosts, 2);
	assert_int_equal(wall_counts(all)->running, 10);
	assert_int_equal(wall_counts(all)->off, 2);
	assert_int_equal(wall_counts(some)->hosts, 1);
	assert_int_equal(wall_counts(some)->running, 6);
	assert_false(wall_count_lately(all, slot)); /* it was so when the wall came */
	/* Lost, on its way, back: two changes worth a mark, and what is on its way counts as neither. */
	turn(r, a, HOST_BACKOFF);
	assert_int_equal(wall_counts(all)->live, 1);
	assert_int_equal(wall_counts(all)->running, 4);
	assert_true(wall_count_lately(all, slot));
	clock_fake_advance(WALL_LATELY_MS + 1);
	assert_false(wall_count_lately(all, slot));
	turn(r, a, HOST_UP);
	assert_true(wall_count_lately(all, slot));
	clock_fake_advance(WALL_LATELY_MS + 1);
	/* The broker is lost and comes back: what it says meanwhile is no news. */
	wall_count_hold(all);
	turn(r, a, HOST_STALE);
	assert_int_equal(wall_counts(all)->live, 2);
	turn(r, a, HOST_UP);
	wall_count_synced(all);
	assert_false(wall_count_lately(all, slot));
	registry_remove(r, KIND_BLADE, b);
	registry_remove(r, KIND_BLADE, c);
	assert_int_equal(wall_counts(all)->hosts, 1);
	assert_int_equal(wall_counts(all)->running, 6);
	clock_real();
	wall_count_free(all);
	wall_count_free(some);
	registry_free(r);
}

static struct alert *alert(struct registry *r, const char *id, const char *level, const char *rack)
{
	struct alert *a = object_new(KIND_ALERT);

	intern_set(&a->id, id);
	intern_set(&a->level, level);
	intern_set(&a->state, "new");
	intern_set(&a->rack, rack);
	registry_add(r, KIND_ALERT, a);
	return a;
}

/* One ring for each thing that hurts; none for what stood there at the start, for a warning, or for the same again. */
static void test_bell(void **state)
{
	struct registry *r = registry_new();
	const char *const racks[] = {"A"};
	struct wall_count *all = wall_count_new(r, NULL, 0), *some = wall_count_new(r, racks, 1);
	struct alert *a;

	alert(r, "alert:00000001", "alert", "A");
	wall_count_synced(all);
	wall_count_synced(some);
	assert_int_equal(wall_counts(all)->came, 0);
	a = alert(r, "alert:00000002", "alert", "B");
	assert_int_equal(wall_counts(all)->came, 1);
	assert_int_equal(wall_counts(some)->came, 0);
	a->changes = 3;
	registry_changed(r, KIND_ALERT, a, false);
	alert(r, "alert:00000003", "warning", "A");
	assert_int_equal(wall_counts(all)->came, 1);
	intern_set(&a->state, "cleared");
	registry_changed(r, KIND_ALERT, a, false);
	intern_set(&a->state, "new");
	registry_changed(r, KIND_ALERT, a, false);
	assert_int_equal(wall_counts(all)->came, 2);
	wall_count_free(all);
	wall_count_free(some);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters), cmocka_unit_test(test_letters_differ), cmocka_unit_test(test_ring), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_bell),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Votes of a cluster: only what is confirmed counts as there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "safety/quorum.h"

static void test_votes(void **state)
{
	static const struct {
		enum host_state host;
		enum manager_state manager;
		bool power_live;
		enum power_state power;
		const char *fitted;
		enum vote vote;
	} table[] = {
		{ HOST_UP, MANAGER_UP, true, POWER_ON, "yes", VOTE_SURE },
		{ HOST_UP, MANAGER_NONE, false, POWER_UNKNOWN, "", VOTE_SURE },
		{ HOST_UP, MANAGER_SILENT, false, POWER_ON, "yes", VOTE_SURE },
		/* The two contradict each other, or one of them does not tell. */
		{ HOST_UP, MANAGER_UP, true, POWER_OFF, "yes", VOTE_UNKNOWN },
		{ HOST_UP, MANAGER_UP, true, POWER_STOPPING, "yes", VOTE_UNKNOWN },
		{ HOST_UP, MANAGER_UP, false, POWER_ON, "yes", VOTE_UNKNOWN },
		{ HOST_STALE, MANAGER_UP, true, POWER_ON, "yes", VOTE_UNKNOWN },
		{ HOST_BACKOFF, MANAGER_UP, true, POWER_ON, "yes", VOTE_UNKNOWN },
		{ HOST_BACKOFF, MANAGER_SILENT, false, POWER_OFF, "yes", VOTE_UNKNOWN }, /* was off when last seen */
		{ HOST_BACKOFF, MANAGER_UP, false, POWER_OFF, "yes", VOTE_UNKNOWN },
		{ HOST_CONNECTING, MANAGER_NONE, false, POWER_UNKNOWN, "", VOTE_UNKNOWN },
		{ HOST_DOWN, MANAGER_UP, true, POWER_OFF, "yes", VOTE_DOWN },
		{ HOST_BACKOFF, MANAGER_UP, true, POWER_UNKNOWN, "no", VOTE_DOWN },
		{ HOST_BACKOFF, MANAGER_SILENT, false, POWER_UNKNOWN, "no", VOTE_UNKNOWN },
	};
	struct blade *b = object_new(KIND_BLADE);

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		b->host = table[i].host;
		b->manager = table[i].manager;
		b->power_live = table[i].power_live;
		b->power = table[i].power;
		intern_set(&b->fitted, table[i].fitted);
		if (quorum_vote(b) != table[i].vote)
			fail_msg("row %zu: %d", i, (int)quorum_vote(b));
	}
	object_free(KIND_BLADE, b);
}

static struct quorum votes(unsigned sure, unsigned unknown, unsigned down, int configured)
{
	struct quorum q = { 0 };

	while (sure--)
		quorum_count(&q, VOTE_SURE);
	while (unknown--)
		quorum_count(&q, VOTE_UNKNOWN);
	while (down--)
		quorum_count(&q, VOTE_DOWN);
	quorum_need(&q, configured);
	return q;
}

static void test_needed(void **state)
{
	assert_int_equal(votes(7, 0, 0, 0).needed, 4);
	assert_int_equal(votes(4, 2, 2, 0).needed, 5);
	assert_int_equal(votes(1, 0, 1, 0).needed, 2);
	assert_int_equal(votes(1, 0, 0, 0).needed, 1);
	assert_int_equal(votes(8, 0, 0, 6).needed, 6);
}

static void test_changes(void **state)
{
	static const struct { unsigned before[3], after[3]; int needed; enum quorum_change change; } table[] = {
		{ { 7, 1, 0 }, { 6, 1, 1 }, 5, QUORUM_KEPT },
		{ { 6, 0, 2 }, { 5, 0, 3 }, 5, QUORUM_KEPT },
		{ { 5, 1, 2 }, { 4, 1, 3 }, 5, QUORUM_MAY_LOSE },
		{ { 5, 0, 3 }, { 4, 0, 4 }, 5, QUORUM_LOST },
		{ { 4, 4, 0 }, { 3, 4, 1 }, 5, QUORUM_GONE },
		{ { 4, 0, 4 }, { 4, 0, 4 }, 5, QUORUM_GONE },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct quorum before = votes(table[i].before[0], table[i].before[1], table[i].before[2], table[i].needed);
		struct quorum after = votes(table[i].after[0], table[i].after[1], table[i].after[2], table[i].needed);
		if (quorum_change(&before, &after) != table[i].change)
			fail_msg("row %zu: %d", i, (int)quorum_change(&before, &after));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_votes), cmocka_unit_test(test_needed), cmocka_unit_test(test_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

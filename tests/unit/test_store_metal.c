/* What is kept of the metal: which blade stands in which place (ledger.db), and what managers said last (cache.db), over
 * starts, and in a cache of the version before. */
#include "test_store_help.h"

#include <stdlib.h>
#include <string.h>

static void reopen(struct place *p)
{
	place_close(p);
	place_open(p);
}

static void assert_loads(struct place *p, const char *text)
{
	struct loaded l;

	loaded_read(p, &l);
	assert_string_equal(l.text.data, text);
	loaded_free(&l);
}

static void pairs_stay(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);

	store_put_pair(tx, &(struct store_pair){"a2-13", "A2/13", "CZJ1", "CZJ1", "u1", "", 1000});
	store_put_pair(tx, &(struct store_pair){"a2-14", "A2/14", "", NULL, "u2", "sato", 1001});
	commit_ok(p, tx);
	reopen(p);
	assert_loads(p, "pair a2-13 A2/13 CZJ1 CZJ1 u1  1000\npair a2-14 A2/14   u2 sato 1001\n");
	/* another blade stands there: one pair for each */
	tx = store_begin(p->store);
	store_put_pair(tx, &(struct store_pair){"a2-13", "A2/12", "CZJ9", "CZJ8", "u9", "mori", 1002});
	commit_ok(p, tx);
	reopen(p);
	assert_loads(p, "pair a2-13 A2/12 CZJ9 CZJ8 u9 mori 1002\npair a2-14 A2/14   u2 sato 1001\n");
}

static void without_a_name(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);

	store_put_pair(tx, &(struct store_pair){"a2-13", "A2/13", "CZJ1", "CZJ1", "u1", "", 1000});
	store_put_pair(tx, &(struct store_pair){"", "A2/14", "CZJ1", "CZJ1", "u1", "", 1000});
	assert_error(commit_wait(p, tx), "store.write");
	assert_loads(p, "");
}

static struct blade metal(const char *name)
{
	return (struct blade){.name = name, .driver = "qemu", .host_uuid = "u", .seen = 5, .power = POWER_OFF, .power_seen = 1795222333,
		.power_since = 1795222000, .health = HEALTH_WARNING, .fitted = "yes", .named = "web7", .bay_model = "BL460c Gen9",
		.bay_serial = "CZJ1", .firmware = "I36"};
}

static void what_managers_said(void **state)
{
	struct place *p = *state;
	struct blade b = metal("a2-13");

	store_cache_host(p->store, &b, NULL, 0);
	reopen(p);
	assert_loads(p, "host a2-13 qemu   u   0 0 5\nmetal a2-13 off 1795222333 1795222000 warning yes web7 BL460c Gen9 CZJ1 I36\n");
	b.power = POWER_STARTING;
	b.named = "";
	store_cache_host(p->store, &b, NULL, 0);
	reopen(p);
	assert_loads(p, "host a2-13 qemu   u   0 0 5\nmetal a2-13 starting 1795222333 1795222000 warning yes  BL460c Gen9 CZJ1 I36\n");
}

static void an_older_cache(void **state)
{
	struct place *p = *state;
	struct blade b = metal("a2-13");

	store_cache_host(p->store, &b, NULL, 0);
	place_close(p);
	place_sql(p, "cache.db", "ALTER TABLE host DROP COLUMN power; ALTER TABLE host DROP COLUMN power_seen; ALTER TABLE host DROP COLUMN "
		"power_since; ALTER TABLE host DROP COLUMN health; ALTER TABLE host DROP COLUMN fitted; ALTER TABLE host DROP COLUMN named; "
		"ALTER TABLE host DROP COLUMN bay_model; ALTER TABLE host DROP COLUMN bay_serial; ALTER TABLE host DROP COLUMN firmware; "
		"DROP TABLE event; DROP TABLE alert_seen; PRAGMA user_version = 1");
	place_open(p);
	assert_loads(p, "host a2-13 qemu   u   0 0 5\n");
	store_cache_host(p->store, &b, NULL, 0);
	reopen(p);
	assert_loads(p, "host a2-13 qemu   u   0 0 5\nmetal a2-13 off 1795222333 1795222000 warning yes web7 BL460c Gen9 CZJ1 I36\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pairs_stay, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(without_a_name, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(what_managers_said, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(an_older_cache, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

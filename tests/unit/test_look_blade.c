/* What a blade looks like: one sign of what its manager says and what its host says. Unknown is never off, old is never live. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/clock.h"
#include "words/facts.h"
#include "words/look.h"

#include <string.h>

static struct blade *blade(enum host_state host, enum manager_state manager, enum power_state power, bool live)
{
	struct blade *b = object_new(KIND_BLADE);

	intern_set(&b->name, "a2-12");
	b->host = host;
	b->manager = manager;
	b->power = power;
	b->power_live = live;
	if (host == HOST_BACKOFF)
		intern_set(&b->why, "no route to host");
	return b;
}

static void expect(struct blade *b, const char *sign, const char *word, enum ink ink)
{
	struct look l = look_blade(b, TIER_ASCII);

	assert_string_equal(l.word, word);
	assert_string_equal(l.sign, sign);
	assert_int_equal(l.ink, ink);
	object_free(KIND_BLADE, b);
}

static void test_signs(void **state)
{
	static const struct { enum host_state host; enum manager_state manager; enum power_state power; bool live; const char *sign, *word; enum ink ink; } rows[] = {
		/* without a manager all is as the host says */
		{HOST_UP, MANAGER_NONE, POWER_UNKNOWN, false, "", "live", INK_GOOD},
		{HOST_BACKOFF, MANAGER_NONE, POWER_UNKNOWN, false, "?", "silent", INK_ALERT},
		{HOST_NONE, MANAGER_NONE, POWER_UNKNOWN, false, "-", "no host", INK_DIM},
		{HOST_CONNECTING, MANAGER_NONE, POWER_UNKNOWN, false, "~", "connecting", INK_ACTIVE},
		/* with one */
		{HOST_UP, MANAGER_UP, POWER_ON, true, "", "live", INK_GOOD},
		{HOST_DOWN, MANAGER_UP, POWER_OFF, true, ".", "off", INK_DIM},
		{HOST_BACKOFF, MANAGER_UP, POWER_OFF, true, ".", "off", INK_DIM},
		{HOST_BACKOFF, MANAGER_UP, POWER_ON, true, "!", "silent", INK_ALERT},
		{HOST_BACKOFF, MANAGER_UP, POWER_UNKNOWN, true, "?", "silent", INK_ALERT},
		{HOST_CONNECTING, MANAGER_UP, POWER_STARTING, true, "~", "starting", INK_ACTIVE},
		{HOST_UP, MANAGER_UP, POWER_STOPPING, true, "~", "stopping", INK_ACTIVE},
		{HOST_NONE, MANAGER_UP, POWER_ON, true, "-", "on, no host", INK_DIM},
		{HOST_NONE, MANAGER_UP, POWER_UNKNOWN, true, "?", "not known", INK_UNKNOWN},
		/* the manager does not answer: what it last said is never what is */
		{HOST_DOWN, MANAGER_SILENT, POWER_OFF, false, "?", "was off", INK_UNKNOWN},
		{HOST_STALE, MANAGER_SILENT, POWER_OFF, false, "?", "was off", INK_UNKNOWN},
		{HOST_BACKOFF, MANAGER_SILENT, POWER_OFF, false, "?", "was off", INK_UNKNOWN},
		{HOST_BACKOFF, MANAGER_SILENT, POWER_ON, false, "?", "silent", INK_ALERT},
		{HOST_NONE, MANAGER_SILENT, POWER_ON, false, "?", "not known", INK_UNKNOWN},
		{HOST_UP, MANAGER_SILENT, POWER_ON, false, "", "live", INK_GOOD},
		{HOST_STALE, MANAGER_UP, POWER_ON, true, "?", "not known", INK_UNKNOWN},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect(blade(rows[i].host, rows[i].manager, rows[i].power, rows[i].live), rows[i].sign, rows[i].word, rows[i].ink);
}

static void test_metal(void **state)
{
	struct blade *b = blade(HOST_BACKOFF, MANAGER_UP, POWER_ON, true);

	/* Neither of these is ever an alarm for its silence. */
	b->spare = true;
	expect(b, "s", "spare", INK_DIM);
	b = blade(HOST_BACKOFF, MANAGER_UP, POWER_ON, true);
	intern_set(&b->owner, "globex");
	expect(b, "x", "owner's", INK_DIM);
	/* What fails is one, whosever it is. */
	b = blade(HOST_DOWN, MANAGER_UP, POWER_OFF, true);
	b->spare = true;
	b->health = HEALTH_FAILED;
	expect(b, "!", "failed", INK_ALERT);
	b = blade(HOST_UP, MANAGER_UP, POWER_ON, true);
	b->health = HEALTH_WARNING;
	expect(b, "!", "warning", INK_WARN);
	b = blade(HOST_NONE, MANAGER_UP, POWER_UNKNOWN, true);
	intern_set(&b->fitted, "no");
	expect(b, "-", "no blade", INK_DIM);
	/* Off, and VMs are said to run there. */
	b = blade(HOST_DOWN, MANAGER_UP, POWER_OFF, true);
	intern_set(&b->alert, "it is off, and 3 VMs are said to run there");
	expect(b, "!", "off", INK_ALERT);
	b = blade(HOST_UP, MANAGER_UP, POWER_ON, true);
	intern_set(&b->doing, "power-off");
	expect(b, "~", "powering off", INK_ACTIVE);
}

static void test_both(void **state)
{
	struct blade *b = blade(HOST_BACKOFF, MANAGER_UP, POWER_ON, true);
	char both[128];

	b->seen = clock_wall_s() - 840;
	look_both(both, sizeof both, b);
	assert_string_equal(both, "manager: on, now; host: silent for 14 min");
	assert_true(look_contradicts(b));
	b->power_live = false;
	b->power_seen = clock_wall_s() - 360;
	look_both(both, sizeof both, b);
	assert_string_equal(both, "manager: was on, 6 min ago; host: silent for 14 min");
	b->seen = 0;
	look_both(both, sizeof both, b);
	assert_string_equal(both, "manager: was on, 6 min ago; host: never heard");
	b->host = HOST_UP;
	b->power_live = true;
	assert_false(look_contradicts(b));
	b->power = POWER_OFF;
	assert_true(look_contradicts(b));
	b->power = POWER_UNKNOWN;
	look_both(both, sizeof both, b);
	assert_string_equal(both, "");
	object_free(KIND_BLADE, b);
}

static const char *fact(const struct facts *f, const char *label)
{
	for (int i = 0; i < f->n; i++)
		if (strcmp(f->list[i].label, label) == 0)
			return f->list[i].value;
	return "";
}

static void test_facts(void **state)
{
	struct blade *b = blade(HOST_BACKOFF, MANAGER_UP, POWER_OFF, true);
	struct facts f;

	intern_set(&b->serial, "CZ1");
	intern_set(&b->bay_serial, "CZ2");
	intern_set(&b->identity, "differs");
	facts_blade(&f, b, TIER_ASCII);
	assert_string_equal(fact(&f, "power"), "off");
	assert_string_equal(fact(&f, "host"), "none while it is off"); /* and not why it cannot be reached */
	assert_string_equal(fact(&f, "why"), "");
	assert_string_equal(fact(&f, "serial"), "host says CZ1, bay says CZ2");
	intern_set(&b->identity, "unknown");
	b->manager = MANAGER_SILENT;
	b->power_live = false;
	b->power_seen = clock_wall_s() - 360;
	facts_blade(&f, b, TIER_ASCII);
	assert_string_equal(fact(&f, "power"), "was off");
	assert_string_equal(fact(&f, "host"), "silent");
	assert_string_equal(fact(&f, "why"), "no route to host");
	assert_string_equal(fact(&f, "manager"), "silent");
	assert_string_equal(fact(&f, "serial"), "CZ1, not compared yet");
	intern_set(&b->bay_serial, "CZ1");
	b->mem_kib = 25165824;
	b->used_kib = 16777216;
	facts_blade(&f, b, TIER_ASCII);
	assert_string_equal(fact(&f, "serial"), "CZ1, the bay's blade when last heard");
	assert_string_equal(fact(&f, "load"), "16 of 16 GiB were in use"); /* what was is not what is */
	/* An alert that begins with the blade's name, beside its name. */
	intern_set(&b->name, "a2-12");
	intern_set(&b->alert, "a2-12: another blade stands there");
	assert_string_equal(look_alert(b), "another blade stands there");
	intern_set(&b->alert, "a2-12b: is another");
	assert_string_equal(look_alert(b), "a2-12b: is another");
	object_free(KIND_BLADE, b);
}

/* A zone comes as its rule; what is none would be a file's name, or quietly UTC. */
static void test_zone(void **state)
{
	static const char *const not[] = { "", "Asia/Tokyo", "UTC", ":JST-9", "/etc/passwd", "../x-9", "JST -9", "JST-9\033" };
	char text[32];

	assert_true(look_zone("JST-9"));
	look_time(text, sizeof text, 1776000000);
	assert_string_equal(text, "2026-04-12 22:20");
	for (size_t i = 0; i < sizeof not / sizeof not[0]; i++)
		assert_false(look_zone(not[i]));
	look_time(text, sizeof text, 1776000000);
	assert_string_equal(text, "2026-04-12 22:20");
	assert_true(look_zone("CET-1CEST,M3.5.0,M10.5.0/3"));
	look_time(text, sizeof text, 1776000000);
	assert_string_equal(text, "2026-04-12 15:20");
	look_time(text, sizeof text, 1768000000);
	assert_string_equal(text, "2026-01-10 00:06");
	assert_true(look_zone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"));
	look_time(text, sizeof text, 1776000000);
	assert_string_equal(text, "2026-04-12 12:20");
	assert_true(look_zone("UTC0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signs), cmocka_unit_test(test_metal), cmocka_unit_test(test_both), cmocka_unit_test(test_facts),
		cmocka_unit_test(test_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

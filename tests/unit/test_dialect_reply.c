/* What comes from a manager, byte by byte: prompts, pagers, echoes, what fooled others, and what is hostile. */
#include "enclosures/dialect.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct dialects *all;

static const struct dialect *named(const char *name)
{
	const struct dialect *d = dialects_find(all, name);

	if (!d)
		fail_msg("there is no %s", name);
	return d;
}

static void cleans(const char *dialect, const char *sent, const char *bytes, const char *want)
{
	char *got = dialect_clean(named(dialect), sent, bytes, strlen(bytes));

	assert_string_equal(got, want);
	free(got);
}

static void test_clean(void **state)
{
	cleans("ibm-amm", "power -state -T system:blade[3]", "power -state -T system:blade[3]\r\nOn\r\nsystem> ", "On\n");
	cleans("ibm-amm", "power -state -T system:blade[3]", "On\r\nsystem> \r\nsystem> ", "On\n");
	cleans("ibm-amm", "info", "system> info\r\nManufacturer: IBM (BG)\r\n\r\nsystem> \r\nsystem> ", "Manufacturer: IBM (BG)\n\n");
	cleans("hpe-ilo", "power", "power\r\r\n\r\r\nstatus=0\r\nx\r\n</>hpiLO-> ", "\nstatus=0\nx\n");
	cleans("hp-oa", "SHOW SERVER NAMES",
		"HPE BladeSystem\r\n\r\noa1 [SCRIPT MODE]> SHOW SERVER NAMES\r\n\r\n  1 [Absent]\r\n"
		"oa1 [SCRIPT MODE]> \r\noa1 [SCRIPT MODE]> SHOW SERVER NAMES\r\n  2 [Absent]\r\n",
		"\n  1 [Absent]\n");
	cleans("hp-oa", "SHOW SERVER NAMES", "SHOW SERVER NAMES\r\n  1 a\r\n--More--\r          \r  2 b\r\noa1> ", "  1 a\n\n\n  2 b\n");
	cleans("hp-oa", "SHOW SERVER NAMES", "SHOW SERVER NAMES\r\n--More--  2 b\r\noa1> ", "  2 b\n");
	/* The terminal's edge in the echo; colours; typed and taken back; a tab; what would drive our terminal. */
	cleans("dell-cmc", "racadm serveraction -m server-1 powerstatus", "racadm serveraction -m server-1 \r\npowerstatus\r\nON\r\n$ ", "ON\n");
	cleans("dell-cmc", "x", "\x1b[1;31mO\x1b[0mN\x1b]0;title\a\r\nOFX\bF\tz\r\n$ ", "ON\nOFF z\n");
	cleans("dell-cmc", "x", "a\x9b" "31mb\xff\r\n", "a\\x9b31mb\\xff\n");
	cleans("dell-cmc", "", "", "");
}

static bool at_prompt(const char *dialect, const char *bytes)
{
	return dialect_at_prompt(named(dialect), bytes, strlen(bytes));
}

static void test_prompts(void **state)
{
	assert_true(at_prompt("hp-oa", "SG1P-DDNMCH704A-OA1> "));
	assert_true(at_prompt("hp-oa", "blah\r\nieatc7000-196oa1 [SCRIPT MODE]> "));
	assert_false(at_prompt("hp-oa", "SG1P-DDNMCH704A-OA1> show"));
	assert_false(at_prompt("hp-oa", "a line with > in it> "));
	assert_true(at_prompt("ibm-amm", "\r\nsystem:blade[3]> "));
	assert_false(at_prompt("ibm-amm", "Last login: "));
	assert_false(at_prompt("ibm-amm", "not system> "));
	assert_true(at_prompt("dell-cmc", "ON\r\n$ "));
	assert_false(at_prompt("dell-cmc", "costs 5 $ "));
	assert_true(at_prompt("dell-cmc", "\x1b[0m$ "));
	struct buf b = {0};
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "0123456789\r\n");
	buf_str(&b, "</>hpiLO-> ");
	assert_true(dialect_at_prompt(named("hpe-ilo"), b.data, b.len));
	assert_false(dialect_at_prompt(named("hpe-ilo"), b.data, b.len - 4));
	buf_free(&b);
	assert_true(dialect_at_pager(named("hp-oa"), "x\r\n--More--", 11));
	const char ask[] = "Do you want to continue ? ";
	assert_string_equal(dialect_confirm(named("hp-oa"), ask, strlen(ask)), "YES");
	assert_null(dialect_confirm(named("hp-oa"), "x> ", 3));
	char *filled = dialect_fill("power -on -T system:blade[{bay}]", "3");
	assert_string_equal(filled, "power -on -T system:blade[3]");
	free(filled);
	filled = dialect_fill("POWEROFF SERVER {bay} FORCE", "1; reboot");
	assert_string_equal(filled, "POWEROFF SERVER  FORCE");
	free(filled);
}

static const struct dialect_ask *ask_of(const struct dialect *d, const char *name)
{
	for (size_t i = 0; i < d->nasks; i++)
		if (!strcmp(d->asks[i].name, name))
			return &d->asks[i];
	fail_msg("%s does not ask %s", d->name, name);
	return NULL;
}

static enum power_state power_of(const char *dialect, const char *ask, const char *bay, const char *reply, bool *told)
{
	const struct dialect *d = named(dialect);
	struct metal *m = metal_new();

	dialect_understand(d, ask_of(d, ask), bay, reply, m);
	struct bay_facts *b = metal_bay(m, bay);
	enum power_state p = b->power;
	*told = b->power_told;
	metal_free(m);
	return p;
}

static const struct { const char *dialect, *ask, *reply; bool told; enum power_state power; } powers[] = {
	{"hp-oa", "status", "Blade #1 Status:\n Power: On\n  Power        Off\n", true, POWER_ON},
	{"hp-oa", "status", "Blade #1 Status:\n  Power                  OK\n", false, POWER_UNKNOWN},
	{"hp-oa", "status", "Power: Online\n", true, POWER_UNKNOWN},
	{"hp-oa", "status", "Power: On fire\n", true, POWER_UNKNOWN},
	{"hp-oa", "status", "password verification timeout\n", false, POWER_UNKNOWN},
	{"ibm-amm", "status", "On\n", true, POWER_ON},
	{"ibm-amm", "status", "password verification timeout\n", false, POWER_UNKNOWN},
	{"ibm-amm", "status", "verification\n", true, POWER_UNKNOWN},
	{"dell-cmc", "status", "OFF\n", true, POWER_OFF},
	{"dell-cmc", "status", "Powering OFF\n", true, POWER_STOPPING},
	{"dell-cmc", "status", "Server power status: ON\n", true, POWER_ON},
	{"dell-cmc", "status", "command completed\n", false, POWER_UNKNOWN},
	{"dell-cmc", "list", "Server-1        Present         Failed(No Input Power)Not OK          9XL9422\n", true, POWER_UNKNOWN},
	{"dell-cmc", "list", "Server-1        Not Present     N/A             N/A             N/A\n", false, POWER_UNKNOWN},
	{"dell-cmc", "list", "Server-10       Present         ON              OK              9XL9422\n", false, POWER_UNKNOWN},
	{"hp-oa", "list", "  1 [Absent]\n", false, POWER_UNKNOWN},
	{"hp-oa", "list", "  1 On Off On OK  [Unknown]   OK   Off   On\n", true, POWER_OFF},
	{"hp-oa", "list", " 1A web On     CZ1234   OK   On   On\n", false, POWER_UNKNOWN},
	{"hpe-ilo", "status", "power: server power is currently: Off\n", true, POWER_OFF},
	{"hpe-ilo", "status", "Server power on.\n", false, POWER_UNKNOWN},
};

static void test_powers(void **state)
{
	for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
		bool told;
		enum power_state p = power_of(powers[i].dialect, powers[i].ask, "1", powers[i].reply, &told);
		if (told != powers[i].told || p != powers[i].power)
			fail_msg("%s %s: \"%s\" is %s%s", powers[i].dialect, powers[i].ask, powers[i].reply, power_state_name(p),
				told ? "" : ", not told");
	}
}

static const struct { const char *dialect, *reply; int means; } replies[] = {
	{"hpe-ilo", "status=2\nstatus_tag=COMMAND PROCESSING FAILED\n\nServer power already on.\n", REPLY_ALREADY},
	{"hpe-ilo", "status=2\nstatus_tag=COMMAND PROCESSING FAILED\n\nServer power off.\n", REPLY_NOT_READY},
	{"hpe-ilo", "status=2\nServer powering on .......\n", REPLY_FAILED},
	{"hpe-ilo", "status=0\nServer powering off .......\n", -1},
	{"dell-cmc", "ERROR: insufficient privileges\n", REPLY_DENIED},
	{"dell-cmc", "ERROR: Server is already powered ON\n", REPLY_ALREADY},
	{"dell-cmc", "ERROR: 0x1234\n", REPLY_FAILED},
	{"dell-cmc", "COMMAND NOT RECOGNIZED\n", REPLY_UNKNOWN_COMMAND},
	{"dell-cmc", "Server-3        Not Present     N/A             N/A             N/A\n", -1},
	{"ibm-amm", "The target bay is empty.\n", REPLY_EMPTY},
	{"ibm-amm", "The target bay is out of range\n", REPLY_NO_BAY},
	{"ibm-amm", "Enter current password\n", REPLY_EXPIRED},
	{"ibm-amm", "OK\n", -1},
	{"hp-oa", "  3 permission denied already standby mode    CZ1234   OK   On   Off\n", -1},
	{"hp-oa", "Role:   Standby\n", -1},
	{"hp-oa", "\tServer Name: already powered on\n", -1},
	{"hp-oa", "Blade 1 is already powered on.\n", REPLY_ALREADY},
	{"ibm-amm", "blade[3]  already on, too many sessions\n", -1},
	{"ibm-amm", "Name: already on\n", -1},
	{"dell-cmc", "Server-3        Not Present\n", -1},
	{"hp-oa", "This command is not available in standby mode.\n", REPLY_STANDBY},
	{"hpe-moonshot", "Invalid command\n", REPLY_UNKNOWN_COMMAND},
};

static void test_judged(void **state)
{
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		enum reply_means means = REPLY_MEANS_COUNT;
		struct err *e = dialect_judge(named(replies[i].dialect), "A2", replies[i].reply, &means);
		if (e ? (int)means != replies[i].means : replies[i].means != -1)
			fail_msg("%s \"%s\": %s", replies[i].dialect, replies[i].reply, e ? e->msg.text : "no error");
		if (e)
			assert_memory_equal(e->msg.text, "A2: ", 4);
		err_free(e);
	}
}

static void test_names(void **state)
{
	const struct dialect *d = named("ibm-amm");
	struct metal *m = metal_new();
	const char bytes[] = "list -l 2\r\nblade[1]   \xe6\x9d\xb1\xe4\xba\xac  \x1b]0;x\a web\r\nblade[2] a\x01" "b\xe2\x80\xae\r\nblade[x] y\r\n"
			     "blade[12345678901234567890] z\r\nsystem> ";
	char *reply = dialect_clean(d, "list -l 2", bytes, sizeof bytes - 1);

	assert_true(dialect_understand(d, ask_of(d, "list"), "", reply, m) > 0);
	assert_int_equal(m->nbays, 2);
	assert_string_equal(metal_bay(m, "1")->name, "東京 web");
	assert_string_equal(metal_bay(m, "2")->name, "a\\x01b\\xe2\\x80\\xae");
	assert_null(metal_bay(m, "../1"));
	assert_null(metal_bay(m, ""));
	assert_null(metal_bay(m, "a b"));
	assert_ptr_equal(metal_bay(m, "1a"), metal_bay(m, "1A"));
	free(reply);
	metal_free(m);
}

/* A pattern that runs for ever, and replies as large as they may be. */
static void test_hostile(void **state)
{
	char path[] = "/tmp/tana-hostile-XXXXXX";
	assert_non_null(mkdtemp(path));
	char *file = xasprintf("%s/slow.conf", path);
	FILE *f = fopen(file, "w");
	fputs("dialect slow { single = yes detect { banner = '(a+)+$' } session { prompt = '(?:a+a+)+[yz]$' }\n"
	      "error failed { text = '(?:a+a+)+[bc]' } power { on = '(?:a|a)+' off = x } ask s { send = s row = '(?<power>(?:a+)+)[bc]' } }\n", f);
	fclose(f);
	struct dialect_errors e = {0};
	struct dialect *d = dialect_read(file, &e);
	assert_non_null(d);
	struct buf b = {0};
	for (int i = 0; i < DIALECT_REPLY_MAX; i++)
		buf_append(&b, i % 4000 == 3999 ? "\n" : i % 2 ? "a" : "x", 1);
	memset(b.data, 'a', 4000 * 20);
	int64_t start = clock_boot_ms();
	struct metal *m = metal_new();
	char *reply = dialect_clean(d, "s", b.data, b.len);
	enum reply_means means;
	err_free(dialect_judge(d, "A", reply, &means));
	dialect_understand(d, &d->asks[0], "1", reply, m);
	assert_false(dialect_at_prompt(d, b.data, b.len));
	if (clock_boot_ms() - start > 20000)
		fail_msg("it took %d ms", (int)(clock_boot_ms() - start));
	metal_free(m);
	free(reply);
	buf_free(&b);
	dialect_free(d);
	dialect_errors_free(&e);
	unlink(file);
	rmdir(path);
	free(file);
}

static int setup(void **state)
{
	const char *source = getenv("TANA_SRC") ? getenv("TANA_SRC") : ".";
	char *folder = xasprintf("%s/data/dialects", source);
	struct dialect_errors e = {0};

	all = dialects_read((const char *const[]){folder}, 1, &e);
	free(folder);
	return e.n ? -1 : 0;
}

static int teardown(void **state)
{
	dialects_free(all);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_clean), cmocka_unit_test(test_prompts), cmocka_unit_test(test_powers),
		cmocka_unit_test(test_judged), cmocka_unit_test(test_names), cmocka_unit_test(test_hostile)};

	return cmocka_run_group_tests(tests, setup, teardown);
}

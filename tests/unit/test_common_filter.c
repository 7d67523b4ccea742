/* The filter language: what each form finds, and how each mistake is told. */
#include "common/filter.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct vm *make_vm(void)
{
	struct vm *vm = object_new(KIND_VM);

	intern_set(&vm->id, "vm:0000000000000001");
	intern_set(&vm->name, "Web Shop ＡＢ");
	intern_set(&vm->blade, "a2-13");
	intern_set(&vm->tenant, "acme");
	intern_set(&vm->grade, "V20");
	vm->state = VM_RUNNING;
	vm->live = true;
	vm->vcpus = 4;
	vm->mem_kib = 8 * 1024 * 1024;
	return vm;
}

static bool finds(enum kind k, const char *text, const void *o)
{
	struct filter *f;
	struct err *e = filter_new(k, text, &f);

	if (e)
		fail_msg("%s: %s", text, e->msg.text);
	bool yes = filter_match(f, o);
	filter_free(f);
	return yes;
}

static void finds_vms(void **state)
{
	struct vm *vm = make_vm();
	static const char *const yes[] = {
		"", "  ", "web", "SHOP", "ab", "web shop", "\"web shop\"", "\"b s\"", "!db", "*ab", "web*", "w?b*", "tenant:acme",
		"tenant:ACME", "tenant:a*", "!tenant:globex", "blade:a2-*", "blade:?2-13", "grade:v20 state:running",
		"vcpus:4", "vcpus:>3", "vcpus:>=4", "vcpus:<5", "vcpus:<=4", "vcpus:=4", "!vcpus:5", "mem_kib:>4G", "mem_kib:8g",
		"mem_kib:8388608", "mem_kib:<=8192M", "live:yes", "!protect:yes", "protect:no", "twice:off", "host:live", "!host:silent",
		"state:r*", "was:running", "!was:off", "!state:off", "name:\"web shop ab\"", "name:web\" \"shop*", "guest:\"\"*",
		"!job:job*", "seen:0", "uuid:*", "\t web \n",
	};
	static const char *const no[] = {
		"db", "web db", "!web", "\"web  shop\"", "web?", "tenant:acm", "tenant:globex", "!tenant:acme", "blade:a3-*",
		"vcpus:>4", "vcpus:<4", "mem_kib:>8G", "live:no", "host:silent", "!host:live", "state:off", "!state:running", "was:off",
		"state:unknown", "name:web", "job:job*", "tenant:\"a*\"",
	};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
		if (!finds(KIND_VM, yes[i], vm))
			fail_msg("should find: %s", yes[i]);
	}
	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		if (finds(KIND_VM, no[i], vm))
			fail_msg("should not find: %s", no[i]);
	}
	object_free(KIND_VM, vm);
}

/* What was last seen running on a host that is silent is neither running nor "not running". */
static void state_is_of_now(void **state)
{
	struct vm *vm = make_vm();

	vm->live = false;
	assert_false(finds(KIND_VM, "state:running", vm));
	assert_false(finds(KIND_VM, "!state:running", vm));
	assert_false(finds(KIND_VM, "state:off", vm));
	assert_false(finds(KIND_VM, "!state:off", vm));
	assert_true(finds(KIND_VM, "state:unknown", vm));
	assert_false(finds(KIND_VM, "!state:unknown", vm));
	assert_true(finds(KIND_VM, "was:running", vm));
	assert_false(finds(KIND_VM, "!was:running", vm));
	assert_true(finds(KIND_VM, "!was:off", vm));
	assert_true(finds(KIND_VM, "host:silent", vm));
	assert_false(finds(KIND_VM, "host:live", vm));
	vm->live = true;
	assert_true(finds(KIND_VM, "!state:unknown", vm));
	object_free(KIND_VM, vm);
}

static void finds_blades(void **state)
{
	struct blade *b = object_new(KIND_BLADE);

	intern_set(&b->name, "a2-13");
	b->host = HOST_BACKOFF;
	assert_true(finds(KIND_BLADE, "host:silent", b));
	assert_false(finds(KIND_BLADE, "host:live", b));
	assert_true(finds(KIND_BLADE, "!host:live", b));
	assert_true(finds(KIND_BLADE, "host:backoff a2", b));
	b->host = HOST_UP;
	assert_true(finds(KIND_BLADE, "host:live", b));
	assert_true(finds(KIND_BLADE, "host:up", b));
	b->host = HOST_NONE; /* an empty bay is neither */
	assert_false(finds(KIND_BLADE, "host:live", b));
	assert_false(finds(KIND_BLADE, "host:silent", b));
	assert_false(finds(KIND_BLADE, "!host:live", b));
	assert_true(finds(KIND_BLADE, "host:none", b));
	object_free(KIND_BLADE, b);
}

/* As its manager says now; what it said before it fell silent is neither on nor "not off". */
static void power_is_of_now(void **state)
{
	struct blade *b = object_new(KIND_BLADE);

	b->power = POWER_ON;
	b->power_live = true;
	assert_true(finds(KIND_BLADE, "power:on", b));
	assert_true(finds(KIND_BLADE, "!power:off", b));
	assert_true(finds(KIND_BLADE, "power:o*", b));
	assert_true(finds(KIND_BLADE, "was:on", b));
	assert_false(finds(KIND_BLADE, "power:off", b));
	assert_false(finds(KIND_BLADE, "power:unknown", b));
	b->power_live = false;
	assert_false(finds(KIND_BLADE, "power:on", b));
	assert_false(finds(KIND_BLADE, "!power:on", b));
	assert_false(finds(KIND_BLADE, "!power:off", b));
	assert_true(finds(KIND_BLADE, "power:unknown", b));
	assert_false(finds(KIND_BLADE, "!power:unknown", b));
	assert_true(finds(KIND_BLADE, "was:on", b));
	assert_false(finds(KIND_BLADE, "was:off", b));
	assert_true(finds(KIND_BLADE, "!was:off", b));
	b->power_live = true;
	b->power = POWER_UNKNOWN;
	assert_true(finds(KIND_BLADE, "power:unknown", b));
	assert_false(finds(KIND_BLADE, "!power:on", b));
	object_free(KIND_BLADE, b);
}

static void finds_jobs(void **state)
{
	struct job *j = object_new(KIND_JOB);

	intern_set(&j->targets, "db01a, db01b");
	intern_set(&j->verb, "power-off");
	j->state = JOB_OVERDUE;
	assert_true(finds(KIND_JOB, "db01b verb:power-off state:overdue", j));
	assert_false(finds(KIND_JOB, "state:done", j));
	assert_true(finds(KIND_JOB, "!state:done", j));
	object_free(KIND_JOB, j);
}

static void folds_names(void **state)
{
	struct vm *vm = object_new(KIND_VM);

	intern_set(&vm->name, "ｻｰﾊﾞ-ÄÖ");
	assert_true(finds(KIND_VM, "サーバ", vm));
	assert_true(finds(KIND_VM, "äö", vm));
	assert_true(finds(KIND_VM, "name:サーバ-??", vm));
	object_free(KIND_VM, vm);
}

static void tells_mistakes(void **state)
{
	static const struct { enum kind k; const char *text, *id; int column; const char *term; } rows[] = {
		{KIND_VM, "colour:red", "filter.key", 1, "colour:red"},
		{KIND_VM, "web  colour:red", "filter.key", 6, "colour:red"},
		{KIND_VM, "棚棚 !colour:red", "filter.key", 4, "!colour:red"},
		{KIND_VM, ":x", "filter.key", 1, ":x"},
		{KIND_VM, "tenant:", "filter.empty", 1, "tenant:"},
		{KIND_VM, "a tenant:\"\" b", "filter.empty", 3, "tenant:\"\""},
		{KIND_VM, "!", "filter.empty", 1, "!"},
		{KIND_VM, "\"\"", "filter.empty", 1, "\"\""},
		{KIND_VM, "a \"b c", "filter.quote", 3, "\"b c"},
		{KIND_VM, "state:runing", "filter.value", 1, "state:runing"},
		{KIND_VM, "was:x*", "filter.value", 1, "was:x*"},
		{KIND_VM, "live:maybe", "filter.value", 1, "live:maybe"},
		{KIND_VM, "host:up", "filter.value", 1, "host:up"},
		{KIND_BLADE, "host:asleep", "filter.value", 1, "host:asleep"},
		{KIND_BLADE, "was:running", "filter.value", 1, "was:running"},
		{KIND_BLADE, "power:running", "filter.value", 1, "power:running"},
		{KIND_RACK, "was:on", "filter.key", 1, "was:on"},
		{KIND_RACK, "host:live", "filter.key", 1, "host:live"},
		{KIND_VM, "vcpus:many", "filter.number", 1, "vcpus:many"},
		{KIND_VM, "vcpus:>", "filter.number", 1, "vcpus:>"},
		{KIND_VM, "vcpus:4x", "filter.number", 1, "vcpus:4x"},
		{KIND_VM, "vcpus:4G", "filter.number", 1, "vcpus:4G"},
		{KIND_VM, "vcpus:99999999999999999999", "filter.number", 1, "vcpus:99999999999999999999"},
		{KIND_VM, "mem_kib:9999999999999T", "filter.number", 1, "mem_kib:9999999999999T"},
		{KIND_VM, "averyveryveryveryveryveryverylongkeyindeed:x", "filter.key", 1,
			"averyveryveryveryveryveryverylongkeyindeed:x"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter *f = (void *)1;
		struct err *e = filter_new(rows[i].k, rows[i].text, &f);
		if (!e)
			fail_msg("no error: %s", rows[i].text);
		assert_null(f);
		assert_string_equal(e->msg.id, rows[i].id);
		assert_int_equal(e->class, ERR_USAGE);
		assert_int_equal(json_integer_value(json_object_get(e->msg.args, "column")), rows[i].column);
		assert_string_equal(json_string_value(json_object_get(e->msg.args, "term")), rows[i].term);
		assert_non_null(strstr(e->msg.text, rows[i].term));
		err_free(e);
	}
}

static void is_bounded(void **state)
{
	char text[4096] = "";
	struct filter *f;
	struct err *e;

	for (int i = 0; i < 33; i++)
		strcat(text, "a ");
	e = filter_new(KIND_VM, text, &f);
	assert_string_equal(e->msg.id, "filter.long");
	err_free(e);
	memset(text, 'a', 300);
	text[300] = 0;
	e = filter_new(KIND_VM, text, &f);
	assert_string_equal(e->msg.id, "filter.long");
	err_free(e);
	text[255] = 0;
	assert_null(filter_new(KIND_VM, text, &f));
	filter_free(f);
	memset(text, '"', 4000);
	text[4000] = 0;
	e = filter_new(KIND_VM, text, &f);
	assert_string_equal(e->msg.id, "filter.long");
	err_free(e);
}

static void emptiness(void **state)
{
	struct filter *f;

	assert_true(filter_is_empty(NULL));
	assert_null(filter_new(KIND_VM, " \t", &f));
	assert_true(filter_is_empty(f));
	filter_free(f);
	assert_null(filter_new(KIND_VM, "a", &f));
	assert_false(filter_is_empty(f));
	filter_free(f);
	filter_free(NULL);
}

/* Any bytes are either a filter or an error, and matching never goes astray. */
static void survives_noise(void **state)
{
	static const char *const bits[] = {"state:", "!", "\"", "*", "?", ":", " ", "vcpus:", ">", "<=", "host:", "live", "9",
		"G", "棚", "\xff", "was:", "running", "-", "mem_kib:"};
	struct vm *vm = make_vm();
	unsigned seed = 11;

	for (int round = 0; round < 30000; round++) {
		char text[128] = "";
		int n = rand_r(&seed) % 8;
		while (n--)
			strcat(text, bits[rand_r(&seed) % 20]);
		struct filter *f;
		struct err *e = filter_new((enum kind)(rand_r(&seed) % KIND_COUNT), text, &f);
		assert_true((e == NULL) == (f != NULL));
		err_free(e);
		filter_free(f);
		e = filter_new(KIND_VM, text, &f);
		if (f)
			filter_match(f, vm);
		err_free(e);
		filter_free(f);
	}
	object_free(KIND_VM, vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_vms),    cmocka_unit_test(state_is_of_now), cmocka_unit_test(finds_blades), cmocka_unit_test(power_is_of_now),
		cmocka_unit_test(finds_jobs),   cmocka_unit_test(folds_names),     cmocka_unit_test(tells_mistakes),
		cmocka_unit_test(is_bounded),   cmocka_unit_test(emptiness),       cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The filter language: what each form finds, and how each mistake is told. */
#include "common/clock.h"
#include "common/filter.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
		{KIND_VM, "vcpus:8..2", "filter.number", 1, "vcpus:8..2"},
		{KIND_VM, "vcpus:2..", "filter.number", 1, "vcpus:2.."},
		{KIND_VM, "vcpus:>2..8", "filter.number", 1, "vcpus:>2..8"},
		{KIND_VM, "a since:<1y", "filter.age", 3, "since:<1y"},
		{KIND_VM, "since:1h..5", "filter.age", 1, "since:1h..5"},
		{KIND_VM, "since:<99999999999999999w", "filter.age", 1, "since:<99999999999999999w"},
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

static void finds_ranges(void **state)
{
	struct vm *vm = make_vm();

	intern_set(&vm->addresses, "10.12.0.20, 2001:db8::20");
	assert_true(finds(KIND_VM, "vcpus:2..8", vm));
	assert_true(finds(KIND_VM, "vcpus:4..4", vm));
	assert_false(finds(KIND_VM, "vcpus:5..8", vm));
	assert_true(finds(KIND_VM, "!vcpus:5..8", vm));
	assert_true(finds(KIND_VM, "mem:4G..8G", vm)); /* as mem_kib */
	assert_false(finds(KIND_VM, "mem:<8G", vm));
	/* A text with commas: any of its parts. */
	assert_true(finds(KIND_VM, "addresses:10.12.0.20", vm));
	assert_true(finds(KIND_VM, "addresses:\"2001:db8::20\"", vm));
	assert_false(finds(KIND_VM, "addresses:10.12.0.2", vm));
	assert_true(finds(KIND_VM, "addresses:10.12.*", vm));
	assert_false(finds(KIND_VM, "!addresses:10.12.0.20", vm));
	object_free(KIND_VM, vm);
}

static void finds_ages(void **state)
{
	struct vm *vm = make_vm();
	struct filter *f;

	clock_fake(0, 1000000);
	vm->since = 1000000 - 7200;
	assert_true(finds(KIND_VM, "since:>1h", vm));
	assert_true(finds(KIND_VM, "since:<3h", vm));
	assert_false(finds(KIND_VM, "since:<2h", vm));
	assert_true(finds(KIND_VM, "since:<=2h since:>=120m", vm));
	assert_true(finds(KIND_VM, "since:1h..1d", vm));
	assert_false(finds(KIND_VM, "since:1d..1w", vm));
	assert_true(finds(KIND_VM, "since:>7000s", vm));
	vm->since = 1000000 + 7200; /* what is still to come counts the same way */
	assert_true(finds(KIND_VM, "since:<3h", vm));
	vm->since = 0; /* not known: neither so, nor not so */
	assert_false(finds(KIND_VM, "since:<3h", vm));
	assert_false(finds(KIND_VM, "!since:<3h", vm));
	assert_true(finds(KIND_VM, "since:0", vm)); /* a time itself, as ever */
	assert_null(filter_new(KIND_VM, "web since:<1h", &f));
	assert_true(filter_ages(f));
	filter_free(f);
	assert_null(filter_new(KIND_VM, "web since:5", &f));
	assert_false(filter_ages(f));
	filter_free(f);
	clock_real();
	object_free(KIND_VM, vm);
}

/* ---- while it is typed ---- */

static void knows_the_place(void **state)
{
	static const struct { const char *text; size_t at, start, value, end; const char *key; bool has_key; } rows[] = {
		{"", 0, 0, 0, 0, "", false},
		{"st", 2, 0, 0, 2, "", false},
		{"state:", 6, 0, 6, 6, "state", true},
		{"web state:ru", 12, 4, 10, 12, "state", true},
		{"web state:ru", 2, 0, 0, 3, "", false},
		{"web  ", 5, 5, 5, 5, "", false},
		{"!tenant:ac x", 10, 0, 8, 10, "tenant", true},
		{"a guest:\"Windows S", 18, 2, 8, 18, "guest", true},
		{"a \"b:c\" d", 7, 2, 2, 7, "", false},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct filter_place p;

		filter_place(rows[i].text, rows[i].at, &p);
		if (p.start != rows[i].start || p.value != rows[i].value || p.end != rows[i].end || p.has_key != rows[i].has_key || strcmp(p.key, rows[i].key) != 0)
			fail_msg("%s at %zu: %zu %zu %zu %s", rows[i].text, rows[i].at, p.start, p.value, p.end, p.key);
	}
}

static bool has(const char *const *list, size_t n, const char *text)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* Every key that is offered is one, of every kind; and what a viewer is not told is not offered to him. */
static void offers_keys(void **state)
{
	const char *list[64];
	size_t n;

	for (int k = 0; k < KIND_COUNT; k++) {
		n = filter_keys((enum kind)k, VIEWER_OPERATOR, list, 64);
		assert_in_range(n, 1, 64);
		for (size_t i = 0; i < n; i++) {
			bool extra = strcmp(list[i], "host") == 0 || strcmp(list[i], "was") == 0;

			if (!extra && !filter_field((enum kind)k, list[i]))
				fail_msg("%s: %s", kind_name((enum kind)k), list[i]);
			for (size_t j = 0; j < i; j++)
				assert_string_not_equal(list[i], list[j]);
		}
	}
	n = filter_keys(KIND_VM, VIEWER_OPERATOR, list, 64);
	assert_string_equal(list[0], "state");
	assert_true(has(list, n, "tenant") && has(list, n, "host") && has(list, n, "was") && has(list, n, "mem") && !has(list, n, "mem_kib") && !has(list, n, "id"));
	n = filter_keys(KIND_VM, VIEWER_TENANT, list, 64);
	assert_true(has(list, n, "state") && !has(list, n, "tenant") && !has(list, n, "blade"));
	assert_in_range(filter_keys(KIND_VM, VIEWER_OPERATOR, list, 2), 3, 64); /* more than there was room for */
}

static void offers_values(void **state)
{
	static const struct { enum kind k; const char *key, *value; } rows[] = {
		{KIND_VM, "state", "running"}, {KIND_VM, "was", "off"}, {KIND_VM, "host", "silent"}, {KIND_BLADE, "host", "up"}, {KIND_BLADE, "host", "silent"},
		{KIND_BLADE, "was", "on"}, {KIND_BLADE, "power", "starting"}, {KIND_VM, "protect", "yes"}, {KIND_VM, "snap", "full"}, {KIND_JOB, "state", "overdue"},
		{KIND_ALERT, "state", "muted"},
	};
	const char *list[32];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = filter_values(rows[i].k, rows[i].key, list, 32);
		struct filter *f;
		char text[64];

		if (!has(list, n, rows[i].value))
			fail_msg("%s:%s is not offered", rows[i].key, rows[i].value);
		for (size_t j = 0; j < n; j++) { /* and each that is can be obeyed */
			snprintf(text, sizeof text, "%s:%s", rows[i].key, list[j]);
			assert_null(filter_new(rows[i].k, text, &f));
			filter_free(f);
		}
	}
	assert_int_equal(filter_values(KIND_VM, "tenant", list, 32), 0);
	assert_int_equal(filter_values(KIND_VM, "nothing", list, 32), 0);
}

static void says_where(void **state)
{
	struct filter *f;
	struct err *e = filter_new(KIND_VM, "\xe6\xa3\x9a\xe6\xa3\x9a colour:\xe8\xb5\xa4", &f);
	int column, length;

	filter_error_place(e, &column, &length);
	assert_int_equal(column, 4);
	assert_int_equal(length, 8);
	err_free(e);
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
		struct filter_place place;
		filter_place(text, (size_t)rand_r(&seed) % (strlen(text) + 1), &place);
		assert_true(place.start <= place.value && place.value <= place.end && place.end <= strlen(text));
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

/* What is said to narrow finds nothing that the wider one does not; and one word that grows narrows. */
static void narrows(void **state)
{
	static const char *const texts[] = {"", "w", "we", "web", "web shop", "s", "shop", "!w", "!web", "*b", "*ab", "tenant:a", "tenant:acme", "tenant:a*", "web tenant:acme",
		"vcpus:4", "vcpus:>4", "vcpus:>3", "state:running", "was:running", "!state:running", "host:live", "!host:live", "seen:<1h", "web seen:<1h", "x"};
	static const struct { const char *f, *wider; bool yes; } known[] = {{"web", "we", true}, {"we", "web", false}, {"web shop", "web", true}, {"!web", "!w", false},
		{"web", "", true}, {"", "web", false}, {"web", "web", true}, {"tenant:acme", "tenant:a", false}, {"tenant:a x", "tenant:a", true}, {"a*", "a", false},
		{"web seen:<1h", "web", true}, {"web seen:<1h x", "web seen:<1h", false}, {"state:running", "was:running", false}};
	enum { N = sizeof texts / sizeof *texts };
	struct vm *vms[] = {make_vm(), make_vm(), make_vm(), NULL};
	struct filter *f[N];
	bool all[4];

	intern_set(&vms[1]->name, "we");
	vms[1]->vcpus = 8;
	vms[2]->live = false;
	intern_set(&vms[2]->tenant, "a");
	for (int i = 0; i < N; i++)
		assert_null(filter_new(KIND_VM, texts[i], &f[i]));
	for (int i = 0; i < N; i++) {
		for (int k = 0; k < N; k++)
			for (int v = 0; v < 3 && filter_narrows(f[i], f[k]); v++)
				if (filter_match(f[i], vms[v]) && !filter_match(f[k], vms[v]))
					fail_msg("\"%s\" finds more than \"%s\"", texts[i], texts[k]);
		filter_match_all(f[i], (const void *const *)vms, 4, all);
		for (int v = 0; v < 3; v++)
			assert_int_equal(all[v], filter_match(f[i], vms[v]));
		assert_false(all[3]);
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct filter *x, *y;

		assert_null(filter_new(KIND_VM, known[i].f, &x));
		assert_null(filter_new(KIND_VM, known[i].wider, &y));
		if (filter_narrows(x, y) != known[i].yes)
			fail_msg("\"%s\" and \"%s\"", known[i].f, known[i].wider);
		filter_free(x);
		filter_free(y);
	}
	for (int i = 0; i < N; i++)
		filter_free(f[i]);
	for (int v = 0; v < 3; v++)
		object_free(KIND_VM, vms[v]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_vms),    cmocka_unit_test(state_is_of_now), cmocka_unit_test(finds_blades), cmocka_unit_test(power_is_of_now),
		cmocka_unit_test(finds_jobs),   cmocka_unit_test(folds_names),     cmocka_unit_test(tells_mistakes),
		cmocka_unit_test(finds_ranges), cmocka_unit_test(finds_ages), cmocka_unit_test(knows_the_place), cmocka_unit_test(offers_keys),
		cmocka_unit_test(offers_values), cmocka_unit_test(says_where), cmocka_unit_test(narrows),
		cmocka_unit_test(is_bounded),   cmocka_unit_test(emptiness),       cmocka_unit_test(survives_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

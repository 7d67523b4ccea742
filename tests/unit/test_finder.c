/* Finding: by what, in which order, for whom; after changes; and as a naive search would find it. */
#include "test_plan_help.h"

#include "common/buf.h"
#include "safety/finder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct finder *finder;
static struct finding found[FINDER_MAX];
static size_t n, more;

static int finder_setup(void **state)
{
	plan_setup(state);
	finder = finder_new(NULL, reg);
	return 0;
}

static int finder_teardown(void **state)
{
	finder_free(finder);
	return plan_teardown(state);
}

static void *add(enum kind k, const char *id, const char *name)
{
	struct object *o = object_new(k);

	intern_set(&o->id, id);
	if (field_find(k, "name"))
		intern_set((istr *)(void *)((char *)o + field_find(k, "name")->offset), name);
	registry_add(reg, k, o);
	return o;
}

/* "vm:...1 name, blade:a2-12 serial" as far as there are; and how many more. */
static char *asked(const struct actor *a, const char *text, size_t max)
{
	static char out[4096];
	size_t at = 0;

	out[0] = '\0';
	n = finder_ask(finder, &gate, a, text, found, max, &more);
	for (size_t i = 0; i < n && at < sizeof out; i++) {
		const char *id = ((const struct object *)found[i].object)->id;
		const char *shown = found[i].kind == KIND_VM ? id + 18 : id; /* of a VM the last digit */
		at += (size_t)snprintf(out + at, sizeof out - at, "%s%s %s", i ? ", " : "", shown, found[i].by);
	}
	return out;
}

static char *ask(const char *text)
{
	return asked(&operator, text, 10);
}

struct question { const char *text, *found; };
static void ask_all(const struct question *q)
{
	for (; q->text; q++)
		assert_string_equal(ask(q->text), q->found);
}

static void test_names(void **state)
{
	add(KIND_RACK, "rack:DB", "DB");
	add(KIND_CLUSTER, "cluster:mydb", "mydb");
	vm_of(3)->state = VM_OFF;
	assert_string_equal(ask("db"), "rack:DB name, 1 name, 2 name, cluster:mydb name");
	assert_string_equal(ask("DB01A"), "1 name");
	assert_string_equal(found[0].what, "db01a");
	ask_all((const struct question[]){
		{ "  db01a ", "1 name" },
		{ "01", "blade:b1-01 name, 1 name, 2 name" },
		{ "a2-12", "blade:a2-12 name" },
		{ "\xe9\xa1\xa7", "5 name" },
		{ "vm:01", "1 name, 2 name" },
		{ "blade:01", "blade:b1-01 name" },
		{ "blade:a2-12", "blade:a2-12 name" },
		{ "vm:0000000000000004", "4 name" },
		{ "it's", "6 name" },
		{ "", "" },
		{ " ", "" },
		{ "no such thing", "" },
		{ NULL, NULL } });
	struct registry *empty = registry_new();
	struct finder *none = finder_new(NULL, empty);
	assert_int_equal(finder_ask(none, &gate, &operator, "a", found, 10, &more), 0);
	finder_free(none);
	registry_free(empty);
	assert_string_equal(ask("db\x01"), "");
	assert_string_equal(asked(&operator, "db", 2), "rack:DB name, 1 name");
	assert_int_equal(more, 2);
	assert_string_equal(asked(&operator, "db", 0), "");
	char longest[FINDER_TEXT_MAX + 2];
	memset(longest, 'd', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_string_equal(ask(longest), "");
	/* Full and half width are one. */
	assert_string_equal(ask("\xef\xbd\x84\xef\xbd\x82\x30\x31\x61"), "1 name");
}

static void test_others(void **state)
{
	struct blade *b = registry_find(reg, KIND_BLADE, "blade:a2-12");
	struct job *j = add(KIND_JOB, "job:7f3a21", "");
	struct alert *alert = add(KIND_ALERT, "alert:00000001", "a2-13");
	struct vm *vm = vm_of(4);

	intern_set(&b->serial, "CZJ0310B7K");
	intern_set(&b->bay_serial, "CZJ0310B7K");
	intern_set(&j->reason, "PSU swap, OPS-4711");
	intern_set(&alert->ticket, "OPS-4711");
	intern_set(&vm->addresses, "10.12.0.20, 2001:db8::20");
	intern_set(&vm->macs, "52:54:00:ab:cd:01,52:54:00:ab:cd:02");
	assert_string_equal(ask("10.12.0.20"), "4 address");
	assert_string_equal(found[0].what, "10.12.0.20");
	assert_string_equal(ask("10.12."), "4 address");
	assert_string_equal(ask("2001:db8"), "4 address");
	assert_string_equal(found[0].what, "2001:db8::20");
	assert_string_equal(ask("10"), "");              /* too short for an address */
	assert_string_equal(ask("ab:cd:02"), "4 mac");
	assert_string_equal(found[0].what, "52:54:00:ab:cd:02");
	assert_string_equal(ask("52-54-00-AB-CD-02"), "4 mac");
	assert_string_equal(ask("5254.00ab.cd02"), "4 mac");
	assert_string_equal(ask("525400abcd02"), "4 mac");
	assert_string_equal(ask("525400abcd03"), "");
	assert_string_equal(ask("czj0310"), "blade:a2-12 serial");
	assert_string_equal(found[0].what, "CZJ0310B7K");
	ask_all((const struct question[]){
		{ "10b7k", "blade:a2-12 serial" },
		{ "7f3a21", "job:7f3a21 job" },
		{ "job:7f3a21", "job:7f3a21 job" },
		{ "job:7f", "job:7f3a21 job" },
		{ "ops-4711", "alert:00000001 ticket, job:7f3a21 ticket" },
		{ "00000000-0000-4000-8000-0000", "1 uuid, 2 uuid, 6 uuid, 3 uuid, 4 uuid, 5 uuid" },
		{ "4000-8000", "" }, /* a UUID is known by how it begins */
		{ "000", "" },
		{ NULL, NULL } });
}

static void test_changes(void **state)
{
	assert_string_equal(ask("db01a"), "1 name");
	registry_rename(reg, KIND_VM, vm_of(1), "mail");
	assert_string_equal(ask("db01a"), "");
	assert_string_equal(ask("mail"), "1 name");
	intern_set(&vm_of(2)->addresses, "192.0.2.7");
	registry_changed(reg, KIND_VM, vm_of(2), false);
	registry_changed(reg, KIND_VM, vm_of(2), false);
	assert_string_equal(ask("192.0.2.7"), "2 address");
	registry_remove(reg, KIND_VM, vm_of(2));
	assert_string_equal(ask("192.0.2.7"), "");
	assert_string_equal(ask("db01b"), "");
	add_vm("0000000000000007", "db01b", "a2-12", "acme", VM_RUNNING); /* in the slot of the one that left */
	assert_string_equal(ask("db01b"), "7 name");
	registry_rename(reg, KIND_VM, vm_of(7), "x");
	registry_remove(reg, KIND_VM, vm_of(7));
	assert_string_equal(ask("db01b"), "");
	/* Nobody asks for long: what waits is bounded, and nothing is lost. */
	struct vm *vm = add_vm("0000000000000008", "fresh", "a2-12", "acme", VM_RUNNING);
	for (int i = 0; i < 20000; i++)
		registry_changed(reg, KIND_VM, vm, false);
	assert_in_range(finder_bytes(finder), 1, 1 << 20);
	assert_string_equal(ask("fresh"), "8 name");
}

/* A customer finds what is his, by what he is shown of it. */
static void test_customer(void **state)
{
	intern_set(&vm_of(4)->addresses, "10.0.0.4");
	intern_set(&vm_of(1)->addresses, "10.0.0.1");
	assert_string_equal(asked(&customer, "10.0.0.", 10), "1 address");
	assert_int_equal(more, 0);
	assert_string_equal(asked(&customer, "db01", 10), "1 name, 2 name");
	assert_string_equal(asked(&customer, "web", 10), "3 name"); /* not globex's */
	assert_int_equal(more, 0);
	assert_string_equal(asked(&customer, "a2-12", 10), "");
	assert_string_equal(asked(&customer, "vm:0000000000000004", 10), "");
	assert_string_equal(asked(&customer, "vm:0000000000000001", 10), "1 name");
	assert_string_equal(asked(&customer, "blade:a2-12", 10), "");
}

/* What a value should never hold is in it all the same: it is not taken for a mark. */
static void test_no_marks(void **state)
{
	intern_set(&vm_of(1)->addresses, "\x1f" "192.0.2.9,\x01" "zz\x02zz");
	registry_changed(reg, KIND_VM, vm_of(1), false);
	ask("192.0.2.9");
	ask("zz");
	assert_string_equal(ask("\x1f" "192"), "");
	assert_string_equal(ask("db01a"), "1 name");
}

/* ---- against a naive search, with many ---- */

static unsigned seed = 7;
static unsigned roll(unsigned of)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % of;
}

static void random_name(char *out, size_t size)
{
	snprintf(out, size, "%c%c%u", 'a' + roll(3), 'a' + roll(3), roll(300));
}

static size_t naive(const char *needle, const struct finding *list, size_t count, size_t total)
{
	size_t hits = 0, starts = 0, listed = 0;
	bool exact = false;

	for (uint32_t s = 0; s < registry_slots(reg, KIND_VM); s++) {
		const struct vm *vm = registry_at(reg, KIND_VM, s);
		if (!vm || !strstr(vm->name, needle))
			continue;
		hits++;
		starts += strncmp(vm->name, needle, strlen(needle)) == 0;
		exact |= strcmp(vm->name, needle) == 0;
	}
	for (size_t i = 0; i < count; i++) {
		const struct vm *vm = list[i].object;
		assert_non_null(strstr(vm->name, needle));
		listed += strncmp(vm->name, needle, strlen(needle)) == 0;
	}
	assert_int_equal(total, hits);
	assert_int_equal(listed, starts < count ? starts : count); /* what begins so comes first */
	if (exact)
		assert_string_equal(((const struct vm *)list[0].object)->name, needle);
	return hits;
}

static void test_naive(void **state)
{
	char name[32], needle[32];
	size_t all = 0;

	for (unsigned i = 0; i < 3000; i++) {
		char id[24];
		snprintf(id, sizeof id, "%016x", i + 100);
		random_name(name, sizeof name);
		add_vm(id, name, "a2-12", "acme", VM_RUNNING);
	}
	for (unsigned i = 0; i < 600; i++) {
		void *vm = registry_at(reg, KIND_VM, roll(registry_slots(reg, KIND_VM)));
		random_name(name, sizeof name);
		if (vm && roll(3))
			registry_rename(reg, KIND_VM, vm, name);
		else if (vm)
			registry_remove(reg, KIND_VM, vm);
		random_name(needle, sizeof needle);
		needle[roll(3) + 2] = '\0';
		char word[40];
		snprintf(word, sizeof word, "vm:%s", needle);
		n = finder_ask(finder, &gate, &operator, word, found, 20, &more);
		all += naive(needle, found, n, n + more);
	}
	assert_true(all > 1000);
}

/* Printed for whoever measures; a busy machine is no failure. */
static void test_speed(void **state)
{
	static const char *const texts[] = { "a", "ab1", "acme-web17", "10.12.1.20", "52:54:00:01", "zzzz" };

	for (unsigned i = 0; i < 16000; i++) {
		char id[24], name[32], more_text[80];
		snprintf(id, sizeof id, "%016x", i + 100);
		snprintf(name, sizeof name, "acme-web%u", i);
		struct vm *vm = add_vm(id, name, "a2-12", "acme", VM_RUNNING);
		snprintf(more_text, sizeof more_text, "10.12.%u.%u", i / 250, i % 250);
		intern_set(&vm->addresses, more_text);
		snprintf(more_text, sizeof more_text, "52:54:00:00:%02x:%02x,52:54:01:00:%02x:%02x", i >> 8, i & 255, i >> 8, i & 255);
		intern_set(&vm->macs, more_text);
	}
	clock_real();
	for (size_t t = 0; t <= sizeof texts / sizeof *texts; t++) {
		struct timespec from, to;
		clock_gettime(CLOCK_MONOTONIC, &from);
		n = finder_ask(finder, &gate, &operator, texts[t ? t - 1 : 0], found, 20, &more);
		clock_gettime(CLOCK_MONOTONIC, &to);
		print_message("%s %s: %zu of %zu in %.2f ms, %zu KiB\n", t ? "find" : "first", texts[t ? t - 1 : 0], n, n + more,
			(double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6, finder_bytes(finder) / 1024);
	}
	assert_int_equal(n, 0);
}

#define F(f) cmocka_unit_test_setup_teardown(f, finder_setup, finder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { F(test_names), F(test_others), F(test_changes), F(test_customer), F(test_no_marks), F(test_naive), F(test_speed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

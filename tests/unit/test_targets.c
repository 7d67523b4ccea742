/* Targets: which objects words and filters mean, and for whom. */
#include "test_plan_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finds(const struct actor *a, const char *word, int n)
{
	struct vm *out[POLICY_TARGETS_MAX];
	size_t count = 0;
	struct err *e = targets_words(reg, &gate, a, &word, 1, out, &count);

	if (e)
		fail_msg("%s: %s", word, e->msg.text);
	assert_int_equal(count, 1);
	assert_ptr_equal(out[0], vm_of(n));
}

static char *refuses(const struct actor *a, const char *word, enum err_class class, const char *id)
{
	static char text[1024];
	struct vm *out[POLICY_TARGETS_MAX];
	size_t count = 0;
	struct err *e = targets_words(reg, &gate, a, &word, 1, out, &count);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_words(void **state)
{
	finds(&operator, "vm:0000000000000004", 4);
	finds(&operator, "vm:db01a", 1);
	finds(&operator, "db01a", 1);
	finds(&operator, "00000000-0000-4000-8000-000000000006", 6);
	refuses(&customer, "00000000-0000-4000-8000-000000000006", ERR_NOTFOUND, "target.none");
	finds(&operator, "a2-12/web", 3);
	finds(&operator, "vm:b1-01/web", 4);
	assert_non_null(strstr(refuses(&operator, "web", ERR_USAGE, "target.ambiguous"), "a2-12/web"));
	assert_non_null(strstr(refuses(&operator, "vm:web", ERR_USAGE, "target.ambiguous"), "b1-01/web"));
	refuses(&operator, "db01c", ERR_NOTFOUND, "target.none");
	refuses(&operator, "", ERR_NOTFOUND, "target.none");
	refuses(&operator, "vm:", ERR_NOTFOUND, "target.none");
	refuses(&operator, "*", ERR_NOTFOUND, "target.none");
	refuses(&operator, "db0", ERR_NOTFOUND, "target.none");
	refuses(&operator, "DB01A", ERR_NOTFOUND, "target.none");
	refuses(&operator, "blade:a2-12", ERR_USAGE, "target.kind");
	refuses(&operator, "a2-13/web", ERR_NOTFOUND, "target.none");
	refuses(&operator, "vm:00000000000000aa", ERR_NOTFOUND, "target.none");
}

static void test_customer_words(void **state)
{
	finds(&customer, "vm:0000000000000001", 1);
	finds(&customer, "web", 3); /* the other is not his: nothing is ambiguous for him */
	/* What he must not know answers as what does not exist, word for word. */
	char *known = strdup(refuses(&customer, "vm:0000000000000004", ERR_NOTFOUND, "target.none"));
	char *absent = strdup(refuses(&customer, "vm:00000000000000aa", ERR_NOTFOUND, "target.none"));
	assert_int_equal(strlen(known), strlen(absent));
	assert_memory_equal(known, absent, strlen("no such object: "));
	free(known);
	free(absent);
	/* Nor can he find out where a server of his stands. */
	refuses(&customer, "a2-12/web", ERR_NOTFOUND, "target.none");
	refuses(&customer, "\xe9\xa1\xa7\xe5\xae\xa2", ERR_NOTFOUND, "target.none");
}

static struct err *filtered(const struct actor *a, const char *text, size_t *n)
{
	struct vm *out[POLICY_TARGETS_MAX];

	return targets_filter(reg, &gate, a, text, out, n);
}

static void expect_filter(const struct actor *a, const char *text, size_t n, const char *id)
{
	size_t count = 0;
	struct err *e = filtered(a, text, &count);

	if (id) {
		assert_non_null(e);
		assert_string_equal(e->msg.id, id);
		err_free(e);
		return;
	}
	if (e)
		fail_msg("%s: %s", text, e->msg.text);
	assert_int_equal(count, n);
}

static void test_filters(void **state)
{
	expect_filter(&operator, "state:running tenant:acme", 2, NULL);
	expect_filter(&operator, "blade:a2-*", 5, NULL);
	expect_filter(&operator, "", 0, "targets.none");
	expect_filter(&operator, "   ", 0, "targets.none");
	expect_filter(&operator, "nothing-like-this", 0, "targets.unmatched");
	/* A customer's filter sees what he sees. */
	expect_filter(&customer, "state:running", 2, NULL);
	expect_filter(&customer, "blade:a2-12", 0, "targets.unmatched");
	expect_filter(&customer, "blade:a2-1?", 0, "targets.unmatched");
	for (int i = 0; i < 20; i++) {
		char id[17];
		snprintf(id, sizeof id, "00000000000001%02x", (unsigned)i);
		add_vm(id, "many", "b1-01", "globex", VM_OFF);
	}
	expect_filter(&operator, "many", 0, "targets.too-many");
}

static void test_many_words(void **state)
{
	const char *words[70] = { NULL };
	struct vm *out[POLICY_TARGETS_MAX];
	size_t n = 0;

	struct err *e = targets_words(reg, &gate, &operator, words, 0, out, &n);
	assert_string_equal(e->msg.id, "targets.none");
	err_free(e);
	for (int i = 0; i < 60; i++)
		words[i] = i % 2 ? "db01a" : "vm:0000000000000001"; /* one and the same: counted once */
	e = targets_words(reg, &gate, &operator, words, 60, out, &n);
	assert_null(e);
	assert_int_equal(n, 1);
	for (int i = 0; i < 12; i++) {
		static char ids[12][32];
		char id[17];
		snprintf(id, sizeof id, "00000000000002%02x", (unsigned)i);
		add_vm(id, id, "b1-01", "globex", VM_OFF);
		snprintf(ids[i], sizeof ids[i], "vm:%s", id);
		words[i] = ids[i];
	}
	e = targets_words(reg, &gate, &operator, words, 12, out, &n);
	assert_string_equal(e->msg.id, "targets.too-many");
	assert_int_equal(e->class, ERR_LIMIT);
	err_free(e);
	e = targets_words(reg, &gate, &operator, words, 10, out, &n);
	assert_null(e);
	assert_int_equal(n, 10);
}

/* ---- blades ---- */

static struct err *blades(const struct actor *a, const char *word, struct blade **out)
{
	struct blade *found[POLICY_POWER_ON_MAX];
	size_t n = 0;
	struct err *e = targets_blades(reg, &gate, a, &word, 1, found, POLICY_POWER_ON_MAX, &n);

	if (!e)
		assert_int_equal(n, 1);
	*out = e ? NULL : found[0];
	return e;
}

static void finds_blade(const char *word, const char *id)
{
	struct blade *b;
	struct err *e = blades(&operator, word, &b);

	if (e)
		fail_msg("%s: %s", word, e->msg.text);
	assert_string_equal(b->id, id);
}

static char *no_blade(const struct actor *a, const char *word, enum err_class class, const char *id)
{
	static char text[512];
	struct blade *b;
	struct err *e = blades(a, word, &b);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, class);
	strncpy(text, e->msg.text, sizeof text - 1);
	err_free(e);
	return text;
}

static void test_blades(void **state)
{
	struct blade *bay = object_new(KIND_BLADE);

	intern_set(&bay->id, "blade:A2/14");
	intern_set(&bay->enclosure, "A2");
	intern_set(&bay->bay, "14");
	registry_add(reg, KIND_BLADE, bay);
	finds_blade("blade:a2-12", "blade:a2-12");
	finds_blade("a2-12", "blade:a2-12");
	no_blade(&operator, "blade:a2-99", ERR_NOTFOUND, "target.none");
	no_blade(&operator, "blade:", ERR_NOTFOUND, "target.none");
	no_blade(&operator, "", ERR_NOTFOUND, "target.none");
	no_blade(&operator, "*", ERR_NOTFOUND, "target.none");
	no_blade(&operator, "vm:db01a", ERR_USAGE, "target.kind.blade");
	no_blade(&operator, "db01a", ERR_USAGE, "target.kind.blade");
	no_blade(&operator, "enclosure:A2", ERR_USAGE, "target.kind.blade");
	no_blade(&operator, "blade:A2/14", ERR_NOTFOUND, "target.bay");
	add_vm("0000000000000077", "a2-13", "b1-01", "globex", VM_RUNNING);
	assert_non_null(strstr(no_blade(&operator, "a2-13", ERR_USAGE, "target.kinds"), "blade:a2-13, vm:a2-13"));
	finds_blade("blade:a2-13", "blade:a2-13");
	/* For a customer there are none; nor does he learn that what he asked for is one. */
	char *known = strdup(no_blade(&customer, "blade:a2-12", ERR_NOTFOUND, "target.none"));
	char *absent = strdup(no_blade(&customer, "blade:a2-99", ERR_NOTFOUND, "target.none"));
	assert_int_equal(strlen(known), strlen(absent));
	free(known);
	free(absent);
	no_blade(&customer, "a2-12", ERR_NOTFOUND, "target.none");
	no_blade(&customer, "blade:A2/14", ERR_NOTFOUND, "target.none");
	no_blade(&customer, "db01a", ERR_NOTFOUND, "target.none");
}

static void blade_filter(const struct actor *a, const char *text, size_t max, size_t n, const char *id)
{
	struct blade *out[POLICY_POWER_ON_MAX];
	size_t count = 0;
	struct err *e = targets_blades_filter(reg, &gate, a, text, out, max, &count);

	if (id) {
		if (!e)
			fail_msg("%s: no error", text);
		assert_string_equal(e->msg.id, id);
		err_free(e);
		return;
	}
	if (e)
		fail_msg("%s: %s", text, e->msg.text);
	assert_int_equal(count, n);
}

static void test_blade_filters(void **state)
{
	struct blade *bay = object_new(KIND_BLADE), *b = registry_find(reg, KIND_BLADE, "blade:a2-12");

	intern_set(&bay->id, "blade:A2/14");
	intern_set(&bay->enclosure, "A2");
	registry_add(reg, KIND_BLADE, bay);
	blade_filter(&operator, "enclosure:A2", 10, 2, NULL); /* the bay is none */
	blade_filter(&operator, "", 10, 0, "targets.none");
	blade_filter(&operator, "enclosure:C9", 10, 0, "targets.unmatched");
	blade_filter(&operator, "tenant:acme", 10, 0, "filter.key"); /* of a VM */
	blade_filter(&operator, "enclosure:A2", 1, 0, "targets.too-many");
	blade_filter(&customer, "enclosure:A2", 10, 0, "targets.unmatched");
	b->power = POWER_OFF;
	blade_filter(&operator, "power:off", 10, 0, "targets.unmatched");
	b->power_live = true;
	blade_filter(&operator, "power:off", 10, 1, NULL);
}

static void test_many_blades(void **state)
{
	static char names[65][24];
	const char *words[65];
	struct blade *out[POLICY_POWER_ON_MAX];
	size_t n = 0;

	for (int i = 0; i < 65; i++) {
		struct blade *b = object_new(KIND_BLADE);
		snprintf(names[i], sizeof names[i], "blade:c1-%02d", i);
		intern_set(&b->id, names[i]);
		intern_set(&b->name, names[i] + 6);
		registry_add(reg, KIND_BLADE, b);
		words[i] = names[i];
	}
	assert_null(targets_blades(reg, &gate, &operator, words, 64, out, POLICY_POWER_ON_MAX, &n));
	assert_int_equal(n, 64);
	struct err *e = targets_blades(reg, &gate, &operator, words, 65, out, POLICY_POWER_ON_MAX, &n);
	assert_string_equal(e->msg.id, "targets.too-many");
	err_free(e);
	e = targets_blades(reg, &gate, &operator, words, 11, out, POLICY_TARGETS_MAX, &n);
	assert_int_equal(e->class, ERR_LIMIT);
	err_free(e);
	for (int i = 0; i < 11; i++)
		words[i] = i % 2 ? "c1-00" : "blade:c1-00"; /* one and the same: counted once */
	assert_null(targets_blades(reg, &gate, &operator, words, 11, out, 1, &n));
	assert_int_equal(n, 1);
	e = targets_blades(reg, &gate, &operator, words, 0, out, 1, &n);
	assert_string_equal(e->msg.id, "targets.none");
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_words), T(test_customer_words), T(test_filters), T(test_many_words), T(test_blades),
		T(test_blade_filters), T(test_many_blades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Interned strings: one pointer for one text, and nothing left when all references are back. */
#include "common/buf.h"
#include "common/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void same_text_same_pointer(void **state)
{
	char copy[] = "a2-13";
	istr a = intern("a2-13"), b = intern(copy), c = intern_n("a2-13x", 5), d = intern("a2-14");

	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	assert_ptr_not_equal(a, d);
	assert_string_equal(d, "a2-14");
	intern_free(a);
	intern_free(b);
	assert_string_equal(c, "a2-13");
	assert_ptr_equal(intern_find("a2-13"), c);
	intern_free(c);
	assert_null(intern_find("a2-13"));
	intern_free(d);
}

static void empty_is_one(void **state)
{
	istr a = intern(""), b = intern(NULL), c = intern_n("x", 0);

	assert_ptr_equal(a, b);
	assert_ptr_equal(a, c);
	assert_ptr_equal(intern_find(""), a);
	for (int i = 0; i < 10; i++)
		intern_free(a);
	assert_ptr_equal(intern_ref(a), a);
	intern_free(NULL);
}

static void slots(void **state)
{
	istr slot = NULL;

	intern_set(&slot, "one");
	istr before = slot;
	intern_set(&slot, "one");
	assert_ptr_equal(slot, before);
	intern_set(&slot, slot); /* with itself */
	assert_string_equal(slot, "one");
	intern_set(&slot, slot + 1); /* with a part of itself */
	assert_string_equal(slot, "ne");
	intern_set(&slot, NULL);
	assert_string_equal(slot, "");
	intern_free(slot);
}

/* Random references against a plain count. */
static void counts_references(void **state)
{
	enum { TEXTS = 5000 };
	static istr held[TEXTS];
	static int refs[TEXTS];
	unsigned seed = 7;
	char s[2048];

	assert_int_equal(intern_bytes(), 0);
	for (int round = 0; round < 200000; round++) {
		int i = rand_r(&seed) % TEXTS;
		snprintf(s, sizeof s, "%*d", i % 100 ? 1 + i % 20 : 450 + i % 1500, i); /* some have a block of their own */
		if (refs[i] && rand_r(&seed) % 2) {
			assert_string_equal(held[i], s);
			intern_free(held[i]);
			refs[i]--;
		} else {
			istr got = rand_r(&seed) % 2 && refs[i] ? intern_ref(held[i]) : intern(s);
			if (refs[i])
				assert_ptr_equal(got, held[i]);
			held[i] = got;
			refs[i]++;
		}
		if (!refs[i])
			assert_null(intern_find(s));
	}
	assert_true(intern_bytes() > 0);
	for (int i = 0; i < TEXTS; i++) {
		while (refs[i]--)
			intern_free(held[i]);
	}
	assert_int_equal(intern_bytes(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_text_same_pointer), cmocka_unit_test(empty_is_one),
		cmocka_unit_test(slots),                  cmocka_unit_test(counts_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

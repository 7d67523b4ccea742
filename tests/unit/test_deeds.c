/* What the views of records are made of: times as people say them, the words of their filter, what people did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "views/deeds.h"
#include "words/look.h"
#include "words/terms.h"
#include "words/told.h"
#include "words/when.h"

#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795222333)   /* 2026-11-21 00:52:13 UTC, a Saturday */

/* ---- times ---- */

static void test_when(void **state)
{
	int64_t t;

	assert_true(look_zone("UTC0"));
	assert_true(when_read("8h", NOW, &t) && t == NOW - 8 * 3600);
	assert_true(when_read("90s", NOW, &t) && t == NOW - 90);
	assert_true(when_read("2w", NOW, &t) && t == NOW - 14 * 86400);
	assert_true(when_read("2026-11-21", NOW, &t) && t == NOW - 3133);
	assert_true(when_read("2026-11-21 00:52", NOW, &t) && t == NOW - 13);
	assert_true(when_read("2026-11-21T00:52:13", NOW, &t) && t == NOW);
	assert_false(when_read("", NOW, &t));
	assert_false(when_read("8", NOW, &t));
	assert_false(when_read("8hours", NOW, &t));
	assert_false(when_read("-8h", NOW, &t));
	assert_false(when_read("2026-02-31", NOW, &t));
	assert_int_equal(when_hour(NOW, 0, 6) - NOW, 5 * 3600 + 7 * 60 + 47);
	assert_int_equal(when_hour(NOW, 0, 0), when_hour(NOW, 1, 0));
	assert_int_equal(when_hour(NOW, 1, 6), when_hour(NOW, 0, 6) + 86400);
	assert_int_equal(when_weekday(NOW, 5, 18), when_hour(NOW, 6, 18));
	assert_int_equal(when_weekday(NOW, 6, 18), when_hour(NOW, 0, 18));
	assert_int_equal(when_weekday(NOW, 6, 0), when_hour(NOW, 7, 0)); /* it is over for today */
	/* Where the clock is set back in between, six in the morning stays six in the morning. */
	assert_true(look_zone("CET-1CEST,M3.5.0,M10.5.0/3"));
	assert_int_equal(when_hour(1792800000, 1, 6) - 1792800000, 29 * 3600); /* Saturday 2026-10-24, 02:00 in summer: a day of 25 hours follows */
	assert_true(look_zone("UTC0"));
}

/* ---- words ---- */

static const char *const keys[] = {"by", "since", NULL};

static void expect_bad(const char *text, const char *id, int column)
{
	struct term t[TERMS_MOST];
	size_t n;
	struct err *e = terms_read(text, keys, t, &n);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(json_integer_value(json_object_get(e->msg.args, "column")), column);
	err_free(e);
}

static void test_terms(void **state)
{
	struct term t[TERMS_MOST];
	char many[TERMS_MOST * 2 + 8], wide[TERM_MOST + 8];
	size_t n;

	assert_null(terms_read("  reset  !by:sato since:8h \"two words\" by:\"a b\"", keys, t, &n));
	assert_int_equal(n, 5);
	assert_string_equal(t[0].value, "reset");
	assert_string_equal(t[0].key, "");
	assert_true(t[1].negate);
	assert_string_equal(t[1].key, "by");
	assert_string_equal(t[1].value, "sato");
	assert_int_equal(t[1].column, 10);
	assert_string_equal(t[3].value, "two words");
	assert_string_equal(terms_value(t, n, "by"), "a b");
	assert_string_equal(terms_value(t, n, "since"), "8h");
	assert_string_equal(terms_value(t, n, "tenant"), "");
	assert_null(terms_read("", keys, t, &n));
	assert_int_equal(n, 0);
	expect_bad("reset state:off", "filter.key", 7);
	expect_bad("\xe9\xa1\xa7 state:off", "filter.key", 3);
	expect_bad("by:", "filter.empty", 1);
	expect_bad("by:\"sato", "filter.quote", 1);
	memset(many, ' ', sizeof many);
	for (size_t i = 0; i <= TERMS_MOST; i++)
		many[2 * i] = 'x';
	many[2 * TERMS_MOST + 1] = '\0';
	expect_bad(many, "filter.long", 2 * TERMS_MOST + 1);
	memset(wide, 'x', sizeof wide);
	wide[sizeof wide - 1] = '\0';
	expect_bad(wide, "filter.long", 1);
}

/* ---- what people did ---- */

static void test_deeds(void **state)
{
	static const char text[] = "[{'seq':1,'at':10,'what':'begin','by':'sato','role':'operator','verb':'power-off','objects':[{'id':'vm:1','name':'db01a'}],'job':'job:1'},"
		"{'seq':2,'at':11,'what':'end','by':'sato','verb':'power-off','job':'job:1','outcome':{'msg':'x','args':{},'text':'done'}},"
		"{'seq':3,'at':12,'what':'begin','by':'suzuki','role':'operator','verb':'protect','objects':[{'id':'vm:2','name':'db01b'}],'reason':'release'},"
		"{'seq':4,'at':13,'what':'begin','by':'sato','role':'operator','verb':'power-off','objects':[{'id':'vm:1','name':'db01a'}]},"
		"{'seq':5,'at':14,'what':'limit','by':'sato','role':'operator','objects':[{'id':'vm:2','name':'db01b'}],'outcome':{'msg':'x','args':{},'text':'5 kept'},'detail':{}},"
		"{'seq':6,'at':15,'what':'console-open','by':'sato','role':'operator'},{'seq':7,'at':16,'what':'console-close','by':'sato','role':'operator'},"
		"{'seq':8,'at':17,'what':'start'}]";
	struct deeds *d = xcalloc(1, sizeof *d);
	char copy[sizeof text], words[1024];
	json_t *records;

	memcpy(copy, text, sizeof text);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	records = json_loads(copy, 0, NULL);
	assert_non_null(records);
	deeds_read(d, records);
	deeds_sort(d);
	assert_int_equal(d->records, 8);
	assert_int_equal(d->npeople, 2);
	assert_string_equal(d->people[0].name, "sato");
	deeds_text(&d->people[0], words, sizeof words);
	assert_string_equal(words, "2 power off, 1 serial console opened, 1 limit changed");
	deeds_text(&d->people[1], words, sizeof words);
	assert_string_equal(words, "1 protect");
	assert_int_equal(d->nkept, 2);
	assert_string_equal(d->kept[0].name, "db01b"); /* newest first */
	assert_string_equal(d->kept[0].text, "5 kept");
	assert_string_equal(d->kept[1].text, "release");
	deeds_clear(d);
	/* More people, kinds and changes than there is room for are counted all the same. */
	for (int i = 0; i < 3000; i++) {
		json_t *one = json_pack("[{s:s, s:o, s:s}]", "what", "limit", "by", json_sprintf("user%d", i % (DEEDS_PEOPLE + 5)), "verb", "x");

		deeds_read(d, one);
		json_decref(one);
	}
	assert_int_equal(d->npeople, DEEDS_PEOPLE);
	assert_int_equal(d->nkept + d->kept_more, 3000);
	assert_int_equal(d->others, 3000 / (DEEDS_PEOPLE + 5) * 5 + (3000 % (DEEDS_PEOPLE + 5) > DEEDS_PEOPLE ? 3000 % (DEEDS_PEOPLE + 5) - DEEDS_PEOPLE : 0));
	deeds_clear(d);
	free(d);
	json_decref(records);
}

/* ---- what is handed over, by the command and by the view ---- */

static void test_told(void **state)
{
	static const struct { const char *record; enum told_deed told; } records[] = {
		{"{'what':'begin','verb':'power-off','by':'sato'}", TOLD_DEED_DONE}, {"{'what':'begin','verb':'protect','by':'sato'}", TOLD_DEED_PROTECTED},
		{"{'what':'begin','verb':'unprotect','by':'sato'}", TOLD_DEED_PROTECTED}, {"{'what':'end','verb':'protect','by':'sato'}", TOLD_DEED_NOT},
		{"{'what':'limit','by':'sato'}", TOLD_DEED_CHANGED}, {"{'what':'reload'}", TOLD_DEED_CHANGED}, {"{'what':'note','by':'sato'}", TOLD_DEED_DONE},
		{"{'what':'alert','by':'sato'}", TOLD_DEED_DONE}, {"{'what':'settle','by':'sato'}", TOLD_DEED_DONE}, {"{'what':'lease-break','by':'sato'}", TOLD_DEED_DONE},
		{"{'what':'console-open','by':'sato','detail':{'mode':'write'}}", TOLD_DEED_DONE},
		{"{'what':'console-open','by':'sato','detail':{'mode':'watch'}}", TOLD_DEED_NOT}, {"{'what':'console-close','by':'sato','detail':{'mode':'write'}}", TOLD_DEED_NOT},
		{"{'what':'denied','by':'sato','verb':'power-off'}", TOLD_DEED_NOT}, {"{'what':'late','verb':'power-off'}", TOLD_DEED_NOT},
		{"{'what':'start'}", TOLD_DEED_NOT}, {"{'what':'stop'}", TOLD_DEED_NOT}, {"{'what':'from-a-later-broker','by':'sato'}", TOLD_DEED_DONE}, {"{}", TOLD_DEED_NOT},
	};
	struct job j = {.state = JOB_DONE, .ended = 100};
	struct alert a = {.cleared = 0};

	for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
		char *text = xstrdup(records[i].record);
		json_t *r;

		for (char *p = text; *p; p++)
			if (*p == '\'')
				*p = '"';
		r = json_loads(text, 0, NULL);
		assert_non_null(r);
		if (told_deed(r) != records[i].told)
			fail_msg("%s is %d", text, told_deed(r));
		json_decref(r);
		free(text);
	}
	assert_int_equal(told_job(&j, 50), TOLD_JOB_NOT);
	j.state = JOB_FAILED;
	assert_int_equal(told_job(&j, 100), TOLD_JOB_WRONG);
	assert_int_equal(told_job(&j, 101), TOLD_JOB_NOT);
	j = (struct job){.state = JOB_UNKNOWN};
	assert_int_equal(told_job(&j, 101), TOLD_JOB_WRONG); /* open, however old */
	j.state = JOB_OVERDUE;
	assert_int_equal(told_job(&j, 101), TOLD_JOB_OPEN);
	assert_true(told_alert(&a, 100));
	a.cleared = 99;
	assert_false(told_alert(&a, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_when), cmocka_unit_test(test_terms), cmocka_unit_test(test_deeds),
		cmocka_unit_test(test_told)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The language of the screens: which one is begun with, messages and sentences of the broker told in it, and switching when no file
 * can be opened any more. Needs the catalogue in $TANA_BUILD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/error.h"
#include "words/lang.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[512];

static void environment(const char *lang, const char *language)
{
	static const char *const all[] = { "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "LANGUAGE" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		unsetenv(all[i]);
	setenv("LANG", lang, 1);
	if (language)
		setenv("LANGUAGE", language, 1);
}

static int japanese(void **state)
{
	environment("C.UTF-8", NULL);
	lang_start_from(folder, "ja");
	assert_string_equal(lang_now(), "ja");
	return 0;
}

static char *told(const char *id, const char *fmt, const char *name, const char *value)
{
	struct msg m;
	char *text;

	msg_make(&m, id, fmt, name, value);
	text = xstrdup(m.text);
	msg_free(&m);
	return text;
}

#define TOLD(expected, ...) do { char *text_ = told(__VA_ARGS__); assert_string_equal(text_, expected); free(text_); } while (0)

static void test_begin(void **state)
{
	static const struct { const char *lang, *language, *wish, *now; bool refused; } cases[] = {
		{ "C.UTF-8", NULL, NULL, "en", false }, { "C.UTF-8", "ja", NULL, "ja", false }, { "C.UTF-8", "ja_JP:en", NULL, "ja", false },
		{ "ja_JP.UTF-8", NULL, NULL, "ja", false }, { "ja_JP.UTF-8", "en", NULL, "en", false }, { "C.UTF-8", NULL, "ja", "ja", false },
		{ "ja_JP.UTF-8", NULL, "en", "en", false }, { "xx_XX.UTF-8", NULL, NULL, "en", false }, { "de_DE.UTF-8", "java", NULL, "en", false },
		{ "C", "ja", NULL, "en", true }, { "ja_JP.eucJP", NULL, NULL, "en", true }, { "C", NULL, NULL, "en", false }, { "C", NULL, "ja", "en", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		environment(cases[i].lang, cases[i].language);
		lang_start_from(folder, cases[i].wish);
		if (strcmp(lang_now(), cases[i].now) != 0 || (lang_refused() != NULL) != cases[i].refused)
			fail_msg("LANG=%s LANGUAGE=%s wish %s: %s, %s", cases[i].lang, cases[i].language ? cases[i].language : "",
				cases[i].wish ? cases[i].wish : "none", lang_now(), lang_refused() ? lang_refused() : "not refused");
		assert_string_equal(_("Racks"), strcmp(cases[i].now, "ja") == 0 ? "ラック" : "Racks");
	}
	assert_false(lang_switch()); /* the last one has no UTF-8 */
	environment("C.UTF-8", NULL);
	lang_start_from("/nonexistent", "ja");
	assert_string_equal(lang_now(), "en");
	assert_non_null(lang_refused());
	assert_false(lang_switch());
	assert_string_equal(lang_name("ja"), "日本語");
}

static void test_messages(void **state)
{
	struct msg m;

	japanese(NULL);
	TOLD("a2-12の電源はオフです", "blade.off", "{s:s}", "name", "a2-12");
	/* Programs read English, whatever the screens show. */
	msg_make(&m, "blade.off", "{s:s}", "name", "a2-12");
	json_t *j = msg_to_json(&m);
	assert_string_equal(json_string_value(json_object_get(j, "text")), "a2-12 is off");
	msg_free(&m);
	/* From the wire. */
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "a2-12の電源はオフです");
	msg_free(&m);
	json_decref(j);
	/* Kept without its args: they are in the sentence. */
	j = json_pack("{s:s, s:{}, s:s}", "msg", "job.seen", "args", "text", "seen running after 3 min");
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "3分で稼働中を確認");
	msg_free(&m);
	json_decref(j);
	/* A message in a message, and a verb. */
	j = json_pack("{s:s, s:{s:{s:s, s:{s:s}, s:s}}, s:s}", "msg", "job.not-sent", "args", "reason", "msg", "fleet.unreachable", "args", "host", "h1",
		"text", "h1 is not reachable", "text", "not sent: h1 is not reachable");
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "送信していません: h1に接続できません");
	msg_free(&m);
	json_decref(j);
	/* What a newer broker says. */
	j = json_pack("{s:s, s:{}, s:s}", "msg", "no.such.row", "args", "text", "something new");
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "something new");
	msg_free(&m);
	json_decref(j);
	assert_true(lang_switch());
	TOLD("a2-12 is off", "blade.off", "{s:s}", "name", "a2-12");
}

static void test_said(void **state)
{
	japanese(NULL);
	assert_string_equal(lang_said("job.seen", "seen running after 3 min"), "3分で稼働中を確認");
	assert_string_equal(lang_said("fleet.lost", "the connection to h1 was lost: h2 did not answer within 30 s (open)"),
		"h1との接続が切れました: h2が30秒以内に応答しませんでした（open）");
	/* Without its id, and not a sentence at all. */
	assert_string_equal(lang_said(NULL, "web01 is active on h1 and on h2: actions are refused"), "web01がh1とh2で同時に稼働しています。操作は拒否されます");
	assert_string_equal(lang_said(NULL, "no such words in any row"), "no such words in any row");
	assert_string_equal(lang_said("job.seen", "what was never a row"), "what was never a row");
	assert_string_equal(lang_said(NULL, "rack A, enclosure A2, bay 12"), "ラック A, エンクロージャ A2, ベイ 12");
	assert_string_equal(lang_said(NULL, ""), "");
	/* A name that is also a word of ours stays a name. */
	assert_string_equal(lang_said("blade.off", "running is off"), "runningの電源はオフです");
	/* More of them than are kept. */
	for (int i = 0; i < 5000; i++) {
		char english[64], other[64];
		snprintf(english, sizeof english, "host n%d is back", i);
		snprintf(other, sizeof other, "ホストn%dが復帰しました", i);
		assert_string_equal(lang_said("event.back", english), other);
	}
	assert_true(lang_switch());
	assert_string_equal(lang_said("job.seen", "seen running after 3 min"), "seen running after 3 min");
}

static void test_args(void **state)
{
	static const struct { const char *template, *english, *args; } cases[] = {
		{ "{host}: {reason}", "h1: a: b", "{\"host\": \"h1\", \"reason\": \"a: b\"}" },
		{ "{name} is off", "a b is off", "{\"name\": \"a b\"}" },
		{ "{name} is off", "a is on", NULL },
		{ "off", "off", "{}" },
		{ "{a} and {b}", "x and y and z", NULL },    /* two ways */
		{ "{path}: {path}", "/x: /x", "{\"path\": \"/x\"}" },
		{ "{path}: {path}", "/x: /y", NULL },
		{ "{a}{b}", "xy", "{\"a\": \"x\", \"b\": \"y\"}" },
		{ "{a}{b}", "xyz", NULL },
		{ "a { b", "a { b", "{}" },
		{ "{reason}{text}{what}{why}{names}!", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *args = msg_args_of(cases[i].template, cases[i].english), *wanted = cases[i].args ? json_loads(cases[i].args, 0, NULL) : NULL;
		if (!args != !wanted || (args && !json_equal(args, wanted)))
			fail_msg("%s: %s", cases[i].template, cases[i].english);
		json_decref(args);
		json_decref(wanted);
	}
	/* Every row finds itself again, or says that it cannot. */
	for (size_t i = 0; msg_row(i); i++) {
		json_t *args = msg_args_of(msg_row(i), msg_row(i));
		json_decref(args);
	}
}

/* As in the sandbox: after the start no file is there. */
static void test_no_file(void **state)
{
	char dir[] = "/tmp/tana-lang.XXXXXX", path[600];
	FILE *from, *to;
	int c;

	assert_non_null(mkdtemp(dir));
	char *lc = xasprintf("%s/ja", dir), *sub = xasprintf("%s/ja/LC_MESSAGES", dir), *mo = xasprintf("%s/ja/LC_MESSAGES/tana.mo", dir);
	assert_int_equal(mkdir(lc, 0700), 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	snprintf(path, sizeof path, "%s/ja/LC_MESSAGES/tana.mo", folder);
	from = fopen(path, "rb");
	to = fopen(mo, "wb");
	assert_non_null(from);
	assert_non_null(to);
	while ((c = fgetc(from)) != EOF)
		fputc(c, to);
	fclose(from);
	fclose(to);
	environment("C.UTF-8", NULL);
	lang_start_from(dir, NULL);
	assert_string_equal(lang_now(), "en");
	unlink(mo);
	rmdir(sub);
	rmdir(lc);
	rmdir(dir);
	for (int i = 0; i < 3; i++) {
		assert_true(lang_switch());
		assert_string_equal(_("Racks"), "ラック");
		assert_string_equal(_("No blades yet."), "ブレードはまだありません。");
		assert_true(lang_switch());
		assert_string_equal(_("Racks"), "Racks");
	}
	free(lc);
	free(sub);
	free(mo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_args),
	};
	const char *build = getenv("TANA_BUILD");

	snprintf(folder, sizeof folder, "%s/data/locale", build ? build : ".");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

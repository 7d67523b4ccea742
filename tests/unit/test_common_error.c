/* Messages and errors: every row of messages.def formats, hostile arguments, the way over the wire and back. */
#include "common/buf.h"
#include "common/error.h"
#include "common/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct { const char *id, *template; } rows[] = {
#define MSG(id, template) {id, template},
#include "common/messages.def"
#undef MSG
};
#define NROWS (sizeof rows / sizeof *rows)

/* Args with a value for each hole of the template; the number of holes. */
static int fill(const char *template, json_t *args)
{
	int n = 0;

	for (const char *p = template; (p = strchr(p, '{')); p++) {
		const char *end = strchr(p, '}');
		char name[32];
		assert_non_null(end);
		size_t len = (size_t)(end - p - 1);
		assert_in_range(len, 1, 31);
		assert_int_equal(strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_0123456789"), len);
		memcpy(name, p + 1, len);
		name[len] = 0;
		json_object_set_new(args, name, json_string("VALUE"));
		n++;
	}
	return n;
}

static void every_row_formats(void **state)
{
	for (size_t i = 0; i < NROWS; i++) {
		json_t *args = json_object();
		int holes = fill(rows[i].template, args), seen = 0;
		char *text = msg_format(rows[i].template, args);

		assert_null(strchr(text, '{'));
		assert_null(strchr(text, '}'));
		assert_null(strchr(text, '?') && !strchr(rows[i].template, '?') ? text : NULL);
		assert_true(text_is_clean(text));
		for (const char *p = text; (p = strstr(p, "VALUE")); p++)
			seen++;
		assert_int_equal(seen, holes);
		assert_string_equal(msg_template(rows[i].id), rows[i].template);
		free(text);
		json_decref(args);
	}
}

static void rows_are_told_apart(void **state)
{
	for (size_t i = 0; i < NROWS; i++) {
		assert_true(*rows[i].id && strlen(rows[i].id) < 64);
		assert_int_equal(strspn(rows[i].id, "abcdefghijklmnopqrstuvwxyz0123456789._-"), strlen(rows[i].id));
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(rows[i].id, rows[j].id))
				fail_msg("%s is there twice", rows[i].id);
		}
	}
	assert_null(msg_template("no.such.row"));
	assert_null(msg_template(NULL));
}

static void fills_holes(void **state)
{
	json_t *args = json_pack("{s:s, s:i, s:b, s:n, s:[s,i], s:{s:s, s:s}, s:f}", "s", "x", "i", -3, "b", 1, "n", "l", "a",
		2, "m", "msg", "some.id", "text", "inner", "f", 1.25);
	static const struct { const char *template, *text; } cases[] = {
		{"{s}{i}", "x-3"}, {"{b} {n} {gone}", "yes ? ?"}, {"[{l}]", "[a, 2]"}, {"{m}", "inner"},
		{"{f}", "1.2"}, {"a{", "a{"}, {"{}", "{}"}, {"", ""}, {"{s", "{s"},
		{"{averyveryveryveryveryveryverylongname}", "{averyveryveryveryveryveryverylongname}"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = msg_format(cases[i].template, args);
		assert_string_equal(text, cases[i].text);
		free(text);
	}
	json_decref(args);
}

static void hostile_arguments_are_cleaned(void **state)
{
	struct err *e = err_new(ERR_FAILED, "os.error", "{s:s, s:s, s:s}", "what", "o\x1b[2Jpen", "name", "\xff\xfe",
		"reason", NULL);

	assert_true(text_is_clean(e->msg.text));
	assert_string_equal(e->msg.text, "o\\x1b[2Jpen \\xff\\xfe: ");
	assert_string_equal(json_string_value(json_object_get(e->msg.args, "name")), "\\xff\\xfe");
	err_free(e);
	/* nested ones too */
	struct msg m;
	msg_make(&m, "text", "{s:o}", "text", json_pack("[s,[s]]", "a\nb", "c\td"));
	assert_string_equal(m.text, "a\\x0ab, c\\x09d");
	msg_free(&m);
}

static void packs_every_letter(void **state)
{
	struct msg m;
	json_t *kept = json_string("kept");

	msg_make(&m, "text", "{s:s, s:i, s:I, s:f, s:b, s:n, s:o, s:O, s:s?}", "text", "t", "i", -1, "I", (json_int_t)1 << 40,
		"f", 0.5, "b", 1, "n", "o", json_integer(9), "O", kept, "z", NULL);
	assert_int_equal(json_integer_value(json_object_get(m.args, "I")), (json_int_t)1 << 40);
	assert_int_equal(json_integer_value(json_object_get(m.args, "i")), -1);
	assert_int_equal(json_integer_value(json_object_get(m.args, "o")), 9);
	assert_true(json_is_true(json_object_get(m.args, "b")));
	assert_true(json_is_null(json_object_get(m.args, "n")));
	assert_true(json_is_null(json_object_get(m.args, "z")));
	assert_string_equal(json_string_value(json_object_get(m.args, "O")), "kept");
	msg_free(&m);
	json_decref(kept);
}

static void round_trip(void **state)
{
	struct msg m, back, copy;

	msg_make(&m, "os.error", "{s:s, s:s, s:i}", "what", "open", "name", "/x", "reason", 5);
	json_t *j = msg_to_json(&m);
	assert_true(msg_from_json(&back, j));
	assert_ptr_equal(back.id, m.id);
	assert_string_equal(back.text, "open /x: 5");
	assert_true(json_equal(back.args, m.args));
	msg_copy(&copy, &m);
	msg_free(&m);
	assert_string_equal(copy.text, "open /x: 5");
	assert_string_equal(copy.id, "os.error");
	json_decref(j);
	msg_free(&back);
	msg_free(&copy);
}

static void foreign_messages(void **state)
{
	struct msg m;
	json_t *j = json_pack("{s:s, s:s, s:{s:i}}", "msg", "from.the.future", "text", "bad\rnews", "args", "n", 1);

	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.id, "text");
	assert_string_equal(m.text, "bad\\x0dnews");
	msg_free(&m);
	json_decref(j);
	j = json_pack("{s:s}", "msg", "from.the.future");
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "from.the.future");
	msg_free(&m);
	json_decref(j);
	j = json_pack("{s:s, s:{s:s}}", "msg", "text", "args", "text", "made here\x07");
	assert_true(msg_from_json(&m, j));
	assert_string_equal(m.text, "made here\\x07");
	msg_free(&m);
	json_decref(j);
	j = json_pack("[s]", "msg");
	assert_false(msg_from_json(&m, j));
	json_decref(j);
	j = json_pack("{s:i}", "msg", 3);
	assert_false(msg_from_json(&m, j));
	json_decref(j);
	assert_false(msg_from_json(&m, NULL));
}

static void classes(void **state)
{
	static const int exits[ERR_CLASS_COUNT] = {1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 1};

	for (int i = 0; i < ERR_CLASS_COUNT; i++) {
		enum err_class back = ERR_CLASS_COUNT;
		assert_true(err_class_from_name(err_class_name((enum err_class)i), &back));
		assert_int_equal(back, i);
		assert_int_equal(err_exit_status((enum err_class)i), exits[i]);
	}
	enum err_class c;
	assert_false(err_class_from_name("nonsense", &c));
	assert_false(err_class_from_name(NULL, &c));
}

static void system_errors(void **state)
{
	struct err *e = err_sys(ERR_FAILED, "open", "/x", ENOENT);

	assert_string_equal(e->msg.text, "open /x: No such file or directory");
	err_free(e);
	e = err_sys(ERR_TIMEOUT, "open", "/x", 98765);
	assert_string_equal(e->msg.text, "open /x: error 98765");
	assert_int_equal(e->class, ERR_TIMEOUT);
	err_free(e);
	err_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_formats),   cmocka_unit_test(rows_are_told_apart),
		cmocka_unit_test(fills_holes),         cmocka_unit_test(hostile_arguments_are_cleaned),
		cmocka_unit_test(packs_every_letter),  cmocka_unit_test(round_trip),
		cmocka_unit_test(foreign_messages),    cmocka_unit_test(classes),
		cmocka_unit_test(system_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

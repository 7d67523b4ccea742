/* Batches read without a JSON tree: what the broker writes is taken, and whatever is taken means what jansson makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "tests/batch_same.h"

static uint32_t dice = 1;
static struct batch b;

static unsigned throw(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 17;
	dice ^= dice << 5;
	return dice % sides;
}

static int teardown(void **state)
{
	batch_free(&b);
	return 0;
}

/* Texts as hosts and people give them, clean. */
static const char *some_text(void)
{
	static const char *const texts[] = {"", "acme-db01", "web\xe3\x82\xb5\xe3\x83\xbc\xe3\x83\x90", "e\xcc\x81t\xc3\xa9", "back\\x5cslash", "say \"hi\"", "\\", "\"",
		"\\\\\\x1b", "{\"event\":\"batch\",", "],[", "52:54:00:12:34:56,52:54:00:12:34:57", "running", "up", "done", "ok", "\xf0\x9f\x90\xa7"};

	return texts[throw(sizeof texts / sizeof *texts)];
}

static void write_line(struct buf *out, enum kind k, enum viewer v)
{
	buf_printf(out, "{\"event\":\"batch\",\"kind\":\"%s\",\"columns\":", kind_name(k));
	object_write_columns(out, k, v);
	buf_str(out, ",\"rows\":[");
	for (unsigned i = 0, n = 1 + throw(4); i < n; i++) {
		void *o = object_new(k);

		for (int f = 0; f < models[k].nfields; f++) {
			const struct field *field = &models[k].fields[f];
			const char *const *names;
			int64_t number = throw(4) ? (int64_t)throw(1000000) : -(int64_t)throw(3);

			if (field->type == FIELD_STR)
				intern_set((istr *)(void *)((char *)o + field->offset), f ? some_text() : "x:1");
			else if (field_names(field->type, &names))
				field_set_int(field, o, (int64_t)throw((unsigned)field_names(field->type, &names)));
			else
				field_set_int(field, o, number);
		}
		buf_str(out, i ? "," : "");
		object_write_row(out, k, o, v);
		object_free(k, o);
	}
	buf_str(out, "]}");
}

static void test_as_written(void **state)
{
	for (int round = 0; round < 200; round++)
		for (int k = 0; k < KIND_COUNT; k++) {
			struct buf line = {0};

			write_line(&line, (enum kind)k, VIEWER_OPERATOR);
			assert_true(batch_same(&b, line.data, line.len));
			buf_free(&line);
		}
}

/* Bytes changed, lost, doubled and put in: most are left to jansson, none is taken for something else. */
static void test_mutations(void **state)
{
	static const char *const bits[] = {"\"", "\\", ",", "[", "]", "{", "}", "0", "-", "1.5", "1e9", "99999999999999999999", "null", "true", "false", "\\u0041",
		"\\ud83d\\udc27", "\\ud83d", "\\n", "\\/", "\x1b", "\xff", "\xe2\x80\xae", "\xc0\x80", "\xed\xa0\x80", "\xcc\x81", " ", "\t", "\"id\",", "\"\"", "[1]"};
	int taken = 0, left = 0;

	for (int round = 0; round < 30000; round++) {
		struct buf line = {0}, out = {0};

		write_line(&line, (enum kind)throw(KIND_COUNT), VIEWER_OPERATOR);
		size_t at = throw((unsigned)line.len), cut = throw(3) ? throw(3) : throw(40);

		cut = cut < line.len - at ? cut : line.len - at;
		const char *bit = throw(4) ? bits[throw(sizeof bits / sizeof *bits)] : "";
		buf_append(&out, line.data, at);
		buf_str(&out, bit);
		buf_append(&out, line.data + at + cut, line.len - at - cut);
		*(batch_same(&b, out.data, out.len) ? &taken : &left) += 1;
		buf_free(&line);
		buf_free(&out);
	}
	assert_true(taken > 1000);
	assert_true(left > 1000);
}

#define HEAD "{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[\"id\",\"name\",\"vcpus\"],\"rows\":["

static bool taken(const char *line)
{
	return batch_same(&b, line, strlen(line));
}

static void test_left_to_jansson(void **state)
{
	static const char *const lines[] = {
		"", "{", BATCH_BEGINS, HEAD, HEAD "]}", HEAD "[]]}", HEAD "[\"v\",\"n\"]]}", HEAD "[\"v\",\"n\",1,2]]}", HEAD "[\"\",\"n\",1]]}", HEAD "[5,\"n\",1]]}",
		HEAD "[null,\"n\",1]]}", HEAD "[\"v\",\"n\",01]]}", HEAD "[\"v\",\"n\",-]]}", HEAD "[\"v\",\"n\",1.0]]}", HEAD "[\"v\",\"n\",1234567890123456789]]}",
		HEAD "[\"v\",\"\\u0041\",1]]}", HEAD "[\"v\",\"a\\nb\",1]]}", HEAD "[\"v\",\"a\x1b[m\",1]]}", HEAD "[\"v\",\"\xe2\x80\xae\",1]]}", HEAD "[\"v\",\"\xff\",1]]}",
		HEAD "[\"v\",\"\x7f\",1]]}", HEAD "[\"v\",\"\xcc\x81\",1]]}", HEAD "[\"v\",[],1]]}", HEAD "[\"v\",{},1]]}", HEAD "[\"v\",\"n\",1]]", HEAD "[\"v\",\"n\",1]]} ",
		HEAD "[\"v\",\"n\",1],]}", HEAD "[\"v\", \"n\",1]]}", HEAD "[\"v\",\"n\",tru]]}", HEAD "[\"v\",\"n\\",
		"{\"event\":\"batch\",\"kind\":\"comet\",\"columns\":[\"id\"],\"rows\":[[\"a\"]]}",
		"{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[\"name\"],\"rows\":[[\"a\"]]}",
		"{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[],\"rows\":[[\"a\"]]}",
		"{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[\"id\",\"id\"],\"rows\":[[\"a\",\"b\"]]}",
		"{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[\"id\"],\"rows\":[[\"a\"]],\"more\":1}",
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_false(taken(lines[i]));
}

/* What a newer broker may say, and what is right at the edges. */
static void test_taken(void **state)
{
	assert_true(taken(HEAD "[\"v\",\"n\",1]]}"));
	assert_true(taken(HEAD "[\"v\",null,\"four\"],[\"w\",true,false]]}"));
	assert_true(taken(HEAD "[\"v\",\"\\\\\\\"\",-0],[\"\\\\\",\"a\\\\x1b\",999999999999999999]]}"));
	assert_true(taken("{\"event\":\"batch\",\"kind\":\"vm\",\"columns\":[\"colour\",\"id\",\"colour\",\"state\"],\"rows\":[[\"red\",\"vm:9\",7,\"dreaming\"]]}"));
	assert_true(taken("{\"event\":\"batch\",\"kind\":\"job\",\"columns\":[\"id\",\"state\"],\"rows\":[[\"a\",\"done\"],[\"b\",\"\"],[\"c\",7]]}"));
}

/* More rows than a broker ever puts into a line. */
static void test_too_many(void **state)
{
	for (int n = PROTO_BATCH_ROWS; n <= PROTO_BATCH_ROWS + 1; n++) {
		struct buf line = {0};

		buf_str(&line, HEAD);
		for (int i = 0; i < n; i++)
			buf_printf(&line, "%s[\"vm:%d\",\"n\",2]", i ? "," : "", i);
		buf_str(&line, "]}");
		assert_int_equal(batch_same(&b, line.data, line.len), n == PROTO_BATCH_ROWS);
		buf_free(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_written),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_left_to_jansson),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

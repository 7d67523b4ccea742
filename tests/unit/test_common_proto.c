/* The protocol's lines: split anywhere they are the same, and nothing beyond the bounds comes through. */
#include "common/proto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Lines taken from data fed in pieces cut at `cut`, then every `step` bytes; printed one after another. */
static char *read_all(const char *data, size_t len, size_t cut, size_t step, size_t max)
{
	struct proto_reader r;
	struct buf out = {0};

	proto_reader_init(&r, max);
	for (size_t at = 0; at < len;) {
		size_t n = at < cut ? cut - at : step;
		if (n > len - at)
			n = len - at;
		proto_feed(&r, data + at, n);
		at += n;
		for (;;) {
			json_t *j;
			struct err *e = proto_next(&r, &j);
			if (e) {
				buf_str(&out, e->msg.id);
				assert_null(j);
				err_free(e);
				at = len;
				break;
			}
			if (!j)
				break;
			buf_json(&out, j);
			json_decref(j);
		}
	}
	proto_reader_free(&r);
	buf_append(&out, "", 1);
	return out.data;
}

static void splits_at_every_byte(void **state)
{
	const char data[] = "{\"execute\":\"hello\",\"id\":1}\n{}\r\n\n  \n{\"a\":\"\\n}\"}\n{\"x\":[1,2]}\n{\"half\":";
	const char *want = "{\"execute\":\"hello\",\"id\":1}{}{\"a\":\"\\n}\"}{\"x\":[1,2]}";

	for (size_t cut = 0; cut < sizeof data; cut++) {
		for (size_t step = 1; step < 40; step += 13) {
			char *got = read_all(data, sizeof data - 1, cut, step, 1000);
			assert_string_equal(got, want);
			free(got);
		}
	}
}

static void refuses(void **state)
{
	static const struct { const char *data; size_t len; const char *got; } rows[] = {
#define ROW(data, got) {data, sizeof data - 1, got}
		ROW("nonsense\n", "proto.json"),
		ROW("{}}\n", "proto.json"),
		ROW("{\"a\":1,\"a\":2}\n", "proto.json"),
		ROW("{\"a\":\"\\u0000\"}\n", "proto.json"),
		ROW("{\"a\":\"x\0y\"}\n", "proto.json"),
		ROW("\0\n", "proto.json"),
		ROW("{}\0\n", "proto.json"),
		ROW("{\"a\":\"\xff\"}\n", "proto.json"),
		ROW("{\"a\":99999999999999999999}\n", "proto.json"),
		ROW("[1]\n", "proto.object"),
		ROW("\"x\"\n", "proto.json"), /* jansson: '[' or '{' expected */
		ROW("{}\n[]\n{}\n", "{}proto.object"),
		ROW("{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}\n", "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"),
		ROW("{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}\n", "proto.deep"),
		ROW("{\"a\":\"[[[[[[[[[[[[[[[[[[[\\\"[[\"}\n", "{\"a\":\"[[[[[[[[[[[[[[[[[[[\\\"[[\"}"),
#undef ROW
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *got = read_all(rows[i].data, rows[i].len, 0, 7, 1000);
		assert_string_equal(got, rows[i].got);
		free(got);
	}
}

/* Depth bombs cost nothing. */
static void deep_lines_end_early(void **state)
{
	size_t n = PROTO_REQUEST_MAX;
	char *data = malloc(n);

	memset(data, '[', n);
	data[n - 1] = '\n';
	char *got = read_all(data, n, 0, n, PROTO_REQUEST_MAX);
	assert_string_equal(got, "proto.deep");
	free(got);
	free(data);
}

static void length_is_capped(void **state)
{
	/* 10 bytes may stand before the newline, not 11, whether it came or not */
	static const struct { const char *data, *got; } rows[] = {
		{"{\"a\":1   }\n", "{\"a\":1}"}, {"{\"a\":1    }\n", "proto.long"}, {"{\"a\":1   }", ""},
		{"{\"a\":1    }", "proto.long"}, {"{}\n{\"a\":1    }", "{}proto.long"}, {"           ", "proto.long"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size_t step = 1; step < 14; step++) {
			char *got = read_all(rows[i].data, strlen(rows[i].data), 0, step, 10);
			assert_string_equal(got, rows[i].got);
			free(got);
		}
	}
}

/* Memory that waits is what came in since the last line, however long the stream. */
static void holds_little(void **state)
{
	struct proto_reader r;
	json_t *j;

	proto_reader_init(&r, 100);
	for (int i = 0; i < 100000; i++) {
		proto_feed(&r, "{\"a\":1}\n{\"b\"", 12);
		assert_null(proto_next(&r, &j));
		assert_non_null(j);
		json_decref(j);
		assert_null(proto_next(&r, &j));
		assert_null(j);
		proto_feed(&r, ":2}\n", 4);
		assert_null(proto_next(&r, &j));
		assert_non_null(j);
		json_decref(j);
	}
	assert_true(r.in.size < 1024);
	proto_reader_free(&r);
}

static void assert_line(struct buf *b, const char *want)
{
	buf_append(b, "", 1);
	assert_string_equal(b->data, want);
	buf_free(b);
}

static void writes_answers(void **state)
{
	struct buf b = {0};
	json_t *id = json_integer(3), *value = json_pack("{s:i}", "x", 1), *word = json_string("a\n");

	proto_return(&b, id, value);
	assert_line(&b, "{\"return\":{\"x\":1},\"id\":3}\n");
	proto_return(&b, word, NULL);
	assert_line(&b, "{\"return\":{},\"id\":\"a\\n\"}\n");
	proto_return(&b, NULL, NULL);
	assert_line(&b, "{\"return\":{}}\n");
	struct err *e = err_new(ERR_LEASE, "os.error", "{s:s, s:s, s:s}", "what", "w", "name", "n", "reason", "r");
	proto_error(&b, id, e);
	assert_line(&b, "{\"error\":{\"class\":\"lease\",\"msg\":\"os.error\",\"args\":{\"what\":\"w\",\"name\":\"n\",\"reason\":\"r\"},"
		"\"text\":\"w n: r\"},\"id\":3}\n");
	err_free(e);
	json_decref(id);
	json_decref(value);
	json_decref(word);
}

static void reads_errors(void **state)
{
	json_t *j = json_pack("{s:s, s:s, s:{s:s}, s:s}", "class", "limit", "msg", "text", "args", "text", "x\x1b", "text", "y\x1b");
	struct err *e = proto_error_read(j);

	assert_int_equal(e->class, ERR_LIMIT);
	assert_string_equal(e->msg.id, "text");
	assert_string_equal(e->msg.text, "y\\x1b");
	assert_string_equal(json_string_value(json_object_get(e->msg.args, "text")), "x\\x1b");
	err_free(e);
	json_object_set_new(j, "class", json_string("unheard-of"));
	json_object_set_new(j, "msg", json_string("unheard.of"));
	e = proto_error_read(j);
	assert_int_equal(e->class, ERR_FAILED);
	assert_string_equal(e->msg.text, "y\\x1b");
	err_free(e);
	json_decref(j);
	e = proto_error_read(NULL);
	assert_int_equal(e->class, ERR_FAILED);
	assert_true(strlen(e->msg.text) > 0);
	err_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_at_every_byte), cmocka_unit_test(refuses),      cmocka_unit_test(deep_lines_end_early),
		cmocka_unit_test(length_is_capped),     cmocka_unit_test(holds_little), cmocka_unit_test(writes_answers),
		cmocka_unit_test(reads_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

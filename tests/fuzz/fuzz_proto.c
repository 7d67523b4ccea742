/* Arbitrary bytes in arbitrary pieces through the protocol's reader, then as objects and rows of every kind, as an error
 * and as a message; and as a batch, by both of its readers. Inputs: the first byte seeds how the rest is cut into pieces. */
#include "tests/batch_same.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* What was read once must come out of what is written from it. */
static void read_again(enum kind k, const void *o)
{
	struct buf b = {0};
	void *again = object_new(k);

	object_write(&b, k, o, VIEWER_OPERATOR);
	json_t *j = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	must(j && object_read(k, again, j));
	for (int i = 0; i < models[k].nfields; i++) {
		const struct field *f = &models[k].fields[i];
		char a[64], c[64];
		must(!strcmp(field_text(f, o, a, sizeof a), field_text(f, again, c, sizeof c)));
	}
	json_decref(j);
	buf_free(&b);
	object_free(k, again);
}

static void try_line(json_t *j)
{
	for (int k = 0; k < KIND_COUNT; k++) {
		void *o = object_new((enum kind)k);
		int columns[32];
		json_t *object = json_object_get(j, "object"), *rows = json_object_get(j, "rows");
		if (object_read((enum kind)k, o, object ? object : j))
			read_again((enum kind)k, o);
		int n = columns_read((enum kind)k, json_object_get(j, "columns"), columns, 32);
		for (size_t i = 0; n >= 0 && i < json_array_size(rows); i++) {
			if (object_read_row((enum kind)k, o, json_array_get(rows, i), columns, n))
				read_again((enum kind)k, o);
		}
		object_free((enum kind)k, o);
	}
	struct err *e = proto_error_read(json_object_get(j, "error") ? json_object_get(j, "error") : j);
	must(e->msg.text && text_is_clean(e->msg.text) && e->msg.id && msg_template(e->msg.id));
	struct buf b = {0};
	proto_error(&b, json_object_get(j, "id"), e);
	must(b.data[b.len - 1] == '\n' && memchr(b.data, '\n', b.len) == b.data + b.len - 1);
	buf_free(&b);
	err_free(e);
}

/* As a whole line, and as the rows of one. */
static void try_batch(const uint8_t *data, size_t size)
{
	static const char *const heads[] = {"", BATCH_BEGINS "\"kind\":", BATCH_BEGINS "\"kind\":\"vm\",\"columns\":[\"id\",\"gen\",\"name\",\"state\"],\"rows\":[["};
	static struct batch batch;

	for (size_t i = size ? 0 : 1; i < sizeof heads / sizeof *heads; i++) {
		struct buf b = {0};

		buf_str(&b, heads[i]);
		buf_append(&b, data, size);
		batch_same(&batch, b.data, b.len);
		if (i == 2) {
			buf_str(&b, "]]}");
			batch_same(&batch, b.data, b.len);
		}
		buf_free(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proto_reader r;
	struct err *e = NULL;

	if (!size)
		return 0;
	unsigned seed = *data++;
	size--;
	try_batch(data, size);
	proto_reader_init(&r, 4096);
	while (size && !e) {
		size_t n = 1 + (size_t)rand_r(&seed) % 64;
		if (n > size)
			n = size;
		proto_feed(&r, (const char *)data, n);
		data += n;
		size -= n;
		json_t *j;
		while (!(e = proto_next(&r, &j)) && j) {
			try_line(j);
			json_decref(j);
		}
	}
	must(!e || text_is_clean(e->msg.text));
	err_free(e);
	proto_reader_free(&r);
	return 0;
}

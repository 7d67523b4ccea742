/* The protocol's lines: splitting the stream, parsing one line within bounds, writing answers.
 * Called by the broker's peers and the console's client. */
#include "common/proto.h"

#include <string.h>

#define KEPT (16 * 1024) /* bytes of a buffer that stays; what came at once took more */

void proto_reader_init(struct proto_reader *r, size_t max)
{
	*r = (struct proto_reader){.max = max};
}

void proto_reader_free(struct proto_reader *r)
{
	buf_free(&r->in);
	*r = (struct proto_reader){0};
}

void proto_feed(struct proto_reader *r, const char *data, size_t len)
{
	if (r->start) {
		buf_drop(&r->in, r->start);
		r->start = 0;
	}
	buf_append(&r->in, data, len);
}

/* How deep the line nests, counted outside of strings: jansson would build the whole tree before we could look. */
static int depth_of(const char *s, size_t len)
{
	int depth = 0, deepest = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (quoted) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				quoted = false;
		} else if (s[i] == '"') {
			quoted = true;
		} else if (s[i] == '{' || s[i] == '[') {
			if (++depth > deepest)
				deepest = depth;
		} else if (s[i] == '}' || s[i] == ']') {
			depth--;
		}
	}
	return deepest;
}

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r')
			return false;
	}
	return true;
}

struct err *proto_parse(const char *s, size_t len, json_t **out)
{
	json_error_t why;

	*out = NULL;
	if (depth_of(s, len) > PROTO_DEPTH_MAX)
		return err_new(ERR_USAGE, "proto.deep", "{s:i}", "max", PROTO_DEPTH_MAX);
	json_t *j = json_loadb(s, len, JSON_REJECT_DUPLICATES, &why);
	if (!j)
		return err_new(ERR_USAGE, "proto.json", "{s:s, s:i}", "reason", why.text, "column", why.column);
	if (!json_is_object(j)) {
		json_decref(j);
		return err_new(ERR_USAGE, "proto.object", NULL);
	}
	*out = j;
	return NULL;
}

struct err *proto_next_line(struct proto_reader *r, const char **out, size_t *out_len)
{
	*out = NULL;
	for (;;) {
		size_t left = r->in.len - r->start;
		if (!left) {
			r->in.len = r->start = 0;
			if (r->in.size > KEPT)
				buf_free(&r->in);
			return NULL;
		}
		const char *line = r->in.data + r->start;
		const char *end = left > r->scanned ? memchr(line + r->scanned, '\n', left - r->scanned) : NULL;
		size_t len = end ? (size_t)(end - line) : left;

		if (len > r->max)
			return err_new(ERR_USAGE, "proto.long", "{s:I}", "max", (json_int_t)r->max);
		if (!end) {
			r->scanned = left;
			return NULL;
		}
		r->start += len + 1;
		r->scanned = 0;
		if (is_blank(line, len))
			continue;
		*out = line;
		*out_len = len;
		return NULL;
	}
}

struct err *proto_next(struct proto_reader *r, json_t **out)
{
	const char *line;
	size_t len;
	struct err *e = proto_next_line(r, &line, &len);

	*out = NULL;
	return e || !line ? e : proto_parse(line, len, out);
}

static void put_end(struct buf *b, json_t *id)
{
	if (id) {
		buf_str(b, ",\"id\":");
		buf_json(b, id);
	}
	buf_str(b, "}\n");
}

void proto_return(struct buf *b, json_t *id, json_t *value)
{
	buf_str(b, "{\"return\":");
	if (value)
		buf_json(b, value);
	else
		buf_str(b, "{}");
	put_end(b, id);
}

void proto_error(struct buf *b, json_t *id, const struct err *e)
{
	buf_str(b, "{\"error\":{\"class\":");
	buf_json_string(b, err_class_name(e->class));
	buf_str(b, ",\"msg\":");
	buf_json_string(b, e->msg.id);
	buf_str(b, ",\"args\":");
	if (e->msg.args)
		buf_json(b, e->msg.args);
	else
		buf_str(b, "{}");
	buf_str(b, ",\"text\":");
	buf_json_string(b, e->msg.text);
	buf_str(b, "}");
	put_end(b, id);
}

struct err *proto_error_read(json_t *error)
{
	struct err *e = xcalloc(1, sizeof *e);

	if (!msg_from_json(&e->msg, error))
		msg_make(&e->msg, "proto.error", NULL);
	if (!err_class_from_name(json_string_value(json_object_get(error, "class")), &e->class))
		e->class = ERR_FAILED;
	return e;
}

const char *proto_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* The strict reader of batch lines (batch.h): one pass over the line finds its cells, a second one sets fields from them, so that of
 * a line that is broken at its end nothing was taken. Called by the console's mirror. */
#include "common/batch.h"
#include "common/proto.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 18 /* of a number: more may not fit into 64 bits, and what follows then is no comma */

struct scan { const char *at, *end; };

static bool take(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return false;
	s->at += n;
	return true;
}

static bool take_byte(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* What stands in a text as it is, and needs no second look: printable ASCII but for the quote and the backslash. */
static inline bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* Copies s[0..len) without its escapes; each of them was seen to be one of a quote or a backslash. */
static const char *unescape(struct batch *b, const struct scan *line, const char *s, size_t len, uint32_t *out)
{
	if (!b->text)
		b->text = xmalloc((size_t)(line->end - s)); /* no text after this one can need more than the rest of the line */
	char *to = b->text + b->used, *from = to;

	for (size_t i = 0; i < len; i++) {
		i += s[i] == '\\';
		*to++ = s[i];
	}
	*out = (uint32_t)(to - from);
	b->used += *out;
	return from;
}

/* A text, from behind its first quote to behind its last. */
static bool take_text(struct batch *b, struct scan *s, struct wire *out)
{
	const char *from = s->at;
	bool ascii = true, escapes = false;

	for (;; s->at++) {
		while (s->at < s->end && is_plain(*s->at))
			s->at++;
		if (s->at == s->end)
			return false;
		if (*s->at == '"')
			break;
		if (*s->at == '\\') {
			if (++s->at == s->end || (*s->at != '\\' && *s->at != '"'))
				return false;
			escapes = true;
		} else if ((unsigned char)*s->at >= 0x80) {
			ascii = false;
		} else {
			return false;
		}
	}
	out->type = WIRE_TEXT;
	out->s = from;
	out->len = (uint32_t)(s->at++ - from);
	if (!ascii && !text_is_clean_n(from, out->len))
		return false;
	if (escapes)
		out->s = unescape(b, s, from, out->len, &out->len);
	return true;
}

static bool take_number(struct scan *s, struct wire *out)
{
	bool minus = take_byte(s, '-');
	const char *from = s->at;
	int64_t n = 0;

	while (s->at < s->end && s->at - from < DIGITS_MAX && *s->at >= '0' && *s->at <= '9')
		n = n * 10 + (*s->at++ - '0');
	if (s->at == from || (*from == '0' && s->at - from > 1))
		return false;
	out->type = WIRE_INT;
	out->n = minus ? -n : n;
	return true;
}

static bool take_cell(struct batch *b, struct scan *s, struct wire *out)
{
	if (take_byte(s, '"'))
		return take_text(b, s, out);
	if (take(s, "true"))
		out->type = WIRE_TRUE;
	else if (take(s, "false") || take(s, "null"))
		out->type = WIRE_NONE;
	else
		return take_number(s, out);
	return true;
}

/* "columns":[...], whose fields are told once each; the id is one of them. */
static bool take_columns(struct batch *b, struct scan *s)
{
	const struct model *m = &models[b->kind];

	for (int i = 0; i < m->nfields; i++)
		b->column_of[i] = -1;
	b->ncolumns = 0;
	do {
		struct wire name;
		const struct field *f = NULL;

		if (b->ncolumns == MODEL_FIELDS_MAX || !take_byte(s, '"') || !take_text(b, s, &name))
			return false;
		for (int i = 0; i < m->nfields && !f; i++)
			if (strlen(m->fields[i].name) == name.len && memcmp(m->fields[i].name, name.s, name.len) == 0)
				f = &m->fields[i];
		if (f && b->column_of[f - m->fields] >= 0)
			return false;
		if (f)
			b->column_of[f - m->fields] = b->ncolumns;
		b->ncolumns++;
	} while (take_byte(s, ','));
	return b->column_of[0] >= 0;
}

static bool take_row(struct batch *b, struct scan *s)
{
	if ((b->nrows + 1) * (size_t)b->ncolumns > b->room) {
		b->room = (size_t)b->ncolumns * PROTO_BATCH_ROWS;
		b->cells = xrealloc(b->cells, b->room * sizeof *b->cells);
	}
	struct wire *row = b->cells + b->nrows * (size_t)b->ncolumns;

	for (int i = 0; i < b->ncolumns; i++)
		if (!take_byte(s, i ? ',' : '[') || !take_cell(b, s, &row[i]))
			return false;
	b->nrows++;
	return take_byte(s, ']') && row[b->column_of[0]].type == WIRE_TEXT && row[b->column_of[0]].len > 0;
}

bool batch_read(struct batch *b, const char *line, size_t len)
{
	struct scan s = {line, line + len};
	struct wire kind;
	char name[32];

	free(b->text);
	b->text = NULL;
	b->used = b->nrows = 0;
	if (len > PROTO_LINE_MAX || !take(&s, BATCH_BEGINS "\"kind\":\"") || !take_text(b, &s, &kind) || kind.len >= sizeof name)
		return false;
	memcpy(name, kind.s, kind.len);
	name[kind.len] = '\0';
	if (!kind_from_name(name, &b->kind) || !take(&s, ",\"columns\":[") || !take_columns(b, &s) || !take(&s, "],\"rows\":["))
		return false;
	do
		if (b->nrows == PROTO_BATCH_ROWS || !take_row(b, &s))
			return false;
	while (take_byte(&s, ','));
	return take(&s, "]}") && s.at == s.end;
}

const struct wire *batch_id(const struct batch *b, size_t row)
{
	return &b->cells[row * (size_t)b->ncolumns + (size_t)b->column_of[0]];
}

void batch_row(const struct batch *b, size_t row, void *o)
{
	static const struct wire none = {.type = WIRE_NONE};
	const struct model *m = &models[b->kind];
	const struct wire *cells = b->cells + row * (size_t)b->ncolumns;

	for (int i = 0; i < m->nfields; i++)
		field_read(&m->fields[i], o, b->column_of[i] >= 0 ? &cells[b->column_of[i]] : &none);
}

void batch_free(struct batch *b)
{
	free(b->cells);
	free(b->text);
	*b = (struct batch){0};
}

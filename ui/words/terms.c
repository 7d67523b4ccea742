/* The filter's words (terms.h). */
#include "words/terms.h"

#include "common/filter.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err *bad(const char *id, const struct term *t, const char *word)
{
	return err_new(ERR_USAGE, id, "{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "term", word, "key", t->key, "value", t->value, "choices", "", "column",
		t->column, "max", TERMS_MOST, "bytes", TERM_MOST - 1);
}

struct err *terms_bad(const struct term *t, const char *id)
{
	char word[TERM_MOST + 40];

	snprintf(word, sizeof word, "%s%s%s%s", t->negate ? "!" : "", t->key, *t->key ? ":" : "", t->value);
	return bad(id, t, word);
}

static bool is_key(const char *const *keys, const char *key)
{
	for (; *keys; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

struct err *terms_read(const char *text, const char *const *keys, struct term *out, size_t *n)
{
	int column = 1;

	*n = 0;
	for (size_t at = strspn(text, " \t\n"), counted = 0; text[at];) {
		struct filter_place p;
		struct term t = {0};
		char word[TERM_MOST + 40];
		bool quoted = false;
		size_t len = 0;

		for (; counted < at; counted++)
			column += ((unsigned char)text[counted] & 0xc0) != 0x80;
		t.column = column;
		filter_place(text, at, &p);
		t.negate = text[p.start] == '!';
		memcpy(t.key, p.key, sizeof t.key);
		for (size_t i = p.value; i < p.end; i++) {
			if (text[i] == '"')
				quoted = !quoted;
			else if (len < sizeof t.value - 1)
				t.value[len++] = text[i];
			else
				return bad("filter.long", &t, "");
		}
		snprintf(word, sizeof word, "%.*s", (int)(p.end - p.start), text + p.start);
		if (p.has_key && !is_key(keys, t.key))
			return bad("filter.key", &t, word);
		if (quoted)
			return bad("filter.quote", &t, word);
		if (len == 0)
			return bad("filter.empty", &t, word);
		if (*n == TERMS_MOST)
			return bad("filter.long", &t, "");
		out[(*n)++] = t;
		at = p.end + strspn(text + p.end, " \t\n");
	}
	return NULL;
}

const char *terms_value(const struct term *t, size_t n, const char *key)
{
	const char *value = "";

	for (size_t i = 0; i < n; i++)
		if (!t[i].negate && strcmp(t[i].key, key) == 0)
			value = t[i].value;
	return value;
}

void terms_clear(struct terms *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->folded[i]);
	t->n = 0;
}

void terms_take(struct terms *t, const struct term *list, size_t n)
{
	terms_clear(t);
	t->n = n;
	for (size_t i = 0; i < n; i++) {
		t->all[i] = list[i];
		t->folded[i] = text_fold(list[i].value);
	}
}

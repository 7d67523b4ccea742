/* Whose greeting that is. Called by the conversation with a manager whose dialect the site file does not name. */
#include "enclosures/inside.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define GREETING_MAX 16384

/* The longest text of the greeting that one of them matches; 0 none. Line by line: none spans two. */
static size_t longest(const struct words *w, const char *text, size_t len)
{
	struct span spans[PATTERN_GROUPS_MAX + 1];
	size_t best = 0;

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		for (size_t i = 0; i < w->n; i++)
			if (pattern_match(w->list[i], PATTERN_FIND, false, text + at, n, spans) == 1 &&
				spans[0].end - spans[0].start > best)
				best = spans[0].end - spans[0].start;
		at += n + 1;
	}
	return best;
}

const struct dialect *dialects_detect(const struct dialects *d, const char *greeting)
{
	const struct dialect *found = NULL;
	size_t best = 0, len = strnlen(greeting, GREETING_MAX);
	char *plain = lines_plain(greeting, len, &len);

	for (size_t i = 0; i < dialects_count(d); i++) {
		const struct dialect *one = dialects_at(d, i);
		size_t n = longest(&one->detect->banner, plain, len);
		if (!n || n < best || longest(&one->detect->not, plain, len))
			continue;
		found = n == best ? NULL : one;
		best = n;
	}
	free(plain);
	return found;
}

bool dialects_at_prompt(const struct dialects *d, const char *bytes, size_t n)
{
	for (size_t i = 0; i < dialects_count(d); i++)
		if (dialect_at_prompt(dialects_at(d, i), bytes, n))
			return true;
	return false;
}

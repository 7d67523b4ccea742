/* Saved filters (saved.h). */
#include "settings/saved.h"

#include "settings/settings.h"

#include <stdio.h>
#include <string.h>

#define PREFIX "filter."

bool saved_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-");

	return n > 0 && n <= SAVED_NAME_MAX && !name[n];
}

size_t saved_names(const char *prefix, const char **out, size_t max)
{
	char begin[sizeof PREFIX + SAVED_NAME_MAX];
	size_t n;

	if (strlen(prefix) > SAVED_NAME_MAX)
		return 0;
	snprintf(begin, sizeof begin, PREFIX "%s", prefix);
	n = settings_names(begin, out, max);
	for (size_t i = 0; i < n && i < max; i++)
		out[i] += sizeof PREFIX - 1;
	return n;
}

const char *saved_get(const char *name)
{
	char key[sizeof PREFIX + SAVED_NAME_MAX];

	if (!saved_is_name(name))
		return NULL;
	snprintf(key, sizeof key, PREFIX "%s", name);
	return settings_get(key, NULL);
}

bool saved_set(const char *name, const char *text)
{
	char key[sizeof PREFIX + SAVED_NAME_MAX];

	if (!saved_is_name(name))
		return false;
	snprintf(key, sizeof key, PREFIX "%s", name);
	return settings_set(key, text);
}

/* "@night" at s, which begins a term: its length; 0: it is none. */
static size_t name_at(const char *s, char *name, size_t size)
{
	size_t n = *s == '@' ? strcspn(s, " \t\n") : 0;

	if (n == 0)
		return 0;
	snprintf(name, size, "%.*s", (int)(n - 1), s + 1);
	return n;
}

struct err *saved_expand(const char *text, char *out, size_t size)
{
	size_t used = 0;
	int column = 1;
	bool begins = true, quoted = false;

	for (const char *s = text; *s;) {
		char name[SAVED_NAME_MAX + 2];
		size_t n = begins && !quoted ? name_at(s, name, sizeof name) : 0, room = 1;
		const char *with = s;

		if (n > 0) {
			with = saved_get(name);
			if (!with) {
				char term[SAVED_NAME_MAX + 8];

				snprintf(term, sizeof term, "@%s", name);
				out[0] = '\0';
				return err_new(ERR_USAGE, "filter.saved", "{s:s, s:i}", "term", term, "column", column);
			}
			room = strlen(with);
		}
		if (used + room + 1 > size) {
			out[0] = '\0';
			return err_new(ERR_USAGE, "filter.long", "{s:i, s:i, s:i}", "max", 32, "bytes", 255, "column", column);
		}
		memcpy(out + used, with, room);
		used += room;
		begins = *s == ' ' || *s == '\t';
		quoted ^= *s == '"';
		for (const char *end = s + (n ? n : 1); s < end; s++)
			column += ((unsigned char)*s & 0xc0) != 0x80;
	}
	out[used] = '\0';
	return NULL;
}

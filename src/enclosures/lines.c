/* From bytes as a terminal gets them to lines of text: escape sequences, carriage returns, backspaces and pagers taken
 * out. Called by reply.c, check.c and detect.c. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of the escape sequence at s[0] == ESC. */
static size_t escape(const char *s, size_t n)
{
	size_t i = 2;

	if (n < 2)
		return n;
	if (s[1] == '[') {
		while (i < n && (unsigned char)s[i] >= 0x20 && (unsigned char)s[i] < 0x40)
			i++;
		return i < n && (unsigned char)s[i] >= 0x40 && (unsigned char)s[i] < 0x7f ? i + 1 : i;
	}
	if (s[1] == ']') { /* up to BEL or ESC \, on its line */
		while (i < n && s[i] != '\a' && s[i] != '\x1b' && s[i] != '\n')
			i++;
		if (i < n && s[i] == '\x1b')
			return i + 2 < n ? i + 2 : n;
		return i < n && s[i] == '\a' ? i + 1 : i;
	}
	return strchr("()*+#% ", s[1]) && n > 2 ? 3 : (unsigned char)s[1] >= 0x30 ? 2 : 1;
}

char *lines_plain(const char *bytes, size_t n, size_t *len)
{
	char *out = xmalloc(n + 1);
	size_t k = 0;

	for (size_t i = 0; i < n;) {
		char c = bytes[i];
		if (c == '\x1b') {
			i += escape(bytes + i, n - i);
		} else if (c == '\r') { /* any number of them before a line feed, or alone */
			while (i < n && bytes[i] == '\r')
				i++;
			i += i < n && bytes[i] == '\n';
			out[k++] = '\n';
		} else if (c == '\b' || c == '\x7f') {
			while (k && ((unsigned char)out[k - 1] & 0xc0) == 0x80)
				k--;
			k -= k && out[k - 1] != '\n';
			i++;
		} else if (!c || c == '\a') {
			i++;
		} else {
			out[k++] = c;
			i++;
		}
	}
	out[k] = '\0';
	*len = k;
	return out;
}

/* The pager's text goes wherever it stands: what follows it on the line is the next line of the reply. */
static size_t unpage(const struct dialect *d, char *line, size_t len)
{
	struct span spans[PATTERN_GROUPS_MAX + 1];

	for (int i = 0; i < 4 && d->session.pager; i++) {
		if (pattern_match(d->session.pager, PATTERN_FIND, false, line, len, spans) != 1 ||
			spans[0].start == spans[0].end)
			break;
		memmove(line + spans[0].start, line + spans[0].end, len - spans[0].end);
		len -= spans[0].end - spans[0].start;
	}
	return len;
}

char *line_clean(const struct dialect *d, const char *line, size_t len)
{
	char raw[PATTERN_SUBJECT_MAX], *out = xmalloc(PATTERN_SUBJECT_MAX);

	if (len > sizeof raw)
		len = sizeof raw;
	for (size_t i = 0; i < len; i++)
		raw[i] = line[i] == '\t' ? ' ' : line[i];
	len = unpage(d, raw, len);
	while (len && raw[len - 1] == ' ')
		len--;
	text_clean(out, PATTERN_SUBJECT_MAX, raw, len);
	return out;
}

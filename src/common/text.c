/* Cleaning of text that comes from outside: everything that could drive, confuse or overlay a terminal becomes \xNN.
 * Called wherever foreign text enters, and once more by the console where it is drawn. */
#include "common/text.h"
#include "common/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define MARKS_MAX 4 /* combining marks on one base that a terminal's cell holds */

/* What the next bytes of a text are. */
enum unit { UNIT_SHOWN, UNIT_MARK, UNIT_HIDDEN };

/* Letters and marks that take no ink or no room of their own, beside what Unicode calls format characters. */
static bool is_invisible(int32_t c)
{
	return c == 0x034f || c == 0x115f || c == 0x1160 || c == 0x17b4 || c == 0x17b5 || (c >= 0x180b && c <= 0x180f) ||
		c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xffa0 || (c >= 0xe0000 && c <= 0xe0fff);
}

/* Hangul vowels and final consonants: letters to Unicode, but drawn into the cell of the syllable that they follow. */
static bool joins_syllable(int32_t c)
{
	return (c >= 0x1161 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7fb);
}

/* Looks at the character at s; *n becomes its length in bytes, 1 for a byte that belongs to none. */
static enum unit look(const char *s, size_t left, size_t *n)
{
	utf8proc_int32_t c;
	unsigned char first = (unsigned char)*s;

	*n = 1;
	if (first < 0x80)
		return first >= 0x20 && first < 0x7f ? UNIT_SHOWN : UNIT_HIDDEN;
	utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, left < 4 ? (utf8proc_ssize_t)left : 4, &c);
	if (used <= 0)
		return UNIT_HIDDEN;
	*n = (size_t)used;
	if (is_invisible(c))
		return UNIT_HIDDEN;
	if (joins_syllable(c) && utf8proc_category(c) == UTF8PROC_CATEGORY_LO)
		return UNIT_MARK;
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return UNIT_HIDDEN;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_ME:
		return UNIT_MARK;
	default:
		return UNIT_SHOWN;
	}
}

/* The same, counting marks: those that have no base, or more of them than a cell holds, are hidden too.
 * *marks: how many the base has by now, MARKS_MAX when there is none; starts at MARKS_MAX. */
static enum unit look_on(const char *s, size_t left, size_t *n, int *marks)
{
	enum unit u = look(s, left, n);

	if (u == UNIT_SHOWN)
		*marks = 0;
	else if (u == UNIT_MARK && ++*marks > MARKS_MAX)
		u = UNIT_HIDDEN;
	if (u == UNIT_HIDDEN)
		*marks = MARKS_MAX;
	return u;
}

static size_t put_hex(char *out, const char *s, size_t n)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		memcpy(out + 4 * i, (char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, 4);
	}
	return 4 * n;
}

size_t text_clean(char *out, size_t size, const char *in, size_t len)
{
	static const char cut[] = "\\x~";
	size_t at = 0, whole = 0, n; /* whole: where cutting leaves whole characters and room for the mark of the cut */
	int marks = MARKS_MAX;

	if (!size)
		return 0;
	for (size_t i = 0; i < len; i += n) {
		char piece[16];
		enum unit u = look_on(in + i, len - i, &n, &marks);
		size_t piece_len = n;

		if (u == UNIT_HIDDEN || in[i] == '\\')
			piece_len = put_hex(piece, in + i, n);
		else
			memcpy(piece, in + i, n);
		if (u != UNIT_MARK && at + sizeof cut <= size)
			whole = at;
		if (piece_len >= size - at) {
			at = whole;
			if (at + sizeof cut <= size) {
				memcpy(out + at, cut, sizeof cut - 1);
				at += sizeof cut - 1;
			}
			break;
		}
		memcpy(out + at, piece, piece_len);
		at += piece_len;
	}
	out[at] = 0;
	return at;
}

char *text_clean_dup(const char *in)
{
	if (!in)
		return xstrdup("");
	size_t len = strlen(in);

	if (len > (SIZE_MAX - 1) / 4)
		abort();
	char *out = xmalloc(len * 4 + 1);
	len = text_clean(out, len * 4 + 1, in, len);
	return xrealloc(out, len + 1);
}

/* Bytes of the blank at s, 0 when there is none. *plain: one that a name may have between its words. */
static size_t blank_at(const char *s, bool *plain)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)strnlen(s, 4), &c);

	*plain = n > 0 && (c == ' ' || c == 0x3000);
	return n > 0 && (utf8proc_category(c) == UTF8PROC_CATEGORY_ZS || c == 0x2800) ? (size_t)n : 0;
}

char *text_clean_name_dup(const char *in)
{
	static const char cut[] = "\\x~";
	/* No more than what may be left of it: a host may send megabytes. */
	char *head = strndup(in ? in : "", 4 * TEXT_NAME_MAX), *clean = text_clean_dup(head);
	struct buf b = {0};
	bool after = true, plain, next_plain; /* after a blank, or at the beginning */
	size_t n, whole = 0;                  /* whole: where cutting leaves whole characters and room for the mark of the cut */

	free(head);
	for (const char *s = clean; *s && b.len <= TEXT_NAME_MAX; s += n) {
		if (look(s, strlen(s), &n) != UNIT_MARK && b.len + sizeof cut - 1 <= TEXT_NAME_MAX)
			whole = b.len;
		if (*s == '\\')
			n = 4;
		bool blank = blank_at(s, &plain) > 0;
		if (blank && !(plain && !after && s[n] && !blank_at(s + n, &next_plain))) {
			char hex[16];
			buf_append(&b, hex, put_hex(hex, s, n));
			blank = false;
		} else {
			buf_append(&b, s, n);
		}
		after = blank;
	}
	if (b.len > TEXT_NAME_MAX) {
		b.len = whole;
		buf_str(&b, cut);
	}
	buf_append(&b, "", 1);
	free(clean);
	return b.data;
}

bool text_is_clean(const char *s)
{
	return text_is_clean_n(s, strlen(s));
}

bool text_is_clean_n(const char *s, size_t left)
{
	int marks = MARKS_MAX;
	size_t n;

	for (; left; s += n, left -= n) {
		if (look_on(s, left, &n, &marks) == UNIT_HIDDEN)
			return false;
	}
	return true;
}

char *text_shown_dup(const char *s)
{
	return s && text_is_clean(s) ? xstrdup(s) : text_clean_dup(s);
}

void text_mend(char *s)
{
	char *to = s;

	while (*s) {
		unsigned char first = (unsigned char)*s;
		size_t need = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1, n = 1;

		while (n < need && ((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		if (n == need) {
			memmove(to, s, n);
			to += n;
		}
		s += n;
	}
	*to = '\0';
}

char *text_shown_cut(const char *s, size_t len, int cells)
{
	char *raw = xasprintf("%.*s", (int)len, s), *shown = text_shown_dup(raw);
	int used;

	shown[text_cut(shown, cells, &used)] = '\0';
	free(raw);
	return shown;
}

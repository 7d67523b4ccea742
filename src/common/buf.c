/* The byte buffer, JSON written straight into it, and memory that cannot fail. Called by every room. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static void no_memory(void)
{
	static const char text[] = "out of memory\n";

	fwrite(text, 1, sizeof text - 1, stderr);
	abort();
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		no_memory();
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		no_memory();
	return p;
}

void *xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (!p)
		no_memory();
	return p;
}

char *xstrdup(const char *s)
{
	if (!s)
		return NULL;
	size_t n = strlen(s) + 1;
	return memcpy(xmalloc(n), s, n);
}

char *xasprintf(const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		no_memory();
	va_end(ap);
	return s;
}

/* Where the next n bytes go. */
static inline char *room(struct buf *b, size_t n)
{
	if (__builtin_expect(b->size - b->len < n, 0)) {
		size_t size = b->size ? b->size : 256;

		while (size - b->len < n) {
			if (size > SIZE_MAX / 2)
				no_memory();
			size *= 2;
		}
		b->data = xrealloc(b->data, size);
		b->size = size;
	}
	return b->data + b->len;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
	if (!len)
		return;
	memcpy(room(b, len), data, len);
	b->len += len;
}

void buf_str(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(room(b, 128), 128, fmt, ap);
	if (n >= 128)
		n = vsnprintf(room(b, (size_t)n + 1), (size_t)n + 1, fmt, again);
	if (n > 0)
		b->len += (size_t)n;
	va_end(again);
	va_end(ap);
}

void buf_drop(struct buf *b, size_t n)
{
	if (!n)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len);
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

/* A byte that stands for itself inside a JSON string. */
static inline bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void put_escape(struct buf *b, unsigned char c)
{
	static const char short_form[32] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	char *to = room(b, 7);

	to[0] = '\\';
	if (c >= 0x20 || short_form[c]) {
		to[1] = c >= 0x20 ? (char)c : short_form[c];
		b->len += 2;
	} else {
		memcpy(to + 1, "u00", 3);
		to[4] = (char)('0' + (c >> 4));
		to[5] = "0123456789abcdef"[c & 15];
		b->len += 6;
	}
}

void buf_json_string(struct buf *b, const char *s)
{
	if (!s) {
		buf_append(b, "null", 4);
		return;
	}
	size_t left = strlen(s);

	room(b, left + 2)[0] = '"';
	b->len++;
	while (left) {
		size_t n = 0;

		while (n < left && is_plain((unsigned char)s[n]))
			n++;
		buf_append(b, s, n);
		s += n, left -= n;
		if (!left)
			break;
		if ((unsigned char)*s < 0x80) {
			put_escape(b, (unsigned char)*s);
			n = 1;
		} else {
			utf8proc_int32_t c;
			utf8proc_ssize_t used = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);

			n = used > 0 ? (size_t)used : 1;
			if (used > 0)
				buf_append(b, s, n);
			else
				buf_append(b, "\xef\xbf\xbd", 3);
		}
		s += n, left -= n;
	}
	buf_append(b, "\"", 1);
}

void buf_json_int(struct buf *b, int64_t n)
{
	char digits[24], *p = digits + sizeof digits;
	uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (n < 0)
		*--p = '-';
	buf_append(b, p, (size_t)(digits + sizeof digits - p));
}

static int dump(const char *data, size_t len, void *ctx)
{
	buf_append(ctx, data, len);
	return 0;
}

void buf_json(struct buf *b, const json_t *j)
{
	if (!j || json_dump_callback(j, dump, b, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		buf_append(b, "null", 4);
}

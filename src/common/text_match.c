/* Text as people look for it and read it: folding, patterns, order of names, ages and sizes.
 * Called by the filter and by the console's tables. */
#include "common/text.h"
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

char *text_fold(const char *s)
{
	size_t n = 0;

	while (s[n] && (unsigned char)s[n] < 0x80)
		n++;
	if (s[n]) {
		utf8proc_uint8_t *folded = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)s);
		if (folded)
			return (char *)folded; /* from malloc */
	}
	/* plain ASCII, or no UTF-8 at all */
	char *out = xstrdup(s);
	for (char *p = out; *p; p++)
		*p = lower(*p);
	return out;
}

/* The next character of s: a continuation byte is never a start. */
static const char *next_char(const char *s)
{
	do
		s++;
	while (((unsigned char)*s & 0xc0) == 0x80);
	return s;
}

bool text_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *again = NULL; /* after the last '*', and where it was tried */

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			again = s;
		} else if (*pattern == '?') {
			pattern++;
			s = next_char(s);
		} else if (*pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = again = next_char(again);
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* Compares two runs of digits by value and steps over both. */
static int number_cmp(const char **a, const char **b)
{
	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	const char *x = *a, *y = *b;
	while (is_digit(**a))
		++*a;
	while (is_digit(**b))
		++*b;
	ptrdiff_t nx = *a - x, ny = *b - y;
	if (nx != ny)
		return nx < ny ? -1 : 1;
	return memcmp(x, y, (size_t)nx);
}

int text_natural_cmp(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x && *x == *y)
		x++, y++;
	while (x > a && is_digit(x[-1])) /* numbers are compared whole */
		x--, y--;
	while (*x && *y) {
		if (is_digit(*x) && is_digit(*y)) {
			int c = number_cmp(&x, &y);
			if (c)
				return c;
		} else {
			unsigned char cx = (unsigned char)lower(*x++), cy = (unsigned char)lower(*y++);
			if (cx != cy)
				return cx < cy ? -1 : 1;
		}
	}
	if (*x || *y)
		return *x ? 1 : -1;
	return strcmp(a, b); /* equal to people: any order, but always the same */
}

void text_age(char *out, size_t size, long long seconds)
{
	if (!size)
		return;
	if (seconds < 30)
		*out = 0;
	else if (seconds < 60)
		snprintf(out, size, "%lld s", seconds / 10 * 10);
	else if (seconds < 3600)
		snprintf(out, size, "%lld min", seconds / 60);
	else if (seconds < 2 * 86400)
		snprintf(out, size, "%lld h", seconds / 3600);
	else
		snprintf(out, size, "%lld d", seconds / 86400);
}

void text_bytes_kib(char *out, size_t size, unsigned long long kib)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;
	unsigned long long scale = 1;

	while (unit + 1 < sizeof units / sizeof *units && kib / scale >= 1024) {
		scale *= 1024;
		unit++;
	}
	unsigned long long whole = kib / scale, tenths = (kib % scale * 10 + scale / 2) / scale;
	if (tenths == 10)
		whole++, tenths = 0;
	if (whole == 1024 && unit + 1 < sizeof units / sizeof *units)
		whole = 1, unit++;
	if (tenths && whole < 100)
		snprintf(out, size, "%llu.%llu %s", whole, tenths, units[unit]);
	else
		snprintf(out, size, "%llu %s", whole, units[unit]);
}

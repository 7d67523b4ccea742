/* Ranges of names and placeholders in them: how four lines of a site file stand for a thousand blades. */
#include "conf/value.h"
#include "common/buf.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void names_free(struct names *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->list[i]);
	free(n->list);
	*n = (struct names){0};
}

static void names_add(struct names *n, char *name)
{
	if (!(n->n & (n->n - 1)))
		n->list = xrealloc(n->list, (n->n ? n->n * 2 : 1) * sizeof *n->list);
	n->list[n->n++] = name;
}

static struct err *bad(const char *text, const char *id)
{
	return err_new(ERR_USAGE, id, "{s:s, s:i}", "text", text, "max", RANGE_MAX);
}

/* One end of a range: what stands before its number, the number, what stands behind. */
struct end {
	size_t before, digits, after;
	unsigned long value;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The last run of digits in s[0..n). A number that is too long to count with is as large as one can be: its range has too
 * many names, and must not pass for a name of its own. */
static bool end_read(const char *s, size_t n, struct end *e)
{
	size_t stop = n, start;

	while (stop && !is_digit(s[stop - 1]))
		stop--;
	for (start = stop; start && is_digit(s[start - 1]);)
		start--;
	*e = (struct end){.before = start, .digits = stop - start, .after = n - stop};
	for (size_t i = start; i < stop; i++)
		e->value = e->value > (ULONG_MAX - 9) / 10 ? ULONG_MAX : e->value * 10 + (unsigned long)(s[i] - '0');
	return e->digits;
}

/* Do a[0..na) and b[0..nb) name the two ends of one row of names? */
static bool ends_fit(const char *a, size_t na, struct end *ea, const char *b, size_t nb, struct end *eb)
{
	return end_read(a, na, ea) && end_read(b, nb, eb) && ea->before == eb->before && ea->after == eb->after &&
	       !memcmp(a, b, ea->before) && !memcmp(a + na - ea->after, b + nb - eb->after, ea->after);
}

/* One part of a list, without commas. */
static struct err *range_part(const char *s, size_t n, const char *whole, struct names *out)
{
	struct end a, b;

	if (n == 3 && s[1] == '-' && is_letter(s[0]) && is_letter(s[2]) && (s[0] & 0x20) == (s[2] & 0x20)) {
		if (s[0] > s[2])
			return bad(whole, "site.range.down");
		for (char c = s[0]; c <= s[2]; c++)
			names_add(out, xasprintf("%c", c));
		return NULL;
	}
	for (size_t dash = 1; dash + 1 < n; dash++) {
		size_t first = dash, second = dash + 1; /* where the one ends and the other begins: "1 - 16" is a range too */
		if (s[dash] != '-')
			continue;
		while (first && s[first - 1] == ' ')
			first--;
		while (second < n && s[second] == ' ')
			second++;
		if (!ends_fit(s, first, &a, s + second, n - second, &b))
			continue;
		if (a.value > b.value)
			return bad(whole, "site.range.down");
		if (b.value == ULONG_MAX || b.value - a.value >= RANGE_MAX || out->n + (b.value - a.value) >= RANGE_MAX)
			return bad(whole, "site.range.many");
		int width = s[a.before] == '0' ? (int)a.digits : 1;
		for (unsigned long v = a.value; v <= b.value; v++)
			names_add(out, xasprintf("%.*s%0*lu%.*s", (int)a.before, s, width, v, (int)a.after,
					       s + first - a.after));
		return NULL;
	}
	if (out->n >= RANGE_MAX)
		return bad(whole, "site.range.many");
	names_add(out, xasprintf("%.*s", (int)n, s));
	return NULL;
}

static struct err *list_read(const char *s, size_t len, const char *whole, struct names *out)
{
	struct err *e = NULL;

	for (size_t at = 0; !e && at <= len;) {
		const char *comma = memchr(s + at, ',', len - at);
		size_t stop = comma ? (size_t)(comma - s) : len, start = at, next = stop + 1;
		while (start < stop && s[start] == ' ')
			start++;
		while (stop > start && s[stop - 1] == ' ')
			stop--;
		e = start == stop ? bad(whole, "site.range.empty") : range_part(s + start, stop - start, whole, out);
		at = next;
	}
	return e;
}

struct err *range_list(const char *text, struct names *out)
{
	*out = (struct names){0};
	struct err *e = list_read(text, strlen(text), text, out);

	if (e)
		names_free(out);
	return e;
}

/* The first bracket that holds a range: its place, and the length of what is inside. */
static const char *bracket(const char *text, size_t *inside)
{
	for (const char *p = strchr(text, '['); p; p = strchr(p + 1, '[')) {
		size_t n = 1;
		while (is_digit(p[n]) || is_letter(p[n]) || p[n] == '-' || p[n] == ',')
			n++;
		if (p[n] == ']' && n > 1) {
			*inside = n - 1;
			return p;
		}
	}
	return NULL;
}

bool range_has(const char *text)
{
	size_t n;

	return bracket(text, &n) != NULL;
}

/* head: what stands before text in every name so far. */
static struct err *expand(const char *head, const char *text, const char *whole, struct names *out)
{
	size_t inside;
	const char *p = bracket(text, &inside);
	struct names part = {0};
	struct err *e;

	if (!p) {
		if (out->n >= RANGE_MAX)
			return bad(whole, "site.range.many");
		names_add(out, xasprintf("%s%s", head, text));
		return NULL;
	}
	e = list_read(p + 1, inside, whole, &part);
	for (size_t i = 0; !e && i < part.n; i++) {
		char *longer = xasprintf("%s%.*s%s", head, (int)(p - text), text, part.list[i]);
		e = expand(longer, p + inside + 2, whole, out);
		free(longer);
	}
	names_free(&part);
	return e;
}

struct err *range_expand(const char *text, struct names *out)
{
	*out = (struct names){0};
	struct err *e = expand("", text, text, out);

	if (e)
		names_free(out);
	return e;
}

struct err *holes_fill(const char *text, const struct hole *holes, size_t n, char **out)
{
	struct buf b = {0};
	const char *p = text;

	for (;;) {
		size_t plain = strcspn(p, "{");
		buf_append(&b, p, plain);
		p += plain;
		if (!*p)
			break;
		size_t len = strcspn(p, "}");
		const char *value = NULL;
		for (size_t i = 0; i < n && !value; i++)
			if (p[len] && strlen(holes[i].name) == len - 1 && !memcmp(holes[i].name, p + 1, len - 1))
				value = holes[i].value;
		if (!value) {
			char *known = xstrdup("");
			for (size_t i = 0; i < n; i++) {
				char *more = holes[i].value
						     ? xasprintf("%s%s{%s}", known, *known ? ", " : "", holes[i].name)
						     : xstrdup(known);
				free(known);
				known = more;
			}
			struct err *e = err_new(ERR_USAGE, *known ? "site.hole.unknown" : "site.hole.none",
				"{s:s, s:s}", "text", text, "known", known);
			free(known);
			buf_free(&b);
			return e;
		}
		buf_str(&b, value);
		p += len + 1;
	}
	*out = xasprintf("%.*s", (int)b.len, b.data ? b.data : "");
	buf_free(&b);
	return NULL;
}

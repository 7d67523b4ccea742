/* The small languages inside the values of configuration text: ranges, placeholders, times, sizes, VM rules. Pure. */
#ifndef TANA_CONF_VALUE_H
#define TANA_CONF_VALUE_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGE_MAX 20000 /* what one text may stand for */

struct names {
	char **list;
	size_t n;
};
void names_free(struct names *n); /* what is inside */

/* "1-16", "1,3,5-8", "01-16" (keeps its zeros), "1A-8A,1B-8B", "A-D", or plain names; blanks around commas. */
struct err *range_list(const char *text, struct names *out);
/* "a2-[01-16]": each bracketed range multiplies; text without one is itself. A bracket with anything but letters,
 * digits, ',' and '-' inside (an IPv6 address) is text. */
struct err *range_expand(const char *text, struct names *out);
bool range_has(const char *text); /* would range_expand find a range */

/* Fills {name}, {bay}, ... ; a NULL value: not known here. The caller frees *out. */
struct hole {
	const char *name, *value;
};
struct err *holes_fill(const char *text, const struct hole *holes, size_t n, char **out);

/* "90 s", "10 min", "2 h", "1 d", also "1 h 30 min"; a unit is needed. 1 s to 7 days. */
struct err *parse_duration(const char *option, const char *text, int *seconds);
/* "512 MiB", "24 GiB", "2 TiB", or K, M, G, T for short; a unit is needed and 1 GB is refused, since it means two
 * things. */
struct err *parse_size(const char *option, const char *text, uint64_t *kib);
struct err *parse_number(const char *option, const char *text, int min, int max, int *out);
struct err *parse_yes(const char *option, const char *text, bool *out); /* true, yes, on, false, no, off */
bool uuid_is(const char *text);                                         /* 8-4-4-4-12 hex digits */

/* A whole number below 10^9 at *p, which moves behind it and the blanks around it; -1: none. */
long value_number(const char **p);
struct value_unit {
	const char *name;
	uint64_t factor;
};
/* The unit at *p, which moves behind it and the blanks that follow; NULL: none of these. */
const struct value_unit *value_unit(const char **p, const struct value_unit *units, size_t n);

/* Do two globs ('*', '?', a character each) match a text in common? Then *example (caller frees) is a shortest one. */
bool globs_meet(const char *a, const char *b, char **example);

#endif

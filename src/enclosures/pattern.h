/* A regular expression of a dialect file: PCRE2, compiled once, matched with a limit, so that neither a file nor a reply can
 * make it run away. Letters' case does not count. Shared by threads. The only file that includes pcre2.h is pattern.c. */
#ifndef TANA_PATTERN_H
#define TANA_PATTERN_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_TEXT_MAX 1000   /* bytes of one as it is written */
#define PATTERN_GROUPS_MAX 24   /* groups with or without a name */
#define PATTERN_SUBJECT_MAX 4096 /* bytes that are looked at in one line */

struct pattern;
struct span { size_t start, end; bool there; };
enum pattern_where {
	PATTERN_FIND,           /* anywhere */
	PATTERN_ENDS,           /* up to the end of the text */
	PATTERN_WHOLE           /* the text and nothing but it */
};

/* option: for words. NULL with *e: what is wrong with it and where. */
struct pattern *pattern_new(const char *option, const char *text, struct err **e);
void pattern_free(struct pattern *p);
/* Groups are counted from 1; "" one without a name. */
size_t pattern_groups(const struct pattern *p);
const char *pattern_group(const struct pattern *p, size_t i);
/* 1 it matches, 0 not, -1 it was given up at the limit. spans: NULL, or PATTERN_GROUPS_MAX + 1; [0] is the whole match.
 * inner: the text begins in the middle of a line. */
int pattern_match(const struct pattern *p, enum pattern_where where, bool inner, const char *text, size_t len, struct span *spans);
const char *pattern_text(const struct pattern *p);   /* as it was written */

#endif

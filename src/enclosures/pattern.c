/* PCRE2 behind pattern.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "enclosures/pattern.h"
#include "common/buf.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* Steps of one match and its memory (KiB): far more than any line of a manager needs, a few ms at most. */
#define STEPS_MAX 50000
#define DEPTH_MAX 5000
#define HEAP_MAX 4096

struct pattern {
	pcre2_code *code;
	char *text;
	size_t ngroups;
	char *groups[PATTERN_GROUPS_MAX + 1];
};

/* INVALID_UTF: bytes of a reply that are no UTF-8 match nothing, instead of ending the match. */
#define OPTIONS                                                                                                        \
	(PCRE2_CASELESS | PCRE2_MULTILINE | PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DUPNAMES |                     \
		PCRE2_NEVER_BACKSLASH_C)

static void name_groups(struct pattern *p)
{
	uint32_t count = 0, size = 0;
	PCRE2_SPTR table = NULL;

	pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *row = table + (size_t)i * size;
		size_t n = (size_t)row[0] << 8 | row[1];
		if (n <= p->ngroups && !p->groups[n])
			p->groups[n] = xstrdup((const char *)row + 2);
	}
}

struct pattern *pattern_new(const char *option, const char *text, struct err **e)
{
	int code;
	size_t offset, len = strlen(text);
	uint32_t groups = 0;
	pcre2_compile_context *c = pcre2_compile_context_create(NULL);
	struct pattern *p = xcalloc(1, sizeof *p);

	if (!c)
		abort();
	pcre2_set_newline(c, PCRE2_NEWLINE_LF);
	pcre2_set_max_pattern_length(c, PATTERN_TEXT_MAX);
	pcre2_set_parens_nest_limit(c, 20);
	p->text = xstrdup(text);
	p->code = pcre2_compile((PCRE2_SPTR)text, len, OPTIONS, &code, &offset, c);
	pcre2_compile_context_free(c);
	*e = NULL;
	if (!p->code) {
		unsigned char reason[160];
		pcre2_get_error_message(code, reason, sizeof reason);
		*e = err_new(ERR_USAGE, "dialect.pattern.bad", "{s:s, s:s, s:i}", "option", option, "reason",
			(char *)reason, "offset", (int)(offset < len ? offset : len) + 1);
		pattern_free(p);
		return NULL;
	}
	pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	p->ngroups = groups;
	if (groups > PATTERN_GROUPS_MAX) {
		p->ngroups = 0;
		*e = err_new(
			ERR_USAGE, "dialect.pattern.groups", "{s:s, s:i}", "option", option, "max", PATTERN_GROUPS_MAX);
	} else if (!len || pattern_match(p, PATTERN_FIND, false, "", 0, NULL) == 1) {
		*e = err_new(ERR_USAGE, "dialect.pattern.empty", "{s:s}", "option", option);
	}
	if (*e) {
		pattern_free(p);
		return NULL;
	}
	name_groups(p);
	return p;
}

void pattern_free(struct pattern *p)
{
	if (!p)
		return;
	for (size_t i = 0; i <= PATTERN_GROUPS_MAX; i++)
		free(p->groups[i]);
	pcre2_code_free(p->code);
	free(p->text);
	free(p);
}

size_t pattern_groups(const struct pattern *p)
{
	return p->ngroups;
}

const char *pattern_group(const struct pattern *p, size_t i)
{
	return i <= p->ngroups && p->groups[i] ? p->groups[i] : "";
}

const char *pattern_text(const struct pattern *p)
{
	return p->text;
}

static void spans_take(const struct pattern *p, pcre2_match_data *data, int rc, struct span *spans)
{
	const PCRE2_SIZE *o = pcre2_get_ovector_pointer(data);

	for (size_t i = 0; i <= p->ngroups; i++) {
		bool there = (int)i < rc && o[2 * i] != PCRE2_UNSET && o[2 * i] <= o[2 * i + 1];
		spans[i] =
			(struct span){.start = there ? o[2 * i] : 0, .end = there ? o[2 * i + 1] : 0, .there = there};
	}
}

int pattern_match(
	const struct pattern *p, enum pattern_where where, bool inner, const char *text, size_t len, struct span *spans)
{
	static const uint32_t options[] = {0, PCRE2_ENDANCHORED, PCRE2_ANCHORED | PCRE2_ENDANCHORED};
	pcre2_match_context *c = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create((uint32_t)p->ngroups + 1, NULL);

	if (!c || !data)
		abort();
	pcre2_set_match_limit(c, STEPS_MAX);
	pcre2_set_depth_limit(c, DEPTH_MAX);
	pcre2_set_heap_limit(c, HEAP_MAX);
	int rc = pcre2_match(p->code, (PCRE2_SPTR)text, len, 0, options[where] | (inner ? PCRE2_NOTBOL : 0), data, c);
	if (rc > 0 && spans)
		spans_take(p, data, rc, spans);
	pcre2_match_data_free(data);
	pcre2_match_context_free(c);
	return rc > 0 ? 1 : rc == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

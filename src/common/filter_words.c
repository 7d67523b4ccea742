/* What one needs while a filter is typed: the term under the cursor, the keys and values that there are, the place of a mistake
 * (filter.h). Called by the console's filter line and by what completes command lines. */
#include "common/filter.h"

#include <stdio.h>
#include <string.h>

const struct field *filter_field(enum kind k, const char *key)
{
	const struct field *f = field_find(k, key);
	char long_key[40];

	if (f || strlen(key) > 32)
		return f;
	snprintf(long_key, sizeof long_key, "%s_kib", key);
	return field_find(k, long_key);
}

/* ---- the term under the cursor ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

void filter_place(const char *text, size_t at, struct filter_place *out)
{
	size_t i = 0, key;
	bool quoted = false, was_quoted;

	memset(out, 0, sizeof *out);
	for (;;) {
		while (is_blank(text[i]) && i < at)
			i++;
		out->start = i;
		i += text[i] == '!';
		out->value = key = i;
		out->has_key = was_quoted = false;
		out->key[0] = '\0';
		for (; text[i] && (quoted || !is_blank(text[i])); i++) {
			if (text[i] == '"') {
				quoted = !quoted;
				was_quoted = true;
			} else if (text[i] == ':' && !was_quoted && !out->has_key) {
				out->has_key = true;
				snprintf(out->key, sizeof out->key, "%.*s", (int)(i - key < sizeof out->key ? i - key : sizeof out->key - 1), text + key);
				out->value = i + 1;
			}
		}
		out->end = i;
		if (at <= i || !text[i])
			return;
	}
}

/* ---- keys ---- */

/* What is asked for most, by kind; the rest follow in the order of the table. */
static const char *const first_keys[KIND_COUNT][10] = {
	[KIND_VM] = {"state", "tenant", "blade", "grade", "snap", "host", "guest", "since", "protect", "mem"},
	[KIND_BLADE] = {"host", "power", "health", "rack", "enclosure", "cluster", "model", "spare", "watch"},
	[KIND_JOB] = {"state", "verb", "by", "started", "targets"},
	[KIND_ALERT] = {"state", "level", "rack", "since", "by", "flapping"},
	[KIND_ENCLOSURE] = {"rack", "manager", "health"},
};
/* Of no use to who types: how things are kept and told. */
static const char *const no_keys[] = {"id", "gen", "why_id", "alert_id", "text_id", "manager_why_id", "order", "by_column", "text_ja", "place", "power_live",
	"host_uuid", "job"};

static bool is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n && list[i]; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

static size_t add(const char **out, size_t max, size_t n, const char *name)
{
	if (n < max)
		out[n] = name;
	return n + 1;
}

static bool is_extra(enum kind k, const char *key)
{
	return (strcmp(key, "host") == 0 && k == KIND_VM) || (strcmp(key, "was") == 0 && (k == KIND_VM || k == KIND_BLADE));
}

size_t filter_keys(enum kind k, enum viewer v, const char **out, size_t max)
{
	const size_t nfirst = sizeof first_keys[0] / sizeof *first_keys[0];
	size_t n = 0;

	for (size_t i = 0; i < nfirst && first_keys[k][i]; i++) {
		const struct field *f = filter_field(k, first_keys[k][i]);

		if (is_extra(k, first_keys[k][i]) || (f && f->viewers >> v & 1))
			n = add(out, max, n, first_keys[k][i]);
	}
	for (int i = 0; i < models[k].nfields; i++) {
		const struct field *f = &models[k].fields[i];
		bool plain = f->type == FIELD_KIB && is_in(first_keys[k], nfirst, "mem") && strcmp(f->name, "mem_kib") == 0;

		if (f->viewers >> v & 1 && !plain && !is_in(first_keys[k], nfirst, f->name) && !is_in(no_keys, sizeof no_keys / sizeof *no_keys, f->name))
			n = add(out, max, n, f->name);
	}
	if (k == KIND_VM || k == KIND_BLADE)
		n = add(out, max, n, "was");
	return n;
}

/* ---- values ---- */

size_t filter_values(enum kind k, const char *key, const char **out, size_t max)
{
	/* Texts that are one of a few. */
	static const struct { const char *key, *values[8]; } few[] = {
		{"snap", {"room", "full"}}, {"fitted", {"yes", "no"}}, {"locate", {"on", "off"}}, {"identity", {"agrees", "differs", "unknown"}},
		{"quorum", {"kept", "lost", "unknown"}}, {"level", {"alert", "warning"}},
	};
	const struct field *f = filter_field(k, strcmp(key, "was") != 0 ? key : k == KIND_BLADE ? "power" : "state");
	const char *const *names;
	size_t n = 0;

	if (strcmp(key, "host") == 0 && (k == KIND_VM || k == KIND_BLADE)) {
		n = add(out, max, n, "silent");
		n = add(out, max, n, "live");
	}
	if (!f || (k == KIND_VM && strcmp(key, "host") == 0))
		return n;
	if (f->type == FIELD_BOOL) {
		n = add(out, max, n, "yes");
		return add(out, max, n, "no");
	}
	for (int i = 0, all = field_names(f->type, &names); i < all; i++)
		n = add(out, max, n, names[i]);
	if (k == KIND_ALERT && strcmp(key, "state") == 0) {
		static const char *const states[] = {"new", "acknowledged", "muted", "cleared"};

		for (size_t i = 0; i < sizeof states / sizeof *states; i++)
			n = add(out, max, n, states[i]);
	}
	for (size_t i = 0; f->type == FIELD_STR && i < sizeof few / sizeof *few; i++)
		for (int j = 0; strcmp(few[i].key, key) == 0 && j < 8 && few[i].values[j]; j++)
			n = add(out, max, n, few[i].values[j]);
	return n;
}

/* ---- mistakes ---- */

void filter_error_place(const struct err *e, int *column, int *length)
{
	const char *term = json_string_value(json_object_get(e->msg.args, "term"));

	*column = (int)json_integer_value(json_object_get(e->msg.args, "column"));
	*length = 0;
	for (; term && *term; term++)
		*length += ((unsigned char)*term & 0xc0) != 0x80;
}

/* Finds in an English sentence what filled the holes of its template, so that a console can tell it in another language. Called
 * where a sentence comes without its args: the text of a job, why a host is silent, an alert. */
#include "common/error.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define HOLES_MAX 16
#define STEPS_MAX 20000 /* tries for one sentence; one that needs more is left as it stands */

struct match {
	const char *name[HOLES_MAX], *from[HOLES_MAX]; /* the holes, and what they would be filled with */
	size_t name_len[HOLES_MAX], len[HOLES_MAX];
	const char *literal[HOLES_MAX + 1];            /* literal[i] stands before hole i; the last one behind them all */
	size_t literal_len[HOLES_MAX + 1];
	size_t n;
	bool narrow;                                   /* names hold no blanks */
	size_t steps, found;
	json_t *args;                                  /* of the first match */
};

/* Holes that hold words and not one name. */
static bool holds_blanks(const char *name, size_t len)
{
	static const char *const many[] = { "reason", "words", "text", "why", "what", "names", "alert", "wrong", "age", "minutes", "total", "stagger",
		"period", "when", "time", "whose", "size", "state", "was", "is", "said", "managers", "known", "choices", "candidates", "methods",
		"tried", "line", "power", "needs", "verb" };

	for (size_t i = 0; i < sizeof many / sizeof *many; i++)
		if (strlen(many[i]) == len && memcmp(many[i], name, len) == 0)
			return true;
	return false;
}

static bool take_apart(struct match *m, const char *template)
{
	memset(m, 0, sizeof *m);
	m->literal[0] = template;
	for (const char *p = template; *p; p++) {
		size_t len = *p == '{' ? strcspn(p + 1, "}") : 0;
		if (*p != '{' || !p[1 + len] || len == 0 || len > 31) {
			m->literal_len[m->n]++;
			continue;
		}
		if (m->n == HOLES_MAX)
			return false;
		m->name[m->n] = p + 1;
		m->name_len[m->n++] = len;
		p += len + 1;
		m->literal[m->n] = p + 1;
	}
	return true;
}

static void keep(struct match *m)
{
	json_t *args = json_object();

	for (size_t i = 0; i < m->n; i++) {
		char *name = xasprintf("%.*s", (int)m->name_len[i], m->name[i]);
		json_t *value = json_stringn_nocheck(m->from[i], m->len[i]), *before = json_object_get(args, name);
		bool differs = before && !json_equal(before, value);
		json_object_set_new_nocheck(args, name, value);
		free(name);
		if (differs) {
			json_decref(args);
			return;
		}
	}
	if (m->found++ == 0)
		m->args = args;
	else
		json_decref(args);
}

/* The rest of the sentence, from literal i on. */
static void walk(struct match *m, size_t i, const char *s)
{
	size_t lit = m->literal_len[i];

	if (m->found > 1 || m->steps++ > STEPS_MAX || strncmp(s, m->literal[i], lit) != 0)
		return;
	s += lit;
	if (i == m->n) {
		if (!*s)
			keep(m);
		return;
	}
	bool blanks = !m->narrow || holds_blanks(m->name[i], m->name_len[i]);
	m->from[i] = s;
	for (size_t len = 1; s[len - 1] && (blanks || s[len - 1] != ' '); len++) {
		m->len[i] = len;
		walk(m, i + 1, s + len);
	}
}

json_t *msg_args_of(const char *template, const char *english)
{
	struct match m;

	for (int narrow = 1; narrow >= 0; narrow--) {
		if (!take_apart(&m, template))
			return NULL;
		m.narrow = narrow;
		walk(&m, 0, english);
		if (m.found == 1 && m.steps <= STEPS_MAX)
			return m.args;
		json_decref(m.args);
		if (m.found > 1 || m.steps > STEPS_MAX)
			return NULL;
	}
	return NULL;
}

size_t msg_literal_bytes(const char *template)
{
	struct match m;
	size_t sum = 0;

	if (!take_apart(&m, template))
		return 0;
	for (size_t i = 0; i <= m.n; i++)
		sum += m.literal_len[i];
	return sum;
}

/* What stands at the end of what came (a prompt, a pager, a question), a reply cleared of all that is not reply, and
 * whether it says that something went wrong. Called by the conversation with a manager and by check.c. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define TAIL 1024       /* bytes at the end of what came that can be a prompt or a question */
#define LINES_MAX 16384 /* of a reply */
#define ECHO_LINES 64   /* the echo stands within so many lines: banners come before it in an exec channel */
#define GIVEN_UP_MAX 16 /* matches that ran into their limit; then the reply is not looked at any more */

bool pattern_ends(const struct pattern *p, const char *bytes, size_t n)
{
	bool inner = n > TAIL;
	size_t len;

	if (!p)
		return false;
	if (inner) {
		bytes += n - TAIL;
		const char *line = memchr(bytes, '\n', TAIL);
		n = TAIL;
		if (line && line + 1 < bytes + TAIL) {
			n = (size_t)(bytes + TAIL - (line + 1));
			bytes = line + 1;
			inner = false;
		}
	}
	char *plain = lines_plain(bytes, n, &len);
	bool ends = len && pattern_match(p, PATTERN_ENDS, inner, plain, len, NULL) == 1;
	free(plain);
	return ends;
}

bool dialect_at_prompt(const struct dialect *d, const char *bytes, size_t n)
{
	return pattern_ends(d->session.prompt, bytes, n);
}

bool dialect_at_pager(const struct dialect *d, const char *bytes, size_t n)
{
	return pattern_ends(d->session.pager, bytes, n);
}

const char *dialect_confirm(const struct dialect *d, const char *bytes, size_t n)
{
	for (size_t i = 0; i < d->nconfirms; i++)
		if (pattern_ends(d->confirms[i].match, bytes, n))
			return d->confirms[i].answer;
	return NULL;
}

/* A prompt's last blank may be gone. */
static bool is_prompt(const struct dialect *d, const char *line, size_t len)
{
	if (!len || len >= TAIL)
		return false;
	if (pattern_match(d->session.prompt, PATTERN_ENDS, false, line, len, NULL) == 1)
		return true;
	char *blank = xasprintf("%.*s ", (int)len, line);
	bool is = pattern_match(d->session.prompt, PATTERN_ENDS, false, blank, len + 1, NULL) == 1;
	free(blank);
	return is;
}

/* The command as it was typed, alone or behind a prompt. */
static bool is_echo(const struct dialect *d, const char *line, const char *sent)
{
	size_t n = strlen(line), m = strlen(sent);

	if (!m || n < m || strcmp(line + n - m, sent))
		return false;
	return n == m || is_prompt(d, line, n - m);
}

/* How many lines from lines[i] on are the echo of sent: 1, 2 when the terminal's edge broke it in two; 0 it is none. */
static size_t echo_at(const struct dialect *d, char **lines, size_t n, size_t i, const char *sent)
{
	if (is_echo(d, lines[i], sent))
		return 1;
	if (i + 1 == n || strlen(lines[i]) < 20 || !*lines[i + 1])
		return 0;
	char *both = xasprintf("%s%s", lines[i], lines[i + 1]), *blank = xasprintf("%s %s", lines[i], lines[i + 1]);
	bool is = is_echo(d, both, sent) || is_echo(d, blank, sent);
	free(both);
	free(blank);
	return is ? 2 : 0;
}

static char **lines_split(const struct dialect *d, const char *bytes, size_t len, size_t *n)
{
	char **lines = NULL, *plain = lines_plain(bytes, len, &len);

	*n = 0;
	for (size_t at = 0; at < len && *n < LINES_MAX;) {
		const char *end = memchr(plain + at, '\n', len - at);
		size_t size = end ? (size_t)(end - plain) - at : len - at;
		if (!(*n & (*n + 1)) || !*n)
			lines = xrealloc(lines, (*n * 2 + 2) * sizeof *lines);
		lines[(*n)++] = line_clean(d, plain + at, size);
		at += size + 1;
	}
	free(plain);
	return lines;
}

char *dialect_clean(const struct dialect *d, const char *sent, const char *bytes, size_t size)
{
	size_t n, first = 0;
	char **lines = lines_split(d, bytes, size > DIALECT_REPLY_MAX ? DIALECT_REPLY_MAX : size, &n);
	char *command = line_clean(d, sent ? sent : "", sent ? strlen(sent) : 0);
	struct buf b = {0};
	bool over = false;

	for (size_t i = 0; !d->session.echo && i < n && i < ECHO_LINES && !first; i++) {
		size_t k = echo_at(d, lines, n, i, command);
		first = k ? i + k : 0;
	}
	for (size_t i = 0; i < n; i++) {
		const char *line = lines[i];
		size_t len = strlen(line);
		bool echo =
			d->session.echo && pattern_match(d->session.echo, PATTERN_FIND, false, line, len, NULL) == 1;
		/* Behind the last prompt, some managers repeat the command without running it. */
		over = over || (i >= first && len > strlen(command) && is_echo(d, line, command));
		if (i >= first && !over && !echo && !is_prompt(d, line, len)) {
			buf_append(&b, line, len);
			buf_append(&b, "\n", 1);
		}
		free(lines[i]);
	}
	buf_append(&b, "", 1);
	free(lines);
	free(command);
	return b.data;
}

const struct dialect_rule *reply_rule(const struct dialect *d, const char *reply, size_t *start, size_t *end)
{
	int given_up = 0;

	for (size_t i = 0; i < d->nrules; i++)
		for (const char *line = reply; *line;) {
			size_t len = strcspn(line, "\n"), seen = len < PATTERN_SUBJECT_MAX ? len : PATTERN_SUBJECT_MAX;
			int rc = pattern_match(d->rules[i].match, PATTERN_FIND, false, line, seen, NULL);
			if (rc == 1) {
				*start = (size_t)(line - reply);
				*end = *start + len;
				return &d->rules[i];
			}
			given_up += rc < 0;
			if (given_up == GIVEN_UP_MAX)
				return NULL;
			line += len + (line[len] == '\n');
		}
	return NULL;
}

static const struct {
	const char *name, *id;
	enum err_class class;
} meanings[REPLY_MEANS_COUNT] = {
	[REPLY_FAILED] = {"failed", "manager.said.failed", ERR_FAILED},
	[REPLY_DENIED] = {"denied", "manager.said.denied", ERR_FAILED},
	[REPLY_BUSY] = {"busy", "manager.said.busy", ERR_STATE},
	[REPLY_EMPTY] = {"empty", "manager.said.empty", ERR_STATE},
	[REPLY_NO_BAY] = {"no-bay", "manager.said.no_bay", ERR_NOTFOUND},
	[REPLY_UNKNOWN_COMMAND] = {"unknown-command", "manager.said.unknown", ERR_UNSUPPORTED},
	[REPLY_STANDBY] = {"standby", "manager.said.standby", ERR_STATE},
	[REPLY_ALREADY] = {"already", "manager.said.already", ERR_STATE},
	[REPLY_NOT_READY] = {"not-ready", "manager.said.not_ready", ERR_STATE},
	[REPLY_EXPIRED] = {"expired", "manager.said.expired", ERR_FAILED},
};

const char *means_name(enum reply_means m)
{
	return meanings[m].name;
}

struct err *dialect_judge(const struct dialect *d, const char *manager, const char *reply, enum reply_means *means)
{
	size_t start, end;
	const struct dialect_rule *r = reply_rule(d, reply, &start, &end);

	if (!r)
		return NULL;
	if (means)
		*means = r->means;
	while (start < end && reply[start] == ' ')
		start++;
	char *shown = text_shown_cut(reply + start, end - start, 120);
	struct err *e = err_new(
		meanings[r->means].class, meanings[r->means].id, "{s:s, s:s}", "manager", manager, "words", shown);
	free(shown);
	return e;
}

bool dialect_accepts(const struct dialect_verb *v, const char *reply)
{
	if (!v->accepted)
		return true;
	for (const char *line = reply; *line;) {
		size_t len = strcspn(line, "\n");
		if (pattern_match(v->accepted, PATTERN_FIND, false, line, len < PATTERN_SUBJECT_MAX ? len : PATTERN_SUBJECT_MAX, NULL) == 1)
			return true;
		line += len + (line[len] == '\n');
	}
	return false;
}

char *dialect_fill(const char *send, const char *bay)
{
	struct buf b = {0};

	for (const char *hole; (hole = strstr(send, "{bay}")); send = hole + 5) {
		buf_append(&b, send, (size_t)(hole - send));
		buf_str(&b, shape_bay_is(bay) ? bay : "");
	}
	buf_append(&b, send, strlen(send) + 1);
	return b.data;
}

/* tanad --check-dialect FILE [TRANSCRIPT]: what is wrong with a dialect file, and what it understands of a session as a
 * terminal showed it. The transcript goes the way that a manager's bytes go. Called by tanad's main and by tests. */
#include "enclosures/inside.h"
#include "common/buf.h"
#include "common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRANSCRIPT_MAX (4 << 20)
#define PROMPT_MAX 200

/* Something that is typed in steps: a question, a verb, or the way in, out and home. */
struct typed {
	const struct dialect_steps *steps;
	const struct dialect_ask *ask; /* one of these, or neither */
	const struct dialect_verb *verb;
	const char *name;
	size_t at, line; /* steps seen so far, line of the first */
	char bay[DIALECT_BAY_MAX + 1];
	struct buf reply;      /* of the steps seen so far */
	size_t *lines, nlines; /* where each of its lines stands */
};
struct check {
	const struct dialect *d;
	FILE *out;
	bool bad;
	char *text;
	size_t *starts, nlines; /* of the transcript's lines */
	struct typed *typed;
	size_t ntyped;
	struct typed *current; /* whose reply is being read */
};

static void print(const struct check *c, size_t line, const char *id, const char *fmt, ...)
{
	struct msg m;
	va_list ap;

	va_start(ap, fmt);
	msg_make_va(&m, id, fmt, ap);
	va_end(ap);
	if (line)
		fprintf(c->out, "line %zu: %s\n", line, m.text);
	else
		fprintf(c->out, "%s\n", m.text);
	msg_free(&m);
}

static void summary(const struct dialect *d, FILE *out)
{
	struct buf verbs = {0}, asks = {0};
	int nverbs = 0;
	struct msg m;

	for (int v = 0; v < VERB_COUNT; v++)
		if (d->verbs[v].there)
			buf_printf(&verbs, "%s%s", nverbs++ ? ", " : "", verb_name((enum verb)v));
	for (size_t i = 0; i < d->nasks; i++)
		buf_printf(&asks, "%s%s", i ? ", " : "", d->asks[i].name);
	buf_append(&verbs, "", 1);
	buf_append(&asks, "", 1);
	msg_make(&m, "dialect.summary", "{s:s, s:s, s:i, s:s, s:i, s:s, s:i}", "name", d->name, "title", d->title,
		"verbs", nverbs, "verb_names", verbs.data, "asks", (int)d->nasks, "ask_names", asks.data, "shapes",
		(int)d->shapes.n);
	fprintf(out, "%s\n", m.text);
	msg_free(&m);
	buf_free(&verbs);
	buf_free(&asks);
}

static struct err *slurp(const char *path, char **text, size_t *len)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*text = NULL;
	*len = 0;
	if (fd < 0)
		return err_sys(ERR_USAGE, "open", path, errno);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > TRANSCRIPT_MAX) {
		close(fd);
		return err_new(
			ERR_USAGE, "dialect.transcript", "{s:s, s:i}", "path", path, "max", TRANSCRIPT_MAX >> 20);
	}
	*text = xmalloc((size_t)st.st_size + 1);
	ssize_t n;
	while (*len < (size_t)st.st_size && (n = read(fd, *text + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)n;
	close(fd);
	return NULL;
}

static void typed_add(struct check *c, const struct dialect_steps *s, const char *name, const struct dialect_ask *a,
	const struct dialect_verb *v)
{
	if (!s->n)
		return;
	c->typed = xrealloc(c->typed, (c->ntyped + 1) * sizeof *c->typed);
	c->typed[c->ntyped++] = (struct typed){.steps = s, .name = name, .ask = a, .verb = v};
}

static void typed_all(struct check *c)
{
	const struct dialect *d = c->d;

	for (size_t i = 0; i < d->nasks; i++)
		typed_add(c, &d->asks[i].steps, d->asks[i].name, &d->asks[i], NULL);
	for (int v = 0; v < VERB_COUNT; v++)
		typed_add(c, &d->verbs[v].steps, verb_name((enum verb)v), NULL, &d->verbs[v]);
	typed_add(c, &d->session.enter, "enter", NULL, NULL);
	typed_add(c, &d->session.leave, "leave", NULL, NULL);
	typed_add(c, &d->session.home, "home", NULL, NULL);
}

static void typed_reset(struct typed *t)
{
	buf_free(&t->reply);
	t->reply = (struct buf){0};
	free(t->lines);
	t->lines = NULL;
	t->nlines = t->at = 0;
	*t->bay = '\0';
}

/* Is command that step, filled in for some bay? bay "": any, which is taken. */
static bool step_is(const char *send, const char *command, char *bay)
{
	const char *hole = strstr(send, "{bay}");
	char found[DIALECT_BAY_MAX + 1];

	if (!hole)
		return !strcmp(send, command);
	size_t before = (size_t)(hole - send), n = strlen(command);
	for (size_t len = 1; len <= DIALECT_BAY_MAX && before + len <= n; len++) {
		memcpy(found, command + before, len);
		found[len] = '\0';
		char *filled = dialect_fill(send, found);
		bool is = shape_bay_is(found) && !strcmp(filled, command) && (!*bay || !strcmp(bay, found));
		free(filled);
		if (is) {
			memcpy(bay, found, len + 1);
			return true;
		}
	}
	return false;
}

static bool is_letter(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
}

/* Does text end with a prompt, or with what a step waits for? */
static bool at_prompt(const struct check *c, const char *text, size_t len)
{
	if (dialect_at_prompt(c->d, text, len))
		return true;
	for (size_t i = 0; i < c->ntyped; i++)
		for (size_t k = 0; k < c->typed[i].steps->n; k++)
			if (pattern_ends(c->typed[i].steps->list[k].until, text, len))
				return true;
	return false;
}

/* The command of a line "PROMPT COMMAND", "" of a prompt alone; NULL: no prompt stands there. *prompt: bytes of it.
 * What asks may match further than it has to: it goes up to the first letter that may be the command's. Caller frees.
 */
static char *command_of(const struct check *c, const char *line, size_t len, size_t *prompt)
{
	for (size_t k = 1; k <= len && k <= PROMPT_MAX; k++) {
		if (!at_prompt(c, line, k))
			continue;
		while (k < len && !is_letter(line[k]) && at_prompt(c, line, k + 1))
			k++;
		*prompt = k;
		while (k < len && line[k] == ' ')
			k++;
		while (len > k && (line[len - 1] == ' ' || line[len - 1] == '\t'))
			len--;
		return xasprintf("%.*s", (int)(len - k), line + k);
	}
	return NULL;
}

static void line_said(void *ctx, size_t line, enum line_kind kind, const char *words)
{
	struct check *c = ctx;
	struct typed *t = c->current;
	size_t at = line < t->nlines ? t->lines[line] : 0;

	if (kind == LINE_TOLD || kind == LINE_ODD)
		print(c, at, "text", "{s:s}", "text", words);
	if (kind == LINE_STRANGE) {
		const char *text = t->reply.data;
		while (line-- && *text)
			text += strcspn(text, "\n") + 1;
		char *shown = xasprintf("%.*s", (int)strcspn(text, "\n"), text);
		print(c, at, "dialect.line.strange", "{s:s, s:s}", "line", shown, "ask", t->name);
		free(shown);
	}
	c->bad = c->bad || kind == LINE_ODD || kind == LINE_STRANGE;
}

/* All its steps were typed: what did it bring? */
static void settle(struct check *c, struct typed *t)
{
	size_t start, end;

	buf_append(&t->reply, "", 1);
	const struct dialect_rule *rule = reply_rule(c->d, t->reply.data, &start, &end);
	if (t->ask || t->verb)
		print(c, t->line, *t->bay ? "dialect.typed.bay" : "dialect.typed",
			*t->bay ? "{s:s, s:s, s:s}" : "{s:s, s:s}", "what", t->ask ? "ask" : "verb", "name", t->name,
			"bay", t->bay);
	if (rule) {
		size_t line = 0;
		for (size_t i = 0; i < start; i++)
			line += t->reply.data[i] == '\n';
		char *said = xasprintf("%.*s", (int)(end - start), t->reply.data + start);
		print(c, line < t->nlines ? t->lines[line] : t->line, "dialect.said", "{s:s, s:s}", "means",
			means_name(rule->means), "line", said);
		free(said);
	} else if (t->ask) {
		struct metal *m = metal_new();
		c->current = t;
		if (!understand_lines(c->d, t->ask, t->bay, t->reply.data, m, line_said, c)) {
			print(c, t->line, "dialect.nothing", "{s:s}", "name", t->name);
			c->bad = true;
		}
		metal_free(m);
	} else if (t->verb) {
		bool well = dialect_accepts(t->verb, t->reply.data);
		print(c, t->line, well ? "dialect.accepted" : "dialect.refused", "{s:s}", "name", t->name);
		c->bad = c->bad || !well;
	}
	typed_reset(t);
}

/* The reply that stands in the transcript's lines [from, to), cleaned, and where each of its lines came from. */
static void reply_add(struct check *c, struct typed *t, const char *command, size_t from, size_t to)
{
	const char *bytes = c->text + c->starts[from];
	char *reply = dialect_clean(c->d, command, bytes, c->starts[to] - c->starts[from]);
	size_t at = from;

	for (const char *line = reply; *line;) {
		size_t len = strcspn(line, "\n");
		for (size_t seek = at; seek < to; seek++) {
			char *raw =
				line_clean(c->d, c->text + c->starts[seek], c->starts[seek + 1] - c->starts[seek] - 1);
			bool same = strlen(raw) == len && !memcmp(raw, line, len);
			free(raw);
			if (same) {
				at = seek + 1;
				break;
			}
		}
		t->lines = xrealloc(t->lines, (t->nlines + 1) * sizeof *t->lines);
		t->lines[t->nlines++] = at;
		line += len + (line[len] == '\n');
	}
	buf_str(&t->reply, reply);
	free(reply);
}

/* The command that stands in a line and its reply, up to the next prompt. */
static void one_command(struct check *c, const char *command, size_t line, size_t to)
{
	bool known = false;

	for (size_t i = 0; i < c->ntyped; i++) {
		struct typed *t = &c->typed[i];
		if (!*command && (!t->at || *t->steps->list[t->at].send)) /* Enter, where nothing waits for it */
			continue;
		if (!step_is(t->steps->list[t->at].send, command, t->bay)) {
			typed_reset(t);
			if (!step_is(t->steps->list[0].send, command, t->bay))
				continue;
		}
		known = true;
		if (!t->at)
			t->line = line + 1;
		reply_add(c, t, command, line + 1, to);
		if (++t->at == t->steps->n)
			settle(c, t);
	}
	if (!known && *command) {
		print(c, line + 1, "dialect.command", "{s:s}", "command", command);
		c->bad = true;
	}
}

/* What came before the first prompt, with it: from line from to the byte end. */
static void greeting(struct check *c, size_t from, size_t to, size_t end)
{
	size_t blank = 0, len = end - c->starts[from];
	char *text = xasprintf("%.*s", (int)len, c->text + c->starts[from]);
	struct dialects *all = dialects_of(c->d);

	blank = strspn(text, " \n\t");
	if (to > from && blank < len) {
		bool known = dialects_detect(all, text) != NULL;
		print(c, from + 1, known ? "dialect.greeting" : "dialect.greeting.strange", NULL);
		c->bad = c->bad || !known;
	}
	dialects_of_free(all);
	free(text);
}

static void split(struct check *c, size_t len)
{
	for (size_t at = 0; at <= len; c->nlines++) {
		const char *end = at < len ? memchr(c->text + at, '\n', len - at) : NULL;
		c->starts = xrealloc(c->starts, (c->nlines + 2) * sizeof *c->starts);
		c->starts[c->nlines] = at;
		at = end ? (size_t)(end - c->text) + 1 : len + 1;
		c->starts[c->nlines + 1] = at;
	}
	c->starts[c->nlines] = len; /* the last line has no line end of its own */
}

/* An exec channel may repeat its command behind the last prompt, without running it again. */
static bool is_repeated(const struct check *c, const char *before, const char *command, size_t line)
{
	size_t rest = c->starts[line + 1] < c->starts[c->nlines] ? c->starts[line + 1] : c->starts[c->nlines];

	return before && *command && !strcmp(before, command) && !c->text[rest + strspn(c->text + rest, " \n")];
}

static void transcript_read(struct check *c)
{
	size_t first = 0, from = 0, prompt;
	char *command = NULL;

	while (first < c->nlines && c->text[c->starts[first]] == '#') /* where it is from */
		first++;
	for (size_t i = first; i < c->nlines; i++) {
		size_t start = c->starts[i], len = strcspn(c->text + start, "\n");
		char *next = command_of(c, c->text + start, len, &prompt);
		if (!next)
			continue;
		if (command)
			one_command(c, command, from, i);
		else
			greeting(c, first, i, start + prompt);
		if (is_repeated(c, command, next, i))
			*next = '\0';
		free(command);
		command = next;
		from = i;
	}
	if (command) {
		one_command(c, command, from, c->nlines);
	} else {
		print(c, 0, "dialect.transcript.prompt", NULL);
		c->bad = true;
	}
	free(command);
}

static void transcript_check(struct check *c, const char *path)
{
	char *bytes;
	size_t len;
	struct err *e = slurp(path, &bytes, &len);

	if (e) {
		fprintf(c->out, "%s\n", e->msg.text);
		err_free(e);
		c->bad = true;
		return;
	}
	c->text = lines_plain(bytes, len, &len);
	split(c, len);
	typed_all(c);
	transcript_read(c);
	for (size_t i = 0; i < c->ntyped; i++)
		typed_reset(&c->typed[i]);
	free(c->typed);
	free(c->starts);
	free(c->text);
	free(bytes);
}

int dialect_check(const char *file, const char *transcript, FILE *out)
{
	struct dialect_errors errors = {0};
	struct dialect *d = dialect_read(file, &errors);
	struct check c = {.d = d, .out = out};

	for (size_t i = 0; i < errors.n; i++)
		fprintf(out, "%s:%d: %s\n", errors.list[i].file, errors.list[i].line, errors.list[i].err->msg.text);
	dialect_errors_free(&errors);
	if (!d)
		return 1;
	summary(d, out);
	if (transcript)
		transcript_check(&c, transcript);
	dialect_free(d);
	return c.bad;
}

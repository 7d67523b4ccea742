/* A light scan over a configuration file's text, ahead of libconfuse: it knows where each section and option stands, and takes
 * away what libconfuse would stop at (an unknown option) or silently do (eat a sign, put in an environment variable,
 * let a second value win), so that one run finds every error with its right line. Called by conf.c. */
#include "conf/conf.h"
#include "common/buf.h"
#include "common/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define DEPTH_MAX 16

enum type { END, WORD, QUOTED, OPEN, CLOSE, EQUAL, COMMA, BAD };
struct token {
	enum type type;
	size_t start, end;
	int line;
	bool slashed; /* a backslash between double quotes */
};
struct scan {
	char *text; /* our copy: cleaned of bad bytes */
	size_t len, at;
	int line;
	char *blank;
	int file;
	struct report *r;
	struct conf_node **closed;
	size_t nclosed;
	struct token peeked;
	bool has_peeked;
};

static void say(struct scan *s, int line, struct err *e)
{
	report_add(s->r, s->file, line, e);
}

/* Text of a token for a message, at most 60 bytes. */
static char *token_text(const struct scan *s, const struct token *t)
{
	size_t n = t->end - t->start;

	if (t->type == END)
		return xstrdup("the end of the file");
	return xasprintf("%.*s", (int)(n > 60 ? 60 : n), s->text + t->start);
}

static void wipe(struct scan *s, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (s->blank[i] != '\n')
			s->blank[i] = ' ';
}

/* Bytes that are no UTF-8 or drive a terminal are reported, a line once, and become '?'. */
static void check_bytes(struct scan *s)
{
	int line = 1, said = 0;

	for (size_t i = 0; i < s->len;) {
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)s->text + i, (utf8proc_ssize_t)(s->len - i), &c);
		bool bad = n <= 0 || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || (c >= 0x7f && c < 0xa0);

		if (bad && said != line) {
			char code[16];
			snprintf(code, sizeof code, n <= 0 ? "\\x%02x" : "U+%04X",
				n <= 0 ? (unsigned char)s->text[i] : (unsigned)c);
			say(s, line,
				err_new(ERR_USAGE, n <= 0 ? "site.text.utf8" : "site.text.control", "{s:s}", "code",
					code));
			said = line;
		}
		if (n <= 0)
			n = 1;
		if (bad)
			memset(s->text + i, '?', (size_t)n);
		else if (c == '\n')
			line++;
		i += (size_t)n;
	}
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80 ||
	       (c && strchr("_-.:@%~?[]/", c));
}

/* Comments and blanks; false: a comment that never ends. */
static bool skip_blank(struct scan *s)
{
	while (s->at < s->len) {
		const char *p = s->text + s->at;
		size_t left = s->len - s->at, n;

		if (*p == '\n') {
			s->line++;
			s->at++;
		} else if (*p == ' ' || *p == '\t' || *p == '\r') {
			s->at++;
		} else if (*p == '#' || (left > 1 && p[0] == '/' && p[1] == '/')) {
			const char *end = memchr(p, '\n', left);
			n = end ? (size_t)(end - p) : left;
			wipe(s, s->at, s->at + n);
			s->at += n;
		} else if (left > 1 && p[0] == '/' && p[1] == '*') {
			const char *end = memmem(p + 2, left - 2, "*/", 2);
			if (!end) {
				say(s, s->line, err_new(ERR_USAGE, "site.syntax.comment", NULL));
				return false;
			}
			n = (size_t)(end + 2 - p);
			wipe(s, s->at, s->at + n);
			for (size_t i = 0; i < n; i++)
				s->line += p[i] == '\n';
			s->at += n;
		} else {
			return true;
		}
	}
	return true;
}

/* From the opening quote; the value ends on its line, but a backslash may carry it over to the next. */
static bool quoted(struct scan *s, struct token *t)
{
	char quote = s->text[s->at++];
	bool said = false;

	for (; s->at < s->len && s->text[s->at] != '\n'; s->at++) {
		char c = s->text[s->at], next = s->at + 1 < s->len ? s->text[s->at + 1] : '\0';
		if (c == quote) {
			t->end = ++s->at;
			return true;
		}
		if (c == '\\' && next) {
			t->slashed |= quote == '"';
			s->line += next == '\n';
			s->at++;
		} else if (c == '$' && next == '{' && quote == '"') {
			s->blank[s->at] = '?'; /* libconfuse would look for its end beyond the quote */
			if (!said)
				say(s, s->line, err_new(ERR_USAGE, "site.syntax.environment", NULL));
			said = true;
		}
	}
	say(s, t->line, err_new(ERR_USAGE, "site.syntax.quote", NULL));
	return false;
}

/* BAD was reported. */
static struct token scan_next(struct scan *s)
{
	struct token t = {.type = BAD};

	if (!skip_blank(s))
		return t;
	t = (struct token){.type = END, .start = s->at, .end = s->at, .line = s->line};
	if (s->at == s->len)
		return t;
	const char *p = s->text + s->at;
	static const char signs[] = "{}=,";
	static const enum type types[] = {OPEN, CLOSE, EQUAL, COMMA};
	const char *sign = strchr(signs, *p);
	if (sign && *p) {
		t.type = types[sign - signs];
		t.end = ++s->at;
		return t;
	}
	if (*p == '"' || *p == '\'') {
		t.type = quoted(s, &t) ? QUOTED : BAD;
		return t;
	}
	while (s->at < s->len && is_word(s->text[s->at])) {
		char next = s->at + 1 < s->len ? s->text[s->at + 1] : ' ';
		if (s->text[s->at] == '/' && !is_word(next))
			break; /* libconfuse takes it for part of a comment, or not at all */
		if (s->text[s->at] == '/' && next == '/')
			break;
		s->at++;
	}
	if (s->at == t.start || (s->at < s->len && !strchr(" \t\r\n{}=,#", s->text[s->at]))) {
		size_t n = s->at - t.start + 1;
		char *sample = xasprintf("%.*s", (int)(n > 40 ? 40 : n), p);
		say(s, s->line, err_new(ERR_USAGE, "site.syntax.sign", "{s:s}", "text", sample));
		free(sample);
		t.type = BAD;
		return t;
	}
	t.type = WORD;
	t.end = s->at;
	return t;
}

static struct token scan_token(struct scan *s)
{
	if (s->has_peeked) {
		s->has_peeked = false;
		return s->peeked;
	}
	return scan_next(s);
}

static const struct token *scan_peek(struct scan *s)
{
	if (!s->has_peeked) {
		s->peeked = scan_next(s);
		s->has_peeked = true;
	}
	return &s->peeked;
}

static bool expected(struct scan *s, const struct token *t, const char *what)
{
	if (t->type != BAD) {
		char *found = token_text(s, t);
		say(s, t->line, err_new(ERR_USAGE, "site.syntax.expected", "{s:s, s:s}", "what", what, "found", found));
		free(found);
	}
	return false;
}

/* How many letters must change to make a of b; more than 2 is far. */
static int distance(const char *a, size_t na, const char *b, size_t nb)
{
	int row[33], diagonal, old;

	if (na > 32 || nb > 32)
		return INT_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (int)j;
	for (size_t i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = (int)i;
		for (size_t j = 1; j <= nb; j++) {
			old = row[j];
			int best = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = old;
		}
	}
	return row[nb];
}

static void say_unknown(struct scan *s, const cfg_opt_t *table, const struct conf_node *in, const struct token *name)
{
	const char *text = s->text + name->start, *like = NULL;
	size_t len = name->end - name->start;
	char *shown = token_text(s, name);
	int best = len < 4 ? 2 : 3;

	for (const cfg_opt_t *o = table; o->name; o++) {
		int d = distance(text, len, o->name, strlen(o->name));
		if (d < best) {
			best = d;
			like = o->name;
		}
	}
	const char *where = *in->kind ? in->kind : "file";
	if (like)
		say(s, name->line,
			err_new(ERR_USAGE, "site.unknown.like", "{s:s, s:s, s:s}", "name", shown, "section", where,
				"like", like));
	else
		say(s, name->line, err_new(ERR_USAGE, "site.unknown", "{s:s, s:s}", "name", shown, "section", where));
	free(shown);
}

/* Behind an opening brace, up to the one that closes it. */
static bool skip_braces(struct scan *s, int line)
{
	for (int depth = 1; depth;) {
		struct token t = scan_token(s);
		if (t.type == BAD)
			return false;
		if (t.type == END) {
			say(s, line, err_new(ERR_USAGE, "site.syntax.open", NULL));
			return false;
		}
		depth += (t.type == OPEN) - (t.type == CLOSE);
	}
	return true;
}

struct values {
	struct conf_value *of; /* without their text yet */
	size_t n;
	bool list;
};

static void values_add(struct values *v, const struct token *t)
{
	v->of = xrealloc(v->of, (v->n + 1) * sizeof *v->of);
	v->of[v->n++] = (struct conf_value){.line = t->line, .slashed = t->slashed};
}

/* Behind the equal sign. */
static bool scan_values(struct scan *s, struct values *v)
{
	struct token t = scan_token(s);
	int line = t.line;

	if (t.type == WORD || t.type == QUOTED) {
		values_add(v, &t);
		return true;
	}
	if (t.type != OPEN)
		return expected(s, &t, "a value");
	v->list = true;
	for (;;) {
		t = scan_token(s);
		if (t.type == CLOSE)
			return true;
		if (t.type == END) {
			say(s, line, err_new(ERR_USAGE, "site.syntax.open", NULL));
			return false;
		}
		if (t.type != WORD && t.type != QUOTED)
			return expected(s, &t, "a value of the list");
		values_add(v, &t);
		t = scan_token(s);
		if (t.type == CLOSE)
			return true;
		if (t.type != COMMA)
			return expected(s, &t, "a comma or the list's closing brace");
	}
}

static void item_add(struct conf_node *n, const char *name, int line, const struct values *v)
{
	struct conf_item *it;

	n->items = xrealloc(n->items, (n->nitems + 1) * sizeof *n->items);
	it = &n->items[n->nitems++];
	*it = (struct conf_item){.name = name, .line = line, .n = v->n};
	it->values = xcalloc(v->n ? v->n : 1, sizeof *it->values);
	for (size_t i = 0; i < v->n; i++)
		it->values[i] = v->of[i];
}

/* NAME = VALUE, from the equal sign on. False: syntax error. */
static bool scan_option(struct scan *s, struct conf_node *in, const cfg_opt_t *table, const struct token *name)
{
	const cfg_opt_t *o = conf_option(table, s->text + name->start, name->end - name->start);
	const struct conf_item *first = o ? conf_item(in, o->name) : NULL;
	struct values v = {0};
	bool ok = scan_values(s, &v), keep = false;

	if (ok && !o)
		say_unknown(s, table, in, name);
	else if (ok && o->type == CFGT_SEC)
		say(s, name->line, err_new(ERR_USAGE, "site.syntax.section", "{s:s}", "name", o->name));
	else if (ok && v.list && !(o->flags & CFGF_LIST))
		say(s, name->line, err_new(ERR_USAGE, "site.syntax.list", "{s:s}", "name", o->name));
	else if (ok && first && strcmp(o->name, "include"))
		say(s, name->line,
			err_new(ERR_USAGE, "site.twice.option", "{s:s, s:i}", "name", o->name, "first", first->line));
	else
		keep = ok;
	if (keep)
		item_add(in, o->name, name->line, &v);
	else if (ok)
		wipe(s, name->start, s->at);
	free(v.of);
	return ok;
}

static bool scan_block(struct scan *s, struct conf_node *n, const cfg_opt_t *table, int depth);

/* NAME ["TITLE"] {, from the title or the brace on. */
static bool scan_section(
	struct scan *s, struct conf_node *in, const cfg_opt_t *table, const struct token *name, int depth)
{
	const cfg_opt_t *o = conf_option(table, s->text + name->start, name->end - name->start);
	struct token t = scan_token(s);
	bool title = t.type == WORD || t.type == QUOTED, again = false, slashed = t.slashed;

	if (title)
		t = scan_token(s);
	if (t.type != OPEN)
		return expected(s, &t, title ? "an opening brace" : "an equal sign or an opening brace");
	for (size_t i = 0; o && !(o->flags & CFGF_TITLE) && i < in->nchildren; i++)
		again = again || !strcmp(in->children[i]->kind, o->name);
	if (!o)
		say_unknown(s, table, in, name);
	else if (o->type != CFGT_SEC)
		say(s, name->line, err_new(ERR_USAGE, "site.syntax.option", "{s:s}", "name", o->name));
	else if (!title && (o->flags & CFGF_TITLE))
		say(s, name->line, err_new(ERR_USAGE, "site.syntax.title", "{s:s}", "name", o->name));
	else if (title && !(o->flags & CFGF_TITLE))
		say(s, name->line, err_new(ERR_USAGE, "site.syntax.untitled", "{s:s}", "name", o->name));
	else if (again)
		say(s, name->line,
			err_new(ERR_USAGE, "site.twice.option", "{s:s, s:i}", "name", o->name, "first",
				conf_child(in, o->name)->line));
	else {
		struct conf_node *n = xcalloc(1, sizeof *n);
		n->kind = o->name;
		n->file = s->file;
		n->line = name->line;
		n->slashed = slashed;
		n->parent = in;
		in->children = xrealloc(in->children, (in->nchildren + 1) * sizeof *in->children);
		in->children[in->nchildren++] = n;
		return scan_block(s, n, o->subopts, depth + 1);
	}
	if (!skip_braces(s, name->line))
		return false;
	wipe(s, name->start, s->at);
	return true;
}

static bool scan_block(struct scan *s, struct conf_node *n, const cfg_opt_t *table, int depth)
{
	if (depth > DEPTH_MAX)
		return false; /* cannot be: the table is not so deep */
	for (;;) {
		struct token name = scan_token(s);
		if (name.type == CLOSE && depth) {
			s->closed = xrealloc(s->closed, (s->nclosed + 1) * sizeof *s->closed);
			s->closed[s->nclosed++] = n;
			return true;
		}
		if (name.type == END) {
			if (depth)
				say(s, n->line, err_new(ERR_USAGE, "site.syntax.open", NULL));
			return !depth;
		}
		if (name.type == CLOSE) {
			say(s, name.line, err_new(ERR_USAGE, "site.syntax.close", NULL));
			return false;
		}
		if (name.type != WORD)
			return expected(s, &name, "the name of an option or section");
		if (scan_peek(s)->type == EQUAL) {
			scan_token(s);
			if (!scan_option(s, n, table, &name))
				return false;
		} else if (!scan_section(s, n, table, &name, depth)) {
			return false;
		}
	}
}

struct conf_node *conf_scan(const char *text, size_t len, const cfg_opt_t *table, char *blank, int file,
	struct report *r, struct conf_node ***closed, size_t *nclosed)
{
	struct scan s = {.len = len, .line = 1, .blank = blank, .file = file, .r = r};
	struct conf_node *root = xcalloc(1, sizeof *root);

	s.text = xmalloc(len + 1);
	memcpy(s.text, text, len);
	s.text[len] = '\0';
	if (len >= 3 && !memcmp(s.text, "\xef\xbb\xbf", 3))
		memset(s.text, ' ', 3);
	check_bytes(&s);
	memcpy(blank, s.text, len + 1);
	root->kind = "";
	root->file = file;
	root->line = 1;
	bool ok = scan_block(&s, root, table, 0);
	free(s.text);
	*closed = s.closed;
	*nclosed = s.nclosed;
	if (!ok) {
		conf_node_free(root);
		return NULL;
	}
	return root;
}

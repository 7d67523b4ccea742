/* How a session is begun, held and ended, and what is typed: the `session` section, and steps wherever they stand.
 * Called by dialect_read.c and dialect_ask.c. */
#include "enclosures/inside.h"
#include "conf/value.h"
#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 16

static bool send_is(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, "{}")) != NULL; p += 5)
		if (strncmp(p, "{bay}", 5))
			return false;
	return true;
}

static void step_add(struct reading *g, const struct conf_node *n, int line, const char *option, const char *send,
	struct pattern *until, struct dialect_steps *out)
{
	if (!send_is(send))
		reading_say(g, n, line,
			err_new(ERR_USAGE, "dialect.send", "{s:s, s:s, s:s}", "option", option, "text", send, "hole",
				"{bay}"));
	out->list = xrealloc(out->list, (out->n + 1) * sizeof *out->list);
	out->list[out->n++] = (struct dialect_step){.send = xstrdup(send), .until = until};
}

void reading_steps(struct reading *g, const struct conf_node *n, struct dialect_steps *out)
{
	const struct conf_item *send = conf_item(n, "send");

	if (send && conf_child(n, "step"))
		reading_say(g, n, send->line, err_new(ERR_USAGE, "dialect.send.both", "{s:s}", "section", n->kind));
	else if (!send && !conf_child(n, "step"))
		reading_say(g, n, n->line, err_new(ERR_USAGE, "dialect.send.none", "{s:s}", "section", n->kind));
	if (send)
		step_add(g, n, send->line, "send", send->values[0].text, NULL, out);
	for (size_t i = 0; i < n->nchildren; i++) {
		const struct conf_node *step = n->children[i];
		if (strcmp(step->kind, "step"))
			continue;
		if (out->n == STEPS_MAX) {
			reading_say(g, step, step->line,
				err_new(ERR_USAGE, "dialect.many", "{s:s, s:i}", "section", "step", "max", STEPS_MAX));
			return;
		}
		step_add(g, step, step->line, "step", step->title, reading_pattern(g, step, "until"), out);
	}
}

bool steps_have_bay(const struct dialect_steps *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (strstr(s->list[i].send, "{bay}"))
			return true;
	return false;
}

void steps_free(struct dialect_steps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].send);
		pattern_free(s->list[i].until);
	}
	free(s->list);
	*s = (struct dialect_steps){0};
}

/* Which of the words the option says; the first when it is not there. */
static int choice(
	struct reading *g, const struct conf_node *n, const char *option, const char *const *words, size_t count)
{
	const char *text = conf_text(n, option);
	struct buf all = {0};

	for (size_t i = 0; i < count; i++) {
		if (!text || !strcmp(text, words[i])) {
			buf_free(&all);
			return (int)i;
		}
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	buf_append(&all, "", 1);
	reading_say(g, n, conf_item(n, option)->line,
		err_new(ERR_USAGE, "site.value.choice", "{s:s, s:s, s:s}", "option", option, "value", text, "choices",
			all.data));
	buf_free(&all);
	return 0;
}

static void part(struct reading *g, const struct conf_node *n, const char *kind, struct dialect_steps *out)
{
	const struct conf_node *c = conf_child(n, kind);

	if (!c)
		return;
	reading_steps(g, c, out);
	if (steps_have_bay(out))
		reading_say(g, c, c->line,
			err_new(ERR_USAGE, "dialect.send.nobay", "{s:s, s:s}", "section", kind, "hole", "{bay}"));
}

void read_session(struct reading *g, const struct conf_node *n)
{
	static const char *const modes[] = {"shell", "exec"}, *const ends[] = {"lf", "cr", "crlf"},
				 *const texts[] = {"\n", "\r", "\r\n"}, *const keys[] = {"space", "enter"};
	struct dialect_session *s = &g->d->session;
	const char *sessions = conf_text(n, "sessions"), *pty = conf_text(n, "pty");
	int timeout = 15, linger = 0;

	s->mode = choice(g, n, "mode", modes, 2) ? DIALECT_EXEC : DIALECT_SHELL;
	s->eol = xstrdup(texts[choice(g, n, "eol", ends, 3)]);
	s->prompt = reading_pattern(g, n, "prompt");
	if (!conf_item(n, "prompt"))
		reading_missing(g, n, "prompt");
	s->pager = reading_pattern(g, n, "pager");
	s->pager_key = xstrdup(choice(g, n, "pager-key", keys, 2) ? s->eol : " ");
	s->echo = reading_pattern(g, n, "echo");
	part(g, n, "enter", &s->enter);
	part(g, n, "leave", &s->leave);
	part(g, n, "home", &s->home);
	reading_time(g, n, "timeout", &timeout);
	reading_time(g, n, "linger", &linger);
	s->timeout_ms = (timeout > 600 ? 600 : timeout) * 1000;
	s->linger_ms = (linger > 30 ? 30 : linger) * 1000;
	if (sessions)
		reading_say(
			g, n, conf_item(n, "sessions")->line, parse_number("sessions", sessions, 1, 100, &s->sessions));
	s->pty = true;
	if (pty)
		reading_say(g, n, conf_item(n, "pty")->line, parse_yes("pty", pty, &s->pty));
}

/* Typing to a manager and hearing it out: what looks like a prompt is believed when it stays the last thing said, and, where the
 * manager echoes, when the echo of the command came before it. Called by manager.c. */
#include "enclosures/exchange.h"

#include "common/clock.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define QUIET_MS 50        /* nothing more came for so long: look whether that was the end */
#define ECHO_MS 1500       /* a prompt without the echo is believed after so long all the same */
#define LATE_CLOSE_MS 2000 /* an exec channel that has said a whole line and then stays open, silent */
#define NUDGE_MS 3000      /* no prompt by itself: a bare line is sent, once */
#define PAGES_MAX 500
#define ANSWERS_MAX 4
#define PROMPT_MAX 80
#define DOUBT_MS 700       /* after nonsense: so long it has to be quiet before the next line */
#define DRAIN_MS 5000      /* what pours by itself is not waited out for longer */
#define BLANKS " \r\n\b"   /* what a terminal's edge puts into an echo */

static int deadline_ms(const struct exchange *x)
{
	int own = x->dialect ? x->dialect->session.timeout_ms : 0;

	return own > x->step_ms ? own : x->step_ms;
}

/* The last line that came, for words. */
static char *last_line(const struct exchange *x)
{
	size_t end = x->heard.len, start;

	while (end && strchr(" \r\n", x->heard.data[end - 1]))
		end--;
	for (start = end; start && x->heard.data[start - 1] != '\n' && x->heard.data[start - 1] != '\r'; start--)
		;
	return text_shown_cut(end ? x->heard.data + start : "", end - start, 80);
}

static struct err *late(struct exchange *x, int ms)
{
	char *words = last_line(x);
	struct err *e = err_new(ERR_TIMEOUT, *words ? "manager.late" : "manager.mute", "{s:s, s:i, s:s}", "manager", x->who, "seconds",
		(ms + 999) / 1000, "words", words);

	free(words);
	return e;
}

static struct err *lost(struct exchange *x)
{
	char *words = last_line(x);
	struct err *e = err_new(ERR_UNREACHABLE, "manager.lost", "{s:s, s:s}", "manager", x->who, "words", *words ? words : "-");

	free(words);
	return e;
}

/* A connection that ended is said with the manager's name, whoever noticed it first; takes e. */
static struct err *gone(struct exchange *x, struct err *e)
{
	if (!e || strcmp(e->msg.id, "ssh.talk.lost") != 0)
		return e;
	err_free(e);
	return lost(x);
}

static struct err *type(struct exchange *x, const char *text, const char *eol)
{
	char *line = xasprintf("%s%s", text, eol);
	struct err *e = ssh_link_say(x->link, line, strlen(line), x->step_ms);

	free(line);
	return gone(x, e);
}

static const char *eol_of(const struct exchange *x)
{
	return x->dialect ? x->dialect->session.eol : "\r";
}

/* Of what has come, the first n bytes. */
static bool ends_at(const struct exchange *x, const struct pattern *until, size_t n)
{
	if (until)
		return pattern_ends(until, x->heard.data, n);
	if (x->dialect)
		return dialect_at_prompt(x->dialect, x->heard.data, n);
	return dialects_at_prompt(x->all, x->heard.data, n);
}

static bool at_end(const struct exchange *x, const struct pattern *until)
{
	return ends_at(x, until, x->heard.len);
}

/* An alert was written behind the prompt, so that no prompt comes any more: the last line begins with one, and what is behind it is
 * no echo of what was typed. */
static bool at_spoilt_end(const struct exchange *x, const char *line, const struct pattern *until)
{
	const char *data = x->heard.data;
	size_t end = x->heard.len, start;

	while (end && strchr("\r\n", data[end - 1]))
		end--;
	for (start = end; start && data[start - 1] != '\n' && data[start - 1] != '\r'; start--)
		;
	if (end == x->heard.len)
		return false;
	for (size_t i = start + 1; i < end && i - start <= PROMPT_MAX; i++) {
		size_t at = i;
		if (!ends_at(x, until, i))
			continue;
		while (at < end && data[at] == ' ')
			at++;
		if (at < end && (!line || strncmp(line, data + at, end - at)))
			return true;
	}
	return false;
}

/* The command, as far as its signs go: a terminal's edge may have broken it, and blanks may have moved. */
static bool has_echo(const struct exchange *x, const char *line)
{
	for (size_t at = 0; at <= x->heard.len; at++) {
		const char *p = line + strspn(line, " ");
		size_t i = at;
		while (*p && i < x->heard.len && (x->heard.data[i] == *p || strchr(BLANKS, x->heard.data[i])))
			if (x->heard.data[i++] == *p)
				for (p++; *p == ' '; p++)
					;
		if (!*p)
			return true;
	}
	return false;
}

enum heard { HEARD_MORE, HEARD_QUIET, HEARD_END };

/* One more piece, or quiet for wait_ms. */
static enum heard hear(struct exchange *x, int wait_ms)
{
	char chunk[4096];
	int n = ssh_link_hear(x->link, chunk, sizeof chunk, wait_ms);

	if (n < 0)
		return HEARD_END;
	if (n > 0)
		buf_append(&x->heard, chunk, (size_t)n);
	return n > 0 ? HEARD_MORE : HEARD_QUIET;
}

static struct err *too_much(const struct exchange *x)
{
	return err_new(ERR_FAILED, "manager.long", "{s:s, s:i}", "manager", x->who, "kib", DIALECT_REPLY_MAX / 1024);
}

struct asked { int pages, answers; size_t upto; };

/* Turns a page or answers a question that stands at the end. *did: it was one. What was answered once is not looked at again: its
 * echo comes behind it, perhaps in pieces. */
static struct err *answer(struct exchange *x, struct asked *a, bool *did)
{
	const struct dialect *d = x->dialect;
	const char *word, *at = x->heard.data + a->upto;
	size_t n = x->heard.len - a->upto;

	*did = false;
	if (!d || !n)
		return NULL;
	if (dialect_at_pager(d, at, n)) {
		*did = true;
		a->upto = x->heard.len;
		return ++a->pages > PAGES_MAX ? too_much(x) : type(x, d->session.pager_key, "");
	}
	word = dialect_confirm(d, at, n);
	if (!word)
		return NULL;
	*did = true;
	a->upto = x->heard.len;
	if (++a->answers > ANSWERS_MAX)
		return err_new(ERR_FAILED, "manager.asks", "{s:s}", "manager", x->who);
	return type(x, word, d->session.eol);
}

/* line: what was typed, NULL nothing. */
static struct err *await(struct exchange *x, const char *line, const struct pattern *until)
{
	int ms = deadline_ms(x);
	struct asked asked = {0};
	int64_t began = clock_boot_ms(), now = began, quiet_since = began;
	size_t looked = (size_t)-1; /* bytes that were there when it was last looked at */
	bool nudged = line != NULL;
	struct err *e = NULL;

	while (!e) {
		/* Long waits only when what is there was looked at already and says nothing. */
		int wait = looked != x->heard.len || (line && x->echo != ECHO_NO) ? QUIET_MS : 250;
		enum heard h = hear(x, wait);
		now = clock_boot_ms();
		if (h == HEARD_END)
			return lost(x);
		if (x->heard.len > DIALECT_REPLY_MAX)
			return too_much(x);
		if (h == HEARD_MORE) {
			quiet_since = now;
			/* What pours without a pause, for ever, ends too. */
			if (now - began < 4 * (int64_t)ms)
				continue;
			return late(x, 4 * ms);
		}
		bool echoed = !line || has_echo(x, line);
		if (at_end(x, until) && (echoed || x->echo == ECHO_NO || now - quiet_since >= ECHO_MS)) {
			if (line && line[strspn(line, " ")] && (echoed || x->echo == ECHO_UNKNOWN))
				x->echo = echoed ? ECHO_YES : ECHO_NO;
			return NULL;
		}
		if (echoed && now - quiet_since >= ECHO_MS && at_spoilt_end(x, line, until))
			return NULL;
		if (looked != x->heard.len) {
			bool did;
			looked = x->heard.len;
			e = answer(x, &asked, &did);
			if (did)
				began = quiet_since = now;
		}
		if (!e && !nudged && !x->heard.len && now - began >= NUDGE_MS) {
			nudged = true;
			e = type(x, "", eol_of(x));
		}
		if (!e && now - quiet_since >= ms)
			e = late(x, ms);
	}
	return e;
}

struct err *exchange_await(struct exchange *x, const struct pattern *until)
{
	return await(x, NULL, until);
}

/* What is still there belongs to nothing that is asked now: a second prompt, a late word. */
static struct err *drain(struct exchange *x)
{
	int64_t deadline = clock_boot_ms() + DRAIN_MS;

	for (;;) {
		enum heard h = hear(x, x->doubt ? DOUBT_MS : 0);
		if (h == HEARD_END)
			return lost(x);
		buf_drop(&x->heard, x->heard.len);
		if (h == HEARD_QUIET || clock_boot_ms() >= deadline)
			break;
	}
	x->doubt = false;
	return NULL;
}

static void leaves(struct exchange *x)
{
	void (*fn)(void *ctx) = x->leaves;

	x->leaves = NULL;
	if (fn)
		fn(x->leaves_ctx);
}

struct err *exchange_line(struct exchange *x, const char *line, const struct pattern *until)
{
	struct err *e = drain(x);

	if (e)
		return e;
	x->commands++;
	leaves(x);
	e = type(x, line, eol_of(x));
	return e ? e : await(x, line, until);
}

struct err *exchange_exec(struct exchange *x, const char *line)
{
	int ms = deadline_ms(x);
	struct err *e = NULL;

	buf_drop(&x->heard, x->heard.len);
	x->commands++;
	leaves(x);
	e = gone(x, ssh_link_exec(x->link, line));
	if (e)
		return e;
	int64_t began = clock_boot_ms(), since = began;
	for (;;) {
		enum heard h = hear(x, 100);
		int64_t now = clock_boot_ms();
		if (h == HEARD_END) {
			e = ssh_link_lost(x->link) ? lost(x) : NULL;
			break;
		}
		if (x->heard.len > DIALECT_REPLY_MAX) {
			e = too_much(x);
			break;
		}
		if (h == HEARD_MORE)
			since = now;
		else if (x->heard.len && now - since >= LATE_CLOSE_MS &&
			(strchr("\r\n", x->heard.data[x->heard.len - 1]) || dialect_at_prompt(x->dialect, x->heard.data, x->heard.len)))
			break;
		if (now - since >= ms || now - began >= 4 * (int64_t)ms) {
			e = late(x, ms);
			break;
		}
	}
	ssh_link_hang_up(x->link);
	return e;
}

void exchange_goodbye(struct exchange *x, const char *line, int ms)
{
	int64_t deadline = clock_boot_ms() + ms;

	x->commands++;
	struct err *e = type(x, line, eol_of(x));
	bool said = !e;
	err_free(e);
	while (said && clock_boot_ms() < deadline) {
		buf_drop(&x->heard, x->heard.len);
		if (hear(x, 100) == HEARD_END)
			return;
	}
}

void exchange_free(struct exchange *x)
{
	buf_free(&x->heard);
}

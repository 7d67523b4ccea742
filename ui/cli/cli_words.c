/* Words of a command on the terminal: sentences, texts from the broker, times; how it prints and how it fails (cli.h). */
#include "cli/cli.h"

#include "common/buf.h"
#include "common/text.h"
#include "jail/jump.h"
#include "tr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void say_va(struct buf *b, const char *id, const char *fmt, va_list ap)
{
	struct msg m;

	msg_make_va(&m, id, fmt, ap);
	buf_str(b, m.text);
	msg_free(&m);
}

void cli_say_to(struct buf *b, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say_va(b, id, fmt, ap);
	va_end(ap);
}

void cli_say(const char *id, const char *fmt, ...)
{
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	say_va(&b, id, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%.*s\n", (int)b.len, b.data);
	buf_free(&b);
}

void cli_text(struct buf *b, const char *s)
{
	if (!s)
		return;
	char *clean = text_shown_dup(s);
	buf_str(b, clean);
	free(clean);
}

void cli_json_text(struct buf *b, json_t *o, const char *key)
{
	struct msg m;

	/* A message is told in the language of this console. */
	if (strcmp(key, "text") == 0 && json_object_get(o, "msg") && msg_from_json(&m, o)) {
		buf_str(b, m.text);
		msg_free(&m);
		return;
	}
	cli_text(b, json_string_value(json_object_get(o, key)));
}

void cli_put_if(struct buf *b, const char *before, json_t *o, const char *key, const char *after)
{
	const char *s = json_string_value(json_object_get(o, key));

	if (!s || !*s)
		return;
	buf_str(b, before);
	cli_text(b, s);
	buf_str(b, after);
}

void cli_time(struct buf *b, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;
	char text[32];

	if (at <= 0 || !localtime_r(&t, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M", &tm))
		buf_str(b, "-");
	else
		buf_str(b, text);
}

void cli_time_zone(struct buf *b, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	cli_time(b, at);
	if (at > 0 && localtime_r(&t, &tm))
		buf_printf(b, " %s", tm.tm_zone);
}

void cli_took(struct buf *b, int64_t seconds)
{
	if (seconds < 60)
		buf_printf(b, _("%lld s"), (long long)(seconds > 0 ? seconds : 0));
	else if (seconds < 3600)
		buf_printf(b, _("%lld min %lld s"), (long long)seconds / 60, (long long)seconds % 60);
	else
		buf_printf(b, _("%lld h %lld min"), (long long)seconds / 3600, (long long)seconds / 60 % 60);
}

/* Quoted always; what a spreadsheet would take for a formula is made text. */
void cli_csv_text(struct buf *b, const char *s)
{
	struct buf clean = { 0 };

	cli_text(&clean, s);
	buf_append(&clean, "", 1);
	buf_str(b, "\"");
	if (strchr("=+-@", clean.data[0]) && clean.data[0])
		buf_str(b, "'");
	for (const char *p = clean.data; *p; p++) {
		if (*p == '"')
			buf_str(b, "\"");
		buf_append(b, p, 1);
	}
	buf_str(b, "\"");
	buf_free(&clean);
}

struct err *cli_print(struct buf *b)
{
	bool ok = fwrite(b->data ? b->data : "", 1, b->len, stdout) == b->len && fflush(stdout) == 0;
	int saved = errno;

	buf_free(b);
	return ok ? NULL : err_sys(ERR_FAILED, "write", "standard output", saved);
}

struct err *cli_print_json(json_t *j)
{
	struct buf b = { 0 };

	buf_json(&b, j);
	buf_str(&b, "\n");
	json_decref(j);
	return cli_print(&b);
}

int cli_error(const struct cli_line *line, struct err *e)
{
	int status = err_exit_status(e->class);
	const char *meant;

	fprintf(stderr, "tana: %s\n", e->msg.text);
	if (strcmp(e->msg.id, "client.absent") == 0 && !(line->given & OPT_SOCKET))
		cli_say(jump_now() ? "jump.absent" : "cli.hint", NULL);
	else if (strcmp(e->msg.id, "client.died") == 0 && line->target.site_file)
		cli_say("cli.hint.site", "{s:s}", "file", line->target.site_file);
	else if (strcmp(e->msg.id, "cli.command") == 0 && (meant = cli_command_meant(json_string_value(json_object_get(e->msg.args, "word")))))
		cli_say("cli.hint.type", "{s:s}", "command", meant);
	else if (strcmp(e->msg.id, "client.denied") == 0 && !jump_now())
		cli_say("cli.hint.denied", NULL);
	else if (strcmp(e->msg.id, "peer.role") == 0 && !jump_now())
		cli_say("cli.hint.role", "{s:s}", "user", json_string_value(json_object_get(e->msg.args, "user")) ? json_string_value(json_object_get(e->msg.args, "user")) : "?");
	if (line->json) {
		json_t *o = msg_to_json(&e->msg);
		json_object_set_new(o, "class", json_string(err_class_name(e->class)));
		err_free(cli_print_json(json_pack("{s:o, s:i}", "error", o, "status", status)));
	} else if (e->class == ERR_USAGE && strncmp(e->msg.id, "cli.", 4) == 0) {
		cli_usage(stderr);
	}
	err_free(e);
	return status;
}

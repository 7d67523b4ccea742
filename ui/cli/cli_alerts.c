/* tana alerts: what needs somebody, and whose it is; tana note: a blade under observation. The table is one of cli_listing.c's. */
#include "cli/cli.h"

#include "cli/cli_alerts.h"
#include "common/buf.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "words/lang.h"

#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

/* What stands and nobody cares for first, then what somebody cares for, then what is over. */
static int rank(const struct alert *a)
{
	static const char *const states[] = { "new", "acknowledged", "muted", "cleared" };
	int r = 0;

	while (r < 4 && strcmp(a->state, states[r]) != 0)
		r++;
	return r * 2 + (strcmp(a->level, "alert") != 0);
}

int cli_alert_cmp(const struct registry *r, const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	int c = rank(x) - rank(y);

	if (c)
		return c;
	if (x->since != y->since)
		return x->since > y->since ? -1 : 1;
	return text_natural_cmp(x->name, y->name);
}

void cli_alert_since(struct buf *b, const struct registry *r, const void *o)
{
	cli_time(b, ((const struct alert *)o)->since);
}

void cli_alert_id(struct buf *b, const struct registry *r, const void *o)
{
	const char *id = ((const struct alert *)o)->id;

	buf_str(b, strncmp(id, "alert:", 6) == 0 ? id + 6 : id);
}

void cli_alert_behind(struct buf *b, const struct registry *r, const void *o)
{
	const struct alert *a = o;

	if (a->behind)
		buf_json_int(b, a->behind);
}

void cli_alert_text(struct buf *b, const struct registry *r, const void *o)
{
	const struct alert *a = o;

	buf_str(b, lang_said(a->text_id, a->text));
	if (a->flapping)
		buf_printf(b, _(" (comes and goes: %d changes in 10 min)"), (int)a->changes);
	if (a->cleared) {
		buf_str(b, _("; over since "));
		cli_time(b, a->cleared);
	}
}

void cli_alert_care(struct buf *b, const struct registry *r, const void *o)
{
	const struct alert *a = o;

	if (!*a->by)
		return;
	buf_str(b, a->by);
	if (*a->ticket)
		buf_printf(b, " %s", a->ticket);
	if (a->muted_until) {
		buf_str(b, _(" until "));
		cli_time(b, a->muted_until);
	}
	if (*a->note)
		buf_printf(b, ": %s", a->note);
}

/* ---- what is done with one ---- */

/* Whoever types a command has seen nobody's name: what is somebody else's is not taken, unless that is meant. */
static void put_seen(const struct cli *c, json_t *args)
{
	if (!(c->line->given & OPT_ANYWAY))
		json_object_set_new(args, "seen", json_string(""));
}

static struct err *held(struct err *e)
{
	if (e && (strncmp(e->msg.id, "alert.held", 10) == 0 || strcmp(e->msg.id, "note.held") == 0))
		cli_say("cli.care.anyway", NULL);
	return e;
}

static const struct { const char *word, *state; opt_bits may; } acts[] = {
	{ "ack", "acknowledged", OPT_REF | OPT_NOTE }, { "mute", "muted", OPT_REF | OPT_NOTE | OPT_UNTIL }, { "unack", "new", 0 },
};
enum { ACTS = sizeof acts / sizeof acts[0] };

static void put_if(json_t *args, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(args, name, json_string(value));
}

static bool is_hex_id(const char *word)
{
	return strlen(word) == 8 && word[strspn(word, "0123456789abcdef")] == '\0';
}

static struct err *set(struct cli *c, size_t act)
{
	const struct cli_line *line = c->line;
	json_t *args, *ret = NULL;
	size_t silent = 0;

	if (line->nwords != 2)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "alerts", "args", line->command->args);
	if (line->given & (OPT_REF | OPT_NOTE | OPT_UNTIL) & ~acts[act].may)
		return err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "alerts", "args", line->command->args);
	if (acts[act].may & OPT_UNTIL && !cli_value(line, OPT_UNTIL))
		return err_new(ERR_USAGE, "cli.alert.until", NULL);
	c->metal = true;
	struct err *e = cli_connect(c, 1u << KIND_BLADE | 1u << KIND_ENCLOSURE);
	if (!e)
		e = cli_wait_hosts(c, &silent);
	if (e)
		return e;
	char *object = is_hex_id(line->words[1]) ? xasprintf("alert:%s", line->words[1]) : xstrdup(line->words[1]);
	args = json_pack("{s:s, s:s}", "object", object, "state", acts[act].state);
	free(object);
	put_if(args, "ticket", cli_value(line, OPT_REF));
	put_if(args, "note", cli_value(line, OPT_NOTE));
	put_if(args, "until", cli_value(line, OPT_UNTIL));
	put_seen(c, args);
	e = held(cli_not_found(cli_request_metal(c, "alert-set", args, &ret), silent));
	if (!e && line->json) {
		e = cli_print_json(json_incref(ret));
	} else if (!e) {
		cli_say("cli.alert.set", "{s:s, s:s}", "alert", proto_text(ret, "alert"), "state", proto_text(ret, "state"));
	}
	json_decref(ret);
	return e;
}

/* ---- the commands ---- */

static int list(struct cli *c)
{
	const struct cli_line *line = c->line;
	struct cli_line as_list = *line;
	const char **words = xcalloc((size_t)line->nwords + 2, sizeof *words);
	int status;

	words[0] = "alerts";
	for (int i = 0; i < line->nwords; i++)
		words[i + 1] = line->words[i];
	as_list.words = words;
	as_list.nwords = line->nwords + 1;
	c->line = &as_list;
	status = cli_list(c);
	c->line = line;
	free(words);
	return status;
}

int cli_alerts(struct cli *c)
{
	struct err *e;

	for (size_t i = 0; c->line->nwords && i < ACTS; i++)
		if (strcmp(c->line->words[0], acts[i].word) == 0)
			return (e = set(c, i)) ? cli_error(c->line, e) : CLI_DONE;
	if (c->line->given & (OPT_REF | OPT_NOTE | OPT_UNTIL | OPT_ANYWAY))
		return cli_error(c->line, err_new(ERR_USAGE, "cli.words", "{s:s, s:s}", "command", "alerts", "args", c->line->command->args));
	return list(c);
}

static struct err *note(struct cli *c)
{
	const char *until = cli_value(c->line, OPT_UNTIL);
	json_t *ret = NULL;
	size_t silent = 0;

	struct err *e = cli_connect(c, 1u << KIND_BLADE);
	if (!e)
		e = cli_wait_hosts(c, &silent);
	if (e)
		return e;
	json_t *args = json_pack("{s:s, s:s}", "object", c->line->words[0], "text", c->line->words[1]);
	put_if(args, "until", until);
	put_seen(c, args);
	e = held(cli_not_found(cli_request_metal(c, "note-set", args, &ret), silent));
	if (!e && c->line->json)
		return cli_print_json(ret);
	if (!e && !*c->line->words[1])
		cli_say("cli.note.off", "{s:s}", "object", c->line->words[0]);
	else if (!e)
		cli_say("cli.note.set", "{s:s}", "object", c->line->words[0]);
	json_decref(ret);
	return e;
}

int cli_note(struct cli *c)
{
	struct err *e = note(c);

	return e ? cli_error(c->line, e) : CLI_DONE;
}

/* The verbs: preview, confirmation, commit. The outcome is waited for in cli_outcome.c. */
#include "cli/cli.h"

#include "cli/cli_preview.h"
#include "common/buf.h"
#include "common/proto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

static bool given(const struct cli *c, opt_bits bit)
{
	return (c->line->given & bit) != 0;
}

static bool may_ask(const struct cli *c)
{
	return !c->line->json && isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1;
}

/* What is planned, and planned again when the preview ran out. */
struct act {
	struct cli *c;
	json_t *args;
	size_t silent; /* hosts that may hold what is not found */
};

static struct err *make_plan(struct act *a, json_t **plan)
{
	return cli_not_found(cli_request(a->c, "plan", json_deep_copy(a->args), plan), a->silent);
}

/* The refusal that commit would answer with; NULL when there is none. */
static struct err *refusal(json_t *plan)
{
	json_t *first = json_array_get(json_object_get(plan, "refused"), 0);
	enum err_class class = ERR_STATE;
	struct msg m;

	if (!first)
		return NULL;
	err_class_from_name(json_string_value(json_object_get(first, "class")), &class);
	if (!msg_from_json(&m, first))
		msg_make(&m, "cli.refused", NULL);
	struct err *e = xcalloc(1, sizeof *e);
	e->class = class;
	e->msg = m;
	return e;
}

/* ---- confirmation ---- */

static const char *confirm_kind(json_t *plan)
{
	const char *kind = json_string_value(json_object_get(json_object_get(plan, "confirm"), "kind"));

	return kind ? kind : "name"; /* an unknown kind is the hardest */
}

static const char *confirm_text(json_t *plan)
{
	const char *text = json_string_value(json_object_get(json_object_get(plan, "confirm"), "text"));

	return text ? text : "";
}

struct reading {
	char line[LINE_MAX_BYTES];
	size_t n;
	bool there, ended;
};

static void on_input(void *ctx, int fd, int events)
{
	struct reading *r = ctx;

	/* Canonical mode: a read gives one line. */
	ssize_t n = read(fd, r->line + r->n, sizeof r->line - 1 - r->n);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		r->ended = true;
		return;
	}
	r->n += (size_t)n;
	char *nl = memchr(r->line, '\n', r->n);
	if (nl)
		*nl = '\0';
	r->there = nl != NULL;
	r->ended = !nl && r->n == sizeof r->line - 1;
}

static struct err *read_answer(struct cli *c, struct reading *r)
{
	*r = (struct reading){ 0 };
	struct loop_io *io = loop_io_add(c->loop, STDIN_FILENO, LOOP_READ, on_input, r);
	bool go_on = true;

	while (go_on && !r->there && !r->ended)
		go_on = cli_step(c, -1);
	loop_io_del(io);
	if (!r->there)
		fputs("\n", stderr);
	return r->there ? NULL : err_new(ERR_CONFIRM, "cli.cancelled", NULL);
}

/* Shows the preview and asks; *confirm is what to commit with, the caller's. */
static struct err *ask(struct cli *c, json_t *plan, char **confirm)
{
	struct buf b = { 0 };
	struct reading r;
	const char *kind = confirm_kind(plan);

	cli_preview_words(&b, plan, false);
	struct err *e = cli_print(&b);
	if (e)
		return e;
	if (strcmp(kind, "enter") == 0)
		cli_say_to(&b, "cli.ask.enter", NULL);
	else if (strcmp(kind, "yes") == 0)
		cli_say_to(&b, "cli.ask.yes", NULL);
	else
		cli_say_to(&b, "cli.ask.text", "{s:s}", "text", confirm_text(plan));
	fprintf(stderr, "%.*s ", (int)b.len, b.data);
	buf_free(&b);
	e = read_answer(c, &r);
	if (e)
		return e;
	if (strcmp(kind, "enter") == 0) {
		*confirm = xstrdup("");
		return r.line[0] ? err_new(ERR_CONFIRM, "cli.cancelled", NULL) : NULL;
	}
	if (strcmp(kind, "yes") == 0) {
		*confirm = xstrdup("yes");
		return strcmp(r.line, "y") == 0 || strcmp(r.line, "yes") == 0 ? NULL : err_new(ERR_CONFIRM, "cli.cancelled", NULL);
	}
	*confirm = xstrdup(r.line);
	return strcmp(r.line, confirm_text(plan)) == 0 ? NULL : err_new(ERR_CONFIRM, "cli.cancelled", NULL);
}

/* The same from the options alone. */
static struct err *confirm_given(struct cli *c, json_t *plan, char **confirm)
{
	const char *kind = confirm_kind(plan), *text = cli_value(c->line, OPT_CONFIRM);
	bool light = strcmp(kind, "enter") == 0 || strcmp(kind, "yes") == 0;

	if (light && given(c, OPT_YES)) {
		*confirm = xstrdup("yes");
	} else if (text) {
		*confirm = xstrdup(text);
	} else if (given(c, OPT_YES)) {
		return err_new(ERR_CONFIRM, "cli.yes", "{s:s}", "text", confirm_text(plan));
	} else if (light) {
		return err_new(ERR_CONFIRM, "cli.confirm.yes", NULL);
	} else {
		return err_new(ERR_CONFIRM, "cli.confirm.text", "{s:s}", "text", confirm_text(plan));
	}
	return NULL;
}

/* ---- commit ---- */

/* Is this the same preview, but for its id? */
static bool same_impact(json_t *a, json_t *b)
{
	static const char *const keys[] = { "targets", "impact", "refused", "confirm" };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return json_array_size(json_object_get(a, "warnings")) == json_array_size(json_object_get(b, "warnings"));
}

static struct err *commit(struct cli *c, json_t *plan, const char *confirm, char **job)
{
	const char *reason = cli_value(c->line, OPT_REASON), *id = json_string_value(json_object_get(plan, "plan"));
	json_t *args = json_pack("{s:s, s:s}", "plan", id ? id : "", "confirm", confirm), *ret = NULL;

	if (reason)
		json_object_set_new(args, "reason", json_string(reason));
	struct err *e = cli_request(c, "commit", args, &ret);
	if (!e) {
		*job = xstrdup(json_string_value(json_object_get(ret, "job")));
		if (!*job)
			*job = xstrdup("");
	}
	json_decref(ret);
	return e;
}

/* Somebody sat before the question for too long, or something changed meanwhile: the preview is remade. What was typed
 * stays when it is the same; else it is shown and asked again. *plan is replaced. */
static struct err *commit_asking(struct act *a, json_t **plan, char **job)
{
	struct cli *c = a->c;
	char *confirm = NULL;
	struct err *e = ask(c, *plan, &confirm);

	while (!e) {
		e = commit(c, *plan, confirm, job);
		bool expired = e && strcmp(e->msg.id, "plan.expired") == 0, changed = e && strcmp(e->msg.id, "plan.changed") == 0;
		if (!expired && !changed)
			break;
		json_t *again = NULL;
		struct err *e2 = make_plan(a, &again);
		if (!e2)
			e2 = refusal(again);
		if (e2) {
			err_free(e);
			json_decref(again);
			e = e2;
			break;
		}
		bool same = same_impact(*plan, again);
		json_decref(*plan);
		*plan = again;
		if (!same || changed) {
			fprintf(stderr, "%s\n", e->msg.text);
			free(confirm);
			confirm = NULL;
			err_free(e);
			e = ask(c, *plan, &confirm);
		} else {
			err_free(e);
			e = NULL;
		}
	}
	free(confirm);
	return e;
}

static struct err *commit_given(struct cli *c, json_t *plan, char **job)
{
	struct buf warnings = { 0 };
	char *confirm = NULL;

	struct err *e = confirm_given(c, plan, &confirm);
	if (!e) {
		cli_preview_warnings(&warnings, plan);
		fwrite(warnings.data ? warnings.data : "", 1, warnings.len, stderr);
		buf_free(&warnings);
		e = commit(c, plan, confirm, job);
	}
	free(confirm);
	return e;
}

/* ---- one verb ---- */

static int preview(struct cli *c, json_t *plan)
{
	struct err *refused = refusal(plan), *e;
	int status = refused ? err_exit_status(refused->class) : CLI_DONE;

	err_free(refused);
	if (c->line->json) {
		e = cli_print_json(json_incref(plan));
	} else {
		struct buf b = { 0 };
		cli_preview_words(&b, plan, true);
		e = cli_print(&b);
	}
	return e ? cli_error(c->line, e) : status == CLI_DONE ? CLI_DONE : CLI_REFUSED;
}

/* What was refused is tried all the same where nobody would have been asked: the broker itself says no to it, and so it stands in
 * the log and in the month's report who tried. refused: is freed when it goes through after all. */
static struct err *try_refused(struct cli *c, json_t *plan, struct err *refused, char **job)
{
	if (!given(c, OPT_YES | OPT_CONFIRM))
		return refused;
	struct err *e = commit(c, plan, "", job);
	err_free(e ? e : refused);
	return e ? refused : NULL;
}

/* Of blades, as the plan's arguments have them. */
static bool is_metal(json_t *args)
{
	const char *kind = json_string_value(json_object_get(args, "kind")), *word;
	json_t *targets = json_object_get(args, "targets"), *t;
	size_t i;

	json_array_foreach (targets, i, t) {
		word = json_string_value(t);
		if (word && cli_is_metal(word))
			return true;
	}
	return kind && strcmp(kind, kind_name(KIND_BLADE)) == 0;
}

/* A name alone is a VM's; where none has it and a blade does, one may have forgotten to say so. "blade:a1-01"; NULL: nothing of that. */
static char *blade_meant(struct cli *c, const struct err *e)
{
	const char *word = e && !c->line->json && strcmp(e->msg.id, "target.none") == 0 ? proto_text(e->msg.args, "target") : "";
	void *found[2];

	return *word && registry_named(mirror_objects(c->mirror), KIND_BLADE, word, found, 2) == 1 ? xasprintf("blade:%s", word) : NULL;
}

static int act(struct act *a, json_t **plan)
{
	struct cli *c = a->c;
	char *job = NULL;

	c->metal = is_metal(a->args);
	struct err *e = cli_connect(c, 1u << KIND_BLADE | 1u << KIND_JOB);
	if (!e)
		e = cli_wait_hosts(c, &a->silent);
	if (!e)
		e = make_plan(a, plan);
	if (!e && given(c, OPT_PREVIEW))
		return preview(c, *plan);
	if (!e) {
		e = refusal(*plan);
		if (e && !c->line->json && json_array_size(json_object_get(*plan, "refused")) > 1) {
			struct buf b = { 0 };
			cli_preview_refusals(&b, *plan);
			fwrite(b.data, 1, b.len, stderr);
			buf_free(&b);
		}
		if (e)
			e = try_refused(c, *plan, e, &job);
	}
	if (!e && !job && json_is_true(json_object_get(*plan, "reason")) && !cli_value(c->line, OPT_REASON))
		e = err_new(ERR_CONFIRM, "cli.reason", NULL);
	bool ask_first = !given(c, OPT_YES | OPT_CONFIRM) && may_ask(c);
	if (!e && !job)
		e = ask_first ? commit_asking(a, plan, &job) : commit_given(c, *plan, &job);
	char *meant = blade_meant(c, e);
	int status = e ? cli_error(c->line, e) : cli_outcome(c, job);
	if (meant)
		cli_say("cli.hint.type", "{s:s}", "command", meant);
	free(meant);
	free(job);
	return status;
}

int cli_act_on(struct cli *c, json_t *args)
{
	struct act a = { .c = c, .args = args };
	json_t *plan = NULL;
	int status = act(&a, &plan);

	json_decref(plan);
	json_decref(args);
	return status;
}

int cli_act(struct cli *c)
{
	json_t *args = NULL;
	struct err *e = cli_targets(c->line, &args);

	return e ? cli_error(c->line, e) : cli_act_on(c, args);
}

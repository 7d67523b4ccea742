/* Acting on VMs: what can be done (menu), what it would do (preview), and, when that was confirmed, the order to do it.
 * Nothing here decides whether something may be done: the broker does, twice. */
#include "dialog_inside.h"

#include "common/text.h"
#include "look.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAN_MS 300    /* after a target changed */

static struct dialog *of(struct view *v)
{
	return (struct dialog *)v;
}

static json_t *targets_json(const struct dialog *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nids; i++)
		json_array_append_new(list, json_string(d->ids[i]));
	return list;
}

static struct choice *add_line(struct dialog *d, enum line_kind kind, const char *verb)
{
	struct choice *c = &d->lines[d->nlines < DIALOG_LINES ? d->nlines++ : DIALOG_LINES - 1];

	*c = (struct choice){.kind = kind, .ok = true};
	snprintf(c->verb, sizeof c->verb, "%s", verb);
	return c;
}

static void notice(struct dialog *d, enum ink ink, const char *text)
{
	snprintf(d->notice, sizeof d->notice, "%s", text);
	d->notice_ink = ink;
}

/* ---- the menu ---- */

static bool is_power(const char *verb)
{
	return strcmp(verb, verb_name(VERB_PROTECT)) != 0 && strcmp(verb, verb_name(VERB_UNPROTECT)) != 0;
}

static void on_actions(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	size_t i;
	json_t *a;

	d->request = 0;
	d->state = STATE_MENU;
	d->nlines = 0;
	d->at = -1;
	json_array_foreach (json_object_get(ret, "actions"), i, a) {
		const char *verb = json_string_value(json_object_get(a, "verb"));
		struct choice *c;
		struct msg why;

		if (!verb || strlen(verb) >= sizeof c->verb || !text_is_clean(verb) || (d->only == 1 && !is_power(verb)) || (d->only == 2 && is_power(verb)))
			continue;
		if (d->nlines == DIALOG_LINES - 1)
			break;
		c = add_line(d, LINE_VERB, verb);
		c->ok = json_is_true(json_object_get(a, "ok"));
		if (!c->ok && msg_from_json(&why, json_object_get(a, "why"))) {
			snprintf(c->why, sizeof c->why, "%s", why.text);
			msg_free(&why);
		}
		if (c->ok && d->at < 0)
			d->at = d->nlines - 1;
	}
	add_line(d, LINE_CANCEL, "");
	if (d->at < 0)
		d->at = d->nlines - 1;
	if (e)
		notice(d, INK_ALERT_TEXT, e->msg.text);
	err_free(e);
	app_draw(d->view.app);
}

static void ask_actions(struct dialog *d)
{
	d->state = STATE_ASKING;
	d->notice[0] = '\0';
	d->request = app_request(d->view.app, "actions", json_pack("{s:o}", "targets", targets_json(d)), on_actions, d);
}

/* ---- the preview ---- */

static void make_lines(struct dialog *d, bool keep)
{
	enum line_kind was = keep && d->at >= 0 && d->at < d->nlines ? d->lines[d->at].kind : LINE_CANCEL;

	d->nlines = 0;
	add_line(d, LINE_CANCEL, "");
	if (d->preview.targets.n > 1)
		add_line(d, LINE_TARGETS, "");
	for (int i = 0; i < d->preview.ngentler; i++)
		add_line(d, LINE_GENTLER, d->preview.gentler[i]);
	if (d->preview.kind != CONFIRM_NONE) {
		add_line(d, LINE_REASON, "");
		add_line(d, LINE_CONFIRM, d->preview.verb);
	}
	d->at = 0;
	for (int i = 0; i < d->nlines; i++)
		if (d->lines[i].kind == was && (was == LINE_REASON || was == LINE_CONFIRM))
			d->at = i;
}

static void on_plan(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	struct preview new;
	bool again = d->state == STATE_PREVIEW && d->preview.answer, same;

	d->request = 0;
	if (e)
		preview_refuse(&new, e->msg.text);
	else
		preview_read(&new, ret, again ? &d->preview : NULL);
	same = again && preview_same(&d->preview, &new);
	if (same) { /* the same lines, without marks of what is new */
		preview_clear(&new);
		preview_read(&new, ret, NULL);
	} else {
		input_set(&d->typed, "");
		d->top = 0;
		if (again && !*d->notice)
			notice(d, INK_WARN, _("The situation has changed: look again."));
	}
	preview_clear(&d->preview);
	d->preview = new;
	d->state = STATE_PREVIEW;
	make_lines(d, same);
	if (d->preview.expires_s > 0)
		loop_timer_set(d->replan, d->preview.expires_s * 1000);
	err_free(e);
	app_draw(d->view.app);
}

/* First time, or in place when the preview has become old. */
static void plan(struct dialog *d, const char *verb)
{
	json_t *args = json_pack("{s:s, s:o}", "verb", verb, "targets", targets_json(d));

	if (verb != d->verb)
		snprintf(d->verb, sizeof d->verb, "%s", verb);
	if (d->state != STATE_PREVIEW) {
		d->state = STATE_PLANNING;
		d->notice[0] = '\0';
		d->show_targets = false;
	}
	loop_timer_clear(d->replan);
	d->request = app_request(d->view.app, "plan", args, on_plan, d);
	app_draw(d->view.app);
}

static void other_verb(struct dialog *d, const char *verb)
{
	char name[32];

	snprintf(name, sizeof name, "%s", verb);
	input_set(&d->typed, "");
	d->state = STATE_ASKING;
	plan(d, name);
}

static void on_replan(void *ctx)
{
	struct dialog *d = ctx;

	if (d->state == STATE_PREVIEW && !d->request && !app_lost(d->view.app))
		plan(d, d->verb);
}

/* ---- the order ---- */

static void on_commit(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	struct app *a = d->view.app;
	const char *job = json_string_value(json_object_get(ret, "job"));

	d->request = 0;
	if (!e) {
		if (job) /* from here on the line above the keys tells of it */
			app_own_job(a, job);
		if (d->nids > 1)
			marks_clear(a->marks);
		app_back(a); /* frees d */
		return;
	}
	notice(d, e->class == ERR_CONFIRM ? INK_WARN : INK_ALERT_TEXT, e->msg.text);
	d->state = STATE_PREVIEW;
	/* What was refused is worked out anew, so that what is shown is true; an unknown outcome stays as it is. */
	if (e->class != ERR_UNREACHABLE && e->class != ERR_TIMEOUT)
		plan(d, d->verb);
	err_free(e);
	app_draw(a);
}

static void commit(struct dialog *d)
{
	json_t *args;

	if (d->request || d->state != STATE_PREVIEW || d->preview.kind == CONFIRM_NONE)
		return;
	args = json_pack("{s:s}", "plan", d->preview.plan);
	if (d->preview.kind == CONFIRM_YES)
		json_object_set_new(args, "confirm", json_string("yes"));
	else if (d->preview.kind == CONFIRM_TEXT)
		json_object_set_new(args, "confirm", json_string(d->typed.text));
	if (d->reason.len > 0)
		json_object_set_new(args, "reason", json_string(d->reason.text));
	d->state = STATE_COMMITTING;
	d->notice[0] = '\0';
	loop_timer_clear(d->replan);
	d->request = app_request(d->view.app, "commit", args, on_commit, d);
}

static void confirm(struct dialog *d)
{
	switch (d->preview.kind) {
	case CONFIRM_ENTER:
		commit(d);
		break;
	case CONFIRM_YES:
		notice(d, INK_WARN, _("Press y to go on."));
		break;
	case CONFIRM_TEXT:
		if (strcmp(d->typed.text, d->preview.confirm) == 0) {
			commit(d);
		} else {
			char text[256];

			snprintf(text, sizeof text, d->typed.len ? _("That is not %s. Nothing was done.") : _("Type %s first."), d->preview.confirm);
			notice(d, INK_WARN, text);
		}
		break;
	default:
		break;
	}
}

/* ---- keys ---- */

static struct input *field_at(struct dialog *d)
{
	if (d->state != STATE_PREVIEW || d->at < 0 || d->at >= d->nlines)
		return NULL;
	if (d->lines[d->at].kind == LINE_REASON)
		return &d->reason;
	return d->lines[d->at].kind == LINE_CONFIRM && d->preview.kind == CONFIRM_TEXT ? &d->typed : NULL;
}

static bool text(struct view *v, const struct key *k)
{
	struct dialog *d = of(v);
	struct input *in = field_at(d);
	bool printable = k->code >= ' ' && k->code < K_SPECIAL && !(k->mods & K_ALT);

	/* Where a name is asked for, typing is typing it, wherever the cursor stands. */
	if (!in && printable && d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_TEXT && !(k->mods & K_PASTED)) {
		d->at = d->nlines - 1;
		in = &d->typed;
	}
	if (in) {
		in->ascii = in == &d->typed;
		if (input_key(in, k) != INPUT_NOT_MINE) {
			d->notice[0] = '\0';
			return true;
		}
		return false;
	}
	return k->mods & K_PASTED;
}

static void move(struct dialog *d, int by)
{
	if (d->nlines > 0 && (d->state == STATE_MENU || d->state == STATE_PREVIEW))
		d->at = (d->at + by + d->nlines) % d->nlines;
	d->notice[0] = '\0';
}

static void close_or_back(struct dialog *d)
{
	struct app *a = d->view.app;

	if (d->state == STATE_COMMITTING)
		app_say(a, INK_WARN, "%s", _("It was asked for already: Jobs shows what becomes of it."));
	if (d->menu && (d->state == STATE_PREVIEW || d->state == STATE_PLANNING)) {
		app_forget(a, d->request);
		d->request = 0;
		loop_timer_clear(d->replan);
		ask_actions(d);
		return;
	}
	app_back(a);
}

static void choose(struct dialog *d)
{
	struct choice *c;

	if ((d->state != STATE_MENU && d->state != STATE_PREVIEW) || d->at < 0 || d->at >= d->nlines)
		return;
	c = &d->lines[d->at];
	switch (c->kind) {
	case LINE_CANCEL:
		app_back(d->view.app);
		break;
	case LINE_VERB:
		if (c->ok)
			plan(d, c->verb);
		else
			notice(d, INK_WARN, *c->why ? c->why : _("This cannot be done now."));
		break;
	case LINE_TARGETS:
		d->show_targets = !d->show_targets;
		d->top = 0;
		break;
	case LINE_GENTLER:
		other_verb(d, c->verb);
		break;
	case LINE_REASON:
		move(d, 1);
		break;
	case LINE_CONFIRM:
		confirm(d);
		break;
	}
}

static bool command(struct view *v, enum command c)
{
	struct dialog *d = of(v);

	switch (c) {
	case CMD_UP:
	case CMD_BACKTAB:
		move(d, -1);
		return true;
	case CMD_DOWN:
	case CMD_TAB:
		move(d, 1);
		return true;
	case CMD_PAGE_DOWN:
		d->top++;
		return true;
	case CMD_PAGE_UP:
		d->top -= d->top > 0;
		return true;
	case CMD_OPEN:
		choose(d);
		return true;
	case CMD_YES:
		if (d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_YES)
			commit(d);
		return true;
	case CMD_ESCAPE:
	case CMD_CANCEL:
		close_or_back(d);
		return true;
	default:
		return false;
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	out[0] = '\0';
}

/* ---- life ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct dialog *d = ctx;

	for (size_t i = 0; k == KIND_VM && d->state == STATE_PREVIEW && i < d->nids; i++)
		if (strcmp(((struct object *)o)->id, d->ids[i]) == 0 && !d->request)
			loop_timer_set(d->replan, REPLAN_MS);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	on_changed(ctx, k, slot, o);
}

static bool can(struct view *v, enum command c)
{
	struct dialog *d = of(v);

	return c != CMD_YES || (d->state == STATE_PREVIEW && d->preview.kind == CONFIRM_YES);
}

static void closed(struct view *v)
{
	struct dialog *d = of(v);

	app_forget(v->app, d->request);
	registry_unwatch(v->app->objects, &d->watch);
	loop_timer_free(d->replan);
	preview_clear(&d->preview);
	for (size_t i = 0; i < d->nids; i++)
		free(d->ids[i]);
	free(d->ids);
	free(d);
}

static const struct view_ops ops = {
	.name = "action", .where = WHERE_DIALOG, .overlay = true, .draw = dialog_draw, .crumb = crumb, .text = text, .command = command,
	.can = can, .closed = closed,
};

struct view *dialog_action_new(struct app *a, const char *const *ids, size_t n, const char *title, int only)
{
	struct dialog *d = xcalloc(1, sizeof *d);
	const struct vm *vm = n == 1 ? registry_find(a->objects, KIND_VM, ids[0]) : NULL;

	d->view.ops = &ops;
	d->view.app = a;
	d->only = only;
	d->nids = n;
	d->ids = xcalloc(n, sizeof *d->ids);
	for (size_t i = 0; i < n; i++)
		d->ids[i] = xstrdup(ids[i]);
	snprintf(d->title, sizeof d->title, "%s", title);
	d->replan = loop_timer_new(a->loop, on_replan, d);
	d->watch = (struct registry_watch){.ctx = d, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &d->watch);
	if (only == 2 && vm) {
		plan(d, verb_name(vm->protect ? VERB_UNPROTECT : VERB_PROTECT));
	} else {
		d->menu = true;
		ask_actions(d);
	}
	return &d->view;
}

/* What the action dialog's verb would do, and the order to do it (dialog_inside.h). */
#include "dialogs/dialog_inside.h"

#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

/* A key that was on its way to what stood there before confirms nothing: it takes some 250 ms to see that something changed, as long again
 * to hold back a finger, and a slow line adds its own. */
#define READ_MS 700

void dialog_changed(struct dialog *d)
{
	d->unread_until = clock_boot_ms() + READ_MS;
	d->moved = d->at > 0;
}

void dialog_typed(struct dialog *d)
{
	int64_t now = clock_boot_ms();

	if (now < d->unread_until) /* the rest of a name may have a y in it */
		d->unread_until = now + READ_MS;
}

bool dialog_unread(struct dialog *d)
{
	if (clock_boot_ms() >= d->unread_until)
		return false;
	dialog_notice(d, INK_WARN, d->preview.kind == CONFIRM_YES ? _("The plan has just changed: read it and press y again.") : _("The plan has just changed: read it, then choose again."));
	return true;
}

static json_t *targets_json(const struct dialog *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->nids; i++)
		json_array_append_new(list, json_string(d->ids[i]));
	return list;
}

/* ---- the preview ---- */

static bool may_override(const struct dialog *d, enum verb v)
{
	return strcmp(d->verb, verb_name(v)) == 0 && app_may_act(d->view.app) && !app_is_customer(d->view.app);
}

static void add_set(struct dialog *d, const char *argument, const char *label)
{
	struct choice *c = dialog_line(d, LINE_SET, d->verb);

	c->set = argument;
	snprintf(c->label, sizeof c->label, "%s", label);
}

static void make_lines(struct dialog *d, bool keep)
{
	enum line_kind was = keep && d->at >= 0 && d->at < d->nlines ? d->lines[d->at].kind : LINE_CANCEL;
	int at = keep ? d->at : 0;

	dialog_lines_clear(d);
	dialog_line(d, LINE_CANCEL, "");
	if (d->preview.targets.n > 1 || d->preview.nvms > 0)
		dialog_line(d, LINE_TARGETS, "");
	if (d->preview.kind == CONFIRM_NONE && d->preview.can > 0 && d->preview.cannot > 0) {
		size_t not = d->preview.cannot, can = d->preview.can;
		struct choice *c = dialog_line(d, LINE_LEAVE, d->verb);

		snprintf(c->label, sizeof c->label, P_(_("Leave out the %zu that cannot, look at the other %zu"), _("Leave out the %zu that cannot, look at the other %zu"), not), not, can);
	}
	for (int i = 0; i < d->preview.ngentler; i++) {
		struct choice *c = dialog_line(d, LINE_GENTLER, d->preview.gentler[i].verb);

		if (!d->preview.gentler[i].vms_first)
			continue;
		c->args = json_pack("{s:s}", "vms-first", "yes");
		snprintf(c->label, sizeof c->label, "%s", _("Shut the VMs down first, then the blade"));
	}
	if (d->preview.unpaired) {
		struct choice *c = dialog_line(d, LINE_GENTLER, verb_name(VERB_PAIR));

		snprintf(c->label, sizeof c->label, "%s", _("Make place and blade a pair, then come back"));
	}
	if (d->preview.consent)
		add_set(d, "consent", _("Its owner agreed; that needs a reason"));
	if (d->preview.over_limit && may_override(d, VERB_SNAP_CREATE))
		add_set(d, "exceed", _("Exceed the limit; that needs a reason"));
	if (d->preview.pair_runs && may_override(d, VERB_SNAP_REVERT))
		add_set(d, "override-pair", _("Override: revert while the other half runs; that needs a reason"));
	if (d->preview.kind != CONFIRM_NONE) {
		dialog_line(d, LINE_REASON, "");
		dialog_line(d, LINE_CONFIRM, d->preview.verb);
	}
	/* The same question stands there: so does the cursor. */
	d->at = at > 0 && at < d->nlines && d->lines[at].kind == was ? at : 0;
}

static void on_plan(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	struct preview new;
	bool shown = d->state == STATE_PREVIEW, again = shown && d->preview.answer, same;

	d->request = 0;
	if (e)
		preview_refuse(&new, dialog_error(d, e));
	else
		preview_read(&new, ret, again ? &d->preview : NULL);
	same = again && preview_same(&d->preview, &new);
	if (same) { /* the same lines, without marks of what is new */
		preview_clear(&new);
		preview_read(&new, ret, NULL);
	} else {
		input_set(&d->typed, "");
		d->top = 0;
		if (shown)
			dialog_changed(d);
		if (again && (!*d->notice || d->notice_ink == INK_DIM))
			dialog_notice(d, INK_WARN, _("The situation has changed: look again."));
	}
	if (*d->left_out)
		lines_add(&new.words, INK_DIM, " ", _("left out: %s"), d->left_out);
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
void dialog_plan(struct dialog *d, const char *verb)
{
	json_t *args = d->args ? json_copy(d->args) : json_object();

	json_object_set_new(args, "verb", json_string(verb));
	json_object_set_new(args, "targets", targets_json(d));
	if (verb != d->verb)
		snprintf(d->verb, sizeof d->verb, "%s", verb);
	if (d->state != STATE_PREVIEW) {
		d->state = STATE_PLANNING;
		d->notice[0] = '\0';
		d->show_targets = false;
	}
	app_forget(d->view.app, d->request); /* of the menu, which is left */
	loop_timer_clear(d->replan);
	d->request = app_request(d->view.app, "plan", args, on_plan, d);
	app_draw(d->view.app);
}

static void put_left_out(struct dialog *d, const char *name)
{
	size_t n = strlen(d->left_out);

	snprintf(d->left_out + n, sizeof d->left_out - n, "%s%s", n ? ", " : "", name);
	text_mend(d->left_out);
}

/* With the rest it is another question: another preview, another text to be typed. */
void dialog_leave_out(struct dialog *d)
{
	json_t *list = json_object_get(d->preview.answer, "targets"), *t;
	size_t i, kept = 0;

	if (json_array_size(list) != d->nids) /* two words meant one object: they cannot be told apart here */
		return;
	json_array_foreach (list, i, t) {
		const char *id = json_string_value(json_object_get(t, "id"));

		if (json_is_true(json_object_get(t, "ok")))
			continue;
		for (size_t j = 0; id && j < d->nids; j++)
			if (d->ids[j] && strcmp(d->ids[j], id) == 0) {
				free(d->ids[j]);
				d->ids[j] = NULL;
				put_left_out(d, proto_text(t, "name"));
			}
	}
	for (size_t j = 0; j < d->nids; j++)
		if (d->ids[j])
			d->ids[kept++] = d->ids[j];
	if (kept == 0 || kept == d->nids) {
		d->nids = kept;
		app_back(d->view.app);
		return;
	}
	d->nids = kept;
	snprintf(d->title, sizeof d->title, d->kind == KIND_BLADE ? _("%zu of the %zu marked blades") : _("%zu of the %zu marked VMs"), kept, d->all);
	input_set(&d->typed, "");
	d->state = STATE_ASKING;
	dialog_plan(d, d->verb);
}

void dialog_other_verb(struct dialog *d, const struct choice *c)
{
	char name[32];

	snprintf(name, sizeof name, "%s", c->verb);
	input_set(&d->typed, "");
	json_decref(d->args); /* they were of the verb before */
	d->args = c->args ? json_copy(c->args) : NULL;
	d->state = STATE_ASKING;
	dialog_plan(d, name);
}

/* The same with one more argument: another question, so that nothing of it counts as changed behind the user's back. */
void dialog_plan_with(struct dialog *d, const char *argument)
{
	if (!d->args)
		d->args = json_object();
	json_object_set_new(d->args, argument, json_string("yes"));
	input_set(&d->typed, "");
	d->state = STATE_ASKING;
	dialog_plan(d, d->verb);
}

void dialog_replan(void *ctx)
{
	struct dialog *d = ctx;

	if (d->state == STATE_PREVIEW && !d->request && !app_lost(d->view.app))
		dialog_plan(d, d->verb);
	else if (d->state == STATE_MENU && d->snap)
		dialog_menu_again(d);
	else if (d->state == STATE_MENU && !d->request && !app_lost(d->view.app))
		dialog_menu_actions(d);
}

/* ---- the order ---- */

/* What was left out keeps its mark. */
static void unmark(struct dialog *d)
{
	struct app *a = d->view.app;
	struct marks *m = app_marks(a, d->kind);

	for (size_t i = 0; m && d->all > 1 && i < d->nids; i++) {
		void *o = registry_find(a->objects, d->kind, d->ids[i]);

		if (o)
			marks_set(m, registry_slot(a->objects, d->kind, o), false);
	}
}

static void on_commit(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	struct app *a = d->view.app;
	const char *job = json_string_value(json_object_get(ret, "job"));

	d->request = 0;
	if (!e) {
		int below = d->below;

		if (job) /* from here on the line above the keys tells of it */
			app_own_job(a, job);
		unmark(d);
		if (d->nids > 1 && job)
			app_say(a, INK_NORMAL, _("job %s: J and Enter show what becomes of each"), look_id(job));
		app_back(a); /* frees d */
		while (below-- > 0)
			app_back(a);
		return;
	}
	dialog_notice(d, e->class == ERR_CONFIRM ? INK_WARN : INK_ALERT_TEXT, dialog_error(d, e));
	d->state = STATE_PREVIEW;
	/* What was refused is worked out anew, so that what is shown is true; an unknown outcome stays as it is. */
	if (e->class != ERR_UNREACHABLE && e->class != ERR_TIMEOUT)
		dialog_plan(d, d->verb);
	err_free(e);
	app_draw(a);
}

void dialog_commit(struct dialog *d)
{
	json_t *args;

	if (d->state != STATE_PREVIEW || d->preview.kind == CONFIRM_NONE)
		return;
	if (d->request) {
		dialog_notice(d, INK_DIM, _("What it would do is being looked at anew: confirm it after that."));
		return;
	}
	/* What is to be typed was taken away by the change: it was typed since. */
	if (d->preview.kind != CONFIRM_TEXT && dialog_unread(d))
		return;
	if (dialog_lacks_reason(d)) {
		dialog_notice(d, INK_WARN, _("This needs a reason: write it first."));
		for (int i = 0; i < d->nlines; i++)
			if (d->lines[i].kind == LINE_REASON)
				d->at = i;
		return;
	}
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

void dialog_confirm(struct dialog *d)
{
	switch (d->preview.kind) {
	case CONFIRM_ENTER:
		dialog_commit(d);
		break;
	case CONFIRM_YES:
		dialog_notice(d, INK_WARN, _("Press y to go on."));
		break;
	case CONFIRM_TEXT:
		if (strcmp(d->typed.text, d->preview.confirm) == 0) {
			dialog_commit(d);
		} else {
			char text[256];

			snprintf(text, sizeof text, d->typed.len ? _("That is not %s. Nothing was done.") : _("Type %s first."), d->preview.confirm);
			dialog_notice(d, INK_WARN, text);
		}
		break;
	default:
		break;
	}
}

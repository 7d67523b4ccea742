/* What the action dialog offers at first (dialog_inside.h): the verbs that the broker names for VMs or blades, or what can be done with
 * one snapshot. */
#include "dialogs/dialog_inside.h"

#include "common/text.h"
#include "lists/view_rows.h"
#include "tr.h"
#include "views/view_text.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

/* A manager may be there a moment later, a host may be gone: while the menu stands, what can be done is asked again. */
#define MENU_AGAIN_MS 2000

/* ---- of VMs and blades ---- */

static bool is_of(const char *verb, int only)
{
	enum verb v;
	bool known = verb_from_name(verb, &v), protects = known && (v == VERB_PROTECT || v == VERB_UNPROTECT),
		power = known && v <= VERB_RESET;

	/* A verb that this console does not know yet is one of power to it. */
	return only == 0 || (only == 2 ? protects : power || !known);
}

/* "a2-12: its manager cannot do that": the title says already of whom. */
static const char *without_name(const struct dialog *d, const char *why)
{
	const struct blade *b = d->nids == 1 ? registry_find(d->view.app->objects, KIND_BLADE, d->ids[0]) : NULL;
	const char *name = b ? b->name : "";
	size_t n = strlen(name);

	return n > 0 && strncmp(why, name, n) == 0 && strncmp(why + n, ": ", 2) == 0 ? why + n + 2 : why;
}

static void on_actions(void *ctx, struct err *e, json_t *ret)
{
	struct dialog *d = ctx;
	bool again = d->state == STATE_MENU;
	char was[sizeof d->lines[0].verb] = "";
	size_t i;
	json_t *a;

	d->request = 0;
	d->state = STATE_MENU;
	loop_timer_set(d->replan, MENU_AGAIN_MS);
	if (again && e && !dialog_gone(d)) { /* what was offered stays */
		err_free(e);
		return;
	}
	if (again && d->at >= 0 && d->at < d->nlines)
		snprintf(was, sizeof was, "%s", d->lines[d->at].verb);
	dialog_lines_clear(d);
	d->at = -1;
	json_array_foreach (json_object_get(ret, "actions"), i, a) {
		const char *verb = json_string_value(json_object_get(a, "verb"));
		struct choice *c;
		struct msg why;

		if (!verb || strlen(verb) >= sizeof c->verb || !text_is_clean(verb) || !is_of(verb, d->only))
			continue;
		if (d->nlines == DIALOG_LINES - 1)
			break;
		c = dialog_line(d, LINE_VERB, verb);
		c->ok = json_is_true(json_object_get(a, "ok"));
		c->can = c->ok ? (int)d->nids : (int)json_integer_value(json_object_get(a, "can"));
		if (!c->ok && msg_from_json(&why, json_object_get(a, "why"))) {
			snprintf(c->why, sizeof c->why, "%s", without_name(d, why.text));
			msg_free(&why);
		}
		/* The cursor stays where it is, whatever can be done by now. */
		if (again ? strcmp(verb, was) == 0 : (c->ok || c->can > 0) && d->at < 0)
			d->at = d->nlines - 1;
	}
	dialog_line(d, LINE_CANCEL, "");
	if (d->at < 0)
		d->at = d->nlines - 1;
	if (e && e->class == ERR_LIMIT && d->nids > 1) {
		char text[512];

		snprintf(text, sizeof text, _("%s. Mark fewer of them (Space unmarks one, u all); what is marked stays so."), e->msg.text);
		dialog_notice(d, INK_WARN, text);
	} else if (e) {
		dialog_notice(d, INK_ALERT_TEXT, dialog_error(d, e));
	}
	err_free(e);
	app_draw(d->view.app);
}

void dialog_menu_actions(struct dialog *d)
{
	json_t *targets = json_array();

	for (size_t i = 0; i < d->nids; i++)
		json_array_append_new(targets, json_string(d->ids[i]));
	if (d->state != STATE_MENU) {
		d->state = STATE_ASKING;
		d->notice[0] = '\0';
	}
	d->request = app_request(d->view.app, "actions", json_pack("{s:o}", "targets", targets), on_actions, d);
}

/* ---- of a snapshot ---- */

/* Why nothing can be done with it now, whatever it is; "" when something can. The broker would say the same a step later. */
static void busy(struct dialog *d, const struct snap *s, char *out, size_t size)
{
	const struct vm *vm = d->nids > 0 ? registry_find(d->view.app->objects, KIND_VM, d->ids[0]) : NULL;

	out[0] = '\0';
	if (!vm)
		snprintf(out, size, "%s", _("This VM is no longer there."));
	else if (!s->kept)
		snprintf(out, size, "%s", _("it is being taken, or its outcome is not known yet"));
	else if (*vm->doing)
		snprintf(out, size, _("in use by %.100s: %s"), *vm->by ? vm->by : "?", look_verb_doing(vm->doing));
}

static struct choice *offer(struct dialog *d, const char *verb, const char *label, bool children, bool external, const char *what)
{
	struct choice *c = dialog_line(d, LINE_VERB, verb);

	snprintf(c->label, sizeof c->label, "%s", label);
	c->args = json_pack("{s:s}", "snapshot", d->snap);
	if (children)
		json_object_set_new(c->args, "children", json_string("yes"));
	busy(d, &d->snaps.list[snaps_find(&d->snaps, d->snap)], c->why, sizeof c->why);
	if (!*c->why && external)
		snaps_why_not(&d->snaps, what, c->why, sizeof c->why);
	c->ok = !*c->why;
	return c;
}

void dialog_menu_snapshot(struct dialog *d)
{
	size_t row = snaps_find(&d->snaps, d->snap), below;
	bool externals;
	char label[96];

	d->state = STATE_MENU;
	d->notice[0] = '\0';
	dialog_lines_clear(d);
	if (row < d->snaps.n && app_may_act(d->view.app)) {
		const struct snap *s = &d->snaps.list[row];

		below = snaps_below(&d->snaps, row, &externals);
		offer(d, verb_name(VERB_SNAP_REVERT), _("Revert to it"), false, s->external, "revert-external");
		offer(d, verb_name(VERB_SNAP_DELETE), _("Delete it"), false, s->external, "delete-external");
		if (below > 0) {
			snprintf(label, sizeof label, P_(_("Delete it and the %zu that stands on it"), _("Delete it and the %zu that stand on it"), below), below);
			offer(d, verb_name(VERB_SNAP_DELETE), label, true, externals, "delete-external");
		}
	}
	dialog_line(d, LINE_DETAILS, "");
	if (d->nids > 0 && app_may_act(d->view.app))
		dialog_line(d, LINE_VM, "");
	dialog_line(d, LINE_CANCEL, "");
	d->at = 0;
	while (!d->lines[d->at].ok)
		d->at++;
}

void dialog_menu_again(struct dialog *d)
{
	int at = d->at, n = d->nlines;

	dialog_menu_snapshot(d);
	if (d->nlines == n)
		d->at = at;
	app_draw(d->view.app);
}

static void fill_details(struct view *v, struct lines *l)
{
	const json_t *answer = view_text_ctx(v);
	struct snaps all;
	const struct snap *s;
	char text[64];
	size_t row;

	snaps_read(&all, json_object_get(answer, "answer"));
	row = snaps_find(&all, json_string_value(json_object_get(answer, "id")));
	if (row == all.n) {
		snaps_clear(&all);
		return;
	}
	s = &all.list[row];
	lines_add(l, INK_BOLD, _("name"), "%s", s->name);
	if (*s->note)
		lines_add(l, INK_NORMAL, _("note"), "%s", s->note);
	look_time(text, sizeof text, s->created);
	lines_add(l, INK_NORMAL, _("taken"), "%s", *text ? text : _("not known"));
	lines_add(l, INK_NORMAL, _("by"), "%s", s->outside ? _("somebody outside Tana") : snaps_by(s));
	lines_add(l, INK_NORMAL, _("holds"), "%s%s%s", snaps_kind(s, false), *s->vm_state ? _("; the VM was ") : "", s->vm_state);
	if (s->bytes > 0)
		text_bytes_kib(text, sizeof text, (unsigned long long)s->bytes / 1024);
	lines_add(l, INK_NORMAL, _("size"), "%s", s->bytes > 0 ? text : _("not known"));
	if (s->current)
		lines_add(l, INK_NORMAL, _("current"), "%s", _("what the disks hold now began with it"));
	if (!s->kept)
		lines_add(l, INK_ACTIVE, _("state"), "%s", _("being taken, or its outcome is not known yet; it is counted until that is known"));
	if (*s->charged)
		lines_add(l, INK_NORMAL, _("counts for"), "%s", s->charged);
	else
		lines_add(l, INK_NORMAL, _("counts for"), "%s", s->outside ? _("its server's limit, as everything that is kept") : _("the provider"));
	if (s->parent >= 0)
		lines_add(l, INK_NORMAL, _("stands on"), "%s", all.list[s->parent].name);
	for (size_t i = row + 1; i < all.n; i++)
		if (all.list[i].parent == (int)row)
			lines_add(l, INK_NORMAL, _("below it"), "%s", all.list[i].name);
	lines_add(l, INK_DIM, _("on the host"), "%s", s->host_name);
	snaps_clear(&all);
}

static void free_details(void *ctx)
{
	json_decref(ctx);
}

void dialog_details(struct dialog *d)
{
	struct app *a = d->view.app;
	char title[256];
	size_t row = snaps_find(&d->snaps, d->snap);
	struct text_source s = {.name = title, .object = "", .fill = fill_details, .closed = free_details};

	snprintf(title, sizeof title, _("snapshot %.200s"), row < d->snaps.n ? d->snaps.list[row].name : d->snap);
	s.ctx = json_pack("{s:O, s:s}", "answer", d->snaps.answer, "id", d->snap);
	app_back(a); /* frees d */
	app_push(a, view_text_new(a, &s));
}

/* Two pages of what happened: one job with its targets, and the history of one object. */
#include "app.h"
#include "common/proto.h"
#include "common/text.h"
#include "tr.h"
#include "views/view_text.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_MOST 200

/* ---- a job ---- */

static void on_job(struct view *v, struct lines *l, json_t *ret)
{
	json_t *targets = json_object_get(json_object_get(ret, "detail"), "targets"), *history = json_object_get(ret, "history"), *t;
	size_t i;

	if (json_array_size(targets) > 0) {
		lines_add(l, INK_NORMAL, "", " ");
		lines_add(l, INK_BOLD, "", "%s", _("Targets"));
	}
	json_array_foreach (targets, i, t) {
		json_t *outcome = json_object_get(t, "outcome");
		const char *text = outcome ? lang_said(proto_text(outcome, "msg"), proto_text(outcome, "text")) : lang_said(NULL, proto_text(t, "text"));

		lines_add(l, INK_NORMAL, lang_said(NULL, proto_text(t, "state")), "%s%s%s", proto_text(t, "name"), *text ? "  " : "", text);
	}
	if (json_array_size(history) > 0) {
		lines_add(l, INK_NORMAL, "", " ");
		lines_add(l, INK_BOLD, "", "%s", _("Audit"));
		lines_history(l, history, app_is_customer(v->app));
	}
}

/* A broker of our own ends with us. */
static bool may_quit(const struct app *a)
{
	const struct client_user *u = app_client_user(a);

	return !u || !u->private_broker;
}

static void fill_job(struct view *v, struct lines *l)
{
	const char *id = view_text_ctx(v);
	const struct job *j = registry_find(v->app->objects, KIND_JOB, id);
	struct look look;
	char when[32];

	if (!j) {
		lines_add(l, INK_WARN, "", "%s", _("This job is no longer kept here; the audit log has it."));
		return;
	}
	look = look_job(j, TIER_ASCII);
	lines_add(l, look.ink, _("state"), "%s%s%s", look.word, *j->text ? ", " : "", lang_said(j->text_id, j->text));
	lines_add(l, INK_NORMAL, _("action"), "%s", look_verb(j->verb));
	lines_add(l, INK_NORMAL, _("targets"), "%s", j->targets);
	if (j->count > 1)
		lines_add(l, INK_NORMAL, _("settled"), _("%lld of %lld"), (long long)j->done, (long long)j->count);
	lines_add(l, INK_NORMAL, _("by"), "%s%s%s", *j->by || !app_is_customer(v->app) ? j->by : _("provider"), *j->origin ? _("  from ") : "", j->origin);
	if (*j->reason)
		lines_add(l, INK_NORMAL, _("reason"), "%s", j->reason);
	look_time(when, sizeof when, j->started);
	lines_add(l, INK_NORMAL, _("started"), "%s", when);
	look_time(when, sizeof when, j->ended);
	if (*when)
		lines_add(l, INK_NORMAL, _("ended"), "%s", when);
	look_time(when, sizeof when, j->deadline);
	if (*when && job_state_is_open(j->state))
		lines_add(l, INK_NORMAL, _("deadline"), "%s", when);
	if (job_state_is_open(j->state))
		lines_add(l, INK_DIM, _("leaving"), "%s", may_quit(v->app) ? _("it goes on when this view or the console is closed") :
			_("it goes on when this view is closed; this broker ends with the console"));
	view_text_ask(v, "show", json_pack("{s:s}", "object", id), on_job);
}

/* How long it has been under way: in line 2, since that is drawn anew as time goes. */
static void job_info(struct view *v, struct pen *p)
{
	const struct job *j = registry_find(v->app->objects, KIND_JOB, view_text_ctx(v));
	struct look look;
	char since[32];

	if (!j || !job_state_is_open(j->state))
		return;
	look = look_job(j, screen_tier());
	look_elapsed(since, sizeof since, j->started);
	pen_f(p, look.ink, "%s %s  %s  ", look_verb(j->verb), j->targets, look.word);
	pen_f(p, INK_DIM, "%s  ", since);
}

struct view *view_job_new(struct app *a, const struct job *j)
{
	char name[64];
	struct text_source s = {.name = name, .object = j->id, .fill = fill_job, .info = job_info, .closed = free, .ctx = xstrdup(j->id)};

	snprintf(name, sizeof name, _("job %s"), look_id(j->id));
	return view_text_new(a, &s);
}

/* ---- history ---- */

static void on_history(struct view *v, struct lines *l, json_t *ret)
{
	lines_history(l, json_object_get(ret, "records"), app_is_customer(v->app));
	if (l->n == 0)
		lines_add(l, INK_DIM, "", "%s", _("Nothing was done with it from here yet."));
}

static void fill_history(struct view *v, struct lines *l)
{
	const char *id = view_text_ctx(v);

	view_text_ask(v, "audit", json_pack("{s:s, s:i}", "object", id, "limit", HISTORY_MOST), on_history);
}

struct view *view_history_new(struct app *a, const char *object, const char *name)
{
	char title[300];
	struct text_source s = {.name = title, .object = object, .fill = fill_history, .closed = free, .ctx = xstrdup(object)};

	snprintf(title, sizeof title, _("history of %s"), name);
	return view_text_new(a, &s);
}

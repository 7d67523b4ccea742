/* What the broker tells: that it is there or gone, who its user is, what changes, how jobs of this console end; and requests to it
 * (app.h). */
#include "app_inside.h"

#include "common/clock.h"
#include "link/stats.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lang.h"
#include "words/look.h"

#include <stdio.h>
#include <string.h>

/* ---- who and what ---- */

const struct client_user *app_client_user(const struct app *a)
{
	return inner_of(a)->ready_once ? client_user(a->client) : NULL;
}

const char *app_user(const struct app *a)
{
	const struct client_user *u = app_client_user(a);

	return u && u->user ? u->user : "";
}

bool app_is_customer(const struct app *a)
{
	const struct client_user *u = app_client_user(a);

	return u && u->role && strcmp(u->role, role_name(ROLE_CUSTOMER)) == 0;
}

bool app_may_act(const struct app *a)
{
	const struct client_user *u = app_client_user(a);

	return u && u->role && (app_is_customer(a) || strcmp(u->role, role_name(ROLE_OPERATOR)) == 0);
}

bool app_lost(const struct app *a)
{
	enum client_state s = a->client ? client_state(a->client) : CLIENT_CONNECTING;

	return s == CLIENT_LOST || s == CLIENT_ENDED;
}

/* ---- requests ---- */

uint64_t app_request(struct app *a, const char *name, json_t *args, client_done *done, void *ctx)
{
	if (client_state(a->client) != CLIENT_READY) {
		json_decref(args);
		done(ctx, err_new(ERR_UNREACHABLE, "app.no_broker", NULL), NULL);
		return 0;
	}
	return client_request(a->client, name, args, done, ctx);
}

void app_forget(struct app *a, uint64_t request)
{
	if (request)
		client_forget(a->client, request);
}

/* ---- jobs of our own ---- */

void app_own_job(struct app *a, const char *id)
{
	struct inner *in = inner_of(a);

	snprintf(in->own_jobs[in->nown++ % APP_OWN_JOBS], sizeof in->own_jobs[0], "%s", id);
}

/* Its number stands last: it is what one quotes. */
static void say_job(struct inner *in, const struct job *j, enum ink ink, const char *word)
{
	app_say(&in->app, ink, _("%s %s: %s%s%s, job %s"), look_verb(j->verb), j->targets, word, *j->text ? ", " : "", lang_said(j->text_id, j->text),
		look_id(j->id));
}

static void tell_own_job(struct inner *in, const struct job *j)
{
	struct look l = look_job(j, screen_tier());
	enum ink ink = j->state == JOB_DONE || j->state == JOB_ACCEPTED ? INK_GOOD : INK_ALERT_TEXT;

	if (job_state_is_open(j->state))
		return;
	for (int i = 0; i < APP_OWN_JOBS; i++)
		if (strcmp(in->own_jobs[i], j->id) == 0) {
			in->own_jobs[i][0] = '\0';
			say_job(in, j, ink, l.word);
		}
}

/* ---- changes ---- */

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct inner *in = ctx;


	if (k == KIND_JOB) {
		tell_own_job(in, o);
		app_draw_tick(in);
	}
	app_draw_data(&in->app);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	app_draw_data(ctx);
}

void app_broker_watch(struct inner *in)
{
	in->watch = (struct registry_watch){.ctx = in, .changed = on_changed, .gone = on_gone};
	registry_watch(in->app.objects, &in->watch);
}

void app_broker_unwatch(struct inner *in)
{
	registry_unwatch(in->app.objects, &in->watch);
}

/* ---- the connection ---- */

static void tell_back(struct inner *in)
{
	char age[32];

	client_away(in->app.client, age, sizeof age);
	app_say(&in->app, INK_GOOD, _("broker is back after %s"), age);
}

void app_broker_state(void *ctx, enum client_state s, const struct err *why)
{
	struct inner *in = ctx;
	struct app *a = &in->app;
	bool first;

	if (s == CLIENT_LOST && why && !in->ready_once) {
		err_free(in->unmet);
		in->unmet = err_copy(why);
	}
	if (a->depth == 0)
		return; /* run() asks when there is something to show it on */
	if (in->alone && !in->ready_once && s == CLIENT_LOST) { /* a command does not wait for its broker */
		in->fatal = why ? err_copy(why) : err_new(ERR_UNREACHABLE, "broker.lost", NULL);
		loop_stop(a->loop);
		return;
	}
	for (int i = 0; i < a->depth; i++)
		if (a->stack[i]->ops->broker)
			a->stack[i]->ops->broker(a->stack[i], s);
	switch (s) {
	case CLIENT_READY:
		first = !in->ready_once;
		in->ready_once = true; /* from here on who the user is can be asked */
		if (!first)
			tell_back(in);
		if (!in->alone) {
			mirror_subscribe(a->mirror, a->client);
			app_take_role(in);
			stats_broker(s);
		} else if (first) {
			app_push(a, view_console_new(a, in->alone));
		}
		in->told = clock_boot_ms();
		idle_set(in->idle, client_user(a->client)->idle_s);
		break;
	case CLIENT_LOST:
		mirror_lost(a->mirror);
		break;
	case CLIENT_ENDED:
		if (!in->ready_once) {
			in->fatal = why ? err_copy(why) : err_new(ERR_UNREACHABLE, "broker.lost", NULL); /* by its id commands say what to type */
			loop_stop(a->loop);
			return;
		}
		mirror_lost(a->mirror);
		if (why)
			app_say(a, INK_ALERT_TEXT, _("%s. Q quits."), why->msg.text);
		break;
	default:
		break;
	}
	app_draw_tick(in);
	app_draw(a);
}

bool app_of_uris(const struct app *a)
{
	void *rack[2];
	const struct client_user *u = app_client_user(a);

	return u && u->private_broker && registry_count(a->objects, KIND_RACK) == 1 && registry_named(a->objects, KIND_RACK, "hosts", rack, 2) == 1;
}

/* The site's own zone. */
static void take_zone(struct inner *in)
{
	const struct site *site = mirror_site(in->app.mirror);

	if (!site || strcmp(site->tz, in->zone) == 0)
		return;
	snprintf(in->zone, sizeof in->zone, "%s", site->tz);
	look_zone(site->tz);
}

/* The mirror has taken something in. */
static void on_told(struct inner *in)
{
	struct app *a = &in->app;

	take_zone(in);
	if (mirror_synced(a->mirror) && !in->synced_once) {
		in->synced_once = true;
		if (lang_refused() && !in->said[0])
			app_say(a, INK_WARN, "%s", lang_refused());
		else if (mirror_site(a->mirror) && *mirror_site(a->mirror)->note && !in->said[0])
			app_say(a, INK_DIM, "%s", lang_said(NULL, mirror_site(a->mirror)->note));
		/* One machine has no racks to walk: its VMs are what is wanted. */
		if (!in->chosen && a->tab == TAB_RACKS && registry_count(a->objects, KIND_BLADE) <= 1)
			app_tab(a, TAB_VMS);
		else if (!in->chosen && a->tab == TAB_RACKS && app_of_uris(a)) /* a list of them says more */
			app_tab(a, TAB_BLADES);
	}
	app_draw_data(a);
}

void app_broker_event(void *ctx, json_t *line)
{
	struct inner *in = ctx;
	struct app *a = &in->app;

	for (int i = 0; i < a->depth; i++)
		if (a->stack[i]->ops->event && a->stack[i]->ops->event(a->stack[i], line))
			return;
	if (stats_event(line))
		return;
	mirror_event(a->mirror, line);
	on_told(in);
}

bool app_broker_batch(void *ctx, const char *line, size_t len)
{
	struct inner *in = ctx;
	bool taken = mirror_batch(in->app.mirror, line, len);

	if (taken)
		on_told(in);
	return taken;
}

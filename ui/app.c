/* The life of the console: what is made and taken apart in which order, and why it ends (app.h). What it does meanwhile is in the other
 * files of the app (app_inside.h). main.c calls app_run. */
#include "app_inside.h"

#include "common/buf.h"
#include "jail/jump.h"
#include "jail/sandbox.h"
#include "link/stats.h"
#include "settings/prefs.h"
#include "settings/settings.h"
#include "term/screen.h"
#include "tr.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

bool app_alone(const struct app *a)
{
	return inner_of(a)->alone != NULL;
}

void app_result(struct app *a, struct err *e)
{
	struct inner *in = inner_of(a);

	if (in->alone && !in->fatal)
		in->fatal = e;
	else
		err_free(e);
}

/* ---- nobody is there ---- */

int app_idle_left(const struct app *a)
{
	return idle_left(inner_of(a)->idle);
}

static void on_idle_tick(void *ctx)
{
	app_draw(&((struct inner *)ctx)->app);
}

/* A dialog that stands open is not answered by this: nothing is committed. */
static void on_idle_out(void *ctx)
{
	struct inner *in = ctx;

	in->signed_out = true;
	loop_stop(in->app.loop);
}

static void say_signed_out(const struct inner *in)
{
	const struct client_user *u = app_client_user(&in->app);
	int s = u ? u->idle_s : 0;

	if (s >= 120)
		printf(_("signed out: nothing was typed for %d min\n"), s / 60);
	else
		printf(_("signed out: nothing was typed for %d s\n"), s);
	fflush(stdout);
}

/* ---- life ---- */

static void on_signal(void *ctx, int signo)
{
	struct inner *in = ctx;

	if (signo == SIGWINCH) {
		screen_resized();
		app_draw(&in->app);
	} else {
		loop_stop(in->app.loop);
	}
}

static void on_numbers(void *ctx)
{
	app_draw_data(ctx);
}

static struct err *run(struct inner *in, const struct app_options *o)
{
	struct app *a = &in->app;
	struct err *e, *unkept;

	settings_open(!jump_now(), &unkept); /* on a jump host no file is anybody's */
	prefs_start();
	/* Before the terminal is taken: ncurses leaves alone what has a handler. */
	loop_signal(a->loop, SIGWINCH, on_signal, in);
	loop_signal(a->loop, SIGTERM, on_signal, in);
	loop_signal(a->loop, SIGHUP, on_signal, in);
	loop_signal(a->loop, SIGINT, on_signal, in);
	e = screen_start(o->ambiguous ? o->ambiguous : prefs_ambiguous());
	/* Nothing was read from broker or terminal yet. A private broker may have to be started again, so beside one no door is shut. */
	if (!e && client_connector(a->client)) {
		settings_bound();
		e = sandbox_enter(client_connector(a->client));
	}
	if (e) {
		err_free(unkept);
		return e;
	}
	if (*screen_note())
		app_say(a, INK_WARN, "%s", screen_note());
	else if (unkept)
		app_say_error(a, unkept);
	err_free(unkept);
	a->tally = tally_new(a->objects);
	a->metal = metal_new(a->objects);
	a->marks = marks_new(a->objects, KIND_VM);
	a->blade_marks = marks_new(a->objects, KIND_BLADE);
	filter_line_start(&in->filter, a);
	app_broker_watch(in);
	if (!in->alone)
		stats_open(a->loop, a->client, on_numbers, a);
	app_tab(a, TAB_RACKS);
	app_keys_start(in);
	app_draw_tick(in);
	/* What came while the terminal was asked about its widths. */
	if (client_state(a->client) != CLIENT_CONNECTING && !in->ready_once)
		app_broker_state(in, client_state(a->client), NULL);
	loop_run(a->loop);
	app_keys_stop(in);
	app_views_close(in);
	stats_close();
	app_broker_unwatch(in);
	filter_line_end(&in->filter);
	marks_free(a->blade_marks);
	marks_free(a->marks);
	metal_free(a->metal);
	tally_free(a->tally);
	return in->fatal;
}

int app_run(struct loop *l, const struct app_options *o, struct err **e)
{
	struct inner *in = xcalloc(1, sizeof *in);
	struct app *a = &in->app;
	struct client_ops ops = {.ctx = in, .state = app_broker_state, .event = app_broker_event, .batch = app_broker_batch};

	a->loop = l;
	a->filter_gen = 1;
	a->mirror = mirror_new();
	a->objects = mirror_objects(a->mirror);
	app_keys_open(in);
	app_draw_open(in);
	in->alone = o->console;
	in->target = o->target;
	in->idle = idle_new(l, on_idle_tick, on_idle_out, in);
	*e = client_open(l, o->target, o->origin, &ops, &a->client);
	if (!*e) {
		*e = run(in, o);
		screen_stop();
		settings_close();
		if (in->signed_out && !*e)
			say_signed_out(in);
		client_close(a->client);
	}
	app_draw_close(in);
	app_keys_close(in);
	idle_free(in->idle);
	mirror_free(a->mirror);
	err_free(in->unmet);
	free(in);
	return *e ? err_exit_status((*e)->class) : 0;
}

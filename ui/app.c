/* The console: wires terminal, broker, mirror and views together and keeps the picture current (app.h). */
#include "app.h"

#include "common/clock.h"
#include "common/text.h"
#include "console.h"
#include "frame.h"
#include "idle.h"
#include "input.h"
#include "lang.h"
#include "look.h"
#include "sandbox.h"
#include "screen.h"
#include "tr.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAID_MS 15000
#define DATA_MS 10       /* pictures that data alone asks for are at least this far apart */
#define OWN_JOBS 32
#define TELL_MS 30000    /* while somebody types, the broker hears of it so often: it waits a minute longer than we do */

/* What only this file needs of an app. */
struct inner {
	struct app app;
	struct keys *keys;
	struct loop_io *tty;
	struct loop_timer *key_timer, *tick_timer, *draw_timer;
	struct registry_watch watch;
	int64_t drawn;            /* boot ms of the last picture */
	struct input filter;      /* being typed */
	bool typing;
	char filter_was[APP_FILTER_MAX];
	char said[512];
	enum ink said_ink;
	int64_t said_until;
	char own_jobs[OWN_JOBS][16]; /* ids of jobs that were started here */
	int nown;
	bool chosen;              /* the user has switched the view: the first one stays no more */
	bool synced_once, ready_once, quit_asked;
	bool customer;            /* whose views stand in the tabs */
	struct idle *idle;
	bool signed_out;          /* it ended because nobody typed */
	int64_t told;             /* boot ms when the broker last heard that somebody types */
	char zone[64];
	struct err *fatal;
	const struct console_options *alone; /* one serial console and nothing else; NULL: all */
};

static struct inner *inner_of(const struct app *a)
{
	return (struct inner *)a; /* an app is the first member */
}

/* ---- pictures ---- */

static void draw_now(void *ctx)
{
	struct inner *in = ctx;
	struct app *a = &in->app;
	struct box b = frame_inside(screen_rows(), screen_cols());
	int base = a->depth - 1, cursor_y = -1, cursor_x = -1;

	in->drawn = clock_boot_ms();
	loop_timer_clear(in->draw_timer);
	while (base > 0 && a->stack[base]->ops->overlay)
		base--;
	screen_begin();
	if (in->alone && a->depth == 1) { /* its view is there when the broker is */
		screen_end(-1, -1);
		return;
	}
	if (a->stack[base]->ops->whole)
		b = screen_whole();
	for (int i = base; i < a->depth; i++) {
		a->stack[i]->cursor_y = a->stack[i]->cursor_x = -1;
		if (b.h > 0 && b.w > 0)
			a->stack[i]->ops->draw(a->stack[i], b);
		cursor_y = a->stack[i]->cursor_y;
		cursor_x = a->stack[i]->cursor_x;
	}
	if (!a->stack[base]->ops->whole)
		frame_draw(a, in->typing ? &in->filter : NULL, &cursor_y, &cursor_x);
	screen_end(cursor_y, cursor_x);
}

void app_draw(struct app *a)
{
	loop_soon(a->loop, draw_now, inner_of(a));
}

static void on_draw_timer(void *ctx)
{
	draw_now(ctx);
}

void app_draw_data(struct app *a)
{
	struct inner *in = inner_of(a);
	int64_t since = clock_boot_ms() - in->drawn;

	if (since >= DATA_MS)
		app_draw(a);
	else if (!loop_timer_pending(in->draw_timer))
		loop_timer_set(in->draw_timer, DATA_MS - since);
}

/* Ages and clocks: each second while something is under way, else when the next ten seconds are full. */
static void set_tick(struct inner *in)
{
	bool busy = app_lost(&in->app) || tally_counts(in->app.tally)->jobs_open > 0;
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)(now.tv_sec % 10) * 1000 + now.tv_nsec / 1000000;
	loop_timer_set(in->tick_timer, (busy ? 1000 - ms % 1000 : 10000 - ms) + 5);
}

static void on_tick(void *ctx)
{
	struct inner *in = ctx;
	struct view *v = app_top(&in->app);

	if (v->ops->tick)
		v->ops->tick(v);
	app_draw(&in->app);
	set_tick(in);
}

/* ---- words ---- */

void app_say(struct app *a, enum ink ink, const char *fmt, ...)
{
	struct inner *in = inner_of(a);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(in->said, sizeof in->said, fmt, ap);
	va_end(ap);
	in->said_ink = ink;
	in->said_until = clock_boot_ms() + SAID_MS;
	app_draw(a);
}

void app_say_error(struct app *a, const struct err *e)
{
	bool refused = e->class != ERR_FAILED && e->class != ERR_INTERNAL;

	app_say(a, refused ? INK_WARN : INK_ALERT_TEXT, "%s", e->msg.text);
}

const char *app_said(const struct app *a, enum ink *ink)
{
	const struct inner *in = inner_of(a);

	*ink = in->said_ink;
	return clock_boot_ms() < in->said_until ? in->said : NULL;
}

/* ---- who and what ---- */

static const struct client_user *user_of(const struct app *a)
{
	return inner_of(a)->ready_once ? client_user(a->client) : NULL;
}

const char *app_user(const struct app *a)
{
	const struct client_user *u = user_of(a);

	return u && u->user ? u->user : "";
}

bool app_is_customer(const struct app *a)
{
	const struct client_user *u = user_of(a);

	return u && u->role && strcmp(u->role, role_name(ROLE_CUSTOMER)) == 0;
}

bool app_may_act(const struct app *a)
{
	const struct client_user *u = user_of(a);

	return u && u->role && (app_is_customer(a) || strcmp(u->role, role_name(ROLE_OPERATOR)) == 0);
}

bool app_lost(const struct app *a)
{
	enum client_state s = a->client ? client_state(a->client) : CLIENT_CONNECTING;

	return s == CLIENT_LOST || s == CLIENT_ENDED;
}

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

void app_own_job(struct app *a, const char *id)
{
	struct inner *in = inner_of(a);

	snprintf(in->own_jobs[in->nown++ % OWN_JOBS], sizeof in->own_jobs[0], "%s", id);
}

/* ---- the stack of views ---- */

struct view *app_top(struct app *a)
{
	return a->stack[a->depth - 1];
}

bool app_push(struct app *a, struct view *v)
{
	if (a->depth == APP_DEPTH) {
		v->ops->closed(v);
		app_say(a, INK_WARN, "%s", _("Too many views are open; Backspace goes back."));
		return false;
	}
	a->stack[a->depth++] = v;
	app_draw(a);
	return true;
}

void app_back(struct app *a)
{
	struct view *v = app_top(a);

	if (a->depth == 1)
		return;
	a->depth--;
	v->ops->closed(v);
	app_draw(a);
	if (app_alone(a) && a->depth == 1)
		loop_stop(a->loop);
}

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

static struct view *(*const tab_makers[TAB_COUNT])(struct app *) = {NULL, view_vms_new, view_blades_new, view_jobs_new};

void app_tab(struct app *a, enum tab t)
{
	while (a->depth > 1)
		app_back(a);
	if (!a->tabs[t])
		a->tabs[t] = t == TAB_RACKS ? view_racks_new(a, NULL) : t == TAB_VMS && app_is_customer(a) ? view_servers_new(a) : tab_makers[t](a);
	a->tab = t;
	a->stack[0] = a->tabs[t];
	a->depth = 1;
	app_draw(a);
}

static void next_tab(struct app *a, int by)
{
	enum tab t = a->tab;

	inner_of(a)->chosen = true;
	do
		t = (enum tab)(((int)t + by + TAB_COUNT) % TAB_COUNT);
	while (app_is_customer(a) && (t == TAB_RACKS || t == TAB_BLADES));
	app_tab(a, t);
}

void app_filter_set(struct app *a, const char *text)
{
	if (strcmp(a->filter, text) == 0)
		return;
	snprintf(a->filter, sizeof a->filter, "%s", text);
	a->filter_gen++;
	app_draw(a);
}

/* ---- keys ---- */

static void switch_language(struct app *a)
{
	bool help = view_help_is(app_top(a));

	if (!lang_switch()) {
		app_say(a, INK_WARN, "%s", _("This terminal cannot show the other language: it needs UTF-8."));
		return;
	}
	if (help) /* made anew: its name is in the other language too */
		app_back(a);
	for (int i = 1; i < a->depth; i++)
		if (a->stack[i]->ops->retold)
			a->stack[i]->ops->retold(a->stack[i]);
	for (int t = 0; t < TAB_COUNT; t++)
		if (a->tabs[t] && a->tabs[t]->ops->retold)
			a->tabs[t]->ops->retold(a->tabs[t]);
	if (help)
		app_push(a, view_help_new(a));
	app_say(a, INK_DIM, "%s", lang_name(lang_now()));
}

static void quit(struct inner *in)
{
	const struct client_user *u = user_of(&in->app);
	size_t open = tally_counts(in->app.tally)->jobs_open;

	/* A private broker leaves with us, and what it has under way is then nobody's. */
	if (u && u->private_broker && open > 0 && !in->quit_asked && !app_lost(&in->app)) {
		in->quit_asked = true;
		app_say(&in->app, INK_WARN, P_(_("%zu job is under way and this broker ends with the console. Once more quits."),
			_("%zu jobs are under way and this broker ends with the console. Once more quits."), open), open);
		return;
	}
	loop_stop(in->app.loop);
}

static void open_help(struct app *a)
{
	if (app_top(a)->ops->where & WHERE_VIEWS && strcmp(app_top(a)->ops->name, "help") != 0)
		app_push(a, view_help_new(a));
}

/* What every view shares. */
static void common_command(struct inner *in, enum command c)
{
	struct app *a = &in->app;
	bool view = app_top(a)->ops->where & WHERE_VIEWS;

	switch (c) {
	case CMD_ESCAPE:
	case CMD_CANCEL:
		if (a->depth > 1)
			app_back(a);
		break;
	case CMD_BACK:
		if (a->depth > 1)
			app_back(a);
		else /* a Backspace too many must not take the console away */
			app_say(a, INK_NORMAL, _("This is the first view. Q quits."));
		break;
	case CMD_TAB:
	case CMD_BACKTAB:
		if (view)
			next_tab(a, c == CMD_TAB ? 1 : -1);
		break;
	case CMD_JOBS:
		in->chosen = true;
		if (a->depth > 1 || a->tab != TAB_JOBS)
			app_tab(a, TAB_JOBS);
		break;
	case CMD_FILTER:
		in->typing = true;
		in->filter.max = APP_FILTER_MAX - 1;
		snprintf(in->filter_was, sizeof in->filter_was, "%s", a->filter);
		input_set(&in->filter, a->filter);
		break;
	case CMD_FILTER_CLEAR:
		app_filter_set(a, "");
		break;
	case CMD_LANGUAGE:
		switch_language(a);
		break;
	case CMD_REDRAW:
		screen_repaint();
		break;
	case CMD_HELP:
		open_help(a);
		break;
	case CMD_QUIT:
		quit(in);
		break;
	default:
		break;
	}
}

static void obey(struct inner *in, const struct key *k)
{
	struct view *v = app_top(&in->app);
	const struct binding *b;

	if (v->ops->text && v->ops->text(v, k))
		return;
	b = keymap_find(k, v->ops->where);
	if (!b || (v->ops->can && !v->ops->can(v, b->command)))
		return;
	if (b->command != CMD_BACK && b->command != CMD_QUIT)
		in->quit_asked = false;
	if (!v->ops->command(v, b->command))
		common_command(in, b->command);
}

/* The filter is being typed. True: the key was for it. */
static bool type_filter(struct inner *in, const struct key *k)
{
	struct app *a = &in->app;

	if (k->code == K_ENTER && !(k->mods & K_PASTED)) {
		in->typing = false;
		return true;
	}
	if (k->code == K_ESC || k->code == CTRL_KEY('c') || k->code == CTRL_KEY('g')) {
		in->typing = false;
		app_filter_set(a, in->filter_was);
		return true;
	}
	if (k->code == K_BACKSPACE && in->filter.len == 0) {
		in->typing = false;
		return true;
	}
	switch (input_key(&in->filter, k)) {
	case INPUT_CHANGED:
		app_filter_set(a, in->filter.text);
		return true;
	case INPUT_MOVED:
		return true;
	default:
		break;
	}
	if (k->code == K_UP || k->code == K_DOWN || k->code == K_PAGE_UP || k->code == K_PAGE_DOWN)
		return false; /* to look through what is left while typing */
	if (k->code == K_TAB) {
		in->typing = false;
		return false;
	}
	return true;
}

/* The broker counts too, and hears of keys only what they ask of it: where it is long ago, something small is asked. */
static void on_told(void *ctx, struct err *e, json_t *ret)
{
	err_free(e);
}

static void somebody_types(struct inner *in)
{
	const struct client_user *u = user_of(&in->app);
	int64_t now = clock_boot_ms();

	idle_touch(in->idle);
	if (!u || u->idle_s == 0 || client_state(in->app.client) != CLIENT_READY || now - in->told < TELL_MS)
		return;
	in->told = now;
	client_request(in->app.client, "ping", json_pack("{s:s}", "typed", "yes"), on_told, in);
}

static void take_keys(struct inner *in)
{
	struct key k;
	int64_t wait;

	while (keys_next(in->keys, clock_boot_ms(), &k)) {
		if (k.code != K_REPORT)
			somebody_types(in);
		if (k.code == K_REPORT)
			screen_report(k.row, k.col);
		else if (!in->typing || !type_filter(in, &k))
			obey(in, &k);
		app_draw(&in->app);
	}
	wait = keys_wait(in->keys, clock_boot_ms());
	if (wait >= 0)
		loop_timer_set(in->key_timer, wait);
	else
		loop_timer_clear(in->key_timer);
}

static void on_key_timer(void *ctx)
{
	take_keys(ctx);
}

static void on_tty(void *ctx, int fd, int events)
{
	struct inner *in = ctx;
	char buf[2048];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) { /* the terminal is gone */
		loop_stop(in->app.loop);
		return;
	}
	keys_feed(in->keys, buf, (size_t)n, clock_boot_ms());
	take_keys(in);
}

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

/* ---- the broker ---- */

/* The site's own zone. */
static void take_zone(struct inner *in)
{
	const struct site *site = mirror_site(in->app.mirror);

	if (!site || strcmp(site->tz, in->zone) == 0)
		return;
	snprintf(in->zone, sizeof in->zone, "%s", site->tz);
	look_zone(site->tz);
}

/* Its number stands last: it is what one quotes. */
static void say_job(struct inner *in, const struct job *j, enum ink ink, const char *word)
{
	const char *id = strchr(j->id, ':');

	app_say(&in->app, ink, _("%s %s: %s%s%s, job %s"), look_verb(j->verb), j->targets, word, *j->text ? ", " : "", lang_said(j->text_id, j->text),
		id ? id + 1 : j->id);
}

static void tell_own_job(struct inner *in, const struct job *j)
{
	struct look l = look_job(j, screen_tier());
	enum ink ink = j->state == JOB_DONE || j->state == JOB_ACCEPTED ? INK_GOOD : INK_ALERT_TEXT;

	if (job_state_is_open(j->state))
		return;
	for (int i = 0; i < OWN_JOBS; i++)
		if (strcmp(in->own_jobs[i], j->id) == 0) {
			in->own_jobs[i][0] = '\0';
			say_job(in, j, ink, l.word);
		}
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct inner *in = ctx;

	if (k == KIND_JOB) {
		tell_own_job(in, o);
		set_tick(in);
	}
	app_draw_data(&in->app);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	app_draw_data(ctx);
}

/* Another role than the one whose views were made: they start over. */
static void take_role(struct inner *in)
{
	struct app *a = &in->app;
	bool customer = app_is_customer(a);
	struct view *vms = a->tabs[TAB_VMS];

	if (customer == in->customer)
		return;
	in->customer = customer;
	while (a->depth > 1)
		app_back(a);
	a->tabs[TAB_VMS] = NULL;
	app_tab(a, customer ? TAB_VMS : TAB_RACKS);
	if (vms)
		vms->ops->closed(vms);
}

static void tell_back(struct inner *in)
{
	char age[32];

	client_away(in->app.client, age, sizeof age);
	app_say(&in->app, INK_GOOD, _("broker is back after %s"), age);
}

static void on_state(void *ctx, enum client_state s, const struct err *why)
{
	struct inner *in = ctx;
	struct app *a = &in->app;

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
		if (in->ready_once)
			tell_back(in);
		if (!in->alone) {
			mirror_subscribe(a->mirror, a->client);
			take_role(in);
		} else if (!in->ready_once) {
			in->ready_once = true;
			app_push(a, view_console_new(a, in->alone));
		}
		in->ready_once = true;
		in->told = clock_boot_ms();
		idle_set(in->idle, client_user(a->client)->idle_s);
		break;
	case CLIENT_LOST:
		mirror_lost(a->mirror);
		break;
	case CLIENT_ENDED:
		if (!in->ready_once) {
			in->fatal = err_new(why ? why->class : ERR_UNREACHABLE, "text", "{s:s}", "text", why ? why->msg.text : "");
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
	set_tick(in);
	app_draw(a);
}

static void on_event(void *ctx, json_t *line)
{
	struct inner *in = ctx;
	struct app *a = &in->app;

	for (int i = 0; i < a->depth; i++)
		if (a->stack[i]->ops->event && a->stack[i]->ops->event(a->stack[i], line))
			return;
	mirror_event(a->mirror, line);
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
	}
	app_draw_data(a);
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
	const struct client_user *u = user_of(&in->app);
	int s = u ? u->idle_s : 0;

	if (s >= 120)
		printf(_("signed out: nothing was typed for %d min\n"), s / 60);
	else
		printf(_("signed out: nothing was typed for %d s\n"), s);
	fflush(stdout);
}

/* ---- life ---- */

static void close_views(struct inner *in)
{
	while (in->app.depth > 1)
		app_back(&in->app);
	for (int t = 0; t < TAB_COUNT; t++)
		if (in->app.tabs[t])
			in->app.tabs[t]->ops->closed(in->app.tabs[t]);
}

static struct err *run(struct inner *in, const struct app_options *o)
{
	struct app *a = &in->app;
	char typed[256];
	size_t n;
	struct err *e;

	/* Before the terminal is taken: ncurses leaves alone what has a handler. */
	loop_signal(a->loop, SIGWINCH, on_signal, in);
	loop_signal(a->loop, SIGTERM, on_signal, in);
	loop_signal(a->loop, SIGHUP, on_signal, in);
	loop_signal(a->loop, SIGINT, on_signal, in);
	e = screen_start(o->ambiguous);
	/* Nothing was read from broker or terminal yet. A private broker may have to be started again, so beside one no door is shut. */
	if (!e && client_connector(a->client))
		e = sandbox_enter(client_connector(a->client));
	if (e)
		return e;
	if (*screen_note())
		app_say(a, INK_WARN, "%s", screen_note());
	a->tally = tally_new(a->objects);
	a->metal = metal_new(a->objects);
	a->marks = marks_new(a->objects);
	in->watch = (struct registry_watch){.ctx = in, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &in->watch);
	app_tab(a, TAB_RACKS);
	in->tty = loop_io_add(a->loop, screen_fd(), LOOP_READ, on_tty, in);
	n = screen_typed(typed, sizeof typed);
	keys_feed(in->keys, typed, n, clock_boot_ms());
	take_keys(in);
	set_tick(in);
	/* What came while the terminal was asked about its widths. */
	if (client_state(a->client) != CLIENT_CONNECTING && !in->ready_once)
		on_state(in, client_state(a->client), NULL);
	loop_run(a->loop);
	loop_io_del(in->tty);
	loop_soon_cancel(a->loop, draw_now, in);
	close_views(in);
	registry_unwatch(a->objects, &in->watch);
	marks_free(a->marks);
	metal_free(a->metal);
	tally_free(a->tally);
	return in->fatal;
}

int app_run(struct loop *l, const struct app_options *o, struct err **e)
{
	struct inner *in = xcalloc(1, sizeof *in);
	struct app *a = &in->app;
	struct client_ops ops = {.ctx = in, .state = on_state, .event = on_event};
	bool ssh = getenv("SSH_CONNECTION") || getenv("SSH_TTY") || getenv("SSH_CLIENT");

	a->loop = l;
	a->filter_gen = 1;
	a->mirror = mirror_new();
	a->objects = mirror_objects(a->mirror);
	in->keys = keys_new(ssh ? 500 : 50);
	in->key_timer = loop_timer_new(l, on_key_timer, in);
	in->tick_timer = loop_timer_new(l, on_tick, in);
	in->draw_timer = loop_timer_new(l, on_draw_timer, in);
	in->alone = o->console;
	in->idle = idle_new(l, on_idle_tick, on_idle_out, in);
	*e = client_open(l, o->target, o->origin, &ops, &a->client);
	if (!*e) {
		*e = run(in, o);
		screen_stop();
		if (in->signed_out && !*e)
			say_signed_out(in);
		client_close(a->client);
	}
	loop_timer_free(in->key_timer);
	loop_timer_free(in->tick_timer);
	loop_timer_free(in->draw_timer);
	idle_free(in->idle);
	keys_free(in->keys);
	mirror_free(a->mirror);
	free(in);
	return *e ? err_exit_status((*e)->class) : 0;
}

/* What the user does: keys come from the terminal, go to the filter that is being typed, to the top view, or to the commands that every
 * view has (app_inside.h). */
#include "app_inside.h"

#include "common/clock.h"
#include "screen.h"
#include "tr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TELL_MS 30000    /* while somebody types, the broker hears of it so often: it waits a minute longer than we do */

/* ---- commands ---- */

static void quit(struct inner *in)
{
	const struct client_user *u = app_client_user(&in->app);
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
			app_next_tab(a, c == CMD_TAB ? 1 : -1);
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
		app_switch_language(a);
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
	if (b->command == CMD_VIEW)
		app_number(in, keys_ascii(k->code));
	else if (!v->ops->command(v, b->command))
		common_command(in, b->command);
}

/* ---- the filter ---- */

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

/* ---- the terminal ---- */

static void on_told(void *ctx, struct err *e, json_t *ret)
{
	err_free(e);
}

/* The broker counts too, and hears of keys only what they ask of it: where it is long ago, something small is asked. */
static void somebody_types(struct inner *in)
{
	const struct client_user *u = app_client_user(&in->app);
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

void app_keys_open(struct inner *in)
{
	bool ssh = getenv("SSH_CONNECTION") || getenv("SSH_TTY") || getenv("SSH_CLIENT");

	in->keys = keys_new(ssh ? 500 : 50);
	in->key_timer = loop_timer_new(in->app.loop, on_key_timer, in);
}

void app_keys_close(struct inner *in)
{
	loop_timer_free(in->key_timer);
	keys_free(in->keys);
}

void app_keys_start(struct inner *in)
{
	char typed[256];
	size_t n = screen_typed(typed, sizeof typed); /* while it started */

	in->tty = loop_io_add(in->app.loop, screen_fd(), LOOP_READ, on_tty, in);
	keys_feed(in->keys, typed, n, clock_boot_ms());
	take_keys(in);
}

void app_keys_stop(struct inner *in)
{
	loop_io_del(in->tty);
}

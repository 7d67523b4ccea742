/* What the user does: keys come from the terminal, go to the filter line while it is open (filter_line.c), to the top view, or to the commands that every
 * view has (app_inside.h). */
#include "app_inside.h"

#include "common/clock.h"
#include "settings/settings.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lang.h"

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

/* An alert stands for what it is about. NULL: that is gone, or nothing that stands anywhere. */
static void *about(struct app *a, const struct alert *al, enum kind *k)
{
	char prefix[16];
	size_t n = strcspn(al->object, ":");

	snprintf(prefix, sizeof prefix, "%.*s", n < sizeof prefix ? (int)n : 0, al->object);
	return kind_from_name(prefix, k) ? registry_find(a->objects, *k, al->object) : NULL;
}

/* Of what is under the cursor. */
static void what_if(struct app *a)
{
	struct view *v = app_top(a);
	enum kind k;
	void *o;

	if (!view_object(v, &k, &o))
		return;
	if (k == KIND_ALERT)
		o = about(a, o, &k);
	if (o && view_what_if_takes(k))
		app_push(a, view_what_if_new(a, k, o));
}

/* Of what is listed and of what is not: whoever acts on marks must not hunt for one that a filter hides. */
static void unmark_all(struct app *a)
{
	size_t n = marks_count(a->marks) + marks_count(a->blade_marks);

	marks_clear(a->marks);
	marks_clear(a->blade_marks);
	app_say(a, INK_NORMAL, P_(_("%zu mark taken off"), _("%zu marks taken off"), n), n);
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
		else if (c == CMD_ESCAPE) /* on the first view there is no level to leave but the filter */
			app_filter_set(a, "");
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
	case CMD_ALERTS:
	case CMD_HANDOVER:
	case CMD_TREE:
		in->chosen = true;
		app_tab(a, c == CMD_ALERTS ? TAB_ALERTS : c == CMD_TREE ? TAB_TREE : TAB_HANDOVER);
		break;
	case CMD_GOTO:
		if (view)
			app_push(a, dialog_goto_new(a));
		break;
	case CMD_WHAT_IF:
		what_if(a);
		break;
	case CMD_FILTER:
		filter_line_open(&in->filter);
		break;
	case CMD_FILTERS:
		app_push(a, dialog_filters_new(a));
		break;
	case CMD_COMMAND:
		app_push(a, dialog_command_new(a));
		break;
	case CMD_FILTER_CLEAR:
		app_filter_set(a, "");
		break;
	case CMD_UNMARK:
		unmark_all(a);
		break;
	case CMD_LANGUAGE:
		app_switch_language(a);
		settings_set("language", lang_now());
		break;
	case CMD_SETUP:
		if (view && strcmp(app_top(a)->ops->name, "setup") != 0)
			app_push(a, view_setup_new(a));
		break;
	case CMD_COLUMNS:
		if (app_top(a)->ops->list && app_top(a)->ops->list(app_top(a)))
			app_push(a, dialog_columns_new(a, app_top(a)->ops->list(app_top(a))));
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
	if (k->mods & K_PASTED) { /* text, and here is no field for it */
		if (!in->paste_told)
			app_say(&in->app, INK_WARN, "%s", _("What was pasted was not taken: there is no field for text here. / opens the filter."));
		in->paste_told = true;
		return;
	}
	in->paste_told = false;
	b = keymap_find(k, v->ops->where);
	if (b && b->command == CMD_YES && in->together && app_can(&in->app, v, CMD_YES)) {
		app_say(&in->app, INK_WARN, "%s", _("y came together with other keys, as in a paste: it was not taken. Press it alone."));
		return;
	}
	if (b && app_can(&in->app, v, b->command))
		app_obey(in, b, k->code);
}

void app_obey(struct inner *in, const struct binding *b, uint32_t code)
{
	struct view *v = app_top(&in->app);
	int depth = in->app.depth, tab = (int)in->app.tab;
	int64_t until = in->said_answer ? in->said_until : 0;

	if (b->command != CMD_BACK && b->command != CMD_QUIT)
		in->quit_asked = false;
	in->obeying = true;
	if (b->command == CMD_VIEW)
		app_number(in, keys_ascii(code));
	else if (!v->ops->command(v, b->command))
		common_command(in, b->command);
	in->obeying = false;
	/* "This is the first view" is an answer here, and not on the next one. */
	if (until && until == in->said_until && (v != app_top(&in->app) || depth != in->app.depth || tab != (int)in->app.tab))
		in->said_until = 0;
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
		if (k.code == K_REPORT) {
			screen_report(k.row, k.col);
		} else if (k.code >= K_CLICK && k.code <= K_WHEEL_DOWN) {
			filter_line_settle(&in->filter);
			app_mouse(in, &k);
		} else if (k.code == CTRL_KEY('l') && !k.mods && !app_top(&in->app)->ops->whole) {
			screen_repaint(); /* in fields too: who types sees a spoilt screen as well */
		} else if (!in->filter.typing || !filter_line_key(&in->filter, &k)) {
			obey(in, &k);
		}
		app_draw(&in->app);
	}
	filter_line_settle(&in->filter);
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
	in->together = n > 1;
	keys_feed(in->keys, buf, (size_t)n, clock_boot_ms());
	take_keys(in);
	app_draw_at_once(in); /* the answer does not wait for what the broker has to say in the same turn */
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
	loop_io_first(in->tty);
	keys_feed(in->keys, typed, n, clock_boot_ms());
	take_keys(in);
}

void app_keys_stop(struct inner *in)
{
	loop_io_del(in->tty);
}

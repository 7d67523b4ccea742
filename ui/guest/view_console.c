/* A VM's serial console as a view of the app: it has the whole screen and takes every key. */
#include "app.h"
#include "guest/console.h"
#include "term/screen.h"

#include <stdio.h>
#include <stdlib.h>

struct console_view {
	struct view view;
	struct console *console;
};

static struct console_view *of(struct view *v)
{
	return (struct console_view *)v;
}

static void on_draw(void *ctx, bool now)
{
	struct console_view *v = ctx;

	if (now)
		app_draw(v->view.app);
	else
		app_draw_data(v->view.app);
}

static void leave_now(void *ctx)
{
	struct console_view *v = ctx;
	struct app *a = v->view.app;

	if (app_top(a) == &v->view) {
		app_result(a, console_why(v->console));
		app_back(a);
	}
}

/* Not from inside the console that is left. */
static void on_leave(void *ctx)
{
	struct console_view *v = ctx;

	loop_soon(v->view.app->loop, leave_now, v);
}

static void draw(struct view *v, struct box b)
{
	console_draw(of(v)->console, b, &v->cursor_y, &v->cursor_x);
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", console_name(of(v)->console));
}

static bool text(struct view *v, const struct key *k)
{
	console_key(of(v)->console, k);
	return true;
}

static bool command(struct view *v, enum command c)
{
	return true; /* none comes here: text took the key */
}

static void broker(struct view *v, enum client_state now)
{
	console_broker(of(v)->console, now);
}

static bool event(struct view *v, json_t *line)
{
	bool ours = console_event(of(v)->console, line);

	if (ours && app_alone(v->app) && console_over(of(v)->console))
		on_leave(v);
	return ours;
}

static void closed(struct view *v)
{
	loop_soon_cancel(v->app->loop, leave_now, v);
	console_free(of(v)->console);
	free(v);
}

static const struct view_ops ops = {
	.name = "console", .where = WHERE_CONSOLE, .whole = true, .draw = draw, .crumb = crumb, .text = text, .command = command,
	.broker = broker, .event = event, .closed = closed,
};

struct view *view_console_new(struct app *a, const struct console_options *o)
{
	struct console_view *v = xcalloc(1, sizeof *v);
	struct console_ops told = {.ctx = v, .draw = on_draw, .leave = on_leave};

	v->view.ops = &ops;
	v->view.app = a;
	v->console = console_new(a->loop, a->client, o, &told);
	return &v->view;
}

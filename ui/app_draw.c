/* What the console shows and when: pictures of the top views, clocks that go on, the line for the user (app.h). */
#include "app_inside.h"

#include "common/clock.h"
#include "frame.h"
#include "link/stats.h"
#include "settings/prefs.h"
#include "term/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SAID_MS 15000
#define DATA_MS 10       /* pictures that data alone asks for are at least this far apart */

/* ---- pictures ---- */

/* A new alert is heard by who wishes it; those that were there before are not new. */
static void ring(struct inner *in)
{
	size_t came = tally_counts(in->app.tally)->alerts_came;

	if (came != in->bell_heard && in->bell_armed && prefs_bell())
		screen_bell();
	in->bell_heard = came;
	in->bell_armed = mirror_synced(in->app.mirror);
}

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
	stats_begin();
	if (a->stack[base]->ops->whole)
		b = screen_whole();
	for (int i = base; i < a->depth; i++) {
		a->stack[i]->cursor_y = a->stack[i]->cursor_x = -1;
		if (b.h > 0 && b.w > 0)
			a->stack[i]->ops->draw(a->stack[i], b);
		cursor_y = a->stack[i]->cursor_y;
		cursor_x = a->stack[i]->cursor_x;
	}
	screen_mouse_rest(a->stack[base]->ops->whole);
	if (!a->stack[base]->ops->whole) {
		ring(in);
		frame_draw(a, in->filter.typing ? &in->filter : NULL, &cursor_y, &cursor_x);
	}
	stats_end();
	screen_end(cursor_y, cursor_x);
}

void app_draw(struct app *a)
{
	loop_soon(a->loop, draw_now, inner_of(a));
}

void app_draw_at_once(struct inner *in)
{
	if (loop_soon_cancel(in->app.loop, draw_now, in))
		draw_now(in);
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
void app_draw_tick(struct inner *in)
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
	app_draw_tick(in);
}

void app_draw_open(struct inner *in)
{
	in->tick_timer = loop_timer_new(in->app.loop, on_tick, in);
	in->draw_timer = loop_timer_new(in->app.loop, draw_now, in);
}

void app_draw_close(struct inner *in)
{
	loop_soon_cancel(in->app.loop, draw_now, in);
	loop_timer_free(in->tick_timer);
	loop_timer_free(in->draw_timer);
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
	in->said_answer = in->obeying;
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

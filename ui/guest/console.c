/* What happens to a serial console (console.h): output into the pane, keys to the guest, the keys behind the escape key. */
#include "guest/console_inside.h"

#include "common/clock.h"
#include "common/proto.h"
#include "common/text.h"
#include "term/screen.h"
#include "tr.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN_MS 4                 /* of work on output in one turn of the loop: keys are never further away */
#define BACKLOG_MAX (4 * STREAM_WINDOW) /* bytes of a broker that sends more than it was given credit for */
#define SAID_MS 6000
#define BELL_MS 1000
#define ANSWERS_MS 10000          /* so long after a key the guest is told what its terminal is; output that was kept may hold old questions,
                                   * and a guest must not keep a console awake that nobody uses */
#define ANSWERS_MAX 256           /* bytes of typing beside which it is answered */
#define PASTE_MS 200              /* of silence end a paste */
#define AGAIN_MS 500

/* ---- words ---- */

void console_say(struct console *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->said, sizeof c->said, fmt, ap);
	va_end(ap);
	c->said_until = clock_boot_ms() + SAID_MS;
	loop_timer_set(c->fade, SAID_MS + 5);
	c->ops.draw(c->ops.ctx, true);
}

/* "^]" as a key, and as it is written. */
static uint32_t escape_key(const struct console *c)
{
	const struct client_user *u = client_user(c->client);
	const char *e = u->escape ? u->escape : "";

	return e[0] == '^' && e[1] >= '@' && e[1] <= '_' && !e[2] && CTRL_KEY(e[1]) ? CTRL_KEY(e[1]) : CTRL_KEY(']');
}

const char *console_escape_name(const struct console *c)
{
	static char name[3];

	snprintf(name, sizeof name, "^%c", (char)(escape_key(c) | 0x40));
	return name;
}

/* As the key decoder hands it out: some controls are keys with a name. */
static bool is_escape_key(const struct console *c, const struct key *k)
{
	uint32_t e = escape_key(c);

	if (k->mods)
		return false;
	return k->code == e || (e == 0x1b && k->code == K_ESC) || (e == '\t' && k->code == K_TAB) || (e == '\b' && k->code == K_BACKSPACE) ||
		((e == '\r' || e == '\n') && k->code == K_ENTER);
}

void console_who(const struct console *c, char *out, size_t size)
{
	const char *by = stream_by(c->stream);

	if (stream_writer(c->stream))
		snprintf(out, size, "%s", _("you type"));
	else if (*by)
		snprintf(out, size, _("watching: %s types"), by);
	else
		snprintf(out, size, "%s", _("watching: nobody types"));
}

/* ---- output ---- */

static void feed(void *ctx)
{
	struct console *c = ctx;
	int64_t began = clock_boot_ms();
	size_t at = 0;

	if (c->fresh && c->in.len) {
		c->fresh = c->stale = false;
		c->back = 0;
		pane_restart(c->pane);
	}
	while (at < c->in.len && clock_boot_ms() - began < TURN_MS) {
		size_t n = c->in.len - at < PANE_SLICE ? c->in.len - at : PANE_SLICE;

		if (c->gap > at && c->gap < at + n)
			n = c->gap - at;
		pane_write(c->pane, c->in.data + at, n);
		at += n;
		if (at == c->gap)
			pane_gap(c->pane);
	}
	c->gap = c->gap > at ? c->gap - at : 0;
	buf_drop(&c->in, at);
	c->fed += at;
	if (c->in.len)
		loop_timer_set(c->feed, 0);
	if (pane_bells(c->pane) != c->bells) {
		c->bells = pane_bells(c->pane);
		c->bell_until = clock_boot_ms() + BELL_MS;
		if (!loop_timer_pending(c->fade))
			loop_timer_set(c->fade, BELL_MS + 5);
	}
	c->ops.draw(c->ops.ctx, false);
}

static void on_data(void *ctx, const char *bytes, size_t len, uint64_t lost)
{
	struct console *c = ctx;
	bool waits = c->in.len > 0;

	if (len > BACKLOG_MAX - c->in.len) {
		lost += len;
		len = 0;
	}
	if (lost) {
		c->lost += lost;
		c->gap = c->in.len;
		if (!waits)
			pane_gap(c->pane);
	}
	buf_append(&c->in, bytes, len);
	c->heard = c->heard || len > 0;
	if (!waits)
		feed(c);
}

/* The pane answers its guest. */
static void on_answer(void *ctx, const char *bytes, size_t len)
{
	struct console *c = ctx;

	if (c->key_at && clock_boot_ms() - c->key_at < ANSWERS_MS && stream_waiting(c->stream) < ANSWERS_MAX)
		stream_type(c->stream, bytes, len);
}

/* ---- news of the stream ---- */

static void on_news(void *ctx, enum stream_news n)
{
	struct console *c = ctx;
	const struct err *e = stream_error(c->stream);
	char who[160];

	switch (n) {
	case STREAM_NEWS_STATE:
		if (stream_state(c->stream) == STREAM_LOST)
			c->stale = true;
		if (stream_state(c->stream) == STREAM_REFUSED && e && e->class == ERR_NOTFOUND && clock_boot_ms() < c->until)
			loop_timer_set(c->again, AGAIN_MS);
		break;
	case STREAM_NEWS_FRESH:
		c->fresh = true;
		c->stale = false;
		c->gap = 0;
		buf_drop(&c->in, c->in.len);
		c->reopened = clock_wall_s();
		break;
	case STREAM_NEWS_PEN:
		console_who(c, who, sizeof who);
		console_say(c, "%s", who);
		break;
	case STREAM_NEWS_NO_PEN:
		if (e && e->class == ERR_LEASE && *proto_text(e->msg.args, "by"))
			console_say(c, _("%s types; %s t takes the pen"), proto_text(e->msg.args, "by"), console_escape_name(c));
		else
			console_say(c, "%s", e ? e->msg.text : "");
		break;
	case STREAM_NEWS_NOT_TYPED:
		console_say(c, _("not typed: %s"), e ? e->msg.text : "");
		break;
	}
	c->ops.draw(c->ops.ctx, true);
}

static void on_again(void *ctx)
{
	struct console *c = ctx;

	stream_again(c->stream);
}

static void on_fade(void *ctx)
{
	struct console *c = ctx;
	int64_t left = c->said_until - clock_boot_ms();

	if (left > 0)
		loop_timer_set(c->fade, left + 5);
	c->ops.draw(c->ops.ctx, true);
}

/* ---- keys ---- */

static void type(struct console *c, const char *bytes, size_t len)
{
	size_t waits = stream_waiting(c->stream);

	if (len == 0 || stream_type(c->stream, bytes, len))
		return;
	console_say(c, _("the guest takes nothing: %zu bytes wait, what you type now is left out"), waits);
}

static void end_paste(struct console *c)
{
	char bytes[PANE_KEY_MAX];

	if (!c->pasting)
		return;
	c->pasting = false;
	type(c, bytes, pane_paste(c->pane, false, bytes));
}

static void type_key(struct console *c, const struct key *k)
{
	char bytes[PANE_KEY_MAX];

	if (stream_state(c->stream) != STREAM_OPEN)
		return;
	if (!stream_writer(c->stream)) {
		char who[160];

		console_who(c, who, sizeof who);
		console_say(c, _("%s; %s w asks for the pen"), who, console_escape_name(c));
		return;
	}
	c->key_at = clock_boot_ms();
	if (k->mods & K_PASTED && !c->pasting) {
		c->pasting = true;
		type(c, bytes, pane_paste(c->pane, true, bytes));
	} else if (!(k->mods & K_PASTED)) {
		end_paste(c);
	}
	type(c, bytes, pane_key(c->pane, k, bytes));
	if (c->pasting)
		loop_timer_set(c->feed, PASTE_MS);
}

void console_look_back(struct console *c, int by)
{
	int most = pane_history(c->pane) + c->top;

	c->back += by;
	if (c->back > most)
		c->back = most;
	if (c->back < 0)
		c->back = 0;
}

static void toggle_room(struct console *c)
{
	c->room = !c->room;
	c->top = c->left = c->back = 0;
	if (!c->room)
		pane_resize(c->pane, PANE_ROWS, PANE_COLS);
	/* With all the room the size is known when it is drawn, and said then. */
	c->menu = false;
}

static void obey(struct console *c, const struct key *k)
{
	const struct binding *b = keymap_find(k, WHERE_CONSOLE);
	int page = c->height > 2 ? c->height - 1 : 1;
	char escape = (char)escape_key(c);

	switch (b ? b->command : CMD_NONE) {
	case CMD_BACK:
		c->ops.leave(c->ops.ctx);
		break;
	case CMD_PEN:
	case CMD_PEN_TAKE:
		c->menu = false;
		if (stream_writer(c->stream))
			console_say(c, "%s", _("you have the pen already"));
		else
			stream_ask_pen(c->stream, b->command == CMD_PEN_TAKE);
		break;
	case CMD_SEND_ESCAPE:
		c->menu = false;
		if (stream_writer(c->stream))
			type(c, &escape, 1);
		break;
	case CMD_ROOM:
		toggle_room(c);
		break;
	case CMD_UP:
	case CMD_DOWN:
		console_look_back(c, b->command == CMD_UP ? 1 : -1);
		break;
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
		console_look_back(c, b->command == CMD_PAGE_UP ? page : -page);
		break;
	case CMD_HOME:
		console_look_back(c, pane_history(c->pane) + c->top);
		break;
	case CMD_END:
		c->back = 0;
		break;
	case CMD_REDRAW:
		screen_repaint();
		break;
	case CMD_ESCAPE:
		c->menu = false;
		break;
	default:
		break;
	}
	if (!c->menu)
		c->back = 0;
}

void console_key(struct console *c, const struct key *k)
{
	c->said_until = 0;
	if (console_over(c)) {
		if (k->code == K_ENTER || k->code == K_ESC || k->code == 'q' || is_escape_key(c, k))
			c->ops.leave(c->ops.ctx);
		else if (k->code == K_PAGE_UP || k->code == K_PAGE_DOWN)
			console_look_back(c, (k->code == K_PAGE_UP ? 1 : -1) * (c->height > 2 ? c->height - 1 : 1));
	} else if (c->menu && is_escape_key(c, k)) {
		c->menu = false;
		c->back = 0;
	} else if (c->menu) {
		if (!(k->mods & K_PASTED))
			obey(c, k);
	} else if (is_escape_key(c, k)) {
		end_paste(c);
		c->menu = true;
	} else {
		type_key(c, k);
	}
}

/* ---- life ---- */

static void on_feed(void *ctx)
{
	struct console *c = ctx;

	if (c->in.len)
		feed(c);
	else
		end_paste(c);
}

struct console *console_new(struct loop *l, struct client *client, const struct console_options *o, const struct console_ops *ops)
{
	struct console *c = xcalloc(1, sizeof *c);
	struct stream_ops news = {.ctx = c, .data = on_data, .news = on_news};

	c->loop = l;
	c->client = client;
	c->ops = *ops;
	c->name = o->name ? text_shown_dup(o->name) : NULL;
	c->until = clock_boot_ms() + (int64_t)o->wait_s * 1000;
	c->feed = loop_timer_new(l, on_feed, c);
	c->fade = loop_timer_new(l, on_fade, c);
	c->again = loop_timer_new(l, on_again, c);
	c->pane = pane_new(PANE_ROWS, PANE_COLS, on_answer, c);
	c->stream = stream_new(l, client, o->object, !o->watch, o->take, &news);
	return c;
}

void console_free(struct console *c)
{
	if (!c)
		return;
	stream_free(c->stream);
	pane_free(c->pane);
	loop_timer_free(c->feed);
	loop_timer_free(c->fade);
	loop_timer_free(c->again);
	buf_free(&c->in);
	free(c->name);
	free(c);
}

bool console_event(struct console *c, json_t *line)
{
	return stream_event(c->stream, line);
}

void console_broker(struct console *c, enum client_state now)
{
	stream_broker(c->stream, now);
	c->ops.draw(c->ops.ctx, true);
}

const char *console_name(const struct console *c)
{
	return c->name && (stream_state(c->stream) == STREAM_OPENING || stream_state(c->stream) == STREAM_REFUSED) ? c->name : stream_name(c->stream);
}

bool console_over(const struct console *c)
{
	enum stream_state s = stream_state(c->stream);

	return s == STREAM_ENDED || (s == STREAM_REFUSED && !loop_timer_pending(c->again));
}

struct err *console_why(const struct console *c)
{
	const struct err *why = stream_error(c->stream);
	struct err *e;

	if (stream_state(c->stream) == STREAM_LOST)
		return err_new(ERR_UNREACHABLE, "broker.lost", NULL);
	if (!console_over(c) || !why)
		return NULL;
	e = err_copy(why);
	if (stream_state(c->stream) == STREAM_ENDED)
		e->class = ERR_FAILED;
	return e;
}

/* What a guest's screen shows, in blocks of colour: a picture that the broker has taken by its host, asked for again every two seconds
 * while it is looked at. Nothing goes to the guest. */
#include "app.h"
#include "common/base64.h"
#include "common/buf.h"
#include "common/text.h"
#include "lists/view_rows.h"
#include "term/screen.h"
#include "tr.h"
#include "words/lines.h"
#include "words/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AGAIN_MS 2000
#define COLUMNS_MAX 320    /* as much as the broker gives */
#define ROWS_MAX 120

struct screen_view {
	struct view view;
	istr id, name;
	int w, h;              /* of the picture, in pixels; 0: there is none */
	unsigned char *pixels; /* colours of 256 */
	int64_t at;            /* Unix time when it was taken */
	char error[256];       /* why there is none, or none newer; "" */
	bool answered;
	bool seen;             /* drawn since it was asked for: somebody looks */
	int columns, rows;     /* room that it was asked for */
	uint64_t request;
	struct loop_timer *again;
};

static struct screen_view *of(struct view *v)
{
	return (struct screen_view *)v;
}

static const struct vm *vm_of(struct screen_view *v)
{
	return registry_find(v->view.app->objects, KIND_VM, v->id);
}

/* ---- asking ---- */

static bool take(struct screen_view *v, json_t *ret)
{
	int64_t w = json_integer_value(json_object_get(ret, "w")), h = json_integer_value(json_object_get(ret, "h"));
	json_t *text = json_object_get(ret, "pixels");
	struct buf pixels = {0};

	if (w < 1 || h < 1 || w > COLUMNS_MAX || h > 2 * ROWS_MAX || !json_is_string(text))
		return false;
	if (!base64_read(&pixels, json_string_value(text), json_string_length(text), (size_t)(w * h)) || pixels.len != (size_t)(w * h)) {
		buf_free(&pixels);
		return false;
	}
	free(v->pixels);
	v->pixels = (unsigned char *)pixels.data;
	v->w = (int)w;
	v->h = (int)h;
	v->at = json_integer_value(json_object_get(ret, "at"));
	return true;
}

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct screen_view *v = ctx;

	v->request = 0;
	v->answered = true;
	v->error[0] = '\0';
	if (e)
		snprintf(v->error, sizeof v->error, "%s", e->msg.text);
	else if (!take(v, ret))
		snprintf(v->error, sizeof v->error, "%s", _("The broker sent a picture that is none."));
	text_mend(v->error);
	err_free(e);
	loop_timer_set(v->again, AGAIN_MS);
	app_draw_data(v->view.app);
}

static void ask(void *ctx)
{
	struct screen_view *v = ctx;

	if (v->request || v->columns < 1 || v->rows < 1)
		return;
	if (!v->seen) { /* something else lies over it: asked when it is drawn again */
		return;
	}
	v->seen = false;
	v->request = app_request(v->view.app, "screenshot", json_pack("{s:s, s:i, s:i}", "object", v->id, "columns", v->columns, "rows", v->rows),
		on_answer, v);
}

/* ---- drawing ---- */

static unsigned char pixel(const struct screen_view *v, int y, int x)
{
	return y < v->h ? v->pixels[(size_t)y * (size_t)v->w + (size_t)x] : 0;
}

/* 0 to 9: the ramp of what has no colours. */
static int brightness(unsigned char colour)
{
	static const int steps[6] = {0, 95, 135, 175, 215, 255};
	int light = colour >= 232 ? 8 + 10 * (colour - 232) : 0;

	if (colour >= 16 && colour < 232)
		light = (steps[(colour - 16) / 36] * 30 + steps[(colour - 16) / 6 % 6] * 59 + steps[(colour - 16) % 6] * 11) / 100;
	return light * 10 / 256;
}

static void draw_cell(const struct screen_view *v, int y, int x, unsigned char above, unsigned char below)
{
	static const char ramp[] = " .:-=+*#%@";
	struct style two = {above, below, 0}, one = {-1, above, 0}, none = {-1, -1, 0};
	char sign[2] = {ramp[(brightness(above) + brightness(below) + 1) / 2], '\0'};

	if (screen_mono())
		screen_cell(y, x, 1, &none, sign);
	/* A terminal of eight colours has not pairs enough for two of them in a cell. */
	else if (screen_tier() == TIER_ASCII || screen_colours() < 16 || above == below)
		screen_cell(y, x, 1, &one, " ");
	else
		screen_cell(y, x, 1, &two, "\u2580");
}

static void draw_picture(const struct screen_view *v, struct box b)
{
	int left = b.x + (b.w - v->w) / 2, top = b.y + (b.h - (v->h + 1) / 2) / 2;

	if (left < b.x)
		left = b.x;
	if (top < b.y)
		top = b.y;
	for (int y = 0; y < v->h; y += 2)
		for (int x = 0; x < v->w; x++)
			draw_cell(v, top + y / 2, left + x, pixel(v, y, x), pixel(v, y + 1 < v->h ? y + 1 : y, x));
}

/* A hypervisor's own words may be many. */
static void draw_error(const struct screen_view *v, struct box b)
{
	struct lines l = {0};

	lines_add(&l, INK_WARN, "", "%s", v->error);
	lines_draw(&l, 0, (struct box){b.y + 1, b.x + 3, b.h - 1, b.w - 6});
	lines_clear(&l);
}

static void draw(struct view *view, struct box b)
{
	struct screen_view *v = of(view);
	bool other;

	screen_clip(b);
	v->seen = true;
	other = v->columns != b.w || v->rows != b.h;
	v->columns = b.w < COLUMNS_MAX ? b.w : COLUMNS_MAX;
	v->rows = b.h < ROWS_MAX ? b.h : ROWS_MAX;
	if (!v->request && (!loop_timer_pending(v->again) || (other && b.w <= COLUMNS_MAX && b.h <= ROWS_MAX)))
		loop_timer_set(v->again, 0);
	for (int i = 0; i < b.h; i++)
		screen_fill(b.y + i, b.x, b.w, INK_NORMAL);
	if (!vm_of(v))
		screen_text(b.y + 1, b.x + 3, b.w - 3, INK_WARN, _("This VM is no longer there."));
	else if (v->w && !(*v->error && !vm_state_is_active(vm_of(v)->state)))
		draw_picture(v, b);
	else if (*v->error)
		draw_error(v, b);
	else
		screen_text(b.y + 1, b.x + 3, b.w - 3, INK_DIM, _("Asking its host."));
}

static void info(struct view *view, struct pen *p)
{
	struct screen_view *v = of(view);
	const struct vm *vm = vm_of(v);
	char when[32], age[32];

	pen_text(p, INK_BOLD, vm ? vm->name : v->name);
	pen_skip(p, 2);
	if (v->w) {
		time_t t = (time_t)v->at;
		struct tm tm;

		when[0] = '\0';
		if (localtime_r(&t, &tm))
			strftime(when, sizeof when, "%H:%M:%S", &tm);
		look_age(age, sizeof age, v->at);
		pen_f(p, INK_DIM, _("its screen at %s"), when);
		pen_skip(p, 2);
		if (*age)
			pen_piece(p, INK_UNKNOWN, _("%s ago"), age);
	}
	if (v->w && *v->error)
		pen_piece(p, INK_WARN, "%s", v->error);
	pen_piece(p, INK_DIM, "%s", _("to look at: no key reaches it"));
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, _("screen of %s"), of(v)->name);
}

static bool command(struct view *view, enum command c)
{
	struct screen_view *v = of(view);

	switch (c) {
	case CMD_REFRESH:
		v->seen = true;
		loop_timer_set(v->again, 0);
		return true;
	case CMD_CONSOLE:
		rows_console(view->app, vm_of(v));
		return true;
	default:
		return false;
	}
}

static bool can(struct view *view, enum command c)
{
	switch (c) {
	case CMD_UP:
	case CMD_DOWN:
	case CMD_PAGE_UP:
	case CMD_PAGE_DOWN:
	case CMD_HOME:
	case CMD_END:
	case CMD_FILTER:
	case CMD_FILTER_CLEAR:
	case CMD_LANGUAGE:
		return false;
	case CMD_CONSOLE:
		return vm_of(of(view)) && app_may_act(view->app);
	default:
		return true;
	}
}

static bool object(struct view *view, enum kind *k, void **o)
{
	*k = KIND_VM;
	*o = (void *)vm_of(of(view));
	return *o != NULL;
}

static void retold(struct view *view)
{
	loop_timer_set(of(view)->again, 0);
}

static void closed(struct view *view)
{
	struct screen_view *v = of(view);

	app_forget(view->app, v->request);
	loop_timer_free(v->again);
	intern_free(v->id);
	intern_free(v->name);
	free(v->pixels);
	free(v);
}

static const struct view_ops ops = {
	.name = "screen", .where = WHERE_TEXT | WHERE_SCREEN, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can,
	.object = object, .retold = retold, .closed = closed,
};

struct view *view_screen_new(struct app *a, const struct vm *vm)
{
	struct screen_view *v = xcalloc(1, sizeof *v);

	v->view.ops = &ops;
	v->view.app = a;
	v->id = intern(vm->id);
	v->name = intern(vm->name);
	v->again = loop_timer_new(a->loop, ask, v);
	return &v->view;
}

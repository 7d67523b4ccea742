/* Scrolling text (view_text.h). */
#include "views/view_text.h"

#include "app.h"
#include "dialogs/form.h"
#include "tr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS 1000

struct text_view {
	struct view view;
	struct text_source source;
	istr name, object;
	struct lines lines;
	size_t top, fits;
	uint64_t request;
	void (*answer)(struct view *v, struct lines *l, json_t *ret);
	struct registry_watch watch;
	struct loop_timer *again;
	bool filled;
};

static void closed(struct view *v);

static struct text_view *of(struct view *v)
{
	return (struct text_view *)v;
}

bool view_text_is(const struct view *v, void (*fill)(struct view *v, struct lines *l))
{
	return v->ops->closed == closed && of((struct view *)v)->source.fill == fill;
}

/* In another language: all of it anew, and what it asked the broker for too. */
static void retold(struct view *v)
{
	struct text_view *t = of(v);

	app_forget(v->app, t->request);
	t->request = 0;
	lines_clear(&t->lines);
	t->filled = false;
}

void *view_text_ctx(struct view *v)
{
	return of(v)->source.ctx;
}

static void on_again(void *ctx)
{
	struct text_view *t = ctx;

	if (t->request) {
		loop_timer_set(t->again, AGAIN_MS);
		return;
	}
	lines_clear(&t->lines);
	t->source.fill(&t->view, &t->lines);
	app_draw(t->view.app);
}

void view_text_again(struct view *v)
{
	if (!loop_timer_pending(of(v)->again))
		loop_timer_set(of(v)->again, AGAIN_MS);
}

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct text_view *t = ctx;

	t->request = 0;
	if (e)
		lines_add(&t->lines, INK_WARN, "", "%s", e->msg.text);
	else
		t->answer(&t->view, &t->lines, ret);
	err_free(e);
	app_draw_data(t->view.app);
}

void view_text_ask(struct view *v, const char *request, json_t *args, void (*answer)(struct view *v, struct lines *l, json_t *ret))
{
	of(v)->answer = answer;
	of(v)->request = app_request(v->app, request, args, on_answer, v);
}

/* "notice:" is every notice. */
static bool is_kind(const char *object)
{
	size_t n = strlen(object);

	return n > 0 && object[n - 1] == ':';
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct text_view *t = ctx;
	const char *id = ((struct object *)o)->id;

	if (is_kind(t->object) ? strncmp(id, t->object, strlen(t->object)) == 0 : *t->object && strcmp(id, t->object) == 0)
		view_text_again(&t->view);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct text_view *t = ctx;

	if (is_kind(t->object))
		on_changed(ctx, k, slot, o);
}

static void draw(struct view *v, struct box b)
{
	struct text_view *t = of(v);

	if (!t->filled) {
		t->filled = true;
		t->source.fill(v, &t->lines);
	}
	screen_clip(b);
	b.x++;
	b.w--;
	if (t->lines.n == 0) {
		screen_text(b.y, b.x, b.w, INK_DIM, t->request ? _("Asking the broker.") : _("Nothing yet."));
		return;
	}
	t->fits = lines_draw(&t->lines, t->top, b);
}

static void info(struct view *v, struct pen *p)
{
	struct text_view *t = of(v);

	pen_text(p, INK_BOLD, t->name);
	if (t->source.info) {
		pen_skip(p, 2);
		t->source.info(v, p);
	}
	if (t->fits > 0 && t->fits < t->lines.n) {
		pen_skip(p, 2);
		pen_f(p, INK_DIM, _("lines %zu-%zu of %zu"), t->top + 1, t->top + t->fits, t->lines.n);
	}
}

static void crumb(struct view *v, char *out, size_t size)
{
	snprintf(out, size, "%s", of(v)->name);
}

static bool command(struct view *v, enum command c)
{
	struct text_view *t = of(v);
	size_t page = t->fits > 1 ? t->fits - 1 : 1, most = t->lines.n > t->fits ? t->lines.n - t->fits : 0;

	/* Where long lines are wrapped, the last ones may need more room than was used above. */
	most = t->fits < t->lines.n ? most : t->top;
	switch (c) {
	case CMD_UP:
		t->top -= t->top > 0;
		return true;
	case CMD_DOWN:
		t->top += t->top + t->fits < t->lines.n;
		return true;
	case CMD_PAGE_UP:
		t->top = t->top > page ? t->top - page : 0;
		return true;
	case CMD_PAGE_DOWN:
		t->top = t->top + page < most ? t->top + page : t->top > most ? t->top : most;
		return true;
	case CMD_HOME:
		t->top = 0;
		return true;
	case CMD_END:
		t->top = most > t->top ? most : t->top;
		return true;
	default:
		return false;
	}
}

static bool can(struct view *v, enum command c)
{
	return c != CMD_FILTER_CLEAR && c != CMD_FILTER && c != CMD_LANGUAGE; /* the last two are Help's */
}

/* A job, somebody's notices, else the history of an object. */
static void same(struct view *v, char *out, size_t size)
{
	const char *object = of(v)->object;

	out[0] = '\0';
	if (is_kind(object))
		snprintf(out, size, " list notices");
	else if (*object)
		snprintf(out, size, strncmp(object, "job:", 4) == 0 ? " show" : " audit");
	if (*object && !is_kind(object))
		form_word(out, size, object);
}

static void closed(struct view *v)
{
	struct text_view *t = of(v);

	app_forget(v->app, t->request);
	registry_unwatch(v->app->objects, &t->watch);
	loop_timer_free(t->again);
	lines_clear(&t->lines);
	if (t->source.closed)
		t->source.closed(t->source.ctx);
	intern_free(t->name);
	intern_free(t->object);
	free(t);
}

static const struct view_ops ops = {
	.name = "text", .where = WHERE_TEXT, .draw = draw, .info = info, .crumb = crumb, .command = command, .can = can, .closed = closed, .same = same, .retold = retold,
};

struct view *view_text_new(struct app *a, const struct text_source *s)
{
	struct text_view *t = xcalloc(1, sizeof *t);

	t->view.ops = &ops;
	t->view.app = a;
	t->source = *s;
	t->name = intern(s->name);
	t->object = intern(s->object);
	t->again = loop_timer_new(a->loop, on_again, t);
	t->watch = (struct registry_watch){.ctx = t, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &t->watch);
	return &t->view;
}

/* Asking the broker about the object of a view, one request at a time. Owned by the views of one VM, blade and enclosure. */
#include "views/view_show.h"

#include <string.h>

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct view_show *s = ctx;

	s->request = 0;
	s->answered = true;
	s->shown(s->ctx, e, ret);
	err_free(e);
	app_draw_data(s->app);
}

static void ask(void *ctx)
{
	struct view_show *s = ctx;

	if (s->request) { /* one at a time: the next follows */
		loop_timer_set(s->again, s->again_ms);
		return;
	}
	s->asked = true;
	s->request = app_request(s->app, "show", json_pack("{s:s}", "object", s->id), on_answer, s);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct view_show *s = ctx;

	if (k == s->kind && strcmp(((struct object *)o)->id, s->id) == 0 && !loop_timer_pending(s->again))
		loop_timer_set(s->again, s->again_ms);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
}

void view_show_open(struct view_show *s, struct app *a, enum kind k, const char *id, int again_ms, view_shown *shown, void *ctx)
{
	*s = (struct view_show){.app = a, .kind = k, .id = intern(id), .again_ms = again_ms, .shown = shown, .ctx = ctx};
	s->again = loop_timer_new(a->loop, ask, s);
	s->watch = (struct registry_watch){.ctx = s, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &s->watch);
}

void view_show_first(struct view_show *s)
{
	if (!s->asked)
		ask(s);
}

void view_show_ask(struct view_show *s)
{
	ask(s);
}

void view_show_close(struct view_show *s)
{
	app_forget(s->app, s->request);
	registry_unwatch(s->app->objects, &s->watch);
	loop_timer_free(s->again);
	intern_free(s->id);
}

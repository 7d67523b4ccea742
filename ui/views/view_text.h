/* A view of lines that scrolls: what Help, a job and a history are made of. */
#ifndef TANA_VIEW_TEXT_H
#define TANA_VIEW_TEXT_H

#include "term/screen.h"
#include "words/lines.h"

/* name: for the breadcrumb. fill: makes the lines; called at first and on view_text_again. object: id whose changes bring
 * that about, "" none; "notice:" those of every notice. Both are copied. */
struct text_source {
	const char *name, *object;
	void (*fill)(struct view *v, struct lines *l);
	void (*info)(struct view *v, struct pen *p); /* adds to line 2 what moves with time; may be NULL */
	void (*closed)(void *ctx);   /* frees ctx; may be NULL */
	void *ctx;
};
struct view *view_text_new(struct app *a, const struct text_source *s);
void *view_text_ctx(struct view *v);
bool view_text_is(const struct view *v, void (*fill)(struct view *v, struct lines *l)); /* made with this fill */
void view_text_again(struct view *v);
/* Asks the broker; its answer comes to `answer`, which adds to the lines. Forgotten when the view closes. */
void view_text_ask(struct view *v, const char *request, json_t *args, void (*answer)(struct view *v, struct lines *l, json_t *ret));

#endif

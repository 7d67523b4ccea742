/* What a view asks the broker about its object, the request "show": when it is first drawn, and again when the object changes. */
#ifndef TANA_VIEW_SHOW_H
#define TANA_VIEW_SHOW_H

#include "app.h"

/* ret is NULL where e says why there is none; both stay the caller's. The screen is drawn after it. */
typedef void view_shown(void *ctx, const struct err *e, json_t *ret);

struct view_show {
	struct app *app;
	enum kind kind;
	istr id;
	int again_ms;            /* after a change: several follow one another */
	view_shown *shown;
	void *ctx;
	bool asked, answered;    /* ever */
	uint64_t request;        /* 0 none is under way */
	struct loop_timer *again;
	struct registry_watch watch;
};

/* again_ms: so long after a change it is asked again. The first question is view_show_first's. */
void view_show_open(struct view_show *s, struct app *a, enum kind k, const char *id, int again_ms, view_shown *shown, void *ctx);
void view_show_first(struct view_show *s); /* asks, unless that was done before */
void view_show_ask(struct view_show *s);   /* now */
void view_show_close(struct view_show *s); /* no answer comes after it */

#endif

/* Asking for a VM's snapshots (snaps_live.h). */
#include "views/snaps_live.h"

#include "common/clock.h"

#include <stdio.h>
#include <string.h>

#define AGAIN_MS 1000   /* between two questions: a job changes its VM several times */

static void on_answer(void *ctx, struct err *e, json_t *ret)
{
	struct snaps_live *l = ctx;

	l->request = 0;
	l->answered = true;
	if (e) {
		snprintf(l->error, sizeof l->error, "%s", e->msg.text);
	} else {
		struct snaps old = l->now;

		l->error[0] = '\0';
		snaps_read(&l->now, ret);
		snaps_clear(&old);
	}
	err_free(e);
	l->told(l->ctx);
	app_draw_data(l->app);
}

static void ask(void *ctx)
{
	struct snaps_live *l = ctx;

	if (l->request) { /* one at a time: the next follows */
		loop_timer_set(l->again, AGAIN_MS);
		return;
	}
	l->asked = clock_boot_ms();
	l->request = app_request(l->app, "snapshots", json_pack("{s:s}", "object", l->vm), on_answer, l);
}

void snaps_live_ask(struct snaps_live *l)
{
	int64_t since = clock_boot_ms() - l->asked;

	if (!loop_timer_pending(l->again))
		loop_timer_set(l->again, l->asked == 0 || since >= AGAIN_MS ? 0 : AGAIN_MS - since);
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct snaps_live *l = ctx;

	if ((k == KIND_VM && strcmp(((struct object *)o)->id, l->vm) == 0) || (k == KIND_JOB && strcmp(((struct job *)o)->target, l->vm) == 0))
		snaps_live_ask(l);
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
}

void snaps_live_open(struct snaps_live *l, struct app *a, const char *vm_id, void (*told)(void *ctx), void *ctx)
{
	memset(l, 0, sizeof *l);
	l->app = a;
	l->vm = intern(vm_id);
	l->told = told;
	l->ctx = ctx;
	l->again = loop_timer_new(a->loop, ask, l);
	l->watch = (struct registry_watch){.ctx = l, .changed = on_changed, .gone = on_gone};
	registry_watch(a->objects, &l->watch);
	snaps_live_ask(l);
}

void snaps_live_close(struct snaps_live *l)
{
	app_forget(l->app, l->request);
	registry_unwatch(l->app->objects, &l->watch);
	loop_timer_free(l->again);
	snaps_clear(&l->now);
	intern_free(l->vm);
}

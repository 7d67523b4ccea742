/* The order in which a broker ends. */
#include "broker/leaving.h"

#include "broker/listen.h"
#include "broker/service.h"
#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>

#define STOP_MS 10000
#define LOOK_MS 50       /* how often it looks whether all is settled */

struct leaving {
	struct broker *b;
	struct loop_timer *timer;
	int64_t until;           /* boot ms */
	bool settled;            /* as of the last look: the news of it is on its way */
};

static void go(struct leaving *l)
{
	size_t open = jobs_open(l->b->jobs);

	if (open)
		log_info("ending; %zu jobs are handed over to the next broker", open);
	broker_stop(l->b);
}

static void look(void *ctx)
{
	struct leaving *l = ctx;
	size_t brief = jobs_brief(l->b->jobs);
	int64_t left = l->until - clock_boot_ms();

	if ((brief == 0 && l->settled) || left <= 0) {
		go(l);
		return;
	}
	l->settled = brief == 0;
	loop_timer_set(l->timer, left < LOOK_MS ? left : LOOK_MS);
}

void leaving_begin(struct broker *b)
{
	int stop_ms = b->c.stop_ms ? b->c.stop_ms : STOP_MS;

	if (b->leaving) {
		go(b->leaving);
		return;
	}
	struct leaving *l = xcalloc(1, sizeof *l);
	l->b = b;
	l->timer = loop_timer_new(b->loop, look, l);
	l->until = clock_boot_ms() + stop_ms;
	b->leaving = l;
	char *status = xasprintf("ending: %zu jobs under way", jobs_open(b->jobs));
	service_stopping(b->service, status);
	log_info("%s", status);
	free(status);
	listener_stop(b->listener);
	peers_stopping(b->peers);
	look(l);
}

void leaving_free(struct leaving *l)
{
	if (!l)
		return;
	loop_timer_free(l->timer);
	free(l);
}

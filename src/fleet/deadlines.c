/* What is to happen to a host by time alone: calls that take too long, calls that wait too long, the next try, the next list,
 * an idle lane. One timer for each host, set to the earliest. */
#include "fleet/machine.h"
#include "fleet/stats.h"

#include "common/clock.h"

#define IDLE_MS 60000       /* every lane but the short one is closed after */
#define STUCK_MS 5000       /* an aborted call should be back by then */
#define FEW_CALLS 12        /* under way or waiting for a worker: nobody feels one more */
#define ROUGH_MOST_MS 20000 /* however much waits, a host is listed whole by then */

/* When the call under way is half way to its deadline, and when it is over. While it waits for a worker, time stands. */
static int64_t due_at(const struct call *c, bool half)
{
	int64_t began = atomic_load(&c->work.began);
	int64_t ms = half ? c->limit_ms / 2 : c->limit_ms;

	return (began ? began : clock_boot_ms()) + ms;
}

static void set_stale(struct sup *s, const struct call *c)
{
	int64_t ago = (clock_boot_ms() - atomic_load(&c->work.began)) / 1000;
	struct msg why;

	msg_make(&why, "fleet.stale", "{s:s}", "host", s->name);
	sup_live(s, false, clock_wall_s() - ago);
	sup_state(s, HOST_STALE, &why, 0);
	vms_host_live(s->f, s, clock_wall_s() - ago);
	msg_free(&why);
}

static const char *call_name(const struct call *c)
{
	static const char *const names[] = {
		[CALL_OPEN] = "connect", [CALL_FACTS] = "facts", [CALL_LIST] = "list", [CALL_LOOK] = "look", [CALL_DETAIL] = "detail",
		[CALL_SNAPS] = "snapshots", [CALL_ACT] = "", [CALL_SNAP] = "", [CALL_CLOSE] = "close",
		[CALL_STATS] = "numbers", [CALL_EXTRA] = "addresses", [CALL_SCREEN] = "screen",
	};
	static const char *const ops[] = {
		[SNAP_CREATE] = "snapshot create", [SNAP_REVERT] = "snapshot revert", [SNAP_DELETE] = "snapshot delete",
		[SNAP_CLEAR] = "snapshot clear",
	};

	if (c->kind == CALL_SNAP)
		return ops[c->order->o.op];
	return c->kind == CALL_ACT ? verb_name(c->verb) : names[c->kind];
}

static void check_flying(struct sup *s, struct conn *c, int64_t now)
{
	struct call *call = c->flying;

	if (!call || !atomic_load(&call->work.began))
		return;
	if (c->lane == LANE_SHORT && s->state == HOST_UP && !c->lost && now >= due_at(call, true))
		set_stale(s, call);
	if (!call->overdue && now >= due_at(call, false)) {
		call->overdue = true;
		struct err *e = err_new(ERR_TIMEOUT, "fleet.timeout", "{s:s, s:s, s:i}", "host", s->name,
					"what", call_name(call), "seconds", (call->limit_ms + 999) / 1000);
		if (c->lost)
			conn_abort(c); /* a close that hangs */
		else
			sup_lose(c, &e->msg);
		call_answer(call, e);
	}
	if (c->lost && c->lane == LANE_SHORT && !s->stuck && s->blade && now >= due_at(call, false) + STUCK_MS) {
		struct msg why;

		s->stuck = true;
		msg_make(&why, "fleet.stuck", "{s:s}", "host", s->name);
		sup_state(s, HOST_DOWN, &why, 0);
		msg_free(&why);
	}
}

static void check_queue(struct sup *s, enum lane lane, int64_t now)
{
	struct call **at = &s->queue[lane], *c;

	while ((c = *at)) {
		if (now < c->wait_until) {
			at = &c->next;
			continue;
		}
		lane_take(s, lane, at);
		fleet_fail_later(s->f, c, err_new(ERR_TIMEOUT, "fleet.waited", "{s:s}", "host", s->name));
	}
}

static bool is_idle(const struct conn *c)
{
	return c->lane != LANE_SHORT && c->open && !c->flying && !c->lost;
}

bool sup_yields(const struct sup *s, int64_t most_ms)
{
	struct workers_counts n = workers_count(s->f->workers);

	return clock_boot_ms() - s->up_at < most_ms && n.waiting + n.busy > FEW_CALLS;
}

/* What the list of states left out: hosts that are not up yet, and what people ask, go before it. */
static void list_again(struct sup *s, int64_t now)
{
	if (s->rough && sup_yields(s, ROUGH_MOST_MS)) {
		s->list_at = now + fleet_jitter(ROUGH_MS);
		return;
	}
	s->list_at = 0;
	sup_list(s, !s->rough);
}

void deadline_tick(void *ctx)
{
	struct sup *s = ctx;
	int64_t now = clock_boot_ms();

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		struct conn *c = s->conn[lane];

		if (c)
			check_flying(s, c, now);
		check_queue(s, lane, now);
		if (c && is_idle(c) && now - c->idle_since >= IDLE_MS)
			conn_close(c);
	}
	if (s->snap_open_at && now >= s->snap_open_at) {
		s->snap_open_at = 0;
		lane_pump(s, LANE_SNAP);
	}
	if (s->retry_at && now >= s->retry_at && !s->conn[LANE_SHORT])
		sup_connect(s);
	if (s->list_at && now >= s->list_at && s->listed && !s->listing)
		list_again(s, now);
	if (s->extras_at && now >= s->extras_at && s->listed)
		extras_due(s);
	deadline_arm(s);
}

static void sooner(int64_t *at, int64_t when)
{
	if (when && (!*at || when < *at))
		*at = when;
}

void deadline_arm(struct sup *s)
{
	int64_t at = 0, now = clock_boot_ms();

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		struct conn *c = s->conn[lane];

		for (struct call *q = s->queue[lane]; q; q = q->next)
			sooner(&at, q->wait_until);
		if (!c)
			continue;
		if (c->flying && lane == LANE_SHORT && s->state == HOST_UP && !c->lost)
			sooner(&at, due_at(c->flying, true));
		if (c->flying && !c->flying->overdue)
			sooner(&at, due_at(c->flying, false));
		if (c->flying && c->lost && lane == LANE_SHORT && !s->stuck)
			sooner(&at, due_at(c->flying, false) + STUCK_MS);
		if (is_idle(c))
			sooner(&at, c->idle_since + IDLE_MS);
	}
	sooner(&at, s->retry_at);
	sooner(&at, s->list_at);
	if (s->listed)
		sooner(&at, s->extras_at);
	if (s->queue[LANE_SNAP])
		sooner(&at, s->snap_open_at);
	if (at)
		loop_timer_set(s->timer, at > now ? at - now : 0);
	else
		loop_timer_clear(s->timer);
}

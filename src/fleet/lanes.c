/* What waits for a host, lane by lane, and whose turn it is: orders, details, looks, the list, and when all that is done numbers and
 * addresses. Called by state.c when a lane became free, by fleet.c and listing.c with something new. */
#include "fleet/machine.h"
#include "fleet/stats.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_AGAIN_MS 60000 /* a host that refused one more lane for snapshots is asked again after */
#define LIGHTS 7            /* of eight lists by time: states and snapshots are told by each, sizes by the eighth */

struct call *lane_take(struct sup *s, enum lane lane, struct call **at)
{
	struct call *c = *at;

	*at = c->next;
	c->next = NULL;
	return c;
}

/* What waits on a lane was not sent: answered with why, or that the host is not reachable. */
void lane_fail(struct sup *s, enum lane lane, const struct msg *why)
{
	struct call *c;
	struct err *e;

	while (s->queue[lane]) {
		c = lane_take(s, lane, &s->queue[lane]);
		e = sup_unreachable(s);
		if (why) {
			msg_free(&e->msg);
			msg_copy(&e->msg, why);
		}
		fleet_fail_later(s->f, c, e);
	}
}

void lane_list(struct sup *s)
{
	struct call *c = call_new(CALL_LIST, NULL, s->f->c.short_ms);

	c->rough = !s->listed && sup_many(s);
	c->with_facts = s->rough;
	c->light = s->list_by_time && sup_many(s) && s->lights < LIGHTS;
	if (!s->list_by_time) /* the hosts of a site are not all at the eighth in the same round */
		s->lights = (int)arc4random_uniform(LIGHTS + 1);
	else
		s->lights = c->light ? s->lights + 1 : 0;
	s->serial++;
	s->listing = true;
	s->list_wanted = s->list_by_time = false;
	s->nlooks = 0; /* the list tells all of them */
	conn_call(s->conn[LANE_SHORT], c, s->listed ? TURN_CALL : TURN_NEXT);
}

/* False: it cannot be had, what waits for it was answered. */
static bool open_lane(struct sup *s, enum lane lane)
{
	struct conn *c;
	struct err *e;

	if ((e = conn_new(s, lane, &c))) {
		lane_fail(s, lane < LANE_SNAP ? lane : LANE_SNAP, &e->msg);
		err_free(e);
		return false;
	}
	s->conn[lane] = c;
	conn_call(c, call_new(CALL_OPEN, NULL, OPEN_STEPS * s->f->c.connect_ms), TURN_NEXT);
	return true;
}

static void send_call(struct conn *c, struct call *call)
{
	conn_call(c, call, TURN_CALL);
	if (call_is_order(call) && call->act.sent)
		call->act.sent(call->act.ctx);
}

/* ---- snapshots: one queue, several lanes, and never two orders on one VM at once ---- */

static bool under_way(const struct sup *s, const char *uuid)
{
	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++) {
		const struct call *flying = s->conn[lane] ? s->conn[lane]->flying : NULL;

		if (flying && flying->kind == CALL_SNAP && !strcmp(flying->uuid, uuid))
			return true;
	}
	return false;
}

/* The first whose VM has none under way. An earlier one on that VM would have been found before it. */
static struct call **next_snap(struct sup *s)
{
	struct call **at = &s->queue[LANE_SNAP];

	while (*at && under_way(s, (*at)->uuid))
		at = &(*at)->next;
	return *at ? at : NULL;
}

/* How many could be under way if there were lanes for them. */
static int startable(const struct sup *s)
{
	int n = 0;

	for (const struct call *c = s->queue[LANE_SNAP]; c; c = c->next) {
		const struct call *first = s->queue[LANE_SNAP];

		while (strcmp(first->uuid, c->uuid) != 0)
			first = first->next;
		n += first == c && !under_way(s, c->uuid);
	}
	return n;
}

static struct conn *free_snap_lane(const struct sup *s)
{
	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++) {
		struct conn *c = s->conn[lane];

		if (c && c->open && !c->flying && !c->lost)
			return c;
	}
	return NULL;
}

/* Some lane for snapshots works, or may in a moment. */
static bool any_snap_lane(const struct sup *s)
{
	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++)
		if (s->conn[lane] && !s->conn[lane]->lost)
			return true;
	return false;
}

static void pump_snaps(struct sup *s)
{
	struct call **at;
	struct conn *c;
	int wanted;

	while ((at = next_snap(s)) && (c = free_snap_lane(s)))
		send_call(c, lane_take(s, LANE_SNAP, at));
	wanted = startable(s);
	if (!wanted || (clock_boot_ms() < s->snap_open_at && any_snap_lane(s)))
		return;
	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST; lane++)
		wanted -= s->conn[lane] && !s->conn[lane]->open && !s->conn[lane]->lost; /* on its way */
	for (enum lane lane = LANE_SNAP; lane <= LANE_SNAP_LAST && wanted > 0; lane++)
		if (!s->conn[lane] && (!open_lane(s, lane) || !--wanted))
			return;
}

/* A host may allow fewer connections than there are lanes: while another one serves, its turn is waited for. */
void lane_unopened(struct sup *s, const struct msg *why)
{
	if (any_snap_lane(s))
		s->snap_open_at = clock_boot_ms() + OPEN_AGAIN_MS;
	else
		lane_fail(s, LANE_SNAP, why);
}

/* ---- all lanes ---- */

/* The next call of a lane, if it is free: orders, details, looks, the list, numbers, addresses. */
void lane_pump(struct sup *s, enum lane lane)
{
	struct conn *c = s->conn[lane];
	struct call **at, *call;

	if (lane >= LANE_SNAP) {
		pump_snaps(s);
		return;
	}
	if (lane == LANE_LONG && !c && s->queue[LANE_LONG]) {
		open_lane(s, LANE_LONG);
		return;
	}
	if (!c || c->flying || c->lost || !c->open || (lane == LANE_SHORT && !s->listed))
		return;
	for (at = &s->queue[lane]; *at && !call_is_order(*at); at = &(*at)->next)
		;
	if (!*at)
		at = &s->queue[lane];
	if (*at) {
		send_call(c, lane_take(s, lane, at));
	} else if (lane == LANE_SHORT && s->nlooks) {
		call = call_new(CALL_LOOK, s->looks[0].uuid, s->f->c.short_ms);
		call->incoming = s->looks[0].incoming;
		s->nlooks--;
		memmove(s->looks, s->looks + 1, s->nlooks * sizeof(*s->looks));
		s->look_dirty = false;
		conn_call(c, call, TURN_CALL);
	} else if (lane == LANE_SHORT && s->list_wanted) {
		lane_list(s);
	} else if (lane == LANE_SHORT && s->stats_wanted) {
		stats_send(s);
	} else if (lane == LANE_SHORT && s->extra_due) {
		extras_send(s);
	}
}

enum lane sup_lane(const struct sup *s, const struct call *c)
{
	if (!s->conn[LANE_SHORT] || s->conn[LANE_SHORT]->one_lane)
		return LANE_SHORT;
	if (c->kind == CALL_SNAP)
		return LANE_SNAP;
	if (c->kind == CALL_SCREEN) /* megabytes, and a guest's display that may hang */
		return LANE_LONG;
	return c->kind == CALL_ACT && c->verb == VERB_POWER_ON ? LANE_LONG : LANE_SHORT;
}

/* However much is asked, orders find their place. */
static bool lane_full(const struct sup *s, enum lane lane, const struct call *c)
{
	int n = 0;

	for (const struct call *q = s->queue[lane]; q; q = q->next)
		n += call_is_order(q) == call_is_order(c);
	return n >= WAITING_MAX;
}

void sup_queue(struct sup *s, enum lane lane, struct call *c)
{
	struct call **at = &s->queue[lane];
	int64_t wait = c->limit_ms; /* as long as those before it may take */

	if (lane_full(s, lane, c)) {
		fleet_fail_later(s->f, c, err_new(ERR_STATE, "fleet.full", "{s:s}", "host", s->name));
		return;
	}
	if (lane != LANE_SHORT)
		wait += OPEN_STEPS * s->f->c.connect_ms;
	else if (c->limit_ms > s->f->c.short_ms && c->kind == CALL_SNAP)
		c->limit_ms = s->f->c.short_ms; /* the only lane is not lent for a day */
	c->wait_until = clock_boot_ms() + wait;
	while (*at)
		at = &(*at)->next;
	*at = c;
	lane_pump(s, lane);
	deadline_arm(s);
}

/* Answered at the end of this turn, whatever its call comes to. */
static void answer_soon(struct sup *s, struct call *flying, struct err *e)
{
	struct call *c = call_new(CALL_SNAP, flying->uuid, 0);

	c->act = flying->act;
	c->owed = true;
	flying->owed = false;
	fleet_fail_later(s->f, c, e);
}

bool sup_abandon(struct sup *s, void *act_ctx)
{
	struct call **at;

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		struct conn *c = s->conn[lane];
		struct call *flying = c ? c->flying : NULL;

		if (flying && flying->kind == CALL_SNAP && flying->owed && flying->act.ctx == act_ctx) {
			answer_soon(s, flying, err_new(ERR_TIMEOUT, "fleet.abandoned", "{s:s}", "host", s->name));
			if (lane != LANE_SHORT) /* that one ends by its deadline; everything else needs it */
				sup_lose(c, NULL);
			return true;
		}
		for (at = &s->queue[lane]; *at; at = &(*at)->next)
			if ((*at)->kind == CALL_SNAP && (*at)->act.ctx == act_ctx) {
				fleet_fail_later(s->f, lane_take(s, lane, at),
						 err_new(ERR_TIMEOUT, "fleet.dropped", "{s:s}", "host", s->name));
				deadline_arm(s);
				return true;
			}
	}
	return false;
}

void sup_look(struct sup *s, const char *uuid, bool incoming)
{
	if (!s->listed)
		return;
	for (size_t i = 0; i < s->nlooks; i++)
		if (!strcmp(s->looks[i].uuid, uuid)) {
			s->looks[i].incoming |= incoming;
			return;
		}
	if (s->nlooks == LOOKS_MAX) {
		s->list_wanted = true;
		s->list_by_time = false;
		return;
	}
	if (!s->looks)
		s->looks = xcalloc(LOOKS_MAX, sizeof(*s->looks));
	memcpy(s->looks[s->nlooks].uuid, uuid, HOST_UUID_LEN + 1);
	s->looks[s->nlooks++].incoming = incoming;
}

void sup_list(struct sup *s, bool by_time)
{
	if (!s->conn[LANE_SHORT] || s->conn[LANE_SHORT]->lost)
		return;
	s->list_by_time = by_time && (!s->list_wanted || s->list_by_time);
	s->list_wanted = true;
	lane_pump(s, LANE_SHORT);
	deadline_arm(s);
}

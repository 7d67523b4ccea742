/* What waits for a host, lane by lane, and whose turn it is: power verbs, details, looks, the list. Called by state.c when a
 * lane became free, by fleet.c and listing.c with something new. */
#include "fleet/machine.h"

#include "common/clock.h"

#include <string.h>

/* What waits on a lane was not sent: answered with why, or that the host is not reachable. */
void lane_fail(struct sup *s, enum lane lane, const struct msg *why)
{
	struct call *c;
	struct err *e;

	while ((c = s->queue[lane])) {
		s->queue[lane] = c->next;
		s->queued[lane]--;
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

	s->serial++;
	s->listing = true;
	s->list_wanted = false;
	s->nlooks = 0; /* the list tells all of them */
	conn_call(s->conn[LANE_SHORT], c, s->listed ? TURN_CALL : TURN_NEXT);
}

static void open_long(struct sup *s)
{
	struct conn *c;
	struct err *e;

	if ((e = conn_new(s, LANE_LONG, &c))) {
		lane_fail(s, LANE_LONG, &e->msg);
		err_free(e);
		return;
	}
	s->conn[LANE_LONG] = c;
	conn_call(c, call_new(CALL_OPEN, NULL, OPEN_STEPS * s->f->c.connect_ms), TURN_NEXT);
}

/* The next call of a lane, if it is free: power verbs, details, looks, the list. */
void lane_pump(struct sup *s, enum lane lane)
{
	struct conn *c = s->conn[lane];
	struct call **at, *call;

	if (lane == LANE_LONG && !c && s->queue[LANE_LONG]) {
		open_long(s);
		return;
	}
	if (!c || c->flying || c->lost || !c->open || (lane == LANE_SHORT && !s->listed))
		return;
	for (at = &s->queue[lane]; *at && (*at)->kind != CALL_ACT; at = &(*at)->next)
		;
	if (!*at)
		at = &s->queue[lane];
	if ((call = *at)) {
		*at = call->next;
		call->next = NULL;
		s->queued[lane]--;
		conn_call(c, call, TURN_CALL);
		if (call->kind == CALL_ACT && call->act.sent)
			call->act.sent(call->act.ctx);
	} else if (lane == LANE_SHORT && s->nlooks) {
		call = call_new(CALL_LOOK, s->looks[0].uuid, s->f->c.short_ms);
		call->incoming = s->looks[0].incoming;
		s->nlooks--;
		memmove(s->looks, s->looks + 1, s->nlooks * sizeof(*s->looks));
		s->look_dirty = false;
		conn_call(c, call, TURN_CALL);
	} else if (lane == LANE_SHORT && s->list_wanted) {
		lane_list(s);
	}
}

enum lane sup_lane(const struct sup *s, enum verb v)
{
	return v == VERB_POWER_ON && s->conn[LANE_SHORT] && !s->conn[LANE_SHORT]->one_lane ? LANE_LONG : LANE_SHORT;
}

void sup_queue(struct sup *s, enum lane lane, struct call *c)
{
	struct call **at = &s->queue[lane];
	int ms = c->limit_ms;

	if (s->queued[lane] >= WAITING_MAX) {
		fleet_fail_later(s->f, c, err_new(ERR_LIMIT, "fleet.full", "{s:s}", "host", s->name));
		return;
	}
	if (lane == LANE_LONG)
		ms += OPEN_STEPS * s->f->c.connect_ms;
	c->wait_until = clock_boot_ms() + ms;
	while (*at)
		at = &(*at)->next;
	*at = c;
	s->queued[lane]++;
	lane_pump(s, lane);
	deadline_arm(s);
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
		return;
	}
	if (!s->looks)
		s->looks = xcalloc(LOOKS_MAX, sizeof(*s->looks));
	memcpy(s->looks[s->nlooks].uuid, uuid, HOST_UUID_LEN + 1);
	s->looks[s->nlooks++].incoming = incoming;
}

void sup_list(struct sup *s)
{
	if (!s->conn[LANE_SHORT] || s->conn[LANE_SHORT]->lost)
		return;
	s->list_wanted = true;
	lane_pump(s, LANE_SHORT);
	deadline_arm(s);
}

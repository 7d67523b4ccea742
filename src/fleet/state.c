/* The state machine of one host: down, connecting, up, stale, backoff, and what each answer, event or loss does to it. Called
 * by conn.c when something came back, by deadlines.c when something did not, by supervisor.c from above. */
#include "fleet/machine.h"
#include "fleet/stats.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define LIST_AGAIN_MS 10000 /* a list that an up host refused is asked for again after */
#define STEADY_MS 30000     /* a host that was up for so long starts its backoff anew */

/* ---- what is shown ---- */

void sup_state(struct sup *s, enum host_state state, const struct msg *why, int64_t retry)
{
	enum host_state was = s->state;
	struct blade *b = s->blade;

	s->state = state;
	if (!b)
		return;
	if ((was == HOST_UP) != (state == HOST_UP)) {
		s->f->site->hosts_live += state == HOST_UP ? 1 : -1;
		fleet_site_changed(s->f);
	}
	if (why) {
		intern_set(&b->why, why->text);
		intern_set(&b->why_id, why->id);
	} else if (state == HOST_UP || state == HOST_NONE) {
		intern_set(&b->why, "");
		intern_set(&b->why_id, "");
	}
	b->host = state;
	b->retry = retry;
	registry_changed(s->f->c.registry, KIND_BLADE, b, false);
	if (was == state)
		return;
	fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_HOST, .blade = b, .host_was = was });
	host_moved(s);
}

void sup_live(struct sup *s, bool live, int64_t seen)
{
	if (s->live == live)
		return;
	if (!live && clock_boot_ms() - s->up_at >= STEADY_MS)
		s->failures = 0;
	s->live = live;
	if (s->blade)
		s->blade->seen = live ? clock_wall_s() : seen;
	s->up_at = live ? clock_boot_ms() : 0;
}

/* ---- going down ---- */

struct err *sup_unreachable(const struct sup *s)
{
	return err_new(ERR_UNREACHABLE, "fleet.unreachable", "{s:s}", "host", s->name);
}

bool sup_is_lost(const struct err *e)
{
	return e && (e->class == ERR_UNREACHABLE || e->class == ERR_TIMEOUT);
}

void sup_forget_events(struct sup *s)
{
	struct event *e;

	while ((e = s->kept)) {
		s->kept = e->next;
		event_free(e);
	}
	s->kept_last = &s->kept;
	s->nkept = 0;
}

/* The short lane is lost. */
static void went_down(struct sup *s, const struct msg *why)
{
	bool was_live = s->live;

	sup_live(s, false, clock_wall_s());
	s->failures++;
	s->listed = s->rough = s->listing = s->list_wanted = s->list_by_time = s->stats_wanted = s->extra_due = false;
	s->extras_at = 0;
	intern_set(&s->told_serial, "");
	intern_set(&s->told_uuid, "");
	s->list_at = 0;
	s->nlooks = 0;
	free(s->looks);
	s->looks = NULL;
	sup_forget_events(s);
	sup_state(s, HOST_DOWN, why, 0);
	if (s->bay)
		identity_review(s->bay);
	if (!was_live)
		return;
	vms_host_live(s->f, s, clock_wall_s());
	keep_host(s->f, s);
}

/* The host cannot be reached anew: what is under way on its other connections is not waited for either. (As long as it can,
 * a call on a connection of its own goes on: a slow answer on the short lane says nothing of a snapshot that takes hours.) */
static void lose_others(struct sup *s, const struct msg *why)
{
	for (enum lane lane = LANE_LONG; lane < LANE_COUNT; lane++)
		if (s->conn[lane])
			sup_lose(s->conn[lane], why);
}

/* A connection is of no more use: nothing is believed from it any more, it is closed as soon as its call is back. */
void sup_lose(struct conn *c, const struct msg *why)
{
	struct sup *s = c->s;
	struct call *flying = c->flying;

	if (c->lost)
		return;
	c->lost = true;
	conn_abort(c);
	if (c->lane < LANE_SNAP)
		lane_fail(s, c->lane, why);
	else if (!c->open)
		lane_unopened(s, why);
	if (c->lane == LANE_SHORT) {
		went_down(s, why);
		lane_fail(s, LANE_SNAP, why);
		if (!c->open)
			lose_others(s, why);
	}
	if (flying && conn_take_back(c)) {
		if (flying->owed)
			fleet_fail_later(s->f, flying, sup_unreachable(s));
		else
			call_free(flying);
	}
	if (!c->flying)
		conn_close(c);
	deadline_arm(s);
}

/* ---- coming up ---- */

void sup_connect(struct sup *s)
{
	struct conn *c;
	struct err *e;

	s->retry_at = 0;
	s->at_once = false;
	s->stuck = false;
	s->snap_open_at = 0;
	if ((e = conn_new(s, LANE_SHORT, &c))) {
		sup_state(s, HOST_DOWN, &e->msg, 0); /* a reload can mend it, time cannot */
		err_free(e);
		return;
	}
	s->conn[LANE_SHORT] = c;
	sup_forget_events(s);
	sup_state(s, HOST_CONNECTING, NULL, 0);
	conn_call(c, call_new(CALL_OPEN, NULL, OPEN_STEPS * s->f->c.connect_ms), TURN_FIRST + (int)s->failures);
	deadline_arm(s);
}

static void is_up(struct sup *s, const struct call *list)
{
	struct event *e, *next;
	int every = s->f->c.list_every_s * (sup_many(s) ? 1500 : 1000);

	s->rough = list->rough;
	s->list_at = clock_boot_ms() + fleet_jitter(list->rough ? ROUGH_MS : every);
	s->listed_serial = s->serial;
	if (s->listed) {
		listing_whole(s, list->vms, list->nvms);
	} else {
		s->listed = true;
		sup_state(s, HOST_UP, NULL, 0);
		sup_live(s, true, 0);     /* shown VM by VM, as listed */
		listing_whole(s, list->vms, list->nvms);
		e = s->kept;
		s->kept = NULL;
		sup_forget_events(s);
		for (; e; e = next) { /* they may be older than the list: the last of them is the truth */
			next = e->next;
			listing_event(s, e);
			event_free(e);
		}
		extras_up(s);
	}
	s->known = true;
	keep_host(s->f, s);
	if (s->bay)
		sup_alert(s); /* its manager may say off */
	listing_snapshots(s, list);
	fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = s->blade });
}

void sup_back_off(struct sup *s)
{
	int64_t ms = s->f->c.backoff_ms;

	for (unsigned i = 1; i < s->failures && ms < s->f->c.backoff_max_ms; i++)
		ms *= 2;
	if (ms > s->f->c.backoff_max_ms)
		ms = s->f->c.backoff_max_ms;
	ms = fleet_jitter((int)ms);
	s->retry_at = clock_boot_ms() + ms;
	sup_state(s, HOST_BACKOFF, NULL, clock_wall_s() + (ms + 999) / 1000);
}

/* ---- what came back ---- */

static void opened(struct conn *c)
{
	c->open = true;
	if (c->lane == LANE_SHORT) {
		struct call *facts = call_new(CALL_FACTS, NULL, c->f->c.short_ms);

		facts->rough = sup_many(c->s);
		conn_call(c, facts, TURN_NEXT);
	}
}

static void acted(struct conn *c, struct call *call)
{
	struct err *e = call->err;

	/* the state may move without an event, or be another than was thought */
	sup_look(c->s, call->uuid, false);
	call->err = NULL;
	call_answer(call, e);
}

static void told_snaps(struct conn *c, struct call *call)
{
	struct err *e = call->err;

	if (call->snaps)
		listing_vm_snapshots(c->s, call);
	if (e && e->class == ERR_NOTFOUND)
		sup_look(c->s, call->uuid, false);
	call->err = NULL;
	call_answer(call, e);
}

static void detailed(struct conn *c, struct call *call)
{
	struct place *p = vms_place(c->f, c->s, call->uuid);
	struct err *e = call->err;

	if (call->detail && p && p->of->vm && p->of->vm->blade == c->s->name &&
	    strcmp(p->of->vm->guest, call->detail->guest) != 0) {
		intern_set(&p->of->guest, call->detail->guest);
		intern_set(&p->of->vm->guest, call->detail->guest);
		registry_changed(c->f->c.registry, KIND_VM, p->of->vm, false);
		keep_place(c->f, p);
	}
	if (e && e->class == ERR_NOTFOUND)
		sup_look(c->s, call->uuid, false);
	call->err = NULL;
	call_answer(call, e);
}

static void pictured(struct call *call)
{
	struct err *e = call->err;

	call->err = NULL;
	call_answer(call, e);
}

/* It came from a connection that was given up, or that its error ends: only who asked still wants to know. */
static void answer_lost(struct conn *c, struct call *call)
{
	struct err *e = call->err;

	call->err = NULL;
	if (call->kind == CALL_SNAPS && !e)
		e = sup_unreachable(c->s); /* what it read may be another host's by now */
	call_answer(call, e);
	call_free(call);
	if (c->lane >= LANE_SNAP)
		lane_pump(c->s, c->lane); /* the next order on that VM may have its turn on another lane */
	deadline_arm(c->s);
}

/* Errors that say that the connection is of no use. */
static bool ends(const struct sup *s, const struct call *call)
{
	bool coming_up = call->kind == CALL_OPEN || call->kind == CALL_FACTS || (call->kind == CALL_LIST && !s->listed);

	return call->err && (coming_up || sup_is_lost(call->err));
}

static void listed(struct sup *s, struct call *call)
{
	s->listing = false;
	if (!call->err && call->facts)
		listing_facts(s, call->facts);
	if (!call->err) {
		is_up(s, call);
		return;
	}
	log_warn("%s: list: %s", s->name, call->err->msg.text);
	s->list_at = clock_boot_ms() + fleet_jitter(LIST_AGAIN_MS);
}

static void looked(struct sup *s, struct call *call)
{
	if (!call->err || call->err->class == ERR_NOTFOUND)
		listing_look(s, call);
	else
		log_warn("%s: look at %s: %s", s->name, call->uuid, call->err->msg.text);
}

void sup_returned(struct conn *c, struct call *call)
{
	struct sup *s = c->s;

	if (c->lost) {
		conn_close(c);
		answer_lost(c, call);
		return;
	}
	if (ends(s, call)) {
		sup_lose(c, &call->err->msg); /* before the answer: who gets it finds the host as it is */
		answer_lost(c, call);
		return;
	}
	if (c->lane == LANE_SHORT && s->state == HOST_STALE) {
		sup_live(s, true, 0);
		sup_state(s, HOST_UP, NULL, 0);
		vms_host_live(s->f, s, 0);
	}
	switch (call->kind) {
	case CALL_OPEN:
		opened(c);
		break;
	case CALL_FACTS:
		listing_facts(s, call->facts);
		lane_list(s);
		break;
	case CALL_LIST:
		listed(s, call);
		break;
	case CALL_LOOK:
		looked(s, call);
		break;
	case CALL_DETAIL:
		detailed(c, call);
		break;
	case CALL_SNAPS:
		told_snaps(c, call);
		break;
	case CALL_ACT:
	case CALL_SNAP:
		acted(c, call);
		break;
	case CALL_STATS:
		stats_returned(s, call);
		break;
	case CALL_EXTRA:
		extras_returned(s, call);
		break;
	case CALL_SCREEN:
		pictured(call);
		break;
	case CALL_CLOSE:
		break;
	}
	call_free(call);
	if (!c->lost)
		lane_pump(s, c->lane);
	if (c->lane != LANE_SHORT)
		lane_pump(s, LANE_SHORT); /* the look that follows an order */
	deadline_arm(s);
}

void sup_event(struct conn *c, struct event *e)
{
	struct sup *s = c->s;
	struct msg why;

	if (c->lost || c->f->stopping) {
		event_free(e);
		return;
	}
	if (e->kind == HOST_EVENT_CLOSED) {
		msg_make(&why, "fleet.lost", "{s:s, s:s}", "host", s->name, "reason", e->text ? e->text : "");
		sup_lose(c, &why);
		msg_free(&why);
		event_free(e);
		return;
	}
	if (s->listed) {
		listing_event(s, e);
		event_free(e);
		lane_pump(s, LANE_SHORT);
		deadline_arm(s);
		return;
	}
	if (s->nkept == KEPT_MAX) {
		s->list_wanted = true;
		event_free(e);
		return;
	}
	e->next = NULL;
	*s->kept_last = e;
	s->kept_last = &e->next;
	s->nkept++;
}

void sup_closed(struct conn *c)
{
	struct sup *s = c->s;

	s->conn[c->lane] = NULL;
	if (!s->blade || s->f->stopping) {
		fleet_soon(s->f); /* buries those that left */
		return;
	}
	if (c->lane != LANE_SHORT) {
		lane_pump(s, c->lane);
	} else if (!*s->uri) {
		sup_state(s, HOST_NONE, NULL, 0);
	} else if (host_is_off(s)) {
		host_off_state(s);
	} else if (s->at_once) {
		sup_connect(s);
	} else {
		sup_back_off(s);
	}
	deadline_arm(s);
}

/* Owns the state machine of one host: connecting, listing, deadlines, backoff, lanes. Called by fleet.c and apply.c from
 * above and by conn.c when something came back. */
#include "fleet/vms.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_STEPS 3        /* bringing up may take so many times connect_ms; the driver has deadlines for each step */
#define LONG_IDLE_MS 60000  /* the long lane is closed after */
#define STEADY_MS 30000     /* a host that was up for so long starts its backoff anew */
#define STUCK_MS 5000       /* an aborted call should be back by then */

static void arm(struct sup *s);
static void pump(struct sup *s, enum lane lane);
static void tick(void *ctx);

/* ---- what is shown ---- */

static void set_state(struct sup *s, enum host_state state, const struct msg *why, int64_t retry)
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
	if (was != state)
		fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_HOST, .blade = b, .host_was = was });
}

static void set_live(struct sup *s, bool live, int64_t seen)
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

static struct err *unreachable(const struct sup *s)
{
	return err_new(ERR_UNREACHABLE, "fleet.unreachable", "{s:s}", "host", s->name);
}

/* What waits on a lane was not sent: answered with why, or that the host is not reachable. */
static void fail_queue(struct sup *s, enum lane lane, const struct msg *why)
{
	struct call *c;
	struct err *e;

	while ((c = s->queue[lane])) {
		s->queue[lane] = c->next;
		s->queued[lane]--;
		e = unreachable(s);
		if (why) {
			msg_free(&e->msg);
			msg_copy(&e->msg, why);
		}
		fleet_fail_later(s->f, c, e);
	}
}

static void forget_events(struct sup *s)
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

	set_live(s, false, clock_wall_s());
	s->failures++;
	s->listed = s->listing = s->list_wanted = false;
	s->list_at = 0;
	s->nlooks = 0;
	free(s->looks);
	s->looks = NULL;
	forget_events(s);
	set_state(s, HOST_DOWN, why, 0);
	if (!was_live)
		return;
	vms_host_live(s->f, s, clock_wall_s());
	keep_host(s->f, s);
}

/* A connection is of no more use: nothing is believed from it any more, it is closed as soon as its call is back. */
static void lose(struct conn *c, const struct msg *why)
{
	struct sup *s = c->s;
	struct call *flying = c->flying;

	if (c->lost)
		return;
	c->lost = true;
	c->lost_at = clock_boot_ms();
	conn_abort(c);
	fail_queue(s, c->lane, why);
	if (c->lane == LANE_SHORT)
		went_down(s, why);
	if (flying && conn_take_back(c)) {
		if (flying->owed)
			fleet_fail_later(s->f, flying, unreachable(s));
		else
			call_free(flying);
	}
	if (!c->flying)
		conn_close(c);
	arm(s);
}

/* ---- coming up ---- */

static void connect_now(struct sup *s)
{
	struct conn *c;
	struct err *e;

	s->retry_at = 0;
	s->at_once = false;
	s->stuck = false;
	if ((e = conn_new(s, LANE_SHORT, &c))) {
		set_state(s, HOST_DOWN, &e->msg, 0); /* a reload can mend it, time cannot */
		err_free(e);
		return;
	}
	s->conn[LANE_SHORT] = c;
	forget_events(s);
	set_state(s, HOST_CONNECTING, NULL, 0);
	conn_call(c, call_new(CALL_OPEN, NULL, OPEN_STEPS * s->f->c.connect_ms), TURN_FIRST + (int)s->failures);
	arm(s);
}

static void start_list(struct sup *s)
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
		fail_queue(s, LANE_LONG, &e->msg);
		err_free(e);
		return;
	}
	s->conn[LANE_LONG] = c;
	conn_call(c, call_new(CALL_OPEN, NULL, OPEN_STEPS * s->f->c.connect_ms), TURN_NEXT);
}

/* The next call of a lane, if it is free: power verbs, details, looks, the list. */
static void pump(struct sup *s, enum lane lane)
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
		start_list(s);
	}
}

static void is_up(struct sup *s, struct call *list)
{
	struct event *e, *next;

	s->listing = false;
	s->list_at = clock_boot_ms() + fleet_jitter(s->f->c.list_every_s * 1000);
	if (s->listed) {
		listing_whole(s, list->vms, list->nvms);
	} else {
		s->listed = true;
		set_state(s, HOST_UP, NULL, 0);
		set_live(s, true, 0);     /* shown VM by VM, as listed */
		listing_whole(s, list->vms, list->nvms);
		e = s->kept;
		s->kept = NULL;
		forget_events(s);
		for (; e; e = next) { /* they may be older than the list: the last of them is the truth */
			next = e->next;
			listing_event(s, e);
			event_free(e);
		}
	}
	s->known = true;
	keep_host(s->f, s);
	fleet_tell(s->f, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = s->blade });
}

static bool is_lost(const struct err *e)
{
	return e && (e->class == ERR_UNREACHABLE || e->class == ERR_TIMEOUT);
}

/* ---- what came back ---- */

static void opened(struct conn *c)
{
	c->open = true;
	if (c->lane == LANE_SHORT)
		conn_call(c, call_new(CALL_FACTS, NULL, c->f->c.short_ms), TURN_NEXT);
}

static void acted(struct conn *c, struct call *call)
{
	/* the state may move without an event, or be another than was thought */
	if (!is_lost(call->err))
		sup_look(c->s, call->uuid, false);
	struct err *e = call->err;

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

void sup_returned(struct conn *c, struct call *call)
{
	struct sup *s = c->s;
	struct msg why;
	bool lost = false;

	if (c->lost) {
		struct err *e = call->err;

		call->err = NULL;
		call_answer(call, e);
		call_free(call);
		conn_close(c);
		arm(s);
		return;
	}
	if (is_lost(call->err) || (call->err && (call->kind == CALL_OPEN || call->kind == CALL_FACTS ||
						 (call->kind == CALL_LIST && !s->listed)))) {
		lost = true;
		msg_copy(&why, &call->err->msg);
	} else if (c->lane == LANE_SHORT && s->state == HOST_STALE) {
		set_live(s, true, 0);
		set_state(s, HOST_UP, NULL, 0);
		vms_host_live(s->f, s, 0);
	}
	switch (call->kind) {
	case CALL_OPEN:
		if (!lost)
			opened(c);
		break;
	case CALL_FACTS:
		if (!lost) {
			listing_facts(s, call->facts);
			start_list(s);
		}
		break;
	case CALL_LIST:
		if (!call->err)
			is_up(s, call);
		else if (!lost)
			log_warn("%s: list: %s", s->name, call->err->msg.text);
		s->listing = false;
		break;
	case CALL_LOOK:
		if (!call->err || call->err->class == ERR_NOTFOUND)
			listing_look(s, call);
		else if (!lost)
			log_warn("%s: look at %s: %s", s->name, call->uuid, call->err->msg.text);
		break;
	case CALL_DETAIL:
		detailed(c, call);
		break;
	case CALL_ACT:
		acted(c, call);
		break;
	case CALL_CLOSE:
		break;
	}
	call_free(call);
	if (lost) {
		lose(c, &why);
		msg_free(&why);
	} else if (!c->lost) {
		pump(s, c->lane);
	}
	arm(s);
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
		lose(c, &why);
		msg_free(&why);
		event_free(e);
		return;
	}
	if (s->listed) {
		listing_event(s, e);
		event_free(e);
		pump(s, LANE_SHORT);
		arm(s);
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

static void back_off(struct sup *s)
{
	int64_t ms = s->f->c.backoff_ms;

	for (unsigned i = 1; i < s->failures && ms < s->f->c.backoff_max_ms; i++)
		ms *= 2;
	if (ms > s->f->c.backoff_max_ms)
		ms = s->f->c.backoff_max_ms;
	ms = fleet_jitter((int)ms);
	s->retry_at = clock_boot_ms() + ms;
	set_state(s, HOST_BACKOFF, NULL, clock_wall_s() + (ms + 999) / 1000);
}

void sup_closed(struct conn *c)
{
	struct sup *s = c->s;

	s->conn[c->lane] = NULL;
	if (!s->blade || s->f->stopping) {
		fleet_soon(s->f); /* buries those that left */
		return;
	}
	if (c->lane == LANE_LONG) {
		pump(s, LANE_LONG);
	} else if (!*s->uri) {
		set_state(s, HOST_NONE, NULL, 0);
	} else if (s->at_once) {
		connect_now(s);
	} else {
		back_off(s);
	}
	arm(s);
}

/* ---- time ---- */

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
	set_live(s, false, clock_wall_s() - ago);
	set_state(s, HOST_STALE, &why, 0);
	vms_host_live(s->f, s, clock_wall_s() - ago);
	msg_free(&why);
}

static const char *call_name(const struct call *c)
{
	static const char *const names[] = { "connect", "facts", "list", "look", "detail", "", "close" };

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
			lose(c, &e->msg);
		call_answer(call, e);
	}
	if (c->lost && c->lane == LANE_SHORT && !s->stuck && s->blade && now >= due_at(call, false) + STUCK_MS) {
		struct msg why;

		s->stuck = true;
		msg_make(&why, "fleet.stuck", "{s:s}", "host", s->name);
		set_state(s, HOST_DOWN, &why, 0);
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
		*at = c->next;
		s->queued[lane]--;
		fleet_fail_later(s->f, c, err_new(ERR_TIMEOUT, "fleet.waited", "{s:s}", "host", s->name));
	}
}

static void tick(void *ctx)
{
	struct sup *s = ctx;
	int64_t now = clock_boot_ms();

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		if (s->conn[lane])
			check_flying(s, s->conn[lane], now);
		check_queue(s, lane, now);
	}
	struct conn *l = s->conn[LANE_LONG];

	if (l && l->open && !l->flying && !l->lost && now - l->idle_since >= LONG_IDLE_MS)
		conn_close(l);
	if (s->retry_at && now >= s->retry_at && !s->conn[LANE_SHORT])
		connect_now(s);
	if (s->list_at && now >= s->list_at && s->listed && !s->listing) {
		s->list_at = 0;
		sup_list(s);
	}
	arm(s);
}

static void sooner(int64_t *at, int64_t when)
{
	if (when && (!*at || when < *at))
		*at = when;
}

static void arm(struct sup *s)
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
		if (lane == LANE_LONG && c->open && !c->flying && !c->lost)
			sooner(&at, c->idle_since + LONG_IDLE_MS);
	}
	sooner(&at, s->retry_at);
	sooner(&at, s->list_at);
	if (at)
		loop_timer_set(s->timer, at > now ? at - now : 0);
	else
		loop_timer_clear(s->timer);
}

/* ---- from above ---- */

struct sup *sup_find(const struct fleet *f, const char *name)
{
	return table_find(&f->hosts, name);
}

struct sup *sup_get(struct fleet *f, const char *name)
{
	struct sup *s = sup_find(f, name);

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->f = f;
	s->name = intern(name);
	s->uri = intern("");
	s->key_file = intern("");
	s->known_hosts = intern("");
	s->uuid_was = intern("");
	s->kept_last = &s->kept;
	s->timer = loop_timer_new(f->c.loop, tick, s);
	table_put(&f->hosts, s->name, s);
	return s;
}

void sup_address(struct sup *s, const char *uri, const char *key_file, const char *known_hosts)
{
	bool same = !strcmp(s->uri, uri) && !strcmp(s->key_file, key_file) && !strcmp(s->known_hosts, known_hosts);

	if (same)
		return;
	if (!*s->uri != !*uri) {
		s->f->site->hosts += *uri ? 1 : -1;
		fleet_site_changed(s->f);
	}
	intern_set(&s->uri, uri);
	intern_set(&s->key_file, key_file);
	intern_set(&s->known_hosts, known_hosts);
	intern_set(&s->blade->uri, uri);
	s->failures = 0;
	s->retry_at = 0;
	s->at_once = *uri != '\0';
	if (s->conn[LANE_LONG])
		lose(s->conn[LANE_LONG], NULL);
	if (s->conn[LANE_SHORT]) {
		struct msg why;

		msg_make(&why, "fleet.moved", "{s:s}", "host", s->name);
		lose(s->conn[LANE_SHORT], &why);
		msg_free(&why);
	} else if (*uri) {
		connect_now(s);
	} else {
		set_state(s, HOST_NONE, NULL, 0);
	}
	arm(s);
}

void sup_refresh(struct sup *s)
{
	struct conn *c = s->conn[LANE_SHORT];

	if (s->listed && c && !c->lost)
		sup_list(s);
	else if (!c && *s->uri)
		connect_now(s);
	else if (c && c->lost)
		s->at_once = true;
}

void sup_list(struct sup *s)
{
	if (!s->conn[LANE_SHORT] || s->conn[LANE_SHORT]->lost)
		return;
	s->list_wanted = true;
	pump(s, LANE_SHORT);
	arm(s);
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
	pump(s, lane);
	arm(s);
}

static void end_conns(struct sup *s)
{
	struct conn *c;

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		fail_queue(s, lane, NULL);
		if ((c = s->conn[lane]) && !c->lost)
			lose(c, NULL);
		else if (c)
			conn_abort(c);
	}
}

void sup_leave(struct sup *s)
{
	struct fleet *f = s->f;
	struct blade *b = s->blade;

	listing_forget_uuid(s);
	while (s->places)
		vms_place_drop(f, s->places, WHY_UNKNOWN);
	if (b && *s->uri)
		f->site->hosts--;
	if (b && s->state == HOST_UP)
		f->site->hosts_live--;
	s->blade = NULL;
	s->live = false;
	s->retry_at = 0;
	table_drop(&f->hosts, s->name);
	if (b) {
		registry_remove(f->c.registry, KIND_BLADE, b);
		fleet_site_changed(f);
	}
	end_conns(s);
	s->retry_at = s->list_at = 0;
	s->leaving_next = f->leaving;
	f->leaving = s;
	fleet_soon(f);
}

void sup_stop(struct sup *s)
{
	s->retry_at = s->list_at = 0;
	end_conns(s);
}

void sup_give_up(struct sup *s)
{
	for (enum lane lane = 0; lane < LANE_COUNT; lane++)
		if (s->conn[lane] && s->conn[lane]->flying)
			call_answer(s->conn[lane]->flying, unreachable(s));
}

void sup_free(struct sup *s)
{
	forget_events(s);
	loop_timer_free(s->timer);
	if (s->cached)
		object_free(KIND_BLADE, s->cached);
	free(s->looks);
	intern_free(s->name);
	intern_free(s->uri);
	intern_free(s->key_file);
	intern_free(s->known_hosts);
	intern_free(s->uuid_was);
	free(s);
}

void sup_attach(struct sup *s, struct blade *b)
{
	struct blade *from = s->cached;

	s->blade = b;
	b->host = HOST_NONE;
	s->state = HOST_NONE;
	if (!from)
		return;
	intern_set(&b->driver, from->driver);
	intern_set(&b->version, from->version);
	intern_set(&b->hostname, from->hostname);
	intern_set(&b->host_uuid, from->host_uuid);
	intern_set(&b->model, from->model);
	intern_set(&b->serial, from->serial);
	b->cpus = from->cpus;
	b->mem_kib = from->mem_kib;
	b->seen = from->seen;
	s->known = b->seen > 0;
	object_free(KIND_BLADE, from);
	s->cached = NULL;
}

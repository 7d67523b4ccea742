/* One manager's life: silent, connecting, up, busy, denied; its orders, what is asked in its turn, and what does not come back.
 * Called by managers.c and blades.c from above, by manager_call.c when something came back, by its own timer. */
#include "fleet/metal.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define STEADY_MS 30000   /* one that was up for so long starts its backoff anew */
#define STUCK_MS 5000     /* an aborted call should be back by then */
#define COMPLAINTS_MAX 20 /* lines in the log of questions that failed, in */
#define COMPLAINTS_MS (3600 * 1000)
#define DENIED_TIMES 10   /* of the longest backoff: accounts are locked by whoever tries often */

struct err *mgr_unreachable(const struct mgr *m, const char *blade)
{
	return err_new(ERR_UNREACHABLE, "blade.manager.silent", "{s:s, s:s}", "name", *blade ? blade : m->name, "dialect",
		       m->dialect ? m->dialect->name : "");
}

/* ---- sessions ---- */

static void session_new(struct mgr *m)
{
	const struct mgr_site *s = &m->site;
	const struct manager_config c = {
		.name = m->name, .dialects = m->f->c.dialects,
		.dialect = *s->dialect ? dialects_find(m->f->c.dialects, s->dialect) : NULL,
		.addresses = (const char *const *)s->addresses, .naddresses = s->naddresses, .first = m->active,
		.user = s->user, .key_file = s->key_file, .known_hosts = s->known_hosts, .ciphers = s->ciphers,
		.legacy = s->legacy, .password_file = s->password_file, .password = s->password, .step_ms = m->f->c.manager_ms,
	};

	m->session = manager_new(&c);
	m->f->sessions++;
}

static void session_gone(struct mgr *m)
{
	struct manager_counts n = manager_count(m->session);

	m->sessions += n.sessions;
	m->commands += n.commands;
	m->active = manager_active(m->session);
	manager_free(m->session);
	m->session = NULL;
	m->counted = (struct manager_counts){ 0 };
	m->ending = m->stuck = false;
	m->f->sessions--;
	if (m->leaving || m->f->stopping)
		fleet_soon(m->f);
	else if (m->at_once && m->f->c.dialects) /* without: they are just being changed, and it is tried right after */
		mgr_connect(m);
	mgr_arm(m);
}

static void close_session(struct mgr *m)
{
	mcall_run(mcall_new(m, MCALL_CLOSE, mgr_limit(m, MCALL_CLOSE, 0)));
}

void mgr_end_session(struct mgr *m, bool politely)
{
	struct mcall *flying = m->flying;

	if (!m->session)
		return;
	if (!politely || flying)
		manager_abort(m->session);
	if (flying && mcall_take_back(flying)) {
		if (flying->owed)
			mcall_answer_later(flying, mgr_unreachable(m, ""));
		else
			mcall_free(flying);
		flying = NULL;
	}
	m->ending = true;
	if (!flying)
		close_session(m);
}

static int64_t backoff_ms(const struct mgr *m)
{
	int64_t ms = m->f->c.backoff_ms;

	for (unsigned i = 1; i < m->failures && ms < m->f->c.backoff_max_ms; i++)
		ms *= 2;
	return fleet_jitter((int)(ms < m->f->c.backoff_max_ms ? ms : m->f->c.backoff_max_ms));
}

/* Nothing of it is live any more. */
static void went_down(struct mgr *m)
{
	if (m->up_at && clock_boot_ms() - m->up_at >= STEADY_MS)
		m->failures = 0;
	m->failures++;
	m->up_at = 0;
	turn_end(m);
	metal_down(m);
}

static void try_again(struct mgr *m, enum manager_state state, const struct msg *why, int64_t ms)
{
	if (m->at_once && !m->ending)
		ms = 0; /* somebody asked meanwhile */
	m->retry_at = clock_boot_ms() + ms;
	metal_state(m, state, why, ms);
}

static bool is_id(const struct err *e, const char *id)
{
	size_t n = strlen(id);

	return !strncmp(e->msg.id, id, n) && (!e->msg.id[n] || e->msg.id[n] == '.');
}

/* It could not be opened. What the id says decides when it is tried again. */
static void not_opened(struct mgr *m, const struct err *e)
{
	went_down(m);
	mgr_fail_queue(m, &e->msg);
	if (is_id(e, "manager.busy"))
		try_again(m, MANAGER_BUSY, &e->msg, m->f->c.backoff_max_ms + fleet_jitter(m->f->c.backoff_max_ms));
	else if (is_id(e, "manager.denied"))
		try_again(m, MANAGER_DENIED, &e->msg, (int64_t)DENIED_TIMES * m->f->c.backoff_max_ms);
	else
		try_again(m, MANAGER_SILENT, &e->msg, backoff_ms(m));
}

/* The session ended under a call; the next one may be had at once, unless that happens again and again. */
static void lost(struct mgr *m, const struct err *e)
{
	bool taken_over = is_id(e, "manager.standby") || is_id(e, "manager.said.standby");

	went_down(m);
	if (taken_over && m->failures <= 1)
		try_again(m, MANAGER_CONNECTING, &e->msg, 0);
	else
		try_again(m, m->failures > 2 ? MANAGER_SILENT : MANAGER_CONNECTING, &e->msg, backoff_ms(m));
}

void mgr_connect(struct mgr *m)
{
	struct msg why = { 0 };

	m->retry_at = 0;
	m->at_once = false;
	if (!m->f->c.dialects || (*m->site.dialect && !dialects_find(m->f->c.dialects, m->site.dialect))) {
		msg_make(&why, "fleet.manager.dialect", "{s:s, s:s}", "name", m->name, "dialect", m->site.dialect);
		metal_state(m, MANAGER_SILENT, &why, -1); /* a reload can mend it, time cannot */
		msg_free(&why);
		return;
	}
	if (!m->session)
		session_new(m);
	/* while it is tried again it is shown as it was: silent is no alarm that comes and goes */
	metal_state(m, m->failures ? m->state : MANAGER_CONNECTING, m->failures ? &m->why : NULL, -1);
	mcall_run(mcall_new(m, MCALL_OPEN, mgr_limit(m, MCALL_OPEN, 0)));
	mgr_arm(m);
}

void mgr_refresh(struct mgr *m)
{
	if (m->up_at) {
		turn_all(m);
		mgr_pump(m);
	} else if (m->ending || m->flying) {
		m->at_once = true;
	} else {
		mgr_connect(m);
	}
	mgr_arm(m);
}

void mgr_change(struct mgr *m)
{
	struct msg why;

	went_down(m);
	m->failures = 0;
	m->dialect = NULL;
	m->at_once = true;
	msg_make(&why, "fleet.manager.changed", "{s:s}", "name", m->name);
	mgr_fail_queue(m, &why);
	m->retry_at = 0;
	metal_state(m, MANAGER_CONNECTING, &why, -1);
	msg_free(&why);
	if (m->session)
		mgr_end_session(m, false);
	else if (m->f->c.dialects)
		m->retry_at = clock_boot_ms(); /* not here: who changes dialects is not ready yet */
	mgr_arm(m);
}

void mgr_leave(struct mgr *m)
{
	struct msg why;

	msg_make(&why, "fleet.manager.gone", "{s:s}", "name", m->name);
	mgr_fail_queue(m, &why);
	msg_free(&why);
	m->leaving = true;
	m->at_once = false;
	m->retry_at = 0;
	m->up_at = 0;
	turn_end(m);
	while (m->nbays)
		bay_drop(m->f, m->bays[m->nbays - 1]->blade);
	mgr_end_session(m, true);
	mgr_arm(m);
	fleet_soon(m->f);
}

/* ---- what came back ---- */

static void opened(struct mgr *m, struct mcall *c)
{
	m->at_once = false;
	m->dialect = manager_dialect(m->session);
	m->up_at = clock_boot_ms();
	m->answered = clock_wall_s();
	m->steady_at = m->up_at + STEADY_MS;
	turn_begin(m);
	metal_words(m);
	metal_state(m, MANAGER_UP, NULL, -1);
	if (m->nasks)
		metal_told(m, m->nasks, c->metal, atomic_load(&c->work.began));
}

static bool session_over(const struct mgr *m, const struct mcall *c)
{
	return c->err && (c->err->class == ERR_UNREACHABLE || c->err->class == ERR_TIMEOUT || is_id(c->err, "manager.standby") ||
			  is_id(c->err, "manager.said.standby"));
}

static struct bay *bay_by_id(const struct mgr *m, istr id)
{
	for (size_t i = 0; i < m->nbays; i++)
		if (m->bays[i]->id == id)
			return m->bays[i];
	return NULL;
}

/* One that talks nonsense does so at every question, for as long as it stands: the log has a few of them. */
static void complain(struct mgr *m, const struct mcall *c, const struct bay *b)
{
	int64_t now = clock_boot_ms();

	if (!m->complains_from || now - m->complains_from >= COMPLAINTS_MS) {
		m->complains_from = now;
		m->complaints = 0;
	}
	if (++m->complaints > COMPLAINTS_MAX)
		return;
	log_warn("%s: %s%s%s: %s%s", m->name, c->what->name, b ? " of bay " : "", b ? b->name : "", c->err->msg.text,
		 m->complaints == COMPLAINTS_MAX ? " (further ones of this hour are not logged)" : "");
}

static void asked(struct mgr *m, struct mcall *c)
{
	struct bay *b = *c->blade ? bay_by_id(m, c->blade) : NULL;

	if (*c->blade && !b)
		return; /* it left meanwhile */
	if (c->err)
		complain(m, c, b);
	else
		metal_told(m, c->ask, c->metal, atomic_load(&c->work.began));
	turn_asked(m, c->ask, b, atomic_load(&c->work.began)); /* last: what it tells decides how often it is asked */
}

/* True: it was put back, since nothing was sent and the session had ended unseen. */
static bool acted(struct mgr *m, struct mcall *c, bool over)
{
	struct bay *b = bay_by_id(m, c->blade);
	struct err *e = c->err;

	if (over && c->owed && !atomic_load(&c->sent) && !c->again) {
		c->again = true;
		err_free(c->err);
		c->err = NULL;
		c->wait_until = clock_boot_ms() + mgr_limit(m, MCALL_OPEN, 0);
		c->next = m->queue;
		m->queue = c;
		return true;
	}
	if (b && !over)
		turn_status(m, b);
	c->err = NULL;
	mcall_answer(c, e);
	return false;
}

void mgr_returned(struct mcall *c)
{
	struct mgr *m = c->m;
	bool over = session_over(m, c);
	struct err *e;

	m->flying = NULL;
	if (c->kind == MCALL_CLOSE) {
		mcall_free(c);
		session_gone(m);
		return;
	}
	if (m->ending) {
		close_session(m);
		e = c->err;
		c->err = NULL;
		mcall_answer(c, e);
		mcall_free(c);
		mgr_arm(m);
		return;
	}
	m->counted = manager_count(m->session);
	e = err_copy(c->err);
	if (!c->err || !over)
		m->answered = clock_wall_s();
	if (c->kind == MCALL_OPEN && c->err)
		not_opened(m, e);
	else if (c->kind == MCALL_OPEN)
		opened(m, c);
	else if (over)
		lost(m, e);
	if (c->kind == MCALL_ASK && !over)
		asked(m, c);
	err_free(e);
	if (c->kind != MCALL_ACT || !acted(m, c, over))
		mcall_free(c);
	mgr_pump(m);
	mgr_arm(m);
}

/* ---- whose turn it is ---- */

static void ask_now(struct mgr *m, size_t ask, struct bay *b)
{
	const struct dialect_ask *what = &m->dialect->asks[ask];
	struct mcall *c = mcall_new(m, MCALL_ASK, mgr_limit(m, MCALL_ASK, what->steps.n));

	c->ask = ask;
	c->what = what;
	if (b) {
		intern_set(&c->blade, b->id);
		memcpy(c->bay, b->name, sizeof(c->bay));
	}
	mcall_run(c);
}

void mgr_pump(struct mgr *m)
{
	struct mcall *c;
	struct bay *b;
	size_t ask;

	if (!m->up_at || m->flying || m->ending || m->leaving || m->f->stopping)
		return;
	if ((c = m->queue)) {
		m->queue = c->next;
		c->next = NULL;
		mcall_run(c);
	} else if (turn_next(m, clock_boot_ms(), &ask, &b)) {
		ask_now(m, ask, b);
	}
}

/* ---- by time alone ---- */

static int64_t due_at(const struct mcall *c)
{
	int64_t began = atomic_load(&c->work.began);

	return (began ? began : clock_boot_ms()) + c->limit_ms;
}

/* It hangs: aborted, and forgotten as soon as it is back. */
static void overdue(struct mgr *m, struct mcall *c)
{
	struct err *e = err_new(ERR_TIMEOUT, "fleet.manager.late", "{s:s, s:i}", "name", m->name, "seconds", (c->limit_ms + 999) / 1000);

	c->overdue = true;
	manager_abort(m->session);
	if (!m->ending && !m->leaving) {
		went_down(m);
		mgr_fail_queue(m, &e->msg);
		try_again(m, MANAGER_SILENT, &e->msg, backoff_ms(m));
	}
	m->ending = true;
	/* Its worker has it still: whether its bytes left, or just leave, nobody knows. */
	if (c->kind == MCALL_ACT)
		mcall_left(c);
	mcall_answer(c, e);
}

static void check_flying(struct mgr *m, int64_t now)
{
	struct mcall *c = m->flying;
	struct msg why;

	if (!c || !atomic_load(&c->work.began))
		return;
	if (!c->overdue && now >= due_at(c))
		overdue(m, c);
	if (c->overdue && !m->stuck && now >= due_at(c) + STUCK_MS) {
		m->stuck = true;
		msg_make(&why, "fleet.manager.stuck", "{s:s}", "name", m->name);
		metal_state(m, MANAGER_SILENT, &why, -1);
		msg_free(&why);
	}
}

static void check_queue(struct mgr *m, int64_t now)
{
	struct mcall **at = &m->queue, *c;

	while ((c = *at)) {
		if (now < c->wait_until) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		mcall_answer_later(c, err_new(ERR_TIMEOUT, "fleet.manager.waited", "{s:s}", "name", m->name));
	}
}

void mgr_tick(void *ctx)
{
	struct mgr *m = ctx;
	int64_t now = clock_boot_ms(), stale = turn_stale_ms(m), at;

	check_flying(m, now);
	check_queue(m, now);
	if (m->steady_at && now >= m->steady_at) {
		m->steady_at = 0;
		if (m->up_at)
			m->failures = 0;
	}
	for (size_t i = 0; i < m->nbays; i++) {
		struct bay *b = m->bays[i];

		if (stale && b->read_at && now - b->read_at >= stale)
			metal_stale(b);
		if ((at = alert_at(b)) && now >= at)
			bay_alert(b);
	}
	if (m->retry_at && now >= m->retry_at && !m->flying && !m->ending && !m->leaving && !m->f->stopping)
		mgr_connect(m);
	mgr_pump(m);
	mgr_arm(m);
}

static void sooner(int64_t *at, int64_t when)
{
	if (when && (!*at || when < *at))
		*at = when;
}

void mgr_arm(struct mgr *m)
{
	int64_t at = 0, now = clock_boot_ms(), stale = turn_stale_ms(m), when;

	if (m->f->stopping)
		return;
	for (struct mcall *c = m->queue; c; c = c->next)
		sooner(&at, c->wait_until);
	if (m->flying && !m->flying->overdue)
		sooner(&at, due_at(m->flying));
	else if (m->flying && !m->stuck)
		sooner(&at, due_at(m->flying) + STUCK_MS);
	else if (!m->flying && m->up_at && !m->ending)
		sooner(&at, turn_at(m));
	if (!m->flying && !m->ending)
		sooner(&at, m->retry_at);
	sooner(&at, m->steady_at);
	for (size_t i = 0; i < m->nbays; i++) {
		if (stale && m->bays[i]->read_at)
			sooner(&at, m->bays[i]->read_at + stale);
		if ((when = alert_at(m->bays[i])) > now)
			sooner(&at, when);
	}
	if (at)
		loop_timer_set(m->timer, at > now ? at - now : 0);
	else
		loop_timer_clear(m->timer);
}

/* The set of managers, as the site file has it: made, changed, let go; and which bay is whose. Called by apply.c and fleet.c.
 *
 * What it costs the managers: 1 session for each (two while one that was left is closed). Commands a minute, of a full 16-bay
 * enclosure with the dialect files' own rhythms: 4 to 8 where one list tells the power of all bays (CMC, Onboard Administrator); some
 * 20 where each bay is asked on its own (AMM, CMM: 16 of them for power), and of these only the bays that hold a blade. When one comes
 * up, everything is asked once: up to 3 for each bay. A blade whose job is awaited adds 30 (one every 2 s) until it is settled. What
 * costs tanad: one timer a manager, a worker while a command is under way, nothing in between. */
#include "fleet/metal.h"

#include "common/clock.h"
#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define LET_GO_MS 500 /* so long the loop waits for aborted calls: all consoles wait with it */
#define SPREAD_MS 20 /* for each manager of the site: the first connects of 300 are spread over 6 s */

/* ---- finding ---- */

struct bay *bay_of(const struct fleet *f, const struct blade *b)
{
	return table_get(&f->bays, b->id);
}

struct mgr *mgr_of(const struct fleet *f, enum kind k, const void *object)
{
	return k == KIND_ENCLOSURE || k == KIND_BLADE ? table_get(&f->managers, ((const struct object *)object)->id) : NULL;
}

/* ---- what the site file says of one ---- */

static char *copy(const char *s)
{
	return xstrdup(s ? s : "");
}

static void site_clear(struct mgr_site *s)
{
	for (size_t i = 0; i < s->naddresses; i++)
		free(s->addresses[i]);
	free(s->addresses);
	free(s->dialect);
	free(s->user);
	free(s->key_file);
	free(s->known_hosts);
	free(s->ciphers);
	free(s->password_file);
	if (s->password)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	*s = (struct mgr_site){ 0 };
}

static void site_take(struct mgr_site *s, const struct site_manager *from)
{
	*s = (struct mgr_site){ .dialect = copy(from->dialect), .user = copy(from->user), .key_file = copy(from->key_file),
		.known_hosts = copy(from->known_hosts), .ciphers = copy(from->ciphers), .password_file = copy(from->password_file),
		.password = copy(from->password), .naddresses = from->naddresses, .legacy = from->legacy, .poll_s = from->poll_s };
	s->addresses = xcalloc(from->naddresses + 1, sizeof(char *));
	for (size_t i = 0; i < from->naddresses; i++)
		s->addresses[i] = copy(from->addresses[i]);
}

static bool eq(const char *a, const char *b)
{
	return !strcmp(a, b ? b : "");
}

/* But for poll_s, which needs no new session. */
static bool site_same(const struct mgr_site *s, const struct site_manager *m)
{
	if (s->naddresses != m->naddresses || s->legacy != m->legacy)
		return false;
	for (size_t i = 0; i < s->naddresses; i++)
		if (!eq(s->addresses[i], m->addresses[i]))
			return false;
	return eq(s->dialect, m->dialect) && eq(s->user, m->user) && eq(s->key_file, m->key_file) &&
	       eq(s->known_hosts, m->known_hosts) && eq(s->ciphers, m->ciphers) && eq(s->password_file, m->password_file) &&
	       eq(s->password, m->password);
}

/* ---- bays ---- */

static void bay_unlink(struct bay *b)
{
	struct mgr *m = b->m;
	size_t i = 0;

	while (m->bays[i] != b)
		i++;
	m->bays[i] = m->bays[--m->nbays];
	m->watched -= b->watches;
	if (b->host)
		b->host->bay = NULL;
	table_drop(&m->f->bays, b->id);
}

void bay_drop(struct fleet *f, struct blade *blade)
{
	struct bay *b = table_get(&f->bays, blade->id);
	struct sup *s = b ? b->host : NULL;
	struct msg why;

	if (!b)
		return;
	/* What waits there was ordered for this bay, in which another blade may stand from now on. */
	msg_make(&why, "fleet.manager.moved", "{s:s}", "name", *blade->name ? blade->name : b->name);
	mgr_fail_bay(b->m, b->id, &why);
	msg_free(&why);
	bay_unlink(b);
	bay_clear(f, blade);
	free(b->slots);
	intern_free(b->id);
	intern_free(b->told_serial);
	intern_free(b->site_serial);
	free(b);
	if (s) {
		host_power(s);
		sup_alert(s);
	}
}

static struct bay *bay_new(struct mgr *m, struct blade *blade, struct sup *host)
{
	struct bay *b = xcalloc(1, sizeof(*b));

	b->m = m;
	b->blade = blade;
	b->host = host;
	b->id = intern(blade->id);
	b->told_serial = intern("");
	b->site_serial = intern("");
	m->bays = xrealloc(m->bays, (m->nbays + 1) * sizeof(struct bay *));
	m->bays[m->nbays++] = b;
	table_put(&m->f->bays, b->id, b);
	if (host) {
		host->bay = b;
		b->watches = host->bay_watches; /* of jobs that were there before this bay was its */
		m->watched += b->watches;
	}
	return b;
}

/* This blade object stands for the bay of that name. */
static void bay_set(struct fleet *f, struct mgr *m, struct blade *blade, const struct site_blade *from)
{
	struct sup *s = from ? sup_find(f, from->name) : NULL;
	const char *name = m->enclosure ? blade->bay : "1";
	struct bay *b = bay_of(f, blade);
	bool moved = b && (b->m != m || strcmp(b->name, name) != 0), new;

	if (strlen(name) > DIALECT_BAY_MAX)
		return;
	if (moved)
		bay_drop(f, blade);
	new = !b || moved;
	if (new)
		b = bay_new(m, blade, s);
	b->marked = true;
	memcpy(b->name, name, strlen(name) + 1);
	intern_set(&b->site_serial, from && from->serial ? from->serial : "");
	b->exempt = from && (from->spare || (from->owner && *from->owner && !(from->uri && *from->uri)));
	b->tell_managers = !m->enclosure;
	if (blade->manager != m->state) {
		blade->manager = m->state;
		registry_changed(f->c.registry, KIND_BLADE, blade, false);
	}
	if (new)
		turn_bay(m, b);
	identity_review(b);
}

/* ---- apply ---- */

static struct mgr *mgr_new(struct fleet *f, const char *id, const struct site_manager *from)
{
	struct mgr *m = xcalloc(1, sizeof(*m));

	m->f = f;
	m->id = intern(id);
	m->state = MANAGER_NONE;
	m->timer = loop_timer_new(f->c.loop, mgr_tick, m);
	site_take(&m->site, from);
	table_put(&f->managers, m->id, m);
	return m;
}

void mgr_free(struct mgr *m)
{
	turn_end(m);
	loop_timer_free(m->timer);
	while (m->nbays) {
		struct bay *b = m->bays[m->nbays - 1];

		bay_unlink(b);
		free(b->slots);
		intern_free(b->id);
		intern_free(b->told_serial);
		intern_free(b->site_serial);
		free(b);
	}
	free(m->bays);
	site_clear(&m->site);
	if (m->why.id)
		msg_free(&m->why);
	free(m->words);
	free(m->name);
	intern_free(m->id);
	free(m);
}

static struct mgr *apply_one(struct fleet *f, const struct site_model *m, const struct site_manager *from)
{
	bool whole = from->enclosure >= 0 && (size_t)from->enclosure < m->nenclosures;
	const char *name = whole ? m->enclosures[from->enclosure].name :
		from->blade >= 0 && (size_t)from->blade < m->nblades ? m->blades[from->blade].name : NULL;
	char *id;
	struct mgr *g;

	if (!name)
		return NULL;
	id = xasprintf("%s:%s", whole ? "enclosure" : "blade", name);
	g = table_find(&f->managers, id);
	if (!g) {
		g = mgr_new(f, id, from);
		g->name = xstrdup(name);
		g->enclosure = whole ? registry_find(f->c.registry, KIND_ENCLOSURE, id) : NULL;
		if (g->enclosure)
			intern_set(&g->enclosure->dialect, from->dialect ? from->dialect : "");
		metal_state(g, MANAGER_CONNECTING, NULL, -1);
		g->retry_at = clock_boot_ms() + arc4random_uniform((uint32_t)m->nmanagers * SPREAD_MS + 1);
	} else if (!site_same(&g->site, from)) {
		site_clear(&g->site);
		site_take(&g->site, from);
		mgr_change(g);
	}
	g->site.poll_s = from->poll_s;
	g->wanted = true;
	free(id);
	return g;
}

static struct blade *blade_named(struct fleet *f, const char *prefix, const char *name)
{
	char *id = xasprintf("blade:%s%s", prefix, name);
	struct blade *b = registry_find(f->c.registry, KIND_BLADE, id);

	free(id);
	return b;
}

static void apply_bays(struct fleet *f, const struct site_model *m, struct mgr *const *list)
{
	for (size_t i = 0; i < m->nblades; i++) {
		const struct site_blade *from = &m->blades[i];
		struct mgr *g = from->manager >= 0 && (size_t)from->manager < m->nmanagers ? list[from->manager] : NULL;
		struct blade *b = blade_named(f, "", from->name);

		if (b && g)
			bay_set(f, g, b, from);
		else if (b && !bay_of(f, b) && (*b->fitted || *b->bay_serial || b->power != POWER_UNKNOWN))
			bay_clear(f, b); /* loaded, but nobody speaks for it any more */
	}
	for (size_t e = 0; e < m->nenclosures; e++) {
		const struct site_enclosure *from = &m->enclosures[e];
		struct mgr *g = from->manager >= 0 && (size_t)from->manager < m->nmanagers ? list[from->manager] : NULL;
		char *prefix = g ? xasprintf("%s/", from->name) : NULL;

		for (size_t i = 0; g && i < from->nbays; i++) {
			struct blade *b = blade_named(f, prefix, from->bays[i]);

			if (b && !*b->name)
				bay_set(f, g, b, NULL);
		}
		free(prefix);
	}
}

/* A blade that left the site file but is busy keeps its manager, as long as there is one. */
static void drop_unmarked(struct fleet *f, struct mgr *g)
{
	for (size_t i = g->nbays; i-- > 0;) {
		struct bay *b = g->bays[i];

		if (!b->marked && !(b->host && b->host->retiring && g->wanted))
			bay_drop(f, b->blade);
	}
}

static void let_go(struct fleet *f, struct mgr *g)
{
	struct enclosure *e = g->enclosure;

	table_drop(&f->managers, g->id);
	g->leaving_next = f->managers_leaving;
	f->managers_leaving = g;
	if (e) { /* it may stay, without a manager */
		g->enclosure = NULL;
		e->manager = MANAGER_NONE;
		e->manager_seen = e->manager_retry = 0;
		e->health = HEALTH_UNKNOWN;
		for (istr *const *s = (istr *const[]){ &e->manager_why, &e->manager_why_id, &e->managers, &e->dialect, &e->title,
			&e->model, &e->serial, &e->firmware, &e->power, &e->fans, &e->temperature, &e->wrong, &e->alert, &e->alert_id, NULL }; *s; s++)
			intern_set(*s, "");
		registry_changed(f->c.registry, KIND_ENCLOSURE, e, false);
	}
	mgr_leave(g);
}

void managers_apply(struct fleet *f, const struct site_model *m)
{
	struct mgr **list = xcalloc(m->nmanagers + 1, sizeof(struct mgr *)), **gone, *g;
	size_t n = 0;

	for (size_t i = 0; (g = table_next(&f->managers, &i));) {
		g->wanted = false;
		for (size_t b = 0; b < g->nbays; b++)
			g->bays[b]->marked = false;
	}
	for (size_t i = 0; i < m->nmanagers; i++)
		list[i] = apply_one(f, m, &m->managers[i]);
	apply_bays(f, m, list);
	gone = xcalloc(f->managers.live + 1, sizeof(struct mgr *));
	for (size_t i = 0; (g = table_next(&f->managers, &i));) {
		drop_unmarked(f, g);
		if (!g->wanted)
			gone[n++] = g;
		mgr_arm(g);
	}
	for (size_t i = 0; i < n; i++)
		let_go(f, gone[i]);
	free(gone);
	free(list);
}

/* ---- the end ---- */

static void each(struct fleet *f, void (*what)(struct mgr *m))
{
	struct mgr *g;

	for (size_t i = 0; (g = table_next(&f->managers, &i));)
		what(g);
	for (g = f->managers_leaving; g; g = g->leaving_next)
		what(g);
}

static void stop(struct mgr *m)
{
	mgr_fail_queue(m, NULL);
	loop_timer_clear(m->timer);
	if (!m->ending)
		mgr_end_session(m, true);
}

static void end(struct mgr *m)
{
	if (!m->session)
		return;
	manager_abort(m->session);
	if (m->flying)
		mcall_answer(m->flying, mgr_unreachable(m, ""));
}

void managers_stop(struct fleet *f)
{
	each(f, stop);
}

void managers_end(struct fleet *f)
{
	each(f, end);
}

void managers_bury(struct fleet *f)
{
	struct mgr **at = &f->managers_leaving, *m;

	while ((m = *at)) {
		if (m->session) {
			at = &m->leaving_next;
			continue;
		}
		*at = m->leaving_next;
		mgr_free(m);
	}
}

/* With sessions that hang for good, those are left behind. */
void managers_free(struct fleet *f)
{
	struct mgr *m;

	for (size_t i = 0; (m = table_next(&f->managers, &i));)
		if (!m->session)
			mgr_free(m);
	managers_bury(f);
	table_free(&f->managers);
	table_free(&f->bays);
}

/* The old dialects are borrowed by workers that speak: they are called off, and waited for. An abort ends what runs at once; where
 * it does not, the caller is told to keep them. */
bool fleet_dialects(struct fleet *f, const struct dialects *d)
{
	int64_t until = clock_boot_ms() + LET_GO_MS;
	struct mgr *m;

	f->c.dialects = NULL;
	for (size_t i = 0; (m = table_next(&f->managers, &i));)
		mgr_change(m);
	for (m = f->managers_leaving; m; m = m->leaving_next)
		if (m->session)
			manager_abort(m->session);
	while (f->sessions && clock_boot_ms() < until)
		mailbox_wait(f->metal_mail, 20);
	if (f->sessions)
		log_warn("%d managers do not let go of their dialects; the old ones are left behind", f->sessions);
	f->c.dialects = d;
	for (size_t i = 0; (m = table_next(&f->managers, &i));)
		mgr_change(m);
	return !f->sessions;
}

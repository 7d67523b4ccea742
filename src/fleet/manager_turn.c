/* What a manager is asked next, and when: each of its dialect's asks has its own rhythm, and an ask of one bay has it for each bay
 * in which a blade is or may be. Called by manager_sup.c and metal.c. */
#include "fleet/metal.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

#define POLL_MIN_S 10  /* whatever the site file says */
#define STALE_POLLS 3
#define SELDOM 10      /* times as seldom is a bay asked on its own for what a list of all tells too */

/* Power is read by this one: the dialect says so of the ask of one bay, and what a list of all tells is seen from its answers. */
static bool tells_power(const struct mgr *m, size_t ask)
{
	return m->dialect->asks[ask].status || m->lists == ask + 1;
}

static int64_t period_ms(const struct mgr *m, size_t ask)
{
	const struct dialect_ask *a = &m->dialect->asks[ask];
	int s = a->every_s;

	if (tells_power(m, ask) && s > 0 && m->site.poll_s > 0)
		s = m->site.poll_s < POLL_MIN_S ? POLL_MIN_S : m->site.poll_s;
	if (a->status && a->per_bay && m->lists)
		s *= SELDOM;
	return s > 0 ? (int64_t)s * 1000 : 0;
}

/* How often power is read; 0: never by itself. */
static int64_t poll_ms(const struct mgr *m)
{
	int64_t best = 0, ms;

	for (size_t i = 0; i < m->nasks; i++)
		if (tells_power(m, i) && (ms = period_ms(m, i)) && (!best || ms < best))
			best = ms;
	return best;
}

int64_t turn_stale_ms(const struct mgr *m)
{
	int64_t ms = m->up_at ? poll_ms(m) : 0;

	return ms ? STALE_POLLS * ms : 0;
}

/* The ask that reads one bay's power soon; nasks: there is none. */
static size_t status_ask(const struct mgr *m)
{
	size_t i;

	if (m->dialect && m->dialect->status_ask >= 0 && (size_t)m->dialect->status_ask < m->nasks)
		return (size_t)m->dialect->status_ask;
	for (i = 0; i < m->nasks && !m->dialect->asks[i].status; i++)
		;
	return i;
}

static struct mslot *slot_of(const struct mgr *m, size_t ask, const struct bay *b)
{
	return m->dialect->asks[ask].per_bay && b ? &b->slots[ask] : &m->slots[ask];
}

static int64_t after(const struct mslot *s, int64_t gap)
{
	int64_t now = clock_boot_ms();

	return s->asked && s->asked + gap > now ? s->asked + gap : now;
}

static void hasten(struct mslot *s, int64_t at)
{
	if (!s->due || at < s->due)
		s->due = at;
}

static void begin_bay(struct mgr *m, struct bay *b, int64_t now)
{
	free(b->slots);
	b->slots = xcalloc(m->nasks + 1, sizeof(*b->slots));
	for (size_t i = 0; i < m->nasks; i++)
		if (m->dialect->asks[i].per_bay)
			b->slots[i].due = now + 2;
}

void turn_begin(struct mgr *m)
{
	int64_t now = clock_boot_ms();

	turn_end(m);
	m->nasks = m->dialect ? m->dialect->nasks : 0;
	m->slots = xcalloc(m->nasks + 1, sizeof(*m->slots));
	m->told = xcalloc(m->nasks + 1, sizeof(*m->told));
	for (size_t i = 0; i < m->nasks; i++) /* the list first: it says in which bays there is anything to be asked */
		if (!m->dialect->asks[i].per_bay)
			m->slots[i].due = now + (m->dialect->asks[i].status || !strcmp(m->dialect->asks[i].name, "list") ? 0 : 1);
	for (size_t i = 0; i < m->nbays; i++)
		begin_bay(m, m->bays[i], now);
}

void turn_bay(struct mgr *m, struct bay *b)
{
	if (m->up_at)
		begin_bay(m, b, clock_boot_ms());
}

void turn_end(struct mgr *m)
{
	for (size_t i = 0; m->told && i <= m->nasks; i++)
		sensors_free(&m->told[i]);
	free(m->told);
	free(m->slots);
	m->told = NULL;
	m->slots = NULL;
	m->nasks = m->lists = 0;
	for (size_t i = 0; i < m->nbays; i++) {
		free(m->bays[i]->slots);
		m->bays[i]->slots = NULL;
	}
}

/* When this one is due, watched blades counted in; 0: never. */
static int64_t due(const struct mgr *m, size_t ask, const struct bay *b)
{
	const struct mslot *s = b ? &b->slots[ask] : &m->slots[ask];
	int64_t at = s->due, soon = s->asked + m->f->c.manager_status_ms;

	if (b && !strcmp(b->blade->fitted, "no"))
		return 0;
	if ((b ? b->watches : m->watched) && ask == status_ask(m) && (!at || soon < at))
		at = soon;
	return at;
}

/* The earliest of all; 0: none. */
static int64_t earliest(const struct mgr *m, size_t *ask, struct bay **bay)
{
	int64_t best = 0, at;

	for (size_t i = 0; i < m->nasks; i++) {
		if (!m->dialect->asks[i].per_bay && (at = due(m, i, NULL)) && (!best || at < best)) {
			best = at;
			*ask = i;
			*bay = NULL;
		}
		for (size_t b = 0; m->dialect->asks[i].per_bay && b < m->nbays; b++)
			if ((at = due(m, i, m->bays[b])) && (!best || at < best)) {
				best = at;
				*ask = i;
				*bay = m->bays[b];
			}
	}
	return best;
}

bool turn_next(struct mgr *m, int64_t now, size_t *ask, struct bay **bay)
{
	int64_t at = earliest(m, ask, bay);

	return at && at <= now;
}

int64_t turn_at(const struct mgr *m)
{
	struct bay *b;
	size_t ask;

	return earliest(m, &ask, &b);
}

/* The first time after it came up, the next one comes sooner by chance, so that many do not go on in step. */
void turn_asked(struct mgr *m, size_t ask, struct bay *b, int64_t began)
{
	struct mslot *s = slot_of(m, ask, b);
	int64_t ms = period_ms(m, ask), now = clock_boot_ms();

	s->asked = began ? began : now;
	s->due = !ms ? 0 : s->round ? s->asked + ms : now + fleet_jitter((int)ms);
	s->round = true;
}

void turn_status(struct mgr *m, struct bay *b)
{
	size_t ask = status_ask(m);
	struct mslot *s;

	if (!m->up_at || ask == m->nasks)
		return;
	s = slot_of(m, ask, b);
	hasten(s, after(s, m->f->c.manager_status_ms));
}

void turn_moved(struct mgr *m, struct bay *b)
{
	int64_t gap = 5 * (int64_t)m->f->c.manager_status_ms;

	for (size_t i = 0; i < m->nasks; i++) {
		const struct dialect_ask *a = &m->dialect->asks[i];
		struct mslot *s = slot_of(m, i, b);

		if (!a->status && s->asked)
			hasten(s, after(s, gap));
		else if (a->per_bay && a->status && !strcmp(b->blade->fitted, "yes") && !b->read_at)
			hasten(s, clock_boot_ms());
	}
}

void turn_all(struct mgr *m)
{
	int64_t now = clock_boot_ms();

	for (size_t i = 0; i < m->nasks; i++) {
		if (!m->dialect->asks[i].per_bay)
			hasten(&m->slots[i], now);
		for (size_t b = 0; m->dialect->asks[i].per_bay && b < m->nbays; b++)
			hasten(&m->bays[b]->slots[i], now);
	}
}

/* What managers tell, brought to the registry: enclosures, bays, blades. Only what moved is told on. Called by manager_sup.c. */
#include "fleet/metal.h"
#include "fleet/vms.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A text that was told; one that was not leaves what is known. */
static bool told_str(istr *slot, const char *s)
{
	return s && *s && intern_change(slot, s);
}

static void changed(struct bay *b, bool gen)
{
	registry_changed(b->m->f->c.registry, KIND_BLADE, b->blade, gen);
}

void metal_keep(struct bay *b)
{
	if (b->host)
		keep_host(b->m->f, b->host);
}

static void tell(struct bay *b, const struct msg *m)
{
	fleet_tell(b->m->f, &(struct fleet_news){ .kind = NEWS_ALERT, .blade = b->blade, .msg = m });
}

/* ---- the manager's own state ---- */

void metal_words(struct mgr *m)
{
	free(m->words);
	m->words = m->session && !m->flying ? manager_words(m->session) : NULL;
	for (size_t i = 0; i < m->site.naddresses && i < MANAGER_ADDRESSES_MAX; i++)
		m->seen[i] = m->words ? manager_seen(m->session, i) : NULL;
	if (m->enclosure && m->words)
		intern_change(&m->enclosure->managers, m->words);
}

/* Shows a state; retry_ms: from now, -1 none. */
void metal_state(struct mgr *m, enum manager_state state, const struct msg *why, int64_t retry_ms)
{
	enum manager_state was = m->state;
	struct enclosure *e = m->enclosure;
	struct msg keep = { 0 };

	if (why && why->id)
		msg_copy(&keep, why);
	if (m->why.id)
		msg_free(&m->why);
	m->why = keep;
	m->state = state;
	if (e) {
		e->manager = state;
		intern_change(&e->manager_why, keep.text);
		intern_change(&e->manager_why_id, keep.id);
		e->manager_seen = m->answered;
		e->manager_retry = retry_ms >= 0 ? clock_wall_s() + (retry_ms + 999) / 1000 : 0;
		if (m->dialect)
			intern_change(&e->dialect, m->dialect->name);
		registry_changed(m->f->c.registry, KIND_ENCLOSURE, e, false);
		enclosure_alert(m);
	}
	if (was == state)
		return;
	for (size_t i = 0; i < m->nbays; i++) {
		struct bay *b = m->bays[i];

		b->blade->manager = state;
		changed(b, false);
		if (b->tell_managers)
			bay_alert(b);
	}
	fleet_tell(m->f, &(struct fleet_news){ .kind = NEWS_MANAGER, .enclosure = e,
					       .blade = !e && m->nbays ? m->bays[0]->blade : NULL });
}

/* ---- readings that are no longer of now ---- */

/* Power is what was last known. */
static void not_live(struct bay *b)
{
	struct blade *bl = b->blade;

	if (b->read_at && bl->power_live)
		bl->power_seen = clock_wall_s() - (clock_boot_ms() - b->read_at) / 1000;
	b->read_at = b->on_at = b->off_at = 0;
	if (!bl->power_live)
		return;
	bl->power_live = false;
	changed(b, false);
	metal_keep(b);
	if (b->host)
		host_power(b->host);
	bay_alert(b);
}

void metal_stale(struct bay *b)
{
	not_live(b);
}

void metal_down(struct mgr *m)
{
	for (size_t i = 0; i < m->nbays; i++) {
		struct bay *b = m->bays[i];

		b->seen = false;
		intern_set(&b->told_serial, "");
		not_live(b);
		identity_review(b);
	}
}

void bay_clear(struct fleet *f, struct blade *bl)
{
	bl->manager = MANAGER_NONE;
	bl->power = POWER_UNKNOWN;
	bl->power_live = false;
	bl->power_seen = bl->power_since = 0;
	bl->health = HEALTH_UNKNOWN;
	for (istr *const *s = (istr *const[]){ &bl->fitted, &bl->locate, &bl->named, &bl->bay_model, &bl->bay_serial, &bl->firmware,
					       &bl->identity, NULL }; *s; s++)
		intern_set(*s, "");
	registry_changed(f->c.registry, KIND_BLADE, bl, true);
}

/* ---- one bay ---- */

/* A blade went, came, or is another than before. Not told of what is only new to us. */
static void tell_thing(struct bay *b, const char *id, const char *serial)
{
	const char *name = *b->blade->name ? b->blade->name : b->blade->bay;
	struct msg m;

	msg_make(&m, id, "{s:s, s:s, s:s, s:s}", "name", name, "bay", b->blade->bay, "enclosure", b->m->name, "serial", serial);
	tell(b, &m);
	msg_free(&m);
}

static bool take_fitted(struct bay *b, const struct bay_facts *t)
{
	struct blade *bl = b->blade;
	bool was_in = !strcmp(bl->fitted, "yes"), was_out = !strcmp(bl->fitted, "no");
	int fitted = t->fitted < 0 && t->power_told && t->power != POWER_UNKNOWN && !*bl->fitted ? 1 : t->fitted;
	char *serial;

	if (fitted < 0 || !intern_change(&bl->fitted, fitted ? "yes" : "no"))
		return false;
	serial = xstrdup(bl->bay_serial);
	if (!fitted) {
		for (istr *const *s = (istr *const[]){ &bl->named, &bl->bay_model, &bl->bay_serial, &bl->firmware, &bl->locate,
						       &b->told_serial, NULL }; *s; s++)
			intern_set(*s, "");
		bl->health = HEALTH_UNKNOWN;
		if (was_in && !b->exempt)
			tell_thing(b, "blade.pulled", serial);
	} else if (was_out) {
		tell_thing(b, "blade.put", t->serial ? identity_serial(t->serial) : "");
	}
	free(serial);
	return true;
}

static bool take_serial(struct bay *b, const char *told)
{
	const char *serial = identity_serial(told ? told : "");
	struct blade *bl = b->blade;
	bool moved;

	if (!*serial)
		return false;
	intern_set(&b->told_serial, serial);
	moved = *bl->bay_serial && !identity_same(bl->bay_serial, serial);
	if (!intern_change(&bl->bay_serial, serial))
		return false;
	if (moved)
		tell_thing(b, "blade.swapped", serial);
	return true;
}

static void read_power(struct bay *b, enum power_state power, int64_t asked)
{
	struct blade *bl = b->blade;
	bool was_live = bl->power_live;

	if (bl->power != power) {
		/* it was watched while it moved, or nobody knows when it did */
		bl->power_since = was_live && power != POWER_UNKNOWN ? clock_wall_s() : 0;
		bl->power = power;
	}
	bl->power_live = power != POWER_UNKNOWN;
	if (!was_live && bl->power_live) {
		bl->power_seen = clock_wall_s();
		b->live_at = clock_boot_ms();
	}
	b->read_at = bl->power_live ? asked : 0;
	if (power != POWER_ON)
		b->on_at = 0;
	else if (!b->on_at)
		b->on_at = clock_boot_ms();
	if (power != POWER_OFF) {
		b->off_at = 0;
	} else if (!b->off_at) {
		b->off_at = clock_boot_ms();
		b->off_serial = b->host ? b->host->serial : 0;
	}
}

static bool take_health(struct blade *bl, const struct bay_facts *t)
{
	if (!t->health_told || bl->health == t->health)
		return false;
	bl->health = t->health;
	return true;
}

bool bay_unread(const struct bay *b)
{
	return *b->blade->bay_serial && !*b->told_serial;
}

static void take_bay(struct bay *b, const struct bay_facts *t, int64_t asked)
{
	struct blade *bl = b->blade;
	enum power_state was = bl->power, now = t->power_told ? t->power : was;
	bool was_live = bl->power_live, told = t->power_told && now != POWER_UNKNOWN, gen, moved, thing;

	b->seen = true;
	thing = take_fitted(b, t);
	if (!strcmp(bl->fitted, "no") && (!t->power_told || now == POWER_UNKNOWN))
		now = POWER_UNKNOWN; /* nothing is there to be on or off */
	thing |= take_serial(b, t->serial);
	moved = told_str(&bl->named, t->name);
	moved |= told_str(&bl->bay_model, t->model);
	moved |= told_str(&bl->firmware, t->firmware);
	moved |= take_health(bl, t);
	if (t->locate >= 0)
		moved |= intern_change(&bl->locate, t->locate ? "on" : "off");
	if (t->power_told || now != was)
		read_power(b, now, asked);
	gen = thing || was != bl->power;
	moved |= was_live != bl->power_live;
	if (gen)
		turn_moved(b->m, b);
	if (gen || moved) {
		changed(b, gen);
		metal_keep(b);
	}
	if (thing || t->serial)
		identity_review(b);
	if (b->host && (was != bl->power || was_live != bl->power_live))
		host_power(b->host);
	if (gen || moved)
		bay_alert(b);
	if (told)
		fleet_tell(b->m->f, &(struct fleet_news){ .kind = NEWS_BLADE, .blade = bl, .power_was = was, .asked = asked,
						       .unread = bay_unread(b) });
}

/* Leading zeros say nothing: "01" is "1". */
static const char *bare(const char *bay)
{
	while (*bay == '0' && bay[1])
		bay++;
	return bay;
}

/* The same name may stand twice while a blade that left the site file is still busy there. */
static bool same_bay(const char *a, const char *b)
{
	return !strcasecmp(bare(a), bare(b));
}

/* It tells of "1" and of "01": which one is meant, nobody knows. */
static bool told_twice(const struct metal *told, size_t at)
{
	for (size_t i = 0; i < told->nbays; i++)
		if (i != at && same_bay(told->bays[i].bay, told->bays[at].bay))
			return true;
	return false;
}

static void take_bays(struct mgr *m, const struct metal *told, int64_t asked)
{
	for (size_t i = 0; i < told->nbays; i++) {
		if (told_twice(told, i))
			continue;
		for (size_t k = 0; k < m->nbays; k++)
			if (same_bay(m->bays[k]->name, told->bays[i].bay) ||
			    (m->dialect->single && m->nbays == 1 && told->nbays == 1))
				take_bay(m->bays[k], &told->bays[i], asked);
	}
}

void metal_told(struct mgr *m, size_t ask, struct metal *told, int64_t asked)
{
	struct enclosure *e = m->enclosure;
	bool moved = false;

	for (size_t i = 0; ask < m->nasks && !m->dialect->asks[ask].per_bay && i < told->nbays; i++)
		if (told->bays[i].power_told && told->bays[i].power != POWER_UNKNOWN)
			m->lists = ask + 1;
	take_bays(m, told, asked);
	sensors_take(m, ask, told);
	if (told->health_told)
		m->health = told->health;
	if (!e)
		return;
	moved |= told_str(&e->title, told->title);
	moved |= told_str(&e->model, told->model);
	moved |= told_str(&e->serial, told->serial ? identity_serial(told->serial) : NULL);
	moved |= told_str(&e->firmware, told->firmware);
	moved |= sensors_show(m);
	if (moved)
		registry_changed(m->f->c.registry, KIND_ENCLOSURE, e, false);
}

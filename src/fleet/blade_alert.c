/* What contradicts on a blade between its manager, its host and the site file; and what is wrong with an enclosure's managers. Spare
 * blades and those that their owner drives never alarm. Called by metal.c, identity.c, listing.c and host_power.c. */
#include "fleet/metal.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

static const char *const state_alerts[MANAGER_STATE_COUNT] = { [MANAGER_SILENT] = "manager.alert.silent",
	[MANAGER_DENIED] = "manager.alert.denied", [MANAGER_BUSY] = "manager.alert.busy" };

/* A blade that is on may take so long until its host answers. */
static int64_t boot_ms(const struct bay *b)
{
	return 2 * (int64_t)b->m->f->c.backoff_max_ms;
}

static bool reads(const struct bay *b, enum power_state p)
{
	return b->blade->power_live && b->blade->power == p;
}

/* It was tried, and did not answer. */
static bool unreachable(const struct sup *s)
{
	return *s->uri && !s->live && s->failures > 0 && s->state != HOST_UP && s->state != HOST_STALE;
}

static bool on_and_silent(const struct bay *b)
{
	const struct sup *s = b->host;
	int64_t since = b->blade->power_since;

	if (!s || !reads(b, POWER_ON) || !unreachable(s))
		return false;
	/* on for long, as was known before: no boot is waited for, one try more is */
	if (since && clock_wall_s() - since > b->m->f->c.backoff_max_ms / 1000 && s->failures > 1)
		return true;
	return b->on_at && clock_boot_ms() - b->on_at >= boot_ms(b);
}

/* The host answered after its manager had said off. */
static bool off_and_there(const struct bay *b)
{
	const struct sup *s = b->host;

	return s && reads(b, POWER_OFF) && s->live && s->listed && b->off_at && s->listed_serial != b->off_serial;
}

static bool empty(const struct bay *b)
{
	return !strcmp(b->blade->fitted, "no");
}

static void unknown_blade(const struct bay *b, struct msg *out)
{
	if (!strcmp(b->blade->fitted, "yes") && b->seen)
		msg_make(out, "blade.alert.unknown", "{s:s, s:s, s:s}", "bay", b->blade->bay, "enclosure", b->m->name, "serial",
			 *b->blade->bay_serial ? b->blade->bay_serial : "?");
}

void blade_alert(const struct bay *b, struct msg *out)
{
	const struct blade *bl = b->blade;

	if (!*bl->name) {
		unknown_blade(b, out);
		return;
	}
	if (b->exempt)
		return;
	if (off_and_there(b))
		msg_make(out, "blade.alert.off", "{s:s}", "name", bl->name);
	else if (reads(b, POWER_OFF) && bl->running > 0 && b->host && !b->host->live)
		msg_make(out, "blade.alert.vms", "{s:s}", "name", bl->name);
	else if (!strcmp(bl->identity, "differs"))
		msg_make(out, "blade.alert.identity", "{s:s, s:s, s:s}", "name", bl->name, "serial",
			 *b->told_serial ? b->told_serial : "?", "other", identity_other(b));
	else if (on_and_silent(b))
		msg_make(out, "blade.alert.on", "{s:s}", "name", bl->name);
	else if (empty(b))
		msg_make(out, "blade.alert.empty", "{s:s, s:s, s:s}", "name", bl->name, "bay", bl->bay, "enclosure", b->m->name);
	else if (bl->health == HEALTH_FAILED)
		msg_make(out, "blade.alert.health", "{s:s}", "name", bl->name);
	else if (b->tell_managers && state_alerts[b->m->state])
		msg_make(out, state_alerts[b->m->state], "{s:s}", "name", bl->name);
}

int64_t alert_at(const struct bay *b)
{
	const struct sup *s = b->host;

	if (b->exempt || !s || !b->on_at || !reads(b, POWER_ON) || !unreachable(s) || *b->blade->alert)
		return 0;
	return b->on_at + boot_ms(b);
}

void bay_alert(struct bay *b)
{
	struct blade *bl = b->blade;
	struct msg m = { 0 };

	if (b->host) {
		sup_alert(b->host); /* what else is wrong with it goes first */
		return;
	}
	blade_alert(b, &m);
	if (strcmp(bl->alert, m.text ? m.text : "") != 0) {
		intern_set(&bl->alert, m.text ? m.text : "");
		intern_set(&bl->alert_id, m.id ? m.id : "");
		registry_changed(b->m->f->c.registry, KIND_BLADE, bl, false);
		if (m.text)
			fleet_tell(b->m->f, &(struct fleet_news){ .kind = NEWS_ALERT, .blade = bl, .msg = &m });
	}
	msg_free(&m);
}

/* ---- enclosures ---- */

static bool is_seen(const struct mgr *m, const char *word)
{
	for (size_t i = 0; i < MANAGER_ADDRESSES_MAX; i++)
		if (m->seen[i] && !strcmp(m->seen[i], word))
			return true;
	return false;
}

/* Two addresses, and the second one does not stand by, as far as was seen. */
static bool standby_missing(const struct mgr *m)
{
	return m->state == MANAGER_UP && m->site.naddresses > 1 && is_seen(m, "active") && !is_seen(m, "standby") &&
	       !is_seen(m, "unknown") && !is_seen(m, "not asked");
}

void enclosure_alert(struct mgr *m)
{
	struct enclosure *e = m->enclosure;
	struct msg a = { 0 };

	if (state_alerts[m->state])
		msg_make(&a, state_alerts[m->state], "{s:s}", "name", m->name);
	else if (standby_missing(m))
		msg_make(&a, "manager.alert.standby", "{s:s, s:s}", "name", m->name, "managers", m->words);
	else if (e->health == HEALTH_FAILED && *e->wrong)
		msg_make(&a, "enclosure.alert.wrong", "{s:s, s:s}", "name", m->name, "wrong", e->wrong);
	else if (e->health == HEALTH_FAILED)
		msg_make(&a, "enclosure.alert.health", "{s:s}", "name", m->name);
	if (strcmp(e->alert, a.text ? a.text : "") != 0) {
		intern_set(&e->alert, a.text ? a.text : "");
		intern_set(&e->alert_id, a.id ? a.id : "");
		registry_changed(m->f->c.registry, KIND_ENCLOSURE, e, false);
		if (a.text)
			fleet_tell(m->f, &(struct fleet_news){ .kind = NEWS_ALERT, .enclosure = e, .msg = &a });
	}
	msg_free(&a);
}

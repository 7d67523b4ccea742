/* What the rooms above ask of blades: what can be done, orders, watches, marks, and the details of a manager. */
#include "fleet/metal.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

enum host_outcome fleet_blade_can(const struct fleet *f, const struct blade *b, enum verb v, const char **why, const char **dialect)
{
	const struct bay *bay = bay_of(f, b);
	const struct mgr *m = bay ? bay->m : NULL;

	*why = NULL;
	*dialect = m && m->dialect ? m->dialect->name : "";
	if (!m)
		*why = "blade.manager.none";
	else if (!m->up_at || m->state != MANAGER_UP)
		*why = "blade.manager.silent";
	else if (!m->dialect->verbs[v].there)
		*why = "dialect.cannot";
	else if (v != VERB_POWER_ON && v != VERB_LOCATE && v != VERB_LOCATE_OFF && bay_unread(bay))
		*why = "blade.manager.unread"; /* what stood there before its session began may not stand there now */
	if (*why)
		return OUTCOME_NO;
	return v == VERB_POWER_ON || v == VERB_SHUTDOWN || v == VERB_POWER_OFF ? OUTCOME_STATE : OUTCOME_UNSEEN;
}

int64_t fleet_blade_within_ms(const struct fleet *f, const struct blade *b, enum verb v)
{
	const struct bay *bay = bay_of(f, b);
	const struct mgr *m = bay ? bay->m : NULL;

	return m && m->dialect && m->dialect->verbs[v].there ? (int64_t)m->dialect->verbs[v].within_s * 1000 : 0;
}

static bool is_full(const struct mgr *m)
{
	int n = 0;

	for (const struct mcall *c = m->queue; c; c = c->next)
		n++;
	return n >= WAITING_MAX;
}

void fleet_blade_act(struct fleet *f, const struct blade *b, enum verb v, const struct fleet_act *a)
{
	struct bay *bay = bay_of(f, b);
	struct mgr *m = bay ? bay->m : NULL;
	const char *why, *dialect, *name = *b->name ? b->name : b->bay;
	struct mcall **at, *c;

	if (!m) { /* nobody to hold the answer until the end of this turn but a host's way */
		struct call *none = call_new(CALL_ACT, NULL, 0);

		none->act = *a;
		none->owed = true;
		fleet_fail_later(f, none, err_new(ERR_UNSUPPORTED, "blade.manager.none", "{s:s, s:s}", "name", name, "dialect", ""));
		return;
	}
	c = mcall_new(m, MCALL_ACT, mgr_limit(m, MCALL_ACT, m->dialect ? m->dialect->verbs[v].steps.n : 0));
	c->verb = v;
	c->act = *a;
	c->owed = true;
	intern_set(&c->blade, b->id);
	memcpy(c->bay, bay->name, sizeof(c->bay));
	if (fleet_blade_can(f, b, v, &why, &dialect) == OUTCOME_NO || f->stopping) {
		mcall_answer_later(c, err_new(why && !strcmp(why, "dialect.cannot") ? ERR_UNSUPPORTED : ERR_UNREACHABLE,
					      why ? why : "blade.manager.silent", "{s:s, s:s}", "name", name, "dialect", dialect));
		return;
	}
	if (is_full(m)) {
		mcall_answer_later(c, err_new(ERR_STATE, "fleet.manager.full", "{s:s}", "name", m->name));
		return;
	}
	c->wait_until = clock_boot_ms() + 2 * (int64_t)c->limit_ms * WAITING_MAX / 8;
	for (at = &m->queue; *at; at = &(*at)->next)
		;
	*at = c;
	mgr_pump(m);
	mgr_arm(m);
}

bool fleet_blade_withdraw(struct fleet *f, const struct blade *b, const void *act_ctx)
{
	struct bay *bay = bay_of(f, b);

	return bay && mgr_withdraw(bay->m, act_ctx);
}

static struct bay *bay_named(const struct fleet *f, const char *blade)
{
	const struct sup *s = sup_find(f, blade);

	return s ? s->bay : NULL;
}

void fleet_blade_watch(struct fleet *f, const char *blade, bool on)
{
	struct sup *s = sup_find(f, blade);
	struct bay *b = s ? s->bay : NULL;

	if (!s || (!on && !s->bay_watches))
		return;
	s->bay_watches += on ? 1 : -1;
	if (!b)
		return;
	b->watches += on ? 1 : -1;
	b->m->watched += on ? 1 : -1;
	mgr_pump(b->m);
	mgr_arm(b->m);
}

int64_t fleet_blade_steady_ms(const struct fleet *f, const char *blade)
{
	const struct bay *b = bay_named(f, blade);

	return b && b->m->up_at && b->blade->power_live ? clock_boot_ms() - b->live_at : -1;
}

void fleet_mark_blade(struct fleet *f, struct blade *b, const char *job, const char *verb, const char *by)
{
	intern_set(&b->job, job);
	intern_set(&b->doing, verb);
	intern_set(&b->by, by);
	registry_changed(f->c.registry, KIND_BLADE, b, false);
}

void fleet_metal_refresh(struct fleet *f, enum kind k, const void *object)
{
	struct mgr *m = mgr_of(f, k, object);
	struct bay *b = k == KIND_BLADE ? bay_of(f, object) : NULL;

	if (!m && b)
		m = b->m;
	if (m && !f->stopping)
		mgr_refresh(m);
}

/* ---- details ---- */

static json_t *managers(const struct mgr *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->site.naddresses; i++) {
		const char *word = i < MANAGER_ADDRESSES_MAX && m->seen[i] ? m->seen[i] : "";
		bool active = !strcmp(word, "active") || m->site.naddresses == 1, standby = !strcmp(word, "standby");

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "address", m->site.addresses[i],
			"role", active ? "active" : standby ? "standby" : "unknown",
			"state", active || m->state != MANAGER_UP ? manager_state_name(m->state) : standby ? "up" : "none",
			"why", m->state != MANAGER_UP ? (m->why.text ? m->why.text : "") : active || standby ? "" : word));
	}
	return list;
}

static json_t *sensors(const struct mgr *m)
{
	static const char *const kinds[SENSOR_KIND_COUNT] = { [SENSOR_POWER] = "power", [SENSOR_FAN] = "fan",
		[SENSOR_TEMPERATURE] = "temperature", [SENSOR_MANAGER] = "manager", [SENSOR_OTHER] = "other" };
	json_t *list = json_array();

	for (size_t a = 0; m->told && a <= m->nasks; a++)
		for (size_t i = 0; i < m->told[a].n; i++) {
			struct sensor s;

			if (sensors_one(m, a, i, &s))
				json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "kind",
					s.kind < SENSOR_KIND_COUNT ? kinds[s.kind] : "other", "name", s.name, "value", s.value, "health",
					health_name(s.health), "absent", (int)s.absent));
		}
	return list;
}

json_t *fleet_metal_detail(const struct fleet *f, enum kind k, const void *object)
{
	const struct mgr *m = mgr_of(f, k, object);
	struct manager_counts n = { 0 };

	if (!m)
		return NULL;
	if (m->session && !m->flying)
		n = manager_count(m->session);
	else
		n = m->counted;
	return json_pack("{s:o, s:s, s:s, s:o, s:I, s:I}", "managers", managers(m), "dialect",
			 m->dialect ? m->dialect->name : m->site.dialect, "title", m->dialect ? m->dialect->title : "",
			 "sensors", sensors(m), "sessions", (json_int_t)(m->sessions + n.sessions),
			 "commands", (json_int_t)(m->commands + n.commands));
}

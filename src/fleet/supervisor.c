/* Owns supervisors: made for each blade of the site (and of the cache), given an address, let go, freed. Called by apply.c
 * and fleet.c; what happens in between is state.c's. */
#include "fleet/machine.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

bool sup_many(const struct sup *s)
{
	return s->f->hosts.live > (size_t)s->f->c.rough_above;
}

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
	s->told_serial = intern("");
	s->told_uuid = intern("");
	s->kept_last = &s->kept;
	s->timer = loop_timer_new(f->c.loop, deadline_tick, s);
	table_put(&f->hosts, s->name, s);
	return s;
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
	b->power = from->power;
	b->power_seen = from->power_seen;
	b->power_since = from->power_since;
	b->health = from->health;
	intern_set(&b->fitted, from->fitted);
	intern_set(&b->named, from->named);
	intern_set(&b->bay_model, from->bay_model);
	intern_set(&b->bay_serial, from->bay_serial);
	intern_set(&b->firmware, from->firmware);
	s->known = b->seen > 0;
	object_free(KIND_BLADE, from);
	s->cached = NULL;
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
	for (enum lane lane = LANE_LONG; lane < LANE_COUNT; lane++)
		if (s->conn[lane])
			sup_lose(s->conn[lane], NULL);
	if (s->conn[LANE_SHORT]) {
		struct msg why;

		msg_make(&why, "fleet.moved", "{s:s}", "host", s->name);
		sup_lose(s->conn[LANE_SHORT], &why);
		msg_free(&why);
	} else if (*uri && host_is_off(s)) {
		host_off_state(s);
	} else if (*uri) {
		sup_connect(s);
	} else {
		sup_state(s, HOST_NONE, NULL, 0);
	}
	deadline_arm(s);
}

void sup_refresh(struct sup *s)
{
	struct conn *c = s->conn[LANE_SHORT];

	if (s->bay) {
		turn_status(s->bay->m, s->bay);
		mgr_pump(s->bay->m);
		mgr_arm(s->bay->m);
	}
	if (s->listed && c && !c->lost)
		sup_list(s, false);
	else if (host_is_off(s))
		return; /* its manager is asked; when that says on, the host is */
	else if (!c && *s->uri)
		sup_connect(s);
	else if (c && c->lost)
		s->at_once = true;
}

static void end_conns(struct sup *s)
{
	struct conn *c;

	for (enum lane lane = 0; lane < LANE_COUNT; lane++) {
		lane_fail(s, lane, NULL);
		if ((c = s->conn[lane]) && !c->lost)
			sup_lose(c, NULL);
		else if (c)
			conn_abort(c);
	}
}

void sup_leave(struct sup *s)
{
	struct fleet *f = s->f;
	struct blade *b = s->blade;

	listing_forget_uuid(s);
	s->held = false; /* it is not to be tried again */
	if (b)
		bay_drop(f, b);
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
			call_answer(s->conn[lane]->flying, sup_unreachable(s));
}

bool sup_connected(const struct sup *s)
{
	for (enum lane lane = 0; lane < LANE_COUNT; lane++)
		if (s->conn[lane])
			return true;
	return false;
}

void sup_free(struct sup *s)
{
	sup_forget_events(s);
	loop_timer_free(s->timer);
	if (s->cached)
		object_free(KIND_BLADE, s->cached);
	free(s->looks);
	intern_free(s->name);
	intern_free(s->uri);
	intern_free(s->key_file);
	intern_free(s->known_hosts);
	intern_free(s->uuid_was);
	intern_free(s->told_serial);
	intern_free(s->told_uuid);
	pair_free(s->pair);
	pair_free(s->pair_was);
	free(s);
}

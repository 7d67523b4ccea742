/* The world of test_fleet_metal_help.h. */
#include "test_fleet_metal_help.h"

#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct world the_world;
struct world *w = &the_world;

int metal_setup(void **state)
{
	world_new(w, 16);
	fm_reset();
	fm_manager("m1");
	w->config.manager_ms = 75 + 25 * patience();
	w->config.manager_status_ms = 50;
	w->config.dialects = fm_dialects;
	return 0;
}

int metal_teardown(void **state)
{
	fm_unstick();
	world_free(w);
	return 0;
}

void metal_manager(struct site_model *m, int enclosure, const char *address, const char *dialect)
{
	struct site_manager *g;

	m->managers = xrealloc(m->managers, (m->nmanagers + 1) * sizeof(*m->managers));
	g = &m->managers[m->nmanagers];
	*g = (struct site_manager){ .enclosure = enclosure, .blade = -1, .dialect = xstrdup(dialect), .naddresses = 1,
		.user = xstrdup("u"), .key_file = xstrdup(""), .known_hosts = xstrdup(""), .password_file = xstrdup(""),
		.password = xstrdup(""), .ciphers = xstrdup("") };
	g->addresses = xcalloc(2, sizeof(char *));
	g->addresses[0] = xstrdup(address);
	m->enclosures[enclosure].manager = (int)m->nmanagers;
	for (size_t i = 0; i < m->nblades; i++)
		if (m->blades[i].enclosure == enclosure)
			m->blades[i].manager = (int)m->nmanagers;
	m->nmanagers++;
}

struct site_model *metal_site(int blades, int extra, const char *dialect)
{
	struct site_model *m = world_site(blades, extra);

	metal_manager(m, 0, "m1", dialect);
	return m;
}

static void set(char **slot, const char *s)
{
	free(*slot);
	*slot = xstrdup(s);
}

void metal_no_host(struct site_model *m, int blade, bool spare, const char *owner)
{
	set(&m->blades[blade - 1].uri, "");
	set(&m->blades[blade - 1].owner, owner);
	m->blades[blade - 1].spare = spare;
}

void metal_start(int blades, int extra, const char *dialect)
{
	site_free(w->model);
	w->model = metal_site(blades, extra, dialect);
	world_start(w);
}

struct enclosure *metal_enclosure(void)
{
	return registry_find(w->reg, KIND_ENCLOSURE, "enclosure:E1");
}

struct blade *metal_bay_blade(const char *id)
{
	return registry_find(w->reg, KIND_BLADE, id);
}

bool metal_is(const char *blade, enum power_state p)
{
	const struct blade *b = world_blade(w, blade);

	return b && b->power_live && b->power == p;
}

int metal_alerts(const char *id)
{
	int n = 0;

	for (int i = 0; i < w->ntold; i++)
		n += w->told[i].kind == NEWS_ALERT && !strcmp(w->told[i].msg, id);
	return n;
}

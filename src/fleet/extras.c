/* What VMs are reached by and lie on: MAC addresses, addresses, volumes of the site. Asked of one host after the other, so that a
 * site that comes up is known no later for it, of all its VMs in one go: each VM by itself costs three times as much. Nothing is
 * asked while nothing moves. */
#include "fleet/stats.h"

#include "common/clock.h"
#include "fleet/machine.h"

#include <stdio.h>
#include <string.h>

#define SPREAD_MS 30   /* for each host of the site, until the VMs of one are asked about */
#define SPREAD_MAX 60000
#define ONE_GO 256     /* VMs asked about in one call; fewer where that takes long */
#define GAP_MS 200     /* until the rest of them */
#define AGAIN_MS 3000  /* while its whole list is still to come, or other work waits */
#define YIELD_MAX 120000
#define VOLUMES_MAX 512 /* bytes of their names */

static int for_each_host(const struct fleet *f, int ms, int least, int most)
{
	size_t n = f->hosts.live > 100000 ? 100000 : f->hosts.live;
	long all = least + (long)n * ms;

	return all > most ? most : (int)all;
}

static void sooner(struct sup *s, int64_t at)
{
	if (!s->extras_at || at < s->extras_at)
		s->extras_at = at;
}

void extras_up(struct sup *s)
{
	for (struct place *p = s->places; p; p = p->on_next)
		p->extra_wanted = true;
	s->extra_due = false;
	s->extras_at = s->places ? clock_boot_ms() + fleet_jitter(for_each_host(s->f, SPREAD_MS, 400, SPREAD_MAX)) : 0;
}

void extras_again(struct fleet *f)
{
	struct sup *s;

	for (size_t i = 0; (s = table_next(&f->hosts, &i));)
		if (s->listed) {
			extras_up(s);
			deadline_arm(s);
		}
}

void extras_want(struct sup *s, struct place *p, int ms)
{
	p->extra_wanted = true;
	sooner(s, clock_boot_ms() + ms);
	deadline_arm(s);
}

void extras_due(struct sup *s)
{
	s->extras_at = 0;
	if (s->rough || sup_yields(s, YIELD_MAX)) {
		sooner(s, clock_boot_ms() + fleet_jitter(AGAIN_MS));
		return;
	}
	s->extra_due = true;
	lane_pump(s, LANE_SHORT);
}

void extras_send(struct sup *s)
{
	struct call *c = call_new(CALL_EXTRA, NULL, s->f->c.short_ms);

	s->extra_due = false;
	c->uuids = xcalloc(ONE_GO, sizeof(*c->uuids));
	for (struct place *p = s->places; p && c->nextras < ONE_GO; p = p->on_next) {
		if (!p->extra_wanted)
			continue;
		p->extra_wanted = false;
		memcpy(c->uuids[c->nextras++], p->of->uuid, HOST_UUID_LEN);
	}
	if (!c->nextras) {
		call_free(c);
		return;
	}
	c->extras = xcalloc(c->nextras, sizeof(*c->extras));
	conn_call(s->conn[LANE_SHORT], c, TURN_CALL);
}

static bool set(istr *slot, const char *text)
{
	/* A VM that is off, or whose lease ran out, was reached by what it was reached by. */
	return *text && intern_change(slot, text);
}

/* Names of the site's volumes that these disks lie on, each once, in the order of the disks. */
static void volumes(const struct sup *s, const struct host_extra *x, char *out, size_t size)
{
	const char *seen[16];
	size_t n = 0, len = 0;

	out[0] = '\0';
	for (size_t i = 0; s->f->model && i < x->ndisks && n < 16; i++) {
		const struct site_volume *v = site_volume_of(s->f->model, x->disks[i], s->blade->cluster);
		size_t k = 0;

		while (v && k < n && seen[k] != v->name)
			k++;
		if (!v || k < n || len + strlen(v->name) + 2 > size)
			continue;
		seen[n++] = v->name;
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? "," : "", v->name);
	}
}

static void more(struct sup *s)
{
	for (const struct place *p = s->places; p; p = p->on_next)
		if (p->extra_wanted) {
			sooner(s, clock_boot_ms() + fleet_jitter(GAP_MS));
			return;
		}
}

static void take(struct sup *s, const char *uuid, const struct host_extra *x)
{
	struct place *p = vms_place(s->f, s, uuid);
	struct vm *vm = p ? p->of->vm : NULL;
	bool moved = false;
	char on[VOLUMES_MAX];

	if (!vm || vm->blade != s->name || !x->macs)
		return;
	moved |= set(&vm->macs, x->macs);
	moved |= set(&vm->addresses, x->addresses);
	volumes(s, x, on, sizeof on);
	moved |= strcmp(vm->volumes, on) != 0;
	intern_set(&vm->volumes, on);
	if (moved)
		registry_changed(s->f->c.registry, KIND_VM, vm, false);
}

void extras_returned(struct sup *s, const struct call *c)
{
	for (size_t i = 0; i < c->asked; i++)
		take(s, c->uuids[i], &c->extras[i]);
	for (size_t i = c->asked; i < c->nextras; i++) {
		struct place *p = vms_place(s->f, s, c->uuids[i]);

		if (p)
			p->extra_wanted = true;
	}
	more(s);
}

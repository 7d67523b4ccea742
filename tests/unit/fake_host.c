/* The scripted machines of fake_host.h. Called from workers and from the test's own thread. */
#include "fake_inside.h"

#include "common/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MACHINES 6000

pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static struct machine *machines[MACHINES];
static int nmachines, live_all;
static bool unstuck;

struct machine *fake_find(const char *name)
{
	for (int i = 0; i < nmachines; i++)
		if (!strcmp(machines[i]->name, name))
			return machines[i];
	fprintf(stderr, "no fake machine %s\n", name);
	abort();
}

void fake_reset(void)
{
	for (int i = 0; i < nmachines; i++) {
		pthread_cond_destroy(&machines[i]->moved);
		for (int v = 0; v < machines[i]->nvms; v++)
			free(machines[i]->vms[v].snaps);
		free(machines[i]->vms);
		free(machines[i]);
	}
	nmachines = 0;
	live_all = 0;
	unstuck = false;
}

void fake_machine(const char *name)
{
	struct machine *m = xcalloc(1, sizeof(*m));

	pthread_mutex_lock(&fake_lock);
	pthread_cond_init(&m->moved, NULL);
	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(m->uuid, sizeof(m->uuid), "00000000-0000-0000-aaaa-%012d", nmachines);
	m->slow_ms = 200;
	machines[nmachines++] = m;
	pthread_mutex_unlock(&fake_lock);
}

void fake_way(const char *name, enum fake_call call, enum fake_way way)
{
	FAKE_SET(m->ways[call] = way);
}

void fake_long_way(const char *name, enum fake_way way)
{
	fake_lane_way(name, LANE_LONG, way);
}

void fake_lane_way(const char *name, enum lane lane, enum fake_way way)
{
	FAKE_SET(m->opens[lane] = way);
}

void fake_slow(const char *name, int ms)
{
	FAKE_SET(m->slow_ms = ms);
}

void fake_one_lane(const char *name)
{
	FAKE_SET(m->one_lane = true);
}

void fake_serial(const char *name, const char *serial)
{
	FAKE_SET(snprintf(m->serial, sizeof(m->serial), "%s", serial));
}

void fake_uuid(const char *name, const char *host_uuid)
{
	FAKE_SET(snprintf(m->uuid, sizeof(m->uuid), "%s", host_uuid));
}

void fake_unstick(void)
{
	pthread_mutex_lock(&fake_lock);
	unstuck = true;
	for (int i = 0; i < nmachines; i++)
		pthread_cond_broadcast(&machines[i]->moved);
	pthread_mutex_unlock(&fake_lock);
}

/* ---- VMs ---- */

const char *fake_vm_uuid(int n)
{
	static char uuids[8][HOST_UUID_LEN + 1];
	static int next;
	char *u = uuids[next++ & 7];

	snprintf(u, HOST_UUID_LEN + 1, "11111111-2222-3333-4444-%012d", n);
	return u;
}

struct fvm *fake_vm_of(struct machine *m, int n)
{
	for (int i = 0; i < m->nvms; i++)
		if (m->vms[i].n == n)
			return &m->vms[i];
	return NULL;
}

struct fvm *fake_vm_by_uuid(struct machine *m, const char *uuid)
{
	return fake_vm_of(m, atoi(uuid + 24));
}

void fake_vm(const char *name, int n, const char *vm, enum vm_state state)
{
	pthread_mutex_lock(&fake_lock);
	struct machine *m = fake_find(name);
	struct fvm *v = fake_vm_of(m, n);

	if (!v) {
		m->vms = xrealloc(m->vms, (size_t)(m->nvms + 1) * sizeof(*m->vms));
		v = &m->vms[m->nvms++];
		*v = (struct fvm){ .n = n, .persistent = true, .way = -1, .bytes = 1 << 20 };
	}
	snprintf(v->name, sizeof(v->name), "%s", vm);
	v->state = state;
	pthread_mutex_unlock(&fake_lock);
}

void fake_vm_transient(const char *name, int n)
{
	FAKE_SET(fake_vm_of(m, n)->persistent = false);
}

void fake_vm_drop(const char *name, int n)
{
	FAKE_SET(struct fvm *v = fake_vm_of(m, n); free(v->snaps); *v = m->vms[m->nvms - 1]; m->nvms--);
}

enum vm_state fake_vm_state(const char *name, int n)
{
	enum vm_state s;

	FAKE_SET(s = fake_vm_of(m, n)->state);
	return s;
}

void fake_tell(struct machine *m, enum host_event_kind kind, int n, enum vm_state state, enum host_why why, const char *text)
{
	struct host_event ev = { .kind = kind, .why = why, .state = state, .name = (char *)"", .text = text };

	snprintf(ev.uuid, sizeof(ev.uuid), "11111111-2222-3333-4444-%012d", n);
	for (int i = 0; i < CONNS; i++)
		if (m->conns[i] && m->conns[i]->telling)
			m->conns[i]->sink.event(m->conns[i]->sink.ctx, &ev);
}

void fake_event(const char *name, enum host_event_kind kind, int n, enum vm_state state, enum host_why why)
{
	FAKE_SET(fake_tell(m, kind, n, state, why, NULL));
}

static void break_lanes(const char *name, enum lane first, enum lane last, const char *reason)
{
	struct host_event ev = { .kind = HOST_EVENT_CLOSED, .name = (char *)"", .text = reason };

	pthread_mutex_lock(&fake_lock);
	struct machine *m = fake_find(name);

	for (int i = 0; i < CONNS; i++) {
		struct host *h = m->conns[i];

		if (!h || h->lane < first || h->lane > last)
			continue;
		if (h->telling)
			h->sink.event(h->sink.ctx, &ev);
		h->broken = true;
	}
	pthread_cond_broadcast(&m->moved);
	pthread_mutex_unlock(&fake_lock);
}

void fake_break(const char *name, const char *reason)
{
	break_lanes(name, 0, LANE_COUNT, reason);
}

void fake_break_lane(const char *name, enum lane lane, const char *reason)
{
	break_lanes(name, lane, lane, reason);
}

int fake_called(const char *name, enum fake_call call)
{
	int n;

	FAKE_SET(n = m->called[call]);
	return n;
}

int fake_open_now(const char *name)
{
	int n;

	pthread_mutex_lock(&fake_lock);
	n = name ? fake_find(name)->live : live_all;
	pthread_mutex_unlock(&fake_lock);
	return n;
}

bool fake_lane_open(const char *name, enum lane lane)
{
	bool open = false;

	FAKE_SET(for (int i = 0; i < CONNS; i++) open |= m->conns[i] && m->conns[i]->opened && m->conns[i]->lane == lane);
	return open;
}

int fake_calls_at_once(const char *name)
{
	int n;

	FAKE_SET(n = m->at_once);
	return n;
}

/* ---- host.h ---- */

void host_vms_free(struct host_vm *vms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(vms[i].name);
		for (size_t k = 0; k < vms[i].nsnaps; k++)
			free(vms[i].snaps[k]);
		free(vms[i].snaps);
	}
	free(vms);
}

void host_vm_detail_free(struct host_vm_detail *d)
{
	free(d->vm.name);
}

static struct err *uri_check(const char *uri)
{
	return strncmp(uri, "fake:", 5) ? err_new(ERR_USAGE, "text", "{s:s}", "text", "no such kind of URI") : NULL;
}

struct err *host_new(const struct host_spec *spec, enum lane lane, const struct host_sink *sink, struct host **out)
{
	struct err *e = uri_check(spec->uri);
	struct host *h;

	if (e)
		return e;
	h = xcalloc(1, sizeof(*h));
	pthread_mutex_lock(&fake_lock);
	h->m = fake_find(spec->uri + 5);
	h->sink = *sink;
	h->lane = lane;
	h->m->live++;
	live_all++;
	for (int i = 0; i < CONNS; i++)
		if (!h->m->conns[i]) {
			h->m->conns[i] = h;
			break;
		}
	pthread_mutex_unlock(&fake_lock);
	*out = h;
	return NULL;
}

bool host_one_lane(const struct host *h)
{
	return h->m->one_lane;
}

struct err *fake_err(enum err_class class, const char *text)
{
	return err_new(class, "text", "{s:s}", "text", text);
}

enum fake_way fake_way_of(struct host *h, enum fake_call call, int vm)
{
	struct fvm *v = vm ? fake_vm_of(h->m, vm) : NULL;

	if (call == FAKE_OPEN && h->lane != LANE_SHORT)
		return h->m->opens[h->lane];
	return call == FAKE_SNAP && v && v->way >= 0 ? (enum fake_way)v->way : h->m->ways[call];
}

struct err *fake_begin(struct host *h, enum fake_call call, int vm)
{
	struct machine *m = h->m;
	enum fake_way way;
	struct timespec until;

	m->called[call]++;
	if (++h->calls > m->at_once)
		m->at_once = h->calls;
	while ((way = fake_way_of(h, call, vm)) == FAKE_HOLD && !h->aborted && !h->broken)
		pthread_cond_wait(&m->moved, &fake_lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += m->slow_ms % 1000 * 1000000L;
	until.tv_sec += m->slow_ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (way == FAKE_SLOW && !h->aborted && !h->broken && pthread_cond_timedwait(&m->moved, &fake_lock, &until) != ETIMEDOUT)
		;
	while (way == FAKE_HANG && !h->aborted && !h->broken)
		pthread_cond_wait(&m->moved, &fake_lock);
	while (way == FAKE_STUCK && !unstuck)
		pthread_cond_wait(&m->moved, &fake_lock);
	h->calls--;
	if (call == FAKE_CLOSE)
		return NULL;
	if (h->aborted || h->broken || way == FAKE_LOST) {
		pthread_mutex_unlock(&fake_lock);
		return fake_err(ERR_UNREACHABLE, "fake: gone");
	}
	if (way == FAKE_FAIL) {
		pthread_mutex_unlock(&fake_lock);
		return fake_err(ERR_FAILED, "fake: no");
	}
	return NULL;
}

static struct err *begin(struct host *h, enum fake_call call)
{
	pthread_mutex_lock(&fake_lock);
	return fake_begin(h, call, 0);
}

struct err *host_open(struct host *h)
{
	struct err *e = begin(h, FAKE_OPEN);

	if (e)
		return e;
	h->opened = h->telling = true;
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

struct err *host_facts(struct host *h, struct host_facts *out)
{
	struct err *e = begin(h, FAKE_FACTS);

	if (e)
		return e;
	*out = (struct host_facts){ .whole = true, .cpus = 8, .mem_kib = 24 << 20 };
	snprintf(out->driver, sizeof(out->driver), "fake");
	snprintf(out->version, sizeof(out->version), "fake 1.0");
	snprintf(out->hostname, sizeof(out->hostname), "%s", h->m->name);
	snprintf(out->uuid, sizeof(out->uuid), "%s", h->m->uuid);
	snprintf(out->serial, sizeof(out->serial), "%s", h->m->serial);
	for (int v = 0; v < VERB_COUNT; v++)
		out->can[v] = OUTCOME_STATE;
	out->can[VERB_RESET] = OUTCOME_NO;
	out->why_not[VERB_RESET] = "text";
	out->no_console = h->m->no_console ? "host.cannot.console" : NULL;
	pthread_mutex_unlock(&fake_lock);
	return NULL;
}

struct err *host_identity(struct host *h, struct host_facts *out)
{
	struct err *e = host_facts(h, out);

	out->whole = false;
	out->cpus = 0;
	out->mem_kib = 0;
	out->version[0] = out->hostname[0] = 0;
	return e;
}

static void fill(struct host_vm *out, const struct fvm *v)
{
	snprintf(out->uuid, sizeof(out->uuid), "%s", "");
	snprintf(out->uuid, sizeof(out->uuid), "11111111-2222-3333-4444-%012d", v->n);
	out->name = xstrdup(v->name);
	out->state = v->state;
	out->sized = true;
	out->vcpus = 2;
	out->mem_kib = 1 << 20;
	out->persistent = v->persistent;
}

struct err *host_list(struct host *h, struct host_vm **out, size_t *n)
{
	struct err *e;

	/* what is listed is as of before the wait: a list may be older than an event that overtakes it */
	pthread_mutex_lock(&fake_lock);
	struct machine *m = h->m;
	struct host_vm *vms = xcalloc((size_t)m->nvms + 1, sizeof(*vms));
	int count = m->nvms;

	for (int i = 0; i < count; i++) {
		fill(&vms[i], &m->vms[i]);
		fake_fill_snaps(&vms[i], &m->vms[i]);
	}
	pthread_mutex_unlock(&fake_lock);
	if ((e = begin(h, FAKE_LIST))) {
		host_vms_free(vms, (size_t)count);
		return e;
	}
	pthread_mutex_unlock(&fake_lock);
	*out = vms;
	*n = (size_t)count;
	return NULL;
}

struct err *host_list_states(struct host *h, bool snaps, struct host_vm **out, size_t *n)
{
	struct err *e = host_list(h, out, n);

	pthread_mutex_lock(&fake_lock);
	h->m->called[FAKE_STATES]++;
	pthread_mutex_unlock(&fake_lock);

	for (size_t i = 0; !e && i < *n; i++) {
		struct host_vm *v = &(*out)[i];

		v->sized = false;
		v->vcpus = 0;
		v->mem_kib = 0;
		if (snaps)
			continue;
		v->snaps_known = false;
		for (size_t k = 0; k < v->nsnaps; k++)
			free(v->snaps[k]);
		free(v->snaps);
		v->snaps = NULL;
		v->nsnaps = 0;
	}
	return e;
}

struct err *host_look(struct host *h, const char *uuid, struct host_vm *out)
{
	struct err *e = begin(h, FAKE_LOOK);
	struct fvm *v;

	if (e)
		return e;
	if ((v = fake_vm_by_uuid(h->m, uuid)))
		fill(out, v);
	else
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	pthread_mutex_unlock(&fake_lock);
	return e;
}

struct err *host_detail(struct host *h, const char *uuid, struct host_vm_detail *out)
{
	struct err *e = begin(h, FAKE_DETAIL);
	struct fvm *v;

	if (e)
		return e;
	*out = (struct host_vm_detail){ .autostart = true };
	if ((v = fake_vm_by_uuid(h->m, uuid))) {
		fill(&out->vm, v);
		snprintf(out->guest, sizeof(out->guest), "Fake OS 1");
	} else {
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	}
	pthread_mutex_unlock(&fake_lock);
	return e;
}

struct err *host_act(struct host *h, const char *uuid, enum verb verb)
{
	struct err *e = begin(h, FAKE_ACT);
	struct fvm *v;

	if (e)
		return e;
	if (!(v = fake_vm_by_uuid(h->m, uuid))) {
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	} else if (verb == VERB_POWER_ON) {
		v->state = VM_RUNNING;
		fake_tell(h->m, HOST_EVENT_STATE, v->n, v->state, WHY_BOOTED, NULL);
	} else if (verb == VERB_POWER_OFF) {
		v->state = VM_OFF;
		fake_tell(h->m, HOST_EVENT_STATE, v->n, v->state, WHY_DESTROYED, NULL);
	} else if (verb == VERB_REBOOT) {
		fake_tell(h->m, HOST_EVENT_REBOOTED, v->n, VM_UNKNOWN, WHY_UNKNOWN, NULL);
	}
	pthread_mutex_unlock(&fake_lock);
	return e;
}

void host_abort(struct host *h)
{
	pthread_mutex_lock(&fake_lock);
	h->aborted = true;
	pthread_cond_broadcast(&h->m->moved);
	pthread_mutex_unlock(&fake_lock);
}

void host_close(struct host *h)
{
	begin(h, FAKE_CLOSE);
	h->telling = false;
	h->console_vm = 0;
	h->closed = true;
	for (int i = 0; i < CONNS; i++)
		if (h->m->conns[i] == h)
			h->m->conns[i] = NULL;
	pthread_mutex_unlock(&fake_lock);
}

void host_free(struct host *h)
{
	pthread_mutex_lock(&fake_lock);
	if (!h->closed)
		abort(); /* host.h: after host_close */
	h->m->live--;
	live_all--;
	pthread_mutex_unlock(&fake_lock);
	free(h);
}

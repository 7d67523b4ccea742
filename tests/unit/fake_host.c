/* The scripted machines of fake_host.h. Called from workers and from the test's own thread. */
#include "fake_host.h"

#include "common/buf.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MACHINES 6000
#define VMS 64
#define CONNS 8

struct fvm { int n; char name[64]; enum vm_state state; bool persistent; };

struct host {
	struct machine *m;
	struct host_sink sink;
	enum lane lane;
	bool opened, aborted, broken, telling, closed;
	int calls;
};

struct machine {
	pthread_cond_t moved;
	char name[64], uuid[HOST_UUID_LEN + 1];
	enum fake_way ways[FAKE_CALLS], long_open;
	int slow_ms;
	bool one_lane;
	struct fvm *vms;
	int nvms;
	struct host *conns[CONNS];
	int called[FAKE_CALLS], live, at_once;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct machine *machines[MACHINES];
static int nmachines, live_all;
static bool unstuck;

static struct machine *find(const char *name)
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

	pthread_mutex_lock(&lock);
	pthread_cond_init(&m->moved, NULL);
	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(m->uuid, sizeof(m->uuid), "00000000-0000-0000-aaaa-%012d", nmachines);
	m->slow_ms = 200;
	machines[nmachines++] = m;
	pthread_mutex_unlock(&lock);
}

#define SET(what) do { \
	pthread_mutex_lock(&lock); \
	struct machine *m = find(name); \
	what; \
	pthread_cond_broadcast(&m->moved); \
	pthread_mutex_unlock(&lock); \
} while (0)

void fake_way(const char *name, enum fake_call call, enum fake_way way)
{
	SET(m->ways[call] = way);
}

void fake_long_way(const char *name, enum fake_way way)
{
	SET(m->long_open = way);
}

void fake_slow(const char *name, int ms)
{
	SET(m->slow_ms = ms);
}

void fake_one_lane(const char *name)
{
	SET(m->one_lane = true);
}

void fake_uuid(const char *name, const char *host_uuid)
{
	SET(snprintf(m->uuid, sizeof(m->uuid), "%s", host_uuid));
}

void fake_unstick(void)
{
	pthread_mutex_lock(&lock);
	unstuck = true;
	for (int i = 0; i < nmachines; i++)
		pthread_cond_broadcast(&machines[i]->moved);
	pthread_mutex_unlock(&lock);
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

static struct fvm *vm_of(struct machine *m, int n)
{
	for (int i = 0; i < m->nvms; i++)
		if (m->vms[i].n == n)
			return &m->vms[i];
	return NULL;
}

static struct fvm *vm_by_uuid(struct machine *m, const char *uuid)
{
	return vm_of(m, atoi(uuid + 24));
}

void fake_vm(const char *name, int n, const char *vm, enum vm_state state)
{
	pthread_mutex_lock(&lock);
	struct machine *m = find(name);
	struct fvm *v = vm_of(m, n);

	if (!v) {
		m->vms = xrealloc(m->vms, (size_t)(m->nvms + 1) * sizeof(*m->vms));
		v = &m->vms[m->nvms++];
		*v = (struct fvm){ .n = n, .persistent = true };
	}
	snprintf(v->name, sizeof(v->name), "%s", vm);
	v->state = state;
	pthread_mutex_unlock(&lock);
}

void fake_vm_transient(const char *name, int n)
{
	SET(vm_of(m, n)->persistent = false);
}

void fake_vm_drop(const char *name, int n)
{
	SET(struct fvm *v = vm_of(m, n); *v = m->vms[m->nvms - 1]; m->nvms--);
}

enum vm_state fake_vm_state(const char *name, int n)
{
	enum vm_state s;

	SET(s = vm_of(m, n)->state);
	return s;
}

/* Lock held. The sink only enqueues, as host.h says. */
static void tell(struct machine *m, enum host_event_kind kind, int n, enum vm_state state, enum host_why why, const char *text)
{
	struct host_event ev = { .kind = kind, .why = why, .state = state, .name = (char *)"", .text = text };

	snprintf(ev.uuid, sizeof(ev.uuid), "11111111-2222-3333-4444-%012d", n);
	for (int i = 0; i < CONNS; i++)
		if (m->conns[i] && m->conns[i]->telling)
			m->conns[i]->sink.event(m->conns[i]->sink.ctx, &ev);
}

void fake_event(const char *name, enum host_event_kind kind, int n, enum vm_state state, enum host_why why)
{
	SET(tell(m, kind, n, state, why, NULL));
}

void fake_break(const char *name, const char *reason)
{
	pthread_mutex_lock(&lock);
	struct machine *m = find(name);

	tell(m, HOST_EVENT_CLOSED, 0, VM_UNKNOWN, WHY_UNKNOWN, reason);
	for (int i = 0; i < CONNS; i++)
		if (m->conns[i])
			m->conns[i]->broken = true;
	pthread_cond_broadcast(&m->moved);
	pthread_mutex_unlock(&lock);
}

int fake_called(const char *name, enum fake_call call)
{
	int n;

	SET(n = m->called[call]);
	return n;
}

int fake_open_now(const char *name)
{
	int n;

	pthread_mutex_lock(&lock);
	n = name ? find(name)->live : live_all;
	pthread_mutex_unlock(&lock);
	return n;
}

int fake_calls_at_once(const char *name)
{
	int n;

	SET(n = m->at_once);
	return n;
}

/* ---- host.h ---- */

void host_vms_free(struct host_vm *vms, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(vms[i].name);
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
	pthread_mutex_lock(&lock);
	h->m = find(spec->uri + 5);
	h->sink = *sink;
	h->lane = lane;
	h->m->live++;
	live_all++;
	for (int i = 0; i < CONNS; i++)
		if (!h->m->conns[i]) {
			h->m->conns[i] = h;
			break;
		}
	pthread_mutex_unlock(&lock);
	*out = h;
	return NULL;
}

bool host_one_lane(const struct host *h)
{
	return h->m->one_lane;
}

static struct err *text_err(enum err_class class, const char *text)
{
	return err_new(class, "text", "{s:s}", "text", text);
}

/* Every call goes through here, with the lock held from here on if it is to go on (NULL). */
static struct err *begin(struct host *h, enum fake_call call)
{
	struct machine *m = h->m;
	enum fake_way way;
	struct timespec until;

	pthread_mutex_lock(&lock);
	m->called[call]++;
	if (++h->calls > m->at_once)
		m->at_once = h->calls;
	way = h->lane == LANE_LONG && call == FAKE_OPEN ? m->long_open : m->ways[call];
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += m->slow_ms % 1000 * 1000000L;
	until.tv_sec += m->slow_ms / 1000 + until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (way == FAKE_SLOW && !h->aborted && !h->broken && pthread_cond_timedwait(&m->moved, &lock, &until) != ETIMEDOUT)
		;
	while (way == FAKE_HANG && !h->aborted && !h->broken)
		pthread_cond_wait(&m->moved, &lock);
	while (way == FAKE_STUCK && !unstuck)
		pthread_cond_wait(&m->moved, &lock);
	h->calls--;
	if (call == FAKE_CLOSE)
		return NULL;
	if (h->aborted || h->broken || way == FAKE_LOST) {
		pthread_mutex_unlock(&lock);
		return text_err(ERR_UNREACHABLE, "fake: gone");
	}
	if (way == FAKE_FAIL) {
		pthread_mutex_unlock(&lock);
		return text_err(ERR_FAILED, "fake: no");
	}
	return NULL;
}

struct err *host_open(struct host *h)
{
	struct err *e = begin(h, FAKE_OPEN);

	if (e)
		return e;
	h->opened = h->telling = true;
	pthread_mutex_unlock(&lock);
	return NULL;
}

struct err *host_facts(struct host *h, struct host_facts *out)
{
	struct err *e = begin(h, FAKE_FACTS);

	if (e)
		return e;
	*out = (struct host_facts){ .cpus = 8, .mem_kib = 24 << 20 };
	snprintf(out->driver, sizeof(out->driver), "fake");
	snprintf(out->version, sizeof(out->version), "fake 1.0");
	snprintf(out->hostname, sizeof(out->hostname), "%s", h->m->name);
	snprintf(out->uuid, sizeof(out->uuid), "%s", h->m->uuid);
	for (int v = 0; v < VERB_COUNT; v++)
		out->can[v] = OUTCOME_STATE;
	out->can[VERB_RESET] = OUTCOME_NO;
	out->why_not[VERB_RESET] = "text";
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void fill(struct host_vm *out, const struct fvm *v)
{
	snprintf(out->uuid, sizeof(out->uuid), "%s", "");
	snprintf(out->uuid, sizeof(out->uuid), "11111111-2222-3333-4444-%012d", v->n);
	out->name = xstrdup(v->name);
	out->state = v->state;
	out->vcpus = 2;
	out->mem_kib = 1 << 20;
	out->persistent = v->persistent;
}

struct err *host_list(struct host *h, struct host_vm **out, size_t *n)
{
	struct err *e;

	/* what is listed is as of before the wait: a list may be older than an event that overtakes it */
	pthread_mutex_lock(&lock);
	struct machine *m = h->m;
	struct host_vm *vms = xcalloc((size_t)m->nvms + 1, sizeof(*vms));
	int count = m->nvms;

	for (int i = 0; i < count; i++)
		fill(&vms[i], &m->vms[i]);
	pthread_mutex_unlock(&lock);
	if ((e = begin(h, FAKE_LIST))) {
		host_vms_free(vms, (size_t)count);
		return e;
	}
	pthread_mutex_unlock(&lock);
	*out = vms;
	*n = (size_t)count;
	return NULL;
}

struct err *host_look(struct host *h, const char *uuid, struct host_vm *out)
{
	struct err *e = begin(h, FAKE_LOOK);
	struct fvm *v;

	if (e)
		return e;
	if ((v = vm_by_uuid(h->m, uuid)))
		fill(out, v);
	else
		e = text_err(ERR_NOTFOUND, "fake: no such VM");
	pthread_mutex_unlock(&lock);
	return e;
}

struct err *host_detail(struct host *h, const char *uuid, struct host_vm_detail *out)
{
	struct err *e = begin(h, FAKE_DETAIL);
	struct fvm *v;

	if (e)
		return e;
	*out = (struct host_vm_detail){ .autostart = true };
	if ((v = vm_by_uuid(h->m, uuid))) {
		fill(&out->vm, v);
		snprintf(out->guest, sizeof(out->guest), "Fake OS 1");
	} else {
		e = text_err(ERR_NOTFOUND, "fake: no such VM");
	}
	pthread_mutex_unlock(&lock);
	return e;
}

struct err *host_act(struct host *h, const char *uuid, enum verb verb)
{
	struct err *e = begin(h, FAKE_ACT);
	struct fvm *v;

	if (e)
		return e;
	if (!(v = vm_by_uuid(h->m, uuid))) {
		e = text_err(ERR_NOTFOUND, "fake: no such VM");
	} else if (verb == VERB_POWER_ON) {
		v->state = VM_RUNNING;
		tell(h->m, HOST_EVENT_STATE, v->n, v->state, WHY_BOOTED, NULL);
	} else if (verb == VERB_POWER_OFF) {
		v->state = VM_OFF;
		tell(h->m, HOST_EVENT_STATE, v->n, v->state, WHY_DESTROYED, NULL);
	} else if (verb == VERB_REBOOT) {
		tell(h->m, HOST_EVENT_REBOOTED, v->n, VM_UNKNOWN, WHY_UNKNOWN, NULL);
	}
	pthread_mutex_unlock(&lock);
	return e;
}

void host_abort(struct host *h)
{
	pthread_mutex_lock(&lock);
	h->aborted = true;
	pthread_cond_broadcast(&h->m->moved);
	pthread_mutex_unlock(&lock);
}

void host_close(struct host *h)
{
	begin(h, FAKE_CLOSE);
	h->telling = false;
	h->closed = true;
	for (int i = 0; i < CONNS; i++)
		if (h->m->conns[i] == h)
			h->m->conns[i] = NULL;
	pthread_mutex_unlock(&lock);
}

void host_free(struct host *h)
{
	pthread_mutex_lock(&lock);
	if (!h->closed)
		abort(); /* host.h: after host_close */
	h->m->live--;
	live_all--;
	pthread_mutex_unlock(&lock);
	free(h);
}

/* The snapshots of the scripted machines. Called from workers and from the test's own thread. */
#include "fake_inside.h"

#include "common/buf.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fsnap *snap_of(struct fvm *v, const char *name, bool orphan)
{
	for (int i = 0; i < v->nsnaps; i++)
		if (v->snaps[i].orphan == orphan && !strcmp(v->snaps[i].name, name))
			return &v->snaps[i];
	return NULL;
}

static void snap_drop(struct fvm *v, struct fsnap *s)
{
	*s = v->snaps[v->nsnaps - 1]; /* in no order, as host.h says; host_snapshots sorts */
	v->nsnaps--;
}

static struct fsnap *snap_add(struct fvm *v, const char *name, bool orphan)
{
	struct fsnap *s;

	if (v->nsnaps == SNAPS)
		abort();
	if (!v->snaps)
		v->snaps = xcalloc(SNAPS, sizeof(*v->snaps));
	s = &v->snaps[v->nsnaps++];
	*s = (struct fsnap){ .created = clock_wall_s(), .state = v->state, .orphan = orphan, .bytes = v->bytes };
	snprintf(s->name, sizeof(s->name), "%s", name);
	if (!orphan) {
		snprintf(s->parent, sizeof(s->parent), "%s", v->current);
		snprintf(v->current, sizeof(v->current), "%s", name);
	}
	return s;
}

/* Takes it out; children: all that stand on it too, else they stand on what it stood on. */
static void snap_delete(struct fvm *v, const char *name, bool children)
{
	struct fsnap *s = snap_of(v, name, false);
	struct fsnap gone;

	if (!s)
		return;
	gone = *s;
	snap_drop(v, s);
	if (!strcmp(v->current, gone.name))
		snprintf(v->current, sizeof(v->current), "%s", gone.parent);
	for (int i = 0; i < v->nsnaps;) {
		if (strcmp(v->snaps[i].parent, gone.name) != 0) {
			i++;
		} else if (children) {
			char child[64];

			snprintf(child, sizeof(child), "%s", v->snaps[i].name);
			snap_delete(v, child, true);
			i = 0;
		} else {
			snprintf(v->snaps[i++].parent, sizeof(gone.parent), "%s", gone.parent);
		}
	}
}

void fake_snap_way(const char *name, int n, enum fake_way way)
{
	FAKE_SET(fake_vm_of(m, n)->way = (int)way);
}

void fake_snap(const char *name, int n, const char *snap)
{
	FAKE_SET(snap_add(fake_vm_of(m, n), snap, false));
}

void fake_snap_drop(const char *name, int n, const char *snap)
{
	FAKE_SET(snap_delete(fake_vm_of(m, n), snap, false));
}

void fake_snaps_unknown(const char *name, int n, bool unknown)
{
	FAKE_SET(fake_vm_of(m, n)->unknown = unknown);
}

bool fake_snap_there(const char *name, int n, const char *snap)
{
	bool there;

	FAKE_SET(there = snap_of(fake_vm_of(m, n), snap, false));
	return there;
}

bool fake_snap_orphan(const char *name, int n, const char *snap)
{
	bool there;

	FAKE_SET(there = snap_of(fake_vm_of(m, n), snap, true));
	return there;
}

int fake_snap_count(const char *name, int n)
{
	int count = 0;

	FAKE_SET(struct fvm *v = fake_vm_of(m, n); for (int i = 0; i < v->nsnaps; i++) count += !v->snaps[i].orphan);
	return count;
}

const char *fake_snap_current(const char *name, int n)
{
	static char current[64];

	FAKE_SET(snprintf(current, sizeof(current), "%s", fake_vm_of(m, n)->current));
	return current;
}

void fake_snap_busy(const char *name, int n, bool busy)
{
	FAKE_SET(fake_vm_of(m, n)->busy = busy);
}

void fake_snaps_like(const char *name, int n, const struct host_snaps *like, uint64_t bytes)
{
	FAKE_SET(struct fvm *v = fake_vm_of(m, n); v->like = *like; v->bytes = bytes);
}

struct fake_order fake_order(const char *name, int i)
{
	struct fake_order o;

	FAKE_SET(o = m->orders[i]);
	return o;
}

void fake_fill_snaps(struct host_vm *out, const struct fvm *v)
{
	out->snaps_known = !v->unknown;
	if (v->unknown)
		return;
	out->snaps = xcalloc((size_t)v->nsnaps + 1, sizeof(char *));
	for (int i = 0; i < v->nsnaps; i++)
		if (!v->snaps[i].orphan)
			out->snaps[out->nsnaps++] = xstrdup(v->snaps[i].name);
}

void host_snaps_free(struct host_snaps *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].name);
		free(s->list[i].parent);
		free(s->list[i].note);
	}
	free(s->list);
	free(s->xml);
}

/* Parents first: one after another of those whose parent is listed already, or nowhere. */
static void fill_tree(struct host_snaps *out, struct fvm *v)
{
	bool taken[SNAPS] = { 0 };

	out->list = xcalloc((size_t)v->nsnaps + 1, sizeof(*out->list));
	for (int round = 0; round < v->nsnaps; round++)
		for (int i = 0; i < v->nsnaps; i++) {
			const struct fsnap *s = &v->snaps[i];
			bool ready = !*s->parent || !snap_of(v, s->parent, false);

			for (size_t k = 0; k < out->n && !ready; k++)
				ready = !strcmp(out->list[k].name, s->parent);
			if (taken[i] || s->orphan || !ready)
				continue;
			taken[i] = true;
			out->list[out->n++] = (struct host_snap){ .name = xstrdup(s->name), .parent = xstrdup(s->parent),
				.note = xstrdup(s->note), .created = s->created, .state = s->state,
				.current = !strcmp(v->current, s->name), .memory = s->memory, .external = s->external, .bytes = s->bytes };
		}
}

struct err *host_snapshots(struct host *h, const char *uuid, const struct host_snap_order *prepare, struct host_snaps *out)
{
	struct err *e;
	struct fvm *v;

	pthread_mutex_lock(&fake_lock);
	if ((e = fake_begin(h, FAKE_SNAPS, 0)))
		return e;
	if ((v = fake_vm_by_uuid(h->m, uuid))) {
		*out = v->like;
		out->list = NULL;
		out->n = 0;
		out->state = v->state;
		out->busy = v->busy;
		snprintf(out->driver, sizeof(out->driver), "fake");
		out->xml = prepare ? xasprintf("<fake>%s</fake>", prepare->name) : NULL;
		fill_tree(out, v);
	} else {
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	}
	pthread_mutex_unlock(&fake_lock);
	return e;
}

static void note_order(struct host *h, const char *uuid, const struct host_snap_order *o)
{
	struct fake_order *to;

	if (h->m->called[FAKE_SNAP] < ORDERS) {
		to = &h->m->orders[h->m->called[FAKE_SNAP]];
		*to = (struct fake_order){ .vm = atoi(uuid + 24), .lane = h->lane, .op = o->op, .external = o->external,
					   .quiesce = o->quiesce, .children = o->children };
		snprintf(to->name, sizeof(to->name), "%s", o->name ? o->name : "");
		snprintf(to->note, sizeof(to->note), "%s", o->note ? o->note : "");
		snprintf(to->xml, sizeof(to->xml), "%s", o->xml ? o->xml : "");
	}
}

/* Lock held. */
static struct err *snap_do(struct host *h, struct fvm *v, const struct host_snap_order *o, bool orphan)
{
	struct fsnap *s = snap_of(v, o->name, false);

	if (o->op == SNAP_CLEAR) {
		if ((s = snap_of(v, o->name, true)))
			snap_drop(v, s);
		return NULL;
	}
	if (o->op == SNAP_CREATE) {
		if (s)
			return fake_err(ERR_FAILED, "fake: it exists");
		s = snap_add(v, o->name, orphan);
		snprintf(s->note, sizeof(s->note), "%s", o->note ? o->note : "");
		s->external = o->external;
		s->memory = !o->external && vm_state_is_active(v->state);
		return NULL;
	}
	if (!s)
		return fake_err(ERR_NOTFOUND, "fake: no such snapshot");
	if (o->op == SNAP_DELETE) {
		snap_delete(v, o->name, o->children);
		return NULL;
	}
	snprintf(v->current, sizeof(v->current), "%s", o->name);
	if (v->state != s->state) {
		v->state = s->state;
		fake_tell(h->m, HOST_EVENT_STATE, v->n, v->state, WHY_SNAPSHOT, NULL);
	}
	return NULL;
}

struct err *host_snap_act(struct host *h, const char *uuid, const struct host_snap_order *o)
{
	struct err *e;
	struct fvm *v;
	enum fake_way way;

	pthread_mutex_lock(&fake_lock);
	note_order(h, uuid, o);
	if ((e = fake_begin(h, FAKE_SNAP, atoi(uuid + 24))))
		return e;
	way = fake_way_of(h, FAKE_SNAP, atoi(uuid + 24));
	if ((v = fake_vm_by_uuid(h->m, uuid)))
		e = snap_do(h, v, o, way == FAKE_ORPHAN_LOST);
	else
		e = fake_err(ERR_NOTFOUND, "fake: no such VM");
	if (way == FAKE_DONE_LOST || way == FAKE_ORPHAN_LOST) {
		err_free(e);
		e = fake_err(ERR_UNREACHABLE, "fake: gone");
	}
	pthread_mutex_unlock(&fake_lock);
	return e;
}

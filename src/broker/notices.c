/* Which notices are there now, and when that changes (notices.h). */
#include "broker/notices.h"

#include "common/buf.h"
#include "common/clock.h"
#include "safety/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS (10 * 60 * 1000) /* no edge is waited for longer: the clock on the wall may be set meanwhile */
#define ID_MAX 128 /* names have 64 bytes at most */
#define BETWEEN ", "             /* of names of tenants, which hold no comma */

struct notices {
	struct loop *loop;
	struct registry *objects;
	struct loop_timer *timer;
	const struct site_model *site;
	void (*changed)(void *ctx);
	void *ctx;
};

bool notice_is_for(const struct notice *n, const struct actor *a)
{
	const char *at = n->tenants;
	size_t len = strlen(a->tenant);

	if (actor_is_staff(a))
		return true;
	if (a->role != ROLE_CUSTOMER || !len)
		return false;
	if (!*at)
		return true;
	for (; at; at = strstr(at, BETWEEN), at = at ? at + strlen(BETWEEN) : NULL)
		if (!strncmp(at, a->tenant, len) && (!at[len] || !strncmp(at + len, BETWEEN, strlen(BETWEEN))))
			return true;
	return false;
}

/* From when until when a notice is there; 0: open. A time that the zone's clock never shows is worked out by the calendar. */
struct span {
	int64_t since, until;
};

static struct span span_of(const struct site_model *m, const struct site_notice *x, int64_t now)
{
	struct span s = {0, 0};

	if (*x->from && !calendar_parse_time(m->zone, x->from, now, &s.since))
		s.since = 0;
	if (*x->until && !calendar_parse_time(m->zone, x->until, now, &s.until))
		s.until = 0;
	return s;
}

static bool holds(struct span s, int64_t now)
{
	return s.since <= now && (!s.until || now < s.until);
}

static bool fill(struct notice *o, const struct site_notice *x, struct span s)
{
	struct buf tenants = {0};
	bool moved = o->since != s.since || o->until != s.until;

	for (size_t i = 0; i < x->ntenants; i++)
		buf_printf(&tenants, "%s%s", i ? BETWEEN : "", x->tenants[i]);
	buf_append(&tenants, "", 1);
	moved |= intern_change(&o->name, x->name);
	moved |= intern_change(&o->text, x->text);
	moved |= intern_change(&o->text_ja, x->text_ja);
	moved |= intern_change(&o->level, x->warning ? "warning" : "info");
	moved |= intern_change(&o->tenants, tenants.data);
	o->since = s.since;
	o->until = s.until;
	buf_free(&tenants);
	return moved;
}

/* Its object, new or as it is now. Did anything change? */
static bool show(struct notices *n, const struct site_notice *x, struct span s)
{
	char id[ID_MAX];
	struct notice *o;

	snprintf(id, sizeof id, "notice:%s", x->name);
	o = registry_find(n->objects, KIND_NOTICE, id);
	if (o) {
		bool moved = fill(o, x, s);
		if (moved)
			registry_changed(n->objects, KIND_NOTICE, o, true);
		return moved;
	}
	o = object_new(KIND_NOTICE);
	intern_set(&o->id, id);
	fill(o, x, s);
	registry_add(n->objects, KIND_NOTICE, o);
	return true;
}

static const struct site_notice *named(const struct notices *n, const char *name)
{
	for (size_t i = 0; i < n->site->nnotices; i++)
		if (!strcmp(n->site->notices[i].name, name))
			return &n->site->notices[i];
	return NULL;
}

/* Brings the objects to what holds now, and waits for the next time at which that changes. Did anything? */
static bool look(struct notices *n)
{
	int64_t now = clock_wall_s(), next = INT64_MAX;
	bool moved = false;

	for (uint32_t slot = 0; slot < registry_slots(n->objects, KIND_NOTICE); slot++) {
		struct notice *o = registry_at(n->objects, KIND_NOTICE, slot);
		const struct site_notice *x = o ? named(n, o->name) : NULL;
		if (!o || (x && holds(span_of(n->site, x, now), now)))
			continue;
		registry_remove(n->objects, KIND_NOTICE, o);
		moved = true;
	}
	for (size_t i = 0; i < n->site->nnotices; i++) {
		struct span s = span_of(n->site, &n->site->notices[i], now);
		if (s.since > now && s.since < next)
			next = s.since;
		if (s.until > now && s.until < next)
			next = s.until;
		if (holds(s, now))
			moved |= show(n, &n->site->notices[i], s);
	}
	if (next == INT64_MAX)
		loop_timer_clear(n->timer);
	else
		loop_timer_set(n->timer, next - now < LOOK_MS / 1000 ? (next - now) * 1000 : LOOK_MS);
	return moved;
}

static void on_time(void *ctx)
{
	struct notices *n = ctx;

	if (look(n))
		n->changed(n->ctx);
}

struct notices *notices_new(struct loop *l, struct registry *objects, void (*changed)(void *ctx), void *ctx)
{
	struct notices *n = xcalloc(1, sizeof *n);

	*n = (struct notices){.loop = l, .objects = objects, .changed = changed, .ctx = ctx};
	n->timer = loop_timer_new(l, on_time, n);
	return n;
}

void notices_free(struct notices *n)
{
	if (!n)
		return;
	loop_timer_free(n->timer);
	free(n);
}

void notices_site(struct notices *n, const struct site_model *m)
{
	n->site = m;
	if (look(n))
		n->changed(n->ctx);
}

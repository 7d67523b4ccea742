/* What VMs do now: only hosts are asked whose VMs somebody watches, every five seconds, all of a host's in one call, when its short
 * lane has nothing else to do. A host that does not answer gives no numbers. Called by the broker through fleet.h. */
#include "fleet/stats.h"

#include "common/clock.h"
#include "fleet/machine.h"
#include "fleet/rates.h"

#include <stdlib.h>
#include <string.h>

#define TICK_MS 500
#define EVERY_MS (FLEET_STATS_S * 1000)
#define SECOND_MS 1200   /* after the first answer: rates need two */
#define LEAST_MS 900     /* between two answers that make a rate */
#define VMS_MOST 512     /* in one call */

struct watched {
	istr uuid;
	int refs;
	int64_t due;             /* boot ms from when it is to be asked */
	struct host_stat last;
	int64_t last_at;         /* boot ms; 0: there is none */
	istr last_on;            /* on which host that was */
};

/* All on one beat: a console hears of a whole list at once, not of every host by itself. */
static int64_t next_beat(int64_t now)
{
	return (now / EVERY_MS + 1) * EVERY_MS;
}

/* The host that can be asked for it now. */
static struct sup *host_of(const struct fleet *f, const struct watched *w)
{
	const struct ident *d = table_get(&f->idents, w->uuid);
	const struct vm *vm = d ? d->vm : NULL;
	struct sup *s = vm && vm->live && vm_state_is_active(vm->state) ? table_get(&f->hosts, vm->blade) : NULL;

	return s && s->live && s->listed ? s : NULL;
}

static void tick(void *ctx)
{
	struct fleet *f = ctx;
	int64_t now = clock_boot_ms();
	struct watched *w;

	if (f->stopping || !f->watched.live)
		return;
	for (size_t i = 0; (w = table_next(&f->watched, &i));) {
		struct sup *s = now >= w->due ? host_of(f, w) : NULL;

		/* Who turns watching on and off asks the host no more often. */
		if (!s || s->stats_wanted || (s->stats_sent && now - s->stats_sent < TICK_MS))
			continue;
		s->stats_wanted = true;
		lane_pump(s, LANE_SHORT);
		deadline_arm(s);
	}
	loop_timer_set(f->stats_timer, TICK_MS);
}

void stats_send(struct sup *s)
{
	struct fleet *f = s->f;
	int64_t now = clock_boot_ms();
	struct call *c;
	size_t n = 0;

	s->stats_wanted = false;
	s->stats_sent = now;
	c = call_new(CALL_STATS, NULL, f->c.short_ms);
	c->uuids = xcalloc(VMS_MOST, sizeof(*c->uuids));
	for (const struct place *p = s->places; p && n < VMS_MOST; p = p->on_next) {
		struct watched *w = vm_state_is_active(p->state) ? table_get(&f->watched, p->of->uuid) : NULL;

		if (!w)
			continue;
		w->due = next_beat(now);
		memcpy(c->uuids[n++], p->of->uuid, HOST_UUID_LEN);
	}
	if (!n) {
		call_free(c);
		return;
	}
	c->stats = xcalloc(n, sizeof(*c->stats));
	c->nstats = n;
	conn_call(s->conn[LANE_SHORT], c, TURN_CALL);
}

static void take(struct sup *s, const struct host_stat *stat, int64_t at)
{
	struct fleet *f = s->f;
	struct watched *w = table_find(&f->watched, stat->uuid);
	struct ident *d = w ? table_get(&f->idents, w->uuid) : NULL;
	struct vm *vm = d ? d->vm : NULL;
	struct fleet_stat out;
	bool first;

	if (!vm || !stat->known || vm->blade != s->name)
		return;
	/* What it did on another host was counted there. */
	first = !w->last_at || w->last_on != s->name;
	if (!first && at - w->last_at < LEAST_MS)
		return;
	rates_of(first ? NULL : &w->last, stat, at - w->last_at, &out);
	if (first)
		w->due = at + SECOND_MS;
	w->last = *stat;
	w->last_at = at;
	if (w->last_on)
		intern_free(w->last_on);
	w->last_on = intern_ref(s->name);
	if (f->stat_sink)
		f->stat_sink(f->stat_ctx, vm, &out);
}

void stats_returned(struct sup *s, const struct call *c)
{
	for (size_t i = 0; !c->err && i < c->nstats; i++)
		take(s, &c->stats[i], c->stats_at);
}

void fleet_stats_sink(struct fleet *f, void (*stat)(void *ctx, struct vm *vm, const struct fleet_stat *s), void *ctx)
{
	f->stat_sink = stat;
	f->stat_ctx = ctx;
}

static void forget(struct fleet *f, struct watched *w)
{
	table_drop(&f->watched, w->uuid);
	if (w->last_on)
		intern_free(w->last_on);
	intern_free(w->uuid);
	free(w);
}

void fleet_stats_watch(struct fleet *f, const char *uuid, bool on)
{
	struct watched *w = table_find(&f->watched, uuid);

	if (!w && on) {
		w = xcalloc(1, sizeof(*w));
		w->uuid = intern(uuid);
		table_put(&f->watched, w->uuid, w);
		if (!f->stats_timer)
			f->stats_timer = loop_timer_new(f->c.loop, tick, f);
		loop_timer_set(f->stats_timer, 0);
	}
	if (!w)
		return;
	w->refs += on ? 1 : -1;
	if (w->refs <= 0)
		forget(f, w);
}

void stats_free(struct fleet *f)
{
	struct watched *w;

	for (size_t i = 0; (w = table_next(&f->watched, &i));)
		forget(f, w);
	table_free(&f->watched);
	loop_timer_free(f->stats_timer);
}

/* What a preview of blades says: what happens to them, whom it hits, which clusters and pairs lose what, what to beware of. */
#include "safety/plan_blade.h"

#include "common/clock.h"
#include "safety/pair_half.h"
#include "safety/plan_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what happens ---- */

static const struct { const char *one, *many; } verb_words[VERB_COUNT] = {
	[VERB_POWER_ON] = { "impact.blade.power-on", "impact.blade.power-on.many" },
	[VERB_SHUTDOWN] = { "impact.blade.shutdown", "impact.blade.shutdown.many" },
	[VERB_POWER_OFF] = { "impact.blade.power-off", "impact.blade.power-off.many" },
	[VERB_REBOOT] = { "impact.blade.reboot", "impact.blade.reboot.many" },
	[VERB_RESET] = { "impact.blade.reset", "impact.blade.reset.many" },
	[VERB_LOCATE] = { "impact.blade.locate", "impact.blade.locate.many" },
	[VERB_LOCATE_OFF] = { "impact.blade.locate-off", "impact.blade.locate-off.many" },
	[VERB_PAIR] = { "impact.blade.pair", "impact.blade.pair.many" },
};

/* "rack A, A2, bay 12, serial CZJ0310B7K" */
static char *where(const struct plan_target *t)
{
	const char *serial = t->serial[0] ? t->serial : "?";

	return t->place[0] ? xasprintf("%s, serial %s", t->place, serial) : xasprintf("serial %s", serial);
}

static void say_effect(struct plan *p, const struct blade_look *look)
{
	char minutes[64];

	if (!verb_words[p->verb].one || p->n == 0)
		return;
	plan_minutes(minutes, sizeof minutes, p);
	if (p->n == 1) {
		char *place = where(&p->targets[0]);
		const struct blade *b = look->blades[0];
		plan_note(&p->impact, p->targets[0].id, verb_words[p->verb].one, "{s:s, s:s, s:s, s:s}", "name", p->targets[0].name, "where",
			place, "minutes", minutes, "serial", b->serial[0] ? b->serial : "?");
		free(place);
	} else {
		plan_note(&p->impact, "", verb_words[p->verb].many, "{s:i, s:s}", "count", (int)p->n, "minutes", minutes);
	}
}

static void span(char *out, size_t size, int64_t ms)
{
	if (ms % 1000 && ms < 10000)
		snprintf(out, size, "%lld.%lld s", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
	else
		policy_age(out, size, (ms + 999) / 1000);
}

static void say_order(struct plan *p)
{
	char stagger[32], total[32];

	if (p->stagger_ms <= 0 || p->n < 2)
		return;
	span(stagger, sizeof stagger, p->stagger_ms);
	span(total, sizeof total, p->stagger_ms * (int64_t)(p->n - 1));
	plan_note(&p->impact, "", "impact.blade.order", "{s:s, s:s}", "stagger", stagger, "total", total);
}

/* ---- who is hit ---- */

/* Those who are seen there as of now, or the others; NULL when there are none. *seen: when the others were seen last, the
 * longest ago; 0 never. */
static char *whose(const struct blade_look *look, bool live, size_t *count, int64_t *seen)
{
	const char **tenants = xcalloc(look->n ? look->n : 1, sizeof *tenants);
	char *words = NULL;

	*count = 0;
	*seen = 0;
	for (size_t i = 0; i < look->n; i++) {
		const struct vm *vm = look->vms[i].vm;
		if (look->vms[i].live != live)
			continue;
		if (vm->seen && (!*seen || vm->seen < *seen))
			*seen = vm->seen;
		tenants[(*count)++] = vm->tenant;
	}
	if (*count)
		words = plan_by_tenant(tenants, *count);
	free(tenants);
	return words;
}

static void say_steps(struct plan *p, const char *owners)
{
	char minutes[64];
	int64_t least = p->steps[0].shutdown_ms, most = least;

	for (size_t i = 1; i < p->nsteps; i++) {
		least = p->steps[i].shutdown_ms < least ? p->steps[i].shutdown_ms : least;
		most = p->steps[i].shutdown_ms > most ? p->steps[i].shutdown_ms : most;
	}
	plan_range(minutes, sizeof minutes, least, most);
	plan_note(&p->impact, "", "impact.blade.steps", "{s:I, s:s, s:s}", "count", (json_int_t)p->nsteps, "whose", owners, "minutes",
		minutes);
}

static void say_victims(struct plan *p, const struct blade_look *look)
{
	char age[24];
	size_t live, silent;
	int64_t seen;
	const char *about = p->n == 1 ? p->targets[0].id : "";

	if (!policy_blade_ends_work(p->verb))
		return;
	char *owners = whose(look, true, &live, &seen);
	if (owners && p->vms_first && p->nsteps)
		say_steps(p, owners);
	else if (owners)
		plan_note(&p->impact, about, "impact.blade.vms", "{s:I, s:s}", "count", (json_int_t)live, "whose", owners);
	free(owners);
	owners = whose(look, false, &silent, &seen);
	policy_age(age, sizeof age, seen ? clock_wall_s() - seen : 0);
	if (owners)
		plan_note(&p->impact, about, seen ? "impact.blade.vms.silent" : "impact.blade.vms.never", "{s:I, s:s, s:s, s:I}", "count",
			(json_int_t)silent, "whose", owners, "age", age, "seen", (json_int_t)seen);
	free(owners);
	bool hostless = false;
	for (size_t i = 0; i < p->n; i++) {
		if (look->blades[i]->host != HOST_NONE)
			continue;
		hostless = true;
		plan_note(&p->impact, p->targets[i].id, "impact.blade.hostless", "{s:s}", "name", p->targets[i].name);
	}
	if (!live && !silent && !hostless)
		plan_note(&p->impact, about, "impact.blade.none", NULL);
}

static void say_consent(struct plan *p)
{
	for (size_t i = 0; p->consent && i < p->n; i++) {
		const struct plan_target *t = &p->targets[i];
		if (t->tenant[0])
			plan_note(&p->impact, t->id, "impact.blade.consent", "{s:s, s:s}", "name", t->name, "owner", t->tenant);
	}
}

static void say_unseen(struct plan *p)
{
	bool unseen = false;

	for (size_t i = 0; i < p->n; i++)
		unseen |= p->targets[i].can == OUTCOME_UNSEEN;
	if (unseen)
		plan_note(&p->impact, "", "impact.blade.unseen", NULL);
}

/* ---- what is no longer safe ---- */

/* Where it stands among those that end; look->n when it is none of them. */
static size_t place_in(const struct blade_look *look, const struct vm *vm)
{
	size_t i = 0;

	while (i < look->n && look->vms[i].vm != vm)
		i++;
	return i;
}

static bool ends_too(const void *ctx, const struct vm *half)
{
	const struct blade_look *look = ctx;

	return place_in(look, half) < look->n;
}

static void warn_pair(const struct plan_world *w, struct plan *p, const struct blade_look *look, size_t at)
{
	const struct vm *vm = look->vms[at].vm, *half;
	enum half_fate fate = pair_half(w->objects, vm, ends_too, look, &half);

	if (fate == HALF_ENDS && at < place_in(look, half))
		plan_note(&p->warnings, vm->id, "warn.pair.both", "{s:s, s:s}", "name", vm->name, "half", half->name);
	else if (fate == HALF_OFF || fate == HALF_UNSURE)
		plan_note(&p->warnings, vm->id, fate == HALF_OFF ? "warn.pair.half" : "warn.pair.unknown", "{s:s, s:s}", "name", vm->name, "half",
			vm->pair);
}

struct all_targets { const struct blade_look *look; size_t n; };

static bool is_target(const void *ctx, const struct blade *b)
{
	const struct all_targets *all = ctx;

	for (size_t i = 0; i < all->n; i++)
		if (all->look->blades[i] == b)
			return true;
	return false;
}

/* All targets of one cluster count together. */
static void say_quorum(const struct plan_world *w, struct plan *p, const struct blade_look *look, istr cluster)
{
	struct node nodes[CLUSTER_NODES_MAX];
	size_t n = cluster_nodes(w->objects, cluster, w->site ? (int64_t)w->site->reserve_kib : 0, nodes);
	struct cluster_left left;

	cluster_left(&left, nodes, n, w->site ? site_quorum_of(w->site, cluster) : 0, is_target, &(struct all_targets){ look, p->n });
	p->quorums = xrealloc(p->quorums, (p->nquorums + 1) * sizeof *p->quorums);
	p->quorums[p->nquorums++] = (struct plan_quorum){ intern(cluster), left.before.sure, left.after.sure, left.after.unknown,
		left.after.needed };
	plan_note_cluster(left.change == QUORUM_KEPT ? &p->impact : &p->warnings, cluster, &left);
}

static void say_quorums(const struct plan_world *w, struct plan *p, const struct blade_look *look)
{
	for (size_t i = 0; i < p->n; i++) {
		istr cluster = look->blades[i]->cluster;
		bool said = !cluster[0] || look->blades[i]->spare;
		for (size_t j = 0; j < p->nquorums; j++)
			said |= p->quorums[j].cluster == cluster;
		if (!said)
			say_quorum(w, p, look, cluster);
	}
}

/* ---- what to beware of ---- */

static void warn_power(struct plan *p, const struct plan_target *t, const struct blade *b)
{
	char age[24];

	if (p->verb != VERB_POWER_ON && p->verb != VERB_POWER_OFF)
		return;
	if (b->power_live && b->power != POWER_UNKNOWN)
		return;
	if (b->power_live || b->power == POWER_UNKNOWN || !b->power_seen) {
		plan_note(&p->warnings, t->id, "warn.power.unknown", "{s:s}", "name", t->name);
		return;
	}
	policy_age(age, sizeof age, clock_wall_s() - b->power_seen);
	plan_note(&p->warnings, t->id, "warn.power.stale", "{s:s, s:s, s:s, s:I}", "name", t->name, "power", power_state_name(b->power),
		"age", age, "seen", (json_int_t)b->power_seen);
}

/* That is when one needs the power verbs: no refusal, but said. */
static void warn_silent(struct plan *p, const struct plan_target *t, const struct blade_look *look, size_t target)
{
	enum host_state host = look->blades[target]->host;
	char age[24];
	size_t count = 0;
	int64_t seen = 0;

	for (size_t i = 0; i < look->n; i++) {
		if (look->vms[i].target != target || look->vms[i].live)
			continue;
		count++;
		if (look->vms[i].vm->seen && (!seen || look->vms[i].vm->seen < seen))
			seen = look->vms[i].vm->seen;
	}
	/* Nothing is known to run there, and nobody could know of it. */
	if (!count && look->blades[target]->seen == 0 && host != HOST_UP && host != HOST_NONE && policy_blade_ends_work(p->verb) &&
		!(look->blades[target]->power_live && look->blades[target]->power == POWER_OFF))
		plan_note(&p->warnings, t->id, "warn.blade.never", "{s:s}", "name", t->name);
	if (!count)
		return;
	policy_age(age, sizeof age, seen ? clock_wall_s() - seen : 0);
	const char *id = !seen ? "warn.blade.silent.never" : host == HOST_UP || host == HOST_STALE ? "warn.blade.stale" : "warn.blade.silent";
	plan_note(&p->warnings, t->id, id, "{s:s, s:I, s:s, s:I}", "name", t->name,
		"count", (json_int_t)count, "age", age, "seen", (json_int_t)seen);
}

/* Place and thing, where they are no refusal. */
static void warn_identity(struct plan *p, const struct plan_target *t, const struct blade *b)
{
	if (p->verb == VERB_PAIR) {
		if (!b->serial[0] && b->host != HOST_NONE)
			plan_note(&p->warnings, t->id, "warn.blade.pair", "{s:s}", "name", t->name);
		return;
	}
	if (strcmp(b->identity, "differs") == 0)
		plan_note(&p->warnings, t->id, "warn.blade.differs", "{s:s, s:s, s:s, s:s}", "name", t->name, "bay", b->bay, "bay_serial",
			b->bay_serial[0] ? b->bay_serial : "?", "serial", b->serial[0] ? b->serial : "?");
	else if (policy_blade_ends_work(p->verb) && strcmp(b->identity, "agrees") != 0)
		plan_note(&p->warnings, t->id, "warn.blade.thing", "{s:s, s:s, s:s}", "name", t->name, "bay", b->bay, "bay_serial",
			b->bay_serial[0] ? b->bay_serial : "?");
}

static void warn_target(const struct plan_world *w, struct plan *p, const struct blade_look *look, size_t i)
{
	const struct plan_target *t = &p->targets[i];
	const struct blade *b = look->blades[i];

	/* A refused target has its reason already. */
	if (t->why)
		return;
	warn_power(p, t, b);
	warn_silent(p, t, look, i);
	warn_identity(p, t, b);
	plan_warn_unsettled(w, p, t->id);
	if (b->alert[0]) {
		size_t n = strlen(t->name);
		bool named = strncmp(b->alert, t->name, n) == 0 && strncmp(b->alert + n, ": ", 2) == 0; /* most say themselves of whom */

		plan_note(&p->warnings, t->id, "warn.alert", "{s:s, s:s}", "name", t->name, "alert", named ? b->alert + n + 2 : b->alert);
	}
}

void plan_blade_words(const struct plan_world *w, const struct actor *a, struct plan *p, const struct blade_look *look)
{
	if (!actor_is_staff(a))
		return;
	say_effect(p, look);
	say_order(p);
	say_victims(p, look);
	say_consent(p);
	if (policy_blade_ends_work(p->verb))
		say_quorums(w, p, look);
	say_unseen(p);
	plan_say_tenants(w, a, p);
	for (size_t i = 0; i < p->n; i++)
		warn_target(w, p, look, i);
	for (size_t i = 0; i < look->n; i++)
		warn_pair(w, p, look, i);
	if (p->verb == VERB_SHUTDOWN && p->refused.n < p->n)
		plan_note(&p->warnings, "", "warn.blade.soft", NULL);
}

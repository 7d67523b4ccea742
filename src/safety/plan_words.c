/* What a preview says. Every sentence is a row of messages.def; here is which ones and with what in them. */
#include "safety/plan_words.h"

#include "common/clock.h"
#include "common/text.h"
#include "safety/pair_half.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan_note *note_new(struct plan_notes *n, const char *object)
{
	n->list = xrealloc(n->list, (n->n + 1) * sizeof *n->list);
	struct plan_note *note = &n->list[n->n++];
	memset(note, 0, sizeof *note);
	note->object = intern(object);
	return note;
}

void plan_note(struct plan_notes *n, const char *object, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	msg_make_va(&note_new(n, object)->msg, id, fmt, ap);
	va_end(ap);
}

void plan_note_err(struct plan_notes *n, const char *object, const struct err *e)
{
	struct plan_note *added = note_new(n, object);

	msg_copy(&added->msg, &e->msg);
	added->class = e->class;
}

void plan_note_cluster(struct plan_notes *n, const char *cluster, const struct cluster_left *left)
{
	static const char *const ids[] = { [QUORUM_KEPT] = "cluster.keeps", [QUORUM_MAY_LOSE] = "cluster.may-lose",
		[QUORUM_LOST] = "cluster.loses", [QUORUM_GONE] = "cluster.none" };

	plan_note(n, "", ids[left->change], "{s:s, s:i, s:i, s:i, s:i}", "cluster", cluster, "sure", (int)left->after.sure, "unknown",
		(int)left->after.unknown, "needed", (int)left->after.needed, "before", (int)left->before.sure);
}

void plan_notes_free(struct plan_notes *n)
{
	for (size_t i = 0; i < n->n; i++) {
		msg_free(&n->list[i].msg);
		intern_free(n->list[i].object);
	}
	free(n->list);
}

/* ---- who is hit ---- */

char *plan_by_tenant(const char *const *tenants, size_t n)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < n; i++) {
		size_t count = 0;
		bool earlier = false;
		for (size_t j = 0; j < n; j++) {
			if (strcmp(tenants[j], tenants[i]) != 0)
				continue;
			earlier |= j < i;
			count++;
		}
		if (!earlier)
			buf_printf(&b, "%s%s %zu", b.len ? ", " : "", tenants[i][0] ? tenants[i] : "no tenant", count);
	}
	buf_append(&b, "", 1);
	return b.data;
}

static char *whose(const struct plan *p, size_t *running)
{
	const char *tenants[POLICY_TARGETS_MAX];

	*running = 0;
	for (size_t i = 0; i < p->n && i < POLICY_TARGETS_MAX; i++)
		if (vm_state_is_active(p->targets[i].state))
			tenants[(*running)++] = p->targets[i].tenant;
	return plan_by_tenant(tenants, *running);
}

/* "V40, 4 vCPU, 4 GiB" */
static void size_words(char *out, size_t size, const struct vm *vm)
{
	char mem[16];

	text_bytes_kib(mem, sizeof mem, (unsigned long long)vm->mem_kib);
	if (vm->mem_kib <= 0) /* listed, and not asked for that yet */
		snprintf(out, size, "?");
	else
		snprintf(out, size, "%s%s%lld vCPU, %s", vm->grade, vm->grade[0] ? ", " : "", (long long)vm->vcpus, mem);
}

struct verb_words {
	const char *one;       /* {name} {size} {whose} {minutes} */
	const char *many;      /* {count} {whose} {minutes} */
};
static const struct verb_words verb_words[VERB_COUNT] = {
	[VERB_POWER_ON] = { "impact.power-on", "impact.power-on.many" },
	[VERB_SHUTDOWN] = { "impact.shutdown", "impact.shutdown.many" },
	[VERB_POWER_OFF] = { "impact.power-off", "impact.power-off.many" },
	[VERB_REBOOT] = { "impact.reboot", "impact.reboot.many" },
	[VERB_RESET] = { "impact.reset", "impact.reset.many" },
	[VERB_PROTECT] = { "impact.protect", "impact.protect.many" },
	[VERB_UNPROTECT] = { "impact.unprotect", "impact.unprotect.many" },
};

void plan_range(char *out, size_t size, int64_t least_ms, int64_t most_ms)
{
	char a[24], b[24];

	policy_age(a, sizeof a, (least_ms + 999) / 1000);
	policy_age(b, sizeof b, (most_ms + 999) / 1000);
	if ((least_ms + 999) / 1000 == (most_ms + 999) / 1000)
		snprintf(out, size, "%s", a);
	else
		snprintf(out, size, "%s - %s", a, b);
}

void plan_minutes(char *out, size_t size, const struct plan *p)
{
	int64_t least = p->n ? p->targets[0].shutdown_ms : 0, most = least;

	for (size_t i = 1; i < p->n; i++) {
		int64_t ms = p->targets[i].shutdown_ms;
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	plan_range(out, size, least, most);
}

static void say_effect(struct plan *p, struct vm *const *vms)
{
	char minutes[64], size[96];
	size_t running;
	char *owners = whose(p, &running);
	bool one = p->n == 1;

	plan_minutes(minutes, sizeof minutes, p);
	if (one) {
		size_words(size, sizeof size, vms[0]);
		plan_note(&p->impact, p->targets[0].id, verb_words[p->verb].one, "{s:s, s:s, s:s, s:s}", "name", p->targets[0].name, "size",
			size, "whose", p->targets[0].tenant[0] ? p->targets[0].tenant : "no tenant", "minutes", minutes);
	} else {
		plan_note(&p->impact, "", verb_words[p->verb].many, "{s:i, s:i, s:s, s:s}", "count", (int)p->n, "running", (int)running,
			"whose", owners, "minutes", minutes);
	}
	free(owners);
}

static void say_unseen(struct plan *p)
{
	size_t unseen = 0;

	for (size_t i = 0; i < p->n; i++)
		unseen += p->verb < VERB_PROTECT && p->targets[i].can == OUTCOME_UNSEEN;
	if (unseen)
		plan_note(&p->impact, "", "impact.unseen", NULL);
}

/* A customer is told of the job, not which of the provider's staff began it. */
static void say_takeovers(const struct plan_world *w, const struct actor *a, struct plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_target *t = &p->targets[i];
		if (!t->takeover)
			continue;
		const struct job *j = registry_find(w->objects, KIND_JOB, t->takeover_job);
		bool named = j && (actor_is_staff(a) || strcmp(j->by, a->user) == 0);
		plan_note(&p->impact, t->id, named ? "impact.takeover" : "impact.takeover.plain", "{s:s, s:s, s:s, s:s}", "name", t->name,
			"job", t->takeover_job, "by", named ? j->by : "", "verb", j ? j->verb : "?");
	}
}

void plan_say_tenants(const struct plan_world *w, const struct actor *a, struct plan *p)
{
	if (a->role != ROLE_OPERATOR || verb_effect(p->verb) == EFFECT_NONE || !w->site)
		return;
	for (size_t i = 0; i < w->site->ntenants; i++) {
		const struct site_tenant *t = &w->site->tenants[i];
		bool hit = false;
		for (size_t j = 0; j < p->n; j++)
			hit |= strcmp(p->targets[j].tenant, t->name) == 0;
		for (size_t j = 0; j < p->nvictims; j++)
			hit |= strcmp(p->victims[j].tenant, t->name) == 0;
		if (hit && t->procedure && t->procedure[0])
			plan_note(&p->impact, "", "tenant.procedure", "{s:s, s:s}", "tenant", t->name, "procedure", t->procedure);
		if (hit && t->contact && t->contact[0])
			plan_note(&p->impact, "", "tenant.contact", "{s:s, s:s}", "tenant", t->name, "contact", t->contact);
	}
}

/* ---- what to beware of ---- */

static bool ends_too(const void *ctx, const struct vm *half)
{
	const struct plan *p = ctx;

	for (size_t i = 0; i < p->n; i++)
		if (!p->targets[i].why && strcmp(p->targets[i].id, half->id) == 0)
			return true;
	return false;
}

/* Of a half that is not among the targets a customer is told nothing: he may not look after it. */
static void warn_pair(const struct plan_world *w, const struct actor *a, struct plan *p, const struct plan_target *t, const struct vm *vm)
{
	const struct vm *half;
	enum half_fate fate;

	if (!vm_state_is_active(t->state))
		return;
	fate = pair_half(w->objects, vm, ends_too, p, &half);
	if (fate == HALF_ENDS && strcmp(vm->name, half->name) < 0)
		plan_note(&p->warnings, t->id, "warn.pair.both", "{s:s, s:s}", "name", vm->name, "half", half->name);
	else if ((fate == HALF_OFF || fate == HALF_UNSURE) && actor_is_staff(a))
		plan_note(&p->warnings, t->id, fate == HALF_OFF ? "warn.pair.half" : "warn.pair.unknown", "{s:s, s:s}", "name", vm->name, "half",
			vm->pair);
}

void plan_warn_unsettled(const struct plan_world *w, struct plan *p, const char *id)
{
	struct msg open;

	if (w->unsettled && w->unsettled(w->ctx, id, &open))
		note_new(&p->warnings, id)->msg = open;
}

static void warn_target(const struct plan_world *w, const struct actor *a, struct plan *p, const struct plan_target *t,
	const struct vm *vm)
{
	char age[24];

	/* A refused target has its reason already. */
	if (t->why || p->verb >= VERB_PROTECT)
		return;
	if (!t->live) {
		policy_age(age, sizeof age, t->seen ? clock_wall_s() - t->seen : 0);
		plan_note(&p->warnings, t->id, t->seen ? "warn.stale" : "warn.never", "{s:s, s:s, s:s, s:I}", "name", t->name, "state",
			vm_state_name(t->state), "age", age, "seen", (json_int_t)t->seen);
	} else if (t->state == VM_UNKNOWN) {
		plan_note(&p->warnings, t->id, "warn.unknown", "{s:s}", "name", t->name);
	}
	plan_warn_unsettled(w, p, t->id);
	if (p->verb == VERB_POWER_OFF || p->verb == VERB_SHUTDOWN || p->verb == VERB_REBOOT || p->verb == VERB_RESET)
		warn_pair(w, a, p, t, vm);
	if (!vm->persistent && (p->verb == VERB_POWER_OFF || p->verb == VERB_SHUTDOWN))
		plan_note(&p->warnings, t->id, "warn.transient", "{s:s}", "name", t->name);
	if (vm->alert[0] && actor_is_staff(a))
		plan_note(&p->warnings, t->id, "warn.alert", "{s:s, s:s}", "name", t->name, "alert", vm->alert);
}

void plan_words(const struct plan_world *w, const struct actor *a, struct plan *p, struct vm *const *vms, const struct snap_look *look)
{
	if (look)
		plan_snap_words(w, a, p, look);
	else if (verb_words[p->verb].one)
		say_effect(p, vms);
	say_unseen(p);
	say_takeovers(w, a, p);
	plan_say_tenants(w, a, p);
	for (size_t i = 0; i < p->n; i++)
		warn_target(w, a, p, &p->targets[i], vms[i]);
	if ((p->verb == VERB_SHUTDOWN || p->verb == VERB_REBOOT) && p->refused.n < p->n)
		plan_note(&p->warnings, "", "warn.acpi", NULL);
}

/* ---- what is to be typed ---- */

char *plan_short_code(const char *id)
{
	const char *colon = strchr(id, ':');
	uint32_t hash = 2166136261u; /* FNV-1a: names of blades may hold anything */

	if (strncmp(id, "blade:", 6) != 0)
		return xasprintf("%.6s", colon ? colon + 1 : id);
	for (const char *c = id; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return xasprintf("%06x", (unsigned)(hash & 0xffffff));
}

char *plan_common_parent(const struct plan_world *w, const struct actor *a, const struct plan *p)
{
	const char *level[3] = { NULL, NULL, NULL }; /* blade, enclosure, rack; NULL: not the same for all */

	if (!actor_is_staff(a))
		return policy_typeable(a->tenant) ? xstrdup(a->tenant) : xstrdup("servers");
	for (size_t i = 0; i < p->n; i++) {
		void *found = NULL;
		const struct blade *b = registry_named(w->objects, KIND_BLADE, p->targets[i].blade, &found, 1) ? found : NULL;
		const char *here[3] = { b ? b->name : "", b ? b->enclosure : "", b ? b->rack : "" };
		for (int l = 0; l < 3; l++) {
			if (i == 0)
				level[l] = here[l];
			else if (level[l] && strcmp(level[l], here[l]) != 0)
				level[l] = NULL;
		}
	}
	for (int l = 0; l < 3; l++)
		if (level[l] && policy_typeable(level[l]))
			return xstrdup(level[l]);
	const struct site *s = registry_find(w->objects, KIND_SITE, "site");
	return s && policy_typeable(s->name) ? xstrdup(s->name) : xstrdup("site");
}

char *plan_quote(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-";
	struct buf b = { 0 };

	if (word[0] && word[0] != '=' && strspn(word, plain) == strlen(word))
		return xstrdup(word);
	buf_str(&b, "'");
	for (const char *c = word; *c; c++) {
		if (*c == '\'')
			buf_str(&b, "'\\''");
		else
			buf_append(&b, c, 1);
	}
	buf_str(&b, "'");
	buf_append(&b, "", 1);
	return b.data;
}

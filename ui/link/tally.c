/* Counting by difference (tally.h): each slot remembers as what it was counted. */
#include "link/tally.h"

#include <stdlib.h>
#include <string.h>

#define NOT_COUNTED 0xff
#define RUNNING 0x10      /* beside the rank */
#define OFF 0x20
#define LIVE 0x40         /* of a blade */
#define METAL 0x80        /* of a blade that shouts: its metal, not its host */

/* Slots of one kind that are not well, worst first: made anew when somebody asks after a change. */
struct worst { bool stale; uint32_t *slots; size_t n; };

struct tally {
	struct registry *objects;
	struct registry_watch watch;
	struct tally_counts counts;
	unsigned char *was[KIND_COUNT]; /* of enclosures, blades, VMs, jobs and alerts, by slot */
	size_t size[KIND_COUNT];
	struct worst troubles;    /* blades */
	struct worst alerts;      /* those that stand */
};

static unsigned char *slot_of(struct tally *t, enum kind k, uint32_t slot)
{
	if (slot >= t->size[k]) {
		size_t size = slot + slot / 2 + 64;

		t->was[k] = xrealloc(t->was[k], size);
		memset(t->was[k] + t->size[k], NOT_COUNTED, size - t->size[k]);
		t->size[k] = size;
	}
	return &t->was[k][slot];
}

static void count(struct tally *t, enum kind k, unsigned char as, size_t by)
{
	if (as == NOT_COUNTED)
		return;
	if (k == KIND_BLADE) {
		t->counts.blade[as & 0x0f] += by;
		t->counts.blades_live += as & LIVE ? by : 0;
		t->counts.blades_off += as & OFF ? by : 0;
		t->counts.blades_down += as & METAL ? by : 0;
	} else if (k == KIND_ENCLOSURE) {
		t->counts.managers += as ? by : 0;
		t->counts.managers_wrong += as > 1 ? by : 0;
	} else if (k == KIND_VM) {
		t->counts.vm[as & 0x0f] += by;
		t->counts.vms_running += as & RUNNING ? by : 0;
		t->counts.vms_off += as & OFF ? by : 0;
	} else if (k == KIND_ALERT) {
		t->counts.alerts_new += (as & 0x0f) >= LOOK_WARN ? by : 0;
		t->counts.alerts_hurt += (as & 0x0f) == LOOK_ALERT ? by : 0;
	} else {
		t->counts.jobs_open += as ? by : 0;
	}
}

static unsigned char class_of_blade(const struct blade *b)
{
	enum look_rank rank = look_blade(b, TIER_ASCII).rank;
	bool metal = rank == LOOK_ALERT && (b->health == HEALTH_FAILED || !look_silent(b) || (b->power == POWER_OFF && b->power_live));

	return (unsigned char)(rank | (b->host == HOST_UP ? LIVE : 0) | (b->power == POWER_OFF && b->power_live && b->host != HOST_UP ? OFF : 0) | (metal ? METAL : 0));
}

static unsigned char class_of(enum kind k, const void *o)
{
	const struct vm *vm = o;

	switch (k) {
	case KIND_BLADE:
		return class_of_blade(o);
	case KIND_ENCLOSURE:
		return look_manager(((const struct enclosure *)o)->manager, TIER_ASCII).rank == LOOK_EMPTY ? 0 :
			look_manager(((const struct enclosure *)o)->manager, TIER_ASCII).rank >= LOOK_UNKNOWN ? 2 : 1;
	case KIND_VM:
		return (unsigned char)((unsigned)look_vm_rank(vm) | (vm->live && vm_state_is_active(vm->state) ? RUNNING : 0) |
			(vm->live && vm->state == VM_OFF ? OFF : 0));
	case KIND_ALERT:
		return (unsigned char)look_alarm(o, TIER_ASCII).rank;
	default:
		return job_state_is_open(((const struct job *)o)->state);
	}
}

static bool is_counted(enum kind k)
{
	return k == KIND_BLADE || k == KIND_VM || k == KIND_JOB || k == KIND_ENCLOSURE || k == KIND_ALERT;
}

static bool is_new(unsigned char as)
{
	return as != NOT_COUNTED && (as & 0x0f) >= LOOK_WARN;
}

static void on_changed(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct tally *t = ctx;
	unsigned char *was, is;

	if (!is_counted(k))
		return;
	was = slot_of(t, k, slot);
	is = class_of(k, o);
	if (k == KIND_BLADE && ((is & 0x0f) >= LOOK_UNKNOWN || (*was != NOT_COUNTED && (*was & 0x0f) >= LOOK_UNKNOWN)))
		t->troubles.stale = true;
	if (k == KIND_ALERT) { /* each may stand elsewhere now: they are few */
		t->alerts.stale = true;
		t->counts.alerts_came += is_new(is) && !is_new(*was);
	}
	if (*was == is)
		return;
	count(t, k, *was, (size_t)-1);
	count(t, k, is, 1);
	*was = is;
}

static void on_gone(void *ctx, enum kind k, uint32_t slot, void *o)
{
	struct tally *t = ctx;
	unsigned char *was;

	if (!is_counted(k))
		return;
	was = slot_of(t, k, slot);
	count(t, k, *was, (size_t)-1);
	*was = NOT_COUNTED;
	t->troubles.stale |= k == KIND_BLADE;
	t->alerts.stale |= k == KIND_ALERT;
}

struct tally *tally_new(struct registry *r)
{
	struct tally *t = xcalloc(1, sizeof *t);

	t->objects = r;
	for (int k = 0; k < KIND_COUNT; k++)
		for (uint32_t i = 0, n = registry_slots(r, (enum kind)k); i < n; i++)
			if (registry_at(r, (enum kind)k, i))
				on_changed(t, (enum kind)k, i, registry_at(r, (enum kind)k, i));
	t->watch = (struct registry_watch){.ctx = t, .changed = on_changed, .gone = on_gone};
	registry_watch(r, &t->watch);
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	registry_unwatch(t->objects, &t->watch);
	for (int k = 0; k < KIND_COUNT; k++)
		free(t->was[k]);
	free(t->troubles.slots);
	free(t->alerts.slots);
	free(t);
}

const struct tally_counts *tally_counts(const struct tally *t)
{
	return &t->counts;
}

static int older_job(const void *a, const void *b)
{
	const struct job *const *x = a, *const *y = b;

	if ((*x)->started != (*y)->started)
		return (*x)->started < (*y)->started ? -1 : 1;
	return strcmp((*x)->id, (*y)->id);
}

size_t tally_jobs(const struct tally *t, const struct job **out, size_t max)
{
	uint32_t slots = registry_slots(t->objects, KIND_JOB);
	size_t n = 0;

	if (t->counts.jobs_open == 0)
		return 0;
	for (uint32_t s = 0; s < slots && s < t->size[KIND_JOB]; s++)
		if (t->was[KIND_JOB][s] == 1) {
			if (n < max)
				out[n] = registry_at(t->objects, KIND_JOB, s);
			n++;
		}
	qsort(out, n < max ? n : max, sizeof *out, older_job);
	return n;
}

/* from: the least rank that is meant. */
static void gather(struct tally *t, struct worst *w, enum kind k, enum look_rank from, int (*worse)(const void *a, const void *b, void *ctx))
{
	uint32_t slots = registry_slots(t->objects, k);

	if (!w->stale)
		return;
	w->slots = xrealloc(w->slots, (slots + 1) * sizeof *w->slots);
	w->n = 0;
	for (uint32_t s = 0; s < slots && s < t->size[k]; s++)
		if (t->was[k][s] != NOT_COUNTED && (t->was[k][s] & 0x0f) >= from)
			w->slots[w->n++] = s;
	qsort_r(w->slots, w->n, sizeof *w->slots, worse, t);
	w->stale = false;
}

static int worse_blade(const void *a, const void *b, void *ctx)
{
	const struct tally *t = ctx;
	const struct blade *x = registry_at(t->objects, KIND_BLADE, *(const uint32_t *)a);
	const struct blade *y = registry_at(t->objects, KIND_BLADE, *(const uint32_t *)b);
	int rx = t->was[KIND_BLADE][*(const uint32_t *)a] & 0x0f, ry = t->was[KIND_BLADE][*(const uint32_t *)b] & 0x0f;

	if (rx != ry)
		return rx > ry ? -1 : 1;
	if (x->seen != y->seen)
		return x->seen > y->seen ? -1 : 1;
	return strcmp(x->id, y->id);
}

size_t tally_troubles(struct tally *t, const struct blade **out, size_t max)
{
	gather(t, &t->troubles, KIND_BLADE, LOOK_UNKNOWN, worse_blade);
	for (size_t i = 0; i < t->troubles.n && i < max; i++)
		out[i] = registry_at(t->objects, KIND_BLADE, t->troubles.slots[i]);
	return t->troubles.n;
}

static int worse_alert(const void *a, const void *b, void *ctx)
{
	const struct tally *t = ctx;
	const struct alert *x = registry_at(t->objects, KIND_ALERT, *(const uint32_t *)a), *y = registry_at(t->objects, KIND_ALERT, *(const uint32_t *)b);
	int c = look_alarm_order(x, y);

	return c ? c : strcmp(x->id, y->id);
}

size_t tally_alerts(struct tally *t, const struct alert **out, size_t max)
{
	gather(t, &t->alerts, KIND_ALERT, LOOK_ACTIVE, worse_alert);
	for (size_t i = 0; i < t->alerts.n && i < max; i++)
		out[i] = registry_at(t->objects, KIND_ALERT, t->alerts.slots[i]);
	return t->alerts.n;
}

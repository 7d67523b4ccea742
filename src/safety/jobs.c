/* The life of jobs: what is said of them, what consoles see of them, their timer. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "safety/lease.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS 2000

/* ---- one run in memory ---- */

struct run *run_new(struct jobs *j, const char *id, enum verb v, size_t n)
{
	struct run *r = xcalloc(1, sizeof *r);

	r->jobs = j;
	r->verb = v;
	memcpy(r->id, id, strnlen(id, sizeof r->id - 1));
	r->targets = xcalloc(n ? n : 1, sizeof *r->targets);
	r->n = n;
	for (size_t i = 0; i < n; i++) {
		struct run_target *t = &r->targets[i];
		t->run = r;
		t->kind = KIND_VM;
		t->verb = v;
		intern_set(&t->id, "");
		intern_set(&t->name, "");
		intern_set(&t->tenant, "");
		intern_set(&t->blade, "");
		intern_set(&t->text_id, "");
		intern_set(&t->text, "");
		intern_set(&t->serial, "");
	}
	intern_set(&r->user, "");
	intern_set(&r->origin, "");
	intern_set(&r->tenant, "");
	intern_set(&r->reason, "");
	intern_set(&r->plan, "");
	r->next = j->runs;
	j->runs = r;
	return r;
}

void run_free(struct run *r)
{
	struct run **at = &r->jobs->runs;

	while (*at && *at != r)
		at = &(*at)->next;
	if (*at)
		*at = r->next;
	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		intern_free(t->id);
		intern_free(t->name);
		intern_free(t->tenant);
		intern_free(t->blade);
		intern_free(t->text_id);
		intern_free(t->text);
		intern_free(t->serial);
		free(t->place);
		if (t->old)
			object_free(KIND_LEASE, t->old);
		if (t->breaking)
			breaking_end(t->breaking, err_new(ERR_UNREACHABLE, "broker.stopping", NULL));
	}
	snap_run_free(r->snap);
	for (size_t i = 0; i < r->nvictims; i++)
		intern_free(r->victims[i]);
	free(r->victims);
	free(r->targets);
	intern_free(r->user);
	intern_free(r->origin);
	intern_free(r->tenant);
	intern_free(r->reason);
	intern_free(r->plan);
	free(r->gids);
	free(r);
}

struct run *run_find(struct jobs *j, const char *id)
{
	for (struct run *r = j->runs; r; r = r->next)
		if (strcmp(r->id, id) == 0)
			return r;
	return NULL;
}

static struct run_target *target_in(struct run *r, const char *id)
{
	for (size_t i = 0; r && i < r->n; i++)
		if (strcmp(r->targets[i].id, id) == 0)
			return &r->targets[i];
	return NULL;
}

struct run_target *run_target_of(struct jobs *j, const char *id)
{
	const struct lease *l = lease_find(j->c.objects, id);

	if (l)
		return target_in(run_find(j, l->job), id);
	/* A step has no lease of its own. It is known by its mark, wherever it moved; a new object of an old VM by its blade. */
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, id);
	struct run_target *t = vm && vm->job[0] ? target_in(run_find(j, vm->job), id) : NULL;
	if (!t && vm && (l = lease_on(j->c.objects, vm)))
		t = target_in(run_find(j, l->job), id);
	return t && t->run->metal && job_state_is_open(t->state) ? t : NULL;
}

bool target_holds(const struct run_target *t)
{
	const struct run *r = t->run;
	char id[300];

	if (t->no_lease && !r->vms_first)
		return true;
	int n = t->no_lease ? snprintf(id, sizeof id, "blade:%s", t->blade) : snprintf(id, sizeof id, "%s", t->id);
	const struct lease *l = n > 0 && (size_t)n < sizeof id ? lease_find(r->jobs->c.objects, id) : NULL;
	return l && strcmp(l->job, r->id) == 0;
}

void run_actor(const struct run *r, struct actor *a)
{
	*a = (struct actor){ .role = r->role, .user = r->user, .uid = r->uid, .origin = r->origin, .tenant = r->tenant, .gids = r->gids,
		.ngids = r->ngids };
}

bool target_may(struct run_target *t)
{
	const struct jobs_config *c = &t->run->jobs->c;
	struct actor a;

	run_actor(t->run, &a);
	struct err *e = c->still ? c->still(c->ctx, &a, t->verb, t->kind, t->id) : NULL;
	if (!e)
		return true;
	target_say(t, JOB_FAILED, "job.right", NULL);
	err_free(e);
	return false;
}

struct vm *run_vm(const struct run_target *t)
{
	return registry_find(t->run->jobs->c.objects, KIND_VM, t->id);
}

json_t *run_objects(const struct run *r)
{
	json_t *list = NULL;

	for (size_t i = 0; i < r->n; i++)
		audit_object(&list, r->targets[i].id, r->targets[i].name, r->targets[i].blade);
	return list;
}

void vm_cover(struct jobs *j, struct vm *vm)
{
	const struct lease *l = lease_on(j->c.objects, vm);

	if (strcmp(vm->job, l ? l->job : "") != 0)
		fleet_mark(j->c.fleet, vm, l ? l->job : "", l ? l->verb : "", l ? l->by : "");
}

/* A blade's mark is on all its VMs too: while its lease stands, and for that alone. */
static void mark_blade(struct run_target *t, bool on)
{
	struct jobs *j = t->run->jobs;
	struct blade *b = registry_find(j->c.objects, KIND_BLADE, t->id);
	size_t n;

	if (b)
		fleet_mark_blade(j->c.fleet, b, on ? t->run->id : "", on ? verb_name(t->verb) : "", on ? t->run->user : "");
	struct vm *const *vms = registry_vms_on(j->c.objects, t->blade, &n);
	for (size_t i = 0; i < n; i++)
		vm_cover(j, vms[i]);
	for (size_t i = 0; i < t->run->n; i++) {
		struct vm *vm = t->run->targets[i].kind == KIND_VM ? run_vm(&t->run->targets[i]) : NULL;
		if (vm)
			vm_cover(j, vm); /* it may have moved meanwhile */
	}
}

void target_mark(struct run_target *t, bool on)
{
	struct vm *vm = run_vm(t);

	if (t->kind == KIND_BLADE && !t->no_lease)
		mark_blade(t, on);
	else if (vm && t->no_lease)
		vm_cover(t->run->jobs, vm);
	else if (vm)
		fleet_mark(t->run->jobs->c.fleet, vm, on ? t->run->id : "", on ? verb_name(t->verb) : "", on ? t->run->user : "");
}

/* ---- what is said of a target ---- */

static void target_set(struct run_target *t, enum job_state s, const struct msg *m)
{
	intern_set(&t->text_id, m->id);
	intern_set(&t->text, m->text);
	t->state = s;
	/* An outcome is shown when it is written, together with the end of its lease: who sees "done" may go on at once. */
	if (job_state_is_open(s))
		t->shown = s;
	blade_watch(t);
}

void target_say(struct run_target *t, enum job_state s, const char *text_id, const char *fmt, ...)
{
	struct msg m;
	va_list ap;

	va_start(ap, fmt);
	msg_make_va(&m, text_id, fmt, ap);
	va_end(ap);
	target_set(t, s, &m);
	msg_free(&m);
}

void target_say_err(struct run_target *t, enum job_state s, const struct err *e)
{
	target_set(t, s, &e->msg);
}

/* ---- the job that everybody sees ---- */

enum job_state run_sum_up(const struct run *r, bool shown)
{
	size_t count[JOB_STATE_COUNT] = { 0 };

	for (size_t i = 0; i < r->n; i++)
		count[shown ? r->targets[i].shown : r->targets[i].state]++;
	if (count[JOB_UNKNOWN])
		return JOB_UNKNOWN;
	if (count[JOB_OVERDUE])
		return JOB_OVERDUE;
	if (count[JOB_PENDING] == r->n)
		return JOB_PENDING;
	if (count[JOB_RUNNING] || count[JOB_PENDING])
		return JOB_RUNNING;
	if (count[JOB_FAILED] == r->n)
		return JOB_FAILED;
	if (count[JOB_FAILED] || count[JOB_PARTLY])
		return JOB_PARTLY;
	return count[JOB_ACCEPTED] ? JOB_ACCEPTED : JOB_DONE;
}

/* A count. */
void run_sum_words(const struct run *r, bool shown, struct msg *m)
{
	size_t good = 0, bad = 0;

	if (steps_words(r, shown, m))
		return;
	for (size_t i = 0; i < r->n; i++) {
		enum job_state s = shown ? r->targets[i].shown : r->targets[i].state;
		good += s == JOB_DONE || s == JOB_ACCEPTED;
		bad += s == JOB_FAILED;
	}
	msg_make(m, good + bad < r->n ? "job.several" : "job.several.ended", "{s:i, s:i, s:i}", "done", (int)good, "failed", (int)bad,
		"count", (int)r->n);
}

void run_publish(struct run *r)
{
	struct registry *reg = r->jobs->c.objects;
	struct job *job = r->job;
	int64_t done = 0;

	if (!job)
		return;
	for (size_t i = 0; i < r->n; i++)
		done += !job_state_is_open(r->targets[i].shown);
	job->done = done;
	job->state = r->closed ? run_sum_up(r, false) : run_sum_up(r, true);
	/* Every target is shown as settled, its end is not yet written: cannot be, they are written together. */
	job->ended = r->closed ? r->ended : 0;
	job->deadline = r->guest_deadline;
	if (r->n == 1) {
		intern_set(&job->text_id, r->targets[0].text_id);
		intern_set(&job->text, r->targets[0].text);
	} else {
		struct msg m;
		run_sum_words(r, true, &m);
		intern_set(&job->text_id, m.id);
		intern_set(&job->text, m.text);
		msg_free(&m);
	}
	registry_changed(reg, KIND_JOB, job, false);
}

static char *target_names(const struct run *r)
{
	struct buf b = { 0 };

	/* Of steps the blades, whose job it is. */
	for (size_t i = 0; i < r->n; i++)
		if (!r->metal || r->targets[i].kind == KIND_BLADE)
			buf_printf(&b, "%s%s", b.len ? ", " : "", r->targets[i].name);
	buf_append(&b, "", 1);
	return b.data;
}

/* Fills a job from its run; to: all strings set. */
void run_fill_job(const struct run *r, struct job *to)
{
	char *names = target_names(r);
	size_t first = 0;

	while (r->metal && first + 1 < r->n && r->targets[first].kind != KIND_BLADE)
		first++;
	intern_set(&to->id, r->id);
	intern_set(&to->verb, verb_name(r->verb));
	intern_set(&to->target, r->n ? r->targets[first].id : "");
	intern_set(&to->targets, names);
	intern_set(&to->by, r->user);
	intern_set(&to->origin, r->origin);
	intern_set(&to->reason, r->reason);
	to->count = (int64_t)r->n;
	to->started = r->started;
	to->deadline = r->guest_deadline;
	free(names);
}

/* ---- the room's own life ---- */

void jobs_purge(struct jobs *j)
{
	while (j->closed > JOBS_CLOSED_KEPT) {
		struct run *oldest = NULL;
		for (struct run *r = j->runs; r; r = r->next)
			if (r->closed && !r->in_flight && !r->writing)
				oldest = r;
		if (!oldest)
			return;
		if (oldest->job)
			registry_remove(j->c.objects, KIND_JOB, oldest->job);
		run_free(oldest);
		j->closed--;
	}
}

static void tick(void *ctx)
{
	struct jobs *j = ctx;
	bool more = false;

	if (j->stopping)
		return;
	for (struct run *r = j->runs, *next; r; r = next) {
		next = r->next;
		if (r->starting && r->snap && r->retry) {
			more = true;
			snap_drop(r);
			continue;
		}
		if (r->closed || r->starting)
			continue;
		if (r->retry && !r->writing)
			run_write(r);
		more |= r->retry;
		for (size_t i = 0; i < r->n; i++) {
			struct run_target *t = &r->targets[i];
			if (r->snap)
				continue;
			target_judge(t);
			/* One that is overdue waits for news, not for time; but for a guest that is off when it should restart. */
			more |= target_is_awaited(t) && (t->state != JOB_OVERDUE || t->verb == VERB_REBOOT);
			more |= t->waits_since && t->state == JOB_PENDING;
		}
		if (r->metal)
			run_pump(r);
	}
	more |= settle_tick(j);
	more |= seen_retry(j);
	if (more || j->nlate)
		jobs_tick_soon(j);
	late_news(j, NULL);
}

void jobs_tick_soon(struct jobs *j)
{
	int every = j->c.settle_ms / 4;

	if (every > 1000)
		every = 1000;
	if (!j->stopping && !loop_timer_pending(j->tick))
		loop_timer_set(j->tick, every > 50 ? every : 50);
}

struct jobs *jobs_new(const struct jobs_config *c)
{
	struct jobs *j = xcalloc(1, sizeof *j);

	j->c = *c;
	if (j->c.settle_ms <= 0)
		j->c.settle_ms = 20000;
	if (j->c.blade_ms <= 0)
		j->c.blade_ms = BLADE_WITHIN_MS;
	j->tick = loop_timer_new(c->loop, tick, j);
	j->turn = loop_timer_new(c->loop, steps_turn, j);
	return j;
}

void jobs_free(struct jobs *j)
{
	if (!j)
		return;
	while (j->runs)
		run_free(j->runs);
	late_free(j);
	settle_free(j);
	seen_free(j);
	loop_timer_free(j->tick);
	loop_timer_free(j->turn);
	free(j);
}

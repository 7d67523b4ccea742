/* Jobs and leases that an earlier broker left in the store, put in order at start. Its calls may have reached their hosts:
 * what was pending or sent is unknown until the host has been seen. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"

#include <string.h>

/* One of a job with blades; metal_read has told its verb, its place and when it was sent. */
static void load_metal(struct run_target *t, bool begun)
{
	if (!begun && t->state == JOB_PENDING)
		return; /* and never will be */
	if (t->verb == VERB_SHUTDOWN)
		t->deadline = t->sent_at + t->shutdown_ms;
	t->sent = true;
	/* A guest that was asked is still awaited; of a blade nobody knows whether its manager had the order. */
	if (t->state == JOB_OVERDUE || (t->kind == KIND_VM && t->state == JOB_RUNNING))
		return;
	target_say(t, JOB_UNKNOWN, "job.unknown.restart", NULL);
}

static void load_target(struct run_target *t, const struct store_target *s, int64_t now, int64_t wall)
{
	const struct run *r = t->run;
	bool guests = r->verb == VERB_SHUTDOWN || r->verb == VERB_REBOOT;

	intern_set(&t->name, s->name);
	intern_set(&t->text_id, s->text_id);
	intern_set(&t->text, s->text);
	t->state = t->shown = s->state;
	t->can = r->verb == VERB_REBOOT || r->verb == VERB_RESET ? OUTCOME_EVENT : OUTCOME_STATE;
	if (!r->metal)
		t->sent_at = now - (wall - r->started) * 1000;
	t->phase_at = now;
	if (!job_state_is_open(s->state)) {
		t->written = true;
		return;
	}
	if (r->metal) {
		load_metal(t, (size_t)(t - r->targets) < r->next_target);
		return;
	}
	if (guests && r->guest_deadline) {
		int64_t left = (r->guest_deadline - wall) * 1000;
		t->deadline = now + (left > 0 ? left : 0);
	}
	/* A snapshot job writes that it is running before anything is sent. */
	if (verb_is_snapshot(r->verb) && s->state == JOB_PENDING)
		return;
	t->sent = true;
	/* The guest was asked and is still awaited: that goes on. Whether a pending one has left nobody knows. */
	if (s->state == JOB_OVERDUE || (guests && s->state == JOB_RUNNING))
		return;
	target_say(t, JOB_UNKNOWN, "job.unknown.restart", NULL);
}

void jobs_load_job(struct jobs *j, const struct store_job *s)
{
	enum verb v;
	int64_t now = clock_boot_ms(), wall = clock_wall_s();

	if (!verb_from_name(s->job.verb, &v) || run_find(j, s->job.id)) {
		log_warn("the stored job %s has an unknown verb and is left alone", s->job.id);
		return;
	}
	struct run *r = run_new(j, s->job.id, v, s->ntargets);
	intern_set(&r->user, s->job.by);
	intern_set(&r->origin, s->job.origin);
	intern_set(&r->reason, s->job.reason);
	r->uid = s->uid;
	r->started = s->job.started;
	r->started_boot = now - (wall - s->job.started) * 1000;
	r->ended = s->job.ended;
	r->guest_deadline = s->job.deadline;
	r->next_target = r->n; /* nothing is sent again */
	r->closed = !job_state_is_open(s->job.state);
	for (size_t i = 0; i < r->n; i++)
		intern_set(&r->targets[i].id, s->targets[i].id);
	for (size_t i = 0; i < r->n && !r->metal; i++)
		if (strncmp(r->targets[i].id, "blade:", 6) == 0)
			metal_read(r, s->detail);
	if (!r->closed && verb_is_snapshot(v))
		snap_run_read(r, s->detail);
	for (size_t i = 0; i < r->n; i++)
		load_target(&r->targets[i], &s->targets[i], now, wall);
	if (r->closed)
		j->closed++;
	else
		j->open++;
	r->job = object_new(KIND_JOB);
	object_copy(KIND_JOB, r->job, &s->job);
	registry_add(j->c.objects, KIND_JOB, r->job);
}

void jobs_load_lease(struct jobs *j, const struct lease *l)
{
	if (!lease_find(j->c.objects, l->object))
		lease_take(j->c.objects, l->object, l->name, l->by, l->job, l->verb, l->since);
}

/* A reservation without a job: only a store that was tampered with has one. */
static void drop_reservation(void *ctx, struct snapshot *s)
{
	struct jobs *j = ctx;
	const struct run *r = run_find(j, s->job);

	if (r && r->snap && !r->closed)
		return;
	log_warn("snapshot %s of %s was reserved by no open job and is given back", s->id, s->vm_name);
	struct store_tx *tx = store_begin(j->c.store);
	book_move(j->c.book, s, SNAP_FAILED, 0, msg_template("job.snap.unsent"));
	book_put(s, tx);
	store_commit(tx, NULL, NULL);
}

/* A lease whose job is not open holds nothing: only a store that was tampered with has one. */
static void drop_orphans(struct jobs *j)
{
	for (uint32_t s = 0; s < registry_slots(j->c.objects, KIND_LEASE); s++) {
		struct lease *l = registry_at(j->c.objects, KIND_LEASE, s);
		if (!l)
			continue;
		struct run_target *t = run_target_of(j, l->object);
		if (t && job_state_is_open(t->state))
			continue;
		log_warn("the lease on %s belongs to no open job and is dropped", l->name);
		struct store_tx *tx = store_begin(j->c.store);
		store_drop_lease(tx, l->object);
		store_commit(tx, NULL, NULL);
		registry_remove(j->c.objects, KIND_LEASE, l);
	}
}

/* What an earlier broker closed without having seen its outcome may still take effect. */
static void await_late(struct jobs *j, struct run_target *t)
{
	bool broken = strcmp(t->text_id, "job.broken") == 0;

	if (t->state == JOB_FAILED && (broken || strcmp(t->text_id, "job.no-effect") == 0) &&
		clock_boot_ms() - t->sent_at < LATE_MS)
		late_add(j, t, broken);
}

void jobs_loaded(struct jobs *j)
{
	drop_orphans(j);
	book_each(j->c.book, SNAP_RESERVED, drop_reservation, j);
	for (struct run *r = j->runs; r; r = r->next) {
		bool changed = false;
		if (!r->closed && r->snap && r->n == 1 && r->targets[0].state == JOB_PENDING) {
			snap_unsent(r);
			continue;
		}
		for (size_t i = 0; i < r->n; i++) {
			struct run_target *t = &r->targets[i];
			const struct vm *vm = run_vm(t);
			if (vm) {
				intern_set(&t->tenant, vm->tenant);
				intern_set(&t->blade, t->no_lease && t->blade[0] ? t->blade : vm->blade);
			}
			if (!job_state_is_open(t->state))
				await_late(j, t);
			if (r->closed || !job_state_is_open(t->state))
				continue;
			changed = true;
			if (target_holds(t)) {
				target_mark(t, true);
				blade_watch(t);
				continue;
			}
			/* Another job took it over and the broker died before it could say so here. */
			const struct lease *l = lease_find(j->c.objects, t->id);
			t->lease_lost = true;
			target_say(t, JOB_FAILED, "job.taken-over", "{s:s, s:s, s:s}", "by", l ? l->by : "?", "verb", l ? l->verb : "?",
				"job", l ? l->job : "?");
		}
		if (r->closed)
			continue;
		if (!changed)
			log_warn("the stored job %s was open with all its targets settled", r->id);
		if (r->metal)
			run_pump(r);
		run_write(r);
		run_publish(r);
	}
	jobs_tick_soon(j);
	jobs_purge(j);
}

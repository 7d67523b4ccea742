/* Jobs on their way to the store: as they stand, and how they ended, with the leases that end then. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

void run_store(const struct run *r, struct store_tx *tx)
{
	struct store_job s = { .uid = r->uid, .ntargets = r->n };
	struct job *job = object_new(KIND_JOB);
	struct msg m;

	run_fill_job(r, job);
	job->state = run_sum_up(r, false);
	job->ended = job_state_is_open(job->state) ? 0 : r->ended;
	for (size_t i = 0; i < r->n; i++)
		job->done += !job_state_is_open(r->targets[i].state);
	if (r->n == 1) {
		intern_set(&job->text_id, r->targets[0].text_id);
		intern_set(&job->text, r->targets[0].text);
	} else {
		run_sum_words(r, false, &m);
		intern_set(&job->text_id, m.id);
		intern_set(&job->text, m.text);
		msg_free(&m);
	}
	s.targets = xcalloc(r->n ? r->n : 1, sizeof *s.targets);
	for (size_t i = 0; i < r->n; i++) {
		/* Borrowed by the call, which only reads. */
		s.targets[i].id = (char *)r->targets[i].id;
		s.targets[i].name = (char *)r->targets[i].name;
		s.targets[i].text_id = (char *)r->targets[i].text_id;
		s.targets[i].text = (char *)r->targets[i].text;
		s.targets[i].state = r->targets[i].state;
	}
	s.job = *job;
	char *detail = r->metal ? metal_write(r) : snap_run_write(r);
	s.detail = detail;
	store_put_job(tx, &s);
	free(detail);
	free(s.targets);
	object_free(KIND_JOB, job);
}

void run_append_end(const struct run *r, struct store_tx *tx)
{
	struct actor a;
	json_t *objects = run_objects(r), *o;
	struct msg m;
	size_t i;

	/* Each target's own outcome beside the job's. */
	json_array_foreach(objects, i, o) {
		json_object_set_new(o, "state", json_string(job_state_name(r->targets[i].state)));
		json_object_set_new(o, "text", json_string(r->targets[i].text));
	}
	run_actor(r, &a);
	if (r->n == 1)
		msg_make(&m, "job.outcome", "{s:s, s:s}", "state", job_state_name(r->targets[0].state), "text", r->targets[0].text);
	else
		run_sum_words(r, false, &m);
	int64_t seconds = r->ended - r->started;
	json_t *record = audit_record(&(struct audit){ .what = "end", .actor = &a, .verb = verb_name(r->verb), .objects = objects,
		.job = r->id, .outcome = &m, .timed = true, .seconds = seconds > 0 ? seconds : 0 });
	store_append(tx, record);
	json_decref(record);
	json_decref(objects);
	msg_free(&m);
}

void target_release(struct run_target *t)
{
	const struct jobs *j = t->run->jobs;
	const struct vm *vm = run_vm(t);
	const char *blade = vm ? vm->blade : t->blade;

	if (t->no_lease)
		return;
	lease_drop(j->c.objects, t->id);
	if (blade[0] && !lease_blade_busy(j->c.objects, blade))
		fleet_release(j->c.fleet, blade);
}

static void target_closed(struct run_target *t)
{
	t->written = true;
	t->shown = t->state;
	struct breaking *b = t->breaking;
	t->breaking = NULL;
	if (t->lease_lost) {
		if (b)
			breaking_end(b, NULL);
		return;
	}
	/* A blade's VMs are marked as long as its lease stands. */
	if (t->kind == KIND_BLADE)
		target_release(t);
	target_mark(t, false);
	if (t->kind == KIND_VM) {
		struct vm *vm = run_vm(t);
		target_release(t);
		if (vm)
			vm_cover(t->run->jobs, vm);
	}
	if (b)
		breaking_end(b, NULL);
}

static void run_written(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;

	r->writing = false;
	if (j->stopping) {
		/* The fleet is gone, and nobody looks any more. What was not written is settled at the next start. */
		err_free(e);
		return;
	}
	if (e) {
		/* What has happened has happened: it is written as soon as that is possible, and till then the lease stays. */
		log_error("job %s: its outcome cannot be written, trying again: %s", r->id, e->msg.text);
		err_free(e);
		r->retry = true;
		r->end_in_tx = false;
		for (size_t i = 0; i < r->n; i++)
			r->targets[i].in_tx = false;
		jobs_tick_soon(j);
		return;
	}
	for (size_t i = 0; i < r->n; i++) {
		if (!r->targets[i].in_tx)
			continue;
		r->targets[i].in_tx = false;
		if (r->snap)
			snap_ended(r);
		target_closed(&r->targets[i]);
	}
	r->may = r->may_in_tx;
	if (r->end_in_tx) {
		r->end_in_tx = false;
		r->closed = true;
		j->open--;
		j->closed++;
	}
	if (r->again) {
		r->again = false;
		run_write(r);
	}
	run_publish(r);
	if (r->metal)
		run_pump(r);
	if (r->closed)
		jobs_purge(j);
}

void run_write(struct run *r)
{
	if (r->jobs->stopping || r->closed)
		return;
	if (r->writing) {
		r->again = true;
		return;
	}
	size_t ended = 0, window = r->metal ? steps_window(r) : 0;
	struct store_tx *tx = store_begin(r->jobs->c.store);
	r->retry = false;
	r->writing = true;
	r->may_in_tx = window > r->may ? window : r->may;
	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		if (job_state_is_open(t->state))
			continue;
		ended++;
		if (t->written)
			continue;
		t->in_tx = true;
		if (!t->lease_lost && !t->no_lease)
			store_drop_lease(tx, t->id);
		if (r->snap)
			snap_put_end(r, tx);
	}
	if (ended == r->n) {
		r->end_in_tx = true;
		r->ended = clock_wall_s();
		run_append_end(r, tx);
	}
	run_store(r, tx);
	store_commit(tx, run_written, r);
}

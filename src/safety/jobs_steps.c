/* What comes after what in a job with blades: its VMs before the blade, one blade some time after the other, and nothing more
 * once a step has failed. Called by jobs_send.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"

#include <string.h>

/* The first target may be begun: all of lower ranks are seen to be done. */
static bool is_its_turn(const struct run *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (r->targets[i].rank < r->targets[at].rank && r->targets[i].state != JOB_DONE && r->targets[i].state != JOB_ACCEPTED)
			return false;
	return true;
}

/* A VM that did not follow; NULL. */
static const struct run_target *stopped_by(const struct run *r)
{
	for (size_t i = 0; r->vms_first && i < r->next_target; i++)
		if (r->targets[i].kind == KIND_VM && r->targets[i].state == JOB_FAILED)
			return &r->targets[i];
	return NULL;
}

size_t steps_window(const struct run *r)
{
	size_t i = r->next_target, from = i;

	if (i >= r->n || r->cut || stopped_by(r) || !is_its_turn(r, i))
		return i;
	while (i < r->n && i < from + JOBS_PARALLEL && r->targets[i].rank == r->targets[from].rank)
		i++;
	return i;
}

/* A blade keeps its lease while a VM of it that was asked is still awaited. */
static bool covers(const struct run *r, const struct run_target *blade)
{
	for (size_t i = 0; i < r->next_target; i++)
		if (&r->targets[i] != blade && job_state_is_open(r->targets[i].state) &&
			strcmp(r->targets[i].blade, blade->blade) == 0)
			return true;
	return false;
}

/* by: the VM that did not follow; NULL: the broker ended before. */
static void leave_out(struct run *r, const struct run_target *by)
{
	bool changed = false;

	for (size_t i = r->next_target; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		if (t->state != JOB_PENDING || (t->kind == KIND_BLADE && covers(r, t)))
			continue;
		if (!by)
			target_say(t, JOB_FAILED, "job.not-begun", NULL);
		else if (t->kind == KIND_BLADE)
			target_say(t, JOB_FAILED, "job.step.untouched", "{s:s, s:s}", "vm", by->name, "name", t->name);
		else
			target_say(t, JOB_FAILED, "job.step.skipped", "{s:s}", "vm", by->name);
		changed = true;
	}
	if (!changed)
		return;
	run_write(r);
	run_publish(r);
}

static void wake_in(struct jobs *j, int64_t ms)
{
	/* The earliest one counts; the others are looked at then. */
	if (!loop_timer_pending(j->turn) || ms < j->turn_at - clock_boot_ms()) {
		j->turn_at = clock_boot_ms() + ms;
		loop_timer_set(j->turn, ms);
	}
}

/* The first target is over without having been sent. */
static void passed(struct run *r)
{
	r->next_target++;
	run_write(r);
	run_publish(r);
}

static void over(struct run_target *t, enum job_state s, const char *text_id, const struct vm *vm)
{
	target_say(t, s, text_id, "{s:s, s:s}", "vm", vm->name, "name", strcmp(text_id, "job.step.left") == 0 ? t->blade : t->name);
	passed(t->run);
}

/* False: not now. */
static bool begin(struct run *r, struct run_target *t)
{
	int64_t now = clock_boot_ms();

	if (now < t->not_before) {
		wake_in(r->jobs, t->not_before - now);
		return false;
	}
	if (r->next_target >= r->may) {
		run_write(r);
		return false;
	}
	const struct vm *vm = t->kind == KIND_VM ? run_vm(t) : NULL;
	if (vm && strcmp(vm->blade, t->blade) != 0) {
		/* Somebody brought it to safety: it is to go on there. */
		over(t, JOB_DONE, "job.step.left", vm);
		return true;
	}
	if (vm && vm->protect) {
		over(t, JOB_FAILED, "job.step.protected", vm);
		return true;
	}
	if (vm && vm->live && vm->state == VM_OFF && t->verb == VERB_SHUTDOWN) {
		/* It went off by itself: to ask it would be an error, and stop everything. */
		over(t, JOB_DONE, "job.step.already", vm);
		return true;
	}
	if (t->kind == KIND_BLADE && r->vms_first) {
		enum job_state s = blade_turn(t);
		if (s == JOB_PENDING) {
			jobs_tick_soon(r->jobs);
			return false;
		}
		if (s == JOB_FAILED) {
			passed(r);
			return true;
		}
	}
	if (!target_may(t) || (t->kind == KIND_BLADE && !blade_may(t))) {
		passed(r);
		return true;
	}
	r->next_target++;
	if (r->stagger_ms && r->next_target < r->n)
		r->targets[r->next_target].not_before = now + r->stagger_ms;
	target_send(t);
	return true;
}

void steps_pump(struct run *r)
{
	if (r->jobs->stopping || r->starting || r->closed)
		return;
	const struct run_target *by = stopped_by(r);
	if (r->cut || by) {
		leave_out(r, r->cut ? NULL : by);
		return;
	}
	while (r->in_flight < JOBS_PARALLEL && r->next_target < r->n) {
		struct run_target *t = &r->targets[r->next_target];
		if (t->state != JOB_PENDING)
			r->next_target++; /* given up before its turn */
		else if (!is_its_turn(r, r->next_target) || !begin(r, t))
			return;
	}
}

void steps_turn(void *ctx)
{
	struct jobs *j = ctx;

	for (struct run *r = j->runs, *next; r && !j->stopping; r = next) {
		next = r->next;
		if (r->metal)
			steps_pump(r);
	}
}

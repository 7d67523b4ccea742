/* Jobs on their way: to the hosts, and back from what is seen of them. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "safety/outcome.h"

#include <stdio.h>
#include <string.h>

/* ---- judging ---- */

bool target_is_awaited(const struct run_target *t)
{
	return job_state_is_open(t->state) && !t->run->starting && (t->sent || t->state == JOB_UNKNOWN);
}

enum outcome_phase target_phase(const struct run_target *t)
{
	if (t->state == JOB_UNKNOWN)
		return PHASE_UNKNOWN;
	if (t->state == JOB_OVERDUE)
		return PHASE_OVERDUE;
	return t->in_flight ? PHASE_SENT : PHASE_TAKEN;
}

static bool host_is_up(struct jobs *j, const struct vm *vm)
{
	void *b = NULL;

	return registry_named(j->c.objects, KIND_BLADE, vm->blade, &b, 1) && ((const struct blade *)b)->host == HOST_UP;
}

void target_settled(struct run_target *t)
{
	run_write(t->run);
	run_publish(t->run);
	run_pump(t->run);
}

/* Its definition left the host: a VM that was never defined there goes when it goes off. */
static void judge_gone(struct run_target *t)
{
	bool off = t->verb == VERB_POWER_OFF || t->verb == VERB_SHUTDOWN;
	char age[24];

	policy_age(age, sizeof age, (clock_boot_ms() - t->sent_at + 999) / 1000);
	target_say(t, off ? JOB_DONE : JOB_FAILED, off ? "job.gone.off" : "job.gone", "{s:s, s:s}", "name", t->name, "age", age);
	target_settled(t);
}

void target_judge(struct run_target *t)
{
	struct jobs *j = t->run->jobs;
	struct vm *vm = run_vm(t);
	const char *text;
	char age[24];
	int64_t now = clock_boot_ms();

	if (t->kind == KIND_BLADE) {
		blade_judge(t);
		return;
	}
	if (verb_is_snapshot(t->verb))
		return; /* no state shows it: settle.c */
	if (target_is_awaited(t) && t->gone && !t->in_flight)
		judge_gone(t);
	if (!target_is_awaited(t) || t->gone || !vm)
		return;
	/* Given up, and its call has not come back: whatever is seen now, it may still arrive. */
	if (t->state == JOB_UNKNOWN && t->in_flight)
		return;
	struct outcome_seen s = {
		.verb = t->verb,
		.phase = target_phase(t),
		.can = t->can,
		.state = vm->state,
		.live = vm->live && host_is_up(j, vm),
		.saw_wished = t->saw_wished,
		.saw_off = t->saw_off,
		.saw_reboot = t->saw_reboot,
		.since_ms = now - t->phase_at,
		.steady_ms = fleet_steady_ms(j->c.fleet, vm->blade),
		.late = t->deadline && now >= t->deadline,
		.settle_ms = j->c.settle_ms,
	};
	enum job_state is = outcome_judge(&s, &text);
	if (is == t->state || !text)
		return;
	bool was_unknown = t->state == JOB_UNKNOWN;
	policy_age(age, sizeof age, (now - t->sent_at + 999) / 1000);
	const char *seen = t->verb == VERB_REBOOT || t->verb == VERB_RESET ? "restarted" : vm_state_name(vm->state);
	if (is == JOB_FAILED)
		seen = vm_state_name(vm->state);
	target_say(t, is, text, "{s:s, s:s, s:s}", "name", t->name, "state", seen, "age", age);
	if (is == JOB_FAILED && was_unknown)
		late_add(j, t, false);
	if (is == JOB_DONE && was_unknown)
		late_tell(j, t->id, t->name, t->run->id, t->verb, t->run->user, age);
	target_settled(t);
}

/* ---- to the hosts ---- */

void act_sent(void *ctx)
{
	struct run_target *t = ctx;
	bool blade = t->kind == KIND_BLADE;

	if (t->run->jobs->stopping || !job_state_is_open(t->state))
		return;
	t->sent = true;
	t->sent_at = t->phase_at = clock_boot_ms();
	if (t->verb == VERB_SHUTDOWN || (t->verb == VERB_REBOOT && !blade))
		t->deadline = t->sent_at + t->shutdown_ms;
	target_say(t, JOB_RUNNING, blade ? "job.blade.sent" : "job.sent", NULL);
	run_publish(t->run);
	jobs_tick_soon(t->run->jobs);
}

static void taken(struct run_target *t)
{
	bool blade = t->kind == KIND_BLADE;
	char age[24];

	if (!t->sent)
		act_sent(t);
	t->phase_at = clock_boot_ms();
	policy_age(age, sizeof age, (t->shutdown_ms + 999) / 1000);
	if (t->deadline)
		target_say(t, JOB_RUNNING, blade ? "job.blade.asked" : "job.asked", "{s:s}", "age", age);
	else
		target_say(t, JOB_RUNNING, blade ? "job.blade.waiting" : "job.waiting", NULL);
}

static void given_up(struct run_target *t, const struct err *e)
{
	t->phase_at = clock_boot_ms();
	target_say(t, JOB_UNKNOWN, "job.unknown", "{s:s}", "reason", e->msg.text);
}

void act_done(void *ctx, struct err *e)
{
	struct run_target *t = ctx;
	struct run *r = t->run;
	struct jobs *j = r->jobs;

	t->in_flight = false;
	r->in_flight--;
	if (j->stopping) {
		err_free(e);
		return;
	}
	if (!job_state_is_open(t->state)) {
		/* Its lease was broken while the call was under way. */
		err_free(e);
		blade_watch(t);
		jobs_purge(j);
		run_pump(r);
		return;
	}
	if (!e)
		taken(t);
	else if (t->sent && (e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE))
		given_up(t, e);
	else if (!t->sent)
		target_say(t, JOB_FAILED, "job.not-sent", "{s:s}", "reason", e->msg.text);
	else
		target_say_err(t, JOB_FAILED, e);
	err_free(e);
	blade_watch(t);
	run_write(r);
	run_publish(r);
	target_judge(t);
	run_pump(r);
	jobs_tick_soon(j);
}

void target_send(struct run_target *t)
{
	struct run *r = t->run;
	struct vm *vm = run_vm(t);

	if (t->kind == KIND_BLADE) {
		blade_send(t);
		return;
	}
	if (!vm) {
		target_say(t, JOB_FAILED, "job.vm-gone", "{s:s}", "name", t->name);
		run_write(r);
		return;
	}
	if (!r->metal && !target_may(t)) {
		run_write(r);
		run_publish(r);
		return;
	}
	t->in_flight = true;
	r->in_flight++;
	t->act = (struct fleet_act){ .ctx = t, .sent = act_sent, .done = act_done };
	fleet_act(r->jobs->c.fleet, vm, t->verb, &t->act);
}

void run_pump(struct run *r)
{
	if (r->metal) {
		steps_pump(r);
		return;
	}
	while (!r->jobs->stopping && r->in_flight < JOBS_PARALLEL && r->next_target < r->n) {
		struct run_target *t = &r->targets[r->next_target++];
		if (t->state == JOB_PENDING)
			target_send(t);
	}
}

/* ---- what the fleet tells ---- */

static void note_seen(struct run_target *t, const struct fleet_news *n)
{
	if (!t->sent)
		return;
	if (n->kind == NEWS_VM_REBOOTED) {
		t->saw_reboot = true;
		return;
	}
	if (t->verb == VERB_SNAP_REVERT)
		t->saw_wished |= n->why == WHY_SNAPSHOT;
	t->saw_wished |= outcome_wished(t->verb, n->vm->state);
	t->saw_off |= n->vm->state == VM_OFF;
}

static void judge_blade(struct jobs *j, const char *blade)
{
	for (struct run *r = j->runs, *next; r; r = next) {
		next = r->next;
		for (size_t i = 0; !r->closed && i < r->n; i++) {
			const struct vm *vm = run_vm(&r->targets[i]);
			if (vm && strcmp(vm->blade, blade) == 0)
				target_judge(&r->targets[i]);
		}
	}
}

void jobs_news(struct jobs *j, const struct fleet_news *n)
{
	struct run_target *t = n->vm ? run_target_of(j, n->vm->id) : NULL;

	if (j->stopping)
		return;
	if (n->kind == NEWS_VM_SNAPSHOTS && n->vm) {
		seen_news(j, n);
		return;
	}
	/* It came to a blade that is in use, or left one: the mark goes with that. */
	if ((n->kind == NEWS_VM_NEW || n->kind == NEWS_VM_MOVED) && n->vm && (!t || t->no_lease))
		vm_cover(j, n->vm);
	if ((n->kind == NEWS_BLADE || n->kind == NEWS_HOST) && n->blade) {
		blade_news(j, n);
		if (n->kind == NEWS_BLADE && !run_target_of(j, n->blade->id))
			late_news(j, n); /* else it is what that job does */
		return;
	}
	if (n->kind == NEWS_VM_STATE || n->kind == NEWS_VM_REBOOTED) {
		if (t && job_state_is_open(t->state)) {
			note_seen(t, n);
			target_judge(t);
		} else if (!t) {
			late_news(j, n);
		}
	} else if (n->kind == NEWS_VM_GONE) {
		if (t) {
			t->gone = true;
			target_judge(t);
		}
		seen_news(j, n);
		settle_gone(j, n->vm);
	} else if (n->kind == NEWS_VM_NEW && t) {
		t->gone = false;
		target_mark(t, job_state_is_open(t->state));
		target_judge(t);
	} else if (n->kind == NEWS_VM_MOVED && t) {
		target_judge(t);
	} else if (n->kind == NEWS_LISTED && n->blade) {
		judge_blade(j, n->blade->name);
		blade_news(j, n);
	}
}

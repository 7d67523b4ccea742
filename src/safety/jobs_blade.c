/* Blades of jobs: to their managers, and back from what those read of their power. Called by jobs_send.c and jobs_steps.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "safety/outcome_blade.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct blade *run_blade(const struct run_target *t)
{
	return registry_find(t->run->jobs->c.objects, KIND_BLADE, t->id);
}

void blade_watch(struct run_target *t)
{
	struct jobs *j = t->run->jobs;
	bool on = t->kind == KIND_BLADE && job_state_is_open(t->state) && (t->in_flight || target_is_awaited(t));

	/* Not before its job is known: what is loaded comes before the fleet knows its blades. */
	if (on == t->watched || j->stopping || !t->run->job)
		return;
	t->watched = on;
	fleet_blade_watch(j->c.fleet, t->blade, on);
}

/* ---- what was confirmed ---- */

bool blade_is_it(const struct run_target *t, const struct blade *b)
{
	char *place = t->place ? plan_place(b) : NULL;
	bool there = !place || strcmp(place, t->place) == 0;

	free(place);
	return there && (!t->serial[0] || !b->bay_serial[0] || strcasecmp(t->serial, b->bay_serial) == 0);
}

static void say_moved(struct run_target *t, const struct blade *b)
{
	char *place = plan_place(b);
	char *was = xasprintf("%s, serial %s", t->place ? t->place : "", t->serial[0] ? t->serial : "?");
	char *is = xasprintf("%s, serial %s", place, b->bay_serial[0] ? b->bay_serial : "?");

	target_say(t, JOB_FAILED, "job.blade.moved", "{s:s, s:s, s:s}", "name", t->name, "was", was, "is", is);
	free(place);
	free(was);
	free(is);
}

static bool was_told(const struct run *r, const struct vm *vm)
{
	for (size_t i = 0; i < r->nvictims; i++)
		if (r->victims[i] == vm->id)
			return true;
	return false;
}

/* A job of several takes its time: what was confirmed at its beginning must still hold when a blade's turn comes. */
bool blade_may(struct run_target *t)
{
	const struct run *r = t->run;
	const struct blade *b = run_blade(t);
	size_t n;

	if (!b)
		return true; /* that is found out by who sends */
	if (!blade_is_it(t, b)) {
		say_moved(t, b);
		return false;
	}
	if (!t->no_lease && b->owner[0] && strcmp(b->owner, t->tenant) != 0) {
		target_say(t, JOB_FAILED, "job.blade.owner", "{s:s, s:s}", "name", t->name, "owner", b->owner);
		return false;
	}
	if (!policy_blade_ends_work(t->verb))
		return true;
	if (strcmp(b->identity, "differs") == 0) {
		target_say(t, JOB_FAILED, "job.blade.differs", "{s:s}", "name", t->name);
		return false;
	}
	struct vm *const *vms = registry_vms_on(r->jobs->c.objects, t->blade, &n);
	for (size_t i = 0; i < n && !r->vms_first; i++) {
		const struct vm *vm = vms[i];
		if (!plan_may_run(b, vm) || (was_told(r, vm) && !vm->protect))
			continue;
		target_say(t, JOB_FAILED, vm->protect ? "job.blade.protected" : "job.blade.newcomer", "{s:s, s:s}", "vm", vm->name, "name",
			t->name);
		return false;
	}
	return true;
}

void blade_send(struct run_target *t)
{
	struct run *r = t->run;
	const struct blade *b = run_blade(t);

	if (!b) {
		target_say(t, JOB_FAILED, "job.vm-gone", "{s:s}", "name", t->name);
		run_write(r);
		return;
	}
	t->in_flight = true;
	t->waits_since = 0;
	r->in_flight++;
	t->act = (struct fleet_act){ .ctx = t, .sent = act_sent, .done = act_done };
	blade_watch(t);
	fleet_blade_act(r->jobs->c.fleet, b, t->verb, &t->act);
}

/* ---- what runs there ---- */

/* A VM that is off, or whose guest is gone, loses nothing with its blade; of all others, known or not, that cannot be said. */
static const struct vm *runs_there(const struct jobs *j, const char *blade)
{
	size_t n;
	struct vm *const *vms = registry_vms_on(j->c.objects, blade, &n);

	for (size_t i = 0; i < n; i++)
		if (vms[i]->state != VM_OFF && vms[i]->state != VM_CRASHED)
			return vms[i];
	return NULL;
}

/* Had this blade a host, with VMs, when it was confirmed? */
static bool asked_vms(const struct run_target *t)
{
	for (size_t i = 0; i < t->run->n; i++)
		if (t->run->targets[i].kind == KIND_VM && strcmp(t->run->targets[i].blade, t->blade) == 0)
			return true;
	return false;
}

enum job_state blade_turn(struct run_target *t)
{
	struct jobs *j = t->run->jobs;
	const struct blade *b = run_blade(t);
	const struct vm *vm = runs_there(j, t->blade);
	int64_t now = clock_boot_ms();
	char age[24];

	if (vm) {
		target_say(t, JOB_FAILED, "job.step.active", "{s:s, s:s}", "vm", vm->name, "name", t->name);
		return JOB_FAILED;
	}
	if (b && b->host == HOST_NONE && asked_vms(t)) {
		target_say(t, JOB_FAILED, "job.step.hostless", "{s:s}", "name", t->name);
		return JOB_FAILED;
	}
	if (!b || b->host == HOST_NONE || (b->host == HOST_UP && fleet_steady_ms(j->c.fleet, t->blade) >= 0))
		return JOB_RUNNING;
	/* Its host fell silent: what runs there now is not known, and is not taken for nothing. */
	if (!t->waits_since) {
		t->waits_since = now;
		target_say(t, JOB_PENDING, "job.step.unseen", "{s:s}", "name", t->name);
		run_publish(t->run);
	}
	if (now - t->waits_since < BLADE_WITHIN_MS)
		return JOB_PENDING;
	policy_age(age, sizeof age, (now - t->waits_since) / 1000);
	target_say(t, JOB_FAILED, "job.step.silent", "{s:s, s:s}", "name", t->name, "age", age);
	return JOB_FAILED;
}

/* ---- judging ---- */

static void say(struct run_target *t, const struct blade *b, enum job_state is, const char *text)
{
	struct jobs *j = t->run->jobs;
	bool was_unknown = t->state == JOB_UNKNOWN;
	char age[24];

	policy_age(age, sizeof age, (clock_boot_ms() - t->sent_at + 999) / 1000);
	target_say(t, is, text, "{s:s, s:s, s:s}", "name", t->name, "state", power_state_name(b->power), "age", age);
	if (is == JOB_FAILED && was_unknown && t->verb < VERB_LOCATE)
		late_add(j, t, false);
	if (is == JOB_DONE && was_unknown)
		late_tell(j, t->id, t->name, t->run->id, t->verb, t->run->user, age);
	target_settled(t);
}

void blade_judge(struct run_target *t)
{
	struct jobs *j = t->run->jobs;
	const struct blade *b = run_blade(t);
	int64_t now = clock_boot_ms(), within = b ? fleet_blade_within_ms(j->c.fleet, b, t->verb) : 0;
	const char *text;

	/* Given up, and its call has not come back: whatever is seen now, it may still arrive. */
	if (!target_is_awaited(t) || (t->state == JOB_UNKNOWN && t->in_flight))
		return;
	if (!b) {
		if (t->in_flight)
			return;
		target_say(t, JOB_FAILED, "job.blade.gone", "{s:s}", "name", t->name);
		target_settled(t);
		return;
	}
	struct blade_seen s = {
		.verb = t->verb,
		.phase = target_phase(t),
		.read = t->notes.read,
		.power = t->notes.power,
		.stood_ms = t->notes.at - t->notes.from,
		.saw_on = t->notes.saw_on,
		.saw_starting = t->notes.saw_starting,
		.saw_off = t->notes.saw_off,
		.restarted = t->notes.restarted,
		.live = b->manager == MANAGER_UP && b->power_live,
		.locate = b->locate,
		.since_ms = now - t->phase_at,
		.sent_ms = now - t->sent_at,
		.steady_ms = fleet_blade_steady_ms(j->c.fleet, t->blade),
		.late = t->deadline && now >= t->deadline,
		.settle_ms = j->c.settle_ms,
		.within_ms = within > 0 ? within : j->c.blade_ms,
	};
	enum job_state is = outcome_judge_blade(&s, &text);
	if (is != t->state && text)
		say(t, b, is, text);
}

/* ---- what the fleet tells ---- */

static void note_power(struct run_target *t, const struct fleet_news *n)
{
	struct blade_notes *s = &t->notes;
	const struct blade *b = n->blade;

	/* (What stands elsewhere, or another one in its place, says nothing of what was ordered.) */
	if (!t->sent || !b->power_live || n->asked <= t->sent_at || n->unread || !blade_is_it(t, b))
		return;
	if (!s->read || s->power != b->power)
		s->from = n->asked;
	s->read = true;
	s->power = b->power;
	s->at = n->asked;
	s->saw_on |= b->power == POWER_ON;
	s->saw_starting |= b->power == POWER_STARTING;
	s->saw_off |= b->power == POWER_OFF;
}

static void note_host(struct run_target *t, const struct fleet_news *n)
{
	if (!t->sent)
		return;
	/* (One that is only slow is stale, and has not restarted.) */
	if (n->blade->host != HOST_UP && n->blade->host != HOST_STALE)
		t->notes.host_lost = true;
	else if (n->blade->host == HOST_UP && t->notes.host_lost)
		t->notes.restarted = true;
}

void blade_news(struct jobs *j, const struct fleet_news *n)
{
	for (struct run *r = j->runs, *next; r; r = next) {
		next = r->next;
		if (!r->metal || r->closed || r->starting)
			continue;
		for (size_t i = 0; i < r->n; i++) {
			struct run_target *t = &r->targets[i];
			if (t->kind != KIND_BLADE || !job_state_is_open(t->state) || strcmp(t->id, n->blade->id) != 0)
				continue;
			if (n->kind == NEWS_BLADE)
				note_power(t, n);
			else if (n->kind == NEWS_HOST)
				note_host(t, n);
			blade_judge(t);
		}
		run_pump(r);
	}
}

/* Judging outcomes. The rule behind every branch: "command accepted" is not "done", and "given up" is not "not done". */
#include "safety/outcome.h"

#include <stddef.h>

bool outcome_wished(enum verb v, enum vm_state s)
{
	switch (v) {
	case VERB_POWER_ON:
		return vm_state_is_active(s);
	case VERB_SHUTDOWN:
	case VERB_POWER_OFF:
		return s == VM_OFF;
	default:
		return false;
	}
}

enum job_state outcome_stay(enum outcome_phase p)
{
	switch (p) {
	case PHASE_OVERDUE:
		return JOB_OVERDUE;
	case PHASE_UNKNOWN:
		return JOB_UNKNOWN;
	default:
		return JOB_RUNNING;
	}
}

static bool is_seen(const struct outcome_seen *s)
{
	switch (s->verb) {
	case VERB_REBOOT:
		return s->saw_reboot || (s->saw_off && s->live && vm_state_is_active(s->state));
	case VERB_RESET:
		return s->saw_reboot;
	default:
		return s->saw_wished || (s->live && outcome_wished(s->verb, s->state));
	}
}

/* The host has answered for a while and shows no trace of it. */
static enum job_state without_effect(const struct outcome_seen *s, const char **text)
{
	bool guests = s->verb == VERB_SHUTDOWN || s->verb == VERB_REBOOT; /* the guest takes its time */

	if (guests && !s->late && s->phase != PHASE_OVERDUE)
		return outcome_stay(s->phase);
	if (s->verb == VERB_REBOOT && s->live && s->state == VM_OFF) {
		*text = "job.went-off";
		return JOB_FAILED;
	}
	if (s->phase == PHASE_UNKNOWN) {
		*text = s->verb == VERB_REBOOT || s->verb == VERB_RESET ? "job.unseen" : "job.no-effect";
		return JOB_FAILED;
	}
	if (guests) {
		*text = "job.overdue";
		return JOB_OVERDUE;
	}
	if (s->verb == VERB_RESET) {
		*text = "job.accepted.silent";
		return JOB_ACCEPTED;
	}
	*text = "job.no-effect";
	return JOB_FAILED;
}

enum job_state outcome_judge(const struct outcome_seen *s, const char **text)
{
	*text = NULL;
	if (verb_is_snapshot(s->verb))
		return outcome_stay(s->phase); /* the host's list of snapshots shows it, never the VM's state */
	if (s->phase == PHASE_SENT)
		return JOB_RUNNING; /* its answer will come, and is bounded */
	if (is_seen(s)) {
		*text = s->phase == PHASE_UNKNOWN ? "job.seen.late" : "job.seen";
		return JOB_DONE;
	}
	if (s->phase == PHASE_TAKEN && s->can == OUTCOME_UNSEEN) {
		*text = "job.accepted";
		return JOB_ACCEPTED;
	}
	bool steady = s->live && s->steady_ms >= s->settle_ms && s->since_ms >= s->settle_ms;
	if (s->phase == PHASE_OVERDUE && !(steady && s->verb == VERB_REBOOT && s->state == VM_OFF))
		return JOB_OVERDUE; /* until it is seen, broken, or taken over */
	if (steady)
		return without_effect(s, text);
	if (s->phase == PHASE_TAKEN && s->late && (s->verb == VERB_SHUTDOWN || s->verb == VERB_REBOOT)) {
		*text = "job.overdue";
		return JOB_OVERDUE;
	}
	return outcome_stay(s->phase);
}

/* Judging outcomes of blades. The manager's "done" is no outcome: only what it reads later is, and for a power-on only when that
 * stands, for blades were seen that were powering on and fell back. */
#include "safety/outcome_blade.h"

#include <stddef.h>
#include <string.h>

bool outcome_wished_blade(enum verb v, enum power_state p)
{
	switch (v) {
	case VERB_POWER_ON:
		return p == POWER_ON;
	case VERB_SHUTDOWN:
	case VERB_POWER_OFF:
		return p == POWER_OFF;
	default:
		return false;
	}
}

static enum job_state say(enum job_state s, const char **text, const char *id)
{
	*text = id;
	return s;
}

/* The manager has answered for a while, and what it says now stood all the time. */
static bool stands(const struct blade_seen *s)
{
	return s->live && s->read && s->stood_ms >= s->settle_ms && s->steady_ms >= s->settle_ms && s->since_ms >= s->settle_ms;
}

/* The manager may have taken it, whatever became of its answer: then the power may still follow. */
static bool had_its_time(const struct blade_seen *s)
{
	return s->sent_ms >= s->within_ms;
}

static bool took_its_time(const struct blade_seen *s)
{
	return s->since_ms >= s->within_ms && s->live && s->steady_ms >= s->settle_ms;
}

/* Neither as it was nor as wished: on its way, or the manager does not know. */
static enum job_state between(const struct blade_seen *s, const char **text)
{
	if (!took_its_time(s) || s->phase != PHASE_TAKEN)
		return outcome_stay(s->phase);
	if (!s->read || s->power == POWER_UNKNOWN)
		return say(JOB_ACCEPTED, text, "job.blade.untold");
	return say(JOB_OVERDUE, text, "job.overdue");
}

static enum job_state judge_on(const struct blade_seen *s, const char **text)
{
	bool off = s->read && s->power == POWER_OFF;

	if (s->read && s->power == POWER_ON && s->stood_ms >= s->settle_ms)
		return say(JOB_DONE, text, s->phase == PHASE_UNKNOWN ? "job.seen.late" : "job.seen");
	if (off && s->saw_on)
		return say(JOB_FAILED, text, "job.blade.fell");
	if (off && s->saw_starting && stands(s))
		return say(JOB_FAILED, text, "job.blade.fell");
	if (off && s->phase == PHASE_UNKNOWN)
		return stands(s) && had_its_time(s) ? say(JOB_FAILED, text, "job.no-effect") : JOB_UNKNOWN;
	if (off)
		return stands(s) && s->since_ms >= s->within_ms ? say(JOB_FAILED, text, "job.blade.no-effect") : outcome_stay(s->phase);
	/* On, and it has not stood long enough yet: that comes. */
	return s->read && s->power == POWER_ON ? outcome_stay(s->phase) : between(s, text);
}

static enum job_state judge_off(const struct blade_seen *s, const char **text)
{
	bool guests = s->verb == VERB_SHUTDOWN; /* its operating system takes its time */

	if (s->read && s->power == POWER_OFF)
		return say(JOB_DONE, text, s->phase == PHASE_UNKNOWN ? "job.seen.late" : "job.seen");
	if (s->phase == PHASE_OVERDUE)
		return JOB_OVERDUE; /* until it is seen, or its lease is broken */
	if (s->phase == PHASE_UNKNOWN) {
		if (!(guests ? s->late : had_its_time(s)) || !stands(s) || s->power != POWER_ON)
			return JOB_UNKNOWN;
		return say(JOB_FAILED, text, "job.no-effect");
	}
	if (guests)
		return s->late ? say(JOB_OVERDUE, text, "job.overdue") : JOB_RUNNING;
	if (s->read && s->power == POWER_ON)
		return stands(s) && s->since_ms >= s->within_ms ? say(JOB_FAILED, text, "job.blade.no-effect") : JOB_RUNNING;
	return between(s, text);
}

static enum job_state judge_restart(const struct blade_seen *s, const char **text)
{
	if (s->saw_off && s->read && s->power == POWER_ON)
		return say(JOB_DONE, text, "job.blade.off-on");
	if (s->restarted)
		return say(JOB_DONE, text, "job.blade.host-back");
	if (s->since_ms < s->within_ms && !(s->phase == PHASE_UNKNOWN && stands(s) && s->power == POWER_ON))
		return outcome_stay(s->phase);
	if (stands(s) && s->power == POWER_OFF)
		return say(JOB_FAILED, text, "job.went-off");
	if (s->phase == PHASE_UNKNOWN)
		return stands(s) ? say(JOB_FAILED, text, "job.blade.unseen") : JOB_UNKNOWN;
	return say(JOB_ACCEPTED, text, "job.blade.accepted");
}

static enum job_state judge_light(const struct blade_seen *s, const char **text)
{
	const char *wished = s->verb == VERB_LOCATE ? "on" : "off";

	if (s->live && strcmp(s->locate, wished) == 0)
		return say(JOB_DONE, text, s->verb == VERB_LOCATE ? "job.light.on" : "job.light.off");
	if (s->phase == PHASE_UNKNOWN) {
		bool over = (s->steady_ms >= s->settle_ms && s->since_ms >= s->settle_ms) || s->since_ms >= BLADE_LIGHT_MS;
		return over ? say(JOB_FAILED, text, "job.blade.unseen") : JOB_UNKNOWN;
	}
	if (s->locate[0] && s->since_ms < s->settle_ms)
		return JOB_RUNNING; /* this one tells its light: the next reading may show it */
	return say(JOB_ACCEPTED, text, "job.light.accepted");
}

enum job_state outcome_judge_blade(const struct blade_seen *s, const char **text)
{
	*text = NULL;
	if (s->phase == PHASE_SENT)
		return JOB_RUNNING; /* its answer will come, and is bounded */
	switch (s->verb) {
	case VERB_POWER_ON:
		return judge_on(s, text);
	case VERB_SHUTDOWN:
	case VERB_POWER_OFF:
		return judge_off(s, text);
	case VERB_REBOOT:
	case VERB_RESET:
		return judge_restart(s, text);
	case VERB_LOCATE:
	case VERB_LOCATE_OFF:
		return judge_light(s, text);
	default:
		return outcome_stay(s->phase);
	}
}

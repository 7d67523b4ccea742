/* What is seen, read as an outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/error.h"
#include "safety/outcome.h"

#define SETTLE 20000

static struct outcome_seen seen(enum verb v, enum outcome_phase p, enum vm_state s)
{
	return (struct outcome_seen){ .verb = v, .phase = p, .can = v == VERB_REBOOT || v == VERB_RESET ? OUTCOME_EVENT : OUTCOME_STATE,
		.state = s, .live = true, .since_ms = 1000, .steady_ms = 1000, .settle_ms = SETTLE };
}

static void expect(struct outcome_seen s, enum job_state state, const char *text)
{
	const char *said = "";

	assert_string_equal(job_state_name(outcome_judge(&s, &said)), job_state_name(state));
	if (!text) {
		assert_null(said);
		return;
	}
	assert_non_null(said);
	assert_string_equal(said, text);
	assert_non_null(msg_template(said));
}

static void steady(struct outcome_seen *s)
{
	s->steady_ms = s->since_ms = SETTLE;
}

static void test_seen(void **state)
{
	expect(seen(VERB_POWER_ON, PHASE_TAKEN, VM_RUNNING), JOB_DONE, "job.seen");
	expect(seen(VERB_POWER_ON, PHASE_TAKEN, VM_PAUSED), JOB_DONE, "job.seen");
	expect(seen(VERB_POWER_OFF, PHASE_TAKEN, VM_OFF), JOB_DONE, "job.seen");
	expect(seen(VERB_SHUTDOWN, PHASE_TAKEN, VM_OFF), JOB_DONE, "job.seen");
	expect(seen(VERB_SHUTDOWN, PHASE_OVERDUE, VM_OFF), JOB_DONE, "job.seen");
	expect(seen(VERB_POWER_OFF, PHASE_UNKNOWN, VM_OFF), JOB_DONE, "job.seen.late");
	/* What was seen in passing counts, whatever came after. */
	struct outcome_seen s = seen(VERB_POWER_ON, PHASE_TAKEN, VM_OFF);
	s.saw_wished = true;
	expect(s, JOB_DONE, "job.seen");
	/* A host that is not live shows nothing. */
	s = seen(VERB_POWER_OFF, PHASE_TAKEN, VM_OFF);
	s.live = false;
	s.steady_ms = -1;
	expect(s, JOB_RUNNING, NULL);
	/* While its call is out nothing is settled: its answer is bounded. */
	expect(seen(VERB_POWER_OFF, PHASE_SENT, VM_OFF), JOB_RUNNING, NULL);
}

static void test_power_without_effect(void **state)
{
	struct outcome_seen s = seen(VERB_POWER_OFF, PHASE_TAKEN, VM_RUNNING);

	expect(s, JOB_RUNNING, NULL);
	s.steady_ms = 10 * SETTLE; /* the host is steady for long, but it took the call only now */
	expect(s, JOB_RUNNING, NULL);
	steady(&s);
	expect(s, JOB_FAILED, "job.no-effect");
	s.live = false;
	expect(s, JOB_RUNNING, NULL);
}

static void test_unknown(void **state)
{
	struct outcome_seen s = seen(VERB_POWER_OFF, PHASE_UNKNOWN, VM_RUNNING);

	expect(s, JOB_UNKNOWN, NULL);
	steady(&s);
	expect(s, JOB_FAILED, "job.no-effect");
	/* A guest that was perhaps asked has its time. */
	s = seen(VERB_SHUTDOWN, PHASE_UNKNOWN, VM_RUNNING);
	steady(&s);
	expect(s, JOB_UNKNOWN, NULL);
	s.late = true;
	expect(s, JOB_FAILED, "job.no-effect");
	s = seen(VERB_RESET, PHASE_UNKNOWN, VM_RUNNING);
	steady(&s);
	expect(s, JOB_FAILED, "job.unseen");
}

static void test_guests(void **state)
{
	struct outcome_seen s = seen(VERB_SHUTDOWN, PHASE_TAKEN, VM_RUNNING);

	steady(&s);
	expect(s, JOB_RUNNING, NULL);
	s.late = true;
	expect(s, JOB_OVERDUE, "job.overdue");
	s.live = false; /* a silent host does not stop the clock */
	expect(s, JOB_OVERDUE, "job.overdue");
	s = seen(VERB_SHUTDOWN, PHASE_OVERDUE, VM_RUNNING);
	steady(&s);
	s.late = true;
	expect(s, JOB_OVERDUE, NULL);
}

static void test_restarts(void **state)
{
	struct outcome_seen s = seen(VERB_REBOOT, PHASE_TAKEN, VM_RUNNING);

	expect(s, JOB_RUNNING, NULL);
	s.saw_reboot = true;
	expect(s, JOB_DONE, "job.seen");
	s.saw_reboot = false;
	s.saw_off = true; /* off and on again is a restart too */
	expect(s, JOB_DONE, "job.seen");
	s.state = VM_OFF;
	expect(s, JOB_RUNNING, NULL);
	steady(&s);
	s.late = true;
	expect(s, JOB_FAILED, "job.went-off");
	s.phase = PHASE_OVERDUE;
	expect(s, JOB_FAILED, "job.went-off");
	/* Off and on is no reset that anybody saw. */
	s = seen(VERB_RESET, PHASE_TAKEN, VM_RUNNING);
	s.saw_off = true;
	expect(s, JOB_RUNNING, NULL);
	steady(&s);
	expect(s, JOB_ACCEPTED, "job.accepted.silent");
	s = seen(VERB_RESET, PHASE_TAKEN, VM_RUNNING);
	s.can = OUTCOME_UNSEEN;
	expect(s, JOB_ACCEPTED, "job.accepted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seen), cmocka_unit_test(test_power_without_effect), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_guests), cmocka_unit_test(test_restarts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a manager tells, read as an outcome: a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "common/error.h"
#include "safety/outcome_blade.h"

#define S 20000   /* settle */
#define W 300000  /* within */

enum { NOT_READ = -1 };
struct row {
	const char *why;
	enum verb verb;
	enum outcome_phase phase;
	int power;              /* NOT_READ */
	int64_t stood, since;
	const char *marks;      /* o: seen on, s: starting, f: off, r: host restarted, l: late, d: manager is not live, u: not steady, n: sent only just */
	const char *locate;
	enum job_state state;
	const char *text;
};

static const struct row rows[] = {
	{ "sent", VERB_POWER_OFF, PHASE_SENT, POWER_OFF, S, S, "f", "", JOB_RUNNING, NULL },
	/* power-on */
	{ "taken is not done", VERB_POWER_ON, PHASE_TAKEN, NOT_READ, 0, 1000, "", "", JOB_RUNNING, NULL },
	{ "on, but only just", VERB_POWER_ON, PHASE_TAKEN, POWER_ON, S - 1, S, "o", "", JOB_RUNNING, NULL },
	{ "on, and it stands", VERB_POWER_ON, PHASE_TAKEN, POWER_ON, S, S, "o", "", JOB_DONE, "job.seen" },
	{ "on, after it was given up", VERB_POWER_ON, PHASE_UNKNOWN, POWER_ON, S, S, "o", "", JOB_DONE, "job.seen.late" },
	{ "on, then off", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, 0, 6000, "of", "", JOB_FAILED, "job.blade.fell" },
	{ "starting, then off", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, 0, 6000, "sf", "", JOB_RUNNING, NULL },
	{ "starting, then off for long", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, S, S, "sf", "", JOB_FAILED, "job.blade.fell" },
	{ "still off", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, S, W - 1, "f", "", JOB_RUNNING, NULL },
	{ "still off for too long", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, S, W, "f", "", JOB_FAILED, "job.blade.no-effect" },
	{ "still off, manager unsteady", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, S, W, "fu", "", JOB_RUNNING, NULL },
	{ "still off, manager gone", VERB_POWER_ON, PHASE_TAKEN, POWER_OFF, S, W, "fd", "", JOB_RUNNING, NULL },
	{ "given up, off", VERB_POWER_ON, PHASE_UNKNOWN, POWER_OFF, S - 1, W, "f", "", JOB_UNKNOWN, NULL },
	{ "given up, off stands", VERB_POWER_ON, PHASE_UNKNOWN, POWER_OFF, S, S, "f", "", JOB_FAILED, "job.no-effect" },
	{ "given up, off stands, may still come", VERB_POWER_ON, PHASE_UNKNOWN, POWER_OFF, S, S, "fn", "", JOB_UNKNOWN, NULL },
	{ "given up, starting", VERB_POWER_ON, PHASE_UNKNOWN, POWER_STARTING, S, W, "s", "", JOB_UNKNOWN, NULL },
	{ "starting for ever", VERB_POWER_ON, PHASE_TAKEN, POWER_STARTING, S, W, "s", "", JOB_OVERDUE, "job.overdue" },
	{ "starting, overdue", VERB_POWER_ON, PHASE_OVERDUE, POWER_STARTING, S, W, "s", "", JOB_OVERDUE, NULL },
	{ "overdue, then on", VERB_POWER_ON, PHASE_OVERDUE, POWER_ON, S, W, "so", "", JOB_DONE, "job.seen" },
	{ "nothing told", VERB_POWER_ON, PHASE_TAKEN, POWER_UNKNOWN, S, W, "", "", JOB_ACCEPTED, "job.blade.untold" },
	{ "unknown is neither", VERB_POWER_ON, PHASE_TAKEN, POWER_UNKNOWN, S, S, "o", "", JOB_RUNNING, NULL },
	/* power-off */
	{ "off", VERB_POWER_OFF, PHASE_TAKEN, POWER_OFF, 0, 1000, "f", "", JOB_DONE, "job.seen" },
	{ "off, late", VERB_POWER_OFF, PHASE_UNKNOWN, POWER_OFF, 0, 1000, "f", "", JOB_DONE, "job.seen.late" },
	{ "no reading since", VERB_POWER_OFF, PHASE_TAKEN, NOT_READ, 0, W, "", "", JOB_ACCEPTED, "job.blade.untold" },
	{ "no reading yet", VERB_POWER_OFF, PHASE_TAKEN, NOT_READ, 0, S, "", "", JOB_RUNNING, NULL },
	{ "unknown is not off", VERB_POWER_OFF, PHASE_TAKEN, POWER_UNKNOWN, S, S, "", "", JOB_RUNNING, NULL },
	{ "stopping", VERB_POWER_OFF, PHASE_TAKEN, POWER_STOPPING, S, S, "", "", JOB_RUNNING, NULL },
	{ "stopping for ever", VERB_POWER_OFF, PHASE_TAKEN, POWER_STOPPING, S, W, "", "", JOB_OVERDUE, "job.overdue" },
	{ "still on", VERB_POWER_OFF, PHASE_TAKEN, POWER_ON, S, W - 1, "o", "", JOB_RUNNING, NULL },
	{ "still on for too long", VERB_POWER_OFF, PHASE_TAKEN, POWER_ON, S, W, "o", "", JOB_FAILED, "job.blade.no-effect" },
	{ "given up, on stands", VERB_POWER_OFF, PHASE_UNKNOWN, POWER_ON, S, S, "o", "", JOB_FAILED, "job.no-effect" },
	{ "given up, on stands, may still come", VERB_POWER_OFF, PHASE_UNKNOWN, POWER_ON, S, S, "on", "", JOB_UNKNOWN, NULL },
	{ "given up, on, unsteady", VERB_POWER_OFF, PHASE_UNKNOWN, POWER_ON, S, S, "ou", "", JOB_UNKNOWN, NULL },
	/* shutdown */
	{ "asked", VERB_SHUTDOWN, PHASE_TAKEN, POWER_ON, W, 2 * W, "o", "", JOB_RUNNING, NULL },
	{ "late", VERB_SHUTDOWN, PHASE_TAKEN, POWER_ON, W, 2 * W, "ol", "", JOB_OVERDUE, "job.overdue" },
	{ "late, manager silent", VERB_SHUTDOWN, PHASE_TAKEN, POWER_ON, W, 2 * W, "oldu", "", JOB_OVERDUE, "job.overdue" },
	{ "overdue stays", VERB_SHUTDOWN, PHASE_OVERDUE, POWER_ON, W, 9 * W, "ol", "", JOB_OVERDUE, NULL },
	{ "overdue, then off", VERB_SHUTDOWN, PHASE_OVERDUE, POWER_OFF, 0, 9 * W, "olf", "", JOB_DONE, "job.seen" },
	{ "given up, has its time", VERB_SHUTDOWN, PHASE_UNKNOWN, POWER_ON, W, W, "o", "", JOB_UNKNOWN, NULL },
	{ "given up, on", VERB_SHUTDOWN, PHASE_UNKNOWN, POWER_ON, W, W, "ol", "", JOB_FAILED, "job.no-effect" },
	{ "given up, off", VERB_SHUTDOWN, PHASE_UNKNOWN, POWER_OFF, 0, 1000, "f", "", JOB_DONE, "job.seen.late" },
	/* restarts */
	{ "reset waits", VERB_RESET, PHASE_TAKEN, POWER_ON, S, W - 1, "o", "", JOB_RUNNING, NULL },
	{ "reset, nothing shown", VERB_RESET, PHASE_TAKEN, POWER_ON, S, W, "o", "", JOB_ACCEPTED, "job.blade.accepted" },
	{ "reboot, off", VERB_REBOOT, PHASE_TAKEN, POWER_OFF, 0, 1000, "f", "", JOB_RUNNING, NULL },
	{ "reboot, off and on", VERB_REBOOT, PHASE_TAKEN, POWER_ON, 0, 1000, "fo", "", JOB_DONE, "job.blade.off-on" },
	{ "reset, host back", VERB_RESET, PHASE_TAKEN, POWER_ON, S, S, "or", "", JOB_DONE, "job.blade.host-back" },
	{ "reset, stays off", VERB_RESET, PHASE_TAKEN, POWER_OFF, S, W, "f", "", JOB_FAILED, "job.went-off" },
	{ "reset, given up", VERB_RESET, PHASE_UNKNOWN, POWER_ON, S, S, "o", "", JOB_FAILED, "job.blade.unseen" },
	{ "reset, given up, manager silent", VERB_RESET, PHASE_UNKNOWN, POWER_ON, S, W, "odu", "", JOB_UNKNOWN, NULL },
	/* the light */
	{ "on", VERB_LOCATE, PHASE_TAKEN, NOT_READ, 0, 0, "", "on", JOB_DONE, "job.light.on" },
	{ "off", VERB_LOCATE_OFF, PHASE_TAKEN, NOT_READ, 0, 0, "", "off", JOB_DONE, "job.light.off" },
	{ "it does not tell", VERB_LOCATE, PHASE_TAKEN, NOT_READ, 0, 0, "", "", JOB_ACCEPTED, "job.light.accepted" },
	{ "it tells, not yet", VERB_LOCATE, PHASE_TAKEN, NOT_READ, 0, S - 1, "", "off", JOB_RUNNING, NULL },
	{ "it tells, never", VERB_LOCATE, PHASE_TAKEN, NOT_READ, 0, S, "", "off", JOB_ACCEPTED, "job.light.accepted" },
	{ "what an absent manager told", VERB_LOCATE, PHASE_TAKEN, NOT_READ, 0, 0, "du", "on", JOB_RUNNING, NULL },
	{ "given up", VERB_LOCATE, PHASE_UNKNOWN, NOT_READ, 0, S - 1, "", "off", JOB_UNKNOWN, NULL },
	{ "given up, steady", VERB_LOCATE, PHASE_UNKNOWN, NOT_READ, 0, S, "", "off", JOB_FAILED, "job.blade.unseen" },
	{ "given up, for ever", VERB_LOCATE, PHASE_UNKNOWN, NOT_READ, 0, BLADE_LIGHT_MS, "du", "", JOB_FAILED, "job.blade.unseen" },
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		const char *said = "";
		struct blade_seen s = { .verb = r->verb, .phase = r->phase, .read = r->power != NOT_READ,
			.power = r->power == NOT_READ ? POWER_UNKNOWN : (enum power_state)r->power, .stood_ms = r->stood,
			.saw_on = strchr(r->marks, 'o'), .saw_starting = strchr(r->marks, 's'), .saw_off = strchr(r->marks, 'f'),
			.restarted = strchr(r->marks, 'r'), .late = strchr(r->marks, 'l'), .live = !strchr(r->marks, 'd'),
			.steady_ms = strchr(r->marks, 'u') ? -1 : 10 * W, .locate = r->locate, .since_ms = r->since, .settle_ms = S,
			.within_ms = W,
			.sent_ms = strchr(r->marks, 'n') ? W - 1 : W };
		enum job_state is = outcome_judge_blade(&s, &said);
		if (is != r->state || !said != !r->text || (said && strcmp(said, r->text) != 0))
			fail_msg("%s, %s: %s (%s), not %s (%s)", verb_name(r->verb), r->why, job_state_name(is), said ? said : "-",
				job_state_name(r->state), r->text ? r->text : "-");
		if (said)
			assert_non_null(msg_template(said));
	}
}

static void test_wished(void **state)
{
	assert_true(outcome_wished_blade(VERB_POWER_ON, POWER_ON));
	assert_false(outcome_wished_blade(VERB_POWER_ON, POWER_STARTING));
	assert_true(outcome_wished_blade(VERB_SHUTDOWN, POWER_OFF));
	assert_false(outcome_wished_blade(VERB_POWER_OFF, POWER_UNKNOWN));
	assert_false(outcome_wished_blade(VERB_RESET, POWER_ON));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_wished) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Jobs from intent to outcome, on a fleet and a store of cardboard and a clock of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "fake_ground.h"
#include "safety/jobs.h"
#include "safety/lease.h"

static const struct actor sato = { ROLE_OPERATOR, "sato", 1000, "ssh 192.0.2.7", "" };
static const struct actor ops = { ROLE_CUSTOMER, "acme-ops", 1002, "", "acme" };

static struct registry *reg;
static struct loop *loop;
static struct jobs *jobs;
static struct site_tenant tenants[2] = { { .name = (char *)"acme" }, { .name = (char *)"globex" } };
static struct site_model site;
static struct plan_world world;
static struct gate gate;
static enum host_outcome can_now;
static char said[4][300];
static int nsaid;

/* What jobs_start answered. */
static char started[64];
static char refused[64];
static int answers;

static bool sees(void *ctx, const struct actor *a, enum kind k, const void *o)
{
	return true;
}

static enum host_outcome can(void *ctx, const struct vm *vm, enum verb v, const char **why, const char **driver)
{
	*why = NULL;
	*driver = "fake";
	return can_now;
}

static void happened(void *ctx, const char *vm, const char *name, bool staff, const struct msg *m)
{
	strncpy(said[nsaid++ % 4], m->text, sizeof said[0] - 1);
}

static void add_vm(int n, enum vm_state s)
{
	struct vm *vm = object_new(KIND_VM);
	char text[64];

	snprintf(text, sizeof text, "vm:%016x", (unsigned)n);
	intern_set(&vm->id, text);
	snprintf(text, sizeof text, "vm%d", n);
	intern_set(&vm->name, text);
	intern_set(&vm->uuid, text);
	intern_set(&vm->blade, "b1");
	intern_set(&vm->tenant, n <= 2 ? "acme" : "globex");
	vm->state = s;
	vm->live = vm->persistent = true;
	registry_add(reg, KIND_VM, vm);
}

static struct vm *vm_of(int n)
{
	char id[32];

	snprintf(id, sizeof id, "vm:%016x", (unsigned)n);
	return registry_find(reg, KIND_VM, id);
}

static void make_jobs(void)
{
	jobs = jobs_new(&(struct jobs_config){ .loop = loop, .objects = reg, .settle_ms = 20000, .happened = happened });
}

static void make_world(void)
{
	struct blade *b = object_new(KIND_BLADE);

	reg = registry_new();
	ground_reset(reg);
	intern_set(&b->id, "blade:b1");
	intern_set(&b->name, "b1");
	b->host = HOST_UP;
	registry_add(reg, KIND_BLADE, b);
	add_vm(1, VM_RUNNING);
	add_vm(2, VM_RUNNING);
	add_vm(3, VM_OFF);
	for (int i = 4; i <= 10; i++)
		add_vm(i, VM_RUNNING);
	world.objects = reg;
}

static int setup(void **state)
{
	clock_fake(10000000, 1795222333);
	can_now = OUTCOME_STATE;
	nsaid = answers = 0;
	loop = loop_new();
	gate = (struct gate){ NULL, sees };
	site = (struct site_model){ .name = (char *)"tokyo-1", .shutdown_s = 600, .tenants = tenants, .ntenants = 2 };
	world = (struct plan_world){ .gate = &gate, .site = &site, .can = can, .command = "tana" };
	make_world();
	make_jobs();
	return 0;
}

static int teardown(void **state)
{
	jobs_stop(jobs);
	ground_flush();
	jobs_free(jobs);
	registry_free(reg);
	loop_free(loop);
	ground_reset(NULL);
	json_decref(ground_records);
	ground_records = NULL;
	clock_real();
	return 0;
}

static void on_started(void *ctx, struct err *e, const char *job)
{
	answers++;
	started[0] = refused[0] = '\0';
	if (e)
		strncpy(refused, e->msg.id, sizeof refused - 1);
	else
		strncpy(started, job, sizeof started - 1);
	err_free(e);
}

static struct plan *plan_for(const struct actor *a, enum verb v, int from, int to)
{
	struct vm *vms[POLICY_TARGETS_MAX];
	size_t n = 0;

	for (int i = from; i <= to; i++)
		vms[n++] = vm_of(i);
	return plan_make(&world, a, v, vms, n, NULL);
}

/* Commits and lets the intent be written. */
static char *begin(const struct actor *a, enum verb v, int from, int to)
{
	struct plan *p = plan_for(a, v, from, to);

	if (p->refused.n)
		fail_msg("refused: %s", p->refused.list[0].msg.text);
	jobs_start(jobs, p, a, "because", on_started, NULL);
	ground_flush();
	return started;
}

static struct job *job_of(const char *id)
{
	return registry_find(reg, KIND_JOB, id);
}

static void news(int n, enum vm_state s)
{
	struct vm *vm = vm_of(n);
	enum vm_state was = vm->state;

	vm->state = s;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_STATE, .vm = vm, .was = was });
}

static void rebooted(int n)
{
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_REBOOTED, .vm = vm_of(n) });
}

/* Time passes, in steps that let the room's own timer run. */
static void pass(int64_t ms)
{
	for (int64_t done = 0; done < ms; done += 500) {
		clock_fake_advance(500);
		loop_step(loop, 0);
	}
	ground_flush();
}

static const char *record(int n, const char *key)
{
	size_t size = json_array_size(ground_records);
	const char *s = json_string_value(json_object_get(json_array_get(ground_records, n < 0 ? size + (size_t)n : (size_t)n), key));

	return s ? s : "";
}

#define STATE(id, s) assert_string_equal(job_state_name(job_of(id)->state), job_state_name(s))

/* ---- the ordinary way ---- */

static void test_power_off(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	/* Intent, lease and record are there before anything is sent. */
	STATE(id, JOB_PENDING);
	assert_int_equal(ground_nacts, 1);
	assert_int_equal(ground_job(id), JOB_PENDING);
	assert_string_equal(ground_lease_job(vm_of(1)->id), id);
	assert_string_equal(record(0, "what"), "begin");
	assert_string_equal(record(0, "by"), "sato");
	assert_string_equal(record(0, "origin"), "ssh 192.0.2.7");
	assert_string_equal(record(0, "reason"), "because");
	assert_string_equal(vm_of(1)->job, id);
	assert_string_equal(vm_of(1)->doing, "power-off");
	ground_sent(0);
	STATE(id, JOB_RUNNING);
	ground_done(0, NULL);
	ground_flush();
	STATE(id, JOB_RUNNING); /* accepted is not done */
	pass(2000);
	news(1, VM_OFF);
	STATE(id, JOB_RUNNING); /* and done is not shown before it is written */
	ground_flush();
	STATE(id, JOB_DONE);
	assert_string_equal(job_of(id)->text_id, "job.seen");
	assert_int_equal(ground_job(id), JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_string_equal(vm_of(1)->job, "");
	assert_string_equal(record(-1, "what"), "end");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(ground_records, 1), "seconds")), 2);
	assert_int_equal(json_array_size(ground_records), 2);
	assert_true(ground_released > 0);
}

static void test_event_before_answer(void **state)
{
	char *id = begin(&sato, VERB_POWER_ON, 3, 3);

	ground_sent(0);
	news(3, VM_RUNNING);
	ground_flush();
	STATE(id, JOB_RUNNING);
	news(3, VM_OFF); /* it ran, and fell over at once: it was started all the same */
	ground_done(0, NULL);
	ground_flush();
	STATE(id, JOB_DONE);
}

static void test_host_says_no(void **state)
{
	char *id = begin(&sato, VERB_POWER_ON, 3, 3);

	ground_sent(0);
	ground_done(0, err_new(ERR_FAILED, "text", "{s:s}", "text", "no room on this host"));
	ground_flush();
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text, "no room on this host");
	assert_int_equal(ground_leases(), 0);
	/* What the host says itself is not for customers. */
	json_t *all = jobs_targets(jobs, id, false), *plain = jobs_targets(jobs, id, true);
	assert_true(json_is_object(json_object_get(json_array_get(all, 0), "outcome")));
	assert_true(json_is_null(json_object_get(json_array_get(plain, 0), "outcome")));
	json_decref(all);
	json_decref(plain);
}

static void test_never_sent(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_done(0, err_new(ERR_UNREACHABLE, "text", "{s:s}", "text", "gone"));
	ground_flush();
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.not-sent");
}

static void test_not_written_not_done(void **state)
{
	struct plan *p = plan_for(&sato, VERB_POWER_OFF, 1, 1);

	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	assert_non_null(lease_find(reg, vm_of(1)->id)); /* nobody comes between */
	ground_flush();
	assert_string_equal(refused, "text");
	assert_int_equal(ground_nacts, 0);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_int_equal(registry_count(reg, KIND_JOB), 0);
	p = plan_for(&sato, VERB_PROTECT, 1, 1);
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	assert_false(vm_of(1)->protect);
}

static void test_end_not_written(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	ground_fail = true;
	news(1, VM_OFF);
	ground_flush();
	pass(5000);
	STATE(id, JOB_RUNNING);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ground_fail = false;
	pass(3000);
	STATE(id, JOB_DONE);
	assert_null(lease_find(reg, vm_of(1)->id));
	assert_int_equal(json_array_size(ground_records), 2);
}

static void test_second_comer(void **state)
{
	begin(&sato, VERB_POWER_OFF, 1, 1);
	struct plan *p = plan_for(&ops, VERB_SHUTDOWN, 1, 1);
	assert_int_equal(p->refused.n, 1);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.plain");
	plan_free(p);
}

/* ---- guests ---- */

static void test_shutdown(void **state)
{
	char *id = begin(&sato, VERB_SHUTDOWN, 1, 1);

	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	assert_int_equal(ground_job(id), JOB_RUNNING); /* a broker that dies now knows that the guest was asked */
	assert_int_equal(job_of(id)->deadline, 1795222333 + 600);
	pass(300000);
	STATE(id, JOB_RUNNING); /* slow is not failed */
	news(1, VM_SHUTTING_DOWN);
	pass(1000);
	news(1, VM_OFF);
	ground_flush();
	STATE(id, JOB_DONE);
}

static void test_overdue_and_takeover(void **state)
{
	char first[64], second[64];

	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	pass(601000);
	STATE(first, JOB_OVERDUE);
	assert_string_equal(job_of(first)->text, "vm1 is still running after 10 min");
	assert_string_equal(ground_lease_job(vm_of(1)->id), first); /* it may still come */
	struct plan *p = plan_for(&sato, VERB_RESET, 1, 1);
	assert_string_equal(p->refused.list[0].msg.id, "lease.held.overdue");
	plan_free(p);
	/* Forcing is a new plan. */
	strcpy(second, begin(&ops, VERB_POWER_OFF, 1, 1));
	assert_string_not_equal(first, second);
	ground_flush();
	STATE(first, JOB_FAILED);
	assert_string_equal(job_of(first)->text_id, "job.taken-over");
	assert_string_equal(ground_lease_job(vm_of(1)->id), second);
	assert_string_equal(lease_find(reg, vm_of(1)->id)->job, second);
	assert_string_equal(vm_of(1)->job, second);
	ground_sent(1);
	ground_done(1, NULL);
	news(1, VM_OFF);
	ground_flush();
	STATE(second, JOB_DONE);
	STATE(first, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 4);
}

static void test_takeover_that_fails(void **state)
{
	char first[64];

	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	pass(601000);
	struct plan *p = plan_for(&sato, VERB_POWER_OFF, 1, 1);
	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	ground_fail = false;
	assert_string_equal(refused, "text");
	STATE(first, JOB_OVERDUE);
	assert_string_equal(lease_find(reg, vm_of(1)->id)->job, first);
	assert_string_equal(ground_lease_job(vm_of(1)->id), first);
	news(1, VM_OFF); /* and it is its own job still */
	ground_flush();
	STATE(first, JOB_DONE);
	assert_int_equal(ground_leases(), 0);

	/* The same, but the guest goes off just while the takeover is being written. */
	news(1, VM_RUNNING);
	strcpy(first, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(1);
	ground_done(1, NULL);
	pass(601000);
	p = plan_for(&sato, VERB_POWER_OFF, 1, 1);
	ground_fail = true;
	jobs_start(jobs, p, &sato, "", on_started, NULL);
	ground_flush();
	ground_fail = false;
	pass(5000);
	assert_int_equal(ground_leases(), 1);
	news(1, VM_OFF);
	pass(1000);
	assert_int_equal(ground_leases(), 0);
	assert_null(lease_find(reg, vm_of(1)->id));
}

static void test_restarts(void **state)
{
	can_now = OUTCOME_EVENT;
	char id[64];
	strcpy(id, begin(&sato, VERB_RESET, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	rebooted(1);
	ground_flush();
	STATE(id, JOB_DONE);
	strcpy(id, begin(&sato, VERB_REBOOT, 1, 1));
	rebooted(1); /* before it was sent: not ours */
	ground_sent(1);
	ground_done(1, NULL);
	ground_flush();
	STATE(id, JOB_RUNNING);
	news(1, VM_OFF);
	news(1, VM_RUNNING);
	ground_flush();
	STATE(id, JOB_DONE);
	can_now = OUTCOME_UNSEEN;
	strcpy(id, begin(&sato, VERB_RESET, 2, 2));
	ground_sent(2);
	ground_done(2, NULL);
	ground_flush();
	STATE(id, JOB_ACCEPTED);
}

/* ---- given up ---- */

static void give_up(int act)
{
	ground_sent(act);
	vm_of(1)->live = false;
	ground_steady = -1;
	ground_done(act, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within 15 s"));
	ground_flush();
}

static void test_unknown_then_seen(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	STATE(id, JOB_UNKNOWN);
	assert_int_equal(ground_job(id), JOB_UNKNOWN);
	pass(60000);
	STATE(id, JOB_UNKNOWN); /* no clock settles it */
	assert_int_equal(ground_leases(), 1);
	vm_of(1)->live = true;
	vm_of(1)->state = VM_OFF;
	ground_steady = 0;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = registry_find(reg, KIND_BLADE, "blade:b1") });
	ground_flush();
	STATE(id, JOB_DONE);
	assert_string_equal(job_of(id)->text_id, "job.seen.late");
	assert_int_equal(nsaid, 1);
	assert_non_null(strstr(said[0], "late effect of job:"));
	assert_non_null(strstr(job_of(id)->text, "60 s") ? strstr(job_of(id)->text, "60 s") : strstr(job_of(id)->text, "1 min"));
}

static void test_unknown_without_effect(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	vm_of(1)->live = true;
	ground_steady = 0;
	pass(10000);
	STATE(id, JOB_UNKNOWN); /* the host must be seen steady first */
	ground_steady = 20000;
	pass(11000);
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.no-effect");
	assert_int_equal(ground_leases(), 0);
	/* And if it comes after all, that is said and written. */
	pass(60000);
	news(1, VM_OFF);
	ground_flush();
	assert_int_equal(nsaid, 1);
	assert_non_null(strstr(said[0], "late effect of job:"));
	assert_string_equal(record(-1, "what"), "late");
	assert_string_equal(record(-1, "job"), id);
	news(1, VM_RUNNING);
	news(1, VM_OFF); /* once */
	assert_int_equal(nsaid, 1);
}

static void test_timeout_but_seen(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	news(1, VM_OFF);
	ground_done(0, err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within 15 s"));
	ground_flush();
	STATE(id, JOB_DONE);
}

static int broken_answers;
static char broken_error[64];

static void on_broken(void *ctx, struct err *e)
{
	broken_answers++;
	strncpy(broken_error, e ? e->msg.id : "", sizeof broken_error - 1);
	err_free(e);
}

static void test_break(void **state)
{
	char id[64];
	struct msg m;

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	struct err *e = jobs_break(jobs, vm_of(2)->id, &sato, "stuck", on_broken, NULL);
	assert_string_equal(e->msg.id, "lease.none");
	err_free(e);
	give_up(0);
	broken_answers = 0;
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "host burnt down", on_broken, NULL));
	assert_int_equal(broken_answers, 0); /* not before it is written */
	ground_flush();
	assert_int_equal(broken_answers, 1);
	assert_string_equal(broken_error, "");
	STATE(id, JOB_FAILED);
	assert_string_equal(job_of(id)->text_id, "job.broken");
	assert_non_null(strstr(job_of(id)->text, "host burnt down"));
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(record(1, "what"), "lease-break");
	assert_string_equal(record(1, "reason"), "host burnt down");
	assert_string_equal(record(2, "what"), "end");
	/* Its outcome is open: who plans on it is warned, until the host was steady. */
	assert_true(jobs_unsettled(jobs, vm_of(1)->id, &m));
	msg_free(&m);
	vm_of(1)->live = true;
	ground_steady = 25000;
	pass(25000);
	assert_false(jobs_unsettled(jobs, vm_of(1)->id, &m));
	news(1, VM_OFF);
	assert_int_equal(nsaid, 1);
}

static void test_break_not_written(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	give_up(0);
	ground_fail = true;
	broken_answers = 0;
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "stuck", on_broken, NULL));
	ground_flush();
	assert_int_equal(broken_answers, 1);
	assert_string_equal(broken_error, "text");
	STATE(id, JOB_UNKNOWN);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	ground_fail = false;
}

static void test_break_while_in_flight(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 1, 1);

	ground_sent(0);
	assert_null(jobs_break(jobs, vm_of(1)->id, &sato, "hurry", on_broken, NULL));
	ground_flush();
	STATE(id, JOB_FAILED);
	ground_done(0, NULL); /* comes back to a job that is closed */
	ground_flush();
	STATE(id, JOB_FAILED);
}

/* ---- several ---- */

static void test_several(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 4, 9);

	assert_int_equal(ground_nacts, JOBS_PARALLEL);
	assert_int_equal(ground_leases(), 6);
	ground_sent(0);
	ground_done(0, NULL);
	news(4, VM_OFF);
	ground_flush();
	assert_int_equal(ground_nacts, JOBS_PARALLEL + 1);
	assert_int_equal(job_of(id)->done, 1);
	assert_int_equal(ground_leases(), 5); /* what is settled is free again */
	ground_sent(1);
	ground_done(1, err_new(ERR_FAILED, "text", "{s:s}", "text", "no"));
	for (int i = 2; i < 6; i++) {
		ground_sent(i);
		ground_done(i, NULL);
		news(4 + i, VM_OFF);
	}
	ground_flush();
	STATE(id, JOB_PARTLY);
	assert_int_equal(job_of(id)->done, 6);
	assert_string_equal(job_of(id)->text, "5 of 6 done, 1 failed, all settled");
	assert_int_equal(ground_target(id, 1), JOB_FAILED);
	assert_int_equal(ground_target(id, 2), JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 2);
}

static void gone(int n)
{
	struct vm *vm = vm_of(n);

	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_GONE, .vm = vm });
	registry_remove(reg, KIND_VM, vm);
}

static void test_vm_goes_meanwhile(void **state)
{
	char off[64], reset[64];

	/* One that was never defined is gone when it is off; to the others it is no good end. */
	strcpy(off, begin(&sato, VERB_POWER_OFF, 4, 4));
	ground_sent(0);
	gone(4);
	STATE(off, JOB_RUNNING);
	ground_done(0, NULL);
	ground_flush();
	STATE(off, JOB_DONE);
	assert_string_equal(job_of(off)->text_id, "job.gone.off");
	strcpy(reset, begin(&sato, VERB_RESET, 5, 5));
	ground_sent(1);
	ground_done(1, NULL);
	gone(5);
	ground_flush();
	STATE(reset, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(registry_count(reg, KIND_LEASE), 0);
}

static void test_vm_gone_before_sent(void **state)
{
	char *id = begin(&sato, VERB_POWER_OFF, 4, 8);

	registry_remove(reg, KIND_VM, vm_of(8)); /* it waits for its turn */
	for (int i = 0; i < 4; i++) {
		ground_sent(i);
		ground_done(i, NULL);
		news(4 + i, VM_OFF);
		ground_flush();
	}
	STATE(id, JOB_PARTLY);
	assert_int_equal(ground_target(id, 4), JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
}

static void test_protect(void **state)
{
	char *id = begin(&sato, VERB_PROTECT, 1, 2);

	STATE(id, JOB_DONE);
	assert_true(vm_of(1)->protect && vm_of(2)->protect);
	assert_int_equal(ground_nacts, 0);
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(json_array_size(ground_records), 2);
	assert_int_equal(ground_job(id), JOB_DONE);
	assert_int_equal(nsaid, 2);
}

static void test_bounds(void **state)
{
	for (int i = 0; i < JOBS_CLOSED_KEPT + 60; i++) {
		struct plan *p = plan_for(&sato, VERB_PROTECT, 1, 1);
		jobs_start(jobs, p, &sato, "", on_started, NULL);
		ground_flush();
	}
	assert_int_equal(registry_count(reg, KIND_JOB), JOBS_CLOSED_KEPT);
	/* And no more than so many are open. */
	for (int i = 0; i < JOBS_OPEN_MAX + 5; i++) {
		struct plan *p = plan_for(&sato, VERB_PROTECT, 1, 1);
		jobs_start(jobs, p, &sato, "", on_started, NULL);
	}
	assert_string_equal(refused, "jobs.full");
	answers = 0;
	ground_reset(reg);
	jobs_free(jobs);
	make_jobs();
}

/* ---- a broker that died ---- */

static void reborn(void)
{
	struct store_job *s;
	struct registry *old = reg;
	char ids[8][32], lease_vm[64] = "", lease_job[32] = "";
	size_t n = 0;

	/* What the store holds stays; the rest is gone as after kill -9. */
	for (uint32_t i = 0; i < registry_slots(old, KIND_JOB); i++) {
		struct job *j = registry_at(old, KIND_JOB, i);
		if (j)
			strcpy(ids[n++], j->id);
	}
	if (*ground_lease_job(vm_of(1)->id)) {
		strcpy(lease_vm, vm_of(1)->id);
		strcpy(lease_job, ground_lease_job(lease_vm));
	}
	jobs_stop(jobs);
	jobs_free(jobs);
	for (uint32_t i = 0; i < registry_slots(reg, KIND_JOB); i++)
		if (registry_at(reg, KIND_JOB, i))
			registry_remove(reg, KIND_JOB, registry_at(reg, KIND_JOB, i));
	for (uint32_t i = 0; i < registry_slots(reg, KIND_LEASE); i++)
		if (registry_at(reg, KIND_LEASE, i))
			registry_remove(reg, KIND_LEASE, registry_at(reg, KIND_LEASE, i));
	for (int i = 1; i <= 10; i++)
		if (vm_of(i))
			vm_of(i)->live = false;
	ground_forget_acts();
	ground_steady = -1;
	make_jobs();
	for (size_t i = 0; i < n; i++)
		if ((s = ground_stored(ids[i])))
			jobs_load_job(jobs, s);
	if (lease_vm[0]) {
		struct lease *l = object_new(KIND_LEASE);
		intern_set(&l->object, lease_vm);
		intern_set(&l->name, "vm1");
		intern_set(&l->by, "sato");
		intern_set(&l->job, lease_job);
		intern_set(&l->verb, "power-off");
		jobs_load_lease(jobs, l);
		object_free(KIND_LEASE, l);
	}
	jobs_loaded(jobs);
	ground_flush();
}

static void host_is_back(enum vm_state s)
{
	vm_of(1)->live = true;
	vm_of(1)->state = s;
	ground_steady = 0;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = registry_find(reg, KIND_BLADE, "blade:b1") });
	ground_flush();
}

static void test_reborn_pending(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	reborn();
	STATE(id, JOB_UNKNOWN);
	assert_string_equal(job_of(id)->text_id, "job.unknown.restart");
	assert_int_equal(ground_job(id), JOB_UNKNOWN);
	assert_non_null(lease_find(reg, vm_of(1)->id));
	assert_string_equal(vm_of(1)->job, id);
	assert_int_equal(ground_nacts, 0); /* nothing is sent again */
	host_is_back(VM_RUNNING);
	STATE(id, JOB_UNKNOWN);
	ground_steady = 20000;
	pass(21000);
	STATE(id, JOB_FAILED);
	assert_int_equal(ground_leases(), 0);
	/* A third broker still knows that its effect may come. */
	reborn();
	STATE(id, JOB_FAILED);
	nsaid = 0;
	news(1, VM_OFF);
	assert_int_equal(nsaid, 1);
}

static void test_reborn_done(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 1));
	ground_sent(0);
	reborn();
	host_is_back(VM_OFF);
	STATE(id, JOB_DONE);
	assert_int_equal(ground_leases(), 0);
	assert_string_equal(record(-1, "what"), "end");
}

static void test_reborn_shutdown(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_SHUTDOWN, 1, 1));
	ground_sent(0);
	ground_done(0, NULL);
	ground_flush();
	reborn();
	STATE(id, JOB_RUNNING); /* the guest was asked, and has what is left of its time */
	host_is_back(VM_RUNNING);
	ground_steady = 100000;
	pass(300000);
	STATE(id, JOB_RUNNING);
	pass(301000);
	STATE(id, JOB_OVERDUE);
	reborn();
	STATE(id, JOB_OVERDUE);
	host_is_back(VM_OFF);
	STATE(id, JOB_DONE);
}

static void test_orphan_lease(void **state)
{
	struct lease *l = object_new(KIND_LEASE);

	intern_set(&l->object, vm_of(1)->id);
	intern_set(&l->name, "vm1");
	intern_set(&l->job, "job:000000");
	jobs_load_lease(jobs, l);
	object_free(KIND_LEASE, l);
	jobs_loaded(jobs);
	ground_flush();
	assert_null(lease_find(reg, vm_of(1)->id));
}

static void test_whose(void **state)
{
	char id[64];

	strcpy(id, begin(&sato, VERB_POWER_OFF, 1, 2));
	assert_true(jobs_of_tenant(jobs, job_of(id), "acme"));
	assert_false(jobs_of_tenant(jobs, job_of(id), "globex"));
	assert_false(jobs_of_tenant(jobs, job_of(id), ""));
	assert_false(jobs_by_customer(jobs, id));
	strcpy(id, begin(&sato, VERB_POWER_ON, 3, 3));
	assert_false(jobs_of_tenant(jobs, job_of(id), "acme"));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_power_off), T(test_event_before_answer), T(test_host_says_no), T(test_never_sent), T(test_not_written_not_done),
		T(test_end_not_written), T(test_second_comer), T(test_shutdown), T(test_overdue_and_takeover), T(test_takeover_that_fails),
		T(test_restarts), T(test_unknown_then_seen), T(test_unknown_without_effect), T(test_timeout_but_seen), T(test_break),
		T(test_break_not_written), T(test_break_while_in_flight), T(test_several), T(test_vm_goes_meanwhile), T(test_vm_gone_before_sent), T(test_protect),
		T(test_bounds), T(test_reborn_pending), T(test_reborn_done), T(test_reborn_shutdown), T(test_orphan_lease), T(test_whose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Breaking a lease: an operator gives up what a job does to an object. */
#include "safety/jobs_run.h"

#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

/* Somebody who waits for a lease to be broken. */
struct breaking {
	struct jobs *jobs;
	char *object;
	char *by, *reason;
	jobs_done *done;
	void *ctx;
};

void breaking_end(struct breaking *b, struct err *e)
{
	b->done(b->ctx, e);
	free(b->object);
	free(b->by);
	free(b->reason);
	free(b);
}

static void give_up(struct run_target *t, const struct breaking *b)
{
	const struct blade *blade = t->kind == KIND_BLADE && t->in_flight && !t->sent ? run_blade(t) : NULL;
	bool withdrawn = blade && fleet_blade_withdraw(t->run->jobs->c.fleet, blade, t);
	bool awaited = target_is_awaited(t), begun = awaited || (t->in_flight && !withdrawn) || !t->run->metal;

	target_say(t, JOB_FAILED, begun ? "job.broken" : "job.broken.unsent", "{s:s, s:s}", "by", b->by, "reason", b->reason);
	/* Of a snapshot that is being taken its row tells; that stays, and is settled without the job. */
	if ((awaited || (t->run->metal && begun)) && t->run->verb != VERB_SNAP_CREATE)
		late_add(t->run->jobs, t, true);
}

/* The record is there: now it is done. Who asked hears of it when the lease is gone from the store too. */
static void broken(void *ctx, struct err *e)
{
	struct breaking *b = ctx;
	struct jobs *j = b->jobs;
	struct run_target *t = run_target_of(j, b->object);

	if (e || !t || !job_state_is_open(t->state) || t->breaking || j->stopping) {
		if (!e && !t && !j->stopping)
			lease_drop(j->c.objects, b->object);
		breaking_end(b, e);
		return;
	}
	give_up(t, b);
	/* A blade's lease covers its VMs. */
	for (size_t i = 0; t->run->metal && i < t->run->n; i++) {
		struct run_target *o = &t->run->targets[i];
		if (job_state_is_open(o->state) && strcmp(o->blade, t->blade) == 0)
			give_up(o, b);
	}
	t->breaking = b;
	run_write(t->run);
	run_publish(t->run);
	if (verb_is_snapshot(t->run->verb) && t->in_flight)
		fleet_snapshot_abandon(j->c.fleet, t);
	jobs_tick_soon(j);
}

struct err *jobs_break(struct jobs *j, const char *object, const struct actor *a, const char *reason, jobs_done *done, void *ctx)
{
	const struct lease *l = lease_find(j->c.objects, object), *cover;
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, object);
	json_t *objects = NULL;

	if (!l && vm && (cover = lease_on(j->c.objects, vm)))
		return err_new(ERR_STATE, "lease.covered", "{s:s, s:s}", "name", vm->name, "blade", vm->blade);
	if (!l)
		return err_new(ERR_NOTFOUND, "lease.none", "{s:s}", "object", object);
	struct run_target *t = run_target_of(j, object);
	if (t && t->run->starting)
		return err_new(ERR_STATE, "lease.starting", "{s:s}", "object", l->name);
	audit_object(&objects, l->object, l->name, NULL);
	struct store_tx *tx = store_begin(j->c.store);
	json_t *record = audit_record(&(struct audit){ .what = "lease-break", .actor = a, .verb = l->verb, .objects = objects,
		.job = l->job, .reason = reason });
	store_append(tx, record);
	json_decref(record);
	json_decref(objects);
	if (!t)
		store_drop_lease(tx, object);
	struct breaking *b = xcalloc(1, sizeof *b);
	*b = (struct breaking){ .jobs = j, .object = xstrdup(object), .by = xstrdup(a->user), .reason = xstrdup(reason), .done = done,
		.ctx = ctx };
	store_commit(tx, broken, b);
	return NULL;
}

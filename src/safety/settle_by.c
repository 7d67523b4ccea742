/* What an operator settles: a snapshot on a host that cannot be asked counts no more. Called by the broker's commands. */
#include "safety/jobs_run.h"

#include <stdlib.h>
#include <string.h>

struct closing {
	struct jobs *jobs;
	char row[48];
	enum snap_state to;
	char *by, *reason;
	jobs_done *done;
	void *ctx;
};

static const char *called(const struct snapshot *s)
{
	return s->name[0] ? s->name : s->host_name;
}

/* Its job, if one is open on it, is given up. */
static void give_up_job(struct closing *c, const struct snapshot *row)
{
	struct jobs *j = c->jobs;
	struct run *r = run_find(j, row->job);
	struct run_target *t = r ? &r->targets[0] : NULL;

	if (!r || !r->snap || r->starting || r->verb != VERB_SNAP_CREATE || !job_state_is_open(t->state))
		return;
	target_say(t, JOB_FAILED, "job.snap.settled", "{s:s, s:s}", "by", c->by, "reason", c->reason);
	snap_end(r, SNAP_STATE_COUNT, 0);
	if (t->in_flight)
		fleet_snapshot_abandon(j->c.fleet, t);
}

static void written(void *ctx, struct err *e)
{
	struct closing *c = ctx;
	struct jobs *j = c->jobs;
	struct snapshot *row = book_find(j->c.book, c->row);

	if (!e && row && !j->stopping) {
		if (snap_is_open(row) || row->state == SNAP_KEPT)
			book_move(j->c.book, row, c->to, 0, c->reason);
		give_up_job(c, row);
	}
	c->done(c->ctx, e);
	free(c->by);
	free(c->reason);
	free(c);
}

/* NULL, or why it is not for an operator to settle. */
static struct err *may_settle(struct jobs *j, const struct snapshot *s)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, s->vm);
	const struct run *r = run_find(j, s->job);
	void *b = NULL;

	if (s->state != SNAP_KEPT && !snap_is_open(s))
		return err_new(ERR_STATE, "snapshot.settled", "{s:s, s:s}", "snapshot", called(s), "name", s->vm_name);
	bool up = vm && registry_named(j->c.objects, KIND_BLADE, vm->blade, &b, 1) >= 1 && ((const struct blade *)b)->host == HOST_UP;
	/* One that its host refuses to clear stays counted for ever if nobody says otherwise. */
	if ((up && !(s->state == SNAP_SENT && settle_refused(j, s->id))) || (r && r->starting))
		return err_new(ERR_STATE, "snapshot.host-up", "{s:s, s:s}", "snapshot", called(s), "name", s->vm_name);
	return NULL;
}

struct err *jobs_settle(struct jobs *j, struct snapshot *s, const struct actor *a, const char *reason, jobs_done *done, void *ctx)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, s->vm);
	struct err *e = may_settle(j, s);
	json_t *objects = NULL;
	struct msg m;

	if (e)
		return e;
	struct closing *c = xcalloc(1, sizeof *c);
	*c = (struct closing){ .jobs = j, .to = s->state == SNAP_KEPT ? SNAP_GONE : SNAP_FAILED, .by = xstrdup(a->user),
		.reason = xstrdup(reason), .done = done, .ctx = ctx };
	memcpy(c->row, s->id, sizeof c->row);
	audit_object(&objects, s->vm, vm ? vm->name : s->vm_name, vm ? vm->blade : NULL);
	msg_make(&m, "settle.by", "{s:s, s:s, s:s}", "snapshot", called(s), "name", s->vm_name, "by", a->user);
	json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "snapshot", s->id, "name", s->name, "was", snap_state_name(s->state), "is",
		snap_state_name(c->to));
	json_t *record = audit_record(&(struct audit){ .what = "settle", .actor = a, .objects = objects, .job = s->job,
		.reason = reason, .outcome = &m, .detail = detail });
	struct store_tx *tx = store_begin(j->c.store);
	store_append(tx, record);
	snap_put_as(s, c->to, 0, reason, tx);
	store_commit(tx, written, c);
	json_decref(record);
	json_decref(detail);
	json_decref(objects);
	msg_free(&m);
	return NULL;
}

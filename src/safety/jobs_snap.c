/* A snapshot job until it is sent: reserve, ask its host, check again, write the intent. Nothing reaches the host before the
 * intent is on disk; what comes then is in jobs_snap_end.c. Called by jobs_begin.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

/* Who committed hears once: the job's id, or why nothing was done. */
static void answer(struct run *r, struct err *e)
{
	jobs_started *started = r->on_started;

	r->on_started = NULL;
	if (started)
		started(r->on_started_ctx, e, e ? NULL : r->id);
	else
		err_free(e);
}

static struct err *stopping(void)
{
	return err_new(ERR_UNREACHABLE, "broker.stopping", NULL);
}

/* ---- refused before its intent ---- */

/* In words that this actor may read: a host's own are the provider's. */
static struct err *for_actor(const struct run *r, struct err *e)
{
	if (r->role != ROLE_CUSTOMER)
		return e;
	struct err *plain = err_new(e->class, "vm.silent", "{s:s}", "name", r->targets[0].name);
	err_free(e);
	return plain;
}

static enum snap_state dropped_state(const struct run *r)
{
	return r->snap->said->class == ERR_LIMIT ? SNAP_REFUSED : SNAP_FAILED;
}

static void dropped(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct snapshot *row = snap_row_of(r);

	r->writing = false;
	/* Nothing was done, whether that is written or not. */
	answer(r, err_copy(r->snap->said));
	if (j->stopping) {
		err_free(e);
		return;
	}
	if (e) {
		/* The lease stays till the store has it so: it would refuse the next one. */
		log_error("job %s: what it reserved cannot be taken back, trying again: %s", r->id, e->msg.text);
		err_free(e);
		r->retry = true;
		jobs_tick_soon(j);
		return;
	}
	if (row && row->state == SNAP_RESERVED)
		book_move(j->c.book, row, dropped_state(r), 0, r->snap->said->msg.text);
	target_release(&r->targets[0]);
	j->open--;
	run_free(r);
}

void snap_drop(struct run *r)
{
	struct snapshot *row = snap_row_of(r);

	if (r->writing || r->jobs->stopping)
		return;
	struct store_tx *tx = store_begin(r->jobs->c.store);
	r->snap->step = STEP_DROP;
	r->writing = true;
	r->retry = false;
	store_drop_job(tx, r->id);
	store_drop_lease(tx, r->targets[0].id);
	if (row)
		snap_put_as(row, dropped_state(r), 0, r->snap->said->msg.text, tx);
	store_commit(tx, dropped, r);
}

/* No intent was written and nobody waits for an answer any more: it goes as one that was refused, without a trace in the audit
 * log, where its beginning is not either. */
void snap_unsent(struct run *r)
{
	r->snap->said = err_new(ERR_UNREACHABLE, "job.snap.unsent", NULL);
	r->starting = true;
	if (r->job)
		registry_remove(r->jobs->c.objects, KIND_JOB, r->job);
	r->job = NULL;
	snap_drop(r);
}

/* Takes e. */
static void refuse(struct run *r, struct err *e)
{
	err_free(r->snap->said);
	r->snap->said = e;
	snap_drop(r);
}

/* ---- the intent ---- */

static void intent_written(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct snapshot *row = snap_row_of(r);

	if (j->stopping) {
		/* Written, but never to be sent: the next broker finds it so. */
		err_free(e);
		answer(r, stopping());
		return;
	}
	if (e) {
		target_say(&r->targets[0], JOB_PENDING, "job.pending", NULL);
		refuse(r, e);
		return;
	}
	r->starting = false;
	plan_free(r->snap->plan);
	r->snap->plan = NULL;
	if (row)
		book_move(j->c.book, row, SNAP_SENT, 0, NULL);
	r->job = object_new(KIND_JOB);
	run_fill_job(r, r->job);
	registry_add(j->c.objects, KIND_JOB, r->job);
	target_mark(&r->targets[0], true);
	run_publish(r);
	answer(r, NULL);
	snap_act(r);
}

static void write_intent(struct run *r)
{
	const struct snapshot *row = snap_row_of(r);
	struct store_tx *tx = store_begin(r->jobs->c.store);

	r->snap->step = STEP_INTENT;
	target_say(&r->targets[0], JOB_RUNNING, "job.snap.waits", NULL);
	run_append_begin(r, r->snap->plan, tx);
	run_store(r, tx);
	if (row)
		snap_put_as(row, SNAP_SENT, 0, NULL, tx);
	store_commit(tx, intent_written, r);
}

/* ---- asking, and checking again ---- */

/* All that was checked before is checked again, with what the host says now and our own reservation left out. */
static struct err *recheck(struct run *r)
{
	struct jobs *j = r->jobs;
	const struct plan *p = r->snap->plan;
	const struct vm *vm = run_vm(&r->targets[0]);
	const char *row = r->verb == VERB_SNAP_CREATE ? r->snap->row : "";
	struct actor a;

	if (!vm)
		return err_new(ERR_NOTFOUND, "plan.gone", "{s:s}", "name", r->targets[0].name);
	run_actor(r, &a);
	struct err *e = j->c.recheck(j->c.ctx, &a, p, r->id, row);
	if (e || r->verb != VERB_SNAP_CREATE)
		return e;
	e = book_may_take(j->c.book, &(struct book_ask){ .vm = vm, .charged = p->snap->charged, .bytes = p->snap->bytes, .but = row });
	if (e && p->snap->exceed) {
		/* The record and the report say whether it went over a limit, not whether it was let. */
		snap_row_of(r)->exceeded = true;
		err_free(e);
		e = NULL;
	}
	return e;
}

static void remember(struct run *r, const struct host_snaps *s)
{
	struct snapshot *row = snap_row_of(r);

	r->snap->used_known = s->disks_known;
	r->snap->used = s->used_bytes;
	for (size_t i = 0; i < s->n && r->verb == VERB_SNAP_REVERT; i++)
		if (strcmp(s->list[i].name, r->snap->host_name) == 0)
			r->snap->was_current = s->list[i].current;
	if (row && s->xml) {
		free(row->xml);
		row->xml = xstrdup(s->xml);
	}
}

static void asked(void *ctx, struct err *e, struct host_snaps *s)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct vm *vm = run_vm(&r->targets[0]);

	r->in_flight--;
	if (j->stopping) {
		err_free(e);
		answer(r, stopping());
		return;
	}
	if (e) {
		refuse(r, for_actor(r, e));
		return;
	}
	bool busy = s->busy;
	remember(r, s);
	if (vm)
		book_saw(j->c.book, vm, s);
	e = busy ? err_new(ERR_STATE, "snapshot.host-busy", "{s:s}", "name", r->targets[0].name) : recheck(r);
	if (e)
		refuse(r, e);
	else
		write_intent(r);
}

static void reserved(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct vm *vm = run_vm(&r->targets[0]);
	struct snapshot *row = snap_row_of(r);

	if (j->stopping) {
		err_free(e);
		answer(r, stopping());
		return;
	}
	if (e) {
		if (row)
			book_unreserve(j->c.book, row);
		target_release(&r->targets[0]);
		j->open--;
		answer(r, e);
		run_free(r);
		return;
	}
	if (!vm) {
		refuse(r, err_new(ERR_NOTFOUND, "plan.gone", "{s:s}", "name", r->targets[0].name));
		return;
	}
	r->snap->step = STEP_ASK;
	r->in_flight++;
	bool create = r->verb == VERB_SNAP_CREATE;
	struct host_snap_order order = { .op = SNAP_CREATE, .name = r->snap->host_name, .note = create && row ? row->name : "",
		.external = r->snap->external, .quiesce = r->snap->quiesce };
	fleet_snapshots(j->c.fleet, vm, create ? &order : NULL, asked, r);
}

void snap_begin(struct run *r, struct plan *p, bool exceeded)
{
	struct jobs *j = r->jobs;
	struct run_target *t = &r->targets[0];
	struct store_tx *tx = store_begin(j->c.store);
	const struct snapshot *row = NULL;

	/* One that was refused keeps its row for the report; the same plan tried again gets another. */
	if (r->verb == VERB_SNAP_CREATE && (!p->snap->id[0] || book_find(j->c.book, p->snap->id))) {
		snap_new_id(p->snap->id);
		free(p->snap->host_name);
		p->snap->host_name = xasprintf("tana-%s", p->snap->id + 5);
	}
	r->snap = snap_run_new(p->snap);
	r->snap->plan = p;
	r->snap->step = STEP_RESERVE;
	if (r->verb == VERB_SNAP_CREATE)
		row = book_reserve(j->c.book, &(struct store_snapshot){ .id = p->snap->id, .vm = t->id, .vm_name = t->name,
			.tenant = t->tenant, .charged = p->snap->charged, .name = p->snap->name, .note = p->snap->note, .by = r->user,
			.origin = r->origin, .job = r->id, .uid = r->uid, .role = r->role, .state = SNAP_RESERVED,
			.memory = p->snap->memory, .external = p->snap->external, .exceeded = exceeded, .bytes = p->snap->bytes });
	lease_take(j->c.objects, t->id, t->name, r->user, r->id, verb_name(r->verb), r->started);
	run_store(r, tx);
	store_take_lease(tx, lease_find(j->c.objects, t->id));
	if (row)
		book_put(row, tx);
	store_commit(tx, reserved, r);
}

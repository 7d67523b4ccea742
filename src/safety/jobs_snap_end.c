/* A snapshot job from its intent on: act, look once more, end. What is not known after it was sent is left to settle.c. Called
 * by jobs_snap.c, settle.c and the jobs' own writing. */
#include "safety/jobs_run.h"

#include "common/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- the end ---- */

void snap_end(struct run *r, enum snap_state to, uint64_t bytes)
{
	r->snap->step = STEP_OVER;
	r->snap->to = to;
	r->snap->bytes = bytes;
	run_write(r);
	run_publish(r);
}

static bool deleted(const struct run *r)
{
	return r->verb == VERB_SNAP_DELETE && r->targets[0].state == JOB_DONE;
}

void snap_put_end(const struct run *r, struct store_tx *tx)
{
	const struct snapshot *row = snap_row_of(r);
	struct book *book = r->jobs->c.book;

	if (row && snap_is_open(row) && r->snap->to != SNAP_STATE_COUNT)
		snap_put_as(row, r->snap->to, r->snap->bytes, r->snap->to == SNAP_FAILED ? r->targets[0].text : NULL, tx);
	for (size_t i = 0; deleted(r) && i < r->snap->nvictims; i++) {
		row = book_of_host(book, r->targets[0].id, r->snap->victims[i]);
		if (row && row->state == SNAP_KEPT)
			snap_put_as(row, SNAP_GONE, 0, NULL, tx);
	}
}

static void tell_end(const struct run *r)
{
	static const char *const ids[][2] = { { "event.snap.taken", "event.snap.taken.by" },
		{ "event.snap.reverted", "event.snap.reverted.by" }, { "event.snap.deleted", "event.snap.deleted.by" } };
	const struct run_target *t = &r->targets[0];
	struct msg m;

	if (t->state != JOB_DONE)
		return;
	/* Customers read it too: who of the provider's staff it was is not theirs. */
	msg_make(&m, ids[r->verb - VERB_SNAP_CREATE][r->role == ROLE_CUSTOMER], "{s:s, s:s, s:s, s:s}", "snapshot", snap_called_by_job(r), "name",
		t->name, "by", r->role == ROLE_CUSTOMER ? r->user : "", "job", r->id);
	snap_tell(r->jobs, t->id, t->name, &m);
	msg_free(&m);
}

void snap_ended(struct run *r)
{
	struct snapshot *row = snap_row_of(r);
	struct book *book = r->jobs->c.book;

	if (row && snap_is_open(row) && r->snap->to != SNAP_STATE_COUNT)
		book_move(book, row, r->snap->to, r->snap->bytes, r->snap->to == SNAP_FAILED ? r->targets[0].text : NULL);
	for (size_t i = 0; deleted(r) && i < r->snap->nvictims; i++) {
		row = book_of_host(book, r->targets[0].id, r->snap->victims[i]);
		if (row && row->state == SNAP_KEPT)
			book_move(book, row, SNAP_GONE, 0, NULL);
	}
	tell_end(r);
}

/* ---- after the host has answered ---- */

/* Its lease was broken while the call was under way: its row may be settled when the host has stood for a while from now on. */
static void late_answer(struct run *r)
{
	struct jobs *j = r->jobs;

	if (j->stopping)
		return;
	struct snapshot *row = snap_row_of(r);
	if (row && row->state == SNAP_SENT)
		row->moved = clock_boot_ms();
	jobs_tick_soon(j);
	jobs_purge(j);
}

static void age_of(const struct run_target *t, char *age, size_t size)
{
	policy_age(age, size, (clock_boot_ms() - (t->sent_at ? t->sent_at : t->run->started_boot) + 999) / 1000);
}

/* What becomes of it is not known: settle.c asks when its host is steady. */
static void leave_open(struct run *r, const char *text, const char *reason)
{
	struct run_target *t = &r->targets[0];

	r->snap->step = STEP_OVER;
	t->phase_at = clock_boot_ms();
	target_say(t, JOB_UNKNOWN, text, "{s:s, s:s, s:s}", "snapshot", snap_called_by_job(r), "name", t->name, "reason", reason);
	run_write(r);
	run_publish(r);
	jobs_tick_soon(r->jobs);
}

static void done_well(struct run *r, uint64_t bytes)
{
	static const char *const texts[] = { "job.snap.taken", "job.snap.reverted", "job.snap.deleted" };
	struct run_target *t = &r->targets[0];
	char age[24];

	age_of(t, age, sizeof age);
	target_say(t, JOB_DONE, texts[r->verb - VERB_SNAP_CREATE], "{s:s, s:s}", "snapshot", snap_called_by_job(r), "age", age);
	snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_KEPT : SNAP_STATE_COUNT, bytes);
}

static void failed(struct run *r)
{
	target_say_err(&r->targets[0], JOB_FAILED, r->snap->said);
	snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_FAILED : SNAP_STATE_COUNT, 0);
}

/* What it takes: as the host says, or as far as the files of the disks grew (one that took nothing is known too). */
static uint64_t measured(const struct run *r, const struct host_snaps *s)
{
	uint64_t bytes = snap_size(s, r->snap->host_name);

	if (bytes || r->snap->external || !r->snap->used_known || !s->disks_known)
		return bytes;
	if (s->used_bytes > r->snap->used)
		return s->used_bytes - r->snap->used;
	/* Memory takes room somewhere: these files do not show it (a disk behind a network, space set aside before). */
	const struct snapshot *row = snap_row_of(r);
	return row && row->memory ? 0 : 1;
}

static void clear_sent(void *ctx)
{
}

static void clear_done(void *ctx, struct err *e)
{
	struct run_target *t = ctx;
	struct run *r = t->run;

	t->in_flight = false;
	r->in_flight--;
	if (r->jobs->stopping || !job_state_is_open(t->state))
		late_answer(r);
	else if (e)
		leave_open(r, "job.snap.uncleared", e->msg.text);
	else
		failed(r);
	err_free(e);
}

/* libvirt says no too when QEMU took the snapshot and only its own record could not be written: then the disk holds one that
 * nobody lists (qemuSnapshotCreateXML, "unable to save metadata"). */
static bool may_be_orphaned(const struct run *r)
{
	const struct snapshot *row = snap_row_of(r);

	return r->snap->said->class == ERR_FAILED && row && row->xml[0] && run_vm(&r->targets[0]);
}

static void clear(struct run *r)
{
	struct run_target *t = &r->targets[0];
	const struct snapshot *row = snap_row_of(r);

	r->snap->step = STEP_CLEAR;
	t->in_flight = true;
	r->in_flight++;
	t->act = (struct fleet_act){ .ctx = t, .sent = clear_sent, .done = clear_done };
	fleet_snapshot(r->jobs->c.fleet, run_vm(t), &(struct host_snap_order){ .op = SNAP_CLEAR, .name = row->host_name,
		.external = row->external, .xml = row->xml }, &t->act);
}

static void judge_create(struct run *r, const struct err *silent, const struct host_snaps *s)
{
	struct run_target *t = &r->targets[0];
	bool listed = !silent && snap_listed(s, r->snap->host_name);
	char age[24];

	if (listed && !r->snap->said) {
		done_well(r, measured(r, s));
	} else if (listed) {
		age_of(t, age, sizeof age);
		target_say(t, JOB_DONE, "job.snap.taken-though", "{s:s, s:s, s:s}", "snapshot", snap_called_by_job(r), "age", age, "reason",
			r->snap->said->msg.text);
		snap_end(r, SNAP_KEPT, measured(r, s));
	} else if (silent && !r->snap->said) {
		done_well(r, 0); /* it said so, and that is an answer */
	} else if (silent) {
		leave_open(r, "job.snap.unlooked", r->snap->said->msg.text);
	} else if (s->busy) {
		leave_open(r, "job.snap.busy", "");
	} else if (!r->snap->said) {
		leave_open(r, "job.snap.unlisted", "");
	} else if (may_be_orphaned(r)) {
		clear(r);
	} else {
		failed(r);
	}
}

static void looked(void *ctx, struct err *e, struct host_snaps *s)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct vm *vm = run_vm(&r->targets[0]);

	r->in_flight--;
	if (j->stopping || !job_state_is_open(r->targets[0].state)) {
		err_free(e);
		late_answer(r);
		return;
	}
	/* Of the others an answer is an answer; the rows follow the list. */
	if (r->verb == VERB_SNAP_CREATE)
		judge_create(r, e, s);
	else if (r->snap->said)
		failed(r);
	else
		done_well(r, 0);
	if (!e && vm)
		book_saw(j->c.book, vm, s);
	err_free(e);
}

static void look(struct run *r)
{
	struct vm *vm = run_vm(&r->targets[0]);

	r->snap->step = STEP_LOOK;
	r->in_flight++;
	if (vm)
		fleet_snapshots(r->jobs->c.fleet, vm, NULL, looked, r);
	else
		looked(r, err_new(ERR_NOTFOUND, "plan.gone", "{s:s}", "name", r->targets[0].name), NULL);
}

/* ---- at the host ---- */

static void on_sent(void *ctx)
{
	struct run_target *t = ctx;

	if (t->run->jobs->stopping || !job_state_is_open(t->state))
		return;
	t->sent = true;
	t->sent_at = t->phase_at = clock_boot_ms();
	target_say(t, JOB_RUNNING, "job.sent", NULL);
	run_publish(t->run);
}

static void on_done(void *ctx, struct err *e)
{
	struct run_target *t = ctx;
	struct run *r = t->run;
	struct jobs *j = r->jobs;

	t->in_flight = false;
	r->in_flight--;
	if (j->stopping || !job_state_is_open(t->state)) {
		err_free(e);
		late_answer(r);
		return;
	}
	if (e && !t->sent) {
		target_say(t, JOB_FAILED, "job.not-sent", "{s:s}", "reason", e->msg.text);
		snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_FAILED : SNAP_STATE_COUNT, 0);
		err_free(e);
	} else if (e && (e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE)) {
		leave_open(r, "job.unknown", e->msg.text);
		err_free(e);
	} else {
		err_free(r->snap->said);
		r->snap->said = e;
		look(r);
	}
}

void snap_act(struct run *r)
{
	static const enum snap_op ops[] = { SNAP_CREATE, SNAP_REVERT, SNAP_DELETE };
	struct run_target *t = &r->targets[0];
	struct vm *vm = run_vm(t);
	const struct snapshot *row = snap_row_of(r);
	char *note = row && row->note[0] ? xasprintf("%s: %s", row->name, row->note) : xstrdup(row ? row->name : "");

	r->snap->step = STEP_ACT;
	if (vm && !target_may(t)) {
		snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_FAILED : SNAP_STATE_COUNT, 0);
	} else if (vm) {
		t->in_flight = true;
		r->in_flight++;
		t->act = (struct fleet_act){ .ctx = t, .sent = on_sent, .done = on_done };
		fleet_snapshot(r->jobs->c.fleet, vm, &(struct host_snap_order){ .op = ops[r->verb - VERB_SNAP_CREATE],
			.name = r->snap->host_name, .note = note, .external = r->snap->external, .quiesce = r->snap->quiesce,
			.children = r->snap->children }, &t->act);
	} else {
		target_say(t, JOB_FAILED, "job.vm-gone", "{s:s}", "name", t->name);
		snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_FAILED : SNAP_STATE_COUNT, 0);
	}
	free(note);
}

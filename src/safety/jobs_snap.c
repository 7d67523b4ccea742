/* A snapshot job's life: reserve, ask its host, check again, write the intent, act, look once more, end. Nothing reaches the
 * host before the intent is on disk, and what is not known after it was sent is left to settle.c. Called by jobs_begin.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

static struct snapshot *row_of(const struct run *r)
{
	return r->snap->row[0] && r->verb == VERB_SNAP_CREATE ? book_find(r->jobs->c.book, r->snap->row) : NULL;
}

static const char *called(const struct run *r)
{
	return r->snap->name[0] ? r->snap->name : r->snap->host_name;
}

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

static void release_blade(struct run *r)
{
	const struct vm *vm = run_vm(&r->targets[0]);
	const char *blade = vm ? vm->blade : r->targets[0].blade;

	if (blade[0] && !lease_blade_busy(r->jobs->c.objects, blade))
		fleet_release(r->jobs->c.fleet, blade);
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
	struct snapshot *row = row_of(r);

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
	lease_drop(j->c.objects, r->targets[0].id);
	release_blade(r);
	j->open--;
	run_free(r);
}

void snap_drop(struct run *r)
{
	struct snapshot *row = row_of(r);

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

/* Takes e. */
static void refuse(struct run *r, struct err *e)
{
	err_free(r->snap->said);
	r->snap->said = e;
	snap_drop(r);
}

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
	const struct snapshot *row = row_of(r);
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
	msg_make(&m, ids[r->verb - VERB_SNAP_CREATE][r->role == ROLE_CUSTOMER], "{s:s, s:s, s:s, s:s}", "snapshot", called(r), "name",
		t->name, "by", r->role == ROLE_CUSTOMER ? r->user : "", "job", r->id);
	snap_tell(r->jobs, t->id, t->name, &m);
	msg_free(&m);
}

void snap_ended(struct run *r)
{
	struct snapshot *row = row_of(r);
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

/* Its lease was broken while the call was under way: its row may be settled from now on. */
static void late_answer(struct jobs *j)
{
	if (j->stopping)
		return;
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
	target_say(t, JOB_UNKNOWN, text, "{s:s, s:s, s:s}", "snapshot", called(r), "name", t->name, "reason", reason);
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
	target_say(t, JOB_DONE, texts[r->verb - VERB_SNAP_CREATE], "{s:s, s:s}", "snapshot", called(r), "age", age);
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
	return s->used_bytes > r->snap->used ? s->used_bytes - r->snap->used : 1;
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
		target_say(t, JOB_DONE, "job.snap.taken-though", "{s:s, s:s, s:s}", "snapshot", called(r), "age", age, "reason",
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
		late_answer(j);
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
		late_answer(j);
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

static void act(struct run *r)
{
	static const enum snap_op ops[] = { SNAP_CREATE, SNAP_REVERT, SNAP_DELETE };
	struct run_target *t = &r->targets[0];
	struct vm *vm = run_vm(t);
	const struct snapshot *row = row_of(r);
	char *note = row && row->note[0] ? xasprintf("%s: %s", row->name, row->note) : xstrdup(row ? row->name : "");

	r->snap->step = STEP_ACT;
	if (vm) {
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

/* ---- the intent ---- */

static void intent_written(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	struct snapshot *row = row_of(r);

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
	act(r);
}

static void write_intent(struct run *r)
{
	const struct snapshot *row = row_of(r);
	struct store_tx *tx = store_begin(r->jobs->c.store);

	r->snap->step = STEP_INTENT;
	target_say(&r->targets[0], JOB_RUNNING, "job.snap.waits", NULL);
	run_append_begin(r, tx);
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
	if (!e && r->verb == VERB_SNAP_CREATE && !p->snap->exceed)
		e = book_may_take(j->c.book, &(struct book_ask){ .vm = vm, .charged = p->snap->charged, .bytes = p->snap->bytes,
			.but = row });
	return e;
}

static void remember(struct run *r, const struct host_snaps *s)
{
	struct snapshot *row = row_of(r);

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
	struct snapshot *row = row_of(r);

	if (j->stopping) {
		err_free(e);
		answer(r, stopping());
		return;
	}
	if (e) {
		if (row)
			book_unreserve(j->c.book, row);
		lease_drop(j->c.objects, r->targets[0].id);
		release_blade(r);
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

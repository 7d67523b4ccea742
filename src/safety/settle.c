/* Settling: snapshot jobs whose outcome is not known, and rows that were sent and have no job any more. When the host has been
 * steady for a while it is asked what is there, what a creation may have left on the disk is cleared, and the use is given
 * back. Called by the jobs' timer. What an operator settles is in settle_by.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"

#include <stdlib.h>
#include <string.h>

#define SETTLING_MAX 8       /* under way at once */
#define OPEN_MAX 256         /* that could be asked, looked at in one turn; the rest in the next ones */
#define REFUSED_TIMES 15     /* a host that refuses to clear is asked again after so many settle times */

/* One that is under way. It holds names only: its job may be given up and its row settled meanwhile. */
struct settling {
	struct settling *next;
	struct jobs *jobs;
	char *vm;
	char row[48], job[24];     /* "" none */
	bool cleared;              /* asked for the second time */
	enum snap_state to;        /* of a row without a job, while that is being written */
	uint64_t bytes;
	struct fleet_act act;
};

/* When one is tried again. */
struct wait {
	struct wait *next;
	char key[48];
	int64_t at;                /* boot ms */
	bool refused;              /* its host refused to clear it */
	bool seen;                 /* still open */
};

/* ---- waiting ---- */

static void copy_text(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	n = n < size ? n : size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static struct wait *wait_of(struct jobs *j, const char *key)
{
	for (struct wait *w = j->waits; w; w = w->next)
		if (strcmp(w->key, key) == 0)
			return w;
	return NULL;
}

static const char *key_of(const struct settling *s)
{
	return s->row[0] ? s->row : s->job;
}

static void later(struct settling *s, bool refused)
{
	struct jobs *j = s->jobs;
	struct wait *w = wait_of(j, key_of(s));

	if (!w) {
		w = xcalloc(1, sizeof *w);
		copy_text(w->key, sizeof w->key, key_of(s));
		w->next = j->waits;
		j->waits = w;
	}
	w->at = clock_boot_ms() + (int64_t)j->c.settle_ms * (refused ? REFUSED_TIMES : 1);
	w->refused = refused;
	w->seen = true;
}

static void drop_waits(struct jobs *j, bool all)
{
	for (struct wait **at = &j->waits, *w; (w = *at); ) {
		if (w->seen && !all) {
			w->seen = false;
			at = &w->next;
			continue;
		}
		*at = w->next;
		free(w);
	}
}

bool settle_refused(struct jobs *j, const char *row)
{
	const struct wait *w = wait_of(j, row);

	return w && w->refused;
}

/* ---- its job and its row ---- */

static struct settling *settling_new(struct jobs *j, const char *vm, const char *row, const char *job)
{
	struct settling *s = xcalloc(1, sizeof *s);

	s->jobs = j;
	s->vm = xstrdup(vm);
	copy_text(s->row, sizeof s->row, row);
	copy_text(s->job, sizeof s->job, job);
	s->next = j->settlings;
	j->settlings = s;
	return s;
}

static void settling_free(struct settling *s)
{
	struct settling **at = &s->jobs->settlings;

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	free(s->vm);
	free(s);
}

void settle_free(struct jobs *j)
{
	while (j->settlings)
		settling_free(j->settlings);
	drop_waits(j, true);
}

static struct run *open_run(struct jobs *j, const char *job)
{
	struct run *r = job[0] ? run_find(j, job) : NULL;

	return r && r->snap && !r->starting && job_state_is_open(r->targets[0].state) ? r : NULL;
}

static struct run *run_of(const struct settling *s)
{
	struct run *r = open_run(s->jobs, s->job);

	return r && r->targets[0].state == JOB_UNKNOWN ? r : NULL;
}

static struct snapshot *row_of(const struct settling *s)
{
	struct snapshot *row = s->row[0] ? book_find(s->jobs->c.book, s->row) : NULL;

	return row && row->state == SNAP_SENT ? row : NULL;
}

/* ---- a row without a job ---- */

static void row_written(void *ctx, struct err *e)
{
	struct settling *s = ctx;
	struct jobs *j = s->jobs;
	struct snapshot *row = row_of(s);
	struct msg m;

	if (j->stopping) {
		err_free(e);
		return;
	}
	if (e) {
		log_error("snapshot %s cannot be settled, trying again: %s", s->row, e->msg.text);
		err_free(e);
		later(s, false);
	} else if (row) {
		msg_make(&m, s->to == SNAP_KEPT ? "event.snap.late" : "event.snap.failed", "{s:s, s:s}", "snapshot", row->name, "name",
			row->vm_name);
		book_move(j->c.book, row, s->to, s->bytes, s->to == SNAP_FAILED ? m.text : NULL);
		snap_tell(j, row->vm, row->vm_name, &m);
		msg_free(&m);
	}
	settling_free(s);
}

/* Its job is closed, so a record of its own says how it ended. */
static void close_row(struct settling *s, enum snap_state to, uint64_t bytes)
{
	struct jobs *j = s->jobs;
	const struct snapshot *row = row_of(s);
	struct store_tx *tx = store_begin(j->c.store);
	struct msg m;

	s->to = to;
	s->bytes = bytes;
	msg_make(&m, to == SNAP_KEPT ? "event.snap.late" : "event.snap.failed", "{s:s, s:s}", "snapshot", row->name, "name",
		row->vm_name);
	snap_put_as(row, to, bytes, to == SNAP_FAILED ? m.text : NULL, tx);
	json_t *record = snap_late_record(j, row, to, &m);
	store_append(tx, record);
	json_decref(record);
	msg_free(&m);
	store_commit(tx, row_written, s);
}

/* ---- creations ---- */

/* Said of the job when it is open, else of the row alone. Ends the settling, or hands it to row_written. */
static void close_create(struct settling *s, enum snap_state to, uint64_t bytes)
{
	struct run *r = run_of(s);
	const struct snapshot *row = row_of(s);
	char age[24];

	if (!r && row) {
		close_row(s, to, bytes);
		return;
	}
	if (r) {
		bool kept = to == SNAP_KEPT;
		settle_age(r, age, sizeof age);
		target_say(&r->targets[0], kept ? JOB_DONE : JOB_FAILED, kept ? "job.snap.late" : s->cleared ? "job.snap.cleared" :
			"job.snap.no-effect", "{s:s, s:s}", "snapshot", settle_name(r, row), "age", age);
		snap_end(r, to, bytes);
	}
	settling_free(s);
}

static void look(struct settling *s);

static void clear_done(void *ctx, struct err *e)
{
	struct settling *s = ctx;
	struct jobs *j = s->jobs;
	struct run *r = run_of(s);
	const struct snapshot *row = row_of(s);

	if (j->stopping || !row) {
		err_free(e);
		settling_free(s);
		return;
	}
	if (!e) {
		s->cleared = true;
		look(s);
		return;
	}
	/* One that was lost may have cleared it or may not: all of it again, from the list on. */
	bool lost = e->class == ERR_TIMEOUT || e->class == ERR_UNREACHABLE;
	if (!lost) {
		log_warn("what snapshot %s of %s may have left on the disk cannot be cleared: %s", row->host_name, row->vm_name,
			e->msg.text);
		if (r) {
			target_say(&r->targets[0], JOB_UNKNOWN, "job.snap.uncleared", "{s:s, s:s}", "snapshot", settle_name(r, row), "reason",
				e->msg.text);
			run_write(r);
			run_publish(r);
		}
	}
	later(s, !lost);
	err_free(e);
	settling_free(s);
}

static void clear_sent(void *ctx)
{
}

/* Its host died while it was being cleared away: it lists what the disks may hold no longer. */
static bool is_half_cleared(const struct host_snaps *snaps, const char *host_name)
{
	for (size_t i = 0; i < snaps->n; i++)
		if (strcmp(snaps->list[i].name, host_name) == 0)
			return strcmp(snaps->list[i].note, HOST_SNAP_CLEARING) == 0;
	return false;
}

static void judge_create(struct settling *s, struct vm *vm, const char *host_name, const struct host_snaps *snaps)
{
	const struct snapshot *row = row_of(s);

	bool half = is_half_cleared(snaps, host_name);

	if (snap_listed(snaps, host_name) && !half) {
		close_create(s, SNAP_KEPT, snap_size(snaps, host_name));
		return;
	}
	if (half && s->cleared) {
		later(s, true);
		settling_free(s);
		return;
	}
	if (!row || !row->xml[0] || s->cleared) {
		close_create(s, SNAP_FAILED, 0);
		return;
	}
	s->act = (struct fleet_act){ .ctx = s, .sent = clear_sent, .done = clear_done };
	fleet_snapshot(s->jobs->c.fleet, vm, &(struct host_snap_order){ .op = SNAP_CLEAR, .name = row->host_name,
		.external = row->external, .xml = row->xml }, &s->act);
}

/* Its row was closed without it: by an operator, or by what was seen. */
static void close_without_row(struct run *r, const struct snapshot *row)
{
	char age[24];

	settle_age(r, age, sizeof age);
	if (row && row->state == SNAP_KEPT)
		target_say(&r->targets[0], JOB_DONE, "job.snap.late", "{s:s, s:s}", "snapshot", settle_name(r, row), "age", age);
	else
		target_say(&r->targets[0], JOB_FAILED, "job.snap.gone", "{s:s}", "snapshot", settle_name(r, row));
	snap_end(r, SNAP_STATE_COUNT, 0);
}

/* The VM itself is not there any more. */
static void close_gone(struct run *r)
{
	struct run_target *t = &r->targets[0];
	char age[24];

	settle_age(r, age, sizeof age);
	target_say(t, JOB_FAILED, "job.gone", "{s:s, s:s}", "name", t->name, "age", age);
	snap_end(r, r->verb == VERB_SNAP_CREATE ? SNAP_FAILED : SNAP_STATE_COUNT, 0);
}

/* ---- asking ---- */

static void looked(void *ctx, struct err *e, struct host_snaps *snaps)
{
	struct settling *s = ctx;
	struct jobs *j = s->jobs;
	struct run *r = run_of(s);
	struct snapshot *row = row_of(s);
	struct vm *vm = registry_find(j->c.objects, KIND_VM, s->vm);
	struct host_snaps told = { 0 };

	if (j->stopping || (!r && !row) || (!e && !vm)) {
		/* Settled otherwise meanwhile. */
		err_free(e);
		settling_free(s);
		return;
	}
	if (e || snaps->busy) {
		/* While the host is at work on it, its list may be half true. */
		err_free(e);
		later(s, false);
		settling_free(s);
		return;
	}
	/* The settling may be over, and the job with it, when it was judged. */
	told = *snaps;
	memset(snaps, 0, sizeof *snaps);
	if (r && r->verb == VERB_SNAP_REVERT) {
		settle_judge_revert(r, &told);
		settling_free(s);
	} else if (r && r->verb == VERB_SNAP_DELETE) {
		settle_judge_delete(r, &told);
		settling_free(s);
	} else {
		char *host_name = xstrdup(row ? row->host_name : r->snap->host_name);
		judge_create(s, vm, host_name, &told);
		free(host_name);
	}
	book_saw(j->c.book, vm, &told);
}

static void look(struct settling *s)
{
	struct vm *vm = registry_find(s->jobs->c.objects, KIND_VM, s->vm);

	if (vm)
		fleet_snapshots(s->jobs->c.fleet, vm, NULL, looked, s);
	else
		looked(s, err_new(ERR_NOTFOUND, "plan.gone", "{s:s}", "name", s->vm), NULL);
}

/* ---- what is open ---- */

struct open { struct jobs *jobs; struct { char vm[64], row[48], job[24]; int64_t since; } list[OPEN_MAX]; size_t n; bool any; };

static bool is_due(struct jobs *j, const char *vm_id, const char *key, const char *job, int64_t since);

/* What cannot be asked now takes nobody's place. */
static void add_open(struct open *o, const char *vm, const char *row, const char *job, int64_t since)
{
	o->any = true;
	if (o->n == OPEN_MAX || !is_due(o->jobs, vm, row[0] ? row : job, job, since))
		return;
	copy_text(o->list[o->n].vm, sizeof o->list[0].vm, vm);
	copy_text(o->list[o->n].row, sizeof o->list[0].row, row);
	copy_text(o->list[o->n].job, sizeof o->list[0].job, job);
	o->list[o->n++].since = since;
}

static void add_row(void *ctx, struct snapshot *row)
{
	struct open *o = ctx;
	const struct run *r = run_find(o->jobs, row->job);

	/* While its job is open it is the job's; while a call that was given up has not come back, it may still arrive. */
	if (!open_run(o->jobs, row->job) && !(r && r->in_flight))
		add_open(o, row->vm, row->id, "", row->moved);
}

static void add_run(struct open *o, struct run *r)
{
	const struct run_target *t = &r->targets[0];
	bool create = r->verb == VERB_SNAP_CREATE;
	const struct snapshot *row = create ? book_find(o->jobs->c.book, r->snap->row) : NULL;

	if (t->state != JOB_UNKNOWN || r->in_flight)
		return;
	if (t->gone)
		close_gone(r);
	else if (row && row->state != SNAP_SENT)
		close_without_row(r, row);
	else
		add_open(o, t->id, create ? r->snap->row : "", r->id, t->phase_at);
}

static bool is_busy(const struct jobs *j, const char *vm_id)
{
	size_t n = 0;

	for (const struct settling *s = j->settlings; s; s = s->next)
		if (n++, strcmp(s->vm, vm_id) == 0)
			return true;
	return n >= SETTLING_MAX;
}

static bool is_due(struct jobs *j, const char *vm_id, const char *key, const char *job, int64_t since)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, vm_id);
	struct wait *w = wait_of(j, key);
	int64_t now = clock_boot_ms();
	void *b = NULL;

	if (w)
		w->seen = true;
	if (!vm || !vm->live || (w && now < w->at) || now - since < j->c.settle_ms || is_busy(j, vm_id))
		return false;
	if (registry_named(j->c.objects, KIND_BLADE, vm->blade, &b, 1) < 1 || ((const struct blade *)b)->host != HOST_UP ||
		fleet_steady_ms(j->c.fleet, vm->blade) < j->c.settle_ms)
		return false;
	const struct lease *l = lease_on(j->c.objects, vm);
	return !l || strcmp(l->job, job) == 0;
}

/* Should it come back with its snapshots, they are counted from its host's list again. */
void settle_gone(struct jobs *j, const struct vm *vm)
{
	for (struct snapshot *row = book_rows(j->c.book, vm->id), *next; row; row = next) {
		const struct run *r = run_find(j, row->job);
		next = row->next;
		if (row->state != SNAP_SENT || open_run(j, row->job) || (r && r->in_flight))
			continue;
		close_row(settling_new(j, vm->id, row->id, ""), SNAP_FAILED, 0);
	}
	jobs_tick_soon(j);
}

bool settle_tick(struct jobs *j)
{
	struct open o = { .jobs = j };

	for (struct run *r = j->runs, *next; r; r = next) {
		next = r->next;
		if (r->snap && !r->closed && !r->starting)
			add_run(&o, r);
	}
	book_each(j->c.book, SNAP_SENT, add_row, &o);
	for (size_t i = 0; i < o.n; i++) {
		const char *row = o.list[i].row, *job = o.list[i].job;
		if (!is_due(j, o.list[i].vm, row[0] ? row : job, job, o.list[i].since))
			continue;
		look(settling_new(j, o.list[i].vm, row, job));
	}
	drop_waits(j, false);
	return o.any;
}

/* The cardboard fleet and store. */
#include "fake_ground.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the fleet ---- */

struct ground_act ground_acts[GROUND_MAX];
int ground_nacts, ground_released;
int64_t ground_steady, ground_blade_steady, ground_within;
struct ground_watch ground_watches[16];
char ground_paired[64];
bool ground_withdraws;
struct registry *ground_objects;

void fleet_act(struct fleet *f, const struct vm *vm, enum verb v, const struct fleet_act *a)
{
	struct ground_act *g = &ground_acts[ground_nacts++];

	assert(ground_nacts <= GROUND_MAX);
	memset(g, 0, sizeof *g);
	strncpy(g->vm, vm->id, sizeof g->vm - 1);
	g->verb = v;
	g->act = *a;
}

void ground_sent(int act)
{
	ground_acts[act].sent = true;
	ground_acts[act].act.sent(ground_acts[act].act.ctx);
}

void ground_done(int act, struct err *e)
{
	assert(!ground_acts[act].done);
	ground_acts[act].done = true;
	ground_acts[act].act.done(ground_acts[act].act.ctx, e);
}

void fleet_blade_act(struct fleet *f, const struct blade *b, enum verb v, const struct fleet_act *a)
{
	struct ground_act *g = &ground_acts[ground_nacts++];

	assert(ground_nacts <= GROUND_MAX);
	memset(g, 0, sizeof *g);
	strncpy(g->vm, b->id, sizeof g->vm - 1);
	g->verb = v;
	g->act = *a;
}

static struct ground_watch *watch_of(const char *blade)
{
	for (size_t i = 0; i < sizeof ground_watches / sizeof ground_watches[0]; i++) {
		if (!ground_watches[i].blade[0])
			strncpy(ground_watches[i].blade, blade, sizeof ground_watches[i].blade - 1);
		if (strcmp(ground_watches[i].blade, blade) == 0)
			return &ground_watches[i];
	}
	assert(!"too many blades are watched");
	return NULL;
}

void fleet_blade_watch(struct fleet *f, const char *blade, bool on)
{
	watch_of(blade)->count += on ? 1 : -1;
}

int ground_watched(const char *blade)
{
	return watch_of(blade)->count;
}

int64_t fleet_blade_steady_ms(const struct fleet *f, const char *blade)
{
	return ground_blade_steady;
}

int64_t fleet_blade_within_ms(const struct fleet *f, const struct blade *b, enum verb v)
{
	return ground_within;
}

void fleet_pair(struct fleet *f, struct blade *b, const char *by, struct store_tx *tx)
{
	snprintf(ground_paired, sizeof ground_paired, "%s %s", b->name, by);
}

void fleet_pair_undo(struct fleet *f, struct blade *b)
{
	snprintf(ground_paired, sizeof ground_paired, "%s undone", b->name);
}

bool fleet_blade_withdraw(struct fleet *f, const struct blade *b, const void *act_ctx)
{
	for (int i = 0; ground_withdraws && i < ground_nacts; i++)
		if (ground_acts[i].act.ctx == act_ctx && !ground_acts[i].sent && !ground_acts[i].done)
			return true;
	return false;
}

void fleet_mark_blade(struct fleet *f, struct blade *b, const char *job, const char *verb, const char *by)
{
	intern_set(&b->job, job);
	intern_set(&b->doing, verb);
	intern_set(&b->by, by);
	registry_changed(ground_objects, KIND_BLADE, b, false);
}

int64_t fleet_steady_ms(const struct fleet *f, const char *blade)
{
	return ground_steady;
}

void fleet_release(struct fleet *f, const char *blade)
{
	ground_released++;
}

void fleet_mark(struct fleet *f, struct vm *vm, const char *job, const char *verb, const char *by)
{
	intern_set(&vm->job, job);
	intern_set(&vm->doing, verb);
	intern_set(&vm->by, by);
	registry_changed(ground_objects, KIND_VM, vm, false);
}

void fleet_protect(struct fleet *f, struct vm *vm, bool on, struct store_tx *tx)
{
	vm->protect = on;
	registry_changed(ground_objects, KIND_VM, vm, true);
}

/* ---- the store ---- */

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

enum what { PUT, TAKE, DROP, APPEND, DROP_JOB, ROW };
struct op { enum what what; struct store_job *job; char object[300], by_job[32]; json_t *record; struct ground_row *row; };
struct store_tx { struct op *ops; size_t n; store_done *done; void *ctx; struct store_tx *next; };

bool ground_fail;
int ground_fail_in, ground_writes;
static struct ground_row *rows[GROUND_ROWS];
static int nrows;
json_t *ground_records;
static struct store_job *jobs[GROUND_JOBS];
static struct { char object[300], job[32]; } leases[GROUND_MAX];
static int njobs, nleases;
static struct store_tx *first, **last = &first;

static struct store_job *job_copy(const struct store_job *from)
{
	struct store_job *to = xcalloc(1, sizeof *to);
	struct job *job = object_new(KIND_JOB);

	object_copy(KIND_JOB, job, &from->job);
	to->job = *job;
	free(job);
	to->uid = from->uid;
	to->detail = xstrdup(from->detail ? from->detail : "");
	to->ntargets = from->ntargets;
	to->targets = xcalloc(from->ntargets, sizeof *to->targets);
	for (size_t i = 0; i < from->ntargets; i++)
		to->targets[i] = (struct store_target){ xstrdup(from->targets[i].id), xstrdup(from->targets[i].name),
			from->targets[i].state, xstrdup(from->targets[i].text_id), xstrdup(from->targets[i].text) };
	return to;
}

static void job_free(struct store_job *j)
{
	struct job *job = xmalloc(sizeof *job);

	*job = j->job;
	object_free(KIND_JOB, job);
	for (size_t i = 0; i < j->ntargets; i++) {
		free(j->targets[i].id);
		free(j->targets[i].name);
		free(j->targets[i].text_id);
		free(j->targets[i].text);
	}
	free(j->targets);
	free((char *)(uintptr_t)j->detail);
	free(j);
}

static struct ground_row *row_copy(const struct store_snapshot *s)
{
	struct ground_row *r = xcalloc(1, sizeof *r);

	r->as = *s;
	copy(r->id, sizeof r->id, s->id);
	copy(r->vm, sizeof r->vm, s->vm);
	copy(r->tenant, sizeof r->tenant, s->tenant);
	copy(r->charged, sizeof r->charged, s->charged);
	copy(r->name, sizeof r->name, s->name);
	copy(r->job, sizeof r->job, s->job);
	copy(r->xml, sizeof r->xml, s->xml);
	copy(r->why, sizeof r->why, s->why);
	r->as.id = r->id;
	r->as.vm = r->vm;
	r->as.vm_name = r->as.note = r->as.by = r->as.origin = "";
	r->as.tenant = r->tenant;
	r->as.charged = r->charged;
	r->as.name = r->name;
	r->as.job = r->job;
	r->as.xml = r->xml;
	r->as.why = r->why;
	r->state = s->state;
	r->at = s->at;
	r->ended = s->ended;
	r->bytes = s->bytes;
	r->exceeded = s->exceeded;
	return r;
}

static struct op *add(struct store_tx *tx, enum what what)
{
	tx->ops = xrealloc(tx->ops, (tx->n + 1) * sizeof *tx->ops);
	memset(&tx->ops[tx->n], 0, sizeof *tx->ops);
	tx->ops[tx->n].what = what;
	return &tx->ops[tx->n++];
}

struct store_tx *store_begin(struct store *s)
{
	return xcalloc(1, sizeof(struct store_tx));
}

void store_put_job(struct store_tx *tx, const struct store_job *j)
{
	add(tx, PUT)->job = job_copy(j);
}

void store_take_lease(struct store_tx *tx, const struct lease *l)
{
	struct op *o = add(tx, TAKE);

	strncpy(o->object, l->object, sizeof o->object - 1);
	strncpy(o->by_job, l->job, sizeof o->by_job - 1);
}

void store_drop_lease(struct store_tx *tx, const char *object_id)
{
	strncpy(add(tx, DROP)->object, object_id, sizeof tx->ops->object - 1);
}

void store_append(struct store_tx *tx, json_t *what)
{
	add(tx, APPEND)->record = json_deep_copy(what);
}

void store_drop_job(struct store_tx *tx, const char *id)
{
	copy(add(tx, DROP_JOB)->by_job, sizeof tx->ops->by_job, id);
}

void store_put_snapshot(struct store_tx *tx, const struct store_snapshot *s)
{
	add(tx, ROW)->row = row_copy(s);
}

static int row_at(const char *id)
{
	for (int i = 0; i < nrows; i++)
		if (strcmp(rows[i]->id, id) == 0)
			return i;
	return -1;
}

static int job_at(const char *id)
{
	for (int i = 0; i < njobs; i++)
		if (strcmp(jobs[i]->job.id, id) == 0)
			return i;
	return -1;
}

static void put_row(struct op *o)
{
	int at = row_at(o->row->id);

	if (at >= 0) {
		free(rows[at]);
	} else {
		assert(nrows < GROUND_ROWS);
		at = nrows++;
	}
	rows[at] = o->row;
	o->row = NULL;
}

static void drop_job(const char *id)
{
	int at = job_at(id);

	if (at < 0)
		return;
	job_free(jobs[at]);
	jobs[at] = jobs[--njobs];
}

static int lease_at(const char *object)
{
	for (int i = 0; i < nleases; i++)
		if (strcmp(leases[i].object, object) == 0)
			return i;
	return -1;
}

static struct err *refuse(const char *why)
{
	return err_new(ERR_FAILED, "text", "{s:s}", "text", why);
}

static struct err *apply(struct store_tx *tx)
{
	ground_writes++;
	if (ground_fail || (ground_fail_in && --ground_fail_in == 0))
		return refuse("the disk is full");
	for (size_t i = 0; i < tx->n; i++) {
		struct op *o = &tx->ops[i];
		int at = lease_at(o->object);
		if (o->what == TAKE) {
			if (at >= 0)
				return refuse("it has a lease");
			strcpy(leases[nleases].object, o->object);
			strcpy(leases[nleases++].job, o->by_job);
		} else if (o->what == DROP && at >= 0) {
			leases[at] = leases[--nleases];
		} else if (o->what == APPEND) {
			json_array_append(ground_records, o->record);
		} else if (o->what == ROW) {
			put_row(o);
		} else if (o->what == DROP_JOB) {
			drop_job(o->by_job);
		} else if (o->what == PUT) {
			int slot = job_at(o->job->job.id);
			if (slot >= 0)
				job_free(jobs[slot]);
			else
				slot = njobs++;
			assert(slot < GROUND_JOBS);
			jobs[slot] = o->job;
			o->job = NULL;
		}
	}
	return NULL;
}

static void tx_free(struct store_tx *tx)
{
	for (size_t i = 0; i < tx->n; i++) {
		if (tx->ops[i].job)
			job_free(tx->ops[i].job);
		json_decref(tx->ops[i].record);
		free(tx->ops[i].row);
	}
	free(tx->ops);
	free(tx);
}

void store_commit(struct store_tx *tx, store_done *done, void *ctx)
{
	tx->done = done;
	tx->ctx = ctx;
	*last = tx;
	last = &tx->next;
}

int ground_flush(void)
{
	int n = 0;

	while (first) {
		struct store_tx *tx = first;
		first = tx->next;
		if (!first)
			last = &first;
		struct err *e = apply(tx);
		store_done *done = tx->done;
		void *ctx = tx->ctx;
		tx_free(tx);
		if (done)
			done(ctx, e);
		else
			err_free(e);
		n++;
	}
	return n;
}

int ground_leases(void)
{
	return nleases;
}

const char *ground_lease_job(const char *object)
{
	int at = lease_at(object);

	return at < 0 ? "" : leases[at].job;
}

struct store_job *ground_stored(const char *id)
{
	int at = job_at(id);

	return at < 0 ? NULL : jobs[at];
}

const struct ground_row *ground_row(const char *id)
{
	int at = row_at(id);

	return at < 0 ? NULL : rows[at];
}

int ground_rows(enum snap_state s)
{
	int n = 0;

	for (int i = 0; i < nrows; i++)
		n += rows[i]->state == s;
	return n;
}

void ground_load(void (*row)(const struct store_snapshot *s), void (*job)(const struct store_job *j),
	void (*lease)(const char *object, const char *job))
{
	for (int i = 0; i < nrows; i++)
		row(&rows[i]->as);
	for (int i = 0; i < njobs; i++)
		job(jobs[i]);
	for (int i = 0; i < nleases; i++)
		lease(leases[i].object, leases[i].job);
}

enum job_state ground_job(const char *id)
{
	const struct store_job *j = ground_stored(id);

	return j ? j->job.state : JOB_STATE_COUNT;
}

enum job_state ground_target(const char *id, int n)
{
	const struct store_job *j = ground_stored(id);

	return j ? j->targets[n].state : JOB_STATE_COUNT;
}

void ground_forget_acts(void)
{
	ground_nacts = ground_nasks = ground_norders = 0;
}

void ground_reset(struct registry *r)
{
	ground_objects = r;
	while (first) {
		struct store_tx *tx = first;
		first = tx->next;
		tx_free(tx);
	}
	last = &first;
	while (njobs)
		job_free(jobs[--njobs]);
	while (nrows)
		free(rows[--nrows]);
	ground_hosts_free();
	ground_fail_in = ground_writes = 0;
	nleases = ground_nacts = ground_released = 0;
	ground_fail = false;
	ground_steady = ground_blade_steady = 1000000;
	ground_within = 0;
	memset(ground_watches, 0, sizeof ground_watches);
	ground_paired[0] = '\0';
	ground_withdraws = false;
	json_decref(ground_records);
	ground_records = json_array();
}

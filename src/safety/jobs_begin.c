/* How a job begins: leases and intent in one transaction, before anything is sent. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/log.h"
#include "safety/lease.h"
#include "common/random.h"

#include <stdlib.h>
#include <string.h>

void run_append_begin(const struct run *r, const struct plan *p, struct store_tx *tx)
{
	struct actor a;
	json_t *objects = run_objects(r), *detail = r->snap ? snap_run_record(r, p) : metal_record(p);

	run_actor(r, &a);
	json_t *record = audit_record(&(struct audit){ .what = "begin", .actor = &a, .verb = verb_name(r->verb), .objects = objects,
		.plan = r->plan, .job = r->id, .reason = r->reason, .detail = detail });
	store_append(tx, record);
	json_decref(record);
	json_decref(objects);
	json_decref(detail);
}

/* Takes the leases in the registry at once, so that nobody comes between; the store follows in the same transaction. */
static void take_leases(struct run *r)
{
	struct registry *reg = r->jobs->c.objects;

	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		struct lease *l = t->no_lease ? NULL : lease_find(reg, t->id);
		if (t->no_lease)
			continue;
		if (l) {
			struct run_target *loser = run_target_of(r->jobs, t->id);
			t->old = object_new(KIND_LEASE);
			object_copy(KIND_LEASE, t->old, l);
			if (loser)
				loser->lease_lost = true;
			lease_drop(reg, t->id);
		}
		lease_take(reg, t->id, t->name, r->user, r->id, verb_name(t->verb), r->started);
	}
}

static void give_back_leases(struct run *r)
{
	struct registry *reg = r->jobs->c.objects;

	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		if (!t->no_lease)
			lease_drop(reg, t->id);
		if (!t->old)
			continue;
		/* Unless the loser was settled in the meantime: then nobody holds it. */
		struct run *old = run_find(r->jobs, t->old->job);
		for (size_t k = 0; old && k < old->n; k++) {
			struct run_target *loser = &old->targets[k];
			if (strcmp(loser->id, t->id) != 0)
				continue;
			loser->lease_lost = false;
			if (job_state_is_open(loser->state)) {
				lease_take(reg, t->id, t->old->name, t->old->by, t->old->job, t->old->verb, t->old->since);
				continue;
			}
			struct store_tx *tx = store_begin(r->jobs->c.store);
			store_drop_lease(tx, t->id);
			store_commit(tx, NULL, NULL);
		}
	}
}

static void settle_losers(struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		struct run *old = t->old ? run_find(r->jobs, t->old->job) : NULL;
		for (size_t k = 0; old && k < old->n; k++) {
			struct run_target *loser = &old->targets[k];
			if (strcmp(loser->id, t->id) != 0 || !job_state_is_open(loser->state))
				continue;
			target_say(loser, JOB_FAILED, "job.taken-over", "{s:s, s:s, s:s}", "by", r->user, "verb", verb_name(r->verb), "job",
				r->id);
			run_write(old);
		}
		if (t->old)
			object_free(KIND_LEASE, t->old);
		t->old = NULL;
	}
}

/* The registry shows what was not written: put it back. The write may fail too; then the store is right already. */
static void unprotect_again(struct run *r)
{
	for (size_t i = 0; i < r->n && r->verb == VERB_PAIR; i++) {
		struct blade *b = run_blade(&r->targets[i]);
		if (b)
			fleet_pair_undo(r->jobs->c.fleet, b);
	}
	if (r->verb == VERB_PAIR)
		return;
	struct store_tx *tx = store_begin(r->jobs->c.store);
	for (size_t i = 0; i < r->n; i++) {
		struct vm *vm = run_vm(&r->targets[i]);
		if (vm)
			fleet_protect(r->jobs->c.fleet, vm, r->verb != VERB_PROTECT, tx);
	}
	store_commit(tx, NULL, NULL);
}

static void tell_own(const struct run_target *t)
{
	static const char *const texts[] = { "event.protect.by", "event.unprotect.by", "event.pair.by" };
	const struct jobs_config *c = &t->run->jobs->c;
	struct msg m;

	if (!c->happened)
		return;
	msg_make(&m, texts[t->run->verb - VERB_PROTECT], "{s:s, s:s, s:s}", "name", t->name, "by",
		t->run->user, "job", t->run->id);
	c->happened(c->ctx, t->id, t->name, true, &m);
	msg_free(&m);
}

static void intent_written(void *ctx, struct err *e)
{
	struct run *r = ctx;
	struct jobs *j = r->jobs;
	jobs_started *started = r->on_started;
	void *started_ctx = r->on_started_ctx;
	bool power = r->verb < VERB_PROTECT;

	r->starting = false;
	r->may = r->may_in_tx;
	if (j->stopping) {
		/* Written, but never to be sent: the next broker finds it so. */
		started(started_ctx, err_new(ERR_UNREACHABLE, "broker.stopping", NULL), NULL);
		err_free(e);
		return;
	}
	if (e) {
		if (power)
			give_back_leases(r);
		else
			unprotect_again(r);
		j->open--;
		run_free(r);
		started(started_ctx, e, NULL);
		return;
	}
	r->job = object_new(KIND_JOB);
	run_fill_job(r, r->job);
	registry_add(j->c.objects, KIND_JOB, r->job);
	if (power) {
		settle_losers(r);
		for (size_t i = 0; i < r->n; i++)
			target_mark(&r->targets[i], true);
	} else {
		for (size_t i = 0; i < r->n; i++) {
			r->targets[i].shown = r->targets[i].state;
			r->targets[i].written = true;
			tell_own(&r->targets[i]);
		}
		r->closed = true;
		j->open--;
		j->closed++;
	}
	run_publish(r);
	started(started_ctx, NULL, r->id);
	if (power && !j->stopping)
		run_pump(r);
	jobs_purge(j);
}

/* Protection and pairs are Tana's own: done in the transaction that says so. */
static void own_in(struct run *r, struct store_tx *tx)
{
	static const char *const texts[] = { "job.protected", "job.unprotected", "job.paired" };

	for (size_t i = 0; i < r->n; i++) {
		struct run_target *t = &r->targets[i];
		struct vm *vm = run_vm(t);
		struct blade *b = t->kind == KIND_BLADE ? run_blade(t) : NULL;
		if (vm)
			fleet_protect(r->jobs->c.fleet, vm, r->verb == VERB_PROTECT, tx);
		if (b && r->verb == VERB_PAIR)
			fleet_pair(r->jobs->c.fleet, b, r->user, tx);
		target_say(t, JOB_DONE, texts[r->verb - VERB_PROTECT], NULL);
	}
	r->ended = r->started;
	run_append_end(r, tx);
}

static void fill_step(struct run_target *t, const struct plan_step *s)
{
	intern_set(&t->id, s->id);
	intern_set(&t->name, s->name);
	intern_set(&t->tenant, s->tenant);
	intern_set(&t->blade, s->blade);
	t->verb = s->verb;
	t->rank = s->rank;
	t->can = s->can;
	t->shutdown_ms = s->shutdown_ms;
	t->no_lease = true;
	target_say(t, JOB_PENDING, "job.pending", NULL);
}

/* How long all of it may take: rank after rank, and then the blades. */
static int64_t steps_ms(const struct plan *p)
{
	int64_t all = 0, longest = 0;

	for (size_t i = 0; i < p->nsteps; i++) {
		longest = p->steps[i].shutdown_ms > longest ? p->steps[i].shutdown_ms : longest;
		if (i + 1 == p->nsteps || p->steps[i + 1].rank != p->steps[i].rank) {
			all += longest;
			longest = 0;
		}
	}
	return all;
}

static void fill_targets(struct run *r, const struct plan *p)
{
	int64_t longest = 0;
	unsigned last = 0;

	r->victims = xcalloc(p->nvictims ? p->nvictims : 1, sizeof *r->victims);
	for (size_t i = 0; i < p->nvictims; i++)
		r->victims[r->nvictims++] = intern(p->victims[i].id);
	for (size_t i = 0; i < p->nsteps; i++) {
		fill_step(&r->targets[i], &p->steps[i]);
		last = p->steps[i].rank + 1 > last ? p->steps[i].rank + 1 : last;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct run_target *t = &r->targets[p->nsteps + i];
		const struct plan_target *from = &p->targets[i];
		t->kind = p->kind == KIND_BLADE ? KIND_BLADE : KIND_VM;
		t->rank = last;
		t->no_lease = p->verb == VERB_LOCATE || p->verb == VERB_LOCATE_OFF;
		intern_set(&t->id, from->id);
		intern_set(&t->name, from->name);
		intern_set(&t->tenant, from->tenant);
		intern_set(&t->blade, from->blade);
		t->can = from->can;
		t->shutdown_ms = from->shutdown_ms;
		if (t->kind == KIND_BLADE) {
			t->place = from->place ? xstrdup(from->place) : NULL;
			intern_set(&t->serial, from->serial ? from->serial : "");
		}
		if (t->kind == KIND_BLADE && t->shutdown_ms <= 0)
			t->shutdown_ms = BLADE_SHUTDOWN_MS;
		if (t->shutdown_ms > longest)
			longest = t->shutdown_ms;
		target_say(t, JOB_PENDING, "job.pending", NULL);
	}
	if (p->verb == VERB_SHUTDOWN || (p->verb == VERB_REBOOT && p->kind != KIND_BLADE))
		r->guest_deadline = r->started + (steps_ms(p) + longest + 999) / 1000;
}

static struct run *make_run(struct jobs *j, const struct plan *p, const struct actor *a, const char *reason, jobs_started *started,
	void *ctx)
{
	char id[24];

	do
		random_hex(id, "job:", 6);
	while (run_find(j, id));
	struct run *r = run_new(j, id, p->verb, p->nsteps + p->n);
	r->metal = p->kind == KIND_BLADE;
	r->vms_first = r->metal && p->vms_first;
	r->stagger_ms = r->metal ? p->stagger_ms : 0;
	intern_set(&r->user, a->user);
	intern_set(&r->origin, a->origin);
	intern_set(&r->tenant, a->tenant);
	intern_set(&r->reason, reason);
	intern_set(&r->plan, p->id);
	r->role = a->role;
	r->uid = a->uid;
	r->gids = xcalloc(a->ngids + 1, sizeof *r->gids);
	memcpy(r->gids, a->gids ? a->gids : r->gids, a->ngids * sizeof *r->gids);
	r->ngids = a->ngids;
	r->started = clock_wall_s();
	r->started_boot = clock_boot_ms();
	r->on_started = started;
	r->on_started_ctx = ctx;
	r->starting = true;
	fill_targets(r, p);
	j->open++;
	return r;
}

static void start_power(struct run *r, const struct plan *p)
{
	struct jobs *j = r->jobs;
	struct store_tx *tx = store_begin(j->c.store);

	run_append_begin(r, p, tx);
	if (r->verb < VERB_PROTECT) {
		take_leases(r);
		for (size_t i = 0; i < r->n; i++) {
			if (r->targets[i].no_lease)
				continue;
			if (r->targets[i].old)
				store_drop_lease(tx, r->targets[i].id);
			store_take_lease(tx, lease_find(j->c.objects, r->targets[i].id));
		}
	} else {
		own_in(r, tx);
	}
	r->may_in_tx = r->metal ? steps_window(r) : 0;
	run_store(r, tx);
	store_commit(tx, intent_written, r);
}

/* ---- of snapshots: room, then a reservation ---- */

struct refusal { struct err *why; jobs_started *started; void *ctx; };

static void refusal_written(void *ctx, struct err *e)
{
	struct refusal *f = ctx;

	if (e)
		log_error("a refused snapshot is not in the report: %s", e->msg.text);
	err_free(e);
	f->started(f->ctx, f->why, NULL);
	free(f);
}

/* Nobody comes between this and the reservation. *exceeded: it is over a limit, and an operator said that it may be. */
static struct err *find_room(struct jobs *j, const struct plan *p, bool *exceeded)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, p->targets[0].id);

	*exceeded = false;
	if (!vm)
		return err_new(ERR_NOTFOUND, "plan.gone", "{s:s}", "name", p->targets[0].name);
	const struct lease *l = lease_on(j->c.objects, vm);
	if (l)
		return err_new(ERR_LEASE, "lease.held.plain", "{s:s, s:s, s:s, s:s}", "name", vm->name, "verb", l->verb, "age", "0 s",
			"job", l->job);
	if (p->verb != VERB_SNAP_CREATE)
		return NULL;
	struct err *e = book_may_take(j->c.book, &(struct book_ask){ .vm = vm, .charged = p->snap->charged, .bytes = p->snap->bytes,
		.but = "" });
	if (e && p->snap->exceed) {
		*exceeded = true;
		err_free(e);
		e = NULL;
	}
	return e;
}

static void start_snapshot(struct jobs *j, struct plan *p, const struct actor *a, const char *reason, jobs_started *started,
	void *ctx)
{
	bool exceeded;
	struct err *e = find_room(j, p, &exceeded);

	if (!e) {
		snap_begin(make_run(j, p, a, reason, started, ctx), p, exceeded);
		return;
	}
	if (e->class != ERR_LIMIT) {
		started(ctx, e, NULL);
		plan_free(p);
		return;
	}
	struct store_tx *tx = store_begin(j->c.store);
	struct refusal *f = xcalloc(1, sizeof *f);
	*f = (struct refusal){ e, started, ctx };
	snap_put_refused(p, a, e, tx);
	store_commit(tx, refusal_written, f);
	plan_free(p);
}

void jobs_refused(struct jobs *j, const struct plan *p, const struct actor *a, const struct err *why)
{
	if (j->stopping || p->verb != VERB_SNAP_CREATE || !p->snap || p->n != 1 || why->class != ERR_LIMIT)
		return;
	struct store_tx *tx = store_begin(j->c.store);
	snap_put_refused(p, a, why, tx);
	store_commit(tx, NULL, NULL);
}

/* How many may be open and are, 0: there is room. No customer keeps the staff, or another tenant, from acting. */
static int full_at(const struct jobs *j, const struct actor *a)
{
	size_t own = 0, max = a->role == ROLE_CUSTOMER ? JOBS_OPEN_MAX - JOBS_OPEN_STAFF : JOBS_OPEN_MAX;

	if (j->stopping || j->open >= max)
		return (int)max;
	for (const struct run *r = a->role == ROLE_CUSTOMER ? j->runs : NULL; r; r = r->next)
		own += !r->closed && r->role == ROLE_CUSTOMER && strcmp(r->tenant, a->tenant) == 0;
	return own >= JOBS_OPEN_TENANT ? JOBS_OPEN_TENANT : 0;
}

/* A blade takes its VMs along: none of them may be in use. Bringing it back takes nothing away, and a light takes no lease. */
static const struct lease *blade_held(const struct jobs *j, const struct plan *p)
{
	const struct lease *l = NULL;

	if (p->verb == VERB_LOCATE || p->verb == VERB_LOCATE_OFF || p->verb == VERB_PAIR)
		return NULL;
	for (size_t i = 0; i < p->n && !l; i++)
		l = p->verb == VERB_POWER_ON ? lease_find(j->c.objects, p->targets[i].id) : lease_in(j->c.objects, p->targets[i].blade);
	return l;
}

void jobs_start(struct jobs *j, struct plan *p, const struct actor *a, const char *reason, jobs_started *started, void *ctx)
{
	int full = full_at(j, a);
	const struct lease *held = p->kind == KIND_BLADE ? blade_held(j, p) : NULL;
	char age[24];

	if (held) {
		policy_age(age, sizeof age, clock_wall_s() - held->since);
		started(ctx, err_new(ERR_LEASE, "lease.held", "{s:s, s:s, s:s, s:s, s:s}", "name", held->name, "by", held->by, "verb",
			held->verb, "age", age, "job", held->job), NULL);
		plan_free(p);
	} else if (full) {
		started(ctx, err_new(ERR_LIMIT, "jobs.full", "{s:i}", "max", full), NULL);
		plan_free(p);
	} else if (verb_is_snapshot(p->verb)) {
		start_snapshot(j, p, a, reason, started, ctx);
	} else {
		start_power(make_run(j, p, a, reason, started, ctx), p);
		plan_free(p);
	}
}

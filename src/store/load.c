/* Reads the ledger and the cache back at start. Called through store.h, before the loop runs. */
#include "store/internal.h"
#include "store/care.h"
#include "store/snapshots.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define CLOSED_JOBS 200

static enum job_state job_state_of(const char *name)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++)
		if (!strcmp(job_state_name((enum job_state)i), name))
			return (enum job_state)i;
	return JOB_UNKNOWN;
}

static enum vm_state vm_state_of(const char *name)
{
	for (int i = 0; i < VM_STATE_COUNT; i++)
		if (!strcmp(vm_state_name((enum vm_state)i), name))
			return (enum vm_state)i;
	return VM_UNKNOWN;
}

static enum power_state power_of(const char *name)
{
	for (int i = 0; i < POWER_STATE_COUNT; i++)
		if (!strcmp(power_state_name((enum power_state)i), name))
			return (enum power_state)i;
	return POWER_UNKNOWN;
}

static enum health health_of(const char *name)
{
	for (int i = 0; i < HEALTH_COUNT; i++)
		if (!strcmp(health_name((enum health)i), name))
			return (enum health)i;
	return HEALTH_UNKNOWN;
}

static void set(istr *slot, sqlite3_stmt *st, int column)
{
	const char *s = db_text(st, column);

	if (strcmp(*slot, s))
		intern_set(slot, s);
}

static struct err *end(struct db *db, int rc, const char *what)
{
	return rc == SQLITE_DONE ? NULL : db_error(db, "store.read", what);
}

static struct err *load_vms(struct db *db, const struct store_reader *r)
{
	int rc = db_run(db, LEDGER_VM_ALL, "");
	sqlite3_stmt *st = db_stmt(db, LEDGER_VM_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_VM_ALL)) {
		struct store_vm v = {.id = db_text(st, 0),
			.uuid = db_text(st, 1),
			.name = db_text(st, 2),
			.tenant = db_text(st, 3),
			.bound = sqlite3_column_int(st, 4),
			.protect = sqlite3_column_int(st, 5)};

		r->vm(r->ctx, &v);
	}
	return end(db, rc, "the VMs");
}

static struct err *load_hosts(struct db *db, const struct store_reader *r)
{
	struct blade *b = object_new(KIND_BLADE);
	int rc = db_run(db, CACHE_HOST_ALL, "");
	sqlite3_stmt *st = db_stmt(db, CACHE_HOST_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, CACHE_HOST_ALL)) {
		istr *const texts[] = {
			&b->name, &b->driver, &b->version, &b->hostname, &b->host_uuid, &b->model, &b->serial};

		for (int i = 0; i < 7; i++)
			set(texts[i], st, i);
		b->cpus = sqlite3_column_int64(st, 7);
		b->mem_kib = sqlite3_column_int64(st, 8);
		b->seen = sqlite3_column_int64(st, 9);
		b->power = power_of(db_text(st, 10));
		b->power_seen = sqlite3_column_int64(st, 11);
		b->power_since = sqlite3_column_int64(st, 12);
		b->health = health_of(db_text(st, 13));
		istr *const metal[] = {&b->fitted, &b->named, &b->bay_model, &b->bay_serial, &b->firmware};

		for (int i = 0; i < 5; i++)
			set(metal[i], st, 14 + i);
		struct store_host h = {.name = b->name, .blade = *b};
		r->host(r->ctx, &h);
	}
	object_free(KIND_BLADE, b);
	return end(db, rc, "the hosts");
}

static struct err *load_placements(struct db *db, const struct store_reader *r)
{
	struct vm *vm = object_new(KIND_VM);
	int rc = db_run(db, CACHE_PLACE_ALL, "");
	sqlite3_stmt *st = db_stmt(db, CACHE_PLACE_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, CACHE_PLACE_ALL)) {
		set(&vm->blade, st, 0);
		set(&vm->uuid, st, 1);
		set(&vm->name, st, 2);
		vm->state = vm_state_of(db_text(st, 3));
		vm->vcpus = (int16_t)int_within(sqlite3_column_int64(st, 4), sizeof vm->vcpus);
		vm->mem_kib = sqlite3_column_int64(st, 5);
		vm->persistent = sqlite3_column_int(st, 6);
		set(&vm->guest, st, 7);
		vm->seen = sqlite3_column_int64(st, 8);
		vm->since = sqlite3_column_int64(st, 9);
		struct store_placement p = {.uuid = vm->uuid, .host = vm->blade, .vm = *vm};
		r->placement(r->ctx, &p);
	}
	object_free(KIND_VM, vm);
	return end(db, rc, "the last seen state of VMs");
}

static void free_targets(struct store_job *j)
{
	for (size_t i = 0; i < j->ntargets; i++) {
		free(j->targets[i].id);
		free(j->targets[i].name);
		free(j->targets[i].text_id);
		free(j->targets[i].text);
	}
	free(j->targets);
	j->targets = NULL;
	j->ntargets = 0;
}

static struct err *load_targets(struct db *db, struct store_job *j)
{
	int rc = db_run(db, LEDGER_TARGETS, "t", j->job.id);
	sqlite3_stmt *st = db_stmt(db, LEDGER_TARGETS);
	size_t size = 0;

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_TARGETS)) {
		if (j->ntargets == size)
			j->targets = xrealloc(j->targets, (size = size ? size * 2 : 4) * sizeof *j->targets);
		j->targets[j->ntargets++] = (struct store_target){.id = xstrdup(db_text(st, 0)),
			.name = xstrdup(db_text(st, 1)),
			.state = job_state_of(db_text(st, 2)),
			.text_id = xstrdup(db_text(st, 3)),
			.text = xstrdup(db_text(st, 4))};
	}
	return end(db, rc, "the jobs");
}

static struct err *load_jobs(struct db *db, const struct store_reader *r)
{
	struct job *j = object_new(KIND_JOB);
	struct err *e = NULL;
	int rc = db_run(db, LEDGER_JOB_SOME, "i", (int64_t)CLOSED_JOBS);
	sqlite3_stmt *st = db_stmt(db, LEDGER_JOB_SOME);

	for (; rc == SQLITE_ROW && !e; rc = e ? rc : db_next(db, LEDGER_JOB_SOME)) {
		set(&j->id, st, 0);
		set(&j->verb, st, 1);
		set(&j->target, st, 2);
		set(&j->targets, st, 3);
		j->count = sqlite3_column_int64(st, 4);
		j->done = sqlite3_column_int64(st, 5);
		set(&j->by, st, 6);
		set(&j->origin, st, 8);
		set(&j->reason, st, 9);
		j->state = job_state_of(db_text(st, 10));
		j->started = sqlite3_column_int64(st, 11);
		j->ended = sqlite3_column_int64(st, 12);
		j->deadline = sqlite3_column_int64(st, 13);
		set(&j->text, st, 14);
		set(&j->text_id, st, 15);
		struct store_job s = {
			.job = *j, .uid = (uint64_t)sqlite3_column_int64(st, 7), .detail = db_text(st, 16)};
		e = load_targets(db, &s);
		if (!e)
			r->job(r->ctx, &s);
		free_targets(&s);
	}
	if (e)
		db_done(db, LEDGER_JOB_SOME);
	object_free(KIND_JOB, j);
	return e ? e : end(db, rc, "the jobs");
}

static struct err *load_leases(struct db *db, const struct store_reader *r)
{
	struct lease *l = object_new(KIND_LEASE);
	int rc = db_run(db, LEDGER_LEASE_ALL, "");
	sqlite3_stmt *st = db_stmt(db, LEDGER_LEASE_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_LEASE_ALL)) {
		istr *const texts[] = {&l->object, &l->name, &l->by, &l->job, &l->verb};

		for (int i = 0; i < 5; i++)
			set(texts[i], st, i);
		l->since = sqlite3_column_int64(st, 5);
		char *id = xasprintf("lease:%s", l->object);
		intern_set(&l->id, id);
		free(id);
		r->lease(r->ctx, l);
	}
	object_free(KIND_LEASE, l);
	return end(db, rc, "the leases");
}

static struct err *load_pairs(struct db *db, const struct store_reader *r)
{
	int rc = db_run(db, LEDGER_PAIR_ALL, "");
	sqlite3_stmt *st = db_stmt(db, LEDGER_PAIR_ALL);

	for (; rc == SQLITE_ROW; rc = db_next(db, LEDGER_PAIR_ALL)) {
		struct store_pair p = {.blade = db_text(st, 0),
			.place = db_text(st, 1),
			.manager_serial = db_text(st, 2),
			.host_serial = db_text(st, 3),
			.host_uuid = db_text(st, 4),
			.by = db_text(st, 5),
			.at = sqlite3_column_int64(st, 6)};

		r->pair(r->ctx, &p);
	}
	return end(db, rc, "the pairs of blades");
}

struct err *store_load(struct store *s, const struct store_reader *r)
{
	struct err *e;

	pthread_mutex_lock(&s->files);
	e = r->vm ? load_vms(&s->ledger, r) : NULL;
	/* What is only in the cache may be lost; what is broken in it must not keep the broker from starting. */
	if (!e && s->cache.db.handle) {
		e = r->host ? load_hosts(&s->cache.db, r) : NULL;
		if (!e && r->placement)
			e = load_placements(&s->cache.db, r);
		if (!e)
			e = care_load_cache(&s->cache.db, r);
		if (e)
			log_warn("%s", e->msg.text);
		err_free(e);
		e = NULL;
	}
	if (!e && r->job)
		e = load_jobs(&s->ledger, r);
	if (!e && r->lease)
		e = load_leases(&s->ledger, r);
	if (!e && r->snapshot)
		e = snapshots_load(&s->ledger, r);
	if (!e && r->limit)
		e = limits_load(&s->ledger, r);
	if (!e && r->pair)
		e = load_pairs(&s->ledger, r);
	if (!e)
		e = care_load(&s->ledger, r);
	pthread_mutex_unlock(&s->files);
	return e;
}

/* What each operation of a transaction means in ledger.db. Called by writer.c, inside its SQLite transaction. */
#include "store/apply.h"

#include "store/care.h"
#include "store/snapshots.h"

#include <stdio.h>

static struct err *failed(struct db *db, const char *kind, const char *name)
{
	char what[160];

	snprintf(what, sizeof what, "%s %s", kind, name);
	return db_error(db, "store.write", what);
}

static struct err *put_vm(struct db *db, const struct store_vm *v)
{
	return db_run(db, LEDGER_VM_PUT, "ttttbb", v->id, v->uuid, v->name, v->tenant, v->bound, v->protect) ==
			       SQLITE_DONE
		       ? NULL
		       : failed(db, "VM", v->id);
}

static struct err *put_job(struct db *db, const struct store_job *s)
{
	const struct job *j = &s->job;

	if (db_run(db, LEDGER_JOB_PUT, "ttttiititttbiiittt", j->id, j->verb, j->target, j->targets, j->count, j->done,
		    j->by, (int64_t)s->uid, j->origin, j->reason, job_state_name(j->state), job_state_is_open(j->state),
		    j->started, j->ended, j->deadline, j->text, j->text_id, s->detail) != SQLITE_DONE ||
		db_run(db, LEDGER_TARGET_CUT, "ti", j->id, (int64_t)s->ntargets) != SQLITE_DONE)
		return failed(db, "job", j->id);
	for (size_t i = 0; i < s->ntargets; i++) {
		const struct store_target *t = &s->targets[i];

		if (db_run(db, LEDGER_TARGET_PUT, "tittttt", j->id, (int64_t)i, t->id, t->name,
			    job_state_name(t->state), t->text_id, t->text) != SQLITE_DONE)
			return failed(db, "job", j->id);
	}
	return NULL;
}

/* Who has it, for the one who came second. */
static struct err *in_use(struct db *db, const struct lease *l)
{
	if (db_run(db, LEDGER_LEASE_OF, "t", l->object) != SQLITE_ROW)
		return failed(db, "the lease of", l->object);
	sqlite3_stmt *st = db_stmt(db, LEDGER_LEASE_OF);
	struct err *e = err_new(ERR_LEASE, "store.lease", "{s:s, s:s, s:s, s:s, s:s, s:I}", "object", l->object, "name",
		db_text(st, 0), "by", db_text(st, 1), "verb", db_text(st, 2), "job", db_text(st, 3), "since",
		(json_int_t)sqlite3_column_int64(st, 4));
	db_done(db, LEDGER_LEASE_OF);
	return e;
}

static struct err *take_lease(struct db *db, const struct lease *l)
{
	if (db_run(db, LEDGER_LEASE_TAKE, "ttttti", l->object, l->name, l->by, l->job, l->verb, l->since) !=
		SQLITE_DONE)
		return failed(db, "the lease of", l->object);
	return sqlite3_changes(db->handle) == 1 ? NULL : in_use(db, l);
}

static struct err *drop_lease(struct db *db, const char *object)
{
	return db_run(db, LEDGER_LEASE_DROP, "t", object) == SQLITE_DONE ? NULL : failed(db, "the lease of", object);
}

static struct err *drop_job(struct db *db, const char *job)
{
	return db_run(db, LEDGER_TARGET_CUT, "ti", job, (int64_t)0) == SQLITE_DONE &&
			       db_run(db, LEDGER_SNAP_UNSENT_DROP, "t", job) == SQLITE_DONE &&
			       db_run(db, LEDGER_JOB_DROP, "t", job) == SQLITE_DONE
		       ? NULL
		       : failed(db, "job", job);
}

static struct err *put_anchor(struct db *db, int64_t seq, const char *hash, int64_t at)
{
	return db_run(db, LEDGER_ANCHOR_PUT, "iti", seq, hash, at) == SQLITE_DONE ? NULL : failed(db, "an", "anchor");
}

static struct err *put_pair(struct db *db, const struct store_pair *p)
{
	return db_run(db, LEDGER_PAIR_PUT, "tttttti", p->blade, p->place, p->manager_serial, p->host_serial, p->host_uuid, p->by,
		       p->at) == SQLITE_DONE
		       ? NULL
		       : failed(db, "the pair of blade", p->blade);
}

struct err *apply_tx(struct db *db, struct chain *c, const struct store_tx *tx)
{
	struct err *e = NULL;

	for (size_t i = 0; i < tx->nops && !e; i++) {
		const struct op *o = &tx->ops[i];

		switch (o->kind) {
		case OP_VM:
			e = put_vm(db, o->vm);
			break;
		case OP_JOB:
			e = put_job(db, o->job);
			break;
		case OP_TAKE:
			e = take_lease(db, o->lease);
			break;
		case OP_DROP:
			e = drop_lease(db, o->object);
			break;
		case OP_APPEND:
			e = chain_append(db, c, o->append.what, o->append.wall);
			break;
		case OP_JOB_DROP:
			e = drop_job(db, o->object);
			break;
		case OP_SNAPSHOT:
			e = snapshots_put(db, o->snapshot);
			break;
		case OP_LIMIT:
			e = limits_put(db, o->limit);
			break;
		case OP_LIMIT_DROP:
			e = limits_drop(db, o->limit->object, o->limit->kind);
			break;
		case OP_PAIR:
			e = put_pair(db, o->pair);
			break;
		case OP_ALERT:
			e = care_put_alert(db, o->alert);
			break;
		case OP_ALERT_DROP:
			e = care_drop_alert(db, o->object);
			break;
		case OP_NOTE:
			e = care_put_note(db, o->note);
			break;
		case OP_NOTE_DROP:
			e = care_drop_note(db, o->object);
			break;
		case OP_ANCHOR:
			e = put_anchor(db, o->anchor.seq, o->anchor.hash, o->anchor.at);
			break;
		}
	}
	return e;
}

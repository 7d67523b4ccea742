/* What hosts list moves rows: one that was kept is gone (with its VM, too), one that was given up is there after all. Each is
 * written, with a record when no job did it, and told. Called by jobs_send.c with the fleet's news. */
#include "safety/jobs_run.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 64       /* of one list of a VM; the newest says how many more there were */
#define SAVINGS_MAX 64       /* lists whose rows could not be written yet; what is lost is seen again at the next start */

/* Rows that one list moved, on their way to the store. */
struct saving {
	struct saving *next;
	struct jobs *jobs;
	char (*rows)[48];
	size_t n;
	json_t *records;
	int64_t more;              /* records that were not made */
	bool writing;
};

static void saving_free(struct saving *s)
{
	struct saving **at = &s->jobs->savings;

	while (*at && *at != s)
		at = &(*at)->next;
	if (*at)
		*at = s->next;
	json_decref(s->records);
	free(s->rows);
	free(s);
}

void seen_free(struct jobs *j)
{
	while (j->savings)
		saving_free(j->savings);
}

static void mark_saving(struct saving *s, bool on)
{
	for (size_t i = 0; i < s->n; i++) {
		struct snapshot *row = book_find(s->jobs->c.book, s->rows[i]);
		if (row)
			row->saving = on;
	}
}

static void saved(void *ctx, struct err *e)
{
	struct saving *s = ctx;
	struct jobs *j = s->jobs;

	s->writing = false;
	if (j->stopping) {
		err_free(e);
		return;
	}
	if (e) {
		log_error("%zu snapshots that moved cannot be written, trying again: %s", s->n, e->msg.text);
		err_free(e);
		jobs_tick_soon(j);
		return;
	}
	mark_saving(s, false);
	saving_free(s);
}

static void save(struct saving *s)
{
	struct store_tx *tx = store_begin(s->jobs->c.store);
	json_t *record;
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct snapshot *row = book_find(s->jobs->c.book, s->rows[i]);
		/* One that is being taken is written by its job. */
		if (row && !snap_is_open(row))
			book_put(row, tx);
	}
	json_array_foreach(s->records, i, record)
		store_append(tx, record);
	s->writing = true;
	mark_saving(s, true);
	store_commit(tx, saved, s);
}

bool seen_retry(struct jobs *j)
{
	for (struct saving *s = j->savings; s; s = s->next)
		if (!s->writing)
			save(s);
	return j->savings != NULL;
}

/* ---- one row ---- */

/* The job that is deleting it, or has just done so. */
static bool is_deleted_by_job(struct jobs *j, const struct snapshot *row)
{
	const struct run_target *t = run_target_of(j, row->vm);

	if (!t || t->run->verb != VERB_SNAP_DELETE || !t->run->snap || t->run->starting)
		return false;
	for (size_t i = 0; i < t->run->snap->nvictims; i++)
		if (strcmp(t->run->snap->victims[i], row->host_name) == 0)
			return true;
	return false;
}

/* A deletion that was given up, and may still have come. */
static bool may_be_late(struct jobs *j, const struct snapshot *row)
{
	for (size_t i = 0; i < j->nlate; i++)
		if (j->late[i].verb == VERB_SNAP_DELETE && strcmp(j->late[i].vm, row->vm) == 0)
			return true;
	return false;
}

static void row_moved(void *ctx, struct snapshot *row, enum snap_state was)
{
	struct saving *s = ctx;
	struct jobs *j = s->jobs;
	struct msg m;
	const char *id;

	s->rows = xrealloc(s->rows, (s->n + 1) * sizeof *s->rows);
	memcpy(s->rows[s->n++], row->id, sizeof *s->rows);
	if (row->state == SNAP_KEPT)
		id = was == SNAP_FAILED ? "event.snap.late" : "event.snap.back";
	else if (is_deleted_by_job(j, row))
		return; /* its end says so */
	else
		id = may_be_late(j, row) ? "event.snap.gone.late" : "event.snap.gone";
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, row->vm);
	const char *name = vm ? vm->name : row->vm_name;
	msg_make(&m, id, "{s:s, s:s}", "snapshot", row->name[0] ? row->name : row->host_name, "name", name);
	if (json_array_size(s->records) < RECORDS_MAX) {
		struct snapshot before = *row;
		before.state = was;
		json_array_append_new(s->records, snap_late_record(j, &before, row->state, &m));
		snap_tell(j, row->vm, name, &m);
	} else {
		json_object_set_new(json_array_get(s->records, RECORDS_MAX - 1), "suppressed", json_integer((json_int_t)++s->more));
	}
	msg_free(&m);
}

void seen_news(struct jobs *j, const struct fleet_news *n)
{
	struct saving *s = xcalloc(1, sizeof *s), *old;
	size_t count = 0;

	s->jobs = j;
	s->records = json_array();
	if (n->kind == NEWS_VM_GONE)
		book_left(j->c.book, n->vm, row_moved, s);
	else
		book_listed(j->c.book, n->vm, n->snaps, n->nsnaps, n->asked, row_moved, s);
	s->next = j->savings;
	j->savings = s;
	if (s->n == 0) {
		saving_free(s);
		return;
	}
	for (old = s; old; old = old->next)
		if (++count > SAVINGS_MAX && !old->writing) {
			log_error("too much waits to be written; %zu snapshots that moved are seen again at the next start", old->n);
			mark_saving(old, false);
			saving_free(old);
			break;
		}
	save(s);
}

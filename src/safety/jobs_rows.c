/* What jobs know and write of snapshots: the detail that a job keeps over a restart, rows as they are to be, names and sizes
 * in a host's list, and news. Called by jobs_snap.c, jobs_seen.c, settle.c and jobs_load.c. */
#include "safety/jobs_run.h"

#include "common/clock.h"
#include "common/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VICTIMS_MAX 1000     /* names that are kept of one deletion; what is judged after a restart is judged by these */
#define RECORD_VICTIMS 100   /* names of them in its audit record */

/* ---- what a job keeps ---- */

struct snap_run *snap_run_new(const struct plan_snap *p)
{
	struct snap_run *s = xcalloc(1, sizeof *s);

	memcpy(s->row, p->id, strnlen(p->id, sizeof s->row - 1));
	s->host_name = xstrdup(p->host_name ? p->host_name : "");
	s->name = xstrdup(p->name ? p->name : "");
	s->external = p->external;
	s->quiesce = p->quiesce;
	s->children = p->children;
	s->was_current = p->current;
	s->to = SNAP_STATE_COUNT;
	s->nvictims = p->nvictims < VICTIMS_MAX ? p->nvictims : VICTIMS_MAX;
	s->victims = xcalloc(s->nvictims + 1, sizeof *s->victims);
	for (size_t i = 0; i < s->nvictims; i++)
		s->victims[i] = xstrdup(p->victims[i]);
	return s;
}

void snap_run_free(struct snap_run *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->nvictims; i++)
		free(s->victims[i]);
	free(s->victims);
	free(s->host_name);
	free(s->name);
	err_free(s->said);
	plan_free(s->plan);
	free(s);
}

char *snap_run_write(const struct run *r)
{
	const struct snap_run *s = r->snap;

	if (!s)
		return NULL;
	json_t *victims = json_array();
	for (size_t i = 0; i < s->nvictims; i++)
		json_array_append_new(victims, json_string(s->victims[i]));
	json_t *o = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o}", "row", s->row, "host", s->host_name, "name", s->name, "external",
		s->external, "children", s->children, "current", s->was_current, "victims", victims);
	char *text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	return text;
}

static const char *text_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

void snap_run_read(struct run *r, const char *detail)
{
	json_t *o = json_loads(detail ? detail : "", 0, NULL), *list = json_object_get(o, "victims"), *name;
	struct snap_run *s = xcalloc(1, sizeof *s);
	const char *row = text_of(o, "row");
	size_t i;

	s->step = STEP_OVER;
	memcpy(s->row, row, strnlen(row, sizeof s->row - 1));
	s->host_name = xstrdup(text_of(o, "host"));
	s->name = xstrdup(text_of(o, "name"));
	s->external = json_is_true(json_object_get(o, "external"));
	s->children = json_is_true(json_object_get(o, "children"));
	s->was_current = json_is_true(json_object_get(o, "current"));
	s->to = SNAP_STATE_COUNT;
	s->victims = xcalloc(json_array_size(list) + 1, sizeof *s->victims);
	json_array_foreach(list, i, name)
		if (json_is_string(name))
			s->victims[s->nvictims++] = xstrdup(json_string_value(name));
	json_decref(o);
	r->snap = s;
}

json_t *snap_run_record(const struct run *r, const struct plan *p)
{
	const struct snap_run *s = r->snap;
	json_t *o = json_pack("{s:s, s:s, s:s}", "snapshot", s->row, "name", s->name, "host_name", s->host_name);

	if (r->verb == VERB_SNAP_CREATE && p) {
		const struct snapshot *row = book_find(r->jobs->c.book, s->row);
		json_object_set_new(o, "charged", json_string(p->snap->charged));
		json_object_set_new(o, "external", json_boolean(s->external));
		if (row && row->exceeded)
			json_object_set_new(o, "exceeded", json_true());
	}
	if (r->verb == VERB_SNAP_DELETE) {
		json_t *list = json_array();
		for (size_t i = 0; i < s->nvictims && i < RECORD_VICTIMS; i++)
			json_array_append_new(list, json_string(s->victims[i]));
		json_object_set_new(o, "children", json_boolean(s->children));
		json_object_set_new(o, "deletes", list);
		json_object_set_new(o, "count", json_integer((json_int_t)(p ? p->snap->nvictims : s->nvictims)));
	}
	if (r->verb == VERB_SNAP_REVERT && p && p->snap->override_pair)
		json_object_set_new(o, "override_pair", json_true());
	return o;
}

/* ---- rows ---- */

struct snapshot *snap_row_of(const struct run *r)
{
	return r->snap->row[0] && r->verb == VERB_SNAP_CREATE ? book_find(r->jobs->c.book, r->snap->row) : NULL;
}

const char *snap_called_by_job(const struct run *r)
{
	return r->snap->name[0] ? r->snap->name : r->snap->host_name;
}

void snap_new_id(char *id)
{
	char hex[33];

	random_hex(hex, "", 32);
	/* The shape of a random UUID (RFC 9562, version 4). */
	hex[12] = '4';
	hex[16] = "89ab"[hex[16] & 3];
	snprintf(id, 48, "snap:%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void snap_put_as(const struct snapshot *s, enum snap_state to, uint64_t bytes, const char *why, struct store_tx *tx)
{
	struct snapshot copy = *s;
	bool open = to == SNAP_RESERVED || to == SNAP_SENT;

	copy.state = to;
	if (bytes)
		copy.bytes = bytes;
	if (why)
		copy.why = (char *)why; /* the call only reads */
	copy.ended = open || to == SNAP_KEPT ? 0 : clock_wall_s();
	if (copy.ended && copy.ended < s->at)
		copy.ended = s->at;
	char none[1] = "";
	if (!open)
		copy.xml = none;
	book_put(&copy, tx);
}

bool snap_is_open(const struct snapshot *s)
{
	return s->state == SNAP_RESERVED || s->state == SNAP_SENT;
}

void snap_put_refused(const struct plan *p, const struct actor *a, const struct err *why, struct store_tx *tx)
{
	char id[48];
	const struct plan_target *t = &p->targets[0];
	const struct plan_snap *s = p->snap;
	int64_t now = clock_wall_s();

	/* An id of its own: the same plan may be tried again, and then be let through. */
	snap_new_id(id);
	store_put_snapshot(tx, &(struct store_snapshot){ .id = id, .vm = t->id, .vm_name = t->name, .tenant = t->tenant,
		.charged = s->charged, .name = s->name, .note = s->note, .by = a->user, .origin = a->origin, .job = "", .uid = a->uid,
		.role = a->role, .state = SNAP_REFUSED, .memory = s->memory, .external = s->external, .at = now, .ended = now,
		.bytes = s->bytes, .xml = "", .why = why->msg.text });
}

/* ---- a host's list ---- */

bool snap_listed(const struct host_snaps *s, const char *host_name)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (strcmp(s->list[i].name, host_name) == 0)
			return true;
	return false;
}

uint64_t snap_size(const struct host_snaps *s, const char *host_name)
{
	for (size_t i = 0; s && i < s->n; i++)
		if (strcmp(s->list[i].name, host_name) == 0)
			return s->list[i].bytes;
	return 0;
}

const char *snap_called(struct jobs *j, const char *vm_id, const char *host_name)
{
	const struct snapshot *s = book_of_host(j->c.book, vm_id, host_name);

	return s && s->name[0] ? s->name : host_name;
}

/* ---- records and news ---- */

json_t *snap_late_record(struct jobs *j, const struct snapshot *s, enum snap_state to, const struct msg *m)
{
	const struct vm *vm = registry_find(j->c.objects, KIND_VM, s->vm);
	json_t *objects = NULL;
	json_t *detail = json_pack("{s:s, s:s, s:s, s:s}", "snapshot", s->id, "name", s->name, "was", snap_state_name(s->state), "is",
		snap_state_name(to));

	audit_object(&objects, s->vm, vm ? vm->name : s->vm_name, vm ? vm->blade : NULL);
	json_t *record = audit_record(&(struct audit){ .what = "late", .verb = verb_name(to == SNAP_GONE ? VERB_SNAP_DELETE :
		VERB_SNAP_CREATE), .objects = objects,
		.job = s->job, .outcome = m, .detail = detail });
	json_decref(objects);
	json_decref(detail);
	return record;
}

void snap_tell(struct jobs *j, const char *vm_id, const char *name, const struct msg *m)
{
	if (j->c.happened)
		j->c.happened(j->c.ctx, vm_id, name, false, m);
}

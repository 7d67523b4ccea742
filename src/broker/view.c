/* The gate, and the bodies of what passes it. */
#include "broker/view.h"

#include "broker/notices.h"
#include "safety/targets.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_MAX (48u * 1024 * 1024) /* bytes of kept bodies; past that all are made anew */

struct body { struct buf object, row; };
struct view {
	struct registry *objects;
	struct jobs *jobs;
	struct body *bodies[KIND_COUNT][VIEWER_COUNT];
	uint32_t n[KIND_COUNT][VIEWER_COUNT];
	size_t bytes;
	struct buf once;           /* a body that is one person's alone */
};

struct view *view_new(struct registry *r, struct jobs *j)
{
	struct view *v = xcalloc(1, sizeof *v);

	v->objects = r;
	v->jobs = j;
	return v;
}

static void drop(struct view *v, struct buf *b)
{
	v->bytes -= b->size;
	buf_free(b);
	*b = (struct buf){ 0 };
}

static void forget_all(struct view *v)
{
	for (int k = 0; k < KIND_COUNT; k++)
		for (int a = 0; a < VIEWER_COUNT; a++)
			for (uint32_t i = 0; i < v->n[k][a]; i++) {
				drop(v, &v->bodies[k][a][i].object);
				drop(v, &v->bodies[k][a][i].row);
			}
}

void view_free(struct view *v)
{
	if (!v)
		return;
	forget_all(v);
	buf_free(&v->once);
	for (int k = 0; k < KIND_COUNT; k++)
		for (int a = 0; a < VIEWER_COUNT; a++)
			free(v->bodies[k][a]);
	free(v);
}

size_t view_bytes(const struct view *v)
{
	return v->bytes;
}

/* ---- the gate ---- */

static bool customer_sees(struct view *v, const struct actor *a, enum kind k, const void *object)
{
	const struct vm *vm;

	switch (k) {
	case KIND_SITE:
		return true; /* its name; the rest is not among his fields */
	case KIND_NOTICE:
		return notice_is_for(object, a);
	case KIND_VM:
		return actor_sees(a, object);
	case KIND_LEASE:
		vm = registry_find(v->objects, KIND_VM, ((const struct lease *)object)->object);
		return vm && actor_sees(a, vm);
	case KIND_JOB:
		return jobs_seen_by(v->jobs, object, a);
	default:
		return false;
	}
}

bool view_of(struct view *v, const struct actor *a, enum kind k, const void *object, enum viewer *as)
{
	switch (a->role) {
	case ROLE_OPERATOR:
	case ROLE_VIEWER:
		*as = actor_viewer(a);
		return true;
	case ROLE_CUSTOMER:
		*as = VIEWER_TENANT;
		return customer_sees(v, a, k, object);
	default:
		return false;
	}
}

/* ---- bodies ---- */

/* What a customer reads of a job: not who of the provider's staff did it, not a host's own words. Else NULL. */
static struct job *plain_job(struct view *v, enum kind k, const void *object, enum viewer as)
{
	const struct job *job = object;

	if (k != KIND_JOB || as != VIEWER_TENANT)
		return NULL;
	struct job *copy = object_new(KIND_JOB);
	object_copy(KIND_JOB, copy, job);
	if (!jobs_by_customer(v->jobs, job->id))
		intern_set(&copy->by, "");
	if (!jobs_text_is_plain(job->text_id)) {
		bool failed = job->state == JOB_FAILED;
		intern_set(&copy->text_id, failed ? "job.failed.plain" : "");
		intern_set(&copy->text, failed ? msg_template("job.failed.plain") : "");
	}
	return copy;
}

static bool hides_pair(struct view *v, const struct actor *a, enum kind k, const void *object)
{
	return k == KIND_VM && targets_hides_pair(v->objects, a, object);
}

static void *plain_vm(const void *object)
{
	struct vm *copy = object_new(KIND_VM);

	object_copy(KIND_VM, copy, object);
	intern_set(&copy->pair, "");
	return copy;
}

static void write_object(struct view *v, struct buf *b, const struct actor *a, enum kind k, const void *object, enum viewer as, bool row)
{
	void *plain = hides_pair(v, a, k, object) ? plain_vm(object) : plain_job(v, k, object, as);
	const void *o = plain ? plain : object;

	if (row)
		object_write_row(b, k, o, as);
	else
		object_write(b, k, o, as);
	if (plain)
		object_free(k, plain);
}

static struct body *body_of(struct view *v, enum kind k, uint32_t slot, enum viewer as)
{
	if (slot >= v->n[k][as]) {
		uint32_t n = registry_slots(v->objects, k);
		n = n > slot ? n : slot + 1;
		if (n < v->n[k][as] * 2)
			n = v->n[k][as] * 2;
		v->bodies[k][as] = xrealloc(v->bodies[k][as], n * sizeof *v->bodies[k][as]);
		memset(v->bodies[k][as] + v->n[k][as], 0, (n - v->n[k][as]) * sizeof *v->bodies[k][as]);
		v->n[k][as] = n;
	}
	return &v->bodies[k][as][slot];
}

static const struct buf *make(struct view *v, const struct actor *a, enum kind k, uint32_t slot, enum viewer as, bool row)
{
	const void *object = registry_at(v->objects, k, slot);
	struct body *body = body_of(v, k, slot, as);
	struct buf *b = row ? &body->row : &body->object;

	if (hides_pair(v, a, k, object)) {
		v->once.len = 0;
		write_object(v, &v->once, a, k, object, as, row);
		return &v->once;
	}
	if (b->len)
		return b;
	if (v->bytes > CACHE_MAX)
		forget_all(v);
	struct buf fresh = { 0 };
	write_object(v, &fresh, a, k, object, as, row);
	/* Growing doubles: many small bodies are kept, so what is spare is given back. */
	fresh.data = xrealloc(fresh.data, fresh.len);
	fresh.size = fresh.len;
	*b = fresh;
	v->bytes += b->size;
	return b;
}

const struct buf *view_object(struct view *v, const struct actor *a, enum kind k, uint32_t slot, enum viewer as)
{
	return make(v, a, k, slot, as, false);
}

const struct buf *view_row(struct view *v, const struct actor *a, enum kind k, uint32_t slot, enum viewer as)
{
	return make(v, a, k, slot, as, true);
}

void view_columns(struct buf *out, enum kind k, enum viewer as)
{
	object_write_columns(out, k, as);
}

json_t *view_json(struct view *v, const struct actor *a, enum kind k, const void *object, enum viewer as)
{
	struct buf b = { 0 };

	write_object(v, &b, a, k, object, as, false);
	json_t *j = json_loadb(b.data, b.len, 0, NULL);
	buf_free(&b);
	return j;
}

void view_changed(struct view *v, enum kind k, uint32_t slot)
{
	for (int a = 0; a < VIEWER_COUNT; a++) {
		if (slot >= v->n[k][a])
			continue;
		drop(v, &v->bodies[k][a][slot].object);
		drop(v, &v->bodies[k][a][slot].row);
	}
}

/* ---- audit records ---- */

/* The objects of a record that this customer owns. */
static json_t *own_objects(struct view *v, const struct actor *a, json_t *objects)
{
	json_t *own = json_array(), *o;
	size_t i;

	json_array_foreach(objects, i, o) {
		const char *id = json_string_value(json_object_get(o, "id"));
		const struct vm *vm = id ? registry_find(v->objects, KIND_VM, id) : NULL;
		if (!vm || !actor_sees(a, vm))
			continue;
		json_t *plain = json_object();
		json_object_set(plain, "id", json_object_get(o, "id"));
		json_object_set(plain, "name", json_object_get(o, "name"));
		if (json_object_get(o, "state"))
			json_object_set(plain, "state", json_object_get(o, "state"));
		json_array_append_new(own, plain);
	}
	return own;
}

/* What a customer reads of a record's detail: which snapshot, which limit; not the provider's ticket. NULL: nothing. */
static json_t *plain_detail(const char *what, json_t *detail)
{
	static const char *const keys[] = { "kind", "limit", "until", "snapshot", "name", "external", "children", "count", "mode", "bytes_out",
		"bytes_in" };
	json_t *o = NULL;

	if (strcmp(what, "reload") == 0)
		return NULL;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (!json_object_get(detail, keys[i]))
			continue;
		if (!o)
			o = json_object();
		json_object_set(o, keys[i], json_object_get(detail, keys[i]));
	}
	return o;
}

/* A VM may have had another owner: what that one called its snapshots is not for the present one. */
static bool is_anothers(const struct actor *a, const char *tenant, json_t *detail)
{
	const char *charged = json_string_value(json_object_get(detail, "charged"));

	return (tenant && tenant[0] && strcmp(tenant, a->tenant) != 0) || (charged && charged[0] && strcmp(charged, a->tenant) != 0);
}

const char *const view_staffs[] = { "alert", "note", "denied", NULL };

static bool is_staffs(json_t *record)
{
	const char *what = json_string_value(json_object_get(record, "what"));

	for (const char *const *w = view_staffs; what && *w; w++)
		if (strcmp(what, *w) == 0)
			return true;
	return false;
}

static json_t *customer_record(struct view *v, const struct actor *a, json_t *record)
{
	if (is_staffs(record))
		return NULL;
	static const char *const keys[] = { "what", "at", "verb", "seconds" };
	json_t *own = own_objects(v, a, json_object_get(record, "objects"));
	const char *tenant = json_string_value(json_object_get(record, "tenant"));
	const char *what = json_string_value(json_object_get(record, "what"));

	if (json_array_size(own) == 0 || !what) {
		json_decref(own);
		return NULL;
	}
	json_t *o = json_object();
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (json_object_get(record, keys[i]))
			json_object_set(o, keys[i], json_object_get(record, keys[i]));
	json_object_set_new(o, "objects", own);
	/* A job that hit others too is not his to see. */
	if (json_array_size(own) == json_array_size(json_object_get(record, "objects")) && json_object_get(record, "job"))
		json_object_set(o, "job", json_object_get(record, "job"));
	json_t *detail = is_anothers(a, tenant, json_object_get(record, "detail")) ? NULL :
		plain_detail(what, json_object_get(record, "detail"));
	if (detail)
		json_object_set_new(o, "detail", detail);
	if (tenant && strcmp(tenant, a->tenant) == 0) {
		/* Done by himself or a colleague. */
		if (json_object_get(record, "by"))
			json_object_set(o, "by", json_object_get(record, "by"));
		if (json_object_get(record, "reason"))
			json_object_set(o, "reason", json_object_get(record, "reason"));
	}
	return o;
}

json_t *view_record(struct view *v, const struct actor *a, json_t *record)
{
	if (a->role == ROLE_CUSTOMER)
		return customer_record(v, a, record);
	if (a->role == ROLE_VIEWER) {
		json_t *o = json_copy(record);
		json_object_del(o, "reason");
		json_object_del(o, "origin");
		if (json_object_get(json_object_get(o, "detail"), "ref")) {
			json_t *detail = json_copy(json_object_get(o, "detail"));
			json_object_del(detail, "ref");
			json_object_set_new(o, "detail", detail);
		}
		return o;
	}
	return a->role == ROLE_OPERATOR ? json_incref(record) : NULL;
}

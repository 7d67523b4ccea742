/* What the tests of the store share. */
#include "test_store_help.h"

#include "store/digest.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct err *place_try(struct place *p)
{
	p->loop = loop_new();
	struct err *e = store_open(p->dir, p->loop, &p->store);

	if (e) {
		assert_null(p->store);
		loop_free(p->loop);
		p->loop = NULL;
	}
	return e;
}

void place_open(struct place *p)
{
	struct err *e = place_try(p);

	if (e)
		fail_msg("%s", e->msg.text);
}

void place_close(struct place *p)
{
	store_close(p->store);
	p->store = NULL;
	if (p->loop)
		loop_free(p->loop);
	p->loop = NULL;
}

int place_setup(void **state)
{
	struct place *p = xcalloc(1, sizeof *p);
	const char *tmp = getenv("TMPDIR");

	p->dir = xasprintf("%s/tana-store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(p->dir))
		return -1;
	place_open(p);
	*state = p;
	return 0;
}

static int rm(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int place_teardown(void **state)
{
	struct place *p = *state;

	place_close(p);
	nftw(p->dir, rm, 8, FTW_DEPTH | FTW_PHYS);
	free(p->dir);
	free(p);
	return 0;
}

char *place_path(const struct place *p, const char *file)
{
	return xasprintf("%s/%s", p->dir, file);
}

void place_sql(const struct place *p, const char *file, const char *sql)
{
	char *path = place_path(p, file), *why = NULL;
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_exec(h, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	free(path);
}

int64_t place_number(const struct place *p, const char *file, const char *sql)
{
	char *path = place_path(p, file);
	sqlite3 *h;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	if (sqlite3_prepare_v2(h, sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
	int64_t n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	assert_int_equal(sqlite3_close(h), SQLITE_OK);
	free(path);
	return n;
}

void outcome_done(void *ctx, struct err *e)
{
	struct outcome *o = ctx;

	o->n++;
	err_free(o->last);
	o->last = e;
}

void outcome_wait(struct place *p, const struct outcome *o, int n)
{
	int64_t until = clock_boot_ms() + 60000;

	while (o->n < n) {
		loop_step(p->loop, 100);
		assert_true(clock_boot_ms() < until);
	}
}

struct err *commit_wait(struct place *p, struct store_tx *tx)
{
	struct outcome o = {0};

	store_commit(tx, outcome_done, &o);
	outcome_wait(p, &o, 1);
	assert_int_equal(o.n, 1);
	return o.last;
}

void commit_ok(struct place *p, struct store_tx *tx)
{
	struct err *e = commit_wait(p, tx);

	if (e)
		fail_msg("%s", e->msg.text);
}

void assert_error(struct err *e, const char *id)
{
	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	err_free(e);
}

const char *error_arg(const struct err *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e->msg.args, key));

	return s ? s : "";
}

void put_vm(struct store_tx *tx, const char *id, const char *uuid, const char *name)
{
	struct store_vm v = {.id = id, .uuid = uuid, .name = name, .tenant = "acme", .bound = true};

	store_put_vm(tx, &v);
}

void append(struct store_tx *tx, const char *what, const char *object, const char *job)
{
	json_t *j = json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}], s:s}", "what", what, "by", "sato", "objects", "id",
		object, "name", "db01a", "blade", "a2-13", "job", job);

	assert_non_null(j);
	store_append(tx, j);
	json_decref(j);
}

struct answer {
	int n;
	struct err *e;
	json_t *records;
};

static void answered(void *ctx, struct err *e, json_t *records)
{
	*(struct answer *)ctx = (struct answer){1, e, records};
}

static json_t *wait_answer(struct place *p, const struct answer *a)
{
	int64_t until = clock_boot_ms() + 60000;

	while (!a->n) {
		loop_step(p->loop, 100);
		assert_true(clock_boot_ms() < until);
	}
	if (a->e)
		fail_msg("%s", a->e->msg.text);
	return a->records;
}

json_t *verify_with(struct place *p, json_t *anchors)
{
	struct answer a = {0};

	store_audit_verify(p->store, anchors, answered, &a);
	json_decref(anchors);
	return wait_answer(p, &a);
}

json_t *verify(struct place *p)
{
	return verify_with(p, NULL);
}

json_t *head(struct place *p)
{
	struct answer a = {0};

	store_audit_head(p->store, answered, &a);
	return wait_answer(p, &a);
}

json_t *report_after(struct place *p, int64_t from, int64_t to, const char *tenant, const char *after)
{
	struct answer a = {0};

	store_report_snapshots(p->store, from, to, tenant, after, answered, &a);
	return wait_answer(p, &a);
}

json_t *report(struct place *p, int64_t from, int64_t to, const char *tenant)
{
	return report_after(p, from, to, tenant, NULL);
}

json_t *audit(struct place *p, const char *object, int64_t since, int64_t before, int limit)
{
	struct store_query q = {.object = object, .since = since, .before = before, .limit = limit};
	struct answer a = {0};

	store_audit(p->store, &q, answered, &a);
	return wait_answer(p, &a);
}

static void kind(struct loaded *l, char letter)
{
	size_t n = strlen(l->order);

	if (n + 1 < sizeof l->order && (!n || l->order[n - 1] != letter)) {
		l->order[n] = letter;
		l->order[n + 1] = '\0';
	}
}

static void on_vm(void *ctx, const struct store_vm *v)
{
	struct loaded *l = ctx;

	kind(l, 'v');
	if (++l->vms <= 100)
		buf_printf(
			&l->text, "vm %s %s %s %s %d %d\n", v->id, v->uuid, v->name, v->tenant, v->bound, v->protect);
}

static void on_host(void *ctx, const struct store_host *h)
{
	struct loaded *l = ctx;
	const struct blade *b = &h->blade;

	kind(l, 'h');
	if (++l->hosts <= 100)
		buf_printf(&l->text, "host %s %s %s %s %s %s %s %lld %lld %lld\n", h->name, b->driver, b->version,
			b->hostname, b->host_uuid, b->model, b->serial, (long long)b->cpus, (long long)b->mem_kib,
			(long long)b->seen);
	if (b->power != POWER_UNKNOWN)
		buf_printf(&l->text, "metal %s %s %lld %lld %s %s %s %s %s %s\n", h->name, power_state_name(b->power),
			(long long)b->power_seen, (long long)b->power_since, health_name(b->health), b->fitted, b->named,
			b->bay_model, b->bay_serial, b->firmware);
}

static void on_placement(void *ctx, const struct store_placement *p)
{
	struct loaded *l = ctx;
	const struct vm *v = &p->vm;

	kind(l, 'p');
	assert_false(v->live);
	assert_non_null(v->tenant);
	if (++l->placements <= 100)
		buf_printf(&l->text, "placement %s %s %s %s %lld %lld %d %s %lld %lld\n", p->host, p->uuid, v->name,
			vm_state_name(v->state), (long long)v->vcpus, (long long)v->mem_kib, v->persistent, v->guest,
			(long long)v->seen, (long long)v->since);
}

static void on_job(void *ctx, const struct store_job *s)
{
	struct loaded *l = ctx;
	const struct job *j = &s->job;

	kind(l, 'j');
	if (++l->jobs > 100)
		return;
	buf_printf(&l->text, "job %s %s %s %s %lld %lld %s %llu %s %s %s %lld %lld %lld %s %s\n", j->id, j->verb,
		j->target, j->targets, (long long)j->count, (long long)j->done, j->by, (unsigned long long)s->uid,
		j->origin, j->reason, job_state_name(j->state), (long long)j->started, (long long)j->ended,
		(long long)j->deadline, j->text, j->text_id);
	if (s->detail && *s->detail)
		buf_printf(&l->text, "detail %s\n", s->detail);
	for (size_t i = 0; i < s->ntargets; i++)
		buf_printf(&l->text, "target %s %s %s %s %s\n", s->targets[i].id, s->targets[i].name,
			job_state_name(s->targets[i].state), s->targets[i].text_id, s->targets[i].text);
}

static void on_lease(void *ctx, const struct lease *e)
{
	struct loaded *l = ctx;

	kind(l, 'l');
	if (++l->leases <= 100)
		buf_printf(&l->text, "lease %s %s %s %s %s %s %lld\n", e->id, e->object, e->name, e->by, e->job,
			e->verb, (long long)e->since);
}

static void on_snapshot(void *ctx, const struct store_snapshot *s)
{
	struct loaded *l = ctx;

	kind(l, 's');
	if (++l->snapshots <= 100)
		buf_printf(&l->text, "snapshot %s %s %s %s %s %s %s %s %s %s %llu %s %s%s%s%s %lld %lld %llu %s %s\n",
			s->id, s->vm, s->vm_name, s->tenant, s->charged, s->name, s->note, s->by, s->origin, s->job,
			(unsigned long long)s->uid, role_name(s->role), snap_state_name(s->state),
			s->memory ? " memory" : "", s->external ? " external" : "", s->exceeded ? " exceeded" : "",
			(long long)s->at, (long long)s->ended, (unsigned long long)s->bytes, s->xml, s->why);
}

static void on_limit(void *ctx, const struct store_limit *m)
{
	struct loaded *l = ctx;

	kind(l, 'm');
	if (++l->limits <= 100)
		buf_printf(&l->text, "limit %s %s %s %lld %s %s %lld\n", m->object, m->kind, m->value,
			(long long)m->until, m->ref, m->by, (long long)m->at);
}

static void on_pair(void *ctx, const struct store_pair *b)
{
	struct loaded *l = ctx;

	kind(l, 'b');
	l->pairs++;
	buf_printf(&l->text, "pair %s %s %s %s %s %s %lld\n", b->blade, b->place, b->manager_serial, b->host_serial, b->host_uuid,
		b->by, (long long)b->at);
}

static void on_alert(void *ctx, const struct store_alert *m)
{
	struct loaded *l = ctx;

	kind(l, 'a');
	buf_printf(&l->text, "alert %s %s %s\n", m->id, m->state, m->by);
}

static void on_note(void *ctx, const struct store_note *n)
{
	struct loaded *l = ctx;

	kind(l, 'n');
	buf_printf(&l->text, "note %s %s %s\n", n->object, n->text, n->by);
}

void loaded_read(struct place *p, struct loaded *l)
{
	*l = (struct loaded){0};
	struct store_reader r = {.ctx = l,
		.vm = on_vm,
		.host = on_host,
		.placement = on_placement,
		.job = on_job,
		.lease = on_lease,
		.snapshot = on_snapshot,
		.limit = on_limit,
		.pair = on_pair,
		.alert = on_alert,
		.note = on_note};
	struct err *e = store_load(p->store, &r);

	if (e)
		fail_msg("%s", e->msg.text);
	buf_append(&l->text, "", 1);
}

void loaded_free(struct loaded *l)
{
	buf_free(&l->text);
}

static void self_hash(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	char hex[DIGEST_HEX + 1];
	const char *s = (const char *)sqlite3_value_text(argv[0]);

	if (s && digest_hex(s, strlen(s), hex))
		sqlite3_result_text(ctx, hex, -1, SQLITE_TRANSIENT);
}

void place_tamper(struct place *p, const char *sql)
{
	char *path = place_path(p, "ledger.db"), *why = NULL;
	sqlite3 *h;

	place_close(p);
	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	sqlite3_create_function(h, "sha256", 1, SQLITE_UTF8, NULL, self_hash, NULL, NULL);
	if (sqlite3_exec(h, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	assert_true(sqlite3_total_changes(h) > 0);
	sqlite3_close(h);
	free(path);
	place_open(p);
}

/* The ground of the tests of jobs: see jobs_ground.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "jobs_ground.h"
#include "safety/lease.h"
#include "whole_right.h"

const struct actor sato = { .role = ROLE_OPERATOR, .user = "sato", .uid = 1000, .origin = "ssh 192.0.2.7", .tenant = "" };
const struct actor ops = { .role = ROLE_CUSTOMER, .user = "acme-ops", .uid = 1002, .origin = "", .tenant = "acme", .row = &whole_right };

const struct plan_args no_args = { .snapshot = "", .name = "", .note = "", .charge = "" };

struct registry *reg;
struct loop *loop;
struct jobs *jobs;
struct book *book;
struct site_tenant tenants[2];
struct site_vm site_vms[4];
struct site_model site;
struct plan_world world;
enum host_outcome can_now;
char said[4][300];
int nsaid;
char started[64], refused[64], refused_text[600];
enum err_class refused_class;
int answers;
static struct gate gate;

static bool sees(void *ctx, const struct actor *a, enum kind k, const void *o)
{
	return true;
}

static enum host_outcome can(void *ctx, const struct vm *vm, enum verb v, const char **why, const char **driver)
{
	*why = NULL;
	*driver = "fake";
	return can_now;
}

static void happened(void *ctx, const char *vm, const char *name, bool staff, const struct msg *m)
{
	strncpy(said[nsaid++ % 4], m->text, sizeof said[0] - 1);
}

static void add_vm(int n, enum vm_state s)
{
	struct vm *vm = object_new(KIND_VM);
	char text[64];

	snprintf(text, sizeof text, "vm:%016x", (unsigned)n);
	intern_set(&vm->id, text);
	snprintf(text, sizeof text, "vm%d", n);
	intern_set(&vm->name, text);
	intern_set(&vm->uuid, text);
	intern_set(&vm->blade, "b1");
	intern_set(&vm->tenant, n <= 2 ? "acme" : "globex");
	vm->state = s;
	vm->live = vm->persistent = true;
	registry_add(reg, KIND_VM, vm);
}

struct vm *vm_of(int n)
{
	char id[32];

	snprintf(id, sizeof id, "vm:%016x", (unsigned)n);
	return registry_find(reg, KIND_VM, id);
}

static void mark(void *ctx, struct vm *vm, int64_t snaps, int64_t busy, int64_t max, const char *snap)
{
	vm->snaps = (int16_t)snaps;
	vm->snaps_busy = (int8_t)busy;
	vm->snaps_max = (int16_t)max;
	intern_set(&vm->snap, snap);
	registry_changed(reg, KIND_VM, vm, false);
}

bool taken_away;

static struct err *still(void *ctx, const struct actor *a, enum verb v, enum kind k, const char *id)
{
	return taken_away ? err_new(ERR_ROLE, "role.taken", "{s:s}", "user", a->user) : NULL;
}

/* As the broker has it. */
static struct err *recheck(void *ctx, const struct actor *a, const struct plan *shown, const char *job, const char *row)
{
	struct plan_world w = world;
	struct plan *again = NULL;
	struct actor now = *a;

	w.job = job;
	w.row = row;
	now.row = &whole_right;
	struct err *e = plan_check(&w, &now, shown, &again);
	plan_free(again);
	return e;
}

static void hear(const struct fleet_news *n)
{
	jobs_news(jobs, n);
}

void make_jobs(void)
{
	book_free(book);
	book = book_new(&(struct book_config){ .objects = reg, .mark = mark });
	book_site(book, &site);
	world.book = book;
	jobs = jobs_new(&(struct jobs_config){ .loop = loop, .objects = reg, .book = book, .recheck = recheck, .still = still, .settle_ms = 20000,
		.happened = happened });
	ground_news = hear;
}

static void make_world(void)
{
	struct blade *b = object_new(KIND_BLADE);

	reg = registry_new();
	ground_reset(reg);
	intern_set(&b->id, "blade:b1");
	intern_set(&b->name, "b1");
	b->host = HOST_UP;
	registry_add(reg, KIND_BLADE, b);
	add_vm(1, VM_RUNNING);
	add_vm(2, VM_RUNNING);
	add_vm(3, VM_OFF);
	for (int i = 4; i <= 10; i++)
		add_vm(i, VM_RUNNING);
	world.objects = reg;
}

int jobs_setup(void **state)
{
	clock_fake(10000000, 1795222333);
	can_now = OUTCOME_STATE;
	nsaid = answers = 0;
	taken_away = false;
	loop = loop_new();
	gate = (struct gate){ NULL, sees };
	memset(tenants, 0, sizeof tenants);
	memset(site_vms, 0, sizeof site_vms);
	tenants[0].name = (char *)"acme";
	tenants[1].name = (char *)"globex";
	tenants[0].zone = tenants[1].zone = tenants[0].plan = tenants[1].plan = (char *)"";
	site = (struct site_model){ .name = (char *)"tokyo-1", .shutdown_s = 600, .tenants = tenants, .ntenants = 2,
		.vms = site_vms };
	world = (struct plan_world){ .gate = &gate, .site = &site, .can = can, .command = "tana" };
	make_world();
	make_jobs();
	return 0;
}

int jobs_teardown(void **state)
{
	jobs_stop(jobs);
	ground_flush();
	jobs_free(jobs);
	book_free(book);
	book = NULL;
	registry_free(reg);
	loop_free(loop);
	ground_reset(NULL);
	json_decref(ground_records);
	ground_records = NULL;
	clock_real();
	return 0;
}

void on_started(void *ctx, struct err *e, const char *job)
{
	answers++;
	started[0] = refused[0] = '\0';
	refused_text[0] = '\0';
	if (e) {
		snprintf(refused, sizeof refused, "%s", e->msg.id);
		snprintf(refused_text, sizeof refused_text, "%s", e->msg.text);
		refused_class = e->class;
	} else {
		snprintf(started, sizeof started, "%s", job);
	}
	err_free(e);
}

struct plan *plan_for(const struct actor *a, enum verb v, int from, int to)
{
	struct vm *vms[POLICY_TARGETS_MAX];
	size_t n = 0;

	for (int i = from; i <= to; i++)
		vms[n++] = vm_of(i);
	return plan_make(&world, a, v, vms, n, NULL);
}

char *begin(const struct actor *a, enum verb v, int from, int to)
{
	struct plan *p = plan_for(a, v, from, to);

	if (p->refused.n)
		fail_msg("refused: %s", p->refused.list[0].msg.text);
	jobs_start(jobs, p, a, "because", on_started, NULL);
	ground_flush();
	return started;
}

struct job *job_of(const char *id)
{
	return registry_find(reg, KIND_JOB, id);
}

void news(int n, enum vm_state s)
{
	struct vm *vm = vm_of(n);
	enum vm_state was = vm->state;

	vm->state = s;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_STATE, .vm = vm, .was = was });
}

void rebooted(int n)
{
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_VM_REBOOTED, .vm = vm_of(n) });
}

void pass(int64_t ms)
{
	for (int64_t done = 0; done < ms; done += 500) {
		clock_fake_advance(500);
		loop_step(loop, 0);
	}
	ground_flush();
}

const char *record(int n, const char *key)
{
	size_t size = json_array_size(ground_records);
	const char *s = json_string_value(json_object_get(json_array_get(ground_records, n < 0 ? size + (size_t)n : (size_t)n), key));

	return s ? s : "";
}

/* ---- a broker that died ---- */

static void load_row(const struct store_snapshot *s)
{
	book_load_snapshot(book, s);
}

static void load_job(const struct store_job *s)
{
	jobs_load_job(jobs, s);
}

static void load_lease(const char *object, const char *job)
{
	struct lease *l = object_new(KIND_LEASE);
	const struct vm *vm = registry_find(reg, KIND_VM, object);
	const struct store_job *s = ground_stored(job);

	intern_set(&l->object, object);
	intern_set(&l->name, vm ? vm->name : "?");
	intern_set(&l->by, "sato");
	intern_set(&l->job, job);
	intern_set(&l->verb, s ? s->job.verb : "power-off");
	jobs_load_lease(jobs, l);
	object_free(KIND_LEASE, l);
}

static void remove_all(enum kind k)
{
	for (uint32_t i = 0; i < registry_slots(reg, k); i++)
		if (registry_at(reg, k, i))
			registry_remove(reg, k, registry_at(reg, k, i));
}

void broker_dies(void)
{
	jobs_stop(jobs);
	jobs_free(jobs);
	remove_all(KIND_JOB);
	remove_all(KIND_LEASE);
	for (int i = 1; i <= 10; i++)
		if (vm_of(i))
			vm_of(i)->live = false;
	ground_forget_acts();
	ground_steady = -1;
	make_jobs();
	ground_load(load_row, load_job, load_lease);
	book_site(book, &site);
	jobs_loaded(jobs);
	ground_flush();
}

void host_comes(void)
{
	for (int i = 1; i <= 10; i++)
		if (vm_of(i))
			vm_of(i)->live = true;
	ground_steady = 1000000;
	jobs_news(jobs, &(struct fleet_news){ .kind = NEWS_LISTED, .blade = registry_find(reg, KIND_BLADE, "blade:b1") });
	ground_flush();
}

/* ---- snapshots ---- */

static struct limit limit_of(enum limit_kind k, const char *text)
{
	struct limit l;
	struct err *e = limit_parse(k, text, &l);

	assert_null(e);
	return l;
}

void limit_server(int n, enum limit_kind k, const char *text)
{
	static char names[4][8];
	size_t i = 0;

	while (i < site.nvms && strcmp(site_vms[i].vm, vm_of(n)->name) != 0)
		i++;
	assert_true(i < 4);
	if (i == site.nvms) {
		snprintf(names[i], sizeof names[i], "vm%d", n);
		site_vms[i] = (struct site_vm){ .vm = names[i], .plan = (char *)"" };
		site.nvms++;
	}
	site_vms[i].limits.of[k] = limit_of(k, text);
	book_site(book, &site);
}

void limit_tenant(const char *tenant, enum limit_kind k, const char *text)
{
	tenants[strcmp(tenant, "globex") == 0].limits.of[k] = limit_of(k, text);
	book_site(book, &site);
}

static void saw(void *ctx, struct err *e, struct host_snaps *s)
{
	assert_null(e);
	book_saw(book, ctx, s);
}

void see(int n)
{
	fleet_snapshots(NULL, vm_of(n), NULL, saw, vm_of(n));
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
}

struct plan *snap_plan(const struct actor *a, enum verb v, int n, const struct plan_args *args)
{
	struct vm *vm = vm_of(n);

	see(n);
	return plan_make(&world, a, v, &vm, 1, args);
}

int snap_start(const struct actor *a, enum verb v, int n, const struct plan_args *args)
{
	struct plan *p = snap_plan(a, v, n, args);

	if (p->refused.n)
		fail_msg("refused: %s", p->refused.list[0].msg.text);
	started[0] = refused[0] = '\0';
	jobs_start(jobs, p, a, "because", on_started, NULL);
	ground_flush();
	return ground_nasks - 1;
}

int snap_send(const struct actor *a, enum verb v, int n, const struct plan_args *args)
{
	int ask = snap_start(a, v, n, args), orders = ground_norders;

	pass(500);
	ground_answer(ask, NULL);
	ground_flush();
	if (refused[0])
		fail_msg("refused: %s", refused_text);
	assert_int_equal(ground_norders, orders + 1);
	ground_order_sent(orders);
	return orders;
}

const char *snap_take(const struct actor *a, int n, const char *name)
{
	struct plan_args args = no_args;

	args.name = name;
	int order = snap_send(a, VERB_SNAP_CREATE, n, &args);
	const struct ground_host *h = ground_host(vm_of(n)->id);
	char parent[64] = "";
	for (size_t i = 0; i < h->n; i++)
		if (h->list[i].current)
			snprintf(parent, sizeof parent, "%s", h->list[i].name);
	pass(1000);
	ground_snap(vm_of(n)->id, ground_orders[order].name, parent);
	ground_order_done(order, NULL);
	ground_answer(ground_nasks - 1, NULL);
	ground_flush();
	STATE(started, JOB_DONE);
	ROW(n, SNAP_KEPT);
	pass(1000);
	return newest(n)->host_name;
}

struct snapshot *newest(int n)
{
	struct snapshot *s = book_rows(book, vm_of(n)->id);

	assert_non_null(s);
	return s;
}

int64_t used_of(int n, enum limit_kind k, int64_t *busy)
{
	struct quota q;

	book_quota(book, &(struct book_ask){ .vm = vm_of(n), .charged = vm_of(n)->tenant, .but = "" }, &q);
	for (size_t i = 0; i < q.n; i++)
		if (q.lines[i].kind == k && q.lines[i].scope == QUOTA_SERVER) {
			if (busy)
				*busy = q.lines[i].busy;
			return q.lines[i].used;
		}
	return -1;
}

struct snapshot *reserve(int n, const char *name, const char *charged, uint64_t bytes)
{
	static int count;
	char id[48];

	snprintf(id, sizeof id, "snap:00000000-0000-4000-8000-%012d", ++count);
	return book_reserve(book, &(struct store_snapshot){ .id = id, .vm = vm_of(n)->id, .vm_name = vm_of(n)->name,
		.tenant = vm_of(n)->tenant, .charged = charged, .name = name, .bytes = bytes, .state = SNAP_RESERVED });
}

struct quota_line line(int n, enum quota_scope scope, enum limit_kind k)
{
	struct quota q;

	book_quota(book, &(struct book_ask){ .vm = vm_of(n), .charged = vm_of(n)->tenant, .but = "" }, &q);
	for (size_t i = 0; i < q.n; i++)
		if (q.lines[i].kind == k && q.lines[i].scope == scope)
			return q.lines[i];
	fail_msg("no %s limit", limit_kind_name(k));
	return q.lines[0];
}

struct host_snaps *told(int n)
{
	return &ground_host(vm_of(n)->id)->as;
}

const char *text_of(const struct plan_notes *n, const char *id)
{
	for (size_t i = 0; i < n->n; i++)
		if (strcmp(n->list[i].msg.id, id) == 0)
			return n->list[i].msg.text;
	return NULL;
}

struct err *says_no(void)
{
	return err_new(ERR_FAILED, "text", "{s:s}", "text", "no room on this host");
}

struct err *lost(void)
{
	return err_new(ERR_TIMEOUT, "text", "{s:s}", "text", "no answer within a day");
}

void assert_free(int n)
{
	int64_t busy = 0;

	assert_null(lease_find(reg, vm_of(n)->id));
	assert_int_equal(ground_leases(), 0);
	assert_int_equal(ground_rows(SNAP_RESERVED) + ground_rows(SNAP_SENT), 0);
	used_of(n, LIMIT_KEPT, &busy);
	assert_int_equal(busy, 0);
}

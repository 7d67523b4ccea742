/* The store: what is written comes back, in transactions that hold or do not hold as a whole. */
#include "test_store_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define U(n) "0000000-0000-0000-0000-00000000000" #n

static struct vm vm(const char *uuid, const char *name, enum vm_state state)
{
	return (struct vm){.id = "vm:1",
		.name = name,
		.uuid = uuid,
		.blade = "a1-01",
		.tenant = "",
		.grade = "",
		.guest = "Debian 12",
		.state = state,
		.persistent = true,
		.seen = 1000,
		.since = 900,
		.vcpus = 4,
		.mem_kib = 2048,
		.job = "",
		.doing = "",
		.by = "",
		.alert = ""};
}

static struct blade blade(const char *name)
{
	return (struct blade){.id = "",
		.name = name,
		.enclosure = "",
		.rack = "",
		.bay = "",
		.why = "",
		.why_id = "",
		.driver = "qemu",
		.version = "libvirt-9",
		.hostname = "h1",
		.host_uuid = U(9),
		.model = "BL460c",
		.serial = "CZJ03",
		.cpus = 8,
		.mem_kib = 25165824,
		.seen = 1795222333,
		.cluster = "",
		.owner = "",
		.uri = "",
		.alert = ""};
}

static struct lease lease(const char *object, const char *by)
{
	return (struct lease){.id = "",
		.object = object,
		.name = "db01a",
		.by = by,
		.job = "job:000001",
		.verb = "power-off",
		.since = 77};
}

static struct store_job job(const char *id, enum job_state state, struct store_target *targets, size_t n)
{
	return (struct store_job){.uid = 4294967294u,
		.targets = targets,
		.ntargets = n,
		.job = {.id = id,
			.verb = "power-off",
			.target = "vm:1",
			.targets = "db01a,db01b",
			.count = 2,
			.done = 1,
			.by = "sato",
			.origin = "ssh",
			.reason = "hangs",
			.state = state,
			.started = 5,
			.ended = 6,
			.deadline = 7,
			.text = "waits",
			.text_id = "x"}};
}

static struct store_target target(
	const char *id, const char *name, enum job_state state, const char *text_id, const char *text)
{
	return (struct store_target){(char *)id, (char *)name, state, (char *)text_id, (char *)text};
}

static void assert_loads(struct place *p, const char *order, const char *text)
{
	struct loaded l;

	loaded_read(p, &l);
	assert_string_equal(l.text.data, text);
	assert_string_equal(l.order, order);
	loaded_free(&l);
}

static void reopen(struct place *p)
{
	place_close(p);
	place_open(p);
}

static void round_trip(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);
	struct store_target t[2] = {
		target("vm:1", "db01a", JOB_DONE, "t", "off"), target("vm:2", "db01b", JOB_RUNNING, "", "")};
	struct store_job j = job("job:000001", JOB_RUNNING, t, 2);
	struct lease l = lease("vm:1", "sato");
	struct vm v1 = vm(U(1), "db01a", VM_RUNNING), v2 = vm(U(2), "db01b", VM_CRASHED);
	struct blade b = blade("a1-01");

	put_vm(tx, "vm:1", U(1), "db01a");
	store_put_vm(tx, &(struct store_vm){"vm:2", U(2), "日本", "", false, true});
	store_put_job(tx, &j);
	store_take_lease(tx, &l);
	commit_ok(p, tx);
	store_cache_host(p->store, &b, (const struct vm *const[]){&v1, &v2}, 2);
	reopen(p);
	assert_loads(p, "vhpjl",
		"vm vm:1 " U(
			1) " db01a acme 1 0\n"
			   "vm vm:2 " U(
				   2) " 日本  0 1\n"
				      "host a1-01 qemu libvirt-9 h1 " U(
					      9) " BL460c CZJ03 8 25165824 1795222333\n"
						 "placement a1-01 " U(
							 1) " db01a running 4 2048 1 Debian 12 1000 900\n"
							    "placement a1-01 " U(
								    2) " db01b crashed 4 2048 1 Debian 12 1000 900\n"
								       "job job:000001 power-off vm:1 db01a,db01b 2 1 "
								       "sato 4294967294 ssh hangs running 5 6 7 waits "
								       "x\n"
								       "target vm:1 db01a done t off\n"
								       "target vm:2 db01b running  \n"
								       "lease lease:vm:1 vm:1 db01a sato job:000001 "
								       "power-off 77\n");

	/* Changes by id; a job that lost a target; a lease given back. */
	tx = store_begin(p->store);
	store_put_vm(tx, &(struct store_vm){"vm:1", U(1), "db01c", "globex", true, true});
	j = job("job:000001", JOB_DONE, t, 1);
	store_put_job(tx, &j);
	store_drop_lease(tx, "vm:1");
	store_drop_lease(tx, "vm:none");
	commit_ok(p, tx);
	v1.state = VM_OFF;
	store_cache_vm(p->store, "a1-01", &v1);
	store_cache_forget_vm(p->store, "a1-01", U(2));
	reopen(p);
	assert_loads(p, "vhpj",
		"vm vm:1 " U(1) " db01c globex 1 1\n"
				"vm vm:2 " U(2) " 日本  0 1\n"
						"host a1-01 qemu libvirt-9 h1 " U(
							9) " BL460c CZJ03 8 25165824 1795222333\n"
							   "placement a1-01 " U(
								   1) " db01a off 4 2048 1 Debian 12 1000 900\n"
								      "job job:000001 power-off vm:1 db01a,db01b 2 1 "
								      "sato 4294967294 ssh hangs done 5 6 7 waits x\n"
								      "target vm:1 db01a done t off\n");
}

/* A whole host replaces what was there; later changes of one VM, before the write, are kept; other hosts are left
 * alone. */
static void cache_is_coalesced(void **state)
{
	struct place *p = *state;
	struct vm v1 = vm(U(1), "a", VM_RUNNING), v2 = vm(U(2), "b", VM_RUNNING), v3 = vm(U(3), "c", VM_RUNNING);
	struct blade a = blade("a1-01"), b = blade("a1-02");

	store_cache_host(p->store, &a, (const struct vm *const[]){&v1, &v2}, 2);
	store_cache_host(p->store, &b, (const struct vm *const[]){&v1}, 1);
	reopen(p);
	store_cache_vm(p->store, "a1-01", &v1);
	store_cache_host(p->store, &a, (const struct vm *const[]){&v2, &v3}, 2);
	v3.state = VM_PAUSED;
	store_cache_vm(p->store, "a1-01", &v3);
	v3.state = VM_OFF;
	store_cache_vm(p->store, "a1-01", &v3);
	store_cache_forget_vm(p->store, "a1-03", U(3));
	reopen(p);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.hosts, 2);
	assert_non_null(strstr(l.text.data, "placement a1-01 " U(2) " b running"));
	assert_non_null(strstr(l.text.data, "placement a1-01 " U(3) " c off"));
	assert_null(strstr(l.text.data, "placement a1-01 " U(1)));
	assert_non_null(strstr(l.text.data, "placement a1-02 " U(1)));
	assert_int_equal(l.placements, 3);
	loaded_free(&l);
}

static void held_lease_fails_the_whole(void **state)
{
	struct place *p = *state;
	struct lease first = lease("vm:1", "sato"), second = lease("vm:1", "mori");
	struct store_tx *tx = store_begin(p->store);

	store_take_lease(tx, &first);
	commit_ok(p, tx);
	tx = store_begin(p->store);
	put_vm(tx, "vm:9", U(9), "new");
	append(tx, "begin", "vm:9", "");
	store_take_lease(tx, &second);
	struct err *e = commit_wait(p, tx);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_LEASE);
	assert_string_equal(error_arg(e, "by"), "sato");
	assert_int_equal(json_integer_value(json_object_get(e->msg.args, "since")), 77);
	assert_error(e, "store.lease");
	assert_loads(p, "l", "lease lease:vm:1 vm:1 db01a sato job:000001 power-off 77\n");
	json_t *r = audit(p, "", 0, 0, 10);
	assert_int_equal(json_array_size(r), 0);
	json_decref(r);

	/* Given back and taken in one transaction is fine. */
	tx = store_begin(p->store);
	store_drop_lease(tx, "vm:1");
	store_take_lease(tx, &second);
	commit_ok(p, tx);
	assert_loads(p, "l", "lease lease:vm:1 vm:1 db01a mori job:000001 power-off 77\n");
}

/* One UUID has one id; ids are there and not endless. */
static void impossible_is_refused(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);
	char *endless = xmalloc(100001), *text;

	memset(endless, 'x', 100000);
	endless[100000] = '\0';
	put_vm(tx, "vm:1", U(1), endless);
	commit_ok(p, tx);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.vms, 1);
	text = strchr(l.text.data, 'x');
	assert_int_equal(strspn(text, "x"), 16 * 1024);
	loaded_free(&l);
	tx = store_begin(p->store);
	put_vm(tx, "vm:3", U(3), "b");
	put_vm(tx, "vm:2", U(1), "a");
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	put_vm(tx, endless, U(4), "a");
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	put_vm(tx, "vm:4", "", "a");
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	json_t *list = json_array();
	store_append(tx, list);
	json_decref(list);
	assert_error(commit_wait(p, tx), "store.write");
	tx = store_begin(p->store);
	append(tx, endless, endless, "");
	commit_ok(p, tx);
	commit_ok(p, store_begin(p->store));
	loaded_read(p, &l);
	assert_int_equal(l.vms, 1);
	loaded_free(&l);
	free(endless);
}

/* ---- order ---- */

struct numbered {
	int *next;
	int n;
	bool bad;
};

static void in_turn(void *ctx, struct err *e)
{
	struct numbered *m = ctx;

	assert_int_equal(*m->next, m->n);
	(*m->next)++;
	assert_int_equal(e != NULL, m->bad);
	err_free(e);
}

/* Thousands handed over at once, every seventh failing: each has its own outcome, in its own turn, and
 * the chain holds. */
static void order(void **state)
{
	struct place *p = *state;
	enum { N = 3000 };
	struct numbered *m = xcalloc(N, sizeof *m);
	struct lease l = lease("vm:held", "sato");
	struct store_tx *tx = store_begin(p->store);
	int next = 0;

	store_take_lease(tx, &l);
	commit_ok(p, tx);
	for (int i = 0; i < N; i++) {
		char id[32], uuid[64];

		snprintf(id, sizeof id, "vm:%016x", i);
		snprintf(uuid, sizeof uuid, "u%d", i);
		m[i] = (struct numbered){&next, i, i % 7 == 3};
		tx = store_begin(p->store);
		put_vm(tx, id, uuid, "x");
		append(tx, "begin", id, "");
		if (m[i].bad)
			store_take_lease(tx, &l);
		store_commit(tx, in_turn, &m[i]);
	}
	json_t *v = verify(p);
	assert_int_equal(next, N); /* asked last, answered last */
	assert_true(json_is_true(json_object_get(v, "ok")));
	assert_int_equal(json_integer_value(json_object_get(v, "records")), N - (N + 3) / 7);
	json_decref(v);
	struct loaded all;
	loaded_read(p, &all);
	assert_int_equal(all.vms, N - (N + 3) / 7);
	loaded_free(&all);
	free(m);
}

struct chained {
	struct place *p;
	int left;
};

static void once_more(void *ctx, struct err *e)
{
	struct chained *c = ctx;

	assert_null(e);
	if (c->left-- > 0) {
		struct store_tx *tx = store_begin(c->p->store);

		append(tx, "more", "vm:1", "");
		store_commit(tx, once_more, c);
	}
}

/* Closing finishes what was handed over, and what its completions hand over. */
static void close_finishes(void **state)
{
	struct place *p = *state;
	struct chained c = {p, 5};

	once_more(&c, NULL);
	store_commit(store_begin(p->store), NULL, NULL);
	place_close(p);
	assert_int_equal(c.left, -1);
	place_open(p);
	json_t *r = audit(p, "vm:1", 0, 0, 100);
	assert_int_equal(json_array_size(r), 5);
	json_decref(r);
}

static void jobs_that_load(void **state)
{
	struct place *p = *state;
	struct store_tx *tx = store_begin(p->store);

	for (int i = 0; i < 300; i++) {
		char id[32];
		struct store_job j;

		snprintf(id, sizeof id, "job:%06x", i);
		j = job(id, i == 10 ? JOB_UNKNOWN : JOB_FAILED, NULL, 0);
		store_put_job(tx, &j);
	}
	commit_ok(p, tx);
	struct loaded l;
	loaded_read(p, &l);
	assert_int_equal(l.jobs, 201);
	assert_true(!strncmp(l.text.data, "job job:00000a ", 15)); /* the open one is the oldest */
	assert_null(strstr(l.text.data, "job:000063"));
	assert_non_null(strstr(l.text.data, "job:000064"));
	loaded_free(&l);
}

/* ---- a big site ---- */

static void big(void **state)
{
	struct place *p = *state;
	enum { N = 10000, A_HOST = 16 };
	struct vm *vms = xcalloc(N, sizeof *vms);
	char(*uuids)[40] = xcalloc(N, sizeof *uuids);
	struct store_tx *tx = store_begin(p->store);
	int64_t t0 = clock_boot_ms();

	for (int i = 0; i < N; i++) {
		char id[32], name[32];

		snprintf(id, sizeof id, "vm:%08x%08x", i * 2654435761u, i);
		snprintf(name, sizeof name, "web%05d", i);
		snprintf(uuids[i], sizeof uuids[i], "%08x-0000-4000-8000-%012x", i * 2654435761u, i);
		put_vm(tx, id, uuids[i], name);
		vms[i] = vm(uuids[i], "web", VM_RUNNING);
	}
	commit_ok(p, tx);
	int64_t t1 = clock_boot_ms();
	for (int i = 0; i < N; i += A_HOST) {
		const struct vm *on[A_HOST];
		char name[32];

		for (int k = 0; k < A_HOST; k++)
			on[k] = &vms[i + k];
		snprintf(name, sizeof name, "a%d", i);
		struct blade b = blade(name);
		store_cache_host(p->store, &b, on, A_HOST);
	}
	place_close(p);
	int64_t t2 = clock_boot_ms();
	place_open(p);
	int64_t t3 = clock_boot_ms();
	struct loaded l;
	loaded_read(p, &l);
	int64_t t4 = clock_boot_ms();
	print_message("%d VMs: minted %lld ms, cached and closed %lld ms, opened %lld ms, loaded %lld ms\n", N,
		(long long)(t1 - t0), (long long)(t2 - t1), (long long)(t3 - t2), (long long)(t4 - t3));
	assert_int_equal(l.vms, N);
	assert_int_equal(l.placements, N);
	assert_int_equal(l.hosts, N / A_HOST);
	loaded_free(&l);
	free(uuids);
	free(vms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(round_trip, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(cache_is_coalesced, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(held_lease_fails_the_whole, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(impossible_is_refused, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(order, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(close_finishes, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(jobs_that_load, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(big, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

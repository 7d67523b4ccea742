/* The pool: it grows when its workers are stuck, calls do not wait behind connects, what is idle ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"
#include "fleet/mailbox.h"
#include "fleet/table.h"
#include "fleet/workers.h"
#include "patience.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool open_gate;
static int order[4096], norder;

struct job { struct work work; int n; bool hangs; int ms; _Atomic int began, back; };

static void run(struct work *w)
{
	struct job *j = (struct job *)w;

	pthread_mutex_lock(&lock);
	order[norder++] = j->n;
	atomic_store(&j->began, 1);
	while (j->hangs && !open_gate)
		pthread_cond_wait(&moved, &lock);
	pthread_mutex_unlock(&lock);
	if (j->ms)
		usleep((useconds_t)j->ms * 1000);
}

static void back(struct work *w)
{
	atomic_store(&((struct job *)w)->back, 1);
}

static struct job *job(int n, bool hangs, int ms)
{
	struct job *j = xcalloc(1, sizeof(*j));

	*j = (struct job){ .work = { .run = run, .returned = back }, .n = n, .hangs = hangs, .ms = ms };
	return j;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool within(_Atomic int *flag, int ms)
{
	int64_t end = now() + (int64_t)ms * patience();

	while (!atomic_load(flag) && now() < end)
		usleep(1000);
	return atomic_load(flag);
}

static void open_all(void)
{
	pthread_mutex_lock(&lock);
	open_gate = true;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

static int setup(void **state)
{
	open_gate = false;
	norder = 0;
	return 0;
}

static void grows_when_stuck(void **state)
{
	struct workers *p = workers_new(&(struct workers_config){ .running = 4 });
	struct job *j[200];
	int64_t start = now();

	for (int i = 0; i < 200; i++)
		workers_put(p, WORK_CONNECT, 0, &(j[i] = job(i, true, 0))->work);
	usleep(30000);
	int threads = (int)workers_count(p).threads;
	if (now() - start < 60) /* the machine did not stand still */
		assert_in_range(threads, 0, 4);            /* not all at once */
	assert_true(within(&j[199]->began, 20000));        /* but all in the end */
	assert_true(now() - start < 12000 * patience());
	assert_int_equal(workers_count(p).threads, 200);
	open_all();
	for (int i = 0; i < 200; i++)
		assert_true(within(&j[i]->back, 5000));
	assert_true(workers_free(p, 1000));
	for (int i = 0; i < 200; i++)
		free(j[i]);
}

static void calls_do_not_wait_behind_connects(void **state)
{
	struct workers *p = workers_new(&(struct workers_config){ .running = 4, .cap = 128 });
	struct job *j[500], *call[20];
	int64_t start;

	for (int i = 0; i < 500; i++)
		workers_put(p, WORK_CONNECT, 0, &(j[i] = job(i, true, 0))->work);
	/* Until connects have taken all the threads that they may. */
	for (start = now(); workers_count(p).threads < 64 && now() - start < 60000;)
		usleep(10000);
	usleep(300000);
	assert_int_equal(workers_count(p).threads, 64);
	for (int i = 0; i < 20; i++) {
		start = now();
		workers_put(p, WORK_CALL, 0, &(call[i] = job(1000 + i, false, 0))->work);
		assert_true(within(&call[i]->back, 1000));
		assert_true(now() - start < 100 * patience());
	}
	open_all();
	for (int i = 0; i < 500; i++)
		assert_true(within(&j[i]->back, 5000));
	assert_true(workers_free(p, 1000));
	for (int i = 0; i < 500; i++)
		free(j[i]);
	for (int i = 0; i < 20; i++)
		free(call[i]);
}

static void few_failures_first(void **state)
{
	struct workers *p = workers_new(&(struct workers_config){ .running = 1 });
	struct job *first = job(99, true, 0), *j[6];
	static const unsigned failures[6] = { 50, 3, 0, 1, 3, 0 };
	static const int expect[7] = { 99, 2, 5, 3, 1, 4, 0 };

	workers_put(p, WORK_CONNECT, 0, &first->work);
	assert_true(within(&first->began, 1000));
	for (int i = 0; i < 6; i++)
		workers_put(p, WORK_CONNECT, failures[i], &(j[i] = job(i, false, 0))->work);
	open_all();
	for (int i = 0; i < 6; i++)
		assert_true(within(&j[i]->back, 2000));
	assert_memory_equal(order, expect, sizeof(expect));
	assert_true(workers_free(p, 1000));
	for (int i = 0; i < 6; i++)
		free(j[i]);
	free(first);
}

static void idle_ones_end(void **state)
{
	struct workers *p = workers_new(&(struct workers_config){ .running = 8, .idle_ms = 200 });
	struct job *j[8];
	int64_t end = now() + 2000 * patience();

	for (int i = 0; i < 8; i++)
		workers_put(p, WORK_CALL, 0, &(j[i] = job(i, false, 20))->work);
	for (int i = 0; i < 8; i++)
		assert_true(within(&j[i]->back, 2000));
	while (workers_count(p).threads && now() < end)
		usleep(20000);
	assert_int_equal(workers_count(p).threads, 0);
	for (int i = 0; i < 8; i++)
		free(j[i]);
	/* and the pool still works */
	j[0] = job(0, false, 0);
	workers_put(p, WORK_CALL, 0, &j[0]->work);
	assert_true(within(&j[0]->back, 1000));
	assert_true(workers_free(p, 1000));
	free(j[0]);
}

static void take_back(void **state)
{
	struct workers *p = workers_new(&(struct workers_config){ .running = 1 });
	struct job *first = job(0, true, 0), *second = job(1, false, 0);

	workers_put(p, WORK_CALL, 0, &first->work);
	assert_true(within(&first->began, 1000));
	workers_put(p, WORK_CALL, 0, &second->work);
	assert_true(workers_take_back(p, &second->work));
	assert_false(workers_take_back(p, &second->work));
	assert_false(workers_take_back(p, &first->work));
	open_all();
	assert_true(within(&first->back, 1000));
	usleep(50000);
	assert_int_equal(atomic_load(&second->began), 0);
	assert_true(workers_free(p, 1000));
	free(first);
	free(second);
}

static int ntasks(void)
{
	char line[128];
	int n = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Threads: %d", &n) == 1)
			break;
	fclose(f);
	return n;
}

static void no_thread_is_left(void **state)
{
	int before = ntasks(), n = 0;

	for (int round = 0; round < 20; round++) {
		struct workers *p = workers_new(NULL);
		struct job *j[30];

		for (int i = 0; i < 30; i++)
			workers_put(p, i & 1 ? WORK_CALL : WORK_CONNECT, (unsigned)i, &(j[i] = job(i, false, 1))->work);
		for (int i = 0; i < 30; i++)
			assert_true(within(&j[i]->back, 2000));
		assert_true(workers_free(p, 1000));
		for (int i = 0; i < 30; i++)
			free(j[i]);
	}
	while (ntasks() > before && n++ < 10000) /* the kernel takes a moment after the join */
		usleep(1000);
	assert_int_equal(ntasks(), before);
}

/* ---- the mailbox ---- */

struct letter { struct mail mail; int n; };
static int opened[2000], nopened;

static void open_letter(struct mail *m)
{
	opened[nopened++] = ((struct letter *)m)->n;
	free(m);
}

static void *post_all(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		struct letter *l = xcalloc(1, sizeof(*l));

		l->mail.open = open_letter;
		l->n = i;
		mailbox_put(arg, &l->mail);
	}
	return NULL;
}

static void mail_in_order_and_in_portions(void **state)
{
	struct loop *l = loop_new();
	struct mailbox *b = mailbox_new(l);
	pthread_t t;

	nopened = 0;
	pthread_create(&t, NULL, post_all, b);
	pthread_join(t, NULL);
	loop_step(l, 100);
	assert_in_range(nopened, 1, 256); /* a storm does not hold the loop */
	while (nopened < 1000)
		loop_step(l, 100);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(opened[i], i);
	post_all(b);
	mailbox_wait(b, 1000);
	assert_int_equal(nopened, 2000);
	mailbox_free(b, false); /* something is still posted */
	loop_free(l);
}

/* ---- the table ---- */

static void table_as_expected(void **state)
{
	struct table t = { 0 };
	static istr keys[3000];
	static int values[3000];
	char tmp[16];
	size_t n = 0;

	for (int i = 0; i < 3000; i++) {
		snprintf(tmp, sizeof(tmp), "k%d", i);
		keys[i] = intern(tmp);
		table_put(&t, keys[i], &values[i]);
	}
	for (int i = 0; i < 3000; i += 2)
		table_drop(&t, keys[i]);
	for (int i = 0; i < 3000; i++)
		assert_ptr_equal(table_get(&t, keys[i]), i & 1 ? &values[i] : NULL);
	assert_ptr_equal(table_find(&t, "k2999"), &values[2999]);
	assert_null(table_find(&t, "nothing"));
	for (size_t i = 0; table_next(&t, &i);)
		n++;
	assert_int_equal(n, 1500);
	for (int round = 0; round < 50; round++) { /* come and go without growing for ever */
		for (int i = 0; i < 3000; i += 2)
			table_put(&t, keys[i], &values[i]);
		for (int i = 0; i < 3000; i += 2)
			table_drop(&t, keys[i]);
	}
	assert_true(t.size <= 16384);
	for (int i = 0; i < 3000; i++)
		intern_free(keys[i]);
	table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(grows_when_stuck, setup),
		cmocka_unit_test_setup(calls_do_not_wait_behind_connects, setup),
		cmocka_unit_test_setup(few_failures_first, setup),
		cmocka_unit_test_setup(idle_ones_end, setup),
		cmocka_unit_test_setup(take_back, setup),
		cmocka_unit_test_setup(no_thread_is_left, setup),
		cmocka_unit_test(mail_in_order_and_in_portions),
		cmocka_unit_test(table_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

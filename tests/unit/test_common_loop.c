/* The loop: timers on a clock moved by hand, descriptors, posts from threads, end-of-turn work, signals, children. */
#include "common/buf.h"
#include "common/clock.h"
#include "common/loop.h"
#include "patience.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

static char said[256]; /* what callbacks did, in order */

static void say(void *ctx)
{
	strncat(said, ctx, sizeof said - strlen(said) - 1);
}

static void assert_said(const char *want)
{
	assert_string_equal(said, want);
	*said = 0;
}

/* The text as a context: equal texts are one pointer. */
static void *word(const char *s)
{
	static char words[32][16];
	int i = 0;

	while (*words[i] && strcmp(words[i], s))
		i++;
	assert_in_range(i, 0, 30);
	return strcpy(words[i], s);
}

static int64_t real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- timers ---- */

static void timers_fire_in_order(void **state)
{
	clock_fake(1000000, 0);
	struct loop *l = loop_new();
	struct loop_timer *a = loop_timer_new(l, say, word("a")), *b = loop_timer_new(l, say, word("b")), *c = loop_timer_new(l, say, word("c"));

	loop_timer_set(c, 30);
	loop_timer_set(a, 10);
	loop_timer_set(b, 10);
	assert_true(loop_timer_pending(a));
	assert_false(loop_step(l, 0));
	clock_fake_advance(9);
	loop_step(l, 0);
	assert_said("");
	clock_fake_advance(1);
	assert_true(loop_step(l, 0));
	assert_said("ab");
	assert_false(loop_timer_pending(a));
	clock_fake_advance(1000);
	loop_step(l, 0);
	assert_said("c");
	loop_step(l, 0);
	assert_said(""); /* once for each set */
	loop_timer_set(a, 10);
	loop_timer_set(a, 100); /* set anew */
	clock_fake_advance(10);
	loop_step(l, 0);
	assert_said("");
	loop_timer_set(a, -5); /* at once, but not inside this call */
	assert_said("");
	loop_step(l, -1);
	assert_said("a");
	loop_timer_set(a, 0);
	loop_timer_clear(a);
	loop_timer_clear(a);
	loop_step(l, 0);
	assert_said("");
	loop_timer_set(b, INT64_MAX);
	loop_step(l, 0);
	loop_timer_free(a);
	loop_timer_free(b);
	loop_timer_free(c);
	loop_timer_free(NULL);
	loop_free(l);
	clock_real();
}

struct self { struct loop_timer *t, *other; int fired; };

static void again(void *ctx)
{
	struct self *s = ctx;

	s->fired++;
	loop_timer_set(s->t, 0);
}

static void end_both(void *ctx)
{
	struct self *s = ctx;

	s->fired++;
	loop_timer_free(s->t);
	loop_timer_free(s->other);
}

static void timers_in_their_own_callback(void **state)
{
	clock_fake(1, 0);
	struct loop *l = loop_new();
	struct self s = {0}, e = {0};

	s.t = loop_timer_new(l, again, &s);
	loop_timer_set(s.t, 0);
	for (int i = 1; i <= 5; i++) {
		loop_step(l, -1);
		assert_int_equal(s.fired, i); /* one a turn: it starves nobody */
	}
	loop_timer_free(s.t);
	e.t = loop_timer_new(l, end_both, &e);
	e.other = loop_timer_new(l, say, word("never"));
	loop_timer_set(e.t, 0);
	loop_timer_set(e.other, 0);
	loop_step(l, 0);
	loop_step(l, 0);
	assert_int_equal(e.fired, 1);
	assert_said("");
	loop_free(l);
	clock_real();
}

struct due { struct loop_timer *t; int64_t at; };
static int64_t last_due;
static int fired;

static void check_due(void *ctx)
{
	struct due *d = ctx;

	assert_true(d->at >= last_due);
	assert_true(d->at <= clock_boot_ms());
	last_due = d->at;
	d->at = -1;
	fired++;
}

/* Random sets and clears: each fires when it is due, never before, in order. */
static void timers_against_a_model(void **state)
{
	enum { N = 500 };
	static struct due d[N];
	unsigned seed = 3;

	clock_fake(0, 0);
	struct loop *l = loop_new();
	for (int i = 0; i < N; i++)
		d[i] = (struct due){loop_timer_new(l, check_due, &d[i]), -1};
	for (int round = 0; round < 3000; round++) {
		for (int j = 0; j < 5; j++) {
			struct due *one = &d[rand_r(&seed) % N];
			if (rand_r(&seed) % 4) {
				int after = rand_r(&seed) % 1000;
				loop_timer_set(one->t, after);
				one->at = clock_boot_ms() + after;
			} else {
				loop_timer_clear(one->t);
				one->at = -1;
			}
		}
		clock_fake_advance(rand_r(&seed) % 20);
		last_due = 0;
		loop_step(l, 0);
		for (int i = 0; i < N; i++) {
			assert_int_equal(loop_timer_pending(d[i].t), d[i].at >= 0);
			assert_true(d[i].at < 0 || d[i].at > clock_boot_ms());
		}
	}
	assert_true(fired > 1000);
	for (int i = 0; i < N; i += 2)
		loop_timer_free(d[i].t);
	loop_free(l);
	for (int i = 1; i < N; i += 2)
		loop_timer_free(d[i].t); /* outliving the loop does no harm */
	clock_real();
}

static void timers_in_real_time(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer *t = loop_timer_new(l, say, word("x"));
	int64_t start = real_ms();
	int turns = 0;

	loop_timer_set(t, 60);
	while (loop_timer_pending(t)) {
		loop_step(l, -1);
		turns++;
	}
	int64_t took = real_ms() - start;
	assert_in_range(took, 59, 1000 * patience());
	assert_in_range(turns, 1, 3);
	assert_said("x");
	start = real_ms();
	assert_false(loop_step(l, 30));
	assert_in_range(real_ms() - start, 29, 1000 * patience());
	loop_timer_free(t);
	loop_free(l);
}

/* Nothing to do means nothing done. */
static void rests(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer *t = loop_timer_new(l, say, word("x"));
	struct rusage before, after;

	loop_timer_set(t, 3600 * 1000);
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	struct loop_io *io = loop_io_add(l, fds[0], LOOP_READ, NULL, NULL);
	struct loop_io *resting = loop_io_add(l, fds[1], 0, NULL, NULL);
	loop_step(l, 0);
	getrusage(RUSAGE_THREAD, &before);
	assert_false(loop_step(l, 300));
	getrusage(RUSAGE_THREAD, &after);
	assert_true(after.ru_nvcsw - before.ru_nvcsw <= 2); /* it slept once */
	loop_io_del(io);
	loop_io_del(resting);
	close(fds[0]);
	close(fds[1]);
	loop_timer_free(t);
	loop_free(l);
	assert_said("");
}

/* ---- descriptors ---- */

struct pipe_end { struct loop_io *io, *other; struct loop *l; int got, ends, writable; bool drop; };

static void on_pipe(void *ctx, int fd, int events)
{
	struct pipe_end *p = ctx;
	char byte;

	if (events & LOOP_READ) {
		if (read(fd, &byte, 1) == 1)
			p->got++;
		else
			p->ends++;
	}
	if (events & LOOP_WRITE)
		p->writable++;
	if (p->drop) {
		loop_io_del(p->io);
		if (p->other)
			loop_io_del(p->other);
		p->io = p->other = NULL;
	}
}

static void descriptors(void **state)
{
	struct loop *l = loop_new();
	int fds[2];
	struct pipe_end r = {0}, w = {0};

	assert_int_equal(pipe(fds), 0);
	r.io = loop_io_add(l, fds[0], LOOP_READ, on_pipe, &r);
	w.io = loop_io_add(l, fds[1], 0, on_pipe, &w);
	assert_false(loop_step(l, 0));
	assert_int_equal(write(fds[1], "ab", 2), 2);
	assert_true(loop_step(l, 1000));
	assert_int_equal(r.got, 1);
	loop_io_events(r.io, 0);
	loop_io_events(r.io, 0);
	assert_false(loop_step(l, 0));
	loop_io_events(r.io, LOOP_READ);
	loop_io_events(w.io, LOOP_WRITE);
	loop_step(l, 1000);
	assert_int_equal(r.got, 2);
	assert_int_equal(w.writable, 1);
	/* both are ready; whichever comes first ends both */
	assert_int_equal(write(fds[1], "c", 1), 1);
	r.drop = w.drop = true;
	r.other = w.io;
	w.other = r.io;
	loop_step(l, 1000);
	assert_int_equal(r.got + w.writable, 4);
	assert_false(loop_step(l, 0));
	/* the other side gone is readable */
	r = (struct pipe_end){0};
	close(fds[1]);
	r.io = loop_io_add(l, fds[0], LOOP_READ, on_pipe, &r);
	for (int i = 0; i < 3 && !r.ends; i++)
		assert_true(loop_step(l, 1000));
	assert_int_equal(r.ends, 1);
	loop_free(l);
	loop_io_del(r.io); /* outliving the loop does no harm */
	loop_io_del(NULL);
	close(fds[0]);
}

static void say_pipe(void *ctx, int fd, int events)
{
	char byte;

	assert_int_equal(read(fd, &byte, 1), 1);
	say(ctx);
}

/* Whichever was added, and was ready, first. */
static void first_among_descriptors(void **state)
{
	for (int turn = 0; turn < 4; turn++) {
		struct loop *l = loop_new();
		int a[2], b[2];

		assert_int_equal(pipe(a), 0);
		assert_int_equal(pipe(b), 0);
		struct loop_io *x = loop_io_add(l, a[0], LOOP_READ, say_pipe, word("a"));
		struct loop_io *y = loop_io_add(l, b[0], turn & 1 ? LOOP_READ : 0, say_pipe, word("b"));
		loop_io_first(y);
		loop_io_events(y, LOOP_READ);
		assert_int_equal(write(turn & 2 ? a[1] : b[1], "1", 1), 1);
		assert_int_equal(write(turn & 2 ? b[1] : a[1], "1", 1), 1);
		loop_step(l, 1000);
		assert_said("ba");
		loop_io_del(x);
		loop_io_del(y);
		loop_free(l);
		for (int i = 0; i < 2; i++) {
			close(a[i]);
			close(b[i]);
		}
	}
}

/* ---- posts ---- */

enum { THREADS = 4, POSTS = 5000 };
struct post { int thread, n; };
static int next_of[THREADS], posts_seen;
static struct loop *post_loop;

static void on_post(void *ctx)
{
	struct post *p = ctx;

	assert_int_equal(p->n, next_of[p->thread]);
	next_of[p->thread]++;
	free(p);
	if (++posts_seen == THREADS * POSTS)
		loop_stop(post_loop);
}

static void *poster(void *ctx)
{
	int thread = *(int *)ctx;

	for (int i = 0; i < POSTS; i++) {
		struct post *p = xmalloc(sizeof *p);
		*p = (struct post){thread, i};
		loop_post(post_loop, on_post, p);
		if (i % 500 == 0)
			usleep(100);
	}
	return NULL;
}

static void posts_from_threads(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	post_loop = loop_new();
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, poster, &numbers[i]);
	}
	loop_run(post_loop);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next_of[i], POSTS);
	}
	loop_free(post_loop);
}

static struct loop *l_again;
static int reposts;

static void repost(void *ctx)
{
	if (++reposts < 10)
		loop_post(l_again, repost, ctx);
}

static void free_runs_what_was_posted(void **state)
{
	l_again = loop_new();
	loop_post(l_again, say, word("1"));
	loop_post(l_again, say, word("2"));
	loop_post(l_again, repost, NULL);
	loop_free(l_again);
	assert_said("12");
	assert_int_equal(reposts, 10);
	loop_free(NULL);
}

static void posts_wake_a_sleeper(void **state)
{
	struct loop *l = loop_new();

	loop_post(l, say, word("x"));
	assert_true(loop_step(l, -1));
	assert_said("x");
	loop_free(l);
}

/* ---- the end of the turn ---- */

static struct loop *soon_loop;

static void ask_again(void *ctx)
{
	say(word("r"));
	loop_soon(soon_loop, say, word("s"));
	loop_soon_cancel(soon_loop, say, word("cancelled"));
	if (ctx)
		loop_soon(soon_loop, ask_again, NULL);
}

static void soon_runs_once(void **state)
{
	struct loop *l = soon_loop = loop_new();
	static char many[1000];

	loop_soon(l, say, word("a"));
	loop_soon(l, say, word("b"));
	loop_soon(l, say, word("a"));
	assert_true(loop_step(l, -1)); /* does not sleep */
	assert_said("ab");
	assert_false(loop_step(l, 0));
	loop_soon(l, ask_again, l);
	loop_soon(l, say, word("cancelled"));
	loop_step(l, -1);
	assert_said("r"); /* what is asked for in it comes a turn later; what it took back, never */
	loop_step(l, -1);
	assert_said("sr");
	loop_step(l, -1);
	assert_said("s");
	loop_soon(l, say, word("x"));
	loop_soon_cancel(l, say, word("x"));
	loop_soon_cancel(l, say, word("y"));
	loop_step(l, 0);
	assert_said("");
	loop_soon(l, say, word("x"));
	loop_soon_cancel(l, say, word("x"));
	loop_soon(l, say, word("x"));
	loop_step(l, 0);
	assert_said("x");
	for (int round = 0; round < 3; round++) {
		for (int twice = 0; twice < 2; twice++) {
			for (int i = 0; i < 1000; i++)
				loop_soon(l, say, &many[i]);
		}
		loop_step(l, 0);
	}
	assert_said("");
	loop_soon(l, say, word("dropped"));
	loop_free(l);
	assert_said("");
}

static int counted;

static void count(void *ctx)
{
	counted++;
}

static void soon_runs_each_of_many(void **state)
{
	struct loop *l = loop_new();
	static char many[5000];

	for (int round = 1; round <= 3; round++) {
		for (int i = 0; i < 10000; i++)
			loop_soon(l, count, &many[i * 7 % 5000]);
		loop_step(l, 0);
		assert_int_equal(counted, 5000 * round);
	}
	loop_free(l);
}

/* ---- signals, children, stopping ---- */

static void on_signal(void *ctx, int signo)
{
	assert_int_equal(signo, SIGUSR1);
	say(ctx);
}

static void signals(void **state)
{
	struct loop *l = loop_new();

	loop_signal(l, SIGUSR1, on_signal, word("old"));
	loop_signal(l, SIGUSR1, on_signal, word("new"));
	raise(SIGUSR1);
	for (int i = 0; i < 10 && !*said; i++)
		loop_step(l, 100);
	assert_said("new");
	loop_free(l);
	l = loop_new(); /* a later loop may have it */
	loop_signal(l, SIGUSR1, on_signal, word("2"));
	raise(SIGUSR1);
	for (int i = 0; i < 10 && !*said; i++)
		loop_step(l, 100);
	assert_said("2");
	loop_free(l);
}

static int statuses[8], children_seen;

static void on_child(void *ctx, pid_t pid, int status)
{
	*(int *)ctx = status;
	children_seen++;
}

static pid_t child(int code, int delay_us)
{
	pid_t pid = fork();

	if (!pid) {
		usleep((useconds_t)delay_us);
		if (code < 0)
			raise(SIGKILL);
		_exit(code);
	}
	return pid;
}

static void children(void **state)
{
	struct loop *l = loop_new();

	loop_child(l, child(3, 0), on_child, &statuses[0]);
	loop_child(l, child(-1, 20000), on_child, &statuses[1]);
	pid_t gone = child(0, 0);
	pid_t later = child(7, 0);
	usleep(30000); /* has ended before it is asked for */
	loop_child(l, later, on_child, &statuses[2]);
	assert_int_equal(waitpid(gone, NULL, 0), gone);
	loop_child(l, gone, on_child, &statuses[3]); /* reaped by somebody else */
	for (int i = 0; i < 600 && children_seen < 4; i++)
		loop_step(l, 100);
	assert_int_equal(children_seen, 4);
	assert_true(WIFEXITED(statuses[0]) && WEXITSTATUS(statuses[0]) == 3);
	assert_true(WIFSIGNALED(statuses[1]) && WTERMSIG(statuses[1]) == SIGKILL);
	assert_true(WIFEXITED(statuses[2]) && WEXITSTATUS(statuses[2]) == 7);
	assert_int_equal(statuses[3], -1);
	pid_t unfinished = child(0, 50000);
	loop_child(l, unfinished, on_child, &statuses[4]);
	loop_free(l);
	assert_int_equal(waitpid(unfinished, NULL, 0), unfinished); /* ours again */
	assert_int_equal(children_seen, 4);
}

static void stop(void *ctx)
{
	loop_stop(ctx);
}

static void stops(void **state)
{
	struct loop *l = loop_new();

	loop_stop(l); /* before it runs: it does not run */
	loop_run(l);
	loop_post(l, stop, l);
	loop_post(l, say, word("a"));
	loop_run(l);
	assert_said("a"); /* the turn is finished */
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_fire_in_order),      cmocka_unit_test(timers_in_their_own_callback),
		cmocka_unit_test(timers_against_a_model),    cmocka_unit_test(timers_in_real_time),
		cmocka_unit_test(rests),                     cmocka_unit_test(descriptors),
		cmocka_unit_test(first_among_descriptors),
		cmocka_unit_test(posts_from_threads),        cmocka_unit_test(free_runs_what_was_posted),
		cmocka_unit_test(posts_wake_a_sleeper),      cmocka_unit_test(soon_runs_once),
		cmocka_unit_test(soon_runs_each_of_many),    cmocka_unit_test(signals),
		cmocka_unit_test(children),                  cmocka_unit_test(stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

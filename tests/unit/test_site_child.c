/* Whatever becomes of the reading child, its parent goes on and says what happened. */
#include "test_site_help.h"
#include "site/site_check.h"
#include "site/site_child.h"
#include "common/buf.h"
#include "common/clock.h"
#include "patience.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void crash(void)
{
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
}

static void leave(void)
{
	_exit(2); /* what libconfuse's lexer does */
}

static void leave_well(void)
{
	_exit(0);
}

static void hang(void)
{
	for (;;)
		pause();
}

static void spin(void)
{
	for (;;)
		;
}

static void close_and_hang(void)
{
	close(3);
	hang();
}

static void babble(void)
{
	if (write(3, "{\"model\":{}}", 12) != 12)
		_exit(9);
	_exit(0);
}

static int signals_of_parent;

static void on_signal(int signo)
{
	signals_of_parent++;
}

/* Handlers, masks and descriptors of the parent must not be the child's. */
static void look_around(void)
{
	struct sigaction a;
	sigset_t mask;

	sigaction(SIGUSR1, NULL, &a);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	if (a.sa_handler != SIG_DFL || sigismember(&mask, SIGUSR2))
		_exit(21);
	for (int fd = 4; fd < 1024; fd++)
		if (lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF)
			_exit(22);
}

static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

struct got {
	struct site_model *m;
	char id[64];
	int calls;
};

static void on_done(void *ctx, struct site_model *m, struct site_errors *errors)
{
	struct got *g = ctx;

	g->calls++;
	g->m = m;
	snprintf(g->id, sizeof g->id, "%s", errors->n ? errors->list[0].err->msg.id : "");
	site_errors_free(errors);
}

/* Reads with the hook, waiting and on a loop; both must say id ("" = a model). */
static void both(void (*hook)(void), int ms, const char *id)
{
	char *path = test_path("site.conf");
	struct site_model *m;
	struct site_errors errors;
	struct got g = {0};
	struct loop *l = loop_new();
	int fds = open_fds();

	test_write("site.conf", "site t { }\nrack A { }\n");
	site_child_hook = hook;
	site_child_ms = ms;
	site_read(path, &m, &errors);
	assert_true((m != NULL) == !*id);
	assert_int_equal(errors.n, *id != '\0');
	if (*id) {
		assert_string_equal(errors.list[0].err->msg.id, id);
		assert_string_equal(errors.list[0].file, path);
	}
	site_errors_free(&errors);
	site_free(m);

	site_read_async(l, path, on_done, &g);
	assert_int_equal(g.calls, 0);
	for (int64_t end = clock_boot_ms() + 20000; !g.calls && clock_boot_ms() < end;)
		loop_step(l, 100);
	assert_int_equal(g.calls, 1);
	assert_string_equal(g.id, id);
	site_free(g.m);
	for (int i = 0; i < 50 && waitpid(-1, NULL, WNOHANG) != -1; i++)
		loop_step(l, 20); /* a killed child is taken */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(open_fds(), fds);
	loop_free(l);
	site_child_hook = NULL;
	site_child_ms = SITE_READ_S * 1000;
	free(path);
}

static void test_good(void **state)
{
	both(NULL, 20000, "");
}

static void test_bad_ends(void **state)
{
	both(crash, 20000, "site.child.killed");
	both(leave, 20000, "site.child.ended");
	both(leave_well, 20000, "site.child.answer");
	both(babble, 20000, "site.child.answer");
}

static void test_late(void **state)
{
	int64_t from = clock_boot_ms();

	both(hang, 200, "site.child.late");
	both(spin, 200, "site.child.late");
	assert_in_range(clock_boot_ms() - from, 800, 10000 * patience());
}

/* The answer is over but the child is not: waited for a moment, then ended. */
static void test_closed(void **state)
{
	struct site_model *m;
	struct site_errors errors;
	char *path = test_path("site.conf");

	site_child_hook = close_and_hang;
	site_read(path, &m, &errors);
	assert_null(m);
	assert_string_equal(errors.list[0].err->msg.id, "site.child.killed");
	site_errors_free(&errors);
	site_child_hook = NULL;
	free(path);
}

static void test_surroundings(void **state)
{
	sigset_t mask;
	int fds[8];

	signal(SIGUSR1, on_signal);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR2);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	for (int i = 0; i < 8; i++)
		fds[i] = dup(0);
	both(look_around, 20000, "");
	for (int i = 0; i < 8; i++)
		close(fds[i]);
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

/* On a loop, errors and models come whole however long they are. */
static void test_long(void **state)
{
	struct buf b = {0};
	struct loop *l = loop_new();
	struct got g = {0};
	char *path = test_path("site.conf");

	buf_str(&b, "site t { }\nrack \"R[1-600]\" { enclosure \"{rack}e\" { blade \"{enclosure}[1-16]\" { host = "
		    "\"qemu+ssh://{name}/system\" } } }\n");
	test_write_bytes("site.conf", b.data, b.len);
	site_read_async(l, path, on_done, &g);
	while (!g.calls)
		loop_step(l, 100);
	assert_non_null(g.m);
	assert_int_equal(g.m->nblades, 9600);
	site_free(g.m);
	g = (struct got){0};
	for (int i = 0; i < 900; i++)
		buf_str(&b, "nothing = 1\n");
	test_write_bytes("site.conf", b.data, b.len);
	site_read_async(l, path, on_done, &g);
	while (!g.calls)
		loop_step(l, 100);
	assert_null(g.m);
	assert_string_equal(g.id, "site.unknown");
	loop_free(l);
	buf_free(&b);
	free(path);
}

static char *check(const char *name, int *status)
{
	char *path = test_path(name), *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	*status = site_check_main(path, f);
	fclose(f);
	free(path);
	return text;
}

static void test_check(void **state)
{
	int status;
	char *want, *got;

	test_write("site.conf", "site tokyo { }\nrack A { enclosure A1 { blade \"a[1-16]\" { host = "
				"\"qemu+ssh://{name}/system\" } blade a3 { spare = on } } }\n");
	got = check("site.conf", &status);
	assert_int_equal(status, 0);
	assert_string_equal(got, "tokyo: 1 racks, 1 enclosures, 16 bays, 16 blades (15 with a host, 1 spare), 0 managers, 0 "
				 "clusters, 0 volumes, 0 tenants, 0 grades, 0 plans, 0 pairs, 0 roles\n");
	free(got);
	test_write("site.conf", "site tokyo { colur = red }\nrack A { }\nrack A { }\n");
	got = check("site.conf", &status);
	assert_int_equal(status, 2);
	want = xasprintf("%s/site.conf:1: site has no option or section colur; did you mean colour?\n"
			 "%s/site.conf:3: there is a rack A already, in line 2\n",
		test_dir(), test_dir());
	assert_string_equal(got, want);
	free(got);
	free(want);
	got = check("nowhere.conf", &status);
	assert_int_equal(status, 2);
	want = xasprintf("%s/nowhere.conf: open %s/nowhere.conf: No such file or directory\n", test_dir(), test_dir());
	assert_string_equal(got, want);
	free(got);
	free(want);
}

static int teardown(void **state)
{
	test_dir_remove();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad_ends),
		cmocka_unit_test(test_late), cmocka_unit_test(test_closed), cmocka_unit_test(test_surroundings),
		cmocka_unit_test(test_long), cmocka_unit_test(test_check)};

	return cmocka_run_group_tests(tests, NULL, teardown);
}

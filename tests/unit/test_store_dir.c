/* The store's folder: made for its owner alone, held by one broker at a time, and nothing of it is left open
 * afterwards. */
#include "test_store_help.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t hold(struct place *p, int *from)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		struct loop *loop = loop_new();
		struct store *s;
		struct err *e = store_open(p->dir, loop, &s);
		pid_t child = e ? -1 : fork(); /* what it leaves behind holds nothing */

		if (!child) {
			sleep(60);
			_exit(0);
		}
		if (write(fds[1], &child, sizeof child) != sizeof child)
			_exit(1);
		pause();
		_exit(0);
	}
	close(fds[1]);
	*from = fds[0];
	return pid;
}

static void one_broker(void **state)
{
	struct place *p = *state;
	struct place twin = {.dir = p->dir};
	pid_t left = 0;
	int fd;

	struct err *e = place_try(&twin);
	assert_non_null(e);
	assert_int_equal(json_integer_value(json_object_get(e->msg.args, "pid")), getpid());
	assert_error(e, "store.locked");
	place_close(p);
	pid_t pid = hold(p, &fd);
	assert_int_equal(read(fd, &left, sizeof left), sizeof left);
	close(fd);
	assert_true(left > 0);
	e = place_try(p);
	assert_non_null(e);
	assert_int_equal(json_integer_value(json_object_get(e->msg.args, "pid")), pid);
	assert_error(e, "store.locked");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	place_open(p);
	kill(left, SIGKILL);
}

static void folder(void **state)
{
	struct place *p = *state;
	struct place deep = {.dir = place_path(p, "a/b/c")};
	char *file = place_path(p, "a/b/c/ledger.db");
	struct stat st;

	place_open(&deep);
	assert_int_equal(stat(deep.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	place_close(&deep);
	assert_int_equal(chmod(deep.dir, 0777), 0);
	assert_error(place_try(&deep), "store.dir.open");
	free(deep.dir);
	deep.dir = file;
	assert_error(place_try(&deep), "store.dir");
	deep.dir = place_path(p, "ledger.db/x");
	assert_error(place_try(&deep), "store.dir");
	free(deep.dir);
	free(file);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void nothing_is_left(void **state)
{
	struct place *p = *state;

	place_close(p);
	int fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
	for (int i = 0; i < 50; i++) {
		place_open(p);
		store_commit(store_begin(p->store), NULL, NULL);
		place_close(p);
	}
	assert_int_equal(entries("/proc/self/fd"), fds);
	/* A joined thread may still be seen for a moment. */
	for (int i = 0; i < 3000 && entries("/proc/self/task") > threads; i++)
		usleep(10000);
	assert_int_equal(entries("/proc/self/task"), threads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_broker, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(folder, place_setup, place_teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left, place_setup, place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

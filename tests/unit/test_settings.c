/* What the user chose is there next time: whatever else stands in its file, whatever the file is, and at whatever byte a console was ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/buf.h"
#include "settings/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[] = "/tmp/tana-settings.XXXXXX", file[96], folder[64];

static void clear(void)
{
	char other[128];

	snprintf(other, sizeof other, "%s.new", file);
	chmod(folder, 0700);
	unlink(other);
	unlink(file);
	rmdir(file);
}

static void write_file(const char *text, size_t n)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && write(fd, text, n) == (ssize_t)n);
	close(fd);
}

static char *read_file(void)
{
	static char text[65536];
	int fd = open(file, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	return text;
}

/* Opens them anew, as the next console would; complaint: part of what is said, NULL: nothing is. */
static void again(const char *complaint)
{
	struct err *e;

	settings_open(true, &e);
	if (!complaint && e)
		fail_msg("%s", e->msg.text);
	if (complaint && (!e || !strstr(e->msg.text, complaint)))
		fail_msg("wanted \"%s\", got \"%s\"", complaint, e ? e->msg.text : "nothing");
	err_free(e);
}

static void test_kept(void **state)
{
	const char *names[4];
	struct stat st;

	again(NULL);
	assert_true(settings_kept());
	assert_string_equal(settings_get("theme", "auto"), "auto");
	assert_true(settings_set("theme", "light"));
	assert_true(settings_set("columns.vm", "name,state"));
	assert_true(settings_set("filter.night", "  state:off tenant:\xe9\xa1\xa7 = \"a b\" # x "));
	assert_true(settings_set("theme", "dark"));
	assert_true(settings_set("mouse", "off"));
	assert_true(settings_set("mouse", NULL));
	again(NULL);
	assert_string_equal(settings_get("theme", "auto"), "dark");
	assert_string_equal(settings_get("filter.night", ""), "state:off tenant:\xe9\xa1\xa7 = \"a b\" # x");
	assert_string_equal(settings_get("mouse", "on"), "on");
	assert_int_equal(settings_names("", names, 4), 3);
	assert_string_equal(names[0], "columns.vm");
	assert_int_equal(settings_names("filter.", names, 4), 1);
	assert_string_equal(names[0], "filter.night");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	settings_close();
}

static void test_refused(void **state)
{
	char much[SETTINGS_VALUE_MAX + 2], name[SETTINGS_NAME_MAX + 2];

	clear();
	again(NULL);
	memset(much, 'x', sizeof much - 1);
	much[sizeof much - 1] = '\0';
	assert_false(settings_set("a", much));
	assert_true(settings_set("a", much + 1));
	assert_false(settings_set("a", "two\nlines"));
	assert_false(settings_set("a", "\033[2J"));
	assert_false(settings_set("a b", "x"));
	assert_false(settings_set("", "x"));
	assert_false(settings_set("a=b", "x"));
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_false(settings_set(name, "x"));
	for (int i = 1; i < SETTINGS_MOST; i++) {
		snprintf(name, sizeof name, "n%d", i);
		assert_true(settings_set(name, "x"));
	}
	assert_false(settings_set("more", "x"));
	assert_true(settings_set("n1", "y"));
	assert_true(settings_set("n2", NULL));
	assert_true(settings_set("more", "x"));
	settings_close();
}

/* Nothing is kept, but nothing stops either: it is said once. */
static void not_kept(const char *complaint)
{
	again(complaint);
	assert_false(settings_kept());
	assert_true(settings_set("theme", "light"));
	assert_string_equal(settings_get("theme", ""), "light");
	settings_close();
}

static void test_no_file(void **state)
{
	struct err *e;
	char other[128];

	clear();
	settings_open(false, &e); /* a mode that has no files: none is made, and nothing is said */
	assert_null(e);
	assert_true(settings_set("theme", "light"));
	assert_false(settings_kept());
	settings_close();
	assert_int_equal(access(file, F_OK), -1);

	snprintf(other, sizeof other, "%s/elsewhere", home);
	assert_int_equal(symlink(other, file), 0);
	not_kept("symbolic link");
	assert_int_equal(access(other, F_OK), -1);
	clear();
	assert_int_equal(mkdir(file, 0700), 0);
	not_kept("settings");
	clear();
	assert_int_equal(mkfifo(file, 0600), 0);
	not_kept("alone");
	clear();
	write_file("theme = dark\n", 13);
	assert_int_equal(chmod(file, 0666), 0);
	not_kept("alone");
	chmod(file, 0600);
	if (geteuid() == 0) { /* somebody else's */
		assert_int_equal(chown(file, 65534, 65534), 0);
		not_kept("alone");
		assert_int_equal(chown(file, 0, 0), 0);
	} else {
		chmod(file, 0400);
		not_kept("denied");
	}
	clear();
	setenv("XDG_CONFIG_HOME", "/proc/none", 1);
	not_kept("/proc/none");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("HOME");
	not_kept("settings");
	setenv("HOME", "/", 1);
	if (geteuid() != 0)
		not_kept("alone");
	setenv("HOME", home, 1);
}

/* A disk that is full: what was there stays, what comes holds for the session. */
static void test_full(void **state)
{
	struct rlimit was, small;

	clear();
	again(NULL);
	assert_true(settings_set("theme", "light"));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 20; /* the line goes through it */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(settings_set("columns.vm", "name,state,tenant"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_string_equal(settings_get("columns.vm", ""), "name,state,tenant");
	assert_false(settings_kept());
	again("line 2");
	assert_string_equal(settings_get("theme", ""), "light");
	assert_null(settings_get("columns.vm", NULL));
	assert_true(settings_set("mouse", "off"));
	again(NULL);
	assert_string_equal(settings_get("mouse", ""), "off");
	settings_close();
}

/* Ended at any byte: what was whole before it counts, nothing that is half does; and the next line of another console is whole. */
static void test_torn(void **state)
{
	static const char text[] = "theme = light\ncolumns.vm = name,state\nmouse = off\n";
	static const size_t ends[] = {14, 38, 50};

	for (size_t cut = 0; cut < sizeof text; cut++) {
		size_t lines = 0;
		int other;
		struct err *e;

		for (size_t i = 0; i < 3; i++)
			lines += cut >= ends[i];
		clear();
		again(NULL);
		settings_close();
		write_file(text, cut);
		settings_open(true, &e);
		err_free(e);
		assert_true(settings_kept());
		assert_string_equal(settings_get("theme", "?"), lines > 0 ? "light" : "?");
		assert_string_equal(settings_get("columns.vm", "?"), lines > 1 ? "name,state" : "?");
		assert_string_equal(settings_get("mouse", "?"), lines > 2 ? "off" : "?");

		/* A console that runs meanwhile, and writes behind it. */
		settings_close();
		clear();
		again(NULL);
		other = open(file, O_WRONLY | O_APPEND);
		assert_true(other >= 0 && write(other, text, cut) == (ssize_t)cut);
		close(other);
		assert_true(settings_set("bell", "on"));
		settings_open(true, &e);
		err_free(e);
		assert_string_equal(settings_get("bell", "?"), "on");
		assert_string_equal(settings_get("theme", "?"), lines > 0 ? "light" : "?");
		assert_string_equal(settings_get("columns.vm", "?"), lines > 1 ? "name,state" : "?");
		settings_close();
	}
}

static void test_damaged(void **state)
{
	static const char text[] = "# mine\n\ntheme = light\nwhat is this\n\xff\xfe\x01 = 3\nnext.version = 7\ncolumns.vm=name\r\n";

	clear();
	again(NULL);
	settings_close();
	write_file(text, sizeof text - 1);
	again("line 4");
	assert_string_equal(settings_get("theme", ""), "light");
	assert_string_equal(settings_get("columns.vm", ""), "name");
	assert_string_equal(settings_get("next.version", ""), "7");
	/* It was put aside, and is not complained about again. */
	again(NULL);
	assert_non_null(strstr(read_file(), "# mine\n# not understood: what is this\n"));
	assert_non_null(strstr(read_file(), "next.version = 7\n"));
	settings_close();
}

/* Many changes: the next start that is alone writes it anew, small. One that is not alone leaves it as it is. */
static void test_tidied(void **state)
{
	char value[16];
	struct stat st;
	int ready[2];
	ino_t was;

	clear();
	again(NULL);
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "v%d", i);
		assert_true(settings_set("sort.vm", value));
	}
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size > 5000);
	was = st.st_ino;
	assert_int_equal(pipe(ready), 0);
	settings_close();
	pid_t other = fork();
	if (other == 0) {
		struct err *e;

		settings_open(true, &e);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], value, 1), 1);
	close(ready[0]);
	/* The other one, alone then, has tidied it; now we are two. */
	for (int i = 0; i < 500; i++) {
		snprintf(value, sizeof value, "v%d", i);
		if (i == 0)
			again(NULL);
		assert_true(settings_set("sort.vm", value));
	}
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_ino != was && st.st_size > 5000);
	was = st.st_ino;
	again(NULL);
	assert_string_equal(settings_get("sort.vm", ""), "v499");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_ino, was);
	settings_close();
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	again(NULL);
	assert_string_equal(settings_get("sort.vm", ""), "v499");
	assert_int_equal(stat(file, &st), 0);
	assert_true(st.st_size < 40);
	settings_close();
}

/* Two consoles at once, each with changes of its own and of the other's names: no name is lost, and of each the last value counts. */
static void test_two(void **state)
{
	int turn[2][2];
	char c = 'x';
	pid_t other;

	clear();
	again(NULL);
	assert_true(pipe(turn[0]) == 0 && pipe(turn[1]) == 0);
	other = fork();
	if (other == 0) {
		struct err *e;

		settings_open(true, &e);
		for (int i = 0; i < 50; i++) {
			char name[16], value[16];

			if (read(turn[0][0], &c, 1) != 1)
				_exit(1);
			snprintf(name, sizeof name, "b%d", i);
			snprintf(value, sizeof value, "b%d", i);
			if (!settings_set(name, "1") || !settings_set("shared", value) || write(turn[1][1], &c, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 50; i++) {
		char name[16], value[16];

		snprintf(name, sizeof name, "a%d", i);
		snprintf(value, sizeof value, "a%d", i);
		assert_true(settings_set("shared", value));
		assert_true(write(turn[0][1], &c, 1) == 1 && read(turn[1][0], &c, 1) == 1);
		assert_true(settings_set(name, "1"));
	}
	waitpid(other, NULL, 0);
	again(NULL);
	for (int i = 0; i < 50; i++) {
		char name[16];

		snprintf(name, sizeof name, "a%d", i);
		assert_string_equal(settings_get(name, "lost"), "1");
		name[0] = 'b';
		assert_string_equal(settings_get(name, "lost"), "1");
	}
	assert_string_equal(settings_get("shared", ""), "b49");
	settings_close();
	for (int i = 0; i < 4; i++)
		close(turn[i / 2][i % 2]);
}

/* A wall, and a command: they read what is there, and neither make, hold nor write anything. */
static void test_look(void **state)
{
	struct stat st;

	clear();
	settings_look();
	assert_false(settings_kept());
	assert_int_not_equal(stat(file, &st), 0);
	assert_string_equal(settings_get("theme", "auto"), "auto");
	again(NULL);
	assert_true(settings_set("theme", "light"));
	settings_close();
	for (int i = 0; i < 60; i++) { /* it is written, and has what could be tidied */
		again(NULL);
		assert_true(settings_set("sort.vm", i % 2 ? "name" : "load"));
		settings_close();
	}
	assert_int_equal(stat(file, &st), 0);
	off_t size = st.st_size;
	settings_look();
	assert_false(settings_kept());
	assert_string_equal(settings_get("theme", "auto"), "light");
	assert_true(settings_set("theme", "dark"));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, size);
	settings_close();
	assert_true(chmod(file, 0666) == 0); /* anybody's: it is not believed */
	settings_look();
	assert_string_equal(settings_get("theme", "auto"), "auto");
	settings_close();
	assert_true(chmod(file, 0600) == 0);
}

/* A console that was taken over holds one file, and cannot fill the disk with it. */
static void test_bound(void **state)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		static char kib[1024];
		struct err *e;
		int n = 0;

		settings_open(true, &e);
		settings_bound();
		int fd = open(file, O_WRONLY | O_APPEND);
		while (n < 4096 && write(fd, kib, sizeof kib) > 0)
			n++;
		_exit(n <= 512 && n > 256 && errno == EFBIG ? 0 : 1);
	}
	assert_true(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_kept), cmocka_unit_test(test_refused), cmocka_unit_test(test_no_file), cmocka_unit_test(test_full),
		cmocka_unit_test(test_torn), cmocka_unit_test(test_damaged), cmocka_unit_test(test_tidied), cmocka_unit_test(test_two),
	};
	int failed;

	if (!mkdtemp(home))
		return 99;
	setenv("HOME", home, 1);
	unsetenv("XDG_CONFIG_HOME");
	snprintf(folder, sizeof folder, "%s/.config/tana", home);
	snprintf(file, sizeof file, "%s/settings", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	clear();
	rmdir(folder);
	snprintf(file, sizeof file, "%s/.config", home);
	rmdir(file);
	rmdir(home);
	return failed;
}

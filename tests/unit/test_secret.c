/* src/conf/secret.c: which files a password is read from, and what is said of those that it is not. */
#include "conf/secret.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/tana-secret-XXXXXX";
static char path[128];

static const char *file_of(const void *data, size_t n, mode_t mode)
{
	snprintf(path, sizeof path, "%s/password", dir);
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0 && write(fd, data, n) == (ssize_t)n && fchmod(fd, mode) == 0);
	close(fd);
	return path;
}

static void refused(const char *file, const char *id)
{
	char *password = (char *)"";
	struct err *e = secret_read(file, &password);

	assert_non_null(e);
	assert_string_equal(e->msg.id, id);
	assert_int_equal(e->class, ERR_USAGE);
	assert_null(password);
	assert_null(strstr(e->msg.text, "s3cret"));
	err_free(e);
}

static void reads(const char *file, const char *want)
{
	char *password = NULL;
	struct err *e = secret_check(file);

	assert_null(e);
	e = secret_read(file, &password);
	assert_null(e);
	assert_string_equal(password, want);
	secret_free(password);
}

static void test_first_line(void **state)
{
	reads(file_of("s3cret", 6, 0600), "s3cret");
	reads(file_of("s3cret\n", 7, 0400), "s3cret");
	reads(file_of("s3cret\r\nmore\n", 13, 0600), "s3cret");
	reads(file_of(" pass word%s \"x\n", 16, 0600), " pass word%s \"x");
	reads(file_of("\xc3\xa4\n", 3, 0600), "\xc3\xa4");
}

static void test_length(void **state)
{
	char text[3000];

	memset(text, 'x', sizeof text);
	text[1000] = '\n';
	char *want = strndup(text, 1000);
	reads(file_of(text, 1001, 0600), want);
	reads(file_of(text, 1000, 0600), want);
	free(want);
	text[1000] = 'x';
	refused(file_of(text, 1001, 0600), "secret.long");
	refused(file_of(text, sizeof text, 0600), "secret.long");
}

static void test_nothing(void **state)
{
	refused(file_of("", 0, 0600), "secret.empty");
	refused(file_of("\ns3cret\n", 8, 0600), "secret.empty");
	refused(file_of("s3c\0ret\n", 8, 0600), "secret.kind");
}

static void test_who_may_read(void **state)
{
	static const mode_t open_to[] = {0640, 0604, 0660, 0622, 0601, 0610};

	for (size_t i = 0; i < sizeof open_to / sizeof *open_to; i++) {
		refused(file_of("s3cret\n", 7, open_to[i]), "secret.mode");
		struct err *e = secret_check(path);
		assert_non_null(e);
		assert_string_equal(e->msg.id, "secret.mode");
		err_free(e);
	}
	if (geteuid() == 0) {
		assert_int_equal(chown(file_of("s3cret\n", 7, 0600), 65534, 0), 0);
		refused(path, "secret.owner");
	}
}

/* A service's credential belongs to root and is given to its user by an ACL, whose mask is shown as the group's right. */
static void test_credential(void **state)
{
	char folder[160];

	if (geteuid() != 0)
		skip();
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	reads(file_of("s3cret\n", 7, 0440), "s3cret");
	refused(file_of("s3cret\n", 7, 0444), "secret.mode");
	refused(file_of("s3cret\n", 7, 0460), "secret.mode");
	assert_int_equal(chown(file_of("s3cret\n", 7, 0440), 0, 65534), 0);
	refused(path, "secret.mode");
	snprintf(folder, sizeof folder, "%s/sub", dir);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	refused(file_of("s3cret\n", 7, 0440), "secret.mode");
	snprintf(folder, sizeof folder, "%.*s", (int)strlen(dir) - 1, dir);
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	refused(path, "secret.mode");
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_no_plain_file(void **state)
{
	char fifo[128];

	refused(dir, "secret.kind");
	refused("/dev/null", "secret.kind");
	snprintf(fifo, sizeof fifo, "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	refused(fifo, "secret.kind"); /* and does not wait for a writer */
	unlink(fifo);
	snprintf(fifo, sizeof fifo, "%s/none", dir);
	char *password;
	struct err *e = secret_read(fifo, &password);
	assert_non_null(e);
	assert_int_equal(e->class, ERR_USAGE);
	assert_non_null(strstr(e->msg.text, fifo));
	err_free(e);
	secret_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_line), cmocka_unit_test(test_length), cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_who_may_read), cmocka_unit_test(test_credential), cmocka_unit_test(test_no_plain_file),
	};

	if (!mkdtemp(dir))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (*path)
		unlink(path);
	rmdir(dir);
	return failed;
}

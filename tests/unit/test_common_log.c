/* The diary on stderr: one clean line for each entry, whole even from several threads. */
#include "common/log.h"
#include "common/text.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static FILE *caught;
static int real_stderr;

static void catch_begin(void)
{
	caught = tmpfile();
	real_stderr = dup(STDERR_FILENO);
	dup2(fileno(caught), STDERR_FILENO);
}

static void catch_end(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	rewind(caught);
}

static void assert_line(const char *want)
{
	char line[4096];

	assert_non_null(fgets(line, sizeof line, caught));
	assert_string_equal(line, want);
}

static void writes_clean_lines(void **state)
{
	log_open("tanad", false, LOG_L_INFO);
	catch_begin();
	log_info("host %s is up", "a2-13");
	log_warn("said \x1b[2J and\nERROR forged");
	log_debug("not at this level");
	errno = ENOENT;
	log_error("open: %m");
	int kept = errno;
	catch_end();
	assert_int_equal(kept, ENOENT);
	assert_line("tanad: info: host a2-13 is up\n");
	assert_line("tanad: warning: said \\x1b[2J and\\x0aERROR forged\n");
	assert_line("tanad: error: open: No such file or directory\n");
	assert_int_equal(fgetc(caught), EOF);
	fclose(caught);
}

/* Under the journal: the priority in front, nothing else, and no second one by a foreign byte. */
static void tells_the_journal(void **state)
{
	char stream[64];
	struct stat st;

	catch_begin();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + 1);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("tanad", false, LOG_L_INFO); /* of somebody who started us, and whose it no longer is */
	log_info("one");
	bool wrong = log_is_journal();
	snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("tanad", false, LOG_L_INFO);
	log_info("two");
	log_warn("said\n<0>panic\r\n\xc2\x85<1>and\xe2\x80\xa8so on");
	log_error("%s", "three");
	bool right = log_is_journal();
	unsetenv("JOURNAL_STREAM");
	log_open("tanad", false, LOG_L_INFO);
	catch_end();
	assert_false(wrong);
	assert_true(right);
	assert_line("tanad: info: one\n");
	assert_line("<6>two\n");
	assert_line("<4>said\\x0a<0>panic\\x0d\\x0a\\xc2\\x85<1>and\\xe2\\x80\\xa8so on\n");
	assert_line("<3>three\n");
	assert_int_equal(fgetc(caught), EOF);
	fclose(caught);
}

static void long_lines_are_cut(void **state)
{
	char text[5000], line[4096];

	memset(text, '\x01', sizeof text - 1);
	text[sizeof text - 1] = 0;
	catch_begin();
	log_info("%s", text);
	catch_end();
	assert_non_null(fgets(line, sizeof line, caught));
	assert_true(strlen(line) < 2200);
	assert_string_equal(line + strlen(line) - 4, "\\x~\n");
	fclose(caught);
}

static void *chatter(void *ctx)
{
	for (int i = 0; i < 200; i++)
		log_info("%s", (const char *)ctx);
	return NULL;
}

static void threads_do_not_mix(void **state)
{
	static const char *const words[] = {"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbb", "cccccccccccccccccccccccccccccc"};
	pthread_t t[3];
	char line[256];
	int n = 0;

	catch_begin();
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, chatter, (void *)(uintptr_t)words[i]);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	catch_end();
	for (; fgets(line, sizeof line, caught); n++) {
		const char *said = line + strlen("tanad: info: ");
		bool whole = false;
		for (int i = 0; i < 3; i++)
			whole |= !strncmp(said, words[i], strlen(words[i])) && said[strlen(words[i])] == '\n';
		assert_true(whole);
	}
	assert_int_equal(n, 600);
	fclose(caught);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_clean_lines), cmocka_unit_test(tells_the_journal), cmocka_unit_test(long_lines_are_cut), cmocka_unit_test(threads_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

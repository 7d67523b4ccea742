/* Transcripts of real managers (tests/transcripts/DIALECT/NAME.txt), read as `tanad --check-dialect` reads them; what must be
 * understood stands beside each in NAME.facts. Every dialect has one at least. */
#include "enclosures/dialect.h"
#include "common/buf.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *source(void)
{
	return getenv("TANA_SRC") ? getenv("TANA_SRC") : ".";
}

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "r");
	struct buf b = {0};
	char part[4096];
	size_t n;

	if (!f)
		fail_msg("%s is missing", path);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_append(&b, part, n);
	fclose(f);
	buf_append(&b, "", 1);
	return b.data;
}

static void one(const char *dialect, const char *folder, const char *name)
{
	char *file = xasprintf("%s/data/dialects/%s.conf", source(), dialect);
	char *transcript = xasprintf("%s/%s", folder, name), *facts = xasprintf("%s/%.*s.facts", folder, (int)strlen(name) - 4, name);
	char *want = slurp(facts), *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);
	int rc = dialect_check(file, transcript, out);

	fclose(out);
	char *lines = strchr(got, '\n'); /* behind the line that tells of the dialect */
	assert_non_null(lines);
	if (strcmp(lines + 1, want))
		fail_msg("%s: understood\n%s\nnot\n%s", transcript, lines + 1, want);
	if (rc)
		fail_msg("%s: something was not understood", transcript);
	free(got);
	free(want);
	free(facts);
	free(transcript);
	free(file);
}

static int samples_of(const char *dialect)
{
	char *folder = xasprintf("%s/tests/transcripts/%s", source(), dialect);
	DIR *d = opendir(folder);
	int n = 0;

	for (struct dirent *f; d && (f = readdir(d)) != NULL;)
		if (strlen(f->d_name) > 4 && !strcmp(f->d_name + strlen(f->d_name) - 4, ".txt")) {
			one(dialect, folder, f->d_name);
			n++;
		}
	if (d)
		closedir(d);
	free(folder);
	return n;
}

static void test_samples(void **state)
{
	char *folder = xasprintf("%s/data/dialects", source());
	struct dialect_errors errors = {0};
	struct dialects *all = dialects_read((const char *const[]){folder}, 1, &errors);

	assert_int_equal(errors.n, 0);
	assert_true(dialects_count(all) >= 9);
	for (size_t i = 0; i < dialects_count(all); i++)
		if (!samples_of(dialects_at(all, i)->name))
			fail_msg("%s has no transcript", dialects_at(all, i)->name);
	dialects_free(all);
	dialect_errors_free(&errors);
	free(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

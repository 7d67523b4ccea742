/* What the tests of the site room share. */
#include "test_site_help.h"
#include "common/buf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

char *test_dir(void)
{
	if (!*dir) {
		strcpy(dir, "/tmp/tana-site-XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	return dir;
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char *sub = xasprintf("%s/%s", path, e->d_name);
		struct stat st;
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") && !lstat(sub, &st)) {
			if (S_ISDIR(st.st_mode))
				remove_tree(sub);
			else
				unlink(sub);
		}
		free(sub);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

void test_dir_remove(void)
{
	if (*dir)
		remove_tree(dir);
	*dir = '\0';
}

char *test_path(const char *name)
{
	return xasprintf("%s/%s", test_dir(), name);
}

void test_write_bytes(const char *name, const void *data, size_t n)
{
	char *path = test_path(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	free(path);
}

void test_write(const char *name, const char *text)
{
	test_write_bytes(name, text, strlen(text));
}

static char *as_text(const struct site_errors *errors, bool sentences)
{
	struct buf b = {0};
	size_t skip = strlen(test_dir()) + 1;

	for (size_t i = 0; i < errors->n; i++) {
		const struct site_error *e = &errors->list[i];
		if (sentences)
			buf_printf(&b, "%s\n", e->err->msg.text);
		else
			buf_printf(&b, "%s:%d %s\n", strlen(e->file) > skip ? e->file + skip : e->file, e->line,
				strncmp(e->err->msg.id, "host.", 5) ? e->err->msg.id
								    : "host.uri"); /* another room's words */
	}
	buf_append(&b, "", 1);
	return b.data;
}

static char *read_errors(const char *name, bool sentences, struct site_model **out)
{
	char *path = test_path(name);
	struct site_model *m;
	struct site_errors errors;

	site_read(path, &m, &errors);
	assert_true((m != NULL) != (errors.n > 0));
	char *text = as_text(&errors, sentences);
	site_errors_free(&errors);
	free(path);
	if (out)
		*out = m;
	else
		site_free(m);
	return text;
}

char *test_errors(const char *name)
{
	return read_errors(name, false, NULL);
}

struct site_model *test_read(const char *name)
{
	struct site_model *m;
	char *text = read_errors(name, true, &m);

	assert_string_equal(text, "");
	free(text);
	return m;
}

void test_expect(const char *text, const char *errors)
{
	test_write("site.conf", text);
	char *got = test_errors("site.conf");
	assert_string_equal(got, errors);
	free(got);
}

struct site_model *test_model(const char *text)
{
	test_write("site.conf", text);
	return test_read("site.conf");
}

char *test_sentences(const char *text)
{
	test_write("site.conf", text);
	return read_errors("site.conf", true, NULL);
}

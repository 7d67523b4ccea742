/* Dialect files: which ones there are, and whether they are still the same. */
#include "broker/dialects.h"

#include "common/buf.h"
#include "common/log.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t mix(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211ull;
	return h;
}

/* Names, sizes and times of all files: the order in which a folder tells them does not matter. */
static char *mark_of(const char **folders, size_t n)
{
	uint64_t sum = n;

	for (size_t i = 0; i < n; i++) {
		uint64_t self = mix(1469598103934665603ull, folders[i], strlen(folders[i]));
		DIR *d = opendir(folders[i]);
		for (struct dirent *e; d && (e = readdir(d)); ) {
			struct stat st;
			if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, 0) != 0)
				continue;
			uint64_t h = mix(self, e->d_name, strlen(e->d_name));
			h = mix(h, &st.st_size, sizeof st.st_size);
			h = mix(h, &st.st_ino, sizeof st.st_ino);
			h = mix(h, &st.st_mtim.tv_sec, sizeof st.st_mtim.tv_sec);
			sum += mix(h, &st.st_mtim.tv_nsec, sizeof st.st_mtim.tv_nsec);
		}
		if (d)
			closedir(d);
	}
	return xasprintf("%016llx", (unsigned long long)sum);
}

static void say(const struct dialect_errors *errors)
{
	for (size_t i = 0; i < errors->n && i < 50; i++) {
		const struct dialect_error *e = &errors->list[i];
		struct msg m;
		msg_make(&m, "dialect.left-out", "{s:s, s:i, s:s}", "file", e->file, "line", e->line, "reason", e->err->msg.text);
		log_error("%s", m.text);
		msg_free(&m);
	}
}

struct dialects *dialects_load(const struct site_model *m, const char *was, char **mark)
{
	struct dialect_errors errors = { 0 };
	struct dialects *d = NULL;
	size_t n;

	if (m->nmanagers == 0)
		return NULL;
	const char **folders = site_dialects_folders(m, &n);
	char *now = mark_of(folders, n);
	if (strcmp(now, was) != 0) {
		d = dialects_read(folders, n, &errors);
		say(&errors);
		dialect_errors_free(&errors);
		*mark = now;
	} else {
		free(now);
	}
	free(folders);
	return d;
}

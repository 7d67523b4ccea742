/* Which folders hold dialect files, and in which order they count. Called by shapes.c, site_child.c and the broker. */
#include "site/site.h"
#include "common/buf.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char **added;
static size_t nadded;

const char *site_dialects_folder(void)
{
	static char folder[PATH_MAX];
	char exe[PATH_MAX];
	struct stat st;

	if (*folder)
		return folder;
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(exe, '/');
	if (slash) {
		*slash = '\0';
		char *beside = xasprintf("%s/data/dialects", exe);
		if (strlen(beside) < sizeof folder && !stat(beside, &st) && S_ISDIR(st.st_mode))
			memcpy(folder, beside, strlen(beside) + 1);
		free(beside);
	}
	if (!*folder)
		memcpy(folder, TANA_DATADIR "/dialects", sizeof TANA_DATADIR "/dialects");
	return folder;
}

void site_dialects_add(const char *dir)
{
	added = xrealloc(added, (nadded + 1) * sizeof *added);
	added[nadded++] = xstrdup(dir);
}

const char **site_dialects_folders(const struct site_model *m, size_t *n)
{
	size_t own = m ? m->ndialects : 0;
	const char **list = xcalloc(1 + own + nadded, sizeof *list);

	*n = 0;
	list[(*n)++] = site_dialects_folder();
	for (size_t i = 0; i < own; i++)
		list[(*n)++] = m->dialects[i];
	for (size_t i = 0; i < nadded; i++)
		list[(*n)++] = added[i];
	return list;
}

/* The user's settings file with any bytes in it: it is read, tidied and read again to the same settings, and what it gives is bounded. */
#include "settings/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], path[128];

static void gone(void)
{
	char mid[96];

	snprintf(mid, sizeof mid, "%s/tana", folder);
	unlink(path);
	rmdir(mid);
	rmdir(folder);
}

static void make_folder(void)
{
	char mid[96];

	snprintf(folder, sizeof folder, "/tmp/tana-fuzz.XXXXXX");
	if (!mkdtemp(folder))
		abort();
	snprintf(mid, sizeof mid, "%s/tana", folder);
	snprintf(path, sizeof path, "%s/tana/settings", folder);
	if (mkdir(mid, 0700) != 0 || setenv("XDG_CONFIG_HOME", folder, 1) != 0)
		abort();
	atexit(gone);
}

/* Everything in one text, to be compared. */
static size_t all(char *out, size_t room)
{
	const char *names[SETTINGS_MOST];
	size_t n = settings_names("", names, SETTINGS_MOST), at = 0;

	if (n > SETTINGS_MOST)
		abort();
	for (size_t i = 0; i < n; i++) {
		const char *value = settings_get(names[i], NULL);

		if (!value || !*value || strlen(value) > SETTINGS_VALUE_MAX || strlen(names[i]) > SETTINGS_NAME_MAX || (i > 0 && strcmp(names[i - 1], names[i]) >= 0))
			abort();
		at += (size_t)snprintf(out + at, room - at, "%s=%s\n", names[i], value);
	}
	return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first[SETTINGS_MOST * (SETTINGS_NAME_MAX + SETTINGS_VALUE_MAX + 3)], second[sizeof first];
	struct err *e;
	FILE *f;

	if (!*folder)
		make_folder();
	unlink(path);
	f = fopen(path, "w");
	if (!f || fchmod(fileno(f), 0600) != 0 || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
	settings_open(true, &e);
	err_free(e);
	all(first, sizeof first);
	settings_close();
	settings_open(true, &e);
	err_free(e);
	all(second, sizeof second);
	if (strcmp(first, second) != 0)
		abort();
	/* What is kept now is there the next time, whatever stands before it. */
	if (settings_set("fuzz", "yes") && settings_kept()) {
		settings_close();
		settings_open(true, &e);
		err_free(e);
		if (strcmp(settings_get("fuzz", "no"), "yes") != 0)
			abort();
	}
	settings_close();
	return 0;
}

/* The schema of both databases, in steps, made from data/schema.sql when Tana is built. Called by db.c. */
#include "store/schema.h"

#include <string.h>

static const struct schema_step steps[] = {
#include "src/store/schema.inc"
};
#define NSTEPS (sizeof steps / sizeof steps[0])

const struct schema_step *schema_next(const char *name, int version)
{
	for (size_t i = 0; i < NSTEPS; i++)
		if (!strcmp(steps[i].name, name) && steps[i].version == version + 1)
			return &steps[i];
	return NULL;
}

int schema_version(const char *name)
{
	int version = 0;

	while (schema_next(name, version))
		version++;
	return version;
}

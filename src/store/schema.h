/* The steps of data/schema.sql, as built into the program. */
#ifndef TANA_STORE_SCHEMA_H
#define TANA_STORE_SCHEMA_H

#include <stddef.h>

struct schema_step {
	const char *name; /* of the database */
	int version;      /* PRAGMA user_version after this step */
	const char *sql;
};
/* The step that follows version (0: the first); NULL when there is none. */
const struct schema_step *schema_next(const char *name, int version);
int schema_version(const char *name); /* of the last step */

#endif

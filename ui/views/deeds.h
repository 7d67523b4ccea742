/* What people did, from audit records: counted by person, and the few kinds that whoever takes over must know one by one. Behind the
 * handover view. Pure. */
#ifndef TANA_DEEDS_H
#define TANA_DEEDS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define DEEDS_PEOPLE 64
#define DEEDS_KINDS 12   /* of one person; what is more is counted as "more" */
#define DEEDS_KEPT 200

struct person {
	char name[64], role[24];
	struct did { char does[64]; size_t n; } did[DEEDS_KINDS];
	size_t kinds, more;
};

/* A change of protection, of a limit, of the site file. */
struct deed {
	int64_t at;
	char *does, *object, *name, *by, *text;
};

struct deeds {
	struct person people[DEEDS_PEOPLE];
	size_t npeople;
	size_t others;           /* deeds of people for whom there is no room */
	struct deed kept[DEEDS_KEPT];
	size_t nkept;
	size_t kept_more;        /* that there are beside these */
	size_t records;          /* read in all */
};

/* Newest last, as the broker sends them; each page is older than the one before. */
void deeds_read(struct deeds *d, json_t *records);
void deeds_sort(struct deeds *d);        /* people by how much they did */
/* "3 power off, 2 snapshots, 1 more" */
void deeds_text(const struct person *p, char *out, size_t size);
void deeds_clear(struct deeds *d);

#endif

/* The arithmetic of snapshot limits: what is used, what one more would need, when there is room again. Pure: values in, values
 * out; knows no host and no clock. Called by book.c. */
#ifndef TANA_QUOTA_H
#define TANA_QUOTA_H

#include "site/limits.h"

#define QUOTA_LINES (2 * LIMIT_KIND_COUNT)

enum quota_scope { QUOTA_SERVER /* this server */, QUOTA_TENANT /* all servers of its tenant together */ };

/* What is there already, in one scope. */
struct quota_use {
	int64_t kept;             /* snapshots that count: charged to the tenant, or made outside */
	int64_t busy;             /* being taken, or their outcome is not known: they count as kept too */
	const int64_t *taken;     /* when those charged were taken (busy ones too), ascending, Unix times */
	size_t ntaken;
	uint64_t space, space_busy; /* bytes */
	bool space_known;
	uint64_t disks;           /* of QUOTA_SERVER: bytes of all disks attached, 0 unknown */
};
/* A limit against what is there. */
struct quota_line {
	enum limit_kind kind;
	enum quota_scope scope;
	struct limit limit;       /* LIMIT_MAX or LIMIT_DISKS */
	int64_t max;              /* resolved; -1: disks whose size is not known: not enforced, and said so */
	int64_t used, busy;       /* snapshots or bytes; of taken: within the period, busy ones are in used */
	int64_t needed;           /* what one more would need: 1, or bytes */
	bool full;                /* one more does not fit */
	int64_t next;             /* Unix time when one more fits by time alone (taken); 0: not by time */
	int64_t until;            /* a temporary change ends then, 0 none; ref belongs to it */
	const char *ref;          /* borrowed from who asked; "" none */
};
struct quota { struct quota_line lines[QUOTA_LINES]; size_t n; };

/* Adds a line for each limit of this scope that is set. now: Unix time; zone: of calendar periods; needed_bytes: what one more
 * snapshot may need, 0 unknown or nothing. */
void quota_add(struct quota *q, enum quota_scope scope, const struct limits *l, const struct quota_use *u, int64_t now,
	const char *zone, uint64_t needed_bytes);
/* The line that stands in the way (the first full one, in the order kept, taken, space), NULL none. */
const struct quota_line *quota_full(const struct quota *q);
/* The line of this kind with the least room, NULL when no limit of it is set. */
const struct quota_line *quota_tightest(const struct quota *q, enum limit_kind k);

#endif

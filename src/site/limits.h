/* Snapshot limits as they are written, in the site file and in `tana limits set`: what may be kept, taken and filled.
 * Pure. What they mean against what is there is safety/quota.h. */
#ifndef TANA_LIMITS_H
#define TANA_LIMITS_H

#include "common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit_kind { LIMIT_KEPT, LIMIT_TAKEN, LIMIT_SPACE, LIMIT_KIND_COUNT };
enum limit_set {
	LIMIT_UNSAID,         /* nothing is said here: another place may */
	LIMIT_NONE,           /* said to be without limit */
	LIMIT_MAX,            /* max */
	LIMIT_DISKS           /* space alone: as much as all disks attached to the VM */
};
enum limit_period { PERIOD_DAY, PERIOD_MONTH /* of the calendar */, PERIOD_ROLLING };
struct limit {
	enum limit_set set;
	int64_t max;          /* kept, taken: snapshots, 0 to 100000; space: bytes */
	enum limit_period period; /* of taken */
	int rolling_s;        /* of PERIOD_ROLLING: 60 to 366 days, in seconds */
};
struct limits { struct limit of[LIMIT_KIND_COUNT]; };

const char *limit_kind_name(enum limit_kind k);       /* "kept", "taken", "space" */
bool limit_kind_from_name(const char *name, enum limit_kind *out); /* false: there is none of that name */
/* kept: "3". taken: "4 per day", "10 per month", "4 per 24 h", "2 per 7 d". space: "100 GiB", "disks". Each: "none".
 * Errors: ERR_USAGE, with option and value. */
struct err *limit_parse(enum limit_kind k, const char *text, struct limit *out);
/* NULL, or why it cannot be a limit of all servers of a tenant together: the disks of those that were not asked are not known. */
struct err *limit_of_all(enum limit_kind k, const struct limit *l);
/* The same text again, in its one form; size >= 48. LIMIT_UNSAID: "". */
void limit_text(char *out, size_t size, enum limit_kind k, const struct limit *l);
bool limit_is_sound(enum limit_kind k, const struct limit *l); /* could limit_parse have made it, or is it unsaid? */
/* What over says, else what under says. */
struct limits limits_over(const struct limits *over, const struct limits *under);

#endif

/* The shape of audit records (data/protocol.md, "Audit records") and how many refusals of one user are written down.
 * Writing them is the store's. Called by jobs.c and the broker. */
#ifndef TANA_AUDIT_H
#define TANA_AUDIT_H

#include "common/error.h"
#include "safety/policy.h"

/* What does not apply is NULL or 0 and left out. Everything is borrowed. */
struct audit {
	const char *what;            /* "begin", "end", "denied" and the others of data/protocol.md */
	const struct actor *actor;
	const char *verb, *request;  /* request: name of a refused request */
	json_t *objects;             /* from audit_object */
	const char *plan, *job, *reason;
	const struct msg *outcome;
	const char *class;           /* of a refusal */
	bool timed;                  /* seconds applies */
	int64_t seconds;
	json_t *detail;              /* a reload's difference, which snapshot, which limit */
	int64_t suppressed;          /* refusals that were not written since the last one */
};
json_t *audit_record(const struct audit *a);                  /* new reference */
void audit_object(json_t **list, const char *id, const char *name, const char *blade); /* makes *list when it is NULL */

/* Refusals are written at most AUDIT_BURST at once and one a second after that, for each user. */
#define AUDIT_BURST 20
#define AUDIT_USERS 64
struct audit_gate { struct { uint64_t uid; bool used; int64_t tokens_ms, at; int64_t suppressed; } slot[AUDIT_USERS]; };
/* May this one be written? *suppressed: how many were not since the last that was. now: clock_boot_ms(). */
bool audit_gate_pass(struct audit_gate *g, uint64_t uid, int64_t now, int64_t *suppressed);

#endif

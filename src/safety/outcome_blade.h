/* What a manager tells of a blade's power, read as the outcome of an action: pure. Called by jobs_blade.c. */
#ifndef TANA_OUTCOME_BLADE_H
#define TANA_OUTCOME_BLADE_H

#include "safety/outcome.h"

#define BLADE_LIGHT_MS (600 * 1000) /* an order for the light that was given up is not waited for longer */

struct blade_seen {
	enum verb verb;               /* power or locate */
	enum outcome_phase phase;
	bool read;                    /* its power was read by a question that left after the order: power, stood_ms and saw_* speak of
	                               * such readings alone */
	enum power_state power;       /* the newest reading */
	int64_t stood_ms;             /* from the first to the newest of the readings that say so without a break */
	bool saw_on, saw_starting, saw_off;
	bool restarted;               /* its host went silent and came back since the order */
	bool live;                    /* the manager is up, and the newest reading is as of now */
	const char *locate;           /* the light as the manager tells it now, "" it does not */
	int64_t since_ms;             /* since the phase began */
	int64_t sent_ms;              /* since the order was sent, also by a broker before this one */
	int64_t steady_ms;            /* the manager is up and tells this blade's power for so long; -1 it is not */
	bool late;                    /* the deadline of a shutdown has passed */
	int64_t settle_ms;            /* how long a state must stand to be believed */
	int64_t within_ms;            /* how long the power may take to follow an order that was taken */
};

/* The new state of the target: the same phase's open state when nothing is to be said yet. *text: row of messages.def with
 * {name} {state} {age} holes for a closed state and for overdue; NULL otherwise. */
enum job_state outcome_judge_blade(const struct blade_seen *s, const char **text);
/* Is this the power that the verb asks for? False for verbs that no power shows (reboot, reset, locate). */
bool outcome_wished_blade(enum verb v, enum power_state p);

#endif

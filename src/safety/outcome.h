/* What is seen of a host, read as the outcome of an action: pure. Called by jobs_send.c and jobs_late.c. */
#ifndef TANA_OUTCOME_H
#define TANA_OUTCOME_H

#include "common/model.h"
#include "hosts/host.h"

#include <stdint.h>

enum outcome_phase {
	PHASE_SENT,       /* the call has left, its answer is not there */
	PHASE_TAKEN,      /* the host accepted it */
	PHASE_OVERDUE,    /* the guest's deadline has passed */
	PHASE_UNKNOWN,    /* the call was given up, or a broker died with it */
};

struct outcome_seen {
	enum verb verb;               /* a power verb */
	enum outcome_phase phase;
	enum host_outcome can;
	enum vm_state state;          /* last known */
	bool live;                    /* and it is as of now */
	bool saw_wished, saw_off, saw_reboot; /* seen at some moment since it was sent */
	int64_t since_ms;             /* since the phase began */
	int64_t steady_ms;            /* the host is up and listed for so long; -1 it is not */
	bool late;                    /* the guest's deadline (shutdown, reboot) has passed */
	int64_t settle_ms;            /* how long a state must stand to be believed */
};

/* The new state of the target: the same phase's open state when nothing is to be said yet. *text: row of messages.def
 * with {name} {state} {age} holes for a closed state and for overdue; NULL otherwise. */
enum job_state outcome_judge(const struct outcome_seen *s, const char **text);
/* The open state of a phase: what is said while nothing closes it. */
enum job_state outcome_stay(enum outcome_phase p);
/* Is this the state that the verb asks for? False for verbs that no state shows (reboot, reset). */
bool outcome_wished(enum verb v, enum vm_state s);

#endif

/* Votes of a cluster's nodes, as far as they are sure. Pure: values in, values out. Called by cluster_left.c. */
#ifndef TANA_QUORUM_H
#define TANA_QUORUM_H

#include "common/model.h"

enum vote { VOTE_SURE, VOTE_UNKNOWN, VOTE_DOWN };

/* Sure: its host answers as of now and, where its manager speaks, the manager says on. Down: it is known to be off, or its bay to
 * be empty. All else is unknown, also where host and manager contradict each other. */
enum vote quorum_vote(const struct blade *b);

struct quorum { unsigned sure, unknown, down; unsigned needed; };
void quorum_count(struct quorum *q, enum vote v);  /* one node more; needed is the caller's to set */
/* When all nodes are counted. configured: votes needed as the site file has it; 0: a majority of the nodes. */
void quorum_need(struct quorum *q, int configured);

enum quorum_change {
	QUORUM_KEPT,      /* enough sure votes stay */
	QUORUM_MAY_LOSE,  /* enough only if those stand of whom nothing is known */
	QUORUM_LOST,
	QUORUM_GONE       /* too few are sure as it is */
};
enum quorum_change quorum_change(const struct quorum *before, const struct quorum *after);

#endif

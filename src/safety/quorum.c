/* Counting votes: only what is confirmed counts as there. */
#include "safety/quorum.h"

#include <string.h>

enum vote quorum_vote(const struct blade *b)
{
	bool spoken = b->manager == MANAGER_UP && b->power_live;

	if (spoken && strcmp(b->fitted, "no") == 0)
		return VOTE_DOWN;
	if (b->host == HOST_UP)
		return b->manager == MANAGER_UP && (!b->power_live || b->power != POWER_ON) ? VOTE_UNKNOWN : VOTE_SURE;
	return spoken && b->power == POWER_OFF ? VOTE_DOWN : VOTE_UNKNOWN;
}

void quorum_count(struct quorum *q, enum vote v)
{
	if (v == VOTE_SURE)
		q->sure++;
	else if (v == VOTE_DOWN)
		q->down++;
	else
		q->unknown++;
}

void quorum_need(struct quorum *q, int configured)
{
	q->needed = configured > 0 ? (unsigned)configured : (q->sure + q->unknown + q->down) / 2 + 1;
}

enum quorum_change quorum_change(const struct quorum *before, const struct quorum *after)
{
	if (after->sure >= after->needed)
		return QUORUM_KEPT;
	if (before->sure < before->needed)
		return QUORUM_GONE;
	return after->sure + after->unknown >= after->needed ? QUORUM_MAY_LOSE : QUORUM_LOST;
}

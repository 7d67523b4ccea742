/* Anchors: sequence and hash of audit records, noted in the ledger or kept elsewhere, that a walk compares with. On the
 * writer's thread but for anchors_new. */
#ifndef TANA_STORE_ANCHORS_H
#define TANA_STORE_ANCHORS_H

#include "store/db.h"

#include <jansson.h>

struct anchors;

/* given: array of {"seq","hash"} that the asker kept elsewhere (copied), NULL none. */
struct anchors *anchors_new(json_t *given);
void anchors_free(struct anchors *a); /* NULL is allowed */
/* Adds those that are noted in the ledger. Once, before the first anchors_meet. */
struct err *anchors_load(struct anchors *a, struct db *db);
/* Record seq has this hash; to be called with rising seq for each record. 0: no anchor says otherwise; else the seq of the
 * record that is not the one that was anchored, or (*missing) is not there though it was. */
int64_t anchors_meet(struct anchors *a, int64_t seq, const char *hash, bool *missing);
/* All records were met: those that are left name none. 0, or the seq of the first of them. */
int64_t anchors_left(struct anchors *a);

/* The newest anchor that agreed: of the asker's own where it gave some, else of those noted. 0: none. */
int64_t anchors_newest(const struct anchors *a, int64_t *at); /* at: when it was noted, 0 not known */
int64_t anchors_given(const struct anchors *a);               /* how many of the asker's own were met */

#endif

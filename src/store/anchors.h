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
enum anchors_say {
	ANCHORS_AGREE,
	ANCHORS_DIFFER, /* the record is not the one that was anchored */
	ANCHORS_MISS    /* a record that was anchored is not there */
};
/* Record seq has this hash; to be called with rising seq for each record. *which: the record that they speak of, unless
 * they agree. */
enum anchors_say anchors_meet(struct anchors *a, int64_t seq, const char *hash, int64_t *which);
/* All records were met: those that are left name none. */
enum anchors_say anchors_left(struct anchors *a, int64_t *which);

/* The newest anchor that agreed: of the asker's own where it gave some, else of those noted. 0: none. */
int64_t anchors_newest(const struct anchors *a, int64_t *at); /* at: when it was noted, 0 not known */
int64_t anchors_given(const struct anchors *a);               /* how many of the asker's own were met */

#endif

/* For test_hostile.c: processes that do to a broker whatever a connection can do, as one of the people of rights_table.h, and read
 * every byte that it sends them. */
#ifndef TEST_HOSTILE_H
#define TEST_HOSTILE_H

#include "rights_bed.h"

/* ---- what must not be read (hostile_words.c) ---- */

#define HUSH "hush-"    /* of words that operators say among themselves */
struct words { char **list; size_t n; };
void words_add(struct words *w, const char *s);         /* copied; once */
void words_drop(struct words *w);
/* All that this connection, which is subscribed, is told when it asks for everything that it sees: one array. Owned. */
json_t *words_told(struct talk *t);
/* The strings of `all` that are names, ids, addresses and people's words and that stand nowhere in `seen`. */
void words_secret(struct words *out, json_t *all, json_t *seen);
void words_own(struct words *out, json_t *seen);        /* what to ask for: ids and names */
/* The first of them that stands in these bytes, but for those of `but`; NULL: none does. */
const char *words_in(const struct words *w, const struct words *but, const char *bytes, size_t n);

/* ---- what all of them know, in memory that all share ---- */

#define HOSTILE_PLANS 64
#define HOSTILE_IDS 128
struct hostile_shared {
	struct hostile_plan { char id[48], confirm[96]; } plans[HOSTILE_PLANS]; /* of anybody, the operator too */
	char ids[HOSTILE_IDS][48];                               /* snapshots and jobs */
	unsigned nplans, nids;
	struct hostile_count { uint64_t requests, answers, bytes, connections, mangled, commits, streams; } count[PEOPLE];
};
void hostile_tell_plan(struct hostile_shared *s, const char *id, const char *confirm);
void hostile_tell_id(struct hostile_shared *s, const char *id);

/* ---- lines (hostile_lines.c) ---- */

struct hostile {
	int person;
	unsigned seed;
	const char *socket;
	struct words secret, own, uttered;  /* uttered: secrets that it asks for by name now, and may so read again */
	const struct words *hushed;         /* never uttered: what was asked for is in the audit log, and this is a viewer's secret too */
	struct hostile_shared *shared;
};
#define OWN_PLANS 8
#define OWN_STREAMS 8
struct hostile_line_of {            /* what one connection has that its next lines are made of */
	struct hostile_plan plans[OWN_PLANS];
	char streams[OWN_STREAMS][24];
	unsigned nplans, nstreams;
	bool hello;
};
unsigned roll(struct hostile *h, unsigned n);           /* 0 to n - 1 */
/* One line more, whole or not. True: it is one that ends the connection, most likely. */
bool hostile_line(struct hostile *h, struct hostile_line_of *of, struct buf *out);

/* ---- the process (hostile_peer.c) ---- */

/* Becomes that person for good and never returns. Ends with 1, having said why on stderr, when it was told what it must not be. */
_Noreturn void hostile_run(struct hostile *h, int64_t until);

/* ---- what was written down (hostile_log.c) ---- */

/* What becomes of "power" by reloads, in turn: his right is taken, his role, and both are his again. */
#define HOSTILE_TURNS 3
/* Fails unless each record of theirs is allowed by the table, also in its turn; denials say who it was and are bounded (s: seconds that
 * all took); and the chain holds. */
void hostile_check_log(struct talk *o, const struct hostile *all, int n, int nturns, int64_t s);

#endif

/* How fast may be asked: each connection has its tokens, and all connections of one user share some more, so that who opens many
 * gets no more than a few. Called by peers.c (begin, end) and peer_io.c. */
#ifndef TANA_RATE_H
#define TANA_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RATE_PER_S 100             /* requests of one connection a second */
#define RATE_BURST_S 2             /* as many as in so many seconds may come at once */
#define RATE_SHARES 4              /* all connections of one user together: as much as so many */

struct rate_bucket { int64_t ms, at; /* thousandths of a request; boot ms */ };
struct rate_user;
struct rate {
	int per_s;
	struct rate_bucket own;
	struct rate_user *user;
};

/* all: the list of users, empty as NULL; each is in it while he has a connection, and a while longer. per_s: RATE_PER_S, the same for all. */
void rate_begin(struct rate *r, struct rate_user **all, int per_s, uid_t uid, int64_t now);
void rate_end(struct rate *r);
void rate_free(struct rate_user **all);
bool rate_has(struct rate *r, int64_t now);         /* may one more be asked now? */
void rate_take(struct rate *r, int requests);       /* it may fall below nothing: then what comes next waits the longer */

#endif

/* Tokens of connections and of users. */
#include "broker/rate.h"

#include "common/buf.h"

#include <stdlib.h>

struct rate_user {
	struct rate_user *next;
	uid_t uid;
	int connections;
	struct rate_bucket bucket;
};

static bool fill(struct rate_bucket *b, int64_t now, int64_t shares)
{
	b->ms += (now - b->at) * RATE_PER_S * shares;
	if (b->ms > RATE_BURST * 1000 * shares)
		b->ms = RATE_BURST * 1000 * shares;
	b->at = now;
	return b->ms >= 1000;
}

/* Those without a connection go when their bucket is full again: else closing and opening would fill it. */
static void forget_full(struct rate_user **all, int64_t now)
{
	for (struct rate_user **at = all; *at; ) {
		struct rate_user *u = *at;
		fill(&u->bucket, now, RATE_SHARES);
		if (u->connections > 0 || u->bucket.ms < RATE_BURST * 1000 * RATE_SHARES) {
			at = &u->next;
			continue;
		}
		*at = u->next;
		free(u);
	}
}

void rate_begin(struct rate *r, struct rate_user **all, uid_t uid, int64_t now)
{
	forget_full(all, now);
	struct rate_user *u = *all;
	while (u && u->uid != uid)
		u = u->next;
	if (!u) {
		u = xcalloc(1, sizeof *u);
		u->uid = uid;
		u->bucket = (struct rate_bucket){ RATE_BURST * 1000 * RATE_SHARES, now };
		u->next = *all;
		*all = u;
	}
	u->connections++;
	r->user = u;
	r->own = (struct rate_bucket){ RATE_BURST * 1000, now };
}

void rate_end(struct rate *r)
{
	r->user->connections--;
	r->user = NULL;
}

void rate_free(struct rate_user **all)
{
	while (*all) {
		struct rate_user *u = *all;
		*all = u->next;
		free(u);
	}
}

bool rate_has(struct rate *r, int64_t now)
{
	bool own = fill(&r->own, now, 1), shared = fill(&r->user->bucket, now, RATE_SHARES);

	return own && shared;
}

void rate_take(struct rate *r, int requests)
{
	r->own.ms -= requests * 1000;
	r->user->bucket.ms -= requests * 1000;
}

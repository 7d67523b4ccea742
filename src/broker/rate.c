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

static bool fill(struct rate_bucket *b, int64_t now, int64_t per_s)
{
	b->ms += (now - b->at) * per_s;
	if (b->ms > per_s * RATE_BURST_S * 1000)
		b->ms = per_s * RATE_BURST_S * 1000;
	b->at = now;
	return b->ms >= 1000;
}

/* Those without a connection go when their bucket is full again: else closing and opening would fill it. */
static void forget_full(struct rate_user **all, int64_t per_s, int64_t now)
{
	for (struct rate_user **at = all; *at; ) {
		struct rate_user *u = *at;
		fill(&u->bucket, now, per_s * RATE_SHARES);
		if (u->connections > 0 || u->bucket.ms < per_s * RATE_SHARES * RATE_BURST_S * 1000) {
			at = &u->next;
			continue;
		}
		*at = u->next;
		free(u);
	}
}

void rate_begin(struct rate *r, struct rate_user **all, int per_s, uid_t uid, int64_t now)
{
	forget_full(all, per_s, now);
	struct rate_user *u = *all;
	while (u && u->uid != uid)
		u = u->next;
	if (!u) {
		u = xcalloc(1, sizeof *u);
		u->uid = uid;
		u->bucket = (struct rate_bucket){ (int64_t)per_s * RATE_SHARES * RATE_BURST_S * 1000, now };
		u->next = *all;
		*all = u;
	}
	u->connections++;
	r->user = u;
	r->per_s = per_s;
	r->own = (struct rate_bucket){ (int64_t)per_s * RATE_BURST_S * 1000, now };
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
	bool own = fill(&r->own, now, r->per_s), shared = fill(&r->user->bucket, now, (int64_t)r->per_s * RATE_SHARES);

	return own && shared;
}

void rate_take(struct rate *r, int requests)
{
	r->own.ms -= requests * 1000;
	r->user->bucket.ms -= requests * 1000;
}

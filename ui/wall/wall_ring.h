/* What the totals were in the last minutes, so that a wall can say what changed: a bounded ring of samples. Pure; the wall feeds it. */
#ifndef TANA_WALL_RING_H
#define TANA_WALL_RING_H

#include <stdint.h>

#define WALL_SAMPLE_MS 30000    /* one so often */
#define WALL_LATELY_MS 600000   /* what is not older counts as new */
#define WALL_SAMPLES (WALL_LATELY_MS / WALL_SAMPLE_MS + 2)

enum wall_total { WALL_LIVE, WALL_RUNNING, WALL_OFF, WALL_TOTALS };

struct wall_ring {
	struct { int64_t at; int64_t n[WALL_TOTALS]; } all[WALL_SAMPLES];
	unsigned next, count;
};

/* One sample; the oldest gives its place. now_ms: any clock that goes forward, the same for both. */
void wall_ring_add(struct wall_ring *r, int64_t now_ms, const int64_t n[WALL_TOTALS]);
/* What the total is more (or less) now than in the oldest sample that is not too old; *minutes: how old that one is, rounded, at least 1.
 * 0 where there is none. */
int64_t wall_ring_delta(const struct wall_ring *r, int64_t now_ms, enum wall_total which, int64_t now, int *minutes);

#endif

/* The ring (wall_ring.h). */
#include "wall/wall_ring.h"

#include <string.h>

void wall_ring_add(struct wall_ring *r, int64_t now_ms, const int64_t n[WALL_TOTALS])
{
	r->all[r->next].at = now_ms;
	memcpy(r->all[r->next].n, n, sizeof r->all[r->next].n);
	r->next = (r->next + 1) % WALL_SAMPLES;
	if (r->count < WALL_SAMPLES)
		r->count++;
}

int64_t wall_ring_delta(const struct wall_ring *r, int64_t now_ms, enum wall_total which, int64_t now, int *minutes)
{
	*minutes = 0;
	for (unsigned i = 0; i < r->count; i++) {
		unsigned at = (r->next + WALL_SAMPLES - r->count + i) % WALL_SAMPLES;
		int64_t age = now_ms - r->all[at].at;

		if (age > WALL_LATELY_MS)
			continue;
		*minutes = age < 60000 ? 1 : (int)((age + 30000) / 60000);
		return now - r->all[at].n[which];
	}
	return 0;
}

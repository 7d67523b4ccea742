/* The arithmetic of snapshot limits: lines of what is used against what may be, worked out anew each time from what is
 * there. Pure but for the calendar's zones. Called by book.c. */
#include "safety/quota.h"
#include "safety/calendar.h"

static int64_t bytes(uint64_t n)
{
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}

/* Of numbers that are not negative. */
static int64_t plus(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static int64_t not_negative(int64_t n)
{
	return n < 0 ? 0 : n;
}

/* What is more needed fills it? An unknown need is at least one byte. */
static bool is_full(const struct quota_line *l)
{
	int64_t needed = l->needed > 0 ? l->needed : 1;

	return l->max >= 0 && plus(plus(l->used, l->busy), needed) > l->max;
}

/* The first index whose time is `from` or later. */
static size_t first_since(const struct quota_use *u, int64_t from)
{
	size_t low = 0, high = u->ntaken;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (u->taken[mid] < from)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* When the one that was taken then counts no more. */
static int64_t given_back(const struct limit *l, int64_t taken, const char *zone)
{
	if (l->period == PERIOD_ROLLING)
		return taken + l->rolling_s;
	return l->period == PERIOD_DAY ? calendar_day(zone, taken, 1) : calendar_month(zone, taken, 1);
}

/* Those of the future (a clock that was set back) count: what was taken is never forgotten for a clock's sake. One more fits
 * when the max-th newest has been given back; with none allowed, never. */
static void line_taken(struct quota_line *l, const struct quota_use *u, int64_t now, const char *zone)
{
	int64_t from;

	if (l->limit.period == PERIOD_ROLLING)
		from = now - l->limit.rolling_s + 1; /* exactly so old counts no more */
	else
		from = l->limit.period == PERIOD_DAY ? calendar_day(zone, now, 0) : calendar_month(zone, now, 0);
	l->used = (int64_t)(u->ntaken - first_since(u, from));
	l->needed = 1;
	l->full = is_full(l);
	if (l->full && l->max > 0)
		l->next = given_back(&l->limit, u->taken[u->ntaken - (size_t)l->max], zone);
}

static void line_space(struct quota_line *l, const struct quota_use *u, uint64_t needed)
{
	if (l->limit.set == LIMIT_DISKS)
		l->max = u->disks ? bytes(u->disks) : -1;
	l->used = bytes(u->space);
	l->busy = bytes(u->space_busy);
	l->needed = bytes(needed);
	l->full = is_full(l);
}

void quota_add(struct quota *q, enum quota_scope scope, const struct limits *l, const struct quota_use *u, int64_t now,
	const char *zone, uint64_t needed_bytes)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++) {
		if (l->of[k].set != LIMIT_MAX && l->of[k].set != LIMIT_DISKS)
			continue;
		if (q->n == QUOTA_LINES)
			return;
		struct quota_line *line = &q->lines[q->n++];
		*line = (struct quota_line){
			.kind = (enum limit_kind)k, .scope = scope, .limit = l->of[k], .max = l->of[k].max, .ref = ""};
		if (k == LIMIT_TAKEN) {
			line_taken(line, u, now, zone);
		} else if (k == LIMIT_SPACE) {
			line_space(line, u, needed_bytes);
		} else {
			line->used = not_negative(u->kept);
			line->busy = not_negative(u->busy);
			line->needed = 1;
			line->full = is_full(line);
		}
	}
}

const struct quota_line *quota_full(const struct quota *q)
{
	for (int k = 0; k < LIMIT_KIND_COUNT; k++)
		for (size_t i = 0; i < q->n; i++)
			if ((int)q->lines[i].kind == k && q->lines[i].full)
				return &q->lines[i];
	return NULL;
}

static int64_t room(const struct quota_line *l)
{
	return l->max < 0 ? INT64_MAX : l->max - plus(l->used, l->busy);
}

/* Of two with the same room the one that stays so for longer. */
static bool tighter(const struct quota_line *a, const struct quota_line *b)
{
	int64_t x = room(a), y = room(b);

	if (x != y)
		return x < y;
	return b->next && (!a->next || a->next > b->next);
}

const struct quota_line *quota_tightest(const struct quota *q, enum limit_kind k)
{
	const struct quota_line *best = NULL;

	for (size_t i = 0; i < q->n; i++)
		if (q->lines[i].kind == k && (!best || tighter(&q->lines[i], best)))
			best = &q->lines[i];
	return best;
}

/* Runs of slots in one line (list_order.h). A run splits when it is full and joins the next one when both are nearly empty; each slot knows its
 * run. How many rows a run has stands beside its place in the line, so that counting them reads little. */
#include "lists/list_order.h"

#include "common/buf.h"

#include <stdlib.h>
#include <string.h>

#define RUN 256          /* rows of a full run */
#define FILLED 192       /* ... of one that is built: some may come before it splits */

struct run { uint32_t at; uint32_t slots[RUN]; }; /* at: its place in the line */
struct place { uint32_t run, n; };

struct order {
	order_compare *compare;
	void *ctx;
	struct run *runs;        /* in no order */
	struct place *line;
	uint32_t nline, nruns, room; /* runs in use; runs ever used, of the room for so many */
	uint32_t *spare, nspare; /* runs that are free again */
	uint32_t *where;         /* run of a slot + 1; 0: it is not there */
	uint32_t slots;          /* how many slots `where` has */
	size_t count;
	bool turned;
};

struct order *order_new(order_compare *compare, void *ctx)
{
	struct order *o = xcalloc(1, sizeof *o);

	o->compare = compare;
	o->ctx = ctx;
	return o;
}

void order_free(struct order *o)
{
	if (!o)
		return;
	free(o->runs);
	free(o->line);
	free(o->spare);
	free(o->where);
	free(o);
}

size_t order_count(const struct order *o)
{
	return o->count;
}

bool order_has(const struct order *o, uint32_t slot)
{
	return slot < o->slots && o->where[slot] > 0;
}

void order_turn(struct order *o, bool turned)
{
	o->turned = turned;
}

/* ---- runs ---- */

static void make_room(struct order *o, uint32_t slot)
{
	uint32_t slots;

	if (slot < o->slots)
		return;
	slots = slot + slot / 8 + 64;
	o->where = xrealloc(o->where, slots * sizeof *o->where);
	memset(o->where + o->slots, 0, (slots - o->slots) * sizeof *o->where);
	o->slots = slots;
}

static void make_runs(struct order *o, uint32_t room)
{
	if (room <= o->room)
		return;
	o->runs = xrealloc(o->runs, room * sizeof *o->runs);
	o->line = xrealloc(o->line, room * sizeof *o->line);
	o->spare = xrealloc(o->spare, room * sizeof *o->spare);
	o->room = room;
}

static void number_line(struct order *o, uint32_t from)
{
	for (uint32_t i = from; i < o->nline; i++)
		o->runs[o->line[i].run].at = i;
}

/* An empty run at this place of the line. */
static void put_run(struct order *o, uint32_t at)
{
	uint32_t run;

	if (o->nspare == 0 && o->nruns == o->room)
		make_runs(o, o->room + o->room / 8 + 1);
	run = o->nspare > 0 ? o->spare[--o->nspare] : o->nruns++;
	memmove(o->line + at + 1, o->line + at, (o->nline - at) * sizeof *o->line);
	o->line[at] = (struct place){run, 0};
	o->nline++;
	number_line(o, at);
}

static void drop_run(struct order *o, uint32_t at)
{
	o->spare[o->nspare++] = o->line[at].run;
	o->nline--;
	memmove(o->line + at, o->line + at + 1, (o->nline - at) * sizeof *o->line);
	number_line(o, at);
}

/* The last n rows of one run to the end of another. */
static void move_rows(struct order *o, struct place *from, struct place *to, uint32_t n)
{
	const uint32_t *rows = o->runs[from->run].slots + from->n - n;

	memcpy(o->runs[to->run].slots + to->n, rows, n * sizeof *rows);
	for (uint32_t i = 0; i < n; i++)
		o->where[rows[i]] = to->run + 1;
	from->n -= n;
	to->n += n;
}

/* ---- places; of the order that is not turned ---- */

static uint32_t index_in(const struct order *o, uint32_t run, uint32_t slot)
{
	const uint32_t *rows = o->runs[run].slots;
	uint32_t i = 0;

	while (rows[i] != slot)
		i++;
	return i;
}

static uint32_t row_at(const struct order *o, size_t rank)
{
	for (uint32_t i = 0; i < o->nline; i++) {
		if (rank < o->line[i].n)
			return o->runs[o->line[i].run].slots[rank];
		rank -= o->line[i].n;
	}
	return ORDER_NONE;
}

static uint32_t neighbour(const struct order *o, uint32_t slot, bool after)
{
	uint32_t run, i, at;

	if (!order_has(o, slot))
		return ORDER_NONE;
	run = o->where[slot] - 1u;
	i = index_in(o, run, slot);
	at = o->runs[run].at;
	if (after && i + 1 < o->line[at].n)
		return o->runs[run].slots[i + 1];
	if (!after && i > 0)
		return o->runs[run].slots[i - 1];
	if (at == (after ? o->nline - 1 : 0))
		return ORDER_NONE;
	at += after ? 1 : -1u;
	return o->runs[o->line[at].run].slots[after ? 0 : o->line[at].n - 1];
}

/* How many of these rows come before the slot. */
static uint32_t before_in(const struct order *o, uint32_t slot, const uint32_t *rows, uint32_t n)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (o->compare(o->ctx, rows[mid], slot) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The last run that begins before the slot, else the first. */
static uint32_t run_for(const struct order *o, uint32_t slot)
{
	uint32_t low = 1, high = o->nline;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (o->compare(o->ctx, o->runs[o->line[mid].run].slots[0], slot) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/* ---- changing ---- */

void order_add(struct order *o, uint32_t slot)
{
	uint32_t at, i;

	make_room(o, slot);
	if (order_has(o, slot))
		return;
	if (o->nline == 0)
		put_run(o, 0);
	at = run_for(o, slot);
	if (o->line[at].n == RUN) {
		put_run(o, at + 1);
		move_rows(o, &o->line[at], &o->line[at + 1], RUN / 2);
		at = run_for(o, slot);
	}
	uint32_t *rows = o->runs[o->line[at].run].slots, n = o->line[at].n++;

	i = before_in(o, slot, rows, n);
	memmove(rows + i + 1, rows + i, (n - i) * sizeof *rows);
	rows[i] = slot;
	o->where[slot] = o->line[at].run + 1;
	o->count++;
}

void order_remove(struct order *o, uint32_t slot)
{
	uint32_t at, run, i;

	if (!order_has(o, slot))
		return;
	run = o->where[slot] - 1u;
	i = index_in(o, run, slot);
	at = o->runs[run].at;
	memmove(o->runs[run].slots + i, o->runs[run].slots + i + 1, (o->line[at].n - i - 1) * sizeof(uint32_t));
	o->line[at].n--;
	o->where[slot] = 0;
	o->count--;
	if (o->line[at].n == 0) {
		drop_run(o, at);
	} else if (at + 1 < o->nline && o->line[at].n + o->line[at + 1].n <= RUN / 4) {
		move_rows(o, &o->line[at + 1], &o->line[at], o->line[at + 1].n);
		drop_run(o, at + 1);
	}
}

static int compare_slots(const void *a, const void *b, void *ctx)
{
	const struct order *o = ctx;

	return o->compare(o->ctx, *(const uint32_t *)a, *(const uint32_t *)b);
}

void order_build(struct order *o, uint32_t *slots, size_t n)
{
	qsort_r(slots, n, sizeof *slots, compare_slots, o);
	order_take(o, slots, n);
}

void order_take(struct order *o, const uint32_t *slots, size_t n)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < n; i++)
		highest = slots[i] > highest ? slots[i] : highest;
	if (n > 0)
		make_room(o, highest); /* once */
	if (o->where)
		memset(o->where, 0, o->slots * sizeof *o->where);
	make_runs(o, (uint32_t)((n + FILLED - 1) / FILLED));
	o->nline = o->nruns = o->nspare = 0;
	o->count = n;
	for (size_t i = 0; i < n; i += FILLED) {
		uint32_t many = (uint32_t)(n - i < FILLED ? n - i : FILLED), run = o->nruns++;

		o->line[o->nline] = (struct place){run, many};
		o->runs[run].at = o->nline++;
		memcpy(o->runs[run].slots, slots + i, many * sizeof *slots);
		for (uint32_t k = 0; k < many; k++)
			o->where[slots[i + k]] = run + 1;
	}
}

size_t order_copy(const struct order *o, uint32_t *slots)
{
	size_t n = 0;

	for (uint32_t i = 0; i < o->nline; n += o->line[i++].n)
		memcpy(slots + n, o->runs[o->line[i].run].slots, o->line[i].n * sizeof *slots);
	return n;
}

/* ---- asking ---- */

uint32_t order_at(const struct order *o, size_t rank)
{
	if (rank >= o->count)
		return ORDER_NONE;
	return row_at(o, o->turned ? o->count - 1 - rank : rank);
}

size_t order_rank(const struct order *o, uint32_t slot)
{
	size_t rank = 0;
	uint32_t run;

	if (!order_has(o, slot))
		return SIZE_MAX;
	run = o->where[slot] - 1u;
	for (uint32_t i = 0; i < o->runs[run].at; i++)
		rank += o->line[i].n;
	rank += index_in(o, run, slot);
	return o->turned ? o->count - 1 - rank : rank;
}

uint32_t order_next(const struct order *o, uint32_t slot)
{
	return neighbour(o, slot, !o->turned);
}

uint32_t order_previous(const struct order *o, uint32_t slot)
{
	return neighbour(o, slot, o->turned);
}

bool order_stands(const struct order *o, uint32_t slot)
{
	uint32_t before = neighbour(o, slot, false), after = neighbour(o, slot, true);

	return (before == ORDER_NONE || o->compare(o->ctx, before, slot) < 0) && (after == ORDER_NONE || o->compare(o->ctx, slot, after) < 0);
}

/* The threads on which everything that blocks runs: calls on hosts that are up, and what brings hosts up or lets them
 * go. Small stacks, as many as are needed and no more. Knows no host and no loop. */
#ifndef TANA_WORKERS_H
#define TANA_WORKERS_H

#include <stdbool.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct workers;

/* Calls never wait behind connects. A connect is also a close: work on hosts that are not up. */
enum work_kind { WORK_CALL, WORK_CONNECT };

/* One piece of work; part of its owner's struct, who keeps it until returned was called. */
struct work {
	struct work *next, *prev;         /* the pool's, while it waits */
	enum work_kind kind;
	unsigned bucket;
	bool waits;
	_Atomic int64_t began;            /* boot time in ms when a worker took it, 0 = it waits */
	void (*run)(struct work *w);      /* on a worker; may block */
	void (*returned)(struct work *w); /* on the same worker right after run: hands it over, does not block */
};

struct workers_config {
	int running;    /* workers that are not blocked, aimed at; 0 = twice the cores, 16 to 32 */
	int cap;        /* threads at most; 0 = 1024 */
	int blocked_ms; /* a worker this long in one call does not count as running; 0 = 250 */
	int idle_ms;    /* an idle worker ends after it; 0 = 10000 */
};
struct workers_counts { int threads, busy, waiting; };

struct workers *workers_new(const struct workers_config *c); /* c may be NULL */
/* Ends the workers; what still waits is never run. False: some did not come back within wait_ms; they and the pool
 * are given up (leaked on purpose: a hung thread still stands in them). */
bool workers_free(struct workers *p, int wait_ms);

/* order, of connects: lower ones go first, those of one order as they came; above 7 all are one. Unused for calls. */
void workers_put(struct workers *p, enum work_kind kind, unsigned order, struct work *w);
bool workers_take_back(struct workers *p, struct work *w);   /* true: no worker had it yet and none will */
struct workers_counts workers_count(struct workers *p);

#endif

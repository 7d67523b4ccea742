/* The store itself, for the files of this room that make it up: store.c, writer.c, load.c. */
#ifndef TANA_STORE_INTERNAL_H
#define TANA_STORE_INTERNAL_H

#include "common/log.h"
#include "store/cache.h"
#include "store/chain.h"
#include "store/db.h"
#include "store/dir.h"
#include "store/work.h"

#include <pthread.h>

/* Work that is done and goes back to the loop. Outlives the store, since the loop may still hold a post of it. */
struct outlet {
	pthread_mutex_t mutex;
	struct work *first, **end;
	int refs;
	bool posted;
};

struct store {
	char *dir;
	struct loop *loop;
	struct dir_lock *lock;

	pthread_mutex_t files; /* guards the two databases and the chain */
	struct db ledger;
	struct cache cache;
	struct chain chain;
	bool failing; /* the last group could not be written: said in the log, not again */

	pthread_t thread;
	pthread_mutex_t mutex;       /* guards what follows */
	pthread_cond_t wake;         /* the writer: there is work, or an end */
	pthread_cond_t rest;         /* store_close: there is none */
	struct work *first, **end;   /* handed over, not begun */
	size_t bytes;                /* of it */
	bool asked;                  /* the last work was a question: those who write go first */
	struct cache_batch *pending; /* NULL when none */
	uint64_t made, written;      /* batches for the cache so far; those that are in it */
	int64_t due;                 /* when pending is to be written, monotonic ms */
	bool busy;
	bool ending, closing, closed; /* in this order: long questions are given up; no more work; the thread ended */

	struct outlet *out;
};

/* writer.c */
void *writer_main(void *store);
int64_t writer_now_ms(void); /* CLOCK_MONOTONIC, which condition variables wait by */
/* store.c: hands a list of finished work (linked by next) to the loop. */
void store_finish(struct store *s, struct work *list);

#endif

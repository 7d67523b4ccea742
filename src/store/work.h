/* What is handed to the writer's thread and comes back: transactions and questions, one queue. Transactions keep their order, and so do
 * questions; a transaction may go before questions that came earlier, and never the other way round. */
#ifndef TANA_STORE_WORK_H
#define TANA_STORE_WORK_H

#include "store/store.h"

struct chain_walk;

enum work_kind { WORK_TX, WORK_AUDIT, WORK_VERIFY, WORK_HEAD, WORK_REPORT, WORK_EVENTS };

struct work {
	struct work *next;
	enum work_kind kind;
	struct err *err; /* the outcome */
};

enum op_kind {
	OP_VM, OP_JOB, OP_TAKE, OP_DROP, OP_APPEND, OP_JOB_DROP, OP_SNAPSHOT, OP_LIMIT, OP_LIMIT_DROP, OP_ANCHOR, OP_PAIR,
	OP_ALERT, OP_ALERT_DROP, OP_NOTE, OP_NOTE_DROP
};
struct op {
	enum op_kind kind;
	union {
		const struct store_vm *vm;
		const struct store_job *job;
		const struct lease *lease;
		const char *object; /* OP_JOB_DROP: the job; OP_ALERT_DROP: the alert; OP_NOTE_DROP */
		const struct store_alert *alert;
		const struct store_note *note;
		const struct store_snapshot *snapshot;
		const struct store_pair *pair;
		const struct store_limit *limit; /* OP_LIMIT_DROP: object and kind alone */
		struct {
			const char *hash;
			int64_t seq, at;
		} anchor;
		struct {
			json_t *what;
			int64_t wall;
		} append;
	};
};

struct chunk;
struct store_tx {
	struct work work; /* first: the queue holds these */
	struct store *store;
	struct op *ops;
	size_t nops, size;
	struct chunk *memory; /* what the ops point at; goes with them */
	size_t bytes;
	bool refused; /* it came with its error */
	store_done *done;
	void *ctx;
};
void tx_empty(struct store_tx *tx); /* frees what it carries; its outcome and completion stay */

struct work_query {
	struct work work;
	struct store_query q;
	char *object;
	store_records *done;
	void *ctx;
	json_t *records;         /* the answer; of a report: what is there of it */
	struct chain_walk *walk; /* of a verification under way */
	int64_t from, n, to;     /* of a report: behind which row it goes on, and its end */
	char *after;             /* the same, as it was asked; NULL from the start */
	char *by, *tenant, *verb, *what; /* of the audit log; n: behind which record it goes on; NULL any */
	json_t *ids;             /* of the VMs of that tenant; NULL none */
	uint64_t cached;         /* of events: so many batches must be in the cache */
};

/* store.c: hands work over; takes ownership. Past the queue's bound a transaction is emptied and fails in its turn. */
void store_enqueue(struct store *s, struct work *w, size_t bytes);

#endif

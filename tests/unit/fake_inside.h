/* Between the files that together are the scripted machines: fake_host.c and fake_snaps.c. */
#ifndef TEST_FAKE_INSIDE_H
#define TEST_FAKE_INSIDE_H

#include "fake_host.h"

#include <pthread.h>

#define CONNS 16
#define SNAPS 64
#define ORDERS 64

struct fsnap {
	char name[64], parent[64], note[128];
	int64_t created;
	enum vm_state state;
	bool memory, external, orphan;
	uint64_t bytes;
};
struct fvm {
	int n;
	char name[64];
	enum vm_state state;
	bool persistent;
	struct fsnap *snaps;
	int nsnaps;
	char current[64];
	int way;                /* of snapshot orders; -1: as the machine's */
	bool unknown, busy;
	char typed[65536];
	size_t ntyped;
	bool forced;
	struct host_snaps like;
	uint64_t bytes;
};

struct host {
	struct machine *m;
	struct host_sink sink;
	enum lane lane;
	bool opened, aborted, broken, telling, closed;
	int calls;
	struct host_console_sink console;
	int console_vm;         /* 0 none */
};

struct machine {
	pthread_cond_t moved;
	char name[64], uuid[HOST_UUID_LEN + 1], serial[64];
	enum fake_way ways[FAKE_CALLS], opens[LANE_CONSOLE + 1];
	int slow_ms;
	bool one_lane, no_console;
	struct fvm *vms;
	int nvms;
	struct host *conns[CONNS];
	int called[FAKE_CALLS], live, at_once;
	struct fake_order orders[ORDERS];
};

extern pthread_mutex_t fake_lock;       /* of everything */

/* All with the lock held. */
struct machine *fake_find(const char *name);
struct fvm *fake_vm_of(struct machine *m, int n);
struct fvm *fake_vm_by_uuid(struct machine *m, const char *uuid);
/* To every open connection. The sink only enqueues, as host.h says. */
void fake_tell(struct machine *m, enum host_event_kind kind, int n, enum vm_state state, enum host_why why, const char *text);
struct err *fake_err(enum err_class class, const char *text);
/* How a call goes now; asked again after each wait. vm 0: it is of no VM. */
enum fake_way fake_way_of(struct host *h, enum fake_call call, int vm);
/* Every call goes through here and keeps the lock if it is to go on (NULL). */
struct err *fake_begin(struct host *h, enum fake_call call, int vm);
void fake_fill_snaps(struct host_vm *out, const struct fvm *v);

#define FAKE_SET(what) do { \
	pthread_mutex_lock(&fake_lock); \
	struct machine *m = fake_find(name); \
	what; \
	pthread_cond_broadcast(&m->moved); \
	pthread_mutex_unlock(&fake_lock); \
} while (0)

#endif

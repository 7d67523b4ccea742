/* A VM's snapshots for a view that is open: asked when it opens and again when the VM or one of its jobs changes, at most
 * once a second; what was told last stays meanwhile. The VM view and the form of a new snapshot embed one. */
#ifndef TANA_SNAPS_LIVE_H
#define TANA_SNAPS_LIVE_H

#include "app.h"
#include "link/snaps.h"

struct snaps_live {
	struct snaps now;        /* the last answer */
	bool answered;           /* there is one, or a reason why not */
	char error[512];         /* why the newest question was not answered, "" */

	struct app *app;
	istr vm;                 /* id */
	uint64_t request;        /* under way, 0 none */
	int64_t asked;           /* boot ms of the last question */
	struct loop_timer *again;
	struct registry_watch watch;
	void (*told)(void *ctx);
	void *ctx;
};

/* told: after each answer; not during this call. */
void snaps_live_open(struct snaps_live *l, struct app *a, const char *vm_id, void (*told)(void *ctx), void *ctx);
void snaps_live_ask(struct snaps_live *l);   /* now, or as soon as the last question is a second old */
void snaps_live_close(struct snaps_live *l);

#endif

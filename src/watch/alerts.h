/* The alerts: what is wrong now, one line a cause, and whose business it is. Made from the registry's objects as they change, kept
 * there as objects of KIND_ALERT. alerts_rules.c says what an object says; alerts_tree.c what stands behind one cause;
 * alerts_lines.c how a line lives: new, acknowledged, muted, cleared, flapping; alerts_marks.c what is remembered of it. Made and fed by broker/care.c. */
#ifndef TANA_ALERTS_H
#define TANA_ALERTS_H

#include "common/error.h"
#include "common/loop.h"
#include "common/registry.h"
#include "store/store.h"

#define ALERT_FLAP_S 600       /* changes within so long count ... */
#define ALERT_FLAPPING 5       /* ... and so many are "flapping", until so long was quiet */
#define ALERT_CLEARED_S 3600   /* a cleared one is listed so long */
#define ALERT_CLEARED_MAX 200  /* and of them so many, the newest */

struct alerts;
struct alerts_config {
	struct loop *loop;
	struct registry *objects;  /* outlives the alerts */
	void *ctx;
	/* News for the staff. Borrowed. */
	void (*happened)(void *ctx, enum kind k, const char *object, const char *name, const struct msg *m);
	/* This mark ended: it is to go from the ledger. */
	void (*dropped)(void *ctx, const char *id);
	/* A line stands since then (0: no more): kept in the cache, so that a restart makes nothing new. */
	void (*seen)(void *ctx, const char *id, int64_t since);
};
struct alerts *alerts_new(const struct alerts_config *c);
void alerts_free(struct alerts *a);                 /* before the registry; its objects stay there */

/* At start, before alerts_start: what was acknowledged or muted, and since when lines stood. */
void alerts_load_mark(struct alerts *a, const struct store_alert *m);
void alerts_load_seen(struct alerts *a, const char *id, int64_t since);
/* Did this stand when the broker before this one ended, and does it still, as far as is known? cause: "host", "manager". */
bool alerts_stood(struct alerts *a, const char *cause, const char *object);
void alerts_start(struct alerts *a);                /* looks at all objects once, and from then on at what changes */

/* The alert that a word means: its id, or the one that stands at this object (an object's id). ERR_NOTFOUND alert.none; ERR_USAGE
 * alert.ambiguous, which names them. */
struct err *alerts_find(struct alerts *a, const char *word, struct alert **out);
int64_t alerts_marked(struct alerts *a, const char *id); /* when somebody acknowledged or muted it; 0 nobody has */
/* As it was written: state "new" takes a mark off, "acknowledged" and "muted" (until) set it. Copied. */
void alerts_set(struct alerts *a, const struct store_alert *m);

#endif

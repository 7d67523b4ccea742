/* Previews of the snapshot verbs: what they look up, what is hit, what stands in the way. Used by plan.c and plans.c; the
 * words are in plan_snap_words.c. */
#ifndef TANA_PLAN_SNAP_H
#define TANA_PLAN_SNAP_H

#include "safety/plan.h"

/* What was looked up for one preview. Borrowed from the book: of no use once that changes. */
struct snap_look {
	const struct vm *vm;
	const struct host_snaps *seen;  /* NULL: its host did not tell just now */
	const struct host_snap *hit;    /* revert, delete: the one that is meant; NULL none */
	struct err *err;                /* what is wrong with how it was asked; NULL */
	const char *why_not;            /* why this host cannot, for struct facts */
	size_t children;                /* directly on it */
	struct quota quota;             /* create: what one more meets */
	bool fits;                      /* create: quota is worked out */
	const struct vm *half;          /* revert: the other half of its pair, NULL: none is found */
	bool half_hidden;               /* and the actor must not read its name */
	bool half_runs, half_unsure;
};

/* Makes p->snap. shown: of the preview that is worked out again, NULL. look->err is the caller's. */
void plan_snap_look(const struct plan_world *w, const struct actor *a, struct plan *p, const struct vm *vm,
	const struct plan_args *args, const struct plan_snap *shown, struct snap_look *look);
/* Several VMs were named: p->snap is made, empty. */
void plan_snap_none(struct plan *p);
/* What stands in the way when the rules for every verb (policy.h) have let it pass. Sets what a commit needs. */
struct err *plan_snap_check(const struct plan_world *w, const struct actor *a, struct plan *p, struct snap_look *look);
void plan_snap_words(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *look);
void plan_snap_confirm(const struct plan_world *w, const struct actor *a, struct plan *p, const struct snap_look *look);
/* "tana snapshot revert vm:db01a before" with its options. word: the VM's, quoted; confirm: the option that confirms it. */
void plan_snap_command(const struct plan_world *w, const struct actor *a, const struct plan *p, const char *word,
	const char *confirm, struct buf *b);
/* Adds to changes what got worse. */
void plan_snap_compare(json_t *changes, const struct plan *was, const struct plan *is);
/* The arguments that lead to the same preview; they borrow from it. */
struct plan_args plan_snap_args(const struct plan *p);
json_t *plan_snap_json(const struct plan_snap *s);
void plan_snap_free(struct plan_snap *s);

/* Revert and delete (plan_snap_hit.c): which one, what goes with it; and what stands in its way. */
void plan_snap_hit(const struct plan_world *w, const struct actor *a, struct plan *p, struct snap_look *look,
	const struct plan_args *args, const struct plan_snap *shown);
struct err *plan_snap_hit_check(const struct plan_world *w, struct plan *p, const struct snap_look *look);
void plan_snap_err(struct snap_look *look, struct err *e);   /* the first one counts */
void plan_snap_set(char **slot, const char *s);

/* What this actor calls it: what a former owner wrote is not for the present one. row: NULL of one made outside. */
const char *plan_snap_called(const struct actor *a, const struct snapshot *row, const char *host_name);
const char *plan_snap_zone(const struct plan_world *w, const struct vm *vm);

#endif

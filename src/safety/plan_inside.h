/* Inside previews: what plan.c (of VMs, and what all have), plan_blade.c and plan_check.c share. Used by plan*.c alone. */
#ifndef TANA_PLAN_INSIDE_H
#define TANA_PLAN_INSIDE_H

#include "safety/plan_snap.h"

struct plan *plan_new(const struct plan_world *w, const struct actor *a, enum kind k, enum verb v, size_t n); /* targets all zero */
/* shown: the preview that is worked out again, NULL. */
struct plan *plan_make_vms(const struct plan_world *w, const struct actor *a, enum verb v, struct vm *const *vms, size_t n,
	const struct plan_args *args, const struct plan *shown);
/* What is to be typed for p->confirm. unique: no other object has the first target's name. */
void plan_confirm_text(const struct plan_world *w, const struct actor *a, struct plan *p, bool unique);
char *plan_confirm_option(const struct plan *p);   /* " --confirm a2-12" or " --yes"; caller frees */

/* Adds one sentence with {name} {was} {is}. */
void plan_worse(json_t *changes, const char *id, const char *name, const char *was, const char *is);
/* Adds what got worse for blades beside warnings and what is to be typed. */
void plan_blade_compare(json_t *changes, const struct plan *was, const struct plan *is);
void plan_blade_free(struct plan *p);              /* what only plans of blades have */

#endif

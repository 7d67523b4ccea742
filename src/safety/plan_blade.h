/* Inside previews of blades: what was looked up for one (plan_blade.c) and its words (plan_blade_words.c). */
#ifndef TANA_PLAN_BLADE_H
#define TANA_PLAN_BLADE_H

#include "safety/plan_inside.h"

/* A VM that runs on one of the targets, or may run there. */
struct blade_vm {
	struct vm *vm;
	size_t target;         /* index of its blade */
	bool live;             /* it is seen there as of now */
};
/* Borrowed from the registry: of no use once that changes. */
struct blade_look {
	struct blade *const *blades; /* as the targets */
	struct blade_vm *vms;        /* blade by blade, by name */
	size_t n;
};

/* Fills impact, warnings and quorums of a plan whose targets, victims and steps are made. */
void plan_blade_words(const struct plan_world *w, const struct actor *a, struct plan *p, const struct blade_look *look);

#endif

/* What becomes of the other half of a pair when something ends. Pure. Called by plan_words.c, plan_blade_words.c and what_if.c. */
#ifndef TANA_PAIR_HALF_H
#define TANA_PAIR_HALF_H

#include "common/registry.h"

enum half_fate {
	HALF_NONE,    /* the VM is of no pair */
	HALF_ENDS,    /* it ends too */
	HALF_RUNS,    /* it runs on */
	HALF_OFF,     /* it is off already */
	HALF_UNSURE   /* nobody knows, or there is none */
};
/* ends: does this VM end with what is lost? *half: the other one where it ends too, else NULL. */
enum half_fate pair_half(const struct registry *r, const struct vm *vm, bool (*ends)(const void *ctx, const struct vm *half),
	const void *ctx, const struct vm **half);

#endif

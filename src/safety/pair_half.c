/* Looks for the other half among the VMs of its name and tenant. */
#include "safety/pair_half.h"

#define SAME_NAME_MAX 64

enum half_fate pair_half(const struct registry *r, const struct vm *vm, bool (*ends)(const void *ctx, const struct vm *half),
	const void *ctx, const struct vm **other)
{
	void *same[SAME_NAME_MAX];
	bool runs = false, unsure = false, off = false;

	*other = NULL;
	if (!vm->pair[0])
		return HALF_NONE;
	size_t n = registry_named(r, KIND_VM, vm->pair, same, SAME_NAME_MAX);
	for (size_t i = 0; i < n && i < SAME_NAME_MAX; i++) {
		const struct vm *half = same[i];
		if (half == vm || half->tenant != vm->tenant)
			continue;
		if (ends(ctx, half)) {
			*other = half;
			return HALF_ENDS;
		}
		if (!half->live || half->state == VM_UNKNOWN)
			unsure = true;
		else if (half->state == VM_RUNNING || half->state == VM_BLOCKED)
			runs = true;
		else
			off = true;
	}
	if (runs)
		return HALF_RUNS;
	return off && !unsure ? HALF_OFF : HALF_UNSURE;
}

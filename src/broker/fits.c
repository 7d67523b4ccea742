/* What still fits on a blade (fits.h): memory that is neither reserved nor a VM's, and never more of a grade than its share of a
 * blade allows (`per-blade`). */
#include "broker/fits.h"

#include <string.h>

#define NEARLY 1e-9 /* 8 eighths are a whole */

static const struct site_grade *grade_of(const struct site_model *m, const struct vm *vm)
{
	for (size_t i = 0; i < m->ngrades; i++)
		if (strcmp(m->grades[i].name, vm->grade) == 0)
			return &m->grades[i];
	return NULL;
}

json_t *blade_fits(const struct site_model *m, const struct registry *r, const struct blade *b)
{
	int64_t sold = b->mem_kib - (int64_t)m->reserve_kib, room = sold;
	double share = 0; /* of the blade that is taken */
	bool unsized = false;
	size_t n;

	if (b->mem_kib <= 0 || m->ngrades == 0 || !*b->name)
		return NULL;
	struct vm *const *vms = registry_vms_on(r, b->name, &n);
	for (size_t i = 0; i < n; i++) {
		const struct site_grade *g = grade_of(m, vms[i]);
		room -= vms[i]->mem_kib;
		unsized |= vms[i]->mem_kib <= 0;
		if (g && g->per_blade > 0)
			share += 1.0 / g->per_blade;
		else if (sold > 0)
			share += (double)vms[i]->mem_kib / (double)sold;
	}
	if (unsized)
		return NULL;
	json_t *list = json_array();
	for (size_t i = 0; i < m->ngrades; i++) {
		const struct site_grade *g = &m->grades[i];
		int64_t fits = g->mem_kib > 0 && room > 0 ? room / (int64_t)g->mem_kib : 0;
		double left = (1 - share) * g->per_blade + NEARLY;
		if (g->per_blade > 0 && (double)fits > left)
			fits = left > 0 ? (int64_t)left : 0;
		json_array_append_new(list, json_pack("{s:s, s:I}", "grade", g->name, "fits", (json_int_t)fits));
	}
	return list;
}

/* A filter of blades and VMs (site_filter.h). */
#include "map/site_filter.h"

bool site_filter_take(struct site_filter *f, const struct app *a)
{
	struct err *e = NULL, *e2 = NULL;
	struct filter *by_blade = NULL, *by_vm = NULL;

	if (f->gen == a->filter_gen)
		return false;
	f->gen = a->filter_gen;
	if (*a->filter) {
		e = filter_new(KIND_BLADE, a->filter, &by_blade);
		e2 = filter_new(KIND_VM, a->filter, &by_vm);
	}
	err_free(f->error);
	f->error = NULL;
	if (e && e2) { /* half typed */
		f->error = e2;
		err_free(e);
		return false;
	}
	err_free(e);
	err_free(e2);
	filter_free(f->by_blade);
	filter_free(f->by_vm);
	f->by_blade = by_blade;
	f->by_vm = by_vm;
	return true;
}

void site_filter_clear(struct site_filter *f)
{
	filter_free(f->by_blade);
	filter_free(f->by_vm);
	err_free(f->error);
}

/* The user's filter where blades and VMs are shown together: what it says of each. Behind Racks and the tree. */
#ifndef TANA_SITE_FILTER_H
#define TANA_SITE_FILTER_H

#include "app.h"
#include "common/filter.h"

struct site_filter {
	struct filter *by_blade, *by_vm; /* NULL: it cannot be asked of these, or there is none */
	struct err *error;               /* why it is not obeyed; the last good one stays */
	uint32_t gen;                    /* of app.filter; begins as another than that */
};

/* Reads what was typed since. True: another filter is obeyed from now on. */
bool site_filter_take(struct site_filter *f, const struct app *a);
static inline bool site_filter_is_on(const struct site_filter *f)
{
	return f->by_blade || f->by_vm;
}
void site_filter_clear(struct site_filter *f);

#endif

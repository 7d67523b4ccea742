/* Which racks the Racks view and the wall lay out, in which order, how far they are zoomed out, and when that must be done anew
 * (racks_inside.h). The places themselves come from rack_layout.c. */
#include "map/racks_inside.h"

#include <stdlib.h>
#include <string.h>

/* Those to be shown, as indexes of the metal; the caller frees. */
static int *chosen(struct racks *r, int *n)
{
	struct metal *m = r->view.app->metal;
	int all = metal_racks(m), *list = xmalloc(((size_t)all + (size_t)r->nsome + 1) * sizeof *list);

	*n = 0;
	for (int s = 0; s < r->nsome; s++)
		for (int i = 0; i < all; i++)
			if (strcmp(metal_rack(m, i)->name, r->some[s]) == 0)
				list[(*n)++] = i;
	for (int i = 0; i < all && !r->nsome; i++)
		if (!r->only || strcmp(metal_rack(m, i)->name, r->only) == 0)
			list[(*n)++] = i;
	return list;
}

struct ranked { int rack, rank; };

static int worst_first(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->rank != y->rank ? y->rank - x->rank : x->rack - y->rack;
}

/* There is not even a cell for each: what is wrong is shown. */
static void sort_worst(struct racks *r, int *list, int n)
{
	struct ranked *all = xmalloc(((size_t)n + 1) * sizeof *all);

	for (int i = 0; i < n; i++) {
		struct racks_sum s;

		racks_sum_cell(r, &s, &(struct rack_cell){.rack = list[i], .enclosure = -1, .bay = -1});
		all[i] = (struct ranked){list[i], s.blades ? (int)s.worst.rank : -1};
	}
	qsort(all, (size_t)n, sizeof *all, worst_first);
	for (int i = 0; i < n; i++)
		list[i] = all[i].rack;
	free(all);
}

static void make(struct racks *r)
{
	struct metal *m = r->view.app->metal;
	struct rack_wish wish = {.from = r->from, .h = r->made_h, .w = r->made_w, .most = r->made_most};
	int *list = chosen(r, &wish.n);

	wish.racks = list;
	rack_layout_make(&r->layout, m, &wish);
	if (r->layout.hidden > 0) {
		sort_worst(r, list, wish.n);
		rack_layout_make(&r->layout, m, &wish);
	}
	free(list);
}

bool racks_lay_out(struct racks *r, int h, int w)
{
	uint32_t version = metal_version(r->view.app->metal);
	int most = r->most > 9999 ? 9999 : (int)r->most;
	bool same = r->version == version && r->made_h == h && r->made_w == w && r->made_most == most && r->made_tier == screen_tier() &&
		r->made_from == r->from;

	if (same && (r->layout.hidden == 0 || r->made_states == r->states))
		return false;
	r->version = version;
	r->made_h = h;
	r->made_w = w;
	r->made_most = most;
	r->made_tier = screen_tier();
	r->made_from = r->from;
	make(r);
	r->made_states = r->states;
	return true;
}

bool racks_zoom(struct racks *r, int by)
{
	enum rack_form was = r->layout.form, from = r->from;

	if (r->layout.ncells == 0 || r->made_h == 0)
		return false;
	for (int f = (int)was + by; f >= RACK_BAYS && f <= RACK_DOTS; f += by) {
		r->from = (enum rack_form)f;
		make(r);
		if (r->layout.form != was) {
			r->made_from = r->from;
			return true;
		}
	}
	r->from = from;
	make(r);
	return false;
}

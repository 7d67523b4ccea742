/* Places of racks, enclosures and bays (rack_layout.h). Each form says how large a rack is; the first whose racks fit wins. */
#include "map/rack_layout.h"

#include "common/buf.h"
#include "common/text.h"

#include <stdlib.h>
#include <string.h>

#define TITLES_MOST 24   /* cells that names may make a rack wide */

struct maker {
	struct rack_layout *l;
	struct metal *m;
	const int *racks;    /* indexes */
	int n;
	int h, w;
	int name;            /* cells of a rack's name */
	int least;           /* RACK_BAYS: cells of a rack, so that its name and those of its enclosures can be read */
	bool air, spread;    /* RACK_BAYS: blank lines around and between enclosures */
};

static void add_cell(struct rack_layout *l, int y, int x, int w, int rack, int enclosure, int bay)
{
	if ((l->ncells & (l->ncells - 1)) == 0)
		l->cells = xrealloc(l->cells, (size_t)(l->ncells ? l->ncells * 2 : 1) * sizeof *l->cells);
	l->cells[l->ncells++] = (struct rack_cell){(short)y, (short)x, (short)w, rack, enclosure, bay};
}

static void add_title(struct rack_layout *l, int y, int x, int w, int rack, int enclosure)
{
	if ((l->ntitles & (l->ntitles - 1)) == 0)
		l->titles = xrealloc(l->titles, (size_t)(l->ntitles ? l->ntitles * 2 : 1) * sizeof *l->titles);
	l->titles[l->ntitles++] = (struct rack_title){(short)y, (short)x, (short)w, rack, enclosure};
}

static const struct metal_rack *rack_of(const struct maker *k, int i)
{
	return metal_rack(k->m, k->racks[i]);
}

static const struct metal_enclosure *enclosure_of(const struct maker *k, const struct metal_rack *r, int i)
{
	return metal_enclosure(k->m, r->first + i);
}

/* ---- bays ---- */

static int bays_width(const struct maker *k)
{
	int columns = 1;

	for (int i = 0; i < k->n; i++) {
		const struct metal_rack *r = rack_of(k, i);

		for (int e = 0; e < r->n; e++)
			if (enclosure_of(k, r, e)->columns > columns)
				columns = enclosure_of(k, r, e)->columns;
	}
	columns = columns * (2 + k->l->digits) + 2 + 2;
	return columns > k->least ? columns : k->least;
}

/* "+- Rack hosts -+", "| db-store |": what the titles take. A site of single servers has racks that are one bay wide. */
static int titles_width(const struct maker *k)
{
	int most = 0;

	for (int i = 0; i < k->n; i++) {
		const struct metal_rack *r = rack_of(k, i);
		int w = text_width(r->name) + 11;

		most = w > most ? w : most;
		for (int e = 0; e < r->n; e++) {
			w = text_width(enclosure_of(k, r, e)->name) + 4;
			most = w > most ? w : most;
		}
	}
	return most < TITLES_MOST ? most : TITLES_MOST;
}

static int bays_height(const struct maker *k, const struct metal_rack *r)
{
	int h = 2 + (k->air ? 1 : 0);

	for (int e = 0; e < r->n; e++)
		h += 1 + enclosure_of(k, r, e)->rows * (k->l->labels ? 2 : 1) + (k->spread && e < r->n - 1 ? 1 : 0);
	return h + (k->air ? 1 : 0);
}

/* Racks of one width side by side, as many rows of them as needed. *h: what that takes. */
static bool bays_fit(const struct maker *k, int *h)
{
	int width = bays_width(k), across = (k->w + 1) / (width + 1);

	*h = 0;
	if (across < 1)
		return false;
	for (int i = 0; i < k->n; i += across) {
		int row = 0;

		for (int j = i; j < i + across && j < k->n; j++) {
			int rack = bays_height(k, rack_of(k, j));

			row = rack > row ? rack : row;
		}
		*h += row;
	}
	return *h <= k->h;
}

static void bays_place(struct maker *k)
{
	struct rack_layout *l = k->l;
	int width = bays_width(k), across = (k->w + 1) / (width + 1), y = 0;

	l->frames = xcalloc((size_t)k->n, sizeof *l->frames);
	l->nframes = k->n;
	l->w = (k->n < across ? k->n : across) * (width + 1) - 1;
	for (int i = 0; i < k->n; i += across) {
		int row = 0;

		for (int j = i; j < i + across && j < k->n; j++) {
			int rack = bays_height(k, rack_of(k, j));

			row = rack > row ? rack : row;
		}
		for (int j = i; j < i + across && j < k->n; j++) {
			const struct metal_rack *r = rack_of(k, j);
			int x = (j - i) * (width + 1), line = y + 1 + (k->air ? 1 : 0);

			l->frames[j] = (struct rack_frame){{y, x, row, width}, k->racks[j]};
			for (int e = 0; e < r->n; e++) {
				const struct metal_enclosure *in = enclosure_of(k, r, e);

				add_title(l, line++, x + 2, width - 4, k->racks[j], r->first + e);
				for (int b = 0; b < in->bays; b++) {
					int down, right;

					metal_spot(in, b, &down, &right);
					add_cell(l, line + down * (l->labels ? 2 : 1) + (l->labels ? 1 : 0), x + 2 + right * (2 + l->digits), 1 + l->digits,
						k->racks[j], r->first + e, b);
				}
				line += in->rows * (l->labels ? 2 : 1) + (k->spread ? 1 : 0);
			}
		}
		y += row;
	}
	l->h = y;
}

static bool make_bays(struct maker *k)
{
	static const struct { bool air, spread, labels; } ways[] = {
		{true, true, true}, {false, true, true}, {false, false, true}, {false, true, false}, {false, false, false}};
	const size_t n = sizeof ways / sizeof ways[0];
	int h;

	/* With names that can be read in every way that there is, before they are cut. */
	for (size_t i = 0; i < 2 * n; i++) {
		k->least = i < n ? titles_width(k) : 0;
		k->air = ways[i % n].air;
		k->spread = ways[i % n].spread;
		k->l->labels = ways[i % n].labels;
		if (bays_fit(k, &h)) {
			bays_place(k);
			return true;
		}
	}
	return false;
}

/* ---- the smaller forms: racks of one size in a grid ---- */

static void rack_size(const struct maker *k, const struct metal_rack *r, enum rack_form form, int *h, int *w)
{
	int columns = k->name, lines = 1, all = 0;

	for (int e = 0; e < r->n; e++) {
		const struct metal_enclosure *in = enclosure_of(k, r, e);

		columns = in->columns > columns ? in->columns : columns;
		lines += in->rows;
		all += in->bays + 1;
	}
	*h = 1;
	switch (form) {
	case RACK_BLOCKS:
		*h = lines + 1; /* and a blank one below */
		*w = columns + 1;
		break;
	case RACK_LINES:
		*w = k->name + 1 + all + 1;
		break;
	case RACK_WORST:
		*w = k->name + 1 + r->n * (2 + k->l->digits) + 1;
		break;
	case RACK_SUMS:
		*w = k->name + 1 + 2 + k->l->digits + 1;
		break;
	default:
		*w = 2;
		break;
	}
}

static void place_rack(struct maker *k, int rack, enum rack_form form, int y, int x)
{
	const struct metal_rack *r = metal_rack(k->m, rack);
	struct rack_layout *l = k->l;
	int at = x + k->name + 1;

	if (form == RACK_DOTS) {
		add_cell(l, y, x, 1, rack, -1, -1);
		return;
	}
	add_title(l, y, x, k->name, rack, -1);
	if (form == RACK_SUMS) {
		add_cell(l, y, at, 1 + l->digits, rack, -1, -1);
		return;
	}
	if (form == RACK_BLOCKS)
		y++;
	for (int e = 0; e < r->n; e++) {
		const struct metal_enclosure *in = enclosure_of(k, r, e);

		switch (form) {
		case RACK_BLOCKS:
			add_cell(l, y, x, in->columns, rack, r->first + e, -1);
			y += in->rows;
			break;
		case RACK_LINES:
			add_cell(l, y, at, in->bays, rack, r->first + e, -1);
			at += in->bays + 1;
			break;
		default:
			add_cell(l, y, at, 1 + l->digits, rack, r->first + e, -1);
			at += 2 + l->digits;
			break;
		}
	}
}

static bool make_grid(struct maker *k, enum rack_form form, bool anyway)
{
	int h = 1, w = 1, across, down;

	for (int i = 0; i < k->n; i++) {
		int rh, rw;

		rack_size(k, rack_of(k, i), form, &rh, &rw);
		h = rh > h ? rh : h;
		w = rw > w ? rw : w;
	}
	across = (k->w - (form == RACK_DOTS ? 0 : 1)) / w; /* the bracket of a cursor in the first column needs a cell */
	if (across < 1) {
		if (!anyway)
			return false;
		across = 1;
	}
	if (form == RACK_DOTS && (k->n + across - 1) / across > k->h && k->w > 0) {
		w = 1; /* no room for gaps */
		across = k->w;
	}
	down = (k->n + across - 1) / across;
	if (down * h - (form == RACK_BLOCKS) > k->h && !anyway)
		return false;
	/* Spread what is there over the width, but not too thin. */
	if (form != RACK_DOTS && down == 1 && k->n < across)
		across = k->n;
	if (down > k->h && form == RACK_DOTS) {
		int room = k->h > 0 ? k->h * across : 0;

		k->l->hidden = k->n > room ? k->n - room : 0;
	}
	for (int i = 0; i < k->n - k->l->hidden; i++)
		place_rack(k, k->racks[i], form, i / across * h, (form == RACK_DOTS ? 0 : 1) + i % across * w);
	k->l->h = down * h;
	k->l->w = across * w;
	return true;
}

void rack_layout_make(struct rack_layout *l, struct metal *m, const struct rack_wish *wish)
{
	struct maker k = {.l = l, .m = m, .racks = wish->racks, .n = wish->n, .h = wish->h, .w = wish->w, .name = 2};

	rack_layout_free(l);
	l->digits = wish->most > 999 ? 4 : wish->most > 99 ? 3 : 2;
	if (k.n == 0)
		return;
	for (int i = 0; i < k.n; i++) {
		int width = text_width(rack_of(&k, i)->name);

		k.name = width > k.name ? width < 12 ? width : 12 : k.name;
	}
	for (int form = (int)wish->from; form <= RACK_DOTS; form++) {
		l->form = (enum rack_form)form;
		if (form == RACK_BAYS ? make_bays(&k) : make_grid(&k, l->form, form == RACK_DOTS))
			return;
	}
}

void rack_layout_free(struct rack_layout *l)
{
	free(l->cells);
	free(l->titles);
	free(l->frames);
	memset(l, 0, sizeof *l);
}

int rack_layout_step(const struct rack_layout *l, int from, int dy, int dx)
{
	int best = from;
	long least = 0;

	if (from < 0 || from >= l->ncells)
		return l->ncells > 0 ? 0 : -1;
	for (int i = 0; i < l->ncells; i++) {
		int down = (l->cells[i].y - l->cells[from].y) * (dy ? dy : 1), right = (l->cells[i].x - l->cells[from].x) * (dx ? dx : 1);
		int along = dy ? down : right, aside = abs(dy ? right : down);
		long cost;

		/* Up and down stay in their column; left and right may come out on another line, where the metal is uneven. */
		if (along <= 0 || aside > (dy ? l->cells[from].w : 6))
			continue;
		cost = along * 16L + aside * (dy ? 1L : 64L);
		if (best == from || cost < least) {
			best = i;
			least = cost;
		}
	}
	return best;
}

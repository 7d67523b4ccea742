/* How the floor is drawn into a box: from whole bays down to one sign a rack, the richest form that fits. The overview
 * never pages. Pure: shapes in, places out. */
#ifndef TANA_RACK_LAYOUT_H
#define TANA_RACK_LAYOUT_H

#include "map/metal.h"
#include "view.h"

enum rack_form {
	RACK_BAYS,    /* boxes with enclosures, a cell with load and count for each bay */
	RACK_BLOCKS,  /* a sign for each bay, rows as in the metal */
	RACK_LINES,   /* a sign for each bay, an enclosure is one line */
	RACK_WORST,   /* an enclosure is its worst sign and a count */
	RACK_SUMS,    /* a rack is its worst sign and a count */
	RACK_DOTS     /* a rack is a sign */
};

struct rack_cell {
	short y, x, w;       /* inside the box that was laid out; w: cells of the text itself */
	int rack, enclosure, bay; /* indexes of the metal; -1 where the form does not tell them apart */
};
struct rack_title { short y, x, w; int rack, enclosure; }; /* enclosure -1: the rack's */
struct rack_frame { struct box at; int rack; };

struct rack_layout {
	enum rack_form form;
	int h, w;            /* what it takes */
	int digits;          /* of a count */
	bool labels;         /* RACK_BAYS: bays have their numbers above them */
	struct rack_cell *cells; int ncells;
	struct rack_title *titles; int ntitles;
	struct rack_frame *frames; int nframes; /* RACK_BAYS: one a rack */
	int hidden;          /* racks of the end of the list for which there is not even a cell: 0 but on a tiny screen */
};
struct rack_wish {
	const int *racks; int n; /* indexes, in the order in which they are laid out */
	enum rack_form from;     /* no richer form than this */
	int h, w;                /* the room there is */
	int most;                /* the greatest count that will be shown */
};

/* The richest form that was asked for and fits. */
void rack_layout_make(struct rack_layout *l, struct metal *m, const struct rack_wish *wish);
void rack_layout_free(struct rack_layout *l);   /* what is inside */
/* The cell reached from `from` by one step (dy, dx one of -1, 0, 1); `from` itself when there is none. */
int rack_layout_step(const struct rack_layout *l, int from, int dy, int dx);

#endif

/* The front of one enclosure as cards: where they stand at a given size, and what is on each. Used by view_enclosure.c. The
 * places are pure: shapes in, places out. */
#ifndef TANA_ENCLOSURE_FRONT_H
#define TANA_ENCLOSURE_FRONT_H

#include "common/registry.h"
#include "map/metal.h"
#include "view.h"

struct front_shape {
	int columns, rows;      /* of cards; as the metal has them where there is room */
	bool metal;             /* they are the metal's */
	int w, h;               /* of a card with the cell of the bracket before it */
	int shown;              /* rows of cards that fit at once */
};

/* For a box of so many cells, its border included. */
void front_shape_make(struct front_shape *s, const struct metal_enclosure *e, int h, int w);
void front_shape_spot(const struct front_shape *s, const struct metal_enclosure *e, int bay, int *row, int *column);
/* The bay reached from this one by a step; itself where there is none. */
int front_shape_step(const struct front_shape *s, const struct metal_enclosure *e, int bay, int dy, int dx);
int front_shape_height(const struct front_shape *s);   /* lines of the box that hold it, its border included */

/* Draws it; top: the first row of cards that is shown. */
void front_draw(const struct front_shape *s, const struct metal_enclosure *e, struct registry *objects, struct box b, int top, int at, const char *right);
/* Where the card stands on the screen; false: it is not shown. */
bool front_spot(const struct front_shape *s, const struct metal_enclosure *e, struct box b, int top, int bay, struct box *out);

#endif

/* What view_tree.c and tree_draw.c share: the cursor and the rows on the screen. */
#ifndef TANA_TREE_INSIDE_H
#define TANA_TREE_INSIDE_H

#include "map/tree_fleet.h"
#include "term/screen.h"

struct tree_view {
	struct view view;
	struct tree_fleet *fleet;
	enum kind kind;       /* the cursor's object: it stays with it wherever that goes */
	istr id;              /* NULL: none */
	uint32_t cursor;      /* its node, as of the last settling */
	bool moved;           /* the user has: until then the cursor stays on the first row */
	bool opened;          /* what fits the screen was opened at the start */
	size_t row, top;      /* of the cursor; first one on the screen */
	struct box rows;      /* where they are */
	int name_end;
};

/* tree_draw.c */
void tree_draw(struct tree_view *v, struct box b); /* settled; the cursor is brought into sight */

#endif

/* What view_what_if.c and what_if_draw.c share. */
#ifndef TANA_WHAT_IF_INSIDE_H
#define TANA_WHAT_IF_INSIDE_H

#include "app.h"
#include "common/clock.h"
#include "term/screen.h"

#define WHAT_IF_SCOPES 4
#define WHAT_IF_CELLS 4

enum what_if_section { WHAT_IF_AIR /* blank lines, headings */, WHAT_IF_WORDS, WHAT_IF_TENANTS, WHAT_IF_CLUSTERS, WHAT_IF_PAIRS, WHAT_IF_VOLUMES, WHAT_IF_COMMAND,
	WHAT_IF_SECTIONS };

struct what_if_row {
	enum what_if_section section;
	enum ink ink;
	char *cells[WHAT_IF_CELLS]; /* owned; NULL none */
	char name[256];             /* of what Enter opens, "" nothing */
};
struct what_if_scope { enum kind kind; char id[300], name[256]; };

struct what_if {
	struct view view;
	struct what_if_scope scopes[WHAT_IF_SCOPES]; /* from the narrowest */
	int nscopes, at;
	uint64_t request;
	int64_t asked;              /* boot ms */
	json_t *answer;             /* NULL not yet */
	char error[512];

	struct what_if_row *rows;   /* made for this width; -1: to be made */
	size_t nrows, room;
	int made;
	int widths[WHAT_IF_SECTIONS][WHAT_IF_CELLS];
	size_t row, top, page;
	struct box area;
};

/* what_if_draw.c */
void what_if_draw(struct what_if *w, struct box b);
void what_if_clear(struct what_if *w);

#endif

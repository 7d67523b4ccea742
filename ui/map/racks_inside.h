/* Inside the Racks view: what view_racks.c and its helpers racks_find.c, racks_cells.c and racks_words.c share. */
#ifndef TANA_RACKS_INSIDE_H
#define TANA_RACKS_INSIDE_H

#include "app.h"
#include "map/rack_layout.h"
#include "map/site_filter.h"
#include "term/screen.h"
#include "words/look.h"

#define RACKS_NOT_COUNTED (-1)
#define RACKS_REST_MS 150       /* after so long without a step the pane lists the VMs */

struct racks {
	struct view view;
	istr only;                 /* the rack that was zoomed into, NULL: all */
	const char *const *some; int nsome; /* these racks alone, in this order: walls; nsome 0: all */
	enum rack_form from;       /* zoomed out by hand: no richer form than this */
	struct rack_layout layout;
	struct box area;           /* where the layout was drawn */
	uint32_t version;          /* of the metal it was made from */
	int made_h, made_w, made_most;
	enum tier made_tier;
	enum rack_form made_from;
	uint32_t states;           /* moves when a blade's state or the filter does */
	uint32_t made_states;      /* ... of the order, where not all racks have room */

	/* The cursor: what it stands on, by names, since indexes move. */
	istr at_rack, at_enclosure;
	int at_bay;
	int cell;                  /* index in the layout, -1 none */

	struct registry_watch watch;
	struct site_filter filter;
	int *matches;              /* by slot of the blade: VMs that match, RACKS_NOT_COUNTED */
	size_t nmatches;
	struct racks_sum *sums;    /* by index of the enclosure, of the metal of this version; blades -1: to be made anew */
	int *where;                /* by slot of the blade: that index, -1 none */
	int nsums;
	size_t nwhere;
	uint32_t sums_version;
	enum tier sums_tier;
	istr resting;              /* id of the blade whose VMs the pane lists */
	struct loop_timer *rest;
	int64_t most;              /* greatest count of running VMs ever seen */
};

/* The worst of some bays, what it is and how often; the load of those that are well. */
struct racks_sum {
	struct look worst;
	int count, well, live, blades;   /* live: their hosts answer, well or not */
	int64_t used, mem;
	int matched, hits;         /* VMs, and blades, that match the filter */
	int found;                 /* VMs that match: a blade may match without any */
};

/* racks_find.c: what stands where, what matches the filter there, how it is. */
const struct rack_cell *racks_cell(const struct racks *r);       /* under the cursor, NULL none */
uint32_t racks_slot(struct racks *r, const struct rack_cell *c); /* of the blade in this bay, METAL_NONE */
const struct blade *racks_blade(struct racks *r, const struct rack_cell *c);
void racks_take_filter(struct racks *r);
bool racks_is_filtered(const struct racks *r);
int racks_matches(struct racks *r, uint32_t slot, const struct blade *b); /* VMs on it that match */
/* Watches the mirror and counts; of app, objects, metal and tally are enough. */
void racks_open(struct racks *r, struct app *a);
void racks_close(struct racks *r);                               /* what is inside */
void racks_changed(void *ctx, enum kind k, uint32_t slot, void *o); /* of its registry_watch */
void racks_gone(void *ctx, enum kind k, uint32_t slot, void *o);
void racks_sum_blade(struct racks *r, struct racks_sum *s, uint32_t slot);
void racks_sum_cell(struct racks *r, struct racks_sum *s, const struct rack_cell *c);

/* racks_lay.c: where everything is drawn. True: it was laid out anew, and indexes of cells mean others. */
bool racks_lay_out(struct racks *r, int h, int w);
bool racks_zoom(struct racks *r, int by);  /* to the next form, by 1 (all smaller) or -1; false: there is none */

/* racks_cells.c: the floor itself. */
void racks_draw_floor(struct racks *r);
int racks_cell_height(struct racks *r, const struct rack_cell *c);

/* racks_words.c: what is said beside and below it. */
void racks_draw_pane(struct racks *r, struct box b);
void racks_draw_strip(struct racks *r, struct box b);
void racks_title(struct box *b, const char *title);    /* on its first line, which b is without from then on */
int racks_draw_troubles(struct racks *r, struct box b, bool heading);
int racks_draw_alerts(struct racks *r, struct box b, bool titled);  /* the same of alerts; of troubles, where there are none; racks_alerts.c */
void racks_draw_news(struct racks *r, struct box b);
/* two lines */
void racks_draw_legend(struct racks *r, int y, int x, int end);

#endif

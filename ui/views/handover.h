/* What stands in a handover: its lines, made from the mirror and from what people did. view_handover.c asks for them and shows them. */
#ifndef TANA_HANDOVER_H
#define TANA_HANDOVER_H

#include "lists/records.h"
#include "views/deeds.h"

#define HANDOVER_SECTION 200 /* lines of one section */

enum { HANDOVER_TIME, HANDOVER_NAME, HANDOVER_WHAT, HANDOVER_WHO };

struct handover_page {
	struct app *app;
	struct records *records;     /* where the lines go */
	int64_t since;               /* Unix time */
	const struct deeds *deeds;
	bool told, cut;              /* told: the log has answered; cut: it has more than was read */
	struct err *refused;         /* why it has not, NULL; the view's */
	uint32_t watched[HANDOVER_SECTION]; /* slots of the blades that are listed as watched */
	size_t nwatched;
	bool below_line;             /* the last row is no heading */
};

/* All lines anew: O(blades), so not for a key. */
void handover_build(struct handover_page *h);

#endif

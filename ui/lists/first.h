/* What to do next where there is nothing to show yet: no broker, a site without racks, blades or hosts, a host that cannot be opened. Called by lists
 * that are empty, by the racks, and by `tana list`. */
#ifndef TANA_FIRST_H
#define TANA_FIRST_H

#include "common/registry.h"
#include "view.h"

/* How far a site has come. */
enum first_step {
	FIRST_DONE,     /* a host answers, or somebody else's business */
	FIRST_BLADES,   /* no blade is written down */
	FIRST_HOSTS,    /* blades, and none of them has a host */
	FIRST_SILENT    /* hosts, and none of them has ever answered */
};
enum first_step first_step(const struct registry *r);

/* What is to be typed where its host cannot be opened, beyond what its sentence says; false: nothing that is known. size >= 300 */
bool first_hint(const struct blade *b, char *out, size_t size);

/* Draws what to do next into the box. False: nothing is drawn, since there is nothing to say. */
bool first_draw(struct app *a, struct box b);

#endif

/* What still fits on a blade, by the site's grades. Pure. Called by requests_look.c for `show`. */
#ifndef TANA_FITS_H
#define TANA_FITS_H

#include "common/registry.h"
#include "site/site.h"

#include <jansson.h>

/* [{"grade":"V20","fits":2}], in the order of the site file, 0 where none does; NULL where it is not known: its memory was never
 * heard, or the site has no grades. All VMs that stand there count, also those that are off: who has one may start it at any time. */
json_t *blade_fits(const struct site_model *m, const struct registry *r, const struct blade *b);

#endif

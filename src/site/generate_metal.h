/* What stands in the bays of a made site: serial numbers, which bay is empty, whose blade it is, which one is off; and
 * the managers that speak for them. Called by generate.c. */
#ifndef TANA_SITE_GENERATE_METAL_H
#define TANA_SITE_GENERATE_METAL_H

#include "common/buf.h"
#include "site/generate.h"

bool metal_is_empty(const struct generate *g, int blade);  /* its bay has no blade */
bool metal_is_owned(const struct generate *g, int blade);  /* a customer drives it: no host */
bool metal_is_off(const struct generate *g, int blade);    /* switched off at the start */
const char *metal_dialect(int enclosure);                  /* of the whole site, from 0 */
/* A serial number as a range over the bays of an enclosure: "CZJ03[0101-0113,0115-0116]"; ranges: its bays, without brackets. */
void metal_serials(struct buf *b, const struct generate *g, int enclosure);
/* "01-13,15-16": the bays that hold a blade, each plus first, with so many digits at least. */
void metal_bays(struct buf *b, const struct generate *g, int enclosure, int first, int width);
/* The line of a bay for tana-enclosure-sim. path: the file that stands for its host, "" none. */
void metal_line(struct buf *b, const struct generate *g, int enclosure, int bay, const char *name, const char *path, bool off);
void metal_manager(struct buf *b, const struct generate_manager *m); /* its section */

#endif

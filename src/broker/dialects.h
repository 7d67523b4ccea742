/* The dialect files of a site, for the broker: read at start and, when they have changed, at a reload. Called by broker.c and
 * reload.c, there on the helper's thread. */
#ifndef TANA_BROKER_DIALECTS_H
#define TANA_BROKER_DIALECTS_H

#include "enclosures/dialect.h"
#include "site/site.h"

/* Reads them for this model; NULL when nobody needs them, or the files are those of `was` ("" none yet), a mark of an earlier
 * reading. *mark, the caller's, is set with them. A file with errors is left out, which is logged. */
struct dialects *dialects_load(const struct site_model *m, const char *was, char **mark);

#endif
